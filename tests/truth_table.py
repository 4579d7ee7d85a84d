"""The truth table: claims whose answers come from real kernels, public reports or paper.

`pairs` are the pair indices that differ lane by lane, on both sides. `limit` is what the asker allowed with
`--relation`; without it nothing may be done to the weights.
`origin` says where the expectation comes from; G and RB numbers are cases of a corpus of public
reports, each a thread in a public tracker.
"""

from __future__ import annotations

from report_rows import ROWS as FIELD
from truth_row import Row


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


_LLAMA3 = (
    "rope_type=llama3:low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192"
    ":rope_theta=500000"
)
_OSS = "head_dim=64:rope_type=yarn:rope_theta=150000:factor=32:original_max_position_embeddings=4096"
_TWICE = "rope_type=yarn:factor=2:original_max_position_embeddings=64:attention_factor=1"
_FAR = "rope_type=yarn:factor=64:original_max_position_embeddings=4096:attention_factor=1"
_MOVED = (1, 2, 4, 5, 7, 8, 10, 11, 12, 14, 15, 17, 18, 20, 21, 22, 24, 25, 27, 28, 30, 31)

REPORTS = (
    Row("G01", "transformers/half:head_dim=128", "transformers/adjacent:head_dim=128", "permutation",
        "RB-017 huggingface/transformers#25199"),
    Row("G01 as is", "transformers/half:head_dim=128", "transformers/adjacent:head_dim=128", "permutation",
        "RB-017 huggingface/transformers#25199", limit="equal-scores", pairs=_run(0, 63)),
    Row("G04", "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5:mrope_section=8,12,12",
        "transformers/mrope-chunked:pairing=half:partial_rotary_factor=0.5:mrope_section=8,12,12",
        "permutation", "RB-093 ggml-org/llama.cpp#18042"),
    Row("G05", "tests/stride-plain", "transformers/mrope-stride3:mrope_section=24,20,20", "none",
        "RB-097 XPU-Forces/mojo_opset#276", pairs=(61, 62)),
    Row("G05 text", "tests/stride-plain", "transformers/mrope-stride3:mrope_section=24,20,20", "identical",
        "RB-097 XPU-Forces/mojo_opset#276", feeds=("text",)),
    Row("G05 11,11,10", "tests/stride-plain:n_rot=64", "transformers/mrope-stride3:head_dim=64:mrope_section=11,11,10",
        "identical", "RB-097 XPU-Forces/mojo_opset#276"),
    Row("G05 16,24,24", "tests/stride-plain", "transformers/mrope-stride3:mrope_section=16,24,24", "identical",
        "RB-097 XPU-Forces/mojo_opset#276"),
    Row("G06", "ggml/mrope:head_dim=256:n_rot=64:sections=11,11,10,0", "ggml/neox:head_dim=256:n_rot=64", "identical",
        "RB-113 kekzl/imp#1172", feeds=("t=p,h=p,w=p,e=0",)),
    Row("G07", "transformers/mrope-chunked:head_dim=64:mrope_section=11,11,10",
        "transformers/mrope-stride3:head_dim=64:mrope_section=11,11,10", "none", "RB-112 mlx-node/mlx-node#80",
        pairs=_MOVED),
    Row("G08", "transformers/mrope-chunked:mrope_section=24,20,20", "transformers/mrope-stride3:mrope_section=24,20,20",
        "none", "RB-107 alibaba/MNN#4133"),
    Row("G11", "tests/two-axes:alternate=true", "tests/two-axes:alternate=false", "none",
        "RB-122 vllm-project/vllm-omni#1784",
        pairs=tuple(j for j in range(64) if (j % 2 == 0) != (j < 32))),
    Row("G11 x = y", "tests/two-axes:alternate=true", "tests/two-axes:alternate=false", "identical",
        "RB-122 vllm-project/vllm-omni#1784", feeds=("diagonal",)),
    Row("G12", "tests/distance:distance=256", "tests/distance:distance=64", "permutation",
        "RB-130 NVIDIA-NeMo/Megatron-Bridge#4195"),
    Row("G13", "tests/distance:distance=64:denominator=512", "tests/distance:distance=64:denominator=128", "none",
        "RB-129 pegainfer-project/pegainfer#820", limit="identical", pairs=_run(1, 63)),
    Row("G15", f"transformers/half:head_dim=64:{_LLAMA3}:factor=32", "transformers/half:head_dim=64:rope_theta=500000",
        "none", "RB-178 jmaczan/tiny-vllm#1", pairs=_run(15, 31)),
    Row("G16", f"transformers/half:head_dim=128:{_LLAMA3}:factor=8", "transformers/half:head_dim=128:rope_theta=500000",
        "none", "RB-183 unslothai/unsloth#6907", pairs=_run(29, 63)),
    Row("G18", f"transformers/half:{_OSS}:truncate=false", f"transformers/half:{_OSS}:truncate=true", "none",
        "RB-207 vllm-project/vllm#27722", pairs=_run(9, 17)),
    Row("G20", "transformers/half:rope_theta=1000000", "transformers/half:rope_theta=10000", "none",
        "RB-160 sgl-project/sglang#14745", limit="identical", pairs=_run(1, 63)),
    Row("G21", "transformers/half:head_dim=256:rope_type=linear:factor=8", "transformers/half:head_dim=256", "none",
        "RB-227 lablup/mlxcel#1340", limit="identical", pairs=_run(0, 127)),
    Row("G22", "transformers/nanochat:head_dim=128", "transformers/half:head_dim=128", "permutation",
        "RB-254 karpathy/nanochat#489"),
    Row("G24", "transformers/adjacent:partial_rotary_factor=0.5", "transformers/adjacent", "none",
        "RB-142 ml-explore/mlx-lm#1698", limit="identical"),
    Row("G25", "transformers/half:head_dim=256:partial_rotary_factor=0.25", "transformers/half:head_dim=256", "none",
        "RB-141 AI-Hypercomputer/maxtext#4615"),
    Row("G28", "ggml/neox:head_dim=128:n_rot=64:attn_factor=1.2608", "ggml/neox:head_dim=128:n_rot=64", "pair-map",
        "RB-216 kekzl/imp#880"),
    Row("G30", "transformers/half:rope_type=ntk_alpha:alpha=1000", "transformers/half", "none",
        "RB-198 onnxruntime/mobius#293", limit="identical", pairs=_run(1, 63)),
    Row("G32", "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=64",
        "transformers/adjacent:head_dim=64", "equal-scores", "RB-236 huggingface/transformers#39687"),
    Row("magnitude of SGLang", f"sglang/rope:head_size=2:rotary_dim=2:{_TWICE}",
        f"transformers/half:head_dim=2:{_TWICE}", "pair-map", "sgl-project/sglang#33558: 1.0693 against 1"),
    Row("magnitude of SGLang as run", f"sglang/rope:{_FAR}", f"transformers/half:{_FAR}", "pair-map",
        "sgl-project/sglang#33558: 1.41589 against 1", limit="permutation", pairs=_run(0, 63)),
    Row("magnitude of SGLang by attn_factor", f"sglang/rope:{_FAR}:attn_factor=1.25",
        "transformers/half:rope_type=yarn:factor=64:original_max_position_embeddings=4096:attention_factor=1.25",
        "pair-map", "sgl-project/sglang#33558", limit="permutation", pairs=_run(0, 63)),
    Row("G34", "tests/mixed-table:n_rot=64", "transformers/adjacent:head_dim=64", "none",
        "RB-061 huggingface/transformers#47328"),
)

