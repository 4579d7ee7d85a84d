"""Rows for MLX, Megatron, TransformerEngine, kernel libraries, TensorRT-LLM, ONNX and other engines.

Every kernel is written from the source that its layout cites; the census of sixty systems gives flags and defaults.
"""

from __future__ import annotations

import math

import numpy as np

from catalogue.kernels import (
    Array,
    Positions,
    Row,
    by_axis,
    default_frequencies,
    llama3_frequencies,
    negate_and_swap_adjacent,
    negate_and_swap_halves,
    one_axis,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
    two_tables,
    yarn_frequencies,
)
from catalogue.sglang import chunks, turns
from catalogue.vllm import SPATIAL, one_vision_2

F128 = default_frequencies(10000, 128)
F64 = default_frequencies(10000, 64)
HALF = one_axis(rotate_halves, F128)
ADJACENT = one_axis(rotate_adjacent, F128)
QUARTER = default_frequencies(10000, 32)


def mlx_chunks(section: tuple[int, int, int], count: int) -> list[str]:
    """mlx-vlm's _chunked_position_selector: what no chunk covers stays on the first axis."""
    axes = ["t"] * count
    offset = section[0]
    for axis, length in zip("hw", section[1:], strict=True):
        for j in range(offset, min(offset + length, count)):
            axes[j] = axis
        offset += length
    return axes


def hunyuan_doubled(at: Positions) -> Array:
    """Doubled sections over (frequencies, frequencies): lane l takes the axis of its 32 lanes."""
    frequencies = np.tile(default_frequencies(10000 * 1000 ** (128 / 126), 128), 2)
    return np.repeat([at["p"], at["w"], at["h"], at["image"]], 32) * frequencies


def two_positions(x: Array, at: Positions) -> Array:
    """ChatGLM: two blocks of halves, one with the token's position, one with that in the block."""
    first, second = np.split(x, 2)
    frequencies = default_frequencies(10000, 64)
    parts = [rotate_halves(part, at[axis] * frequencies) for part, axis in ((first, "p"), (second, "block"))]
    return np.concatenate(parts)


def full_table(x: Array, at: Positions) -> Array:
    """aiter with a table as wide as the rotated lanes: its two halves may differ."""
    table = at["p"] * np.array([1, 0.5, 0.25, 0.5, 0.25, 0.125])
    return x * np.cos(table) + negate_and_swap_halves(x) * np.sin(table)


XFORMERS = llama3_frequencies(10000, 128, 16, 1, 32, 8192)
LLAMA31 = llama3_frequencies(500000, 128, 8, 1, 4, 8192)
MSCALE = 0.1 * math.log(40) + 1
YARN64 = yarn_frequencies(10000, 64, 40, 4096)
ALPHA = default_frequencies(10000 * 1000 ** (128 / 126), 128)

MLX = (
    Row("mlx/rope", HALF),
    Row("mlx/rope:traditional=true:dims=64:base=500000:scale=0.25",
        one_axis(rotate_adjacent, 0.25 * default_frequencies(500000, 64))),
    Row("mlx/rope:head_dim=8:freqs=1,10,100,1000", one_axis(rotate_halves, np.array([1, 0.1, 0.01, 0.001]))),
    Row("mlx-lm/rope:traditional=true:rope_type=linear:factor=4", one_axis(rotate_adjacent, F128 / 4)),
    Row("mlx-lm/rope:rope_type=llama3:base=500000:factor=8", one_axis(rotate_halves, LLAMA31)),
    Row("mlx-lm/rope:head_dim=64:rope_type=yarn:factor=40:original_max_position_embeddings=4096",
        one_axis(rotate_halves, YARN64, size=MSCALE)),
    Row("mlx-lm/su-rope:head_dim=8:long_factor=1,2,3,4",
        one_axis(rotate_halves, default_frequencies(10000, 8) / np.array([1, 2, 3, 4]),
                 size=math.sqrt(1 + math.log(32) / math.log(4096)))),
    Row("mlx-lm/proportional:head_dim=64:partial_rotary_factor=0.25",
        one_axis(rotate_halves, np.where(np.arange(32) < 8, default_frequencies(10000, 64), 0.0))),
    Row("mlx-lm/latent", one_axis(rotate_adjacent, F64, 128)),
    Row("mlx-lm/latent:qk_nope_head_dim=32:rope_type=yarn:factor=40:original_max_position_embeddings=4096:mscale=0.707",
        one_axis(rotate_adjacent, YARN64, 32, 0.0707 * math.log(40) + 1)),
    Row("mlx-lm/latent:qk_nope_head_dim=8:qk_rope_head_dim=8:traditional=false:rope_type=longrope:long_factor=1,2,3,4",
        one_axis(rotate_halves, default_frequencies(10000, 8) / np.array([1, 2, 3, 4]), 8,
                 math.sqrt(1 + math.log(32) / math.log(4096)))),
    Row("mlx-lm/alpha:alpha=1000", one_axis(rotate_halves, ALPHA)),
    Row("mlx-lm/alpha:head_dim=64:base=500000", one_axis(rotate_halves, default_frequencies(500000, 64))),
    Row("mlx-lm/reversed", one_axis(rotate_halves, -F128)),
    Row("mlx-lm/reversed:head_dim=64:base=1000000", one_axis(rotate_halves, -default_frequencies(1000000, 64))),
    Row("mlx-vlm/mrope", by_axis(rotate_halves, F128, turns([24, 20, 20], 64))),
    Row("mlx-vlm/mrope:style=chunked:mrope_section=8,12,12",
        by_axis(rotate_halves, F128, mlx_chunks((8, 12, 12), 64))),
    Row("mlx-vlm/mrope:style=split_select:mrope_section=40,20,20",
        by_axis(rotate_adjacent, F128, mlx_chunks((40, 20, 20), 64))),
    Row("mlx-vlm/ernie-vl", by_axis(rotate_adjacent, F128, SPATIAL)),
    Row("mlx-vlm/hunyuan-vl",
        by_axis(rotate_halves, ALPHA, ["p"] * 16 + ["w"] * 16 + ["h"] * 16 + ["image"] * 16)),
    Row("mlx-vlm/mage-vl", two_tables(negate_and_swap_adjacent, one_vision_2)),
)

