"""Running files of proofs, each in its own way and with a solver of its own; many at once, in processes.

Only the processes that run files import what that takes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prover.claims.solver import make_solver
from prover.errors import ProverError
from prover.processes import spread
from prover.proof_files.result import ProofResult


@dataclass(frozen=True, slots=True)
class Way:
    """How a file is run. `update`: its stored certificate is written anew; `smtlib`, `cvc5` as for make_solver."""

    update: bool = False
    smtlib: str | None = None
    cvc5: bool = False


def run_file(path: Path, way: Way) -> ProofResult:
    """One file, proved anew and compared with what it expects. A fault of the file is its result, not raised."""
    from prover.proof_files.kinds import run_kind

    try:
        solver = make_solver(way.smtlib, way.cvc5)
        found = run_kind(path, way.update, solver)
    except ProverError as fault:
        return ProofResult(path.stem, "", "not run", {}, (str(fault),), fault=fault.exit_code)
    return replace(found, opinions=solver.opinions)


def run_files(paths: Sequence[Path], way: Way, jobs: int) -> Iterator[ProofResult]:
    """The results in the order of the files, each as soon as those before it are done.

    `jobs`: how many processes; 1 runs all of them in this one. An interruption ends the processes. Each file's
    questions are in a folder of its own inside `way.smtlib`. Raises EvidenceError if a process dies.
    """
    ways = [replace(way, smtlib=way.smtlib and str(Path(way.smtlib) / folder)) for folder in folders_of(paths)]
    with spread(min(jobs, len(paths)) or 1, "prover.proof_files.kinds") as each:
        results = each(_run_task, list(zip(paths, ways, strict=True)))
        for name, result in zip(names_of(paths), results, strict=True):
            yield replace(result, name=name)


def _run_task(task: tuple[Path, Way]) -> ProofResult:
    return run_file(*task)


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """What each file is called: its name without the ending, or its path where several have that name."""
    alike = Counter(path.stem for path in paths)
    return tuple(path.stem if alike[path.stem] == 1 else path.with_suffix("").as_posix() for path in paths)


def folders_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """A folder for each file, inside any other: its name without the ending.

    Where several have that name it is inside the folders in which they differ, a/claim and b/claim.

    >>> [str(each) for each in folders_of([Path("/x/a/same.toml"), Path("/x/b/same.toml"), Path("/x/b/own.toml")])]
    ['a/same', 'b/same', 'own']
    """
    holders: dict[str, list[str]] = {}
    for path in paths:
        holders.setdefault(path.stem, []).append(os.path.abspath(path.parent))
    return tuple(
        Path(os.path.relpath(os.path.abspath(path.parent), os.path.commonpath(holders[path.stem]))) / path.stem
        for path in paths
    )
