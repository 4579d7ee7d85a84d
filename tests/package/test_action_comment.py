"""A report that is too long for a comment is cut where its Markdown stays whole, and what is missing is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from markdown_reader import raw_html, tables, tokens

ACTION = Path(__file__).parents[2] / "action"
TABLE = "| a | b | c |\n| --- | --- | --- |\n" + "\n".join(f"| r{row} | é{row} | y |" for row in range(200))
LIST = "\n".join(f"- item {row}" for row in range(300))
FOLD = f"<details><summary>All 200</summary>\n\n{TABLE}\n\n```python\nx = 1\n\n</details>\n```\n\n</details>"
CODE = "````text\n" + "```\n\n<details>\n" * 60 + "````"
REPORT = "\n\n".join(["## Claims", "### 3 of 4 are as expected.", FOLD, CODE, TABLE, LIST, "p " * 400, "## Configs",
                      "> last"]) + "\n"
ROOM = 1500


def cut(tmp_path: Path, text: str, most: int) -> str:
    """What the script prints."""
    path = tmp_path / "report.md"
    path.write_bytes(text.encode())
    done = subprocess.run([sys.executable, str(ACTION / "cut.py"), str(path), str(most), "The summary"],
                          capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    return done.stdout.decode()


def test_a_short_report_is_as_it_is(tmp_path: Path) -> None:
    """To the last byte that has room."""
    assert REPORT == cut(tmp_path, REPORT, len(REPORT.encode()))
    assert REPORT != cut(tmp_path, REPORT, len(REPORT.encode()) - 1)
    assert "" == cut(tmp_path, "", 100)


@pytest.mark.parametrize("most", [1600, 1700, 2000, 3000, 4000, 5000, 6000, 7000, 9000, len(REPORT.encode()) - 1])
def test_what_is_left_is_whole(tmp_path: Path, most: int) -> None:
    """No longer than asked; folds, code and tables end as they begin; headings stay; the note is first."""
    text = cut(tmp_path, REPORT, most)
    assert most >= len(text.encode())
    assert text.startswith("> Left out, since there is no more room here: ")
    assert "The summary has all of it." in text.split("\n")[0]
    outside = [token for token in tokens(text) if token.type in ("html_block", "fence")]
    assert (text.count(FOLD), text.count(CODE)) == (
        sum("<summary>" in token.content for token in outside), sum(token.markup == "````" for token in outside))
    assert [] == raw_html(text)
    assert all(len(row) == 3 for rows in tables(text) for row in rows)
    for heading in ("## Claims", "## Configs", "### 3 of 4 are as expected."):
        assert f"\n{heading}\n" in text


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    """The fold by its name, the table's and the list's lines by their number, worked out from what is left."""
    text = cut(tmp_path, REPORT, 4000)
    first = text.split("\n")[0]
    (rows,) = tables(text)
    assert 1 < len(rows)
    assert f"{200 - (len(rows) - 1)} rows of a table" in first
    left = 300 - text.count("\n- item ")
    assert (f"{left} items of a list" in first) is (left > 0)
    assert "“All 200”" in first


def test_one_long_line_has_no_room(tmp_path: Path) -> None:
    """Nothing of it is told, but that it is elsewhere; a mark that is no UTF-8 does no harm."""
    assert "Left out" in cut(tmp_path, "x" * 9000, 2000)
    assert "no room here. The summary has" in cut(tmp_path, "# " + "x" * 9000, 2000)
    path = tmp_path / "bad.md"
    path.write_bytes(b"\xff\xfe" * 4000 + b"ok")
    done = subprocess.run([sys.executable, str(ACTION / "cut.py"), str(path), "3000", "S"], capture_output=True,
                          check=True)
    assert b"ok" == done.stdout


def test_the_comment_is_posted(tmp_path: Path) -> None:
    """The script of the action, with another gh: the mark, what has room, and one comment that is replaced."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncase "$*" in *--paginate*) echo 17;; esac\n')
    (tools / "gh").chmod(0o755)
    (tmp_path / "report.md").write_text("## Claims\n\n" + TABLE.replace("y |", "y" * 400 + " |"))
    subprocess.run(["bash", str(ACTION / "comment.sh")], check=True, env={
        **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path), "NUMBER": "3",
        "REPORT": str(tmp_path / "report.md"), "GITHUB_REPOSITORY": "a/b",
    })
    body = (tmp_path / "rope-prover-comment.md").read_text()
    assert body.startswith("<!-- rope-prover -->\n> Left out")
    assert 65536 > len(body) > 50000
    assert body.endswith("|\n")
    assert "PATCH repos/a/b/issues/comments/17" in (tmp_path / "calls").read_text()
