"""Which layers of a model have RoPE, where its config class makes them differ.

Seen on models that transformers 5.24.0 makes of these configs: which layers call the function that turns.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.sources.model import Part
from prover.sources.reading import read_model
from prover.sources.readings import find_reading, table

LATENT = {"qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "index_head_dim": 128}
# Model type, what its config says besides, the layers that turn, and those whose indexer does.
TURNS: dict[str, tuple[str, dict[str, Any], list[int], list[int]]] = {
    "blocks over and over": ("recurrent_gemma", {}, [2, 5, 8, 11], []),
    "blocks of the file": ("recurrent_gemma", {"block_types": ["recurrent", "attention"]}, [1, 3, 5, 7, 9, 11], []),
    "two in turns after the first": ("lfm3", {}, [2, 4, 6, 8, 10], []),
    "full layers at both ends": ("flint", {}, [2, 3, 4, 6, 7, 8, 10], []),
    "parameters that are null": ("beam", {}, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10], []),
    "a pattern of five": ("lara_mini", {}, [1, 4, 6, 9, 11], []),
    "counted from the end": ("muse_glimmer_text", {"num_hidden_layers": 11}, [0, 1, 3, 4, 5, 7, 8, 9], []),
    "zeros in a list of bases": (
        "muse_glimmer_text", {"num_hidden_layers": 3, "layer_rope_theta": [500000, 0, 500000]}, [0, 2], []),
    "groups": ("bailing_hybrid", {**LATENT}, [5, 11], []),
    "windows": ("cohere2_moe", {}, [0, 1, 2, 4, 5, 6, 8, 9, 10], []),
    "indexers of some layers": ("hy_v4", {**LATENT}, [*range(12)], [0, 1, 5, 9]),
    "indexers by a frequency": ("glm_moe_dsa", {**LATENT, "index_topk_freq": 3}, [*range(12)], [0, 1, 4, 7, 10]),
    "numbers for layer types": (
        "deepseek_v4", {"compress_ratios": [0, 128, 4] * 4}, [*range(12)], [2, 5, 8, 11]),
    "more numbers than layers": (
        "deepseek_v4", {"compress_ratios": [0, 128, 4, 0], "num_hidden_layers": 3}, [0, 1, 2], [2]),
    "a memory with RoPE": (
        "zamba2", {"layers_block_type": ["mamba", "hybrid"], "num_hidden_layers": 2, "use_mem_rope": True}, [1], []),
    "a memory without": ("zamba2", {"layers_block_type": ["mamba", "hybrid"], "num_hidden_layers": 2}, [], []),
    "what stands between the layers": (
        "dory", {"layer_types": ["sliding_attention", "mlp"] * 6, "num_hidden_layers": 12}, [*range(6)], []),
    "a stack that is gone through": ("hrm_text", {"num_hidden_layers": 24, "num_layers_per_stack": 3}, [0, 1, 2], []),
}


def parts_of(tmp_path: Path, config: dict[str, Any]) -> tuple[Part, ...]:
    """The parts of a config."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return read_model(str(path)).parts


@pytest.mark.parametrize(("kind", "more", "layers", "indexers"), TURNS.values(), ids=TURNS)
def test_layers_that_turn(
    kind: str, more: dict[str, Any], layers: list[int], indexers: list[int], tmp_path: Path,
) -> None:
    """Exactly the layers that turn have a layout, and all are told."""
    parts = parts_of(tmp_path, {"model_type": kind, "num_hidden_layers": 12} | more)
    found: dict[str, list[int]] = {"text": [], "indexer": []}
    for part in parts:
        if part.spec is not None and part.name in found:
            found[part.name] += part.layers or ()
    assert {"text": layers, "indexer": indexers} == {name: sorted(each) for name, each in found.items()}


