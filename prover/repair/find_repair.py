"""What must change at a target so that it computes a source: the least change that is found, proved like a verdict.

In this order: nothing; rows of the weights moved; a magnitude folded in; a parameter of the target; another position
fed to an axis; frequency factors. What is found here is a proposal, which the engine decides and the checker accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.claims.claim import Claim, make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.exact.number import ONE, exact
from prover.exact.text import rational_text
from prover.layouts.expand import parameter_values, show_value
from prover.layouts.loading import Loaded, load
from prover.layouts.spec import catalogue, parse_spec
from prover.repair.asked import Cause
from prover.repair.cause import target_causes
from prover.repair.factors import (
    STORED,
    Factors,
    Uneven,
    choices_with_factors,
    counted_sections,
    divides_angles,
    find_factors,
    refuses_factors,
    stored_factors,
    with_factors,
    without_contradiction,
)
from prover.repair.refeed import Fed, other_feeds, written_feeds
from prover.repair.repairs import Closed, Kind, Repair, Repairs, Set
from prover.repair.size import size_of
from prover.sources.beside import UNSAID, Beside, Held, hold
from prover.sources.changed_beside import beside_changed
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict, prove


def find_repair(
    source: Loaded, target: Loaded, feeds: Sequence[str] = (), kinds: tuple[Kind, ...] = tuple(Kind),
    positions: int = 131072, besides: tuple[Beside, Beside] = (UNSAID, UNSAID), others: tuple[Held, ...] = (),
) -> Repairs:
    """The least change of the target found with which it computes the source. Raises InputError as `prove` does.

    `kinds`: what may be changed. `positions`: up to which distance it is told what stored factors lose. `besides`: what
    acts on the scores of each side beside its layout; of the target it is taken as it is once the target is changed.
    `others`: what is held of layers that the layouts are not of.
    """
    found = _of_layouts(source, target, feeds, kinds, positions, besides)
    if found.found is not None and found.found.parameters:
        besides = besides[0], beside_changed(besides[1], target.layout.name, found.found.spec)
    every = (*hold(*besides, None, 0), *others)
    return replace(found, beside=_allowed(every, kinds, found.verdict.holds))


def _allowed(every: Sequence[Held], kinds: tuple[Kind, ...], holds: Relation | None) -> tuple[Held, ...]:
    """What is beside the layouts; a constant factor may be folded into rows of W_q where these may be scaled.

    `holds`: the lowest relation of the layouts. Where they are alike but for magnitudes, or a parameter may give them
    others, a factor may be made up for by these, which is not looked into.
    """
    may_cancel = holds is Relation.PAIR_MAP or Kind.PARAMETER in kinds
    found = []
    for held in every:
        if held.outcome is Outcome.CONVERTIBLE and Kind.MAGNITUDE not in kinds:
            held = replace(held, outcome=Outcome.UNDECIDED if may_cancel else Outcome.DIFFERENT)
        found.append(held)
    return tuple(found)


def _of_layouts(
    source: Loaded, target: Loaded, feeds: Sequence[str], kinds: tuple[Kind, ...], positions: int,
    besides: tuple[Beside, Beside],
) -> Repairs:
    verdict = prove_loaded(source, target, feeds)
    if verdict.outcome is Outcome.EQUIVALENT:
        return Repairs(verdict, kinds, Repair((), target.layout.name, verdict), ())
    question = _Question(source, target, tuple(feeds), kinds, positions, verdict, besides)
    closed: list[Closed] = []
    for kind in kinds:
        found = _FINDERS[kind](question)
        if isinstance(found, Repair):
            return Repairs(verdict, kinds, found, tuple(closed))
        closed.append(found)
    return Repairs(verdict, kinds, None, tuple(closed))


@dataclass(frozen=True, slots=True)
class _Question:
    source: Loaded
    target: Loaded
    feeds: tuple[str, ...]
    allowed: tuple[Kind, ...]
    positions: int
    verdict: Verdict
    besides: tuple[Beside, Beside]

    def rank(self, spec: str) -> int:
        """How little is left beside the layouts with the target's parameters as in a SPEC: 0 if nothing is."""
        source, target = self.besides
        held = hold(source, beside_changed(target, self.target.layout.name, spec), None, 0)
        order = (Outcome.EQUIVALENT, Outcome.CONVERTIBLE, Outcome.UNDECIDED, Outcome.DIFFERENT)
        return max((order.index(each.outcome) for each in held), default=0)


@dataclass(frozen=True, slots=True)
class _Setting:
    """The target as it may be called, and the claim about it."""

    target: Loaded
    claim: Claim
    parameters: tuple[Set, ...] = ()
    fed: Fed | None = None


