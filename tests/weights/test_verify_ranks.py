"""Tensor-parallel checkpoints held against others: rank by rank, and against the whole; one rank alone at fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_into_ranks import deepseek, tensorrt_llm
from generated import Arrays, random_arrays, write_model
from rank_models import (
    DEEPSEEK,
    GPTJ,
    HALF_TO_ADJACENT,
    NEOX,
    changed,
    deepseek_arrays,
    deepseek_moved,
    moved,
    read_ranks,
    trt,
    trt_config,
    whole,
    write_ranks,
)

from prover import permute_weights, verify_weights
from prover.api import VerifiedWeights
from prover.errors import InputError

AT = "transformer.layers.1.attention"
QKV, BIAS, DENSE = f"{AT}.qkv.weight", f"{AT}.qkv.bias", f"{AT}.dense.weight"
LAYERS = [f"transformer.layers.{layer}.attention" for layer in range(3)]


def halves(folder: Path, is_whole: bool, **keys: Any) -> Path:
    """A Llama of transformers, or the same in four ranks."""
    config, arrays = whole(True, **keys)
    return write_model(folder, config, arrays) if is_whole else trt(folder, 4, True, **keys)


def adjacent(folder: Path, is_whole: bool, ranks: int = 4, **keys: Any) -> Path:
    """The same with its rows moved by hand."""
    config, arrays = whole(True, **keys)
    if is_whole:
        return write_model(folder, config, moved(arrays))
    names = [f"rank{rank}.safetensors" for rank in range(ranks)]
    return write_ranks(folder, names, tensorrt_llm(moved(arrays), config, ranks), trt_config(config, ranks))


def held(tmp_path: Path, source_whole: bool, target_whole: bool, break_: Callable[[Path], object] = lambda at: None,
         **keys: Any) -> VerifiedWeights:
    """What is known of the target after something in it was broken."""
    source, target = halves(tmp_path / "s", source_whole, **keys), adjacent(tmp_path / "t", target_whole, **keys)
    break_(target)
    return verify_weights(str(source), str(target), made_for=() if source_whole else NEOX,
                          meant_for="ggml/normal" if target_whole else GPTJ)


WAYS = [(False, False), (True, False), (False, True)]


@pytest.mark.parametrize("kv_heads", [1, 2, 4, 8])
@pytest.mark.parametrize("way", WAYS)
def test_ranks_that_were_moved_are_right(tmp_path: Path, way: tuple[bool, bool], kv_heads: int) -> None:
    """Ranks against ranks, and against the whole on either side; KV heads are copied where they are fewer."""
    found = held(tmp_path, *way, num_key_value_heads=kv_heads)
    assert ("right", 0) == (found.verdict, found.exit_code), found.headline
    (part,) = found.to_json()["parts"]
    seen = {(row["layer"], row["rank"], row["role"], row["kind"]) for row in part["tensors"]}
    assert {(layer, rank, role, kind) for layer in range(3) for rank in range(4)
            for role in "qkv" for kind in ("weight", "bias")} <= seen
    assert {(layer, rank, "o", "weight") for layer in range(3) for rank in range(4)} <= seen


def head(arrays: Arrays, name: str, start: int) -> None:
    """The rows of a head as they were before they were moved."""
    arrays[name][start : start + 8] = arrays[name][start : start + 8][[HALF_TO_ADJACENT.index(row) for row in range(8)]]


def forgotten(arrays: Arrays) -> None:
    """Nothing of this rank was moved: two heads of q and one of k, in weights and biases of all layers."""
    for at in LAYERS:
        for last in ("weight", "bias"):
            for start in (0, 8, 16):
                head(arrays, f"{at}.qkv.{last}", start)


def columns(arrays: Arrays) -> None:
    """Columns of the output moved as rows of q."""
    arrays[DENSE][:, :8] = arrays[DENSE][:, :8][:, HALF_TO_ADJACENT]
    arrays[DENSE][:, 8:] = arrays[DENSE][:, 8:][:, HALF_TO_ADJACENT]


def values(arrays: Arrays) -> None:
    """Rows of v moved as those of k."""
    arrays[QKV][24:32] = arrays[QKV][24:32][HALF_TO_ADJACENT]


# What is done to one rank: the wrong tensors (layers, role, kind), and a word of what is wrong.
WRONG: dict[str, tuple[Callable[[Arrays], object], set[tuple[int, str, str]], str]] = {
    "one rank forgotten": (forgotten, {(layer, role, kind) for layer in range(3) for role in "qk"
                                       for kind in ("weight", "bias")}, "missing"),
    "k of one rank": (lambda arrays: head(arrays, QKV, 16), {(1, "k", "weight")}, "missing"),
    "q of one rank": (lambda arrays: [head(arrays, QKV, start) for start in (0, 8)], {(1, "q", "weight")}, "missing"),
    "one head of one rank": (lambda arrays: head(arrays, QKV, 8), {(1, "q", "weight")}, ""),
    "bias of one rank": (
        lambda arrays: [head(arrays, BIAS, start) for start in (0, 8)], {(1, "q", "bias")}, "forgotten"),
    "bias of k of one rank": (lambda arrays: head(arrays, BIAS, 16), {(1, "k", "bias")}, "forgotten"),
    "v of one rank": (values, {(1, "v", "weight")}, "applied to v"),
    "o of one rank": (columns, {(1, "o", "weight")}, "applied to o"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("way", WAYS[:2])
def test_one_rank_alone_is_wrong(tmp_path: Path, way: tuple[bool, bool], name: str) -> None:
    """What is wrong with it is told by name and rank, and of no other rank."""
    change, expected, fault = WRONG[name]
    found = held(tmp_path, *way, lambda at: changed(at / "rank2.safetensors", change))
    assert ("wrong", 1) == (found.verdict, found.exit_code)
    rows = [row for part in found.to_json()["parts"] for row in part["tensors"] if row["verdict"] == "wrong"]
    wrong = {(row["layer"], row["role"], row["kind"]) for row in rows}
    assert expected <= wrong
    assert {2} == {row["rank"] for row in rows}
    assert {layer for layer, _, _ in expected} == {layer for layer, _, _ in wrong}
    named = [row["faults"] for row in rows if (row["layer"], row["role"], row["kind"]) in expected]
    assert not fault or all(fault in faults or faults == ["forgotten"] for faults in named)
    assert not fault or any(fault in faults for faults in named)
    assert "of rank 2, " in found.headline
    assert "; in rank 2 alone" in found.headline
    assert "of rank 2" in found.to_text()


@pytest.mark.parametrize("way", WAYS[:2])
def test_ranks_that_changed_places_are_not_right(tmp_path: Path, way: tuple[bool, bool]) -> None:
    """Rank 1 has the rows of rank 2, and the other way round: their rows are no others of these ranks."""
    def exchange(at: Path) -> None:
        files = [at / f"rank{rank}.safetensors" for rank in (1, 2)]
        first, second = (file.read_bytes() for file in files)
        files[0].write_bytes(second)
        files[1].write_bytes(first)

    found = held(tmp_path, *way, exchange)
    assert "right" != found.verdict
    bad = {row["rank"] for part in found.to_json()["parts"] for row in part["tensors"] if row["verdict"] != "right"}
    assert {1, 2} == bad


def test_a_copy_of_a_kv_head_that_alone_was_moved(tmp_path: Path) -> None:
    """In the target it is wrong in its rank; in the source nothing can be held against it."""
    def change(arrays: Arrays) -> None:
        head(arrays, QKV, 16)

    found = held(tmp_path, True, False, lambda at: changed(at / "rank3.safetensors", change))
    rows = [row for part in found.to_json()["parts"] for row in part["tensors"] if row["verdict"] == "wrong"]
    assert {(1, 3, "k")} == {(row["layer"], row["rank"], row["role"]) for row in rows}
    source = halves(tmp_path / "other", False)
    changed(source / "rank3.safetensors", change)
    with pytest.raises(InputError, match="both are copies of one KV head"):
        verify_weights(str(source), str(tmp_path / "t"), made_for=NEOX, meant_for=GPTJ)


def test_other_numbers_of_ranks(tmp_path: Path) -> None:
    """Ranks are not joined."""
    source, target = halves(tmp_path / "s", False), adjacent(tmp_path / "t", False, 2)
    with pytest.raises(InputError, match="has 2 ranks, and the source 4"):
        verify_weights(str(source), str(target), made_for=NEOX, meant_for=GPTJ)


def test_a_whole_that_cannot_be_cut_so(tmp_path: Path) -> None:
    """Of six heads four ranks cannot have as many each, whatever the ranks' config says."""
    config, arrays = whole(True, hidden_size=48, num_attention_heads=6, num_key_value_heads=2)
    source, target = write_model(tmp_path / "s", config, arrays), adjacent(tmp_path / "t", False)
    with pytest.raises(InputError, match=r"there are 6 heads of [qo] and 4 ranks, which cannot be shared equally"):
        verify_weights(str(source), str(target), meant_for=GPTJ)


