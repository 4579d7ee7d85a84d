"""That no fixed linear maps of W_q and W_k are left, from what a Coq file says of pairs and the theorem of Joined.v."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prover.language.term import Term
from prover.theorems.coq_side import Side
from prover.theorems.coq_turns import Turns

JSON = dict[str, Any]

REQUIRED = """(* Joined.v and what it needs are in proofs/coq: coqc -R proofs/coq Rope FILE, where they are compiled. *)
From Rope Require Joined.
"""
RULES = ("own-index", "counts", "edge")   # what Joined.v has: pairs like no pair of the other side, or not as many
_AND = " /\\ "
_START = "destruct (heads_are_sound hypotheses) as [source_is [target_is one_width]]."
_WHOLE = (
    "  forall reached : (nat -> R) -> Prop, (forall x, Cosines.natural x -> reached x) ->",
    "  ~ Joined.linear reached source_head target_head.",
)
_POWER = re.compile(r"\(Rpower (\w+) \(IZR \(\(-\d+\) \* j\) / IZR \w+\)\)")


def is_joined(root: JSON) -> bool:
    """Whether the file of a certificate that it can be made of has the theorem."""
    return (root["answer"]["scope"] != "always" and root["evidence"]["refutation"]["rule"] in RULES
            and bool(root["feeds"][0]["coordinates"]))


def joined(
    sides: Mapping[str, Side], turns: Turns, fields: Mapping[str, Mapping[str, str]], rule: str,
    hypotheses: Sequence[str], premises: str, unfolded: str, by_cases: bool, reals: Sequence[str],
) -> list[str]:
    """Lines of the theorem, which stand behind nothing_linear and have its `premises`. `reals`: parameters that
    need not be whole.

    Where all frequencies are seen to be in [0, 1] it is of whole positions and of any others with them; else of real
    ones, and of whole ones if frequencies are algebraic and pi is not.
    """
    known = "hypotheses fails" if "condition" in premises else "hypotheses"
    slow = all(_is_slow(made, turns.feed[side], hypotheses) for side, made in sides.items())
    places = list(turns.coordinates.values())
    axes, given = len(places), ", ".join(f"x {place} for {name}" for place, name in enumerate(places))
    at = {key: f"(x {place}%nat)" for place, key in enumerate(turns.coordinates)}
    lines = ["", f"(* Both layouts as Joined.v has them. Position x has {given}. *)"]
    for side, own in fields.items():
        size = own["magnitude"] + " j" * sides[side].definitions[own["magnitude"]].of_pair
        lines.append(
            f"Definition {side}_head : Joined.head := Joined.Head\n  {own['width']} {own['count']} "
            f"{_by_pair(sides[side], own['first'])} {_by_pair(sides[side], own['second'])}\n"
            f"  (fun j x => {turns.angle(side, 'j', at)})%R (fun j => {size}).")
    apart = "apart_but_held" if by_cases else "apart"
    lines += ["", f"Ltac in_full := unfold {unfolded} in *; {apart}.",
              "", "(* An angle is a sum over the axes, each its frequency times the position there. *)"]
    for side in fields:
        lines += [f"Lemma {side}_frequencies j {' '.join(places)} : {_as_sum(turns, side)}.",
                  "Proof. in_full; cases; ring. Qed."]
    lines += [
        "", "Lemma heads_are_sound : allowed ->",
        f"  Joined.sound {axes} source_head /\\ Joined.sound {axes} target_head /\\",
        "  Joined.width source_head = Joined.width target_head.", "Proof.",
        "  intros hypotheses. decompose [and] (both_are_layouts hypotheses). split; [|split].",
    ]
    for side, own in fields.items():
        turn = " ".join(at.values())
        lines += [
            f"  - split; [change (0 <= {own['count']}) | split; [split; assumption | split; [|assumption]]].",
            "    + in_full; remainders; lia.", f"    + exact (fun j x _ => {side}_frequencies j {turn}).",
        ]
    lines += [f"  - change ({fields['source']['width']} = {fields['target']['width']}); in_full; lia.", "Qed."]
    bound = "".join(f"{name} :: " for name in places)
    lines += [
        "", "Ltac at_all given := let all := fresh in intros all; apply given;",
        f"  intros {' '.join(places)}; exact (all (Joined.position ({bound}nil)%list)).",
    ]
    lines += [f"Lemma heads_differ : {premises} Joined.differ source_head target_head.", "Proof.", f"  intros {known}."]
    if rule == "counts":
        lines += [
            f"  destruct (nothing_linear {known}) as [many [turning_s turning_t]]; right; split; [exact many|];",
            "    split; intros j inside; [at_all (turning_s j inside) | at_all (turning_t j inside)].", "Qed.",
        ]
    else:
        lines += [
            f"  destruct (nothing_linear {known}) as [[j [inside [turning none]]] | [j [inside [turning none]]]];",
            "    left; [left | right]; exists j; (split; [exact inside | split; [at_all turning|]]);",
            "    intros k inside_k; destruct (none k inside_k) as [unequal unopposite];",
            "    (split; [at_all unequal | at_all unopposite]).", "Qed.",
        ]
    if slow:
        return lines + _slowly(turns, fields, premises, known)
    algebraic = all(_is_algebraic(made, turns.feed[side], hypotheses) for side, made in sides.items())
    return lines + _algebraically(turns, fields, premises, known, reals if algebraic else [])


def _by_pair(made: Side, name: str) -> str:
    """A function of the pair."""
    return name if made.definitions[name].of_pair else f"(fun _ => {name})"


def _at_one(turns: Turns, side: str, key: str) -> str:
    """The angle at position 1 on one axis and 0 on the others, which is the frequency there."""
    return turns.angle(side, "j", {other: "1" if other == key else "0" for other in turns.coordinates})


def _as_sum(turns: Turns, side: str) -> str:
    total = " + ".join(["0", *(f"{_at_one(turns, side, key)} * {name}" for key, name in turns.coordinates.items())])
    return f"({turns.angle(side, 'j')} = {total})%R"


def _is_slow(made: Side, given: Mapping[str, Mapping[str, str]], hypotheses: Sequence[str]) -> bool:
    """Whether each angle is a position times a power of a base above 1 with an exponent that is not above 0."""
    return _is_position_times(made, given, lambda term: _is_power(made, term, hypotheses))


def _is_algebraic(made: Side, given: Mapping[str, Mapping[str, str]], hypotheses: Sequence[str]) -> bool:
    """Whether each angle is a position times such a power, or that times numbers and parameters that are rational."""

    def is_factor(term: Term) -> bool:
        if term.kind == "name" and term.value in made.terms:
            return is_factor(made.terms[str(term.value)])
        return _is_power(made, term, hypotheses) or (
            term.kind == "mul" and is_factor(term.args[1]) and term.args[0].kind == "name"
            and term.args[0].value not in {*made.terms, *made.axes.values()} and not made.printer.whole(term.args[0]))

    return _is_position_times(made, given, is_factor)


def _is_power(made: Side, term: Term, hypotheses: Sequence[str]) -> bool:
    if term.kind == "name" and term.value in made.terms:
        return _is_power(made, made.terms[str(term.value)], hypotheses)
    found = _POWER.fullmatch(made.printer.real(term)) if term.kind == "pow" else None
    return found is not None and (
        int(found.group(1)) > 1 if found.group(1).isdecimal() else f"({found.group(1)} > 1)%R" in hypotheses)


def _is_position_times(
    made: Side, given: Mapping[str, Mapping[str, str]], is_factor: Callable[[Term], bool]
) -> bool:
    axes = {name: axis for axis, name in made.axes.items()}

    def is_position(term: Term) -> bool:
        if term.kind == "name" and term.value in axes:
            return list(given[axes[str(term.value)]].values()) in ([], ["1"])
        return term.kind in ("choice", "item") and all(map(is_position, term.args[1:]))

    def is_product(term: Term) -> bool:
        if term.kind == "name" and term.value in made.terms:
            return is_product(made.terms[str(term.value)])
        if term.kind in ("choice", "item"):
            return all(map(is_product, term.args[1:]))
        return term.kind == "mul" and is_position(term.args[0]) and is_factor(term.args[1])

    return is_product(made.term(made.layout["pairs"]["angle"]))


def _slowly(turns: Turns, fields: Mapping[str, Mapping[str, str]], premises: str, known: str) -> list[str]:
    axes = len(turns.coordinates)
    return [
        "", "(* Each frequency is from 0 to 1, far below half a turn. *)",
        "Ltac slowly := match goal with |- context [Rpower ?b (IZR ?x / IZR ?n)] =>",
        "  pose proof (Joined.slow_power b n x ltac:(lra) ltac:(lia) ltac:(lia)) end; apply Rabs_le; lra.",
        *_each(turns, fields, "slow", "", "(Rabs ({}) <= 3)%R"),
        "", "(* No fixed linear maps of W_q and W_k do, at whole positions from 0 on, or at any with these. *)",
        f"Theorem no_linear_maps : {premises}", *_WHOLE, "Proof.",
        f"  intros {known} reached all. {_START}",
        f"  apply (Joined.nothing_linear_where_slow {axes}); trivial;",
        "    [apply source_is_slow | apply target_is_slow | apply heads_differ]; trivial.", "Qed.",
    ]


def _algebraically(
    turns: Turns, fields: Mapping[str, Mapping[str, str]], premises: str, known: str, rationals: Sequence[str],
) -> list[str]:
    """`rationals`: parameters that make frequencies algebraic if they are rational; none where that is a premise."""
    axes, end = len(turns.coordinates), "trivial. apply heads_differ; trivial."
    lines = [
        "", "(* No fixed linear maps of W_q and W_k do, at real positions. *)",
        f"Theorem no_linear_maps : {premises} ~ Joined.linear (fun _ => True) source_head target_head.", "Proof.",
        f"  intros {known}. {_START}",
        f"  apply (Joined.nothing_linear_at_real_positions {axes}); {end}", "Qed.",
    ]
    numbers = " -> ".join(f"Algebraic.rational {name}" for name in rationals)
    given = " ".join(f"rational_{name}" for name in rationals) or "numbers_s numbers_t"
    if rationals:
        lines += [
            "", "(* Frequencies are algebraic for rational parameters. *)",
            "Ltac algebraically := repeat (apply Joined.algebraic_multiple;",
            "    [first [assumption | apply Algebraic.rational_IZR]|]);",
            "  apply Joined.algebraic_power; [first [assumption | apply Algebraic.rational_IZR] | lra | lia].",
            *_each(turns, fields, "algebraic_frequencies", f"{numbers} -> ", "Algebraic.algebraic ({})%R"),
        ]
    else:
        numbers = " -> ".join(f"Joined.algebraic_frequencies {axes} {side}_head" for side in fields)
    return [
        *lines,
        "", "(* Nor at whole ones from 0 on, where frequencies are algebraic: T5, which rests on Lindemann's theorem,",
        "   that pi is not. *)",
        f"Theorem no_linear_maps_at_whole_positions : {premises}",
        f"  ~ Algebraic.algebraic PI -> {numbers} ->", *_WHOLE, "Proof.",
        f"  intros {known} lindemann {given} reached all.", f"  {_START}",
        f"  apply (Joined.nothing_linear_where_algebraic lindemann {axes}); trivial;",
        "    [apply source_is_algebraic | apply target_is_algebraic | apply heads_differ]; trivial." if rationals else
        "    apply heads_differ; trivial.", "Qed.",
    ]


def _each(
    turns: Turns, fields: Mapping[str, Mapping[str, str]], word: str, premises: str, said: str
) -> Iterator[str]:
    """Lemmas that something is so of all frequencies, by the tactic of the name."""
    axes, short = len(turns.coordinates), word.partition("_")[0]
    tactic = {"slow": "slowly", "algebraic": "algebraically"}[short]
    for side, own in fields.items():
        yield f"Lemma {side}_is_{short} : allowed -> {premises}Joined.{word} {axes} {side}_head."
        yield "Proof."
        yield f"  intros. assert (each : forall j, 0 <= j < {own['count']} ->"
        yield f"    {_AND.join(said.format(_at_one(turns, side, key)) for key in turns.coordinates)})."
        yield f"  {{ intros j inside. in_full; repeat apply conj; cases; {tactic}. }}"
        yield f"  intros j a inside below; do {axes} (destruct a as [|a]; [apply (each j inside)|]); exfalso; lia."
        yield "Qed."
