"""Checkpoints of a model type that no reading has: a person says the layouts and names the tensors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import Arrays, random_arrays, read_arrays, same_files, write_model

from prover import permute_weights, verify_weights
from prover.commands.cli import run_command
from prover.errors import InputError

HEADS, KV_HEADS, WIDTH, HIDDEN, LAYERS = 8, 2, 8, 64, 3
FROM = "ggml/neox:head_dim=8:base=10000"
TO = "ggml/normal:head_dim=8:base=10000"
AT = "decoder.blocks.{layer}.attn"
TENSORS = f"q={AT}.query.weight,k={AT}.key.weight,v={AT}.value.weight,o={AT}.out.weight"
KEYS: dict[str, Any] = {"model_type": "mymodel"}


def arrays() -> Arrays:
    """Three layers with names of their own, eight heads of q and two of k."""
    shapes: dict[str, tuple[int, ...]] = {"decoder.embed.weight": (16, HIDDEN)}
    for layer in range(LAYERS):
        at = AT.replace("{layer}", str(layer))
        shapes |= {f"{at}.query.weight": (HEADS * WIDTH, HIDDEN), f"{at}.key.weight": (KV_HEADS * WIDTH, HIDDEN),
                   f"{at}.query.bias": (HEADS * WIDTH,), f"{at}.value.weight": (KV_HEADS * WIDTH, HIDDEN),
                   f"{at}.out.weight": (HIDDEN, HEADS * WIDTH)}
    return random_arrays(shapes)


def model(folder: Path, keys: dict[str, Any] = KEYS) -> Path:
    """A folder of it."""
    return write_model(folder, keys, arrays())


def turned(x: np.ndarray, position: int, pairs: list[tuple[int, int]]) -> np.ndarray:
    """One head turned pair by pair, written out."""
    out = np.empty_like(x)
    for j, (a, b) in enumerate(pairs):
        angle = position * 10000.0 ** (-2 * j / WIDTH)
        out[a] = x[a] * np.cos(angle) - x[b] * np.sin(angle)
        out[b] = x[a] * np.sin(angle) + x[b] * np.cos(angle)
    return out


def scores(held: Arrays, layer: int, pairs: list[tuple[int, int]]) -> list[float]:
    """Scores of a few tokens with one another by loops, head by head."""
    at = AT.replace("{layer}", str(layer))
    tokens = np.random.default_rng(3).standard_normal((3, HIDDEN))
    q = tokens @ held[f"{at}.query.weight"].T + held[f"{at}.query.bias"]
    k = tokens @ held[f"{at}.key.weight"].T
    found = []
    for head in range(HEADS):
        other = head // (HEADS // KV_HEADS)
        for m in range(3):
            for n in range(3):
                a = turned(q[m, head * WIDTH : (head + 1) * WIDTH], 5 * m + 1, pairs)
                b = turned(k[n, other * WIDTH : (other + 1) * WIDTH], 5 * n + 1, pairs)
                found.append(float(a @ b))
    return found


HALVES = [(j, j + WIDTH // 2) for j in range(WIDTH // 2)]
ADJACENT = [(2 * j, 2 * j + 1) for j in range(WIDTH // 2)]


@pytest.mark.parametrize("keys", [
    KEYS, {}, {"model_type": "mymodel", "num_attention_heads": 8, "num_key_value_heads": 2, "hidden_size": 64},
    {"model_type": "mymodel", "text_config": {"num_attention_heads": 8, "head_dim": 8}},
])
def test_rows_move_and_come_back(keys: dict[str, Any], tmp_path: Path) -> None:
    """Scores are those of before in every layer, and undoing it gives the same bytes; verify calls the result right."""
    source, out, back = model(tmp_path / "m", keys), tmp_path / "out", tmp_path / "back"
    done = permute_weights(str(source), source=FROM, target=TO, tensors=TENSORS, out=str(out))
    assert 0 == done.exit_code
    before, after = read_arrays(source), read_arrays(out)
    for layer in range(LAYERS):
        assert np.allclose(scores(before, layer, HALVES), scores(after, layer, ADJACENT), rtol=1e-11, atol=1e-11)
        assert not np.allclose(scores(before, layer, HALVES), scores(before, layer, ADJACENT), rtol=1e-3, atol=1e-3)
    permute_weights(str(out), source=TO, target=FROM, tensors=TENSORS, out=str(back))
    assert same_files(source, back)
    found = verify_weights(str(source), str(out), made_for=FROM, meant_for=TO, tensors=TENSORS)
    assert ("right", ()) == (found.verdict, found.faults)
    told = verify_weights(str(source), str(out), made_for=FROM, tensors=TENSORS)  # the target by its manifest
    assert ("right", ()) == (told.verdict, told.faults)
    wrong = verify_weights(str(source), str(source), made_for=FROM, meant_for=TO, tensors=TENSORS)
    assert ("wrong", "missing") == (wrong.verdict, wrong.faults[0])


@pytest.mark.parametrize("more", [{}, {"tensors": TENSORS}, {"source": FROM}])
def test_without_it_is_refused_with_what_to_write(more: dict[str, str], tmp_path: Path) -> None:
    """Both options, the second with the names that the checkpoint has."""
    source = model(tmp_path / "m")
    with pytest.raises(InputError) as fault:
        permute_weights(str(source), target=TO, **more)
    written = f"--from SPEC --tensors 'q={AT}.query.weight,k={AT}.key.weight'"
    assert written in str(fault.value)
    assert "--as" not in str(fault.value)
    with pytest.raises(InputError) as fault:
        verify_weights(str(source), str(source), meant_for=TO, tensors=more.get("tensors", ()),
                       made_for=more.get("source", ()))
    assert written in str(fault.value)
    with pytest.raises(InputError, match="--to SPEC --tensors 'q="):
        verify_weights(str(source), str(source), made_for=FROM, tensors=TENSORS)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Heads of another width, another number of heads than the config says, a name that is not there, a layer whose
    tensors are called otherwise, and a layer without k.
    """
    def fault(keys: dict[str, Any], tensors: str = TENSORS, layout: str = FROM, held: Arrays | None = None) -> str:
        folder = write_model(tmp_path / str(len(list(tmp_path.iterdir()))), keys, held or arrays())
        with pytest.raises(InputError) as found:
            permute_weights(str(folder), source=layout, target=TO, tensors=tensors)
        return str(found.value)

    wide = {name: each[:12] if "key" in name else each for name, each in arrays().items()}
    assert "whole heads of 8 lanes" in fault(KEYS, held=wide)
    assert "expected 32 rows" in fault(KEYS | {"num_attention_heads": 4, "num_key_value_heads": 2})
    assert "the lanes of a head that the layout has" in fault(KEYS | {"head_dim": 16})
    assert "no tensor called decoder.{layer}.q.weight" in fault(KEYS, "q=decoder.{layer}.q,k=decoder.{layer}.k")
    renamed = {name.replace("2.attn.query", "2.attn.q_proj").replace("2.attn.key", "2.attn.k_proj"): each
               for name, each in arrays().items()}
    assert "decoder.blocks.2.attn" in fault(KEYS, TENSORS.partition(",v=")[0], held=renamed)
    less = {name: each for name, each in arrays().items() if "1.attn.key" not in name}
    assert "layer 1" in fault(KEYS, held=less)


