"""What the names of sizes in an expression stand for, by how people call them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.errors import InputError

HEADS = ("heads", "n_head", "n_heads", "num_heads", "num_attention_heads", "n_heads_arg", "h", "H", "nh")
QUERY_HEADS = ("q_heads", "n_q_heads", "num_q_heads", "n_head_q")
KEY_HEADS = ("kv_heads", "n_head_kv", "n_kv_head", "n_kv_heads", "n_heads_kv", "num_kv_heads", "num_key_value_heads",
             "n_local_heads")
WIDTH = ("d", "head_dim", "head_size", "d_head", "dim_head", "dims_per_head", "hd", "D")
ROTATED = ("n_rot", "rotary_dim", "rot_dim", "rope_dim", "rotary_ndims", "qk_rope_head_dim", "n_dims")
ROWS = ("rows", "dim1", "out_features", "out_dim", "dim_out", "f_out", "attn_in")
COLUMNS = ("cols", "columns", "dim2", "in_features", "in_dim", "dim_in", "f_in", "attn_out", "C")
HIDDEN = ("dim", "hidden", "hidden_size", "n_embd", "embed_dim", "d_model")
USUAL_COLUMNS = 11  # any number does; this one stands in no shape of an expression by chance
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z", re.ASCII)
MAX_SIZE = 1 << 24


@dataclass(frozen=True, slots=True)
class Matrix:
    """W_q or W_k: its heads, and those of both; `width`: lanes of a head; `rotated`: how many turn, if known."""

    name: str
    heads: int
    q_heads: int
    kv_heads: int
    width: int
    rotated: int | None

    @property
    def rows(self) -> int:
        return self.heads * self.width


@dataclass(frozen=True, slots=True)
class Sizes:
    """What each name stands for, and how many columns the matrix is given."""

    values: Mapping[str, int]
    columns: int


def read_lets(texts: Sequence[str]) -> dict[str, int]:
    """NAME=NUMBER, several of them."""
    found: dict[str, int] = {}
    for text in texts:
        name, equals, number = (part.strip() for part in text.partition("="))
        if not equals or not _NAME.match(name) or not number.isascii() or not number.isdigit() or len(number) > 9:
            raise InputError(f"'{text[:60]}' is not NAME=NUMBER", where="let", advice="Write n_heads=32")
        if not 1 <= int(number) <= MAX_SIZE:
            raise InputError(f"{name} is {number}; sizes are 1 to {MAX_SIZE}", where="let")
        if name in found:
            raise InputError(f"{name} is given twice", where="let")
        found[name] = int(number)
    return found


def sizes_of(matrix: Matrix, names: Sequence[str], lets: Mapping[str, int]) -> Sizes:
    """The sizes for the names of an expression about one matrix.

    Head counts are those of the matrix at hand, as where a converter's function is called for each; where the
    expression names both, heads of q and of k, the first are those of q.
    """
    odd = next((name for name in lets if name not in names), None)
    if odd is not None:
        raise InputError(f"'{odd}' is no size in the expression", where="let",
                         advice=f"Its sizes: {', '.join(names) or 'none'}")
    names_both = any(name in KEY_HEADS and name not in lets for name in names)
    hidden = next((lets[name] for name in HIDDEN if name in lets), matrix.q_heads * matrix.width)
    squared = any(name in HIDDEN for name in names)
    columns = next((lets[name] for name in COLUMNS if name in lets), hidden if squared else USUAL_COLUMNS)
    values = dict.fromkeys(HEADS, matrix.q_heads if names_both else matrix.heads)
    values |= dict.fromkeys(QUERY_HEADS, matrix.q_heads) | dict.fromkeys(KEY_HEADS, matrix.heads)
    values |= dict.fromkeys(WIDTH, matrix.width) | dict.fromkeys(ROWS, matrix.rows)
    values |= dict.fromkeys(COLUMNS, columns) | dict.fromkeys(HIDDEN, hidden)
    if matrix.rotated is not None:
        values |= dict.fromkeys(ROTATED, matrix.rotated)
    return Sizes(values | dict(lets), columns)
