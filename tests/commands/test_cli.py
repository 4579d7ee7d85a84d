"""The contract of the commands: exit codes, JSON fields, help, what is imported, and output that can be used."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest

from conftest import spec_of
from prover import __version__
from prover.checker import RUNGS, check
from prover.commands import cli
from prover.commands.cli import run_command
from prover.errors import EvidenceError, UndecidedError
from sampling import few

Capture = pytest.CaptureFixture[str]
SMALL = ("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
TURNS = spec_of("tests/turns")
PROGRESS = re.compile(r"(^|: )\d+ of \d+, \d+ %")  # on a slow machine


def run_json(capsys: Capture, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the one JSON object that a command prints."""
    code = run_command(list(arguments))
    captured = capsys.readouterr()
    # What takes more than ten seconds says how far it is.
    assert all(re.fullmatch(r".+: \d+ of \d+, \d+ %(, .+ left)?", line) for line in captured.err.splitlines())
    found = json.loads(captured.out)
    assert isinstance(found, dict)
    return code, found


def fresh(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command line in a new interpreter."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, **environment},
    )


# The source, the target, options, and the exit code, verdict and lowest relation that must come out.
PROVED: dict[str, tuple[list[str], int, str, str]] = {
    "identical": (["ggml/neox", "ggml/neox"], 0, "equivalent", "identical"),
    "permutation": (["ggml/normal", "ggml/neox"], 5, "convertible", "permutation"),
    "permutation allowed": (["ggml/normal", "ggml/neox", "--relation", "permutation"], 0, "equivalent", "permutation"),
    "pair map allowed": (["ggml/normal", "ggml/neox", "--relation", "pair-map"], 0, "equivalent", "permutation"),
    "only equal scores": (["ggml/normal", "ggml/neox", "--relation", "equal-scores"], 1, "different", "permutation"),
    "only identical": (["ggml/normal", "ggml/neox", "--relation", "identical"], 1, "different", "permutation"),
    "scale": (["ggml/neox:attn_factor=2", "ggml/neox"], 5, "convertible", "pair-map"),
    "scale allowed": (["ggml/neox:attn_factor=2", "ggml/neox", "--relation", "linear"], 0, "equivalent", "pair-map"),
    "scale, permutation": (["ggml/neox:attn_factor=2", "ggml/neox", "--relation", "permutation"], 1, "different",
                           "pair-map"),
    "phase": ([f"{TURNS}:turns=1/3,1/5:phase=1", f"{TURNS}:turns=1/3,1/5"], 0, "equivalent", "equal-scores"),
    "phase, identical": ([f"{TURNS}:turns=1/3,1/5:phase=1", f"{TURNS}:turns=1/3,1/5", "--relation", "identical"], 1,
                         "different", "equal-scores"),
    "base": (["ggml/neox:base=20000", "ggml/neox"], 1, "different", "none"),
    "base, identical": (["ggml/neox:base=20000", "ggml/neox", "--relation", "identical"], 1, "different", "none"),
    "axes": (["ggml/imrope", "ggml/mrope"], 1, "different", "none"),
    "text": (["ggml/imrope:sections=11,11,10,0:n_rot=64", "ggml/mrope:sections=11,11,10,0:n_rot=64", "--feed", "text"],
             0, "equivalent", "identical"),
    "written feed": (["ggml/imrope", "ggml/neox", "--feed", "t=p,h=p,w=p,e=0"], 1, "different", "none"),
    "two feeds": (["ggml/imrope", "ggml/neox", "--feed", "t=p,h=p,w=p,e=0", "--feed", "t=p,h=p,w=p,e=p"], 1,
                  "different", "none"),
}


FIELDS = {"schema", "verdict", "relation", "strength", "source", "target", "feeds", "differing_pairs", "witness",
          "refutation", "numeric", "explanation"}


