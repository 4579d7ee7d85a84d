"""Verdicts about layouts with stored numbers: exact first, and as stored where no exact answer holds.

A stored number stands for every real that rounds to it. Where some choice of reals makes a relation hold that does not
hold exactly, the verdict is "as stored", and its certificate names the choice. Where none is found, the exact verdict
stands; a refutation for all choices at once, if there is one, then takes the place of the exact one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prover.checker import _STORED as STORED
from prover.checker import STORED_SCHEMA
from prover.claims.claim import Claim, make_claim
from prover.claims.decide import decide
from prover.claims.evidence import Refutation
from prover.claims.opened import Choice, OpenClaim, find_choice, layout_numbers, open_claim
from prover.claims.refute_open import refute_open
from prover.claims.relation import Outcome, Relation, Strength, outcome
from prover.claims.solver import Solver
from prover.errors import EvidenceError
from prover.exact.enclosure import bounds, enclose
from prover.exact.number import Exact
from prover.exact.storing import StoredNumber, open_texts
from prover.layouts.loading import Loaded
from prover.verdicts.certificate import Put, write_stored
from prover.verdicts.verdict import AsStored, Found, Verdict, check_text, confirmed, prove

_REFUTED = (Relation.PERMUTATION, Relation.EQUAL_SCORES, Relation.IDENTICAL)
TRIED_ULPS = 64  # a converter's own arithmetic is off by a few
PRECISION = 256
_BETTER = {Outcome.EQUIVALENT: 2, Outcome.CONVERTIBLE: 1}


def prove_loaded(
    source: Loaded, target: Loaded, feeds: Sequence[str] = (), limit: Relation | None = None,
    solver: Solver | None = None, ulps: int | None = 0,
) -> Verdict:
    """Decide two loaded layouts. `ulps`: by how many neighbours stored numbers may be off; None takes them exactly.

    Raises EvidenceError if the checker rejects what the search found.
    """
    exact = prove(make_claim(source, target, feeds), limit, solver)
    if ulps is None or exact.outcome is Outcome.EQUIVALENT:
        return exact
    question = open_claim(source, target, feeds, ulps)
    if question is None:
        return exact
    found = _as_stored(exact, question, solver or Solver())
    return _with_farther(found, exact, question, solver or Solver())


def claim_of(root: Mapping[str, Any], source: Loaded, target: Loaded, feeds: Sequence[str]) -> Claim:
    """The claim about two loaded layouts that an accepted certificate may be of: with open numbers if it has some."""
    tables = json.dumps([root[side]["pairs"] for side in ("source", "target")])
    ulps = {int(found[3]) for found in STORED.finditer(tables)}
    question = open_claim(source, target, feeds, max(ulps)) if root["schema"] == STORED_SCHEMA and ulps else None
    return question.claim if question else make_claim(source, target, feeds)


def _as_stored(exact: Verdict, question: OpenClaim, solver: Solver) -> Verdict:
    if not question.numbers:
        return replace(exact, as_stored=_told(question, Found.NONE_FOUND))
    # What is refuted for all choices needs no search for one.
    refuted = _refuted(exact, question)
    if refuted is not None:
        return refuted
    found = find_choice(question)
    put = found and _put(question, found[0], found[1])
    better = _with_choice(exact, question, found, put, solver) if found and put else None
    return better or replace(exact, as_stored=_told(question, Found.NONE_FOUND))


def _with_farther(found: Verdict, exact: Verdict, question: OpenClaim, solver: Solver) -> Verdict:
    """A verdict "different", with what it would be if stored numbers could be a few neighbours farther off."""
    stored = found.as_stored
    if found.outcome is not Outcome.DIFFERENT or stored is None or not stored.numbers or question.ulps >= TRIED_ULPS:
        return found

    def ask(ulps: int) -> Verdict | None:
        wider = open_claim(*question.loaded, question.feeds, ulps)
        verdict = wider and _as_stored(exact, wider, solver)
        return verdict if verdict and verdict.outcome in _BETTER else None

    wide = ask(TRIED_ULPS)
    if wide is None or wide.as_stored is None:
        return found
    needed = max(_steps(number, chosen) for number, chosen in wide.as_stored.numbers if chosen is not None)
    narrow = ask(needed)
    farther = (needed, narrow.outcome) if narrow else (TRIED_ULPS, wide.outcome)
    return replace(found, as_stored=replace(stored, farther=farther))


def _steps(number: StoredNumber, chosen: Exact) -> int:
    """By how many neighbours a stored number has to be off so that it stands for this real."""
    place, nearest = number.format.place, number.format.nearest
    places = [place(nearest(end)) or 0 for end in (*bounds(enclose(chosen, PRECISION)), number.value)]
    return max(abs(each - places[-1]) for each in places)


def _refuted(exact: Verdict, question: OpenClaim) -> Verdict | None:
    """The exact verdict, different, with a refutation for all choices, if there is one that says as much."""
    if exact.outcome is not Outcome.DIFFERENT or exact.holds is not None:
        return None
    found = _refutation(question, exact.limit or Relation.LINEAR)
    if found is None or outcome(None, found[0].relation, exact.limit) is not Outcome.DIFFERENT:
        return None
    fails, certificate = found
    decision = replace(exact.decision, fails=fails)
    return replace(
        exact, fails=fails.relation, decision=decision, certificate=certificate,
        confirmation=confirmed(exact.claim, decision), as_stored=_told(question, Found.NONE_EXISTS),
    )


def _with_choice(
    exact: Verdict, question: OpenClaim, found: tuple[Claim, Choice, Relation], put: Put, solver: Solver
) -> Verdict | None:
    """The verdict at a choice; None if it is no better than the exact one."""
    claim, choice, relation = found
    below = [rung for rung in _REFUTED if rung.rung < relation.rung]
    fails = next((each[0] for rung in below if (each := _refutation(question, rung)) is not None), None)
    decision = replace(decide(claim, solver), fails=fails)
    certificate = write_stored(question.claim, decision.holds, put, fails)
    holds, refuted = check_text(certificate, as_stored=True)
    word = outcome(holds, refuted, exact.limit)
    if _BETTER.get(word, 0) <= _BETTER.get(exact.outcome, 0):
        return None
    return Verdict(
        claim, exact.limit, word, holds, refuted, Strength.CHECKED, decision, certificate, confirmed(claim, decision),
        _told(question, Found.CHOICE, choice),
    )


def _refutation(question: OpenClaim, relation: Relation) -> tuple[Refutation, str] | None:
    """A refutation for all choices, and its certificate, which the checker accepted.

    The checker's intervals are wider than those of the search.
    """
    fails = refute_open(question.claim, relation)
    if fails is None:
        return None
    try:
        certificate = write_stored(question.claim, None, None, fails)
        check_text(certificate, as_stored=True)
    except EvidenceError:
        return None
    return fails, certificate


def _told(question: OpenClaim, found: Found, choice: Choice | None = None) -> AsStored:
    numbers = tuple((number, choice[number.name] if choice else None) for number in question.numbers)
    return AsStored(found, question.ulps, numbers, question.exactly)


def _put(question: OpenClaim, claim: Claim, choice: Choice) -> Put | None:
    """What a certificate says of a choice; None if it is not of the form that the checker can follow."""
    numbers: dict[str, tuple[Exact, Exact]] = {}
    for opened, chosen in ((question.claim.source, claim.source), (question.claim.target, claim.target)):
        for left, right in zip(layout_numbers(opened), layout_numbers(chosen), strict=True):
            if "{" in (text := str(left)):
                numbers[text] = left, right
    values = {number.text: choice[number.name] for number in question.numbers}
    owners = {text: open_texts(text) for text in numbers}
    uses = Counter(name for names in owners.values() for name in names)
    free = set[str]()
    for text, both in numbers.items():
        odd = [name for name in owners[text] if not _is_product(values[name])]
        if not odd and all(map(_is_product, both)):
            continue
        # One stored number of it has no real named: this number alone says what it is.
        able = [name for name in odd or owners[text] if uses[name] == 1]
        if len(odd) > 1 or not able:
            return None
        free.add(able[0])
    named = {name: str(value) for name, value in values.items() if name not in free}
    return Put(named, {text: str(right) for text, (_, right) in numbers.items()})


def _is_product(value: Exact) -> bool:
    """One term of whole numbers and pi, perhaps with stored numbers among them."""
    return len(value.terms) == 1 and all(atom.kind in ("prime", "pi", "stored") for atom, _ in value.terms[0][0])
