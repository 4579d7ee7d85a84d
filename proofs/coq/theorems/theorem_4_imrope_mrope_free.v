(* Made by rope-prover from the certificate sha256:14523a45ebc9325d4d73ff642f4029f3a544472ba6448b28f21f88da75db3cc8.
   ggml/imrope -> ggml/mrope: identical, exactly under a condition, for all sizes. *)

(* Joined.v and what it needs are in proofs/coq: coqc -R proofs/coq Rope FILE, where they are compiled. *)
From Rope Require Joined.
From Coq Require Import Bool ZArith Reals Lia Lra Classical.
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

Lemma power_positive b x : (0 < Rpower b x)%R.
Proof. apply exp_pos. Qed.

(* A power of a base above 1 says what its exponent is. *)
Lemma one_exponent b n x y : (1 < b)%R -> 0 < n -> (Rpower b (IZR x / IZR n) = Rpower b (IZR y / IZR n))%R -> x = y.
Proof.
  intros above positive equal. apply exp_inv in equal. apply eq_IZR.
  assert (log : (0 < ln b)%R) by (rewrite <- ln_1; apply ln_increasing; lra).
  apply Rmult_eq_reg_r in equal; [|lra]. apply Rmult_eq_reg_r in equal; trivial.
  apply Rinv_neq_0_compat, not_0_IZR. lia.
Qed.

(* A larger exponent is a larger power; of negative exponents a larger base is a smaller one. *)
Lemma power_order b n x y :
  (1 < b)%R -> 0 < n -> x <= y -> (Rpower b (IZR x / IZR n) <= Rpower b (IZR y / IZR n))%R.
Proof.
  intros above positive order. apply Rle_Rpower; [lra|]. apply IZR_lt in positive. apply IZR_le in order.
  apply Rmult_le_compat_r; [|trivial]. apply Rlt_le, Rinv_0_lt_compat. lra.
Qed.
Lemma base_order b c n x y : (1 < b)%R -> (b < c)%R -> 0 < n -> y < 0 -> y <= x ->
  (Rpower c (IZR y / IZR n) < Rpower b (IZR x / IZR n))%R.
Proof.
  intros above larger positive negative order. apply Rlt_le_trans with (Rpower b (IZR y / IZR n)).
  - apply exp_increasing. assert (log : (ln b < ln c)%R) by (apply ln_increasing; lra).
    apply Ropp_lt_cancel. rewrite <- !Ropp_mult_distr_l_reverse. apply Rmult_lt_compat_l; [|trivial].
    apply IZR_lt in negative, positive. replace (- (IZR y / IZR n))%R with ((- IZR y) * / IZR n)%R by (field; lra).
    apply Rmult_lt_0_compat; [lra|]. apply Rinv_0_lt_compat. lra.
  - apply power_order; trivial.
Qed.

Lemma power_zero b n x : x = 0 -> Rpower b (IZR x / IZR n) = 1%R.
Proof. intros ->. unfold Rpower. replace (0 / IZR n * ln b)%R with 0%R by (unfold Rdiv; ring). apply exp_0. Qed.

Lemma called (a : Z) : exists b, b = a.
Proof. eauto. Qed.

Ltac either := repeat match goal with one : _ \/ _ |- _ => destruct one end; apart.
Ltac small := repeat match goal with
  | |- context [?a mod ?b] => rewrite (Z.mod_small a b) by lia
  | H : context [?a mod ?b] |- _ => rewrite (Z.mod_small a b) in H by lia end.
Ltac zeros := repeat match goal with
  |- context [Rpower ?b (IZR ?x / IZR ?n)] => rewrite (power_zero b n x) by lia end.
Ltac shown_there := intros; apart; either; small; remainders; choices; first [same | zeros; ring | shown].
Ltac positive := repeat match goal with H : context [Rpower ?b ?x] |- _ =>
  lazymatch goal with _ : (0 < Rpower b x)%R |- _ => fail | _ => pose proof (power_positive b x) end end.
