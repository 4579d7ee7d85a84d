"""What a person can find out about a layout's parameters: in `show`, in JSON, and in errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.layouts.choices import choices_of
from prover.layouts.loading import load, outline
from prover.layouts.spec import catalogue
from prover.resources import MODELS

Capture = pytest.CaptureFixture[str]


def shown(capsys: Capture, spec: str) -> dict[str, Any]:
    """What `show --json` prints."""
    assert 0 == run_command(["show", spec, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def error(capsys: Capture, *arguments: str) -> str:
    """What bad usage prints on standard error."""
    assert 2 == run_command(list(arguments))
    captured = capsys.readouterr()
    assert "" == captured.out
    return captured.err


# A layout, a choice of it, its default, and words that it takes.
CHOICES = {
    "rope_type": ("transformers/half", "default", {"linear", "dynamic", "yarn", "longrope", "llama3"}),
    "is_neox_style": ("vllm/rope", "true", {"true", "false"}),
    "pairing": ("transformers/indexer", "half", {"half", "adjacent", "adjacent-to-half"}),
    "part": ("transformers/indexer", "leading", {"leading", "trailing"}),
    "arch": ("llama-cpp/text", "llama", {"llama", "gemma3", "gpt-oss", "phi3", "deepseek2"}),
    "style": ("mlx-vlm/mrope", "interleaved", {"interleaved", "chunked", "split_select"}),
    "use_rope_scaling": ("megatron/rope", "false", {"false", "true"}),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_shown(capsys: Capture, name: str) -> None:
    """A choice is in text and JSON with its words, and among what the layout has when a name is unknown."""
    spec, default, words = CHOICES[name]
    found = shown(capsys, spec)["parameters"][name]
    assert ("choice", default, default, set()) == (
        found["kind"], found["value"], found["default"], words - found["words"].keys())
    run_command(["show", spec])
    text = capsys.readouterr().out
    assert [] == [word for word in (f"{name} = {default}", *words) if word not in text]
    listed = error(capsys, "show", f"{spec}:zz=1").partition("This layout has ")[2]
    assert name in re.split(r"[,\s]+", listed)


def test_a_chosen_word_is_the_value(capsys: Capture) -> None:
    """The word of the spec is shown, beside the default."""
    found = shown(capsys, "vllm/rope:is_neox_style=False")["parameters"]["is_neox_style"]
    assert ("false", "true") == (found["value"], found["default"])


def test_words_say_what_they_bring(capsys: Capture) -> None:
    """With YaRN come its parameters, under the names of the project."""
    words = shown(capsys, "vllm/rope")["parameters"]["rope_type"]["words"]
    assert {"factor", "beta_fast", "beta_slow", "original_max_position_embeddings"} <= {*words["yarn"]["parameters"]}
    assert ["base"] == words["default"]["parameters"]


KINDS = {
    "n_rot": ("whole number", "64", "head_dim", "n_rot % 2 == 0"),
    "base": ("number", "10000", "10000", "base > 1"),
    "sections": ("list of whole numbers", "11,11,10,0", "24,20,20,0", "len(sections) == 4"),
    "freq_factors": ("list", "[]", "[]", "len(freq_factors)"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_parameter_has_kind_default_requirement_and_meaning(capsys: Capture, name: str) -> None:
    """As the layout file states them; the value is the one of the spec."""
    found = shown(capsys, "ggml/imrope:n_rot=64:sections=11,11,10,0")["parameters"][name]
    kind, value, default, require = KINDS[name]
    assert (kind, value, default, True, True) == (
        found["kind"], found["value"], found["default"], require in found["require"], bool(found["meaning"]))


@pytest.mark.slow
def test_every_layout_lists_everything_it_takes(capsys: Capture) -> None:
    """No parameter and no choice of any shipped layout is missing from what `show` lists."""
    for name, path in catalogue().items():
        about = outline(name)
        expected = {choice.name for choice in choices_of(path)} | {p.name for p in about.family.parameters}
        assert expected == shown(capsys, name)["parameters"].keys(), name


def test_a_layout_whose_lists_must_be_given_is_shown_without_them(capsys: Capture) -> None:
    """Formula and parameters, what must be given and how; with the lists, the pairs too."""
    found = shown(capsys, "vllm/longrope")
    assert (["original_max_position_embeddings", "short_factor", "long_factor"], None, None) == (
        found["must_be_given"], found["layout"], found["parameters"]["long_factor"]["value"])
    assert "angle" in found["formula"]["blocks"][0]
    assert 0 == run_command(["show", "vllm/longrope:head_size=4"])
    text = capsys.readouterr().out
    assert ("rope-prover show vllm/longrope:head_size=4:original_max_position_embeddings=NUMBER:short_factor=A,B,..."
            ":long_factor=A,B,...") in text
    assert [] == [part for part in ("short_factor must be given", "head_size = 4") if part not in text]
    assert "'x' is not a number" in error(capsys, "show", "vllm/longrope:head_size=x")
    given = "original_max_position_embeddings=8:short_factor=1,2:long_factor=[1,4]"
    whole = shown(capsys, f"vllm/longrope:head_size=4:{given}")
    assert ([], 2) == (whole["must_be_given"], len(whole["layout"]["pairs"]))


def test_what_must_be_given_is_still_asked_for_by_prove(capsys: Capture) -> None:
    """A layout without its lists has no pairs to prove anything about."""
    told = error(capsys, "prove", *["vllm/longrope:original_max_position_embeddings=8"] * 2)
    assert "parameter 'short_factor' must be given (divisor of each pair for short engines)" in told
    assert ":short_factor=A,B,…" in told


# A spec with a name that its layout does not have, and what the error tells.
UNKNOWN = {
    "no number": ("transformers/half:model=gemma3", ("unknown parameter 'model'", "rope-prover list MODEL")),
    "base": ("ggml/neox:rope_theta=1e6", ("unknown parameter 'rope_theta'", "here called base (")),
    "gguf": ("ggml/neox:rope.dimension_count=64", ("here called n_rot (",)),
    "gguf with architecture": ("ggml/imrope:qwen35.rope.dimension_sections=11,11,10,0", ("here called sections (",)),
    "option": ("llama-cpp/text:rope-freq-base=1e6", ("here called base (",)),
    "back": ("transformers/half:freq_base=1e6", ("here called rope_theta (",)),
    "width": ("vllm/rope:head_dim=64", ("here called head_size (",)),
    "inverse": ("ggml/neox:factor=4", ("here give freq_scale = 1/factor",)),
    "share": ("ggml/neox:partial_rotary_factor=0.5", ("here give n_rot = the share times the width",)),
    "original length": ("ggml/neox:original_max_position_embeddings=4096", ("here called n_ctx_orig (",)),
    "pairing": ("vllm/rope:interleaved=true", ("here called is_neox_style", "rope-prover names FLAG=VALUE")),
    "no choice": ("transformers/half:is_neox_style=true", ("unknown parameter 'is_neox_style'", "names FLAG=VALUE")),
    "other word": ("transformers/half:beta_fast=4", ("It comes with transformers/half:rope_type=yarn.",)),
    "name under another word": (
        "transformers/half:yarn-orig-ctx=4096",
        ("here called original_max_position_embeddings under transformers/half:rope_type=yarn",)),
    "type in llama.cpp": ("llama-cpp/text:rope-scaling=yarn", ("here give ext_factor = 1 for yarn, with freq_scale",)),
    "fixed": ("transformers/adjacent-to-half:rope_interleave=true", ("which no parameter changes here",)),
    "sliding layers": ("transformers/half:rope_local_base_freq=10000", ("here give rope_theta = that base",)),
    "hidden size": ("transformers/half:hidden_size=4096", ("head_dim = hidden_size/num_attention_heads",)),
    "heads": ("onnx/rotary-embedding:num_heads=8", ("a layout is one head",)),
    "misspelt": ("ggml/neox:freq_scal=2", ("Did you mean freq_scale?",)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_parameter_is_called_unknown(capsys: Capture, name: str) -> None:
    """Whatever its value, and where the thing has another name here the error says so."""
    spec, parts = UNKNOWN[name]
    told = error(capsys, "show", spec)
    assert [] == [part for part in (*parts, "unknown parameter", "This layout has") if part not in told]


def test_unknown_in_a_theorem_too(capsys: Capture) -> None:
    """Specs of theorems are read alike."""
    told = error(capsys, "prove", "ggml/neox:rope_theta=7", "ggml/neox", "--for-all", "n_rot")
    assert "here called base (" in told


@pytest.mark.parametrize("spec", ["llama-cpp/text:arch=qwen35", "llama-cpp/mrope:arch=qwen3vl"])
def test_a_word_of_another_layout_points_there(capsys: Capture, spec: str) -> None:
    """IMROPE's architectures are in llama-cpp/imrope."""
    assert f"It is in llama-cpp/imrope:{spec.partition(':')[2]}" in error(capsys, "show", spec)


