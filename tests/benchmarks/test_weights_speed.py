"""Weights, beside copying a folder and reading quantised rows.

`weights permute` is held against copying the same folder, `weights verify` against reading the numbers of both files.

Run with

    python -m pytest tests/benchmarks/test_weights_speed.py -o addopts= --benchmark-only --benchmark-disable-gc -s

and for the ratio to copying, each in turn so that what else goes on hits all alike,

    python -m pytest tests/benchmarks/test_weights_speed.py -o addopts= -m slow -s

WEIGHTS_BENCHMARK_GB says how large the checkpoint is, 0.3 without it. It is half random rows, half zeros, in four
shards or in one file. The peak of memory is that of the whole process.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.api import permute_weights, verify_weights
from prover.weights.stored.lines import rounded
from prover.weights.stored.values import row_values

GIGABYTES = float(os.environ.get("WEIGHTS_BENCHMARK_GB", "0.3"))
ROUNDS = int(os.environ.get("WEIGHTS_BENCHMARK_ROUNDS", "3"))
SHARDS, HIDDEN, HEADS, KV, WIDTH, MLP = 4, 2048, 32, 8, 128, 4096
CONFIG = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": HIDDEN, "num_attention_heads": HEADS,
    "num_key_value_heads": KV, "head_dim": WIDTH, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
    "intermediate_size": MLP, "vocab_size": 128, "rope_theta": 500000.0,
}
MOST_MEMORY = 500 << 20


def shapes(layers: int) -> dict[str, tuple[int, int]]:
    """The large tensors of a Llama."""
    found = {}
    for layer in range(layers):
        at = f"model.layers.{layer}"
        found |= {
            f"{at}.self_attn.q_proj.weight": (HEADS * WIDTH, HIDDEN),
            f"{at}.self_attn.k_proj.weight": (KV * WIDTH, HIDDEN),
            f"{at}.self_attn.v_proj.weight": (KV * WIDTH, HIDDEN),
            f"{at}.self_attn.o_proj.weight": (HIDDEN, HEADS * WIDTH),
            f"{at}.mlp.up_proj.weight": (MLP, HIDDEN), f"{at}.mlp.down_proj.weight": (HIDDEN, MLP),
        }
    return found


def write_checkpoint(folder: Path, shards: int) -> Path:
    """A checkpoint of bfloat16 numbers, half of it zeros."""
    each = 2 * sum(rows * columns for rows, columns in shapes(1).values())
    layers = max(SHARDS, round(GIGABYTES * 1e9 / each))
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | {"num_hidden_layers": layers}))
    names, place = shapes(layers), {}
    noise = np.random.default_rng(0).bytes(1 << 24)
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        own = list(names)[shard * len(names) // shards : (shard + 1) * len(names) // shards]
        header, end = {}, 0
        for name in own:
            start, end = end, end + 2 * names[name][0] * names[name][1]
            header[name] = {"dtype": "BF16", "shape": names[name], "data_offsets": [start, end]}
            place[name] = file
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with (folder / file).open("wb") as stream:
            stream.write(len(text).to_bytes(8, "little") + text)
            for number, at in enumerate(range(0, end, len(noise))):
                data = noise if number % 2 else bytes(len(noise))
                stream.write(data[: end - at])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": place}))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In four shards."""
    return write_checkpoint(tmp_path_factory.mktemp("weights") / "model", SHARDS)


# The peak that wait4 tells has the size of the process that started it in it.
MEASURED = """
import re, sys
from prover.commands.cli import run_command
code = run_command(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(code)
"""


