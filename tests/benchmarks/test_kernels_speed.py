"""How long a rotation of a whole sequence takes beside a plain copy of it, and beside transformers' own on a CPU.

Run on one core with

    OMP_NUM_THREADS=1 taskset -c 0 python -m pytest tests/benchmarks/test_kernels_speed.py -o addopts= \\
        --benchmark-only --benchmark-disable-gc

and for the ratios, each in turn so that what else goes on hits all alike,

    OMP_NUM_THREADS=1 taskset -c 0 python -m pytest tests/benchmarks/test_kernels_speed.py -o addopts= -m slow -s

Cosines and sines are there before, as transformers has them for all layers. Without the extra numba nothing is
compiled, and without torch and transformers there is no row of theirs.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load

TOKENS, HEADS, WIDTH = 2048, 32, 128
ROUNDS = int(os.environ.get("KERNELS_BENCHMARK_ROUNDS", "15"))
SPECS = {"half": "ggml/neox", "adjacent": "ggml/normal", "partial half": "ggml/neox:n_rot=64"}
NEEDS = {"copy": (), "NumPy": (), "NumPy fused": (), "numba": ("numba",), "transformers": ("torch", "transformers")}
ALTERNATIVES = ("copy", "transformers")
Work = Callable[[], object]
ROWS = [("", "copy"), *((name, how) for name in SPECS for how in ("NumPy", "numba")), ("adjacent", "NumPy fused"),
        ("half", "transformers")]


def heads() -> Any:
    """Random numbers, tokens first."""
    return np.random.default_rng(0).standard_normal((TOKENS, HEADS, WIDTH), np.float32)


def one_token_at_a_time(name: str, x: Any) -> Any:
    """What every row comes to."""
    kernel = make_kernel(load(SPECS[name]).layout).rounded(np.float32)
    return np.stack([kernel.apply(row, np.array([at], np.float32)) for at, row in enumerate(x)])


def transformers_eager(x: Any) -> tuple[Work, Callable[[], Any]]:
    """Llama's rotation of q; its k has no heads here. And what it came to."""
    import torch
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    torch.set_num_threads(1)
    config = LlamaConfig(hidden_size=HEADS * WIDTH, num_attention_heads=HEADS, head_dim=WIDTH)
    q = torch.from_numpy(x).transpose(0, 1)[None]
    cosine, sine = LlamaRotaryEmbedding(config)(q, torch.arange(TOKENS)[None])

    def work() -> Any:
        with torch.no_grad():
            return apply_rotary_pos_emb(q, q[:, :0], cosine, sine)[0]

    return work, lambda: work()[0].transpose(0, 1).numpy()


def made(name: str, how: str) -> tuple[Work, Callable[[], Any], Any]:
    """What is timed, what it came to, and the heads."""
    for package in NEEDS[how]:
        pytest.importorskip(package)
    x, out = heads(), np.zeros((TOKENS, HEADS, WIDTH), np.float32)
    if how == "copy":
        return lambda: np.copyto(out, x), lambda: out, x
    if how == "transformers":
        return *transformers_eager(x), x
    kernel = make_kernel(load(SPECS[name]).layout).rounded(np.float32)
    turned = kernel.at(np.arange(TOKENS, dtype=np.float32)[:, None])
    return lambda: turned.rotate(x, out=out, compiled=how == "numba", fused=how == "NumPy fused"), lambda: out, x


@pytest.mark.benchmark(group=f"rotation, [{TOKENS}, {HEADS}, {WIDTH}] float32, one core")
@pytest.mark.parametrize(("name", "how"), [
    pytest.param(name, how, id=f"{name} {how}".strip(), marks=[pytest.mark.alternative] if how in ALTERNATIVES else [])
    for name, how in ROWS
])
def test_rotation(benchmark: Any, name: str, how: str) -> None:
    """A rotation.

    All come to the same: ours in every bit, fused within a few units in the last place of the larger lane of a pair,
    transformers' within its rounding of angles.
    """
    work, result, x = made(name, how)
    benchmark.pedantic(work, rounds=ROUNDS, warmup_rounds=2)
    wanted = x if how == "copy" else one_token_at_a_time(name, x)
    if how == "transformers":
        assert np.abs(result() - wanted).max() < 1e-2
    elif how == "NumPy fused":
        pairs = np.abs(x).reshape(TOKENS, HEADS, -1, 2).sum(axis=-1)
        assert (np.abs(result() - wanted).reshape(*pairs.shape, 2) <= 2.0**-22 * pairs[..., None]).all()
    else:
        assert (wanted.view(np.uint32) == result().view(np.uint32)).all()


@pytest.mark.slow
def test_ratios() -> None:
    """Printed are medians of rounds in which all take their turn, with quartiles; nothing depends on them."""
    rows = [row for row in ROWS if all(map(importlib.util.find_spec, NEEDS[row[1]]))]
    works = {f"{name} {how}".strip(): made(name, how)[0] for name, how in rows}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS + 1):   # the first does not count
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    copied = statistics.median(taken["copy"][1:])
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {ROUNDS} rounds")
    for name, times in taken.items():
        low, middle, high = (1000 * each for each in statistics.quantiles(times[1:], n=4))
        print(f"{name:<20} {middle:6.1f} ms ({low:.1f} to {high:.1f}), {middle / copied / 1000:.2f} times copying")
        assert len(times) == ROUNDS + 1
