"""The text of a packing: which rows are which lanes of which head."""

from __future__ import annotations

import pytest

from prover.errors import InputError
from prover.weights.packed.packing import pack
from prover.weights.packed.slots import Block, Role

Q, K, V = Role.Q, Role.K, Role.V
WIDTHS = {"heads": 4, "kv_heads": 2, "group": 2, "q": 4, "k": 4, "v": 3, "nope": 1, "latent": 5, "shard": 2, "gate": 4,
          "none": 0, "many": 1 << 30}


def number(name: str) -> int:
    """A width of these tests."""
    if name not in WIDTHS:
        raise InputError(f"no {name}")
    return WIDTHS[name]


@pytest.mark.parametrize(("text", "rows", "blocks"), [
    ("q", 4, [Block(Q, None, 0, 4)]),
    ("kv_heads*k", 8, [Block(K, 0, 0, 4), Block(K, 1, 4, 4)]),
    ("kv_heads*k + kv_heads*v", 14, [Block(K, 0, 0, 4), Block(K, 1, 4, 4), Block(V, 0, 8, 3), Block(V, 1, 11, 3)]),
    ("kv_heads*(q + k + v)", 22, [
        Block(Q, 0, 0, 4), Block(K, 0, 4, 4), Block(V, 0, 8, 3), Block(Q, 1, 11, 4), Block(K, 1, 15, 4),
        Block(V, 1, 19, 3)]),
    ("kv_heads*(group*q + k)", 24, [
        Block(Q, 0, 0, 4), Block(Q, 1, 4, 4), Block(K, 0, 8, 4), Block(Q, 2, 12, 4), Block(Q, 3, 16, 4),
        Block(K, 1, 20, 4)]),
    ("kv_heads*(q + gate)", 16, [Block(Q, 0, 0, 4), Block(Q, 1, 8, 4)]),
    ("latent + k[nope, k]", 8, [Block(K, None, 5, 3, 1)]),
    ("kv_heads*(k[0, nope] + v)", 8, [
        Block(K, 0, 0, 1), Block(V, 0, 1, 3), Block(K, 1, 4, 1), Block(V, 1, 5, 3)]),
    ("2*(shard*q + shard*k)", 32, [
        Block(Q, 0, 0, 4), Block(Q, 1, 4, 4), Block(K, 0, 8, 4), Block(K, 1, 12, 4), Block(Q, 2, 16, 4),
        Block(Q, 3, 20, 4), Block(K, 2, 24, 4), Block(K, 3, 28, 4)]),
    ("heads*q + 1*(k + v)", 23, [*(Block(Q, head, 4 * head, 4) for head in range(4)), Block(K, 0, 16, 4),
                                 Block(V, 0, 20, 3)]),
    ("none*q + k", 4, [Block(K, None, 0, 4)]),
    ("many*none + q", 4, [Block(Q, None, 0, 4)]),
    ("100000000*gate", 400000000, []),
])
def test_blocks(text: str, rows: int, blocks: list[Block]) -> None:
    """Rows follow one another as the text has them, and heads are counted by role."""
    found = pack(text, number)
    assert (rows, tuple(blocks)) == (found.rows, found.blocks)


@pytest.mark.parametrize(("text", "said"), [
    ("", "expected a name or a whole number, got the end"),
    ("heads*", "got the end"),
    ("heads*(q + k", "expected ), got the end"),
    ("q k", "expected +, * or the end, got 'k'"),
    ("q*heads", "'q' is no number of times"),
    ("1.5*q", "expected a name or a whole number, got '1.5'"),
    ("k[nope", "expected ,, got the end"),
    ("k[k, nope]", "lanes 4 to 1 do not lie in a head of 4"),
    ("k[0, latent]", "lanes 0 to 5 do not lie in a head of 4"),
    ("many*q", "says more than"),
    ("many*gate", "says more than"),
    ("q; import os", "is no character of the language"),
    ("(" * 40 + "q" + ")" * 40, "nested deeper"),
    ("q + " * 200 + "q", "characters; at most"),
    ("strange*q", "no strange"),
])
def test_what_is_no_packing(text: str, said: str) -> None:
    """A text that says no rows is refused where it stops making sense."""
    with pytest.raises(InputError, match=None) as fault:
        pack(text, number)
    assert said in str(fault.value)
