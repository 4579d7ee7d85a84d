(** What converters do to the rows of W_q and W_k, for all numbers of heads, groups and lanes.

    A converter reshapes W to (groups, A, B, columns), exchanges the two axes in the middle and reshapes back. Heads
    have 2 n lanes; of kv * g heads of q, head h goes with head h / g of k. *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums Riffle.

(** Row-major: the row of W that W.reshape(groups, A, B, -1) has at (h, a, b). *)
Definition place A B h a b := h * (A * B) + a * B + b.

(** Row i of W.reshape(groups, A, B, -1).swapaxes(1, 2).reshape(W.shape) is row [exchanged A B i] of W. *)
Definition exchanged A B i := place A B (i / (A * B)) (i mod (A * B) mod A) (i mod (A * B) / A).

Theorem exchanged_place A B h a b : a < A -> b < B -> exchanged A B (place B A h b a) = place A B h a b.
Proof.
  intros below_A below_B. unfold exchanged, place.
  assert (inside : b * A + a < A * B) by nia.
  replace (h * (B * A) + b * A + a) with (h * (A * B) + (b * A + a)) by nia.
  rewrite <- (Nat.div_unique (h * (A * B) + (b * A + a)) (A * B) h (b * A + a)) by lia.
  rewrite <- (Nat.mod_unique (h * (A * B) + (b * A + a)) (A * B) h (b * A + a)) by lia.
  rewrite <- (Nat.div_unique (b * A + a) A b a) by lia.
  rewrite <- (Nat.mod_unique (b * A + a) A b a) by lia. reflexivity.
Qed.

(** Every row has one such place, so this says it of every row. *)
Theorem every_row_has_a_place groups A B i :
  i < groups * (A * B) -> exists h a b, h < groups /\ a < A /\ b < B /\ i = place A B h a b.
Proof.
  intros below. assert (some : A * B <> 0) by nia. assert (B <> 0) by nia.
  exists (i / (A * B)), (i mod (A * B) / B), (i mod (A * B) mod B).
  generalize (Nat.mod_upper_bound i (A * B) some) (Nat.mod_upper_bound (i mod (A * B)) B ltac:(lia)).
  generalize (Nat.div_mod i (A * B) some) (Nat.div_mod (i mod (A * B)) B ltac:(lia)).
  intros whole part below_AB below_B. unfold place. repeat split; try (apply Nat.div_lt_upper_bound); nia.
Qed.

(** n by 2 is the riffle in each group of 2 n rows, 2 by n what undoes it. *)
Theorem exchanged_is_riffle n h i : i < 2 * n -> exchanged n 2 (h * (2 * n) + i) = h * (2 * n) + riffle n i.
Proof.
  intros below. destruct (Nat.ltb_spec i n).
  - replace (h * (2 * n) + i) with (place 2 n h 0 i) by (unfold place; lia).
    rewrite exchanged_place by lia. unfold place. decide_below.
  - replace (h * (2 * n) + i) with (place 2 n h 1 (i - n)) by (unfold place; lia).
    rewrite exchanged_place by lia. unfold place. decide_below.
Qed.

Theorem exchanged_is_unriffle n h i : i < 2 * n -> exchanged 2 n (h * (2 * n) + i) = h * (2 * n) + unriffle n i.
Proof.
  intros below. rewrite <- (riffle_unriffle n i below) at 1.
  assert (inside : unriffle n i < 2 * n).
  { unfold unriffle. generalize (Nat.div2_odd i). rewrite <- Nat.negb_even.
    destruct (Nat.even i); simpl Nat.b2n; lia. }
  destruct (Nat.ltb_spec (unriffle n i) n) as [first|second].
  - destruct (riffle_keeps_pairs n _ first) as [-> _].
    replace (h * (2 * n) + 2 * unriffle n i) with (place n 2 h (unriffle n i) 0) by (unfold place; lia).
    rewrite exchanged_place by lia. unfold place. lia.
  - destruct (riffle_keeps_pairs n (unriffle n i - n) ltac:(lia)) as [_ upper].
    replace (unriffle n i - n + n) with (unriffle n i) in upper by lia. rewrite upper.
    replace (h * (2 * n) + (2 * (unriffle n i - n) + 1)) with (place n 2 h (unriffle n i - n) 1) by (unfold place; lia).
    rewrite exchanged_place by lia. unfold place. lia.
Qed.

(** The converters, as they are written: the matrix has [rows] rows and is taken to have [groups] heads. *)
Definition adjacent_to_half rows groups := exchanged (rows / groups / 2) 2.
Definition half_to_adjacent rows groups := exchanged 2 (rows / groups / 2).

(** llama.cpp's permute(weights, n_head, n_head_kv). *)
Definition llama_cpp_permute n_head n_head_kv rows :=
  half_to_adjacent rows (if n_head =? n_head_kv then n_head else n_head_kv).

(** llama.cpp's _reverse_hf_permute(weights, n_head, n_kv_head). *)
Definition reverse_hf_permute n_head n_kv_head rows :=
  half_to_adjacent rows (if n_head =? n_kv_head then n_head else n_head / n_kv_head).

(** transformers' PermuteForRope, which takes num_attention_heads for k too. *)
Definition permute_for_rope (inverse : bool) num_attention_heads rows :=
  if inverse then half_to_adjacent rows num_attention_heads else adjacent_to_half rows num_attention_heads.

(** The reshape has as many rows as there are; else the function raises. *)
Definition runs rows groups := groups * (rows / groups / 2 * 2) = rows.

Theorem runs_exactly rows groups : 0 < groups -> runs rows groups <-> Nat.divide (2 * groups) rows.
Proof.
  intros some. unfold runs. split.
  - intros whole. exists (rows / groups / 2). lia.
  - intros [m ->]. replace (m * (2 * groups)) with (m * 2 * groups) at 1 by lia.
    rewrite Nat.div_mul by lia. rewrite Nat.div_mul by lia. lia.
Qed.

Lemma half_of_head groups n : 0 < groups -> groups * (2 * n) / groups / 2 = n.
Proof.
  intros some. replace (groups * (2 * n)) with (2 * n * groups) by lia.
  rewrite Nat.div_mul by lia. replace (2 * n) with (n * 2) by lia. apply Nat.div_mul. lia.
Qed.

Local Open Scope R_scope.

(** What W gives for a token is one number a row; [rows] are those of W after a move. *)
Definition head n h (y : nat -> R) i := y (h * (2 * n) + i)%nat.

Definition kernel := nat -> (nat -> R) -> (nat -> R) -> nat -> R.
Definition adjacent : kernel := fun _ => adjacent_kernel.
Definition half : kernel := half_kernel.

(** The score of head h of q with head h / g of k: [angle_q] and [angle_k] are those of the pairs at two positions. *)
Definition head_score (K : kernel) n g angle_q angle_k q k h :=
  total (2 * n) (fun i => K n angle_q (head n h q) i * K n angle_k (head n (h / g) k) i).

(** With rows moved the target scores as the source did: all heads, all tokens, all angles. *)
Definition is_right (source target : kernel) kv g n (move_q move_k : nat -> nat) :=
  forall angle_q angle_k q k h, (h < kv * g)%nat ->
  head_score target n g angle_q angle_k (fun i => q (move_q i)) (fun i => k (move_k i)) h
  = head_score source n g angle_q angle_k q k h.

(** Head 0 scores otherwise for some tokens, both at position 0, where nothing turns. *)
Definition wrong_at_once (source target : kernel) g n (move_q move_k : nat -> nat) :=
  exists q k,
  head_score target n g (fun _ => 0) (fun _ => 0) (fun i => q (move_q i)) (fun i => k (move_k i)) 0
  <> head_score source n g (fun _ => 0) (fun _ => 0) q k 0.

Lemma wrong_is_not_right source target kv g n move_q move_k :
  (0 < kv)%nat -> (0 < g)%nat -> wrong_at_once source target g n move_q move_k ->
  ~ is_right source target kv g n move_q move_k.
Proof. intros ? ? [q [k differ]] right_everywhere. apply differ, right_everywhere. nia. Qed.

(** Kernels at angle 0 leave a head as it is. *)
Definition leaves (K : kernel) :=
  forall n x i, (i < 2 * n)%nat -> K n (fun _ => 0) x i = x i.

Lemma half_leaves : leaves half.
Proof.
  intros n x i below. unfold half, half_kernel. rewrite cos_0, sin_0. destruct (i <? n)%nat; ring.
Qed.

Lemma adjacent_leaves : leaves adjacent.
Proof.
  intros n x i below. unfold adjacent, adjacent_kernel. cbv zeta. rewrite cos_0, sin_0.
  generalize (Nat.div2_odd i). rewrite <- Nat.negb_even.
  destruct (Nat.even i); simpl Nat.b2n; intros split.
  - replace (2 * Nat.div2 i)%nat with i by lia. ring.
  - replace (2 * Nat.div2 i + 1)%nat with i by lia. ring.
Qed.

Lemma total_nonnegative m f : (forall i, (i < m)%nat -> 0 <= f i) -> 0 <= total m f.
Proof.
  induction m as [|m IH]; intros each; simpl; [lra|].
  generalize (IH (fun i below => each i ltac:(lia))) (each m ltac:(lia)). lra.
Qed.

Lemma total_at_least m f i : (i < m)%nat -> (forall l, (l < m)%nat -> 0 <= f l) -> f i <= total m f.
Proof.
  induction m as [|m IH]; intros below each; [lia|]. simpl.
  destruct (Nat.eq_dec i m) as [->|other].
  - generalize (total_nonnegative m f (fun l inside => each l ltac:(lia))). lra.
  - generalize (IH ltac:(lia) (fun l inside => each l ltac:(lia))) (each m ltac:(lia)). lra.
Qed.

(** q and k have to move alike: two moves that send a lane of head 0 to different rows are wrong. *)
Theorem moves_have_to_be_alike source target g n move_q move_k i :
  leaves source -> leaves target -> (i < 2 * n)%nat -> move_q i <> move_k i ->
  wrong_at_once source target g n move_q move_k.
Proof.
  intros source_leaves target_leaves below apart.
  pose (one at_ l := if (l =? at_)%nat then 1 else 0).
  exists (one (move_q i)), (one (move_k i)). unfold head_score.
  replace (0 / g)%nat with 0%nat by (destruct g; [reflexivity | symmetry; apply Nat.div_0_l; lia]).
  assert (unit_or_zero : forall at_ l, one at_ l = 0 \/ one at_ l = 1)
    by (intros; unfold one; destruct (_ =? _)%nat; auto).
  rewrite (total_ext (2 * n) (fun l => source n _ _ l * _) (fun _ => 0)).
  - rewrite total_zero.
    rewrite (total_ext (2 * n) _ (fun l => one (move_q i) (move_q l) * one (move_k i) (move_k l)))
      by (intros l inside; rewrite !target_leaves by exact inside; reflexivity).
    enough (1 <= total (2 * n) (fun l => one (move_q i) (move_q l) * one (move_k i) (move_k l))) by lra.
    apply Rle_trans with (one (move_q i) (move_q i) * one (move_k i) (move_k i)).
    + unfold one. rewrite !Nat.eqb_refl. lra.
    + apply (total_at_least (2 * n) (fun l => one (move_q i) (move_q l) * one (move_k i) (move_k l)) i below).
      intros l _. destruct (unit_or_zero (move_q i) (move_q l)) as [-> | ->],
        (unit_or_zero (move_k i) (move_k l)) as [-> | ->]; lra.
  - intros l inside. rewrite !source_leaves by exact inside. unfold head, one. simpl.
    destruct (Nat.eqb_spec l (move_q i)), (Nat.eqb_spec l (move_k i)); try lra. congruence.
Qed.

Lemma half_kernel_ext n angle x y i :
  (i < 2 * n)%nat -> (forall l, (l < 2 * n)%nat -> x l = y l) -> half_kernel n angle x i = half_kernel n angle y i.
Proof. intros below same. unfold half_kernel. destruct (Nat.ltb_spec i n); rewrite !same by lia; reflexivity. Qed.

Lemma adjacent_kernel_ext n angle x y i :
  (i < 2 * n)%nat -> (forall l, (l < 2 * n)%nat -> x l = y l) -> adjacent_kernel angle x i = adjacent_kernel angle y i.
Proof.
  intros below same. unfold adjacent_kernel. cbv zeta. generalize (Nat.div2_odd i). rewrite <- Nat.negb_even.
  destruct (Nat.even i); simpl Nat.b2n; intros split; rewrite !same by lia; reflexivity.
Qed.

(** Moved head by head, both are right: every number of heads, of q for one of k, and of lanes. *)
Theorem moved_by_heads_to_half kv g n : is_right adjacent half kv g n (exchanged n 2) (exchanged n 2).
Proof.
  intros angle_q angle_k q k h _. unfold head_score, adjacent, half.
  rewrite <- (scores_agree n angle_q angle_k). apply total_ext. intros i below.
  f_equal; apply half_kernel_ext; try exact below; intros l inside; unfold head;
    rewrite exchanged_is_riffle by exact inside; reflexivity.
Qed.

Theorem moved_by_heads_to_adjacent kv g n : is_right half adjacent kv g n (exchanged 2 n) (exchanged 2 n).
Proof.
  intros angle_q angle_k q k h _. unfold head_score, adjacent, half.
  rewrite <- (scores_agree n angle_q angle_k). apply total_ext. intros i below.
  f_equal; apply half_kernel_ext; try exact below; intros l inside; unfold head;
    rewrite exchanged_is_unriffle by (apply riffle_in_range; exact inside);
    rewrite unriffle_riffle by exact inside; reflexivity.
Qed.

Lemma exchanged_in_first_head n i : (i < 2 * n)%nat -> exchanged n 2 i = riffle n i.
Proof. intros below. generalize (exchanged_is_riffle n 0 i below). simpl (0 * _)%nat. simpl plus. auto. Qed.

Lemma exchanged_back_in_first_head n i : (i < 2 * n)%nat -> exchanged 2 n i = unriffle n i.
Proof. intros below. generalize (exchanged_is_unriffle n 0 i below). simpl (0 * _)%nat. simpl plus. auto. Qed.

(** With q moved in its heads and k in groups of any other even number of rows, head 0 is wrong at once. *)
Theorem other_groups_to_half g n m :
  (0 < n)%nat -> (0 < m)%nat -> m <> n -> wrong_at_once adjacent half g n (exchanged n 2) (exchanged m 2).
Proof.
  intros some_n some_m other. destruct (Nat.lt_total m n) as [less|[same|more]]; [|contradiction|].
  - apply (moves_have_to_be_alike _ _ _ _ _ _ m adjacent_leaves half_leaves); [lia|].
    rewrite !exchanged_in_first_head by lia. decide_below.
  - apply (moves_have_to_be_alike _ _ _ _ _ _ n adjacent_leaves half_leaves); [lia|].
    rewrite !exchanged_in_first_head by lia. decide_below.
Qed.

Theorem other_groups_to_adjacent g n m :
  (0 < n)%nat -> (0 < m)%nat -> m <> n -> wrong_at_once half adjacent g n (exchanged 2 n) (exchanged 2 m).
Proof.
  intros some_n some_m other.
  apply (moves_have_to_be_alike _ _ _ _ _ _ 1 half_leaves adjacent_leaves); [lia|].
  rewrite !exchanged_back_in_first_head by lia. unfold unriffle. simpl. lia.
Qed.

Local Open Scope nat_scope.

Lemma rows_of_groups rows groups : runs rows groups -> rows = groups * (2 * (rows / groups / 2)).
Proof. unfold runs. lia. Qed.

Lemma as_many_groups kv n groups :
  0 < kv -> 0 < n -> runs (kv * (2 * n)) groups -> kv * (2 * n) / groups / 2 = n <-> groups = kv.
Proof.
  intros some_kv some_n whole. generalize (rows_of_groups _ _ whole). intros split_. split.
  - intros same. rewrite same in split_. nia.
  - intros ->. apply half_of_head. exact some_kv.
Qed.

(** q in its kv * g heads, k in any number of groups: right where it runs exactly if these are the heads of k. *)
Theorem groups_to_half kv g n groups :
  0 < kv -> 0 < g -> 0 < n -> runs (kv * (2 * n)) groups ->
  is_right adjacent half kv g n (adjacent_to_half (kv * g * (2 * n)) (kv * g)) (adjacent_to_half (kv * (2 * n)) groups)
  <-> groups = kv.
Proof.
  intros some_kv some_g some_n whole. rewrite <- (as_many_groups kv n groups) by assumption.
  generalize (rows_of_groups _ _ whole). intros split_.
  unfold adjacent_to_half. rewrite half_of_head by nia. split.
  - intros stays. destruct (Nat.eq_dec (kv * (2 * n) / groups / 2) n) as [same|other]; [exact same|exfalso].
    apply (wrong_is_not_right adjacent half kv g n _ _ some_kv some_g) in stays; [exact stays|].
    apply other_groups_to_half; [exact some_n | nia | exact other].
  - intros ->. apply moved_by_heads_to_half.
Qed.

Theorem groups_to_adjacent kv g n groups :
  0 < kv -> 0 < g -> 0 < n -> runs (kv * (2 * n)) groups ->
  is_right half adjacent kv g n (half_to_adjacent (kv * g * (2 * n)) (kv * g)) (half_to_adjacent (kv * (2 * n)) groups)
  <-> groups = kv.
Proof.
  intros some_kv some_g some_n whole. rewrite <- (as_many_groups kv n groups) by assumption.
  generalize (rows_of_groups _ _ whole). intros split_.
  unfold half_to_adjacent. rewrite half_of_head by nia. split.
  - intros stays. destruct (Nat.eq_dec (kv * (2 * n) / groups / 2) n) as [same|other]; [exact same|exfalso].
    apply (wrong_is_not_right half adjacent kv g n _ _ some_kv some_g) in stays; [exact stays|].
    apply other_groups_to_adjacent; [exact some_n | nia | exact other].
  - intros ->. apply moved_by_heads_to_adjacent.
Qed.

(** llama.cpp's permute runs and is right at every size. *)
Theorem llama_cpp_permute_is_right kv g n :
  0 < kv -> 0 < g ->
  runs (kv * g * (2 * n)) (kv * g) /\ runs (kv * (2 * n)) kv /\
  is_right half adjacent kv g n (llama_cpp_permute (kv * g) (kv * g) (kv * g * (2 * n)))
                             (llama_cpp_permute (kv * g) kv (kv * (2 * n))).
Proof.
  intros some_kv some_g. repeat split.
  - unfold runs. rewrite half_of_head by nia. lia.
  - unfold runs. rewrite half_of_head by lia. lia.
  - replace (llama_cpp_permute (kv * g) (kv * g) (kv * g * (2 * n))) with (exchanged 2 n).
    + replace (llama_cpp_permute (kv * g) kv (kv * (2 * n))) with (exchanged 2 n);
        [apply moved_by_heads_to_adjacent|].
      unfold llama_cpp_permute, half_to_adjacent.
      replace (if kv * g =? kv then kv * g else kv) with kv by (destruct (Nat.eqb_spec (kv * g) kv); lia).
      rewrite half_of_head by lia. reflexivity.
    + unfold llama_cpp_permute, half_to_adjacent. rewrite Nat.eqb_refl, half_of_head by nia. reflexivity.
Qed.

(** PermuteForRope runs for q where heads have an even number of lanes, for k where d / g is whole and even. *)
Theorem permute_for_rope_runs kv g d :
  0 < kv -> 0 < g ->
  (runs (kv * g * d) (kv * g) <-> Nat.divide 2 d) /\ (runs (kv * d) (kv * g) <-> Nat.divide (2 * g) d).
Proof.
  intros some_kv some_g. rewrite !runs_exactly by nia. split; split; intros [m split_].
  - exists m. apply (Nat.mul_cancel_l d (m * 2) (kv * g)); nia.
  - exists m. subst d. lia.
  - exists m. apply (Nat.mul_cancel_l d (m * (2 * g)) kv); nia.
  - exists m. subst d. lia.
Qed.

(** Where it runs it is right exactly if k has as many heads as q, in both directions. *)
Theorem permute_for_rope_exactly kv g n :
  0 < kv -> 0 < g -> 0 < n -> Nat.divide (2 * g) (2 * n) ->
  (is_right adjacent half kv g n (permute_for_rope false (kv * g) (kv * g * (2 * n)))
                              (permute_for_rope false (kv * g) (kv * (2 * n))) <-> g = 1) /\
  (is_right half adjacent kv g n (permute_for_rope true (kv * g) (kv * g * (2 * n)))
                              (permute_for_rope true (kv * g) (kv * (2 * n))) <-> g = 1).
Proof.
  intros some_kv some_g some_n whole. apply (permute_for_rope_runs kv g (2 * n) some_kv some_g) in whole.
  unfold permute_for_rope. rewrite groups_to_half, groups_to_adjacent by assumption. split; nia.
Qed.

(** Under GQA it is wrong at once: head 0 of two tokens at position 0. *)
Theorem permute_for_rope_wrong kv g n :
  0 < kv -> 1 < g -> 0 < n -> Nat.divide (2 * g) (2 * n) ->
  wrong_at_once adjacent half g n (permute_for_rope false (kv * g) (kv * g * (2 * n)))
                                  (permute_for_rope false (kv * g) (kv * (2 * n))) /\
  wrong_at_once half adjacent g n (permute_for_rope true (kv * g) (kv * g * (2 * n)))
                                  (permute_for_rope true (kv * g) (kv * (2 * n))).
Proof.
  intros some_kv more some_n whole. apply (permute_for_rope_runs kv g (2 * n)) in whole; [|lia|lia].
  generalize (rows_of_groups _ _ whole). intros split_.
  assert (other : kv * (2 * n) / (kv * g) / 2 <> n) by (intros same; rewrite same in split_; nia).
  assert (some : 0 < kv * (2 * n) / (kv * g) / 2) by nia.
  unfold permute_for_rope, half_to_adjacent, adjacent_to_half. rewrite !half_of_head by nia. split.
  - apply other_groups_to_half; assumption.
  - apply other_groups_to_adjacent; assumption.
Qed.

(** No size at which it is wrong has fewer rows of q than 2 heads, 1 of k, of 4 lanes, and no other has as few. *)
Theorem permute_for_rope_smallest kv g d :
  0 < kv -> 1 < g -> 0 < d -> Nat.divide (2 * g) d ->
  2 * 4 <= kv * g * d /\ (kv * g * d = 2 * 4 -> kv = 1 /\ g = 2 /\ d = 4).
Proof.
  intros some_kv more some_d [m ->]. assert (0 < m) by nia.
  assert (least : 2 * 2 <= g * g) by (apply Nat.mul_le_mono; lia).
  assert (all : kv * g * (m * (2 * g)) = 2 * (kv * m) * (g * g)) by ring.
  rewrite all. assert (1 <= kv * m) by nia. split; [nia|]. intros eight.
  assert (kv * m = 1) by nia. assert (g * g = 4) by nia.
  assert (kv = 1) by nia. assert (m = 1) by nia. assert (g = 2) by nia. subst. lia.
Qed.

(** llama.cpp's _reverse_hf_permute is right where it runs exactly if k has as many heads as q, or as many as there are
    of q for one of k. *)
Theorem reverse_hf_permute_exactly kv g n :
  0 < kv -> 0 < g -> 0 < n -> (g = 1 \/ Nat.divide (2 * g) (kv * (2 * n))) ->
  is_right half adjacent kv g n (reverse_hf_permute (kv * g) (kv * g) (kv * g * (2 * n)))
                             (reverse_hf_permute (kv * g) kv (kv * (2 * n))) <-> g = 1 \/ g = kv.
Proof.
  intros some_kv some_g some_n whole. unfold reverse_hf_permute. rewrite Nat.eqb_refl.
  destruct (Nat.eqb_spec (kv * g) kv) as [same|other].
  - assert (g = 1) by nia. subst g. rewrite groups_to_adjacent; try assumption; [lia|].
    apply runs_exactly; [lia|]. exists n. lia.
  - replace (kv * g / kv) with g by (symmetry; rewrite Nat.mul_comm; apply Nat.div_mul; lia).
    assert (g <> 1) by nia. rewrite groups_to_adjacent; try assumption; [lia|].
    apply runs_exactly; [lia|]. destruct whole; [contradiction|assumption].
Qed.
