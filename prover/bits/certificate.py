"""Bitwise certificates: what is known of the bits of two kernels, as canonical JSON for a checker of its own.

Both recipes stand in it as they are written, with what `like`, rules and choices give, so that it can be checked
without any file. proofs/README.md says what every field means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from prover import bits_checker
from prover.bits.bitwise import Bits
from prover.bits.recipe import Recipe, read_recipe
from prover.bits.rotation import FIRST, SECOND
from prover.checker import canonical, digest
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.exact.number import Exact
from prover.language.term import Term
from prover.language.tokens import words
from prover.language.unparse import term_text
from prover.layouts.expand import parameter_values
from prover.layouts.loading import Loaded, load
from prover.verdicts.certificate import feeds_json
from prover.verdicts.evidence import Evidence

JSON = dict[str, Any]
SCHEMA = "rope-prover/bitwise-certificate/1"
SHOWN_AT = (1, 0)
"""Positions at which an equality is seen to be about finite numbers, the first that the checker accepts."""


def evidence_of(found: Bits, names: tuple[str, str] | None = None) -> Evidence:
    """The certificate of what was found, checked. `names`: what it calls the two kernels; their specs if not said.

    Raises EvidenceError if the checker finds that it proves nothing.
    """
    try:
        return Evidence("checked", _accepted_text(found, names or (found.source.layout.name, found.target.layout.name)))
    except UndecidedError as fault:
        return Evidence(found.strength.value, reason=fault.message)


def accepted(text: str) -> bits_checker.Accepted:
    """What the checker says of a certificate.

    Raises EvidenceError with its reason where it rejects it, UndecidedError where that is beyond it.
    """
    try:
        return bits_checker.check(text)
    except bits_checker.NotShown as fault:
        raise UndecidedError(f"the checker could not show it: {fault}") from None
    except bits_checker.Rejected as fault:
        raise EvidenceError(f"the checker rejects the evidence: {fault}") from None


def is_same(text: str, other: str) -> bool:
    """Whether two certificates state the same of the same kernels; at which position bits differ does not count.

    Which one is found first is NumPy's affair, and changes with its random numbers and its cosines.
    """
    first, second = ({k: v for k, v in json.loads(each).items() if k != "digest"} for each in (text, other))
    if [root["answer"]["bits"] for root in (first, second)] == ["different"] * 2:
        first["answer"] = second["answer"]
    return first == second


def difference(root: JSON, specs: tuple[str, str], feeds: Sequence[str]) -> str | None:
    """The first thing in which a certificate is not about the kernels of specs and feeds; names do not count."""
    sides = load(specs[0]), load(specs[1])
    for side, loaded in zip(("source", "target"), sides, strict=True):
        wanted = _kernel(loaded, read_recipe(loaded), "")
        for key in sorted(wanted.keys() - {"name"}):
            if root[side][key] != wanted[key]:
                return f"its {side} has other {key} than --against"
    mine, theirs = (
        [{k: v for k, v in feed.items() if k != "name"} for feed in each]
        for each in (root["feeds"], feeds_json(make_claim(*sides, feeds).feeds))
    )
    return None if mine == theirs else "its feeds are not those of --against; give them with --feed"


def _accepted_text(found: Bits, names: tuple[str, str]) -> str:
    """The text of the certificate that the checker accepts."""
    if found.outcome is Outcome.DIFFERENT:
        text = _finished(found, names, _different(found))
        accepted(text)
        return text
    if found.outcome is not Outcome.EQUIVALENT:
        raise UndecidedError("nothing is known to be equal or different")
    for at in SHOWN_AT:
        points = [dict.fromkeys(feed.coordinates, at) for feed in found.exact.claim.feeds]
        text = _finished(found, names, {"bits": "equal", "points": points})
        try:
            accepted(text)
            return text
        except UndecidedError:
            if at == SHOWN_AT[-1]:
                raise
    raise AssertionError


def _finished(found: Bits, names: tuple[str, str], answer: JSON) -> str:
    sides = zip(("source", "target"), (found.source, found.target), found.recipes, names, strict=True)
    root = {
        "schema": SCHEMA, "feeds": feeds_json(found.exact.claim.feeds), "answer": answer,
        **{side: _kernel(loaded, recipe, name) for side, loaded, recipe, name in sides},
    }
    return canonical(root | {"digest": digest(root)})


def _different(found: Bits) -> JSON:
    difference = found.difference
    if difference is None:
        raise UndecidedError("no position was found where the bits differ")
    return {
        "bits": "different", "feed": [feed.name for feed in found.exact.claim.feeds].index(difference.feed),
        "position": dict(difference.position), "head": [[lane, bits] for lane, bits in difference.head_bits],
        "lane": difference.lane, "compiled": list(difference.choices), "outputs": list(difference.output_bits),
    }


def _kernel(loaded: Loaded, recipe: Recipe, name: str) -> JSON:
    """Everything that the recipe needs, written out."""
    family, text = loaded.family, loaded.family.recipe
    if text is None:
        raise InputError(f"{loaded.layout.name[:80]} has no recipe")
    own: dict[str, tuple[str, ...]] = {let: (formula,) for let, formula in text.lets}
    own |= {state: (first, step) for state, first, step in text.states}
    layouts: dict[str, tuple[str, ...]] = {let: (term_text(term),) for let, term in family.lets}
    layouts |= {state: (term_text(first), term_text(step)) for state, first, step in family.states}
    defaults = {p.name: (term_text(p.default),) for p in family.parameters if isinstance(p.default, Term)}
    used = _used([text.angle, text.magnitude], {**defaults, **layouts, **own})
    if "fma" in {*family.axes, *defaults, *layouts, *own, *(p.name for p in family.parameters)}:
        raise UndecidedError("a certificate calls a function 'fma', and so is something of a layout called")
    values = parameter_values(family, dict(loaded.given))
    return {
        "name": name, "axes": list(loaded.layout.axes), "width": loaded.layout.width,
        "lanes": [[*pair.read, *pair.write] for pair in loaded.layout.pairs],
        "parameters": [[p.name, _value(p.name, values[p.name])] for p in family.parameters if p.name in used],
        "let": [[let, *layouts[let]] for let, _ in family.lets if let in used],
        "states": [[state, *layouts[state]] for state, *_ in family.states if state in used],
        "recipe": {
            "precision": recipe.precision, "table": recipe.table, "rotation": recipe.rotation, "head": recipe.head,
            "contract": recipe.may_contract, "least": str(recipe.least),
            "let": [[let, _line(formula)] for let, formula in text.lets if let in used],
            "states": [[state, _line(first), _line(step)] for state, first, step in text.states if state in used],
            "angle": _line(text.angle), "magnitude": _line(text.magnitude),
            "rotated": [_line(text.rotated[0] or FIRST), _line(text.rotated[1] or SECOND)],
        },
    }


def _used(texts: Sequence[str], meanings: Mapping[str, Sequence[str]]) -> set[str]:
    """The names in texts, and in what they mean."""
    pending, found = list(texts), set[str]()
    while pending:
        new = set(words(pending.pop())) - found
        found |= new
        pending += [text for name in new for text in meanings.get(name, ())]
    return found


def _line(text: str) -> str:
    """An expression on one line."""
    return " ".join(text.split())


def _value(name: str, value: object) -> str | list[str]:
    if isinstance(value, tuple):
        return [str(_value(name, entry)) for entry in value]
    found: Fraction | None = value.rational if isinstance(value, Exact) else None
    if found is None:
        raise UndecidedError(f"a certificate has no field for {name}, which is no rational number")
    return str(found)

