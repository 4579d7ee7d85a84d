(** What a certificate is, when it is accepted, and that what it states is then true. *)

From Coq Require Import Arith Reals Lra Lia List QArith Qreals Bool ZArith.
From Rope Require Import Sums Decision Exact Angles Tables Entries Blocks Ladder Witness Probes Refutation Traces Similarity.
Import ListNotations.
Local Open Scope R_scope.

(** [ours] and [theirs] are the two tables with the numbers of a choice put in; they are the tables where there is none. *)
Record certificate := Certificate {
  coordinates : list nat; source : table; target : table; ours : table; theirs : table;
  holds : option (nat * list nat); fails : option (nat * evidence) }.

Definition unlike (s t : table) : bool := if Nat.eqb (width t) (width s) then negb (Bool.eqb (whole t) (whole s)) else true.

Definition stated_order (holds : option (nat * list nat)) (fails : option (nat * evidence)) : bool :=
  match holds, fails with
  | None, None => false
  | Some (high, _), Some (low, _) => Nat.ltb low high
  | _, _ => true
  end.

(** [check], after the text is read. *)
Definition accepts (known : enclosures) (c : certificate) : bool :=
  let fine := well_formed (factor known) (coordinates c) in
  if unlike (source c) (target c) then false else if unlike (ours c) (theirs c) then false else
  if fine (source c) then if fine (target c) then if fine (ours c) then if fine (theirs c) then
  if stated_order (holds c) (fails c) then
  if (match holds c with
      | None => true
      | Some (rung, permutation) =>
          if Nat.ltb rung 5 then witnesses (coordinates c) (ours c) (theirs c) rung permutation else false
      end) then
    match fails c with
    | None => true
    | Some (rung, e) =>
        if Nat.ltb rung 5 then refutes known (coordinates c) (source c) (target c) rung e else false
    end
  else false else false else false else false else false else false.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable known : enclosures.
Variable each : encloses v (factor known).
Variable cosines : encloses_cosines (cosine known).

Section Sides.

Variable at_coordinates : list nat.
Variable s t : table.
Variable fine_s : well_formed (factor known) at_coordinates s = true.
Variable fine_t : well_formed (factor known) at_coordinates t = true.
Variable alike_width : width t = width s.
Variable alike_whole : whole t = whole s.

Lemma fits_both x : fits at_coordinates s x = true -> fits at_coordinates t x = true.
Proof. unfold fits. rewrite alike_whole. trivial. Qed.

(** An entry that differs refutes "identical". *)
Theorem entry_is_sound rung lanes tokens one two :
  refutes known at_coordinates s t rung (Of_entry lanes tokens one two) = true -> ~ related v at_coordinates s t rung.
