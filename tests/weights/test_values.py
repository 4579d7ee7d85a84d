"""The numbers of rows, and the bounds of what was quantised, against ggml's own quantisers and by hand."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prover.errors import InputError
from prover.weights.stored.dtypes import BLOCKS
from prover.weights.stored.gguf_blocks import LAYOUTS, Codes, take_apart
from prover.weights.stored.lines import of_array, of_tensor, part, picked
from prover.weights.stored.tensors import Tensor
from prover.weights.stored.values import has_bounds, open_rows, row_error, row_values, value_bounds

GOLDEN = json.loads((Path(__file__).parent / "quantised.json").read_text())
ROWS = np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in GOLDEN["rows"]])


def tensor(folder: Path, dtype: str, shape: tuple[int, ...], data: bytes, before: bytes = b"xyz") -> Tensor:
    """A tensor in a file of its own, not at its start."""
    file = folder / "weights"
    file.write_bytes(before + data + b"behind")
    return Tensor("q", dtype, shape, file, len(before), len(data))


def quantised(folder: Path, dtype: str, rows: Sequence[str]) -> Tensor:
    """Rows as ggml quantised them."""
    return tensor(folder, dtype, (len(rows), 256), b"".join(map(base64.b64decode, rows)))


def test_rows_are_mapped_and_not_to_be_written(tmp_path: Path) -> None:
    """Bytes of each row, of a tensor that begins beyond the first page of its file."""
    found = open_rows(tensor(tmp_path, "F16", (2, 3, 2), bytes(range(24)), bytes(5001)), 6)
    assert found.tolist() == [list(range(4 * row, 4 * row + 4)) for row in range(6)]
    assert not found.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


def test_rows_without_bytes(tmp_path: Path) -> None:
    """A tensor without columns."""
    assert open_rows(tensor(tmp_path, "F32", (3, 0), b""), 3).shape == (3, 0)


# What a type makes of bytes, by the standards: IEEE 754, OFP8, OCP Microscaling, and AMD's FNUZ.
NUMBERS = {
    "F64": (struct.pack("<2d", 0.1, -2.5), [0.1, -2.5]),
    "F32": (struct.pack("<2f", 0.5, 2.0**-149), [0.5, 2.0**-149]),
    "F16": (struct.pack("<2e", 65504, 2.0**-24), [65504, 2.0**-24]),
    "BF16": (b"\x80\x3f\x01\xc0", [1.0, -2.015625]),
    "F8_E4M3": (b"\x7e\x01\xb8\x08", [448, 2.0**-9, -1.0, 2.0**-6]),
    "F8_E5M2": (b"\x7b\x01\xbc\xfc", [57344, 2.0**-16, -1.0, -np.inf]),
    "F8_E4M3FNUZ": (b"\x7f\x01\xc0\x08", [240, 2.0**-10, -1.0, 2.0**-7]),
    "F8_E5M2FNUZ": (b"\x7f\x01\xc0\x04", [57344, 2.0**-17, -1.0, 2.0**-15]),
    "F8_E8M0": (b"\x00\x7f\x80\xfe", [2.0**-127, 1, 2, 2.0**127]),
    "I8": (b"\xff\x80", [-1, -128]), "U8": (b"\xff\x80", [255, 128]), "BOOL": (b"\x00\x01", [0, 1]),
    "I16": (b"\x00\x80\xff\x7f", [-32768, 32767]), "U16": (b"\xff\xff\x01\x00", [65535, 1]),
    "I32": (struct.pack("<2i", -(2**31), 2**31 - 1), [-(2**31), 2**31 - 1]),
    "U32": (struct.pack("<2I", 2**32 - 1, 1), [2**32 - 1, 1]),
    "I64": (struct.pack("<2q", -(2**53), 2**53), [-(2**53), 2**53]),
    "U64": (struct.pack("<2Q", 2**53, 1), [2**53, 1]),
}


@pytest.mark.parametrize("dtype", NUMBERS)
def test_plain_numbers_are_exact(dtype: str, tmp_path: Path) -> None:
    """Each plain type, with its greatest and least numbers."""
    data, expected = NUMBERS[dtype]
    assert row_values(tensor(tmp_path, dtype, (1, len(expected)), data), 1, 0, 1).tolist() == [expected]


@pytest.mark.parametrize(("dtype", "bytes_that_are_none"), [
    ("F8_E4M3", [0x7F, 0xFF]), ("F8_E5M2", [0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF]), ("F8_E4M3FNUZ", [0x80]),
    ("F8_E5M2FNUZ", [0x80]), ("F8_E8M0", [0xFF]),
])
def test_bytes_that_are_no_number(dtype: str, bytes_that_are_none: list[int], tmp_path: Path) -> None:
    """Every other byte of the types of 8 bits is a number."""
    values = row_values(tensor(tmp_path, dtype, (1, 256), bytes(range(256))), 1, 0, 1)[0]
    assert np.nonzero(np.isnan(values))[0].tolist() == bytes_that_are_none


def test_numbers_that_are_none(tmp_path: Path) -> None:
    """A signalling NaN comes through, without a warning, and has no bounds."""
    found = tensor(tmp_path, "F16", (1, 2), b"\x01\x7c\x00\x7c")
    assert np.array_equal(row_values(found, 1, 0, 1), [[np.nan, np.inf]], equal_nan=True)
    for dtype, data in (("F16", b"\x01\x7c"), ("BF16", b"\x81\x7f"), ("F32", b"\x01\x00\x80\x7f")):
        assert np.isnan(value_bounds(tensor(tmp_path, dtype, (1, 1), data), 1, 0, 1)).all()


def test_rows_from_the_middle(tmp_path: Path) -> None:
    """Rows 1 and 2 of 4 are asked for."""
    numbers = np.arange(8, dtype="<f4")
    assert row_values(tensor(tmp_path, "F32", (4, 2), numbers.tobytes()), 4, 1, 3).tolist() == [[2, 3], [4, 5]]


@pytest.mark.parametrize("dtype", ["F4", "F6_E2M3", "C64"])
def test_types_whose_numbers_are_not_read(dtype: str, tmp_path: Path) -> None:
    """They are told, not guessed."""
    with pytest.raises(InputError, match=f"weights, q: is of type {dtype}, whose numbers are not read"):
        row_values(tensor(tmp_path, dtype, (1, 2), bytes(8)), 1, 0, 1)


def test_whole_numbers_that_no_float_is(tmp_path: Path) -> None:
    """2**53 + 1 is refused, not rounded."""
    with pytest.raises(InputError, match="beyond 2\\*\\*53"):
        row_values(tensor(tmp_path, "I64", (1, 1), struct.pack("<q", 2**53 + 1)), 1, 0, 1)


def test_rows_that_do_not_fit(tmp_path: Path) -> None:
    """12 bytes are no 5 rows, and three bytes no row of float16."""
    for rows in (5, 4, 0):
        with pytest.raises(InputError, match=f"has no {rows} rows"):
            open_rows(tensor(tmp_path, "F16", (6, 1), bytes(12)), rows)


def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    """The file was cut off after its header was read."""
    cut = tensor(tmp_path, "F32", (2, 2), bytes(16))
    cut.file.write_bytes(bytes(7))
    with pytest.raises(InputError, match="weights, q: cannot be read"):
        open_rows(cut, 2)


@pytest.mark.parametrize("dtype", GOLDEN["blocks"])
def test_values_of_ggml_lie_within_their_bounds(dtype: str, tmp_path: Path) -> None:
    """What was quantised is within what the blocks say, and at least half of the values have two bounds."""
    found = quantised(tmp_path, dtype, GOLDEN["blocks"][dtype])
    low, high = value_bounds(found, 4, 0, 4)
    assert np.all(low <= ROWS)
    assert np.all(high >= ROWS)
    assert np.isfinite(high - low)[[0, 3]].mean() > (0.5 if dtype.startswith(("Q2", "Q3")) else 0.8)


@pytest.mark.parametrize("dtype", GOLDEN["blocks_with_importance"])
def test_values_quantised_by_importance_lie_within_their_bounds(dtype: str, tmp_path: Path) -> None:
    """K-quants take the nearest code whatever chose their scales."""
    found = quantised(tmp_path, dtype, GOLDEN["blocks_with_importance"][dtype])
    low, high = value_bounds(found, 4, 0, 4)
    assert np.all((low <= ROWS) & (ROWS <= high))


@pytest.mark.parametrize("dtype", GOLDEN["blocks"])
def test_a_changed_code_is_out_of_bounds(dtype: str, tmp_path: Path) -> None:
    """Negative control: rows whose numbers moved are out of bounds, but for row 1, which a K-quant makes all 0."""
    found = quantised(tmp_path, dtype, GOLDEN["blocks"][dtype])
    low, high = value_bounds(found, 4, 0, 4)
    moved = np.roll(ROWS, 1, axis=1)
    assert not np.any(np.all((low <= moved) & (moved <= high), axis=1)[[0, 2, 3]])


@pytest.mark.parametrize("dtype", GOLDEN["blocks"])
def test_blocks_are_taken_apart_as_gguf_does(dtype: str, tmp_path: Path) -> None:
    """step * code + offset is what the package gguf makes of the blocks, to float32's rounding of two operations."""
    pytest.importorskip("gguf")
    found = quantised(tmp_path, dtype, GOLDEN["blocks"][dtype])
    values = row_values(found, 4, 0, 4)
    codes = take_apart(dtype, open_rows(found, 4).reshape(-1, BLOCKS[dtype].size))
    product = codes.step * codes.code
    near = 2.0**-23 * (np.abs(product) + np.abs(codes.offset)).reshape(4, 256)
    assert np.all(np.abs((product + codes.offset).reshape(4, 256) - values) <= near)


