(** What attention sees of a rotation layout: differences of positions only. And T6, the feed. *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums.
Local Open Scope R_scope.

(** A position has a number for each of [axes] axes; a pair has a frequency vector. *)
Definition dot (axes : nat) (omega p : nat -> R) : R := total axes (fun a => omega a * p a).

Lemma dot_minus axes omega p p' :
  dot axes omega (fun a => p' a - p a) = dot axes omega p' - dot axes omega p.
Proof.
  unfold dot. rewrite (total_ext axes _ (fun a => omega a * p' a + (-1) * (omega a * p a))) by (intros; ring).
  rewrite total_plus, total_scale. ring.
Qed.

(** A plane: two lanes of one head. The rotated plane has magnitude s and angle t. *)
Definition turn_first (s t : R) (x : R * R) : R := s * (fst x * cos t - snd x * sin t).
Definition turn_second (s t : R) (x : R * R) : R := s * (fst x * sin t + snd x * cos t).

Definition plane_score (s t t' : R) (q k : R * R) : R :=
  turn_first s t q * turn_first s t' k + turn_second s t q * turn_second s t' k.

Theorem plane_score_of_difference s t t' q k : plane_score s t t' q k = plane_score s 0 (t' - t) q k.
Proof.
  unfold plane_score, turn_first, turn_second.
  rewrite cos_minus, sin_minus, cos_0, sin_0.
  replace (cos t * cos t' + sin t * sin t') with (cos t' * cos t + sin t' * sin t) by ring. ring.
Qed.

(** The score of n pairs: pair j has magnitude s_j, angle omega_j . p + phi_j, and its lanes of q and k. *)
Definition score axes n (s phi : nat -> R) (omega : nat -> nat -> R) (q k : nat -> R * R) (p p' : nat -> R) : R :=
  total n (fun j => plane_score (s j) (dot axes (omega j) p + phi j) (dot axes (omega j) p' + phi j) (q j) (k j)).

(** Relative scores depend on the difference of positions only, and on no phase. *)
Theorem relative axes n s phi omega q k p p' r r' :
  (forall a, p' a - p a = r' a - r a) ->
  score axes n s phi omega q k p p' = score axes n s (fun _ => 0) omega q k r r'.
Proof.
  intros shift. apply total_ext. intros j _.
  rewrite plane_score_of_difference, (plane_score_of_difference (s j) (dot _ _ r + 0)).
  f_equal.
  replace (dot axes (omega j) p' + phi j - (dot axes (omega j) p + phi j))
    with (dot axes (omega j) (fun a => p' a - p a)) by (rewrite dot_minus; ring).
  replace (dot axes (omega j) r' + 0 - (dot axes (omega j) r + 0))
    with (dot axes (omega j) (fun a => r' a - r a)) by (rewrite dot_minus; ring).
  apply total_ext. intros a _. rewrite shift. reflexivity.
Qed.

(** Pulled back along a feed F, a frequency vector omega becomes F^T omega. *)
Definition feed coordinates (f : nat -> nat -> R) (u : nat -> R) : nat -> R :=
  fun a => total coordinates (fun c => f a c * u c).
Definition pull_back axes (f : nat -> nat -> R) (omega : nat -> R) : nat -> R :=
  fun c => total axes (fun a => omega a * f a c).

Theorem feed_pulls_back axes coordinates f omega u :
  dot axes omega (feed coordinates f u) = dot coordinates (pull_back axes f omega) u.
Proof.
  unfold dot, feed, pull_back.
  rewrite (total_ext axes _ (fun a => total coordinates (fun c => omega a * f a c * u c)))
    by (intros; rewrite <- total_scale; apply total_ext; intros; ring).
  rewrite total_exchange. apply total_ext. intros c _. apply total_scale_right.
Qed.