def _made(question: _Question, verdict: Verdict | None, spec: str, setting: _Setting) -> Repair | None:
    """The repair that a proved change is, with what has to be done to the weights besides, if that is allowed."""
    if verdict is None or verdict.holds is None or verdict.decision.holds is None:
        return None
    moved = verdict.decision.holds.permutation != tuple(range(verdict.claim.source.width))
    is_scaled = verdict.holds is Relation.PAIR_MAP
    kinds = [Kind.PERMUTATION] if moved and verdict.holds.rung > Relation.EQUAL_SCORES.rung else []
    kinds += [Kind.MAGNITUDE] if is_scaled else []
    names = {each.name for each in setting.parameters}
    kinds += [Kind.PARAMETER] if names - set(question.target.family.factors) else []
    kinds += [Kind.FACTORS] if names & set(question.target.family.factors) else []
    kinds += [Kind.FEED] if setting.fed else []
    if verdict.holds is Relation.LINEAR or not set(kinds) <= set(question.allowed):
        return None
    limits = tuple(each for each in question.target.family.limits if setting.fed and each.of == "feed")
    return Repair(tuple(kinds), spec, verdict, setting.parameters, setting.fed, limits=limits)


def _permutation(question: _Question) -> Repair | Closed:
    verdict = question.verdict
    if verdict.holds is Relation.PERMUTATION:
        return Repair((Kind.PERMUTATION,), question.target.layout.name, verdict)
    proved = verdict.fails is not None and verdict.fails.rung >= Relation.PERMUTATION.rung
    return Closed(Kind.PERMUTATION, "no permutation of rows makes up for it", proved)


def _magnitude(question: _Question) -> Repair | Closed:
    verdict, name = question.verdict, question.target.layout.name
    if verdict.holds is Relation.PAIR_MAP:
        made = _made(question, verdict, name, _Setting(question.target, verdict.claim))
        return made or Closed(Kind.MAGNITUDE, "rows would have to be moved too")
    if verdict.fails is Relation.LINEAR:
        return Closed(Kind.MAGNITUDE, "no factors on rows, and no linear map, make up for it", proved=True)
    return Closed(Kind.MAGNITUDE, "magnitudes are not what differs")


def _parameter(question: _Question) -> Repair | Closed:
    made = _with_parameters(question, question.verdict, question.feeds, None)
    return made or Closed(Kind.PARAMETER, "none was found that makes up for it")


def _with_parameters(
    question: _Question, verdict: Verdict, feeds: Sequence[str], fed: Fed | None
) -> Repair | None:
    """Parameters and choices of the target that make up for a difference under these feeds."""
    told = target_causes(question.source, question.target, verdict, feeds)
    for cause in sorted(
        told, key=lambda each: (question.rank(each.spec or ""), each.relation.rung, len(each.facts))
    ):
        changed = load(spec := cause.spec or "")
        if question.target.rows is not None:
            changed = changed.moved(question.target.rows)
        proved = prove_loaded(question.source, changed, feeds)
        if made := _made(question, proved, spec, _Setting(changed, proved.claim, _sets(cause), fed)):
            return made
    return None


def _feed(question: _Question) -> Repair | Closed:
    found: list[Repair] = []
    for fed, claim in other_feeds(question.verdict.claim):
        setting = _Setting(question.target, claim, (), fed)
        made = _made(question, _proved(claim), question.target.layout.name, setting)
        found += [made] if made else []
        if made and made.kinds == (Kind.FEED,):
            break
    if found:
        return min(found, key=lambda each: len(each.kinds))
    own = question.verdict.claim
    for fed, claim in other_feeds(own) if Kind.PARAMETER in question.allowed else ():
        texts = written_feeds(claim)
        if texts is not None and not any(dict(feed.target)[fed.axis].frequencies for feed in own.feeds):
            verdict = prove_loaded(question.source, question.target, texts)
            if made := _with_parameters(question, verdict, texts, fed):
                return made
    if len(question.target.family.axes) < 2:
        return Closed(Kind.FEED, "the target has one axis")
    return Closed(Kind.FEED, "no axis was found that could get what another one gets")


def _factors(question: _Question) -> Repair | Closed:
    refused = refuses_factors(question.target.family)
    if refused is not None:
        chosen = " or ".join(choices_with_factors(question.target)) if Kind.PARAMETER in question.allowed else ""
        told = f"{refused}, and with {chosen}, which is not tried here, it takes some" if chosen else refused
        return Closed(Kind.FACTORS, told, proved=not chosen)
    name, own = question.target.family.name, question.target.layout.name
    contradicting, target = without_contradiction(question.target)
    left = tuple(Set(*each) for each in contradicting)
    try:
        plain = with_factors(target, [ONE] * len(target.layout.pairs), own)
        if not divides_angles(target):
            return Closed(Kind.FACTORS, f"the factors of {name} do more than to divide the angle of a pair each")
    except ProverError as fault:
        return Closed(Kind.FACTORS, f"{name} does not take one factor for each pair ({fault.message})")
    uneven: Uneven | None = None
    beyond = False
    for setting in _settings(question, plain, left):
        try:
            found = find_factors(setting.claim, Kind.PERMUTATION in question.allowed)
            beyond |= isinstance(found, Factors) and stored_factors(found.values) is None
            repair = _with_factors(question, setting, found) if isinstance(found, Factors) else None
        except ProverError:
            continue  # a number of it cannot be had
        if repair is not None:
            return repair
        if isinstance(found, Uneven) and setting.parameters == left and setting.fed is None:
            uneven = found
    if uneven is not None:
        # Of a stranger's layout it is not known that its factors divide angles whatever they are.
        proved = uneven.is_proof and name in catalogue()
        return Closed(Kind.FACTORS, _uneven_words(uneven, question.verdict.claim), proved)
    if beyond:
        return Closed(Kind.FACTORS, "the factors that would do it are beyond what a float32 holds in full precision")
    return Closed(Kind.FACTORS, "none were found that make up for it")


