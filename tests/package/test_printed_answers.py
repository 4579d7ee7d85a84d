"""What commands print is what their schemas say, corners too: all but prove of two layouts, show and check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import prover
from conftest import spec_of
from prover.claims.relation import Outcome, Relation, Strength
from prover.commands.cli import run_command
from prover.recognition.facts import Pairing
from prover.recognition.hypothesis import Kind as Formula
from prover.repair.repairs import Kind
from prover.reports.schemas import read_schema
from prover.resources import PROOFS
from prover.theorems.theorem import Scope
from schema_walk import breaks, faults, validator

JSON = dict[str, Any]
TESTS = Path(__file__).parent.parent
GPT_OSS = str(TESTS / "sources" / "gpt-oss.json")
GGML = str(TESTS / "measured" / "ggml.json")
NORMAL, NEOX = "ggml/normal:head_dim=8", "ggml/neox:head_dim=8"
VISION = [str(PROOFS / "rewrites" / f"vision-{each}.toml") for each in ("chain", "plain")]
LLAMA = {"model_type": "llama", "head_dim": 64, "hidden_size": 128, "num_attention_heads": 2, "rope_theta": 10000}


def run(*names: str, interrupted: bool = False) -> JSON:
    """What came of shipped proofs."""
    found = prover.run(names)
    return found.to_json(list(found), interrupted)


def audit(folder: Path, files: dict[str, Any], *engines: str) -> JSON:
    """Files under engines, by name and content."""
    for name, content in files.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return prover.audit(str(folder), engines=engines, jobs=1).to_json()


SAMPLES: dict[str, tuple[Callable[[Path], JSON], ...]] = {
    "diff-1": (
        lambda _: prover.diff(GPT_OSS, engine="mlx-lm").to_json(),
        lambda _: prover.diff(NORMAL, NEOX).to_json(),
        lambda _: prover.diff(NORMAL, NORMAL).to_json(),
        lambda _: prover.diff("ggml/neox:head_dim=8:freq_scale=0.5", NEOX, relation="permutation").to_json(),
    ),
    "audit-1": (
        lambda path: audit(path, {"llama": LLAMA, "broken": "{", "unknown": {"model_type": "no-such-model"}},
                           "vllm", "mlx-lm"),
        lambda path: audit(path, {"broken": "{"}, "vllm"),
    ),
    "run-1": (
        lambda _: run("01-normal-to-neox", interrupted=True), lambda _: prover.run("01-normal-to-neox").to_json([]),
    ),
    "repair-1": (
        lambda _: prover.find_repair("ggml/imrope", "ggml/mrope").to_json(),
        lambda _: prover.find_repair("ggml/imrope", "ggml/neox", feeds=["t=t,h=h,w=w,e=e,p=t"]).to_json(),
        lambda _: prover.find_repair(NORMAL, NORMAL).to_json(),
        lambda _: prover.find_repair(NORMAL, NEOX, allow="nothing").to_json(),
        lambda _: prover.find_repair("ggml/neox:head_dim=16:n_rot=16:attn_factor=1.25",
                                     "ggml/neox:head_dim=16:n_rot=16", allow="magnitude").to_json(),
        lambda _: prover.prove_runtime(NORMAL, NEOX).to_json(),
    ),
    "reach-1": (
        lambda _: prover.repair_for_all("ggml/normal", "ggml/neox", "head_dim,n_rot,base").to_json(),
    ),
    "theorem-answer-1": (
        lambda _: prover.prove_for_all("ggml/normal", "ggml/neox", "head_dim,n_rot,base").to_json(),
        lambda _: prover.prove_for_all("ggml/neox:freq_scale=1/2", "ggml/neox", "n_rot,base").to_json(),
        lambda _: prover.solve("ggml/neox:base=500000", "ggml/neox", "base").to_json(),
        lambda _: prover.solve(NORMAL, NEOX, "base", relation="identical").to_json(),
    ),
    "rewrite-answer-1": (
        lambda _: prover.rewrite(*VISION, ["head_dim", "base", "sections"]).to_json(),
        lambda _: prover.rewrite(*VISION, ["head_dim", "base", "sections"], where=["min(sections) > 0"]).to_json(),
    ),
    "bitwise-answer-1": (
        lambda _: prover.prove_bits("ggml/neox", str(PROOFS / "recipes" / "neox-power.toml")).to_json(),
        lambda _: prover.prove_bits("ggml/imrope", "ggml/mrope", feeds="text").to_json(),
    ),
    "classes-1": (),    # below: it takes a minute
    "conform-1": (
        lambda _: prover.conform("ggml/neox:head_dim=64:base=500000", GGML, "neox_d64").to_json(),
        lambda _: prover.conform("ggml/neox:head_dim=64", GGML, "neox_d64").to_json(),
        lambda _: prover.conform("ggml/normal:head_dim=64", GGML, "neox_d64").to_json(),
    ),
    "identify-1": (
        lambda _: prover.identify(GGML, "neox_d64").to_json(),
        lambda path: prover.identify(GGML, "neox_d64", out=str(path / "made.toml")).to_json(),
    ),
    "draw-1": (
        lambda _: prover.draw(NEOX).to_json(),
        lambda _: prover.draw(NORMAL, NEOX).to_json(),
        lambda _: prover.draw(NEOX, "ggml/neox:head_dim=8:base=5e5").to_json(),
        lambda _: prover.draw(spec_of("tests/mixed-table:n_rot=8")).to_json(),
        lambda _: prover.draw(NORMAL, NEOX, over="trace", positions=4).to_json(),
        lambda _: prover.draw(NEOX, "ggml/neox:head_dim=8:base=5e5", over="angle", positions=4).to_json(),
    ),
}


def samples(name: str, folder: Path) -> Iterator[JSON]:
    """The answers, as a reader of --json has them."""
    for number, make in enumerate(SAMPLES[name]):
        (folder / str(number)).mkdir()
        yield json.loads(json.dumps(make(folder / str(number)), allow_nan=False))


def check(name: str, sample: JSON) -> None:
    """It is what its schema says, names it, and no key or word of it can go or come without notice."""
    assert [] == faults(name, sample)
    assert f"rope-prover/{'/'.join(name.rsplit('-', 1))}" == sample["schema"]
    schema, is_valid = read_schema(name), validator(name).is_valid
    tried, accepted = 0, []
    for each in breaks(schema, sample):
        if tried == 150:    # of long lists the first
            break
        tried += 1
        each.do()
        if is_valid(sample):
            accepted.append(each.place)
        each.undo()
    assert (True, []) == (tried > 3, accepted)


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name]])
def test_what_is_printed_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    """Answers of every kind, of what is unreadable, unknown or empty among them."""
    for sample in samples(name, tmp_path):
        check(name, sample)


def test_the_samples_are_of_every_kind(tmp_path: Path) -> None:
    """What audit cannot read or does not know is among them, by the words that the README has for it."""
    (tmp_path / "a").mkdir()
    made = SAMPLES["audit-1"][0](tmp_path / "a")
    cells = {Path(row["file"]).parent.name: row["cells"] for row in made["models"]}
    assert ({}, "equivalent") == (cells["broken"], cells["llama"]["vllm"]["verdict"])
    (tmp_path / "b").mkdir()
    assert 2 == SAMPLES["audit-1"][1](tmp_path / "b")["exit_code"]


def test_a_class_of_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """As the command prints it, for a width that most layouts are left out at."""
    assert 0 == run_command(["classes", "--width", "8", "--rotary", "8", "--relation", "identical", "--json"])
    check("classes-1", json.loads(capsys.readouterr().out))


def test_words_are_those_of_the_code() -> None:
    """Every list of words is the one that the code has."""
    def words(kind: Any) -> list[str]:
        return [each.value for each in kind]

    outcomes, relations = words(Outcome), words(Relation)
    diff, repair, identify = (read_schema(name) for name in ("diff-1", "repair-1", "identify-1"))
    assert outcomes == diff["properties"]["verdict"]["enum"] == repair["properties"]["verdict"]["enum"]
    assert [*relations, "none", None] == diff["properties"]["rows"]["items"]["properties"]["relation"]["enum"]
    assert words(Kind) == repair["$defs"]["kind_of_change"]["enum"]
    assert list(get_args(Pairing)) == identify["properties"]["facts"]["properties"]["pairing"]["enum"]
    assert list(get_args(Formula)) == identify["$defs"]["hypothesis"]["properties"]["kind"]["enum"]
    reach = read_schema("reach-1")
    assert (words(Scope), words(Strength)) == (
        reach["properties"]["scope"]["enum"], reach["$defs"]["strength"]["enum"])


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("run-1", "draw-1", "audit-1")])
def test_what_schemas_share_they_say_alike(name: str) -> None:
    """A number, a size, a cause or a digest is in each schema what it is in that of a verdict, words aside."""
    def bare(schema: Any) -> Any:
        if isinstance(schema, dict):
            return {key: bare(each) for key, each in schema.items() if key != "description"}
        return [bare(each) for each in schema] if isinstance(schema, list) else schema

    verdict, own = read_schema("verdict-2")["$defs"], read_schema(name).get("$defs", {})
    assert all(bare(own[each]) == bare(verdict[each]) for each in own if each in verdict)
