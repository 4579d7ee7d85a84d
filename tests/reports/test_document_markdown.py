"""Blocks as Markdown: read back by another program they are what was written, whatever strangers put into them."""

from __future__ import annotations

import random
import string

import pytest

from markdown_reader import fenced, raw_html, shown_text, tables, tokens
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
)
from prover.reports.document_markdown import markdown
from prover.reports.text import plain

HOSTILE = {
    "tag": "<img src=x onerror=alert(1)>",
    "script": "<script>alert(1)</script>",
    "end of a fold": "</details>",
    "comment": "<!-- hidden",
    "pipe": "a|b",
    "backslash before a pipe": "a\\|b",
    "backslash at the end": "a\\",
    "backtick": "a`b",
    "backticks at both ends": "`a`",
    "three backticks": "```",
    "lines": "a\n\n# b\n- c\n> d\n    e",
    "escape sequence": "\x1b[31mred\x1b[0m",
    "bell and delete": "a\x07b\x7fc",
    "right to left": "a\u202eb\u2066c\u200bd",
    "link": "[x](http://evil.example)",
    "picture": "![x](http://evil.example/p.png)",
    "reference": "[x]: http://evil.example",
    "bare address": "see http://evil.example or www.evil.example",
    "address in brackets": "<http://evil.example>",
    "mention": "@everyone and name@evil.example",
    "number of an issue": "owner/repo#12 and GH-7 and #3",
    "emphasis": "*a* _b_ **c** ~~d~~ ***e***",
    "entity": "&lt;b&gt; &#60;",
    "heading": "# a",
    "underlined": "===",
    "rule": "---",
    "list": "1. a",
    "star": "* a",
    "dash": "- a",
    "plus": "+ a",
    "quotation": "> a",
    "table": "| a | b |\n|---|---|\n| c | d |",
    "mathematics": "$x$ $$y$$",
    "spaces": "    indented",
    "task": "[ ] a",
}


def is_marked(kinds: set[str]) -> bool:
    """Whether anything but text and code is in a line."""
    return bool(kinds - {"text", "code_inline", "text_special", "strong_open", "strong_close", "softbreak",
                         "html_inline"})  # `raw_html` holds HTML


def one_line(text: str) -> str:
    """What a reader should see of it: without control characters, spaces drawn together."""
    return " ".join(plain(text, 4000).split())


BLOCKS = {
    "heading": ("heading_open", lambda text: Heading(text)),
    "paragraph": ("paragraph_open", lambda text: Paragraph(text)),
    "paragraph of code": ("paragraph_open", lambda text: Paragraph((Mono(text),))),
    "strong": ("paragraph_open", lambda text: Paragraph((Strong(text), " end"))),
    "items": ("list_item_open", lambda text: Items((text, (Mono(text),)))),
    "caution": ("blockquote_open", lambda text: Caution(text)),
    "facts": ("td_open", lambda text: Facts(((text, text), ("code", (Mono(text),))))),
    "table": ("td_open", lambda text: Table(("a", "b"), ((text, (Mono(text),)),), text)),
}


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_strangers_write_is_inert(name: str, text: str) -> None:
    """One block of its kind, no markup in it, no HTML, and every character that can be read is read."""
    kind, make = BLOCKS[name]
    block: Block = make(text)
    written = markdown((block, Paragraph("after")))
    found = tokens(written)
    counts = {"items": 2, "facts": 4, "table": 4}
    assert counts.get(name, 1) + (name.startswith("paragraph") or name == "strong") == sum(
        token.type == kind and token.level < 4 for token in found)
    assert [] == raw_html(written)
    assert not is_marked({token.type for token in found if not token.block})
    assert one_line(text).replace(" ", "") in shown_text(written).replace(" ", "")
    assert "after" == [token.content for token in found if token.type == "inline"][-1]
    assert all(c.isprintable() or c == "\n" for c in written)


@pytest.mark.parametrize("text", ["@name", "a@b", "http://x", "WWW.x", "#12", "gh-12", "x/y#7"])
def test_what_a_site_links_by_itself_is_code(text: str) -> None:
    """Backslashes do not stop a site from linking names, numbers and addresses; code does."""
    (code,) = [token.content for token in tokens(markdown((Paragraph(f"see {text} there"),)))
               if token.type == "code_inline"]
    assert text == code


def test_cells_stay_whole() -> None:
    """A table keeps its rows and columns, whatever stands in a cell, as prose and as code."""
    rows = tuple((text, (Mono(text),)) for text in HOSTILE.values())
    (found,) = tables(markdown((Table(("prose", "code"), rows),)))
    assert [2] * (len(rows) + 1) == [len(row) for row in found]
    for text, row in zip(HOSTILE.values(), found[1:], strict=True):
        assert [one_line(text).replace(" ", "")] * 2 == [cell.replace(" ", "") for cell in row]


LETTERS = string.ascii_letters[:4] + string.punctuation + "  \n\t\x1b\u202e" + "`|\\<>*_[]()!#@&-"


@pytest.mark.parametrize("seed", range(10))
def test_random_text_is_read_as_it_was_written(seed: int) -> None:
    """Random texts of marks in every kind of block: no markup, no HTML, and nothing lost."""
    chance = random.Random(seed)
    for _ in range(10):
        text = "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 30)))
        if not one_line(text):
            continue
        for name, (_, make) in BLOCKS.items():
            written = markdown((make(text),))
            assert [] == raw_html(written), (name, text)
            assert not is_marked({token.type for token in tokens(written) if not token.block}), (name, text)
            wanted = one_line(text).replace(" ", "")
            assert wanted in shown_text(written).replace(" ", "").replace("\n", ""), (name, text)


@pytest.mark.parametrize("text", ["a\nb", "```\nx = 1\n```", "~~~", "    indented", "</details>", "a````b"])
def test_code_keeps_its_lines(text: str) -> None:
    """A fence is longer than any in the code; indentation and order of lines stay."""
    assert [f"{text}\n", f"{text}\n"] == fenced(markdown((Code(text), Folded("more", (Code(text),)))))


def test_folded_blocks_are_read_as_markdown() -> None:
    """What is folded is a table and a list for the reader, and the summary is text."""
    written = markdown((Folded("<b>12 & more</b>", (Table(("a",), (("b",),)), Items(("c",)))), Paragraph("d")))
    assert "<details><summary>&lt;b&gt;12 &amp; more&lt;/b&gt;</summary>" in written
    kinds = [token.type for token in tokens(written)]
    assert (1, 1, 2) == (kinds.count("table_open"), kinds.count("bullet_list_open"), kinds.count("html_block"))


def test_nothing_is_an_empty_text() -> None:
    """No block gives no line."""
    assert "" == markdown(())


@pytest.mark.parametrize(
    ("strong", "expected"),
    [("Not as expected: ", "**Not as expected:** `a`"), (" a ", "**a** `a`"), ("a", "**a**`a`"),
     (" ", "`a`"), ("", "`a`")],
)
def test_what_is_read_first_keeps_its_distance(strong: str, expected: str) -> None:
    """A space at the end of strong text stands behind its marks, where Markdown reads them."""
    assert expected == markdown([Paragraph((Strong(strong), Mono("a")))]).strip()
