"""Random statements about layout files with sections, orders of pairs, lists and ramps, and near misses of them."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path

from exact_layouts import RUNGS, File, Head, NoValue, Number, Unjudged, Value, allowed, head, is_met, lowest
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import InputError, UndecidedError
from prover.theorems.for_all import Theorem, solve_for, state_theorem
from prover.theorems.words import shown

MOST = 30
VALUES: Mapping[str, Sequence[Fraction]] = {
    "n": [Fraction(v) for v in (0, 1, 2, 3, 4, 5, 6, 7)],
    "m": [Fraction(v) for v in (-3, -2, -1, 0, 1, 2, 3, 4)],
    "s": [Fraction(v) for v in (0, 1, 2, 3)],
    "base": [Fraction(v) for v in ("2", "3", "1", "1/2", "4/3", "0", "-1", "4")],
    "q": [Fraction(v) for v in ("0", "1", "-1", "1/2", "2", "3/2", "3", "-2", "1/4")],
    "f": [Fraction(v) for v in ("1", "2", "1/2", "0", "-1", "3")],
}
FEEDS = (
    ("", ({"t": 1}, {"h": 1})), ("", ({"t": 1}, {"h": 1})), ("t=p,h=p", ({"t": 1, "h": 1},)),
    ("t=p,h=0", ({"t": 1},)), ("t=p,h=-p", ({"t": 1, "h": -1},)), ("t=p,h=2*p", ({"t": 1, "h": 2},)),
)
ORDERS = (
    "(C - 1 - j)", "(j + 1 if j < C - 1 else 0)", "(j - 1 if j > 0 else C - 1)",
    "(j + m if j < C - m else j - C + m)", "(2*j if 2*j < C else 2*(C - j) - 1)",
    "(2*j if 2*j < C else 2*j - C + 1 - C % 2)", "(j//2 if j % 2 == 0 else C - 1 - j//2)",
    "(j + 1 if j % 2 == 0 and j < C - 1 else j - 1 if j % 2 == 1 else j)",
    "(s[0] + j if j < C - s[0] else j - C + s[0])", "(s[0] - 1 - j if j < s[0] else j)", "((j + m) % C)",
    "(C - 1 - j if j < C else j)", "(2*j % C)", "(j - s[0] if j >= s[0] else j + C - s[0])", "((m - j) % C)",
    "(m - 1 - j if j < m else j)",
)
LANES = (
    ("2*j", "2*j + 1"), ("2*j", "2*j + 1"), ("2*j", "2*j + 1"), ("j", "j + C"), ("2*j + 1", "2*j"),
    ("C - 1 - j", "2*C - 1 - j"), ("2*(C - 1 - j)", "2*(C - 1 - j) + 1"), ("j + C", "j"), ("2*O", "2*O + 1"),
)
COUNTS = (
    "n", "n", "n", "n//2", "sum(s)", "n + m", "max(n - m, 0)", "min(n, sum(s))", "(n + 1)//2", "abs(m)",
    "s[0] + s[1]", "n % 3 + 1",
)
SECTORS = (
    "j", "j % sum(s)", "j % n", "(j + m) % sum(s)", "j % max(sum(s), 1)", "(j - s[0]) % sum(s)", "j//2",
    "min(j, s[0])", "(-j) % sum(s)", "(m - j)//2", "abs(j - s[0])", "j % 2", "j % 3", "j - s[0]",
)
EDGES = (
    "x < s[0]", "x >= s[0] + s[1]", "x % 2 == 0", "x < m", "x == 0", "x > s[1] and j > 0",
    "x % 3 == 1 and x < 3*s[0]", "x % 3 == 2 and x < 3*s[1]", "x % 3 == 0 and x < 3*s[0]", "j < C - s[0]",
    "not (x < s[0]) or m == 0", "s[0] == s[1]", "m > 0", "n % 2 == 0", "base > 1", "0 <= x < s[1]", "j == C - 1",
    "x*2 < s[0] + s[1]", "s[2] > 0", "x//2 == m", "x < q", "j >= q", "2*j < q + 1", "j < m*q", "j*q < 1",
)
EXPONENTS = (
    "(-j/n)", "(-j/n)", "(-2*j/C)", "j", "(-j)", "(-x/n)", "x", "(x - s[0])", "(-(C - 1 - j)/n)", "(j//2)", "(j - m)",
    "(1 - j)", "(-(j % s[0]))", "((j + 1)//2)", "(-x)", "(-2*j/(n + m))", "0", "(j*m)", "(m*x)", "(s[0] + s[1] - j)",
    "min(j, m)",
)
FACTORS = ("",) * 9 + (
    "-", "2*", "m*", "(m - 1)*", "q*", "f[0]*", "(q - 1)*", "(j - m)*", "0*", "abs(q)*", "(x - s[0])*", "(-1)**j*",
    "(q + j)*", "q**2*", "(1 if x > 0 else -1)*", "f[j % 2]*", "base*", "min(q, 1)*", "1/(j + 1)*", "1/q*",
)
BASES = ("base",) * 9 + (
    "2", "(1/2)", "q", "(base + 1)", "(base*q)", "abs(m)", "(n + 1)", "(base - 1)", "base**2", "sqrt(base)",
    "(1/base)",
)
MAGNITUDES = ("1",) * 9 + (
    "q", "2 if j < s[0] else 1", "m", "abs(q) + 1", "1 if j % 2 == 0 else q", "max(q, 1)", "base**j",
    "1 + (C - 1 - j)/n", "sqrt(2)",
)
N_REQUIRES = (
    "n >= 1", "n >= 1", "n >= 0", "n % 2 == 0 and n > 0", "n % 2 == 1 and n > 0", "n >= 2 and n <= 5",
    "n > 0 and n != 3",
)
M_REQUIRES = (
    "m >= 0", "m >= 0", "m >= 1", "", "m >= 0 and m <= n", "m < n and m >= 0", "m % 2 == 0", "m != 0",
    "m == 2 or m == -1",
)
BASE_REQUIRES = (
    "base > 1", "base > 1", "base > 1", "base > 0", "base >= 1", "base > 0 and base < 1", "base != 0", "base >= 0",
    "",
)
S_REQUIRES = (
    "min(s) >= 0 and sum(s) > 0", "min(s) >= 0 and sum(s) > 0", "min(s) >= 1", "min(s) >= 0",
    "min(s) >= 0 and sum(s) == n", "min(s) >= 0 and sum(s) > 0 and sum(s) <= n", "s[0] > 0 and min(s) >= 0",
    "min(s) >= 0 and s[0] >= s[1] and sum(s) > 0", "max(s) <= 2 and min(s) >= 0 and s[2] > 0",
)
Q_REQUIRES = ("q > 0", "q > 0", "", "q >= 1", "q != 0", "q > 0 and q < 1", "q >= 0")
F_REQUIRES = ("", "min(f) > 0", "min(f) > 0", "f[0] != 0", "f[0] <= f[1]")
WHERE = ("",) * 6 + (
    "m < n", "s[0] == s[1]", "base != 1", "q != 1", "n > 2", "s[2] == 0", "m == 1", "sum(s) >= n", "3*s[0] >= n",
    "q > base", "n == 3", "s[0] >= n or s[1] >= n", "m % 2 == 1", "not (n == 4)",
    "s[0]*3 >= n and s[1]*3 + 1 >= n and s[2]*3 + 2 >= n", "s[1] == 0",
)
NAMES = (
    "n,s,base", "n,m,base", "n,m", "n,s", "s", "n", "n,q,base", "q,base", "m,q", "n,m,s,base", "q,f", "f,base",
    "m,base", "n,m,q",
)
SWAPS = (
    ("s[0]", "s[1]"), ("s[1]", "s[2]"), ("j < C", "j <= C"), ("<", "<="), (">=", ">"), ("t*", "h*"),
    ("% 3 == 1", "% 3 == 2"), ("-j/n", "-j/(n + 1)"), ("j", "(C - 1 - j)"), ("2*", "3*"), ("t*", "-t*"),
    ("t*", "2*t*"), ("q", "(2 - q)"), ("q", "(1/q)"), ("m", "(m + 1)"), ("m", "abs(m)"), ("base", "(base + 1)"),
    ("j % 2 == 0", "j % 2 == 1"), ("j//2", "(j + 1)//2"), ("s[0]", "max(s[0], 1)"), ("j", "(j + 1)"),
    ("s[0]", "min(s[0], n)"), ("base**", "2*base**"), ("f[0]", "f[1]"), ("-", "+"), ("1 -", "2 -"),
    ("base**(", "base**(-1*"), ("h*", "t*"), ("sum(s)", "(s[0] + s[1])"), ("n", "C"), ("// 2", "/2"),
)


@dataclass(frozen=True)
class Case:
    """A statement as files and texts."""

    source: File
    target: File
    names: str
    where: str
    feed: tuple[str, tuple[Mapping[str, int], ...]]
    limit: str
    ask: str


def leaf(choose: random.Random) -> str:
    is_plain = choose.random() < 0.6
    factor, base = ("", "base") if is_plain else (choose.choice(FACTORS), choose.choice(BASES))
    exponent = choose.choice(EXPONENTS[:8] if is_plain else EXPONENTS)
    return f"{factor}{choose.choice('tth')}*{base}**{exponent}"


def tree(choose: random.Random, depth: int = 0) -> str:
    if depth < 3 and choose.random() < 0.6 - 0.2 * depth:
        return f"({tree(choose, depth + 1)} if {choose.choice(EDGES)} else {tree(choose, depth + 1)})"
    if choose.random() < 0.06:
        return f"({leaf(choose)} + {leaf(choose)})"
    return leaf(choose)


def changed(choose: random.Random, text: str) -> str:
    """The text with one thing in it changed, at one place or at all."""
    possible = [(old, new) for old, new in SWAPS if old in text]
    if not possible:
        return text
    old, new = choose.choice(possible)
    if choose.random() < 0.5:
        return text.replace(old, new)
    place = choose.choice([found.start() for found in re.finditer(re.escape(old), text)])
    return text[:place] + new + text[place + len(old):]


def moved(text: str, order: str) -> str:
    """The text with another index in the place of j."""
    return re.sub(r"\bj\b", order.replace("\\", ""), text)


def random_tree(choose: random.Random) -> Case:
    """Choices between powers, over sections; the target is the same, in another order, or with something changed."""
    count, sector = choose.choice(COUNTS), choose.choice(SECTORS)
    mine = tree(choose)
    theirs, lets, kind = mine, sector, choose.random()
    if kind < 0.4:
        order = choose.choice(ORDERS)
        theirs, lets = moved(mine, order), moved(sector, order)
    if choose.random() < 0.5:
        theirs = changed(choose, theirs)
    if choose.random() < 0.1:
        lets = changed(choose, lets)
    if choose.random() < 0.1:
        theirs = tree(choose)
    return a_case(choose, (mine, theirs), (sector, lets), count)


def a_case(
    choose: random.Random, angles: Sequence[str], sectors: Sequence[str], count: str, names: str = "",
    where: str | None = None,
) -> Case:
    other = count if choose.random() < 0.85 else choose.choice(COUNTS)
    width = f"2*({count})" if other == count else f"2*max({count}, {other})"
    width += choose.choice(("", "", "", " + 1", " + 2")) if choose.random() < 0.5 else ""
    names = names or choose.choice(NAMES)

    def require(name: str, possible: Sequence[str]) -> str:
        return choose.choice([text for text in possible if _are_in(text, names)]) if _are_in(name, names) else ""

    parameters = {
        "n": ("4", True, False, require("n", N_REQUIRES)), "m": ("1", True, False, require("m", M_REQUIRES)),
        "base": ("3", False, False, require("base", BASE_REQUIRES)), "q": ("2", False, False, require("q", Q_REQUIRES)),
        "s": ("[1, 2, 1]", True, True, require("s", S_REQUIRES)),
        "f": ("[2, 3]", False, True, require("f", F_REQUIRES)),
    }
    magnitude, sides = choose.choice(MAGNITUDES), []
    for angle, sector, own in zip(angles, sectors, (count, other), strict=True):
        order = choose.choice(ORDERS)
        first, second = (e.replace("O", order) for e in choose.choice(LANES))
        if choose.random() < 0.15:
            magnitude = choose.choice(MAGNITUDES)
        write = choose.choice(LANES[:5]) if choose.random() < 0.1 else ("", "")
        side = File(parameters, width, "C", angle, first, second, *write, magnitude, {"x": sector})
        sides.append(_with_count(side, own))
    if choose.random() < 0.5:
        sides[1] = replace(sides[1], first=sides[0].first, second=sides[0].second, write_first=sides[0].write_first,
                           write_second=sides[0].write_second)
    if choose.random() < 0.1:
        sides = [replace(side, positions="real") for side in sides]
    where = choose.choice([text for text in WHERE if _are_in(text, names)]) if where is None else where
    ask = choose.choice(("prove", "prove", "solve", "identity"))
    return Case(sides[0], sides[1], names, where, choose.choice(FEEDS),
                choose.choice(RUNGS + ("linear",) * 4), ask)


def _are_in(text: str, names: str) -> bool:
    """Whether all parameters in a text are among those that stay symbolic."""
    return set(re.findall(r"\b(?:n|m|s|q|f|base)\b", text)) <= set(names.split(","))


def _with_count(side: File, count: str) -> File:
    def put(text: str) -> str:
        return re.sub(r"\bC\b", f"({count})", text)

    return replace(side, count=count, angle=put(side.angle), first=put(side.first), second=put(side.second),
                   write_first=put(side.write_first), write_second=put(side.write_second),
                   magnitude=put(side.magnitude), let={name: put(text) for name, text in side.let.items()})


RAMPS = (
    "max(min((j - A)/B, 1), 0)", "min(max((A - j)/B, 0), 1)", "(0 if j < A else 1)",
    "(0 if j < A else 1/2 if j < A + 1 else 1)",
)
SPEEDS = (
    "base**(-j/C)", "base**(-j/C)", "10**(-j/2)", "2**(-j)", "(3 - j/C)", "1/(j + 1)", "base**(-2*j/C)", "3**(-j/C)",
    "10**(-j/C)*2", "pi**(-j)",
)
BLENDS = (
    "U*(1 - R) + U*R/q", "U*R/q + U*(1 - R)", "U*((1 - R) + R/q)", "U/q if j < A else U", "U/(1 + (q - 1)*R)",
    "U*q**(-R)", "U/f[j % 2]", "U*f[j % 2]", "U*(1 - R)/q + U*R", "U if j >= m else U/q", "U", "U/q", "U*min(q, 2)",
    "U*q", "(U if R < 1/2 else U/q)", "q*U if j == 0 else U", "U*(q - j)", "U*abs(q - 1)",
    "pi*U/q if R > 0 else U*pi", "U/f[j]", "f[j]*U", "U*f[0] if j == A else U*f[1]", "U*(q - 2) if j == A else U",
)


def random_ramp(choose: random.Random) -> Case:
    """A known number of pairs, each with numbers of its own."""
    count = str(choose.choice((1, 2, 2, 3, 4)))
    texts = []
    blend, speed, ramp = choose.choice(BLENDS), choose.choice(SPEEDS), choose.choice(RAMPS)
    a, b = choose.choice(("0", "1", "2", "1/2")), choose.choice(("1", "2", "3"))
    for k in range(2):
        if k and choose.random() < 0.5:
            blend = choose.choice(BLENDS)
        if k and choose.random() < 0.25:
            speed = choose.choice(SPEEDS)
        if k and choose.random() < 0.25:
            ramp = choose.choice(RAMPS)
        text = blend.replace("R", ramp).replace("U", speed).replace("A", a).replace("B", b)
        if k and choose.random() < 0.2:
            text = moved(text, choose.choice(("(C - 1 - j)", "((j + 1) % C)")))
        if k and choose.random() < 0.3:
            text = changed(choose, text)
        if k and choose.random() < 0.2:
            a = choose.choice(("0", "1", "2", "1/2"))
        texts.append(f"t*({text})")
    names = choose.choice(("q", "base", "q,base", "q,f", "f", "m,q", "m,f", "q,base,f"))
    where = choose.choice(("", "", "", "q > 1", "q != 1", "f[0] == f[1]", "min(f) > 0"))
    case = a_case(choose, texts, ("j", "j"), count, names, where)
    if choose.random() < 0.6:
        more = {"f": ("[2, 3]", False, True, "min(f) > 0")}
        sides = [replace(side, parameters={**side.parameters, **more}, count=count, width=f"2*{count}")
                 for side in (case.source, case.target)]
        case = replace(case, source=sides[0], target=sides[1])
    return case


def write(path: Path, file: File) -> str:
    path.write_text(file.toml())
    return str(path)


def specs_of(case: Case, folder: Path) -> tuple[str, str]:
    return write(folder / "source.toml", case.source), write(folder / "target.toml", case.target)


def ask(case: Case, folder: Path) -> Theorem | None:
    """What the package says; None where it refuses."""
    specs, where = specs_of(case, folder), [case.where] if case.where else []
    feeds = [case.feed[0]] if case.feed[0] else []
    try:
        if case.ask == "prove":
            return state_theorem(*specs, case.names, where, feeds, Relation(case.limit), Solver())
        return solve_for(*specs, case.names, where, feeds, Solver(), 3, identity=case.ask == "identity")
    except (InputError, UndecidedError):
        return None


def fixed_values() -> dict[str, Value]:
    """What the files have where nothing is given."""
    return {"n": Number.of(4), "m": Number.of(1), "base": Number.of(3), "q": Number.of(2),
            "s": [Number.of(v) for v in (1, 2, 1)], "f": [Number.of(v) for v in (2, 3)]}


def points(case: Case, names: str, where: str, most: int = MOST, seed: int = 1) -> Iterator[dict[str, Value]]:
    """Small parameters that are allowed: all, or as many of them by lot."""
    fixed = fixed_values()
    free, ranges = [], []
    for name in names.split(","):
        size = {"s": 3, "f": 2}.get(name, 1)
        free += [(name, k) for k in range(size)]
        ranges += [VALUES[name]] * size
    choose, found = random.Random(seed), 0
    every: Iterator[tuple[Fraction, ...]] = (tuple(map(choose.choice, ranges)) for _ in range(20 * most))
    if math.prod(map(len, ranges)) <= 20 * most:
        every = iter(choose.sample(list(product(*ranges)), math.prod(map(len, ranges))))
    for numbers in every:
        values = {name: list(value) if isinstance(value, list) else value for name, value in fixed.items()}
        for (name, k), value in zip(free, numbers, strict=True):
            own = values[name]
            if isinstance(own, list):
                own[k] = Number.of(value)
            else:
                values[name] = Number.of(value)
        try:
            if allowed(case.source, values) and allowed(case.target, values) and (not where or is_met(where, values)):
                yield values
                found += 1
        except NoValue:
            continue
        if found >= most:
            return


def heads(case: Case, values: Mapping[str, Value]) -> tuple[Head, Head]:
    feeds = [[{axis: Fraction(w) for axis, w in place.items()} for place in case.feed[1]]]
    return head(case.source, values, feeds), head(case.target, values, feeds)


def text_of(values: Mapping[str, Value]) -> str:
    return " ".join(
        f"{k}={[str(e.rational()) for e in v] if isinstance(v, list) else v.rational()}" for k, v in values.items()
    )


def wrong(case: Case, found: Theorem) -> tuple[str, int]:
    """What the package says against what is worked out; empty if nothing; and at how many points."""
    scope, tried = found.answer.scope.value, 0
    conditions = [shown(c, found.statement.variables) for c in found.answer.condition]
    relation = found.relation.value if found.relation else None
    elsewhere = "identical" if found.is_identity else "linear"
    for names_where in ((case.where, *("" for _ in found.unneeded)) if scope != "open" else ()):
        for values in points(case, case.names, names_where):
            try:
                sides = heads(case, values)
                holds = lowest(*sides)
                equal = scope != "never" and all(is_met(text, values) for text in conditions)
            except (NoValue, Unjudged):
                continue
            tried += 1
            here = f"at {text_of(values)} {holds or 'nothing'} holds"
            within = holds is not None and RUNGS.index(holds) <= RUNGS.index(elsewhere)
            if equal != within:
                return f"{scope} {conditions} ({elsewhere} elsewhere): {here}", tried
            if equal and (relation is None or RUNGS.index(holds or "") > RUNGS.index(relation)):
                return f"{scope}, {relation}: {here}", tried
            if found.outcome is Outcome.EQUIVALENT and case.ask == "prove" and (
                holds is None or RUNGS.index(holds) > RUNGS.index(case.limit)
            ):
                return f"equivalent within {case.limit}: {here}", tried
    for shown_at, is_below in ((found.smallest, False), (found.below, True)):
        if shown_at is None:
            continue
        values = fixed_values()
        for v in found.statement.variables:
            numbers = [Number.of(Fraction(int(shown_at.point[s].p), int(shown_at.point[s].q))) for s in v.symbols]
            values[v.name] = numbers if v.is_list else numbers[0]
        try:
            if not (allowed(case.source, values) and allowed(case.target, values)
                    and (not case.where or is_met(case.where, values))):
                return f"an instance that is not allowed: {text_of(values)}", tried
            holds = lowest(*heads(case, values))
        except Unjudged:
            continue
        except NoValue:
            return f"an instance without a layout: {text_of(values)}", tried
        limit = "linear" if case.ask == "solve" else "identical" if case.ask == "identity" else case.limit
        if is_below and holds != relation:
            return f"{relation} is the lowest at {text_of(values)}, where {holds} is", tried
        if not is_below and holds is not None and RUNGS.index(holds) <= RUNGS.index(limit):
            return f"different at {text_of(values)}, where {holds} holds", tried
    return "", tried
