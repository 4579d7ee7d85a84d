"""The Python API: what it offers, what it gives, and that it imports nothing heavy before it must."""

from __future__ import annotations

import dataclasses
import doctest
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import prover
from prover import api
from prover.api import catalogue, files, kernels, numerics, permutations, questions
from prover.commands.cli import run_command

SOURCE, TARGET = "ggml/normal:head_dim=8", "ggml/neox:head_dim=8"


@pytest.mark.parametrize(
    "module", [prover, catalogue, files, kernels, numerics, permutations, questions],
    ids=lambda module: module.__name__,
)
def test_examples(module: ModuleType) -> None:
    """Every example of the documentation gives what it shows, and there are some."""
    found = doctest.testmod(module)
    assert found.attempted
    assert 0 == found.failed


def test_the_package_offers_what_the_api_lists() -> None:
    """`import prover` and `prover.api` list the same names, each documented."""
    assert {"__version__", *api.__all__} == set(prover.__all__) == set(dir(prover))
    for name in api.__all__:
        assert getattr(prover, name) is getattr(api, name)
        assert isinstance(getattr(api, name), (type, FunctionType)) == bool(getattr(api, name).__doc__)


def test_what_is_not_listed_is_no_attribute() -> None:
    """A name that is not offered is an AttributeError that says which."""
    with pytest.raises(AttributeError, match="module 'prover' has no attribute 'decide'"):
        _ = prover.decide


def test_import_is_light() -> None:
    """`import prover` loads no library that decides."""
    program = "import sys, prover, prover.api; print(sorted({'sympy', 'z3', 'numpy', 'flint'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_a_proof_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """The same JSON, text, Markdown and exit code."""
    proof = prover.prove(SOURCE, TARGET)
    for style, given in (("json", json.dumps(proof.to_json(), indent=1) + "\n"), ("text", proof.to_text()),
                         ("markdown", proof.to_markdown())):
        assert proof.exit_code == run_command(["prove", SOURCE, TARGET, "--format", style])
        assert given == capsys.readouterr().out


MEASURED = Path(__file__).parents[1] / "measured" / "ggml.json"
REPORTS: dict[str, tuple[list[str], Callable[[], prover.Report]]] = {
    "list": (["list"], prover.find),
    "list of words": (["list", "gemma", "3"], lambda: prover.find(["gemma", "3"])),
    "list of what is no layout": (["list", "--unsupported"], prover.unsupported),
    "list of converters": (["list", "--converters"], prover.converters),
    "list of a project's converters": (["list", "--converters", "megatron"], lambda: prover.converters("megatron")),
    "names": (["names", "vllm"], lambda: prover.names("vllm")),
    "show": (["show", "ggml/imrope", "--feed", "text"], lambda: prover.show("ggml/imrope", "text")),
    "precision": (
        ["precision", "ggml/neox:head_dim=8", "--positions", "100", "--kernel", "recurrence", "--pairs"],
        lambda: prover.precision("ggml/neox:head_dim=8", 100, kernels="recurrence", every_pair=True),
    ),
    "show without lists": (["show", "vllm/longrope"], lambda: prover.show("vllm/longrope")),
    "conform": (
        ["conform", "ggml/neox:head_dim=8:base=500", str(MEASURED), "--entry", "neox_d8"],
        lambda: prover.conform("ggml/neox:head_dim=8:base=500", str(MEASURED), "neox_d8"),
    ),
    "identify": (
        ["identify", str(MEASURED), "--entry", "vision_wrap_10_6_d64"],
        lambda: prover.identify(str(MEASURED), "vision_wrap_10_6_d64"),
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_what_the_command_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same text, JSON and exit code, and a `repr` of one line."""
    arguments, ask = REPORTS[name]
    report = ask()
    for more, given in (([], report.to_text()), (["--json"], json.dumps(report.to_json(), indent=1) + "\n")):
        assert report.exit_code == run_command([*arguments, *more])
        assert given == capsys.readouterr().out
    assert (True, 1) == (repr(report).startswith("<report: "), len(repr(report).splitlines()))


