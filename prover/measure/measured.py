"""Measured tables: what a real kernel was seen to do to every lane, read from JSON.

Two formats, both described in tests/measured/README.md: ggml's, with one position letter per pair, and
transformers', which can also hold several axes per pair, write orders and pairs with two angles.
Numbers in them are floats that some float32 kernel produced, so each comes with the error it may have.
"""

from __future__ import annotations

import itertools
import json
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from prover.errors import InputError, ProverError
from prover.files import read_text

MAX_BYTES = 1 << 26
MAX_ENTRIES = 10_000
MAX_WIDTH = 1 << 16
MAX_AXES = 8
MAX_SAID = 200  # characters of what a file says of its software
LARGEST = 1e100

# Half a unit in the last place of float32: the largest relative error of one rounding.
ROUNDING = 2.0**-24
# Decimals with which each format prints a magnitude.
_DECIMALS = {"ggml": 5, "transformers": 6}
# Axes that measured tables spell otherwise than layouts.
AXIS_NAMES = {"pos": "p", "image_index": "image", "y in [-1,1]": "y", "x in [-1,1]": "x"}

Vector = tuple[tuple[str, float], ...]
Turns = tuple[Vector, Vector, Vector, Vector]


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """Two lanes, the lower first: where they are written and how they turn.

    `turns` are radians per unit of each axis for the four angles of a pair, alpha, beta, gamma and delta;
    `magnitudes` belong to the two lanes.
    """

    read: tuple[int, int]
    write: tuple[int, int]
    turns: Turns
    magnitudes: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A kernel's table; `passes` are (read, written) lanes that do not turn, `scales` what they are multiplied by.

    `kind`: the format, and with it the precision of what was measured. `given`: whose the frequencies are, where the
    kernel was given them; empty where they were measured.
    """

    name: str
    width: int
    axes: tuple[str, ...]
    pairs: tuple[MeasuredPair, ...]
    passes: tuple[tuple[int, int], ...]
    scales: dict[int, float]
    magnitude_tolerance: float
    kind: str
    given: str = ""


class _Ggml(msgspec.Struct):
    head_dim: int
    pairs: list[tuple[int, int]]
    axis: str
    sign: int
    freq: list[float]
    scale: float
    passthrough: list[int]


class _Transformers(msgspec.Struct):
    head_dim: int
    axes: list[str]
    pairs: list[tuple[int, int, int | list[int], int | None, float | list[float]]]
    passthrough: list[int]
    scale: dict[str, str | list[int]]
    output_permutation: list[int] | None = None
    non_rotation_pairs: list[tuple[int, int, list[float], list[float]]] = []
    general_pairs: list[tuple[int, int, list[float], list[float], list[float], list[float]]] = []
    is_rotation: bool | None = None
    frequencies_given: str = ""


def read_measured(path: Path) -> dict[str, Measured]:
    """Every entry of a measured file by name, decoded and checked."""
    return {name: decode(name, table, f"{path}, entry {name[:60]}") for name, table in read_entries(path).items()}


def read_entries(path: Path) -> dict[str, Any]:
    """Every entry of a measured file by name, as JSON. Raises InputError if it is no such file."""
    try:
        tables = msgspec.json.decode(read_text(path, MAX_BYTES))
    except (msgspec.DecodeError, RecursionError) as fault:
        raise InputError(f"is not JSON: {fault}", where=str(path)) from None
    found = next((tables[k] for k in ("configs", "cases", "entries") if k in tables), None) if (
        isinstance(tables, dict)
    ) else None
    if isinstance(found, list):
        named = {str(entry.get("id", "")): entry for entry in found if isinstance(entry, dict)}
        if len(named) != len(found) or "" in named:
            raise InputError("every case needs an 'id' of its own", where=str(path))
        found = named
    if not isinstance(found, dict) or not found:
        raise InputError(
            "is no measured table", where=str(path),
            advice="Expected an object with 'configs' (ggml), 'cases' (transformers) or 'entries'",
        )
    if len(found) > MAX_ENTRIES:
        raise InputError(f"{len(found)} entries; at most {MAX_ENTRIES}", where=str(path))
    return found


def read_software(path: Path) -> str:
    """What a measured file says that it was measured from; "" if it does not say."""
    try:
        found = msgspec.json.decode(read_text(path, MAX_BYTES))
    except (msgspec.DecodeError, RecursionError):
        return ""
    said = found.get("software") if isinstance(found, dict) else None
    return said[:MAX_SAID] if isinstance(said, str) else ""


def read_entry(file: str, entry: str | None) -> Measured:
    """One entry of a measured file; which need not be said if it has only one. Raises InputError."""
    entries = read_entries(Path(file))
    if entry is None and len(entries) == 1:
        entry = next(iter(entries))
    if entry is None or entry not in entries:
        names = textwrap.shorten(", ".join(entries), 1000, placeholder=" ...")
        raise InputError(
            f"there is no entry '{entry[:60]}'" if entry else f"has {len(entries)} entries", where=file,
            advice=f"Name one with --entry: {names}",
        )
    return decode(entry, entries[entry], f"{file}, entry {entry[:60]}")


def merged(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Tables of one kind, as they are measured, in one."""
    first = dict(tables[0])
    for table in tables[1:]:
        for key in ("configs", "cases"):
            if key in first:
                first[key] = first[key] | table[key] if isinstance(first[key], dict) else first[key] + table[key]
    return first


