(** The entries of a kernel, one by one, and which pairs are rotations. *)

From Coq Require Import Arith Reals Lra Lia List QArith Bool ZArith.
From Rope Require Import Sums Exact Angles Tables.
Import ListNotations.
Local Open Scope R_scope.

(** An entry: its place, a number, and an angle, for number * cos(angle). *)
Record entry := Entry { row : nat; column : nat; amount : number; turning : angle }.
Definition place (e : entry) : nat * nat := (row e, column e).

Definition minus_sine (f : angle) : angle := shifted f quarter 1.
Definition sine (f : angle) : angle := shifted f quarter (-1).

(** [_Side.entries]: those of a pair that do not vanish everywhere. *)
Definition piece_entries (coordinates : list nat) (t : table) (m : nat) (p : piece) : list entry :=
  match p with
  | Pass rw => [Entry (snd rw) (fst rw) one_number (still coordinates m)]
  | Turned p =>
      let angle w := pulled coordinates t m w in
      filter (fun e => negb (vanishes (whole t) (turning e)))
        [Entry (fst (write p)) (fst (read p)) (size p) (angle (alpha p));
         Entry (fst (write p)) (snd (read p)) (size p) (minus_sine (angle (beta p)));
         Entry (snd (write p)) (fst (read p)) (size p) (sine (angle (gamma p)));
         Entry (snd (write p)) (snd (read p)) (size p) (angle (delta p))]
  end.

Definition entries (coordinates : list nat) (t : table) (m : nat) : list entry :=
  flat_map (piece_entries coordinates t m) (pieces t).

(** [_Side.rotation]: the angle that has the cosines and sines of all four, of the four that it can be. *)
Definition turns_as (coordinates : list nat) (t : table) (m : nat) (p : pair) (f : angle) : bool :=
  let angle w := pulled coordinates t m w in
  if same_cosine (whole t) f (angle (alpha p)) then if same_cosine (whole t) f (angle (delta p)) then
  if same_cosine (whole t) (sine f) (sine (angle (beta p))) then same_cosine (whole t) (sine f) (sine (angle (gamma p)))
  else false else false else false.

Definition rotation_of_feed (coordinates : list nat) (t : table) (p : pair) (m : nat) : option angle :=
  let first := pulled coordinates t m (alpha p) in
  let second := pulled coordinates t m (beta p) in
  find (turns_as coordinates t m p) [first; minus first; second; shifted (minus second) half_turn 1].

Fixpoint all_of {A B} (f : A -> option B) (l : list A) : option (list B) :=
  match l with
  | [] => Some []
  | a :: l =>
      match f a with
      | None => None
      | Some b => match all_of f l with None => None | Some rest => Some (b :: rest) end
      end
  end.

Definition rotation (coordinates : list nat) (t : table) (p : pair) : option (list angle) :=
  all_of (rotation_of_feed coordinates t p) (seq 0 (length coordinates)).

Definition of_feed (turns : list angle) (m : nat) : angle := nth m turns [].

Lemma all_of_nth {A B} (f : A -> option B) l found i a b :
  all_of f l = Some found -> (i < length l)%nat -> f (nth i l a) = Some (nth i found b).
Proof.
  revert found i. induction l as [|x l IH]; simpl; intros found i all below; [lia|].
  destruct (f x) as [y|] eqn:first; [|discriminate]. destruct (all_of f l) as [rest|] eqn:others; [|discriminate].
  injection all as <-. destruct i; simpl; [trivial|]. apply IH; [reflexivity|lia].
Qed.

Lemma all_of_length {A B} (f : A -> option B) l found : all_of f l = Some found -> length found = length l.
Proof.
  revert found. induction l as [|x l IH]; simpl; intros found all; [injection all as <-; reflexivity|].
  destruct (f x); [|discriminate]. destruct (all_of f l); [|discriminate]. injection all as <-. simpl. f_equal. auto.
Qed.

Lemma NoDup_map_filter {A B} (f : A -> B) test l : NoDup (map f l) -> NoDup (map f (filter test l)).
Proof.
  induction l as [|a l IH]; simpl; intros once; [constructor|]. inversion once; subst. destruct (test a); [|auto].
  simpl. constructor; [|auto]. intros inside. apply H1. apply in_map_iff in inside as [b [equal inside]].
  apply filter_In in inside as [inside _]. rewrite <- equal. apply in_map. trivial.
Qed.

