"""Progress on standard error: a bar on a terminal, as wide as it is; elsewhere a line now and then if it takes long."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from prover.commands.console import safe

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

_Item = TypeVar("_Item")
LINE_EACH = 10.0   # seconds between lines; after a hundred, a tenth of the time so far
NARROW, WIDE = 45, 70
LONGEST_NAME = 60


def track(items: Sequence[_Item]) -> Iterator[_Item]:
    """The items one by one; told are how many are done, what time is left, and the one under way."""
    with _shown(_State(len(items))) as state:
        for item in items:
            state.name = item.stem if isinstance(item, Path) else str(item)
            state.change()
            yield item
            state.done += 1
            state.change()


@contextmanager
def count_bytes(total: int, name: str = "") -> Iterator[Callable[[int], None]]:
    """What is told of each number of bytes that is done; told are how many are, how fast, and what time is left.

    `name`: what is done. One thread at a time may tell.
    """
    with _shown(_State(total, name, are_bytes=True)) as state:
        def advance(count: int) -> None:
            state.done += count
            state.change()

        yield advance


@dataclass(slots=True)
class _State:
    """How far something is. `change`: what is to be called when that is changed."""

    total: int
    name: str = ""
    are_bytes: bool = False
    done: int = 0
    change: Callable[[], None] = lambda: None
    start: float = field(default_factory=time.monotonic)

    def line(self) -> str:
        """In one line of text."""
        taken = max(time.monotonic() - self.start, 1e-9)
        percent = 100 * self.done // max(self.total, 1)
        if self.are_bytes:
            from rich.filesize import decimal

            done = f"{decimal(self.done)} of {decimal(self.total)}, {percent} %, {decimal(int(self.done / taken))}/s"
        else:
            done = f"{self.done} of {self.total}, {percent} %"
        left = int(taken * (self.total - self.done) / self.done) if self.done else None
        clock = "" if left is None else f", {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
        return safe(f"{self.name}: {done}{clock}" if self.name else f"{done}{clock}", 200)


@contextmanager
def _shown(state: _State) -> Iterator[_State]:
    with _bar(state) if sys.stderr.isatty() else _lines(state):
        yield state


@contextmanager
def _bar(state: _State) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    columns, room = _columns(console.width, state.are_bytes)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=state.total)

        def change() -> None:
            name = safe(state.name)
            shown = name if len(name) <= room else f"...{name[3 - room :]}" if room > 3 else ""
            progress.update(task, completed=state.done, description=shown)

        state.change = change
        change()
        yield


def _columns(width: int, are_bytes: bool) -> tuple[list[ProgressColumn], int]:
    """What fits into a terminal of so many columns, and how many of them are left for a name."""
    from rich import progress

    count = progress.TaskProgressColumn() if width < NARROW else (
        progress.DownloadColumn() if are_bytes else progress.MofNCompleteColumn())
    columns: list[ProgressColumn] = [count, progress.TimeRemainingColumn()]
    used = 31 if are_bytes else 20
    if are_bytes and width >= NARROW:
        columns.insert(1, progress.TransferSpeedColumn())
        used += 12
    if width >= WIDE:
        columns.insert(0, progress.BarColumn(20))
        used += 21
    columns.append(progress.TextColumn("{task.description}", markup=False))
    return columns, max(0, min(LONGEST_NAME, width - used)) if width >= NARROW else 0


@contextmanager
def _lines(state: _State) -> Iterator[None]:
    """A thread of its own tells, so that one long step is not silent."""
    over, stream = threading.Event(), sys.stderr

    def tell() -> None:
        while not over.wait(max(LINE_EACH, (time.monotonic() - state.start) / 10)):
            try:
                print(state.line(), file=stream, flush=True)
            except (OSError, ValueError):   # nobody reads it any more
                return

    thread = threading.Thread(target=tell, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(1)
