"""Layouts that have an expression in common have its values worked out once: never those of another expression."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from prover.errors import ProverError
from prover.exact.number import ONE, exact
from prover.layouts.layout import Layout
from prover.layouts.loading import load

LAYOUT = """
title = "shared"
axes  = ["p"]
width = "2*count"
[parameters]
count = {{ default = 3 }}
top   = {{ default = {top} }}
list  = {{ default = [5, 6, 7, 8] }}
[let]
rate = "{rate}"
over = "{over}"{more}
[pairs]
count  = "count"
first  = "{first}"
second = "{first} + {step}"
angle  = "{angle}"
"""
PLAIN = {
    "top": "12", "rate": "top/over", "over": "j + 1", "more": "", "first": "j", "step": "count", "angle": "p*rate",
}


def expanded(folder: Path, values: str = "", **text: str) -> Layout:
    """The layout of the plain text with some parts of it otherwise, from a file of its own."""
    path = folder / f"layout{len([*folder.iterdir()])}.toml"
    path.write_text(LAYOUT.format(**(PLAIN | text)), encoding="utf-8")
    return load(f"{path}{values}").layout


def numbers(layout: Layout) -> list[Fraction | None]:
    """The frequency of each pair."""
    return [pair.angle["p"].rational for pair in layout.pairs]


def test_two_pairings_have_their_angles_in_common(tmp_path: Path) -> None:
    """The same angles by name, and one object each; the lanes are each layout's own."""
    half, adjacent = expanded(tmp_path), expanded(tmp_path, more='\nlane = "2*j"', first="lane", step="1")
    assert [12, 6, 4] == numbers(half) == numbers(adjacent)
    assert all(one.angle is two.angle for one, two in zip(half.pairs, adjacent.pairs, strict=True))
    assert [(0, 3), (1, 4), (2, 5)] == [pair.read for pair in half.pairs]
    assert [(0, 1), (2, 3), (4, 5)] == [pair.read for pair in adjacent.pairs]


@pytest.mark.parametrize(("values", "text", "expected"), [
    (":count=2", {}, [12, 6]),
    (":top=6", {}, [6, 3, 2]),
    ("", {"top": "24"}, [24, 12, 8]),
    ("", {"over": "j + 2"}, [6, 4, 3]),
    ("", {"rate": "over/top"}, [Fraction(1, 12), Fraction(1, 6), Fraction(1, 4)]),
    ("", {"angle": "2*p*rate"}, [24, 12, 8]),
    ("", {"rate": "list[j]"}, [5, 6, 7]),
    (":list=1,2,3", {"rate": "list[j]"}, [1, 2, 3]),
    ("", {"rate": "3", "over": "top"}, [3, 3, 3]),
    ("", {"top": "'count*2'", "over": "top"}, [1, 1, 1]),
    (":count=2", {"top": "'count*2'", "over": "1"}, [4, 4]),
])
def test_what_an_expression_names_is_part_of_it(
    tmp_path: Path, values: str, text: dict[str, str], expected: list[Fraction | int]
) -> None:
    """A text of the same letters with another parameter, default, let or number of pairs has its own numbers."""
    for _ in range(2):
        assert [12, 6, 4] == numbers(expanded(tmp_path))
        assert expected == numbers(expanded(tmp_path, values, **text))


@pytest.mark.parametrize(("text", "expected"), [
    ({"first": "2*count - 1 - j", "step": "-count"}, [(5, 2), (4, 1), (3, 0)]),
    ({"first": "2*j + 1", "step": "-1"}, [(1, 0), (3, 2), (5, 4)]),
    ({"first": "(j + 1) % count"}, [(1, 4), (2, 5), (0, 3)]),
    ({"first": "list[j] - 5"}, [(0, 3), (1, 4), (2, 5)]),
])
def test_lanes_at_every_pair(tmp_path: Path, text: dict[str, str], expected: list[tuple[int, int]]) -> None:
    """Worked out by hand: lanes that rise or fall by a step, and lanes that do neither."""
    assert expected == [pair.read for pair in expanded(tmp_path, **text).pairs]


@pytest.mark.parametrize(("first", "lane"), [("floor((4 - j)/2)", 1), ("4*j**2 % 3 + j", 3)])
def test_lanes_that_clash(tmp_path: Path, first: str, lane: int) -> None:
    """By hand: first lanes 2, 1, 1, of which one is there twice; 0, 2, 3, and 3 is the second lane of pair 0."""
    with pytest.raises(ProverError, match=f"pair 2 would read lane {lane}[,;]"):
        expanded(tmp_path, first=first)


@pytest.mark.parametrize(("text", "where"), [
    ({"over": "j - 1"}, "angle at j=1"),
    ({"over": "j - 1", "first": "1/(j - 1)"}, "first at j=1"),
    ({"over": "j - 2", "first": "1/(j - 1)"}, "first at j=1"),
    ({"over": "j - 1", "first": "1/(j - 2)"}, "first at j=0|lane"),
    ({"over": "j", "first": "1/j"}, "first at j=0"),
])
def test_the_first_fault_is_told(tmp_path: Path, text: dict[str, str], where: str) -> None:
    """At the first pair that has one, and of its fields the first, though an angle is looked at for all pairs."""
    for _ in range(2):
        with pytest.raises(ProverError, match=where):
            expanded(tmp_path, **text)


def test_one_is_one_object() -> None:
    """However it is written: most numbers are held against it."""
    assert ONE is exact(1) is exact(Fraction(3, 3)) is exact(1)
    assert Fraction(1) == ONE.rational
    assert exact(-1) != ONE
