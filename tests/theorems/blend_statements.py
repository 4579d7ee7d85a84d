"""Theorems of n pairs with blended frequencies, whose ramps and powers are no numbers; and their truth in 60 places."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import written_certificates as written
from one_by_one_statements import alike, choices
from theorem_statements import IDENTICAL, NEVER, refuted, small, sometimes
from written_certificates import JSON, parameter, theorem, variable

U, ABOVE = "base**(-j/n)", "k > 0"
DOMINATED = refuted("dominated")
ONE = sometimes("k == 1")
POINTS = {"holds": {"n": "3", "base": "2", "k": "1"}, "fails": {"n": "3", "base": "2", "k": "1/2"}}
SIZES = {
    "n": ("1", "2", "3", "5", "0"), "base": ("2", "1000", "3/2"),
    "k": ("1", "1/2", "8", "2", "19/10", "0", "-1", "-2"),
}


def pairs(angle: str, of_k: str = ABOVE, axes: tuple[str, ...] = ("p",), **more: Any) -> JSON:
    """A layout of n pairs by halves over `base`, with one parameter k more."""
    return small(angle, axes, more=(parameter("k", of_k),), **more)


def claim(source: JSON, target: JSON, answer: JSON = ONE, where: tuple[str, ...] = (), **evidence: Any) -> JSON:
    """The claim of two such layouts."""
    none = {"never": "holds", "always": "fails"}.get(answer["scope"])
    evidence = {"points": {**POINTS, **({none: None} if none else {})}, **evidence}
    names = [variable("n"), variable("base", False), variable("k", False)]
    return theorem(names, source, target, [written.free(*source["axes"])], answer, evidence, where)


def slower(
    ours: str, theirs: str, answer: JSON = ONE, require: str = ABOVE, more: JSON = None, **evidence: Any
) -> JSON:
    """One side is said to turn slower, or faster, where the condition fails."""
    sides = [pairs(f"p*({text})", require, **(more or {})) for text in (ours, theirs)]
    return claim(*sides, answer, refutation=DOMINATED, **evidence)


def alway(ours: str, theirs: str, require: str = ABOVE, where: tuple[str, ...] = ()) -> JSON:
    """The two are said to be identical."""
    return claim(*(pairs(f"p*({text})", require) for text in (ours, theirs)), IDENTICAL, where)


def blend(ramp: str, factor: str = "k", speed: str = U) -> str:
    """A frequency of which the ramp keeps its part, and the rest is divided."""
    return f"(1 - ({ramp}))*{speed}/({factor}) + ({ramp})*{speed}"


def settled(condition: str, **more: Any) -> JSON:
    """Identical, where a choice always goes one way."""
    return alway(U, f"{U} if {condition} else 2*{U}", **more)


def clip(over: str, under: str = "1") -> str:
    return f"min(1, max(0, ({over})/({under})))"


EIGHT = {"holds": {"n": "3", "base": "2", "k": "8"}, "fails": POINTS["fails"]}
TURNS = f"30*{U}/(2*pi)"
LLAMA = f"{U}/{{0}} if {TURNS} < 1 else {U} if {TURNS} > 4 else " + blend(f"({TURNS} - 1)/3", "{0}")
LAST = "30*base**(-(n - 1)/n)/(2*pi) < 4"
LOW, HIGH = "floor(n*log(k/3)/log(base))", "ceil(n*log(k)/log(base))"
TRUE: dict[str, Callable[[], JSON]] = {
    "a ramp over the pairs": lambda: slower(blend("j/n"), U),
    "a ramp over the pairs, the other way round": lambda: slower(U, blend("j/n")),
    "a ramp that is 1 at the first pair": lambda: slower(blend("1 - j/n"), U, require="k > 0 and n > 1"),
    "two factors": lambda: slower(blend("j/n", "8"), blend("j/n"), sometimes("k == 8"), points=EIGHT),
    "a ramp clipped": lambda: slower(blend(clip("j - 2", "n")), U),
    "a ramp in the frequency, over pi": lambda: slower(
        LLAMA.format("8"), LLAMA.format("k"), sometimes("k == 8"), points=EIGHT, where=(LAST,)
    ),
    "everywhere": lambda: slower(blend("j/n", "2"), blend("j/n", "3"), NEVER),
    "one pair more": lambda: claim(
        pairs(f"p*{U}", width="2*n + 2"), pairs("p*base**(-j/n)", count="n + 1", second="j + n + 1", width="2*n + 2"),
        NEVER, refutation=DOMINATED,
    ),
    "on the first coordinate of two": lambda: claim(
        pairs(f"t*({blend('j/n')}) + h*{U}", axes=("t", "h")),
        pairs(f"(t + h)*{U}", axes=("t", "h")), refutation=DOMINATED,
    ),
    "a factor that may be 0": lambda: slower(f"k*{U}", U, require="k >= 0"),
    "logarithms at real positions": lambda: slower(f"k*log(base)*{U}", f"log(base)*{U}") | {
        side: pairs(f"p*{k}log(base)*{U}") | {"positions": "real"} for side, k in (("source", "k*"), ("target", ""))
    },
    "logarithms within half a turn": lambda: slower(
        "k*log(base)", "log(base)", require="k > 0 and k <= 1", where=("log(base) <= 3",)
    ),
    "one ramp, two ways": lambda: alway(
        blend(clip("j - 1", "n - 1 if n != 1 else 1/1000"), "2"), blend(clip("j - 1", "max(1/1000, n - 1)"), "2")
    ),
    "the other part of a ramp": lambda: alway(blend(clip("j", "n")), blend(f"1 - {clip('n - j', 'n')}")),
    "a ramp between rounded logarithms": lambda: alway(
        blend(clip(f"j - {LOW}", f"{HIGH} - {LOW} if {HIGH} != {LOW} else 1/1000"), "2"),
        blend(clip(f"j - {LOW}", f"max(1/1000, {HIGH} - {LOW})"), "2"),
    ),
    "extremes in another order": lambda: alway(
        f"max(1, k, base, n - 3)*{U}", f"max(base, n - 3, 1, k)*{U}"
    ),
    "logarithms grow": lambda: settled("log(base) < log(base + k)"),
    "logarithms are equal of equals alone": lambda: alway(
        f"{U} if k == base else 2*{U}", f"{U} if log(k) == log(base) else 2*{U}"
    ),
    "logarithms over pi": lambda: settled("log(k/(2*pi)) < log(base/6)", require="k > 0 and k <= base"),
    "a power and its square": lambda: alway(
        f"{U} if k*base**(-2*j/n) < base**(-j/n) else 2*{U}", f"{U} if k*base**(-j/n) < 1 else 2*{U}"
    ),
    "pi beside what is above 0": lambda: settled("3*k < pi*k and k*k*pi < 4*k*k"),
    "a product with pi": lambda: settled("(k + 7)*pi - 8*pi - base*k + base >= 0", require="k >= 1 and base <= 3"),
}
# Each with one thing wrong: it is named by that.
FALSE: dict[str, Callable[[], JSON]] = {
    "a factor that may be 1": lambda: slower(blend("j/n"), U, NEVER),
    "the other factor": lambda: slower(blend("j/n", "8"), blend("j/n"), ONE),
    "a ramp that is 1 everywhere": lambda: slower(blend("1"), U),
    "a ramp that is 1 from the first pair on": lambda: slower(blend(clip("j + 1")), U),
    "no pair within the ramp": lambda: slower(blend(clip("j + 2 - k")), U),
    "no pairs": lambda: slower(blend("j/max(1, n)"), U, require="k > 0 or n == 0", more={"require": "n >= 0"}),
    "a ramp in the frequency, the last pair as it is": lambda: slower(
        LLAMA.format("8"), LLAMA.format("k"), sometimes("k == 8"), points=EIGHT
    ),
    "a factor that may be below 0": lambda: slower(f"k*{U}", U, require="k*k > 0"),
    "divided by what may be 0": lambda: slower(blend("j/n"), U, require="k >= 0"),
    "a condition that is too narrow": lambda: slower(f"max(k, 1)*{U}", U),
    "a condition that is too wide": lambda: slower(blend("j/n"), U, sometimes("k <= 1"), points={
        **POINTS, "fails": {"n": "3", "base": "2", "k": "8"},
    }),
    "in another order": lambda: slower("j + 1", "n - j", NEVER),
    "slower here and faster there": lambda: slower(
        "2 if j == 0 else 1", "1 if j == 0 else 2", NEVER, more={"require": "n == 2"},
        points={"holds": None, "fails": {"n": "2", "base": "2", "k": "1"}},
    ),
    "below 0 by as much": lambda: slower(
        "-2 if j == 0 else 1", "1 if j == 0 else 2", NEVER, more={"require": "n == 2"},
        points={"holds": None, "fails": {"n": "2", "base": "2", "k": "1"}},
    ),
    "one pair more that stands still": lambda: claim(
        pairs(f"p*{U}", width="2*n + 2"),
        pairs(f"p*({U} if j < n else 0)", count="n + 1", second="j + n + 1", width="2*n + 2"),
        NEVER, refutation=DOMINATED,
    ),
    "nothing differs": lambda: slower(U, U, NEVER),
    "by a whole turn": lambda: slower(U, f"{U} + 2*pi", NEVER),
    "to a whole turn with the other": lambda: slower("3", "2*pi - 3", NEVER),
    "logarithms at whole positions": lambda: slower(f"k*log(base)*{U}", f"log(base)*{U}"),
    "a constant alone": lambda: claim(pairs("p"), pairs("p + k"), NEVER, refutation=DOMINATED),
    "only magnitudes differ": lambda: claim(pairs("p"), pairs("p", magnitude="2"), NEVER, refutation=DOMINATED),
    "ends of the ramp in one place": lambda: alway(
        blend(clip("j - 1", "n - 1 if n != 1 else 2"), "2"), blend(clip("j - 1", "n - 1"), "2")
    ),
    "ends in one place, far apart": lambda: alway(
        blend(clip("j", "n - 5 if n > 5 else 2"), "2"), blend(clip("j", "max(1/1000, n - 5)"), "2")
    ),
    "ends in the wrong order": lambda: alway(
        blend(clip("j", "n - 3 if n != 3 else 1/1000"), "2"), blend(clip("j", "max(1/1000, n - 3)"), "2")
    ),
    "the same part of a ramp": lambda: alway(blend(clip("j", "n")), blend(clip("n - j", "n"))),
    "another ramp": lambda: alway(blend(clip("j", "n")), blend(clip("j", "n + 1"))),
    "the least for the greatest": lambda: alway(f"max(1, k)*{U}", f"min(k, 1)*{U}"),
    "extremes of other numbers": lambda: alway(f"max(k, base)*{U}", f"max(k, n)*{U}"),
    "logarithms of what is not ordered": lambda: settled("log(k) <= log(base)"),
    "logarithms that grow too far": lambda: settled("log(k) < log(base) - 1/10", require="k > 0 and k < base"),
    "logarithms of equals, not equal": lambda: settled("log(k) < log(base)", require="k > 0 and k <= base"),
    "a logarithm of what may be below 0": lambda: settled("log(k) < log(base)", require="k < base"),
    "a power for its square": lambda: alway(f"k*{U} + base**(-2*j/n)", f"k*{U} + {U}"),
    "a square below its power": lambda: settled("base**(-2*j/n) < base**(-j/n)"),
    "a square of a base that may be below 1": lambda: alway(
        f"{U} if base**(-2*j/n) <= k*base**(-j/n) else 2*{U}", f"{U} if base**(-2*j/n) <= k else 2*{U}"
    ),
    "pi beside what may be below 0": lambda: settled("3*k < pi*k", require="k*k > 0"),
    "a product with pi, the other way round": lambda: settled(
        "(k + 7)*pi - 8*pi - base*k + base >= 0", require="base <= 3"
    ),
}

# No pair but by one coordinate is worked out here; of a constant, that scores leave out, nothing is; and that no whole
# turn lies between logarithms of rational numbers is not known to the checker.
UNJUDGED = {"on the first coordinate of two", "a constant alone", "logarithms at whole positions"}


def points(root: JSON, sizes: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Small parameters, and those of the certificate."""
    own = [each for each in root["evidence"]["points"].values() if each is not None]
    return own + [dict(zip(sizes, each, strict=True)) for each in product(*sizes.values())]


