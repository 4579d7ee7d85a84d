"""Tensor-parallel checkpoints: every rank's rows move as those of the whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_into_ranks import deepseek, meta, tensorrt_llm
from generated import LLAMA, Arrays, read_arrays, same_files
from rank_models import (
    DEEPSEEK,
    GPTJ,
    NEOX,
    deepseek_arrays,
    deepseek_moved,
    moved,
    read_ranks,
    trt,
    whole,
    write_ranks,
)

from prover import permute_weights, verify_weights

TENSORS = ",".join(f"{role}=layers.{{layer}}.attention.w{role}.weight" for role in "qkvo")


def equal(one: list[Arrays], other: list[Arrays]) -> bool:
    """Whether ranks have the same tensors, bit for bit."""
    return len(one) == len(other) and all(
        a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
        for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize(("ranks", "kv_heads"), [(1, 2), (2, 2), (2, 8), (4, 2), (8, 2), (8, 1), (8, 8)])
def test_tensorrt_llm_moves_as_the_whole(tmp_path: Path, ranks: int, kv_heads: int, biases: bool) -> None:
    """The ranks of the whole that was moved by hand are the ranks that were moved; KV heads are copied, or are not."""
    model, out = trt(tmp_path / "m", ranks, biases, num_key_value_heads=kv_heads), tmp_path / "out"
    found = permute_weights(str(model), source=NEOX, target=GPTJ, out=str(out))
    assert 0 == found.exit_code
    config, arrays = whole(biases, num_key_value_heads=kv_heads)
    names = [f"rank{rank}.safetensors" for rank in range(ranks)]
    assert equal(tensorrt_llm(moved(arrays), config, ranks), read_ranks(out, names, tmp_path / "apart"))
    assert (model / "config.json").read_bytes() == (out / "config.json").read_bytes()
    text = json.loads((out / "rope-prover.json").read_text())
    assert "stays: its position_embedding_type says how the heads" in text["config"]
    assert {"transformer.layers.0.attention.qkv.weight", *(["transformer.layers.0.attention.qkv.bias"] * biases)} == {
        row["tensor"] for row in text["moved"] if row["layer"] == 0}
    assert set(names) == {row["file"] for row in text["moved"]}
    if ranks > 1:
        told = f"{8 // ranks} of q, {max(1, kv_heads // ranks)} of k, 8 lanes each, in each of {ranks} ranks"
        assert told in " ".join(found.to_text().split())
    back = tmp_path / "back"
    permute_weights(str(out), source=GPTJ, target=NEOX, out=str(back))
    assert same_files(model, back)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_deepseek_moves_as_the_whole(tmp_path: Path, ranks: int) -> None:
    """The rotated lanes of k are in every rank, each head of q in one; the config is that of transformers."""
    names = [f"model{rank}-mp{ranks}.safetensors" for rank in range(ranks)]
    model = write_ranks(tmp_path / "m", names, deepseek(deepseek_arrays(), ranks))
    base = tmp_path / "base.json"
    base.write_text(json.dumps(DEEPSEEK))
    (tmp_path / "to.json").write_text(json.dumps(DEEPSEEK | {"rope_interleave": False}))
    found = permute_weights(str(model), target=str(tmp_path / "to.json"), out=str(tmp_path / "out"), base=str(base))
    assert 0 == found.exit_code, found.headline
    assert equal(deepseek(deepseek_moved(deepseek_arrays()), ranks),
                 read_ranks(tmp_path / "out", names, tmp_path / "apart"))
    held = verify_weights(str(model), str(tmp_path / "out"), base=str(base))
    assert "right" == held.verdict, held.headline


@pytest.mark.parametrize("config", [{"model_type": "mymodel"}, {"n_heads": 8}, {"num_attention_heads": 8}, LLAMA])
def test_tensors_that_a_person_names(tmp_path: Path, config: dict[str, Any]) -> None:
    """The same names in every rank; head counts are those of all ranks, or are seen by the shapes of one."""
    own, arrays = whole(num_key_value_heads=4)
    names = [f"consolidated.{rank:02}.safetensors" for rank in range(4)]
    if config is LLAMA:
        config = own
    model = write_ranks(tmp_path / "m", names, meta(arrays, own, 4), config)
    source, target = ("ggml/neox:head_dim=8:base=10000", "ggml/normal:head_dim=8:base=10000")
    found = permute_weights(str(model), source=source, target=target, tensors=TENSORS, out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    assert equal(meta(moved(arrays), own, 4), read_ranks(tmp_path / "out", names, tmp_path / "apart"))


def test_one_safetensors_file_called_consolidated(tmp_path: Path) -> None:
    """Mistral's checkpoint is one file, and its params.json is the config."""
    own, arrays = whole()
    (params := tmp_path / "params.json").write_text(json.dumps({"dim": 64, "n_heads": 8, "n_kv_heads": 2}))
    model = write_ranks(tmp_path / "m", ["consolidated.safetensors"], meta(arrays, own, 1))
    permute_weights(str(model), source="ggml/neox:head_dim=8", target="ggml/normal:head_dim=8",
                    tensors=TENSORS, out=str(tmp_path / "out"), base=str(params))
    assert equal(meta(moved(arrays), own, 1), [read_arrays(tmp_path / "out")])
