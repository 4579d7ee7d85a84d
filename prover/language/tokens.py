"""The characters and words of the expression language: a text is cut up whole before anything reads it.

Python's own reader would leave out what stands after a `#`, take letters of other scripts for the
letters they look like, and join lines at a backslash. Here each character belongs to a token or is
refused where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prover.errors import ExpressionError

MAX_LENGTH = 4000
LANGUAGE = (
    "numbers, names, + - * / // % **, comparisons, and, or, not, 'a if c else b', list[index], "
    "floor ceil min max abs sqrt log sum len, pi"
)
_TOKEN = re.compile(
    r"(?P<space>[ \t\n]+)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|//|[<>=!]=|[-+*/%<>(),\[\]])",
    re.ASCII,
)
_LINES = str.maketrans("\t\n", "  ")
_INSTEAD = {
    "#": "An expression has no comments; write them outside its quotes.",
    "^": "A power is written **.",
    "=": "Equality is written ==.",
}


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind (space, number, name, sign) and text of each token; joined they are the text.

    Raises ExpressionError with the place of the first character that the language does not have.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"expression of {len(text)} characters; at most {MAX_LENGTH}")
    start, last = 0, ""
    while start < len(text):
        found = _TOKEN.match(text, start)
        if found is None or found.lastgroup is None:
            raise _foreign(text, start)
        if last == "number" and found.lastgroup == "name":
            raise ExpressionError(
                f"{place(text, start)}: '{found[0][:40]}' follows a number without a space or a sign between",
                advice="Numbers are decimals such as 1000, 0.25 or 1e6",
            )
        yield found.lastgroup, found[0]
        start, last = found.end(), found.lastgroup


def flattened(text: str) -> str:
    """The text on one line, each character at its place, if every character is of the language."""
    for _ in tokens(text):
        pass
    return text.translate(_LINES)


def words(text: str) -> list[str]:
    """The names in a text, each once, in the order in which they occur."""
    return list(dict.fromkeys(token for kind, token in tokens(text) if kind == "name"))


def with_words(text: str, word: Callable[[str], str]) -> str:
    """The text with each name replaced by what `word` gives for it."""
    return "".join(word(token) if kind == "name" else token for kind, token in tokens(text))


def place(text: str, offset: int) -> str:
    """Where a character stands: its column, and its line if the text has several."""
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _foreign(text: str, offset: int) -> ExpressionError:
    character = text[offset]
    shown = repr(character) if character.isprintable() and character.isascii() else f"U+{ord(character):04X}"
    advice = f"{_INSTEAD.get(character, '')} Allowed: {LANGUAGE}".lstrip()
    return ExpressionError(f"{place(text, offset)}: {shown} is no character of the language", advice=advice)