Lemma NoDup_join {A} (l l' : list A) : NoDup l -> NoDup l' -> (forall a, In a l -> ~ In a l') -> NoDup (l ++ l').
Proof.
  induction l as [|a l IH]; simpl; intros once once' apart; trivial. inversion once; subst. constructor.
  - intros inside. apply in_app_or in inside as [inside|inside]; [auto|]. apply (apart a); auto.
  - apply IH; auto.
Qed.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable factor : Z -> positive -> interval.
Variable t : table.
Variable fine : well_formed factor coordinates t = true.

Definition entry_value (e : entry) (u : list R) : R := value v (amount e) * cos (turn v (turning e) (1 :: u)).

Lemma minus_sine_turn f u : f <> [] -> cos (turn v (minus_sine f) (1 :: u)) = - sin (turn v f (1 :: u)).
Proof.
  intros some. unfold minus_sine. rewrite shifted_turn, quarter_value, Q2R_1 by trivial.
  rewrite Rmult_1_l, cos_plus, cos_PI2, sin_PI2. ring.
Qed.

Lemma sine_turn f u : f <> [] -> cos (turn v (sine f) (1 :: u)) = sin (turn v f (1 :: u)).
Proof.
  intros some. unfold sine. rewrite shifted_turn, quarter_value, Q2R_opp_1 by trivial.
  replace (turn v f (1 :: u) + -1 * (PI / 2)) with (turn v f (1 :: u) - PI / 2) by ring.
  rewrite cos_minus, cos_PI2, sin_PI2. ring.
Qed.

Lemma pulled_some m w : (m < length coordinates)%nat -> known t m w -> pulled coordinates t m w <> [].
Proof.
  intros feed axes empty. generalize (pulled_length coordinates factor t fine m w feed axes). rewrite empty. discriminate.
Qed.

Lemma filtered_sum test (f : entry -> R) l :
  (forall e, In e l -> test e = false -> f e = 0) -> add_all f (filter test l) = add_all f l.
Proof.
  induction l as [|e l IH]; intros zero; [reflexivity|]. cbn [filter]. rewrite add_all_cons, <- IH by auto with datatypes.
  destruct (test e) eqn:kept; [reflexivity|]. rewrite (zero e) by (simpl; auto). ring.
Qed.

Lemma piece_entries_kernel m u p r c :
  possible coordinates t (m, u) -> In p (pieces t) ->
  piece_kernel v coordinates t p (m, u) r c =
  add_all (fun e => delta_of r (row e) * delta_of c (column e) * entry_value e u) (piece_entries coordinates t m p).
Proof.
  intros [feed [_ at_u]] inside. cbn [fst snd] in *. destruct p as [[a w]|p].
  - cbn [piece_entries piece_kernel]. rewrite add_all_cons. unfold entry_value. cbn [row column amount turning add_all fold_right].
    rewrite still_turn, cos_0, one_number_value. ring.
  - assert (own : In p (pairs t)).
    { unfold pieces in inside. apply in_app_or in inside as [inside|inside]; apply in_map_iff in inside as [q [equal inside]];
        [discriminate|]. injection equal as ->. trivial. }
    generalize (angles_known coordinates factor t fine m p). intros axes.
    unfold piece_entries. rewrite filtered_sum.
    + cbn [add_all fold_right row column]. unfold entry_value. cbn [amount turning].
      rewrite minus_sine_turn, sine_turn by (apply pulled_some; [trivial|apply axes; simpl; auto]).
      rewrite !(pulled_turn v coordinates factor t fine) by (try apply axes; simpl; auto). cbn [piece_kernel]. ring.
    + intros e _ gone. apply negb_false_iff in gone. unfold entry_value.
      rewrite (vanishes_is_sound v (whole t) pi _ u gone at_u). ring.
Qed.

(** The entries are the kernel. *)
Lemma entries_kernel m u r c :
  possible coordinates t (m, u) ->
  kernel v coordinates t (m, u) r c =
  add_all (fun e => delta_of r (row e) * delta_of c (column e) * entry_value e u) (entries coordinates t m).
Proof.
  intros at_x. unfold kernel, entries. rewrite add_all_flat_map. apply add_all_ext. intros p inside.
  apply piece_entries_kernel; trivial.
Qed.

Lemma rows_once : NoDup (flat_map rows_of (pieces t)).
Proof.
  rewrite <- writes_pieces. destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [_ once]]]]]]. apply each_once_spec in once.
  tauto.
Qed.

Lemma columns_once : NoDup (flat_map columns_of (pieces t)).
Proof.
  rewrite <- reads_pieces. destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [once _]]]]]]. apply each_once_spec in once.
  tauto.
Qed.

Lemma piece_once f p : NoDup (flat_map f (pieces t)) -> In p (pieces t) -> NoDup (f p : list nat).
Proof.
  induction (pieces t) as [|q l IH]; simpl; [contradiction|]. intros once [->|inside].
  - apply NoDup_app_left in once. trivial.
  - apply NoDup_app_right in once. auto.
Qed.

