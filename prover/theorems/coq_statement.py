"""The theorem of a Coq file: what it says of the definitions of both layouts, and its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from prover.theorems.coq_logarithms import may_be_0
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_turns import Turns, linear_but_for_a_constant

JSON = dict[str, Any]


def statement(
    sides: Mapping[str, Side], names: Names, feeds: Sequence[JSON], fields: Mapping[str, Mapping[str, str]],
    is_permutation: bool, scope: str, is_ordered: bool = False, by_cases: bool = False,
    of_reals: bool = False, of_numbers: bool = False, with_ramps: bool = False,
) -> list[str]:
    """Lines of the theorem, or of what holds without the condition and with it, and their proofs.

    `fields`: for each side what its definitions are called; `is_ordered`: pair j of the target is pair order j of the
    source; `by_cases`: which of several pairs differs goes by cases; `with_ramps`: one ramp is stated in two ways.

    Raises UndecidedError for a feed whose positions are no rational multiples of coordinates.
    """
    source, target = fields["source"], fields["target"]

    def linear(side: str, inside: str) -> list[tuple[str, str]]:
        keys = ["angle", *["sine_angle"] * sides[side].has_own_sine]
        said = ([linear_but_for_a_constant(sides[side], fields[side][key]) for key in keys] if scope == "always" else
                [Turns(sides, names, feed, fields).linear(side, key) for feed in feeds for key in keys])
        about = f"The angles of the {side} are linear in the positions{', but for a constant' * (scope == 'always')}."
        return [("" if place else about, f"({inside} {each})") for place, each in enumerate(filter(None, said))]

    def at(name: str, index: str = "j") -> str:
        definition = next(d for made in sides.values() for d in made.definitions.values() if d.name == name)
        return f"{name} {index}" if definition.of_pair else name

    same = [("Both have one width and one number of pairs.",
             f"{source['width']} = {target['width']} /\\ {source['count']} = {target['count']}")]
    alone = [("Both have one width.", f"{source['width']} = {target['width']}")] if scope != "always" else []
    for side, own in fields.items():
        first, second, width = own["first"], own["second"], own["width"]
        alone.append((f"The width of the {side} and its number of pairs are not negative.",
                      f"0 <= {width} /\\ 0 <= {own['count']}"))
        count = (target if scope == "always" else own)["count"]
        inside, two = f"forall j, 0 <= j < {count} ->", f"forall j k, 0 <= j < {count} -> 0 <= k < {count} ->"
        alone += [
            (f"The {side} has each lane of its pairs in the head, and no lane twice.",
             f"({inside} 0 <= {at(first)} < {width} /\\ 0 <= {at(second)} < {width})"),
            ("", f"({two}\n    ({at(first)} = {at(first, 'k')} -> j = k) /\\"
                 f" ({at(second)} = {at(second, 'k')} -> j = k)"
                 f" /\\\n    {at(first)} <> {at(second, 'k')})"),
        ]
        needed = " /\\ ".join(sides[side].needed)
        why = (f"In the {side} no divisor is 0, and logarithms and powers are of positive numbers." if of_reals else
               f"Every divisor and every base of a power in the {side} is positive.")
        alone += [(why, f"({inside} {needed})")] if needed else []
        alone += linear(side, inside)
        may_vanish = may_be_0(sides[side], own["magnitude"])
        above = "{} <> 0" if not of_numbers and may_vanish else "0 < {}"
        alone += [(f"The magnitudes of the {side} are {'positive' if above[0] == '0' else 'not 0'}.",
                   f"({inside} ({above.format(at(own['magnitude']))})%R)")] * (scope != "always" or not may_vanish)
    inside = f"forall j, 0 <= j < {target['count']} ->"
    lane, parts = f"0 <= lane < {target['width']}", list[tuple[str, str]]()
    other = "(order j)" if is_ordered else "j"
    if is_ordered:
        parts += [
            ("The order stays among the pairs and is one-to-one.",
             f"({inside} 0 <= order j < {source['count']})"),
            ("", f"(forall j k, 0 <= j < {target['count']} -> 0 <= k < {target['count']} ->\n   "
                 " order j = order k -> j = k)"),
        ]
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
        "The lanes of each pair " + (
            f"go to those of {'its' if is_ordered else 'the same'} pair." if moved else "are the same."),
        f"({inside} {lanes[0]} = {at(source['first'], other)} /\\ {lanes[1]} = {at(source['second'], other)})"))
    parts.append(("Each pair has one magnitude in both.",
                  f"({inside} {at(source['magnitude'], other)} = {at(target['magnitude'])})"))
    angles = {"angle": "Each pair turns by"}
    if any(made.has_own_sine for made in sides.values()):
        angles = {"angle": "The cosines of each pair are of", "sine_angle": "Its sines are of"}
    for feed in feeds:
        turns = Turns(sides, names, feed, fields)
        for key, whose in angles.items():
            alike = f"({turns.angle('source', other, key=key)} = {turns.angle('target', 'j', key=key)})%R"
            parts.append((f"{whose} one angle in both, at all positions.",
                          f"({inside} {turns.everywhere}{alike})"))
    unfolded = ["allowed", *["permutation"] * is_permutation, *["order"] * is_ordered, *unfolded_of(sides)]
    loops = [side for side, made in sides.items() if made.loop]
    plain = [
        f"  unfold {listed(unfolded)}.",
        "  intros hypotheses; " + ("apart." if is_ordered else "decompose [and] hypotheses; clear hypotheses."),
        "  repeat apply conj; intros; repeat apply conj; " + (
            "shown_in_order." if is_ordered else "shown_with_ramps." if with_ramps else
            "shown_of_reals." if of_reals else "shown."),
    ]
    if scope == "always":
        return _theorem("layouts_agree : allowed ->", same + alone + parts, _along(loops, unfolded) if loops else plain)
    shown = "shown_of_numbers" if of_numbers else "shown_there"
    there = [
        f"  unfold {listed(['condition', *unfolded])} in *.",
        f"  apart; repeat apply conj; intros; apart; repeat apply conj; {shown}." if not by_cases else
        "  apart_but_held; repeat apply conj; intros; apart; repeat apply conj; shown_with_held.",
    ]
    lines = _theorem("both_are_layouts : allowed ->", alone, [
        f"  unfold {listed(unfolded)}.", "  intros hypotheses.", there[1]])
    if scope == "sometimes":
        lines += ["", *_theorem("layouts_agree : allowed -> condition ->", same + parts,
                                ["  intros hypotheses holds.", *there])]
    return lines


def _theorem(head: str, parts: Sequence[tuple[str, str]], proof: Sequence[str]) -> list[str]:
    said = " /\\\n".join((f"  (* {why} *)\n" if why else "") + f"  {text}" for why, text in parts)
    return [f"Theorem {head}\n{said}.", "Proof.", *proof, "Qed."]


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


def listed(names: Sequence[str]) -> str:
    """Names with commas between, on lines."""
    return fill(", ".join(names), 110, subsequent_indent="    ")
