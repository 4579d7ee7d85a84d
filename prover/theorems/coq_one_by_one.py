"""Theorems whose pairs are numbers but for one variable: one pair of one side is set against each of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prover.theorems import coq_bounds
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import refused

JSON = dict[str, Any]

HEAD = coq_bounds.HEAD + r"""
Lemma log_of_inverse s : (0 < s <= 1)%R -> (0 <= ln (/ s))%R.
Proof.
  intros bounds. rewrite <- ln_1. destruct (Req_dec s 1) as [->|]; [rewrite Rinv_1; lra|].
  left. apply ln_increasing; [lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra.
Qed.
Ltac agreed := match goal with H : (?x = ?value)%R |- _ => rewrite H end;
  unfold Rdiv; rewrite ?Rinv_1, ?ln_1; first [ring | decided; first [ring | lra]].
Ltac shown_of_numbers := intros; apart; repeat apply conj; intros; first
  [solve [remainders; lia] | solve [agreed] | shown_of_reals
  | match goal with |- context [ln (/ ?s)] => pose proof (log_of_inverse s ltac:(lra)) end; decided; lra].

Lemma power_less b n x y : (1 < b)%R -> 0 < n -> x < y -> (Rpower b (IZR x / IZR n) < Rpower b (IZR y / IZR n))%R.
Proof.
  intros above positive order. apply Rpower_lt; [trivial|]. apply IZR_lt in positive, order.
  apply Rmult_lt_compat_r; [apply Rinv_0_lt_compat; lra|trivial].
Qed.

(* Numbers worked out, and choices that bounds settle. *)
Lemma Rdiv_inv_r a b : (a / / b = a * b)%R.
Proof. unfold Rdiv. rewrite Rinv_inv. trivial. Qed.
Lemma called_real (x : R) : exists y, y = x.
Proof. eauto. Qed.
Lemma not_equal F G x y : (0 < F)%R -> (F <= G)%R -> (0 < x)%R -> (x < y)%R -> (F * x = G * y)%R -> False.
Proof. intros. assert (G * y - F * x = (G - F) * y + F * (y - x))%R by ring. nra. Qed.
Lemma not_equal_there F G x y : (0 < F)%R -> (F < G)%R -> (0 < x)%R -> (x <= y)%R -> (F * x = G * y)%R -> False.
Proof. intros. assert (G * y - F * x = (G - F) * y + F * (y - x))%R by ring. nra. Qed.
Lemma not_opposite F G x y : (0 < F)%R -> (0 < G)%R -> (0 < x)%R -> (0 < y)%R -> (F * x = - (G * y))%R -> False.
Proof. intros. nra. Qed.
Lemma not_zero F x : (0 < F)%R -> (0 < x)%R -> (F * x = 0)%R -> False.
Proof. intros. nra. Qed.
Ltac number z := lazymatch z with Z0 => idtac | Zpos _ => idtac | Zneg _ => idtac end.
Ltac replaced z := let c := eval vm_compute in z in change z with c.
Ltac worked_out := repeat match goal with
  | |- context [Z.add ?a ?b] => number a; number b; replaced (Z.add a b)
  | |- context [Z.sub ?a ?b] => number a; number b; replaced (Z.sub a b)
  | |- context [Z.mul ?a ?b] => number a; number b; replaced (Z.mul a b)
  | |- context [Z.max ?a ?b] => number a; number b; replaced (Z.max a b)
  | |- context [Z.min ?a ?b] => number a; number b; replaced (Z.min a b)
  | |- context [Z.div ?a ?b] => number a; number b; replaced (Z.div a b)
  | |- context [Z.opp ?a] => number a; replaced (Z.opp a) end.
(* Choices that bounds settle; a quotient by what is no number becomes a number with one equation. *)
Ltac quotient x d := lazymatch d with IZR _ => fail | _ =>
  let q := fresh "q" in let value := fresh "value" in
  destruct (called_real (x / d)%R) as [q value]; rewrite <- ?value;
  assert (q * d = x)%R by (rewrite value; field; lra); clear value;
  try assert (0 < q)%R by nra; try assert (q < 1)%R by nra end.
Ltac plain := repeat match goal with
  | |- context [Rmax ?a ?b] => first [rewrite (Rmax_left a b) by lra | rewrite (Rmax_right a b) by lra]
  | |- context [Rmin ?a ?b] => first [rewrite (Rmin_left a b) by lra | rewrite (Rmin_right a b) by lra]
  | |- context [is_same ?a ?b] => unfold is_same at 1; destruct (Req_EM_T a b); [exfalso; lra | cbn [negb]]
  | |- context [(?x / (?a - ?b))%R] => quotient x (a - b)%R
  | |- context [(?x / (?a * PI))%R] => quotient x (a * PI)%R
  | |- context [is_less ?a ?b] => unfold is_less at 1; destruct (Rlt_dec a b); try (exfalso; lra)
  end.

(* IZR k as far as k is known. *)
Ltac whole k := lazymatch goal with
  | H : k < ?i |- _ => assert (IZR k <= IZR i - 1)%R by (rewrite <- minus_IZR; apply IZR_le; lia)
  | H : ?i < k |- _ => assert (IZR i + 1 <= IZR k)%R by (rewrite <- plus_IZR; apply IZR_le; lia) end.
Ltac chosen_bounds := unfold Rmin, Rmax; repeat match goal with
  | |- context [Rle_dec ?a ?b] => destruct (Rle_dec a b); try (exfalso; lra) end.
(* l = F * x, where x is l at F = 1. *)
Ltac parted F l := lazymatch eval pattern F in l with ?f _ => let x := eval cbv beta in (f 1%R) in
  replace l with (F * x)%R by (unfold Rdiv; ring) end.
Ltac by_signs := rewrite ?Rdiv_inv_r; first [lra | nra | unfold Rdiv; nra | match goal with
  _ : (?q * _ = _)%R |- context [((IZR ?k - ?a) / ?b)%R] => assert (q < (IZR k - a) / b)%R by nra;
    generalize dependent ((IZR k - a) / b)%R; intros; nra end].
Ltac differ_by_parts F G :=
  let same := fresh in lazymatch goal with
  | |- ?l = (- ?r)%R -> _ =>
      parted F l; parted G r; intros same; refine (not_opposite _ _ _ _ _ _ _ _ same);
      [assumption | assumption | by_signs | by_signs]
  | |- ?l = 0%R -> _ => parted F l; intros same; refine (not_zero _ _ _ _ same); [assumption | by_signs]
  | |- ?l = ?r -> _ =>
      parted F l; parted G r; intros same; first
        [ refine (not_equal _ _ _ _ _ _ _ _ same); [assumption | lra | by_signs | by_signs]
        | refine (not_equal_there _ _ _ _ _ _ _ _ same); [assumption | lra | by_signs | by_signs]
        | refine (not_equal_there _ _ _ _ _ _ _ _ (eq_sym same)); [assumption | lra | by_signs | by_signs]
        | refine (not_equal _ _ _ _ _ _ _ _ (eq_sym same)); [assumption | lra | by_signs | by_signs] ] end.

Lemma inverse_above x : (0 < x < 1)%R -> (1 < / x)%R.
Proof. intros. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. Qed.
Lemma inverse_below x : (1 < x)%R -> (0 < / x < 1)%R.
Proof. intros. split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. Qed.
Ltac inverses := match goal with |- context [(_ / ?x)%R] => is_var x;
  first [pose proof (inverse_above x ltac:(lra)) | pose proof (inverse_below x ltac:(lra))] end.

(* Pair i of one side at the position 1, and all pairs of the other. *)
Ltac positives := repeat match goal with |- context [Rpower ?b ?x] =>
  lazymatch goal with _ : (0 < Rpower b x)%R |- _ => fail | _ => pose proof (power_positive b x) end end.
Ltac at_1 := let same := fresh in intros same; specialize (same 1%R); revert same;
  worked_out; rewrite ?minus_IZR; positives; plain.
Ltac by_parts := match goal with |- context [Rpower ?b (IZR ?x / IZR ?n)] => number x; first
  [ match goal with |- context [Rpower b (IZR ?y / IZR n)] => tryif number y then fail else first
      [pose proof (power_less b n x y ltac:(lra) ltac:(lia) ltac:(lia))
      | pose proof (power_less b n y x ltac:(lra) ltac:(lia) ltac:(lia))];
      differ_by_parts (Rpower b (IZR x / IZR n)) (Rpower b (IZR y / IZR n)) end
  | differ_by_parts (Rpower b (IZR x / IZR n)) (Rpower b (IZR x / IZR n)) ] end.
Ltac alone i := try inverses; exists i; worked_out; split; [lia | split; [at_1; by_parts |
  let k := fresh in let inside := fresh in let place := fresh in intros k inside;
  destruct (Z.lt_trichotomy k i) as [place|[place|place]];
  [try (exfalso; lia); whole k | subst k | try (exfalso; lia); whole k]; split; at_1; chosen_bounds; by_parts]].
"""


def check_kind(root: JSON) -> None:
    """Raises UndecidedError for a theorem of numbers that has no proof here."""
    answer, refutation = root["answer"], root["evidence"]["refutation"] or {"rule": ""}
    if answer["scope"] != "sometimes" or len(answer["condition"]) != 1 or answer["elsewhere"] != "linear":
        raise refused("its pairs are numbers, decided one by one, and it is not whether one linear map is left")
    if refutation["rule"] not in ("dominated", "ordered") or len(root["feeds"]) != 1:
        raise refused("its pairs are numbers, decided one by one, and not at one feed or by their order")
    if len(root["variables"]) != 1 or len(root["feeds"][0]["coordinates"]) != 1:
        raise refused("its pairs are numbers, decided one by one, with several variables or positions")


@dataclass(frozen=True, slots=True)
class Proof:
    """`lemmas` go before the theorem, `steps` into it, where definitions are unfolded."""

    lemmas: list[str]
    steps: list[str]


def proof(sides: Mapping[str, Side], names: Names, count: str, root: JSON) -> Proof:
    """That a pair of one side is like none of the other: the last one, or the one at the certificate's index."""
    witness = root["evidence"]["refutation"]["witness"]
    index = int(witness[0][1]) if witness else coq_bounds.last_pair(sides["source"], count)
    known = coq_bounds.bounds(sides.values(), names, index)
    steps = [f"rewrite ?{', ?'.join(known.rounded)}." if known.rounded else "idtac.",
             *(f"pose proof {name}." for name in ["pi_between", *known.between]),
             *(f"generalize dependent ({text})%R; intros." for text in known.numbers),
             f"sides; first [exfalso; lra | left; alone {index} | right; alone {index}]."]
    comment = "(* What is known of numbers with pi, logarithms and powers. *)"
    return Proof(["", comment, *known.lemmas] if known.lemmas else [], [f"  all: {step}" for step in steps])