Ltac order b x c y n := first
  [assert (Rpower b (IZR x / IZR n) <= Rpower c (IZR y / IZR n))%R by (apply power_order; [lra | lia | lia])
  | assert (Rpower b (IZR x / IZR n) < Rpower c (IZR y / IZR n))%R by (apply base_order; first [lra | lia])].
Ltac ordered := match goal with
  P : (0 < Rpower ?b (IZR ?x / IZR ?n))%R, Q : (0 < Rpower ?c (IZR ?y / IZR ?n))%R |- _ =>
    first [order b x c y n | order c y b x n]; nra end.
Ltac differ := exfalso; positive; first
  [lia | lra | match goal with P : (0 < Rpower ?b (IZR ?x / IZR ?n))%R, Q : (0 < Rpower ?b (IZR ?y / IZR ?n))%R |- _ =>
    destruct (Rtotal_order (Rpower b (IZR x / IZR n)) (Rpower b (IZR y / IZR n))) as [|[equal|]];
    [lra | apply one_exponent in equal; [lia | lra | lia] | lra] end | ordered | nra].
Ltac sides := repeat match goal with H : (?a <> ?b)%R |- _ => destruct (Rdichotomy a b H); clear H end.

(* A number that is given, modulo one that is not: as often as it is gone through. *)
Lemma whole_turns a m : 0 <= a -> 0 < m -> exists q, 0 <= q <= a /\ a mod m = a - m * q.
Proof.
  intros above positive. exists (a / m). pose proof (Z.div_mod a m ltac:(lia)).
  pose proof (Z.mod_pos_bound a m positive). pose proof (Z.div_pos a m above positive). nia.
Qed.
Ltac wrapped a m :=
  let q := fresh in let bounds := fresh in let equal := fresh in
  destruct (whole_turns a m ltac:(lia) ltac:(lia)) as [q [bounds equal]]; rewrite equal in *;
  pose proof (Z.mod_pos_bound a m ltac:(lia)); rewrite equal in *; clear equal;
  assert (q = 0 \/ q = 1 \/ q = 2 \/ q = 3) as [ | [ | [ | ] ] ] by lia; subst q; try (exfalso; lia).
Ltac wraps := repeat match goal with
  | _ : context [Zpos ?a mod ?m] |- _ => lazymatch m with Zpos _ => fail | _ => wrapped (Zpos a) m end end.
Ltac either_way := repeat match goal with
  | H : context [if ?b then _ else _] |- _ => chosen b; try discriminate H end.

(* What is a choice of several is held back until nothing else is to be found. *)
Definition held (fact : Prop) : Prop := fact.
Ltac hold := repeat match goal with
  | H : Z.max ?a ?b > ?c |- _ => change (held (Z.max a b > c)) in H
  | H : ?one \/ ?other |- _ => change (held (one \/ other)) in H
  end.
Ltac both_parts := repeat match goal with both : _ /\ _ |- _ => destruct both end.
Ltac least_parts := repeat match goal with
  | least : Z.min ?a ?b >= ?c |- _ =>
      assert (a >= c) by (clear - least; lia); assert (b >= c) by (clear - least; lia); clear least
  | least : Z.min ?a ?b > ?c |- _ =>
      assert (a > c) by (clear - least; lia); assert (b > c) by (clear - least; lia); clear least end.
Ltac apart_but_held := both_parts; hold; least_parts; apart.
Ltac shown_with_held := first [solve [unfold held in *; lia] | shown_there].
Ltac sides_of_numbers := repeat match goal with
  | H : ?a <> ?b |- _ => assert (a < b \/ b < a) as [|] by lia; clear H
  | H : held (Z.max ?a ?b > Zpos ?c) |- _ =>
      assert (a > Zpos c \/ b > Zpos c) as [|] by (unfold held in H; lia); clear H
  | H : Z.max ?a ?b > Zpos ?c |- _ => assert (a > Zpos c \/ b > Zpos c) as [|] by lia; clear H end.
