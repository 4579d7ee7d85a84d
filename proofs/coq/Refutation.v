(** The rules for refutations, and that what they accept fails whatever the permutation or the maps. *)

From Coq Require Import Arith Reals Lra Lia List QArith Qreals Bool ZArith Permutation.
From Rope Require Import Sums Decision Exact Angles Tables Entries Blocks Ladder Witness Probes Similarity.
Import ListNotations.
Local Open Scope R_scope.

(** What a certificate states of a relation that fails. Intervals are of the source and of the target, or of the first
    token pair and of the second. *)
Inductive evidence :=
| Of_entry (lanes : nat * nat) (tokens : list spot) (source target : bounds)
| Of_score (lanes : nat * nat) (tokens : list spot) (source target : bounds)
| Of_trace (power : Z) (element : list (Q * list Q)) (source target : bounds)
| Not_relative (of_source : bool) (lanes : nat * nat) (tokens : list spot) (first second : bounds).

Definition in_head (t : table) (lanes : nat * nat) : bool :=
  if Nat.ltb (fst lanes) (width t) then Nat.ltb (snd lanes) (width t) else false.

Fixpoint element_fits (whole : bool) (counts : list nat) (element : list (Q * list Q)) : bool :=
  match counts, element with
  | [], [] => true
  | n :: counts, (count, u) :: element =>
      if is_whole count then if Nat.eqb (length u) n then
        if (if whole then forallb is_whole u else true) then element_fits whole counts element else false
      else false else false
  | _, _ => false
  end.

Fixpoint same_steps (q k q' k' : list Q) : bool :=
  match q, k, q', k' with
  | [], [], [], [] => true
  | a :: q, b :: k, a' :: q', b' :: k' => if Qeq_bool (b - a) (b' - a') then same_steps q k q' k' else false
  | _, _, _, _ => false
  end.

(** [_refutation] *)
Definition refutes (known : enclosures) (coordinates : list nat) (s t : table) (rung : nat) (e : evidence) : bool :=
  match e with
  | Of_entry lanes tokens source target =>
      match tokens with
      | [x] =>
          if in_head s lanes then if fits coordinates s x then if Nat.ltb rung 1 then
            apart source target (fun digits => entry_probe known digits coordinates s lanes x)
                                (fun digits => entry_probe known digits coordinates t lanes x)
          else false else false else false
      | _ => false
      end
  | Of_score lanes tokens source target =>
      match tokens with
      | [x; y] =>
          if in_head s lanes then if fits coordinates s x then if fits coordinates s y then if Nat.ltb rung 2 then
            apart source target (fun digits => score_probe known digits coordinates s lanes x y)
                                (fun digits => score_probe known digits coordinates t lanes x y)
          else false else false else false else false
      | _ => false
      end
  | Of_trace power element source target =>
      if (if Z.leb (-1) power then Z.leb power 8 else false) then
        if (if Z.eqb power (-1) then true else Nat.ltb rung 3) then
          if element_fits (whole s) coordinates element then
            match blocks coordinates s, blocks coordinates t with
            | Some ours, Some theirs =>
                let times := Z.to_nat (power + 1) in
                apart source target (fun digits => trace_probe known digits ours times element)
                                    (fun digits => trace_probe known digits theirs times element)
            | _, _ => false
            end
          else false
        else false
      else false
  | Not_relative of_source lanes tokens first second =>
      let twisted := if of_source then s else t in
      let plain := if of_source then t else s in
      match tokens with
      | [x; y; x'; y'] =>
          if in_head s lanes then
            if forallb (fun token => if fits coordinates s token then Nat.eqb (fst token) (fst x) else false) tokens then
              match blocks coordinates plain with
              | None => false
              | Some _ =>
                  if same_steps (snd x) (snd y) (snd x') (snd y') then
                    apart first second (fun digits => score_probe known digits coordinates twisted lanes x y)
                                       (fun digits => score_probe known digits coordinates twisted lanes x' y')
                  else false
              end
            else false
          else false
      | _ => false
      end
  end.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable known : enclosures.
Variable each : encloses v (factor known).
Variable cosines : encloses_cosines (cosine known).

(** A head whose pairs are rotations: its blocks, and what is made of M with them. *)
Section Rotations.

Variable t : table.
Variable fine : well_formed (factor known) coordinates t = true.
Variable found : list block.
Variable rotations : blocks coordinates t = Some found.

Notation d := (width t).

Definition planar (own : list nat) (angle : R) (i j : nat) : R :=
  match own with
  | [a] => cos angle * (delta_of i a * delta_of j a)
  | [a; c] => delta_of i a * (delta_of j a * cos angle - delta_of j c * sin angle)
              + delta_of i c * (delta_of j a * sin angle + delta_of j c * cos angle)
  | _ => 0
  end.

