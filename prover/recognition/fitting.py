"""One layout of the catalogue held against a table: with which parameters does it conform?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from prover.recognition.filling import Values, numbers, structures
from prover.recognition.human import is_written, near
from prover.recognition.matching import Match, match
from prover.recognition.offers import Offer
from prover.recognition.solving import solved
from prover.recognition.spectra import Hypothesis
from prover.recognition.things import things

MSCALES = ((1, 1), ("0.707", "0.707"), ("0.707", 1), (1, "0.707"), (1, 0), ("0.707", 0))
STILL = "generic/nope"
MAX_HYPOTHESES = 3
MAX_STARTS = 3  # from which numbers are solved
BANDED = ("yarn", "inverted yarn", "llama3", "longrope")  # kinds that no other numbers of a plain layout are
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
    def count(self) -> int:
        """How many words and parameters are given."""
        return len(self.given) + len(self.offer.words)


Known = dict[tuple[Positions, tuple[Pair, ...]], Conformance]  # what came of layouts of the same pairs


def fit(offer: Offer, family: Family, facts: Facts, supposed: Sequence[Hypothesis], known: Known) -> Fit | None:
    """The plainest parameters found with which the layout conforms; `known` gains what was compared."""
    kinds = [each for each in supposed if offer.kind and each.kind == offer.kind]
    tried = [*kinds, *(each for each in supposed if each not in kinds)][:MAX_HYPOTHESES]
    starts: list[tuple[Values, Match]] = []
    for structure in structures(family, facts):
        written = [each for each in tried if is_written(each.base)]
        for hypothesis in written or (None,):
            for more in numbers(family, offer.kind, hypothesis, facts):
                given = more | structure
                found = match(family, given, facts)
                if found is None:
                    continue
                if not found.fits and len(starts) < MAX_STARTS:
                    starts.append((given, found))
                fitted = _confirmed(offer, family, given, facts, found, hypothesis, known) if found.fits else None
                if fitted is not None:
                    return fitted
    if supposed and supposed[0].kind in BANDED and offer.kind not in BANDED:
        return None
    is_plain = not supposed or not is_written(supposed[0].base)
    for start, match_there in starts:
        for given in solved(family, start, facts, match_there, only_written=not is_plain or offer.kind is not None):
            found = match(family, given, facts)
            fitted = _confirmed(offer, family, given, facts, found, None, known) if found is not None else None
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
    known: Known,
) -> Fit | None:
    measured = facts.measured
    for more in _magnitudes(family, given, facts, found):
        whole = _plainer(family, given | more)
        spec = spec_text(offer, whole)
        try:
            layout = expand(family, whole, spec)
        except ProverError:
            continue
        key = layout.positions, layout.pairs
        if key not in known:
            known[key] = conform(layout, measured)
        conformance = known[key]
        if conformance.conforms:
            return Fit(spec, offer, family, whole, layout, conformance, hypothesis)
    return None


def _magnitudes(family: Family, given: Values, facts: Facts, found: Match) -> Iterator[Values]:
    """What may be given for the magnitude to be the measured one: nothing, the whole of it, or YaRN's two weights."""
    allowed = facts.measured.magnitude_tolerance
    if found.off <= allowed:
        yield {}
        return
    size = facts.magnitude
    if size is None or size <= 0:
        return
    named = things()
    names = {named.get(p.name, ""): p.name for p in family.parameters if not p.is_list}
    whole = [p.name for p in family.parameters if named.get(p.name) == "attention_factor"]
    both = [names.get("mscale"), names.get("mscale_all_dim")]
    for one, other in MSCALES if all(both) else ():
        more: Values = {str(both[0]): Fraction(one), str(both[1]): Fraction(other)}
        come = match(family, given | more, facts)
        if come is not None and come.off <= allowed:
            yield more
            return
    for name in filter(None, both):
        value = _linear(family, given, facts, name, size, allowed)
        if value is not None:
            yield {name: value}
    for name in whole:
        value = _linear(family, given, facts, name, size, allowed)
        if value is not None:
            yield {name: value}


def _linear(
    family: Family, given: Values, facts: Facts, name: str, size: float, allowed: float
) -> Fraction | None:
    """The parameter with which the magnitude is the measured one, if it is linear in it."""
    one, two = (match(family, given | {name: Fraction(value)}, facts) for value in (1, 2))
    if one is None or two is None or not one.magnitude or not two.magnitude or two.magnitude == one.magnitude:
        return None
    slope = two.magnitude - one.magnitude
    value = 1 + (size - one.magnitude) / slope
    return near(value, allowed / abs(slope) / value) if value > 0 else None


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