Ltac ones := repeat match goal with H : context [if ?b then 1%R else 1%R] |- _ =>
  replace (if b then 1%R else 1%R) with 1%R in H by (destruct b; reflexivity) end.
Ltac tests_alone := positive; repeat match goal with H : ?fact |- _ =>
  lazymatch fact with context [if _ then _ else _] => fail | (0 < Rpower _ _)%R => fail | _ => clear H end end.

(* What lia needs of quotients by numbers, and of sums of which an entry is above 0. *)
Ltac known := repeat match goal with
  | _ : context [?a / Zpos ?b] |- _ => lazymatch goal with
      | _ : a = Zpos b * (a / Zpos b) + a mod Zpos b |- _ => fail
      | _ => pose proof (Z.div_mod a (Zpos b) ltac:(lia)); pose proof (Z.mod_pos_bound a (Zpos b) ltac:(lia)) end
  | H : held (Z.max ?a (Z.max ?b ?c) > 0) |- _ => lazymatch goal with
      | _ : a + b + c > 0 |- _ => fail | _ => assert (a + b + c > 0) by (unfold held in H; lia) end end.
Ltac impossible := exfalso; unfold held in *; lia.

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
Definition target_sector (j : Z) : Z := j mod (sections_0 + sections_1 + sections_2 + sections_3).
Definition target_start_w : Z := sections_0 + sections_1.
Definition target_start_e : Z := sections_0 + sections_1 + sections_2.
Definition target_extrapolated (j : Z) : R := (Rpower base (IZR ((-2) * j) / IZR n_rot))%R.
Definition target_angle (j : Z) (t h w e : R) : R := ((if (target_sector j <? sections_0)%Z then t
  else if (target_sector j <? target_start_w)%Z then h
  else if (target_sector j <? target_start_e)%Z then w
  else e) * target_extrapolated j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (sections_0 + sections_1 + sections_2 + sections_3 = n_rot / 2) /\
  (head_dim mod 2 = 0) /\
  (head_dim > 0) /\
  (n_rot mod 2 = 0) /\
  (n_rot > 0) /\
  (n_rot <= head_dim) /\
  (Z.min sections_0 (Z.min sections_1 (Z.min sections_2 sections_3)) >= 0) /\
  (Z.max sections_0 (Z.max sections_1 sections_2) > 0) /\
  (sections_0 + sections_1 + sections_2 + sections_3 <= head_dim) /\
  (base > 1)%R.

(* Where the relation holds; elsewhere it does not. *)
Definition condition : Prop :=
  (sections_0 = 1) /\
  (sections_1 <= sections_0) /\
  (sections_2 <= sections_1).

Theorem both_are_layouts : allowed ->
  (* Both have one width. *)
  source_width = target_width /\
  (* The width of the source and its number of pairs are not negative. *)
  0 <= source_width /\ 0 <= source_pairs /\
  (* The source has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < source_pairs -> 0 <= source_first j < source_width /\ 0 <= source_second j < source_width) /\
  (forall j k, 0 <= j < source_pairs -> 0 <= k < source_pairs ->
    (source_first j = source_first k -> j = k) /\ (source_second j = source_second k -> j = k) /\
    source_first j <> source_second k) /\
  (* Every divisor and every base of a power in the source is positive. *)
  (forall j, 0 <= j < source_pairs -> 0 < (sections_0 + sections_1 + sections_2 + sections_3) /\ (0 < base)%R /\ 0 < n_rot) /\
  (* The angles of the source are linear in the positions. *)
  (forall j, 0 <= j < source_pairs -> forall t h w e t' h' w' e' : R,
    (source_angle j (t + t') (h + h') (w + w') (e + e') = source_angle j t h w e + source_angle j t' h' w' e')%R) /\
  (* The magnitudes of the source are positive. *)
  (forall j, 0 <= j < source_pairs -> (0 < source_magnitude)%R) /\
  (* The width of the target and its number of pairs are not negative. *)
  0 <= target_width /\ 0 <= target_pairs /\
  (* The target has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= target_first j < target_width /\ 0 <= target_second j < target_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (target_first j = target_first k -> j = k) /\ (target_second j = target_second k -> j = k) /\
    target_first j <> target_second k) /\
  (* Every divisor and every base of a power in the target is positive. *)
  (forall j, 0 <= j < target_pairs -> 0 < (sections_0 + sections_1 + sections_2 + sections_3) /\ (0 < base)%R /\ 0 < n_rot) /\
  (* The angles of the target are linear in the positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e t' h' w' e' : R,
    (target_angle j (t + t') (h + h') (w + w') (e + e') = target_angle j t h w e + target_angle j t' h' w' e')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R).
Proof.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_start_e, target_start_w, target_sector,
    target_second, target_second_lane, target_first, target_pairs, target_width, source_magnitude,
    source_angle, source_extrapolated, source_sector, source_second, source_second_lane, source_first,
    source_pairs, source_width.
  intros hypotheses.
  apart_but_held; repeat apply conj; intros; apart; repeat apply conj; shown_with_held.
Qed.

Theorem layouts_agree : allowed -> condition ->
  (* Both have one width and one number of pairs. *)
  source_width = target_width /\ source_pairs = target_pairs /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w e : R, (source_angle j t h w e = target_angle j t h w e)%R).
