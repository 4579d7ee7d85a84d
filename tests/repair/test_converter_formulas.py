"""The rows of converters as `proofs/coq/Converters.v` writes them, held against what the functions themselves gave.

The formulas are written out again here from that file; `proofs/coq/check.sh` holds Coq's own against the same rows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from moved_scores import adjacent, half, same_scores

from converter_formulas import (
    adjacent_to_half,
    half_to_adjacent,
    llama_cpp_permute,
    permute_for_rope,
    reverse_hf_permute,
)
from prover.errors import InputError
from prover.repair.converters import converters
from prover.repair.permutation_text import move_of, read_permutation
from prover.repair.size_names import Matrix

RUNS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "converter_rows.json").read_text())
OF_OTHER_FORMS = {
    "llama.cpp/chameleon-norm", "llama.cpp/glm-mrope", "llama.cpp/kimi-vision", "llama.cpp/minimax-vision",
    "megatron-bridge/qkv", "transformers/chameleon-norm",
}
SIZES = [(kv * group, kv, width) for kv in range(1, 5) for group in range(1, 5) for width in range(1, 18)]


def formula(name: str, matrix: str, heads: int, kv_heads: int, rows: int) -> list[int] | None:
    """The rows by Coq's formula; None where the function raises."""
    own = kv_heads if matrix == "k" else heads
    match name:
        case "llama.cpp/permute":
            return llama_cpp_permute(heads, own, rows)
        case "llama.cpp/reverse_hf_permute":
            return reverse_hf_permute(heads, own, rows)
        case "transformers/PermuteForRope":
            return permute_for_rope(False, heads, rows)
        case "transformers/PermuteForRope.inverse":
            return permute_for_rope(True, heads, rows)
    what = next(each.what for each in converters() if each.name == name)
    return (half_to_adjacent if what.startswith("half") else adjacent_to_half)(rows, own)


COVERED = [(run, name) for run in RUNS for name in run["rows"] if name not in OF_OTHER_FORMS]
IDS = [f"{name} {run['heads']}/{run['kv_heads']} of {run['width']}" for run, name in COVERED]


@pytest.mark.parametrize(("run", "name"), COVERED, ids=IDS)
def test_the_formula_gives_the_recorded_rows(run: dict[str, Any], name: str) -> None:
    """For q and for k, row by row."""
    for matrix, rows in run["rows"][name].items():
        assert rows == formula(name, matrix, run["heads"], run["kv_heads"], len(rows))


@pytest.mark.parametrize("name", sorted({name for _, name in COVERED}))
def test_the_formula_is_what_the_table_of_converters_does(name: str) -> None:
    """At sizes beyond those recorded, those at which the function raises among them."""
    given = read_permutation(name)
    for heads, kv_heads, width in SIZES:
        for matrix, own in (("q", heads), ("k", kv_heads)):
            expected = formula(name, matrix, heads, kv_heads, own * width)
            try:
                move = move_of(given, Matrix(matrix, own, heads, kv_heads, width, width), {})
            except InputError:
                assert expected is None, (heads, kv_heads, width)
                continue
            assert move is not None
            assert expected == list(move.rows), (heads, kv_heads, width)


@pytest.mark.parametrize(("name", "sides"), [
    ("llama.cpp/permute", (half, adjacent)),
    ("llama.cpp/reverse_hf_permute", (half, adjacent)),
    ("transformers/PermuteForRope", (adjacent, half)),
    ("transformers/PermuteForRope.inverse", (half, adjacent)),
])
def test_right_exactly_where_coq_says(name: str, sides: Any) -> None:
    """Scores of plain NumPy: permute everywhere, PermuteForRope with as many heads of k, and the third condition."""
    seen = set()
    for heads, kv_heads, width in SIZES:
        group = heads // kv_heads
        q, k = (formula(name, matrix, heads, kv_heads, own * width) for matrix, own in (("q", heads), ("k", kv_heads)))
        groups, expected = {
            "llama.cpp/permute": (kv_heads, True),
            "llama.cpp/reverse_hf_permute": (kv_heads if group == 1 else group, group in (1, kv_heads)),
        }.get(name, (heads, group == 1))
        assert (q is None) == (width % 2 == 1)
        assert (k is None) == (kv_heads * width % (2 * groups) != 0)
        if q is None or k is None:
            continue
        assert expected == same_scores(sides[0](width), sides[1](width), q, k)
        seen.add(expected)
    assert seen == ({True} if name == "llama.cpp/permute" else {True, False})
