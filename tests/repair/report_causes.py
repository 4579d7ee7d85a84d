"""Public threads whose fault is one of layouts, with the cause that the thread itself names.

Numbers are those of a corpus of 158 threads; tests/report_rows.py has where each is found, and what becomes of the
others. The source is what the weights were made for, the target what was run. `words` stand for the thread's cause,
as the kernel that is named calls it. What the threads of RB-176, RB-182 and RB-232 leave out of their models' numbers
is from the models' public configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

from prover import RelationName
from report_rows import TABLE


@dataclass(frozen=True, slots=True)
class Reported:
    """A thread's two layouts; `words`: all of them stand in the first cause; `limit`: what the asker allows."""

    name: str
    source: str
    target: str
    words: tuple[str, ...]
    feeds: tuple[str, ...] = ()
    limit: RelationName | None = None


_HALF = "transformers/half"
_ADJACENT = "transformers/adjacent"
_CHUNKS = "transformers/mrope-chunked"
_TURNS = "transformers/mrope-stride3"
_GLM4V = f"{_CHUNKS}:pairing=adjacent:partial_rotary_factor=0.5:mrope_section=8,12,12"
_QWEN35 = "head_dim=256:partial_rotary_factor=0.25"
_LLAMA31 = ("rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192"
            ":rope_theta=500000")
_YARN4 = "vllm/rope:rope_type=yarn:factor=4:original_max_position_embeddings=32768"
_YARN40 = "rope_type=yarn:factor=40:original_max_position_embeddings=4096:mscale=1:mscale_all_dim=1"
_GPT_OSS = (f"{_HALF}:head_dim=64:rope_theta=150000:rope_type=yarn:factor=32"
            ":original_max_position_embeddings=4096")
_TEXT3 = ("t=p,h=p,w=p,p=p",)
_IMAGE = ("image",)
_IMAGE3 = ("t=t,h=h,w=w,p=t",)

_HALVES = ("pairing: the source pairs the halves of the rotated lanes",)
_ADJACENTS = ("pairing: the source pairs adjacent lanes",)
_DROPPED = ("axes that are dropped: the target turns every pair by p (as t), ", "h and w are dropped")
_LANES = "which lanes are a pair: "
_CONVERTED = "a permutation of rows is all that is left"
_NONE = "number of rotated pairs: the target turns 64 pairs, the source none"

