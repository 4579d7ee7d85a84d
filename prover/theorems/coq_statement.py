"""The theorem of a Coq file: what it says of the definitions of both layouts, and its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from textwrap import fill
from typing import Any

from prover.claims.unit import OFFSET
from prover.language.term import constant, named, product_of, sum_of
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import refused

JSON = dict[str, Any]


def statement(
    sides: Mapping[str, Side], names: Names, feeds: Sequence[JSON], fields: Mapping[str, Mapping[str, str]],
    is_permutation: bool,
) -> list[str]:
    """Lines of the theorem and its proof. `fields`: for each side what its definitions are called.

    Raises UndecidedError for a feed whose positions are no rational multiples of coordinates.
    """
    source, target = fields["source"], fields["target"]

    def at(name: str, index: str = "j") -> str:
        definition = next(d for made in sides.values() for d in made.definitions.values() if d.name == name)
        return f"{name} {index}" if definition.of_pair else name

    parts = [("Both have one width and one number of pairs.",
              f"{source['width']} = {target['width']} /\\ {source['count']} = {target['count']}")]
    inside = f"forall j, 0 <= j < {target['count']} ->"
    two = f"forall j k, 0 <= j < {target['count']} -> 0 <= k < {target['count']} ->"
    for side, own in fields.items():
        first, second, width = own["first"], own["second"], own["width"]
        parts += [
            (f"The {side} has each lane of its pairs in the head, and no lane twice.",
             f"({inside} 0 <= {at(first)} < {width} /\\ 0 <= {at(second)} < {width})"),
            ("", f"({two}\n    ({at(first)} = {at(first, 'k')} -> j = k) /\\"
                 f" ({at(second)} = {at(second, 'k')} -> j = k)"
                 f" /\\\n    {at(first)} <> {at(second, 'k')})"),
        ]
        needed = " /\\ ".join(sides[side].printer.needed)
        parts += [(f"Every divisor and every base of a power in the {side} is positive.",
                   f"({inside} {needed})")] if needed else []
    lane = f"0 <= lane < {target['width']}"
    if is_permutation:
        parts += [
            ("The permutation stays in the head and is one-to-one.",
             f"(forall lane, {lane} -> 0 <= permutation lane < {target['width']})"),
            ("", f"(forall lane other, {lane} -> 0 <= other < {target['width']} ->\n   "
                 " permutation lane = permutation other -> lane = other)"),
        ]
    moved = "permutation" if is_permutation else ""
    lanes = [f"{moved} ({at(target[key])})" if moved else at(target[key]) for key in ("first", "second")]
    parts.append((
        "The lanes of each pair " + ("go to those of the same pair." if moved else "are the same."),
        f"({inside} {lanes[0]} = {at(source['first'])} /\\ {lanes[1]} = {at(source['second'])})"))
    parts.append(("Each pair has one magnitude in both.",
                  f"({inside} {at(source['magnitude'])} = {at(target['magnitude'])})"))
    for feed in feeds:
        parts.append(("Each pair turns by one angle in both, at all positions.",
                      _angles(sides, names, feed, fields, inside)))
    said = " /\\\n".join((f"  (* {why} *)\n" if why else "") + f"  {text}" for why, text in parts)
    unfolded = ["allowed", *(["permutation"] if is_permutation else []), *unfolded_of(sides)]
    loops = [side for side, made in sides.items() if made.loop]
    return [
        f"Theorem layouts_agree : allowed ->\n{said}.",
        "Proof.", *(_along(loops, unfolded) if loops else [
            f"  unfold {listed(unfolded)}.",
            "  intros hypotheses; decompose [and] hypotheses; clear hypotheses.",
            "  repeat apply conj; intros; repeat apply conj; shown.",
        ]), "Qed.",
    ]


def unfolded_of(sides: Mapping[str, Side]) -> list[str]:
    """What proofs unfold of both sides."""
    return [name for made in reversed([*sides.values()]) for name in made.unfolded]


def _along(loops: Sequence[str], unfolded: Sequence[str]) -> list[str]:
    """The proof where something is carried: its closed form is put in at each pair."""
    known = "; ".join(f"pose proof ({side}_all j ltac:(lia))" for side in loops)
    return [
        "  intros hypotheses.",
        *(f"  pose proof ({side}_carried hypotheses) as {side}_all; unfold {side}_carries in {side}_all."
          for side in loops),
        f"  unfold {listed(unfolded)} in *.",
        "  apart; repeat apply conj; intros; repeat match goal with",
        f"    inside : 0 <= ?j < _ |- _ => {known}; revert inside end; intros.",
        f"  all: clear {' '.join(f'{side}_all' for side in loops)}.",
        "  all: apart; repeat apply conj; shown_along.",
    ]


def _angles(
    sides: Mapping[str, Side], names: Names, feed: JSON, fields: Mapping[str, Mapping[str, str]], inside: str
) -> str:
    """That the angles of each pair agree at the positions that a feed gives."""
    coordinates = {each: names.local(each) for each in feed["coordinates"]}
    calls = []
    for side, made in sides.items():
        definition = made.definitions[fields[side]["angle"]]
        arguments = ["j"] * definition.of_pair
        for axis, name in made.axes.items():
            if name in definition.axes:
                total = constant(0)
                for key, value in feed[side][axis].items():
                    weight = constant(_rational(value))
                    at = named(coordinates.get(key, OFFSET))
                    part = weight if key == OFFSET else at if weight.whole == 1 else product_of(weight, at)
                    total = part if total.number == 0 else sum_of(total, part)
                arguments.append(made.printer.real(total))
        calls.append(" ".join([definition.name, *arguments]))
    bound = f"forall {' '.join(coordinates.values())} : R, " if coordinates else ""
    return f"({inside} {bound}({calls[0]} = {calls[1]})%R)"


def listed(names: Sequence[str]) -> str:
    """Names with commas between, on lines."""
    return fill(", ".join(names), 110, subsequent_indent="    ")


def _rational(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ValueError:
        raise refused(f"a feed gives an axis {text} times a position") from None
