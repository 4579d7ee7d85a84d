"""Corners where a theorem goes wrong first: factors that vanish, heads without pairs, rungs that are not proved.

Each expected answer is worked out by hand, and held against brute force at small parameters.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from brute_force import Fields, layout, lowest, work_out
from prover.claims.relation import Outcome
from prover.theorems.words import shown
from random_statements import Case, prove_case, write, wrong

BOUNDS = ("n >= 1", "m >= 0", "base > 1")
PLAIN = Fields("2*n", "n", "2*j", "2*j + 1", "t")
ZERO = replace(PLAIN, width="2*n + 4", angle="t*(m - 17)*base**(-j/n)")
POWER = replace(PLAIN, width="2*n + 4", angle="t*base**j")
EMPTY = replace(PLAIN, width="2*abs(n - 17) + 1", count="abs(n - 17)", angle="t*base**(-j/n)")
EITHER = replace(PLAIN, angle="t*(m - 3)*base**(-j/n)")
DIVIDED = replace(PLAIN, angle="t*(m - 17)/(m - 17)*base**(-j/n)")
STILL = replace(PLAIN, width="2*n + 2", angle="0*t")
HALVES = replace(PLAIN, first="j", second="j + n")
REVERSED = replace(PLAIN, first="n - 1 - j", second="2*n - 1 - j")
FIRST, SECOND = (replace(PLAIN, magnitude=f"2 if j == {at} else 1") for at in (0, 1))


def case(source: Fields, target: Fields, names: str, limit: str = "linear", where: str = "", **bounds: str) -> Case:
    requires = (bounds.get("n", BOUNDS[0]), bounds.get("m", BOUNDS[1]), bounds.get("base", BOUNDS[2]))
    return Case(source, target, requires, names, where, ("", ("t", "h")), limit)


# The statement, then scope, outcome, condition and relation.
CASES = {
    "a factor is 0 at 17": (
        case(ZERO, replace(ZERO, count="n + 1"), "n,m,base"), "sometimes", "different", "m == 17",
        "identical",
    ),
    "a base that may be 0": (
        case(POWER, replace(POWER, count="n + 1"), "n,base", base="base >= 0"),
        "sometimes", "different", "base == 0", "identical",
    ),
    "a base that may be 1": (
        case(POWER, replace(POWER, angle="t*base**(j + 1)"), "n,base", base="base >= 0"),
        "sometimes", "different", "base == 1", "identical",
    ),
    "a factor of either sign": (
        case(EITHER, replace(EITHER, angle=f"-{EITHER.angle}"), "n,m,base"),
        "always", "equivalent", "True", "permutation",
    ),
    "both are 0, in other lanes": (
        case(replace(HALVES, angle="t*(m - 3)**2"), replace(PLAIN, angle="t*(3 - m)**2"), "n,m", "permutation"),
        "always", "equivalent", "True", "permutation",
    ),
    "no pairs at 17": (
        case(EMPTY, replace(EMPTY, angle="t*3*base**((1 - j)/n)"), "n,base"),
        "sometimes", "different", "n == 17", "identical",
    ),
    "lanes in the other order": (case(HALVES, REVERSED, "n", "identical"), "always", "equivalent", "True", "identical"),
    "lanes and exponents in the other order": (
        case(replace(HALVES, angle="t*base**(-j/n)"), replace(REVERSED, angle="t*base**(-(n - 1 - j)/n)"), "n,base",
             "identical"),
        "always", "equivalent", "True", "identical",
    ),
    "lanes swapped and turned back": (
        case(PLAIN, replace(PLAIN, first="2*j + 1", second="2*j", angle="-t"), "n", "identical"),
        "always", "equivalent", "True", "identical",
    ),
    "magnitudes change places, one pair": (
        case(FIRST, SECOND, "n", "permutation"), "always", "different", "True", "pair-map",
    ),
    # A permutation that moves pairs does it; it is not found, so nothing is said.
    "magnitudes change places": (
        case(FIRST, SECOND, "n", "permutation", "n > 1"), "always", "undecided", "True", "pair-map",
    ),
    "magnitudes change places, identical": (
        case(FIRST, SECOND, "n", "identical", "n > 1"), "always", "different", "True", "pair-map",
    ),
    "a magnitude that is 1 at 0": (
        case(replace(PLAIN, width="2*n + 2", magnitude="m + 1"), replace(PLAIN, width="2*n + 2"), "n,m", "identical",
             n="n >= 0"),
        "always", "different", "True", "pair-map",
    ),
    "divided by what may be 0": (
        case(DIVIDED, replace(PLAIN, angle="t*base**(-j/n)"), "n,m,base"),
        "open", "undecided", "True", None,
    ),
    "divided by what is not 0": (
        case(DIVIDED, replace(PLAIN, angle="t*base**(-j/n)"), "n,m,base", where="m != 17"),
        "always", "equivalent", "True", "identical",
    ),
    "past the end of a choice": (
        case(replace(PLAIN, angle="(t/j if j > 0 else 0)*base**(-j/n)"),
             replace(PLAIN, angle="(t/j if j > 0 else 0)*base**((1 - j)/n)"), "n,base"),
        "sometimes", "different", "n == 1", "identical",
    ),
    "pairs that stand still are lanes that pass": (
        case(STILL, replace(STILL, count="n + 1"), "n"),
        "always", "equivalent", "True", "identical",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_corner(name: str, tmp_path: Path) -> None:
    """Scope, outcome, condition and relation are as worked out by hand, and brute force has nothing against them."""
    stated, scope, outcome, condition, relation = CASES[name]
    found = prove_case(stated, tmp_path)
    assert found is not None
    assert (scope, outcome) == (found.answer.scope.value, found.outcome.value)
    if scope != "open":
        said = " and ".join(shown(c, found.statement.variables) for c in found.answer.condition) or "True"
        for n, m, base in product(range(1, 21), range(20), map(Fraction, (0, 1, 2, "1/2"))):
            values = {"n": n, "m": m, "base": base}
            if all(work_out(text, values) for text in (*stated.requires, stated.where or "True")):
                assert work_out(condition, values) == work_out(said, values), values
        assert relation == (found.relation.value if found.relation else None)
    assert "" == wrong(stated, found)


@pytest.mark.parametrize(("name", "at"), [("a factor is 0 at 17", "m"), ("no pairs at 17", "n")])
def test_at_seventeen_they_are_identical(name: str, at: str) -> None:
    """Brute force, at the one number where what was once called "never" holds."""
    stated = CASES[name][0]
    values = {"n": 2, "m": 1, "base": Fraction(3)} | {at: 17}
    sides = [layout(fields, values) for fields in (stated.source, stated.target)]
    assert "identical" == lowest(*sides)
    beside = [layout(fields, values | {at: 16}) for fields in (stated.source, stated.target)]
    assert lowest(*beside) is None


def test_a_list_is_not_read_past_its_end(tmp_path: Path) -> None:
    """A pair index may lie past the end of a list of two, where there is no kernel: nothing is said of all sizes."""
    from prover.claims.relation import Relation
    from prover.claims.solver import Solver
    from prover.theorems.for_all import state_theorem

    path = tmp_path / "list.toml"
    path.write_text("""
