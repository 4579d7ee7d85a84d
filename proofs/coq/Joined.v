(** Layouts as the files in theorems have them, joined with T2 and T3: where a pair of one side turns as no pair of the
    other does, or pairs that all turn are not as many, no fixed linear maps of W_q and W_k make up for it. *)

From Coq Require Import Arith Lia ZArith Bool Reals Lra List Permutation Classical FinFun.
From Rope Require Import Sums Similarity Scores Cosines Decision Magnitudes Algebraic.
Import ListNotations.
Local Open Scope R_scope.

(** A head of [width] lanes. Pair j, from 0 on, turns its lanes first j and second j by an angle that a position
    gives, and
    multiplies them by size j. *)
Record head := Head {
  width : Z; count : Z; first : Z -> Z; second : Z -> Z; angle : Z -> (nat -> R) -> R; size : Z -> R }.

(** Each lane of a pair is in the head, and none is twice in pairs. *)
Definition inside (h : head) (j : Z) : Prop := (0 <= j < count h)%Z.
Definition lanes (h : head) : Prop :=
  (forall j, inside h j -> (0 <= first h j < width h)%Z /\ (0 <= second h j < width h)%Z) /\
  (forall j k, inside h j -> inside h k -> (first h j = first h k -> j = k) /\ (second h j = second h k -> j = k) /\
    first h j <> second h k).

(** The frequency of a pair on an axis: its angle at position 1 there, and 0 on the other axes. *)
Definition frequency (h : head) (j : Z) (a : nat) : R := angle h j (axis a 1).
Definition turns axes (h : head) : Prop := forall j p, inside h j -> angle h j p = dot axes (frequency h j) p.
Definition sizes (h : head) : Prop := forall j, inside h j -> 0 < size h j.
Definition sound axes (h : head) : Prop := (0 <= count h)%Z /\ lanes h /\ turns axes h /\ sizes h.

(** The pair that has a lane as its first, or as its second. *)
Definition indices (h : head) : list Z := map Z.of_nat (seq 0 (Z.to_nat (count h))).
Definition found (h : head) (lane : Z -> Z) (o : nat) : option Z := find (fun j => lane j =? Z.of_nat o)%Z (indices h).

(** K(p), row o and column i. Lanes that are in no pair pass. *)
Definition kernel (h : head) (p : nat -> R) : matrix := fun o i =>
  match found h (first h) o with
  | Some j => size h j * (if (first h j =? Z.of_nat i)%Z then cos (angle h j p)
                          else if (second h j =? Z.of_nat i)%Z then - sin (angle h j p) else 0)
  | None =>
      match found h (second h) o with
      | Some j => size h j * (if (first h j =? Z.of_nat i)%Z then sin (angle h j p)
                              else if (second h j =? Z.of_nat i)%Z then cos (angle h j p) else 0)
      | None => if (o =? i)%nat then 1 else 0
      end
  end.

