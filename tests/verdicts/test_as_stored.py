"""Verdicts as stored: numbers that real converters store, against what they were computed from.

`LLAMA3` are the factors of rope_freqs.weight that the formula of llama.cpp's converter gives in torch float32
(conversion/llama.py, LlamaModel.generate_extra_tensors, at 0c1e57098, run with torch 2.13.0) for head 128, base 500000,
factor 8, low 1, high 4, original length 8192; `LLAMA32` those of head 64 and factor 32. Beside each that is
interpolated: by how many of its last places it is off the exact value, worked out with 40 digits.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from prover import api, checker
from prover.claims.relation import Outcome, Relation
from prover.errors import InputError
from prover.layouts.loading import load
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Found, Verdict

MIDDLE = {
    "10129109/8388608": 0.14, "6515493/4194304": -0.38, "8498973/4194304": -0.58, "5650839/2097152": 1.35,
    "7726439/2097152": 2.89, "5512707/1048576": 1.03,
}
MIDDLE32 = {"6926177/4194304": 0.28, "13808751/4194304": 2.89, "5068151/524288": 1.99}
LLAMA3 = ["1"] * 29 + list(MIDDLE) + ["8"] * 29
LLAMA32 = ["1"] * 15 + list(MIDDLE32) + ["32"] * 14
BLEND = "rope_type=llama3:rope_theta=500000:low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192"
RULE = f"transformers/half:head_dim=128:{BLEND}:factor=8"
RULE32 = f"transformers/half:head_dim=64:{BLEND}:factor=32"
ALPHA = "transformers/half:head_dim=128:rope_type=ntk_alpha:alpha=1000"


def ggml(values: list[str], pairing: str = "neox", base: str = "500000") -> str:
    return f"ggml/{pairing}:head_dim={2 * len(values)}:base={base}:freq_factors=f32([{','.join(values)}])"


def hunyuan(base: str, pairing: str = "neox") -> str:
    return f"ggml/{pairing}:head_dim=128:base={base}"


@cache
def verdict(source: str, target: str, ulps: int | None = 0, limit: Relation | None = None) -> Verdict:
    return prove_loaded(load(source), load(target), (), limit, None, ulps)


def changed(values: list[str], index: int, places: int) -> list[str]:
    """One factor some float32 places up. All factors here are between 1 and 16, where a place is 2**-23 times that."""
    value = Fraction(values[index])
    step = Fraction(2) ** (len(bin(int(value))) - 3 - 23)
    return [*values[:index], str(value + places * step), *values[index + 1 :]]


P, E, I = Relation.PERMUTATION, Relation.EQUAL_SCORES, Relation.IDENTICAL  # noqa: E741
Expected = tuple[str, Relation | None, Relation | None, str | None]
CASES: dict[str, tuple[str, str, int | None, Relation | None, Expected]] = {
    "HunYuan's base": (hunyuan("f32(11158840)"), ALPHA, 0, None, ("equivalent", I, None, "choice")),
    "HunYuan's base, exactly": (
        hunyuan("f32(11158840)"), ALPHA, None, None, ("different", None, Relation.LINEAR, None),
    ),
    "HunYuan's base, not said to be stored": (
        hunyuan("11158840"), ALPHA, 0, None, ("different", None, Relation.LINEAR, None),
    ),
    "the other way round": (ALPHA, hunyuan("f32(11158840)"), 0, None, ("equivalent", I, None, "choice")),
    "HunYuan's base, one up": (
        hunyuan("f32(11158841)"), ALPHA, 0, None, ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "HunYuan's base, one down": (
        hunyuan("f32(11158839)"), ALPHA, 0, None, ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "one down, and that is allowed": (hunyuan("f32(11158839)"), ALPHA, 1, None, ("equivalent", I, None, "choice")),
    "two down, and one is allowed": (
        hunyuan("f32(11158838)"), ALPHA, 1, None, ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "another pairing": (hunyuan("f32(11158840)", "normal"), ALPHA, 0, None, ("convertible", P, E, "choice")),
    "another pairing, allowed": (hunyuan("f32(11158840)", "normal"), ALPHA, 0, P, ("equivalent", P, E, "choice")),
    "another pairing, not allowed": (
        hunyuan("f32(11158840)", "normal"), ALPHA, 0, I, ("different", None, E, "none-exists"),
    ),
    "in a format of few places": (hunyuan("bf16(11141120)"), ALPHA, 0, None, ("equivalent", I, None, "choice")),
    "in a format of many places": (
        hunyuan("f64(11158840)"), ALPHA, 0, None, ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "a base that is a float32 itself": (
        hunyuan("f32(999999.4375)"), hunyuan("999999.4375"), 0, None, ("equivalent", I, None, None),
    ),
    "a base that was rounded to one, and is not the one meant": (
        hunyuan("f32(999999.4375)"), hunyuan("1000000"), 0, None, ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "a tie goes to the even number": (
        hunyuan("f16(2048)"), hunyuan("2049"), 0, None, ("equivalent", I, None, "choice"),
    ),
    "a tie does not go to the odd number": (
        hunyuan("f16(2050)"), hunyuan("2049"), 0, None, ("different", None, Relation.LINEAR, "none-found"),
    ),
    "both sides, in two formats": (
        hunyuan("f32(11158840)"), hunyuan("bf16(11141120)"), 0, None, ("equivalent", I, None, "choice"),
    ),
    "both sides, that are not near": (
        hunyuan("f32(11158840)"), hunyuan("f32(11158842)"), 0, None,
        ("different", None, Relation.LINEAR, "none-exists"),
    ),
    "Llama 3.1's factors, computed in float32": (ggml(LLAMA3), RULE, 3, None, ("equivalent", I, None, "choice")),
    "two places are too few for them": (
        ggml(LLAMA3), RULE, 2, None, ("different", None, Relation.LINEAR, "none-found"),
    ),
    "whatever they stand for, as they are not identical": (
        ggml(LLAMA3), RULE, 2, I, ("different", None, E, "none-exists"),
    ),
    "without a word on how far they are off": (
        ggml(LLAMA3), RULE, 0, None, ("different", None, Relation.LINEAR, "none-found"),
    ),
    "the farthest, one up": (
        ggml(changed(LLAMA3, 33, 1)), RULE, 3, I, ("different", None, E, "none-exists"),
    ),
    "a factor of 1, four up": (
        ggml(changed(LLAMA3, 3, 4)), RULE, 3, I, ("different", None, E, "none-exists"),
    ),
    "a factor of 1, three up": (ggml(changed(LLAMA3, 3, 3)), RULE, 3, None, ("equivalent", I, None, "choice")),
    "with the other pairing": (ggml(LLAMA3, "normal"), RULE, 3, None, ("convertible", P, E, "choice")),
    "with a stored base too": (ggml(LLAMA3, base="f32(500000)"), RULE, 3, None, ("equivalent", I, None, "choice")),
    "Llama 3.2's factors": (ggml(LLAMA32), RULE32, 3, None, ("equivalent", I, None, "choice")),
    "a factor on cos and sin": (
        "ggml/neox:head_dim=8:attn_factor=f32(9984441/8388608)",
        "transformers/half:head_dim=8:rope_type=longrope:long_factor=1,1,1,1:short_factor=1,1,1,1:factor=32"
        ":original_max_position_embeddings=4096", 0, None, ("equivalent", I, None, "choice"),
    ),
}
DEEPSEEK = "llama-cpp/text:arch=deepseek32:head_dim=8:ext_factor=1:freq_scale=1/40:n_ctx_orig=4096:yarn_log_multiplier="
CASES |= {
    "a multiplier of a logarithm, in a denominator": (
        f"{DEEPSEEK}f32(13421773/134217728)", f"{DEEPSEEK}0.1", 0, None, ("equivalent", I, None, "choice"),
    ),
    "another multiplier": (
        f"{DEEPSEEK}f32(13421775/134217728)", f"{DEEPSEEK}0.1", 0, Relation.PERMUTATION,
        ("different", Relation.PAIR_MAP, Relation.PERMUTATION, "none-found"),
    ),
    "that one, two neighbours off": (
        f"{DEEPSEEK}f32(13421775/134217728)", f"{DEEPSEEK}0.1", 2, None, ("equivalent", I, None, "choice"),
    ),
    "a base that float32 does not have": (
        hunyuan("f32(99999997952)"), hunyuan("1e11"), 0, None, ("equivalent", I, None, "choice"),
    ),
}
CASES |= {
    "a scale and a base": (
        "ggml/neox:head_dim=64:base=f32(11158840):freq_scale=f32(11184811/33554432)",
        "transformers/half:head_dim=64:rope_type=linear:factor=3:rope_theta=11158840.3", 0, None,
        ("equivalent", I, None, "choice"),
    ),
    "a base under YaRN's ramp": (
        "ggml/neox:head_dim=64:ext_factor=1:freq_scale=1/32:n_ctx_orig=4096:base=f32(11158840)",
        "transformers/half:head_dim=64:rope_type=yarn:factor=32:original_max_position_embeddings=4096"
        ":rope_theta=11158840.3", 0, None, ("equivalent", I, None, "choice"),
    ),
    "three numbers and another pairing": (
        "ggml/normal:head_dim=64:base=f32(11158840):freq_scale=f32(11184811/33554432):attn_factor=f32(11184811/8388608)",
        "ggml/neox:head_dim=64:freq_scale=1/3:base=11158840.3:attn_factor=4/3", 0, None,
        ("convertible", P, E, "choice"),
    ),
    "the same, to be scaled too": (
        "ggml/normal:head_dim=64:base=f32(11158840):freq_scale=f32(11184811/33554432):attn_factor=f32(11184811/8388608)",
        "ggml/neox:head_dim=64:freq_scale=1/3:base=11158840.3", 0, None,
        ("convertible", Relation.PAIR_MAP, P, "choice"),
    ),
}
WORDS = {Found.CHOICE: "choice", Found.NONE_EXISTS: "none-exists", Found.NONE_FOUND: "none-found"}


@pytest.mark.parametrize("name", CASES)
def test_verdict(name: str) -> None:
    """The word, what holds and fails, and whether stored numbers were chosen, are as the numbers say."""
    source, target, ulps, limit, expected = CASES[name]
    found = verdict(source, target, ulps, limit)
    stored = found.as_stored and WORDS[found.as_stored.found]
    assert expected == (found.outcome.value, found.holds, found.fails, stored)


@pytest.mark.parametrize("name", CASES)
def test_certificate(name: str) -> None:
    """The checker accepts the certificate, which is about open numbers exactly if it is for a choice or for all."""
    source, target, ulps, limit, (_, holds, fails, stored) = CASES[name]
    found = verdict(source, target, ulps, limit)
    suffix = checker.AS_STORED if stored in ("choice", "none-exists") else ""
    assert found.certificate is not None
    expected = tuple(relation and relation.value + suffix for relation in (holds, fails))
    assert expected == checker.check(found.certificate)
    schema = json.loads(found.certificate)["schema"]
    assert schema == (checker.STORED_SCHEMA if suffix else checker.SCHEMA)


TWO_ANGLES = "transformers/hunyuan-vl:head_dim=16:mrope_section=2,2,2,2:rope_type=default:rope_theta="
IMROPE = "ggml/imrope:head_dim=16:sections=3,3,2,0:base="


@pytest.mark.parametrize(("source", "target", "feeds", "expected"), [
    (f"{TWO_ANGLES}f32(11158840)", f"{TWO_ANGLES}11158840.3", ("image",), ("equivalent", I, "choice")),
    (f"{TWO_ANGLES}f32(11158840)", f"{TWO_ANGLES}11158841", ("image",), ("undecided", None, "none-found")),
    (f"{IMROPE}f32(11158840)", f"{IMROPE}11158840.3", ("text", "image"), ("equivalent", I, "choice")),
    (f"{IMROPE}f32(11158840)", f"{IMROPE}11158841", ("text", "image"), ("different", None, "none-exists")),
    (f"{IMROPE}f32(11158840)", "ggml/mrope:head_dim=16:sections=3,3,2,0:base=11158840.3", ("t=p,h=p,w=p,e=p",),
     ("equivalent", I, "choice")),
])
def test_under_feeds(source: str, target: str, feeds: tuple[str, ...], expected: tuple[str, Any, str]) -> None:
    """Stored numbers are chosen under feeds and several axes too, and where pairs are no rotation."""
    found = prove_loaded(load(source), load(target), feeds)
    assert found.as_stored is not None
    assert expected == (found.outcome.value, found.holds, WORDS[found.as_stored.found])


def test_the_choice_is_named() -> None:
    """The JSON has what is stored and what was chosen for it; the text has both in the headline's weakening."""
    proof = api.prove(hunyuan("f32(11158840)"), ALPHA)
    found = proof.to_json()["as_stored"]
    assert {"parameter": "base", "side": "source", "format": "float32", "stored": "11158840",
            "chosen": "10000000*10**(1/21)"} == found["numbers"][0]
    assert ("choice", "float32", 0) == (found["found"], found["format"], found["ulps"])
    assert "As stored in float32: The two kernels are identical, lane by lane, at every position." == proof.headline
    assert proof.to_text().startswith("EQUIVALENT as stored in float32: The two kernels are identical")
    assert proof.to_markdown().startswith("### Equivalent as stored in float32: The two kernels are identical")


