"""The short function that moves and scales rows, run in PyTorch and MLX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prover.reports.row_code import Style, row_code
from rows_moved import HEADS, MOVED, matrix, moved, wanted

pytestmark = pytest.mark.live


def run(name: str, style: Style) -> tuple[Any, str]:
    """The function that the code defines, and the code."""
    code = row_code(moved(name)["witness"], style)
    assert code is not None
    made: dict[str, Any] = {}
    exec(code, made)
    return made["convert"], code


@pytest.mark.parametrize("name", MOVED)
def test_code_in_torch(name: str) -> None:
    """A matrix and a vector of all heads; without factors where a norm follows."""
    torch = pytest.importorskip("torch")
    (convert, code), found = run(name, Style.TORCH), moved(name)
    before = torch.from_numpy(matrix(found))
    assert np.allclose(wanted(found), convert(before, HEADS).numpy(), rtol=1e-12)
    assert np.allclose(wanted(found)[:, 0], convert(before[:, 0], HEADS).numpy(), rtol=1e-12)
    assert torch.bfloat16 == convert(before.to(torch.bfloat16), HEADS).dtype
    if "scaled=True" in code:
        assert np.array_equal(wanted(found, scaled=False), convert(before, HEADS, scaled=False).numpy())


@pytest.mark.parametrize("name", MOVED)
def test_code_in_mlx(name: str) -> None:
    """The same in MLX, whose numbers are float32."""
    mx = pytest.importorskip("mlx.core")
    (convert, _), found = run(name, Style.MLX), moved(name)
    before = mx.array(matrix(found).astype(np.float32))
    assert np.allclose(wanted(found), np.array(convert(before, HEADS)), rtol=1e-6)
    assert np.allclose(wanted(found)[:, 0], np.array(convert(before[:, 0], HEADS)), rtol=1e-6)
