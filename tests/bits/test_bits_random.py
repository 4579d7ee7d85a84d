"""Random small recipes: what the search finds is what the checker accepts, and nothing else is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from bits_statements import differing, sealed

from prover.bits.bitwise import compare_bits
from prover.bits.certificate import evidence_of
from prover.bits_checker import Rejected, check
from prover.claims.relation import Outcome
from prover.claims.solver import Solver

LAYOUT = """
title = "test"
axes  = ["p"]
width = "4"
[parameters]
base = {{ default = 100 }}
[let]
slot = "j"
[pairs]
count  = "2"
first  = "j"
second = "j + 2"
angle  = "p*base**(-j/2)"
[recipe]
precision = "{precision}"
table     = "{table}"
rotation  = "{rotation}"
head      = "{head}"
contract  = "{contract}"
least     = "{least}"
angle     = "{angle}"
rotated_first  = "{first}"
rotated_second = "{second}"
[recipe.let]
f = "{f}"
[recipe.state.turn]
initial = "p"
step    = "{step}"
"""
KINDS = ("float16", "bfloat16", "float32", "float64")


def sum_of_products(draw: random.Random, minus: bool) -> str:
    """x*cos - y*sin, or x*sin + y*cos, in one of many ways."""
    one, two = (("x", "cos"), ("y", "sin")) if minus else (("x", "sin"), ("y", "cos"))
    if draw.random() < 0.5:
        one, two = one[::-1], two[::-1]
    match draw.randrange(7):
        case 0:
            text = f"{'*'.join(one)} {'-' if minus else '+'} {'*'.join(two)}"
        case 1:
            text = f"{'-' if minus else ''}{'*'.join(two)} + {'*'.join(one)}"
        case 2:
            text = f"fma({', '.join(one)}, {'-' if minus else ''}{two[0]}*{two[1]})"
        case 3:
            text = f"fma({'-' if minus else ''}{two[0]}, {two[1]}, {'*'.join(one)})"
        case 4:
            text = f"-(-{one[0]}*{one[1]}) {'-' if minus else '+'} 1*{two[0]}*{two[1]}"
        case 5:
            text = f"-({'-' if not minus else ''}{two[0]}*{two[1]} - {one[0]}*{one[1]})"
        case _:
            text = f"{one[0]}*{one[1]}*1 + {two[0]}*{'-' if minus else ''}{two[1]}"
    return text


def recipe(draw: random.Random, like: dict[str, str] | None = None) -> dict[str, str]:
    """A recipe of the layout; `like`: one with the same formats, of which some things are said otherwise."""
    kinds = draw.choice([("float32",) * 4, ("float32", "float16", "float32", "float16"), ("float64",) * 4,
                         ("float32", "bfloat16", "float32", "bfloat16"), ("float32", "float16", "float16", "float16")])
    found = dict(like or zip(("precision", "table", "rotation", "head"), kinds, strict=True))
    told = {
        "contract": draw.choice(["never", "never", "allowed"]), "least": draw.choice(["0", "0", "2**-60", "2**-6"]),
        "f": draw.choice(["base**(-slot/2)", "1/base**(j/2)", "base**(-(j/2))", "base**(-j/2)",
                          "1 if j == 0 else base**(-j/2)"]),
        "angle": draw.choice(["p*f", "f*p", "-p*-f", "turn", "turn*1", "p/1*f", "turn if j > 0 else p", "p*f + 0*p"]),
        "step": draw.choice(["turn*base**(-1/2)", "base**(-1/2)*turn", "turn/base**(1/2)"]),
        "first": sum_of_products(draw, True), "second": sum_of_products(draw, False),
    }
    for key, value in told.items():
        if like is None or draw.random() < 0.4:
            found[key] = value
    return found


@pytest.mark.parametrize("seed", range(24))
def test_search_and_checker_agree(seed: int, tmp_path: Path) -> None:
    """Equal: the checker shows it. Different: it comes to the same bits, and does not take them for equal ones.

    Undecided: it does not take them for equal either.
    """
    draw = random.Random(seed)
    first = recipe(draw)
    second = recipe(draw, first)
    for name, told in (("a", first), ("b", second)):
        (tmp_path / f"{name}.toml").write_text(LAYOUT.format(**told))
    found = compare_bits(str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), [], Solver())
    evidence = evidence_of(found, ("a", "b"))
    if found.outcome is Outcome.UNDECIDED:
        assert evidence.certificate is None
        return
    assert "checked" == evidence.strength, evidence.reason
    assert evidence.certificate is not None
    root = json.loads(evidence.certificate)
    if found.outcome is Outcome.EQUIVALENT:
        assert "equal" == check(evidence.certificate).bits
        assert None is differing(root, 6)
    else:
        assert "different" == check(evidence.certificate).bits
        for at in (0, 1, 5):
            lie = {**root, "answer": {"bits": "equal", "points": [{"p": at}]}}
            with pytest.raises(Rejected):
                check(sealed(lie))
