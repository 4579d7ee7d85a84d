"""What can be measured, told where nothing of it is installed."""

from __future__ import annotations

import importlib.metadata
import json
import math
import tomllib
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.exact.number import exact
from prover.layouts.loading import outline
from prover.layouts.spec import catalogue
from prover.measure.ggml import find_library
from prover.measure.upstream.measuring import software
from prover.measure.upstream.names import MODULES
from prover.measure.upstream.software import Values

ROOT = Path(__file__).parents[2]
BARE = {  # what is measured without what its package requires
    "torchtitan": "pip install --no-deps torchtitan spmd-types && pip install torch",
    "torchtune": "pip install --no-deps torchtune && pip install torch",
    "litgpt": "pip install --no-deps litgpt && pip install torch",
    "llama-models": "pip install --no-deps llama-models && pip install torch",
    "executorch": "pip install --no-deps executorch && pip install torch",
    "litert-torch": "pip install --no-deps litert-torch && pip install torch",
    "keras-hub": "pip install --no-deps keras-hub && pip install keras torch",
    "roformer": "pip install --no-deps roformer && pip install torch",
    "torchscale": "pip install --no-deps torchscale && pip install torch",
}
ALONE = {"vllm": "pip install vllm\n", "sglang": "pip install sglang\n"}  # what they need depends on the machine


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
    assert (BARE.get(name) or ALONE.get(name) or f"pip install 'rope-prover[{name}]'") in told


def test_every_package_can_be_installed() -> None:
    """What a message says to type is there: an extra, or a pin of what is installed alone."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pins = [line.partition("==")[0] for line in (ROOT / "tests/live/bare.txt").read_text().splitlines() if "==" in line]
    assert set(MODULES) - set(BARE) - set(ALONE) <= set(extras)
    assert sorted(package for name in BARE for package in software(name).bare) == pins
    assert set(BARE) == {name for name in MODULES if software(name).bare}


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


def test_every_parameter_of_an_engine_is_measured() -> None:
    """Under each rope_type every parameter has another value than its default in some row, and every word is used."""
    left: dict[tuple[str, str], set[str]] = {}
    for spec in [spec for engine in ("vllm", "sglang") for spec in software(engine).specs]:
        found = outline(spec)
        given, kind = dict(found.given), dict(found.words).get("rope_type", "")
        parameters = {each.name: getattr(each.default, "number", each.default) for each in found.family.parameters}
        waiting = left.setdefault((found.family.name, kind), set(parameters))
        waiting -= {name for name, value in given.items() if parameters.get(name, value) != value}
        for choice in found.choices:
            left.setdefault((found.family.name, choice.name), {word.name for word in choice.words})
        for name, word in found.words:
            left[found.family.name, name].discard(word)
    assert {  # for feeds, and the length of a table
        ("vllm/bailing-mrope", ""): {"height", "width_patches"}, ("vllm/deepseek-v4", "default"): {"compress"},
        ("vllm/deepseek-v4", "deepseek_yarn"): {"compress"}, ("vllm/mrope", "default"): {"mrope_positions_factor"},
    } == {key: names for key, names in left.items() if names}
