"""Many models under many engines: one row each, whatever is wrong with a file, and the same however they are spread."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import pytest

from prover import checker
from prover.api import audit
from prover.commands.cli import run_command
from prover.errors import ProverError

QWEN3 = {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 64, "num_attention_heads": 8,
         "num_key_value_heads": 8, "head_dim": 8, "num_hidden_layers": 2, "max_position_embeddings": 4096,
         "rms_norm_eps": 1e-6, "intermediate_size": 128, "vocab_size": 100, "rope_theta": 10000.0,
         "tie_word_embeddings": False}
# transformers takes truncate, llama.cpp and mlx-lm do not.
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "truncate": False, "beta_fast": 4}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a plain model, one that engines differ on, and files that are none."""
    for name, config in {
        "b/config": QWEN3, "a": QWEN3 | {"rope_scaling": YARN}, "c": {"model_type": "nosuch"}, "d": [1],
    }.items():
        path = tmp_path / "models" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(config))
    (tmp_path / "models" / "e.gguf").write_bytes(b"GGUF")
    return tmp_path / "models"


def test_each_model_is_a_row(models: Path) -> None:
    """Words by engine, and a fault where nothing can be read."""
    found = audit(str(models), jobs=1).to_json()
    rows = {Path(row["file"]).relative_to(models).as_posix(): row for row in found["models"]}
    assert ["a.json", "b/config.json", "c.json", "d.json", "e.gguf"] == sorted(rows)
    words = {name: {engine: cell["verdict"] for engine, cell in row["cells"].items()} for name, row in rows.items()}
    same = {"vllm": "equivalent", "sglang": "equivalent"}
    assert same | {"llama.cpp": "equivalent", "mlx-lm": "equivalent"} == words["b/config.json"]
    assert same | {"llama.cpp": "different", "mlx-lm": "different"} == words["a.json"]
    assert "is not known here" in rows["c.json"]["fault"]
    assert "holds a list at the top" in rows["d.json"]["fault"]
    assert rows["e.gguf"]["fault"]
    assert 1 == found["exit_code"]


def test_jobs_give_the_same(models: Path) -> None:
    """Two processes, or two threads where joblib is told so, come to what one process comes to."""
    alone = audit(str(models), jobs=1).to_json()
    assert alone == audit(str(models), jobs=2).to_json()
    with joblib.parallel_config("threading"):
        assert alone == audit(str(models), jobs=2).to_json()


def test_certificates_and_text(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A certificate for each cell, accepted by the checker, and a table with the reasons below it."""
    (tmp_path / "out").mkdir()
    models = models / "a.json"
    assert 1 == run_command(["audit", str(models), "--engines", "vllm,mlx-lm", "--certificate", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "[1] mlx-lm: text: different. No fixed change" in said
    assert said.endswith("\n1 model. Cells: 1 equivalent, 1 different.\n")
    texts = [path.read_text() for path in sorted((tmp_path / "out").iterdir())]
    assert [(None, "linear"), ("identical", None)] == [checker.check(text) for text in texts]


def test_what_is_refused(models: Path, tmp_path: Path) -> None:
    """An engine that is none, a folder without models, a name that is no model."""
    (tmp_path / "empty").mkdir()
    for names, engines, message in (
        (str(models), ("nosuch",), "there is no engine 'nosuch'"), ("ggml/neox", ("vllm",), "is no model"),
        (str(tmp_path / "empty"), ("vllm",), "holds no model"),
    ):
        with pytest.raises(ProverError, match=message):
            audit(names, engines=engines)
