"""A config.json: which key wins, which default stands in, what is refused and how that is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.sources.json_text import MAX_BYTES
from prover.sources.keys import number_text
from prover.sources.reading import read_model

Capture = pytest.CaptureFixture[str]
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 3}


def spec_of(tmp_path: Path, config: dict[str, Any] | str) -> str | None:
    """The spec of the one part of a config."""
    path = tmp_path / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    (part,) = read_model(str(path)).parts
    return part.spec


# What is added to LLAMA, or its text, and the values that follow in its spec; each as modeling_rope_utils.py has it.
READ: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "head_dim=8:rope_theta=10000"),
    "numbers are exact": ({"rope_theta": 999999.4375, "head_dim": 16}, "head_dim=16:rope_theta=999999.4375"),
    "null is absent": ({"head_dim": None, "rope_scaling": None}, "head_dim=8:rope_theta=10000"),
    "type is rope_type": ({"rope_scaling": {"type": "linear", "factor": 2.5}},
                          "head_dim=8:rope_theta=10000:rope_type=linear:factor=2.5"),
    "rope_scaling over rope_parameters": (
        {"rope_scaling": {"rope_type": "linear", "factor": 2}, "rope_parameters": {"rope_type": "linear", "factor": 4}},
        "head_dim=8:rope_theta=10000:rope_type=linear:factor=2"),
    "theta beside the type over that at the top": (
        {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}, "rope_theta": 7},
        "head_dim=8:rope_theta=500000"),
    "a factor that is null": (
        {"rope_scaling": {"rope_type": "yarn", "factor": None, "original_max_position_embeddings": 512},
         "max_position_embeddings": 2048},
        "head_dim=8:rope_theta=10000:rope_type=yarn:factor=4:original_max_position_embeddings=512"),
    "the original at the top": (
        {"rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 512},
         "original_max_position_embeddings": 1024},
        "head_dim=8:rope_theta=10000:rope_type=yarn:factor=4:original_max_position_embeddings=1024"),
    "a part that is the whole": (
        {"rope_scaling": {"type": "linear", "factor": 2}, "partial_rotary_factor": 1.0},
        "head_dim=8:rope_theta=10000:rope_type=linear:factor=2"),
    "truncate null is false": (
        {"rope_scaling": {"rope_type": "yarn", "factor": 4, "truncate": None}, "max_position_embeddings": 512},
        "head_dim=8:rope_theta=10000:rope_type=yarn:factor=4:original_max_position_embeddings=512:truncate=0"),
}


@pytest.mark.parametrize(("more", "values"), READ.values(), ids=READ)
def test_what_is_read(more: dict[str, Any], values: str, tmp_path: Path) -> None:
    """The key that wins in transformers, exactly as it is written."""
    assert f"transformers/half:{values}" == spec_of(tmp_path, LLAMA | more)


REFUSED: dict[str, tuple[dict[str, Any] | str, tuple[str, ...]]] = {
    "no model_type": ({"hidden_size": 64}, ("model_type", "is not in the file")),
    "unknown model_type": ({"model_type": "llamma"}, ("'llamma' is not known here", "Near it: llama")),
    "a text that is not there": (
        {"model_type": "llava", "text_config": None, "decoder_config": {"model_type": "llama"}},
        ("text_config: is not in the file", "(decoder_config are not read)"),
    ),
    "a text for a number": (LLAMA | {"rope_theta": "10000"}, ("rope_theta: expected a number, got the text '10000'",)),
    "true for a number": (LLAMA | {"rope_theta": True}, ("rope_theta: expected a number, got true",)),
    "null for a base": (LLAMA | {"rope_theta": None}, ("rope_theta: is null",)),
    "NaN for a base": ('{"model_type": "llama", "hidden_size": 8, "num_attention_heads": 1, "rope_theta": NaN}',
                       ("rope_theta: expected a number, got the text 'NaN'",)),
    "an original of 0": (
        LLAMA | {"rope_scaling": {"type": "yarn", "factor": None, "original_max_position_embeddings": 0},
                 "max_position_embeddings": 64}, ("expected a number above 0, got 0",)),
    "a base of 0": (LLAMA | {"rope_theta": 0}, ("rope_theta=0 does not meet its requirement",)),
    "an odd head": (LLAMA | {"head_dim": 7}, ("head_dim=7 does not meet its requirement",)),
    "half a lane": (LLAMA | {"head_dim": 8.5}, ("head_dim: expected a whole number or null, got 8.5",)),
    "no heads": (LLAMA | {"num_attention_heads": 0}, ("num_attention_heads: expected a whole number from 1 on, got 0",
                                                      )),
    "endless layers": (LLAMA | {"num_hidden_layers": 10**8}, ("num_hidden_layers", "at most 10000")),
    "a rule that is none": (LLAMA | {"rope_scaling": {"type": "bogus"}},
                            ("'bogus' is no rule that llama takes", "Rules: default")),
    "a part of the head that is not turned": (
        LLAMA | {"rope_scaling": {"type": "linear", "factor": 2}, "partial_rotary_factor": 0.5},
        ("partial_rotary_factor shortens the frequencies but not the rotated head",)),
    "a rule without its factor": (LLAMA | {"rope_scaling": {"type": "linear"}}, ("rope_scaling, factor: is not in",)),
    "scaling that is a list": (LLAMA | {"rope_scaling": [2]}, ("rope_scaling: expected an object, got a list",)),
    "by layer type": (LLAMA | {"rope_parameters": {"full_attention": {"rope_type": "default"}}},
                      ("gives parameters by layer type (full_attention), which llama does not read",)),
    "lists of texts": (LLAMA | {"rope_scaling": {"type": "longrope", "factor": 2, "short_factor": ["1"],
                                                 "long_factor": [2], "original_max_position_embeddings": 64}},
                       ("short_factor: expected a list of numbers",)),
    "a key twice": ('{"model_type": "llama", "rope_theta": 1, "rope_theta": 2}', ("key 'rope_theta' stands twice",)),
    "cut off": ('{"model_type": "lla', ("is not JSON", "line 1, column 16")),
    "empty": ("", ("is empty",)),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ("Git LFS pointer", "git lfs pull")),
    "a list at the top": ("[1, 2]", ("holds a list at the top, expected an object",)),
    "depth": ('{"a": ' + "[" * 100_000, ("is nested deeper than 32",)),
    "some depth": ('{"a": ' + "[" * 40 + "]" * 40 + "}", ("is nested deeper than 32",)),
    "a long number": ('{"rope_theta": ' + "1" * 100_000 + "}", ("a number has more than 60 digits",)),
    "a huge exponent": ('{"rope_theta": 1e999999999}', ("number 1e999999999 is out of bounds",)),
    "large": (" " * (MAX_BYTES + 1), (f"is larger than {MAX_BYTES} bytes",)),
}


@pytest.mark.parametrize(("config", "parts"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(config: dict[str, Any] | str, parts: tuple[str, ...], tmp_path: Path, capsys: Capture) -> None:
    """One message with file, key, expected and got, and exit code 2."""
    path = tmp_path / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    assert 2 == run_command(["show", str(path)])
    said, told = capsys.readouterr()
    assert ("", 1) == (said, told.count("\n"))
    assert [] == [part for part in ("config.json", *parts) if part not in told]


def test_a_folder(tmp_path: Path, capsys: Capture) -> None:
    """A model's folder stands for its config, and one without says what is missing."""
    assert 2 == run_command(["show", str(tmp_path)])
    assert "is a directory that holds no config.json" in capsys.readouterr().err
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    assert 0 == run_command(["show", str(tmp_path)])
    assert "  transformers/half:head_dim=8:rope_theta=10000\n" in capsys.readouterr().out


