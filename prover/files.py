"""Reading and writing files that come from or go to people, with bounds."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from prover.errors import InputError

MAX_TOML_BYTES = 1 << 20
MAX_CERTIFICATE_BYTES = 1 << 26


def read_text(path: Path, limit: int) -> str:
    """The UTF-8 text of a regular file of at most `limit` bytes."""
    where = str(path)
    if "\0" in where:
        raise InputError("a path cannot hold a zero byte", where=repr(where))
    if path.is_dir():
        raise InputError("is a directory, expected a file", where=where)
    if not path.is_file():
        raise InputError("no such file", where=where, advice="Check the path")
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=where) from None
    if len(data) > limit:
        raise InputError(f"is larger than {limit} bytes", where=where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"is not UTF-8 text (byte {fault.start})", where=where, advice="Is it the right file?"
        ) from None


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; decimals come back as the text they were written as."""
    import tomllib

    text = read_text(path, MAX_TOML_BYTES)
    try:
        return tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"is not TOML: {fault}", where=str(path)) from None
    except (RecursionError, ValueError):
        raise InputError("is nested too deeply or holds a number too long", where=str(path)) from None


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: to a temporary name beside it, then renamed."""
    folder = path.parent
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=str(path)) from None
