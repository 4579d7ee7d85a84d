"""Pictures hold what the layouts and the verdict hold: counted in the drawings, worked out apart."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import prover
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.reports.pictures.terminal import runs

NORMAL, NEOX = "ggml/normal:head_dim=16", "ggml/neox:head_dim=16"
HALF, OTHER_BASE = "transformers/half:head_dim=16", "transformers/half:head_dim=16:rope_theta=5e5"


def identifiers(svg: str, start: str) -> list[str]:
    """The identifiers of a picture that begin so; the picture is XML."""
    return [name for part in ET.fromstring(svg).iter() if (name := part.get("id", "")).startswith(start)]


@pytest.mark.parametrize(("spec", "pairs"), [
    (NORMAL, [(2 * j, 2 * j + 1) for j in range(8)]),
    (NEOX, [(j, j + 8) for j in range(8)]),
    ("ggml/imrope:n_rot=64:sections=11,11,10,0", [(j, j + 32) for j in range(32)]),
])
def test_each_pair_has_an_arc(spec: str, pairs: list[tuple[int, int]]) -> None:
    """On the lanes that the pairing says, worked out here."""
    found = identifiers(prover.draw(spec).to_svg(), "source-pair")
    assert [f"source-pair-{j}-{a}-{b}" for j, (a, b) in enumerate(pairs)] == found


def test_ribbons_carry_rows_to_where_the_pairs_are() -> None:
    """NORMAL has pair j on rows 2j, 2j + 1; NEOX reads it at j and j + 8."""
    expected = {f"ribbon-{2 * j + half}-{j + 8 * half}" for j in range(8) for half in (0, 1)}
    assert expected == set(identifiers(prover.draw(NORMAL, NEOX).to_svg(), "ribbon"))


def test_what_differs_is_marked() -> None:
    """With another base only the pair of frequency 1 is the same; no permutation helps, so there is no ribbon."""
    svg = prover.draw(HALF, OTHER_BASE).to_svg()
    for side in ("source", "target"):
        marks = [name.endswith("-differs") for name in identifiers(svg, f"{side}-pair")]
        assert [False] + [True] * 7 == marks
    assert [] == identifiers(svg, "ribbon")
    assert "No ribbons" in svg
    assert "DIFFERENT" in svg


def test_files_are_the_same_again() -> None:
    """No date and no chance in them; text is text; PNG is PNG."""
    picture = prover.draw(NORMAL, NEOX)
    first = picture.to_svg()
    assert first == picture.to_svg()
    assert "dc:date" not in first
    assert "ggml/normal:head_dim=16" in first
    png = picture.to_png()
    assert b"\x89PNG" == png[:4]
    assert png == picture.to_png()


def test_wide_heads_say_what_is_left_out() -> None:
    """16,384 pairs, of which a picture has room for few; and what differs stays in it."""
    picture = prover.draw("transformers/half:head_dim=32768")
    svg = picture.to_svg()
    drawn = identifiers(svg, "source-pair")
    assert 64 == len(drawn)
    assert ("source-pair-0-0-16384", "source-pair-16383-16383-32767") == (drawn[0], drawn[-1])
    assert "Of 16384 pairs 64 are drawn" in svg
    assert "Of 256 lanes each there is one cell." in svg
    assert 2_000_000 > len(svg)
    assert "are left out" in picture.to_text(80)
    assert 120 > len(picture.to_text(80).splitlines())


@pytest.mark.parametrize("columns", [20, 33, 80, 140])
@pytest.mark.parametrize("pair", [(NORMAL, None), (NORMAL, NEOX), (HALF, OTHER_BASE)])
def test_text_fits_its_columns(columns: int, pair: tuple[str, str | None]) -> None:
    """In Unicode and in ASCII; without colour there are no escapes."""
    for ascii_only in (False, True):
        text = prover.draw(*pair).to_text(columns, ascii_only)
        assert columns >= max(map(len, text.splitlines()))
        assert "\x1b" not in text
        assert not ascii_only or text.isascii()


def test_text_has_every_lane_and_colour_adds_nothing() -> None:
    """Lane letters by the interleaved sections, worked out here; without its escapes the coloured text is the plain."""
    picture = prover.draw("ggml/imrope:n_rot=12:head_dim=16:sections=2,2,2,0")
    lines = picture.to_text(60).splitlines()
    assert "axis   thwthwthwthw----" in lines
    assert "pair   012345012345" in lines
    coloured = picture.to_text(60, colour=True)
    assert coloured != picture.to_text(60)
    assert picture.to_text(60) == re.sub("\x1b\\[[0-9]*m", "", coloured)


def test_arcs_of_text_join_lanes() -> None:
    """Lane j to lane j + 3, drawn by hand: a crossing is where a line across meets one that hangs from above."""
    lines = prover.draw("ggml/neox:head_dim=6").to_text(40).splitlines()[1:4]
    assert ["         ╭──╮", "        ╭┼─╮│", "       ╭┼┼╮││"] == lines


def test_runs_give_the_rows_again() -> None:
    """Whatever the permutation is."""
    random = np.random.default_rng(7)
    for rows in ([], [0], [3, 1, 2, 0], list(range(0, 16, 2)) + list(range(1, 16, 2)), *random.permuted(
            np.tile(np.arange(9), (40, 1)), axis=1).tolist()):
        again = {start + i: first + i * step for start, count, first, step in runs(rows) for i in range(count)}
        assert dict(enumerate(rows)) == again


def test_trace_gap_is_that_of_the_formula() -> None:
    """2 * (cos(n * 10000**(-j/8)) - cos(n * 500000**(-j/8))), summed; and the angle's is the largest difference."""
    found = prover.draw(HALF, OTHER_BASE, over="trace", positions=50).to_json()["curves"][0]
    expected = [2 * sum(math.cos(n * 10000 ** (-j / 8)) - math.cos(n * 500000 ** (-j / 8)) for j in range(8))
                for n in range(51)]
    assert list(range(51)) == list(found["positions"])
    assert pytest.approx(expected, abs=1e-9) == list(found["gaps"])
    angles = prover.draw(HALF, OTHER_BASE, over="angle", positions=50).to_json()["curves"][0]["gaps"]
    largest = max(10000 ** (-j / 8) - 500000 ** (-j / 8) for j in range(8))
    assert pytest.approx([n * largest for n in range(51)]) == list(angles)


