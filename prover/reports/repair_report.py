"""What repairs a difference, as JSON types, as text and for a review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from prover.checker import digest
from prover.claims.relation import Outcome, Relation, worst_of
from prover.exact.display import number_json, told
from prover.exact.text import rational_text
from prover.repair.factors import Factor
from prover.repair.refeed import position_text
from prover.repair.repairs import Kind, Repair, Repairs
from prover.repair.replay import Replay
from prover.reports.idiom import find_idiom
from prover.reports.report import relation_word
from prover.reports.size_report import size_json
from prover.reports.stored_report import stored_words
from prover.reports.text import counted, labelled_text, plain
from prover.reports.weight_code import row_factors, weight_code
from prover.sources.beside import Held
from prover.verdicts.verdict import Found

SCHEMA = "rope-prover/repair/1"
JSON = dict[str, Any]
SHOWN, WIDEST = 6, 200
_APART = {
    "query scale": "The target scales queries by their position otherwise, for which nothing that may be changed makes "
                   "up: the scale has to be set at the target.",
    "softmax factor": "The target multiplies all scores by another constant, for which only scaled rows of W_q would "
                      "make up.",
    "layers without RoPE": "Layers without RoPE on one side turn on the other, for which nothing that may be changed "
                           "makes up.",
}
THEN = {
    Relation.IDENTICAL: "the two are identical, lane by lane",
    Relation.EQUAL_SCORES: "the scores are equal with the weights as they are",
    Relation.PERMUTATION: "the scores are equal once the rows are moved",
    Relation.PAIR_MAP: "the scores are equal once the rows are moved or scaled as printed",
}


def outcome_of(found: Repairs) -> Outcome:
    """Equivalent if nothing has to change, convertible after a repair, different if it is proved that none exists.

    The worst of what is said of the layouts and of what is beside them.
    """
    return worst_of([_alone(found), *(held.outcome for held in found.beside)])


def _alone(found: Repairs) -> Outcome:
    """The same of the layouts alone."""
    if found.found is not None:
        return Outcome.CONVERTIBLE if found.found.kinds else Outcome.EQUIVALENT
    return Outcome.DIFFERENT if found.is_refuted else Outcome.UNDECIDED


def runtime_outcome(found: Repairs) -> Outcome:
    """The same where the asker said that rows may be moved and all that the kernel accepts at run time be changed."""
    outcome = outcome_of(found)
    return Outcome.EQUIVALENT if outcome is Outcome.CONVERTIBLE else outcome


def repair_json(found: Repairs, outcome: Outcome, exit_code: int, replayed: Replay | str) -> JSON:
    """Everything that is known; only JSON types. `replayed`: what ggml's kernel gave, or why it was not run."""
    claim = found.verdict.claim
    repair = found.found if found.found is not None and found.found.kinds else None
    return {
        "schema": SCHEMA,
        "verdict": outcome.value,
        "headline": headline(found, outcome),
        "source": claim.source.name,
        "target": claim.target.name,
        "feeds": [feed.name for feed in claim.feeds],
        "allowed": [kind.value for kind in found.allowed],
        "as_it_is": {
            "verdict": found.verdict.outcome.value, "relation": relation_word(found.verdict),
            "certificate": _digest(found.verdict.certificate),
        },
        "changes": _changes(found) if outcome in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE) else None,
        "repair": repair and {"changes": _changes(found), **_repair_json(repair)},
        "not_possible": [
            {"what": each.kind.value, "why": each.why, "proved": each.proved} for each in found.closed
        ],
        "beside": [
            {"name": held.name, "verdict": held.outcome.value, "text": held.text, "w_q_rows": _rows_of_q(held)}
            for held in found.beside
        ],
        "real_kernel": None if isinstance(replayed, str) else {
            "library": replayed.library, "scores": replayed.scores, "error": float(f"{replayed.error:.3g}"),
            "tolerance": float(f"{replayed.tolerance:.3g}"), "without_repair": {
                "error": float(f"{replayed.before:.3g}"), "tolerance": float(f"{replayed.before_tolerance:.3g}"),
            },
            "passed": replayed.passed, "shows": replayed.shows,
        },
        "real_kernel_not_run": replayed if isinstance(replayed, str) and replayed else None,
        "exit_code": exit_code,
    }


