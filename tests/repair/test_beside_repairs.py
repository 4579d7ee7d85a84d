"""What acts on scores beside the layouts: repairs name it, fold a constant into rows, and leave a scale by position.

Which engine has which scale or factor is what tests/sources/test_beside.py holds, from the engines' own functions.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover import diff, find_repair, prove_runtime
from prover.claims.relation import Outcome, Relation
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.exact.number import exact
from prover.layouts.loading import load
from prover.proof_files.runtime_file import run_runtime
from prover.repair.beside_causes import causes_of_all
from prover.repair.cause import causes
from prover.repair.find_repair import find_repair as find_for_layouts
from prover.repair.repairs import Kind
from prover.reports.cause_report import cause_text
from prover.reports.repair_report import outcome_of
from prover.sources.beside import (
    NOTHING,
    SOFTMAX,
    Beside,
    Given,
    Held,
    Law,
    QueryScale,
    SoftmaxFactor,
    Unknown,
    never_cancels,
    together,
)
from prover.sources.beside import TENTH as STORED_TENTH
from prover.sources.changed_beside import beside_changed
from prover.verdicts.as_stored import prove_loaded

SIZES = {"hidden_size": 256, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 64, "num_hidden_layers": 4,
         "max_position_embeddings": 131072, "vocab_size": 100, "intermediate_size": 256, "rms_norm_eps": 1e-6}
MINISTRAL = SIZES | {
    "model_type": "ministral3", "architectures": ["Ministral3ForCausalLM"],
    "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 8192,
        "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
    },
}
DEEPSEEK = {
    "model_type": "deepseek_v3", "hidden_size": 256, "num_attention_heads": 4, "num_hidden_layers": 2,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "max_position_embeddings": 163840, "rope_theta": 10000.0,
    "rope_scaling": {"type": "yarn", "factor": 40.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0,
                     "beta_slow": 1.0, "mscale": 0.707, "mscale_all_dim": 0.707, "apply_yarn_scaling": False},
}


def config(folder: Path, content: dict[str, Any]) -> str:
    """A file with this config."""
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize(("engine", "code"), [("llama.cpp", 0), ("mlx-lm", 0), ("vllm", 1), ("sglang", 1)])
def test_a_scale_by_position_is_never_repaired(
    engine: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """Ministral 3's heads turn alike in all engines; vLLM and SGLang scale queries otherwise, which is said first.

    llama.cpp's converter moves the rows of this model, so that there nothing is left to be moved.
    """
    assert code == run_command(["repair", config(tmp_path, MINISTRAL), "--engine", engine])
    first, _, rest = capsys.readouterr().out.partition("\n")
    if code:
        assert first.startswith("NO REPAIR: The target scales queries by their position otherwise")
        assert "at position 8192 queries are multiplied by 1 + 1/10*log(2)" in " ".join(rest.split())
    else:
        assert first.startswith("NOTHING TO REPAIR: Nothing has to change")
        assert "query scale: equal" in rest


@pytest.mark.parametrize(("allow", "code", "verdict"), [
    ((), 5, "convertible"), (("magnitude",), 5, "convertible"), (("permutation", "magnitude"), 5, "convertible"),
    (("permutation",), 1, "different"), (("nothing",), 1, "different"), (("factors",), 1, "different"),
    (("parameter",), 3, "undecided"),
])
def test_a_constant_goes_into_rows_of_q(
    allow: tuple[str, ...], code: int, verdict: str, tmp_path: Path,
) -> None:
    """With apply_yarn_scaling false SGLang leaves out the 1.58963 that transformers multiplies DeepSeek's scores by."""
    path = config(tmp_path, DEEPSEEK)
    if allow == ("factors",):
        with pytest.raises(InputError, match="no frequency factors"):
            find_repair(path, engine="sglang", allow=allow)
        return
    found = find_repair(path, engine="sglang", allow=allow)
    root = found.to_json()
    assert (code, verdict) == (found.exit_code, found.verdict)
    assert [("softmax factor", verdict)] == [(each["name"], each["verdict"]) for each in root["beside"]]
    assert "scores are multiplied by 1.58963 and by 1;" in root["beside"][0]["text"]
    assert not found.headline.startswith("Nothing")
    if code == 5:
        assert "The target computes the source with rows of W_q scaled for the softmax factor." == found.headline
        q, k = np.random.default_rng(2).standard_normal((2, 192))
        assert np.isclose(1.58963 * (q @ k), (1.58963 / 1 * q) @ k)


