"""Command lines of llama.cpp against the graphs that it builds when it is started with them, and what is told of them.

llama_cpp_flags.json says how the graphs were made.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from llama_truth import FACTORS, Node, compare, layers_of, metadata_of
from test_llama_cpp_graphs import NEVER_RUN, NODES, TRUTH, factors_of, keys_of

from prover.errors import InputError
from prover.layouts.loading import load
from prover.sources.arguments import read_arguments
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.model import Model

FLAGS: dict[str, Any] = json.loads((Path(__file__).parent / "llama_cpp_flags.json").read_text())
NUMBERS = ("freq_base", "freq_scale", "ext_factor", "attn_factor", "beta_fast", "beta_slow", "n_ctx_orig")
# Two lists of factors go by the file's length, and YaRN by that of the flag: no layout says both.
TWO_LENGTHS = ("phi3", "phimoe", "minicpm3")
YARN = {"rope.scaling.type": "yarn", "rope.scaling.factor": 8.0, "rope.scaling.original_context_length": 1024}


def node_of(number: int, layers: str, numbers: int) -> Node:
    """A node with the numbers that a command line gave it."""
    given = dict(zip(NUMBERS, FLAGS["numbers"][numbers], strict=True))
    return replace(NODES[number], layers=layers_of(layers), **given)


@pytest.mark.parametrize("name", FLAGS["rows"])
def test_the_graph_under_a_command_line(name: str) -> None:
    """The parts turn as the nodes do, layer by layer, whatever the file had of its own."""
    for variant, rows in FLAGS["rows"][name].items():
        for line, (context, packed) in rows.items():
            words = FLAGS["lines"][int(line)]
            nodes = [node_of(*row) for row in packed]
            metadata = metadata_of(name, keys_of(name, variant), factors_of(name, nodes))
            if (name in NEVER_RUN and variant not in ("keys", "swa")) or (
                    name in TWO_LENGTHS and "--yarn-orig-ctx" in words):
                with pytest.raises(InputError):
                    read_llama_cpp(metadata, read_arguments(words))
                continue
            model = read_llama_cpp(metadata, read_arguments(words))
            assert [] == compare(model, nodes, context, TRUTH["architectures"][name]["layers"])


def read(words: str, name: str = "llama", tensors: dict[str, int] | None = None, **keys: Any) -> Model:
    """A small file, read under a command line."""
    base = {"context_length": 4096, "embedding_length": 256, "block_count": 4, "attention.head_count": 4}
    full = {f"{name}.{key.replace('__', '.')}": value for key, value in (base | keys).items()}
    return read_llama_cpp(metadata_of(name, full, tensors or {}), read_arguments(words))


def values(model: Model) -> dict[str, str]:
    """The values of the first part."""
    return {value.name: value.text for value in model.parts[0].values}


TOLD = {
    "--rope-freq-scale 8.0": {"RP203"},  # people meant 1/8
    "--rope-scale 8": set(),
    "--rope-scaling none --rope-scale 8": {"RP204"},
    "--yarn-orig-ctx 2048": {"RP204"},
    "--rope-scaling yarn --rope-scale 4 --yarn-attn-factor 0.5": {"RP204"},
    "--rope-scaling yarn": {"RP204"},
    "--rope-scaling yarn --rope-scale 4": set(),
}


@pytest.mark.parametrize("words", TOLD)
def test_what_is_told_of_a_command_line(words: str) -> None:
    """A scale that is upside down, and flags that do nothing."""
    assert TOLD[words] == {finding.code for finding in read(words).findings}


def test_a_flag_replaces_the_factor_of_the_file() -> None:
    """--rope-scale stands in place of the file's factor, and is not multiplied with it."""
    model = read("--rope-scale 2", **YARN)
    assert "0.5" == values(model)["freq_scale"]
    assert ["RP205"] == [finding.code for finding in model.findings]


def test_numbers_are_float32_as_stof_reads_them() -> None:
    """0.1 is the float32 beside it, and 1e6 is a million."""
    scale = values(read("--rope-freq-scale 0.1"))["freq_scale"]
    assert Fraction(13421773, 1 << 27) == Fraction(scale.removeprefix("f32(").removesuffix(")"))
    assert "f32(1000000)" == values(read("--rope-freq-base 1e6"))["base"]


def test_the_last_of_several_counts_and_0_is_not_given() -> None:
    """--rope-scale and --rope-freq-scale set one number; a 0 leaves the file's."""
    assert "0.25" == values(read("--rope-freq-scale 0.5 --rope-scale 4"))["freq_scale"]
    assert "freq_scale" not in values(read("--rope-freq-scale 0 --rope-freq-base 0"))
    assert "f32(10000)" in (values(read("--rope-freq-base 0", rope__freq_base=10000.0))["base"])