def _changes(found: Repairs) -> list[str]:
    """The kinds of everything that has to change, rows of W_q that are scaled for what is beside the layouts too."""
    kinds = set(found.found.kinds) if found.found is not None else set()
    kinds |= {Kind.MAGNITUDE for held in found.beside if held.outcome is Outcome.CONVERTIBLE}
    return [kind.value for kind in Kind if kind in kinds]


def _rows_of_q(held: Held) -> JSON | None:
    """What every row of W_q alone is multiplied by, where that makes up for a factor of the softmax."""
    if held.outcome is not Outcome.CONVERTIBLE or held.factors is None:
        return None
    source, target = held.factors
    return number_json(source / target)


def _digest(certificate: str | None) -> str | None:
    return certificate and digest(json.loads(certificate))


def _repair_json(repair: Repair) -> JSON:
    claim, holds = repair.verdict.claim, repair.verdict.decision.holds
    moved = holds is not None and repair.verdict.holds in (Relation.PERMUTATION, Relation.PAIR_MAP)
    return {
        "parameters": [{"name": each.name, "is": each.was, "needed": each.needed} for each in repair.parameters],
        "feed": repair.fed and {
            "axis": repair.fed.axis, "gets_what": repair.fed.like,
            "positions": {
                feed.name: {axis: position_text(place) for axis, place in feed.target} for feed in claim.feeds
            },
        },
        "factors": [_factor_json(factor) for factor in repair.factors] or None,
        "factors_in": list(repair.lists) or None,
        "float32_leaves": repair.left and size_json(*repair.left),
        "permutation": list(holds.permutation) if moved and holds else None,
        "row_factors": [
            {"rows": [list(span) for span in f.rows], **number_json(f.value)} for f in row_factors(claim, holds)
        ] or None if moved and holds else None,
        "softmax_scale": _softmax_scale(repair),
        "code": _code(repair),
        "spec": repair.spec,
        "relation": repair.verdict.holds and repair.verdict.holds.value,
        "certificate": _digest(repair.verdict.certificate),
        "limits": [{"text": limit.text, "source": str(limit.source)} for limit in repair.limits],
        "numeric": [
            {"what": c.what, "precision": c.precision, "error": float(f"{c.error:.3g}"),
             "tolerance": float(f"{c.tolerance:.3g}"), "passed": c.passed}
            for c in repair.verdict.confirmation.comparisons
        ],
    }


def _softmax_scale(repair: Repair) -> JSON | None:
    """By what to multiply the softmax's scale instead of rows: where all are scaled alike and none is moved."""
    holds, claim = repair.verdict.decision.holds, repair.verdict.claim
    if repair.kinds != (Kind.MAGNITUDE,) or holds is None:
        return None
    factors = row_factors(claim, holds)
    return number_json(factors[0].value * factors[0].value) if len(factors) == 1 else None


def _factor_json(factor: Factor) -> JSON:
    return {**number_json(factor.value), "float32": rational_text(factor.stored), "float32_value": float(factor.stored)}


def _code(repair: Repair) -> JSON | None:
    holds, claim = repair.verdict.decision.holds, repair.verdict.claim
    if holds is None or repair.verdict.holds not in (Relation.PERMUTATION, Relation.PAIR_MAP):
        return None
    idiom, factors = find_idiom(holds.permutation), row_factors(claim, holds)
    return {
        "numpy": weight_code("numpy", holds.permutation, idiom, factors),
        "torch": weight_code("torch", holds.permutation, idiom, factors),
    }


def headline(found: Repairs, outcome: Outcome) -> str:
    """The answer in a sentence; it is said where stored numbers stand for others."""
    made = found.found.verdict.as_stored if found.found is not None else None
    text = _with_beside(found, _headline(found, _alone(found)), outcome)
    if made is None or made.found is not Found.CHOICE:
        return text
    words = stored_words(made)
    return f"{words[0].upper()}{words[1:]}: {text[0].lower()}{text[1:]}"