def deepseek_sides(tmp_path: Path, ranks: int) -> tuple[Path, Path]:
    """transformers' folder, and the ranks with the rows moved to halves by hand."""
    source = write_model(tmp_path / "s", DEEPSEEK, deepseek_arrays())
    target = write_ranks(tmp_path / "t", [f"model{rank}-mp{ranks}.safetensors" for rank in range(ranks)],
                         deepseek(deepseek_moved(deepseek_arrays()), ranks), DEEPSEEK | {"rope_interleave": False})
    return source, target


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_deepseek_against_the_whole(tmp_path: Path, ranks: int) -> None:
    """Lanes of k that all heads share are in every rank."""
    source, target = deepseek_sides(tmp_path, ranks)
    found = verify_weights(str(source), str(target))
    assert "right" == found.verdict, found.headline


@pytest.mark.parametrize(("module", "role"), [("wkv_a", "k"), ("wq_b", "q")])
def test_deepseek_with_one_rank_forgotten(tmp_path: Path, module: str, role: str) -> None:
    """The shared lanes of k, or the heads of q, of one rank as they were."""
    source, target = deepseek_sides(tmp_path, 2)
    before = deepseek(deepseek_arrays(), 2)[1]
    name = f"layers.1.attn.{module}.weight"
    changed(target / "model1-mp2.safetensors", lambda arrays: arrays.update({name: np.array(before[name])}))
    found = verify_weights(str(source), str(target))
    assert "wrong" == found.verdict
    assert f"layer 1 of rank 1, {role} " in found.headline
    rows = [row for part in found.to_json()["parts"] for row in part["tensors"] if row["verdict"] == "wrong"]
    assert {(1, 1)} == {(row["layer"], row["rank"]) for row in rows}


