"""The layouts of vLLM and SGLang against what their kernels were measured to do.

`measured/kernels/*.json` hold what the PyTorch paths on the CPU and the Triton kernels in Triton's interpreter
did to every lane, with vLLM 0.33.0 and SGLang 0.5.23. Every entry has a row here that names the spec it must
equal. Where a layout of one engine stands for the other's, the other has the same kernel.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from measured_engine_specs import ENGINES
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import Measured, read_measured

KERNELS = Path(__file__).parent.parent / "measured" / "kernels"

ROWS = [pytest.param(engine, name, spec, id=f"{engine} {name}")
        for engine, table in ENGINES.items() for name, spec in table.items()]


@cache
def measured(engine: str) -> dict[str, Measured]:
    """All measured entries of one engine, by name."""
    return read_measured(KERNELS / f"{engine}.json")


@pytest.mark.parametrize(("engine", "name", "spec"), ROWS)
def test_layout_is_the_measured_kernel(engine: str, name: str, spec: str) -> None:
    """The shipped layout is what the engine's kernel was measured to do."""
    assert () == conform(load(spec).layout, measured(engine)[name]).differences


@pytest.mark.parametrize("engine", ENGINES)
def test_every_entry_has_a_row(engine: str) -> None:
    """No measured kernel of an engine is left out."""
    assert sorted(measured(engine)) == sorted(ENGINES[engine])
