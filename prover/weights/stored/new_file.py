"""Files that are made anew: whole under their name or not at all, and never in the place of another."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from prover.errors import InputError
from prover.resources import shown_path


def require_new(target: Path, *sources: Path) -> None:
    """Raise InputError where the target is one of the sources, or there is something of its name."""
    where = shown_path(target)
    if any(_is_same(source, target) for source in sources):
        raise InputError("is the file itself, which is never changed", where=where, advice="Name another file")
    if os.path.lexists(target):
        raise InputError("is there already", where=where, advice="Name another file, or remove it first")


def _is_same(source: Path, target: Path) -> bool:
    try:
        return os.path.samefile(source, target)
    except (OSError, ValueError):
        return False


def write_new(target: Path, data: bytes) -> None:
    """Write a whole file or nothing. Raises InputError."""
    require_new(target)
    with beside(target) as temporary:
        try:
            temporary.write_bytes(data)
            os.chmod(temporary, 0o644)
        except OSError as fault:
            raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(target)) from None
        publish(temporary, target)


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """An empty file of a temporary name in the target's folder; gone afterwards."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".partial", dir=target.parent)
        os.close(handle)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise InputError(f"cannot be written: {why}", where=shown_path(target)) from None
    try:
        yield Path(name)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def publish(temporary: Path, target: Path) -> None:
    """Give a file that is whole its name; unlike a renaming, a link never takes the place of another file."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise InputError("was made by another program meanwhile", where=shown_path(target)) from None
    except OSError:  # a file system without links
        os.replace(temporary, target)