def test_a_parameter_and_a_constant(tmp_path: Path) -> None:
    """A change of the layout and one beside it are told together, and only together they are a repair."""
    path = config(tmp_path, DEEPSEEK)
    found = find_repair(path, f"{path}:rope_theta=20000", engine="sglang")
    assert 5 == found.exit_code
    assert "with rope_theta=10000 and rows of W_q scaled for the softmax factor." in found.headline
    assert 3 == find_repair(path, f"{path}:rope_theta=20000", engine="sglang", allow=("parameter",)).exit_code


def test_a_magnitude_may_make_up_for_a_factor() -> None:
    """A magnitude 3/2 multiplies scores by 9/4; whether the softmax of the other side does too is not looked into.

    So it is not said to be refuted, unless the heads turn otherwise, for which no factor makes up.
    """
    factor = Beside(softmax=SoftmaxFactor((Given(Fraction(1, 2)),), Given(Fraction(3))))
    sides = load("ggml/neox:head_dim=8"), load("ggml/neox:head_dim=8:attn_factor=1.5")
    for kinds, alone in (((), Outcome.DIFFERENT), ((Kind.PERMUTATION,), Outcome.DIFFERENT),
                         ((Kind.PERMUTATION, Kind.PARAMETER), Outcome.CONVERTIBLE)):
        assert alone is outcome_of(find_for_layouts(*sides, (), kinds, besides=(NOTHING, NOTHING)))
        assert Outcome.UNDECIDED is outcome_of(find_for_layouts(*sides, (), kinds, besides=(factor, NOTHING)))
    other = load("ggml/neox:head_dim=8:attn_factor=1.5:base=500")
    assert Outcome.DIFFERENT is outcome_of(find_for_layouts(sides[0], other, (), (), besides=(factor, NOTHING)))


def test_what_is_not_known_is_no_nothing(tmp_path: Path) -> None:
    """A SPEC says how heads turn: against a model that scales queries nobody knows, against a SPEC nobody asks."""
    found = find_repair(config(tmp_path, MINISTRAL), "transformers/half:head_dim=64:rope_theta=1000000:rope_type=yarn:"
                        "factor=16:original_max_position_embeddings=8192:mscale=1:mscale_all_dim=1")
    assert (3, "undecided") == (found.exit_code, found.verdict)
    assert found.headline.startswith("No repair is known that makes up for the query scale. The layouts alone: Nothing")
    assert () == tuple(find_repair("ggml/neox", "ggml/neox").to_json()["beside"])


def test_at_run_time_a_constant_is_left(tmp_path: Path) -> None:
    """Rows that are scaled are not in the relation runtime, in files as for the command."""
    path = config(tmp_path, MINISTRAL)
    spec = "ggml/neox:head_dim=64:base=1000000"
    assert 3 == prove_runtime(path, spec).exit_code
    claim = tmp_path / "claim.toml"
    claim.write_text(f'title = "a model"\nrelation = "runtime"\nsource = "config.json"\ntarget = "{spec}"\n'
                     '[expect]\nverdict = "undecided"\n')
    assert () == run_runtime(claim, update=True).problems


LLAMA4 = SIZES | {"model_type": "llama4_text", "rope_theta": 500000.0, "attention_chunk_size": 8192,
                  "attn_temperature_tuning": True, "no_rope_layers": [1, 1, 1, 0]}


def two(folder: Path, source: dict[str, Any], target: dict[str, Any]) -> tuple[str, str]:
    """Two files with these configs."""
    paths = folder / "a.json", folder / "b.json"
    for path, content in zip(paths, (source, target), strict=True):
        path.write_text(json.dumps(content))
    return str(paths[0]), str(paths[1])


@pytest.mark.parametrize("part", ["", "#text"])
def test_layers_without_rope_belong_to_the_part(part: str, tmp_path: Path) -> None:
    """Llama4TextAttention scales queries of the layers without RoPE alone, if attn_temperature_tuning: log(2)/10."""
    a, b = two(tmp_path, LLAMA4, LLAMA4 | {"attn_temperature_tuning": False})
    for sides in ((a, b), (b, a)):
        found = find_repair(*(f"{side}{part}" for side in sides))
        assert (1, "different") == (found.exit_code, found.verdict)
        assert found.headline.startswith("The target scales queries by their position otherwise")
        (held,) = found.to_json()["beside"]
        assert held["text"].startswith("layer 3 without RoPE: ")
        assert "log(2)" in held["text"]
        assert "different" == prove_runtime(*(f"{side}{part}" for side in sides)).verdict
    assert (0, "equivalent") == ((same := find_repair(f"{a}{part}", f"{a}{part}")).exit_code, same.verdict)
    claim = tmp_path / "claim.toml"
    claim.write_text('title = "models"\nrelation = "runtime"\nsource = "a.json#text"\ntarget = "b.json#text"\n'
                     '[expect]\nverdict = "different"\n')
    assert () == run_runtime(claim, update=True).problems


