"""The golden cases of public reports and the faults found in use: each gets the cause that its thread names."""

from __future__ import annotations

import pytest

from prover import prove
from truth_row import Row
from truth_table import REPORTS

_MISTRAL3 = ("llama-cpp/text:arch=mistral3:head_dim=128:n_rot=128:base=1000000:freq_scale=1/64:ext_factor=1:"
             "n_ctx_orig=4096")
_DEEPSEEK4 = "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000"
_MINISTRAL = "rope_type=yarn:factor=16:original_max_position_embeddings=16384"

# The words of the thread's own cause, one of which has to stand in the first cause that is told.
WORDS = {
    "G01": "pairing", "G01 as is": "pairing", "G04": "pairing=", "G05": "as if there were none", "G07": "axis per pair",
    "G08": "axis per pair", "G11": "alternate", "G12": "distance=", "G13": "denominator=", "G15": "rope_type=llama3",
    "G16": "rope_type=llama3", "G18": "truncate=", "G20": "rope_theta=", "G21": "rope_type=linear", "G22": "direction",
    "G24": "partial_rotary_factor=", "G25": "partial_rotary_factor=", "G28": "attn_factor=",
    "G30": "rope_type=ntk_alpha", "G34": "table",
    "magnitude of SGLang as run": "mscale", "magnitude of SGLang by attn_factor": "mscale",
}
FIELD = (
    ("F02", "megatron/rope:use_rope_scaling=true:rope_scaling_factor=32:rotary_base=500000",
     "megatron/rope:use_rope_scaling=true:rope_scaling_factor=8:rotary_base=500000", "rope_scaling_factor=8"),
    ("F04", "transformers/half:head_dim=128:partial_rotary_factor=0.5:rope_theta=5e6",
     "transformers/half:head_dim=128:rope_theta=5e6", "partial_rotary_factor=1"),
    ("F05", _DEEPSEEK4, f"{_DEEPSEEK4}:rope_type=deepseek_yarn:factor=16:original_max_position_embeddings=65536",
     "rope_type=deepseek_yarn"),
    ("F07", f"{_MISTRAL3}:beta_fast=4", f"{_MISTRAL3}:beta_fast=32", "beta_fast=32"),
    ("F08", f"transformers/half:rope_theta=1e6:{_MINISTRAL}:mscale=1:mscale_all_dim=1",
     f"vllm/rope:base=1e6:{_MINISTRAL}", "mscale_all_dim=0"),
    ("the seed discussion", "ggml/imrope", "ggml/mrope", "axis per pair"),
)


def _first(source: str, target: str, feeds: tuple[str, ...] = ()) -> str:
    causes = prove(source, target, feeds=feeds).to_json()["causes"]
    return str(causes[0]["text"]) if causes else ""


def _spec(spec: str) -> str:
    name, colon, rest = spec.removeprefix("tests/").partition(":")
    return spec if not spec.startswith("tests/") else f"tests/small_layouts/{name}.toml{colon}{rest}"


@pytest.mark.parametrize("row", [row for row in REPORTS if row.name in WORDS], ids=lambda row: row.name)
def test_a_golden_case_gets_its_cause(row: Row) -> None:
    """What was wrong in the thread is the first cause that is told."""
    assert WORDS[row.name] in _first(_spec(row.source), _spec(row.target), row.feeds)


@pytest.mark.parametrize(("source", "target", "words"), [each[1:] for each in FIELD], ids=[each[0] for each in FIELD])
def test_a_fault_found_in_use_gets_its_cause(source: str, target: str, words: str) -> None:
    """The parameter that was lost, or what differs where none says it."""
    assert words in _first(source, target)
