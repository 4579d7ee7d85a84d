"""Attention modules of the installed transformers, measured now, against the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import by_recipe
from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.measure.transformers import case_kernel, measure_transformers, probe_case
from prover.measure.transformers_cases import CASES

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]


@pytest.mark.parametrize("name", CASES)
def test_module_conforms(name: str) -> None:
    """The module of transformers does what its layout of the catalogue says, to the last pair."""
    table = measure_transformers(name)["cases"][0]
    assert () == conform(load(CASES[name].spec).layout, decode(name, table, name)).differences


@pytest.mark.parametrize("name", ["hunyuan_vl_4axis_16x4", "vjepa2"])
def test_no_rotation_is_measured_as_that(name: str) -> None:
    """Two modules turn the two lanes of a pair by different angles."""
    case = probe_case(CASES[name]).case
    assert not case["is_rotation"]
    assert case["non_rotation_pairs"]


@pytest.mark.parametrize(("name", "other"), [
    ("cohere_command_r", "transformers/half:rope_theta=8000000"),
    ("deepseek_v32_indexer", "transformers/indexer:pairing=adjacent"),
    ("deepseek_v32_indexer", "transformers/indexer:part=trailing"),
    ("deepseek_v32_indexer_yarn", "transformers/indexer"),
    ("glm_moe_dsa_indexer", "transformers/indexer:pairing=adjacent:rope_theta=1000000"),
    ("hy_v4_indexer", "transformers/indexer:head_dim=96"),
    ("hy_v4_vl_indexer_text", "transformers/indexer:part=trailing"),
    ("hy_v4_vl", "transformers/latent-mrope:qk_nope_head_dim=32:rope_theta=500000:mrope_section=10,12,10"),
    ("deepseek_v4_output", "transformers/latent:pairing=adjacent:qk_nope_head_dim=96:qk_rope_head_dim=32"
     ":rope_theta=50000"),
    ("musicflamingo", "transformers/musicflamingo:hidden_size=80:max_position_embeddings=1201"),
])
def test_another_module_is_noticed(name: str, other: str) -> None:
    """Negative control: the table of one module differs from the layout of another."""
    table = measure_transformers(name)["cases"][0]
    assert not conform(load(other).layout, decode("x", table, "x")).conforms


@pytest.mark.parametrize("name", ["llama2_default", "gpt_neox_20b_partial25", "glm4_moe_4_5_partial50"])
def test_recipe_is_the_kernel(name: str) -> None:
    """At positions where rounding has moved angles far, the module's outputs are those of the layout's recipe.

    The control is ggml's running product, whose angles are the same in exact arithmetic.
    """
    case = CASES[name]
    kernel, width = case_kernel(case)
    heads = np.concatenate([np.ones((1, width)), np.random.default_rng(1).normal(size=(3, width))]).astype(np.float32)
    positions = (1, 999, 40000, 100003, 131071)
    found = np.stack([kernel(heads.astype(np.float64), (p,)) for p in positions])
    assert np.abs(found - by_recipe(case.spec, heads, positions)).max() < 2e-6
    if name == "llama2_default":
        assert np.abs(found - by_recipe("ggml/neox", heads, positions)).max() > 2e-3


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`measure transformers --conform` prints a line for each case and exits with 0."""
    assert 0 == run_command(["measure", "transformers", "nanochat_reverse", "vjepa2", "--conform"])
    first, second = capsys.readouterr().out.splitlines()
    assert "conforms to transformers/nanochat; a rotation" in first
    assert "no rotation" in second
