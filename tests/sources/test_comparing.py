"""Two models side by side: which layers meet, what each comes to, and what is on one side only."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prover import checker
from prover.api import audit, diff, prove
from prover.commands.cli import run_command
from prover.errors import InputError, ProverError
from prover.sources.comparing import meetings
from prover.sources.model import Model, Part
from tests.sources.gguf_writer import STR, U32, Key, gguf

LLAMA = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 4}
SMOLLM = LLAMA | {"model_type": "smollm3", "rope_theta": 10000}
GEMMA = {
    "model_type": "gemma3",
    "text_config": {"hidden_size": 64, "num_attention_heads": 8, "head_dim": 8, "num_hidden_layers": 7},
    "vision_config": {"model_type": "siglip_vision_model"},
}
QWEN = {
    "model_type": "qwen3_vl",
    "text_config": {"head_dim": 16, "num_hidden_layers": 2, "rope_scaling": {"mrope_section": [3, 3, 2]}},
    "vision_config": {"hidden_size": 64, "num_heads": 8, "depth": 2},
}


def saved(folder: Path, name: str, config: dict[str, Any]) -> str:
    """A folder with this config."""
    (folder / name).mkdir()
    (folder / name / "config.json").write_text(json.dumps(config))
    return str(folder / name)


def with_text(config: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The config with other keys of its text part."""
    return config | {"text_config": config["text_config"] | more}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], int, list[tuple[str, list[int], str]]]] = {
    "the same": (LLAMA, LLAMA, 0, [("text", [0, 1, 2, 3], "equivalent")]),
    "another base": (LLAMA, LLAMA | {"rope_theta": 500000}, 1, [("text", [0, 1, 2, 3], "different")]),
    "other layers without RoPE": (
        SMOLLM, LLAMA, 1, [("text", [0, 1, 2], "equivalent"), ("text", [3], "different")]),
    "the same layers without RoPE": (
        SMOLLM, SMOLLM | {"no_rope_layers": [1, 1, 1, 0]}, 0,
        [("text", [0, 1, 2], "equivalent"), ("text", [3], "equivalent")]),
    "another pattern": (
        SMOLLM, SMOLLM | {"no_rope_layers": [1, 0, 1, 1]}, 1,
        [("text", [0, 2], "equivalent"), ("text", [1], "different"), ("text", [3], "different")]),
    "layer types": (
        GEMMA, with_text(GEMMA, rope_local_base_freq=20000), 1,
        [("text/sliding_attention", [0, 1, 2, 3, 4, 6], "different"), ("text/full_attention", [5], "equivalent")]),
    "another pairing": (LLAMA, LLAMA | {"model_type": "cohere", "rope_theta": 10000}, 5,
                        [("text", [0, 1, 2, 3], "convertible")]),
    "other widths": (LLAMA, LLAMA | {"head_dim": 16}, 3, [("text", [0, 1, 2, 3], "undecided")]),
}


@pytest.mark.parametrize(("source", "target", "code", "rows"), CASES.values(), ids=CASES)
def test_parts_and_layers(
    source: dict[str, Any], target: dict[str, Any], code: int, rows: list[tuple[str, list[int], str]], tmp_path: Path,
) -> None:
    """Layers that meet alike make a row, and the worst row makes the exit code."""
    found = diff(saved(tmp_path, "a", source), saved(tmp_path, "b", target))
    told = found.to_json()
    assert code == found.exit_code == told["exit_code"]
    assert rows == [(row["source"]["part"], row["layers"], row["verdict"]) for row in told["rows"] if row["layers"]]
    for _, text in found.certificates:
        checker.check(text)
    decided = {row["verdict"] for row in told["rows"] if row["source"]["spec"] or row["target"]["spec"]}
    assert bool(found.certificates) == bool(decided - {"undecided"})


def test_a_permutation_that_is_allowed(tmp_path: Path) -> None:
    """What --relation allows counts as equivalent."""
    a, b = saved(tmp_path, "a", LLAMA), saved(tmp_path, "b", LLAMA | {"model_type": "cohere", "rope_theta": 10000})
    assert "equivalent" == diff(a, b, relation="permutation").verdict
    assert [0, 4, 1, 5, 2, 6, 3, 7] == diff(a, b).to_json()["rows"][0]["permutation"]


