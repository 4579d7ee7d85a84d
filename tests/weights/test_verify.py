"""Layers held against each other: each wrong variant made on purpose gets its name, and what is right gets none."""

from itertools import permutations

import numpy as np
import pytest
from made_layers import PACKINGS, flat, lay, made, moved, right, unflat

from prover.repair.check_permutation import State
from prover.repair.slips import inverse
from prover.reports.verify_words import item_text
from prover.sources.reading import read_side
from prover.weights.audited.lanes import Layer
from prover.weights.audited.question import Question
from prover.weights.audited.verify_layer import verify_layer
from prover.weights.moved.witness import needs
from prover.weights.packed.slots import Block, Kind, Role, Slot
from prover.weights.stored.lines import of_array, rounded
from prover.weights.stored.tensors import Tensor
from repair.moved_scores import adjacent, half, same_scores

_KNOWN = {}


def question(width=8, rotated=None, same=False):
    """Half pairs on disk, adjacent ones in the kernel; the answers to it are kept."""
    n = rotated or width
    specs = f"ggml/neox:head_dim={width}:n_rot={n}", f"ggml/normal:head_dim={width}:n_rot={n}"
    key = specs if not same else specs[:1] * 2
    if key not in _KNOWN:
        (need,) = needs(*map(read_side, key))
        _KNOWN[key] = Question(need, width)
    return _KNOWN[key]