PAIRING = (
    Reported("RB-010", "openvino/rope:kind=input_interleaved", "openvino/rope",
             (_LANES, "with kind=input_interleaved ")),
    Reported("RB-012", "gpt-neox/rope", "roformer/rope", _HALVES),
    Reported("RB-014", _HALF, "roformer/rope", _HALVES),
    Reported("RB-016", "flash-attention/rotary", "roformer/rope",
             (_LANES, "the target computes what the source would with interleaved=true")),
    Reported("RB-018", _HALF, "meta/llama", _HALVES),
    Reported("RB-020", _HALF, "mlx/rope:traditional=true", (_LANES, "with traditional=false ")),
    Reported("RB-022", "meta/llama", _HALF, _ADJACENTS),
    Reported("RB-026", _HALF, "llama-cpp/text:arch=granite", _HALVES),
    Reported("RB-028", _ADJACENT, _HALF, _ADJACENTS),
    Reported("RB-030", _ADJACENT, "mlx/rope", (_LANES, "with traditional=true ")),
    Reported("RB-032", "transformers/vision-separate", "transformers/vision-adjacent",
             ("pairing: the source pairs the halves of the lanes of each axis",)),
    Reported("RB-032 the other way", "transformers/vision-adjacent", "transformers/vision-separate", _ADJACENTS),
    Reported("RB-036", "meta/llama:head_dim=128", f"{_HALF}:head_dim=128", _ADJACENTS),
    Reported("RB-038", "nanochat/rope:head_dim=128:base=10000", "roformer/rope:head_dim=128", _HALVES),
    Reported("RB-040", _HALF, "roformer/rope:head_dim=128", _HALVES),
    Reported("RB-042", f"{_HALF}:{_QWEN35}:rope_theta=10000000", f"{_ADJACENT}:{_QWEN35}:rope_theta=10000000", _HALVES),
    Reported("RB-044", _HALF, _ADJACENT, _HALVES),
    Reported("RB-046", f"{_HALF}:partial_rotary_factor=0.5", "ggml/normal:n_rot=64", _HALVES),
    Reported("RB-048", f"{_TURNS}:{_QWEN35}:mrope_section=11,11,10",
             "onnxruntime/rotary-embedding:interleaved=1:head_size=256",
             ("with rotary_embedding_dim=64 ", _CONVERTED), _TEXT3),
    Reported("RB-048 as run", f"{_TURNS}:{_QWEN35}:mrope_section=11,11,10",
             "onnxruntime/rotary-embedding:interleaved=1:head_size=256",
             ("with interleaved=0 and rotary_embedding_dim=64 ",), _TEXT3, "equal-scores"),
    Reported("RB-050", f"{_HALF}:head_dim=64", "ggml/normal:head_dim=64", _HALVES),
    Reported("RB-052", "megatron/rope:rotary_interleaved=true", _HALF,
             (_LANES, "the target computes what the source would with rotary_interleaved=false")),
    Reported("RB-054", f"{_HALF}:head_dim=64", "llama-cpp/text:arch=llama:head_dim=64:n_rot=64", _HALVES),
    Reported("RB-056", f"{_HALF}:head_dim=256", f"{_ADJACENT}:head_dim=256", _HALVES),
    Reported("RB-076", "meta/llama", "flashinfer/rope", (_LANES, "with interleave=true ")),
    Reported("RB-078", f"{_ADJACENT}:partial_rotary_factor=0.5", "unsloth/rope", ("with n_rot=64 ", _CONVERTED)),
    Reported("RB-078 as run", f"{_ADJACENT}:partial_rotary_factor=0.5", "unsloth/rope",
             ("with n_rot=64, ", *_ADJACENTS), limit="equal-scores"),
    Reported("RB-080", _HALF, "meta/llama", _HALVES),
    Reported("RB-082", _GLM4V, "vllm/mrope:rotary_dim=64:mrope_section=8,12,12",
             (_LANES, "with is_neox_style=false "), _IMAGE),
    Reported("RB-084", "transformers/indexer", "transformers/indexer:pairing=adjacent",
             (_LANES, "with pairing=half ")),
    Reported("RB-092", _GLM4V, "mlx-vlm/mrope:style=chunked:dim=64:mrope_section=8,12,12",
             (_LANES, "with style=split_select "), _IMAGE),
    Reported("RB-094", "llama-cpp/text:arch=glm4:n_rot=64", "llama-cpp/mrope:arch=glm4:n_rot=64:sections=8,12,12,0",
             _ADJACENTS, ("p=p,t=p,h=p,w=p,e=0",)),
    Reported("RB-110", _ADJACENT, "ascend/npu-rotary-mul", (_LANES, "with rotary_mode=interleave ")),
    Reported("RB-218", "transformers/latent:pairing=adjacent", "transformers/latent",
             (_LANES, "with pairing=adjacent ")),
    Reported("RB-238", f"{_HALF}:head_dim=64", "sglang/rope:head_size=64:is_neox_style=false",
             (_LANES, "with is_neox_style=true ")),
    Reported("RB-242", "transformers/adjacent-to-half:qk_nope_head_dim=0",
             "litgpt/rope:head_size=64:rotary_percentage=1", (_LANES, "with rope_interleave=true ")),
    Reported("RB-244", "transformers/indexer:pairing=adjacent", "llama-cpp/indexer:arch=deepseek32",
             (_LANES, "the target computes what the source would with pairing=half")),
    Reported("RB-286", "gpt-neox/rope", "fastertransformer/rope", (_LANES, "with neox_rotary_style=true ")),
    Reported("RB-288", "litgpt/rope:rotary_percentage=1", "roformer/rope",
             (_LANES, "the target computes what the source would with rope_interleave=true")),
    Reported("RB-292", f"{_ADJACENT}:head_dim=64", f"{_HALF}:head_dim=64", _ADJACENTS),
)

