"""Repairs found, run on the real kernel: the changed target's scores are those of the source."""

from __future__ import annotations

import numpy as np
import pytest

from plain_loops import mrope_axis
from prover import find_repair

pytestmark = pytest.mark.live


def test_imrope_on_the_kernel_of_qwen2_vl() -> None:
    """Moved rows, and factors as rope_type longrope, turn Qwen2-VL's chunks into ggml's IMROPE of 24, 20, 20.

    Pairs 61 and 62, which IMROPE leaves to e, get what w gets. Positions are below 300, so that float32 angles are off
    by less than 2e-5 each; scores of 64 pairs by less than 5e-3.
    """
    import torch
    from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLTextConfig
    from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLRotaryEmbedding, apply_rotary_pos_emb

    sections, own, ones = [22, 20, 22], [24, 20, 20, 0], [1.0] * 64
    lists = ",".join("1" * 64)
    target = (f"transformers/mrope-chunked:mrope_section=22,20,22:rope_type=longrope:max_position_embeddings=4096:"
              f"original_max_position_embeddings=4096:short_factor={lists}:long_factor={lists}")
    found = find_repair("ggml/imrope:sections=24,20,20,0", target, feeds="t=t,h=h,w=w,e=w").to_json()["repair"]
    assert ["permutation", "factors"] == found["changes"]
    rows, factors = np.array(found["permutation"]), [factor["float32_value"] for factor in found["factors"]]

    def scores(by: list[float], q: np.ndarray, k: np.ndarray, places: np.ndarray) -> float:
        kernel = Qwen2VLRotaryEmbedding(Qwen2VLTextConfig(
            hidden_size=128, num_attention_heads=1, num_key_value_heads=1, max_position_embeddings=4096,
            rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "mrope_section": sections, "factor": 1.0,
                             "short_factor": by, "long_factor": by, "original_max_position_embeddings": 4096},
        ))
        turned = []
        for x, at in zip((q, k), places, strict=True):
            cos, sin = kernel(torch.zeros(1, 1, 128), torch.tensor(at).reshape(3, 1, 1))
            head = torch.tensor(x, dtype=torch.float32).reshape(1, 1, 1, 128)
            turned.append(apply_rotary_pos_emb(head, head, cos, sin)[0].double().flatten())
        return float(turned[0] @ turned[1])

    def source(x: np.ndarray, at: np.ndarray) -> np.ndarray:
        places = [*at, at[2]]
        angle = np.array([places[mrope_axis("imrope", own, j)] * 10000.0 ** (-2 * j / 128) for j in range(64)])
        a, b = x[:64], x[64:]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)])

    generator = np.random.default_rng(3)
    for _ in range(4):
        q, k = generator.standard_normal((2, 128))
        places = generator.integers(0, 300, (2, 3))
        wanted = source(q, places[0]) @ source(k, places[1])
        assert abs(wanted - scores(factors, q[rows], k[rows], places)) < 5e-3
        assert abs(wanted - scores(ones, q[rows], k[rows], places)) > 5e-2
