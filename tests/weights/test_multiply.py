"""`weights permute` where one side is louder: what is written, in every type, and what is refused before that."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from checkpoint_files import safetensors
from generated import LLAMA, llama_shapes, random_arrays, read_arrays, same_files, write_model
from saved_models import stored

from prover.api import check, permute_weights
from prover.commands.cli import run_command
from prover.weights.moved import pieces

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
AT = "model.layers.0.self_attn"
# 1 + ln(4)/10, which YaRN multiplies by, to 60 digits.
LOUDNESS = Fraction("1.138629436111989061883446424291635313615100026872051050824136")


def model_of(folder: Path, dtype: str = "F32", change=None, **keys) -> tuple[Path, dict[str, np.ndarray]]:
    """A model of one layer in a type; what its numbers are."""
    config = LLAMA | {"num_hidden_layers": 1} | keys
    doubles = random_arrays(llama_shapes(config, biases=True))
    arrays = {name: array.astype(np.float32) for name, array in doubles.items()}
    if change is not None:
        change(arrays)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(safetensors({
        name: (dtype, array.shape, stored(array, dtype)) for name, array in arrays.items()}))
    return folder, arrays


def numbers(folder: Path, name: str, dtype: str) -> np.ndarray:
    """A tensor's numbers, read apart."""
    data = (folder / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    row = json.loads(data[8:start])[name]
    raw = data[start + row["data_offsets"][0] : start + row["data_offsets"][1]]
    if dtype == "BF16":
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(row["shape"])
    return np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[dtype]).reshape(row["shape"])


def nearest(value: Fraction, bits: int) -> Fraction:
    """A positive rational rounded to so many bits, to even."""
    shift = bits - 1
    while value * Fraction(2) ** shift >= 1 << bits:
        shift -= 1
    while value * Fraction(2) ** shift < 1 << bits - 1:
        shift += 1
    return round(value * Fraction(2) ** shift) / Fraction(2) ** shift


