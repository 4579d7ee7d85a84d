(* Made by rope-prover from the certificate sha256:d58c76179a95b276566ad67a4c552a67379b4fe0cbad29d4c7e0712e691b8aa7.
   ggml/neox:freq_scale=1 -> ggml/neox:freq_scale=1:ext_factor=0: identical, for all sizes. *)

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
Variables head_dim n_rot : Z.
Variables base n_ctx_orig ext_factor beta_fast beta_slow : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := head_dim.
Definition source_pairs : Z := n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition source_low : Z := Z.max 0 (Int_part (IZR n_rot * ln (n_ctx_orig / (beta_fast * 2 * PI)) / (2 * ln base))).
Definition source_high : Z := Z.min (n_rot + (-1)) (- (Int_part ((-1) * (IZR n_rot * ln (n_ctx_orig / (beta_slow * 2 * PI)) / (2 * ln base))))).
Definition source_ramp (j : Z) : R := (ext_factor * (1 - Rmin 1 (Rmax 0 (IZR (j - source_low) / Rmax (1 / 1000) (IZR (source_high - source_low))))))%R.
Definition source_frequency (j : Z) : R := (if (negb (is_same ext_factor 0))%Z then source_extrapolated j * (1 - source_ramp j + source_ramp j)
  else source_extrapolated j)%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_magnitude : R := (if (negb (is_same ext_factor 0))%Z then 1 + ln 1 / 10
  else 1)%R.
Definition source_magnitude' : R := source_magnitude%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := head_dim.
Definition target_pairs : Z := n_rot / 2.
Definition target_first (j : Z) : Z := j.
Definition target_second_lane (j : Z) : Z := j + n_rot / 2.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_extrapolated j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (head_dim mod 2 = 0) /\
  (head_dim > 0) /\
  (n_rot mod 2 = 0) /\
  (n_rot > 0) /\
  (n_rot <= head_dim) /\
  (base > 1)%R /\
  (ext_factor >= 0)%R /\
  ((n_ctx_orig > 0)%R \/ ((ext_factor = 0)%R /\ (n_ctx_orig >= 0)%R)) /\
  (beta_fast > 0)%R /\
  (beta_slow > 0)%R /\
  ((n_ctx_orig > 0)%R \/ (n_ctx_orig >= 0)%R).

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
  (forall j, 0 <= j < target_pairs -> ((ext_factor <> 0)%R -> (0 < base)%R /\ 0 < n_rot /\ (0 < (beta_fast * 2 * PI))%R /\ (0 < (n_ctx_orig / (beta_fast * 2 * PI)))%R /\ (0 < (2 * ln base))%R /\ (0 < (beta_slow * 2 * PI))%R /\ (0 < (n_ctx_orig / (beta_slow * 2 * PI)))%R /\ (0 < (Rmax (1 / 1000) (IZR (source_high - source_low))))%R) /\ ((ext_factor = 0)%R -> (0 < base)%R /\ 0 < n_rot)) /\
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
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < n_rot) /\
  (* The angles of the target are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') + target_angle j 0 = target_angle j p + target_angle j p')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R) /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude' = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude', source_magnitude, source_angle, source_frequency,
    source_ramp, source_high, source_low, source_extrapolated, source_second, source_second_lane,
    source_first, source_pairs, source_width.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown_of_reals.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim n_rot base n_ctx_orig ext_factor beta_fast beta_slow, allowed head_dim n_rot base n_ctx_orig ext_factor beta_fast beta_slow.
Proof.
  exists 2, 2, 2%R, 2%R, 2%R, 2%R, 2%R; unfold allowed; repeat apply conj; first [lia | lra].
Qed.
