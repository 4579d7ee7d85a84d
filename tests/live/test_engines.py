"""The rotary modules of vLLM and SGLang, run from their pinned sources, at SPECs of the catalogue."""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import engine_sources
import numpy as np
import pytest
from engine_sources import ARCHIVES, Archive, SourceError
from engine_stand_ins import Absent, importable

from prover import api
from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode, written
from prover.measure.probe import Array, Kernel, probe
from prover.measure.upstream.measuring import measure_upstream, software
from prover.measure.upstream.served import ROWS, kernel_of

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]
ENGINES = ("vllm", "sglang")
SIDE, LANES, BASE = 64, 32, 10000.0  # of a grid of patches; of a head; of its frequencies
CELLS = "x=a + b,y=a + 2*b"  # columns and rows from 1 on, and the class token where a and b are 0
TEXT = "t=p,h=p,w=p"


@cache
def tables(engine: str) -> dict[str, Any]:
    """What each SPEC of an engine's list was seen to do, and the kernels below; measured once for all tests."""
    with importable(engine):
        found = {spec: measure_upstream(engine, spec)["cases"][0] for spec in software(engine).specs}
        for name, (make, width, axes) in FED.items():
            if name.startswith(f"{engine}/"):
                found[name] = {"id": name, **probe(make(), width, axes).case}
    return found


def cell(a: float, b: float) -> int:
    """The row of CELLS in a table of patches, row after row, with the class token last."""
    column, row = int(a + b), int(a + 2 * b)
    return (row - 1) * SIDE + column - 1 if column else SIDE * SIDE


def on_patches(turned: Any) -> Kernel:
    """A function of queries and keys, [1, patches, heads, lanes], at CELLS."""
    import torch

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        query = torch.zeros(1, SIDE * SIDE + 1, len(vectors), LANES)
        query[0, cell(*position)] = torch.tensor(vectors, dtype=torch.float32)
        query, key = turned(query, query.clone())
        assert torch.equal(query, key)
        return np.asarray(query[0, cell(*position)].double())

    return kernel


def vllm_llama4_vision() -> Kernel:
    """As Llama4VisionAttention in vllm/model_executor/models/mllama4.py has it."""
    import torch
    from vllm.model_executor.layers.rotary_embedding import get_rope

    parameters = {"rope_type": "mllama4", "rope_theta": BASE, "partial_rotary_factor": 0.5}
    return on_patches(get_rope(LANES, SIDE**2, False, parameters, torch.complex64).forward_native)


def sglang_llama4_vision() -> Kernel:
    """The table of the vision tower, and what its layers do with it."""
    import torch
    from sglang.srt.models.mllama4 import Llama4VisionRotaryEmbedding, apply_position_embedding

    config = SimpleNamespace(image_size=SIDE * 14, patch_size=14, hidden_size=2 * LANES, num_attention_heads=2,
                             rope_parameters={"rope_theta": BASE})
    table = Llama4VisionRotaryEmbedding(config)(torch.zeros(1))
    return on_patches(lambda query, key: apply_position_embedding(query, key, table, query.shape))


