(** T7: roots of several primes. *)

From Coq Require Import Arith Lia ZArith Znumtheory Bool Reals Lra List Classical.
From Rope Require Import Sums Decision Fields Algebraic Radicals.
Local Open Scope R_scope.

(** The combinations over K of the first n powers of x. *)
Definition span (K : R -> Prop) n x y : Prop :=
  exists c, (forall i, (i < n)%nat -> K (c i)) /\ y = total n (fun i => c i * x ^ i).

Section Adjoined.

Variables (K : R -> Prop) (n : nat) (x : R).
Context (isfield : field K) (some : (0 < n)%nat) (closes : K (x ^ n)).

Lemma span_K y : K y -> span K n x y.
Proof.
  intros ky. destruct isfield as [k0 _]. exists (fun i => if Nat.eq_dec i 0 then y else 0). split.
  - intros i _. destruct (Nat.eq_dec i 0); trivial.
  - rewrite (total_single n 0); trivial; [destruct (Nat.eq_dec 0 0); [simpl; ring|contradiction]|].
    intros i _ other. destruct (Nat.eq_dec i 0); [contradiction|ring].
Qed.

Lemma span_plus y z : span K n x y -> span K n x z -> span K n x (y + z).
Proof.
  destruct isfield as [_ [_ [kplus _]]]. intros [c [kc ->]] [e [ke ->]]. exists (fun i => c i + e i). split; auto.
  rewrite <- total_plus. apply total_ext. intros. ring.
Qed.

Lemma span_scale k y : K k -> span K n x y -> span K n x (k * y).
Proof.
  destruct isfield as [_ [_ [_ [kmult _]]]]. intros kk [c [kc ->]]. exists (fun i => k * c i). split; auto.
  rewrite <- total_scale. apply total_ext. intros. ring.
Qed.

Lemma span_step y : span K n x y -> span K n x (x * y).
Proof.
  intros [c [kc ->]]. assert (size : exists m, n = S m) by (exists (n - 1)%nat; lia). destruct size as [m size].
  replace (x * total n (fun i => c i * x ^ i))
    with (total n (fun i => match i with O => 0 | S i => c i end * x ^ i) + c m * x ^ n).
  - apply span_plus.
    + destruct isfield as [k0 _]. exists (fun i => match i with O => 0 | S i => c i end). split; trivial.
      intros [|i] bi; trivial. apply kc. lia.
    + apply span_K. destruct isfield as [_ [_ [_ [kmult _]]]]. apply kmult; trivial. apply kc. lia.
  - rewrite size, total_first. change (total (S m) ?f) with (total m f + f m).
    rewrite Rmult_plus_distr_l, <- total_scale.
    rewrite (total_ext m (fun i => x * (c i * x ^ i)) (fun i => c i * x ^ S i)) by (intros; simpl; ring). simpl. ring.
Qed.

Lemma span_powers i y : span K n x y -> span K n x (x ^ i * y).
Proof.
  intros sy. induction i as [|i IH]; simpl; [rewrite Rmult_1_l; trivial|]. rewrite Rmult_assoc. apply span_step, IH.
Qed.

Lemma span_total m f : (forall i, (i < m)%nat -> span K n x (f i)) -> span K n x (total m f).
Proof.
  destruct isfield as [k0 _]. induction m as [|m IH]; simpl; intros each; [apply span_K; trivial|].
  apply span_plus; auto.
Qed.

Lemma span_mult y z : span K n x y -> span K n x z -> span K n x (y * z).
Proof.
  intros [c [kc ->]] sz. rewrite <- total_scale_right. apply span_total. intros i bi.
  rewrite Rmult_assoc. apply span_scale, span_powers; auto.
Qed.

Lemma span_pow y i : span K n x y -> span K n x (y ^ i).
Proof.
  intros sy. destruct isfield as [_ [k1 _]].
  induction i as [|i IH]; simpl; [apply span_K; trivial|apply span_mult; trivial].
Qed.

Lemma coordinates m (f : nat -> R) : (forall i, (i < m)%nat -> span K n x (f i)) ->
  exists c, (forall i j, (i < m)%nat -> (j < n)%nat -> K (c i j)) /\
    forall i, (i < m)%nat -> f i = total n (fun j => c i j * x ^ j).
Proof.
  induction m as [|m IH]; intros each.
  - exists (fun _ _ => 0). split; intros; lia.
  - destruct IH as [c [kc equal]]; [auto|]. destruct (each m ltac:(lia)) as [e [ke last]].
    exists (fun i => if Nat.eq_dec i m then e else c i). split.
    + intros i j bi bj. destruct (Nat.eq_dec i m); [auto|apply kc; trivial; lia].
    + intros i bi. destruct (Nat.eq_dec i m) as [->|]; [trivial|apply equal; lia].
Qed.

