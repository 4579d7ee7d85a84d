"""Public threads about RoPE layouts as rows of the truth table.

Numbers are those of a corpus of 158 threads. A thread is a row here, a golden row of the truth table, or has
a reason why it is none. Expected values come from the threads and from mathematics.
"""

from __future__ import annotations

import numpy as np

from truth_row import Row

CORPUS = (
    2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54,
    56, 58, 60, 61, 62, 64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 93, 94, 97, 98, 100, 102,
    104, 107, 108, 110, 112, 113, 114, 116, 118, 120, 122, 124, 126, 128, 129, 130, 132, 134, 136, 138, 140,
    141, 142, 144, 148, 150, 152, 154, 156, 158, 160, 162, 166, 168, 170, 172, 174, 176, 178, 180, 182, 183,
    184, 188, 190, 192, 194, 196, 198, 200, 202, 204, 206, 207, 208, 210, 214, 216, 218, 220, 222, 224, 226,
    227, 228, 230, 232, 234, 236, 238, 240, 242, 244, 246, 248, 250, 252, 254, 256, 258, 260, 262, 264, 266,
    268, 270, 271, 272, 274, 276, 278, 280, 282, 284, 286, 288, 290, 292, 294, 296, 298, 300, 302, 304,
)
GOLDEN = (
    2, 17, 61, 93, 97, 107, 112, 113, 122, 129, 130, 141, 142, 160, 178, 183, 198, 207, 216, 227, 236, 252, 254, 271,
)

_TEXT3 = ("t=p,h=p,w=p,p=p",)
_IMAGE3 = ("t=t,h=h,w=w,p=t",)


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


def _pairing(number: int, thread: str, size: str = "") -> tuple[Row, Row]:
    """Half against adjacent: a permutation makes them equal, nothing less does."""
    source, target = f"transformers/half{size}", f"transformers/adjacent{size}"
    origin = f"RB-{number:03d} {thread}"
    return (
        Row(f"RB-{number:03d}", source, target, "permutation", origin),
        Row(f"RB-{number:03d} as run", source, target, "permutation", origin, limit="equal-scores"),
    )


def _bfloat16(value: float) -> float:
    """The nearest bfloat16, ties to even: the upper half of a float32."""
    bits = int(np.float32(value).view(np.uint32))
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return float(np.uint32(rounded).view(np.float32))


EXACT = [10000.0 ** (-j / 64) for j in range(64)]
ROUNDED = [_bfloat16(frequency) for frequency in EXACT]
TABLE = ",".join("{}/{}".format(*value.as_integer_ratio()) for value in ROUNDED)

PAIRING = tuple(
    row
    for number, thread, size in (
        (12, "EleutherAI/gpt-neox#834", ""),
        (14, "zai-org/ChatGLM-6B#838", ""),
        (16, "naver/croco#3", ""),
        (18, "karpathy/llama2.c#286", ""),
        (20, "ml-explore/mlx-examples#65", ""),
        (22, "foundation-model-stack/foundation-model-stack#178", ""),
        (26, "ggml-org/llama.cpp#7481", ""),
        (28, "huggingface/nanotron#214", ""),
        (30, "Blaizzy/mlx-vlm#112", ""),
        (36, "rasbt/LLMs-from-scratch#747", ":head_dim=128"),
        (38, "karpathy/nanochat#264", ":head_dim=128"),
        (40, "nntile/nntile#347", ""),
        (42, "ohdearquant/lattice#96", ":head_dim=256:partial_rotary_factor=0.25:rope_theta=10000000"),
        (44, "ohdearquant/lattice#392", ""),
        (46, "nurl-lang/nurl#584", ":partial_rotary_factor=0.5"),
        (50, "ooples/AiDotNet#2074", ""),
        (52, "huggingface/nanotron#427", ""),
        (54, "ggml-org/llama.cpp#22611", ":head_dim=64"),
        (56, "rasbt/LLMs-from-scratch#838", ""),
        (76, "flashinfer-ai/flashinfer#151", ""),
        (78, "unslothai/unsloth#1414", ":partial_rotary_factor=0.5"),
        (80, "tenstorrent/tt-metal#26844", ""),
        (110, "sgl-project/sgl-kernel-npu#503", ""),
        (238, "sgl-project/sglang#13530", ":head_dim=64"),
        (286, "NVIDIA/FasterTransformer#451", ""),
        (288, "rasbt/reasoning-from-scratch 4a97edc0", ""),
        (292, "anyinlover.github.io deepseek_rope", ":head_dim=64"),
    )
    for row in _pairing(number, thread, size)
)

