"""The checker of theorems: certificates written by hand, what it must not accept, and statements tried at small sizes."""

from __future__ import annotations

import copy
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import z3

import small_sizes
import written_certificates as written
from prover import theorem_checker
from prover.theorem_checker import NotShown, Rejected, check
from written_certificates import JSON, WRITTEN, feed, layout, parameter, sealed, theorem, variable


def solve(text: str) -> dict[str, str]:
    """z3, in a context of its own, with a budget of work."""
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", 4_000_000)
    solver.add(z3.parse_smt2_string(text, ctx=context))
    return {"z3": str(solver.check())}


def never_asked(text: str) -> dict[str, str]:
    raise AssertionError("no solver is needed to find this out")


def changed(root: JSON, path: str, new: Any) -> str:
    """The certificate with another value at a path such as `answer.condition.0`."""
    root = copy.deepcopy(root)
    *ways, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = root
    for step in ways:
        at = at[step]
    at[last] = new(at[last]) if callable(new) else new
    return sealed(root)


@pytest.mark.parametrize("name", WRITTEN)
def test_accepted(name: str) -> None:
    """Each theorem written by hand is shown, every obligation by evaluation or by a solver."""
    accepted = check(sealed(WRITTEN[name]()), solve)
    assert {"evaluated", "z3: unsat"} == {each.discharged for each in accepted.obligations}
    assert all((each.question == "") == (each.discharged == "evaluated") for each in accepted.obligations)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_written_theorems_are_true(name: str) -> None:
    """The same statements hold at small parameters, by arithmetic that has nothing of the checker."""
    assert None is small_sizes.false_at(WRITTEN[name](), 25)


def test_statement() -> None:
    """What is accepted is said in words: variables, what they have to meet, the relation, the condition."""
    said = "\n".join(check(sealed(written.imrope_neox_text()), solve).statement)
    for part in ("for all whole head_dim, whole n_rot, rational base, whole sections (4 of them)",
                 "with sum(sections) >= n_rot//2", 'source "ggml/imrope"', 'target "ggml/neox"', 'fed "text"',
                 "identical holds where 3*sections[0] >= n_rot//2 and 3*sections[1] + 1 >= n_rot//2",
                 "linear fails elsewhere: it is not so that some fixed linear maps"):
        assert part in said


# ---- small theorems, one for each rule

ANGLE = "p*base**(-2*j/(2*n))"
TWO = ("first", "second")
PLAIN = {"holds": {"n": "3", "base": "2"}, "fails": None}
IDENTICAL = {"scope": "always", "condition": [], "relation": "identical", "elsewhere": "linear"}


def small(angle: str = ANGLE, axes: tuple[str, ...] = ("p",), require: str = "n > 0", more: tuple[JSON, ...] = (),
          states: tuple[tuple[str, str, str], ...] = (), width: str = "2*n", **pairs: str) -> JSON:
    """A layout of n pairs by halves over the base `base`."""
    plain = {"count": "n", "first": "j", "second": "j + n"}
    parameters = [parameter("n", require, whole=True), parameter("base", "base > 1"), *more]
    return layout("small", list(axes), parameters, {}, {**plain, "angle": angle, **pairs}, states=states, width=width)


