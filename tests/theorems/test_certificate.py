"""Theorem certificates say what the layouts and the theorem say: their texts, worked out by Python, at small sizes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sympy

from brute_force import NoLayout, layout, lowest
from certified_layouts import JSON, alike, point_of, pulled, value, worked_out
from conftest import symbolic_file
from fresh_processes import python
from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.errors import ProverError, UndecidedError
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.layouts.spec import beside
from prover.resources import PROOFS
from prover.theorems.certificate import theorem_certificate
from prover.theorems.for_all import state_theorem
from prover.theorems.instance import Point, small_points, spec_at
from prover.theorems.study import Statement
from prover.theorems.symbolic import read_hypotheses, symbolic_layout
from prover.theorems.variables import find_variables
from random_statements import points as brute_points
from random_statements import prove_case, random_case

STORED = sorted((PROOFS / "theorems").glob("*.json"))
NAMES = [path.stem for path in STORED]
MOST = 8
# With two lists of sections the small points are too many to go through: sections, and parts, with as many pairs.
GIVEN = {
    "theorem-4-imrope-mrope-other-sections": (("1100", "2000"), ("1110", "0300"), ("0202", "1120")),
    "theorem-15-imrope-mrope-only-111": (("2110", "1120"), ("2110", "1111"), ("2011", "2020"), ("2110", "1101")),
}


@cache
def shipped(name: str) -> tuple[JSON, Statement]:
    """A stored certificate, and the statement of its file."""
    path = PROOFS / "theorems" / f"{name}.toml"
    stated = tomllib.loads(path.read_text())
    specs = [beside(path, stated[key]) for key in (("old", "new") if "old" in stated else ("source", "target"))]
    variables = find_variables(stated["for_all"], specs)
    loops = ("old", "new") if "old" in stated else ("", "")
    sides = [symbolic_layout(spec, variables, loop) for spec, loop in zip(specs, loops, strict=True)]
    where = read_hypotheses(stated.get("where", []), variables, sides)
    return json.loads(path.with_suffix(".json").read_text()), Statement(sides[0], sides[1], (), variables, where)


def points(name: str) -> Iterator[tuple[dict[str, Any], Point]]:
    """Those of the certificate and small ones, as Python and as the package have them."""
    root, statement = shipped(name)
    stated = [point_of(each) for each in root["evidence"]["points"].values() if each is not None]
    stated += [
        point_of({"head_dim": "8", "n_rot": str(2 * sum(map(int, sections))), "base": "10000",
                  "sections": list(sections), "parts": list(parts)})
        for sections, parts in GIVEN.get(name, ())
    ]
    for each in stated:
        yield each, {s: sympy.Rational(str(v)) for variable in statement.variables for s, v in zip(
            variable.symbols, each[variable.name] if variable.is_list else [each[variable.name]], strict=True)}
    real = [v for v in statement.variables if not v.is_whole]
    reals = {s: sympy.Rational(str(stated[0][v.name])) for v in real for s in v.symbols}
    for point in islice(small_points(statement, 8, reals), 0 if name in GIVEN else MOST):
        yield point_of({v.name: [str(point[s]) for s in v.symbols] if v.is_list else str(point[v.symbols[0]])
                        for v in statement.variables}), point


def sides(name: str, point: Point) -> list[Layout] | None:
    """The two layouts at a point as the package expands them; None where one is refused."""
    _, statement = shipped(name)
    try:
        return [load(spec_at(side, statement.variables, point)).layout for side in (statement.source, statement.target)]
    except ProverError:
        return None


def test_every_theorem_has_a_certificate() -> None:
    """Theorems and rewrites, those that are refuted among them."""
    assert {path.stem for path in (PROOFS / "theorems").glob("*.toml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_layouts_in_full_are_those_of_the_specs(name: str) -> None:
    """Rules, `like` and lets written out come to the pairs that the exact engine has of the spec, at small sizes."""
    root, _ = shipped(name)
    held = 0
    for numbers, point in points(name):
        found = sides(name, point)
        if found is None:
            continue
        for side, expected in zip(("source", "target"), found, strict=True):
            width, pairs, _ = worked_out(root[side], numbers)
            assert (width, len(pairs)) == (expected.width, len(expected.pairs))
            assert list(root[side]["axes"]) == list(expected.axes)
            for pair, exact in zip(pairs, expected.pairs, strict=True):
                assert pair.lanes == (*exact.read, *exact.write)
                assert pair.magnitude == pytest.approx(to_float(exact.magnitude), rel=1e-9)
                alpha, beta, _, _ = exact.angles
                assert alike(pair.angle, {axis: to_float(f) for axis, f in alpha.frequencies})
                assert alike(pair.sine, {axis: to_float(f) for axis, f in beta.frequencies})
        held += 1
    assert held >= 3


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("theorem")])
def test_conditions_tell_where_pairs_turn_alike(name: str) -> None:
    """Where the condition holds pair j of the target turns as the pair `order` of the source does, at every j; where it
    fails, one of the pairs that the witness names does not.
    """
    root, _ = shipped(name)
    answer, evidence = root["answer"], root["evidence"]
    seen = set()
    for numbers, point in points(name):
        if sides(name, point) is None:
            continue
        source, target = (worked_out(root[side], numbers)[1] for side in ("source", "target"))

        def same(i: int, j: int, source: list[Any] = source, target: list[Any] = target) -> bool:
            ours, theirs = ({} if k >= len(each) else each[k].angle for k, each in ((i, source), (j, target)))
            mine, other = (
                {f"{n} {c}": v for n, feed in enumerate(root["feeds"]) for c, v in pulled(turn, feed, side).items()}
                if turn else {} for turn, side in ((ours, "source"), (theirs, "target"))
            )
            return any(alike(mine, other, sign) for sign in (1, -1))

        holds = answer["scope"] != "never" and all(value(c, numbers) for c in answer["condition"])
        seen.add(holds)
        if holds and root["answer"]["elsewhere"] == "linear":
            order = evidence["order"] or "j"
            assert all(same(int(value(order, {**numbers, "j": j})), j) for j in range(len(target)))
        elif not holds and evidence["refutation"]["rule"] in ("own-index", "ordered"):
            failing = next(c for c in answer["condition"] or ["0 == 1"] if not value(c, numbers))
            named = [int(value(i, numbers)) for clause, i in evidence["refutation"]["witness"] if clause == failing]
            assert any(j < max(len(source), len(target)) and not same(j, j) for j in named)
        elif not holds:
            assert evidence["refutation"]["rule"] == "lanes" or not all(
                same(j, j) for j in range(max(len(source), len(target))))
    assert seen == {"always": {True}, "never": {False}, "sometimes": {True, False}}[answer["scope"]]


def test_the_rows_of_a_permutation() -> None:
    """By hand: pairs (0,1), (2,3), (4,5) of 8 lanes become (0,3), (1,4), (2,5); with two lanes in front they move."""
    plain = shipped("theorem-1-normal-to-neox")[0]["evidence"]["permutation"]
    moved = shipped("theorem-1-normal-to-neox-offset")[0]["evidence"]["permutation"]
    at = {"head_dim": 8, "n_rot": 6, "base": 2}
    assert [0, 2, 4, 1, 3, 5, 6, 7] == [int(value(plain, {**at, "lane": lane})) for lane in range(8)]
    assert [0, 1, 2, 4, 6, 3, 5, 7] == [int(value(moved, {**at, "offset": 2, "lane": lane})) for lane in range(8)]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("rewrite")])
def test_invariants_are_what_loops_carry(name: str) -> None:
    """Plain Python runs the loop: at every pair each invariant that applies, the first of its value, is what it has."""
    root, _ = shipped(name)
    met = set()
    for numbers, point in points(name):
        if sides(name, point) is None:
            continue
        for row in root["evidence"]["invariant"]:
            carried = worked_out(root[row["side"]], numbers)[2]
            for j, state in enumerate(carried):
                here = {**numbers, **state, "j": j}
                if value(row["when"], here):
                    met.add(row["value"])
                    assert float(value(row["value"], here)) == pytest.approx(float(state[row["state"]]), rel=1e-9), here
    assert {row["value"] for row in root["evidence"]["invariant"]} == met


def test_pairs_in_another_order(tmp_path: Path) -> None:
    """The same pairs counted from the last one: pair j of the one is pair n_rot//2 - 1 - j of the other."""
    exponent = "(n_rot//2 - 1 - j)"
    first = symbolic_file(tmp_path / "first.toml", "t*base**(-2*j/n_rot)", "2*j", "2*j + 1")
    last = symbolic_file(
        tmp_path / "last.toml", f"t*base**(-2*{exponent}/n_rot)", f"2*{exponent}", f"2*{exponent} + 1")
    found = state_theorem(first, last, "n_rot,base,sections", [], [], None, Solver())
    root = json.loads(theorem_certificate(found))
    assert (Outcome.EQUIVALENT, "identical", 1) == (found.outcome, root["answer"]["relation"], root["evidence"]["sign"])
    order = root["evidence"]["order"]
    assert [3, 2, 1, 0] == [int(value(order, {"n_rot": 8, "j": j})) for j in range(4)]


