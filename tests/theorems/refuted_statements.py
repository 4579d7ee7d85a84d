"""Pairs of kernels that differ at given parameters, each shown by one pair; and what must not be shown of others."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import small_sizes
from small_sizes import Number
from theorem_statements import ADJACENT, ANGLE, BACK, claim, refuted, small
from written_certificates import JSON, feed, parameter, variable

APART = {"scope": "not-always", "condition": [], "relation": None, "elsewhere": "identical"}
THREE = {"n": "3", "base": "2"}
TWO_AXES = ("t", "h")
COUNTER = ("k", "0", "0 if (j + 1) % 3 == 0 else k + 1")
PRODUCT = ("x", "1", "1 if (j + 1) % 3 == 0 else x*base**(-1/n)")
K = (parameter("k", "k > 0"),)


def apart(source: JSON, target: JSON, pair: str, at: JSON = THREE, **more: Any) -> JSON:
    """The claim that the two differ at a point, and that this pair shows it."""
    evidence = {"order": None, "refutation": refuted("point", ("0 == 1", pair)), **more}
    return claim(source, target, APART, {"holds": None, "fails": at}, **evidence)


TRUE: dict[str, Callable[[], JSON]] = {
    "another frequency": lambda: apart(small(), small(f"({ANGLE})*(1 if j < 2 else 2)"), "2"),
    "another axis": lambda: apart(small("t", TWO_AXES), small("t if j == 0 else h", TWO_AXES), "1"),
    "it stands still": lambda: apart(small(), small(f"{ANGLE} if j < 2 else 0*p"), "2"),
    "turned the other way": lambda: apart(small(), small("-" + ANGLE), "0"),
    "turned the other way on one of two axes": lambda: apart(
        small("t + h", TWO_AXES), small("t - h if j > 0 else t + h", TWO_AXES), "1"
    ),
    "lanes swapped": lambda: apart(small(), small(write_first="j + n", write_second="j"), "0"),
    "another second lane": lambda: apart(small(), small(second="2*n - 1 - j"), "0"),
    "the lanes of the middle pair are the same, its magnitude is not": lambda: apart(
        small(), small(magnitude="1 if j != 1 else 1/3"), "1"
    ),
    "the first lane of adjacent and half": lambda: apart(small(), small(**ADJACENT), "0"),
    "a counter that is set back": lambda: apart(
        small("p*base**(-k/n)", states=(COUNTER,)), small(), "3", {"n": "4", "base": "2"}
    ),
    "a product that is set back": lambda: apart(
        small("p*x", states=(PRODUCT,)), small(), "3", {"n": "5", "base": "1000"}
    ),
    "two loops, each with a name of its own for what it carries": lambda: apart(
        small("p*k", states=(("k", "1", "k + x"), ("x", "1", "k"))),
        small("p*x", states=(("x", "1", "x + k"), ("k", "1", "k"))), "3", {"n": "4", "base": "2"},
    ),
    "loops of the same names": lambda: apart(
        small("p*k", states=(("k", "1", "2*k"),)), small("p*k", states=(("k", "1", "k + 1"),)), "2"
    ),
    "pairs that one side lacks": lambda: apart(small(), small(count="n - 1"), "2"),
    "pairs that the other side lacks": lambda: apart(small(count="n - 1"), small(), "2"),
    "a difference that one hypothesis allows": lambda: apart(
        small(), small(f"({ANGLE})*(1 if n < 3 else 2)"), "0", where=("n > 2",)
    ),
    "constants, and another frequency": lambda: apart(small("p/2**j + 1"), small("p/3**j + 1"), "1"),
    "numbers below half a turn": lambda: apart(small("p*log(2)"), small("p*log(3)"), "0"),
    "over pi": lambda: apart(small("p*(9 + 1/pi)"), small("p*(9 + 2/pi)"), "0"),
    "a parameter that has no effect elsewhere": lambda: apart(
        small("p/k", more=K), small("p", more=K), "2", {**THREE, "k": "3/7"}, variables=(variable("k", False),)
    ),
}
FALSE: dict[str, Callable[[], JSON]] = {
    "the same": lambda: apart(small(), small(), "1"),
    "the same in other words": lambda: apart(small(), small("p/base**(j/n)"), "1"),
    "the same there": lambda: apart(small(), small(f"({ANGLE})*(1 if n < 4 else 2)"), "1"),
    "another pair differs": lambda: apart(small(), small(f"({ANGLE})*(1 if j < 2 else 2)"), "1"),
    "the same, by other lanes and the other way round": lambda: apart(small(), small("-" + ANGLE, **BACK), "1"),
    "the same, in another order": lambda: apart(
        small(), small("p*base**(-(n - 1 - j)/n)", first="n - 1 - j", second="2*n - 1 - j"), "0"
    ),
    "a counter is the remainder": lambda: apart(
        small("p*base**(-k/n)", states=(COUNTER,)), small("p*base**(-(j % 3)/n)"), "4", {"n": "5", "base": "2"}
    ),
    "an index behind the last": lambda: apart(small(), small("2*p"), "3"),
    "an index that is not whole": lambda: apart(small(), small("2*p"), "1/2"),
    "an index below 0": lambda: apart(small(), small("2*p"), "-1"),
    "an index that is a formula": lambda: apart(small(), small("2*p"), "n - 1"),
    "a head with no pairs": lambda: apart(small(count="0"), small("2*p", count="0"), "0"),
    "a point that is not allowed": lambda: apart(small(), small("2*p"), "0", {"n": "0", "base": "2"}),
    "a point that is not allowed by the target": lambda: apart(small(), small("2*p", require="n > 3"), "0"),
    "a point outside the hypotheses": lambda: apart(small(), small("2*p"), "0", where=("n > 3",)),
    "a point at which a parameter is not whole": lambda: apart(
        small("p", more=(parameter("k", None, "n/2", whole=True),)), small("2*p"), "0"
    ),
    "a point with half a pair": lambda: apart(small(count="n/2"), small("2*p", count="n/2"), "0"),
    "no magnitude on both sides": lambda: apart(small(magnitude="0"), small("2*p", magnitude="0"), "0"),
    "no magnitude at another pair": lambda: apart(
        small(magnitude="j"), small("2*p", magnitude="j"), "1"
    ),
    "a lane twice": lambda: apart(small(second="j + 1"), small("2*p", second="j + 1"), "0"),
    "a lane outside the head": lambda: apart(small(width="2*n - 1"), small("2*p", width="2*n - 1"), "0"),
    "a lane that is not whole": lambda: apart(small(first="j/2"), small("2*p", first="j/2"), "0"),
    "other lanes written than read": lambda: apart(
        small(width="3*n", write_second="j + 2*n"), small("2*p", width="3*n", write_second="j + 2*n"), "0"
    ),
    "unlike widths": lambda: apart(small(width="2*n + 1"), small("2*p"), "0"),
    "a divisor that is 0 at another pair": lambda: apart(small("p/(j - 2)"), small("2*p/(j - 2)"), "0"),
    "a loop that has no value at another pair": lambda: apart(
        small("p", states=(("k", "1", "k/(j - 1)"),)), small("2*p"), "0"
    ),
    "a loop that starts from itself": lambda: apart(
        small("p*k", states=(("k", "k", "k + 1"),)), small("p*j"), "1"
    ),
    "whole turns hide it": lambda: apart(small(), small(f"{ANGLE} + 2*pi*p"), "1"),
    "half turns, one forwards and one back": lambda: apart(small("pi*p"), small("-pi*p"), "1"),
    "half a turn and one and a half": lambda: apart(small("pi*p"), small("3*pi*p"), "1"),
    "the feed puts nothing there": lambda: apart(
        small("t", TWO_AXES), small("t if j == 0 else t + h", TWO_AXES), "1",
        feeds=[feed("text", *[{"t": {"p": "1"}, "h": {}}] * 2, "p")],
    ),
    "the feed puts the same there": lambda: apart(
        small("t", TWO_AXES), small("h", TWO_AXES), "1",
        feeds=[feed("text", *[{"t": {"p": "1"}, "h": {"p": "1"}}] * 2, "p")],
    ),
    "a lane that both sides turn": lambda: apart(small(), small(count="n - 1", first="n - 1 - j"), "2"),
    "a pair that stands still, and passes on the other side": lambda: apart(
        small(f"({ANGLE})*(1 if j < 2 else 0)"), small(count="n - 1"), "2"
    ),
}


def differs(root: JSON) -> bool:
    """Whether the point is allowed there, and an entry of the two kernels at the pair's lanes is not the same."""
    at = root["evidence"]["points"]["fails"]
    numbers = {k: Number(Fraction(v)) if isinstance(v, str) else [Number(Fraction(x)) for x in v]
               for k, v in at.items()}
    sides = [small_sizes.Side({**root[side], "side": side}, numbers) for side in ("source", "target")]
    if not all(side.allowed() for side in sides):
        return False
    if not all(small_sizes.value(text, numbers.__getitem__) for text in root["where"]):
        return False
    width = small_sizes.value(sides[0].layout["width"], sides[0].names(None, {})).__index__()
    index = int(root["evidence"]["refutation"]["witness"][0][1])
    near = {lane for side in sides for lanes, *_ in side.pairs(root["feeds"])[index:index + 1] for lane in lanes}
    kernels = [small_sizes.kernel(side, width, root["feeds"]) for side in sides]
    return any(ours.get((row, column)) != theirs.get((row, column))
               for ours, theirs in zip(*kernels, strict=True) for row in near for column in near)


