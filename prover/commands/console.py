"""What every command prints with: text made safe for a terminal, and JSON."""

from __future__ import annotations

import json
from typing import Any

import click

EXIT_HELP = """\b
Exit codes:
  0  equivalent (or: all as expected)
  1  different (or: not as expected)
  2  bad usage or unreadable input
  3  undecided, or interrupted
  4  internal failure, rejected evidence included
"""


def safe(text: str, most: int = 1400) -> str:
    """One line without control characters, cut in the middle where it is very long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output, plain ASCII."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False))