LISTS = ["[11,11,10,0]", "[11, 11, 10, 0]", "11,11,10,0", "11,11,10,0,"]


@pytest.mark.parametrize("written", LISTS)
def test_lists_in_brackets(written: str) -> None:
    """A list is the same in brackets and without."""
    expected = load("ggml/mrope:n_rot=64:sections=11,11,10,0").layout.pairs
    assert expected == load(f"ggml/mrope:n_rot=64:sections={written}").layout.pairs


@pytest.mark.slow
def test_lists_in_brackets_in_theorems(capsys: Capture) -> None:
    """Entries may be expressions there."""
    answers = []
    for entries in ("sections[0],sections[1],sections[2]", "sections[1], sections[0], sections[2]"):
        run_command([
            "prove", "ggml/mrope:head_dim=16", f"transformers/mrope-chunked:head_dim=16:mrope_section=[{entries}]",
            "--for-all", "sections", "--where", "sum(sections) == 8 and sections[3] == 0", "--feed", "image", "--json",
        ])
        answers.append(json.loads(capsys.readouterr().out)["verdict"])
    assert ["equivalent", "different"] == answers


def test_short_lists() -> None:
    """One entry, and none."""
    one = load("generic/table:frequencies=[1/2]").layout.pairs
    assert (1, load("generic/table:frequencies=1/2,").layout.pairs) == (len(one), one)
    assert load("ggml/neox").layout.pairs == load("ggml/neox:freq_factors=[]").layout.pairs