Proof.
  intros hypotheses holds.
  unfold condition, allowed, target_magnitude, target_angle, target_extrapolated, target_start_e, target_start_w,
    target_sector, target_second, target_second_lane, target_first, target_pairs, target_width,
    source_magnitude, source_angle, source_extrapolated, source_sector, source_second, source_second_lane,
    source_first, source_pairs, source_width in *.
  apart_but_held; repeat apply conj; intros; apart; repeat apply conj; shown_with_held.
Qed.

(* The position that a pair turns by: 1 for t, 2 for h, 3 for w, 4 for e, 0 for none. *)
Definition source_position (j : Z) : Z := if (source_sector j mod 3 =? 1) && (source_sector j <? 3 * sections_1) then 2
  else if (source_sector j mod 3 =? 2) && (source_sector j <? 3 * sections_2) then 3
  else if (source_sector j mod 3 =? 0) && (source_sector j <? 3 * sections_0) then 1
  else 4.
Definition target_position (j : Z) : Z := if target_sector j <? sections_0 then 1
  else if target_sector j <? target_start_w then 2
  else if target_sector j <? target_start_e then 3
  else 4.

(* Angles at the positions that are 1 on one axis and 0 on the others. *)
Ltac at_ones := intros same; pose proof (same 1%R 0%R 0%R 0%R); pose proof (same 0%R 1%R 0%R 0%R); pose proof (same 0%R 0%R 1%R 0%R); pose proof (same 0%R 0%R 0%R 1%R); clear same; remainders; choices; differ.
Ltac at_one := intros same; pose proof (same 1%R 1%R 1%R 1%R); clear same; ones; differ.
Ltac at_tests := intros same; pose proof (same 1%R 0%R 0%R 0%R); pose proof (same 0%R 1%R 0%R 0%R); pose proof (same 0%R 0%R 1%R 0%R); pose proof (same 0%R 0%R 0%R 1%R); clear same; tests_alone; choices; differ.
Ltac turns := first [solve [at_one] | small; at_ones].

Ltac opened := unfold allowed, target_magnitude, target_angle, target_extrapolated, target_start_e, target_start_w, target_sector,
    target_second, target_second_lane, target_first, target_pairs, target_width, source_magnitude,
    source_angle, source_extrapolated, source_sector, source_second, source_second_lane, source_first,
    source_pairs, source_width in *; apart_but_held.

