"""Pairs matched in another order than by index: against multisets and moves of rows by plain Python."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from plain_loops import mrope_axis
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.layouts.loading import load
from prover.resources import PROOFS
from prover.theorems.evidence import evidence_of
from prover.theorems.for_all import Theorem, state_theorem
from prover.theorems.theorem import Scope
from prover.theorems.words import shown
from sampling import few

PLAIN = """
title = "pairs in an order"
axes  = ["t", "h"]
width = "2*n"

[parameters]
n    = {{ default = 4, whole = true, require = "n > 0" }}
base = {{ default = 10000, require = "base > 1" }}

[pairs]
count  = "n"
first  = "j"
second = "j + n"
angle  = "{angle}"
"""
Order = Callable[[int, int], int]

# The exponent of the target's pair, as text and in Python: of these an order of 0 .. n - 1, or not quite.
ORDERS: dict[str, tuple[str, Order]] = {
    "even ones first": ("2*j if 2*j < n else 2*(j - (n + 1)//2) + 1",
                        lambda j, n: 2 * j if 2 * j < n else 2 * (j - (n + 1) // 2) + 1),
    "the second half first": ("j + n//2 if j < (n + 1)//2 else j - (n + 1)//2",
                              lambda j, n: j + n // 2 if j < (n + 1) // 2 else j - (n + 1) // 2),
    "the last one first": ("n - 1 if j == 0 else j - 1", lambda j, n: n - 1 if j == 0 else j - 1),
    "the second half backwards": ("j if j < n//2 else n - 1 - j + n//2",
                                  lambda j, n: j if j < n // 2 else n - 1 - j + n // 2),
    "two and two exchanged": ("j + 1 if j % 2 == 0 and j + 1 < n else j - 1 if j % 2 == 1 else j",
                              lambda j, n: j + 1 if j % 2 == 0 and j + 1 < n else j - 1 if j % 2 == 1 else j),
    "by thirds": ("3*j if 3*j < n else 3*(j - (n + 2)//3) + 1 if j < (n + 2)//3 + (n + 1)//3 "
                  "else 3*(j - (n + 2)//3 - (n + 1)//3) + 2",
                  lambda j, n: [*range(0, n, 3), *range(1, n, 3), *range(2, n, 3)][j]),
    "odd ones first, one too many": ("2*j + 1 if 2*j < n else 2*(j - (n + 1)//2)",
                                     lambda j, n: 2 * j + 1 if 2 * j < n else 2 * (j - (n + 1) // 2)),
    "a pair twice": ("j if j < n - 1 else 0", lambda j, n: j if j < n - 1 else 0),
    "even ones twice": ("2*j if 2*j < n else 2*(j - (n + 1)//2)",
                        lambda j, n: 2 * j if 2 * j < n else 2 * (j - (n + 1) // 2)),
    "wrong from size 9 on": ("n - 1 if j == 0 else j - 1 if j < 8 else j",
                             lambda j, n: n - 1 if j == 0 else j - 1 if j < 8 else j),
}


def theorem(tmp_path: Path, source: str, target: str, *where: str) -> Theorem:
    """What is known for all n and base of two layouts with these angles."""
    specs = []
    for name, angle in (("source", source), ("target", target)):
        path = tmp_path / f"{name}.toml"
        path.write_text(PLAIN.format(angle=angle))
        specs.append(str(path))
    return state_theorem(*specs, "n,base", where, [], None, Solver())


@pytest.mark.parametrize(("text", "order"), few(ORDERS, 1))
def test_exponents_in_another_order(text: str, order: Order, tmp_path: Path) -> None:
    """Rows move exactly if the exponents are 0 .. n - 1 in some order at all small sizes, and as that order says."""
    is_order = all(sorted(order(j, n) for j in range(n)) == list(range(n)) for n in range(1, 13))
    found = theorem(tmp_path, "t*base**(-2*j/n)", f"t*base**(-2*({text})/n)")
    if not is_order:
        # The least size at which pairs of one index differ is the only one looked at where nothing is proved.
        least = [sorted(order(j, n) for j in range(n)) for n in (2, 3)]
        assert (Outcome.UNDECIDED if least == [[0, 1], [0, 1, 2]] else Outcome.DIFFERENT) is found.outcome
        return
    assert Outcome.CONVERTIBLE is found.outcome
    assert (Scope.ALWAYS, Relation.PERMUTATION) == (found.answer.scope, found.relation)
    evidence = evidence_of(found, Solver())
    assert evidence.strength.startswith("checked")
    assert evidence.certificate is not None
    rows = json.loads(evidence.certificate)["evidence"]["permutation"]
    for n in range(1, 13):
        moved = [eval(rows, {"n": n, "lane": lane}) for lane in range(2 * n)]
        assert [order(j, n) for j in range(n)] + [order(j, n) + n for j in range(n)] == moved


def test_an_order_under_a_hypothesis(tmp_path: Path) -> None:
    """Up to size 8 it is an order; that the hypothesis could be left out is not said, though the order is of it."""
    text, order = ORDERS["wrong from size 9 on"]
    assert [True] * 8 + [False] == [sorted(order(j, n) for j in range(n)) == [*range(n)] for n in range(1, 10)]
    found = theorem(tmp_path, "t*base**(-2*j/n)", f"t*base**(-2*({text})/n)", "n <= 8")
    assert (Outcome.CONVERTIBLE, ()) == (found.outcome, found.unneeded)
    assert evidence_of(found, Solver()).strength.startswith("checked")
    assert Scope.OPEN is theorem(tmp_path, "t*base**(-2*j/n)", f"t*base**(-2*({text})/n)", "n <= 9").answer.scope


def test_each_axis_in_its_own_order(tmp_path: Path) -> None:
    """Even pairs on t and odd ones on h; in the target first those of t, then those of h backwards."""
    target = "t*base**(-4*j/n) if 2*j < n else h*base**(-2*(2*(n - 1 - j) + 1)/n)"
    found = theorem(tmp_path, "(t if j % 2 == 0 else h)*base**(-2*j/n)", target)
    assert Outcome.CONVERTIBLE is found.outcome
    for n in range(1, 13):
        ours = {("th"[j % 2], j) for j in range(n)}
        assert ours == {("t", 2 * j) if 2 * j < n else ("h", 2 * (n - 1 - j) + 1) for j in range(n)}
    # With the axes of the target exchanged nothing helps.
    again = theorem(tmp_path, "(h if j % 2 == 0 else t)*base**(-2*j/n)", target)
    assert Outcome.DIFFERENT is again.outcome


# ---- IMROPE on MROPE's kernel

FACTORS = str(PROOFS / "theorems" / "layouts" / "mrope-factors.toml")


@pytest.mark.parametrize("pairs", range(1, 13))
def test_factors_that_make_mrope_imrope(pairs: int) -> None:
    """MROPE with these sections and factors, read from the catalogue, is the layout; its multiset is IMROPE's."""
    counts = [len(range(axis, pairs, 3)) for axis in range(3)]
    order = [k for axis in range(3) for k in range(axis, pairs, 3)]
    # With base 2**pairs pair j has the frequency 2**-j.
    given = f":n_rot={2 * pairs}:head_dim={2 * pairs}:base={2**pairs}:sections={','.join(map(str, counts))},0"
    factors = ",".join(str(Fraction(2) ** (order[j] - j)) for j in range(pairs))
    plain, closed = load(f"ggml/mrope{given}:freq_factors={factors}").layout, load(FACTORS + given).layout
    assert plain.pairs == closed.pairs
    turns = [dict(pair.angle.frequencies) for pair in closed.pairs]
    assert [{"thw"[k % 3]: Fraction(1, 2**k)} for k in order] == [
        {axis: number.rational for axis, number in turn.items()} for turn in turns
    ]
    full = [(pairs + 2) // 3] * 3
    assert [mrope_axis("imrope", [*full, 0], k) for k in range(pairs)] == [k % 3 for k in range(pairs)]


def test_the_rows_that_make_mrope_imrope() -> None:
    """By hand at 16 lanes: t takes rows 0, 3 and 6, h 1, 4 and 7, w 2 and 5; the second half alike; the rest stays."""
    root = json.loads((PROOFS / "theorems" / "theorem-15-imrope-mrope-factors.json").read_text())
    rows = root["evidence"]["permutation"]
    at = {"head_dim": 18, "n_rot": 16, "base": 2, "sections": [3, 3, 2, 0]}
    half = [0, 3, 6, 1, 4, 7, 2, 5]
    moved = [eval(rows, {**at, "lane": lane}) for lane in range(18)]
    assert [*half, *(row + 8 for row in half), 16, 17] == moved


def test_sections_of_mrope_that_stand_for_imrope() -> None:
    """Axes pair by pair, since no two pairs have one exponent: of all small sections those that the theorems say."""
    for pairs in range(1, 7):
        for sections in product(range(pairs + 1), repeat=3):
            if not any(sections) or sum(sections) < pairs:
                continue
            wanted = [mrope_axis("imrope", [*sections, 0], j) for j in range(pairs)]
            stays = all(axis < 3 for axis in wanted)
            cycle = [mrope_axis("mrope", [1, 1, 1, 0], j) for j in range(pairs)]
            assert stays == (wanted == cycle)
            if pairs < 4 or 3 * sections[0] < pairs or 3 * sections[2] + 2 < pairs:
                continue
            for parts in product(range(min(pairs, 4) + 1), repeat=4):
                if max(parts[:3]) and parts != (1, 1, 1, 0):
                    assert wanted != [mrope_axis("mrope", list(parts), j) for j in range(pairs)], (sections, parts)


NEVER = {
    "no sections but 1,1,1,0": (["n_rot > 6", "parts[0] != 1 or parts[1] != 1 or parts[2] != 1 or parts[3] != 0"],
                                Scope.NEVER),
    "1,1,1,0 among them": (["n_rot > 6"], Scope.OPEN),
    "three pairs": (["n_rot > 4", "parts[0] != 1 or parts[1] != 1 or parts[2] != 1 or parts[3] != 0"], Scope.OPEN),
    "another last one": (["n_rot > 6", "parts[0] != 1 or parts[1] != 1 or parts[2] != 2"], Scope.OPEN),
}


@pytest.mark.parametrize(("where", "scope"), NEVER.values(), ids=NEVER)
def test_never_by_the_first_pairs(where: list[str], scope: Scope) -> None:
    """Said where it is true for all sections, with a certificate; where some sections do, as above, it is not said."""
    stays = ["3*sections[0] >= n_rot//2", "3*sections[2] + 2 >= n_rot//2"]
    target = str(PROOFS / "theorems" / "layouts" / "mrope-parts.toml")
    found = state_theorem(
        "ggml/imrope", target, "head_dim,n_rot,base,sections,parts", [*where, *stays], [], None, Solver()
    )
    assert scope is found.answer.scope
    if scope is Scope.NEVER:
        assert evidence_of(found, Solver()).strength.startswith("checked")


EXPONENTS = (
    *(text for text, _ in ORDERS.values()), "j", "n - 1 - j", "j + 1", "j if j != 1 else 0", "(j + 1) % n", "j + j % 2",
    "2*j if 2*j < n else 2*(n - 1 - j) + 1", "j if j < 3 else n + 2 - j", "j - 1 if j > 0 else n - 1",
)
ON_T = ("0 == 0", "j % 2 == 0", "j % 2 == 1", "2*j < n", "j < (n + 1)//2", "j == 0", "j < n - 1", "j >= n//2",
        "j % 3 == 0")


@pytest.mark.parametrize("seed", few(range(80), 8))
def test_random_orders(seed: int, tmp_path: Path) -> None:
    """What is said for all sizes is what multisets of axes and exponents are at small ones, by plain Python."""
    choose = random.Random(seed)
    sides = [(choose.choice(ON_T), choose.choice(("j", "j", choose.choice(EXPONENTS))))]
    sides.append((choose.choice((sides[0][0], choose.choice(ON_T))), choose.choice(EXPONENTS)))
    if choose.random() < 0.4:
        # The axis of the pair of the source that has this exponent: equal where the exponents are an order.
        sides[0] = sides[0][0], "j"
        whose = choose.choice(("j % 2 == 0", "j < 1", "j % 3 == 0"))
        sides = [(whose, "j"), (re.sub(r"\bj\b", f"({sides[1][1]})", whose), sides[1][1])]
    found = theorem(tmp_path, *(f"(t if {on} else h)*base**(-2*({e})/n)" for on, e in sides))
    same = []
    for n in range(1, 13):
        ours, theirs = (
            sorted((bool(eval(on, {"j": j, "n": n})), eval(e, {"j": j, "n": n})) for j in range(n)) for on, e in sides
        )
        same.append(ours == theirs)
    assert found.answer.scope is not Scope.ALWAYS or all(same)
    assert found.answer.scope is not Scope.NEVER or not any(same)
    if found.answer.scope is Scope.SOMETIMES:
        condition = [shown(each, found.statement.variables) for each in found.answer.condition]
        assert same == [all(eval(each, {"n": n, "base": 2, "min": min, "max": max}) for each in condition)
                        for n in range(1, 13)]
    assert found.outcome not in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE) or all(same)
    assert found.outcome is not Outcome.DIFFERENT or not all(same) or found.smallest is not None
    evidence_of(found, Solver())
