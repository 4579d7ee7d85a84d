"""Tensor-parallel checkpoints as pickles of torch: Meta's and Megatron's, held against the whole of transformers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover import permute_weights, verify_weights
from prover.errors import InputError
from weights.cut_into_ranks import Arrays, megatron, meta

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.live

CONFIG: dict[str, Any] = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 8,
    "num_key_value_heads": 4, "head_dim": 8, "num_hidden_layers": 2, "rope_theta": 10000.0,
    "max_position_embeddings": 2048, "vocab_size": 16, "intermediate_size": 32, "rms_norm_eps": 1e-6,
}
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
META = "meta/llama:head_dim=8"
NAMES = ",".join(f"{role}=layers.{{layer}}.attention.w{role}.weight" for role in "qkvo")
FUSED = ("kv_heads*(group*q + k + v)=decoder.layers.{layer}.self_attention.linear_qkv.weight,"
         "o=decoder.layers.{layer}.self_attention.linear_proj.weight")


def source(folder: Path) -> tuple[Path, Arrays]:
    """transformers' folder with random numbers, and these."""
    from safetensors.numpy import save_file

    random = np.random.default_rng(7)
    arrays: Arrays = {}
    for layer in range(2):
        for role, shape in (("q", (64, 64)), ("k", (32, 64)), ("v", (32, 64)), ("o", (64, 64))):
            arrays[f"model.layers.{layer}.self_attn.{role}_proj.weight"] = random.standard_normal(shape)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    save_file(arrays, folder / "model.safetensors")
    return folder, arrays


def moved(arrays: Arrays) -> Arrays:
    """The rows of q and k as adjacent pairs need them, head by head."""
    return {name: np.concatenate([array[at : at + 8][HALF_TO_ADJACENT] for at in range(0, len(array), 8)])
            if ".q_proj" in name or ".k_proj" in name else array for name, array in arrays.items()}


def saved(file: Path, arrays: Arrays, wrap: Callable[[dict[str, Any]], Any] = lambda tensors: tensors) -> None:
    """One rank, as torch.save writes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(wrap({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}), file)


@pytest.mark.parametrize("wrong", [False, True])
def test_meta(tmp_path: Path, wrong: bool) -> None:
    """Ranks with adjacent pairs against transformers' halves; k of rank 3 forgotten is told so."""
    folder, arrays = source(tmp_path / "s")
    ranks = meta(moved(arrays), CONFIG, 4)
    if wrong:
        name = "layers.1.attention.wk.weight"
        ranks[3][name] = meta(arrays, CONFIG, 4)[3][name]
    for rank, each in enumerate(ranks):
        saved(tmp_path / "t" / f"consolidated.{rank:02}.pth", each)
    found = verify_weights(str(folder), str(tmp_path / "t"), meant_for=META, base=str(folder), tensors=NAMES)
    assert ("wrong" if wrong else "right") == found.verdict, found.headline
    if wrong:
        assert found.headline.startswith("layer 1 of rank 3, k (layers.1.attention.wk.weight): ")
        assert ["missing"] == found.to_json()["faults"]


@pytest.mark.parametrize("wrong", [False, True])
def test_megatron(tmp_path: Path, wrong: bool) -> None:
    """Group after group in one tensor, ranks in folders; a rank whose first head of q was moved is told so."""
    folder, arrays = source(tmp_path / "s")
    ranks = megatron(arrays, CONFIG, 2)
    if wrong:
        rows = ranks[1]["decoder.layers.0.self_attention.linear_qkv.weight"] = ranks[1][
            "decoder.layers.0.self_attention.linear_qkv.weight"].copy()
        rows[:8] = rows[:8][HALF_TO_ADJACENT]
    for rank, each in enumerate(ranks):
        saved(tmp_path / "t" / f"mp_rank_{rank:02}" / "model_optim_rng.pt", each,
              lambda tensors: {"model": tensors, "iteration": 5})
    found = verify_weights(str(folder), str(tmp_path / "t"), base=str(folder), tensors=FUSED)
    assert ("wrong" if wrong else "right") == found.verdict, found.headline
    assert not wrong or "layer 0 of rank 1, q (" in found.headline


def test_pickles_are_not_written(tmp_path: Path) -> None:
    """permute says so."""
    folder, arrays = source(tmp_path / "s")
    for rank, each in enumerate(meta(arrays, CONFIG, 2)):
        saved(tmp_path / "t" / f"consolidated.{rank:02}.pth", each)
    with pytest.raises(InputError, match="holds its weights in pickles, which are not written here"):
        permute_weights(str(tmp_path / "t"), target=META, base=str(folder), out=str(tmp_path / "out"), tensors=NAMES)


@pytest.mark.parametrize("marked", [[], [argparse.Namespace]], ids=["", "marked safe"])
def test_whole_pickles_of_megatron_are_refused(tmp_path: Path, marked: list[Any]) -> None:
    """With the arguments of the run in them they hold more than tensors; nothing is executed.

    Nor where they are marked as safe, as importing Megatron-Core 0.16.1 does (megatron/core/safe_globals.py).
    """
    folder, arrays = source(tmp_path / "s")
    for rank, each in enumerate(megatron(arrays, CONFIG, 2)):
        saved(tmp_path / "t" / f"mp_rank_{rank:02}" / "model_optim_rng.pt", each,
              lambda tensors: {"args": argparse.Namespace(num_layers=2), "model": tensors})
    torch.serialization.add_safe_globals(marked)
    before = torch.serialization.get_safe_globals()
    with pytest.raises(InputError, match=r"it names argparse\.Namespace, and nothing of it was executed"):
        verify_weights(str(folder), str(tmp_path / "t"), base=str(folder), tensors=FUSED)
    assert set(before) == set(torch.serialization.get_safe_globals())
