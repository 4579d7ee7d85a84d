"""A claim whose stored numbers are left open, and the search for reals that make its two layouts the same.

A stored number stands for every real that rounds to it. The claim with such numbers open is about all choices at once:
what is refuted of it is refuted for all. A choice is proposed from equations between pairs of the two sides, and then
put in; the exact claim that this gives is decided as any other. Nothing here has to be right: the checker sees that
each number chosen rounds to what is stored, and that the numbers of the pairs are what the choice makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.claims.claim import Claim, make_claim
from prover.claims.relation import Relation
from prover.claims.signature import side_signature
from prover.claims.turned import turned_pairs
from prover.errors import ProverError
from prover.exact.enclosure import compare, enclose, positive_power, sign
from prover.exact.number import Atom, Exact, exact, power
from prover.exact.storing import StoredNumber, open_texts
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded
from prover.layouts.opened import Opened, choose, open_layout

Choice = Mapping[str, Exact]
PRECISION = 128
MAX_COMPARED = 1 << 18  # pairs of pairs
RELATIONS = (Relation.IDENTICAL, Relation.EQUAL_SCORES, Relation.PERMUTATION, Relation.PAIR_MAP)


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A claim with its stored numbers open. `numbers`: those that its layouts depend on, in the order of their places.

    `exactly`: names of parameters that are taken exactly as they are stored.
    """

    claim: Claim
    numbers: tuple[StoredNumber, ...]
    exactly: tuple[str, ...]
    ulps: int
    loaded: tuple[Loaded, Loaded]
    opened: tuple[Opened, Opened]
    feeds: tuple[str, ...]

    def put(self, choice: Choice) -> Claim:
        """The exact claim at a choice, by names of numbers; what is not chosen is what is stored."""
        source, target = (
            replace(loaded, layout=choose(loaded, opened, choice))
            for loaded, opened in zip(self.loaded, self.opened, strict=True)
        )
        return make_claim(source, target, self.feeds)


def open_claim(source: Loaded, target: Loaded, feeds: Sequence[str], ulps: int) -> OpenClaim | None:
    """The claim with its stored numbers open; None if there are none."""
    if not source.stored and not target.stored:
        return None
    sides = open_layout(source, "source", ulps), open_layout(target, "target", ulps)
    claim = make_claim(replace(source, layout=sides[0].layout), replace(target, layout=sides[1].layout), feeds)
    used = {text for layout in (claim.source, claim.target) for value in dict.fromkeys(layout_numbers(layout))
            for text in open_texts(str(value))}
    numbers = tuple(number for side in sides for number in side.numbers if number.text in used)
    exactly = tuple(f"{name}.{parameter}" for name, side in zip(("source", "target"), sides, strict=True)
                    for parameter in side.exactly)
    return OpenClaim(claim, numbers, exactly, ulps, (source, target), sides, tuple(feeds))


def layout_numbers(layout: Layout) -> Iterator[Exact]:
    """Every number of a layout, pair by pair, in an order that layouts of one family share."""
    for pair in layout.pairs:
        yield pair.magnitude
        for angle in pair.angles:
            yield angle.phase
            yield from (angle[axis] for axis in layout.axes)


def find_choice(question: OpenClaim) -> tuple[Claim, Choice, Relation] | None:
    """The claim at the choice under which the lowest relation holds, of the choices that come to mind."""
    best: tuple[Claim, Choice, Relation] | None = None
    tried: list[Choice] = []
    for choice in _proposals(question):
        if choice in tried:
            continue
        tried.append(choice)
        try:
            claim = question.put(choice)
            found = _lowest(claim)
        except ProverError:
            continue
        if found is not None and (best is None or found.rung < best[2].rung):
            best = claim, choice, found
        if found is Relation.IDENTICAL:
            break
    return best


def _lowest(claim: Claim) -> Relation | None:
    """The lowest relation that equal signatures show."""
    for relation in RELATIONS:
        source = side_signature(claim, claim.source, "source", relation)
        if source == side_signature(claim, claim.target, "target", relation):
            return relation
    return None


def _proposals(question: OpenClaim) -> Iterator[Choice]:
    """Choices: decimals as people write them; one side as it is and the other solved for, its lists or others first."""
    stored = {number.name: exact(number.value) for number in question.numbers}
    short = {number.name: exact(_shortest(number)) for number in question.numbers}
    yield short
    numbers = {number.text: number for number in question.numbers}
    equations = _equations(question)
    for side, other in zip(question.opened, question.opened[::-1], strict=True):
        theirs = {n.name: stored[n.name] for n in other.numbers if n.name in stored}
        ours = {n.name for n in side.numbers if n.name in stored}
        lists = {name: stored[name] for name in ours - side.scalars}
        scalars = {name: stored[name] for name in ours & side.scalars}
        for rows in equations:
            for own in (scalars, {name: short[name] for name in scalars}) if lists else ():
                yield stored | own | _solved(rows, theirs | own, numbers)
            found = _solved(rows, theirs | lists, numbers)
            yield stored | found
            if lists:
                yield stored | _solved(rows, theirs | found, numbers)
                yield stored | _solved(rows, theirs, numbers)


