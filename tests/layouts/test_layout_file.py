"""Layout files: what they take from rules and from one another, state, warnings and feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded, load

PLAIN = """
title = "plain"
axes  = ["t", "h"]
width = "2*count"
[parameters]
count = { default = 4 }
[pairs]
count  = "count"
first  = "j"
second = "j + count"
"""


def write(folder: Path, text: str) -> Path:
    """A layout file in `folder`."""
    path = folder / "layout.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str, values: str = "") -> Loaded:
    """The layout of a file's text."""
    return load(f"{write(folder, text)}{values}")


def axes_of(layout: Layout) -> str:
    """One letter per pair: the axis that drives it."""
    return "".join(axis for pair in layout.pairs for axis, _ in pair.angle.frequencies)


def test_axes_can_be_indexed(tmp_path: Path) -> None:
    """axes[i] in an angle is the i-th axis."""
    assert "thth" == axes_of(loaded(tmp_path, PLAIN + 'angle = "axes[j % 2]"\n').layout)


@pytest.mark.parametrize("text", ["axes[2]", "axes[j]"])
def test_an_axis_that_does_not_exist_is_an_error(tmp_path: Path, text: str) -> None:
    """An index past the last axis is refused by name."""
    with pytest.raises(InputError, match=r"axes\[2\] does not exist: axes has 2 entries"):
        loaded(tmp_path, PLAIN + f'angle = "{text}"\n')


def test_state_is_carried_from_pair_to_pair(tmp_path: Path) -> None:
    """A counter that is reset, as a kernel's loop has it: 0 1 2 0 1 2 0 1."""
    text = PLAIN + 'angle = "t*(1 + turn) + h"\n[state.turn]\ninitial = 0\nstep = "0 if turn == 2 else turn + 1"\n'
    layout = loaded(tmp_path, text, ":count=8").layout
    assert [1, 2, 3, 1, 2, 3, 1, 2] == [pair.angle["t"].rational for pair in layout.pairs]


def test_states_step_together(tmp_path: Path) -> None:
    """A step sees the values of the pair it leaves, of other states too: Fibonacci numbers."""
    text = PLAIN + (
        'angle = "t*a + h*b"\n[state.a]\ninitial = 1\nstep = "b"\n[state.b]\ninitial = 1\nstep = "a + b"\n'
    )
    layout = loaded(tmp_path, text, ":count=6").layout
    assert [1, 1, 2, 3, 5, 8] == [pair.angle["t"].rational for pair in layout.pairs]


def test_state_starts_over_in_each_block(tmp_path: Path) -> None:
    """Every block of pairs begins with the initial values."""
    text = """
title = "two blocks"
axes  = ["t"]
width = 8
[state.turn]
initial = 1
step = "turn + 1"
[[pairs]]
count = 2
first = "2*j"
second = "2*j + 1"
angle = "t*turn"
[[pairs]]
count = 2
first = "4 + 2*j"
second = "5 + 2*j"
angle = "t*turn"
"""
    assert [1, 2, 1, 2] == [pair.angle["t"].rational for pair in loaded(tmp_path, text).layout.pairs]


@pytest.mark.parametrize("where", ["initial", "width", "default"])
def test_state_cannot_be_used_where_there_is_no_pair(tmp_path: Path, where: str) -> None:
    """The width, the defaults and the initial value of a state do not depend on the pair."""
    parts = {"initial": "0", "width": "8", "default": "1"} | {where: "turn"}
    text = f"""
title = "state"
axes  = ["t"]
width = "{parts['width']}"
[parameters]
more = {{ default = "{parts['default']}" }}
[state.turn]
initial = "{parts['initial']}"
step = "turn + 1"
[pairs]
count = 4
first = "2*j"
second = "2*j + 1"
angle = "t*turn*more"
"""
    with pytest.raises(InputError, match=r"turn|pair index"):
        loaded(tmp_path, text)


def test_like_states_the_difference_only(tmp_path: Path) -> None:
    """A file that is like a shipped layout differs in the fields it states."""
    text = 'title = "reversed"\nlike = "transformers/half"\n[pairs]\nangle = "-p*frequency"\n'
    mine = loaded(tmp_path, text, ":head_dim=8").layout
    shipped = load("transformers/half:head_dim=8").layout
    assert [-pair.angle for pair in shipped.pairs] == [pair.angle for pair in mine.pairs]
    assert [pair.read for pair in shipped.pairs] == [pair.read for pair in mine.pairs]


