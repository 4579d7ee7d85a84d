"""What is known of the bits of two kernels, as JSON types and as text."""

from __future__ import annotations

import numpy as np

from prover.bits.bitwise import Bits
from prover.claims.relation import EXIT_CODES, Outcome
from prover.exact.display import show_pairs
from prover.reports.document import Document, labelled
from prover.reports.report import JSON, relation_word
from prover.reports.text import labelled_text

SCHEMA = "rope-prover/bitwise/1"


def bitwise_json(found: Bits) -> JSON:
    """Everything that is known."""
    difference = found.difference
    return {
        "schema": SCHEMA,
        "verdict": found.outcome.value,
        "relation": "bitwise" if found.outcome is Outcome.EQUIVALENT else None,
        "exact_relation": relation_word(found.exact),
        "strength": found.strength.value,
        "headline": _headline(found),
        "source": found.source.layout.name,
        "target": found.target.layout.name,
        "titles": {"source": found.source.about.title, "target": found.target.about.title},
        "feeds": [feed.name for feed in found.exact.claim.feeds],
        "precision": [recipe.precision for recipe in found.recipes],
        "pairs_not_congruent": list(found.open_pairs),
        "first_difference": None if difference is None else {
            "feed": difference.feed,
            "head": difference.head,
            "position": dict(difference.position),
            "lane": difference.lane,
            "pair": difference.pair,
            "angle": difference.angles and list(difference.angles),
            "output": list(difference.values),
        },
        "positions_run": found.positions,
        "numpy": np.__version__,
        "questions": found.questions,
        "second_opinion": found.agreement or None,
        "exit_code": EXIT_CODES[found.outcome],
    }


def _headline(found: Bits) -> str:
    exact = relation_word(found.exact)
    if found.outcome is Outcome.EQUIVALENT:
        return "The same operations on the same numbers, so the same bits at every position."
    if found.outcome is Outcome.DIFFERENT:
        meant = "identical in exact arithmetic" if exact == "identical" else "not identical in exact arithmetic either"
        return f"Not the same bits; the two are {meant}."
    return "The operations are not the same, and no position was found where the bits differ."


def _rows(found: Bits) -> list[tuple[str, str]]:
    formats = [f"{r.precision} up to cos and sin, {r.table} from there" if r.table != r.precision else r.precision
               for r in found.recipes]
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
        for side, which in (("source", 0), ("target", 1)):
            angle = f"angle {difference.angles[which]}, " if difference.angles else ""
            rows.append((side, f"{angle}output {difference.values[which]}"))
    if found.outcome is Outcome.EQUIVALENT:
        rows.append(("proof", "congruence: equal operations on equal arguments give equal results; "
                     f"{found.questions} question{'s' * (found.questions != 1)} to Z3"
                     + (f"; {found.agreement}" if found.agreement else "")))
        rows.append(("numeric", f"NumPy's kernels agree in every bit at {found.positions} positions"))
    elif difference is not None:
        library = f"NumPy {np.__version__}"
        rows.append(("evidence", f"{library}, its pow, cos and sin to the nearest; others may round otherwise"))
    else:
        rows.append(("numeric", f"NumPy's kernels agree at {found.positions} positions in every bit: no proof"))
    rows.append(("holds for", "operations in the order written, each rounded once: no fused multiply-add"))
    rows.append(("strength", found.strength.value))
    return rows


def bitwise_text(found: Bits) -> str:
    """Plain text, a label a line."""
    return labelled_text(f"{found.outcome.value.upper()}: {_headline(found)}", _rows(found))


def bitwise_document(found: Bits) -> Document:
    """A pull-request comment."""
    return labelled(f"{found.outcome.value.capitalize()}: {_headline(found)}", _rows(found))