def sglang_vision() -> Kernel:
    """The tables that Qwen2-VL's tower gives its blocks, and what its attention calls with them."""
    import torch
    from sglang.srt.layers.rotary_embedding.utils import apply_rotary_pos_emb_native_eager
    from sglang.srt.models.qwen2_vl import Qwen2VisionRotaryEmbedding, Qwen2VisionTransformer

    rows, columns, merged, given = 48, 16, 2, []

    def block(x: Any, *, position_embeddings: Any, **_: Any) -> Any:
        given.append(position_embeddings)
        return x

    tower = SimpleNamespace(device="cpu", dtype=torch.float32, spatial_merge_size=merged, blocks=[block],
                            rotary_pos_emb=Qwen2VisionRotaryEmbedding(LANES // 2), patch_embed=torch.nn.Identity(),
                            merger=torch.nn.Identity())
    tower.rot_pos_emb = lambda grid: Qwen2VisionTransformer.rot_pos_emb(tower, grid)
    Qwen2VisionTransformer.forward(tower, torch.zeros(rows * columns, LANES), torch.tensor([[1, rows, columns]]))

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        (row, column), (cos, sin) = (int(place) for place in position), given[0]
        block_of = row // merged * (columns // merged) + column // merged  # patches that are merged follow each other
        patch = block_of * merged**2 + row % merged * merged + column % merged
        x = torch.tensor(vectors, dtype=torch.float32)[:, None]
        query, key = apply_rotary_pos_emb_native_eager(
            x, x, cos[patch].expand(len(x), -1), sin[patch].expand(len(x), -1))
        assert torch.equal(query, key)
        return np.asarray(query[:, 0].double())

    return kernel


def sglang_bailing() -> Kernel:
    """Text, one number for a token; images are turned by Triton alone."""
    import torch
    from sglang.srt.layers.rotary_embedding import get_rope

    scaling = {"rope_type": "yarn", "video_rope": True, "mrope_section": [8, 12, 12], "factor": 4.0,
               "original_max_position_embeddings": 1024, "attn_factor": 1.25, "beta_fast": 16}
    module = get_rope(64, 64, ROWS, BASE, True, scaling, torch.float32)
    return kernel_of(module, module.forward)


def sglang_ernie() -> Kernel:
    """Text, one number for a token."""
    import torch
    from sglang.srt.layers.rotary_embedding import Ernie4_5_VLRotaryEmbedding

    module = Ernie4_5_VLRotaryEmbedding(64, 64, ROWS, BASE, False, torch.float32, mrope_section=[12, 12, 8])
    return kernel_of(module, module.forward_native)


FED = {
    "vllm/llama4-vision": (vllm_llama4_vision, LANES, ("a", "b")),
    "sglang/llama4-vision": (sglang_llama4_vision, LANES, ("a", "b")),
    "sglang/vision": (sglang_vision, LANES, ("a", "b")),
    "sglang/bailing-mrope": (sglang_bailing, 64, ("p",)),
    "sglang/ernie-vl": (sglang_ernie, 64, ("p",)),
}
BAILING = (":head_size=64:mrope_section=8,12,12:factor=4:original_max_position_embeddings=1024:attn_factor=1.25"
           ":beta_fast=16")
FED_ROWS = [
    ("vllm/llama4-vision", ":head_dim=32", CELLS, "x=a + 2*b,y=a + b"),
    ("vllm/llama4-vision", ":head_dim=32", CELLS, "x=a + b - 1,y=a + 2*b - 1"),
    ("sglang/llama4-vision", ":head_dim=32", CELLS, "x=a + 2*b,y=a + b"),
    ("sglang/llama4-vision", ":head_dim=32", CELLS, "x=a + b - 1,y=a + 2*b - 1"),
    ("sglang/vision", ":head_dim=32", "h=a,w=b", "h=b,w=a"),
    ("sglang/bailing-mrope", BAILING, TEXT, "t=p,h=p,w=2*p"),
    ("sglang/ernie-vl", ":head_size=64:mrope_section=12,12,8", TEXT, "t=2*p,h=p,w=p"),
]


@pytest.mark.parametrize(("engine", "spec"), [(engine, spec) for engine in ENGINES for spec in software(engine).specs])
def test_kernel_conforms(engine: str, spec: str) -> None:
    """The engine does what its layout of the catalogue says, to the last pair."""
    assert () == conform(load(spec).layout, decode(spec, tables(engine)[spec], engine)).differences


@pytest.mark.parametrize(("engine", "family"), [(each, name) for each in ENGINES for name in software(each).builds])
def test_rows_are_told_apart(engine: str, family: str) -> None:
    """Negative control: what a kernel does is the layout of no other row, unless the other row's layout is the same."""
    rows = {spec: load(spec).layout for spec in software(engine).specs if spec.partition(":")[0] == family}
    told = 0
    for spec, own in rows.items():
        found = decode(spec, tables(engine)[spec], engine)
        for other, layout in rows.items():
            if layout.width == own.width:
                is_same = (layout.pairs, layout.passes) == (own.pairs, own.passes)
                assert is_same == conform(layout, found).conforms, f"{spec} by {other}"
                told += not is_same
    assert told


@pytest.mark.parametrize(("name", "parameters", "feed", "other"), FED_ROWS)
def test_kernel_under_a_feed_conforms(name: str, parameters: str, feed: str, other: str, tmp_path: Path) -> None:
    """Where not every axis can be set alone, the kernel is its layout under a feed, and not under another."""
    file = tmp_path / "table.json"
    file.write_text(written({"software": {}, "cases": [tables(name.partition("/")[0])[name]]}))
    assert [] == api.conform(name + parameters, str(file), feed=feed).to_json()["differences"]
    assert api.conform(name + parameters, str(file), feed=other).to_json()["differences"]


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`measure sglang` is the same for what is installed; its version is told, and what it refuses is a message."""
    with importable("sglang"):
        assert 0 == run_command(["measure", "sglang", "sglang/rope:head_size=16", "--conform"])
        assert "conforms to sglang/rope:head_size=16; a rotation" in capsys.readouterr().out
        assert 0 == run_command(["measure", "--list"])
        assert "sglang 0.5.23, torch 2" in capsys.readouterr().out
        part = "sglang/rope:head_size=16:rotary_dim=8:rope_type=deepseek_yarn:factor=4"
        assert 2 == run_command(["measure", "sglang", part])
        assert "sglang does not compute it: RuntimeError: Tensors must have same number" in capsys.readouterr().err


def test_keys_turned_otherwise_are_refused() -> None:
    """A layout is of queries and keys alike."""
    import torch

    module = torch.nn.BatchNorm1d(4)
    assert (np.eye(4) == kernel_of(module, lambda _, query, key: (query, key))(np.eye(4), (1.0,))).all()
    with pytest.raises(ValueError, match="keys are turned otherwise than queries"):
        kernel_of(module, lambda _, query, key: (query, -key))(np.eye(4), (1.0,))


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_left(engine: str) -> None:
    """Within, the modules are those of the archive and what is not there raises; afterwards there is no engine."""
    before, path = set(sys.modules), list(sys.path)
    with importable(engine) as folder:
        module = importlib.import_module(engine).__name__
        taken = {name: vars(sys.modules[name]).get("__file__") for name in sys.modules if name.startswith(f"{module}.")}
        assert all(str(file).startswith(str(folder)) for name, file in taken.items() if ".rotary_embedding" in name)
        absent = getattr(importlib.import_module(f"{engine}.not_there"), "anything")  # noqa: B009
        assert isinstance(absent, Absent)
        with pytest.raises(AssertionError, match=f"{engine}.not_there.anything is replaced, and was called"):
            absent()
    assert not {name for name in set(sys.modules) - before if name.partition(".")[0] == engine}
    assert (path, False) == (sys.path, folder.exists())


def test_another_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not the pinned one, by its digest."""
    monkeypatch.setattr(engine_sources, "CACHE", tmp_path)
    (tmp_path / ARCHIVES["vllm"].file).write_bytes(b"other")
    with pytest.raises(SourceError, match=r"has SHA-256 [0-9a-f]{64}, expected f4c33c25"):
        engine_sources.unpacked("vllm", tmp_path / "out")


def test_an_index_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No source is a failure, and leaves nothing in the cache."""
    monkeypatch.setattr(engine_sources, "CACHE", tmp_path)
    monkeypatch.setattr(engine_sources, "INDEX", (tmp_path / "no-index").as_uri())
    with pytest.raises(SourceError, match=r"vllm-0\.33\.0\.tar\.gz cannot be fetched from file:.*: URLError"):
        engine_sources.unpacked("vllm", tmp_path / "out")
    assert [] == list(tmp_path.iterdir())


def test_index_is_pips_own_and_pip_stays_outside() -> None:
    """Where pip is imported, setuptools cannot be any more, and Megatron-Core imports it."""
    asked = "import sys, engine_sources; print(engine_sources.index(), 'pip' in sys.modules); import setuptools"
    kept = {name: value for name, value in os.environ.items() if name != "PIP_INDEX_URL"}
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=Path(__file__).parent, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    index, imported = done.stdout.split()
    assert index.startswith("https://")
    assert index.endswith("/simple")
    assert imported == "False"


def test_only_wanted_files_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No link, nothing beside what is wanted, and nothing out of the folder."""
    def packed(*names: str) -> Archive:
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
            for name in names:
                entry = tarfile.TarInfo(f"a-1/{name}")
                entry.size = 4
                file.addfile(entry, io.BytesIO(b"text"))
            link = tarfile.TarInfo("a-1/a/link.py")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            file.addfile(link)
        digest = hashlib.sha256((tmp_path / "a.tar.gz").read_bytes()).hexdigest()
        return Archive("a", "a.tar.gz", digest, ("a",), "a-1/")

    monkeypatch.setattr(engine_sources, "CACHE", tmp_path)
    monkeypatch.setitem(ARCHIVES, "a", packed("a/x.py", "b/x.py", "ab.py"))
    found = engine_sources.unpacked("a", tmp_path / "out")
    assert ["a", "a/x.py"] == sorted(path.relative_to(found).as_posix() for path in found.rglob("*"))
    monkeypatch.setitem(ARCHIVES, "a", packed("a/../../x.py"))
    with pytest.raises(SourceError, match="leads out of the folder"):
        engine_sources.unpacked("a", tmp_path / "out")
    monkeypatch.setitem(ARCHIVES, "a", packed("b/x.py"))
    with pytest.raises(SourceError, match=r"a\.tar\.gz has no a"):
        engine_sources.unpacked("a", tmp_path / "other")


@pytest.mark.parametrize("path", ["/etc/x", "a/../../x", "../x", "a\\x", "C:x"])
def test_paths_stay_inside(path: str) -> None:
    """No name in an archive leads out of the folder."""
    with pytest.raises(SourceError, match="leads out of the folder"):
        engine_sources.inside(path)
