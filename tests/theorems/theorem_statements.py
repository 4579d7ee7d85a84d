"""Small theorems for the tests of their checker, one for each rule, and true; and a solver."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import written_certificates as written
import z3
from written_certificates import JSON, layout, parameter, sealed, theorem, variable

from prover.theorem_checker import NotShown, Rejected, check


def solve(text: str) -> dict[str, str]:
    """z3, in a context of its own, with a budget of work."""
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", 4_000_000)
    solver.add(z3.parse_smt2_string(text, ctx=context))
    return {"z3": str(solver.check())}


def is_shown(text: str) -> bool:
    """Whether the checker accepts it."""
    try:
        return bool(check(text, solve).obligations)
    except (Rejected, NotShown):
        return False


def changed(root: JSON, path: str, new: Any) -> str:
    """The certificate with another value at a path such as `answer.condition.0`."""
    root = copy.deepcopy(root)
    *ways, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = root
    for step in ways:
        at = at[step]
    at[last] = new(at[last]) if callable(new) else new
    return sealed(root)


ANGLE = "p*base**(-2*j/(2*n))"
TWO = ("first", "second")
PLAIN = {"holds": {"n": "3", "base": "2"}, "fails": None}
IDENTICAL = {"scope": "always", "condition": [], "relation": "identical", "elsewhere": "linear"}


def small(
    angle: str = ANGLE,
    axes: tuple[str, ...] = ("p",),
    require: str = "n > 0",
    more: tuple[JSON, ...] = (),
    states: tuple[tuple[str, str, str], ...] = (),
    width: str = "2*n",
    **pairs: str,
) -> JSON:
    """A layout of n pairs by halves over the base `base`."""
    plain = {"count": "n", "first": "j", "second": "j + n"}
    parameters = [parameter("n", require, whole=True), parameter("base", "base > 1"), *more]
    return layout("small", list(axes), parameters, {}, {**plain, "angle": angle, **pairs}, states=states, width=width)


def claim(
    source: JSON,
    target: JSON,
    answer: JSON = IDENTICAL,
    points: JSON = PLAIN,
    feeds: JSON = None,
    variables: tuple[JSON, ...] = (),
    where: tuple[str, ...] = (),
    **evidence: Any,
) -> JSON:
    feeds = feeds or [written.free(*source["axes"])]
    return theorem(
        [variable("n"), variable("base", False), *variables],
        source,
        target,
        feeds,
        answer,
        {"points": points, **evidence},
        where,
    )


def relation(name: str) -> JSON:
    return {**IDENTICAL, "relation": name}


def sometimes(*condition: str, elsewhere: str = "linear", name: str = "identical") -> JSON:
    return {"scope": "sometimes", "condition": list(condition), "relation": name, "elsewhere": elsewhere}


def refuted(rule: str, *witness: tuple[str, str]) -> JSON:
    return {"rule": rule, "witness": [list(row) for row in witness]}


NEVER = {"scope": "never", "condition": [], "relation": None, "elsewhere": "linear"}
SPLIT = {"holds": {"n": "1", "base": "2"}, "fails": {"n": "3", "base": "2"}}
FAILS = {"holds": None, "fails": {"n": "3", "base": "2"}}
ADJACENT = {"first": "2*j", "second": "2*j + 1"}
MOVED = "lane//2 if lane % 2 == 0 else lane//2 + n"
BACK = {"first": "j + n", "second": "j"}
REVERSED = "p*base**(-2*(n - 1 - j)/(2*n))"
TRUE: dict[str, Callable[[], JSON]] = {
    "the same": lambda: claim(small(), small()),
    "swapped lanes, turned back": lambda: claim(small(), small("-" + ANGLE, **BACK), sign=-1),
    "either sign": lambda: claim(small(), small(ANGLE + "*(1 if j % 2 == 0 else -1)"), relation("pair-map"), sign=0),
    "other lanes written": lambda: claim(
        small(), small(write_first="j + n", write_second="j"), relation("equal-scores")
    ),
    "permutation": lambda: claim(small(), small(**ADJACENT), relation("permutation"), permutation=MOVED),
    "pairs in reverse": lambda: claim(
        small(REVERSED, first="n - 1 - j", second="2*n - 1 - j"), small(), order="n - 1 - j"
    ),
    "magnitudes": lambda: claim(small(magnitude="2"), small(magnitude="3"), relation("pair-map")),
    "a loop": lambda: claim(
        small("p*power", states=(("power", "1", "power*base**(-1/n)"),)),
        small(),
        invariant=[{"side": "source", "state": "power", "when": "0 == 0", "value": "base**(-j/n)"}],
    ),
    "a loop that nothing reads": lambda: claim(small(states=(("k", "1/n", "x/(j + 1)"), ("x", "0", "k"))), small()),
    "a product that is set back": lambda: claim(
        small("p*x", states=(("x", "1", "1 if (j + 1) % 3 == 0 else x*base**(-1/n)"),)),
        small("p*base**(-(j % 3)/n)"),
        invariant=[{"side": "source", "state": "x", "when": "0 == 0", "value": "base**(-(j % 3)/n)"}],
    ),
    "a product of halves that is set back once": lambda: claim(
        small("p*x", states=(("x", "1", "1 if j == 4 else x/2"),)),
        small("p*2**(-j if j < 5 else 5 - j)"),
        points={"holds": {"n": "9", "base": "2"}, "fails": None},
        invariant=[
            {"side": "source", "state": "x", "when": "j < 5", "value": "2**(-j)"},
            {"side": "source", "state": "x", "when": "j >= 5", "value": "2**(5 - j)"},
        ],
    ),
    "a number that is a power of the base": lambda: claim(
        small("p*2**(-j)"), small("p*2**(-j)/4"), NEVER, FAILS, refutation=refuted("edge")
    ),
    "further pairs stand still": lambda: (
        claim(
            small(),
            small(
                f"{ANGLE} if j < n else 0*p",
                count="n + 1",
                first="j if j < n else 2*n",
                second="j + n if j < n else 2*n + 1",
                width="2*n + 2",
            ),
            relation("pair-map"),
        )
        | {"source": small(width="2*n + 2")}
    ),
    "a base that may be 0, to whole powers": lambda: claim(
        small("p*k**j", more=(parameter("k"),)),
        small("p*k**j", more=(parameter("k"),)),
        points={"holds": {"n": "3", "base": "2", "k": "0"}, "fails": None},
        variables=(variable("k", False),),
    ),
    "counts": lambda: claim(
        small(width="2*n + 2"),
        small(count="n + 1", second="j + n + 1", width="2*n + 2"),
        NEVER,
        FAILS,
        refutation=refuted("counts"),
    ),
    "edge": lambda: claim(small(), small("p*3*base**(-j/n)"), NEVER, FAILS, refutation=refuted("edge")),
    "own index": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"),
        small(),
        sometimes("n <= 2"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}},
        refutation=refuted("own-index", ("n <= 2", "2")),
    ),
    "own index, never": lambda: claim(
        small("p*base**(-j/n)*(1 if j > 0 else 0)"),
        small(),
        NEVER,
        FAILS,
        refutation=refuted("own-index", ("0 == 1", "0")),
    ),
    "lanes": lambda: claim(
        small(),
        small(**ADJACENT),
        sometimes("n == 1", elsewhere="identical"),
        SPLIT,
        refutation=refuted("lanes", ("n == 1", "0")),
    ),
    "turned the other way at the same lanes": lambda: claim(
        small(),
        small(f"({ANGLE})*(1 if n == 1 else -1)"),
        sometimes("n == 1", elsewhere="identical"),
        SPLIT,
        refutation=refuted("lanes", ("n == 1", "0")),
    ),
    "magnitudes at a lane": lambda: claim(
        small(),
        small(magnitude="1 if n == 1 else 2"),
        sometimes("n == 1", elsewhere="identical"),
        SPLIT,
        refutation=refuted("lanes", ("n == 1", "0")),
    ),
}
# True by hand: log(x) is below 0, 0 or above 0 as x is below 1, 1 or above it.
LOGARITHMS: dict[str, Callable[[], JSON]] = {
    "divided by a logarithm that is above 0": lambda: claim(
        small(f"{ANGLE}/log(2*base)"), small(f"{ANGLE}/log(base*2)")
    ),
    "the sign of a logarithm": lambda: claim(
        small(), small(f"({ANGLE})*(1 if log(base) > 0 and log(1/base) < 0 else 2)"),
    ),
    "the logarithm of 1 alone is 0": lambda: claim(
        small("p if k == 1 else 2*p", more=(parameter("k", "k > 0"),)),
        small("p if log(k) == 0 else 2*p", more=(parameter("k", "k > 0"),)),
        points={"holds": {"n": "3", "base": "2", "k": "1"}, "fails": None},
        variables=(variable("k", False),),
    ),
    "pi between 3 and 4": lambda: claim(small(), small(f"({ANGLE})*(1 if 3 < pi < 4 else 2)")),
}