STEPS = ("k + 1", "0 if (j + 1) % 3 == 0 else k + 1", "0 if k == 2 else k + 1", "j", "k - 1 if j > 1 else k + 2")
EXPONENTS = ("-j/n", "-k/n", "-(j % 3)/n", "k - j", "-min(j, k)/n", "(0 if k == j else 1)")
PLACES = ({}, {}, ADJACENT, BACK, {"second": "2*n - 1 - j"}, {"write_first": "j + n", "write_second": "j"},
          {"first": "n - 1 - j", "second": "2*n - 1 - j"})


def random_apart(seed: int) -> JSON:
    """Two loops by chance, often nearly the same, and a pair at a point by chance."""
    chance = random.Random(seed)

    def side(step: str, exponent: str, places: JSON, sign: str, count: str, magnitude: str) -> JSON:
        return small(f"{sign}(t if k % 2 == 0 or j == 0 else h)*base**({exponent})", TWO_AXES,
                     states=(("k", "0", step),), count=count, magnitude=magnitude, **places)

    choices: list[tuple[Any, ...]] = [STEPS, EXPONENTS, PLACES, ("", "", "-"), ("n", "n", "n - 1"), ("1", "1", "2")]
    ours = [chance.choice(each) for each in choices]
    theirs = [chance.choice(each) if chance.random() < 0.3 else own for each, own in zip(choices, ours, strict=True)]
    n = chance.randrange(1, 6)
    at = {"n": str(n), "base": chance.choice(["2", "3", "4"])}
    return apart(side(*ours), side(*theirs), str(chance.randrange(n + 1)), at)