def test_layers_that_turn_on_one_side(tmp_path: Path) -> None:
    """A layer that turns at the source alone is never repaired; one of the target's has parameters to be changed."""
    plain = LLAMA4 | {"attn_temperature_tuning": False}
    a, b = two(tmp_path, plain, plain | {"no_rope_layers": [1, 1, 0, 0]})
    found = find_repair(f"{a}#text", f"{b}#text")
    assert (1, "different") == (found.exit_code, found.verdict)
    assert found.headline.startswith("Layers without RoPE on one side turn on the other")
    assert "layer 2: without RoPE in the target, turned in the source" in found.to_json()["beside"][0]["text"]
    back = find_repair(f"{b}#text", f"{a}#text")
    assert (3, "undecided") == (back.exit_code, back.verdict)
    assert back.headline.startswith("No repair is known that makes up for the layers without RoPE.")


def test_an_engine_that_leaves_layers_without_rope_as_they_are(tmp_path: Path) -> None:
    """Of a config read by another engine they are held too: vLLM scales them by a length that it is started with."""
    found = find_repair(f"{two(tmp_path, LLAMA4, LLAMA4)[0]}#text", engine="vllm")
    assert (3, "undecided") == (found.exit_code, found.verdict)
    assert "layer 3 without RoPE" in found.to_json()["beside"][0]["text"]


@pytest.mark.parametrize(("words", "said"), [
    (["ggml/neox"], "has one side only"), (["ggml/neox", "--engine", "vllm"], "no model that an engine reads"),
    (["config.json", "--engine", "onnx"], "there is no engine 'onnx'"),
    (["ggml/neox", "--for-all", "base"], "--for-all takes two SPECs"),
    (["config.json", "--engine", "vllm", "--for-all", "base"], "--for-all takes two SPECs"),
])
def test_bad_sides(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """One side, an engine of a layout, an engine that is none: a clear message."""
    config(tmp_path, DEEPSEEK)
    monkeypatch.chdir(tmp_path)
    assert (2, True) == (run_command(["repair", *words]), said in capsys.readouterr().err)


# What llama.cpp's converter reads besides.
CONVERTED = {
    "architectures": ["DeepseekV3ForCausalLM"], "vocab_size": 100, "intermediate_size": 512, "num_key_value_heads": 4,
    "kv_lora_rank": 64, "q_lora_rank": 96, "v_head_dim": 128, "rms_norm_eps": 1e-6, "first_k_dense_replace": 1,
    "moe_intermediate_size": 64, "n_routed_experts": 8, "n_shared_experts": 1, "num_experts_per_tok": 2, "n_group": 2,
    "topk_group": 1, "routed_scaling_factor": 2.5, "norm_topk_prob": True, "scoring_func": "sigmoid",
}
YARN = {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1,
        "mscale": 1.0, "mscale_all_dim": 1.0}


def deepseek(folder: Path, name: str, **change: float | None) -> str:
    """DeepSeek V3 with other numbers of YaRN; None: a key is lost; without a type there is no scaling."""
    scaling = {key: value for key, value in (YARN | change).items() if value is not None}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(DEEPSEEK | CONVERTED | {"rope_scaling": scaling if "type" in scaling else None}))
    return str(path)


ALL_LOST: dict[str, float | None] = dict.fromkeys(YARN)


@pytest.mark.parametrize("allow", [(), ("parameter",)])
@pytest.mark.parametrize(("change", "needed"), [
    ({"factor": 4}, {"factor": "40"}),
    (ALL_LOST, {"factor": "40", "mscale_all_dim": "1"}),
])
def test_a_parameter_brings_its_factor_of_the_softmax_along(
    change: dict[str, float | None], needed: dict[str, str], allow: tuple[str, ...], tmp_path: Path,
) -> None:
    """The config so changed is the source's, of which the softmax has one factor: no row is scaled besides."""
    answer = find_repair(deepseek(tmp_path, "own"), deepseek(tmp_path, "other", **change), allow=allow)
    found = answer.to_json()
    assert (5, ["parameter"], ["parameter"]) == (answer.exit_code, found["changes"], found["repair"]["changes"])
    assert needed.items() <= {each["name"]: each["needed"] for each in found["repair"]["parameters"]}.items()
    assert "W_q" not in found["headline"]
    assert [("equivalent", None)] == [(each["verdict"], each["w_q_rows"]) for each in found["beside"]]


