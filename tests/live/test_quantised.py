"""Bounds of quantised values against ggml's quantisers, over random rows; needs a ggml library, as test_ggml does."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prover.errors import InputError
from prover.measure.ggml import find_library
from prover.sources.gguf_types import TENSOR_TYPES
from prover.weights.stored.dtypes import BLOCKS
from prover.weights.stored.gguf_blocks import LAYOUTS
from prover.weights.stored.tensors import Tensor
from prover.weights.stored.values import value_bounds

pytestmark = pytest.mark.live

NUMBERS = {kind.name.upper(): number for number, kind in TENSOR_TYPES.items()}
ROWS, COLUMNS = 16, 512
Floats = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    """ggml's base library beside the CPU's, or a skip that says what to give."""
    try:
        path = find_library(None)
    except InputError as fault:
        pytest.skip(str(fault))
    base = path.with_name(path.name.replace("ggml-cpu", "ggml-base"))
    found = ctypes.CDLL(str(base if base.is_file() else path))
    found.ggml_quantize_chunk.restype = ctypes.c_size_t
    found.ggml_quantize_chunk.argtypes = [ctypes.c_int, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    return found


def quantised(library: ctypes.CDLL, dtype: str, rows: Floats, importance: Floats | None, folder: Path) -> Tensor:
    """Rows as ggml's ggml_quantize_chunk makes them."""
    size = rows.size // BLOCKS[dtype].elements * BLOCKS[dtype].size
    blocks = np.zeros(size, np.uint8)
    weights = None if importance is None else importance.ctypes.data
    written = library.ggml_quantize_chunk(NUMBERS[dtype], rows.ctypes.data, blocks.ctypes.data, 0, *rows.shape, weights)
    assert written == size
    (folder / "blocks").write_bytes(blocks.tobytes())
    return Tensor("q", dtype, rows.shape, folder / "blocks", 0, size)


def some_rows(chance: np.random.Generator, kind: int) -> Floats:
    """Random rows of many sizes: even, of many sizes within a row, positive, of few values, with zeros."""
    rows = chance.normal(size=(ROWS, COLUMNS)) * 10.0 ** chance.uniform(-6, 3, size=(ROWS, 1))
    if kind == 1:
        rows *= 10.0 ** chance.uniform(-4, 0, size=rows.shape)
    if kind == 2:
        rows = np.abs(rows)
    if kind == 3:
        rows = np.round(rows * 4) / 4
    if kind == 4:
        rows[:, ::3] = 0
    return np.ascontiguousarray(rows, np.float32)


def outside(tensor: Tensor, rows: Floats) -> int:
    """How many numbers are not within their bounds."""
    low, high = value_bounds(tensor, ROWS, 0, ROWS)
    return int(np.count_nonzero((rows < low) | (rows > high)))


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("dtype", LAYOUTS)
def test_no_number_is_out_of_bounds(dtype: str, kind: int, library: ctypes.CDLL, tmp_path: Path) -> None:
    """Random rows, and for K-quants random importance."""
    chance = np.random.default_rng([12, kind])
    for _ in range(4):
        rows = some_rows(chance, kind)
        importance = np.ascontiguousarray(chance.uniform(0, 10, COLUMNS) ** 4, np.float32)
        assert outside(quantised(library, dtype, rows, None, tmp_path), rows) == 0
        if dtype.endswith("_K") or dtype == "Q8_0":
            assert outside(quantised(library, dtype, rows, importance, tmp_path), rows) == 0


@pytest.mark.parametrize("dtype", ["Q4_0", "Q4_1", "Q5_0", "Q5_1"])
def test_importance_breaks_the_bounds_of_small_blocks(dtype: str, library: ctypes.CDLL, tmp_path: Path) -> None:
    """They choose the step after the codes then, as is said where the bounds are."""
    chance = np.random.default_rng(12)
    rows = some_rows(chance, 0)
    importance = np.ascontiguousarray(chance.uniform(0, 10, COLUMNS) ** 4, np.float32)
    assert outside(quantised(library, dtype, rows, importance, tmp_path), rows) > 0
