"""No layout of the catalogue lists a parameter that changes nothing.

Every parameter must change some layout, or what a feed puts on its axes, at some value that is tried here, in at least
one of the settings below and under the word of a choice that brings it. Lists that belong to a width are cut along
with it. What a kernel accepts and does not read says so in its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from prover.errors import ProverError
from prover.layouts.expand import expand, feed_texts
from prover.layouts.family import Family, Given, Parameter
from prover.layouts.family_file import load_family
from prover.layouts.layout_file import choice_names
from prover.layouts.layout_tables import choice_rules, raw_layout, read_rule
from prover.layouts.spec import catalogue, parse_value

Values = dict[str, Given]

# Small heads, which are quick, where a layout can have them.
SMALL = (
    "head_dim=16:head_size=16:kv_channels=16:qk_head_dim=32:qk_rope_head_dim=16:qk_nope_head_dim=16"
    ":qk_pos_emb_head_dim=16:attention_head_dim=32:mrope_section=2,2,4:sections=3,3,2,0:rotary_offset=0"
)
# Settings in which a parameter may show, each for the names that a layout has.
SETTINGS = (
    "factor=8:rope_factor=8:scaling_factor=8:rope_scale=8:original_max_position_embeddings=2048:original_seq_len=2048"
    ":original_max_seq_len=2048:old_context_len=2048:max_position_embeddings=65536:max_seq_len=65536:alpha=1000"
    ":mscale=0.5:mscale_all_dim=0.25:ext_factor=1:n_ctx_orig=4096:freq_scale=0.25:use_scaled_rope=1:seq_len=99999",
    "",
    "n_rot=8:rotary_dim=8:dims=8:rotary_ndims=8",
    "original_max_position_embeddings=2048:seq_len=99999:num_positions=99999:seq_len_interpolation_factor=4",
    "original_max_position_embeddings=2048:seq_len=3000:max_model_len=3000",
    "seq_len=99999:max_seq_len=99999:seq_len_interpolation_factor=4:rotary_dim=24",
    "factor=8:max_position_embeddings=65536",
    "min_period=0.5:max_period=90",
    "head_dim=16:frequencies=1,2",
    "head_dim=64:n_rot=32:rope_factor=8:beta_fast=1:beta_slow=32",
    "head_dim=8:original_max_position_embeddings=1024:max_context_len=4096:rope_scaling_short_factor=1,1.5,2,2.5"
    ":rope_scaling_long_factor=2,3,4,5:use_hf_rope=1",
    "head_dim=8:n_rot=8:n_ctx_orig=1024:n_ctx=4096:short_factor=1,1.5,2,2.5:long_factor=2,3,4,5",
)
# What must be given, and small widths that fit lists of four.
REQUIRED = {
    "factor": "8", "low_freq_factor": "2", "high_freq_factor": "8", "short_mscale": "1.25", "long_mscale": "1.5",
    "original_max_position_embeddings": "2048",
}
FOR_LISTS = (
    "head_dim=8:head_size=8:dims=8:n_rot=8:rotary_dim=8:qk_nope_head_dim=4:qk_rope_head_dim=8:mrope_section=1,1,2"
)
# Accepted at their default alone, so that what a kernel refuses is said in its own words.
ONE_VALUE = {
    "ggml/imrope-openvino": {
        "freq_factors", "freq_scale", "ext_factor", "attn_factor", "n_ctx_orig", "beta_fast", "beta_slow", "sections",
    },
    "ascend/npu-interleave-rope": {"head_dim", "n_rot"},
    # Of deepseek2-ocr, whose graph asserts the base, and of architectures that take the whole head only.
    "llama-cpp/text": {"base", "n_rot", "offset"},
    "lucidrains/rope": {"dim"},   # of freqs_for constant, where it must only not be 2
    "ggml/vision": {"n_rot"},     # always half of head_dim
    "ggml/vision-cuda": {"n_rot"},
    "ggml/vision-metal": {"n_rot"},
    "ik-llama-cpp/vision": {"n_rot"},
}


def settings(text: str, family: Family) -> Values:
    """The values of a setting that this family has."""
    names = {parameter.name for parameter in family.parameters}
    parts = (part.partition("=") for part in text.split(":") if part)
    return {name: parse_value(value) for name, _, value in parts if name in names}


def given(family: Family) -> Values:
    """What must be given, and with it the widths that fit."""
    needed = [parameter for parameter in family.parameters if parameter.default is None]
    lists = [parameter.name for parameter in needed if parameter.is_list]
    values = settings(FOR_LISTS, family) if lists else {}
    for place, name in enumerate(lists):
        values[name] = tuple(Fraction(8 + place + j, 8) for j in range(4))
    numbers = {parameter.name: Fraction(REQUIRED.get(parameter.name, "1")) for parameter in needed}
    return {**{name: value for name, value in numbers.items() if name not in lists}, **values}


def candidates(value: Given) -> Iterator[Given]:
    """Other values to try for a parameter."""
    if isinstance(value, tuple):
        yield value[::-1]
        yield (Fraction(3, 2),)
        yield (*(x + 1 for x in value[:1]), *value[1:])
        for low in range(len(value) - 1):
            yield (*value[:low], value[low] - 1, value[low + 1] + 1, *value[low + 2:])
        for moved in ((-1, -1, 2), (2, -1, -1)):
            yield tuple(x + by for x, by in zip(value, moved, strict=False)) if len(value) == 3 else value
        yield tuple(2 * x for x in value)
        yield tuple(Fraction(place + 1) for place in range(len(value)))
        yield from (tuple(Fraction(8 + j, 8) for j in range(length)) for length in (2, 4, 8, 16, 32, 64))
        return
    yield 1 - value
    for factor in (2, Fraction(1, 2), 4, Fraction(1, 4)):
        yield value * factor
    for step in (1, 2, -2):
        yield value + step
    yield from (Fraction(number) for number in ("1", "2", "4", "8", "32", "64", "0.5", "0.75", "1000"))


def now(family: Family, values: Values, parameter: Parameter) -> Given:
    """The value of a parameter in a setting; one that follows from others is guessed."""
    if parameter.name in values:
        return values[parameter.name]
    if isinstance(parameter.default, tuple):
        return parameter.default
    if parameter.default is not None and parameter.default.number is not None:
        return parameter.default.number
    return next((value for value in values.values() if isinstance(value, Fraction)), Fraction(64))


def changes(family: Family, values: Values, parameter: Parameter) -> Iterator[Values]:
    """Other values for one parameter, and the same with the lists of the layout cut or halved along with it."""
    lists = {
        other.name: value for other in family.parameters
        if other != parameter and isinstance(value := now(family, values, other), tuple) and value
    }
    for value in candidates(now(family, values, parameter)):
        yield {**values, parameter.name: value}
    if lists and not isinstance(now(family, values, parameter), tuple):
        halved: Values = {name: tuple(Fraction(x // 2) for x in value) for name, value in lists.items()}
        cut: Values = {name: value[: len(value) // 2] for name, value in lists.items()}
        at = now(family, values, parameter)
        half = at / 2 if isinstance(at, Fraction) else Fraction(8)
        for value in (half, Fraction(64), Fraction(8), Fraction(1, 2)):
            yield {**values, **halved, parameter.name: value}
            yield {**values, **cut, parameter.name: value}


def told(family: Family, values: Values) -> object:
    """All that counts of a layout: lanes, angles, magnitudes, width, feeds; warnings do not."""
    layout = expand(family, values, "layout")
    return layout.width, layout.pairs, layout.passes, layout.axes, layout.positions, feed_texts(family, values).feeds


def without_effect(family: Family, names: set[str]) -> set[str]:
    """Those of the named parameters that change nothing in any setting."""
    pending = {parameter.name: parameter for parameter in family.parameters if parameter.name in names}
    needed = given(family)
    small = {**settings(SMALL, family), **needed}
    for text in SETTINGS:
        values = {**small, **settings(text, family)}
        before = _told(family, values)
        if before is None:
            values = {**needed, **settings(text, family)}
            before = _told(family, values)
        for name, parameter in list(pending.items()) if before is not None else ():
            others = (_told(family, other) for other in changes(family, values, parameter))
            if any(other is not None and other != before for other in others):
                del pending[name]
        if not pending:
            break
    return set(pending)


def _told(family: Family, values: Values) -> object:
    try:
        return told(family, values)
    except ProverError:
        return None


def brought(rule: str, rename: Mapping[str, str]) -> set[str]:
    """The parameters of a rule and of the rules that it names."""
    found = read_rule(rule)
    own = {rename.get(name, name) for name in found.parameters}
    return own.union(*(brought(other, rename) for other in found.rules))


def families(name: str, path: Path) -> Iterator[tuple[Family, set[str]]]:
    """A family for each rule that a choice can pick, with what to look at: all; then the file's and the rule's."""
    family = load_family(path, name, {})
    yield family, {parameter.name for parameter in family.parameters}
    raw, seen = raw_layout(path), set()
    for choice, (default, *words) in choice_names(path).items():
        rules = choice_rules(raw.choose[choice])
        seen.add(rules[default])
        for word in words:
            if rules[word] not in seen:
                seen.add(rules[word])
                yield load_family(path, name, {choice: word}), brought(rules[word], raw.rename) | raw.parameters.keys()


def is_not_read(parameter: Parameter) -> bool:
    """Whether the meaning says that the kernel takes the parameter and does nothing with it."""
    return parameter.meaning.startswith("not read")


@pytest.mark.slow
@pytest.mark.parametrize("name", catalogue())
def test_every_parameter_changes_something(name: str) -> None:
    """Each parameter has an effect under some rule that may be chosen, and where it is said not to be read, none."""
    seen, idle, unread = set[str](), set[str](), set[str]()
    for family, names in families(name, catalogue()[name]):
        if "rotated_pairs" in str(family.blocks) and not expand(family, given(family), name).pairs:
            continue   # an architecture that rotates nothing
        names -= ONE_VALUE.get(name, set())
        still = without_effect(family, names)
        silent = {parameter.name for parameter in family.parameters if is_not_read(parameter)} & names
        assert set() == silent - still
        idle = (idle - (names - still)) | (still - (seen - idle))
        seen, unread = seen | names, unread | silent
    assert set() == idle - unread


def test_a_parameter_that_nothing_reads_is_found(tmp_path: Path) -> None:
    """Negative control: one that no expression names, and one that cancels."""
    path = tmp_path / "layout.toml"
    path.write_text(
        'title = "idle"\nlike = "transformers/half"\n[parameters]\nidle = { default = 1, require = "idle > 0" }\n'
        'cancels = { default = 2, require = "cancels > 0" }\n[pairs]\nangle = "p*frequency*cancels/cancels"\n'
    )
    family = load_family(path, "idle", {})
    assert {"idle", "cancels"} == without_effect(family, {parameter.name for parameter in family.parameters})
