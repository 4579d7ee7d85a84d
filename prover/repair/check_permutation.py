"""A permutation that somebody has, held against what two layouts need.

Rows of W_q and W_k that are moved make the target another layout (`Loaded.moved`), and the claim that this one scores
as the source does is decided like any other. Of several heads each is such a claim. Two things need no claim, where
both layouts are rotations: a row that comes from another head, and rows of q and of k that meet and move differently.
At one token the score of a rotation joins lane a of q with lane a of k and no other, so there is a matrix for which
the one side scores 0 and the other does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from prover.claims.relation import UNTOUCHED, Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import InputError, LimitError
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded
from prover.repair.permutation_text import MAX_ROWS, Given, Move, move_of
from prover.repair.size_names import Matrix
from prover.repair.slips import Rows, Slip, slips_of_head, slips_of_matrix
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Found, Verdict

MAX_MOVES = 64  # that differ from head to head, each of which is proved


class State(Enum):
    """The answer."""

    RIGHT = "right"
    WRONG = "wrong"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one matrix. `moves`: within each head, None where rows come from another head.

    `verdict`: of the head that settles it, which is `head`; None where no claim was needed. `moves_well`: whether only
    factors are missing.
    """

    move: Move
    state: State
    moves: tuple[Rows | None, ...]
    verdict: Verdict | None = None
    head: int = 0
    slips: tuple[Slip, ...] = ()
    moves_well: bool = False

    @property
    def is_alike(self) -> bool:
        """Whether rows move within their heads, and in each head in the same way."""
        return self.moves[0] is not None and len(set(self.moves)) == 1


@dataclass(frozen=True, slots=True)
class Held:
    """The whole answer. `bare`: the verdict about the layouts with all rows in place. `needed`: how a head's rows have
    to move, if that is known; `unlike`: heads of q and of k that meet and whose rows move differently; `left_out`: the
    matrix that a list says nothing of.
    """

    given: Given
    source: Loaded
    target: Loaded
    bare: Verdict
    needed: Rows | None
    parts: tuple[Part, ...]
    state: State
    unlike: tuple[int, int] | None = None
    left_out: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """The one that the answer rests on; None if it needs no claim, since rows of several heads are mixed up."""
        if self.hopeless:
            return self.bare
        found = (part.verdict for part in self.parts if part.state is self.state and part.verdict is not None)
        return next(found, None)

    @property
    def hopeless(self) -> bool:
        """Whether nothing that is done to the rows is right."""
        return self.bare.fails is Relation.LINEAR

    @property
    def needs_factors(self) -> bool:
        """Whether rows have to be multiplied too, so that moving them alone is never right."""
        return self.bare.holds is Relation.PAIR_MAP and self.bare.fails is Relation.PERMUTATION


@dataclass(slots=True)
class Proofs:
    """The claims about two layouts, each proved once. `feeds`, `ulps`: as for `prove_loaded`."""

    source: Loaded
    target: Loaded
    feeds: Sequence[str]
    ulps: int | None = 0
    solver: Solver = field(default_factory=Solver)
    known: dict[tuple[Rows, Relation | None], Verdict] = field(default_factory=dict)
    in_place: Verdict | None = None

    def bare(self) -> Verdict:
        """With all rows in place, as low as it goes."""
        if self.in_place is None:
            self.in_place = prove_loaded(self.source, self.target, self.feeds, ulps=self.ulps)
        return self.in_place

    def of(self, rows: Rows, limit: Relation | None = UNTOUCHED) -> Verdict:
        if (rows, limit) not in self.known:
            moved = self.target.moved(rows)
            self.known[rows, limit] = prove_loaded(self.source, moved, self.feeds, limit, self.solver, self.ulps)
        return self.known[rows, limit]

    def is_right(self, rows: Rows) -> bool:
        return self.of(rows).outcome is Outcome.EQUIVALENT

    def lacks_factors(self, rows: Rows) -> bool:
        """Whether with these rows moved factors are all that is missing."""
        found = self.of(rows, Relation.PAIR_MAP)
        holds = found.decision.holds
        return found.holds is Relation.PAIR_MAP and holds is not None and holds.permutation == tuple(range(len(rows)))


