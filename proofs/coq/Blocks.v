(** What of a rotation layout moves as one in its scores: pairs of lanes, and single lanes. *)

From Coq Require Import Arith Reals Lra Lia List QArith Bool ZArith.
From Rope Require Import Sums Exact Angles Tables Entries.
Import ListNotations.
Local Open Scope R_scope.

(** One lane or two, their angle feed by feed, and their magnitude. *)
Record block := Block { lanes : list nat; turns : list angle; magnitude : number }.

Fixpoint same_turns (whole : bool) (f g : list angle) : bool :=
  match f, g with
  | [], [] => true
  | a :: f, b :: g => if same whole a b then same_turns whole f g else false
  | _, _ => false
  end.

(** The constant of the first feed is taken off all of them: what they share cancels in scores. *)
Definition centred (turns : list angle) : list angle :=
  map (fun f => shifted f (hd [] (of_feed turns 0)) (-1)) turns.

(** Half turns only: swapping the two lanes changes nothing, and each is on its own. *)
Definition alone (whole : bool) (turns : list angle) : bool :=
  if forallb (forallb is_of_pi) turns then same_turns whole turns (map minus turns) else false.

(** [_Side.units]; none if a pair is no rotation. *)
Definition blocks_of (coordinates : list nat) (t : table) (p : piece) : option (list block) :=
  match p with
  | Pass rw => Some [Block [fst rw] (map (still coordinates) (seq 0 (length coordinates))) one_number]
  | Turned p =>
      match rotation coordinates t p with
      | None => None
      | Some found =>
          let turn := centred found in
          Some (if alone (whole t) turn then [Block [fst (read p)] turn (size p); Block [snd (read p)] turn (size p)]
                else [Block (both (read p)) turn (size p)])
      end
  end.

Definition blocks (coordinates : list nat) (t : table) : option (list block) :=
  match all_of (blocks_of coordinates t) (pieces t) with None => None | Some found => Some (concat found) end.

Lemma same_turns_nth whole f g m :
  same_turns whole f g = true -> (m < length f)%nat -> same whole (of_feed f m) (of_feed g m) = true.
Proof.
  revert g m. induction f as [|a f IH]; destruct g as [|b g]; simpl; try discriminate; intros m equal below; [lia|].
  destruct (same whole a b) eqn:first; [|discriminate]. destruct m as [|m]; [exact first|].
  apply (IH g m equal). lia.
Qed.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable factor : Z -> positive -> interval.
Variable t : table.
Variable fine : well_formed factor coordinates t = true.

Definition block_angle (b : block) (x : token) : R := turn v (of_feed (turns b) (fst x)) (1 :: snd x).

(** What a block puts into M(x, y). *)
Definition block_score (b : block) (x y : token) (i j : nat) : R :=
  let d := block_angle b y - block_angle b x in
  let s := value v (magnitude b) in
  match lanes b with
  | [a] => s * s * cos d * (delta_of i a * delta_of j a)
  | [a; c] => s * s * (delta_of i a * (delta_of j a * cos d - delta_of j c * sin d)
                       + delta_of i c * (delta_of j a * sin d + delta_of j c * cos d))
  | _ => 0
  end.

Lemma centred_turn found m u :
  of_feed found m <> [] -> (m < length found)%nat ->
  turn v (of_feed (centred found) m) (1 :: u) = turn v (of_feed found m) (1 :: u) - value v (hd [] (of_feed found 0)).
Proof.
  intros some below. unfold centred, of_feed at 1.
  rewrite (nth_indep _ [] (shifted [] (hd [] (of_feed found 0)) (-1))) by (rewrite map_length; trivial).
  rewrite (map_nth (fun f => shifted f _ _)). rewrite shifted_turn, Q2R_opp_1 by trivial. unfold of_feed. ring.
Qed.

