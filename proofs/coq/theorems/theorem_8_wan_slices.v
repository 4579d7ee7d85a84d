(* Made by rope-prover from the certificate sha256:8cd5b4f988d35f35962f021af536f7250fd8e341dbfc943d9b465c845e4c313b.
   diffusers/wan -> diffusers/wan:slices=thirds: identical, exactly under a condition, for all sizes. *)

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

(* A power that is 1 at most is an angle whose sine is positive. *)
Lemma sine_of_power b n x : (1 < b)%R -> 0 < n -> x <= 0 -> (0 < sin (Rpower b (IZR x / IZR n)))%R.
Proof.
  intros above positive order. apply sin_gt_0; [apply exp_pos|].
  pose proof (power_order b n x 0 above positive order) as most. rewrite (power_zero b n 0) in most by reflexivity.
  pose proof PI2_3_2. lra.
Qed.

Ltac turned := left; rewrite ?Rmult_1_l, ?Rmult_0_l, ?sin_0; match goal with
  |- context [sin (Rpower ?b (IZR ?x / IZR ?n))] =>
    pose proof (sine_of_power b n x ltac:(lra) ltac:(lia) ltac:(lia)); lra end.

Section ForAll.

(* The theorem is for all of these. *)
Variables head_dim : Z.
Variables theta : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_first_lane (j : Z) : Z := 2 * j.
Definition source_second_lane (j : Z) : Z := 2 * j + 1.
Definition source_width : Z := head_dim.
Definition source_pairs : Z := head_dim / 2.
Definition source_first (j : Z) : Z := source_first_lane j.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_space_dim : Z := 2 * (head_dim / 6).
Definition source_time_dim : Z := head_dim - 2 * source_space_dim.
Definition source_axis (j : Z) : Z := if j <? source_time_dim / 2 then 0
  else if j <? (source_time_dim + source_space_dim) / 2 then 1
  else 2.
Definition source_exponent (j : Z) : Z := if source_axis j =? 0 then j
  else if source_axis j =? 1 then j - source_time_dim / 2
  else j - (source_time_dim + source_space_dim) / 2.
Definition source_axis_dim (j : Z) : Z := if source_axis j =? 0 then source_time_dim
  else source_space_dim.
Definition source_frequency (j : Z) : R := (Rpower theta (IZR ((-2) * source_exponent j) / IZR (source_axis_dim j)))%R.
Definition source_angle (j : Z) (t h w : R) : R := ((if ((source_axis j) =? 0)%Z then t
  else if ((source_axis j) =? 1)%Z then h
  else w) * source_frequency j)%R.
Definition source_magnitude : R := 1%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_first_lane (j : Z) : Z := 2 * j.
Definition target_second_lane (j : Z) : Z := 2 * j + 1.
Definition target_width : Z := head_dim.
Definition target_pairs : Z := head_dim / 2.
Definition target_first (j : Z) : Z := target_first_lane j.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_column (j : Z) : Z := 2 * j.
Definition target_third : Z := head_dim / 3.
Definition target_cut_h : Z := head_dim - 2 * target_third.
Definition target_cut_w : Z := target_cut_h + target_third.
Definition target_space_dim : Z := 2 * (head_dim / 6).
Definition target_time_dim : Z := head_dim - 2 * target_space_dim.
Definition target_axis (j : Z) : Z := if j <? target_time_dim / 2 then 0
  else if j <? (target_time_dim + target_space_dim) / 2 then 1
  else 2.
Definition target_exponent (j : Z) : Z := if target_axis j =? 0 then j
  else if target_axis j =? 1 then j - target_time_dim / 2
  else j - (target_time_dim + target_space_dim) / 2.
Definition target_axis_dim (j : Z) : Z := if target_axis j =? 0 then target_time_dim
  else target_space_dim.
Definition target_frequency (j : Z) : R := (Rpower theta (IZR ((-2) * target_exponent j) / IZR (target_axis_dim j)))%R.
Definition target_angle (j : Z) (t h w : R) : R := ((if (target_column j <? target_cut_h)%Z then t
  else if (target_column j <? target_cut_w)%Z then h
  else w) * target_frequency j)%R.
Definition target_magnitude : R := 1%R.
Definition target_after (j : Z) : Z := 2 * j + 1.
Definition target_sine_angle (j : Z) (t h w : R) : R := ((if (target_after j <? target_cut_h)%Z then t
  else if (target_after j <? target_cut_w)%Z then h
  else w) * target_frequency j)%R.

(* A pair writes magnitude * (x first * cos angle - x second * sin sine_angle) to first, and to second
   magnitude * (x first * sin sine_angle + x second * cos angle); with an angle alone, both are that. *)

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (head_dim mod 2 = 0) /\
  (head_dim >= 6) /\
  (theta > 1)%R.