def matrices(source: Loaded, target: Loaded, heads: int | None, kv_heads: int | None) -> tuple[Matrix, ...]:
    """W_q and W_k as they are asked about; one matrix if no number of heads is given. Raises InputError."""
    width = source.layout.width
    if target.layout.width != width:
        raise InputError(
            f"the heads have different widths: source {width}, target {target.layout.width} lanes",
            advice="Give both the same head width (head_dim or its equivalent)",
        )
    rotated = {len(_lanes(side.layout)) for side in (source, target)}
    turning = rotated.pop() if len(rotated) == 1 else None
    if heads is None:
        if kv_heads is not None:
            raise InputError("--kv-heads needs --heads", advice="Give the number of heads of q too")
        return (Matrix("head", 1, 1, 1, width, turning),)
    both = heads, heads if kv_heads is None else kv_heads
    for name, count in zip(("heads", "kv-heads"), both, strict=True):
        if type(count) is not int or count < 1:
            raise InputError(f"expected a whole number from 1 on, got {str(count)[:40]}", where=name)
        if count * width > MAX_ROWS:
            raise LimitError(f"{count} heads of {width} lanes are more than {MAX_ROWS} rows", where=name)
    if both[0] % both[1]:
        raise InputError(f"{both[0]} heads of q cannot share {both[1]} heads of k", where="kv-heads",
                         advice="The number of heads of q is a multiple of that of k")
    return tuple(Matrix(name, count, *both, width, turning) for name, count in zip("qk", both, strict=True))


def check_permutation(
    source: Loaded, target: Loaded, given: Given, shapes: Sequence[Matrix], lets: dict[str, int],
    feeds: Sequence[str] = (),
) -> Held:
    """Hold a permutation against what weights made for `source` need where `target` is computed.

    Raises InputError for what is no permutation of the rows, EvidenceError if the checker rejects evidence.
    """
    moves = [move_of(given, shape, lets) for shape in shapes]
    left_out = next((shape.name for shape, move in zip(shapes, moves, strict=True) if move is None), "")
    return check_moves(Proofs(source, target, feeds), given, [move for move in moves if move is not None], left_out)


def check_moves(
    proofs: Proofs, given: Given, moves: Sequence[Move], left_out: str = "",
) -> Held:
    """The same where it is known what is done to each matrix: to a head, or to q and then to k, or to one of the two.

    `proofs`: of the two layouts, which may know some already. `left_out`: as in `Held`.
    """
    bare = proofs.bare()
    holds = bare.decision.holds
    needed = None if holds is None else holds.permutation
    parts = tuple(_part(move, bare, needed, proofs) for move in moves)
    unlike = _unlike(parts) if len(parts) == 2 else None
    if unlike is not None:
        parts = tuple(_cut(part, proofs) for part in parts)
    state = _state([part.state for part in parts])
    if unlike is not None and state is not State.WRONG:
        state = State.WRONG if _are_rotations(bare) else State.UNDECIDED
    return Held(given, proofs.source, proofs.target, bare, needed, parts, state, unlike, left_out)


def _state(states: Sequence[State]) -> State:
    return next(word for word in (State.WRONG, State.UNDECIDED, State.RIGHT) if word in states)


def _are_rotations(bare: Verdict) -> bool:
    return not any(bare.decision.not_rotations)