def _with_beside(found: Repairs, text: str, outcome: Outcome) -> str:
    """What is said of the layouts, behind what is beside them where that is not equal."""
    apart = [held for held in found.beside if held.outcome is Outcome.DIFFERENT]
    unknown = [held for held in found.beside if held.outcome is Outcome.UNDECIDED]
    folded = [held for held in found.beside if held.outcome is Outcome.CONVERTIBLE]
    if apart:
        return f"{' '.join(_APART[held.name] for held in apart)} The layouts alone: {text}"
    if unknown:
        names = _and([f"the {held.name}" for held in unknown])
        return f"No repair is known that makes up for {names}. The layouts alone: {text}"
    if not folded or found.found is None:
        return text
    scaled = "rows of W_q scaled for the softmax factor"
    changes = [*(_change(found.found, kind) for kind in found.found.kinds), scaled]
    return f"The target computes the source with {_and(changes)}."


def changes_text(repair: Repair, kinds: Sequence[Kind]) -> str:
    """What a repair changes of these kinds, in words."""
    return _and([_change(repair, kind) for kind in kinds])


def _headline(found: Repairs, outcome: Outcome) -> str:
    if found.found is not None and not found.found.kinds:
        return "Nothing has to change: the target computes the source with the weights as they are."
    if found.found is not None:
        changes = changes_text(found.found, found.found.kinds)
        return f"The target computes the source with {changes}."
    if outcome is Outcome.DIFFERENT:
        return "Nothing that may be changed makes the target compute the source (proved)."
    weights = "no linear map of W_q and W_k does it (proved), and " if found.verdict.fails is Relation.LINEAR else ""
    return f"No repair was found: {weights}none among the changes allowed, which does not prove that there is none."


def _change(repair: Repair, kind: Kind) -> str:
    match kind:
        case Kind.PERMUTATION:
            return "rows of W_q and W_k moved"
        case Kind.MAGNITUDE:
            return "rows of W_q and W_k scaled"
        case Kind.PARAMETER:
            return _and([f"{each.name}={plain(each.needed, 40)}" if each.needed else f"{each.name} left out"
                         for each in repair.parameters])
        case Kind.FEED:
            assert repair.fed is not None
            return f"axis {repair.fed.axis} fed what {repair.fed.like} gets"
        case Kind.FACTORS:
            count = len(repair.factors)
            return counted(count, "frequency factor") if count else "other frequency factors"


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _rows(found: JSON) -> list[tuple[str, str]]:
    rows = [("source", found["source"]), ("target", found["target"]), ("feeds", ", ".join(found["feeds"]))]
    as_it_is = found["as_it_is"]
    if found["repair"] or found["verdict"] != "equivalent":
        rows.append(("as it is", f"{as_it_is['verdict']}, relation {as_it_is['relation'] or 'unknown'} "
                                 f"({as_it_is['certificate'] or 'no certificate'})"))
    repair = found["repair"]
    if repair:
        rows += change_rows(repair)
        then = THEN[Relation(repair["relation"])]
        rows.append(("proof", f"{then}: {repair['certificate']}, accepted by the checker"))
        rows += [("numeric", f"{c['precision']} {c['what']}: error {c['error']:.2g}, tolerance {c['tolerance']:.2g}")
                 for c in repair["numeric"]]
    rows += [("beside" if each["verdict"] != "convertible" else "change", f"{each['name']}: {each['text']}")
             for each in found["beside"]]
    rows += [("not", f"{each['what']}: {each['why']}{' (proved)' if each['proved'] else ''}")
             for each in found["not_possible"]]
    if repair:
        rows += [("limit", f"{limit['text']} ({limit['source']})") for limit in repair["limits"]]
    rows += [("ggml", text) for text in ran_text(found)]
    if repair:
        rows.append(("spec", repair["spec"] if len(repair["spec"]) <= WIDEST else "of the changed target: in --json"))
    return rows


