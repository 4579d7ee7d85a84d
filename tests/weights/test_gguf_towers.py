"""Towers of images in files for llama.cpp's --mmproj: their rows held against those of transformers' towers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from checkpoint_files import safetensors
from generated import content

from prover.api import permute_weights, verify_weights
from prover.errors import InputError
from sources.gguf_writer import BOOL, F32, STR, U32, gguf

HEADS, WIDTH, LAYERS = 4, 16, 2
HIDDEN = HEADS * WIDTH
VISION = {"hidden_size": HIDDEN, "embed_dim": HIDDEN, "num_hidden_layers": LAYERS, "depth": LAYERS, "num_heads": HEADS,
          "num_attention_heads": HEADS, "head_dim": WIDTH, "intermediate_size": 32, "image_size": 16, "patch_size": 4,
          "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
Rows = dict[tuple[int, str], np.ndarray]


def made(seed: int = 0) -> Rows:
    """Random q, k, v and o of each layer, with rows of heads (o: columns)."""
    random = np.random.default_rng(seed)
    return {(layer, role): random.standard_normal((HIDDEN, HIDDEN)).astype(np.float32)
            for layer in range(LAYERS) for role in "qkvo"}


def permuted(rows: Rows, *roles: str) -> Rows:
    """Rows as llama.cpp's converter moves those of a Llama (conversion/llama.py, LlamaModel.permute), written apart:
    row r of the first half of a head goes to 2r, that of the second half to 2r + 1."""
    order = [head * WIDTH + half * WIDTH // 2 + pair
             for head in range(HEADS) for pair in range(WIDTH // 2) for half in range(2)]
    return {(layer, role): each[order] if role in roles else each for (layer, role), each in rows.items()}


def folder(path: Path, kind: str, rows: Rows) -> Path:
    """A tower as transformers saves it: Qwen's with q, k and v in one tensor, Pixtral's with one each."""
    path.mkdir()
    (path / "config.json").write_text(json.dumps({**VISION, "model_type": kind}))
    arrays = {}
    for layer in range(LAYERS):
        if kind == "pixtral":
            at = f"transformer.layers.{layer}.attention"
            arrays |= {f"{at}.{role}_proj.weight": rows[layer, role] for role in "qkvo"}
        else:
            at = f"visual.blocks.{layer}.attn"
            arrays[f"{at}.qkv.weight"] = np.concatenate([rows[layer, role] for role in "qkv"])
            arrays[f"{at}.proj.weight"] = rows[layer, "o"]
    (path / "model.safetensors").write_bytes(safetensors({name: content(each) for name, each in arrays.items()}))
    return path


def mmproj(path: Path, projector: str, rows: Rows, fused: bool = False, **more: np.ndarray) -> Path:
    """A file for --mmproj with these rows. `more`: further tensors, by name with _ for dots."""
    keys = [("general.architecture", STR, "clip"), ("clip.has_vision_encoder", BOOL, True),
            ("clip.projector_type", STR, projector), ("clip.vision.embedding_length", U32, HIDDEN),
            ("clip.vision.block_count", U32, LAYERS), ("clip.vision.attention.head_count", U32, HEADS),
            ("clip.vision.image_size", U32, 16), ("clip.vision.patch_size", U32, 4),
            ("clip.vision.attention.layer_norm_epsilon", F32, 1e-5)]
    arrays = {name.replace("__", "."): each for name, each in more.items()}
    for layer in range(LAYERS):
        at = f"v.blk.{layer}"
        names = {"attn_qkv": np.concatenate([rows[layer, role] for role in "qkv"])} if fused else {
            f"attn_{role}": rows[layer, role] for role in "qkv"}
        arrays |= {f"{at}.{name}.weight": each for name, each in {**names, "attn_out": rows[layer, "o"]}.items()}
    path.write_bytes(gguf(keys, [(name, each.shape[::-1], 0, each.astype("<f4").tobytes())
                                 for name, each in arrays.items()]))
    return path


@pytest.mark.parametrize(("kind", "projector", "fused", "moves"), [
    ("qwen2_vl_vision", "qwen2vl_merger", False, ()), ("qwen2_5_vl_vision", "qwen2.5vl_merger", False, ()),
    ("qwen3_vl_vision", "qwen3vl_merger", True, ()), ("pixtral", "pixtral", False, ("q", "k")),
])
def test_a_converted_tower(kind: str, projector: str, fused: bool, moves: tuple[str, ...], tmp_path: Path) -> None:
    """Qwen's rows stay, Pixtral's are moved to adjacent pairs (conversion/llava.py); anything else is wrong."""
    rows = made()
    source = folder(tmp_path / "source", kind, rows)
    right = mmproj(tmp_path / "right.gguf", projector, permuted(rows, *moves), fused)
    assert "right" == verify_weights(str(source), str(right)).verdict
    for number, other in enumerate(sorted({(), ("q", "k"), ("q",)} - {moves})):
        wrong = mmproj(tmp_path / f"wrong{number}.gguf", projector, permuted(rows, *other), fused)
        assert "wrong" == verify_weights(str(source), str(wrong)).verdict


def test_a_tower_is_moved(tmp_path: Path) -> None:
    """The rows of a folder that was converted without moving them are moved in the file itself."""
    rows = made()
    wrong = mmproj(tmp_path / "wrong.gguf", "pixtral", rows)
    source = folder(tmp_path / "source", "pixtral", rows)
    done = permute_weights(str(wrong), source=f"{source / 'config.json'}", target=f"{wrong}",
                           out=str(tmp_path / "out"))
    assert 0 == done.exit_code, done.to_text()
    written = next((tmp_path / "out").glob("*.gguf")).read_bytes()
    right = mmproj(tmp_path / "right.gguf", "pixtral", permuted(rows, "q", "k")).read_bytes()
    assert right == written


def test_a_norm_in_a_tower_keeps_rows_still(tmp_path: Path) -> None:
    """clip.cpp takes norms of q and k in such towers too; how their lanes lie has not been read."""
    rows = made()
    source = folder(tmp_path / "source", "pixtral", rows)
    file = mmproj(tmp_path / "normed.gguf", "pixtral", permuted(rows, "q", "k"),
                  v__blk__0__attn_q_norm__weight=np.ones(WIDTH, np.float32))
    assert "undecided" == verify_weights(str(source), str(file)).verdict


def test_a_tower_that_is_not_known_is_refused(tmp_path: Path) -> None:
    """Its tensors have not been read, and which have is told."""
    rows = made()
    source = folder(tmp_path / "source", "pixtral", rows)
    file = mmproj(tmp_path / "other.gguf", "kimivl", rows)
    with pytest.raises(InputError, match="the tensors of this tower have not been read"):
        verify_weights(str(source), str(file))
