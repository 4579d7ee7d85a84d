"""Running files of proofs, each in its own way and with a solver of its own; many at once, in processes.

Only the processes that run files import what that takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from prover.claims.solver import make_solver
from prover.errors import ProverError
from prover.processes import spread
from prover.proof_files.result import ProofResult


@dataclass(frozen=True, slots=True)
class Way:
    """How files are run. `update`: stored certificates are written anew; `smtlib`, `cvc5` as for make_solver."""

    update: bool = False
    smtlib: str | None = None
    cvc5: bool = False


def run_file(path: Path, way: Way) -> ProofResult:
    """One file, proved anew and compared with what it expects. A fault of the file is its result, not raised."""
    from prover.proof_files.kinds import run_kind

    try:
        solver = make_solver(way.smtlib and str(Path(way.smtlib) / path.stem), way.cvc5)
        found = run_kind(path, way.update, solver)
    except ProverError as fault:
        return ProofResult(path.stem, "", "not run", {}, (str(fault),), fault=fault.exit_code)
    return replace(found, opinions=solver.opinions)


def run_files(paths: Sequence[Path], way: Way, jobs: int) -> Iterator[ProofResult]:
    """The results in the order of the files, each as soon as those before it are done.

    `jobs`: how many processes; 1 runs all of them in this one. An interruption ends the processes.
    Raises EvidenceError if a process dies.
    """
    with spread(min(jobs, len(paths)) or 1, "prover.proof_files.kinds") as each:
        for name, result in zip(names_of(paths), each(partial(run_file, way=way), paths), strict=True):
            yield replace(result, name=name)


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """What each file is called: its name without the ending, or its path where several have that name."""
    alike = Counter(path.stem for path in paths)
    return tuple(path.stem if alike[path.stem] == 1 else path.with_suffix("").as_posix() for path in paths)
