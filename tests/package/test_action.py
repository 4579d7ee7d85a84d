"""The GitHub Action and the hooks for pre-commit, run step by step as a runner would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from prover.api import run
from tests.conftest import TESTS

ROOT = TESTS.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
MARK = "<!-- rope-prover -->"
CLAIM = """
title = "<img src=x onerror=alert(1)> | `a`"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"
[expect]
verdict = "{}"
relation = "permutation"
"""
GH = f"""#!{sys.executable}
import json, os, sys
comments = json.load(open("comments.json"))
words = sys.argv[1:]
assert words[0] == "api", words
if os.environ.get("REFUSE"):
    sys.exit("HTTP 403")
if "--jq" in words:
    assert "repos/owner/name/issues/7/comments" in words and {MARK!r} in words[words.index("--jq") + 1]
    print(*[c["id"] for c in comments if c["bot"] and c["body"].startswith({MARK!r})], sep="\\n")
    sys.exit()
body = open(words[words.index("-F") + 1].removeprefix("body=@"), encoding="utf-8").read()
method, place = words[words.index("--method") + 1], words[words.index("--method") + 2]
if method == "POST":
    assert place == "repos/owner/name/issues/7/comments"
    comments.append({{"id": 100 + len(comments), "bot": True, "body": body}})
else:
    assert method == "PATCH"
    next(c for c in comments if place == f"repos/owner/name/issues/comments/{{c['id']}}")["body"] = body
json.dump(comments, open("comments.json", "w"))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A runner: a repository of two configs and two claims, the prover where the first step puts it, and `gh`."""
    tools = tmp_path / "temp/rope-prover/bin"
    tools.mkdir(parents=True)
    prover = f'#!/bin/sh\nexec {sys.executable} -m prover "$@"\n'
    for path, text in ((tools / "rope-prover", prover), (tools / "gh", GH)):
        path.write_text(text)
        path.chmod(0o755)
    repository = tmp_path / "repository"
    (repository / "claims").mkdir(parents=True)
    (repository / "comments.json").write_text(json.dumps([{"id": 1, "bot": False, "body": MARK + " mine"}]))
    for name, verdict in (("good", "convertible"), ("bad", "equivalent")):
        (repository / f"claims/{name}.toml").write_text(CLAIM.format(verdict))
        list(run(str(repository / f"claims/{name}.toml"), update=True))
    config = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 2}
    (repository / "config.json").write_text(json.dumps(config))
    return repository


def step(name: str, work: Path, given: Mapping[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action with inputs, its defaults for the others."""
    found = next(each for each in ACTION["runs"]["steps"] if each["name"] == name)
    inputs = {key: value["default"] for key, value in ACTION["inputs"].items()} | dict(given)
    temp = work.parent / "temp"
    known = {f"inputs.{key}": value for key, value in inputs.items()} | {
        "github.event.pull_request.number": "7", "steps.review.outputs.report": f"{temp}/rope-prover-report.md",
    }
    env = {key: re.sub(r"\$\{\{ (.*?) \}\}", lambda word: known[word[1]], str(value))
           for key, value in found.get("env", {}).items() if key != "GH_TOKEN"}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]], cwd=work, capture_output=True,
        text=True, env={"PATH": f"{temp}/rope-prover/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
                        "RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(ROOT), "LC_ALL": "C.UTF-8",
                        "GITHUB_OUTPUT": str(temp / "output"), "GITHUB_STEP_SUMMARY": str(temp / "summary"),
                        "GITHUB_REPOSITORY": "owner/name", **env, **more},
    )


def comments(work: Path) -> list[dict[str, Any]]:
    """What stands in the pull request."""
    found: list[dict[str, Any]] = json.loads((work / "comments.json").read_text())
    return found


def test_claims_are_proved_and_told(work: Path) -> None:
    """A claim that is not as expected fails the step; the comment is written once and then kept up to date."""
    done = step("Prove and audit", work, {"claims": "claims/*.toml"})
    assert 1 == done.returncode, done.stderr
    told = step("Tell the pull request", work, {})
    assert 0 == told.returncode, told.stderr
    mine, posted = comments(work)
    assert MARK + " mine" == mine["body"]
    assert posted["body"].startswith(f"{MARK}\n## RoPE claims")
    assert "expected equivalent, got convertible" in posted["body"]
    assert not re.search(r"(?<!\\)<(?!!-- rope-prover -->)|(?<!\\)`a", posted["body"])
    assert (work.parent / "temp/summary").read_text() == posted["body"].partition("\n")[2]
    assert 0 == step("Prove and audit", work, {"claims": "claims/good.toml"}).returncode
    assert 0 == step("Tell the pull request", work, {}).returncode
    again = comments(work)
    assert (2, posted["id"]) == (len(again), again[1]["id"])
    assert "1 of 1 claim is as expected." in again[1]["body"]