BLOCKS = DEEPSEEK | {"qk_nope_head_dim": 8, "kv_lora_rank": 8, "v_head_dim": 8,
                     "quantization_config": {"quant_method": "fp8", "weight_block_size": [8, 8]}}


def deepseek_blocks() -> Arrays:
    """Heads of 8 and 8 lanes, and a scale for each 8 rows of each 8 columns."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(2):
        at = f"model.layers.{layer}.self_attn"
        for name, shape in (("q_b_proj", (64, 8)), ("kv_a_proj_with_mqa", (16, 16)), ("kv_b_proj", (64, 8))):
            shapes |= {f"{at}.{name}.weight": shape,
                       f"{at}.{name}.weight_scale_inv": (shape[0] // 8, shape[1] // 8)}
        shapes[f"{at}.o_proj.weight"] = (16, 32)
    return random_arrays(shapes)


def turned_blocks(arrays: Arrays) -> Arrays:
    """The last eight rows of each head of q, and of the latent, from adjacent pairs to halves."""
    inverse = [HALF_TO_ADJACENT.index(row) for row in range(8)]
    found = dict(arrays)
    for name, array in arrays.items():
        if name.endswith(("q_b_proj.weight", "kv_a_proj_with_mqa.weight")):
            found[name] = np.concatenate([part for at in range(0, len(array), 16) for part in (
                array[at : at + 8], array[at + 8 : at + 16][inverse])])
    return found


@pytest.mark.parametrize("is_wrong", [False, True])
def test_deepseek_with_scales_of_blocks(tmp_path: Path, is_wrong: bool) -> None:
    """Rows stay among those of their scale, which is called otherwise; one rank's scales that are others are wrong."""
    names = ["model0-mp2.safetensors", "model1-mp2.safetensors"]
    source = write_model(tmp_path / "s", BLOCKS, deepseek_blocks())
    ranks = write_ranks(tmp_path / "r", names, deepseek(deepseek_blocks(), 2), BLOCKS)
    (tmp_path / "to.json").write_text(json.dumps(BLOCKS | {"rope_interleave": False}))
    permute_weights(str(ranks), target=str(tmp_path / "to.json"), out=str(tmp_path / "out"))
    apart = read_ranks(tmp_path / "out", names, tmp_path / "apart")
    for arrays, expected in zip(apart, deepseek(turned_blocks(deepseek_blocks()), 2), strict=True):
        assert arrays.keys() == expected.keys()
        assert all(np.array_equal(arrays[name], expected[name]) for name in arrays)
    if is_wrong:
        changed(tmp_path / "out" / names[1], lambda arrays: arrays["layers.0.attn.wq_b.scale"].__imul__(-1))
    found = verify_weights(str(source), str(tmp_path / "out"))
    assert ("wrong" if is_wrong else "right") == found.verdict, found.headline
    rows = [row for part in found.to_json()["parts"] for row in part["tensors"] if row["kind"] == "block scale"]
    assert {(layer, rank, role) for layer in range(2) for rank in range(2) for role in "qk"} <= {
        (row["layer"], row["rank"], row["role"]) for row in rows}
    assert is_wrong == any(row["verdict"] == "wrong" and (row["layer"], row["rank"]) == (0, 1) for row in rows)


