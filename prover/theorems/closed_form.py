"""The permutation between two families of lanes as an expression, for all sizes.

Lane `lane` of the target takes the source's lane that is read in the same role by the pair of the
same index; lanes that pass are taken in order. Whether this is a bijection, keeps pairs and their
direction, and is its own inverse, is asked of the solver for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, any_of, in_range, negation
from prover.language.substitution import substituted
from prover.language.symbolic import CHOICE, INDEX, AllOf
from prover.theorems.comparison import Comparison
from prover.theorems.matching import Way, reordered
from prover.theorems.study import LANE, OTHER, OTHER_LANE, Study
from prover.theorems.symbolic import SymbolicLayout

SMALL = range(13)
PROBES = range(4)


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """`source_lane`: the row of the source's weights that row `lane` of the target's becomes.

    `reshape`: the same as NumPy code, where it is one of the usual ones. `own_inverse`: the rotary
    widths at which it is its own inverse, in words.
    """

    source_lane: sympy.Basic
    reshape: str
    own_inverse: str


def same_lanes(study: Study, reads: bool, swapped: bool = False) -> bool:
    """Whether pair j has the same lanes on both sides, those it reads or those it writes.

    `swapped`: the target's second lane is the source's first, as where it turns the other way.
    """
    ours, theirs = study.statement.source, study.statement.target
    mine, others = (
        (layout.first, layout.second) if reads else (layout.write_first, layout.write_second)
        for layout in (ours, theirs)
    )
    if swapped:
        others = others[::-1]
    inside = [in_range(INDEX, count) for count in dict.fromkeys((ours.count, theirs.count))]
    return all(
        a == b or study.follows("lanes", "Is there a pair whose lanes differ?", sympy.Eq(a, b, evaluate=False), *inside)
        for a, b in zip(mine, others, strict=True)
    )


def extra_in_place(study: Study) -> bool:
    """Whether pairs that only one side has write the lanes that they read."""
    ours, theirs = study.statement.source, study.statement.target
    return ours.count == theirs.count or all(
        read == written or study.follows(
            "lanes", "Is there a pair of one side only that writes other lanes?",
            sympy.Eq(read, written, evaluate=False), in_range(INDEX, layout.count),
            sympy.GreaterThan(INDEX, other.count, evaluate=False),
        )
        for layout, other in ((ours, theirs), (theirs, ours))
        for read, written in ((layout.first, layout.write_first), (layout.second, layout.write_second))
    )


def along_lanes(study: Study) -> Iterator[tuple[Study, int]]:
    """The study with the source's pairs counted in the order of the target's lanes, and the sign they turn with.

    Nothing if that is the order they have, or it is not proved that the two turn alike in it.
    """
    statement = study.statement
    source, target = statement.source, statement.target
    try:
        (step, start), (other, begin) = _line(source.first), _line(target.first)
    except UndecidedError:
        return
    if abs(step) != abs(other) or not step or (step, start) == (other, begin) or source.count != target.count:
        return
    index = sympy.expand((begin + other * INDEX - start) / step)
    inside = in_range(INDEX, source.count)
    if not index.is_integer or not study.follows(
        "order", "Is there a lane of the target whose pair the source does not have?",
        in_range(index, source.count), inside,
    ):
        return
    moved = reordered(source, [Way((), (), index)])
    found = replace(study, statement=replace(statement, source=moved))
    with suppress(UndecidedError):
        comparison = Comparison(found.statement, found)
        if comparison.doubtful_divisor(found) is None and found.ask(
            "differ", "In this order, is there a pair at which the two turn differently?", inside, comparison.mismatch()
        ) == "unsat":
            yield found, comparison.sign(found)


def closed_form(study: Study, swaps: bool) -> ClosedForm:
    """The permutation, proved for all sizes. Raises UndecidedError where it is not found or not proved.

    `swaps`: the target's first lane takes the source's second, since it turns the other way.
    """
    source, target = study.statement.source, study.statement.target
    if source.count != target.count and not study.follows(
        "counts", "Are there parameters for which the numbers of pairs differ?",
        sympy.Eq(source.count, target.count, evaluate=False),
    ):
        raise UndecidedError("the two have different numbers of pairs")
    roles = (source.second, source.first) if swaps else (source.first, source.second)
    found = CHOICE(
        *_role(target.first, target.count, roles[0]),
        CHOICE(*_role(target.second, target.count, roles[1]), _passing(study), evaluate=False),
        evaluate=False,
    )
    inside = in_range(LANE, target.width)
    for name, asks, condition, assumed in (
        (
            "in-range", "Is there a lane that is sent outside the head?",
            _at(in_range(LANE, source.width), found), inside,
        ),
        (
            "one-to-one", "Are there two lanes that are sent to the same one?",
            sympy.Ne(found, substituted(found, {LANE: OTHER_LANE}), evaluate=False),
            AllOf(inside, in_range(OTHER_LANE, target.width), sympy.Ne(LANE, OTHER_LANE, evaluate=False)),
        ),
        *(
            (
                f"keeps-{role}", f"Is there a pair whose {role} lane is not sent to that of the same pair?",
                sympy.Eq(substituted(found, {LANE: theirs}), ours, evaluate=False), in_range(INDEX, target.count),
            )
            for role, theirs, ours in (("first", target.first, roles[0]), ("second", target.second, roles[1]))
        ),
    ):
        if not study.follows(name, asks, condition, assumed):
            raise UndecidedError(f"the closed form of the permutation is not proved: {asks}")
    proved_writes(study)
    return ClosedForm(found, _reshape(source, target, swaps), _own_inverse(study, found))


def _at(condition: Condition, lane: sympy.Basic) -> Condition:
    return substituted(condition, {LANE: lane})


def _role(lanes: sympy.Basic, count: sympy.Basic, image: sympy.Basic) -> tuple[Condition, sympy.Basic]:
    """Whether `lane` is one of these, and the image's lane for the same pair."""
    step, start = _linear(lanes)
    index = LANE - start if step == 1 else sympy.floor((LANE - start) / step, evaluate=False)
    conditions = [
        sympy.GreaterThan(LANE, start, evaluate=False),
        sympy.StrictLessThan(LANE, sympy.expand(start + step * count), evaluate=False),
    ]
    if step != 1:
        conditions.append(sympy.Eq(sympy.Mod(sympy.expand(LANE - start), step, evaluate=False), 0, evaluate=False))
    return AllOf(*conditions), sympy.expand(substituted(image, {INDEX: index}))


