"""What may be moved and what not: slots made by hand, held against theorem T8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from prover.sources.reading import read_side
from prover.weights.moved.plan import Plan, Reason, plan
from prover.weights.moved.witness import Need, needs
from prover.weights.packed.slots import Barrier, Block, Kind, Role, Slot, Slots
from prover.weights.stored.tensors import Tensor

HALF, ADJACENT = "transformers/half:head_dim=8", "ggml/normal:head_dim=8"
# Row 2j of adjacent pairs is what is row j of halves, 2j+1 what is row j+4: by hand.
HALF_TO_ADJACENT = (0, 4, 1, 5, 2, 6, 3, 7)
FILE = Path("model.safetensors")


def asked(source: str = HALF, target: str = ADJACENT) -> tuple[Need, ...]:
    """The needs of one text part."""
    return tuple(needs(read_side(source), read_side(target)))


def tensor(name: str, *shape: int, size: int | None = None) -> Tensor:
    """A tensor of float32 numbers."""
    count = 1
    for length in shape:
        count *= length
    return Tensor(name, "F32", shape, FILE, 0, 4 * count if size is None else size)


def heads(role: Role, count: int, start: int = 0, width: int = 8, step: int | None = None) -> tuple[Block, ...]:
    """Blocks of heads one after another, or `step` rows apart."""
    return tuple(Block(role, head, start + head * (step or width), width) for head in range(count))


def weight(role: Role, count: int, layer: int = 0, kind: Kind = Kind.WEIGHT, width: int = 8) -> Slot:
    """A projection of its own of so many heads."""
    name = f"{layer}.{role.value}.{kind.value}"
    return Slot("text", layer, kind, tensor(name, count * width, 4), count * width, heads(role, count, width=width))


def planned(slots: Sequence[Slot], found: Sequence[Need], *barriers: Barrier, adapter: bool = False) -> Plan:
    """The plan for these slots."""
    return plan(Slots("by hand", tuple(slots), barriers), found, (), adapter)


BOTH = (weight(Role.Q, 4), weight(Role.K, 2))


def test_each_head_moves_within_itself() -> None:
    """Every block of q and k is permuted in its own place, all else stays."""
    fused = Slot("text", 0, Kind.WEIGHT, tensor("qkv", 40, 4), 40,
                 (*heads(Role.Q, 2), *heads(Role.K, 1, 16), *heads(Role.V, 1, 24)))
    found = planned([fused], asked())
    assert () == found.refusals
    (move,) = found.moves
    expected = [*HALF_TO_ADJACENT, *(8 + row for row in HALF_TO_ADJACENT), *(16 + row for row in HALF_TO_ADJACENT),
                *range(24, 40)]
    assert expected == move.gather().tolist()


@pytest.mark.parametrize("kind", [Kind.BIAS, Kind.LORA_B, Kind.GAIN, Kind.NORM_BIAS, Kind.SCALE, Kind.MAGNITUDE])
def test_what_has_a_row_for_each_row_moves_with_it(kind: Kind) -> None:
    """Biases, B of LoRA, gains, scales of rows and DoRA's magnitudes."""
    with_it = Slot("text", 0, kind, tensor("q.beside", 32), 32, heads(Role.Q, 4))
    found = planned([*BOTH, with_it], asked())
    assert () == found.refusals
    moves = {move.tensor.name: move.gather().tolist() for move in found.moves}
    assert moves["0.q.weight"] == moves["q.beside"] == [8 * h + row for h in range(4) for row in HALF_TO_ADJACENT]


def test_a_gain_that_all_heads_share_moves_once() -> None:
    """The gain of a norm of one head's width."""
    gain = Slot("text", 0, Kind.GAIN, tensor("q_norm", 8), 8, (Block(Role.Q, None, 0, 8),))
    found = planned([*BOTH, gain], asked())
    assert [HALF_TO_ADJACENT] == [tuple(m.gather().tolist()) for m in found.moves if m.slot.kind is Kind.GAIN]


