"""The command weights verify on files: transformers' folders against each other and against llama.cpp's files."""

import json

import made_layers
import numpy as np
import pytest
from made_layers import flat, made, moved, right, unflat
from saved_models import save_folder, save_gguf

from prover import check, permute_weights, verify_weights
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.repair.slips import inverse
from prover.weights.stored.lines import rounded


def to_adjacent(width):
    """Half pairs made adjacent, written out."""
    return tuple(row for j in range(width // 2) for row in (j, j + width // 2))


def layers(count=3, **about):
    return [made(seed=seed, **about) for seed in range(count)]


def test_a_converted_llama_is_right(tmp_path):
    """Half pairs on disk, moved for llama.cpp's kernel of adjacent pairs, in float16."""
    source = save_folder(tmp_path / "hf", layers())
    target = save_gguf(tmp_path / "x.gguf", [right(m, to_adjacent(8)) for m in layers()], dtype="F16")
    found = verify_weights(str(source), str(target))
    assert ("right", 0, ()) == (found.verdict, found.exit_code, found.faults)
    assert "the rows of q and k in layers 0-2 are moved as the target needs them, and all that goes with them" == (
        found.headline)
    assert found.certificates
    assert all(check(text) for _, text in found.certificates)
    told = found.to_json()
    assert [0, 4, 1, 5, 2, 6, 3, 7] == told["parts"][0]["needed"]
    assert {"equal once rounded"} == {row["compared"] for row in told["parts"][0]["tensors"]}
    back = verify_weights(str(target), str(source))
    assert ("right", ()) == (back.verdict, back.faults)


def test_certificates_are_written(tmp_path, capsys):
    """Of what is needed and of what was found, each accepted by the command check."""
    source = save_folder(tmp_path / "hf", layers())
    target = save_gguf(tmp_path / "x.gguf", layers())
    into = tmp_path / "proofs"
    into.mkdir()
    assert 1 == run_command(["weights", "verify", str(source), str(target), "--certificate", str(into)])
    files = sorted(into.iterdir())
    assert files
    capsys.readouterr()
    assert all(0 == run_command(["check", str(file)]) for file in files)


def test_the_first_wrong_layer_is_in_the_headline(tmp_path, capsys):
    """Layer 0 right, layers 1 and 2 with k moved as q's heads."""
    models = [right(m, to_adjacent(8)) for m in layers()]
    for m, of in list(zip(models, layers(), strict=True))[1:]:
        m.k = unflat(flat(of.k).reshape(4, 4, -1)[:, list(to_adjacent(4))], of.k)
    source = save_folder(tmp_path / "hf", layers())
    target = save_gguf(tmp_path / "x.gguf", models)
    assert 1 == run_command(["weights", "verify", str(source), str(target)])
    said = capsys.readouterr().out
    assert said.startswith(
        "WRONG: layer 1, k (blk.1.attn_k.weight): wrong head width: moved as 4 heads of 4; there are 2; layer 0 is "
        "right, layers 1-2 are not.\n")
    assert "q         right: rows 0, 4, 1, 5, 2, 6, 3, 7 in each of 8 heads, equal numbers\n" in said
    assert 1 == run_command(["weights", "verify", str(source), str(target), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert ("wrong", ["wrong head width"], 1) == (told["verdict"], told["faults"], told["exit_code"])
    assert 1 == run_command(["weights", "verify", str(source), str(target), "--format", "markdown"])
    assert capsys.readouterr().out.startswith("### Wrong: layer 1, k ")


def test_all_layers_wrong_are_in_the_headline(tmp_path):
    """No layer has moved: the first, and which they are."""
    source, target = save_folder(tmp_path / "hf", layers()), save_gguf(tmp_path / "x.gguf", layers())
    assert ("layer 0, q (blk.0.attn_q.weight): missing: no row has moved, and rows have to move; so it is in layers "
            "0-2; wrong too: k") == verify_weights(str(source), str(target)).headline


@pytest.mark.parametrize(("kind", "arch", "about"), [
    ("qwen2", "qwen2", {"bias": True}), ("qwen3", "qwen3", {"gains": "head"}),
])
def test_what_llama_cpp_does_not_move(kind, arch, about, tmp_path):
    """Half pairs on both sides: every row stays; moved rows are not needed."""
    source = save_folder(tmp_path / "hf", layers(**about), kind)
    same = save_gguf(tmp_path / "same.gguf", layers(**about), arch)
    assert "right" == verify_weights(str(source), str(same)).verdict
    moved_ = save_gguf(tmp_path / "moved.gguf", [right(m, to_adjacent(8)) for m in layers(**about)], arch)
    found = verify_weights(str(source), str(moved_))
    assert ("wrong", "not needed") == (found.verdict, found.faults[0])


def test_gemma_3_has_one_added(tmp_path):
    """transformers keeps w and adds 1 in its norm, llama.cpp's files keep 1 + w; both ways, and not otherwise."""
    about = {"gains": "head", "heads": 4, "kv_heads": 2}
    source = save_folder(tmp_path / "hf", layers(**about), "gemma3_text", "BF16", sliding_window=16,
                         layer_types=["full_attention"] * 3, rope_local_base_freq=10000.0)
    seen = [m.with_(gains={role: rounded(gain, "BF16") for role, gain in m.gains.items()}) for m in layers(**about)]
    more = [m.with_(gains={role: gain + np.float32(1) for role, gain in m.gains.items()}) for m in seen]
    to = "ggml/neox:head_dim=8:base=10000"
    good = save_gguf(tmp_path / "good.gguf", more, "gemma3", "BF16")
    for a, b in ((source, good), (good, source)):
        found = verify_weights(str(a), str(b), made_for=to, meant_for=to)
        assert ("right", ()) == (found.verdict, found.faults)
    bad = save_gguf(tmp_path / "bad.gguf", seen, "gemma3", "BF16")
    found = verify_weights(str(source), str(bad), made_for=to, meant_for=to)
    assert ("wrong", ("other values",)) == (found.verdict, found.faults)


def test_forgotten_bias_and_gain_in_files(tmp_path):
    """Folders on both sides, the target's kernel given by --to."""
    for about, kind, name in (({"bias": True}, "qwen2", "biases"), ({"gains": "head"}, "qwen3", "gains")):
        folder = tmp_path / kind
        folder.mkdir()
        source = save_folder(folder / "a", layers(**about), kind)
        good = [right(m, to_adjacent(8)) for m in layers(**about)]
        target = save_folder(folder / "b", good, kind)
        to = "ggml/normal:head_dim=8:base=10000"
        assert "right" == verify_weights(str(source), str(target), meant_for=to).verdict
        assert "wrong" == verify_weights(str(source), str(target)).verdict
        bad = [m.with_(**{name: getattr(of, name)}) if n else m for n, (m, of) in
               enumerate(zip(good, layers(**about), strict=True))]
        if name == "biases":
            bad = [m.with_(biases={**m.biases, "v": of.biases["v"]}) for m, of in
                   zip(bad, layers(**about), strict=True)]
        found = verify_weights(str(source), str(save_folder(folder / "c", bad, kind)), meant_for=to)
        assert ("wrong", ("forgotten",)) == (found.verdict, found.faults)
        assert found.headline.startswith("layer 1, ")


def test_a_spec_is_filled_up_and_layers_without_rope_stay(tmp_path, capsys):
    """--to as weights permute takes it: the head's width from the config; SmolLM3's fourth layer is not turned."""
    more = {"no_rope_layers": [1, 1, 1, 0]}
    source = save_folder(tmp_path / "a", layers(4), "smollm3", **more)
    good = [*(right(m, to_adjacent(8)) for m in layers(3)), layers(4)[3]]
    target = save_folder(tmp_path / "b", good, "smollm3", **more)
    for to in ("transformers/adjacent", "text=transformers/adjacent"):
        found = verify_weights(str(source), str(target), meant_for=to)
        assert ("right", ()) == (found.verdict, found.faults)
        assert "text: head_dim=8, the model's own (head_dim)" in found.to_json()["target"]["layout"]["filled"]
    assert 0 == run_command(["weights", "verify", str(source), str(target), "--to", "text=transformers/adjacent"])
    assert "\nfilled    text: head_dim=8, the model's own (head_dim)\n" in capsys.readouterr().out
    back = verify_weights(str(target), str(source), made_for="transformers/adjacent")
    assert ("right", ()) == (back.verdict, back.faults)
    all_moved = save_folder(tmp_path / "c", [right(m, to_adjacent(8)) for m in layers(4)], "smollm3", **more)
    found = verify_weights(str(source), str(all_moved), meant_for="transformers/adjacent")
    assert "right" == found.verdict  # lanes that no kernel turns may stand in any order, in q and k alike
    bad = [*good[:3], good[3].with_(k=right(good[3], to_adjacent(8)).k)]
    found = verify_weights(str(source), str(save_folder(tmp_path / "d", bad, "smollm3", **more)),
                           meant_for="transformers/adjacent")
    assert "wrong" == found.verdict
    assert found.headline.startswith("layer 3, ")


@pytest.mark.parametrize("dtype", ["Q8_0", "Q4_0"])
def test_quantised_files(dtype, tmp_path, monkeypatch):
    """Rows are found within the bounds of the type."""
    pytest.importorskip("gguf")
    monkeypatch.setattr(made_layers, "COLUMNS", 64)
    monkeypatch.setattr("saved_models.COLUMNS", 64)
    source = save_folder(tmp_path / "hf", layers(2), dtype="BF16")
    seen = [m.with_(**{role: rounded(getattr(m, role), "BF16") for role in "qkvo"}) for m in layers(2)]
    for move, verdict, faults in (
        (to_adjacent(8), "right", ()), (tuple(range(8)), "wrong", ("missing",)),
        (inverse(to_adjacent(8)), "wrong", ("inverse", "applied twice")),
    ):
        target = save_gguf(tmp_path / f"{len(faults)}.gguf", [right(m, move) for m in seen], dtype=dtype)
        found = verify_weights(str(source), str(target))
        assert (verdict, faults) == (found.verdict, found.faults)
    v = [right(m, to_adjacent(8)).with_(v=moved(m.v, to_adjacent(8))) for m in seen]
    found = verify_weights(str(source), str(save_gguf(tmp_path / "v.gguf", v, dtype=dtype)))
    assert ("wrong", ("applied to v",)) == (found.verdict, found.faults)


def test_models_that_are_not_the_same(tmp_path):
    """Other numbers leave it open; other shapes are bad input."""
    source = save_folder(tmp_path / "a", layers())
    other = save_folder(tmp_path / "b", [made(seed=seed) for seed in (7, 8, 9)])
    found = verify_weights(str(source), str(other))
    assert ("undecided", 3, ("unrelated",)) == (found.verdict, found.exit_code, found.faults)
    small = save_folder(tmp_path / "c", layers(heads=4))
    with pytest.raises(InputError, match="q has 8 heads in the source and 4 in the target"):
        verify_weights(str(source), str(small))


def test_another_base_is_helped_by_no_move(tmp_path):
    """Whatever the rows are, they are wrong."""
    source = save_folder(tmp_path / "a", layers())
    target = save_folder(tmp_path / "b", layers(), rope_theta=20000.0)
    found = verify_weights(str(source), str(target))
    assert ("wrong", ("no move helps",)) == (found.verdict, found.faults)


def test_fewer_layers_are_told(tmp_path):
    """What only one side has is not compared, and said so."""
    source = save_folder(tmp_path / "a", layers())
    target = save_folder(tmp_path / "b", layers()[:2])
    found = verify_weights(str(source), str(target))
    assert "undecided" == found.verdict
    assert found.to_json()["not_compared"]


def test_one_checkpoint_alone(tmp_path, capsys):
    """What fits is told, and that the pairing cannot be seen."""
    target = save_gguf(tmp_path / "x.gguf", layers())
    assert 3 == run_command(["weights", "verify", str(target)])
    said = capsys.readouterr().out
    assert said.startswith("UNDECIDED: 12 tensors fit the heads that the config says; in which order their rows stand "
                           "is not seen in one checkpoint. ")
    assert "q: 8 heads of 8 lanes, F32, layers 0-2\n" in said
    assert "no weight is looked at" in said


def test_a_manifest_beside_one_checkpoint(tmp_path):
    """What it says is told where these are its files by their digests; of others, that it is not about them."""
    source = save_folder(tmp_path / "a", layers())
    assert verify_weights(str(source)).to_json()["manifest"] is None
    out = tmp_path / "b"
    permute_weights(str(source), target="ggml/normal", out=str(out))
    found = verify_weights(str(out))
    assert {"meant_for": ["text for ggml/normal:head_dim=8:base=10000"], "misfits": []} == found.to_json()["manifest"]
    assert "written with these very files" in " ".join(found.to_text().split())
    assert ("undecided", 3) == (found.verdict, found.exit_code)
    data = bytearray((out / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (out / "model.safetensors").write_bytes(data)
    said = " ".join(verify_weights(str(out)).to_text().split())
    assert "is not about these files: model.safetensors is not the file that was written" in said


@pytest.mark.parametrize("jobs", [3])
def test_layers_at_once_have_the_same_answer(jobs, tmp_path, capsys):
    """Right and wrong layers, and layers of other shapes: what is told does not depend on how the work is spread."""
    source = save_folder(tmp_path / "a", layers(5))
    models = [right(m, to_adjacent(8)) if number != 3 else m for number, m in enumerate(layers(5))]
    target = save_gguf(tmp_path / "x.gguf", models)
    command = ["weights", "verify", str(source), str(target), "--json"]
    assert 1 == run_command(command)
    alone = capsys.readouterr().out
    assert 1 == run_command([*command, "--jobs", str(jobs)])
    assert alone == capsys.readouterr().out
    assert verify_weights(str(source), str(target)).certificates == verify_weights(
        str(source), str(target), jobs=jobs).certificates
    small = save_folder(tmp_path / "small", layers(5, heads=4))
    with pytest.raises(InputError) as one:
        verify_weights(str(source), str(small))
    with pytest.raises(InputError) as several:
        verify_weights(str(source), str(small), jobs=jobs)
    assert str(one.value) == str(several.value)
    assert "layers.0." in str(several.value)


def test_a_bare_layout_is_filled_from_the_side_it_is_about(tmp_path, capsys):
    """--to and --from take what they lack from the config of TARGET and of SOURCE, print it, and judge by it."""
    source = save_folder(tmp_path / "a", layers(2))
    turned = [right(m, to_adjacent(8)) for m in layers(2)]
    target = save_folder(tmp_path / "b", turned)
    assert 0 == run_command(["weights", "verify", str(source), str(target), "--to", "ggml/normal"])
    told = capsys.readouterr().out
    assert "filled    text: head_dim=8, the model's own (head_dim)\n" in told
    assert "base=10000, the model's own (rope_theta)" in told
    assert 0 == run_command(["weights", "verify", str(target), str(source), "--from", "text=ggml/normal"])
    assert "base=10000, the model's own (rope_theta)" in capsys.readouterr().out
    other = save_folder(tmp_path / "c", turned, rope_theta=20000.0)
    found = verify_weights(str(source), str(other), meant_for="ggml/normal")
    assert ("wrong", ("no move helps",)) == (found.verdict, found.faults)
    assert "text: base=20000, the model's own (rope_theta)" in found.to_json()["target"]["layout"]["filled"]
    assert [] == found.to_json()["source"]["layout"]["filled"]


def test_layers_of_which_no_layout_is_said_stay_as_the_config_has_them(tmp_path):
    """A layer without RoPE among others: --to is for those that rotate, and the rest may not move."""
    about = {"no_rope_layers": [1, 0, 1]}
    source = save_folder(tmp_path / "a", layers(), "smollm3", **about)
    good = [m if number == 1 else right(m, to_adjacent(8)) for number, m in enumerate(layers())]
    found = verify_weights(str(source), str(save_folder(tmp_path / "b", good, "smollm3", **about)),
                           meant_for="ggml/normal")
    assert ("right", ()) == (found.verdict, found.faults)
    assert [] == found.to_json()["not_compared"]


@pytest.mark.parametrize(("option", "text"), [
    ("--to", "vision=ggml/normal"), ("--from", "vision=ggml/normal"), ("--from", "ggml/normal:base=0"),
])
def test_an_error_names_the_option(option, text, tmp_path):
    """What is wrong with a SPEC is said of the option that it was given by."""
    folder = str(save_folder(tmp_path / "a", layers(1)))
    with pytest.raises(InputError, match=f"^{option}"):
        verify_weights(folder, folder, **{{"--to": "meant_for", "--from": "made_for"}[option]: text})


@pytest.mark.parametrize("arguments", [
    ["{a}", "{a}", "--certificate", "{a}/none"], ["{a}/nothing", "{a}"], ["{a}", "{a}", "--engine", "nothing"],
    ["{a}", "{a}", "--to", "ggml/normal:head_dim=8", "--engine", "vllm"], ["{a}", "--engine", "vllm"],
])
def test_bad_input(arguments, tmp_path):
    """What cannot be used is said with exit code 2."""
    folder = save_folder(tmp_path / "a", layers(1))
    assert 2 == run_command(["weights", "verify", *(each.format(a=folder) for each in arguments)])


def test_another_architecture_is_named(tmp_path, capsys):
    """Unrelated rows of a Qwen3 and of a Llama: both are named; with other layers too it is bad input."""
    source = save_folder(tmp_path / "a", layers(), "qwen3", architectures=["Qwen3ForCausalLM"])
    strange = [made(seed=seed) for seed in (7, 8, 9, 10)]
    target = save_gguf(tmp_path / "x.gguf", strange[:3])
    assert 3 == run_command(["weights", "verify", str(source), str(target)])
    assert capsys.readouterr().out.startswith(
        "UNDECIDED: the source is qwen3, the target llama, and in no layer are the rows of q and k those of the source")
    more = save_gguf(tmp_path / "more.gguf", strange)
    assert 2 == run_command(["weights", "verify", str(source), str(more)])
    told = capsys.readouterr().err
    assert "the source is qwen3, the target llama" in told
    assert "layers 0-2, and this one text, layers 0-3" in told
    small = save_gguf(tmp_path / "small.gguf", layers(heads=4))
    with pytest.raises(InputError, match="The source is qwen3, the target llama"):
        verify_weights(str(source), str(small))
    llama = save_folder(tmp_path / "b", layers(), architectures=["LlamaForCausalLM"])
    assert "the source is" not in verify_weights(str(llama), str(target)).headline
    about = {"architectures": ["MistralForCausalLM"], "sliding_window": None}
    mistral = save_folder(tmp_path / "c", layers(), "mistral", **about)
    assert "the source is" not in verify_weights(str(mistral), str(target)).headline  # the converter calls it llama


def test_layers_that_changed_places(tmp_path):
    """Which layer of the source the rows are of is said, where all of them are; the rows may have moved."""
    models = layers(4)
    source = save_folder(tmp_path / "a", models)
    changed = [right(m, to_adjacent(8)) for m in (models[0], models[2], models[1], models[3])]
    found = verify_weights(str(source), str(save_gguf(tmp_path / "x.gguf", changed)))
    assert "undecided" == found.verdict
    assert "64 rows have no partner in this layer of the source: they are those of its layer 2" in found.headline
    said = [(row["layer"], row["role"], row["text"].rpartition(": ")[2]) for part in found.to_json()["parts"]
            for row in part["tensors"] if row["verdict"] != "right" and row["role"] != "o"]
    assert [(layer, role, f"they are those of its layer {3 - layer}") for layer in (1, 2) for role in "qkv"] == said
    changed[1].q[0, 0, 0] += 1
    told = verify_weights(str(source), str(save_gguf(tmp_path / "y.gguf", changed)))
    assert "they are" not in told.headline.partition(";")[0]


def test_layers_that_are_undecided_are_not_called_right(tmp_path):
    """v is wrong in layer 3; q and k of layers 0 to 1 are of another model, and layer 2 is right."""
    models = [right(m, to_adjacent(8)) for m in layers(4)]
    for number in (0, 1):
        models[number] = models[number].with_(q=made(seed=20).q, k=made(seed=20).k)
    models[3].v = moved(models[3].v, to_adjacent(8))
    source = save_folder(tmp_path / "a", layers(4))
    found = verify_weights(str(source), str(save_gguf(tmp_path / "x.gguf", models)))
    assert "wrong" == found.verdict
    assert found.headline.endswith("layer 2 is right; layers 0-1 are undecided")
