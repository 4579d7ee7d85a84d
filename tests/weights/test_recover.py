"""Rows of the target found among those of the source: against loops over every pair of rows."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from prover.weights.audited.assign import assign, assignments, fits
from prover.weights.audited.recover import Closeness, agree, agree_columns, relate
from prover.weights.stored.lines import Lines, of_array, of_tensor, part, picked, rounded
from prover.weights.stored.tensors import Tensor

GOLDEN = json.loads((Path(__file__).parent / "quantised.json").read_text())
ROWS = np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in GOLDEN["rows"]])


def random(rows, columns, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def shuffled(rows, seed=2):
    return np.random.default_rng(seed).permutation(rows)


def blockwise(values, steps):
    """Numbers of blocks of 32 put on a grid of so many steps to the greatest, and the error of each: half a step."""
    blocks = values.reshape(len(values), -1, 32)
    step = np.abs(blocks).max(axis=2, keepdims=True) / steps
    step[step == 0] = 1
    stored = (np.round(blocks / step) * step).reshape(values.shape).astype(np.float32)
    error = np.broadcast_to(step / 2, blocks.shape).reshape(values.shape).astype(np.float32)
    return stored, error


def partners_by_hand(source, target, bound):
    """Every pair of rows, entry by entry."""
    return tuple(tuple(j for j in range(len(source)) if all(abs(float(a) - float(b)) <= e + 1e-6 for a, b, e in
                                                             zip(source[j], target[i], bound[i], strict=True)))
                 for i in range(len(target)))


@pytest.mark.parametrize("columns", [1, 3, 32, 700])
def test_every_row_is_found(columns):
    """Equal rows are told apart by all of their columns."""
    source, rows = random(48, columns), shuffled(48)
    found = relate(of_array(source), of_array(source[rows]))
    assert tuple((row,) for row in rows.tolist()) == found.partners
    assert (Closeness.EQUAL, (), (), False) == (found.closeness, found.overlapping, found.factors, found.doubled)


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_rounding_is_found_both_ways(dtype):
    """A copy that is rounded has the rows of its original, whichever of the two is the source."""
    source, rows = random(32, 16), shuffled(32)
    small = rounded(source, dtype)
    assert not np.array_equal(source, small)
    wanted = tuple((row,) for row in rows.tolist())
    there = relate(of_array(source), of_array(small[rows], dtype))
    back = relate(of_array(small, dtype), of_array(source[rows]))
    assert (wanted, wanted) == (there.partners, back.partners)
    assert (Closeness.ROUNDED, Closeness.ROUNDED) == (there.closeness, back.closeness)


def test_rounding_is_that_of_ieee():
    """Of numbers between two that bfloat16 has the nearer is taken, and the even one of two that are as near."""
    values = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -1 - 3 * 2**-8, 0.0], dtype=np.float32)
    expected = np.array([1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -1 - 2**-6, 0.0], dtype=np.float32)
    np.testing.assert_array_equal(expected, rounded(values, "BF16"))


@pytest.mark.parametrize("steps", [127, 8])
@pytest.mark.parametrize("columns", [32, 256])
def test_quantised_rows_are_found_within_their_error(steps, columns):
    """As many partners as a loop over all pairs of rows finds."""
    source, rows = random(40, columns), shuffled(40)
    source[7] = source[3] + np.float32(1e-5)  # nearer than half a step, mostly
    stored, error = blockwise(source[rows], steps)
    found = relate(of_array(source), of_array(stored, "Q8_0", error))
    expected = partners_by_hand(source, stored, error)
    assert expected == found.partners
    assert tuple(i for i, each in enumerate(expected) if len(each) > 1) == found.overlapping
    assert all(row in each for row, each in zip(rows, expected, strict=True))
    assert Closeness.WITHIN is found.closeness


def test_both_sides_quantised():
    """Errors of both sides add up."""
    source, rows = random(24, 64), shuffled(24)
    (ours, our_error), (theirs, their_error) = blockwise(source, 127), blockwise(source[rows], 8)
    found = relate(of_array(ours, "Q8_0", our_error), of_array(theirs, "Q4_0", their_error))
    assert tuple((row,) for row in rows.tolist()) == found.partners


def test_rows_of_another_model_have_no_partner():
    """Nothing is taken for near that is beyond the error."""
    stored, error = blockwise(random(32, 64, 5), 8)
    found = relate(of_array(random(32, 64)), of_array(stored, "Q4_0", error))
    assert (tuple(range(32)), None) == (found.alone, found.closeness)


def test_equal_rows_are_interchangeable():
    """Zeros and rows that stand twice have several partners, and any permutation of them fits."""
    source = random(8, 5)
    source[[1, 4]] = 0
    source[6] = source[2]
    rows = [4, 3, 6, 0, 7, 5, 1, 2]
    found = relate(of_array(source), of_array(source[rows]))
    assert ((1, 4), (3,), (2, 6), (0,), (7,), (5,), (1, 4), (2, 6)) == found.partners
    assert (True, ()) == (found.doubled, found.overlapping)
    assert fits(found, [1, 3, 2, 0, 7, 5, 4, 6])
    assert tuple(rows) == assign(found, rows)
    assert (1, 3, 2, 0, 7, 5, 4, 6) == assign(found, range(8))
    assert [(1, 3, 2, 0, 7, 5, 4, 6), (1, 3, 6, 0, 7, 5, 4, 2), (4, 3, 2, 0, 7, 5, 1, 6), (4, 3, 6, 0, 7, 5, 1, 2)] == (
        sorted(assignments(found, range(8))))


def test_minus_zero_is_zero():
    """It is the same number."""
    source = np.array([[0.0, 1.0], [2.0, 0.0]], dtype=np.float32)
    assert ((1,), (0,)) == relate(of_array(source), of_array(np.array([[2, -0.0], [-0.0, 1]], np.float32))).partners


def test_a_row_that_is_lost_makes_no_permutation():
    """One stands twice and another is gone."""
    source = random(4, 8)
    assert assign(relate(of_array(source), of_array(source[[0, 1, 1, 3]])), range(4)) is None


def test_a_quantised_row_may_equal_one_row_and_come_from_another():
    """A row that is equal does not keep others out that are within the error; which it is cannot be told."""
    source = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)
    error = np.array([[1.1], [0.1], [1.1]], dtype=np.float32)
    found = relate(of_array(source), of_array(np.array([[1.0], [1.0], [1.0]], np.float32), "Q4_0", error))
    assert ((0, 1, 2), (1,), (0, 1, 2)) == found.partners
    assert (0, 2) == found.overlapping
    assert {(0, 1, 2), (2, 1, 0)} >= {assign(found, (1, 0, 2))}
    assert (2, 1, 0) == assign(found, (2, 1, 0))


@pytest.mark.parametrize("factor", [-1.0, 0.5, -2.0, 1.2079441541679836])
def test_rows_times_a_factor(factor):
    """A row that was multiplied is found, with its factor; the others have none."""
    source, rows = random(16, 12), shuffled(16)
    target = source[rows].copy()
    target[5] = target[5] * np.float32(factor)
    found = relate(of_array(source), of_array(target))
    assert tuple((row,) for row in rows.tolist()) == found.partners
    ((row, got),) = found.factors
    assert (5, pytest.approx(factor, rel=1e-6)) == (row, got)


def test_agreement_of_vectors():
    """Row by row as they are said to have moved; one that differs is enough."""
    source, rows = random(64, 1), shuffled(64)
    assert Closeness.EQUAL is agree(of_array(source), of_array(source[rows]), rows.tolist())
    assert Closeness.ROUNDED is agree(of_array(source), of_array(rounded(source[rows], "F16"), "F16"), rows.tolist())
    assert agree(of_array(source), of_array(source[rows]), list(range(64))) is None
    assert Closeness.EQUAL is agree(of_array(source), of_array(source[rows] + 1), rows.tolist(), lambda x: x + 1)


def test_agreement_of_columns():
    """The output projection's heads lie along its columns."""
    source, columns = random(20, 12), shuffled(12).tolist()
    target = source[:, columns]
    assert Closeness.EQUAL is agree_columns(of_array(source), of_array(target), columns, list(range(12)))
    assert agree_columns(of_array(source), of_array(target), list(range(12)), list(range(12))) is None


