(** T8: what passes through the weights. *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums Plane Decision.
Local Open Scope R_scope.

(** A projection of n inputs: stored rows with a scale for each row, a LoRA product B A of rank r times c, a bias. *)
Definition projection n r (scale : nat -> R) (stored : nat -> nat -> R) (c : R) (lora_b lora_a : nat -> nat -> R)
    (bias x : nat -> R) (i : nat) : R :=
  scale i * total n (fun k => stored i k * x k)
  + c * total r (fun l => lora_b i l * total n (fun k => lora_a l k * x k)) + bias i.

(** Move the rows, the scales of rows, the rows of LoRA's B and the bias, and the outputs move alike: y' = P y. *)
Theorem rows_move n r scale stored c lora_b lora_a bias x f i :
  projection n r (fun k => scale (f k)) (fun k => stored (f k)) c (fun k => lora_b (f k)) lora_a (fun k => bias (f k))
    x i
  = projection n r scale stored c lora_b lora_a bias x (f i).
Proof. reflexivity. Qed.

Definition rms_norm d eps (gain y : nat -> R) (i : nat) : R :=
  gain i * (y i / sqrt (total d (fun k => y k * y k) / INR d + eps)).

(** A permutation passes RMSNorm, the gains with it. *)
Theorem rms_norm_permuted d eps gain y f g i :
  permutes d f g -> rms_norm d eps (fun k => gain (f k)) (fun k => y (f k)) i = rms_norm d eps gain y (f i).
Proof.
  intros order. unfold rms_norm. rewrite (total_permuted d f g (fun k => y k * y k) order). reflexivity.
Qed.

(** A diagonal of signs passes RMSNorm, the gains as they are. *)
Theorem rms_norm_signs d eps gain sign y i :
  (forall k, (k < d)%nat -> sign k = 1 \/ sign k = -1) ->
  rms_norm d eps gain (fun k => sign k * y k) i = sign i * rms_norm d eps gain y i.
Proof.
  intros signs. unfold rms_norm, Rdiv. rewrite (total_ext d _ (fun k => y k * y k)); [ring|].
  intros k below. destruct (signs k below) as [-> | ->]; ring.
Qed.

Lemma squares_positive d y : 0 <= total d (fun k => y k * y k).
Proof. induction d as [|d IH]; simpl; [lra|]. generalize (Rle_0_sqr (y d)). unfold Rsqr. lra. Qed.

(** A scale in front of RMSNorm is divided out again (where eps is 0), *)
Theorem rms_norm_loses_scale d gain c y i :
  0 < c -> total d (fun k => y k * y k) <> 0 -> (0 < d)%nat ->
  rms_norm d 0 gain (fun k => c * y k) i = rms_norm d 0 gain y i.
Proof.
  intros positive some lanes. unfold rms_norm.
  assert (0 < INR d) by (apply lt_0_INR; exact lanes).
  generalize (squares_positive d y). intros squares.
  rewrite (total_ext d _ (fun k => c * c * (y k * y k))) by (intros; ring). rewrite total_scale.
  set (mean := total d (fun k => y k * y k) / INR d).
  assert (0 < mean) by (apply Rdiv_lt_0_compat; lra).
  replace (c * c * total d (fun k => y k * y k) / INR d + 0) with ((c * c) * mean) by (unfold mean; field; lra).
  fold mean. rewrite Rplus_0_r. rewrite sqrt_mult, sqrt_square by (try apply Rle_0_sqr; lra || nra).
  assert (0 < sqrt mean) by (apply sqrt_lt_R0; trivial). field. lra.
Qed.

(** and in its gain a scale comes through, lane by lane. *)
Theorem rms_norm_keeps_scaled_gain d eps gain c y i :
  rms_norm d eps (fun k => c k * gain k) y i = c i * rms_norm d eps gain y i.
Proof. unfold rms_norm. ring. Qed.

Definition mean d (y : nat -> R) : R := total d y / INR d.

Lemma mean_ext d y z : (forall k, y k = z k) -> mean d y = mean d z.
Proof. intros equal. unfold mean. f_equal. apply total_ext. auto. Qed.

Lemma mean_permuted d f g y : permutes d f g -> mean d (fun k => y (f k)) = mean d y.
Proof. intros order. unfold mean. f_equal. apply (total_permuted d f g y order). Qed.

Definition layer_norm d eps (gain bias y : nat -> R) (i : nat) : R :=
  gain i * ((y i - mean d y) / sqrt (mean d (fun k => (y k - mean d y) * (y k - mean d y)) + eps)) + bias i.

(** A permutation passes LayerNorm, gains and biases with it. *)
Theorem layer_norm_permuted d eps gain bias y f g i :
  permutes d f g ->
  layer_norm d eps (fun k => gain (f k)) (fun k => bias (f k)) (fun k => y (f k)) i
  = layer_norm d eps gain bias y (f i).
Proof.
  intros order. unfold layer_norm.
  rewrite (mean_permuted d f g y order).
  generalize (mean_permuted d f g (fun k => (y k - mean d y) * (y k - mean d y)) order). cbv beta.
  intros ->. reflexivity.
Qed.

Definition flip (i k : nat) : R := if Nat.eq_dec k i then -1 else 1.

Lemma total_constant d c : total d (fun _ => c) = INR d * c.
Proof. induction d as [|d IH]; [simpl; ring|]. rewrite S_INR. simpl. rewrite IH. ring. Qed.

(** The flip of one lane of two or more does not pass LayerNorm, whatever becomes of gains and biases. *)
Theorem layer_norm_takes_no_sign d eps gain bias gain' bias' i :
  (2 <= d)%nat -> (i < d)%nat -> 0 < eps -> gain i <> 0 ->
  ~ forall y, layer_norm d eps gain' bias' (fun k => flip i k * y k) i = flip i i * layer_norm d eps gain bias y i.
Proof.
  intros lanes below positive some passes.
  assert (size : 2 <= INR d) by (replace 2 with (INR 2) by (simpl; ring); apply le_INR; exact lanes).
  assert (mean_1 : mean d (fun _ => 1) = 1) by (unfold mean; rewrite total_constant; field; lra).
  assert (mean_0 : mean d (fun _ => 0) = 0) by (unfold mean; rewrite total_constant; field; lra).
  assert (mean_flip : mean d (flip i) = 1 - 2 / INR d).
  { unfold mean. rewrite (total_ext d _ (fun k => 1 + (if Nat.eq_dec k i then -2 else 0))).
    - rewrite total_plus, total_constant, (total_single d i); trivial.
      + destruct (Nat.eq_dec i i); [field; lra|contradiction].
      + intros k _ other. destruct (Nat.eq_dec k i); [contradiction|reflexivity].
    - intros k _. unfold flip. destruct (Nat.eq_dec k i); ring. }
  assert (self : flip i i = -1) by (unfold flip; destruct (Nat.eq_dec i i); [reflexivity|contradiction]).
  assert (still : forall gain bias, layer_norm d eps gain bias (fun _ => 1) i = bias i)
    by (intros; unfold layer_norm; rewrite mean_1; unfold Rdiv; ring).
  assert (zero : forall gain bias, layer_norm d eps gain bias (fun _ => 0) i = bias i)
    by (intros; unfold layer_norm; rewrite mean_0; unfold Rdiv; ring).
  assert (same : forall y z gain bias, (forall k, y k = z k) ->
    layer_norm d eps gain bias y i = layer_norm d eps gain bias z i).
  { intros y z h b equal. unfold layer_norm. rewrite equal, (mean_ext d y z equal).
    rewrite (mean_ext d (fun k => (y k - mean d z) * (y k - mean d z)) (fun k => (z k - mean d z) * (z k - mean d z)));
      [reflexivity|]. intros. rewrite equal. reflexivity. }
  assert (turned : exists c, c <> 0 /\ forall gain bias, layer_norm d eps gain bias (flip i) i = gain i * c + bias i).
  { exists ((flip i i - mean d (flip i))
            / sqrt (mean d (fun k => (flip i k - mean d (flip i)) * (flip i k - mean d (flip i))) + eps)).
    split; [|intros; reflexivity]. rewrite self, mean_flip.
    assert (0 < / INR d) by (apply Rinv_0_lt_compat; lra).
    assert (small : 2 * / INR d <= 1).
    { apply (Rmult_le_reg_r (INR d)); [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
    assert (0 < mean d (fun k => (flip i k - (1 - 2 / INR d)) * (flip i k - (1 - 2 / INR d))) + eps).
    { generalize (Rmult_le_pos _ (/ INR d) (squares_positive d (fun k => flip i k - (1 - 2 / INR d)))).
      unfold mean, Rdiv. lra. }
    assert (0 < / sqrt (mean d (fun k => (flip i k - (1 - 2 / INR d)) * (flip i k - (1 - 2 / INR d))) + eps))
      by (apply Rinv_0_lt_compat, sqrt_lt_R0; trivial).
    unfold Rdiv at 1. apply Rmult_integral_contrapositive. split; [|lra]. unfold Rdiv. lra. }
  destruct turned as [c [apart turned]].
  generalize (passes (fun _ => 0)) (passes (fun _ => 1)) (passes (flip i)). cbv beta.
  rewrite (same (fun k => flip i k * 0) (fun _ => 0)) by (intros; ring).
  rewrite (same (fun k => flip i k * 1) (flip i)) by (intros; ring).
  rewrite (same (fun k => flip i k * flip i k) (fun _ => 1))
    by (intros k; unfold flip; destruct (Nat.eq_dec k i); ring).
  rewrite !zero, !still, !turned, self. intros at_0 at_1 at_flip.
  apply (Rmult_integral_contrapositive (gain i) c); [split; trivial|].
  replace (bias' i) with (- bias i) in * by lra. lra.
Qed.

Definition diagonal a b := Matrix2 a 0 0 b.

(** A 2x2 matrix passes the gains of its two lanes, for some gains behind it, only if they are equal, or if no row of it
    mixes the lanes. *)
Theorem mix_passes_gains m a b :
  (exists a' b', mul2 m (diagonal a b) = mul2 (diagonal a' b') m) <->
  a = b \/ ((m00 m = 0 \/ m01 m = 0) /\ (m10 m = 0 \/ m11 m = 0)).
Proof.
  split.
  - intros [a' [b' equal]]. injection equal as e00 e01 e10 e11.
    destruct (Req_dec a b) as [|differ]; [left; trivial|right]. split.
    + assert (product : m00 m * m01 m * (a - b) = 0).
      { replace (m00 m * m01 m * (a - b))
          with (m01 m * (m00 m * a + m01 m * 0) - m00 m * (m00 m * 0 + m01 m * b)) by ring.
        rewrite e00, e01. ring. }
      apply Rmult_integral in product as [product|]; [|lra]. apply Rmult_integral. exact product.
    + assert (product : m10 m * m11 m * (a - b) = 0).
      { replace (m10 m * m11 m * (a - b))
          with (m11 m * (m10 m * a + m11 m * 0) - m10 m * (m10 m * 0 + m11 m * b)) by ring.
        rewrite e10, e11. ring. }
      apply Rmult_integral in product as [product|]; [|lra]. apply Rmult_integral. exact product.
  - intros [->|[first second]].
    + exists b, b. apply matrix2_ext; simpl; ring.
    + exists (if Req_EM_T (m00 m) 0 then b else a), (if Req_EM_T (m10 m) 0 then b else a).
      destruct (Req_EM_T (m00 m) 0), (Req_EM_T (m10 m) 0); apply matrix2_ext; simpl;
        destruct first as [first|first], second as [second|second]; try contradiction;
        rewrite ?first, ?second; try ring;
        try (rewrite ?e, ?e0; ring).
Qed.

(** The swap, which is such a matrix, makes the gains change places. *)
Theorem swap_exchanges_gains a b : mul2 swap (diagonal a b) = mul2 (diagonal b a) swap.
Proof. apply matrix2_ext; simpl; ring. Qed.
