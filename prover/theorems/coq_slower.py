"""That one layout turns no faster at any pair, and slower at one, in Coq: so sums of frequencies differ (Slower.v)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prover.theorems.coq_logarithms import is_algebraic
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_turns import Turns

JSON = dict[str, Any]

HEAD = r"""
(* Numbers cut off at 0 and at 1. *)
Lemma cut_off x : (0 <= Rmin 1 (Rmax 0 x) <= 1)%R.
Proof. unfold Rmin, Rmax. repeat destruct Rle_dec; lra. Qed.
Lemma cut_off_at_0 a b : (0 < b)%R -> (a <= 0)%R -> Rmin 1 (Rmax 0 (a / b)) = 0%R.
Proof.
  intros above below. assert (a / b <= 0)%R; [|unfold Rmin, Rmax; repeat destruct Rle_dec; lra].
  apply (Rmult_le_reg_r b); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.
Lemma cut_off_at_1 a b : (0 < b)%R -> (b <= a)%R -> Rmin 1 (Rmax 0 (a / b)) = 1%R.
Proof.
  intros above beyond. assert (1 <= a / b)%R; [|unfold Rmin, Rmax; repeat destruct Rle_dec; lra].
  apply (Rmult_le_reg_r b); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma no_larger x y : (0 <= x)%R -> (x <= y)%R -> (Rabs x <= Rabs y)%R.
Proof. intros. rewrite !Rabs_right; lra. Qed.
Lemma less x y : (0 <= x)%R -> (x < y)%R -> (Rabs x < Rabs y)%R.
Proof. intros. rewrite !Rabs_right; lra. Qed.

Ltac ends := repeat match goal with |- context [Rmin 1 (Rmax 0 (?a / ?b))] => first
  [rewrite (cut_off_at_0 a b) by first [above_zero | apply IZR_le; lia]
  | rewrite (cut_off_at_1 a b) by first [above_zero | apply IZR_le; lia]] end.
Ltac as_numbers := repeat match goal with
  | |- context [Rmin 1 (Rmax 0 ?x)] =>
      pose proof (cut_off x); let c := fresh in set (c := Rmin 1 (Rmax 0 x)) in *; clearbody c
  | |- context [Rpower ?b ?x] =>
      pose proof (power_positive b x); let c := fresh in set (c := Rpower b x) in *; clearbody c end.
Ltac occurs a := is_var a; match goal with |- context [a] => idtac end.
Ltac products := unfold Rgt in *; repeat match goal with C : (0 <= ?c <= 1)%R, H : (?a < ?b)%R |- _ =>
  first [occurs a | occurs b]; lazymatch goal with _ : (0 <= c * (b - a))%R |- _ => fail | _ =>
    assert (0 <= c * (b - a))%R by (apply Rmult_le_pos; lra);
    assert (0 <= (1 - c) * (b - a))%R by (apply Rmult_le_pos; lra) end end.
Ltac at_least_0 := repeat first [lra | apply Rplus_le_le_0_compat | apply Rmult_le_pos].
Ltac compared := ends; as_numbers; first [apply no_larger | apply less]; [at_least_0 | products; nra].
Ltac slower_at index := exists index; split; [remainders; lia | compared].
Ltac slower last := split; [intros j inside; compared | first [slower_at 0 | slower_at last]].
"""
_CHOICES = r"""
(* Blends of a number divided and not divided, by what divides. *)
Lemma divided_order u a b : (0 < u)%R -> (0 < a < b)%R -> (u / b < u / a)%R.
Proof.
  intros above order. apply Rmult_lt_compat_l; [trivial|]. apply Rinv_lt_contravar; [apply Rmult_lt_0_compat|]; lra.
Qed.
Lemma blend_not_below_0 s u a : (0 <= s <= 1)%R -> (0 < u)%R -> (0 < a)%R -> (0 <= (1 - s) * u / a + s * u)%R.
Proof.
  intros. apply Rplus_le_le_0_compat; [|apply Rmult_le_pos; lra].
  apply Rmult_le_pos; [apply Rmult_le_pos; lra|]. apply Rlt_le, Rinv_0_lt_compat. trivial.
Qed.
Lemma blend_order s u a b : (0 <= s < 1)%R -> (0 < u)%R -> (0 < a < b)%R ->
  ((1 - s) * u / b + s * u < (1 - s) * u / a + s * u)%R.
