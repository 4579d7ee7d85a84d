"""The text that gguf-py's gguf-dump prints of a file, plainly or as Markdown.

ggml-org/llama.cpp 0c1e57098, gguf-py/gguf/scripts/gguf_dump.py `dump_metadata` and `dump_markdown_metadata`. Texts are
cut after 60 characters, arrays after a few elements; older versions print no arrays at all. Floats have all digits.
"""

from __future__ import annotations

import ast
import math
import re

from prover.errors import InputError
from prover.sources.gguf_types import PYTHON_KINDS
from prover.sources.gguf_values import read_array, read_scalar
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor
from prover.sources.printed import read_shortest

KEY = re.compile(r"(?:^|\s)(\d{1,6}): (\[*)([A-Z]+\d*)\]* *\| +(\d{1,15}) \| (\S+)(?: = (.*))?$")
TENSOR = re.compile(r"(?:^|\s)(\d{1,6}): +(\d{1,20}) \| ([\d, ]+) \| (\w+) *\| (\S+)$")
ROW = re.compile(r"^\s*\| *(\d{1,6}) *\| *(\[*)([A-Z]+\d*)\]* *\| *(\d{1,15}) *\| *([^\s|]+) *\| ?(.*)\|$")
TENSOR_ROW = re.compile(
    r"^\s*\| *(\d{1,6}) *\| *([^\s|]+) *\|[^|]*\| *\([^)|]*\) +(\d{1,20}) *\|([\dx ]+)\| *(\w+) *\|"
)
COUNTS = re.compile(r"\* Dumping (\d{1,9}) (key/value pair|tensor)\(s\)")
ROW_COUNTS = re.compile(
    r"There are (\d{1,9}) key-value pairs in this file|Total number of elements in all tensors: (\d{1,20}) "
)
MAX_LINE = 1 << 13
MAX_KEYS = 1 << 12
MAX_TENSORS = 1 << 16


def is_gguf_dump(text: str) -> bool:
    """Whether a text has a line of gguf-dump about a key."""
    return any(_key(line[:MAX_LINE].rstrip()) for line in text.split("\n") if "|" in line)


def read_gguf_dump(text: str, where: str) -> Metadata:
    """What a dump as `is_gguf_dump` knows it tells. Raises InputError with the line."""
    keys: dict[str, Stored] = {}
    tensors: dict[str, Tensor] = {}
    numbers: list[int] = []
    counts: dict[str, int] = {}
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw[:MAX_LINE].rstrip()
        place = f"{where}, line {number}"
        if match := _key(line):
            name = match[5]
            if name in keys:
                raise InputError("stands twice", where=f"{place}, {name[:80]}", advice="Keep the dump of one file")
            try:
                keys[name] = _stored(match)
            except InputError as fault:
                raise fault.inside(f"{place}, {name[:80]}") from None
            numbers.append(int(match[1]))
        elif found := TENSOR.search(line) or TENSOR_ROW.search(line):
            name, lengths, kind = found.group(*((5, 3, 4) if found.re is TENSOR else (2, 4, 5)))
            if name in tensors:
                raise InputError("stands twice", where=f"{place}, {name[:80]}", advice="Keep the dump of one file")
            tensors[name] = Tensor(_shape(lengths), kind.lower())
        elif count := COUNTS.search(line):
            counts[count[2]] = int(count[1])
        elif count := ROW_COUNTS.search(line):
            counts["key/value pair" if count[1] else "element"] = int(count[1] or count[2])
        if len(keys) > MAX_KEYS or len(tensors) > MAX_TENSORS:
            raise InputError(f"has more than {MAX_KEYS} keys or {MAX_TENSORS} tensors", where=place)
    has_keys = numbers == list(range(1, len(keys) + 1)) and counts.get("key/value pair") == len(keys)
    has_tensors = bool(tensors) and (
        counts.get("tensor") == len(tensors)
        or counts.get("element") == sum(math.prod(tensor.shape) for tensor in tensors.values())
    )
    findings = []
    if not has_keys:
        findings.append("the text does not tell all keys, or how many there are")
    if tensors and not has_tensors:
        findings.append("the text does not name all tensors, or tell how many there are")
    cut = [key for key, stored in keys.items() if stored.cut and stored.kind != "str"]
    if cut:
        findings.append(f"the text cuts off: {', '.join(cut)[:400]}")
    keys = {key: stored for key, stored in keys.items() if not key.startswith("GGUF.")}  # the header's own numbers
    return Metadata(where, keys, tensors or None, tuple(findings), has_keys, has_tensors)


def _key(line: str) -> re.Match[str] | None:
    match = KEY.search(line) or ROW.search(line)
    return match if match and match[3] in PYTHON_KINDS else None


def _stored(match: re.Match[str]) -> Stored:
    """The value on one line, of either form."""
    depth, kind, count, value = len(match[2]), PYTHON_KINDS[match[3]], int(match[4]), match[6]
    if match.re is ROW:
        value = value.strip()
    if depth > 1:
        raise InputError("is an array of arrays, expected numbers or texts")
    if depth:
        return read_array(kind, count, value, read_shortest)
    if value is None:
        raise InputError("the value is not on the line")
    if kind != "str":
        return read_scalar(kind, value, read_shortest)
    if match.re is KEY:
        return read_scalar(kind, _unquoted(value), read_shortest)
    marks = len(value) - len(value.lstrip("`"))
    if f"{'`' * max(marks, 1)}...`" in value:
        return Stored(kind, value.partition("`...`")[0].strip("`"), UNTOLD)
    return Stored(kind, value[marks:len(value) - marks] if value.endswith("`" * marks) else value)


def _unquoted(value: str) -> str:
    """The text that Python prints in quotes; nothing but one constant is taken."""
    try:
        found = ast.literal_eval(value) if value[:1] in ("'", '"') else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, str):
        raise InputError(f"expected a text in quotes, got {value[:40]!r}")
    return found


def _shape(text: str) -> tuple[int, ...]:
    """The lengths but for the ones at the end."""
    lengths = [int(each) for each in re.split(r"[x, ]+", text.strip())[:4] if each and len(each) <= 20]
    while len(lengths) > 1 and lengths[-1] == 1:
        lengths.pop()
    return tuple(lengths)
