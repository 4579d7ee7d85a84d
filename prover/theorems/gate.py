"""The gate: nothing is said for all sizes before the concrete engine agrees at every small point it is given.

At each point the two layouts are expanded to exact numbers, and what all layouts in a relation have in common
is compared (`prover.claims.signature`): equal signatures are the relation, and unequal ones its absence wherever
unequal normal forms are unequal numbers. At the first points of either side, and wherever these do not
settle it or contradict what was proved, the whole verdict is made, with a certificate that the checker accepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from prover.claims.claim import Claim
from prover.claims.evidence import Witness
from prover.claims.relation import Relation
from prover.claims.signature import side_signature
from prover.claims.turned import Turned, turned_pairs
from prover.errors import EvidenceError, ProverError
from prover.exact.number import ZERO, Exact
from prover.language.logic import Condition
from prover.language.substitution import Inliner, substituted
from prover.layouts.expand import expand
from prover.layouts.family import Given
from prover.layouts.layout import Layout, at_integers
from prover.layouts.spec import parse_spec
from prover.theorems.instance import Instance, Point, instance_if_any, point_text
from prover.theorems.points import Truth, tried_points
from prover.theorems.study import LANE, Statement, Study
from prover.theorems.symbolic import SymbolicLayout
from prover.theorems.variables import Variable, parameter_value
from prover.verdicts.certificate import write_certificate
from prover.verdicts.verdict import check_text

MAX_POINTS = 64
MAX_LANES = 2000
MAX_WIDTH = 1024
CHECKED = 3
_ADVICE = "This is a fault of rope-prover; please report the two specs"


@dataclass(frozen=True, slots=True)
class Said:
    """What is about to be said: where all of `condition` holds `relation` does, elsewhere nothing up to `elsewhere`.

    No relation: there is no parameter at which anything does. `differ`: which pairs differ, in words. `form`: the row
    of the source's weights that row `lane` of the target's becomes.
    """

    condition: tuple[Condition, ...]
    relation: Relation | None
    differ: str = ""
    form: sympy.Basic | None = None
    elsewhere: Relation = Relation.LINEAR


@dataclass(frozen=True, slots=True)
class Tried:
    """At how many points the engine agreed where the two are equal and where not, and with checked verdicts.

    `points`: those points, of either side.
    """

    equal: int = 0
    different: int = 0
    checked: int = 0
    points: tuple[tuple[Point, ...], tuple[Point, ...]] = ((), ())


def tried(study: Study, said: Said, feeds: Sequence[str], checked: int = CHECKED) -> Tried:
    """Hold what is about to be said against the concrete engine. Raises EvidenceError where they disagree."""
    statement, truth = study.statement, Truth()
    agreed: tuple[list[Point], list[Point]] = ([], [])
    lanes = full = 0
    points, corners = tried_points(study, said.condition, truth)
    for place, point in enumerate(points):
        if place >= corners and (place >= MAX_POINTS or lanes > MAX_LANES):
            break
        is_equal = said.relation is not None
        if is_equal:
            found = [truth.holds(c, point) for c in said.condition]
            if None in found:
                continue
            is_equal = all(found)
        claim = claim_at(statement, point)
        if claim is None:
            continue
        lanes += claim.source.width
        wanted = len(agreed[not is_equal]) < checked
        settled = agrees(claim, said.relation if is_equal else None, said.elsewhere)
        _check_words(claim, said, point, statement)
        if wanted or settled is not True:
            shown = instance_if_any(statement, point, feeds, said.elsewhere, study.solver)
            if shown is None:
                continue
            holds, fails = shown.verdict.holds, shown.verdict.fails
            if _contradicts(shown, said.relation if is_equal else None, said.elsewhere):
                raise _disagreement(point_text(statement, point), holds.value if holds else "different")
            if holds is None and fails is None:
                continue
            full += 1
            if is_equal and said.form is not None and said.relation is not None:
                _check_form(shown.verdict.claim, said.form, said.relation, point, shown.text)
        agreed[not is_equal].append(point)
    return Tried(len(agreed[0]), len(agreed[1]), full, (tuple(agreed[0]), tuple(agreed[1])))


def _disagreement(where: str, word: str) -> EvidenceError:
    return EvidenceError(
        f"at {where} the concrete engine says {word}, against what was proved for all sizes", advice=_ADVICE
    )


def _contradicts(shown: Instance, relation: Relation | None, elsewhere: Relation) -> bool:
    holds, fails = shown.verdict.holds, shown.verdict.fails
    if relation is None:
        return holds is not None and holds.rung <= elsewhere.rung
    return (fails is not None and fails.rung >= relation.rung) or (holds is not None and holds.rung > relation.rung)


def claim_at(statement: Statement, point: Point) -> Claim | None:
    """The claim at a point; None where a layout is refused, or has too many lanes to be tried."""
    sides = (statement.source, statement.target)
    try:
        if any(_width(side, point) > MAX_WIDTH for side in sides):
            return None
        layouts = [expand(side.family, given_at(side, statement.variables, point), side.spec) for side in sides]
    except ProverError:
        return None
    if layouts[0].positions != layouts[1].positions:
        layouts = [at_integers(layout) for layout in layouts]
    if layouts[0].width != layouts[1].width:
        raise _disagreement(point_text(statement, point), "that the heads have different widths")
    return Claim(layouts[0], layouts[1], statement.feeds)


def _width(side: SymbolicLayout, point: Point) -> int:
    width = Inliner({}, {}).value(substituted(side.width, dict(point)))
    return int(width) if width.is_Integer else 0


def given_at(side: SymbolicLayout, variables: Sequence[Variable], point: Point) -> dict[str, Given]:
    """The values of a layout's parameters at a point, as a spec would give them."""
    known = {p.name: p for p in side.family.parameters}
    spec = parse_spec(side.spec)
    found: dict[str, Given] = {
        v.name: tuple(map(_fraction, (point[s] for s in v.symbols))) if v.is_list else _fraction(point[v.symbols[0]])
        for v in variables if v.name in known
    }
    for name, text in spec.values:
        if name in known:
            value = parameter_value(text, known[name], variables)
            entries = value if isinstance(value, tuple) else (value,)
            numbers = tuple(_fraction(Inliner({}, {}).value(substituted(e, dict(point)))) for e in entries)
            found[name] = numbers if isinstance(value, tuple) else numbers[0]
    return found


