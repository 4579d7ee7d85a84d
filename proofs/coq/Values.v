(** T8, keys that are values too: what is done to their lanes is undone in the columns of the output projection. *)

From Coq Require Import Arith Lia Reals Lra.
From Rope Require Import Sums Similarity Decision.
Local Open Scope R_scope.

(** What attention gives: the values of n tokens, weighted by what came of the scores. *)
Definition attended n (weight : nat -> R) (value : nat -> nat -> R) (i : nat) : R :=
  total n (fun t => weight t * value t i).

(** A matrix on a vector of d lanes, such as the output projection of a head. *)
Definition applied d (m : nat -> nat -> R) (x : nat -> R) (i : nat) : R := total d (fun k => m i k * x k).

Lemma applied_ext d m m' x x' i :
  (forall k, (k < d)%nat -> m i k = m' i k) -> (forall k, (k < d)%nat -> x k = x' k) ->
  applied d m x i = applied d m' x' i.
Proof. intros equal same. apply total_ext. intros k below. rewrite equal, same by trivial. reflexivity. Qed.

(** A map of the values commutes with the sum over tokens. *)
Lemma attended_applied n d weight m value i :
  attended n weight (fun t => applied d m (value t)) i = applied d m (attended n weight value) i.
Proof.
  unfold attended, applied.
  rewrite (total_ext n _ (fun t => total d (fun k => m i k * (weight t * value t k))))
    by (intros; rewrite <- total_scale; apply total_ext; intros; ring).
  rewrite total_exchange. apply total_ext. intros. apply total_scale.
Qed.

Lemma applied_mul d a b x i : applied d (mul d a b) x i = applied d a (applied d b x) i.
Proof.
  unfold applied, mul.
  rewrite (total_ext d _ (fun k => total d (fun l => a i l * (b l k * x k))))
    by (intros; rewrite <- total_scale_right; apply total_ext; intros; ring).
  rewrite total_exchange. apply total_ext. intros. apply total_scale.
Qed.

Lemma applied_one d x i : (i < d)%nat -> applied d one x i = x i.
Proof.
  intros below. unfold applied, one. rewrite (total_single d i); trivial.
  - destruct (Nat.eq_dec i i); [ring|contradiction].
  - intros k _ other. destruct (Nat.eq_dec i k); [congruence|ring].
Qed.

(** Lanes of the values moved: the columns of the output projection move alike, and nothing else sees it. *)
Theorem output_undoes_moves n d weight value o f g r :
  permutes d f g ->
  applied d (fun i k => o i (f k)) (attended n weight (fun t k => value t (f k))) r
  = applied d o (attended n weight value) r.
Proof. intros order. exact (total_permuted d f g (fun k => o r k * attended n weight value k) order). Qed.

(** Any invertible map of the values, with a scale of each pair among them, is undone by its inverse. *)
Theorem output_undoes_maps n d weight value o b b' r :
  same d (mul d b' b) one ->
  applied d (mul d o b') (attended n weight (fun t => applied d b (value t))) r
  = applied d o (attended n weight value) r.
Proof.
  intros inverse. rewrite applied_mul. apply applied_ext; trivial. intros k below.
  rewrite (applied_ext d b' b' _ (applied d b (attended n weight value)))
    by (trivial || (intros; apply attended_applied)).
  rewrite <- applied_mul, <- (applied_one d (attended n weight value) k below).
  apply applied_ext; trivial. intros l bl. apply inverse; trivial.
Qed.

(** An output projection that stays as it is bears the move only if its columns are equal wherever lanes move. *)
Theorem output_that_stays d o f g :
  permutes d f g ->
  (forall x r, applied d o (fun k => x (f k)) r = applied d o x r) <->
  (forall r k, (k < d)%nat -> o r (f k) = o r k).
Proof.
  intros order. split.
  - intros bears r k below. destruct (order k below) as [inside [_ [undone _]]].
    generalize (bears (fun l => if Nat.eq_dec l (f k) then 1 else 0) r). unfold applied.
    rewrite (total_single d k), (total_single d (f k)); trivial.
    + destruct (Nat.eq_dec (f k) (f k)); [lra|contradiction].
    + intros l _ other. destruct (Nat.eq_dec l (f k)); [contradiction|ring].
    + intros l bl other. destruct (Nat.eq_dec (f l) (f k)) as [meet|]; [|ring].
      destruct (order l bl) as [_ [_ [undone' _]]]. congruence.
  - intros columns x r. unfold applied. rewrite <- (total_permuted d f g (fun k => o r k * x k) order).
    apply total_ext. intros k below. rewrite columns by exact below. reflexivity.
Qed.

(** Lanes that are no values may move as they like: with a latent that is key and value (MLA), the rotated part of the
    key, behind the [width] lanes of the value. *)
Theorem values_beside n width weight value (f : nat -> nat) i :
  (forall k, (k < width)%nat -> f k = k) -> (i < width)%nat ->
  attended n weight (fun t k => value t (f k)) i = attended n weight value i.
Proof. intros still below. unfold attended. rewrite still by exact below. reflexivity. Qed.

(** Two kernels that are one another with the lanes moved move the lanes of what comes out. *)
Lemma kernel_moves d (a b : matrix) f g x i :
  permutes d f g -> (forall i k, (i < d)%nat -> (k < d)%nat -> a i k = b (f i) (f k)) -> (i < d)%nat ->
  applied d b (fun k => x (g k)) (f i) = applied d a x i.
Proof.
  intros order equal below. unfold applied.
  rewrite <- (total_permuted d f g (fun k => b (f i) k * x (g k)) order). apply total_ext. intros k bk.
  destruct (order k bk) as [_ [_ [undone _]]]. rewrite equal, undone by trivial. reflexivity.
Qed.

(** Where the values are turned as the keys are, [source t] by the one kernel and [target t] by the other, and what
    comes out is turned once more, the move is undone in the columns of the output projection all the same. It has to
    make the kernels themselves equal, not their scores alone. *)
Theorem output_undoes_turned_values n d weight value o (source target : nat -> matrix) (back back' : matrix) f g r :
  permutes d f g ->
  (forall t i k, (t < n)%nat -> (i < d)%nat -> (k < d)%nat -> source t i k = target t (f i) (f k)) ->
  (forall i k, (i < d)%nat -> (k < d)%nat -> back i k = back' (f i) (f k)) ->
  applied d (fun i k => o i (g k))
    (applied d back' (attended n weight (fun t => applied d (target t) (fun k => value t (g k))))) r
  = applied d o (applied d back (attended n weight (fun t => applied d (source t) (value t)))) r.
Proof.
  intros order equal equal_back.
  set (x := attended n weight (fun t => applied d (source t) (value t))).
  unfold applied at 1. rewrite <- (total_permuted d f g _ order). apply total_ext. intros i below.
  destruct (order i below) as [_ [_ [undone _]]]. rewrite undone. f_equal.
  rewrite <- (kernel_moves d back back' f g x i order equal_back below).
  apply applied_ext; trivial. intros k bk. destruct (order k bk) as [_ [inside [_ there]]].
  unfold x, attended. apply total_ext. intros t bt. rewrite <- there at 1. f_equal.
  apply (kernel_moves d (source t) (target t) f g); auto.
Qed.