def claim(source: JSON, target: JSON, answer: JSON = IDENTICAL, points: JSON = PLAIN, feeds: JSON = None,
          variables: tuple[JSON, ...] = (), where: tuple[str, ...] = (), **evidence: Any) -> JSON:
    feeds = feeds or [written.free(*source["axes"])]
    return theorem([variable("n"), variable("base", False), *variables], source, target, feeds, answer,
                   {"points": points, **evidence}, where)


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
    "other lanes written": lambda: claim(small(), small(write_first="j + n", write_second="j"), relation("equal-scores")),
    "permutation": lambda: claim(small(), small(**ADJACENT), relation("permutation"), permutation=MOVED),
    "pairs in reverse": lambda: claim(small(REVERSED, **{"first": "n - 1 - j", "second": "2*n - 1 - j"}), small(),
                                      order="n - 1 - j"),
    "magnitudes": lambda: claim(small(magnitude="2"), small(magnitude="3"), relation("pair-map")),
    "a loop": lambda: claim(small("p*power", states=(("power", "1", "power*base**(-1/n)"),)), small(), invariant=[
        {"side": "source", "state": "power", "when": "0 == 0", "value": "base**(-j/n)"}]),
    "further pairs stand still": lambda: claim(small(), small(f"{ANGLE} if j < n else 0*p", count="n + 1", first="j if j < n else 2*n",
        second="j + n if j < n else 2*n + 1", width="2*n + 2"), relation("pair-map")) | {"source": small(width="2*n + 2")},
    "a base that may be 0, to whole powers": lambda: claim(small("p*k**j", more=(parameter("k"),)),
                                                            small("p*k**j", more=(parameter("k"),)),
                                                            points={"holds": {"n": "3", "base": "2", "k": "0"}, "fails": None},
                                                            variables=(variable("k", False),)),
    "counts": lambda: claim(small(width="2*n + 2"), small(count="n + 1", second="j + n + 1", width="2*n + 2"), NEVER, FAILS,
                            refutation=refuted("counts")),
    "edge": lambda: claim(small(), small("p*3*base**(-j/n)"), NEVER, FAILS, refutation=refuted("edge")),
    "own index": lambda: claim(small("(p if j < 2 else 0)*base**(-j/n)"), small(), sometimes("n <= 2"),
                               {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}},
                               refutation=refuted("own-index", ("n <= 2", "2"))),
    "own index, never": lambda: claim(small("p*base**(-j/n)*(1 if j > 0 else 0)"), small(), NEVER, FAILS,
                                      refutation=refuted("own-index", ("0 == 1", "0"))),
    "lanes": lambda: claim(small(), small(**ADJACENT), sometimes("n == 1", elsewhere="identical"), SPLIT,
                           refutation=refuted("lanes", ("n == 1", "0"))),
    "magnitudes at a lane": lambda: claim(small(), small(magnitude="1 if n == 1 else 2"), sometimes("n == 1", elsewhere="identical"),
                                          SPLIT, refutation=refuted("lanes", ("n == 1", "0"))),
}
FALSE: dict[str, Callable[[], JSON]] = {
    "another base": lambda: claim(small(), small("p*(base + 1)**(-j/n)")),
    "turned back": lambda: claim(small(), small("-" + ANGLE)),
    "turned back, lanes not swapped": lambda: claim(small(), small("-" + ANGLE), sign=-1),
    "a constant": lambda: claim(small(), small(ANGLE + " + 1")),
    "other lanes": lambda: claim(small(), small(**ADJACENT)),
    "other lanes, equal scores": lambda: claim(small(), small(**ADJACENT), relation("equal-scores")),
    "other lanes written, identical": lambda: claim(small(), small(write_first="j + n", write_second="j")),
    "permutation the wrong way round": lambda: claim(small(), small(**ADJACENT), relation("permutation"),
                                                     permutation="2*lane if lane < n else 2*(lane - n) + 1"),
    "a permutation that leaves the head": lambda: claim(small(), small(), relation("permutation"), permutation="lane + 2*n"),
    "a permutation that names a row twice": lambda: claim(small(), small(), relation("permutation"),
                                                          permutation="lane if lane < n else n"),
    "magnitudes differ": lambda: claim(small(magnitude="2"), small(magnitude="3")),
    "a magnitude that is not positive": lambda: claim(small(magnitude="j"), small(magnitude="j")),
    "an order that names a pair twice": lambda: claim(small(), small(), order="0", answer=relation("pair-map")),
    "an order that leaves the pairs": lambda: claim(small(), small(), order="j + 1"),
    "a lane twice": lambda: claim(small(second="j + n - 1"), small(second="j + n - 1")),
    "a lane outside": lambda: claim(small(width="2*n - 1"), small(width="2*n - 1")),
    "a lane that is not whole": lambda: claim(small(first="j/2"), small(first="j/2")),
    "more lanes written than read": lambda: claim(small(width="3*n", write_second="j + 2*n"), small(width="3*n", write_second="j + 2*n")),
    "unlike widths": lambda: claim(small(width="2*n + 1"), small()),
    "a divisor that is 0": lambda: claim(small("p/(j - 1)"), small("p/(j - 1)")),
    "an index outside its list": lambda: claim(small("p*table[j]", more=(parameter("table", None, ["1", "1"], entries=2),)),
                                               small("p*table[j]", more=(parameter("table", None, ["1", "1"], entries=2),))),
    "a root of what is negative": lambda: claim(small("p*sqrt(1 - j)"), small("p*sqrt(1 - j)")),
    "a wrong start of a loop": lambda: claim(small("p*k", states=(("k", "1", "k + 1"),)), small("p*j"), invariant=[
        {"side": "source", "state": "k", "when": "0 == 0", "value": "j"}]),
    "a wrong step of a loop": lambda: claim(small("p*k", states=(("k", "0", "k + 2"),)), small("p*j"), invariant=[
        {"side": "source", "state": "k", "when": "0 == 0", "value": "j"}]),
    "a loop that starts from itself": lambda: claim(small("p*k", states=(("k", "k", "k + 1"),)), small("p*(j + 1)"), invariant=[
        {"side": "source", "state": "k", "when": "0 == 0", "value": "j + 1"}]),
    "a loop without its invariant": lambda: claim(small("p*k", states=(("k", "0", "k + 1"),)), small("p*j")),
    "an invariant that says nothing": lambda: claim(small("p*k", states=(("k", "0", "k + 2"),)), small("p*j"), invariant=[
        {"side": "source", "state": "k", "when": "0 == 1", "value": "j"}]),
    "further pairs turn": lambda: claim(small(width="2*n + 2"), small(count="n + 1", second="j + n + 1", width="2*n + 2"),
                                        relation("pair-map")),
    "counts that are equal": lambda: claim(small(), small(), NEVER, FAILS, refutation=refuted("counts")),
    "counts, where one pair stands still": lambda: claim(
        small(width="2*n + 2"), small(f"{ANGLE} if j < n else 0*p", count="n + 1", first="j if j < n else 2*n",
        second="j + n if j < n else 2*n + 1", width="2*n + 2"), NEVER, FAILS, refutation=refuted("counts")),
    "edge, but another pair turns like it": lambda: claim(small("p*(j + 1)"), small("p*(n - j)"), NEVER, FAILS,
                                                          refutation=refuted("edge")),
    "own index, but the others are in another order": lambda: claim(
        small("p*(j + 1)"), small("p*(n - j)"), sometimes("n == 1"), SPLIT, refutation=refuted("own-index", ("n == 1", "0"))),
    "own index, a witness outside": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"), small(), sometimes("n <= 2"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}}, refutation=refuted("own-index", ("n <= 2", "n"))),
    "own index, a witness that is not whole": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"), small(), sometimes("n <= 2"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "3", "base": "2"}}, refutation=refuted("own-index", ("n <= 2", "5/2"))),
    "a condition that is too narrow": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"), small(), sometimes("n <= 1"), SPLIT, refutation=refuted("own-index", ("n <= 1", "n - 1"))),
    "a condition that is too wide": lambda: claim(
        small("(p if j < 2 else 0)*base**(-j/n)"), small(), sometimes("n <= 3"),
        {"holds": {"n": "2", "base": "2"}, "fails": {"n": "4", "base": "2"}}, refutation=refuted("own-index", ("n <= 3", "3"))),
    "lanes, but the pairs only come in another order": lambda: claim(
        small(), small(REVERSED, first="n - 1 - j", second="2*n - 1 - j"), sometimes("n == 1", elsewhere="identical"), SPLIT,
        refutation=refuted("lanes", ("n == 1", "0"))),
    "lanes refute no linear map": lambda: claim(small(), small(**ADJACENT), sometimes("n == 1"), SPLIT,
                                                refutation=refuted("lanes", ("n == 1", "1"))),
    "nothing is allowed": lambda: claim(small(require="n > 0 and n < 0"), small()),
    "a point that is not allowed": lambda: claim(small(), small(), points={"holds": {"n": "0", "base": "2"}, "fails": None}),
    "a point on the wrong side": lambda: claim(small(), small(**ADJACENT), sometimes("n == 1", elsewhere="identical"),
        {"holds": SPLIT["fails"], "fails": SPLIT["holds"]}, refutation=refuted("lanes", ("n == 1", "1"))),
    "frequencies that differ by a whole turn": lambda: claim(
        small("p*j"), small("p*(j + 2*pi)"), NEVER, FAILS, refutation=refuted("edge")),
    "frequencies that are no algebraic numbers": lambda: claim(
        small("p*log(base)"), small("p*(log(base) + 1)"), NEVER, FAILS, refutation=refuted("edge")),
    "a rotation that is none": lambda: claim(small(sine_angle="2*p"), small(), NEVER, FAILS, refutation=refuted("edge")),
    "no rotation in scores": lambda: claim(small(sine_angle="2*p"), small(sine_angle="2*p"), relation("equal-scores")),
    "a square of an axis": lambda: claim(small("p*p"), small("p*p")),
    "fed otherwise": lambda: claim(small(), small(), feeds=[feed("text", {"p": {"p": "1"}}, {"p": {"p": "2"}}, "p")]),
}


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    """Each of these is shown, and is true at small sizes."""
    assert check(sealed(TRUE[name]()), solve).obligations
    assert None is small_sizes.false_at(TRUE[name](), 25)


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    """None of these is shown."""
    with pytest.raises((Rejected, NotShown)):
        check(sealed(FALSE[name]()), solve)