def test_modalities(tmp_path: Path) -> None:
    """Where kernels have several axes each modality is decided; text alone does not see which axis a pair is of."""
    a = saved(tmp_path, "a", QWEN)
    b = saved(tmp_path, "b", with_text(QWEN, rope_scaling={"mrope_section": [4, 2, 2]}))
    rows = diff(a, b).to_json()["rows"]
    assert [("text", "text", "equivalent"), ("text", "image", "different"), ("vision", "image", "equivalent")] == [
        (row["source"]["part"], row["feed"], row["verdict"]) for row in rows]
    text = diff(a, b).to_text()
    assert "DIFFERENT  text, 2 layers: 0-1, fed as image" in text
    assert "EQUIVALENT  vision, 2 layers: 0-1, fed as image" in text


def test_what_one_side_alone_has(tmp_path: Path) -> None:
    """Layers and parts that do not meet are told and not decided."""
    a = saved(tmp_path, "a", LLAMA | {"num_hidden_layers": 6})
    b = saved(tmp_path, "b", LLAMA)
    assert [{"side": "source", "what": "text, layers from 4 on"}] == diff(a, b).to_json()["only_on_one_side"]
    c = saved(tmp_path, "c", GEMMA)
    d = saved(tmp_path, "d", GEMMA["text_config"] | {"model_type": "gemma3_text"})
    assert [{"side": "source", "what": "vision"}] == diff(c, d).to_json()["only_on_one_side"]


def test_nothing_that_meets(tmp_path: Path) -> None:
    """Models without a part in common are undecided, not equivalent."""
    a = saved(tmp_path, "a", LLAMA)
    b = saved(tmp_path, "b", {"model_type": "qwen3_vl_vision", "hidden_size": 64, "num_heads": 8})
    assert ("undecided", 3) == (diff(a, b).verdict, diff(a, b).exit_code)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The worst word first, both layouts, and certificates in the folder."""
    a, b = saved(tmp_path, "a", SMOLLM), saved(tmp_path, "b", LLAMA)
    (tmp_path / "out").mkdir()
    assert 1 == run_command(["diff", a, b, "--certificate", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert said.startswith("DIFFERENT: ")
    assert "DIFFERENT  text, 1 layer: 3\n" in said
    assert "  source   no RoPE: no positions\n  target   transformers/half:head_dim=8:rope_theta=10000\n" in said
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert ["0-text.json", "1-text.json"] == files
    assert 0 == run_command(["check", *(str(tmp_path / "out" / name) for name in files)])
    assert 2 == run_command(["diff", a, b, "--certificate", str(tmp_path / "none")])
    assert 2 == run_command(["diff", a, str(tmp_path)])


LOG = """llama_model_loader: - kv   0: general.architecture str = qwen3
llama_model_loader: - kv   1: qwen3.context_length u32 = 4096
llama_model_loader: - kv   2: qwen3.embedding_length u32 = 64
llama_model_loader: - kv   3: qwen3.block_count u32 = 4
llama_model_loader: - kv   4: qwen3.attention.head_count u32 = 8
llama_model_loader: - kv   5: qwen3.rope.freq_base f32 = 10000.000000
"""


def test_a_log_that_does_not_tell_all(tmp_path: Path) -> None:
    """A verdict that rests on defaults of a cut log says so in its first line."""
    (tmp_path / "a.log").write_text(LOG)
    found = diff(saved(tmp_path, "a", LLAMA), str(tmp_path / "a.log"))
    assert "equivalent" == found.verdict
    assert found.to_text().startswith("EQUIVALENT, as far as the target tells (RP101, RP104): ")
    assert {"target": ["RP101", "RP104"]} == found.to_json()["as_far_as"]


def test_one_model_under_another_engine(tmp_path: Path) -> None:
    """llama.cpp's converter moves the rows of q and k, so that the published weights are read as they were trained."""
    llama = saved(tmp_path, "a", LLAMA | {
        "architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 5e5,
        "intermediate_size": 128, "num_key_value_heads": 8, "vocab_size": 100})
    found = diff(llama, engine="llama.cpp")
    assert ("equivalent", "identical") == (found.verdict, found.to_json()["rows"][0]["relation"])
    assert "adjacent" not in found.to_json()["rows"][0]["source"]["spec"]
    assert "arch=llama" in found.to_json()["rows"][0]["target"]["spec"]
    with pytest.raises(ProverError, match="there is no engine 'x'"):
        diff(llama, engine="x")