Lemma span_field : field (span K n x).
Proof.
  pose proof isfield as [k0 [k1 [kplus [kmult [kopp kinv]]]]]. repeat split.
  - apply span_K. trivial.
  - apply span_K. trivial.
  - intros. apply span_plus; trivial.
  - intros. apply span_mult; trivial.
  - intros y sy. replace (- y) with ((-1) * y) by ring. apply span_scale; trivial.
    replace (-1) with (- (1)) by ring. auto.
  - intros y nonzero sy.
    destruct (coordinates (S n) (fun i => y ^ i)) as [v [kv power]]; [intros; apply span_pow; trivial|].
    destruct (dependent_over K isfield n v kv) as [c [kc [[i [bi differs]] zero]]].
    assert (relation : total (S n) (fun i => c i * y ^ i) = 0).
    { rewrite (total_ext _ _ (fun i => total n (fun j => c i * v i j * x ^ j))).
      - rewrite total_exchange, (total_ext n _ (fun _ => 0)); [apply total_zero|].
        intros j bj. rewrite total_scale_right, zero by trivial. ring.
      - intros l bl. rewrite power, <- total_scale by trivial. apply total_ext. intros. ring. }
    clear v kv power zero. revert c kc i bi differs relation. generalize (S n). intros m. induction m as [|m IH].
    + intros. lia.
    + intros c kc i bi differs relation. rewrite total_first in relation.
      rewrite (total_ext m _ (fun i => y * (c (S i) * y ^ i))) in relation by (intros; simpl; ring).
      rewrite total_scale in relation. simpl in relation.
      destruct (Req_dec (c 0%nat) 0) as [low|low].
      * rewrite low in relation. destruct i as [|i]; [contradiction|].
        apply (IH (fun i => c (S i)) (fun i bi => kc (S i) (proj1 (Nat.succ_lt_mono _ _) bi)) i); [lia|trivial|].
        apply (Rmult_eq_reg_l y); trivial. lra.
      * replace (/ y) with (- / c 0%nat * total m (fun i => c (S i) * y ^ i)).
        -- apply span_scale; [apply kopp, kinv; trivial; apply kc; lia|]. apply span_total. intros l bl.
           apply span_scale; [apply kc; lia|apply span_pow; trivial].
        -- apply (Rmult_eq_reg_l y); trivial. rewrite Rinv_r by trivial.
           replace (y * (- / c 0%nat * total m (fun i => c (S i) * y ^ i)))
             with (- / c 0%nat * (y * total m (fun i => c (S i) * y ^ i))) by ring.
           replace (y * total m (fun i => c (S i) * y ^ i)) with (- c 0%nat) by lra. field. trivial.
Qed.

End Adjoined.

Definition kronecker (i j : nat) : R := if Nat.eq_dec i j then 1 else 0.

Lemma total_kronecker n i f : (i < n)%nat -> total n (fun j => f j * kronecker j i) = f i.
Proof.
  intros bi. rewrite (total_single n i); trivial; unfold kronecker.
  - destruct (Nat.eq_dec i i); [ring|contradiction].
  - intros j _ other. destruct (Nat.eq_dec j i); [contradiction|ring].
Qed.

Lemma total_kronecker_l n i f : (i < n)%nat -> total n (fun j => kronecker i j * f j) = f i.
Proof.
  intros bi. rewrite (total_single n i); trivial; unfold kronecker.
  - destruct (Nat.eq_dec i i); [ring|contradiction].
  - intros j _ other. destruct (Nat.eq_dec i j); [congruence|ring].
Qed.