def test_the_headline_says_how_far_numbers_may_be_off() -> None:
    """With --ulps the headline says by how much."""
    proof = api.prove(ggml(LLAMA3), RULE, ulps=3)
    assert proof.to_text().startswith("EQUIVALENT as stored in float32, up to 3 ulps off: ")
    chosen = [row["chosen"] for row in proof.to_json()["as_stored"]["numbers"]]
    assert ["1"] * 29 == chosen[:29]
    assert ["8"] * 29 == chosen[35:]


@pytest.mark.parametrize(("source", "target", "ulps", "limit", "expected"), [
    # 2.89 ulps off the exact value: stands for it once 2.39 neighbours' room is given, rounded up.
    (RULE, ggml(LLAMA3), 0, None, (3, Outcome.EQUIVALENT)),
    (RULE, ggml(LLAMA3), 1, None, (3, Outcome.EQUIVALENT)),
    (RULE, ggml(LLAMA3, "normal"), 0, None, (3, Outcome.CONVERTIBLE)),
    (RULE, ggml(LLAMA3, "normal"), 0, E, None),
    (RULE32, ggml(LLAMA32), 0, None, (3, Outcome.EQUIVALENT)),
    (hunyuan("f32(11158841)"), ALPHA, 0, None, (1, Outcome.EQUIVALENT)),
    (hunyuan("f32(11158904)"), ALPHA, 0, None, (64, Outcome.EQUIVALENT)),
    (hunyuan("f32(11158905)"), ALPHA, 0, None, None),
    (hunyuan("f32(11158841)"), ALPHA, None, None, None),
    (RULE, ggml(changed(LLAMA3, 31, 40)), 0, None, (39, Outcome.EQUIVALENT)),
    (RULE, ggml(changed(LLAMA3, 31, 400)), 0, None, None),
])
def test_a_difference_in_last_digits_is_told(
    source: str, target: str, ulps: int | None, limit: Relation | None, expected: tuple[int, Outcome] | None
) -> None:
    """A difference that a few ulps would make up for says how many, which is the least that is enough, and for what."""
    found = verdict(source, target, ulps, limit)
    assert (Outcome.DIFFERENT, expected) == (found.outcome, found.as_stored and found.as_stored.farther)
    if expected:
        assert expected[1] is verdict(source, target, expected[0], limit).outcome
        assert Outcome.DIFFERENT is verdict(source, target, expected[0] - 1, limit).outcome


def test_different_says_whether_it_is_for_all_choices() -> None:
    """What is refuted whatever is chosen is told apart from what is only different as the numbers are."""
    every, found = (api.prove(hunyuan(base), ALPHA).to_text() for base in ("f32(11158841)", "f16(2050)"))
    assert "no choice makes up for the difference" in " ".join(every.split())
    tie = " ".join(api.prove(hunyuan("f16(2050)"), hunyuan("2049")).to_text().split())
    assert tie.startswith("DIFFERENT: What differs is the last digits of stored numbers: EQUIVALENT if they may")
    far = " ".join(api.prove(RULE, ggml(changed(LLAMA3, 31, 400))).to_text().split())
    assert "No choice was found that leads to more; there may be one." in far
    assert far.startswith("DIFFERENT: With stored numbers taken exactly: No fixed change")
    assert found.startswith("DIFFERENT: No fixed change")


def test_exact_answers_come_first() -> None:
    """Where an exact answer holds its certificate is the usual one, the same as without stored numbers."""
    source, target = load(hunyuan("f32(500000)")), load(hunyuan("500000"))
    found = prove_loaded(source, target)
    assert found.as_stored is None
    assert found.certificate == prove_loaded(source, target, ulps=None).certificate


def test_exact_and_ulps_exclude_one_another() -> None:
    """Both at once are refused, and so is what is no number of neighbours."""
    with pytest.raises(InputError, match="two answers"):
        api.prove(hunyuan("f32(500000)"), ALPHA, exact=True, ulps=1)
    for bad in (-1, 10000, True):
        with pytest.raises(InputError, match="whole number from 0"):
            api.prove(hunyuan("f32(500000)"), ALPHA, ulps=bad)


