"""Latent attention of mlx-lm's DeepSeek-V3 and MiniCPM3. Source: ml-explore/mlx-lm 0.32.2,
mlx_lm/models/deepseek_v3.py and minicpm3.py.

The attention is built with one head whose query is the hidden state; what reaches the scores is caught.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Values

LONGROPE = "longrope"


class _Caught(Exception):
    """The scores were reached; carries the queries, [vectors, 1, 1, lanes]."""


def latent(values: Values, scaling: dict[str, Any], base: float, longest: int) -> Kernel:
    """The kernel at a SPEC of mlx-lm/latent; `scaling` is the config's rope_scaling."""
    if values.flag("traditional"):
        return _deepseek(values, scaling, base, longest)
    if values.word("rope_type") == LONGROPE:
        return _minicpm3(values, scaling, base, longest)
    raise ValueError("mlx-lm's latent attentions pair by halves with longrope alone")


def _shape(values: Values, longest: int) -> dict[str, Any]:
    first, lanes = values.whole("qk_nope_head_dim"), values.whole("qk_rope_head_dim")
    return {
        "hidden_size": first + lanes, "q_lora_rank": first + lanes, "kv_lora_rank": first,
        "qk_nope_head_dim": first, "qk_rope_head_dim": lanes, "num_attention_heads": 1, "num_key_value_heads": 1,
        "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 8, "max_position_embeddings": longest,
    }


def _deepseek(values: Values, scaling: dict[str, Any], base: float, longest: int) -> Kernel:
    """Rotated and other lanes are scored apart: the keys of the rotated ones are a basis, so that scores are lanes."""
    import mlx.core as mx
    from mlx_lm.models import deepseek_v3

    config = deepseek_v3.ModelArgs(**_shape(values, longest), v_head_dim=8, rope_theta=base, rope_scaling=scaling)
    attention = deepseek_v3.DeepseekV3Attention(config)
    attention.embed_q = _same
    attention.scale = 1.0

    class Basis:
        def __init__(self, offset: int) -> None:
            self.offset = offset

        def update_and_fetch(self, latents: Any, keys: Any) -> tuple[Any, Any]:
            return latents, mx.broadcast_to(mx.eye(keys.shape[-1]), (len(keys), 1, keys.shape[-1], keys.shape[-1]))

    def scores(queries: Any, *rest: Any, mask: Any, **more: Any) -> None:
        raise _Caught(mx.concatenate([queries, mask], axis=-1))

    return _kernel(deepseek_v3, attention, scores, Basis)


def _minicpm3(values: Values, scaling: dict[str, Any], base: float, longest: int) -> Kernel:
    from mlx_lm.models import minicpm3

    config = minicpm3.ModelArgs(
        model_type="minicpm3", dim_model_base=8, rms_norm_eps=1e-6, scale_depth=1.0, scale_emb=1.0, rope_theta=base,
        rope_scaling=scaling, **_shape(values, longest))

    class Passing:
        def __init__(self, offset: int) -> None:
            self.offset = offset

        def update_and_fetch(self, keys: Any, rows: Any) -> tuple[Any, Any]:
            return keys, rows

    def scores(queries: Any, *rest: Any, **more: Any) -> None:
        raise _Caught(queries)

    return _kernel(minicpm3, minicpm3.Attention(config), scores, Passing)


def _same(x: Any) -> Any:
    return x


def _kernel(module: Any, attention: Any, scores: Callable[..., None], cache: Callable[[int], Any]) -> Kernel:
    import mlx.core as mx

    for name in ("q_a_proj", "q_a_layernorm", "q_b_proj"):
        setattr(attention, name, _same)

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        original = module.scaled_dot_product_attention
        module.scaled_dot_product_attention = scores
        try:
            with mx.stream(mx.cpu):
                attention(mx.array(vectors.astype(np.float32))[:, None], cache=cache(int(position[0])))
        except _Caught as caught:
            return np.array(caught.args[0], dtype=np.float64)[:, 0, 0]
        finally:
            module.scaled_dot_product_attention = original
        raise ValueError(f"{module.__name__} reached no scores")

    return kernel
