(* Made by rope-prover from the certificate sha256:07d117561a68dd9075c06f1b001cafc79d9629eb7688c1a649e06044f68d0fa7.
   transformers/half:rope_type=yarn:head_dim=64:rope_theta=150000:original_max_position_embeddings=4096:truncate=false:factor=1/freq_scale -> ggml/neox:head_dim=64:n_rot=64:base=150000:n_ctx_orig=4096:ext_factor=1: identical, exactly under a condition, for all sizes. *)

From Coq Require Import Bool ZArith Reals Lia Lra Machin Classical.
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

(* Pi by Machin's formula. *)
Lemma pi_between : (31415 / 10000 < PI < 31416 / 10000)%R.
Proof.
  generalize (PI_2_3_7_ineq 2). unfold tg_alt, PI_2_3_7_tg, Ratan_seq, sum_f_R0. simpl. intros [below above]. lra.
Qed.
Lemma ln_quotient a b : (0 < a)%R -> (0 < b)%R -> ln (a / b) = (ln a - ln b)%R.
Proof. intros. unfold Rdiv. rewrite ln_mult, ln_Rinv by first [assumption | apply Rinv_0_lt_compat; trivial]. ring. Qed.

Lemma ln_of_power b n : 0 < b -> 0 <= n -> ln (IZR (b ^ n)) = (IZR n * ln (IZR b))%R.
Proof.
  intros positive whole. rewrite <- (Z2Nat.id n) by lia. rewrite <- pow_IZR, ln_pow by (apply IZR_lt; lia).
  rewrite INR_IZR_INZ. reflexivity.
Qed.

(* k/n < ln x / ln b where b ^ k < x ^ n, with a bound a/c of x. *)
Lemma log_over b a c k n x :
  1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> (IZR a / IZR c <= x)%R -> b ^ k * c ^ n < a ^ n ->
  (IZR k / IZR n < ln x / ln (IZR b))%R.
Proof.
  intros base above some at_least steps bound powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (log : (0 < ln (IZR b))%R) by (apply ln_above, IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (least : (ln (IZR a) - ln (IZR c) <= ln x)%R).
  { rewrite <- ln_quotient by trivial. destruct bound as [bound|<-]; [left|right; trivial].
    apply ln_increasing; [|exact bound]. apply Rdiv_lt_0_compat; trivial. }
  assert (logs : (IZR k * ln (IZR b) + IZR n * ln (IZR c) < IZR n * ln (IZR a))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers].
    apply Z.mul_pos_pos; apply Z.pow_pos_nonneg; lia. }
  apply (Rmult_lt_reg_r (IZR n * ln (IZR b))); [apply Rmult_lt_0_compat; trivial|].
  replace (IZR k / IZR n * (IZR n * ln (IZR b)))%R with (IZR k * ln (IZR b))%R by (field; lra).
  replace (ln x / ln (IZR b) * (IZR n * ln (IZR b)))%R with (IZR n * ln x)%R by (field; lra).
  apply (Rmult_le_compat_l (IZR n)) in least; lra.
Qed.
Lemma log_under b a c k n x :
  1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> (0 < x)%R -> (x <= IZR a / IZR c)%R -> a ^ n < b ^ k * c ^ n ->
  (ln x / ln (IZR b) < IZR k / IZR n)%R.
Proof.
  intros base above some at_least steps some_x bound powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (log : (0 < ln (IZR b))%R) by (apply ln_above, IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (most : (ln x <= ln (IZR a) - ln (IZR c))%R).
  { rewrite <- ln_quotient by trivial. destruct bound as [bound| ->]; [left|right; trivial].
    apply ln_increasing; trivial. }
  assert (logs : (IZR n * ln (IZR a) < IZR k * ln (IZR b) + IZR n * ln (IZR c))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers]. apply Z.pow_pos_nonneg; lia. }
  apply (Rmult_lt_reg_r (IZR n * ln (IZR b))); [apply Rmult_lt_0_compat; trivial|].
  replace (IZR k / IZR n * (IZR n * ln (IZR b)))%R with (IZR k * ln (IZR b))%R by (field; lra).
  replace (ln x / ln (IZR b) * (IZR n * ln (IZR b)))%R with (IZR n * ln x)%R by (field; lra).
  apply (Rmult_le_compat_l (IZR n)) in most; lra.
Qed.
(* A root: b ^ (-k/n) < a/c where c ^ n < a ^ n * b ^ k. *)
Lemma power_under b a c k n : 1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> c ^ n < a ^ n * b ^ k ->
  (Rpower (IZR b) (IZR (- k) / IZR n) < IZR a / IZR c)%R.
Proof.
  intros base above some at_least steps powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (logs : (IZR n * ln (IZR c) < IZR n * ln (IZR a) + IZR k * ln (IZR b))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers]. apply Z.pow_pos_nonneg; lia. }
  rewrite <- (exp_ln (IZR a / IZR c)) by (apply Rdiv_lt_0_compat; trivial). apply exp_increasing.
  rewrite ln_quotient, opp_IZR by trivial. apply (Rmult_lt_reg_r (IZR n)); [trivial|].
  replace (- IZR k / IZR n * ln (IZR b) * IZR n)%R with (- (IZR k * ln (IZR b)))%R by (field; lra). lra.