Lemma same_turns_sound f g x :
  same_turns (whole t) f g = true -> (fst x < length f)%nat -> possible coordinates t x ->
  cos (turn v (of_feed f (fst x)) (1 :: snd x)) = cos (turn v (of_feed g (fst x)) (1 :: snd x)) /\
  sin (turn v (of_feed f (fst x)) (1 :: snd x)) = sin (turn v (of_feed g (fst x)) (1 :: snd x)).
Proof.
  intros equal below [_ [_ at_u]]. apply (same_is_sound v (whole t) pi); trivial. apply same_turns_nth; trivial.
Qed.

Lemma of_feed_minus f m u : turn v (of_feed (map minus f) m) u = - turn v (of_feed f m) u.
Proof. unfold of_feed. change (@nil number) with (minus []) at 1. rewrite map_nth. apply minus_turn. Qed.

Lemma rotation_length p found : rotation coordinates t p = Some found -> length found = length coordinates.
Proof. unfold rotation. intros all. apply all_of_length in all. rewrite seq_length in all. trivial. Qed.

Lemma rotation_some p found m :
  rotation coordinates t p = Some found -> In p (pairs t) -> (m < length coordinates)%nat -> of_feed found m <> [].
Proof.
  intros all inside feed. unfold rotation in all. apply all_of_nth with (i := m) (a := 0%nat) (b := []) in all;
    [|rewrite seq_length; trivial]. rewrite seq_nth in all by trivial.
  change (rotation_of_feed coordinates t p m = Some (of_feed found m)) in all.
  set (f := of_feed found m) in *. clearbody f. unfold rotation_of_feed in all.
  apply find_some in all as [candidate _].
  generalize (angles_known coordinates factor t fine m p). intros axes.
  assert (sizes : forall w, In w (angles_of p) -> pulled coordinates t m w <> [])
    by (intros; apply (pulled_some coordinates factor t fine); auto).
  generalize (sizes (alpha p) ltac:(simpl; auto)) (sizes (beta p) ltac:(simpl; auto)). simpl in candidate.
  destruct candidate as [<-|[<-|[<-|[<-|[]]]]]; trivial; intros a b empty; [apply a|apply b].
  - apply map_eq_nil in empty. trivial.
  - destruct (pulled coordinates t m (beta p)); [reflexivity|discriminate].
Qed.

Lemma in_pairs p : In (Turned p) (pieces t) -> In p (pairs t).
Proof.
  unfold pieces. intros inside. apply in_app_or in inside as [inside|inside]; apply in_map_iff in inside as [q [equal inside]];
    [discriminate|]. injection equal as ->. trivial.
Qed.

Lemma lane_below p :
  In (Turned p) (pieces t) ->
  (fst (read p) < width t /\ snd (read p) < width t /\ fst (write p) < width t /\ snd (write p) < width t)%nat.
Proof.
  intros inside. destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [in_ out]]]]]].
  apply each_once_spec in in_ as [_ [_ in_]]. apply each_once_spec in out as [_ [_ out]].
  rewrite reads_pieces in in_. rewrite writes_pieces in out.
  repeat split; [apply in_|apply in_|apply out|apply out]; apply in_flat_map; exists (Turned p); simpl; auto.
Qed.

Lemma blocks_of_columns p l : blocks_of coordinates t p = Some l -> flat_map lanes l = columns_of p.
Proof.
  destruct p as [[a w]|p]; simpl; [intros equal; injection equal as <-; reflexivity|].
  destruct (rotation coordinates t p); [|discriminate]. destruct (alone _ _); intros equal; injection equal as <-; reflexivity.
Qed.

