"""What a GGUF file says about its model: keys with their stored values, and its tensors by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

Scalar = int | Fraction | str | bool


UNTOLD = -1


@dataclass(frozen=True, slots=True)
class Stored:
    """One value as stored.

    `kind`: u8 to u64, i8 to i64, f32, f64, bool or str, for an array that of its elements; "" where none is told.
    `value`: exact, a float as the number it is; an array is a tuple, with the elements from the first on that were
    read. A float that is no number is the text nan, inf or -inf, whatever its kind. `cut`: how many elements of an
    array are not in `value`, since a text leaves them out or they are many or texts; UNTOLD (-1) for an array whose
    length is not told, and for a text of which only the beginning is known. `is_rounded`: a text printed the number
    with few digits, so that the file may hold another.
    """

    kind: str
    value: Scalar | tuple[Scalar, ...]
    cut: int = 0
    is_rounded: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor's bytes lie. `offset`: from the file's start. `size`: None for a type that is not known."""

    file: Path
    offset: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's shape (first number: elements of a row), and its numbers where they were read.

    `kind`: the name of the type in ggml, in lower case (f32, q4_k); "type 137" for one that is not known here.
    `place`: None in a text about a file; a text and its file tell of the same tensor, so it does not count for that.
    """

    shape: tuple[int, ...]
    kind: str
    values: tuple[Fraction, ...] | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The keys of one GGUF file, dump or loader log. `tensors` is None where the source names none of them.

    `has_all_keys`: whether a key that is not here is not in the file either. `has_all_tensors`: the same of tensors;
    False where parts of a split file are missing, or a text was cut.
    """

    file: str
    keys: Mapping[str, Stored]
    tensors: Mapping[str, Tensor] | None
    findings: tuple[str, ...] = ()
    has_all_keys: bool = True
    has_all_tensors: bool = True