TABLES = (
    Reported("RB-058", f"{_ADJACENT}:head_dim=64", "tests/mixed-table:n_rot=64",
             ("table of cos and sin: the target has all angles and then all again, as for halves",)),
    Reported("RB-060", "diffusers/ernie-image", "diffusers/z-image",
             ("table of cos and sin: the source pairs halves but has each angle twice in a row",)),
    Reported("RB-060 the other way", "diffusers/z-image", "diffusers/ernie-image",
             ("table of cos and sin: the target pairs halves but has each angle twice in a row",)),
    Reported("RB-062", "aiter/full-table:freqs_back=1,0.2,0.02,0.002", "aiter/full-table",
             ("with freqs_back=1,0.2,0.02,0.002 ",)),
    Reported("RB-304", "aiter/full-table", "aiter/full-table:freqs_back=1,0.5,0.1,0.05",
             ("the target has freqs_back=1,0.5,0.1,0.05",)),
)

AXES = (
    Reported("RB-088", f"{_CHUNKS}:mrope_section=16,24,24", _HALF, _DROPPED, _IMAGE3),
    Reported("RB-088 as a sequence", f"{_CHUNKS}:mrope_section=16,24,24", _HALF,
             ("axes that are dropped: the target turns every pair by p, ",), ("t=t,h=h,w=w,p=p",)),
    Reported("RB-090", f"{_TURNS}:{_QWEN35}:mrope_section=11,11,10", f"{_HALF}:{_QWEN35}", _DROPPED, _IMAGE3),
    Reported("RB-100", "vllm/mrope:mrope_section=16,24,24", "vllm/rope", _DROPPED, _IMAGE3),
    Reported("RB-102", f"{_CHUNKS}:head_dim=64:mrope_section=8,12,12", f"{_HALF}:head_dim=64", _DROPPED, _IMAGE3),
    Reported("RB-104", f"{_TURNS}:mrope_section=24,20,20", "ggml/mrope:sections=24,20,20,0",
             ("axis per pair: the target has axes in chunks", "the source axes that take turns"), _IMAGE),
    Reported("RB-108", "sglang/mrope-glm:mrope_section=16,24,24", "sglang/mrope:mrope_section=16,24,24",
             ("the order of axes: ", "the target computes what the source would with mrope_interleaved=false"),
             _IMAGE),
    Reported("RB-114", f"{_TURNS}:mrope_section=24,20,20:rope_theta=5000000",
             f"{_CHUNKS}:mrope_section=16,24,24:rope_theta=1000000",
             ("axis per pair: the target has axes in chunks", "with rope_theta=5000000, "), _IMAGE),
    Reported("RB-116", f"{_TURNS}:mrope_section=24,20,20", f"{_CHUNKS}:pairing=adjacent:mrope_section=24,20,20",
             ("axis per pair: the target has axes in chunks", _CONVERTED), _IMAGE),
    Reported("RB-116 as run", f"{_TURNS}:mrope_section=24,20,20",
             f"{_CHUNKS}:pairing=adjacent:mrope_section=24,20,20",
             ("axis per pair: the target has axes in chunks", "with pairing=half, "), _IMAGE, "equal-scores"),
    Reported("RB-120", "llama-cpp/vision-2d:first=w", "llama-cpp/vision-2d:first=h", ("with first=w ",), _IMAGE),
    Reported("RB-296", f"{_CHUNKS}:mrope_section=16,24,24", f"{_TURNS}:mrope_section=16,24,24",
             ("axis per pair: the target has axes that take turns", "the source axes in chunks"), _IMAGE),
)

