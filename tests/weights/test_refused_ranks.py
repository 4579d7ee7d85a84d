"""Tensor-parallel checkpoints that are not understood: each is refused, and told what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from generated import Arrays
from rank_models import GPTJ, NEOX, changed, keyed, trt

from prover import permute_weights
from prover.errors import InputError
from prover.weights.stored.checkpoint import open_checkpoint

AT = "transformer.layers.1.attention"
QKV, BIAS = f"{AT}.qkv.weight", f"{AT}.qkv.bias"
ALL = range(4)


def without(*ranks: int) -> Callable[[Path], None]:
    """Files that are not there."""
    return lambda at: [(at / f"rank{rank}.safetensors").unlink() for rank in ranks] and None


def beside(name: str) -> Callable[[Path], None]:
    """A file more."""
    return lambda at: (at / name).write_bytes(b"") and None


def config(**keys: object) -> Callable[[Path], None]:
    """Other keys."""
    return lambda at: keyed(at, **keys)


def arrays_of(ranks: Sequence[int], change: Callable[[Arrays], object]) -> Callable[[Path], None]:
    """Other tensors in some ranks."""
    return lambda at: [changed(at / f"rank{rank}.safetensors", change) for rank in ranks] and None


def put(name: str, make: Callable[[Arrays], np.ndarray]) -> Callable[[Arrays], None]:
    """One tensor in place of another, or a new one."""
    return lambda arrays: arrays.update({name: make(arrays)})


def number(row: int) -> Callable[[Arrays], None]:
    """Another number in a row of q, k and v."""
    return lambda arrays: arrays[QKV].__setitem__((row, 0), 5)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "rank 0 is missing": (without(0), "rank 0 is missing"),
    "a rank is missing": (without(2), "rank 2 is missing"),
    "the last rank is missing": (without(3), "says 4 ranks, and there are files of 3"),
    "one rank alone": (without(1, 2, 3), "says 4 ranks, and there is a file of 1"),
    "a rank twice": (beside("rank00.safetensors"), "holds rank 0 twice"),
    "other weights": (beside("more.safetensors"), "files of ranks and other weights"),
    "two sets": (beside("model0-mp2.safetensors"), "holds two sets of ranks"),
    "stages of a pipeline": (config(mapping={"tp_size": 2, "pp_size": 2}), "has 2 stages of a pipeline"),
    "heads that cannot be shared": (config(num_attention_heads=6), "there are 6 heads and 4 ranks"),
    "kv heads that cannot be shared": (
        config(num_attention_heads=12, num_key_value_heads=6), "there are 6 kv_heads and 4 ranks"),
    "ranks that cannot be shared": (
        config(num_attention_heads=12, num_key_value_heads=3), "there are 4 ranks and 3 KV heads"),
    "another number of heads": (config(num_attention_heads=16), "expected 48 rows, heads*q + kv_heads*k"),
    "a tensor that one rank lacks": (
        arrays_of([1], lambda arrays: arrays.pop(BIAS)), "rank 0 has it and rank 1 does not"),
    "a tensor that one rank has": (
        arrays_of([0, 1, 3], lambda arrays: arrays.pop(BIAS)), "rank 2 has it and rank 0 does not"),
    "another type in one rank": (
        arrays_of([3], put(QKV, lambda arrays: arrays[QKV].astype(np.float32))),
        "rank 3 has F32 [32, 64], rank 0 F64 [32, 64]"),
    "uneven rows": (
        arrays_of([3], put(QKV, lambda arrays: arrays[QKV][:24])), "expected 32 rows, heads*q + kv_heads*k"),
    "copies of k that differ": (
        arrays_of([3], number(20)), "rows 16 to 23 are not those of rank 2, and both are copies of one KV head"),
    "copies of v that differ": (
        arrays_of([0], number(31)), "rows 24 to 31 are not those of rank 0, and both are copies of one KV head"),
    "copies of a bias that differ": (
        arrays_of([1], lambda arrays: arrays[BIAS].__setitem__(16, 5)),
        "rows 16 to 23 are not those of rank 0, and both are copies of one KV head"),
    "scales whose rows are not known": (
        arrays_of(ALL, put(f"{AT}.qkv.per_channel_scale", lambda _: np.ones(32))),
        "what the tensors called per_channel_scale beside a weight hold is not known"),
    "a norm whose place is not known": (
        arrays_of(ALL, put(f"{AT}.q_layernorm.weight", lambda _: np.ones(8))),
        f"rows of q or k may be in {AT}.q_layernorm.weight"),
    "a scaling": (config(rotary_scaling={"type": "linear", "factor": 4}),
                  "the layout does not say which scaling it is"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_understood_is_refused(tmp_path: Path, name: str) -> None:
    """Four ranks with two KV heads, one thing wrong; nothing is written."""
    model = trt(tmp_path / "m", 4, True)
    change, expected = BROKEN[name]
    change(model)
    try:
        found = permute_weights(str(model), source=NEOX, target=GPTJ, out=str(tmp_path / "out"))
        text, code = " ".join(found.to_text().split()), found.exit_code
    except InputError as fault:
        text, code = str(fault), 2
    assert expected in text
    assert code in (1, 2)
    assert not (tmp_path / "out").exists()


def test_layouts_have_to_be_given(tmp_path: Path) -> None:
    """The config of TensorRT-LLM is not read by itself; what to write is told."""
    model = trt(tmp_path / "m", 2)
    with pytest.raises(InputError, match="out of which RoPE is not read by itself") as fault:
        permute_weights(str(model), target=GPTJ, out=str(tmp_path / "out"))
    assert "--from tensorrt-llm/rope" in fault.value.advice


@pytest.mark.parametrize(("files", "expected"), [
    (["model0-mp2.safetensors"], "rank 1 is missing"),
    (["model0-mp2.safetensors", "model1-mp4.safetensors"], "files of 2 and of 4 ranks"),
    (["model0-mp2.safetensors", "model1-mp2.safetensors", "model2-mp2.safetensors"], "there is a rank 2"),
    (["consolidated.00.safetensors", "consolidated.02.safetensors"], "rank 1 is missing"),
    (["mp_rank_00/model_optim_rng.pt", "mp_rank_02/model_optim_rng.pt"], "rank 1 is missing"),
    (["mp_rank_00_000/model_optim_rng.pt", "mp_rank_00_001/model_optim_rng.pt"], "a stage of a pipeline"),
])
def test_sets_of_ranks_that_are_not_whole(tmp_path: Path, files: list[str], expected: str) -> None:
    """By their names alone."""
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match=expected):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("files", [
    ["model1-mp2.safetensors"], ["rank0.safetensors", "rank1.safetensors"], ["rank3.safetensors"],
    ["consolidated.00.pth", "consolidated.01.pth"], ["mp_rank_00/model_optim_rng.pt", "mp_rank_01/model_optim_rng.pt"],
])
def test_the_file_of_one_rank(tmp_path: Path, files: list[str]) -> None:
    """It is not the whole: the folder is to be given."""
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match="is that of one rank") as fault:
        open_checkpoint(tmp_path / files[0])
    assert str(tmp_path) == fault.value.advice.removeprefix("Give the folder, ")
