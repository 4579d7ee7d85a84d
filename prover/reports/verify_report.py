"""Two checkpoints held against each other: as JSON types, as text and as Markdown."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from prover.checker import digest
from prover.claims.relation import EXIT_CODES, Outcome
from prover.errors import EXIT_INTERNAL
from prover.repair.check_permutation import State
from prover.reports.document import Document, labelled
from prover.reports.explain import headline as layouts_headline
from prover.reports.factors_text import factors_text
from prover.reports.report import relation_word
from prover.reports.text import COMMAND, counted, far_words, labelled_text, plain
from prover.reports.verify_advice import advice_of
from prover.reports.verify_words import expression, head_move, item_text, listed, what
from prover.sources.findings import incomplete
from prover.verdicts.verdict import Verdict
from prover.weights.audited.verified import Group, Item
from prover.weights.audited.verify import ranges
from prover.weights.audited.verifying import Compared, Meant, Opened
from prover.weights.stored.ranks import unranked

JSON = dict[str, Any]
SCHEMA = "rope-prover/weights-verify/1"
CONVENTION = "row i of the target is row rows[i] of the source, rows counted from 0"
MOST_PATTERNS = 32
_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")  # a whole word of a tensor's name
EXITS = {State.RIGHT: Outcome.EQUIVALENT, State.WRONG: Outcome.DIFFERENT, State.UNDECIDED: Outcome.UNDECIDED}
def verify_json(found: Compared) -> JSON:
    """Everything that is known."""
    answer = found.verified
    return {
        "schema": SCHEMA,
        "verdict": answer.state.value,
        "headline": headline(found),
        "source": _side(found.source, 0, found),
        "target": _side(found.target, 1, found),
        "as_far_as": _as_far_as(found),
        "convention": CONVENTION,
        "faults": list(faults_of(found)),
        "advice": list(advice_of(found)),
        "command": found.mend and found.mend.command,
        "parts": [_group(group) for group in answer.groups],
        "not_compared": [*answer.left, *others_of(found)],
        "exit_code": exit_code(found),
    }


def others_of(found: Compared) -> Iterator[str]:
    """Where all is right, one line of what that says nothing about: all tensors that were not held against others."""
    if found.verified.state is not State.RIGHT:
        return
    seen = {name for group in found.verified.groups for item in group.items for names in item.names for name in names}
    sides = (found.source.checkpoint.tensors, found.target.checkpoint.tensors)
    names = sorted({unranked(name) for side in sides for name in side} - {unranked(name) for name in seen})
    if not names:
        return
    patterns = Counter(_NUMBER.sub("*", name) for name in names)
    shown = [f"{plain(pattern, 120)}{f' ({count})' if count > 1 else ''}"
             for pattern, count in list(patterns.items())[:MOST_PATTERNS]]
    more = f" and {counted(len(patterns) - MOST_PATTERNS, 'more pattern')}" if len(patterns) > MOST_PATTERNS else ""
    yield f"not compared: {len(names)} other tensor{'s' * (len(names) > 1)} ({', '.join(shown)}{more})"


def exit_code(found: Compared) -> int:
    """0 right, 1 wrong, 3 undecided; 4 if kernels that were run do not show what was proved."""
    if not all(verdict.confirmation.passed for verdict in _verdicts(found)):
        return EXIT_INTERNAL
    return EXIT_CODES[EXITS[found.verified.state]]


def faults_of(found: Compared) -> tuple[str, ...]:
    """The names of all that is not right, each once, the first layer's first."""
    items = (item for group in found.verified.groups for item in group.items)
    return tuple(dict.fromkeys(fault.value for item in items for fault in item.faults))


def certificates_of(found: Compared) -> tuple[tuple[str, str], ...]:
    """File name and text of each certificate, each once."""
    texts = dict.fromkeys(verdict.certificate for verdict in _verdicts(found) if verdict.certificate)
    return tuple((f"{digest(json.loads(text)).partition(':')[2][:16]}.json", text) for text in texts)


def _verdicts(found: Compared) -> Iterator[Verdict]:
    for group in found.verified.groups:
        if group.need.verdict is not None and group.items:
            yield group.need.verdict
        for item in group.items:
            if item.held is not None:
                yield from (part.verdict for part in item.held.parts if part.verdict is not None)


def _as_far_as(found: Compared) -> dict[str, list[str]]:
    """Of each side that does not tell all of its layout, the codes of what it does not."""
    told = zip(("source", "target"), found.meant, strict=True)
    return {side: list(codes) for side, meant in told if (codes := incomplete(meant.model.findings))}


def _side(side: Opened, number: int, found: Compared) -> JSON:
    meant = found.meant[number]
    model = meant.model
    return {
        "path": str(side.checkpoint.root), "format": side.checkpoint.format.value,
        "architecture": side.slots.architecture,
        "layout": {"from": model.file, "engine": model.engine, "parts": {
            part.address: part.spec for part in model.parts if part.spec is not None},
            "filled": list(meant.filled), "manifest": meant.manifest or None, "misfits": list(meant.misfits)},
    }


