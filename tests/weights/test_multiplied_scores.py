"""Scores of multiplied weights, from NumPy models written apart: the same as before to float64 rounding.

The models and their projections are those of moved weights; here the target's rotation is 1.19 or 2 times as loud, by
loops of its own, on the lanes that turn.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generated import Arrays
from test_permuted_scores import (
    CASES,
    HIDDEN,
    TOKENS,
    WIDE,
    Case,
    Heads,
    Turn,
    W,
    case_arrays,
    moved,
    scores,
    turn_adjacent,
    turn_half,
)

from prover.weights.packed.slots import Kind

LOUD = "transformers/adjacent-to-half:qk_nope_head_dim=4:qk_rope_head_dim=8:rope_type=yarn:factor=1:attention_factor="
WITH_NORMS = ("separate", "norm of all lanes")


def louder(turn: Turn, size: float) -> Turn:
    """The rotation, its lanes times a magnitude."""
    def turned(x: np.ndarray, position: int, lanes: int, first: int = 0) -> np.ndarray:
        y = turn(x, position, lanes, first)
        y[..., first : first + lanes] *= size
        return y
    return turned


def dora(a: Arrays, x: np.ndarray) -> Heads:
    """W and B*A make a direction, the magnitude says how long each row is; one adapter on q."""
    whole = a["q.weight"] + 0.5 * a["q.lora_B"] @ a["q.lora_A"]
    rows = whole / np.sqrt((whole**2).sum(1, keepdims=True)) * a["q.magnitude"][:, None]
    return (x @ rows.T).reshape(len(x), 4, 8), (x @ a["k.weight"].T + a["k.bias"]).reshape(len(x), 2, 8)


DORA = Case({"q.weight": (W, "heads*q"), "q.lora_B": (Kind.LORA_B, "heads*q"),
             "q.magnitude": (Kind.MAGNITUDE, "heads*q"), "k.weight": (W, "kv_heads*k"),
             "k.bias": (Kind.BIAS, "kv_heads*k")}, WIDE, dora)
LOUDER = {name: case for name, case in CASES.items() if name not in WITH_NORMS} | {"magnitudes": DORA}


def arrays_of(case: Case) -> Arrays:
    """Random tensors; magnitudes are positive and of one dimension."""
    found = case_arrays(case)
    if "q.magnitude" in found:
        found["q.magnitude"] = np.abs(found["q.magnitude"][:, 0].copy()) + 0.5
    return found


def target_of(case: Case, size: float) -> Case:
    """The same case with a louder target."""
    if case.target.startswith("transformers/"):
        return replace(case, target=f"{LOUD}{size}")
    return replace(case, target=f"{case.target}:attn_factor={size}")


@pytest.mark.parametrize("size", [1.19, 2])
@pytest.mark.parametrize("name", LOUDER)
def test_scores_are_those_of_before(name: str, size: float, tmp_path: Path) -> None:
    """Multiplied weights under the louder rotation score alike; and not under another, nor with what is only moved."""
    case = LOUDER[name]
    arrays = arrays_of(case)
    x = np.random.default_rng(11).standard_normal((TOKENS, HIDDEN))
    after = arrays | moved(target_of(case, size), arrays, tmp_path / "loud")
    before = scores(case.heads(arrays, x), turn_half, case)
    largest = np.abs(before).max()
    loud = louder(turn_adjacent, size)
    assert np.abs(scores(case.heads(after, x), loud, case) - before).max() < 1e-13 * largest * HIDDEN
    only_moved = arrays | moved(case, arrays, tmp_path / "plain")
    assert np.abs(scores(case.heads(only_moved, x), loud, case) - before).max() > 1e-3 * largest
    assert np.abs(scores(case.heads(after, x), turn_adjacent, case) - before).max() > 1e-3 * largest


def test_a_scale_of_rows_takes_the_factor_in_place_of_the_row(tmp_path: Path) -> None:
    """Rows with a scale each keep their numbers."""
    case = CASES["scales of rows"]
    arrays = case_arrays(case)
    after = moved(target_of(case, 2), arrays, tmp_path)
    order = [0, 4, 1, 5, 2, 6, 3, 7]
    rows = [8 * head + row for head in range(4) for row in order]
    assert np.array_equal(arrays["q.weight"][rows], after["q.weight"])
    assert np.array_equal(arrays["q.scale"][rows] / 2, after["q.scale"])
    assert np.array_equal(arrays["k.weight"][rows[:16]] / 2, after["k.weight"])


def test_lanes_that_pass_keep_their_numbers(tmp_path: Path) -> None:
    """Half of each head passes: there the numbers are the same, bit for bit."""
    case = CASES["partial"]
    arrays = case_arrays(case)
    after = moved(target_of(case, 2), arrays, tmp_path)["qkv.weight"].reshape(-1, 8, HIDDEN)
    before = arrays["qkv.weight"].reshape(-1, 8, HIDDEN)
    assert np.array_equal(before[:6, 4:], after[:6, 4:])
    assert np.array_equal(before[:6, [0, 2, 1, 3]] / 2, after[:6, :4])
    assert np.array_equal(before[6:], after[6:])


@pytest.mark.parametrize("name", WITH_NORMS)
def test_in_front_of_a_norm_nothing_is_multiplied(name: str, tmp_path: Path) -> None:
    """RMSNorm takes a factor out again: a plan for it is none."""
    with pytest.raises(AssertionError, match="norm in front of the rotation"):
        moved(target_of(CASES[name], 2), case_arrays(CASES[name]), tmp_path)
