"""Certificates of stored numbers: the rounding rule against NumPy's own, and tables of accepted and rejected ones.

Every certificate here is written by hand. In a number, {FORMAT:VALUE:N:NAME} is any real that rounds to VALUE, or to
one of its N neighbours on either side.
"""

from __future__ import annotations

import copy
import struct
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.test_checker import Json, finish, layout, pair, score, state, token, trace
from prover import checker

exhaustive = settings(derandomize=True, deadline=None, max_examples=300)
WIDE, ABOUT_PI = "{bfloat16:8:0:f}", "{bfloat16:201/64:0:f}"  # 511/64 to 257/32, and 401/128 to 403/128
EIGHT, NEXT = "{float32:8:0:factor}", "{float32:8388609/1048576:0:factor}"
BASE = "{float32:11158840:0:base}"
POWER = f"1*{BASE}^-1/64"  # pair 1 of 64
SQUARE, WANTED_SQUARE = f"1*{BASE}^-1/32", "1/10*2^131/168*5^131/168"
WANTED = "1/10*2^299/336*5^299/336"  # (10000 * 1000**(128/126))**(-1/64) = 10**(-37/336)
CHOSEN = "10000000*2^1/21*5^1/21"  # 10**(148/21)


def stored(source: Json, target: Json, **parts: Any) -> Json:
    return state(source, target, **parts) | {"schema": checker.STORED_SCHEMA}


def chosen(relation: str, width: int, choice: Json, numbers: Json, permutation: list[int] | None = None) -> Json:
    lanes = list(range(width)) if permutation is None else permutation
    return {"relation": relation, "permutation": lanes, "choice": choice, "numbers": numbers}


def turns(*frequencies: str, **change: Any) -> Json:
    return layout(
        2 * len(frequencies), *(pair([2 * i, 2 * i + 1], f, **change) for i, f in enumerate(frequencies))
    )


def one(old: str, new: str, choice: Json, relation: str = "identical", wanted: str | None = None) -> Json:
    """One pair turns by a number with stored ones in it, and in the target by what a choice makes of it."""
    found = chosen(relation, 2, choice, {old: new})
    return stored(turns(old), turns(wanted or new), holds=found)


def sized(old: str, new: str, choice: Json) -> Json:
    """One pair is magnified by a number with stored ones in it."""
    found = chosen("identical", 2, choice, {old: new})
    return stored(turns("1", magnitude=old), turns("1", magnitude=new), holds=found)


