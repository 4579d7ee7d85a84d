"""The angles of pairs at the positions that a feed gives, as Coq text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from prover.claims.unit import OFFSET
from prover.language.term import constant, named, product_of, sum_of
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import refused

JSON = dict[str, Any]


class Turns:
    """Angles under one feed. Raises UndecidedError for positions that are no rational multiples of coordinates."""

    def __init__(
        self, sides: Mapping[str, Side], names: Names, feed: JSON, fields: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.sides, self.feed, self.fields = sides, feed, fields
        self.coordinates = {each: names.local(each) for each in feed["coordinates"]}
        self.everywhere = f"forall {' '.join(self.coordinates.values())} : R, " if self.coordinates else ""

    def angle(self, side: str, index: str, at: Mapping[str, str] | None = None, key: str = "angle") -> str:
        """The angle of a pair of one side; at the coordinates, or at other names `at` for them. `key`: angle, that of
        its cosines, or sine_angle, that of its sines.
        """
        made, coordinates = self.sides[side], at or self.coordinates
        definition = made.definitions[self.fields[side][key]]
        arguments = [index] * definition.of_pair
        for axis, name in made.axes.items():
            if name in definition.axes:
                total = constant(0)
                for coordinate, value in self.feed[side][axis].items():
                    weight = constant(_rational(value))
                    place = named(coordinates.get(coordinate, OFFSET))
                    part = weight if coordinate == OFFSET else place if weight.whole == 1 else product_of(weight, place)
                    total = part if total.number == 0 else sum_of(total, part)
                arguments.append(made.printer.real(total))
        return " ".join([definition.name, *arguments])

    def linear(self, side: str, key: str = "angle") -> str:
        """That the angle is linear in the positions."""
        others = {each: f"{name}'" for each, name in self.coordinates.items()}
        while set(others.values()) & set(self.coordinates.values()):
            others = {each: f"{name}'" for each, name in others.items()}
        both = {each: f"({name} + {others[each]})" for each, name in self.coordinates.items()}
        bound = " ".join([*self.coordinates.values(), *others.values()])
        whole, one, other = (self.angle(side, "j", at, key) for at in (both, self.coordinates, others))
        return f"forall {bound} : R,\n    ({whole} = {one} + {other})%R"

    def tactics(self, with_index: bool = True) -> list[str]:
        """Tactics that put 1 on each coordinate in turn, and one for a pair at an index."""
        places = [" ".join("1%R" if key == other else "0%R" for other in self.coordinates) for key in self.coordinates]
        used = "; ".join(f"pose proof (same {place})" for place in places)
        at_ones = f"Ltac at_ones := intros same; {used}; clear same; remainders; choices; differ."
        if not with_index:
            everywhere = " ".join(["1%R"] * len(self.coordinates))
            return [
                at_ones, f"Ltac at_one := intros same; pose proof (same {everywhere}); clear same; ones; differ.",
                f"Ltac at_tests := intros same; {used}; clear same; tests_alone; choices; differ.",
                "Ltac turns := first [solve [at_one] | small; at_ones].",
            ]
        return [
            at_ones,
            "Ltac turns := either; small; at_ones.",
            "Ltac there index := let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; exists i;",
            "  split; [either; remainders; lia | split; [turns|]];",
            "  let k := fresh in let inside := fresh in intros k inside; apart; destruct (Z.eq_dec k i);",
            "  [subst k|]; split; turns.",
        ]


def linear_but_for_a_constant(made: Side, angle: str) -> str:
    """That an angle is linear in the positions on its axes, but for what it is at 0; "" if it has none."""
    axes = made.definitions[angle].axes
    others = [f"{axis}'" for axis in axes]
    while {*others} & {*axes}:
        others = [f"{axis}'" for axis in others]

    def at(places: Iterable[str]) -> str:
        return " ".join([angle, *["j"] * made.definitions[angle].of_pair, *places])

    if not axes:
        return ""
    both, nowhere = at(f"({axis} + {other})" for axis, other in zip(axes, others, strict=True)), at("0" for _ in axes)
    return (f"forall {' '.join([*axes, *others])} : R,\n"
            f"    ({both} + {nowhere} = {at(axes)} + {at(others)})%R")


def _rational(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ValueError:
        raise refused(f"a feed gives an axis {text} times a position") from None
