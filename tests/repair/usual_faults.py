"""Faults that people make, in kernels of many projects, each with the words of its cause.

A fault is a parameter or a word that the target has otherwise, or it is made in the table of the target's pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from prover import RelationName
from prover.exact.angle import Angle
from prover.exact.number import ONE, Exact, exact, power
from prover.layouts.layout import Pair

Change = Callable[[int, Pair], Pair | None]


def _turned(change: Callable[[int, Exact], Exact]) -> Change:
    return lambda j, pair: pair.with_angles(
        lambda angle: Angle.of({axis: change(j, f) for axis, f in angle.frequencies}, angle.phase))


def _placed(lanes: Callable[[int], tuple[int, int]]) -> Change:
    return lambda j, pair: replace(pair, read=lanes(j), write=lanes(j))


def _sized(change: Callable[[Exact], Exact]) -> Change:
    return lambda _, pair: replace(pair, magnitude=change(pair.magnitude))


def _axes(new: dict[str, str]) -> Change:
    return lambda _, pair: pair.with_angles(lambda angle: Angle.of({new[a]: f for a, f in angle.frequencies}))


def _plain(base: int, lanes: int, shift: int = 0) -> Change:
    return _turned(lambda j, _: power(exact(base), Fraction(-2 * (j + shift), lanes)))


@dataclass(frozen=True, slots=True)
class Fault:
    """What the weights were made for, what is run, what is made of its pairs, and words of the first cause."""

    name: str
    source: str
    target: str
    words: tuple[str, ...]
    change: Change | None = None
    feeds: tuple[str, ...] = ()
    limit: RelationName | None = None


_HALF, _ADJACENT = "transformers/half:head_dim=64", "transformers/adjacent:head_dim=64"
_YARN = "rope_type=yarn:factor=4:original_max_position_embeddings=4096"
_LLAMA3 = "rope_type=llama3:factor={}:low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192"
_IMAGE = ("image",)



def _bfloat16(value: float) -> str:
    """The nearest bfloat16, ties to even: the upper half of a float32."""
    bits = int(np.float32(value).view(np.uint32))
    rounded = np.uint32(bits + 0x7FFF + (bits >> 16 & 1) >> 16 << 16).view(np.float32)
    return "{}/{}".format(*float(rounded).as_integer_ratio())


def _slower_in_time(_: int, pair: Pair) -> Pair:
    ((axis, frequency),) = pair.angle.frequencies
    return replace(pair, angle=Angle.of({axis: frequency * exact(Fraction(1, 2) if axis == "t" else 1)}))


_TABLE = ",".join(_bfloat16(10000.0 ** (-j / 32)) for j in range(32))

FAULTS = (
    Fault("NeMo, base lost", f"{_HALF}:rope_theta=1000000", "nemo/rope:kv_channels=64", ("with rotary_base=1000000 ",)),
    Fault("Paddle, pairing", _HALF, "paddle/fused-rope:head_dim=64",
          ("which lanes are a pair", "with use_neox_rotary_style=false ")),
    Fault("candle, partial factor lost", f"{_HALF}:partial_rotary_factor=0.5", "candle/rope:head_dim=64",
          ("with n_rot=32 ",)),
    Fault("KerasHub, linear scaling lost", f"{_HALF}:rope_type=linear:factor=8", "keras-hub/rope:head_dim=64",
          ("with scaling_factor=8 ",)),
    Fault("torchtune, llama3 lost", f"{_ADJACENT}:rope_theta=500000:{_LLAMA3.format(8)}",
          "torchtune/rope:head_dim=64:base=500000",
          ("how the frequencies are scaled", "the target computes what the source would with rope_type=default")),
    Fault("LMDeploy, llama3's factor", f"{_HALF}:rope_theta=500000:{_LLAMA3.format(32)}",
          f"lmdeploy/pytorch:head_dim=64:rope_theta=500000:{_LLAMA3.format(8)}", ("with factor=32 ",)),
    Fault("mistral.rs, positions doubled", _HALF, "mistral-rs/rope:head_dim=64",
          ("scale of positions: every pair of the source turns 0.5 times as fast",),
          _turned(lambda _, f: f * exact(2))),
    Fault("axlearn, off by one", _ADJACENT, "axlearn/rope:head_dim=64",
          ("off by one in the exponent: pair j of the source turns as pair j - 1",), _plain(10000, 64, 1)),
    Fault("tinygrad, direction", _HALF, "tinygrad/rope:head_dim=64", ("direction: the target turns the other way",),
          _turned(lambda _, f: -f)),
    Fault("torchtitan, betas exchanged", f"{_ADJACENT}:{_YARN}:beta_fast=32:beta_slow=2",
          f"{_ADJACENT}:{_YARN}:beta_fast=16:beta_slow=1", ("beta_fast=32", "beta_slow=2")),
    Fault("LiteRT, partial factor applied twice", f"{_HALF}:partial_rotary_factor=0.5",
          "litert/rope:head_dim=64:n_elem=16", ("with n_elem=32 ",)),
    Fault("CTranslate2, split for prefix", f"{_HALF}:partial_rotary_factor=0.5",
          "ctranslate2/rotary:head_dim=64:rotary_dim=32:rotary_interleave=false",
          ("pairing: the source pairs the halves of the rotated lanes, j and j + 16",), _placed(lambda j: (j, j + 32))),
    Fault("LMDeploy, attention factor lost", f"{_HALF}:{_YARN}", f"lmdeploy/pytorch:head_dim=64:{_YARN}",
          ("factor of cos and sin: it is lost",), _sized(lambda _: ONE)),
    Fault("mlx-lm, attention factor twice", f"{_HALF}:{_YARN}", f"{_HALF}:{_YARN}",
          ("factor of cos and sin: ", "as if it were applied twice"), _sized(lambda m: m * m)),
    Fault("mistral.rs, exponents over the head", f"{_HALF}:partial_rotary_factor=0.5",
          "mistral-rs/rope:head_dim=64:n_rot=32", ("denominator of the exponent: ", "divided by all 64"),
          _plain(10000, 64)),
    Fault("mlx-vlm, sections", "transformers/mrope-stride3:mrope_section=24,20,20",
          "mlx-vlm/mrope:mrope_section=20,24,20", ("with mrope_section=24,20,20 ",), None, _IMAGE),
    Fault("mlx-vlm, chunks for turns", "transformers/mrope-stride3:mrope_section=24,20,20",
          "mlx-vlm/mrope:mrope_section=24,20,20:style=chunked", ("the order of axes: ", "with style=interleaved "),
          None, _IMAGE),
    Fault("SGLang, rows and columns exchanged", "sglang/mrope:head_size=64:mrope_section=12,10,10",
          "sglang/mrope:head_size=64:mrope_section=12,10,10", ("order of axes: ",),
          _axes({"t": "t", "h": "w", "w": "h"}), _IMAGE),
    Fault("candle, three at once", f"{_ADJACENT}:partial_rotary_factor=0.5:rope_theta=1000000",
          "candle/rope:head_dim=64", ("op=rope_i", "n_rot=32", "rope_theta=1000000"), None, (), "equal-scores"),
    Fault("base and direction", f"{_HALF}:rope_theta=1000000", "tests/turned-back",
          ("base=1000000", "direction: "), None, (), "equal-scores"),
    Fault("base, pairing and direction", f"{_ADJACENT}:rope_theta=1000000", "tests/turned-back",
          ("base=1000000", "pairing: ", "direction: "), None, (), "equal-scores"),
    Fault("Megatron, axes dropped under another base", "vllm/mrope:head_size=64:mrope_section=8,12,12:base=1000000",
          "megatron/rope:kv_channels=64", ("rotary_base=1000000", "axes that are dropped: "), None,
          ("t=t,h=h,w=w,p=t",)),
    Fault("frequencies in bfloat16", _HALF, f"generic/table:frequencies={_TABLE}",
          ("rounding of the frequencies: the target's frequencies are the source's rounded to bfloat16",)),
    Fault("frequencies in bfloat16, and the other pairing", _ADJACENT, f"generic/table:frequencies={_TABLE}",
          ("which lanes are a pair", "rounding of the frequencies: the target's frequencies are the source's rounded"),
          None, (), "equal-scores"),
    Fault("vLLM, frames counted at half the rate", "vllm/mrope:head_size=64:mrope_section=8,12,12",
          "vllm/mrope:head_size=64:mrope_section=8,12,12",
          ("scale of positions: pairs of axis t turn 2 times as fast in the source",), _slower_in_time, _IMAGE),
    Fault("KerasHub, YaRN run as linear", f"{_HALF}:{_YARN}", "keras-hub/rope:head_dim=64:scaling_factor=4",
          ("how the frequencies are scaled", "=linear")),
    Fault("transformers, llama3 run as linear", f"{_HALF}:rope_theta=500000:{_LLAMA3.format(8)}",
          "mlx/rope:head_dim=64:base=500000:scale=0.125", ("the source would with rope_type=linear",)),
)
