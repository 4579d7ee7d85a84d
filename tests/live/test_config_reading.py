"""Every model type that is read, under many spellings of its RoPE keys, beside transformers' own rotary class."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import ProverError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.config_json import read_config
from prover.sources.readings import table

pytestmark = pytest.mark.live

TYPES = sorted(name for each in table().reading for name in each.types)
# hidden_size and heads give 64 lanes; what is longest and what was longest in training differ.
SIZES = {
    "hidden_size": 512, "num_attention_heads": 8, "num_key_value_heads": 8, "num_hidden_layers": 2,
    "max_position_embeddings": 4096, "qk_nope_head_dim": 32, "qk_rope_head_dim": 64,
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
}


def measured(config: dict[str, Any]) -> tuple[np.ndarray[Any, Any], float]:
    """inv_freq and the factor on cosine and sine of the rotary class that transformers makes of a config."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind = config["model_type"]
    module = importlib.import_module(f"transformers.models.{kind}.modeling_{kind}")
    (name,) = [name for name in vars(module) if name.endswith("RotaryEmbedding")]
    made = getattr(module, name)(CONFIG_MAPPING[kind].from_dict(json.loads(json.dumps(config))))
    return made.inv_freq.double().numpy(), float(made.attention_scaling)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings(kind: str, spelling: str, tmp_path: Path) -> None:
    """What transformers makes a rotary class of is read as that, or refused; what it breaks off at is refused."""
    config = {"model_type": kind, **SIZES, **SPELLINGS[spelling]}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    try:
        spec = read_config(str(path)).parts[0].spec
        assert spec is not None
        kernel = make_kernel(load(spec).layout)
    except ProverError as fault:
        refused = str(fault)
    else:
        refused = ""
    try:
        frequencies, scale = measured(config)
    except Exception:
        assert refused
        return
    if refused:
        pytest.skip(refused[:200])
    mine = kernel.frequencies[:, 0]
    assert frequencies.shape == mine.shape
    assert np.all(np.abs(mine - frequencies) <= 64 * 2.0**-24 * frequencies)
    assert np.allclose(kernel.magnitudes, scale, rtol=1e-6, atol=0)
