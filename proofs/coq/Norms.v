(** T8, norms: which scales of lanes in front of a norm come to gains behind it. *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums Decision Weights.
Local Open Scope R_scope.

Definition at_lane (i : nat) (t : R) (k : nat) : R := if Nat.eq_dec k i then t else 0.

Lemma at_lane_self i t : at_lane i t i = t.
Proof. unfold at_lane. destruct (Nat.eq_dec i i); [reflexivity|contradiction]. Qed.

Lemma at_lane_other i t k : k <> i -> at_lane i t k = 0.
Proof. intros other. unfold at_lane. destruct (Nat.eq_dec k i); [contradiction|reflexivity]. Qed.

Lemma square_lane d y i : (i < d)%nat -> y i <> 0 -> 0 < total d (fun k => y k * y k).
Proof.
  induction d as [|d IH]; intros below some; [lia|]. simpl. generalize (squares_positive d y). intros rest.
  destruct (Nat.eq_dec i d) as [->|]; [generalize (Rsqr_pos_lt (y d) some); unfold Rsqr; lra|].
  generalize (IH ltac:(lia) some) (Rle_0_sqr (y d)). unfold Rsqr. lra.
Qed.

(** The squares of a vector with one lane, and with two. *)
Lemma one_lane d c i t :
  (i < d)%nat -> total d (fun k => c k * at_lane i t k * (c k * at_lane i t k)) = c i * t * (c i * t).
Proof.
  intros below. rewrite (total_single d i); trivial; [rewrite at_lane_self; reflexivity|].
  intros k _ other. rewrite at_lane_other by exact other. ring.
Qed.

Lemma two_lanes d c i l : (i < d)%nat -> (l < d)%nat -> l <> i ->
  total d (fun k => c k * (at_lane i 1 k + at_lane l 1 k) * (c k * (at_lane i 1 k + at_lane l 1 k)))
  = c i * c i + c l * c l.
Proof.
  intros bi bl apart.
  rewrite (total_ext d _ (fun k => c k * at_lane i 1 k * (c k * at_lane i 1 k)
    + c k * at_lane l 1 k * (c k * at_lane l 1 k))).
  - rewrite total_plus, !one_lane by trivial. ring.
  - intros k _. unfold at_lane. destruct (Nat.eq_dec k i), (Nat.eq_dec k l); subst; ring || contradiction.
Qed.

(** Two norms of one vector with a lane that is not 0: what is under the roots has one ratio. *)
Lemma one_ratio gain gain' c y a b :
  0 < a -> 0 < b -> gain <> 0 -> y <> 0 ->
  gain' * (c * y / sqrt a) = gain * (y / sqrt b) -> gain' * gain' * (c * c) * b = gain * gain * a.
Proof.
  intros pa pb some lane equal.
  assert (ra : sqrt a <> 0) by (generalize (sqrt_lt_R0 a pa); lra).
  assert (rb : sqrt b <> 0) by (generalize (sqrt_lt_R0 b pb); lra).
  assert (linear : gain' * c * sqrt b = gain * sqrt a).
  { apply (Rmult_eq_reg_r (y / (sqrt a * sqrt b))).
    - transitivity (gain' * (c * y / sqrt a)); [field; auto|]. rewrite equal. field. auto.
    - apply Rmult_integral_contrapositive. split; trivial.
      apply Rinv_neq_0_compat, Rmult_integral_contrapositive. auto. }
  rewrite <- (sqrt_sqrt a), <- (sqrt_sqrt b) at 1 by lra.
  transitivity ((gain' * c * sqrt b) * (gain' * c * sqrt b)); [ring|]. rewrite linear. ring.
Qed.

(** Rows in front of RMSNorm multiplied lane by lane can be made up for by gains exactly if all have one factor, up to
    signs, and where eps > 0 that factor is 1. Factors of one pair that differ from another's are among what cannot. *)
Theorem rms_norm_takes_scales d eps gain c :
  (0 < d)%nat -> 0 <= eps -> (forall k, (k < d)%nat -> gain k <> 0) ->
  (exists gain', forall y i, (i < d)%nat -> rms_norm d eps gain' (fun k => c k * y k) i = rms_norm d eps gain y i) <->
  exists r, 0 < r /\ (forall k, (k < d)%nat -> c k = r \/ c k = - r) /\ (eps = 0 \/ r = 1).
Proof.
  intros lanes nonneg gains. assert (size : 0 < INR d) by (apply lt_0_INR; exact lanes). split.
  - intros [gain' passes].
    assert (root : forall i y, (i < d)%nat -> y i <> 0 -> 0 < total d (fun k => y k * y k) / INR d + eps).
    { intros i y bi some. apply Rplus_lt_le_0_compat; trivial. apply Rdiv_lt_0_compat; trivial.
      apply (square_lane d y i bi some). }
    assert (some_c : forall i, (i < d)%nat -> c i <> 0).
    { intros i bi zero. generalize (passes (at_lane i 1) i bi). unfold rms_norm. rewrite at_lane_self, zero.
      generalize (root i (at_lane i 1) bi). rewrite at_lane_self. intros positive. specialize (positive R1_neq_R0).
      generalize (sqrt_lt_R0 _ positive). intros root_positive. unfold Rdiv at 1. rewrite !Rmult_0_l, Rmult_0_r.
      intros equal. symmetry in equal. revert equal. apply Rmult_integral_contrapositive. split; [auto|].
      unfold Rdiv. rewrite Rmult_1_l. apply Rinv_neq_0_compat. lra. }
    (* the ratio of what is under the two roots, at every vector with lane i not 0 *)
    assert (ratio : forall i y, (i < d)%nat -> y i <> 0 ->
      gain' i * gain' i * (c i * c i) * (total d (fun k => 1 * y k * (1 * y k)) / INR d + eps)
      = gain i * gain i * (total d (fun k => c k * y k * (c k * y k)) / INR d + eps)).
    { intros i y bi some. rewrite (total_ext d (fun k => 1 * y k * (1 * y k)) (fun k => y k * y k)) by (intros; ring).
      apply (one_ratio (gain i) (gain' i) (c i) (y i)); auto; [|apply (root i); trivial|exact (passes y i bi)].
      apply (root i (fun k => c k * y k) bi). apply Rmult_integral_contrapositive. auto. }
    assert (square : forall i, (i < d)%nat -> gain' i * gain' i = gain i * gain i /\ eps * (c i * c i - 1) = 0).
    { intros i bi. generalize (ratio i (at_lane i 1) bi) (ratio i (at_lane i 2) bi).
      rewrite !at_lane_self, !one_lane by exact bi. intros first second.
      specialize (first ltac:(lra)). specialize (second ltac:(lra)).
      generalize (Rmult_integral_contrapositive _ _ (conj (gains i bi) (gains i bi))). intros some_gain.
      generalize (Rmult_integral_contrapositive _ _ (conj (some_c i bi) (some_c i bi))). intros some_square.
      assert (same : gain' i * gain' i = gain i * gain i).
      { apply (Rmult_eq_reg_r (c i * c i * (3 / INR d))).
        - replace (gain' i * gain' i * (c i * c i * (3 / INR d)))
            with (gain' i * gain' i * (c i * c i) * (1 * 2 * (1 * 2) / INR d + eps)
                  - gain' i * gain' i * (c i * c i) * (1 * 1 * (1 * 1) / INR d + eps)) by (field; lra).
          rewrite first, second. field. lra.
        - apply Rmult_integral_contrapositive. split; trivial. apply Rgt_not_eq, Rdiv_lt_0_compat; lra. }
      split; trivial. rewrite same in first. apply (Rmult_eq_reg_l (gain i * gain i)); trivial.
      replace (gain i * gain i * (eps * (c i * c i - 1)))
        with (gain i * gain i * (c i * c i) * (1 * 1 * (1 * 1) / INR d + eps)
              - gain i * gain i * (c i * 1 * (c i * 1) / INR d + eps)) by (field; lra).
      rewrite first. ring. }
    assert (equal : forall k, (k < d)%nat -> c k * c k = c 0%nat * c 0%nat).
    { intros k bk. destruct (Nat.eq_dec k 0) as [->|apart]; [reflexivity|].
      destruct (square 0%nat lanes) as [same _].
      generalize (ratio 0%nat (fun l => at_lane 0 1 l + at_lane k 1 l) lanes). cbv beta.
      rewrite at_lane_self, at_lane_other, !two_lanes, same by (trivial; lia).
      intros both. specialize (both ltac:(lra)).
      apply (Rmult_eq_reg_l (gain 0%nat * gain 0%nat / INR d)).
      2:{ apply Rmult_integral_contrapositive. split; [|apply Rinv_neq_0_compat; lra].
          apply Rmult_integral_contrapositive. auto. }
      destruct (square 0%nat lanes) as [_ with_eps].
      replace (gain 0%nat * gain 0%nat / INR d * (c k * c k))
        with (gain 0%nat * gain 0%nat * ((c 0%nat * c 0%nat + c k * c k) / INR d + eps)
              - gain 0%nat * gain 0%nat * (c 0%nat * c 0%nat / INR d) - gain 0%nat * gain 0%nat * eps) by (field; lra).
      rewrite <- both.
      transitivity (gain 0%nat * gain 0%nat / INR d * (c 0%nat * c 0%nat)
        + gain 0%nat * gain 0%nat * (eps * (c 0%nat * c 0%nat - 1))); [field; lra|rewrite with_eps; ring]. }
    exists (Rabs (c 0%nat)). split; [apply Rabs_pos_lt; auto|]. split.
    + intros k bk. apply Rsqr_eq. rewrite <- Rsqr_abs. exact (equal k bk).
    + destruct (square 0%nat lanes) as [_ with_eps].
      apply Rmult_integral in with_eps as [|unit]; [left; trivial|right]. apply Rsqr_inj; [apply Rabs_pos|lra|].
      rewrite <- Rsqr_abs. unfold Rsqr. lra.
  - intros [r [positive [factors which]]].
    exists (fun k => gain k * (if Req_EM_T (c k) r then 1 else -1)). intros y i bi. unfold rms_norm.
    rewrite (total_ext d (fun k => c k * y k * (c k * y k)) (fun k => r * r * (y k * y k))).
    2:{ intros k bk. destruct (factors k bk) as [-> | ->]; ring. }
    rewrite total_scale. set (m := total d (fun k => y k * y k) / INR d).
    assert (0 <= m).
    { unfold m, Rdiv. apply Rmult_le_pos; [apply squares_positive|]. apply Rlt_le, Rinv_0_lt_compat. exact size. }
    assert (root : sqrt (r * r * total d (fun k => y k * y k) / INR d + eps) = r * sqrt (m + eps)).
    { rewrite <- (sqrt_square r) at 3 by lra. rewrite <- sqrt_mult by nra. f_equal. unfold m.
      destruct which as [-> | ->]; field; lra. }
    rewrite root. unfold Rdiv. rewrite Rinv_mult. generalize (/ sqrt (m + eps)). intros over.
    destruct (factors i bi) as [at_i|at_i], (Req_EM_T (c i) r) as [is|is]; try lra; rewrite at_i; field; lra.
Qed.

(** One factor of all lanes is lost in RMSNorm only if eps takes its square; where eps is 0 that is so by itself. *)
Theorem rms_norm_loses_scale_with_eps d eps gain r y i :
  0 <= eps -> 0 < r -> rms_norm d (r * r * eps) gain (fun k => r * y k) i = rms_norm d eps gain y i.
Proof.
  intros nonneg positive. unfold rms_norm.
  rewrite (total_ext d (fun k => r * y k * (r * y k)) (fun k => r * r * (y k * y k))) by (intros; ring).
  rewrite total_scale. set (m := total d (fun k => y k * y k) / INR d).
  assert (inside : 0 <= m + eps).
  { assert (0 <= m); [|lra]. unfold m, Rdiv. destruct d as [|d]; [simpl; rewrite Rmult_0_l; lra|].
    apply Rmult_le_pos; [apply squares_positive|]. apply Rlt_le, Rinv_0_lt_compat, lt_0_INR. lia. }
  replace (r * r * total d (fun k => y k * y k) / INR d + r * r * eps) with (r * r * (m + eps))
    by (unfold m, Rdiv; ring).
  rewrite sqrt_mult, sqrt_square by nra. unfold Rdiv. rewrite Rinv_mult. generalize (/ sqrt (m + eps)). intros over.
  field. lra.
Qed.

(** A map that keeps the length of a vector, such as a rotation or reflection in each pair, passes RMSNorm whatever eps
    is, if it mixes only lanes of equal gains. *)
Theorem rms_norm_keeps_lengths d eps gain (b : nat -> nat -> R) y i :
  (forall k l, (k < d)%nat -> (l < d)%nat -> b k l <> 0 -> gain k = gain l) -> (i < d)%nat ->
  total d (fun k => total d (fun l => b k l * y l) * total d (fun l => b k l * y l)) = total d (fun k => y k * y k) ->
  rms_norm d eps gain (fun k => total d (fun l => b k l * y l)) i
  = total d (fun l => b i l * rms_norm d eps gain y l).
Proof.
  intros gains below length. unfold rms_norm. rewrite length.
  generalize (sqrt (total d (fun k => y k * y k) / INR d + eps)). intros root.
  rewrite (total_ext d (fun l => b i l * (gain l * (y l / root))) (fun l => gain i / root * (b i l * y l))).
  - rewrite total_scale. unfold Rdiv. ring.
  - intros l bl. destruct (Req_dec (b i l) 0) as [zero|mixes]; [rewrite zero; ring|].
    rewrite (gains i l below bl mixes). unfold Rdiv. ring.
Qed.

(** In front of LayerNorm the rows have to have one factor, with its sign, whatever becomes of gains and biases; and
    where eps > 0 it is 1 or -1. *)
Theorem layer_norm_takes_scales d eps gain bias c :
  (2 <= d)%nat -> 0 <= eps -> (forall k, (k < d)%nat -> gain k <> 0) ->
  (exists gain' bias', forall y i, (i < d)%nat ->
    layer_norm d eps gain' bias' (fun k => c k * y k) i = layer_norm d eps gain bias y i) <->
  exists r, r <> 0 /\ (forall k, (k < d)%nat -> c k = r) /\ (eps = 0 \/ r = 1 \/ r = -1).
Proof.
  intros lanes nonneg gains. assert (size : 2 <= INR d) by (apply (le_INR 2); exact lanes).
  (* a vector of one lane: its mean, and its variance *)
  assert (mean_lane : forall i t, (i < d)%nat -> mean d (at_lane i t) = t / INR d).
  { intros i t bi. unfold mean. rewrite (total_single d i); trivial; [rewrite at_lane_self; reflexivity|].
    intros k _ other. apply at_lane_other. exact other. }
  assert (mean_scaled : forall f r y, (forall k, (k < d)%nat -> f k = r * y k) -> mean d f = r * mean d y).
  { intros f r y equal. unfold mean. rewrite (total_ext d f (fun k => r * y k)) by exact equal. rewrite total_scale.
    unfold Rdiv. ring. }
  pose (variance := fun y => mean d (fun k => (y k - mean d y) * (y k - mean d y))).
  assert (variance_scaled : forall f r y, (forall k, (k < d)%nat -> f k = r * y k) ->
    variance f = r * r * variance y).
  { intros f r y equal. apply mean_scaled. intros k bk. rewrite (mean_scaled f r y equal), equal by exact bk. ring. }
  assert (variance_nonneg : forall y, 0 <= variance y).
  { intros y. unfold variance, mean. apply Rmult_le_pos; [apply squares_positive|].
    apply Rlt_le, Rinv_0_lt_compat. lra. }
  assert (variance_lane : forall i t, (i < d)%nat -> t <> 0 -> 0 < variance (at_lane i t)).
  { intros i t bi some. unfold variance, mean at 1. apply Rdiv_lt_0_compat; [|lra].
    apply (square_lane d (fun k => at_lane i t k - mean d (at_lane i t)) i bi).
    rewrite mean_lane, at_lane_self by exact bi.
    replace (t - t / INR d) with (t * ((INR d - 1) / INR d)) by (field; lra).
    apply Rmult_integral_contrapositive. split; trivial. apply Rgt_not_eq, Rdiv_lt_0_compat; lra. }
  split.
  - intros [gain' [bias' passes]].
    assert (same_bias : forall i, (i < d)%nat -> bias' i = bias i).
    { intros i bi. generalize (passes (fun _ => 0) i bi). unfold layer_norm.
      rewrite (mean_scaled (fun k => c k * 0) 0 (fun _ => 0)) by (intros; ring).
      rewrite (mean_scaled (fun _ => 0) 0 (fun _ => 0)) by (intros; ring). unfold Rdiv. lra. }
    assert (moved : forall y i, (i < d)%nat ->
      gain' i * ((c i * y i - mean d (fun k => c k * y k)) / sqrt (variance (fun k => c k * y k) + eps))
      = gain i * ((y i - mean d y) / sqrt (variance y + eps))).
    { intros y i bi. generalize (passes y i bi). unfold layer_norm. rewrite (same_bias i bi).
      fold (variance y). fold (variance (fun k => c k * y k)). lra. }
    assert (turned : forall i, (i < d)%nat ->
      gain i * ((at_lane i 1 i - mean d (at_lane i 1)) / sqrt (variance (at_lane i 1) + eps)) <> 0).
    { intros i bi. rewrite at_lane_self, mean_lane by exact bi. apply Rmult_integral_contrapositive. split; [auto|].
      apply Rmult_integral_contrapositive. split.
      - replace (1 - 1 / INR d) with ((INR d - 1) / INR d) by (field; lra). apply Rgt_not_eq, Rdiv_lt_0_compat; lra.
      - apply Rinv_neq_0_compat, Rgt_not_eq, sqrt_lt_R0. generalize (variance_lane i 1 bi R1_neq_R0). lra. }
    assert (some_gain : forall i, (i < d)%nat -> gain' i <> 0).
    { intros i bi zero. apply (turned i bi). rewrite <- moved, zero by exact bi. ring. }
    set (r := mean d c).
    assert (equal : forall i, (i < d)%nat -> c i = r).
    { intros i bi. generalize (moved (fun _ => 1) i bi).
      replace (mean d (fun _ => 1)) with 1 by (unfold mean; rewrite total_constant; field; lra).
      rewrite (mean_scaled (fun k => c k * 1) 1 c) by (intros; ring). fold r.
      rewrite (variance_scaled (fun k => c k * 1) 1 c) by (intros; ring).
      replace (gain i * ((1 - 1) / sqrt (variance (fun _ => 1) + eps))) with 0 by (unfold Rdiv; ring).
      intros product. apply Rmult_integral in product as [|product]; [contradiction (some_gain i bi)|].
      apply Rmult_integral in product as [|zero]; [lra|].
      destruct (Req_dec (1 * 1 * variance c + eps) 0) as [still|some].
      2:{ exfalso. revert zero. apply Rinv_neq_0_compat, Rgt_not_eq, sqrt_lt_R0. generalize (variance_nonneg c). lra. }
      destruct (Req_dec (c i) r) as [|differs]; [trivial|exfalso].
      assert (0 < variance c); [|lra]. unfold variance, mean at 1. apply Rdiv_lt_0_compat; [|lra].
      apply (square_lane d (fun k => c k - mean d c) i bi). unfold r in differs. lra. }
    assert (head : (0 < d)%nat) by lia.
    assert (scaled : forall t, t <> 0 -> r <> 0 ->
      gain' 0%nat * gain' 0%nat * (r * r) * (variance (at_lane 0 t) + eps)
      = gain 0%nat * gain 0%nat * (r * r * variance (at_lane 0 t) + eps)).
    { intros t some_t some. generalize (variance_lane 0%nat t head some_t). intros positive.
      apply (one_ratio _ _ r (t - t / INR d)); auto.
      - assert (0 < r * r) by (generalize (Rsqr_pos_lt r some); unfold Rsqr; trivial). nra.
      - lra.
      - replace (t - t / INR d) with (t * ((INR d - 1) / INR d)) by (field; lra).
        apply Rmult_integral_contrapositive. split; trivial. apply Rgt_not_eq, Rdiv_lt_0_compat; lra.
      - generalize (moved (at_lane 0 t) 0%nat head).
        rewrite (mean_scaled (fun k => c k * at_lane 0 t k) r (at_lane 0 t)) by (intros; rewrite equal; trivial).
        rewrite (variance_scaled (fun k => c k * at_lane 0 t k) r (at_lane 0 t)) by (intros; rewrite equal; trivial).
        rewrite at_lane_self, mean_lane, equal by exact head. intros <-. f_equal. f_equal. ring. }
    exists r. assert (some : r <> 0).
    { intros zero. apply (turned 0%nat head). rewrite <- moved by exact head.
      rewrite (mean_scaled (fun k => c k * at_lane 0 1 k) r (at_lane 0 1)) by (intros; rewrite equal; trivial).
      rewrite equal, zero by exact head. unfold Rdiv. ring. }
    split; [trivial|split; [trivial|]].
    generalize (scaled 1 R1_neq_R0 some) (scaled 2 ltac:(lra) some) (variance_lane 0%nat 1 head R1_neq_R0).
    rewrite (variance_scaled (at_lane 0 2) 2 (at_lane 0 1))
      by (intros k _; unfold at_lane; destruct (Nat.eq_dec k 0); ring).
    generalize (variance (at_lane 0 1)). intros v first second positive.
    generalize (gains 0%nat head). intros head_gain.
    assert (product : gain 0%nat * gain 0%nat * (eps * (r * r - 1)) = 0).
    { assert (same : gain' 0%nat * gain' 0%nat * (r * r) = gain 0%nat * gain 0%nat * (r * r)).
      { apply (Rmult_eq_reg_r (3 * v)); lra. }
      rewrite same in first. lra. }
    apply Rmult_integral in product as [product|product];
      [apply Rmult_integral in product; exfalso; destruct product; contradiction|].
    apply Rmult_integral in product as [|unit]; [left; trivial|right].
    assert (both : (r - 1) * (r + 1) = 0) by lra. apply Rmult_integral in both as [|]; [left|right]; lra.
  - intros [r [some [equal which]]].
    exists (fun k => gain k * (Rabs r / r)), bias. intros y i bi. unfold layer_norm.
    fold (variance y). fold (variance (fun k => c k * y k)).
    rewrite (mean_scaled (fun k => c k * y k) r y) by (intros; rewrite equal; trivial).
    rewrite (variance_scaled (fun k => c k * y k) r y) by (intros; rewrite equal; trivial).
    rewrite equal by exact bi. generalize (variance_nonneg y). generalize (variance y). intros v positive.
    assert (root : sqrt (r * r * v + eps) = Rabs r * sqrt (v + eps)).
    { rewrite <- (sqrt_Rsqr_abs r). unfold Rsqr. rewrite <- sqrt_mult by (lra || apply Rle_0_sqr). f_equal.
      destruct which as [-> | [-> | ->]]; ring. }
    rewrite root. unfold Rdiv. rewrite Rinv_mult. generalize (/ sqrt (v + eps)). intros over.
    field. auto using Rabs_no_R0.
Qed.
