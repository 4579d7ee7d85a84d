(** Fields of real numbers, and what is independent over one. *)

From Coq Require Import Arith Lia Reals Lra Classical.
From Rope Require Import Sums Decision.
Local Open Scope R_scope.

Definition field (K : R -> Prop) : Prop :=
  K 0 /\ K 1 /\ (forall x y, K x -> K y -> K (x + y)) /\ (forall x y, K x -> K y -> K (x * y)) /\
  (forall x, K x -> K (- x)) /\ (forall x, x <> 0 -> K x -> K (/ x)).

(** Linear independence over K of the first n of v. *)
Definition independent (K : R -> Prop) n (v : nat -> R) : Prop :=
  forall c, (forall i, (i < n)%nat -> K (c i)) -> total n (fun i => c i * v i) = 0 ->
  forall i, (i < n)%nat -> c i = 0.

Lemma field_total K (isfield : field K) n f : (forall i, (i < n)%nat -> K (f i)) -> K (total n f).
Proof.
  destruct isfield as [k0 [_ [kplus _]]]. induction n as [|n IH]; simpl; intros each; [trivial|]. apply kplus; auto.
Qed.

Lemma field_pow K (isfield : field K) x n : K x -> K (x ^ n).
Proof. destruct isfield as [_ [k1 [_ [kmult _]]]]. intros kx. induction n; simpl; auto. Qed.

(** m + 1 vectors of m entries in a field are linearly dependent over it. *)
Lemma dependent_over K (isfield : field K) m : forall v : nat -> nat -> R,
  (forall i j, (i < S m)%nat -> (j < m)%nat -> K (v i j)) ->
  exists c, (forall i, (i < S m)%nat -> K (c i)) /\ (exists i, (i < S m)%nat /\ c i <> 0) /\
    forall j, (j < m)%nat -> total (S m) (fun i => c i * v i j) = 0.
