"""Several tensors that are one thing of one module: adapters with names of their own, and a second copy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from generated import LLAMA, Arrays, llama_shapes, random_arrays, read_arrays, write_model

from prover.api import permute_weights, verify_weights
from prover.errors import InputError

TO = "ggml/normal"
MEANT = "ggml/normal:head_dim=8:base=10000"
# By hand: row 2j of adjacent pairs is row j of halves.
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
ONE = LLAMA | {"num_hidden_layers": 1}
AT = "model.layers.0.self_attn"
PEFT = f"base_model.model.{AT}"


def moved(arrays: Arrays, *words: str) -> Arrays:
    """The rows of each head as adjacent pairs need them, of tensors with one of these words in their names."""
    rows = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT]
    return {name: array[rows[: len(array)]] if any(word in name for word in words) else array
            for name, array in arrays.items()}


def write_adapter(folder: Path, arrays: Arrays) -> Path:
    """A PEFT adapter with these tensors."""
    write_model(folder, {"peft_type": "LORA", "r": 4, "target_modules": ["q_proj", "k_proj"]}, arrays)
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    (folder / "config.json").rename(folder / "adapter_config.json")
    return folder


def test_every_adapter_of_a_model_moves(tmp_path: Path) -> None:
    """Two adapters with names of their own in one module both move, and each is held against the source."""
    loras = {f"{AT}.q_proj.lora_{side}.{name}.weight": shape for name in ("default", "second")
             for side, shape in (("A", (4, 64)), ("B", (64, 4)))}
    source = random_arrays({**llama_shapes(ONE), **loras})
    model = write_model(tmp_path / "model", ONE, source)
    permute_weights(str(model), target=TO, out=str(tmp_path / "out"))
    expected = moved(source, "q_proj.weight", "k_proj.weight", "lora_B")
    found = read_arrays(tmp_path / "out")
    assert all(np.array_equal(expected[name], found[name]) for name in source)
    for left in ("default", "second"):
        name = f"{AT}.q_proj.lora_B.{left}.weight"
        wrong = write_model(tmp_path / left, ONE, {**expected, name: source[name]})
        assert "wrong" == verify_weights(str(model), str(wrong), meant_for=MEANT).verdict


@pytest.mark.parametrize("left", ["default", "second"])
def test_every_adapter_of_one_file_is_verified(tmp_path: Path, left: str) -> None:
    """Where no weight shows the move, B of one adapter does, and that of the other has to go with it."""
    base = write_model(tmp_path / "base", ONE, random_arrays(llama_shapes(ONE)))
    source = random_arrays({f"{PEFT}.{role}_proj.lora_B.{name}.weight": (rows, 4)
                            for role, rows in (("q", 64), ("k", 16)) for name in ("default", "second")})
    model = write_adapter(tmp_path / "model", source)
    good = moved(source, "lora_B")
    name = f"{PEFT}.q_proj.lora_B.{left}.weight"
    for folder, arrays, verdict in (("good", good, "right"), ("bad", {**good, name: source[name]}, "wrong")):
        target = write_adapter(tmp_path / folder, arrays)
        assert verdict == verify_weights(str(model), str(target), base=str(base), meant_for=MEANT).verdict


def test_a_second_copy_behind_a_prefix_is_refused(tmp_path: Path) -> None:
    """Neither of two weights of one module is dropped."""
    source = random_arrays(llama_shapes(ONE))
    model = write_model(tmp_path / "model", ONE, source | {f"base_model.model.{name}": array
                                                           for name, array in source.items()})
    with pytest.raises(InputError, match="are in no tensor or in two"):
        permute_weights(str(model), target=TO, out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_blocks_along_the_diagonal_of_b_are_refused(tmp_path: Path) -> None:
    """Each row of such a B meets two of A's outputs alone, so that rows of one head cannot change places."""
    base = write_model(tmp_path / "base", ONE, random_arrays(llama_shapes(ONE)))
    a, b = (random_arrays({"": shape})[""] for shape in ((4, 64), (16, 2)))
    folder = write_adapter(tmp_path / "adapter", {f"{PEFT}.k_proj.lora_A.weight": a, f"{PEFT}.k_proj.lora_B.weight": b})

    def added(stored: np.ndarray) -> np.ndarray:
        """What peft 0.21.2 adds with two blocks along the diagonal of B."""
        whole = np.zeros((8, 4))
        whole[:4, :2], whole[4:, 2:] = stored[:4], stored[4:]
        return np.asarray(whole @ a)

    assert not np.allclose(added(b[:8])[HALF_TO_ADJACENT], added(b[:8][HALF_TO_ADJACENT]))
    for said, words in (({"use_bdlora": {"target_modules_bd_b": ["k_proj"], "nblocks": 4}}, "along its diagonal"),
                        ({"layer_replication": [[0, 1], [0, 1]]}, "gives the layers other numbers"),
                        ({"target_parameters": ["self_attn.k_proj.weight"]}, "how B of a parameter lies")):
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({"peft_type": "LORA", "r": 4, **said}))
        for call in (lambda: permute_weights(str(folder), target=TO, base=str(base), out=str(tmp_path / "out")),
                     lambda: verify_weights(str(folder), str(folder), base=str(base), meant_for=MEANT)):
            with pytest.raises(InputError, match=words):
                call()
    assert not (tmp_path / "out").exists()
