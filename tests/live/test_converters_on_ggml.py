"""Heads converted by known converters, rotated by ggml's own kernel: the scores are those of transformers' own module.

Needs a ggml library, as the extra ggml has, and transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prover.errors import InputError
from prover.measure.ggml import find_library, rope_ggml
from prover.measure.transformers import case_kernel
from prover.measure.transformers_cases import CASES
from prover.repair.permutation_text import move_of, read_permutation
from prover.repair.size_names import Matrix

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]
Floats = npt.NDArray[np.float64]
Position = tuple[float, ...]
Rotate = Callable[[Floats, Position], Floats]
HEADS, COLUMNS = 4, 16
# Positions up to 40: an angle is off by its rounding and that of its frequency, the product of up to three float32
# numbers near it where it is large; a lane by that and a few roundings more. For q and k together, of |q||k|:
NEAR = 2 * (40 * 3 + 8) * 2.0**-23
FAR = 0.05


@dataclass(frozen=True)
class Conversion:
    """A converter, the module that its weights are for, and ggml's kernel as calls: a spec, and its positions."""

    converter: str
    case: str
    kv_heads: int
    rotated: int
    calls: tuple[tuple[str, Callable[[Position], Position]], ...]
    positions: tuple[Position, ...]


def same(position: Position) -> Position:
    """Positions as they are."""
    return position


CONVERSIONS = {
    "llama": Conversion("llama.cpp/permute", "llama2_default", 2, 128, (("ggml/normal", same),),
                        ((0,), (1,), (7,), (40,))),
    "glm with sections": Conversion(
        "llama.cpp/glm-mrope", "glm4_1v_mrope_8_12_12_interleaved", 2, 64,
        (("ggml/mrope:n_rot=64:sections=8,12,12,0", lambda p: (*p, 0)),),
        ((0, 0, 0), (5, 5, 5), (6, 6, 9), (6, 21, 6), (40, 40, 40)),
    ),
    "reverse, 4 heads on 2": Conversion("llama.cpp/reverse_hf_permute", "llama2_default", 2, 128,
                                        (("ggml/normal", same),), ((0,), (1,), (7,), (40,))),
}


@pytest.fixture(scope="module")
def library() -> Path:
    """A ggml library, beside transformers, or a skip that says what to give."""
    pytest.importorskip("transformers", reason="needs transformers: pip install -e '.[live]'")
    try:
        return find_library(None)
    except InputError as fault:
        pytest.skip(str(fault))


def rows_of(told: Conversion, matrix: str, width: int, name: str) -> tuple[int, ...]:
    """How the rows of W_q or W_k move by a converter."""
    count = told.kv_heads if matrix == "k" else HEADS
    move = move_of(read_permutation(name), Matrix(matrix, count, HEADS, told.kv_heads, width, told.rotated), {})
    assert move is not None
    return move.rows


def scores(q: Floats, k: Floats, rotate: Rotate, positions: tuple[Position, ...]) -> Floats:
    """Of every head of q with the head of k that it shares, for all pairs of positions; q, k as (heads, lanes)."""
    group = len(q) // len(k)
    turned_q, turned_k = (np.stack([rotate(heads, p) for p in positions]) for heads in (q, k))
    return np.einsum("phd,shd->hps", turned_q, np.repeat(turned_k, group, axis=1))


def compared(
    told: Conversion, library: Path, names: dict[str, str | None], gains: tuple[str | None] | None = None
) -> float:
    """How far the scores of converted weights are from those before, of |q||k|.

    `names`: the converter for q and for k, None where nothing is moved. `gains`: heads are normalised and multiplied
    by gains that all share, which that converter moves, or none does.
    """
    before, width = case_kernel(CASES[told.case])

    def after(heads: Floats, position: Position) -> Floats:
        for spec, place in told.calls:
            heads = rope_ggml(f"{spec}:head_dim={width}", heads, place(position), library)
        return heads

    generator = np.random.default_rng(12)
    token, gain = generator.normal(size=COLUMNS), generator.normal(size=width)
    moved_gain = gain
    if gains is not None and gains[0] is not None:
        move = move_of(read_permutation(gains[0]), Matrix("head", 1, 1, 1, width, told.rotated), {})
        assert move is not None
        moved_gain = gain[list(move.rows)]
    source, target = [], []
    for matrix, name in names.items():
        rows = generator.normal(size=((told.kv_heads if matrix == "k" else HEADS) * width, COLUMNS))
        move = range(len(rows)) if name is None else rows_of(told, matrix, width, name)
        for sides, w, g in ((source, rows, gain), (target, rows[list(move)], moved_gain)):
            heads = (w @ token).reshape(-1, width)
            if gains is not None:
                heads = heads - heads.mean(axis=1, keepdims=True)
                heads = heads / heads.std(axis=1, keepdims=True) * g
            sides.append(heads)
    size = float(np.linalg.norm(source[0], axis=1).max() * np.linalg.norm(source[1], axis=1).max())
    found = scores(*target, after, told.positions) - scores(*source, before, told.positions)
    return float(np.abs(found).max()) / size


def both(name: str | None) -> dict[str, str | None]:
    """The same for q and for k."""
    return {"q": name, "k": name}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_converted_heads_score_as_before(name: str, library: Path) -> None:
    """q and k of grouped heads, by the converter's rows, in ggml: what transformers scored without."""
    told = CONVERSIONS[name]
    assert compared(told, library, both(told.converter)) <= NEAR


@pytest.mark.parametrize(("name", "other"), [
    ("llama", "transformers/gguf"), ("glm with sections", "llama.cpp/permute"),
])
def test_unconverted_heads_do_not(name: str, other: str, library: Path) -> None:
    """Negative controls: rows left as they are, moved another way, and moved in q or in k alone."""
    told = CONVERSIONS[name]
    for names in (both(None), both(other), {"q": told.converter, "k": None}, {"q": None, "k": told.converter}):
        assert compared(told, library, names) > FAR, names


def test_gains_of_chameleon(library: Path) -> None:
    """Heads that are normalised before they turn: rows and gains both converted, and gains forgotten as a control."""
    told = CONVERSIONS["llama"]
    name = "llama.cpp/permute"
    assert compared(told, library, both(name), ("llama.cpp/chameleon-norm",)) <= NEAR
    assert compared(told, library, both(name), (None,)) > FAR


def test_what_is_proved_wrong_scores_otherwise(library: Path) -> None:
    """PermuteForRope's inverse under GQA moves q rightly and k wrongly, and ggml's scores show it."""
    told = CONVERSIONS["llama"]
    wrong = "transformers/PermuteForRope.inverse"
    assert compared(told, library, {"q": wrong, "k": told.converter}) <= NEAR
    assert compared(told, library, both(wrong)) > FAR
