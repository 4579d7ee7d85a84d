"""The command `identify`: what its first line says, its exit codes, and the file it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from identify_kernels import entry, llama3, powers
from prover.commands.cli import run_command

Capture = pytest.CaptureFixture[str]
STRENGTH = "(numeric only: floats within a tolerance, no proof)."


def table(tmp_path: Path, name: str, **entries: object) -> str:
    """A file of these entries."""
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({"entries": entries}))
    return str(path)


def test_the_first_line_answers(capsys: Capture, tmp_path: Path) -> None:
    """Pairing, lanes, base, scaling with its numbers, layouts, and that it is no proof."""
    path = table(tmp_path, "llama", one=entry(128, 64, "half", llama3(powers(500000, 64, 32), 8, 1, 4, 8192)))
    assert 0 == run_command(["identify", path])
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(
        "half pairing, 64 of 128 lanes, base 500000, llama3 with factor 8 (low_freq_factor 1, high_freq_factor 4, "
        "original_max_position_embeddings 8192): "
    )
    assert first.endswith(STRENGTH)


def test_what_is_recognised_in_part(capsys: Capture, tmp_path: Path) -> None:
    """Exit code 1, the pair that is off, and every number in a file that conforms."""
    frequencies = powers(10000, 32, 16)
    frequencies[7] *= 1.003
    path, out = table(tmp_path, "off", one=entry(32, 32, "adjacent", frequencies)), tmp_path / "mine.toml"
    assert 1 == run_command(["identify", path, "--out", str(out)])
    told = capsys.readouterr().out
    assert told.splitlines()[0] == (
        "adjacent pairing, all 32 lanes, pairs 0 to 15 as base 10000, but pair 7 is off by 0.003; no layout of the "
        f"catalogue conforms {STRENGTH}"
    )
    assert "lanes 14, 15: 0.0178361" in told
    assert "off by 0.003" in told
    assert "it conforms" in " ".join(told.split())
    assert 0 == run_command(["conform", str(out), path])
    capsys.readouterr()
    assert 2 == run_command(["identify", path, "--out", str(out)])
    assert "is there already" in capsys.readouterr().err


def test_json_has_all(capsys: Capture, tmp_path: Path) -> None:
    """Facts, hypotheses and layouts as JSON types."""
    path = table(tmp_path, "plain", one=entry(32, 32, "adjacent", powers(20000, 32, 16)), other=3)
    assert 2 == run_command(["identify", path])
    assert "Name one with --entry" in capsys.readouterr().err
    assert 0 == run_command(["identify", path, "--entry", "one", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("numeric only", "20000", True) == (found["strength"], found["base"], found["is_complete"])
    assert "adjacent" == found["facts"]["pairing"]
    assert {"spec": "ggml/normal:base=20000:head_dim=32"}.items() <= {
        "spec": next(fit["spec"] for fit in found["layouts"][0] if fit["spec"].startswith("ggml/normal:"))
    }.items()


def test_the_software_of_a_file_orders_equals(capsys: Capture, tmp_path: Path) -> None:
    """Layouts of the project that the file names are told first among equals, and that this decides nothing is said."""
    path = tmp_path / "named.json"
    one = entry(64, 64, "half", powers(10000, 64, 32))
    path.write_text(json.dumps({"software": "vllm 0.33.0, forward_native", "entries": {"one": one}}))
    assert 0 == run_command(["identify", str(path)])
    told = " ".join(capsys.readouterr().out.split())
    assert "base 10000: vllm/rope:head_size=64, transformers/half:head_dim=64 and" in told
    assert "those of vllm are told first, and nothing is decided by it" in told


def test_what_was_held_is_said(capsys: Capture, tmp_path: Path) -> None:
    """Lanes, pairs, the axis, and up to which position an angle is told: the first pair's 12 roundings of 2^-24."""
    path = table(tmp_path, "plain", one=entry(32, 32, "adjacent", powers(20000, 32, 16)))
    assert 0 == run_command(["identify", path])
    told = " ".join(capsys.readouterr().out.split())
    assert "all 32 lanes, and pairs 0 to 15 on p" in told
    assert f"up to position {int(0.001 / (12 * 2**-24))}" in told
    assert "positions at which the kernel was run are not in the table" in told
