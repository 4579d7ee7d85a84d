(** T7: powers of a positive real whose n-th power is in a field of reals. *)

From Coq Require Import Arith Lia ZArith Reals Lra List Classical.
From Rope Require Import Sums Complex Fields Algebraic.
Import ListNotations.
Local Open Scope R_scope.

(** x^d is a combination of lower powers. *)
Definition reduces (K : R -> Prop) x d : Prop :=
  exists a, (forall i, (i < d)%nat -> K (a i)) /\ x ^ d = total d (fun i => a i * x ^ i).

Lemma dependent_reduces K x n c :
  field K -> (forall i, (i < n)%nat -> K (c i)) -> total n (fun i => c i * x ^ i) = 0 ->
  (exists i, (i < n)%nat /\ c i <> 0) -> exists d, (d < n)%nat /\ reduces K x d.
Proof.
  intros [k0 [k1 [kplus [kmult [kopp kinv]]]]] kc sum [i [bi some]]. revert i bi some sum kc.
  induction n as [|n IH]; intros i bi some sum kc; [lia|].
  destruct (Req_dec (c n) 0) as [top|top].
  - destruct (IH i) as [d [bd reduced]]; auto.
    + destruct (Nat.eq_dec i n) as [->|]; [contradiction|lia].
    + simpl in sum. rewrite top in sum. lra.
    + exists d. auto.
  - exists n. split; [lia|]. exists (fun i => - / c n * c i). split.
    + intros l bl. apply kmult; auto.
    + rewrite (total_ext n _ (fun i => (- / c n) * (c i * x ^ i))) by (intros; ring). rewrite total_scale.
      simpl in sum. replace (total n (fun i => c i * x ^ i)) with (- (c n * x ^ n)) by lra. field. trivial.
Qed.

Lemma least (p : nat -> Prop) n : p n -> exists d, (d <= n)%nat /\ p d /\ forall k, (k < d)%nat -> ~ p k.
Proof.
  induction n as [n IH] using lt_wf_ind. intros holds.
  destruct (classic (exists k, (k < n)%nat /\ p k)) as [[k [bk pk]]|none].
  - destruct (IH k bk pk) as [d [bd [pd lower]]]. exists d. repeat split; trivial. lia.
  - exists n. repeat split; trivial. intros k bk pk. apply none. eauto.
Qed.

(** Coefficients of z^n in the lower powers, where z^d = a_0 + ... + a_(d-1) z^(d-1). *)
Fixpoint coefficient (d : nat) (a : nat -> R) (n i : nat) : R :=
  match n with
  | O => if Nat.eq_dec i 0 then 1 else 0
  | S n => (match i with O => 0 | S i => coefficient d a n i end) + coefficient d a n (d - 1) * a i
  end.

Lemma coefficient_low d a n i : (n < d)%nat -> (i < d)%nat -> coefficient d a n i = if Nat.eq_dec i n then 1 else 0.
Proof.
  revert i. induction n as [|n IH]; intros i bn bi; [reflexivity|]. simpl.
  rewrite (IH (d - 1)%nat) by lia. destruct (Nat.eq_dec (d - 1) n); [lia|].
  destruct i as [|i]; [destruct (Nat.eq_dec 0 (S n)); [lia|ring]|].
  rewrite IH by lia. destruct (Nat.eq_dec i n), (Nat.eq_dec (S i) (S n)); try lia; ring.
Qed.

Lemma coefficient_K K d a n i :
  field K -> (0 < d)%nat -> (forall i, (i < d)%nat -> K (a i)) -> (i < d)%nat -> K (coefficient d a n i).
Proof.
  intros [k0 [k1 [kplus [kmult [kopp kinv]]]]] some ka. revert i. induction n as [|n IH]; intros i bi; simpl.
  - destruct (Nat.eq_dec i 0); trivial.
  - apply kplus; [destruct i; trivial; apply IH; lia|]. apply kmult; [apply IH; lia|auto].
Qed.

Lemma total_first n f : total (S n) f = f 0%nat + total n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; ring|].
change (total (S n) f + f (S n) = f 0%nat + total (S n) (fun i => f (S i))).
  rewrite IH. simpl. ring. Qed.

Lemma power_reduced x d a n :
  (0 < d)%nat -> x ^ d = total d (fun i => a i * x ^ i) ->
  x ^ n = total d (fun i => coefficient d a n i * x ^ i).
