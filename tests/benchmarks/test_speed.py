"""Proofs, beside what a person would write instead.

Run with

    python -m pytest tests/benchmarks -o addopts= --benchmark-only --benchmark-disable-gc

The command line runs without the cyclic garbage collector too. Every group holds our figure and an alternative's, which
is marked, so that a ratio can be read from one run; tests/figures.py makes the page of them.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import sympy
import z3

from fresh_processes import LIBRARIES, command, python
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
COLD_ROUNDS, WARM_ROUNDS = 5, 7
ALLCLOSE = """
import torch

def agree(pairs):
    torch.manual_seed(0)
    base = 10000.0 ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
    angle = torch.arange(16, dtype=torch.float64)[:, None] * base
    cos, sin = angle.cos(), angle.sin()

    def adjacent(x):
        a, b = x[:, 0::2], x[:, 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(1)

    def half(x):
        a, b = x.chunk(2, 1)
        return torch.cat((a * cos - b * sin, a * sin + b * cos), 1)

    q, k = torch.randn(2, 16, 2 * pairs, dtype=torch.float64)
    order = torch.arange(2 * pairs).reshape(pairs, 2).T.flatten()
    return torch.allclose(adjacent(q) @ adjacent(k).T, half(q[:, order]) @ half(k[:, order]).T)
"""


def whole_proof(source: str, target: str) -> Verdict:
    """From two specs to a checked, confirmed verdict and its report."""
    first, second = load(source), load(target)
    verdict = prove(make_claim(first, second, ()))
    report(verdict, first.about, second.about)
    return verdict


def basic(pairs: int) -> list[str]:
    """The two plain pairings with so many pairs."""
    return [f"{name}:head_dim={2 * pairs}" for name in BASIC]


def need_torch() -> None:
    """Skip where torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed: there is nothing to compare with")


def quantified_permutation(pairs: int) -> z3.Solver:
    """The naive encoding: distinct integers, and for all pairs equal frequency numbers."""
    solver = z3.Solver()
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
    return solver


def quantified_z3(pairs: int) -> str:
    """Z3's word on the naive encoding."""
    solver = quantified_permutation(pairs)
    solver.set("timeout", BUDGET_SECONDS * 1000)
    return str(solver.check())


def quantified_cvc5(text: str) -> str:
    """cvc5's word on a text; with mbqi, without which it gives up at 4 pairs."""
    import cvc5

    manager = cvc5.TermManager()
    solver, symbols = cvc5.Solver(manager), cvc5.SymbolManager(manager)
    solver.setOption("mbqi", "true")
    solver.setOption("tlimit-per", str(BUDGET_SECONDS * 1000))
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "permutation")
    said = ""
    while not (each := parser.nextCommand()).isNull():
        said += str(each.invoke(solver, symbols))
    return said.split()[0]


def symbolic_product(pairs: int) -> bool:
    """K(p).T * K(q) of both layouts as SymPy matrices, permuted and simplified to zero, nothing known from before."""
    sympy.core.cache.clear_cache()
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


@pytest.mark.benchmark(group="prove 64 pairs, in a fresh process")
@pytest.mark.parametrize("kind", KINDS)
def test_cold_prove(benchmark: Any, kind: str) -> None:
    """`rope-prover prove`."""
    assert 5 == benchmark.pedantic(command, args=("prove", *KINDS[kind]), rounds=COLD_ROUNDS)


@pytest.mark.alternative
@pytest.mark.benchmark(group="prove 64 pairs, in a fresh process")
def test_cold_libraries(benchmark: Any) -> None:
    """Python that imports sympy, z3 and numpy."""
    assert 0 == benchmark.pedantic(python, args=("-c", LIBRARIES), rounds=COLD_ROUNDS)


@pytest.mark.alternative
@pytest.mark.benchmark(group="prove 64 pairs, in a fresh process")
def test_cold_allclose(benchmark: Any) -> None:
    """`allclose` of random scores at 16 positions, torch imported."""
    need_torch()
    assert 0 == benchmark.pedantic(python, args=("-c", f"{ALLCLOSE}\nassert agree(64)"), rounds=COLD_ROUNDS)


@pytest.mark.benchmark(group="commands that prove nothing, in a fresh process")
@pytest.mark.parametrize("given", ["--help", "list", "names"])
def test_cold_command(benchmark: Any, given: str) -> None:
    """`rope-prover`."""
    assert 0 == benchmark.pedantic(command, args=(given,), rounds=COLD_ROUNDS)


@pytest.mark.alternative
@pytest.mark.benchmark(group="commands that prove nothing, in a fresh process")
def test_cold_libraries_again(benchmark: Any) -> None:
    """Python that imports sympy, z3 and numpy."""
    assert 0 == benchmark.pedantic(python, args=("-c", LIBRARIES), rounds=COLD_ROUNDS)


@pytest.mark.alternative
@pytest.mark.benchmark(group="commands that prove nothing, in a fresh process")
def test_cold_start(benchmark: Any) -> None:
    """Python that does nothing."""
    assert 0 == benchmark.pedantic(python, args=("-c", "pass"), rounds=COLD_ROUNDS)


