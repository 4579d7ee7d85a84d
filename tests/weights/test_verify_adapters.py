"""PEFT adapters held against each other: B is what shows the move, and has to make it."""

import json

import numpy as np
import pytest
from checkpoint_files import safetensors
from made_layers import flat, made, moved, right
from saved_models import save_folder

from prover import verify_weights
from prover.errors import InputError

TO = "ggml/normal:head_dim=8:base=10000"
ROWS = (0, 4, 1, 5, 2, 6, 3, 7)


def save_adapter(folder, layers, modules="qkv", magnitudes=None, name="lora_magnitude_vector.weight"):
    """B of each projection, and an A that says nothing of rows. `magnitudes`: DoRA's, by layer and role."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "r": 4, "target_modules": [f"{role}_proj" for role in modules]}))
    arrays = {}
    for number, m in enumerate(layers):
        for role in modules:
            at = f"base_model.model.model.layers.{number}.self_attn.{role}_proj"
            arrays[f"{at}.lora_B.weight"] = flat(m.lora[role])
            arrays[f"{at}.lora_A.weight"] = np.ones((4, 48), dtype=np.float32)
            if magnitudes:
                arrays[f"{at}.{name}"] = magnitudes[number][role].reshape(-1)
    (folder / "adapter_model.safetensors").write_bytes(safetensors(
        {name: ("F32", array.shape, array.astype("<f4").tobytes()) for name, array in arrays.items()}))
    return folder


@pytest.mark.parametrize("modules", ["qkv", "qv"])
def test_adapters(modules, tmp_path):
    """Right, missing, and applied to v."""
    layers = [made(seed=seed, lora=True) for seed in range(2)]
    base = save_folder(tmp_path / "base", layers)
    source = save_adapter(tmp_path / "a", layers, modules)
    good = [right(m, ROWS) for m in layers]

    def told(name, models):
        target = save_adapter(tmp_path / name, models, modules)
        found = verify_weights(str(source), str(target), base=str(base), meant_for=TO)
        return found.verdict, found.faults

    assert ("right", ()) == told("good", good)
    assert ("wrong", ("missing",)) == told("same", layers)
    v = [m.with_(lora={**m.lora, "v": moved(m.lora["v"], ROWS)}) for m in good]
    assert ("wrong", ("applied to v",)) == told("v", v)


def test_an_adapter_needs_its_model(tmp_path):
    """Without a config nothing says how many heads there are."""
    source = save_adapter(tmp_path / "a", [made(lora=True)])
    with pytest.raises(InputError, match="--base CONFIG"):
        verify_weights(str(source), str(source))


def test_lanes_that_an_adapter_does_not_have(tmp_path):
    """Latent attention: lanes of k that are not turned are in a projection that has no B, and nothing is missing."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({
        "model_type": "deepseek_v3", "hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 4,
        "num_hidden_layers": 1, "q_lora_rank": 16, "kv_lora_rank": 5, "qk_nope_head_dim": 6, "qk_rope_head_dim": 8,
        "v_head_dim": 6, "rope_theta": 10000.0, "max_position_embeddings": 128, "vocab_size": 16}))
    b = np.random.default_rng(0).normal(size=(5 + 8, 4)).astype("<f4")

    def save(name, rows):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4}))
        at = "base_model.model.model.layers.0.self_attn.kv_a_proj_with_mqa.lora_B.weight"
        (folder / "adapter_model.safetensors").write_bytes(safetensors({at: ("F32", b.shape, b[rows].tobytes())}))
        return str(folder)

    def told(rows):
        found = verify_weights(source, save("".join(map(str, rows)), rows), base=str(config),
                               meant_for="transformers/latent:pairing=half")
        return found.verdict, found.faults

    stay = list(range(5))
    source = save("source", list(range(13)))
    assert ("right", ()) == told([*stay, 5, 7, 9, 11, 6, 8, 10, 12])
    assert ("wrong", ("missing",)) == told([*stay, 5, 6, 7, 8, 9, 10, 11, 12])
    assert ("wrong", ("inverse", "applied twice")) == told([*stay, 5, 9, 6, 10, 7, 11, 8, 12])