def peak_of_command(model: Path, out: Path, jobs: int) -> int:
    """A whole command in a fresh process; its peak of memory in bytes."""
    arguments = ["weights", "permute", str(model), "--to", "ggml/normal", "--out", str(out), "--jobs", str(jobs)]
    done = subprocess.run([sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, check=True)
    return 1024 * int(done.stderr.split()[-1])


def copy(model: Path, out: Path) -> None:
    """What permuting is held against: everything copied, and on disk."""
    shutil.copytree(model, out)
    os.sync()


def move(model: Path, out: Path, jobs: int | None) -> None:
    """Rows moved, digests of all that is read and written, and everything on disk before it has its name."""
    permute_weights(str(model), target="ggml/normal", out=str(out), jobs=jobs)


def seconds_of(work: Callable[[Path, Path], None], model: Path, out: Path) -> tuple[float, float]:
    """How long something takes once, by the clock and of all cores, into a folder that is removed again."""
    os.sync()
    start, worked = time.perf_counter(), time.process_time()
    work(model, out)
    taken = time.perf_counter() - start, time.process_time() - worked
    shutil.rmtree(out)
    return taken


@pytest.mark.alternative
@pytest.mark.benchmark(group=f"permute a checkpoint of {GIGABYTES:g} GB from folder to folder")
def test_copytree(benchmark: Any, model: Path, tmp_path: Path) -> None:
    """`shutil.copytree` and a sync of the disks."""
    benchmark.pedantic(copy, args=(model, tmp_path / "out"), rounds=3,
                       setup=lambda: shutil.rmtree(tmp_path / "out", ignore_errors=True))


@pytest.mark.benchmark(group=f"permute a checkpoint of {GIGABYTES:g} GB from folder to folder")
@pytest.mark.parametrize("jobs", [1, 2])
def test_permute(benchmark: Any, model: Path, tmp_path: Path, jobs: int) -> None:
    """`weights permute`: rows moved, digests of all that is read and written, a sync."""
    benchmark.pedantic(move, args=(model, tmp_path / "out", jobs), rounds=3, warmup_rounds=1,
                       setup=lambda: shutil.rmtree(tmp_path / "out", ignore_errors=True))


@pytest.mark.slow
@pytest.mark.parametrize("shards", [SHARDS, 1])
def test_ratio_to_copying(model: Path, tmp_path: Path, shards: int) -> None:
    """Printed are medians of rounds in which all take their turn; nothing depends on them."""
    source = model if shards == SHARDS else write_checkpoint(tmp_path / "model", shards)
    works = {"copying": copy} | {
        f"jobs={jobs or 'default'}": partial(move, jobs=jobs) for jobs in ((1, 2, None) if shards > 1 else (None,))}
    move(source, tmp_path / "first", None)   # the proof is read, the source is in memory
    shutil.rmtree(tmp_path / "first")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(seconds_of(work, source, tmp_path / "out"))
    size = sum(path.stat().st_size for path in source.iterdir())
    print(f"\n{size / 1e9:.2f} GB in {shards} file(s), {os.cpu_count()} cores")
    copied = statistics.median(clock for clock, _ in taken["copying"])
    for name, times in taken.items():
        clock, worked = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name}: {clock:.2f} s, {clock / copied:.2f} times copying, {worked:.2f} s of all cores")
        assert len(times) == ROUNDS


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("jobs", [1, 4])
def test_memory_does_not_grow(model: Path, tmp_path: Path, jobs: int) -> None:
    """The command needs below 500 MB whatever the size."""
    peak = peak_of_command(model, tmp_path / "out", jobs)
    print(f"\n{peak >> 20} MB at most with jobs={jobs}")
    assert peak < MOST_MEMORY


def quantised(folder: Path, heads: int = 16, columns: int = 4096) -> tuple[Path, Path]:
    """One layer in bfloat16, and the same in Q8_0 with its rows moved for adjacent pairs."""
    pytest.importorskip("gguf")
    from made_layers import Made, right
    from saved_models import save_folder, save_gguf

    g = np.random.default_rng(0)
    half = WIDTH // 2
    adjacent = tuple(row for j in range(half) for row in (j, j + half))

    def rows(count: int) -> Any:
        return rounded(g.normal(size=(count, WIDTH, columns)).astype(np.float32), "BF16")

    own = Made(rows(heads), rows(heads // 4), rows(heads // 4), rows(heads).reshape(columns, -1))
    source = save_folder(folder / "hf", [own], dtype="BF16", hidden_size=columns)
    return source, save_gguf(folder / "x.gguf", [right(own, adjacent)], dtype="Q8_0")


def verified(source: Path, target: Path) -> None:
    """The whole answer."""
    assert verify_weights(str(source), str(target)).verdict == "right"


def dequantised(source: Path, target: Path) -> None:
    """All numbers of both files read as float32, and as many compared."""
    from prover.weights.stored.checkpoint import open_checkpoint

    sides = [open_checkpoint(path).tensors for path in (source, target)]
    for role, name in (("q", "q_proj"), ("k", "k_proj"), ("v", "v_proj"), ("o", "o_proj")):
        ours = sides[0][f"model.layers.0.self_attn.{name}.weight"]
        theirs = sides[1][f"blk.0.attn_{'output' if role == 'o' else role}.weight"]
        pair = [row_values(each, each.shape[0], 0, each.shape[0]) for each in (ours, theirs)]
        assert (np.abs(pair[0] - pair[1]).max(axis=1) >= 0).all()


@pytest.mark.benchmark(group="verify a layer in Q8_0")
def test_verified(benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`weights verify`: which rows stand where, proved and found among the numbers."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "weights")
    benchmark.pedantic(verified, args=quantised(tmp_path), rounds=3, warmup_rounds=1)


@pytest.mark.alternative
@pytest.mark.benchmark(group="verify a layer in Q8_0")
def test_dequantised(benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbers of both files read and compared once."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "weights")
    benchmark.pedantic(dequantised, args=quantised(tmp_path), rounds=3, warmup_rounds=1)
