"""Rows for models/generic."""

from __future__ import annotations

import numpy as np

from catalogue.kernels import Array, Positions, Row, prefix, rotate_halves

_TABLE = np.array([1.0, 0.5, 0.25])


def _table(x: Array, at: Positions) -> Array:
    return prefix(x, 2 * rotate_halves(x[:6], at["p"] * _TABLE))


ROWS = (
    Row("generic/nope", lambda x, at: x),
    Row("generic/table:frequencies=1,0.5,0.25:head_dim=10:magnitude=2", _table),
)
