"""Reading and writing files that come from or go to people, with bounds."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
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
    require_regular(path)
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


def require_regular(path: Path) -> None:
    """Raise InputError unless the path is an existing regular file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        link = ": it is a symbolic link that leads nowhere" if os.path.islink(path) else ""
        raise InputError(f"no such file{link}", where=shown_path(path), advice="Check the path") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise InputError(f"cannot be read: {reason}", where=shown_path(path)) from None
    if stat.S_ISDIR(mode):
        raise InputError("is a directory, expected a file", where=shown_path(path))
    if not stat.S_ISREG(mode):
        raise InputError("is not a regular file", where=shown_path(path))


def refuse_dangling(path: Path, advice: str = "Create what it leads to, or remove the link") -> None:
    """Raise InputError for a symbolic link to what is not there: nothing is made through it."""
    if not os.path.islink(path):
        return
    try:
        path.stat()
    except FileNotFoundError:
        end = shown_path(Path(os.path.realpath(path)))
        raise InputError(f"is a symbolic link to {end}, where there is nothing", where=shown_path(path),
                             advice=advice) from None
    except OSError:
        return


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
        field = field.strip("`$.")
        raise InputError(
            message.replace("`", "'"), where=f"{shown_path(path)}, {field or 'top level'}",
            advice=f"Fields: {', '.join(_fields_near(kind, field))}",
        ) from None


def _fields_near(kind: type[msgspec.Struct], field: str) -> list[str]:
    """The fields of the innermost table on the way to a field, such as those of `expect` for expect.pairs[...].

    >>> class Side(msgspec.Struct):
    ...     spec: str
    >>> class File(msgspec.Struct):
    ...     title: str
    ...     sides: list[Side]
    >>> _fields_near(File, "sides[...]"), _fields_near(File, "title")
    (['spec'], ['title', 'sides'])
    """
    from msgspec import inspect

    here: Any = inspect.type_info(kind)
    table = here
    for name in field.split("."):
        inside = {each.encode_name: each.type for each in here.fields} if isinstance(here, inspect.StructType) else {}
        here = inside.get(name.partition("[")[0])
        for _ in range(name.count("[")):
            here = getattr(here, "item_type", None) or getattr(here, "value_type", None)
        if isinstance(here, inspect.UnionType):
            here = next((each for each in here.types if isinstance(each, inspect.StructType)), None)
        if isinstance(here, inspect.StructType):
            table = here
    return [each.encode_name for each in table.fields]


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
    refuse_dangling(path)
    if os.path.lexists(path):
        require_regular(path)
    place = Path(os.path.realpath(path))
    with beside(place, shown_path(path)) as stream:
        stream.write(data)
        finish(stream)
        os.replace(stream.name, place)


@contextlib.contextmanager
def beside(target: Path, where: str = "") -> Iterator[BinaryIO]:
    """A new file of a temporary name in the target's folder, to be written and renamed; gone afterwards.

    Its mode is that of the file it is to replace, and else what the umask leaves of rw-rw-rw-. What goes wrong inside
    with a file is raised as InputError, about the target or `where`.
    """
    where = where or shown_path(target)
    try:
        temporary = target.with_name(f".rope-prover.{secrets.token_hex(8)}.partial")
        stream = temporary.open("xb")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise InputError(f"cannot be written: {why}", where=where) from None
    try:
        with stream:
            _take_mode(temporary, target)
            yield stream
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=where) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _take_mode(path: Path, target: Path) -> None:
    """Give a file the permissions that its target has, before anything is in it."""
    with contextlib.suppress(FileNotFoundError):
        mode = target.stat().st_mode & 0o777
        if mode != path.stat().st_mode & 0o777:
            path.chmod(mode)


def finish(stream: BinaryIO) -> None:
    """Bring what was written to disk, and close the file."""
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()