def test_a_gain_that_q_and_k_share_moves_once() -> None:
    """The same lanes for both are no overlap; other lanes in one row are."""
    for second, expected in ((Block(Role.K, None, 0, 8), []), (Block(Role.K, None, 4, 8), [Reason.MISFIT])):
        gain = Slot("text", 0, Kind.GAIN, tensor("qk_norm", 12), 12, (Block(Role.Q, None, 0, 8), second))
        found = planned([*BOTH, gain], asked())
        assert expected == reasons(found)
        if not expected:
            assert [[*HALF_TO_ADJACENT, *range(8, 12)]] == [
                move.gather().tolist() for move in found.moves if move.slot.kind is Kind.GAIN]


def test_v_and_o_stay() -> None:
    """Rows of v and columns of o are not moved."""
    others = [weight(Role.V, 2), Slot("text", 0, Kind.WEIGHT, tensor("o", 4, 32), 4, heads(Role.O, 4))]
    found = planned([*BOTH, *others], asked())
    assert ["0.k.weight", "0.q.weight"] == sorted(move.tensor.name for move in found.moves)


def test_latent_attention_moves_the_rotated_lanes_of_k_alone() -> None:
    """The head is 4 lanes that pass and 8 that turn; k has these two in two tensors."""
    source = "transformers/adjacent-to-half:qk_nope_head_dim=4:qk_rope_head_dim=8"
    turned = asked(source, "transformers/latent:qk_nope_head_dim=4:qk_rope_head_dim=8")
    q = Slot("text", 0, Kind.WEIGHT, tensor("q_b", 24, 4), 24, heads(Role.Q, 2, width=12))
    rope = Slot("text", 0, Kind.WEIGHT, tensor("kv_a", 14, 4), 14, (Block(Role.K, None, 6, 8, 4),))
    nope = Slot("text", 0, Kind.WEIGHT, tensor("kv_b", 16, 4), 16,
                tuple(Block(Role.K, head, 8 * head, 4, 0) for head in range(2)))
    found = planned([q, rope, nope], turned)
    assert () == found.refusals
    moves = {move.tensor.name: move.gather().tolist() for move in found.moves}
    adjacent_to_half = [0, 2, 4, 6, 1, 3, 5, 7]
    head = [0, 1, 2, 3, *(4 + row for row in adjacent_to_half)]
    assert {"q_b", "kv_a"} == set(moves)
    assert [*range(6), *(6 + row for row in adjacent_to_half)] == moves["kv_a"]
    assert [base + row for base in (0, 12) for row in head] == moves["q_b"]


def reasons(found: Plan) -> list[Reason]:
    """Why things are refused."""
    return list(dict.fromkeys(each.reason for each in found.refusals))


def test_a_barrier_refuses_a_move() -> None:
    """K tied to V: nothing is moved, and the reason and its source are told."""
    barrier = Barrier("text", (), "permutation", "k doubles as v", "a/b@1 c.py d")
    found = planned(BOTH, asked(), barrier)
    assert [Reason.BARRIER] == reasons(found)
    assert ("k doubles as v", "a/b@1 c.py d") == (found.refusals[0].why, found.refusals[0].source)


def test_a_norm_keeps_out_a_scale_and_no_permutation() -> None:
    """A barrier against pair maps is none against moving rows."""
    assert () == planned(BOTH, asked(), Barrier("text", (), "pair-map", "RMSNorm", "")).refusals


def test_a_barrier_where_nothing_moves_is_none() -> None:
    """What stays needs no leave; nor does a barrier of other layers or parts stand in the way."""
    still = asked(target="ggml/neox:head_dim=8")
    assert () == planned(BOTH, still, Barrier("text", (), "permutation", "", "")).refusals
    assert () == planned(BOTH, asked(), Barrier("vision", (), "permutation", "", "")).refusals