KERNELS = (
    Row("imrope and mrope, free", "ggml/imrope:n_rot=64:sections=11,11,10,0", "ggml/mrope:n_rot=64:sections=11,11,10,0",
        "none", "run on ggml's CPU kernel", pairs=_MOVED),
    Row("imrope and neox, audio", "ggml/imrope:sections=24,20,20,0", "ggml/neox", "identical",
        "run on ggml's CPU kernel: bit-identical with all four slots fed p", feeds=("t=p,h=p,w=p,e=p",)),
    Row("imrope and neox, text", "ggml/imrope:sections=24,20,20,0", "ggml/neox", "none",
        "run on ggml's CPU kernel: elements 61, 62, 125, 126", feeds=("t=p,h=p,w=p,e=0",), pairs=(61, 62)),
    Row("imrope and neox, text, 16,24,24", "ggml/imrope:sections=16,24,24,0", "ggml/neox", "none",
        "run on ggml's CPU kernel and transformers: 48, 51, 54, 57, 60, 63", feeds=("t=p,h=p,w=p,e=0",),
        pairs=(48, 51, 54, 57, 60, 63)),
    Row("imrope and neox, text, 8,12,12", "ggml/imrope:n_rot=64:sections=8,12,12,0", "ggml/neox:n_rot=64", "none",
        "run on ggml's CPU kernel and transformers: 24, 27, 30", feeds=("t=p,h=p,w=p,e=0",), pairs=(24, 27, 30)),
    Row("imrope and neox, text, 22,21,21", "ggml/imrope:sections=22,21,21,0", "ggml/neox", "identical",
        "run on ggml's CPU kernel", feeds=("t=p,h=p,w=p,e=0",)),
    Row("mrope and neox, text, 24,20,20", "ggml/mrope:sections=24,20,20,0", "ggml/neox", "identical",
        "run on ggml's CPU kernel", feeds=("t=p,h=p,w=p,e=0",)),
    Row("mrope and neox, text, four sections", "ggml/mrope:sections=16,16,16,16", "ggml/neox", "none",
        "run on ggml's CPU kernel: 32 elements", feeds=("t=p,h=p,w=p,e=0",), pairs=_run(48, 63)),
    Row("normal and neox, permuted over the rotated part", "ggml/normal:n_rot=64", "ggml/neox:n_rot=64", "permutation",
        "run on ggml's CPU kernel: bitwise equal after the permutation"),
    Row("text and audio in one sequence", "ggml/imrope:sections=24,20,20,0", "ggml/neox", "none",
        "paper: e changes from 0 to p between the modalities", feeds=("t=p,h=p,w=p,e=0", "t=p,h=p,w=p,e=p"),
        pairs=(61, 62)),
    Row("proportional and leading part", "transformers/half:head_dim=64:partial_rotary_factor=0.5",
        "transformers/proportional:head_dim=64:partial_rotary_factor=0.5", "none", "run on transformers 5.24.0"),
    Row("gemma4 proportional by freq_factors", "ggml/neox:head_dim=8:base=1000000:freq_factors=1,1,1e30,1e30",
        "transformers/proportional:head_dim=8:partial_rotary_factor=0.5:rope_theta=1000000", "none",
        "run on ggml's CPU kernel: a factor of 1e30 still turns, by 1e-32 rad", pairs=(2, 3)),
)