def test_bare_command_prints_help(capsys: Capture) -> None:
    """Without a command there is the help, as it is laid out, and the exit code of bad usage."""
    assert 0 == run_command(["--help"])
    expected = capsys.readouterr().out
    assert 2 == run_command([])
    assert ("", expected) == capsys.readouterr()


PAIRS = '[pairs]\ncount=1\nfirst="0"\nsecond="1"\n'
HEAD = 'title="x"\naxes=["p"]\nwidth=2\n'
PATHS = {
    "missing": ("./gone.toml", None, "no such file"),
    "not TOML": ("./bad.toml", "title = ", "is not TOML"),
    "parameter": ("./bad.toml:k=3", HEAD + PAIRS + 'angle="p"', "unknown parameter"),
    "field": ("./bad.toml", HEAD + PAIRS + 'angle="p*z"', "name 'z'"),
    "unknown field": ("./bad.toml", HEAD + "bogus=1", "bogus"),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_named_once(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The spec names the file; the fault does not name it again."""
    spec, content, part = PATHS[name]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("bad.toml").write_text(content)
    told = error(capsys, "show", spec)
    assert (1, True) == (told.count(".toml"), part in told)


@pytest.mark.parametrize("spec", [
    "llama-cpp/text:arch=bogus", "vllm/rope:rope_type=su", "ggml/neox:n_rot=63",
    "transformers/half:rope_type=yarn:factor=0",
])
def test_no_path_inside_the_package(capsys: Capture, spec: str) -> None:
    """A fault of a shipped layout names it as the catalogue does."""
    told = error(capsys, "show", spec)
    assert (False, False, 1) == (str(MODELS) in told, ".toml" in told, told.count(spec.partition(":")[0]))


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("100", 100), ("40", 80), ("400", 120)])
def test_columns_are_honoured(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    """Prose is wrapped at COLUMNS, but not below 80 nor above 120."""
    monkeypatch.setenv("COLUMNS", columns)
    widest = 0
    for command in (["show", "llama-cpp/text:head_dim=2"], ["list", "--unsupported"], ["list", "--converters"],
                    ["names", "mlx"]):
        assert 0 == run_command(command)
        prose = [line for line in capsys.readouterr().out.splitlines() if not re.search(r"^(MLX|[0-9]+) ", line)]
        widest = max(widest, *map(len, prose))
    assert width - 20 < widest <= width
