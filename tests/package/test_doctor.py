"""What is said of the surroundings, and what a shell completes."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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
    assert [{"name": name, "version": importlib.metadata.version(name), "from": least, "exactly": "",
             "is_enough": True, "state": "ok"} for name, _, least in wanted] == told["needed"]
    assert len(list((TESTS.parent / "models").glob("*/*.toml"))) > told["layouts"] > 200


def test_proofs_are_what_is_proved() -> None:
    """Files that proofs are made of are none: recipes, rewrites, layouts."""
    files = (TESTS.parent / "proofs").rglob("*.toml")
    proofs = [path for path in files if path.parent.name not in {"recipes", "rewrites", "layouts"}]
    assert len(proofs) == prover.doctor().to_json()["proofs"]
    assert f"{len(proofs)} files of proofs are shipped\n" in prover.doctor().to_text()


def versions(changed: dict[str, str | None]) -> Callable[[str], str]:
    """importlib.metadata.version, with other answers for some packages; None for what is not installed."""
    real = importlib.metadata.version

    def version(name: str) -> str:
        given = changed.get(name, real(name) if name not in changed else None)
        if given is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return given

    return version


LIVE = [line.partition("==") for line in PROJECT["optional-dependencies"]["live"]]
PINS: dict[str, str | None] = {name.partition("[")[0]: version for name, _, version in LIVE}
PINS["mlx-cpu"] = PINS["mlx"]   # what mlx[cpu] brings


@pytest.mark.parametrize(("changed", "code", "told"), [
    ({"z3-solver": "4.2.1"}, 1, ["too old z3-solver              4.2.1, needed from 4.13 on"]),
    ({"z3-solver": "4.13rc1"}, 1, ["too old z3-solver              4.13rc1, needed from 4.13 on"]),
    ({"z3-solver": None}, 1, ["missing z3-solver              not installed, needed from 4.13 on"]),
    ({"z3-solver": "a fork"}, 3, ["unknown z3-solver              a fork, needed from 4.13 on"]),
    ({"z3-solver": "4.13.0.0"}, 0, ["ok      z3-solver              4.13.0.0"]),
    ({"gguf": None}, 0, ["missing weights  ", "not installed: gguf\n",
                         "pip install 'rope-prover[weights]', about 8 MB"]),
    ({"gguf": "0.9.1"}, 0, ["too old weights  ", "too old: gguf 0.9.1, needed from 0.14 on\n",
                            "pip install 'rope-prover[weights]', about 8 MB"]),
    (PINS, 0, ["ok      live  "]),
    (PINS | {"torch": "2.13.0+cpu"}, 0, ["ok      live  "]),
    (PINS | {"torch": "2.14.0+cpu", "keras": "3.1"}, 0, [
        "other   live  ", "other version: keras 3.1, expected 3.15.1; ",
        "; other version: torch 2.14.0+cpu, expected 2.13.0\n", "pip install 'rope-prover[live]'",
        "other   transformers  "]),
    (PINS | {"torch": "2.14.0", "keras": None}, 0, [
        "missing live  ", "not installed: keras; other version: torch 2.14.0, expected 2.13.0\n"]),
    ({"onnx": "1.2", "onnxruntime": "1.24"}, 0, [
        "too old onnx                   onnx 1.2; too old: onnx 1.2, needed from 1.20 on; pip install",
        "too old onnxruntime            onnxruntime 1.24, onnx 1.2; too old: onnx 1.2, needed from 1.20 on; pip"]),
    ({"onnx": "1.20", "onnxruntime": "1.24.0"}, 0, [
        "ok      onnx                   onnx 1.20\n",
        "ok      onnxruntime            onnxruntime 1.24.0, onnx 1.20\n"]),
    ({"xllamacpp": "2020.1", "gguf": "0.14"}, 0, ["too old llama-cpp  ", "too old: xllamacpp 2020.1, needed from "]),
    ({"xllamacpp": "2030.1", "gguf": "0.14"}, 0, ["ok      llama-cpp  "]),
    ({"xllamacpp": "2030.1", "gguf": None}, 0, ["missing llama-cpp              not installed: gguf; pip install"]),
    ({"vllm": "0.1", "torch": "2.0"}, 0, ["ok      vllm                   vllm 0.1, torch 2.0\n"]),
])
def test_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], code: int, told: list[str],
) -> None:
    """What is needed and missing or too old changes the exit code, an extra does not; both say what to do."""
    monkeypatch.setattr(importlib.metadata, "version", versions(changed))
    found = prover.doctor()
    assert (code, {0: True, 1: False, 3: None}[code]) == (found.exit_code, found.to_json()["is_whole"])
    assert [] == [each for each in told if each not in found.to_text()]


def test_ggml_of_a_package_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is there, of a package older than the extra requires; one that is named is held to no version."""
    library = tmp_path / "xllamacpp" / "xllamacpp.abi3.so"
    library.parent.mkdir()
    library.touch()
    monkeypatch.delenv("ROPE_PROVER_GGML", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace(
        submodule_search_locations=[str(tmp_path / name)]))
    monkeypatch.setattr(importlib.metadata, "version", versions({"xllamacpp": "2020.1"}))
    assert "too old ggml                   xllamacpp.abi3.so, xllamacpp 2020.1; too old: " in prover.doctor().to_text()
    monkeypatch.setenv("ROPE_PROVER_GGML", str(library.rename(tmp_path / "libggml-cpu.so")))
    assert "ok      ggml                   libggml-cpu.so\n" in prover.doctor().to_text()


