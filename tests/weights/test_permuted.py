"""Folders that weights permute wrote, held against their source: a manifest says what they are meant for."""

import json
import shutil
from pathlib import Path

import pytest
from generated import LLAMA, llama_shapes, random_arrays, write_model

from prover import permute_weights, verify_weights
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.weights.moved.manifest import NAME

SMOLLM3 = LLAMA | {"model_type": "smollm3", "architectures": ["SmolLM3ForCausalLM"], "num_hidden_layers": 4,
                   "no_rope_layers": [1, 1, 1, 0]}


def permuted(folder: Path, config=LLAMA) -> tuple[Path, Path]:
    """A small model, and the same moved for adjacent pairs."""
    model = write_model(folder / "model", config, random_arrays(llama_shapes(config)))
    permute_weights(str(model), target="ggml/normal", out=str(folder / "out"))
    return model, folder / "out"


def change(out: Path, **about) -> None:
    """Put other values into a manifest, or into its only part."""
    found = json.loads((out / NAME).read_text())
    for key, value in about.items():
        (found if key in ("schema", "parts", "outputs") else found["parts"][0])[key] = value
    (out / NAME).write_text(json.dumps(found))


@pytest.mark.parametrize("config", [LLAMA, SMOLLM3])
def test_what_was_permuted_is_right(config, tmp_path, capsys):
    """By its manifest's target, which is told; by its config alone it is wrong. The other way round too."""
    model, out = permuted(tmp_path, config)
    assert 0 == run_command(["weights", "verify", str(model), str(out)])
    told = capsys.readouterr().out
    assert told.splitlines()[0].endswith("; what the target is meant for is what its manifest says.")
    assert "rope-prover.json beside the target says what its weights are meant for, text" in told
    assert "it does not fit" not in told
    assert "wrong" == verify_weights(str(model), str(out), meant_for=str(out)).verdict
    assert "right" == verify_weights(str(model), str(out), meant_for="ggml/normal").verdict
    given = verify_weights(str(model), str(out), meant_for="ggml/normal").to_json()
    assert None is given["target"]["layout"]["manifest"]
    back = verify_weights(str(out), str(model))
    assert ("right", (NAME, None)) == (
        back.verdict, tuple(back.to_json()[side]["layout"]["manifest"] for side in ("source", "target")))


def test_a_manifest_that_lies_proves_nothing(tmp_path):
    """Rows that stayed are wrong for the layout that it names, and those that moved for another."""
    model, out = permuted(tmp_path)
    shutil.copy(model / "model.safetensors", out / "model.safetensors")
    found = verify_weights(str(model), str(out))
    assert ("wrong", ("missing",)) == (found.verdict, found.faults)
    assert ["model.safetensors is not the file that was written: its SHA-256 is another"] == (
        found.to_json()["target"]["layout"]["misfits"])
    assert "it does not fit the files: model.safetensors is not" in found.to_text()
    other, moved = permuted(tmp_path / "b")
    change(moved, target="ggml/neox:head_dim=8:base=10000", outputs={})
    found = verify_weights(str(other), str(moved))
    assert ("wrong", "not needed") == (found.verdict, found.faults[0])
    assert ["config.json", "model.safetensors"] == [
        text.split(" is not among")[0] for text in found.to_json()["target"]["layout"]["misfits"]]


def test_rows_that_loading_moves_are_in_the_manifest(tmp_path):
    """A kernel of halves behind a loader that takes every other row first: the same question again, by hand."""
    model, _ = permuted(tmp_path)
    assert [None] == [row["target_rows"] for row in json.loads((tmp_path / "out" / NAME).read_text())["parts"]]
    change(tmp_path / "out", target="transformers/half:head_dim=8:rope_theta=10000",
           target_rows=[0, 2, 4, 6, 1, 3, 5, 7])
    assert "right" == verify_weights(str(model), str(tmp_path / "out")).verdict


@pytest.mark.parametrize("about", [
    {"schema": "other/1"}, {"parts": [{}]}, {"parts": "none"}, {"target": "./mine.toml:head_dim=8"},
    {"target": "ggml/normal:head_dim=/tmp/x.toml"}, {"target": "ggml/normal:head_dim=8:base=0"}, {"part": "../text"},
    {"layers": [-1]}, {"layers": [1 << 40]}, {"target_rows": [0, 0, 1, 2, 3, 4, 5, 6]}, {"outputs": {"a": 1}},
])
def test_a_manifest_that_is_none(about, tmp_path):
    """Whatever a stranger wrote is refused with what to do, and no file that it names is read."""
    model, out = permuted(tmp_path)
    change(out, **about)
    with pytest.raises(InputError, match=r"rope-prover\.json.*Say with --to"):
        verify_weights(str(model), str(out))
    assert "right" == verify_weights(str(model), str(out), meant_for="ggml/normal").verdict


@pytest.mark.parametrize("text", ["", "[" * 100000, "{}", "\ufffe", '{"schema": NaN}'])
def test_no_json(text, tmp_path):
    """Nor what is no JSON at all."""
    model, out = permuted(tmp_path)
    (out / NAME).write_text(text)
    with pytest.raises(InputError, match=r"rope-prover\.json"):
        verify_weights(str(model), str(out))
