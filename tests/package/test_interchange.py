"""SARIF and JUnit: what other programs show of audits and claims, and at which line."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import prover
from prover.commands.cli import run_command
from prover.sources.places import config_place, expectation_line, json_lines
from tests.conftest import TESTS

CLAIM = """# a claim
title = "{title}"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"

[expect]
relation = "{relation}"
verdict = "{verdict}"
"""


def nested(source: random.Random, names: list[str], depth: int = 0) -> Any:
    """A JSON value in which every key is there once; keys also stand in texts."""
    kind = source.randrange(6) if depth < 4 else 0
    if kind >= 4:
        return {names.pop(): nested(source, names, depth + 1) for _ in range(source.randrange(4))}
    if kind == 3:
        return [nested(source, names, depth + 1) for _ in range(source.randrange(3))]
    return source.choice([1, -2.5e3, None, True, "a: {[,", 'k1\\" : ', "\u00e4"])


@pytest.mark.parametrize("seed", range(60))
def test_lines_of_keys(seed: int) -> None:
    """Every key is found at the line on which a search of the text finds it."""
    source = random.Random(seed)
    names = [f"key{n}" for n in range(300)]
    value = {names.pop(): nested(source, names) for _ in range(5)}
    text = json.dumps(value, indent=source.choice([None, 1, 4]), ensure_ascii=bool(seed % 2))
    expected = {}
    for number, line in enumerate(text.splitlines(), 1):
        for name in (f"key{n}" for n in range(300)):
            if f'"{name}":' in line:
                expected[name] = number
    found = json_lines(text)
    assert expected == {path.rpartition(".")[2]: line for path, line in found.items()}
    assert set(paths(value)) == set(found)


def paths(value: Any, before: str = "") -> Iterator[str]:
    """The keys of a value, each behind those that it stands in; a place in a list has no name."""
    for key, inner in value.items() if isinstance(value, dict) else [("", each) for each in value]:
        if key:
            yield before + key
        if isinstance(inner, dict | list):
            yield from paths(inner, f"{before}{key}.")


@pytest.mark.parametrize(("text", "key", "line"), [
    (CLAIM, "verdict", 8), (CLAIM, "relation", 7), (CLAIM, "pairs", 6), (CLAIM, "title", 6),
    ("title = 1\n", "verdict", 1), ("[expect]\r\n'verdict' = 1\r\n[other]\r\npairs = 2\r\n", "pairs", 1),
    ("[expect]\r\n'verdict' = 1\r\n", "verdict", 2), ("", "verdict", 1),
])
def test_lines_of_expectations(text: str, key: str, line: int) -> None:
    """The line under [expect], that of the table for what it does not say."""
    assert line == expectation_line(text, key)


def test_an_audit_is_told_at_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """mlx-lm reads no `truncate`; the result stands at its line, and the file is told from the current folder."""
    text = (TESTS / "sources/gpt-oss.json").read_text()
    folder = tmp_path / "with space"
    folder.mkdir()
    (folder / "config.json").write_text(text)
    monkeypatch.chdir(tmp_path)
    told = prover.audit("with space", engines="mlx-lm", jobs=1).to_sarif()
    assert "2.1.0" == told["version"]
    (result,) = told["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    line = next(n for n, row in enumerate(text.splitlines(), 1) if '"truncate"' in row)
    assert ("with%20space/config.json", line) == (place["artifactLocation"]["uri"], place["region"]["startLine"])
    assert ("error", "layout-differs") == (result["level"], result["ruleId"])
    assert result["ruleId"] == told["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert "DIFFERENT" in prover.diff("with space", engine="mlx-lm").to_text()


def test_what_is_equivalent_is_no_result(tmp_path: Path) -> None:
    """Nothing is told of a config that the engines read alike; one that cannot be read is told at its first line."""
    (tmp_path / "config.json").write_text((TESTS / "sources/qwen3-moe.json").read_text())
    assert [] == prover.audit(str(tmp_path), engines="vllm", jobs=1).to_sarif()["runs"][0]["results"]
    (tmp_path / "config.json").write_text("{")
    (result,) = prover.audit(str(tmp_path), engines="vllm", jobs=1).to_sarif()["runs"][0]["results"]
    assert ("config-unreadable", 1) == (
        result["ruleId"], result["locations"][0]["physicalLocation"]["region"]["startLine"],
    )


def test_a_place_of_no_file(tmp_path: Path) -> None:
    """What cannot be read again has its first line."""
    assert (str(tmp_path / "no.json"), 1) == config_place(str(tmp_path / "no.json"), ("a",))


def write_claims(folder: Path) -> list[str]:
    """A claim that holds, one that does not, and one that cannot be run; titles from a stranger."""
    for name, title, relation, verdict in (
        ("good", "<b>&", "permutation", "convertible"), ("bad", "\\u001b[31m<x>", "identical", "equivalent"),
    ):
        path = folder / f"{name}.toml"
        path.write_text(CLAIM.format(title=title, relation=relation, verdict=verdict))
        list(prover.run(str(path), update=True))
    (folder / "broken.toml").write_text("title =")
    return [str(folder / f"{name}.toml") for name in ("good", "bad", "broken")]


@pytest.mark.parametrize(
    ("folder", "uri"),
    [(b"c\xff", "c%FF/config.json"), (b"..c", "..c/config.json"), ("\u00fc".encode(), "%C3%BC/config.json")],
    ids=["no-text", "dots", "umlaut"],
)
def test_places_are_percent_encoded(folder: bytes, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is bytes, and a URI has each byte past ASCII as % and two digits (RFC 3986, 2.1)."""
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(folder)
    Path(name).mkdir()
    (Path(name) / "config.json").write_text('{"model_type": "none_such"}', encoding="utf-8")
    (result,) = prover.audit(name, engines="vllm", jobs=1).to_sarif()["runs"][0]["results"]
    assert uri == result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_claims_are_told_at_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing that is not as expected, at the line that expects it."""
    names = write_claims(tmp_path)
    monkeypatch.chdir(tmp_path)
    proofs = prover.run(names)
    results = proofs.to_sarif(list(proofs))["runs"][0]["results"]
    told = [(each["ruleId"], each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
             each["locations"][0]["physicalLocation"]["region"]["startLine"]) for each in results]
    assert [("claim-unexpected", "bad.toml", 8), ("claim-unexpected", "bad.toml", 7),   # then, no stored certificate
            ("claim-unexpected", "bad.toml", 6),
            ("claim-unreadable", "broken.toml", 1)] == told
    assert "\x1b" not in json.dumps(results, ensure_ascii=False)


def test_junit(tmp_path: Path) -> None:
    """A test for each file; the counts are those of the tests."""
    names = write_claims(tmp_path)
    proofs = prover.run(names)
    suite = ElementTree.fromstring(proofs.to_junit(list(proofs)))
    assert {"tests": "3", "failures": "1", "errors": "1", "skipped": "0", "name": "rope-prover"} == suite.attrib
    good, bad, broken = suite
    assert ["good", "bad", "broken"] == [each.get("name") for each in suite]
    assert ["system-out"] == [each.tag for each in good]
    assert "<b>&: convertible, permutation" == good[0].text
    assert "verdict: expected equivalent, got convertible" == bad[0].get("message")
    assert ("failure", "error") == (bad[0].tag, broken[0].tag)
    assert "\x1b" not in ElementTree.tostring(suite, "unicode")


def test_commands_print_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`run` and `audit` print what the API gives, with the exit codes of the other styles."""
    names = write_claims(tmp_path)
    proofs = prover.run(names)
    done = list(proofs)
    capsys.readouterr()
    assert 2 == run_command(["run", *names, "--format", "junit", "--jobs", "1"])
    assert proofs.to_junit(done) == capsys.readouterr().out
    assert 2 == run_command(["run", *names, "--format", "sarif", "--jobs", "1"])
    assert proofs.to_sarif(done) == json.loads(capsys.readouterr().out)
    config = str(TESTS / "sources/gpt-oss.json")
    assert 1 == run_command(["audit", config, "--engines", "mlx-lm", "--format", "sarif"])
    assert prover.audit(config, engines="mlx-lm").to_sarif() == json.loads(capsys.readouterr().out)
    assert 2 == run_command(["prove", "ggml/neox", "ggml/neox", "--format", "sarif"])
