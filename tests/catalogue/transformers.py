"""Rows for models/transformers that no measured table covers, and the families of the census.

FAMILIES names a spec for every family found in transformers 5.24.0: T text, L latent, I indexers, M several
axes, V vision, X odd ones.
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
    one_axis,
    prefix,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
    yarn_frequencies,
)
from catalogue.sglang import turns
from catalogue.vision import BANDS, LEARNED, learned

F64 = default_frequencies(10000, 64)


def musicflamingo(x: Array, at: Positions) -> Array:
    """MusicFlamingoRotaryEmbedding with its 1280 channels; a position is the timestamp times a number.

    window_freqs are number/1200*inv_freq and position_angles place/1200*2*pi*inv_freq, and both are
    multiplied by -2*pi*timestamp.
    """
    frequencies = default_frequencies(1200, 256) / 1200
    angles = np.concatenate([at["window"] * frequencies, 2 * math.pi * at["place"] * frequencies])
    return prefix(x, rotate_adjacent(x[:512], -2 * math.pi * angles))


ROWS = (
    Row("transformers/indexer", one_axis(rotate_halves, F64)),
    Row("transformers/indexer:pairing=adjacent:part=trailing", one_axis(rotate_adjacent, F64, 64)),
    Row("transformers/indexer:part=trailing", one_axis(rotate_halves, F64, 64)),
    Row("transformers/indexer:pairing=adjacent-to-half", one_axis(rotate_adjacent_to_halves, F64)),
    Row("transformers/indexer:rope_type=yarn:factor=40:original_max_position_embeddings=4096",
        one_axis(rotate_halves, yarn_frequencies(10000, 64, 40, 4096), size=1 + math.log(40) / 10)),
    Row("transformers/output-back", one_axis(rotate_adjacent, -F64, 448)),
    Row("transformers/musicflamingo", musicflamingo),
    Row("transformers/phimoe:head_dim=8:short_factor=1,2,4,8:short_mscale=1.25:long_mscale=1.5",
        one_axis(rotate_halves, default_frequencies(10000, 8) / [1, 2, 4, 8], size=1.25)),
    Row("transformers/phimoe:head_dim=8:short_factor=1,2,4,8:short_mscale=1.25:long_mscale=1.5:seq_len=4097",
        one_axis(rotate_halves, default_frequencies(10000, 8) / [1, 2, 4, 8], size=1.5)),
    Row("transformers/vision-w-first", by_axis(rotate_halves, np.tile(BANDS, 2), ["w"] * 16 + ["h"] * 16)),
    Row("transformers/vision-w-first-adjacent", by_axis(rotate_adjacent, np.tile(BANDS, 2), ["w"] * 16 + ["h"] * 16)),
    Row("transformers/learned-directions", learned(LEARNED)),
    Row("transformers/latent-mrope", by_axis(rotate_adjacent, F64, turns([12, 10, 10], 32), 128)),
)

FAMILIES = {
    "T1": "transformers/half",
    "T2": "transformers/half:partial_rotary_factor=0.25",
    "T3": "transformers/adjacent",
    "T4": "transformers/adjacent:partial_rotary_factor=0.5",
    "T5": "transformers/half:head_dim=256:rope_theta=1000000",
    "T6": "transformers/half:head_dim=192:partial_rotary_factor=0.334",
    "T7": "transformers/proportional",
    "L1": "transformers/adjacent-to-half",
    "L2": "transformers/latent",
    "L3": "transformers/latent:pairing=adjacent",
    "L4": "transformers/latent:pairing=adjacent:qk_nope_head_dim=448",
    "I1": "transformers/indexer",
    "I2": "transformers/indexer:pairing=adjacent-to-half",
    "I3": "transformers/indexer:part=trailing",
    "I4": "transformers/indexer:n_rot=128",
    "M1": "transformers/mrope-chunked",
    "M2": "transformers/mrope-chunked:partial_rotary_factor=0.5:mrope_section=8,12,12",
    "M3": "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5:mrope_section=8,12,12",
    "M4": "transformers/mrope-stride3",
    "M5": "transformers/mrope-stride3:head_dim=256:partial_rotary_factor=0.25:mrope_section=11,11,10",
    "M6": "transformers/latent-mrope",
    "M7": "transformers/mrope-ernie",
    "M8": "transformers/row-column",
    "M9": "transformers/coordinates",
    "V1": "transformers/vision-chunked",
    "V2": "transformers/vision-w-first",
    "V3": "transformers/vision-alternating",
    "V4": "transformers/vision-w-first-adjacent",
    "V5": "transformers/vision-adjacent:head_dim=256",
    "V6": "transformers/vision-adjacent",
    "V7": "transformers/vision-separate",
    "V8": "transformers/pixtral",
    "V9": "transformers/dinov3",
    "V10": "transformers/vision-three-axes",
    "V11": "transformers/whole-hidden",
    "V12": "transformers/learned-directions",
    "X vjepa2": "transformers/vjepa2",
    "X hunyuan_vl": "transformers/hunyuan-vl",
    "X wav2vec2_bert": "transformers/hidden-states:head_dim=64",
    "X wav2vec2_conformer": "transformers/hidden-states:head_dim=64",
    "X seamless_m4t": "transformers/hidden-states:head_dim=64",
    "X qwen2_5_omni DiT": "transformers/adjacent-to-half:qk_nope_head_dim=0",
    "X clvp": "transformers/half:head_dim=64",
    "X musicflamingo": "transformers/musicflamingo",
    "X nanochat": "transformers/nanochat",
}