@pytest.mark.benchmark(group="prove 64 pairs and report, in a warm process")
@pytest.mark.parametrize("kind", KINDS)
def test_warm_prove(benchmark: Any, kind: str) -> None:
    """Found, certified, checked, confirmed and reported."""
    verdict = benchmark.pedantic(whole_proof, args=KINDS[kind], rounds=WARM_ROUNDS, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.alternative
@pytest.mark.benchmark(group="prove 64 pairs and report, in a warm process")
def test_symbolic_product_of_64(benchmark: Any) -> None:
    """SymPy's matrix product, for a permutation found before."""
    assert benchmark.pedantic(symbolic_product, args=(64,), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="prove by number of pairs, in a fresh process")
@pytest.mark.parametrize("pairs", [64, 1024, 4096, 16384, 65536])
def test_pairs(benchmark: Any, pairs: int) -> None:
    """`rope-prover prove`."""
    assert 5 == benchmark.pedantic(command, args=("prove", *basic(pairs)), rounds=3 if pairs < 65536 else 1)


@pytest.mark.alternative
@pytest.mark.benchmark(group="prove by number of pairs, in a fresh process")
@pytest.mark.parametrize("pairs", [64, 1024, 4096, 16384, 65536])
def test_allclose_by_pairs(benchmark: Any, pairs: int) -> None:
    """`allclose` of random scores at 16 positions, torch imported."""
    need_torch()
    assert 0 == benchmark.pedantic(python, args=("-c", f"{ALLCLOSE}\nassert agree({pairs})"), rounds=3)


@pytest.mark.benchmark(group="prove by number of pairs and report, in a warm process")
@pytest.mark.parametrize("pairs", [64, 1024, 4096])
def test_warm_pairs(benchmark: Any, pairs: int) -> None:
    """Found, certified, checked, confirmed and reported."""
    verdict = benchmark.pedantic(whole_proof, args=basic(pairs), rounds=3, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.alternative
@pytest.mark.benchmark(group="prove by number of pairs and report, in a warm process")
@pytest.mark.parametrize("pairs", [64, 1024, 4096])
def test_warm_allclose(benchmark: Any, pairs: int) -> None:
    """`allclose` of random scores at 16 positions."""
    need_torch()
    names: dict[str, Any] = {}
    exec(ALLCLOSE, names)
    assert benchmark.pedantic(names["agree"], args=(pairs,), rounds=WARM_ROUNDS, warmup_rounds=1)


@pytest.mark.benchmark(group="check a certificate of 64 pairs, in a fresh process")
def test_cold_check(benchmark: Any, tmp_path: Path) -> None:
    """`rope-prover check`."""
    path = tmp_path / "certificate.json"
    text = whole_proof(*BASIC).certificate
    assert text is not None
    path.write_text(text)
    assert 0 == benchmark.pedantic(command, args=("check", str(path)), rounds=COLD_ROUNDS)


@pytest.mark.alternative
@pytest.mark.benchmark(group="check a certificate of 64 pairs, in a fresh process")
def test_cold_start_again(benchmark: Any) -> None:
    """Python that does nothing."""
    assert 0 == benchmark.pedantic(python, args=("-c", "pass"), rounds=COLD_ROUNDS)


@pytest.mark.benchmark(group="find a permutation: quantified solvers with distinct integers")
@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_ours_at_few_pairs(benchmark: Any, pairs: int) -> None:
    """Found, certified, checked, confirmed and reported."""
    verdict = benchmark.pedantic(whole_proof, args=basic(pairs), rounds=WARM_ROUNDS, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.alternative
@pytest.mark.benchmark(group="find a permutation: quantified solvers with distinct integers")
@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_quantified_z3(benchmark: Any, pairs: int) -> None:
    """Z3 on the naive encoding, 10 s at most."""
    answer = benchmark.pedantic(quantified_z3, args=(pairs,), rounds=3 if pairs < 32 else 1)
    benchmark.extra_info["answer"] = answer
    assert answer in ("sat", "unknown")


@pytest.mark.alternative
@pytest.mark.benchmark(group="find a permutation: quantified solvers with distinct integers")
@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_quantified_cvc5(benchmark: Any, pairs: int) -> None:
    """cvc5 on the same text, 10 s at most."""
    pytest.importorskip("cvc5")
    text = f"(set-logic ALL)\n{quantified_permutation(pairs).to_smt2()}"
    answer = benchmark.pedantic(quantified_cvc5, args=(text,), rounds=3 if pairs < 8 else 1)
    benchmark.extra_info["answer"] = answer
    assert answer in ("sat", "unknown")


@pytest.mark.benchmark(group="confirm a permutation: SymPy's matrices")
@pytest.mark.parametrize("pairs", [4, 16, 32])
def test_ours_against_symbolic_product(benchmark: Any, pairs: int) -> None:
    """Found, certified, checked, confirmed and reported."""
    verdict = benchmark.pedantic(whole_proof, args=basic(pairs), rounds=WARM_ROUNDS, warmup_rounds=1)
    assert verdict.outcome is Outcome.CONVERTIBLE


@pytest.mark.alternative
@pytest.mark.benchmark(group="confirm a permutation: SymPy's matrices")
@pytest.mark.parametrize("pairs", [4, 16, 32])
def test_symbolic_product(benchmark: Any, pairs: int) -> None:
    """The matrix product, for a permutation found before."""
    assert benchmark.pedantic(symbolic_product, args=(pairs,), rounds=WARM_ROUNDS, warmup_rounds=1)