HALVED = "1/2*3^1/2"
TRACE_8 = ["1.984", "1.985"]  # 2 cos(1/8) = 1.98439...
AWAY = ["1.96", "1.97"]  # 2 cos(7/40) = 1.96945...
ACCEPTED: dict[str, tuple[Json, tuple[str | None, str | None]]] = {
    "the stored number itself": (one(f"1*{EIGHT}^-1", "1/8", {EIGHT: "8"}), ("identical as stored", None)),
    "the base of HunYuan": (one(POWER, WANTED, {BASE: CHOSEN}), ("identical as stored", None)),
    "the base without a choice, but between the ends": (
        one(POWER, WANTED, {EIGHT: "8"}), ("identical as stored", None),
    ),
    "one choice for two numbers": (
        stored(
            turns(POWER, SQUARE), turns(WANTED, WANTED_SQUARE),
            holds=chosen("identical", 4, {BASE: CHOSEN}, {POWER: WANTED, SQUARE: WANTED_SQUARE}),
        ),
        ("identical as stored", None),
    ),
    "a sum, by a number between the ends": (
        one(f"1*{EIGHT}^-1", "1/8 + -1/1000000000*pi", {}), ("identical as stored", None),
    ),
    "a magnitude that is no product": (
        sized("1 + 1*log(2)*{float32:13421773/134217728:0:m}", "1 + 1/10*log(2)", {}), ("identical as stored", None),
    ),
    "a factor between the ends under a base that is chosen": (
        one("1*{float32:2:0:f}^-1*{float32:3:0:b}^1/2", HALVED, {"{float32:3:0:b}": "3"}),
        ("identical as stored", None),
    ),
    "a factor between near ends under a base that is chosen between far ones": (
        one("1*{float32:2:0:f}^-1*{bfloat16:3:0:b}^1/2", HALVED, {"{bfloat16:3:0:b}": "3"}),
        ("identical as stored", None),
    ),
    "stored numbers of the target": (
        stored(
            turns("1/8"), turns(f"1*{EIGHT}^-1"),
            holds=chosen("identical", 2, {EIGHT: "8"}, {f"1*{EIGHT}^-1": "1/8"}),
        ),
        ("identical as stored", None),
    ),
    "a trace over all reals between far ends": (
        stored(turns(f"1*{WIDE}"), turns("1"), fails=trace([{"p": "1"}], ["-0.36", "-0.25"], ["1.08", "1.081"])),
        (None, "linear as stored"),
    ),
    "a trace over reals about half a turn": (
        stored(turns(f"1*{ABOUT_PI}"), turns("1"), fails=trace([{"p": "1"}], ["-2", "-1.9998"], ["1.08", "1.081"])),
        (None, "linear as stored"),
    ),
    "a tie, to an even significand": (
        one("1*{float16:2048:0:f}", "2049", {"{float16:2048:0:f}": "2049"}), ("identical as stored", None),
    ),
    "a tie of the second neighbour": (
        one("1*{float16:2048:2:f}", "2053", {"{float16:2048:2:f}": "2053"}), ("identical as stored", None),
    ),
    "below a power of two neighbours are nearer": (
        one("1*{float16:2048:0:f}", "4095/2", {"{float16:2048:0:f}": "4095/2"}), ("identical as stored", None),
    ),
    "the largest number, almost half a step up": (
        one("1*{float16:65504:0:f}", "131039/2", {"{float16:65504:0:f}": "131039/2"}), ("identical as stored", None),
    ),
    "the least number, more than half": (
        sized("1*{float16:1/16777216:0:f}", "2/33554431", {"{float16:1/16777216:0:f}": "2/33554431"}),
        ("identical as stored", None),
    ),
    "a negative frequency": (one("-1*{float32:8:0:f}", "-8", {"{float32:8:0:f}": "8"}), ("identical as stored", None)),
    "a stored number that is both sides'": (
        stored(turns(f"1*{EIGHT}"), turns(f"1*{EIGHT}"), holds=chosen("identical", 2, {}, {})),
        ("identical as stored", None),
    ),
    "a permutation": (
        stored(
            turns(POWER), turns(f"-{WANTED}"),
            holds=chosen("permutation", 2, {BASE: CHOSEN}, {POWER: WANTED}, [1, 0]),
        ),
        ("permutation as stored", None),
    ),
    "a trace, whatever is chosen": (
        stored(turns(f"1*{EIGHT}^-1"), turns("7/40"), fails=trace([{"p": "1"}], TRACE_8, AWAY)),
        (None, "linear as stored"),
    ),
    "a permutation that holds, and scores that differ whatever is chosen": (
        stored(
            turns(f"1*{EIGHT}^-1"), turns("-1/8"),
            holds=chosen("permutation", 2, {EIGHT: "8"}, {f"1*{EIGHT}^-1": "1/8"}, [1, 0]),
            fails=score([0, 1], [token("0"), token("1")], ["-0.13", "-0.12"], ["0.12", "0.13"]),
        ),
        ("permutation as stored", "equal-scores as stored"),
    ),
}


