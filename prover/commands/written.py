"""Files that a command is told to write, refused before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from prover.errors import InputError


def check_certificate_path(name: str) -> None:
    """Refuse a path where a certificate would replace something else."""
    _check(name, "--certificate", ('{"digest":"sha256:', '{"answer":{"condition":['), "certificate")


def check_report_path(name: str) -> None:
    """Refuse a path where a page would replace something else."""
    from prover.files import PAGE_START

    _check(name, "--report", (PAGE_START,), "page of rope-prover")


def _check(name: str, option: str, starts: tuple[str, ...], what: str) -> None:
    from prover.files import read_text, require_writable

    path = Path(name)
    if not name:
        raise InputError(f"{option} needs a file name")
    if name == "-":
        raise InputError("is no file name, and nothing is written to the standard output", where=f"{option} -",
                         advice="Name a file, or ./- for one of that name")
    if os.path.lexists(path) and not read_text(path, 1 << 26).startswith(starts):
        raise InputError(f"exists and is no {what}", where=name, advice="Remove it first or name another file")
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=name, advice="Create the folder first")
    require_writable(path.parent)
