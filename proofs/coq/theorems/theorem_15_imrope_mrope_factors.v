(* Made by rope-prover from the certificate sha256:ee627fb4a015986c459c65b4ea9b4486ac798c61f8fe9c3c5b6fc48bb4d1c769.
   ggml/imrope -> layouts/mrope-factors.toml: permutation, for all sizes. *)

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

(* Quotients and remainders become numbers of which this is known; so lia has nothing to multiply. *)
Ltac Zify.zify_post_hook ::= idtac.
Ltac divided a b :=
  pose proof (Z.mod_pos_bound a b ltac:(lia));
  lazymatch b with
  | Zpos _ => pose proof (Z.div_mod a b ltac:(lia)); generalize dependent (a / b)
  | _ => try pose proof (Z.mod_le a b ltac:(lia) ltac:(lia))
  end; generalize dependent (a mod b); intros.
Ltac remainders := repeat match goal with
  | |- context [?a mod ?b] => divided a b | H : context [?a mod ?b] |- _ => divided a b
  | |- context [?a / ?b] => divided a b | H : context [?a / ?b] |- _ => divided a b
  end.

(* Stated so that lia passes over it. *)
Definition given (condition fact : Prop) : Prop := condition -> fact.

(* Bounds and cases one by one. *)
Ltac apart := repeat match goal with
  | both : _ /\ _ |- _ => destruct both
  | H : ?condition -> ?carried ?j = ?value |- _ => is_var j; change (given condition (carried j = value)) in H
  | least : Z.min ?a ?b >= ?c |- _ => assert (a >= c) by lia; assert (b >= c) by lia; clear least
  | least : Z.min ?a ?b > ?c |- _ => assert (a > c) by lia; assert (b > c) by lia; clear least
  end.
Ltac chosen b :=
  lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:?; try (exfalso; lia) end.
Ltac choices := repeat match goal with
  | |- context [if ?b then _ else _] => chosen b | H : context [if ?b then _ else _] |- _ => chosen b end.
Ltac same := first [lia | ring | progress f_equal; same].

(* Products of powers by their exponents. *)
Ltac exponents := repeat first
  [rewrite plus_IZR | rewrite minus_IZR | rewrite mult_IZR | rewrite opp_IZR];
  field; repeat split; apply not_0_IZR; lia.
Ltac powers := unfold Rpower; rewrite ?Rmult_assoc, <- ?exp_plus; first
  [f_equal; exponents
  | do 2 f_equal; exponents
  | symmetry; match goal with |- exp ?x = _ => replace x with 0%R; [apply exp_0 | exponents] end].

(* Choices by no remainder; then each remainder by a number below its divisor is the number. *)
Ltac quotients := repeat match goal with
  | |- context [?a / Zpos ?b] => divided a (Zpos b) | H : context [?a / Zpos ?b] |- _ => divided a (Zpos b) end.
Ltac plainly b := lazymatch b with context [_ mod _] => fail | _ => chosen b end.
Ltac plain_choices := repeat match goal with
  | |- context [if ?b then _ else _] => plainly b | H : context [if ?b then _ else _] |- _ => plainly b end.
