(* Made by rope-prover from the certificate sha256:092f905ee5f32414880e6315e338eea9880b82c6380807ef098e1b28d9365d25.
   ggml/neox -> ggml/neox:offset=head_dim-n_rot: permutation, for all sizes. *)

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

Section ForAll.

(* The theorem is for all of these. *)
Variables head_dim n_rot : Z.
Variables base : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := head_dim.
Definition source_pairs : Z := n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_extrapolated j)%R.
Definition source_magnitude : R := 1%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_offset : Z := head_dim - n_rot.
Definition target_width : Z := head_dim.
Definition target_pairs : Z := n_rot / 2.
Definition target_first_lane (j : Z) : Z := target_offset + j.
Definition target_first (j : Z) : Z := target_first_lane j.
Definition target_second_lane (j : Z) : Z := target_offset + j + n_rot / 2.
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
  (target_offset mod 2 = 0) /\
  (target_offset >= 0) /\
  (target_offset + n_rot <= head_dim).

(* Row lane of the target's weights is row permutation lane of the source's. *)
Definition permutation (lane : Z) : Z :=
  if (lane >=? head_dim - n_rot) && (lane <? head_dim - n_rot + n_rot / 2) then (- head_dim) + lane + n_rot
  else if (lane >=? head_dim - n_rot + n_rot / 2) && (lane <? head_dim - n_rot + 2 * (n_rot / 2)) then (- head_dim) + lane + n_rot
  else if (if lane <? head_dim - n_rot then lane else lane - 2 * (n_rot / 2)) <? 0 then (if lane <? head_dim - n_rot then lane else lane - 2 * (n_rot / 2))
  else (if lane <? head_dim - n_rot then lane else lane - 2 * (n_rot / 2)) + 2 * (n_rot / 2).

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
  (* Every divisor and every base of a power in the source is positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < n_rot) /\
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
  (* Every divisor and every base of a power in the target is positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < n_rot) /\
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
  unfold allowed, permutation, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane,
    target_first, target_first_lane, target_pairs, target_width, target_offset, source_magnitude,
    source_angle, source_extrapolated, source_second, source_second_lane, source_first, source_pairs,
    source_width.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim n_rot base, allowed head_dim n_rot base.
Proof.
  exists 2, 2, 2%R; unfold allowed, target_offset; repeat apply conj; first [lia | lra].
Qed.
