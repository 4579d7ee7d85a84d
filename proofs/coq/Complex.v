(** Complex numbers, as far as the roots of X^m - c need them. *)

From Coq Require Import Arith Lia ZArith Reals Lra List.
From Rope Require Import Cosines.
Import ListNotations.
Local Open Scope R_scope.

Record complex := Complex { re : R; im : R }.

Definition zero := Complex 0 0.
Definition unit := Complex 1 0.
Definition add a b := Complex (re a + re b) (im a + im b).
Definition opp a := Complex (- re a) (- im a).
Definition sub a b := add a (opp b).
Definition times a b := Complex (re a * re b - im a * im b) (re a * im b + im a * re b).
Definition real x := Complex x 0.

Lemma complex_ext a b : re a = re b -> im a = im b -> a = b.
Proof. destruct a, b; simpl; congruence. Qed.

Lemma complex_ring : ring_theory zero unit add times sub opp eq.
Proof. constructor; intros; apply complex_ext; simpl; ring. Qed.

Add Ring complex_numbers : complex_ring.

Lemma complex_dec (a b : complex) : {a = b} + {a <> b}.
Proof.
  destruct (Req_EM_T (re a) (re b)); [destruct (Req_EM_T (im a) (im b))|];
    [left; apply complex_ext; trivial|right; congruence|right; congruence].
Qed.

Definition norm a := re a * re a + im a * im a.

Lemma norm_times a b : norm (times a b) = norm a * norm b.
Proof. unfold norm. simpl. ring. Qed.

Lemma norm_zero a : norm a = 0 -> a = zero.
Proof.
  unfold norm. intros both. generalize (Rle_0_sqr (re a)) (Rle_0_sqr (im a)). unfold Rsqr. intros.
  apply complex_ext; simpl; apply Rsqr_eq_0; unfold Rsqr; lra.
Qed.

Lemma integral a b : times a b = zero -> a = zero \/ b = zero.
Proof.
  intros product. assert (norms : norm a * norm b = 0) by (rewrite <- norm_times, product; unfold norm; simpl; ring).
  apply Rmult_integral in norms as [|]; [left|right]; apply norm_zero; trivial.
Qed.

Lemma sub_zero a b : sub a b = zero -> a = b.
Proof. intros equal. replace a with (add (sub a b) b) by ring. rewrite equal. ring. Qed.

Fixpoint power (z : complex) (n : nat) : complex := match n with O => unit | S n => times z (power z n) end.

(** A polynomial, lowest coefficient first; and one with a leading 1 behind the list. *)
Fixpoint at_point (l : list complex) (z : complex) : complex :=
  match l with [] => zero | c :: l => add c (times z (at_point l z)) end.
Fixpoint at_point_monic (l : list complex) (z : complex) : complex :=
  match l with [] => unit | c :: l => add c (times z (at_point_monic l z)) end.

Lemma divided w l : l <> [] -> exists q, length l = S (length q) /\ exists r, forall z,
  at_point l z = add (times (sub z w) (at_point q z)) r.