Ltac below := repeat match goal with |- context [?a mod ?b] => rewrite (Z.mod_small a b) by lia end.
Ltac shown_in_order := intros; quotients; plain_choices; below; remainders; choices; first [same | powers | shown].

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
Definition target_pairs' : Z := n_rot / 2.
Definition target_on_t : Z := (target_pairs' + 2) / 3.
Definition target_on_h : Z := (target_pairs' + 1) / 3.
Definition target_wanted (j : Z) : Z := if j <? target_on_t then 3 * j
  else if j <? target_on_t + target_on_h then 3 * (j - target_on_t) + 1
  else 3 * (j - target_on_t - target_on_h) + 2.
Definition target_of_imrope (j : Z) : R := (Rpower base (IZR ((-2) * (target_wanted j - j)) / IZR n_rot))%R.
Definition target_angle (j : Z) (t h w : R) : R := ((if (j <? target_on_t)%Z then t
  else if (j <? target_on_t + target_on_h)%Z then h
  else w) * Rpower base (IZR ((-2) * j) / IZR n_rot) * target_of_imrope j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (3 * sections_0 >= n_rot / 2) /\
  (3 * sections_1 + 1 >= n_rot / 2) /\
  (3 * sections_2 + 2 >= n_rot / 2) /\
  (head_dim mod 2 = 0) /\
  (head_dim > 0) /\
  (n_rot mod 2 = 0) /\
  (n_rot > 0) /\
  (n_rot <= head_dim) /\
  (Z.min sections_0 (Z.min sections_1 (Z.min sections_2 sections_3)) >= 0) /\
  (Z.max sections_0 (Z.max sections_1 sections_2) > 0) /\
  (sections_0 + sections_1 + sections_2 + sections_3 <= head_dim) /\
  (base > 1)%R.

(* Pair j of the target is pair order j of the source. *)
Definition order (j : Z) : Z :=
  if j <? (n_rot / 2 + 2) / 3 then 3 * j
  else if j <? (n_rot / 2 + 1) / 3 + (n_rot / 2 + 2) / 3 then 3 * j - 3 * ((n_rot / 2 + 2) / 3) + 1
  else 3 * j - 3 * ((n_rot / 2 + 1) / 3) - 3 * ((n_rot / 2 + 2) / 3) + 2.

(* Row lane of the target's weights is row permutation lane of the source's. *)
Definition permutation (lane : Z) : Z :=
  if (lane >=? 0) && (lane <? n_rot / 2) then (if lane <? (n_rot / 2 + 2) / 3 then 3 * lane else if lane <? (n_rot / 2 + 1) / 3 + (n_rot / 2 + 2) / 3 then 3 * lane - 3 * ((n_rot / 2 + 2) / 3) + 1 else 3 * lane - 3 * ((n_rot / 2 + 1) / 3) - 3 * ((n_rot / 2 + 2) / 3) + 2)
  else if (lane >=? n_rot / 2) && (lane <? 2 * (n_rot / 2)) then (if lane - n_rot / 2 <? (n_rot / 2 + 2) / 3 then 3 * lane - 3 * (n_rot / 2) else if lane - n_rot / 2 <? (n_rot / 2 + 1) / 3 + (n_rot / 2 + 2) / 3 then 3 * lane - 3 * (n_rot / 2) - 3 * ((n_rot / 2 + 2) / 3) + 1 else 3 * lane - 3 * (n_rot / 2) - 3 * ((n_rot / 2 + 1) / 3) - 3 * ((n_rot / 2 + 2) / 3) + 2) + n_rot / 2
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
  (forall j, 0 <= j < target_pairs -> forall t h w t' h' w' : R,
    (target_angle j (t + t') (h + h') (w + w') + target_angle j 0 0 0 = target_angle j t h w + target_angle j t' h' w')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R) /\
  (* The order stays among the pairs and is one-to-one. *)
  (forall j, 0 <= j < target_pairs -> 0 <= order j < source_pairs) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    order j = order k -> j = k) /\
  (* The permutation stays in the head and is one-to-one. *)
  (forall lane, 0 <= lane < target_width -> 0 <= permutation lane < target_width) /\
  (forall lane other, 0 <= lane < target_width -> 0 <= other < target_width ->
    permutation lane = permutation other -> lane = other) /\
  (* The lanes of each pair go to those of its pair. *)
  (forall j, 0 <= j < target_pairs -> permutation (target_first j) = source_first (order j) /\ permutation (target_second j) = source_second (order j)) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e : R, (source_angle (order j) t h w e = target_angle j t h w)%R).
Proof.
  unfold allowed, permutation, order, target_magnitude, target_angle, target_of_imrope, target_wanted, target_on_h,
    target_on_t, target_pairs', target_second, target_second_lane, target_first, target_pairs, target_width,
    source_magnitude, source_angle, source_extrapolated, source_sector, source_second, source_second_lane,
    source_first, source_pairs, source_width.
  intros hypotheses; apart.
  repeat apply conj; intros; repeat apply conj; shown_in_order.
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base.
Proof.
  exists 2, 2, 1, 0, 0, 0, 2%R; unfold allowed; repeat apply conj; first [lia | lra].
Qed.
