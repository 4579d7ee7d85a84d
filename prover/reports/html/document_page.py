"""An answer in blocks as a page, with its certificate if it has one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prover.reports.document import Document, Heading, pieces
from prover.reports.document_html import body
from prover.reports.html.certificate_part import certificate_part, certificates_part
from prover.reports.html.shell import page


def document_page(blocks: Document, certificate: str | None = None, path: str | None = None) -> str:
    """The page of a document. `path`: where the certificate was written too, if it was."""
    parts = ["<h1>rope-prover</h1>", body(blocks).rstrip()]
    if certificate is not None:
        parts.append(certificate_part(certificate, json.loads(certificate)["digest"], path))
    return page(f"rope-prover: {_title(blocks)}", "\n".join(parts))


def many_page(blocks: Document, certificates: Sequence[tuple[str, str]], option: str) -> str:
    """The page of a document with several certificates. `option`: of the command, which writes them all."""
    parts = ["<h1>rope-prover</h1>", body(blocks).rstrip(), certificates_part(certificates, option)]
    return page(f"rope-prover: {_title(blocks)}", "\n".join(parts))


def _title(blocks: Document) -> str:
    return next((_words(block) for block in blocks if isinstance(block, Heading)), "report")


def _words(heading: Heading) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces(heading.text))
