(* Made by rope-prover from the certificate sha256:5fc9c5b44a700279ff37f4229386cb42d285557b346ed9d165eeab26dc9127e0.
   ggml/neox:head_dim=64:n_rot=64:base=150000:n_ctx_orig=4096:ext_factor=1 -> ggml/neox:head_dim=64:n_rot=64:base=150000:n_ctx_orig=4096:ext_factor=0: identical, exactly under a condition, for all sizes. *)

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

(* Bounds of logarithms. *)
Lemma log_below x : (0 < x)%R -> (ln x <= x - 1)%R.
Proof. intros above. pose proof (exp_ineq1_le (ln x)) as least. rewrite exp_ln in least by trivial. lra. Qed.
Lemma log_bounds x : (0 < x)%R -> (1 - / x <= ln x <= x - 1)%R.
Proof.
  intros above. split; [|apply log_below; trivial].
  pose proof (log_below (/ x) (Rinv_0_lt_compat x above)) as least. rewrite ln_Rinv in least by trivial. lra.
Qed.
Ltac at_equal := repeat match goal with H : (?x = ?y)%R |- context [?x] => is_var x; rewrite H end;
  rewrite ?Rinv_1, ?ln_1; first [lra | ring].
Ltac shown_there ::= intros; apart; either; first
  [above_zero | assumption | solve [at_equal] | small; remainders; choices; first [same | zeros; ring | shown]].

(* A number with one logarithm is not 0, at numbers that are given. *)
Ltac not_0 := match goal with |- (?a <> 0)%R => match a with context [ln ?x] =>
  let zero := fresh in intros zero; pose proof (log_bounds x ltac:(lra)); rewrite ?Rinv_inv, ?Rinv_1 in *; lra end end.

(* Numbers cut off at 0 and at 1. *)
Lemma cut_off x : (0 <= Rmin 1 (Rmax 0 x) <= 1)%R.
Proof. unfold Rmin, Rmax. repeat destruct Rle_dec; lra. Qed.
Lemma cut_off_at_0 a b : (0 < b)%R -> (a <= 0)%R -> Rmin 1 (Rmax 0 (a / b)) = 0%R.
Proof.
  intros above below. assert (a / b <= 0)%R; [|unfold Rmin, Rmax; repeat destruct Rle_dec; lra].
  apply (Rmult_le_reg_r b); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.
Lemma cut_off_at_1 a b : (0 < b)%R -> (b <= a)%R -> Rmin 1 (Rmax 0 (a / b)) = 1%R.
Proof.
  intros above beyond. assert (1 <= a / b)%R; [|unfold Rmin, Rmax; repeat destruct Rle_dec; lra].
  apply (Rmult_le_reg_r b); [trivial|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma no_larger x y : (0 <= x)%R -> (x <= y)%R -> (Rabs x <= Rabs y)%R.
Proof. intros. rewrite !Rabs_right; lra. Qed.
Lemma less x y : (0 <= x)%R -> (x < y)%R -> (Rabs x < Rabs y)%R.
Proof. intros. rewrite !Rabs_right; lra. Qed.

Ltac ends := repeat match goal with |- context [Rmin 1 (Rmax 0 (?a / ?b))] => first
  [rewrite (cut_off_at_0 a b) by first [above_zero | apply IZR_le; lia]
  | rewrite (cut_off_at_1 a b) by first [above_zero | apply IZR_le; lia]] end.
Ltac as_numbers := repeat match goal with
  | |- context [Rmin 1 (Rmax 0 ?x)] =>
      pose proof (cut_off x); let c := fresh in set (c := Rmin 1 (Rmax 0 x)) in *; clearbody c
  | |- context [Rpower ?b ?x] =>
      pose proof (power_positive b x); let c := fresh in set (c := Rpower b x) in *; clearbody c end.
Ltac occurs a := is_var a; match goal with |- context [a] => idtac end.
Ltac products := unfold Rgt in *; repeat match goal with C : (0 <= ?c <= 1)%R, H : (?a < ?b)%R |- _ =>
  first [occurs a | occurs b]; lazymatch goal with _ : (0 <= c * (b - a))%R |- _ => fail | _ =>
    assert (0 <= c * (b - a))%R by (apply Rmult_le_pos; lra);
    assert (0 <= (1 - c) * (b - a))%R by (apply Rmult_le_pos; lra) end end.
Ltac at_least_0 := repeat first [lra | apply Rplus_le_le_0_compat | apply Rmult_le_pos].
Ltac compared := ends; as_numbers; first [apply no_larger | apply less]; [at_least_0 | products; nra].
Ltac slower_at index := exists index; split; [remainders; lia | compared].
Ltac slower last := split; [intros j inside; compared | first [slower_at 0 | slower_at last]].

Section ForAll.

(* The theorem is for all of these. *)
Variables freq_scale : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_width : Z := 64.
Definition source_pairs : Z := 64 / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + 64 / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_extrapolated (j : Z) : R := (Rpower 150000 (IZR ((-2) * j) / 64))%R.
Definition source_low : Z := Z.max 0 (Int_part (64 * ln (4096 / (64 * PI)) / (2 * ln 150000))).
Definition source_high : Z := Z.min 63 (- (Int_part ((-1) * (64 * ln (4096 / (2 * PI)) / (2 * ln 150000))))).
Definition source_ramp (j : Z) : R := (1 - Rmin 1 (Rmax 0 (IZR (j - source_low) / Rmax (1 / 1000) (IZR (source_high - source_low)))))%R.
Definition source_frequency (j : Z) : R := (source_extrapolated j * (freq_scale * (1 - source_ramp j) + source_ramp j))%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_magnitude : R := (1 + ln (/ freq_scale) / 10)%R.
Definition source_magnitude' : R := source_magnitude%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := 64.
Definition target_pairs : Z := 64 / 2.
Definition target_first (j : Z) : Z := j.
Definition target_second_lane (j : Z) : Z := j + 64 / 2.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_extrapolated (j : Z) : R := (Rpower 150000 (IZR ((-2) * j) / 64))%R.
Definition target_frequency (j : Z) : R := (freq_scale * target_extrapolated j)%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_frequency j)%R.
Definition target_magnitude : R := 1%R.

