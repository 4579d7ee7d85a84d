"""Large JSON objects read member by member, so that no more memory is used than the caller keeps.

Stricter than JSON: a name that stands twice in one object is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from prover.errors import InputError

MAX_NAME = 1 << 12
MAX_FLAT = 1 << 12
MAX_DEPTH = 32
MAX_SKIPPED = 1 << 20

_WHITE = rb"[ \t\n\r]*+"
_QUOTED = rb'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"'
_SPACE = re.compile(_WHITE)
_TEXT = re.compile(_QUOTED)
_FIRST = re.compile(_WHITE + b"(" + _QUOTED + b")" + _WHITE + b":" + _WHITE)
_NEXT = re.compile(_WHITE + b"," + _FIRST.pattern)
_FLAT = re.compile(rb"\{[^{}]{0,%d}+\}" % MAX_FLAT)
_WORD = re.compile(rb"[-+.0-9A-Za-z]++")


class Members:
    """A place in the bytes of a JSON text, which moves on as members are taken. Raises InputError with the file."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data = data
        self._where = where
        self._at = 0
        self._skipped = 0

    def fault(self, message: str, what: str = "", advice: str = "") -> InputError:
        """The error that something in this text is wrong."""
        return InputError(message, where=f"{self._where}, {what}" if what else self._where, advice=advice)

    def names(self, most: int, what: str) -> Iterator[str]:
        """The names of the object that begins here; after each the caller takes its value."""
        self._expect(b"{", f"an object, {what}")
        known: set[str] = set()
        while match := (_NEXT if known else _FIRST).match(self._data, self._at):
            name = self._decoded(match[1], MAX_NAME)
            if name in known:
                raise self.fault(f"stands twice in {what}", shown(name), "Which of the two is meant?")
            if len(known) == most:
                raise self.fault(f"has more than {most} members", what)
            known.add(name)
            self._at = match.end()
            yield name
        if self._peek() == b"," and known:
            self._at += 1
        elif self._peek() == b"}":
            self._at += 1
            return
        elif known:
            raise self._unexpected(f"',' or '}}' in {what}")
        self.text(MAX_NAME)
        raise self._unexpected("':' after a name")

    def text(self, most: int | None = None) -> str:
        """The text that stands here, of at most `most` bytes as it is written."""
        self._peek()
        match = _TEXT.match(self._data, self._at)
        if match is None:
            raise self._unexpected("a text")
        found = self._decoded(match[0], most)
        self._at = match.end()
        return found

    def null(self) -> bool:
        """Whether null stands here, which is taken then."""
        self._peek()
        is_null = self._data.startswith(b"null", self._at)
        self._at += 4 * is_null
        return is_null

    def flat(self) -> bytes:
        """The bytes of the small object without objects inside that stands here."""
        self._peek()
        match = _FLAT.match(self._data, self._at)
        if match is None:
            raise self._unexpected(f"an object of at most {MAX_FLAT} bytes without objects inside")
        self._at = match.end()
        return match[0]

    def skip(self) -> None:
        """Leave out the value that stands here; what is left out is looked at no closer than its brackets."""
        depth = 0
        while True:
            found = self._peek()
            self._skipped += 1
            if self._skipped > MAX_SKIPPED:
                raise self.fault("holds too much beside what is read of it")
            if found in (b"{", b"["):
                depth += 1
                if depth > MAX_DEPTH:
                    raise self.fault(f"is nested deeper than {MAX_DEPTH}")
                self._at += 1
            elif depth and found in (b"}", b"]"):
                depth -= 1
                self._at += 1
            elif depth and found in (b",", b":"):
                self._at += 1
                continue
            else:
                match = (_TEXT if found == b'"' else _WORD).match(self._data, self._at)
                if match is None:
                    raise self._unexpected("a value")
                self._at = match.end()
            if not depth:
                return

    def end(self) -> None:
        """Raise InputError if anything but white space is left."""
        if self._peek():
            raise self._unexpected("nothing more")

    def _decoded(self, text: bytes, most: int | None) -> str:
        """What a text in quotes says."""
        if most is not None and len(text) > most + 2:
            raise self._unexpected(f"a text of at most {most} bytes")
        try:
            return msgspec.json.decode(text, type=str) if b"\\" in text else text[1:-1].decode()
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._unexpected("a text in UTF-8") from None

    def _peek(self) -> bytes:
        """The next byte that is no white space; none at the end."""
        match = _SPACE.match(self._data, self._at)
        self._at = match.end() if match else self._at
        return self._data[self._at:self._at + 1]

    def _expect(self, byte: bytes, what: str) -> None:
        if self._peek() != byte:
            raise self._unexpected(what)
        self._at += 1

    def _unexpected(self, expected: str) -> InputError:
        got = self._data[self._at:self._at + 20]
        return self.fault(f"is not as expected at byte {self._at}: expected {expected}, got {got!r}"
                          if got else f"ends where {expected} was expected")


def shown(name: str) -> str:
    """A name as errors show it."""
    return name if len(name) <= 80 and name.isprintable() else f"{ascii(name[:80])[1:-1]}"
