"""Removing the folder of a function's process: whatever depth and modes the function gave to what is in it."""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import suppress


def remove_tree(folder: str) -> None:
    """Remove a folder and all in it, following no links; what the system refuses to remove stays.

    Folders are moved up before they are emptied, so that no path grows long and nothing recurs.
    """
    names = (name for n in itertools.count() if not os.path.lexists(name := os.path.join(folder, str(n))))
    try:
        while inside := _emptied(folder):
            for inner in inside:
                for deeper in _emptied(inner):
                    os.rename(deeper, next(names))
                os.rmdir(inner)
        os.rmdir(folder)
    except OSError:
        with suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)


def _emptied(folder: str) -> list[str]:
    """The folders in a folder, each made writable, once all else in it is removed. Raises OSError."""
    os.chmod(folder, 0o700)
    with os.scandir(folder) as found:
        entries = list(found)
    inside = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.path)
    for path in inside:
        os.chmod(path, 0o700)
    return inside