def test_layers_that_are_not_told(tmp_path: Path) -> None:
    """Where one side does not say which layers are which, its kinds meet those of the same name."""
    rows = meetings(
        Model("a", "", "", "", (Part("text", (0, 2), "x", layer_type="full_attention"),
                                Part("text", (1,), "y", layer_type="sliding_attention"),
                                Part("text", (3,), None, instead="none", layer_type="conv")), ()),
        Model("b", "", "", "", (Part("text", None, "z", layer_type="sliding_attention"),
                                Part("text", None, "w", layer_type="full_attention"),
                                Part("text", None, None, instead="none")), ()),
    )
    assert [("x", "w", (0, 2)), ("y", "z", (1,)), (None, None, (3,))] == [
        (row.source.layout, row.target.layout, row.layers) for row in rows]


def test_a_modality_that_the_target_has_no_feed_for(tmp_path: Path) -> None:
    """It is undecided, whatever comes of the others, and in an audit too."""
    text = with_text(QWEN, rope_theta=500000)
    found = diff(saved(tmp_path, "a", text), "transformers/half:head_dim=16:rope_theta=500000")
    assert [("text", "equivalent"), ("image", "undecided")] == [
        (row["feed"], row["verdict"]) for row in found.to_json()["rows"]]
    assert ("undecided", 3) == (found.verdict, found.exit_code)
    assert "the target's kernel has no feed for image" in found.to_text()


def test_rows_that_an_engine_moves_when_it_loads(tmp_path: Path) -> None:
    """vLLM moves Llama 4's rows of q and k to halves, which is what its kernel pairs: the published weights work."""
    llama4 = {"model_type": "llama4_text", "hidden_size": 64, "num_attention_heads": 8, "head_dim": 8,
              "num_hidden_layers": 1, "no_rope_layers": [1], "rope_theta": 500000.0}
    found = diff(saved(tmp_path, "a", llama4), engine="vllm")
    assert ("equivalent", "identical") == (found.verdict, found.to_json()["rows"][0]["relation"])
    assert "convertible" == diff(saved(tmp_path, "b", llama4), "vllm/rope:head_size=8:base=500000").verdict


def cut_and_whole(folder: Path) -> tuple[str, str]:
    """A GGUF file that ends before the numbers of its factors, and the same model without factors."""
    keys: list[Key] = [
        ("general.architecture", STR, "llama"), ("llama.block_count", U32, 2), ("llama.context_length", U32, 64),
        ("llama.embedding_length", U32, 64), ("llama.attention.head_count", U32, 8),
    ]
    factors = ("rope_freqs.weight", [4], 0, struct.pack("<4f", 1, 2, 4, 8))
    (folder / "cut.gguf").write_bytes(gguf(keys, [factors])[:-24])
    (folder / "whole.gguf").write_bytes(gguf(keys, [("output.bias", [2], 1, bytes(4))]))
    return str(folder / "cut.gguf"), str(folder / "whole.gguf")


def test_factors_that_are_there_and_not_seen(tmp_path: Path) -> None:
    """Nothing is decided about a file that has factors whose numbers are not shown, by diff, prove or a SPEC."""
    cut, whole = cut_and_whole(tmp_path)
    for found in (diff(cut, whole), diff(whole, cut)):
        assert ("undecided", 3) == (found.verdict, found.exit_code)
        assert "rope_freqs.weight: in the file, but this source does not show the numbers" in found.to_text()
    for call in (prove, diff):
        with pytest.raises(InputError, match="does not show the numbers"):
            call(f"{cut}#text", f"{whole}#text")
    given = prove(f"{cut}#text:freq_factors=1,2,4,8", f"{whole}#text")
    assert ("different", 1) == (given.verdict, given.exit_code)