# ---- the reader

VALUES = {
    "007.50": "15/2", "1e6": "1000000", "25e-2": "1/4", ".5": "1/2", "0.1 + 0.2": "3/10", "2**3**2": "512", "-2**2": "-4",
    "(-2)**3": "-8", "2**-1": "1/2", "0**0": "1", "-7//2": "-4", "7//-2": "-4", "(-7) % 3": "2", "7 % -3": "-2",
    "7.5 % 2": "3/2", "b//1": "-2", "ceil(b)": "-1", "floor(-0.5)": "-1", "abs(b)": "3/2", "sqrt(1/4)": "1/2",
    "8**(2/3)": "4", "8**(-2/3)": "1/4", "min(3, 1, 2)": "1", "max(3, n, 2)": "8", "min(k)": "-2", "max(k)": "3",
    "sum(k)": "5/2", "len(k)": "4", "k[1 + 1]": "1/2", "k[n % 3 + 1]": "-2", "k[4/2]": "1/2", "1 if 3 < n < 9 else 2": "1",
    "1 if 3 < n < 8 else 2": "2", "1 if 1 < 2 > 1 == 1 else 2": "1", "1 if not n > 3 else 2": "2", "1 if n else 2": "1",
    "True + True": "2", "1 if n < 3 and n > 1 or n == 8 else 2": "1", "1 if n == 8 or n < 3 and n > 9 else 2": "1",
    "2 if n > 3 or 1/(n - 8) > 1 else 3": "2", "2 if n < 3 and k[9] > 1 else 3": "3", "k[9] if n < 3 else k[0]": "3",
    "1 if (1 if n > 3 else 2) > 1 else 3": "3", "-7 // 2 * -1": "4", "-n ** 2": "-64", "2 ** -n * 256": "1",
    "1 if n > 9 else 2 if n > 3 else 3": "2", "floor(7/(3/(2 if n > 3 else 5)))": "4", "7 - 2 - 1": "4", "8/4/2": "1",
}
AT = {"n": "8", "b": "-3/2", "k": ["3", "1", "1/2", "-2"]}


