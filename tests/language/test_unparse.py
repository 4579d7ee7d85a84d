"""Terms as text: what is written is read back as the same term, over all that is shipped and over made-up trees."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from prover.language.expression import parse, parse_condition
from prover.language.term import Term
from prover.language.unparse import term_text
from prover.layouts.family import Family
from prover.layouts.loading import family_of
from prover.layouts.spec import catalogue, parse_spec

ROOT = Path(__file__).parents[2]
REWRITES = sorted((ROOT / "proofs" / "rewrites").glob("*.toml"))


def terms(family: Family) -> Iterator[tuple[bool, Term]]:
    """Every expression of a family, and whether it is a condition."""
    yield False, family.width
    for _, e in family.lets:
        yield False, e
    for _, initial, step in family.states:
        yield from ((False, initial), (False, step))
    for block in family.blocks:
        parts = (block.count, block.first, block.second, block.write_first, block.write_second, block.angle,
                 block.magnitude, *block.more_angles.values())
        yield from ((False, part) for part in parts)
    for each in (*family.requirements, *family.warnings):
        yield True, each.condition
    for parameter in family.parameters:
        if isinstance(parameter.default, Term):
            yield False, parameter.default
        if parameter.requirement is not None:
            yield True, parameter.requirement


def read(family: Family, text: str, is_condition: bool) -> Term:
    lists = [p.name for p in family.parameters if p.is_list] + ["axes"]
    names = [p.name for p in family.parameters if not p.is_list] + [name for name, _ in family.lets]
    names += [name for name, *_ in family.states] + list(family.axes)
    return (parse_condition if is_condition else parse)(text, names, lists, True)


@pytest.mark.parametrize("spec", [*catalogue(), *map(str, REWRITES)], ids=lambda spec: Path(spec).stem)
def test_every_expression_that_is_shipped_is_read_back_as_it_was(spec: str) -> None:
    """Rules, `like` and lets included: a family holds the terms that they come to."""
    family = family_of(parse_spec(spec))[0]
    found = list(terms(family))
    assert found
    for is_condition, term in found:
        assert read(family, term_text(term), is_condition) == term


@pytest.mark.parametrize("text", [
    "-2*j/n", "-(2*j)/n", "-(2*j/n)", "2**-j", "(-2)**j", "-2**j", "a - (b - c)", "a - b - c", "a/(b/c)", "a/b/c",
    "a*(b/c)", "(a + b)*c", "a % b % c", "a % (b*c)", "a//b//c", "a//(b//c)", "2**3**j", "(2**3)**j", "a - 1/3",
    "-1/3*a", "1/3/a", "a if j < b else b if j == c else c", "(a if j < b else b) + c", "min(a, b, c)", "sqrt(a + b)",
    "x[j % 3] + sum(x) - len(x)*min(x)/max(x)", "--a", "-(-a)", "3 - 5*a", "3*2**-1*a", "2*3**-1", "1e400 + a",
    "1234567890123456789012345678901234567891e3*10*a",
    "(123456789012345678901234567890123456789e1+7)*1e3*a+1234567890123456789012345678901234567891*1001",
    "a*1e-30", "f[0]", "1.5e-10*a", "abs(-a)*log(b)*ceil(a/2)",
    "a if not (j < b or a == b) and c > 1 else b", "a if (j < b and b < c) and c > 1 else b", "a if 1 < a < b else c",
    "a if a else b", "7//2*a", "floor(a)", "a*-1", "1/a", "-1/a", "0/a", "a**0.5", "a**(b/2)",
    "2/(3*a)", "0*1e-300 + a",
])
def test_readings_that_are_easily_mixed_up(text: str) -> None:
    """Signs, divisions and powers in a row, numbers that are put together, and choices inside others."""
    term = parse(text, ["a", "b", "c", "n"], ["x", "f"])
    assert parse(term_text(term), ["a", "b", "c", "n"], ["x", "f"]) == term


def test_random_texts_mean_what_they_meant() -> None:
    """Expressions written with all parentheses, without the ones that are not needed: Python gives the same value."""
    generator = random.Random(20)

    def made(depth: int) -> str:
        if depth == 0:
            return generator.choice(["a", "b", "2", "3", "j"])
        left, right = made(depth - 1), made(depth - 1)
        kind = generator.randrange(7)
        if kind == 6:
            return f"(({left}) if (({right}) < ({made(0)})) else ({made(depth - 1)}))"
        if kind == 5:
            return f"(-({left}))"
        return f"(({left}) {'+-*/'[kind] if kind < 4 else '*'} ({right}))"

    different = 0
    for _ in range(400):
        text = made(generator.randrange(1, 5))
        term = parse(text, ["a", "b"], [])
        shown = term_text(term)
        assert parse(shown, ["a", "b"], []) == term
        values = {"a": Fraction(5, 7), "b": Fraction(-3, 11), "j": Fraction(13)}
        try:
            expected = eval(with_fractions(text), {}, values | {"F": Fraction})
        except ZeroDivisionError:
            continue
        assert eval(with_fractions(shown), {}, values | {"F": Fraction}) == expected
        different += shown != text
    assert different > 300


def with_fractions(text: str) -> str:
    """Whole numbers as fractions, so that Python divides exactly."""
    return re.sub(r"\d+", r"F(\g<0>)", text)