(* Pair j of one side is like none of the other where the two turn by different positions. *)
Lemma alone : allowed -> forall j, 0 <= j < source_pairs -> source_position j <> target_position j ->
  (~ (forall t h w e : R, (source_angle j t h w e = 0)%R) /\
    forall k, 0 <= k < target_pairs ->
    ~ (forall t h w e : R, (source_angle j t h w e = target_angle k t h w e)%R) /\
    ~ (forall t h w e : R, (source_angle j t h w e = - target_angle k t h w e)%R)) \/
  (~ (forall t h w e : R, (target_angle j t h w e = 0)%R) /\
    forall k, 0 <= k < source_pairs ->
    ~ (forall t h w e : R, (target_angle j t h w e = source_angle k t h w e)%R) /\
    ~ (forall t h w e : R, (target_angle j t h w e = - source_angle k t h w e)%R)).
Proof.
  intros hypotheses j inside differ;
    destruct (Z.eq_dec (source_position j) 0) as [none | some]; [right | left; clear some];
    unfold source_position, target_position in *; opened; (split; [turns|]);
    intros k inside_k;
    (destruct (Z.eq_dec k j); [subst k; split; at_tests | clear differ; split; turns]).
Qed.

(* At an index the two differ, or it is known that they do not, or that it is outside. *)
Ltac at_pair i :=
  let same := fresh in let differ := fresh in
  destruct (Z_lt_le_dec i (source_pairs)); [
    destruct (Z.eq_dec (source_position i) (target_position i)) as [same|differ];
    [unfold source_position, target_position in same | exists i; split; [opened; remainders; lia | exact differ]]
  |]; opened; small; wraps; remainders; either_way; try impossible.
Ltac at_index index := lazymatch index with 0 => at_pair 0 | Zpos _ => at_pair index
  | _ => let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; at_pair i end.

(* There is such a pair: one of these. *)
Lemma some_pair_differs : allowed -> ~ condition -> exists j, 0 <= j < source_pairs /\ source_position j <> target_position j.
Proof.
  intros hypotheses fails.
  destruct (classic (sections_0 = 1)); [
  destruct (classic (sections_1 <= sections_0)); [
  destruct (classic (sections_2 <= sections_1)); [
  exfalso; apply fails; unfold condition; repeat apply conj; assumption|]|]|].
  all: opened.
  - sides_of_numbers; first
    [solve [known; at_index 2]
    | solve [at_index sections_0; at_index (sections_0 + 1)]
    | solve [at_index target_start_w; at_index (target_start_w + 1)]
    | solve [at_index target_start_e; at_index (target_start_e + 1)]
    | at_index 2; at_index sections_0; at_index (sections_0 + 1); at_index target_start_w; at_index (target_start_w
      + 1); at_index target_start_e; at_index (target_start_e + 1); at_index (Z.max 0 (Z.max (3 * sections_0)
      (sections_0 + (- sections_0) mod 3))); at_index (Z.max 0 (Z.max (3 * sections_0) (Z.max (sections_0 + (-
      sections_0) mod 3) (sections_0 + sections_1 + ((- sections_0) - sections_1) mod 3)))); at_index (Z.max 1
      (3 * sections_1 + 1)); at_index (Z.max 1 (Z.max (3 * sections_1 + 1) (Z.max (sections_0 + (1 -
      sections_0) mod 3) (sections_0 + sections_1 + ((- sections_0) - sections_1 + 1) mod 3))))].
  - sides_of_numbers; first
    [solve [at_index sections_0; at_index (sections_0 + 1)]
    | solve [at_index target_start_w; at_index (target_start_w + 1)]
    | solve [at_index target_start_e; at_index (target_start_e + 1)]
    | at_index sections_0; at_index (sections_0 + 1); at_index target_start_w; at_index (target_start_w + 1);
      at_index target_start_e; at_index (target_start_e + 1); at_index (Z.max 0 (Z.max (3 * sections_0)
      (sections_0 + (- sections_0) mod 3))); at_index (Z.max 2 (sections_0 + (2 - sections_0) mod 3));
      at_index (Z.max 2 (Z.max (3 * sections_2 + 2) (sections_0 + (2 - sections_0) mod 3)))].
  - sides_of_numbers; first
    [solve [known; at_index 1]
    | solve [at_index sections_0; at_index (sections_0 + 1)]
    | solve [at_index target_start_w; at_index (target_start_w + 1)]
    | solve [at_index target_start_e; at_index (target_start_e + 1)]
    | at_index 1; at_index sections_0; at_index (sections_0 + 1); at_index target_start_w; at_index (target_start_w
      + 1); at_index target_start_e; at_index (target_start_e + 1); at_index (Z.max 0 (Z.max (3 * sections_0)
      (sections_0 + (- sections_0) mod 3))); at_index (Z.max 0 (Z.max (3 * sections_0) (Z.max (sections_0 + (-
      sections_0) mod 3) (sections_0 + sections_1 + ((- sections_0) - sections_1) mod 3)))); at_index (Z.max 1
      (3 * sections_1 + 1))].
