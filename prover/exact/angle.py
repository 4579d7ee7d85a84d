"""The angle of a pair: a frequency vector over axes and a phase, both exact.

Angles are what expressions over axis names evaluate to. They can be added and scaled; anything
else in an axis would not be linear in the position and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from prover.errors import ExpressionError
from prover.exact.number import ONE, ZERO, Exact


@dataclass(frozen=True, slots=True)
class Angle:
    """theta(p) = sum of frequency * p[axis], plus phase. Radians; axes sorted, no zero entry."""

    frequencies: tuple[tuple[str, Exact], ...] = ()
    phase: Exact = ZERO

    @staticmethod
    def of(frequencies: Mapping[str, Exact], phase: Exact = ZERO) -> Angle:
        return Angle(tuple(sorted((a, f) for a, f in frequencies.items() if f)), phase)

    def __add__(self, other: Angle) -> Angle:
        total = dict(self.frequencies)
        for axis, frequency in other.frequencies:
            total[axis] = total.get(axis, ZERO) + frequency
        return Angle.of(total, self.phase + other.phase)

    def __neg__(self) -> Angle:
        return Angle(tuple((a, -f) for a, f in self.frequencies), -self.phase)

    def scaled(self, factor: Exact) -> Angle:
        if len(self.frequencies) == 1 and not self.phase:
            axis, frequency = self.frequencies[0]
            scaled = frequency * factor
            return Angle(((axis, scaled),)) if scaled else Angle()
        return Angle.of({a: f * factor for a, f in self.frequencies}, self.phase * factor)

    def __getitem__(self, axis: str) -> Exact:
        """Frequency on one axis, in radians per unit of position."""
        for name, frequency in self.frequencies:
            if name == axis:
                return frequency
        return ZERO

    @property
    def constant(self) -> Exact | None:
        """The phase if no axis takes part, else None."""
        return None if self.frequencies else self.phase


@cache
def axis_angle(axis: str) -> Angle:
    """The angle that is the position on one axis."""
    return Angle(((axis, ONE),))


def as_angle(value: Angle | Exact) -> Angle:
    return value if isinstance(value, Angle) else Angle((), value)


def as_number(value: Angle | Exact, what: str) -> Exact:
    """`value` as a number; an angle that still depends on a position is refused."""
    if isinstance(value, Exact):
        return value
    number = value.constant
    if number is None:
        axes = ", ".join(axis for axis, _ in value.frequencies)
        raise ExpressionError(
            f"{what} depends on the position ({axes}); an angle must be linear in it"
        )
    return number