def test_certificates_are_told_and_held_against_layouts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`check` with `against` and `explain` are what the commands say."""
    text = prover.prove(SOURCE, TARGET).certificate
    assert text is not None
    path = tmp_path / "kept.json"
    path.write_text(text)
    checked = prover.check(text, against=(SOURCE, TARGET))
    assert (True, True) == (checked.accepted, checked.names_checked)
    other = prover.check(text, against=(TARGET, TARGET))
    assert (False, 4) == (other.accepted, other.exit_code)
    assert "its source is not that of --against" in other.reason
    assert 0 == run_command(["explain", str(path)])
    assert checked.explain(str(path)).to_text() == capsys.readouterr().out
    assert "rejected" in prover.check("{}").explain().to_text()
    for wrong in (SOURCE, (SOURCE,), (SOURCE, TARGET, TARGET)):
        with pytest.raises(prover.ProverError, match="against: expected two specs"):
            prover.check(text, against=wrong)  # type: ignore[arg-type]
    for nothing in (None, 3, text.encode()):
        with pytest.raises(prover.ProverError, match="expected the text of a certificate"):
            prover.check(nothing)  # type: ignore[arg-type]


@pytest.mark.slow
def test_classes_come_with_certificates() -> None:
    """Each member but the first has one that the checker accepts."""
    found = prover.classes("ggml/neox:head_dim=8", feeds="text", width=8)
    assert sum(map(len, found.classes)) - len(found.classes) == len(found.certificates) > 0
    assert all(prover.check(text) for _, text in found.certificates[:3])


def test_answers_are_frozen() -> None:
    """Nobody changes a verdict after it was given."""
    answers = (prover.prove(SOURCE, TARGET), prover.load(SOURCE), prover.check("{}"))
    for answer, name in zip(answers, ("verdict", "width", "accepted"), strict=True):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(answer, name, None)


def test_a_layout_may_stand_for_its_spec() -> None:
    """What was loaded once can be proved about, and equal specs are equal layouts."""
    source, target = prover.load(SOURCE), prover.load(TARGET)
    assert prover.prove(SOURCE, TARGET) == prover.prove(source, target)
    assert source == prover.load(SOURCE)
    assert source != target


def test_certificates_are_checked() -> None:
    """The evidence is accepted, and a changed one rejected with the reason and exit code 4."""
    certificate = prover.prove(SOURCE, TARGET).certificate
    assert certificate is not None
    assert (True, 0) == (prover.check(certificate).accepted, prover.check(certificate).exit_code)
    spoiled = prover.check(certificate.replace('"permutation":[0,2', '"permutation":[2,0'))
    assert (False, 4) == (spoiled.accepted, spoiled.exit_code)
    assert repr(spoiled).startswith("<rejected: ")


def test_mistakes_are_one_kind_of_error() -> None:
    """A bad spec raises ProverError, which is a ValueError too, with the exit code the command has."""
    with pytest.raises(prover.ProverError, match="nowhere") as caught:
        prover.load("ggml/nowhere")
    assert isinstance(caught.value, ValueError)
    assert 2 == caught.value.exit_code


def test_theorems_and_rewrites() -> None:
    """All sizes, loops and bits come as answers with a word, a sentence and an exit code."""
    always = prover.prove_for_all("ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", ["n_rot", "base"])
    assert ("convertible", 5) == (always.verdict, always.exit_code)
    where = prover.solve("ggml/mrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,sections", feeds=["text"])
    assert ("different", 1) == (where.verdict, where.exit_code)
    assert where.to_json()["condition"]
    bits = prover.prove_bits("ggml/mrope", "ggml/neox", feeds=["text"])
    assert "bits" in repr(bits)


def test_run_gives_results_one_by_one() -> None:
    """Proof files are run in order, each result with its exit code."""
    proofs = prover.run(["06-gpt-oss-yarn", "01-normal-to-neox"])
    for _ in range(2):
        assert [("06-gpt-oss-yarn", 0), ("01-normal-to-neox", 0)] == [(r.name, r.exit_code) for r in proofs]
    for jobs in (0, -1, 1.5, "x"):
        with pytest.raises(prover.ProverError, match="jobs: expected a whole number from 1 on"):
            prover.run("01-normal-to-neox", jobs=jobs)  # type: ignore[arg-type]


def test_one_text_stands_for_several() -> None:
    """A feed, a condition or a name given as a plain text is one of them, not its letters."""
    specs = "ggml/imrope:n_rot=16:sections=3,3,2,0", "ggml/mrope:n_rot=16:sections=3,3,2,0"
    feed = "t=p,h=p,w=p,e=0"
    assert prover.prove(*specs, feeds=[feed]) == prover.prove(*specs, feeds=feed)
    assert prover.prove(*specs, feeds=feed) != prover.prove(*specs)
    shown = [str(prover.show(specs[0], feeds)) for feeds in (["text"], "text", ())]
    assert shown[0] == shown[1] != shown[2]
    bases = "ggml/neox", "ggml/neox:base=500000", "base"
    one, several = (prover.prove_for_all(*bases, where=where) for where in ("base == 500000", ["base == 500000"]))
    assert one.to_json() == several.to_json()
    assert "equivalent" == one.verdict


def test_an_answer_is_no_truth_value() -> None:
    """`if prove(...)` would be true for every verdict; what the checker says is true if it accepted."""
    different = prover.prove("ggml/neox:head_dim=8", "ggml/neox:head_dim=8:base=500")
    assert "different" == different.verdict
    for answer in (different, prover.prove(SOURCE, TARGET)):
        with pytest.raises(TypeError, match="compare its verdict"):
            bool(answer)
        assert answer.certificate is not None
        assert True is bool(prover.check(answer.certificate))
    assert False is bool(prover.check("{}"))


@pytest.mark.parametrize("relation", ["equal", "bitwise", "runtime", "none", ""])
def test_an_unknown_relation_is_an_error_of_the_user(relation: str) -> None:
    """It raises ProverError, as everything does that a caller gets wrong, and says which there are."""
    for ask in (lambda: prover.prove(SOURCE, TARGET, relation=relation),  # type: ignore[arg-type]
                lambda: prover.prove_for_all(SOURCE, TARGET, "base", relation=relation)):  # type: ignore[arg-type]
        with pytest.raises(prover.ProverError, match=r"no relation.*identical, equal-scores, permutation"):
            ask()
