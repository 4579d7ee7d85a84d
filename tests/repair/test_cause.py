"""Causes: each fault made on purpose, or reported in public, gets its name; what is named is proved.

Reports: NVIDIA/Megatron-LM#6305, huggingface/transformers#48241, vllm-project/vllm#48621 and #27722, sgl-project/sglang
#14745, lablup/mlxcel#1340, unslothai/unsloth#6907, 1CatAI/1Cat-vLLM#251, ml-explore/mlx-lm#1698.
"""

from __future__ import annotations

from typing import Any

import pytest

from prover import checker, prove
from prover.claims.relation import Relation
from prover.layouts.loading import load
from prover.repair.asked import Cause
from prover.repair.cause import causes
from prover.reports.cause_report import Keys, cause_text
from prover.verdicts.as_stored import prove_loaded

HALF = "transformers/half:head_dim=128"
GPT_OSS = ("transformers/half:head_dim=64:rope_theta=150000:rope_type=yarn:factor=32:"
           "original_max_position_embeddings=4096")
LLAMA3 = "rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4:original_max_position_embeddings=8192"
V4 = "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000"
YARN = "rope_type=yarn:factor=16:original_max_position_embeddings=16384"
Facts = list[dict[str, str]]


def found(source: str, target: str, feeds: tuple[str, ...] = ()) -> tuple[Cause, ...]:
    """The causes of the verdict about two specs."""
    sides = load(source), load(target)
    return causes(*sides, prove_loaded(*sides, feeds), feeds)


