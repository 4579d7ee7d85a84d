(* Made by rope-prover from the certificate sha256:957a6b11b3215c8d28f9f2eb4bcac2d462d8dab516aecaa025d6cd0c167f0c2d.
   transformers/half:rope_type=yarn:head_dim=n_rot:rope_theta=base:factor=1/freq_scale:original_max_position_embeddings=n_ctx_orig:beta_fast=32:beta_slow=1 -> ggml/neox:head_dim=n_rot:ext_factor=1: identical, for all sizes. *)

From Coq Require Import Bool ZArith Reals Lia Lra.
Open Scope bool_scope.
Open Scope Z_scope.

(* Quotients and remainders by their equations, then lia. *)
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Every choice, innermost first. *)
Ltac cases := repeat match goal with
  | |- context [if ?b then _ else _] =>
      lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:? end
  | H : context [if ?b then _ else _] |- _ =>
      lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:? end
  end.
Ltac shown := intros; cases; first
  [reflexivity | lia | lra | ring | exfalso; lia | nia
  | repeat f_equal; first [ring | lia | field; apply not_0_IZR; lia]].

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

Section ForAll.

(* The theorem is for all of these. *)
Variables n_rot : Z.
Variables base freq_scale n_ctx_orig : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_factor : R := (/ freq_scale)%R.
Definition source_width : Z := n_rot.
Definition source_n_rot : Z := n_rot.
Definition source_pairs : Z := source_n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + source_n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_unscaled (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR source_n_rot))%R.
Definition source_fast_end : R := (IZR source_n_rot * ln (n_ctx_orig / (64 * PI)) / (2 * ln base))%R.
Definition source_low : Z := Z.max (Int_part source_fast_end) 0.
Definition source_slow_end : R := (IZR source_n_rot * ln (n_ctx_orig / (2 * PI)) / (2 * ln base))%R.
Definition source_high : Z := Z.min (- (Int_part ((-1) * source_slow_end))) (source_n_rot + (-1)).
Definition source_ramp (j : Z) : R := (Rmin 1 (Rmax 0 (IZR (j - source_low) / (if (negb (source_high =? source_low))%Z then IZR (source_high - source_low) else 1 / 1000))))%R.
Definition source_frequency (j : Z) : R := (source_unscaled j / source_factor * source_ramp j + source_unscaled j * (1 - source_ramp j))%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_log_factor : R := (if (is_less 1 source_factor)%Z then ln source_factor / 10
  else 0)%R.
Definition source_magnitude : R := (1 + source_log_factor)%R.
Definition source_magnitude' : R := source_magnitude%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := n_rot.
Definition target_pairs : Z := n_rot / 2.
Definition target_first (j : Z) : Z := j.
Definition target_second_lane (j : Z) : Z := j + n_rot / 2.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition target_low : Z := Z.max 0 (Int_part (IZR n_rot * ln (n_ctx_orig / (64 * PI)) / (2 * ln base))).
Definition target_high : Z := Z.min (n_rot + (-1)) (- (Int_part ((-1) * (IZR n_rot * ln (n_ctx_orig / (2 * PI)) / (2 * ln base))))).
Definition target_ramp (j : Z) : R := (1 - Rmin 1 (Rmax 0 (IZR (j - target_low) / Rmax (1 / 1000) (IZR (target_high - target_low)))))%R.
Definition target_frequency (j : Z) : R := (target_extrapolated j * (freq_scale * (1 - target_ramp j) + target_ramp j))%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_frequency j)%R.
Definition target_magnitude : R := (1 + ln (/ freq_scale) / 10)%R.
Definition target_magnitude' : R := target_magnitude%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (freq_scale <= 1)%R /\
  (n_ctx_orig >= 8)%R /\
  (n_ctx_orig <= base)%R /\
  (n_rot mod 2 = 0) /\
  (n_rot > 0) /\
  (base > 1)%R /\
  (n_ctx_orig > 0)%R /\
  (source_factor > 0)%R /\
  (n_rot <= n_rot) /\
  (freq_scale > 0)%R.

Theorem layouts_agree : allowed ->
  (* Both have one width and one number of pairs. *)
  source_width = target_width /\ source_pairs = target_pairs /\
  (* The width of the source and its number of pairs are not negative. *)
  0 <= source_width /\ 0 <= source_pairs /\
  (* The source has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= source_first j < source_width /\ 0 <= source_second j < source_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (source_first j = source_first k -> j = k) /\ (source_second j = source_second k -> j = k) /\
    source_first j <> source_second k) /\
  (* In the source no divisor is 0, and logarithms and powers are of positive numbers. *)
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < source_n_rot /\ (0 < freq_scale)%R /\ (0 < (64 * PI))%R /\ (0 < (n_ctx_orig / (64 * PI)))%R /\ (0 < (2 * ln base))%R /\ (0 < (2 * PI))%R /\ (0 < (n_ctx_orig / (2 * PI)))%R /\ ((if (negb (source_high =? source_low))%Z then IZR (source_high - source_low) else 1 / 1000) <> 0)%R /\ (0 < source_factor)%R) /\
  (* The angles of the source are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (source_angle j (p + p') + source_angle j 0 = source_angle j p + source_angle j p')%R) /\
  (* The width of the target and its number of pairs are not negative. *)
  0 <= target_width /\ 0 <= target_pairs /\
  (* The target has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= target_first j < target_width /\ 0 <= target_second j < target_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (target_first j = target_first k -> j = k) /\ (target_second j = target_second k -> j = k) /\
    target_first j <> target_second k) /\
  (* In the target no divisor is 0, and logarithms and powers are of positive numbers. *)
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < n_rot /\ (0 < (64 * PI))%R /\ (0 < (n_ctx_orig / (64 * PI)))%R /\ (0 < (2 * ln base))%R /\ (0 < (2 * PI))%R /\ (0 < (n_ctx_orig / (2 * PI)))%R /\ (0 < (Rmax (1 / 1000) (IZR (target_high - target_low))))%R /\ (0 < freq_scale)%R /\ (0 < (/ freq_scale))%R) /\
  (* The angles of the target are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') + target_angle j 0 = target_angle j p + target_angle j p')%R) /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude' = target_magnitude') /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  unfold allowed, target_magnitude', target_magnitude, target_angle, target_frequency, target_ramp, target_high,
    target_low, target_extrapolated, target_second, target_second_lane, target_first, target_pairs,
    target_width, source_magnitude', source_magnitude, source_log_factor, source_angle, source_frequency,
    source_ramp, source_high, source_slow_end, source_low, source_fast_end, source_unscaled, source_second,
    source_second_lane, source_first, source_pairs, source_n_rot, source_width, source_factor.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown_with_ramps.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists n_rot base freq_scale n_ctx_orig, allowed n_rot base freq_scale n_ctx_orig.
Proof.
  exists 2, 10000%R, 1%R, 10000%R; unfold allowed, source_factor; repeat apply conj; first [lia | lra].
Qed.
