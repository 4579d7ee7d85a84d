"""Bits of transformers' rotation, run by torch in bfloat16 and in float32, against the recipes that are shipped."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prover.bits.bitwise import compare_bits
from prover.bits.floating import outputs
from prover.bits.formats import bits_of
from prover.bits.machine import Machine
from prover.bits.recipe import read_recipe
from prover.claims.solver import Solver
from prover.exact.angle import axis_angle
from prover.layouts.loading import load
from prover.resources import PROOFS

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

RECIPES = PROOFS / "recipes"
EAGER, WIDE, TABLE = (str(RECIPES / f"half-bfloat16{name}.toml") for name in ("", "-wide", "-table"))
POSITIONS = [0, 1, 2, 3, 7, 100, 999, 40000, 100003, 131071, *range(5000, 5200)]
HEADS = np.random.default_rng(20).normal(size=(len(POSITIONS), 128))


def rotated(heads: npt.NDArray[np.float64], positions: list[int], way: str) -> npt.NDArray[np.int64]:
    """(positions, lanes): bits of what Llama's own module makes of heads in bfloat16.

    `way`: eager; compiled, by torch.compile; wide, in float32 with the same cos and sin; table, all in float32.
    """
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    module = LlamaRotaryEmbedding(LlamaConfig(head_dim=128, num_attention_heads=1, hidden_size=128))
    x = torch.tensor(heads).to(torch.bfloat16)[None, None]
    cos, sin = module(x.float() if way == "table" else x, torch.tensor([positions]))
    function: Any = torch.compile(apply_rotary_pos_emb) if way == "compiled" else apply_rotary_pos_emb
    head = x.float() if way in ("wide", "table") else x
    kind = head.dtype
    found = function(head, head, cos.to(kind), sin.to(kind))[0].to(torch.bfloat16)[0, 0]
    return found.view(torch.int16).numpy().astype(np.int64) & 0xFFFF


def by_bits(path: str, heads: npt.NDArray[np.float64], positions: list[int]) -> npt.NDArray[np.int64]:
    """(positions, lanes): bits by the operations of a recipe."""
    loaded = load(path)
    recipe = read_recipe(loaded)
    lanes, _ = outputs(loaded, recipe, {"p": axis_angle("p")}, Machine({"p": np.array(positions)}, heads))
    return np.stack([bits_of(lane, recipe.head) for lane in lanes], axis=1).astype(np.int64)


@pytest.mark.parametrize(("path", "way"), [(EAGER, "eager"), (WIDE, "wide"), (TABLE, "table")])
def test_recipes_are_the_module(path: str, way: str) -> None:
    """At most 3 outputs of 26880 have other bits, where torch's cos, sin and power are not the nearest of float32.

    The control is the next recipe, which has other bits in a good part of them.
    """
    found = rotated(HEADS, POSITIONS, way)
    assert np.count_nonzero(found != by_bits(path, HEADS, POSITIONS)) <= 3
    other = {EAGER: WIDE, WIDE: EAGER, TABLE: WIDE}[path]
    assert np.mean(found != by_bits(other, HEADS, POSITIONS)) > 0.1


@pytest.mark.slow
def test_compiled_is_turned_in_float32() -> None:
    """What torch.compile makes of transformers' function has the bits of float32 with one rounding, all of them."""
    compiled = rotated(HEADS, POSITIONS, "compiled")
    assert (compiled == rotated(HEADS, POSITIONS, "wide")).all()
    assert np.mean(compiled != rotated(HEADS, POSITIONS, "eager")) > 0.1


@pytest.mark.parametrize(("source", "target", "ways"), [
    (EAGER, WIDE, ("eager", "wide")), (WIDE, TABLE, ("wide", "table")),
])
def test_the_position_that_is_told_is_one(source: str, target: str, ways: tuple[str, str]) -> None:
    """At the reported position, with the reported numbers in the head, torch writes the reported bits on both sides."""
    told = compare_bits(source, target, [], Solver()).difference
    assert told is not None
    head = np.zeros((1, 128))
    for lane, text in told.inputs:
        head[0, lane] = np.array([_bits(text) << 16], dtype=np.uint32).view(np.float32)[0]
    positions = [dict(told.position)["p"]]
    found = [int(rotated(head, positions, way)[0, told.lane]) for way in ways]
    assert found[0] != found[1]
    assert [_bits(text) for text in told.values] == found


def _bits(text: str) -> int:
    return int(text.split("(0x")[1].rstrip(")"), 16)


def test_the_order_of_products_changes_nothing() -> None:
    """x*cos + rotate_half(x)*sin and x*cos - y*sin, in torch: the same bits in float32 and in bfloat16."""
    torch = pytest.importorskip("torch")
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    generator = torch.Generator().manual_seed(1)
    for kind in (torch.float32, torch.bfloat16):
        x, half, other = (torch.randn(1, 1, 512, width, generator=generator).to(kind) for width in (128, 64, 64))
        cos, sin = (torch.cat([each, each], dim=-1)[:, 0] for each in (half, other))
        found = apply_rotary_pos_emb(x, x, cos, sin)[0]
        a, b = x[..., :64], x[..., 64:]
        wanted = torch.cat([a * half - b * other, a * other + b * half], dim=-1)
        assert torch.equal(found, wanted)