Lemma block_planar b x y i j :
  block_score v b x y i j
  = value v (magnitude b) * value v (magnitude b) * planar (lanes b) (block_angle v b y - block_angle v b x) i j.
Proof. unfold block_score, planar. destruct (lanes b) as [|a [|c [|]]]; ring. Qed.

Definition origin (m : nat) : token := (m, repeat 0 (nth m coordinates 0%nat)).

Lemma origin_possible m : (m < length coordinates)%nat -> possible coordinates t (origin m).
Proof.
  intros below. unfold possible, origin. cbn [fst snd]. rewrite repeat_length. repeat split; trivial.
  intros _. apply Forall_forall. intros x inside. apply repeat_spec in inside as ->. exists 0%Z. reflexivity.
Qed.

(** G = M(0, 0) is diagonal, and D(x, y) = G^-1 M(x, y). *)
Definition gram (i : nat) : R := score v coordinates t (origin 0) (origin 0) i i.
Definition step_of (x y : token) (i j : nat) : R := / gram i * score v coordinates t x y i j.

Lemma feeds : (0 < length coordinates)%nat.
Proof. apply (fine_parts _ _ _ fine). Qed.

Lemma score_at b x y i j :
  In b found -> In i (lanes b) -> possible coordinates t x -> possible coordinates t y ->
  score v coordinates t x y i j
  = value v (magnitude b) * value v (magnitude b) * planar (lanes b) (block_angle v b y - block_angle v b x) i j.
Proof.
  intros inside own at_x at_y. rewrite (blocks_score v pi coordinates (factor known) t fine found) by trivial.
  rewrite (block_at v coordinates (factor known) t fine found b) by trivial. apply block_planar.
Qed.

Lemma shape b : In b found -> ((exists a, lanes b = [a]) \/ exists a c, lanes b = [a; c] /\ a <> c) /\
  (length (turns b) = length coordinates)%nat /\ 0 < value v (magnitude b).
Proof.
  intros inside. destruct (block_shape v coordinates (factor known) t fine found b each rotations inside) as [own rest].
  split; [|exact rest]. destruct own as [own|[a [c own]]]; [auto|right]. exists a, c. split; trivial. intros equal.
  assert (once : NoDup (flat_map lanes found)).
  { rewrite (blocks_lanes coordinates t found rotations), reads_pieces. apply (columns_once _ _ _ fine). }
  assert (own_once : NoDup (lanes b)).
  { clear - once inside. induction found as [|e l IH]; [contradiction|]. cbn [flat_map] in once.
    destruct inside as [->|inside]; [apply NoDup_app_left in once; trivial|apply NoDup_app_right in once; auto]. }
  rewrite own in own_once. inversion own_once; subst. simpl in *. tauto.
Qed.

Lemma gram_at b i : In b found -> In i (lanes b) -> gram i = value v (magnitude b) * value v (magnitude b).
Proof.
  intros inside own. unfold gram. rewrite (score_at b) by (trivial; apply origin_possible, feeds).
  rewrite Rminus_diag_eq by reflexivity. unfold planar. rewrite cos_0, sin_0.
  destruct (shape b inside) as [[[a one]|[a [c [two differ]]]] _].
  - rewrite one in *. destruct own as [<-|[]]. rewrite delta_self. ring.
  - rewrite two in *. destruct own as [<-|[<-|[]]]; rewrite delta_self;
      [rewrite (delta_other a c) by trivial|rewrite (delta_other c a) by congruence]; ring.
Qed.

Lemma step_at b x y i j :
  In b found -> In i (lanes b) -> possible coordinates t x -> possible coordinates t y ->
  step_of x y i j = planar (lanes b) (block_angle v b y - block_angle v b x) i j.
Proof.
  intros inside own at_x at_y. unfold step_of. rewrite (gram_at b), (score_at b) by trivial.
  destruct (shape b inside) as [_ [_ positive]]. field. lra.
Qed.

(** Steps in the group of positions, one after another. *)
Definition walk (steps : list (token * token)) : matrix :=
  fold_right (fun step rest => mul d (step_of (fst step) (snd step)) rest) one steps.

Definition phase (b : block) (steps : list (token * token)) : R :=
  add_all (fun step => block_angle v b (snd step) - block_angle v b (fst step)) steps.

Definition all_possible (steps : list (token * token)) : Prop :=
  forall step, In step steps -> possible coordinates t (fst step) /\ possible coordinates t (snd step).

(** A lane on its own turns by half turns only. *)
Lemma single_still b a x :
  In b found -> lanes b = [a] -> possible coordinates t x -> sin (block_angle v b x) = 0.
