"""Certificates beside the files of claims."""

from __future__ import annotations

from pathlib import Path

from prover.checker import MAX_BYTES
from prover.errors import EvidenceError
from prover.files import read_text, write_text
from prover.verdicts.verdict import Verdict, check_text


def check_stored(path: Path, verdict: Verdict, update: bool) -> tuple[str, ...]:
    """Check the stored certificate of a verdict, what is wrong with it in words.

    `update`: it is written first. Raises EvidenceError if it is rejected or of another claim.
    """
    if verdict.certificate is None:
        return ("there is no evidence to store",)
    if update:
        write_text(path, verdict.certificate)
    if not path.is_file():
        return (f"{path.name} is missing; 'rope-prover run --update' writes it",)
    text = read_text(path, MAX_BYTES)
    check_text(text, verdict.as_stored is not None and verdict.as_stored.is_proved)
    if text != verdict.certificate:
        raise EvidenceError(
            "it is a certificate of something else", advice="'rope-prover run --update' rewrites it"
        )
    return ()