def test_gap_of_a_permutation_is_none() -> None:
    """The trace does not see the order of lanes."""
    gaps = prover.draw(NORMAL, NEOX, over="trace", positions=3000).to_json()["curves"][0]["gaps"]
    assert 1e-9 > max(map(abs, gaps))
    assert "gap-0" in identifiers(prover.draw(NORMAL, NEOX, over="trace").to_svg(), "gap")


@pytest.mark.parametrize("name", ["a$x_1$&<b>.toml", "evil\x1b[31m\u202etxt.toml", "]]>\u2066q\x07.toml"])
def test_hostile_titles(name: str, tmp_path: Path) -> None:
    """No terminal escape, no turning of the line, no markup gets through, and no formula is made of a dollar."""
    path = tmp_path / name
    path.write_text((Path(__file__).parents[2] / "models/ggml/neox.toml").read_text())
    picture = prover.draw(f"{path}:head_dim=8")
    svg = picture.to_svg()
    assert 4 == len(identifiers(svg, "source-pair"))
    for text in (svg, picture.to_text(), picture._repr_html_()):
        assert not {"\x1b", "\u202e", "\u2066", "\x07"} & set(text)
    assert "<b>" not in svg


def test_without_matplotlib(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """Text is there; a file is refused before anything is worked out; notebooks show the text."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    picture = prover.draw(NORMAL)
    assert picture._repr_html_().startswith("<pre>")
    with pytest.raises(InputError, match="draw"):
        picture.to_svg()
    assert 2 == run_command(["draw", NORMAL, "--out", str(tmp_path / "a.svg")])
    assert "rope-prover[draw]" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_notebooks_show_layouts_and_verdicts() -> None:
    """A layout as its picture, a verdict as its text, escaped."""
    assert 8 == prover.load(NORMAL)._repr_html_().count('id="source-pair-')
    shown = prover.prove(NORMAL, NEOX)._repr_html_()
    assert shown.startswith("<pre>CONVERTIBLE")
    assert "<" not in shown.removeprefix("<pre>").removesuffix("</pre>")


def test_command_writes_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SVG and PNG by the ending; another ending is refused."""
    for name, start in (("a.svg", b"<?xml"), ("b.PNG", b"\x89PNG")):
        assert 0 == run_command(["draw", NORMAL, NEOX, "--out", str(tmp_path / name)])
        assert (tmp_path / name).read_bytes().startswith(start)
    assert 2 == run_command(["draw", NORMAL, "--out", str(tmp_path / "c.gif")])
    assert ".svg or .png" in capsys.readouterr().err
    assert ["a.svg", "b.PNG"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(("environment", "is_ascii"), [
    ({"LC_ALL": "C"}, True), ({"PYTHONIOENCODING": "latin-1"}, True), ({"PYTHONIOENCODING": "utf-8"}, False),
])
def test_locales(environment: dict[str, str], is_ascii: bool) -> None:
    """ASCII where the terminal may know no more; never colour in a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "prover", "draw", NEOX], capture_output=True, check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "NO_COLOR": "1", **environment},
    )
    assert is_ascii == done.stdout.isascii()
    assert b"\x1b" not in done.stdout


def test_one_layout_takes_no_question_about_two() -> None:
    """What only two layouts have is refused."""
    with pytest.raises(InputError, match="two layouts"):
        prover.draw(NORMAL, over="trace")


def test_audit_is_a_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell for each model and engine, with the word that the table has."""
    (tmp_path / "config.json").write_text(
        '{"model_type": "llama", "head_dim": 64, "hidden_size": 128, "num_attention_heads": 2, "rope_theta": 10000}'
    )
    audit = prover.audit(str(tmp_path), engines=("llama.cpp", "vllm"), jobs=1)
    cells = audit.to_json()["models"][0]["cells"]
    expected = [f"cell-0-{column}-{cells[engine]['verdict'] or 'none'}"
                for column, engine in enumerate(("llama.cpp", "vllm"))]
    assert expected == identifiers(audit.to_svg(), "cell")
    path = tmp_path / "audit.svg"
    run_command(["audit", str(tmp_path), "--engines", "llama.cpp,vllm", "--jobs", "1", "--picture", str(path)])
    assert audit.to_svg() == path.read_text()
    assert "llama" in capsys.readouterr().out
