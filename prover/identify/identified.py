"""All that is found of a table: its facts, what its frequencies may be, and the layouts that conform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.identify.chain import Point
from prover.identify.facts import Facts, facts_of
from prover.identify.fitting import Fit, fit
from prover.identify.human import is_written
from prover.identify.offers import families, offers
from prover.identify.spectra import Hypothesis, Kind, hypotheses
from prover.layouts.layout import Layout
from prover.measure.measured import Measured

MAX_LANES = 1 << 18  # of all layouts that are worked out in full for one table


@dataclass(frozen=True, slots=True)
class Identified:
    """`groups`: fits that are one layout, the plainest of each first; another group is another layout that fits too.

    `is_complete`: whether all layouts of the catalogue were tried.
    """

    facts: Facts
    supposed: tuple[Hypothesis, ...]
    groups: tuple[tuple[Fit, ...], ...]
    is_complete: bool

    @property
    def fits(self) -> tuple[Fit, ...]:
        """All of them."""
        return tuple(fit for group in self.groups for fit in group)

    @property
    def base(self) -> Fraction | None:
        """The base of the plainest layout that conforms, else of what the frequencies may be."""
        for group in self.groups[:1]:
            for each in group:
                if (base := each.number("base")) is not None:
                    return base
        return self.supposed[0].base if self.supposed else None

    @property
    def scaling(self) -> Kind | None:
        """The kind of scaling that the frequencies have, if they have one."""
        return self.supposed[0].kind if self.supposed else None


def identify(measured: Measured, prefer: str = "") -> Identified:
    """What conforms to a table. `prefer`: a project whose layouts are told first."""
    facts = facts_of(measured)
    supposed = suppositions(facts)
    kinds: set[Kind] = {each.kind for each in supposed}
    if not supposed or not is_written(supposed[0].base) or "ntk" in kinds or "linear" in kinds:
        kinds |= {"ntk", "linear"}
    found: list[Fit] = []
    lanes, complete = 0, True
    for offer, family in families(offers(facts, kinds)) if facts.turning else ():
        if lanes > MAX_LANES:
            complete = False
            break
        fitted = fit(offer, family, facts, supposed)
        if fitted is not None:
            found.append(fitted)
            lanes += fitted.layout.width
    return Identified(facts, supposed, _grouped(found, prefer), complete)


def suppositions(facts: Facts) -> tuple[Hypothesis, ...]:
    """Of all pairs as one chain, or else of the first axis whose pairs count for themselves."""
    if facts.is_mixed or not facts.turning:
        return ()
    whole = [Point(pair.index, pair.size, pair.tolerance) for pair in facts.turning]
    width = facts.measured.width
    counts = (facts.span, width, facts.lanes)
    found = hypotheses(whole, tuple(dict.fromkeys(counts)))
    if found or len(facts.axes) < 2:
        return found
    for axis in facts.axes:
        own = [pair for pair in facts.turning if pair.turn[0][0] == axis]
        chain = [Point(place, pair.size, pair.tolerance) for place, pair in enumerate(own)]
        here = hypotheses(chain, tuple(dict.fromkeys((2 * len(own), facts.span, facts.span // 2))))
        if here:
            return here
    return ()


def _grouped(found: Iterable[Fit], prefer: str) -> tuple[tuple[Fit, ...], ...]:
    groups: dict[object, list[Fit]] = {}
    for each in found:
        groups.setdefault(layout_key(each.layout), []).append(each)

    def order(each: Fit) -> tuple[object, ...]:
        return (each.project != prefer, each.count, len(each.spec), each.spec)

    told = [tuple(sorted(group, key=order)) for group in groups.values()]
    return tuple(sorted(told, key=lambda group: order(group[0])))


def layout_key(layout: Layout) -> object:
    """The same for layouts that do the same to every lane, whatever the order of their pairs."""
    def oriented(pair: object) -> object:
        return pair

    pairs: Sequence[object] = sorted(
        ((min(pair.read), oriented(pair)) for pair in layout.pairs if any(a.frequencies for a in pair.distinct_angles)),
        key=lambda item: item[0],
    )
    return layout.width, tuple(pair for _, pair in pairs)