def test_a_lost_key_of_the_softmax_is_a_repair(tmp_path: Path) -> None:
    """mscale_all_dim moves the factor of the softmax and the magnitude of cos and sin; put back, both are as before."""
    found = find_repair(
        deepseek(tmp_path, "own"), deepseek(tmp_path, "other", mscale_all_dim=None), allow=("parameter",),
    )
    assert (5, "The target computes the source with mscale_all_dim=1.") == (found.exit_code, found.headline)


@pytest.mark.parametrize("allow", [(), ("parameter",)])
def test_llama_cpp_takes_the_factor_of_the_softmax_from_the_scale(allow: tuple[str, ...], tmp_path: Path) -> None:
    """1/freq_scale is what llama.cpp takes the logarithm of, for the layout and for the softmax."""
    flags = "--override-kv deepseek2.rope.scaling.factor=float:4"
    path = deepseek(tmp_path, "own")
    found = find_repair(path, f"{path} {flags}", allow=allow, engine="llama.cpp")
    assert (5, "The target computes the source with freq_scale=0.025.") == (found.exit_code, found.headline)


def test_what_rows_of_q_alone_are_scaled_by_is_told(tmp_path: Path) -> None:
    """The same magnitude with mscale 0.707 twice and 1 twice: 1.87385/1.58963 is left, and no row of W_k changes."""
    answer = find_repair(deepseek(tmp_path, "own"), deepseek(tmp_path, "other", mscale=0.707, mscale_all_dim=0.707))
    found = answer.to_json()
    assert (5, ["magnitude"], None) == (answer.exit_code, found["changes"], found["repair"])
    one, other = (1 + weight * math.log(40) for weight in (0.1, 0.0707))
    assert found["beside"][0]["w_q_rows"]["value"] == pytest.approx(one * one / other / other, rel=1e-12)


BY_ALL_DIM = Beside(None, SoftmaxFactor((Given(Fraction(1, 10)),), Given(Fraction(40))), Law.ALL_DIM)
BY_SCALE = Beside(None, SoftmaxFactor((STORED_TENTH,), Given(Fraction(40))), Law.OWN)


@pytest.mark.parametrize(("beside", "before", "after", "value"), [
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_type=yarn:factor=4:mscale_all_dim=1", 1.29648),
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_type=yarn:factor=40:mscale_all_dim=0.5", 1.40291),
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_type=yarn:factor=40", 1),
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_type=default", 1),
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_type=linear:factor=4", None),
    (BY_ALL_DIM, "rope_type=yarn:factor=30:mscale_all_dim=1", "rope_type=yarn:factor=4:mscale_all_dim=1", None),
    (BY_ALL_DIM, "rope_type=yarn:factor=40:mscale_all_dim=1", "rope_theta=5:rope_type=yarn:factor=40:mscale_all_dim=1",
     1.87385),
    (BY_SCALE, "ext_factor=1:freq_scale=0.025:base=1", "ext_factor=1:freq_scale=0.025:base=2", 1.87385),
    (BY_SCALE, "ext_factor=1:freq_scale=0.025", "ext_factor=1:freq_scale=0.025:yarn_log_multiplier=0.05", 1.40291),
    (BY_SCALE, "ext_factor=1:freq_scale=0.025", "freq_scale=0.025", None),
    (BY_SCALE, "ext_factor=1:freq_scale=0.025", "ext_factor=1:freq_scale=0.25:attn_factor=2", None),
    (replace(BY_SCALE, law=Law.UNTOLD), "freq_scale=0.025", "freq_scale=0.25", None),
    (replace(BY_SCALE, law=Law.NONE), "factor=2", "factor=3", None),
])
def test_what_is_beside_a_changed_layout(beside: Beside, before: str, after: str, value: float | None) -> None:
    """By (1 + weight*log(factor))**2; what turns it on and off otherwise, or was not read so before, is not known."""
    found = beside_changed(beside, f"generic/nope:{before}", f"generic/nope:{after}").softmax
    if value is None:
        assert isinstance(found, Unknown)
        assert found.is_there
    else:
        assert not isinstance(found, Unknown)
        assert (1 if found is None else told_value(found)) == pytest.approx(value, abs=1e-5)


def told_value(factor: SoftmaxFactor) -> float:
    """The number in floats."""
    return math.prod((1 + float(each.number) * math.log(float(factor.factor.number))) ** 2 for each in factor.weights)


