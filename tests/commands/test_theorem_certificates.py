"""Theorem certificates from the command line: written, checked, told, stored by `run`, and rejected when they lie."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy

import pytest

import prover
from prover import theorem_checker
from prover.checker import canonical, digest
from prover.commands.cli import run_command
from prover.resources import PROOFS
from schema_walk import faults

Capture = pytest.CaptureFixture[str]
SPECS = ("ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot")
FOLDER = PROOFS / "theorems"


def signed(root: dict[str, object]) -> str:
    """The canonical text with the digest that fits it."""
    return canonical({**root, "digest": digest(root)})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate that `prove --for-all` writes."""
    path = tmp_path_factory.mktemp("written") / "theorem.json"
    assert 5 == run_command(["prove", *SPECS, "--for-all", "n_rot,base", "--certificate", str(path)])
    return path


def test_a_certificate_is_written_checked_and_told(written: Path, capsys: Capture) -> None:
    """The same digest in the report and in the file; `check` and `explain` say what holds for all sizes."""
    found = json.loads(written.read_text())
    assert [] == faults("theorem-certificate-1", found)
    assert 5 == run_command(["prove", *SPECS, "--for-all", "n_rot,base", "--json", "--certificate", str(written)])
    report = json.loads(capsys.readouterr().out)
    assert (found["digest"], None) == (report["certificate"], report["strength_reason"])
    assert "checked" == report["strength"]
    assert 0 == run_command(["check", str(written)])
    line = capsys.readouterr().out
    assert f"accepted {written}: for all n_rot, base that its layouts allow, 'permutation' holds (checked);" in line
    assert f"names that are not checked ({found['digest']})" in line
    assert 0 == run_command(["check", "--json", str(written)])
    (row,) = json.loads(capsys.readouterr().out)["certificates"]
    assert (True, "permutation", None, False) == (row["accepted"], row["holds"], row["fails"], row["names_checked"])
    assert 0 == run_command(["explain", str(written)])
    told = capsys.readouterr().out
    assert "permutation holds" in told
    assert "\nchecked   source: lanes are whole and inside the head\n" in told
    assert "z3 " not in told
    assert found["digest"] in told


def test_names_are_held_against_layouts(written: Path, capsys: Capture) -> None:
    """`--against` demands that both layouts and the feeds are those of specs with the same parameters left open."""
    assert 0 == run_command(["check", str(written), "--against", *SPECS])
    assert "the layouts and feeds are those of ggml/normal" in capsys.readouterr().out
    assert 4 == run_command(["check", str(written), "--against", "ggml/normal:head_dim=2*n_rot", SPECS[1]])
    assert "its source has other parameters than --against" in capsys.readouterr().err
    assert 2 == run_command(["check", str(written), "--against", *["generic/table:frequencies=1"] * 2])
    stored = FOLDER / "theorem-2-imrope-mrope-text-all-axes.json"
    text = [str(stored), "--against", "ggml/imrope", "ggml/mrope", "--feed"]
    assert 0 == run_command(["check", *text, "t=p,h=p,w=p,e=p"])
    assert 4 == run_command(["check", *text, "t=p,h=p,w=p,e=0"])
    assert "its feeds are not those of --against" in capsys.readouterr().err


def test_solve_writes_a_coq_file(tmp_path: Path, capsys: Capture) -> None:
    """The one that the certificate gives, and only where the two have names of their own."""
    certificate, coq, other = (str(tmp_path / name) for name in ("a.json", "a.v", "b.v"))
    asked = ["solve", *SPECS, "--over", "n_rot,base"]
    assert 2 == run_command([*asked, "--coq", coq, "--certificate", coq])
    assert "--coq and --certificate name the same file" in capsys.readouterr().err
    assert 5 == run_command([*asked, "--coq", coq, "--certificate", certificate])
    assert 0 == run_command(["check", certificate, "--coq", other])
    assert Path(coq).read_text() == Path(other).read_text()


@pytest.mark.parametrize(("names", "told"), [
    ("head_width", "no layout has a parameter 'head_width'. Did you mean head_dim? Parameters: attn_factor"),
    ("n_rot,", "a name of a parameter is empty. Parameters: attn_factor"),
])
def test_names_that_are_none(names: str, told: str, capsys: Capture) -> None:
    """Whoever has no idea of our names is led to them."""
    assert 2 == run_command(["prove", "ggml/normal", "ggml/neox", "--for-all", names])
    assert told in capsys.readouterr().err