def only_where(*where: str) -> str:
    """A theorem whose only point has to meet these requirements."""
    plain = layout("plain", ["p"], [], {}, {"count": "1", "first": "0", "second": "1", "angle": "p"}, width="2")
    return sealed(theorem([variable("n"), variable("b", False), variable("k", False, 4)], plain, plain, [written.free("p")],
                          IDENTICAL, {"points": {"holds": AT, "fails": None}}, where))


@pytest.mark.parametrize(("text", "expected"), VALUES.items(), ids=VALUES)
def test_values(text: str, expected: str) -> None:
    """At n = 8, b = -3/2, k = [3, 1, 1/2, -2] each text has the value that Python's fractions give it, and no other."""
    assert check(only_where(f"({text}) == {expected}"), solve).obligations
    with pytest.raises(Rejected, match="not so: evidence.points.holds"):
        check(only_where(f"({text}) == {expected} + 1/7"), never_asked)


NO_VALUE = ["1/0", "1//0", "1 % 0", "n/(n - 8)", "0**-1", "(n - 8)**-2", "k[4]", "k[-1]", "k[1/2]", "sqrt(-1)", "b**0.5",
            "log(0)", "log(b)"]


@pytest.mark.parametrize("text", NO_VALUE)
def test_no_value(text: str) -> None:
    """A requirement without a value is met by nothing."""
    with pytest.raises((Rejected, NotShown)):
        check(only_where(f"({text}) == ({text})"), never_asked)