def test_the_error_of_a_row_is_half_a_step(tmp_path: Path) -> None:
    """Q8_0 with a step of 2**-7: half of it, and what rounding the step to float16 moves the greatest code by."""
    pytest.importorskip("gguf")
    block = struct.pack("<e", 2.0**-7) + bytes([127, *range(31)])
    (error,) = row_error(tensor(tmp_path, "Q8_0", (1, 32), block), 1, 0, 1)
    half_gap = Fraction(1, 2**18)  # float16 has 2**-17 between numbers from 2**-7 on
    expected = Fraction(1, 2**8) + (127 + Fraction(1, 2)) * half_gap
    assert expected <= error <= expected * (1 + Fraction(1, 10**4))


def test_a_row_without_bounds(tmp_path: Path) -> None:
    """A K-quant of step 0 may have been anything."""
    pytest.importorskip("gguf")
    assert [np.inf] == row_error(tensor(tmp_path, "Q6_K", (1, 256), bytes(210)), 1, 0, 1).tolist()


def bounds(folder: Path, dtype: str, numbers: npt.NDArray[np.generic]) -> list[tuple[float, float]]:
    """The bounds of plain numbers."""
    low, high = value_bounds(tensor(folder, dtype, (1, len(numbers)), numbers.tobytes()), 1, 0, 1)
    return list(zip(low[0].tolist(), high[0].tolist(), strict=True))


