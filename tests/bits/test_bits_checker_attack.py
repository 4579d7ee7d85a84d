"""Attacks on the checker of bits: what is beyond it or true is not called wrong, and words say all that was checked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from bits_statements import AS_WRITTEN, JSON, changed, differing, equal, feed, kernel, sealed

from prover.api import check as told
from prover.bits.bitwise import compare_bits
from prover.bits.certificate import evidence_of
from prover.bits_checker import NotShown, Rejected, check
from prover.claims.solver import Solver
from prover.errors import InputError

LAYOUT = """
title = "test"
axes  = ["p"]
width = "4"
[parameters]
base = {{ default = 100 }}
[pairs]
count  = "2"
first  = "j"
second = "j + 2"
write_first  = "2*j"
write_second = "2*j + 1"
angle  = "p*base**(-j/2)"
[recipe]
precision = "float32"
angle     = "{angle}"
least     = "{least}"
[recipe.let]
{name} = "base**(-j/2)"
"""


def layout(folder: Path, name: str = "f", angle: str = "p*f", least: str = "0") -> str:
    """The path of a layout that reads halves and writes neighbours."""
    path = folder / f"{name}{len(angle)}.toml"
    path.write_text(LAYOUT.format(name=name, angle=angle, least=least))
    return str(path)


@pytest.mark.parametrize("lanes", [[[0, 2, 1, 3]], [[0, 1, 2, 3]], [[0, 2, 1, 0], [1, 3, 3, 2]]])
def test_lanes_that_are_written_and_not_read_need_no_bits(lanes: list[list[int]]) -> None:
    """A difference at a lane that the head is not read at: it has no number there, and needs none."""
    found = differing(equal(kernel(lanes=lanes), kernel(lanes=lanes, angle="p*f*f*3")))
    assert found is not None
    assert "different" == check(sealed(found)).bits


def test_a_layout_that_writes_other_lanes_than_it_reads_has_a_certificate(tmp_path: Path) -> None:
    """f*3/3 is rounded twice; the head has no bits at a lane that is only written."""
    first, second = layout(tmp_path), layout(tmp_path, angle="p*f*3/3")
    found = compare_bits(first, second, [], Solver())
    assert ("different", "checked") == (found.outcome.value, evidence_of(found).strength)


@pytest.mark.parametrize("name", ["len", "axes", "pi", "lambda", "a" * 41])
def test_a_name_of_a_recipe_is_a_name_of_the_language(name: str, tmp_path: Path) -> None:
    """As those of the layout are."""
    with pytest.raises(InputError, match="is taken or no name"):
        compare_bits(*[layout(tmp_path, name=name, angle=f"p*{name}")] * 2, [], Solver())


@pytest.mark.parametrize("change", [{"angle": "p*f if len(axes) == 1 else p"}, {"least": "2**-5000"}])
def test_what_the_checker_does_not_take_is_no_failure(change: dict[str, str], tmp_path: Path) -> None:
    """Two recipes that are the same, with something that certificates have no room for: the solver's answer stands."""
    found = compare_bits(*[layout(tmp_path, **change)] * 2, [], Solver())
    evidence = evidence_of(found)
    assert ("equivalent", "solver only") == (found.outcome.value, evidence.strength)
    assert "the checker could not show it" in evidence.reason


@pytest.mark.parametrize(("field", "value"), [
    (["source", "recipe", "least"], f"1/{2**4000}"), (["source", "parameters", 0, 1], "1" * 2000),
])
def test_long_numbers_are_beyond_the_checker(field: list[Any], value: str) -> None:
    """They may be right."""
    with pytest.raises(NotShown, match="a number of this length"):
        check(sealed(changed(equal(kernel(), kernel()), field, value)))


def test_a_sum_of_unlike_denominators_is_bounded() -> None:
    """Ten thousand denominators of 330 bits have a common one of three million."""
    own = kernel(angle="p*f if sum(list) > 0 else p",
                 parameters=[["base", "10000"], ["list", [f"1/{10**98 + 2*i + 1}" for i in range(10_000)]]])
    start = time.process_time()
    with pytest.raises(NotShown, match="a number of this size"):
        check(sealed(equal(own, own)))
    assert time.process_time() - start < 5


def test_feeds_have_names_of_their_own() -> None:
    """A difference is told by the name of its feed, of which the first 200 letters are said."""
    for first, second in (("text", "text"), ("t" * 200 + "a", "t" * 200 + "b")):
        feeds: list[JSON] = [{**feed(), "name": first},
                 {**feed(), "name": second, "target": {"p": {"p": "2"}}, "source": {"p": {"p": "2"}}}]
        root = {**equal(kernel(), kernel()), "feeds": feeds, "answer": {"bits": "equal", "points": [{"p": 1}] * 2}}
        with pytest.raises(Rejected, match="two feeds of one name"):
            check(sealed(root))
        feeds[1]["name"] = "image"
        assert "equal" == check(sealed(root)).bits


LANES = {
    "halves": ([[i, i + 4, i, i + 4] for i in range(4)], "(0, 4) to (0, 4) ... (3, 7) to (3, 7)"),
    "neighbours": ([[2 * i, 2 * i + 1, 2 * i, 2 * i + 1] for i in range(4)], "(0, 1) to (0, 1) ... (6, 7) to (6, 7)"),
    "one pair": ([[5, 3, 0, 1]], "(5, 3) to (0, 1)"),
    "no even steps": ([[0, 1, 0, 1], [2, 3, 2, 3], [4, 7, 4, 7], [5, 6, 5, 6]],
                      "(0, 1) to (0, 1) ... (2, 3) to (2, 3), (4, 7) to (4, 7) ... (5, 6) to (5, 6)"),
}


