"""What a layout carries from pair to pair: Coq functions of the number of steps, and their closed form by induction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.language.expression import parse
from prover.language.term import TRUE, Kind, Term, named
from prover.theorems.coq_definition import Definition
from prover.theorems.coq_names import Names
from prover.theorems.coq_tactics import ARITHMETIC, POWERS
from prover.theorems.coq_terms import Meaning, settled
from prover.theorems.coq_text import Printer, bare, on_lines, refused

JSON = dict[str, Any]
_OPPOSITE: Mapping[Kind, Kind] = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "eq": "ne", "ne": "eq"}

HEAD = r"""
(* What holds at pair 0, and one pair later wherever it holds, holds at every pair. *)
Lemma along_pairs (holds : Z -> Prop) (count : Z) :
  (0 < count -> holds 0) -> (forall j, 0 <= j -> j + 1 < count -> holds j -> holds (j + 1)) ->
  forall j, 0 <= j < count -> holds j.
Proof.
  intros base step j inside. rewrite <- (Z2Nat.id j) in * by lia.
  induction (Z.to_nat j) as [|before IH]; [apply base; lia|].
  rewrite Nat2Z.inj_succ in *. apply step; [lia | lia | apply IH; lia].
Qed.

(* A remainder one pair later. *)
Lemma next_mod a b : 0 < b -> (a + 1) mod b = if a mod b + 1 =? b then 0 else a mod b + 1.
Proof.
  intros positive. pose proof (Z.mod_pos_bound a b positive). pose proof (Z.div_mod a b).
  destruct (Z.eqb_spec (a mod b + 1) b); symmetry.
  - apply (Z.mod_unique_pos _ _ (a / b + 1)); nia.
  - apply (Z.mod_unique_pos _ _ (a / b)); nia.
Qed.
""" + ARITHMETIC + r"""
Ltac one_later := intros; repeat match goal with
  | |- context [(?a + 1) mod ?b] => rewrite (next_mod a b) by lia
  | H : context [(?a + 1) mod ?b] |- _ => rewrite (next_mod a b) in H by lia
  end.

(* What is known under a condition that holds, put in; and powers by their exponents. *)
Ltac settle := repeat match goal with
  | H : given ?condition _ |- _ =>
      first [assert condition as known by lia; specialize (H known); clear known | clear H]
  end; repeat match goal with H : ?carried ?j = _ |- _ => is_const carried; is_var j; rewrite H in *; clear H end.
""" + POWERS + r"""Ltac nothing := repeat match goal with |- context [IZR ?x] =>
  lazymatch x with Z0 => fail | Zpos _ => fail | Zneg _ => fail | _ => replace x with 0 by lia end end.
