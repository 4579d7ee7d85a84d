"""The schema of `run` closes every claim: each kind of answer with all of its properties, and none besides."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

import pytest

import prover
from conftest import spec_of
from prover.api.files import run
from prover.claims.relation import Outcome, Relation, Strength
from prover.layouts.layout_tables import Precision
from prover.repair.check_permutation import State
from prover.repair.slips import Kind
from prover.reports.schemas import read_schema
from prover.resources import shipped_proofs
from prover.theorems.theorem import Scope
from schema_walk import breaks, faults, meetings, properties_of, validator

JSON = dict[str, Any]
OF_FILE = {"name": "a", "title": "b", "problems": [], "answer": "c"}
KINDS = {
    "verdict": "01-normal-to-neox-partial", "repairs": "runtime-3-imrope-on-neox", "theorem": "theorem-6-partial-full",
    "rewrite": "rewrite-3-vision-chain-plain", "bitwise": "bitwise-1-imrope-mrope-text",
    "converters": "converters-megatron",
}
"""A shipped file of each kind."""


def as_read(found: JSON) -> JSON:
    """As a reader of --json has it."""
    read: JSON = json.loads(json.dumps(found, allow_nan=False))
    return read


@cache
def ran() -> JSON:
    """What `run` prints of the files of all kinds."""
    claims = run(tuple(KINDS.values()), jobs=2)
    return as_read(claims.to_json(list(claims)))


def told(claim: JSON, **others: Any) -> JSON:
    """What `run` prints of one claim."""
    return {"schema": "rope-prover/run/1", "second_opinion": None, "interrupted": False,
            "claims": [as_read(claim) | others], "not_run": [{"name": "d", "problem": "e"}]}


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_of_a_claim_comes_or_goes_unnoticed(kind: str) -> None:
    """A claim of each kind is as the schema says, and nothing of it can be added, left out or called otherwise."""
    claim = next(each for each in ran()["claims"] if each["name"] == KINDS[kind])
    sample = told(claim)
    assert [] == faults("run-1", sample)
    is_valid, tried, accepted = validator("run-1").is_valid, set[str](), []
    assert not is_valid(told(claim, no_such_key=1))
    for each in breaks(read_schema("run-1"), sample):
        has_own_tests = kind in ("verdict", "repairs") and len(tried) == 60
        if each.place in tried or has_own_tests:
            continue
        tried.add(each.place)
        each.do()
        if is_valid(sample):
            accepted.append(each.place)
        each.undo()
    assert (True, []) == (len(tried) > 25, accepted)


def test_a_claim_of_no_kind_is_none() -> None:
    """Nor is one with the properties of another kind."""
    claims = {each["schema"]: each for each in ran()["claims"]}
    assert len(KINDS) == len(claims)
    for schema in claims:
        for other, claim in claims.items():
            assert (schema == other) is validator("run-1").is_valid(told(claim, schema=schema))


@pytest.mark.parametrize(("kind", "name"), [
    ("verdict", "verdict-2"), ("repairs", "repair-1"), ("theorem", "theorem-answer-1"),
    ("rewrite", "rewrite-answer-1"), ("bitwise", "bitwise-answer-1"),
])
def test_answers_with_a_schema_of_their_own_have_that(kind: str, name: str) -> None:
    """Word for word, with what is of the file beside it; and all that these refer to."""
    schema, own = read_schema("run-1"), read_schema(name)
    claim = schema["$defs"][kind]
    assert own["properties"] == {key: each for key, each in claim["properties"].items() if key not in OF_FILE}
    assert own["required"] + list(OF_FILE) == claim["required"]
    used = own.get("$defs", {})
    assert used == {key: schema["$defs"][key] for key in used}


def test_words_are_those_of_the_code() -> None:
    """Every list of words is the one that the code has."""
    def words(kind: Any) -> list[str]:
        return [each.value for each in kind]

    defs = read_schema("run-1")["$defs"]
    theorem, bitwise, permutation = (defs[each]["properties"] for each in ("theorem", "bitwise", "permutation"))
    rungs = words(Relation)
    assert words(Outcome) == theorem["verdict"]["enum"] == defs["instance"]["properties"]["verdict"]["enum"]
    assert [*rungs, None] == theorem["limit"]["enum"] == theorem["relation"]["enum"]
    assert words(Scope) == theorem["scope"]["enum"]
    assert list(get_args(Precision)) == bitwise["precision"]["items"]["enum"]
    assert [*rungs, "none", None] == bitwise["exact_relation"]["enum"] == permutation["relation"]["enum"]
    assert words(State) == permutation["verdict"]["enum"] == (
        permutation["matrices"]["items"]["properties"]["verdict"]["enum"])
    assert [*words(Strength), "none needed"] == permutation["strength"]["enum"]
    slips = [each["properties"]["kind"] for each in defs["slip"]["oneOf"]]
    assert sorted(words(Kind)) == sorted(word for each in slips for word in each.get("enum", [each.get("const")]))


def answers() -> list[JSON]:
    """Answers of these kinds as other commands give them, of what no shipped file comes to."""
    wan = "diffusers/wan:slices=thirds", "diffusers/wan"
    half, factor = "ggml/neox:head_dim=16:n_rot=8", "ggml/neox:head_dim=16:n_rot=8:attn_factor=1.25"
    converter = next(each for each in ran()["claims"] if each["name"] == KINDS["converters"])["cases"][0]["given"]
    permutations = [
        prover.check_permutation("transformers/half:head_dim=16", "ggml/normal:head_dim=16", rows, heads=heads)
        for rows, heads in (([i // 2 + i % 2 * 32 for i in range(64)], 4), ([*range(8, 16), *range(8)], None))
    ]
    permutations += [
        prover.check_permutation(factor, half, list(range(16))),
        prover.check_permutation(half, "ggml/neox:head_dim=16:n_rot=8:base=5e5", list(range(16))),
        prover.check_permutation("ggml/neox:head_dim=8:base=f32(11158840)", "ggml/neox:head_dim=8:base=11158839.6",
                                 list(range(8))),
    ]
    cases = [each.to_json() | {"given": converter, "name": "case"} for each in permutations]
    return [
        prover.solve(*wan, "head_dim", up_to=20).to_json(),
        prover.prove_for_all("ggml/normal", "ggml/neox", "head_dim,n_rot", relation="linear").to_json(),
        prover.prove_for_all("ggml/neox", "ggml/neox:base=5e5", "n_rot").to_json(),
        {"schema": "rope-prover/converters/1", "cases": cases},
    ]


def test_what_no_shipped_file_comes_to_is_described_too() -> None:
    """Points up to a bound, what a limit allows, rows between heads, missing factors, and what nothing makes right."""
    found = answers()
    slips = [slip["kind"] for case in found[-1]["cases"] for each in case["matrices"] for slip in each["slips"]]
    assert "between heads" in slips
    assert found[0]["equal_up_to_bound"]["points"]
    for answer in found:
        assert [] == faults("run-1", told(answer, **OF_FILE))


@pytest.mark.slow
def test_every_shipped_file_is_as_the_schema_says() -> None:
    """All of them, each by itself; with the answers above they have every property of the kinds that are only here."""
    claims = run(jobs=2)
    printed = as_read(claims.to_json(list(claims)))
    assert len(shipped_proofs()) == len(printed["claims"])
    wrong = {each["name"]: found for each in printed["claims"] if (found := faults("run-1", told(each)))}
    assert {} == wrong
    schema = read_schema("run-1")
    own = ("theorem", "rewrite", "bitwise", "converters", "permutation", "instance", "slip")
    named = [schema["$defs"][kind].get("properties", {}).get("schema", {}).get("const") for kind in own]
    samples = [told(each) for each in printed["claims"] if each["schema"] in named]
    samples += [told(each, **OF_FILE) for each in answers()]
    seen = {met.place for sample in samples for met in meetings(schema, sample)}
    missing = {place for place in properties_of(schema) - seen if place.partition("/$defs/")[2].split("/")[0] in own}
    # What is found of a model's parts is not told of a case.
    assert {f"/$defs/permutation/properties/as_far_as/properties/{side}" for side in ("source", "target")} == missing


def test_specs_of_the_tests() -> None:
    """A layout that is no rotation: what is undecided of a permutation."""
    wan = spec_of("tests/mixed-table:n_rot=8")
    made = prover.check_permutation(wan, wan, [*range(8, 16), *range(8)], heads=2).to_json()
    assert "undecided" == made["verdict"]
    given = next(each for each in ran()["claims"] if each["name"] == KINDS["converters"])["cases"][0]["given"]
    claim = {"schema": "rope-prover/converters/1", "cases": [made | {"given": given, "name": "case"}]}
    assert [] == faults("run-1", told(claim, **OF_FILE))