@pytest.mark.parametrize("name", LANES)
def test_lanes_are_said(name: str) -> None:
    """Which lanes a pair reads and writes is part of the statement."""
    lanes, text = LANES[name]
    own = kernel(width=8, lanes=lanes)
    assert 2 == check(sealed(equal(own, own))).statement.count(f"  lanes: {text}")


def test_what_is_carried_exactly_and_what_is_rounded_are_told_apart() -> None:
    """The same text means other bits in the layout and in the recipe."""
    step = ["turn", "1/3", "turn + 1/3"]
    exact = kernel(exact_states=[step], angle="p*turn")
    rounded = kernel(states=[step], angle="p*turn")
    with pytest.raises(Rejected, match="the operations for lane"):
        check(sealed(equal(exact, rounded)))
    said = [" ".join(check(sealed(equal(own, own))).statement) for own in (exact, rounded)]
    assert said[0] != said[1]
    assert "exactly, from pair to pair: turn begins as" in said[0]
    assert "rounded, from pair to pair: turn begins as" in said[1]


def test_a_line_about_equal_bits_has_its_premises() -> None:
    """With `least` 1 nothing but 0, 1 and larger numbers is spoken of, which the one line of `check` must not hide."""
    narrow: JSON = {"head": "bfloat16", "table": "bfloat16", "least": "1/1024"}
    root = equal(kernel(**narrow), kernel(**narrow, contract=True))
    same = "the bits of all 4 lanes are the same at every position at which all numbers are finite"
    assert (f"{same}, whichever products a compiler fuses with sums, of heads, cosines and sines that are 0 or not "
            "below 2**-10") == told(sealed(root)).proved
    assert same == told(sealed(equal(kernel(), kernel()))).proved


def test_a_line_about_other_bits_says_what_compilers_do() -> None:
    """A difference for one choice of a compiler is none for all."""
    found = differing(equal(kernel(), kernel(contract=True)))
    assert found is not None
    assert told(sealed(found)).proved.endswith(
        f", compiled with {AS_WRITTEN} and {json.loads(sealed(found))['answer']['compiled'][1]}")
    plain = differing(equal(kernel(), kernel(angle="p*f*f*3")))
    assert plain is not None
    assert "compiled" not in told(sealed(plain)).proved


CONTRACTED: dict[str, JSON] = {
    "times 1": {"rotated": ["x*cos*1 - y*sin*1", "x*sin + y*cos"]},
    "1 times": {"rotated": ["1*(x*cos) - 1*(y*sin)", "x*sin + y*cos"]},
    "times -1": {"rotated": ["x*cos*-1 - y*sin*-1", "x*sin + y*cos"]},
    "fused with 1": {"rotated": ["fma(1, x*cos, -y)", "x*sin + y*cos"]},
    "fused with 1, the product last": {"rotated": ["fma(x*cos, 1, -y)", "x*sin + y*cos"]},
    "times a parameter of 1": {"angle": "p*f*unit + p", "parameters": [["base", "10000"], ["unit", "1"]]},
    "divided by 1": {"angle": "p*f/1 + p"},
    "divided by 2": {"angle": "p*f/2 + p"},
    "a square": {"angle": "f**2 + p"},
    "the size of a square": {"angle": "abs(f*f) + p"},
    "the larger of two alike": {"angle": "max(p*f, p*f) + p"},
}


@pytest.mark.parametrize("name", CONTRACTED)
def test_compilers_fuse_what_folding_leaves(name: str) -> None:
    """GCC 12 with -mfma makes one fmsub of x*c*1.0f - y*s*1.0f, as of x*c - y*s, and takes x*x for pow(x, 2)."""
    plain, free = kernel(**CONTRACTED[name]), kernel(**CONTRACTED[name], contract=True)
    if "rotated" in CONTRACTED[name]:
        free["recipe"]["rotated"][1] = plain["recipe"]["rotated"][1] = "x"  # the other lane is the same
    for source, target in ((plain, free), (free, plain), (free, free)):
        with pytest.raises(Rejected, match="the operations for lane 0 are not the same"):
            check(sealed(equal(source, target)))
    assert "equal" == check(sealed(equal(plain, plain))).bits


@pytest.mark.parametrize("angle", [
    "p*f*1 + 0", "p*f/1 + 0", "p*(abs(f) + 0)", "p*(max(f, f) + 0)", "p*(f**1 + 0)", "fma(p*f, 1, 0)",
])
def test_the_search_takes_it_so_too(angle: str, tmp_path: Path) -> None:
    """What the checker would reject is not called equal: it is no fault of the evidence."""
    path = Path(layout(tmp_path, angle=angle))
    assert "equivalent" == compare_bits(str(path), str(path), [], Solver()).outcome.value
    path.write_text(path.read_text().replace("[recipe]", '[recipe]\ncontract = "allowed"', 1))
    found = compare_bits(str(path), str(path), [], Solver())
    assert "equivalent" != found.outcome.value
    assert "rejects" not in evidence_of(found).reason
