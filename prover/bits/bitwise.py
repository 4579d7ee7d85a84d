"""Do two kernels give the same bits? Their recipes are compared operation by operation.

Operations are left uninterpreted: equal inputs give equal outputs, and nothing more is known of them.
So what is proved equal has the same bits on any machine that does the operations as written. Where
no proof is found, NumPy's kernels are run, and a position where the bits differ is the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from prover.bits.floating import Machine, Terms, outputs
from prover.bits.formats import Array, bits_of
from prover.bits.recipe import Recipe, read_recipe
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation, Strength
from prover.claims.solver import Question, Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.exact.angle import Angle, axis_angle
from prover.kernels.kernel import make_kernel
from prover.layouts.feed import Feed
from prover.layouts.loading import Loaded, load
from prover.verdicts.verdict import Verdict, prove

LARGEST_COEFFICIENT = 1 << 20
FIRST_POSITIONS = 1024
MORE_POSITIONS = 1024
LARGEST_POSITION = 1 << 17
MAX_CELLS = 1 << 22
SEED = 20


@dataclass(frozen=True, slots=True)
class BitDifference:
    """One position at which a lane of a head comes out with other bits, written in hexadecimal."""

    feed: str
    head: str
    position: tuple[tuple[str, int], ...]
    lane: int
    pair: int | None
    angles: tuple[str, str] | None
    values: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bits:
    """What is known of the bits of two kernels. `open_pairs`: whose operations are not the same."""

    source: Loaded
    target: Loaded
    recipes: tuple[Recipe, Recipe]
    exact: Verdict
    outcome: Outcome
    strength: Strength
    open_pairs: tuple[int, ...]
    difference: BitDifference | None
    positions: int
    questions: int
    agreement: str


def compare_bits(source: str, target: str, feeds: Sequence[str], solver: Solver) -> Bits:
    """Decide whether two specs give the same bits under the feeds.

    Raises InputError where a layout has no recipe, EvidenceError if NumPy contradicts the proof.
    """
    sides = load(source), load(target)
    claim = make_claim(*sides, feeds)
    recipes = read_recipe(sides[0]), read_recipe(sides[1])
    if recipes[0].table != recipes[1].table:
        raise InputError(
            f"the source gives {recipes[0].table}, the target {recipes[1].table}: other formats, so other bits",
            advice="Compare kernels whose results have the same format",
        )
    for feed in claim.feeds:
        _check_whole(feed)
    exact = prove(claim, Relation.IDENTICAL, solver)
    for side, recipe in zip(sides, recipes, strict=True):
        _check_run(side, recipe)
    lanes = sorted({lane for feed in claim.feeds for lane in _open_lanes(feed, sides, recipes, solver)})
    run = [_run(feed, sides, recipes) for feed in claim.feeds]
    difference = next((found for _, found in run if found), None)
    if difference is not None and not lanes:
        raise EvidenceError("NumPy's kernels differ where the proof says that they cannot",
                            advice="This is a fault of rope-prover; please report the two specs")
    if lanes:
        outcome = Outcome.DIFFERENT if difference else Outcome.UNDECIDED
        strength = Strength.NUMERIC if difference else Strength.NONE
    else:
        outcome, strength = Outcome.EQUIVALENT, Strength.SOLVER
    owner = {lane: i for layout in (claim.source, claim.target) for i, p in enumerate(layout.pairs) for lane in p.write}
    return Bits(
        *sides, recipes, exact, outcome, strength,
        tuple(sorted({owner[lane] for lane in lanes if lane in owner})), difference,
        sum(count for count, _ in run), len(solver.asked), solver.agreement,
    )


def _check_whole(feed: Feed) -> None:
    for axis, place in (*feed.source, *feed.target):
        for number in (place.phase, *(f for _, f in place.frequencies)):
            value = number.rational
            if value is None or value.denominator != 1 or abs(value) > LARGEST_COEFFICIENT:
                raise InputError(
                    f"feed '{feed.name[:60]}' puts {str(number)[:40]} into axis {axis}",
                    advice=f"Bits are compared at whole positions with factors up to {LARGEST_COEFFICIENT}",
                )


def _open_lanes(
    feed: Feed, sides: tuple[Loaded, Loaded], recipes: tuple[Recipe, Recipe], solver: Solver
) -> list[int]:
    """The lanes whose equality does not follow by congruence."""
    terms = Terms()
    (first, _), (second, _) = (
        outputs(side, recipe, places, terms)
        for side, recipe, places in zip(sides, recipes, (dict(feed.source), dict(feed.target)), strict=True)
    )
    lanes = [lane for lane, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    question = _question(terms, first, second)
    answer = solver.ask(question)
    if answer.word == "unknown":
        raise UndecidedError("Z3 gave up on the operations", advice=f"The question is saved in {solver.save(question)}")
    if (answer.word == "unsat") is bool(lanes):
        raise EvidenceError(f"Z3 says {answer.word} of terms of which {len(lanes)} differ")
    return lanes


def _question(terms: Terms, first: Sequence[int], second: Sequence[int]) -> Question:
    """All lanes equal? Each side has its own definitions, so that only congruence can make them meet."""
    needed = _below(terms, [*first, *second])
    symbols = sorted({(terms.nodes[n][0], len(terms.nodes[n][1])) for n in needed})
    lines = ["(declare-sort Float 0)"]
    lines += [f"(declare-fun |{name}| ({' '.join(['Float'] * arity)}) Float)" for name, arity in symbols]
    for side, roots in (("s", first), ("t", second)):
        for n in sorted(_below(terms, roots)):
            name, arguments = terms.nodes[n]
            body = f"(|{name}| {' '.join(f'{side}{a}' for a in arguments)})" if arguments else f"|{name}|"
            lines += [f"(declare-const {side}{n} Float)", f"(assert (= {side}{n} {body}))"]
    apart = " ".join(f"(not (= s{a} t{b}))" for a, b in zip(first, second, strict=True))
    lines += [f"(assert (or {apart}))", "(check-sat)"]
    return Question(
        name="bits",
        asks="Can a lane of the two kernels come out with other bits, if floating-point operations are only "
        "known to give equal results for equal arguments? a - b is written as a + -b, factors and summands are in "
        "one order, signs stand in front of products, and factors 1 are left out.",
        proves="unsat: every lane has the same bits at every position. sat: not shown by congruence.",
        body="\n".join(lines),
    )


def _below(terms: Terms, roots: Sequence[int]) -> set[int]:
    """The nodes that the roots are made of, themselves included."""
    found: set[int] = set()
    pending = list(roots)
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += terms.nodes[node][1]
    return found


def _check_run(side: Loaded, recipe: Recipe) -> None:
    """Run the recipe in float64: its angles must be near the layout's exact ones. No decision rests on it."""
    layout, kernel = side.layout, make_kernel(side.layout)
    places = {axis: axis_angle(axis) for axis in layout.axes}
    at = np.random.default_rng(SEED).integers(1, 1000, size=(4, len(layout.axes)))
    machine = Machine(dict(zip(layout.axes, at.T, strict=True)), np.ones((4, layout.width)))
    _, angles = outputs(side, replace(recipe, precision="float64", table="float64"), places, machine)
    wanted = at @ kernel.frequencies.T + kernel.tables[0][1]
    if angles and not np.allclose(np.stack(angles, axis=1), wanted, rtol=1e-9, atol=1e-9):
        raise EvidenceError(f"{layout.name[:80]}: the recipe's operations do not come to the layout's angles",
                            advice="This is a fault of rope-prover; please report the spec")


