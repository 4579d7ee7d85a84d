"""Tensors of frequency factors that classes of llama.cpp's converter make, by the names that the table calls them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from prover.sources.converting.float32 import llama3_factors
from prover.sources.converting.values import full_head, original, part_of_row
from prover.sources.converting.work import Work

ROPE_FREQS = "rope_freqs.weight"
LONG, SHORT = "rope_factors_long.weight", "rope_factors_short.weight"


def _llama3(work: Work, factor: float = 8.0, *, theta_beside: bool = False, must_differ: bool = False) -> None:
    full = work.full()
    if not full or full.get("rope_type", "").lower() != "llama3":
        return
    base = (work.rope if theta_beside else full).get("rope_theta", 10000.0)
    low, high = full.get("low_freq_factor", 1.0), full.get("high_freq_factor", 4.0)
    original = full.get("original_max_position_embeddings", 8192)
    if must_differ and original / low == original / high:
        raise work.stop("low_freq_factor and high_freq_factor are the same")
    factors = llama3_factors(base, work.lanes(work.head()), full.get("factor", factor), low, high, original)
    work.put_factors(ROPE_FREQS, list(factors))
    work.findings.append("of the factors between 1 and the largest one in a hundred is a few float32 steps from the "
                         "converter's, whose power is not always the nearest number")


def _llama3_nowhere(work: Work) -> None:
    _llama3(work)
    if work.tensors:
        raise work.stop(f"{work.arch} has no place for the factors of llama3")


def _longrope(work: Work, width: Any) -> bool:
    """The two lists, if there is any; each must be half the width long."""
    long, short = work.rope.get("long_factor"), work.rope.get("short_factor")
    if not long and not short:
        return False
    if long is None or short is None:
        raise work.stop("one of long_factor and short_factor is missing")
    if len(long) != len(short) or len(long) != width / 2:
        raise work.stop(f"long_factor and short_factor must have {width / 2} numbers")
    work.put_factors(LONG, long)
    work.put_factors(SHORT, short)
    return True


def _phi3(work: Work) -> None:
    most = work.must("n_positions", "max_position_embeddings")
    longest = original(work)
    width = part_of_row(work, 1.0)
    if not work.rope.get("long_factor"):
        return
    scale = most / longest
    rule = work.rope.get("rope_type", "").lower()
    if rule in ("su", "longrope"):
        magnitude = math.sqrt(1 + math.log(scale) / math.log(longest)) if scale > 1 else 1.0
    elif rule == "yarn":
        magnitude = 0.1 * math.log(scale) + 1.0 if scale > 1 else 1.0
    else:
        raise work.stop(f"rope_type {rule[:40]!r} does not go with long_factor")
    work.put("rope.scaling.attn_factor", magnitude)
    if work.rope.get("short_factor") is None:
        raise work.stop("short_factor is missing")
    _longrope(work, width)


def _gemma4(work: Work) -> None:
    full = work.must("rope_parameters.full_attention")
    if full["rope_type"] != "proportional":
        raise work.stop("rope_type of full_attention is not proportional")
    width = work.lanes(full_head(work))
    turned = int(width * full["partial_rotary_factor"] / 2)
    work.put_factors(ROPE_FREQS, [1.0] * turned + [1e30] * (int(width / 2) - turned))


EXTRAS: Mapping[str, Callable[[Work], object]] = {
    "llama3": _llama3,
    "llama3 nowhere": _llama3_nowhere,
    "exaone": lambda work: _llama3(work, theta_beside=True, must_differ=True),
    "exaone4": lambda work: _llama3(work, 16.0),
    "phi3": _phi3,
    "gemma4": _gemma4,
    "minicpm": lambda work: _longrope(work, work.quotient()),
    "minicpm3": lambda work: _longrope(work, work.must("qk_rope_head_dim")),
}