def _equations(question: OpenClaim) -> list[list[tuple[Exact, Exact]]]:
    """Numbers of the source and of the target that might be equal: pairs on the same lanes, by index, by their size."""
    claim = question.claim
    sides: list[list[tuple[frozenset[int], tuple[Exact, ...]]]] = []
    for layout, name in ((claim.source, "source"), (claim.target, "target")):
        items = []
        for pair, turn in zip(layout.pairs, turned_pairs(claim, layout, name), strict=True):
            frequencies = (
                angle[coordinate]
                for feed, angles in zip(claim.feeds, turn.angles, strict=True)
                for angle in dict.fromkeys(angles) for coordinate in feed.coordinates
            )
            items.append((frozenset(pair.read), (pair.magnitude, *frequencies)))
        sides.append(items)
    source, target = sides
    lanes = dict(target)
    matchings = [
        [(own, lanes[at]) for at, own in source if at in lanes],
        [(own, theirs) for (_, own), (_, theirs) in zip(source, target, strict=False)],
        list(_by_size([own for _, own in source], [own for _, own in target])),
    ]
    rows = [[(a, b) for own, theirs in each for a, b in zip(own, theirs, strict=False) if a != b] for each in matchings]
    return [each for i, each in enumerate(rows) if each and each not in rows[:i]]


def _by_size(
    source: Sequence[tuple[Exact, ...]], target: Sequence[tuple[Exact, ...]]
) -> Iterator[tuple[tuple[Exact, ...], tuple[Exact, ...]]]:
    """Each of the source with the first of the target, not taken yet, whose numbers may be the same up to sign."""
    if len(source) * len(target) > MAX_COMPARED:
        return
    left = [(theirs, [abs(enclose(value, PRECISION)) for value in theirs]) for theirs in target]
    for own in source:
        balls = [abs(enclose(value, PRECISION)) for value in own]
        for index, (theirs, other) in enumerate(left):
            if len(balls) == len(other) and all(a.overlaps(b) for a, b in zip(balls, other, strict=True)):
                yield own, theirs
                del left[index]
                break


def _solved(
    equations: Sequence[tuple[Exact, Exact]], known: Choice, numbers: Mapping[str, StoredNumber]
) -> dict[str, Exact]:
    """Numbers that equations with one unknown give, again and again; what does not round as it should is left out."""
    found: dict[str, Exact] = {}
    progress = True
    while progress:
        progress = False
        for left, right in equations:
            try:
                solved = _unknown(left, right, {**known, **found}, numbers)
            except ProverError:
                continue
            if solved and solved[0].name not in found and _rounds(*solved):
                found[solved[0].name] = solved[1]
                progress = True
    return found


def _unknown(
    left: Exact, right: Exact, known: Choice, numbers: Mapping[str, StoredNumber]
) -> tuple[StoredNumber, Exact] | None:
    """The one unknown of left = right, both products, up to sign; None if there is not one."""
    ours, theirs = _product(left, known, numbers), _product(right, known, numbers)
    if ours is None or theirs is None or not ours[0] or not theirs[0]:
        return None
    unknown = dict(ours[1])
    for name, exponent in theirs[1].items():
        unknown[name] = unknown.get(name, Fraction(0)) - exponent
    unknown = {name: exponent for name, exponent in unknown.items() if exponent}
    if len(unknown) != 1:
        return None
    ((text, exponent),) = unknown.items()
    ratio = theirs[0] / ours[0]
    ratio = -ratio if sign(ratio) < 0 else ratio
    return numbers[text], positive_power(ratio, exact(1 / exponent))


def _product(
    value: Exact, known: Choice, numbers: Mapping[str, StoredNumber]
) -> tuple[Exact, dict[str, Fraction]] | None:
    """What is known of a product, and the exponents of the rest; of a sum only if nothing in it is open."""
    if len(value.terms) != 1:
        return None if "{" in str(value) else (value, {})
    ((monomial, coefficient),) = value.terms
    factor, rest = exact(coefficient), dict[str, Fraction]()
    closed: list[tuple[Atom, Fraction]] = []
    for atom, exponent in monomial:
        if atom.kind != "stored":
            if "{" in atom.text:
                return None
            closed.append((atom, exponent))
        elif (name := numbers[atom.text].name) in known:
            factor = factor * power(known[name], exponent)
        else:
            rest[atom.text] = exponent
    return (factor * Exact(((tuple(closed), Fraction(1)),)) if closed else factor), rest


def _shortest(number: StoredNumber) -> Fraction:
    """The decimal of the fewest digits that rounds as it should: 1/10 for the float32 next to it."""
    value, (low, high) = number.value, number.ends
    step = Fraction(10) ** (len(str(int(value))) if value >= 1 else -len(str(int(1 / value))) + 1)
    while True:
        found = round(value / step) * step
        if low < found < high:
            return found
        step /= 10


def _rounds(number: StoredNumber, value: Exact) -> bool:
    low, high = (compare(exact(end), value) for end in number.ends)
    return (low < 0 < high) or (number.has_ends and 0 in (low, high) and low <= 0 <= high)
