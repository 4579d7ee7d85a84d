"""An audit as a matrix: a row for each model, a column for each engine, a letter, colour and hatching for each word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prover.reports.text import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_MODELS = 80
LOOKS = {   # letter, colour, hatching
    "equivalent": ("E", "#9AD0BC", ""),
    "convertible": ("C", "#F2D08A", "//"),
    "different": ("D", "#E89A8C", "xx"),
    "undecided": ("?", "#C9C3E6", ".."),
    None: ("-", "#EEEEEE", ""),
}


def matrix_figure(found: dict[str, Any]) -> Figure:
    """The figure of `audit_json`. Cells have the identifier cell-ROW-COLUMN-WORD, with `none` for an empty one."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch, Rectangle

    models, engines = found["models"][:MOST_MODELS], found["engines"]
    figure = Figure(figsize=(1.1 * len(engines) + 1, 0.26 * len(models) + 0.6))
    axes = figure.add_subplot()
    seen = set()
    for row, model in enumerate(models):
        for column, engine in enumerate(engines):
            word = model["cells"].get(engine, {}).get("verdict")
            seen.add(word)
            letter, colour, hatch = LOOKS[word]
            cell = Rectangle((column, row), 1, 1, facecolor=colour, hatch=hatch, edgecolor="white")
            cell.set_gid(f"cell-{row}-{column}-{word or 'none'}")
            axes.add_patch(cell)
            axes.text(column + 0.5, row + 0.5, letter, ha="center", va="center", fontsize=8)
    axes.set_xlim(0, max(1, len(engines)))
    axes.set_ylim(max(1, len(models)), 0)
    axes.set_xticks([i + 0.5 for i in range(len(engines))], [plain(engine, 40) for engine in engines])
    axes.set_yticks([i + 0.5 for i in range(len(models))], [_name(model["file"]) for model in models], fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=f"{letter}  {word or 'not known or not read'}")
        for word, (letter, colour, hatch) in LOOKS.items() if word in seen
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8)
    if len(found["models"]) > len(models):
        left = len(found["models"]) - len(models)
        axes.set_xlabel(f"The first {len(models)} models; {left} more are left out.", loc="left")
    return figure


def _name(path: str) -> str:
    """The end of a path, where models differ."""
    text = plain(path.removesuffix("/config.json"), 4000)
    return text if len(text) <= 48 else f"…{text[-47:]}"
