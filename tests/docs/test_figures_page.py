"""The page of figures from a run written by hand: rows beside their alternatives, ratios worked out on paper."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from figures import COMMAND, SUITE, page, ratio, seconds, surroundings

ROOT = Path(__file__).parent.parent.parent


def row(test: str, median: float, group: str | None, param: str | None = None, **known: Any) -> dict[str, Any]:
    """As pytest-benchmark writes one."""
    named = f"test_{test}[{param}]" if param else f"test_{test}"
    return {
        "group": group, "name": named, "fullname": f"tests/benchmarks/test_a.py::{named}", "param": param,
        "params": {"pairs": param} if param else None,
        "stats": {"median": median, "iqr": median / 10, "rounds": known.pop("rounds", 5)},
        "extra_info": {"topic": "Proofs", "what": test, "is_alternative": False, **known},
    }


def told(*rows: dict[str, Any]) -> list[str]:
    """What the page of a run has below the machine."""
    run = {
        "machine_info": {"system": "Linux", "release": "6.1", "machine": "x86_64", "cpu": {"brand_raw": "Some <CPU>"},
                         "python_implementation": "CPython", "python_version": "3.12.1"},
        "commit_info": {"id": "0123456789abcdef", "dirty": True},
        "surroundings": {"cores": 4, "load": {"at the start": 0.125}, "date": "2026-11-28",
                         "packages": {"cvc5": "1.4.2", "torch": None}},
        "benchmarks": list(rows),
    }
    lines = page(run).splitlines()
    for stated in ("| processor | Some &lt;CPU> |", "| cores | 4 |", "| load at the start | 0.12 in the last minute |",
                   "| date | 2026-11-28 |", "| cvc5 | 1.4.2 |", "| torch | not installed |",
                   "| commit | 0123456789ab, with changes |", "| Python | CPython 3.12.1 |"):
        assert stated in lines
    assert COMMAND in lines
    return [line for line in lines[lines.index("| commit | 0123456789ab, with changes |") + 1 :] if line]


HEAD = ["| what | median (IQR, runs) | beside it | median (IQR, runs) | ratio |", "| --- | ---: | --- | ---: | --- |"]


def test_each_row_stands_beside_every_alternative() -> None:
    """0.5 s to 0.2 s is 2.5 times as long, 0.5 s to 10 s is 20 times as fast; one run has no spread."""
    shown = told(
        row("ours", 0.5, "a question"), row("bare", 0.2, "a question", is_alternative=True),
        row("naive", 10.0, "a question", is_alternative=True, rounds=1, answer="unknown"),
    )
    assert shown == [
        "## Proofs", "### a question", *HEAD,
        "| ours | 500 ms (50.0 ms, 5) | bare | 200 ms (20.0 ms, 5) | 2.5 times as long |",
        "|  |  | naive, answer: unknown | 10.0 s (1 run) | 20 times as fast |",
    ]


def test_equal_parameters_meet() -> None:
    """Four pairs stand beside four; what has no counterpart stands alone, on either side."""
    shown = told(
        row("ours", 0.004, "q", "4"), row("ours", 0.008, "q", "8"),
        row("naive", 0.004, "q", "4", is_alternative=True), row("naive", 0.5, "q", "16", is_alternative=True),
    )
    assert shown[4:] == [
        "| ours, pairs 4 | 4.0 ms (400 µs, 5) | naive, pairs 4 | 4.0 ms (400 µs, 5) | about as long |",
        "| ours, pairs 8 | 8.0 ms (800 µs, 5) |  |  |  |",
        "| naive, pairs 16 | 500 ms (50.0 ms, 5) |  |  |  |",
    ]


def test_parameters_of_one_test_may_be_marked() -> None:
    """A way among the ways of one test is what all others of it are held against."""
    ways = [row("way", 1.0, "q", "copy", is_alternative=True), row("way", 2.0, "q", "a"), row("way", 0.5, "q", "b")]
    shown = told(*(way | {"params": {"name": "x", "how": "y"}} for way in ways))
    assert [line.split(" | ")[0::2] for line in shown[4:]] == [
        ["| way, a", "way, copy", "2.0 times as long |"], ["| way, b", "way, copy", "2.0 times as fast |"]]


def test_without_a_mark_the_first_test_is_the_measure() -> None:
    """A new file needs no change here: its rows are held against the first test of their group."""
    old = row("old", 3.0, "q", "4"), row("old", 9.0, "q", "8")
    shown = told(*old, row("new", 1.5, "q", "4"), row("new", 1.5, "q", "8"))
    assert [line.split(" | ")[-1] for line in shown[4:]] == ["2.0 times as fast |", "6.0 times as fast |"]
    assert [line.split(" | ")[2] for line in shown[4:]] == ["old, pairs 4", "old, pairs 8"]


def test_a_row_of_no_group_and_no_words_is_on_the_page() -> None:
    """Its own name stands for both."""
    bare = row("alone", 1.5, None) | {"extra_info": {}}
    assert told(row("ours", 1.0, "q"), bare)[-1] == "| test_alone | 1.50 s (150 ms, 5) |  |  |  |"


def test_rows_of_a_question_stand_together() -> None:
    """In whatever order the suite ran, every row is there once."""
    shown = told(row("a", 1.0, "q"), row("c", 1.0, "r"), row("b", 2.0, "q", is_alternative=True))
    assert [line for line in shown if line.startswith("###")] == ["### q", "### r"]
    assert shown.index("### r") > shown.index("| a | 1.00 s (100 ms, 5) | b | 2.00 s (200 ms, 5) | 2.0 times as fast |")


@pytest.mark.parametrize(("time", "text"), [
    (12.345, "12.3 s"), (123.4, "123 s"), (1.234, "1.23 s"), (0.1824, "182 ms"), (0.0093, "9.3 ms"), (1.5e-6, "1.5 µs"),
    (2e-8, "0.0 µs"),
])
def test_seconds(time: float, text: str) -> None:
    """In the unit that fits."""
    assert text == seconds(time)


@pytest.mark.parametrize(("own", "other", "text"), [
    (1.0, 1.04, "about as long"), (1.04, 1.0, "about as long"), (1.06, 1.0, "1.1 times as long"),
    (1.0, 104.4, "104 times as fast"),
])
def test_ratio(own: float, other: float, text: str) -> None:
    """Own time first."""
    assert text == ratio(own, other)


SUITE_OF_TWO = '''"""A topic, beside another.

