"""Files that are written: with the permissions that others' are, and never through a link that leads nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.files import write_text
from prover.weights.stored.new_file import write_new

SMALL = ["ggml/normal:head_dim=8", "ggml/neox:head_dim=8"]


@pytest.fixture(params=[0o022, 0o027, 0o077, 0o002])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The process has this umask."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_new_files_follow_the_umask(mask: int, tmp_path: Path) -> None:
    """A file has the permissions that the shell or an editor would have given it."""
    write_text(tmp_path / "replaceable", "text")
    write_new(tmp_path / "never replaced", b"data")
    code = run_command(["prove", *SMALL, "--relation", "permutation", "--report", str(tmp_path / "page.html"),
                        "--certificate", str(tmp_path / "proof.json"), "--smtlib", str(tmp_path / "asked")])
    assert 0 == code
    (tmp_path / "plain").touch()
    (tmp_path / "plain folder").mkdir()
    assert 0o666 & ~mask == mode(tmp_path / "plain")
    for path in tmp_path.iterdir():
        assert mode(tmp_path / ("plain folder" if path.is_dir() else "plain")) == mode(path), path.name


@pytest.mark.parametrize("old", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_replaced_files_keep_their_permissions(old: int, mask: int, tmp_path: Path) -> None:
    """Whatever the umask, and whatever the link by which it is reached."""
    place, link = tmp_path / "there", tmp_path / "link"
    place.write_text("old")
    place.chmod(old)
    link.symlink_to(place)
    for path in (place, link):
        write_text(path, f"new {path.name}")
        assert (old, f"new {path.name}") == (mode(place), place.read_text())
    assert ["link", "there"] == sorted(os.listdir(tmp_path))


def test_what_is_private_is_so_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can read the temporary file who may not read the one that it is to replace."""
    place, seen = tmp_path / "private", []
    place.touch(0o600)

    def renamed(temporary: str, target: Path) -> None:
        seen.append(mode(Path(temporary)))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", lambda _: seen.extend(mode(each) for each in tmp_path.glob(".*")))
    monkeypatch.setattr(os, "replace", renamed)
    with pytest.raises(InputError, match="private: cannot be written: No space left on device"):
        write_text(place, "secret")
    assert [0o600, 0o600] == seen
    assert ["private"] == os.listdir(tmp_path)


FILES = {
    "--report": ["prove", *SMALL, "--report", "made"],
    "--certificate": ["prove", *SMALL, "--certificate", "made"],
    "picture": ["draw", SMALL[0], "--out", "made.svg"],
    "--picture": ["audit", "none.json", "--picture", "made.svg"],
    "table": ["measure", "ggml", SMALL[0], "--out", "made"],
    "measured function": ["measure", "function", "none.py::rope", "--out", "made"],
    "--certificates": ["classes", "--like", "ggml/*", "--certificates", "made"],
    "--certificate of parts": ["diff", "none.json", "--certificate", "made"],
    "certificates of weights": ["weights", "verify", "none", "--certificate", "made"],
    "--smtlib": ["prove", *SMALL, "--smtlib", "made"],
}


@pytest.mark.parametrize("arguments", FILES.values(), ids=FILES)
@pytest.mark.parametrize("end", ["nowhere", "folder/nowhere", "second"])
def test_links_that_lead_nowhere(
    arguments: list[str], end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """What it is, where it leads in the end, and what to do are told before any work; nothing is made there."""
    monkeypatch.chdir(tmp_path)
    name = "made.svg" if "made.svg" in arguments else "made"
    Path(name).symlink_to(end)
    Path("second").symlink_to("third")
    assert 2 == run_command(arguments)
    last = tmp_path / ("third" if end == "second" else end)
    told = (f"error: {name}: is a symbolic link to {last}, where there is nothing. Create what it leads to, or remove "
            "the link\n")
    assert ("", told) == capsys.readouterr()
    assert sorted([name, "second"]) == sorted(os.listdir(tmp_path))


def test_a_link_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Leads not to nothing, but round."""
    monkeypatch.chdir(tmp_path)
    Path("made").symlink_to("made")
    assert 2 == run_command(FILES["--report"])
    assert "error: made: cannot be read: Too many levels of symbolic links\n" == capsys.readouterr().err


def test_a_picture_and_a_table_have_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder of that name, and a folder that is not there, are told before anything is drawn or measured."""
    monkeypatch.chdir(tmp_path)
    Path("made.svg").mkdir()
    Path("made").mkdir()
    for arguments in (FILES["picture"], FILES["table"]):
        assert 2 == run_command(arguments)
        assert "is a directory, expected a file" in capsys.readouterr().err
        assert 2 == run_command([*arguments[:-1], f"no/{arguments[-1]}"])
        assert "its folder does not exist. Create the folder first" in capsys.readouterr().err
