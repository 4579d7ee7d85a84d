"""A witness as code that changes the whole W_q and W_k, for NumPy and torch, and its factors row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from prover.claims.claim import Claim
from prover.claims.evidence import Witness
from prover.claims.factors import Ranges, lane_factors, lanes_by_factor
from prover.claims.relation import Relation
from prover.exact.display import show_number
from prover.exact.number import ONE, Exact
from prover.kernels.kernel import to_float
from prover.reports.idiom import Idiom

Library = Literal["numpy", "torch"]

MAX_WRITTEN = 512
MAX_ASSIGNED = 24
_SHAPES = '"""All heads of a matrix (heads*d, columns), or of a vector (heads*d,)."""'
_ROWS = 'assert len(W) == heads*d, f"{len(W)} rows are not {heads} heads of {d} lanes"'
_REPORT = 'json.loads(Path("report.json").read_text())["witness"]'


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor and the rows of a head, after the move, that it belongs to: ranges with both ends."""

    rows: Ranges
    value: Exact

    @property
    def text(self) -> str:
        return show_number(self.value)

    @property
    def number(self) -> float:
        return to_float(self.value)


def row_factors(claim: Claim, holds: Witness) -> tuple[Factor, ...]:
    """Source magnitude over target magnitude of every row, in order of the first row; empty without a scale."""
    if holds.relation is not Relation.PAIR_MAP:
        return ()
    factors = lane_factors(claim, holds.permutation)
    return tuple(Factor(rows, value) for value, rows in lanes_by_factor(factors).items())


def weight_code(
    library: Library, permutation: Sequence[int], idiom: Idiom | None, factors: Sequence[Factor]
) -> str:
    """Python text that changes W_q and W_k of all heads; what else there may be is in comments.

    It needs W_q, W_k, heads and kv_heads. `report.json`, where it reads one, is what --json prints.
    """
    d, np = len(permutation), "np" if library == "numpy" else "torch"
    moves = list(permutation) != list(range(d))
    scaled = any(factor.value != ONE for factor in factors)
    lines = ["import numpy as np" if library == "numpy" else "import torch", "", f"d = {d}  # lanes of one head"]
    lines += _rows(library, permutation, idiom) if moves else []
    lines += _factors(library, d, factors) if scaled else []
    mover = "move" if scaled else "convert"
    lines += [
        "", f"def {mover}(W, heads):", f"    {_SHAPES}", f"    {_ROWS}",
        "    return W.reshape(heads, d, -1)[:, rows].reshape(W.shape)" if moves else "    return W",
    ]
    if scaled:
        cast = "factor[:, None].astype(W.dtype)" if library == "numpy" else "factor[:, None].to(W)"
        floats = 'W.dtype.kind not in "iu"' if library == "numpy" else "W.is_floating_point()"
        lines += [
            "", "def convert(W, heads):", f"    {_SHAPES}",
            f'    assert {floats}, "whole numbers of quantised rows only move"',
            f"    return (move(W, heads).reshape(heads, d, -1) * {cast}).reshape(W.shape)",
            "", "normed = False  # True: an RMSNorm or LayerNorm stands between projection and rotation",
            "change = move if normed else convert",
        ]
    verb = "change" if scaled else "convert"
    lines += [
        "",
        f"W_q, W_k = {verb}(W_q, heads), {verb}(W_k, kv_heads)",
        "# As far as there are biases, a LoRA's B, scales of quantised rows, gains of a q/k norm:",
        *(f"# {x}_q, {x}_k = {verb}({x}_q, heads), {verb}({x}_k, kv_heads)" for x in ("bias", "B", "scales")),
        "# gain_q, gain_k = convert(gain_q, len(gain_q)//d), convert(gain_k, len(gain_k)//d)",
    ]
    if any(_REPORT in line for line in lines):
        lines[:0] = ["import json", "from pathlib import Path", ""]
    return "\n".join(lines).replace("np.", f"{np}.") + "\n"


def _rows(library: Library, permutation: Sequence[int], idiom: Idiom | None) -> list[str]:
    """Row i of a head is row rows[i] of what it was."""
    if idiom is not None:
        where = "" if (idiom.start, idiom.stop) == (0, len(permutation)) else f"[{idiom.start}:{idiom.stop}]"
        made = idiom.index_code(library, f"rows{where}")
        first = "rows = np.arange(d)  # row i of a head will be its row rows[i] of now"
        return [first, f"rows{where} = {made}" if where else f"rows = {made}"]
    entries = str(list(permutation)) if len(permutation) <= MAX_WRITTEN else f'{_REPORT}["permutation"]'
    make = "np.array" if library == "numpy" else "np.tensor"
    return [f"rows = {make}({entries})  # row i of a head will be its row rows[i] of now"]


def _factors(library: Library, d: int, factors: Sequence[Factor]) -> list[str]:
    """The factor of row i, after the move."""
    kind = "" if library == "numpy" else ", dtype=np.float64"
    lines = [f"factor = np.ones(d{kind})  # of row i of a head, after the move"]
    parts = [(span, factor) for factor in factors if factor.value != ONE for span in factor.rows]
    if len(parts) <= MAX_ASSIGNED:
        return lines + [f"factor[{a}:{b + 1}] = {factor.number!r}  # {factor.text}" for (a, b), factor in parts]
    if d <= MAX_WRITTEN:
        values = {lane: factor.number for (a, b), factor in parts for lane in range(a, b + 1)}
        make = "np.array" if library == "numpy" else "np.tensor"
        return [f"factor = {make}({[values.get(lane, 1.0) for lane in range(d)]}{kind})"]
    return [
        *lines,
        f"for entry in {_REPORT}[\"factors\"]:",
        "    for first, last in entry[\"rows\"]:",
        "        factor[first : last + 1] = entry[\"value\"]",
    ]
