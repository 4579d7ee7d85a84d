"""Parameters that a real config can hold but a kernel cannot: an error where it refuses, a warning where it goes on.

What each kernel does with them comes from its source: assertions of vLLM, ggml and ONNX Runtime, and what
transformers 5.24.0, SGLang and mlx-vlm make of sections in silence.
"""

from __future__ import annotations

import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load

YARN = "rope_type=yarn:factor=4:original_max_position_embeddings=64"
LONG4 = (
    "head_size=4:short_factor=1,2:long_factor=3,4:original_max_position_embeddings=64:max_position_embeddings=256"
)
LONGROPE = f"vllm/longrope:{LONG4}"

REFUSED = {
    "transformers/mrope-chunked:mrope_section=16,24,20": "sum(mrope_section) == n_rot//2",
    "transformers/mrope-chunked:mrope_section=16,48": "len(mrope_section) == 3",
    "transformers/mrope-stride3:mrope_section=24,20": "len(mrope_section) >= 3",
    "transformers/half:head_dim=100:partial_rotary_factor=0.33": "must be even",
    "transformers/half:head_dim=null": "leave the parameter out",
    "transformers/half:head_dim=None": "leave the parameter out",
    "transformers/half:rope_type=longrope:short_factor=1,2:long_factor=1,2": "len(short_factor) == n_rot//2",
    "ggml/mrope:sections=0,0,0,0": "max(sections[0], sections[1], sections[2]) > 0",
    "ggml/mrope:sections=24,20,20": "len(sections) == 4",
    "ggml/neox:n_rot=63": "n_rot % 2 == 0",
    "ggml/vision-cuda:sections=0,0,16,16": "divides by sections[0] + sections[1]",
    "mlx/rope:head_dim=8:base=10000:freqs=1,10,100,1000": "excludes freqs",
    "mlx/rope:head_dim=8:freqs=1,10,100": "len(freqs) == dims//2",
    "llama-cpp/text:arch=llama:n_rot=64": "refuses a rope.dimension_count other than the width of the head",
    "llama-cpp/text:arch=deepseek2-ocr:base=500000": "base == 10000",
    "llama-cpp/mrope:arch=glm4:sections=0,32,32,0": "only if those of t and h are above 0",
    "ggml/imrope-openvino:freq_scale=0.5": "to another backend",
    "vllm/mrope:mrope_section=16,24,20": "sum(mrope_section) == rotary_dim//2",
    "vllm/mrope:mrope_interleaved=true:mrope_section=16,24,20": "vLLM asserts it",
    "vllm/bailing-mrope:mrope_section=20,24,20": "mrope_section[1] == mrope_section[2]",
    "onnxruntime/attention:rotary_offset=4": "no multiple of 8",
    "onnxruntime/mrotary-embedding:mrope_layout=1:mrope_section=11,11,10": "does not sum to half",
    "ascend/npu-interleave-rope:head_dim=128": "the operator takes 64 lanes, not 128",
    "vllm/rope:rope_type=ntk_mixed:factor=4:mixed_b=0.625": "expected whole numbers",
    "vllm/rope:rope_type=su": "rope_type=su is not known",
    "vllm/rope:rope_type=yarn:original_max_position_embeddings=64": "parameter 'factor' must be given",
    "vllm/rope:rope_type=yarn:factor=4": "parameter 'original_max_position_embeddings' must be given",
    f"vllm/rope:{YARN}:attention_factor=0": "pair 0 has magnitude 0",
    f"vllm/rope:{YARN}:beta_fast=0": "beta_fast > 0",
    f"sglang/rope:{YARN}:beta_slow=0": "beta_slow > 0",
    f"sglang/rope:{YARN}:attn_factor=0": "pair 0 has magnitude 0",
    f"sglang/mrope:head_size=16:mrope_section=2,3,3:{YARN}:mscale=1": "unknown parameter 'mscale'",
    "mlc-llm/deepseek:rope_type=yarn": "rope_type=yarn is not known",
    "mlc-llm/mrope:mrope_section=0,32,32": "which MLC-LLM refuses",
    "onnxruntime-genai/mrope:mrope_section=16,24,20": "the builder refuses it",
    "flashinfer/llama31:low_freq_factor=4": "high_freq_factor != low_freq_factor",
    "tensorrt-llm/rope:rotary_scaling_type=dynamic": "parameter 'alpha' must be given",
    "tensorrt-llm/rope:rotary_scaling_type=yarn:factor=4:truncate=false": "unknown parameter 'truncate'",
    "deepseek/mla:beta_fast=0": "beta_fast > 0",
    "megatron-bridge/ernie-vl:mrope_section=22,22,21": "% 2 == 0",
    "vllm/gemma4:partial_rotary_factor=0": "partial_rotary_factor > 0",
    "vllm/k2-horizon:head_dim=64:partial_rotary_factor=0.55": "% 2 == 0",
}

