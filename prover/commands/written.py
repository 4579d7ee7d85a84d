"""Files and folders that a command is told to write, refused before any work is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from prover.errors import InputError, UndecidedError


def check_certificate_path(name: str) -> None:
    """Refuse a path where a certificate would replace something else."""
    # Of a verdict, of a theorem, of bits.
    starts = ('{"digest":"sha256:', '{"answer":{"condition":[', '{"answer":{"bits":"')
    _check(name, "--certificate", lambda text: text.startswith(starts), "certificate")


def check_coq_path(name: str, certificate: str | None = None) -> None:
    """Refuse a path where a Coq file would replace something else, or the certificate that is written too."""
    if certificate is not None and os.path.abspath(name) == os.path.abspath(certificate):
        raise InputError("--coq and --certificate name the same file", where=name, advice="Name two files")
    _check(name, "--coq", lambda text: text.startswith("(* Made by rope-prover"), "Coq file of rope-prover")


def write_coq(name: str, certificate: str | None) -> None:
    """Write the Coq file of a theorem's certificate. Raises UndecidedError where none can be made."""
    from prover import api
    from prover.files import write_text

    if certificate is None:
        raise UndecidedError("no Coq file is made of it: there is no certificate for all sizes")
    write_text(Path(name), api.coq_file(certificate))


def check_report_path(name: str) -> None:
    """Refuse a path where a page would replace something else."""
    from prover.files import PAGE_START

    _check(name, "--report", lambda text: text.startswith(PAGE_START), "page of rope-prover")


def check_table_path(name: str | None) -> None:
    """Refuse a path where a measured table would replace something else."""
    if name is not None:
        _check(name, "--out", lambda text: '"software"' in text[:400], "measured table")


def check_place(path: Path) -> None:
    """Refuse a path where no file can be put, or that is no file."""
    from prover.files import refuse_dangling, require_regular, require_writable

    refuse_dangling(path)
    if os.path.lexists(path):
        require_regular(path)
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=str(path), advice="Create the folder first")
    require_writable(path.parent)


def check_folder(name: str | None) -> None:
    """Refuse what is no folder to put certificates into."""
    from prover.files import refuse_dangling

    if name is not None and not Path(name).is_dir():
        refuse_dangling(Path(name))
        raise InputError("is no folder", where=name, advice="Create it first")


def _check(name: str, option: str, is_ours: Callable[[str], bool], what: str) -> None:
    from prover.files import read_text, refuse_dangling

    path = Path(name)
    if not name:
        raise InputError(f"{option} needs a file name")
    if name == "-":
        raise InputError("is no file name, and nothing is written to the standard output", where=f"{option} -",
                         advice="Name a file, or ./- for one of that name")
    refuse_dangling(path)
    if os.path.lexists(path) and not is_ours(read_text(path, 1 << 26)):
        raise InputError(f"exists and is no {what}", where=name, advice="Remove it first or name another file")
    check_place(path)
