"""An answer in blocks as a page, with its certificate if it has one."""

from __future__ import annotations

import json

from prover.reports.document import Document, Heading, pieces
from prover.reports.document_html import body
from prover.reports.html.certificate_part import certificate_part
from prover.reports.html.shell import page


def document_page(blocks: Document, certificate: str | None = None, path: str | None = None) -> str:
    """The page of a document. `path`: where the certificate was written too, if it was."""
    title = next((_words(block) for block in blocks if isinstance(block, Heading)), "report")
    parts = ["<h1>rope-prover</h1>", body(blocks).rstrip()]
    if certificate is not None:
        parts.append(certificate_part(certificate, json.loads(certificate)["digest"], path))
    return page(f"rope-prover: {title}", "\n".join(parts))


def _words(heading: Heading) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces(heading.text))