REPORTS: dict[str, tuple[str, str, tuple[str, ...], bool, Facts]] = {
    "a factor left at its default": (
        "megatron/rope:use_rope_scaling=true:rope_scaling_factor=32:rotary_base=500000",
        "megatron/rope:use_rope_scaling=true:rope_scaling_factor=8:rotary_base=500000", (), False,
        [{"rope_scaling_factor": "32"}]),
    "a partial factor that is lost": (
        f"{HALF}:partial_rotary_factor=0.5:rope_theta=5e6", f"{HALF}:rope_theta=5e6", (), False,
        [{"partial_rotary_factor": "0.5"}]),
    "a partial factor in another project": (
        f"{HALF}:partial_rotary_factor=0.25", "ggml/neox:head_dim=128", (), False, [{"n_rot": "32"}]),
    "YaRN left on": (
        V4, f"{V4}:rope_type=deepseek_yarn:factor=16:original_max_position_embeddings=65536", (), False,
        [{"rope_type": "default"}]),
    "mscale and mscale_all_dim lost": (
        f"{HALF}:rope_theta=1e6:{YARN}:mscale=1:mscale_all_dim=1", f"vllm/rope:head_size=128:base=1e6:{YARN}", (),
        False, [{"mscale": "1"}, {"mscale_all_dim": "1"}]),
    "truncation": (f"{GPT_OSS}:truncate=0", f"{GPT_OSS}:truncate=1", (), False, [{"truncate": "0"}]),
    "a base": (f"{HALF}:rope_theta=1e6", "sglang/rope:head_size=128", (), False, [{"base": "1e6"}]),
    "linear scaling": (f"{HALF}:rope_type=linear:factor=8", "ggml/neox:head_dim=128", (), False,
                       [{"freq_scale": "0.125"}]),
    "llama3 lost where there is no word for it": (
        f"{HALF}:rope_theta=500000:{LLAMA3}", "ggml/neox:head_dim=128:base=500000", (), True,
        [{"rope_type": "default"}]),
    "a pairing": ("vllm/rope:head_size=128", "vllm/rope:head_size=128:is_neox_style=false", (), False,
                  [{"is_neox_style": "true"}]),
    "sections": ("ggml/mrope:sections=24,20,20,0", "ggml/mrope:sections=16,24,24,0", ("image",), False,
                 [{"sections": "24,20,20,0"}]),
    "chunks for turns": (
        "vllm/mrope:head_size=128:mrope_section=24,20,20:mrope_interleaved=true",
        "vllm/mrope:head_size=128:mrope_section=24,20,20", ("image",), False, [{"mrope_interleaved": "true"}]),
    "the fast end of a ramp": (
        f"{GPT_OSS}:beta_fast=1", f"{GPT_OSS}:beta_fast=32", (), False, [{"beta_fast": "1"}]),
    "a base and a share": (
        f"{HALF}:partial_rotary_factor=0.25:rope_theta=1e6", "ggml/neox:head_dim=128", (), False,
        [{"n_rot": "32"}, {"base": "1e6"}]),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_fault_gets_its_name(name: str) -> None:
    """The only cause is the fact that was changed, and the side with it changed back is what the other needs."""
    source, target, feeds, is_lost, facts = REPORTS[name]
    (cause,) = found(source, target, feeds)
    told = [dict(fact.needed) for fact in cause.facts]
    assert (is_lost, len(facts)) == (cause.is_lost, len(told))
    assert [] == [fact for fact in facts if not any(fact.items() <= each.items() for each in told)]
    assert cause.spec is not None
    sides = (cause.spec, target) if is_lost else (source, cause.spec)
    assert cause.relation.value == prove(*sides, feeds=feeds).relation
    assert cause.certificate is not None
    assert cause.relation.value == checker.check(cause.certificate)[0]


BASES = {
    "transformers/half": {
        "head_dim": "64", "rope_theta": "10000", "rope_type": "yarn", "factor": "4", "partial_rotary_factor": "0.5",
        "original_max_position_embeddings": "4096",
    },
    "vllm/rope": {"head_size": "64", "base": "500000", "rope_type": "llama3", "factor": "8", "low_freq_factor": "1",
                  "high_freq_factor": "4", "original_max_position_embeddings": "8192"},
    "ggml/imrope": {"head_dim": "64", "n_rot": "64", "sections": "11,11,10,0", "base": "1e6"},
    "litgpt/rope": {"head_size": "64", "rope_base": "10000", "rotary_percentage": "0.5"},
    "maxtext/rope": {"head_dim": "64", "max_timescale": "10000"},
}
FAULTS = {
    "rope_theta": "20000", "rope_base": "20000", "base": "20000", "max_timescale": "500000", "factor": "16",
    "partial_rotary_factor": "1",
    "original_max_position_embeddings": "16384", "sections": "12,10,10,0", "rotary_percentage": "1",
    "low_freq_factor": "2", "high_freq_factor": "8", "n_rot": "32",
}
INJECTED = [(name, fault) for name, given in BASES.items() for fault in given if fault in FAULTS]


@pytest.mark.parametrize(("name", "fault"), INJECTED, ids=[f"{name}-{fault}" for name, fault in INJECTED])
def test_each_fault_on_purpose(name: str, fault: str) -> None:
    """One parameter that is changed is the cause that is told, with the value that it had."""
    def spec(given: dict[str, str]) -> str:
        return ":".join([name, *(f"{key}={value}" for key, value in given.items())])

    given = BASES[name]
    feeds = ("image",) if "sections" in given else ()
    told = [cause.facts for cause in found(spec(given), spec(given | {fault: FAULTS[fault]}), feeds)]
    assert {fault: given[fault]} in [dict(facts[0].needed) for facts in told if len(facts) == 1]


NONE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "several things at once": (GPT_OSS, "ggml/neox:head_dim=64:base=20000:freq_scale=0.5:attn_factor=2", ()),
    "a table": (HALF, "generic/table:frequencies=1,1/2,1/3", ()),
    "the same": (HALF, HALF, ()),
}


@pytest.mark.parametrize("name", NONE)
def test_no_cause_is_named(name: str) -> None:
    """Where no single change makes the two the same nothing is named."""
    source, target, feeds = NONE[name]
    if load(source).layout.width == load(target).layout.width:
        assert () == found(source, target, feeds)


