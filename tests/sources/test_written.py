"""Causes name the key that a person writes: a GGUF key with its architecture, an option, or a key of a config.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prover.api import diff, prove
from tests.sources.gguf_writer import F32, STR, U32, Key, gguf

CONFIG: dict[str, Any] = {
    "model_type": "qwen3", "hidden_size": 64, "num_attention_heads": 8, "head_dim": 16, "num_hidden_layers": 4,
    "rope_theta": 1e6,
}
YARN = {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 1024}
HEADER: list[Key] = [
    ("general.architecture", STR, "qwen3"), ("qwen3.context_length", U32, 4096), ("qwen3.embedding_length", U32, 64),
    ("qwen3.block_count", U32, 4), ("qwen3.attention.head_count", U32, 8), ("qwen3.attention.key_length", U32, 16),
]
BASE: list[Key] = [("qwen3.rope.freq_base", F32, 1e6)]
SCALED: list[Key] = [
    ("qwen3.rope.scaling.type", STR, "yarn"), ("qwen3.rope.scaling.factor", F32, 4.0),
    ("qwen3.rope.scaling.original_context_length", U32, 1024),
]


def config(folder: Path, name: str, **more: Any) -> str:
    """A folder with a config of this model."""
    (folder / name).mkdir()
    (folder / name / "config.json").write_text(json.dumps(CONFIG | more))
    return str(folder / name)


def metadata(folder: Path, *keys: Key) -> str:
    """A GGUF file of this model."""
    (folder / "x.gguf").write_bytes(gguf([*HEADER, *keys]))
    return str(folder / "x.gguf")


def told(source: str, target: str) -> str:
    """What is told of causes."""
    return " ".join(line for line in diff(source, target).to_text().splitlines() if "  cause" in line)


def test_a_key_of_the_file_is_told_in_full(tmp_path: Path) -> None:
    """The architecture stands before it."""
    source = config(tmp_path, "a", rope_theta=10000)
    assert "the target has base=f32(1000000) (qwen3.rope.freq_base)" in told(source, metadata(tmp_path, *BASE))


def test_a_key_that_is_not_in_the_file(tmp_path: Path) -> None:
    """It is said what would have to be written; for a factor that it is the other way up."""
    text = told(config(tmp_path, "a"), metadata(tmp_path))
    assert "with base=1000000 (write qwen3.rope.freq_base)" in text
    text = told(config(tmp_path, "b", rope_scaling={"rope_type": "linear", "factor": 4}), metadata(tmp_path, *BASE))
    assert "with freq_scale=0.25 (write qwen3.rope.scaling.factor = 1/freq_scale)" in text


def test_what_llama_cpp_reads_from_no_key_is_an_option(tmp_path: Path) -> None:
    """The ends of YaRN's ramp have keys in few architectures, and qwen3 is none of them."""
    source = config(tmp_path, "a", rope_scaling=YARN | {"beta_fast": 1})
    assert "with beta_fast=1 (write --yarn-beta-fast)" in told(source, metadata(tmp_path, *BASE, *SCALED))


@pytest.mark.parametrize("place", ["rope_scaling", "rope_parameters"])
def test_a_key_of_a_config(place: str, tmp_path: Path) -> None:
    """It stands in the object that the file has."""
    base = {"rope_theta": 1e6} if place == "rope_parameters" else {}
    source = config(tmp_path, "a", **{place: YARN | base | {"beta_fast": 1}})
    text = told(source, config(tmp_path, "b", **{place: YARN | base}))
    assert f"with beta_fast=1 (write {place}.beta_fast)" in text
    (row,) = diff(source, str(tmp_path / "b")).to_json()["rows"]
    assert f"(write {place}.beta_fast)" in row["causes"][0]["text"]


def test_prove_tells_them_of_parts_of_models(tmp_path: Path) -> None:
    """A part of a GGUF file has its keys; a SPEC has none, nor what a SPEC says above a file."""
    file = metadata(tmp_path)
    half = "transformers/half:head_dim=16:rope_theta=1e6"
    assert "with base=1e6 (write qwen3.rope.freq_base)" in " ".join(prove(half, f"{file}#text").to_text().split())
    text = " ".join(prove(half, f"{file}#text:base=20000").to_text().split())
    assert "the target has base=20000; with base=1e6" in text.replace(" (write qwen3.rope.freq_base)", "")
    assert "write" not in told(config(tmp_path, "a", rope_theta=20000), "ggml/neox:head_dim=16")
