"""What the frequencies of a table may be: all pairs as one chain, or the pairs of each axis or block as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prover.recognition.bands import bands
from prover.recognition.chain import Chain, Point
from prover.recognition.facts import Facts, Turning
from prover.recognition.hypothesis import Each, Hypothesis
from prover.recognition.spectra import powers

RISE = 1.01  # from a pair to the next: a frequency that is larger by more starts a chain again


def suppositions(facts: Facts) -> tuple[Hypothesis, ...]:
    """Hypotheses that hold for every pair, the likeliest first."""
    if facts.is_mixed or not facts.turning:
        return ()
    whole = [Point(pair.index, pair.size, pair.tolerance) for pair in facts.turning]
    counts = tuple(dict.fromkeys((facts.span, facts.measured.width, facts.lanes)))
    found = powers(whole, counts)
    if not found and len(facts.axes) > 1:
        found = _by_axis(facts)
    return found or _by_block(facts) or bands(whole, counts)


def _by_axis(facts: Facts) -> tuple[Hypothesis, ...]:
    """Of pairs that each axis counts for itself: what fits every axis that has two of them."""
    of_axes = [[pair for pair in facts.turning if pair.turn[0][0] == axis] for axis in facts.axes]
    chains = [_chain(pairs) for pairs in of_axes if len(pairs) > 1]
    is_even = len({len(pairs) for pairs in of_axes}) == 1
    for shared in (None, facts.span, facts.span // 2, facts.lanes // len(facts.axes)):
        counts = [shared or 2 * len(chain) for chain in chains]
        found = _alike(chains, counts, "axis" if shared or is_even else "axis by its lanes")
        if found:
            return found
    return ()


def _by_block(facts: Facts) -> tuple[Hypothesis, ...]:
    """Of blocks that begin again: halves behind halves, or frequencies that rise in between."""
    blocks = [block for block in blocks_of(facts) if block]
    if len(blocks) < 2 or any(len(block) < 2 for block in blocks):
        return ()
    chains = [_chain(block) for block in blocks]
    widths = [max(pair.read[1] for pair in block) + 1 - block[0].read[0] for block in blocks]
    return _alike(chains, widths, "block") or _alike(chains, [facts.measured.width] * len(chains), "block")


def blocks_of(facts: Facts) -> list[list[Turning]]:
    """The pairs of each block: half pairs inside one another's reach, or those whose frequencies fall."""
    blocks: list[list[Turning]] = []
    end = 0
    for pair in facts.turning:
        if facts.pairing == "halves in blocks":
            is_new = pair.read[0] >= end
        else:
            is_new = not blocks or pair.size > RISE * blocks[-1][-1].size
        if is_new:
            blocks.append([])
            end = pair.read[0] + 2 * (pair.read[1] - pair.read[0])
        blocks[-1].append(pair)
    return blocks


def _chain(pairs: Sequence[Turning]) -> Chain:
    return [Point(place, pair.size, pair.tolerance) for place, pair in enumerate(pairs)]


def _alike(chains: Sequence[Chain], counts: Sequence[int], each: Each) -> tuple[Hypothesis, ...]:
    """What is the same for every chain, if something is."""
    found = [powers(chain, (count,)) or bands(chain, (count,)) for chain, count in zip(chains, counts, strict=True)]
    if found and all(found) and len({(one.kind, *one.numbers.values(), one.divisors) for one, *_ in found}) == 1:
        return tuple(replace(one, each=each) for one in found[0])
    return ()
