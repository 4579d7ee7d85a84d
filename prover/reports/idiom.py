"""The reshape and transpose that make a permutation, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np


@dataclass(frozen=True, slots=True)
class Idiom:
    """rows [start, stop) of W as reshape(shape), axes in `order`, the axes in `flipped` reversed."""

    start: int
    stop: int
    shape: tuple[int, ...]
    order: tuple[int, ...]
    flipped: tuple[int, ...]

    def rows(self, width: int) -> list[int]:
        """The permutation this idiom makes: target row i is source row rows[i]."""
        inner = np.arange(self.start, self.stop).reshape(self.shape)
        inner = np.flip(inner, self.flipped).transpose(self.order).reshape(-1)
        return [*range(self.start), *inner.tolist(), *range(self.stop, width)]

    def code(self, library: str, width: int) -> str:
        """An expression over W of shape (lanes of one head, columns) for numpy or torch."""
        whole = (self.start, self.stop) == (0, width)
        part = "W" if whole else f"W[{self.start}:{self.stop}]"
        axes = (*self.order, len(self.shape))
        text = f"{part}.reshape({', '.join(map(str, self.shape))}, -1)"
        if self.flipped and library == "torch":
            text += f".flip({', '.join(map(str, self.flipped))})"
        elif self.flipped:
            text = f"np.flip({text}, {self.flipped})"
        if self.order != tuple(sorted(self.order)):
            verb = "permute" if library == "torch" else "transpose"
            text += f".{verb}({', '.join(map(str, axes))})"
        text += f".reshape({self.stop - self.start}, -1)"
        if whole:
            return text
        pieces = [f"W[:{self.start}]" if self.start else "", text]
        pieces.append(f"W[{self.stop}:]" if self.stop < width else "")
        joined = ", ".join(piece for piece in pieces if piece)
        return f"torch.cat([{joined}])" if library == "torch" else f"np.concatenate([{joined}])"

    def index_code(self, library: str, rows: str) -> str:
        """The same over a vector of row numbers, `rows` being the part of it from start to stop."""
        text = f"{rows}.reshape({', '.join(map(str, self.shape))})"
        if self.flipped and library == "torch":
            text += f".flip({', '.join(map(str, self.flipped))})"
        elif self.flipped:
            text = f"np.flip({text}, {self.flipped})"
        if self.order != tuple(sorted(self.order)):
            text += f".{'permute' if library == 'torch' else 'transpose'}({', '.join(map(str, self.order))})"
        return f"{text}.reshape(-1)"


def find_idiom(permutation: Sequence[int]) -> Idiom | None:
    """The simplest idiom that makes this permutation; None for the identity or if none does."""
    width = len(permutation)
    moved = [i for i, row in enumerate(permutation) if i != row]
    if not moved:
        return None
    first, last = moved[0], moved[-1] + 1
    for start, stop in dict.fromkeys(product((0, first - 1, first), (last, last + 1, width))):
        if 0 <= start < stop <= width:
            for idiom in _candidates(start, stop):
                if _starts_alike(idiom, permutation) and idiom.rows(width) == list(permutation):
                    return idiom
    return None


def _candidates(start: int, stop: int) -> Iterator[Idiom]:
    for shape in _shapes(stop - start):
        for order in permutations(range(len(shape))):
            small = [axis for axis, size in enumerate(shape) if size == 2]
            for chosen in product((False, True), repeat=len(small)):
                flipped = tuple(axis for axis, on in zip(small, chosen, strict=True) if on)
                if flipped or order != tuple(range(len(shape))):
                    yield Idiom(start, stop, shape, order, flipped)


def _shapes(size: int) -> Iterator[tuple[int, ...]]:
    divisors = [d for d in range(2, min(size, 4097)) if size % d == 0]
    yield from ((d, size // d) for d in divisors)
    for a in divisors:
        for b in divisors:
            if a * b < size and size % (a * b) == 0 and 2 in (a, b, size // (a * b)):
                yield (a, b, size // (a * b))


def _starts_alike(idiom: Idiom, permutation: Sequence[int]) -> bool:
    """Compare the first entries by arithmetic before any array is made."""
    strides = [1] * len(idiom.shape)
    for axis in range(len(idiom.shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * idiom.shape[axis + 1]
    sizes = [idiom.shape[axis] for axis in idiom.order]
    for step in range(3):
        rest, place = step, 0
        for size, axis in zip(reversed(sizes), reversed(idiom.order), strict=True):
            rest, digit = divmod(rest, size)
            place += (size - 1 - digit if axis in idiom.flipped else digit) * strides[axis]
        if not rest and permutation[idiom.start + step] != idiom.start + place:
            return False
    return True
