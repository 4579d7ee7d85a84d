"""Where in a file a key stands, for who looks at the file in a review."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from prover.errors import ProverError
from prover.files import read_text
from prover.sources.config_json import CONFIG
from prover.sources.json_text import MAX_BYTES

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]|\n|[^\s{}\[\]:,"]+')
_EXPECT = re.compile(r"\s*\[\s*expect\s*\]")
_STATED = re.compile(r"\s*[\"']?expect[\"']?\s*[.=]")  # where there is no such header


def json_lines(text: str) -> dict[str, int]:
    """The line of each key in JSON that is known to be well-formed, by its path: rope_scaling.factor."""
    found: dict[str, int] = {}
    path: list[str] = []
    line, word, is_key = 1, "", False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == "\n":
            line += 1
        elif mark == ":" and is_key:
            path[-1] = word
            found.setdefault(".".join(path), line)
            is_key = False
        elif mark in ("{", "["):
            path.append("")
            is_key = mark == "{"
        elif mark in ("}", "]"):
            path.pop()
            is_key = False
        elif mark == ",":
            is_key = bool(path) and path[-1] != ""
        elif mark[0] == '"':
            word = token[1]
    return found


def config_place(file: str, keys: Sequence[str]) -> tuple[str, int]:
    """The config that `file` means, and the line of the first of `keys` that it has; 1 where it has none of them."""
    path = os.path.join(file, CONFIG) if os.path.isdir(file) else file
    try:
        lines = json_lines(read_text(Path(path), MAX_BYTES))
    except (ProverError, OSError, IndexError):
        return path, 1
    return path, next((lines[key] for key in keys if key in lines), 1)


def expectation_line(text: str, key: str) -> int:
    """The line of a claim file where `key` is expected; that of its table if the key is not there, 1 without one."""
    inside = stated = 0
    for number, line in enumerate(text.splitlines(), 1):
        if _EXPECT.match(line):
            inside = number
        elif inside and line.lstrip().startswith("["):
            break
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
        elif not inside and not stated and _STATED.match(line):
            stated = number
    return inside or stated or 1


def fault_line(text: str, field: str) -> int:
    """The line of a claim file where a field stands that is not as it has to be, such as expect.pairs[0]; else 1."""
    table, _, key = field.partition(".")
    if table == "expect":
        return expectation_line(text, key.partition("[")[0])
    name = re.escape(table.partition("[")[0])
    top = re.split(r"^[ \t]*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = (re.search(rf"^[ \t]*[\"']?{name}[\"']?[ \t]*[.=]", top, re.MULTILINE)
             or re.search(rf"^[ \t]*\[+[ \t]*{name}\b", text, re.MULTILINE)) if name else None
    return text.count("\n", 0, found.start()) + 1 if found else 1