def test_rows_of_several_matrices():
    """Parts of matrices are read as one matrix, in the order that is asked for, wherever the cuts are."""
    a, b = random(10, 4), random(10, 4, 3)
    first, second = of_array(a), of_array(b, "F32", np.abs(b))
    found = picked([(first, 2), (first, 3), (second, 7), (first, 0), *((second, row) for row in range(3))])
    expected = np.concatenate([a[2:4], b[7:8], a[:1], b[:3]])
    np.testing.assert_array_equal(expected, found.read(0, 7))
    np.testing.assert_array_equal(expected[1:5], found.read(1, 5))
    low, high = found.between(0, 7)
    np.testing.assert_array_equal(np.array([a[2, 0], b[7, 0] + np.abs(b[7, 0])]), high[[0, 2], 0])
    np.testing.assert_array_equal(np.array([a[2, 0], b[7, 0] - np.abs(b[7, 0])]), low[[0, 2], 0])
    np.testing.assert_array_equal(a[3:5], part(first, 3, 5).read(0, 2))


@pytest.mark.parametrize("dtype", sorted(GOLDEN["blocks"]))
def test_rows_that_ggml_quantised(dtype, tmp_path):
    """Each row that ggml quantised is found among those it was made of, or is told to be too near to several."""
    stored = [base64.b64decode(row) for row in GOLDEN["blocks"][dtype]]
    count = len(stored)
    order = shuffled(count).tolist()
    (tmp_path / "w").write_bytes(b"".join(stored[row] for row in order))
    tensor = Tensor("q", dtype, (count, 256), tmp_path / "w", 0, len(stored[0]) * count)
    pytest.importorskip("gguf")
    found = relate(of_array(ROWS[:count]), of_tensor(tensor, count))
    alone = [row for row, partners in enumerate(found.partners) if len(partners) == 1]
    assert all(row in partners for row, partners in zip(order, found.partners, strict=True))
    assert set(range(count)) == {*alone, *found.overlapping}
    assert alone


