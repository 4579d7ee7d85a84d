"""Blocks as an HTML fragment of plain semantic tags. What a stranger wrote is made harmless here alone.

Every text is one line without control characters or bidirectional marks, and escaped; there are no attributes but
fixed ones.
"""

from __future__ import annotations

import html
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


def body(blocks: Sequence[Block]) -> str:
    """An escaped fragment, a block a line or more, for the body of a page."""
    return "".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h2>{_text(block.text)}</h2>\n"
        case Paragraph():
            return f"<p>{_text(block.text)}</p>\n"
        case Items():
            return _lines("ul", [f"<li>{_text(item)}</li>" for item in block.items])
        case Facts():
            rows = [f'<tr><th scope="row">{_text(label)}</th><td>{_text(text)}</td></tr>'
                    for label, text in block.rows]
            return _lines("table", rows, ' class="facts"')
        case Table():
            return _table(block)
        case Code():
            lines = [plain(line, 1 << 20).rstrip() for line in block.text.rstrip().split("\n")]
            return f'<pre><code class="language-{_escape(block.language)}">{_escape_lines(lines)}</code></pre>\n'
        case Caution():
            return f'<p class="warning" role="note"><strong>Warning:</strong> {_text(block.text)}</p>\n'
        case Folded():
            summary = _escape(plain(block.summary, MOST))
            return f"<details><summary>{summary}</summary>\n{body(block.blocks)}</details>\n"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.head)
    rows = ["<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in table.rows]
    if table.more:
        rows.append(f'<tr><td colspan="{len(table.head)}">{_text(table.more)}</td></tr>')
    return _lines("table", [f"<thead><tr>{head}</tr></thead>", "<tbody>", *rows, "</tbody>"])


def _lines(tag: str, lines: Sequence[str], attributes: str = "") -> str:
    return "\n".join([f"<{tag}{attributes}>", *lines, f"</{tag}>"]) + "\n"


def _text(text: Text) -> str:
    found = []
    for piece in pieces(text):
        if isinstance(piece, Mono):
            found.append(f"<code>{_escape(plain(piece.text, MOST))}</code>")
        elif isinstance(piece, Strong):
            found.append(f"<strong>{_escape(plain(piece.text, MOST))}</strong>")
        else:
            found.append(_escape(plain(piece, MOST)))
    return "".join(found)


def _escape_lines(lines: Sequence[str]) -> str:
    return "\n".join(map(_escape, lines))


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