SPECS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "two bases": ({"model_type": "deepseek_v4", "num_hidden_layers": 2, "compress_ratios": [0, 128], "head_dim": 128,
                   "qk_rope_head_dim": 64, "rope_theta": 5000, "rope_scaling": {"type": "linear", "factor": 4}}, {
        "text/sliding_attention":
            "transformers/latent:pairing=adjacent:qk_nope_head_dim=64:qk_rope_head_dim=64:rope_theta=5000",
        "attention output/sliding_attention":
            "transformers/output-back:qk_nope_head_dim=64:qk_rope_head_dim=64:rope_theta=5000",
        "text/heavily_compressed_attention":
            "transformers/latent:pairing=adjacent:qk_nope_head_dim=64:qk_rope_head_dim=64:rope_theta=160000"
            ":rope_type=linear:factor=4",
        "attention output/heavily_compressed_attention":
            "transformers/output-back:qk_nope_head_dim=64:qk_rope_head_dim=64:rope_theta=160000"
            ":rope_type=linear:factor=4",
    }),
    "lists by layer": ({"model_type": "step3p5", "num_hidden_layers": 2, "num_nextn_predict_layers": 1, "layer_types": [
        "full_attention", "sliding_attention", "full_attention"], "rope_theta": [5000000, 10000, 5000000],
        "partial_rotary_factors": [0.5, 1, 0.5]}, {
        "text/full_attention": "transformers/half:head_dim=128:rope_theta=5000000:partial_rotary_factor=0.5",
        "text/sliding_attention": "transformers/half:head_dim=128:rope_theta=10000:partial_rotary_factor=1",
    }),
    "parts by layer type": ({"model_type": "neomme", "num_hidden_layers": 2, "rope_parameters": {
        "sliding_attention": {"rope_theta": 5000}}, "layer_types": ["sliding_attention", "full_attention"]}, {
        "text/sliding_attention": "transformers/row-column:head_dim=64:rope_theta=5000:partial_rotary_factor=1",
        "text/full_attention": "transformers/row-column:head_dim=64:rope_theta=1000000:partial_rotary_factor=0.25",
    }),
    "twice as wide": ({"model_type": "zamba2", "num_hidden_layers": 1, "layers_block_type": ["hybrid"],
                       "use_mem_rope": True, "hidden_size": 640, "num_attention_heads": 8},
                      {"text/hybrid": "transformers/half:head_dim=160:rope_theta=10000"}),
    "two magnitudes": ({"model_type": "phimoe", "num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 2,
                        "rope_scaling": {"type": "longrope", "short_factor": [1, 2], "long_factor": [3, 4], "factor": 2,
                                         "short_mscale": 1.25, "long_mscale": 1.5,
                                         "original_max_position_embeddings": 64}},
                       {"text": "transformers/phimoe:head_dim=4:rope_theta=1000000:short_factor=1,2:short_mscale=1.25"
                                ":long_mscale=1.5:original_max_position_embeddings=64"}),
    "an old name for sections": ({"model_type": "hunyuan_vl", "head_dim": 128, "num_hidden_layers": 1, "rope_scaling": {
        "type": "xdrope", "alpha": 1000.0, "factor": 1.0, "xdrope_section": [16, 16, 16, 16]}},
        {"text": "transformers/hunyuan-vl:head_dim=128:rope_theta=10000:rope_type=ntk_alpha:alpha=1000"
                 ":mrope_section=16,16,16,16"}),
    "numbers of the model around it": (
        {"model_type": "voxtral", "text_config": {"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 4096,
                                                  "num_attention_heads": 32}},
        {"text": "transformers/half:head_dim=128:rope_theta=100000000"}),
    "keys of its own around it": (
        {"model_type": "fuyu", "hidden_size": 4096, "num_attention_heads": 64, "num_hidden_layers": 1,
         "rope_theta": 25000.0, "partial_rotary_factor": 0.25},
        {"text": "transformers/half:head_dim=64:rope_theta=25000:partial_rotary_factor=0.5"}),
}


@pytest.mark.parametrize(("config", "specs"), SPECS.values(), ids=SPECS)
def test_layouts(config: dict[str, Any], specs: dict[str, str], tmp_path: Path) -> None:
    """Every value where the config class takes it from."""
    parts = parts_of(tmp_path, config)
    assert specs == {part.address: part.spec for part in parts if part.spec is not None}


def test_a_type_that_is_known_and_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says why, and which layout may do."""
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "mistral_large4_text"}')
    assert 2 == run_command(["show", str(path)])
    told = capsys.readouterr().err
    assert "model_type 'mistral_large4_text' is not read: every frequency is multiplied by exp of a tensor" in told
    assert "Give the layout itself: transformers/latent-learned" in told


def test_a_model_none_of_whose_parts_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what is the matter with each part."""
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "t5gemma", "encoder": {"num_hidden_layers": 0}}')
    assert 2 == run_command(["show", str(path)])
    assert "has no part that is read:" in (told := capsys.readouterr().err)
    assert "num_hidden_layers: expected a whole number from 1 on, got 0; decoder is not in the file" in told


def test_types_that_are_refused_are_not_read() -> None:
    """Each is found as such."""
    from prover.errors import InputError

    for kind in (name for entry in table().refused for name in entry.types):
        with pytest.raises(InputError, match="is not read: "):
            find_reading(kind)