Ltac shown_along := intros; remainders; choices; settle; first [same | powers | nothing; powers | shown].
"""


@dataclass(frozen=True, slots=True)
class Loop:
    """The carried values of one side. `called`: the Coq names; `steps`: each value one pair later, of those before.

    `by_steps`: the functions of the number of steps; `lemmas_of`: the names of what is said of pair 0 and of one later.
    """

    side: str
    called: Mapping[str, str]
    by_steps: Mapping[str, str]
    lemmas_of: Mapping[str, tuple[str, str]]
    definitions: tuple[Definition, ...]
    firsts: Mapping[str, str]
    steps: Mapping[str, str]

    def lemmas(self) -> list[str]:
        """What each value is at pair 0, and one pair later."""
        lines, loops = [], list(self.called.values())
        for name in loops:
            first, following = self.lemmas_of[name]
            lines += [
                f"Lemma {first} : {name} 0 = {self.firsts[name]}.", "Proof. reflexivity. Qed.",
                f"Lemma {following} j : 0 <= j -> {name} (j + 1) =\n  {on_lines(self.steps[name])}.",
                f"Proof.\n  intros above; unfold {', '.join(loops)}.",
                "  replace (Z.to_nat (j + 1)) with (S (Z.to_nat j)) by lia.",
                f"  cbn [{' '.join(self.by_steps.values())}]; rewrite ?Z2Nat.id by lia; reflexivity.\nQed.",
            ]
        return lines


def loop(
    side: str, layout: JSON, names: Names, printer: Printer, own: Callable[[str], Definition | None],
    numbers: set[str], lists: set[str], meaning: Callable[[str], Meaning], axes: set[str],
) -> Loop:
    """The loop of a layout. Raises UndecidedError for what a loop reads that has no form in it."""
    states = {name: (first, step) for name, first, step in layout["states"]}
    lets, called = dict(layout["let"]), {name: names.new(f"{side}_{name}") for name in states}
    carried = set(called.values())
    by_steps = {name: names.new(f"{name}_at") for name in called.values()}
    lemmas_of = {name: (names.new(f"{name}_first"), names.new(f"{name}_next")) for name in called.values()}

    def reads(name: str) -> bool:
        return name in states or (name in lets and any(map(reads, parse(lets[name], numbers, lists).names)))

    def inside(name: str) -> Meaning:
        if name in states:
            return named(called[name])
        if name in lets and reads(name):
            return settled(parse(lets[name], numbers, lists), inside)
        return meaning(name)

    def of_pair(term: Term) -> bool:
        return "j" in term.names or any(d.of_pair for d in map(own, term.names) if d)

    firsts = {called[name]: settled(parse(text, numbers, lists), inside) for name, (text, _) in states.items()}
    steps = {called[name]: settled(parse(text, numbers, lists), inside) for name, (_, text) in states.items()}
    for term in (*firsts.values(), *steps.values()):
        if set(term.names) & axes or any(d.axes for d in map(own, term.names) if d):
            raise refused(f"the {side} carries values that depend on positions")
    if any(of_pair(term) or set(term.names) & carried for term in firsts.values()):
        raise refused(f"the {side} begins its loop with a value of the pair")
    whole = set(carried)
    asked = Printer(lambda name: name in whole or printer.is_whole(name), str)
    while fewer := {name for name in whole if not (asked.whole(firsts[name]) and asked.whole(steps[name]))}:
        whole -= fewer

    def texts(terms: Mapping[str, Term], call: Callable[[str], str]) -> dict[str, str]:
        """The terms, each carried value as `call` has it."""
        made = Printer(lambda name: name in whole or printer.is_whole(name),
                       lambda name: call(name) if name in carried else printer.call(name), printer.needed)
        return {name: bare(made.integer(term)) if name in whole else f"{made.real(term)}%R"
                for name, term in terms.items()}

    begins, goes_on = texts(firsts, str), texts(steps, lambda name: f"({by_steps[name]} before)")
    if any(f"({name} before)" in text for name in by_steps.values() for text in printer.needed):
        raise refused(f"the {side} divides by what its loop carries")
    alone = [name for name, term in steps.items() if set(term.names) & carried <= {name}]
    together = [name for name in steps if name not in alone]
    functions = {
        name: f"{by_steps[name]} (steps : nat) : {'Z' if name in whole else 'R'} :=\n  match steps with\n"
              f"  | O => {begins[name]}\n  | S before =>{' let j := Z.of_nat before in' * of_pair(steps[name])}\n"
              f"    {on_lines(goes_on[name])}\n  end"
        for name in steps
    }
    groups = [[name] for name in alone] + [together] * bool(together)
    made = tuple(
        Definition(name, name in whole, True, (), f"({by_steps[name]} (Z.to_nat j))",
                   ("Fixpoint " + "\nwith ".join(functions[each] for each in group) + ".\n") * (name == group[0]))
        for group in groups for name in group
    )
    return Loop(side, called, by_steps, lemmas_of, made, begins, texts(steps, lambda name: f"({name} j)"))


def closed_forms(
    found: Loop, rows: Sequence[tuple[str, Term, Term]], printer: Printer, count: str, unfolded: str
) -> list[str]:
    """What is carried at every pair, and its proof. `rows`: of a carried value, when it is so, and what it is."""
    facts, before, side = [], dict[str, list[Term]](), found.side
    for state, when, value in rows:
        name = found.called[state]
        is_whole = printer.is_whole(name)
        said = f"{name} j = {bare(printer.integer(value)) if is_whole else printer.real(value) + '%R'}"
        known = [] if when == TRUE else [printer.proposition(when)]
        known += [f"(~ {printer.proposition(each)})" for each in before.get(name, []) if not _excludes(when, each)]
        before.setdefault(name, []).append(when)
        facts.append("(" + " /\\ ".join(known) + f" ->\n   {said})" if known else f"({said})")
    firsts, nexts = (", ".join(f"?{both[which]}" for both in found.lemmas_of.values()) for which in (0, 1))
    return [
        "", f"(* What the {side} carries to pair j, in closed form. *)",
        f"Definition {side}_carries (j : Z) : Prop :=\n  " + (" /\\\n  ".join(facts) or "True") + ".",
        "", "(* It is so at pair 0, and one pair later wherever it is so. *)", *found.lemmas(),
        f"Lemma {side}_carried : allowed -> forall j, 0 <= j < {count} -> {side}_carries j.",
        "Proof.", f"  unfold {unfolded}.",
        "  intros hypotheses; apart.",
        f"  apply (along_pairs {side}_carries); [intros inside | intros j above inside before];",
        f"    unfold {side}_carries in *.",
        f"  - rewrite {firsts}; repeat apply conj; shown_along.",
        f"  - rewrite {nexts} by lia; unfold {unfolded};\n    apart; repeat apply conj; one_later; shown_along.",
        "Qed.",
    ]


def _excludes(when: Term, other: Term) -> bool:
    """Whether the parts of a condition say that another does not hold."""
    parts = when.args if when.kind == "and" else (when,)
    wanted = [Term(_OPPOSITE[each.kind], each.args) if each.kind in _OPPOSITE else Term("not", (each,))
              for each in (other.args if other.kind == "or" else (other,))]
    return all(each in parts for each in wanted)
