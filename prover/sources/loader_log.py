"""The log of llama.cpp's loader, as people paste it: with time stamps, names of containers, other lines between.

The lines are those of ggml-org/llama.cpp 0c1e57098, src/llama-model-loader.cpp `llama_model_loader`, and
src/llama-impl.cpp `gguf_kv_to_str`: a value of more than 40 bytes is cut to 37 and three dots, a float has six
decimals, with a comma in some locales. Older loaders list the tensors too, and the oldest list keys without values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from prover.errors import InputError
from prover.sources.gguf_types import KIND_NAMES
from prover.sources.gguf_values import read_array, read_scalar
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor
from prover.sources.printed import read_fixed

KEY = re.compile(r": - kv +(\d{1,6}): +(\S+) +([a-z]+\d*)(?:\[([a-z]+\d*),(\d{1,20})\])?(?: *= ?(.*))?$")
TENSOR = re.compile(r": - tensor +(\d{1,6}): +(\S+) +(\w+) +\[([\d, ]+)\]")
COUNT = re.compile(r": - type +(\w+): +(\d{1,9}) tensors")
HEAD = re.compile(r"loaded meta data with (\d{1,9}) key-value pairs and (\d{1,9}) tensors\b")
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
OVERRIDE = re.compile(r"Using metadata override \( *\w+\) '([^']+)'")
MARKS = (": - ", "loaded meta data", "metadata override")
MAX_LINE = 1 << 13
MAX_LINES = 1 << 17
MAX_KEYS = 1 << 14
MAX_LOADS = 8
MAX_VALUE = 64
EXPECTED = "Give the lines 'llama_model_loader: - kv ...' as the loader printed them"


@dataclass(slots=True)
class _Load:
    """What the log says of one loading of one file. `counts`: tensors by type; `first_line`: where it starts."""

    first_line: int
    loader: str = ""
    announced: tuple[int, int] | None = None
    keys: dict[str, Stored] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)

    @property
    def architecture(self) -> str:
        """What general.architecture says."""
        found = self.keys.get("general.architecture")
        return str(found.value) if found else "no general.architecture"


def is_loader_log(text: str) -> bool:
    """Whether a text has a line of the loader about a key."""
    return any(KEY.search(_plain(line[:MAX_LINE])) for line in text.split("\n") if ": - kv" in line)


def read_loader_log(text: str, where: str) -> Metadata:
    """The keys that a log as `is_loader_log` knows it tells of.

    Raises InputError with the line, or where the log tells of several models.
    """
    loads = _distinct([load for load in _loads(text, where) if load.keys])
    findings = []
    if len(loads) > 1:
        others = [load for load in loads if load.loader.startswith("clip")]
        models = [load for load in loads if not load.loader.startswith("clip")]
        if len(models) != 1:
            told = ", ".join(f"line {load.first_line} ({load.architecture[:40]})" for load in loads)
            raise InputError(f"tells of files or loadings that differ, from {told} on", where=where,
                             advice="Keep the lines of one")
        loads = models
        findings += [f"not read: the file of the vision part, from line {load.first_line} on" for load in others]
    load = loads[0]
    findings += _missing(load)
    has_tensors = bool(load.tensors)
    if load.counts and not has_tensors:
        counted = ", ".join(f"{count} {kind}" for kind, count in load.counts.items())
        findings.append(f"the text counts tensors ({counted}) and names none")
    is_whole = load.announced is not None and len(load.tensors) == load.announced[1]
    if has_tensors and not is_whole:
        findings.append("the text does not name all tensors")
    if load.overrides:
        named = ", ".join(load.overrides)[:200]
        findings.append(f"overridden when the file was loaded, which these values do not show: {named}")
    cut = [key for key, stored in load.keys.items() if stored.cut and stored.kind != "str"]
    if cut:
        findings.append(f"the text cuts off: {', '.join(cut)[:400]}")
    return Metadata(where, load.keys, load.tensors if has_tensors else None, tuple(findings), _is_whole(load),
                    has_tensors and is_whole)


def _plain(line: str) -> str:
    return COLOUR.sub("", line).rstrip() if "\x1b" in line else line.rstrip()


def _loads(text: str, where: str) -> Iterator[_Load]:
    """Each loading in the log; a new one begins where the loader says so or counts from 0 again."""
    load = _Load(1)
    lines = keys = 0
    for number, raw in enumerate(text.split("\n"), 1):
        if not any(mark in raw for mark in MARKS):
            continue
        lines += 1
        if lines > MAX_LINES or (len(raw) > MAX_LINE and ": - kv" in raw):
            raise InputError(f"has more than {MAX_LINES} lines of a loader or one of more than {MAX_LINE} characters",
                             where=f"{where}, line {number}", advice=EXPECTED)
        line = _plain(raw)
        if head := HEAD.search(line):
            yield load
            load = _Load(number, announced=(int(head[1]), int(head[2])))
        elif tensor := TENSOR.search(line):
            if load.keys or int(tensor[1]) < len(load.tensors):
                yield load
                load = _Load(number)
            load.tensors[tensor[2]] = Tensor(_shape(tensor[4]), tensor[3].lower())
        elif key := KEY.search(line):
            keys += 1
            if keys > MAX_KEYS:
                raise InputError(f"has more than {MAX_KEYS} lines about keys", where=f"{where}, line {number}",
                                 advice="Keep the lines of one loading")
            if load.numbers and int(key[1]) <= load.numbers[-1]:
                yield load
                load = _Load(number)
            if not load.keys:
                load.loader = line[:key.start()].rpartition(" ")[2]
            if key[2] in load.keys:
                raise InputError("stands twice in one file", where=f"{where}, line {number}, {key[2][:80]}")
            try:
                load.keys[key[2]] = _stored(key)
            except InputError as fault:
                raise fault.inside(f"{where}, line {number}, {key[2][:80]}") from None
            load.numbers.append(int(key[1]))
        elif override := OVERRIDE.search(line):
            load.overrides.append(override[1][:80])
        elif count := COUNT.search(line):
            load.counts[count[1].lower()] = int(count[2])
        elif ": - kv" in line:
            raise InputError("is not a line as the loader prints it", where=f"{where}, line {number}", advice=EXPECTED)
    yield load


def _stored(key: re.Match[str]) -> Stored:
    """The value on one line."""
    kind, inner, count, value = key.group(3, 4, 5, 6)
    if kind == "arr":
        if inner is None or inner not in KIND_NAMES:
            if inner is None and value is None:
                return Stored("", (), UNTOLD)
            raise InputError(f"is an array of {str(inner)[:20]}, expected one of {', '.join(sorted(KIND_NAMES))}")
        if len(value or "") > MAX_VALUE:
            raise InputError("is longer than the loader prints a value", advice=EXPECTED)
        return read_array(inner, int(count), value, read_fixed)
    if kind not in KIND_NAMES or inner is not None:
        raise InputError(f"is of type {kind[:20]}, expected one of {', '.join(sorted(KIND_NAMES))}")
    if value is None:
        raise InputError("the value is not on the line",
                         advice="The oldest loaders print none: give the log of a newer one, or the file")
    return read_scalar(kind, value, read_fixed)


def _shape(text: str) -> tuple[int, ...]:
    """The lengths but for the ones at the end."""
    lengths = [int(each) for each in text.replace(" ", "").split(",")[:4] if each]
    while len(lengths) > 1 and lengths[-1] == 1:
        lengths.pop()
    return tuple(lengths)


def _distinct(loads: list[_Load]) -> list[_Load]:
    """The first few loadings but for those whose keys another has too, with the same values; the fullest stays."""
    kept: list[_Load] = []
    for load in sorted(loads, key=lambda load: -len(load.keys)):
        if not any(load.keys.items() <= other.keys.items() for other in kept):
            kept.append(load)
        if len(kept) == MAX_LOADS:
            break
    return sorted(kept, key=lambda load: load.first_line)


def _is_whole(load: _Load) -> bool:
    """Whether no key of the file is missing: counted from 0 to where the loader says, or to its lines about types."""
    count = len(load.numbers)
    is_counted = load.numbers == list(range(count))
    return is_counted and (bool(load.counts) if load.announced is None else count == load.announced[0])


def _missing(load: _Load) -> list[str]:
    if _is_whole(load):
        return []
    have = set(load.numbers)
    end = load.announced[0] if load.announced else max(have) + 1
    gaps = [str(number) for number in range(min(end, 1000)) if number not in have]
    if gaps:
        return [f"keys that the text leaves out: {', '.join(gaps)[:200]}, by their numbers in the file"]
    return ["whether keys follow after those in the text is not told"]