def test_plain_floats_are_bounded_by_half_their_gaps(tmp_path: Path) -> None:
    """From 1 on float16 has gaps of 2**-10, bfloat16 of 2**-7, float32 of 2**-23; others are taken as they are."""
    assert [(1 - 2.0**-11, 1 + 2.0**-11)] == bounds(tmp_path, "F16", np.array([1], "<f2"))
    assert [(1 - 2.0**-8, 1 + 2.0**-8)] == bounds(tmp_path, "BF16", np.array([0x3F80], "<u2"))
    assert [(-1 - 2.0**-24, -1 + 2.0**-24)] == bounds(tmp_path, "F32", np.array([-1], "<f4"))
    assert [(-2.0**-126, 2.0**-126)] == bounds(tmp_path, "BF16", np.array([0], "<u2"))
    assert [(3.0, 3.0)] == bounds(tmp_path, "I8", np.array([3], "i1"))


COLUMNS = np.array([200, 0, 31, 32, 33, 255, 0, 200], dtype=np.intp)
PLAIN = {dtype: (ROWS.astype(kind) if kind != "<u2" else (ROWS.view("<u4") >> 16).astype("<u2")).tobytes()
         for dtype, kind in (("F32", "<f4"), ("F16", "<f2"), ("BF16", "<u2"))}


