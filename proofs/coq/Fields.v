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
