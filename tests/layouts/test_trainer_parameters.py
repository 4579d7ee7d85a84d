"""Parameters that trainers and vision towers refuse, or do not read, from the source that each layout cites."""

from __future__ import annotations

import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load

REFUSED = {
    "torchtitan/cos-sin-yarn:rope_factor=32": "takes them in reverse",
    "torchtitan/qwen3-5:head_dim=64": "indexes outside its table",
    "mlx-lm/rope:rope_type=yarn": "parameter 'factor' must be given",
    "mlx-lm/rope:rope_type=yarn:factor=4:truncate=false": "unknown parameter 'truncate'",
    "ctranslate2/rotary:rotary_scaling_type=yarn": "Choose one of none, linear, su, llama3",
    "maxtext/gemma4:factor=2": "unknown parameter 'factor'",
    "diffusers/omnigen:rope_type=su:attention_factor=2": "unknown parameter 'attention_factor'",
    "lucidrains/rope:dim=2": "dim > 2",
    "lucidrains/rope:start_index=40:dim=32": "32 lanes from lane 40 on do not fit into a head of 64",
    "x-transformers/rope:rotary_emb_dim=2": "divides by zero",
    "timm/mrope:mrope_section=-1,12,12": "none negative",
    "timm/mrope:head_dim=63": "odd",
    "diffusers/ideogram4:attention_head_dim=64": "reaches past the last pair of a head of 64",
    "diffusers/ltx:dim=8": "fewer than two frequencies",
    "diffusers/ltx2:rope_type=split:dim=26:num_attention_heads=2": "dim % (2*num_attention_heads) == 0",
    "diffusers/flux:axes_dims_rope=16,56": "len(axes_dims_rope) == 3",
    "litgpt/rope:head_size=100:rotary_percentage=0.33": "must be even",
    "maxtext/partial:head_dim=100:partial_rotary_factor=0.33": "must be even",
    "executorch/rope:use_hf_rope=true:head_dim=100:partial_rotary_factor=0.33": "must be even",
    "diffusers/omnigen:head_dim=16:rope_type=su:short_factor=1,2:long_factor=1,2": "len(short_factor) == n_rot//2",
}

WARNED = {
    "executorch/rope:partial_rotary_factor=0.5": "all 128 lanes turn",
    "executorch/rope:use_hf_rope=true:use_scaled_rope=true": "nothing is scaled",
    "keras-hub/rope:rope_type=yarn:scaling_factor=4:denominator_dim=256": "not read under rope_type yarn",
    "mlx-vlm/mrope:head_dim=32:style=sectioned_half_split:mrope_section=4,4,4": "which is no rotation",
    "llama-cpp/text:arch=cogvlm:base=500000": "base=500000 is not read",
    "diffusers/ideogram4": "section 0 is never read; this gives 88/20/20",
    "timm/mrope": "section 0 is never read; this gives 11/11/10",
}

SILENT = (
    "executorch/rope:use_hf_rope=true:partial_rotary_factor=0.5",
    "executorch/rope:use_scaled_rope=true",
    "keras-hub/rope:denominator_dim=256",
    "timm/mrope:mrope_section=11,11,10",
)


@pytest.mark.parametrize("spec", REFUSED)
def test_what_a_kernel_refuses_is_an_error(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and what the kernel asks for."""
    assert 2 == run_command(["prove", spec, spec])
    assert REFUSED[spec] in capsys.readouterr().err


@pytest.mark.parametrize("spec", WARNED)
def test_what_a_kernel_does_not_read_is_a_warning(spec: str) -> None:
    """The layout is what the kernel makes of it, and says so once."""
    (warning,) = load(spec).about.warnings
    assert WARNED[spec] in warning


@pytest.mark.parametrize("spec", SILENT)
def test_no_warning_where_all_is_read(spec: str) -> None:
    """Parameters that the kernel does read raise no warning."""
    assert () == load(spec).about.warnings
