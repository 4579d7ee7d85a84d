"""timm's axial, DINOv3 and mixed rotary embeddings with apply_rot_embed_cat. Source:
huggingface/pytorch-image-models 1.0.31, timm/layers/pos_embed_sincos.py.

A place is a cell of a grid. Grids in pixels and centred ones run from -1 to 1, so there a step is a fraction: that
between two cells, small enough for no pair to turn by pi in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Software, Values

SHORTEST, LARGEST = 128, 512  # steps from edge to edge of a pixel grid; more than 40 from its middle are never probed
CENTRED = SHORTEST + 1  # cells on a side of a centred grid, odd for one to be in the middle


def _turned(embed: Any, vectors: Array, half: bool) -> Array:
    """Vectors by one row of sines and cosines, each a sequence of one token."""
    import torch
    from timm.layers.pos_embed_sincos import apply_rot_embed_cat

    with torch.no_grad():
        return np.asarray(apply_rot_embed_cat(torch.tensor(vectors, dtype=torch.float32), embed, half=half).double())


def _whole(module: Any, half: bool) -> Kernel:
    """Rows and columns are whole numbers: the last cell of a grid that is one larger."""
    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        return _turned(module.get_embed([int(place) + 1 for place in position])[-1], vectors, half)

    return kernel


def _from_the_middle(module: Any, half: bool, cells: int, step: float) -> Kernel:
    """Rows and columns from -1 to 1 on a square grid with a cell in the middle."""
    grid = module.get_embed([cells, cells]).reshape(cells, cells, -1)

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        row, column = (cells // 2 + round(place / step) for place in position)
        return _turned(grid[row, column], vectors, half)

    return kernel


def _pixels(values: Values) -> int:
    """Steps from edge to edge of a pixel grid: a power of two, so that places are exact, above max_res, so that the
    last band, pi*max_res/2, turns by less than pi in a step."""
    steps = max(SHORTEST, 1 << int(values.number("max_res")).bit_length())
    if steps > LARGEST:
        raise ValueError(f"max_res={values.number('max_res'):g}: below {LARGEST} is measured")
    return steps


def _cat(values: Values) -> Kernel:
    from timm.layers.pos_embed_sincos import RotaryEmbeddingCat

    pixels, half = values.flag("in_pixels"), values.flag("half")
    more: dict[str, Any] = {"temperature": values.number("temperature")} if not pixels else {
        "max_res": values.number("max_res"), "linear_bands": bool(values.whole("linear_bands"))}
    module = RotaryEmbeddingCat(values.whole("head_dim"), in_pixels=pixels, rotate_half=half,
                                grid_indexing=values.word("grid_indexing"), **more)
    return _from_the_middle(module, half, _pixels(values) + 1, _cat_step(values)) if pixels else _whole(module, half)


def _cat_step(values: Values) -> float:
    return 2 / _pixels(values) if values.flag("in_pixels") else 1.0


def _dinov3(values: Values) -> Kernel:
    from timm.layers.pos_embed_sincos import RotaryEmbeddingDinoV3

    shortest, half = values.number("min_period"), values.flag("rotate_half")
    periods: dict[str, Any] = {"temperature": values.number("temperature")} if not shortest else {
        "temperature": None, "min_period": shortest, "max_period": values.number("max_period")}
    module = RotaryEmbeddingDinoV3(values.whole("head_dim"), rotate_half=half,
                                   grid_indexing=values.word("grid_indexing"), **periods)
    return _from_the_middle(module, half, CENTRED, _dinov3_step(values))


def _dinov3_step(values: Values) -> float:
    """Between two of CENTRED cells; places on a finer grid are rounded too much to tell a frequency by."""
    step, shortest = 2 / CENTRED, values.number("min_period") or 1.0
    if shortest <= 2 * step:
        raise ValueError(f"min_period={shortest:g}: above {2 * step:g} is measured")
    return step


def _mixed(values: Values) -> Kernel:
    import torch
    from timm.layers.pos_embed_sincos import RotaryEmbeddingMixed

    freqs = torch.tensor([values.numbers("freqs_x"), values.numbers("freqs_y")])
    if freqs.abs().max() >= torch.pi:
        raise ValueError(f"a frequency of {freqs.abs().max():g} is half a turn or more from one cell to the next")
    module = RotaryEmbeddingMixed(2 * freqs.shape[1], depth=1, num_heads=1, grid_indexing="xy")
    module.freqs.data.copy_(freqs[:, None, None])

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        column, row = (int(place) for place in position)
        return _turned(module.get_embed([row + 1, column + 1])[0, 0, -1], vectors, False)

    return kernel


_CAT, _INDEX, _DINO, _MIXED = "timm/rope-cat", "timm/rope-cat-index", "timm/dinov3", "timm/rope-mixed"
SOFTWARE = Software(
    ("timm", "torch"), {_INDEX: _cat, _CAT: _cat, _DINO: _dinov3, _MIXED: _mixed},
    (*(f"{_INDEX}:head_dim=64:half={half}:grid_indexing={order}"
       for half in ("false", "true") for order in ("ij", "xy")),
     f"{_INDEX}:head_dim=128:temperature=100",
     *(f"{_CAT}:head_dim=32:max_res=16:linear_bands={linear}:half={half}:grid_indexing={order}"
       for linear, half, order in ((0, "false", "ij"), (1, "true", "xy"))),
     f"{_CAT}:head_dim=16:max_res=224", f"{_CAT}:head_dim=64:in_pixels=false",
     _DINO, f"{_DINO}:head_dim=32:rotate_half=false:grid_indexing=xy:temperature=500",
     f"{_DINO}:head_dim=32:min_period=0.5:max_period=90",
     _MIXED, f"{_MIXED}:freqs_x=0.25,2,-1.5,0.125:freqs_y=0.75,0,1,-0.5"),
    {_INDEX: _cat_step, _CAT: _cat_step, _DINO: _dinov3_step},
)