def test_latent_attention_with_scales_of_blocks_that_are_not_as_long(tmp_path: Path) -> None:
    """Scales of k's shared lanes have other columns than those of its leading ones; each is held by itself."""
    source = write_model(tmp_path / "s", BLOCKS, deepseek_blocks())
    arrays = turned_blocks(deepseek_blocks())
    target = write_model(tmp_path / "t", BLOCKS | {"rope_interleave": False}, arrays)
    assert "right" == verify_weights(str(source), str(target)).verdict
    arrays["model.layers.1.self_attn.kv_a_proj_with_mqa.weight_scale_inv"] *= 2
    other = write_model(tmp_path / "o", BLOCKS | {"rope_interleave": False}, arrays)
    found = verify_weights(str(source), str(other))
    assert [(1, "k", "block scale", ["other values"])] == [
        (row["layer"], row["role"], row["kind"], row["faults"]) for part in found.to_json()["parts"]
        for row in part["tensors"] if row["verdict"] != "right"]


def test_progress_and_workers_see_ranks(tmp_path: Path) -> None:
    """Several workers give the same answer as one."""
    source, target = halves(tmp_path / "s", True), adjacent(tmp_path / "t", False)
    seen: list[str] = []

    def track(jobs: Any) -> Any:
        seen.extend(map(str, jobs))
        return jobs

    one = verify_weights(str(source), str(target), meant_for=GPTJ, track=track)
    two = verify_weights(str(source), str(target), meant_for=GPTJ, jobs=2)
    assert json.dumps(one.to_json()) == json.dumps(two.to_json())
    assert ["text layer 0, rank 0", "text layer 0, rank 1"] == seen[:2]
    assert 12 == len(seen)
