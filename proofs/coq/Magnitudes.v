(** T3 with magnitudes: what attention sees of a kernel whose pairs are multiplied, and which change of rows makes up
    for it. *)

From Coq Require Import Arith Lia Bool Reals Lra List Permutation.
From Rope Require Import Sums Similarity Scores Cosines Decision.
Import ListNotations.
Local Open Scope R_scope.

(** A layout whose pair j, rotated, is multiplied by a number. *)
Record scaled := Scaled { base : layout; factor : nat -> R }.

(** The magnitude of plane j, of all into which a head is parted; lanes that pass have 1. *)
Definition magnitude (l : scaled) (j : nat) : R := if j <? pairs (base l) then factor l j else 1.
Definition lane_magnitude (l : scaled) (i : nat) : R := magnitude l (Nat.div2 (place (base l) i)).

Definition positive (l : scaled) : Prop := forall j, (j < pairs (base l))%nat -> 0 < factor l j.

(** The kernel K(p): output o is written from lane i. Pair j has the angle omega_j . p + phi_j. *)
Definition kernel axes (l : scaled) (phi : nat -> R) (write : nat -> nat) (p : nat -> R) : matrix :=
  fun o i => magnitude l (Nat.div2 (write o))
    * planes (pairs (base l)) (fun j => dot axes (omega (base l) j) p + phi j) (write o) (place (base l) i).

