"""What the heads of some layers need, and what is proved of moves of their rows, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from prover.claims.claim import make_claim
from prover.claims.relation import Outcome
from prover.claims.turned import turned_pairs
from prover.claims.unit import Vector, canonical_vector, make_units, opposite, stack_keys
from prover.errors import InputError, UndecidedError
from prover.exact.enclosure import equal
from prover.exact.number import Exact
from prover.layouts.loading import Loaded, load
from prover.repair.check_permutation import Held, Proofs, check_moves
from prover.repair.permutation_text import Given, Move
from prover.repair.size_names import Matrix as Shape
from prover.repair.slips import find_riffle, inverse
from prover.sources.beside import SOFTMAX, hold, never_cancels
from prover.weights.audited.recover import Rows
from prover.weights.moved.scales import unfit
from prover.weights.moved.witness import Need

GIVEN = Given("list", "the rows of the target among those of the source")


@dataclass
class Question:
    """One need, its two layouts, and what was proved so far. `width`: lanes of a head where neither side rotates."""

    need: Need
    width: int
    held: dict[tuple[tuple[Rows, ...], int, int, tuple[str, ...]], Held] = field(default_factory=dict)

    @cached_property
    def sides(self) -> tuple[Loaded, Loaded] | None:
        """The layouts; of heads that pass where neither side rotates. None if nothing was decided."""
        if self.need.fault:
            return None
        if self.need.sides is None:
            passing = load(f"generic/nope:head_dim={self.width}")
            return passing, passing
        return self.need.sides

    @cached_property
    def proofs(self) -> Proofs:
        """What is proved of moves of a head, each once for all layers."""
        assert self.sides is not None
        return Proofs(*self.sides, self.need.feeds, self.need.ulps)

    @cached_property
    def needed(self) -> Rows | None:
        """How the rows of a head have to move, if that is known and moving is enough."""
        return self.need.rows

    @cached_property
    def factors(self) -> tuple[Exact, ...]:
        """What the rows of a head have to be multiplied by; empty where they need not be, or it is not sure by what."""
        found = self.need.factors
        return () if any(unfit(self.need, found)) else found

    @cached_property
    def may_cancel(self) -> bool:
        """Whether the softmax of one side may have the factor that the rotation of the other lacks."""
        meeting = self.need.meeting
        beside = hold(meeting.source.beside, meeting.target.beside, None, 0)
        return any(held.name == SOFTMAX and held.outcome is not Outcome.EQUIVALENT and not (
            self.sides and never_cancels(*self.sides, held)) for held in beside)

    def check(self, moves: Sequence[tuple[str, Rows]], q_heads: int, kv_heads: int) -> Held:
        """What is known of these moves of whole matrices, q and k or one of the two."""
        names = tuple(name for name, _ in moves)
        key = tuple(rows for _, rows in moves), q_heads, kv_heads, names
        if key not in self.held:
            shapes = {"q": q_heads, "k": kv_heads}
            made = [Move(Shape(name, shapes[name], q_heads, kv_heads, self.width, None), rows, False)
                    for name, rows in moves]
            self.held[key] = check_moves(self.proofs, GIVEN, made)
        return self.held[key]

    def is_right(self, rows: Rows) -> bool:
        """Whether rows of one head that move so are proved right."""
        return self.proofs.is_right(rows)

    def guesses(self, heads: int, q_heads: int, kv_heads: int) -> list[Rows]:
        """Moves of a whole matrix that known slips make, and the one that is needed first."""
        rows = heads * self.width
        identity = tuple(range(rows))
        if self.needed is None:
            return [identity]
        needed = self.needed

        def whole(move: Sequence[int]) -> Rows:
            return tuple(start + row for start in range(0, rows, len(move)) for row in move)

        found = [whole(needed), identity, whole(inverse(needed)), whole(tuple(needed[row] for row in needed))]
        riffle = find_riffle(needed)
        for count in {q_heads, kv_heads} - {heads} if riffle else ():
            size = rows // count if rows % count == 0 else 0
            for over in riffle.cut(self.width, size) if riffle and size > 2 else ():
                found += [whole(over.rows(size)), whole(inverse(over.rows(size)))]
        for over in riffle.over(0, self.width) if riffle else ():
            found += [whole(over.rows(self.width)), whole(inverse(over.rows(self.width)))]
        return list(dict.fromkeys(found))

    def must_differ(self, lane: int, other: int) -> bool:
        """Whether these two lanes of the source turn differently for certain, so that no right move exchanges them."""
        vectors = self._vectors
        if vectors is None or lane == other or not (vectors[lane] and vectors[other]):
            return False
        (a, against), (b, _) = vectors[lane], vectors[other]
        return _differ(a, b) and _differ(against, b)

    @cached_property
    def _vectors(self) -> list[tuple[Vector, Vector]] | None:
        """For each lane of the source what it turns by, and the opposite; None where it is no rotation."""
        if self.sides is None:
            return None
        try:
            claim = make_claim(*self.sides, self.need.feeds)
        except (InputError, UndecidedError):
            return None
        turned = turned_pairs(claim, claim.source, "source")
        if not all(turn.is_rotation for turn in turned):
            return None
        keys, whole = stack_keys(claim), claim.whole_positions
        found: dict[int, tuple[Vector, Vector]] = {}
        for unit in make_units(claim, claim.source, turned):
            vector = canonical_vector(unit.vector, keys, whole)[0]
            found |= dict.fromkeys(unit.lanes, (vector, opposite(vector, keys, whole)))
        return [found[lane] for lane in range(claim.source.width)]


def _differ(a: Vector, b: Vector) -> bool:
    """Whether two vectors differ in an entry for certain; pi among them would need whole turns to be counted."""
    if any(atom.kind == "pi" for number in (*a, *b) for term, _ in number.terms for atom, _ in term):
        return False
    return any(x != y and equal(x, y) is False for x, y in zip(a, b, strict=True))
