"""Latent attention: leading lanes of k for each head in one tensor, the lanes that turn, shared by all, in another."""

import numpy as np

from prover.repair.check_permutation import State
from prover.sources.reading import read_side
from prover.weights.audited.lanes import Layer
from prover.weights.audited.question import Question
from prover.weights.audited.verify_layer import verify_layer
from prover.weights.moved.witness import needs
from prover.weights.packed.slots import Block, Kind, Role, Slot
from prover.weights.stored.lines import of_array
from prover.weights.stored.tensors import Tensor

HEADS, NOPE, ROPE, V = 4, 6, 8, 10
WIDTH = NOPE + ROPE
MOVE = (*range(NOPE), *(NOPE + row for j in range(ROPE // 2) for row in (j, j + ROPE // 2)))


def question():
    """Lanes behind the leading ones turn, by halves or side by side."""

    specs = (f"transformers/adjacent-to-half:qk_nope_head_dim={NOPE}:qk_rope_head_dim={ROPE}",
             f"transformers/adjacent-to-half:qk_nope_head_dim={NOPE}:qk_rope_head_dim={ROPE}")
    (need,) = needs(*map(read_side, specs))
    return Question(need, WIDTH)


def layer(q, latent, b, has_nope=True):
    """q in one tensor, [c, k's turning lanes] in another, each head's [leading lanes of k, v] in a third."""
    blocks = {
        "q": [Block(Role.Q, head, head * WIDTH, WIDTH) for head in range(HEADS)],
        "a": [Block(Role.K, None, 5, ROPE, NOPE)],
        "b": [block for head in range(HEADS) for block in (
            Block(Role.K, head, head * (NOPE + V), NOPE), Block(Role.V, head, head * (NOPE + V) + NOPE, V))],
    }
    arrays = {"q": q, "a": latent, "b": b}
    if not has_nope:
        blocks["b"] = [block for block in blocks["b"] if block.role is Role.V]
    slots = tuple(Slot("text", 0, Kind.WEIGHT, Tensor(name, "F32", array.shape, None, 0, 0), len(array),
                       tuple(blocks[name])) for name, array in arrays.items())
    return Layer(slots, lambda slot: of_array(arrays[slot.tensor.name]))


def random_weights():
    g = np.random.default_rng(3)
    return [g.normal(size=shape).astype(np.float32) for shape in ((HEADS * WIDTH, 12), (5 + ROPE, 12),
                                                                   (HEADS * (NOPE + V), 5))]


def told(source, target):
    items = verify_layer(question(), source, target, 0)
    return {(item.role.value, item.state, tuple(fault.value for fault in item.faults)) for item in items}


def test_latent_attention_that_stays():
    """Right where nothing moved; what is shared by all heads has moved in each of them where it has."""
    q, a, b = random_weights()
    assert {("q", State.RIGHT, ()), ("k", State.RIGHT, ()), ("v", State.RIGHT, ())} == told(
        layer(q, a, b), layer(q, a, b))
    moved = a.copy()
    moved[5:] = a[[row - NOPE + 5 for row in MOVE[NOPE:]]]
    assert ("k", State.WRONG, ("not needed",)) in told(layer(q, a, b), layer(q, moved, b))
    other = q.reshape(HEADS, WIDTH, 12)[:, list(MOVE)].reshape(q.shape)
    found = told(layer(q, a, b), layer(other, moved, b))
    assert {("q", State.WRONG, ("not needed",)), ("k", State.WRONG, ("not needed",)), ("v", State.RIGHT, ())} == found


def test_a_side_without_the_leading_lanes_of_k():
    """llama.cpp's files have them transposed: the lanes that turn are seen, of the others nothing is told."""
    q, a, b = random_weights()
    found = told(layer(q, a, b), layer(q, a, b, has_nope=False))
    assert {("q", State.RIGHT, ()), ("k", State.UNDECIDED, ("on one side only",)), ("v", State.RIGHT, ())} == found
    moved = a.copy()
    moved[5:] = a[[row - NOPE + 5 for row in MOVE[NOPE:]]]
    assert ("k", State.WRONG, ("not needed",)) in told(layer(q, a, b), layer(q, moved, b, has_nope=False))
