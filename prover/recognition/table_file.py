"""A measured table as a layout file: its lanes, axes, frequencies and magnitudes as lists, no formula."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prover.errors import InputError
from prover.measure.measured import Measured, MeasuredPair, Vector

NAMES = ("alpha", "beta", "gamma", "delta")
FIELDS = {"alpha": "angle", "beta": "sine_angle", "gamma": "second_sine_angle", "delta": "second_angle"}


def table_file(measured: Measured, title: str) -> str:
    """The text of the file. Raises InputError where a table is no layout: a pair with two magnitudes."""
    pairs = [pair for pair in measured.pairs if any(pair.turns)]
    for pair in pairs:
        if abs(pair.magnitudes[0] - pair.magnitudes[1]) > 2 * measured.magnitude_tolerance:
            raise InputError(
                f"lanes {pair.read[0]} and {pair.read[1]} are one pair and multiplied by {pair.magnitudes[0]:.9g} and "
                f"{pair.magnitudes[1]:.9g}", where=measured.name[:60], advice="In a layout a pair has one magnitude",
            )
    pairs += _standing(measured, [pair for pair in measured.pairs if not any(pair.turns)])
    turns = {name: [pair.turns[place] for pair in pairs] for place, name in enumerate(NAMES)}
    kept = ["alpha"] if all(turns[name] == turns["alpha"] for name in NAMES) else list(NAMES)
    used = {name: [axis for axis in measured.axes if any(axis in dict(v) for v in turns[name])] for name in kept}
    axes = list(measured.axes) or ["p"]
    lines = [
        f"title = {json.dumps(title)}", 'note  = "Measured numbers, one a pair: a table, no formula."',
        f"axes  = {json.dumps(axes)}", f'width = "{measured.width}"', "", "[parameters]",
    ]
    lists: dict[str, Sequence[object]] = {
        "first": [pair.read[0] for pair in pairs], "second": [pair.read[1] for pair in pairs],
        "to_first": [pair.write[0] for pair in pairs], "to_second": [pair.write[1] for pair in pairs],
        "size": [repr(pair.magnitudes[0]) for pair in pairs],
    }
    for name in kept:
        for place, axis in enumerate(measured.axes):
            if axis in used[name]:
                lists[f"{name}_{place}"] = [_number(vector, axis) for vector in turns[name]]
    lines += [f"{name} = {{ list = true, default = {json.dumps(values)} }}" for name, values in lists.items()]
    lines += [
        "", "[pairs]", f"count = {len(pairs)}", 'first = "first[j]"', 'second = "second[j]"',
        'write_first = "to_first[j]"', 'write_second = "to_second[j]"', 'magnitude = "size[j]"',
    ]
    for name in kept:
        terms = [f"{axis}*{name}_{place}[j]" for place, axis in enumerate(measured.axes) if axis in used[name]]
        lines.append(f"{FIELDS[name]} = {json.dumps(' + '.join(terms) or f'0*{axes[0]}')}")
    return "\n".join(lines) + "\n"


def _number(vector: Vector, axis: str) -> str:
    return repr(dict(vector).get(axis, 0.0))


def _standing(measured: Measured, pairs: list[MeasuredPair]) -> list[MeasuredPair]:
    """Pairs without a turn for lanes that are moved or multiplied; any two of one magnitude will do."""
    still = {lane: (to, measured.scales[lane]) for lane, to in measured.passes}
    for pair in pairs:
        still |= dict(zip(pair.read, zip(pair.write, pair.magnitudes, strict=True), strict=True))
    changed = sorted((lane for lane, (to, size) in still.items() if to != lane or size != 1.0),
                     key=lambda lane: (still[lane][1], lane))
    none: tuple[Vector, Vector, Vector, Vector] = ((), (), (), ())
    found = []
    while changed:
        one = changed.pop(0)
        to, size = still[one]
        other = next((lane for lane in changed if still[lane][1] == size), None)
        if other is None:
            other = next((lane for lane in still if lane != one and still[lane] == (lane, size) and size == 1.0), None)
            if other is None:
                raise InputError(
                    f"lane {one} never turns, and is moved or multiplied by {size:.9g}, which no other lane is",
                    where=measured.name[:60], advice="In a layout lanes come in pairs of one magnitude",
                )
            del still[other]
        else:
            changed.remove(other)
        found.append(MeasuredPair((one, other), (to, still[other][0] if other in still else other), none, (size, size)))
    return found
