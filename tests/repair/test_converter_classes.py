"""llama.cpp's converter classes, run as a whole: what becomes of the rows of q and k is what the named converters do.

`converter_classes.json`: what `modify_tensors` of each class gave at ggml-org/llama.cpp 0c1e57098, run with torch
2.13.0 on random matrices of 8 heads of q and 2 of k, 8 lanes each, and found back row by row: "adjacent" is half pairs
made adjacent in each head, "same" no row moved, else the rows. Of q, k and v in one matrix, those of q and of k. GLM
with M-RoPE has partial_rotary_factor 0.5, BaichuanModel, which unpacks three equal parts, 8 heads of k.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.repair.permutation_text import move_of, read_permutation
from prover.repair.size_names import Matrix
from prover.sources.converter import table

Rows = list[int]
RUN: dict[str, dict[str, str | Rows]] = json.loads((Path(__file__).parent / "converter_classes.json").read_text())
HEADS, KV_HEADS, WIDTH = 8, 2, 8
CONVERTERS = {
    "xverse.py XverseModel": "llama.cpp/reverse_hf_permute",
    "baichuan.py BaichuanModel, as many heads of k": "llama.cpp/reverse_hf_permute",
    "glm.py Glm4Model with M-RoPE": "llama.cpp/glm-mrope",
    "glm.py GlmOCRModel with M-RoPE": "llama.cpp/glm-mrope",
}


def written_out(name: str, tensor: str) -> Rows:
    """The rows that a word stands for, in every head."""
    found, heads = RUN[name][tensor], heads_of(name, tensor)
    words = {"same": range(8), "adjacent": (0, 4, 1, 5, 2, 6, 3, 7)}
    return found if isinstance(found, list) else [8 * head + row for head in range(heads) for row in words[found]]


def heads_of(name: str, tensor: str) -> int:
    """How many heads a matrix has."""
    return KV_HEADS if tensor.startswith("k") and "as many heads" not in name else HEADS


@pytest.mark.parametrize("name", RUN)
def test_named_converters_do_what_the_classes_do(name: str) -> None:
    """Weights by the converter's rows, or not at all; biases by the same or not at all."""
    kv_heads = heads_of(name, "k_proj.weight")
    moved = RUN[name]["q_proj.weight"] != "same"
    for tensor in RUN[name]:
        matrix = Matrix(tensor[0], heads_of(name, tensor), HEADS, kv_heads, WIDTH, 4 if "M-RoPE" in name else WIDTH)
        move = move_of(read_permutation(CONVERTERS.get(name, "llama.cpp/permute")), matrix, {})
        assert move is not None
        expected = written_out(name, tensor)
        stays = expected == list(range(len(expected)))
        if stays:
            assert not moved or tensor.endswith("bias")
        else:
            assert expected == list(move.rows)


def test_what_is_read_of_the_classes_is_what_they_do() -> None:
    """`permutes` in the table of converter classes, for each class that was run: weights, and whether biases move."""
    entries = {entry.symbol: entry.permutes for entry in table().entries}
    seen = 0
    for name, tensors in RUN.items():
        symbol, mrope, _ = name.partition(" with M-RoPE")
        if symbol not in entries:
            continue
        seen += 1
        rule = entries[symbol]
        if rule == "glm":
            assert bool(mrope) == (tensors["q_proj.weight"] != "same")
            assert tensors["q_proj.weight"] == tensors["q_proj.bias"]
            continue
        assert rule in ("", "half to adjacent", "half to adjacent of weights")
        assert ("adjacent" if rule else "same") == tensors["q_proj.weight"]
        assert ("adjacent" if rule == "half to adjacent" else "same") == tensors.get("q_proj.bias", "same")
    assert 20 <= seen


def test_xverse_under_gqa_is_the_one_class_that_moves_k_wrongly() -> None:
    """With 8 heads of q and 2 of k its k goes by blocks of 4 rows; every other class that moves q moves k alike."""
    odd = [name for name, tensors in RUN.items() if tensors["q_proj.weight"] == "adjacent" != tensors["k_proj.weight"]]
    assert ["xverse.py XverseModel"] == odd
    assert [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15] == RUN[odd[0]]["k_proj.weight"]
