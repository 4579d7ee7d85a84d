"""A binary header read in order: no byte past the file's end or the bounds is read, nor memory made for it."""

from __future__ import annotations

import os
import struct
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from prover.errors import InputError
from prover.files import open_regular
from prover.resources import shown_path
from prover.sources.gguf_types import Kind
from prover.sources.metadata import Scalar

MAX_HEADER = 1 << 28
MAX_TEXTS = 1 << 22
CHUNK = 1 << 20
FETCH = "Is the file cut off? Fetch it again"


class Bytes:
    """The bytes of one regular file from its start. Raises InputError with the file, and what was to be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = shown_path(path)
        self._stream = open_regular(path)
        self.size = os.fstat(self._stream.fileno()).st_size
        self.position = 0
        self._texts_left = MAX_TEXTS

    def __enter__(self) -> Bytes:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._stream.close()

    def fault(self, message: str, what: str = "", advice: str = "") -> InputError:
        """The error that something in this file is wrong."""
        return InputError(message, where=f"{self.where}, {what}" if what else self.where, advice=advice)

    def need(self, count: int, what: str) -> None:
        """Raise InputError unless so many bytes are left in the file and in the bounds of a header."""
        if count > self.size - self.position:
            raise self.fault(f"needs {count} bytes from byte {self.position} on, and the file ends at byte {self.size}",
                             what, FETCH)
        if self.position + count > MAX_HEADER:
            raise self.fault(f"lies beyond the first {MAX_HEADER} bytes, which is no header of a model", what)

    def take(self, count: int, what: str) -> bytes:
        """The next bytes."""
        self.need(count, what)
        data = self._read(count, count, what)
        self.position += count
        return data

    def skip(self, count: int, what: str) -> None:
        """Leave out the next bytes."""
        self.need(count, what)
        self.position += count
        self._stream.seek(self.position)

    def whole(self, form: str, what: str) -> int:
        """The next whole number, in a format of struct."""
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(form), what))[0])

    def text(self, most: int, what: str) -> str:
        """The next text of at most `most` bytes."""
        length = self.whole("Q", f"length of {what}")
        if length > most:
            raise self.fault(f"is said to have {length} bytes, expected at most {most}", what, FETCH)
        try:
            return self.take(length, what).decode("utf-8")
        except UnicodeDecodeError:
            raise self.fault("is not UTF-8 text", what) from None

    def beginning(self, most: int, what: str) -> tuple[str, bool]:
        """The next text, and whether it was longer than `most` bytes and cut there."""
        length = self.whole("Q", f"length of {what}")
        self.need(length, what)
        text = self.take(min(length, most), what).decode("utf-8", errors="ignore" if length > most else "replace")
        self.skip(max(length - most, 0), what)
        return text, length > most

    def skip_texts(self, count: int, what: str) -> None:
        """Leave out so many texts: only their lengths are read."""
        if count > self._texts_left:
            raise self.fault(f"lists more than {MAX_TEXTS} texts, with those before it", what)
        self._texts_left -= count
        length_at, chunk, start = struct.Struct("<Q").unpack_from, b"", self.position
        place = start
        for _ in range(count):
            if place + 8 - start > len(chunk):
                self.position = start = place
                self.need(8, what)
                self._stream.seek(place)
                chunk = self._read(min(CHUNK, self.size - place), 8, what)
            length = length_at(chunk, place - start)[0]
            place += 8 + length
            if place > self.size or place > MAX_HEADER:
                self.position = place - length
                self.need(length, what)
        self.position = place
        self._stream.seek(place)

    def numbers(self, kind: Kind, count: int, what: str) -> tuple[Scalar, ...]:
        """The next values of a type that has a size: a float as the fraction it is, or the text nan, inf or -inf."""
        values = struct.unpack(f"<{count}{kind.format}", self.take(count * kind.size, what))
        if kind.name == "bool":
            return tuple(value != 0 for value in values)
        return tuple(map(exact_float, values)) if kind.is_float else values

    def floats_at(self, place: int, count: int, what: str) -> tuple[Fraction | str, ...]:
        """float32 numbers anywhere in the file."""
        self._stream.seek(place)
        data = self._read(4 * count, 4 * count, what)
        return tuple(map(exact_float, struct.unpack(f"<{count}f", data)))

    def _read(self, count: int, least: int, what: str) -> bytes:
        try:
            data = self._stream.read(count)
        except OSError as fault:
            raise self.fault(f"cannot be read: {fault.strerror}") from None
        if len(data) < least:
            raise self.fault(f"the file ends before its {least} bytes: did it change meanwhile?", what, FETCH)
        return data


def exact_float(value: float) -> Fraction | str:
    """The number that a float is; nan, inf and -inf as text."""
    try:
        return Fraction(*value.as_integer_ratio())
    except ValueError:
        return "nan"
    except OverflowError:
        return "inf" if value > 0 else "-inf"
