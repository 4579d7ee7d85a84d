"""Models of transformers whose config says another loudness: multiplied rows give the logits that they gave before."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import other_rotation
import pytest
import small_models

from prover.api import permute_weights
from prover.weights.packed.packings import packings

pytestmark = pytest.mark.live


def logits(folder: Path, is_double: bool = True) -> Any:
    """What a checkpoint says of a few tokens, in float64 or float32, as its config has it."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder)
    made = getattr(__import__("transformers"), (config.architectures or ["AutoModelForCausalLM"])[0],
                   AutoModelForCausalLM)
    model, told = made.from_pretrained(
        folder, output_loading_info=True, dtype=torch.float64 if is_double else torch.float32,
        attn_implementation="eager")
    assert not told["missing_keys"]
    tokens = torch.tensor([[5, 9, 3, 7, 11, 2, 8, 6]])
    with torch.no_grad(), other_rotation.in_doubles() if is_double else nullcontext():
        found = model.eval()(input_ids=tokens, use_cache=False)
    return found.logits if hasattr(found, "logits") else found.last_hidden_state


def yarn(loudness: float, own: dict[str, Any]) -> dict[str, Any]:
    """A model's own parameters with YaRN that multiplies cosines and sines by a number."""
    return {**own, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32,
            "attention_factor": loudness}


# torch multiplies no matrices of grouped experts in float64, and Bamba's state is float32.
SINGLE = {"aria_text", "bamba", "ernie4_5_moe", "glm4_moe_lite", "glm4v_moe_text", "gpt_oss", "granitemoe",
          "granitemoehybrid", "granitemoeshared", "minimax", "mixtral", "qwen2_moe", "solar_open"}
# Model types whose rows may be multiplied and that are not run: some are parts of models or have no small one here, and
# some take no YaRN by its own numbers.
NOT_RUN = {
    "not built": {"csm", "deepseek_ocr2_text", "emu3_text_model", "glm_image_text", "granite4_vision_text",
                  "paddleocr_vl_text", "qwen2_5_omni_text"},
    "no YaRN": {"phi3", "phimoe"},
}
ALIKE = {"num_key_value_heads": 8}
LATENT = {**ALIKE, "first_k_dense_replace": 4}
LOUD = sorted(set(packings().linear).difference(*NOT_RUN.values()))


@pytest.mark.parametrize("kind", LOUD)
def test_rows_multiplied_for_another_loudness(kind: str, tmp_path: Path) -> None:
    """The config says 1.3 and 2.6 instead: rows that are halved make up for it, and nothing else does.

    Halves are exact, and so is float32 with them: there the logits are the same bits.
    """
    more = LATENT if kind.startswith("deepseek") else ALIKE if kind in ("youtu", "glm4_moe_lite") else {}
    small_models.save(small_models.build(kind, **more), tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    own = config.get("rope_parameters") or {"rope_theta": 10000.0}
    path.write_text(json.dumps(config | {"rope_parameters": yarn(1.3, own)}))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(config | {"rope_parameters": yarn(2.6, own)}))
    found = permute_weights(str(tmp_path / "model"), target=str(other), out=str(tmp_path / "loud"))
    assert (0, str(tmp_path / "loud")) == (found.exit_code, found.written), found.to_text()
    is_double = kind not in SINGLE
    before = logits(tmp_path / "model", is_double)
    largest = before.abs().max()
    assert (logits(tmp_path / "loud", is_double) - before).abs().max() > 1e-6 * largest
    (tmp_path / "loud" / "config.json").write_text(other.read_text())
    assert (logits(tmp_path / "loud", is_double) - before).abs().max() <= (1e-10 * largest if is_double else 0)
    path.write_text(other.read_text())
    assert (logits(tmp_path / "model", is_double) - before).abs().max() > 1e-6 * largest
