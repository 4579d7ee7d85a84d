"""Random layout files for all sizes, and loops, against exact arithmetic that has nothing of the package."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from exact_layouts import File, Number, head, is_met, lowest, number, parsed
from prover.claims.solver import Solver
from prover.errors import UndecidedError
from prover.theorem_checker import NotShown, check
from prover.theorems.certificate import rewrite_certificate, theorem_certificate
from prover.theorems.evidence import asked_by
from random_layouts import Case, ask, random_ramp, random_tree, wrong
from random_loops import ask_rewrite, random_loop, wrong_rewrite
from sampling import few


# 162 of the trees, 133 and 136 of the ramps once had "never" where a number was lost in a quotient.
@pytest.mark.parametrize(
    ("make", "seed"),
    [*few([(random_tree, seed) for seed in (162, *range(60))], 20),
     *few([(random_ramp, seed) for seed in (133, 136, *range(60))], 16)],
)
def test_what_is_said_of_all_sizes(make: Callable[[random.Random], Case], seed: int, tmp_path: Path) -> None:
    """At small parameters on either side the relation is the one said, and the checker rejects nothing true."""
    case = make(random.Random(seed))
    found = ask(case, tmp_path)
    if found is None:
        return
    assert "" == wrong(case, found)[0], case
    try:
        check(theorem_certificate(found), asked_by(Solver()))
    except (UndecidedError, NotShown):
        return


@pytest.mark.parametrize("seed", few(range(80), 20))
def test_what_is_said_of_loops(seed: int, tmp_path: Path) -> None:
    """The same of a loop and its rewrite: right at every pair, or different at the parameters that are named."""
    case = random_loop(random.Random(seed))
    found = ask_rewrite(case, tmp_path)
    if found is None:
        return
    assert "" == wrong_rewrite(case, found)[0], case
    try:
        check(rewrite_certificate(found), asked_by(Solver()))
    except (UndecidedError, NotShown):
        return


def test_exact_numbers() -> None:
    """Roots, signs, floors and remainders as on paper; pi only to whole turns."""
    names = {"m": Number.of(-7), "q": Number.of(Fraction(1, 2))}
    for text, wanted in (
        ("m//2", "-4"), ("m % 3", "2"), ("7 % -3", "-2"), ("m//-2", "3"), ("8**(-1/3)", "1/2"),
        ("2**(1/2)*sqrt(8)", "4"), ("12**q/sqrt(3)", "2"),
        ("(-2)**3", "-8"), ("0**0", "1"), ("floor(-1/2)", "-1"), ("ceil(-1/2)", "0"), ("min(m, q)", "-7"),
        ("1 if m < q and not (q == 1) else 0", "1"), ("floor(pi*7)", "21"), ("-2**2", "-4"), ("2**-m", "128"),
    ):
        assert Fraction(wanted) == number(parsed(text), names.__getitem__).rational(), text
    assert is_met("0 < q < 1 or 1/0 > 0", names)
    file = File({}, "4", "2", "t*(pi*f[j] + j)")
    feeds = [[{"t": Fraction(1)}]]
    turned = [lowest(*(head(file, {"f": [Number.of(v) for v in f]}, feeds) for f in pair))
              for pair in (((1, 0), (-1, 2)), ((1, 0), (1, 1)), ((0, 0), (2, 0)), ((0, 1), (0, -1)))]
    assert ["identical", None, "identical", "identical"] == turned


@pytest.mark.parametrize(
    ("angles", "sizes", "relation"),
    [(("t*(j + 1)", "t*(2 - j)"), ("1", "1"), "permutation"), (("t*(j + 1)", "-t*(j + 1)"), ("1", "1"), "permutation"),
     (("t*(j + 1)", "t*(2 - j)"), ("1", "1 + j"), "pair-map"), (("t*(j + 1)", "t*(j + 1)"), ("2", "2"), "identical"),
     (("t*(j + 1)", "t*(j + 2)"), ("1", "1"), None), (("t*j", "t*j"), ("1", "2 if j == 0 else 1"), "pair-map")],
)
def test_lowest_rungs(angles: tuple[str, str], sizes: tuple[str, str], relation: str | None) -> None:
    """Two pairs worked out by hand."""
    sides = [head(File({}, "4", "2", angle, magnitude=size), {}, [[{"t": Fraction(1)}, {"h": Fraction(1)}]])
             for angle, size in zip(angles, sizes, strict=True)]
    assert relation == lowest(*sides)
    assert all("identical" == lowest(one, other) for one, other in product(sides[:1], repeat=2))
