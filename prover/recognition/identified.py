"""All that is found of a table: its facts, what its frequencies may be, and the layouts that conform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.number import ONE, Exact
from prover.layouts.layout import Layout, Pair
from prover.measure.measured import Measured
from prover.recognition.bands import MAX_CHAIN
from prover.recognition.facts import Facts, facts_of
from prover.recognition.fitting import Fit, Search, fit, without_turns
from prover.recognition.human import is_written
from prover.recognition.hypothesis import Hypothesis, Kind
from prover.recognition.offers import families, offers
from prover.recognition.partly import Partly, partly
from prover.recognition.suppositions import suppositions
from prover.recognition.untold import untold

# Of layouts that are the same those are told first that most people have in front of them.
KNOWN_FIRST = ("transformers", "ggml", "llama-cpp", "vllm", "sglang", "mlx-lm", "mlx", "meta", "megatron", "diffusers")
MAX_LISTED = 128  # pairs of which lists of numbers are read off


@dataclass(frozen=True, slots=True)
class Identified:
    """`groups`: fits that are one layout, the plainest of each first; another group is another layout that fits too.

    `untold`: parameters of the first that the measurement does not tell. `part`: what is recognised in part, where
    nothing is as a whole. `is_complete`: whether all layouts of the catalogue, and all
    scalings, were tried.
    """

    facts: Facts
    supposed: tuple[Hypothesis, ...]
    groups: tuple[tuple[Fit, ...], ...]
    untold: tuple[str, ...]
    part: Partly | None
    is_complete: bool

    @property
    def fits(self) -> tuple[Fit, ...]:
        """All of them."""
        return tuple(fit for group in self.groups for fit in group)

    @property
    def named(self) -> tuple[tuple[Fit, ...], ...]:
        """The groups that have a formula; all of them, if none has."""
        return tuple(group for group in self.groups if not group[0].is_listed) or self.groups

    @property
    def base(self) -> Fraction | None:
        """The base that the frequencies tell, as the plainest layout counts it; None where any other would do."""
        group = self.groups[0] if self.groups else ()
        if self.supposed and any(each.number("base") == self.supposed[0].base for each in group):
            return self.supposed[0].base
        if not self.supposed and group and group[0].is_listed:
            return None
        first = _with_base(group) if group else None
        if first is not None and (base := first.number("base")):
            return None if first.base_name in self.untold else base
        return self.supposed[0].base if self.supposed else None

    @property
    def scaling(self) -> Kind | None:
        """The kind of scaling that the frequencies have, if they have one."""
        return self.supposed[0].kind if self.supposed else None


def identify(measured: Measured, prefer: str = "", feed: str = "") -> Identified:
    """What conforms to a table. `prefer`: a project whose layouts are told first among equals.

    `feed`: what was put on the axes when the table was measured, by name or written, so that its axes are coordinates.
    Raises InputError if no layout takes it.
    """
    facts = facts_of(measured, feed)
    supposed = suppositions(facts)
    part = None if supposed else partly(facts)
    found, complete = _fits(facts, supposed, part)
    if not found and any(each.kind == "ntk" for each in supposed):
        # A base that may have grown is first of all the base that it is.
        found, complete = _fits(facts, tuple(each for each in supposed if each.kind != "ntk"), part)
    groups = _grouped(found, prefer)
    first = _with_base(groups[0]) if groups else None
    return Identified(
        facts, supposed, groups, untold(first, facts) if first else (), part, complete,
    )


def _fits(facts: Facts, supposed: tuple[Hypothesis, ...], part: Partly | None) -> tuple[list[Fit], bool]:
    """The layouts that conform, and whether all of the catalogue, and all scalings, were tried."""
    kinds: set[Kind] = {each.kind for each in supposed}
    if not supposed or not is_written(supposed[0].base) or "ntk" in kinds or "linear" in kinds:
        kinds |= {"ntk", "linear"}
    if not facts.turning:
        still = without_turns(facts)
        return [still] if still else [], True
    found: list[Fit] = []
    search = Search(may_list=not (supposed or part or facts.feed) and len(facts.turning) <= MAX_LISTED)
    for offer, family in families(offers(facts, kinds)):
        if search.is_spent:
            return found, False
        fitted = fit(offer, family, facts, supposed, search)
        if fitted is not None:
            found.append(fitted)
    if facts.feed and not search.is_fed:
        raise InputError(
            f"no layout of the catalogue takes the feed '{facts.feed[:60]}'", where="identify",
            advice="Name a feed of a layout ('rope-prover show' lists them), or write t=p,h=p,w=p",
        )
    return found, not search.is_spent and (bool(supposed) or len(facts.turning) <= MAX_CHAIN)


def _with_base(group: tuple[Fit, ...]) -> Fit:
    """The first that has a base, if one has; 0 stands for one that is not given."""
    return next((each for each in group if each.number("base")), group[0])


def _grouped(found: Iterable[Fit], prefer: str) -> tuple[tuple[Fit, ...], ...]:
    groups: dict[object, list[Fit]] = {}
    for each in found:
        groups.setdefault(layout_key(each.layout), []).append(each)

    def order(each: Fit) -> tuple[object, ...]:
        rank = KNOWN_FIRST.index(each.project) if each.project in KNOWN_FIRST else len(KNOWN_FIRST)
        plain = each.count, len(each.spec), each.spec
        return (not each.is_fed, each.is_listed, each.unwritten, each.project != prefer, rank, *plain)

    told = [_one_of_each(sorted(group, key=order)) for group in groups.values()]
    return tuple(sorted(told, key=lambda group: order(group[0])))


def _one_of_each(fits: list[Fit]) -> tuple[Fit, ...]:
    """The first of each project, then the others."""
    first = {each.project: each for each in reversed(fits)}
    ahead = [each for each in fits if first[each.project] is each]
    return (*ahead, *(each for each in fits if first[each.project] is not each))


def layout_key(layout: Layout) -> object:
    """The same for layouts that do the same to every lane, whatever the order of their pairs and of lanes in them."""
    turning = (pair for pair in layout.pairs if any(angle.frequencies for angle in pair.distinct_angles))
    moved = (pair for pair in layout.pairs if pair.distinct_angles == (Angle(),) and not _stands(pair))
    rows = [_lower_first(pair) for pair in (*turning, *moved)]
    return layout.width, tuple(sorted(rows, key=lambda row: row[0]))


def _stands(pair: Pair) -> bool:
    return pair.read == pair.write and pair.magnitude == ONE


def _lower_first(pair: Pair) -> tuple[tuple[int, int], tuple[int, int], tuple[Angle, ...], Exact]:
    if pair.read[0] < pair.read[1]:
        return pair.read, pair.write, pair.angles, pair.magnitude
    return pair.read[::-1], pair.write[::-1], tuple(-angle for angle in reversed(pair.angles)), pair.magnitude