@pytest.mark.parametrize(("arguments", "code", "verdict", "relation"), PROVED.values(), ids=PROVED)
def test_prove(capsys: Capture, arguments: list[str], code: int, verdict: str, relation: str) -> None:
    """The exit code, the verdict and the lowest relation, in JSON that has the promised fields and types."""
    found_code, found = run_json(capsys, "prove", *arguments, "--json")
    assert (code, code, verdict, relation) == (found_code, found["exit_code"], found["verdict"], found["relation"])
    assert set() == FIELDS - found.keys()
    assert ("rope-prover/verdict/2", "checked certificate", arguments[0], arguments[1]) == (
        found["schema"], found["strength"], found["source"], found["target"])
    assert ("checked certificate", [{"strength": "exact"}] * 2) == (
        found["proof_strength"], [found["sides"][side] for side in ("source", "target")])
    assert {"source", "target"} == found["differing_pairs"].keys()
    assert all(type(index) is int for side in found["differing_pairs"].values() for index in side)
    feeds = [after for before, after in pairwise(arguments) if before == "--feed"]
    assert (feeds or ["free"]) == found["feeds"]


@pytest.mark.parametrize(("arguments", "code", "verdict", "relation"), PROVED.values(), ids=PROVED)
def test_formats_agree(capsys: Capture, arguments: list[str], code: int, verdict: str, relation: str) -> None:
    """Text and Markdown give the verdict, the relation and the exit code that JSON gives."""
    outputs = {}
    for style in ("text", "markdown"):
        assert code == run_command(["prove", *arguments, "--format", style])
        outputs[style] = capsys.readouterr().out
    words = "none holds" if relation == "none" else f"{relation} is the lowest that holds"
    assert (f"{verdict.upper()}: ", words) == (
        re.match(r"[A-Z]+: ", outputs["text"])[0], re.search(words, outputs["text"])[0])  # type: ignore[index]
    assert (f"### {verdict.capitalize()}: ", words) == (
        re.match(r"### [A-Z][a-z]+: ", outputs["markdown"])[0],  # type: ignore[index]
        re.search(words, outputs["markdown"])[0])  # type: ignore[index]


def test_json_has_two_spellings(capsys: Capture) -> None:
    """--json is --format json."""
    outputs = []
    for spelled in (["--json"], ["--format", "json"]):
        assert 5 == run_command(["prove", *SMALL, *spelled])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_json_witness(capsys: Capture) -> None:
    """The witness of NORMAL and NEOX is the permutation and its idiom."""
    _, found = run_json(capsys, "prove", *SMALL, "--json")
    expected = {"permutation": [0, 2, 4, 6, 1, 3, 5, 7],
                "numpy": "W.reshape(4, 2, -1).transpose(1, 0, 2).reshape(8, -1)"}
    witness = found["witness"]
    assert expected == {"permutation": witness["permutation"], "numpy": witness["idiom"]["numpy"]}


def test_json_refutation(capsys: Capture) -> None:
    """A trace refutation gives the position and two disjoint intervals of decimals."""
    _, found = run_json(capsys, "prove", "ggml/imrope", "ggml/mrope", "--json")
    refutation = found["refutation"]
    (a, b), (c, d) = ([float(end) for end in refutation[side]] for side in ("trace_source", "trace_target"))
    assert ({"e", "h", "t", "w"}, True, None) == (
        refutation["position"].keys(), a <= b < c <= d or c <= d < a <= b, found["witness"])


def test_json_numeric(capsys: Capture) -> None:
    """The numeric part passed in both precisions and has a negative control."""
    _, found = run_json(capsys, "prove", *SMALL, "--json")
    numeric = found["numeric"]
    kinds = {(c["precision"], c["what"].startswith("negative control")) for c in numeric["comparisons"]}
    assert (True, {("float64", False), ("float32", False), ("float64", True)}) == (numeric["passed"], kinds)


@pytest.mark.parametrize("feed", ["t=feed,h=feed,w=p,e=0", "t=p,h=p,w=p,e=0"])
def test_tokens_name_their_feed(capsys: Capture, feed: str) -> None:
    """The tokens of a counterexample say which feed they belong to, whatever the coordinates are called."""
    code = run_command(["prove", "ggml/imrope", "ggml/neox", "--feed", "t=p,h=p,w=p,e=p", "--feed", feed, "--json"])
    out = capsys.readouterr().out
    tokens = json.loads(out)["numeric"]["counterexample"]["tokens"] if code != 2 else []
    assert [] == [token for token in tokens if token["feed"] not in (0, 1) or token.keys() == {"feed"}]


