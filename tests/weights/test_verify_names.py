"""Every usual slip of a converter, made by hand for many shapes of heads: it gets its name, and none that is not so."""

from itertools import product

import numpy as np
import pytest
from made_layers import lay, made, unflat
from test_verify import question

from prover.repair.check_permutation import State
from prover.weights.audited.verify_layer import verify_layer

COUNT, WIDTH, WHOLE = "wrong head count", "wrong head width", "whole head"
SHAPES = [(heads, kv, 32, share) for (heads, kv), share in product(
    [(4, 1), (8, 4), (8, 8), (32, 8)], [1, 2, 4])] + [
    (4, 2, 8, 1), (4, 2, 8, 2), (6, 3, 48, 1), (6, 2, 48, 2), (4, 4, 16, 4), (14, 2, 64, 1), (8, 2, 64, 4),
    (16, 2, 32, 2)]


def converted(weight, heads, rotated):
    """What a converter does to a matrix of so many heads: halves of the first lanes of each made adjacent pairs."""
    width = len(weight) // heads
    cut = weight.reshape(heads, width, -1)
    first = cut[:, :rotated].reshape(heads, 2, rotated // 2, -1).swapaxes(1, 2).reshape(heads, rotated, -1)
    return np.concatenate([first, cut[:, rotated:]], axis=1).reshape(weight.shape)


def undone(weight, heads, rotated):
    """The other way."""
    width = len(weight) // heads
    cut = weight.reshape(heads, width, -1)
    first = cut[:, :rotated].reshape(heads, rotated // 2, 2, -1).swapaxes(1, 2).reshape(heads, rotated, -1)
    return np.concatenate([first, cut[:, rotated:]], axis=1).reshape(weight.shape)


def slips(own, heads, kv_heads, width, rotated):
    """Names and what makes them of a matrix of `own` heads."""
    rows = own * width
    yield (), lambda w: converted(w, own, rotated)
    yield ("missing",), lambda w: w
    yield ("inverse",), lambda w: undone(w, own, rotated)
    yield ("applied twice",), lambda w: converted(converted(w, own, rotated), own, rotated)
    if rotated < width:
        yield (WHOLE,), lambda w: converted(w, own, width)
        yield (WHOLE,), lambda w: undone(w, own, width)
    counts = {heads, kv_heads, 2 * own, own // 2, 1} - {own, 0}
    for count in sorted(count for count in counts if rows % count == 0 and rows // count > 3):
        size = rows // count
        name = COUNT if count in (heads, kv_heads) else WIDTH
        share = rotated * size // width
        for lanes in {min(rotated, size), share}:
            if lanes > 3 and lanes % 2 == 0:
                yield (name,), lambda w, count=count, lanes=lanes: converted(w, count, lanes)
                yield (name,), lambda w, count=count, lanes=lanes: undone(w, count, lanes)
        if rotated < width and size > rotated and size % 2 == 0:
            yield (name, WHOLE), lambda w, count=count, size=size: converted(w, count, size)


@pytest.mark.parametrize("role", ["q", "k"])
@pytest.mark.parametrize(("heads", "kv_heads", "width", "share"), SHAPES)
def test_every_slip_has_its_name(heads, kv_heads, width, share, role):
    """In one matrix, the other one right; two slips that give the same rows may have either name, and no third."""
    m, rotated = made(heads, kv_heads, width), width // share
    plain = lay(m)
    counts = {"q": heads, "k": kv_heads}
    good = m.with_(**{each: unflat(converted(getattr(m, each).reshape(counts[each] * width, -1), counts[each], rotated),
                                   getattr(m, each)) for each in "qk"})
    own = getattr(m, role)
    made_so = {}
    for names, change in slips(counts[role], heads, kv_heads, width, rotated):
        rows = tuple(change(np.arange(len(own) * width)[:, None])[:, 0].tolist())
        made_so.setdefault(rows, []).append(set(names))
    assert len(made_so) > 2
    for number, (rows, names) in enumerate(made_so.items()):
        bad = good.with_(**{role: unflat(own.reshape(len(rows), -1)[list(rows)], own)})
        items = verify_layer(question(width, rotated), plain, lay(bad, ("separate", "fused", "grouped")[number % 3]), 0)
        told = {item.role.value: {fault.value for fault in item.faults} for item in items
                if item.state is State.WRONG}
        if set() in names:
            assert {} == told
            continue
        assert {role} == set(told), (names, told, rows)
        assert told[role], rows
        # What is right by itself, and not as the other one is, says so too.
        assert set.intersection(*names) <= told[role] - {"q and k unlike"} <= set.union(*names), (names, rows)


@pytest.mark.parametrize(("heads", "kv_heads", "width", "share"), [(8, 2, 64, 4), (8, 4, 32, 1), (32, 8, 32, 2)])
def test_no_name_for_what_no_slip_makes(heads, kv_heads, width, share):
    """A right move in which two lanes more have changed places, in one head or in all, is another move."""
    m, rotated = made(heads, kv_heads, width), width // share
    right = converted(np.arange(kv_heads * width)[:, None], kv_heads, rotated)[:, 0]
    for each in (range(kv_heads), range(1)):
        rows = right.copy()
        for head in each:
            rows[[head * width, head * width + 1]] = rows[[head * width + 1, head * width]]
        q = unflat(converted(m.q.reshape(heads * width, -1), heads, rotated), m.q)
        bad = m.with_(q=q, k=unflat(m.k.reshape(len(rows), -1)[rows], m.k))
        items = verify_layer(question(width, rotated), lay(m), lay(bad), 0)
        assert {("k", ("another move",))} == {
            (item.role.value, tuple(fault.value for fault in item.faults)) for item in items
            if item.state is State.WRONG}


@pytest.mark.parametrize(("first", "end"), [(8, 12), (4, 12), (8, 16)])
def test_lanes_that_turn_and_stayed_were_not_moved_twice(first, end):
    """Four lanes turn, whose move is its own inverse; others were moved in their place, once."""
    m = made(4, 2, 16)

    def other(heads):
        before, moving, after = np.split(heads, [first, end], axis=1)
        size = (end - first) // 2
        mixed = moving.reshape(len(heads), 2, size, -1).swapaxes(1, 2).reshape(moving.shape)
        return np.concatenate([before, mixed, after], axis=1)

    target = m.with_(q=other(m.q), k=other(m.k))
    found = {item.role.value: item for item in verify_layer(question(16, 4), lay(m), lay(target), 0)}
    assert [("wrong", ["other lanes"])] * 2 == [
        (found[role].state.value, [fault.value for fault in found[role].faults]) for role in "qk"]
