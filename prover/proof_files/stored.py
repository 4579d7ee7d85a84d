"""Certificates beside the files of claims."""

from __future__ import annotations

from pathlib import Path

from prover.checker import MAX_BYTES
from prover.claims.solver import Solver
from prover.errors import EvidenceError, UndecidedError
from prover.files import read_text, write_text
from prover.theorems.evidence import Evidence, checked
from prover.verdicts.verdict import Verdict, check_text


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


def check_stored_theorem(path: Path, evidence: Evidence, update: bool, solver: Solver) -> tuple[str, ...]:
    """The same of a theorem, whose fresh certificate was checked; one without a certificate has none stored."""
    if evidence.certificate is None:
        left = f"{path.name} is stored, and no certificate was found: {evidence.reason}"
        return (left,) if path.is_file() else ()
    text = _stored(path, evidence.certificate, update)
    if text is None:
        return _missing(path)
    if text != evidence.certificate:
        try:
            checked(text, solver)
        except UndecidedError as fault:
            raise EvidenceError(fault.message) from None
    _require_same(text, evidence.certificate)
    return ()


def with_stored_theorem(
    path: Path, problems: tuple[str, ...], evidence: Evidence, update: bool, solver: Solver
) -> tuple[tuple[str, ...], bool]:
    """The problems with those of the certificate beside the file, and whether that one is rejected."""
    beside = path.with_suffix(".json")
    try:
        return (*problems, *check_stored_theorem(beside, evidence, update and not problems, solver)), False
    except EvidenceError as fault:
        return (*problems, f"{beside.name}: {fault}"), True


def _stored(path: Path, certificate: str, update: bool) -> str | None:
    """The text of the file, if there is one; `update`: once the certificate is written to it."""
    if update:
        write_text(path, certificate)
    return read_text(path, MAX_BYTES) if path.is_file() else None


def _missing(path: Path) -> tuple[str, ...]:
    return (f"{path.name} is missing; 'rope-prover run --update' writes it",)


def _require_same(text: str, certificate: str) -> None:
    if text != certificate:
        raise EvidenceError("it is a certificate of something else", advice="'rope-prover run --update' rewrites it")
