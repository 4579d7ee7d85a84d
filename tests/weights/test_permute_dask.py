"""Shards written by Dask's workers are those that one process writes; needs the extra dask."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from generated import LLAMA, all_bytes, llama_shapes, random_arrays, write_model

from prover.api import permute_weights

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
# Dask's own modules warn of what they do to each other.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_two_dask_workers_give_the_same(tmp_path: Path) -> None:
    """Two worker processes on this machine, every file and the manifest; both have worked."""
    model = write_model(tmp_path / "model", LLAMA, random_arrays(llama_shapes(LLAMA)), 8)
    permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "alone"))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
            memory_limit=None,
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "spread"), jobs=2)
        worked = client.run(lambda: "prover.weights.moved.apply" in __import__("sys").modules)
    assert all_bytes(tmp_path / "alone") == all_bytes(tmp_path / "spread")
    assert [True, True] == list(worked.values())
