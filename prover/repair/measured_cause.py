"""The cause for which a layout is not what was measured: facts and laws with which it would conform, numerically.

The measured side has no parameters. What is tried of the layout's: its choices' other words, the default for what was
given, as many rotated lanes as were measured, and the base that can be read off: one that people write, or one
near to it. What is told conforms within the tolerance, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from prover.claims.claim import Claim
from prover.claims.relation import Relation
from prover.errors import ProverError
from prover.exact.angle import Angle, axis_angle
from prover.exact.number import exact
from prover.exact.text import rational_text
from prover.layouts.aliases import aliases
from prover.layouts.feed import FREE, Feed, layout_under
from prover.layouts.layout import Layout, Pair, build_layout
from prover.layouts.loading import Loaded, Outline, load
from prover.measure.conform import Conformance, conform
from prover.measure.measured import Measured, Vector
from prover.repair.applying import apply_laws
from prover.repair.asked import MAX_TOLD
from prover.repair.cause import MAX_TRIED
from prover.repair.facts import Fact, described, spec_with
from prover.repair.law_question import Question
from prover.repair.laws import Applied

CALLED = ("the measured kernel", "the layout")
ROTARY, BASE = "rotary", "base"
BASES = (10000, 100000, 150000, 160000, 500000, 1000000, 5000000, 8000000, 10000000, 100000000)  # that people write
NEAR_BASE = 1e-3  # of a base that is read off float32 numbers
MISTYPED, DIGITS = 1e-2, 6  # of a base that is near one of them, and is told by its own digits


@dataclass(frozen=True, slots=True)
class MeasuredCause:
    """Facts or laws with which a layout conforms, and the spec with the facts; None where a law changes it too."""

    facts: tuple[Fact, ...]
    laws: tuple[Applied, ...]
    spec: str | None
    found: Conformance


def measured_causes(loaded: Loaded, measured: Measured, feed: str = "") -> tuple[MeasuredCause, ...]:
    """Each single fact, or else each law, a law with a fact, or two laws, with which it conforms; at most three.

    Under a feed single facts only.
    """
    if loaded.layout.width != measured.width or conform(_fed(loaded, feed), measured).conforms:
        return ()
    tried = list(_facts(loaded, measured))
    found = [
        MeasuredCause((fact,), (), changed.layout.name, came)
        for fact, changed in tried if (came := conform(_fed(changed, feed), measured)).conforms
    ]
    if feed:
        return tuple(found[:MAX_TOLD])
    found = found or _by_laws(loaded, measured, ())
    for fact, changed in tried if not found else ():
        found = found or _by_laws(changed, measured, (fact,))
    question = _question(loaded, measured)
    for first, changed in apply_laws(question, is_last=False) if question and not found else ():
        found = found or _by_laws(changed, measured, (), (first,))
    return tuple(found[:MAX_TOLD])


def _fed(loaded: Loaded, feed: str) -> Layout:
    return layout_under(feed, loaded.family, loaded.layout) if feed else loaded.layout


def _question(loaded: Loaded, measured: Measured) -> Question | None:
    real = _layout(measured, loaded.layout)
    if real is None:
        return None
    places = tuple((axis, axis_angle(axis)) for axis in sorted(loaded.layout.axes))
    claim = Claim(real, loaded.layout, (Feed(FREE, loaded.layout.axes, places, places),))
    return Question(claim, "target", loaded, Relation.IDENTICAL, CALLED, is_exact=False)


def _by_laws(
    loaded: Loaded, measured: Measured, facts: tuple[Fact, ...], first: tuple[Applied, ...] = ()
) -> list[MeasuredCause]:
    question = _question(loaded, measured)
    if question is None:
        return []
    fields = frozenset[str]().union(*(applied.law.fields for applied in first))
    fitting = [
        (applied, came) for applied, changed in apply_laws(question, fields)
        if (came := conform(changed.layout, measured)).conforms
    ]
    names = [applied for applied, _ in fitting]
    return [
        MeasuredCause(facts, (*first, applied), None, came) for applied, came in fitting if not applied.yields(names)
    ]


def _layout(measured: Measured, like: Layout) -> Layout | None:
    """The table as a layout, its pairs in the order of the other's where lanes are the same.

    None if it is no rotation, or has other axes.
    """
    if not {axis for pair in measured.pairs for vector in pair.turns for axis, _ in vector} <= set(like.axes):
        return None
    pairs = {}
    for pair in measured.pairs:
        if len(set(pair.turns)) > 1 or len(set(pair.magnitudes)) > 1:
            return None
        size = exact(Fraction(str(pair.magnitudes[0])))
        pairs[pair.read] = Pair(pair.read, pair.write, _angle(pair.turns[0]), magnitude=size)
    order = [read for pair in like.pairs if (read := (min(pair.read), max(pair.read))) in pairs]
    rows = [pairs[read] for read in (order if len(order) == len(pairs) else pairs)]
    try:
        return build_layout(measured.name, measured.width, like.axes, like.positions, tuple(rows))
    except ProverError:
        return None  # such as a magnitude of 0


def _angle(vector: Vector) -> Angle:
    return Angle.of({axis: exact(Fraction(str(number))) for axis, number in vector})


def _facts(loaded: Loaded, measured: Measured) -> Iterator[tuple[Fact, Loaded]]:
    """What the layout may have otherwise, each with the layout that has it so."""
    try:
        side = described(loaded)
    except ProverError:
        return
    written, seen = dict(side.outline.spec.values), set[tuple[str, tuple[Pair, ...]]]()
    for thing, name, text in islice(_others(side.outline, measured), MAX_TRIED):
        was = written.get(name) or side.words.get(name) or side.text(name)
        fact = Fact(thing, ((name, was),), ((name, text),), name in side.words, name not in written)
        try:
            changed = load(spec_with(side, [fact]))
        except ProverError:
            continue
        if (name, changed.layout.pairs) not in seen and changed.layout.pairs != loaded.layout.pairs:
            seen.add((name, changed.layout.pairs))
            yield fact, changed


def _others(told: Outline, measured: Measured) -> Iterator[tuple[str, str, str]]:
    """What a thing is, its name, and the text that may stand for it; none: what it is if it is not given."""
    things = {name: alias.thing for alias in aliases() for name in alias.names}
    for choice in told.choices:
        for word in choice.words:
            yield things.get(choice.name, choice.meaning or choice.name), choice.name, word.name
    for name, _ in told.given:
        yield things.get(name, name), name, ""
    rotary, bases = (
        {name for alias in aliases() if alias.role == role for name in alias.names} for role in (ROTARY, BASE)
    )
    read_off = _bases(measured)
    share = {name for alias in aliases() if alias.thing == "the share of the head that is rotated"
             for name in alias.names}
    for parameter in told.family.parameters:
        if parameter.name in bases:
            yield from ((things[parameter.name], parameter.name, base) for base in read_off)
        elif parameter.name in rotary:
            yield "the number of rotated lanes", parameter.name, str(2 * len(measured.pairs))
        elif parameter.name in share:
            part = Fraction(2 * len(measured.pairs), measured.width)
            yield "the number of rotated lanes", parameter.name, rational_text(part)


def _bases(measured: Measured) -> list[str]:
    """The bases to try: one that people write near what the pairs show, and one near those by its own digits."""
    turns = [vector for pair in measured.pairs for vector in pair.turns]
    sizes = [max((abs(number) for _, number in vector), default=0.0) for vector in turns]
    count = len(measured.pairs)
    if count < 2 or not min(sizes):
        return []
    found = (max(sizes) / min(sizes)) ** (count / (count - 1))
    written = [str(base) for base in BASES if abs(found - base) <= base * NEAR_BASE]
    is_near = any(abs(found - base) <= base * MISTYPED for base in BASES)
    own = [rational_text(Fraction(f"{found:.{DIGITS}g}"))] if is_near else []
    return list(dict.fromkeys([*written[:1], *own]))
