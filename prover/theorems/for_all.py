"""`prove --for-all` and `solve`: the answer to a statement, its relation, and the points that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice

import sympy

from prover.claims.relation import LADDER, Outcome, Relation, outcome
from prover.claims.solver import Solver
from prover.errors import InputError, UndecidedError
from prover.language.logic import Condition, any_of, in_range, negation
from prover.language.symbolic import INDEX
from prover.theorems.closed_form import (
    ClosedForm,
    along_lanes,
    closed_form,
    extra_in_place,
    proved_writes,
    same_lanes,
)
from prover.theorems.comparison import Comparison, same_magnitudes
from prover.theorems.gate import Said, tried, without
from prover.theorems.identity import decide_identity
from prover.theorems.instance import (
    Instance,
    Point,
    instance,
    instance_if_any,
    point_text,
    sample_points,
    smallest_point,
)
from prover.theorems.listing import pattern_of, points_up_to
from prover.theorems.matching import along_frequencies
from prover.theorems.needed import is_needed
from prover.theorems.points import Truth, tried_points
from prover.theorems.ramps import with_ramps
from prover.theorems.study import Statement, Study, make_statement
from prover.theorems.theorem import Answer, Scope, decide
from prover.theorems.unrolled import decide_unrolled
from prover.theorems.variables import find_variables

MAX_SEARCHED = 24

Track = Callable[[Sequence[str]], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Theorem:
    """What is known for all sizes.

    `relation`: the lowest rung that is proved where the families are equal. `below`: a point at which
    the rung below fails. `smallest`: parameters at which nothing within the limit holds; `is_least`: it is known
    that there are none before them.
    `tried`: at how many points on the equal and on the different side the concrete engine agreed; `points`: the first
    of either side; `checked`: at how many of them with a certificate.
    `listed`: within `bound`, the points at which they are equal, where no condition was found; `undecided`: those at
    which that is open. `pattern`: remainders that tell the former from all others within the bound; not proved beyond.
    `saved`: a question that the solver left open. `for_condition`: it was asked for which parameters they are equal.
    `is_identity`: what holds under the condition, and nowhere else, is that the kernels are identical; what a change of
    weights would do elsewhere was not asked.
    """

    statement: Statement
    feeds: tuple[str, ...]
    limit: Relation | None
    answer: Answer
    outcome: Outcome
    for_condition: bool = False
    is_identity: bool = False
    relation: Relation | None = None
    form: ClosedForm | None = None
    below: Instance | None = None
    smallest: Instance | None = None
    is_least: bool = False
    tried: tuple[int, int] = (0, 0)
    points: tuple[Point | None, Point | None] = (None, None)
    checked: int = 0
    unneeded: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    pattern: str = ""
    bound: int = 0
    questions: int = 0
    agreement: str = ""
    saved: str = ""


def state_theorem(
    source: str, target: str, names: str, where: Sequence[str], feeds: Sequence[str], limit: Relation | None,
    solver: Solver, bound: int = 0, track: Track = iter, identity: bool = False,
) -> Theorem:
    """The theorem about two specs for all `names` (with commas between) under the conditions `where`.

    Raises InputError for a name that no layout has, or a hypothesis outside the language.
    """
    variables = find_variables([name.strip() for name in names.split(",")], (source, target))
    statement = make_statement(source, target, feeds, variables, where)
    return prove_for_all(statement, feeds, limit, solver, bound, track, identity)


def solve_for(
    source: str, target: str, names: str, where: Sequence[str], feeds: Sequence[str], solver: Solver, bound: int,
    track: Track = iter, identity: bool = False,
) -> Theorem:
    """The same, asked for the condition: where none is found the answer is open, even if a counterexample is known.

    `identity`: the condition under which the two are identical lane by lane, not that under which they are equal.
    """
    limit = Relation.IDENTICAL if identity else None
    found = state_theorem(source, target, names, where, feeds, limit, solver, bound, track, identity)
    is_open = found.answer.scope is Scope.OPEN
    return replace(found, outcome=Outcome.UNDECIDED if is_open else found.outcome, for_condition=True)


def prove_for_all(
    statement: Statement, feeds: Sequence[str], limit: Relation | None, solver: Solver, bound: int = 0,
    track: Track = iter, identity: bool = False,
) -> Theorem:
    """Decide a statement for all sizes; `identity`: lane by lane, whatever a change of weights would do.

    `bound`: where no condition is found, the points up to it are decided one by one; `track` shows progress.

    Raises EvidenceError if the concrete engine contradicts what the solver proved.
    """
    study = Study(statement, solver)
    study, answer = (study, _identical(study)) if identity else _equal(study)
    if answer.scope is Scope.OPEN and limit is Relation.IDENTICAL and not identity:
        other = _identical(Study(statement, solver))
        if other.scope is not Scope.OPEN:
            study, answer, identity = Study(statement, solver), other, True
    found = Theorem(study.statement, tuple(feeds), limit, answer, Outcome.UNDECIDED, is_identity=identity)
    if answer.scope is not Scope.OPEN:
        found = _gated(study, _relation(study, found) if answer.scope is not Scope.NEVER else found)
    if found.answer.scope is Scope.OPEN:
        found = _open(study, found, bound, track)
    elif found.outcome is not Outcome.UNDECIDED:
        found = replace(found, unneeded=tuple(_unneeded(study, found)))
    if found.outcome is Outcome.UNDECIDED and study.unknown:
        found = replace(found, saved=solver.save(study.unknown[0]))
    return replace(found, questions=len(solver.asked), agreement=solver.agreement)


def _equal(study: Study) -> tuple[Study, Answer]:
    """Where the two are equal, and the study with the pairs in the order in which that was found."""
    answer = _in_order(study)
    if answer.scope is Scope.OPEN and not study.statement.outside:
        for moved, _ in along_lanes(study):
            study, answer = moved, replace(decide(moved), order=moved.statement.source.order)
    if answer.scope is Scope.OPEN and not study.statement.outside:
        for moved in along_frequencies(study):
            found = decide(moved)
            if found.scope is Scope.ALWAYS:
                return moved, replace(found, order=moved.statement.source.order)
    if answer.scope is Scope.OPEN:
        one_by_one = decide_unrolled(study, identity=False)
        answer = answer if one_by_one.scope is Scope.OPEN else one_by_one
    return study, answer


def _in_order(study: Study) -> Answer:
    """Where the two are equal, pairs beside each other as they are counted: with ramps as numbers, else as they are."""
    for named in with_ramps(study):
        answer = decide(named)
        if answer.scope is not Scope.OPEN:
            return answer
    return decide(study)


def _identical(study: Study) -> Answer:
    """Where the two are identical, lane by lane."""
    answer = decide_identity(study)
    for decided in (_one_by_one, _by_equality):
        if answer.scope is Scope.OPEN:
            other = decided(study)
            answer = answer if other.scope is Scope.OPEN else other
    return answer


def _one_by_one(study: Study) -> Answer:
    return decide_unrolled(study, identity=True)


def _by_equality(study: Study) -> Answer:
    """Where the two are identical if that is where they are equal: what is never equal is never identical."""
    moved, answer = _equal(study)
    if answer.scope in (Scope.OPEN, Scope.NEVER):
        return answer
    lowest = _rung(moved.assuming(*answer.condition), answer.sign)
    if lowest.relation is Relation.IDENTICAL:
        return replace(answer, order=lowest.order, sign=lowest.sign)
    return Answer(Scope.OPEN, reason="the two are equal somewhere, and it is not known where they are identical")


def _outcome(found: Theorem) -> Outcome:
    """Of all parameters: where the two are equal at some only, or at none, nothing linear helps at the others."""
    if found.answer.scope is not Scope.ALWAYS:
        return outcome(None, LADDER[-1], found.limit)
    return outcome(found.relation, found.below.verdict.fails if found.below else None, found.limit)


def _gated(study: Study, found: Theorem) -> Theorem:
    """The theorem as far as it may be said: tried at small points, and "different" with an instance or a proof."""
    answer, relation = found.answer, found.relation
    elsewhere = Relation.IDENTICAL if found.is_identity else Relation.LINEAR
    said = Said(answer.condition, relation, answer.differ, found.form.source_lane if found.form else None, elsewhere)
    trial = tried(study, said, found.feeds)
    first, second = (next(iter(points), None) for points in trial.points)
    found = replace(found, tried=(trial.equal, trial.different), checked=trial.checked, points=(first, second))
    missing = "" if trial.equal or trial.different else "to try the proof at"
    if answer.scope is Scope.SOMETIMES and not (trial.equal and trial.different):
        missing = f"at which the condition {'holds' if trial.different else 'fails'}"
    if missing:
        opened = replace(answer, scope=Scope.OPEN, reason=f"no parameters were found {missing}")
        return replace(found, answer=opened, relation=None, form=None, below=None)
    if answer.scope is Scope.ALWAYS and found.below is None and relation is not None:
        found = replace(found, below=_below_among(study, found, relation, trial.points[0]))
    word = _outcome(found)
    if word in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE):
        return replace(found, outcome=word)
    smallest, is_first = _smallest(study, found, trial.points)
    proved = answer.scope is Scope.NEVER
    return replace(
        found, smallest=smallest, is_least=is_first and _is_least(study, found),
        outcome=Outcome.DIFFERENT if smallest or proved else Outcome.UNDECIDED,
    )


def _relation(study: Study, found: Theorem) -> Theorem:
    """The lowest rung that is proved for all sizes at which the families are equal, and the rows it takes."""
    if found.is_identity:
        return replace(found, relation=Relation.IDENTICAL)
    where = study.assuming(*found.answer.condition)
    lowest, form = _rung(where, found.answer.sign), None
    relation = lowest.relation
    # By T3 a permutation exists all the same where its closed form is not found.
    if found.answer.sign and relation.rung >= Relation.PERMUTATION.rung:
        with suppress(UndecidedError):
            form = closed_form(where, swaps=found.answer.sign < 0)
    answer = replace(found.answer, order=lowest.order, sign=lowest.sign)
    return replace(found, answer=answer, relation=relation, form=form, below=_below(study, found, relation))


@dataclass(frozen=True, slots=True)
class _Rung:
    """A relation, the order of the source's pairs in which it holds, and the sign with which they turn."""

    relation: Relation
    order: sympy.Basic
    sign: int


