(** T2 whole, the matching of T3, and the position of T4: when two rotation layouts are similar. *)

From Coq Require Import Arith Lia Bool Reals Lra List Permutation FinFun Classical.
From Rope Require Import Sums Similarity Scores Cosines.
Import ListNotations.
Local Open Scope R_scope.

(** [f] moves the numbers below n among themselves, and [g] moves them back. *)
Definition permutes (n : nat) (f g : nat -> nat) : Prop :=
  forall i, (i < n)%nat -> (f i < n)%nat /\ (g i < n)%nat /\ g (f i) = i /\ f (g i) = i.

(** Pair j has the frequency vector omega j. Lane i is the first lane of pair j if place i = 2 j, the second if
    place i = 2 j + 1, and passes if place i is 2 pairs or more. *)
Record layout := Layout { pairs : nat; omega : nat -> nat -> R; place : nat -> nat }.

(** A head of d lanes has room for the pairs, and each lane has a place of its own. *)
Definition fits (d : nat) (l : layout) : Prop := (2 * pairs l <= d)%nat /\ exists back, permutes d (place l) back.

(** Rot (angle j) on the plane of pair j, and 1 on what passes. *)
Definition planes (n : nat) (angle : nat -> R) (a b : nat) : R :=
  if (a <? 2 * n) && (b <? 2 * n) && (Nat.div2 a =? Nat.div2 b) then
    let t := angle (Nat.div2 a) in
    if Nat.even a then if Nat.even b then cos t else - sin t else if Nat.even b then sin t else cos t
  else if a =? b then 1 else 0.

(** D(p) of a layout, lane by lane. *)
Definition turned axes (l : layout) (p : nat -> R) : matrix :=
  fun i k => planes (pairs l) (fun j => dot axes (omega l j) p) (place l i) (place l k).

(** One fixed invertible matrix makes D of t into D of s at all positions. *)
Definition similar axes (reached : (nat -> R) -> Prop) d (s t : layout) : Prop :=
  exists b b', same d (mul d b b') one /\ same d (mul d b' b) one /\
    forall p, reached p -> same d (turned axes s p) (mul d (mul d b' (turned axes t p)) b).

(** One fixed permutation of lanes does. *)
Definition permuted axes (reached : (nat -> R) -> Prop) d (s t : layout) : Prop :=
  exists f g, permutes d f g /\
    forall p, reached p -> forall i k, (i < d)%nat -> (k < d)%nat -> turned axes s p i k = turned axes t p (f i) (f k).

(** The frequency vectors of a head; two lanes that pass count as one zero vector. *)
Definition frequencies d (l : layout) : list (nat -> R) :=
  map (fun j => if j <? pairs l then omega l j else fun _ => 0) (seq 0 (Nat.div2 d)).

Lemma halves n : n = (2 * Nat.div2 n + Nat.b2n (Nat.odd n))%nat.
Proof. apply Nat.div2_odd. Qed.

(** Lanes that pass are planes that stand still. *)
Definition still n (angle : nat -> R) (j : nat) : R := if j <? n then angle j else 0.

Ltac by_parts a := let e := fresh "split" in generalize (halves a); intros e;
  rewrite <- (Nat.negb_odd a) in *; destruct (Nat.odd a); simpl Nat.b2n in e; simpl negb in *.

Lemma planes_still n h angle a b :
  (n <= h)%nat -> planes n angle a b = planes h (still n angle) a b.
Proof.
  intros room. unfold planes, still.
  destruct (Nat.eqb_spec (Nat.div2 a) (Nat.div2 b)) as [plane|]; [|rewrite !andb_false_r; reflexivity].
  rewrite !andb_true_r. by_parts a; by_parts b;
    destruct (Nat.ltb_spec a (2 * n)), (Nat.ltb_spec b (2 * n)), (Nat.ltb_spec a (2 * h)), (Nat.ltb_spec b (2 * h)),
      (Nat.ltb_spec (Nat.div2 a) n), (Nat.eqb_spec a b); try lia; simpl; rewrite ?cos_0, ?sin_0; lra.
