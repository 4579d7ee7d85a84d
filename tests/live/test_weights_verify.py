"""weights verify on checkpoints of transformers' own model classes: wrong variants by name, and none if right."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_packings import TEXT, VARIANTS, read_slots, save_without_layers

from prover.layouts.loading import load
from prover.repair.check_permutation import State
from prover.sources.comparing import meetings
from prover.verdicts.as_stored import prove_loaded
from prover.weights.audited.lanes import Layer
from prover.weights.audited.question import Question
from prover.weights.audited.verified import Fault, Item
from prover.weights.audited.verify_layer import verify_layer
from prover.weights.moved.witness import Need
from prover.weights.packed.slots import Kind, Role, Slot
from prover.weights.stored.lines import of_array

pytestmark = pytest.mark.live

Values = dict[str, np.ndarray[Any, Any]]
Moves = Mapping[tuple[Role, Kind], np.ndarray[Any, Any]]
GOES = (Kind.WEIGHT, Kind.BIAS, Kind.SCALE, Kind.GAIN, Kind.NORM_BIAS)


def inverse(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What undoes it."""
    return np.argsort(rows)


def moved(values: Values, slots: list[Slot], moves: Moves) -> Values:
    """Lanes of heads moved in each tensor that holds some, by role and kind: lane i is lane rows[i] of before."""
    found = dict(values)
    for slot in slots:
        for block in slot.blocks:
            rows = moves.get((block.role, slot.kind))
            if rows is None:
                continue
            lanes = slice(block.start, block.start + block.width)
            order = rows[block.lane : block.lane + block.width] - block.lane
            array = found[slot.tensor.name].copy()
            if block.role is Role.O:
                array[:, lanes] = array[:, lanes][:, order]
            else:
                flat = array.reshape(slot.rows, -1)
                flat[lanes] = flat[lanes][order]
                array = flat.reshape(array.shape)
            found[slot.tensor.name] = array
    return found


def within(blocks: list[tuple[int, int]], width: int) -> np.ndarray[Any, Any]:
    """A shuffle of lanes that leaves runs of lanes to themselves, of order above two where it can be."""
    rows = np.arange(width)
    for first, end in blocks:
        rows[first:end] = np.roll(rows[first:end], 1)
        if end - first > 4:
            rows[first : first + 2] = rows[first : first + 2][::-1]
    return rows


def cut(slots: list[Slot], width: int) -> list[tuple[int, int]]:
    """The runs of lanes of q and k that lie in one tensor each."""
    ends = {0, width}
    for slot in slots:
        for block in slot.blocks:
            if block.role in (Role.Q, Role.K):
                ends |= {block.lane, block.lane + block.width}
    order = sorted(ends)
    return list(pairwise(order))


def test_names(name: str, kind: str, more: Mapping[str, Any], tmp_path: Path) -> None:
    """Right as the proof says, and each wrong variant of it by its name, in every layer that turns."""
    turned = {"position_embedding_type": "rotary"} if kind == "esm" else {}
    save_without_layers(kind, tmp_path / "saved", {**turned, **more})
    slots, model, values = read_slots(tmp_path / "saved")
    done = 0
    for meeting in meetings(model, model):
        if meeting.source.spec is None or meeting.source.name != "text":
            continue
        layer = (meeting.layers or ())[0]
        own = [slot for slot in slots.slots if (slot.part, slot.layer) == (meeting.source.name, layer)]
        loaded = load(meeting.source.spec)
        width = loaded.layout.width
        target = loaded.moved(tuple(within(cut(own, width), width).tolist()))
        feeds = tuple(feed for feed, _ in loaded.family.feeds)
        verdict = prove_loaded(loaded, target, feeds)
        assert verdict.decision.holds is not None
        need = Need(meeting, feeds, (loaded, target), verdict)
        done += check(Question(need, width), own, values)
    assert done


def check(question: Question, own: list[Slot], values: Values) -> int:
    """One layer, in all variants; 1."""
    def layer(numbers: Values) -> Layer:
        return Layer(tuple(own), lambda slot: of_array(numbers[slot.tensor.name].reshape(slot.rows, -1)))

    def told(numbers: Values) -> dict[tuple[Role, Kind], Item]:
        items = verify_layer(question, layer(values), layer(numbers), 0)
        return {(item.role, item.kind): item for item in items}

    needed = np.array(question.needed)
    kinds = {(block.role, slot.kind) for slot in own for block in slot.blocks}
    goes = {each: needed for each in kinds if each[0] in (Role.Q, Role.K) and each[1] in GOES}
    right = told(moved(values, own, goes))
    assert {State.RIGHT} == {item.state for item in right.values()}, right
    assert kinds == set(right)
    for wrong, fault in ((np.arange(len(needed)), Fault.MISSING), (inverse(needed), Fault.INVERSE),
                         (needed[needed], Fault.TWICE)):
        if question.is_right(tuple(wrong.tolist())) or (fault is Fault.TWICE and (wrong == range(len(wrong))).all()):
            continue  # of order two: twice is nothing moved
        found = told(moved(values, own, {**goes, (Role.Q, Kind.WEIGHT): wrong, (Role.K, Kind.WEIGHT): wrong}))
        for role in (Role.Q, Role.K):
            if (role, Kind.WEIGHT) in found:
                assert fault in found[role, Kind.WEIGHT].faults, (role, found[role, Kind.WEIGHT].faults)
                assert found[role, Kind.WEIGHT].state is State.WRONG
    for role, kind in goes:
        if kind is not Kind.WEIGHT:
            found = told(moved(values, own, {each: rows for each, rows in goes.items() if each != (role, kind)}))
            assert (Fault.FORGOTTEN,) == found[role, kind].faults
            assert {(role, kind)} == {each for each, item in found.items() if item.state is not State.RIGHT}
    for role in (Role.V, Role.O):
        ends = [block.lane + block.width for slot in own for block in slot.blocks if block.role is role]
        width = max(ends, default=0)
        if width == len(needed):
            found = told(moved(values, own, {**goes, (role, Kind.WEIGHT): needed}))
            bad = {each: item.faults for each, item in found.items() if item.state is not State.RIGHT}
            fault = Fault.APPLIED_TO_V if role is Role.V else Fault.APPLIED_TO_O
            assert {(role, Kind.WEIGHT)} <= set(bad) <= {(role, Kind.WEIGHT), (Role.V, Kind.BIAS)}
            assert (fault,) == bad[role, Kind.WEIGHT]
    return 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each type and variant."""
    cases = [(kind, kind, {}) for kind in TEXT] + [(name, kind, more) for name, (kind, more) in VARIANTS.items()]
    metafunc.parametrize(("name", "kind", "more"), cases, ids=[name for name, _, _ in cases])