(* Where the relation holds; elsewhere it does not. *)
Definition condition : Prop :=
  ((head_dim mod 6 = 0) \/ (head_dim mod 6 = 2)).

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
  (forall j, 0 <= j < source_pairs -> (0 < theta)%R /\ 0 < (source_axis_dim j) /\ 0 <= (source_axis j) < 3) /\
  (* The angles of the source are linear in the positions. *)
  (forall j, 0 <= j < source_pairs -> forall t h w t' h' w' : R,
    (source_angle j (t + t') (h + h') (w + w') = source_angle j t h w + source_angle j t' h' w')%R) /\
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
  (forall j, 0 <= j < target_pairs -> (0 < theta)%R /\ 0 < (target_axis_dim j)) /\
  (* The angles of the target are linear in the positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w t' h' w' : R,
    (target_angle j (t + t') (h + h') (w + w') = target_angle j t h w + target_angle j t' h' w')%R) /\
  (forall j, 0 <= j < target_pairs -> forall t h w t' h' w' : R,
    (target_sine_angle j (t + t') (h + h') (w + w') = target_sine_angle j t h w + target_sine_angle j t' h' w')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R).
Proof.
  unfold allowed, target_sine_angle, target_after, target_magnitude, target_angle, target_frequency, target_axis_dim,
    target_exponent, target_axis, target_time_dim, target_space_dim, target_cut_w, target_cut_h, target_third,
    target_column, target_second, target_first, target_pairs, target_width, target_second_lane,
    target_first_lane, source_magnitude, source_angle, source_frequency, source_axis_dim, source_exponent,
    source_axis, source_time_dim, source_space_dim, source_second, source_first, source_pairs, source_width,
    source_second_lane, source_first_lane.
  intros hypotheses.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_there.
Qed.

Theorem layouts_agree : allowed -> condition ->
  (* Both have one width and one number of pairs. *)
  source_width = target_width /\ source_pairs = target_pairs /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude = target_magnitude) /\
  (* The cosines of each pair are of one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w : R, (source_angle j t h w = target_angle j t h w)%R) /\
  (* Its sines are of one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall t h w : R, (source_angle j t h w = target_sine_angle j t h w)%R).
Proof.
  intros hypotheses holds.
  unfold condition, allowed, target_sine_angle, target_after, target_magnitude, target_angle, target_frequency,
    target_axis_dim, target_exponent, target_axis, target_time_dim, target_space_dim, target_cut_w,
    target_cut_h, target_third, target_column, target_second, target_first, target_pairs, target_width,
    target_second_lane, target_first_lane, source_magnitude, source_angle, source_frequency, source_axis_dim,
    source_exponent, source_axis, source_time_dim, source_space_dim, source_second, source_first,
    source_pairs, source_width, source_second_lane, source_first_lane in *.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_there.
Qed.

(* At an index pairs have the same lanes, and turn by unlike positions. *)
Ltac differs_at index :=
  let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; exists i;
  repeat apply conj; [either; remainders; lia .. |
    either; small; remainders; choices; first [exists 1, 0, 0; turned | exists 0, 1, 0; turned | exists 0, 0, 1; turned]].

Theorem kernels_differ : allowed -> ~ condition ->
  (* A pair has the same lanes in both, and at some whole position the sine or the cosine is another. *)
  exists j, 0 <= j < source_pairs /\ 0 <= j < target_pairs /\
    target_first j = source_first j /\
    target_second j = source_second j /\
    exists t h w : Z,
      (source_magnitude * sin (source_angle j (IZR t) (IZR h) (IZR w)))%R <>
      (target_magnitude * sin (target_sine_angle j (IZR t) (IZR h) (IZR w)))%R \/
      (source_magnitude * cos (source_angle j (IZR t) (IZR h) (IZR w)))%R <>
      (target_magnitude * cos (target_angle j (IZR t) (IZR h) (IZR w)))%R.
Proof.
  intros hypotheses fails.
  destruct (classic ((head_dim mod 6 = 0) \/ (head_dim mod 6 = 2))); [
  exfalso; apply fails; unfold condition; repeat apply conj; assumption|].
  all: unfold allowed, target_sine_angle, target_after, target_magnitude, target_angle, target_frequency, target_axis_dim,
    target_exponent, target_axis, target_time_dim, target_space_dim, target_cut_w, target_cut_h, target_third,
    target_column, target_second, target_first, target_pairs, target_width, target_second_lane,
    target_first_lane, source_magnitude, source_angle, source_frequency, source_axis_dim, source_exponent,
    source_axis, source_time_dim, source_space_dim, source_second, source_first, source_pairs, source_width,
    source_second_lane, source_first_lane in *; apart.
  - differs_at (Z.max 0 (- (((- head_dim) + 2 * (head_dim / 3)) / 2))).
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed and meet the condition. *)
Example condition_holds : exists head_dim theta, allowed head_dim theta /\ condition head_dim.
Proof.
  exists 6, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.

(* Some parameters are allowed and do not meet the condition. *)
Example condition_fails : exists head_dim theta, allowed head_dim theta /\ ~ condition head_dim.
Proof.
  exists 10, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.