def _rung(where: Study, sign: int) -> _Rung:
    """The lowest rung that is proved; `sign` is that with which pairs of the same index turn."""
    for study, turn in chain([(where, sign)], along_lanes(where)):
        swapped = turn < 0
        # Where lanes cannot be asked about, they are not proved to be the same.
        with suppress(UndecidedError):
            if turn and same_magnitudes(study) and same_lanes(study, True, swapped) and extra_in_place(study):
                proved_writes(study)
                found = Relation.IDENTICAL if same_lanes(study, False, swapped) else Relation.EQUAL_SCORES
                return _Rung(found, study.statement.source.order, turn)
    found = Relation.PERMUTATION if same_magnitudes(where) else Relation.PAIR_MAP
    return _Rung(found, where.statement.source.order, sign)


def _below(study: Study, found: Theorem, relation: Relation) -> Instance | None:
    """The least point, among those where the families are equal, at which this rung is the lowest."""
    if relation is Relation.IDENTICAL:
        return None
    source, target = study.statement.source, study.statement.target
    lanes = ("write_first", "write_second") if relation is Relation.EQUAL_SCORES else ("first", "second")
    apart = any_of(
        sympy.Ne(getattr(source, name), getattr(target, name), evaluate=False)
        for name in lanes
        if getattr(source, name) != getattr(target, name)
    )
    if apart == sympy.false:
        apart = sympy.true
    point = None
    with suppress(UndecidedError):
        point = smallest_point(study, *found.answer.condition, in_range(INDEX, source.count), apart)
    if point is None:
        return None
    shown = instance_if_any(study.statement, point, found.feeds, Relation.LINEAR, study.solver)
    return shown if shown is not None and shown.verdict.holds is relation else None


