"""For which parameters moved rows and frequency factors make a target compute a source, for all sizes.

A factor changes how fast a pair turns, not with what. So (T2) it is possible exactly where each ray, a direction of
turning, has as many pairs on the one side as on the other; factors that make a pair turn by whole turns are left out
(`prover.repair.factors`). The pairs of a ray are counted as a run of indices start, start + step, ...: that they are
these and no others is asked of the solver for all sizes. The condition on the counts is then held against the concrete
engine at small points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

import sympy

from prover.claims.solver import Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.language.logic import Condition, all_of, any_of, in_range
from prover.language.symbolic import INDEX, LARGEST, SMALLEST
from prover.layouts.spec import catalogue
from prover.repair.factors import Factors, Uneven, find_factors, refuses_factors
from prover.theorems.comparison import pulled
from prover.theorems.gate import claim_at
from prover.theorems.instance import Point, point_text
from prover.theorems.points import Truth, tried_points
from prover.theorems.ratio import quotient
from prover.theorems.signs import Signs, divided
from prover.theorems.simplification import simplified
from prover.theorems.study import Statement, Study, make_statement
from prover.theorems.symbolic import Case, SymbolicLayout
from prover.theorems.theorem import Scope, have_values
from prover.theorems.variables import find_variables

Ray = tuple[tuple[str, sympy.Rational], ...]
STEPS = range(1, 5)
MAX_TRIED, MAX_POINTS, MAX_ENTRIES = 24, 60, 8


@dataclass(frozen=True, slots=True)
class Count:
    """How many pairs turn with a ray, as an expression in the parameters, on either side."""

    ray: Ray
    source: sympy.Basic
    target: sympy.Basic


@dataclass(frozen=True, slots=True)
class Reach:
    """Where moved rows and factors do it: exactly where all of `condition` holds.

    `tried`: at how many points the concrete engine found factors, and proved that there are none. `is_scaled`: rows
    may have to be scaled besides. `reason`: why it is open.
    """

    statement: Statement
    scope: Scope
    condition: tuple[Condition, ...] = ()
    counts: tuple[Count, ...] = ()
    tried: tuple[int, int] = (0, 0)
    is_scaled: bool = False
    reason: str = ""


def reach_for_all(
    source: str, target: str, names: str, where: Sequence[str], feeds: Sequence[str], solver: Solver
) -> Reach:
    """The theorem about two specs for all `names`, with commas between, under the conditions `where`.

    Raises InputError as `prove --for-all` does, and where the target takes no factors; EvidenceError where the concrete
    engine contradicts what was proved.
    """
    variables = find_variables([name.strip() for name in names.split(",")], (source, target))
    statement = make_statement(source, target, feeds, variables, where)
    if (refused := refuses_factors(statement.target.family)) is not None:
        raise InputError(refused, where="target")
    study = Study(statement, solver)
    try:
        return _tried(study, _decided(study))
    except UndecidedError as fault:
        return Reach(statement, Scope.OPEN, reason=fault.message)


def _decided(study: Study) -> Reach:
    statement = study.statement
    source, target = statement.source, statement.target
    if statement.target.family.name not in catalogue():
        raise UndecidedError("of a layout that is not shipped it is not known that its factors divide angles, no more")
    if not study.is_about_something():
        raise UndecidedError("it is not known whether any parameters meet the hypotheses")
    if not study.follows("width", "Are there parameters for which the heads have different widths?",
                         sympy.Eq(source.width, target.width, evaluate=False)):
        raise UndecidedError("the heads are not known to have the same width for all parameters")
    if statement.outside:
        raise UndecidedError(statement.outside)
    if (unknown := have_values(study)) is not None:
        raise UndecidedError(unknown.reason)
    ours, theirs = (_counts(study, layout, side) for layout, side in ((source, "source"), (target, "target")))
    zero = sympy.Integer(0)
    counts = tuple(Count(ray, ours.get(ray, zero), theirs.get(ray, zero)) for ray in dict.fromkeys((*ours, *theirs)))
    if "integer" in (source.family.positions, target.family.positions) and _has_turns(statement):
        raise UndecidedError("pi or a logarithm is in a frequency, so whole turns may hide a difference")
    condition: list[Condition] = []
    for count in counts:
        same = _equation(count.source, count.target)
        if not study.follows("counts", "Can the counts differ where all before are the same?", same, *condition):
            condition.append(same)
    for clause in tuple(condition):  # one before may follow from those after it
        rest = [other for other in condition if other is not clause]
        if study.follows("counts", "Can the counts differ where all others are the same?", clause, *rest):
            condition = rest
    shorter = simplified(condition, study)
    if study.follows("shorter", "Does the shorter condition fail where the whole one holds?", all_of(shorter),
                     *condition) and study.follows(
        "shorter", "Does the shorter condition hold where the whole one fails?", all_of(condition), *shorter
    ):
        condition = list(shorter)
    found = Reach(statement, Scope.ALWAYS, tuple(condition), counts, is_scaled=not _one_magnitude(source, target))
    if not condition:
        return found
    word = study.ask("possible", "Are there parameters for which the condition holds?", *condition)
    if word == "unknown":
        raise UndecidedError("it is not known whether the condition can hold")
    return replace(found, scope=Scope.SOMETIMES) if word == "sat" else replace(found, scope=Scope.NEVER, condition=())


def _has_turns(statement: Statement) -> bool:
    return any(
        entry.has(sympy.pi, sympy.log)
        for layout in (statement.source, statement.target) for case in layout.cases for _, entry in case.vector
    )


def _one_magnitude(source: SymbolicLayout, target: SymbolicLayout) -> bool:
    """Whether all pairs of both sides have one magnitude, and as many lanes have it."""
    found = {value for layout in (source, target) for _, value in layout.magnitude}
    if len(found) != 1 or (value := found.pop()).has(INDEX):
        return False
    return bool(value == 1) or source.count == target.count


def _equation(left: sympy.Basic, right: sympy.Basic) -> Condition:
    """left == right, shorter where one is the least of the other and more."""
    for least, other in ((left, right), (right, left)):
        if least.func == SMALLEST and other in least.args:
            return all_of(
                sympy.LessThan(other, arg, evaluate=False) for arg in least.args if arg != other
            )
    return sympy.Eq(left, right, evaluate=False)


def _counts(study: Study, layout: SymbolicLayout, side: str) -> dict[Ray, sympy.Basic]:
    """How many pairs turn with each ray. Raises UndecidedError where that is not found."""
    cases = divided(pulled(layout, study.statement.feeds, side), Signs(study, in_range(INDEX, layout.count)))
    regions: dict[Ray, list[Condition]] = {}
    for case in cases:
        regions.setdefault(_ray(case), []).append(all_of(case.guards))
    found: dict[Ray, sympy.Basic] = {}
    left: list[Ray] = []
    points = _points(study)
    for ray, guards in regions.items():
        count = _run(study, layout, any_of(guards), points)
        if count is None:
            left.append(ray)
        else:
            found[ray] = count
    if len(left) > 1:
        raise UndecidedError(f"the pairs of the {side} that turn with {_ray_text(left[0])} are no run of indices")
    if left:
        found[left[0]] = sympy.expand(layout.count - sympy.Add(*found.values()))
    return {ray: count for ray, count in found.items() if ray}


def _ray(case: Case) -> Ray:
    """The direction of a case's vector, of which every entry surely is not 0."""
    if any(quotient(entry, sympy.Integer(1)).opaque for _, entry in case.vector):
        raise UndecidedError("a frequency may be 0 for some parameters")
    if not case.vector:
        return ()
    first = case.vector[0][1]
    ratios = [(key, sympy.cancel(entry / first) if entry != first else sympy.Integer(1)) for key, entry in case.vector]
    if not all(ratio.is_Rational for _, ratio in ratios):
        raise UndecidedError("a pair turns with several axes by frequencies whose ratio is no number")
    return tuple(ratios)