def test_like_lays_its_let_over_that_of_a_rule(tmp_path: Path) -> None:
    """transformers/half gets `frequency` from the rule that rope_type picks; a third of it is a third of it."""
    text = 'title = "third"\nlike = "transformers/half"\n[let]\nfrequency = "unscaled/3"\n'
    mine = loaded(tmp_path, text, ":head_dim=8").layout
    assert load("transformers/half:head_dim=8:rope_type=linear:factor=3").layout.pairs == mine.pairs
    yarn = ":head_dim=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096"
    assert load(f"transformers/half{yarn}").layout.pairs[31].magnitude == loaded(tmp_path, text, yarn).layout.pairs[
        31
    ].magnitude


def test_like_lays_its_let_over_that_of_a_rule_through_another_like(tmp_path: Path) -> None:
    """maxtext/gemma4 is like transformers/proportional, whose pairing and frequencies come from rules."""
    text = 'title = "adjacent"\nlike = "maxtext/gemma4"\n[let]\nfirst_lane = "2*j"\nsecond_lane = "2*j + 1"\n'
    mine = loaded(tmp_path, text, ":head_dim=8:partial_rotary_factor=0.5").layout
    assert [(0, 1), (2, 3)] == [pair.read for pair in mine.pairs if pair.angle.frequencies]


def test_like_lays_a_parameter_over_that_of_a_rule_field_by_field(tmp_path: Path) -> None:
    """A parameter restated keeps what is not restated: here the default goes and the requirement stays."""
    text = 'title = "small"\nlike = "transformers/half"\n[parameters]\nhead_dim = { default = 4 }\n'
    assert load("transformers/half:head_dim=4").layout.pairs == loaded(tmp_path, text).layout.pairs
    with pytest.raises(InputError, match=r"head_dim % 2 == 0"):
        loaded(tmp_path, text, ":head_dim=5")


def test_like_lays_a_state_over_that_of_a_rule(tmp_path: Path) -> None:
    """axes/greedy counts the pairs placed on each axis; a counter that starts at 1 places one pair less there."""
    text = (
        'title = "later"\nlike = "vllm/openpangu-mrope"\n'
        '[state.placed_1]\ninitial = 1\nstep = "placed_1 + (1 if axis == 1 else 0)"\n'
    )
    values = ":head_size=32:mrope_section=8,4,4"
    assert 4 == axes_of(load(f"vllm/openpangu-mrope{values}").layout).count("h")
    assert 3 == axes_of(loaded(tmp_path, text, values).layout).count("h")


def test_without_like_a_name_is_defined_once(tmp_path: Path) -> None:
    """A layout that names a rule itself cannot redefine what the rule defines."""
    text = PLAIN.replace("[parameters]", 'rules = ["pairing/half"]\n[let]\nfirst_lane = "j"\n[parameters]')
    with pytest.raises(InputError, match=r"let name 'first_lane' is defined by rule 'pairing/half' too"):
        loaded(tmp_path, text + 'angle = "t"\n')


def test_a_layout_like_none_is_an_error(tmp_path: Path) -> None:
    """`like` takes the name of a shipped layout, never a path."""
    with pytest.raises(InputError, match=r"there is no layout '../x.toml'"):
        loaded(tmp_path, 'title = "x"\nlike = "../x.toml"\n')


def test_rule_parameters_are_renamed_fixed_and_given_other_defaults(tmp_path: Path) -> None:
    """rename, fixed and defaults act on what rules bring."""
    text = (
        'title = "mine"\nlike = "transformers/half"\n[rename]\nrope_theta = "base"\n'
        "[defaults]\nhead_dim = 4\n[fixed]\npartial_rotary_factor = 1\n"
    )
    mine = loaded(tmp_path, text, ":base=100")
    assert {"head_dim", "base"} == {parameter.name for parameter in mine.family.parameters}
    assert load("transformers/half:head_dim=4:rope_theta=100").layout.pairs == mine.layout.pairs
    with pytest.raises(InputError, match=r"unknown parameter 'partial_rotary_factor'"):
        load(f"{tmp_path / 'layout.toml'}:partial_rotary_factor=1")


@pytest.mark.parametrize("field", ["rename", "defaults", "fixed"])
def test_what_no_rule_has_cannot_be_changed(tmp_path: Path, field: str) -> None:
    """A misspelt parameter in rename, defaults or fixed is an error that names it."""
    value = '"other"' if field == "rename" else "1"
    with pytest.raises(InputError, match=r"no rule has a parameter 'rope_tehta'"):
        loaded(tmp_path, f'title = "mine"\nlike = "transformers/half"\n[{field}]\nrope_tehta = {value}\n')


