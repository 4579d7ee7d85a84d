"""What goes between the two processes: a JSON header and raw numbers, both bounded, never a pickle.

    magic (4 bytes)  length of the header (4)  length of the numbers (8)  header  numbers as little-endian float64
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Taken here, before a function can replace it in NumPy.
_contiguous = np.ascontiguousarray
MAGIC = b"RPF1"
START = struct.Struct("<4sIQ")
MAX_HEADER = 1 << 20
MAX_ARRAYS = 64
MAX_AXES = 8


class FrameError(Exception):
    """Bytes that are no frame."""


def pack(header: dict[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """A frame: the header, with the arrays' shapes put into it, and their numbers."""
    shapes = [list(array.shape) for array in arrays]
    text = json.dumps({**header, "shapes": shapes}, allow_nan=False).encode("ascii")
    body = b"".join(_contiguous(array, dtype="<f8").tobytes() for array in arrays)
    return START.pack(MAGIC, len(text), len(body)) + text + body


def lengths(start: bytes, most: int) -> tuple[int, int]:
    """Bytes of header and numbers that follow a frame's start. Raises FrameError."""
    magic, header, body = START.unpack(start)
    if magic != MAGIC:
        raise FrameError("is none of our frames")
    if header > MAX_HEADER or body > most:
        raise FrameError(f"announces {header} and {body} bytes; at most {MAX_HEADER} and {most}")
    return header, body


def unpack(text: bytes, body: bytes) -> tuple[dict[str, Any], list[Array]]:
    """Header and arrays. Raises FrameError if shapes and bytes do not fit, or it is no JSON."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameError("has a header that is no JSON") from None
    shapes = header.get("shapes") if isinstance(header, dict) else None
    if not isinstance(shapes, list) or len(shapes) > MAX_ARRAYS:
        raise FrameError("has no list of shapes")
    arrays, place = [], 0
    for shape in shapes:
        if not isinstance(shape, list) or len(shape) > MAX_AXES or not all(
            type(n) is int and 0 <= n <= 1 << 40 for n in shape
        ):
            raise FrameError("has a shape that is none")
        # NumPy refuses lengths whose product is too large, even beside a length of 0.
        if math.prod(n or 1 for n in shape) > 1 << 40:
            raise FrameError("has a shape that is none")
        count = math.prod(shape)
        if place + 8 * count > len(body):
            raise FrameError(f"has fewer numbers than its shape {shape} says")
        arrays.append(np.frombuffer(body, dtype="<f8", count=count, offset=place).reshape(shape))
        place += 8 * count
    if place != len(body):
        raise FrameError("has more numbers than its shapes say")
    return header, arrays
