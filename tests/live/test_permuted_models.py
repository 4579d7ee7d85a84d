"""Models of transformers with moved rows and the other rotation give the logits that they gave before, in float64.

The other rotation is written here, over even and odd lanes or over halves, and put in the place of the model's own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import small_models

from prover.api import permute_weights
from prover.resources import MODELS
from prover.weights.packings import packings

pytestmark = pytest.mark.live

HALVES = ["llama", "qwen2", "qwen3", "gemma3_text", "phi3", "phi", "olmo2", "falcon", "chameleon", "starcoder2",
          "granite", "seed_oss", "smollm3", "persimmon", "nemotron"]
ADJACENT = ["cohere", "glm", "glm4", "ernie4_5"]
HALF_TURNS = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "falcon with groups": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 2}),
    "llama with biases": ("llama", {"attention_bias": True}),
    "half of gpt_neox": ("gpt_neox", HALF_TURNS),
    "half of stablelm with norms": ("stablelm", {"qk_layernorm": True, "use_qkv_bias": True, **HALF_TURNS}),
    "llama with 32 heads and 4": ("llama", {"num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 8}),
    "llama with llama3's rule": ("llama", {"rope_parameters": {
        "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16}}),
}


def in_pairs(x: Any, cos: Any, sin: Any) -> Any:
    """Lanes 2j and 2j + 1 turned by the angle of pair j; lanes beyond those that have angles pass."""
    import torch

    lanes = 2 * cos.shape[-1]
    even, odd = x[..., 0:lanes:2], x[..., 1:lanes:2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)
    return torch.cat((turned, x[..., lanes:]), -1)


def in_halves(x: Any, cos: Any, sin: Any) -> Any:
    """Lanes j and j + half of those that have angles."""
    import torch

    half = cos.shape[-1]
    first, second = x[..., :half], x[..., half : 2 * half]
    return torch.cat((first * cos - second * sin, first * sin + second * cos, x[..., 2 * half :]), -1)


@contextmanager
def other_rotation(module: Any, to_pairs: bool) -> Iterator[None]:
    """The module's rotation exchanged. Tables of cosines have each angle twice: by halves, or side by side."""
    def apply(q: Any, k: Any, cos: Any, sin: Any, *more: Any, unsqueeze_dim: int = 1, **_: Any) -> tuple[Any, Any]:
        def once(table: Any) -> Any:
            half = table.shape[-1] // 2
            by_halves = bool((table[..., :half] == table[..., half:]).all())
            return (table[..., :half] if by_halves else table[..., ::2]).unsqueeze(unsqueeze_dim)

        turn = in_pairs if to_pairs else in_halves
        return turn(q, once(cos), once(sin)), turn(k, once(cos), once(sin))

    def apply_vision(q: Any, k: Any, cos: Any, sin: Any) -> tuple[Any, Any]:
        return apply(q, k, cos, sin, unsqueeze_dim=-2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "apply_rotary_pos_emb", apply)
        if hasattr(module, "apply_rotary_pos_emb_vision"):
            patch.setattr(module, "apply_rotary_pos_emb_vision", apply_vision)
        yield


