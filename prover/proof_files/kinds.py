"""The kinds of files of proofs: which of them a file is, and how that is run."""

from __future__ import annotations

from pathlib import Path

from prover.claims.solver import Solver
from prover.proof_files.bitwise_file import is_bitwise, run_bitwise
from prover.proof_files.claim_file import run_claim
from prover.proof_files.converter_file import is_converter_file, run_converter_file
from prover.proof_files.result import ProofResult
from prover.proof_files.rewrite_file import is_rewrite, run_rewrite
from prover.proof_files.runtime_file import is_runtime, run_runtime
from prover.proof_files.theorem_file import is_theorem, run_theorem


def run_kind(path: Path, update: bool, solver: Solver) -> ProofResult:
    """One file in its own way; `update`: stored certificates are written anew. Raises ProverError."""
    if is_rewrite(path):
        return run_rewrite(path, update, solver)
    if is_theorem(path):
        return run_theorem(path, update, solver)
    if is_bitwise(path):
        return run_bitwise(path, update, solver)
    if is_runtime(path):
        return run_runtime(path, update)
    if is_converter_file(path):
        return run_converter_file(path, update)
    return run_claim(path, update, solver)
