"""Every model type that is read, under many spellings of its RoPE keys, beside transformers' own rotary class."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import ProverError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.reading import read_model
from prover.sources.readings import Reading, find_reading, table

pytestmark = pytest.mark.live

TYPES = sorted(name for each in table().reading for name in each.types if each.ropes != "none" and name != "kimi_k2")
# hidden_size and heads give 64 lanes; what is longest and what was longest in training differ.
SIZES = {
    "hidden_size": 512, "num_attention_heads": 8, "num_key_value_heads": 8, "num_hidden_layers": 2,
    "max_position_embeddings": 4096, "qk_nope_head_dim": 32, "qk_rope_head_dim": 64, "cross_attention_layers": [1],
    "position_embedding_type": "rope", "attn_layer_indices": [1], "use_mem_rope": True, "block_types": ["attention"],
}
# Classes that multiply by another factor than the one that they keep.
BY_RUN = ("phimoe",)
LAYERED = ["sliding_attention", "full_attention"]
RECURRENT = ["linear_attention", "full_attention"]
# The layer types of model types that have several.
LAYERS: dict[str, list[str]] = {
    "cohere2": LAYERED, "exaone4": LAYERED, "gemma3_text": LAYERED, "gemma3n_text": LAYERED, "gemma4_text": LAYERED,
    "modernbert": LAYERED, "modernbert-decoder": LAYERED, "olmo3": LAYERED, "afmoe": LAYERED, "cohere2_moe": LAYERED,
    "exaone_moe": LAYERED, "kolibri1": LAYERED, "laguna": LAYERED, "mellum": LAYERED, "mimo_v2_flash": LAYERED,
    "minimax": RECURRENT, "olmo_hybrid": RECURRENT, "granitemoehybrid": RECURRENT, "qwen3_5_moe_text": RECURRENT,
    "qwen3_5_text": RECURRENT, "qwen3_next": RECURRENT, "lfm2": ["conv", "full_attention"],
    "lfm2_moe": ["conv", "full_attention"], "beam": LAYERED, "cohere_compass_text": LAYERED,
    "diffusion_gemma_text": LAYERED, "dory": LAYERED, "embedding_gemma2_text": LAYERED, "flint": LAYERED,
    "gemma4_unified_text": LAYERED, "t5gemma2_decoder": LAYERED, "t5gemma2_text": LAYERED, "ultrabert": LAYERED,
    "bailing_hybrid": RECURRENT, "lara_mini": ["linear_attention", "sliding_attention"],
    "zaya": ["hybrid", "hybrid_sliding"],
    "lfm3": ["sliding_attention", "full_attention"], "qwen4_exp_text": ["linear_attention", "indexed_attention"],
    "zamba2": ["linear_attention", "hybrid"],
    "neomme": LAYERED, "step3p5": LAYERED, "deepseek_v4": ["sliding_attention", "compressed_sparse_attention"],
}
FLOW: dict[str, Any] = {"flow_head_config": {"condition_dim": 512}}
# What else a config class asks for.
NEEDED: dict[str, dict[str, Any]] = {
    "moonshine": {"hidden_size": 640}, "moonshine_streaming": {"hidden_size": 640}, "gradium_phonon_tts": FLOW,
    "pocket_tts": FLOW, "zaya": {"sliding_window": 64},
    "dots3_note_vision_encoder": {"pyramid_num_routed": [-1, -1], "adapter_in_dim": 512},
}
YARN = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LISTS = {"short_factor": [1.0 + i / 8 for i in range(32)], "long_factor": [2.0 + i for i in range(32)]}
HALF = {"short_factor": LISTS["short_factor"][:16], "long_factor": LISTS["long_factor"][:16]}
SPELLINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "head_dim": {"head_dim": 96},
    "head_dim of the quotient": {"head_dim": 64},
    "head_dim null": {"head_dim": None},
    "theta": {"rope_theta": 500000.0},
    "theta null": {"rope_theta": None},
    "theta under its legacy name": {"rotary_emb_base": 20000},
    "scaling null": {"rope_scaling": None, "rope_theta": 1e6},
    "scaling empty": {"rope_scaling": {}, "rope_theta": 1e6},
    "parameters": {"rope_parameters": {"rope_type": "default", "rope_theta": 250000.0}},
    "parameters null": {"rope_parameters": None},
    "parameters and theta": {"rope_parameters": {"rope_type": "default", "rope_theta": 250000.0}, "rope_theta": 7e5},
    "parameters empty": {"rope_parameters": {}, "rope_theta": 7e5},
    "both": {
        "rope_scaling": {"type": "linear", "factor": 2.0}, "rope_parameters": {"rope_type": "linear", "factor": 4.0},
    },
    "type": {"rope_scaling": {"type": "linear", "factor": 4}},
    "both types": {"rope_scaling": {"type": "yarn", "rope_type": "linear", "factor": 4.0}},
    "linear without a factor": {"rope_scaling": {"rope_type": "linear"}},
    "dynamic": {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}},
    "yarn": {"rope_scaling": YARN},
    "yarn without the original": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
    "yarn with the original at the top": {"rope_scaling": YARN, "original_max_position_embeddings": 1024},
    "yarn with the factor null": {"rope_scaling": YARN | {"factor": None}},
    "yarn with nulls": {"rope_scaling": YARN | {"beta_fast": None, "beta_slow": None, "attention_factor": None}},
    "yarn with betas": {"rope_scaling": YARN | {"beta_fast": 16, "beta_slow": 2}},
    "yarn with betas of 0": {"rope_scaling": YARN | {"beta_fast": 0, "beta_slow": 0}},
    "yarn with a magnitude": {"rope_scaling": YARN | {"attention_factor": 1.25}},
    "yarn with mscale": {"rope_scaling": YARN | {"mscale": 0.707, "mscale_all_dim": 0.5}},
    "yarn with one mscale": {"rope_scaling": YARN | {"mscale": 0.707}},
    "yarn with mscale 0": {"rope_scaling": YARN | {"mscale": 0.707, "mscale_all_dim": 0}},
    "yarn not rounded": {"rope_scaling": YARN | {"truncate": False}},
    "yarn with truncate null": {"rope_scaling": YARN | {"truncate": None}},
    "llama3": {"rope_scaling": LLAMA3 | {"original_max_position_embeddings": 1024}},
    "llama3 without the original": {"rope_scaling": LLAMA3},
    "llama3 with the original at the top": {"rope_scaling": LLAMA3, "original_max_position_embeddings": 256},
    "longrope": {"rope_scaling": LISTS | {"rope_type": "longrope", "original_max_position_embeddings": 1024}},
    "longrope of half the head": {
        "partial_rotary_factor": 0.5, "rope_scaling": HALF | {"type": "su"}, "original_max_position_embeddings": 1024,
    },
    "longrope with a factor": {"rope_scaling": LISTS | {"rope_type": "longrope", "factor": 32.0}},
    "longrope with a magnitude": {"rope_scaling": LISTS | {"rope_type": "longrope", "attention_factor": 1.5}},
    "longrope with two magnitudes": {"rope_scaling": LISTS | {
        "rope_type": "longrope", "original_max_position_embeddings": 1024, "short_mscale": 1.25, "long_mscale": 1.5}},
    "xdrope": {"rope_scaling": {"type": "xdrope", "factor": 1.0, "alpha": 1000.0, "xdrope_section": [8, 8, 8, 8]},
               "head_dim": 64},
    "four sections": {"rope_parameters": {"rope_type": "default", "mrope_section": [16, 0, 8, 8]}},
    "sections for a third": {"rope_parameters": {"rope_type": "default", "mrope_section": [12, 10, 10]}},
    "yarn of half the head": {"rope_scaling": YARN | {"partial_rotary_factor": 64 / 96}},
    "yarn with parameters": {"rope_parameters": YARN | {"rope_theta": 2e4}},
    "by layer type, one null": {"rope_parameters": {
        "full_attention": None, "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
    }},
    "by hybrid layer": {"rope_parameters": {
        "hybrid": {"rope_type": "linear", "factor": 4.0, "rope_theta": 3e5, "partial_rotary_factor": 0.25},
        "hybrid_sliding": {"rope_type": "default", "rope_theta": 2e4},
    }},
    "by layer type, nothing inside": {"rope_parameters": {"full_attention": {}, "sliding_attention": {}}},
    "by layer type, a part": {"rope_parameters": {
        "full_attention": {"partial_rotary_factor": 0.5, "rope_theta": 3e5},
        "sliding_attention": {"partial_rotary_factor": 0.1},
    }},
    "by layer": {
        "rope_theta": [2e4, 3e5, 7e5], "partial_rotary_factors": [1.0, 0.5, 0.25], "num_nextn_predict_layers": 1,
        "rope_scaling": LLAMA3 | {"original_max_position_embeddings": 1024},
    },
    "under labels": {"rope_parameters": {
        "main": {"rope_type": "default", "rope_theta": 2e4, "partial_rotary_factor": 0.25},
        "compress": YARN | {"rope_theta": 3e5, "partial_rotary_factor": 0.25, "attention_factor": 1.0},
    }},
    "under one label": {"rope_parameters": {"main": {"rope_type": "default", "rope_theta": 2e4}}},
    "another base": {"compress_rope_theta": 5e4, "rope_theta": 2e4, "qk_rope_head_dim": 32},
    "unknown rule": {"rope_scaling": {"rope_type": "bogus", "factor": 2.0}},
    "part": {"partial_rotary_factor": 0.5},
    "part null": {"partial_rotary_factor": None},
    "part with parameters": {
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.75},
    },
    "part of floats": {"partial_rotary_factor": 0.29, "head_dim": 200},
    "part under its legacy name": {"rotary_pct": 0.5},
    "lanes": {"rotary_dim": 32},
    "lanes null": {"rotary_dim": None},
    "sections": {"rope_scaling": {"rope_type": "default", "mrope_section": [6, 5, 5]}},
    "sections of type mrope": {"rope_scaling": {"type": "mrope", "mrope_section": [12, 10, 10]}},
    "by layer type": {"rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 3e5},
        "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
    }},
    "by layer type, one missing": {"rope_parameters": {
        "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
    }},
    "by layer type, not rounded": {"rope_parameters": {
        "full_attention": YARN | {"rope_theta": 3e5, "truncate": False}, "truncate": False,
        "sliding_attention": YARN | {"rope_theta": 2e4},
    }},
    "by layer type, no base": {"rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 4.0}, "sliding_attention": {"rope_type": "default"},
    }},
    "by layer type, scaled": {"rope_scaling": {"rope_type": "linear", "factor": 2.0}, "rope_parameters": {
        "full_attention": {"rope_type": "default", "rope_theta": 3e5},
        "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
    }},
    "proportional": {"rope_parameters": {
        "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    }},
    "alpha": {"rope_scaling": {"type": "dynamic", "factor": 1.0, "alpha": 1000.0}},
    "alpha with a head_dim": {"rope_scaling": {"type": "dynamic", "factor": 1.0, "alpha": 1000.0}, "head_dim": 64},
    "local base": {"rope_local_base_freq": 5000.0, "local_rope_theta": 7000.0, "global_rope_theta": 9e4},
    "yarn by layer type": {"rope_parameters": {"full_attention": YARN | {"rope_theta": 1e5}, "sliding_attention": {
        "rope_type": "default", "rope_theta": 1e4}}},
}


def own(kind: str) -> dict[str, Any]:
    """The layer types of a model type that has several, and what it cannot be without."""
    return ({"layer_types": LAYERS[kind]} if kind in LAYERS else {}) | NEEDED.get(kind, {})


def label(kind: str, layer_type: str) -> str:
    """What the rotary class keeps the frequencies of a layer type under."""
    entry = find_reading(kind)
    row = entry.by_type.get(layer_type) if isinstance(entry, Reading) else None
    return row.label or layer_type if row else layer_type


def is_vision(kind: str) -> bool:
    """Whether a model type is a vision tower."""
    entry = find_reading(kind)
    return isinstance(entry, Reading) and entry.part == "vision"


def rotary_class(made: Any, kind: str) -> tuple[Any, Any]:
    """The module of a config's model, and its rotary class."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    place = type(made).__module__.replace("configuration_", "modeling_")
    if importlib.util.find_spec(place) is None:  # it has the model of another
        place = MODEL_MAPPING[type(made)].__module__
    module = importlib.import_module(place)
    names = [name for name, each in vars(module).items() if name.endswith("RotaryEmbedding")
             and each.__module__ == module.__name__]
    others = tuple(each for each in ("Talker", "Code2Wav", "DiT", "SaProt") if each.lower() not in kind)
    if "code_predictor" in kind:
        others = ("Talker", "Thinker", "Code2Wav")
    fitting = [name for name in names if ("Vision" in name) == is_vision(kind) and not any(o in name for o in others)]
    name = names[0] if len(names) == 1 else max(fitting, key=lambda each: ("Text" in each, len(each)))
    return module, getattr(module, name)


