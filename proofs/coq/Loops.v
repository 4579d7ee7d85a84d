(** Values that kernels carry from pair to pair, and their closed forms. *)

From Coq Require Import Arith Lia Reals Lra.

(** The counter: 0 where the sector wraps, else the next of 0, 1, 2. [sectors] is the sum of the sections. *)
Fixpoint counter sectors j :=
  match j with
  | O => 0
  | S i => if (S i) mod sectors =? 0 then 0 else if counter sectors i =? 2 then 0 else S (counter sectors i)
  end.

Lemma mod_next m i : m <> 0 -> (S i) mod m = if (S i) mod m =? 0 then 0 else S (i mod m).
Proof.
  intros some. destruct (Nat.eqb_spec ((S i) mod m) 0) as [->|inside]; [reflexivity|].
  generalize (Nat.div_mod i m some) (Nat.mod_upper_bound i m some). intros split bound.
  destruct (Nat.eq_dec (S (i mod m)) m) as [full|room].
  - exfalso. apply inside. replace (S i) with ((i / m + 1) * m) by nia. apply Nat.mod_mul. exact some.
  - symmetry. apply (Nat.mod_unique (S i) m (i / m)); lia.
Qed.

Lemma mod_3_next x : S x mod 3 = if x mod 3 =? 2 then 0 else S (x mod 3).
Proof.
  generalize (Nat.div_mod x 3 ltac:(discriminate)) (Nat.mod_upper_bound x 3 ltac:(discriminate)).
  intros split bound. symmetry. destruct (Nat.eqb_spec (x mod 3) 2).
  - apply (Nat.mod_unique (S x) 3 (S (x / 3))); lia.
  - apply (Nat.mod_unique (S x) 3 (x / 3)); lia.
Qed.

Theorem counter_is_sector_mod_3 sectors j : sectors <> 0 -> counter sectors j = j mod sectors mod 3.
Proof.
  intros some. induction j as [|j IH]; simpl counter; [rewrite Nat.mod_0_l by exact some; reflexivity|].
  rewrite (mod_next sectors j some). destruct ((S j) mod sectors =? 0); [reflexivity|].
  rewrite IH, mod_3_next. reflexivity.
Qed.

Fixpoint counter_without_reset j :=
  match j with O => 0 | S i => if counter_without_reset i =? 2 then 0 else S (counter_without_reset i) end.

(** Without the reset it is wrong: with 4 sectors, first at pair 4. *)
Theorem counter_needs_its_reset :
  counter_without_reset 4 <> 4 mod 4 mod 3 /\ forall j, j < 4 -> counter_without_reset j = j mod 4 mod 3.
Proof.
  split; [discriminate|].
  intros j below. do 4 (destruct j as [|j]; [reflexivity|]). lia.
Qed.

Local Open Scope R_scope.

Fixpoint running (scale : R) (j : nat) : R := match j with O => 1 | S i => running scale i * scale end.

(** The running product theta *= theta_scale, for theta_scale = base^(-2/n). *)
Theorem running_product base n j :
  0 < base -> 0 < n -> running (Rpower base (-2 / n)) j = Rpower base (-2 * INR j / n).
Proof.
  intros positive some. induction j as [|j IH].
  - simpl. replace (-2 * 0 / n) with 0 by (field; lra). rewrite Rpower_O; trivial.
  - simpl running. rewrite IH, <- Rpower_plus, S_INR. f_equal. field. lra.
Qed.
