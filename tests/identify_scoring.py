"""How well tables are identified without the family: run as a program it prints the score of every file, and misses.

What is right comes from the SPEC that each table is known to equal: its layout and its own parameters and words.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from measured_rows import Row, rows
from prover.exact.number import Exact
from prover.layouts.expand import parameter_values
from prover.layouts.loading import Loaded, load
from prover.layouts.roles import role_names
from prover.layouts.spec import parse_spec
from prover.recognition.identified import Identified, identify, layout_key

# Words of specs for a scaling, whatever the parameter that takes them.
SCALINGS = {
    "linear": "linear", "yarn": "yarn", "deepseek_yarn": "yarn", "llama3": "llama3", "longrope": "longrope",
    "su": "longrope",
}


@dataclass(frozen=True)
class Score:
    """What is right of one table; None: the spec does not say. `reason`: why there is no layout, in short."""

    row: Row
    width: bool
    lanes: bool
    base: bool | None
    scaling: bool | None
    layout: bool
    conforms: bool
    seconds: float
    reason: str


def score(row: Row) -> Score:
    """One table."""
    expected = load(row.spec)
    start = time.process_time()
    found = identify(row.measured)
    seconds = time.process_time() - start
    keys = {layout_key(fit.layout) for fit in found.fits}
    turning = {tuple(sorted(pair.read)) for pair in expected.layout.pairs if pair.angle.frequencies}
    same = layout_key(expected.layout) in keys or not (turning or found.facts.turning)
    return Score(
        row, found.facts.measured.width == expected.layout.width,
        turning == {pair.read for pair in found.facts.turning},
        _base(expected, found), _scaling(row, found), same, bool(found.groups), seconds,
        "" if same else _reason(found),
    )


def _base(expected: Loaded, found: Identified) -> bool | None:
    values = parameter_values(expected.family, dict(expected.given))
    bases = [
        value.rational for name, value in values.items() if name in role_names()["base"] and isinstance(value, Exact)
    ]
    if len(bases) != 1 or not bases[0] or not found.facts.turning:  # 0 stands for a base that is not given
        return None
    return found.base is not None and found.base == bases[0]


def _scaling(row: Row, found: Identified) -> bool | None:
    words = [SCALINGS[word] for _, word in parse_spec(row.spec).values if word in SCALINGS]
    # litgpt calls its own, which runs the other way, by the same word.
    return (found.scaling or "").removeprefix("inverted ") == words[0] if words else None


def _reason(found: Identified) -> str:
    facts = found.facts
    kinds = ", ".join(each.kind for each in found.supposed) or "no hypothesis"
    what = f"{facts.pairing}, axes {' '.join(facts.axes)}, {kinds}"
    return f"{what}; {len(found.groups)} other layouts conform" if found.groups else what


def table(scores: Iterable[Score]) -> Iterator[str]:
    """The score by file, a line each, and the whole."""
    files: dict[str, list[Score]] = defaultdict(list)
    for each in scores:
        files[each.row.file].append(each)
        files["all"].append(each)
    heads = ("base", "scaling", "lanes")
    yield f"{'file':24} tables same layout conforms {' '.join(f'{head:>9}' for head in heads)} seconds"
    for file, some in sorted(files.items(), key=lambda item: item[0] == "all"):
        shares = [_share([getattr(each, name) for each in some]) for name in heads]
        yield (
            f"{file:24} {len(some):6} {sum(s.layout for s in some):11} {sum(s.conforms for s in some):8} "
            f"{shares[0]:>9} {shares[1]:>9} {shares[2]:>9} {max(s.seconds for s in some):7.1f}"
        )


def _share(found: list[bool | None]) -> str:
    counted = Counter(found)
    return f"{counted[True]}/{counted[True] + counted[False]}"


def main(arguments: list[str]) -> None:
    """Score the files that are named, or all."""
    scores = []
    for row in rows():
        if arguments and row.file not in arguments:
            continue
        each = score(row)
        scores.append(each)
        if not each.layout or each.base is False or each.scaling is False:
            wrong = [name for name in ("layout", "base", "scaling") if getattr(each, name) is False]
            print(f"{row.file} {row.entry}: {', '.join(wrong)} ({row.spec[:110]}): {each.reason}", flush=True)
    print("\n".join(table(scores)))


if __name__ == "__main__":
    main(sys.argv[1:])