OTHER_PAIRING = (
    Row("RB-010", "openvino/rope:kind=input_interleaved", "openvino/rope:kind=is_interleaved", "equal-scores",
        "RB-010 openvinotoolkit/openvino#36165: the permutation is one of the output, so weights stay"),
    Row("RB-032", "transformers/vision-separate", "transformers/vision-adjacent", "permutation",
        "RB-032 naver/dust3r#208"),
    Row("RB-078 full against half of the head", "transformers/adjacent:partial_rotary_factor=0.5", "transformers/half",
        "none", "RB-078 unslothai/unsloth#1414: the partial width must be honoured"),
    Row("RB-082", "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5:mrope_section=8,12,12",
        "transformers/mrope-chunked:partial_rotary_factor=0.5:mrope_section=8,12,12", "permutation",
        "RB-082 vllm-project/vllm#42765"),
    Row("RB-084", "transformers/indexer", "transformers/indexer:pairing=adjacent", "permutation",
        "RB-084 sgl-project/sglang#30342"),
    Row("RB-092", "transformers/mrope-chunked:pairing=adjacent", "transformers/mrope-chunked", "permutation",
        "RB-092 Blaizzy/mlx-vlm#481"),
    Row("RB-094", "llama-cpp/text:arch=glm4:n_rot=64", "llama-cpp/mrope:arch=glm4:n_rot=64:sections=8,12,12,0",
        "permutation", "RB-094 antonellof/ferrox#229", feeds=("p=p,t=p,h=p,w=p,e=0",)),
    Row("RB-132", "tests/distance:distance=256", "tests/distance:distance=64", "permutation", "RB-132 zml/zml#660"),
    Row("RB-218", "transformers/latent:pairing=adjacent", "transformers/latent", "permutation",
        "RB-218 huggingface/optimum-intel#1877, the pairing of it"),
    Row("RB-240", "transformers/latent:qk_nope_head_dim=0", "transformers/half:head_dim=64", "identical",
        "RB-240 huggingface/transformers#42786"),
    Row("RB-242", "litgpt/rope:rotary_percentage=1:rope_interleave=true", "litgpt/rope:rotary_percentage=1",
        "permutation", "RB-242 Lightning-AI/litgpt#2202"),
    Row("RB-244", "transformers/indexer:pairing=adjacent", "transformers/indexer", "permutation",
        "RB-244 pegainfer-project/pegainfer#521"),
)

NOT_ROTATIONS = (
    Row("RB-058", "tests/mixed-table:n_rot=64", "transformers/half:head_dim=64", "none",
        "RB-058 PaddlePaddle/PaddleFleet#678"),
    Row("RB-060", "diffusers/ernie-image", "diffusers/z-image", "none", "RB-060 huggingface/diffusers#13546"),
    Row("RB-062", "aiter/full-table:freqs_back=1,0.2,0.02,0.002", "aiter/full-table", "none",
        "RB-062 Tencent/ncnn#6833: equal only if the halves of the table are"),
    Row("RB-062 equal halves", "aiter/full-table:freqs_front=1,0.1,0.01,0.001", "aiter/full-table", "identical",
        "RB-062 Tencent/ncnn#6833"),
    Row("RB-304", "aiter/full-table", "aiter/full-table:freqs_back=1,0.5,0.1,0.05", "none",
        "RB-304 AlphaGPU/leetgpu-challenges#271"),
)


