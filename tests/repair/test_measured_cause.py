"""`conform` names a cause: kernels written here with a fault are run and measured, and their faults get a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.measured import decode, read_entry
from prover.repair.measured_cause import measured_causes

Array = npt.NDArray[np.float32]
DIM, AXES = 16, ("t", "h", "w")


def kernel(
    x: Array, position: tuple[int, ...], *, base: float = 1e4, lanes: int = DIM, over: int = 0, sign: int = 1,
    times: float = 1, size: float = 1, shift: int = 0, whole: bool = False, adjacent: bool = False,
    axis: Callable[[int], int] = lambda j: 0, slow: Callable[[int], float] = lambda j: 1,
) -> Array:
    """RoPE in float32, pair by pair, each argument a way to be wrong."""
    y = np.array(x, dtype=np.float32)
    for j in range(lanes // 2):
        a, b = (2 * j, 2 * j + 1) if adjacent else (j, j + lanes // 2)
        exponent = 2 * (j + shift) // (over or lanes) if whole else 2 * (j + shift) / (over or lanes)
        frequency = np.float32(base) ** np.float32(-exponent) * np.float32(times) / np.float32(slow(j))
        angle = np.float32(position[axis(j)]) * frequency * np.float32(sign)
        c, s = np.cos(angle) * np.float32(size), np.sin(angle) * np.float32(size)
        y[a], y[b] = x[a] * c - x[b] * s, x[a] * s + x[b] * c
    return y


def measure(run: Callable[[Array, tuple[int, ...]], Array], axes: int = 1) -> dict[str, Any]:
    """The table of a kernel, from its outputs for basis vectors at position 1 of each axis."""
    basis = np.eye(DIM, dtype=np.float32)
    found: list[list[Any]] = []
    size = 1.0
    for axis in range(axes):
        at = tuple(int(axis == each) for each in range(axes))
        matrix = np.array([run(row, at) for row in basis], dtype=np.float64).T
        for a in range(DIM):
            for b in range(a + 1, DIM):
                if abs(matrix[b, a]) > 1e-7:
                    angle = float(np.arctan2(matrix[b, a], matrix[a, a]))
                    found.append([a, b, axis, 1, angle])
                    size = float(np.hypot(matrix[a, a], matrix[b, a]))
    turning = {lane for pair in found for lane in pair[:2]}
    return {
        "head_dim": DIM, "axes": ["pos"] if axes == 1 else list(AXES), "pairs": sorted(found),
        "passthrough": sorted(set(range(DIM)) - turning), "scale": {f"{size:.6f}": "all"},
    }


HALF, MROPE = f"transformers/half:head_dim={DIM}", f"ggml/mrope:head_dim={DIM}:sections=3,3,2,0"
CHUNKS = [0, 0, 0, 1, 1, 1, 2, 2]
FAULTS: dict[str, tuple[str, dict[str, Any], list[list[str]]]] = {
    "direction": (HALF, {"sign": -1}, [["direction"]]),
    "base": (HALF, {"base": 5e5}, [["the base of the frequencies"]]),
    "a base that has one number to another": (HALF, {"base": 2e4}, [["base of the frequencies"]]),
    "scale": (HALF, {"times": 0.25}, [["scale of positions"]]),
    "factor": (HALF, {"size": 1.138629}, [["factor of cos and sin"]]),
    "factor lost": (f"{HALF}:rope_type=yarn:factor=1:attention_factor=1.25:original_max_position_embeddings=64", {},
                    [["how the frequencies are scaled"], ["what multiplies cos and sin"]]),
    "pairing": (HALF, {"adjacent": True}, [["pairing"]]),
    "a choice": (f"vllm/rope:head_size={DIM}", {"adjacent": True}, [["which lanes are a pair"]]),
    "a partial head": (HALF, {"lanes": 8}, [["the number of rotated lanes"]]),
    "a partial factor that is lost": (f"{HALF}:partial_rotary_factor=0.5", {}, [
        ["the share of the head that is rotated"]]),
    "the whole head in the exponent": (f"{HALF}:partial_rotary_factor=0.5", {"lanes": 8, "over": 16}, [
        ["denominator of the exponent"], ["base of the frequencies"]]),
    "one more": (HALF, {"shift": 1}, [["off by one in the exponent"]]),
    "whole numbers": (HALF, {"whole": True}, [["exponent rounded to a whole number"]]),
    "pairing and base": (HALF, {"adjacent": True, "base": 5e5}, [["the base of the frequencies", "pairing"]]),
    "direction and base": (HALF, {"sign": -1, "base": 1e6}, [["the base of the frequencies", "direction"]]),
    "turns and base": (MROPE, {"axis": lambda j: j % 3, "base": 1e6}, [
        ["the base of the frequencies", "axis per pair"]]),
    "share and base": (HALF, {"lanes": 8, "base": 5e5}, [["the number of rotated lanes", "base of the frequencies"]]),
    "exchanged axes": (MROPE, {"axis": lambda j: [0, 2, 1][CHUNKS[j]]}, [["order of axes"]]),
    "turns": (MROPE, {"axis": lambda j: j % 3}, [["axis per pair"]]),
    "a base mistyped": (HALF, {"base": 9999}, [["the base of the frequencies"]]),
    "no cause": (HALF, {"slow": lambda j: 1 + j * j}, []),
    "none": (HALF, {}, []),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_kernel_gets_its_name(name: str) -> None:
    """The facts and laws of every cause that is told, and the layout with them conforms."""
    spec, fault, expected = FAULTS[name]
    faulted = {"axis": lambda j: CHUNKS[j], **fault} if spec == MROPE else fault
    table = decode(name, measure(partial(kernel, **faulted), 3 if spec == MROPE else 1), name)
    found = measured_causes(load(spec), table)
    assert expected == [[*(fact.thing for fact in c.facts), *(law.name for law in c.laws)] for c in found]
    assert all(cause.found.conforms for cause in found)


@pytest.mark.parametrize(("spec", "entry", "base", "law"), [
    ("ggml/normal:head_dim=128", "neox_d128", "1000000", "pairing"),
    ("ggml/mrope:sections=24,20,20,0", "imrope_qwen3vl", "5000000", "axis per pair"),
])
def test_a_base_and_a_law_of_tables_of_ggml(spec: str, entry: str, base: str, law: str) -> None:
    """The freq_base that the table was measured with, though float32 has it a little off, and what else differs."""
    table = read_entry(str(Path(__file__).parents[1] / "measured" / "ggml.json"), entry)
    assert [([("base", base)], [law])] == [
        ([each for fact in c.facts for each in fact.needed], [each.name for each in c.laws])
        for c in measured_causes(load(spec), table)
    ]


def test_what_conform_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text and JSON have the cause and that it is numeric only; where there is none it is said so."""
    path = tmp_path / "measured.json"
    tables = {name: measure(partial(kernel, **FAULTS[name][1])) for name in ("direction", "no cause", "none")}
    path.write_text(json.dumps({"entries": tables}))

    def told(entry: str, *more: str) -> str:
        run_command(["conform", HALF, str(path), "--entry", entry, *more])
        return " ".join(capsys.readouterr().out.split())

    assert ("cause direction: the layout turns the other way; with this change: negate the sines (or exchange the two "
            "lanes of each pair), the layout conforms (numeric only)") in told("direction")
    assert "no single cause found, which does not prove that there is none: frequency 7 times" in told("no cause")
    assert "cause" not in told("none")
    (cause,) = json.loads(told("direction", "--json"))["causes"]
    assert ("numeric only", "direction", []) == (cause["strength"], cause["laws"][0]["what"], cause["facts"])
