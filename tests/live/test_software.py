"""Kernels of installed software at SPECs of the catalogue, measured now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.measure.upstream.measuring import measure_upstream, software
from prover.measure.upstream.names import MODULES

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]
KERNELS = [(name, spec) for name in MODULES for spec in software(name).specs]


@pytest.mark.parametrize(("name", "spec"), KERNELS)
def test_kernel_conforms(name: str, spec: str) -> None:
    """The software does what its layout of the catalogue says, to the last pair."""
    table = measure_upstream(name, spec)["cases"][0]
    assert () == conform(load(spec).layout, decode(spec, table, name)).differences


@pytest.mark.parametrize("name", MODULES)
def test_every_layout_is_measured(name: str) -> None:
    """No kernel can be built that the list leaves out, and every word of a choice is in it."""
    assert set(software(name).builds) == {spec.partition(":")[0] for spec in software(name).specs}


@pytest.mark.parametrize(("name", "spec", "other"), [
    ("onnx", "onnx/rotary-embedding:head_size=64:interleaved=1", "onnx/rotary-embedding:head_size=64"),
    ("onnxruntime", "onnxruntime/mrotary-embedding:head_size=64:mrope_section=8,12,12:mrope_layout=1",
     "onnxruntime/mrotary-embedding:head_size=64:mrope_section=8,12,12"),
    ("mlx", "mlx/rope:head_dim=64:scale=0.5", "mlx/rope:head_dim=64"),
    ("mlx-lm", "mlx-lm/rope:head_dim=64:rope_type=llama3:factor=8", "mlx-lm/rope:head_dim=64"),
    ("x-transformers", "x-transformers/rope:dim_head=64", "x-transformers/rope:dim_head=64:base=20000"),
    ("rotary-embedding-torch", "lucidrains/rope:head_dim=64:theta=20000", "lucidrains/rope:head_dim=64"),
])
def test_another_layout_is_noticed(name: str, spec: str, other: str) -> None:
    """Negative control: a parameter reaches the kernel, so that the layout with another one differs."""
    found = decode(spec, measure_upstream(name, spec)["cases"][0], name)
    assert conform(load(spec).layout, found).conforms
    assert not conform(load(other).layout, found).conforms


def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`measure mlx SPEC --conform --out` prints a line, and writes a table that `conform` reads."""
    spec, out = "mlx/rope:head_dim=16:traditional=true", tmp_path / "table.json"
    assert 0 == run_command(["measure", "mlx", spec, "--conform", "--out", str(out)])
    assert "conforms to mlx/rope:head_dim=16:traditional=true; a rotation" in capsys.readouterr().out
    assert {"mlx"} == set(json.loads(out.read_text())["software"])
    assert 0 == run_command(["conform", spec, str(out)])


def test_what_the_software_refuses_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What upstream raises is a message, and no traceback."""
    assert 2 == run_command(["measure", "mlx-lm", "mlx-lm/rope:head_dim=64:rope_type=mrope"])
    told = capsys.readouterr().err
    assert "mlx-lm does not compute it: AssertionError: MRoPE currently only supports 3 sections" in told
