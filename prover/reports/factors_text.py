"""What rows are multiplied by, in words."""

from __future__ import annotations

from collections.abc import Sequence

from prover.claims.factors import lanes_by_factor
from prover.exact.display import show_number
from prover.exact.number import ONE, Exact
from prover.reports.text import counted

MAX_RUNS = 8


def factors_text(factors: Sequence[Exact]) -> str:
    """What the rows of a head are multiplied by; "" where none is."""
    told = []
    for factor, runs in lanes_by_factor(factors).items():
        if factor != ONE:
            rows = ", ".join(f"{a} to {b}" if a < b else str(a) for a, b in runs[:MAX_RUNS])
            more = f" and {counted(len(runs) - MAX_RUNS, 'more run')}" if len(runs) > MAX_RUNS else ""
            told.append(f"rows {rows}{more} of each head times {show_number(factor)}")
    more = f"; and {counted(len(told) - MAX_RUNS, 'more factor')}" if len(told) > MAX_RUNS else ""
    return "; ".join(told[:MAX_RUNS]) + more
