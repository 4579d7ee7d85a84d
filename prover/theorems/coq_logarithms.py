"""Logarithms in magnitudes, in Coq files: where one may be 0, and what proofs need. Behind the head of coq_reals."""

from __future__ import annotations

from collections.abc import Mapping

from prover.language.term import Term
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import refused

HEAD = r"""
(* Bounds of logarithms. *)
Lemma log_below x : (0 < x)%R -> (ln x <= x - 1)%R.
Proof. intros above. pose proof (exp_ineq1_le (ln x)) as least. rewrite exp_ln in least by trivial. lra. Qed.
Lemma log_bounds x : (0 < x)%R -> (1 - / x <= ln x <= x - 1)%R.
Proof.
  intros above. split; [|apply log_below; trivial].
  pose proof (log_below (/ x) (Rinv_0_lt_compat x above)) as least. rewrite ln_Rinv in least by trivial. lra.
Qed.
Ltac at_equal := repeat match goal with H : (?x = ?y)%R |- context [?x] => is_var x; rewrite H end;
  rewrite ?Rinv_1, ?ln_1; first [lra | ring].
Ltac shown_there ::= intros; apart; either; first
  [above_zero | assumption | solve [at_equal] | small; remainders; choices; first [same | zeros; ring | shown]].

(* A number with one logarithm is not 0, at numbers that are given. *)
Ltac not_0 := match goal with |- (?a <> 0)%R => match a with context [ln ?x] =>
  let zero := fresh in intros zero; pose proof (log_bounds x ltac:(lra)); rewrite ?Rinv_inv, ?Rinv_1 in *; lra end end.
"""


def may_be_0(made: Side, magnitude: str) -> bool:
    """Whether nothing shows that a magnitude is positive, since a logarithm is in it."""
    return _within(made, made.terms[magnitude])


def assumed(sides: Mapping[str, Side], fields: Mapping[str, Mapping[str, str]]) -> list[str]:
    """That such magnitudes are not 0: a kernel that multiplies with 0 is none.

    Raises UndecidedError for magnitudes of that kind that the pairs do not share.
    """
    found = []
    for side, made in sides.items():
        definition = made.definitions[fields[side]["magnitude"]]
        if may_be_0(made, definition.name):
            if definition.of_pair:
                raise refused("a logarithm in magnitudes that are not all one")
            found.append(f"({definition.name} <> 0)%R")
    return found


def is_algebraic(made: Side, term: Term) -> bool:
    """Whether its form shows that rational parameters make a term algebraic: no pi in it, no logarithm but rounded, and
    no exponent with a root.
    """
    if term.kind == "name" and term.value in made.terms:
        return is_algebraic(made, made.terms[str(term.value)])
    if term.kind == "pow":
        return is_algebraic(made, term.args[0]) and _is_rational(made, term.args[1])
    return term.kind in ("floor", "ceil") or (
        term.kind not in ("pi", "log") and all(is_algebraic(made, part) for part in term.args))


def _is_rational(made: Side, term: Term) -> bool:
    if term.kind == "name" and term.value in made.terms:
        return _is_rational(made, made.terms[str(term.value)])
    if term.kind == "pow":
        return term.args[1].whole is not None and _is_rational(made, term.args[0])
    return term.kind in ("floor", "ceil") or (
        term.kind not in ("pi", "log") and all(_is_rational(made, part) for part in term.args))


def _within(made: Side, term: Term) -> bool:
    return term.kind == "log" or any(_within(made, part) for part in term.args) or (
        term.kind == "name" and term.value in made.terms and _within(made, made.terms[str(term.value)]))