def image_of(config: Any, tokens: Any) -> dict[str, Any]:
    """Text around an image of 4 times 6 patches."""
    import torch

    vision, (rows, columns) = config.vision_config, (4, 6)
    count = rows * columns // vision.spatial_merge_size ** 2
    place = torch.full((1, count), config.image_token_id)
    ids = torch.cat((tokens[:, :3], torch.tensor([[config.vision_start_token_id]]), place, tokens[:, 3:]), 1)
    channels = getattr(vision, "in_channels", 3)
    size = channels * vision.temporal_patch_size * vision.patch_size ** 2
    pixels = torch.randn(rows * columns, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return {"input_ids": ids, "pixel_values": pixels, "image_grid_thw": torch.tensor([[1, rows, columns]]),
            "mm_token_type_ids": (ids == config.image_token_id).int()}


def logits(folder: Path, other: bool, to_pairs: bool) -> Any:
    """What a checkpoint says of a few tokens, in float64, with its own rotation or the other."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder)
    made = getattr(__import__("transformers"), (config.architectures or ["AutoModelForCausalLM"])[0],
                   AutoModelForCausalLM)
    model, told = made.from_pretrained(
        folder, output_loading_info=True, dtype=torch.float64, attn_implementation="eager")
    assert not told["missing_keys"]
    module = sys.modules[type(model).__module__]
    tokens = torch.tensor([[5, 9, 3, 7, 11, 2, 8, 6]])
    given = image_of(config, tokens) if hasattr(config, "vision_config") else {"input_ids": tokens}
    with torch.no_grad(), other_rotation(module, to_pairs) if other else nullcontext(), in_float64():
        found = model.eval()(**given, use_cache=False)
    return found.logits if hasattr(found, "logits") else found.last_hidden_state


@contextmanager
def in_float64() -> Iterator[None]:
    """What models do in float32 whatever they are in, norms and softmax, in float64."""
    import torch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "float32", torch.float64)
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        yield


@pytest.mark.parametrize("name", [*HALVES, *ADJACENT, *VARIANTS])
def test_logits_are_those_of_before(name: str, tmp_path: Path) -> None:
    """Moved rows and the other rotation together; either alone changes what comes out."""
    kind, more = VARIANTS.get(name, (name, {}))
    to_pairs = kind not in ADJACENT
    small_models.save(small_models.build(kind, **more), tmp_path / "model")
    target = "transformers/adjacent" if to_pairs else "transformers/half"
    found = permute_weights(str(tmp_path / "model"), target=target, out=str(tmp_path / "moved"))
    assert (0, str(tmp_path / "moved")) == (found.exit_code, found.written), found.to_text()
    before = logits(tmp_path / "model", False, to_pairs)
    largest = before.abs().max()
    assert (logits(tmp_path / "moved", True, to_pairs) - before).abs().max() < 1e-10 * largest
    assert (logits(tmp_path / "model", True, to_pairs) - before).abs().max() > 1e-6 * largest
    assert (logits(tmp_path / "moved", False, to_pairs) - before).abs().max() > 1e-6 * largest
    config = json.loads((tmp_path / "moved" / "config.json").read_text())
    assert config == json.loads((tmp_path / "model" / "config.json").read_text())


def test_a_config_that_says_the_pairing(tmp_path: Path) -> None:
    """DeepSeek-V3 made for adjacent lanes, moved for rope_interleave false: transformers runs it as its config says."""
    dense = small_models.build("deepseek_v3", first_k_dense_replace=4, num_key_value_heads=8)
    small_models.save(dense, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps(config | {"rope_interleave": False}))
    permute_weights(str(tmp_path / "model"), target=str(other), out=str(tmp_path / "moved"))
    assert json.loads((tmp_path / "moved" / "config.json").read_text())["rope_interleave"] is False
    before, after = (logits(tmp_path / name, False, True) for name in ("model", "moved"))
    assert (after - before).abs().max() < 1e-10 * before.abs().max()
    (tmp_path / "moved" / "config.json").write_text(json.dumps(config | {"rope_interleave": True}))
    assert (logits(tmp_path / "moved", False, True) - before).abs().max() > 1e-6 * before.abs().max()


@pytest.mark.parametrize(("kind", "text"), [("qwen2_vl", "mrope-chunked"), ("qwen3_vl", "mrope-stride3")])
def test_text_and_tower_with_an_image(kind: str, text: str, tmp_path: Path) -> None:
    """Both parts moved, each to adjacent lanes with its own axes; one alone is not enough."""
    layouts = []
    for part, name in (("text", text), ("vision", "vision-chunked")):
        path = tmp_path / f"{name}.toml"
        halves = (MODELS / "transformers" / f"{name}.toml").read_text()
        path.write_text(halves.replace('"pairing/half", ', '"pairing/adjacent", ').replace(
            'default = "half"', 'default = "adjacent"'))
        layouts.append(f"{part}={path}")
    model = small_models.build(kind, image_token_id=20, vision_start_token_id=21, video_token_id=22)
    small_models.save(model, tmp_path / "model")
    found = permute_weights(str(tmp_path / "model"), target=layouts, out=str(tmp_path / "moved"))
    assert 0 == found.exit_code, found.to_text()
    assert {"vision", "text"} == {part["part"] for part in found.to_json()["parts"]}
    permute_weights(str(tmp_path / "model"), target=layouts[:1], out=str(tmp_path / "half"))
    before = logits(tmp_path / "model", False, True)
    assert (logits(tmp_path / "moved", True, True) - before).abs().max() < 1e-10 * before.abs().max()
    assert (logits(tmp_path / "half", True, True) - before).abs().max() > 1e-6 * before.abs().max()


def yarn(loudness: float, own: dict[str, Any]) -> dict[str, Any]:
    """A model's own parameters with YaRN that multiplies cosines and sines by a number."""
    return {**own, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32,
            "attention_factor": loudness}


# Model types whose rows may be multiplied and that are not run: torch multiplies no matrices of grouped experts in
# float64, some are parts of models or have no small one here, and some take no YaRN by its own numbers.
NOT_RUN = {
    "experts": {"aria_text", "deepseek_ocr2_text", "ernie4_5_moe", "glm4_moe_lite", "glm4v_moe_text", "gpt_oss",
                "granitemoe", "granitemoehybrid", "granitemoeshared", "minimax", "mixtral", "phimoe", "qwen2_moe",
                "solar_open"},
    "not built": {"bamba", "csm", "emu3_text_model", "glm_image_text", "granite4_vision_text",
                  "paddleocr_vl_text", "qwen2_5_omni_text"},
    "no YaRN": {"phi3", "phimoe"},
}
LATENT = {"num_key_value_heads": 8, "first_k_dense_replace": 4}
LOUD = sorted(set(packings().linear).difference(*NOT_RUN.values()))


@pytest.mark.parametrize("kind", LOUD)
def test_rows_multiplied_for_another_loudness(kind: str, tmp_path: Path) -> None:
    """The config says 1.3 and 2.6 instead: rows that are halved make up for it, and nothing else does."""
    more = LATENT if kind.startswith("deepseek") else {"num_key_value_heads": 8} if kind == "youtu" else {}
    small_models.save(small_models.build(kind, **more), tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    own = config.get("rope_parameters") or {"rope_theta": 10000.0}
    path.write_text(json.dumps(config | {"rope_parameters": yarn(1.3, own)}))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(config | {"rope_parameters": yarn(2.6, own)}))
    found = permute_weights(str(tmp_path / "model"), target=str(other), out=str(tmp_path / "loud"))
    assert (0, str(tmp_path / "loud")) == (found.exit_code, found.written), found.to_text()
    before = logits(tmp_path / "model", False, True)
    largest = before.abs().max()
    assert (logits(tmp_path / "loud", False, True) - before).abs().max() > 1e-6 * largest
    (tmp_path / "loud" / "config.json").write_text(other.read_text())
    assert (logits(tmp_path / "loud", False, True) - before).abs().max() < 1e-10 * largest
    path.write_text(other.read_text())
    assert (logits(tmp_path / "model", False, True) - before).abs().max() > 1e-6 * largest