Proof.
  intros inside one at_x. destruct (block_in coordinates t found b rotations inside) as [p [own [at_p [equal inside']]]].
  destruct p as [[r w]|p]; cbn [blocks_of] in equal.
  - injection equal as <-. destruct inside' as [<-|[]]. unfold block_angle, of_feed. cbn [turns].
    destruct at_x as [feed _].
    rewrite (nth_indep _ [] (still coordinates 0)) by (rewrite map_length, seq_length; trivial).
    rewrite map_nth, still_turn. apply sin_0.
  - destruct (rotation coordinates t p) as [turning|] eqn:turned; [|discriminate]. injection equal as <-.
    destruct (alone (whole t) (centred turning)) eqn:half.
    + assert (same_turn : turns b = centred turning).
      { simpl in inside'. destruct inside' as [<-|[<-|[]]]; reflexivity. }
      unfold alone in half. destruct (forallb _ _); [|discriminate].
      destruct (same_turns_sound v pi coordinates t _ _ x half) as [_ equal]; trivial.
      * unfold centred. rewrite map_length, (rotation_length coordinates t p) by trivial. apply at_x.
      * rewrite of_feed_minus, sin_neg in equal. unfold block_angle. rewrite same_turn. lra.
    + destruct inside' as [<-|[]]. discriminate.
Qed.

Lemma single_phase b a steps :
  In b found -> lanes b = [a] -> all_possible steps -> sin (phase b steps) = 0.
Proof.
  intros inside one. induction steps as [|[x y] steps IH]; intros all; [apply sin_0|].
  unfold phase in *. rewrite add_all_cons, sin_plus, IH by (intros step here; apply all; simpl; auto).
  destruct (all (x, y) ltac:(simpl; auto)) as [at_x at_y]. cbn [fst snd] in *.
  rewrite sin_minus, !(single_still b a) by trivial. ring.
Qed.

Lemma walk_at b steps i k :
  In b found -> In i (lanes b) -> (k < d)%nat -> all_possible steps -> walk steps i k = planar (lanes b) (phase b steps) i k.
Proof.
  intros inside. revert i. induction steps as [|[x y] steps IH]; intros i own below all.
  - unfold phase. cbn [walk fold_right add_all]. unfold planar. rewrite cos_0, sin_0.
    assert (one_is : forall a c, one a c = delta_of a c).
    { intros a c. unfold one, delta_of. destruct (Nat.eq_dec a c), (Nat.eqb_spec a c); congruence. }
    rewrite one_is. destruct (shape b inside) as [[[a single]|[a [c [two differ]]]] _].
    + rewrite single in *. destruct own as [<-|[]]. rewrite delta_self. unfold delta_of. rewrite (Nat.eqb_sym a). ring.
    + rewrite two in *. destruct own as [<-|[<-|[]]]; rewrite delta_self; unfold delta_of;
        [rewrite (Nat.eqb_sym a k), (proj2 (Nat.eqb_neq a c)) by trivial
        |rewrite (Nat.eqb_sym c k), (proj2 (Nat.eqb_neq c a)) by congruence]; ring.
  - assert (rest : all_possible steps) by (intros step here; apply all; simpl; auto).
    destruct (all (x, y) ltac:(simpl; auto)) as [at_x at_y]. cbn [fst snd] in *.
    unfold phase. rewrite add_all_cons. fold (phase b steps). cbn [fst snd].
    cbn [walk fold_right fst snd]. fold (walk steps). unfold mul.
    assert (inner : forall j, In j (lanes b) -> walk steps j k = planar (lanes b) (phase b steps) j k) by (intros; apply IH; trivial).
    rewrite (total_ext d _ (fun j => planar (lanes b) (block_angle v b y - block_angle v b x) i j * walk steps j k))
      by (intros; rewrite (step_at b) by trivial; reflexivity).
    assert (small : forall j, In j (lanes b) -> (j < d)%nat).
    { intros. apply (block_lanes_below coordinates (factor known) t fine found b); trivial. }
    destruct (shape b inside) as [[[a single]|[a [c [two differ]]]] _].
    + generalize (single_phase b a steps inside single rest). intros flat.
      rewrite single in *. rewrite (total_single d a).
      * rewrite inner by (simpl; auto). destruct own as [<-|[]]. unfold planar. rewrite !delta_self, cos_plus, flat. ring.
      * apply small. simpl. auto.
      * intros j _ other. unfold planar. rewrite (delta_other j a) by trivial. ring.
    + rewrite two in *. rewrite (total_two d a c); try (apply small; simpl; auto); trivial.
      * rewrite !inner by (simpl; auto). unfold planar.
        rewrite (delta_other a c), (delta_other c a), !delta_self, cos_plus, sin_plus by congruence. ring.
      * intros j first second. unfold planar. rewrite (delta_other j a), (delta_other j c) by trivial. ring.
Qed.

(** A sum over all lanes, block by block. *)
Lemma total_by_blocks f : total d f = add_all (fun b => add_all f (lanes b)) found.
Proof.
  rewrite <- add_all_flat_map, (blocks_lanes coordinates t found rotations).
  destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [once _]]]]]]. apply each_once_spec in once as [_ [once all]].
  assert (in_order : forall n, total n f = add_all f (seq 0 n)).
  { induction n as [|n IH]; [reflexivity|]. rewrite seq_S, add_all_app, <- IH. simpl. ring. }
  rewrite in_order. assert (order : Permutation (seq 0 d) (reads t)).
  { apply NoDup_Permutation; trivial; [apply seq_NoDup|]. intros a. rewrite all, in_seq. lia. }
  clear - order. induction order; simpl; lra.
