"""A layout as a page: what is known of it, then its lanes and pairs to look at."""

from __future__ import annotations

from collections.abc import Sequence

from prover.claims.claim import make_claim
from prover.layouts.loading import Loaded
from prover.reports.document_html import body
from prover.reports.documents.show import show_document
from prover.reports.html.layout_data import layout_data
from prover.reports.html.layout_view import layout_view
from prover.reports.html.shell import page, text
from prover.reports.show import show_json


def show_page(loaded: Loaded, feeds: Sequence[str], everything: bool = False) -> str:
    """The page of a layout under feeds; `everything`: nothing is cut in its words."""
    data = layout_data(make_claim(loaded, loaded, feeds), ("source",))
    data["sides"] = {"layout": data["sides"].pop("source")}
    name = loaded.layout.name
    words = body(show_document(show_json(loaded, feeds), everything)).rstrip()
    return page(name, "\n".join([f"<h1>rope-prover: {text(name, 400)}</h1>", words, layout_view(data)]), data)