def _axes(
    number: int, thread: str, source: str, target: str, pairs: tuple[int, ...] | None = None,
    text: tuple[str, ...] = ("text",), image: tuple[str, ...] = ("image",),
) -> tuple[Row, Row]:
    """Axes ordered otherwise: equal where all axes are, not on images."""
    name, origin = f"RB-{number:03d}", f"RB-{number:03d} {thread}"
    return (
        Row(f"{name} text", source, target, "identical", origin, feeds=text),
        Row(f"{name} image", source, target, "none", origin, feeds=image, pairs=pairs),
    )


def _dropped(number: int, thread: str, source: str, target: str, pairs: tuple[int, ...]) -> tuple[Row, Row]:
    """Axes dropped: the kernel knows one position where the model has three."""
    return _axes(number, thread, source, target, pairs, _TEXT3, _IMAGE3)


_TURNS = "transformers/mrope-stride3:mrope_section=24,20,20"
_CHUNKS = "transformers/mrope-chunked:mrope_section=24,20,20"
_TURNS35 = "transformers/mrope-stride3:head_dim=256:partial_rotary_factor=0.25:mrope_section=11,11,10"
_MOVED64 = tuple(
    j for j in range(64)
    if ("thw"[j % 3] if j < 60 else "t") != ("t" if j < 24 else "h" if j < 44 else "w")
)

AXES = (
    *_dropped(88, "QwenLM/Qwen3-VL#488", "transformers/mrope-chunked:mrope_section=16,24,24", "transformers/half",
              _run(16, 63)),
    *_dropped(90, "sgl-project/sglang#34446", _TURNS35, "transformers/half:head_dim=256:partial_rotary_factor=0.25",
              tuple(j for j in range(32) if j % 3)),
    *_dropped(100, "vllm-project/vllm#7905", "vllm/mrope:mrope_section=16,24,24", "vllm/rope", _run(16, 63)),
    *_dropped(102, "xLLM-AI/xllm#860", "transformers/mrope-chunked:head_dim=64:mrope_section=8,12,12",
              "transformers/half:head_dim=64", _run(8, 31)),
    *_axes(104, "ollama/ollama#12807", _TURNS, _CHUNKS, _MOVED64),
    *_axes(108, "sgl-project/sglang#21671", "sglang/mrope-glm:mrope_section=16,24,24",
           "sglang/mrope:mrope_section=16,24,24"),
    *_axes(296, "InternLM/lmdeploy#4644", _CHUNKS, _TURNS, _MOVED64),
    Row("RB-098", _TURNS, "mlx-vlm/mrope:mrope_section=24,20,20", "identical",
        "RB-098 mflux-community/mflux#483: 3*20 = 60 <= 64"),
    Row("RB-114 same base, text", "transformers/mrope-stride3:rope_theta=1000000",
        "transformers/mrope-chunked:rope_theta=1000000", "identical", "RB-114 kekzl/imp#1174", feeds=("text",)),
    Row("RB-114 same base, image", "transformers/mrope-stride3:rope_theta=1000000",
        "transformers/mrope-chunked:rope_theta=1000000", "none", "RB-114 kekzl/imp#1174", feeds=("image",)),
    Row("RB-114 the bases of the two models, text", "transformers/mrope-stride3:rope_theta=5000000",
        "transformers/mrope-chunked:rope_theta=1000000", "none",
        "RB-114 kekzl/imp#1174: the corpus says equal on text, which is so for one base only", feeds=("text",)),
    Row("RB-116", "transformers/mrope-stride3:mrope_section=24,20,20",
        "transformers/mrope-chunked:pairing=adjacent:mrope_section=24,20,20", "none", "RB-116 xLLM-AI/xllm#2120"),
    Row("RB-118", "transformers/mrope-chunked:head_dim=64:mrope_section=8,12,12", "transformers/half:head_dim=64",
        "identical", "RB-118 Blaizzy/mlx-vlm#1105", feeds=_TEXT3),
    Row("RB-120 same frequencies", "transformers/vision-chunked", "transformers/vision-w-first", "permutation",
        "RB-120 ggml-org/llama.cpp#13282"),
    Row("RB-120 offset frequencies", "transformers/pixtral", "transformers/vision-w-first", "none",
        "RB-120 ggml-org/llama.cpp#13282"),
    Row("RB-124", "transformers/vision-chunked", "generic/nope:head_dim=64", "none",
        "RB-124 1bit-MONSTER/1bit-MONSTER#1453", feeds=("h=h,w=w,p=h",)),
    Row("RB-048", "transformers/mrope-stride3:head_dim=256:partial_rotary_factor=0.25:mrope_section=11,11,10",
        "transformers/adjacent:head_dim=256", "none", "RB-048 onnxruntime/mobius#522", feeds=_TEXT3),
)