NO_EXPRESSION = [
    "__import__('os').system('x') == 0", "eval(n) == 1", "n.real == 1", "(lambda: 1)() == 1", "[1, 2] == 1", "(n := 1) == 1",
    "max(*k) == 3", "max(n, key=n) == 8", "n and 5", "5", "n + 1", "n > 1 if b > 0 else n > 2", "n == 1_000", "n == 0x10",
    "n == 3j", "n == '8'", "n == None", "n == ...", "n is 8", "n in k", "n & 1 == 0", "~n == 1", "n == 1 # x", "k == 3",
    "n[0] == 8", "k[0][0] == 1", "k[0:1] == 1", "min(n) == 8", "min() == 1", "sum(n) == 8", "len(n) == 1", "floor(n, 2) == 8",
    "sin(n) == 1", "n == m", "n == j", "n == lane", "1 + (n > 1) == 2", "n > 3) and (b < 1", "n > 1,", "", "n == 1e401",
    "n =< 9", "n\u00a0> 1", "n\n> 1\nb > 0", "(yield n) == 1", "n == e", "n > 1 and bogus > 1", "f'{n}' == 1", "abs(k) == 1",
]


@pytest.mark.parametrize("text", NO_EXPRESSION)
def test_no_expression(text: str) -> None:
    """What is no condition of the language is refused before anything is computed."""
    with pytest.raises(Rejected):
        check(only_where(text), never_asked)


