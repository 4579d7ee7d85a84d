"""`weights permute` from folder to folder: what is written, that it can be undone, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import LLAMA, Arrays, llama_shapes, random_arrays, read_arrays, same_files, write_model
from rank_models import DEEPSEEK, deepseek_arrays

from prover.api import check, permute_weights
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.weights.moved import apply

# By hand: row 2j of adjacent pairs is row j of halves.
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
QWEN3 = LLAMA | {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}


def llama(folder: Path, shards: int = 1, **keys: Any) -> Path:
    """A small Llama of random numbers."""
    config = LLAMA | keys
    return write_model(folder, config, random_arrays(llama_shapes(config)), shards)


def by_hand(arrays: Arrays) -> Arrays:
    """The rows of q and k of each head as adjacent pairs need them, by a loop."""
    found = dict(arrays)
    for name, array in arrays.items():
        if any(f".{part}." in name for part in ("q_proj", "k_proj", "q_norm", "k_norm")):
            found[name] = np.concatenate([array[at : at + 8][HALF_TO_ADJACENT] for at in range(0, len(array), 8)])
    return found


def equal(one: Arrays, other: Arrays) -> bool:
    """Whether two sets of tensors are the same, bit for bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("shards", [1, 3])
def test_rows_of_q_and_k_move_and_nothing_else(tmp_path: Path, shards: int) -> None:
    """Every tensor is what a loop over heads makes of it; the other files are the same bytes."""
    model = llama(tmp_path / "model", shards)
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert (0, str(tmp_path / "out")) == (found.exit_code, found.written)
    assert equal(by_hand(read_arrays(model)), read_arrays(tmp_path / "out"))
    for name in ("config.json", "tokenizer.json"):
        assert (model / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert [".", "model", "out"] == [".", *sorted(path.name for path in tmp_path.iterdir())]


def test_biases_and_norms_move_too(tmp_path: Path) -> None:
    """Qwen3 with norms of one head's width, and biases besides."""
    model = write_model(tmp_path / "model", QWEN3, random_arrays(llama_shapes(QWEN3, biases=True, norms=True)))
    permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert equal(by_hand(read_arrays(model)), read_arrays(tmp_path / "out"))


@pytest.mark.parametrize("shards", [1, 3])
def test_undone_all_files_are_the_same_bytes(tmp_path: Path, shards: int) -> None:
    """There and back: but for the manifest and the certificates nothing is left of it."""
    model, there, back = (tmp_path / name for name in ("model", "there", "back"))
    llama(model, shards)
    permute_weights(str(model), target="ggml/normal", out=str(there))
    assert not same_files(model, there)
    permute_weights(str(there), source="ggml/normal", target=str(model), out=str(back))
    assert same_files(model, back)
    assert "stays: it says what the target computes" == json.loads((back / "rope-prover.json").read_text())["config"]


def test_the_manifest_is_true(tmp_path: Path) -> None:
    """Digests of all files, rows, tensors, and certificates that the checker accepts."""
    model, out = llama(tmp_path / "model", 2), tmp_path / "out"
    permute_weights(str(model), target="ggml/normal", out=str(out))
    text = (out / "rope-prover.json").read_text()
    found = json.loads(text)
    assert json.dumps(found, sort_keys=True, indent=1) + "\n" == text
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} - {"rope-prover.json"}
    assert files == set(found["outputs"])
    assert {path.name for path in model.iterdir()} == set(found["inputs"])
    for folder, digests in ((model, found["inputs"]), (out, found["outputs"])):
        for name, digest in digests.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    (part,) = found["parts"]
    assert HALF_TO_ADJACENT == part["rows"]
    checked = check((out / part["certificate"]).read_text())
    assert "permutation" == checked.holds
    assert {f"model.layers.{layer}.self_attn.{name}_proj.weight" for layer in range(3) for name in "qk"} == {
        row["tensor"] for row in found["moved"]}


