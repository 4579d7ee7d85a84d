"""Theorems of a few pairs, each with a frequency of its own, and what is true of them in 60 places."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from types import CodeType
from typing import Any

import mpmath
import written_certificates as written
from theorem_statements import IDENTICAL, NEVER, refuted, relation, sometimes
from written_certificates import JSON, layout, parameter, theorem, variable

ABOVE, BELOW, ANY = "k > 0", "k > 0 and k <= 1", "k*k >= 0"
ONE = sometimes("k == 1")
POINTS = {"holds": {"k": "1"}, "fails": {"k": "1/2"}}
U = "2**(-j/3)"


def few(angle: str, require: str = ABOVE, count: str = "4", axes: tuple[str, ...] = ("p",), **pairs: str) -> JSON:
    """A layout of four pairs by halves, with one parameter k."""
    plain = {"count": count, "first": "j", "second": "j + 4", "angle": angle}
    return layout("few", list(axes), [parameter("k", require)], {}, {**plain, **pairs}, width="8")


def each(source: JSON, target: JSON, answer: JSON = ONE, points: JSON = None, **evidence: Any) -> JSON:
    """The claim of two such layouts, pairs taken one by one."""
    scope = answer["scope"]
    none = {"never": "holds", "always": "fails"}.get(scope)
    evidence = {"order": None, "points": points or {**POINTS, **({none: None} if none else {})}, **evidence}
    return theorem([variable("k", False)], source, target, [written.free(*source["axes"])], answer, evidence)


DOMINATED, ORDERED = refuted("dominated"), refuted("ordered", ("k == 1", "1"))
SLOWER = few(f"p*{U}*(k if j > 1 else 1)")


def ramps(ours: str, theirs: str, require: str = BELOW, speed: str = "4**(-j)") -> tuple[JSON, JSON]:
    """Blends of scaled and unscaled frequencies, by two ramps."""
    low, high = (few(f"p*{speed}*(k*({ramp}) + 1 - ({ramp}))", require) for ramp in (ours, theirs))
    return low, high


def choices(*values: str) -> str:
    """A value for each of the first pairs, and the last for all others."""
    return " else ".join(f"{value} if j == {j}" for j, value in enumerate(values[:-1])) + f" else {values[-1]}"


CROSSING = "0", "1/4", "3/4", "1"
FLAT = "0", "1/2", "1/2", "1"
TRUE: dict[str, Callable[[], JSON]] = {
    "dominated": lambda: each(SLOWER, few(f"p*{U}"), refutation=DOMINATED),
    "dominated, the other way round": lambda: each(few(f"p*{U}"), SLOWER, refutation=DOMINATED),
    "dominated everywhere": lambda: each(few(f"p*{U}"), few(f"p*{U}/2"), NEVER, refutation=DOMINATED),
    "dominated by a further pair": lambda: each(
        few("p"), few("p", count="3"), NEVER, refutation=DOMINATED
    ),
    "dominated on one coordinate of two": lambda: each(
        few("(t if j < 2 else h)*(k if j == 3 else 1)", axes=("t", "h")),
        few("t if j < 2 else h", axes=("t", "h")), refutation=DOMINATED,
    ),
    "in order": lambda: each(*ramps(choices(*CROSSING), choices(*FLAT)), refutation=ORDERED),
    "in order, to the last that stands still": lambda: each(
        *ramps(choices(*CROSSING), choices(*FLAT), speed="(3 - j)"), refutation=ORDERED
    ),
    "in order, with logarithms, below half a turn": lambda: each(
        *ramps("min(1, max(0, (j - log(2))/log(7)))", "min(1, max(0, j - 1))"), refutation=ORDERED
    ),
    "over pi": lambda: each(few("p*(9 + k/pi)"), few("p*(9 + 1/pi)"), refutation=DOMINATED),
    "lanes": lambda: each(
        few("p"), few("p", second="j + 4 if k == 1 else 7 - j"), sometimes("k == 1", elsewhere="identical"),
        refutation=refuted("lanes", ("k == 1", "3")),
    ),
    "always": lambda: each(few(f"p*{U}*k"), few("p*k/2**(j/3)"), IDENTICAL),
    "an entry for each pair": lambda: each(
        few("p*(2 if j == 3 else j + 1)"), few(f"p*({choices('1', '2', '3', '2')})"), IDENTICAL
    ),
    "a further pair stands still": lambda: each(few("p*(3 - j)*k"), few("p*(3 - j)*k", count="3"), IDENTICAL),
    "rows move": lambda: each(
        few(f"p*{U}*k"), few(f"p*{U}*k", first="2*j", second="2*j + 1"), relation("permutation"),
        permutation="lane//2 if lane % 2 == 0 else lane//2 + 4",
    ),
    "no pairs": lambda: each(few("p*k", count="0"), few("p*2", count="0"), IDENTICAL),
    # 223/71 < pi < 22/7, ln 20 = 2.9957..., 2**(1/3) = 1.2599...
    "numbers by their bounds": lambda: each(
        few("p*(k if 223/71 < pi < 22/7 and 2.9957 < log(20) < 2.9958 and 1.2599 < 2**(1/3) < 1.26 else 0)"),
        few("p*k"), IDENTICAL,
    ),
    "rounded numbers": lambda: each(
        few("p*k*(floor(10*log(20)) - ceil(2**(j/3)))"), few("p*k*(29 - ceil(2**(j/3)))"), IDENTICAL
    ),
    "the least of numbers": lambda: each(few("p*min(pi, log(20), k + 3)"), few("p*log(20)"), IDENTICAL),
    "a rational number is no logarithm": lambda: each(
        few("p if log(k) == 1 else 2*p"), few("2*p"), IDENTICAL, points={"holds": {"k": "2"}, "fails": None}
    ),
    "a magnitude that is 0 at no rational number": lambda: each(
        few(f"p*{U}*k", magnitude="1 + log(k)/10"), few(f"p*{U}"), refutation=DOMINATED
    ),
    "a multiple of pi": lambda: each(few("p if k*pi == 3 else 2*p"), few("2*p"), IDENTICAL),
}
FALSE: dict[str, Callable[[], JSON]] = {
    "dominated, but in another order": lambda: each(few("p*(j + 1)"), few("p*(4 - j)"), NEVER, refutation=DOMINATED),
    "dominated, one faster and one slower": lambda: each(
        few(f"p*({choices('1', 'k', '2 - k', '1')})", BELOW), few("p"), refutation=DOMINATED
    ),
    "dominated, but nowhere unlike": lambda: each(few("p"), few("p"), NEVER, refutation=DOMINATED),
    "dominated below 0": lambda: each(few("-p"), few("p"), NEVER, refutation=DOMINATED),
    "dominated, but below 0 by as much": lambda: each(
        few(f"p*({choices('-2', '1', '1', '1')})"), few(f"p*({choices('1', '2', '1', '1')})"), NEVER,
        refutation=DOMINATED,
    ),
    "dominated, without pairs": lambda: each(few("p", count="0"), few("p", count="0"), NEVER, refutation=DOMINATED),
    "in order, without pairs": lambda: each(
        few("p", count="0"), few("p", count="0"), NEVER, refutation=refuted("ordered", ("0 == 1", "0"))
    ),
    "not in order": lambda: each(*ramps(choices(*CROSSING), choices(*FLAT), ABOVE), refutation=ORDERED),
    "in order, but below 0": lambda: each(
        few(f"p*({choices('2', '1', '0', '-2')})"), few(f"p*({choices('2', '2', '1', '0')})"), NEVER,
        refutation=refuted("ordered", ("0 == 1", "1")),
    ),
    "in order, a pair that does not differ": lambda: each(
        *ramps(choices(*CROSSING), choices(*FLAT)), refutation=refuted("ordered", ("k == 1", "0"))
    ),
    "in order, a pair that is not there": lambda: each(
        *ramps(choices(*CROSSING), choices(*FLAT)), refutation=refuted("ordered", ("k == 1", "4"))
    ),
    "in order, on two coordinates": lambda: each(
        few("t*k if j < 2 else h", axes=("t", "h")), few("t if j < 2 else h", axes=("t", "h")),
        refutation=refuted("ordered", ("k == 1", "0")),
    ),
    "in order, but only magnitudes differ": lambda: each(
        few(f"p*{U}"), few(f"p*{U}", magnitude="k"), refutation=ORDERED
    ),
    "in order, but only lanes differ": lambda: each(
        few(f"p*{U}"), few(f"p*{U}", second="j + 4 if k == 1 else 7 - j"), refutation=ORDERED
    ),
    "in order, but all stand still": lambda: each(few("0*p"), few("0*p", magnitude="k"), refutation=ORDERED),
    "a whole turn": lambda: each(few("p"), few("p*(1 + 2*pi)"), NEVER, refutation=DOMINATED),
    "a whole turn with the other": lambda: each(few("3*p"), few("p*(2*pi - 3)"), NEVER, refutation=DOMINATED),
    "a whole turn by a logarithm": lambda: each(
        few("p*log(2)"), few("p*(log(2) + 2*pi)"), NEVER, refutation=DOMINATED
    ),
    "a power of pi above": lambda: each(few("p*(pi*pi + k)/pi"), few("p*pi"), NEVER, refutation=DOMINATED),
    "logarithms above half a turn": lambda: each(
        few("p*k*log(2)"), few("p*log(2)"), refutation=DOMINATED
    ),
    "a number of pairs that is none": lambda: each(few("p", count="k"), few("p", count="k"), IDENTICAL),
    "too many pairs": lambda: each(
        few("p", count="129", second="j + 129") | {"width": "258"},
        few("p", count="129", second="j + 129") | {"width": "258"}, IDENTICAL,
    ),
    "a magnitude that may be 0": lambda: each(
        few(f"p*{U}*k", magnitude="log(k + 1/2)"), few(f"p*{U}", magnitude="log(k + 1/2)"), refutation=DOMINATED
    ),
    "a magnitude that is 0 at a rational number": lambda: each(
        few(f"p*{U}*k", magnitude="k - 1/3"), few(f"p*{U}", magnitude="k - 1/3"), refutation=DOMINATED
    ),
    "a further pair turns": lambda: each(few("p"), few("p", count="3"), IDENTICAL),
    "one pair of four": lambda: each(few("p*k"), few(f"p*({choices('k', 'k', '2*k', 'k')})"), IDENTICAL),
    "no value at one pair": lambda: each(few("p/(j - 2)"), few("p/(j - 2)"), IDENTICAL),
    "no logarithm at one pair": lambda: each(few("p*log(3 - j)"), few("p*log(3 - j)"), IDENTICAL),
    "a condition that is too narrow": lambda: each(
        few("p*(k if k > 2 else 1)"), few("p"), sometimes("k == 1"), refutation=DOMINATED
    ),
    "a condition that is too wide": lambda: each(SLOWER, few(f"p*{U}"), sometimes("k >= 1"), refutation=DOMINATED),
    "pi above 22/7": lambda: each(few("p*(k if pi > 22/7 else 0)"), few("p*k"), IDENTICAL),
    "a logarithm rounded up": lambda: each(few("p*ceil(log(20))"), few("p*2"), IDENTICAL),
    "the greatest for the least": lambda: each(few("p*max(pi, log(20))"), few("p*log(20)"), IDENTICAL),
    "a logarithm that is 0": lambda: each(few("p if log(k) == 0 else 2*p"), few("2*p"), IDENTICAL),
    "a root that is rational": lambda: each(few("p if 4**(1/2) == 2 else 2*p"), few("2*p"), IDENTICAL),
    "numbers that are equal": lambda: each(
        few("p if log(4) == 2*log(2) else 2*p"), few("2*p"), IDENTICAL
    ),
    "numbers that are equal, taken for less": lambda: each(
        few("p if log(8) <= 3*log(2) else 2*p"), few("2*p"), IDENTICAL
    ),
}

# ---- by chance

SPEEDS = (U, "3**(-j/2)", "1/(j + 1)", "pi**(-1)/(j + 1)", "(j + 1)/4", "2**(-j)")
STARTS = ("log(5)/log(3)", "1/2", "floor(log(50/pi)/log(3))", "1", "pi/3", "0")
LENGTHS = ("1", "2", "log(7)", "3/2")
CONDITIONS = ("k == 1", "k == 1", "k == 1", "k <= 1", "k*k == k")
KS = ("1", "1/2", "2", "1/3", "3", "9/10", "7/5", "1/100", "40")


def random_angle(chance: random.Random, speed: str) -> str:
    """A frequency scaled by k from some pair on, at once or along a ramp."""
    start, length, kind = chance.choice(STARTS), chance.choice(LENGTHS), chance.randrange(4)
    ramp = f"min(1, max(0, (j - {start})/({length})))"
    return [
        f"{speed}*(k*({ramp}) + 1 - ({ramp}))", f"{speed}*k*(1 - {ramp}) + {speed}*{ramp}",
        f"{speed}*k if 3*{speed} < {start} else {speed}", speed,
    ][kind]


def random_pair(seed: int) -> tuple[str, str, str, random.Random]:
    """Two frequencies by chance, what k has to meet, and the chance that goes on."""
    chance = random.Random(seed)
    speed = chance.choice(SPEEDS)
    ours = random_angle(chance, speed)
    theirs = random_angle(chance, speed if chance.random() < 0.8 else chance.choice(SPEEDS))
    return ours, theirs, chance.choice((ABOVE, BELOW)), chance


def random_claim(seed: int) -> JSON:
    """What may be said of them, by chance; points are such as it needs where it is true."""
    ours, theirs, require, chance = random_pair(seed)
    scope = chance.choice(("always", "sometimes", "sometimes", "sometimes", "never"))
    condition = chance.choice(CONDITIONS)
    answer = {"always": IDENTICAL, "never": NEVER, "sometimes": sometimes(condition)}[scope]
    clause = condition if scope == "sometimes" else "0 == 1"
    rule = chance.choice((refuted("dominated"), refuted("ordered", (clause, chance.choice("0123")))))
    points = {"holds": {"k": "1"}, "fails": {"k": "1/2" if condition != "k <= 1" else "2"}}
    points = {key: at if scope in ("sometimes", {"holds": "always", "fails": "never"}[key]) else None
              for key, at in points.items()}
    sides = [few(f"p*({text})", require) for text in (ours, theirs)]
    return each(*sides, answer, points, refutation=None if scope == "always" else rule)


NUMBERS: dict[str, Any] = {
    "log": mpmath.log, "floor": mpmath.floor, "ceil": mpmath.ceil, "min": min, "max": max, "len": len,
    "p": mpmath.mpf(1), "N": mpmath.mpf,
}


class Names(dict[str, Any]):
    """Names of a layout whose values are worked out when they are asked for."""

    def __init__(self, layout: JSON, variables: dict[str, Any], **known: Any) -> None:
        super().__init__({**NUMBERS, **known, "pi": +mpmath.pi})
        self.texts = {p["name"]: p["value"] for p in layout["parameters"] if p["value"] is not None}
        self.texts |= dict(layout["let"])
        self.own = {p["name"] for p in layout["parameters"]}
        self.variables = variables

    def __missing__(self, name: str) -> Any:
        if name not in self.texts:
            return self.variables[name]
        text, names = self.texts[name], self if name not in self.own else self.variables
        self[name] = [number(each, names) for each in text] if isinstance(text, list) else number(text, names)
        return self[name]


class Exact(ast.NodeTransformer):
    """Numbers as mpmath reads them, and rounded division, which it lacks."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Call(ast.Name("N", ast.Load()), [ast.Constant(repr(node.value))], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.FloorDiv):
            return node
        return ast.Call(ast.Name("floor", ast.Load()), [ast.BinOp(node.left, ast.Div(), node.right)], [])


