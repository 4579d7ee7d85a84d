"""`check` and `explain`: what they say of tables, of names, and of files that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover import checker
from prover.commands.cli import run_command

Capture = pytest.CaptureFixture[str]
SOURCE, TARGET = "ggml/normal:head_dim=8:n_rot=6", "ggml/neox:head_dim=8:n_rot=6"


@pytest.fixture
def certificate(tmp_path: Path, capsys: Capture) -> Path:
    """A certificate for a permutation, as `prove` writes it."""
    path = tmp_path / "good.json"
    run_command(["prove", SOURCE, TARGET, "--certificate", str(path)])
    capsys.readouterr()
    return path


def forged(path: Path, **names: str) -> Path:
    """The same certificate with other names and the digest made anew."""
    root = json.loads(path.read_text())
    for side, name in names.items():
        root[side]["name"] = name
    root["digest"] = checker.digest(root)
    path.write_text(checker.canonical(root))
    return path


def test_a_name_is_told_as_the_certificates_own(certificate: Path, capsys: Capture) -> None:
    """A certificate whose source was renamed is accepted for its tables; the name is quoted and not vouched for."""
    forged(certificate, source="vllm/rope:is_neox_style=true:I-lie")
    assert 0 == run_command(["check", str(certificate)])
    said = capsys.readouterr().out
    assert "for two tables of 8 lanes, 3 pairs in the source and 3 in the target;" in said
    assert "the certificate calls this 'vllm/rope:is_neox_style=true:I-lie' -> " in said
    assert "names that are not checked" in said


def test_against_the_layouts_that_it_is_about(certificate: Path, capsys: Capture) -> None:
    """With --against the tables are those of the two specs, whatever the certificate calls them."""
    forged(certificate, source="anything")
    assert 0 == run_command(["check", str(certificate), "--against", SOURCE, TARGET])
    assert f"the tables and feeds are those of {SOURCE} -> {TARGET}" in capsys.readouterr().out


OTHERS = {
    "another pairing": ((TARGET, TARGET), (), "is not that of --against: pair 0 has read [0, 1], not [0, 3]"),
    "another base": ((SOURCE, f"{TARGET}:base=500"), (), "its target is not that of --against: pair 1 has angle"),
    "another width": (("ggml/normal:n_rot=6", "ggml/neox:n_rot=6"), (), "its source has other width than --against: 8"),
    "other lanes that pass": (("ggml/normal:head_dim=8", TARGET), (), "its source has other passes than --against"),
    "another feed": ((SOURCE, TARGET), ("p=2*q",), "its feeds are not those of --against; it calls them 'free'"),
}


@pytest.mark.parametrize(("against", "feeds", "reason"), OTHERS.values(), ids=OTHERS.keys())
def test_against_other_layouts(
    certificate: Path, capsys: Capture, against: tuple[str, str], feeds: tuple[str, ...], reason: str
) -> None:
    """A certificate about other tables or feeds than those of the specs is rejected with the first difference."""
    given = [part for feed in feeds for part in ("--feed", feed)]
    assert 4 == run_command(["check", str(certificate), "--against", *against, *given])
    assert reason in capsys.readouterr().err


def test_against_the_name_of_a_forged_source(certificate: Path, capsys: Capture) -> None:
    """The layout that a forged name means is not the layout of the table."""
    name = "vllm/rope:is_neox_style=true:head_size=8:rotary_dim=6"
    forged(certificate, source=name)
    assert 4 == run_command(["check", str(certificate), "--against", name, TARGET])
    assert "REJECTED" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--feed", "p=q"), ("--axes", "p=q")])
def test_a_feed_alone_is_bad_usage(certificate: Path, capsys: Capture, option: str, value: str) -> None:
    """--feed and --axes say how to expand the specs of --against, and nothing without them."""
    assert 2 == run_command(["check", str(certificate), option, value])
    assert f"{option} needs --against" in capsys.readouterr().err


def test_axes_against(tmp_path: Path, capsys: Capture) -> None:
    """A certificate about axes of other names is held against the specs under the same pairs of axes, and no others."""
    path = tmp_path / "axes.json"
    specs = []
    for names in ("row col", "y x"):
        first, second = names.split()
        layout = tmp_path / f"{first}.toml"
        layout.write_text(f'title = "{names}"\naxes = ["{first}", "{second}"]\nwidth = "4"\n[pairs]\ncount = "2"\n'
                          f'first = "j"\nsecond = "j + 2"\nangle = "{first} if j == 0 else {second}/10"\n')
        specs.append(str(layout))
    assert 0 == run_command(["prove", *specs, "--axes", "row=y,col=x", "--certificate", str(path)])
    assert 0 == run_command(["check", str(path), "--against", *specs, "--axes", "row=y,col=x"])
    capsys.readouterr()
    assert 4 == run_command(["check", str(path), "--against", *specs, "--axes", "row=x,col=y"])
    assert "its feeds are not those of --against" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "explain"])
def test_help_says_the_codes_of_the_command(command: str, capsys: Capture) -> None:
    """A certificate is accepted (0) or rejected (4); it is never 'different' or 'convertible'."""
    assert 0 == run_command([command, "--help"])
    said = capsys.readouterr().out.partition("Exit codes:")[2].split()
    assert ["0", "2", "3", "4"] == [word for word in said if word.isdigit()]
    assert "accepted:" in said


def test_each_file_is_reported(certificate: Path, tmp_path: Path, capsys: Capture) -> None:
    """Good, missing and rejected files in one command are each reported, and the exit code is the worst."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    missing = tmp_path / "missing.json"
    assert 2 == run_command(["check", str(missing), str(certificate)])
    captured = capsys.readouterr()
    assert (f"error: {missing}: no such file" in captured.err, captured.out.count("accepted")) == (True, 1)
    assert 4 == run_command(["check", str(missing), str(wrong), str(certificate), "--json"])
    rows = json.loads(capsys.readouterr().out)["certificates"]
    assert [(str(missing), False, 2), (str(wrong), False, 4), (str(certificate), True, 0)] == [
        (row["file"], row["accepted"], row["exit_code"]) for row in rows
    ]


