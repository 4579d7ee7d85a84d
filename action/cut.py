"""Prints a Markdown report, or as much of it as has room: python3 cut.py REPORT BYTES WHERE.

It is cut between blocks, tables and lists between their lines, so that no fold and no code stays open. What is left out
is said first; WHERE has all of it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOM = 1500     # bytes that are kept for what is said of the rest
MOST_NAMED = 8
NAME = 80       # characters of a fold's name


def blocks(text: str) -> list[str]:
    """The parts between empty lines, those inside of code or of a fold aside."""
    found: list[str] = []
    lines: list[str] = []
    fence, depth = "", 0
    for line in text.split("\n"):
        ticks = re.match(r" {0,3}(`{3,})", line)
        if fence:
            if ticks and len(ticks[1]) >= len(fence) and not line.strip(" `"):
                fence = ""
        elif ticks and "`" not in line.strip()[len(ticks[1]):]:
            fence = ticks[1]
        else:
            depth += line.startswith("<details>") - line.startswith("</details>")
        if line.strip() or fence or depth > 0:
            lines.append(line)
        elif lines:
            found.append("\n".join(lines))
            lines = []
    return [*found, "\n".join(lines)] if lines else found


def size(text: str) -> int:
    """Bytes, with the empty line behind it."""
    return len(text.encode()) + 2


def shortened(block: str, room: int) -> tuple[str, int]:
    """As many lines of a table or a list as have room, and how many are left out; nothing of another block."""
    lines, head = block.split("\n"), 2 if block.startswith("|") else 0
    kept, used = 0, 1
    if block.startswith(("|", "- ")):
        for line in lines:
            used += len(line.encode()) + 1
            if used > room:
                break
            kept += 1
    kept *= kept > head
    return "\n".join(lines[:kept]), len(lines) - max(kept, head)


def named(block: str, left: tuple[str, int]) -> str:
    """What is left out of a block, or the block: a fold by its name, a table or a list by how many of its lines."""
    fold = re.match("<details><summary>(.*?)</summary>", block)
    if fold:
        return f"“{fold[1]}”" if len(fold[1]) <= NAME else "a fold"
    of = "table" if block.startswith("|") else "list" if block.startswith("- ") else ""
    if not of:
        return "code" if block.startswith("```") else "a paragraph"
    one = "row" if of == "table" else "item"
    return f"{left[1]} {one}{'s' * (left[1] != 1)} of a {of}"


def fitted(text: str, most: int) -> tuple[list[str], list[str]]:
    """The blocks that have room, and in words what is left out. A heading stays; a fold is kept whole or not at all."""
    parts, kept, gone = blocks(text), [], []
    room = most - ROOM - sum(size(block) for block in parts if block.startswith("#"))
    for block in parts:
        if block.startswith("#"):
            kept.append(block)
            continue
        if size(block) > room:
            gone.append(named(block, left := shortened(block, room)))
            block = left[0]
        if block:
            kept.append(block)
            room -= size(block)
    return kept, gone


def cut(text: str, most: int, where: str) -> str:
    """The report, at most so many bytes long."""
    if len(text.encode()) <= most:
        return text
    kept, gone = fitted(text, most)
    more = f" and {len(gone) - MOST_NAMED} more" if len(gone) > MOST_NAMED else ""
    note = f"> Left out, since there is no more room here: {', '.join(gone[:MOST_NAMED])}{more}. {where} has all of it."
    found = "\n\n".join([note, *kept]) + "\n"
    return found if len(found.encode()) <= most else f"> The report has no room here. {where} has all of it.\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    report = Path(sys.argv[1]).read_bytes().decode("utf-8", "ignore")
    sys.stdout.write(cut(report, int(sys.argv[2]), sys.argv[3]))
