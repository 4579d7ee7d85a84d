"""Small sizes that a rewrite is tried at, and truths at points, against Python's own loops and arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
import sympy

from prover.language.smt import INT, Translator
from prover.language.symbolic import AllOf, AnyOf
from prover.theorems import trial
from prover.theorems.instance import small_points
from prover.theorems.points import Truth
from prover.theorems.study import make_statement
from prover.theorems.trial import small_sizes
from prover.theorems.variables import find_variables

SPECS = ("ggml/imrope:head_dim=n_rot", "ggml/mrope:head_dim=n_rot")
X, Y = sympy.symbols("x y", integer=True)


@pytest.mark.parametrize("most", [1, 36, 37, 4000, 60_000])
@pytest.mark.parametrize("where", [[], ["sections[1] > sections[0]"], ["sections[0] + sections[1] == 3", "n_rot > 4"]])
def test_small_sizes_are_those_of_a_plain_loop(
    most: int, where: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same points in the same order, as far as the same number of points is looked at, whatever is left out."""
    monkeypatch.setattr(trial, "MAX_LOOKED_AT", most)
    monkeypatch.setattr(trial, "LARGEST", 6)
    variables = find_variables(["n_rot", "sections"], SPECS)
    statement = make_statement(*SPECS, [], variables, where)
    extra: dict[str, Callable[[int, list[int]], bool]] = {
        "sections[1] > sections[0]": lambda n_rot, s: s[1] > s[0],
        "sections[0] + sections[1] == 3": lambda n_rot, s: s[0] + s[1] == 3,
        "n_rot > 4": lambda n_rot, s: n_rot > 4,
    }
    wanted, looked_at = [], 0
    for largest in range(7):
        for n_rot, *sections in product(range(largest + 1), repeat=5):
            if max(n_rot, *sections) == largest and looked_at < most:
                looked_at += 1
                is_head = n_rot > 0 and n_rot % 2 == 0 and max(sections[:3]) > 0 and sum(sections) <= n_rot
                if is_head and all(extra[text](n_rot, sections) for text in where):
                    wanted.append([n_rot, *sections])
    found = [[int(point[s]) for v in variables for s in v.symbols] for point in small_sizes(statement, {})]
    assert wanted == found


def test_a_hypothesis_without_a_value_is_not_met() -> None:
    """6/(n_rot - 2) > 1 for even n_rot: not at 2, where it is 6/0."""
    specs = ("ggml/neox:head_dim=n_rot",) * 2
    statement = make_statement(*specs, [], find_variables(["n_rot"], specs), ["6/(n_rot - 2) > 1"])
    assert [4, 6] == [int(value) for point in small_points(statement, 12, {}) for value in point.values()]


CONDITIONS: list[tuple[sympy.Basic, Callable[[Fraction, Fraction], bool | None]]] = [
    (sympy.Eq(sympy.Mod(X, Y, evaluate=False), 1, evaluate=False), lambda x, y: None if y == 0 else x % y == 1),
    (sympy.Lt(sympy.floor(X / 3, evaluate=False), Y, evaluate=False), lambda x, y: x // 3 < y),
    (sympy.Eq(1 / Y, X, evaluate=False), lambda x, y: None if y == 0 else 1 / y == x),
    (AnyOf(sympy.Eq(Y, 0, evaluate=False), sympy.Gt(X / Y, 2, evaluate=False)), lambda x, y: y == 0 or x / y > 2),
    (AllOf(sympy.Ne(X, Y, evaluate=False), sympy.Ge(sympy.Abs(X), 1, evaluate=False)),
     lambda x, y: x != y and abs(x) >= 1),
]


@pytest.mark.parametrize(("condition", "told"), CONDITIONS, ids=[str(row[0])[:40] for row in CONDITIONS])
def test_truths_are_those_of_fractions(
    condition: sympy.Basic, told: Callable[[Fraction, Fraction], bool | None]
) -> None:
    """At every point, the second time too, and without a value where something is divided by 0."""
    truth = Truth()
    for _ in range(2):
        for x, y in product(range(-3, 7), repeat=2):
            point = {X: sympy.Integer(x), Y: sympy.Integer(y)}
            assert told(Fraction(x), Fraction(y)) is truth.holds(condition, point), point


def test_a_remainder_is_told_in_each_question() -> None:
    """What was written once is written again with the facts about the constant that stands in it."""
    condition = AllOf(sympy.Gt(X, 0, evaluate=False), sympy.Eq(sympy.Mod(X, Y, evaluate=False), 1, evaluate=False))
    texts, facts = [], []
    for _ in range(2):
        translator = Translator.of({X: INT, Y: INT})
        texts.append(translator.condition(condition))
        facts.append(translator.declarations())
    assert texts[0] == texts[1]
    assert facts[0] == facts[1]
    assert "remainder" in texts[0]
    assert any("(assert" in line for line in facts[0])
