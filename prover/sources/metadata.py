"""What a GGUF file says about its model: keys with their stored values, and its tensors by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

Scalar = int | Fraction | str | bool


@dataclass(frozen=True, slots=True)
class Stored:
    """One value as stored.

    `kind`: u8 to u64, i8 to i64, f32, f64, bool or str, for an array that of its elements; "" where none is told.
    `value`: exact, a float as the number it is; an array is a tuple. `cut`: the elements of an array that a text leaves
    out. `is_rounded`: a text printed the number with few digits, so that the file may hold another.
    """

    kind: str
    value: Scalar | tuple[Scalar, ...]
    cut: int = 0
    is_rounded: bool = False


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's shape (first number: elements of a row), and its numbers where they were read."""

    shape: tuple[int, ...]
    kind: str
    values: tuple[Fraction, ...] | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """The keys of one GGUF file, dump or loader log. `tensors` is None where the source does not list them."""

    file: str
    keys: Mapping[str, Stored]
    tensors: Mapping[str, Tensor] | None
    findings: tuple[str, ...] = ()
