"""What is said of the surroundings, and what a shell completes."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import prover
from prover.commands.cli import run_command
from prover.extras import EXTRAS
from tests.conftest import TESTS

PROJECT = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["project"]
OURS = {"test", "dev", "docs", "browser", "live-timm"}   # for who builds the package


def test_every_extra_is_told_of() -> None:
    """The names are those of pyproject.toml."""
    assert set(PROJECT["optional-dependencies"]) - OURS == {extra.name for extra in EXTRAS}


def test_what_is_needed_is_there() -> None:
    """Each requirement of pyproject.toml, with the version that is installed."""
    found = prover.doctor()
    told = found.to_json()
    assert (0, True) == (found.exit_code, told["is_whole"])
    wanted = [line.partition(">=") for line in PROJECT["dependencies"]]
    assert [{"name": name, "version": importlib.metadata.version(name), "from": least, "is_enough": True}
            for name, _, least in wanted] == told["needed"]
    assert len(list((TESTS.parent / "models").glob("*/*.toml"))) > told["layouts"] > 200


def versions(changed: dict[str, str | None]) -> Callable[[str], str]:
    """importlib.metadata.version, with other answers for some packages; None for what is not installed."""
    real = importlib.metadata.version

    def version(name: str) -> str:
        given = changed.get(name, real(name) if name not in changed else None)
        if given is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return given

    return version


@pytest.mark.parametrize(("package", "version", "code", "told"), [
    ("z3-solver", "4.2.1", 1, "missing z3-solver              4.2.1, too old, from 4.13 on"),
    ("z3-solver", None, 1, "missing z3-solver              not installed, from 4.13 on"),
    ("z3-solver", "4.13.0.0", 0, "ok      z3-solver              4.13.0.0"),
    ("gguf", None, 0, "pip install 'rope-prover[weights]', about 8 MB"),
    ("gguf", "0.9.1", 0, "pip install 'rope-prover[weights]', about 8 MB"),
])
def test_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, package: str, version: str | None, code: int, told: str,
) -> None:
    """What is needed and missing or too old changes the exit code, an extra does not; both say what to do."""
    monkeypatch.setattr(importlib.metadata, "version", versions({package: version}))
    found = prover.doctor()
    assert code == found.exit_code
    assert told in found.to_text()


def test_guards_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process that tries them fails, nothing is claimed."""
    monkeypatch.setattr("prover.surroundings._RESTRICT", "raise SystemExit(3)")
    assert [] == prover.doctor().to_json()["guards"]
    assert "are held by an audit hook of Python." in prover.doctor().to_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    """Each asks this command, by the variable that it answers to."""
    assert 0 == run_command(["completion", shell])
    assert f"_ROPE_PROVER_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "expected"), [
    ("do", ["doctor"]),
    ("prove ggml/imrope-", ["ggml/imrope-openvino"]),
    ("prove ggml/neox ggml/norma", ["ggml/normal"]),
    ("show roformer/", None),
    ("prove a b --relation pair", ["pair-map"]),
])
def test_bash_completes(tmp_path: Path, words: str, expected: list[str] | None) -> None:
    """A real bash is told commands, names of the catalogue and words of options."""
    program = tmp_path / "rope-prover"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m prover "$@"\n')
    program.chmod(0o755)
    given = ["rope-prover", *words.split()]
    script = (
        'complete() { :; }; eval "$(rope-prover completion bash)"\n'
        f"COMP_WORDS=({' '.join(given)}); COMP_CWORD={len(given) - 1}\n"
        '_rope_prover_completion rope-prover; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(TESTS.parent)})
    names = [f"roformer/{path.stem}" for path in sorted((TESTS.parent / "models/roformer").glob("*.toml"))]
    assert (names if expected is None else expected) == done.stdout.split()
    assert names


def test_doctor_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what the API gives."""
    assert 0 == run_command(["doctor", "--json"])
    assert prover.doctor().to_json() == json.loads(capsys.readouterr().out)