Qed.
Lemma rounded_is z x : (IZR z <= x < IZR z + 1)%R -> Int_part x = z.
Proof. intros bounds. unfold Int_part. rewrite <- (up_tech x z) by (rewrite ?plus_IZR; lra). lia. Qed.
(* m ln x / (d ln b), which is times ln x / ln b, between quotients; x is between a/c and a'/c'. *)
Ltac quotient_of_pi := match goal with
  | |- (_ <= ?m / ?d)%R => apply (Rmult_le_reg_r d); [lra|]; replace (m / d * d)%R with m by (field; lra); lra
  | |- (?m / ?d <= _)%R => apply (Rmult_le_reg_r d); [lra|]; replace (m / d * d)%R with m by (field; lra); lra end.
Ltac between times k n k' n' a c a' c' :=
  pose proof pi_between; match goal with |- (_ < ?m * ln ?x / (?d * ln (IZR ?b)) < _)%R =>
    assert (0 < x)%R by above_zero; assert (0 < ln (IZR b))%R by (apply ln_above; lra);
    assert (IZR k / IZR n < ln x / ln (IZR b))%R
      by (apply (log_over b a c k n); [lia .. | quotient_of_pi | vm_compute; reflexivity]);
    assert (ln x / ln (IZR b) < IZR k' / IZR n')%R
      by (apply (log_under b a' c' k' n'); [lia .. | trivial | quotient_of_pi | vm_compute; reflexivity]);
    replace (m * ln x / (d * ln (IZR b)))%R with (times * (ln x / ln (IZR b)))%R by (field; lra);
    generalize dependent (ln x / ln (IZR b))%R; intros; lra end.

