"""The page of figures of speed: each benchmark beside its alternative, from one run of the suite.

    .venv/bin/python tests/figures.py                  # run, and write docs/reference/figures.md
    .venv/bin/python tests/figures.py --from RUN.json  # write the page of a run that was kept with --keep RUN.json

The page knows no benchmark by name. A topic is the docstring of a module in tests/benchmarks, a question is a
`group`, a row is the docstring of a test. Rows are held against those of their group that are marked `alternative`
(`pytest.mark.alternative`), of the same parameters if two tests both have some; if none is marked, against the first
test. What a test adds to `benchmark.extra_info` stands beside its name.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/reference/figures.md"
COMMAND = ".venv/bin/python tests/figures.py"
SUITE = ["tests/benchmarks", "-o", "addopts=", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", "not slow", "-v",
         "--benchmark-only", "--benchmark-disable-gc", "--benchmark-columns=median,iqr,rounds"]
PACKAGES = ("rope-prover", "z3-solver", "cvc5", "sympy", "python-flint", "numpy", "numba", "torch", "transformers")
OWN = ("topic", "what", "is_alternative")
Row = dict[str, Any]


def page(run: dict[str, Any]) -> str:
    """The page, from what pytest-benchmark writes and what `surroundings` adds to it."""
    lines = [
        "<!-- Written by tests/figures.py; what is changed here is lost. -->", "# How fast", "",
        "Each question beside what a person would do instead, in the same run: medians, and in brackets the "
        "interquartile range and the number of runs. Ratios are those of the medians, of what stands first to what "
        "stands beside it. A single run has no spread. What is warm has read its layout files before, and proves anew "
        "each time.", "",
        "```text", COMMAND, "```", "", "## The machine", "", *table(["what", "this run"], machine(run)),
    ]
    for topic, rows in by(run["benchmarks"], lambda row: row["extra_info"].get("topic", "")):
        lines += ["", f"## {cell(topic)}"]
        for question, asked in by(rows, lambda row: row["group"] or row["name"]):
            heads = ["what", "median (IQR, runs)", "beside it", "median (IQR, runs)", "ratio"]
            lines += ["", f"### {cell(question)}", "", *table(heads, list(beside(asked)))]
    return "\n".join(lines) + "\n"


def machine(run: dict[str, Any]) -> list[list[str]]:
    """What the times depend on."""
    info, found = run["machine_info"], run["surroundings"]
    commit = run.get("commit_info") or {}
    changed = ", with changes" if commit.get("dirty") else ""
    return [
        ["processor", cell(info.get("cpu", {}).get("brand_raw") or info.get("processor") or info["machine"])],
        ["cores", str(found["cores"])],
        ["system", cell(f"{info['system']} {info['release']}, {info['machine']}")],
        *([f"load {when}", f"{load:.2f} in the last minute" if load is not None else "not known"]
          for when, load in found["load"].items()),
        ["date", found["date"]],
        ["Python", f"{info['python_implementation']} {info['python_version']}"],
        *([name, version or "not installed"] for name, version in found["packages"].items()),
        ["commit", f"{commit['id'][:12]}{changed}" if commit.get("id") else "not known"],
    ]


def beside(rows: list[Row]) -> Iterator[list[str]]:
    """The rows of one question: each with each of its alternatives, then alternatives that nothing was held against."""
    first = test_of(rows[0])
    is_marked = any(row["extra_info"].get("is_alternative") for row in rows)
    others = [row for row in rows if (row["extra_info"].get("is_alternative") if is_marked else test_of(row) == first)]
    own, used = [row for row in rows if row not in others], []
    for row in own:
        fitting = [other for other in others if other["param"] in (None, row["param"]) or row["param"] is None
                   or test_of(other) == test_of(row)]
        used += fitting
        told = [told_of(row), time_of(row)]
        for other in fitting:
            yield [*told, told_of(other), time_of(other), ratio(median(row), median(other))]
            told = ["", ""]
        if not fitting:
            yield [*told, "", "", ""]
    for other in others:
        if other not in used:
            yield [told_of(other), time_of(other), "", "", ""]


def by(rows: list[Row], key: Any) -> list[tuple[str, list[Row]]]:
    """The rows by a key, in the order in which the keys come first."""
    order = list(dict.fromkeys(map(key, rows)))
    ranked = sorted(rows, key=lambda row: order.index(key(row)))
    return [(name, list(group)) for name, group in groupby(ranked, key)]


def test_of(row: Row) -> str:
    """The name of the test, without its parameters."""
    return str(row["fullname"].partition("[")[0])


def told_of(row: Row) -> str:
    """What a test says that it does, its parameters, and the facts that it added."""
    known = row["extra_info"]
    names = list(row["params"] or ())
    facts = [" ".join([*names[: len(names) == 1], row["param"]])] if row["param"] is not None else []
    facts += [f"{name}: {value}" for name, value in known.items() if name not in OWN]
    return cell(", ".join([known.get("what") or row["name"], *facts]))


def median(row: Row) -> float:
    """In seconds."""
    return float(row["stats"]["median"])


def time_of(row: Row) -> str:
    """The median, and what it is the median of."""
    runs = row["stats"]["rounds"]
    spread = f"{seconds(row['stats']['iqr'])}, {runs}" if runs > 1 else "1 run"
    return f"{seconds(median(row))} ({spread})"


def seconds(time: float) -> str:
    """Two or three digits, in the unit that fits: 1.25 s, 182 ms, 9.3 µs."""
    unit, scale = next(((unit, scale) for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)) if time * scale >= 1),
                       ("µs", 1e6))
    number = time * scale
    return f"{number:.{2 if unit == 's' and number < 10 else 1 if number < 100 else 0}f} {unit}"


def ratio(own: float, other: float) -> str:
    """How `own` stands to `other`, in words; what differs by less than a twentieth is told as equal."""
    times, word = (own / other, "long") if own >= other else (other / own, "fast")
    return "about as long" if times < 1.05 else f"{times:.{1 if times < 10 else 0}f} times as {word}"


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """A table of Markdown."""
    ruled = ["---:" if "median" in head else "---" for head in heads]
    return [f"| {' | '.join(row)} |" for row in (heads, ruled, *rows)]


def cell(text: str) -> str:
    """Text that breaks no table; `code` stays as it is."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def surroundings() -> dict[str, Any]:
    """What pytest-benchmark does not write: cores, load, date and versions, before anything runs."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cores": usable, "load": {"at the start": load()}, "date": datetime.now(UTC).date().isoformat(),
            "packages": {name: version(name) for name in PACKAGES}}


def load() -> float | None:
    """The mean number of processes that ran or waited for a core in the last minute; None where that is not told."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def version(name: str) -> str | None:
    """What is installed; None for nothing."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def measured() -> dict[str, Any]:
    """The suite, run now. Ends the program with pytest's exit code unless all passes."""
    found = surroundings()
    print(f"Python {platform.python_version()}, load {load()}: five to ten minutes", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        done = subprocess.run([sys.executable, "-m", "pytest", *SUITE, f"--benchmark-json={path}"], cwd=ROOT)
        if done.returncode:
            sys.exit(done.returncode)
        found["load"]["at the end, this run in it"] = load()
        return {**json.loads(path.read_text()), "surroundings": found}


def main() -> None:
    """Run or read, keep if asked, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="kept", type=Path, metavar="RUN.json", help="write the page of a kept run")
    parser.add_argument("--keep", type=Path, metavar="RUN.json", help="keep the run")
    parser.add_argument("--out", type=Path, default=PAGE, help="where the page goes")
    given = parser.parse_args()
    run = json.loads(given.kept.read_text()) if given.kept else measured()
    if given.keep:
        given.keep.write_text(json.dumps(run, indent=1))
    given.out.write_text(page(run))
    print(given.out)


if __name__ == "__main__":
    main()
