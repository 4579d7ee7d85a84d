"""A permutation that somebody has, read: a list of row numbers, an expression, or the name of a converter.

Convention, as of a witness: row i of the result is row rows[i] of what was there (gather).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import msgspec
import numpy as np

from prover.errors import ExpressionError, InputError, LimitError
from prover.files import read_bytes, read_text
from prover.language.tokens import place
from prover.repair.array_expression import ArrayExpression, read_expression
from prover.repair.array_operations import Array, require_room, shape_text
from prover.repair.array_values import work_out
from prover.repair.converters import Converter, find_converter, unknown_converter
from prover.repair.size_names import Matrix, sizes_of

MAX_ROWS = 1 << 16
MAX_BYTES = 1 << 20
BLOCK = 256  # rows that are looked at together
_LIST = re.compile(r"[\s\d,;\[\]()+.eE-]*\Z", re.ASCII)
_ITEM = re.compile(r"[\s\[\](),;]*(?P<item>[^\s\[\](),;]+)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+\Z|[A-Z]\w+\.\w+\Z|\w+\Z|\w+\.cpp\b[\w .-]*\Z", re.ASCII)
_FILES = (".json", ".txt")
_BINARY = (".npy", ".npz", ".pt", ".pth", ".bin", ".safetensors", ".gguf")
READINGS = {
    "matrix": "W as a matrix of (rows, columns)",
    "vector": "W as a vector of all rows, as a bias is",
    "heads": "W as rotated vectors, (..., lanes of a head): on a matrix of (rows, columns) it would not move rows",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What was given. `kind`: list, expression or converter; `numbers` of a list, `texts` of q and of k otherwise."""

    kind: str
    shown: str
    numbers: tuple[int, ...] = ()
    texts: tuple[tuple[str, ArrayExpression], ...] = ()
    converter: Converter | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What is done to one matrix: row i of it is what was row rows[i].

    `reading`: how an expression was read; `sizes`: what its names stand for. `is_one_head`: rows of one head are given.
    """

    matrix: Matrix
    rows: tuple[int, ...]
    is_one_head: bool
    reading: str = ""
    sizes: tuple[tuple[str, int], ...] = ()


def read_permutation(text: str) -> Given:
    """Read the text that was given. Raises InputError with the column, what was found and what is known."""
    if not isinstance(text, str):
        raise InputError("expected a text", where="permutation")
    stripped = text.strip()
    try:
        return _read(text, stripped)
    except InputError as fault:
        raise (fault if fault.where else fault.inside("permutation")) from None


def _read(text: str, stripped: str) -> Given:
    if not stripped:
        raise InputError("is empty", advice="Give row numbers such as 0,2,1,3, an expression, or a converter's name")
    if stripped.lower().endswith(_BINARY):
        raise InputError(
            f"'{stripped[-60:]}' is no text file",
            advice='Write its numbers as text: json.dump(rows.tolist(), open("rows.json", "w"))',
        )
    found = find_converter(stripped)
    if found is not None:
        texts = tuple((matrix, read_expression(found.text(matrix))) for matrix in ("q", "k"))
        return Given("converter", found.name, (), texts, found)
    if stripped.endswith(_FILES) and not set("()") & set(stripped):
        return Given("list", stripped, _file(stripped))
    if _LIST.match(stripped):
        return Given("list", "a list", _numbers(text))
    if _NAME.match(stripped):
        raise unknown_converter(stripped)
    expression = read_expression(text)
    return Given("expression", " ".join(stripped.split()), (), (("q", expression), ("k", expression)))


def _file(name: str) -> tuple[int, ...]:
    path = Path(name)
    if name.endswith(".txt"):
        return _numbers(read_text(path, MAX_BYTES))
    try:
        found = msgspec.json.decode(read_bytes(path, MAX_BYTES), type=list[int])
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise InputError(
            f"is no JSON list of whole numbers: {fault}", where=name[-200:], advice="Write [0, 2, 1, 3]"
        ) from None
    return _bounded(found)


def _numbers(text: str) -> tuple[int, ...]:
    found: list[int] = []
    at, end = 0, len(text)
    while at < end:
        match = _ITEM.match(text, at)
        if match is None:
            break
        item, at = match["item"], match.end()
        if not item.isdigit() or len(item) > 9:
            raise ExpressionError(
                f"{place(text, match.start('item'))}: '{item[:40]}' is no row number",
                advice="Rows are 0, 1, 2 and so on",
            )
        found.append(int(item))
        if len(found) > MAX_ROWS:
            break
    return _bounded(found)


def _bounded(numbers: Sequence[int]) -> tuple[int, ...]:
    if not numbers:
        raise InputError("has no row numbers", advice="Give row numbers such as 0,2,1,3")
    if len(numbers) > MAX_ROWS:
        raise LimitError(f"more than {MAX_ROWS} rows", advice="Give the rows of one head")
    return tuple(numbers)


def move_of(given: Given, matrix: Matrix, lets: Mapping[str, int]) -> Move | None:
    """What is done to one matrix; None if a list is of another matrix. Raises InputError for what is no permutation."""
    if matrix.rows > MAX_ROWS:
        raise LimitError(f"{matrix.heads} heads of {matrix.width} lanes are more than {MAX_ROWS} rows",
                         where="permutation", advice="Ask about fewer heads")
    try:
        if given.kind == "list":
            if lets:
                raise InputError("a list has no names", advice="--let goes with an expression")
            return _of_list(given.numbers, matrix)
        return _of_expression(given, matrix, lets)
    except InputError as fault:
        whose = given.shown if given.converter else "permutation"
        if given.kind != "list" and matrix.name == "head" and "entries" in fault.message:
            fault.advice = f"{fault.advice}. Without --heads W is one head of {matrix.width} rows"
        raise fault.inside(whose if matrix.name == "head" else f"{whose}, {matrix.name}") from None


def _of_list(numbers: Sequence[int], matrix: Matrix, reading: str = "") -> Move | None:
    one = len(numbers) == matrix.width
    if not one and len(numbers) != matrix.rows:
        if len(numbers) in (matrix.q_heads * matrix.width, matrix.kv_heads * matrix.width):
            return None
        wanted = list(dict.fromkeys((matrix.width, matrix.q_heads * matrix.width, matrix.kv_heads * matrix.width)))
        whole = "" if len(wanted) > 1 else "; for whole matrices say --heads and --kv-heads"
        raise InputError(
            f"has {len(numbers)} rows, expected {' or '.join(map(str, wanted))}",
            advice=f"The layouts have heads of {matrix.width} lanes{whole}",
        )
    _require_permutation(numbers)
    if not one or matrix.heads == 1:
        return Move(matrix, tuple(numbers), one, reading)
    every = (head * matrix.width + row for head in range(matrix.heads) for row in numbers)
    return Move(matrix, tuple(every), True, reading)


def _require_permutation(numbers: Sequence[int]) -> None:
    """Raise InputError, with the rows at fault, unless each row stands in the list once."""
    count = len(numbers)
    wrong = next((i for i, row in enumerate(numbers) if not 0 <= row < count), None)
    if wrong is not None:
        raise InputError(f"row {numbers[wrong]} at place {wrong}: there are rows 0 to {count - 1}",
                         advice="Rows are counted from 0, in the whole matrix where that is given")
    counts = Counter(numbers)
    if len(counts) == count:
        return
    twice = next(row for row, times in counts.items() if times > 1)
    places = [i for i, row in enumerate(numbers) if row == twice]
    missing = [row for row in range(count) if row not in counts]
    raise InputError(
        f"is no permutation: row {twice} stands at places {places[0]} and {places[1]}, "
        f"and {_some(missing)} {'are' if len(missing) > 1 else 'is'} missing",
        advice="Each row must stand in it once",
    )


def _some(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:4]))
    more = f" and {len(rows) - 4} more" if len(rows) > 4 else ""
    return f"row{'s' * (len(rows) > 1)} {shown}{more}"


def _of_expression(given: Given, matrix: Matrix, lets: Mapping[str, int]) -> Move | None:
    expression = dict(given.texts)["k" if matrix.name == "k" else "q"]
    if given.converter and given.converter.head not in (None, matrix.width):
        raise InputError(f"{given.converter.name} takes heads of {given.converter.head} lanes, not {matrix.width}")
    if given.converter and given.converter.one_head and matrix.name != "head":
        raise InputError(f"{given.converter.name} takes one head, whose numbers all heads get",
                         advice="Leave out --heads and --kv-heads")
    sizes = sizes_of(matrix, expression.sizes, lets)
    used = tuple((name, sizes.values[name]) for name in expression.sizes if name in sizes.values)
    if expression.array is None:
        numbers = work_out(expression, None, sizes.values)
        if numbers.ndim != 1:
            raise InputError(f"is an array of shape {shape_text(numbers.shape)}, expected a list of rows",
                             advice="End with .reshape(-1)")
        found = _of_list(numbers.tolist(), matrix, "a list of row numbers")
        return found and Move(matrix, found.rows, found.is_one_head, found.reading, used)
    rows, reading = _readings(expression, matrix, sizes.columns, sizes.values)
    _require_permutation(rows)
    return Move(matrix, tuple(rows), matrix.heads == 1, READINGS[reading], used)


def _readings(
    expression: ArrayExpression, matrix: Matrix, columns: int, values: Mapping[str, int]
) -> tuple[list[int], str]:
    """The rows, and how W was taken: as a matrix, if that makes sense; else as a vector, or by heads."""
    fault: InputError | None = None
    others: tuple[str, ...] = ("heads", "vector")
    try:
        require_room(matrix.rows * columns)
        entries = np.arange(matrix.rows * columns, dtype=np.int32).reshape(matrix.rows, columns)
        found = work_out(expression, entries, values)
        rows = _rows_of(found, entries.shape)
        if rows is not None:
            return rows, "matrix"
        fault = InputError(
            "moves columns, not rows",
            advice="W_q and W_k are (rows, columns), as torch's Linear has them; act on axis 0, or transpose first",
        )
        others = ("heads",)
    except ExpressionError as first:
        fault = first
    for reading in others:
        # Of rotated vectors there are several: what does not act on the last axis, and on no other, is no such reading.
        shape = (matrix.rows,) if reading == "vector" else (2, matrix.heads, matrix.width)
        try:
            found = work_out(expression, np.arange(prod(shape), dtype=np.int32).reshape(shape), values)
        except ExpressionError:
            continue
        if found.shape == shape and (reading == "vector" or _acts_on_last_axis(found)):
            return found.reshape(-1)[: matrix.rows].tolist(), reading
    raise fault


def _acts_on_last_axis(found: Array) -> bool:
    """Whether the same is done to every run of the last axis, and something is done."""
    width = found.shape[-1]
    runs = found.reshape(-1, width) - np.arange(0, found.size, width, dtype=np.int32)[:, None]
    return bool((runs == runs[0]).all()) and not np.array_equal(runs[0], np.arange(width))


def _rows_of(found: Array, shape: tuple[int, ...]) -> list[int] | None:
    """Which row of W each row of the result is; None if only columns have moved. Raises InputError for other moves."""
    rows, columns = shape
    if found.size != rows * columns:
        raise InputError(f"keeps {found.size // columns} of {rows} rows" if found.size < rows * columns else
                         f"makes {found.size // columns} rows of {rows}", advice="A permutation keeps each row once")
    if found.shape != shape:
        raise InputError(
            f"gives an array of shape {shape_text(found.shape)} for W of {shape_text(shape)}",
            advice="End with .reshape(W.shape)",
        )
    mixed = None
    in_place = True  # no entry has left its row
    for start in range(0, rows, BLOCK):
        block = found[start : start + BLOCK]
        firsts = block[:, :1] // columns
        broken = (block != firsts * columns + np.arange(columns, dtype=np.int32)).any(axis=1)
        if mixed is None and broken.any():
            mixed = start + int(np.argmax(broken))
        if mixed is not None:
            in_place = in_place and bool(
                (block // columns == np.arange(start, start + len(block), dtype=np.int32)[:, None]).all()
            )
        elif in_place:
            in_place = bool((firsts[:, 0] == np.arange(start, start + len(block))).all())
    if mixed is None:
        numbers: list[int] = (found[:, 0] // columns).tolist()
        return numbers
    if in_place:
        return None
    raise InputError(f"row {mixed} of the result is mixed of several rows or columns",
                     advice="A permutation of rows leaves each row whole; is the column axis in its place?")
