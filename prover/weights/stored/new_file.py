"""Files that are made anew: whole under their name or not at all, and never in the place of another."""

from __future__ import annotations

import os
from pathlib import Path

from prover.errors import InputError
from prover.files import beside, finish, refuse_dangling
from prover.resources import shown_path


def require_new(target: Path, *sources: Path) -> None:
    """Raise InputError where the target is one of the sources, or there is something of its name."""
    where = shown_path(target)
    if any(_is_same(source, target) for source in sources):
        raise InputError("is the file itself, which is never changed", where=where, advice="Name another file")
    refuse_dangling(target, "Name another file, or remove the link")
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
    with beside(target) as stream:
        stream.write(data)
        finish(stream)
        publish(Path(stream.name), target)


def publish(temporary: Path, target: Path) -> None:
    """Give a file that is whole its name; unlike a renaming, a link never takes the place of another file."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise InputError("was made by another program meanwhile", where=shown_path(target)) from None
    except OSError:  # a file system without links
        os.replace(temporary, target)
