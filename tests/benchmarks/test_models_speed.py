"""Models, beside loading the same configs with transformers and printing inv_freq.

Run with

    python -m pytest tests/benchmarks/test_models_speed.py -o addopts= --benchmark-only --benchmark-disable-gc

transformers' figures are only there where transformers and torch are installed (the extra live).
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from fresh_processes import LIBRARIES, command, python

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "num_hidden_layers": 32, "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5, "intermediate_size": 14336, "vocab_size": 128256, "rope_theta": 500000.0,
}
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
COUNT = 48
PRINT_INV_FREQ = """
import sys
from transformers import AutoConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
for name in sys.argv[1:]:
    print(LlamaRotaryEmbedding(AutoConfig.from_pretrained(name)).inv_freq)
"""


def print_inv_freq(*names: str) -> int:
    """What a person would do instead."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        pytest.skip("transformers or torch is not installed: there is nothing to compare with")
    return python("-c", PRINT_INV_FREQ, *names)


def gemma4(theta: float, every: int) -> dict[str, Any]:
    """A model of three layouts; two that differ in `every` have five kinds of layers between them."""
    kinds = ["full_attention" if layer % every == every - 1 else "sliding_attention" for layer in range(12)]
    text = {
        "model_type": "gemma4_text", "num_hidden_layers": 12, "layer_types": kinds, "head_dim": 256,
        "global_head_dim": 256, "hidden_size": 2048, "num_attention_heads": 8, "max_position_embeddings": 131072,
        "rope_parameters": {
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            "full_attention": {"rope_type": "proportional", "rope_theta": theta, "partial_rotary_factor": 0.25},
        },
    }
    vision = {"model_type": "gemma4_vision", "head_dim": 64, "num_hidden_layers": 16,
              "rope_parameters": {"rope_type": "default", "rope_theta": theta / 10000}}
    return {"model_type": "gemma4", "text_config": text, "vision_config": vision}


@pytest.fixture
def model(tmp_path: Path) -> str:
    """The config.json of Llama 3.1 8B."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA | {"rope_scaling": LLAMA3}))
    return str(path)


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    """Configs of which no two ask the same."""
    found = []
    for number in range(COUNT):
        scaling = (None, LLAMA3, YARN)[number % 3]
        path = tmp_path / "models" / f"{number:02}" / "config.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(LLAMA | {"rope_theta": 500000.0 + number, "rope_scaling": scaling}))
        found.append(str(path))
    return found


@pytest.mark.benchmark(group="show a config.json, in a fresh process")
def test_cold_show(benchmark: Any, model: str) -> None:
    """`rope-prover show`."""
    assert 0 == benchmark.pedantic(command, args=("show", model), rounds=5)


@pytest.mark.alternative
@pytest.mark.benchmark(group="show a config.json, in a fresh process")
def test_cold_python_alone(benchmark: Any) -> None:
    """Python that imports sympy, z3 and numpy."""
    assert 0 == benchmark.pedantic(python, args=("-c", LIBRARIES), rounds=5)


@pytest.mark.alternative
@pytest.mark.benchmark(group="show a config.json, in a fresh process")
def test_transformers_one(benchmark: Any, model: str) -> None:
    """The same config loaded with transformers, inv_freq printed."""
    assert 0 == benchmark.pedantic(print_inv_freq, args=(model,), rounds=3)


@pytest.mark.benchmark(group="compare two models with five kinds of layers, in a fresh process")
def test_cold_diff(benchmark: Any, tmp_path: Path) -> None:
    """`rope-prover diff`."""
    paths = []
    for name, theta, every in (("source", 1e6, 6), ("target", 2e6, 4)):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(gemma4(theta, every)))
    assert 1 == benchmark.pedantic(command, args=("diff", *map(str, paths)), rounds=3)


@pytest.mark.alternative
@pytest.mark.benchmark(group="compare two models with five kinds of layers, in a fresh process")
def test_cold_python_alone_again(benchmark: Any) -> None:
    """Python that imports sympy, z3 and numpy."""
    assert 0 == benchmark.pedantic(python, args=("-c", LIBRARIES), rounds=3)


@pytest.mark.benchmark(group=f"{COUNT} models, in a fresh process, one core")
@pytest.mark.parametrize("engine", ["vllm", "llama.cpp"])
def test_audit(benchmark: Any, models: list[str], engine: str) -> None:
    """`rope-prover audit`, no two ask the same, each answer proved."""
    arguments = ("audit", *models, "--jobs", "1", "--engines", engine)
    code = benchmark.pedantic(command, args=arguments, rounds=1)
    assert code in (0, 1)


@pytest.mark.benchmark(group=f"{COUNT} models, in a fresh process, one core")
def test_audit_of_equal_models(benchmark: Any, tmp_path: Path) -> None:
    """`rope-prover audit`, all ask the same under vLLM, decided once."""
    for number in range(COUNT):
        (tmp_path / f"{number:02}.json").write_text(json.dumps(LLAMA | {"rope_scaling": YARN, "vocab_size": number}))
    arguments = ("audit", str(tmp_path), "--jobs", "1", "--engines", "vllm")
    assert 0 == benchmark.pedantic(command, args=arguments, rounds=1)


@pytest.mark.alternative
@pytest.mark.benchmark(group=f"{COUNT} models, in a fresh process, one core")
def test_transformers_many(benchmark: Any, models: list[str]) -> None:
    """Loaded with transformers, no two ask the same, inv_freq printed, nothing compared."""
    assert 0 == benchmark.pedantic(print_inv_freq, args=tuple(models), rounds=1)