@pytest.mark.parametrize("seed", [64, 70, 73, 80, 81, 88, 91, 92])
def test_random_statements(seed: int, tmp_path: Path) -> None:
    """Against brute force over the files as they were written: the layouts in the certificate are theirs at all small
    sizes, and the condition in it holds exactly where something linear makes the two equal.
    """
    case = random_case(seed)
    found = prove_case(case, tmp_path)
    assert found is not None
    root = json.loads(theorem_certificate(found))
    free, seen = [v["name"] for v in root["variables"]], 0
    for numbers in brute_points(case):
        try:
            sides = [layout(fields, numbers, case.feed[1]) for fields in (case.source, case.target)]
        except NoLayout:
            continue
        at = {name: Fraction(numbers[name]) for name in free}
        for side, (width, turns) in zip(("source", "target"), sides, strict=True):
            own_width, pairs, _ = worked_out(root[side], at)
            assert (own_width, len(pairs)) == (width, len(turns))
            assert [pair.lanes for pair in pairs] == [(*turn.read, *turn.write) for turn in turns]
            assert [pair.magnitude for pair in pairs] == pytest.approx([turn.magnitude for turn in turns])
        holds = root["answer"]["scope"] != "never" and all(value(c, at) for c in root["answer"]["condition"])
        assert holds is (lowest(*sides) is not None)
        seen += 1
    assert seen >= 3


