"""Theorems that must not be shown: each has one thing wrong, and is named by it."""

from __future__ import annotations

from collections.abc import Callable

from theorem_statements import (
    ADJACENT,
    ANGLE,
    FAILS,
    NEVER,
    REVERSED,
    SPLIT,
    claim,
    refuted,
    relation,
    small,
    sometimes,
)
from written_certificates import JSON, feed, parameter, variable

FALSE: dict[str, Callable[[], JSON]] = {
    "another base": lambda: claim(small(), small("p*(base + 1)**(-j/n)")),
    "turned back": lambda: claim(small(), small("-" + ANGLE)),
    "turned back, lanes not swapped": lambda: claim(small(), small("-" + ANGLE), sign=-1),
    "divided by a logarithm that may be 0": lambda: claim(
        small("p/log(k)", more=(parameter("k", "k >= 1"),)),
        small("p/log(k)", more=(parameter("k", "k >= 1"),)),
        points={"holds": {"n": "3", "base": "2", "k": "2"}, "fails": None},
        variables=(variable("k", False),),
    ),
    "a logarithm that may be below 0": lambda: claim(
        small("p", more=(parameter("k", "k > 0"),)),
        small("p if log(k) >= 0 else 2*p", more=(parameter("k", "k > 0"),)),
        points={"holds": {"n": "3", "base": "2", "k": "2"}, "fails": None},
        variables=(variable("k", False),),
    ),
    "a logarithm of what may be 0": lambda: claim(
        small("p if log(k) > -k else 2*p", more=(parameter("k", "k >= 0"),)),
        small("p if log(k) > -k else 2*p", more=(parameter("k", "k >= 0"),)),
        points={"holds": {"n": "3", "base": "2", "k": "2"}, "fails": None},
        variables=(variable("k", False),),
    ),
    "a logarithm below its number": lambda: claim(small(), small(f"({ANGLE})*(1 if log(base) < base else 2)")),
    "pi above 22/7": lambda: claim(small(), small(f"({ANGLE})*(1 if pi > 22/7 else 2)")),
    "a constant": lambda: claim(small(), small(ANGLE + " + 1")),
    "other lanes": lambda: claim(small(), small(**ADJACENT)),
    "other lanes, equal scores": lambda: claim(small(), small(**ADJACENT), relation("equal-scores")),
    "other lanes written, identical": lambda: claim(small(), small(write_first="j + n", write_second="j")),
    "permutation the wrong way round": lambda: claim(
        small(), small(**ADJACENT), relation("permutation"), permutation="2*lane if lane < n else 2*(lane - n) + 1"
    ),
    "a permutation that leaves the head": lambda: claim(
        small(), small(), relation("permutation"), permutation="lane + 2*n"
    ),
    "a permutation that names a row twice": lambda: claim(
        small(), small(), relation("permutation"), permutation="lane if lane < n else n"
    ),
    "magnitudes differ": lambda: claim(small(magnitude="2"), small(magnitude="3")),
    "a magnitude that is 0": lambda: claim(small(magnitude="j"), small(magnitude="j")),
    "an order that names a pair twice": lambda: claim(small(), small(), order="0", answer=relation("pair-map")),
    "an order that leaves the pairs": lambda: claim(small(), small(), order="j + 1"),
    "a lane twice": lambda: claim(small(second="j + n - 1"), small(second="j + n - 1")),
    "a lane outside": lambda: claim(small(width="2*n - 1"), small(width="2*n - 1")),
    "a lane that is not whole": lambda: claim(small(first="j/2"), small(first="j/2")),
    "more lanes written than read": lambda: claim(
        small(width="3*n", write_second="j + 2*n"), small(width="3*n", write_second="j + 2*n")
    ),
    "unlike widths": lambda: claim(small(width="2*n + 1"), small()),
    "a divisor that is 0": lambda: claim(small("p/(j - 1)"), small("p/(j - 1)")),
    "an index outside its list": lambda: claim(
        small("p*table[j]", more=(parameter("table", None, ["1", "1"], entries=2),)),
        small("p*table[j]", more=(parameter("table", None, ["1", "1"], entries=2),)),
    ),
    "a root of what is negative": lambda: claim(small("p*sqrt(1 - j)"), small("p*sqrt(1 - j)")),
    "a wrong start of a loop": lambda: claim(
        small("p*k", states=(("k", "1", "k + 1"),)),
        small("p*j"),
        invariant=[{"side": "source", "state": "k", "when": "0 == 0", "value": "j"}],
    ),
    "a wrong step of a loop": lambda: claim(
        small("p*k", states=(("k", "0", "k + 2"),)),
        small("p*j"),
        invariant=[{"side": "source", "state": "k", "when": "0 == 0", "value": "j"}],
    ),
    "a loop that starts from itself": lambda: claim(
        small("p*k", states=(("k", "k", "k + 1"),)),
        small("p*(j + 1)"),
        invariant=[{"side": "source", "state": "k", "when": "0 == 0", "value": "j + 1"}],
    ),
    "a loop that has no value at a pair, and counts for nothing": lambda: claim(
        small(f"{ANGLE} + 0*k*p", states=(("k", "0", "1/(j - 1)"),)), small()
    ),
    "a loop that begins with no value, and counts for nothing": lambda: claim(
        small(f"{ANGLE} + 0*k*p", states=(("k", "1/(n - 2)", "k"),)), small()
    ),
    "a loop that nothing reads, and has no value at a pair": lambda: claim(
        small(states=(("k", "1", "k/(j - 1)"),)), small()
    ),
    "a product that is set back one pair late": lambda: claim(
        small("p*x", states=(("x", "1", "1 if j % 3 == 0 else x*base**(-1/n)"),)),
        small("p*base**(-(j % 3)/n)"),
        invariant=[{"side": "source", "state": "x", "when": "0 == 0", "value": "base**(-(j % 3)/n)"}],
    ),
    "a product of halves that is set back to a half": lambda: claim(
        small("p*x", states=(("x", "1", "1/2 if (j + 1) % 3 == 0 else x/2"),)),
        small("p*2**(-(j % 3))"),
        invariant=[{"side": "source", "state": "x", "when": "0 == 0", "value": "2**(-(j % 3))"}],
    ),
    "a product of quarters": lambda: claim(
        small("p*x", states=(("x", "1", "1 if (j + 1) % 3 == 0 else x/4"),)),
        small("p*2**(-(j % 3))"),
        invariant=[{"side": "source", "state": "x", "when": "0 == 0", "value": "2**(-(j % 3))"}],
    ),
    "a product that is never set back": lambda: claim(
        small("p*x", states=(("x", "1", "x/2"),)),
        small("p*2**(-j if j < 5 else 5 - j)"),
        invariant=[
            {"side": "source", "state": "x", "when": "j < 5", "value": "2**(-j)"},
            {"side": "source", "state": "x", "when": "j >= 5", "value": "2**(5 - j)"},
        ],
    ),
    "numbers that make up for exponents": lambda: claim(
        small("p*2**(-j)"), small("p*2**(1 - j)/2"), NEVER, FAILS, refutation=refuted("edge")
    ),
    "a loop without its invariant": lambda: claim(small("p*k", states=(("k", "0", "k + 1"),)), small("p*j")),
    "an invariant that says nothing": lambda: claim(
        small("p*k", states=(("k", "0", "k + 2"),)),
        small("p*j"),
        invariant=[{"side": "source", "state": "k", "when": "0 == 1", "value": "j"}],
    ),
    "further pairs turn": lambda: claim(
        small(width="2*n + 2"), small(count="n + 1", second="j + n + 1", width="2*n + 2"), relation("pair-map")
    ),
    "counts that are equal": lambda: claim(small(), small(), NEVER, FAILS, refutation=refuted("counts")),
    "counts, where one pair stands still": lambda: claim(
        small(width="2*n + 2"),
        small(
            f"{ANGLE} if j < n else 0*p",
            count="n + 1",
            first="j if j < n else 2*n",
            second="j + n if j < n else 2*n + 1",
            width="2*n + 2",
        ),
        NEVER,
        FAILS,
        refutation=refuted("counts"),
    ),
    "edge, but another pair turns like it": lambda: claim(
        small("p*(j + 1)"), small("p*(n - j)"), NEVER, FAILS, refutation=refuted("edge")
    ),
    "own index, but the others are in another order": lambda: claim(
        small("p*(j + 1)"),
        small("p*(n - j)"),
        sometimes("n == 1"),
        SPLIT,
        refutation=refuted("own-index", ("n == 1", "0")),
    ),
    "own index, a witness outside": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"),
        small(),
        sometimes("n <= 2"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}},
        refutation=refuted("own-index", ("n <= 2", "n")),
    ),
    "own index, a witness that is not whole": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"),
        small(),
        sometimes("n <= 2"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}},
        refutation=refuted("own-index", ("n <= 2", "5/2")),
    ),
    "a condition that is too narrow": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"),
        small(),
        sometimes("n <= 1"),
        SPLIT,
        refutation=refuted("own-index", ("n <= 1", "n - 1")),
    ),
    "a condition that is too wide": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"),
        small(),
        sometimes("n <= 3"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "4", "base": "2"}},
        refutation=refuted("own-index", ("n <= 3", "3")),
    ),
    "lanes, but the pairs only come in another order": lambda: claim(
        small(),
        small(REVERSED, first="n - 1 - j", second="2*n - 1 - j"),
        sometimes("n == 1", elsewhere="identical"),
        SPLIT,
        refutation=refuted("lanes", ("n == 1", "0")),
    ),
    "lanes refute no linear map": lambda: claim(
        small(), small(**ADJACENT), sometimes("n == 1"), SPLIT, refutation=refuted("lanes", ("n == 1", "1"))
    ),
    "nothing is allowed": lambda: claim(small(require="n > 0 and n < 0"), small()),
    "a point that is not allowed": lambda: claim(
        small(), small(), points={"holds": {"n": "0", "base": "2"}, "fails": None}
    ),
    "a point on the wrong side": lambda: claim(
        small(),
        small(**ADJACENT),
        sometimes("n == 1", elsewhere="identical"),
        {"holds": SPLIT["fails"], "fails": SPLIT["holds"]},
        refutation=refuted("lanes", ("n == 1", "1")),
    ),
    "frequencies that differ by a whole turn": lambda: claim(
        small("p*j"), small("p*(j + 2*pi)"), NEVER, FAILS, refutation=refuted("edge")
    ),
    "frequencies that are no algebraic numbers": lambda: claim(
        small("p*log(base)"), small("p*(log(base) + 1)"), NEVER, FAILS, refutation=refuted("edge")
    ),
    "a rotation that is none": lambda: claim(
        small(sine_angle="2*p"), small(), NEVER, FAILS, refutation=refuted("edge")
    ),
    "no rotation in scores": lambda: claim(small(sine_angle="2*p"), small(sine_angle="2*p"), relation("equal-scores")),
    "an axis in a condition": lambda: claim(small("p if p > 0 else 2*p"), small("p if p > 0 else 2*p")),
    "an axis rounded": lambda: claim(small("floor(p/2)"), small("floor(p/2)")),
    "an axis in an exponent": lambda: claim(small("p*base**p"), small("p*base**p")),
    "an axis in the magnitude": lambda: claim(small(magnitude="p*p + 1"), small(magnitude="p*p + 1")),
    "an axis in a lane": lambda: claim(small(first="j + p - 3*p"), small(first="j + p - 3*p")),
    "an axis in a denominator": lambda: claim(small("1/p"), small("1/p")),
    "an axis among the requirements": lambda: claim(small(require="n > 0 and p > 0"), small(require="n > 0 and p > 0")),
    "a square of an axis": lambda: claim(small("p*p"), small("p*p")),
    "a list called axes, read as the axes where a parameter is defined": lambda: claim(
        small("p*c", more=(parameter("c", None, "axes[0]"),)),
        small("q*c", axes=("q",), more=(parameter("c", None, "p"),)),
        points={"holds": {"n": "3", "base": "2", "axes": ["1"], "p": "1"}, "fails": None},
        feeds=[feed("free", {"p": {"p": "1"}}, {"q": {"p": "1"}}, "p")],
        variables=(variable("axes", False, 1), variable("p", False)),
    ),
    "a sum of a list called axes": lambda: claim(
        small("p*c", more=(parameter("c", None, "sum(axes)"),)),
        small("q*c", axes=("q",), more=(parameter("c", None, "p"),)),
        points={"holds": {"n": "3", "base": "2", "axes": ["1"], "p": "1"}, "fails": None},
        feeds=[feed("free", {"p": {"p": "1"}}, {"q": {"p": "1"}}, "p")],
        variables=(variable("axes", False, 1), variable("p", False)),
    ),
    "fed otherwise": lambda: claim(small(), small(), feeds=[feed("text", {"p": {"p": "1"}}, {"p": {"p": "2"}}, "p")]),
    "turned the other way, lanes swapped": lambda: claim(
        small(),
        small("-" + ANGLE, first="j + n", second="j"),
        {**NEVER, "elsewhere": "identical"},
        FAILS,
        refutation=refuted("lanes", ("0 == 1", "0")),
    ),
}