Proof.
  cbn [refutes]. destruct tokens as [|x [|]]; try discriminate. destruct lanes as [r c].
  destruct (in_head s (r, c)) eqn:inside; [|discriminate]. destruct (fits at_coordinates s x) eqn:at_x; [|discriminate].
  destruct (Nat.ltb_spec rung 1) as [first|]; [|discriminate]. intros gap. assert (rung = 0%nat) as -> by lia. intros equal.
  unfold in_head in inside. cbn [fst snd] in inside. destruct (Nat.ltb_spec r (width s)); [|discriminate].
  apply Nat.ltb_lt in inside. generalize (equal (token_of x) r c (fits_possible _ _ _ at_x)). intros same_value.
  revert same_value. apply apart_differ with (r := kernel v at_coordinates s (token_of x) r c)
    (r' := kernel v at_coordinates t (token_of x) r c) in gap; [auto|].
  intros digits enough. split; apply entry_probe_is_sound; trivial. apply fits_both. trivial.
Qed.

(** A score that differs refutes "equal-scores". *)
Theorem score_is_sound rung lanes tokens one two :
  refutes known at_coordinates s t rung (Of_score lanes tokens one two) = true -> ~ related v at_coordinates s t rung.
Proof.
  cbn [refutes]. destruct tokens as [|x [|y [|]]]; try discriminate. destruct lanes as [i j].
  destruct (in_head s (i, j)) eqn:inside; [|discriminate]. destruct (fits at_coordinates s x) eqn:at_x; [|discriminate].
  destruct (fits at_coordinates s y) eqn:at_y; [|discriminate].
  destruct (Nat.ltb_spec rung 2) as [low|]; [|discriminate]. intros gap related_.
  unfold in_head in inside. cbn [fst snd] in inside. destruct (Nat.ltb_spec i (width s)); [|discriminate].
  apply Nat.ltb_lt in inside.
  apply (ladder v at_coordinates s t alike_width rung 1) in related_; [|lia].
  generalize (related_ (token_of x) (token_of y) i j (fits_possible _ _ _ at_x) (fits_possible _ _ _ at_y)).
  rewrite !Rmult_1_l. intros same_value. specialize (same_value ltac:(trivial) inside). symmetry in same_value.
  revert same_value. apply apart_differ with (r := score v at_coordinates s (token_of x) (token_of y) i j)
    (r' := score v at_coordinates t (token_of x) (token_of y) i j) in gap; [auto|].
  intros digits enough. split; apply score_probe_is_sound; trivial; apply fits_both; trivial.
Qed.

Lemma same_steps_real q k q' k' :
  same_steps q k q' k' = true ->
  Forall2 (fun first second => first = second) (map (fun p => snd p - fst p) (combine (map Q2R q) (map Q2R k)))
    (map (fun p => snd p - fst p) (combine (map Q2R q') (map Q2R k'))).
Proof.
  revert k q' k'. induction q as [|a q IH]; destruct k as [|b k], q' as [|a' q'], k' as [|b' k']; try discriminate; [constructor|].
  cbn [same_steps]. destruct (Qeq_bool (b - a) (b' - a')) eqn:first; [|discriminate]. intros rest. cbn [map combine fst snd].
  constructor; [|apply IH; trivial]. apply Qeq_bool_eq, Qeq_eqR in first. rewrite !Q2R_minus in first. trivial.
Qed.

(** A rotation's scores depend on steps alone, and so do those of what a linear map links to it. *)
Theorem not_relative_is_sound rung of_source lanes tokens one two :
  refutes known at_coordinates s t rung (Not_relative of_source lanes tokens one two) = true ->
  ~ related v at_coordinates s t rung.
Proof.
  cbn [refutes]. destruct tokens as [|x [|y [|x' [|y' [|]]]]]; try discriminate. destruct lanes as [i j].
  destruct (in_head s (i, j)) eqn:inside; [|discriminate].
  destruct (forallb _ _) eqn:tokens_fit; [|discriminate].
  destruct (blocks at_coordinates (if of_source then t else s)) as [found|] eqn:rotations; [|discriminate].
  destruct (same_steps _ _ _ _) eqn:steps; [|discriminate]. intros gap related_.
  unfold in_head in inside. cbn [fst snd] in inside. destruct (Nat.ltb_spec i (width s)) as [below_i|]; [|discriminate].
  apply Nat.ltb_lt in inside.
  assert (fit : forall z, In z [x; y; x'; y'] -> fits at_coordinates s z = true /\ fst z = fst x).
  { rewrite forallb_forall in tokens_fit. intros z here. specialize (tokens_fit z here).
    destruct (fits at_coordinates s z); [|discriminate]. apply Nat.eqb_eq in tokens_fit. auto. }
  destruct (fit x ltac:(simpl; auto)) as [fx _], (fit y ltac:(simpl; auto)) as [fy my],
    (fit x' ltac:(simpl; auto)) as [fx' mx'], (fit y' ltac:(simpl; auto)) as [fy' my'].
  apply (ladder v at_coordinates s t alike_width rung (4 + rung)) in related_; [|lia].
  destruct related_ as [a [a' [b [b' [aa [a'a [bb [b'b equal]]]]]]]].
  generalize (fits_possible _ _ _ fx) (fits_possible _ _ _ fy) (fits_possible _ _ _ fx') (fits_possible _ _ _ fy').
  intros px py px' py'.
  assert (relative_of : forall p k, well_formed (factor known) at_coordinates p = true -> blocks at_coordinates p = Some k ->
    width p = width s -> whole p = whole s ->
    Similarity.same (width s) (score v at_coordinates p (token_of x) (token_of y)) (score v at_coordinates p (token_of x') (token_of y'))).
  { intros p k fine_p rotations_p w_p h_p c e below_c _. unfold token_of. rewrite my, mx', my'.
    apply (relative_scores v pi at_coordinates known p fine_p k rotations_p);
      try (unfold possible; rewrite h_p; unfold token_of in px, py, px', py'; rewrite ?my, ?mx', ?my' in *; trivial).
    - apply same_steps_real. trivial.
    - rewrite w_p. trivial. }
  assert (twisted : forall p, (p = s /\ of_source = true) \/ (p = t /\ of_source = false) ->
    score v at_coordinates p (token_of x) (token_of y) i j = score v at_coordinates p (token_of x') (token_of y') i j).
  { intros p [[-> source_]|[-> target_]].
    - rewrite source_ in rotations. generalize (relative_of t found fine_t rotations alike_width alike_whole). intros relative_t.
      transitivity (mul (width s) (mul (width s) a (score v at_coordinates t (token_of x) (token_of y))) b i j).
      + symmetry. apply equal; trivial.
      + rewrite <- equal by trivial. unfold mul. apply total_ext. intros l in_l. f_equal. apply total_ext. intros e in_e.
        f_equal. apply relative_t; trivial.
    - rewrite target_ in rotations. generalize (relative_of s found fine_s rotations eq_refl eq_refl). intros relative_s.
      assert (back : forall z w, possible at_coordinates s z -> possible at_coordinates s w ->
        Similarity.same (width s) (score v at_coordinates t z w) (mul (width s) (mul (width s) a' (score v at_coordinates s z w)) b')).
      { intros z w pz pw. assert (half : Similarity.same (width s) (mul (width s) (mul (width s) a' (score v at_coordinates s z w)) b')
          (mul (width s) (mul (width s) a' (mul (width s) (mul (width s) a (score v at_coordinates t z w)) b)) b')).
        { intros c e below_c below_e. unfold mul at 1 3. apply total_ext. intros l in_l. f_equal.
          unfold mul at 1 2. apply total_ext. intros o in_o. f_equal. symmetry. apply equal; trivial. }
        intros c e below_c below_e. rewrite half by trivial. symmetry.
        revert c e below_c below_e. change (Similarity.same (width s)
          (mul (width s) (mul (width s) a' (mul (width s) (mul (width s) a (score v at_coordinates t z w)) b)) b')
          (score v at_coordinates t z w)).
        generalize (width s) aa a'a bb b'b. intros d aa_ a'a_ bb_ b'b_. 
        pose proof (same_equivalence d) as eqv. pose proof (mul_proper d) as proper.
        rewrite (mul_assoc d a (score v at_coordinates t z w) b), <- (mul_assoc d a' a), a'a_, one_mul, mul_assoc, bb_, mul_one.
        reflexivity. }
      rewrite !back by trivial. unfold mul. apply total_ext. intros l in_l. f_equal. apply total_ext. intros e in_e. f_equal.
      apply relative_s; trivial. }
  set (p := if of_source then s else t) in *.
  assert (which : (p = s /\ of_source = true) \/ (p = t /\ of_source = false)) by (unfold p; destruct of_source; auto).
  assert (fine_p : well_formed (factor known) at_coordinates p = true) by (unfold p; destruct of_source; trivial).
  assert (fits_p : forall z, fits at_coordinates s z = true -> fits at_coordinates p z = true)
    by (intros z fz; unfold p; destruct of_source; [trivial|apply fits_both; trivial]).
  generalize (twisted p which).
  apply apart_differ with (r := score v at_coordinates p (token_of x) (token_of y) i j)
    (r' := score v at_coordinates p (token_of x') (token_of y') i j) in gap; [auto|].
  intros digits enough. split; apply score_probe_is_sound; auto.
Qed.

End Sides.

(** What an accepted certificate states is true at every position, whatever its witness and its evidence. *)
Theorem accepted_is_true c :
  accepts known c = true ->
  (forall rung permutation, holds c = Some (rung, permutation) ->
    stated v (coordinates c) (ours c) (theirs c) rung permutation) /\
  (forall rung e, fails c = Some (rung, e) -> ~ related v (coordinates c) (source c) (target c) rung).
Proof.
  unfold accepts. cbv zeta.
  destruct (unlike (source c) (target c)) eqn:heads; [discriminate|].
  destruct (unlike (ours c) (theirs c)) eqn:heads'; [discriminate|].
  destruct (well_formed (factor known) (coordinates c) (source c)) eqn:fs; [|discriminate].
  destruct (well_formed (factor known) (coordinates c) (target c)) eqn:ft; [|discriminate].
  destruct (well_formed (factor known) (coordinates c) (ours c)) eqn:fo; [|discriminate].
  destruct (well_formed (factor known) (coordinates c) (theirs c)) eqn:fh; [|discriminate].
  destruct (stated_order _ _); [|discriminate].
  assert (alike : forall s t, unlike s t = false -> width t = width s /\ whole t = whole s).
  { intros s t. unfold unlike. destruct (Nat.eqb_spec (width t) (width s)); [|discriminate]. intros equal.
    apply negb_false_iff, Bool.eqb_prop in equal. auto. }
  apply alike in heads as [w h]. apply alike in heads' as [w' h']. clear alike.
  destruct (match holds c with Some _ => _ | None => _ end) eqn:witness; [|discriminate]. intros refutation. split.
  - intros rung permutation here. rewrite here in witness. destruct (Nat.ltb rung 5); [|discriminate].
    apply (witness_is_sound v pi (coordinates c) (factor known) each); trivial.
  - intros rung e here. rewrite here in refutation. destruct (Nat.ltb rung 5); [|discriminate].
    destruct e.
    + eapply entry_is_sound; eauto.
    + eapply score_is_sound; eauto.
    + eapply trace_is_sound; eauto.
    + eapply not_relative_is_sound; eauto.
Qed.

End Meaning.
