"""Layers with rows of zeros and with heads that are alike, held against what whole attention gives in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from made_layers import Made, lay, made, right
from test_verify import question, to_adjacent

from prover.repair.check_permutation import State
from prover.weights.audited.recover import MAX_PARTNERS, relate
from prover.weights.audited.verify_layer import verify_layer
from prover.weights.stored.lines import Lines, of_array
from repair.moved_scores import Kernel, adjacent, half

ROWS = to_adjacent(8)
Q_HEADS, KV_HEADS = (5, 4, 7, 6, 0, 1, 2, 3), (2, 3, 0, 1)  # two heads of q for each of k


def attention(m: Made, kernel: Kernel) -> np.ndarray:
    """What comes out at seven tokens, float64."""
    x = np.random.default_rng(3).normal(size=(7, m.q.shape[2]))
    q, k = (np.stack([kernel.apply(getattr(m, role).astype(float) @ token, place) for place, token in enumerate(x)])
            for role in "qk")
    v = np.einsum("hlc,tc->thl", m.v.astype(float), x)
    k, v = (np.repeat(each, len(m.q) // len(m.k), axis=1) for each in (k, v))
    scores = np.exp(np.einsum("thl,shl->hts", q, k) / 50)
    out = np.einsum("hts,shl->thl", scores / scores.sum(axis=2, keepdims=True), v)
    return out.reshape(len(x), -1) @ m.o.T.astype(float)


def exchanged(m: Made, q=Q_HEADS, k=KV_HEADS, v=KV_HEADS, o=Q_HEADS) -> Made:
    """Heads in other places."""
    return m.with_(q=m.q[list(q)], k=m.k[list(k)], v=m.v[list(v)],
                   o=m.o.reshape(48, len(m.q), -1)[:, list(o)].reshape(m.o.shape))


def with_zeros(seed: int = 0) -> Made:
    """Each head has a lane of zeros in q, k and v, and one of q has another."""
    m = made(8, 4, seed=seed)
    for role in "qkv":
        getattr(m, role)[:, 3] = 0
    m.q[2, 5] = 0
    return m


def with_one_k(seed: int = 0) -> Made:
    """All heads of k and v are alike."""
    m = made(8, 4, seed=seed)
    return m.with_(k=m.k[[0] * 4], v=m.v[[0] * 4])


def with_one_q(seed: int = 0) -> Made:
    """All heads of q are alike."""
    m = made(8, 4, seed=seed)
    return m.with_(q=m.q[[0] * 8])


STAY = tuple(range(8)), tuple(range(4))
CASES = [
    (with_zeros, exchanged, {"right"}),
    (with_zeros, lambda m: exchanged(m, q=STAY[0], k=STAY[1], v=STAY[1], o=STAY[0]), {"right"}),
    (with_zeros, lambda m: exchanged(m, k=STAY[1], v=STAY[1]), {"wrong"}),
    (with_zeros, lambda m: exchanged(m, v=STAY[1], o=STAY[0]), {"wrong"}),
    (with_zeros, lambda m: exchanged(m, o=STAY[0]), {"wrong", "undecided"}),
    (with_one_k, exchanged, {"right", "undecided"}),
    (with_one_k, lambda m: exchanged(m, k=STAY[1], v=STAY[1]), {"right", "undecided"}),
    (with_one_k, lambda m: exchanged(m, o=STAY[0]), {"wrong", "undecided"}),
    (with_one_q, exchanged, {"right", "undecided"}),
    (with_one_q, lambda m: exchanged(m, q=STAY[0], k=STAY[1]), {"wrong", "undecided"}),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_heads_that_changed_places(number: int) -> None:
    """What computes the same is not called wrong for equal rows, and what does not is not called right."""
    make, change, words = CASES[number]
    for seed in range(3):
        m = make(seed)
        target = change(right(m, ROWS))
        states = {item.state for item in verify_layer(question(), lay(m), lay(target), 0)}
        word = next(state for state in (State.WRONG, State.UNDECIDED, State.RIGHT) if state in states)
        assert word.value in words
        same = np.allclose(attention(m, half(8)), attention(target, adjacent(8)), rtol=1e-9, atol=1e-9)
        assert same is ("wrong" not in words)


@pytest.mark.parametrize("make", [with_zeros, with_one_k, with_one_q])
def test_slips_keep_their_names(make: Callable[[], Made]) -> None:
    """Rows that stayed, or moved twice, in layers with equal rows."""
    m = make()
    for target, fault in ((m, "missing"), (right(right(m, ROWS), ROWS), "applied twice")):
        found = {item.role.value: item for item in verify_layer(question(), lay(m), lay(target), 0)}
        assert ["wrong", "wrong"] == [found[role].state.value for role in "qk"]
        assert all(fault in {each.value for each in found[role].faults} for role in "qk")


def factors(head: int | None = None, lanes: tuple[int, ...] = (), factor: float = 2) -> np.ndarray:
    """One for each row of eight heads, but for a head or for lanes of all."""
    found = np.ones((8, 8, 1), np.float32)
    if head is not None:
        found[head] = factor
    found[:, list(lanes)] = factor
    return found


@pytest.mark.parametrize(("q", "k", "word"), [
    (factors(3, factor=-1), factors(3, factor=-1), "right"), (factors(3, factor=-1), factors(), "wrong"),
    (factors(), factors(lanes=(2, 3)), "right"), (factors(lanes=(7,)), factors(lanes=(2,)), "wrong"),
    (factors(), factors(lanes=(2, 4)), "wrong"), (factors(), factors(lanes=(6,)), "undecided"),
])
def test_zeros_have_any_factor(q, k, word: str) -> None:
    """Signs of a whole head with a row of zeros; rows times two that meet zeros in both lanes of a pair, or in one."""
    m = made(8, 8)
    m.q[3, 7] = 0
    m.q[:, [1, 5, 3]] = 0  # lanes 2, 3 and 6 after the move
    turned = right(m, ROWS)
    target = turned.with_(q=turned.q * q, k=turned.k * k)
    states = {item.state for item in verify_layer(question(), lay(m), lay(target), 0)}
    assert word == next(
        state.value for state in (State.WRONG, State.UNDECIDED, State.RIGHT) if state in states)
    same = np.allclose(attention(m, half(8)), attention(target, adjacent(8)), rtol=1e-9, atol=1e-9)
    assert same is (word == "right")


def test_of_very_many_partners_none_is_missed() -> None:
    """A row of whose numbers nothing is known may be any of 150, the last among them."""
    values = np.random.default_rng(0).normal(size=(150, 40)).astype(np.float32)
    rows = np.random.default_rng(1).permutation(150)
    unknown = np.zeros((150, 40))
    unknown[140:] = np.inf
    blurred = of_array(np.where(unknown, 0, values[rows]).astype(np.float32), "Q4_K", unknown + 1e-3)
    found = relate(Lines(150, 40, "F32", lambda a, b: values[a:b]), blurred)
    assert all(row in partners for row, partners in zip(rows.tolist(), found.partners, strict=True))
    assert set(range(140, 150)) == set(found.overlapping)
    assert max(map(len, found.partners)) > MAX_PARTNERS
