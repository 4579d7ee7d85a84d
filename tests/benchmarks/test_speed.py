"""How long a proof takes, beside what a person would write instead.

Run with

    python -m pytest tests/benchmarks -o addopts= --benchmark-only --benchmark-disable-gc

The command line runs without the cyclic garbage collector too.

Every group holds our figure and an alternative's, so that a ratio can be read from one run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sympy
import z3

from prover.claims.claim import make_claim
from prover.claims.relation import Outcome
from prover.layouts.loading import load
from prover.reports.report import report
from prover.verdicts.verdict import Verdict, prove

BASIC = ("ggml/normal", "ggml/neox")
YARN = tuple(
    f"transformers/{pairing}:rope_type=yarn:factor=4:original_max_position_embeddings=32768:rope_theta=1000000"
    for pairing in ("half", "adjacent")
)
LLAMA3 = tuple(
    f"transformers/{pairing}:rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4"
    ":original_max_position_embeddings=8192:rope_theta=500000"
    for pairing in ("half", "adjacent")
)
KINDS = {"default": BASIC, "yarn": YARN, "llama3": LLAMA3}
BUDGET_SECONDS = 10


def whole_proof(source: str, target: str) -> Verdict:
    """From two specs to a checked, confirmed verdict and its report."""
    first, second = load(source), load(target)
    verdict = prove(make_claim(first, second, ()))
    report(verdict, first.about, second.about)
    return verdict


def command(*arguments: str) -> int:
    """A fresh process."""
    return subprocess.run([sys.executable, "-m", "prover", *arguments], stdout=subprocess.DEVNULL).returncode


def quantified_permutation(pairs: int) -> z3.CheckSatResult:
    """The naive encoding: distinct integers, and for all pairs equal frequency numbers."""
    solver = z3.Solver()
    solver.set("timeout", BUDGET_SECONDS * 1000)
    to, frequency = z3.Function("to", z3.IntSort(), z3.IntSort()), z3.Function("f", z3.IntSort(), z3.IntSort())
    other = z3.Function("g", z3.IntSort(), z3.IntSort())
    i, j = z3.Ints("i j")
    inside = z3.And(i >= 0, i < pairs)
    for k in range(pairs):
        solver.add(frequency(k) == 3 * k, other(k) == 3 * (pairs - 1 - k))
    solver.add(z3.Distinct([to(k) for k in range(pairs)]))
    solver.add(z3.ForAll([i], z3.Implies(inside, z3.And(to(i) >= 0, to(i) < pairs))))
    solver.add(z3.ForAll([i], z3.Implies(inside, other(to(i)) == frequency(i))))
    solver.add(z3.ForAll([i, j], z3.Implies(z3.And(inside, j >= 0, j < pairs, to(i) == to(j)), i == j)))
    return solver.check()


def symbolic_product(pairs: int) -> bool:
    """K(p).T * K(q) of both layouts as SymPy matrices, permuted and simplified to zero."""
    p, q = sympy.symbols("p q", integer=True)

    def kernel(position: sympy.Symbol, lanes: list[tuple[int, int]]) -> Any:
        matrix = sympy.zeros(2 * pairs, 2 * pairs)
        for j, (a, b) in enumerate(lanes):
            angle = position * sympy.Integer(10000) ** sympy.Rational(-j, pairs)
            matrix[a, a], matrix[a, b] = sympy.cos(angle), -sympy.sin(angle)
            matrix[b, a], matrix[b, b] = sympy.sin(angle), sympy.cos(angle)
        return matrix

    adjacent = [(2 * j, 2 * j + 1) for j in range(pairs)]
    half = [(j, j + pairs) for j in range(pairs)]
    order = [lane for pair in zip(*adjacent, strict=True) for lane in pair]
    source = kernel(p, adjacent).T * kernel(q, adjacent)
    target = kernel(p, half).T * kernel(q, half)
    return bool(sympy.simplify(source.extract(order, order) - target).is_zero_matrix)


@pytest.mark.benchmark(group="cold, n_rot 128, whole command")
@pytest.mark.parametrize("kind", KINDS)
def test_cold_prove(benchmark: Any, kind: str) -> None:
    """A whole command in a fresh process."""
    code = benchmark.pedantic(command, args=("prove", *KINDS[kind]), rounds=5)
    assert code == 5


@pytest.mark.benchmark(group="cold, n_rot 128, whole command")
def test_cold_python_alone(benchmark: Any) -> None:
    """Python's own start with the three large libraries, for scale."""
    code = benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", "import sympy, z3, numpy"]).returncode, rounds=5
    )
    assert code == 0


@pytest.mark.benchmark(group="warm, n_rot 128")
@pytest.mark.parametrize("kind", KINDS)
def test_warm_prove(benchmark: Any, kind: str) -> None:
    """Specs to report inside a process that has proved before."""
    whole_proof(*KINDS[kind])
    verdict = benchmark(whole_proof, *KINDS[kind])
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.benchmark(group="by pairs, whole command")
@pytest.mark.parametrize("pairs", [64, 1024, 4096, 16384])
def test_pairs(benchmark: Any, pairs: int) -> None:
    """Cost against the number of pairs, start of Python included."""
    specs = [f"{name}:head_dim={2 * pairs}" for name in BASIC]
    code = benchmark.pedantic(command, args=("prove", *specs), rounds=3)
    assert code == 5


@pytest.mark.benchmark(group="check")
def test_cold_check(benchmark: Any, tmp_path: Path) -> None:
    """`rope-prover check` in a fresh process, n_rot 128."""
    path = tmp_path / "certificate.json"
    text = whole_proof(*BASIC).certificate
    assert text is not None
    path.write_text(text)
    code = benchmark.pedantic(command, args=("check", str(path)), rounds=5)
    assert code == 0


@pytest.mark.benchmark(group="check")
def test_cold_python_start(benchmark: Any) -> None:
    """An empty Python process, for scale."""
    code = benchmark.pedantic(lambda: subprocess.run([sys.executable, "-c", "pass"]).returncode, rounds=5)
    assert code == 0


@pytest.mark.benchmark(group="instead: quantified Z3 with distinct integers")
@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_quantified_z3(benchmark: Any, pairs: int) -> None:
    """The naive encoding: it answers for few pairs and gives up at 32 within its ten seconds."""
    answer = benchmark.pedantic(quantified_permutation, args=(pairs,), rounds=1)
    benchmark.extra_info["answer"] = str(answer)
    assert str(answer) in ("sat", "unknown")


@pytest.mark.benchmark(group="instead: quantified Z3 with distinct integers")
@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_ours_at_few_pairs(benchmark: Any, pairs: int) -> None:
    """The same question answered here, checked and confirmed."""
    specs = [f"{name}:head_dim={2 * pairs}" for name in BASIC]
    verdict = benchmark.pedantic(whole_proof, args=tuple(specs), rounds=3, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.benchmark(group="instead: SymPy matrix product")
@pytest.mark.parametrize("pairs", [4, 16, 32])
def test_symbolic_product(benchmark: Any, pairs: int) -> None:
    """The plain matrix product, which checks a permutation that somebody already found."""
    assert benchmark.pedantic(symbolic_product, args=(pairs,), rounds=1)


@pytest.mark.benchmark(group="instead: SymPy matrix product")
@pytest.mark.parametrize("pairs", [4, 16, 32])
def test_ours_against_symbolic_product(benchmark: Any, pairs: int) -> None:
    """The permutation found, certified, checked and confirmed."""
    specs = [f"{name}:head_dim={2 * pairs}" for name in BASIC]
    verdict = benchmark.pedantic(whole_proof, args=tuple(specs), rounds=3, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE
