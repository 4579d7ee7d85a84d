"""What the pages of the documentation show is real: commands, layout files, and the files that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from shown_commands import missing_lines, shown_commands

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = {page.relative_to(ROOT / "docs").as_posix(): page.read_text() for page in PAGES}
SHOWN = [pytest.param(*both, id=f"{name}: {both[0][:40]}") for name, text in TEXTS.items()
         for both in shown_commands(text)]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_shown_output_of_a_page(command: str, shown: str, capsys: pytest.CaptureFixture[str],
                                monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shown line is printed, in this order, by a terminal that has more than ASCII."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert missing_lines(command, shown, capsys) == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_console_block_is_run(name: str) -> None:
    """No console block is written so that the runner passes it by."""
    assert TEXTS[name].count("```console") == len(shown_commands(TEXTS[name]))


@pytest.mark.parametrize("name", TEXTS)
def test_files_that_a_page_names(name: str) -> None:
    """Files of the repository that a page names are there."""
    named = re.findall(r"(?<![\w/])(?:proofs|tests|models|prover)/[\w./-]+\.(?:toml|json|py|v|sh|md)\b", TEXTS[name])
    assert {path for path in set(named) if not (ROOT / path).exists()} - {"proofs/NAME.json"} == set()


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("findings/") and "index" not in name])
def test_a_finding_says_what_stands_behind_it(name: str) -> None:
    """Claim, versions and what was not run are told, and a proof is shown or shipped."""
    wanted = ("**Claim.**", "**Against.**", "**Not run.**", "**Shipped.**")
    missing = [word for word in wanted if word not in TEXTS[name]]
    assert missing == []
    assert shown_commands(TEXTS[name])


def test_layout_of_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The layout file shown is plain half pairing on text, as the page says."""
    path = tmp_path / "mine.toml"
    path.write_text(re.findall(r"```toml\n((?:.*\n)*?)```", TEXTS["how-to/own-layout.md"])[0])
    code = run_command(["prove", str(path), "transformers/half:head_dim=64", "--feed", "t=p,h=p"])
    assert (0, True) == (code, "identical is the lowest that holds" in capsys.readouterr().out)


@pytest.mark.parametrize("name", TEXTS)
def test_files_shown_whole(name: str) -> None:
    """A block with the name of a file of the repository has all of that file."""
    shown = re.findall(r'```\w+ title="(proofs/[^"]+)"\n((?:.*\n)*?)```', TEXTS[name])
    assert [text for _, text in shown] == [(ROOT / path).read_text() for path, _ in shown]


def test_how_tos_are_listed() -> None:
    """The index of how-tos has each of them."""
    pages = {name.removeprefix("how-to/") for name in TEXTS if name.startswith("how-to/")} - {"index.md"}
    assert pages == set(re.findall(r"\(([\w-]+\.md)\)", TEXTS["how-to/index.md"]))


def test_the_menu_has_every_page() -> None:
    """Each page written by hand stands in the menu."""
    menu = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert set(TEXTS) - menu == set()
