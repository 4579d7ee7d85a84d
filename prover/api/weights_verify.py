"""Two checkpoints of one model held against each other, or one by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.api.answers import Report, Texts, several
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.weights.audited.verify import Job


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedWeights(Report):
    """What came of two checkpoints. `verdict`: right, wrong or undecided. `headline`: the answer in a sentence.

    `faults`: the names of what is wrong or open, each once. `certificates`: file name and text of each.
    """

    verdict: str
    headline: str
    faults: tuple[str, ...]
    certificates: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"<{self.verdict}: {self.headline}>"

    def __bool__(self) -> bool:
        raise TypeError("an answer is neither true nor false: compare its verdict, such as == 'right'")


def verify_weights(
    source: str, target: str = "", *, made_for: Texts = (), meant_for: Texts = (), engine: str = "", base: str = "",
    tensors: Texts = (), jobs: int = 1, track: Callable[[Sequence[Job]], Iterable[Job]] = iter,
) -> VerifiedWeights:
    """Do the rows of q and k in `target` stand where its kernel needs them, given the same model in `source`?

    `source`, `target`: checkpoints: folders or files. `made_for`, `meant_for`: SPECs, PART=SPEC or a model in place of
    what their own configs say, from which comes what a SPEC lacks; or `engine`, which reads the target's config.
    `base`: the config of the model of adapters. `tensors`: ROLE=NAME where the architecture is not known. `jobs`: how
    many layers at once, by joblib. `track` goes around the layers, for progress. Without a target: what can be told of
    one checkpoint alone, which is never that it is right. Raises ProverError.
    """
    from prover.reports.lone_report import lone_document, lone_json, lone_text
    from prover.reports.verify_report import (
        certificates_of,
        exit_code,
        faults_of,
        headline,
        verify_document,
        verify_json,
        verify_text,
    )
    from prover.sources.as_layout import GIVEN
    from prover.weights.audited.verifying import Asked, compare_checkpoints, open_side
    from prover.weights.packed.given import read_given

    given = read_given(",".join(several(tensors))) if several(tensors) else None
    if not target:
        opened = None if meant_for or engine else open_side(source, base, given, several(made_for))
        if opened is None or (made_for and opened.own.engine != GIVEN):
            raise InputError("are about two checkpoints", where="--from, --to, --engine", advice="Name the target too")
        alone = lone_json(opened)
        return VerifiedWeights(
            alone["exit_code"], lambda: dict(alone), lambda _: lone_text(alone), alone["verdict"], alone["headline"],
            (), (), _document=lambda _: lone_document(alone),
        )
    found = compare_checkpoints(
        Asked(source, target, several(made_for), several(meant_for), engine, base, given, jobs), track,
    )
    return VerifiedWeights(
        exit_code(found), lambda: verify_json(found), lambda _: verify_text(found), found.verified.state.value,
        headline(found), faults_of(found), certificates_of(found), _document=lambda _: verify_document(found),
    )
