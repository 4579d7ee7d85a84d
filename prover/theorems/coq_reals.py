"""Coq files with logarithms, rounded real numbers or choices by them: where each has a value, and proofs of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prover.theorems.coq_side import Side
from prover.theorems.coq_text import Printer

HEAD = r"""
(* Choices by real numbers. *)
Definition is_less (a b : R) : bool := if Rlt_dec a b then true else false.
Definition is_same (a b : R) : bool := if Req_EM_T a b then true else false.

Lemma ln_above b : (1 < b)%R -> (0 < ln b)%R.
Proof. intros above. rewrite <- ln_1. apply ln_increasing; lra. Qed.

(* Above 0 by the signs of its parts. *)
Ltac above_zero := first
  [lra | apply PI_RGT_0 | apply exp_pos | apply ln_above; lra | apply (IZR_lt 0); lia
  | apply Rdiv_lt_0_compat; above_zero | apply Rmult_lt_0_compat; above_zero | apply Rinv_0_lt_compat; above_zero
  | eapply Rlt_le_trans; [|apply Rmax_l]; above_zero].
Ltac decided := unfold is_less, is_same; repeat match goal with
  | |- context [Rlt_dec ?a ?b] => destruct (Rlt_dec a b) | |- context [Req_EM_T ?a ?b] => destruct (Req_EM_T a b)
  end; cbn [negb andb orb]; rewrite ?ln_1.
Ltac either_of_reals := repeat match goal with
  | one : _ \/ _ |- _ => destruct one | both : _ /\ _ |- _ => destruct both end.
Ltac shown_of_reals := intros; repeat apply conj; intros; first
  [reflexivity | lia | above_zero | either_of_reals; first [exfalso; lra | above_zero]
  | decided; first [reflexivity | lra | ring | field; lra | cases; first [apply not_0_IZR; lia | lra]] | shown].
"""
_OF_REALS = re.compile(r"\b(?:ln|Int_part|is_less|is_same)\b")


def has_reals(sides: Iterable[Side]) -> bool:
    """Whether a definition has a logarithm, a rounded real number or a choice by real numbers."""
    return any(_OF_REALS.search(each.text) for made in sides for each in made.definitions.values())


def where_needed(made: Side, fields: Iterable[str]) -> list[str]:
    """What has to hold so that the definitions called `fields` have values: where a choice reaches an expression."""
    found: dict[str, None] = {}
    seen = set[tuple[str, tuple[str, ...]]]()

    def visit(name: str, above: Printer | None) -> None:
        def call(each: str) -> str:
            if each in made.terms:
                visit(each, printer)
            return made.call(each)

        guards = [*above.guards] if above else []
        printer = Printer(made.is_whole, call, is_guarded=True, guards=guards)
        key = name, tuple(map(repr, guards))
        if key not in seen:
            seen.add(key)
            term = made.terms[name]
            (printer.integer if made.definitions[name].is_whole else printer.real)(term)
            found.update(dict.fromkeys(printer.needed))

    for name in fields:
        visit(name, None)
    by_guards: dict[str, list[str]] = {}
    for each in found:
        guards, arrow, need = each.removeprefix("(").rpartition(" -> ")
        if not arrow or need.removesuffix(")") not in found:
            by_guards.setdefault(guards, []).append(need.removesuffix(")") if arrow else each)
    parts = list[str]()
    for guards, needs in by_guards.items():
        said = " /\\ ".join(needs)
        parts.append(f"({guards} -> {said})" if guards else said)
    return parts