HUGE = {
    "nested": "abs(" * 150 + "n" + ")" * 150 + " > 1", "minus": "-" * 3900 + "n < 1", "not": "not " * 900 + "n > 1",
    "nodes": "n" + "+n" * 1900 + " > 1", "long": "n + " * 4000 + "n > 1", "digits": "n < " + "9" * 61, "power": "2**2000000 > n",
    "tower": "n**n**n**n > 1", "square": "((((((((10**99)**16)**16)**16)**16)**16)**16)**16)**16 > 1",
    "terms": "*".join(["(n + b + k[0] + k[1] + k[2] + k[3] + 1)"] * 60) + " > 1",
    "cases": " + ".join(f"(1 if n > {k} else 2)" for k in range(60)) + " > 1",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge(name: str) -> None:
    """What would take long is refused within a bounded amount of work."""
    with pytest.raises((Rejected, NotShown)):
        check(only_where(HUGE[name].replace("n", "b*n") if name == "terms" else HUGE[name]), solve)


def test_names_that_need_each_other() -> None:
    """Lets and parameters that are defined by themselves have no value."""
    for let, more in (({"a": "b2", "b2": "a"}, ()), ({"a": "a"}, ()), ({}, (parameter("a", None, "c"), parameter("c", None, "a")))):
        own = layout("loop", ["p"], list(more), let, {"count": "1", "first": "0", "second": "1", "angle": "p*a"}, width="2")
        root = theorem([], own, own, [written.free("p")], IDENTICAL, {"points": {"holds": {}, "fails": None}})
        with pytest.raises((Rejected, NotShown)):
            check(sealed(root), solve)


def test_doubling() -> None:
    """Lets that each use the one before twice do not take twice as long each."""
    let = {"a0": "1"} | {f"a{k}": f"a{k - 1} + a{k - 1}" for k in range(1, 60)}
    own = layout("doubling", ["p"], [], let, {"count": "1", "first": "0", "second": "1", "angle": "p*a59"}, width="2")
    root = theorem([], own, own, [written.free("p")], IDENTICAL, {"points": {"holds": {}, "fails": None}})
    assert check(sealed(root), solve).obligations


# ---- malformed

MALFORMED: dict[str, Callable[[], str]] = {
    "no JSON": lambda: "{",
    "truncated": lambda: sealed(TRUE["the same"]())[:-40],
    "no object": lambda: "[]\n",
    "another schema": lambda: changed(TRUE["the same"](), "schema", "rope-prover/certificate/1"),
    "a float": lambda: changed(TRUE["the same"](), "evidence.sign", 1.0),
    "a flag for a number": lambda: changed(TRUE["the same"](), "evidence.sign", True),
    "a number for a flag": lambda: changed(TRUE["the same"](), "variables.0.whole", 1),
    "a field more": lambda: sealed({**TRUE["the same"](), "note": ""}),
    "a field twice": lambda: sealed(TRUE["the same"]()).replace('"schema":', '"schema":"x","schema":', 1),
    "another order of fields": lambda: json.dumps(json.loads(sealed(TRUE["the same"]()))) + "\n",
    "a wrong digest": lambda: sealed(TRUE["the same"]()).replace("small", "large"),
    "a variable twice": lambda: changed(TRUE["the same"](), "variables.1.name", "n"),
    "a variable called j": lambda: changed(TRUE["the same"](), "variables.1.name", "j"),
    "a variable of another kind": lambda: changed(TRUE["the same"](), "variables.0.whole", False),
    "an axis called like a parameter": lambda: changed(TRUE["the same"](), "source.axes.0", "n"),
    "an unknown axis in a feed": lambda: changed(TRUE["the same"](), "feeds.0.source", {"q": {"p": "1"}}),
    "an unknown coordinate": lambda: changed(TRUE["the same"](), "feeds.0.source.p", {"q": "1"}),
    "a rational not in lowest terms": lambda: changed(TRUE["the same"](), "feeds.0.source.p.p", "2/2"),
    "no feed": lambda: changed(TRUE["the same"](), "feeds", []),
    "a condition with always": lambda: changed(TRUE["the same"](), "answer.condition", ["n > 1"]),
    "an unknown relation": lambda: changed(TRUE["the same"](), "answer.relation", "similar"),
    "linear is no witness": lambda: changed(TRUE["the same"](), "answer.relation", "linear"),
    "no relation": lambda: changed(TRUE["the same"](), "answer.relation", None),
    "a permutation that is not wanted": lambda: changed(TRUE["the same"](), "evidence.permutation", "lane"),
    "no permutation": lambda: changed(TRUE["permutation"](), "evidence.permutation", None),
    "no refutation": lambda: changed(TRUE["edge"](), "evidence.refutation", None),
    "a refutation that is not wanted": lambda: changed(TRUE["the same"](), "evidence.refutation", refuted("edge")),
    "an unknown rule": lambda: changed(TRUE["edge"](), "evidence.refutation.rule", "trace"),
    "a witness for another clause": lambda: changed(TRUE["own index"](), "evidence.refutation.witness.0.0", "n <= 3"),
    "no witness": lambda: changed(TRUE["own index"](), "evidence.refutation.witness", []),
    "no point": lambda: changed(TRUE["the same"](), "evidence.points.holds", None),
    "a point too many": lambda: changed(TRUE["the same"](), "evidence.points.fails", {"n": "1", "base": "2"}),
    "a point without a variable": lambda: changed(TRUE["the same"](), "evidence.points.holds", {"n": "1"}),
    "a point that is not whole": lambda: changed(TRUE["the same"](), "evidence.points.holds.n", "3/2"),
    "an invariant of no state": lambda: changed(TRUE["a loop"](), "evidence.invariant.0.state", "n"),
    "unlike positions": lambda: changed(TRUE["the same"](), "source.positions", "real"),
    "no layout": lambda: changed(TRUE["the same"](), "source", None),
    "no text": lambda: changed(TRUE["the same"](), "source.pairs.angle", 3),
    "a parameter without a value": lambda: changed(TRUE["the same"](), "source.parameters", lambda own: [*own, parameter("c", "c > 0")]),
    "not as many entries": lambda: changed(TRUE["the same"](), "source.parameters",
                                           lambda own: [*own, parameter("c", None, ["1"], entries=2)]),
    "two meanings of a name": lambda: changed(
        changed_root(TRUE["the same"](), "source.parameters", lambda own: [*own, parameter("c", None, "1")]),
        "target.parameters", lambda own: [*own, parameter("c", None, "2")]).replace("", ""),
}


def changed_root(root: JSON, path: str, new: Any) -> JSON:
    return json.loads(changed(root, path, new))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name: str) -> None:
    """Each is rejected with a reason, and never with an error of another kind."""
    if name == "two meanings of a name":
        text = changed(json.loads(MALFORMED[name]()), "where", ["c > 0"])
    else:
        text = MALFORMED[name]()
    with pytest.raises(Rejected):
        check(text, solve)


# ---- solvers

@pytest.mark.parametrize("answers", [{}, {"z3": "unknown"}, {"z3": "unsat", "cvc5": "sat"}, {"z3": "sat", "cvc5": "unsat"}])
def test_solvers_that_do_not_settle_it(answers: dict[str, str]) -> None:
    """No answer, and answers that contradict each other, show nothing."""
    with pytest.raises(NotShown):
        check(sealed(TRUE["permutation"]()), lambda text: answers)