ROTATED = (
    Reported("RB-070", f"{_HALF}:{_QWEN35}", "flashinfer/rope:head_dim=256", ("with rotary_dim=64 ",)),
    Reported("RB-074", f"{_HALF}:partial_rotary_factor=0.25", "flash-attention/rotary", ("with rotary_dim=32 ",)),
    Reported("RB-124", "transformers/vision-chunked", "generic/nope:head_dim=64",
             ("number of rotated pairs: ", "turns none of the source's 32 pairs"), ("h=h,w=w,p=h",)),
    Reported("RB-132", "transformers/proportional", "tests/distance:distance=64:base=10000", ("with distance=256 ",)),
    Reported("RB-134", _ADJACENT, f"{_ADJACENT}:partial_rotary_factor=0.5", ("with partial_rotary_factor=1 ",)),
    Reported("RB-136", f"{_HALF}:partial_rotary_factor=0.75", "vllm/rope", ("with rotary_dim=96 ",)),
    Reported("RB-138", f"{_ADJACENT}:partial_rotary_factor=0.5", "vllm/rope:is_neox_style=false",
             ("with rotary_dim=64 ",)),
    Reported("RB-140", "transformers/proportional:partial_rotary_factor=0.25", f"{_HALF}:head_dim=512",
             ("the target computes what the source would with partial_rotary_factor=1",)),
    Reported("RB-230", "generic/nope", "tensorrt-llm/rope:position_embedding_type=rope_gptj", (_NONE,)),
    Reported("RB-232", "generic/nope", f"{_HALF}:rope_theta=5000000", (_NONE,)),
    Reported("RB-234", "generic/nope", "llama-cpp/text:arch=smollm3", (_NONE,)),
)

FREQUENCIES = (
    Reported("RB-152", "llama-cpp/text:base=1000000", "llama-cpp/text", ("with base=1000000 ",)),
    Reported("RB-154", f"{_HALF}:rope_theta=1000000", "megatron/rope", ("with rotary_base=1000000 ",)),
    Reported("RB-158", f"{_HALF}:rope_theta=1000000", "sglang/rope", ("with base=1000000 ",)),
    Reported("RB-162", f"{_YARN4}:base=1000000", f"{_YARN4}:base=1000", ("with base=1000000 ",)),
    Reported("RB-166", "meta/llama:use_scaled_rope=true:factor=8:theta=500000", "llama-cpp/text:base=500000",
             ("the target computes what the source would with use_scaled_rope=false",)),
    Reported("RB-168", f"{_HALF}:rope_type=linear:factor=4:rope_theta=100000",
             "tensorrt-llm/rope:rotary_embedding_base=100000", ("with rotary_scaling_type=linear (factor=4)",)),
    Reported("RB-176", "transformers/adjacent-to-half:rope_theta=50000", "megatron/mla:rotary_base=50000",
             ("how the frequencies are scaled: the target has rope_type=yarn (by default)", "with rope_type=rope ")),
    Reported("RB-182", f"{_HALF}:{_LLAMA31}", f"{_HALF}:rope_theta=500000", ("with rope_type=llama3 (factor=8, ",)),
    Reported("RB-204", f"{_HALF}:rope_type=ntk_alpha:alpha=1000",
             f"{_HALF}:rope_type=dynamic:factor=1:max_position_embeddings=32768:seq_len=65536",
             ("with rope_type=ntk_alpha (alpha=1000)",)),
    Reported("RB-226", f"{_HALF}:head_dim=256:rope_type=linear:factor=8:rope_theta=1000000",
             "mlx/rope:head_dim=256:base=1000000", ("with scale=0.125 ",)),
    Reported("RB-228", f"{_HALF}:head_dim=256", "ggml/neox:head_dim=256:freq_scale=1/8", ("with freq_scale=1 ",)),
    Reported("RB-271", _HALF, f"generic/table:frequencies={TABLE}",
             ("rounding of the frequencies: the target's frequencies are the source's rounded to bfloat16",)),
    Reported("RB-290", f"{_HALF}:head_dim=64", "tests/growing:n=64", ("sign of the exponent: ",)),
    Reported("RB-066", f"{_ADJACENT}:head_dim=64:{_YARN40}",
             "flashinfer/rope:head_dim=64:interleave=true:rope_scale=40",
             ("the source has rope_type=yarn", "the target computes what the source would with rope_type=linear")),
    Reported("RB-208", f"{_GPT_OSS}:truncate=0", "tests/factor-inside",
             ("truncate: the source has truncate=0", "the target has the factor 32 inside the power")),
    Reported("RB-208 the factor alone", _GPT_OSS, "tests/factor-inside",
             ("factor inside the power: the target has the factor 32 inside the power",)),
)

ROWS = (*PAIRING, *TABLES, *AXES, *ROTATED, *FREQUENCIES)
