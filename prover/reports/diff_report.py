"""Two models side by side: a verdict for each part and kind of layer, as JSON types and text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from prover.claims.relation import EXIT_CODES, Outcome, worst_of
from prover.exact.display import show_pairs
from prover.repair.asked import Cause
from prover.repair.size import DEFAULT_POSITIONS, size_of
from prover.reports.cause_report import Keys, causes_json, causes_text, fingerprint_json, uncaused_text
from prover.reports.differences import lane_by_lane, unmatched_pairs
from prover.reports.model_report import WIDEST_SPEC, layers_text
from prover.reports.reason import said
from prover.reports.report import relation_word
from prover.reports.runs import runs_json
from prover.reports.size_report import size_json
from prover.reports.stored_report import stored_json, stored_words
from prover.reports.text import far_words, plain
from prover.sources.comparing import Compared
from prover.sources.findings import incomplete
from prover.sources.model import Model
from prover.sources.written import origins, written_keys
from prover.verdicts.certificate import digest_of
from prover.verdicts.verdict import AsStored, Found

JSON = dict[str, Any]


def word(row: Compared) -> str:
    """The verdict word of one row."""
    return row.outcome.value


def worst(rows: Sequence[Compared]) -> str:
    """The verdict word of all rows."""
    return worst_of([row.outcome for row in rows]).value


def exit_code(rows: Sequence[Compared]) -> int:
    """The exit code of the worst row."""
    return EXIT_CODES[worst_of([row.outcome for row in rows])]


def certificates_of(rows: Sequence[Compared]) -> tuple[tuple[str, str], ...]:
    """File name and text of each certificate, named by part, kind of layer and modality."""
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        if row.verdict is not None and row.verdict.certificate is not None:
            words = [str(number), row.meeting.source.address, *([row.feed] if row.feed else [])]
            name = "".join(c if c.isalnum() or c in "_-" else "-" for c in "-".join(words))
            found[f"{name}.json"] = row.verdict.certificate
    return tuple(found.items())


def doubts(source: Model, target: Model) -> dict[str, list[str]]:
    """The sides that do not tell everything that a verdict rests on, each with the codes of what it does not tell."""
    sides = {"source": source, "target": target}
    found = {side: incomplete(model.findings) for side, model in sides.items()}
    return {side: codes for side, codes in found.items() if codes}


def diff_json(
    source: Model, target: Model, rows: Sequence[Compared], unmet: Sequence[tuple[str, str]],
    causes: Sequence[Sequence[Cause]], positions: int = DEFAULT_POSITIONS,
) -> JSON:
    """A row for each part, kind of layer and modality."""
    return {
        "schema": "rope-prover/diff/1",
        "verdict": worst(rows),
        "as_far_as": doubts(source, target),
        "source": _side(source),
        "target": _side(target),
        "rows": [
            _row(row, found, positions, _sides(row, source, target)) for row, found in zip(rows, causes, strict=True)
        ],
        "only_on_one_side": [{"side": side, "what": what} for side, what in unmet],
        "exit_code": exit_code(rows),
    }


def _side(model: Model) -> JSON:
    return {
        "file": model.file, "model_type": model.kind, "engine": model.engine,
        "findings": [{"code": f.code, "part": f.part or None, "text": f.text} for f in model.findings],
    }


def _row(row: Compared, causes: Sequence[Cause], positions: int, sides: Sequence[Keys]) -> JSON:
    meeting, verdict = row.meeting, row.verdict
    pairs, unmatched = _pairs(row), _unmatched(row)
    holds = verdict.decision.holds if verdict else None
    return {
        "source": {"part": meeting.source.address, "spec": meeting.source.spec},
        "target": {"part": meeting.target.address, "spec": meeting.target.spec},
        "layers": None if meeting.layers is None else list(meeting.layers),
        "feed": row.feed or None,
        "verdict": word(row),
        "relation": relation_word(verdict) if verdict else None,
        "headline": _said(row),
        "differing_pairs": {"source": list(pairs[0]), "target": list(pairs[1])},
        "unmatched_pairs": {"source": list(unmatched[0]), "target": list(unmatched[1])},
        "runs": _runs(row),
        "permutation": list(holds.permutation) if holds else None,
        "beside": [{"what": held.name, "verdict": held.outcome.value, "text": held.text} for held in row.beside],
        "causes": causes_json(causes, sides),
        "fingerprint": verdict and fingerprint_json(verdict),
        "size": _size(row, positions),
        "as_stored": verdict and verdict.as_stored and stored_json(verdict.as_stored),
        "certificate": verdict and verdict.certificate and digest_of(verdict.certificate),
        "instead": {"source": meeting.source.instead or None, "target": meeting.target.instead or None},
    }


def diff_text(
    source: Model, target: Model, rows: Sequence[Compared], unmet: Sequence[tuple[str, str]],
    causes: Sequence[Sequence[Cause]], positions: int = DEFAULT_POSITIONS,
) -> str:
    """The worst word first, then a block for each row."""
    names = f"{plain(source.file)} ({source.engine}) against {plain(target.file)} ({target.engine})"
    far = far_words(doubts(source, target))
    only = ", of what both have" if unmet and worst(rows) != Outcome.DIFFERENT.value else ""
    chosen = dict.fromkeys(row.verdict.as_stored for row in rows if row.verdict and _is_chosen(row.verdict.as_stored))
    stored = " and ".join(dict.fromkeys(stored_words(each) for each in chosen if each))
    lines = [f"{worst(rows).upper()}{f' {stored}' if stored else ''}{only}{far}: {names}"]
    both = zip(rows, causes, strict=True)
    for _, alike in groupby(both, lambda each: (each[0].meeting, word(each[0]), _said(each[0]), _pairs(each[0]))):
        block = tuple(alike)
        sides = _sides(block[0][0], source, target)
        lines += ["", *_block(tuple(row for row, _ in block), block[0][1], positions, sides)]
    if unmet:
        lines.append("")
    lines += [f"only in the {side}: {plain(what)}, not compared" for side, what in unmet]
    findings = [(side, f) for side, model in (("source", source), ("target", target)) for f in model.findings]
    if findings:
        lines.append("")
    lines += [f"{f.code} {side}: {f'{f.part}: ' if f.part else ''}{plain(f.text, 1000)}" for side, f in findings]
    return "\n".join(lines) + "\n"


def _pairs(row: Compared) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pairs that differ lane by lane."""
    return lane_by_lane(row.verdict.claim, row.verdict.decision).pairs if row.verdict else ((), ())


