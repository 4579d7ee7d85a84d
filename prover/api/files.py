"""Files of proofs: claims, theorems, rewrites and questions about bits, proved anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prover.api.answers import JSON, Texts, several
from prover.errors import InputError
from prover.proof_files.result import ProofResult

if TYPE_CHECKING:
    from prover.reports.document import Document


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """Files to be proved, in the order of `names`: each result is given once it is known, and anew each time."""

    names: tuple[str, ...]
    _paths: tuple[Path, ...] = field(compare=False)
    _start: Callable[[], Iterator[ProofResult]] = field(compare=False)

    def __iter__(self) -> Iterator[ProofResult]:
        return self._start()

    def __repr__(self) -> str:
        return f"<run of {', '.join(self.names)}>"

    def result_text(self, result: ProofResult, specs: bool = False) -> str:
        """One result in a line, what was not as expected below it; `specs`: also what it is about."""
        from prover.proof_files.summary import result_text

        return result_text(result, max(map(len, self.names), default=0), specs)

    def to_json(self, results: Sequence[ProofResult], interrupted: bool = False) -> JSON:
        """What came of those that are done, as JSON types."""
        from prover.proof_files.summary import results_json

        return results_json(results, interrupted)

    def to_text(self, results: Sequence[ProofResult]) -> str:
        """How many of those that are done are as expected."""
        from prover.proof_files.summary import results_text

        return results_text(results)

    def to_markdown(self, results: Sequence[ProofResult], specs: bool = False, interrupted: bool = False) -> str:
        """All that are done in a table; `specs`: also what each is about."""
        from prover.reports.document_markdown import markdown

        return markdown(self.document(results, specs, interrupted))

    def to_html(self, results: Sequence[ProofResult], specs: bool = False, interrupted: bool = False) -> str:
        """The same as a page: one file that fetches nothing."""
        from prover.reports.html.document_page import document_page

        return document_page(self.document(results, specs, interrupted))

    def document(self, results: Sequence[ProofResult], specs: bool = False, interrupted: bool = False) -> Document:
        """The same as blocks."""
        from prover.reports.documents.run import run_document

        return run_document(self.to_json(results, interrupted), specs)

    def to_junit(self, results: Sequence[ProofResult]) -> str:
        """All that are done as JUnit's XML: a test for each."""
        from prover.proof_files.interchange import junit

        return junit(self._paths, results)

    def to_sarif(self, results: Sequence[ProofResult]) -> JSON:
        """What is not as expected, at the lines of the files that expect it, as SARIF 2.1.0."""
        from prover import __version__
        from prover.proof_files.interchange import run_sarif

        return run_sarif(self._paths, results, __version__)


def run(
    names: Texts = (), *, update: bool = False, jobs: int | None = 1, smtlib: str | None = None,
    cvc5: bool = False,
) -> Run:
    """Files of proofs, by shipped name or path, all shipped ones if none is named.

    `jobs`: how many are proved at once, as many as there are cores if None. Several run in processes of their own,
    which import the caller's main module: a script then needs `if __name__ == "__main__"`. Raises ProverError for
    what concerns all files; what is wrong with one is its result.

    >>> [(result.name, result.exit_code) for result in run("01-normal-to-neox")]
    [('01-normal-to-neox', 0)]
    """
    from prover.claims.solver import make_solver
    from prover.processes import usual_jobs
    from prover.proof_files.finding import find_proofs
    from prover.proof_files.running import Way, names_of, run_files

    if jobs is not None and (not isinstance(jobs, int) or jobs < 1):
        raise InputError(f"expected a whole number from 1 on, got {str(jobs)[:40]}", where="jobs")
    paths = find_proofs(several(names))
    make_solver(smtlib, cvc5)  # a folder or a solver that is not to be had is one error, not one a file
    way, processes = Way(update, smtlib, cvc5), jobs or usual_jobs()
    return Run(names_of(paths), tuple(paths), lambda: run_files(paths, way, processes))