def test_layers_without_rope_stay(tmp_path: Path) -> None:
    """SmolLM3 has no RoPE in each fourth layer: its rows are not touched."""
    config = LLAMA | {"model_type": "smollm3", "architectures": ["SmolLM3ForCausalLM"], "num_hidden_layers": 4,
                      "no_rope_layers": [1, 1, 1, 0]}
    arrays = random_arrays(llama_shapes(config))
    model = write_model(tmp_path / "model", config, arrays)
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    expected = by_hand(arrays) | {name: array for name, array in arrays.items() if ".3." in name}
    assert equal(expected, read_arrays(tmp_path / "out"))


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Patterns of names with their layers, heads and kinds."""
    model = llama(tmp_path / "model")
    assert 0 == run_command(["weights", "permute", str(model), "--to", "ggml/normal", "--dry-run"])
    told = capsys.readouterr().out
    assert "The rows of 6 tensors of 3 layers would move, nothing was written." == told.splitlines()[0]
    assert "model.layers.N.self_attn.q_proj.weight, layers 0-2: weight, F64, heads: 8 of q, 8 lanes each" in told
    assert ["model"] == [path.name for path in tmp_path.iterdir()]


def test_what_is_filled_in_is_told(tmp_path: Path) -> None:
    """A layout without parameters gets the model's own, each told with where it is from."""
    model = llama(tmp_path / "model", rope_theta=500000.0)
    found = permute_weights(str(model), target="ggml/normal").to_json()
    assert "text: base=500000, the model's own (rope_theta)" in found["filled"]
    assert "ggml/normal:head_dim=8:base=500000" == found["parts"][0]["target"]


@pytest.mark.parametrize(("target", "code", "word"), [
    ("ggml/normal:base=500", 1, "no change of rows"),
    ("ggml/normal:head_dim=16", 3, "different widths"),
])
def test_what_is_refused_is_not_written(tmp_path: Path, target: str, code: int, word: str) -> None:
    """A reason, its exit code, and no folder."""
    model = llama(tmp_path / "model")
    found = permute_weights(str(model), target=target, out=str(tmp_path / "out"))
    assert (code, None) == (found.exit_code, found.written)
    assert word in found.headline
    assert ["model"] == [path.name for path in tmp_path.iterdir()]


def test_a_refusal_of_many_layers_is_told_once(tmp_path: Path) -> None:
    """The first lines say what is refused in which layers; each tensor's row stands once, and JSON has every layer."""
    model = write_model(tmp_path / "model", DEEPSEEK, deepseek_arrays())
    found = permute_weights(str(model), target="ggml/normal")
    assert found.headline.startswith(
        "Refused, nothing was written: text, layers 0-1: model.layers.N.self_attn.kv_a_proj_with_mqa.weight: it has "
        "lanes 6 to 13 of a head")
    assert found.headline.endswith("Does the target turn the same lanes of a head as the model? (and 1 more)")
    assert [1, 1] == [found.to_text().split("\nrefused")[1].count(name) for name in ("kv_a_proj", "kv_b_proj")]
    assert [[0], [0], [1], [1]] == [each["layers"] for each in found.to_json()["refused"]]


def test_an_engine_that_computes_the_same_needs_nothing(tmp_path: Path) -> None:
    """vLLM reads the same config with the same pairing."""
    found = permute_weights(str(llama(tmp_path / "model")), engine="vllm", out=str(tmp_path / "out"))
    assert (0, None) == (found.exit_code, found.written)
    assert "No row has to move" in found.headline


def test_an_engine_without_its_converter(tmp_path: Path) -> None:
    """llama.cpp's kernel of llama pairs adjacent lanes; its converter is left out of it, and this is told."""
    model = llama(tmp_path / "model")
    permute_weights(str(model), engine="llama.cpp", out=str(tmp_path / "out"))
    assert equal(by_hand(read_arrays(model)), read_arrays(tmp_path / "out"))
    found = json.loads((tmp_path / "out" / "rope-prover.json").read_text())
    assert found["target"]["engine"].endswith(", without its converter")
    assert "without a converter in between" in found["config"]


