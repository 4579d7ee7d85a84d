"""Arguments of an engine behind a model on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.errors import EXIT_DIFFERENT, EXIT_OK, EXIT_USAGE

CONFIG = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 256, "num_attention_heads": 4,
    "num_hidden_layers": 2, "max_position_embeddings": 4096, "rope_theta": 10000.0, "vocab_size": 64,
}


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A small config.json."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))
    return str(path)


def test_a_command_line_behind_two_dashes(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The program's name and flags of other things may stand in it; the engine follows from the flags."""
    words = ["--", "llama-server", "-m", "x.gguf", "--rope-scale", "4", "--temp", "0"]
    assert EXIT_OK == run_command(["show", config, "--json", *words])
    shown = json.loads(capsys.readouterr().out)
    assert "freq_scale=0.25" in shown["parts"][0]["spec"]
    assert "llama.cpp 0c1e57098 --rope-scale 4, by its converter" == shown["engine"]


def test_diff_of_a_model_with_itself_run_otherwise(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The words behind -- are the target's."""
    assert EXIT_DIFFERENT == run_command(["diff", config, "--", "--rope-scale", "4"])
    assert "--rope-scale 4" in capsys.readouterr().out.splitlines()[0]


def test_arguments_in_the_name_of_a_model(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each side may have its own, in a SPEC too."""
    assert EXIT_OK == run_command(["diff", f"{config} --rope-scale 4", f"{config} --rope-freq-scale 0.25"])
    assert EXIT_OK == run_command(["show", f"{config}#text --rope-scale 4"])
    assert "freq_scale=0.25" in capsys.readouterr().out


def test_a_flag_that_is_wrong(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told with what is known."""
    assert EXIT_USAGE == run_command(["show", config, "--", "--rope-style", "neox"])
    assert "--rope-style: is not known here. llama.cpp: --rope-scaling" in capsys.readouterr().err


NAMED = {
    "llama-cli -m q.gguf": "llama.cpp", "vllm serve Qwen/Qwen3-8B": "vllm", "mlx_lm.generate --model x": "mlx-lm",
    "python -m sglang.launch_server --model x --context-length 131072": "sglang",
}


@pytest.mark.parametrize("line", NAMED)
def test_the_engine_that_a_command_line_names(line: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It reads the config, though no flag has to do with RoPE."""
    assert EXIT_OK == run_command(["show", config, "--json", "--", *line.split()])
    assert NAMED[line] in json.loads(capsys.readouterr().out)["engine"].lower()


def test_two_engines_and_none(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A contradiction is told, and so is a line of which nothing is read."""
    assert EXIT_USAGE == run_command(["show", config, "--engine", "vllm", "--", "python", "-m", "sglang.launch_server"])
    assert "one of sglang, and --engine says vllm" in capsys.readouterr().err
    assert EXIT_USAGE == run_command(["show", config, "--", "--foo-bar", "3"])
    assert "no flag that has to do with RoPE" in capsys.readouterr().err
    assert EXIT_USAGE == run_command(["show", config, "--", "get_rope(128)"])
    assert "neither a flag nor the name" in capsys.readouterr().err


def test_a_command_that_takes_no_arguments(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two dashes mean what they mean everywhere."""
    assert EXIT_USAGE == run_command(["prove", "ggml/neox:n_rot=4", "--", "--rope-scale"])
    assert "error" in capsys.readouterr().err


def test_the_help_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    """In the usage of show and diff."""
    assert EXIT_OK == run_command(["diff", "--help"])
    assert "[-- ENGINE ARGUMENTS]" in capsys.readouterr().out