def _fraction(value: sympy.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def agrees(claim: Claim, relation: Relation | None, elsewhere: Relation) -> bool | None:
    """Whether signatures are as they should be; None where unequal normal forms may be equal numbers."""
    asked = relation or elsewhere
    ours, theirs = (
        side_signature(claim, layout, side, asked)
        for layout, side in ((claim.source, "source"), (claim.target, "target"))
    )
    if ours == theirs:
        return relation is not None
    if not all(number.is_algebraic_in_pi for layout in (claim.source, claim.target) for number in _numbers(layout)):
        return None
    return relation is None


def _numbers(layout: Layout) -> list[Exact]:
    return [n for pair in layout.pairs for n in (
        pair.magnitude, *(f for angle in pair.distinct_angles for _, f in angle.frequencies)
    )]


def _check_words(claim: Claim, said: Said, point: Point, statement: Statement) -> None:
    """Which pairs differ is said for all sizes, so it is so here."""
    if not said.differ.startswith("every pair"):
        return
    ours, theirs = (
        turned_pairs(claim, layout, side) for layout, side in ((claim.source, "source"), (claim.target, "target"))
    )
    number = max(len(ours), len(theirs))
    alike = [_turn(ours, j) in (_turn(theirs, j), _turn(theirs, j, -1)) for j in range(number)]
    expected = [said.differ != "every pair differs" and j == 0 for j in range(number)]
    if alike != expected:
        wrong = next(j for j in range(number) if alike[j] != expected[j])
        raise _disagreement(f"{point_text(statement, point)}, pair {wrong},", "differs" if expected[wrong] else "alike")


def _turn(turned: Sequence[Turned], index: int, sign: int = 1) -> tuple[tuple[tuple[str, Exact], ...], ...]:
    angles = turned[index].rotation if index < len(turned) else ()
    found = [tuple((c, f if sign > 0 else -f) for c, f in angle.frequencies if f != ZERO) for angle in angles]
    # A pair that stands still is like one that is not there; which feed turns a pair counts.
    return tuple(found) if any(found) else ()


def _check_form(claim: Claim, form: sympy.Basic, relation: Relation, point: Point, text: str) -> None:
    """The rows that a closed form names are a witness that the checker accepts."""
    rows = []
    for lane in range(claim.target.width):
        row = Inliner({}, {}).value(substituted(form, {**point, LANE: sympy.Integer(lane)}))
        rows.append(int(row))
    try:
        check_text(write_certificate(claim, Witness(relation, tuple(rows)), None))
    except EvidenceError as fault:
        raise _disagreement(text, f"that the rows named are no {relation.value} ({fault.message})") from None


def without(study: Study, hypothesis: tuple[Condition, str]) -> Study:
    """The study without one of its hypotheses."""
    rest = tuple(h for h in study.statement.where if h != hypothesis)
    return Study(replace(study.statement, where=rest), study.solver)