def test_a_key_that_says_the_pairing_is_changed(tmp_path: Path) -> None:
    """DeepSeek-V3's rope_interleave: moved to halves, the config says false; undone, all is as before."""
    config = {"model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_size": 16,
              "num_attention_heads": 3, "num_key_value_heads": 3, "num_hidden_layers": 2, "q_lora_rank": 6,
              "kv_lora_rank": 5, "qk_nope_head_dim": 4, "qk_rope_head_dim": 8, "v_head_dim": 4, "vocab_size": 10,
              "rope_theta": 10000.0, "max_position_embeddings": 64, "rope_interleave": True}
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(2):
        at = f"model.layers.{layer}.self_attn"
        shapes |= {f"{at}.q_a_proj.weight": (6, 16), f"{at}.q_a_layernorm.weight": (6,),
                   f"{at}.q_b_proj.weight": (36, 6), f"{at}.kv_a_proj_with_mqa.weight": (13, 16),
                   f"{at}.kv_a_layernorm.weight": (5,), f"{at}.kv_b_proj.weight": (24, 5),
                   f"{at}.o_proj.weight": (16, 12)}
    model = write_model(tmp_path / "model", config, random_arrays(shapes))
    other = tmp_path / "other.json"
    other.write_text(json.dumps(config | {"rope_interleave": False}))
    permute_weights(str(model), target=str(other), out=str(tmp_path / "out"))
    assert config | {"rope_interleave": False} == json.loads((tmp_path / "out" / "config.json").read_text())
    before, after = read_arrays(model), read_arrays(tmp_path / "out")
    rows = [0, 2, 4, 6, 1, 3, 5, 7]
    for layer in range(2):
        at = f"model.layers.{layer}.self_attn"
        q = before[f"{at}.q_b_proj.weight"].reshape(3, 12, 6)
        q = np.concatenate([q[:, :4], q[:, 4:][:, rows]], 1).reshape(36, 6)
        assert np.array_equal(q, after[f"{at}.q_b_proj.weight"])
        k = before[f"{at}.kv_a_proj_with_mqa.weight"]
        assert np.array_equal(np.concatenate([k[:5], k[5:][rows]]), after[f"{at}.kv_a_proj_with_mqa.weight"])
        assert np.array_equal(before[f"{at}.kv_b_proj.weight"], after[f"{at}.kv_b_proj.weight"])
    permute_weights(str(tmp_path / "out"), target=str(model), out=str(tmp_path / "back"))
    assert same_files(model, tmp_path / "back")


def test_scales_of_blocks_of_rows(tmp_path: Path) -> None:
    """With 8 rows to a scale heads stay under their own; with 4 nothing is written."""
    for rows, code in ((8, 0), (4, 1)):
        config = LLAMA | {"quantization_config": {"quant_method": "fp8", "weight_block_size": [rows, 64]}}
        arrays = random_arrays(llama_shapes(config))
        for layer in range(3):
            for name, count in (("q", 64), ("k", 16), ("v", 16)):
                arrays[f"model.layers.{layer}.self_attn.{name}_proj.weight_scale_inv"] = np.ones((count // rows, 1))
        model = write_model(tmp_path / f"model{rows}", config, arrays)
        found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / f"out{rows}"))
        assert (code, code == 0) == (found.exit_code, (tmp_path / f"out{rows}").exists())


def test_a_tensor_of_which_nothing_is_known(tmp_path: Path) -> None:
    """Beside a projection lies something that may have rows: refused."""
    arrays = random_arrays(llama_shapes(LLAMA)) | {"model.layers.1.self_attn.q_proj.zeros": np.zeros((64, 2))}
    model = write_model(tmp_path / "model", LLAMA, arrays)
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert 1 == found.exit_code
    assert "zeros beside a weight" in found.headline


def test_scales_of_what_comes_out(tmp_path: Path) -> None:
    """One number for a tensor stays; one for each row or head is not known to go with them, and refused."""
    for shape, code in (((), 0), ((1,), 0), ((64,), 1), ((8,), 1)):
        arrays = random_arrays(llama_shapes(LLAMA)) | {"model.layers.1.self_attn.q_proj.output_scale": np.ones(shape)}
        model = write_model(tmp_path / f"model{shape}", LLAMA, arrays)
        assert code == permute_weights(str(model), target="ggml/normal").exit_code