def _below_among(study: Study, found: Theorem, relation: Relation, points: Sequence[Point]) -> Instance | None:
    """One of the points that were tried at which the relation is the lowest, if it is no more than a search away."""
    if relation is Relation.IDENTICAL:
        return None
    for one in _mixed(points)[:MAX_SEARCHED]:
        shown = instance_if_any(study.statement, one, found.feeds, Relation.LINEAR, study.solver)
        if shown is not None and shown.verdict.holds is relation:
            return shown
    return None


def _mixed(points: Sequence[Point]) -> list[Point]:
    """The points in turns as they come, corners first, and from where the fewest numbers are 0, which hides most."""
    plain = sorted(points, key=lambda p: (sum(v == 0 for v in p.values()), sum(map(abs, p.values()))))
    found: list[Point] = []
    for one in chain.from_iterable(zip(points, plain, strict=True)):
        if not any(one is other for other in found):
            found.append(one)
    return found


def _smallest(
    study: Study, found: Theorem, points: tuple[tuple[Point, ...], tuple[Point, ...]]
) -> tuple[Instance | None, bool]:
    """A point at which the concrete engine says different within the limit, and whether it is the least tried."""
    if found.relation is not None and found.answer.scope is Scope.ALWAYS:
        point = None if found.below is None else found.below.point
    else:
        conditions = [any_of(map(negation, found.answer.condition))] if found.answer.condition else []
        point = None
        # With numbers in the hypotheses that no solver knows, none is asked for the smallest.
        with suppress(UndecidedError):
            point = smallest_point(study, *conditions)
    equal, different = points
    likely = different if found.answer.scope is not Scope.ALWAYS else equal
    for one in islice(chain([] if point is None else [point], _mixed(likely)), MAX_SEARCHED):
        shown = instance_if_any(study.statement, one, found.feeds, found.limit, study.solver)
        if shown is not None and shown.verdict.outcome is Outcome.DIFFERENT:
            return shown, one is point
    return None, False