_FINDERS: dict[Kind, Callable[[_Question], Repair | Closed]] = {
    Kind.PERMUTATION: _permutation, Kind.MAGNITUDE: _magnitude, Kind.PARAMETER: _parameter, Kind.FEED: _feed,
    Kind.FACTORS: _factors,
}


def _settings(question: _Question, plain: Loaded, left: tuple[Set, ...]) -> Iterator[_Setting]:
    """The target as it is and as it may be called otherwise: other sections, another feed, both.

    `left`: what is not given in any of them.
    """
    if left and Kind.PARAMETER not in question.allowed:
        return
    own = make_claim(question.source, plain, question.feeds)
    feeds: list[tuple[Fed | None, Claim]] = [(None, own)]
    feeds += other_feeds(own) if Kind.FEED in question.allowed else ()
    for fed, claim in feeds:
        yield _Setting(plain, claim, left, fed)
        if Kind.PARAMETER in question.allowed:
            for name, wanted in counted_sections(claim, plain):
                given = dict(plain.given) | {name: tuple(map(Fraction, wanted))}
                try:
                    changed = with_factors(
                        replace(plain, given=tuple(given.items())), [ONE] * len(plain.layout.pairs), plain.layout.name
                    )
                except ProverError:
                    continue  # the kernel does not take these
                was = show_value(parameter_values(plain.family, dict(plain.given))[name])
                parameter = Set(name, was, ",".join(map(str, wanted)))
                yield _Setting(changed, replace(claim, target=changed.layout), (*left, parameter), fed)


def _with_factors(question: _Question, setting: _Setting, found: Factors) -> Repair | None:
    """The repair with these factors, if it is proved and the stored factors can be had. Raises ProverError."""
    factors, name = stored_factors(found.values), f"{question.target.layout.name} (changed)"
    if factors is None:
        return None
    exactly = with_factors(setting.target, found.values, name)
    near = with_factors(setting.target, [exact(factor.stored) for factor in factors], name)
    own = tuple(replace(feed, source=feed.target) for feed in setting.claim.feeds)
    between = Claim(exactly.layout, near.layout, own)
    lists = setting.target.family.factors
    text = f"{STORED.word}([{','.join(rational_text(factor.stored) for factor in factors)}])"
    values = {each.name: each.needed for each in setting.parameters} | dict.fromkeys(lists, text)
    proved = _proved(replace(setting.claim, target=exactly.layout))
    made = _made(question, proved, _spec(question.target, values), setting)
    told = ("factors", "feed") if setting.fed else ("factors",)
    return made and replace(
        made, kinds=(*made.kinds, Kind.FACTORS), factors=factors, lists=lists,
        left=(between, size_of(between, question.positions)),
        limits=tuple(each for each in question.target.family.limits if each.of in told),
    )


def _proved(claim: Claim) -> Verdict | None:
    try:
        return prove(claim, None, Solver())
    except ProverError:
        return None


def _spec(target: Loaded, values: dict[str, str]) -> str:
    spec = parse_spec(target.layout.name.removesuffix(" (rows moved)"))
    written = dict(spec.values) | values
    return ":".join([spec.name, *(f"{name}={value}" for name, value in written.items() if value)])


def _sets(cause: Cause) -> tuple[Set, ...]:
    return tuple(Set(name, dict(fact.was).get(name), value) for fact in cause.facts for name, value in fact.needed)


def _uneven_words(found: Uneven, claim: Claim) -> str:
    """Why no factors help a kernel that is fed as it is and has its pairs of each axis."""
    layout = claim.source if found.in_source else claim.target
    turns = " and ".join(axis for axis, _ in layout.pairs[found.pair].angle.frequencies)
    return (
        f"factors change how fast a pair turns, not with what. Of pairs that turn as pair {found.pair} of the "
        f"{'source' if found.in_source else 'target'} does (with {turns}), the source has {found.counts[0]} and the "
        f"target {found.counts[1]}; factors that make a pair turn by whole turns are left out: in floats it drifts"
    )
