"""A report as blocks: plain data that `document_markdown` and `document_html` render. Nothing in it is escaped.

Text is a string, or a tuple of pieces: strings, `Mono` for what is copied or typed, `Strong` for what is read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.reports.text import COMMAND, check_line


@dataclass(frozen=True, slots=True)
class Mono:
    """A piece of text as it is typed: a spec, a command, a name in code."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """A piece of text that is read first."""

    text: str


Piece = str | Mono | Strong
Text = str | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The answer, first of all."""

    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Text


@dataclass(frozen=True, slots=True)
class Items:
    """Short texts, one below the other."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A label and a text in each row."""

    rows: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """At most three narrow columns, as wide as a phone. `more`: what is told of rows that were left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code in one language, kept as they are."""

    text: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Caution:
    """What a reader must not overlook."""

    text: Text


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that stand behind a line of their own until it is opened."""

    summary: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Items | Facts | Table | Code | Caution | Folded
Document = tuple[Block, ...]


def pieces(text: Text) -> tuple[Piece, ...]:
    """A text as its pieces."""
    return (text,) if isinstance(text, str) else text


def joined(texts: Sequence[Text], between: str) -> tuple[Piece, ...]:
    """Texts in a row with something between them."""
    found: list[Piece] = []
    for place, text in enumerate(texts):
        found += [between, *pieces(text)] if place else pieces(text)
    return tuple(found)


def labelled(headline: str, rows: Sequence[tuple[str, str]]) -> Document:
    """A headline over a label and a text in each row; a command is to be copied."""
    return Heading(headline), Facts(tuple(
        (label, (Mono(text),) if label == COMMAND else text) for label, text in rows
    ))


def labelled_proof(headline: str, rows: Sequence[tuple[str, str]], certificate_path: str | None) -> Document:
    """The same of what has a certificate where a row says `checked`: with the command, where the row has none."""
    told = any(label == "checked" for label, _ in rows) and not certificate_path
    how: Document = (Paragraph(("Check the certificate with ", *check_command(None), ".")),) if told else ()
    return (*labelled(headline, rows), *how)


def check_command(certificate_path: str | None) -> tuple[Piece, ...]:
    """The command that checks a certificate, and how to have one where none was written."""
    if certificate_path:
        return (Mono(check_line(certificate_path)),)
    return Mono("rope-prover check FILE"), " (write it with ", Mono("--certificate FILE"), ")"