def _part(move: Move, bare: Verdict, needed: Rows | None, proofs: Proofs) -> Part:
    width, heads = move.matrix.width, move.matrix.heads
    moves = tuple(_within(move.rows, head, width) for head in range(heads))
    distinct = dict.fromkeys(each for each in moves if each is not None)
    if bare.fails is Relation.LINEAR:
        return Part(move, State.WRONG, moves)
    state, verdict = _settle(tuple(distinct), proofs)
    if None in moves and state is not State.WRONG:
        state, verdict = (State.WRONG if _are_rotations(bare) else State.UNDECIDED), None
    settles = None if verdict is None else next(rows for rows in distinct if proofs.of(rows) is verdict)
    found = Part(move, state, moves, verdict, moves.index(settles))
    if state is not State.WRONG:
        return found
    is_scaled = bare.holds is Relation.PAIR_MAP
    is_right = proofs.lacks_factors if is_scaled else proofs.is_right
    extents = _extents(proofs)
    slips = list(slips_of_matrix(move.rows, heads, width, extents, is_right)) if move.matrix.q_heads > 1 else []
    if found.is_alike:
        (only,) = distinct
        if is_scaled and is_right(only):
            return replace(found, moves_well=True)
        slips += slips_of_head(only, needed, extents, is_right)
    return replace(found, slips=tuple(slips))


def _cut(part: Part, proofs: Proofs) -> Part:
    """A matrix that is right by itself and unlike the one that it meets, with the number of heads it was moved for.

    Moved as other heads, its lanes that turn may move as they have to, and others, which pass, with them.
    """
    if part.state is not State.RIGHT or proofs.of(part.moves[part.head] or ()).holds is Relation.PAIR_MAP:
        return part
    matrix = part.move.matrix
    found = slips_of_matrix(part.move.rows, matrix.heads, matrix.width, _extents(proofs), proofs.is_right)
    return replace(part, slips=tuple(found))


def _settle(moves: Sequence[Rows], proofs: Proofs) -> tuple[State, Verdict | None]:
    """What is known where the rows of heads move in these ways, and the verdict that it rests on."""
    state, verdict = State.RIGHT, None
    for count, rows in enumerate(moves):
        if count == MAX_MOVES:
            raise LimitError(f"the rows move in more than {MAX_MOVES} ways, depending on the head", where="permutation",
                             advice="Ask about fewer heads")
        found = proofs.of(rows)
        word = _WORDS[found.outcome]
        if word is State.RIGHT and len(moves) > 1 and found.as_stored and found.as_stored.found is Found.CHOICE:
            word = State.UNDECIDED  # each head could want stored numbers to be others
        if verdict is None or _state([state, word]) is not state:
            state, verdict = _state([state, word]), found
        if state is State.WRONG:
            break
    return state, verdict


_WORDS = {Outcome.EQUIVALENT: State.RIGHT, Outcome.DIFFERENT: State.WRONG, Outcome.UNDECIDED: State.UNDECIDED}


def _within(rows: Sequence[int], head: int, width: int) -> Rows | None:
    """The move of one head's rows among themselves; None if some come from another head."""
    start = head * width
    found = tuple(row - start for row in rows[start : start + width])
    return found if min(found) >= 0 and max(found) < width else None


def _unlike(parts: Sequence[Part]) -> tuple[int, int] | None:
    """The first head of q whose rows move otherwise than those of the head of k that it meets."""
    q, k = parts
    group = q.move.matrix.heads // k.move.matrix.heads
    for head, rows in enumerate(q.moves):
        if rows is not None and k.moves[head // group] not in (None, rows):
            return head, head // group
    return None


def _extents(proofs: Proofs) -> list[tuple[int, int]]:
    """Runs of lanes that might have to move: those that turn on either side, and the whole head."""
    width = proofs.source.layout.width
    found = []
    for side in (proofs.source, proofs.target):
        lanes = _lanes(side.layout)
        if lanes and max(lanes) - min(lanes) + 1 == len(lanes):
            found.append((min(lanes), max(lanes) + 1))
    return [*found, (0, width)]


def _lanes(layout: Layout) -> set[int]:
    return {lane for pair in layout.pairs for lane in pair.read}