@pytest.mark.parametrize("name", [name for name, row in PROVED.items() if row[2] == "different"])
def test_snippet_runs(capsys: Capture, tmp_path: Path, name: str) -> None:
    """The counterexample runs as pasted, and prints the two values of the report."""
    _, found = run_json(capsys, "prove", *PROVED[name][0], "--json")
    shown = found["numeric"]["counterexample"]
    (tmp_path / "snippet.py").write_text(shown["snippet"])
    done = fresh(str(tmp_path / "snippet.py"))
    assert (0, "") == (done.returncode, done.stderr)
    values = [float(word) for word in done.stdout.split()[1::2]]
    gaps = [abs(value - shown[side]["value"]) for value, side in zip(values, ("source", "target"), strict=True)]
    assert max(gaps) < 1e-5


def test_snippet_in_text_and_markdown(capsys: Capture, tmp_path: Path) -> None:
    """The snippet that text shows, as it stands there, and the one that Markdown fences run from a file."""
    run_command(["prove", "ggml/imrope", "ggml/mrope"])
    text = capsys.readouterr().out.partition("Counterexample, as Python to paste:\n\n")[2]
    run_command(["prove", "ggml/imrope", "ggml/mrope", "--format", "markdown"])
    fenced = re.findall(r"```python\n(.*?)\n```", capsys.readouterr().out, re.DOTALL)[-1]
    for snippet in (text, fenced):
        (tmp_path / "pasted.py").write_text(snippet)
        done = fresh(str(tmp_path / "pasted.py"))
        assert (0, "") == (done.returncode, done.stderr)


CERTIFIED = ("identical", "permutation", "only equal scores", "scale", "phase", "axes", "two feeds")


@pytest.mark.parametrize("name", CERTIFIED)
def test_certificate_is_accepted(capsys: Capture, tmp_path: Path, name: str) -> None:
    """The certificate written by `prove` is accepted by `check`, which states the same."""
    path = tmp_path / "certificate.json"
    arguments, code, _, relation = PROVED[name]
    assert code == run_command(["prove", *arguments, "--certificate", str(path)])
    assert f"rope-prover check {path}" in capsys.readouterr().out
    checked, found = run_json(capsys, "check", str(path), "--json")
    row = found["certificates"][0]
    ladder = [*RUNGS, "none"]
    below = ladder.index(relation) - 1
    expected = (0, True, None if relation == "none" else relation, ladder[below] if below >= 0 else None)
    assert expected == (checked, row["accepted"], row["holds"], row["fails"])
    assert (row["holds"], row["fails"]) == check(path.read_text())


