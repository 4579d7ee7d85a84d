"""The short function that moves and scales rows: run in NumPy, it does row by row what the witness says."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.reports.row_code import Style, is_plain, row_code, style_of
from rows_moved import HEADS, MOVED, matrix, moved, wanted


def run(code: str) -> Any:
    """The function that the code defines."""
    made: dict[str, Any] = {}
    exec(code, made)
    return made["convert"]


@pytest.mark.parametrize("name", MOVED)
def test_code_in_numpy(name: str) -> None:
    """A matrix and a vector of all heads; without factors where a norm follows."""
    found = moved(name)
    code = row_code(found["witness"], Style.NUMPY)
    assert code is not None
    convert, before = run(code), matrix(found)
    assert np.allclose(wanted(found), convert(before, HEADS), rtol=1e-12)
    assert np.allclose(wanted(found)[:, 0], convert(before[:, 0], HEADS), rtol=1e-12)
    assert ("scaled" in name) == ("scaled=True" in code)
    if "scaled" in name:
        assert np.array_equal(wanted(found, scaled=False), convert(before, HEADS, scaled=False))


@pytest.mark.parametrize("name", ["whole head", "the other way"])
def test_plain_code_is_the_same_for_all(name: str) -> None:
    """One reshape and one swap of axes are one line, whatever the library."""
    witness = moved(name)["witness"]
    assert is_plain(witness)
    (code,) = {row_code(witness, style) for style in Style}
    assert code is not None
    assert 2 == code.count("\n")


@pytest.mark.parametrize("width", [6, 600])
def test_rows_without_a_short_name(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A permutation and factors without order: in the code where they are few, read from the report where not."""
    chance = random.Random(0)
    permutation = chance.sample(range(width), width)
    values = [chance.randint(1, 9) for _ in range(width)]
    factors = [{"rows": [[row, row]], "exact": str(value), "value": float(value)} for row, value in enumerate(values)]
    witness = {"permutation": permutation, "idiom": None, "factors": factors}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").write_text(json.dumps({"witness": witness}))
    code = row_code(witness, Style.NUMPY)
    assert code is not None
    assert (width > 512) == ("report.json" in code)
    assert code.count("\n") < 20
    before = np.arange(2.0 * width)
    after = [before[head * width + row] * values[place] for head in range(2) for place, row in enumerate(permutation)]
    assert after == run(code)(before, 2).tolist()


STYLES = {
    "ggml/neox": Style.TORCH, "llama-cpp/x:a=1": Style.TORCH, "mlx/rope": Style.MLX, "vllm/x": Style.TORCH,
    "transformers/half:head_dim=8": Style.TORCH, "onnx/rotary-embedding": Style.NUMPY, "maxtext/x": Style.NUMPY,
    "./mine.toml": Style.NUMPY, "/home/me/mine.toml": Style.NUMPY, "folder/mine.toml:a=1": Style.NUMPY,
    "mine.toml": Style.NUMPY,
}


@pytest.mark.parametrize(("spec", "style"), STYLES.items(), ids=STYLES)
def test_style_of_a_project(spec: str, style: Style) -> None:
    """A project's own language; NumPy for a file."""
    assert style is style_of(spec)
