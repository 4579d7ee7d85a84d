"""Certificates beside the files of claims."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path

from prover.checker import MAX_BYTES
from prover.errors import EvidenceError, UndecidedError
from prover.files import read_text, write_text
from prover.verdicts.evidence import Evidence
from prover.verdicts.verdict import Verdict, check_text

Same = Callable[[str, str], bool]


def check_stored(path: Path, verdict: Verdict, update: bool) -> tuple[str, ...]:
    """Check the stored certificate of a verdict, what is wrong with it in words.

    `update`: it is written first. Raises EvidenceError if it is rejected or of another claim.
    """
    if verdict.certificate is None:
        return ("there is no evidence to store",)
    text = _stored(path, verdict.certificate, update)
    if text is None:
        return _missing(path)
    check_text(text, verdict.as_stored is not None and verdict.as_stored.is_proved)
    _require_same(text, verdict.certificate)
    return ()


def check_stored_evidence(
    path: Path, evidence: Evidence, update: bool, check: Callable[[str], object], same: Same = operator.eq
) -> tuple[str, ...]:
    """The same of what has a checker of its own, `check`, and whose fresh certificate was checked.

    What is proved without a certificate has none stored. `same`: whether the stored text and the fresh one state the
    same.
    """
    if evidence.certificate is None:
        left = f"{path.name} is stored, and no certificate was found: {evidence.reason}"
        return (left,) if path.is_file() else ()
    text = _stored(path, evidence.certificate, update)
    if text is None:
        return _missing(path)
    if text != evidence.certificate:
        try:
            check(text)
        except UndecidedError as fault:
            raise EvidenceError(fault.message) from None
    _require_same(text, evidence.certificate, same)
    return ()


def with_stored_evidence(
    path: Path, problems: tuple[str, ...], evidence: Evidence, update: bool, check: Callable[[str], object],
    same: Same = operator.eq,
) -> tuple[tuple[str, ...], bool]:
    """The problems with those of the certificate beside the file, and whether that one is rejected."""
    beside = path.with_suffix(".json")
    try:
        return (*problems, *check_stored_evidence(beside, evidence, update and not problems, check, same)), False
    except EvidenceError as fault:
        return (*problems, f"{beside.name}: {fault}"), True


def stored_before(path: Path, update: bool) -> str | None:
    """The text of the certificate beside a file, unless it is to be written anew."""
    beside = path.with_suffix(".json")
    return read_text(beside, MAX_BYTES) if not update and beside.is_file() else None


def _stored(path: Path, certificate: str, update: bool) -> str | None:
    """The text of the file, if there is one; `update`: once the certificate is written to it."""
    if update:
        write_text(path, certificate)
    return read_text(path, MAX_BYTES) if path.is_file() else None


def _missing(path: Path) -> tuple[str, ...]:
    return (f"{path.name} is missing; 'rope-prover run --update CLAIM' writes it",)


def _require_same(text: str, certificate: str, same: Same = operator.eq) -> None:
    if not same(text, certificate):
        raise EvidenceError(
            "it is a certificate of something else", advice="'rope-prover run --update CLAIM' rewrites it",
        )