Lemma two_apart (two : nat * nat) : NoDup (both two) -> fst two <> snd two.
Proof. destruct two as [a b]. intros once equal. inversion once; subst. apply H1. simpl in *. auto. Qed.

Lemma piece_places m p :
  In p (pieces t) -> NoDup (map place (piece_entries coordinates t m p)) /\
  forall e, In e (piece_entries coordinates t m p) -> In (row e) (rows_of p) /\ In (column e) (columns_of p).
Proof.
  intros inside. generalize (piece_once rows_of p rows_once inside) (piece_once columns_of p columns_once inside).
  destruct p as [[a w]|p]; intros r c; simpl in r, c.
  - split; [cbn; constructor; [simpl; tauto|constructor]|]. simpl. intros e [<-|[]]. simpl. auto.
  - apply two_apart in r, c. unfold piece_entries. split.
    + apply NoDup_map_filter. cbn [map]. unfold place. cbn [row column].
      destruct (write p), (read p). cbn [fst snd] in *.
      repeat constructor; simpl; intuition congruence.
    + intros e kept. apply filter_In in kept as [kept _]. simpl in kept.
      intuition (subst e; simpl; auto).
Qed.

Lemma places_once m : NoDup (map place (entries coordinates t m)).
Proof.
  unfold entries. generalize rows_once. generalize (fun p (inside : In p (pieces t)) => piece_places m p inside).
  induction (pieces t) as [|p l IH]; intros each once; [constructor|]. cbn [flat_map] in *. rewrite map_app.
  apply NoDup_join.
  - apply each. simpl. auto.
  - apply IH; [|apply NoDup_app_right in once; trivial]. intros q inside. apply each. simpl. auto.
  - intros at_place first second. apply in_map_iff in first as [e [<- first]].
    apply in_map_iff in second as [e' [equal second]]. apply in_flat_map in second as [q [inside second]].
    destruct (each p ltac:(simpl; auto)) as [_ own]. destruct (each q ltac:(simpl; auto)) as [_ other].
    destruct (own e first) as [in_p _], (other e' second) as [in_q _]. injection equal as rows _. rewrite rows in in_q.
    apply (NoDup_app_apart _ _ _ once in_p), in_flat_map. eauto.
Qed.

(** A pair that is called a rotation is one, at every token. *)
Theorem rotation_is_sound p turns m u :
  rotation coordinates t p = Some turns -> In p (pairs t) -> possible coordinates t (m, u) ->
  let angle := turn v (of_feed turns m) (1 :: u) in
  cos (theta v coordinates t (alpha p) (m, u)) = cos angle /\ cos (theta v coordinates t (delta p) (m, u)) = cos angle /\
  sin (theta v coordinates t (beta p) (m, u)) = sin angle /\ sin (theta v coordinates t (gamma p) (m, u)) = sin angle.
Proof.
  intros found inside [feed [_ at_u]]. cbn [fst snd] in *. cbv zeta.
  apply all_of_nth with (i := m) (a := 0%nat) (b := []) in found; [|rewrite seq_length; trivial].
  rewrite seq_nth in found by trivial. change (rotation_of_feed coordinates t p m = Some (of_feed turns m)) in found.
  set (f := of_feed turns m) in *. clearbody f. unfold rotation_of_feed in found.
  apply find_some in found as [candidate fits].
  generalize (angles_known coordinates factor t fine m p). intros axes.
  assert (sizes : forall w, In w (angles_of p) -> pulled coordinates t m w <> []) by (intros; apply pulled_some; auto).
  assert (some : f <> []).
  { generalize (sizes (alpha p) ltac:(simpl; auto)) (sizes (beta p) ltac:(simpl; auto)). simpl in candidate.
    destruct candidate as [<-|[<-|[<-|[<-|[]]]]]; trivial; intros a b empty; [apply a|apply b].
    - apply map_eq_nil in empty. trivial.
    - destruct (pulled coordinates t m (beta p)); [reflexivity|discriminate]. }
  unfold turns_as in fits. cbv zeta in fits. destruct (same_cosine _ f (pulled _ _ _ (alpha p))) eqn:first; [|discriminate].
  destruct (same_cosine _ f (pulled _ _ _ (delta p))) eqn:second; [|discriminate].
  destruct (same_cosine _ (sine f) (sine (pulled _ _ _ (beta p)))) eqn:third; [|discriminate].
  apply (same_cosine_is_sound v (whole t) pi) with (u := u) in first, second, third, fits; trivial.
  rewrite !sine_turn in third, fits by (trivial; apply sizes; simpl; auto).
  rewrite (pulled_turn v coordinates factor t fine) in first, second, third, fits by (trivial; apply axes; simpl; auto).
  auto.
Qed.

End Meaning.
