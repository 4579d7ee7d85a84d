"""Which axis is which: `--axes`, the feed it makes, and suggestions that keep axes apart."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from conftest import prove_specs
from prover import checker
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.layouts.axes import axis_maps
from prover.layouts.layout_tables import raw_layout
from prover.layouts.spec import catalogue, read_title
from prover.verdicts.certificate import write_certificate

Capture = pytest.CaptureFixture[str]
TARGET = "transformers/vision-separate:head_dim=64"

# Half of the lanes by each axis, paired by halves, the frequencies of transformers' separate vision layout.
_HALVES = """
title = "two halves of a head"
axes  = ["row", "col"]
width = 64

[[pairs]]
count  = 16
first  = "j"
second = "j + 16"
angle  = "{0}*10000**(-2*(2*j)/64)"

[[pairs]]
count  = 16
first  = "32 + j"
second = "48 + j"
angle  = "{1}*10000**(-2*(2*j)/64)"
"""


@pytest.fixture
def halves(tmp_path: Path) -> tuple[str, str]:
    """A layout with the row first, and its twin with the two axes exchanged."""
    mine, twin = tmp_path / "mine.toml", tmp_path / "twin.toml"
    mine.write_text(_HALVES.format("row", "col"))
    twin.write_text(_HALVES.format("col", "row"))
    return str(mine), str(twin)


def suggestions(told: str) -> list[list[str]]:
    """The options that an error suggests, each as arguments."""
    return [shlex.split(found) for found in re.findall(r"--(?:axes|feed) (?:\"[^\"]*\"|[^ ;.]+)", told)]


def test_suggested_feeds_keep_the_axes_apart(capsys: Capture, halves: tuple[str, str]) -> None:
    """Under each suggestion a layout and its swapped twin are never both identical to the target."""
    assert 2 == run_command(["prove", halves[0], TARGET])
    options = suggestions(capsys.readouterr().err)
    assert [["--axes", "row=y,col=x"], ["--axes", "row=x,col=y"]] == options
    found = []
    for option in options:
        for layout in halves:
            run_command(["prove", layout, TARGET, *option, "--json"])
            found.append(json.loads(capsys.readouterr().out)["relation"])
    assert ["permutation", "identical", "identical", "permutation"] == found


def test_every_suggestion_for_the_catalogue_keeps_axes_apart() -> None:
    """For any two sets of axes of the catalogue: no axis is paired twice, and none of the smaller set left out."""
    sets = {tuple(raw_layout(path).axes) for path in catalogue().values()}
    assert len(sets) > 8
    for first in sets:
        for second in sets:
            for text in axis_maps(first, second):
                pairs = [pair.split("=") for pair in text.split(",")]
                shared = set(first) & set(second)
                sides = [{a for a, _ in pairs}, {b for _, b in pairs}]
                assert [len(pairs)] * 2 == [*map(len, sides)]
                assert len(pairs) + len(shared) == min(len(first), len(second))
                assert (set(), True) == (shared & (sides[0] | sides[1]), sides[0] <= {*first})


def test_a_feed_that_both_name_is_suggested_if_it_keeps_them_apart(capsys: Capture) -> None:
    """NeoMME's text feed holds one position on both axes; its image feed does not."""
    assert 2 == run_command(["prove", "transformers/row-column:head_dim=64", TARGET])
    assert [["--feed", "image"]] == suggestions(capsys.readouterr().err)


def test_one_axis_beside_four(capsys: Capture) -> None:
    """The pairing comes first; the feed for text is called a question about text alone."""
    assert 2 == run_command(["prove", "ggml/neox", "ggml/mrope"])
    told = capsys.readouterr().err
    assert ["--axes", "p=t"] == suggestions(told)[0]
    assert "or ask about text alone, where axes may hold one position: --feed text" in told


def test_the_certificate_states_the_feed(halves: tuple[str, str]) -> None:
    """Each axis of the source has the coordinate of its partner, and the checker sees it."""
    claim = prove_specs(halves[0], TARGET, ["axes row=x,col=y"])
    assert claim.certificate is not None
    (feed,) = json.loads(claim.certificate)["feeds"]
    assert {
        "name": "axes row=x,col=y", "coordinates": ["x", "y"],
        "source": {"row": {"x": "1"}, "col": {"y": "1"}}, "target": {"x": {"x": "1"}, "y": {"y": "1"}},
    } == feed | {"coordinates": sorted(feed["coordinates"])}
    assert ("identical", None) == checker.check(claim.certificate)


def test_another_pairing_is_rejected_by_the_checker(halves: tuple[str, str]) -> None:
    """A certificate for one pairing does not pass with the positions of the other."""
    proved = prove_specs(halves[0], TARGET, ["axes row=x,col=y"])
    other = prove_specs(halves[0], TARGET, ["axes row=y,col=x"])
    forged = write_certificate(other.claim, proved.decision.holds, None)
    with pytest.raises(checker.Rejected):
        checker.check(forged)