def test_tensors_that_a_person_names(tmp_path: Path) -> None:
    """Names that no packing has are refused with what to write; given, their rows move."""
    plain = random_arrays(llama_shapes(LLAMA))
    names = {name: name.replace("self_attn", "att").replace("_proj", "") for name in plain}
    model = write_model(tmp_path / "model", LLAMA, {names[name]: array for name, array in plain.items()})
    with pytest.raises(InputError, match="--tensors q="):
        permute_weights(str(model), target="ggml/normal")
    at = "model.layers.{layer}.att"
    permute_weights(str(model), target="ggml/normal", tensors=f"q={at}.q.weight,k={at}.k.weight",
                    out=str(tmp_path / "out"))
    expected = {names[name]: array for name, array in by_hand(plain).items()}
    assert equal(expected, read_arrays(tmp_path / "out"))


def adapter(folder: Path, kind: str = "LORA") -> Path:
    """A PEFT adapter of q and v, with DoRA's magnitudes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(3):
        for name, rows in (("q_proj", 64), ("v_proj", 16)):
            at = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            shapes |= {f"{at}.lora_A.weight": (4, 64), f"{at}.lora_B.weight": (rows, 4),
                       f"{at}.lora_magnitude_vector": (rows,)}
    write_model(folder, {}, random_arrays(shapes))
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    (folder / "config.json").rename(folder / "adapter_config.json")
    config = {"peft_type": kind, "r": 4, "target_modules": ["q_proj", "v_proj"], "use_dora": True}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_of_an_adapter_b_and_magnitudes_move(tmp_path: Path) -> None:
    """B and DoRA's vector of q have q's rows; A and all of v stay. The model's config is given, or its folder."""
    folder, base = adapter(tmp_path / "adapter"), llama(tmp_path / "base")
    for number, more in enumerate(({"base": str(base / "config.json")}, {"base": str(base)}, {"source": str(base)})):
        out = tmp_path / f"out{number}"
        found = permute_weights(str(folder), target="ggml/normal", out=str(out), **more)  # type: ignore[arg-type]
        assert 6 == len(found.moved)
        before, after = read_arrays(folder), read_arrays(out)
        for name, array in before.items():
            moves = "q_proj.lora_B" in name or "q_proj.lora_mag" in name
            rows = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT] if moves else range(len(array))
            assert np.array_equal(array[list(rows)], after[name])
        assert "The base model has to be moved alike" in found.to_text().replace("\n            ", " ")


def test_of_an_adapter_b_and_magnitudes_are_multiplied(tmp_path: Path) -> None:
    """B and DoRA's vector of q as its rows are, A and all of v are not."""
    folder, base = adapter(tmp_path / "adapter"), llama(tmp_path / "base")
    found = permute_weights(str(folder), target="ggml/normal:attn_factor=4", base=str(base), out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    before, after = read_arrays(folder), read_arrays(tmp_path / "out")
    for name, array in before.items():
        changes = "q_proj.lora_B" in name or "q_proj.lora_mag" in name
        rows = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT] if changes else range(len(array))
        assert np.array_equal(array[list(rows)] / (4 if changes else 1), after[name])


def test_adapters_that_are_not_read(tmp_path: Path) -> None:
    """Without the model's config it is not known how many heads there are; and only LoRA is known."""
    with pytest.raises(InputError, match=r"--base CONFIG"):
        permute_weights(str(adapter(tmp_path / "adapter")), target="ggml/normal")
    with pytest.raises(InputError, match="peft_type"):
        permute_weights(str(adapter(tmp_path / "other", "IA3")), target="ggml/normal",
                        base=str(llama(tmp_path / "base")))


def test_other_weights_of_the_model_are_left_out(tmp_path: Path) -> None:
    """What a loader might take in place of the moved ones is not copied, and this is told; what lies deeper is."""
    model = llama(tmp_path / "model")
    (model / "pytorch_model.bin").write_bytes(b"weights in the old order")
    (model / "training_args.bin").write_bytes(b"no weights")
    (model / "vae").mkdir()
    (model / "vae" / "model.safetensors").write_bytes(b"another model")
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out")).to_json()
    assert ["pytorch_model.bin"] == found["left_out"]
    assert ["vae/model.safetensors"] == found["as_they_were"] == found["manifest"]["as_they_were"]
    said = permute_weights(str(model), target="ggml/normal").to_text()
    assert "left out    pytorch_model.bin: other weights of the folder, in which no row was moved, are not" in said
    assert "unchanged   vae/model.safetensors would be copied unchanged and still has the old order, if" in said
    assert found["left_out"] == permute_weights(str(model), target="ggml/normal").to_json()["left_out"]
    assert not (tmp_path / "out" / "pytorch_model.bin").exists()
    assert (tmp_path / "out" / "training_args.bin").exists()
    assert (tmp_path / "out" / "vae" / "model.safetensors").exists()