def test_one_checkpoint_alone(tmp_path: Path) -> None:
    """Five tensors in each of three layers fit; of a type that is known --from is about two checkpoints."""
    found = verify_weights(str(model(tmp_path / "m")), made_for=FROM, tensors=TENSORS)
    assert ("undecided", True) == (found.verdict, found.headline.startswith("15 tensors fit the heads"))
    with pytest.raises(InputError, match="about two checkpoints"):
        verify_weights(str(model(tmp_path / "n", KEYS | {
            "model_type": "llama", "num_attention_heads": 8, "num_key_value_heads": 2, "hidden_size": 64,
            "num_hidden_layers": 3, "rope_theta": 10000.0, "vocab_size": 16})), made_for=FROM, tensors=TENSORS)


def test_what_is_not_known_of_the_type_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That all layers are taken to have the layout, and keys about RoPE that nothing reads; by both commands."""
    source = model(tmp_path / "m", KEYS | {"partial_rotary_factor": 0.5})
    options = ["--from", FROM, "--to", TO, "--tensors", TENSORS]
    assert 0 == run_command(["weights", "permute", str(source), *options, "--out", str(tmp_path / "out")])
    said = " ".join(capsys.readouterr().out.split())
    assert "for all layers: nothing is known of the model type" in said
    assert "not read: partial_rotary_factor" in said
    assert 0 == run_command(["weights", "verify", str(source), str(tmp_path / "out"), *options])
    said = " ".join(capsys.readouterr().out.split())
    assert "for all layers: nothing is known of the model type" in said
    assert "not read: partial_rotary_factor" in said
