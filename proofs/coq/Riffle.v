(** The permutation between adjacent and half pairing, for every number n of pairs.

    W_target_rows = W_source_rows[riffle]: source adjacent (2j, 2j + 1), target half (j, j + n). *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums.

Definition riffle n i := if i <? n then 2 * i else 2 * (i - n) + 1.
Definition unriffle n k := if Nat.even k then Nat.div2 k else n + Nat.div2 k.

Ltac decide_below := unfold riffle; repeat match goal with
  | |- context [?i <? ?n] => destruct (Nat.ltb_spec i n) end; try lia.

Theorem riffle_in_range n i : i < 2 * n -> riffle n i < 2 * n.
Proof. intros. decide_below. Qed.

(** A bijection: each side undoes the other. *)
Theorem unriffle_riffle n i : i < 2 * n -> unriffle n (riffle n i) = i.
Proof.
  intros. unfold riffle. destruct (Nat.ltb_spec i n); unfold unriffle.
  - rewrite Nat.even_mul. simpl orb. rewrite Nat.div2_double. reflexivity.
  - replace (2 * (i - n) + 1) with (S (2 * (i - n))) by lia.
    rewrite Nat.even_succ, Nat.odd_mul. simpl andb. rewrite Nat.div2_succ_double. lia.
Qed.

Theorem riffle_unriffle n k : k < 2 * n -> riffle n (unriffle n k) = k.
Proof.
  intros. unfold unriffle. destruct (Nat.even k) eqn:parity.
  - apply Nat.even_spec in parity as [j ->]. rewrite Nat.div2_double. decide_below.
  - assert (odd : Nat.odd k = true) by (unfold Nat.odd; rewrite parity; reflexivity).
    apply Nat.odd_spec in odd as [j ->].
    replace (2 * j + 1) with (S (2 * j)) by lia. rewrite Nat.div2_succ_double. decide_below.
Qed.

(** Pairs go to pairs, first lane to first lane, so the direction stays. *)
Theorem riffle_keeps_pairs n j : j < n -> riffle n j = 2 * j /\ riffle n (j + n) = 2 * j + 1.
Proof. intros. split; decide_below. Qed.

(** It undoes itself at rotary widths 2 and 4 only. *)
Theorem riffle_own_inverse n :
  1 <= n -> (forall i, i < 2 * n -> riffle n (riffle n i) = i) <-> 2 * n = 2 \/ 2 * n = 4.
Proof.
  intros some. split.
  - intros own. destruct (le_lt_dec n 2); [lia|]. exfalso.
    generalize (own 1 ltac:(lia)). decide_below.
  - intros small i below. decide_below.
Qed.

Local Open Scope R_scope.

(** A sum over the lanes does not see the riffle: this is why scores stay. *)
Theorem total_riffle n f : total (2 * n) (fun i => f (riffle n i)) = total (2 * n) f.
Proof.
  rewrite total_halves, total_adjacent. apply total_ext. intros j below.
  destruct (riffle_keeps_pairs n j below) as [-> ->]. reflexivity.
Qed.

(** The two kernels. Lane i of one head x, with the angle of each pair. *)
Definition adjacent_kernel (angle : nat -> R) (x : nat -> R) (i : nat) : R :=
  let t := angle (Nat.div2 i) in
  let even := (2 * Nat.div2 i)%nat in
  if Nat.even i then x even * cos t - x (even + 1)%nat * sin t
  else x even * sin t + x (even + 1)%nat * cos t.

Definition half_kernel (n : nat) (angle : nat -> R) (x : nat -> R) (i : nat) : R :=
  if (i <? n)%nat then x i * cos (angle i) - x (i + n)%nat * sin (angle i)
  else x (i - n)%nat * sin (angle (i - n)%nat) + x i * cos (angle (i - n)%nat).

(** Riffled rows in the half kernel give the riffled output of the adjacent kernel, whatever the angles. *)
Theorem kernels_agree n angle x i :
  (i < 2 * n)%nat ->
  half_kernel n angle (fun k => x (riffle n k)) i = adjacent_kernel angle x (riffle n i).
Proof.
  intros below. unfold half_kernel. destruct (Nat.ltb_spec i n) as [first|second].
  - destruct (riffle_keeps_pairs n i first) as [-> ->]. unfold adjacent_kernel.
    rewrite Nat.div2_double, Nat.even_mul. reflexivity.
  - destruct (riffle_keeps_pairs n (i - n) ltac:(lia)) as [lower upper].
    replace (i - n + n)%nat with i in upper by lia. rewrite lower, upper. unfold adjacent_kernel.
    replace (2 * (i - n) + 1)%nat with (S (2 * (i - n))) by lia.
    rewrite Nat.div2_succ_double, Nat.even_succ, Nat.odd_mul. simpl andb. cbv iota.
    replace (S (2 * (i - n)))%nat with (2 * (i - n) + 1)%nat by lia. reflexivity.
Qed.

(** So the scores are equal: q and k may stand at different positions, with different angles. *)
Theorem scores_agree n angle_q angle_k q k :
  total (2 * n) (fun i => half_kernel n angle_q (fun l => q (riffle n l)) i
                          * half_kernel n angle_k (fun l => k (riffle n l)) i)
  = total (2 * n) (fun i => adjacent_kernel angle_q q i * adjacent_kernel angle_k k i).
Proof.
  rewrite <- (total_riffle n (fun i => adjacent_kernel angle_q q i * adjacent_kernel angle_k k i)).
  apply total_ext. intros i below. rewrite !kernels_agree by exact below. reflexivity.
Qed.
