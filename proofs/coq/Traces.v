(** The rule for a trace: tr(G^(k+1) D(g)) at an element g of the group of positions, and that no relation lets the two
    traces differ: none at all for k = -1, none up to a permutation for k >= 0. *)

From Coq Require Import Arith Reals Lra Lia List QArith Qreals Bool ZArith.
From Rope Require Import Sums Decision Exact Angles Tables Entries Blocks Ladder Probes Refutation Similarity.
Import ListNotations.
Local Open Scope R_scope.

#[local] Existing Instance same_equivalence.
#[local] Existing Instance mul_proper.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable known : enclosures.
Variable each : encloses v (factor known).
Variable cosines : encloses_cosines (cosine known).

Notation origin := (origin coordinates).

(** The element as steps from token to token: the change from the first feed to feed m as often as is said, or back,
    then the step from feed m's origin to its coordinates. *)
Definition changes (m : nat) (count : Z) : list (token * token) :=
  match count with
  | Z0 => []
  | Zpos n => repeat (origin 0, origin m) (Pos.to_nat n)
  | Zneg n => repeat (origin m, origin 0) (Pos.to_nat n)
  end.

Definition whole_part (q : Q) : Z := (Qnum q / QDen q)%Z.

Fixpoint steps_from (m : nat) (element : list (Q * list Q)) : list (token * token) :=
  match element with
  | [] => []
  | (count, u) :: rest => changes m (whole_part count) ++ (origin m, (m, map Q2R u)) :: steps_from (S m) rest
  end.

Definition steps_of (element : list (Q * list Q)) : list (token * token) := steps_from 0 element.

Lemma whole_part_value q : is_whole q = true -> Q2R q = IZR (whole_part q).
Proof.
  unfold is_whole, whole_part. intros even. apply Z.eqb_eq, Z.mod_divide in even; [|discriminate].
  destruct even as [k equal]. rewrite equal, Z.div_mul by discriminate. unfold Q2R. rewrite equal, mult_IZR.
  assert (IZR (QDen q) <> 0) by (apply not_0_IZR; discriminate). field. trivial.
Qed.

(** What [element_fits] demands of the parts from feed m on makes every step one between tokens of the table. *)
Lemma steps_possible t m counts element :
  element_fits (whole t) counts element = true ->
  (m + length counts <= length coordinates)%nat ->
  (forall i, (i < length counts)%nat -> nth i counts 0%nat = nth (m + i) coordinates 0%nat) ->
  (0 < length coordinates)%nat ->
  all_possible coordinates t (steps_from m element).
Proof.
  revert m element. induction counts as [|n counts IH]; intros m element; destruct element as [|[count u] element];
    cbn [element_fits]; try discriminate.
  - intros _ _ _ _ step [].
  - destruct (is_whole count); [|discriminate]. destruct (Nat.eqb_spec (length u) n) as [size|]; [|discriminate].
    destruct (if whole t then _ else _) eqn:numbers; [|discriminate]. intros fit room own some. cbn [length] in room.
    assert (first : possible coordinates t (origin 0)) by (apply origin_possible; trivial).
    assert (this : possible coordinates t (origin m)) by (apply origin_possible; lia).
    intros step here. cbn [steps_from] in here. apply in_app_or in here as [here|[<-|here]].
    + unfold changes in here. destruct (whole_part count); [contradiction| |];
        apply repeat_spec in here as ->; cbn [fst snd]; auto.
    + cbn [fst snd]. split; [trivial|]. unfold possible, reached. cbn [fst snd]. rewrite map_length.
      repeat split; [lia| |].
      * generalize (own 0%nat ltac:(simpl; lia)). rewrite Nat.add_0_r. cbn [nth]. congruence.
      * intros is. rewrite is in numbers. rewrite Forall_map, Forall_forall. rewrite forallb_forall in numbers.
        auto using is_whole_value.
    + apply (IH (S m) element fit); trivial; [lia|]. intros i below. specialize (own (S i) ltac:(simpl; lia)).
      cbn [nth] in own. rewrite own. f_equal. lia.
Qed.

Section OfTable.

Variable t : table.
Variable fine : well_formed (factor known) coordinates t = true.
Variable found : list block.
Variable rotations : blocks coordinates t = Some found.

Lemma turn_zeros f c n : turn v f (c :: repeat 0 n) = c * value v (hd [] f).
Proof.
  destruct f as [|a f]; cbn [turn hd]; [unfold value; simpl; ring|].
  assert (rest : forall g, turn v g (repeat 0 n) = 0).
  { induction n as [|n IH]; intros [|b g]; cbn [repeat turn]; trivial. rewrite IH. ring. }
  rewrite rest. ring.
Qed.

Lemma block_origin b m : block_angle v b (origin m) = value v (hd [] (of_feed (turns b) m)).
Proof. unfold block_angle, Refutation.origin. cbn [fst snd]. rewrite turn_zeros. ring. Qed.

(** The constant of the first feed is gone, so it does not matter how often that one is counted. *)
Lemma first_constant b : In b found -> value v (hd [] (of_feed (turns b) 0)) = 0.
Proof.
  intros inside. assert (some : (0 < length coordinates)%nat) by apply (fine_parts _ _ _ fine).
  destruct (block_in coordinates t found b rotations inside) as [p [own [at_p [equal inside']]]].
  assert (centre : forall turning q, rotation coordinates t q = Some turning -> In q (pairs t) ->
    value v (hd [] (of_feed (centred turning) 0)) = 0).
  { intros turning q turned at_q.
    generalize (rotation_some coordinates (factor known) t fine q turning 0 turned at_q some). intros here.
    generalize (centred_turn v turning 0 (repeat 0 0) here). rewrite (rotation_length coordinates t q turning turned).
    rewrite !turn_zeros. intros equal'. specialize (equal' some). lra. }
  destruct p as [[r w]|p]; cbn [blocks_of] in equal.
  - injection equal as <-. destruct inside' as [<-|[]]. cbn [turns]. unfold of_feed.
    rewrite (nth_indep _ [] (still coordinates 0)) by (rewrite map_length, seq_length; trivial).
    rewrite map_nth. reflexivity.
  - destruct (rotation coordinates t p) as [turning|] eqn:turned; [|discriminate]. injection equal as <-.
    generalize (centre turning p turned (in_pairs t p at_p)). intros zero.
    destruct (alone _ _); simpl in inside'; [destruct inside' as [<-|[<-|[]]]|destruct inside' as [<-|[]]]; exact zero.
Qed.

Lemma phase_app b first second : phase v b (first ++ second) = phase v b first + phase v b second.
Proof. apply add_all_app. Qed.

Lemma phase_repeat b x y n : phase v b (repeat (x, y) n) = INR n * (block_angle v b y - block_angle v b x).
Proof.
  induction n as [|n IH]; [unfold phase; simpl; ring|]. rewrite S_INR. cbn [repeat]. unfold phase in *.
  rewrite add_all_cons, IH. cbn [fst snd]. ring.
Qed.

Lemma phase_changes b m count :
  In b found -> phase v b (changes m count) = IZR count * value v (hd [] (of_feed (turns b) m)).
Proof.
  intros inside. generalize (first_constant b inside). intros zero. unfold changes. destruct count as [|n|n].
  - unfold phase. simpl. ring.
  - rewrite phase_repeat, !block_origin, zero, INR_IZR_INZ, positive_nat_Z. ring.
  - rewrite phase_repeat, !block_origin, zero, INR_IZR_INZ, positive_nat_Z.
    change (Z.neg n) with (- Z.pos n)%Z. rewrite opp_IZR. ring.
Qed.

Lemma turn_split f c u n : turn v f (c :: u) = c * value v (hd [] f) + (turn v f (1 :: u) - turn v f (1 :: repeat 0 n)).
Proof. rewrite turn_zeros. destruct f as [|a f]; cbn [turn hd]; [unfold value; simpl|]; ring. Qed.

(** Along its steps a block turns by what the checker says of the element. *)
Lemma phase_from b m element :
  In b found -> Forall (fun part => is_whole (fst part) = true) element ->
  (m + length element = length (turns b))%nat ->
  phase v b (steps_from m element) =
  add_all (fun part => turn v (fst part) (fst (snd part) :: snd (snd part)))
    (combine (skipn m (turns b)) (reals_of element)).
Proof.
  intros inside. revert m. induction element as [|[count u] element IH]; intros m counts size.
  - cbn [steps_from reals_of map]. destruct (skipn m (turns b)); reflexivity.
  - inversion counts as [|part rest whole_ others]; subst. cbn [fst] in whole_. cbn [length] in size.
    assert (split_ : skipn m (turns b) = of_feed (turns b) m :: skipn (S m) (turns b)).
    { unfold of_feed. clear - size. revert size. generalize (turns b) (length element). intros l k. revert m.
      induction l as [|a l IH]; intros m size; [cbn in size; lia|]. destruct m as [|m]; [reflexivity|].
      cbn [skipn nth]. apply IH. cbn in size. lia. }
    rewrite split_. cbn [steps_from reals_of map combine]. fold (reals_of element).
    rewrite phase_app, phase_changes, add_all_cons by trivial.
    change (phase v b ((origin m, (m, map Q2R u)) :: steps_from (S m) element))
      with (block_angle v b (m, map Q2R u) - block_angle v b (origin m) + phase v b (steps_from (S m) element)).
    rewrite IH by (trivial; lia). cbn [fst snd].
    rewrite (turn_split (of_feed (turns b) m) (Q2R count) (map Q2R u) (nth m coordinates 0%nat)).
    rewrite (whole_part_value count) by trivial. unfold block_angle, Refutation.origin. cbn [fst snd]. ring.
Qed.

Lemma element_parts whole counts element :
  element_fits whole counts element = true ->
  length element = length counts /\ Forall (fun part => is_whole (fst part) = true) element.
Proof.
  revert element. induction counts as [|n counts IH]; destruct element as [|[count u] element]; cbn [element_fits];
    try discriminate; [auto|]. destruct (is_whole count) eqn:number; [|discriminate].
  destruct (Nat.eqb (length u) n); [|discriminate]. destruct (if whole then _ else _); [|discriminate].
  intros rest. destruct (IH element rest) as [size counts_]. cbn [length]. auto.
Qed.

Lemma element_possible element :
  element_fits (whole t) coordinates element = true -> all_possible coordinates t (steps_of element).
Proof.
  intros fit. assert (0 < length coordinates)%nat by apply (fine_parts _ _ _ fine).
  apply (steps_possible t 0 coordinates); trivial; lia.
Qed.

(** The sum over blocks that the checker encloses is tr(G^power D) at the element. *)
Theorem trace_of_element power element :
  element_fits (whole t) coordinates element = true ->
  weighted_trace v found power (reals_of element) =
  total (width t) (fun i => gram v coordinates t i ^ power * walk v coordinates t (steps_of element) i i).
Proof.
  intros fit.
  rewrite (trace_of_walk v pi coordinates known each t fine found rotations) by (apply element_possible; trivial).
  unfold weighted_trace. apply add_all_ext. intros b inside. do 3 f_equal.
  destruct (element_parts _ _ _ fit) as [size counts].
  destruct (shape v coordinates known each t fine found rotations b inside) as [_ [feeds _]].
  unfold spun, steps_of. symmetry. apply (phase_from b 0 element inside counts). lia.
Qed.

(** G is diagonal, with positive numbers: its inverse is that of each. *)
Definition reciprocal : matrix := fun i k => if Nat.eq_dec i k then / gram v coordinates t i else 0.

Lemma gram_positive i : (i < width t)%nat -> 0 < gram v coordinates t i.
Proof.
  intros below.
  destruct (lane_has_a_block coordinates (factor known) t fine found i rotations below) as [b [inside own]].
  rewrite (gram_at v pi coordinates known each t fine found rotations b) by trivial.
  destruct (shape v coordinates known each t fine found rotations b inside) as [_ [_ positive]]. nra.
Qed.

Lemma score_origin i k : (i < width t)%nat ->
  score v coordinates t (origin 0) (origin 0) i k = if Nat.eq_dec i k then gram v coordinates t i else 0.
Proof.
  intros below.
  destruct (lane_has_a_block coordinates (factor known) t fine found i rotations below) as [b [inside own]].
  assert (at_0 : possible coordinates t (origin 0)) by (apply origin_possible, (fine_parts _ _ _ fine)).
  rewrite (gram_at v pi coordinates known each t fine found rotations b) by trivial.
  rewrite (score_at v pi coordinates known t fine found rotations b) by trivial.
  rewrite Rminus_diag_eq by reflexivity. unfold planar. rewrite cos_0, sin_0.
  destruct (shape v coordinates known each t fine found rotations b inside) as [[[a single]|[a [c [two differ]]]] _].
  - rewrite single in *. destruct own as [<-|[]]. rewrite delta_self.
    destruct (Nat.eq_dec a k) as [<-|other]; [rewrite delta_self; ring|rewrite (delta_other k a) by congruence; ring].
  - rewrite two in *. destruct own as [<-|[<-|[]]]; rewrite delta_self.
    + rewrite (delta_other a c) by trivial.
      destruct (Nat.eq_dec a k) as [<-|other]; [rewrite delta_self; ring|rewrite (delta_other k a) by congruence; ring].
    + rewrite (delta_other c a) by congruence.
      destruct (Nat.eq_dec c k) as [<-|other]; [rewrite delta_self; ring|rewrite (delta_other k c) by congruence; ring].
Qed.

Lemma reciprocal_mul m : same (width t) (mul (width t) reciprocal m) (fun i k => / gram v coordinates t i * m i k).
Proof.
  intros i k below _. unfold mul, reciprocal. rewrite (total_single _ i); trivial.
  - destruct (Nat.eq_dec i i); [reflexivity|contradiction].
  - intros j _ other. destruct (Nat.eq_dec i j); [congruence|ring].
Qed.

Lemma reciprocal_inverse : same (width t) (mul (width t) reciprocal (score v coordinates t (origin 0) (origin 0))) one.
Proof.
  rewrite reciprocal_mul. intros i k below _. rewrite score_origin by trivial. unfold one.
  generalize (gram_positive i below). intros. destruct (Nat.eq_dec i k); [field; lra|ring].
Qed.

Lemma inverse_reciprocal : same (width t) (mul (width t) (score v coordinates t (origin 0) (origin 0)) reciprocal) one.
Proof.
  intros i k below below_k. unfold mul. rewrite (total_single _ i); trivial.
  - rewrite score_origin by trivial. destruct (Nat.eq_dec i i) as [_|]; [|contradiction]. unfold reciprocal, one.
    generalize (gram_positive i below). intros. destruct (Nat.eq_dec i k); [field; lra|ring].
  - intros j _ other. rewrite score_origin by trivial. destruct (Nat.eq_dec i j); [congruence|ring].
Qed.

Lemma step_is x y :
  same (width t) (mul (width t) reciprocal (score v coordinates t x y)) (step_of v coordinates t x y).
Proof. rewrite reciprocal_mul. intros i k _ _. reflexivity. Qed.

End OfTable.

Section Sides.

Variable s t : table.
Variable fine_s : well_formed (factor known) coordinates s = true.
Variable fine_t : well_formed (factor known) coordinates t = true.
Variable alike_width : width t = width s.
Variable alike_whole : whole t = whole s.
Variable ours theirs : list block.
Variable rotations_s : blocks coordinates s = Some ours.
Variable rotations_t : blocks coordinates t = Some theirs.

Notation d := (width s).
Notation D x := (walk v coordinates x).

(** T1 for the tables: maps of q and k that link the scores make each step of the source one of the target's, seen
    through the map of k. *)
Lemma linked_walks : linear v coordinates s t ->
  exists b b', same d (mul d b b') one /\ same d (mul d b' b) one /\
    forall steps, all_possible coordinates s steps -> same d (D s steps) (mul d (mul d b' (D t steps)) b).
Proof.
  intros [a [a' [b [b' [aa [a'a [bb [b'b equal]]]]]]]]. exists b, b'. split; [trivial|split; [trivial|]].
  assert (at_0 : possible coordinates s (origin 0)) by (apply origin_possible, (fine_parts _ _ _ fine_s)).
  assert (step : forall x y, possible coordinates s x -> possible coordinates s y ->
    same d (step_of v coordinates s x y) (mul d (mul d b' (step_of v coordinates t x y)) b)).
  { intros x y at_x at_y.
    generalize (step_is s x y) (step_is t x y) (reciprocal_inverse s fine_s ours rotations_s)
      (inverse_reciprocal t fine_t theirs rotations_t). rewrite alike_width. intros step_s step_t inverse_s inverse_t.
    rewrite <- step_s, <- step_t.
    apply (reduction_to_similarity d a b b' (score v coordinates t (origin 0) (origin 0)) (reciprocal t)
      (score v coordinates t x y) (score v coordinates s (origin 0) (origin 0)) (reciprocal s)
      (score v coordinates s x y)); trivial; apply equal; trivial. }
  induction steps as [|[x y] steps IH]; intros all.
  - unfold walk. cbn [fold_right]. rewrite mul_one. symmetry. trivial.
  - destruct (all (x, y) ltac:(simpl; auto)) as [at_x at_y]. cbn [fst snd] in *.
    specialize (IH ltac:(intros each_ here; apply all; simpl; auto)).
    change (D s ((x, y) :: steps)) with (mul d (step_of v coordinates s x y) (D s steps)).
    change (D t ((x, y) :: steps)) with (mul (width t) (step_of v coordinates t x y) (D t steps)).
    rewrite alike_width, IH, (step x y) by trivial.
    rewrite (mul_assoc d (mul d b' (step_of v coordinates t x y)) b).
    rewrite <- (mul_assoc d b (mul d b' (D t steps)) b), <- (mul_assoc d b b' (D t steps)), bb, one_mul.
    rewrite <- !mul_assoc. reflexivity.
Qed.

(** A permutation carries G and every walk along. *)
Lemma permuted_walks f g : permutes d f g -> scores_linked v coordinates s t f (fun _ => 1) ->
  (forall i, (i < d)%nat -> gram v coordinates t i = gram v coordinates s (f i)) /\
  forall steps, all_possible coordinates s steps -> forall i k, (i < d)%nat -> (k < d)%nat ->
    D t steps i k = D s steps (f i) (f k).
Proof.
  intros order equal.
  assert (at_0 : possible coordinates s (origin 0)) by (apply origin_possible, (fine_parts _ _ _ fine_s)).
  assert (grams : forall i, (i < d)%nat -> gram v coordinates t i = gram v coordinates s (f i)).
  { intros i below. unfold gram. rewrite <- (equal (origin 0) (origin 0) i i) by trivial. ring. }
  split; [exact grams|]. induction steps as [|[x y] steps IH]; intros all i k below_i below_k.
  - unfold walk, one. cbn [fold_right]. destruct (Nat.eq_dec i k) as [->|differ],
      (Nat.eq_dec (f _) (f _)) as [meet|apart]; try congruence. exfalso. apply differ.
    destruct (order i below_i) as [_ [_ [<- _]]], (order k below_k) as [_ [_ [<- _]]]. congruence.
  - destruct (all (x, y) ltac:(simpl; auto)) as [at_x at_y]. cbn [fst snd] in *.
    specialize (IH ltac:(intros each_ here; apply all; simpl; auto)).
    change (D s ((x, y) :: steps)) with (mul d (step_of v coordinates s x y) (D s steps)).
    change (D t ((x, y) :: steps)) with (mul (width t) (step_of v coordinates t x y) (D t steps)).
    rewrite alike_width. unfold mul.
    rewrite <- (total_permuted d f g (fun j => step_of v coordinates s x y (f i) j * D s steps j (f k)) order).
    apply total_ext. intros j below. rewrite IH by trivial. f_equal. unfold step_of.
    rewrite grams by trivial. f_equal. rewrite <- (equal x y i j) by trivial. ring.
Qed.

(** With no power of the magnitudes the traces are those of similar matrices. *)
Theorem linear_keeps_traces element : linear v coordinates s t ->
  element_fits (whole s) coordinates element = true ->
  weighted_trace v ours 0 (reals_of element) = weighted_trace v theirs 0 (reals_of element).
Proof.
  intros link fit. destruct (linked_walks link) as [b [b' [bb [_ similar]]]].
  rewrite (trace_of_element s fine_s ours rotations_s) by trivial.
  rewrite (trace_of_element t fine_t theirs rotations_t) by (rewrite alike_whole; trivial). rewrite alike_width.
  transitivity (trace d (D s (steps_of element))); [apply total_ext; intros; simpl; ring|].
  transitivity (trace d (D t (steps_of element))); [|apply total_ext; intros; simpl; ring].
  rewrite <- (trace_of_similar d b b' (D t (steps_of element)) bb). apply total_ext. intros i below.
  apply similar; trivial. apply (element_possible s fine_s); trivial.
Qed.

(** A permutation keeps the traces with any power. *)
Theorem permutation_keeps_traces power element f : permuted_by v coordinates s t f ->
  element_fits (whole s) coordinates element = true ->
  weighted_trace v ours power (reals_of element) = weighted_trace v theirs power (reals_of element).
Proof.
  intros [[g order] equal] fit. destruct (permuted_walks f g order equal) as [grams walks].
  rewrite (trace_of_element s fine_s ours rotations_s) by trivial.
  rewrite (trace_of_element t fine_t theirs rotations_t) by (rewrite alike_whole; trivial). rewrite alike_width.
  rewrite <- (total_permuted d f g (fun i => gram v coordinates s i ^ power * D s (steps_of element) i i) order).
  apply total_ext. intros i below. rewrite grams, walks by
    (trivial; apply (element_possible s fine_s); trivial). reflexivity.
Qed.

End Sides.

(** A trace that differs refutes what would make it equal. *)
Theorem trace_is_sound s t rung power element one two :
  well_formed (factor known) coordinates s = true -> well_formed (factor known) coordinates t = true ->
  width t = width s -> whole t = whole s ->
  refutes known coordinates s t rung (Of_trace power element one two) = true -> ~ related v coordinates s t rung.
Proof.
  intros fine_s fine_t alike_width alike_whole. cbn [refutes].
  destruct (if Z.leb (-1) power then _ else _) eqn:range; [|discriminate].
  destruct (if Z.eqb power (-1) then _ else _) eqn:which; [|discriminate].
  destruct (element_fits (whole s) coordinates element) eqn:fit; [|discriminate].
  destruct (blocks coordinates s) as [ours|] eqn:rotations_s; [|discriminate].
  destruct (blocks coordinates t) as [theirs|] eqn:rotations_t; [|discriminate]. cbv zeta. intros gap relation.
  assert (equal : weighted_trace v ours (Z.to_nat (power + 1)) (reals_of element)
                  = weighted_trace v theirs (Z.to_nat (power + 1)) (reals_of element)).
  { destruct (Z.eqb_spec power (-1)) as [->|_].
    - apply (linear_keeps_traces s t); trivial.
      apply (ladder v coordinates s t alike_width rung (4 + rung)) in relation; [|lia]. exact relation.
    - apply Nat.ltb_lt in which. apply (ladder v coordinates s t alike_width rung 2) in relation; [|lia].
      destruct relation as [f permuted]. apply (permutation_keeps_traces s t) with (f := f); trivial. }
  revert equal. apply apart_differ with (r := weighted_trace v ours (Z.to_nat (power + 1)) (reals_of element))
    (r' := weighted_trace v theirs (Z.to_nat (power + 1)) (reals_of element)) in gap; [exact gap|].
  intros digits enough. split; apply (trace_probe_is_sound v known each cosines); trivial.
Qed.

End Meaning.
