"""How a file is cut for copying: into pieces in its order, whose rows come from the same piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.moved.plan import Move

if TYPE_CHECKING:
    import numpy as np

    from prover.weights.moved.rounding import Product

PIECE = 1 << 20      # stays in a core's cache from reading to writing
AT_ONCE = 16 << 20   # rows that change places among each other are read together up to here, one by one beyond


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `stop` of a file. `rows`: for each of its rows, which of these it was; None: as they are.

    `multiplied`: which of its rows are multiplied once they have moved, and by what.
    """

    start: int
    stop: int
    rows: np.ndarray | None = None
    multiplied: tuple[tuple[Product, np.ndarray], ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether its rows are read one by one."""
        return self.rows is not None and self.stop - self.start > AT_ONCE


@dataclass(frozen=True, slots=True)
class Step:
    """A piece that is read at once. `is_old`: in its turn among what was there. `is_new`: among what is written.

    `product`: all of it is multiplied.
    """

    piece: Piece
    is_old: bool = True
    is_new: bool = True
    product: Product | None = None


def layout_of(size: int, moves: Sequence[Move], where: Path) -> list[Piece]:
    """A file's pieces in order. Rows of a piece come from rows of the same piece. Raises InputError."""
    pieces: list[Piece] = []
    place = 0
    for move in sorted(moves, key=lambda move: (move.tensor.offset, move.tensor.size)):
        tensor = move.tensor
        if tensor.offset < place:
            raise InputError(f"{tensor.name} shares its bytes with another tensor that moves", where=shown_path(where))
        pieces += plain(place, tensor.offset)
        pieces += _moved(tensor.offset, tensor.row_bytes(move.rows), move.gather(), _products(move))
        place = tensor.offset + tensor.size
    if place > size:
        raise InputError(f"ends at byte {size}, its tensors at {place}", where=shown_path(where))
    return pieces + list(plain(place, size))


def plain(start: int, stop: int) -> Iterator[Piece]:
    """Bytes that stay as they are."""
    yield from (Piece(place, min(place + PIECE, stop)) for place in range(start, stop, PIECE))


def steps_of(piece: Piece) -> Iterator[Step]:
    """What is read of it one after the other; of a wide one everything twice."""
    if not piece.is_wide:
        yield Step(piece)
        return
    assert piece.rows is not None
    yield from (Step(each, is_new=False) for each in plain(piece.start, piece.stop))
    width = (piece.stop - piece.start) // len(piece.rows)
    products = {row: product for product, rows in piece.multiplied for row in rows.tolist()}
    for place, row in enumerate(piece.rows.tolist()):
        start = piece.start + row * width
        # Whole numbers: PIECE is a multiple of their sizes.
        yield from (Step(each, is_old=False, product=products.get(place)) for each in plain(start, start + width))


def room_of(pieces: Sequence[Piece]) -> int:
    """How many bytes a step of any of these needs at most."""
    return max((min(piece.stop - piece.start, PIECE) if piece.is_wide else piece.stop - piece.start
                for piece in pieces), default=0)


def _products(move: Move) -> tuple[tuple[Product, np.ndarray], ...]:
    from prover.weights.moved.rounding import Product

    found = move.multiplied() if move.factors else {}
    return tuple((Product(move.tensor.dtype, factor), rows) for factor, rows in found.items())


def _moved(
    offset: int, width: int, gather: np.ndarray, products: Sequence[tuple[Product, np.ndarray]] = ()
) -> Iterator[Piece]:
    """A tensor's pieces, cut where no row crosses."""
    import numpy as np

    places = np.arange(len(gather))
    assert np.array_equal(np.sort(gather), places), "each row is taken once"
    cuts = np.flatnonzero(np.maximum.accumulate(gather) == places) + 1
    most, start = max(1, PIECE // max(width, 1)), 0
    while start < len(gather):
        last = int(np.searchsorted(cuts, start + most, "right")) - 1
        stop = int(cuts[last]) if last >= 0 and cuts[last] > start else int(cuts[last + 1])
        own = ((product, rows[(rows >= start) & (rows < stop)] - start) for product, rows in products)
        yield Piece(offset + start * width, offset + stop * width, gather[start:stop] - start,
                    tuple((product, rows) for product, rows in own if len(rows)))
        start = stop
