"""What is moved in a checkpoint, or why nothing is: as JSON types and text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prover.claims.factors import lanes_by_factor
from prover.claims.relation import Outcome
from prover.errors import EXIT_DIFFERENT, EXIT_OK, EXIT_UNDECIDED, EXIT_USAGE
from prover.exact.display import number_json, show_pairs
from prover.reports.factors_text import factors_text
from prover.reports.text import columns, plain
from prover.weights.moved.manifest import NAME, numbers_of
from prover.weights.moved.permuting import EARLIER, Prepared
from prover.weights.moved.plan import Move, Reason, Refusal, shown
from prover.weights.moved.witness import Need
from prover.weights.stored.ranks import unranked

JSON = dict[str, Any]
CODES = {
    Reason.DIFFERENT: EXIT_DIFFERENT, Reason.SCALE: EXIT_DIFFERENT, Reason.BARRIER: EXIT_DIFFERENT,
    Reason.NO_TENSORS: EXIT_USAGE, Reason.MISFIT: EXIT_USAGE, Reason.UNDECIDED: EXIT_UNDECIDED,
}
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
MAX_ROWS = 40
_WHY_LEFT = "other weights of the folder, in which no row was moved, are not copied"


@dataclass(frozen=True, slots=True)
class Group:
    """Tensors of one name but for the layer whose heads are cut and moved alike. `ranks`: in how many of these."""

    pattern: str
    kind: str
    heads: str
    width: str
    layers: tuple[int, ...]
    multiplied: str
    count: int
    dtypes: tuple[str, ...]
    ranks: int = 1


def permute_code(found: Prepared) -> int:
    """0 where it is done or would be, 1 where it must not, 2 where tensors do not fit, 3 where it is not decided."""
    codes = {CODES[refusal.reason] for refusal in found.plan.refusals}
    return next((code for code in (EXIT_DIFFERENT, EXIT_USAGE, EXIT_UNDECIDED) if code in codes), EXIT_OK)


def headline(found: Prepared, out: str) -> str:
    """The answer in a sentence. `out`: the folder that was written, "" if none was."""
    if found.plan.refusals:
        first, *others = _refused(found.plan.refusals)
        return f"Refused, nothing was written: {_told(replace(first, source=''))}" + (
            f" (and {len(others)} more)" if others else "")
    if not found.plan.moves:
        return "No row has to move, the weights are right as they are: nothing was written."
    layers = {(move.slot.part, move.slot.layer) for move in found.plan.moves}
    count = f"{len(found.plan.moves)} tensor{'s' * (len(found.plan.moves) > 1)} of {len(layers)} layer" + (
        "s" * (len(layers) > 1))
    scaled = any(move.factors for move in found.plan.moves)
    moves = any(need.moves for need in found.plan.needs)
    if out:
        done = "moved and multiplied" if scaled and moves else "multiplied" if scaled else "moved"
        return f"The rows of {count} were {done}: {out}"
    done = "move and be multiplied" if scaled and moves else "be multiplied" if scaled else "move"
    return f"The rows of {count} would {done}, nothing was written."


def permute_json(
    found: Prepared, manifest: JSON | None, out: str, left_out: Sequence[str] = (), as_they_were: Sequence[str] = (),
) -> JSON:
    """Everything that is known; `manifest` as it was written, if it was. `left_out`: files that are not copied.

    `as_they_were`: weights that are copied and in which nothing moves.
    """
    return {
        "schema": "rope-prover/weights-permute-answer/1",
        "headline": headline(found, out),
        "written": out or None,
        "architecture": found.slots.architecture,
        "filled": list(found.filled),
        "parts": [_need_json(need) for need in found.plan.needs],
        "moved": [
            {"tensors": group.pattern, "kind": group.kind, "heads": group.heads, "lanes": group.width,
             "layers": list(group.layers), "count": group.count, "dtypes": list(group.dtypes),
             "multiplied": group.multiplied or None,
             **({} if group.ranks == 1 else {"ranks": group.ranks})}
            for group in groups(found.plan.moves)
        ],
        "refused": [
            {"part": each.part, "layers": None if each.layers is None else list(each.layers),
             "reason": each.reason.value, "why": each.why, "source": each.source or None}
            for each in found.plan.refusals
        ],
        "numbers": numbers_of(found.plan) if _scales(found) else None,
        "stays": list(found.plan.stays),
        "config": found.said.words,
        "left_out": list(left_out),
        "as_they_were": list(as_they_were),
        "manifest": manifest,
        "exit_code": permute_code(found),
    }


def permute_text(
    found: Prepared, out: str, left_out: Sequence[str] = (), as_they_were: Sequence[str] = ()
) -> str:
    """The same for a terminal."""
    lines = [plain(headline(found, out), 1000), ""]
    lines += _rows("from", [f"{found.source.file} ({found.source.engine})"])
    lines += _rows("to", [f"{found.target.file} ({found.target.engine})"])
    lines += _rows("filled", found.filled)
    lines += _rows("part", [_need_text(need) for need in found.plan.needs])
    if found.plan.refusals:
        lines += _rows("refused", [_told(each) for each in _refused(found.plan.refusals)])
    else:
        lines += _rows("moved" if out else "would move", [_group_text(group) for group in groups(found.plan.moves)])
        lines += _rows("numbers", [numbers_of(found.plan)] if _scales(found) else [])
    lines += _rows("stays", found.plan.stays)
    if found.plan.moves and not found.plan.refusals:
        lines += _rows("config", [found.said.words])
    lines += _rows("left out", [f"{name}: {_WHY_LEFT}" if name != EARLIER else name for name in left_out])
    done = "is" if out else "would be"
    lines += _rows("unchanged", [f"{name} {done} copied unchanged and still has the old order, if it has rows of "
                                 "this model's q and k: a subfolder is not looked into" for name in as_they_were])
    lines += _rows("manifest", [f"{out}/{NAME}"] if out else [])
    return "\n".join(lines) + "\n"


def _scales(found: Prepared) -> bool:
    return not found.plan.refusals and any(move.factors for move in found.plan.moves)


def groups(moves: Sequence[Move]) -> list[Group]:
    """Moves with their layers together."""
    found: dict[tuple[str, str, str, str, str], list[Move]] = {}
    for move in moves:
        pattern = _layerless(unranked(move.tensor.name), move.slot.layer)
        kind = "block scale, whole entries" if move.entries is not None else move.slot.kind.value
        found.setdefault((pattern, kind, _heads(move), _width(move), factors_text(move.factors)), []).append(move)
    return [
        Group(*key[:4], tuple(sorted({move.slot.layer for move in alike})), key[4], len(alike),
              tuple(dict.fromkeys(move.tensor.dtype for move in alike)), len({move.slot.rank for move in alike}))
        for key, alike in found.items()
    ]


def _heads(move: Move) -> str:
    """How many heads of what: 32 of q, 8 of k; all where they share."""
    roles = dict.fromkeys(block.role for block in move.blocks)
    told = []
    for role in roles:
        own = [block for block in move.blocks if block.role is role]
        told.append(f"all of {role.value}" if own[0].head is None else f"{len(own)} of {role.value}")
    return ", ".join(told)


def _width(move: Move) -> str:
    spans = dict.fromkeys((block.lane, block.width) for block in move.blocks)
    return ", ".join(f"{width} lanes" + (f" from {lane} on" if lane else "") for lane, width in spans)


def _group_text(group: Group) -> str:
    return (f"{group.pattern}, layer{'s' * (len(group.layers) > 1)} {show_pairs(group.layers)}: {group.kind}, "
            f"{', '.join(group.dtypes)}, heads: {group.heads}, {group.width} each"
            + (f", in each of {group.ranks} ranks" if group.ranks > 1 else "")
            + (f"; {group.multiplied}" if group.multiplied else ""))


def _need_json(need: Need) -> JSON:
    return {
        "part": need.meeting.source.address,
        "layers": None if need.meeting.layers is None else list(need.meeting.layers),
        "source": need.meeting.source.spec, "target": need.meeting.target.spec, "feeds": list(need.feeds),
        "verdict": need.outcome.value, "relation": need.relation.value if need.relation else None,
        "rows": list(need.rows) if need.rows is not None else None,
        "factors": [{"rows": [list(run) for run in runs], **number_json(value)}
                    for value, runs in lanes_by_factor(need.factors).items()] or None,
        "ulps": need.ulps, "fault": need.fault or None,
    }


def _need_text(need: Need) -> str:
    part, layers = need.meeting.source, need.meeting.layers
    where = f"{part.address}{f', layers {show_pairs(layers)}' if layers else ''}"
    sides = f"from {shown(part)} to {shown(need.meeting.target)}"
    if need.factors and need.rows is not None:
        order = f"rows {_short(need.rows)} of each head" if need.moves else "rows of each head in their order"
        what = f"{order}, rows are multiplied, proved: {factors_text(need.factors)}"
    elif need.moves and need.rows is not None and need.outcome is Outcome.CONVERTIBLE:
        what = f"rows {_short(need.rows)} of each head, proved"
    elif need.outcome is Outcome.EQUIVALENT:
        what = "stays, proved equal"
    else:
        what = need.outcome.value
    stored = f", as stored numbers are up to {need.ulps} ulps off" if need.ulps else ""
    return f"{where}: {what}{stored}, {sides}"


def _short(rows: Sequence[int], most: int = 6) -> str:
    return ", ".join(map(str, rows)) if len(rows) <= 2 * most else (
        f"{', '.join(map(str, rows[:most]))} ... {', '.join(map(str, rows[-2:]))}")


def _refused(refusals: Sequence[Refusal]) -> list[Refusal]:
    """Those together that are the same but for the layer, in the order of the first of each; N stands for a layer."""
    found: dict[tuple[str, str, str, Reason, bool], list[Refusal]] = {}
    for each in refusals:
        is_one = each.layers is not None and len(each.layers) == 1
        why = _layerless(each.why, each.layers[0]) if is_one and each.layers else each.why
        found.setdefault((each.part, why, each.source, each.reason, is_one), []).append(each)
    return [
        own[0] if len(own) == 1 or not is_one else
        replace(own[0], layers=tuple(sorted({layer for each in own for layer in each.layers or ()})), why=why)
        for (_, why, _, _, is_one), own in found.items()
    ]


def _layerless(text: str, layer: int) -> str:
    return _NUMBER.sub(lambda hit: "N" if hit[0] == str(layer) else hit[0], text)


def _told(refusal: Refusal) -> str:
    layers = refusal.layers or ()
    where = f", layer{'s' * (len(layers) > 1)} {show_pairs(layers)}" if layers else ""
    source = f" ({refusal.source})" if refusal.source else ""
    return f"{refusal.part}{where}: {refusal.why}{source}"


def _rows(label: str, texts: Sequence[str]) -> Iterator[str]:
    for number, text in enumerate(texts[:MAX_ROWS]):
        yield textwrap.fill(
            plain(text, 4000), columns(), initial_indent=f"{label if not number else '':<11} ",
            subsequent_indent=" " * 12, break_long_words=False, break_on_hyphens=False,
        ).rstrip()
    if len(texts) > MAX_ROWS:
        yield f"{'':<11} and {len(texts) - MAX_ROWS} more, all in --json"
