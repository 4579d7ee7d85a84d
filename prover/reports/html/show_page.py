"""A layout as a page: what is known of it, then its lanes and pairs to look at."""

from __future__ import annotations

from collections.abc import Sequence

from prover.claims.claim import make_claim
from prover.layouts.loading import Loaded
from prover.reports.html.layout_data import layout_data
from prover.reports.html.layout_view import layout_view
from prover.reports.html.shell import page, text


def show_page(loaded: Loaded, feeds: Sequence[str], words: str) -> str:
    """The page of a layout under feeds. `words`: what `show` tells, an HTML fragment."""
    data = layout_data(make_claim(loaded, loaded, feeds), ("source",))
    data["sides"] = {"layout": data["sides"].pop("source")}
    name = loaded.layout.name
    body = "\n".join([f"<h1>rope-prover: {text(name, 400)}</h1>", words.rstrip(), layout_view(data)])
    return page(name, body, data)
