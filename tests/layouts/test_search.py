"""Finding a layout: by models, engines and words, each held against what upstream's model does."""

from __future__ import annotations

import json

import pytest

from prover.commands.cli import run_command
from prover.layouts.layout_tables import raw_layout
from prover.layouts.loading import load, outline
from prover.layouts.models import model_layouts
from prover.layouts.search import search
from prover.layouts.spec import catalogue, parse_spec

# What is asked, and a layout that must be in the first three lines.
ASKED = {
    "gemma 3": ("transformers/half", "llama-cpp/text:arch=gemma3"),
    "gemma3": ("transformers/half", "llama-cpp/text:arch=gemma3"),
    "gpt-oss": ("transformers/half:", "llama-cpp/text:arch=gpt-oss", "vllm/rope:"),
    "qwen35": ("llama-cpp/imrope:arch=qwen35", "transformers/mrope-stride3:"),
    "Qwen3.5": ("llama-cpp/imrope:arch=qwen35", "transformers/mrope-stride3:"),
    "qwen3_5": ("llama-cpp/imrope:arch=qwen35", "transformers/mrope-stride3:"),
    "qwen3-vl": ("llama-cpp/imrope:arch=qwen3vl", "transformers/mrope-stride3", "vllm/mrope:mrope_interleaved=true"),
    "phi-3 longrope": ("vllm/longrope", "transformers/half:", "llama-cpp/longrope:arch=phi3"),
    "deepseek v3.2 indexer": ("transformers/indexer", "llama-cpp/indexer:arch=deepseek32"),
    "llama 3.1": ("transformers/half:", "llama-cpp/text:arch=llama", "vllm/rope:"),
    "gemma 4": ("transformers/proportional", "llama-cpp/text:arch=gemma4", "vllm/gemma4"),
    "deepseek r1": ("transformers/adjacent-to-half", "llama-cpp/text:arch=deepseek2"),
    "command-r": ("transformers/adjacent", "llama-cpp/text:arch=command-r"),
    "glm4moe": ("transformers/half", "llama-cpp/text:arch=glm4moe"),
    "smollm3": ("transformers/half", "llama-cpp/text:arch=smollm3"),
    "sam3": ("transformers/vision-adjacent",),
    "flux": ("diffusers/flux",),
    "turbomind": ("lmdeploy/turbomind",),
    "MRotaryEmbedding": ("vllm/mrope",),
    "rotate_every_two": ("mesh-transformer-jax/rope",),
    "imrope openvino": ("ggml/imrope-openvino",),
}