@pytest.mark.parametrize("call", [prove, diff])
def test_a_part_brings_what_was_found_of_it(call: Callable[[str, str], Any], tmp_path: Path) -> None:
    """A SPEC that is a part of a log is told to rest on defaults, in the first line and below it."""
    (tmp_path / "a.log").write_text(LOG)
    found = call(f"{saved(tmp_path, 'a', LLAMA)}#text", f"{tmp_path / 'a.log'}#text")
    assert found.to_text().startswith("EQUIVALENT, as far as the target tells (RP101, RP104): ")
    assert {"target": ["RP101", "RP104"]} == found.to_json()["as_far_as"]
    assert "RP104" in found.to_text().partition("\n")[2]


def test_what_was_not_compared_is_in_the_first_line(tmp_path: Path) -> None:
    """Layers that one side alone has make the word one about what both have."""
    longer = saved(tmp_path, "b", LLAMA | {"num_hidden_layers": 6})
    assert diff(saved(tmp_path, "a", LLAMA), longer).to_text().startswith("EQUIVALENT, of what both have: ")


def test_rows_of_a_file_are_moved_as_its_converter_does(tmp_path: Path) -> None:
    """A GGUF file beside its config has its rows moved, with a word; a kernel alone has not, nor has another's file."""
    _, whole = cut_and_whole(tmp_path)
    config = LLAMA | {"architectures": ["LlamaForCausalLM"], "vocab_size": 64, "rms_norm_eps": 1e-6,
                      "max_position_embeddings": 64, "intermediate_size": 64, "num_hidden_layers": 2,
                      "num_key_value_heads": 8, "hidden_act": "silu"}
    found = diff(saved(tmp_path, "a", config), whole)
    assert ("equivalent", "identical") == (found.verdict, found.to_json()["rows"][0]["relation"])
    assert "RP208 target: llama.cpp's converter moves rows of q and k, half to adjacent" in found.to_text()
    assert "convertible" == prove(f"{tmp_path / 'a'}#text", f"{whole}#text").verdict
    other = config | {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}
    assert "convertible" == diff(saved(tmp_path, "b", other), whole).verdict


def test_a_type_for_the_config_alone(tmp_path: Path) -> None:
    """--as is about the config where the other side is a GGUF file."""
    _, whole = cut_and_whole(tmp_path)
    config = saved(tmp_path, "a", LLAMA | {"model_type": "nosuch", "num_hidden_layers": 2})
    assert "convertible" == diff(config, whole, kind="llama").verdict


def test_a_layout_for_what_it_was_trained_with(tmp_path: Path) -> None:
    """Of a model that transformers does not know --as SPEC says how it was trained; the engine reads the config."""
    config = LLAMA | {"model_type": "nosuch", "architectures": ["LlamaForCausalLM"], "vocab_size": 64,
                      "rms_norm_eps": 1e-6, "max_position_embeddings": 64, "intermediate_size": 64,
                      "num_key_value_heads": 8, "rope_theta": 20000.0}
    path = saved(tmp_path, "a", config)
    found = diff(path, engine="llama.cpp", kind="transformers/half:head_dim=8")
    assert ("equivalent", "identical") == (found.verdict, found.to_json()["rows"][0]["relation"])
    other = diff(path, engine="llama.cpp", kind="transformers/half:head_dim=8:rope_theta=10000")
    assert "different" == other.verdict
    with pytest.raises(InputError, match="is a layout, which no engine reads a config as"):
        diff("transformers/half:head_dim=8", path, engine="llama.cpp", kind="transformers/half:head_dim=8")


def test_the_headline_says_as_stored(tmp_path: Path) -> None:
    """What holds for numbers that round to the stored ones is said in the first line, and which were chosen below."""
    text = diff("transformers/half:head_dim=128:rope_type=ntk_alpha:alpha=1000",
                "ggml/neox:head_dim=128:base=f32(11158840)").to_text()
    assert text.startswith("EQUIVALENT as stored in float32: ")
    assert "  stored   A stored number stands for every real that rounds to it; chosen here: target base = " in text


def test_standard_input_under_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One config on standard input is read by both sides, and by every engine of an audit."""
    for call in (lambda: diff("-", engine="vllm").exit_code, lambda: audit("-", engines=["vllm", "mlx-lm"]).exit_code):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LLAMA).encode())))
        assert 0 == call()