def test_two_solvers() -> None:
    """All who say that nothing gainsays it are named; one that does not know is no objection."""
    shown = check(sealed(TRUE["permutation"]()), lambda text: {**solve(text), "cvc5": "unsat", "yices": "unknown"})
    assert {"evaluated", "cvc5 and z3: unsat"} == {each.discharged for each in shown.obligations}


def test_what_is_false_is_rejected() -> None:
    """Where nothing was left out of a question, an answer to it is a reason to reject."""
    with pytest.raises(Rejected, match="not so: source: lanes are whole and inside the head"):
        check(sealed(FALSE["a lane outside"]()), solve)


# ---- every field, tampered with

UNCHECKED = {"name"}  # of layouts and feeds: what they are called is said in quotes and proves nothing


def leaves(at: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(at, (dict, list)) and at:
        for key, value in at.items() if isinstance(at, dict) else enumerate(at):
            yield from leaves(value, (*path, key))
    else:
        yield path, at


def tampered(value: Any) -> Iterator[Any]:
    """Other values in its place: texts with another number, sign, or name."""
    if isinstance(value, bool) or value is None:
        yield from ([not value] if value is not None else ["1", []])
    elif isinstance(value, str):
        for found in re.finditer(r"\d+|<=|>=|==|!=|(?<![*/])[*](?![*])|//|%|[<>+-]|\b(?:and|or|first_lane|base|h|t)\b", value):
            other = {"<=": "<", ">=": ">", "==": "!=", "!=": "==", "*": "+", "//": "/", "%": "//", "<": "<=", ">": ">=", "+": "-",
                     "-": "+", "and": "or", "or": "and", "first_lane": "second_lane", "base": "2", "h": "w", "t": "h"}
            new = other.get(found[0]) or str(int(found[0]) + 1)
            yield value[: found.start()] + new + value[found.end() :]
        yield from (["1"] if value != "1" else ["0"])
    elif isinstance(value, int):
        yield from (value + 1, -value)
    else:
        yield from ([["0"]] if value == [] else [{"p": "1"}])


def every_tampering(root: JSON) -> list[tuple[str, Any]]:
    found = []
    for path, value in leaves(root):
        if path[-1] not in UNCHECKED or path[0] == "variables":
            found += [(".".join(map(str, path)), new) for new in tampered(value)]
    return found


def tamper(root: JSON, path: str, new: Any) -> str | None:
    """Nothing, or what was accepted although it is false."""
    text = changed(root, path, new)
    try:
        check(text, solve)
    except (Rejected, NotShown):
        return None
    try:
        at = small_sizes.false_at(json.loads(text), 20)
    except small_sizes.Unjudged:
        return None
    return at and f"{path} = {new!r}: accepted, and false at {at}"


@pytest.mark.parametrize("name", WRITTEN)
def test_tampered(name: str) -> None:
    """Whatever is changed in a certificate, it is not shown, or is another theorem that is true at small sizes."""
    root = WRITTEN[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 8):
        assert None is tamper(root, path, new)


@pytest.mark.parametrize("name", TRUE)
def test_tampered_small(name: str) -> None:
    """So it is with the small theorems."""
    root = TRUE[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 12):
        assert None is tamper(root, path, new)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*WRITTEN, *TRUE])
def test_tampered_everywhere(name: str) -> None:
    """Every field, every change."""
    root = (TRUE.get(name) or WRITTEN[name])()
    assert [] == [found for path, new in every_tampering(root) if (found := tamper(root, path, new))]


# ---- random statements

CONDITIONS = ["j < s", "j % 2 == 0", "j % 3 < s", "j//2 == s", "j < s and j % 2 == 1", "j >= n - s", "2*j < n", "j == 0 or j > s",
              "not j < s", "min(j, s) == j", "0 < j <= s", "j % n < s", "(j + s) % 2 == 0", "max(j - s, 0) == 0", "j % (s + 1) == 0"]
EXPONENTS = ["j", "-j/n", "j//2", "j % 2", "j - s", "n - 1 - j", "j + 0*s", "2*j/(2*n)", "(0 - j)/n", "j % n", "j if j < n else s"]
LANES = [("j", "j + n"), ("2*j", "2*j + 1"), ("2*j + 1", "2*j"), ("n - 1 - j", "2*n - 1 - j"), ("j % n", "n + j"), ("j", "2*n - 1 - j")]
WHERE = ["s == 0", "s == n", "s >= n", "s < n", "n == 1", "n % 2 == 0", "s == 1 or n == 1", "2*s >= n", "n <= 2"]


