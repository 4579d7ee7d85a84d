"""What can be measured, told where nothing of it is installed."""

from __future__ import annotations

import importlib.metadata
import json
import math
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.exact.number import exact
from prover.layouts.spec import catalogue
from prover.measure.ggml import find_library
from prover.measure.upstream.measuring import software
from prover.measure.upstream.names import MODULES
from prover.measure.upstream.software import Values


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package is installed, and no ggml library named."""
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.delenv("ROPE_PROVER_GGML", raising=False)


@pytest.mark.parametrize("name", MODULES)
def test_layouts_are_of_the_catalogue(name: str) -> None:
    """Every kernel is held against a layout that is there."""
    assert set(software(name).builds) <= set(catalogue())


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("name", MODULES)
def test_what_is_missing_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An extra to install, instead of an import that fails."""
    assert 2 == run_command(["measure", name])
    told = capsys.readouterr().err
    assert f"not installed: {', '.join(software(name).packages)}" in told
    assert f"pip install 'rope-prover[{name}]'" in told


@pytest.mark.usefixtures("nothing")
def test_list_without_anything(capsys: pytest.CaptureFixture[str]) -> None:
    """`measure --list` names every software and what to do for it."""
    assert 0 == run_command(["measure", "--list", "--json"])
    found = json.loads(capsys.readouterr().out)["software"]
    assert {"ggml", "transformers", *MODULES} == set(found)
    assert all(row["version"] is None and row["missing"] and row["kernels"] for row in found.values())


def test_a_library_is_found_in_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """llama-cpp-python's before xllamacpp's, where a package has none the next, and one that is named before both."""
    places = {"llama_cpp": tmp_path / "llama_cpp" / "lib" / "libggml-cpu.so",
              "xllamacpp": tmp_path / "xllamacpp" / "xllamacpp.abi3.so"}
    monkeypatch.delenv("ROPE_PROVER_GGML", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: SimpleNamespace(
        submodule_search_locations=[str(tmp_path / name)]))
    for path in places.values():
        path.parent.mkdir(parents=True)
        path.touch()
    assert places["llama_cpp"] == find_library(None)
    places["llama_cpp"].unlink()
    assert places["xllamacpp"] == find_library(None)
    monkeypatch.setenv("ROPE_PROVER_GGML", str(tmp_path / "absent.so"))
    with pytest.raises(InputError, match="no such file"):
        find_library(None)


def test_list_tells_versions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A version for what is installed."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.2.3")
    assert 0 == run_command(["measure", "--list"])
    assert "mlx-lm 1.2.3, mlx 1.2.3" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "told"), [
    (["measure"], "say what to measure: function, ggml, transformers, onnx"),
    (["measure", "--json"], "--list stands alone"),
    (["measure", "--list", "mlx"], "--list stands alone"),
    (["measure", "nothing"], "No such command 'nothing'"),
])
def test_bad_usage(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A message and exit code 2."""
    assert 2 == run_command(arguments)
    assert told in capsys.readouterr().err


def test_a_layout_of_another_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """mlx has no kernel of ggml's."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.2.3")
    assert 2 == run_command(["measure", "mlx", "ggml/neox"])
    assert "'ggml/neox' is no layout of mlx that is measured" in capsys.readouterr().err


@pytest.mark.parametrize(("spec", "words", "numbers", "last"), [
    ("timm/rope-cat", {"in_pixels": "true"}, {"max_res": 16}, 8 * math.pi),
    ("timm/rope-cat", {"in_pixels": "true"}, {"max_res": 0.5}, math.pi),
    ("timm/rope-cat", {"in_pixels": "true"}, {"max_res": 256}, 128 * math.pi),
    ("timm/rope-cat", {"in_pixels": "true"}, {"max_res": 511.5}, 255.75 * math.pi),
    ("timm/rope-cat-index", {"in_pixels": "false"}, {}, 1),
    ("timm/dinov3", {}, {"min_period": 0}, 2 * math.pi),
    ("timm/dinov3", {}, {"min_period": 0.04}, 50 * math.pi),
])
def test_no_pair_turns_by_half_a_turn_in_a_step(
    spec: str, words: dict[str, str], numbers: dict[str, float], last: float,
) -> None:
    """The fastest pair's frequency, worked out by hand, is told apart from itself and a whole turn."""
    step = software("timm").steps[spec](Values(words, {name: exact(Fraction(n)) for name, n in numbers.items()}))
    assert last * step < math.pi


@pytest.mark.parametrize(("spec", "words", "numbers", "told"), [
    ("timm/rope-cat", {"in_pixels": "true"}, {"max_res": 512}, "max_res=512: below 512 is measured"),
    ("timm/dinov3", {}, {"min_period": Fraction(3, 100)}, "min_period=0.03: above 0.0310078 is measured"),
])
def test_a_step_too_wide_is_refused(
    spec: str, words: dict[str, str], numbers: dict[str, float], told: str,
) -> None:
    """A frequency that the grid cannot tell gets no wrong table."""
    with pytest.raises(ValueError, match=told):
        software("timm").steps[spec](Values(words, {name: exact(Fraction(n)) for name, n in numbers.items()}))