def _runs(row: Compared) -> list[JSON]:
    """The pairs that differ, in runs that differ in the same ways."""
    return runs_json(row.verdict.claim, lane_by_lane(row.verdict.claim, row.verdict.decision)) if row.verdict else []


def _unmatched(row: Compared) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pairs that no pair of the other side is like, however they are moved."""
    found = unmatched_pairs(row.verdict.decision) if row.verdict else None
    return (tuple(found[0]), tuple(found[1])) if found else ((), ())


def _both(pairs: tuple[tuple[int, ...], tuple[int, ...]]) -> str:
    if pairs[0] == pairs[1]:
        return f"pairs {show_pairs(pairs[0])}"
    return f"pairs {show_pairs(pairs[0])} of the source, {show_pairs(pairs[1])} of the target"


def _size(row: Compared, positions: int) -> JSON | None:
    """By how much the two differ, where they do."""
    return size_json(row.verdict.claim, size_of(row.verdict, positions)) if row.verdict else None


def _size_lines(rows: Sequence[Compared], positions: int) -> list[str]:
    """The same in lines; those of each modality where the bounds are not alike."""
    told: dict[object, list[tuple[str, list[str]]]] = {}
    for row in rows:
        size = _size(row, positions)
        bounds = size and (size["angle"] and size["angle"]["radians"], size["score"] and size["score"]["bounds"])
        told.setdefault(str(bounds), []).append((row.feed, size["text"] if size else []))
    lines = []
    for group in told.values():
        feeds, texts = " and as ".join(feed for feed, _ in group), group[0][1]
        fed = f"fed as {feeds}, " if len(told) > 1 else ""
        fed += f"coordinates as in {group[0][0]}, " if any(each != texts for _, each in group) else ""
        lines += [f"  size     {plain(f'{fed}{text}', 1000)}" for text in texts]
    return lines


def _block(rows: Sequence[Compared], causes: Sequence[Cause], positions: int, sides: Sequence[Keys]) -> list[str]:
    """Rows of one meeting that came out alike, under one modality or several."""
    meeting = rows[0].meeting
    a, b = meeting.source, meeting.target
    feeds = [row.feed for row in rows if row.feed]
    fed = f", fed as {' and as '.join(feeds)}" if feeds else ""
    layers = layers_text(meeting.layers)
    lines = [f"{word(rows[0]).upper()}  {plain(str(meeting), 200)}, {layers}{fed}", f"  {plain(_said(rows[0]), 2000)}"]
    pairs, unmatched = _pairs(rows[0]), _unmatched(rows[0])
    if pairs[0] or pairs[1]:
        lines.append(f"  differ   lane by lane: {_both(pairs)}")
    if unmatched != ((), ()) and unmatched != pairs:
        lines.append(f"  differ   after the best regrouping: {_both(unmatched)}")
    lines += [f"  beside   {held.name}: {plain(held.text, 1000)}" for held in rows[0].beside]
    lines += [f"  cause    {plain(text, 600)}" for text in causes_text(causes, sides)]
    left = fingerprint_json(rows[0].verdict) if rows[0].verdict and not causes else None
    lines += [f"  cause    {plain(uncaused_text(left), 600)}"] if left else []
    lines += _size_lines(rows, positions)
    stored = rows[0].verdict and rows[0].verdict.as_stored
    if stored and _is_chosen(stored):
        lines.append(f"  stored   {plain(stored_json(stored)['text'], 2000)}")
    if a.spec and a.spec == b.spec:
        lines.append(f"  both     {plain(a.spec, WIDEST_SPEC)}")
    elif a.spec or b.spec:
        lines.append(f"  source   {plain(a.spec or f'no RoPE: {a.instead}', WIDEST_SPEC)}")
        lines.append(f"  target   {plain(b.spec or f'no RoPE: {b.instead}', WIDEST_SPEC)}")
    return lines


def _sides(row: Compared, source: Model, target: Model) -> list[Keys]:
    """From which key each value of the source's and of the target's layout comes, and which keys there could be."""
    return [
        Keys(origins(model, part), written_keys(model, part))
        for model, part in ((source, row.meeting.source), (target, row.meeting.target))
    ]


def _is_chosen(stored: AsStored | None) -> bool:
    return stored is not None and stored.found is Found.CHOICE


def _said(row: Compared) -> str:
    alone = "Neither side has RoPE." if row.is_same_without else said(row.verdict, row.fault)
    worse = " and ".join(held.name for held in row.beside if held.outcome is not Outcome.EQUIVALENT)
    if row.outcome is row.alone:
        also = f"What is beside the layouts has to change too ({worse}). Of the layouts alone: "
        return f"{also * (bool(worse) and row.outcome is Outcome.CONVERTIBLE)}{alone}"
    if row.outcome is Outcome.UNDECIDED and not any(held.outcome is Outcome.UNDECIDED for held in row.beside):
        return f"The {worse} may be what the layouts' magnitudes differ by. Of the layouts alone: {alone}"
    return f"What is beside the layouts makes it so ({worse}). Of the layouts alone: {alone}"
