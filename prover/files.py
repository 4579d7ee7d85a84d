"""Reading and writing files that come from or go to people, with bounds."""

from __future__ import annotations

import os
import stat
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from prover.errors import InputError
from prover.resources import shown_path

MAX_TOML_BYTES = 1 << 20
MAX_KEY_PARTS = 64
PAGE_START = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="generator" content="rope-prover">\n'
)
"""How a page starts that a newer one may take the place of."""


def open_regular(path: Path) -> BinaryIO:
    """A regular file, opened for its bytes. Raises InputError for what is none, or cannot be read."""
    _require_regular(path)
    try:
        return path.open("rb")
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(path)) from None


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes."""
    with open_regular(path) as stream:
        try:
            data = stream.read(limit + 1)
        except OSError as fault:
            raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(path)) from None
    if len(data) > limit:
        raise InputError(f"is larger than {limit} bytes", where=shown_path(path))
    return data


def read_text(path: Path, limit: int) -> str:
    """The UTF-8 text of a regular file of at most `limit` bytes."""
    try:
        return read_bytes(path, limit).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"is not UTF-8 text (byte {fault.start})", where=shown_path(path), advice="Is it the right file?"
        ) from None


def _require_regular(path: Path) -> None:
    """Raise InputError unless the path is an existing regular file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError("no such file", where=shown_path(path), advice="Check the path") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise InputError(f"cannot be read: {reason}", where=shown_path(path)) from None
    if stat.S_ISDIR(mode):
        raise InputError("is a directory, expected a file", where=shown_path(path))
    if not stat.S_ISREG(mode):
        raise InputError("is not a regular file", where=shown_path(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; decimals come back as the text they were written as.

    Tables inside are shared between all who read the same text, and are not to be changed.
    """
    import tomllib

    text = read_text(path, MAX_TOML_BYTES)
    if _longest_key(text) > MAX_KEY_PARTS:
        raise InputError(f"a dotted key has more than {MAX_KEY_PARTS} parts", where=shown_path(path))
    try:
        return dict(_tables(text))
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"is not TOML: {fault}", where=shown_path(path)) from None
    except (RecursionError, ValueError):
        raise InputError("is nested too deeply or holds a number too long", where=shown_path(path)) from None


@lru_cache(maxsize=64)
def _tables(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text, parse_float=str)


_Table = TypeVar("_Table", bound=msgspec.Struct)


def typed_toml(path: Path, kind: type[_Table]) -> _Table:
    """A TOML file as `kind`. Raises InputError with file, field and the fields there are."""
    try:
        return msgspec.convert(read_toml(path), kind)
    except msgspec.ValidationError as fault:
        message, _, field = str(fault).partition(" - at ")
        raise InputError(
            message.replace("`", "'"), where=f"{shown_path(path)}, {field.strip('`$.') or 'top level'}",
            advice=f"Fields: {', '.join(f.name for f in msgspec.structs.fields(kind))}",
        ) from None


def _longest_key(text: str) -> int:
    """Parts of the longest dotted run that could be a key; such keys take tomllib quadratic time."""
    longest = run = 0
    for piece in text.split("."):
        word = piece.strip(" \t\"'").replace("-", "").replace("_", "")
        run = run + 1 if not word or word.isalnum() else 1
        longest = max(longest, run)
    return longest


def require_writable(folder: Path) -> None:
    """Raise InputError unless a file can be made in this folder; nothing is left behind."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise InputError(f"cannot be written to: {fault.strerror}", where=shown_path(folder)) from None


def write_text(path: Path, text: str) -> None:
    """Write a whole file of UTF-8 text or nothing, as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: to a temporary name beside it, then renamed. A link stays, its file is written."""
    place = os.path.realpath(path)
    if os.path.lexists(path):
        _require_regular(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=".rope-prover.", dir=os.path.dirname(place))
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, place)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(path)) from None
