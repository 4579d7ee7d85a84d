"""A counterexample as a NumPy snippet that runs by itself when pasted."""

from __future__ import annotations

from prover.claims.claim import Claim
from prover.claims.evidence import EntryRefutation, ScoreRefutation, Token
from prover.kernels.kernel import axis_positions, to_float
from prover.layouts.layout import Layout, Pair
from prover.reports.text import plain

_KERNEL = '''import numpy as np

def kernel(pairs, passes, width, lane, at):
    """One column of the kernel: what a head that is 1 in `lane` becomes at position `at`."""
    x, y = np.eye(width)[lane], np.zeros(width)
    for read, write in passes:
        y[write] = x[read]
    for (a, b), (c, d), angles, s in pairs:
        alpha, beta, gamma, delta = (np.dot(frequency, at) + phase for frequency, phase in angles)
        y[c] = s * (x[a] * np.cos(alpha) - x[b] * np.sin(beta))
        y[d] = s * (x[a] * np.sin(gamma) + x[b] * np.cos(delta))
    return y
'''


def write_snippet(claim: Claim, shown: ScoreRefutation | EntryRefutation) -> str:
    """Python text that computes both sides of the counterexample and shows that they differ."""
    if isinstance(shown, ScoreRefutation):
        lanes: tuple[int, ...] = (shown.query_lane, shown.key_lane)
        tokens: tuple[Token, ...] = (shown.query, shown.key)
        what = f"score of q one-hot at lane {lanes[0]} and k one-hot at lane {lanes[1]}"
    else:
        lanes, tokens = (shown.column,), (shown.token,)
        what = f"output lane {shown.row} of x one-hot at lane {shown.column}"
    lines = [_KERNEL, f"# {what}", f"width = {claim.source.width}"]
    for side, layout in (("source", claim.source), ("target", claim.target)):
        lines += _side(claim, side, layout, lanes, tokens)
        columns = [
            f"kernel({side}_pairs, {side}_passes, width, {lane}, {side}_at[{i}])"
            for i, lane in enumerate(lanes)
        ]
        value = " @ ".join(columns) if len(lanes) == 2 else f"{columns[0]}[{_row(shown)}]"
        lines.append(f"{side} = {value}")
    gap = max(shown.target[0] - shown.source[1], shown.source[0] - shown.target[1])
    lines += [
        'print("source", source, "target", target)',
        f"assert abs(source - target) > {float(gap) / 2:.3g}",
    ]
    return "\n".join(lines) + "\n"


_BRIEF = '''import numpy as np

def kernel(side, lane, token):  # a head that is 1 in one lane, turned at one token
    (pairs, passes, at), x, y = side, np.eye({width})[lane], np.zeros({width})
    for read, write in passes:
        y[write] = x[read]
    for (a, b), (c, d), angles, s in pairs:
        alpha, beta, gamma, delta = (np.dot(frequency, at[token]) + phase for frequency, phase in angles)
        y[c] = s * (x[a] * np.cos(alpha) - x[b] * np.sin(beta))
        y[d] = s * (x[a] * np.sin(gamma) + x[b] * np.cos(delta))
    return y
'''


def brief_snippet(claim: Claim, shown: ScoreRefutation | EntryRefutation) -> str:
    """The same in half as many lines."""
    if isinstance(shown, ScoreRefutation):
        lanes: tuple[int, ...] = (shown.query_lane, shown.key_lane)
        tokens: tuple[Token, ...] = (shown.query, shown.key)
        value = f"kernel(side, {lanes[0]}, 0) @ kernel(side, {lanes[1]}, 1)"
    else:
        lanes, tokens = (shown.column,), (shown.token,)
        value = f"kernel(side, {shown.column}, 0)[{shown.row}]"
    lines = [_BRIEF.format(width=claim.source.width)]
    for side, layout in (("source", claim.source), ("target", claim.target)):
        pairs = ", ".join(_pair(pair, layout) for pair in layout.pairs if set(pair.read) & set(lanes))
        passes = [move for move in layout.passes if move[0] in lanes]
        lines.append(f"{side} = [{pairs}], {passes}, {_places(claim, side, layout, tokens)}")
    gap = max(shown.target[0] - shown.source[1], shown.source[0] - shown.target[1])
    lines += [
        f"first, second = ({value} for side in (source, target))",
        "print(first, second)",
        f"assert abs(first - second) > {float(gap) / 2:.3g}",
    ]
    return "\n".join(lines) + "\n"


def _pair(pair: Pair, layout: Layout) -> str:
    return f"({pair.read}, {pair.write}, {_angles(pair, layout)}, {to_float(pair.magnitude)})"


def _places(claim: Claim, side: str, layout: Layout, tokens: tuple[Token, ...]) -> list[list[float]]:
    return [[float(v) for v in axis_positions(claim, token, side, layout.axes)] for token in tokens]


def _angles(pair: Pair, layout: Layout) -> str:
    """The four angles of a pair, each as its frequency on every axis and its phase."""
    texts = [f"({[to_float(angle[axis]) for axis in layout.axes]}, {to_float(angle.phase)})" for angle in pair.angles]
    return f"[{texts[0]}] * 4" if len(pair.distinct_angles) == 1 else f"[{', '.join(texts)}]"


def _row(shown: ScoreRefutation | EntryRefutation) -> int:
    assert isinstance(shown, EntryRefutation)
    return shown.row


def _side(
    claim: Claim, side: str, layout: Layout, lanes: tuple[int, ...], tokens: tuple[Token, ...]
) -> list[str]:
    pairs = [pair for pair in layout.pairs if set(pair.read) & set(lanes)]
    passes = [move for move in layout.passes if move[0] in lanes]
    rows = [f"    {_pair(pair, layout)}," for pair in pairs]
    return [
        f"# {plain(layout.name, 100)}: positions on the axes {', '.join(layout.axes)}",
        f"{side}_at = {_places(claim, side, layout, tokens)}",
        f"{side}_pairs = [",
        *rows,
        "]",
        f"{side}_passes = {passes}",
    ]
