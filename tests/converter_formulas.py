"""`proofs/coq/Converters.v`, its definitions written out in Python; None where `runs` says that the function raises."""

from __future__ import annotations


def exchanged(a: int, b: int, row: int) -> int:
    """Which row of W is in this row of W.reshape(groups, a, b, -1).swapaxes(1, 2).reshape(W.shape)."""
    group, inside = divmod(row, a * b)
    return group * (a * b) + inside % a * b + inside // a


def runs(rows: int, groups: int) -> bool:
    """Whether the reshape has as many rows as there are."""
    return groups * (rows // groups // 2 * 2) == rows


def adjacent_to_half(rows: int, groups: int) -> list[int] | None:
    """d/2 by 2 in each group."""
    return [exchanged(rows // groups // 2, 2, row) for row in range(rows)] if runs(rows, groups) else None


def half_to_adjacent(rows: int, groups: int) -> list[int] | None:
    """2 by d/2 in each group."""
    return [exchanged(2, rows // groups // 2, row) for row in range(rows)] if runs(rows, groups) else None


def llama_cpp_permute(n_head: int, n_head_kv: int, rows: int) -> list[int] | None:
    """LlamaModel.permute(weights, n_head, n_head_kv)."""
    return half_to_adjacent(rows, n_head if n_head == n_head_kv else n_head_kv)


def reverse_hf_permute(n_head: int, n_kv_head: int, rows: int) -> list[int] | None:
    """XverseModel._reverse_hf_permute(weights, n_head, n_kv_head)."""
    return half_to_adjacent(rows, n_head if n_head == n_kv_head else n_head // n_kv_head)


def permute_for_rope(inverse: bool, num_attention_heads: int, rows: int) -> list[int] | None:
    """PermuteForRope._permute_for_rope."""
    return (half_to_adjacent if inverse else adjacent_to_half)(rows, num_attention_heads)
