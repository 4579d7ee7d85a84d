"""Blocks as HTML: read back by Python's parser they are what was written, and nothing in them is live."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from test_document_markdown import HOSTILE

from prover.reports.document import Caution, Code, Facts, Folded, Heading, Items, Mono, Paragraph, Strong, Table
from prover.reports.document_html import body
from prover.reports.text import plain

FIXED = {("class", "facts"), ("class", "warning"), ("role", "note"), ("scope", "row"), ("scope", "col"),
         ("class", "language-python"), ("colspan", "2")}


class Reader(HTMLParser):
    """The tags in order, those that are open, every attribute, and the text of each tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes |= set(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(text: str) -> Reader:
    """A fragment read."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert [] == reader.open
    return reader


def every_block(text: str) -> str:
    """A fragment with the text in every place where text can stand."""
    return body((
        Heading(text), Paragraph((text, Mono(text), Strong(text))), Items((text,)), Caution(text),
        Facts(((text, text),)), Table((text, text), ((text, (Mono(text),)),), text), Folded(text, (Code(text),)),
    ))


TAGS = every_block("word")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_strangers_write_is_inert(text: str) -> None:
    """The same tags as for a plain word, attributes that are ours alone, and the text as it can be read."""
    found, usual = read(every_block(text)), read(TAGS)
    assert (usual.tags, FIXED) == (found.tags, FIXED | found.attributes)
    lines = text.rstrip().split("\n")
    shown = "\n".join(plain(line).rstrip() for line in lines)
    said = "".join(found.texts)
    assert 12 <= said.count(plain(text, 4000))
    assert shown in said


def test_tags_say_what_a_block_is() -> None:
    """A heading, a list, tables with heads, code and folds, by their own tags."""
    wanted = ["h2", "p", "code", "strong", "ul", "li", "p", "strong", "table", "tr", "th", "td", "table", "thead",
              "tr", "th", "th", "tbody", "tr", "td", "td", "code", "tr", "td", "details", "summary", "pre", "code"]
    assert wanted == read(TAGS).tags
