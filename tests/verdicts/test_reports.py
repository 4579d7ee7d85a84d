"""Public threads: every one is a row or has a reason, and permutations are accepted or rejected as they should be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from conftest import prove_specs
from prover import checker
from prover.claims.evidence import Witness
from prover.claims.relation import Relation
from prover.verdicts.certificate import write_certificate
from report_rows import CORPUS, EXACT, GOLDEN, PERMUTATIONS, REASONS, ROUNDED, ROWS
from truth_table import REPORTS


def to_adjacent(rows: int, heads: int) -> list[int]:
    """Row order that a converter's view(heads, 2, d/2).transpose gives: out[i] is row order[i]."""
    size = rows // heads
    return np.arange(rows).reshape(heads, 2, size // 2).transpose(0, 2, 1).reshape(-1).tolist()


def to_half(rows: int, heads: int) -> list[int]:
    """The inverse: view(heads, d/2, 2).transpose."""
    size = rows // heads
    return np.arange(rows).reshape(heads, size // 2, 2).transpose(0, 2, 1).reshape(-1).tolist()


def accepted(source: str, target: str, order: list[int]) -> bool:
    """Whether the checker takes the row order as a witness: target row i is source row order[i]."""
    claim = prove_specs(source, target).claim
    try:
        checker.check(write_certificate(claim, Witness(Relation.PERMUTATION, tuple(order)), None))
    except checker.Rejected:
        return False
    return True


def test_every_thread_is_a_row_or_has_a_reason() -> None:
    """No thread of the corpus is left out, and none is both."""
    numbers = {int(found) for row in (*ROWS, *REPORTS) for found in re.findall(r"RB-(\d+)", row.origin)}
    assert set(CORPUS) == numbers | set(PERMUTATIONS) | set(REASONS)
    assert set() == numbers & set(REASONS) - set(GOLDEN)


@pytest.mark.parametrize("width", [64, 80, 96, 128, 256])
def test_the_right_permutation_and_its_inverse(width: int) -> None:
    """RB-017, RB-024: the forward map is the witness one way and its inverse the other way, never both."""
    half, adjacent = f"transformers/half:head_dim={width}", f"transformers/adjacent:head_dim={width}"
    assert accepted(half, adjacent, to_adjacent(width, 1))
    assert accepted(adjacent, half, to_half(width, 1))
    assert not accepted(half, adjacent, to_half(width, 1))
    assert not accepted(adjacent, half, to_adjacent(width, 1))


@pytest.mark.parametrize(("width", "order"), [(128, 7), (64, 6), (96, 36), (80, 39), (256, 8)])
def test_order_of_the_permutation(width: int, order: int) -> None:
    """G01: applying it twice is never the identity; it takes 7 times at 128 lanes, 36 at 96."""
    step = np.array(to_adjacent(width, 1))
    power, count = step.copy(), 1
    while (power != np.arange(width)).any():
        power, count = power[step], count + 1
    assert order == count


def test_permuting_twice_is_no_witness() -> None:
    """RB-034: for weights that need none, the identity is the witness; a doubled permutation is not."""
    spec = "transformers/half:head_dim=128"
    step = np.array(to_adjacent(128, 1))
    assert accepted(spec, spec, list(range(128)))
    assert not accepted(spec, spec, step[step].tolist())


@pytest.mark.parametrize(
    ("width", "heads_kv", "groups", "wrong_rows"),
    [(64, 4, 8, 128), (128, 8, 32, None)],
    ids=["RB-002 TinyLlama: 4 heads of 64 as 8 of 32", "RB-004 Llama 3: 8 heads of 128 as 32 of 32"],
)
def test_k_must_be_grouped_by_its_own_heads(width: int, heads_kv: int, groups: int, wrong_rows: int | None) -> None:
    """K regrouped with the head count of Q mixes lanes inside each head: the right order is accepted, that one not."""
    rows = width * heads_kv
    right, wrong = to_adjacent(rows, heads_kv), to_adjacent(rows, groups)
    half, adjacent = f"transformers/half:head_dim={width}", f"transformers/adjacent:head_dim={width}"
    assert accepted(half, adjacent, right[:width])
    assert not accepted(half, adjacent, wrong[:width])
    if wrong_rows is not None:
        assert wrong_rows == sum(a != b for a, b in zip(right, wrong, strict=True))


def test_the_coincidence_that_hid_the_bug() -> None:
    """G02: n_head // n_kv equals n_kv for 64/8, 16/4 and 9/3, and not for 32/4, 32/8, 28/4 and 40/8."""
    assert [True] * 3 + [False] * 4 == [
        a // b == b for a, b in ((64, 8), (16, 4), (9, 3), (32, 4), (32, 8), (28, 4), (40, 8))
    ]


def test_a_norm_after_the_rotation_commutes_only_with_equal_gains() -> None:
    """G33, in NumPy: gains that differ inside a pair make norm-then-rope another map than rope-then-norm."""
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    equal, other = np.diag([1.3, 1.3]), np.diag([1.3, 0.5])
    assert np.allclose(turn @ equal, equal @ turn, atol=1e-15)
    assert np.abs(turn @ other - other @ turn).max() > 0.5


def test_bfloat16_frequencies_are_off_by_what_the_thread_measured() -> None:
    """G36: 0.626 rad at position 512 and 2.505 at 2048, for base 1e4 and 128 lanes."""
    largest = max(abs(a - b) for a, b in zip(EXACT, ROUNDED, strict=True))
    assert (0.626, 2.505) == (round(512 * largest, 3), round(2048 * largest, 3))


def test_a_name_is_escaped(tmp_path: Path) -> None:
    """A certificate is ASCII whatever a file is called, and its name is read back from it."""
    path = tmp_path / "k\u00f6pfe.toml"
    path.write_text(
        'title = "two lanes"\naxes = ["p"]\nwidth = 2\n[pairs]\ncount = 1\n'
        'first = "j"\nsecond = "j + 1"\nangle = "p"\n',
        encoding="utf-8",
    )
    text = prove_specs(str(path), str(path)).certificate
    assert text is not None
    assert text.isascii()
    assert "k\u00f6pfe" in json.loads(text)["source"]["name"]
    assert ("identical", None) == checker.check(text)
