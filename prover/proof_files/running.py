"""Running files of proofs, each in its own way and with a solver of its own; many at once, in processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from prover.claims.solver import Solver, make_solver
from prover.errors import ProverError
from prover.processes import spread
from prover.proof_files.bitwise_file import is_bitwise, run_bitwise
from prover.proof_files.claim_file import run_claim
from prover.proof_files.converter_file import is_converter_file, run_converter_file
from prover.proof_files.result import ProofResult
from prover.proof_files.rewrite_file import is_rewrite, run_rewrite
from prover.proof_files.runtime_file import is_runtime, run_runtime
from prover.proof_files.theorem_file import is_theorem, run_theorem


@dataclass(frozen=True, slots=True)
class Way:
    """How files are run. `update`: stored certificates are written anew; `smtlib`, `cvc5` as for make_solver."""

    update: bool = False
    smtlib: str | None = None
    cvc5: bool = False


def run_file(path: Path, way: Way) -> ProofResult:
    """One file, proved anew and compared with what it expects. A fault of the file is its result, not raised."""
    try:
        solver = make_solver(way.smtlib and str(Path(way.smtlib) / path.stem), way.cvc5)
        found = _run(path, way, solver)
    except ProverError as fault:
        return ProofResult(path.stem, "", "not run", {}, (str(fault),), fault=fault.exit_code)
    return replace(found, opinions=solver.opinions)


def _run(path: Path, way: Way, solver: Solver) -> ProofResult:
    if is_rewrite(path):
        return run_rewrite(path, way.update, solver)
    if is_theorem(path):
        return run_theorem(path, way.update, solver)
    if is_bitwise(path):
        return run_bitwise(path, solver)
    if is_runtime(path):
        return run_runtime(path, way.update)
    if is_converter_file(path):
        return run_converter_file(path, way.update)
    return run_claim(path, way.update, solver)


def run_files(paths: Sequence[Path], way: Way, jobs: int) -> Iterator[ProofResult]:
    """The results in the order of the files, each as soon as those before it are done.

    `jobs`: how many processes; 1 runs all of them in this one. An interruption ends the processes.
    Raises EvidenceError if a process dies.
    """
    with spread(min(jobs, len(paths)) or 1, __name__) as each:
        for name, result in zip(names_of(paths), each(partial(run_file, way=way), paths), strict=True):
            yield replace(result, name=name)


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """What each file is called: its name without the ending, or its path where several have that name."""
    alike = Counter(path.stem for path in paths)
    return tuple(path.stem if alike[path.stem] == 1 else path.with_suffix("").as_posix() for path in paths)