(** The head's lanes, and M(p, p') = K(p)^T K(p'), of which scores are made. *)
Definition dimension (h : head) : nat := Z.to_nat (width h).
Definition scores (h : head) (p p' : nat -> R) : matrix :=
  fun i k => total (dimension h) (fun o => kernel h p o i * kernel h p' o k).

(** Fixed maps A of q and B of k, the latter invertible, give the scores of s with the kernel of t: A^T M_t B = M_s. *)
Definition linear (reached : (nat -> R) -> Prop) (s t : head) : Prop :=
  let d := dimension s in
  exists a b b', same d (mul d b b') one /\ same d (mul d b' b) one /\
    forall p p', reached p -> reached p' -> same d (scores s p p') (mul d (mul d (fun i k => a k i) (scores t p p')) b).

(** A pair of s turns, and no pair of t turns as it does at all real positions, nor oppositely. *)
Definition unmatched (s t : head) : Prop :=
  exists j, inside s j /\ ~ (forall p, angle s j p = 0) /\
    forall k, inside t k -> ~ (forall p, angle s j p = angle t k p) /\ ~ (forall p, angle s j p = - angle t k p).

(** Each pair of both turns, and they are not as many. *)
Definition not_as_many (s t : head) : Prop :=
  count s <> count t /\ (forall j, inside s j -> ~ (forall p, angle s j p = 0)) /\
  (forall j, inside t j -> ~ (forall p, angle t j p = 0)).

(** What positions have to show: a frequency vector of s from 0, from its opposite, and from those of t. *)
Definition equal_or_opposite axes (u v : nat -> R) : Prop :=
  (forall a, (a < axes)%nat -> u a = v a) \/ (forall a, (a < axes)%nat -> u a = - v a).
Definition vector_of (h : head) (u : nat -> R) : Prop := (u = fun _ => 0) \/ exists j, inside h j /\ u = frequency h j.
Definition told_apart axes (reached : (nat -> R) -> Prop) (s t : head) : Prop :=
  forall u v, vector_of s u -> vector_of t v -> alike axes reached u v -> equal_or_opposite axes u v.

(** A head as a layout of Decision.v. *)
Section Laid.

Variables (axes : nat) (h : head).
Variable sane : sound axes h.

Let n := Z.to_nat (count h).
Let d := dimension h.
Let own (a : nat) : nat :=
  Z.to_nat (if Nat.even a then first h (Z.of_nat (Nat.div2 a)) else second h (Z.of_nat (Nat.div2 a))).
Let paired : list nat := map own (seq 0 (2 * n)).
Let passing : list nat := filter (fun i => negb (existsb (Nat.eqb i) paired)) (seq 0 d).
Let every : list nat := paired ++ passing.

Lemma inside_of_nat j : (j < n)%nat -> inside h (Z.of_nat j).
Proof. unfold inside, n. lia. Qed.

Lemma half_below a : (a < 2 * n)%nat -> (Nat.div2 a < n)%nat.
Proof. intros below. apply low. exact below. Qed.

Lemma own_below a : (a < 2 * n)%nat -> (own a < d)%nat.
Proof.
  intros below. destruct sane as [_ [[each _] _]]. destruct (each _ (inside_of_nat _ (half_below a below))).
  unfold own, d, dimension. destruct (Nat.even a); lia.
Qed.

Lemma own_once a b : (a < 2 * n)%nat -> (b < 2 * n)%nat -> own a = own b -> a = b.
Proof.
  intros below_a below_b. apply half_below in below_a as low_a. apply half_below in below_b as low_b.
  destruct sane as [_ [[each once] _]].
  destruct (each _ (inside_of_nat _ low_a)), (each _ (inside_of_nat _ low_b)).
  destruct (once _ _ (inside_of_nat _ low_a) (inside_of_nat _ low_b)) as [one [two apart]].
  destruct (once _ _ (inside_of_nat _ low_b) (inside_of_nat _ low_a)) as [_ [_ apart']].
  unfold own. generalize (halves a) (halves b). rewrite <- !Nat.negb_odd.
  destruct (Nat.odd a), (Nat.odd b); simpl; intros half_a half_b equal; apply Z2Nat.inj in equal; try lia;
    first [apply one in equal | apply two in equal | symmetry in equal]; first [contradiction | lia].
Qed.

Lemma in_paired i : In i paired <-> exists a, (a < 2 * n)%nat /\ own a = i.
Proof.
  unfold paired. rewrite in_map_iff. split; intros [a [one two]]; exists a; rewrite ?in_seq in *; split; trivial; lia.
Qed.

Lemma in_passing i : In i passing <-> (i < d)%nat /\ ~ In i paired.
Proof.
  unfold passing. rewrite filter_In, in_seq. destruct (existsb (Nat.eqb i) paired) eqn:there; simpl.
  - apply existsb_exists in there as [k [among equal]]. apply Nat.eqb_eq in equal as <-. intuition discriminate.
  - assert (out : ~ In i paired).
    { intros among. assert (existsb (Nat.eqb i) paired = true) by (apply existsb_exists; exists i; rewrite
        Nat.eqb_refl; auto).
      congruence. }
    intuition lia.
Qed.

Lemma every_once : NoDup every.
Proof.
  unfold every. assert (two : NoDup paired).
  { unfold paired. assert (sub : forall a, In a (seq 0 (2 * n)) -> (a < 2 * n)%nat) by (intros a; rewrite in_seq; lia).
    revert sub. generalize (seq_NoDup (2 * n) 0). generalize (seq 0 (2 * n)). intros l once. induction once as
      [|a l out once IH];
      intros sub; simpl; constructor.
    - rewrite in_map_iff. intros [b [equal among]]. apply own_once in equal; [congruence| |]; apply sub; simpl; auto.
    - apply IH. intros b among. apply sub. simpl. auto. }
  assert (out : forall i, In i passing -> ~ In i paired) by (intros i; rewrite in_passing; tauto).
  assert (once : NoDup passing) by (apply NoDup_filter, seq_NoDup).
  revert two out. generalize paired. intros l two out. induction two as [|a l new two IH]; simpl; trivial.
  constructor.
  - rewrite in_app_iff. intros [among|among]; [contradiction|]. apply (out a among). simpl. auto.
  - apply IH. intros i among own_i. apply (out i among). simpl. auto.
Qed.

Lemma every_in i : In i every <-> (i < d)%nat.
Proof.
  unfold every. rewrite in_app_iff, in_passing, in_paired. split.
  - intros [[a [below <-]]|[below _]]; trivial. apply own_below. exact below.
  - intros below. destruct (classic (exists a, (a < 2 * n)%nat /\ own a = i)); tauto.
Qed.

Lemma every_length : length every = d.
Proof.
  rewrite <- (seq_length d 0). apply Permutation_length, NoDup_Permutation; auto using every_once, seq_NoDup.
  intros i. rewrite every_in, in_seq. lia.
Qed.

Lemma paired_length : length paired = (2 * n)%nat.
Proof. unfold paired. rewrite map_length. apply seq_length. Qed.

Let back (a : nat) : nat := nth a every 0%nat.

Lemma back_own a : (a < 2 * n)%nat -> back a = own a.
Proof.
  intros below. unfold back, every. rewrite app_nth1 by (rewrite paired_length; exact below).
  unfold paired. rewrite (nth_indep _ 0%nat (own 0)) by (fold paired; rewrite paired_length; exact below).
  rewrite map_nth, seq_nth by exact below. reflexivity.
Qed.

Lemma placed : exists place, permutes d place back.
Proof.
  assert (bounded : bFun d back) by (intros a below; apply every_in, nth_In; rewrite every_length; exact below).
  assert (injective : bInjective d back).
  { intros a b below_a below_b equal. apply (proj1 (NoDup_nth every 0%nat) every_once); rewrite ?every_length;
      trivial. }
  destruct (bSurjective_bBijective bounded (proj1 (bInjective_bSurjective bounded) injective)) as [place
    [bounded' inverse]].
  exists place. intros i below. repeat split; auto; apply inverse; trivial.
Qed.

Lemma find_none_or {A} (f : A -> bool) l : {x | find f l = Some x} + {find f l = None}.
Proof. destruct (find f l) as [x|]; [left; exists x|right]; reflexivity. Qed.

Lemma found_at lane j o :
  (forall k, inside h k -> lane k = Z.of_nat o -> k = j) -> inside h j -> lane j = Z.of_nat o -> found h lane o
    = Some j.
Proof.
  intros once among at_o. unfold found.
  assert (listed : In j (indices h)).
  { unfold indices. apply in_map_iff. exists (Z.to_nat j). unfold inside in among. rewrite in_seq. split; lia. }
  destruct (find_none_or (fun j => lane j =? Z.of_nat o)%Z (indices h)) as [[k at_k]|none].
  - rewrite at_k. f_equal. apply find_some in at_k as [in_k equal]. apply Z.eqb_eq in equal. apply once; trivial.
    unfold indices in in_k. apply in_map_iff in in_k as [m [<- in_k]]. apply in_seq in in_k. apply
      inside_of_nat. unfold n. lia.
  - apply (find_none _ _ none) in listed. apply Z.eqb_neq in listed. contradiction.
Qed.

Lemma not_found lane o : (forall k, inside h k -> lane k <> Z.of_nat o) -> found h lane o = None.
Proof.
  intros never. unfold found. destruct (find_none_or (fun j => lane j =? Z.of_nat o)%Z (indices h)) as [[k
    at_k]|none]; trivial.
  apply find_some in at_k as [in_k equal]. apply Z.eqb_eq in equal. exfalso. apply (never k); trivial.
  unfold indices in in_k. apply in_map_iff in in_k as [m [<- in_k]]. apply in_seq in in_k. apply inside_of_nat.
    unfold n. lia.
Qed.

Definition laid (place : nat -> nat) : scaled :=
  Scaled (Layout (Z.to_nat (count h)) (fun j => frequency h (Z.of_nat j)) place) (fun j => size h (Z.of_nat j)).

Lemma pairs_below : (2 * n <= d)%nat.
Proof. rewrite <- every_length. unfold every. rewrite app_length, paired_length. lia. Qed.

Lemma laid_fits place : permutes d place back -> fits d (Magnitudes.base (laid place)).
Proof. intros order. split; [exact pairs_below|]. exists back. exact order. Qed.

Lemma laid_positive place : positive (laid place).
Proof. intros j below. simpl in *. destruct sane as [_ [_ [_ each]]]. apply each, inside_of_nat. exact below. Qed.

Lemma own_eqb place j (e : bool) i : permutes d place back -> (j < n)%nat -> (i < d)%nat ->
  ((if e then second h (Z.of_nat j) else first h (Z.of_nat j)) =? Z.of_nat i)%Z = (2 * j + Nat.b2n e =? place i)%nat.
Proof.
  intros order below bi. assert (low_j : (2 * j + Nat.b2n e < 2 * n)%nat) by (destruct e; simpl; lia).
  assert (at_j : Z.of_nat (back (2 * j + Nat.b2n e)) = if e then second h (Z.of_nat j) else first h (Z.of_nat j)).
  { rewrite back_own by exact low_j. unfold own. rewrite <- Nat.negb_odd, odd_of, div2_of.
    destruct sane as [_ [[each _] _]]. destruct (each _ (inside_of_nat j below)). destruct e; simpl; lia. }
  rewrite <- at_j. destruct (order i bi) as [bp [_ [undone _]]].
  generalize pairs_below. intros room. destruct (order (2 * j + Nat.b2n e)%nat) as [_ [_ [_ there]]]; [lia|].
  destruct (Nat.eqb_spec (2 * j + Nat.b2n e) (place i)) as [->|apart]; [rewrite undone; apply Z.eqb_refl|].
  apply Z.eqb_neq. intros equal. apply Nat2Z.inj in equal. congruence.
Qed.

Lemma kernel_is place p o i : permutes d place back -> (o < d)%nat -> (i < d)%nat ->
  kernel h p o i = Magnitudes.kernel axes (laid place) (fun _ => 0) place p o i.
Proof.
  intros order bo bi. generalize (proj1 (proj2 sane)). intros [each once].
  unfold Magnitudes.kernel. cbn [laid Magnitudes.base pairs omega Decision.place]. fold n.
  assert (turning : forall j, (j < n)%nat -> dot axes (frequency h (Z.of_nat j)) p + 0 = angle h (Z.of_nat j) p).
  { intros j below. destruct sane as [_ [_ [angles _]]]. rewrite (angles _ _ (inside_of_nat j below)). ring. }
  destruct (le_lt_dec (2 * n) (place o)) as [beyond|within].
  - (* passes *)
    assert (out : forall j e, (j < n)%nat -> (if e : bool then second h (Z.of_nat j) else first h (Z.of_nat j))
      <> Z.of_nat o).
    { intros j e below equal. apply Z.eqb_eq in equal. rewrite (own_eqb place) in equal by trivial.
      apply Nat.eqb_eq in equal. destruct e; simpl in equal; lia. }
    unfold kernel. rewrite !not_found.
    + rewrite planes_out by exact beyond. unfold magnitude. cbn [laid Magnitudes.base pairs]. fold n.
      destruct (Nat.ltb_spec (Nat.div2 (place o)) n) as [low_o|]; [apply low in low_o; lia|].
      destruct (order o bo) as [_ [_ [undone_o _]]], (order i bi) as [_ [_ [undone_i _]]].
      destruct (Nat.eqb_spec o i) as [->|apart]; [rewrite Nat.eqb_refl; ring|].
      destruct (Nat.eqb_spec (place o) (place i)); [congruence|ring].
    + intros k among. unfold inside in among. rewrite <- (Z2Nat.id k) by lia. apply (out (Z.to_nat k) true).
        unfold n. lia.
    + intros k among. unfold inside in among. rewrite <- (Z2Nat.id k) by lia. apply (out (Z.to_nat k) false).
        unfold n. lia.
  - apply half_below in within as below. set (j := Nat.div2 (place o)) in *.
    assert (at_o : forall e, Nat.odd (place o) = e ->
      (if e then second h (Z.of_nat j) else first h (Z.of_nat j)) = Z.of_nat o).
    { intros e odd. apply Z.eqb_eq. rewrite (own_eqb place) by trivial. apply Nat.eqb_eq. rewrite (halves (place
        o)), odd.
      reflexivity. }
    assert (sized : magnitude (laid place) j = size h (Z.of_nat j)).
    { unfold magnitude. cbn [laid Magnitudes.base pairs factor]. fold n. destruct (Nat.ltb_spec j n);
        [reflexivity|lia]. }
    rewrite sized. rewrite (halves (place o)), (halves (place i)). fold j. rewrite planes_in by exact below.
    rewrite turning by exact below.
    assert (column : forall e : bool, ((if e then second h (Z.of_nat j) else first h (Z.of_nat j)) =? Z.of_nat i)%Z
      = (j =? Nat.div2 (place i))%nat && eqb e (Nat.odd (place i))).
    { intros e. rewrite (own_eqb place) by trivial. rewrite same_plane, div2_of, odd_of. reflexivity. }
    generalize (column false) (column true). cbn [eqb]. intros one two.
    generalize (inside_of_nat j below). intros among. unfold kernel.
    destruct (Nat.odd (place o)) eqn:odd; generalize (at_o _ eq_refl); cbn; intros lane.
    + rewrite not_found by (intros k in_k equal; apply (proj2 (proj2 (once k (Z.of_nat j) in_k among))); congruence).
      rewrite (found_at _ (Z.of_nat j)); trivial.
      * rewrite one, two. destruct (j =? Nat.div2 (place i))%nat, (Nat.odd (place i)); cbn; ring.
      * intros k in_k equal. apply (proj1 (proj2 (once k (Z.of_nat j) in_k among))). congruence.
    + rewrite (found_at _ (Z.of_nat j)); trivial.
      * rewrite one, two. destruct (j =? Nat.div2 (place i))%nat, (Nat.odd (place i)); cbn; ring.
      * intros k in_k equal. apply (proj1 (once k (Z.of_nat j) in_k among)). congruence.
Qed.

(** Its scores are those of a layout that has the same frequencies. *)
Lemma laid_out : exists place, fits d (Magnitudes.base (laid place)) /\ positive (laid place) /\
  forall p p' i k, (i < d)%nat -> (k < d)%nat -> scores h p p' i k = seen axes (laid place) p p' i k.
Proof.
  destruct placed as [place order]. exists place. split; [|split].
  - apply laid_fits. exact order.
  - apply laid_positive.
  - intros p p' i k bi bk. rewrite <- (scores_of_kernel axes d (laid place) (fun _ => 0) place back) by
      (trivial; apply laid_fits; exact order).
    apply total_ext. intros o bo. rewrite !(kernel_is place) by trivial. reflexivity.
Qed.

Lemma vector_is place j : vector (Magnitudes.base (laid place)) j
  = if (j <? Z.to_nat (count h))%nat then frequency h (Z.of_nat j) else fun _ => 0.
Proof. reflexivity. Qed.

Lemma vector_laid place j : vector_of h (vector (Magnitudes.base (laid place)) j).
Proof.
  rewrite vector_is. unfold vector_of. destruct (Nat.ltb_spec j (Z.to_nat (count h))); [right|left; reflexivity].
  exists (Z.of_nat j). split; [apply inside_of_nat; trivial|reflexivity].
Qed.

End Laid.

Lemma alike_symmetric axes reached u v : alike axes reached u v -> alike axes reached v u.
Proof. intros same p rp. symmetry. auto. Qed.

Lemma equal_or_opposite_symmetric axes u v : equal_or_opposite axes u v -> equal_or_opposite axes v u.
Proof. intros [equal|opposite]; [left|right]; intros a below; [rewrite equal|rewrite opposite]; trivial. ring. Qed.

Lemma equal_or_opposite_dots axes u v : equal_or_opposite axes u v ->
  (forall p, dot axes u p = dot axes v p) \/ (forall p, dot axes u p = - dot axes v p).
Proof.
  intros [equal|opposite]; [left|right]; intros p; [|apply dot_opp; trivial].
  apply total_ext. intros a below. rewrite equal; trivial.
Qed.

(** A pair that turns is alike no vector that is 0. *)
Lemma turning_is_not_zero axes h j : sound axes h -> inside h j -> ~ (forall p, angle h j p = 0) ->
  ~ equal_or_opposite axes (frequency h j) (fun _ => 0).
Proof.
  intros [_ [_ [angles _]]] among turning zero. apply turning. intros p. rewrite (angles j p among).
  destruct (equal_or_opposite_dots _ _ _ zero) as [equal|opposite]; [rewrite equal|rewrite opposite];
    rewrite dot_zero_left; ring.
Qed.

Lemma unmatched_vector axes s t j : sound axes s -> sound axes t -> inside s j -> ~ (forall p, angle s j p = 0) ->
  (forall k, inside t k -> ~ (forall p, angle s j p = angle t k p) /\ ~ (forall p, angle s j p = - angle t k p)) ->
  forall v, vector_of t v -> ~ equal_or_opposite axes (frequency s j) v.
Proof.
  intros sound_s sound_t among turning none v [->|[k [in_k ->]]]; [apply turning_is_not_zero; trivial|].
  intros related. destruct (none k in_k) as [unequal unopposite].
  destruct sound_s as [_ [_ [angles_s _]]], sound_t as [_ [_ [angles_t _]]].
  destruct (equal_or_opposite_dots _ _ _ related) as [equal|opposite]; [apply unequal|apply unopposite]; intros p;
    rewrite (angles_s j p among), (angles_t k p in_k); auto.
Qed.

Lemma injected f n m : (forall j, (j < n)%nat -> (f j < m)%nat) ->
  (forall j k, (j < n)%nat -> (k < n)%nat -> f j = f k -> j = k) -> (n <= m)%nat.
Proof.
  intros below once. rewrite <- (seq_length n 0), <- (seq_length m 0), <- (map_length f (seq 0 n)).
  apply NoDup_incl_length.
  - assert (sub : forall j, In j (seq 0 n) -> (j < n)%nat) by (intros j; rewrite in_seq; lia). revert sub.
    generalize (seq_NoDup n 0). generalize (seq 0 n). intros l each. induction each as [|j l out each IH];
      intros sub; simpl; constructor.
    + rewrite in_map_iff. intros [k [equal among]]. apply once in equal; [congruence| |]; apply sub; simpl; auto.
    + apply IH. intros k among. apply sub. simpl. auto.
  - intros i among. apply in_map_iff in among as [j [<- among]]. apply in_seq in among. apply in_seq.
    specialize (below j). lia.
Qed.

Section Joined.

Variables (axes : nat) (reached : (nat -> R) -> Prop) (s t : head).
Variables (closure : closed reached) (sound_s : sound axes s) (sound_t : sound axes t) (one_width : width s = width t)
  (apart : told_apart axes reached s t).

(** Linear maps match vectors of the two sides one to one. *)
Lemma linear_matches : linear reached s t ->
  exists d place place' f g, fits d (Magnitudes.base (laid s place)) /\ fits d (Magnitudes.base (laid t place')) /\
    permutes (Nat.div2 d) f g /\ forall j, (j < Nat.div2 d)%nat ->
    equal_or_opposite axes (vector (Magnitudes.base (laid s place)) j) (vector (Magnitudes.base (laid t place')) (f j)).
Proof.
  intros [a [b [b' [right [left equal]]]]].
  destruct (laid_out axes s sound_s) as [place [fits_s [pos_s seen_s]]].
  destruct (laid_out axes t sound_t) as [place' [fits_t [pos_t seen_t]]].
  assert (same_d : dimension t = dimension s) by (unfold dimension; rewrite one_width; reflexivity).
  rewrite same_d in *. set (d := dimension s) in *.
  assert (linked : Magnitudes.linear axes reached d (laid s place) (laid t place')).
  { exists (fun i k => a k i), b, b'. split; [exact right|split; [exact left|]]. intros p p' rp rp' i k bi bk.
    rewrite <- seen_s, (equal p p' rp rp') by trivial. apply mul_proper; trivial; [|intros ? ? _ _; reflexivity].
    apply mul_proper; [intros ? ? _ _; reflexivity|]. intros x y bx by_. apply seen_t; trivial. }
  apply linear_exactly_if_pair_map in linked; trivial.
  destruct (partners axes reached d _ _ linked) as [f [g [order same]]].
  exists d, place, place', f, g. repeat split; trivial; try apply order; trivial; try apply fits_s; try apply fits_t.
  intros j below. apply apart; [apply vector_laid|apply vector_laid|apply same; exact below].
Qed.

Lemma laid_vector h place j : inside h j -> vector (Magnitudes.base (laid h place)) (Z.to_nat j) = frequency h j.
Proof.
  unfold inside. intros among. rewrite vector_is, Z2Nat.id by lia.
  destruct (Nat.ltb_spec (Z.to_nat j) (Z.to_nat (count h))); [reflexivity|lia].
Qed.

Lemma laid_below h place d j : fits d (Magnitudes.base (laid h place)) -> inside h j -> (Z.to_nat j < Nat.div2 d)%nat.
Proof.
  unfold inside. intros room among. destruct (room_for_planes d _ room) as [few _]. simpl in few. lia.
Qed.

(** Where a pair of one side turns as none of the other does, no linear maps are left. *)
Theorem unmatched_is_not_linear : unmatched s t \/ unmatched t s -> ~ linear reached s t.
Proof.
  intros one linked. destruct (linear_matches linked) as [d [place [place' [f [g [fits_s [fits_t [order same]]]]]]]].
  destruct one as [[j [among [turning none]]]|[j [among [turning none]]]].
  - generalize (same _ (laid_below s place d j fits_s among)). rewrite laid_vector by exact among.
    apply (unmatched_vector axes s t j); trivial. apply vector_laid.
  - generalize (laid_below t place' d j fits_t among). intros below.
    destruct (order _ below) as [_ [back [_ there]]]. generalize (same _ back). rewrite there, laid_vector by
      exact among.
    intros related. apply equal_or_opposite_symmetric in related. revert related.
    apply (unmatched_vector axes t s j); trivial. apply vector_laid.
Qed.

(** Where all pairs turn and they are not as many, neither. *)
Theorem not_as_many_is_not_linear : not_as_many s t -> ~ linear reached s t.
Proof.
  intros [differ [turning_s turning_t]] linked.
  destruct (linear_matches linked) as [d [place [place' [f [g [fits_s [fits_t [order same]]]]]]]].
  destruct (room_for_planes d _ fits_s) as [few_s _], (room_for_planes d _ fits_t) as [few_t _]. simpl in few_s, few_t.
  assert (vectors : forall h place j, (j < Z.to_nat (count h))%nat ->
    vector (Magnitudes.base (laid h place)) j = frequency h (Z.of_nat j) /\ inside h (Z.of_nat j)).
  { intros h p j below. rewrite vector_is. unfold inside. destruct (Nat.ltb_spec j (Z.to_nat (count h)));
      [split; [trivial|lia]|lia]. }
  assert (past : forall h place j, (Z.to_nat (count h) <= j)%nat -> vector (Magnitudes.base (laid h place)) j =
    fun _ => 0).
  { intros h p j beyond. rewrite vector_is. destruct (Nat.ltb_spec j (Z.to_nat (count h))); [lia|trivial]. }
  assert (forth : (Z.to_nat (count s) <= Z.to_nat (count t))%nat).
  { apply (injected f).
    - intros j below. destruct (le_lt_dec (Z.to_nat (count t)) (f j)) as [beyond|]; [exfalso|trivial].
      generalize (same j ltac:(lia)). destruct (vectors s place j below) as [-> among]. rewrite (past t) by
        exact beyond.
      apply turning_is_not_zero; auto.
    - intros j k bj bk equal. destruct (order j ltac:(lia)) as [_ [_ [<- _]]], (order k ltac:(lia)) as [_ [_ [<-
        _]]]. congruence. }
  assert (back : (Z.to_nat (count t) <= Z.to_nat (count s))%nat).
  { apply (injected g).
    - intros j below. destruct (le_lt_dec (Z.to_nat (count s)) (g j)) as [beyond|]; [exfalso|trivial].
      destruct (order j ltac:(lia)) as [_ [bg [_ there]]]. generalize (same _ bg). rewrite there, (past s) by
        exact beyond.
      destruct (vectors t place' j below) as [-> among]. intros related. apply equal_or_opposite_symmetric in related.
      revert related. apply turning_is_not_zero; auto.
    - intros j k bj bk equal. destruct (order j ltac:(lia)) as [_ [_ [_ <-]]], (order k ltac:(lia)) as [_ [_ [_
        <-]]]. congruence. }
  destruct sound_s as [some_s _], sound_t as [some_t _]. apply differ. lia.
Qed.

End Joined.

(** A position by its numbers. *)
Definition position (numbers : list R) : nat -> R := fun a => nth a numbers 0.

(** That is what theorems of the files say. *)
Definition differ (s t : head) : Prop := (unmatched s t \/ unmatched t s) \/ not_as_many s t.

Lemma differ_is_not_linear axes reached s t :
  closed reached -> sound axes s -> sound axes t -> width s = width t -> told_apart axes reached s t ->
  differ s t -> ~ linear reached s t.
Proof.
  intros closure sound_s sound_t one_width apart [one|many]; [apply (unmatched_is_not_linear axes)|
    apply (not_as_many_is_not_linear axes)]; trivial.
Qed.

(** Maps that do at more positions do at fewer. *)
Lemma linear_at_fewer (reached fewer : (nat -> R) -> Prop) s t :
  (forall p, fewer p -> reached p) -> linear reached s t -> linear fewer s t.
Proof. intros among [a [b [b' [right [left equal]]]]]. exists a, b, b'. auto. Qed.

(** At real positions nothing linear is left, whatever the frequencies. *)
Theorem nothing_linear_at_real_positions axes s t :
  sound axes s -> sound axes t -> width s = width t -> differ s t -> ~ linear (fun _ => True) s t.
Proof.
  intros sound_s sound_t one_width. apply (differ_is_not_linear axes); trivial.
  - split; trivial.
  - intros u v _ _ same. apply alike_at_real_positions. exact same.
Qed.

(** Frequencies of less than half a turn. *)
Definition slow axes (h : head) : Prop := forall j a, inside h j -> (a < axes)%nat -> Rabs (frequency h j a) <= 3.

(** Nor at whole positions from 0 on, or at any others with them, where frequencies are slow. *)
Theorem nothing_linear_where_slow axes (reached : (nat -> R) -> Prop) s t :
  sound axes s -> sound axes t -> width s = width t -> slow axes s -> slow axes t -> differ s t ->
  (forall p, natural p -> reached p) -> ~ linear reached s t.
Proof.
  intros sound_s sound_t one_width slow_s slow_t one all linked.
  apply (linear_at_fewer reached natural) in linked; trivial. revert linked.
  apply (differ_is_not_linear axes); trivial; [apply natural_closed|].
  assert (small : forall h u, slow axes h -> vector_of h u -> forall a, (a < axes)%nat -> -3 <= u a <= 3).
  { intros h u each [->|[j [among ->]]] a below; [lra|]. generalize (each j a among below). unfold Rabs.
    destruct Rcase_abs; lra. }
  assert (turn : forall x k, -6 <= x <= 6 -> x = IZR k * (2 * PI) -> x = 0).
  { intros x k bounds full. generalize PI2_3_2. intros above.
    destruct (Z_lt_le_dec k 0) as [negative|]; [|destruct (Z_lt_le_dec 0 k) as [positive|]].
    - assert (IZR k <= -1) by (apply (IZR_le k (-1)); lia). nra.
    - assert (1 <= IZR k) by (apply (IZR_le 1 k); lia). nra.
    - assert (k = 0%Z) as -> by lia. lra. }
  intros u v from_s from_t same. apply alike_at_whole_positions in same.
  - destruct same as [turned|turned]; [left|right]; intros a below; destruct (turned a below) as [k full];
      generalize (small s u slow_s from_s a below) (small t v slow_t from_t a below); intros; apply turn in full; lra.
  - trivial.
  - intros p np a. destruct (np a) as [n ->]. exists (Z.of_nat n). apply INR_IZR_INZ.
Qed.

(** Nor where they are algebraic, since pi is not: T5, with Lindemann's theorem for a premise. *)
Definition algebraic_frequencies axes (h : head) : Prop :=
  forall j a, inside h j -> (a < axes)%nat -> algebraic (frequency h j a).

Theorem nothing_linear_where_algebraic (lindemann : ~ algebraic PI) axes (reached : (nat -> R) -> Prop) s t :
  sound axes s -> sound axes t -> width s = width t -> algebraic_frequencies axes s -> algebraic_frequencies axes t ->
  differ s t -> (forall p, natural p -> reached p) -> ~ linear reached s t.
Proof.
  intros sound_s sound_t one_width numbers_s numbers_t one all linked.
  apply (linear_at_fewer reached natural) in linked; trivial. revert linked.
  apply (differ_is_not_linear axes); trivial; [apply natural_closed|].
  assert (number : forall h u, algebraic_frequencies axes h -> vector_of h u -> forall a, (a < axes)%nat ->
    algebraic (u a)).
  { intros h u each [->|[j [among ->]]] a below; [apply algebraic_0|auto]. }
  intros u v from_s from_t same. apply (algebraic_frequencies_never_alias lindemann axes natural) in same; trivial.
  - intros p np a. destruct (np a) as [n ->]. exists (Z.of_nat n). apply INR_IZR_INZ.
  - intros a below. split; [apply (number s)|apply (number t)]; trivial.
Qed.

(** Powers of a base above 1 with exponents up to 0 are slow; rational powers of positive rationals are algebraic. *)
Lemma slow_power b n x : 1 < b -> (0 < n)%Z -> (x <= 0)%Z -> 0 < Rpower b (IZR x / IZR n) <= 1.
Proof.
  intros above some below. split; [apply exp_pos|]. rewrite <- (Rpower_O b) by lra. apply Rle_Rpower; [lra|].
  apply IZR_lt in some. apply IZR_le in below. unfold Rdiv. generalize (Rinv_0_lt_compat _ some). nra.
Qed.

Lemma algebraic_power b n x : rational b -> 0 < b -> (0 < n)%Z -> algebraic (Rpower b (IZR x / IZR n)).
Proof.
  intros number some positive. set (y := Rpower b (IZR x / IZR n)).
  assert (power : rational (y ^ Z.to_nat n)).
  { unfold y. rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult.
    replace (IZR x / IZR n * INR (Z.to_nat n)) with (IZR x).
    - destruct (Z_le_gt_dec 0 x).
      + replace (IZR x) with (INR (Z.to_nat x)) by (rewrite INR_IZR_INZ, Z2Nat.id by lia; reflexivity).
        rewrite Rpower_pow by trivial. apply rational_pow. trivial.
      + replace (IZR x) with (- INR (Z.to_nat (- x))) by (rewrite INR_IZR_INZ, Z2Nat.id, opp_IZR by lia; ring).
        rewrite Rpower_Ropp, Rpower_pow by trivial. apply rational_inv; [apply pow_nonzero; lra|]. apply
          rational_pow. trivial.
    - rewrite INR_IZR_INZ, Z2Nat.id by lia. field. apply not_0_IZR. lia. }
  exists (S (Z.to_nat n)), (fun k => if Nat.eq_dec k 0 then - y ^ Z.to_nat n else if Nat.eq_dec k (Z.to_nat n)
    then 1 else 0).
  split; [|split].
  - intros k _. destruct (Nat.eq_dec k 0); [apply rational_opp; trivial|].
    destruct Nat.eq_dec; [apply rational_1|apply rational_0].
  - exists (Z.to_nat n). split; [lia|]. destruct (Nat.eq_dec (Z.to_nat n) 0); [lia|]. destruct Nat.eq_dec;
      [lra|contradiction].
  - rewrite (total_ext _ _ (fun k => (if Nat.eq_dec k 0 then - y ^ Z.to_nat n else 0)
      + (if Nat.eq_dec k (Z.to_nat n) then y ^ Z.to_nat n else 0))).
    + rewrite total_plus, (total_single _ 0), (total_single _ (Z.to_nat n)) by
        (lia || (intros k _ other; destruct Nat.eq_dec; [contradiction|reflexivity])).
      destruct (Nat.eq_dec 0 0), (Nat.eq_dec (Z.to_nat n) (Z.to_nat n)); try contradiction. ring.
    + intros k _. destruct (Nat.eq_dec k 0) as [zero|], (Nat.eq_dec k (Z.to_nat n)) as [equal|]; try lia;
        rewrite ?zero, ?equal; simpl; ring.
Qed.

Lemma algebraic_multiple r x : rational r -> algebraic x -> algebraic (r * x).
Proof.
  intros number of. destruct (Req_dec r 0) as [->|some]; [rewrite Rmult_0_l; apply algebraic_0|].
  apply (algebraic_of_multiple (/ r)); [apply rational_inv; trivial|apply Rinv_neq_0_compat; trivial|].
  rewrite <- Rmult_assoc, Rinv_l, Rmult_1_l; trivial.
Qed.