Proof.
  induction l as [|c l IH]; intros some; [contradiction|]. destruct l as [|c' l].
  - exists []. split; [reflexivity|]. exists c. intros z. simpl. ring.
  - destruct IH as [q [size [r divided]]]; [discriminate|]. exists (r :: q). split; [simpl in *; lia|].
    exists (add c (times w r)). intros z. simpl at_point at 2. change (at_point (c :: c' :: l) z)
      with (add c (times z (at_point (c' :: l) z))). rewrite divided. ring.
Qed.

Lemma divided_monic w l : l <> [] -> exists q, length l = S (length q) /\ exists r, forall z,
  at_point_monic l z = add (times (sub z w) (at_point_monic q z)) r.
Proof.
  induction l as [|c l IH]; intros some; [contradiction|]. destruct l as [|c' l].
  - exists []. split; [reflexivity|]. exists (add c w). intros z. simpl. ring.
  - destruct IH as [q [size [r divided]]]; [discriminate|]. exists (r :: q). split; [simpl in *; lia|].
    exists (add c (times w r)). intros z. simpl at_point_monic at 2. change (at_point_monic (c :: c' :: l) z)
      with (add c (times z (at_point_monic (c' :: l) z))). rewrite divided. ring.
Qed.

(** As many zeros as coefficients: 0 everywhere. *)
Lemma too_many_zeros zs : NoDup zs -> forall l, (length l <= length zs)%nat ->
  (forall w, In w zs -> at_point l w = zero) -> forall z, at_point l z = zero.
Proof.
  induction 1 as [|w zs fresh _ IH]; intros l size zeros z.
  - destruct l; [reflexivity|simpl in size; lia].
  - destruct l as [|c l]; [reflexivity|].
    destruct (divided w (c :: l)) as [q [less [r divided]]]; [discriminate|].
    assert (r = zero) as ->.
    { rewrite <- (zeros w (or_introl eq_refl)), divided. ring. }
    rewrite divided, IH; [ring|simpl in *; lia|].
    intros v inside. generalize (zeros v (or_intror inside)). rewrite divided. intros product.
    destruct (integral (sub v w) (at_point q v)) as [same|]; trivial.
    + rewrite <- product. ring.
    + apply sub_zero in same. congruence.
Qed.

Fixpoint product (zs : list complex) (z : complex) : complex :=
  match zs with [] => unit | w :: zs => times (sub z w) (product zs z) end.

Lemma monic_is_product zs : NoDup zs -> forall l, length l = length zs ->
  (forall w, In w zs -> at_point_monic l w = zero) -> forall z, at_point_monic l z = product zs z.
Proof.
  induction 1 as [|w zs fresh _ IH]; intros l size zeros z.
  - destruct l; [reflexivity|discriminate].
  - destruct l as [|c l]; [discriminate|].
    destruct (divided_monic w (c :: l)) as [q [less [r divided]]]; [discriminate|].
    assert (r = zero) as ->.
    { rewrite <- (zeros w (or_introl eq_refl)), divided. ring. }
    rewrite divided. simpl. rewrite <- (IH q); [ring|simpl in *; lia|].
    intros v inside. generalize (zeros v (or_intror inside)). rewrite divided. intros equal.
    destruct (integral (sub v w) (at_point_monic q v)) as [same|]; trivial.
    + rewrite <- equal. ring.
    + apply sub_zero in same. congruence.
Qed.

Lemma norm_of_product zs n : (forall w, In w zs -> norm w = n) -> norm (product zs zero) = n ^ length zs.
Proof.
  induction zs as [|w zs IH]; intros each; simpl; [unfold norm; simpl; ring|].
  rewrite norm_times, IH by (intros; apply each; simpl; auto).
  rewrite <- (each w) by (simpl; auto). unfold norm. simpl. ring.
Qed.

(** The m roots of z^m = x^m. *)
Definition root (x : R) (m k : nat) : complex :=
  let t := 2 * PI * INR k / INR m in Complex (x * cos t) (x * sin t).

Lemma power_polar x t n : power (Complex (x * cos t) (x * sin t)) n = Complex (x ^ n * cos (INR n * t)) (x ^ n *
  sin (INR n * t)).
Proof.
  induction n as [|n IH].
  - apply complex_ext; simpl; rewrite Rmult_0_l, ?cos_0, ?sin_0; ring.
  - change (power ?z (S n)) with (times z (power z n)). rewrite IH, S_INR.
    replace ((INR n + 1) * t) with (t + INR n * t) by ring. rewrite cos_plus, sin_plus.
    apply complex_ext; simpl; ring.
Qed.

Lemma root_power x m k : (0 < m)%nat -> power (root x m k) m = real (x ^ m).
Proof.
  intros some. assert (INR m <> 0) by (apply not_0_INR; lia). unfold root, real. cbv zeta. rewrite power_polar.
  replace (INR m * (2 * PI * INR k / INR m)) with (0 + IZR (Z.of_nat k) * (2 * PI))
    by (rewrite <- INR_IZR_INZ; field; trivial).
  rewrite cos_whole_turns, cos_0. apply complex_ext; simpl; [ring|].
  rewrite (sin_eq_0_1 (0 + _)); [ring|]. exists (Z.of_nat k * 2)%Z. rewrite mult_IZR. ring.
Qed.

Lemma root_norm x m k : norm (root x m k) = x * x.
Proof.
  unfold norm, root. simpl. set (t := 2 * PI * INR k / INR m). generalize (sin2_cos2 t). unfold Rsqr. intros circle.
  replace (x * x) with (x * x * (sin t * sin t + cos t * cos t)) by (rewrite circle; ring). ring.
Qed.

Lemma roots_differ x m k l : 0 < x -> (k < m)%nat -> (l < m)%nat -> root x m k = root x m l -> k = l.
Proof.
  intros positive bk bl equal. injection equal as c s.
  apply Rmult_eq_reg_l in c; [|lra]. apply Rmult_eq_reg_l in s; [|lra].
  assert (some : INR m <> 0) by (apply not_0_INR; lia).
  destruct (cos_1_whole_turns (2 * PI * INR k / INR m - 2 * PI * INR l / INR m)) as [j turns].
  { rewrite cos_minus, c, s. generalize (sin2_cos2 (2 * PI * INR l / INR m)). unfold Rsqr. lra. }
  assert (quotient : INR k - INR l = IZR j * INR m).
  { apply (Rmult_eq_reg_l (2 * PI / INR m)).
    - replace (2 * PI / INR m * (INR k - INR l)) with (2 * PI * INR k / INR m - 2 * PI * INR l / INR m) by (field;
        trivial).
      rewrite turns. field. trivial.
    - generalize PI_RGT_0. intros. apply Rmult_integral_contrapositive.
      split; [lra|apply Rinv_neq_0_compat; trivial]. }
  rewrite !INR_IZR_INZ, <- minus_IZR, <- mult_IZR in quotient. apply eq_IZR in quotient.
  assert (j = 0)%Z as -> by (destruct (Z_lt_le_dec j 0), (Z_lt_le_dec 0 j); try lia; exfalso; nia). lia.
Qed.

Lemma NoDup_image {A B} (f : A -> B) l :
  NoDup l -> (forall a b, In a l -> In b l -> f a = f b -> a = b) -> NoDup (map f l).
Proof.
  induction 1 as [|a l fresh _ IH]; simpl; intros injective; constructor.
  - intros inside. apply in_map_iff in inside as [b [same inside]].
    apply fresh. rewrite <- (injective b a); auto.
  - apply IH. auto.
Qed.

Definition roots x m := map (root x m) (seq 0 m).

Lemma roots_NoDup x m : 0 < x -> NoDup (roots x m).
Proof.
  intros positive. apply NoDup_image; [apply seq_NoDup|].
  intros a b ia ib. apply in_seq in ia, ib. apply roots_differ; trivial; lia.
Qed.

Lemma NoDup_firstn {A} n (l : list A) : NoDup l -> NoDup (firstn n l).
Proof.
  intros fresh. revert n. induction fresh as [|a l out _ IH]; intros [|n]; simpl; try constructor; auto.
  intros inside. apply out. rewrite <- (firstn_skipn n l). apply in_or_app. auto.
Qed.

Lemma filter_parts {A} (test : A -> bool) l :
  (length (filter test l) + length (filter (fun z => negb (test z)) l))%nat = length l.
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. destruct (test a); simpl; lia. Qed.

(** Let f be monic of degree d, f g = z^m - x^m with x > 0, and g have at most m - d + 1 coefficients.
Then f(0) has the
    norm of x^d. *)
Lemma norm_of_factor x m f g :
  0 < x -> (0 < m)%nat -> (length f + length g <= S m)%nat -> (length f <= m)%nat ->
  (forall z, times (at_point_monic f z) (at_point g z) = sub (power z m) (real (x ^ m))) ->
  norm (at_point_monic f zero) = (x * x) ^ length f.
Proof.
  intros positive some sizes room factors.
  pose (test := fun z => if complex_dec (at_point_monic f z) zero then true else false).
  pose (a := filter test (roots x m)). pose (b := filter (fun z => negb (test z)) (roots x m)).
  assert (parts : (length a + length b = m)%nat).
  { unfold a, b. rewrite filter_parts. unfold roots. rewrite map_length, seq_length. reflexivity. }
  assert (enough : (length f <= length a)%nat).
  { destruct (le_lt_dec (length f) (length a)) as [|few]; [trivial|exfalso].
    assert (nothing : at_point g zero = zero).
    { apply (too_many_zeros b); [apply NoDup_filter, roots_NoDup; trivial|lia|].
      intros w inside. apply filter_In in inside as [inside other]. unfold roots in inside.
      apply in_map_iff in inside as [k [<- _]].
      destruct (integral (at_point_monic f (root x m k)) (at_point g (root x m k))) as [z|]; trivial.
      - rewrite factors, root_power by trivial. ring.
      - unfold test in other. destruct complex_dec; [discriminate|contradiction]. }
    generalize (factors zero). rewrite nothing.
    destruct m as [|m']; [lia|]. intros equal. apply (f_equal re) in equal. simpl in equal.
    generalize (pow_lt x (S m') positive). simpl. lra. }
  rewrite (monic_is_product (firstn (length f) a)).
  - rewrite (norm_of_product _ (x * x)); [rewrite firstn_length_le; trivial|].
    intros w inside. assert (member : In w a) by (rewrite <- (firstn_skipn (length f) a); apply in_or_app; auto).
    apply filter_In in member as [member _]. apply in_map_iff in member as [k [<- _]]. apply root_norm.
  - apply NoDup_firstn, NoDup_filter, roots_NoDup. trivial.
  - rewrite firstn_length_le; trivial.
  - intros w inside. assert (member : In w a) by (rewrite <- (firstn_skipn (length f) a); apply in_or_app; auto).
    apply filter_In in member as [_ test_w]. unfold test in test_w. destruct complex_dec; [trivial|discriminate].
Qed.