(* What the layouts require, and what is assumed. A magnitude may not be 0. *)
Definition allowed : Prop :=
  (freq_scale > 0)%R /\
  (source_magnitude' <> 0)%R.

(* Where the relation holds; elsewhere it does not. *)
Definition condition : Prop :=
  (freq_scale = 1)%R.

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
  (* In the source no divisor is 0, and logarithms and powers are of positive numbers. *)
  (forall j, 0 <= j < source_pairs -> (0 < (64 * PI))%R /\ (0 < (4096 / (64 * PI)))%R /\ (0 < (2 * ln 150000))%R /\ (0 < (2 * PI))%R /\ (0 < (4096 / (2 * PI)))%R /\ (0 < (Rmax (1 / 1000) (IZR (source_high - source_low))))%R /\ (0 < freq_scale)%R /\ (0 < (/ freq_scale))%R) /\
  (* The angles of the source are linear in the positions. *)
  (forall j, 0 <= j < source_pairs -> forall p p' : R,
    (source_angle j (p + p') = source_angle j p + source_angle j p')%R) /\
  (* The magnitudes of the source are not 0. *)
  (forall j, 0 <= j < source_pairs -> (source_magnitude' <> 0)%R) /\
  (* The width of the target and its number of pairs are not negative. *)
  0 <= target_width /\ 0 <= target_pairs /\
  (* The target has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= target_first j < target_width /\ 0 <= target_second j < target_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (target_first j = target_first k -> j = k) /\ (target_second j = target_second k -> j = k) /\
    target_first j <> target_second k) /\
  (* The angles of the target are linear in the positions. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') = target_angle j p + target_angle j p')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude)%R).
Proof.
  unfold allowed, target_magnitude, target_angle, target_frequency, target_extrapolated, target_second,
    target_second_lane, target_first, target_pairs, target_width, source_magnitude', source_magnitude,
    source_angle, source_frequency, source_ramp, source_high, source_low, source_extrapolated, source_second,
    source_second_lane, source_first, source_pairs, source_width.
  intros hypotheses.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_there.
Qed.

Theorem layouts_agree : allowed -> condition ->
  (* Both have one width and one number of pairs. *)
  source_width = target_width /\ source_pairs = target_pairs /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude' = target_magnitude) /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  intros hypotheses holds.
  unfold condition, allowed, target_magnitude, target_angle, target_frequency, target_extrapolated, target_second,
    target_second_lane, target_first, target_pairs, target_width, source_magnitude', source_magnitude,
    source_angle, source_frequency, source_ramp, source_high, source_low, source_extrapolated, source_second,
    source_second_lane, source_first, source_pairs, source_width in *.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_there.
Qed.

(* No fixed linear map makes one layout the other then, at real positions, since the sums of frequencies
   differ: slower_is_not_linear_at_real_positions (Slower.v). At whole ones frequencies have to be algebraic,
   as they are where all parameters are rational (T5). *)
Theorem nothing_linear : allowed -> ~ condition ->
  (* Both have one number of pairs. At the position that is 1 on one axis and 0 on the others, each pair of
     one side turns no further than the pair of its index on the other, and one turns less. *)
  source_pairs = target_pairs /\ (
  ((forall j, 0 <= j < source_pairs -> (Rabs (source_angle j 1) <= Rabs (target_angle j 1))%R) /\
   (exists j, 0 <= j < source_pairs /\ (Rabs (source_angle j 1) < Rabs (target_angle j 1))%R)) \/
  ((forall j, 0 <= j < source_pairs -> (Rabs (target_angle j 1) <= Rabs (source_angle j 1))%R) /\
   (exists j, 0 <= j < source_pairs /\ (Rabs (target_angle j 1) < Rabs (source_angle j 1))%R))).
Proof.
  intros hypotheses fails.
  destruct (classic (freq_scale = 1)%R); [
  exfalso; apply fails; unfold condition; repeat apply conj; assumption|].
  all: unfold allowed, target_magnitude, target_angle, target_frequency, target_extrapolated, target_second,
    target_second_lane, target_first, target_pairs, target_width, source_magnitude', source_magnitude,
    source_angle, source_frequency, source_ramp, source_high, source_low, source_extrapolated, source_second,
    source_second_lane, source_first, source_pairs, source_width in *; apart; sides; (split; [remainders; either; lia|]).
  all: first [left; slower (source_pairs - 1) | right; slower (source_pairs - 1)].
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed and meet the condition. *)
Example condition_holds : exists freq_scale, allowed freq_scale /\ condition freq_scale.
Proof.
  exists 1%R; unfold allowed, condition, source_magnitude', source_magnitude; repeat apply conj; first [lia | lra | not_0].
Qed.

(* Some parameters are allowed and do not meet the condition. *)
Example condition_fails : exists freq_scale, allowed freq_scale /\ ~ condition freq_scale.
Proof.
  exists 2%R; unfold allowed, condition, source_magnitude', source_magnitude; repeat apply conj; first [lia | lra | not_0].
Qed.