def _group(group: Group) -> JSON:
    need, verdict = group.need, group.need.verdict
    meeting = need.meeting
    return {
        "part": str(meeting),
        "source": meeting.source.spec,
        "target": meeting.target.spec,
        "feeds": list(need.feeds),
        "layers": list(group.layers),
        "relation": verdict and relation_word(verdict),
        "needed": list(need.rows) if need.rows is not None else None,
        "factors": factors_text(need.factors) or None,
        "expression": expression(need.rows) if need.rows is not None and need.moves else None,
        "without": layouts_headline(verdict) if verdict else None,
        "fault": need.fault or None,
        "ulps": need.ulps,
        "certificate": _digest(verdict),
        "tensors": [_item(item) for item in group.items],
    }


def _item(item: Item) -> JSON:
    return {
        "layer": item.layer,
        **({} if item.rank is None else {"rank": item.rank}),
        "role": item.role.value,
        "kind": item.kind.value,
        "source": list(item.names[0]),
        "target": list(item.names[1]),
        "verdict": item.state.value,
        "faults": [fault.value for fault in item.faults],
        "text": item_text(item),
        "heads": item.heads if item.rows is not None else None,
        "alike": head_move(item) is not None if item.rows is not None else None,
        "rows": list(head_move(item) or item.rows) if item.rows is not None else None,
        "compared": item.closeness and item.closeness.value,
        "multiplied": {str(row): factor for row, factor in item.factors},
        "added": item.added,
        "certificate": _digest(_settling(item)),
    }


def _settling(item: Item) -> Verdict | None:
    """The verdict that the word of one matrix rests on."""
    if item.held is None:
        return None
    part = next((part for part in item.held.parts if part.move.matrix.name == item.role.value), None)
    return None if part is None else part.verdict


def _digest(verdict: Verdict | None) -> str | None:
    return digest(json.loads(verdict.certificate)) if verdict is not None and verdict.certificate else None


def headline(found: Compared) -> str:
    """The answer in a sentence, with the first layer and tensor at fault, and whose word the question is."""
    sides = [side for side, meant in zip(("source", "target"), found.meant, strict=True) if meant.manifest]
    return _answer(found) + "".join(f"; what the {side} is meant for is what its manifest says" for side in sides)


def _answer(found: Compared) -> str:
    answer = found.verified
    groups = [group for group in answer.groups if group.items]
    layers = [f"{_part(group)}{_layers(group.layers)}" for group in groups]
    if not groups:
        return "no tensors of q and k of both meet, so that nothing was compared"
    first = answer.first
    if first is None and not answer.is_whole:
        return f"what meets is right, in {'; '.join(layers)}, and not all layers meet: {'; '.join(answer.left)}"
    if first is None:
        moved = [group.need.moves for group in groups]
        changed = "moved and multiplied" if all(moved) else "multiplied"
        how = "are moved as the target needs them" if all(moved) else "stand where the target needs them"
        if any(group.need.factors for group in groups):
            how = f"are {changed} as the target needs them, each number rounded once"
        left = f". Not compared: {'; '.join(answer.left)}" if answer.left else ""
        return f"the rows of q and k in {'; '.join(layers)} {how}, and all that goes with them{left}"
    group, item = first
    name = next(iter((*item.names[1], *item.names[0])), "")
    rank = "" if item.rank is None else f" of rank {item.rank}"
    where = f"{_part(group)}layer {item.layer}{rank}, {what(item)}{f' ({plain(unranked(name), 120)})' if name else ''}"
    others = f"{found.others}, and in no layer are the rows of q and k those of the source; " if found.others else ""
    return f"{others}{where}: {item_text(item)}{_others(found, group, item)}"


def _others(found: Compared, group: Group, first: Item) -> str:
    """What is known of the other layers of this tensor, and whether other tensors are at fault too."""
    same = [each for each in group.items if (each.role, each.kind) == (first.role, first.kind)]
    bad = [each.layer for each in same if each.state is first.state]
    words = {layer: {each.state for each in group.items if each.layer == layer} for layer in group.layers}
    right = [each.layer for each in same if words[each.layer] == {State.RIGHT}]
    open_ = [layer for layer, states in words.items() if first.state is State.WRONG and State.UNDECIDED in states
             and State.WRONG not in states]
    still = f"; {_layers(open_)} {'are' if len(open_) > 1 else 'is'} undecided" if open_ else ""
    told = ""
    if right:
        told = f"; {_layers(right)} {'are' if len(right) > 1 else 'is'} right"
        if len(bad) > 1:
            told += f", {_layers(bad)} are not"
    elif len(bad) > 1:
        told = f"; so it is in {_layers(bad)}"
    more = dict.fromkeys(what(each) for every in found.verified.groups for each in every.items
                         if each.state is first.state and (each.role, each.kind) != (first.role, first.kind))
    ranks = {each.rank for each in same if each.state is first.state}
    if first.rank is not None and ranks != {each.rank for each in same}:
        told = f"; in {_ranks(ranks)} alone" + told
    return told + still + (f"; {first.state.value} too: {', '.join(more)}" if more else "")