def test_no_more_than_a_few_rows_are_read_together():
    """Long rows are read a few at a time."""
    asked = []

    def read(start, stop):
        asked.append(stop - start)
        return np.zeros((stop - start, 1 << 20), dtype=np.float32) + np.arange(start, stop, dtype=np.float32)[:, None]

    lines = Lines(12, 1 << 20, "F32", read)
    assert tuple((row,) for row in range(12)) == relate(lines, lines).partners
    assert max(asked) <= 4


def test_a_power_of_two_that_is_not_exact_is_no_factor():
    """One number a step off twice the row: the quotient of the sums is 2 all the same, and nothing rests on it."""
    row = np.array([[1, 1, 1, 2.0**-40], [1, -1, 1, 2.0**-41]], np.float32)
    off = 2 * row
    assert 2 == len(relate(of_array(row), of_array(off)).factors)
    off[:, 3] = np.nextafter(off[:, 3], np.float32(1))
    assert () == tuple(relate(of_array(row), of_array(off)).factors)


def test_a_signalling_nan_is_no_warning():
    """A row with one is told, and arithmetic with it does not warn."""
    rows = random(4, 8)
    damaged = rows.copy()
    damaged.view(np.uint32)[2, 3] = 0x7F810000
    found = relate(of_array(rows), of_array(damaged))
    assert (2,) == found.not_finite
