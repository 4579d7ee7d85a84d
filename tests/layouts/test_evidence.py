"""`models/evidence.toml` says of every layout what tests/measured shows of it, and no more."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from measured_specs import FED, GGML, KERNELS, MEASURED, TRANSFORMERS
from prover.commands.cli import run_command
from prover.layouts.evidence import EVIDENCE, Kind, evidence
from prover.layouts.loading import outline
from prover.layouts.spec import catalogue

# A row for each entry of a table, and its own layout's spec; `tests/measure` holds each layout against its entry.
SPECS: dict[str, list[str]] = {
    "ggml.json": list(GGML.values()),
    "transformers.json": list(TRANSFORMERS.values()),
    **{f"kernels/{table}.json": list(entries.values()) for table, entries in KERNELS.items()},
    **{f"fed/{table}.json": [spec for spec, _ in entries.values()] for table, entries in FED.items()},
}
DOCUMENTS = (".md", ".rst", ".html", ".txt")


def software(table: str) -> str:
    """What a measured file says it was measured from."""
    found = json.loads((MEASURED / table).read_text())["software"]
    return found if isinstance(found, str) else ", ".join(f"{name} {version}" for name, version in found.items())


def counted(table: str) -> dict[str, int]:
    """The layouts that a table shows, each with how many of its entries."""
    found = Counter(spec.partition(":")[0] for spec in SPECS[table])
    return {name: found[name] for name in sorted(found)}


def documented() -> set[str]:
    """The layouts that cite nothing but documents, in their own files."""
    cited = {name: tomllib.loads(path.read_text()).get("source", []) for name, path in catalogue().items()}
    return {name for name, rows in cited.items() if rows and all(row["path"].endswith(DOCUMENTS) for row in rows)}


def written() -> str:
    """The file as it has to be."""
    measured = {name for table in SPECS for name in counted(table)}
    names = ", ".join(f'"{name}"' for name in sorted(documented() - measured))
    lines = [
        "# What the layouts rest on: the tables of tests/measured that each was held against, with how many of a",
        "# table's entries; those that cite documentation alone; those without a kernel. A layout that stands nowhere",
        "# here was held against a kernel written by hand from the source that it cites.",
        "# tests/layouts/test_evidence.py compares this file with the tables, and writes what it has to be.",
        f"documentation = [{names}]",
        'given         = ["generic/table"]',
    ]
    for table in SPECS:
        lines += ["", "[[measured]]", f'table    = "{table}"', f'software = "{software(table)}"', "[measured.layouts]"]
        lines += [f'"{name}" = {number}' for name, number in counted(table).items()]
    return "\n".join(lines) + "\n"


def test_the_file_says_what_the_tables_show(tmp_path: Path) -> None:
    """A layout that no table conforms to is not called measured, one that a table conforms to is, as often as it is."""
    right = tmp_path / "evidence.toml"
    right.write_text(written())
    assert written() == EVIDENCE.read_text(), f"the file has to be as {right}"


def test_every_measured_file_is_told() -> None:
    """No table lies in tests/measured that the evidence leaves out."""
    files = {path for path in MEASURED.rglob("*.json") if "software" in json.loads(path.read_text())}
    assert {MEASURED / table for table in SPECS} == files


def test_every_layout_has_evidence() -> None:
    """The names in the file are layouts, and what is not measured is source or documentation."""
    named = {name for table in SPECS for name in counted(table)}
    assert named <= set(catalogue())
    assert set(catalogue()) == set(evidence())
    assert {name for name, found in evidence().items() if found.kind is Kind.MEASURED} == named
    assert {"mindspore/rotary", "onnxruntime/gemma-rotary", "onnxruntime/rms-norm-rotary"} == {
        name for name, found in evidence().items() if found.kind is Kind.DOCUMENTATION
    }
    cited = {name for name in catalogue() if outline(name).family.sources}
    assert set(catalogue()) - cited == {n for n, found in evidence().items() if found.kind is Kind.GIVEN}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("diffusers/prx", "rests on: measured: diffusers 0.42.1, torch 2.13.0+cpu, at 2 settings"),
        ("sglang/llama4-vision", "rests on: measured: sglang 0.5.23, forward_native on the CPU, torch 2.13.0+cpu"),
        ("sglang/deepseek-npu", "rests on: source: held against a kernel written by hand from the source"),
        ("mindspore/rotary", "rests on: documentation: held against a kernel written by hand from the documentation"),
    ],
)
def test_show_tells_it(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`show` has it below the sources, and in JSON."""
    assert 0 == run_command(["show", name])
    assert told in " ".join(capsys.readouterr().out.split())
    assert 0 == run_command(["show", name, "--json"])
    assert evidence()[name].as_json() == json.loads(capsys.readouterr().out)["evidence"]


def test_show_says_nothing_of_other_layouts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A layout of one's own rests on what its owner knows, even if it is like a measured one."""
    path = tmp_path / "mine.toml"
    path.write_text('title = "mine"\nlike = "diffusers/prx"\n')
    assert 0 == run_command(["show", str(path)])
    assert "rests on" not in capsys.readouterr().out
    assert 0 == run_command(["show", str(path), "--json"])
    assert json.loads(capsys.readouterr().out)["evidence"] is None


def test_list_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    """`list --evidence` counts each kind, and names what was not measured."""
    kinds = Counter(found.kind for found in evidence().values())
    assert 0 == run_command(["list", "--evidence"])
    lines = capsys.readouterr().out.splitlines()
    assert f"{len(catalogue())} layouts" in lines[0]
    assert all(any(line.split()[:2] == [str(kinds[kind]), f"{kind}:"] for line in lines) for kind in Kind)
    assert any(line.split() == ["mindspore/rotary"] for line in lines)
    assert 0 == run_command(["list", "--evidence", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {str(kind): kinds[kind] for kind in Kind} == found["counts"]
    assert {name: each.as_json() for name, each in evidence().items()} == found["layouts"]


def test_list_counts_those_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern picks layouts by their names."""
    assert 0 == run_command(["list", "--evidence", "sglang", "vision", "--json"])
    assert {"sglang/llama4-vision", "sglang/vision"} == set(json.loads(capsys.readouterr().out)["layouts"])
    assert 2 == run_command(["list", "--evidence", "nothing-like-it"])
    assert 2 == run_command(["list", "--evidence", "--unsupported"])
