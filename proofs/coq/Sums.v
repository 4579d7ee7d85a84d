(** Finite sums of reals, the one tool that the other files share. *)

From Coq Require Import Arith Lia Reals Lra.
Local Open Scope R_scope.

(** [total n f] is f 0 + ... + f (n - 1). *)
Fixpoint total (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S k => total k f + f k
  end.

Lemma total_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> total n f = total n g.
Proof.
  induction n as [|n IH]; intros same; simpl; [reflexivity|].
  rewrite IH by (intros; apply same; lia).
  rewrite same by lia. reflexivity.
Qed.

Lemma total_zero n : total n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma total_plus n f g : total n (fun i => f i + g i) = total n f + total n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma total_scale n c f : total n (fun i => c * f i) = c * total n f.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma total_scale_right n c f : total n (fun i => f i * c) = total n f * c.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

(** The order of two sums may be exchanged. *)
Lemma total_exchange n m f :
  total n (fun i => total m (fun k => f i k)) = total m (fun k => total n (fun i => f i k)).
Proof.
  induction n as [|n IH]; simpl.
  - symmetry. apply total_zero.
  - rewrite IH. symmetry. apply total_plus.
Qed.

(** A sum with one term that is not zero. *)
Lemma total_single n i f :
  (i < n)%nat -> (forall k, (k < n)%nat -> k <> i -> f k = 0) -> total n f = f i.
Proof.
  induction n as [|n IH]; intros below others; [lia|]. simpl.
  destruct (Nat.eq_dec i n) as [->|differs].
  - rewrite (total_ext n f (fun _ => 0)) by (intros; apply others; lia).
    rewrite total_zero. lra.
  - rewrite IH by (lia || (intros; apply others; lia)).
    rewrite (others n) by lia. lra.
Qed.

(** The lanes of n pairs, summed as adjacent pairs and as halves. *)
Lemma total_adjacent n f : total (2 * n) f = total n (fun j => f (2 * j)%nat + f (2 * j + 1)%nat).
Proof.
  induction n as [|n IH]; [reflexivity|].
  replace (2 * S n)%nat with (S (S (2 * n))) by lia.
  change (total (2 * n) f + f (2 * n)%nat + f (S (2 * n))
          = total n (fun j => f (2 * j)%nat + f (2 * j + 1)%nat) + (f (2 * n)%nat + f (2 * n + 1)%nat)).
  rewrite IH. replace (2 * n + 1)%nat with (S (2 * n)) by lia. ring.
Qed.

Lemma total_append n m f : total (n + m) f = total n f + total m (fun j => f (j + n)%nat).
Proof.
  induction m as [|m IH].
  - rewrite Nat.add_0_r. simpl. lra.
  - rewrite Nat.add_succ_r. simpl. rewrite IH.
    replace (m + n)%nat with (n + m)%nat by lia. ring.
Qed.

Lemma total_halves n f : total (2 * n) f = total n (fun j => f j + f (j + n)%nat).
Proof.
  replace (2 * n)%nat with (n + n)%nat by lia.
  rewrite total_append, total_plus. reflexivity.
Qed.