@pytest.mark.parametrize(("dtype", "bits"), [("F32", 24), ("F16", 11), ("BF16", 8)])
def test_numbers_are_rounded_once(tmp_path: Path, dtype: str, bits: int) -> None:
    """Rows of q and k and their biases, number by number in rationals; v, o and the rest bit for bit."""
    def away_from_zero(arrays):
        for name, array in arrays.items():
            arrays[name] = np.where(np.abs(array) < 1e-3, np.float32(0.5), array)
    model, arrays = model_of(tmp_path / "model", dtype, away_from_zero, rope_scaling=YARN)
    (tmp_path / "target.json").write_text(json.dumps(
        LLAMA | {"num_hidden_layers": 1, "rope_scaling": YARN | {"attention_factor": 1.0}}))
    found = permute_weights(str(model), target=str(tmp_path / "target.json"), out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    for name in arrays:
        before, after = numbers(model, name, dtype), numbers(tmp_path / "out", name, dtype)
        if not any(part in name for part in ("q_proj", "k_proj")):
            assert np.array_equal(before, after)
            continue
        for old, new in zip(before.reshape(-1)[:300].tolist(), after.reshape(-1)[:300].tolist(), strict=True):
            expected = nearest(Fraction(abs(old)) * LOUDNESS, bits)
            assert (expected, old > 0) == (abs(Fraction(new)), new > 0)


def test_zeros_keep_their_sign_and_what_is_no_number_its_bits(tmp_path: Path) -> None:
    """Zeros, infinities and NaN."""
    odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], np.float32)

    def put(arrays):
        arrays[f"{AT}.q_proj.weight"][0, :5] = odd
    model, _ = model_of(tmp_path / "model", "F32", put)
    found = permute_weights(str(model), target="ggml/neox:head_dim=8:attn_factor=3", out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    row = numbers(tmp_path / "out", f"{AT}.q_proj.weight", "F32")[0, :5]
    assert odd.view(np.uint32).tolist() == row.copy().view(np.uint32).tolist()


def test_powers_of_two_are_undone(tmp_path: Path) -> None:
    """There and back, all files are the same bytes, and the manifest says so."""
    model, there, back = (tmp_path / name for name in ("model", "there", "back"))
    write_model(model, LLAMA, random_arrays(llama_shapes(LLAMA)), 3)
    permute_weights(str(model), target="ggml/normal:attn_factor=2", out=str(there))
    manifest = json.loads((there / "rope-prover.json").read_text())
    assert "rope-prover/weights-permute/2" == manifest["schema"]
    assert "undoing gives the same bytes" in manifest["numbers"]
    assert [[{"rows": [[0, 7]], "value": "0.5"}]] == [part["factors"] for part in manifest["parts"]]
    assert {True} == {row["multiplied"] for row in manifest["moved"]}
    assert "pair-map" == check((there / manifest["parts"][0]["certificate"]).read_text()).holds
    assert not same_files(model, there)
    permute_weights(str(there), source="ggml/normal:attn_factor=2", target=str(model), out=str(back))
    assert same_files(model, back)


def test_a_row_by_row_copy_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large to be moved in memory is multiplied on the way too."""
    model = write_model(tmp_path / "model", LLAMA, random_arrays(llama_shapes(LLAMA)))
    permute_weights(str(model), target="ggml/normal:attn_factor=1.19", out=str(tmp_path / "one"))
    monkeypatch.setattr(pieces, "AT_ONCE", 0)
    monkeypatch.setattr(pieces, "PIECE", 64)
    permute_weights(str(model), target="ggml/normal:attn_factor=1.19", out=str(tmp_path / "two"))
    one, two = read_arrays(tmp_path / "one"), read_arrays(tmp_path / "two")
    assert all(np.array_equal(one[name], two[name]) for name in one)
    expected = read_arrays(model)[f"{AT}.q_proj.weight"].reshape(8, 8, 64)[:, HALF_TO_ADJACENT].reshape(64, 64) / 1.19
    assert np.abs(one[f"{AT}.q_proj.weight"] - expected).max() < 1e-14


@pytest.mark.parametrize(("dtype", "number", "factor", "told", "wider"), [
    ("F32", 3e38, "0.5", "too large for its type and would be infinite", "F64"),
    ("F16", 60000.0, "0.5", "too large for its type and would be infinite", "F32"),
    ("F16", 2.0**-14 * 1.25, "3", "too small to be held with all its bits", "F32"),
    ("F16", 2.0**-24, "4", "would be 0", "F32"),
    ("BF16", 2.0**-126, "3", "too small to be held with all its bits", "F64"),
    ("F64", 1.5e308, "0.5", "too large for its type and would be infinite", ""),
])
def test_numbers_that_would_be_lost(
    tmp_path: Path, dtype: str, number: float, factor: str, told: str, wider: str
) -> None:
    """Refused with tensor, row, column and value before anything is written; and a type that holds the product."""
    def put(arrays):
        arrays |= {name: np.full(array.shape, 0.5, np.float64 if dtype == "F64" else array.dtype)
                   for name, array in arrays.items()}
        arrays[f"{AT}.k_proj.weight"][3, 7] = number
    model, _ = model_of(tmp_path / "model", dtype, put)
    target = f"ggml/normal:head_dim=8:attn_factor={factor}"
    found = permute_weights(str(model), target=target, out=str(tmp_path / "out"))
    assert (1, None) == (found.exit_code, found.written)
    assert told in str(found)
    assert (f"in {dtype}. Convert the tensor to {wider} first" if wider else f"in {dtype} (") in str(found)
    if wider:
        limits = np.finfo({"F32": np.float32, "F64": np.float64}[wider])
        assert limits.tiny <= number / float(factor) <= limits.max
    assert f"{AT}.k_proj.weight, row 3, column 7: " in str(found)
    assert ["model"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(("keys", "told"), [
    ({"model_type": "olmo", "clip_qkv": 8.0}, "clip_qkv"),
    ({"model_type": "nanochat"}, "a norm without a gain stands behind the rotation"),
    ({"model_type": "diffllama"}, "has not been read"),
    ({"model_type": "qwen3"}, "RMSNorm stands in front of the rotation"),
])
def test_models_whose_rows_are_not_multiplied(tmp_path: Path, keys: dict, told: str) -> None:
    """A clip, norms, and what has not been read; to move rows alone is no trouble there."""
    config = LLAMA | {"num_hidden_layers": 1} | keys
    arrays = random_arrays(llama_shapes(config, norms=config["model_type"] == "qwen3"))
    model = write_model(tmp_path / "model", config, arrays)
    found = permute_weights(str(model), target="ggml/normal:head_dim=8:attn_factor=2")
    assert 1 == found.exit_code
    assert told in str(found)
    assert 0 == permute_weights(str(model), target="ggml/normal:head_dim=8").exit_code


def test_a_dry_run_lists_factors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Factor and rows of each tensor, and that numbers are rounded."""
    model, _ = model_of(tmp_path / "model")
    assert 0 == run_command(["weights", "permute", str(model), "--to", "ggml/neox:attn_factor=1.19", "--dry-run"])
    told = " ".join(capsys.readouterr().out.split())
    assert "The rows of 4 tensors of 1 layer would be multiplied, nothing was written." in told
    assert "q_proj.bias, layer 0: bias, F32, heads: 8 of q, 8 lanes each; rows 0 to 7 of each head times" in told
    assert "rounded once, to nearest and even: undoing does not give the same bytes" in told
    assert ["model"] == [path.name for path in tmp_path.iterdir()]