Qed.

(* What linear maps leave as it is, the frequencies, differs. *)
Theorem nothing_linear : allowed -> ~ condition ->
  (* A pair of one side turns, and no pair of the other turns as it does, nor oppositely. *)
  (exists j, 0 <= j < source_pairs /\ ~ (forall t h w e : R, (source_angle j t h w e = 0)%R) /\
    forall k, 0 <= k < target_pairs ->
    ~ (forall t h w e : R, (source_angle j t h w e = target_angle k t h w e)%R) /\
    ~ (forall t h w e : R, (source_angle j t h w e = - target_angle k t h w e)%R)) \/
  (exists j, 0 <= j < target_pairs /\ ~ (forall t h w e : R, (target_angle j t h w e = 0)%R) /\
    forall k, 0 <= k < source_pairs ->
    ~ (forall t h w e : R, (target_angle j t h w e = source_angle k t h w e)%R) /\
    ~ (forall t h w e : R, (target_angle j t h w e = - source_angle k t h w e)%R)).
Proof.
  intros hypotheses fails.
  destruct (some_pair_differs hypotheses fails) as [j [inside differ]].
  destruct (alone hypotheses j inside differ); [left | right]; exists j; (split; [|assumption]);
    opened; lia.
Qed.

(* Both layouts as Joined.v has them. Position x has x 0 for t, x 1 for h, x 2 for w, x 3 for e. *)
Definition source_head : Joined.head := Joined.Head
  source_width source_pairs source_first source_second
  (fun j x => source_angle j (x 0%nat) (x 1%nat) (x 2%nat) (x 3%nat))%R (fun j => source_magnitude).
Definition target_head : Joined.head := Joined.Head
  target_width target_pairs target_first target_second
  (fun j x => target_angle j (x 0%nat) (x 1%nat) (x 2%nat) (x 3%nat))%R (fun j => target_magnitude).

Ltac in_full := unfold allowed, target_magnitude, target_angle, target_extrapolated, target_start_e, target_start_w, target_sector,
    target_second, target_second_lane, target_first, target_pairs, target_width, source_magnitude,
    source_angle, source_extrapolated, source_sector, source_second, source_second_lane, source_first,
    source_pairs, source_width in *; apart_but_held.

(* An angle is a sum over the axes, each its frequency times the position there. *)
Lemma source_frequencies j t h w e : (source_angle j t h w e = 0 + source_angle j 1 0 0 0 * t + source_angle j 0 1 0 0 * h + source_angle j 0 0 1 0 * w + source_angle j 0 0 0 1 * e)%R.
Proof. in_full; cases; ring. Qed.
Lemma target_frequencies j t h w e : (target_angle j t h w e = 0 + target_angle j 1 0 0 0 * t + target_angle j 0 1 0 0 * h + target_angle j 0 0 1 0 * w + target_angle j 0 0 0 1 * e)%R.
Proof. in_full; cases; ring. Qed.

Lemma heads_are_sound : allowed ->
  Joined.sound 4 source_head /\ Joined.sound 4 target_head /\
  Joined.width source_head = Joined.width target_head.
