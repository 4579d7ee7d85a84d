"""What came of one file of proofs, and how it is compared with what the file expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from prover.errors import EXIT_DIFFERENT, EXIT_INTERNAL, EXIT_OK

Wish = tuple[str, object, object]


@dataclass(frozen=True, slots=True)
class ProofResult:
    """`word`: the answer in short. `problems` is empty if all is as expected.

    `rejected`: the stored certificate proves nothing, or something else. `fault`: the exit code of a file that could
    not be run. `opinions`: on how many questions a second solver agreed, and how many it was asked.
    """

    name: str
    title: str
    word: str
    report: dict[str, Any]
    problems: tuple[str, ...]
    rejected: bool = False
    fault: int = EXIT_OK
    opinions: tuple[int, int] = (0, 0)

    @property
    def exit_code(self) -> int:
        """0 if all is as expected."""
        if self.fault or self.rejected:
            return self.fault or EXIT_INTERNAL
        return EXIT_DIFFERENT if self.problems else EXIT_OK


def unexpected(wanted: Iterable[Wish], if_stated: Iterable[Wish] = ()) -> tuple[str, ...]:
    """A sentence for each name, wish and finding that differ; those of `if_stated` only if the wish is not None."""
    stated = (wish for wish in if_stated if wish[1] is not None)
    return tuple(f"{what}: expected {want}, got {got}" for what, want, got in (*wanted, *stated) if want != got)