More.
"""
import pytest

@pytest.mark.alternative
@pytest.mark.benchmark(group="a question")
def test_naive(benchmark):
    """What a person
    would do.

    More.
    """
    benchmark.pedantic(str, rounds=2)

@pytest.mark.benchmark(group="a question")
@pytest.mark.parametrize("kind", ["plain"])
def test_ours(benchmark, kind):
    """What is `done`."""
    benchmark.extra_info["found"] = 3
    benchmark.pedantic(str, rounds=4)
'''


def test_a_new_benchmark_is_on_the_page(tmp_path: Path) -> None:
    """A file that nobody told the page of: its docstrings, group, mark, parameters and facts are what is shown."""
    suite, run = tmp_path / "test_new_speed.py", tmp_path / "run.json"
    suite.write_text(SUITE_OF_TWO)
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # no worker of xdist
    subprocess.run(
        [sys.executable, "-m", "pytest", str(suite), *SUITE[1:], "-p", "conftest", "-c", str(ROOT / "pyproject.toml"),
         f"--rootdir={ROOT}", f"--benchmark-json={run}"], cwd=ROOT, check=True,
        stdout=subprocess.DEVNULL, env=alone,
    )
    lines = page({**json.loads(run.read_text()), "surroundings": surroundings()}).splitlines()
    assert {"## A topic, beside another", "### a question"} < set(lines)
    assert re.fullmatch(r"\| What is `done`, kind plain, found: 3 \| \S+ .s \(\S+ .s, 4\) "
                        r"\| What a person would do \| \S+ .s \(\S+ .s, 2\) \| .* \|", lines[-1])
