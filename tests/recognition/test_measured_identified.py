"""Tables measured from real kernels, identified without the family, against the SPEC that each is known to equal."""

from __future__ import annotations

import pytest

from identify_scoring import Score, score
from measured_rows import Row, rows

# Of every kind of layout one.
ENTRIES = (
    "neox_d256_n64_partial", "mrope_d128_24_20_20", "imrope_qwen35", "vision_d64", "neox_yarn_gptoss",
    "mrope_wrap_4_3_3_n64", "llama3_1_llama3", "gpt_oss_yarn_notrunc", "moonshine_base_partial62",
    "nanochat_reverse", "deepseek_v3_interleave", "minicpm3", "qwen2_vl_vision", "gemma4_full_proportional",
    "flux_theta", "ernie_image_8,12,12", "r32_True_True", "ntk_mixed_2",
)
# What is known not to be found as the very same layout, and why.
KNOWN = {
    "normal_llama31_ff": "decimals of a tensor: Llama 3's rule conforms, and its exact numbers are others",
    "lightglue_learned": "learned numbers", "mistral_large4_learned_scale": "learned numbers",
    "fast_freqs_scale": "a list of frequencies",
    "musicflamingo": "two axes whose frequencies are of no formula that is read off",
    "phimoe_long_positions": "the digits of attention_factor that a table does not have",
    "xformers dynamic_changed": "Llama 3's rule and a linear factor, one on the other",
    "megatron-bridge partial": "a linear factor on axes that take turns over a part of the head",
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_identified(entry: str) -> None:
    """The same layout is found; base, scaling and turning lanes are those of its SPEC."""
    found = score(next(row for row in rows() if row.entry == entry))
    assert (True, True, True, True) == (found.layout, found.width, found.lanes, found.base is not False)
    assert found.scaling is not False


@pytest.mark.slow
@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.file} {row.entry}") for row in rows()])
def test_every_table_conforms_to_what_is_found(row: Row) -> None:
    """A layout is found for every table, but for those that are known to be tables of numbers."""
    found: Score = score(row)
    assert found.lanes
    assert found.conforms or not found.row.measured.pairs or KNOWN.keys() & {row.entry, f"{row.file} {row.entry}"}