LANE = """
title = "a parameter called lane"
axes  = ["p"]
width = "2*n"

[parameters]
n    = { default = 4, whole = true, require = "n > 0" }
lane = { default = 3, whole = true, require = "lane > 0" }

[pairs]
count  = "n"
first  = "j"
second = "j + n"
angle  = "p*(j + lane)"
"""
BOTH = """
title = "a default that is made of another parameter"
axes  = ["p"]
width = "2*n"

[parameters]
n = { default = 4, whole = true, require = "n > 0" }
m = { default = "n", whole = true }
k = { default = "m", whole = true }

[pairs]
count  = "n"
first  = "j"
second = "j + n"
angle  = "p*(j + k)"
"""
TURNS = LANE.replace("lane", "k").replace("p*(j", "p*pi*(j")


@pytest.mark.parametrize(("text", "first", "second", "names", "reason"), [
    (LANE, ":n=2", ":n=2", "lane", "calls lanes 'lane'"),
    (BOTH, ":m=n", ":m=n", "n,m", "cannot tell them apart"),
    (TURNS, ":k=1", ":k=3", "n", "nothing is proved for all sizes"),
])
def test_what_has_no_certificate_says_so(
    text: str, first: str, second: str, names: str, reason: str, tmp_path: Path
) -> None:
    """A name that a certificate would read as something else, and what is not proved for all sizes."""
    path = tmp_path / "layout.toml"
    path.write_text(text)
    found = state_theorem(f"{path}{first}", f"{path}{second}", names, [], [], None, Solver())
    with pytest.raises(UndecidedError, match=reason):
        theorem_certificate(found)


def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Whatever hashes are, two processes write the same certificate."""
    paths = [tmp_path / f"{seed}.json" for seed in (1, 2)]
    for seed, path in zip((1, 2), paths, strict=True):
        asked = ["solve", "ggml/mrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--over", "n_rot,base,sections",
                 "--feed", "text", "--certificate", str(path)]
        code = (f"import os, sys; os.environ['PYTHONHASHSEED'] = '{seed}'; "
                f"os.execv(sys.executable, [sys.executable, '-m', 'prover', *{asked!r}])")
        assert 1 == python("-c", code)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("path", STORED, ids=NAMES)
def test_instances_call_the_layouts_as_the_whole_does(path: Path) -> None:
    """So that the same theorem has the same bytes wherever its files lie."""
    root = json.loads(path.read_text())
    for side in ("source", "target"):
        called = root[side]["name"].split(":")[0]
        assert all(each[side]["name"].split(":")[0] == called for each in root["evidence"]["instances"])