def _ray_text(ray: Ray) -> str:
    return " and ".join(key.partition(":")[2] for key, _ in ray) or "nothing"


def _run(study: Study, layout: SymbolicLayout, region: Condition, points: Sequence[Point]) -> sympy.Basic | None:
    """The number of pairs in a region, proved to be a run of indices; None if it is not found to be one."""
    inside = in_range(INDEX, layout.count)
    if study.ask("run", "Is there a pair of this kind at all?", inside, region) == "unsat":
        return sympy.Integer(0)
    truth = Truth()
    for start, step, count in _candidates(layout):
        end = start + step * count
        run = all_of([
            sympy.GreaterThan(INDEX, start, evaluate=False), sympy.StrictLessThan(INDEX, end, evaluate=False),
            *([sympy.Eq(sympy.Mod(INDEX - start, step, evaluate=False), 0, evaluate=False)] if step > 1 else []),
        ])
        if not all(_same_at(truth, run, region, inside, point) for point in points):
            continue
        within = sympy.StrictLessThan(end - step, layout.count, evaluate=False)
        fits = all_of([
            sympy.GreaterThan(start, 0, evaluate=False), sympy.GreaterThan(count, 0, evaluate=False),
            any_of([sympy.Eq(count, 0, evaluate=False), within]),
        ])
        if (
            study.follows("run", "Is there a pair of this kind outside the run?", run, inside, region)
            and study.follows("run", "Is there a pair of another kind in the run?", region, inside, run)
            and study.follows("run", "Does the run leave the pairs, or have fewer than none?", fits)
        ):
            return count
    return None


