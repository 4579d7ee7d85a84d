"""--format: every command that answers takes it, and whatever it says, the exit code is the answer's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from markdown_reader import raw_html, tokens
from prover.commands.cli import run_command
from sampling import few

Capture = pytest.CaptureFixture[str]
TESTS = Path(__file__).parent.parent
GPT_OSS, MEASURED = str(TESTS / "sources" / "gpt-oss.json"), str(TESTS / "measured" / "ggml.json")
SMALL = ("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
COMMANDS: dict[str, tuple[int, list[str]]] = {
    "prove": (5, ["prove", *SMALL]),
    "prove what is equivalent": (0, ["prove", SMALL[0], SMALL[0]]),
    "prove what is different": (1, ["prove", SMALL[1], f"{SMALL[1]}:base=3"]),
    "prove for all": (5, ["prove", "ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--for-all", "n_rot"]),
    "prove bits": (1, ["prove", *SMALL, "--relation", "bitwise"]),
    "repair": (5, ["repair", *SMALL]),
    "diff": (1, ["diff", GPT_OSS, "--engine", "mlx-lm"]),
    "audit": (1, ["audit", GPT_OSS, "--engines", "vllm,mlx-lm", "--jobs", "1"]),
    "run": (0, ["run", "01-normal-to-neox"]),
    "conform": (0, ["conform", "ggml/neox:head_dim=64", MEASURED, "--entry", "neox_d64"]),
    "conform to what it is not": (1, ["conform", "ggml/normal:head_dim=64", MEASURED, "--entry", "neox_d64"]),
    "identify": (0, ["identify", MEASURED, "--entry", "neox_d64"]),
    "show": (0, ["show", "ggml/neox"]),
    "show a model": (0, ["show", GPT_OSS]),
    "check-permutation": (1, ["check-permutation", *SMALL, "0,1,2,3,4,5,6,7"]),
    "solve": (5, ["solve", "ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--over", "n_rot"]),
    "classes": (0, ["classes", "--width", "2"]),
}


@pytest.mark.parametrize("name", [
    *few([name for name in COMMANDS if name != "classes"]), pytest.param("classes", marks=pytest.mark.slow),
])
def test_the_exit_code_is_the_same(name: str, capsys: Capture) -> None:
    """Text, JSON and Markdown end with one code; JSON is one object, the same with --json; Markdown has a heading."""
    code, arguments = COMMANDS[name]
    told = {}
    for style in ("text", "json", "markdown"):
        assert code == run_command([*arguments, "--format", style])
        told[style] = capsys.readouterr().out
    assert code == run_command([*arguments, "--json"])
    assert json.loads(told["json"]) == json.loads(capsys.readouterr().out)
    assert {"heading_open", "fence"} & {token.type for token in tokens(told["markdown"])[:1]}
    assert [] == raw_html(told["markdown"])
    assert len({*told.values()}) == 3


def test_json_counts_where_both_are_given(capsys: Capture) -> None:
    """--json beside --format is JSON, for every command alike."""
    for name in ("prove", "show"):
        run_command([*COMMANDS[name][1], "--format", "markdown", "--json"])
        assert "schema" in json.loads(capsys.readouterr().out)


def test_a_certificate_is_written_in_every_style(capsys: Capture, tmp_path: Path) -> None:
    """The comment and the text name the file that was written; JSON has its digest."""
    for style in ("text", "json", "markdown"):
        path = tmp_path / f"{style}.json"
        assert 5 == run_command(["prove", *SMALL, "--format", style, "--certificate", str(path)])
        told, digest = capsys.readouterr().out, json.loads(path.read_text())["digest"]
        assert digest in told
        assert style == "json" or f"rope-prover check {path}" in told
