"""Known converters: each does to rows what its function upstream does, and makes the pairs that are told of it.

`converter_rows.json`: what the functions themselves gave, run with torch 2.13.0 or NumPy on a matrix whose row i is all
i, or of random numbers: those of llama.cpp 0c1e57098, transformers 5.24.0 and 4.46.3, vLLM 0.33.0, SGLang 0.5.23,
Megatron-Bridge, NeMo and Megatron-LLM as they stand there, the single-expression bodies of the others at the commits
that `models/converters.toml` names. Of q, k and v packed into one matrix, the rows are those that Megatron's attention
takes for q and for k, as they come out. Where a converter has several sources, each gave these rows.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from moved_scores import adjacent, half, same_scores

from prover import check_permutation
from prover.errors import InputError
from prover.repair.converters import converters, find_converter, search_converters
from prover.repair.permutation_text import move_of, read_permutation
from prover.repair.size_names import Matrix

RUNS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "converter_rows.json").read_text())
CASES = [(run, name) for run in RUNS for name in run["rows"]]


@pytest.mark.parametrize(
    ("run", "name"), CASES, ids=[f"{name} {run['heads']}/{run['kv_heads']} of {run['width']}" for run, name in CASES]
)
def test_rows_are_those_of_the_function(run: dict[str, Any], name: str) -> None:
    """For q and for k, row by row; of what takes one head, for that."""
    both = run["heads"], run["kv_heads"]
    for matrix, rows in run["rows"][name].items():
        heads = both[1] if matrix == "k" else both[0]
        asked = Matrix(matrix, heads, *both, run["width"], run.get("rotated"))
        move = move_of(read_permutation(name), asked, {})
        assert move is not None
        assert tuple(rows) == move.rows


def test_every_converter_was_run() -> None:
    """There is none in the table whose function's rows are not known, and names are found by every spelling."""
    assert {each.name for each in converters()} == {name for _, name in CASES}
    for each in converters():
        assert all(find_converter(name) is each for name in (each.name, *each.also))
        assert all(source.commit or source.version for source in each.source)


PAIRINGS = {
    "half pairs made adjacent": ("transformers/half:head_dim=8", "ggml/normal:head_dim=8"),
    "adjacent pairs": ("ggml/normal:head_dim=8", "transformers/half:head_dim=8"),
    "no row of a head moves": ("transformers/half:head_dim=8", "megatron/rope:kv_channels=8"),
}


@pytest.mark.parametrize("name", [each.name for each in converters() if "vision" not in each.name])
def test_converters_make_the_pairs_that_they_say(name: str) -> None:
    """What is told of one is proved, where q and k have as many heads."""
    found = find_converter(name)
    assert found is not None
    sides = next(sides for start, sides in PAIRINGS.items() if found.what.startswith(start))
    assert "right" == check_permutation(*sides, name, heads=None if found.one_head else 4).verdict


SIZES = [(kv * group, kv, width) for kv in range(1, 5) for group in range(1, 5) for width in range(4, 18, 2)]
LIMITED = ("llama.cpp/reverse_hf_permute", "transformers/PermuteForRope", "transformers/PermuteForRope.inverse")