def test_explain_tells_the_story(certificate: Path, capsys: Capture) -> None:
    """The two tables in words, what holds with the rows to move, what fails at which position."""
    forged(certificate, source="I-lie")
    assert 0 == run_command(["explain", str(certificate)])
    said = " ".join(capsys.readouterr().out.split())
    for part in (
        "'I-lie' -> 'ggml/neox:head_dim=8:n_rot=6' under feed 'free'; the certificate's own names, which nothing",
        "source 8 lanes, integer positions on p; 3 pairs in adjacent pairing (2j, 2j + 1) of lanes 0 to 5; lanes 6-7",
        "target 8 lanes, integer positions on p; 3 pairs in half pairing (j, j + n/2) of lanes 0 to 5;",
        "axes by pair ppp; angle of pair 0: 1 * p; of pair 2: about 0.00215443 * p",
        "feed called 'free': p = p",
        "permutation = [0, 2, 4, 1, 3, 5, 6, 7]",
        "The score of q one-hot at lane 0 (p=0) and k at lane 1 (p=1) is in [-0.841472, -0.841469] for the source",
    ):
        assert part in said


STORIES = {
    "a trace": (("ggml/neox:head_dim=4", "ggml/neox:head_dim=4:base=100"), ("no linear map changes it",)),
    "two feeds": (
        ("ggml/neox:head_dim=4", "ggml/neox:head_dim=4:base=100", "--feed", "p=q", "--feed", "p=r+3"),
        ("called 'p=q': p = q", "called 'p=r+3': p = 3 + r"),
    ),
    "a weighted trace": (
        ("ggml/neox:head_dim=4", "ggml/neox:head_dim=4:attn_factor=1.5"),
        ("trace weighted by magnitude**2", "no permutation changes it", "magnitudes 3/2"),
    ),
    "another write order": (
        ("transformers/adjacent:head_dim=4", "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=4",
         "--feed", "text"),
        ("pairs 0-1 are written to other lanes", "Output lane"),
    ),
    "the same table": (("ggml/neox:head_dim=4", "transformers/half:head_dim=4"), ("the two are the same table",)),
    "four angles": (
        ("diffusers/chronoedit:head_dim=10", "diffusers/wan:head_dim=10"),
        ("several angles in pairs 3, such as cos 1 * h, sin 1 * w | sin 1 * w, cos 1 * h", "other side is a rotation"),
    ),
    "two angles": (
        ("transformers/hunyuan-vl:head_dim=4:mrope_section=1,1,0,0", "transformers/half:head_dim=4",
         "--feed", "p=p,w=w,h=h,image=image"),
        ("several angles in pairs",),
    ),
    "nothing turns": (("generic/nope:head_dim=4", "generic/nope:head_dim=4"), ("no pair turns",)),
}


@pytest.mark.parametrize(("arguments", "parts"), STORIES.values(), ids=STORIES.keys())
def test_explain_every_kind(
    tmp_path: Path, capsys: Capture, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    """Every kind of evidence and of table has its words."""
    path = tmp_path / "certificate.json"
    run_command(["prove", *arguments, "--certificate", str(path)])
    capsys.readouterr()
    assert 0 == run_command(["explain", str(path)])
    said = " ".join(capsys.readouterr().out.split())
    assert [] == [part for part in parts if part not in said]


def test_explain_of_what_is_rejected(tmp_path: Path, capsys: Capture) -> None:
    """A rejected certificate has no story, and a missing one is bad usage."""
    path = tmp_path / "wrong.json"
    path.write_text("{}")
    assert 4 == run_command(["explain", str(path)])
    assert 2 == run_command(["explain", str(tmp_path / "missing.json")])
    assert "" == capsys.readouterr().out


def test_explain_as_json(certificate: Path, capsys: Capture) -> None:
    """The story as JSON types, with the names marked as unchecked."""
    assert 0 == run_command(["explain", str(certificate), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/explain/1", False) == (found["schema"], found["names_checked"])
    assert ["calls", "source", "target", "feed", "holds", "fails", "digest"] == [row["about"] for row in found["story"]]


@pytest.mark.parametrize("command", ["check", "explain"])
def test_help_names_its_own_exit_codes(command: str, capsys: Capture) -> None:
    """What is checked is accepted or rejected: the codes of verdicts are no codes of these commands."""
    assert 0 == run_command([command, "--help"])
    rows = capsys.readouterr().out.split("Exit codes:\n")[1].split()
    assert ["0", "2", "3", "4"] == [word for word in rows if word.isdigit()]
