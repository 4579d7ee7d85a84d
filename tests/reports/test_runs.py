"""Runs of pairs that differ in the same ways: each sentence held against the numbers that the layouts were made of.

The layouts are random tables of fractions; what a sentence has to say is worked out here from these fractions alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from conftest import prove_specs
from prover.layouts.loading import About
from prover.reports.report import report
from sampling import few

JSON = dict[str, Any]
NUMBER = r"(?:about )?([0-9./e+-]+)"


@dataclass(frozen=True)
class Row:
    """A pair: its lanes, the axis and the frequency of its turn, and its magnitude."""

    lanes: tuple[int, int]
    axis: str
    frequency: Fraction
    size: Fraction


def random_side(chance: random.Random, count: int) -> list[Row]:
    """Pairs that turn with one of two axes, in halves."""
    rows = []
    for j in range(count):
        speed = Fraction(chance.randint(1, 40), chance.randint(1, 40))
        rows.append(Row((j, j + count), "p", speed, Fraction(1)))
    return rows


def changed(chance: random.Random, rows: list[Row]) -> list[Row]:
    """Stretches of the pairs changed: by one factor, by a factor each, backwards, in magnitude, in axis, in lanes."""
    count, found = len(rows), list(rows)
    for _ in range(chance.randint(1, 4)):
        start, length = chance.randrange(count), chance.randint(1, count)
        way = chance.choice(("constant", "each", "back", "size", "size each", "axis", "lanes"))
        factor = Fraction(chance.randint(1, 9), chance.randint(1, 9))
        for j in range(start, min(count, start + length)):
            own, row = Fraction(chance.randint(1, 9), chance.randint(1, 9)), found[j]
            a, b = row.lanes
            found[j] = {
                "constant": Row(row.lanes, row.axis, row.frequency * factor, row.size),
                "each": Row(row.lanes, row.axis, row.frequency * own, row.size),
                "back": Row(row.lanes, row.axis, -row.frequency, row.size),
                "size": Row(row.lanes, row.axis, row.frequency, row.size * factor),
                "size each": Row(row.lanes, row.axis, row.frequency, row.size * own),
                "axis": Row(row.lanes, "h", row.frequency, row.size),
                "lanes": Row((b, a), row.axis, row.frequency, row.size),
            }[way]
    return found


def write_layout(path: Path, rows: list[Row]) -> str:
    """A layout file of tables."""
    def chosen(texts: list[str]) -> str:
        found = texts[-1]
        for j in range(len(texts) - 2, -1, -1):
            found = f"({texts[j]} if j == {j} else {found})"
        return found

    angle = chosen([f"({row.frequency.numerator}/{row.frequency.denominator})*{row.axis}" for row in rows])
    size = chosen([f"({row.size.numerator}/{row.size.denominator})" for row in rows])
    first, second = (chosen([str(row.lanes[place]) for row in rows]) for place in (0, 1))
    path.write_text(
        f'title = "t"\naxes = ["p", "h"]\nwidth = {2 * len(rows)}\n[pairs]\ncount = {len(rows)}\nfirst = "{first}"\n'
        f'second = "{second}"\nangle = "{angle}"\nmagnitude = "{size}"\n'
    )
    return str(path)


def same_number(text: str, wanted: Fraction, about: bool) -> bool:
    """Whether a number as it is told is the right one: exactly, or to six digits behind "about"."""
    if not about:
        return Fraction(text) == wanted
    return f"{float(wanted):.6g}" == text


def told_numbers(text: str) -> Iterator[tuple[str, bool, int | None]]:
    """Each number of times that a sentence tells, whether it is cut, and of which pair."""
    for found in re.finditer(r"(about )?(\d[0-9./e+-]*) times(?: \(pair (\d+)\))?", text):
        yield found[2], bool(found[1]), int(found[3]) if found[3] else None


def times(kind: str, mine: Row, other: Row) -> Fraction:
    """By what a pair differs, always more than 1 for a turn."""
    if kind == "magnitude":
        return other.size / mine.size
    quotient = abs(mine.frequency / other.frequency)
    return quotient if kind == "slower" else 1 / quotient


def hold_run(run: JSON, source: list[Row], target: list[Row]) -> None:
    """Everything a run says is so of all of its pairs, and the ends it tells are the ends."""
    pairs = [pair for first, last in run["pairs"] for pair in range(first, last + 1)]
    parts = run["text"].split("; ")
    assert len(parts) == len(run["differ"])
    for part, differ in zip(parts, run["differ"], strict=True):
        kind, rows = differ["kind"], [(source[j], target[j]) for j in pairs]
        if kind in ("slower", "faster", "magnitude"):
            values = {j: times(kind, source[j], target[j]) for j in pairs}
            assert kind == "magnitude" or min(values.values()) > 1
            numbers = list(told_numbers(part))
            if min(values.values()) == max(values.values()):
                ((text, about, pair),) = numbers
                assert pair is None
                assert same_number(text, values[pairs[0]], about)
            else:
                assert {min(values.values()), max(values.values())} == {values[pair] for _, _, pair in numbers}
                assert len(numbers) == 2
                assert all(same_number(text, values[pair], about) for text, about, pair in numbers)
            assert Fraction(differ["least"]["exact"]) == min(values.values()) == values[differ["least"]["pair"]]
            assert Fraction(differ["most"]["exact"]) == max(values.values()) == values[differ["most"]["pair"]]
            assert kind in part or kind == "magnitude"
        elif kind == "direction":
            assert "the other way" in part
            assert all(mine.frequency * other.frequency < 0 for mine, other in rows)
        elif kind == "axis":
            told = re.fullmatch(r"turns? with (.*) in the source and with (.*) in the target", part)
            assert told is not None
            sets = [{row.axis for row in side} for side in zip(*rows, strict=True)]
            assert sets == [set(told[place].split(" or ")) for place in (1, 2)]
        else:
            assert kind == "lanes"
            assert all(mine.lanes != other.lanes for mine, other in rows)
            told = re.fullmatch(r"lies? on lanes (.*) and (.*) in the source and (.*) and (.*) in the target", part)
            assert told is not None or part in ("lie on other lanes", "lies on other lanes")
            for place in range(4) if told else ():
                for j, row in zip(pairs, rows, strict=True):
                    law = told[place + 1].replace("2j", "2 * j")  # type: ignore[index]
                    assert eval(law, {"j": j}) == row[place // 2].lanes[place % 2]


def ways(mine: Row, other: Row) -> list[str]:
    """In which ways a pair differs, in the order in which they are told."""
    found = []
    if mine.axis != other.axis:
        found.append("axis")
    elif mine.frequency != other.frequency:
        found += ["direction"] if mine.frequency * other.frequency < 0 else []
        if abs(mine.frequency) != abs(other.frequency):
            found.append("slower" if abs(mine.frequency) > abs(other.frequency) else "faster")
    found += ["magnitude"] if mine.size != other.size else []
    return found + (["lanes"] if mine.lanes != other.lanes else [])


def is_same_turn(mine: Row, other: Row) -> bool:
    """The lanes exchanged and the turn the other way is one and the same kernel."""
    back = Row(other.lanes[::-1], other.axis, -other.frequency, other.size)
    return mine == back


@pytest.mark.parametrize("seed", few(range(60), 4))
def test_every_sentence_of_a_run_is_so(seed: int, tmp_path: Path) -> None:
    """Over random layouts: every pair that differs is in one run, with its ways; every number is the right one."""
    chance = random.Random(seed)
    source = random_side(chance, chance.choice((2, 3, 5, 8, 12)))
    target = changed(chance, source)
    specs = [write_layout(tmp_path / f"{name}.toml", rows) for name, rows in (("s", source), ("t", target))]
    runs = report(prove_specs(*specs), About("s"), About("t"))["runs"]
    wanted = {j: ways(mine, other) for j, (mine, other) in enumerate(zip(source, target, strict=True))
              if mine != other and not is_same_turn(mine, other)}
    found = {
        j: [differ["kind"] for differ in run["differ"]]
        for run in runs for first, last in run["pairs"] for j in range(first, last + 1)
    }
    assert wanted == found
    assert sum(last - first + 1 for run in runs for first, last in run["pairs"]) == len(wanted)
    for run in runs:
        hold_run(run, source, target)


def test_consecutive_pairs_with_one_number_are_a_run_of_their_own(tmp_path: Path) -> None:
    """Pairs 0 and 1 are three times slower, 2 and 3 by a number each, 4 is as it was, 5 five times faster."""
    source = [Row((j, j + 6), "p", Fraction(60), Fraction(1)) for j in range(6)]
    speeds = (20, 20, 30, 12, 60, 300)
    target = [Row(row.lanes, "p", Fraction(speed), Fraction(1)) for row, speed in zip(source, speeds, strict=True)]
    specs = [write_layout(tmp_path / f"{name}.toml", rows) for name, rows in (("s", source), ("t", target))]
    runs = report(prove_specs(*specs), About("s"), About("t"))["runs"]
    assert [
        ("pairs 0 to 1", "turn 3 times slower in the target"),
        ("pairs 2 to 3", "turn slower in the target, 2 times (pair 2) to 5 times (pair 3)"),
        ("pair 5", "turns 5 times faster in the target"),
    ] == [(run["subject"], run["text"]) for run in runs]


def test_yarn_divides_by_up_to_its_factor() -> None:
    """gpt-oss's YaRN by hand: with the ramp from 8 to 18 pair j keeps 1 - (j - 8)/10 of its frequency and a 32nd of
    the rest, so that pair 9 is 1 / (0.9 + 0.1/32) times slower, and from pair 18 on all are 32 times slower."""
    plain = "ggml/neox:head_dim=64:base=150000"
    yarn = f"{plain}:freq_scale=1/32:ext_factor=1:n_ctx_orig=4096"
    runs = report(prove_specs(plain, yarn), About("s"), About("t"))["runs"]
    first = 1 / (Fraction(9, 10) + Fraction(1, 320))
    last = 1 / (Fraction(1, 10) + Fraction(9, 320))
    assert [
        ("pairs 9 to 17", f"turn slower in the target, {first} times (pair 9) to {last} times (pair 17)"),
        ("pairs 18 to 31", "turn 32 times slower in the target"),
    ] == [(run["subject"], run["text"].partition(";")[0]) for run in runs if "slower" in run["text"]]


def test_many_runs_are_told_by_kind() -> None:
    """IMROPE's axes take turns: 43 pairs in 20 stretches are one sentence, with all axes of both sides."""
    (run,) = report(prove_specs("ggml/imrope", "ggml/mrope"), About("s"), About("t"))["runs"]
    axes = "".join("t" if j % 3 == 0 and j < 72 and j < 64 else "h" if j % 3 == 1 and j < 60 else
                   "w" if j % 3 == 2 and j < 60 else "e" for j in range(64))
    blocks = "t" * 24 + "h" * 20 + "w" * 20
    differing = [j for j in range(64) if axes[j] != blocks[j]]
    assert differing == [j for first, last in run["pairs"] for j in range(first, last + 1)]
    used = [" or ".join([", ".join(sorted({side[j] for j in differing})[:-1]), max(side[j] for j in differing)])
            for side in (axes, blocks)]
    assert f"turn with {used[0]} in the source and with {used[1]} in the target" == run["text"]
    assert f"({len(differing)} pairs)" in run["subject"]