def test_a_scale_of_queries_may_go_with_the_context_before_scaling() -> None:
    """Ministral 3's scale steps at multiples of the context that YaRN starts from."""
    beside = Beside(QueryScale(Given(Fraction(1, 10)), 8192))
    spec = "generic/nope:original_max_position_embeddings"
    found = beside_changed(beside, f"{spec}=8192", f"{spec}=4096").query
    assert isinstance(found, Unknown)
    assert found.is_there


def test_values_on_top_of_a_part_are_what_is_beside_it_too(tmp_path: Path) -> None:
    """PART:factor=4 is the model with another factor, and not its layout alone."""
    own, other = deepseek(tmp_path, "own"), deepseek(tmp_path, "other", factor=4)
    found = find_repair(f"{own}#text:factor=4", other)
    assert (0, "equivalent") == (found.exit_code, found.to_json()["beside"][0]["verdict"])


def test_a_cause_that_moves_the_softmax_is_none(tmp_path: Path) -> None:
    """llama.cpp with a multiplier of 0 does what transformers does without mscale, and not without mscale_all_dim.

    transformers' cos and sin grow by 1 + 0.1*log(40) with either, and the softmax has its square with mscale_all_dim
    alone; llama.cpp's have both without the multiplier.
    """
    path = deepseek(tmp_path, "own")
    flags = "--override-kv deepseek2.rope.scaling.yarn_log_multiplier=float:0"
    (row,) = diff(path, f"{path} {flags}", engine="llama.cpp").to_json()["rows"]
    assert [{"mscale": ""}] == [fact["would_be"] for cause in row["causes"] for fact in cause["facts"]]
    assert "equivalent" == row["beside"][0]["verdict"]


def test_a_cause_of_the_layouts_alone_is_said_to_be_one() -> None:
    """Another base is the cause of what heads do, and leaves the softmax as unlike as it is."""
    source, target = load("ggml/neox"), load("ggml/neox:base=500000")
    besides = BY_ALL_DIM, Beside(None, None, Law.ALL_DIM)
    found = causes(source, target, prove_loaded(source, target))
    specs = source.layout.name, target.layout.name
    (cause,) = causes_of_all(found, specs, besides, 0)
    assert cause.is_alone
    assert "of the layouts alone, the two are identical (proved)" in cause_text(cause)
    assert found == causes_of_all(found, specs, (BY_ALL_DIM, BY_ALL_DIM), 0)


def test_what_the_magnitudes_do_not_make_up_for_is_decided(tmp_path: Path) -> None:
    """With mscale_all_dim lost the rotated lanes have the same scores, and those that pass lack 1.87385."""
    own, other = deepseek(tmp_path, "own"), deepseek(tmp_path, "other", mscale_all_dim=None)
    found = diff(own, other)
    (row,) = found.to_json()["rows"]
    assert (5, "convertible") == (found.exit_code, row["verdict"])
    assert row["headline"].startswith("What is beside the layouts has to change too (softmax factor).")
    assert [{"mscale_all_dim": "1"}] == [fact["would_be"] for cause in row["causes"] for fact in cause["facts"]]


@pytest.mark.parametrize(("source", "target", "factors", "is_certain"), [
    ("n_rot=64", "n_rot=64:attn_factor=3/2", (Fraction(9, 4), Fraction(1)), True),
    ("n_rot=128", "n_rot=128:attn_factor=3/2", (Fraction(9, 4), Fraction(1)), False),
    ("n_rot=128", "n_rot=128:attn_factor=3/2", (Fraction(2), Fraction(1)), True),
    ("n_rot=128", "n_rot=128:attn_factor=f32(1.5)", (Fraction(2), Fraction(1)), False),
])
def test_whether_magnitudes_make_up_for_a_factor(
    source: str, target: str, factors: tuple[Fraction, Fraction], is_certain: bool,
) -> None:
    """Heads of 128 lanes at position 0: what lanes give with themselves, worked out by hand, summed up.

    128*9/4 is 64 + 64*9/4 and more; 128*9/4 is 128*9/4; 128*2 is less than that; a stored number stands for others.
    """
    one, other = (load(f"ggml/neox:head_dim=128:{each}") for each in (source, target))
    held = Held(SOFTMAX, Outcome.CONVERTIBLE, "", (exact(factors[0]), exact(factors[1])))
    assert is_certain is never_cancels(one, other, held)
    assert not never_cancels(one, other, replace(held, is_exact=False))
    assert (Outcome.CONVERTIBLE if is_certain else Outcome.UNDECIDED) is together(
        Outcome.CONVERTIBLE, Relation.PAIR_MAP, (held,), lambda: (one, other))
