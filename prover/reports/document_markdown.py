"""Blocks as GitHub's Markdown, for a comment on a pull request. What a stranger wrote is made harmless here alone.

Control characters, bidirectional marks and line ends become spaces. What Markdown or HTML would read as markup stands
behind a backslash. A word that a site would link by itself (@name, #12, www., ://) becomes code, which it leaves alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from prover.reports.document import (
    Block,
    Caution,
    Code,
    Facts,
    Folded,
    Heading,
    Items,
    Mono,
    Paragraph,
    Strong,
    Table,
    Text,
    pieces,
)
from prover.reports.text import plain

MOST = 4000  # characters of one piece of text
_MARKS = frozenset(r"\`*_[]<|~&$#")
_LINKED = re.compile(r"@\w|://|\bwww\.|#\d|\bGH-\d", re.IGNORECASE)
_LIST_START = re.compile(r"(\d+)([.)])(?=\s|$)")


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks, an empty line between two of them; one line end behind the last."""
    return "\n\n".join(_block(block) for block in blocks) + "\n" * bool(blocks)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"### {_text(block.text)}"
        case Paragraph():
            return _start(_text(block.text))
        case Items():
            return "\n".join(f"- {_start(_text(item))}" for item in block.items)
        case Facts():
            rows = [f"| {_text(label, cell=True)} | {_text(text, cell=True)} |" for label, text in block.rows]
            return "\n".join(["| | |", "|---|---|", *rows])
        case Table():
            return _table(block)
        case Code():
            return _code(block)
        case Caution():
            return f"> Warning: {_text(block.text)}"
        case Folded():
            summary = html.escape(plain(block.summary, MOST))
            return f"<details><summary>{summary}</summary>\n\n{markdown(block.blocks)}\n</details>"


def _table(table: Table) -> str:
    rows = [table.head, ["---"] * len(table.head), *table.rows]
    if table.more:
        rows.append((table.more, *[""] * (len(table.head) - 1)))
    lines = [
        " | ".join(str(cell) if place == 1 else _text(cell, cell=True) for cell in row)
        for place, row in enumerate(rows)
    ]
    return "\n".join(f"| {line} |" for line in lines)


def _code(code: Code) -> str:
    lines = [plain(line, 1 << 20).rstrip() for line in code.text.rstrip().split("\n")]
    fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    return "\n".join([f"{fence}{code.language}", *lines, fence])


def _text(text: Text, cell: bool = False) -> str:
    """One line of inline Markdown. `cell`: of a table."""
    found = []
    for piece in pieces(text):
        if isinstance(piece, Mono):
            found.append(_mono(piece.text, cell))
        elif isinstance(piece, Strong):
            words = _prose(piece.text, cell)
            found.append(words.replace(words.strip(), f"**{words.strip()}**") if words.strip() else words)
        else:
            found.append(_prose(piece, cell))
    return "".join(found).strip()


def _prose(text: str, cell: bool) -> str:
    """Text in which nothing is markup; spaces at its ends stay one each."""
    words = re.sub(" +", " ", plain(text, MOST)).split(" ")
    return " ".join(_linked(word, cell) if _LINKED.search(word) else _escape(word) for word in words)


def _linked(word: str, cell: bool) -> str:
    """A word that would become a link, as code; the brackets and marks around it stay outside."""
    bare = word.lstrip("([{\"'").rstrip(")]}\"'.,;:")
    start = word.index(bare)
    return f"{_escape(word[:start])}{_mono(bare, cell)}{_escape(word[start + len(bare):])}"


def _escape(text: str) -> str:
    return "".join(f"\\{c}" if c in _MARKS else c for c in text)


def _start(line: str) -> str:
    """A line that begins no list, heading, quotation or rule."""
    if line[:1] in ("-", "+", "=", ":", ">"):
        return f"\\{line}"
    return _LIST_START.sub(r"\1\\\2", line, count=1) if _LIST_START.match(line) else line


def _mono(text: str, cell: bool) -> str:
    """A code span that cannot be left; in a table, one that cannot break the row."""
    shown = plain(text, MOST).strip()
    if not shown:
        return ""
    if cell and "|" in shown and ("\\" in shown or "`" in shown):  # readers differ about backslashes before a |
        return f"<code>{''.join(f'&#{ord(c)};' if c in _MARKS or c in '@#:!' else c for c in shown)}</code>"
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{space}{shown.replace('|', chr(92) + '|') if cell else shown}{space}{ticks}"