def _linear(lanes: sympy.Basic) -> tuple[int, sympy.Basic]:
    step, start = _line(lanes)
    if step <= 0:
        raise UndecidedError(f"the lanes '{lanes}' are no straight run of the pair index")
    return step, start


def _line(lanes: sympy.Basic) -> tuple[int, sympy.Basic]:
    step = sympy.expand(lanes).coeff(INDEX, 1)
    start = sympy.expand(lanes - step * INDEX)
    if not step.is_Integer or start.has(INDEX):
        raise UndecidedError(f"the lanes '{lanes}' are no straight run of the pair index")
    return int(step), start


def _passing(study: Study) -> sympy.Basic:
    """Where a lane that passes comes from: the same lane, or the one of the same rank."""
    source, target = study.statement.source, study.statement.target
    ours, theirs = _start(study, source), _start(study, target)
    if ours == theirs or study.follows(
        "window", "Do the two runs of rotated lanes start at different lanes?", sympy.Eq(ours, theirs, evaluate=False),
        sympy.StrictGreaterThan(source.count, 0, evaluate=False),
    ):
        return LANE
    rank = CHOICE(sympy.StrictLessThan(LANE, theirs, evaluate=False), LANE, LANE - 2 * target.count, evaluate=False)
    return CHOICE(sympy.StrictLessThan(rank, ours, evaluate=False), rank, rank + 2 * source.count, evaluate=False)