def _partial(number: int, thread: str, source: str, target: str) -> Row:
    return Row(f"RB-{number:03d}", source, target, "none", f"RB-{number:03d} {thread}")


_H = "transformers/half"
PARTIAL = (
    _partial(70, "lightseekorg/tokenspeed#208", f"{_H}:head_dim=256:partial_rotary_factor=0.25", f"{_H}:head_dim=256"),
    _partial(74, "huggingface/kernels-community#1143", f"{_H}:partial_rotary_factor=0.25", _H),
    _partial(134, "huggingface/transformers#34629", "transformers/adjacent:partial_rotary_factor=0.5",
             "transformers/adjacent"),
    _partial(136, "vllm-project/vllm#12718", f"{_H}:partial_rotary_factor=0.75", _H),
    _partial(138, "vllm-project/vllm-ascend#7252", "vllm/rope:rotary_dim=64", "vllm/rope"),
    _partial(140, "jagmarques/nexusquant#12", "transformers/proportional:partial_rotary_factor=0.25",
             f"{_H}:head_dim=512"),
)


def _other(number: int, thread: str, source: str, target: str, pairs: tuple[int, ...]) -> Row:
    """Frequencies that differ at these pairs and nowhere else."""
    return Row(f"RB-{number:03d}", source, target, "none", f"RB-{number:03d} {thread}", limit="identical", pairs=pairs)


_YARN4 = "rope_type=yarn:factor=4:original_max_position_embeddings=32768"
_BUT_0 = _run(1, 63)
FREQUENCIES = (
    _other(152, "LostRuins/koboldcpp#487", f"{_H}:rope_theta=1000000", _H, _BUT_0),
    _other(154, "deepspeedai/Megatron-DeepSpeed#351", f"{_H}:rope_theta=1000000", _H, _BUT_0),
    _other(158, "sgl-project/SpecForge#265", f"{_H}:rope_theta=1000000", _H, _BUT_0),
    _other(162, "vllm-project/vllm-ascend#5201", f"{_H}:{_YARN4}:rope_theta=1000000", f"{_H}:{_YARN4}:rope_theta=1000",
           _BUT_0),
    _other(166, "ggml-org/llama.cpp#8676",
           f"{_H}:rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4"
           ":original_max_position_embeddings=8192:rope_theta=500000", f"{_H}:rope_theta=500000", _run(29, 63)),
    _other(168, "NVIDIA/TensorRT-LLM#1385", f"{_H}:rope_type=linear:factor=4:rope_theta=100000",
           f"{_H}:rope_theta=100000", _run(0, 63)),
    _other(204, "huggingface/transformers#48960", f"{_H}:rope_type=ntk_alpha:alpha=1000",
           f"{_H}:rope_type=dynamic:factor=1:max_position_embeddings=32768:seq_len=65536", _BUT_0),
    _other(226, "Blaizzy/mlx-vlm#1709", f"{_H}:head_dim=256:rope_type=linear:factor=8:rope_theta=1000000",
           f"{_H}:head_dim=256:rope_theta=1000000", _run(0, 127)),
    _other(228, "antonellof/ferrox#39", f"{_H}:head_dim=256", f"{_H}:head_dim=256:rope_type=linear:factor=8",
           _run(0, 127)),
    _partial(230, "NVIDIA/TensorRT-LLM#3382", _H, "generic/nope"),
    _partial(234, "timtoole02/Camelid#535", _H, "generic/nope"),
    _other(290, "labmlai/annotated_deep_learning_paper_implementations#313", f"{_H}:head_dim=64", "tests/growing:n=64",
           _run(1, 31)),
    _other(271, "Modalities/modalities#462", _H, f"generic/table:frequencies={TABLE}", _BUT_0),
)