Proof.
  intros some reduced. induction n as [|n IH].
  - rewrite (total_single d 0); trivial; simpl; [ring|]. intros k _ other.
    destruct (Nat.eq_dec k 0); [contradiction|ring].
  - simpl pow at 1. rewrite IH, <- total_scale. destruct d as [|d]; [lia|].
    rewrite (total_ext (S d) (fun i => coefficient (S d) a (S n) i * x ^ i)
      (fun i => (match i with O => 0 | S i => coefficient (S d) a n i end) * x ^ i
                + coefficient (S d) a n d * (a i * x ^ i))).
    + rewrite total_plus, (total_scale _ (coefficient (S d) a n d)), <- reduced.
      rewrite (total_first d (fun i => match i with O => 0 | S i => coefficient (S d) a n i end * x ^ i)),
        Rmult_0_l, Rplus_0_l.
      change (total d (fun i => x * (coefficient (S d) a n i * x ^ i)) + x * (coefficient (S d) a n d * x ^ d)
        = total d (fun i => coefficient (S d) a n i * (x * x ^ i)) + coefficient (S d) a n d * (x * x ^ d)).
      rewrite (total_ext d _ (fun i => coefficient (S d) a n i * (x * x ^ i))) by (intros; ring). ring.
    + intros i _. simpl coefficient. rewrite Nat.sub_0_r. ring.
Qed.

(** Complex sums. *)
Fixpoint ctotal (n : nat) (f : nat -> complex) : complex :=
  match n with O => zero | S n => add (ctotal n f) (f n) end.

Lemma ctotal_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> ctotal n f = ctotal n g.
Proof. induction n as [|n IH]; simpl; intros same; [reflexivity|]. rewrite IH, same by auto. reflexivity. Qed.

Lemma ctotal_add n f g : ctotal n (fun i => add (f i) (g i)) = add (ctotal n f) (ctotal n g).
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma ctotal_times n c f : ctotal n (fun i => times c (f i)) = times c (ctotal n f).
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma ctotal_first n f : ctotal (S n) f = add (f 0%nat) (ctotal n (fun i => f (S i))).
Proof. induction n as [|n IH]; [simpl; ring|].
change (add (ctotal (S n) f) (f (S n)) = add (f 0%nat) (ctotal (S n) (fun i => f (S i)))).
  rewrite IH. simpl. ring. Qed.

Lemma real_plus x y : real (x + y) = add (real x) (real y).
Proof. apply complex_ext; simpl; ring. Qed.
Lemma real_mult x y : real (x * y) = times (real x) (real y).
Proof. apply complex_ext; simpl; ring. Qed.

(** The monic polynomial z^d - a_0 - ... , as a list and as a sum. *)
Definition monic_list (d : nat) (a : nat -> R) : list complex := map (fun i => opp (real (a i))) (seq 0 d).

Lemma at_monic_list a d z s :
  at_point_monic (map (fun i => opp (real (a i))) (seq s d)) z
  = sub (power z d) (ctotal d (fun i => times (real (a (s + i)%nat)) (power z i))).
Proof.
  revert s. induction d as [|d IH]; intros s; [simpl; ring|].
  change (add (opp (real (a s))) (times z (at_point_monic (map (fun i => opp (real (a i))) (seq (S s) d)) z))
    = sub (power z (S d)) (ctotal (S d) (fun i => times (real (a (s + i)%nat)) (power z i)))).
  rewrite IH, ctotal_first, Nat.add_0_r. simpl power.
  rewrite (ctotal_ext d (fun i => times (real (a (s + S i)%nat)) (times z (power z i)))
    (fun i => times z (times (real (a (S s + i)%nat)) (power z i)))).
  - rewrite ctotal_times. ring.
  - intros i _. replace (s + S i)%nat with (S s + i)%nat by lia. ring.
Qed.

(** The quotient of z^n by it, less what remains. *)
Fixpoint quotient (d : nat) (a : nat -> R) (t : nat) : list complex :=
  match t with O => [] | S t => real (coefficient d a (d - 1 + t) (d - 1)) :: quotient d a t end.

Lemma quotient_length d a t : length (quotient d a t) = t.
Proof. induction t; simpl; auto. Qed.

Lemma quotient_is d a t z :
  (0 < d)%nat ->
  times (at_point_monic (monic_list d a) z) (at_point (quotient d a t) z)
  = sub (power z (d - 1 + t)) (ctotal d (fun i => times (real (coefficient d a (d - 1 + t) i)) (power z i))).
Proof.
  intros some. destruct d as [|d]; [lia|]. replace (S d - 1)%nat with d by lia. induction t as [|t IH].
  - rewrite Nat.add_0_r. simpl at_point. simpl ctotal. rewrite coefficient_low by lia.
    rewrite (ctotal_ext d _ (fun i => times zero zero)).
    + rewrite ctotal_times. destruct (Nat.eq_dec d d); [|contradiction]. change (real 1) with unit. ring.
    + intros i bi. rewrite coefficient_low by lia. destruct (Nat.eq_dec i d); [lia|]. change (real 0) with zero. ring.
  - simpl quotient. replace (d - 0 + t)%nat with (d + t)%nat by lia. replace (d - 0)%nat with d by lia.
    simpl at_point.
    replace (d + S t)%nat with (S (d + t)) by lia.
    transitivity (add (times (real (coefficient (S d) a (d + t) d)) (at_point_monic (monic_list (S d) a) z))
      (times z (times (at_point_monic (monic_list (S d) a) z) (at_point (quotient (S d) a t) z)))); [ring|].
    rewrite IH. unfold monic_list. rewrite at_monic_list.
    rewrite (ctotal_ext (S d) (fun i => times (real (coefficient (S d) a (S (d + t)) i)) (power z i))
      (fun i => add (times (real (match i with O => 0 | S i => coefficient (S d) a (d + t) i end)) (power z i))
                    (times (real (coefficient (S d) a (d + t) d)) (times (real (a i)) (power z i))))).
    + rewrite ctotal_add, ctotal_times. rewrite (ctotal_first d (fun i => times (real match i with O => 0 | S i =>
        coefficient (S d) a (d + t) i end) (power z i))).
      rewrite (ctotal_ext d (fun i => times (real (coefficient (S d) a (d + t) i)) (power z (S i)))
        (fun i => times z (times (real (coefficient (S d) a (d + t) i)) (power z i)))) by (intros; simpl; ring).
      rewrite ctotal_times. change (real 0) with zero. simpl ctotal. simpl power. simpl Nat.add. ring.
    + intros i _. simpl coefficient. rewrite Nat.sub_0_r, real_plus, real_mult. ring.
