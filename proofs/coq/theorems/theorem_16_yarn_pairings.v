(* Made by rope-prover from the certificate sha256:5d15cdd288e9bb476a15c959db23a94697327a0769eaf02345c0184280193e5b.
   transformers/half:rope_type=yarn -> transformers/adjacent:rope_type=yarn: permutation, for all sizes. *)

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

Section ForAll.

(* The theorem is for all of these. *)
Variables head_dim : Z.
Variables rope_theta factor original_max_position_embeddings : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := head_dim.
Definition source_n_rot : Z := head_dim.
Definition source_pairs : Z := source_n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + source_n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_unscaled (j : Z) : R := (Rpower rope_theta (IZR ((-2) * j) / IZR source_n_rot))%R.
Definition source_fast_end : R := (IZR source_n_rot * ln (original_max_position_embeddings / (64 * PI)) / (2 * ln rope_theta))%R.
Definition source_low : Z := Z.max (Int_part source_fast_end) 0.
Definition source_slow_end : R := (IZR source_n_rot * ln (original_max_position_embeddings / (2 * PI)) / (2 * ln rope_theta))%R.
Definition source_high : Z := Z.min (- (Int_part ((-1) * source_slow_end))) (source_n_rot + (-1)).
Definition source_ramp (j : Z) : R := (Rmin 1 (Rmax 0 (IZR (j - source_low) / (if (negb (source_high =? source_low))%Z then IZR (source_high - source_low) else 1 / 1000))))%R.
Definition source_frequency (j : Z) : R := (source_unscaled j / factor * source_ramp j + source_unscaled j * (1 - source_ramp j))%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_log_factor : R := (if (is_less 1 factor)%Z then ln factor / 10
  else 0)%R.
Definition source_magnitude : R := (1 + source_log_factor)%R.
Definition source_magnitude' : R := source_magnitude%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := head_dim.
Definition target_n_rot : Z := head_dim.
Definition target_pairs : Z := target_n_rot / 2.
Definition target_first_lane (j : Z) : Z := 2 * j.
Definition target_first (j : Z) : Z := target_first_lane j.
Definition target_second_lane (j : Z) : Z := 2 * j + 1.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_unscaled (j : Z) : R := (Rpower rope_theta (IZR ((-2) * j) / IZR target_n_rot))%R.
Definition target_fast_end : R := (IZR target_n_rot * ln (original_max_position_embeddings / (64 * PI)) / (2 * ln rope_theta))%R.
Definition target_low : Z := Z.max (Int_part target_fast_end) 0.
Definition target_slow_end : R := (IZR target_n_rot * ln (original_max_position_embeddings / (2 * PI)) / (2 * ln rope_theta))%R.
Definition target_high : Z := Z.min (- (Int_part ((-1) * target_slow_end))) (target_n_rot + (-1)).
Definition target_ramp (j : Z) : R := (Rmin 1 (Rmax 0 (IZR (j - target_low) / (if (negb (target_high =? target_low))%Z then IZR (target_high - target_low) else 1 / 1000))))%R.
Definition target_frequency (j : Z) : R := (target_unscaled j / factor * target_ramp j + target_unscaled j * (1 - target_ramp j))%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_frequency j)%R.
Definition target_log_factor : R := (if (is_less 1 factor)%Z then ln factor / 10
  else 0)%R.
Definition target_magnitude : R := (1 + target_log_factor)%R.
Definition target_magnitude' : R := target_magnitude%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (head_dim mod 2 = 0) /\
  (head_dim > 0) /\
  (rope_theta > 1)%R /\
  (original_max_position_embeddings > 0)%R /\
  (factor > 0)%R.

(* Row lane of the target's weights is row permutation lane of the source's. *)
Definition permutation (lane : Z) : Z :=
  if (lane >=? 0) && (lane <? 2 * (head_dim / 2)) && (lane mod 2 =? 0) then lane / 2
  else if (lane >=? 1) && (lane <? 2 * (head_dim / 2) + 1) && ((lane + (-1)) mod 2 =? 0) then head_dim / 2 + (lane + (-1)) / 2
  else lane.

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
  (forall j, 0 <= j < target_pairs -> (0 < rope_theta)%R /\ 0 < source_n_rot /\ (0 < (64 * PI))%R /\ (0 < (original_max_position_embeddings / (64 * PI)))%R /\ (0 < (2 * ln rope_theta))%R /\ (0 < (2 * PI))%R /\ (0 < (original_max_position_embeddings / (2 * PI)))%R /\ ((if (negb (source_high =? source_low))%Z then IZR (source_high - source_low) else 1 / 1000) <> 0)%R /\ (0 < factor)%R) /\
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
  (forall j, 0 <= j < target_pairs -> (0 < rope_theta)%R /\ 0 < target_n_rot /\ (0 < (64 * PI))%R /\ (0 < (original_max_position_embeddings / (64 * PI)))%R /\ (0 < (2 * ln rope_theta))%R /\ (0 < (2 * PI))%R /\ (0 < (original_max_position_embeddings / (2 * PI)))%R /\ ((if (negb (target_high =? target_low))%Z then IZR (target_high - target_low) else 1 / 1000) <> 0)%R /\ (0 < factor)%R) /\
  (* The angles of the target are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') + target_angle j 0 = target_angle j p + target_angle j p')%R) /\
  (* The permutation stays in the head and is one-to-one. *)
  (forall lane, 0 <= lane < target_width -> 0 <= permutation lane < target_width) /\
  (forall lane other, 0 <= lane < target_width -> 0 <= other < target_width ->
    permutation lane = permutation other -> lane = other) /\
  (* The lanes of each pair go to those of the same pair. *)
  (forall j, 0 <= j < target_pairs -> permutation (target_first j) = source_first j /\ permutation (target_second j) = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude' = target_magnitude') /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  unfold allowed, permutation, target_magnitude', target_magnitude, target_log_factor, target_angle, target_frequency,
    target_ramp, target_high, target_slow_end, target_low, target_fast_end, target_unscaled, target_second,
    target_second_lane, target_first, target_first_lane, target_pairs, target_n_rot, target_width,
    source_magnitude', source_magnitude, source_log_factor, source_angle, source_frequency, source_ramp,
    source_high, source_slow_end, source_low, source_fast_end, source_unscaled, source_second,
    source_second_lane, source_first, source_pairs, source_n_rot, source_width.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown_of_reals.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim rope_theta factor original_max_position_embeddings, allowed head_dim rope_theta factor original_max_position_embeddings.
Proof.
  exists 2, 2%R, 2%R, 2%R; unfold allowed; repeat apply conj; first [lia | lra].
Qed.