def to_adjacent(width, rotated=None):
    """Half pairs made adjacent, written out; lanes behind stay."""
    n = rotated or width
    return (*(row for j in range(n // 2) for row in (j, j + n // 2)), *range(n, width))


def told(source, target, asked):
    """What is not right: role, kind, and faults in words."""
    return {(item.role.value, item.kind.value): tuple(fault.value for fault in item.faults)
            for item in verify_layer(asked, source, target, 0) if item.state is not State.RIGHT}


def words(source, target, asked):
    return {item.state for item in verify_layer(asked, source, target, 0)}


HEADS = [(4, 4), (8, 2), (6, 1)]


@pytest.mark.parametrize("source_packing", PACKINGS)
@pytest.mark.parametrize("target_packing", PACKINGS)
@pytest.mark.parametrize(("heads", "kv_heads"), HEADS)
def test_right_in_every_packing(source_packing, target_packing, heads, kv_heads):
    """None is named where all is right, whatever lies where on either side."""
    m = made(heads, kv_heads, bias=True, gains="head", scales=True, lora=True)
    source, target = lay(m, source_packing), lay(right(m, to_adjacent(8)), target_packing)
    items = verify_layer(question(), source, target, 0)
    assert {State.RIGHT} == {item.state for item in items}
    assert 15 == len(items)
    assert not any(item.faults for item in items)


@pytest.mark.parametrize("packing", ["separate", "grouped"])
@pytest.mark.parametrize(("heads", "kv_heads"), HEADS)
@pytest.mark.parametrize(("width", "rotated"), [(8, 8), (16, 8), (64, 64)])
def test_wrong_moves_have_names(packing, heads, kv_heads, width, rotated):
    """Missing, inverse, twice: of q and k both, of q alone, and of k alone."""
    m, rows, asked = made(heads, kv_heads, width), to_adjacent(width, rotated), question(width, rotated)
    source = lay(m)
    twice = tuple(rows[row] for row in rows)
    both = ("inverse", "applied twice")  # at 8 lanes they are the same
    cases = {
        tuple(range(width)): ("missing",),
        inverse(rows): both if rotated == 8 else ("inverse",),
        twice: both if rotated == 8 else ("applied twice",),
    }
    for move, names in cases.items():
        for roles in ("qk", "q", "k"):
            ends = {role: moved(getattr(m, role), move if role in roles else rows) for role in "qk"}
            found = told(source, lay(m.with_(**ends), packing), asked)
            assert {(role, "weight"): names for role in roles} == found


def test_not_needed():
    """Moved though source and target pair alike."""
    m = made()
    assert {(role, "weight"): ("not needed",) for role in "qk"} == told(
        lay(m), lay(right(m, to_adjacent(8))), question(same=True))
    assert {State.RIGHT} == words(lay(m), lay(m, "fused"), question(same=True))


@pytest.mark.parametrize(("heads", "kv_heads", "width"), [(8, 2, 64), (6, 1, 48), (4, 2, 32)])
def test_k_moved_with_the_head_count_of_q(heads, kv_heads, width):
    """The one that GQA brings: k's rows cut into as many heads as q has."""
    m, rows = made(heads, kv_heads, width), to_adjacent(width)
    cut = kv_heads * width // heads
    k = flat(m.k).reshape(heads, cut, -1)[:, list(to_adjacent(cut))]
    target = right(m, rows).with_(k=unflat(k, m.k))
    assert {("k", "weight"): ("wrong head count",)} == told(lay(m), lay(target), question(width))
    assert {("k", "weight"): ("wrong head count",)} == told(lay(m), lay(target, "fused"), question(width))


@pytest.mark.parametrize("cut", [16, 128])
def test_wrong_head_width(cut):
    """Heads of 32 moved as heads of 16 or 128; k's heads of 16 would be as many as q has."""
    m = made(8, 4, 32)
    q, k = (unflat(flat(x).reshape(-1, cut, x.shape[2])[:, list(to_adjacent(cut))], x) for x in (m.q, m.k))
    found = told(lay(m), lay(m.with_(q=q, k=k)), question(32))
    assert {("q", "weight"): ("wrong head width",),
            ("k", "weight"): ("wrong head count" if cut == 16 else "wrong head width",)} == found


def test_whole_head_in_place_of_the_rotated_part():
    """Partial rotary: all lanes moved."""
    m = made(4, 2, 16)
    asked = question(16, 8)
    assert {State.RIGHT} == words(lay(m), lay(right(m, to_adjacent(16, 8))), asked)
    found = told(lay(m), lay(right(m, to_adjacent(16))), asked)
    assert {(role, "weight"): ("whole head",) for role in "qk"} == found


@pytest.mark.parametrize(("heads", "kv_heads"), HEADS)
@pytest.mark.parametrize("packing", ["separate", "fused"])
def test_applied_to_v_or_o(heads, kv_heads, packing):
    """v's rows or o's columns moved as those of q and k; where both are, nothing is different."""
    m, rows = made(heads, kv_heads), to_adjacent(8)
    target = right(m, rows)
    v = moved(m.v, rows)
    o = m.o.reshape(len(m.o), heads, 8)[:, :, list(rows)].reshape(m.o.shape)
    assert {("v", "weight"): ("applied to v",)} == told(lay(m), lay(target.with_(v=v), packing), question())
    assert {("o", "weight"): ("applied to o",)} == told(lay(m), lay(target.with_(o=o), packing), question())
    assert {State.RIGHT} == words(lay(m), lay(target.with_(v=v, o=o), packing), question())


def test_equal_rows_of_v_that_moved_with_o():
    """Where rows of v are equal, o tells how they moved; what comes out is the same."""
    m, rows = made(4, 2), (3, 1, 2, 0, 4, 5, 6, 7)
    m.v[:, [0, 1, 4]] = 0
    target = right(m, to_adjacent(8))
    o = m.o.reshape(len(m.o), 4, 8)[:, :, list(rows)].reshape(m.o.shape)
    both = target.with_(v=moved(m.v, rows), o=o)
    assert State.WRONG not in words(lay(m), lay(both), question())
    assert {("v", "weight"): ("another move",)} == told(lay(m), lay(both.with_(o=m.o)), question())
    m.v[:] = 0
    o = m.o.reshape(len(m.o), 4, 8)[:, :, list(to_adjacent(8))].reshape(m.o.shape)
    assert {State.RIGHT} == words(lay(m), lay(target.with_(v=m.v, o=o)), question())


@pytest.mark.parametrize("move", [inverse(to_adjacent(8)), (0, 2, 1, 3, 4, 5, 6, 7)])
def test_what_goes_with_rows_that_are_wrong_is_not_at_fault(move):
    """Everything of q and k moved alike and wrongly: the weights are told, and biases and gains went with them."""
    m = made(bias=True, gains="head", scales=True, lora=True)
    found = told(lay(m), lay(right(m, move)), question())
    assert {("q", "weight"), ("k", "weight")} == set(found)
    same = told(lay(m), lay(right(m, move)), question(same=True))
    assert {("q", "weight"), ("k", "weight")} == set(same)
    assert {"not needed"} == {faults[0] for faults in same.values()}


@pytest.mark.parametrize("packing", ["separate", "grouped"])
@pytest.mark.parametrize("gains", ["head", "all"])
@pytest.mark.parametrize("role", ["q", "k"])
def test_forgotten(packing, gains, role):
    """What has an entry for each row stayed while the rows went."""
    m = made(8, 2, bias=True, gains=gains, scales=True, lora=True)
    target, source = right(m, to_adjacent(8)), lay(m)
    for name, kind in (("biases", "bias"), ("gains", "norm gain"), ("scales", "scale"), ("lora", "lora_B")):
        table = {**getattr(target, name), role: getattr(m, name)[role]}
        found = told(source, lay(target.with_(**{name: table}), packing), question())
        assert {(role, kind): ("forgotten",)} == found


@pytest.mark.parametrize(("shared", "fits"), [(8, True), (16, True), (4, False)])
def test_scales_of_several_rows(shared, fits):
    """A scale of whole heads stays; one of half a head cannot go with rows that leave its half."""
    m = made(8, 2)
    blocks = tuple(Block(Role.Q, head, head * 8, 8) for head in range(8))
    scales = np.arange(64 // shared, dtype=np.float32).reshape(-1, 1) + 1
    tensor = Tensor("q.weight_scale_inv", "F32", scales.shape, None, 0, 0)
    slot = Slot("text", 0, Kind.BLOCK_SCALE, tensor, 64, blocks, shared)

    def with_scales(layer):
        return Layer((*layer.slots, slot), lambda each: of_array(scales) if each is slot else layer.read(each))

    found = told(with_scales(lay(m)), with_scales(lay(right(m, to_adjacent(8)))), question())
    assert ({} if fits else {("q", "block scale"): ("forgotten",)}) == found


def test_a_bias_that_moved_alone():
    """The weight stayed: it is missing, and what moved is right."""
    m = made(bias=True)
    target = right(m, to_adjacent(8)).with_(q=m.q, k=m.k)
    assert {(role, "weight"): ("missing",) for role in "qk"} == told(lay(m), lay(target), question())


def test_other_values():
    """A bias that is neither as it was nor as it should be."""
    m = made(bias=True)
    target = right(m, to_adjacent(8))
    biases = {**target.biases, "k": moved(m.biases["k"], inverse(to_adjacent(8)))}
    assert {("k", "bias"): ("other values",)} == told(lay(m), lay(target.with_(biases=biases)), question())


def test_gains_with_one_added():
    """llama.cpp's files keep 1 + w for some architectures, where transformers keeps w; without it they are wrong."""
    m = made(gains="head")
    target = right(m, to_adjacent(8))

    def more(m):
        return m.with_(gains={role: gain + np.float32(1) for role, gain in m.gains.items()})

    items = verify_layer(question(), lay(m), lay(more(target), added=1.0), 0)
    assert {State.RIGHT} == {item.state for item in items}
    assert [1.0, 1.0] == [item.added for item in items if item.kind.value == "norm gain"]
    both = {(role, "norm gain") for role in "qk"}
    stayed = lay(more(target.with_(gains=m.gains)), added=1.0)
    assert dict.fromkeys(both, ("forgotten",)) == told(lay(m), stayed, question())
    assert dict.fromkeys(both, ("other values",)) == told(lay(m), lay(target, added=1.0), question())
    assert dict.fromkeys(both, ("other values",)) == told(lay(m), lay(more(target)), question())


def test_heads_exchanged():
    """Two heads of q for each other are wrong; with those of o too they are right, as long as they share their k."""
    m = made(8, 2)
    target = right(m, to_adjacent(8))

    def swapped(heads, a, b):
        order = list(range(heads))
        order[a], order[b] = b, a
        return order

    def o_of(order):
        return m.o.reshape(len(m.o), 8, 8)[:, order].reshape(m.o.shape)

    near, far = swapped(8, 0, 3), swapped(8, 0, 4)
    assert {("q", "weight"): ("heads exchanged",)} == told(lay(m), lay(target.with_(q=target.q[near])), question())
    both = target.with_(q=target.q[near], o=o_of(near))
    assert {State.RIGHT} == words(lay(m), lay(both), question())
    other = target.with_(q=target.q[far], o=o_of(far))
    assert ("heads exchanged",) == told(lay(m), lay(other), question())["q", "weight"]
    groups = [4, 5, 6, 7, 0, 1, 2, 3]
    all_of = target.with_(q=target.q[groups], k=target.k[[1, 0]], v=target.v[[1, 0]], o=o_of(groups))
    assert {State.RIGHT} == words(lay(m), lay(all_of), question())
    without = all_of.with_(v=target.v)
    assert ("heads exchanged",) == told(lay(m), lay(without), question())["k", "weight"]


def test_what_is_said_of_v_where_heads_are_exchanged():
    """v is there and its lanes moved within its heads, or it is not there: each is said where it is so."""
    m = made(8, 2)
    order = [3, 1, 2, 0, 4, 5, 6, 7]
    target = right(m, to_adjacent(8))
    target = target.with_(q=target.q[order], o=m.o.reshape(len(m.o), 8, 8)[:, order].reshape(m.o.shape))
    moved_v = target.with_(v=moved(m.v, to_adjacent(8)))

    def without_v(layer):
        return Layer(tuple(slot for slot in layer.slots if slot.blocks[0].role is not Role.V), layer.read)

    for source, other, said in (
        (lay(m), lay(moved_v), "v or o, which have to do so too, is not seen to be as it was, nor to have moved with"),
        (without_v(lay(m)), without_v(lay(target)), "v and o, which have to do so too, are not there to be compared"),
    ):
        (q,) = (item for item in verify_layer(question(), source, other, 0) if item.role is Role.Q)
        assert (State.UNDECIDED, ("heads exchanged",)) == (q.state, tuple(fault.value for fault in q.faults))
        assert said in item_text(q)


def test_rows_between_heads():
    """One row in the wrong head."""
    m = made(4, 2)
    target = right(m, to_adjacent(8))
    q = target.q.copy()
    q[0, 3], q[2, 5] = target.q[2, 5], target.q[0, 3]
    assert {("q", "weight"): ("between heads",)} == told(lay(m), lay(target.with_(q=q)), question())


def test_another_move_is_none_of_these():
    """It is told as it is."""
    m = made(4, 2)
    rows = (1, 0, 2, 3, 4, 5, 6, 7)
    target = right(m, rows)
    items = verify_layer(question(), lay(m), lay(target), 0)
    assert {("another move",)} == {tuple(f.value for f in item.faults) for item in items if item.role.value in "qk"}
    assert [rows * 1, rows] == [item.rows[:8] for item in items if item.role.value in "qk"]


def test_another_right_move():
    """Lanes that do not turn may have other places, if q and k agree about it."""
    m, asked = made(4, 2, 8), question(8, 4)
    rows = (0, 2, 1, 3, 7, 4, 6, 5)
    assert {State.RIGHT} == words(lay(m), lay(right(m, rows)), asked)
    target = right(m, rows).with_(q=moved(m.q, to_adjacent(8, 4)))
    assert {("k", "weight"): ("q and k unlike",)} == told(lay(m), lay(target), asked)


def test_a_lost_row():
    """A row that stands twice is no permutation."""
    m = made(4, 2)
    target = right(m, to_adjacent(8))
    k = target.k.copy()
    k[1, 2] = k[1, 3]
    assert {("k", "weight"): ("lost rows",)} == told(lay(m), lay(target.with_(k=k)), question())


def test_another_model():
    """No row has a partner: nothing is right and nothing is wrong."""
    m, other = made(4, 2), made(4, 2, seed=9)
    found = told(lay(m), lay(other), question())
    assert {("unrelated",)} == set(found.values())
    assert {State.UNDECIDED} == words(lay(m), lay(other), question())


def test_equal_rows():
    """Zeros may stand for each other: right stays right, missing is missing, and the rest is open."""
    m = made(4, 2)
    m.q[0, [1, 5]] = 0
    m.k[:] = 0
    assert {State.RIGHT} == words(lay(m), lay(right(m, to_adjacent(8))), question())
    assert {("q", "weight"): ("missing",)} == told(lay(m), lay(m), question())
    inverted = right(m, inverse(to_adjacent(8)))
    assert ("inverse", "applied twice") == told(lay(m), lay(inverted), question())["q", "weight"]
    other = right(m, (1, 0, 2, 3, 4, 5, 6, 7))
    assert {("q", "weight"): ("another move",)} == told(lay(m), lay(other), question())


def test_equal_rows_of_a_padded_head():
    """Heads whose last lanes are zero, padded: whatever is not zero tells that they are wrong."""
    m = made(2, 2, 32)
    m.q[:, 12:], m.k[:, 12:] = 0, 0
    asked = question(32)
    assert {State.RIGHT} == words(lay(m), lay(right(m, to_adjacent(32))), asked)
    assert {(role, "weight"): ("missing",) for role in "qk"} == told(lay(m), lay(m), asked)
    reversed_ = right(m, range(31, -1, -1))
    assert {State.WRONG} == {item.state for item in verify_layer(asked, lay(m), lay(reversed_), 0)
                             if item.role.value in "qk"}


def test_equal_rows_are_told_apart_by_their_biases():
    """The weight fits, but no bias does unless rows went as they had to."""
    m = made(4, 2, bias=True)
    m.q[0, [1, 5]] = 0
    rows = to_adjacent(8)
    assert {State.RIGHT} == words(lay(m), lay(right(m, rows)), question())
    target = right(m, rows)
    bias = target.biases["q"].copy()
    bias[0, [2, 3]] = bias[0, [3, 2]]
    found = told(lay(m), lay(target.with_(biases={**target.biases, "q": bias})), question())
    assert found.keys() & {("q", "bias"), ("q", "weight")}


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_rounded_copies(dtype):
    """A copy in fewer bits is told as well as one in the same."""
    m = made(4, 2, bias=True)
    source = lay(m)

    def target(m):
        small = {r: rounded(getattr(m, r), dtype) for r in "qkvo"}
        return lay(m.with_(**small), dtype=dtype)

    assert {State.RIGHT} == words(source, target(right(m, to_adjacent(8))), question())
    assert {("q", "weight"), ("k", "weight"), ("q", "bias"), ("k", "bias")} == set(told(source, target(m), question()))


def blocks_of(steps, size=16):
    """Numbers in blocks on a grid of so many steps up to the greatest; each is off by at most half a step."""
    def stored(rows):
        shape = rows.shape
        blocks = rows.reshape(shape[0], -1, size)
        step = np.abs(blocks).max(axis=2, keepdims=True) / steps
        step[step == 0] = 1
        return ((np.round(blocks / step) * step).reshape(shape).astype(np.float32),
                np.broadcast_to(step / 2, blocks.shape).reshape(shape).astype(np.float32))
    return stored


@pytest.mark.parametrize("steps", [127, 7, 3])
def test_quantised_copies(steps):
    """Rows are found within the error, and the names are the same."""
    m, rows, asked = made(4, 2, 16), to_adjacent(16), question(16)

    def target(m):
        return lay(m, dtype="Q8_0", error=blocks_of(steps))

    assert {State.RIGHT} == words(lay(m), target(right(m, rows)), asked)
    assert {(role, "weight"): ("missing",) for role in "qk"} == told(lay(m), target(m), asked)
    assert {(role, "weight"): ("inverse",) for role in "qk"} == told(lay(m), target(right(m, inverse(rows))), asked)
    assert {("v", "weight"): ("applied to v",)} == told(
        lay(m), target(right(m, rows).with_(v=moved(m.v, rows))), asked)


def test_numbers_of_which_nothing_is_known():
    """A type without bounds could be anything: neither right nor wrong."""
    m, asked = made(4, 2), question()

    def blind(rows):
        return rows + np.float32(0.25), np.full(rows.shape, np.inf, dtype=np.float32)

    for contents in (m, right(m, to_adjacent(8))):
        items = verify_layer(asked, lay(m), lay(contents, dtype="IQ4_NL", error=blind), 0)
        assert {State.UNDECIDED} == {item.state for item in items}


def test_a_bias_of_v():
    """It stays with v, or is told to have moved."""
    m = made(4, 2, bias=True)
    target = right(m, to_adjacent(8))
    biases = {**target.biases, "v": moved(m.biases["v"], to_adjacent(8))}
    assert {("v", "bias"): ("applied to v",)} == told(lay(m), lay(target.with_(biases=biases)), question())
    other = {**biases, "v": biases["v"] + np.float32(1)}
    assert {("v", "bias"): ("other values",)} == told(lay(m), lay(target.with_(biases=other)), question())
    v = moved(m.v, to_adjacent(8))
    assert {("v", "weight"): ("applied to v",)} == told(lay(m), lay(target.with_(v=v)), question())
    both = told(lay(m), lay(target.with_(v=v, biases=biases)), question())
    assert {("v", "weight"): ("applied to v",), ("v", "bias"): ("applied to v",)} == both
    o = m.o.reshape(len(m.o), 4, 8).copy()
    for head in range(4):
        o[:, head] = o[:, head][:, list(to_adjacent(8))]
    alike = target.with_(v=v, o=o.reshape(m.o.shape))
    assert {State.RIGHT} == words(lay(m), lay(alike.with_(biases=biases)), question())
    assert {("v", "bias"): ("forgotten",)} == told(lay(m), lay(alike), question())


def test_rows_too_near_for_the_error():
    """Two rows that differ by less than the error leave it open which is which, not that others are wrong."""
    m, rows, asked = made(4, 2, 16), to_adjacent(16), question(16)
    m.q[1, 3] = m.q[1, 9] + np.float32(1e-3)

    def target(m):
        return lay(m, dtype="Q4_0", error=blocks_of(7))

    assert {("q", "weight"): ("too near",)} == told(lay(m), target(right(m, rows)), asked)
    found = told(lay(m), target(m), asked)
    assert {(role, "weight"): ("missing",) for role in "qk"} == found


def test_rows_that_were_multiplied():
    """Signs and factors are found and leave the answer open, unless the rows are in the wrong places anyway."""
    m, rows = made(4, 2), to_adjacent(8)
    target = right(m, rows)
    negative = target.with_(q=target.q * np.float32(-1))
    assert {("q", "weight"): ("multiplied",)} == told(lay(m), lay(negative), question())
    assert State.WRONG in words(lay(m), lay(negative), question())
    both = negative.with_(k=target.k * np.float32(-1))
    assert {State.RIGHT} == words(lay(m), lay(both), question())
    scaled = target.with_(q=target.q * np.float32(0.25), k=target.k * np.float32(4))
    assert {State.RIGHT} == words(lay(m), lay(scaled), question())
    lanes = np.array([1, 1, 1, -1, 1, 1, 1, 1], dtype=np.float32)[:, None]
    one = target.with_(q=target.q * lanes, k=target.k * lanes)
    assert State.UNDECIDED in words(lay(m), lay(one), question())
    behind = {item.state for item in verify_layer(question(), lay(m), lay(negative), 0, may_scale=False)}
    assert State.UNDECIDED in behind
    assert State.WRONG not in behind
    odd = target.with_(q=target.q * np.float32(3), k=target.k / np.float32(3))
    assert State.UNDECIDED in words(lay(m), lay(odd), question())
    assert State.WRONG not in words(lay(m), lay(odd), question())
    scaled = m.with_(q=m.q * np.float32(0.125))
    assert ("missing",) == told(lay(m), lay(scaled), question())["q", "weight"]


def test_brute_force_of_four_lanes():
    """Every permutation of four lanes: right where plain scores are the same, wrong everywhere else."""
    m, asked = made(2, 1, 4), question(4)
    for rows in permutations(range(4)):
        expected = State.RIGHT if same_scores(half(4), adjacent(4), rows, rows) else State.WRONG
        items = {i.role.value: i for i in verify_layer(asked, lay(m), lay(right(m, rows)), 0)}
        assert (expected, expected) == (items["q"].state, items["k"].state)
        assert (expected is State.RIGHT) is not bool(items["q"].faults)
