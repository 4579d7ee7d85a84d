"""The shipped JSON Schemas are sound, say what the code's own types say, and take every shipped file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from prover import bits_checker, checker, theorem_checker
from prover.bits import certificate as bitwise_certificate
from prover.bits.contraction import CHOICES
from prover.bits.formats import PRECISIONS
from prover.claims.relation import Outcome, Relation, Strength
from prover.claims.shift import Change
from prover.commands.cli import run_command
from prover.layouts.evidence import Kind
from prover.layouts.layout_tables import RawChoice, RawChoices, RawLayout, RawRule
from prover.layouts.spec import catalogue
from prover.proof_files.bitwise_file import BitwiseFile
from prover.proof_files.claim_file import ClaimFile
from prover.proof_files.converter_file import ConverterFile
from prover.proof_files.rewrite_file import RewriteFile
from prover.proof_files.runtime_file import RuntimeFile
from prover.proof_files.theorem_file import TheoremFile
from prover.repair.held import Held
from prover.reports.differences import LANE_KINDS, PAIR_KINDS
from prover.reports.schemas import read_schema, schema_paths
from prover.resources import PROOFS, RULES, SCHEMAS, shipped_claims, shipped_converters, shipped_proofs
from prover.theorems import certificate as theorem_certificate
from prover.theorems.theorem import Rule, Scope
from schema_walk import breaks, faults, possible_breaks, validator

TESTS = Path(__file__).parent.parent
NAMES = tuple(schema_paths())
FILES = {
    "claim-1": ClaimFile, "theorem-1": TheoremFile, "rewrite-1": RewriteFile, "bitwise-1": BitwiseFile,
    "runtime-1": RuntimeFile, "converter-1": ConverterFile, "layout-file-1": RawLayout,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_says_what_it_is_of(name: str) -> None:
    """Each fulfils the metaschema, has the name and version of its file, and describes itself."""
    schema = read_schema(name)
    Draft202012Validator.check_schema(schema)
    what, _, version = name.rpartition("-")
    assert ("https://json-schema.org/draft/2020-12/schema", f"urn:rope-prover:{what}:{version}") == (
        schema["$schema"], schema["$id"])
    assert schema["title"]
    assert schema["description"].endswith(".")
    assert set(_references(schema)) == {f"#/$defs/{each}" for each in schema.get("$defs", ())}
    assert all(each.get("additionalProperties") is not None for each in _objects(schema))


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part that is about an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for key, each in schema.items():
            yield from _objects(list(each.values()) if key in ("properties", "$defs") else each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _objects(each)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def plain(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """A schema without words and references, so that two of one meaning are equal. Null is left out: TOML has none.

    A number is taken for a whole one: decimals are read as texts, which layout files have too.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].removesuffix("_over")
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "description")}
        target = defs[name]
        if "$ref" in target:  # the same with keys that are required
            inner = defs[target["$ref"].rpartition("/")[2]]
            target = {**inner, **{key: value for key, value in target.items() if key != "$ref"}}
        return plain({**target, **rest}, defs)
    kinds = schema.get("type", ())
    branches = schema.get("anyOf", [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else None)
    if branches is not None:
        made = [plain(branch, defs) for branch in branches]
        flat = [part for one in made for part in (one if isinstance(one, list) else [one]) if part != "null"]
        found = {json.dumps(part, sort_keys=True) for part in flat}
        every = sorted(found)
        return json.loads(every[0]) if len(every) == 1 else [json.loads(each) for each in every]
    if kinds == "null":
        return "null"
    if "const" in schema or "enum" in schema:
        return {"enum": sorted(schema.get("enum", [schema.get("const")]))}
    found_keys: dict[str, Any] = {"type": "integer" if kinds == "number" else kinds}
    for key in ("minimum", "maximum", "pattern", "minItems"):
        if key in schema:
            found_keys[key] = schema[key]
    if "items" in schema:
        found_keys["items"] = plain(schema["items"], defs)
    if "properties" in schema:
        found_keys["properties"] = {key: plain(each, defs) for key, each in schema["properties"].items()}
        found_keys["required"] = sorted(schema.get("required", ()))
    rest = schema.get("additionalProperties")
    if rest is not None:
        found_keys["additionalProperties"] = plain(rest, defs) if isinstance(rest, dict) else rest
    return found_keys


def of_struct(struct: type[msgspec.Struct]) -> Any:
    """The schema that msgspec makes of a struct, plain."""
    (made,), defs = msgspec.json.schema_components([struct])
    return plain(made, defs)


@pytest.mark.parametrize("name", FILES)
def test_a_file_s_schema_has_the_fields_of_its_struct(name: str) -> None:
    """Names, types, words, bounds and what is required are those of the type that reads the file."""
    schema = read_schema(name)
    required = schema.get("required") or schema["else"]["required"]
    assert of_struct(FILES[name]) == plain({**schema, "required": required}, schema["$defs"])


@pytest.mark.parametrize(("name", "struct"), [("rule", RawRule), ("choices", RawChoices)])
def test_rule_files(name: str, struct: type[msgspec.Struct]) -> None:
    """A rule file is one of two structs."""
    schema = read_schema("rule-file-1")
    assert of_struct(struct) == plain({"$ref": f"#/$defs/{name}"}, schema["$defs"])
    assert of_struct(RawChoice) == plain({"$ref": "#/$defs/choice"}, read_schema("layout-file-1")["$defs"])


def test_words_are_those_of_the_code() -> None:
    """Every list of words in the schemas of what is printed is the enumeration that the code has."""
    def words(kind: Any) -> list[str]:
        return [each.value for each in kind]

    verdict, layout = read_schema("verdict-2"), read_schema("layout-2")
    own, defs = verdict["properties"], verdict["$defs"]
    relations = words(Relation)
    assert words(Outcome) == own["verdict"]["enum"]
    assert [*relations, "none", None] == own["relation"]["enum"]
    assert [*relations, None] == own["refuted"]["enum"] == own["limit"]["enum"]
    assert relations == defs["relation"]["enum"]
    assert words(Strength) == defs["strength"]["enum"]
    assert words(Held) == defs["size"]["properties"]["held"]["anyOf"][0]["enum"]
    assert [*PAIR_KINDS, *LANE_KINDS, "turned_otherwise", "text"] == list(own["lane_by_lane"]["properties"])
    assert [*PAIR_KINDS, "slower", "faster"] == (
        defs["run"]["properties"]["differ"]["items"]["properties"]["kind"]["enum"])
    assert words(Kind) == layout["properties"]["evidence"]["anyOf"][0]["properties"]["kind"]["enum"]
    shift = layout["$defs"]["properties"]["properties"]["cache_shift"]["properties"]
    assert words(Change) == shift["needs"]["items"]["enum"]
    for name, schema in (("certificate-1", checker.SCHEMA), ("certificate-2", checker.STORED_SCHEMA)):
        assert schema == read_schema(name)["properties"]["schema"]["const"]
        assert list(checker.RUNGS) == read_schema(name)["$defs"]["relation"]["enum"]
    theorem = read_schema("theorem-certificate-1")["properties"]
    evidence = theorem["evidence"]["properties"]
    assert [theorem_checker.SCHEMA, theorem_certificate.SCHEMA] == [theorem["schema"]["const"]] * 2
    assert [*relations[:-1], None] == theorem["answer"]["properties"]["relation"]["enum"]
    assert [*words(Rule), theorem_certificate.AT_POINT] == list(theorem_checker.RULES) == (
        evidence["refutation"]["anyOf"][0]["properties"]["rule"]["enum"])
    bits, kernel = (read_schema("bitwise-certificate-1")[key] for key in ("properties", "$defs"))
    assert [bits_checker.SCHEMA, bitwise_certificate.SCHEMA] == [bits["schema"]["const"]] * 2
    assert list(bits_checker.FORMATS) == list(PRECISIONS) == kernel["format"]["enum"]
    assert list(bits_checker.WAYS.items()) == list(CHOICES.items())
    assert list(CHOICES) == kernel["way"]["enum"]
    assert {*words(Scope)} - {"open"} | {theorem_certificate.NOT_ALWAYS} == (
        {*theorem["answer"]["properties"]["scope"]["enum"]})


def kind_of(path: Path, tables: dict[str, Any]) -> str:
    """The schema of a file that `run` takes, by what tells them apart."""
    if "old" in tables:
        return "rewrite-1"
    if "for_all" in tables:
        return "theorem-1"
    if "case" in tables:
        return "converter-1"
    return {"bitwise": "bitwise-1", "runtime": "runtime-1"}.get(tables.get("relation", ""), "claim-1")


def toml_files() -> list[tuple[str, Path]]:
    """Every shipped claim, layout and rule file, and those of the tests, with its schema."""
    found = [(kind_of(path, tomllib.loads(path.read_text())), path) for path in shipped_proofs()]
    layouts = [*catalogue().values(), *(PROOFS / "recipes").glob("*.toml"), *(PROOFS / "rewrites").glob("*.toml"),
               *(TESTS / "small_layouts").glob("*.toml")]
    found += [("layout-file-1", path) for path in layouts]
    return found + [("rule-file-1", path) for path in RULES.rglob("*.toml")]


def test_shipped_files_are_as_their_schemas_say() -> None:
    """As any TOML reader reads them; each schema of a file has been of use."""
    files = toml_files()
    assert {"rule-file-1", *FILES} == {name for name, _ in files}
    assert len(shipped_claims()) + len(shipped_converters()) + len(catalogue()) < len(files)
    validators = {name: validator(name) for name in (*FILES, "rule-file-1")}
    wrong = {str(path): [fault.message for fault in validators[name].iter_errors(tomllib.loads(path.read_text()))]
             for name, path in files}
    assert {} == {path: found for path, found in wrong.items() if found}


def certificates() -> list[tuple[str, Path]]:
    """The shipped certificates with the version of their schema."""
    found = []
    for path in sorted(PROOFS.rglob("*.json")):
        head = json.loads(path.read_text()).get("schema", "")
        kind, _, version = str(head).removeprefix("rope-prover/").partition("/")
        if kind in ("certificate", "theorem-certificate", "bitwise-certificate"):
            found.append((f"{kind}-{version}", path))
    return found


def test_certificates_of_both_versions_are_read() -> None:
    """Every shipped certificate is as the schema of its version says; the smallest of each version checks."""
    files = certificates()
    assert {"certificate-1", "certificate-2", "theorem-certificate-1", "bitwise-certificate-1"} == {
        name for name, _ in files}
    for name in ("certificate-1", "certificate-2"):
        own = [path for each, path in files if each == name]
        check = validator(name)
        assert [] == [path.name for path in own if not check.is_valid(json.loads(path.read_text()))]
        smallest = min(own, key=lambda path: path.stat().st_size)
        assert any(checker.check(smallest.read_text()))
    for kind in ("theorem-certificate-1", "bitwise-certificate-1"):
        check = validator(kind)
        assert [] == [path.name for name, path in files
                      if name == kind and not check.is_valid(json.loads(path.read_text()))]
    old, new = ((json.loads(path.read_text()), name) for name, path in (files[0], next(
        each for each in files if each[0] == "certificate-2")))
    assert faults("certificate-2", old[0])
    assert faults("certificate-1", new[0])


# What no shipped file says.
MADE = {
    "claim-1": {"title": "", "source": "ggml/neox", "target": "ggml/neox", "relation": "permutation",
                "expect": {"verdict": "equivalent", "relation": "identical"}},
    "layout-file-1": {"title": "", "axes": ["p"], "width": 2, "state": {"turn": {"initial": 0, "step": "turn + 1"}},
                      "recipe": {"precision": "float16", "table": "float32", "rotation": "bfloat16", "head": "float64",
                                 "contract": "allowed", "least": 0}},
    "rule-file-1": {"title": "", "recipe": {"table": "float32", "rotation": "float32", "head": "float16",
                                            "contract": "never", "rotated_first": "x*cos - y*sin"}},
}
# A choice's file without its words is a rule file that has a title alone.
HARMLESS = {"/$defs/choices without rules"}


@pytest.mark.parametrize("name", [*FILES, "rule-file-1"])
def test_a_broken_file_is_rejected(name: str) -> None:
    """Each key that must be there removed, each word changed, a key added where keys are fixed: all are noticed."""
    schema, check, tried = read_schema(name), validator(name), set()
    samples = [tomllib.loads(path.read_text()) for each, path in toml_files() if each == name]
    samples += [MADE[name]] if name in MADE else []
    for sample in samples:
        for each in breaks(schema, sample):
            if each.place in tried:
                continue
            tried.add(each.place)
            each.do()
            assert check.is_valid(sample) is (each.place in HARMLESS), each.place
            each.undo()
            assert check.is_valid(sample), each.place
    assert set() == possible_breaks(schema) - tried


@pytest.mark.parametrize("missing", [("title",), ("axes",), ("width",), ("pairs", "count"), ("pairs", "angle")])
def test_a_layout_that_is_like_no_other_is_complete(missing: tuple[str, ...]) -> None:
    """What a layout file needs by itself may be left out only where it says `like`."""
    tables = tomllib.loads((TESTS / "small_layouts" / "turns.toml").read_text())
    assert [] == faults("layout-file-1", tables)
    holder = tables
    for key in missing[:-1]:
        holder = holder[key]
    del holder[missing[-1]]
    assert faults("layout-file-1", tables)
    assert [] == faults("layout-file-1", tables | {"like": "ggml/neox"})


def test_the_command_lists_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name a line for each, with one the file as it is; without a version the newest; else a near one."""
    assert 0 == run_command(["schema"])
    lines = capsys.readouterr().out.splitlines()
    assert list(NAMES) == [line.split()[0] for line in lines]
    assert 0 == run_command(["schema", "certificate"])
    assert (SCHEMAS / "certificate-2.json").read_text() == capsys.readouterr().out
    assert 0 == run_command(["schema", "certificate-1", "--json"])
    assert "urn:rope-prover:certificate:1" == json.loads(capsys.readouterr().out)["$id"]
    assert 0 == run_command(["schema", "--json"])
    rows = json.loads(capsys.readouterr().out)["schemas"]
    assert list(NAMES) == [row["name"] for row in rows]
    assert 2 == run_command(["schema", "../verdict-2"])
    assert "Did you mean verdict-2 or" in capsys.readouterr().err