def sole_entry(table: dict[str, Any], name: str) -> dict[str, Any]:
    """The one entry of a table of one kernel, as it was measured."""
    entry: dict[str, Any] = table["configs"][name] if "configs" in table else table["cases"][0]
    return entry


def written(table: dict[str, Any]) -> str:
    """A table as the text of a file."""
    return json.dumps(table, indent=1, allow_nan=False) + "\n"


def decode(name: str, table: Any, where: str) -> Measured:
    """One entry. Raises InputError with field, expected and got."""
    is_ggml = isinstance(table, dict) and isinstance(table.get("axis"), str)
    width = table.get("head_dim") if isinstance(table, dict) else None
    if isinstance(width, int) and not 0 < width <= MAX_WIDTH:
        raise InputError(f"is {width}, expected 1 to {MAX_WIDTH}", where=f"{where}, head_dim")
    try:
        if is_ggml:
            return _from_ggml(name, msgspec.convert(table, _Ggml))
        return _from_transformers(name, msgspec.convert(table, _Transformers))
    except msgspec.ValidationError as fault:
        message, _, field = str(fault).partition(" - at ")
        raise InputError(message.replace("`", "'"), where=f"{where}, {field.strip('`$.') or 'top level'}") from None
    except ProverError as fault:
        raise fault.inside(where) from None


def _from_ggml(name: str, entry: _Ggml) -> Measured:
    if not len(entry.pairs) == len(entry.axis) == len(entry.freq):
        raise InputError(
            f"{len(entry.pairs)} pairs, {len(entry.axis)} axis letters and {len(entry.freq)} frequencies",
            where="pairs, axis, freq", advice="Give one of each per pair",
        )
    if entry.sign not in (1, -1):
        raise InputError(f"is {entry.sign}, expected 1 or -1", where="sign")
    _finite("freq", [*entry.freq, entry.scale])
    pairs = []
    for (a, b), axis, frequency in zip(entry.pairs, entry.axis, entry.freq, strict=True):
        vector = _vector([axis], [entry.sign * frequency])
        pairs.append(_oriented((a, b), (a, b), (vector, vector, vector, vector), (entry.scale, entry.scale)))
    axes = tuple(dict.fromkeys(entry.axis))
    return _checked(name, entry.head_dim, axes, pairs, [(lane, lane) for lane in entry.passthrough], {}, "ggml")


def _from_transformers(name: str, entry: _Transformers) -> Measured:
    width = entry.head_dim
    order = list(range(width)) if entry.output_permutation is None else entry.output_permutation
    if sorted(order) != list(range(width)):
        raise InputError(f"is no permutation of the {width} lanes", where="output_permutation")
    written = {lane: place for place, lane in enumerate(order)}
    axes = [AXIS_NAMES.get(axis, axis) for axis in entry.axes]
    sizes = _magnitudes(entry, width)

    def pair(a: int, b: int, turns: Turns) -> MeasuredPair:
        for lane in (a, b):
            _lane(lane, width, "pairs")
        return _oriented((a, b), (written[a], written[b]), turns, (sizes[a], sizes[b]))

    pairs = []
    for a, b, which, sign, frequency in entry.pairs:
        numbers = frequency if isinstance(frequency, list) else [frequency * (1 if sign is None else sign)]
        _finite("pairs", numbers)
        vector = _vector(_axes(axes, which, len(numbers)), numbers)
        pairs.append(pair(a, b, (vector, vector, vector, vector)))
    general = [((a, b), (v, v, w, w)) for a, b, v, w in entry.non_rotation_pairs]
    general += [((a, b), (alpha, beta, gamma, delta)) for a, b, alpha, beta, gamma, delta in entry.general_pairs]
    if entry.is_rotation is not None and entry.is_rotation == bool(general):
        raise InputError(
            f"is {str(entry.is_rotation).lower()}, but {len(general)} pairs are listed that have several angles",
            where="is_rotation", advice="Such pairs stand under non_rotation_pairs or general_pairs",
        )
    for lanes, vectors in general:
        _finite("non_rotation_pairs, general_pairs", itertools.chain(*vectors))
        if any(len(numbers) != len(axes) for numbers in vectors):
            raise InputError(
                f"expected one frequency for each of {len(axes)} axes", where="non_rotation_pairs, general_pairs"
            )
        first, second, third, fourth = (_vector(axes, numbers) for numbers in vectors)
        pairs.append(pair(*lanes, (first, second, third, fourth)))
    for lane in entry.passthrough:
        _lane(lane, width, "passthrough")
    passes = [(lane, written[lane]) for lane in entry.passthrough]
    scales = {lane: sizes[lane] for lane in entry.passthrough}
    found = _checked(name, width, tuple(axes), pairs, passes, scales, "transformers")
    return replace(found, given=entry.frequencies_given)