Proof. intros. apply Rplus_lt_compat_r, divided_order; [apply Rmult_lt_0_compat; lra | trivial]. Qed.
Lemma blend_weak_order s u a b : (0 <= s <= 1)%R -> (0 < u)%R -> (0 < a < b)%R ->
  ((1 - s) * u / b + s * u <= (1 - s) * u / a + s * u)%R.
Proof.
  intros range above order. destruct (Req_dec s 1) as [->|other]; [unfold Rdiv; lra|].
  apply Rlt_le, blend_order; lra.
Qed.

(* How often a pair turns is one number in both layouts; which choice it is of, and the order there. *)
Ltac turns := repeat match goal with |- context [is_less ?t _] => match t with context [Rpower _ _] =>
  let c := fresh in set (c := t) in *; clearbody c end end.
Ltac compared ::= turns; as_numbers; decided; first [apply no_larger | apply less]; rewrite ?Rmult_1_l; first
  [lra | apply Rlt_le; above_zero | apply blend_not_below_0; lra | apply blend_order; lra | apply blend_weak_order; lra
  | apply divided_order; lra | apply Rlt_le, divided_order; lra].
(* The pair that turns less is the one that the hypotheses name. *)
Ltac slower last ::= split; [intros j inside; compared | match goal with
  H : context [Rpower _ (IZR (_ * ?index) / _)] |- _ => slower_at index end].
Ltac few_turns := rewrite power_zero by reflexivity; pose proof PI2_1; apply (Rmult_lt_reg_r (2 * PI)); [lra|];
  unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra; lra.
"""


def head(sides: Iterable[Side]) -> str:
    """The tactics, and those for frequencies that are chosen by real numbers, as Llama 3's are."""
    return HEAD + _CHOICES * has_choices(sides)


def has_choices(sides: Iterable[Side]) -> bool:
    """Whether a definition is chosen by the order of real numbers."""
    return any("is_less" in each.text for made in sides for each in made.definitions.values())


def slower(
    sides: Mapping[str, Side], names: Names, feed: JSON, fields: Mapping[str, Mapping[str, str]],
    clauses: Sequence[str], unfolded: str,
) -> list[str]:
    """Lines of the theorem. `clauses`: of the condition."""
    turns = Turns(sides, names, feed, fields)
    algebraic = all(is_algebraic(made, made.terms[fields[side]["angle"]]) for side, made in sides.items())
    form = "as they are where all parameters are rational" if algebraic else "which their form does not show"
    count = fields["source"]["count"]

    def way(slow: str, fast: str, at: Mapping[str, str]) -> str:
        a, b = (f"Rabs ({turns.angle(side, 'j', at)})" for side in (slow, fast))
        return (f"  ((forall j, 0 <= j < {count} -> ({a} <= {b})%R) /\\\n"
                f"   (exists j, 0 <= j < {count} /\\ ({a} < {b})%R))")

    ways = [way(slow, fast, {other: "1" if other == key else "0" for other in turns.coordinates})
            for key in turns.coordinates for slow, fast in (("source", "target"), ("target", "source"))]
    tried = [f"{'right; ' * place}{'left; ' * (place < len(ways) - 1)}slower ({count} - 1)"
             for place in range(len(ways))]
    premises, known = ("allowed -> ~ condition ->", "hypotheses fails") if clauses else ("allowed ->", "hypotheses")
    return [
        "", "(* No fixed linear map makes one layout the other then, at real positions, since the sums of frequencies",
        "   differ: slower_is_not_linear_at_real_positions (Slower.v). At whole ones frequencies have to be algebraic,",
        f"   {form} (T5). *)",
        f"Theorem nothing_linear : {premises}",
        "  (* Both have one number of pairs. At the position that is 1 on one axis and 0 on the others, each pair of",
        "     one side turns no further than the pair of its index on the other, and one turns less. *)",
        f"  {count} = {fields['target']['count']} /\\ (", " \\/\n".join(ways) + ").", "Proof.", f"  intros {known}.",
        *(f"  destruct (classic {clause}); [" for clause in clauses),
        *(["  exfalso; apply fails; unfold condition; repeat apply conj; assumption" + "|]" * len(clauses) + "."]
          if clauses else []),
        f"  all: unfold {unfolded} in *; apart; sides; (split; [remainders; either; lia|]).",
        f"  all: first [{' | '.join(tried)}].", "Qed.",
    ]
