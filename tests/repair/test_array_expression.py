"""Expressions over a matrix: what NumPy makes of the same, and what is refused, where and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prover.errors import InputError
from prover.repair.array_expression import read_expression
from prover.repair.array_values import work_out
from prover.repair.permutation_text import READINGS, move_of, read_permutation
from prover.repair.size_names import Matrix

Array = npt.NDArray[np.int32]
H, D, C = 3, 8, 5
W: Array = np.arange(H * D * C, dtype=np.int32).reshape(H * D, C)
SIZES = {"n_heads": H, "d": D, "cols": C}
HALVES = W.reshape(H, 2, D // 2, C).transpose(0, 2, 1, 3).reshape(W.shape)
EVENS = W.reshape(H, D // 2, 2, C).transpose(0, 2, 1, 3).reshape(W.shape)

# The text, and what it is in NumPy.
SAME: dict[str, Array] = {
    "w.view(n_heads, 2, d//2, cols).transpose(1,2).reshape(w.shape)": HALVES,
    "w.view(n_heads, d // 2, 2, cols).transpose(1, 2).reshape(n_heads*d, cols)": EVENS,
    "(w.reshape(n_heads, 2, w.shape[0] // n_heads // 2, *w.shape[1:])\n  .swapaxes(1, 2)\n .reshape(w.shape))": HALVES,
    "w.reshape((n_heads, 2, -1, cols)).transpose(0, 2, 1, 3).reshape(*w.shape)": HALVES,
    "np.transpose(w.reshape(n_heads, 2, -1, cols), (0, 2, 1, 3)).reshape(w.shape)": HALVES,
    "w.view(n_heads, 2, -1, cols).permute(0, 2, 1, 3).contiguous().view(w.shape)": HALVES,
    "torch.permute(w.view(n_heads, 2, -1, cols), (0, 2, 1, 3)).reshape(w.shape)": HALVES,
    "np.moveaxis(w.reshape(n_heads, 2, -1, cols), 1, 2).reshape(w.shape)": HALVES,
    "w.view(n_heads, 2, d // 2, cols).transpose(1, 2).flatten(0, 2)": HALVES,
    "w.view(n_heads, 2, d // 2, cols).transpose(1, 2).flatten(end_dim=2)": HALVES,
    "w.unflatten(0, (n_heads, 2, -1)).mT.mT.transpose(-3, -2).reshape(w.shape)": HALVES,
    'rearrange(w, "(h r d) c -> (h d r) c", h=n_heads, r=2)': HALVES,
    'einops.rearrange(w, "(h r d) ... -> (h d r) ...", r=2, d=d // 2)': HALVES,
    "torch.stack(w.view(n_heads, d, cols).chunk(2, dim=1), dim=2).reshape(w.shape)": HALVES,
    "torch.stack(w.view(n_heads, 2, -1, cols).unbind(1), 2).flatten(0, 2)": HALVES,
    "torch.cat([w.view(n_heads, d, cols)[:, ::2], w.view(n_heads, d, cols)[:, 1::2]], dim=1).view(w.shape)": EVENS,
    "np.concatenate((w.reshape(n_heads, d, -1)[:, 0::2, :], w.reshape(n_heads, d, -1)[:, 1::2, :]), axis=1)"
    ".reshape(w.shape)": EVENS,
    "W.reshape(n_heads, d, -1)[:, np.arange(d).reshape(2, d // 2).T.reshape(-1)].reshape(W.shape)": HALVES,
    "W.reshape(n_heads, d, -1)[:, [0, 4, 1, 5, 2, 6, 3, 7]].reshape(W.shape)": HALVES,
    "np.take(W.reshape(n_heads, d, -1), [0, 4, 1, 5, 2, 6, 3, 7], axis=1).reshape(W.shape)": HALVES,
    "W.view(n_heads, d, -1).index_select(1, torch.tensor([0, 4, 1, 5, 2, 6, 3, 7])).view(W.shape)": HALVES,
    "W.reshape(n_heads, d, -1)[:, np.argsort([0, 4, 1, 5, 2, 6, 3, 7])].reshape(W.shape)": EVENS,
    "W.reshape(n_heads, d, -1)[:, [*range(0, d, 2), *range(1, d, 2)]].reshape(W.shape)": EVENS,
    "w[[*range(8, 24)] + list(range(8))]": np.concatenate([W[8:], W[:8]]),
    "torch.cat((w.view(n_heads, d, -1)[:, -2:], w.view(n_heads, d, -1)[:, :-2]), dim=1).reshape(w.shape)":
        np.roll(W.reshape(H, D, C), 2, axis=1).reshape(W.shape),
    "np.flip(w.reshape(n_heads, d, -1), 1).reshape(w.shape)": W.reshape(H, D, C)[:, ::-1].reshape(W.shape),
    "w.view(n_heads, d, -1).flip(dims=(1,)).view(w.shape)": W.reshape(H, D, C)[:, ::-1].reshape(W.shape),
    "w.T.T": W, "w[:, None].squeeze(1)": W, "w.unsqueeze(0)[0]": W, "w[..., :]": W, "np.asarray(w).copy()": W,
    "torch.cat(w.split([3, 21]), 0)": W, "np.concatenate(np.split(w, [3], axis=0))": W, "torch.cat(w.split(7))": W,
    "np.concatenate(np.split(w, 4))": W, "w.reshape(w.shape if d % 2 == 0 else (d, -1))": W,
    "w if d > 2 and n_heads is not None or d == 0 else w.T": W,
    "w.reshape((n_heads,) + (d,) + w.shape[1:]).ravel().reshape(len(w.shape) * 12, -1)": W,
}


@pytest.mark.parametrize("text", SAME)
def test_expressions_are_what_numpy_makes_of_them(text: str) -> None:
    """Entry by entry."""
    found = work_out(read_expression(text), W, SIZES)
    assert W.shape == found.shape
    assert SAME[text].tolist() == found.tolist()


# The text, the column, and what is said.
REFUSED: dict[str, tuple[int | None, str]] = {
    "__import__('os')": (1, "call of '__import__' is not allowed"),
    "open('x').read()": (1, "call of 'open' is not allowed"),
    "w.__class__": (3, "'.__class__' is not known"),
    "w.tofile('x')": (3, "'tofile' is not known"),
    "np.load('x')": (4, "a text where an array is expected"),
    "np.lib": (4, "'np.lib' is not allowed"),
    "(lambda: w)()": (1, "call of 'lambda: w' is not allowed"),
    "[x for x in w]": (1, "'[x for x in w]' is not allowed"),
    "w.reshape(1e99)": (11, "'1e99' is no whole number"),
    "w.reshape(d / 2, -1)": (11, "Write // for /"),
    "w.reshape(10**9, -1)": (11, "operator in '10**9' is not allowed"),
    "w.reshape(99999999999, -1)": (11, "a number is too large"),
    "w.reshape(d // 0, -1)": (11, "divides by zero"),
    "w.reshape(7, 5)": (3, "(7, 5) has 35 entries, shape (24, 5) has 120"),
    "w.reshape(-1, -1)": (3, "-1 more than once"),
    "w.reshape(-2, 5)": (3, "has a negative size"),
    "w.reshape(7, -1)": (3, "120 entries of shape (24, 5) cannot be cut into 7"),
    "w.reshape(0, -1)": (3, "cannot be cut into 0"),
    "w.view(n_heads, 2, d//2, cols).transpose(1, 2).view(w.shape)": (48, "Write reshape"),
    "w.view(n_heads, cols, d, hidden)": (26, "unknown name 'hidden'. Say --let hidden=NUMBER"),
    "w.transpose(0, 1)": (3, "one thing in torch and another in NumPy"),
    "w.reshape(n_heads, d, -1).transpose(2, 1, 0, 0)": (27, "torch takes the two axes that change places"),
    "w.permute(0, 0)": (3, "(0, 0) is no order of the 2 axes"),
    "w.swapaxes(0, 5)": (3, "axis 5 of an array with 2 axes"),
    "w[::-1]": (3, "step -1 of a slice. Steps are 1 or more; to turn round write flip"),
    "w[::0]": (3, "step 0 of a slice"),
    "w[99]": (1, "index 99 of an axis with 24 entries"),
    "w[[0, 99]]": (1, "index 99 of an axis with 24 entries"),
    "w[[0, 1], 0]": (1, "Index one axis at a time"),
    "w[w]": (1, "an index list must be a list of whole numbers"),
    "w[0, 0, 0]": (1, "3 indices for an array with 2 axes"),
    "w * 2": (1, "unknown name 'w'"),
    "w.T * 2": (3, "Entries are only moved, nothing is computed with them"),
    "2 + w.T": (7, "Entries are only moved"),
    "torch.cat([w, q])": (15, "'q' is used as an array, as 'w' is"),
    "torch.cat(w)": (7, "cat takes a list of arrays"),
    "torch.cat([w, w.T])": (7, "cannot be joined along axis 0"),
    "torch.stack([w, w.T])": (7, "cannot be stacked"),
    "w.chunk(7)": (3, "cannot be cut into 7 equal parts"),
    "w.split([1, 2])": (3, "are not the 24 entries of axis 0"),
    'rearrange(w, "a b -> a")': (1, "'b' is not on both sides"),
    'rearrange(w, "(a b) c -> (b a) c")': (1, "the sizes of a and b are not known"),
    'rearrange(w, "(a b c -> c (a b)")': (1, "brackets in a pattern"),
    'rearrange(w, "a a -> a a")': (1, "'a' stands twice"),
    "w.reshape(n_heads,": (10, "not an expression"),
    "w = w.T": (3, "Write one expression without 'return' or '='"),
    "w.T  # turned": (6, "'#' is not allowed"),
    "w@w": (2, "'@' is not allowed"),
    "\uff57.T": (1, "U+FF57 is not allowed"),
    "d": (1, "is a whole number, expected the matrix"),
    "w[0][0]": (1, "is one entry, expected the matrix"),
    "w.reshape(*d)": (11, "* stands before a whole number"),
    "w.reshape(**d)": (13, "** is not allowed"),
    "w.reshape(w)": (3, "reshape takes whole numbers, got an array"),
    "w.reshape(shape=d)": (3, "'shape=' is not known"),
    "range(10**9)": (7, "operator in '10**9'"),
    "range(999999999)": (1, "lists of more than 1048576 numbers in all"),
    "[" + "range(900000), " * 3 + "]": (17, "lists of more than 1048576 numbers in all"),
    "w[[" + "*range(300000), " * 3 + "0]]": (20, "lists of more than 1048576 numbers in all"),
    "-" * 90 + "d": (None, "nested 80 deep"),
    "(" * 300 + "w" + ")" * 300: (None, "not an expression"),
    "w" + ".T" * 100: (None, "nested 80 deep"),
    "w" * 20001: (None, "an expression of 20001 characters"),
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:40] for text in REFUSED])
def test_what_is_no_move_of_rows_is_refused_where_it_stands(text: str) -> None:
    """With the column and what to write; nothing is run."""
    column, said = REFUSED[text]
    with pytest.raises(InputError) as caught:
        work_out(read_expression(text), W, SIZES)
    told = str(caught.value)
    assert said in told
    assert column is None or f"column {column}:" in told


def test_arrays_are_bounded() -> None:
    """What would become too large is refused before it is made."""
    doubled = "torch.cat([{0}, {0}])"
    text = "w"
    for _ in range(5):
        text = doubled.format(text)
    assert 32 * H * D == len(work_out(read_expression(text), W, SIZES))
    large = np.arange(1 << 21, dtype=np.int32).reshape(-1, 1)
    with pytest.raises(InputError, match=r"an array of .* entries; at most|entries are copied"):
        work_out(read_expression(text), large, SIZES)


def moved(text: str, matrix: Matrix, **lets: int) -> tuple[tuple[int, ...], str]:
    """The rows, and how the expression was read."""
    move = move_of(read_permutation(text), matrix, lets)
    assert move is not None
    return move.rows, move.reading


ONE = Matrix("head", 1, 1, 1, 8, 4)
Q, K = (Matrix(name, heads, 4, 2, 8, 4) for name, heads in (("q", 4), ("k", 2)))
EVEN = (0, 2, 4, 6, 1, 3, 5, 7)


def whole(rows: tuple[int, ...], heads: int) -> tuple[int, ...]:
    """The same in each head."""
    return tuple(head * len(rows) + row for head in range(heads) for row in rows)


@pytest.mark.parametrize(
    ("text", "rows", "reading"),
    [
        ("0,2,4,6,1,3,5,7", EVEN, ""),
        ("[0, 2, 4, 6,\n 1, 3, 5, 7]", EVEN, ""),
        ("0 2 4 6 1 3 5 7", EVEN, ""),
        ("np.arange(d).reshape(d // 2, 2).T.reshape(-1)", EVEN, "a list of row numbers"),
        ("[*range(0, 8, 2), *range(1, 8, 2)]", EVEN, "a list of row numbers"),
        ("w.view(n_heads, d // 2, 2, cols).transpose(1, 2).reshape(w.shape)", EVEN, READINGS["matrix"]),
        ("w.view(n_heads, d // 2, 2).transpose(1, 2).reshape(-1)", EVEN, READINGS["vector"]),
        ("torch.cat([w[..., ::2], w[..., 1::2]], dim=-1)", EVEN, READINGS["heads"]),
        ("x.reshape(*x.shape[:-1], -1, 2).transpose(-1, -2).reshape(*x.shape[:-1], -1)", EVEN, READINGS["heads"]),
    ],
)
def test_one_permutation_in_many_spellings(text: str, rows: tuple[int, ...], reading: str) -> None:
    """Lists, expressions for numbers, matrices, vectors, and the last axis of rotated vectors."""
    assert (rows, reading) == moved(text, ONE)
    assert whole(rows, 4) == moved(text, Q)[0]


@pytest.mark.parametrize(
    ("text", "lets", "rows"),
    [
        ("w.view(n_heads, head_dim // 2, 2, -1).transpose(1, 2).reshape(w.shape)", {}, whole(EVEN, 2)),
        ("w.view(n_heads, dim1 // n_heads // 2, 2, dim2).transpose(1, 2).reshape(dim1, dim2)", {}, whole(EVEN, 2)),
        ("t.view(n_heads, head_dim // 2, 2, dim).transpose(1, 2).reshape((head_dim * n_heads), dim)", {},
         whole(EVEN, 2)),
        ("w.view(n_head_kv, d // 2, 2, -1).transpose(1, 2).reshape(w.shape)", {}, whole(EVEN, 2)),
        ("w.view(n_head // n_head_kv, -1, 2, 3).transpose(1, 2).reshape(w.shape)", {"n_head": 4, "n_head_kv": 2},
         None),
        ("w.view(n_heads, -1, 2, cols).transpose(1, 2).reshape(w.shape)", {"n_heads": 4}, whole((0, 2, 1, 3), 4)),
        ("w.view(q_heads, -1, 2, cols).transpose(1, 2).reshape(w.shape)", {}, whole((0, 2, 1, 3), 4)),
    ],
)
def test_names_of_sizes_are_those_of_the_matrix(
    text: str, lets: dict[str, int], rows: tuple[int, ...] | None
) -> None:
    """For k the head count is that of k, and what is said with --let stands for both."""
    if rows is None:
        with pytest.raises(InputError, match=r"multiply to the same number|cannot be cut"):
            moved(text, K, **lets)
    else:
        assert rows == moved(text, K, **lets)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"), ("  ", "is empty"), ("[]", "has no row numbers"), (",", "has no row numbers"),
        ("0,1,2", "has 3 rows, expected 8"),
        ("0,0,1,2,3,4,5,6", "row 0 stands at places 0 and 1, and row 7 is missing"),
        ("0,0,0,0,0,0,0,0", "and rows 1, 2, 3, 4 and 3 more are missing"),
        ("0,1,2,3,4,5,6,8", "row 8 at place 7: there are rows 0 to 7"),
        ("0,1,-2", "column 5: '-2' is no row number"), ("0,1.5", "column 3: '1.5' is no row number"),
        ("0,1e99", "'1e99' is no row number"), ("1" * 5000, "is no row number"),
        ("0," * 70000, "more than 65536 rows"),
        ("w[:4]", "keeps 4 of 8 rows"), ("torch.cat([w, w])", "makes 16 rows of 8"),
        ("w.T", r"gives an array of shape (11, 8) for W of (8, 11)"),
        ("w.reshape(2, 4, -1)", "End with .reshape(W.shape)"),
        ("w[[0, 0, 1, 2, 3, 4, 5, 6]]", "row 0 stands at places 0 and 1"),
        ("w.T.reshape(w.shape)", "row 0 of the result is mixed of several rows"),
        ("torch.cat([w[:, ::2], w[:, 1::2]], dim=1)", "moves columns, not rows"),
        ("w[:, [1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10]]", "moves columns, not rows"),
        ("rows.npy", "is no text file"), ("nowhere/rows.json", "no such file"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_permutation_is_refused(text: str, said: str) -> None:
    """With what is wrong about it."""
    with pytest.raises(InputError) as caught:
        moved(text, ONE)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 900


def test_lists_come_from_files(tmp_path: Path) -> None:
    """As JSON and as plain text; a file that is neither is refused with its name."""
    for name, content in (("rows.json", "[0, 2, 4, 6, 1, 3, 5, 7]"), ("rows.txt", "0 2 4 6\n1 3 5 7\n")):
        (tmp_path / name).write_text(content)
        assert EVEN == moved(str(tmp_path / name), ONE)[0]
    for content in ('{"a": 1}', "[0, 1.5]", "[" * 100000, "", '["0"]'):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(InputError, match=r"bad.json: is no JSON list of whole numbers"):
            moved(str(tmp_path / "bad.json"), ONE)


def test_a_list_of_the_other_matrix_is_none_of_this() -> None:
    """Where q and k have different sizes a list of all rows is of one of them."""
    text = ",".join(map(str, whole(EVEN, 4)))
    given = read_permutation(text)
    assert None is move_of(given, K, {})
    assert whole(EVEN, 4) == moved(text, Q)[0]


def test_lets_must_be_of_the_expression() -> None:
    """A name that it does not have, and names where there are none."""
    cases = ("w.reshape(w.shape)", "'n_heads' is no size in the expression"), ("0,1", "a list has no names")
    for text, said in cases:
        with pytest.raises(InputError, match=said):
            moved(text, ONE, n_heads=2)