def test_check_text(capsys: Capture, tmp_path: Path) -> None:
    """`check` prints a line per certificate: accepted ones to standard output, rejected ones to standard error."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    run_command(["prove", *SMALL, "--certificate", str(good)])
    bad.write_text(good.read_text().replace('"permutation":[0,2', '"permutation":[2,0'))
    capsys.readouterr()
    assert 4 == run_command(["check", str(good), str(bad)])
    captured = capsys.readouterr()
    assert (1, 1) == (captured.out.count("\n"), captured.err.count("\n"))
    assert f"accepted {good}: 'permutation' holds and 'equal-scores' fails" in captured.out
    assert f"REJECTED {bad}: the digest does not match the content" in captured.err


def test_check_json_of_a_rejected_one(capsys: Capture, tmp_path: Path) -> None:
    """`check --json` prints one object with the reason and ends with exit code 4."""
    path = tmp_path / "bad.json"
    path.write_text("{}")
    code, found = run_json(capsys, "check", "--json", str(path))
    row = found["certificates"][0]
    assert (4, "rope-prover/check/1", str(path), False) == (code, found["schema"], row["file"], row["accepted"])
    assert "expected exactly the fields" in row["reason"]


CLAIM = '''title = "a claim"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"

[expect]
verdict = "convertible"
relation = "permutation"
'''


def test_run_update_then_run(capsys: Capture, tmp_path: Path) -> None:
    """A claim without its certificate is not as expected; `--update` writes it, and then it is."""
    path = tmp_path / "claim.toml"
    path.write_text(CLAIM)
    codes = [run_command(["run", *option, str(path)]) for option in ([], ["--update"], [])]
    assert [1, 0, 0] == codes
    out = capsys.readouterr().out
    assert (["claim.json", "claim.toml"], 1, 2) == (
        sorted(os.listdir(tmp_path)), out.count("claim.json is missing"), out.count("1 of 1 claim is as expected."))


def test_run_of_what_is_allowed(capsys: Capture, tmp_path: Path) -> None:
    """A claim file that allows a permutation is equivalent by it; one that does not say is convertible."""
    path = tmp_path / "claim.toml"
    allowed = CLAIM.replace("[expect]", 'relation = "permutation"\n[expect]').replace("convertible", "equivalent")
    words = []
    for text in (CLAIM, allowed):
        path.write_text(text)
        assert 0 == run_command(["run", "--update", str(path), "--format", "json"])
        (row,) = json.loads(capsys.readouterr().out)["claims"]
        words.append((row["verdict"], row["limit"], row["exit_code"]))
    assert [("convertible", None, 5), ("equivalent", "permutation", 0)] == words


EXPECTATIONS = {
    "verdict": ('verdict = "convertible"', 'verdict = "different"', "verdict: expected different, got convertible"),
    "relation": ('relation = "permutation"', 'relation = "identical"', "relation: expected identical, got permutation"),
    "pairs": ('relation = "permutation"', 'relation = "permutation"\npairs = [1]', "source pairs: expected [1], got"),
    "kind": ('relation = "permutation"', 'relation = "permutation"\nkind = "trace"', "refutation: expected trace"),
    "limit": ("[expect]", 'relation = "identical"\n[expect]', "verdict: expected convertible, got different"),
}


@pytest.mark.parametrize(("old", "new", "problem"), EXPECTATIONS.values(), ids=EXPECTATIONS)
@pytest.mark.parametrize("style", ["text", "markdown", "json"])
def test_run_not_as_expected(
    capsys: Capture, tmp_path: Path, style: str, old: str, new: str, problem: str
) -> None:
    """A claim that comes out otherwise ends with exit code 1 and the difference, and `--update` does not hide it."""
    path = tmp_path / "claim.toml"
    path.write_text(CLAIM.replace(old, new, 1))
    assert 1 == run_command(["run", "--update", str(path), "--format", style])
    shown = capsys.readouterr().out.replace("\\", "")
    assert (True, ["claim.toml"]) == (problem in shown, os.listdir(tmp_path))


@pytest.mark.slow
def test_run_shipped_proofs(capsys: Capture) -> None:
    """All shipped proofs are as expected, and JSON lists each by name."""
    code, found = run_json(capsys, "run", "--format", "json")
    names = [row["name"] for row in found["claims"]]
    _, listed = run_json(capsys, "list", "--json")
    assert (0, "rope-prover/run/1", list(listed["proofs"])) == (code, found["schema"], names)
    assert [] == [row["name"] for row in found["claims"] if row["problems"]]


def test_claims_of_one_name_are_told_apart(capsys: Capture, tmp_path: Path) -> None:
    """By their paths; a name that only one has stays as it is."""
    files = [tmp_path / name for name in ("a/same.toml", "b/same.toml", "b/other.toml")]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text(CLAIM)
    _, found = run_json(capsys, "run", "--update", *map(str, files), "--format", "json")
    assert [f"{tmp_path}/a/same", f"{tmp_path}/b/same", "other"] == [each["name"] for each in found["claims"]]


def test_run_by_name(capsys: Capture) -> None:
    """A shipped proof is run by its name."""
    assert 0 == run_command(["run", "02-imrope-to-mrope"])
    assert "ok  02-imrope-to-mrope  different, none" in capsys.readouterr().out


ABOUT = {
    "02-imrope-to-mrope": "ggml/imrope:n_rot=64:sections=11,11,10,0 -> ggml/mrope:n_rot=64:sections=11,11,10,0",
    "03-imrope-to-mrope-text":
        "ggml/imrope:n_rot=64:sections=11,11,10,0 -> ggml/mrope:n_rot=64:sections=11,11,10,0, feeds text",
    "runtime-2-qwen3-vl-on-imrope":
        "transformers/mrope-stride3:mrope_section=24,20,20 -> ggml/imrope:sections=24,20,20,0, feeds text, image",
    "theorem-6-partial-full": "ggml/neox:n_rot=head_dim -> ggml/neox",
    "bitwise-2-recurrence-power": "ggml/neox -> proofs/recipes/neox-power.toml",
    "rewrite-2-running-product": " proofs/rewrites/running-product.toml -> ggml/neox",
}


@pytest.mark.parametrize("name", ABOUT)
@pytest.mark.parametrize("style", few(["text", "markdown"]))
def test_run_says_which_specs_it_proved(capsys: Capture, name: str, style: str) -> None:
    """Run by name, each kind of file says which two specs it is about, and under which feeds."""
    assert 0 == run_command(["run", name, "--format", style])
    assert ABOUT[name] in capsys.readouterr().out.replace("`", "")


def test_list(capsys: Capture) -> None:
    """`list` names the layouts and the proofs, in text and as JSON alike."""
    code, found = run_json(capsys, "list", "--json")
    assert (0, "rope-prover/list/1") == (code, found["schema"])
    assert {"ggml/neox", "ggml/imrope", "transformers/half", "generic/table"} <= found["layouts"].keys()
    assert 0 == run_command(["list"])
    text = capsys.readouterr().out
    assert [] == [name for name in [*found["layouts"], *found["proofs"]] if f"  {name}  " not in text]


@pytest.mark.slow
def test_every_listed_layout_is_shown(capsys: Capture) -> None:
    """Every layout that `list` names is shown, in text and as JSON, though it may ask for parameters."""
    _, found = run_json(capsys, "list", "--json")
    for name in found["layouts"]:
        codes = {run_command(["show", name]), run_command(["show", name, "--json"])}
        assert ({0}, "") == (codes, capsys.readouterr().err), name


def test_show(capsys: Capture) -> None:
    """`show` gives the exact layout: lanes and frequencies of every pair."""
    code, found = run_json(capsys, "show", "ggml/neox:head_dim=8:n_rot=4", "--json")
    pairs = found["layout"]["pairs"]
    turns = [{"exact": "1", "value": 1.0}, {"exact": "0.01", "value": 0.01}]
    expected = (0, 8, [[0, 2], [1, 3]], turns, [[4, 4], [5, 5], [6, 6], [7, 7]])
    assert expected == (code, found["layout"]["width"], [pair["read"] for pair in pairs],
                        [pair["angle"]["frequencies"]["p"] for pair in pairs], found["layout"]["passes"])


def test_show_all(capsys: Capture) -> None:
    """A long table is cut with the number of pairs left out, and `--all` shows them."""
    shown = []
    for option in ([], ["--all"]):
        assert 0 == run_command(["show", "ggml/neox:head_dim=200", *option])
        shown.append(capsys.readouterr().out)
    assert (True, False) == tuple("28 more pairs; --all shows all" in text for text in shown)
    assert (False, True) == tuple(bool(re.search(r"^99 +99, 199", text, re.MULTILINE)) for text in shown)


USAGE = {
    "no command": [],
    "unknown command": ["bogus"],
    "unknown option": ["list", "--bogus"],
    "unknown group option": ["--bogus"],
    "no spec": ["show"],
    "one spec": ["prove", "ggml/neox"],
    "three specs": ["prove", "a", "b", "c"],
    "no certificate": ["check"],
    "bad relation": ["prove", *SMALL, "--relation", "magic"],
    "bad format": ["prove", *SMALL, "--format", "xml"],
    "bad run format": ["run", "--format", "xml"],
    "option without its value": ["prove", *SMALL, "--feed"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_usage_errors(capsys: Capture, arguments: list[str]) -> None:
    """Bad usage ends with exit code 2, what is wrong on standard error and nothing on standard output."""
    assert 2 == run_command(arguments)
    captured = capsys.readouterr()
    assert ("", True) == (captured.out, captured.err.startswith(("Usage: rope-prover", "error: Option '--feed'")))


def test_a_parameter_as_an_argument_of_its_own(capsys: Capture) -> None:
    """Whoever writes a parameter behind a space is told where it belongs; other words too many are only refused."""
    assert 2 == run_command(["show", "ggml/neox", "n_rot=64"])
    assert "(n_rot=64). Parameters stand behind colons, such as ggml/neox:n_rot=64" in capsys.readouterr().err
    assert 2 == run_command(["show", "ggml/neox", "ggml/normal"])
    assert "colons" not in capsys.readouterr().err


HELP = {"group": [], "list": ["list"], "show": ["show"], "prove": ["prove"], "check": ["check"], "run": ["run"]}


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", HELP.values(), ids=HELP)
def test_help(capsys: Capture, command: list[str], option: str) -> None:
    """Help ends with exit code 0 and goes to standard output."""
    assert 0 == run_command([*command, option])
    captured = capsys.readouterr()
    assert (True, "") == (captured.out.startswith("Usage: rope-prover"), captured.err)


CODES = {"": "012345", "prove": "012345", "solve": "012345", "rewrite": "01234", "check": "0234", "run": "01234",
         "classes": "0234", "conform": "01234", "identify": "01234", "names": "0234"}


@pytest.mark.parametrize("command", CODES)
def test_help_states_exit_codes(capsys: Capture, command: str) -> None:
    """All exit codes that a command has are documented in its help."""
    run_command([*command.split(), "--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    start = lines.index("Exit codes:")
    assert CODES[command] == "".join(line[:1] for line in lines[start + 1 :] if line[1:3] == "  ")


def test_version(capsys: Capture) -> None:
    """The version is that of the package; below it those of Python and what decides."""
    assert 0 == run_command(["--version"])
    first, second = capsys.readouterr().out.splitlines()
    assert f"rope-prover, version {__version__}" == first
    assert f"z3-solver {importlib.metadata.version('z3-solver')}" in second.split(", ")
    assert f"Python {sys.version.split()[0]}" in second.split(", ")


LIGHT = {
    "help": ["--help"],
    "version": ["--version"],
    "help of prove": ["prove", "--help"],
    "help of run": ["run", "--help"],
    "list": ["list"],
    "list as JSON": ["list", "--json"],
    "names": ["names"],
    "names of a project": ["names", "vllm"],
    "no command": [],
    "unknown command": ["bogus"],
    "bad relation": ["prove", "a", "b", "--relation", "magic"],
    "missing argument": ["show"],
    "check": ["check", "none.json"],
    "completion": ["completion", "bash"],
    "schema": ["schema", "verdict"],
}


@pytest.mark.parametrize("arguments", LIGHT.values(), ids=LIGHT)
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    """Help, list, usage errors and check answer without sympy, z3 and numpy."""
    script = (
        "import sys\nfrom prover.commands.cli import run_command\nrun_command(sys.argv[1:])\n"
        "print(sorted({'sympy', 'z3', 'numpy', 'flint', 'rich'} & sys.modules.keys()), file=sys.stderr)\n"
    )
    assert "[]" == fresh("-c", script, *arguments).stderr.splitlines()[-1]


# What is not imported: SymPy where numbers are given, Z3 where the pairs' partners are forced, readers of models where
# none is named.
SPARED = {
    "moved rows": (["prove", "ggml/normal:head_dim=8", "ggml/neox:head_dim=8"],
                   {"sympy", "z3", "rich", "prover.sources.reading", "prover.theorems", "prover.weights"}),
    "the same": (["prove", "ggml/neox:head_dim=8", "ggml/neox:head_dim=8"],
                 {"sympy", "z3", "rich", "prover.sources.reading", "prover.theorems", "prover.weights"}),
    "different": (["prove", "ggml/imrope:n_rot=16:sections=3,3,2,0", "ggml/mrope:n_rot=16:sections=3,3,2,0"],
                  {"sympy", "rich", "prover.sources.reading", "prover.theorems", "prover.weights"}),
    "stored numbers": (["prove", "ggml/neox:head_dim=8:base=f32(500000)", "ggml/neox:head_dim=8:base=500000.01"],
                       {"sympy", "rich", "prover.sources.reading", "prover.theorems", "prover.weights"}),
}


@pytest.mark.parametrize(("arguments", "spared"), SPARED.values(), ids=SPARED)
def test_prove_imports_what_it_needs(arguments: list[str], spared: set[str]) -> None:
    """A proof about given numbers starts without what other questions need."""
    script = (
        "import sys\nfrom prover.commands.cli import run_command\nrun_command(sys.argv[1:])\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    loaded = set(fresh("-c", script, *arguments).stderr.split())
    assert {"numpy", "prover.checker"} <= loaded
    assert set() == spared & loaded


def test_run_as_a_module() -> None:
    """`python -m prover` is the same command."""
    done = fresh("-m", "prover", "--version")
    assert (0, f"rope-prover, version {__version__}") == (done.returncode, done.stdout.partition("\n")[0])


def _raise(fault: BaseException) -> Callable[..., None]:
    def fail(*arguments: object, **options: object) -> None:
        raise fault

    return fail


RAISED: dict[str, tuple[BaseException, int, str]] = {
    "interrupt": (KeyboardInterrupt(), 3, "interrupted: nothing was decided\n"),
    "abort": (click.Abort(), 3, "interrupted: nothing was decided\n"),
    "undecided": (UndecidedError("too close"), 3, "error: spec 'ggml/neox': too close\n"),
    "rejected": (EvidenceError("no proof"), 4, "error: spec 'ggml/neox': no proof\n"),
    "our own bug": (AssertionError("bug"), 4, "internal failure: AssertionError: bug. Nothing was decided."),
    "recursion": (RecursionError("deep"), 4, "internal failure: RecursionError: deep."),
    "memory": (MemoryError(), 4, "error: out of memory: nothing was decided."),
}


@pytest.mark.parametrize(("fault", "code", "message"), RAISED.values(), ids=RAISED)
def test_faults_become_exit_codes(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, fault: BaseException, code: int, message: str
) -> None:
    """Whatever is raised inside becomes the documented exit code and one line on standard error."""
    monkeypatch.setattr("prover.layouts.loading._KNOWN", {})
    monkeypatch.setattr("prover.layouts.loading.expand", _raise(fault))
    monkeypatch.delenv("ROPE_PROVER_DEBUG", raising=False)
    assert code == run_command(["show", "ggml/neox"])
    captured = capsys.readouterr()
    assert ("", True, 1) == (captured.out, captured.err.lstrip("\n").startswith(message),
                             captured.err.strip().count("\n") + 1)


def test_interrupt_outside_of_a_command(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while arguments are parsed is exit code 3 too."""
    monkeypatch.setattr(cli.cli, "main", _raise(KeyboardInterrupt()))
    assert 3 == run_command(["list"])
    assert ("", "interrupted: nothing was decided\n") == capsys.readouterr()


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ROPE_PROVER_DEBUG an internal failure is raised, to be seen."""
    monkeypatch.setattr("prover.layouts.loading._KNOWN", {})
    monkeypatch.setattr("prover.layouts.loading.expand", _raise(AssertionError("bug")))
    monkeypatch.setenv("ROPE_PROVER_DEBUG", "1")
    with pytest.raises(AssertionError, match="bug"):
        run_command(["show", "ggml/neox"])


REPEATED = {
    "JSON": ["prove", "ggml/imrope", "ggml/mrope", "--json"],
    "text": ["prove", "ggml/imrope", "ggml/mrope"],
    "markdown": ["prove", "ggml/imrope", "ggml/neox", "--feed", "t=p,h=p,w=p,e=0", "--format", "markdown"],
    "permutation": ["prove", "ggml/normal", "ggml/neox", "--json"],
    "show": ["show", "transformers/half:rope_type=yarn:factor=4:original_max_position_embeddings=4096", "--json"],
    "show text": ["show", "ggml/imrope"],
    "list": ["list"],
    "error": ["show", "ggml/neox:bogus=1"],
    "run": ["run", "02-imrope-to-mrope", "01-normal-to-neox", "--format", "json"],
}


@pytest.mark.parametrize("arguments", few({name: (arguments,) for name, arguments in REPEATED.items()}, 8))
def test_same_bytes_on_every_run(arguments: list[str]) -> None:
    """Two runs with different hash seeds print the same bytes."""
    first, second = (fresh("-m", "prover", *arguments, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert (first.returncode, first.stdout) == (second.returncode, second.stdout)
    told = [[line for line in done.stderr.splitlines() if not PROGRESS.search(line)] for done in (first, second)]
    assert told[0] == told[1]   # but for progress, which a slow machine is told


def test_same_certificate_on_every_run(tmp_path: Path) -> None:
    """Two runs with different hash seeds write the same certificate."""
    paths = [tmp_path / "1.json", tmp_path / "2.json"]
    for seed, path in zip(("1", "2"), paths, strict=True):
        fresh("-m", "prover", "prove", "ggml/imrope", "ggml/mrope", "--certificate", str(path), PYTHONHASHSEED=seed)
    assert paths[0].read_bytes() == paths[1].read_bytes()