PAPER = (
    Row("turn by pi and by 3 pi", "tests/turns:turns=1", "tests/turns:turns=3", "identical",
        "paper: equal modulo 2 pi at whole positions"),
    Row("turn by pi and by 3 pi, real positions", "tests/turns-real:turns=1", "tests/turns-real:turns=3", "none",
        "paper: real positions see the difference"),
    Row("turn by 2 pi and no turn", "tests/turns:turns=2", "tests/turns:turns=0", "identical",
        "paper: nothing turns at whole positions"),
    Row("turn by pi/2 and 3 pi/2", "tests/turns:turns=1/2", "tests/turns:turns=3/2", "permutation",
        "paper: 3/2 is -1/2 modulo 2, the other direction"),
    Row("turn by pi, other direction", "tests/turns:turns=1", "tests/turns:turns=1:direction=-1", "identical",
        "paper: pi is -pi modulo 2 pi"),
    Row("two lanes with pi, apart", "tests/turns:turns=1,1:adjacent=true", "tests/turns:turns=1,1:adjacent=false",
        "identical", "paper: a turn by pi is a sign on single lanes, whatever the pairing"),
    Row("a zero pair and two lanes that pass", "tests/turns:turns=1/3,0", "tests/turns:turns=1/3:rest=2", "identical",
        "paper: frequency 0 passes"),
    Row("phase", "tests/turns:turns=1/3,1/5:phase=1", "tests/turns:turns=1/3,1/5", "equal-scores",
        "paper: a phase cancels in scores"),
    Row("whole turns of phase", "tests/turns:turns=1/3:phase=0", "tests/turns:turns=1/3", "identical", "paper"),
    Row("positions shifted by 3", "tests/turns:turns=1/3,1/5", "tests/turns:turns=1/3,1/5", "identical",
        "paper: the same feed on both sides", feeds=("late",)),
    Row("magnitude 2 and 1", "tests/turns:turns=1/3:size=2", "tests/turns:turns=1/3", "pair-map",
        "paper: a scale goes into the weights, a permutation cannot do it"),
    Row("magnitude 2 and 1, permutation asked", "tests/turns:turns=1/3:size=2", "tests/turns:turns=1/3", "pair-map",
        "paper", limit="permutation", pairs=(0,)),
    Row("two frequencies exchanged", "tests/turns:turns=1/3,1/5", "tests/turns:turns=1/5,1/3", "permutation", "paper"),
    Row("counts 2,1 and 1,2", "tests/turns:turns=1/3,1/3,1/5", "tests/turns:turns=1/3,1/5,1/5", "none",
        "paper: the multisets differ"),
    Row("two blocks, axes exchanged", "tests/blocks:swap=false", "tests/blocks:swap=true", "none",
        "paper: two pairs on t against three"),
    Row("real and integer positions, no pi", "diffusers/hunyuan-dit", "diffusers/cogview4", "permutation",
        "paper: algebraic frequencies see no whole turns; adjacent, columns first, against halves, rows first",
        feeds=("image",)),
    Row("half steps", "tests/turns:turns=2/3", "tests/turns:turns=2/3", "identical",
        "paper: the same feed on both sides", feeds=("half",)),
)

ROWS = (*REPORTS, *KERNELS, *PAPER, *FIELD)
