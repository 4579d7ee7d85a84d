(* Made by rope-prover from the certificate sha256:1470f076867d40b5affc4f71a3bbbd9d2c23db2244d7fbc1463e5cd89cfe2bc4.
   ../rewrites/vision-chain.toml -> ggml/vision: identical, for all sizes. *)

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

(* What holds at pair 0, and one pair later wherever it holds, holds at every pair. *)
Lemma along_pairs (holds : Z -> Prop) (count : Z) :
  (0 < count -> holds 0) -> (forall j, 0 <= j -> j + 1 < count -> holds j -> holds (j + 1)) ->
  forall j, 0 <= j < count -> holds j.
Proof.
  intros base step j inside. rewrite <- (Z2Nat.id j) in * by lia.
  induction (Z.to_nat j) as [|before IH]; [apply base; lia|].
  rewrite Nat2Z.inj_succ in *. apply step; [lia | lia | apply IH; lia].
Qed.

(* A remainder one pair later. *)
Lemma next_mod a b : 0 < b -> (a + 1) mod b = if a mod b + 1 =? b then 0 else a mod b + 1.
Proof.
  intros positive. pose proof (Z.mod_pos_bound a b positive). pose proof (Z.div_mod a b).
  destruct (Z.eqb_spec (a mod b + 1) b); symmetry.
  - apply (Z.mod_unique_pos _ _ (a / b + 1)); nia.
  - apply (Z.mod_unique_pos _ _ (a / b)); nia.
Qed.

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

Ltac one_later := intros; repeat match goal with
  | |- context [(?a + 1) mod ?b] => rewrite (next_mod a b) by lia
  | H : context [(?a + 1) mod ?b] |- _ => rewrite (next_mod a b) in H by lia
  end.

(* What is known under a condition that holds, put in; and powers by their exponents. *)
Ltac settle := repeat match goal with
  | H : given ?condition _ |- _ =>
      first [assert condition as known by lia; specialize (H known); clear known | clear H]
  end; repeat match goal with H : ?carried ?j = _ |- _ => is_const carried; is_var j; rewrite H in *; clear H end.
Ltac exponents := repeat first
  [rewrite plus_IZR | rewrite minus_IZR | rewrite mult_IZR | rewrite opp_IZR];
  field; repeat split; apply not_0_IZR; lia.
Ltac powers := unfold Rpower; rewrite ?Rmult_assoc, <- ?exp_plus; first
  [f_equal; exponents
  | do 2 f_equal; exponents
  | symmetry; match goal with |- exp ?x = _ => replace x with 0%R; [apply exp_0 | exponents] end].
Ltac nothing := repeat match goal with |- context [IZR ?x] =>
  lazymatch x with Z0 => fail | Zpos _ => fail | Zneg _ => fail | _ => replace x with 0 by lia end end.
Ltac shown_along := intros; remainders; choices; settle; first [same | powers | nothing; powers | shown].

Section ForAll.

(* The theorem is for all of these. *)
Variables head_dim sections_0 sections_1 sections_2 sections_3 : Z.
Variables base : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_n_rot : Z := head_dim / 2.
Definition source_width : Z := head_dim.
Definition source_pairs : Z := source_n_rot.
Definition source_first (j : Z) : Z := j.
Definition source_second (j : Z) : Z := j + source_n_rot.
Definition source_sector (j : Z) : Z := j mod (sections_0 + sections_1 + sections_2 + sections_3).
Definition source_next (j : Z) : Z := (j + 1) mod (sections_0 + sections_1 + sections_2 + sections_3).
Definition source_start_w : Z := sections_0 + sections_1.
Definition source_start_e : Z := sections_0 + sections_1 + sections_2.
Fixpoint source_run_t_at (steps : nat) : Z :=
  match steps with
  | O => 0
  | S before => let j := Z.of_nat before in
    if source_next j =? 0 then 0
  else source_run_t_at before + 1
  end.
Definition source_run_t (j : Z) : Z := source_run_t_at (Z.to_nat j).
Fixpoint source_run_h_at (steps : nat) : Z :=
  match steps with
  | O => 0
  | S before => let j := Z.of_nat before in
    if (negb (source_next j =? 0)) && (source_next j =? sections_0) then 0
  else source_run_h_at before + 1
  end.
Definition source_run_h (j : Z) : Z := source_run_h_at (Z.to_nat j).
Fixpoint source_run_w_at (steps : nat) : Z :=
  match steps with
  | O => 0
  | S before => let j := Z.of_nat before in
    if (negb (source_next j =? 0)) && (negb (source_next j =? sections_0)) && (source_next j =? source_start_w) then 0
  else source_run_w_at before + 1
  end.
Definition source_run_w (j : Z) : Z := source_run_w_at (Z.to_nat j).
Fixpoint source_run_e_at (steps : nat) : Z :=
  match steps with
  | O => 0
  | S before => let j := Z.of_nat before in
    if (negb (source_next j =? 0)) && (negb (source_next j =? sections_0)) && (negb (source_next j =? source_start_w)) && (source_next j =? source_start_e) then 0
  else source_run_e_at before + 1
  end.