def test_against_opens_the_numbers_as_the_certificate_does() -> None:
    """check --against expands both specs with their stored numbers open, as far off as the certificate has them."""
    source, wrong = hunyuan("f32(11158839)"), hunyuan("f32(11158840)")
    certificate = verdict(source, ALPHA, 1).certificate
    assert certificate is not None
    assert api.check(certificate, against=(source, ALPHA))
    assert "is not that of --against" in api.check(certificate, against=(wrong, ALPHA)).reason
    assert "is not that of --against" in api.check(certificate, against=(hunyuan("11158839"), ALPHA)).reason
    told = api.check(certificate).to_text()
    assert "'identical as stored' holds for two tables" in told
    assert "numbers stored in float32, up to 1 ulp" in told
    story = api.check(certificate).explain().to_text()
    assert "for some reals that round to what is stored" in " ".join(story.split())


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, (*path, index))]
    return [path]


def tampered(text: str) -> list[str]:
    """A number's text, changed a little in each of its parts."""
    found = [text + "1", "2*" + text, text.replace("1", "2", 1), text.replace("3", "5", 1)]
    found += [text.replace("float32", "float64")]
    found += [text.replace("^-1/2", "^-1/4"), text.replace("^-1", "^-2"), text.replace(":0:", ":1:"), "-" + text]
    return [each for each in found if each != text]


TAMPERED = {
    "a base": ("ggml/neox:head_dim=4:base=f32(11158840)", "ggml/neox:head_dim=4:base=11158840.25"),
    "factors": (
        "ggml/normal:head_dim=4:base=4:freq_factors=[f32(3),f32(13421773/16777216)]",
        "generic/table:frequencies=333333333/1000000000,5/8",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_every_changed_number_is_noticed(name: str) -> None:
    """A number of the tables, the choice or what is put in, changed alone, is rejected."""
    certificate = verdict(*TAMPERED[name], 0, Relation.PERMUTATION).certificate
    assert certificate is not None
    body = json.loads(certificate)
    assert body["schema"] == checker.STORED_SCHEMA
    rejected = 0
    for path in leaves({key: body[key] for key in ("source", "target", "holds")}):
        holder = body
        for step in path[:-1]:
            holder = holder[step]
        own = holder[path[-1]]
        if not isinstance(own, str) or path[-1] in ("name", "positions", "relation"):
            continue
        for changed_text in tampered(own):
            holder[path[-1]] = changed_text
            body["digest"] = checker.digest(body)
            with pytest.raises(checker.Rejected):
                checker.check(checker.canonical(body))
            rejected += 1
        holder[path[-1]] = own
    assert rejected > 20
