"""A layout as a page: what is known of it, then its lanes and pairs to look at."""

from __future__ import annotations

from collections.abc import Sequence

from prover.claims.claim import make_claim
from prover.layouts.loading import Loaded
from prover.reports.html.layout_data import layout_data
from prover.reports.html.layout_view import layout_view
from prover.reports.html.shell import page, text
from prover.reports.show import show_text


def show_page(loaded: Loaded, feeds: Sequence[str]) -> str:
    """The page of a layout under feeds."""
    data = layout_data(make_claim(loaded, loaded, feeds), ("source",))
    data["sides"] = {"layout": data["sides"].pop("source")}
    name = loaded.layout.name
    about = show_text(loaded, False, feeds).partition("\nAxes by pair:")[0]
    body = "\n".join([f"<h1>rope-prover: {text(name, 400)}</h1>", layout_view(data),
                      f'<h2>About it</h2>\n<pre>{text(about, 1 << 16)}</pre>'])
    return page(name, body, data)
