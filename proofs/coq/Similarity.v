(** n x n matrices as functions of two indices, read below n only.

    T1: maps for q and k that link two layouts are one similarity. T4: a similarity keeps the trace. *)

From Coq Require Import Arith Lia Reals Lra Setoid Morphisms.
From Rope Require Import Sums.
Local Open Scope R_scope.

Definition matrix := nat -> nat -> R.

Section Size.

Variable n : nat.

Definition mul (a b : matrix) : matrix := fun i j => total n (fun k => a i k * b k j).
Definition one : matrix := fun i j => if Nat.eq_dec i j then 1 else 0.
Definition trace (a : matrix) : R := total n (fun i => a i i).
Definition same (a b : matrix) : Prop := forall i j, (i < n)%nat -> (j < n)%nat -> a i j = b i j.

#[local] Instance same_equivalence : Equivalence same.
Proof.
  split.
  - intros a i j _ _. reflexivity.
  - intros a b equal i j ri rj. symmetry. auto.
  - intros a b c first second i j ri rj. rewrite first; auto.
Qed.

#[local] Instance mul_proper : Proper (same ==> same ==> same) mul.
Proof.
  intros a a' first b b' second i j ri rj. apply total_ext. intros k rk.
  rewrite first, second; trivial.
Qed.

Lemma mul_assoc a b c : same (mul (mul a b) c) (mul a (mul b c)).
Proof.
  intros i j _ _. unfold mul.
  rewrite (total_ext n _ (fun k => total n (fun l => a i l * b l k * c k j)))
    by (intros; symmetry; apply total_scale_right).
  rewrite total_exchange. apply total_ext. intros l _.
  rewrite <- total_scale. apply total_ext. intros. ring.
Qed.

Lemma one_mul a : same (mul one a) a.
Proof.
  intros i j ri _. unfold mul, one. rewrite (total_single n i); trivial.
  - destruct (Nat.eq_dec i i); [ring|contradiction].
  - intros k _ differs. destruct (Nat.eq_dec i k); [congruence|ring].
Qed.

Lemma mul_one a : same (mul a one) a.
Proof.
  intros i j _ rj. unfold mul, one. rewrite (total_single n j); trivial.
  - destruct (Nat.eq_dec j j); [ring|contradiction].
  - intros k _ differs. destruct (Nat.eq_dec k j); [congruence|ring].
Qed.

#[local] Instance trace_proper : Proper (same ==> eq) trace.
Proof. intros a b equal. apply total_ext. intros. apply equal; trivial. Qed.

Lemma trace_cycle a b : trace (mul a b) = trace (mul b a).
Proof.
  unfold trace, mul. rewrite total_exchange. apply total_ext. intros.
  apply total_ext. intros. ring.
Qed.

(** T4: a similarity keeps the trace. *)
Theorem trace_of_similar b b' d : same (mul b b') one -> trace (mul (mul b' d) b) = trace d.
Proof.
  intros inverse. rewrite trace_cycle, <- mul_assoc, inverse, one_mul. reflexivity.
Qed.

(** So one position with two different traces refutes every linear map. *)
Theorem trace_refutes d_source d_target :
  trace d_source <> trace d_target ->
  ~ exists b b', same (mul b b') one /\ same d_source (mul (mul b' d_target) b).
Proof.
  intros apart [b [b' [inverse similar]]]. apply apart.
  rewrite similar. apply trace_of_similar. exact inverse.
Qed.

(** T1: if A^T M_T(p, p') B = M_S(p, p') at two position pairs, of which the first stands for (0, 0),
    then D_S = B^-1 D_T B with the same B. A prime marks an inverse;
    A itself need not have one. *)
Theorem reduction_to_similarity a_t b b' target_0 target_0' target source_0 source_0' source :
  same (mul b b') one -> same (mul target_0 target_0') one -> same (mul source_0' source_0) one ->
  same (mul (mul a_t target_0) b) source_0 -> same (mul (mul a_t target) b) source ->
  same (mul source_0' source) (mul (mul b' (mul target_0' target)) b).
Proof.
  intros inverse_b inverse_target inverse_source at_zero at_p.
  assert (tied : same (mul source_0' a_t) (mul b' target_0')).
  { rewrite <- (mul_one (mul source_0' a_t)), <- inverse_target, <- mul_assoc.
    rewrite <- (mul_one (mul (mul source_0' a_t) target_0)), <- inverse_b.
    rewrite <- (mul_assoc (mul (mul source_0' a_t) target_0) b b').
    rewrite (mul_assoc source_0' a_t target_0), (mul_assoc source_0' (mul a_t target_0) b).
    rewrite at_zero, inverse_source, one_mul. reflexivity. }
  rewrite <- at_p, <- !mul_assoc, tied. reflexivity.
Qed.

End Size.