# Pairs of axes, and the written feed, over coordinates of other names, that says the same.
WRITTEN = {
    "plain": ("axes row=x,col=y", "row=u,x=u,col=v,y=v"),
    "other way round": ("axes y=row,x=col", "row=v,y=v,col=u,x=u"),
    "with a feed": ("axes row=x,col=y; x=2*p,y=q + 1", "row=2*p,x=2*p,col=q + 1,y=q + 1"),
    "with a feed of the source's names": ("axes row=x,col=y; row=2*p,col=q", "row=2*p,x=2*p,col=q,y=q"),
    "with a named feed": ("axes row=y,col=x; image", "row=h,y=h,col=w,x=w"),
    "one position": ("axes row=x,col=y; x=p,y=p", "row=p,x=p,col=p,y=p"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_pairs_are_what_a_written_feed_says(halves: tuple[str, str], name: str) -> None:
    """The same verdict, relation and permutation as with every position written out."""
    pairs, written = WRITTEN[name]
    for layout in halves:
        found, expected = (prove_specs(layout, TARGET, [feed]) for feed in (pairs, written))
        assert (expected.outcome, expected.holds, expected.fails) == (found.outcome, found.holds, found.fails)
        assert expected.decision.holds is not None
        assert found.decision.holds is not None
        assert expected.decision.holds.permutation == found.decision.holds.permutation


def test_axes_of_the_same_names_can_be_exchanged() -> None:
    """Step-3.7's tower is Qwen's with the two axes exchanged, and not without."""
    towers = "transformers/vision-chunked:head_dim=16", "transformers/vision-w-first:head_dim=16"
    found = [prove_specs(*towers, feeds).holds for feeds in ([], ["axes h=w,w=h"])]
    assert ["permutation", "identical"] == [relation.value for relation in found if relation]


def test_option_with_and_without_a_feed(capsys: Capture, halves: tuple[str, str]) -> None:
    """`--axes` is the feed that starts with it, alone and before each --feed."""
    for options, feeds in (
        ([], ["axes row=x,col=y"]),
        (["--feed", "x=p,y=q"], ["axes row=x,col=y; x=p,y=q"]),
        (["--feed", "x=p,y=q", "--feed", "x=p,y=0"], ["axes row=x,col=y; x=p,y=q", "axes row=x,col=y; x=p,y=0"]),
    ):
        assert 0 == run_command(["prove", halves[0], TARGET, "--axes", "row=x,col=y", *options, "--json"])
        assert feeds == json.loads(capsys.readouterr().out)["feeds"]


def test_in_theorems(capsys: Capture, tmp_path: Path) -> None:
    """`--for-all` and `solve` take it too: MROPE of two axes under other names."""
    texts = [
        f'title = "x"\naxes = ["{a}", "{b}"]\nwidth = "2*n"\n[parameters]\nn = {{ default = 4, require = "n > 0", '
        f'whole = true }}\n[pairs]\ncount = "n"\nfirst = "2*j"\nsecond = "2*j + 1"\n'
        f'angle = "({a} if j < 2 else {b})*2**(-j)"\n'
        for a, b in (("row", "col"), ("y", "x"))
    ]
    paths = [tmp_path / name for name in ("a.toml", "b.toml")]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    specs = [*map(str, paths)]
    assert 0 == run_command(["prove", *specs, "--for-all", "n", "--axes", "row=y,col=x", "--json"])
    assert ["axes row=y,col=x"] == json.loads(capsys.readouterr().out)["feeds"]
    assert 1 == run_command(["prove", *specs, "--for-all", "n", "--axes", "row=x,col=y"])
    assert "different at n=" in capsys.readouterr().out
    assert 0 == run_command(["solve", *specs, "--over", "n", "--axes", "row=y,col=x"])


REFUSED = {
    "no pair": ("row", "is not AXIS=AXIS"),
    "empty": (",", "is not AXIS=AXIS"),
    "no such axis": ("row=z,col=y", "'row=z' is no axis of one layout and one of the other"),
    "both of one side": ("row=col", "'row=col' is no axis of one layout and one of the other"),
    "twice on the left": ("row=x,row=y", "axis 'row' is given twice"),
    "twice on the right": ("row=x,col=x", "axis 'x' is given twice"),
    "two positions": ("row=x,col=y; row=p,x=q,col=q", "axes 'row' and 'x' are the same, but 'p' is not 'q'"),
    "no position": ("row=x,col=y; x=p", "axis 'y' gets no position"),
    "no such feed": ("row=x,col=y; audio", "has no feed 'audio'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(halves: tuple[str, str], name: str) -> None:
    """Each with what is wrong."""
    pairs, part = REFUSED[name]
    with pytest.raises(InputError, match=re.escape(part)):
        prove_specs(halves[0], TARGET, [f"axes {pairs}"])


def test_a_feed_that_both_name_needs_no_pairs() -> None:
    """Where both layouts say what a feed puts on their axes, pairs could only contradict it."""
    with pytest.raises(InputError, match="both layouts say what 'image' puts on their axes"):
        prove_specs("transformers/row-column:head_dim=64", TARGET, ["axes row=y,col=x; image"])


def test_an_axis_left_over(tmp_path: Path) -> None:
    """An axis whose name the other layout uses for another one must be paired too."""
    mine = tmp_path / "mine.toml"
    mine.write_text(_HALVES.format("row", "h").replace('"col"', '"h"'))
    with pytest.raises(InputError, match="axis 'h' of the source is left over"):
        prove_specs(str(mine), "transformers/vision-chunked:head_dim=64", ["axes row=h"])
    assert read_title(mine)