Proof.
  pose proof isfield as [k_0 [k_1 [k_plus [k_mult [k_opp k_inv]]]]].
  assert (k_minus : forall x y, K x -> K y -> K (x - y)) by (intros; apply k_plus; auto).
  pose proof (field_total K isfield) as k_total.
  induction m as [|m IH]; intros v entries.
  - exists (fun _ => 1). repeat split; [intros; apply k_1|exists 0%nat; split; [lia|lra]|intros; lia].
  - destruct (classic (exists i0, (i0 < S (S m))%nat /\ v i0 m <> 0)) as [[i0 [below pivot]]|none].
    + pose (sw := fun i => if Nat.eq_dec i i0 then S m else if Nat.eq_dec i (S m) then i0 else i).
      assert (order : permutes (S (S m)) sw sw).
      { intros i inside. unfold sw. repeat split; repeat destruct Nat.eq_dec; lia. }
      pose (w := fun i => v (sw i)).
      assert (last : w (S m) m <> 0).
      { unfold w, sw. repeat destruct Nat.eq_dec; try congruence. }
      assert (rw : forall i j, (i < S (S m))%nat -> (j < S m)%nat -> K (w i j)).
      { intros i j bi bj. apply entries; trivial. apply (order i bi). }
      destruct (IH (fun i j => w i j - w i m * / w (S m) m * w (S m) j)) as [c [rc [[i1 [b1 some]] zero]]].
      { intros i j bi bj. apply k_minus; [apply rw; lia|].
        repeat apply k_mult; try apply k_inv; trivial; apply rw; lia. }
      pose (c' := fun i =>
        if Nat.eq_dec i (S m) then - total (S m) (fun i => c i * (w i m * / w (S m) m)) else c i).
      assert (low : forall i, (i < S m)%nat -> c' i = c i).
      { intros i bi. unfold c'. destruct (Nat.eq_dec i (S m)); [lia|reflexivity]. }
      exists (fun i => c' (sw i)). split; [|split].
      * intros i bi. destruct (order i bi) as [inside _]. unfold c'. destruct (Nat.eq_dec (sw i) (S m)).
        -- apply k_opp, k_total. intros k bk. apply k_mult; [apply rc; trivial|].
           apply k_mult; [|apply k_inv; trivial]; apply rw; lia.
        -- apply rc. lia.
      * exists (sw i1). destruct (order i1 ltac:(lia)) as [inside [_ [_ back]]]. split; trivial.
      rewrite back, low; trivial.
      * intros j bj.
        rewrite (total_ext _ _ (fun i => c' (sw i) * w (sw i) j)).
        2:{ intros i bi. unfold w. destruct (order i bi) as [_ [_ [_ ->]]]. reflexivity. }
        rewrite (total_permuted (S (S m)) sw sw (fun i => c' i * w i j) order).
        change (total (S m) (fun i => c' i * w i j) + c' (S m) * w (S m) j = 0).
        rewrite (total_ext (S m) _ (fun i => c i * w i j)) by (intros; rewrite low; trivial).
        unfold c'. destruct (Nat.eq_dec (S m) (S m)); [|contradiction].
        assert (sum : total (S m) (fun i => c i * (w i j - w i m * / w (S m) m * w (S m) j)) = 0).
        { destruct (Nat.eq_dec j m) as [->|]; [|apply zero; lia].
          rewrite (total_ext _ _ (fun _ => 0)); [apply total_zero|]. intros. field. trivial. }
        rewrite <- sum. rewrite (total_ext (S m) (fun i => c i * (w i j - w i m * / w (S m) m * w (S m) j))
          (fun i => c i * w i j + (- w (S m) j) * (c i * (w i m * / w (S m) m)))) by (intros; ring).
        rewrite total_plus, total_scale. ring.
    + destruct (IH v) as [c [rc [[i1 [b1 some]] zero]]]; [intros; apply entries; lia|].
      exists (fun i => if Nat.eq_dec i (S m) then 0 else c i). split; [|split].
      * intros i bi. destruct (Nat.eq_dec i (S m)); [apply k_0|]. apply rc. lia.
      * exists i1. split; [lia|]. destruct (Nat.eq_dec i1 (S m)); [lia|trivial].
      * intros j bj. change (total (S m) (fun i => (if Nat.eq_dec i (S m) then 0 else c i) * v i j)
          + (if Nat.eq_dec (S m) (S m) then 0 else c (S m)) * v (S m) j = 0).
        destruct (Nat.eq_dec (S m) (S m)); [|contradiction].
        rewrite (total_ext (S m) _ (fun i => c i * v i j)).
        2:{ intros i bi. destruct (Nat.eq_dec i (S m)); [lia|reflexivity]. }
        destruct (Nat.eq_dec j m) as [->|]; [|rewrite zero by lia; ring].
        rewrite (total_ext _ _ (fun _ => 0)); [rewrite total_zero; ring|].
        intros i bi. replace (v i m) with 0; [ring|]. apply NNPP.
        intros differ. apply none. exists i. split; [lia|]. auto.
Qed.

(** A zero of a polynomial over K that is not 0. *)
Definition algebraic_over (K : R -> Prop) (x : R) : Prop :=
  exists n q, (forall k, (k < n)%nat -> K (q k)) /\ (exists k, (k < n)%nat /\ q k <> 0) /\
    total n (fun k => q k * x ^ k) = 0.

(** Numbers whose combinations over K x carries into themselves make x algebraic over K. *)
Lemma stable_over K (isfield : field K) x n (v : nat -> R) (a : nat -> nat -> R) i0 :
  (forall i j, (i < n)%nat -> (j < n)%nat -> K (a i j)) -> (i0 < n)%nat -> v i0 <> 0 ->
  (forall i, (i < n)%nat -> x * v i = total n (fun j => a i j * v j)) -> algebraic_over K x.
Proof.
  pose proof isfield as [k_0 [k_1 [_ [k_mult _]]]].
  intros entries below some stable.
  pose (power := fix power k j := match k with
    | O => if Nat.eq_dec j i0 then 1 else 0
    | S k => total n (fun i => power k i * a i j) end).
  assert (rp : forall k j, (j < n)%nat -> K (power k j)).
  { induction k as [|k IH]; intros j bj; simpl.
    - destruct (Nat.eq_dec j i0); trivial.
    - apply field_total; auto. }
  assert (is_power : forall k, x ^ k * v i0 = total n (fun j => power k j * v j)).
  { induction k as [|k IH]; simpl.
    - rewrite (total_single n i0); trivial; [destruct (Nat.eq_dec i0 i0); [ring|contradiction]|].
      intros j _ other. destruct (Nat.eq_dec j i0); [contradiction|ring].
    - rewrite Rmult_assoc, IH, <- total_scale.
      rewrite (total_ext n _ (fun i => total n (fun j => power k i * a i j * v j))).
      + rewrite total_exchange. apply total_ext. intros j _. apply total_scale_right.
      + intros i bi. replace (x * (power k i * v i)) with (power k i * (x * v i)) by ring.
        rewrite stable, <- total_scale by trivial. apply total_ext. intros. ring. }
  destruct (dependent_over K isfield n power) as [c [rc [nonzero zero]]]; [auto|].
  exists (S n), c. split; [trivial|split; [trivial|]]. apply (Rmult_eq_reg_r (v i0)); trivial.
  rewrite Rmult_0_l, <- total_scale_right.
  rewrite (total_ext (S n) _ (fun k => total n (fun j => c k * power k j * v j))).
  - rewrite total_exchange, (total_ext n _ (fun _ => 0)); [apply total_zero|].
    intros j bj. rewrite total_scale_right, zero by trivial. ring.
  - intros k _. rewrite Rmult_assoc, is_power, <- total_scale. apply total_ext. intros. ring.
Qed.

(** The next power of a number that is algebraic over K, in the n powers before. *)
Lemma powers_over K (isfield : field K) x :
  algebraic_over K x -> exists n a, (0 < n)%nat /\ (forall i k, (i < n)%nat -> (k < n)%nat -> K (a i k)) /\
    forall i, (i < n)%nat -> x * x ^ i = total n (fun k => a i k * x ^ k).
Proof.
  destruct isfield as [k_0 [k_1 [_ [k_mult [k_opp k_inv]]]]].
  intros [n [q [rq [[k [bk some]] zero]]]].
  revert k rq bk some zero. induction n as [|n IH]; intros k rq bk some zero; [lia|].
  destruct (Req_dec (q n) 0) as [top|top].
  - apply (IH k); auto.
    + destruct (Nat.eq_dec k n) as [->|]; [contradiction|lia].
    + simpl in zero. rewrite top in zero. lra.
  - destruct n as [|n]; [simpl in zero; exfalso; apply top; lra|].
    exists (S n), (fun i k => if Nat.eq_dec i n then - (q k * / q (S n)) else if Nat.eq_dec k (S i) then 1 else 0).
    split; [lia|split].
    + intros i l bi bl. destruct (Nat.eq_dec i n).
      * apply k_opp, k_mult; [|apply k_inv]; auto.
      * destruct (Nat.eq_dec l (S i)); trivial.
    + intros i bi. destruct (Nat.eq_dec i n) as [->|].
      * rewrite (total_ext (S n) _ (fun k => (- / q (S n)) * (q k * x ^ k))) by (intros; ring).
        rewrite total_scale. change (total (S n) (fun k => q k * x ^ k) + q (S n) * (x * x ^ n) = 0) in zero.
        replace (total (S n) (fun k => q k * x ^ k)) with (- (q (S n) * (x * x ^ n))) by lra. field. trivial.
      * rewrite (total_single (S n) (S i))
        by (lia || (intros l _ other; destruct (Nat.eq_dec l (S i)); [contradiction|ring])).
        destruct (Nat.eq_dec (S i) (S i)); [simpl; ring|contradiction].
Qed.
