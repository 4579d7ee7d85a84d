"""ggml's CPU kernel, measured now, against the catalogue; needs a library, as the extra ggml has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from conftest import by_recipe
from measured_specs import GGML
from prover import find_repair as repair
from prover.errors import InputError
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.ggml import find_library, measure_ggml, rope_ggml
from prover.measure.measured import decode
from prover.repair.find_repair import find_repair
from prover.repair.replay import replay
from prover.resources import PROOFS

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


HEADS = np.concatenate([np.ones((1, 128)), np.random.default_rng(1).normal(size=(3, 128))]).astype(np.float32)
NEAR = 2e-6  # of cos, sin and two products in float32, for numbers up to 4


def on_text(spec: str, positions: tuple[int, ...], library: Path) -> npt.NDArray[np.float32]:
    """What ggml makes of HEADS at text positions; e is 0."""
    axes = load(spec).layout.axes
    found = [rope_ggml(spec, HEADS, tuple(0 if axis == "e" else p for axis in axes), library) for p in positions]
    return np.stack(found).astype(np.float32)


YARN = ":ext_factor=1:n_ctx_orig=4096:freq_scale=0.25:attn_factor=1.5"


@pytest.mark.parametrize("more", ["", YARN])
@pytest.mark.parametrize(("spec", "apart"), [
    ("ggml/mrope:sections=24,20,20,0", []),
    ("ggml/mrope:sections=16,24,24,0", []),
    ("ggml/imrope:sections=22,21,21,0", []),
    ("ggml/imrope:sections=24,20,20,0", [61, 62, 125, 126]),
])
def test_bits_on_text(spec: str, apart: list[int], more: str, library: Path) -> None:
    """What is proved of bits holds of ggml's own: text on all axes gives NEOX's, but where pairs fall to e."""
    positions = (*range(0, 2000, 7), *range(1000, 131072, 1717))
    ours, theirs = (on_text(name + more, positions, library).view(np.uint32) for name in (spec, "ggml/neox"))
    assert apart == np.flatnonzero((ours != theirs).any(axis=(0, 1))).tolist()


@pytest.mark.parametrize("spec", [
    "ggml/normal", "ggml/neox", "ggml/neox:n_rot=64", "ggml/neox:freq_scale=0.25", f"ggml/neox{YARN}",
    "ggml/mrope:sections=16,24,24,0", "ggml/imrope:sections=24,20,20,0", "ggml/vision:sections=32,32,32,32",
    "ggml/vision:sections=16,16,16,16", "ggml/vision:sections=10,6,0,0", "ggml/vision:sections=0,20,30,14",
])
def test_recipe_is_the_kernel(spec: str, library: Path) -> None:
    """At positions where rounding has moved angles far, ggml's outputs are those of its recipe.

    With YaRN a compiler may fuse the sum of two products, worth the last bit of an angle. The control is
    the same layout with a power in place of the running product.
    """
    positions = (1, 999, 40000, 100003, 131071)
    found, wanted = on_text(spec, positions, library), by_recipe(spec, HEADS, positions)
    error = np.abs(found - wanted).max(axis=(1, 2))
    fused = np.spacing(np.array(positions, dtype=np.float32)) / 8 if YARN in spec else 0
    assert (error <= NEAR + fused).all()
    if spec == "ggml/neox":
        power = by_recipe(str(PROOFS / "recipes" / "neox-power.toml"), HEADS, positions)
        assert np.abs(found - power).max() > 1000 * NEAR


@pytest.mark.parametrize(("source", "target", "feeds"), [
    ("ggml/imrope", "ggml/mrope", ()),
    ("ggml/imrope", "ggml/mrope", ("text", "image")),
    ("ggml/imrope:n_rot=64:sections=11,11,10,0", "ggml/mrope:n_rot=64:sections=11,11,10,0", ("image",)),
    (f"ggml/imrope{YARN}", f"ggml/mrope{YARN}", ()),
    ("ggml/normal", "ggml/neox", ()),
])
def test_a_repair_runs_on_the_kernel(source: str, target: str, feeds: tuple[str, ...], library: Path) -> None:
    """Scores of ggml with the repair are those of the source, and without it they are not."""
    found = repair(source, target, feeds=feeds, library=str(library)).to_json()["real_kernel"]
    assert (found["passed"], found["shows"]) == (True, True)


def test_a_wrong_repair_fails_on_the_kernel(library: Path) -> None:
    """Negative control: the rows of the repair without its factors are seen to be wrong."""
    searched = find_repair(load("ggml/imrope"), load("ggml/mrope"))
    made = searched.found
    assert made is not None
    holds = made.verdict.decision.holds
    assert holds is not None
    found = replay(searched.verdict.claim, made.verdict.claim, holds, "ggml/mrope:sections=22,20,20,2", library)
    assert not found.passed
