"""mlx-lm's rotary modules as initialize_rope makes them. Source: ml-explore/mlx-lm 0.32.2,
mlx_lm/models/rope_utils.py."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.mlx_lm_latent import LONGROPE, latent
from prover.measure.upstream.mlx_rope import kernel_from
from prover.measure.upstream.software import Software, Values

# Parameters of the layouts that stand in scaling_config under the same name.
NAMED = ("factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow",
         "mscale", "mscale_all_dim", "partial_rotary_factor")
MAX_POSITIONS = "max_position_embeddings"


def _config(values: Values, kind: str, **more: Any) -> dict[str, Any]:
    named = {name: values.number(name) for name in NAMED if name in values.values}
    return {"rope_type": kind, **more, **named}


def _built(values: Values, kind: str, adjacent: bool, base: float, **more: Any) -> Kernel:
    from mlx_lm.models.rope_utils import initialize_rope

    config = _config(values, kind, **more)
    longest = values.whole(MAX_POSITIONS) if MAX_POSITIONS in values.values else None
    rope = initialize_rope(values.whole("dims"), base, adjacent, config, longest)
    return kernel_from(rope)


def _rope(values: Values) -> Kernel:
    return _built(values, values.word("rope_type"), values.flag("traditional"), values.number("base"))


def _longrope(values: Values) -> Kernel:
    factors = values.numbers("long_factor")
    return _built(values, LONGROPE, False, values.number("base"), long_factor=factors, short_factor=[1.0])


def _proportional(values: Values) -> Kernel:
    return _built(values, "proportional", values.flag("traditional"), values.number("rope_theta"))


def _latent(values: Values) -> Kernel:
    kind = values.word("rope_type")
    more = {"long_factor": values.numbers("long_factor"), "short_factor": [1.0]} if kind == LONGROPE else {}
    longest = values.whole(MAX_POSITIONS) if MAX_POSITIONS in values.values else 131072
    return latent(values, _config(values, kind, **more), values.number("base"), longest)


_ROPE, _LONG, _PART = "mlx-lm/rope", "mlx-lm/su-rope", "mlx-lm/proportional"
_LATENT = "mlx-lm/latent"
_FACTORS = ",".join(f"{number}.0" for number in range(2, 18))
SOFTWARE = Software(
    ("mlx-lm", "mlx"), {_ROPE: _rope, _LONG: _longrope, _PART: _proportional, _LATENT: _latent},
    (f"{_ROPE}:head_dim=64", f"{_ROPE}:head_dim=64:dims=32:traditional=true:base=500000",
     f"{_ROPE}:head_dim=64:rope_type=linear:factor=4",
     f"{_ROPE}:head_dim=128:rope_type=llama3:factor=8:base=500000",
     f"{_ROPE}:head_dim=64:rope_type=llama3:factor=8:base=500000:original_max_position_embeddings=1024"
     ":low_freq_factor=2:high_freq_factor=8:traditional=true",
     f"{_ROPE}:head_dim=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096",
     f"{_ROPE}:head_dim=128:dims=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096:base=150000",
     f"{_ROPE}:head_dim=64:rope_type=yarn:factor=32:original_max_position_embeddings=4096:beta_fast=64:beta_slow=2",
     f"{_ROPE}:head_dim=64:rope_type=yarn:factor=40:original_max_position_embeddings=4096:mscale=0.707"
     ":mscale_all_dim=1",
     f"{_ROPE}:head_dim=64:rope_type=telechat3-yarn:factor=4:original_max_position_embeddings=4096",
     f"{_LONG}:head_dim=32:long_factor={_FACTORS}:max_position_embeddings=131072:original_max_position_embeddings=4096",
     f"{_LONG}:head_dim=64:dims=32:long_factor={_FACTORS}:max_position_embeddings=4096"
     ":original_max_position_embeddings=4096",
     f"{_PART}:head_dim=64:partial_rotary_factor=0.5:factor=8.0:rope_theta=1000000",
     f"{_PART}:head_dim=64:partial_rotary_factor=0.36:rope_theta=1000000",
     f"{_LATENT}:qk_nope_head_dim=32:qk_rope_head_dim=64:base=500000",
     f"{_LATENT}:qk_nope_head_dim=32:qk_rope_head_dim=32:rope_type=linear:factor=4",
     f"{_LATENT}:qk_nope_head_dim=16:qk_rope_head_dim=64:rope_type=yarn:factor=40:mscale=0.707:mscale_all_dim=1"
     ":original_max_position_embeddings=4096",
     f"{_LATENT}:qk_nope_head_dim=16:qk_rope_head_dim=32:traditional=false:rope_type=longrope:long_factor={_FACTORS}"
     ":max_position_embeddings=131072:original_max_position_embeddings=4096"),
)