Qed.

(** A sum over all numbers below n does not see the order. *)
Lemma total_permuted n f g x : permutes n f g -> total n (fun i => x (f i)) = total n x.
Proof.
  intros order.
  rewrite (total_ext n _ (fun i => total n (fun k => if Nat.eq_dec k (f i) then x k else 0))).
  - rewrite total_exchange. apply total_ext. intros k below. destruct (order k below) as [_ [low [_ back]]].
    rewrite (total_single n (g k)); trivial.
    + destruct (Nat.eq_dec k (f (g k))); congruence.
    + intros i inside other. destruct (Nat.eq_dec k (f i)) as [->|]; [|reflexivity].
      destruct (order i inside) as [_ [_ [undone _]]]. congruence.
  - intros i below. destruct (order i below) as [low _]. rewrite (total_single n (f i)); trivial.
    + destruct (Nat.eq_dec (f i) (f i)); congruence.
    + intros k _ other. destruct (Nat.eq_dec k (f i)); congruence.
Qed.

Lemma trace_of_planes d n angle :
  (2 * n <= d)%nat -> total d (fun a => planes n angle a a) = INR (d - 2 * n) + total n (fun j => 2 * cos (angle j)).
Proof.
  intros room. replace d with (2 * n + (d - 2 * n))%nat at 1 by lia. rewrite total_append, Rplus_comm. f_equal.
  - generalize (d - 2 * n)%nat. intros m. rewrite (total_ext m _ (fun _ => 1)).
    + induction m as [|m IH]; [reflexivity|]. rewrite S_INR. simpl. rewrite IH. reflexivity.
    + intros i _. unfold planes. destruct (Nat.ltb_spec (i + 2 * n) (2 * n)); [lia|]. simpl.
      rewrite Nat.eqb_refl. reflexivity.
  - rewrite total_adjacent. apply total_ext. intros j below. unfold planes.
    replace (2 * j + 1)%nat with (S (2 * j)) by lia.
    rewrite !Nat.eqb_refl, Nat.div2_double, Nat.div2_succ_double, Nat.even_succ, Nat.odd_mul, Nat.even_mul.
    destruct (Nat.ltb_spec (2 * j) (2 * n)), (Nat.ltb_spec (S (2 * j)) (2 * n)); try lia. simpl. ring.
Qed.

(** The trace of D(p): the number of lanes that pass, and two cosines for each pair. *)
Theorem trace_of_layout axes d l p :
  fits d l ->
  trace d (turned axes l p) = INR (d - 2 * pairs l) + total (pairs l) (fun j => 2 * cos (dot axes (omega l j) p)).
Proof.
  intros [room [back order]]. unfold trace, turned.
  rewrite (total_permuted d (place l) back (fun a => planes (pairs l) _ a a) order).
  apply trace_of_planes. exact room.
Qed.

Lemma frequencies_trace axes d l p :
  fits d l -> trace d (turned axes l p) = 2 * cosines axes (frequencies d l) p + INR (d - 2 * Nat.div2 d).
Proof.
  intros [room [back order]].
  assert (enough : (pairs l <= Nat.div2 d)%nat) by (generalize (halves d); destruct (Nat.odd d); simpl; lia).
  unfold trace, turned.
  rewrite (total_permuted d (place l) back (fun a => planes (pairs l) _ a a) order).
  rewrite (total_ext d _ (fun a => planes (Nat.div2 d) (still (pairs l) (fun j => dot axes (omega l j) p)) a a))
    by (intros; apply planes_still; trivial).
  rewrite trace_of_planes by (generalize (halves d); lia). rewrite Rplus_comm. f_equal.
  rewrite total_scale. f_equal. unfold frequencies. generalize (Nat.div2 d). intros h. clear.
  induction h as [|h IH]; [reflexivity|]. rewrite seq_S, map_app, cosines_app. simpl. rewrite IH, Rplus_0_r. f_equal.
  unfold still. destruct (h <? pairs l); [reflexivity|]. rewrite dot_zero_left. reflexivity.
