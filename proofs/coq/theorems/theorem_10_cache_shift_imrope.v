(* Made by rope-prover from the certificate sha256:9fe885dd3742d5b9062f846d4d8594b60d67c3d23bf217ac9ac111765f64430b.
   ggml/imrope -> ggml/neox: identical, for all sizes. *)

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
Variables head_dim n_rot sections_0 sections_1 sections_2 sections_3 : Z.
Variables base : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := head_dim.
Definition source_pairs : Z := n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_sector (j : Z) : Z := j mod (sections_0 + sections_1 + sections_2 + sections_3).
Definition source_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition source_angle (j : Z) (t h w e : R) : R := ((if ((source_sector j mod 3 =? 1) && (source_sector j <? 3 * sections_1))%Z then h
  else if ((source_sector j mod 3 =? 2) && (source_sector j <? 3 * sections_2))%Z then w
  else if ((source_sector j mod 3 =? 0) && (source_sector j <? 3 * sections_0))%Z then t
  else e) * source_extrapolated j)%R.
Definition source_magnitude : R := 1%R.

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
  (Z.min sections_0 (Z.min sections_1 (Z.min sections_2 sections_3)) >= 0) /\
  (Z.max sections_0 (Z.max sections_1 sections_2) > 0) /\
  (sections_0 + sections_1 + sections_2 + sections_3 <= head_dim) /\
  (base > 1)%R.

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
  (forall j, 0 <= j < target_pairs -> 0 < (sections_0 + sections_1 + sections_2 + sections_3) /\ (0 < base)%R /\ 0 < n_rot) /\
  (* The angles of the source are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e t' h' w' e' : R,
    (source_angle j (t + t') (h + h') (w + w') (e + e') + source_angle j 0 0 0 0 = source_angle j t h w e + source_angle j t' h' w' e')%R) /\
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
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p p p p = target_angle j p)%R).
Proof.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude, source_angle, source_extrapolated, source_sector,
    source_second, source_second_lane, source_first, source_pairs, source_width.
  intros hypotheses; decompose [and] hypotheses; clear hypotheses.
  repeat apply conj; intros; repeat apply conj; shown.
Qed.

End ForAll.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base.
Proof.
  exists 2, 2, 0, 0, 1, 0, 2%R; unfold allowed; repeat apply conj; first [lia | lra].
Qed.