def test_the_context_chooses_the_list_of_factors() -> None:
    """In blocks of 256, for each of the sequences; the file's original length is where the long list begins."""
    tensors = {FACTORS[1]: 32, FACTORS[2]: 32}
    keys: dict[str, Any] = {"rope.scaling.original_context_length": 1024}
    for words, context in {"-c 1000": "1024", "-c 1025": "1280", "-c 8192 -np 4": "2048", "-c 8192 -np 4 -kvu": "8192",
                           "-c 8192 -np 4 -kvu -no-kvu": "2048", "-c 8192 -np -1": "8192",
                           "--ctx-size 3000 --parallel 2": "1536"}.items():
        model = read(words, "phi3", tensors, **keys)
        assert context == values(model)["n_ctx"]
        assert [] == list(model.findings)
        assert load(str(model.parts[0].spec))
    assert "n_ctx" not in values(read("-c 0", "phi3", tensors, **keys))


OVERRIDES = {
    "llama.rope.freq_base=float:500000": ("base", "f32(500000)"),
    "llama.attention.key_length=int:32": ("n_rot", "32"),
    "llama.rope.scaling.type=str:yarn,llama.rope.scaling.factor=float:4": ("ext_factor", "1"),
}


@pytest.mark.parametrize("text", OVERRIDES)
def test_a_key_that_is_overridden(text: str) -> None:
    """--override-kv puts a key in, or in place of the file's."""
    name, value = OVERRIDES[text]
    assert value == values(read(f"--override-kv '{text}'", rope__freq_base=20000.0))[name]


def test_of_several_overrides_the_first_counts() -> None:
    """The loader keeps the first of a key; commas part them, but not in quotes."""
    for words in ("--override-kv llama.rope.freq_base=float:20000 --override-kv llama.rope.freq_base=float:30000",
                  "--override-kv llama.rope.freq_base=float:20000,llama.rope.freq_base=float:30000",
                  "--override-kv '\"general.name=str:a,\"\"b\"\"\",llama.rope.freq_base=float:20000'"):
        assert "f32(20000)" == values(read(words))["base"]


WRONG = {
    "--override-kv 'llama.rope.freq_base=float:2e4\nx'": "expected a number",
    "--yarn-orig-ctx ٣٢٧": "whole number",
    "--kv-unified=1": "behind a blank",
    "--kv-unified-per-slot 4096": "not known here",
    "--rotary-base 12000000": "Megatron",
    "--rope-scaling-factor 8": "Megatron",
    "--rope-scaling ntk": "expected one of none, linear, yarn",
    "--rope-scale 0": "divides by zero",
    "--rope-freq-base many": "expected a number",
    "--rope-freq-base nan": "finite",
    "--rope-freq-scale -1": "above 0",
    "--rope-freq-base": "no value behind it",
    "--rope-freq-base=1e6": "behind a blank",
    "--rope-style neox": "is not known here",
    "--rope-theta 1e6": "--hf-overrides",
    "--yarn-orig-ctx 1.5": "whole number",
    "--rope-scale 4 --hf-overrides {}": "different engines",
    "--rope-scaling '{\"factor\": 8.0, \"type\": \"dynamic\"}'": "vLLM 0.33",
    "--override-kv llama.rope.freq_base=int:500000": "f32, as llama.cpp asks for",
    "--override-kv llama.rope.freq_base=500000": "KEY=TYPE:VALUE",
    "--override-kv llama.attention.head_count_kv=int:4": "array",
    "--rope-scale '4": "quotes",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_command_line_that_is_refused(words: str) -> None:
    """Each fault is told with what is wrong in it."""
    with pytest.raises(InputError, match=r"(?s)" + WRONG[words].replace("{", r"\{")):
        read(words, attention__head_count_kv=[4, 4, 4, 4])


def test_other_flags_and_words_are_passed_over() -> None:
    """A pasted command line has flags of other things; an underscore is a dash."""
    model = read("-m model.gguf -p 'What is it?' --temp 0 -ngl 99 --rope_scale 4 --port 8080")
    assert "0.25" == values(model)["freq_scale"]
    assert "llama.cpp 0c1e57098 --rope-scale 4" == model.engine


def test_a_stretched_base_gives_way_to_the_flag() -> None:
    """rope.scaling.alpha is worked into the base when the file is loaded, so that the flag's base is the base."""
    model = read("--rope-freq-base 20000", "hunyuan-dense", rope__scaling__alpha=1000.0)
    assert "llama-cpp/text:arch=hunyuan-dense" == model.parts[0].layout
    assert "f32(20000)" == values(model)["base"]
