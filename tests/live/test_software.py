"""Kernels of installed software at SPECs of the catalogue, measured now."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.measure.upstream.llama_cpp_files import ARCHITECTURES
from prover.measure.upstream.measuring import installed, measure_upstream, software
from prover.measure.upstream.names import MODULES

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]
NAMES = [name for name in MODULES if name not in ("vllm", "sglang")]  # those in test_engines.py
APART = {
    "timm": "in the extra live-timm: needs a torchvision built for the installed torch",
    **{name: "in tests/live/bare.txt: installed without what it requires" for name in MODULES if software(name).bare},
}


def row(name: str, *specs: str) -> object:
    """A row that runs wherever the extra live is, and where the software is that is installed apart."""
    absent = name in APART and None in installed(software(name).packages).values()
    return pytest.param(name, *specs, marks=pytest.mark.skip(reason=APART[name]) if absent else ())


@pytest.mark.parametrize(("name", "spec"), [row(name, spec) for name in NAMES for spec in software(name).specs])
def test_kernel_conforms(name: str, spec: str) -> None:
    """The software does what its layout of the catalogue says, to the last pair."""
    table = measure_upstream(name, spec)["cases"][0]
    assert () == conform(load(spec).layout, decode(spec, table, name)).differences


@pytest.mark.parametrize("name", MODULES)
def test_every_layout_is_measured(name: str) -> None:
    """No kernel can be built that the list leaves out, and every word of a choice is in it."""
    assert set(software(name).builds) == {spec.partition(":")[0] for spec in software(name).specs}


@pytest.mark.parametrize(("name", "spec", "other"), [
    ("onnx", "onnx/rotary-embedding:head_size=64:interleaved=1", "onnx/rotary-embedding:head_size=64"),
    ("onnxruntime", "onnxruntime/mrotary-embedding:head_size=64:mrope_section=8,12,12:mrope_layout=1",
     "onnxruntime/mrotary-embedding:head_size=64:mrope_section=8,12,12"),
    ("mlx", "mlx/rope:head_dim=64:scale=0.5", "mlx/rope:head_dim=64"),
    ("mlx-lm", "mlx-lm/rope:head_dim=64:rope_type=llama3:factor=8", "mlx-lm/rope:head_dim=64"),
    ("mlx-lm", "mlx-lm/latent:qk_nope_head_dim=16:qk_rope_head_dim=32", "mlx-lm/latent:qk_nope_head_dim=16"
     ":qk_rope_head_dim=32:traditional=false"),
    ("mlx-lm", "mlx-lm/latent:qk_nope_head_dim=8:qk_rope_head_dim=8:traditional=false:rope_type=longrope"
     ":long_factor=1,2,3,4", "mlx-lm/latent:qk_nope_head_dim=8:qk_rope_head_dim=8:traditional=false"
     ":rope_type=longrope:long_factor=1,2,3,5"),
    ("llama-cpp", "llama-cpp/text:head_dim=64", "llama-cpp/text:arch=qwen2:head_dim=64"),
    ("llama-cpp", "llama-cpp/text:arch=qwen2:head_dim=64:freq_scale=0.25:ext_factor=1:n_ctx_orig=4096:beta_fast=64",
     "llama-cpp/text:arch=qwen2:head_dim=64:freq_scale=0.25:ext_factor=1:n_ctx_orig=4096"),
    ("llama-cpp", "llama-cpp/mrope:head_dim=64:sections=8,12,12,0", "llama-cpp/mrope:head_dim=64:sections=12,8,12,0"),
    ("llama-cpp", "llama-cpp/imrope:head_dim=64:sections=12,10,10,0",
     "llama-cpp/mrope:head_dim=64:sections=12,10,10,0"),
    ("llama-cpp", "llama-cpp/longrope:head_dim=8:short_factor=1,2,3,4:long_factor=5,6,7,8:n_ctx_orig=512:n_ctx=1024",
     "llama-cpp/longrope:head_dim=8:short_factor=1,2,3,4:long_factor=5,6,7,8:n_ctx_orig=512:n_ctx=512"),
    ("llama-cpp", "llama-cpp/hunyuan:head_dim=64:alpha=50", "llama-cpp/hunyuan:head_dim=64:alpha=51"),
    ("llama-cpp", "llama-cpp/hunyuan-vl:head_dim=64:alpha=50:sections=8,8,8,8",
     "llama-cpp/hunyuan-vl:head_dim=64:alpha=50:sections=8,8,9,7"),
    ("llama-cpp", "llama-cpp/indexer:head_dim=64:n_rot=32", "llama-cpp/indexer:arch=glm-dsa:head_dim=64:n_rot=32"),
    ("llama-cpp", "llama-cpp/output-back:head_dim=96:n_rot=32:offset=64",
     "llama-cpp/text:arch=deepseek4:head_dim=96:n_rot=32:offset=64"),
    ("x-transformers", "x-transformers/rope:dim_head=64", "x-transformers/rope:dim_head=64:base=20000"),
    ("rotary-embedding-torch", "lucidrains/rope:head_dim=64:theta=20000", "lucidrains/rope:head_dim=64"),
    row("timm", "timm/rope-cat-index:head_dim=64:half=true", "timm/rope-cat-index:head_dim=64"),
    row("timm", "timm/rope-cat-index:head_dim=64:grid_indexing=xy", "timm/rope-cat-index:head_dim=64"),
    row("timm", "timm/rope-cat:head_dim=64:max_res=16:linear_bands=1", "timm/rope-cat:head_dim=64:max_res=16"),
    row("timm", "timm/rope-cat:head_dim=64:max_res=16", "timm/rope-cat:head_dim=64:max_res=18"),
    row("timm", "timm/dinov3:head_dim=64:min_period=0.5:max_period=90", "timm/dinov3:head_dim=64"),
    row("timm", "timm/dinov3:head_dim=64:rotate_half=false", "timm/dinov3:head_dim=64"),
    row("timm", "timm/rope-mixed:freqs_x=1,0.5,0,0.5:freqs_y=0,0.5,1,0.5", "timm/rope-mixed"),
    ("diffusers", "diffusers/flux:theta=2000", "diffusers/flux"),
    ("diffusers", "diffusers/flux3:axes_dims_rope=16,32,32,48", "diffusers/flux3"),
    ("diffusers", "diffusers/hidream:axes_dims_rope=64,16,48", "diffusers/hidream"),
    ("diffusers", "diffusers/ernie-image", "diffusers/z-image"),
    ("diffusers", "diffusers/z-image:rope_theta=10000", "diffusers/z-image"),
    ("diffusers", "diffusers/lumina2:theta=500", "diffusers/lumina2"),
    ("diffusers", "diffusers/qwen-image:theta=500", "diffusers/qwen-image"),
    ("diffusers", "diffusers/cogview4", "diffusers/hunyuan-dit"),
    ("diffusers", "diffusers/glm-image:rope_theta=500", "diffusers/glm-image"),
    ("diffusers", "diffusers/hunyuan-video:rope_theta=10000", "diffusers/hunyuan-video"),
    ("diffusers", "diffusers/hunyuan-image", "diffusers/hunyuan-image:rope_theta=10000"),
    ("diffusers", "diffusers/cosmos:head_dim=80:rope_scale=1,2,3", "diffusers/cosmos:head_dim=80:rope_scale=1,3,2"),
    ("diffusers", "diffusers/wan:head_dim=40", "diffusers/wan:head_dim=40:slices=thirds"),
    ("diffusers", "diffusers/skyreels:theta=500", "diffusers/skyreels"),
    ("megatron-core", "megatron/rope:rotary_interleaved=true", "megatron/rope"),
    ("megatron-core", "megatron/rope:use_rope_scaling=true:rope_scaling_factor=32:rotary_base=500000",
     "megatron/rope:use_rope_scaling=true:rope_scaling_factor=8:rotary_base=500000"),
    ("megatron-core", "megatron/yarn:kv_channels=64:factor=40:mscale=0.707", "megatron/yarn:kv_channels=64:factor=40"),
    ("megatron-core", "megatron/mla:rope_type=rope", "megatron/mla:rope_type=rope:mla_rotary_interleaved=false"),
    ("megatron-core", "megatron/mrope:mrope_section=16,24,24", "megatron/mrope:mrope_section=24,20,20"),
    row("torchtitan", "torchtitan/rope", "torchtitan/rope:backend=cos_sin"),
    row("torchtitan", "torchtitan/llama:theta=500000", "torchtitan/rope:theta=500000"),
    row("torchtitan", "torchtitan/yarn:head_dim=64:rope_factor=40",
        "torchtitan/yarn:head_dim=64:rope_factor=40:truncate=false"),
    row("torchtitan", "torchtitan/qwen3-5:mrope_section=24,20,20", "torchtitan/qwen3-5:mrope_section=26,19,19"),
    row("torchtune", "torchtune/rope", "torchtune/phi3"),
    row("torchtune", "torchtune/phi3", "torchtune/qwen2"),
    row("torchtune", "torchtune/llama3-1:scale_factor=32", "torchtune/llama3-1"),
    row("torchtune", "torchtune/vision:head_dim=32", "torchtune/vision:head_dim=32:rope_theta=500"),
    row("litgpt", "litgpt/rope:head_size=64:rope_interleave=true", "litgpt/rope:head_size=64"),
    row("litgpt", "litgpt/rope:head_size=64:rotary_percentage=1:rope_adjustments=yarn",
        "transformers/half:head_dim=64:rope_type=yarn:factor=40:original_max_position_embeddings=4096"),
    row("llama-models", "meta/llama:theta=500000:use_scaled_rope=true:factor=16",
        "meta/llama:theta=500000:use_scaled_rope=true"),
    row("executorch", "executorch/rope:use_hf_rope=true", "executorch/rope"),
    row("executorch", "executorch/rope:use_scaled_rope=true:rope_scale_factor=32",
        "executorch/rope:use_scaled_rope=true"),
    row("litert-torch", "litert/rope:base=500000", "litert/rope"),
    row("keras-hub", "keras-hub/rope:head_dim=64:n_rot=32:denominator_dim=64", "keras-hub/rope:head_dim=64:n_rot=32"),
    row("keras-hub", "keras-hub/rope:rope_type=dynamic:scaling_factor=4", "keras-hub/rope:scaling_factor=4"),
    row("keras-hub", "keras-hub/gemma", "keras-hub/rope"),
    ("tinygrad", "tinygrad/rope:head_dim=16:theta=500000", "tinygrad/rope:head_dim=16"),
    row("roformer", "roformer/rope:head_dim=32", "roformer/rope:head_dim=32:rope_theta=10001"),
    row("torchscale", "torchscale/rope:head_dim=32", "transformers/half:head_dim=32"),
])
def test_another_layout_is_noticed(name: str, spec: str, other: str) -> None:
    """Negative control: a parameter reaches the kernel, so that the layout with another one differs."""
    found = decode(spec, measure_upstream(name, spec)["cases"][0], name)
    assert conform(load(spec).layout, found).conforms
    assert not conform(load(other).layout, found).conforms


def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`measure mlx SPEC --conform --out` prints a line, and writes a table that `conform` reads."""
    spec, out = "mlx/rope:head_dim=16:traditional=true", tmp_path / "table.json"
    assert 0 == run_command(["measure", "mlx", spec, "--conform", "--out", str(out)])
    assert "conforms to mlx/rope:head_dim=16:traditional=true; a rotation" in capsys.readouterr().out
    assert {"mlx"} == set(json.loads(out.read_text())["software"])
    assert 0 == run_command(["conform", spec, str(out)])