(** M(p, p'), what attention sees of it. *)
Definition seen axes (l : scaled) (p p' : nat -> R) : matrix :=
  fun i k => lane_magnitude l i * lane_magnitude l i * turned axes (base l) (fun a => p' a - p a) i k.

(** One fixed linear map for q and one for k, the latter invertible, make the scores of t those of s. *)
Definition linear axes (reached : (nat -> R) -> Prop) d (s t : scaled) : Prop :=
  exists a b b', same d (mul d b b') one /\ same d (mul d b' b) one /\
    forall p p', reached p -> reached p' -> same d (seen axes s p p') (mul d (mul d a (seen axes t p p')) b).

(** A permutation of lanes does that keeps the lanes of a plane together, with one positive factor for each plane. *)
Definition pair_map axes (reached : (nat -> R) -> Prop) d (s t : scaled) : Prop :=
  exists f g c, permutes d f g /\ (forall j, 0 < c j) /\
    (forall i k, (i < d)%nat -> (k < d)%nat -> Nat.div2 (place (base s) i) = Nat.div2 (place (base s) k) ->
      Nat.div2 (place (base t) (f i)) = Nat.div2 (place (base t) (f k))) /\
    forall p p', reached p -> reached p' -> forall i k, (i < d)%nat -> (k < d)%nat ->
    seen axes s p p' i k
    = c (Nat.div2 (place (base s) i)) * c (Nat.div2 (place (base s) k)) * seen axes t p p' (f i) (f k).

(** A permutation of lanes alone does. *)
Definition permutation axes (reached : (nat -> R) -> Prop) d (s t : scaled) : Prop :=
  exists f g, permutes d f g /\
    forall p p', reached p -> reached p' -> forall i k, (i < d)%nat -> (k < d)%nat ->
    seen axes s p p' i k = seen axes t p p' (f i) (f k).

(** The planes of a head, each with its frequency vector and its magnitude; two lanes that pass count as a zero vector
    with magnitude 1. *)
Definition planes_of d (l : scaled) : list ((nat -> R) * R) :=
  map (fun j => (vector (base l) j, magnitude l j)) (seq 0 (Nat.div2 d)).

(** Frequency vectors up to sign, with equal magnitudes. *)
Definition alike_and_equal axes (reached : (nat -> R) -> Prop) (x y : (nat -> R) * R) : Prop :=
  alike axes reached (fst x) (fst y) /\ snd x = snd y.

Definition equal_planes axes (reached : (nat -> R) -> Prop) (u v : list ((nat -> R) * R)) : Prop :=
  exists order, Permutation v order /\ Forall2 (alike_and_equal axes reached) u order.

Lemma magnitude_positive l j : positive l -> 0 < magnitude l j.
Proof. intros each. unfold magnitude. destruct (Nat.ltb_spec j (pairs (base l))); [auto|lra]. Qed.

Lemma lane_positive l i : positive l -> 0 < lane_magnitude l i.
Proof. apply magnitude_positive. Qed.

Lemma magnitude_beyond d l j : fits d (base l) -> (Nat.div2 d <= j)%nat -> magnitude l j = 1.
Proof.
  intros room beyond. destruct (room_for_planes d _ room) as [few _]. unfold magnitude.
  destruct (Nat.ltb_spec j (pairs (base l))); [lia|reflexivity].
Qed.

(** The entries of planes: within a pair, and on lanes that pass. *)
Lemma planes_in n angle j e k e' : (j < n)%nat ->
  planes n angle (2 * j + Nat.b2n e) (2 * k + Nat.b2n e')
  = if j =? k then if e then if e' then cos (angle j) else sin (angle j)
    else if e' then - sin (angle j) else cos (angle j) else 0.
Proof.
  intros below. unfold planes. rewrite <- !Nat.negb_odd, !div2_of, !odd_of.
  destruct (Nat.eqb_spec j k) as [->|apart].
  - destruct (Nat.ltb_spec (2 * k + Nat.b2n e) (2 * n)), (Nat.ltb_spec (2 * k + Nat.b2n e') (2 * n));
      destruct e, e'; simpl in *; try lia; reflexivity.
  - rewrite andb_false_r. destruct (Nat.eqb_spec (2 * j + Nat.b2n e) (2 * k + Nat.b2n e')); [|reflexivity].
    destruct e, e'; simpl in *; lia.
Qed.

Lemma planes_out n angle a b : (2 * n <= a)%nat -> planes n angle a b = if a =? b then 1 else 0.
Proof. intros beyond. unfold planes. destruct (Nat.ltb_spec a (2 * n)); [lia|reflexivity]. Qed.

Lemma planes_out_right n angle a b : (2 * n <= b)%nat -> planes n angle a b = if a =? b then 1 else 0.
Proof.
  intros beyond. unfold planes. destruct (Nat.ltb_spec b (2 * n)); [lia|]. rewrite andb_false_r. reflexivity.
Qed.

Lemma planes_apart n angle a b : Nat.div2 a <> Nat.div2 b -> planes n angle a b = 0.
Proof.
  intros apart. unfold planes. rewrite (proj2 (Nat.eqb_neq _ _) apart), andb_false_r.
  destruct (Nat.eqb_spec a b) as [->|]; [contradiction|reflexivity].
Qed.

Lemma planes_ext n angle angle' a b : (forall j, angle j = angle' j) -> planes n angle a b = planes n angle' a b.
Proof. intros equal. unfold planes. rewrite equal. reflexivity. Qed.

Lemma total_two d i l f : (i < d)%nat -> (l < d)%nat -> i <> l ->
  (forall k, (k < d)%nat -> k <> i -> k <> l -> f k = 0) -> total d f = f i + f l.
Proof.
  intros bi bl apart others.
  rewrite (total_ext d f (fun k => (if Nat.eq_dec k i then f k else 0) + (if Nat.eq_dec k l then f k else 0))).
  - rewrite total_plus, (total_single d i), (total_single d l); trivial.
    + destruct (Nat.eq_dec i i), (Nat.eq_dec l l); try contradiction. reflexivity.
    + intros k _ other. destruct (Nat.eq_dec k l); [contradiction|reflexivity].
    + intros k _ other. destruct (Nat.eq_dec k i); [contradiction|reflexivity].
  - intros k bk. destruct (Nat.eq_dec k i), (Nat.eq_dec k l); subst; try contradiction; try ring.
    rewrite others by trivial. ring.
Qed.

(** K(p)^T K(p') on the planes: the magnitude twice, and the difference of the angles. *)
Lemma planes_scores d n (w x y : nat -> R) a b : (2 * n <= d)%nat -> (a < d)%nat -> (b < d)%nat ->
  (forall j, (n <= j)%nat -> w j = 1) ->
  total d (fun o => w (Nat.div2 o) * planes n x o a * (w (Nat.div2 o) * planes n y o b))
  = w (Nat.div2 a) * w (Nat.div2 a) * planes n (fun j => y j - x j) a b.
Proof.
  intros room ba bb passes. destruct (le_lt_dec (2 * n) a) as [beyond|inside].
  - rewrite (total_single d a) by (trivial; intros o _ other; rewrite (planes_out_right n x o a beyond),
      (proj2 (Nat.eqb_neq o a) other); ring).
    rewrite !(planes_out n _ a) by exact beyond. rewrite Nat.eqb_refl. ring.
  - rewrite (halves a) in *. set (j := Nat.div2 a) in *. set (e := Nat.odd a) in *.
    rewrite (halves b). set (k := Nat.div2 b). set (e' := Nat.odd b). rewrite !div2_of.
    assert (bj : (j < n)%nat) by (destruct e; simpl in inside; lia).
    rewrite (total_two d (2 * j + Nat.b2n false) (2 * j + Nat.b2n true)); [|simpl; lia|simpl; lia|simpl; lia|].
    + rewrite !div2_of, !planes_in by exact bj. rewrite Nat.eqb_refl.
      destruct (Nat.eqb_spec j k); [|ring]. rewrite cos_minus, sin_minus. destruct e, e'; ring.
    + intros o _ first second. rewrite (planes_apart n x o); [ring|]. rewrite div2_of. intros plane.
      generalize (halves o). rewrite plane. destruct (Nat.odd o); simpl in *; lia.
Qed.

(** Of a kernel attention sees M alone: no phase, no order of writing, and of a magnitude its square. *)
Theorem scores_of_kernel axes d l phi write unwrite p p' i k :
  fits d (base l) -> permutes d write unwrite -> (i < d)%nat -> (k < d)%nat ->
  total d (fun o => kernel axes l phi write p o i * kernel axes l phi write p' o k) = seen axes l p p' i k.
Proof.
  intros [room [back order]] written bi bk. unfold kernel, seen, turned.
  rewrite (total_permuted d write unwrite (fun o => magnitude l (Nat.div2 o) * planes _ _ o (place (base l) i)
    * (magnitude l (Nat.div2 o) * planes _ _ o (place (base l) k))) written).
  rewrite planes_scores; trivial; try apply order; trivial.
  - fold (lane_magnitude l i). f_equal. apply planes_ext. intros j. rewrite dot_minus. ring.
  - intros j beyond. unfold magnitude. destruct (Nat.ltb_spec j (pairs (base l))); [lia|reflexivity].
Qed.

Lemma turned_ext axes l p q i k :
  (forall j, dot axes (omega l j) p = dot axes (omega l j) q) -> turned axes l p i k = turned axes l q i k.
Proof. intros equal. apply planes_ext. exact equal. Qed.

Lemma seen_from_zero axes l p i k :
  seen axes l (fun _ => 0) p i k = lane_magnitude l i * lane_magnitude l i * turned axes (base l) p i k.
Proof. unfold seen. f_equal. apply turned_ext. intros j. rewrite dot_minus, dot_zero. ring. Qed.

Lemma turned_zero axes d l i k :
  fits d l -> (i < d)%nat -> (k < d)%nat -> turned axes l (fun _ => 0) i k = one i k.
Proof.
  intros [room [back order]] bi bk. unfold turned, one.
  assert (places : (place l i =? place l k) = (if Nat.eq_dec i k then true else false)).
  { destruct (Nat.eq_dec i k) as [->|apart]; [apply Nat.eqb_refl|]. apply Nat.eqb_neq. intros same. apply apart.
    destruct (order i bi) as [_ [_ [<- _]]], (order k bk) as [_ [_ [<- _]]]. rewrite same. reflexivity. }
  rewrite (planes_still (pairs l) (pairs l)) by lia.
  rewrite (planes_ext (pairs l) _ (fun _ => 0))
    by (intros j; unfold still; destruct (j <? pairs l); [apply dot_zero|reflexivity]).
  destruct (le_lt_dec (2 * pairs l) (place l i)) as [beyond|inside].
  - rewrite planes_out, places by exact beyond. destruct (Nat.eq_dec i k); reflexivity.
  - revert places. rewrite (same_plane (place l i)). rewrite (halves (place l i)) in inside.
    rewrite (halves (place l i)) at 3. rewrite (halves (place l k)) at 3.
    assert (below : (Nat.div2 (place l i) < pairs l)%nat)
      by (destruct (Nat.odd (place l i)); simpl in inside; lia).
    rewrite planes_in, cos_0, sin_0 by exact below.
    destruct (Nat.div2 (place l i) =? Nat.div2 (place l k)), (Nat.odd (place l i)), (Nat.odd (place l k)),
      (Nat.eq_dec i k); simpl; intros; try discriminate; ring.
Qed.

(** Where planes go that are matched by f; what is beyond them stays. *)
Definition to_plane h (f : nat -> nat) (j : nat) : nat := if j <? h then f j else j.

(** The permutation of lanes that matched planes make, at differences of positions. *)
Lemma matched_lanes axes reached d s t f g :
  closed reached -> fits d s -> fits d t -> permutes (Nat.div2 d) f g ->
  (forall j, (j < Nat.div2 d)%nat -> alike axes reached (vector s j) (vector t (f j))) ->
  exists lane back, permutes d lane back /\
    (forall i, (i < d)%nat ->
      Nat.div2 (place t (lane i)) = to_plane (Nat.div2 d) f (Nat.div2 (place s i))) /\
    forall p p', reached p -> reached p' -> forall i k, (i < d)%nat -> (k < d)%nat ->
      turned axes s (fun a => p' a - p a) i k = turned axes t (fun a => p' a - p a) (lane i) (lane k).
Proof.
  intros closure fits_s fits_t order same.
  destruct (matched_signs axes reached (Nat.div2 d) (vector s) (fun j => vector t (f j)) closure same) as [c sign].
  destruct (matched_planes axes d s t f g c fits_s fits_t order) as [lane [back [order' [there agree]]]].
  exists lane, back. split; [exact order'|split].
  - intros i bi. rewrite there by exact bi. unfold moved, to_plane.
    destruct (Nat.ltb_spec (place s i) (2 * Nat.div2 d)) as [inside|outside],
      (Nat.ltb_spec (Nat.div2 (place s i)) (Nat.div2 d)) as [inside'|outside'].
    + apply div2_of.
    + apply low in inside. lia.
    + apply low in inside'. lia.
    + reflexivity.
  - intros p p' rp rp'. apply agree; intros j bj; rewrite !dot_minus, ?cos_minus, ?sin_minus,
      (same j bj p rp), (same j bj p' rp'), (sign p rp j bj), (sign p' rp' j bj); destruct (c j); ring.
Qed.

(** The class of a magnitude: its planes' cosines. *)
Definition class (m : R) (planes : list ((nat -> R) * R)) : list (nat -> R) :=
  map fst (filter (fun x => if Req_EM_T (snd x) m then true else false) planes).

Lemma class_app m u v : class m (u ++ v) = class m u ++ class m v.
Proof. unfold class. rewrite filter_app, map_app. reflexivity. Qed.

Lemma class_cons m x u : class m (x :: u) = (if Req_EM_T (snd x) m then [fst x] else []) ++ class m u.
Proof. unfold class. simpl. destruct (Req_EM_T (snd x) m); reflexivity. Qed.

Lemma class_in m w u : In w (class m u) -> In (w, m) u.
Proof.
  intros inside. apply in_map_iff in inside as [[v n] [<- inside]]. apply filter_In in inside as [inside equal].
  simpl in *. destruct (Req_EM_T n m) as [<-|]; [exact inside|discriminate].
Qed.

(** The multisets are equal if the sums of cosines are, magnitude by magnitude. *)
Lemma classes_have_their_frequencies axes reached u v :
  closed reached ->
  (forall m p, reached p -> cosines axes (class m u) p = cosines axes (class m v) p) ->
  equal_planes axes reached u v.
Proof.
  intros closure. revert v. induction u as [|[w m] u IH]; intros v equal.
  - destruct v as [|[w m] v]; [exists []; auto|]. exfalso.
    destruct (has_a_partner axes reached w (class m v) [] closure) as [? [[] _]].
    intros p rp. generalize (equal m p rp). rewrite (class_cons m (w, m)). simpl.
    destruct (Req_EM_T m m); [|contradiction]. simpl. auto.
  - destruct (has_a_partner axes reached w (class m u) (class m v) closure) as [w' [inside same]].
    { intros p rp. rewrite <- (equal m p rp), class_cons. simpl.
      destruct (Req_EM_T m m); [reflexivity|contradiction]. }
    apply class_in, in_split in inside as [v1 [v2 ->]].
    destruct (IH (v1 ++ v2)) as [order [moved matched]].
    + intros n p rp. generalize (equal n p rp) (same p rp). rewrite !class_app, !class_cons, !cosines_app. simpl.
      destruct (Req_EM_T m n); simpl; lra.
    + exists ((w', m) :: order). split; [rewrite <- Permutation_middle; constructor; exact moved|].
      constructor; [split; trivial|exact matched].
Qed.

(** One number of each plane, on the diagonal of D. *)
Lemma weighted_trace axes d l (w : nat -> R) p :
  fits d l ->
  total d (fun i => w (Nat.div2 (place l i)) * turned axes l p i i)
  = 2 * total (Nat.div2 d) (fun j => w j * cos (dot axes (vector l j) p))
    + total (d - 2 * Nat.div2 d) (fun i => w (Nat.div2 (i + 2 * Nat.div2 d))).
Proof.
  intros room. destruct (room_for_planes d l room) as [few enough]. destruct room as [_ [back order]].
  unfold turned. rewrite (total_permuted d (place l) back (fun a => w (Nat.div2 a) * planes _ _ a a) order).
  set (h := Nat.div2 d) in *. replace d with (2 * h + (d - 2 * h))%nat at 1 by lia.
  rewrite total_append, total_adjacent, <- total_scale. f_equal; apply total_ext.
  - intros j below. rewrite <- still_vector.
    rewrite !(planes_still (pairs l) h) by exact few. set (angle := still _ _).
    generalize (div2_of j false) (div2_of j true) (planes_in h angle j false j false below)
      (planes_in h angle j true j true below).
    rewrite Nat.eqb_refl. cbn [Nat.b2n]. rewrite Nat.add_0_r. intros -> -> -> ->. ring.
  - intros i _. rewrite planes_out, Nat.eqb_refl by lia. ring.
Qed.

Lemma class_trace axes d l m p :
  cosines axes (class m (planes_of d l)) p
  = total (Nat.div2 d) (fun j => (if Req_EM_T (magnitude l j) m then 1 else 0) * cos (dot axes (vector (base l) j) p)).
Proof.
  unfold planes_of. induction (Nat.div2 d) as [|h IH]; [reflexivity|].
  rewrite seq_S, map_app, class_app, cosines_app, IH. simpl. rewrite class_cons. simpl.
  destruct (Req_EM_T (magnitude l h) m); simpl; ring.
Qed.

(** T3: a permutation of rows alone makes the scores equal exactly if the planes of one side are those of the other,
    frequency vectors up to sign and magnitudes as they are. *)
Theorem permutation_exactly_if_magnitudes_agree axes reached d s t :
  closed reached -> fits d (base s) -> fits d (base t) -> positive s -> positive t ->
  permutation axes reached d s t <-> equal_planes axes reached (planes_of d s) (planes_of d t).
Proof.
  intros closure fits_s fits_t pos_s pos_t. split.
  - intros [f [g [order equal]]]. apply classes_have_their_frequencies; trivial. intros m p rp.
    assert (square : forall i k q, (i < d)%nat -> (k < d)%nat -> reached q ->
      lane_magnitude s i * lane_magnitude s i * turned axes (base s) q i k
      = lane_magnitude t (f i) * lane_magnitude t (f i) * turned axes (base t) q (f i) (f k)).
    { intros i k q bi bk rq. rewrite <- !seen_from_zero. apply equal; trivial. apply closure. }
    assert (same : forall i, (i < d)%nat -> lane_magnitude s i = lane_magnitude t (f i)).
    { intros i bi. generalize (square i i (fun _ => 0) bi bi (proj1 closure)).
      destruct (order i bi) as [bf _]. rewrite (turned_zero axes d), (turned_zero axes d) by trivial.
      unfold one. destruct (Nat.eq_dec i i), (Nat.eq_dec (f i) (f i)); try contradiction. rewrite !Rmult_1_r.
      intros squares. apply Rsqr_inj; [apply Rlt_le, lane_positive; trivial|apply Rlt_le, lane_positive; trivial|].
      exact squares. }
    rewrite !class_trace. apply (Rmult_eq_reg_l 2); [|lra].
    pose (w := fun l j => if Req_EM_T (magnitude l j) m then 1 else 0).
    assert (traces : total d (fun i => w s (Nat.div2 (place (base s) i)) * turned axes (base s) p i i)
      = total d (fun i => w t (Nat.div2 (place (base t) i)) * turned axes (base t) p i i)).
    { rewrite <- (total_permuted d f g
        (fun i => w t (Nat.div2 (place (base t) i)) * turned axes (base t) p i i) order).
      apply total_ext. intros i bi. generalize (square i i p bi bi rp) (same i bi). unfold w.
      fold (lane_magnitude s i) (lane_magnitude t (f i)). intros entry alike_i. rewrite alike_i in *. f_equal.
      apply (Rmult_eq_reg_l (lane_magnitude t (f i) * lane_magnitude t (f i))); trivial.
      generalize (lane_positive t (f i) pos_t). nra. }
    rewrite !weighted_trace in traces by trivial.
    assert (rest : total (d - 2 * Nat.div2 d) (fun i => w s (Nat.div2 (i + 2 * Nat.div2 d)))
      = total (d - 2 * Nat.div2 d) (fun i => w t (Nat.div2 (i + 2 * Nat.div2 d)))).
    { apply total_ext. intros i _. unfold w.
      assert (Nat.div2 d <= Nat.div2 (i + 2 * Nat.div2 d))%nat
        by (generalize (halves (i + 2 * Nat.div2 d)); destruct (Nat.odd (i + 2 * Nat.div2 d)); simpl; lia).
      rewrite !(magnitude_beyond d) by trivial. reflexivity. }
    rewrite rest in traces. unfold w in traces. lra.
  - intros equal. apply (matched_places (alike_and_equal axes reached) (fun j => (vector (base s) j, magnitude s j))
      (fun j => (vector (base t) j, magnitude t j)) (Nat.div2 d)) in equal as [f [g [order same]]].
    destruct (matched_lanes axes reached d (base s) (base t) f g closure fits_s fits_t order
      (fun j bj => proj1 (same j bj))) as [lane [back [order' [there agree]]]].
    exists lane, back. split; [exact order'|]. intros p p' rp rp' i k bi bk. unfold seen. rewrite agree by trivial.
    f_equal. unfold lane_magnitude. rewrite there by exact bi. unfold to_plane.
    destruct (Nat.ltb_spec (Nat.div2 (place (base s) i)) (Nat.div2 d)) as [inside|outside].
    + destruct (same _ inside) as [_ equal]. simpl in equal. rewrite equal. reflexivity.
    + rewrite !(magnitude_beyond d) by trivial. reflexivity.
Qed.

(** T3: where the multisets of frequency vectors are equal, a permutation of rows with a factor for each pair does it,
    whatever the magnitudes. *)
Theorem pair_map_is_enough axes reached d s t :
  closed reached -> fits d (base s) -> fits d (base t) -> positive s -> positive t ->
  equal_multisets axes reached (frequencies d (base s)) (frequencies d (base t)) -> pair_map axes reached d s t.
Proof.
  intros closure fits_s fits_t pos_s pos_t equal.
  destruct (partners axes reached d (base s) (base t) equal) as [f [g [order same]]].
  destruct (matched_lanes axes reached d (base s) (base t) f g closure fits_s fits_t order same)
    as [lane [back [order' [there agree]]]].
  exists lane, back, (fun j => magnitude s j / magnitude t (to_plane (Nat.div2 d) f j)).
  split; [exact order'|split; [|split]].
  - intros j. apply Rdiv_lt_0_compat; apply magnitude_positive; trivial.
  - intros i k bi bk plane. rewrite !there, plane by trivial. reflexivity.
  - intros p p' rp rp' i k bi bk. unfold seen, lane_magnitude. rewrite agree, there by trivial.
    destruct (Nat.eq_dec (Nat.div2 (place (base s) i)) (Nat.div2 (place (base s) k))) as [<-|apart].
    + field. apply Rgt_not_eq, magnitude_positive. trivial.
    + rewrite <- agree by trivial. unfold turned. rewrite planes_apart by exact apart. ring.
Qed.

(** A permutation of lanes with a factor for each, as a matrix on either side. *)
Lemma moved_and_scaled d f g (c : nat -> R) m i k :
  permutes d f g -> (i < d)%nat -> (k < d)%nat ->
  mul d (mul d (fun i j => if Nat.eq_dec (f i) j then c i else 0) m) (fun j k => if Nat.eq_dec j (f k) then c k else 0)
    i k = c i * c k * m (f i) (f k).
Proof.
  intros order bi bk. destruct (order i bi) as [fi _], (order k bk) as [fk _]. unfold mul.
  rewrite (total_single d (f k)); trivial.
  - destruct (Nat.eq_dec (f k) (f k)); [|contradiction]. rewrite (total_single d (f i)); trivial.
    + destruct (Nat.eq_dec (f i) (f i)); [ring|contradiction].
    + intros j _ other. destruct (Nat.eq_dec (f i) j); [congruence|ring].
  - intros j _ other. destruct (Nat.eq_dec j (f k)); [contradiction|ring].
Qed.

Lemma pair_map_linear axes reached d s t : pair_map axes reached d s t -> linear axes reached d s t.
Proof.
  intros [f [g [c [order [positive [_ equal]]]]]]. set (e := fun i => c (Nat.div2 (place (base s) i))).
  assert (some : forall i, e i <> 0) by (intros i; apply Rgt_not_eq, positive).
  exists (fun i j => if Nat.eq_dec (f i) j then e i else 0), (fun j k => if Nat.eq_dec j (f k) then e k else 0),
    (fun i j => if Nat.eq_dec (f i) j then / e i else 0). split; [|split].
  - intros i k bi bk. unfold mul, one. destruct (order i bi) as [_ [inside [_ there]]].
    rewrite (total_single d (g i)); trivial.
    + destruct (Nat.eq_dec i (f (g i))); [|congruence]. rewrite there.
      destruct (Nat.eq_dec i k); [field; trivial|ring].
    + intros j bj other. destruct (Nat.eq_dec i (f j)) as [->|]; [|ring].
      destruct (order j bj) as [_ [_ [undone _]]]. congruence.
  - intros i k bi bk. unfold mul, one. destruct (order i bi) as [inside [_ [back _]]].
    rewrite (total_single d (f i)); trivial.
    + destruct (Nat.eq_dec (f i) (f i)); [|contradiction].
      destruct (Nat.eq_dec (f i) (f k)) as [meet|apart], (Nat.eq_dec i k) as [<-|other]; try congruence; try ring.
      * field. trivial.
      * destruct (order k bk) as [_ [_ [undone _]]]. congruence.
    + intros j _ other. destruct (Nat.eq_dec (f i) j); [congruence|ring].
  - intros p p' rp rp' i k bi bk. rewrite (moved_and_scaled d f g) by trivial. apply equal; trivial.
Qed.

(** G, which is M(0, 0), and its inverse. *)
Lemma seen_at_zero axes d l i k : fits d (base l) -> (i < d)%nat -> (k < d)%nat ->
  seen axes l (fun _ => 0) (fun _ => 0) i k = lane_magnitude l i * lane_magnitude l i * one i k.
Proof. intros room bi bk. rewrite seen_from_zero, (turned_zero axes d) by trivial. reflexivity. Qed.

Lemma diagonal_left d (w : nat -> R) m i k : (i < d)%nat -> mul d (fun i k => w i * one i k) m i k = w i * m i k.
Proof.
  intros bi. unfold mul, one. rewrite (total_single d i); trivial.
  - destruct (Nat.eq_dec i i); [ring|contradiction].
  - intros j _ other. destruct (Nat.eq_dec i j); [congruence|ring].
Qed.

Definition inverse_square (l : scaled) : matrix := fun i k => / (lane_magnitude l i * lane_magnitude l i) * one i k.

Lemma inverse_of_zero axes d l : fits d (base l) -> positive l ->
  same d (mul d (inverse_square l) (seen axes l (fun _ => 0) (fun _ => 0))) one /\
  same d (mul d (seen axes l (fun _ => 0) (fun _ => 0)) (inverse_square l)) one.
Proof.
  intros room pos. split; intros i k bi bk; generalize (lane_positive l i pos); intros some.
  - unfold inverse_square. rewrite diagonal_left, seen_at_zero with (d := d) by trivial. field. lra.
  - rewrite (mul_proper d _ (fun i k => lane_magnitude l i * lane_magnitude l i * one i k)
      (fun i k bi bk => seen_at_zero axes d l i k room bi bk) _ (inverse_square l) (fun _ _ _ _ => eq_refl) i k bi bk).
    rewrite diagonal_left by exact bi. unfold inverse_square. field. lra.
Qed.

Lemma linear_similar axes reached d s t :
  closed reached -> fits d (base s) -> fits d (base t) -> positive s -> positive t ->
  linear axes reached d s t -> similar axes reached d (base s) (base t).
Proof.
  intros [origin _] fits_s fits_t pos_s pos_t [a [b [b' [right [left equal]]]]].
  exists b, b'. split; [exact right|split; [exact left|]]. intros p rp.
  assert (turned_is : forall l, fits d (base l) -> positive l ->
    same d (mul d (inverse_square l) (seen axes l (fun _ => 0) p)) (turned axes (base l) p)).
  { intros l room pos i k bi bk. unfold inverse_square. rewrite diagonal_left, seen_from_zero by exact bi.
    generalize (lane_positive l i pos). intros some. field. lra. }
  assert (reduced := reduction_to_similarity d a b b' _ (inverse_square t) _ _ (inverse_square s) _ right
    (proj2 (inverse_of_zero axes d t fits_t pos_t)) (proj1 (inverse_of_zero axes d s fits_s pos_s))
    (fun i k bi bk => eq_sym (equal _ _ origin origin i k bi bk))
    (fun i k bi bk => eq_sym (equal _ _ origin rp i k bi bk))).
  intros i k bi bk. rewrite <- (turned_is s fits_s pos_s i k bi bk), (reduced i k bi bk).
  apply mul_proper; trivial; [|intros ? ? _ _; reflexivity].
  apply mul_proper; [intros ? ? _ _; reflexivity|]. apply turned_is; trivial.
Qed.

(** T3: any fixed linear maps, even different ones for q and k, make the scores equal exactly if a permutation of rows
    with a factor for each pair does, and exactly if the multisets of frequency vectors are equal. *)
Theorem linear_exactly_if_pair_map axes reached d s t :
  closed reached -> fits d (base s) -> fits d (base t) -> positive s -> positive t ->
  (linear axes reached d s t <-> pair_map axes reached d s t) /\
  (linear axes reached d s t <-> equal_multisets axes reached (frequencies d (base s)) (frequencies d (base t))).
Proof.
  intros closure fits_s fits_t pos_s pos_t.
  assert (needed : linear axes reached d s t ->
    equal_multisets axes reached (frequencies d (base s)) (frequencies d (base t))).
  { intros links. apply (similar_exactly_if_multisets_are_equal axes reached d); trivial.
    apply linear_similar; trivial. }
  split; split; auto.
  - intros links. apply pair_map_is_enough; auto.
  - apply pair_map_linear.
  - intros equal. apply pair_map_linear, pair_map_is_enough; trivial.
Qed.