@pytest.mark.parametrize("name", [
    each.name for each in converters() if "vision" not in each.name and each.name not in LIMITED and not each.one_head
])
def test_every_head_is_moved_alike_at_any_size(name: str) -> None:
    """Beyond the sizes that the functions were run at: each head of q and of k, whatever their numbers and width."""
    given, found = read_permutation(name), find_converter(name)
    assert found is not None
    for heads, kv_heads, width in SIZES:
        rotated = width // 4 * 2 if name == "llama.cpp/glm-mrope" else width
        ways = {
            "half pairs": [lane // 2 + lane % 2 * (rotated // 2) for lane in range(rotated)],
            "adjacent pairs": [*range(0, rotated, 2), *range(1, rotated, 2)],
            "no row": list(range(rotated)),
        }
        rows = [*next(rows for start, rows in ways.items() if found.what.startswith(start)), *range(rotated, width)]
        for matrix, count in (("q", heads), ("k", kv_heads)):
            move = move_of(given, Matrix(matrix, count, heads, kv_heads, width, rotated), {})
            assert move is not None
            assert tuple(head * width + row for head in range(count) for row in rows) == move.rows


TURNED = re.compile(r"W\.reshape\(heads, ([^,]+), ([^,]+), -1\)\.swapaxes\(1, 2\)\.reshape\(W\.shape\)")
OF_OTHER_FORMS = {
    "llama.cpp/chameleon-norm", "llama.cpp/glm-mrope", "llama.cpp/kimi-vision", "llama.cpp/minimax-vision",
    "llama.cpp/reverse_hf_permute", "megatron-bridge/qkv", "transformers/PermuteForRope",
    "transformers/PermuteForRope.inverse", "transformers/chameleon-norm",
}


def test_converters_whose_form_proves_every_size() -> None:
    """All others split a head into d/2 by 2, or 2 by d/2, and exchange the two: of that theorem 1 speaks."""
    for each in converters():
        form = None if each.k else TURNED.fullmatch(each.q)
        assert (form is None) == (each.name in OF_OTHER_FORMS)
        if form is not None:
            halves = [part.replace("W.shape[0] // heads", "d") for part in form.groups()]
            assert ["2", "d // 2"] == halves if each.what.startswith("half") else ["d // 2", "2"] == halves


def test_permute_for_rope_is_wrong_wherever_k_has_fewer_heads() -> None:
    """At every size at which it runs, with k of fewer heads, the scores are others; as many heads and they are not."""
    given, seen = read_permutation("transformers/PermuteForRope"), []
    for heads, kv_heads, width in SIZES:
        if kv_heads * width % (2 * heads):
            continue
        q, k = (move_of(given, Matrix(matrix, count, heads, kv_heads, width, width), {})
                for matrix, count in (("q", heads), ("k", kv_heads)))
        assert q is not None
        assert k is not None
        assert (heads == kv_heads) == same_scores(adjacent(width), half(width), q.rows, k.rows)
        seen.append((heads * width, heads, kv_heads, width))
    assert (8, 2, 1, 4) == min(size for size in seen if size[1] > size[2])


def test_nothing_but_what_q_does_is_right_for_k_at_the_smallest_size() -> None:
    """2 heads of q, 1 of k, 4 lanes: with q moved by it, one of the 24 moves of k is right, and it is not its."""
    given = read_permutation("transformers/PermuteForRope")
    q, k = (move_of(given, Matrix(matrix, count, 2, 1, 4, 4), {}) for matrix, count in (("q", 2), ("k", 1)))
    assert q is not None
    assert k is not None
    right = [rows for rows in itertools.permutations(range(4)) if same_scores(adjacent(4), half(4), q.rows, rows)]
    assert ([(0, 2, 1, 3)], (0, 2, 1, 3, 4, 6, 5, 7), (0, 1, 2, 3)) == (right, q.rows, k.rows)


def test_a_converter_for_one_head_width_takes_no_other() -> None:
    """MiniMax's vision tower has heads of 80 lanes."""
    with pytest.raises(InputError, match=r"llama.cpp/minimax-vision takes heads of 80 lanes, not 64"):
        move_of(read_permutation("llama.cpp/minimax-vision"), Matrix("q", 1, 1, 1, 64, None), {})


def test_what_takes_one_head_takes_no_others() -> None:
    """llama.cpp gives the gains of Chameleon's head 0 to all: of other heads nothing is left to move."""
    with pytest.raises(InputError, match=r"llama.cpp/chameleon-norm takes one head.*Leave out --heads"):
        check_permutation(*PAIRINGS["half pairs made adjacent"], "llama.cpp/chameleon-norm", heads=4)


def test_a_converter_of_the_lanes_that_turn_needs_to_know_them() -> None:
    """Where the two layouts do not say how many turn, that is asked for."""
    with pytest.raises(InputError, match=r"unknown name 'n_rot'"):
        check_permutation("transformers/half:head_dim=8:partial_rotary_factor=0.5", "ggml/neox:head_dim=8",
                          "llama.cpp/glm-mrope", heads=4)


@pytest.mark.parametrize(("name", "near"), [
    ("llama.cpp/permut", "llama.cpp/permute"),
    ("permute", "llama.cpp/permute"),
    ("llama.cpp permute", "llama.cpp/permute"),
    ("LlamaModel.permut", "llama.cpp/permute"),
    ("normal_to_neox", "llama.cpp/glm-mrope"),
    ("glm", "llama.cpp/glm-mrope"),
    ("llama.cpp", "llama.cpp/"),
    ("megatron-bridge/merge_qkv", "megatron-bridge/qkv"),
])
def test_an_unknown_converter_is_refused_with_the_nearest(name: str, near: str) -> None:
    """By its name, by another that it has, or by a part of one; and it is said what names all."""
    with pytest.raises(InputError, match=rf"no converter '{name}'. Did you mean {near}.*list --converters' names all"):
        read_permutation(name)


def test_a_word_that_is_no_converter_gets_no_far_fetched_one() -> None:
    """Nothing is near, or the word is in too many names."""
    for name in ("W", "foo"):
        with pytest.raises(InputError, match=rf"no converter '{name}'. 'rope-prover list --converters' names all"):
            read_permutation(name)


def test_converters_are_searched_by_words() -> None:
    """In names, in what is told of them and in sources; all words have to be there."""
    assert converters() == search_converters(())
    assert ["megatron-bridge/qkv", "megatron-llm/permute_qkv", "megatron-llm/permute_qkv.revert",
            "megatron/loader_llama_mistral"] == [each.name for each in search_converters(["Megatron"])]
    assert ["llama.cpp/glm-mrope"] == [each.name for each in search_converters(["llama.cpp glm.py"])]
    assert () == search_converters(["glm", "mistral"])
