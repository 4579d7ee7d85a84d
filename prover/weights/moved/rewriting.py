"""One file copied with rows of some tensors moved and multiplied: a piece at a time, with digests of both sides.

Reading, both digests and bringing to disk go on side by side, so that the slowest of them is what it takes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.moved.pieces import AT_ONCE, Piece, Step, layout_of, room_of, steps_of
from prover.weights.moved.plan import Move

BEHIND = 8            # pieces that digests may be behind
SYNC_EACH = 64 << 20  # bytes after which those before are brought to disk
PART = ".part"
_DATA = getattr(os, "fdatasync", os.fsync)
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A finished file: its size and the SHA-256 of what was read and of what was written."""

    size: int
    before: str
    after: str


def rewrite(source: Path, target: Path, moves: Sequence[Move], advance: Advance = lambda count: None) -> Rewritten:
    """Copy a file to a new one, the rows of moved tensors in their new places; whole and on disk, or not there at all.

    `advance` is told how many bytes more are done, and may raise to stop. The file has another name while it is
    written. One that was cut off starts anew: to read again what is there takes as long as to copy it. Raises
    InputError.
    """
    part = target.with_name(target.name + PART)
    size = source.stat().st_size
    pieces = layout_of(size, moves, source)
    try:
        with source.open("rb", buffering=0) as reading, _created(part) as writing:
            done = _copy(reading, writing, pieces, (source, part), advance)
            reading.seek(size)
            if done.size != size or reading.read(1):
                raise InputError("has another size than before: it was changed", where=shown_path(source))
            _sync(writing, part)
        os.chmod(part, source.stat().st_mode & 0o777 | 0o600)
        os.replace(part, target)
    except BaseException as fault:
        part.unlink(missing_ok=True)
        if isinstance(fault, OSError):
            raise InputError(f"cannot be copied to {shown_path(target)}: {fault.strerror or fault}",
                             where=shown_path(source)) from None
        raise
    return done


def digest_of(path: Path, advance: Advance = lambda count: None) -> str:
    """The SHA-256 of a file. `advance` is told how many bytes more were read."""
    found, data = hashlib.sha256(), bytearray(8 << 20)
    with path.open("rb", buffering=0) as stream, memoryview(data) as view:
        while count := stream.readinto(view):
            found.update(view[:count])
            advance(count)
    return found.hexdigest()


def _copy(
    reading: BinaryIO, writing: BinaryIO, pieces: Sequence[Piece], names: tuple[Path, Path], advance: Advance,
) -> Rewritten:
    before = hashlib.sha256()
    after = None   # as before, up to the first piece whose rows move
    size = 0
    ring = _Ring(room_of(pieces))
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second, _OnDisk(writing, names[1]) as disk:
        for piece in pieces:
            if piece.rows is not None and after is None:
                ring.wait()
                after = before.copy()
            for step in steps_of(piece):
                buffer = ring.next()
                old = _read(reading, step.piece.start, step.piece.stop, buffer.old, names[0])
                if step.is_old:
                    buffer.used.append(first.submit(before.update, old))
                if step.is_new:
                    new = _made(step, old, buffer.new)
                    if after is not None:
                        buffer.used.append(second.submit(after.update, new))
                    _write(writing, new, names[1])
                    size += len(new)
                    advance(len(new))
            disk.reach(size)
        ring.wait()
    return Rewritten(size, before.hexdigest(), (after or before).hexdigest())


@dataclass(slots=True)
class _Buffer:
    """Room for what is read, and for it with its rows moved. `used`: what is still at work on it."""

    old: memoryview
    new: memoryview
    used: list[Future[None]] = field(default_factory=list)

    def wait(self) -> None:
        while self.used:
            self.used.pop().result()


class _Ring:
    """Buffers of so many bytes that are used one after the other."""

    def __init__(self, room: int) -> None:
        import numpy as np

        count = max(2, min(BEHIND, AT_ONCE // max(room, 1)))   # unlike a bytearray, without zeros to be written first
        self.buffers = [_Buffer(np.empty(room, np.uint8).data, np.empty(room, np.uint8).data) for _ in range(count)]
        self.turn = 0

    def next(self) -> _Buffer:
        buffer = self.buffers[self.turn]
        self.turn = (self.turn + 1) % len(self.buffers)
        buffer.wait()
        return buffer

    def wait(self) -> None:
        for buffer in self.buffers:
            buffer.wait()


class _OnDisk:
    """Brings a file to disk while more is written, in a thread of its own.

    What is not there yet stays bounded, so that what is told of as done is, and the end is no long wait.
    """

    def __init__(self, stream: BinaryIO, name: Path) -> None:
        self.stream, self.name, self.size = stream, name, 0
        self.pool = ThreadPoolExecutor(1)
        self.under_way: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def reach(self, size: int) -> None:
        """So much is written. Waits if too much of it is not on disk yet."""
        if size - self.size < SYNC_EACH:
            return
        if self.under_way is not None:
            self.under_way.result()
        self.size, self.under_way = size, self.pool.submit(_sync, self.stream, self.name, _DATA)

    def __exit__(self, *fault: object) -> None:
        self.pool.shutdown()
        if fault[0] is None and self.under_way is not None:
            self.under_way.result()


def _made(step: Step, old: memoryview, room: memoryview) -> memoryview:
    """What is written for what was read. `room`: where rows that moved are put."""
    import numpy as np

    rows = step.piece.rows
    if step.product is not None:
        return step.product.times(np.frombuffer(old, np.uint8)).data
    if rows is None:
        return old
    table = np.frombuffer(old, np.uint8).reshape(len(rows), -1)
    new = np.frombuffer(room[: len(old)], np.uint8).reshape(table.shape)
    # Unlike "raise", "clip" copies nothing twice; every row is there, as layout_of sees to.
    table.take(rows, axis=0, out=new, mode="clip")
    for product, places in step.piece.multiplied:
        new[places] = product.times(new[places])
    return room[: len(old)]


def _read(stream: BinaryIO, start: int, stop: int, room: memoryview, name: Path) -> memoryview:
    stream.seek(start)
    left = room[: stop - start]
    while left and (count := stream.readinto(left)):  # type: ignore[attr-defined]
        left = left[count:]
    if left:
        raise InputError(f"ends before byte {stop}: it was changed", where=shown_path(name))
    return room[: stop - start]


def _created(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return path.open("xb", buffering=0)


def _write(stream: BinaryIO, data: memoryview, name: Path) -> None:
    try:
        while data:
            data = data[stream.write(data):]
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(name)) from None


def _sync(stream: BinaryIO, name: Path, sync: Callable[[int], None] = os.fsync) -> None:
    try:
        sync(stream.fileno())
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(name)) from None
