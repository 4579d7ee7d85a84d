"""Verdicts, models, layouts and certificates as they come out are what their schemas say, and broken ones are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import prover
from conftest import spec_of
from prover.api.files import run
from prover.layouts.loading import outline
from prover.layouts.spec import catalogue
from prover.reports.model_report import model_json
from prover.reports.schemas import read_schema
from prover.reports.show import outline_json
from prover.resources import PROOFS, shipped_claims
from prover.sources.reading import read_model
from schema_walk import breaks, faults, meetings, possible_breaks, properties_of, validator
from truth_table import ROWS

JSON = dict[str, Any]
SOURCES = Path(__file__).parent.parent / "sources"
CONFIGS: dict[str, Any] = json.loads((SOURCES / "transformers_truth.json").read_text())
FUNCTION = """
import numpy as np

def rope(x, positions):
    lanes = x.shape[-1]
    angles = np.asarray(positions)[:, None, None] * 10000.0 ** (-np.arange(0, lanes, 2) / lanes)
    cos, sin, out = np.cos(angles), np.sin(angles), np.empty_like(x)
    out[..., ::2] = x[..., ::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., ::2] * sin + x[..., 1::2] * cos
    return out
"""
SINES = "diffusers/chronoedit:head_dim=16"
FOUR_ANGLES = """
title = "four angles"
axes  = ["p"]
width = 2

