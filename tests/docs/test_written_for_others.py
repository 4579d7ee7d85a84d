"""What the pages give readers to copy: tests for pytest, a workflow, hooks for pre-commit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from prover.api import run

ROOT = Path(__file__).parent.parent.parent
HOW_TO = ROOT / "docs/how-to"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
CLAIM = """
title = "adjacent lanes and halves"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"
[expect]
verdict = "{}"
relation = "permutation"
"""


def shown(page: str, title: str) -> str:
    """The block of a page that has this title."""
    found = re.findall(rf'```\w+ title="{re.escape(title)}"\n((?:.*\n)*?)```', (HOW_TO / page).read_text())
    assert 1 == len(found)
    return str(found[0])


def workflow() -> dict[str, Any]:
    """The workflow, every scalar as it is written: `on` is a word."""
    found: dict[str, Any] = yaml.load(shown("pull-requests.md", ".github/workflows/rope.yml"), Loader=yaml.BaseLoader)
    return found


def step_of(start: str) -> dict[str, Any]:
    """The one step of the workflow whose action or name starts so."""
    steps = workflow()["jobs"]["rope"]["steps"]
    found = [step for step in steps if step.get("uses", step.get("name", "")).startswith(start)]
    assert 1 == len(found)
    return dict(found[0])


def make_claims(folder: Path, **verdicts: str) -> None:
    """Claim files with the verdicts that they expect, and the certificates of those that are so."""
    folder.mkdir()
    for name, verdict in verdicts.items():
        (folder / f"{name}.toml").write_text(CLAIM.format(verdict))
        list(run(str(folder / f"{name}.toml"), update=True))


@pytest.mark.parametrize(("verdict", "passed", "failed"), [("convertible", 3, 0), ("equivalent", 2, 1)])
def test_tests_and_claims(tmp_path: Path, verdict: str, passed: int, failed: int) -> None:
    """The file of tests and the setting are run by pytest as they stand; a claim that does not hold fails."""
    for name in ("test_rope.py", "pyproject.toml"):
        (tmp_path / name).write_text(shown("tests.md", name))
    make_claims(tmp_path / "claims", mine=verdict)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"], cwd=tmp_path,
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (passed, failed) == tuple(int((re.findall(rf"(\d+) {word}", done.stdout) or [0])[-1])
                                     for word in ("passed", "failed")), done.stdout + done.stderr


def test_the_workflow_is_for_pull_requests() -> None:
    """It starts on them alone, with the rights that it needs and no others, and every action is pinned."""
    found = workflow()
    assert ["pull_request"] == list(found["on"])
    assert {"contents": "read", "pull-requests": "write", "security-events": "write"} == found["permissions"]
    used = [step["uses"] for step in found["jobs"]["rope"]["steps"] if "uses" in step]
    assert [] == [name for name in used if not re.search(r"@(v\d+|COMMIT)$", name)]


def test_the_action_takes_the_inputs() -> None:
    """Each input is one of action.yml, and what the page says of others names such."""
    given = step_of("OWNER/rope-prover@")["with"]
    named = re.findall(r"`([\w-]+): \"\w+\"`", (HOW_TO / "pull-requests.md").read_text())
    assert given
    assert named
    assert {*given, *named} - set(ACTION["inputs"]) == set()
    assert "report" in ACTION["outputs"]


def test_lines_are_marked(tmp_path: Path) -> None:
    """The step after the action finds what that installed, goes on after a claim that fails, and writes its SARIF."""
    command = step_of("Mark the lines")["run"]
    assert re.findall(r"\$RUNNER_TEMP/[\w/-]+/bin", command) == re.findall(
        r"\$RUNNER_TEMP/[\w/-]+/bin", ACTION["runs"]["steps"][0]["run"].replace("/pip", "/", 1))[:1]
    program = tmp_path / "temp/rope-prover/bin/rope-prover"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m prover "$@"\n')
    program.chmod(0o755)
    make_claims(tmp_path / "claims", good="convertible", bad="equivalent")

    def code() -> int:
        return subprocess.run(["bash", "-e", "-c", command], cwd=tmp_path, check=False, capture_output=True, env={
            **os.environ, "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(tmp_path / "temp")}).returncode

    assert 0 == code()
    sarif = json.loads((tmp_path / step_of("github/codeql-action/upload-sarif@")["with"]["sarif_file"]).read_text())
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
              for result in sarif["runs"][0]["results"]}
    assert {"claims/bad.toml"} == places
    (tmp_path / "claims/bad.toml").write_text("no claim")
    assert 1 == code()


def test_hooks_are_there() -> None:
    """Each hook that the page takes is one that the repository has, and none is left out."""
    taken = yaml.safe_load(shown("pull-requests.md", ".pre-commit-config.yaml"))["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {hook["id"] for repository in taken for hook in repository["hooks"]}