def _is_least(study: Study, found: Theorem) -> bool:
    """Whether what `_smallest` looks for, from 0 on, is all that can differ within the limit."""
    negated = [any_of(map(negation, found.answer.condition))] if found.answer.condition else []
    if not _none_below_zero(study, *negated):
        return False
    if found.relation is None:
        return True
    if found.limit is None:
        return True
    if found.answer.scope is Scope.ALWAYS:
        return found.limit.rung == found.relation.rung - 1
    return found.relation.rung <= found.limit.rung


def _none_below_zero(study: Study, *conditions: Condition) -> bool:
    """Whether no whole number can be below 0 under the conditions, so that what is least from 0 on is the least."""
    below = any_of(sympy.Lt(s, 0, evaluate=False) for v in study.statement.variables if v.is_whole for s in v.symbols)
    return below == sympy.false or study.ask(
        "below-zero", "Can they differ where a whole number is below 0?", below, *conditions
    ) == "unsat"


def _unneeded(study: Study, found: Theorem) -> Iterator[str]:
    """The words of hypotheses without which the answer is the same, and tried to be.

    None where pairs are matched in another order, which is one under all hypotheses together.
    """
    if study.statement.source.order != INDEX:
        return
    answer, elsewhere = found.answer, Relation.IDENTICAL if found.is_identity else Relation.LINEAR
    for hypothesis in study.statement.where:
        wider = without(study, hypothesis)
        if is_needed(wider, answer, elsewhere):
            continue
        try:
            other = _identical(wider) if found.is_identity else _in_order(wider)
        except InputError:
            continue
        if (other.scope, set(other.condition)) == (answer.scope, set(answer.condition)):
            if found.relation is None or found.is_identity:
                relation = found.relation
            else:
                relation = _rung(wider.assuming(*other.condition), other.sign).relation
            if relation is found.relation:
                said = Said(other.condition, relation, other.differ, elsewhere=elsewhere)
                tried(wider, said, found.feeds, checked=0)
                yield hypothesis[1]


def _open(study: Study, found: Theorem, bound: int, track: Track) -> Theorem:
    """Nothing is proved for all sizes: look for a point that refutes it, and list points if asked to."""
    point = None if study.statement.outside else _first_mismatch(study)
    is_least = point is not None and found.limit in (None, Relation.LINEAR) and _none_below_zero(study)
    tries: Iterable[Point]
    if point is not None:
        tries = [point]
    elif study.statement.outside:
        near = sorted(tried_points(study, (), Truth())[0], key=lambda p: max(map(abs, p.values()), default=0))
        tries = near[:MAX_SEARCHED]
    else:
        tries = sample_points(study, 1)
    for one in tries:
        # The least point at which pairs of the same index differ need not be one where nothing helps.
        shown = instance_if_any(study.statement, one, found.feeds, found.limit, study.solver)
        if shown is not None and shown.verdict.outcome is Outcome.DIFFERENT:
            found = replace(found, outcome=Outcome.DIFFERENT, smallest=shown, is_least=is_least)
            break
    points, reached = points_up_to(study.statement, bound)
    named = {point_text(study.statement, point): point for point in points}
    words = {text: _word_at(study, named[text], found) for text in track(list(named))}
    equal = [text for text, word in words.items() if word in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE)]
    undecided = [text for text, word in words.items() if word is Outcome.UNDECIDED]
    taken = [(named[text], text in equal) for text, word in words.items() if word is not None]
    pattern = "" if undecided else pattern_of(study.statement, taken)
    return replace(found, listed=tuple(equal), undecided=tuple(undecided), pattern=pattern, bound=reached)


def _word_at(study: Study, point: Point, found: Theorem) -> Outcome | None:
    """What the concrete engine says at a point; None where a layout refuses the parameters."""
    try:
        return instance(study.statement, point, found.feeds, found.limit, study.solver).verdict.outcome
    except UndecidedError:
        return Outcome.UNDECIDED
    except InputError:
        return None


def _first_mismatch(study: Study) -> Point | None:
    """The least point at which pairs of the same index may differ; None if that is not known."""
    try:
        same_counts = study.statement.source.count == study.statement.target.count
        comparison = Comparison(study.statement, study, same_counts)
        return smallest_point(study, comparison.inside, comparison.mismatch())
    except UndecidedError:
        return None