@pytest.mark.parametrize("name", ["lora_magnitude_vector.weight", "lora_magnitude_vector"])
def test_magnitudes_of_dora_go_with_their_rows(name, tmp_path):
    """Right where each stands beside its row; left behind, they are forgotten; those of v stay."""
    layers = [made(seed=seed, lora=True) for seed in range(2)]
    random = np.random.default_rng(5)
    before = [{role: random.random(m.lora[role].shape[:2]).astype(np.float32) for role in "qkv"} for m in layers]
    after = [{role: each[role] if role == "v" else moved(each[role], ROWS) for role in "qkv"} for each in before]
    base = save_folder(tmp_path / "base", layers)
    source = save_adapter(tmp_path / "a", layers, magnitudes=before, name=name)
    good = [right(m, ROWS) for m in layers]

    def told(folder, magnitudes):
        target = save_adapter(tmp_path / folder, good, magnitudes=magnitudes, name=name)
        found = verify_weights(str(source), str(target), base=str(base), meant_for=TO)
        return found.verdict, found.faults, [
            (row["layer"], row["role"], row["kind"]) for part in found.to_json()["parts"] for row in part["tensors"]
            if row["verdict"] != "right"]

    assert ("right", (), []) == told("good", after)
    assert ("wrong", ("forgotten",), [(1, "k", "magnitude")]) == told("k", [after[0], after[1] | {"k": before[1]["k"]}])
    both = [before[0] | {"v": after[0]["v"]}, after[1]]
    assert ("wrong", ("forgotten",), [(0, "q", "magnitude"), (0, "k", "magnitude")]) == told("q and k", both)
    v = [after[0] | {"v": moved(after[0]["v"], ROWS)}, after[1]]
    assert ("wrong", ("applied to v",), [(0, "v", "magnitude")]) == told("v", v)


def save_factors(folder, arrays):
    """An adapter with these tensors by projection and factor, in one layer."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4}))
    at = "base_model.model.model.layers.0.self_attn"
    (folder / "adapter_model.safetensors").write_bytes(safetensors({
        f"{at}.{role}_proj.lora_{factor}.weight": ("F32", array.shape, array.astype("<f4").tobytes())
        for (role, factor), array in arrays.items()}))
    return folder


def factors():
    """A and B of q, k, v and o, random."""
    random = np.random.default_rng(9)
    shapes = {"q": (64, 48), "k": (16, 48), "v": (16, 48), "o": (48, 64)}
    found = {}
    for role, (rows, columns) in shapes.items():
        found |= {(role, "B"): random.normal(size=(rows, 4)).astype(np.float32),
                  (role, "A"): random.normal(size=(4, columns)).astype(np.float32)}
    return found


def lanes(array):
    """The rows of each head as the target needs them."""
    return np.concatenate([array[at : at + 8][list(ROWS)] for at in range(0, len(array), 8)])


def test_what_does_not_move_has_to_stay(tmp_path):
    """A of q, k, v, and both factors of o: equal, or wrong by name; where B*A cannot tell, nothing is said."""
    before = factors()
    good = before | {(role, "B"): lanes(before[role, "B"]) for role in "qk"}
    base = save_folder(tmp_path / "base", [made(lora=True)])
    source = save_factors(tmp_path / "source", before)

    def told(changes, start=good, origin=source):
        target = save_factors(tmp_path / f"t{len(list(tmp_path.iterdir()))}", start | changes)
        found = verify_weights(str(origin), str(target), base=str(base), meant_for=TO)
        return found.verdict, found.faults, [
            (row["role"], row["kind"]) for part in found.to_json()["parts"] for row in part["tensors"]
            if row["verdict"] != "right"]

    assert ("right", (), []) == told({})
    other = np.random.default_rng(10)
    for role in "qkvo":
        a = before[role, "A"]
        changed = other.normal(size=a.shape)
        assert ("wrong", ("other values",), [(role, "lora_A")]) == told({(role, "A"): changed})
        assert ("wrong", ("inputs moved",), [(role, "lora_A")]) == told({(role, "A"): a[:, ::-1]})
        one = a.copy()
        one[2, 7] += 1
        assert ("wrong", ("other values",), [(role, "lora_A")]) == told({(role, "A"): one})
    assert ("wrong", ("other values",), [("o", "lora_B")]) == told({("o", "B"): before["o", "B"][::-1]})
    both = {("o", "B"): before["o", "B"][:, ::-1], ("o", "A"): before["o", "A"][::-1]}  # the same product
    assert "undecided" == told(both)[0]
    dead = {("q", "B"): before["q", "B"] * np.float32([1, 1, 0, 1])}
    start = good | {("q", "B"): lanes(dead["q", "B"])}
    a = before["q", "A"].copy()
    a[2] = 5  # by a column of B that is nought
    origin = save_factors(tmp_path / "dead", before | dead)
    assert ("undecided", ("not decided",), [("q", "lora_A")]) == told({("q", "A"): a}, start, origin)
    without = {key: array for key, array in good.items() if key[0] != "v"}
    origin = save_factors(tmp_path / "no v", {key: array for key, array in before.items() if key[0] != "v"})
    found = told({("o", "A"): before["o", "A"][:, ::-1]}, without, origin)
    assert ("undecided", ("not decided",), [("o", "lora_A")]) == found
    assert "undecided" == told({}, {key: array for key, array in good.items() if key != ("q", "A")})[0]
