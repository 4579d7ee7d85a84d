(* Made by rope-prover from the certificate sha256:a2d8e4db6c176574fde7dc2faed64110c5b240c3be7750c9ba0c27be1a9e0030.
   ggml/imrope -> ggml/neox: identical, exactly under a condition, for all sizes. *)

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
  (sections_0 + sections_1 + sections_2 + sections_3 >= n_rot / 2) /\
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
  (3 * sections_2 + 2 >= n_rot / 2) /\
  (3 * sections_1 + 1 >= n_rot / 2) /\
  (3 * sections_0 >= n_rot / 2).

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
  (forall j, 0 <= j < source_pairs -> forall p p' : R,
    (source_angle j (p + p') (p + p') (p + p') 0 = source_angle j p p p 0 + source_angle j p' p' p' 0)%R) /\
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
  (forall j, 0 <= j < target_pairs -> (0 < base)%R /\ 0 < n_rot) /\
  (* The angles of the target are linear in the positions. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') = target_angle j p + target_angle j p')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R).
Proof.
  unfold allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude, source_angle, source_extrapolated, source_sector,
    source_second, source_second_lane, source_first, source_pairs, source_width.
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
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p p p 0 = target_angle j p)%R).
Proof.
  intros hypotheses holds.
  unfold condition, allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane,
    target_first, target_pairs, target_width, source_magnitude, source_angle, source_extrapolated,
    source_sector, source_second, source_second_lane, source_first, source_pairs, source_width in *.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_there.
Qed.

(* Angles at the positions that are 1 on one axis and 0 on the others. *)
Ltac at_ones := intros same; pose proof (same 1%R); clear same; remainders; choices; differ.
Ltac turns := either; small; at_ones.
Ltac there index := let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; exists i;
  split; [either; remainders; lia | split; [turns|]];
  let k := fresh in let inside := fresh in intros k inside; apart; destruct (Z.eq_dec k i);
  [subst k|]; split; turns.

(* What linear maps leave as it is, the frequencies, differs. *)
Theorem nothing_linear : allowed -> ~ condition ->
  (* A pair of one side turns, and no pair of the other turns as it does, nor oppositely. *)
  (exists j, 0 <= j < source_pairs /\ ~ (forall p : R, (source_angle j p p p 0 = 0)%R) /\
    forall k, 0 <= k < target_pairs ->
    ~ (forall p : R, (source_angle j p p p 0 = target_angle k p)%R) /\
    ~ (forall p : R, (source_angle j p p p 0 = - target_angle k p)%R)) \/
  (exists j, 0 <= j < target_pairs /\ ~ (forall p : R, (target_angle j p = 0)%R) /\
    forall k, 0 <= k < source_pairs ->
    ~ (forall p : R, (target_angle j p = source_angle k p p p 0)%R) /\
    ~ (forall p : R, (target_angle j p = - source_angle k p p p 0)%R)).
Proof.
  intros hypotheses fails.
  destruct (classic (3 * sections_2 + 2 >= n_rot / 2)); [
  destruct (classic (3 * sections_1 + 1 >= n_rot / 2)); [
  destruct (classic (3 * sections_0 >= n_rot / 2)); [
  exfalso; apply fails; unfold condition; repeat apply conj; assumption|]|]|].
  all: unfold allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude, source_angle, source_extrapolated, source_sector,
    source_second, source_second_lane, source_first, source_pairs, source_width in *; apart.
  - first [left; there (Z.max 0 (3 * sections_0)) | right; there (Z.max 0 (3 * sections_0))].
  - first [left; there (Z.max 1 (3 * sections_1 + 1)) | right; there (Z.max 1 (3 * sections_1 + 1))].
  - first [left; there (Z.max 2 (3 * sections_2 + 2)) | right; there (Z.max 2 (3 * sections_2 + 2))].
Qed.

