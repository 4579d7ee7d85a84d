"""What is known of the bits of two kernels, as JSON types and as text."""

from __future__ import annotations

import numpy as np

from prover.bits.bitwise import Bits
from prover.bits.recipe import Recipe
from prover.claims.relation import EXIT_CODES, Outcome
from prover.exact.display import show_pairs
from prover.exact.text import rational_text
from prover.reports.document import Document, labelled_proof
from prover.reports.report import JSON, relation_word
from prover.reports.text import labelled_text, written_words
from prover.verdicts.evidence import Evidence

SCHEMA = "rope-prover/bitwise-answer/1"


def bitwise_json(found: Bits, evidence: Evidence | None = None) -> JSON:
    """Everything that is known; without evidence, that it is the solver's or NumPy's alone."""
    difference = found.difference
    return {
        "schema": SCHEMA,
        "verdict": found.outcome.value,
        "relation": "bitwise" if found.outcome is Outcome.EQUIVALENT else None,
        "exact_relation": relation_word(found.exact),
        "strength": evidence.strength if evidence else found.strength.value,
        "strength_reason": (evidence.reason or None) if evidence else None,
        "certificate": evidence.digest if evidence else None,
        "headline": _headline(found),
        "source": found.source.layout.name,
        "target": found.target.layout.name,
        "titles": {"source": found.source.about.title, "target": found.target.about.title},
        "feeds": [feed.name for feed in found.exact.claim.feeds],
        "precision": [recipe.precision for recipe in found.recipes],
        "formats": [
            {"angles": recipe.precision, "table": recipe.table, "rotation": recipe.rotation, "head": recipe.head}
            for recipe in found.recipes
        ],
        "contract": ["allowed" if recipe.may_contract else "never" for recipe in found.recipes],
        "least": rational_text(found.least),
        "pairs_not_congruent": list(found.open_pairs),
        "first_difference": None if difference is None else {
            "feed": difference.feed,
            "head": difference.head,
            "position": dict(difference.position),
            "lane": difference.lane,
            "pair": difference.pair,
            "inputs": {str(lane): value for lane, value in difference.inputs},
            "angle": difference.angles and list(difference.angles),
            "output": list(difference.values),
            "compiled": list(difference.choices),
        },
        "positions_run": found.positions,
        "numpy": np.__version__,
        "questions": found.questions,
        "second_opinion": found.agreement or None,
        "exit_code": EXIT_CODES[found.outcome],
    }


def _headline(found: Bits) -> str:
    exact = relation_word(found.exact)
    contracts = any(recipe.may_contract for recipe in found.recipes)
    if found.outcome is Outcome.EQUIVALENT:
        fused = ", whichever products a compiler fuses with sums" if contracts else ""
        return f"The same operations on the same numbers, so the same bits at every position{fused}."
    if found.outcome is Outcome.DIFFERENT:
        meant = "identical in exact arithmetic" if exact == "identical" else "not identical in exact arithmetic either"
        word = "Not always the same bits, by what a compiler fuses" if contracts else "Not the same bits"
        return f"{word}; the two are {meant}."
    return "The operations are not the same, and no position was found where the bits differ."


def _formats(recipe: Recipe) -> str:
    """The formats in words, from the angles on; each is named where it is another one than before."""
    parts = [recipe.precision]
    steps = ((recipe.table, "cos and sin kept in"), (recipe.rotation, "turned in"), (recipe.head, "heads in"))
    for before, (kind, words) in zip((recipe.precision, recipe.table, recipe.rotation), steps, strict=True):
        if kind != before:
            parts.append(f"{words} {kind}")
    return ", ".join(parts)


def _premise(found: Bits) -> str:
    """What the verdict holds for."""
    if any(recipe.may_contract for recipe in found.recipes):
        sides = zip(("source", "target"), found.recipes, strict=True)
        compilers = " and ".join(f"the {side}'s compiler" for side, recipe in sides if recipe.may_contract)
        text = f"operations in the order written, products fused with sums or not, as {compilers} may choose"
    elif any(recipe.has_fma for recipe in found.recipes):
        text = "operations in the order written, each rounded once: fused multiply-adds only where fma is written"
    else:
        text = "operations in the order written, each rounded once: no fused multiply-add"
    if found.least:
        text += f"; heads, cos and sin of 0 or not below 2**-{found.least.denominator.bit_length() - 1}"
    return text


def _rows(found: Bits, evidence: Evidence | None, path: str | None) -> list[tuple[str, str]]:
    formats = [_formats(recipe) for recipe in found.recipes]
    rows = [
        ("source", f"{found.source.layout.name}  ({found.source.about.title}; {formats[0]})"),
        ("target", f"{found.target.layout.name}  ({found.target.about.title}; {formats[1]})"),
        ("feeds", ", ".join(feed.name for feed in found.exact.claim.feeds)),
    ]
    if found.open_pairs:
        rows.append(("apart", f"operations differ at pairs {show_pairs(found.open_pairs)}"))
    difference = found.difference
    if difference is not None:
        at = ", ".join(f"{name}={value}" for name, value in difference.position)
        rows.append(("position", f"{at}, lane {difference.lane}, for a head of {difference.head}"))
        rows.append(("head", ", ".join(f"lane {lane} {value}" for lane, value in difference.inputs)))
        for side, which in (("source", 0), ("target", 1)):
            angle = f"angle {difference.angles[which]}, " if difference.angles else ""
            compiled = f", {difference.choices[which]}" if found.recipes[which].may_contract else ""
            rows.append((side, f"{angle}output {difference.values[which]}{compiled}"))
    if found.outcome is Outcome.EQUIVALENT:
        rows.append(("proof", "congruence: equal operations on equal arguments give equal results; "
                     f"{found.questions} question{'s' * (found.questions != 1)} to Z3"
                     + (f"; {found.agreement}" if found.agreement else "")))
        rows.append(("numeric", f"NumPy's kernels agree in every bit at {found.positions} positions"))
    elif difference is not None:
        rows.append(("evidence", f"found by NumPy {np.__version__} and confirmed in exact arithmetic, every operation, "
                     "pow, cos and sin among them, rounded to the nearest; a library's pow, cos and sin may round "
                     "otherwise"))
    else:
        rows.append(("numeric", f"NumPy's kernels agree at {found.positions} positions in every bit: no proof"))
    rows.append(("holds for", _premise(found)))
    return [*rows, *_evidence_rows(found, evidence, path)]


def _evidence_rows(found: Bits, evidence: Evidence | None, path: str | None) -> list[tuple[str, str]]:
    """What it rests on. `path`: where the certificate was written, if it was."""
    if evidence is None or evidence.certificate is None:
        why = f": {evidence.reason}" if evidence and evidence.reason and found.outcome is not Outcome.UNDECIDED else ""
        return [("strength", f"{found.strength.value}{why}")]
    return [("strength", evidence.strength),
            ("checked", f"{evidence.digest}, accepted by the checker of bits{written_words(path)}")]


def bitwise_text(found: Bits, evidence: Evidence | None = None, path: str | None = None) -> str:
    """Plain text, a label a line. `path`: where the certificate was written, if it was."""
    return labelled_text(f"{found.outcome.value.upper()}: {_headline(found)}", _rows(found, evidence, path))


def bitwise_document(found: Bits, evidence: Evidence | None = None, path: str | None = None) -> Document:
    """A pull-request comment."""
    return labelled_proof(f"{found.outcome.value.capitalize()}: {_headline(found)}", _rows(found, evidence, path), path)