Qed.

Lemma trace_of_walk power steps :
  all_possible steps ->
  total d (fun i => gram i ^ power * walk steps i i) =
  add_all (fun b => INR (length (lanes b)) * ((value v (magnitude b) * value v (magnitude b)) ^ power * cos (phase b steps)))
    found.
Proof.
  intros all. rewrite total_by_blocks. apply add_all_ext. intros b inside.
  set (one_lane := (value v (magnitude b) * value v (magnitude b)) ^ power * cos (phase b steps)).
  assert (lane : forall i, In i (lanes b) -> gram i ^ power * walk steps i i = one_lane).
  { intros i own. rewrite (gram_at b), (walk_at b) by
      (trivial; apply (block_lanes_below coordinates (factor known) t fine found b); trivial).
    unfold one_lane. f_equal. unfold planar. destruct (shape b inside) as [[[a single]|[a [c [two differ]]]] _].
    - rewrite single in *. destruct own as [<-|[]]. rewrite delta_self. ring.
    - rewrite two in *. destruct own as [<-|[<-|[]]]; rewrite delta_self;
        [rewrite (delta_other a c) by trivial|rewrite (delta_other c a) by congruence]; ring. }
  rewrite (add_all_ext _ (fun _ => one_lane)) by trivial.
  induction (lanes b) as [|i l IH]; [simpl; ring|]. rewrite add_all_cons.
  change (length (i :: l)) with (S (length l)). rewrite S_INR, IH; [ring|]. intros; apply lane; simpl; auto.
Qed.

(** Scores of a rotation depend on the difference of two tokens of one feed. *)
Lemma relative_scores m u w u' w' i j :
  possible coordinates t (m, u) -> possible coordinates t (m, w) ->
  possible coordinates t (m, u') -> possible coordinates t (m, w') ->
  Forall2 (fun first second => first = second) (map (fun p => snd p - fst p) (combine u w)) (map (fun p => snd p - fst p) (combine u' w')) ->
  (i < d)%nat ->
  score v coordinates t (m, u) (m, w) i j = score v coordinates t (m, u') (m, w') i j.
Proof.
  intros at_u at_w at_u' at_w' steps below.
  destruct (lane_has_a_block coordinates (factor known) t fine found i rotations below) as [b [inside own]].
  rewrite !(score_at b) by trivial. f_equal. f_equal. unfold block_angle. cbn [fst snd].
  destruct at_u as [_ [n1 _]], at_w as [_ [n2 _]], at_u' as [_ [n3 _]], at_w' as [_ [n4 _]]. cbn [fst snd] in *.
  assert (gap : forall f x y x' y', length x = length y -> length x' = length y' -> length x = length x' ->
    Forall2 eq (map (fun p : R * R => snd p - fst p) (combine x y)) (map (fun p => snd p - fst p) (combine x' y')) ->
    turn v f y - turn v f x = turn v f y' - turn v f x').
  { induction f as [|a f IH]; intros x y x' y' l1 l2 l3 equal; destruct x as [|p x], y as [|q y], x' as [|p' x'], y' as [|q' y'];
      try discriminate; cbn [turn]; try ring. simpl in equal. inversion equal as [|? ? ? ? first rest]; subst.
    simpl in *. generalize (IH x y x' y' ltac:(congruence) ltac:(congruence) ltac:(congruence) rest). intros others.
    replace (value v a * q + turn v f y - (value v a * p + turn v f x)) with (value v a * (q - p) + (turn v f y - turn v f x)) by ring.
    replace (value v a * q' + turn v f y' - (value v a * p' + turn v f x')) with (value v a * (q' - p') + (turn v f y' - turn v f x')) by ring.
    rewrite first, others. reflexivity. }
  apply gap; simpl; try congruence. constructor; trivial.
Qed.

End Rotations.

End Meaning.