def is_true(root: JSON, sizes: dict[str, tuple[str, ...]] = SIZES) -> bool:
    """What it says, in 60 places, at those of the points that are allowed and met; a real position is 1 as well."""
    seen = 0
    for at in points(root, sizes):
        exact = {name: Fraction(text) for name, text in at.items()}
        try:
            found = alike(root["source"], root["target"], at)
            if found is None or not in_places(root["where"], at):
                continue
            met = root["answer"]["scope"] != "never" and all(eval(c, {}, exact) for c in root["answer"]["condition"])
        except (ZeroDivisionError, TypeError):  # no value, or no real one
            return False
        wanted = root["answer"]["relation"] if met else root["answer"]["elsewhere"]
        if found[wanted == "identical"] is not met:
            return False
        seen += 1
    return seen > 1


def in_places(texts: list[str], at: dict[str, str]) -> bool:
    """Hypotheses in floats, none of which is near an equality here."""
    names = {name: float(Fraction(x)) for name, x in at.items()}
    return all(eval(text, {"pi": math.pi, "log": math.log, "high_freq_factor": 4}, names) for text in texts)


RAMPS = (
    "0", "1", "j/n", "1 - j/n", clip("j - 1", "n"), clip("j", "k"), clip("n - j", "2"), U, clip("3*base", "j + 1"),
)
CONDITIONS = ("k == 1", "k == 1", "k == 1", "k <= 1", "k == 8")


def random_claim(seed: int) -> JSON:
    """Two blends by chance, and what may be said of them."""
    chance = random.Random(seed)
    ours, theirs = (
        chance.choice((
            blend(chance.choice(RAMPS), chance.choice(("k", "k", "8", "2"))), U,
            choices(*(chance.choice(("1", "k", "2", "1/k")) for _ in range(3))),
        ))
        for _ in range(2)
    )
    condition = chance.choice(CONDITIONS)
    scope = chance.choice(("always", "sometimes", "sometimes", "sometimes", "never"))
    if scope == "always":
        return alway(ours, theirs)
    held = {"n": "3", "base": "2", "k": "8" if condition == "k == 8" else "1"}
    failed = {"n": "3", "base": "2", "k": "2"}
    return slower(ours, theirs, sometimes(condition) if scope == "sometimes" else NEVER, points={
        "holds": held if scope == "sometimes" else None, "fails": failed,
    })