@pytest.mark.parametrize("words", ASKED)
def test_the_right_spec_is_in_the_first_three_lines(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it is asked as one argument or as several."""
    for arguments in ([words], words.split()):
        assert 0 == run_command(["list", *arguments])
        lines = [line.strip() for line in capsys.readouterr().out.splitlines()[:3]]
        assert [] == [spec for spec in ASKED[words] if not any(line.startswith(spec) for line in lines)]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same rows in the same order."""
    assert 0 == run_command(["list", "gpt-oss", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/found/1", ["gpt-oss"]) == (found["schema"], found["patterns"])
    assert [row.spec for row in search(["gpt-oss"])] == [row["spec"] for row in found["found"]]
    row = {"kind": "model", "spec": found["found"][0]["spec"], "what": "gpt-oss in transformers", "lacks_a_word": False}
    assert row == found["found"][0]


def test_what_cannot_be_a_layout_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """LieRE has no layout, and the line says where the reason stands."""
    assert 0 == run_command(["list", "liere"])
    assert "LieRE: no layout; 'list --unsupported' says why" in capsys.readouterr().out


def test_one_word_that_nothing_has_does_not_hide_the_others() -> None:
    """Of several words one may be missing everywhere."""
    assert "llama-cpp/text:arch=gpt-oss" in [row.spec for row in search(["gpt-oss flumph"])]


def test_rows_that_lack_a_word_are_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing has all words the first line says so, and nowhere else."""
    assert 0 == run_command(["list", "gpt-oss", "flumph"])
    assert "Nothing has all the words 'gpt-oss flumph'. All but one of them:" == capsys.readouterr().out.splitlines()[0]
    assert 0 == run_command(["list", "gpt-oss", "flumph", "--json"])
    assert {True} == {row["lacks_a_word"] for row in json.loads(capsys.readouterr().out)["found"]}
    assert 0 == run_command(["list", "gpt-oss"])
    assert "Nothing has" not in capsys.readouterr().out


def test_one_model_in_one_engine_is_not_two_specs_without_a_word_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    """GLM-4 turns 64 of 128 lanes in vLLM; the row that only knows its pairing says that it knows no more."""
    assert 0 == run_command(["list", "glm", "4", "vllm"])
    rows = [line.split("  ", 1) for line in map(str.strip, capsys.readouterr().out.splitlines())]
    told = {spec: what.strip() for spec, what in rows if what.strip().startswith("GLM-4 in vLLM")}
    assert {
        "vllm/rope:is_neox_style=false:rotary_dim=64": "GLM-4 in vLLM",
        "vllm/rope:is_neox_style=false":
            "GLM-4 in vLLM: the pairing alone; its base and rotated lanes are in its config",
    } == told


def test_nothing_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Words that nothing has are bad usage, with advice."""
    for words in ("flumph", "-", "!!"):
        assert 2 == run_command(["list", "--", words])
        assert f"nothing has the words '{words}'" in capsys.readouterr().err


def test_every_row_is_a_layout() -> None:
    """Each spec of the table can be shown, and expands unless lists must be given."""
    missing = {
        spec: about.missing for spec in dict.fromkeys(row.spec for row in model_layouts())
        if (about := outline(spec)).missing or not load(spec)
    }
    factors = {"original_max_position_embeddings", "short_factor", "long_factor", "short_mscale", "long_mscale"}
    learned = {"multipliers", "frequencies", "freqs_x", "freqs_y"}
    assert [] == [spec for spec, names in missing.items() if not set(names) <= factors | learned]


def test_every_choice_of_a_model_is_searched() -> None:
    """A layout with architectures or model types to choose is in the table."""
    searched = {row.spec.partition(":")[0] for row in model_layouts() if {"arch", "model_type"} & {
        part.partition("=")[0] for part in row.spec.split(":")}}
    expected = {name for name, path in catalogue().items() if {"arch", "model_type"} & raw_layout(path).choose.keys()}
    assert expected <= searched


# Pairing, rotated lanes and base of published models: their configs, and how transformers 5.24.0's class pairs.
FACTS = {
    "Llama 3.1": ("transformers", "half", 128, "500000"),
    "Gemma 3": ("transformers", "half", 256, "1000000"),
    "gpt-oss": ("transformers", "half", 64, "150000"),
    "Qwen3.5": ("transformers", "half", 64, "10000000"),
    "Qwen3-VL": ("transformers", "half", 128, "5000000"),
    "Command R": ("transformers", "adjacent", 128, "10000"),
    "GLM-4": ("transformers", "adjacent", 64, "10000"),
    "GLM-4.5": ("transformers", "half", 64, "1000000"),
    "ERNIE 4.5": ("transformers", "adjacent", 128, "10000"),
    "Pythia": ("transformers", "half", 32, "10000"),
    "DeepSeek-V3": ("transformers", "adjacent", 64, "10000"),
    "DeepSeek-V3.2 indexer": ("transformers", "half", 64, "10000"),
    "GLM-5": ("transformers", "adjacent", 64, "1000000"),
}


@pytest.mark.parametrize("name", FACTS)
def test_models_turn_as_upstream_does(name: str) -> None:
    """The first row of a model in transformers has its pairing, its rotated lanes and its base."""
    engine, pairing, rotated, base = FACTS[name]
    spec = next(row.spec for row in model_layouts() if row.names[0] == name and row.engine == engine)
    loaded = load(spec)
    first, second = (pair.read for pair in loaded.layout.pairs[:2])
    found = "adjacent" if first[1] == first[0] + 1 else "half" if second[0] == first[0] + 1 else "other"
    values = dict(parse_spec(spec).values)
    assert (pairing, rotated, base) == (found, 2 * len(loaded.layout.pairs), values.get("rope_theta", "10000"))


NAMES = {
    "llama.cpp": "type=imrope",
    "llama-cpp": "type=imrope",
    "mlx-lm": "traditional=false*",
    "mlx_lm": "traditional=false*",
    "HuggingFace": "rope_interleave=true*",
    "TRT-LLM": "rope_gptj",
}


@pytest.mark.parametrize("word", NAMES)
def test_projects_have_several_names(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A project is found by what people call it."""
    assert 0 == run_command(["names", word])
    assert NAMES[word] in capsys.readouterr().out


@pytest.mark.parametrize("command", ["names", "show"])
@pytest.mark.parametrize(("word", "spec"), [("glm", "transformers/adjacent"), ("arch=qwen35", "llama-cpp/imrope")])
def test_a_model_is_no_project_but_its_layouts_are_named(
    command: str, word: str, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`names` and `show` say where a model is found."""
    assert 2 == run_command([command, word])
    told = capsys.readouterr().err
    assert (True, True) == (f"'rope-prover list {word}' finds " in told, spec in told)