@cache
def compiled(text: str) -> CodeType:
    tree = Exact().visit(ast.parse(text.strip(), mode="eval"))
    return compile(ast.fix_missing_locations(tree), "expression", "eval")


def number(text: str, names: dict[str, Any]) -> Any:
    """The value of an expression in 60 places."""
    return eval(compiled(text), {"__builtins__": {}}, names if "N" in names else {**NUMBERS, **names})


def worked_out(layout: JSON, at: dict[str, str]) -> list[tuple[Any, ...]] | None:
    """Frequency, magnitude and lanes of each pair; None where the parameters are not allowed."""
    variables = {name: number(text, NUMBERS) for name, text in at.items()}
    plain = Names(layout, variables)
    if not all(number(p["require"], plain) for p in layout["parameters"] if p["require"]):
        return None
    keys, found = ("angle", "magnitude", "first", "second", "write_first", "write_second"), []
    for j in range(int(number(layout["pairs"]["count"], plain))):
        names = Names(layout, variables, j=mpmath.mpf(j))
        found.append(tuple(number(layout["pairs"][key], names) for key in keys))
    return found


def same(ours: Any, theirs: Any) -> bool:
    """Equal, which no two numbers here are nearly."""
    gap = abs(ours - theirs)
    assert gap < mpmath.mpf(10) ** -50 or gap > mpmath.mpf(10) ** -20
    return bool(gap < mpmath.mpf(10) ** -50)