def multiplied(found: Plan) -> dict[str, dict[str, list[int]]]:
    """For each tensor its factors and the rows that are multiplied."""
    return {move.tensor.name: {str(factor): rows.tolist() for factor, rows in move.multiplied().items()}
            for move in found.moves}


LOUDER = f"{ADJACENT}:attn_factor=2"


def test_a_louder_target_has_its_rows_multiplied() -> None:
    """Each row of q and k by what the target multiplies less; rows stay where the pairs are the same."""
    found = planned(BOTH, asked(target=LOUDER))
    assert () == found.refusals
    assert {"0.q.weight": {"1/2": [*range(32)]}, "0.k.weight": {"1/2": [*range(16)]}} == multiplied(found)
    still = planned(BOTH, asked(target="ggml/neox:head_dim=8:attn_factor=2"))
    assert () == still.refusals
    assert [[*range(16)], [*range(32)]] == [move.gather().tolist() for move in still.moves]
    assert {"0.q.weight", "0.k.weight"} == set(multiplied(still))


def test_lanes_that_pass_are_not_multiplied() -> None:
    """Of eight lanes four turn."""
    found = planned(BOTH, asked("transformers/half:head_dim=8:partial_rotary_factor=0.5",
                                f"{ADJACENT}:n_rot=4:attn_factor=2"))
    assert {"1/2": [0, 1, 2, 3, 8, 9, 10, 11]} == multiplied(found)["0.k.weight"]


@pytest.mark.parametrize("kind", [Kind.BIAS, Kind.LORA_B, Kind.MAGNITUDE])
def test_what_is_multiplied_with_the_rows(kind: Kind) -> None:
    """Biases, B of LoRA and DoRA's magnitudes like the weight."""
    with_it = Slot("text", 0, kind, tensor("q.beside", 32), 32, heads(Role.Q, 4))
    found = planned([*BOTH, with_it], asked(target=LOUDER))
    assert () == found.refusals
    assert multiplied(found)["q.beside"] == multiplied(found)["0.q.weight"] == {"1/2": [*range(32)]}


def test_a_scale_of_rows_is_multiplied_in_place_of_them() -> None:
    """Whole numbers only move; their scales take the factor, of the same layer and no other."""
    q = weight(Role.Q, 4)
    quantised = replace(q, tensor=replace(q.tensor, dtype="I8"))
    scale = Slot("text", 0, Kind.SCALE, tensor("0.q.scale", 32), 32, heads(Role.Q, 4))
    layers = [quantised, BOTH[1], scale, weight(Role.Q, 4, 1), weight(Role.K, 2, 1)]
    found = planned(layers, asked(target=LOUDER))
    assert () == found.refusals
    told = multiplied(found)
    assert ({}, {"1/2": [*range(32)]}, {"1/2": [*range(32)]}) == (
        told["0.q.weight"], told["0.q.scale"], told["1.q.weight"])
    twice = Slot("text", 0, Kind.SCALE, tensor("0.q.SCB", 32), 32, heads(Role.Q, 4))
    assert ["two kinds of scales"] == [why for each in planned([*layers, twice], asked(target=LOUDER)).refusals
                                       for why in ["two kinds of scales"] if why in each.why]


@pytest.mark.parametrize("dtype", ["F8_E4M3", "I8", "Q4_K", "U8"])
def test_types_that_are_not_rounded_to(dtype: str) -> None:
    """Refused with the type and what to do."""
    q = weight(Role.Q, 4)
    found = planned([replace(q, tensor=replace(q.tensor, dtype=dtype)), BOTH[1]], asked(target=LOUDER))
    assert [Reason.SCALE] == reasons(found)
    assert dtype in found.refusals[0].why
    assert "equantise" in found.refusals[0].why