def test_a_part_is_a_spec(tmp_path: Path, capsys: Capture) -> None:
    """A part of a model stands where a layout may, with values on top, and by itself if it is the only one."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA))
    for spec in (str(path), f"{path}#text", f"{path}#", f"{path}:rope_theta=10000", f"{path}#text:rope_theta=10000"):
        assert 0 == run_command(["prove", spec, "ggml/neox:head_dim=8:n_rot=8"])
    assert 1 == run_command(["prove", f"{path}#text:rope_theta=500", "ggml/neox:head_dim=8:n_rot=8"])
    assert "transformers/half:head_dim=8:rope_theta=500 " in capsys.readouterr().out


PARTS = {
    "no such part": ("#audio", "has no part 'audio'. Parts: #text/full_attention, #text/sliding_attention"),
    "two parts": ("#text", "has 2 parts that this may mean. Parts: #text/full_attention, #text/sliding_attention"),
    "none": ("", "has 2 parts that this may mean"),
    "without RoPE": ("#vision", "has no RoPE: learned positions"),
    "no value": ("#text/full:8", "'8' is not a parameter"),
    "no such value": ("#text/full:hidden=8", "hidden"),
}


@pytest.mark.parametrize(("address", "message"), PARTS.values(), ids=PARTS)
def test_parts_that_are_not_there(address: str, message: str, tmp_path: Path, capsys: Capture) -> None:
    """What is wrong with the address, and the parts that there are."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({
        "model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "layer_types": [
            "full_attention", "sliding_attention"], "num_hidden_layers": 2},
        "vision_config": {"model_type": "siglip_vision_model"},
    }))
    assert 2 == run_command(["prove", f"{path}{address}", "ggml/neox"])
    assert message in capsys.readouterr().err
    assert 0 == run_command(["show", f"{path}#text/sliding"])


