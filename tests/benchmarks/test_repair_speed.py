"""Causes, sizes and repairs, beside the verdict that they follow.

Run with

    python -m pytest tests/benchmarks/test_repair_speed.py -o addopts= --benchmark-only --benchmark-disable-gc
"""

from __future__ import annotations

from typing import Any

import pytest

from prover.layouts.loading import load
from prover.repair.cause import causes
from prover.repair.find_repair import find_repair
from prover.repair.size import size_of
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict

YARN = "transformers/half:head_dim=64:rope_theta=150000:rope_type=yarn:factor=32:original_max_position_embeddings=4096"
PAIRS = [
    ("ggml/neox:head_dim=128:base=1e6", "ggml/neox:head_dim=128"),
    (f"{YARN}:truncate=0", "llama-cpp/text:arch=gpt-oss:head_dim=64:n_rot=64:base=f32(150000):freq_scale=0.03125:"
                           "ext_factor=1:n_ctx_orig=4096"),
    ("transformers/half:head_dim=128:partial_rotary_factor=0.25:rope_theta=1e6", "ggml/neox:head_dim=128"),
    ("vllm/rope:head_size=128", "vllm/rope:head_size=128:is_neox_style=false"),
    ("transformers/nanochat:head_dim=128", "transformers/half:head_dim=128"),  # a law: it turns the other way
]


def decide() -> list[Verdict]:
    """The verdicts."""
    return [prove_loaded(load(source), load(target)) for source, target in PAIRS]


@pytest.mark.alternative
@pytest.mark.benchmark(group="explain five differences of 32 and 64 pairs")
def test_verdicts(benchmark: Any) -> None:
    """The five verdicts."""
    assert len(PAIRS) == len(benchmark.pedantic(decide, rounds=3, warmup_rounds=1))


@pytest.mark.benchmark(group="explain five differences of 32 and 64 pairs")
def test_causes(benchmark: Any) -> None:
    """The causes, once the verdicts are there."""
    verdicts = decide()

    def diagnose() -> list[int]:
        return [len(causes(load(a), load(b), verdict)) for (a, b), verdict in zip(PAIRS, verdicts, strict=True)]

    assert [1] * len(PAIRS) == benchmark.pedantic(diagnose, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="explain five differences of 32 and 64 pairs")
def test_sizes(benchmark: Any) -> None:
    """The sizes, once the verdicts are there.

    The last two are permutations of rows, which have none.
    """
    verdicts = decide()
    found = benchmark.pedantic(lambda: [size_of(verdict) for verdict in verdicts], rounds=3, warmup_rounds=1)
    assert [True, True, True, False, False] == [size is not None for size in found]


@pytest.mark.alternative
@pytest.mark.benchmark(group="repair IMROPE on the kernel of MROPE, 64 pairs")
def test_seed_verdict(benchmark: Any) -> None:
    """The verdict alone."""
    assert benchmark.pedantic(lambda: prove_loaded(load("ggml/imrope"), load("ggml/mrope")), rounds=3).fails


@pytest.mark.benchmark(group="repair IMROPE on the kernel of MROPE, 64 pairs")
def test_seed_repair(benchmark: Any) -> None:
    """The repair, found and proved.

    Its verdict as it is, parameters and feeds that do not help, and the factors.
    """
    assert benchmark.pedantic(lambda: find_repair(load("ggml/imrope"), load("ggml/mrope")), rounds=3).found
