"""Expressions with j that Python's own numbers work out, against values by hand and against the general way."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

import pytest

from prover.errors import ExpressionError, InputError, LimitError, ProverError
from prover.exact.angle import Angle, axis_angle
from prover.exact.number import Exact, exact, power
from prover.language.evaluation import Scope, _operated, compiled, compiled_condition
from prover.language.expression import parse, parse_condition

NAMES = {"n", "third", "root", "zero", "huge", "p", "twice", "kind", "wild", "list"}
MOVING = frozenset({"twice", "kind", "wild", "bad", "worse"})
VALUES = {
    "n": exact(16), "third": exact(Fraction(1, 3)), "root": power(exact(2), Fraction(1, 2)), "zero": exact(0),
    "huge": exact(1 << 1000), "p": axis_angle("p"),
}
LETS = {"twice": "2*j + 1", "kind": "twice % 3", "wild": "root*j", "bad": "j % zero", "worse": "bad + bad"}
RATIONAL: dict[str, Callable[[int], Fraction]] = {
    "j": lambda j: Fraction(j),
    "2*j + 1": lambda j: Fraction(2 * j + 1),
    "-2*j/n": lambda j: Fraction(-2 * j, 16),
    "third*(j + 1) - j/2": lambda j: Fraction(j + 1, 3) - Fraction(j, 2),
    "j*j - n*j": lambda j: Fraction(j * j - 16 * j),
    "twice*third + twice": lambda j: (2 * j + 1) * Fraction(4, 3),
    "kind + n": lambda j: Fraction((2 * j + 1) % 3 + 16),
    "j % 5 + (j + 1/2) % third": lambda j: j % 5 + (j + Fraction(1, 2)) % Fraction(1, 3),
    "j // 3 + floor(j/2 - third)": lambda j: Fraction(j // 3 + floor(Fraction(j, 2) - Fraction(1, 3))),
    "ceil(j/3)*zero + ceil(third*j)": lambda j: Fraction(ceil(Fraction(j, 3))),
    "j*huge/huge": lambda j: Fraction(j),
    "(j if j % 2 == 0 else -j) + 1": lambda j: Fraction(j if j % 2 == 0 else -j) + 1,
}
CONDITIONS: dict[str, Callable[[int], bool]] = {
    "twice > n": lambda j: 2 * j + 1 > 16,
    "j % 3 == 1 and j < 2*third*n": lambda j: j % 3 == 1 and j < Fraction(32, 3),
    "j/2 != third*j": lambda j: j != 0,
    "kind <= 1 or j >= n - 4": lambda j: (2 * j + 1) % 3 <= 1 or j >= 12,
    "wild < n": lambda j: 2 * j * j < 256,
}


def _names() -> set[str]:
    return {*NAMES, *LETS}


def _scope() -> Scope:
    lets = {name: compiled(parse(text, _names(), ()), MOVING) for name, text in LETS.items()}
    return Scope(VALUES, lets, MOVING)


@pytest.mark.parametrize("text", RATIONAL)
def test_rational_values(text: str) -> None:
    """Each pair has the value that Python's fractions give, in any order of pairs; a whole one is told as such."""
    ready, scope = compiled(parse(text, _names(), ()), MOVING), _scope()
    for j in (*range(20), 1 << 16, 3):
        expected = RATIONAL[text](j)
        assert exact(expected) == ready.compute(scope.at(j))
        whole = ready.whole(scope)
        assert whole is None or (type(whole) is int and expected == whole)


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions(text: str) -> None:
    """Conditions on plain numbers, and on those that are none."""
    test, scope = compiled_condition(parse_condition(text, _names(), (), index=True), MOVING).test, _scope()
    assert [CONDITIONS[text](j) for j in range(20)] == [test(scope.at(j)) for j in range(20)]


def test_lanes_are_whole() -> None:
    """What lanes are made of needs no other numbers."""
    scope = _scope()
    assert [1, 3, 5] == [compiled(parse("twice", _names(), ()), MOVING).whole(scope.at(j)) for j in range(3)]
    assert [0, None, 1] == [compiled(parse("j/2", _names(), ()), MOVING).whole(scope.at(j)) for j in range(3)]
    assert compiled(parse("n", _names(), ()), MOVING).whole(scope) is None


@pytest.mark.parametrize("text", ["j*root", "wild + j", "j*p/n", "wild*p + j*p", "j + root - root"])
def test_what_is_not_rational(text: str) -> None:
    """Roots and angles go the general way, also after pairs at which the value was rational."""
    ready, term = compiled(parse(text, _names(), ()), MOVING), parse(text, _names(), ())
    root = VALUES["root"]
    assert isinstance(root, Exact)
    for j, scope in [(j, _scope().at(j)) for j in range(4)]:
        factor: dict[str, Exact | Angle] = {
            "j*root": root * exact(j), "wild + j": root * exact(j) + exact(j),
            "j*p/n": axis_angle("p").scaled(exact(Fraction(j, 16))),
            "wild*p + j*p": axis_angle("p").scaled(root * exact(j) + exact(j)), "j + root - root": exact(j),
        }
        found = ready.compute(scope)
        expected = factor[text]
        assert expected == found or (not j and found in (exact(0), Angle()))
        assert found == _operated(term, MOVING)(_scope().at(j))


@pytest.mark.parametrize(("text", "fault", "words"), [
    ("j % zero", ExpressionError, "division by zero"), ("bad + j", ExpressionError, "division by zero"),
    ("worse*2", ExpressionError, "division by zero"), ("p*j*p", ExpressionError, "positions are multiplied"),
    ("huge*huge*j", LimitError, "more than 1600 bits"), ("j*huge + huge*huge", LimitError, "more than 1600 bits"),
])
def test_faults_are_those_of_the_general_way(text: str, fault: type[ProverError], words: str) -> None:
    """What has no value, or one that is too long, is refused in the words of the general way."""
    term = parse(text, _names(), ())
    with pytest.raises(fault, match=words) as found:
        compiled(term, MOVING).compute(_scope().at(3))
    with pytest.raises(fault) as general:
        _operated(term, MOVING)(_scope().at(3))
    assert str(general.value) == str(found.value)


def test_a_chain_of_names_without_a_value_is_tried_once() -> None:
    """Forty names, each the double of the one before and the first without a value, are no long computation."""
    names = [f"x{i}" for i in range(40)]
    moving = frozenset(names)
    texts = ["j % zero", *(f"{a} + {a}" for a in names[:-1])]
    known = {*names, "zero"}
    lets = {name: compiled(parse(text, known, ()), moving) for name, text in zip(names, texts, strict=True)}
    with pytest.raises((ExpressionError, InputError), match="division by zero"):
        compiled(parse("x39 + 1", known, ()), moving).compute(Scope({"zero": exact(0)}, lets, moving).at(1))
