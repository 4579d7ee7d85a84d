"""Layout files with loops for the tests, and the same loops run by plain Python, apart from the package."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

Branch = tuple[str, str, str]
Pair = tuple[str, Fraction]

_FILE = """
title = "loop"
axes  = ["t", "h"]
width = "2*n"

[parameters]
n = {{ default = 4, whole = true, require = "n >= 1" }}
m = {{ default = 3, whole = true, require = "{require}" }}

{states}
[pairs]
count  = "n"
first  = "2*j"
second = "2*j + 1"
angle  = "{angle}"
"""


@dataclass(frozen=True, slots=True)
class Loop:
    """Pairs that turn by AXIS*(VALUE), or AXIS*2**(VALUE) if `powers`, in the first branch whose condition holds.

    `branches`: condition, axis, value; the condition of the last is empty. `states`: name, value at pair 0, step.
    """

    branches: tuple[Branch, ...]
    states: tuple[Branch, ...] = ()
    powers: bool = False

    def write(self, path: Path, require: str = "m >= 0") -> str:
        """The layout file of it."""
        *guarded, (_, axis, value) = self.branches
        text = self._turn(axis, value)
        for condition, axis, value in reversed(guarded):
            text = f"({self._turn(axis, value)} if {condition} else {text})"
        states = "".join(
            f'[state.{name}]\ninitial = "{first}"\nstep = "{step}"\n' for name, first, step in self.states
        )
        path.write_text(_FILE.format(require=require, states=states, angle=text))
        return str(path)

    def _turn(self, axis: str, value: str) -> str:
        return f"{axis}*2**({value})" if self.powers else f"{axis}*({value})"

    def run(self, n: int, m: int) -> list[Pair]:
        """Axis and value of every pair; ZeroDivisionError where there is none."""
        names = {"n": Fraction(n), "m": Fraction(m)}
        carried: dict[str, Fraction] = {}
        found: list[Pair] = []
        for j in range(n):
            before = {**names, **carried, "j": Fraction(j - 1)}
            carried = {
                name: _value(first, names) if j == 0 else _value(step, before) for name, first, step in self.states
            }
            now = {**names, **carried, "j": Fraction(j)}
            axis, value = next((a, v) for c, a, v in self.branches if not c or _value(c, now))
            turn = _value(value, now)
            found.append((axis, turn) if turn or self.powers else ("", turn))
        return found


def _value(text: str, names: Mapping[str, Fraction]) -> Fraction:
    exact = re.sub(r"(?<![\w.])(\d+)", r"number(\1)", text)
    tools = {"number": Fraction, "floor": math.floor, "min": min, "max": max}
    return eval(exact, {"__builtins__": {}, **tools}, dict(names))  # type: ignore[no-any-return]


def first_difference(old: Sequence[Pair], new: Sequence[Pair]) -> int | None:
    """The first pair at which two runs differ."""
    return next((j for j, (a, b) in enumerate(zip(old, new, strict=True)) if a != b), None)


def mrope_axis(kind: str, sections: list[int], pair: int) -> int:
    """The axis of a pair as the loop of ggml_mrope_cache_init has it: 0 to 3 for t, h, w, e."""
    sector = pair % sum(sections)
    if kind == "imrope":
        for axis in (1, 2, 0):
            if sector % 3 == axis and sector < 3 * sections[axis]:
                return axis
        return 3
    return next(axis for axis in range(4) if sector < sum(sections[: axis + 1]))
