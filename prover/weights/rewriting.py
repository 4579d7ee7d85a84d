"""One file copied with rows of some tensors moved and multiplied: a piece at a time, with digests of what was read and
written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.plan import Move

if TYPE_CHECKING:
    import numpy as np

    from prover.weights.rounding import Product

PIECE = 8 << 20
AT_ONCE = 32 << 20   # rows that change places among each other are read together up to here, one by one beyond
PART = ".part"
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A finished file: its size and the SHA-256 of what was read and of what was written."""

    size: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `stop` of a file. `rows`: for each of its rows, which of these it was; None: as they are.

    `multiplied`: which of its rows are multiplied once they have moved, and by what.
    """

    start: int
    stop: int
    rows: np.ndarray | None = None
    multiplied: tuple[tuple[Product, np.ndarray], ...] = ()


def rewrite(source: Path, target: Path, moves: Sequence[Move], advance: Advance = lambda count: None) -> Rewritten:
    """Copy a file to a new one, the rows of moved tensors in their new places; whole and on disk, or not there at all.

    `advance` is told how many bytes more are done. The file has another name while it is written. Raises InputError.
    """
    part = target.with_name(target.name + PART)
    size = source.stat().st_size
    pieces = layout_of(size, moves, source)
    try:
        with source.open("rb", buffering=0) as reading, _created(part) as writing:
            done = _copy(reading, writing, pieces, (source, part), advance)
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


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while data := stream.read(PIECE):
            found.update(data)
    return found.hexdigest()


def layout_of(size: int, moves: Sequence[Move], where: Path) -> list[Piece]:
    """A file's pieces in order. Rows of a piece come from rows of the same piece. Raises InputError."""
    pieces: list[Piece] = []
    place = 0
    for move in sorted(moves, key=lambda move: move.tensor.offset):
        tensor = move.tensor
        if tensor.offset < place:
            raise InputError(f"{tensor.name} shares its bytes with another tensor that moves", where=shown_path(where))
        pieces += _plain(place, tensor.offset)
        pieces += _moved(tensor.offset, tensor.row_bytes(move.rows), move.gather(), _products(move))
        place = tensor.offset + tensor.size
    if place > size:
        raise InputError(f"ends at byte {size}, its tensors at {place}", where=shown_path(where))
    return pieces + list(_plain(place, size))


def _plain(start: int, stop: int) -> Iterator[Piece]:
    yield from (Piece(place, min(place + PIECE, stop)) for place in range(start, stop, PIECE))


def _products(move: Move) -> tuple[tuple[Product, np.ndarray], ...]:
    from prover.weights.rounding import Product

    found = move.multiplied() if move.factors else {}
    return tuple((Product(move.tensor.dtype, factor), rows) for factor, rows in found.items())


def _moved(
    offset: int, width: int, gather: np.ndarray, products: Sequence[tuple[Product, np.ndarray]] = ()
) -> Iterator[Piece]:
    """A tensor's pieces, cut where no row crosses."""
    import numpy as np

    cuts = np.flatnonzero(np.maximum.accumulate(gather) == np.arange(len(gather))) + 1
    most, start = max(1, PIECE // max(width, 1)), 0
    while start < len(gather):
        last = int(np.searchsorted(cuts, start + most, "right")) - 1
        stop = int(cuts[last]) if last >= 0 and cuts[last] > start else int(cuts[last + 1])
        own = ((product, rows[(rows >= start) & (rows < stop)] - start) for product, rows in products)
        yield Piece(offset + start * width, offset + stop * width, gather[start:stop] - start,
                    tuple((product, rows) for product, rows in own if len(rows)))
        start = stop


def _copy(
    reading: BinaryIO, writing: BinaryIO, pieces: Sequence[Piece], names: tuple[Path, Path], advance: Advance,
) -> Rewritten:
    before = hashlib.sha256()
    after = None   # as before, up to the first piece whose rows move
    size = 0
    # Each digest has a thread of its own, and is at most two pieces behind.
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        waiting: list[Future[None]] = []
        for piece in pieces:
            if piece.rows is not None and after is None:
                _wait(waiting, 0)
                after = before.copy()
            for old, new in _pairs(reading, piece, names[0]):
                if old:
                    waiting.append(first.submit(before.update, old))
                if new:
                    if after is not None:
                        waiting.append(second.submit(after.update, new))
                    _write(writing, new, names[1])
                    size += len(new)
                    advance(len(new))
                _wait(waiting, 4)
        _wait(waiting, 0)
    return Rewritten(size, before.hexdigest(), (after or before).hexdigest())


def _wait(waiting: list[Future[None]], most: int) -> None:
    while len(waiting) > most:
        waiting.pop(0).result()


def _pairs(reading: BinaryIO, piece: Piece, name: Path) -> Iterator[tuple[bytes, bytes | memoryview]]:
    """What is read in the order of the file, and what is written for it; both in step, or one after the other."""
    import numpy as np

    length = piece.stop - piece.start
    if piece.rows is None or length <= AT_ONCE:
        old = _read(reading, piece.start, length, name)
        if piece.rows is None:
            yield old, old
            return
        table = np.frombuffer(old, dtype=np.uint8).reshape(len(piece.rows), -1)
        moved = table.take(piece.rows, axis=0)
        for product, rows in piece.multiplied:
            moved[rows] = product.times(moved[rows])
        yield old, moved.reshape(-1).data
        return
    for plain in _plain(piece.start, piece.stop):
        yield _read(reading, plain.start, plain.stop - plain.start, name), b""
    width = length // len(piece.rows)
    factors = {row: product for product, rows in piece.multiplied for row in rows.tolist()}
    for place, row in enumerate(piece.rows.tolist()):
        begin = piece.start + row * width
        for plain in _plain(begin, begin + width):  # whole numbers: what is read at once is a multiple of their size
            data = _read(reading, plain.start, plain.stop - plain.start, name)
            own = factors.get(place)
            yield b"", data if own is None else own.times(np.frombuffer(data, dtype=np.uint8)).data


def _read(stream: BinaryIO, start: int, length: int, name: Path) -> bytes:
    stream.seek(start)
    data = stream.read(length)
    while len(data) < length and (more := stream.read(length - len(data))):
        data += more
    if len(data) < length:
        raise InputError(f"ends before byte {start + length}: it was changed", where=shown_path(name))
    return data


def _created(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return path.open("xb", buffering=0)


def _write(stream: BinaryIO, data: bytes | memoryview, name: Path) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[stream.write(view):]
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(name)) from None


def _sync(stream: BinaryIO, name: Path) -> None:
    try:
        os.fsync(stream.fileno())
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=shown_path(name)) from None