Definition source_run_e (j : Z) : Z := source_run_e_at (Z.to_nat j).
Definition source_angle (j : Z) (t h w e : R) : R := (if (source_sector j <? sections_0)%Z then t * Rpower base (IZR ((-2) * source_run_t j) / IZR source_n_rot)
  else if (source_sector j <? source_start_w)%Z then h * Rpower base (IZR ((-2) * source_run_h j) / IZR source_n_rot)
  else if (source_sector j <? source_start_e)%Z then w * Rpower base (IZR ((-2) * source_run_w j) / IZR source_n_rot)
  else e * Rpower base (IZR ((-2) * source_run_e j) / IZR source_n_rot))%R.
Definition source_magnitude : R := 1%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_n_rot : Z := head_dim / 2.
Definition target_width : Z := head_dim.
Definition target_pairs : Z := target_n_rot.
Definition target_first (j : Z) : Z := j.
Definition target_second (j : Z) : Z := j + target_n_rot.
Definition target_sector (j : Z) : Z := j mod (sections_0 + sections_1 + sections_2 + sections_3).
Definition target_start_w : Z := sections_0 + sections_1.
Definition target_start_e : Z := sections_0 + sections_1 + sections_2.
Definition target_exponent (j : Z) : Z := if target_sector j <? sections_0 then target_sector j
  else if target_sector j <? target_start_w then (if sections_0 =? 0 then j else target_sector j - sections_0)
  else if target_sector j <? target_start_e then (if (target_start_w =? 0) || (target_start_w =? sections_0) then j else target_sector j - target_start_w)
  else if (target_start_e =? 0) || (target_start_e =? sections_0) || (target_start_e =? target_start_w) then j
  else target_sector j - target_start_e.
