"""The titles that `list` shows, which it reads without the rest of the file where it can."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from prover.layouts.spec import catalogue, read_title
from prover.resources import shipped_proofs


def test_titles() -> None:
    """The title that is read off the first line is the one that a whole reading gives, and other files have theirs."""
    for path in (*catalogue().values(), *shipped_proofs()):
        assert tomllib.loads(path.read_text())["title"] == read_title(path)


@pytest.mark.parametrize(("text", "title"), [
    ('title = "one"\nnote = "two"\n', "one"),
    ('note = "two"\ntitle = "one"\n', "one"),
    ('title = "a \\"b\\""\n', 'a "b"'),
    ("title = '''a\nb'''\n", "a\nb"),
    ('title = """\none"""\n', "one"),
    ('title = "one" # two\n', "one"),
    ("note = 'title'\n", ""),
])
def test_title_of_a_file(tmp_path: Path, text: str, title: str) -> None:
    """However the title is written."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    assert title == read_title(path)
