"""Text made safe and laid out for a terminal."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Mapping, Sequence


def columns(usual: int = 120) -> int:
    """How wide text is laid out: COLUMNS or the terminal's width, from 80 to 120; `usual` where neither is known."""
    return max(80, min(120, shutil.get_terminal_size((usual, 24)).columns))


def turns_text(turns: Sequence[str]) -> str:
    """A pair's distinct angles: one; those of its two lanes; or those of its cosines and sines, lane by lane."""
    if len(turns) == 4:
        alpha, beta, gamma, delta = turns
        return f"cos {alpha}, sin {beta} | sin {gamma}, cos {delta}"
    return " | ".join(turns)


def counted(count: int, one: str) -> str:
    """A number and what is counted, by its word for one, whose plural ends in s or es.

    >>> counted(1, "class"), counted(2, "class"), counted(0, "pair")
    ('1 class', '2 classes', '0 pairs')
    """
    return f"{count} {one}" if count == 1 else f"{count} {one}{'es' if one.endswith('s') else 's'}"


def plain(text: str, most: int = 400) -> str:
    """Text from a stranger's file made safe for a terminal: one line, no control characters, ? for what is no text."""
    kept = "".join(c if c.isprintable() else "?" if "\ud800" <= c <= "\udfff" else " " for c in text)
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def check_line(path: str) -> str:
    """The command that checks a certificate, to be pasted into a shell whatever the file is called.

    >>> check_line("my proofs/a.json"), check_line("-a.json")
    ("rope-prover check 'my proofs/a.json'", 'rope-prover check ./-a.json')
    """
    return f"rope-prover check {shlex.quote(f'./{path}' if path.startswith('-') else path)}"


def written_words(path: str | None) -> str:
    """Behind the digest of a certificate: where it was written, and the command that checks it."""
    return f", written to {path}; check it with: {check_line(path)}" if path else ""


COMMAND = "command"  # the label of what is to be copied


def labelled_text(headline: str, rows: Sequence[tuple[str, str]]) -> str:
    """Plain text: a headline, then a label a line, made safe and wrapped; a command stays in one line."""
    lines = [
        f"{label:<9} {plain(text, 4000)}" if label == COMMAND else textwrap.fill(
            plain(text, 4000), columns(), initial_indent=f"{label:<9} ", subsequent_indent=" " * 10,
            break_long_words=False, break_on_hyphens=False,
        ).rstrip()
        for label, text in rows
    ]
    return "\n".join([headline, "", *lines]) + "\n"


def far_words(codes: Mapping[str, Sequence[str]]) -> str:
    """How far a verdict goes whose sides do not tell everything: side to the codes of what it does not tell."""
    far = " and ".join(f"the {side} tells ({', '.join(found)})" for side, found in codes.items() if found)
    return f", as far as {far}" if far else ""