NVIDIA = (
    Row("megatron/rope:rotary_percent=0.5", one_axis(rotate_halves, F64)),
    Row("megatron/rope:rotary_interleaved=true:seq_len_interpolation_factor=4", one_axis(rotate_adjacent, F128 / 4)),
    Row("megatron/rope:use_rope_scaling=true:rotary_base=500000", one_axis(rotate_halves, LLAMA31)),
    Row("megatron/yarn:kv_channels=64:factor=40:original_max_position_embeddings=4096",
        one_axis(rotate_halves, YARN64, size=MSCALE)),
    Row("megatron/mla:factor=40:original_max_position_embeddings=4096:mscale=1:mscale_all_dim=1",
        one_axis(rotate_adjacent_to_halves, YARN64, 128)),
    Row("megatron/mla:rope_type=rope:mla_rotary_interleaved=false", one_axis(rotate_halves, F64, 128)),
    Row("megatron/mrope", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
    Row("megatron/kimi-vision", by_axis(rotate_adjacent, np.repeat(QUARTER, 2), ["w", "h"] * 16)),
    Row("megatron-bridge/ernie-vl", by_axis(rotate_adjacent, F128, SPATIAL)),
    Row("nemo/rope:rotary_interleaved=true", ADJACENT),
    Row("transformer-engine/rope:dim=64", one_axis(rotate_halves, F64)),
    Row("transformer-engine/jax-rope:min_timescale=2:max_timescale=20000",
        one_axis(rotate_adjacent, 1 / (2 * 10000 ** (np.arange(64) / 64)))),
    Row("transformer-engine/jax-rope:rotary_pos_emb_group_method=alternate", HALF),
    Row("apex/rope:n_rot=64", one_axis(rotate_halves, F64)),
    Row("fastertransformer/rope:rotary_embedding_dim=64", one_axis(rotate_adjacent, F64)),
    Row("fastertransformer/rope:neox_rotary_style=true", HALF),
    Row("tensorrt-llm/rope", HALF),
    Row("tensorrt-llm/rope:position_embedding_type=rope_gptj:rotary_scaling_type=dynamic:alpha=1000",
        one_axis(rotate_adjacent, ALPHA)),
    Row("tensorrt-llm/rope:head_size=64:rotary_scaling_type=yarn:factor=40:original_max_position_embeddings=4096",
        one_axis(rotate_halves, YARN64)),
)

KERNELS = (
    Row("flash-attention/rotary:rotary_dim=64:interleaved=true:conjugate=true", one_axis(rotate_adjacent, -F64)),
    Row("flash-attention/rotary", HALF),
    Row("flash-attention/kvcache", ADJACENT),
    Row("flash-attention/kvcache:rotary_interleaved=false", HALF),
    Row("xformers/rope-padded", ADJACENT),
    Row("xformers/rope-padded:adjacents=false:use_dynamic_scaling=true:linear_scale=2",
        one_axis(rotate_halves, XFORMERS / 2)),
    Row("flashinfer/rope:interleave=true:rope_scale=4", one_axis(rotate_adjacent, F128 / 4)),
    Row("flashinfer/cos-sin-cache:is_neox=false", ADJACENT),
    Row("flashinfer/llama31", one_axis(rotate_halves, LLAMA31)),
    Row("aiter/rope:rotary_dim=64:rotate_style=1:nope_first=true", one_axis(rotate_adjacent, F64, 64)),
    Row("aiter/rope:rotary_dim=64", one_axis(rotate_halves, F64)),
    Row("aiter/full-table:freqs_front=1,0.5,0.25:freqs_back=0.5,0.25,0.125", full_table),
    Row("liger/rope", HALF),
    Row("liger/llama4", ADJACENT),
    Row("liger/qwen2vl-mrope", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
    Row("unsloth/rope", HALF),
    Row("deepspeed/rope:rotate=every_two:rotary_dim=64", one_axis(rotate_adjacent, F64)),
    Row("lmdeploy/pytorch", HALF),
    Row("lmdeploy/turbomind", ADJACENT),
)

ONNX = (
    Row("onnx/rotary-embedding:rotary_embedding_dim=64:interleaved=1", one_axis(rotate_adjacent, F64)),
    Row("onnx/rotary-embedding", HALF),
    Row("onnxruntime/rotary-embedding:interleaved=1", ADJACENT),
    Row("onnxruntime/attention:rotary_offset=64:rotary_interleaved=1", one_axis(rotate_adjacent, F64, 64)),
    Row("onnxruntime/attention:rotary_offset=32:rotary_embedding_dim=64", one_axis(rotate_halves, F64, 32)),
    Row("onnxruntime/mrotary-embedding", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
    Row("onnxruntime/mrotary-embedding:mrope_layout=1:interleaved=1:mrope_section=24,20,20",
        by_axis(rotate_adjacent, F128, turns([24, 20, 20], 64))),
    Row("onnxruntime/rms-norm-rotary:rotary_embedding_dim=64", one_axis(rotate_halves, F64)),
    Row("onnxruntime/gemma-rotary", HALF),
    Row("onnxruntime-genai/mrope", by_axis(rotate_halves, F128, turns([24, 20, 20], 64))),
    Row("openvino/rope:kind=input_interleaved", one_axis(rotate_adjacent_to_halves, F128)),
    Row("openvino/rope:kind=is_interleaved:rotary_ndims=64", one_axis(rotate_adjacent, F64)),
    Row("mnn/rope:model_type=chatglm2:rotary_dim=64", one_axis(rotate_adjacent_to_halves, F64)),
    Row("mnn/rope", HALF),
    Row("mnn/chatglm", two_positions),
    Row("mnn/hunyuan-vl:alpha=1000", two_tables(negate_and_swap_halves, hunyuan_doubled)),
)

OTHERS = (
    Row("paddle/fused-rope:use_neox_rotary_style=true", ADJACENT),
    Row("paddle/fused-rope:use_neox_rotary_style=false", HALF),
    Row("mindspore/rotary", HALF),
    Row("mindspore/rotary:mode=1", ADJACENT),
    Row("ascend/npu-rotary-mul:rotary_mode=interleave", ADJACENT),
    Row("ascend/npu-interleave-rope", one_axis(rotate_adjacent_to_halves, F64)),
    Row("habana/rope:mode=1", ADJACENT),
    Row("candle/rope:op=rope_i", ADJACENT),
    Row("candle/rope:op=rope_thd", HALF),
    Row("burn/rope", ADJACENT),
    Row("mistral-rs/rope:is_gpt_neox=false", ADJACENT),
    Row("exllama/rope:rope_style=GPTJ", ADJACENT),
    Row("exllama/rope:rope_style=NANOCHAT", one_axis(rotate_halves, -F128)),
    Row("ctranslate2/rotary", ADJACENT),
    Row("ctranslate2/rotary:rotary_interleave=false:rotary_scaling_type=llama3:rotary_base=500000:factor=8"
        ":original_max_position_embeddings=8192", one_axis(rotate_halves, LLAMA31)),
    Row("mlc-llm/rope", HALF),
    Row("mlc-llm/deepseek", one_axis(rotate_adjacent_to_halves, F64, 128)),
    Row("mlc-llm/mrope", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
    Row("ik-llama-cpp/vision:head_dim=64:sections=16,16,16,16",
        by_axis(rotate_halves, np.concatenate([10000.0 ** (-np.arange(16) / 16)] * 2), ["t"] * 16 + ["h"] * 16)),
)

ROWS = (*MLX, *NVIDIA, *KERNELS, *ONNX, *OTHERS)
