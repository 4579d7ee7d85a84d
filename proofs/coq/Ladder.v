(** The five relations between two tables, as statements about every position, and that each implies the next. *)

From Coq Require Import Arith Reals Lra Lia List.
From Rope Require Import Sums Decision Exact Angles Tables Similarity.
Import ListNotations.
Local Open Scope R_scope.

Section Meaning.

Variable v : positive -> R.
Variable coordinates : list nat.
(** The layout that the weights were made for, and the one that the kernel computes. *)
Variable s t : table.

Notation d := (width s).

Definition equal_kernels : Prop :=
  forall x r c, possible coordinates s x -> (r < d)%nat -> (c < d)%nat ->
    kernel v coordinates s x r c = kernel v coordinates t x r c.

(** The factors are positive, and those of lane i of the target are those of lane f i of the source. *)
Definition scores_linked (f : nat -> nat) (scale : nat -> R) : Prop :=
  forall x y i j, possible coordinates s x -> possible coordinates s y -> (i < d)%nat -> (j < d)%nat ->
    scale i * scale j * score v coordinates t x y i j = score v coordinates s x y (f i) (f j).

Definition equal_scores : Prop := scores_linked (fun i => i) (fun _ => 1).

Definition permuted_by (f : nat -> nat) : Prop := (exists g, permutes d f g) /\ scores_linked f (fun _ => 1).

Definition pair_mapped_by (f : nat -> nat) : Prop :=
  (exists g, permutes d f g) /\ exists scale, (forall i, (i < d)%nat -> 0 < scale i) /\ scores_linked f scale.

(** Fixed invertible maps A of W_q and B of W_k, with A^T M_T(x, y) B = M_S(x, y) for all tokens; [a] is A^T. *)
Definition linear : Prop :=
  exists a a' b b', same d (mul d a a') one /\ same d (mul d a' a) one /\ same d (mul d b b') one /\
    same d (mul d b' b) one /\
    forall x y, possible coordinates s x -> possible coordinates s y ->
      same d (mul d (mul d a (score v coordinates t x y)) b) (score v coordinates s x y).

(** The rungs in order: identical, equal-scores, permutation, pair-map, linear. *)
Definition related (rung : nat) : Prop :=
  match rung with
  | 0 => equal_kernels
  | 1 => equal_scores
  | 2 => exists f, permuted_by f
  | 3 => exists f, pair_mapped_by f
  | _ => linear
  end.

Variable alike : width t = width s.

Lemma identical_equal_scores : equal_kernels -> equal_scores.
Proof.
  intros equal x y i j at_x at_y below_i below_j. rewrite !Rmult_1_l. unfold score. rewrite alike. symmetry.
  apply total_ext. intros r below. rewrite !equal; trivial.
Qed.

Lemma equal_scores_permuted : equal_scores -> permuted_by (fun i => i).
Proof. intros equal. split; [|exact equal]. exists (fun i => i). repeat split; trivial. Qed.

Lemma permuted_pair_mapped f : permuted_by f -> pair_mapped_by f.
Proof. intros [order equal]. split; trivial. exists (fun _ => 1). split; trivial. intros. lra. Qed.

Definition moved_by (f : nat -> nat) (scale : nat -> R) (i k : nat) : R := if Nat.eq_dec k (f i) then scale i else 0.

Lemma moved_mul f g scale m i k :
  permutes d f g -> (i < d)%nat -> mul d (moved_by f scale) m i k = scale i * m (f i) k.
Proof.
  intros order below. unfold mul. destruct (order i below) as [target _].
  rewrite (total_single d (f i)); trivial; unfold moved_by.
  - destruct (Nat.eq_dec (f i) (f i)); [reflexivity|contradiction].
  - intros l _ other. destruct (Nat.eq_dec l (f i)); [contradiction|ring].
Qed.

Lemma mul_moved f g scale m i k :
  permutes d f g -> (k < d)%nat -> mul d m (moved_by f scale) i k = m i (g k) * scale (g k).
Proof.
  intros order below. unfold mul. destruct (order k below) as [_ [target [_ forth]]].
  rewrite (total_single d (g k)); trivial; unfold moved_by.
  - rewrite forth. destruct (Nat.eq_dec k k); [reflexivity|contradiction].
  - intros l inside other. destruct (Nat.eq_dec k (f l)) as [equal|]; [|ring]. exfalso. apply other.
    destruct (order l inside) as [_ [_ [back _]]]. congruence.
Qed.

Lemma moved_inverse f g scale scale' :
  permutes d f g -> (forall i, (i < d)%nat -> scale i * scale' (f i) = 1) ->
  same d (mul d (moved_by f scale) (moved_by g scale')) one.
Proof.
  intros order unit i k below_i below_k. rewrite (moved_mul f g) by trivial. unfold moved_by, one.
  destruct (order i below_i) as [_ [_ [back _]]]. rewrite back.
  destruct (Nat.eq_dec k i), (Nat.eq_dec i k); try congruence; [apply unit; trivial|ring].
Qed.

Lemma pair_mapped_linear f : pair_mapped_by f -> linear.
Proof.
  intros [[g order] [scale [positive equal]]]. generalize (permutes_back _ _ _ order). intros back.
  assert (apart : forall i, (i < d)%nat -> scale i <> 0) by (intros i below; generalize (positive i below); lra).
  exists (moved_by g (fun i => scale (g i))), (moved_by f (fun i => / scale i)),
    (moved_by f scale), (moved_by g (fun i => / scale (g i))).
  repeat split.
  - apply (moved_inverse g f); trivial. intros i below. destruct (order i below) as [_ [inside _]]. field. auto.
  - apply (moved_inverse f g); trivial. intros i below. destruct (order i below) as [_ [_ [-> _]]]. field. auto.
  - apply (moved_inverse f g); trivial. intros i below. destruct (order i below) as [_ [_ [-> _]]]. field. auto.
  - apply (moved_inverse g f); trivial. intros i below. destruct (order i below) as [_ [inside _]]. field. auto.
  - intros x y at_x at_y i k below_i below_k. rewrite (mul_moved f g) by trivial. rewrite (moved_mul g f) by trivial.
    destruct (order i below_i) as [_ [inside_i [_ forth_i]]], (order k below_k) as [_ [inside_k [_ forth_k]]].
    rewrite <- forth_i at 3. rewrite <- forth_k at 3. rewrite <- equal by trivial. ring.
Qed.

(** Each rung implies the next. *)
Theorem ladder low high : (low <= high)%nat -> related low -> related high.
Proof.
  induction 1 as [|high _ IH]; trivial. intros start. specialize (IH start).
  destruct high as [|[|[|[|]]]]; cbn [related] in *.
  - apply identical_equal_scores. trivial.
  - exists (fun i => i). apply equal_scores_permuted. trivial.
  - destruct IH as [f IH]. exists f. apply permuted_pair_mapped. trivial.
  - destruct IH as [f IH]. apply (pair_mapped_linear f). trivial.
  - trivial.
Qed.

End Meaning.