(** A rotation's M, block by block. *)
Lemma piece_blocks p l x y i j :
  blocks_of coordinates t p = Some l -> In p (pieces t) -> possible coordinates t x -> possible coordinates t y ->
  piece_score v coordinates t p x y i j = add_all (fun b => block_score b x y i j) l.
Proof.
  destruct p as [[a w]|p]; cbn [blocks_of].
  - intros equal inside at_x at_y. injection equal as <-. rewrite add_all_cons. cbn [add_all fold_right].
    unfold block_score. cbn [lanes magnitude]. unfold block_angle. cbn [turns fst].
    assert (zero : forall z, possible coordinates t z ->
      turn v (of_feed (map (still coordinates) (seq 0 (length coordinates))) (fst z)) (1 :: snd z) = 0).
    { intros z [feed _]. unfold of_feed.
      rewrite (nth_indep _ [] (still coordinates 0)) by (rewrite map_length, seq_length; trivial).
      rewrite map_nth. apply still_turn. }
    rewrite !zero, Rminus_0_r, cos_0, one_number_value by trivial.
    assert (below : (w < width t)%nat).
    { destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [_ out]]]]]]. apply each_once_spec in out as [_ [_ out]].
      rewrite writes_pieces in out. apply out, in_flat_map. exists (Pass (a, w)). simpl. auto. }
    unfold piece_score. rewrite (total_single _ w); trivial; cbn [piece_kernel fst snd].
    + rewrite delta_self. ring.
    + intros r _ other. rewrite (delta_other r w) by trivial. ring.
  - destruct (rotation coordinates t p) as [found|] eqn:turning; [|discriminate].
    intros equal inside [fx wx] [fy wy]. generalize (in_pairs p inside). intros own.
    generalize (two_apart _ (piece_once t rows_of _ (rows_once _ _ _ fine) inside)). intros apart.
    destruct (lane_below p inside) as [_ [_ [below1 below2]]].
    assert (angle : forall z, possible coordinates t z ->
      turn v (of_feed (centred found) (fst z)) (1 :: snd z)
      = turn v (of_feed found (fst z)) (1 :: snd z) - value v (hd [] (of_feed found 0))).
    { intros z [feed _]. apply centred_turn; [apply (rotation_some p); trivial|].
      rewrite (rotation_length p); trivial. }
    assert (flat : alone (whole t) (centred found) = true -> forall z, possible coordinates t z ->
      sin (turn v (of_feed (centred found) (fst z)) (1 :: snd z)) = 0).
    { unfold alone. destruct (forallb _ _); [|discriminate]. intros half z at_z.
      destruct (same_turns_sound _ _ z half) as [_ equal']; trivial.
      - unfold centred. rewrite map_length, (rotation_length p); trivial. apply at_z.
      - rewrite of_feed_minus, sin_neg in equal'. lra. }
    assert (whole_piece : piece_score v coordinates t (Turned p) x y i j = block_score (Block (both (read p)) (centred found) (size p)) x y i j).
    { unfold block_score, block_angle. cbn [lanes magnitude turns both fst snd].
      rewrite !angle by (split; trivial).
      destruct x as [mx ux], y as [my uy]. cbn [fst snd] in *.
      destruct (rotation_is_sound v pi coordinates factor t fine p found mx ux turning own (conj fx wx)) as [ax [dx [bx gx]]].
      destruct (rotation_is_sound v pi coordinates factor t fine p found my uy turning own (conj fy wy)) as [ay [dy [by_ gy]]].
      set (ex := turn v (of_feed found mx) (1 :: ux)) in *. set (ey := turn v (of_feed found my) (1 :: uy)) in *.
      replace (ey - value v (hd [] (of_feed found 0)) - (ex - value v (hd [] (of_feed found 0)))) with (ey - ex) by ring.
      unfold piece_score. rewrite (total_two _ (fst (write p)) (snd (write p))); trivial.
      - cbn [piece_kernel]. rewrite ax, dx, bx, gx, ay, dy, by_, gy, !delta_self.
        rewrite (delta_other (fst (write p)) (snd (write p))), (delta_other (snd (write p)) (fst (write p))) by congruence.
        rewrite cos_minus, sin_minus. ring.
      - intros r first second. cbn [piece_kernel]. rewrite !(delta_other r) by trivial. ring. }
    rewrite whole_piece. injection equal as <-. destruct (alone (whole t) (centred found)) eqn:half.
    + rewrite !add_all_cons. cbn [add_all fold_right]. unfold block_score. cbn [lanes magnitude both].
      assert (zero : sin (block_angle (Block (both (read p)) (centred found) (size p)) y
                          - block_angle (Block (both (read p)) (centred found) (size p)) x) = 0).
      { unfold block_angle. cbn [turns]. rewrite sin_minus, !flat; trivial; [ring|split|split]; trivial. }
      unfold block_angle in *. cbn [turns] in *. rewrite zero. ring.
    + rewrite add_all_cons. cbn [add_all fold_right]. ring.
Qed.

Lemma blocks_score l x y i j :
  blocks coordinates t = Some l -> possible coordinates t x -> possible coordinates t y ->
  score v coordinates t x y i j = add_all (fun b => block_score b x y i j) l.
Proof.
  intros found at_x at_y. rewrite score_of_pieces by apply (rows_once _ _ _ fine).
  unfold blocks in found. destruct (all_of _ _) as [parts|] eqn:all; [|discriminate]. injection found as <-.
  assert (sub : incl (pieces t) (pieces t)) by apply incl_refl. revert sub all. generalize (pieces t) at 1 3 4.
  intros rest. revert parts. induction rest as [|p rest IH]; intros parts sub all.
  - injection all as <-. reflexivity.
  - cbn [all_of] in all. destruct (blocks_of coordinates t p) as [own|] eqn:first; [|discriminate].
    destruct (all_of _ rest) as [others|] eqn:all'; [|discriminate]. injection all as <-.
    cbn [concat]. rewrite add_all_cons, add_all_app, <- (IH others); auto with datatypes.
    + f_equal. apply piece_blocks; trivial. apply sub. simpl. auto.
    + intros q inside. apply sub. simpl. auto.
Qed.

Lemma blocks_lanes l : blocks coordinates t = Some l -> flat_map lanes l = reads t.
Proof.
  intros found. unfold blocks in found. destruct (all_of _ _) as [parts|] eqn:all; [|discriminate].
  injection found as <-. rewrite reads_pieces. revert parts all.
  induction (pieces t) as [|p rest IH]; intros parts all; [injection all as <-; reflexivity|].
  cbn [all_of] in all. destruct (blocks_of coordinates t p) as [own|] eqn:first; [|discriminate].
  destruct (all_of _ rest) as [others|] eqn:all'; [|discriminate]. injection all as <-.
  cbn [concat flat_map]. rewrite flat_map_app, (blocks_of_columns p), (IH others); auto.
Qed.

Lemma block_in l b :
  blocks coordinates t = Some l -> In b l -> exists p own, In p (pieces t) /\ blocks_of coordinates t p = Some own /\ In b own.
Proof.
  intros found. unfold blocks in found. destruct (all_of _ _) as [parts|] eqn:all; [|discriminate].
  injection found as <-. revert parts all. induction (pieces t) as [|p rest IH]; intros parts all; [injection all as <-; intros []|].
  cbn [all_of] in all. destruct (blocks_of coordinates t p) as [own|] eqn:first; [|discriminate].
  destruct (all_of _ rest) as [others|] eqn:all'; [|discriminate]. injection all as <-.
  cbn [concat]. intros inside. apply in_app_or in inside as [inside|inside].
  - exists p, own. simpl. auto.
  - destruct (IH others eq_refl inside) as [q [l [first' rest']]]. exists q, l. simpl. auto.
Qed.

Lemma positive_from_spec (each : encloses v factor) last l :
  0 < value v last -> positive_from factor last l = true -> forall p, In p l -> 0 < value v (size p).
Proof.
  revert last. induction l as [|q l IH]; cbn [positive_from]; intros last start all p inside; [contradiction|].
  destruct (number_eqb (size q) last) eqn:again.
  - apply (equal_forms v) in again. destruct inside as [<-|inside]; [rewrite again; trivial|]. apply (IH last); trivial.
  - destruct (existsb _ _) eqn:sure; [|discriminate].
    assert (positive : 0 < value v (size q)).
    { apply existsb_exists in sure as [digits [which above]]. apply Z.ltb_lt in above.
      assert (enough : (0 <= digits)%Z) by (simpl in which; lia).
      destruct (number_is_inside v factor digits (size q) each enough) as [low _].
      apply IZR_lt in above. generalize (IZR_lt _ _ (unit_positive digits enough)). nra. }
    destruct inside as [<-|inside]; trivial. apply (IH (size q)); trivial.
Qed.

(** One lane or two, an angle for each feed, and a positive magnitude. *)
Lemma block_shape l b :
  encloses v factor -> blocks coordinates t = Some l -> In b l ->
  ((exists a, lanes b = [a]) \/ exists a c, lanes b = [a; c]) /\ (length (turns b) = length coordinates)%nat /\
  0 < value v (magnitude b).
Proof.
  intros each found inside. destruct (block_in l b found inside) as [p [own [at_p [equal inside']]]].
  destruct p as [[a w]|p]; cbn [blocks_of] in equal.
  - injection equal as <-. destruct inside' as [<-|[]]. cbn [lanes turns magnitude].
    rewrite map_length, seq_length, one_number_value. repeat split; eauto. lra.
  - destruct (rotation coordinates t p) as [turning|] eqn:turned; [|discriminate]. injection equal as <-.
    assert (size_ok : length (centred turning) = length coordinates).
    { unfold centred. rewrite map_length, (rotation_length p); trivial. }
    assert (positive : 0 < value v (size p)).
    { destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [sizes _]]]]].
      apply (positive_from_spec each one_number (pairs t)); trivial; [rewrite one_number_value; lra|apply in_pairs; trivial]. }
    destruct (alone _ _); simpl in inside'.
    + destruct inside' as [<-|[<-|[]]]; repeat split; cbn [lanes]; eauto.
    + destruct inside' as [<-|[]]; repeat split; unfold both; cbn [lanes]; eauto.
Qed.

(** Where lane i is in a block, M(i, j) is the block's. *)
Lemma block_at l b x y i j :
  blocks coordinates t = Some l -> In b l -> In i (lanes b) ->
  add_all (fun b => block_score b x y i j) l = block_score b x y i j.
Proof.
  intros found. assert (once : NoDup (flat_map lanes l)).
  { rewrite (blocks_lanes l found), reads_pieces. apply (columns_once _ _ _ fine). }
  clear found. induction l as [|b' l IH]; [intros []|]. cbn [flat_map] in once. intros inside own. rewrite add_all_cons.
  assert (elsewhere : forall e, ~ In i (lanes e) -> block_score e x y i j = 0).
  { intros e out. unfold block_score. destruct (lanes e) as [|a [|c [|]]]; try reflexivity; simpl in out.
    - rewrite (delta_other i a) by (intros ->; tauto). ring.
    - rewrite (delta_other i a), (delta_other i c) by (intros ->; tauto). ring. }
  destruct inside as [->|inside].
  - rewrite (add_all_zero _ l); [ring|]. intros e inside. apply elsewhere. intros again.
    apply (NoDup_app_apart _ _ i once own), in_flat_map. eauto.
  - rewrite IH; trivial; [|apply NoDup_app_right in once; trivial]. rewrite elsewhere; [ring|].
    intros again. apply (NoDup_app_apart _ _ i once again), in_flat_map. eauto.
Qed.

Lemma lane_has_a_block l i : blocks coordinates t = Some l -> (i < width t)%nat -> exists b, In b l /\ In i (lanes b).
Proof.
  intros found below. apply in_flat_map. rewrite (blocks_lanes l found).
  destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [in_ _]]]]]]. apply each_once_spec in in_ as [_ [_ in_]].
  apply in_. trivial.
Qed.

Lemma block_lanes_below l b i : blocks coordinates t = Some l -> In b l -> In i (lanes b) -> (i < width t)%nat.
Proof.
  intros found inside own. destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [in_ _]]]]]].
  apply each_once_spec in in_ as [_ [_ in_]]. apply in_. rewrite <- (blocks_lanes l found). apply in_flat_map. eauto.
Qed.

End Meaning.