def test_wide_heads_are_tried_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many layouts are worked out for a cause falls with their width, and one always is."""
    asked: list[str] = []
    monkeypatch.setattr("prover.repair.cause.load", lambda spec: asked.append(spec) or load(spec))
    monkeypatch.setattr("prover.repair.cause.MAX_LANES", 128)
    sides = load("ggml/imrope:base=1e6:freq_scale=0.5"), load("ggml/mrope")
    assert all(cause.laws for cause in causes(*sides, prove_loaded(*sides, ("image",)), ("image",)))
    assert 2 <= len(asked) <= 6


@pytest.mark.parametrize(("limit", "laws"), [
    (None, []), (Relation.IDENTICAL, ["pairing"]), (Relation.PERMUTATION, []),
])
def test_what_is_left_is_what_is_allowed(limit: Relation | None, laws: list[str]) -> None:
    """A cause leaves no more than the asker allows: with the base put right the pairing is still another."""
    sides = load("ggml/normal:head_dim=64:base=1e6"), load("ggml/neox:head_dim=64")
    (told,) = causes(*sides, prove_loaded(*sides, (), limit))
    assert ([{"base": "1e6"}], laws) == ([dict(fact.needed) for fact in told.facts], [law.name for law in told.laws])


def test_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer has the cause as text, in JSON and in Markdown."""
    proof = prove("ggml/neox:head_dim=64:base=1e6", "ggml/neox:head_dim=64")
    words = "the base of the frequencies: the target has base=10000 (by default); with base=1e6 the two are identical"
    assert words in " ".join(proof.to_text().split())
    assert "Cause: the base of the frequencies" in proof.to_markdown()
    causes_told: Any = proof.to_json()["causes"]
    assert [("target", "identical", {"base": "1e6"})] == [
        (row["side"], row["then"], row["facts"][0]["would_be"]) for row in causes_told]


def test_long_against_short_factors() -> None:
    """A kernel that takes the other of the two lists; where a length says which, that length is the cause."""
    lists = "rope_type=longrope:original_max_position_embeddings=64:short_factor=1,2,3,4:long_factor=5,6,7,8"
    spec = f"transformers/half:head_dim=8:{lists}:max_position_embeddings=128"
    assert [[("seq_len", "65")]] == [
        [each for fact in cause.facts for each in fact.needed] for cause in found(f"{spec}:seq_len=65", spec)]
    other = "llama-cpp/longrope:arch=phi3:head_dim=8:n_rot=8:n_ctx_orig=64:short_factor=1,2,3,4:long_factor=5,6,7,8"
    plain = f"transformers/half:head_dim=8:{lists}:attention_factor=1:max_position_embeddings=64:seq_len=65"
    (cause,) = found(plain, other)
    assert "long against short factors, as if long_factor stood for short_factor" == cause.facts[0].thing
    assert Relation.IDENTICAL is cause.relation


def test_the_list_that_a_length_chooses_is_named() -> None:
    """Within 64 positions the short list is read, past them the long one: the length is how the wrong one came in."""
    lists = "rope_type=longrope:original_max_position_embeddings=64:short_factor=1,2,3,4:long_factor=5,6,7,8"
    spec = f"transformers/half:head_dim=8:{lists}:max_position_embeddings=128"
    (short,), (long,) = found(f"{spec}:seq_len=65", spec), found(spec, f"{spec}:seq_len=65")
    assert short.facts[0].thing.startswith("short factors in place of the long ones, by ")
    assert long.facts[0].thing.startswith("long factors in place of the short ones, by ")


@pytest.mark.parametrize(("source", "target", "words"), [
    ("0.5", "0.25", ", as if the partial factor 0.5 were applied twice"),
    ("0.25", "0.5", ", as if the partial factor 0.5 were to be applied twice"), ("0.5", "0.125", ""), ("0.5", "1", ""),
])
def test_a_partial_factor_that_is_applied_twice(source: str, target: str, words: str) -> None:
    """Half of half of 128 lanes are 32; an eighth is no square of a half, and all lanes are a factor that is lost."""
    (cause,) = found(f"{HALF}:partial_rotary_factor={source}", f"{HALF}:partial_rotary_factor={target}")
    assert f"the number of rotated lanes{words}" == cause.facts[0].thing


def test_what_to_write_has_its_value() -> None:
    """Where a key is a share and the parameter a number of lanes, or the other way, the key's own value is told."""
    (lanes,) = found(f"{HALF}:partial_rotary_factor=0.25", "vllm/rope:head_size=128:rotary_dim=128")
    keys = Keys({}, {"rotary_dim": "partial_rotary_factor"})
    assert "with rotary_dim=32 (write partial_rotary_factor: 0.25)" in cause_text(lanes, keys)
    (share,) = found("vllm/rope:head_size=128:rotary_dim=32", HALF)
    keys = Keys({}, {"partial_rotary_factor": "stablelm.rope.dimension_count"})
    assert "with partial_rotary_factor=0.25 (write stablelm.rope.dimension_count: 32)" in cause_text(share, keys)
