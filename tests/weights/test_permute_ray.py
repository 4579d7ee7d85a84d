"""Shards written by Ray's workers are those that one process writes; needs ray, which is no extra of this package."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from generated import LLAMA, all_bytes, llama_shapes, random_arrays, write_model

from prover.api import permute_weights

ray = pytest.importorskip("ray", reason="ray is not installed")
# Ray's own modules warn of what they do to each other.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_two_ray_workers_give_the_same(tmp_path: Path) -> None:
    """Its backend gives nothing before all of it is there; every file and the manifest."""
    from ray.util.joblib import register_ray

    model = write_model(tmp_path / "model", LLAMA, random_arrays(llama_shapes(LLAMA)), 8)
    permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "alone"), jobs=1)
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        register_ray()
        with joblib.parallel_config("ray"):
            permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "spread"), jobs=2)
    finally:
        ray.shutdown()
    assert all_bytes(tmp_path / "alone") == all_bytes(tmp_path / "spread")