Proof.
  intros hypotheses. decompose [and] (both_are_layouts hypotheses). split; [|split].
  - split; [change (0 <= source_pairs) | split; [split; assumption | split; [|assumption]]].
    + in_full; remainders; lia.
    + exact (fun j x _ => source_frequencies j (x 0%nat) (x 1%nat) (x 2%nat) (x 3%nat)).
  - split; [change (0 <= target_pairs) | split; [split; assumption | split; [|assumption]]].
    + in_full; remainders; lia.
    + exact (fun j x _ => target_frequencies j (x 0%nat) (x 1%nat) (x 2%nat) (x 3%nat)).
  - change (source_width = target_width); in_full; lia.
Qed.

Ltac at_all given := let all := fresh in intros all; apply given;
  intros t h w e; exact (all (Joined.position (t :: h :: w :: e :: nil)%list)).
Lemma heads_differ : allowed -> ~ condition -> Joined.differ source_head target_head.
Proof.
  intros hypotheses fails.
  destruct (nothing_linear hypotheses fails) as [[j [inside [turning none]]] | [j [inside [turning none]]]];
    left; [left | right]; exists j; (split; [exact inside | split; [at_all turning|]]);
    intros k inside_k; destruct (none k inside_k) as [unequal unopposite];
    (split; [at_all unequal | at_all unopposite]).
Qed.

(* Each frequency is from 0 to 1, far below half a turn. *)
Ltac slowly := match goal with |- context [Rpower ?b (IZR ?x / IZR ?n)] =>
  pose proof (Joined.slow_power b n x ltac:(lra) ltac:(lia) ltac:(lia)) end; apply Rabs_le; lra.
Lemma source_is_slow : allowed -> Joined.slow 4 source_head.
Proof.
  intros. assert (each : forall j, 0 <= j < source_pairs ->
    (Rabs (source_angle j 1 0 0 0) <= 3)%R /\ (Rabs (source_angle j 0 1 0 0) <= 3)%R /\ (Rabs (source_angle j 0 0 1 0) <= 3)%R /\ (Rabs (source_angle j 0 0 0 1) <= 3)%R).
  { intros j inside. in_full; repeat apply conj; cases; slowly. }
  intros j a inside below; do 4 (destruct a as [|a]; [apply (each j inside)|]); exfalso; lia.
Qed.
Lemma target_is_slow : allowed -> Joined.slow 4 target_head.
Proof.
  intros. assert (each : forall j, 0 <= j < target_pairs ->
    (Rabs (target_angle j 1 0 0 0) <= 3)%R /\ (Rabs (target_angle j 0 1 0 0) <= 3)%R /\ (Rabs (target_angle j 0 0 1 0) <= 3)%R /\ (Rabs (target_angle j 0 0 0 1) <= 3)%R).
  { intros j inside. in_full; repeat apply conj; cases; slowly. }
  intros j a inside below; do 4 (destruct a as [|a]; [apply (each j inside)|]); exfalso; lia.
Qed.

(* No fixed linear maps of W_q and W_k do, at whole positions from 0 on, or at any with these. *)
Theorem no_linear_maps : allowed -> ~ condition ->
  forall reached : (nat -> R) -> Prop, (forall x, Cosines.natural x -> reached x) ->
  ~ Joined.linear reached source_head target_head.
Proof.
  intros hypotheses fails reached all. destruct (heads_are_sound hypotheses) as [source_is [target_is one_width]].
  apply (Joined.nothing_linear_where_slow 4); trivial;
    [apply source_is_slow | apply target_is_slow | apply heads_differ]; trivial.
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed and meet the condition. *)
Example condition_holds : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base /\ condition sections_0 sections_1 sections_2.
Proof.
  exists 2, 2, 1, 0, 0, 0, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.

(* Some parameters are allowed and do not meet the condition. *)
Example condition_fails : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base /\ ~ condition sections_0 sections_1 sections_2.
Proof.
  exists 2, 2, 0, 0, 1, 0, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.