def ran_text(found: JSON) -> list[str]:
    """What ggml's kernel gave, or why it was not run; nothing where it is not the target's."""
    real = found["real_kernel"]
    if not real:
        return [f"not run: {found['real_kernel_not_run']}"] if found["real_kernel_not_run"] else []
    without = real["without_repair"]
    return [f"{real['library']}, {real['scores']} scores of random q and k: off by at most {real['error']:.2g}, "
            f"tolerance {real['tolerance']:.2g}; without the repair by {without['error']:.2g}, tolerance "
            f"{without['tolerance']:.2g}"
            f"{'' if real['shows'] else ' (within the tolerance, so that the run does not show it)'}"
            f"{'' if real['passed'] else ': NOT AS PROVED'}"]


def change_rows(repair: JSON) -> list[tuple[str, str]]:
    """What has to change, a label and a text each, and what rounding the factors leaves."""
    rows = [("change", f"{each['name']}: {each['needed'] or 'leave it out'}, instead of "
                       f"{each['is'] or 'what it is by default'}")
            for each in repair["parameters"]]
    if repair["feed"]:
        for name, places in repair["feed"]["positions"].items():
            called = "feed" if "=" in name else f"feed {name}:"
            rows.append(("change", f"{called} {', '.join(f'{axis}={place}' for axis, place in places.items())}"))
    if repair["factors"]:
        values = [f"{factor['float32_value']:.9g}" for factor in repair["factors"]]
        shown = ", ".join(values[:SHOWN]) + (f", … {values[-1]}" if len(values) > SHOWN else "")
        lists = repair["factors_in"]
        called = "" if lists == ["freq_factors"] else f" ({_and(lists)}{', the same in both' * (len(lists) > 1)})"
        rows.append(("change", f"frequency factors{called}, one for each of {counted(len(values), 'pair')}, "
                               f"as float32: {shown} (all in --json)"))
    if repair["permutation"]:
        rows.append(("change", "rows of W_q and W_k, and all that belongs to them: the code below"))
    if repair["softmax_scale"]:
        rows.append(("change", f"or, every row being scaled alike: the scale of the softmax times "
                               f"{told(repair['softmax_scale'])}, and no row"))
    left = repair["float32_leaves"]
    if repair["factors"]:
        rows += [("float32", text) for text in _rounding(left)] if left else [
            ("float32", "nothing is lost: every factor is a float32")]
    return rows


def _rounding(left: JSON) -> list[str]:
    """What is lost where the factors are rounded to float32, everything else being exact."""
    head = f"rounded to float32, the factors change the target, up to distance {left['positions']}"
    if left["angle"] is None or left["score"] is None:
        return [f"{head}, by what is not told: {left['reason']}"]
    angle, score = left["angle"], left["score"]
    above = ", ".join(
        f"{each['radians']} rad from {each['from']} on" for each in angle["exceeds"] if each["from"] is not None
    )
    return [
        f"{head}: an angle by at most {angle['radians'][1]} rad ({angle['degrees'][1]} degrees), in pair "
        f"{angle['target_pair']}; {f'by more than {above}' if above else 'by no more than 0.001 rad'}",
        f"one score of q and k of length 1 by at most {score['bounds'][1]}, in pair {score['target_pair']}",
    ]


def repair_text(found: JSON, certificate_path: str | None) -> str:
    """Plain text, a label a line, then the code."""
    words = {"equivalent": "EQUIVALENT" if found["repair"] else "NOTHING TO REPAIR", "convertible": "REPAIR",
             "different": "NO REPAIR", "undecided": "NO REPAIR FOUND"}
    word = words[found["verdict"]]
    rows = _rows(found) + ([("written", f"the certificate: {certificate_path}")] if certificate_path else [])
    text = labelled_text(f"{word}: {plain(found['headline'])}", rows)
    code = found["repair"] and found["repair"]["code"]
    return text + ("\n# Weights of all heads, as Python to paste:\n\n" + code["numpy"] if code else "")
