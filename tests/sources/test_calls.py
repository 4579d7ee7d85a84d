"""Calls of get_rope as SPECs."""

from __future__ import annotations

import pytest

from prover.errors import InputError, ProverError
from prover.layouts.loading import load
from prover.sources.named import resolve

# A call, and the layout: in vLLM the part is of the head, in SGLang of rotary_dim.
CALLS = {
    "vllm:head_size=64:rope_dim=32:rope_theta=1e6:is_neox_style=false:max_position=4096":
        "vllm/rope:head_size=64:rotary_dim=32:base=1e6:is_neox_style=false",
    "vllm:head_size=128:partial_rotary_factor=0.25:dtype=torch.float32":
        "vllm/rope:head_size=128:rotary_dim=32",
    "vllm:head_size=128:partial_rotary_factor=1.0": "vllm/rope:head_size=128:rotary_dim=128",
    "sglang:head_size=128:rotary_dim=64:base=1e6:partial_rotary_factor=0.5":
        "sglang/rope:head_size=128:base=1e6:rotary_dim=32",
    "vllm:head_size=128:mrope_section=16,24,24": "vllm/mrope:head_size=128:mrope_section=16,24,24",
    "vllm:head_size=64:rope_type=dynamic:factor=2:max_position=4096":
        "vllm/rope:head_size=64:rope_type=dynamic:factor=2:max_position_embeddings=4096",
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_the_layout_that_it_makes(call: str) -> None:
    """The arguments have the names of get_rope, the layout its own."""
    assert CALLS[call] == resolve(call)


def test_a_call_turns_as_many_lanes_as_it_says() -> None:
    """A quarter of 128 lanes is 16 pairs."""
    assert 16 == len(load(resolve("vllm:head_size=128:partial_rotary_factor=0.25")).layout.pairs)


WRONG = {
    "vllm:head_size=128:partial_rotary_factor=0": "a part above 0",
    "vllm:head_size=abc:partial_rotary_factor=0.5": "not a number",
    "vllm:head_size": "no argument",
    "vllm:head_size=64:head_size=32": "given twice",
    "vllm:rope_theta=1:base=2": "given twice",
}


@pytest.mark.parametrize("call", WRONG)
def test_a_call_that_is_refused(call: str) -> None:
    """Each fault is told."""
    with pytest.raises(ProverError, match=WRONG[call]):
        resolve(call)


def test_an_argument_that_get_rope_has_not() -> None:
    """The layout says which it has."""
    with pytest.raises(InputError, match="unknown parameter 'nonsense'"):
        load(resolve("sglang:nonsense=1"))
