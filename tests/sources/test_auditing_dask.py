"""An audit spread over Dask's workers comes to what one process comes to; needs the extra dask."""

from __future__ import annotations

import json
import os
from pathlib import Path

import joblib
import pytest

from prover.api import audit

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
# Dask's own modules warn of what they do to each other.
pytestmark = pytest.mark.filterwarnings("ignore")

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 8,
         "num_key_value_heads": 8, "head_dim": 8, "num_hidden_layers": 2, "max_position_embeddings": 4096,
         "rms_norm_eps": 1e-6, "intermediate_size": 128, "vocab_size": 100}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "truncate": False, "beta_fast": 4}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Enough models that both workers get some, some of them alike, some different, some none."""
    for number in range(24):
        config = LLAMA | {"rope_theta": 10000 + number // 2}
        if number % 5 == 0:
            config = config | {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "rope_scaling": YARN}
        (tmp_path / f"{number:02}.json").write_text("[" if number % 7 == 0 else json.dumps(config))
    return tmp_path


def test_two_dask_workers_give_the_same(models: Path) -> None:
    """Two worker processes on this machine, the whole report and every certificate; both have worked."""
    alone = audit(str(models), engines=("vllm", "mlx-lm"), jobs=1, certificates=True)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
            memory_limit=None,
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        spread = audit(str(models), engines=("vllm", "mlx-lm"), certificates=True)
        loaded = client.run(lambda: (os.getpid(), "prover.verdicts.verdict" in __import__("sys").modules))
    assert alone.to_json() == spread.to_json()
    assert alone.to_text() == spread.to_text()
    assert alone.certificates == spread.certificates
    assert 2 == len({pid for pid, has_worked in loaded.values() if has_worked} - {os.getpid()})
