"""Random statements of the kinds that go wrong: zero factors, empty heads, odd counts, bases that may be 0 or 1."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path

from brute_force import RUNGS, Fields, NoLayout, Number, layout, lowest, work_out
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import InputError, UndecidedError
from prover.theorems.for_all import Theorem, state_theorem
from prover.theorems.words import shown

_FILE = """
title = "random"
axes  = ["t", "h"]
width = "{width}"

[parameters]
{parameters}

[pairs]
count     = "{count}"
first     = "{first}"
second    = "{second}"
angle     = "{angle}"
magnitude = "{magnitude}"
"""
WIDTHS = ("2*N", "2*N", "2*N + 1", "2*N + 4", "2*N + 3")
SIZES = ("n", "n", "n", "n + 1", "abs(n - 3)", "max(n - 2, 0)", "min(n, abs(m))", "n//2", "n - n % 2", "n//2 + 1")
LANES = (
    ("2*j", "2*j + 1"), ("2*j", "2*j + 1"), ("j", "j + C"), ("C - 1 - j", "2*C - 1 - j"), ("C - 1 - j", "j + C"),
    ("2*j + 1", "2*j"), ("j + C", "j"), ("2*(C - 1 - j)", "2*(C - 1 - j) + 1"),
)
FACTORS = (
    "", "", "", "-", "2*", "(m - 2)*", "(n - 2)*", "(j - 1)*", "m*", "(m - n)*", "abs(m - 2)*", "(m - 2)**2*",
    "(m - 1)**j*", "0*", "max(m - 1, 0)*", "(m % 2)*", "(m//2)*", "(2*m - 4)*", "(2 - m)*", "min(j, m)*", "base*",
    "(base - 1)*", "(1 if m > 1 else 0)*", "(m if j > 0 else 1)*", "m/m*", "(j - m)*",
)
BASES = ("B", "B", "B", "B", "m", "(m + 1)", "2", "(B - 1)", "abs(m)", "(n + 1)", "(1/2)")
EXPONENTS = (
    "(-j/n)", "(-j/n)", "j", "j", "((1 - j)/n)", "(j + 1)", "(-2*j/(n + 1))", "(j//2)", "(j % 2)", "(C - 1 - j)", "0",
    "(j - 1)", "m", "(j - m)", "((C - 1 - j)/n)", "(2*j)",
)
GUARDS = (
    "j % 2 == 0", "j < m", "m == 2", "n > 2", "j == 0", "j >= n - m", "base > 1", "m % 2 == 0", "j == C - 1", "m < 0",
    "j < C//2", "j % m == 0", "n % 2 == 0", "base == 1",
)
MAGNITUDES = ("1",) * 8 + (
    "2 if j == 0 else 1", "2 if j == C - 1 else 1", "m", "m + 1", "2 if j == 1 else 1", "abs(m - 2) + 1", "m + 2",
)
N_REQUIRES = ("n >= 1", "n >= 1", "n >= 0", "n >= 1 and n != 3", "n > 1", "n % 2 == 0 and n > 0", "n >= 2 and n <= 5")
M_REQUIRES = ("m >= 0", "m >= 0", "m >= 1", "m >= -2", "", "m != 2", "m > 1", "m % 2 == 0")
BASE_REQUIRES = ("base > 1", "base > 1", "base >= 0", "base > 0", "base >= 1", "", "base != 1", "base > 0 and base < 1")
WHERE = ("", "", "", "m < n", "m == n", "m != 2", "n > 1", "m + n >= 3", "base != 1", "m >= 1", "base > 0", "n != 2")
FEEDS = (("", ("t", "h")),) * 4 + (
    ("t=p,h=p", ("t", "t")), ("t=p,h=0", ("t", "0")), ("t=p,h=-p", ("t", "-t")), ("t=p,h=2*p", ("t", "2*t")),
)
NAMES = ("n,m,base", "n,m,base", "n,m", "n", "n,base")
N_VALUES, M_VALUES = range(6), range(-2, 5)
BASE_VALUES = (Fraction(2), Fraction(1), Fraction(0), Fraction(1, 2), Fraction(-1), Fraction(3))


@dataclass(frozen=True)
class Case:
    """A statement as text."""

    source: Fields
    target: Fields
    requires: tuple[str, str, str]
    names: str
    where: str
    feed: tuple[str, tuple[str, str]]
    limit: str


def leaf(choose: random.Random) -> str:
    axis = choose.choice("ttth")
    base, exponent = choose.choice(BASES).replace("B", "base"), choose.choice(EXPONENTS)
    return f"{choose.choice(FACTORS)}{axis}*{base}**{exponent}"


def angle(choose: random.Random, depth: int = 0) -> str:
    if depth < 2 and choose.random() < 0.35:
        return f"(({angle(choose, depth + 1)}) if {choose.choice(GUARDS)} else ({angle(choose, depth + 1)}))"
    if choose.random() < 0.12:
        return f"({leaf(choose)} + {leaf(choose)})"
    return leaf(choose)


def near(choose: random.Random, text: str) -> str:
    """The same angle, or one that is like it."""
    swaps = [
        ("t*", "t*"), ("(m - 2)", "(2 - m)"), ("(m - 2)", "(m - 3)"), ("-j/n", "-(C - 1 - j)/n"), ("j", "(j + 1)"),
        ("t*", "2*t*"), ("t*", "(m - 2)*t*"), ("base", "(base + 1)"), ("t*", "h*"), ("t*", "-t*"), ("2", "3"),
        ("j", "(C - 1 - j)"), ("base**", "2*base**"), ("t*", "m*t*"), ("t*", "base*t*"), ("m", "(m + 1)"),
    ]
    kind = choose.random()
    if kind < 0.3:
        return text
    if kind < 0.45:
        return angle(choose)
    old, new = choose.choice(swaps)
    return text.replace(old, "#").replace("#", new)


def random_case(seed: int) -> Case:
    choose = random.Random(seed)
    size = choose.choice(SIZES)
    other = size if choose.random() < 0.75 else choose.choice(SIZES)
    width = choose.choice(WIDTHS).replace("N", f"max({size}, {other})" if other != size else f"({size})")
    mine = angle(choose)
    sides = []
    for text, count in ((mine, size), (near(choose, mine), other)):
        first, second = choose.choice(LANES) if choose.random() < 0.5 else LANES[0]
        one = Fields(width, count, first, second, text, choose.choice(MAGNITUDES))
        sides.append(replace(one, **{
            name: getattr(one, name).replace("C", f"({count})") for name in ("first", "second", "angle", "magnitude")
        }))
    if choose.random() < 0.5:
        sides[1] = replace(sides[1], magnitude=sides[0].magnitude)
    requires = (choose.choice(N_REQUIRES), choose.choice(M_REQUIRES), choose.choice(BASE_REQUIRES))
    return Case(sides[0], sides[1], requires, choose.choice(NAMES), choose.choice(WHERE), choose.choice(FEEDS),
                choose.choice(RUNGS + ("linear",) * 3))


def write(path: Path, fields: Fields, requires: tuple[str, str, str]) -> str:
    rows = []
    for name, default, whole, require in zip(("n", "m", "base"), (4, 2, 2), (True, True, False), requires, strict=True):
        asked = f', require = "{require}"' if require else ""
        rows.append(f"{name} = {{ default = {default}{', whole = true' if whole else ''}{asked} }}")
    path.write_text(_FILE.format(**{**vars(fields), "parameters": "\n".join(rows)}))
    return str(path)


def prove_case(case: Case, folder: Path) -> Theorem | None:
    """What the package says; None where it says nothing, with an error that is no internal one."""
    specs = [write(folder / f"{name}.toml", fields, case.requires)
             for name, fields in (("source", case.source), ("target", case.target))]
    try:
        return state_theorem(
            *specs, case.names, [case.where] if case.where else [], [case.feed[0]] if case.feed[0] else [],
            Relation(case.limit), Solver(),
        )
    except (InputError, UndecidedError):
        return None


def points(case: Case) -> list[dict[str, Number]]:
    """All small parameters that the hypotheses allow."""
    free = case.names.split(",")
    ranges = [values if name in free else [default] for name, values, default in
              (("n", N_VALUES, 4), ("m", M_VALUES, 2), ("base", BASE_VALUES, 2))]
    found = []
    for n, m, base in product(*ranges):
        values: dict[str, Number] = {"n": n, "m": m, "base": Fraction(base)}
        try:
            if all(work_out(text, values) for text in (*filter(None, case.requires), case.where or "1 > 0")):
                found.append(values)
        except NoLayout:
            continue
    return found


def wrong(case: Case, found: Theorem) -> str:
    """What the package says against brute force; empty if nothing."""
    seen = {True: 0, False: 0}
    scope = found.answer.scope.value
    conditions = [shown(c, found.statement.variables) for c in found.answer.condition]
    relation = found.relation.value if found.relation else None
    for values in points(case):
        try:
            sides = [layout(fields, values, case.feed[1]) for fields in (case.source, case.target)]
        except NoLayout:
            continue
        holds = lowest(*sides)
        here = f"at {', '.join(f'{k}={v}' for k, v in values.items())} {holds or 'nothing'} holds"
        if scope == "open":
            continue
        equal = scope != "never" and all(work_out(text, values) for text in conditions)
        seen[equal] += 1
        if equal != (holds is not None):
            return f"{scope} {conditions}: {here}"
        if holds and (relation is None or RUNGS.index(holds) > RUNGS.index(relation)):
            return f"{scope}, {relation}: {here}"
        if found.outcome is Outcome.EQUIVALENT and (holds is None or RUNGS.index(holds) > RUNGS.index(case.limit)):
            return f"equivalent within {case.limit}: {here}"
    if found.outcome is Outcome.DIFFERENT and not (scope == "never" and found.smallest is None):
        if found.smallest is None:
            return "different without an instance or a proof"
        values = {"n": 4, "m": 2, "base": Fraction(2)}
        values |= {str(s): Fraction(int(v.p), int(v.q)) for s, v in found.smallest.point.items()}
        sides = [layout(fields, values, case.feed[1]) for fields in (case.source, case.target)]
        holds = lowest(*sides)
        if holds is not None and RUNGS.index(holds) <= RUNGS.index(case.limit):
            return f"different at {values}, where {holds} holds"
    return ""