def test_no_latent_attention_turns_halves_without_longrope(capsys: pytest.CaptureFixture[str]) -> None:
    """What no module of mlx-lm does is refused, not measured of another."""
    assert 2 == run_command(["measure", "mlx-lm", "mlx-lm/latent:traditional=false"])
    assert "pair by halves with longrope alone" in capsys.readouterr().err


@pytest.mark.parametrize(("spec", "told"), [
    ("llama-cpp/text:arch=falcon", "no file of falcon is made here, but of llama, "),
    ("llama-cpp/text:arch=qwen2:head_dim=64:n_rot=32", "the graph of qwen2 rotates the whole head"),
])
def test_what_no_file_is_made_of_is_refused(spec: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before llama.cpp sees it, which ends the process."""
    assert 2 == run_command(["measure", "llama-cpp", spec])
    assert told in capsys.readouterr().err


def test_a_process_that_llama_cpp_ends_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A graph that rotates part of a head where it must not ends its own process, not that of the command."""
    pytest.importorskip("xllamacpp")
    monkeypatch.setitem(ARCHITECTURES, "qwen2", replace(ARCHITECTURES["qwen2"], partial=True))
    assert 2 == run_command(["measure", "llama-cpp", "llama-cpp/text:arch=qwen2:head_dim=64:n_rot=32"])
    told = capsys.readouterr().err
    assert "llama-cpp does not compute it: ValueError: llama.cpp ended its process by the signal SIGABRT: " in told
    assert "GGML_ASSERT(n_embd_head == " in told
    assert 0 == run_command(["measure", "llama-cpp", "llama-cpp/text:arch=qwen2:head_dim=64", "--conform"])


def test_what_the_software_refuses_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What upstream raises is a message, and no traceback."""
    assert 2 == run_command(["measure", "mlx-lm", "mlx-lm/rope:head_dim=64:rope_type=mrope"])
    told = capsys.readouterr().err
    assert "mlx-lm does not compute it: AssertionError: MRoPE currently only supports 3 sections" in told


@pytest.mark.parametrize(("name", "spec", "told"), [
    row("timm", "timm/rope-mixed:freqs_x=1,-4,0,0:freqs_y=0,0,1,1", "a frequency of 4 is half a turn or more"),
    row("timm", "timm/rope-cat:max_res=600", "max_res=600: below 512 is measured"),
    row("timm", "timm/dinov3:min_period=0.01:max_period=1", "min_period=0.01: above 0.0310078 is measured"),
])
def test_what_turns_too_fast_is_refused(name: str, spec: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A kernel read at places too far apart would be told a wrong frequency for."""
    assert 2 == run_command(["measure", name, spec])
    assert told in capsys.readouterr().err