def test_what_is_no_model_has_no_parts(capsys: Capture) -> None:
    """A layout's name with a part is told."""
    assert 2 == run_command(["prove", "ggml/neox#text", "ggml/neox"])
    assert "'ggml/neox' is no model that has parts" in capsys.readouterr().err


def test_a_certificate_is_no_config(tmp_path: Path, capsys: Capture) -> None:
    """What this program wrote is told as that."""
    path = tmp_path / "a.json"
    path.write_text('{"schema": "rope-prover/certificate/2"}')
    assert 2 == run_command(["show", str(path)])
    assert "'rope-prover check' and 'rope-prover explain' take certificates" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: Capture) -> None:
    """Parts with their spec, layers, and where each value comes from."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA | {"rope_theta": 500000.0}))
    assert 0 == run_command(["show", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/model/1", "llama", [], []) == (
        found["schema"], found["model_type"], found["no_rope"], found["findings"])
    (part,) = found["parts"]
    assert ("text", [0, 1, 2], "transformers/half:head_dim=8:rope_theta=500000") == (
        part["part"], part["layers"], part["spec"])
    assert {"name": "rope_theta", "value": "500000", "from": "rope_theta"} in part["values"]


FINDINGS = {
    "keys that are not read": ({"rotary_pct": 0.5, "no_rope_layers": [1]}, "not read: rotary_pct, no_rope_layers"),
    "keys of another rule": ({"rope_scaling": {"type": "linear", "factor": 2, "beta_fast": 32}},
                             "not read in rope_scaling: beta_fast"),
    "two bases": ({"rope_theta": 1e6, "rope_parameters": {"rope_theta": 1e5}}, "rope_theta stands twice"),
    "two schemas": ({"rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_theta": 1e5}},
                    "rope_scaling and rope_parameters differ: rope_scaling is taken"),
    "two types": ({"rope_scaling": {"type": "yarn", "rope_type": "linear", "factor": 2}},
                  "type and rope_type differ: rope_type linear is taken"),
    "code of the model's own": ({"auto_map": {"AutoConfig": "x.Y"}}, "auto_map names code of the model's own"),
}


@pytest.mark.parametrize(("more", "finding"), FINDINGS.values(), ids=FINDINGS)
def test_findings(more: dict[str, Any], finding: str, tmp_path: Path) -> None:
    """What is not read, or stands twice, is told."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA | more))
    assert any(told.text.startswith(finding) for told in read_model(str(path)).findings)


def test_model_types_without_rope(tmp_path: Path) -> None:
    """They say what they have instead."""
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "mpt"}')
    (part,) = read_model(str(path)).parts
    assert (None, "ALiBi") == (part.spec, part.instead)


def test_numbers_as_a_spec_writes_them() -> None:
    """Whole, as a decimal where that ends, else as a fraction; always the same number."""
    from fractions import Fraction

    for text, number in (("8", Fraction(8)), ("0.25", Fraction(1, 4)), ("-0.001", Fraction(-1, 1000)),
                         ("1/3", Fraction(1, 3)), ("999999.4375", Fraction("999999.4375")), ("12.5", Fraction(25, 2))):
        assert text == number_text(number)


def test_no_code_is_run(tmp_path: Path) -> None:
    """A config cannot name what is imported."""
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "__import__(\'os\')"}')
    with pytest.raises(InputError, match="is not known here"):
        read_model(str(path))


def test_a_config_is_shown_without_a_solver(tmp_path: Path) -> None:
    """Neither Z3 nor NumPy is loaded to show what a config says."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA))
    code = f"""
import sys
from prover.commands.cli import run_command
run_command(["show", {str(path)!r}])
print(sorted({{"z3", "numpy"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.splitlines()[-1]