@pytest.mark.parametrize("name", ["original/consolidated.00.pth", "original/consolidated.safetensors"])
def test_a_second_copy_in_a_subfolder_has_a_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Llama's own files beside transformers': copied byte by byte, and a line of its own says so, tried or done."""
    model, out = llama(tmp_path / "model"), tmp_path / "out"
    (model / "original").mkdir()
    content = (model / "model.safetensors").read_bytes()
    (model / name).write_bytes(content)
    for words, told in ((["--dry-run"], "would be"), (["--out", str(out)], "is")):
        assert 0 == run_command(["weights", "permute", str(model), "--to", "ggml/normal", *words])
        lines = [line for line in capsys.readouterr().out.splitlines() if name in line]
        assert 1 == len(lines)
        assert f"{name} {told} copied unchanged and still has the old order" in lines[0]
    assert content == (out / name).read_bytes()
    assert content != (out / "model.safetensors").read_bytes()


def test_one_file_with_the_config_beside_it(tmp_path: Path) -> None:
    """A safetensors file is named: it and the config are what is written."""
    model = llama(tmp_path / "model")
    permute_weights(str(model / "model.safetensors"), target="ggml/normal", out=str(tmp_path / "out"))
    assert equal(by_hand(read_arrays(model)), read_arrays(tmp_path / "out"))
    assert not (tmp_path / "out" / "tokenizer.json").exists()


def test_a_part_of_its_own_target(tmp_path: Path) -> None:
    """PART=SPEC; a part that the model does not have is refused with those that it has."""
    model = llama(tmp_path / "model")
    found = permute_weights(str(model), target="text=ggml/normal", out=str(tmp_path / "out"))
    assert 0 == found.exit_code
    with pytest.raises(InputError, match=r"there is no part 'vision'.*Parts: text"):
        permute_weights(str(model), target="vision=ggml/normal")


@pytest.mark.parametrize(("arguments", "told"), [
    (["--dry-run"], "--to: is not given"),
    (["--to", "ggml/normal"], "--out: is not given"),
    (["--to", "ggml/normal", "--engine", "vllm", "--dry-run"], "--engine: is given beside --to"),
    (["--to", "ggml/normal", "--to", "ggml/neox", "--dry-run"], "--to: is given twice"),
    (["--to", "ggml/no", "--dry-run"], "there is no layout 'ggml/no'"),
])
def test_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    """Exit code 2 and what to do."""
    assert 2 == run_command(["weights", "permute", str(llama(tmp_path / "model")), *arguments])
    assert told in capsys.readouterr().err


def test_help_states_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """Help of the group and of the command; the latter has every code."""
    assert 0 == run_command(["weights", "--help"])
    assert "permute" in capsys.readouterr().out
    assert 0 == run_command(["weights", "permute", "--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    start = lines.index("Exit codes:")
    assert "01234" == "".join(line[:1] for line in lines[start + 1 :] if line[1:3] == "  ")


def test_an_interruption_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while files are written: exit code 3, the source untouched, and nothing that looks whole."""
    model = llama(tmp_path / "model", 3)
    seen = []

    def stop(*arguments: Any) -> Any:
        seen.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(apply, "write_file", stop)
    arguments = ["weights", "permute", str(model), "--to", "ggml/normal", "--out", str(tmp_path / "out"), "--jobs", "1"]
    assert 3 == run_command(arguments)
    told = "interrupted: the same command goes on from what is finished; other files start anew\n"
    assert told == capsys.readouterr().err
    assert (1, ["model"]) == (len(seen), [path.name for path in tmp_path.iterdir()])


def test_json_holds_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object: the answer, and in it what was written beside the weights."""
    model, out = llama(tmp_path / "model"), tmp_path / "out"
    assert 0 == run_command(["weights", "permute", str(model), "--to", "ggml/normal", "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert json.loads((out / "rope-prover.json").read_text()) == found["manifest"]
    assert (str(out), 0, []) == (found["written"], found["exit_code"], found["refused"])