@pytest.mark.parametrize(("fails", "code"), [("false", 0), ("true", 1)])
def test_audits_fail_where_they_are_asked_to(work: Path, fails: str, code: int) -> None:
    """gpt-oss is read otherwise by mlx-lm; that is told, and fails the step if it is to."""
    (work / "oss").mkdir()
    (work / "oss/config.json").write_text((TESTS / "sources/gpt-oss.json").read_text())
    done = step("Prove and audit", work, {"configs": "**/config.json", "engines": "mlx-lm", "audit-fails": fails})
    assert code == done.returncode, done.stderr
    report = (work.parent / "temp/rope-prover-report.md").read_text()
    assert report.startswith("## RoPE of the model configs\n")
    assert "different" in report


@pytest.mark.parametrize("given", [
    {}, {"claims": "claims/no*.toml"}, {"configs": "none/*.json"}, {"configs": "config.json", "engines": "nobody"},
], ids=["nothing", "no claims", "no configs", "unknown engine"])
def test_what_cannot_be_asked(work: Path, given: dict[str, str]) -> None:
    """A pattern that names nothing, or an unknown engine, is bad usage, and no silent success."""
    done = step("Prove and audit", work, given)
    assert 2 == done.returncode
    assert done.stderr.startswith("error: ")
    assert done.stderr.splitlines()[0].replace("`", "") in (work.parent / "temp/summary").read_text()


def test_inputs_are_not_run(work: Path) -> None:
    """What stands in an input is a pattern and nothing else."""
    done = step("Prove and audit", work, {"claims": "$(touch${IFS}made) `touch${IFS}made` ;touch${IFS}made"})
    assert 2 == done.returncode
    assert not (work / "made").exists()


def test_a_token_that_may_not_write(work: Path) -> None:
    """The job goes on and says where the result is."""
    step("Prove and audit", work, {"claims": "claims/good.toml"})
    told = step("Tell the pull request", work, {}, REFUSE="1")
    assert 0 == told.returncode
    assert "::warning::" in told.stdout


def test_a_long_report_is_cut(work: Path) -> None:
    """A comment stays below what GitHub takes, in bytes, and says first that it is cut."""
    (work.parent / "temp/rope-prover-report.md").write_text(f"{'ä' * 100}\n\n" * 400, encoding="utf-8")
    assert 0 == step("Tell the pull request", work, {}).returncode
    body = comments(work)[1]["body"]
    assert body.startswith(f"{MARK}\n> Left out, since there is no more room here: ")
    assert 65536 > len(body.encode()) > 58000


@pytest.mark.parametrize(("hook", "files", "code"), [
    ("rope-prover-claims", ["claims/good.toml"], 0), ("rope-prover-claims", ["claims/good.toml", "claims/bad.toml"], 1),
    ("rope-prover-audit", ["config.json"], 0), ("rope-prover-certificates", ["claims/good.json"], 0),
])
def test_hooks(work: Path, hook: str, files: list[str], code: int) -> None:
    """Each runs on the files that its pattern takes."""
    assert all(re.search(HOOKS[hook]["files"], file) for file in files)
    program, *arguments = HOOKS[hook]["entry"].split()
    done = subprocess.run([work.parent / "temp/rope-prover/bin" / program, *arguments, *files], cwd=work,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert code == done.returncode, done.stderr


@pytest.mark.slow
def test_the_action_installs_what_it_runs(work: Path) -> None:
    """The first step, in a folder that has nothing."""
    temp = work.parent / "other"
    temp.mkdir()
    found = ACTION["runs"]["steps"][0]
    subprocess.run(["bash", "-eo", "pipefail", "-c", found["run"]], check=True, cwd=work,
                   env={"PATH": os.environ["PATH"], "RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(ROOT)})
    done = subprocess.run([temp / "rope-prover/bin/rope-prover", "run", "claims/good.toml"], cwd=work, check=False)
    assert 0 == done.returncode