def random_claim(seed: int) -> JSON:
    """Two layouts by chance, one often the other in other words, and an answer by chance."""
    chance = random.Random(seed)
    def angle(condition: str, exponent: str) -> str:
        if chance.random() < 0.3:
            return f"(h if not ({condition}) else t)*base**({exponent})"
        return f"(t if {condition} else h)*base**({exponent})"
    condition, exponent, lanes = chance.choice(CONDITIONS), chance.choice(EXPONENTS), chance.choice(LANES)
    sides = []
    for side in range(2):
        if side and chance.random() < 0.6:
            kind = chance.randrange(3)
            condition = chance.choice(CONDITIONS) if kind == 0 else condition
            exponent = chance.choice(EXPONENTS) if kind == 1 else exponent
            lanes = chance.choice(LANES) if kind == 2 else lanes
        sides.append(small(angle(condition, exponent), ("t", "h"), more=(parameter("s", "s >= 0", whole=True),),
                           first=lanes[0], second=lanes[1]))
    scope = chance.choice(["always", "always", "sometimes", "never"])
    clause = chance.choice(WHERE)
    points: JSON = {"holds": {"n": "2", "s": "1", "base": "2"}, "fails": {"n": "3", "s": "1", "base": "2"}}
    points = {key: at if scope in ("sometimes", {"holds": "always", "fails": "never"}[key]) else None for key, at in points.items()}
    answer = {"scope": scope, "condition": [clause] if scope == "sometimes" else [], "elsewhere": chance.choice(["linear", "identical"]),
              "relation": None if scope == "never" else chance.choice(["identical", "equal-scores", "pair-map"])}
    rule = chance.choice(["own-index", "edge", "lanes", "counts"])
    row = (clause if scope == "sometimes" else "0 == 1", chance.choice(["0", "1", "s", "n - 1", "n//2"]))
    refutation = None if scope == "always" else refuted(rule, *([row] if rule in ("own-index", "lanes") else []))
    if scope == "sometimes":
        for n, s in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (4, 2), (3, 3), (2, 4)):
            key = "holds" if eval(clause, {"n": n, "s": s}) else "fails"
            points[key] = {"n": str(n), "s": str(s), "base": "2"}
    return claim(*sides, answer, points, variables=(variable("s"),), refutation=refutation, sign=chance.choice([1, 1, 0, -1]))


def random_fault(seed: int) -> tuple[bool, str | None]:
    """Whether the claim of this seed is accepted, and what is wrong with that."""
    root = random_claim(seed)
    try:
        check(sealed(root), solve)
    except (Rejected, NotShown):
        return False, None
    at = small_sizes.false_at(root, 60, {True: ["1", "2", "3", "0", "4"], False: ["2", "3"]})
    return True, at and f"seed {seed}: accepted, and false at {at}"


def test_random() -> None:
    """What is accepted of random statements is true at small sizes; some are accepted and some are not."""
    found = [random_fault(seed) for seed in range(80)]
    assert [] == [fault for _, fault in found if fault]
    assert 5 < sum(accepted for accepted, _ in found) < 75


# ---- as a program

def test_copied_out(tmp_path: Path) -> None:
    """The file alone, run by a Python that sees nothing else, says what each certificate states."""
    program = tmp_path / "checker.py"
    program.write_bytes(Path(theorem_checker.__file__).read_bytes())
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(sealed(TRUE["the same"]()))
    bad.write_text(sealed(FALSE["a point that is not allowed"]()))
    def run(*names: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-I", program, *names], capture_output=True, text=True, check=False)
    if not any(theorem_checker.solvers()("(declare-const x Int)\n(assert (< x x))\n(check-sat)\n").values()):
        pytest.skip("there is no solver as a program")
    assert (0, True) == ((found := run(good)).returncode, '"\n  accepted\n  for all whole n, rational base' in found.stdout)
    assert (4, True) == ((found := run(good, bad)).returncode, "REJECTED: not so: evidence.points.holds" in found.stdout)
    assert 4 == run().returncode
    assert 4 == run(tmp_path / "none.json").returncode


def test_stands_alone() -> None:
    """It imports nothing but the standard library."""
    text = Path(theorem_checker.__file__).read_text()
    modules = {found[1] for found in re.finditer(r"^(?:from|import) ([a-z_]+)", text, re.MULTILINE)}
    assert modules <= sys.stdlib_module_names
