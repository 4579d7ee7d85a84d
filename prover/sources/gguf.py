"""Metadata of a model from a GGUF file, a dump of one or a loader's log, told apart by what is in the file."""

from __future__ import annotations

from pathlib import Path

from prover.files import read_bytes
from prover.resources import shown_path
from prover.sources.gguf_file import MAGIC, OLDER, read_gguf, read_magic
from prover.sources.gguf_text import MAX_TEXT, read_gguf_text
from prover.sources.metadata import Metadata


def read_metadata(path: Path) -> Metadata:
    """What a regular file says of a model. Raises InputError with what is wrong and what to do."""
    magic = read_magic(path)
    if magic in (MAGIC, MAGIC[::-1], *OLDER) or path.suffix == ".gguf":
        return read_gguf(path)
    return read_gguf_text(decode(read_bytes(path, MAX_TEXT)), shown_path(path))


def decode(data: bytes) -> str:
    """A text in UTF-8, or in UTF-16 as PowerShell writes it; the loader cuts texts within characters."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")