def written(monkeypatch: pytest.MonkeyPatch, **packages: tuple[str, list[str]] | None) -> None:
    """No checkout; of packages, with _ for -, the version and requirements that are written down; None for none."""
    real = importlib.metadata.distribution

    def distribution(name: str) -> Any:
        if (key := name.replace("-", "_")) not in packages:
            return real(name)
        given = packages[key]
        if given is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return SimpleNamespace(version=given[0], requires=given[1])

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    monkeypatch.setattr("prover.requirements.PYPROJECT", Path("none.toml"), raising=False)


def extra(found: prover.Report, name: str) -> tuple[str, bool | None, str | None]:
    """What is told of one extra."""
    row = next(row for row in found.to_json()["extras"] if row["name"] == name)
    return row["state"], row["is_there"], row["unknown"]


@pytest.mark.parametrize(("given", "why"), [
    (None, "rope-prover is not installed as a package here, so its requirements are not written down"),
    (("0.0.1", ["click>=8.2"]), f"the rope-prover that is installed is 0.0.1, and this one is {prover.__version__}"),
])
def test_nothing_is_claimed_without_requirements(
    monkeypatch: pytest.MonkeyPatch, given: tuple[str, list[str]] | None, why: str,
) -> None:
    """Neither whole nor broken, no extra missing, and why."""
    written(monkeypatch, rope_prover=given)
    found = prover.doctor()
    told = found.to_json()
    assert (3, None, [], why) == (found.exit_code, told["is_whole"], told["needed"], told["unknown"])
    assert {("unknown", None, why)} == {extra(found, each.name) for each in EXTRAS}
    extras = found.to_text().partition("Extras:")[2].partition("Software")[0]
    assert "unknown draw  " in extras
    assert f"what it needs is not known: {why}\n" in extras
    assert "pip" not in extras
    assert "whether all that is needed is there is not known\n" in found.to_text()


def test_an_extra_that_the_installed_package_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unknown, and why; those that are written down are looked up, as the build tool writes them."""
    lines = [*PROJECT["dependencies"], "gguf>=0.14; extra == 'weights'", "distributed>=99999; extra == 'dask'",
             "mlx>=0.29; (sys_platform != 'linux') and extra == 'mlx'",
             "mlx[cpu]>=0.29; (sys_platform == 'linux') and extra == 'mlx'", "numba<0.1; extra == 'numba'",
             "onnx>=1; (sys_platform == 'linux' or os_name == 'nt') and extra == 'onnx'"]
    written(monkeypatch, rope_prover=(prover.__version__, lines), mlx=("0.30", [
        "mlx-cpu==0.30; platform_system == \"Linux\" and extra == \"cpu\"", "numpy==0.1; extra == 'dev'",
        "mlx-metal==0.30; platform_system == 'Darwin'"]), mlx_cpu=None)
    found = prover.doctor()
    assert (0, True) == (found.exit_code, found.to_json()["is_whole"])
    state, there, why = extra(found, "draw")
    assert ("unknown", None) == (state, there)
    assert "the rope-prover that is installed names no extra 'draw', so it is not this one" == why
    assert ("ok", True, None) == extra(found, "weights")
    assert ("too old", False, None) == extra(found, "dask")
    assert ("unknown", None, None) == extra(found, "numba") == extra(found, "onnx")
    assert "required is 'numba<0.1; extra == 'numba'', which is not understood" in found.to_text()


@pytest.mark.parametrize(("system", "metal", "state"), [
    ("linux", None, "missing"), ("linux", "0.30", "ok"), ("linux", "0.31", "other"), ("darwin", None, "ok"),
])
def test_what_an_extra_of_another_package_brings(
    monkeypatch: pytest.MonkeyPatch, system: str, metal: str | None, state: str,
) -> None:
    """mlx for Linux computes with a package of its own, which its extra cpu names."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.system", lambda: {"linux": "Linux", "darwin": "Darwin"}[system])
    written(monkeypatch, mlx=("0.30", ["mlx-cpu==0.30; platform_system == \"Linux\" and extra == \"cpu\""]),
            mlx_cpu=metal and (metal, []))
    monkeypatch.setattr("prover.requirements.PYPROJECT", TESTS.parent / "pyproject.toml", raising=False)
    found = prover.doctor()
    assert state == extra(found, "mlx")[0]
    assert state == next(row for row in found.to_json()["software"] if row["name"] == "mlx")["state"]


def test_every_requirement_is_understood() -> None:
    """Of all extras and of the package itself."""
    told = prover.doctor().to_json()
    packages = [*told["needed"], *(package for row in told["extras"] for package in row["packages"])]
    assert all(package["from"] or package["exactly"] for package in packages)
    assert "not understood" not in prover.doctor().to_text()


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