def alike(source: JSON, target: JSON, at: dict[str, str]) -> tuple[bool, bool] | None:
    """Whether pairs turn alike in some order at whole positions, as their cosines at position 1 do; and are one by one.

    None where the parameters are not allowed.
    """
    with mpmath.workdps(60):
        sides = [worked_out(layout, at) for layout in (source, target)]
        if sides[0] is None or sides[1] is None:
            return None
        most = max(map(len, sides))
        # What one side lacks are lanes that pass.
        padded = [side + [(0, 1, *pair[2:4], *pair[2:4]) for pair in other[len(side):]]
                  for side, other in (sides, sides[::-1])]
        both = [sorted(mpmath.cos(turn) for turn, *_ in side) for side in padded]
        assert len(both[0]) == len(both[1]) == most
        identical = all(all(map(same, mine, other)) for mine, other in zip(*padded, strict=True))
        return all(map(same, *both)), identical


def is_true(root: JSON, values: tuple[str, ...] = KS) -> bool:
    """What a theorem in one parameter says, at these numbers for it as far as they are allowed."""
    (name,), seen = [each["name"] for each in root["variables"]], 0
    for value in values:
        at = {name: value}
        found = alike(root["source"], root["target"], at)
        exact = {name: Fraction(value)}
        if found is not None and all(eval(text, {}, exact) for text in root["where"]):
            holds = root["answer"]["scope"] != "never" and all(eval(c, {}, exact) for c in root["answer"]["condition"])
            seen += 1
            wanted = root["answer"]["relation"] if holds else root["answer"]["elsewhere"]
            if found[wanted == "identical"] is not holds:
                return False
    return seen > 1
