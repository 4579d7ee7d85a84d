"""Matplotlib, imported where a picture is drawn and nowhere else; the same bytes for the same figure."""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from prover.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
SETTINGS = {
    "svg.fonttype": "none",            # text stays text
    "svg.hashsalt": "rope-prover",     # identifiers do not depend on chance
    "text.parse_math": False,          # a dollar in a title is a dollar
    "text.usetex": False,
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
}


def is_there() -> bool:
    """Whether matplotlib is installed; it is not imported."""
    return importlib.util.find_spec("matplotlib") is not None


def rendered(make: Callable[[], Figure], kind: Literal["svg", "png"]) -> bytes:
    """A figure as a file: the same on every day, whatever a person's own settings are. Raises InputError without it."""
    if not is_there():
        raise InputError(
            "matplotlib is not installed", where="picture",
            advice="pip install 'rope-prover[draw]'; without it there is the picture as text",
        )
    import matplotlib as mpl

    told = {"Date": None, "Creator": "rope-prover"} if kind == "svg" else {"Software": "rope-prover"}
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")   # glyphs that the measuring font lacks: text in an SVG has the reader's fonts
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        stream = io.BytesIO()
        make().savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=told, bbox_inches="tight", pad_inches=0.15)
    return stream.getvalue()