(* Both layouts as Joined.v has them. Position x has x 0 for p. *)
Definition source_head : Joined.head := Joined.Head
  source_width source_pairs source_first source_second
  (fun j x => source_angle j (x 0%nat) (x 0%nat) (x 0%nat) 0)%R (fun j => source_magnitude).
Definition target_head : Joined.head := Joined.Head
  target_width target_pairs target_first target_second
  (fun j x => target_angle j (x 0%nat))%R (fun j => target_magnitude).

Ltac in_full := unfold allowed, target_magnitude, target_angle, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude, source_angle, source_extrapolated, source_sector,
    source_second, source_second_lane, source_first, source_pairs, source_width in *; apart.

(* An angle is a sum over the axes, each its frequency times the position there. *)
Lemma source_frequencies j p : (source_angle j p p p 0 = 0 + source_angle j 1 1 1 0 * p)%R.
Proof. in_full; cases; ring. Qed.
Lemma target_frequencies j p : (target_angle j p = 0 + target_angle j 1 * p)%R.
Proof. in_full; cases; ring. Qed.

Lemma heads_are_sound : allowed ->
  Joined.sound 1 source_head /\ Joined.sound 1 target_head /\
  Joined.width source_head = Joined.width target_head.
Proof.
  intros hypotheses. decompose [and] (both_are_layouts hypotheses). split; [|split].
  - split; [change (0 <= source_pairs) | split; [split; assumption | split; [|assumption]]].
    + in_full; remainders; lia.
    + exact (fun j x _ => source_frequencies j (x 0%nat)).
  - split; [change (0 <= target_pairs) | split; [split; assumption | split; [|assumption]]].
    + in_full; remainders; lia.
    + exact (fun j x _ => target_frequencies j (x 0%nat)).
  - change (source_width = target_width); in_full; lia.
Qed.

Ltac at_all given := let all := fresh in intros all; apply given;
  intros p; exact (all (Joined.position (p :: nil)%list)).
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
Lemma source_is_slow : allowed -> Joined.slow 1 source_head.
Proof.
  intros. assert (each : forall j, 0 <= j < source_pairs ->
    (Rabs (source_angle j 1 1 1 0) <= 3)%R).
  { intros j inside. in_full; repeat apply conj; cases; slowly. }
  intros j a inside below; do 1 (destruct a as [|a]; [apply (each j inside)|]); exfalso; lia.
Qed.
Lemma target_is_slow : allowed -> Joined.slow 1 target_head.
Proof.
  intros. assert (each : forall j, 0 <= j < target_pairs ->
    (Rabs (target_angle j 1) <= 3)%R).
  { intros j inside. in_full; repeat apply conj; cases; slowly. }
  intros j a inside below; do 1 (destruct a as [|a]; [apply (each j inside)|]); exfalso; lia.
Qed.

(* No fixed linear maps of W_q and W_k do, at whole positions from 0 on, or at any with these. *)
Theorem no_linear_maps : allowed -> ~ condition ->
  forall reached : (nat -> R) -> Prop, (forall x, Cosines.natural x -> reached x) ->
  ~ Joined.linear reached source_head target_head.
Proof.
  intros hypotheses fails reached all. destruct (heads_are_sound hypotheses) as [source_is [target_is one_width]].
  apply (Joined.nothing_linear_where_slow 1); trivial;
    [apply source_is_slow | apply target_is_slow | apply heads_differ]; trivial.
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed and meet the condition. *)
Example condition_holds : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base /\ condition n_rot sections_0 sections_1 sections_2.
Proof.
  exists 4, 2, 1, 1, 1, 1, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.

(* Some parameters are allowed and do not meet the condition. *)
Example condition_fails : exists head_dim n_rot sections_0 sections_1 sections_2 sections_3 base, allowed head_dim n_rot sections_0 sections_1 sections_2 sections_3 base /\ ~ condition n_rot sections_0 sections_1 sections_2.
Proof.
  exists 2, 2, 0, 0, 1, 0, 2%R; unfold allowed, condition; repeat apply conj; first [lia | lra].
Qed.