@pytest.mark.parametrize(("body", "expected"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepts(body: Json, expected: tuple[str | None, str | None]) -> None:
    """A choice that rounds as it should and makes the kernels what the witness says, or none that can, is accepted."""
    assert expected == checker.check(finish(body))


def with_fields(body: Json, **change: Any) -> Json:
    """A body with fields of its witness changed; None takes one away."""
    found = copy.deepcopy(body)
    found["holds"] = {k: v for k, v in (found["holds"] | change).items() if v is not None}
    return found


HUNYUAN = one(POWER, WANTED, {BASE: CHOSEN})
TWICE = stored(
    turns(f"1*{EIGHT}", f"2*{EIGHT}"), turns("8 + 1/10000000*pi", "16 + 1/10000000*pi"),
    holds=chosen("identical", 4, {}, {f"1*{EIGHT}": "8 + 1/10000000*pi", f"2*{EIGHT}": "16 + 1/10000000*pi"}),
)
LOGS = "4*log(1/2)^2"  # 1.92...
REJECTED: dict[str, tuple[Json, str]] = {
    "a number of the next float": (
        one(f"1*{NEXT}^-1", "1/8", {NEXT: "8"}), "8 does not round to",
    ),
    "a number of the next float, between": (one(f"1*{NEXT}^-1", "1/8", {}), "no choice makes"),
    "a base one ulp off": (
        one(POWER.replace("11158840", "11158841"), WANTED, {BASE.replace("11158840", "11158841"): CHOSEN}),
        "does not round to",
    ),
    "a base stored as something else": (one(POWER, WANTED, {BASE: "11158840"}), "no choice makes"),
    "a tie, to an odd significand": (
        one("1*{float16:2050:0:f}", "2049", {"{float16:2050:0:f}": "2049"}), "does not round to",
    ),
    "a tie up, to an odd significand": (
        one("1*{float16:2050:0:f}", "2051", {"{float16:2050:0:f}": "2051"}), "does not round to",
    ),
    "a tie, without the choice": (one("1*{float16:2048:0:f}", "2049", {}), "no choice makes"),
    "a tie to an odd significand, under a root that is whole": (
        one("1*{float16:2210:0:f}^1/2", "47", {}), "no choice makes",
    ),
    "the same, divided by": (one("1*{float16:2210:0:f}^-1/2", "1/47", {}), "no choice makes"),
    "a choice below the end by less than 40 digits show": (
        one("1*{float16:2050:0:f}", "2049", {"{float16:2050:0:f}": f"2049 + -1/{10**41}*pi"}), "does not round to",
    ),
    "a tie down to an odd significand, under a root": (
        one("1*{float16:2050:0:f}^1/2", "1*3^1/2*683^1/2", {}), "no choice makes",
    ),
    "a tie up to an odd significand, under a root": (
        one("1*{float16:2050:0:f}^1/2", "1*7^1/2*293^1/2", {}), "no choice makes",
    ),
    "a number below both ends": (one(f"1*{EIGHT}", "7", {}), "no choice makes"),
    "a number above both ends": (one(f"1*{EIGHT}", "9", {}), "no choice makes"),
    "a trace at the lower end only": (
        stored(turns(f"1*{WIDE}"), turns("1"), fails=trace([{"p": "1"}], ["-0.27", "-0.25"], ["1.08", "1.081"])),
        "narrow",
    ),
    "a trace at the upper end only": (
        stored(turns(f"1*{WIDE}"), turns("1"), fails=trace([{"p": "1"}], ["-0.36", "-0.34"], ["1.08", "1.081"])),
        "narrow",
    ),
    "a trace where the cosine turns, too narrow for both ends": (
        stored(turns(f"1*{ABOUT_PI}"), turns("1"), fails=trace([{"p": "1"}], ["-2", "-1.99995"], ["1.08", "1.081"])),
        "narrow",
    ),
    "scores for the end that was put in last": (
        stored(
            turns(f"1*{WIDE}"), turns("-8"), holds=chosen("permutation", 2, {}, {f"1*{WIDE}": "8"}, [1, 0]),
            fails=score([0, 1], [token("0"), token("1")], ["-0.985", "-0.984"], ["0.98", "0.99"]),
        ),
        "narrow",
    ),
    "beyond a tie": (
        one("1*{float16:2048:0:f}", "2049000001/1000000", {"{float16:2048:0:f}": "2049000001/1000000"}),
        "does not round to",
    ),
    "below a power of two": (
        one("1*{float16:2048:0:f}", "2047", {"{float16:2048:0:f}": "2047"}),
        "does not round to",
    ),
    "a neighbour too far": (
        one("1*{float16:2048:2:f}", "2054", {"{float16:2048:2:f}": "2054"}), "does not round to",
    ),
    "a tie of the first neighbour, which is odd": (
        one("1*{float16:2048:1:f}", "2051", {"{float16:2048:1:f}": "2051"}), "does not round to",
    ),
    "half a step above the largest number": (
        one("1*{float16:65504:0:f}", "65520", {"{float16:65504:0:f}": "65520"}), "does not round to",
    ),
    "half the least number": (
        sized("1*{float16:1/16777216:0:f}", "1/33554432", {"{float16:1/16777216:0:f}": "1/33554432"}),
        "does not round to",
    ),
    "neighbours beyond the largest number": (
        one("1*{float16:65504:1:f}", "65504", {"{float16:65504:1:f}": "65504"}), "no such stored number",
    ),
    "neighbours below the least": (
        one("1*{float16:1/16777216:1:f}", "1/16777216", {"{float16:1/16777216:1:f}": "1/16777216"}),
        "no such stored number",
    ),
    "zero": (one("1*{float32:0:0:f}", "0", {"{float32:0:0:f}": "0"}), "no such stored number"),
    "a number that the format does not have": (
        one("1*{float16:2049:0:f}", "2049", {"{float16:2049:0:f}": "2049"}), "no such stored number",
    ),
    "a number below what the format has": (
        one("1*{float16:1/33554432:0:f}", "1", {"{float16:1/33554432:0:f}": "1"}), "no such stored number",
    ),
    "a third, in binary": (one("1*{float32:1/3:0:f}", "1/3", {"{float32:1/3:0:f}": "1/3"}), "no such stored number"),
    "infinity": (one("1*{float16:65536:0:f}", "65536", {"{float16:65536:0:f}": "65536"}), "no such stored number"),
    "a fraction not in lowest terms": (one("1*{float32:16/2:0:f}", "8", {"{float32:16/2:0:f}": "8"}), "lowest terms"),
    "an unknown format": (one("1*{float8:8:0:f}", "8", {"{float8:8:0:f}": "8"}), "stored number is malformed"),
    "neighbours with a leading zero": (one("1*{float32:8:00:f}", "8", {"{float32:8:00:f}": "8"}), "malformed"),
    "too many neighbours": (one("1*{float32:8:10000:f}", "8", {"{float32:8:10000:f}": "8"}), "malformed"),
    "a name with a sign in it": (one("1*{float32:8:0:a-b}", "8", {"{float32:8:0:a-b}": "8"}), "malformed"),
    "a brace alone": (one("1*{", "8", {}), "malformed"),
    "the format changed": (
        one(POWER, WANTED, {BASE.replace("float32", "bfloat16"): CHOSEN}), "no such stored number",
    ),
    "an exponent changed": (one(f"1*{BASE}^-1/32", WANTED, {BASE: CHOSEN}), "no choice makes"),
    "a coefficient changed": (one(f"2*{BASE}^-1/64", WANTED, {BASE: CHOSEN}), "no choice makes"),
    "another sign": (one(f"-1*{BASE}^-1/64", WANTED, {BASE: CHOSEN}), "no choice makes"),
    "both signs, but not of one": (
        one("-1*{float32:8:0:f}", "8", {"{float32:8:0:f}": "-8"}), "does not round to",
    ),
    "the new number changed": (one(POWER, "1/10*2^299/336*5^298/336", {BASE: CHOSEN}), "no choice makes|lowest"),
    "the target changed": (one(POWER, WANTED, {BASE: CHOSEN}, wanted="1/10*2^299/336*5^293/336"), "kernels differ"),
    "a number left open": (
        with_fields(HUNYUAN, numbers={}), "kernels differ",
    ),
    "another number is put in": (with_fields(HUNYUAN, numbers={WANTED: POWER}), "is open itself"),
    "a choice that is open": (with_fields(HUNYUAN, choice={BASE: f"1*{BASE}"}), "is open itself"),
    "two numbers, each with its own": (TWICE, "stands with another, or twice"),
    "two without a choice in one number": (
        one("1*{float32:2:0:g}*{float32:8:0:f}", "16", {}), "stands with another, or twice",
    ),
    "a sum under an exact product": (one(POWER, "1/8 + 1*pi", {BASE: CHOSEN}), "too many values"),
    "pi under an exact product": (one(f"1*{EIGHT}^-1", "1/8*pi", {EIGHT: "8"}), "pi"),
    "a square of a logarithm, which is not what it is the square of": (
        one("1*{float32:2:9999:f}^1/2", "2*log(1/2)", {"{float32:2:9999:f}": LOGS}), "does not round to",
    ),
    "a choice that is no number": (one(f"1*{EIGHT}", "8", {EIGHT: "eight"}), "malformed"),
    "a choice that is no text": (one(f"1*{EIGHT}", "8", {EIGHT: 8}), "expected str"),
    "numbers that are no table": (with_fields(HUNYUAN, numbers=[POWER]), "has no attribute|values"),
    "no choice": (with_fields(HUNYUAN, choice=None), "exactly the fields"),
    "no numbers": (with_fields(HUNYUAN, numbers=None), "exactly the fields"),
    "open numbers in the first schema": (
        HUNYUAN | {"schema": checker.SCHEMA, "holds": {"relation": "identical", "permutation": [0, 1]}},
        "has stored numbers",
    ),
    "a choice in the first schema": (
        one("2", "2", {}) | {"schema": checker.SCHEMA}, "exactly the fields",
    ),
    "a refutation of what one choice makes equal": (
        stored(turns(f"1*{EIGHT}^-1"), turns("1/8"), fails=trace([{"p": "1"}], TRACE_8, AWAY)), "does not contain",
    ),
    "a refutation that only holds of the stored number": (
        stored(
            turns("1*{bfloat16:8:0:f}^-1"), turns("1000/8001"),
            fails=trace([{"p": "1"}], ["1.98439", "1.984396"], ["1.984397", "1.9844"]),
        ),
        "too narrow|does not contain",
    ),
    "a refutation with more neighbours than it reaches": (
        stored(turns("1*{float32:8:9999:f}^-1"), turns("7/40"),
               fails=trace([{"p": "1"}], ["1.9843949", "1.984395"], AWAY)),
        "too narrow|does not contain",
    ),
    "what holds for one choice and fails for all": (
        stored(turns(f"1*{EIGHT}^-1"), turns("1/8"),
               holds=chosen("identical", 2, {EIGHT: "8"}, {f"1*{EIGHT}^-1": "1/8"}),
               fails=trace([{"p": "1"}], TRACE_8, ["1.9846", "1.985"])),
        "does not contain|disjoint|opposite",
    ),
}


@pytest.mark.parametrize(("body", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_rejects_what_is_not_proved(body: Json, reason: str) -> None:
    """A choice that does not round to what is stored, or does not make the numbers what it says, is rejected."""
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(finish(body))


def test_a_choice_with_a_logarithm_is_only_put_in_between() -> None:
    """The square root of a square of a negative logarithm is not that logarithm: no law of powers is used on it."""
    base = "{float32:1007583/524288:0:f}"  # 4 log(1/2)**2 = 1.92181...
    body = one(f"1*{base}^1/2", "2*log(1/2)", {base: LOGS})
    with pytest.raises(checker.Rejected, match="sum or a logarithm"):
        checker.check(finish(body))


@pytest.mark.parametrize("change", [
    lambda text: text.replace("float32", "float64"),
    lambda text: text.replace("11158840", "11158842"),
    lambda text: text.replace(":0:base", ":1:base"),
    lambda text: text.replace("^-1/64", "^-3/64"),
    lambda text: text.replace("10000000*2", "10000001*2"),
    lambda text: text.replace("2^1/21", "2^2/21"),
    lambda text: text.replace(checker.STORED_SCHEMA, checker.SCHEMA),
])
def test_tampering_changes_what_is_said_or_is_rejected(change: Any) -> None:
    """A format, value, width, exponent or choice changed everywhere says something else; only the wider one is true."""
    text = finish(HUNYUAN)
    changed = change(text)
    assert text != changed
    body = checker.json.loads(changed)
    if ":1:base" in changed:
        assert ("identical as stored", None) == checker.check(finish(body))
        return
    with pytest.raises(checker.Rejected):
        checker.check(finish(body))


def test_says_what_is_proved_and_of_which_formats() -> None:
    """The words say that reals may be chosen, in which format the numbers are stored, and how far they may be off."""
    body = one("1*{float32:8:3:f}^-1", "1/8", {"{float32:8:3:f}": "8"})
    told = "\n".join(checker.words(finish(body)))
    assert "'identical as stored' holds: for some reals that round to what is stored" in told
    assert "with numbers stored in float32, give or take 3 places of it" in told


def rounds_to(value: Fraction, number: Fraction, name: str) -> bool:
    """Whether the checker takes a rational for one that rounds to a stored number."""
    low, high, ends = checker._stored(f"{{{name}:{number}:0:x}}")
    return low < value < high or (ends and value in (low, high))


@exhaustive
@given(st.integers(1, 255 * 2**23 - 1), st.fractions(-3, 3, max_denominator=64))
def test_float32_rounds_as_numpy_does(bits: int, steps: Fraction) -> None:
    """A number some fractions of a step away from a float32 rounds to it exactly if NumPy rounds it so."""
    near, below = (Fraction(float(np.uint32(n).view(np.float32))) for n in (bits, bits - 1))
    value = near + Fraction(round(steps * 64), 64) * (near - below)
    assert Fraction(float(value)) == value  # a float64 has it, so that it is rounded only once
    with np.errstate(over="ignore"):
        wanted = float(np.float32(float(value))) == float(near)
    assert rounds_to(value, near, "float32") is wanted


@exhaustive
@given(st.integers(1, 2047 * 2**52 - 1), st.fractions(-2, 2, max_denominator=2**20))
def test_float64_rounds_as_python_does(bits: int, steps: Fraction) -> None:
    """A rational some fractions of a step away from a float64 rounds to it exactly if Python rounds it so."""
    near, below = (Fraction(struct.unpack("<d", struct.pack("<Q", n))[0]) for n in (bits, bits - 1))
    value = near + steps * (near - below)
    try:
        wanted = Fraction(float(value)) == near
    except OverflowError:
        wanted = False
    assert rounds_to(value, near, "float64") is wanted


def test_every_float16_rounds_as_numpy_does() -> None:
    """For every positive float16 both ends, and what is a little inside and outside of them, are as NumPy has them."""
    for bits in range(1, 31 * 2**10):
        number = Fraction(float(np.uint16(bits).view(np.float16)))
        low, high, ends = checker._stored(f"{{float16:{number}:0:x}}")
        nudge = (high - low) / 4
        with np.errstate(over="ignore"):
            found = [Fraction(float(r)) == number if np.isfinite(r := np.float16(float(v))) else False
                     for v in (low - nudge, low, low + nudge, high - nudge, high, high + nudge)]
        assert [False, ends, True, True, ends, False] == found


def test_every_bfloat16_rounds_to_the_nearest() -> None:
    """For every positive bfloat16, counted from its bits, the ends are half way to its neighbours, for even bits."""
    values = [Fraction(struct.unpack("<f", struct.pack("<I", bits << 16))[0]) for bits in range(255 * 2**7)]
    values.append(2 * values[-1] - values[-2])
    for bits in range(1, 255 * 2**7):
        below, number, above = values[bits - 1 : bits + 2]
        expected = ((below + number) / 2, (number + above) / 2, bits % 2 == 0)
        assert expected == checker._stored(f"{{bfloat16:{number}:0:x}}")


@pytest.mark.parametrize("ulps", [0, 1, 2, 5])
@pytest.mark.parametrize("bits", [1, 7, 1024, 1025, 2047, 2048, 2049, 31 * 1024 - 1])
def test_neighbours_are_counted(bits: int, ulps: int) -> None:
    """With N neighbours the reals are those that round to any of them, the farthest at both ends included."""
    def number(place: int) -> Fraction:
        return Fraction(float(np.uint16(place).view(np.float16)))

    text = f"{{float16:{number(bits)}:{ulps}:x}}"
    if bits - ulps < 1 or bits + ulps >= 31 * 1024:
        with pytest.raises(checker.Rejected, match="neighbour"):
            checker._stored(text)
        return
    low, high, ends = checker._stored(text)
    first, last = (checker._stored(f"{{float16:{number(bits + n)}:0:x}}") for n in (-ulps, ulps))
    assert (first[0], last[1], first[2]) == (low, high, ends)
    assert first[2] == last[2]