def measured(config: dict[str, Any]) -> dict[str, tuple[np.ndarray[Any, Any], float]]:
    """inv_freq and the factor on cosine and sine of the rotary class that transformers makes of a config.

    By layer type where the class has several, else for "".
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind = config["model_type"]
    made = CONFIG_MAPPING[kind].from_dict(json.loads(json.dumps(config)))
    rotary = rotary_class(made, kind)[1](made)
    kinds = getattr(rotary, "layer_types", None)
    if kind in BY_RUN:
        return {"": (rotary.inv_freq.double().numpy(), first_cosine(rotary))}
    if kinds is None:
        inv = rotary.inv_freq if hasattr(rotary, "inv_freq") else vision_frequencies(rotary)
        return {"": (inv.double().numpy(), float(getattr(rotary, "attention_scaling", 1)))}
    return {
        each: (getattr(rotary, f"{each}_inv_freq").double().numpy(),
               float(getattr(rotary, f"{each}_attention_scaling")))
        for each in kinds if hasattr(rotary, f"{each}_inv_freq")
    }


def first_cosine(rotary: Any) -> float:
    """The factor on the cosine, seen at position 0."""
    import torch

    return float(rotary(torch.zeros(1, 1, 1), torch.zeros(1, 1, dtype=torch.int64))[0].max())


def vision_frequencies(rotary: Any) -> Any:
    """The frequencies of one axis of a table of complex numbers: what the second column turns by."""
    return rotary.freqs_ci[1].angle().flatten()[: rotary.freqs_ci.shape[-1] // 2] / 2


def all_spellings() -> Iterator[Any]:
    """Every model type under every spelling: a third at once, each spelling with other types; the rest is slow."""
    for row, kind in enumerate(TYPES):
        for column, spelling in enumerate(SPELLINGS):
            marks = [pytest.mark.slow] if (row + column) % 3 else []
            yield pytest.param(kind, spelling, marks=marks, id=f"{spelling}-{kind}")


@pytest.mark.parametrize(("kind", "spelling"), [*all_spellings()])
def test_spellings(kind: str, spelling: str, tmp_path: Path) -> None:
    """What transformers makes a rotary class of is read as that, or refused; what it breaks off at is refused."""
    config = {"model_type": kind, **SIZES, **own(kind), **SPELLINGS[spelling]}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    try:
        parts = [part for part in read_model(str(path)).parts if part.spec is not None and part.name != "indexer"]
        layouts = {part.layer_type: load(str(part.spec)).layout for part in parts}
    except ProverError as fault:
        refused = str(fault)
    else:
        refused = ""
    try:
        expected = measured(config)
    except Exception:
        assert refused
        return
    if refused:
        pytest.skip(refused[:200])
    assert layouts
    for part, layout in layouts.items():
        kernel, each = make_kernel(layout), label(kind, part)
        frequencies, scale = expected[each if each in expected else ""]
        mine = np.abs(kernel.frequencies).max(axis=1) / (2 * np.pi if layout.positions == "real" else 1)
        mine, frequencies = mine[mine > 0], frequencies[frequencies > 0]
        if is_vision(kind):
            mine, frequencies = np.sort(mine), np.sort(np.tile(frequencies, mine.size // frequencies.size))
        assert frequencies.shape == mine.shape
        assert np.all(np.abs(mine - frequencies) <= 64 * 2.0**-24 * frequencies)
        assert np.allclose(kernel.magnitudes, scale, rtol=1e-6, atol=0)


@pytest.mark.parametrize("kind", TYPES)
def test_pairing(kind: str, tmp_path: Path) -> None:
    """The function that turns queries does to every lane what the layout says."""
    import torch
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = {"model_type": kind, **SIZES, **own(kind)}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    try:
        part = next(part for part in read_model(str(path)).parts if part.spec is not None)
    except ProverError as fault:
        pytest.skip(str(fault)[:200])
    made = CONFIG_MAPPING[kind].from_dict(json.loads(json.dumps(config)))
    module, rotary_type = rotary_class(made, kind)
    layout = load(str(part.spec)).layout
    interleaves = "to-half" in str(part.layout)
    turn = getattr(module, f"apply_rotary_pos_emb{'_interleave' if interleaves else ''}", None)
    places = [3.0, 5.0, 7.0, 11.0][: len(layout.axes)]
    kernel = make_kernel(layout)
    mine = np.array([kernel.apply(row, np.array(places)) for row in np.eye(layout.width)])
    if is_vision(kind):
        turn = getattr(module, "apply_rotary_pos_emb_vision", None)
    if turn is None or layout.positions == "real":
        pytest.skip("turns with a function of its own")
    rotary = rotary_type(made)
    if is_vision(kind):
        patches = torch.eye(layout.width)[:, None]
        at = torch.tensor(places).long().expand(layout.width, -1)
        turned = turn(patches, patches, *rotary(patches, at))[0]
        assert np.allclose(turned[:, 0].double().numpy(), mine, rtol=0, atol=1e-5)
        return
    at = torch.tensor(places).long()[:, None, None].expand(-1, 1, layout.width)  # a token for each lane
    head = torch.eye(layout.width)[None, None]  # one batch, one head
    given = {"layer_type": label(kind, part.layer_type)} if getattr(rotary, "layer_types", None) else {}
    cos, sin = rotary(head, at if len(places) > 1 else at[0], **given)
    passed = {read for read, _ in layout.passes}
    first = next(lane for lane in range(layout.width) if lane not in passed)
    last = first + layout.width - len(passed)
    if part.layout != "transformers/nanochat" and "q" in inspect.signature(turn).parameters:
        head = head[..., first:last]  # what is cut off before, or passes anyway
    turned = turn(head, head, cos, sin)[0] if "k" in inspect.signature(turn).parameters else turn(head, cos, sin)
    mine = mine[:, first:last] if head.shape[-1] < layout.width else mine
    assert np.allclose(turned[0, 0].double().numpy(), mine, rtol=0, atol=1e-5)
