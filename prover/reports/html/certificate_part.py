"""Certificates inside a page: to be saved from it, with their digests and the command that checks them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence

from prover.reports.html.shell import text
from prover.reports.text import check_line, counted

MAX_CERTIFICATE = 1 << 20  # bytes
MAX_ALL = 2 << 20          # bytes of all certificates of a page
FILE = "rope-prover-certificate.json"


def certificate_part(certificate: str | None, digest: str | None, path: str | None = None) -> str:
    """The section of a page. `path`: where the certificate was written too, if it was."""
    title = '<section aria-labelledby="certificate-title"><h2 id="certificate-title">Certificate</h2>'
    if certificate is None:
        return f"{title}\n<p>There is none: no evidence was found either way.</p>\n</section>"
    data = certificate.encode()
    fits = len(data) <= MAX_CERTIFICATE
    command = f"<p>Check it: <code>{text(check_line(path or (FILE if fits else 'FILE')))}</code></p>"
    if not fits:
        saved = (
            f"<p>It has {len(data)} bytes, which is too much for this page"
            + ("" if path else "; <code>--certificate FILE</code> writes it") + ".</p>"
        )
    else:
        link = _link(data)
        saved = (f'<p><a class="button" id="certificate" download="{FILE}" href="{link}">Save the certificate</a> '
                 f"({len(data)} bytes)</p>")
    about = "<p>The evidence, accepted by the independent checker before anything was said.</p>"
    return "\n".join([title, about, f"<p>Digest: <code>{text(digest)}</code></p>", saved, command, "</section>"])


def certificates_part(certificates: Sequence[tuple[str, str]], option: str) -> str:
    """The section of a page of several: file name and text of each, as many as have room, the smallest first.

    `option`: of the command, which writes them all.
    """
    title = '<section aria-labelledby="certificate-title"><h2 id="certificate-title">Certificates</h2>'
    if not certificates:
        return f"{title}\n<p>There is none.</p>\n</section>"
    room, fits = MAX_ALL, set()
    for name, found in sorted(certificates, key=lambda each: len(each[1])):
        size = len(found.encode())
        if size <= min(room, MAX_CERTIFICATE):
            room -= size
            fits.add(name)
    rows = [_row(name, found) for name, found in certificates if name in fits]
    left = len(certificates) - len(rows)
    lines = [title, "<p>The evidence, each accepted by the independent checker before anything was said.</p>"]
    if rows:
        summary = f"<summary>{counted(len(rows), 'certificate')} to save</summary>"
        lines += [f"<details>{summary}", "<ul>", *rows, "</ul>", "</details>"]
    if left:
        lines.append(f"<p>{counted(left, 'more certificate')} did not fit into this page; "
                     f"<code>{text(option)} DIR</code> writes all.</p>")
    return "\n".join([*lines, "<p>Check one: <code>rope-prover check FILE</code></p>", "</section>"])


def _row(name: str, found: str) -> str:
    digest = text(json.loads(found)["digest"])
    return (f'<li><a class="button" download="{text(name)}" href="{_link(found.encode())}">Save {text(name)}</a> '
            f"<code>{digest}</code></li>")


def _link(data: bytes) -> str:
    return f"data:application/json;base64,{b64encode(data).decode()}"
