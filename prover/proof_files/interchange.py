"""What came of files of proofs in the formats of other programs: JUnit's XML and SARIF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from prover.errors import ProverError
from prover.files import read_text
from prover.proof_files.result import ProofResult
from prover.reports.sarif import Result, sarif
from prover.reports.text import plain
from prover.sources.places import expectation_line, fault_line

MAX_CLAIM = 1 << 20


def junit(paths: Sequence[Path], results: Sequence[ProofResult]) -> str:
    """A test for each file that is done: failed where it is not as expected, in error where it could not be run."""
    faults = [bool(result.fault) for result in results]
    bad = [bool(result.problems) for result in results]
    suite = ElementTree.Element("testsuite", {
        "name": "rope-prover", "tests": str(len(results)), "errors": str(sum(faults)),
        "failures": str(sum(bad) - sum(faults)), "skipped": "0",
    })
    for path, result in zip(paths, results, strict=False):
        test = ElementTree.SubElement(suite, "testcase", {
            "classname": plain(path.parent.name) or ".", "name": plain(result.name), "file": plain(str(path)),
        })
        if result.problems:
            told = [plain(problem, 2000) for problem in result.problems]
            fault = ElementTree.SubElement(test, "error" if result.fault else "failure", {"message": told[0]})
            fault.text = "\n".join((plain(f"{result.title}: {result.word}" if result.title else result.word), *told))
        elif result.title:
            ElementTree.SubElement(test, "system-out").text = plain(f"{result.title}: {result.word}")
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, "us-ascii", xml_declaration=False).decode("ascii")   # whatever it is written in
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def run_sarif(paths: Sequence[Path], results: Sequence[ProofResult], version: str) -> dict[str, Any]:
    """Each thing that is not as expected, at the line of its file that expects it."""
    found = []
    for path, result in zip(paths, results, strict=False):
        text = _text(path)
        for problem in result.problems:
            key = problem.partition(":")[0]
            line = fault_line(text, key.rpartition(", ")[2]) if result.fault else expectation_line(text, key)
            found.append(Result(
                "claim-unreadable" if result.fault else "claim-unexpected", "error",
                f"{result.title}: {problem}" if result.title else problem, str(path), line,
            ))
    return sarif(found, version)


def _text(path: Path) -> str:
    try:
        return read_text(path, MAX_CLAIM)
    except (ProverError, OSError):
        return ""