[pairs]
count  = 1
first  = 0
second = 1
angle  = "p"
second_angle = "2*p"
sine_angle = "3*p"
second_sine_angle = "4*p"
"""
_TENTH = "generic/table:frequencies=1,1/10"
_IMAGE = "transformers/hunyuan-vl:head_dim=16:mrope_section=2,2,2,2:rope_type=default:rope_theta="

# Question, and what comes of it: verdict, relation, kind of refutation, by the mathematics of the truth table.
QUESTIONS: tuple[tuple[str, str, JSON, tuple[str, str | None, str | None]], ...] = (
    ("ggml/normal:head_dim=8", "ggml/neox:head_dim=8", {}, ("convertible", "permutation", "score")),
    ("tests/two-axes:alternate=true:n_rot=8", "tests/two-axes:alternate=false:n_rot=8", {},
     ("different", "none", "trace")),
    ("generic/table:frequencies=[1,f32(13421773/134217728)]", _TENTH, {}, ("equivalent", "identical", None)),
    ("generic/table:frequencies=[1,f32(1677721/16777216)]", _TENTH, {}, ("different", "none", "trace")),
    ("tests/mixed-table:n_rot=8", "transformers/adjacent:head_dim=8", {}, ("different", "none", "not-relative")),
    ("ggml/imrope:head_dim=8:n_rot=8:sections=1,1,1,1", "ggml/neox:head_dim=8:n_rot=8",
     {"feeds": ("t=p,h=p,w=p,e=0", "t=p,h=p,w=p,e=p")}, ("different", "none", "trace")),
    ("ggml/neox:head_dim=16:n_rot=8:attn_factor=1.25", "ggml/neox:head_dim=16:n_rot=8", {},
     ("convertible", "pair-map", "trace")),
    ("ggml/neox:head_dim=16:n_rot=8:attn_factor=1.25", "ggml/neox:head_dim=16:n_rot=8", {"relation": "permutation"},
     ("different", "pair-map", "trace")),
    ("tests/turns:turns=1/3,1/5:phase=1", "tests/turns:turns=1/3,1/5", {}, ("equivalent", "equal-scores", "entry")),
    ("transformers/half:head_dim=8:partial_rotary_factor=0.5", "transformers/half:head_dim=8", {},
     ("different", "none", "trace")),
    ("tests/mixed-table:n_rot=8", "tests/mixed-table:n_rot=8", {}, ("equivalent", "identical", None)),
    (f"{_IMAGE}f32(11158840)", f"{_IMAGE}11158841", {"feeds": "image"}, ("undecided", None, "score")),
    # More sections than pairs: both warn. Sines with angles of their own.
    ("ggml/imrope:head_dim=8:n_rot=8:sections=2,2,2,2", "ggml/imrope:head_dim=8:n_rot=8:sections=2,2,2,2",
     {"relation": "linear"}, ("equivalent", "identical", None)),
    # An angle differs by 1e-28 rad, which is written with an exponent.
    ("ggml/neox:head_dim=8:base=1000000:freq_factors=1,1,1e30,1e30",
     "transformers/proportional:head_dim=8:partial_rotary_factor=0.5:rope_theta=1000000", {},
     ("different", "none", "trace")),
    (SINES, SINES, {}, ("equivalent", "identical", None)),
)


@cache
def proofs() -> tuple[prover.Proof, ...]:
    """The answers, in the order of the questions."""
    return tuple(prover.prove(spec_of(source), spec_of(target), **given) for source, target, given, _ in QUESTIONS)


def as_printed(found: JSON) -> JSON:
    """As a reader of --json has it."""
    read: JSON = json.loads(json.dumps(found, allow_nan=False))
    return read


def test_verdicts_are_as_the_schema_says() -> None:
    """Each answer comes to what it is known to come to, and is what the schema says."""
    for question, proof in zip(QUESTIONS, proofs(), strict=True):
        found = as_printed(proof.to_json())
        kind = found["refutation"] and found["refutation"]["kind"]
        assert question[3] == (found["verdict"], found["relation"], kind), question
        assert [] == faults("verdict-2", found), question


@pytest.fixture(scope="module")
def of_a_function(tmp_path_factory: pytest.TempPathFactory) -> JSON:
    """The verdict about a function that was run and recognised."""
    path = tmp_path_factory.mktemp("function") / "rope.py"
    path.write_text(FUNCTION)
    found = as_printed(prover.prove(f"{path}::rope", f"{path}::rope", head_dim=8).to_json())
    assert ("equivalent", "numeric only", {"source": ["RP301"], "target": ["RP301"]}) == (
        found["verdict"], found["sides"]["source"]["strength"], found["as_far_as"])
    return found


def test_a_verdict_about_a_function(of_a_function: JSON) -> None:
    """What is known by measurement alone is a verdict too."""
    assert [] == faults("verdict-2", of_a_function)


def unreached_and_accepted(name: str, samples: Sequence[JSON]) -> tuple[set[str], set[str], int]:
    """The breaks that no sample has a place for, those that were not noticed, and how many were tried."""
    schema, check = read_schema(name), validator(name)
    tried: set[str] = set()
    accepted: set[str] = set()
    for sample in samples:
        for each in breaks(schema, sample):
            if each.place not in tried:
                tried.add(each.place)
                each.do()
                if check.is_valid(sample):
                    accepted.add(each.place)
                each.undo()
        assert check.is_valid(sample)
    return possible_breaks(schema) - tried, accepted, len(tried)


def unseen(name: str, samples: Sequence[JSON]) -> set[str]:
    """The properties of a schema that no sample has."""
    schema = read_schema(name)
    return properties_of(schema) - {met.place for sample in samples for met in meetings(schema, sample)}


def test_every_property_of_a_verdict_is_seen_and_every_break_noticed(of_a_function: JSON) -> None:
    """No property of the schema is without a sample, and no key or word can go or come without notice."""
    samples = [of_a_function, *(as_printed(proof.to_json()) for proof in proofs())]
    assert set() == unseen("verdict-2", samples)
    unreached, accepted, tried = unreached_and_accepted("verdict-2", samples)
    assert (set(), set()) == (unreached, accepted)
    assert tried >= 250


def written() -> Iterator[tuple[str, JSON]]:
    """The certificates of the answers, with the schema of each."""
    for proof in proofs():
        if proof.certificate is not None:
            found = json.loads(proof.certificate)
            yield f"certificate-{found['schema'].rpartition('/')[2]}", found


@pytest.mark.parametrize(("name", "unreached", "no_sample"), [
    ("certificate-1", set[str](), set[str]()),
    # In these samples no pair has sines with angles of their own, and only traces refute for all reals that stored
    # numbers stand for; the rest is as in the first.
    ("certificate-2", {"entry", "score", "not-relative"}, {"sine_angle", "second_sine_angle", "feed", "position"}),
])
def test_certificates_are_as_the_schema_says(name: str, unreached: set[str], no_sample: set[str]) -> None:
    """Those of the answers, as of their version; every property is seen and every break noticed."""
    samples = [found for each, found in written() if each == name]
    samples += [json.loads(path.read_text()) for path in sorted(PROOFS.glob("18-*.json"))] * (name != "certificate-1")
    assert [] == [fault for sample in samples for fault in faults(name, sample)]
    places = unseen(name, samples)
    assert no_sample == {place.rpartition("/")[2] for place in places if "refutation" not in place}
    left, accepted, tried = unreached_and_accepted(name, samples)
    branches = read_schema(name)["$defs"]["refutation"]["oneOf"]
    missing = {branches[int(place.partition("/oneOf/")[2][0])]["properties"]["kind"]["const"] for place in left
               if "/oneOf/" in place}
    assert (unreached, set()) == (missing, accepted), left
    assert tried >= 40


def models(folder: Path) -> Iterator[JSON]:
    """Every config of the tests, and the shipped ones, as they are read."""
    for config in CONFIGS.values():
        path = folder / "config.json"
        path.write_text(json.dumps(config["config"]))
        yield as_printed(model_json(read_model(str(path))))
    for path in [SOURCES / "gpt-oss.json", SOURCES / "qwen3-moe.json", *sorted((PROOFS / "models").glob("*.json"))]:
        for engine in ("", "vllm", "sglang", "mlx-lm") if path.parent == SOURCES else ("",):
            yield as_printed(model_json(read_model(str(path), engine)))


def test_models_are_as_the_schema_says(tmp_path: Path) -> None:
    """Every config is read to what the schema says; every property is seen and every break noticed."""
    found = list(models(tmp_path))
    assert len(CONFIGS) + 4 <= len(found)
    check = validator("model-1")
    assert [] == [model["model_type"] for model in found if not check.is_valid(model)]
    assert set() == unseen("model-1", found)
    unreached, accepted, tried = unreached_and_accepted("model-1", found)
    assert (set(), set()) == (unreached, accepted)
    assert tried >= 25


def test_layouts_are_as_the_schema_says(tmp_path: Path) -> None:
    """All of the catalogue before they are worked out, some after; every property is seen, every break noticed."""
    shown = ["ggml/imrope:head_dim=8:n_rot=8:sections=2,1,1,0", spec_of("tests/turns:turns=1/3,1/5:phase=1"),
             spec_of("tests/mixed-table:n_rot=8"), "transformers/half:head_dim=8:rope_type=linear:factor=2",
             "transformers/hunyuan-vl:head_dim=16:mrope_section=2,2,2,2", "ggml/neox:head_dim=8:attn_factor=2",
             SINES, str(tmp_path / "four.toml")]
    (tmp_path / "four.toml").write_text(FOUR_ANGLES)
    found = [as_printed(outline_json(outline(name))) for name in catalogue()]
    found += [as_printed(prover.show(spec).to_json()) for spec in shown]
    found.append(as_printed(prover.show("ggml/imrope", feeds="text").to_json()))
    check = validator("layout-2")
    assert [] == [layout["name"] for layout in found if not check.is_valid(layout)]
    assert set() == unseen("layout-2", found)
    unreached, accepted, tried = unreached_and_accepted("layout-2", found)
    assert (set(), set()) == (unreached, accepted)
    assert tried >= 90


def test_the_answers_of_run_are_verdicts_too() -> None:
    """Those of claims that were finished before `run` was interrupted: what `run` adds to a verdict aside."""
    claims = run(["01-normal-to-neox-partial", "07-reversed-direction"])
    told = as_printed(claims.to_json(list(claims), interrupted=True))
    assert (True, 2) == (told["interrupted"], len(told["claims"]))
    for found in told["claims"]:
        for key in ("name", "title", "problems", "answer"):
            del found[key]
        assert [] == faults("verdict-2", found)


@pytest.mark.slow
def test_all_shipped_claims_and_the_truth_table() -> None:
    """The answers of every shipped claim, and of every row of the truth table with what it allows."""
    check = validator("verdict-2")
    for result in run([path.stem for path in shipped_claims()]):
        assert check.is_valid(as_printed(result.report)), result.name
    for row in ROWS:
        found = prover.prove(spec_of(row.source), spec_of(row.target), feeds=row.feeds, relation=row.limit).to_json()
        assert check.is_valid(as_printed(found)), row.name