def _candidates(layout: SymbolicLayout) -> Iterator[tuple[sympy.Basic, int, sympy.Basic]]:
    """Start, step and count of runs, made of the entries of the layout's lists; the plain ones first."""
    pairs = layout.count
    lists = [value for _, value in layout.parameters if isinstance(value, tuple) and 0 < len(value) <= MAX_ENTRIES]
    entries = list(dict.fromkeys(entry for value in lists for entry in value))
    entries += [value for _, value in layout.parameters if isinstance(value, sympy.Symbol) and value.is_integer]
    sums = list(dict.fromkeys(total for value in lists for total in accumulate(value[:-1])))
    for step in STEPS:
        for start in (*map(sympy.Integer, range(step)), *(sums if step == 1 else ())):
            room = sympy.floor((pairs - start + step - 1) / step, evaluate=False) if step > 1 else pairs - start
            yield from ((start, step, entry) for entry in entries)
            yield start, step, room
            yield from ((start, step, SMALLEST(entry, room)) for entry in entries)
            yield from ((start, step, LARGEST(sympy.Integer(0), SMALLEST(entry, room))) for entry in entries)


def _points(study: Study) -> list[Point]:
    """Small points that the hypotheses allow."""
    return list(islice(tried_points(study, (), Truth())[0], MAX_TRIED))


def _same_at(truth: Truth, run: Condition, region: Condition, inside: Condition, point: Point) -> bool:
    """Whether a run and a region have the same pairs at a point, as far as its first few go."""
    for index in range(MAX_TRIED):
        at = {**point, INDEX: sympy.Integer(index)}
        if not truth.holds(inside, at):
            return True
        if truth.holds(run, at) is not truth.holds(region, at):
            return False
    return True


def _tried(study: Study, found: Reach) -> Reach:
    """The theorem held against the concrete engine at points on both sides of the condition."""
    truth, agreed = Truth(), [0, 0]
    for point in islice(tried_points(study, found.condition, truth)[0], MAX_POINTS):
        holds = [truth.holds(clause, point) for clause in found.condition]
        claim = claim_at(study.statement, point)
        if None in holds or claim is None:
            continue
        expected = found.scope is not Scope.NEVER and all(holds)
        at = find_factors(claim, may_move=True)
        if at is None or (isinstance(at, Uneven) and not at.is_proof):
            continue
        if isinstance(at, Factors) is not expected:
            raise EvidenceError(
                f"at {point_text(study.statement, point)} the concrete engine finds "
                f"{'factors' if isinstance(at, Factors) else 'none'}, against what was proved for all sizes",
                advice="This is a fault of rope-prover; please report the two specs",
            )
        agreed[isinstance(at, Uneven)] += 1
    if not any(agreed) or (found.scope is Scope.SOMETIMES and 0 in agreed):
        raise UndecidedError("no parameters were found to try the proof at")
    return replace(found, tried=(agreed[0], agreed[1]))
