"""What is recognised in part: frequencies that are a known kind but for some pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prover.recognition.bands import MAX_CHAIN, bands
from prover.recognition.chain import Chain, Point, rate_of_plain
from prover.recognition.facts import Facts
from prover.recognition.formula import sizes
from prover.recognition.human import is_written, plainest
from prover.recognition.hypothesis import Hypothesis
from prover.recognition.spectra import powers

MAX_POINTS = 130     # of a chain of which each pair is left out in turn
# Binary digits of a number, and the smallest one.
NARROW = {"bfloat16": (8, 2.0**-133), "float16": (11, 2.0**-24)}
FEWEST = 4           # pairs that show a base


@dataclass(frozen=True, slots=True)
class Partly:
    """A hypothesis that holds for the pairs `first` to `last` of the chain, and by what the others are off, relatively.

    `off`: pair to relative error against the hypothesis. `rounded`: the
    format to which every frequency of the hypothesis was rounded, which makes it what was measured; else empty.
    """

    hypothesis: Hypothesis
    first: int
    last: int
    off: tuple[tuple[int, float], ...]
    rounded: str = ""


def partly(facts: Facts) -> Partly | None:
    """All pairs but one, else the longest run of fast pairs that have a base that people write; None if neither is."""
    if facts.is_mixed or not FEWEST < len(facts.turning) <= MAX_CHAIN:
        return None
    chain = [Point(pair.index, pair.size, pair.tolerance) for pair in facts.turning]
    counts = tuple(dict.fromkeys((facts.span, facts.measured.width, facts.lanes)))
    return _but_one(chain, counts) or _rounded(chain, counts) or _leading(chain, counts)


def _rounded(chain: Chain, counts: tuple[int, ...]) -> Partly | None:
    """A formula with a base that people write, its every frequency rounded to a format narrower than float32."""
    for name, (digits, smallest) in NARROW.items():
        if not all(abs(_narrow(p.size, digits, smallest) - p.size) <= p.size * p.error for p in chain):
            continue
        wide = [Point(p.place, p.size, max(2.0**-digits, 0.51 * smallest / p.size)) for p in chain]
        for hypothesis in (*powers(wide, counts), *bands(wide, counts)):
            if hypothesis.kind in ("ntk", "longrope") or not is_written(hypothesis.base):
                continue
            whole = sizes(hypothesis, chain)
            if all(
                abs(_narrow(size, digits, smallest) - p.size) <= p.size * p.error
                for size, p in zip(whole, chain, strict=True)
            ):
                return Partly(hypothesis, chain[0].place, chain[-1].place, _off(chain, hypothesis), name)
    return None


def _narrow(size: float, digits: int, smallest: float) -> float:
    """A number rounded to so many binary digits, and to multiples of the smallest."""
    step = max(2.0 ** (math.frexp(size)[1] - digits), smallest)
    return round(size / step) * step


def _but_one(chain: Chain, counts: tuple[int, ...]) -> Partly | None:
    if len(chain) > MAX_POINTS:
        return None
    for place, point in enumerate(chain):
        rest = [*chain[:place], *chain[place + 1:]]
        found = [each for each in powers(rest, counts) or bands(rest, counts[:1]) if is_written(each.base)]
        if found and found[0].kind != "longrope":
            off = _off([point], found[0])
            if abs(off[0][1]) > point.error:
                return Partly(found[0], chain[0].place, chain[-1].place, off)
    return None


def _off(points: Chain, hypothesis: Hypothesis) -> tuple[tuple[int, float], ...]:
    """By what each of these pairs is off, relatively."""
    return tuple(
        (point.place, point.size / size - 1) for point, size in zip(points, sizes(hypothesis, points), strict=True)
    )


def _leading(chain: Chain, counts: tuple[int, ...]) -> Partly | None:
    for size in range(len(chain) - 1, FEWEST - 1, -1):
        rates = rate_of_plain(chain[:size])
        if rates.is_empty or rates.low <= 0:
            continue
        for count in counts:
            base = plainest(*(math.exp(min(rate * count / 2, 200)) for rate in (rates.low, rates.high)))
            if base is not None and is_written(base):
                found = Hypothesis("plain", count, {"base": base})
                return Partly(found, chain[0].place, chain[size - 1].place, _off(chain[size:], found))
    return None
