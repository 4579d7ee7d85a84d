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
            found = shown_relation(claim)
        except ProverError:
            continue
        if found is not None and (best is None or found.rung < best[2].rung):
            best = claim, choice, found
        if found is Relation.IDENTICAL:
            break
    return best


def shown_relation(claim: Claim) -> Relation | None:
    """The lowest relation that equal signatures show; those between are only looked at where the last is shown."""
    lowest, *between, last = RELATIONS
    if claim.is_of_one_table or _is_shown(claim, lowest):
        return lowest
    if not _is_shown(claim, last):
        return None
    return next((relation for relation in between if _is_shown(claim, relation)), last)


def _is_shown(claim: Claim, relation: Relation) -> bool:
    source = side_signature(claim, claim.source, "source", relation)
    return source == side_signature(claim, claim.target, "target", relation)


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
        rounded = {name: short[name] for name in scalars}
        for rows in equations:
            for own in ((scalars,) if rounded == scalars else (scalars, rounded)) if lists else ():
                yield stored | own | _solved(rows, theirs | own, numbers)
            found = _solved(rows, theirs | lists, numbers)
            yield stored | found
            if lists:
                if found:
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
    left = [each for own, theirs in equations if (each := _balance(own, theirs, numbers)) is not None]
    progress = True
    while progress:
        progress, waiting = False, list[_Balance]()
        for balance in left:
            unknown = [number for number, _ in balance.open if number.name not in known and number.name not in found]
            if len(unknown) != 1:
                waiting += [balance] if unknown else []
                continue
            try:
                value = balance.solve(unknown[0], {**known, **found})
            except ProverError:
                continue
            if _rounds(unknown[0], value):
                found[unknown[0].name] = value
                progress = True
        left = waiting
    return found


@dataclass(frozen=True, slots=True)
class _Balance:
    """An equation between two products: what is closed on either side, and each open number's exponent on the left."""

    left: Exact
    right: Exact
    open: tuple[tuple[StoredNumber, Fraction], ...]

    def solve(self, unknown: StoredNumber, known: Choice) -> Exact:
        """The unknown, up to sign, all others being known."""
        ours, theirs, exponent = self.left, self.right, Fraction(0)
        for number, own in self.open:
            if number is unknown:
                exponent = own
            elif own > 0:
                ours = ours * power(known[number.name], own)
            else:
                theirs = theirs * power(known[number.name], -own)
        ratio = theirs / ours
        ratio = -ratio if sign(ratio) < 0 else ratio
        return positive_power(ratio, exact(1 / exponent))


def _balance(left: Exact, right: Exact, numbers: Mapping[str, StoredNumber]) -> _Balance | None:
    """left = right; None where one is no product, or zero."""
    ours, theirs = _product(left), _product(right)
    if ours is None or theirs is None or not ours[0] or not theirs[0]:
        return None
    exponents = dict(ours[1])
    for text, exponent in theirs[1].items():
        exponents[text] = exponents.get(text, Fraction(0)) - exponent
    return _Balance(ours[0], theirs[0], tuple((numbers[text], own) for text, own in exponents.items() if own))


def _product(value: Exact) -> tuple[Exact, dict[str, Fraction]] | None:
    """What is closed in a product, and the exponents of what is open; of a sum only if nothing in it is open."""
    if len(value.terms) != 1:
        return None if "{" in str(value) else (value, {})
    ((monomial, coefficient),) = value.terms
    rest, closed = dict[str, Fraction](), list[tuple[Atom, Fraction]]()
    for atom, exponent in monomial:
        if atom.kind == "stored":
            rest[atom.text] = exponent
        elif "{" in atom.text:
            return None
        else:
            closed.append((atom, exponent))
    factor = exact(coefficient)
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