def _run(
    feed: Feed, sides: tuple[Loaded, Loaded], recipes: tuple[Recipe, Recipe]
) -> tuple[int, BitDifference | None]:
    """Run both kernels in NumPy: heads of ones, and of random numbers. The count of positions, a difference.

    The control, the target one position on, must differ from the target; else the run proves nothing.
    """
    width = sides[0].layout.width
    coordinates = _positions(feed.coordinates, max(1, MAX_CELLS // width))
    count = next(iter(coordinates.values())).size if coordinates else 1
    ones = np.ones((count, width))
    heads = {"ones": ones, "random numbers": np.random.default_rng(SEED).normal(size=(count, width))}
    for name, head in heads.items():
        machine = Machine(coordinates, head)
        first, second = (
            outputs(side, recipe, places, machine)
            for side, recipe, places in zip(sides, recipes, (dict(feed.source), dict(feed.target)), strict=True)
        )
        differ = np.stack([bits_of(a) != bits_of(b) for a, b in zip(first[0], second[0], strict=True)])
        if differ.any():
            return count, _first(feed, name, coordinates, sides, recipes, differ, first, second)
    places = dict(feed.target)
    if _turns(sides[1], places):
        here, shifted = (
            outputs(sides[1], recipes[1], places, Machine({n: c + by for n, c in coordinates.items()}, ones))[0]
            for by in (0, 1)
        )
        if all((bits_of(a) == bits_of(b)).all() for a, b in zip(here, shifted, strict=True)):
            raise EvidenceError("the negative control, one position on, has the same bits")
    return count, None


def _turns(side: Loaded, places: Mapping[str, Angle]) -> bool:
    """Whether some pair turns with a coordinate under the feed."""
    return any(places[axis].frequencies for pair in side.layout.pairs for axis, _ in pair.angle.frequencies)


def _positions(names: Sequence[str], most: int) -> dict[str, npt.NDArray[np.int64]]:
    """Whole positions: the first ones with all coordinates alike, then random ones, each for itself."""
    generator = np.random.default_rng(SEED)
    start = np.arange(min(FIRST_POSITIONS, most), dtype=np.int64)
    return {
        name: np.concatenate([start, generator.integers(0, LARGEST_POSITION, min(MORE_POSITIONS, most))])
        for name in names
    }


def _first(
    feed: Feed, head: str, coordinates: Mapping[str, npt.NDArray[np.int64]], sides: tuple[Loaded, Loaded],
    recipes: tuple[Recipe, Recipe], differ: npt.NDArray[np.bool_],
    first: tuple[list[Array], list[Array]], second: tuple[list[Array], list[Array]],
) -> BitDifference:
    """The first position tried at which a lane differs, and the first such lane."""
    at = int(np.argmax(differ.any(axis=0)))
    lane = int(np.argmax(differ[:, at]))
    pairs = [next((i for i, p in enumerate(s.layout.pairs) if lane in p.write), None) for s in sides]
    angles = None
    if pairs[0] is not None and pairs[1] is not None:
        angles = (
            _shown(first[1][pairs[0]][at], recipes[0].precision), _shown(second[1][pairs[1]][at], recipes[1].precision)
        )
    return BitDifference(
        feed.name, head, tuple((name, int(values[at])) for name, values in coordinates.items()), lane, pairs[0], angles,
        (_shown(first[0][lane][at], recipes[0].table), _shown(second[0][lane][at], recipes[1].table)),
    )


def _shown(value: np.floating, precision: str) -> str:
    """A floating-point number with its bits."""
    bits = int(bits_of(np.array([value]), precision)[0])
    digits = 4 if precision == "bfloat16" else 2 * value.dtype.itemsize
    return f"{value!s} (0x{bits:0{digits}x})"
