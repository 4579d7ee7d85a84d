"""The text of one axis in a feed, such as "p", "2*p + 1" or "0", to a position over coordinates.

Every name in it is a coordinate of the token. The position must be linear in them with rational
coefficients, since a feed is a linear map.
"""

from __future__ import annotations

from prover.errors import InputError
from prover.exact.angle import Angle, as_angle, axis_angle
from prover.language.evaluation import Scope, compiled
from prover.language.expression import FUNCTIONS, RESERVED, parse
from prover.language.tokens import words

MAX_COORDINATES = 8


def coordinate_names(text: str) -> list[str]:
    """The coordinates in the order in which they occur."""
    return [n for n in words(text) if n not in FUNCTIONS and n not in RESERVED]


def read_position(text: str) -> Angle:
    """The position as a linear form over coordinates. Raises InputError if it is none."""
    names = coordinate_names(text)
    if len(names) > MAX_COORDINATES:
        raise InputError(f"{len(names)} coordinates; at most {MAX_COORDINATES}")
    expression = parse(text, names, [], index=False)
    scope = Scope({name: axis_angle(name) for name in names}, {})
    value = compiled(expression).compute(scope)
    if isinstance(value, tuple):
        raise InputError(f"'{text[:60]}' is a list")
    angle = as_angle(value)
    if any(number.rational is None for number in (angle.phase, *(f for _, f in angle.frequencies))):
        raise InputError(f"'{text[:60]}' is not a rational multiple of the coordinates")
    return angle
