(** One plane: 2x2 matrices, rotations, and what can link two of them.

    The plane lemma behind T2, the swap behind T3, and the trace of a plane for T4. *)

From Coq Require Import Reals Lra Lia.
Local Open Scope R_scope.

Record matrix2 := Matrix2 { m00 : R; m01 : R; m10 : R; m11 : R }.

Definition zero2 := Matrix2 0 0 0 0.
Definition one2 := Matrix2 1 0 0 1.
Definition swap := Matrix2 0 1 1 0.

Definition mul2 a b :=
  Matrix2 (m00 a * m00 b + m01 a * m10 b) (m00 a * m01 b + m01 a * m11 b)
          (m10 a * m00 b + m11 a * m10 b) (m10 a * m01 b + m11 a * m11 b).

Definition rot t := Matrix2 (cos t) (- sin t) (sin t) (cos t).

Lemma matrix2_ext a b :
  m00 a = m00 b -> m01 a = m01 b -> m10 a = m10 b -> m11 a = m11 b -> a = b.
Proof. destruct a, b; simpl; congruence. Qed.

Theorem rot_zero : rot 0 = one2.
Proof. unfold rot, one2. rewrite cos_0, sin_0. f_equal; lra. Qed.

Theorem rot_plus s t : mul2 (rot s) (rot t) = rot (s + t).
Proof.
  apply matrix2_ext; simpl; rewrite ?cos_plus, ?sin_plus; ring.
Qed.

(** Swapping the two lanes of a plane turns the other way. *)
Theorem swap_reverses t : mul2 (mul2 swap (rot t)) swap = rot (- t).
Proof.
  apply matrix2_ext; simpl; rewrite ?cos_neg, ?sin_neg; ring.
Qed.

Theorem swap_is_its_own_inverse : mul2 swap swap = one2.
Proof. apply matrix2_ext; simpl; ring. Qed.

Theorem trace_of_a_plane t : m00 (rot t) + m11 (rot t) = 2 * cos t.
Proof. simpl; ring. Qed.

Lemma circle t : cos t * cos t + sin t * sin t = 1.
Proof. generalize (sin2_cos2 t). unfold Rsqr. lra. Qed.

(** A vector (u, v) that two plane rotations of different angle carry to the same place is zero. *)
Lemma turned_alike c s c' s' u v :
  c * c + s * s = 1 -> c' * c' + s' * s' = 1 -> c * c' + s * s' <> 1 ->
  c * u - s * v = c' * u - s' * v -> s * u + c * v = s' * u + c' * v ->
  u = 0 /\ v = 0.
Proof.
  intros unit unit' apart first second.
  assert (gap : (c - c') * (c - c') + (s - s') * (s - s') <> 0).
  { intros zero. apply apart. lra. }
  split; apply (Rmult_eq_reg_l ((c - c') * (c - c') + (s - s') * (s - s'))); trivial.
  - replace (((c - c') * (c - c') + (s - s') * (s - s')) * u)
      with ((c - c') * (c * u - s * v - (c' * u - s' * v))
            + (s - s') * (s * u + c * v - (s' * u + c' * v))) by ring.
    rewrite first, second. ring.
  - replace (((c - c') * (c - c') + (s - s') * (s - s')) * v)
      with ((c - c') * (s * u + c * v - (s' * u + c' * v))
            - (s - s') * (c * u - s * v - (c' * u - s' * v))) by ring.
    rewrite first, second. ring.
Qed.

(** A matrix that links two angles has two parts. One is zero if the angles differ, *)
Lemma turning_part b s t :
  cos (s - t) <> 1 -> mul2 (rot s) b = mul2 b (rot t) -> m00 b + m11 b = 0 /\ m10 b - m01 b = 0.
Proof.
  rewrite cos_minus. intros apart linked. injection linked as e00 e01 e10 e11.
  apply (turned_alike (cos s) (sin s) (cos t) (sin t)); auto using circle; simpl in *; lra.
Qed.

(** the other if each differs from the other's opposite. *)
Lemma reflecting_part b s t :
  cos (s + t) <> 1 -> mul2 (rot s) b = mul2 b (rot t) -> m00 b - m11 b = 0 /\ m10 b + m01 b = 0.
Proof.
  rewrite cos_plus. intros apart linked. injection linked as e00 e01 e10 e11.
  apply (turned_alike (cos s) (sin s) (cos t) (- sin t)); auto using circle; simpl in *;
    generalize (circle t); lra.
Qed.

Lemma both_parts b :
  m00 b + m11 b = 0 /\ m10 b - m01 b = 0 -> m00 b - m11 b = 0 /\ m10 b + m01 b = 0 -> b = zero2.
Proof. intros turning reflecting. apply matrix2_ext; simpl; lra. Qed.

(** The plane lemma at a single position, which is how it serves whole positions. *)
Theorem plane_lemma_at b s t :
  cos (s - t) <> 1 -> cos (s + t) <> 1 -> mul2 (rot s) b = mul2 b (rot t) -> b = zero2.
Proof. intros apart opposite linked. eauto using both_parts, turning_part, reflecting_part. Qed.

Lemma half_turn d : d <> 0 -> cos (d * (PI / d)) <> 1.
Proof. intros some. replace (d * (PI / d)) with PI by (field; trivial). rewrite cos_PI. lra. Qed.

(** The plane lemma: what intertwines Rot(a p) and Rot(b p) for all real p is zero unless a = +-b. *)
Theorem plane_lemma m a b :
  a <> b -> a <> - b -> (forall p, mul2 (rot (a * p)) m = mul2 m (rot (b * p))) -> m = zero2.
Proof.
  intros apart opposite linked. apply both_parts.
  - apply (turning_part m (a * (PI / (a - b))) (b * (PI / (a - b)))); trivial.
    rewrite <- Rmult_minus_distr_r. apply half_turn. lra.
  - apply (reflecting_part m (a * (PI / (a + b))) (b * (PI / (a + b)))); trivial.
    rewrite <- Rmult_plus_distr_r. apply half_turn. lra.
Qed.

(** The two exceptions are real: the identity links a and a, the swap links a and -a. *)
Theorem plane_lemma_is_sharp a p :
  mul2 (rot (a * p)) one2 = mul2 one2 (rot (a * p)) /\ mul2 (rot (a * p)) swap = mul2 swap (rot (- a * p)).
Proof.
  split; apply matrix2_ext; simpl; rewrite ?Ropp_mult_distr_l_reverse, ?cos_neg, ?sin_neg; ring.
Qed.