Lemma log_of_inverse s : (0 < s <= 1)%R -> (0 <= ln (/ s))%R.
Proof.
  intros bounds. rewrite <- ln_1. destruct (Req_dec s 1) as [->|]; [rewrite Rinv_1; lra|].
  left. apply ln_increasing; [lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra.
Qed.
Ltac agreed := match goal with H : (?x = ?value)%R |- _ => rewrite H end;
  unfold Rdiv; rewrite ?Rinv_1, ?ln_1; first [ring | decided; first [ring | lra]].
Ltac shown_of_numbers := intros; apart; repeat apply conj; intros; first
  [solve [remainders; lia] | solve [agreed] | shown_of_reals
  | match goal with |- context [ln (/ ?s)] => pose proof (log_of_inverse s ltac:(lra)) end; decided; lra].

Lemma power_less b n x y : (1 < b)%R -> 0 < n -> x < y -> (Rpower b (IZR x / IZR n) < Rpower b (IZR y / IZR n))%R.
Proof.
  intros above positive order. apply Rpower_lt; [trivial|]. apply IZR_lt in positive, order.
  apply Rmult_lt_compat_r; [apply Rinv_0_lt_compat; lra|trivial].
Qed.

(* Numbers worked out, and choices that bounds settle. *)
Lemma Rdiv_inv_r a b : (a / / b = a * b)%R.
Proof. unfold Rdiv. rewrite Rinv_inv. trivial. Qed.
Lemma called_real (x : R) : exists y, y = x.
Proof. eauto. Qed.
Lemma not_equal F G x y : (0 < F)%R -> (F <= G)%R -> (0 < x)%R -> (x < y)%R -> (F * x = G * y)%R -> False.
Proof. intros. assert (G * y - F * x = (G - F) * y + F * (y - x))%R by ring. nra. Qed.
Lemma not_equal_there F G x y : (0 < F)%R -> (F < G)%R -> (0 < x)%R -> (x <= y)%R -> (F * x = G * y)%R -> False.
Proof. intros. assert (G * y - F * x = (G - F) * y + F * (y - x))%R by ring. nra. Qed.
Lemma not_opposite F G x y : (0 < F)%R -> (0 < G)%R -> (0 < x)%R -> (0 < y)%R -> (F * x = - (G * y))%R -> False.
Proof. intros. nra. Qed.
Lemma not_zero F x : (0 < F)%R -> (0 < x)%R -> (F * x = 0)%R -> False.
Proof. intros. nra. Qed.
Ltac number z := lazymatch z with Z0 => idtac | Zpos _ => idtac | Zneg _ => idtac end.
Ltac replaced z := let c := eval vm_compute in z in change z with c.
Ltac worked_out := repeat match goal with
  | |- context [Z.add ?a ?b] => number a; number b; replaced (Z.add a b)
  | |- context [Z.sub ?a ?b] => number a; number b; replaced (Z.sub a b)
  | |- context [Z.mul ?a ?b] => number a; number b; replaced (Z.mul a b)
  | |- context [Z.max ?a ?b] => number a; number b; replaced (Z.max a b)
  | |- context [Z.min ?a ?b] => number a; number b; replaced (Z.min a b)
  | |- context [Z.div ?a ?b] => number a; number b; replaced (Z.div a b)
  | |- context [Z.opp ?a] => number a; replaced (Z.opp a) end.
(* Choices that bounds settle; a quotient by what is no number becomes a number with one equation. *)
Ltac quotient x d := lazymatch d with IZR _ => fail | _ =>
  let q := fresh "q" in let value := fresh "value" in
  destruct (called_real (x / d)%R) as [q value]; rewrite <- ?value;
  assert (q * d = x)%R by (rewrite value; field; lra); clear value;
  try assert (0 < q)%R by nra; try assert (q < 1)%R by nra end.
Ltac plain := repeat match goal with
  | |- context [Rmax ?a ?b] => first [rewrite (Rmax_left a b) by lra | rewrite (Rmax_right a b) by lra]
  | |- context [Rmin ?a ?b] => first [rewrite (Rmin_left a b) by lra | rewrite (Rmin_right a b) by lra]
  | |- context [is_same ?a ?b] => unfold is_same at 1; destruct (Req_EM_T a b); [exfalso; lra | cbn [negb]]
  | |- context [(?x / (?a - ?b))%R] => quotient x (a - b)%R
  | |- context [(?x / (?a * PI))%R] => quotient x (a * PI)%R
  | |- context [is_less ?a ?b] => unfold is_less at 1; destruct (Rlt_dec a b); try (exfalso; lra)
  end.

(* IZR k as far as k is known. *)
Ltac whole k := lazymatch goal with
  | H : k < ?i |- _ => assert (IZR k <= IZR i - 1)%R by (rewrite <- minus_IZR; apply IZR_le; lia)
  | H : ?i < k |- _ => assert (IZR i + 1 <= IZR k)%R by (rewrite <- plus_IZR; apply IZR_le; lia) end.
Ltac chosen_bounds := unfold Rmin, Rmax; repeat match goal with
  | |- context [Rle_dec ?a ?b] => destruct (Rle_dec a b); try (exfalso; lra) end.
(* l = F * x, where x is l at F = 1. *)
Ltac parted F l := lazymatch eval pattern F in l with ?f _ => let x := eval cbv beta in (f 1%R) in
  replace l with (F * x)%R by (unfold Rdiv; ring) end.
Ltac by_signs := rewrite ?Rdiv_inv_r; first [lra | nra | unfold Rdiv; nra | match goal with
  _ : (?q * _ = _)%R |- context [((IZR ?k - ?a) / ?b)%R] => assert (q < (IZR k - a) / b)%R by nra;
    generalize dependent ((IZR k - a) / b)%R; intros; nra end].
Ltac differ_by_parts F G :=
  let same := fresh in lazymatch goal with
  | |- ?l = (- ?r)%R -> _ =>
      parted F l; parted G r; intros same; refine (not_opposite _ _ _ _ _ _ _ _ same);
      [assumption | assumption | by_signs | by_signs]
  | |- ?l = 0%R -> _ => parted F l; intros same; refine (not_zero _ _ _ _ same); [assumption | by_signs]
  | |- ?l = ?r -> _ =>
      parted F l; parted G r; intros same; first
        [ refine (not_equal _ _ _ _ _ _ _ _ same); [assumption | lra | by_signs | by_signs]
        | refine (not_equal_there _ _ _ _ _ _ _ _ same); [assumption | lra | by_signs | by_signs]
        | refine (not_equal_there _ _ _ _ _ _ _ _ (eq_sym same)); [assumption | lra | by_signs | by_signs]
        | refine (not_equal _ _ _ _ _ _ _ _ (eq_sym same)); [assumption | lra | by_signs | by_signs] ] end.

Lemma inverse_above x : (0 < x < 1)%R -> (1 < / x)%R.
Proof. intros. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. Qed.
Lemma inverse_below x : (1 < x)%R -> (0 < / x < 1)%R.
Proof. intros. split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. Qed.
Ltac inverses := match goal with |- context [(_ / ?x)%R] => is_var x;
  first [pose proof (inverse_above x ltac:(lra)) | pose proof (inverse_below x ltac:(lra))] end.

(* Pair i of one side at the position 1, and all pairs of the other. *)
Ltac positives := repeat match goal with |- context [Rpower ?b ?x] =>
  lazymatch goal with _ : (0 < Rpower b x)%R |- _ => fail | _ => pose proof (power_positive b x) end end.
Ltac at_1 := let same := fresh in intros same; specialize (same 1%R); revert same;
  worked_out; rewrite ?minus_IZR; positives; plain.
Ltac by_parts := match goal with |- context [Rpower ?b (IZR ?x / IZR ?n)] => number x; first
  [ match goal with |- context [Rpower b (IZR ?y / IZR n)] => tryif number y then fail else first
      [pose proof (power_less b n x y ltac:(lra) ltac:(lia) ltac:(lia))
      | pose proof (power_less b n y x ltac:(lra) ltac:(lia) ltac:(lia))];
      differ_by_parts (Rpower b (IZR x / IZR n)) (Rpower b (IZR y / IZR n)) end
  | differ_by_parts (Rpower b (IZR x / IZR n)) (Rpower b (IZR x / IZR n)) ] end.
Ltac alone i := try inverses; exists i; worked_out; split; [lia | split; [at_1; by_parts |
  let k := fresh in let inside := fresh in let place := fresh in intros k inside;
  destruct (Z.lt_trichotomy k i) as [place|[place|place]];
  [try (exfalso; lia); whole k | subst k | try (exfalso; lia); whole k]; split; at_1; chosen_bounds; by_parts]].

Section ForAll.

(* The theorem is for all of these. *)
Variables freq_scale : R.

(* The layout that the weights are made for. Pair j reads and writes the lanes first and second. *)
Definition source_factor : R := (/ freq_scale)%R.
Definition source_width : Z := 64.
Definition source_n_rot : Z := 64.
Definition source_pairs : Z := source_n_rot / 2.
Definition source_first (j : Z) : Z := j.
Definition source_second_lane (j : Z) : Z := j + source_n_rot / 2.
Definition source_second (j : Z) : Z := source_second_lane j.
Definition source_unscaled (j : Z) : R := (Rpower 150000 (IZR ((-2) * j) / IZR source_n_rot))%R.
Definition source_fast_end : R := (IZR source_n_rot * ln (4096 / (64 * PI)) / (2 * ln 150000))%R.
Definition source_low : R := (Rmax source_fast_end 0)%R.
Definition source_slow_end : R := (IZR source_n_rot * ln (4096 / (2 * PI)) / (2 * ln 150000))%R.
Definition source_high : R := (Rmin source_slow_end (IZR (source_n_rot + (-1))))%R.
Definition source_ramp (j : Z) : R := (Rmin 1 (Rmax 0 ((IZR j - source_low) / (if (negb (is_same source_high source_low))%Z then source_high - source_low else 1 / 1000))))%R.
Definition source_frequency (j : Z) : R := (source_unscaled j / source_factor * source_ramp j + source_unscaled j * (1 - source_ramp j))%R.
Definition source_angle (j : Z) (p : R) : R := (p * source_frequency j)%R.
Definition source_log_factor : R := (if (is_less 1 source_factor)%Z then ln source_factor / 10
  else 0)%R.
Definition source_magnitude : R := (1 + source_log_factor)%R.
Definition source_magnitude' : R := source_magnitude%R.

(* The layout that the kernel computes. Pair j reads and writes the lanes first and second. *)
Definition target_width : Z := 64.
Definition target_pairs : Z := 64 / 2.
Definition target_first (j : Z) : Z := j.
Definition target_second_lane (j : Z) : Z := j + 64 / 2.
Definition target_second (j : Z) : Z := target_second_lane j.
Definition target_extrapolated (j : Z) : R := (Rpower 150000 (IZR ((-2) * j) / 64))%R.
Definition target_low : Z := Z.max 0 (Int_part (64 * ln (4096 / (64 * PI)) / (2 * ln 150000))).
Definition target_high : Z := Z.min 63 (- (Int_part ((-1) * (64 * ln (4096 / (2 * PI)) / (2 * ln 150000))))).
Definition target_ramp (j : Z) : R := (1 - Rmin 1 (Rmax 0 (IZR (j - target_low) / Rmax (1 / 1000) (IZR (target_high - target_low)))))%R.
Definition target_frequency (j : Z) : R := (target_extrapolated j * (freq_scale * (1 - target_ramp j) + target_ramp j))%R.
Definition target_angle (j : Z) (p : R) : R := (p * target_frequency j)%R.
Definition target_magnitude : R := (1 + ln (/ freq_scale) / 10)%R.
Definition target_magnitude' : R := target_magnitude%R.

(* What the layouts require, and what is assumed. *)
Definition allowed : Prop :=
  (freq_scale <= 1)%R /\
  (64 mod 2 = 0) /\
  (source_factor > 0)%R /\
  (freq_scale > 0)%R.

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
  (forall j, 0 <= j < source_pairs -> 0 < source_n_rot /\ (0 < freq_scale)%R /\ (0 < (64 * PI))%R /\ (0 < (4096 / (64 * PI)))%R /\ (0 < (2 * ln 150000))%R /\ (0 < (2 * PI))%R /\ (0 < (4096 / (2 * PI)))%R /\ ((if (negb (is_same source_high source_low))%Z then source_high - source_low else 1 / 1000) <> 0)%R /\ (0 < source_factor)%R) /\
  (* The angles of the source are linear in the positions. *)
  (forall j, 0 <= j < source_pairs -> forall p p' : R,
    (source_angle j (p + p') = source_angle j p + source_angle j p')%R) /\
  (* The magnitudes of the source are positive. *)
  (forall j, 0 <= j < source_pairs -> (0 < source_magnitude')%R) /\
  (* The width of the target and its number of pairs are not negative. *)
  0 <= target_width /\ 0 <= target_pairs /\
  (* The target has each lane of its pairs in the head, and no lane twice. *)
  (forall j, 0 <= j < target_pairs -> 0 <= target_first j < target_width /\ 0 <= target_second j < target_width) /\
  (forall j k, 0 <= j < target_pairs -> 0 <= k < target_pairs ->
    (target_first j = target_first k -> j = k) /\ (target_second j = target_second k -> j = k) /\
    target_first j <> target_second k) /\
  (* In the target no divisor is 0, and logarithms and powers are of positive numbers. *)
  (forall j, 0 <= j < target_pairs -> (0 < (64 * PI))%R /\ (0 < (4096 / (64 * PI)))%R /\ (0 < (2 * ln 150000))%R /\ (0 < (2 * PI))%R /\ (0 < (4096 / (2 * PI)))%R /\ (0 < (Rmax (1 / 1000) (IZR (target_high - target_low))))%R /\ (0 < freq_scale)%R /\ (0 < (/ freq_scale))%R) /\
  (* The angles of the target are linear in the positions. *)
  (forall j, 0 <= j < target_pairs -> forall p p' : R,
    (target_angle j (p + p') = target_angle j p + target_angle j p')%R) /\
  (* The magnitudes of the target are positive. *)
  (forall j, 0 <= j < target_pairs -> (0 < target_magnitude')%R).
Proof.
  unfold allowed, target_magnitude', target_magnitude, target_angle, target_frequency, target_ramp, target_high,
    target_low, target_extrapolated, target_second, target_second_lane, target_first, target_pairs,
    target_width, source_magnitude', source_magnitude, source_log_factor, source_angle, source_frequency,
    source_ramp, source_high, source_slow_end, source_low, source_fast_end, source_unscaled, source_second,
    source_second_lane, source_first, source_pairs, source_n_rot, source_width, source_factor.
  intros hypotheses.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_of_numbers.
Qed.

Theorem layouts_agree : allowed -> condition ->
  (* Both have one width and one number of pairs. *)
  source_width = target_width /\ source_pairs = target_pairs /\
  (* The lanes of each pair are the same. *)
  (forall j, 0 <= j < target_pairs -> target_first j = source_first j /\ target_second j = source_second j) /\
  (* Each pair has one magnitude in both. *)
  (forall j, 0 <= j < target_pairs -> source_magnitude' = target_magnitude') /\
  (* Each pair turns by one angle in both, at all positions. *)
  (forall j, 0 <= j < target_pairs -> forall p : R, (source_angle j p = target_angle j p)%R).
Proof.
  intros hypotheses holds.
  unfold condition, allowed, target_magnitude', target_magnitude, target_angle, target_frequency, target_ramp,
    target_high, target_low, target_extrapolated, target_second, target_second_lane, target_first,
    target_pairs, target_width, source_magnitude', source_magnitude, source_log_factor, source_angle,
    source_frequency, source_ramp, source_high, source_slow_end, source_low, source_fast_end, source_unscaled,
    source_second, source_second_lane, source_first, source_pairs, source_n_rot, source_width, source_factor in *.
  apart; repeat apply conj; intros; apart; repeat apply conj; shown_of_numbers.
Qed.

(* What is known of numbers with pi, logarithms and powers. *)
Lemma end_0 : (704 / 87 < 64 * ln (4096 / (64 * PI)) / (2 * ln 150000) < 672 / 83)%R.
Proof. between (32)%R 22 87 21 83 2037 100 1019 50. Qed.
Lemma end_1 : (400 / 23 < 64 * ln (4096 / (2 * PI)) / (2 * ln 150000) < 992 / 57)%R.
Proof. between (32)%R 25 46 31 57 651 1 652 1. Qed.
Lemma rounded_0 : Int_part (64 * ln (4096 / (64 * PI)) / (2 * ln 150000)) = 8.
Proof. apply rounded_is. pose proof end_0. lra. Qed.
Lemma rounded_1 : Int_part ((-1) * (64 * ln (4096 / (2 * PI)) / (2 * ln 150000))) = -18.
Proof. apply rounded_is. pose proof end_1. lra. Qed.
Lemma power_at_index : (Rpower 150000 (-18 / 64) < 351 / 10000)%R.
Proof. apply (power_under 150000 351 10000 18 64); [lia .. | vm_compute; reflexivity]. Qed.

(* No fixed linear map makes one layout the other then, at real positions: alike_at_real_positions
   (Cosines.v), linear_exactly_if_pair_map (Magnitudes.v). At whole ones there is more to show: that
   frequencies are algebraic over powers of pi, or that no pair turns half a turn. *)
Theorem nothing_linear : allowed -> ~ condition ->
  (* A pair of one side turns, and no pair of the other turns as it does, nor oppositely. *)
  (exists j, 0 <= j < source_pairs /\ ~ (forall p : R, (source_angle j p = 0)%R) /\
    forall k, 0 <= k < target_pairs ->
    ~ (forall p : R, (source_angle j p = target_angle k p)%R) /\
    ~ (forall p : R, (source_angle j p = - target_angle k p)%R)) \/
  (exists j, 0 <= j < target_pairs /\ ~ (forall p : R, (target_angle j p = 0)%R) /\
    forall k, 0 <= k < source_pairs ->
    ~ (forall p : R, (target_angle j p = source_angle k p)%R) /\
    ~ (forall p : R, (target_angle j p = - source_angle k p)%R)).
Proof.
  intros hypotheses fails.
  destruct (classic (freq_scale = 1)%R); [
  exfalso; apply fails; unfold condition; repeat apply conj; assumption|].
  all: unfold allowed, target_magnitude', target_magnitude, target_angle, target_frequency, target_ramp, target_high,
    target_low, target_extrapolated, target_second, target_second_lane, target_first, target_pairs,
    target_width, source_magnitude', source_magnitude, source_log_factor, source_angle, source_frequency,
    source_ramp, source_high, source_slow_end, source_low, source_fast_end, source_unscaled, source_second,
    source_second_lane, source_first, source_pairs, source_n_rot, source_width, source_factor in *; apart.
  all: rewrite ?rounded_0, ?rounded_1.
  all: pose proof pi_between.
  all: pose proof end_0.
  all: pose proof end_1.
  all: pose proof power_at_index.
  all: generalize dependent (64 * ln (4096 / (64 * PI)) / (2 * ln 150000))%R; intros.
  all: generalize dependent (64 * ln (4096 / (2 * PI)) / (2 * ln 150000))%R; intros.
  all: sides; first [exfalso; lra | left; alone 9 | right; alone 9].
Qed.

End ForAll.

Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Some parameters are allowed and meet the condition. *)
Example condition_holds : exists freq_scale, allowed freq_scale /\ condition freq_scale.
Proof.
  exists 1%R; unfold allowed, condition, source_factor; repeat apply conj; first [lia | lra].
Qed.

(* Some parameters are allowed and do not meet the condition. *)
Example condition_fails : exists freq_scale, allowed freq_scale /\ ~ condition freq_scale.
Proof.
  exists (1 / 2)%R; unfold allowed, condition, source_factor; repeat apply conj; first [lia | lra].
Qed.