@pytest.mark.parametrize("dtype", [*GOLDEN["blocks"], *PLAIN, "IQ4_NL"])
def test_bounds_of_chosen_columns(dtype: str, tmp_path: Path) -> None:
    """They are those of all columns at these places, in any order, whether rows are one tensor's or picked of two."""
    found = (tensor(tmp_path, dtype, (4, 256), bytes(4 * 144)) if dtype == "IQ4_NL" else
             tensor(tmp_path, dtype, (4, 256), PLAIN[dtype]) if dtype in PLAIN else
             quantised(tmp_path, dtype, GOLDEN["blocks"][dtype]))
    for columns in (COLUMNS, np.arange(256), np.array([77])):
        slow = [bound[:, columns] for bound in value_bounds(found, 4, 1, 3)]
        np.testing.assert_array_equal(slow, value_bounds(found, 4, 1, 3, columns=columns))
        lines = of_tensor(found, 4)
        for each in (lines, part(lines, 1, 4), picked([(lines, 2), (lines, 3), (lines, 0)])):
            slow = [bound[:, columns] for bound in each.between(1, 3)]
            np.testing.assert_array_equal(slow, each.between_at(1, 3, columns))


def test_bounds_of_chosen_columns_where_numbers_are_exact() -> None:
    """Numbers that stand for themselves are their own bounds there too."""
    lines = of_array(ROWS)
    for low_or_high in lines.between_at(0, 2, COLUMNS):
        np.testing.assert_array_equal(ROWS[:2, COLUMNS], low_or_high)


def test_blocks_without_a_chosen_column_are_not_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 8 blocks in each of 4 rows, those of two columns."""
    seen = []

    def spy(dtype: str, blocks: npt.NDArray[np.uint8]) -> Codes:
        seen.append(len(blocks))
        return take_apart(dtype, blocks)

    monkeypatch.setattr("prover.weights.stored.values.take_apart", spy)
    value_bounds(quantised(tmp_path, "Q8_0", GOLDEN["blocks"]["Q8_0"]), 4, 0, 4, columns=np.array([3, 40]))
    assert [8] == seen


def test_types_without_bounds(tmp_path: Path) -> None:
    """IQ4_NL is dequantised, and nothing is said of how far it is off."""
    low, high = value_bounds(tensor(tmp_path, "IQ4_NL", (2, 32), bytes(36)), 2, 1, 2)
    assert ([[-np.inf] * 32], [[np.inf] * 32]) == (low.tolist(), high.tolist())
    assert sorted(BLOCKS.keys() - LAYOUTS.keys()) == [each for each in sorted(BLOCKS) if not has_bounds(each)]
    assert has_bounds("BF16")


@pytest.mark.parametrize("dtype", GOLDEN["blocks"])
def test_an_importance_matrix_takes_bounds_away(dtype: str, tmp_path: Path) -> None:
    """Of the types that choose the step after the codes then."""
    found = quantised(tmp_path, dtype, GOLDEN["blocks"][dtype])
    low, high = value_bounds(found, 4, 0, 4, by_importance=True)
    is_unknown = dtype in ("Q4_0", "Q4_1", "Q5_0", "Q5_1")
    assert has_bounds(dtype, by_importance=True) is not is_unknown
    assert bool(np.isinf(high - low).all()) is is_unknown


def test_types_that_gguf_does_not_know(tmp_path: Path) -> None:
    """Q8_1 is never a tensor's type in a file; the package has nothing for it."""
    pytest.importorskip("gguf")
    with pytest.raises(InputError, match="Q8_1, which the package gguf that is here does not dequantise"):
        row_values(tensor(tmp_path, "Q8_1", (1, 32), bytes(36)), 1, 0, 1)
