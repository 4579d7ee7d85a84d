"""Markdown as a reader of GitHub's sees it: read by markdown-it, which shares no code with what wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDS = re.compile(r"<details><summary>[^<>]*</summary>|</details>")


def tokens(text: str) -> list[Token]:
    """All tokens, those inside lines among them; raw HTML is let through, as GitHub does."""
    found = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    return [each for token in found for each in (token, *(token.children or ()))]


def raw_html(text: str) -> list[str]:
    """Every piece of HTML that would reach the reader but the folds; what is inside <code> is text."""
    pieces = [token.content.strip() for token in tokens(text) if token.type in ("html_block", "html_inline")]
    return [piece for piece in pieces if piece not in ("<code>", "</code>") and FOLDS.sub("", piece)]


def shown_text(text: str) -> str:
    """What is read of it, code included."""
    kinds = ("text", "code_inline", "fence", "text_special")
    return "".join(token.content for token in tokens(text) if token.type in kinds)


def tables(text: str) -> Iterator[list[list[str]]]:
    """The cells of each table, row by row, as they are read."""
    rows: list[list[str]] = []
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows and rows[-1] is not None:
            rows[-1].append("".join(c.content for c in token.children or () if c.type != "html_inline"))
        elif token.type == "table_close":
            yield rows
            rows = []


def fenced(text: str) -> list[str]:
    """The code of every fence, folded or not."""
    return [token.content for token in tokens(text) if token.type == "fence"]
