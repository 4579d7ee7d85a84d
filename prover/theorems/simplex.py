"""Rational numbers that bounds on linear forms allow, or multipliers of bounds that exclude each other.

The general simplex of Dutertre and de Moura (CAV 2006), in exact numbers: a row says that a basic variable is a sum of
others, bounds come and go, values stay. A strict bound is one moved by an infinitesimal.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Form = tuple[tuple[Hashable, Fraction], ...]
Number = tuple[Fraction, Fraction]  # rational part and number of infinitesimals
Multipliers = dict[int, Fraction]  # label of a bound: what it is multiplied by

NOTHING: Number = (Fraction(0), Fraction(0))


def is_form(name: Any) -> bool:
    """Whether a variable stands for a form."""
    return isinstance(name[0][1], Fraction)


class WorkSpentError(Exception):
    """The work that is allowed is spent."""


@dataclass
class Simplex:
    """`left`: how many entries of rows may still be touched."""

    left: int
    bounds: dict[tuple[Hashable, int], tuple[Number, int, Fraction]] = field(default_factory=dict)
    values: dict[Hashable, Number] = field(default_factory=dict)
    rows: dict[Hashable, dict[Hashable, Fraction]] = field(default_factory=dict)
    made: int = 0
    order: dict[Hashable, int] = field(default_factory=dict)
    trail: list[tuple[tuple[Hashable, int], tuple[Number, int, Fraction] | None]] = field(default_factory=list)

    def spend(self, units: int) -> None:
        """Count work; raises WorkSpentError."""
        self.left -= units
        if self.left < 0:
            raise WorkSpentError

    def variable(self, form: Form) -> Hashable:
        """The variable that is the form, whose first coefficient is 1."""
        for name, _ in form:
            if name not in self.values:
                self.order[name], self.values[name] = self.made, NOTHING
                self.made += 1
        if len(form) == 1:
            return form[0][0]
        if form not in self.values:
            row: dict[Hashable, Fraction] = {}
            for name, c in form:
                for own, d in self.rows[name].items() if name in self.rows else ((name, Fraction(1)),):
                    row[own] = row.get(own, Fraction(0)) + c * d
            row = {own: c for own, c in row.items() if c}
            self.spend(len(row))
            self.order[form], self.rows[form] = self.made, row
            self.made += 1
            self.values[form] = self.value(row)
        return form

    def value(self, form: dict[Hashable, Fraction]) -> Number:
        """That of a sum of multiples; 0 for what has no bounds yet."""
        values = [(c, self.values.get(name, NOTHING)) for name, c in form.items()]
        return sum((c * v for c, (v, _) in values), Fraction(0)), sum((c * e for c, (_, e) in values), Fraction(0))

    def bound(self, form: Form, side: int, value: Number, label: int, factor: Fraction) -> Multipliers | None:
        """The form is at most (side 1) or at least (side -1) `value`, by what has this label times `factor`.

        Returns multipliers if that contradicts another bound of the form.
        """
        name = self.variable(form)
        own = self.bounds.get((name, side))
        if own is not None and (own[0] <= value if side > 0 else own[0] >= value):
            return None
        self.trail.append(((name, side), own))
        self.bounds[name, side] = value, label, factor
        other = self.bounds.get((name, -side))
        if other is not None and (value < other[0] if side > 0 else value > other[0]):
            return _joined([(label, factor), other[1:]])
        if name not in self.rows and (self.values[name] > value if side > 0 else self.values[name] < value):
            self._move(name, value)
        return None

    def undo(self, mark: int) -> None:
        """Forget the bounds since the trail had this length."""
        while len(self.trail) > mark:
            key, own = self.trail.pop()
            if own is None:
                del self.bounds[key]
            else:
                self.bounds[key] = own

    def check(self) -> Multipliers | None:
        """None once all values are within their bounds; else multipliers of bounds that exclude each other."""
        self._forget()
        while True:
            wrong = [(self.order[name], name, side) for name in self.rows if (side := self._beyond(name))]
            self.spend(len(self.rows))
            if not wrong:
                return None
            _, name, side = min(wrong, key=lambda each: each[0])
            wanted = self.bounds[name, side][0]
            free = [
                other for other, c in self.rows[name].items()
                if (end := self.bounds.get((other, -side if c > 0 else side))) is None or self.values[other] != end[0]
            ]
            if not free:
                used = [self.bounds[name, side][1:]]
                for other, c in self.rows[name].items():
                    _, label, factor = self.bounds[other, -side if c > 0 else side]
                    used.append((label, factor * abs(c)))
                return _joined(used)
            self._pivot(name, min(free, key=self.order.__getitem__), wanted)

    def _forget(self) -> None:
        """Leave out the rows of forms that have no bounds any more."""
        bound = {name for name, _ in self.bounds}
        for name in [name for name in self.rows if is_form(name) and name not in bound]:
            del self.rows[name], self.values[name], self.order[name]

    def _beyond(self, name: Hashable) -> int:
        value = self.values[name]
        for side in (1, -1):
            end = self.bounds.get((name, side))
            if end is not None and (value > end[0] if side > 0 else value < end[0]):
                return side
        return 0

    def _move(self, name: Hashable, value: Number) -> None:
        old = self.values[name]
        change = value[0] - old[0], value[1] - old[1]
        self.values[name] = value
        for basic, row in self.rows.items():
            if (c := row.get(name)) is not None:
                own = self.values[basic]
                self.values[basic] = own[0] + c * change[0], own[1] + c * change[1]
        self.spend(len(self.rows))

    def _pivot(self, basic: Hashable, other: Hashable, wanted: Number) -> None:
        """The two change places, and the one that was basic gets this value."""
        row = self.rows.pop(basic)
        c, old = row.pop(other), self.values[basic]
        moved = self.values[other]
        new = {name: -d / c for name, d in row.items()} | {basic: 1 / c}
        changed = [(name, each.pop(other)) for name, each in self.rows.items() if other in each]
        for name, factor in changed:
            each = self.rows[name]
            for own, d in new.items():
                total = each.get(own, 0) + factor * d
                if total:
                    each[own] = total
                else:
                    each.pop(own, None)
            self.spend(len(new))
        self.rows[other] = new
        by = (wanted[0] - old[0]) / c, (wanted[1] - old[1]) / c
        self.values[basic], self.values[other] = wanted, (moved[0] + by[0], moved[1] + by[1])
        for name, factor in changed:
            own_value = self.values[name]
            self.values[name] = own_value[0] + factor * by[0], own_value[1] + factor * by[1]


def _joined(used: Sequence[tuple[int, Fraction]]) -> Multipliers:
    found: Multipliers = {}
    for label, factor in used:
        found[label] = found.get(label, Fraction(0)) + factor
    return {label: factor for label, factor in found.items() if factor}