def test_help_leads_to_all_sizes(capsys: Capture) -> None:
    """The first page of help says how to ask for all head widths."""
    assert 0 == run_command(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "prove SOURCE TARGET --for-all head_dim" in said
    assert "solve SOURCE TARGET --over head_dim" in said


def test_explain_names_the_certificates_within(capsys: Capture) -> None:
    """Of a single size in a theorem's certificate: what fails there, for what it calls its layouts."""
    assert 0 == run_command(["explain", str(FOLDER / "theorem-8-wan-slices.json")])
    said = " ".join(capsys.readouterr().out.split())
    names = "diffusers/wan:head_dim=10:theta=10000 -> diffusers/wan:slices=thirds:head_dim=10:theta=10000"
    assert f"'linear' fails for what it calls {names}, accepted by the checker" in said


@pytest.mark.parametrize(("change", "reason"), [
    ({"relation": "identical"}, "evidence.permutation: expected null, as the relation is identical"),
    ({"relation": None, "scope": "never"}, "REJECTED"),
])
def test_a_certificate_that_lies_is_rejected(
    change: dict[str, object], reason: str, written: Path, tmp_path: Path, capsys: Capture
) -> None:
    """With a digest that fits, so that it is the statement that is found to be wrong."""
    root = json.loads(written.read_text())
    root["answer"] |= change
    path = tmp_path / "lie.json"
    path.write_text(signed(root))
    assert 4 == run_command(["check", str(path)])
    assert reason in capsys.readouterr().err
    assert 4 == run_command(["explain", str(path)])


def test_a_wrong_permutation_and_a_wrong_instance_are_rejected(
    written: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Another row for each lane; and a certificate of one size that does not prove what it states."""
    root = json.loads(written.read_text())
    wrong = json.loads(json.dumps(root))
    wrong["evidence"]["permutation"] = "lane"
    path = tmp_path / "wrong.json"
    path.write_text(signed(wrong))
    assert 4 == run_command(["check", str(path)])
    (instance,) = root["evidence"]["instances"]
    instance["holds"]["permutation"] = list(range(instance["source"]["width"]))
    instance["digest"] = digest(instance)
    path.write_text(signed(root))
    capsys.readouterr()
    assert 4 == run_command(["check", str(path)])
    assert "REJECTED" in capsys.readouterr().err


def test_what_no_solver_shows_is_not_accepted(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Exit code 3: it is not shown, and not known to be wrong; a theorem is the solver's alone then, and says why."""
    def nothing(text: str, solve: object) -> object:
        raise theorem_checker.NotShown("lanes are in range: no solver settles it")

    monkeypatch.setattr(theorem_checker, "check", nothing)
    assert 3 == run_command(["check", str(written)])
    assert f"NOT SHOWN {written}: the checker could not show a part" in capsys.readouterr().err
    answer = prover.prove_for_all(*SPECS, "n_rot,base")
    found = answer.to_json()
    assert ("solver only", None) == (found["strength"], found["certificate"])
    assert "the checker could not show a part: lanes are in range" in found["strength_reason"]
    assert "strength  solver only: the checker could not show" in answer.to_text()
    assert None is answer.certificate


def test_what_the_checker_rejects_is_not_said(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Evidence that is rejected is an internal failure: exit code 4 and no verdict."""
    def nothing(text: str, solve: object) -> object:
        raise theorem_checker.Rejected("not so: lanes are in range")

    monkeypatch.setattr(theorem_checker, "check", nothing)
    assert 4 == run_command(["prove", *SPECS, "--for-all", "n_rot,base"])
    assert "the checker rejects the evidence: not so: lanes are in range" in capsys.readouterr().err


def test_conditions_and_rewrites_have_certificates_too(tmp_path: Path, capsys: Capture) -> None:
    """`solve` and `rewrite` write them; one that is there is replaced, another file is not."""
    path = tmp_path / "found.json"
    asked = ["ggml/neox:freq_scale=1", "ggml/neox", "--over", "head_dim,n_rot,base,freq_scale", "--where",
             "freq_scale != 1"]
    assert 1 == run_command(["solve", *asked, "--certificate", str(path)])
    assert "never" == json.loads(path.read_text())["answer"]["scope"]
    capsys.readouterr()
    assert 0 == run_command(["check", str(path)])
    assert "'linear' fails (checked); " in capsys.readouterr().out
    loop = str(PROOFS / "rewrites" / "running-product.toml")
    names = ["--for-all", "head_dim,n_rot,base"]
    assert 0 == run_command(["rewrite", loop, "ggml/neox", *names, "--certificate", str(path)])
    assert "power" == json.loads(path.read_text())["evidence"]["invariant"][0]["state"]
    assert 0 == run_command(["check", str(path)])
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert 2 == run_command(["rewrite", loop, "ggml/neox", "--certificate", str(other)])
    assert 2 == run_command(["solve", *asked, "--certificate", str(other)])


def test_run_keeps_certificates_beside_theorems(tmp_path: Path, capsys: Capture) -> None:
    """Missing: a problem until --update writes it; changed or of something else: rejected; left over: a problem."""
    for name in ("theorem-7-linear-scaling.toml", "theorem-6-partial-full.toml"):
        copy(FOLDER / name, tmp_path)
    claim, stored = (tmp_path / f"theorem-7-linear-scaling.{ending}" for ending in ("toml", "json"))
    assert 1 == run_command(["run", str(claim), "--jobs", "1"])
    told = capsys.readouterr().out
    assert "theorem-7-linear-scaling.json is missing; 'rope-prover run --update CLAIM' writes it" in told
    assert 0 == run_command(["run", str(claim), "--update", "--jobs", "1"])
    assert (FOLDER / stored.name).read_bytes() == stored.read_bytes()
    assert 0 == run_command(["run", str(claim), "--jobs", "1"])
    stored.write_text(stored.read_text().replace('"sign":1', '"sign":0'))
    capsys.readouterr()
    assert 4 == run_command(["run", str(claim), "--jobs", "1"])
    assert "the checker rejects the evidence: digest: does not match the content" in capsys.readouterr().out
    copy(FOLDER / "theorem-6-partial-full.json", stored)
    assert 4 == run_command(["run", str(claim), "--jobs", "1"])
    assert "it is a certificate of something else" in capsys.readouterr().out
    claim.write_text(claim.read_text().replace("freq_scale=1", "freq_scale=2").replace("never", "open"))
    assert 4 == run_command(["run", str(claim), "--jobs", "1"])


def test_run_takes_the_proofs_that_are_stored(tmp_path: Path, capsys: Capture) -> None:
    """A certificate without linear proofs is valid as it is; one with a proof that is none is rejected."""
    copy(FOLDER / "theorem-7-linear-scaling.toml", tmp_path)
    claim, stored = (tmp_path / f"theorem-7-linear-scaling.{ending}" for ending in ("toml", "json"))
    root = json.loads((FOLDER / stored.name).read_text())
    proofs = root["evidence"].pop("proofs")
    stored.write_text(signed(root))
    assert 0 == run_command(["run", str(claim), "--jobs", "1"])
    assert signed(root) == stored.read_text()
    assert 0 == run_command(["check", str(stored)])
    assert " obligations by Z3); " in capsys.readouterr().out
    for key, tree in proofs.items():
        proofs[key] = tree if tree[0] == "farkas" else ["farkas", [[0, 1]]]
    root["evidence"]["proofs"] = proofs
    stored.write_text(signed(root))
    assert 4 == run_command(["run", str(claim), "--jobs", "1"])
    assert "the checker rejects the evidence: evidence.proofs: no" in capsys.readouterr().out


def test_a_rewrite_that_is_wrong_has_one_stored(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another certificate beside it is rejected; where no more than one pair is read it is left over, a problem."""
    for folder in ("theorems", "rewrites"):
        (tmp_path / folder).mkdir()
    name = "rewrite-1-counter-without-reset"
    claim = tmp_path / "theorems" / f"{name}.toml"
    copy(FOLDER / claim.name, claim)
    for path in (PROOFS / "rewrites").glob("*.toml"):
        copy(path, tmp_path / "rewrites")
    assert 0 == run_command(["run", str(claim), "--update", "--jobs", "1"])
    stored = claim.with_suffix(".json")
    assert (FOLDER / stored.name).read_bytes() == stored.read_bytes()
    assert 0 == run_command(["run", str(claim), "--jobs", "1"])
    copy(FOLDER / "rewrite-1-counter.json", stored)
    capsys.readouterr()
    assert 4 == run_command(["run", str(claim), "--jobs", "1"])
    assert "it is a certificate of something else" in capsys.readouterr().out
    monkeypatch.setattr(theorem_checker, "MAX_PAIRS", 1)
    assert 1 == run_command(["run", str(claim), "--jobs", "1"])
    told = capsys.readouterr().out
    assert f"{stored.name} is stored, and no certificate was found: the checker could not show a part" in told


def test_a_rewrite_that_is_wrong_is_checked_and_told(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for all, at which parameters, and which pair; no Coq file; without it there is that of the one case."""
    path = tmp_path / "apart.json"
    asked = ["rewrite", str(PROOFS / "rewrites" / "vision-products-late.toml"), "ggml/vision"]
    assert 1 == run_command([*asked, "--json", "--certificate", str(path)])
    report, root = json.loads(capsys.readouterr().out), json.loads(path.read_text())
    assert ("checked", root["digest"], None) == tuple(
        report[key] for key in ("strength", "certificate", "strength_reason"))
    assert [] == [*faults("rewrite-answer-1", report), *faults("theorem-certificate-1", root)]
    assert {"holds": None, "fails": {"base": "10000", "head_dim": "4", "sections": ["0", "0", "1", "1"]}} == (
        root["evidence"]["points"])
    assert 0 == run_command(["check", str(path)])
    assert (
        "not for all head_dim, sections, base that its layouts allow: 'identical' fails at base=10000; head_dim=4; "
        "sections=0,0,1,1, where pair 1 differs (checked); "
    ) in capsys.readouterr().out
    assert 0 == run_command(["check", str(path), "--json"])
    (row,) = json.loads(capsys.readouterr().out)["certificates"]
    assert (None, "identical", "not-always") == (row["holds"], row["fails"], row["scope"])
    assert 0 == run_command(["explain", str(path)])
    assert "evaluated pair 1 differs" in capsys.readouterr().out
    assert 3 == run_command(["check", str(path), "--coq", str(tmp_path / "apart.v")])
    assert "it says that the two differ at given sizes" in capsys.readouterr().err
    monkeypatch.setattr(theorem_checker, "MAX_PAIRS", 1)
    assert 1 == run_command([*asked, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert ("checked certificate", None) == (report["strength"], report["certificate"])