def write_pairs(path: Path, angle: str, more: str = "", axes: str = '["p"]') -> str:
    """A layout of two pairs in halves, all with one angle."""
    path.write_text(f'title = "t"\naxes = {axes}\nwidth = 4\n{more}\n[pairs]\ncount = 2\nfirst = "j"\n'
                    f'second = "j + 2"\nangle = "{angle}"\n')
    return str(path)


SENTENCES: dict[str, tuple[str, str, str, tuple[str, ...], str]] = {
    "both axes by one number": ("2*t + 3*h", "4*t + 6*h", '["t", "h"]', (), "turn 2 times faster in the target"),
    "both axes by two numbers": ("2*t + 3*h", "4*t + 7*h", '["t", "h"]', (), "turn by another frequency"),
    "several axes in a pair": ("2*t + 3*h", "2*t", '["t", "h"]', (),
                               "turn with t + h in the source and with t in the target"),
    "under a feed": ("2*p", "10*p", '["p"]', ("p=3*q",), "turn 5 times faster in the target"),
    "a feed that stills an axis": ("2*t", "2*h", '["t", "h"]', ("t=p,h=0",), "turn in the source alone"),
    "another phase": ("2*p", "2*p + 1", '["p"]', (), "start at another angle"),
    "whole turns are taken out": ("p*pi*3/2", "p*pi/4", '["p"]', (), "turn by another frequency"),
    "half a turn and a quarter": ("p*pi/2", "p*pi/4", '["p"]', (), "turn 2 times slower in the target"),
    "an irrational number": ("p*sqrt(2)", "p", '["p"]', (), "turn about 1.41421 times slower in the target"),
    "backwards and faster": ("p", "-3*p", '["p"]', (), "turn the other way; turn 3 times faster in the target"),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences_by_hand(name: str, tmp_path: Path) -> None:
    """Pairs 0 and 1 are alike: one run, with these words."""
    first, second, axes, feeds, words = SENTENCES[name]
    specs = [write_pairs(tmp_path / f"{side}.toml", angle, axes=axes) for side, angle in (("s", first), ("t", second))]
    (run,) = report(prove_specs(*specs, feeds), About("s"), About("t"))["runs"]
    assert ("pairs 0 to 1", words) == (run["subject"], run["text"])


def test_another_base() -> None:
    """500000 for 10000 makes pair j slower by 50**(2j/128): told from pair 1 to pair 63, to six digits."""
    specs = ("transformers/half:rope_theta=10000", "transformers/half:rope_theta=500000")
    (run,) = report(prove_specs(*specs), About("s"), About("t"))["runs"]
    ends = [f"about {50 ** (2 * j / 128):.6g} times (pair {j})" for j in (1, 63)]
    assert ("pairs 1 to 63", f"turn slower in the target, {ends[0]} to {ends[1]}") == (run["subject"], run["text"])


def test_lanes_that_are_written_elsewhere() -> None:
    """Both read lanes 2j and 2j + 1; one writes them there, the other to j and j + 4."""
    specs = ("transformers/adjacent:head_dim=8", "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=8")
    (run,) = report(prove_specs(*specs), About("s"), About("t"))["runs"]
    assert ("pairs 0 to 3", "are written to lanes 2j and 2j + 1 in the source and j and j + 4 in the target") == (
        run["subject"], run["text"])