@pytest.mark.parametrize("kind", [Kind.GAIN, Kind.NORM_BIAS])
def test_a_norm_keeps_rows_from_being_multiplied(kind: Kind) -> None:
    """Whether a barrier tells of it or the tensor itself; and what is not known to be linear does."""
    gain = Slot("text", 0, kind, tensor("q_norm", 8), 8, (Block(Role.Q, None, 0, 8),))
    assert [Reason.SCALE] == reasons(planned([*BOTH, gain], asked(target=LOUDER)))
    barrier = Barrier("text", (0,), "pair-map", "RMSNorm", "")
    assert [Reason.BARRIER] == reasons(planned(BOTH, asked(target=LOUDER), barrier))
    unread = plan(Slots("by hand", BOTH, (), (barrier,)), asked(target=LOUDER))
    assert [Reason.BARRIER] == reasons(unread)
    assert () == plan(Slots("by hand", BOTH, (), (barrier,)), asked()).refusals


def test_k_that_doubles_as_v_is_not_multiplied() -> None:
    """Nor is anything where rows may not move, though here none has to."""
    barrier = Barrier("text", (), "permutation", "k doubles as v", "a/b@1 c.py d")
    found = planned(BOTH, asked(target="ggml/neox:head_dim=8:attn_factor=2"), barrier)
    assert [Reason.BARRIER] == reasons(found)


def test_scales_of_blocks_of_rows_are_multiplied_whole() -> None:
    """An entry for eight rows takes their one factor, and none where only some of them have it."""
    q = weight(Role.Q, 4)
    quantised = replace(q, tensor=replace(q.tensor, dtype="F8_E4M3"))
    scale = Slot("text", 0, Kind.BLOCK_SCALE, tensor("0.q.inv", 4, 1), 32, heads(Role.Q, 4), 8)
    found = planned([quantised, BOTH[1], scale], asked(target=LOUDER))
    assert () == found.refusals
    assert {"1/2": [0, 1, 2, 3]} == multiplied(found)["0.q.inv"]
    partly = asked("transformers/half:head_dim=8:partial_rotary_factor=0.5", f"{ADJACENT}:n_rot=4:attn_factor=2")
    refused = planned([quantised, BOTH[1], scale], partly)
    assert [Reason.BARRIER] == reasons(refused)
    assert "several factors" in refused.refusals[0].why


def test_one_tensor_for_two_needs() -> None:
    """Layers that share a tensor and whose targets are not as loud as each other."""
    needs_of = [replace(need, meeting=replace(need.meeting, layers=(layer,)))
                for layer, target in enumerate((LOUDER, f"{ADJACENT}:attn_factor=3")) for need in asked(target=target)]
    shared = [*BOTH, replace(weight(Role.Q, 4), layer=1), weight(Role.K, 2, 1)]
    found = planned(shared, needs_of)
    assert [Reason.BARRIER] == reasons(found)
    assert "used twice" in found.refusals[0].why


def test_what_differs_is_refused() -> None:
    """No change of rows makes up for another base."""
    assert [Reason.DIFFERENT] == reasons(planned(BOTH, asked(target=f"{ADJACENT}:base=500")))


