"""Functions that are recognised: what `identify` says of them, and `prove` with one as a side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.commands.cli import run_command

Capture = pytest.CaptureFixture[str]
ADJACENT = """
import numpy as np

def rope(x, positions):
    lanes = x.shape[-1]
    angles = np.asarray(positions)[:, None, None] * 500000.0 ** (-np.arange(0, lanes, 2) / lanes)
    cos, sin, out = np.cos(angles), np.sin(angles), np.empty_like(x)
    out[..., ::2] = x[..., ::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., ::2] * sin + x[..., 1::2] * cos
    return out
"""
# Llama 3.1's rule as its paper's code has it, over halves.
LLAMA3 = """
import math
import numpy as np

def scaled(frequency):
    low, high, factor, length = 1.0, 4.0, 8.0, 8192
    wavelength = 2 * math.pi / frequency
    if wavelength < length / high:
        return frequency
    if wavelength > length / low:
        return frequency / factor
    smooth = (length / wavelength - low) / (high - low)
    return (1 - smooth) * frequency / factor + smooth * frequency

def rope(x, positions):
    lanes = x.shape[-1]
    frequencies = np.array([scaled(500000.0 ** (-j / lanes)) for j in range(0, lanes, 2)])
    angles = np.asarray(positions)[:, None, None] * frequencies
    cos, sin, half = np.cos(angles), np.sin(angles), lanes // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
"""
GIVEN = """
import numpy as np

def rotate_half(x):
    half = x.shape[-1] // 2
    return np.concatenate([-x[..., half:], x[..., :half]], -1)

def apply(q, k, cos, sin):
    return q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
"""
ODD = """
import numpy as np

def rope(x, positions):
    lanes = x.shape[-1]
    frequencies = 10000.0 ** (-np.arange(0, lanes, 2) / lanes)
    frequencies[5] *= 1.01
    angles = np.asarray(positions)[:, None, None] * frequencies
    cos, sin, half = np.cos(angles), np.sin(angles), lanes // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
"""


def function(tmp_path: Path, text: str, name: str = "rope") -> str:
    """A file with a function, as a person names it."""
    path = tmp_path / "mine.py"
    path.write_text(text)
    return f"{path}::{name}"


def test_pairing_base_and_layouts(tmp_path: Path, capsys: Capture) -> None:
    """The first line has all; how it was called is told."""
    assert 0 == run_command(["identify", function(tmp_path, ADJACENT), "--head-dim", "64"])
    told = capsys.readouterr().out
    assert told.startswith("adjacent pairing, all 64 lanes, base 500000: transformers/adjacent:rope_theta=500000")
    assert "it was called as f(x[t, h, d], p[t])" in told


def test_a_scaling_is_told(tmp_path: Path, capsys: Capture) -> None:
    """llama3 with the numbers that the function has."""
    assert 0 == run_command(["identify", function(tmp_path, LLAMA3), "--head-dim", "128", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["answer"].startswith("half pairing, all 128 lanes, base 500000, llama3 with factor 8 ")
    numbers = {"base": "500000", "factor": "8", "low_freq_factor": "1", "high_freq_factor": "4",
               "original_max_position_embeddings": "8192"}
    assert numbers == found["hypotheses"][0]["numbers"]
    assert ("numeric only", None) == (found["strength"], found["frequencies_given"])


def test_given_frequencies_are_no_find(tmp_path: Path, capsys: Capture) -> None:
    """A function that takes cos and sin has a pairing and no base."""
    assert 0 == run_command(["identify", function(tmp_path, GIVEN, "apply"), "--head-dim", "64", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["answer"].startswith("half pairing, all 64 lanes, its frequencies are given to it: such as ")
    assert (None, []) == (found["base"], found["hypotheses"])
    assert found["frequencies_given"]


def test_a_table_of_what_is_not_recognised(tmp_path: Path, capsys: Capture) -> None:
    """Pair 5 is off by a hundredth: exit code 1, and a layout file that the function conforms to."""
    named, out = function(tmp_path, ODD), tmp_path / "odd.toml"
    assert 1 == run_command(["identify", named, "--head-dim", "64", "--out", str(out)])
    assert "but pair 5 is off by 0.01;" in capsys.readouterr().out
    assert 0 == run_command(["conform", str(out), named])


@pytest.mark.parametrize(("layout", "code", "verdict", "relation"), [
    ("ggml/normal:head_dim=64:base=500000", 0, "equivalent", "identical"),
    ("ggml/neox:head_dim=64:base=500000", 5, "convertible", "permutation"),
    ("ggml/normal:head_dim=64:base=10000", 1, "different", "none"),
])
def test_prove_with_a_function(
    layout: str, code: int, verdict: str, relation: str, tmp_path: Path, capsys: Capture
) -> None:
    """The proof is about the layout that was recognised, and the answer says that a measurement stands behind it."""
    named = function(tmp_path, ADJACENT)
    for sides in ((layout, named), (named, layout)):
        assert code == run_command(["prove", *sides, "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (verdict, relation) == (found["verdict"], found["relation"])
        side = "source" if sides[0] is named else "target"
        assert {side: ["RP301"]} == found["as_far_as"]
        other = "target" if side == "source" else "source"
        assert ("numeric only", "checked certificate") == (found["strength"], found["proof_strength"])
        assert {side: {"strength": "numeric only"}, other: {"strength": "exact"}} == found["sides"]
        assert "was run and measured, and recognised as transformers/adjacent" in found["warnings"][side][-1]
    assert code == run_command(["prove", layout, named])
    assert f"{verdict.upper()}, as far as the target tells (RP301): " in capsys.readouterr().out


def test_a_list_of_numbers_does_not_stand_in_the_way(tmp_path: Path, capsys: Capture) -> None:
    """Whatever turns fits a list of factors; a formula that fits is what is proved about, and the list is told."""
    assert 0 == run_command(["prove", "transformers/half:head_dim=64:rope_theta=500000:rope_type=llama3:factor=8:"
                             "low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192",
                             function(tmp_path, LLAMA3), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "identical" == found["relation"]
    assert "other numbers, listed one by one, fit as well" in found["warnings"]["target"][-1]


@pytest.mark.parametrize(("text", "name", "told"), [
    (GIVEN, "apply", "its frequencies are given to it"), (ODD, "rope", "is no layout that was recognised"),
])
def test_undecided_where_no_layout_is_told(text: str, name: str, told: str, tmp_path: Path, capsys: Capture) -> None:
    """Exit code 3, and what can be done."""
    assert 3 == run_command(["prove", "ggml/neox:head_dim=64", function(tmp_path, text, name)])
    assert told in capsys.readouterr().err


def test_nothing_is_run_that_is_not_named_on_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    """A claim file, which comes from others, cannot name a function: it is no SPEC there."""
    claim = tmp_path / "claim.toml"
    claim.write_text(f'title = "x"\nsource = "ggml/normal"\ntarget = "{function(tmp_path, ADJACENT)}"\n'
                     '[expect]\nverdict = "equivalent"\nrelation = "identical"\n')
    assert 2 == run_command(["run", str(claim)])
    assert "'' is not a parameter" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    ["prove", "ggml/neox", "ggml/normal", "--head-dim", "64"], ["identify", "table.json", "--call", "f(x, p)"],
    ["identify", "mine.py::rope", "--entry", "one"],
])
def test_options_that_do_not_go_together(arguments: list[str], capsys: Capture) -> None:
    """What is for a function goes with no table and no layout, and the other way round."""
    assert 2 == run_command(arguments)
    assert "error" in capsys.readouterr().err