title = "list"
axes  = ["t"]
width = "2*n"
[parameters]
n = { default = 2, whole = true, require = "n >= 1" }
s = { default = [1, 2], whole = true }
[pairs]
count  = "n"
first  = "2*j"
second = "2*j + 1"
angle  = "t*s[j]"
""")
    open_one, closed = (
        state_theorem(str(path), str(path), "n,s", where, [], Relation.LINEAR, Solver()) for where in ([], ["n <= 2"])
    )
    assert (Outcome.UNDECIDED, Outcome.EQUIVALENT) == (open_one.outcome, closed.outcome)


def test_a_choice_within_an_exponent_of_an_exponent(tmp_path: Path) -> None:
    """2**(2**(j + 1)) at pair 0, where m > 0, is the same as itself, and no 2**(2**j)."""
    from prover.claims.relation import Relation
    from prover.claims.solver import Solver
    from prover.theorems.for_all import state_theorem

    paths = [tmp_path / "chosen.toml", tmp_path / "plain.toml"]
    for path, exponent in zip(paths, ("j + (1 if m > j else 0)", "j"), strict=True):
        path.write_text(f"""
title = "exponents"
axes  = ["p"]
width = "2*n"
[parameters]
n = {{ default = 4, whole = true, require = "n > 0" }}
m = {{ default = 2, whole = true, require = "m > 0" }}
[pairs]
count  = "n"
first  = "2*j"
second = "2*j + 1"
angle  = "p*2**(2**({exponent}))"
""")
    chosen, plain = map(str, paths)
    same, other = (
        state_theorem(chosen, target, "n,m", [], [], Relation.LINEAR, Solver()) for target in (chosen, plain)
    )
    assert Outcome.EQUIVALENT == same.outcome
    assert other.outcome in (Outcome.DIFFERENT, Outcome.UNDECIDED)


def test_a_solver_that_forgets_a_corner_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a solver that denies factors of 0 the theorem is wrong at 17 alone, and the gate has a point there."""
    from prover.errors import EvidenceError
    from prover.theorems import signs

    real = signs.Signs.is_positive
    monkeypatch.setattr(signs.Signs, "is_positive", lambda self, e: e.has(*e.free_symbols) or real(self, e))
    with pytest.raises(EvidenceError, match="m=17"):
        prove_case(CASES["a factor is 0 at 17"][0], tmp_path)


def test_points_are_at_the_corners(tmp_path: Path) -> None:
    """The bounds of hypotheses, met and missed by one, no pairs, and a vanishing factor are among the points tried."""
    from prover.claims.solver import Solver
    from prover.theorems.points import Truth, tried_points
    from prover.theorems.study import Study, make_statement
    from prover.theorems.variables import find_variables

    stated = case(EMPTY, replace(EMPTY, angle="t*(m - 40)*base**(-j/n)"), "n,m,base", where="m != 5")
    specs = [write(tmp_path / f"{name}.toml", fields, stated.requires)
             for name, fields in (("source", stated.source), ("target", stated.target))]
    statement = make_statement(*specs, [], find_variables(["n", "m", "base"], specs), [stated.where])
    tried, _ = tried_points(Study(statement, Solver()), (), Truth())
    seen = {(str(s), int(v)) for point in tried for s, v in point.items() if v.is_Integer}
    assert {("n", n) for n in (1, 2, 16, 17, 18)} <= seen
    assert {("m", m) for m in (0, 1, 4, 6, 39, 40, 41)} <= seen
    assert all(("m", 5) not in {(str(s), int(v)) for s, v in point.items()} for point in tried)