def _part(group: Group) -> str:
    name = group.need.meeting.source.address
    return "" if name == "text" else f"{name}, "


def _layers(layers: Sequence[int]) -> str:
    return f"layer{'s' * (len(set(layers)) > 1)} {ranges(layers)}"


def _ranks(ranks: Collection[int | None]) -> str:
    return f"rank{'s' * (len(set(ranks)) > 1)} {ranges([rank or 0 for rank in ranks])}"


def verify_text(found: Compared) -> str:
    """Plain text: the headline and a label a line."""
    return labelled_text(_first_line(found, found.verified.state.value.upper()), _rows(found))


def verify_document(found: Compared) -> Document:
    """A pull-request comment."""
    return labelled(_first_line(found, found.verified.state.value.capitalize()), _rows(found))


def _first_line(found: Compared, word: str) -> str:
    return f"{word}{far_words(_as_far_as(found))}: {headline(found)}."


def _rows(found: Compared) -> list[tuple[str, str]]:
    rows = [("advice", text) for text in advice_of(found)]
    rows += [(COMMAND, found.mend.command)] if found.mend is not None else []
    for label, side, meant in zip(("source", "target"), (found.source, found.target), found.meant, strict=True):
        model = meant.model
        rows.append((label, f"{side.checkpoint.root}  ({side.checkpoint.format.value}; "
                            f"{model.kind or model.file}, as {model.engine} has it)"))
        rows += [("filled", text) for text in meant.filled]
        rows += [("manifest", text) for text in _manifest(meant, label)]
    for group in found.verified.groups:
        if group.items:
            rows += _group_rows(group)
    rows += [("left", text) for text in (*found.verified.left, *others_of(found))]
    digests = list(dict.fromkeys(filter(None, (_digest(verdict) for verdict in _verdicts(found)))))
    rows.append(("means", CONVENTION))
    more = f" and {len(digests) - 4} more" if len(digests) > 4 else ""
    return [*rows, ("proof", f"{', '.join(digests[:4])}{more}, accepted by the checker" if digests else "none")]


def _manifest(meant: Meant, side: str) -> Iterator[str]:
    """What is told of a manifest beside weights, whoever wrote it."""
    if not meant.manifest:
        return
    option = "--from" if side == "source" else "--to"
    specs = "; ".join(dict.fromkeys(f"{part.address} for {part.spec}" for part in meant.model.parts if part.spec))
    yield (f"{meant.manifest} beside the {side} says what its weights are meant for, {specs}; that is taken as the "
           f"question and proves nothing, and {option} says otherwise")
    for text in meant.misfits:
        yield f"it does not fit the files: {text}"


def _group_rows(group: Group) -> Iterator[tuple[str, str]]:
    need = group.need
    label = need.meeting.source.address
    if need.fault:
        yield label[:9], f"{_layers(group.layers)}: {need.fault}"
    elif need.rows is None:
        yield label[:9], f"{_layers(group.layers)}: {layouts_headline(need.verdict) if need.verdict else 'no RoPE'}"
    elif not need.moves:
        yield label[:9], f"{_layers(group.layers)}: no row has to move"
    else:
        code = expression(need.rows)
        yield label[:9], (f"{_layers(group.layers)}: {listed(need.rows)} needed in each head"
                          f"{f', {code}' if code else ''}")
    if need.factors:
        yield "", f"needed too: {factors_text(need.factors)}"
    runs: dict[tuple[str, str, str], list[Item]] = {}
    for item in group.items:
        word = "" if item.state is State.RIGHT else f"{item.state.value}: "
        runs.setdefault((what(item), item.state.value, word + item_text(item)), []).append(item)
    for (named, _, text), items in runs.items():
        name = named if len(named) <= 9 else ""
        told = text if name else f"{named}: {text}"
        where = _where(items, group)
        yield name, f"{where} {told}" if where else told


def _where(items: Sequence[Item], group: Group) -> str:
    """The layers and ranks that items are of, in words; "" where these are all."""
    ranks = {item.rank for item in items}
    layers: dict[tuple[int, ...], list[int | None]] = {}
    for rank in sorted(ranks, key=lambda each: each or 0):
        layers.setdefault(tuple(sorted({item.layer for item in items if item.rank == rank})), []).append(rank)
    if ranks == {item.rank for item in group.items} and len(layers) == 1:
        (only,) = layers
        return "" if len(only) == len(group.layers) else _layers(only)
    return "; ".join(f"{_layers(each)} of {_ranks(of)}" for each, of in layers.items())