def _start(study: Study, layout: SymbolicLayout) -> sympy.Basic:
    """The first of the rotated lanes: they are one run that starts with pair 0, counted as here or as in the family."""
    starts = [substituted(layout.first, {INDEX: sympy.Integer(0)}), layout.begin]
    for start in dict.fromkeys(s for s in starts if s is not None):
        if all(
            study.follows(
                "window", "Is there a pair with a lane outside one run of lanes that starts with pair 0?",
                _at(in_range(LANE, 2 * layout.count), lanes - start), in_range(INDEX, layout.count),
            )
            for lanes in (layout.first, layout.second)
        ):
            return start
    raise UndecidedError("the rotated lanes are no single run")


def proved_writes(study: Study) -> None:
    """Prove that each layout writes every lane that it reads, once; scores do not see in which order."""
    for layout in (study.statement.source, study.statement.target):
        if (layout.write_first, layout.write_second) == (layout.first, layout.second):
            continue
        start, inside = _start(study, layout), in_range(INDEX, layout.count)
        other = in_range(OTHER, layout.count)
        writes = (layout.write_first, layout.write_second)
        proved = all(
            study.follows("write-window", "Is there a pair that writes outside the lanes that are read?",
                          _at(in_range(LANE, 2 * layout.count), lanes - start), inside)
            for lanes in writes
        ) and all(
            study.follows("writes-once", "Is there a lane that is written twice?",
                          sympy.Ne(one, substituted(two, {INDEX: OTHER}), evaluate=False), inside, other,
                          *([sympy.Ne(INDEX, OTHER, evaluate=False)] if one == two else []))
            for one in writes for two in writes
        )
        if not proved:
            raise UndecidedError("it is not proved that every lane is written once")


def _own_inverse(study: Study, form: sympy.Basic) -> str:
    """Rotary widths at which the permutation is its own inverse, proved; empty if that is not found."""
    count, width = study.statement.target.count, study.statement.target.width
    twice = substituted(form, {LANE: form})
    back = sympy.Eq(twice, LANE, evaluate=False)
    inside = in_range(LANE, width)
    asks = "Is there a lane that comes back to another one?"
    if study.follows("own-inverse", asks, back, inside):
        return "every rotary width"
    holds = [
        m for m in SMALL
        if study.ask("own-inverse", asks, sympy.Eq(count, m, evaluate=False), inside, negation(back)) == "unsat"
        and study.ask("own-inverse", "Is this number of pairs possible?", sympy.Eq(count, m, evaluate=False)) == "sat"
    ]
    start = substituted(study.statement.target.first, {INDEX: sympy.Integer(0)})
    never = study.ask(
        "not-own-inverse", "Do the first lanes come back to themselves at another number of pairs?",
        *(sympy.Ne(count, m, evaluate=False) for m in holds),
        *(
            any_of([sympy.LessThan(2 * count, lane, evaluate=False), _at(back, start + lane)]) for lane in PROBES
        ),
    )
    if never != "unsat":
        return ""
    if not holds:
        return "no rotary width"
    return f"rotary width{'s' * (len(holds) > 1)} {' and '.join(str(2 * m) for m in holds)} and at no other"


def _reshape(source: SymbolicLayout, target: SymbolicLayout, swaps: bool) -> str:
    """NumPy code for the rows that rotate, if one of the two usual pairings becomes the other."""
    if swaps:
        return ""
    kinds = tuple(_pairing(layout) for layout in (source, target))
    if kinds == ("adjacent", "half"):
        return "R.reshape(n//2, 2, -1).swapaxes(0, 1).reshape(n, -1)"
    if kinds == ("half", "adjacent"):
        return "R.reshape(2, n//2, -1).swapaxes(0, 1).reshape(n, -1)"
    return ""


def _pairing(layout: SymbolicLayout) -> str:
    apart = sympy.expand(layout.second - layout.first)
    step = sympy.expand(layout.first).coeff(INDEX, 1)
    if (step, apart) == (2, 1):
        return "adjacent"
    return "half" if (step, apart) == (1, layout.count) else ""