Definition target_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * target_exponent j) / IZR target_n_rot))%R.
Definition target_angle (j : Z) (t h w e : R) : R := ((if (target_sector j <? sections_0)%Z then t
  else if (target_sector j <? target_start_w)%Z then h
  else if (target_sector j <? target_start_e)%Z then w
  else e) * target_extrapolated j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (head_dim mod 4 = 0) /\
  (head_dim > 0) /\
  (2 * source_n_rot = head_dim) /\
  (Z.min sections_0 (Z.min sections_1 (Z.min sections_2 sections_3)) >= 0) /\
  (Z.max sections_0 (Z.max sections_1 sections_2) > 0) /\
  (sections_0 + sections_1 + sections_2 + sections_3 <= head_dim) /\
  (base > 1)%R /\
  (2 * target_n_rot = head_dim).

(* What the source carries to pair j, in closed form. *)
Definition source_carries (j : Z) : Prop :=
  (source_run_t j = j mod (sections_0 + sections_1 + sections_2 + sections_3)) /\
  ((sections_0 = 0) ->
   source_run_h j = j) /\
  (((j mod (sections_0 + sections_1 + sections_2 + sections_3) >= sections_0) /\ (j mod (sections_0 + sections_1 + sections_2 + sections_3) < sections_0 + sections_1) /\ (sections_0 <> 0)) ->
   source_run_h j = (- sections_0) + j mod (sections_0 + sections_1 + sections_2 + sections_3)) /\
  (((sections_0 + sections_1 = 0) \/ (sections_0 + sections_1 = sections_0)) ->
   source_run_w j = j) /\
  (((j mod (sections_0 + sections_1 + sections_2 + sections_3) >= sections_0 + sections_1) /\ (j mod (sections_0 + sections_1 + sections_2 + sections_3) < sections_0 + sections_1 + sections_2) /\ (sections_0 + sections_1 <> 0) /\ (sections_0 + sections_1 <> sections_0)) ->
   source_run_w j = (- sections_0) - sections_1 + j mod (sections_0 + sections_1 + sections_2 + sections_3)) /\
  (((sections_0 + sections_1 + sections_2 = 0) \/ (sections_0 + sections_1 + sections_2 = sections_0) \/ (sections_0 + sections_1 + sections_2 = sections_0 + sections_1)) ->
   source_run_e j = j) /\
  (((j mod (sections_0 + sections_1 + sections_2 + sections_3) >= sections_0 + sections_1 + sections_2) /\ (sections_0 + sections_1 + sections_2 <> 0) /\ (sections_0 + sections_1 + sections_2 <> sections_0) /\ (sections_0 + sections_1 + sections_2 <> sections_0 + sections_1)) ->
   source_run_e j = (- sections_0) - sections_1 - sections_2 + j mod (sections_0 + sections_1 + sections_2 + sections_3)).

(* It is so at pair 0, and one pair later wherever it is so. *)
Lemma source_run_t_first : source_run_t 0 = 0.
Proof. reflexivity. Qed.
Lemma source_run_t_next j : 0 <= j -> source_run_t (j + 1) =
  if source_next j =? 0 then 0
  else source_run_t j + 1.
Proof.
  intros above; unfold source_run_t, source_run_h, source_run_w, source_run_e.
  replace (Z.to_nat (j + 1)) with (S (Z.to_nat j)) by lia.
  cbn [source_run_t_at source_run_h_at source_run_w_at source_run_e_at]; rewrite ?Z2Nat.id by lia; reflexivity.
Qed.
Lemma source_run_h_first : source_run_h 0 = 0.
Proof. reflexivity. Qed.
Lemma source_run_h_next j : 0 <= j -> source_run_h (j + 1) =
  if (negb (source_next j =? 0)) && (source_next j =? sections_0) then 0
  else source_run_h j + 1.
Proof.
  intros above; unfold source_run_t, source_run_h, source_run_w, source_run_e.
  replace (Z.to_nat (j + 1)) with (S (Z.to_nat j)) by lia.
  cbn [source_run_t_at source_run_h_at source_run_w_at source_run_e_at]; rewrite ?Z2Nat.id by lia; reflexivity.
Qed.
Lemma source_run_w_first : source_run_w 0 = 0.
Proof. reflexivity. Qed.
Lemma source_run_w_next j : 0 <= j -> source_run_w (j + 1) =
  if (negb (source_next j =? 0)) && (negb (source_next j =? sections_0)) && (source_next j =? source_start_w) then 0
  else source_run_w j + 1.
Proof.
  intros above; unfold source_run_t, source_run_h, source_run_w, source_run_e.
  replace (Z.to_nat (j + 1)) with (S (Z.to_nat j)) by lia.
  cbn [source_run_t_at source_run_h_at source_run_w_at source_run_e_at]; rewrite ?Z2Nat.id by lia; reflexivity.
Qed.
Lemma source_run_e_first : source_run_e 0 = 0.
Proof. reflexivity. Qed.
Lemma source_run_e_next j : 0 <= j -> source_run_e (j + 1) =
  if (negb (source_next j =? 0)) && (negb (source_next j =? sections_0)) && (negb (source_next j =? source_start_w)) && (source_next j =? source_start_e) then 0
  else source_run_e j + 1.
Proof.
  intros above; unfold source_run_t, source_run_h, source_run_w, source_run_e.
  replace (Z.to_nat (j + 1)) with (S (Z.to_nat j)) by lia.
  cbn [source_run_t_at source_run_h_at source_run_w_at source_run_e_at]; rewrite ?Z2Nat.id by lia; reflexivity.
Qed.
Lemma source_carried : allowed -> forall j, 0 <= j < source_pairs -> source_carries j.
Proof.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_exponent, target_start_e, target_start_w,
    target_sector, target_second, target_first, target_pairs, target_width, target_n_rot, source_magnitude,
    source_angle, source_start_e, source_start_w, source_next, source_sector, source_second, source_first,
    source_pairs, source_width, source_n_rot.
  intros hypotheses; apart.
  apply (along_pairs source_carries); [intros inside | intros j above inside before];
    unfold source_carries in *.
  - rewrite ?source_run_t_first, ?source_run_h_first, ?source_run_w_first, ?source_run_e_first; repeat apply conj; shown_along.
  - rewrite ?source_run_t_next, ?source_run_h_next, ?source_run_w_next, ?source_run_e_next by lia; unfold allowed, target_magnitude, target_angle, target_extrapolated, target_exponent, target_start_e, target_start_w,
    target_sector, target_second, target_first, target_pairs, target_width, target_n_rot, source_magnitude,
    source_angle, source_start_e, source_start_w, source_next, source_sector, source_second, source_first,
    source_pairs, source_width, source_n_rot;
    apart; repeat apply conj; one_later; shown_along.
Qed.

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
  (forall j, 0 <= j < target_pairs -> 0 < (sections_0 + sections_1 + sections_2 + sections_3) /\ (0 < base)%R /\ 0 < source_n_rot) /\
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
  (forall j, 0 <= j < target_pairs -> 0 < (sections_0 + sections_1 + sections_2 + sections_3) /\ (0 < base)%R /\ 0 < target_n_rot) /\
  (* The angles of the target are linear in the positions, but for a constant. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e t' h' w' e' : R,
    (target_angle j (t + t') (h + h') (w + w') (e + e') + target_angle j 0 0 0 0 = target_angle j t h w e + target_angle j t' h' w' e')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R) /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e : R, (source_angle j t h w e = target_angle j t h w e)%R).
Proof.
  intros hypotheses.
  pose proof (source_carried hypotheses) as source_all; unfold source_carries in source_all.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_exponent, target_start_e, target_start_w,
    target_sector, target_second, target_first, target_pairs, target_width, target_n_rot, source_magnitude,
    source_angle, source_start_e, source_start_w, source_next, source_sector, source_second, source_first,
    source_pairs, source_width, source_n_rot in *.
  apart; repeat apply conj; intros; repeat match goal with
    inside : 0 <= ?j < _ |- _ => pose proof (source_all j ltac:(lia)); revert inside end; intros.
  all: clear source_all.
  all: apart; repeat apply conj; shown_along.
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed. *)
Example some_are_allowed : exists head_dim sections_0 sections_1 sections_2 sections_3 base, allowed head_dim sections_0 sections_1 sections_2 sections_3 base.
Proof.
  exists 72, 4, 5, 6, 3, 10000%R; unfold allowed, source_n_rot, target_n_rot; repeat apply conj; first [lia | lra].
Qed.