def _magnitudes(entry: _Transformers, width: int) -> list[float]:
    """The magnitude of every lane, from the table value -> lanes, or 'all': every lane that turns.

    A lane that passes has 1 under 'all'; where lanes are listed it is listed like any other.
    """
    default, special = None, dict[int, float]()
    for text, lanes in entry.scale.items():
        try:
            value = float(text if text.isascii() and "_" not in text else "none")
        except ValueError:
            raise InputError(f"'{text[:40]}' is no number", where="scale") from None
        _finite("scale", [value])
        if lanes == "all" and default is None:
            default = value
        elif isinstance(lanes, str):
            raise InputError(f"'{lanes[:40]}' is no list of lanes, nor the only 'all'", where="scale")
        else:
            for lane in lanes:
                _lane(lane, width, "scale")
                if special.setdefault(lane, value) != value:
                    raise InputError(f"lane {lane} has two scales", where="scale")
    missing = [lane for lane in range(width) if lane not in special]
    if missing and default is None:
        raise InputError(f"lane {missing[0]} has no scale", where="scale", advice="List every lane, or write 'all'")
    passing = {*entry.passthrough}
    return [special.get(lane, 1.0 if lane in passing else default or 0.0) for lane in range(width)]


def _axes(axes: Sequence[str], which: int | list[int], count: int) -> list[str]:
    numbers = list(range(len(axes))) if count > 1 and isinstance(which, int) else which
    numbers = [numbers] if isinstance(numbers, int) else numbers
    # A vector over all axes names the axes that take part, in any length.
    if len(numbers) != count:
        numbers = list(range(len(axes)))
    if len(numbers) != count or not all(0 <= n < len(axes) for n in numbers):
        raise InputError(f"axes {which} and {count} frequencies do not fit {len(axes)} axes", where="pairs")
    return [axes[n] for n in numbers]


def _vector(axes: Sequence[str], numbers: Sequence[float]) -> Vector:
    return tuple(sorted((axis, number) for axis, number in zip(axes, numbers, strict=True) if number))


def _oriented(
    read: tuple[int, int], write: tuple[int, int], turns: Turns, magnitudes: tuple[float, float]
) -> MeasuredPair:
    """The pair told with its lower lane first."""
    if read[0] < read[1]:
        return MeasuredPair(read, write, turns, magnitudes)
    return MeasuredPair(read[::-1], write[::-1], exchanged(turns), magnitudes[::-1])


def exchanged(turns: Turns) -> Turns:
    """The angles of the same pair told with its lanes exchanged, which turns every angle round."""
    alpha, beta, gamma, delta = map(opposite, turns)
    return delta, gamma, beta, alpha


def opposite(vector: Vector) -> Vector:
    """The vector of the other direction."""
    return tuple((axis, -number) for axis, number in vector)


def _checked(
    name: str, width: int, axes: tuple[str, ...], pairs: list[MeasuredPair], passes: list[tuple[int, int]],
    scales: dict[int, float], kind: str,
) -> Measured:
    if len(axes) > MAX_AXES:
        raise InputError(f"{len(axes)} axes; at most {MAX_AXES}", where="axes")
    for what, lanes in (
        ("read", [*(lane for pair in pairs for lane in pair.read), *(read for read, _ in passes)]),
        ("written", [*(lane for pair in pairs for lane in pair.write), *(write for _, write in passes)]),
    ):
        seen: set[int] = set()
        for lane in lanes:
            _lane(lane, width, "pairs, passthrough")
            if lane in seen:
                raise InputError(f"lane {lane} is {what} twice", where="pairs, passthrough")
            seen.add(lane)
        if len(seen) != width:
            missing = sorted(set(range(width)) - seen)
            raise InputError(
                f"lane {missing[0]} is not {what}", where="pairs, passthrough",
                advice="Every lane of the head is in one pair or passes",
            )
    tolerance = 0.5 * 10.0 ** -_DECIMALS[kind] + 4 * ROUNDING
    return Measured(name, width, axes, tuple(sorted(pairs, key=lambda pair: pair.read)), tuple(sorted(passes)),
                    {lane: scales.get(lane, 1.0) for lane, _ in passes}, tolerance, kind)


def _lane(lane: int, width: int, where: str) -> None:
    if not 0 <= lane < width:
        raise InputError(f"lane {lane} does not exist; the head has lanes 0 to {width - 1}", where=where)


def _finite(where: str, numbers: Iterable[float]) -> None:
    for value in numbers:
        if not (math.isfinite(value) and abs(value) <= LARGEST):
            raise InputError(f"{value} is not a number that a kernel can have", where=where)
