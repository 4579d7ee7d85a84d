"""One layout of the catalogue held against a table: with which parameters does it conform?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from prover.errors import ProverError
from prover.exact.number import Exact
from prover.exact.text import rational_text
from prover.layouts.expand import expand, parameter_values, show_value
from prover.layouts.family import Family, Given
from prover.layouts.layout import Layout, Pair, Positions
from prover.layouts.spec import catalogue
from prover.measure.conform import Conformance, conform
from prover.recognition.facts import Facts
from prover.recognition.fed import has_feed, images, is_joined, keeps_axes, under
from prover.recognition.filling import Values, numbers, structures
from prover.recognition.human import is_written
from prover.recognition.hypothesis import Hypothesis
from prover.recognition.listing import listed
from prover.recognition.magnitudes import magnitudes
from prover.recognition.matching import Match, match
from prover.recognition.offers import Offer
from prover.recognition.solving import solved
from prover.recognition.things import things

STILL = "generic/nope"
MAX_HYPOTHESES = 3
MAX_STARTS = 3  # from which numbers are solved
BANDED = ("yarn", "inverted yarn", "llama3", "longrope")  # kinds that no other numbers of a plain layout are
MAX_WORK = 15000  # parameters tried in one search, in all layouts
SOLVING = 20     # as many of them is solving worth
MAX_LANES = 1 << 16  # of all layouts that are worked out in full
MAX_SECTIONS = 4  # entries of a list of pairs per axis


@dataclass(frozen=True, slots=True)
class Fit:
    """A layout that conforms: its spec, the parameters given in it, and what was supposed of the frequencies."""

    spec: str
    offer: Offer
    family: Family
    given: Values
    layout: Layout
    found: Conformance
    hypothesis: Hypothesis | None
    feed: str = ""

    @property
    def project(self) -> str:
        """The project whose layout it is."""
        return self.offer.name.partition("/")[0]

    @property
    def base_name(self) -> str:
        """The name of its base; empty if it has none, or several."""
        return self._name("base")

    def _name(self, thing: str) -> str:
        named = things()
        names = [p.name for p in self.family.parameters if named.get(p.name) == thing and not p.is_list]
        return names[0] if len(names) == 1 else ""

    def number(self, thing: str) -> Fraction | None:
        """The parameter that stands for a thing, if the layout has one such."""
        name = self._name(thing)
        value = parameter_values(self.family, self.given)[name] if name else None
        return value.rational if isinstance(value, Exact) else None

    @property
    def unwritten(self) -> int:
        """How many of its numbers are not such as people write."""
        return sum(isinstance(value, Fraction) and not is_written(value) for value in self.given.values())

    @property
    def is_listed(self) -> bool:
        """Whether its numbers are listed one by one, more of them than there are axes: a list fits whatever turns."""
        return any(isinstance(value, tuple) and len(value) > MAX_SECTIONS for value in self.given.values())

    @property
    def is_fed(self) -> bool:
        """Whether the feed put something else on its axes than coordinates of their names."""
        on = images(self.feed, self.family, self.given) if self.feed else None
        return on is not None and not keeps_axes(on)

    @property
    def joins_axes(self) -> bool:
        """Whether the feed put one position on several axes, so that it is not told which of them turns what."""
        on = images(self.feed, self.family, self.given) if self.feed else None
        return on is not None and is_joined(on)

    @property
    def count(self) -> int:
        """How many words and parameters are given."""
        return len(self.given) + len(self.offer.words)


@dataclass(slots=True)
class Search:
    """What one search has come to: `known`, what came of layouts of the same pairs; `work`, parameters that were tried;
    `lanes`, those of the layouts that were worked out.

    `may_list`: whether lists of numbers may be read off the table, which any table is. `is_fed`: whether a layout took
    the feed.
    """

    may_list: bool
    known: dict[tuple[Positions, tuple[Pair, ...]], Conformance] = field(default_factory=dict)
    work: int = 0
    lanes: int = 0
    is_fed: bool = False

    @property
    def is_spent(self) -> bool:
        """Whether no more is to be tried."""
        return self.work >= MAX_WORK or self.lanes >= MAX_LANES


def fit(offer: Offer, family: Family, facts: Facts, supposed: Sequence[Hypothesis], search: Search) -> Fit | None:
    """The plainest parameters found with which the layout conforms; `search` gains what was tried and compared."""
    if facts.feed and not has_feed(facts.feed, family):
        return None
    search.is_fed = True
    kinds = [each for each in supposed if offer.kind and each.kind == offer.kind]
    tried = [*kinds, *(each for each in supposed if each not in kinds)][:MAX_HYPOTHESES]
    starts: list[tuple[Values, Match]] = []
    for structure in structures(family, facts):
        written = [each for each in tried if is_written(each.base)]
        for hypothesis in written or (None,):
            for more in numbers(family, offer.kind, hypothesis, facts):
                if search.is_spent:
                    return None
                search.work += 1
                given = more | structure
                found = match(family, given, facts)
                if found is None:
                    continue
                if not found.fits and len(starts) < MAX_STARTS:
                    starts.append((given, found))
                fitted = _confirmed(offer, family, given, facts, found, hypothesis, search) if found.fits else None
                if fitted is not None:
                    return fitted
    if search.may_list:
        for given in listed(family, offer.kind, facts):
            found = match(family, given, facts)
            fitted = _confirmed(offer, family, given, facts, found, None, search) if found is not None else None
            if fitted is not None:
                return fitted
    if supposed and supposed[0].kind in BANDED and offer.kind not in BANDED:
        return None
    is_plain = not supposed or not is_written(supposed[0].base)
    for start, match_there in starts:
        if search.is_spent:
            return None
        search.work += SOLVING
        for given in solved(family, start, facts, match_there, only_written=not is_plain or offer.kind is not None):
            found = match(family, given, facts)
            fitted = _confirmed(offer, family, given, facts, found, None, search) if found is not None else None
            if fitted is not None:
                return fitted
    return None


def without_turns(facts: Facts) -> Fit | None:
    """The layout in which every lane passes, if it conforms."""
    offer = Offer(STILL, catalogue()[STILL], (), None)
    family, given = offer.family(), _plainer(offer.family(), {"head_dim": Fraction(facts.measured.width)})
    spec = spec_text(offer, given)
    try:
        layout = expand(family, given, spec)
    except ProverError:
        return None  # such as a head of one lane
    found = conform(layout, facts.measured)
    return Fit(spec, offer, family, given, layout, found, None) if found.conforms else None


def _confirmed(
    offer: Offer, family: Family, given: Values, facts: Facts, found: Match, hypothesis: Hypothesis | None,
    search: Search,
) -> Fit | None:
    measured = facts.measured
    for more in magnitudes(family, given, facts, found):
        whole = _plainer(family, given | more)
        spec = spec_text(offer, whole)
        if search.is_spent:
            return None
        search.lanes += measured.width
        try:
            layout = under(facts.feed, family, whole, expand(family, whole, spec))
        except ProverError:
            continue
        key = layout.positions, layout.pairs
        if key not in search.known:
            search.known[key] = conform(layout, measured)
        conformance = search.known[key]
        if conformance.conforms:
            return Fit(spec, offer, family, whole, layout, conformance, hypothesis, facts.feed)
    return None


def _plainer(family: Family, given: Values) -> Values:
    """Without what the layout has of itself."""
    rest = dict(given)
    for name in list(given):
        less = {key: value for key, value in rest.items() if key != name}
        try:
            value = parameter_values(family, less)[name]
        except (ProverError, KeyError):
            continue
        if show_value(value) == _written(given[name]) or _same(value, given[name]):
            rest = less
    return rest


def _same(value: object, given: Given) -> bool:
    if isinstance(value, tuple) and isinstance(given, tuple):
        return len(value) == len(given) and all(map(_same, value, given))
    return getattr(value, "rational", None) == given


def _written(value: Given) -> str:
    return ",".join(map(rational_text, value)) if isinstance(value, tuple) else rational_text(value)


def spec_text(offer: Offer, given: Values) -> str:
    """The spec that a person gives for it."""
    parts = [f"{name}={word}" for name, word in offer.words]
    parts += [f"{name}={_written(value) or '[]'}" for name, value in given.items()]
    return ":".join([offer.name, *parts])