Qed.

(** If x > 0 and x^m is the least power in a field K of reals, then 1, x, ..., x^(m-1) are independent over K. *)
Theorem powers_independent K x m :
  field K -> 0 < x -> (0 < m)%nat -> K (x ^ m) -> (forall j, (0 < j < m)%nat -> ~ K (x ^ j)) ->
  independent K m (fun i => x ^ i).
Proof.
  intros isfield positive some power_in others c kc sum i bi. apply NNPP. intros nonzero.
  destruct (dependent_reduces K x m c isfield kc sum) as [n [bn reduced]]; [eauto|].
  destruct (least (reduces K x) n reduced) as [d [bd [[a [ka top]] lower]]].
  assert (d <> 0%nat) as dsome by (intros ->; simpl in top; lra).
  pose proof isfield as [k0 [k1 [kplus [kmult [kopp kinv]]]]].
  assert (unique : forall e, (forall i, (i < d)%nat -> K (e i)) -> total d (fun i => e i * x ^ i) = 0 ->
    forall i, (i < d)%nat -> e i = 0).
  { intros e ke zero_sum l bl. apply NNPP. intros differs.
    destruct (dependent_reduces K x d e isfield ke zero_sum) as [k [bk red]]; [eauto|]. apply (lower k bk red). }
  assert (remains : forall i, (i < d)%nat -> coefficient d a m i = if Nat.eq_dec i 0 then x ^ m else 0).
  { intros l bl. apply Rminus_diag_uniq.
    apply (unique (fun i => coefficient d a m i - if Nat.eq_dec i 0 then x ^ m else 0)); trivial.
    - intros k bk. apply kplus; [apply (coefficient_K K); trivial; lia|]. apply kopp.
      destruct (Nat.eq_dec k 0); trivial.
    - rewrite (total_ext d _ (fun i => coefficient d a m i * x ^ i + (-1) * ((if Nat.eq_dec i 0 then x ^ m else 0)
        * x ^ i)))
        by (intros; ring).
      rewrite total_plus, total_scale, <- power_reduced by (trivial; lia).
      rewrite (total_single d 0); [|lia|].
      + destruct (Nat.eq_dec 0 0); [simpl; ring|contradiction].
      + intros k _ other. destruct (Nat.eq_dec k 0); [contradiction|ring]. }
  assert (size : norm (at_point_monic (monic_list d a) zero) = (x * x) ^ d).
  { replace ((x * x) ^ d) with ((x * x) ^ length (monic_list d a)) by (unfold monic_list;
      rewrite map_length, seq_length; reflexivity).
    apply (norm_of_factor x m (monic_list d a) (quotient d a (m - (d - 1)))); trivial.
    - rewrite quotient_length. unfold monic_list. rewrite map_length, seq_length. lia.
    - unfold monic_list. rewrite map_length, seq_length. lia.
    - intros z. rewrite quotient_is by lia. replace (d - 1 + (m - (d - 1)))%nat with m by lia. f_equal.
      destruct d as [|d]; [lia|]. rewrite ctotal_first, remains by lia. destruct (Nat.eq_dec 0 0); [|contradiction].
      rewrite (ctotal_ext d _ (fun _ => times zero zero)).
      + rewrite ctotal_times. simpl. ring.
      + intros l bl. rewrite remains by lia. destruct (Nat.eq_dec (S l) 0); [lia|]. change (real 0) with zero. ring. }
  assert (constant : norm (at_point_monic (monic_list d a) zero) = a 0%nat * a 0%nat).
  { destruct d as [|d']; [contradiction|]. unfold monic_list, norm. simpl. ring. }
  rewrite constant, Rpow_mult_distr in size.
  apply (others d); [lia|]. assert (a_in : K (a 0%nat)) by (apply ka; lia).
  destruct (Rsqr_eq (a 0%nat) (x ^ d)) as [plus|minus]; [unfold Rsqr; exact size| |].
  - rewrite <- plus. exact a_in.
  - replace (x ^ d) with (- a 0%nat) by lra. auto.
Qed.