SAME = (
    Row("RB-294", "meta/llama", "transformers/adjacent", "identical", "RB-294 facebookresearch/fairseq2#1213"),
    Row("RB-298", f"{_H}:rope_type=ntk_alpha:alpha=1000", "vllm/rope:rope_type=dynamic_alpha:alpha=1000", "identical",
        "RB-298 osaurus-ai/vmlx-swift#97"),
    Row("RB-300", "roformer/rope", "gpt-fast/rope", "identical", "RB-300 sgl-project/sglang-jax#1641"),
)

ROWS = (*PAIRING, *OTHER_PAIRING, *NOT_ROTATIONS, *AXES, *PARTIAL, *FREQUENCIES, *SAME)

# Threads about which permutation of weights is the right one: rows of test_reports.py.
PERMUTATIONS = (2, 4, 24, 34)

REASONS = {
    6: "reorders heads of LoRA factors, not lanes",
    8: "the partial permutation is not given in numbers",
    64: "partners beyond a warp are not exchanged: a limit of the kernel",
    66: "the original context length of YaRN is not given",
    68: "the cause is not known",
    72: "asks for guards",
    86: "head widths 256 and 128",
    126: "a feature",
    128: "an axis of the tensor, not of the position",
    144: "ends with a shape error",
    148: "the 48 factors are not given",
    150: "no width is given",
    156: "the override is not given",
    170: "the scaling of the fine-tune is not given",
    172: "the parameters of llama3 are not given",
    174: "refused by the kernel",
    176: "the original context length of YaRN is not given",
    180: "the scaling is not given",
    182: "head width and base are not given",
    184: "the parameters of llama3 are not given",
    188: "the length of a table",
    190: "a traced constant; the factors are not given",
    192: "the factors are not given",
    194: "the factors are not given",
    196: "q and k come from different tables",
    200: "depends on the history of calls",
    202: "the lengths are not given",
    206: "the ramp's numbers are not given",
    208: "the ramp's numbers are not given",
    210: "the ramp's numbers are not given",
    214: "the factor is not given",
    220: "the numbers of the slice and the scale are not given",
    222: "a factor on the softmax, which is no part of a layout",
    224: "the wrong scale is not given",
    232: "the model is not given",
    246: "no layouts are given",
    248: "a norm after the rotation, which is no part of a layout",
    250: "a norm after the rotation, which is no part of a layout",
    252: "a norm after the rotation, which is no part of a layout",
    256: "where the frequencies are stored",
    258: "frequencies from memory that was never written",
    260: "frequencies from memory that was never written, only one of them given",
    262: "rounding; width and base are not given",
    264: "rounding of tables",
    266: "rounding of the rotation",
    268: "rounding; width and base are not given",
    270: "rounding; width and base are not given",
    272: "rounding of keys that are rotated again",
    274: "positions off by one",
    276: "no layouts are given",
    278: "positions of audio tokens",
    280: "positions of q",
    282: "positions of one layer",
    284: "positions of a chunk",
    302: "a test that cannot tell right from wrong",
}