@pytest.mark.parametrize(("width", "each", "reason"), [(8, 8, None), (8, 16, None), (8, 4, Reason.BARRIER)])
def test_block_scales(width: int, each: int, reason: Reason | None) -> None:
    """Scales of whole heads stay; those of half a head have rows from both halves afterwards."""
    rows = 32
    scale = Slot("text", 0, Kind.BLOCK_SCALE, tensor("q.scale", rows // each, 2), rows, heads(Role.Q, 4, width=width),
                 each)
    found = planned([*BOTH, scale], asked())
    assert ([] if reason is None else [reason]) == reasons(found)
    if reason is None:
        assert ["0.k.weight", "0.q.weight"] == [move.tensor.name for move in found.moves]
        assert any("q.scale" in said for said in found.stays)


def test_block_scales_of_whole_entries_move_with_their_rows() -> None:
    """Where rows move in runs as long as an entry, the entries move: pairs 4 apart whose lanes change places."""
    scale = Slot("text", 0, Kind.BLOCK_SCALE, tensor("q.scale", 32, 2), 32, heads(Role.Q, 4), 1)
    found = planned([*BOTH, scale], asked())
    (move,) = [move for move in found.moves if move.slot.kind is Kind.BLOCK_SCALE]
    assert [8 * head + row for head in range(4) for row in HALF_TO_ADJACENT] == move.gather().tolist()
    assert 32 == move.rows


def test_block_scales_of_which_the_last_has_fewer_rows() -> None:
    """24 rows under scales of 16: rows 16 to 23, the head of k, are in the second alone."""
    def fused(each: int, count: int) -> Slot:
        blocks = (*heads(Role.Q, 2), *heads(Role.K, 1, 16))
        return Slot("text", 0, Kind.BLOCK_SCALE, tensor("scale", count, 2), 24, blocks, each)

    assert [] == reasons(planned([*BOTH, fused(16, 2)], asked()))
    assert [Reason.BARRIER] == reasons(planned([*BOTH, fused(12, 2)], asked()))
    assert [Reason.MISFIT] == reasons(planned([*BOTH, fused(16, 3)], asked()))


def test_k_must_be_there() -> None:
    """To move q alone would be worse than nothing."""
    found = planned([weight(Role.Q, 4)], asked())
    assert [Reason.NO_TENSORS] == reasons(found)
    assert "rows of k" in found.refusals[0].why


def test_of_an_adapter_q_may_be_alone() -> None:
    """LoRA often adapts q and v only."""
    b = Slot("text", 0, Kind.LORA_B, tensor("q.lora_B", 32, 2), 32, heads(Role.Q, 4))
    assert 1 == len(planned([b], asked(), adapter=True).moves)


def test_heads_of_another_width_are_refused() -> None:
    """A layout of 8 lanes does not fit heads of 16 rows, nor of 4."""
    for width in (16, 4):
        projections = [weight(Role.Q, 2, width=width), weight(Role.K, 2, width=width)]
        assert [Reason.MISFIT] == reasons(planned(projections, asked()))
        b = Slot("text", 0, Kind.LORA_B, tensor("q.lora_B", 2 * width, 2), 2 * width, heads(Role.Q, 2, width=width))
        assert [Reason.MISFIT] == reasons(planned([b], asked(), adapter=True))


def test_narrow_heads_that_would_do_are_refused_too() -> None:
    """The first four of eight lanes turn and heads have four rows: the layout is not of this model."""
    narrow = asked("transformers/half:head_dim=8:partial_rotary_factor=0.5", "ggml/normal:head_dim=8:n_rot=4")
    assert narrow[0].moves
    projections = [weight(Role.Q, 2, width=4), weight(Role.K, 2, width=4)]
    assert [Reason.MISFIT] == reasons(planned(projections, narrow))


def test_a_tensor_of_two_layers_that_need_different_things() -> None:
    """What one part shares with another that stays is refused."""
    shared = tensor("shared", 32, 4)
    slots = [weight(Role.K, 2), Slot("text", 0, Kind.WEIGHT, shared, 32, heads(Role.Q, 4)),
             Slot("vision", 0, Kind.WEIGHT, shared, 32, heads(Role.Q, 4))]
    (moving,), (still,) = asked(), asked(target="ggml/neox:head_dim=8")
    vision = replace(still.meeting, source=replace(still.meeting.source, name="vision"))
    assert [Reason.BARRIER] == reasons(planned(slots, [moving, replace(still, meeting=vision)]))
    assert [Reason.BARRIER] == reasons(planned(slots, [moving]))


def test_layers_that_take_k_of_an_earlier_one() -> None:
    """Gemma 3n's last layers have no k of their own; one in front of all that have is a hole."""
    own = [weight(Role.Q, 4, layer) for layer in range(3)]
    (need,) = asked()
    layers = replace(need, meeting=replace(need.meeting, layers=(0, 1, 2)))
    assert [] == reasons(planned([*own, weight(Role.K, 2, 0)], [layers]))
    assert [Reason.NO_TENSORS] == reasons(planned([*own, weight(Role.K, 2, 1)], [layers]))
