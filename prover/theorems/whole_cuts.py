"""Sums of whole numbers that are no whole number at present: where a search between whole numbers may be cut in two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import lcm
from typing import Any

from prover.theorems.simplex import Form, Number, Simplex, is_form

MAX_FORMS, MAX_FOUND = 12, 24

Sum = dict[Any, int]


def find_cuts(simplex: Simplex, is_whole: Callable[[Any], bool]) -> list[tuple[Sum, int]]:
    """Such sums, and the whole number below each: first what bounds that are met make such (Dillig, Dillig and Aiken,
    CAV 2009), then what a row of the tableau keeps above its value (Gomory), then what is whole by itself.

    `is_whole`: whether a variable of the question is. The values that were found have to be within all bounds: they are
    after this.
    """
    simplex.check()
    wholes = {name: own for name in simplex.order if (own := _multiples(name, is_whole)) is not None}
    apart = [name for name, own in wholes.items() if not _is_integer(_at(simplex, own))][:MAX_FORMS]
    found = [*_unsolved(simplex, wholes), *_rows(simplex, wholes, apart), *(wholes[name] for name in apart)]
    return [(each, _below(_at(simplex, each))) for each in found[:MAX_FOUND]]


def _rows(simplex: Simplex, wholes: dict[Any, Sum], apart: list[Any]) -> Iterator[Sum]:
    for name in apart:
        for sign in (1, -1) if name in simplex.rows else ():
            total, row = dict(wholes[name]), simplex.rows[name]
            for other, c in row.items() if row.keys() <= wholes.keys() else ():
                factor = c * _scale(name) / _scale(other)
                top = simplex.bounds.get((other, 1))
                is_met = top is not None and top[0] == simplex.values[other]
                times = -((-factor) // 1) if is_met == (sign > 0) else factor // 1
                for m, d in wholes[other].items():
                    total[m] = total.get(m, 0) - times * d
            total = {m: c for m, c in total.items() if c}
            if total and not _is_integer(_at(simplex, total)):
                yield total


def _unsolved(simplex: Simplex, wholes: dict[Any, Sum]) -> Iterator[Sum]:
    """Where no whole numbers meet all bounds that are met at present: a sum that is no whole number if they are.

    Columns are subtracted from each other until each row has one more of them than the rows before; equations come
    first.
    """
    rows = list[tuple[bool, Sum, Fraction]]()
    for (name, side), (end, *_) in simplex.bounds.items():
        if name in wholes and end == simplex.values[name] and end[1] == 0:
            other = simplex.bounds.get((name, -side))
            rows.append((other is None or other[0] != end, wholes[name], end[0] * _scale(name)))
    rows.sort(key=lambda row: row[0])
    names = list(dict.fromkeys(m for _, own, _ in rows for m in own))
    matrix = [[own.get(m, 0) for m in names] for _, own, _ in rows]
    sums: list[Sum] = [{m: 1} for m in names]  # what the columns stand for
    solved = list[Fraction]()
    for k, (_, _, end_value) in enumerate(rows):
        row, first = matrix[k], len(solved)
        while len(left := [n for n in range(first, len(names)) if row[n]]) > 1:
            least = min(left, key=lambda n: abs(row[n]))
            for n in left:
                times = row[n] // row[least] if n != least else 0
                if times:  # a column less `times` another: what the other stands for is that much more
                    for each in matrix[k:]:
                        each[n] -= times * each[least]
                    for m, c in sums[n].items():
                        sums[least][m] = sums[least].get(m, 0) + times * c
            simplex.spend(len(left))
        if not left:
            continue
        for each in matrix[k:]:
            each[first], each[left[0]] = each[left[0]], each[first]
        sums[first], sums[left[0]] = sums[left[0]], sums[first]
        known = sum((c * z for c, z in zip(row, solved, strict=False)), Fraction(0))
        solved.append((end_value - known) / row[first])
        if solved[-1].denominator > 1:
            yield {m: c for m, c in sums[first].items() if c}
            return


def _multiples(name: Any, is_whole: Callable[[Any], bool]) -> Sum | None:
    """A variable of the simplex as whole multiples of whole numbers, where it is."""
    form: Form = name if is_form(name) else ((name, Fraction(1)),)
    return {m: int(c * _scale(name)) for m, c in form} if all(is_whole(m) for m, _ in form) else None


def _at(simplex: Simplex, total: Sum) -> Number:
    return simplex.value({m: Fraction(c) for m, c in total.items()})


def _scale(name: Any) -> int:
    """What makes all coefficients of a form whole; 1 for a variable of the question."""
    return lcm(*(c.denominator for _, c in name)) if is_form(name) else 1


def _is_integer(value: Number) -> bool:
    return value[0].denominator == 1 and value[1] == 0


def _below(value: Number) -> int:
    whole = value[0] // 1
    return whole - 1 if value[0] == whole and value[1] < 0 else whole
