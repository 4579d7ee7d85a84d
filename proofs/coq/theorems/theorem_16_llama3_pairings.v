(* Made by rope-prover from the certificate sha256:7c063dcfda9a0206f42a9e2557bcefd5307f3cf147b084c56f2a0f775aa5b29a.
   transformers/half:rope_type=llama3 -> transformers/adjacent:rope_type=llama3: permutation, for all sizes. *)

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
Variables rope_theta factor original_max_position_embeddings low_freq_factor high_freq_factor : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := head_dim.
Definition source_n_rot : Z := head_dim.
Definition source_pairs : Z := source_n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + source_n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_unscaled (j : Z) : R := (Rpower rope_theta (IZR ((-2) * j) / IZR source_n_rot))%R.
Definition source_turns (j : Z) : R := (original_max_position_embeddings * source_unscaled j / (2 * PI))%R.
Definition source_smooth (j : Z) : R := ((source_turns j - low_freq_factor) / (high_freq_factor - low_freq_factor))%R.
Definition source_frequency (j : Z) : R := (if (is_less (source_turns j) low_freq_factor)%Z then source_unscaled j / factor
  else if (is_less high_freq_factor (source_turns j))%Z then source_unscaled j
  else (1 - source_smooth j) * source_unscaled j / factor + source_smooth j * source_unscaled j)%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_magnitude : R := 1%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := head_dim.
Definition target_n_rot : Z := head_dim.
Definition target_pairs : Z := target_n_rot / 2.
Definition target_first_lane (j : Z) : Z := 2 * j.
Definition target_first (j : Z) : Z := target_first_lane j.
Definition target_second_lane (j : Z) : Z := 2 * j + 1.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_unscaled (j : Z) : R := (Rpower rope_theta (IZR ((-2) * j) / IZR target_n_rot))%R.
Definition target_turns (j : Z) : R := (original_max_position_embeddings * target_unscaled j / (2 * PI))%R.
Definition target_smooth (j : Z) : R := ((target_turns j - low_freq_factor) / (high_freq_factor - low_freq_factor))%R.
Definition target_frequency (j : Z) : R := (if (is_less (target_turns j) low_freq_factor)%Z then target_unscaled j / factor
  else if (is_less high_freq_factor (target_turns j))%Z then target_unscaled j
  else (1 - target_smooth j) * target_unscaled j / factor + target_smooth j * target_unscaled j)%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_frequency j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (low_freq_factor < high_freq_factor)%R /\
  (head_dim mod 2 = 0) /\
  (head_dim > 0) /\
  (rope_theta > 1)%R /\
  (factor > 0)%R /\
  (low_freq_factor > 0)%R /\
  (high_freq_factor > 0)%R /\
  (original_max_position_embeddings > 0)%R.

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
  (forall j, 0 <= j < target_pairs -> (0 < rope_theta)%R /\ 0 < source_n_rot /\ (0 < (2 * PI))%R /\ ((source_turns j >= low_freq_factor)%R -> (source_turns j <= high_freq_factor)%R -> (0 < (high_freq_factor - low_freq_factor))%R /\ (0 < factor)%R) /\ ((source_turns j < low_freq_factor)%R -> (0 < factor)%R)) /\
  (* The angles of the source are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (source_angle j (p + p') + source_angle j 0 = source_angle j p + source_angle j p')%R) /\
  (* The magnitudes of the source are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < source_magnitude)%R) /\
  (* The width of the target and its number of pairs are not negative. *)
  0 <= target_width /\ 0 <= target_pairs /\
  (* The target has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= target_first j < target_width /\ 0 <= target_second j < target_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (target_first j = target_first k -> j = k) /\ (target_second j = target_second k -> j = k) /\
    target_first j <> target_second k) /\
  (* In the target no divisor is 0, and logarithms and powers are of positive numbers. *)
  (forall j, 0 <= j < target_pairs -> (0 < rope_theta)%R /\ 0 < target_n_rot /\ (0 < (2 * PI))%R /\ ((target_turns j >= low_freq_factor)%R -> (target_turns j <= high_freq_factor)%R -> (0 < (high_freq_factor - low_freq_factor))%R /\ (0 < factor)%R) /\ ((target_turns j < low_freq_factor)%R -> (0 < factor)%R)) /\
  (* The angles of the target are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') + target_angle j 0 = target_angle j p + target_angle j p')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R) /\
  (* The permutation stays in the head and is one-to-one. *)
  (forall lane, 0 <= lane < target_width -> 0 <= permutation lane < target_width) /\
  (forall lane other, 0 <= lane < target_width -> 0 <= other < target_width ->
    permutation lane = permutation other -> lane = other) /\
  (* The lanes of each pair go to those of the same pair. *)
  (forall j, 0 <= j < target_pairs -> permutation (target_first j) = source_first j /\ permutation (target_second j) = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  unfold allowed, permutation, target_magnitude, target_angle, target_frequency, target_smooth, target_turns,
    target_unscaled, target_second, target_second_lane, target_first, target_first_lane, target_pairs,
    target_n_rot, target_width, source_magnitude, source_angle, source_frequency, source_smooth, source_turns,
    source_unscaled, source_second, source_second_lane, source_first, source_pairs, source_n_rot, source_width.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown_of_reals.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim rope_theta factor original_max_position_embeddings low_freq_factor high_freq_factor, allowed head_dim rope_theta factor original_max_position_embeddings low_freq_factor high_freq_factor.
Proof.
  exists 2, 2%R, 2%R, 2%R, 1%R, 2%R; unfold allowed; repeat apply conj; first [lia | lra].
Qed.
