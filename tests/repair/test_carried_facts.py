"""Facts carried over to a target that has them in its own way: lists, kinds of scaling, flags, defaults, orders.

Sections: ggml_mrope_cache_init of ggml-org/llama.cpp@0c1e57098 takes four numbers, t, h, w and e; mrope_section of
huggingface/transformers 5.24.0 has three. A file that says rope_type llama3 has to say all four numbers of it
(_validate_llama3_rope_parameters of its modeling_rope_utils.py). use_scaled_rope: pytorch/executorch@cff6f4d,
examples/models/llama/rope.py. Llama 3.1's numbers: factor 8, low 1, high 4, 8192 positions (apply_scaling of
torchtune 0.6.1).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover import prove
from prover.layouts.loading import load
from prover.repair.asked import Cause
from prover.repair.cause import causes, target_causes
from prover.repair.find_repair import find_repair
from prover.repair.repairs import Kind
from prover.reports.cause_report import causes_text
from prover.resources import PROOFS
from prover.verdicts.as_stored import prove_loaded

HALF = "transformers/half:head_dim=128"
LLAMA3 = {"rope_type": "llama3", "factor": "8", "low_freq_factor": "1", "high_freq_factor": "4",
          "original_max_position_embeddings": "8192"}
YARN = "rope_type=yarn:factor=8:original_max_position_embeddings=4096"
CARRIED: dict[str, tuple[str, str, tuple[str, ...], dict[str, str]]] = {
    "three sections on a kernel of four": (
        "transformers/mrope-chunked:mrope_section=16,24,24", "ggml/mrope:sections=24,24,16,0", ("image",),
        {"sections": "16,24,24,0"}),
    "three sections that are a default": (
        "transformers/mrope-chunked", "ggml/mrope:sections=24,24,16,0", ("image",), {"sections": "16,24,24,0"}),
    "four sections on a kernel of three": (
        "ggml/mrope:sections=16,24,24,0", "transformers/mrope-chunked:mrope_section=24,24,16", ("image",),
        {"mrope_section": "16,24,24"}),
    "sections and a base": (
        "transformers/mrope-chunked", "ggml/mrope:sections=24,24,16,0:base=1e6", ("image",),
        {"sections": "16,24,24,0", "base": "10000"}),
    "a fixed llama3": ("flashinfer/llama31", "vllm/rope:base=500000", (), LLAMA3),
    "a fixed llama3 with another factor": (
        "flashinfer/llama31:rope_scale=32", "vllm/rope:base=500000", (), LLAMA3 | {"factor": "32"}),
    "a fixed llama3 and a base": ("flashinfer/llama31", "vllm/rope", (), LLAMA3 | {"base": "500000"}),
    "a fixed YaRN for linear": (
        "megatron/yarn:factor=8", f"{HALF}:rope_type=linear:factor=4", (),
        {"rope_type": "yarn", "original_max_position_embeddings": "4096", "factor": "8"}),
    "a flag that the target alone has": (
        "torchtune/llama3-1:base=500000", "executorch/rope:rope_freq_base=500000", (), {"use_scaled_rope": "1"}),
    "a flag and a number": (
        "torchtune/llama3-1:base=500000:scale_factor=32", "executorch/rope:rope_freq_base=500000", (),
        {"use_scaled_rope": "1", "rope_scale_factor": "32"}),
    "a factor that the target alone has, and one of both": (
        f"{HALF}:{YARN}",
        "vllm/rope:head_size=128:rope_type=yarn:factor=4:original_max_position_embeddings=4096:attention_factor=2", (),
        {"attention_factor": "", "factor": "8"}),
    "a number that is worked out where nobody gives it": (
        "megatron/yarn:rotary_base=1e6", f"{HALF}:rope_type=yarn:factor=1:attention_factor=2:"
        "original_max_position_embeddings=4096", (), {"attention_factor": "", "rope_theta": "1e6"}),
}


def _asked(source: str, target: str, feeds: tuple[str, ...]) -> tuple[tuple[Cause, ...], tuple[Cause, ...]]:
    sides = load(source), load(target)
    verdict = prove_loaded(*sides, feeds)
    return causes(*sides, verdict, feeds), target_causes(*sides, verdict, feeds)


def _needed(cause: Cause) -> dict[str, str]:
    return dict(each for fact in cause.facts for each in fact.needed)


@pytest.mark.parametrize("name", CARRIED)
def test_the_only_cause_is_what_the_target_has_to_be_given(name: str) -> None:
    """Both a diagnosis and a repair have it, and with it the two kernels are identical."""
    source, target, feeds, needed = CARRIED[name]
    for found in _asked(source, target, feeds):
        (cause,) = found
        assert ([], False, needed) == (list(cause.laws), cause.is_lost, _needed(cause))
        assert cause.spec is not None
        assert "identical" == prove(source, cause.spec, feeds=feeds).relation


@pytest.mark.parametrize(("source", "target", "feeds"), [
    CARRIED[name][:3] for name in ("three sections on a kernel of four", "a fixed llama3")
])
def test_a_repair_is_a_parameter(source: str, target: str, feeds: tuple[str, ...]) -> None:
    """No list of factors is made where a parameter does."""
    found = find_repair(load(source), load(target), feeds).found
    assert found is not None
    assert ((Kind.PARAMETER,), ()) == (found.kinds, found.factors)


def test_sections_in_another_order() -> None:
    """Numbers of h, w and t where t, h and w were meant, on a kernel that has one more."""
    both = "transformers/mrope-chunked:mrope_section=16,20,28", "ggml/mrope:sections=20,28,16,0"
    (cause,), _ = _asked(*both, ("image",))
    assert {"sections": "16,20,28,0"} == _needed(cause)




def test_a_section_of_an_axis_that_the_target_lacks_is_not_left_out() -> None:
    """Four sections of which the last turns pairs have no three that do the same."""
    four = "ggml/mrope:sections=16,16,16,16"
    _, found = _asked(four, "transformers/mrope-chunked:mrope_section=16,24,24", ("image",))
    assert () == found


def test_a_kind_is_told_once_and_in_full() -> None:
    """What a config needs beside rope_type stands with it, and no other cause is told."""
    (text,) = causes_text(_asked("flashinfer/llama31", "vllm/rope:base=500000", ())[0])
    assert ("how the frequencies are scaled: the target has rope_type=default (by default); with rope_type=llama3 "
            "(factor=8, high_freq_factor=4, low_freq_factor=1, original_max_position_embeddings=8192) the two are "
            "identical (proved)") == text


@pytest.mark.parametrize(("source", "target", "factor", "then", "facts"), [
    ("flashinfer/llama31", "llama-cpp/text:base=500000", "8", "permutation", {}),
    ("torchtune/llama3-1:base=500000", "mlc-llm/rope:theta=500000", "8", "permutation", {}),
    ("flashinfer/llama31:rope_scale=32", "ggml/neox:base=500000", "32", "identical", {}),
    ("torchtune/llama3-1", "mlc-llm/rope:theta=500000", "8", "permutation", {"theta": "10000"}),
])
def test_llama3_is_lacking(source: str, target: str, factor: str, then: str, facts: dict[str, str]) -> None:
    """Where neither side has a word for it it is a law, with the factor as it was found."""
    (cause,), of_target = _asked(source, target, ())
    (law,) = cause.laws
    assert ("how the frequencies are scaled", {"c": factor}) == (law.name, dict(law.values))
    assert "lacks Llama 3.1's scaling of the low frequencies" in law.fault
    assert (then, facts, False, ()) == (cause.relation.value, _needed(cause), cause.is_lost, of_target)


def test_llama3_that_should_not_be_there() -> None:
    """The same from the other side."""
    (cause,), _ = _asked("ggml/neox:base=500000", "flashinfer/llama31:rope_scale=32", ())
    assert "has Llama 3.1's scaling of the low frequencies, which the source lacks" in cause.laws[0].fault.replace(
        "the target ", "", 1)
    assert ("identical", True) == (cause.relation.value, cause.is_lost)


@pytest.mark.parametrize("numbers", [
    "rope_scale=8:low_freq_factor=2", "rope_scale=8:high_freq_factor=8", "old_context_len=4096",
])
def test_other_numbers_are_not_llama3s(numbers: str) -> None:
    """A scaling with another band is not told as Llama 3.1's."""
    found, _ = _asked(f"flashinfer/llama31:{numbers}", "ggml/neox:base=500000", ())
    assert [] == [cause for cause in found if any("Llama 3.1" in law.fault for law in cause.laws)]


def test_sections_of_a_gguf(tmp_path: Path) -> None:
    """A config of three sections against metadata with a slip in its four: the metadata's key is told."""
    models = PROOFS / "models"
    table = json.loads((models / "qwen3.5-27b.gguf.json").read_text("utf-8"))
    text = json.dumps(table).replace("[11, 11, 10, 0]", "[10, 11, 11, 0]")
    assert text != json.dumps(table)
    (tmp_path / "slip.gguf.json").write_text(text, "utf-8")
    proof = prove(f"{models}/qwen3.5-27b.json#text/full_attention", f"{tmp_path}/slip.gguf.json", feeds=["image"])
    (told,) = proof.to_json()["causes"]
    assert ("pairs per axis: the target has sections=10,11,11,0 (qwen35.rope.dimension_sections); with "
            "sections=11,11,10,0 the two are identical (proved)") == told["text"]