Qed.

(** The vector of plane j, of the h planes into which a head is parted. *)
Definition vector (l : layout) (j : nat) : nat -> R := if j <? pairs l then omega l j else fun _ => 0.

Lemma Forall2_at {A} (r : A -> A -> Prop) u v x :
  Forall2 r u v -> forall i, (i < length u)%nat -> r (nth i u x) (nth i v x).
Proof.
  induction 1 as [|a b u v related _ IH]; simpl; intros i below; [lia|].
  destruct i as [|i]; [trivial|]. apply IH. lia.
Qed.

(** Where one list is another in some order, up to a relation, its places are matched one to one. *)
Lemma matched_places {A} (r : A -> A -> Prop) (u v : nat -> A) h :
  (exists order, Permutation (map v (seq 0 h)) order /\ Forall2 r (map u (seq 0 h)) order) ->
  exists f g, permutes h f g /\ forall j, (j < h)%nat -> r (u j) (v (f j)).
Proof.
  intros [order [moved matched]].
  assert (size : forall w : nat -> A, length (map w (seq 0 h)) = h) by (intros; rewrite map_length; apply seq_length).
  assert (at_place : forall w j, (j < h)%nat -> nth j (map w (seq 0 h)) (u 0%nat) = w j).
  { intros w j below. rewrite (nth_indep _ (u 0%nat) (w 0%nat)) by (rewrite size; exact below).
    rewrite (map_nth w), seq_nth by exact below. reflexivity. }
  apply (Permutation_nth _ _ (u 0%nat)) in moved. cbv zeta in moved. rewrite size in moved.
  destruct moved as [_ [f [bounded [injective moved]]]].
  destruct (bSurjective_bBijective bounded) as [g [bounded' inverse]].
  { apply bInjective_bSurjective; trivial. }
  exists f, g. split.
  - intros i below. repeat split; auto; apply inverse; trivial.
  - intros j below. generalize (Forall2_at _ _ _ (u 0%nat) matched j). rewrite size. intros same.
    specialize (same below). rewrite moved, !at_place in same; auto.
Qed.

Lemma partners axes reached d s t :
  equal_multisets axes reached (frequencies d s) (frequencies d t) ->
  exists f g, permutes (Nat.div2 d) f g /\
    forall j, (j < Nat.div2 d)%nat -> alike axes reached (vector s j) (vector t (f j)).
Proof. exact (matched_places (alike axes reached) (vector s) (vector t) (Nat.div2 d)). Qed.

Lemma choose n (a b : nat -> Prop) :
  (forall j, (j < n)%nat -> a j \/ b j) ->
  exists c : nat -> bool, forall j, (j < n)%nat -> if c j then b j else a j.
Proof.
  induction n as [|n IH]; intros either.
  - exists (fun _ => true). intros. lia.
  - destruct IH as [c chosen]; [auto|]. destruct (either n ltac:(lia)) as [left|right].
    + exists (fun j => if j =? n then false else c j). intros j below.
      destruct (Nat.eqb_spec j n) as [->|]; [trivial|]. apply chosen. lia.
    + exists (fun j => if j =? n then true else c j). intros j below.
      destruct (Nat.eqb_spec j n) as [->|]; [trivial|]. apply chosen. lia.
Qed.

(** Planes move by f, and the two lanes of those change places that turn the other way. *)
Definition moved h (f : nat -> nat) (swapped : nat -> bool) (a : nat) : nat :=
  if a <? 2 * h then 2 * f (Nat.div2 a) + Nat.b2n (xorb (Nat.odd a) (swapped (Nat.div2 a))) else a.

Lemma div2_of x e : Nat.div2 (2 * x + Nat.b2n e) = x.
Proof.
  destruct e; simpl Nat.b2n; [|rewrite Nat.add_0_r; apply Nat.div2_double].
  rewrite Nat.add_1_r. apply Nat.div2_succ_double.
Qed.

Lemma odd_of x e : Nat.odd (2 * x + Nat.b2n e) = e.
Proof. rewrite Nat.odd_add_mul_2 || (rewrite Nat.add_comm, Nat.odd_add_mul_2); destruct e; reflexivity. Qed.

Lemma low h a : (a < 2 * h)%nat <-> (Nat.div2 a < h)%nat.
Proof. generalize (halves a). destruct (Nat.odd a); simpl Nat.b2n; lia. Qed.

Lemma moved_back h f g c a :
  permutes h f g -> moved h g (fun j => c (g j)) (moved h f c a) = a.
Proof.
  intros order. unfold moved. destruct (Nat.ltb_spec a (2 * h)) as [inside|].
  - destruct (order (Nat.div2 a)) as [below [_ [undone _]]]; [apply low; trivial|].
    match goal with |- context [?x <? 2 * h] => destruct (Nat.ltb_spec x (2 * h)) as [_|outside] end.
    + rewrite div2_of, odd_of, undone, xorb_assoc, xorb_nilpotent, xorb_false_r. symmetry. apply halves.
    + exfalso.
      match type of outside with (_ <= 2 * ?x + ?e)%nat => assert (e <= 1)%nat by (destruct xorb; simpl; lia) end.
      lia.
  - destruct (Nat.ltb_spec a (2 * h)); [lia|reflexivity].
Qed.

Lemma moved_below d h f g c a : (2 * h <= d)%nat -> permutes h f g -> (a < d)%nat -> (moved h f c a < d)%nat.
Proof.
  intros room order below. unfold moved. destruct (Nat.ltb_spec a (2 * h)) as [inside|]; trivial.
  destruct (order (Nat.div2 a)) as [target _]; [apply low; trivial|].
  destruct xorb; simpl Nat.b2n; lia.
Qed.

Lemma permutes_back n f g : permutes n f g -> permutes n g f.
Proof. intros order i below. destruct (order i below) as [? [? [? ?]]]. auto. Qed.

Lemma permutes_then n f f' g g' :
  permutes n f f' -> permutes n g g' -> permutes n (fun i => g (f i)) (fun i => f' (g' i)).
Proof.
  intros first second i below. destruct (first i below) as [a [b [c e]]], (second i below) as [a' [b' [c' e']]].
  destruct (second (f i) a) as [? [? [back ?]]], (first (g' i) b') as [? [? [? forth]]].
  repeat split; trivial; congruence.
Qed.

Lemma moved_permutes d h f g c :
  (2 * h <= d)%nat -> permutes h f g -> permutes d (moved h f c) (moved h g (fun j => c (g j))).
Proof.
  intros room order a below. generalize (permutes_back _ _ _ order). intros back.
  repeat split; try (eapply moved_below; eauto); [apply moved_back; trivial|].
  (* back and forth: the swaps of g are those of f *)
  generalize (moved_back h g f (fun j => c (g j)) a back). intros forth. rewrite <- forth at 2.
  unfold moved at 1 3. destruct (_ <? _) eqn:inside; [|reflexivity].
  apply Nat.ltb_lt, low in inside. destruct (back _ inside) as [_ [_ [_ same]]].
  destruct (order _ inside) as [_ [_ [undone _]]]. rewrite undone. reflexivity.
Qed.

Lemma same_plane a b : (a =? b) = (Nat.div2 a =? Nat.div2 b) && eqb (Nat.odd a) (Nat.odd b).
Proof.
  destruct (Nat.eqb_spec a b) as [same|differ]; [rewrite same, Nat.eqb_refl, eqb_reflx; reflexivity|].
  destruct (Nat.eqb_spec (Nat.div2 a) (Nat.div2 b)) as [plane|]; [|reflexivity].
  generalize (halves a) (halves b). rewrite plane. destruct (Nat.odd a), (Nat.odd b); simpl; try reflexivity; lia.
Qed.

Lemma planes_moved h f g (c : nat -> bool) (x y : nat -> R) a b :
  permutes h f g ->
  (forall j, (j < h)%nat -> cos (x j) = cos (y (f j))) ->
  (forall j, (j < h)%nat -> sin (x j) = if c j then - sin (y (f j)) else sin (y (f j))) ->
  planes h x a b = planes h y (moved h f c a) (moved h f c b).
Proof.
  intros order cosines sines.
  assert (inside : forall e : nat, (moved h f c e <? 2 * h) = (e <? 2 * h)).
  { intros e. destruct (Nat.ltb_spec e (2 * h)) as [below|above].
    - apply Nat.ltb_lt. apply (moved_below (2 * h) h f g c e); trivial.
    - unfold moved. destruct (Nat.ltb_spec e (2 * h)); [lia|]. apply Nat.ltb_ge. trivial. }
  unfold planes. rewrite !inside.
  destruct (a <? 2 * h) eqn:low_a; [destruct (b <? 2 * h) eqn:low_b|]; simpl andb.
  - unfold moved. rewrite low_a, low_b, !div2_of.
    apply Nat.ltb_lt, low in low_a. apply Nat.ltb_lt, low in low_b.
    assert (one_to_one : (f (Nat.div2 a) =? f (Nat.div2 b)) = (Nat.div2 a =? Nat.div2 b)).
    { destruct (Nat.eqb_spec (Nat.div2 a) (Nat.div2 b)) as [->|differ]; [apply Nat.eqb_refl|].
      apply Nat.eqb_neq. intros same. apply differ.
      destruct (order _ low_a) as [_ [_ [<- _]]], (order _ low_b) as [_ [_ [<- _]]]. congruence. }
    rewrite one_to_one, (same_plane a b).
    rewrite (same_plane (2 * f (Nat.div2 a) + _)), !div2_of, one_to_one, <- !Nat.negb_odd, !odd_of.
    destruct (Nat.eqb_spec (Nat.div2 a) (Nat.div2 b)) as [->|]; [|reflexivity].
    rewrite cosines, sines by trivial. destruct (c (Nat.div2 b)), (Nat.odd a), (Nat.odd b); simpl; ring.
  - assert (out : moved h f c b = b) by (unfold moved; rewrite low_b; reflexivity). rewrite out.
    apply Nat.ltb_ge in low_b. apply Nat.ltb_lt in low_a.
    generalize (moved_below (2 * h) h f g c a (le_n _) order low_a). intros.
    rewrite (proj2 (Nat.eqb_neq a b)), (proj2 (Nat.eqb_neq (moved h f c a) b)) by lia. reflexivity.
  - assert (out : moved h f c a = a) by (unfold moved; rewrite low_a; reflexivity). rewrite out.
    apply Nat.ltb_ge in low_a. destruct (b <? 2 * h) eqn:low_b.
    + apply Nat.ltb_lt in low_b.
      generalize (moved_below (2 * h) h f g c b (le_n _) order low_b). intros.
      rewrite (proj2 (Nat.eqb_neq a b)), (proj2 (Nat.eqb_neq a (moved h f c b))) by lia. reflexivity.
    + unfold moved. rewrite low_b. reflexivity.
Qed.

Lemma room_for_planes d l : fits d l -> (pairs l <= Nat.div2 d)%nat /\ (2 * Nat.div2 d <= d)%nat.
Proof. intros [room _]. generalize (halves d). destruct (Nat.odd d); simpl; lia. Qed.

Lemma still_vector axes l p j : still (pairs l) (fun j => dot axes (omega l j) p) j = dot axes (vector l j) p.
Proof. unfold still, vector. destruct (j <? pairs l); [reflexivity|]. symmetry. apply dot_zero_left. Qed.

(** Planes that are matched by f make a permutation of lanes: planes move by f, and the lanes of those change places
    that turn the other way. It makes D equal wherever the angles of matched planes are equal, or opposite in those. *)
Lemma matched_planes axes d s t f g (c : nat -> bool) :
  fits d s -> fits d t -> permutes (Nat.div2 d) f g ->
  exists lane back, permutes d lane back /\
    (forall i, (i < d)%nat -> place t (lane i) = moved (Nat.div2 d) f c (place s i)) /\
    forall p,
    (forall j, (j < Nat.div2 d)%nat -> cos (dot axes (vector s j) p) = cos (dot axes (vector t (f j)) p)) ->
    (forall j, (j < Nat.div2 d)%nat -> sin (dot axes (vector s j) p)
      = if c j then - sin (dot axes (vector t (f j)) p) else sin (dot axes (vector t (f j)) p)) ->
    forall i k, (i < d)%nat -> (k < d)%nat -> turned axes s p i k = turned axes t p (lane i) (lane k).
Proof.
  intros fits_s fits_t order.
  destruct (room_for_planes d s fits_s) as [few_s room], (room_for_planes d t fits_t) as [few_t _].
  destruct fits_s as [_ [back_s order_s]], fits_t as [_ [back_t order_t]].
  exists (fun i => back_t (moved (Nat.div2 d) f c (place s i))).
  exists (fun i => back_s (moved (Nat.div2 d) g (fun j => c (g j)) (place t i))).
  assert (there : forall i, (i < d)%nat -> place t (back_t (moved (Nat.div2 d) f c (place s i)))
                            = moved (Nat.div2 d) f c (place s i)).
  { intros i below. apply (order_t (moved (Nat.div2 d) f c (place s i))).
    apply (moved_below d _ f g); trivial. apply (order_s i below). }
  split; [|split; [exact there|]].
  - apply (permutes_then d (fun i => moved (Nat.div2 d) f c (place s i))
             (fun i => back_s (moved (Nat.div2 d) g (fun j => c (g j)) i)) back_t (place t)).
    + apply permutes_then; [exact order_s|]. apply moved_permutes; trivial.
    + apply permutes_back. exact order_t.
  - intros p cosines sines i k below_i below_k. unfold turned.
    rewrite !there, (planes_still (pairs s) (Nat.div2 d)), (planes_still (pairs t) (Nat.div2 d)) by trivial.
    apply (planes_moved _ f g); trivial; intros j below; rewrite !still_vector; auto.
Qed.

(** Vectors that are alike are so with one sign for all positions. *)
Lemma matched_signs axes reached h (u v : nat -> nat -> R) :
  closed reached -> (forall j, (j < h)%nat -> alike axes reached (u j) (v j)) ->
  exists c : nat -> bool, forall p, reached p -> forall j, (j < h)%nat ->
    sin (dot axes (u j) p) = if c j then - sin (dot axes (v j) p) else sin (dot axes (v j) p).
Proof.
  intros closure same.
  destruct (choose h (fun j => forall p, reached p -> sin (dot axes (u j) p) = sin (dot axes (v j) p))
    (fun j => forall p, reached p -> sin (dot axes (u j) p) = - sin (dot axes (v j) p))) as [c sign].
  { intros j below. apply alike_one_sign; auto. }
  exists c. intros p rp j below. specialize (sign j below). destruct (c j); apply sign; trivial.
Qed.

(** T3: where the multisets are equal, a permutation of lanes does it. *)
Theorem permutation_is_enough axes reached d s t :
  closed reached -> fits d s -> fits d t ->
  equal_multisets axes reached (frequencies d s) (frequencies d t) -> permuted axes reached d s t.
Proof.
  intros closure fits_s fits_t equal.
  destruct (partners axes reached d s t equal) as [f [g [order same]]].
  destruct (matched_signs axes reached (Nat.div2 d) (vector s) (fun j => vector t (f j)) closure same) as [c sign].
  destruct (matched_planes axes d s t f g c fits_s fits_t order) as [lane [back [order' [_ agree]]]].
  exists lane, back. split; [exact order'|]. intros p rp. apply agree; [|exact (sign p rp)].
  intros j below. apply same; trivial.
Qed.

Lemma permuted_similar axes reached d s t : permuted axes reached d s t -> similar axes reached d s t.
Proof.
  intros [f [g [order equal]]].
  exists (fun j k => if Nat.eq_dec j (f k) then 1 else 0), (fun i j => if Nat.eq_dec (f i) j then 1 else 0).
  split; [|split].
  - intros i k below_i below_k. unfold mul, one. destruct (order i below_i) as [_ [inside [_ there]]].
    rewrite (total_single d (g i)); trivial.
    + destruct (Nat.eq_dec i (f (g i))); [|congruence].
      destruct (Nat.eq_dec (f (g i)) k), (Nat.eq_dec i k); congruence || ring.
    + intros j below other. destruct (Nat.eq_dec i (f j)) as [->|]; [|ring].
      destruct (order j below) as [_ [_ [undone _]]]. congruence.
  - intros i k below_i below_k. unfold mul, one. destruct (order i below_i) as [inside [_ [back _]]].
    rewrite (total_single d (f i)); trivial.
    + destruct (Nat.eq_dec (f i) (f i)); [|congruence].
      destruct (Nat.eq_dec (f i) (f k)) as [meet|], (Nat.eq_dec i k); try ring.
      * destruct (order k below_k) as [_ [_ [undone _]]]. congruence.
      * congruence.
    + intros j _ other. destruct (Nat.eq_dec (f i) j); [congruence|ring].
  - intros p rp i k below_i below_k. rewrite (equal p rp i k) by trivial. unfold mul.
    destruct (order k below_k) as [inside_k _], (order i below_i) as [inside_i _].
    rewrite (total_single d (f k)); trivial.
    + destruct (Nat.eq_dec (f k) (f k)); [|congruence]. rewrite (total_single d (f i)); trivial.
      * destruct (Nat.eq_dec (f i) (f i)); [ring|congruence].
      * intros j _ other. destruct (Nat.eq_dec (f i) j); [congruence|ring].
    + intros j _ other. destruct (Nat.eq_dec j (f k)); [congruence|ring].
Qed.

Lemma similar_traces axes reached d s t p :
  similar axes reached d s t -> reached p -> trace d (turned axes s p) = trace d (turned axes t p).
Proof.
  intros [b [b' [inverse [_ equal]]]] rp. rewrite <- (trace_of_similar d b b' (turned axes t p) inverse).
  apply total_ext. intros i below. apply equal; trivial.
Qed.

Lemma traces_multisets axes reached d s t :
  closed reached -> fits d s -> fits d t ->
  (forall p, reached p -> trace d (turned axes s p) = trace d (turned axes t p)) ->
  equal_multisets axes reached (frequencies d s) (frequencies d t).
Proof.
  intros closure fits_s fits_t equal. apply cosines_have_their_frequencies; trivial. intros p rp.
  generalize (equal p rp). rewrite !frequencies_trace by trivial. lra.
Qed.

(** T2: similar exactly if the multisets of frequency vectors, each up to sign, are equal. *)
Theorem similar_exactly_if_multisets_are_equal axes reached d s t :
  closed reached -> fits d s -> fits d t ->
  similar axes reached d s t <-> equal_multisets axes reached (frequencies d s) (frequencies d t).
Proof.
  intros closure fits_s fits_t. split.
  - intros alike. apply traces_multisets; trivial. intros p rp. apply (similar_traces axes reached); trivial.
  - intros equal. apply permuted_similar, permutation_is_enough; trivial.
Qed.

(** T4: unequal multisets have a position with different traces. *)
Theorem unequal_multisets_have_a_position axes reached d s t :
  closed reached -> fits d s -> fits d t ->
  ~ equal_multisets axes reached (frequencies d s) (frequencies d t) ->
  exists p, reached p /\ trace d (turned axes s p) <> trace d (turned axes t p).
Proof.
  intros closure fits_s fits_t unequal. apply NNPP. intros none. apply unequal, traces_multisets; trivial.
  intros p rp. apply NNPP. intros differ. apply none. eauto.
Qed.
