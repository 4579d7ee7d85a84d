"""Do two kernels give the same bits? Their recipes are compared operation by operation.

Operations are left uninterpreted: equal inputs give equal outputs, and nothing more is known of them.
So what is proved equal has the same bits on any machine that does the operations as written, or, where a recipe
lets a compiler contract, in any of the ways it may. Where no proof is found, NumPy's kernels are run, and a
position where the bits differ in exact arithmetic too is the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from prover.bits.differing import SEED, BitDifference, Side, find_difference, sides_of
from prover.bits.floating import outputs
from prover.bits.machine import Machine
from prover.bits.recipe import Recipe, read_recipe
from prover.bits.terms import Terms
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation, Strength
from prover.claims.solver import Question, Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.exact.angle import axis_angle
from prover.kernels.kernel import make_kernel
from prover.layouts.feed import Feed
from prover.layouts.loading import Loaded, load
from prover.verdicts.verdict import Verdict, prove

LARGEST_COEFFICIENT = 1 << 20


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

    @property
    def least(self) -> Fraction:
        """What is said is said of heads, cosines and sines that are 0 or no smaller."""
        return max(recipe.least for recipe in self.recipes)


def compare_bits(source: str, target: str, feeds: Sequence[str], solver: Solver) -> Bits:
    """Decide whether two specs give the same bits under the feeds.

    Raises InputError where a layout has no recipe, EvidenceError if NumPy contradicts the proof.
    """
    sides = load(source), load(target)
    claim = make_claim(*sides, feeds)
    recipes = read_recipe(sides[0]), read_recipe(sides[1])
    if recipes[0].head != recipes[1].head:
        raise InputError(
            f"the source gives {recipes[0].head}, the target {recipes[1].head}: other formats, so other bits",
            advice="Compare kernels whose results have the same format",
        )
    for feed in claim.feeds:
        _check_whole(feed)
    exact = prove(claim, Relation.IDENTICAL, solver)
    for side, recipe in zip(sides, recipes, strict=True):
        _check_run(side, recipe)
    fed = [sides_of(feed, sides, recipes) for feed in claim.feeds]
    lanes = sorted({lane for each in fed for lane in _open_lanes(*each, solver)})
    run = [find_difference(feed, *each) for feed, each in zip(claim.feeds, fed, strict=True)]
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


def _open_lanes(source: Side, target: Side, solver: Solver) -> list[int]:
    """The lanes whose equality does not follow by congruence."""
    terms = Terms(max(source.recipe.least, target.recipe.least))
    first, second = (
        (side.contracted(terms, terms.undetermined) if side.recipe.may_contract else side.outputs(terms))[0]
        for side in (source, target)
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
        "one order, signs stand in front of products, factors 1 are left out, and fused sums with an exact product are "
        "plain ones. What a compiler may do in several ways is a choice with a name of its own.",
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
    wide = replace(recipe, precision="float64", table="float64", rotation="float64", head="float64")
    _, angles = outputs(side, wide, places, machine)
    wanted = at @ kernel.frequencies.T + kernel.tables[0][1]
    if angles and not np.allclose(np.stack(angles, axis=1), wanted, rtol=1e-9, atol=1e-9):
        raise EvidenceError(f"{layout.name[:80]}: the recipe's operations do not come to the layout's angles",
                            advice="This is a fault of rope-prover; please report the spec")
