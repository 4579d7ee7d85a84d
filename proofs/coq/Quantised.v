(** T8, quantised weights: which blocks let the rows or the columns of a matrix move. *)

From Coq Require Import Arith Lia ZArith Reals Lra Classical.
From Rope Require Import Decision Riffle.
Local Open Scope R_scope.

(** Blocks of b columns within one row, in any format: [store] makes a code of the numbers of a block, [load] makes
    numbers of it. *)
Definition stored {code} b (store : (nat -> R) -> code) (w : nat -> nat -> R) (i j : nat) : code :=
  store (fun l => w i (j * b + l)%nat).
Definition loaded {code} b (load : code -> nat -> R) (codes : nat -> nat -> code) (i k : nat) : R :=
  load (codes i (k / b)%nat) (k mod b)%nat.

(** Rows pass such blocks, whatever the format: with the codes of a row moved as they are its numbers move. *)
Theorem rows_pass_blocks {code} b load (codes : nat -> nat -> code) f i k :
  loaded b load (fun r => codes (f r)) i k = loaded b load codes (f i) k.
Proof. reflexivity. Qed.

(** Nor does it matter whether rows move before they are quantised or after. *)
Theorem rows_move_before_or_after {code} b (store : (nat -> R) -> code) w f i j :
  stored b store (fun r => w (f r)) i j = stored b store w (f i) j.
Proof. reflexivity. Qed.

(** Blocks within a row with a scale and a least value each: these take the factor of the row, and the codes stay. The
    numbers are real: whether a product still is a number of the stored type is not asked. *)
Theorem block_scales_take_factors b (scale least : nat -> nat -> R) (code : nat -> nat -> Z) c i k :
  c i * scale i (k / b)%nat * IZR (code i k) + c i * least i (k / b)%nat
  = c i * (scale i (k / b)%nat * IZR (code i k) + least i (k / b)%nat).
Proof. ring. Qed.

(** Tiles of h rows and b columns with one scale each (h = 1: blocks within a row), and codes from -q to q. *)
Definition tiled h b (scale : nat -> nat -> R) (code : nat -> nat -> Z) (i k : nat) : R :=
  scale (i / h)%nat (k / b)%nat * IZR (code i k).
Definition within (q : Z) (code : nat -> nat -> Z) : Prop := forall i k, (- q <= code i k <= q)%Z.

(** The numbers below n that share a block of h go to a common block. *)
Definition together h n (f : nat -> nat) : Prop :=
  forall i l, (i < n)%nat -> (l < n)%nat -> (i / h = l / h)%nat -> (f i / h = f l / h)%nat.

Lemma one_scale_is_not_two q t c c' :
  (1 <= q)%Z -> t * IZR c = 1 -> (- q <= c' <= q)%Z -> t * IZR c' <> IZR (q + 1).
Proof.
  intros some one bounds other.
  assert (equal : (c' = (q + 1) * c)%Z).
  { apply eq_IZR. rewrite mult_IZR. apply (Rmult_eq_reg_l t).
    - rewrite other. transitivity (IZR (q + 1) * (t * IZR c)); [rewrite one|]; ring.
    - intros zero. rewrite zero, Rmult_0_l in one. lra. }
  assert (c <> 0%Z) by (intros ->; rewrite Rmult_0_r in one; lra). nia.
Qed.

(** Rows pass tiles of h rows exactly if the rows of a tile stay together. If not, there are scales and codes such that
    no scales and no codes of as many bits, moved or new, give the moved matrix. *)
Theorem rows_pass_tiles h b n q f :
  (0 < h)%nat -> (1 <= q)%Z ->
  (forall scale code, within q code -> exists scale' code', within q code' /\
    forall i k, (i < h * n)%nat -> tiled h b scale' code' i k = tiled h b scale code (f i) k) <->
  together h (h * n) f.
Proof.
  intros some room. split.
  - intros passes i l bi bl one_tile. apply NNPP. intros apart.
    destruct (passes (fun j _ => if Nat.eq_dec j (f i / h) then 1 else IZR (q + 1)) (fun _ _ => 1%Z))
      as [scale [code [low equal]]]; [intros ? ?; lia|].
    generalize (equal i 0%nat bi) (equal l 0%nat bl). unfold tiled. rewrite one_tile.
    destruct (Nat.eq_dec (f i / h) (f i / h)) as [_|]; [|contradiction].
    destruct (Nat.eq_dec (f l / h) (f i / h)) as [same|_]; [congruence|]. rewrite !Rmult_1_r.
    intros first second. eapply one_scale_is_not_two; eauto.
  - intros stay scale code low. exists (fun j => scale (f (h * j) / h)%nat), (fun i => code (f i)).
    split; [intros i; apply low|]. intros i k bi. unfold tiled. f_equal. f_equal.
    assert (below : (i / h < n)%nat) by (apply Nat.div_lt_upper_bound; lia).
    apply stay; trivial; [nia|]. rewrite Nat.mul_comm, Nat.div_mul by lia. reflexivity.
Qed.

(** The same for columns, as in the output projection behind values that moved: blocks of b columns let them pass
    exactly if the columns of a block stay together. *)
Theorem columns_pass_blocks h b n q f :
  (0 < b)%nat -> (1 <= q)%Z ->
  (forall scale code, within q code -> exists scale' code', within q code' /\
    forall i k, (k < b * n)%nat -> tiled h b scale' code' i k = tiled h b scale code i (f k)) <->
  together b (b * n) f.
Proof.
  intros some room. rewrite <- (rows_pass_tiles b h n q f some room).
  split; intros passes scale code low;
    (destruct (passes (fun i k => scale k i) (fun i k => code k i)) as [scale' [code' [low' equal]]];
      [intros i k; apply low|]);
    exists (fun i k => scale' k i), (fun i k => code' k i); (split; [intros i k; apply low'|]);
    intros i k below; [apply (equal k i)|apply (equal k i)]; exact below.
Qed.

(** Adjacent and half pairing: of n pairs, no block of 2 to n rows stays together. *)
Theorem riffle_parts_blocks h n : (2 <= h <= n)%nat -> ~ together h (2 * n) (riffle n).
Proof.
  intros bounds stay. generalize (stay 0%nat (h - 1)%nat ltac:(lia) ltac:(lia)).
  destruct (riffle_keeps_pairs n 0 ltac:(lia)) as [-> _], (riffle_keeps_pairs n (h - 1) ltac:(lia)) as [-> _].
  rewrite Nat.mul_0_r, !Nat.div_small by lia. intros parted. specialize (parted eq_refl).
  assert (1 <= 2 * (h - 1) / h)%nat by (apply Nat.div_le_lower_bound; lia). lia.
Qed.

(** A block of the whole head does. *)
Theorem riffle_keeps_heads n : together (2 * n) (2 * n) (riffle n).
Proof.
  intros i l bi bl _. rewrite !Nat.div_small by (apply riffle_in_range; trivial). reflexivity.
Qed.