def test_two_parameters_of_a_rule_do_not_become_one(tmp_path: Path) -> None:
    """beta_fast called beta_slow would leave YaRN one of its two ends: refused, as a let name for a parameter is."""
    for name in ("beta_slow", "fast_turns"):
        text = f'title = "mine"\nlike = "transformers/half"\n[rename]\nbeta_fast = "{name}"\n'
        with pytest.raises(InputError, match=rf"two names of rule '.*' would be '{name}'"):
            loaded(tmp_path, text, ":rope_type=yarn")
    swapped = 'title = "mine"\nlike = "transformers/half"\n[rename]\nbeta_fast = "beta_slow"\nbeta_slow = "beta_fast"\n'
    ends = ":rope_type=yarn:factor=4:original_max_position_embeddings=4096"
    mine = loaded(tmp_path, swapped, f"{ends}:beta_slow=16:beta_fast=2")
    assert load(f"transformers/half{ends}:beta_fast=16:beta_slow=2").layout.pairs == mine.layout.pairs


def test_warnings_are_told_when_they_apply(tmp_path: Path) -> None:
    """A warning's condition is tested at the values given, and its places are filled in."""
    text = PLAIN + (
        'angle = "t if j < count - 1 else h"\n'
        '[[warnings]]\nwhen = "count > 4"\ntext = "{count} pairs: this gives {pairs per axis}"\n'
    )
    assert () == loaded(tmp_path, text).about.warnings
    assert ("5 pairs: this gives 4/1",) == loaded(tmp_path, text, ":count=5").about.warnings


def test_pairs_per_axis_count_all_angles_of_a_pair(tmp_path: Path) -> None:
    """A pair whose second lane turns with another axis is driven by both."""
    text = PLAIN + (
        'angle = "t"\nsecond_angle = "h"\n[[warnings]]\nwhen = "count > 4"\ntext = "{pairs per axis}"\n'
    )
    assert ("5/5",) == loaded(tmp_path, text, ":count=5").about.warnings


def test_stride3_says_what_the_kernel_makes_of_sections() -> None:
    """16,24,24 over 64 pairs is 22/21/21 in transformers 5.24.0, which never reads the first entry."""
    warnings = load("transformers/mrope-stride3:mrope_section=16,24,24").about.warnings
    assert ["mrope_section=16,24,24 is not what the kernel does: section 0 is never read; this gives 22/21/21"] == [
        *warnings
    ]
    assert () == load("transformers/mrope-stride3:mrope_section=24,20,20").about.warnings
    assert () == load("transformers/mrope-stride3:head_dim=64:mrope_section=11,11,10").about.warnings


def test_warnings_are_shown_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` and `prove` print the warnings of a layout."""
    spec = "transformers/mrope-stride3:mrope_section=16,24,24"
    assert 0 == run_command(["show", spec])
    assert "this gives 22/21/21" in capsys.readouterr().out
    for style in ("text", "markdown", "json"):
        assert 0 == run_command(["prove", spec, "transformers/mrope-stride3:mrope_section=22,21,21", "--format", style])
        assert "22/21/21" in " ".join(capsys.readouterr().out.split())


def test_parameters_in_feeds_stand_for_their_values(tmp_path: Path) -> None:
    """A centred grid: the row minus half of the height, which is a parameter."""
    text = PLAIN.replace("[pairs]", "height = { default = 9 }\n[pairs]") + (
        'angle = "t + h"\n[feeds]\ncentred = { t = 0, h = "h - (height - height//2)" }\n'
    )
    feeds = dict(loaded(tmp_path, text, ":height=7").family.feeds)
    assert {"t": "0", "h": "h - (7 - 7//2)"} == dict(feeds["centred"])
    path = tmp_path / "layout.toml"
    assert 0 == run_command(["prove", f"{path}:height=7", f"{path}:height=8", "--feed", "centred"])
    # Seven rows are centred at 4 and nine at 5: beside tokens at t = p, h = p the offset shows.
    together = ["--feed", "centred", "--feed", "t=p,h=p"]
    assert 1 == run_command(["prove", f"{path}:height=7", f"{path}:height=9", *together])


def test_null_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A null copied from a config is an error that says what null means."""
    assert 2 == run_command(["show", "transformers/half:head_dim=null"])
    assert "leave the parameter out" in capsys.readouterr().err