(** In two bases over K, a multiplication has the same trace. *)
Lemma same_trace K (isfield : field K) y n m (u v : nat -> R) (b b' a a' : nat -> nat -> R) :
  independent K n u -> independent K m v ->
  (forall i j, (i < n)%nat -> (j < m)%nat -> K (b i j)) -> (forall i j, (i < m)%nat -> (j < n)%nat -> K (b' i j)) ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> K (a i j)) -> (forall i j, (i < m)%nat -> (j < m)%nat -> K (a' i j)) ->
  (forall i, (i < n)%nat -> u i = total m (fun j => b i j * v j)) ->
  (forall i, (i < m)%nat -> v i = total n (fun j => b' i j * u j)) ->
  (forall i, (i < n)%nat -> y * u i = total n (fun j => a i j * u j)) ->
  (forall i, (i < m)%nat -> y * v i = total m (fun j => a' i j * v j)) ->
  total n (fun i => a i i) = total m (fun i => a' i i).
Proof.
  intros free_u free_v kb kb' ka ka' bv bu au av.
  pose proof isfield as [k0 [k1 [kplus [kmult [kopp kinv]]]]].
  assert (kk : forall i j, K (kronecker i j)) by (intros; unfold kronecker; destruct (Nat.eq_dec i j); trivial).
  assert (unique : forall l w (f g : nat -> R), independent K l w ->
    (forall i, (i < l)%nat -> K (f i)) -> (forall i, (i < l)%nat -> K (g i)) ->
    total l (fun i => f i * w i) = total l (fun i => g i * w i) -> forall i, (i < l)%nat -> f i = g i).
  { intros l w f g free kf kg equal i bi. apply Rminus_diag_uniq. apply (free (fun i => f i - g i)); trivial.
    - intros j bj. apply kplus; auto.
    - rewrite (total_ext l _ (fun i => f i * w i + (-1) * (g i * w i))) by (intros; ring).
      rewrite total_plus, total_scale. lra. }
  assert (compose : forall l h w (c d : nat -> R) (e : nat -> nat -> R),
    (forall i, (i < l)%nat -> d i = total h (fun j => e i j * w j)) ->
    total l (fun i => c i * d i) = total h (fun j => total l (fun i => c i * e i j) * w j)).
  { intros l h w c d e each. rewrite (total_ext l _ (fun i => total h (fun j => c i * e i j * w j))).
    - rewrite total_exchange. apply total_ext. intros. apply total_scale_right.
    - intros i bi. rewrite each, <- total_scale by trivial. apply total_ext. intros. ring. }
  assert (there : forall j i, (j < n)%nat -> (i < n)%nat -> total m (fun s => b j s * b' s i) = kronecker j i).
  { intros j i bj. revert i. apply (unique n u (fun i => total m (fun s => b j s * b' s i)) (kronecker j)); auto.
    - intros i bi. apply field_total; trivial. auto.
    - rewrite total_kronecker_l by trivial. rewrite <- (compose m n u (b j) v b' bu). symmetry. auto. }
  assert (back : forall s t, (s < m)%nat -> (t < m)%nat -> total n (fun i => b' s i * b i t) = kronecker s t).
  { intros s t bs. revert t. apply (unique m v (fun t => total n (fun i => b' s i * b i t)) (kronecker s)); auto.
    - intros i bi. apply field_total; trivial. auto.
    - rewrite total_kronecker_l by trivial. rewrite <- (compose n m v (b' s) u b bv). symmetry. auto. }
  assert (linked : forall i s, (i < n)%nat -> (s < m)%nat ->
    total n (fun j => a i j * b j s) = total m (fun t => b i t * a' t s)).
  { intros i s bi. revert s. apply (unique m v (fun s => total n (fun j => a i j * b j s))
      (fun s => total m (fun t => b i t * a' t s))); trivial.
    - intros s bs. apply field_total; trivial. auto.
    - intros s bs. apply field_total; trivial. auto.
    - rewrite <- (compose n m v (a i) u b bv), <- au by trivial.
      rewrite <- (compose m m v (b i) (fun t => y * v t) a' av).
      rewrite bv, <- total_scale by trivial. apply total_ext. intros. ring. }
  rewrite (total_ext n _ (fun i => total m (fun s => total n (fun j => a i j * b j s) * b' s i))).
  - rewrite (total_ext n _ (fun i => total m (fun s => total m (fun t => b i t * a' t s) * b' s i))).
    + rewrite total_exchange. apply total_ext. intros s bs.
      rewrite (total_ext n _ (fun i => total m (fun t => a' t s * (b' s i * b i t))))
        by (intros; rewrite <- total_scale_right; apply total_ext; intros; ring).
      rewrite total_exchange. rewrite <- (total_kronecker_l m s (fun t => a' t s)) by trivial.
      apply total_ext. intros t bt. rewrite total_scale, back by trivial. ring.
    + intros i bi. apply total_ext. intros s bs. rewrite linked by trivial. reflexivity.
  - intros i bi. rewrite <- (total_kronecker n i (a i)) at 1 by trivial.
    rewrite (total_ext n _ (fun j => total m (fun s => a i j * b j s * b' s i))).
    + rewrite total_exchange. apply total_ext. intros. apply total_scale_right.
    + intros j bj. rewrite <- there, <- total_scale by trivial. apply total_ext. intros. ring.
Qed.

Lemma choose_each {A} n (x : A) (p : nat -> A -> Prop) :
  (forall i, (i < n)%nat -> exists e, p i e) -> exists b, forall i, (i < n)%nat -> p i (b i).
Proof.
  induction n as [|n IH]; intros each.
  - exists (fun _ => x). intros. lia.
  - destruct IH as [b chosen]; [auto|]. destruct (each n ltac:(lia)) as [e last].
    exists (fun i => if Nat.eq_dec i n then e else b i). intros i bi.
    destruct (Nat.eq_dec i n) as [->|]; [trivial|apply chosen; lia].
Qed.

(** The coefficients of x^i (c_0 + c_1 x + ...) where x^n is taken for a number. *)
Definition shifted n (x : R) (c : nat -> R) (i j : nat) : R :=
  if le_lt_dec i j then c (j - i)%nat else x ^ n * c (n + j - i)%nat.

Lemma shifted_is n x c i :
  (i < n)%nat -> total n (fun l => c l * x ^ l) * x ^ i = total n (fun j => shifted n x c i j * x ^ j).
Proof.
  intros bi. replace n with (n - i + i)%nat at 1 by lia. rewrite total_append.
  transitivity (total (i + (n - i)) (fun j => shifted n x c i j * x ^ j)).
  - rewrite total_append, Rmult_plus_distr_r, Rplus_comm, <- !total_scale_right.
    f_equal; apply total_ext; intros j bj; unfold shifted.
    + destruct (le_lt_dec i j); [lia|]. replace (n + j - i)%nat with (j + (n - i))%nat by lia.
      rewrite Rmult_assoc, <- pow_add. replace (j + (n - i) + i)%nat with (n + j)%nat by lia. rewrite pow_add. ring.
    + destruct (le_lt_dec i (j + i)); [|lia]. replace (j + i - i)%nat with j by lia. rewrite pow_add. ring.
  - f_equal. lia.
Qed.

(** A root that is a combination of powers of x, with a constant part, is in K. *)
Lemma root_with_constant K (isfield : field K) x n y h c :
  0 < x -> (0 < n)%nat -> K (x ^ n) -> independent K n (fun i => x ^ i) ->
  0 < y -> (0 < h)%nat -> K (y ^ h) ->
  (forall i, (i < n)%nat -> K (c i)) -> y = total n (fun i => c i * x ^ i) -> c 0%nat <> 0 -> K y.
Proof.
  intros pos_x some_n closes free pos_y some_h root kc combination constant.
  pose proof isfield as [k0 [k1 [kplus [kmult [kopp kinv]]]]].
  destruct (least (fun k => (0 < k)%nat /\ K (y ^ k)) h) as [m [_ [[some_m root_m] lower]]]; [auto|].
  assert (free_y : independent K m (fun i => y ^ i)).
  { apply powers_independent; trivial. intros j [low high] kj. apply (lower j high). auto. }
  destruct (Nat.eq_dec m 1) as [->|more]; [simpl in root_m; rewrite Rmult_1_r in root_m; trivial|exfalso].
  set (L := span K m y). assert (field_L : field L) by (apply span_field; trivial).
  destruct (least (fun k => (0 < k)%nat /\ L (x ^ k)) n) as [d [_ [[some_d root_d] lower_d]]].
  { split; trivial. apply span_K; trivial. }
  assert (free_x : independent L d (fun i => x ^ i)).
  { apply powers_independent; trivial. intros j [low high] lj. apply (lower_d j high). auto. }
  pose (v := fun t => y ^ (Nat.div t d) * x ^ (Nat.modulo t d)).
  assert (at_pair : forall k l : nat, (l < d)%nat -> Nat.div (k * d + l) d = k /\ Nat.modulo (k * d + l) d = l).
  { intros k l bl. split; [rewrite Nat.div_add_l, Nat.div_small by lia; lia|].
    rewrite Nat.add_comm, Nat.mod_add, Nat.mod_small by lia. reflexivity. }
  assert (parts : forall t : nat, (t < m * d)%nat ->
    (Nat.div t d < m)%nat /\ (Nat.modulo t d < d)%nat /\ t = (Nat.div t d * d + Nat.modulo t d)%nat).
  { intros t bt. split; [apply Nat.div_lt_upper_bound; lia|]. split; [apply Nat.mod_upper_bound; lia|].
    rewrite (Nat.div_mod t d) at 1 by lia. lia. }
  assert (sum_v : forall e, total (m * d) (fun t => e t * v t)
    = total d (fun l => total m (fun k => e (k * d + l)%nat * y ^ k) * x ^ l)).
  { intros e. rewrite total_product, total_exchange. apply total_ext. intros l bl. rewrite <- total_scale_right.
    apply total_ext. intros k _. unfold v. destruct (at_pair k l bl) as [-> ->]. ring. }
  assert (free_v : independent K (m * d) v).
  { intros e ke sum t bt. rewrite sum_v in sum. destruct (parts t bt) as [bk [bl ->]].
    apply (free_y (fun k => e (k * d + Nat.modulo t d)%nat)); trivial.
    - intros k bk'. apply ke. nia.
    - apply (free_x (fun l => total m (fun k => e (k * d + l)%nat * y ^ k))); trivial.
      intros l bl'. exists (fun k => e (k * d + l)%nat). split; trivial. intros k bk'. apply ke. nia. }
  assert (in_v : forall z, span L d x z -> exists e, (forall t, (t < m * d)%nat ->
    K (e t)) /\ z = total (m * d) (fun t => e t * v t)).
  { intros z [w [lw ->]]. destruct (coordinates K m y some_m d w lw) as [f [kf equal]].
    exists (fun t => f (Nat.modulo t d) (Nat.div t d)). split.
    - intros t bt. destruct (parts t bt) as [? [? _]]. apply kf; trivial.
    - rewrite sum_v. apply total_ext. intros l bl. rewrite equal by trivial. f_equal. apply total_ext. intros k _.
      destruct (at_pair k l bl) as [-> ->]. reflexivity. }
  destruct (choose_each n (fun _ : nat => 0) (fun i e => (forall t, (t < m * d)%nat ->
    K (e t)) /\ x ^ i = total (m * d) (fun t => e t * v t)))
    as [b chosen].
  { intros i _. apply in_v. rewrite <- (Rmult_1_r (x ^ i)). apply span_powers; trivial. apply span_K; trivial.
    apply field_L. }
  assert (in_x : forall t, (t < m * d)%nat -> span K n x (v t)).
  { intros t _. unfold v. rewrite Rmult_comm. apply span_powers; trivial. apply span_pow; trivial. exists c. auto. }
  destruct (coordinates K n x some_n (m * d) v in_x) as [b' [kb' in_x']].
  pose (a' := fun t s => if Nat.eq_dec (Nat.modulo s d) (Nat.modulo t d) then
     if Nat.eq_dec (S (Nat.div t d)) m then (if Nat.eq_dec (Nat.div s d) 0 then y ^ m else 0)
     else if Nat.eq_dec (Nat.div s d) (S (Nat.div t d)) then 1 else 0 else 0).
  assert (traces : total n (fun i => shifted n x c i i) = total (m * d) (fun t => a' t t)).
  { apply (same_trace K isfield y n (m * d) (fun i => x ^ i) v b b' (shifted n x c) a'); trivial.
    - intros i j bi bj. apply chosen; trivial.
    - intros i j bi bj. unfold shifted. destruct (le_lt_dec i j); [apply kc; lia|apply kmult; trivial; apply kc; lia].
    - intros t s _ _. unfold a'. repeat destruct Nat.eq_dec; trivial.
    - intros i bi. apply chosen; trivial.
    - intros i bi. rewrite combination at 1. apply shifted_is. trivial.
    - intros t bt. destruct (parts t bt) as [bk [bl _]]. rewrite sum_v.
      rewrite (total_single d (Nat.modulo t d)); trivial.
      + rewrite (total_ext m _ (fun k => (if Nat.eq_dec (S (Nat.div t d)) m then (if Nat.eq_dec k 0 then y ^ m else 0)
          else if Nat.eq_dec k (S (Nat.div t d)) then 1 else 0) * y ^ k)).
        * unfold v. destruct (Nat.eq_dec (S (Nat.div t d)) m) as [full|].
          -- rewrite (total_single m 0); trivial.
             ++ destruct (Nat.eq_dec 0 0); [|contradiction]. rewrite <- full. simpl. ring.
             ++ intros k _ other. destruct (Nat.eq_dec k 0); [contradiction|ring].
          -- rewrite (total_single m (S (Nat.div t d))); [|lia|].
             ++ destruct (Nat.eq_dec (S (Nat.div t d)) (S (Nat.div t d))); [simpl; ring|contradiction].
             ++ intros k _ other. destruct (Nat.eq_dec k (S (Nat.div t d))); [contradiction|ring].
        * intros k _. unfold a'. destruct (at_pair k (Nat.modulo t d) bl) as [-> ->].
          destruct (Nat.eq_dec (Nat.modulo t d) (Nat.modulo t d)); [reflexivity|contradiction].
      + intros l bl' other. rewrite (total_ext m _ (fun _ => 0)); [rewrite total_zero; ring|].
        intros k _. unfold a'. destruct (at_pair k l bl') as [_ ->].
        destruct (Nat.eq_dec l (Nat.modulo t d)); [contradiction|ring]. }
  rewrite (total_ext n _ (fun _ => c 0%nat)) in traces.
  - rewrite (total_ext (m * d) _ (fun _ => 0)), total_zero in traces.
    + assert (forall l, total l (fun _ => c 0%nat) = INR l * c 0%nat) as constants.
      { induction l as [|l IH]; [simpl; ring|]. rewrite S_INR. simpl. rewrite IH. ring. }
      rewrite constants in traces. apply Rmult_integral in traces as [none|]; [|contradiction].
      apply (not_0_INR n); [lia|trivial].
    + intros t bt. unfold a'. destruct (parts t bt) as [bk _].
      destruct (Nat.eq_dec (Nat.modulo t d) (Nat.modulo t d)); [|contradiction].
      destruct (Nat.eq_dec (S (Nat.div t d)) m); [destruct (Nat.eq_dec (Nat.div t d) 0); [lia|reflexivity]|].
      destruct (Nat.eq_dec (Nat.div t d) (S (Nat.div t d))); [lia|reflexivity].
  - intros i _. unfold shifted. destruct (le_lt_dec i i); [|lia]. f_equal. lia.
Qed.

(** The products of powers of the first k numbers of r, and the field that they span. *)
Fixpoint monomial (r : nat -> R) k (e : nat -> nat) : R :=
  match k with O => 1 | S k => monomial r k e * r k ^ e k end.
Fixpoint tower (r : nat -> R) N k : R -> Prop :=
  match k with O => rational | S k => span (tower r N k) N (r k) end.

Lemma monomial_ext r k e e' : (forall i, (i < k)%nat -> e i = e' i) -> monomial r k e = monomial r k e'.
Proof. induction k as [|k IH]; simpl; intros same; [reflexivity|]. rewrite (IH ltac:(auto)), (same k) by lia.
reflexivity. Qed.

Lemma tower_fields r N :
  (0 < N)%nat -> (forall i, 0 < r i /\ rational (r i ^ N)) ->
  (forall k j q e, (0 < j < N)%nat -> rational q -> r k ^ j <> q * monomial r k e) ->
  forall k, field (tower r N k) /\ (forall q, rational q -> tower r N k q) /\
    independent (tower r N k) N (fun i => r k ^ i) /\
    forall x h, x <> 0 -> (0 < h)%nat -> rational (x ^ h) -> tower r N k x ->
      exists q e, rational q /\ x = q * monomial r k e.
Proof.
  intros some roots apart k. induction k as [|k [isfield [holds [free roots_in]]]].
  - assert (zero : field rational) by apply rational_field.
    assert (in_0 : forall x h, x <> 0 -> (0 < h)%nat -> rational (x ^ h) -> tower r N 0 x ->
      exists q e, rational q /\ x = q * monomial r 0 e).
    { intros x h _ _ _ inside. exists x, (fun _ => 0%nat). split; [exact inside|simpl; ring]. }
    split; [exact zero|split; [trivial|split; [|exact in_0]]].
    apply powers_independent; trivial; [apply roots|apply roots|].
    intros j bounds inside. apply (apart 0%nat j (r 0%nat ^ j) (fun _ => 0%nat)); trivial. simpl. ring.
  - set (K := tower r N k) in *. destruct (roots k) as [positive rational_power].
    assert (field_S : field (tower r N (S k))) by exact (span_field K N (r k) isfield some (holds _ rational_power)).
    assert (holds_S : forall q, rational q -> tower r N (S k) q) by (intros q rq; change (span K N (r k) q);
      apply span_K; trivial; apply holds; trivial).
    assert (roots_S : forall x h, x <> 0 -> (0 < h)%nat -> rational (x ^ h) -> tower r N (S k) x ->
      exists q e, rational q /\ x = q * monomial r (S k) e).
    { intros x h nonzero some_h power [c [kc combination]].
      assert (part : exists j, (j < N)%nat /\ c j <> 0).
      { apply NNPP. intros none. apply nonzero.
        rewrite combination, (total_ext N _ (fun _ => 0)); [apply total_zero|].
        intros i bi. replace (c i) with 0; [ring|]. apply NNPP. intros differs. apply none. exists i. auto. }
      destruct part as [j [bj some_j]].
      assert (turn : exists i, (i < N)%nat /\ shifted N (r k) c i 0 <> 0 /\ exists w, rational w /\
        w * r k ^ i * r k ^ j = 1).
      { destruct (Nat.eq_dec j 0) as [->|].
        - exists 0%nat. split; trivial. split; [unfold shifted; destruct (le_lt_dec 0 0); [exact some_j|lia]|].
          exists 1. split; [apply rational_1|simpl; ring].
        - exists (N - j)%nat. split; [lia|]. split.
          + unfold shifted. destruct (le_lt_dec (N - j) 0); [lia|]. replace (N + 0 - (N - j))%nat with j by lia.
            apply Rmult_integral_contrapositive. split; trivial. apply pow_nonzero. lra.
          + assert (r k ^ N <> 0) by (apply pow_nonzero; lra). exists (/ r k ^ N).
            split; [apply rational_inv; trivial|].
            rewrite Rmult_assoc, <- pow_add. replace (N - j + j)%nat with N by lia. apply Rinv_l. trivial. }
      destruct turn as [i [bi [constant [w [rw undone]]]]].
      set (y := x * r k ^ i). assert (ri : 0 < r k ^ i) by (apply pow_lt; trivial).
      assert (y <> 0) by (apply Rmult_integral_contrapositive; split; lra).
      assert (y_power : forall s, s = 1 \/ s = -1 -> rational ((s * y) ^ (h * N))).
      { intros s signs. unfold y. rewrite !Rpow_mult_distr. apply rational_mult; [|apply rational_mult].
        - apply rational_pow. destruct signs as [-> | ->]; [apply rational_1|apply (rational_IZR (-1))].
        - rewrite pow_mult. apply rational_pow. trivial.
        - rewrite <- pow_mult. replace (i * (h * N))%nat with (N * (i * h))%nat by lia. rewrite pow_mult.
          apply rational_pow. trivial. }
      assert (y_is : y = total N (fun j => shifted N (r k) c i j * r k ^ j)).
      { unfold y. rewrite combination. apply shifted_is. trivial. }
      assert (ks : forall j, (j < N)%nat -> K (shifted N (r k) c i j)).
      { intros l bl. unfold shifted. destruct isfield as [_ [_ [_ [kmult _]]]].
        destruct (le_lt_dec i l); [apply kc; lia|apply kmult; [auto|apply kc; lia]]. }
      assert (inside : K y).
      { pose proof isfield as [k0 [k1 [kplus [kmult [kopp kinv]]]]]. assert (some_hN : (0 < h * N)%nat) by nia.
        destruct (Rtotal_order y 0) as [minus|[|plus]]; [|contradiction|].
        - replace y with (- ((-1) * y)) by ring. apply kopp.
          apply (root_with_constant K isfield (r k) N ((-1) * y) (h * N) (fun j => (-1) * shifted N (r k) c i j));
            auto; try lra.
          + intros l bl. apply kmult; auto. apply holds, (rational_IZR (-1)).
          + rewrite y_is, <- total_scale. apply total_ext. intros. ring.
        - apply (root_with_constant K isfield (r k) N y (h * N) (shifted N (r k) c i)); auto.
          rewrite <- (Rmult_1_l y). apply holds, y_power. auto. }
      destruct (roots_in y (h * N)%nat) as [q [e [rq form]]]; trivial; [nia| |].
      - rewrite <- (Rmult_1_l y). apply y_power. auto.
      - exists (q * w), (fun l => if Nat.eq_dec l k then j else e l). split; [apply rational_mult; trivial|].
        simpl. destruct (Nat.eq_dec k k); [|contradiction].
        rewrite (monomial_ext r k _ e) by (intros l bl; destruct (Nat.eq_dec l k); [lia|reflexivity]).
        transitivity (y * w * r k ^ j); [|rewrite form; ring].
        unfold y. transitivity (x * (w * r k ^ i * r k ^ j)); [rewrite undone; ring|ring]. }
    split; [exact field_S|split; [exact holds_S|split; [|exact roots_S]]].
    destruct (roots (S k)) as [positive' rational']. apply powers_independent; auto.
    intros j bounds inside.
    destruct (roots_S (r (S k) ^ j) N) as [q [e [rq form]]]; trivial.
    + apply pow_nonzero. lra.
    + rewrite <- pow_mult, Nat.mul_comm, pow_mult. apply rational_pow. trivial.
    + apply (apart (S k) j q e); trivial.
Qed.

Fixpoint agree k (e e' : nat -> nat) : bool :=
  match k with O => true | S k => agree k e e' && Nat.eqb (e k) (e' k) end.

Lemma agree_same k e e' : agree k e e' = true -> forall i, (i < k)%nat -> e i = e' i.
Proof.
  induction k as [|k IH]; simpl; intros same i bi; [lia|]. apply andb_prop in same as [first last].
  destruct (Nat.eq_dec i k) as [->|]; [apply Nat.eqb_eq; trivial|apply IH; trivial; lia].
Qed.

Lemma agree_refl k e : agree k e e = true.
Proof. induction k as [|k IH]; simpl; [reflexivity|]. rewrite IH, Nat.eqb_refl. reflexivity. Qed.

Lemma monomial_in_tower r N :
  (forall k, field (tower r N k)) ->
  forall k e, (forall i, (i < k)%nat -> (e i < N)%nat) -> tower r N k (monomial r k e).
Proof.
  intros fields. induction k as [|k IH]; intros e low; [apply rational_1|]. destruct (fields k) as [k0 [k1 _]].
  exists (fun j => if Nat.eq_dec j (e k) then monomial r k e else 0). split.
  - intros j bj. destruct (Nat.eq_dec j (e k)); auto.
  - rewrite (total_single N (e k)); [|apply low; lia|].
    + destruct (Nat.eq_dec (e k) (e k)); [reflexivity|contradiction].
    + intros j _ other. destruct (Nat.eq_dec j (e k)); [contradiction|ring].
Qed.

Lemma terms_vanish r N :
  (0 < N)%nat ->
  (forall k, field (tower r N k) /\ (forall q, rational q -> tower r N k q) /\
    independent (tower r N k) N (fun i => r k ^ i)) ->
  forall k terms q (e : nat -> nat -> nat),
  (forall t, (t < terms)%nat -> rational (q t) /\ forall i, (i < k)%nat -> (e t i < N)%nat) ->
  total terms (fun t => q t * monomial r k (e t)) = 0 ->
  forall e0, total terms (fun t => if agree k (e t) e0 then q t else 0) = 0.
Proof.
  intros some fields.
  pose proof (monomial_in_tower r N (fun k => proj1 (fields k))) as monomials.
  induction k as [|k IH]; intros terms q e bounds sum e0.
  - rewrite <- sum. apply total_ext. intros. simpl. ring.
  - destruct (le_lt_dec N (e0 k)) as [high|low].
    { rewrite (total_ext terms _ (fun _ => 0)); [apply total_zero|]. intros t bt. simpl.
      destruct (Nat.eqb_spec (e t k) (e0 k)) as [same|]; [|rewrite andb_false_r; reflexivity].
      destruct (bounds t bt) as [_ small]. specialize (small k ltac:(lia)). lia. }
    pose (part := fun j t => if Nat.eqb (e t k) j then q t else 0).
    assert (pieces : total N (fun j => total terms (fun t => part j t * monomial r k (e t)) * r k ^ j) = 0).
    { rewrite <- sum. rewrite (total_ext N _ (fun j => total terms (fun t => part j t * monomial r k (e t) * r k ^
        j)))
        by (intros; symmetry; apply total_scale_right).
      rewrite total_exchange. apply total_ext. intros t bt. destruct (bounds t bt) as [_ small].
      rewrite (total_single N (e t k)); [|apply small; lia|].
      - unfold part. rewrite Nat.eqb_refl. simpl. ring.
      - intros j _ other. unfold part. destruct (Nat.eqb_spec (e t k) j); [congruence|ring]. }
    destruct (fields k) as [isfield [holds free]].
    assert (rational_part : forall j t, (t < terms)%nat -> rational (part j t)).
    { intros j t bt. unfold part. destruct (bounds t bt) as [rq _].
      destruct (Nat.eqb (e t k) j); [trivial|apply rational_0]. }
    transitivity (total terms (fun t => if agree k (e t) e0 then part (e0 k) t else 0));
      [|apply (IH terms (part (e0 k)) e)].
    + apply total_ext. intros t _. unfold part. simpl.
      destruct (agree k (e t) e0), (Nat.eqb (e t k) (e0 k)); reflexivity.
    + intros t bt. split; auto. intros i bi. apply (bounds t bt). lia.
    + apply (free (fun j => total terms (fun t => part j t * monomial r k (e t)))); trivial.
      intros j _. apply field_total; trivial. intros t bt. destruct isfield as [_ [_ [_ [kmult _]]]].
      apply kmult; [auto|]. apply monomials. intros i bi. apply (bounds t bt). lia.
Qed.

Fixpoint zpow (x : Z) (n : nat) : Z := match n with O => 1 | S n => x * zpow x n end%Z.

Lemma IZR_zpow x n : IZR (zpow x n) = IZR x ^ n.
Proof. induction n as [|n IH]; simpl; [reflexivity|]. rewrite mult_IZR, IH. reflexivity. Qed.

Lemma zpow_mult x y n : zpow (x * y) n = (zpow x n * zpow y n)%Z.
Proof. induction n as [|n IH]; simpl; [reflexivity|]. rewrite IH. ring. Qed.

Lemma zpow_plus x n m : zpow x (n + m) = (zpow x n * zpow x m)%Z.
Proof. induction n as [|n IH]; simpl zpow; [simpl Nat.add; ring|]. simpl. rewrite IH. ring. Qed.

Lemma zpow_some x n : x <> 0%Z -> zpow x n <> 0%Z.
Proof. intros some. induction n as [|n IH]; simpl; [lia|]. intros zero. apply Z.mul_eq_0 in zero. tauto. Qed.

Lemma prime_zpow p x n : prime p -> (p | zpow x n)%Z -> (p | x)%Z.
Proof.
  intros isprime. induction n as [|n IH]; simpl; intros divides.
  - exfalso. destruct isprime as [above _]. apply Z.divide_1_r in divides. lia.
  - apply prime_mult in divides as [|]; auto.
Qed.

Lemma valuation p c j N : prime p -> ~ (p | c)%Z -> (0 < j < N)%nat ->
  forall n a b, (Z.abs b < Z.of_nat n)%Z -> b <> 0%Z -> (zpow p j * zpow b N)%Z <> (zpow a N * c)%Z.
Proof.
  intros isprime free bounds. assert (some : (1 < p)%Z) by (destruct isprime; trivial).
  induction n as [|n IH]; intros a b size nonzero equal; [lia|].
  assert (in_a : (p | a)%Z).
  { apply (prime_zpow p a N isprime). assert (product : (p | zpow a N * c)%Z).
    { rewrite <- equal. destruct j as [|j]; [lia|]. simpl. exists (zpow p j * zpow b N)%Z. ring. }
    apply prime_mult in product as [|]; tauto. }
  destruct in_a as [a' ->]. rewrite zpow_mult in equal.
  replace N with (j + S (N - j - 1))%nat in equal at 3 by lia. rewrite zpow_plus in equal.
  assert (once : zpow b N = (zpow a' N * zpow p (S (N - j - 1)) * c)%Z).
  { apply (Z.mul_reg_l _ _ (zpow p j)); [apply zpow_some; lia|]. rewrite equal. ring. }
  assert (in_b : (p | b)%Z).
  { apply (prime_zpow p b N isprime). rewrite once. simpl. exists (zpow a' N * zpow p (N - j - 1) * c)%Z. ring. }
  destruct in_b as [b' ->]. apply (IH a' b'); [nia|intros ->; lia|].
  rewrite zpow_mult in once. replace N with (S (N - j - 1) + j)%nat in once at 2 by lia. rewrite zpow_plus in once.
  apply (Z.mul_reg_l _ _ (zpow p (S (N - j - 1)))); [apply zpow_some; lia|].
  transitivity (zpow b' N * (zpow p (S (N - j - 1)) * zpow p j))%Z; [ring|]. rewrite once. ring.
Qed.

(** The N-th root of the prime of index i. *)
Definition prime_root (p : nat -> Z) (N i : nat) : R := Rpower (IZR (p i)) (/ INR N).

Fixpoint integer_monomial (p : nat -> Z) k (e : nat -> nat) : Z :=
  match k with O => 1%Z | S k => (integer_monomial p k e * zpow (p k) (e k))%Z end.

Section Primes.

Variables (p : nat -> Z) (N : nat).
Context (primes : forall i, prime (p i)) (distinct : forall i j, p i = p j -> i = j) (some : (0 < N)%nat).

Lemma prime_root_positive i : 0 < prime_root p N i.
Proof. apply exp_pos. Qed.

Lemma prime_root_power i : prime_root p N i ^ N = IZR (p i).
Proof.
  unfold prime_root. assert (0 < IZR (p i)) by (apply IZR_lt; destruct (primes i); lia).
  rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult, Rinv_l by (apply not_0_INR; lia). apply Rpower_1.
  trivial.
Qed.

Lemma monomial_power k e : monomial (prime_root p N) k e ^ N = IZR (integer_monomial p k e).
Proof.
  induction k as [|k IH]; simpl; [apply pow1|].
  rewrite Rpow_mult_distr, IH, mult_IZR, IZR_zpow, <- pow_mult, Nat.mul_comm, pow_mult, prime_root_power. reflexivity.
Qed.

Lemma other_primes k l e : (k <= l)%nat -> ~ (p l | integer_monomial p k e)%Z.
Proof.
  induction k as [|k IH]; simpl; intros below divides.
  - destruct (primes l) as [above _]. apply Z.divide_1_r in divides. lia.
  - apply prime_mult in divides as [divides|divides]; [apply IH; trivial; lia| |apply primes].
    apply prime_zpow in divides; [|apply primes].
    apply prime_div_prime in divides; [|apply primes|apply primes]. apply distinct in divides. lia.
Qed.

Lemma prime_root_apart k j q e : (0 < j < N)%nat -> rational q ->
  prime_root p N k ^ j <> q * monomial (prime_root p N) k e.
Proof.
  intros bounds [a [b [nonzero ->]]] equal.
  apply (valuation (p k) (integer_monomial p k e) j N (primes k) (other_primes k k e (le_n _)) bounds
    (S (Z.abs_nat b)) a b); trivial; [lia|].
  apply eq_IZR. rewrite !mult_IZR, !IZR_zpow, <- monomial_power, <- prime_root_power, <- !pow_mult.
  rewrite (Nat.mul_comm N j), pow_mult, equal, !Rpow_mult_distr. unfold Rdiv. rewrite Rpow_mult_distr.
  assert (IZR b <> 0) by (apply not_0_IZR; trivial).
  transitivity (IZR a ^ N * monomial (prime_root p N) k e ^ N * (/ IZR b * IZR b) ^ N).
  - rewrite Rpow_mult_distr. ring.
  - rewrite Rinv_l, pow1 by trivial. ring.
Qed.

End Primes.

(** T7 (Besicovitch): products of N-th roots of different primes, with different exponents below N, are linearly
    independent over the rationals. *)
Theorem radicals_independent p N k terms q (e : nat -> nat -> nat) :
  (forall i, prime (p i)) -> (forall i j, p i = p j -> i = j) -> (0 < N)%nat ->
  (forall t, (t < terms)%nat -> rational (q t)) ->
  (forall t i, (t < terms)%nat -> (i < k)%nat -> (e t i < N)%nat) ->
  (forall s t, (s < terms)%nat -> (t < terms)%nat -> s <> t -> exists i, (i < k)%nat /\ e s i <> e t i) ->
  total terms (fun t => q t * monomial (prime_root p N) k (e t)) = 0 ->
  forall t, (t < terms)%nat -> q t = 0.
Proof.
  intros primes distinct some rq bounds different sum t bt.
  assert (fields := tower_fields (prime_root p N) N some
    (fun i => conj (prime_root_positive p N i)
      (eq_ind_r rational (rational_IZR (p i)) (prime_root_power p N primes some i)))
    (prime_root_apart p N primes distinct some)).
  assert (vanish := terms_vanish (prime_root p N) N some
    (fun k => conj (proj1 (fields k)) (conj (proj1 (proj2 (fields k))) (proj1 (proj2 (proj2 (fields k))))))
    k terms q e (fun t bt => conj (rq t bt) (fun i => bounds t i bt)) sum (e t)).
  rewrite (total_single terms t) in vanish; trivial.
  - rewrite agree_refl in vanish. exact vanish.
  - intros s bs other. destruct (agree k (e s) (e t)) eqn:same; [|reflexivity].
    destruct (different s t bs bt other) as [i [bi differ]]. contradiction (differ (agree_same k _ _ same i bi)).
Qed.
