"""A whole head that a config says in so many words: minimax_m2 and nemotron of huggingface/transformers 5.24.0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover import prove

MINIMAX = {"model_type": "minimax_m2", "hidden_size": 3072, "num_attention_heads": 48, "num_key_value_heads": 8,
           "head_dim": 128, "rope_theta": 5000000, "max_position_embeddings": 196608, "num_hidden_layers": 62}
NEMOTRON = {"model_type": "nemotron", "hidden_size": 6144, "num_attention_heads": 48, "num_key_value_heads": 8,
            "head_dim": 128, "rope_theta": 10000, "max_position_embeddings": 4096, "num_hidden_layers": 32}


@pytest.mark.parametrize(("config", "was", "now", "words"), [
    (MINIMAX, {"rotary_dim": 64}, {"rotary_dim": 128}, "partial_rotary_factor=1 (rotary_dim / head_dim)"),
    (NEMOTRON, {"partial_rotary_factor": 0.5}, {"partial_rotary_factor": 1.0}, "partial_rotary_factor=1"),
])
def test_what_a_file_says_is_no_default(
    config: dict[str, object], was: dict[str, object], now: dict[str, object], words: str, tmp_path: Path,
) -> None:
    """A whole head that is written in a file is told with its key, and not as if nobody had given it."""
    paths = [tmp_path / "source.json", tmp_path / "target.json"]
    for path, more in zip(paths, (was, now), strict=True):
        path.write_text(json.dumps(config | more), "utf-8")
    (told,) = prove(*map(str, paths)).to_json()["causes"]
    assert (f"the number of rotated lanes: the target has {words}; with partial_rotary_factor=0.5 the two are "
            "identical (proved)") == told["text"]
