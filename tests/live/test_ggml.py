"""ggml's CPU kernel, measured now, against the catalogue; needs a library (ROPE_PROVER_GGML or llama-cpp-python)."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.conform import conform
from prover.errors import InputError
from prover.loading import load
from prover.measure_ggml import find_library, measure_ggml
from prover.measured import decode
from test_measured import GGML

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def library() -> Path:
    """A ggml library, or a skip that says what to give."""
    try:
        return find_library(None)
    except InputError as fault:
        pytest.skip(str(fault))


@pytest.mark.parametrize("name", GGML)
def test_kernel_conforms(name: str, library: Path) -> None:
    """ggml does what its layout says, for every entry of the stored table."""
    spec = GGML[name]
    table = measure_ggml(spec, library)["configs"][spec]
    assert () == conform(load(spec).layout, decode(name, table, name)).differences


def test_pairs_that_fall_to_e_are_measured(library: Path) -> None:
    """Negative control: with sections 24,20,20,0 the kernel is not the layout of 22,21,21,0."""
    spec = "ggml/imrope:sections=24,20,20,0"
    found = decode(spec, measure_ggml(spec, library)["configs"][spec], spec)
    differences = conform(load("ggml/imrope:sections=22,21,21,0").layout, found).differences
    assert [("axis", (61, 125)), ("axis", (62, 126))] == [(d.kind, d.lanes) for d in differences]
