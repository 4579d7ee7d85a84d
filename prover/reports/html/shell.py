"""The frame of every page: one file whose own rules forbid it the network, with its style and script inside."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from prover.files import PAGE_START

MAX_PAGE = 5 << 20  # bytes that a page stays below; what makes it up is bounded part by part
MAX_TITLE = 200

_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def page(title: str, body: str, data: Any = None) -> str:
    """A whole page. `body`: its content as HTML, everything in it escaped. `data`: JSON types for the script.

    All of it is ASCII, so that it is the same in whatever encoding it is written to a file.
    Content-Security-Policy lets this very style and script in, by their digests, and nothing else: no connection, no
    image, no frame, no form.
    """
    style, script = _shipped("page.css"), _shipped("page.js")
    policy = (
        f"default-src 'none'; style-src '{_source(style)}'; script-src '{_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return PAGE_START + "\n".join([
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_ascii(text(title, MAX_TITLE))}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        f"<main>\n{_ascii(body)}\n</main>",
        *([] if data is None else [f'<script type="application/json" id="data">{json_text(data)}</script>']),
        f"<script>{script}</script>",
        "</body>",
        "</html>",
        "",
    ])


def text(value: object, most: int = 4000) -> str:
    """Anything as HTML text or an attribute's value: escaped, without characters that show nothing or turn the line."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in str(value))
    return escape(kept if len(kept) <= most else f"{kept[: most - 1]}…")


def json_text(data: Any) -> str:
    """JSON that may stand inside a script element: no character in it can end the element or a line."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(_UNSAFE)


def _ascii(markup: str) -> str:
    return markup.encode("ascii", "xmlcharrefreplace").decode()


@cache
def _shipped(name: str) -> str:
    """A file of this folder, as it stands between its tags: its digest is in the page's policy."""
    found = files("prover.reports.html").joinpath(name).read_text(encoding="utf-8")
    assert found.isascii()
    assert "</" not in found
    return found


def _source(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"
