"""YaRN's ramp as transformers and ggml state it, in Coq files: one number where its ends are in order.

The one chooses: high - low, or 1/1000 where that is 0. The other takes the larger of 1/1000 and high - low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from prover.theorems.coq_side import Side

HEAD = r"""
(* Rounded ends of a ramp are in order where logarithms are; how far apart is one number, stated in two ways. *)
Lemma rounded_below x z : (x <= IZR z)%R -> Int_part x <= z.
Proof. intros below. apply le_IZR. destruct (base_Int_part x). lra. Qed.
Lemma rounded_above y z : (IZR z <= y)%R -> z <= - Int_part ((-1) * y).
Proof. intros above. apply le_IZR. rewrite opp_IZR. destruct (base_Int_part ((-1) * y)). lra. Qed.
Lemma rounded_in_order x y : (x <= y)%R -> Int_part x <= - Int_part ((-1) * y).
Proof. intros order. apply rounded_above. destruct (base_Int_part x). lra. Qed.
Lemma over_order a b c : (0 < c)%R -> (a <= b)%R -> (a / c <= b / c)%R.
Proof. intros above order. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat|]; trivial. Qed.
Lemma under_order a b c : (0 <= a)%R -> (0 < b)%R -> (b <= c)%R -> (a / c <= a / b)%R.
Proof. intros above some order. apply Rmult_le_compat_l; [|apply Rinv_le_contravar]; trivial. Qed.
Lemma quotient_below a b c : (0 < c)%R -> (a <= b * c)%R -> (a / c <= b)%R.
Proof. intros above order. apply (Rmult_le_reg_r c); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. Qed.
Lemma quotient_above a b c : (0 < c)%R -> (b * c <= a)%R -> (b <= a / c)%R.
Proof. intros above order. apply (Rmult_le_reg_r c); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. Qed.
Lemma ln_order a b : (0 < a)%R -> (a <= b)%R -> (ln a <= ln b)%R.
Proof. intros above [less|<-]; [left; apply ln_increasing|right]; trivial. Qed.
Lemma ln_not_below x : (1 <= x)%R -> (0 <= ln x)%R.
Proof. intros above. rewrite <- ln_1. apply ln_order; lra. Qed.

(* n ln a / (2 ln base) rounded down and n ln b / (2 ln base) rounded up, where 1 <= b, a <= b and a <= base. *)
Lemma ends_in_order n a b base : 2 <= n -> (1 < base)%R -> (0 < a)%R -> (a <= b)%R -> (1 <= b)%R -> (a <= base)%R ->
  Z.max (Int_part (IZR n * ln a / (2 * ln base))) 0
  <= Z.min (- Int_part ((-1) * (IZR n * ln b / (2 * ln base)))) (n + -1).
Proof.
  intros least above some order up down. pose proof (ln_above base above) as log.
  assert (IZR 2 <= IZR n)%R as size by (apply IZR_le; trivial).
  pose proof (ln_order a b some order) as logs. pose proof (ln_not_below b up). pose proof (ln_order a base some down).
  assert (Int_part (IZR n * ln a / (2 * ln base)) <= - Int_part ((-1) * (IZR n * ln b / (2 * ln base)))).
  { apply rounded_in_order, over_order; [lra|]. apply Rmult_le_compat_l; lra. }
  assert (0 <= - Int_part ((-1) * (IZR n * ln b / (2 * ln base)))).
  { apply rounded_above, quotient_above; [lra|]. rewrite Rmult_0_l. apply Rmult_le_pos; lra. }
  assert (Int_part (IZR n * ln a / (2 * ln base)) <= n + -1).
  { apply rounded_below, quotient_below; [lra|]. rewrite plus_IZR.
    apply Rle_trans with (IZR n * ln base)%R; [apply Rmult_le_compat_l; lra|]. nra. }
  lia.
Qed.
Lemma one_width low high least : low <= high -> (least <= 1)%R -> (0 <= least)%R ->
  Rmax least (IZR (high - low)) = if negb (high =? low) then IZR (high - low) else least.
Proof.
  intros order below above. destruct (Z.eqb_spec high low) as [->|apart]; cbn [negb].
  - rewrite Z.sub_diag. apply Rmax_left. trivial.
  - apply Rmax_right. assert (1 <= IZR (high - low))%R by (apply IZR_le; lia). lra.
Qed.
Lemma no_less_than_1 x : (0 < x)%R -> ~ (1 < / x)%R -> (1 <= x)%R.
Proof.
  intros above none. apply Rnot_lt_le. intros less. apply none. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra.
Qed.

(* x / (c * PI) is compared with numbers by 2 < PI <= 4. *)
Ltac of_pi := pose proof PI2_1; pose proof PI_4; first
  [lra | above_zero | apply quotient_above; [above_zero | nra] | apply quotient_below; [above_zero | nra]
  | apply under_order; [lra | above_zero | nra]].
Ltac one_ramp :=
  match goal with |- context [Z.max (Int_part (IZR ?n * ln ?a / (2 * ln ?base))) 0] =>
    match goal with |- context [Z.min (- Int_part ((-1) * (IZR ?n * ln ?b / (2 * ln ?base)))) (?n + -1)] =>
      let order := fresh in
      assert (order : Z.max (Int_part (IZR n * ln a / (2 * ln base))) 0
        <= Z.min (- Int_part ((-1) * (IZR n * ln b / (2 * ln base)))) (n + -1))
        by (apply ends_in_order; first [lia | of_pi]);
      rewrite ?(Z.max_comm 0), ?(Z.min_comm (n + -1)), ?(one_width _ _ _ order) by lra
    end end;
  repeat match goal with |- context [Rmin 1 ?x] => generalize (Rmin 1 x); intros end; field; lra.
Ltac at_1 x := replace x with 1%R by lra; rewrite ?Rinv_1, ln_1; lra.
Ltac one_magnitude := decided; rewrite ?Rinv_inv; first [reflexivity | match goal with
  | none : ~ (1 < / ?x)%R |- _ => apply no_less_than_1 in none; [at_1 x | lra]
  | _ : ~ (1 < ?x)%R |- _ => at_1 x end].
Ltac shown_with_ramps := first [shown_of_reals | one_magnitude | one_ramp].
"""
_LARGER = re.compile(r"\bRmax \(?[1-9]")
_CHOSEN = re.compile(r" =\? .* else \(?[1-9]")


def in_two_ways(sides: Iterable[Side]) -> bool:
    """Whether both sides round logarithms, and one divides by the larger where the other chooses."""
    texts = ["\n".join(each.text for each in made.definitions.values()) for made in sides]
    return all("Int_part" in text for text in texts) and any(
        _LARGER.search(one) and _CHOSEN.search(other) and not _LARGER.search(other)
        for one, other in (texts, texts[::-1]))
