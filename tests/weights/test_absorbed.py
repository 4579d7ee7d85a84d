"""DeepSeek's kv_b and what llama.cpp's converter makes of it: split, and the half of k transposed."""

import json

import numpy as np
import pytest
from checkpoint_files import safetensors
from saved_models import TYPES, _bytes, stored

from prover import verify_weights
from sources.gguf_writer import F32, STR, U32, gguf

HEADS, NOPE, ROPE, V, LATENT, Q_LATENT, COLUMNS = 4, 32, 8, 12, 64, 32, 32
CONFIG = {
    "model_type": "deepseek_v3", "hidden_size": COLUMNS, "num_attention_heads": HEADS, "num_key_value_heads": HEADS,
    "num_hidden_layers": 2, "q_lora_rank": Q_LATENT, "kv_lora_rank": LATENT, "qk_nope_head_dim": NOPE,
    "qk_rope_head_dim": ROPE, "v_head_dim": V, "vocab_size": 10, "rope_theta": 10000.0, "max_position_embeddings": 64,
}
KEYS = {
    "block_count": 2, "context_length": 64, "embedding_length": COLUMNS, "feed_forward_length": 32,
    "attention.head_count": HEADS, "attention.head_count_kv": 1, "attention.key_length": LATENT + ROPE,
    "attention.value_length": LATENT, "attention.key_length_mla": NOPE + ROPE, "attention.value_length_mla": V,
    "attention.kv_lora_rank": LATENT, "attention.q_lora_rank": Q_LATENT, "rope.dimension_count": ROPE, "vocab_size": 10,
}
SHAPES = {"q_b": (HEADS * (NOPE + ROPE), Q_LATENT), "kv_a": (LATENT + ROPE, COLUMNS),
          "kv_b": (HEADS * (NOPE + V), LATENT), "o": (COLUMNS, HEADS * V)}
FOLDER = {"q_b": "q_b_proj", "kv_a": "kv_a_proj_with_mqa", "kv_b": "kv_b_proj", "o": "o_proj"}


def weights():
    """Two layers of random numbers."""
    g = np.random.default_rng(11)
    return [{name: g.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()} for _ in range(2)]


def save_folder(folder, layers):
    """As transformers has it."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").write_bytes(safetensors({
        f"model.layers.{number}.self_attn.{FOLDER[name]}.weight": ("F32", array.shape, stored(array, "F32"))
        for number, layer in enumerate(layers) for name, array in layer.items()}))
    return folder


def split(kv_b):
    """k_b and v_b, head by head as the converter cuts them."""
    heads = [kv_b[at : at + NOPE + V] for at in range(0, len(kv_b), NOPE + V)]
    return np.stack([head[:NOPE].T for head in heads]), np.stack([head[NOPE:] for head in heads])


def save_gguf(file, layers, change=lambda k, v: (k, v), dtype="F32"):
    """As the converter has it. `change`: what becomes of k_b and v_b."""
    keys = [("general.architecture", STR, "deepseek2"), *((f"deepseek2.{key}", U32, n) for key, n in KEYS.items()),
            ("deepseek2.rope.freq_base", F32, 10000.0), ("deepseek2.attention.layer_norm_rms_epsilon", F32, 1e-6)]
    tensors = []
    for number, layer in enumerate(layers):
        k, v = change(*split(layer["kv_b"]))
        for name, array in (("attn_q_b", layer["q_b"]), ("attn_kv_a_mqa", layer["kv_a"]), ("attn_k_b", k),
                            ("attn_v_b", v), ("attn_output", layer["o"])):
            kind = dtype if array.shape[-1] % 32 == 0 else "F32"
            tensors.append((f"blk.{number}.{name}.weight", array.shape[::-1], TYPES[kind], _bytes(array, kind)))
    file.write_bytes(gguf(keys, tensors))
    return file


@pytest.mark.parametrize("dtype", ["F32", "F16", "Q8_0"])
def test_a_converted_deepseek_is_right(dtype, tmp_path):
    """Every lane of k and of v is compared, both ways."""
    if dtype == "Q8_0":
        pytest.importorskip("gguf")
    source = save_folder(tmp_path / "a", weights())
    target = save_gguf(tmp_path / "x.gguf", weights(), dtype=dtype)
    for a, b in ((source, target), (target, source), (target, target)):
        found = verify_weights(str(a), str(b))
        assert ("right", ()) == (found.verdict, found.faults)
    names = {name for row in found.to_json()["parts"][0]["tensors"] for name in row["target"]}
    assert {"blk.0.attn_k_b.weight", "blk.1.attn_v_b.weight"} <= names


def test_what_is_wrong_with_the_halves_is_told(tmp_path):
    """Leading lanes of k that another head has or that were exchanged, a k_b of other numbers, and a v_b that moved."""
    source = save_folder(tmp_path / "a", weights())

    def told(change):
        found = verify_weights(str(source), str(save_gguf(tmp_path / "x.gguf", weights(), change)))
        return found.verdict, {(row["role"], row["verdict"]) for row in found.to_json()["parts"][0]["tensors"]}

    turned = [1, 0, *range(2, NOPE)]
    right = {("q", "right"), ("v", "right"), ("o", "right")}
    assert ("wrong", right | {("k", "wrong")}) == told(lambda k, v: (k[:, :, turned], v))
    assert ("wrong", right | {("k", "wrong")}) == told(lambda k, v: (k[[1, 0, 2, 3]], v))
    assert ("undecided", right | {("k", "undecided")}) == told(lambda k, v: (k + 1, v))
    verdict, rows = told(lambda k, v: (k, v[:, [1, 0, *range(2, V)]]))
    assert ("wrong", ("v", "wrong")) == (verdict, next(row for row in rows if row[0] == "v"))
