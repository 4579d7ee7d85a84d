"""VISION's recipe against the kernel's loop, written out by hand in float32 from ggml_mrope_cache_init."""

from __future__ import annotations

import numpy as np
import pytest

from prover.bits.bitwise import compare_bits
from prover.bits.floating import outputs
from prover.bits.formats import bits_of
from prover.bits.machine import Machine
from prover.bits.recipe import read_recipe
from prover.claims.solver import Solver
from prover.exact.angle import axis_angle
from prover.layouts.loading import load

AXES = "thwe"


def plain_loop(sections: tuple[int, int, int, int], pairs: int, at: dict[str, int]) -> list[np.float32]:
    """The angles: four running values, all multiplied at every pair, one of them set back at the start of a section."""
    one = np.float32
    scale = one(10000.0 ** float(one(-2.0) / one(pairs)))
    s_h, s_w, s_e = sections[0], sections[0] + sections[1], sections[0] + sections[1] + sections[2]
    running = {axis: one(at[axis]) for axis in AXES}
    angles = []
    for pair in range(pairs):
        sector = pair % sum(sections)
        for axis, start in (("t", 0), ("h", s_h), ("w", s_w), ("e", s_e)):
            if sector == start:
                running[axis] = one(at[axis])
                break
        axis = "t"
        if s_h <= sector < s_w:
            axis = "h"
        elif s_w <= sector < s_e:
            axis = "w"
        elif sector >= s_e:
            axis = "e"
        angles.append(running[axis])
        running = {each: value * scale for each, value in running.items()}
    return angles


@pytest.mark.parametrize("sections", [
    (32, 32, 32, 32), (16, 16, 16, 16), (10, 6, 0, 0), (0, 20, 30, 14), (20, 0, 20, 24), (1, 0, 0, 0), (8, 8, 8, 8),
    (0, 0, 40, 0), (5, 0, 0, 9),
])
def test_recipe_is_the_loop(sections: tuple[int, int, int, int]) -> None:
    """Every angle in every bit, empty sections and those that start over among them."""
    loaded = load(f"ggml/vision:sections={','.join(map(str, sections))}")
    at = {"t": 1237, "h": 40001, "w": 99, "e": 131071}
    places = {axis: axis_angle(axis) for axis in AXES}
    machine = Machine({axis: np.array([value]) for axis, value in at.items()}, np.ones((1, 128)))
    _, angles = outputs(loaded, read_recipe(loaded), places, machine)
    wanted = plain_loop(sections, 64, at)
    assert bits_of(np.array(wanted)).tolist() == [int(bits_of(angle)[0]) for angle in angles]


def test_empty_sections_change_bits() -> None:
    """Negative control: with t's section empty h is never set back, and its angles run on, so the bits are others."""
    specs = "ggml/vision:sections=0,32,0,0", "ggml/vision:sections=32,0,0,0"
    found = compare_bits(*specs, ["t=p,h=p,w=p,e=p"], Solver())
    assert "different" == found.outcome.value
    assert found.difference is not None
    assert found.difference.pair is not None
    assert found.difference.pair >= 32
