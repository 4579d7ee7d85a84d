"""Factors that are below 0 at some pairs, and what is said of pairs of another index: held against multisets."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from exact_layouts import File, Number, is_met
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import UndecidedError
from prover.theorem_checker import NotShown, check
from prover.theorems.certificate import theorem_certificate
from prover.theorems.evidence import asked_by
from prover.theorems.for_all import state_theorem
from prover.theorems.words import shown

# Every pair turns by a whole number. |j - m| and |j - m - 1| for j < n are the same numbers exactly where n == 2*m + 2:
# all that the one has and the other lacks is |n - 1 - m|, and the other way round |m + 1|.
FACTORS = (
    ("j - m", "j - m - 1"), ("m - j", "j - m - 1"), ("j - m - 1", "j - m"), ("j - m", "j - m - 2"),
    ("j - m", "m + 1 - j"), ("3*(j - m)", "3*j - 3*m - 3"), ("(j - m)*(m + 1)", "(j - m - 1)*(m + 1)"),
    ("j - m", "j - m"), ("j - m", "m - j"), ("j + m", "j + m + 1"),
)
SIZES = [(n, m) for m in (40, 41, 43) for n in (1, 2, m, m + 1, 2 * m, *range(2 * m, 2 * m + 5), 3 * m)]


def turns(factor: str, n: int, m: int) -> Counter[int]:
    """How often each number of turns is met, up to its sign; pairs that stand still aside."""
    return Counter(abs(value) for j in range(n) if (value := eval(factor, {}, {"j": j, "m": m})))


@pytest.mark.parametrize(("source", "target"), FACTORS)
def test_pairs_of_another_index(source: str, target: str, tmp_path: Path) -> None:
    """What is said of all sizes is so at sizes far from the small ones, where two sides meet in another order."""
    specs = []
    parameters = {"n": ("4", True, False, "n >= 1"), "m": ("50", True, False, "m >= 40")}
    for name, factor in (("source", source), ("target", target)):
        path = tmp_path / f"{name}.toml"
        path.write_text(File(parameters, "2*n", "n", f"t*({factor})", axes=("t",)).toml())
        specs.append(str(path))
    found = state_theorem(*specs, "n,m", [], [], Relation.LINEAR, Solver())
    scope, conditions = found.answer.scope.value, found.answer.condition
    for n, m in SIZES if scope != "open" else []:
        values = {"n": Number.of(Fraction(n)), "m": Number.of(Fraction(m))}
        said = scope == "always" or (
            scope == "sometimes" and all(is_met(shown(c, found.statement.variables), values) for c in conditions)
        )
        assert (turns(source, n, m) == turns(target, n, m)) is said, (n, m)
    try:
        check(theorem_certificate(found), asked_by(Solver()))
    except (UndecidedError, NotShown):
        return


def test_the_arithmetic() -> None:
    """The sizes above are on either side: the two meet at some, and not where a proof would stop looking."""
    assert [(n, m) for n, m in SIZES if turns("j - m", n, m) == turns("j - m - 1", n, m)] == [
        (82, 40), (84, 41), (88, 43)
    ]