WARNED = {
    "transformers/mrope-stride3:mrope_section=16,24,24": "section 0 is never read; this gives 22/21/21",
    "transformers/mrope-stride3:head_dim=64:mrope_section=8,12,12": "this gives 11/11/10",
    "transformers/half:partial_rotary_factor=0.5": "ignore partial_rotary_factor under rope_type default",
    "ggml/imrope:sections=24,20,20,0": "fall to e, which llama.cpp feeds 0 for text and images; this gives 22/20/20/2",
    "ggml/imrope:sections=16,24,24,0": "this gives 16/21/21/6",
    "ggml/mrope:sections=8,8,8,0": "from pair 24 on the pattern starts over, and this gives 24/24/16/0",
    "ggml/mrope:n_rot=64:sections=24,20,20,0": "the tail is never reached, and this gives 24/8/0/0",
    "ggml/vision:head_dim=64:sections=10,6,0,0": "from pair 16 on the pattern starts over, and this gives 20/12/0/0",
    "ggml/vision:head_dim=64:sections=8,0,8,16": "keeps the counter of the next one from being reset",
    "ggml/vision-cuda:head_dim=64:sections=10,6,0,0": "starts over, and this gives 20/12/0/0",
    "ggml/vision-metal:head_dim=64:sections=18,14,0,0": "tests against section 1",
    "sglang/mrope:mrope_section=8,12,12": "rescales it in silence to 16/24/24",
    "sglang/mrope:mrope_section=0,0,0": "rescales it in silence to 22/21/21",
    "sglang/mrope-glm:mrope_section=8,12,12": "rescales it in silence to 16/24/24",
    f"sglang/rope:{YARN}:attention_factor=1": "attention_factor=1 is not read",
    f"sglang/mrope:head_size=16:mrope_section=2,3,3:{YARN}:attention_factor=1": "attention_factor=1 is not read",
    "sglang/rope:rope_type=deepseek_yarn:truncate=false": "truncate is not read",
    "vllm/rope:rope_type=deepseek_yarn:factor=4:original_max_position_embeddings=64:attention_factor=2":
        "attention_factor=2 is not read",
    f"vllm/rope:{YARN}:max_position_embeddings=256": "max_position_embeddings=256 is not read",
    "liger/qwen2vl-mrope:mrope_section=16,24,20": "this gives 16/24/24",
    "megatron-bridge/ernie-vl:mrope_section=16,24,20": "this gives 20/22/22",
    f"{LONGROPE}:factor=4": "factor=4 is not read",
    f"{LONGROPE}:attention_factor=1.5": "attention_factor=1.5 is not read",
    "vllm/gemma4:factor=8": "factor=8 is not read",
    f"sglang/longrope:{LONG4}:seq_len=65": "whose last position is 64, one past the short table",
    "sglang/gemma4:factor=8": "factor=8 is not read",
    "mlx-vlm/mrope:style=chunked:mrope_section=8,12,12": "go to the first axis in silence; this gives 40/12/12",
    "llama-cpp/text:arch=deepseek2-ocr": "reports NORM",
    "llama-cpp/text:arch=bailingmoe3": "is MROPE, which pairs halves",
    "llama-cpp/text:arch=dflash": "NORM where it drafts for DeepSeek-V4",
    "transformers/hidden-states": "before W_q and W_k",
    "transformers/whole-hidden": "not about one head",
    "transformers/musicflamingo": "knows no heads",
}

SILENT = (
    "transformers/mrope-stride3:mrope_section=24,20,20",
    "transformers/mrope-stride3:head_dim=64:mrope_section=11,11,10",
    "transformers/half",
    "ggml/imrope:n_rot=64:sections=11,11,10,0",
    "ggml/imrope:sections=22,21,21,0",
    "ggml/imrope-openvino:sections=24,20,20,0",
    "ggml/imrope-openvino:sections=8,8,8,0",
    "ggml/mrope:sections=24,20,20,0",
    "ggml/vision:head_dim=64:sections=16,16,16,16",
    "ggml/vision:head_dim=64:sections=16,16,0,0",
    "ggml/vision-metal:head_dim=64:sections=16,16,0,0",
    "sglang/mrope:mrope_section=16,24,24",
    f"sglang/rope:{YARN}:attn_factor=1.5",
    f"vllm/rope:{YARN}:attention_factor=1.5",
    LONGROPE,
    "mlx-vlm/mrope:style=chunked:mrope_section=16,24,24",
    "llama-cpp/text:arch=llama",
)


@pytest.mark.parametrize("spec", REFUSED)
def test_what_a_kernel_refuses_is_an_error(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and what the kernel asks for."""
    assert 2 == run_command(["prove", spec, spec])
    assert REFUSED[spec] in capsys.readouterr().err


@pytest.mark.parametrize("spec", WARNED)
def test_what_a_kernel_does_in_silence_is_a_warning(spec: str) -> None:
    """The layout is what the kernel makes of it, and says so."""
    (warning,) = load(spec).about.warnings
    assert WARNED[spec] in warning


@pytest.mark.parametrize("spec", SILENT)
def test_no_warning_where_the_kernel_does_what_is_written(spec: str) -> None:
    """Parameters that are followed to the letter carry no warning."""
    assert () == load(spec).about.warnings


def test_modalities_that_turn_a_pair_differently_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """llama.cpp's audio (e = p) beside text (e = 0): no longer a function of relative position."""
    command = ["prove", "ggml/imrope:sections=24,20,20,0", "ggml/imrope:sections=24,20,20,0"]
    assert 0 == run_command([*command, "--feed", "text", "--feed", "audio"])
    told = " ".join(capsys.readouterr().out.split())
    assert "pairs 61-62 turn differently by modality" in told
    assert 0 == run_command([*command, "--feed", "text", "--feed", "image"])
    assert "turn differently" not in capsys.readouterr().out
