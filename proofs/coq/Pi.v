(** T7 with pi: sums of rationals times roots of primes times powers of pi.

    That pi is no algebraic number is Lindemann's theorem, and a premise here. *)

From Coq Require Import Arith Lia ZArith Znumtheory Reals Lra Classical.
From Rope Require Import Sums Fields Algebraic Radicals Primes.
Local Open Scope R_scope.

(** What is algebraic over K with a root of an element of K adjoined is so over K. *)
Lemma down_from_span K (isfield : field K) n r x :
  (0 < n)%nat -> K (r ^ n) -> algebraic_over (span K n r) x -> algebraic_over K x.
Proof.
  intros some closes algebraic_x.
  destruct (powers_over (span K n r) (span_field K n r isfield some closes) x algebraic_x)
    as [m [a [some_m [entries powers]]]].
  pose proof isfield as [k0 [_ [kplus [kmult _]]]].
  pose (v := fun t => x ^ (t / n)%nat * r ^ (t mod n)%nat).
  pose (comb := fun y => exists c, (forall t, (t < m * n)%nat -> K (c t)) /\ y = total (m * n) (fun t => c t * v t)).
  assert (sums : forall l f, (forall k, (k < l)%nat -> comb (f k)) -> comb (total l f)).
  { induction l as [|l IH]; intros f each.
    - exists (fun _ => 0). split; trivial. simpl. rewrite (total_ext _ _ (fun _ => 0)) by (intros; ring).
      rewrite total_zero. reflexivity.
    - destruct (IH f) as [c [kc sum]]; [auto|]. destruct (each l ltac:(lia)) as [e [ke last]].
      exists (fun t => c t + e t). split; [auto|]. simpl. rewrite sum, last, <- total_plus. apply total_ext.
      intros. ring. }
  assert (part : forall k y, (k < m)%nat -> span K n r y -> comb (y * x ^ k)).
  { intros k y bk [c [kc ->]].
    exists (fun t => if Nat.eq_dec (t / n) k then c (t mod n)%nat else 0). split.
    - intros t _. destruct (Nat.eq_dec (t / n) k); [|trivial]. apply kc, Nat.mod_upper_bound. lia.
    - rewrite total_product, (total_single m k); trivial.
      + rewrite <- total_scale_right. apply total_ext. intros l bl. unfold v.
        replace ((k * n + l) / n)%nat with k by (rewrite Nat.div_add_l, Nat.div_small by lia; lia).
        replace ((k * n + l) mod n)%nat with l
          by (rewrite Nat.add_comm, Nat.mod_add, Nat.mod_small by lia; reflexivity).
        destruct (Nat.eq_dec k k); [ring|contradiction].
      + intros i _ other. rewrite (total_ext n _ (fun _ => 0)); [apply total_zero|]. intros l bl.
        replace ((i * n + l) / n)%nat with i by (rewrite Nat.div_add_l, Nat.div_small by lia; lia).
        destruct (Nat.eq_dec i k); [contradiction|ring]. }
  assert (stable : forall t, (t < m * n)%nat -> comb (x * v t)).
  { intros t bt. unfold v. rewrite <- Rmult_assoc.
    assert (bi : (t / n < m)%nat) by (apply Nat.div_lt_upper_bound; lia).
    rewrite powers, <- total_scale_right by exact bi. apply sums. intros k bk.
    replace (a (t / n)%nat k * x ^ k * r ^ (t mod n)) with (r ^ (t mod n) * a (t / n)%nat k * x ^ k) by ring.
    apply part; trivial. apply span_powers; auto. }
  destruct (choose_each (m * n) (fun _ => 0) _ stable) as [rows chosen].
  apply (stable_over K isfield x (m * n) v rows 0).
  - intros i j bi bj. apply (chosen i bi). exact bj.
  - nia.
  - unfold v. rewrite Nat.div_0_l, Nat.mod_0_l by lia. simpl. lra.
  - intros i bi. apply (chosen i bi).
Qed.

Lemma down_the_tower r N x :
  (0 < N)%nat -> (forall k, field (tower r N k) /\ tower r N k (r k ^ N)) ->
  forall k, algebraic_over (tower r N k) x -> algebraic x.
Proof.
  intros some fields. induction k as [|k IH]; intros over; [exact over|].
  destruct (fields k) as [isfield closes]. apply IH, (down_from_span _ isfield N (r k)); trivial.
Qed.

(** A power of an algebraic number is one. *)
Lemma algebraic_pow x m : algebraic x -> algebraic (x ^ m).
Proof.
  intros algebraic_x. destruct (algebraic_powers x algebraic_x) as [n [a [some [entries powers]]]].
  assert (rows : forall i, (i < n)%nat -> exists c, (forall k, (k < n)%nat -> rational (c k)) /\
    x ^ m * x ^ i = total n (fun k => c k * x ^ k)).
  { induction m as [|m IH]; intros i bi.
    - exists (fun k => if Nat.eq_dec k i then 1 else 0). split.
      + intros k _. destruct (Nat.eq_dec k i); [apply rational_1|apply rational_0].
      + rewrite (total_single n i); trivial; [destruct (Nat.eq_dec i i); [simpl; ring|contradiction]|].
        intros k _ other. destruct (Nat.eq_dec k i); [contradiction|ring].
    - destruct (IH i bi) as [c [rc equal]]. exists (fun k => total n (fun l => c l * a l k)). split.
      + intros k bk. apply rational_total. intros l bl. apply rational_mult; auto.
      + simpl. rewrite Rmult_assoc, equal, <- total_scale.
        rewrite (total_ext n _ (fun l => total n (fun k => c l * a l k * x ^ k))).
        * rewrite total_exchange. apply total_ext. intros. apply total_scale_right.
        * intros l bl. replace (x * (c l * x ^ l)) with (c l * (x * x ^ l)) by ring.
          rewrite powers, <- total_scale by exact bl. apply total_ext. intros. ring. }
  destruct (choose_each n (fun _ => 0) _ rows) as [c chosen].
  apply (stable_algebraic (x ^ m) n (fun i => x ^ i) c 0); trivial.
  - intros i j bi bj. apply (chosen i bi). exact bj.
  - simpl. lra.
  - intros i bi. apply (chosen i bi).
Qed.

(** A sum by the power of x that its terms have. *)
Lemma total_by_power terms H (h : nat -> nat) (f : nat -> R) x :
  (forall t, (t < terms)%nat -> (h t < H)%nat) ->
  total terms (fun t => f t * x ^ h t)
  = total H (fun l => total terms (fun t => if Nat.eq_dec (h t) l then f t else 0) * x ^ l).
Proof.
  intros bounds.
  rewrite (total_ext H _ (fun l => total terms (fun t => (if Nat.eq_dec (h t) l then f t else 0) * x ^ l)))
    by (intros; symmetry; apply total_scale_right).
  rewrite total_exchange. apply total_ext. intros t bt. rewrite (total_single H (h t)); [|auto|].
  - destruct (Nat.eq_dec (h t) (h t)); [reflexivity|contradiction].
  - intros l _ other. destruct (Nat.eq_dec (h t) l); [congruence|ring].
Qed.

Lemma bounded terms (h : nat -> nat) : exists H, forall t, (t < terms)%nat -> (h t < H)%nat.
Proof.
  induction terms as [|terms [H IH]]; [exists 0%nat; intros; lia|]. exists (H + S (h terms))%nat. intros t bt.
  destruct (Nat.eq_dec t terms) as [->|]; [lia|]. generalize (IH t ltac:(lia)). lia.
Qed.

(** Roots of primes times powers of a number that is not algebraic. *)
Lemma radicals_and_powers x p N k terms q (e : nat -> nat -> nat) (h : nat -> nat) :
  ~ algebraic x -> (forall i, prime (p i)) -> (forall i j, p i = p j -> i = j) -> (0 < N)%nat ->
  (forall t, (t < terms)%nat -> rational (q t)) ->
  (forall t i, (t < terms)%nat -> (i < k)%nat -> (e t i < N)%nat) ->
  (forall s t, (s < terms)%nat -> (t < terms)%nat -> s <> t ->
    h s <> h t \/ exists i, (i < k)%nat /\ e s i <> e t i) ->
  total terms (fun t => q t * monomial (prime_root p N) k (e t) * x ^ h t) = 0 ->
  forall t, (t < terms)%nat -> q t = 0.
Proof.
  intros transcendental primes distinct some rq bounds different sum t bt.
  set (r := prime_root p N) in *.
  assert (powers : forall i, rational (r i ^ N)).
  { intros i. unfold r. rewrite prime_root_power by trivial. apply rational_IZR. }
  assert (fields := tower_fields r N some (fun i => conj (prime_root_positive p N i) (powers i))
    (prime_root_apart p N primes distinct some)).
  pose proof (monomial_in_tower r N (fun k => proj1 (fields k))) as monomials.
  destruct (bounded terms h) as [H low].
  rewrite (total_by_power terms H h (fun t => q t * monomial r k (e t)) x low) in sum.
  destruct (fields k) as [isfield [holds _]].
  assert (coefficients : forall l, (l < H)%nat ->
    total terms (fun t => (if Nat.eq_dec (h t) l then q t else 0) * monomial r k (e t)) = 0).
  { intros l bl. apply NNPP. intros nonzero. apply transcendental.
    apply (down_the_tower r N x some) with (k := k).
    - intros i. destruct (fields i) as [field_i [holds_i _]]. auto.
    - exists H, (fun l => total terms (fun t => if Nat.eq_dec (h t) l then q t * monomial r k (e t) else 0)).
      split; [|split; [exists l; split; trivial|exact sum]].
      + intros j _. apply field_total; trivial. intros s bs. pose proof isfield as [k0 [_ [_ [kmult _]]]].
        destruct (Nat.eq_dec (h s) j); trivial. apply kmult; [apply holds; auto|apply monomials; auto].
      + rewrite <- (total_ext terms (fun t => (if Nat.eq_dec (h t) l then q t else 0) * monomial r k (e t))); trivial.
        intros s _. destruct (Nat.eq_dec (h s) l); ring. }
  assert (vanish := terms_vanish r N some
    (fun k => conj (proj1 (fields k)) (conj (proj1 (proj2 (fields k))) (proj1 (proj2 (proj2 (fields k))))))
    k terms (fun s => if Nat.eq_dec (h s) (h t) then q s else 0) e).
  specialize (vanish (fun s bs => conj (match Nat.eq_dec (h s) (h t) as b return rational (if b then q s else 0) with
    | left _ => rq s bs | right _ => rational_0 end) (fun i => bounds s i bs)) (coefficients (h t) (low t bt)) (e t)).
  rewrite (total_single terms t) in vanish; trivial.
  - rewrite agree_refl in vanish. destruct (Nat.eq_dec (h t) (h t)); [exact vanish|contradiction].
  - intros s bs other. destruct (agree k (e s) (e t)) eqn:same; [|reflexivity].
    destruct (Nat.eq_dec (h s) (h t)) as [power|]; [|reflexivity].
    destruct (different s t bs bt other) as [differ|[i [bi differ]]]; [contradiction|].
    contradiction (differ (agree_same k _ _ same i bi)).
Qed.

(** The power of pi with the exponent z / N, and a product of it with roots of primes: a monomial of a normal form. *)
Definition pi_power (N : nat) (z : Z) : R := Rpower PI (IZR z / INR N).
Definition normal_monomial p N k (e : nat -> nat) (z : Z) : R := monomial (prime_root p N) k e * pi_power N z.

(** T7: given that pi is transcendental, products of N-th roots of different primes, with exponents below N, and of
    powers of pi with any exponents over N are linearly independent over the rationals. *)
Theorem normal_forms_independent (lindemann : ~ algebraic PI) p N k terms q (e : nat -> nat -> nat) (z : nat -> Z) :
  (forall i, prime (p i)) -> (forall i j, p i = p j -> i = j) -> (0 < N)%nat ->
  (forall t, (t < terms)%nat -> rational (q t)) ->
  (forall t i, (t < terms)%nat -> (i < k)%nat -> (e t i < N)%nat) ->
  (forall s t, (s < terms)%nat -> (t < terms)%nat -> s <> t ->
    z s <> z t \/ exists i, (i < k)%nat /\ e s i <> e t i) ->
  total terms (fun t => q t * normal_monomial p N k (e t) (z t)) = 0 ->
  forall t, (t < terms)%nat -> q t = 0.
Proof.
  intros primes distinct some rq bounds different sum.
  assert (size : INR N <> 0) by (apply not_0_INR; lia).
  set (x := pi_power N 1).
  assert (transcendental : ~ algebraic x).
  { intros algebraic_x. apply lindemann. replace PI with (x ^ N); [apply algebraic_pow; trivial|].
    unfold x, pi_power. rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult.
    replace (1 / INR N * INR N) with 1 by (field; trivial). apply Rpower_1, PI_RGT_0. }
  (* all exponents raised by the same number, so that none is negative *)
  destruct (bounded terms (fun t => Z.to_nat (- z t))) as [H low].
  apply (radicals_and_powers x p N k terms q e (fun t => Z.to_nat (z t + Z.of_nat H))); trivial.
  - intros s t bs bt other. destruct (different s t bs bt other) as [differ|]; [left|right; trivial].
    generalize (low s bs) (low t bt). lia.
  - apply (Rmult_eq_reg_r (pi_power N (- Z.of_nat H))); [|apply Rgt_not_eq, exp_pos].
    rewrite Rmult_0_l, <- sum, <- total_scale_right. apply total_ext. intros t bt. unfold normal_monomial.
    rewrite !Rmult_assoc. f_equal. f_equal. unfold x, pi_power.
    rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult, <- Rpower_plus. f_equal.
    rewrite (INR_IZR_INZ (Z.to_nat _)), Z2Nat.id by (generalize (low t bt); lia).
    rewrite plus_IZR, opp_IZR. field. trivial.
Qed.

(** So two numbers in normal form, written with the same monomials, are equal only if all coefficients are. *)
Theorem equal_numbers_have_equal_forms (lindemann : ~ algebraic PI) p N k terms q q' (e : nat -> nat -> nat)
    (z : nat -> Z) :
  (forall i, prime (p i)) -> (forall i j, p i = p j -> i = j) -> (0 < N)%nat ->
  (forall t, (t < terms)%nat -> rational (q t) /\ rational (q' t)) ->
  (forall t i, (t < terms)%nat -> (i < k)%nat -> (e t i < N)%nat) ->
  (forall s t, (s < terms)%nat -> (t < terms)%nat -> s <> t ->
    z s <> z t \/ exists i, (i < k)%nat /\ e s i <> e t i) ->
  total terms (fun t => q t * normal_monomial p N k (e t) (z t))
  = total terms (fun t => q' t * normal_monomial p N k (e t) (z t)) <->
  forall t, (t < terms)%nat -> q t = q' t.
Proof.
  intros primes distinct some rq bounds different. split.
  - intros equal t bt. apply Rminus_diag_uniq.
    apply (normal_forms_independent lindemann p N k terms (fun t => q t - q' t) e z); trivial.
    + intros s bs. destruct (rq s bs). apply rational_minus; trivial.
    + rewrite (total_ext terms _ (fun t => q t * normal_monomial p N k (e t) (z t)
        + (-1) * (q' t * normal_monomial p N k (e t) (z t)))) by (intros; ring).
      rewrite total_plus, total_scale, equal. ring.
  - intros equal. apply total_ext. intros t bt. rewrite equal by exact bt. reflexivity.
Qed.
