(** The rule for a witness, and that what it accepts is so at every position. *)

From Coq Require Import Arith Reals Lra Lia List QArith Bool ZArith.
From Rope Require Import Sums Decision Exact Angles Tables Entries Blocks Ladder.
Import ListNotations.
Local Open Scope R_scope.

Definition place_eqb (a b : nat * nat) : bool := if Nat.eqb (fst a) (fst b) then Nat.eqb (snd a) (snd b) else false.
Definition entry_at (l : list entry) (at_place : nat * nat) : option entry := find (fun e => place_eqb (place e) at_place) l.

(** [_witness] at "identical": the same places on both sides, equal numbers there, cosines of equal angles. *)
Definition same_entries (turns : bool) (ours theirs : list entry) : bool :=
  if forallb (fun e => match entry_at theirs (place e) with
                       | None => false
                       | Some e' => if number_eqb (amount e) (amount e') then same_cosine turns (turning e) (turning e')
                                    else false
                       end) ours
  then forallb (fun e => match entry_at ours (place e) with None => false | Some _ => true end) theirs
  else false.

Definition identical (coordinates : list nat) (s t : table) : bool :=
  forallb (fun m => same_entries (whole s) (entries coordinates s m) (entries coordinates t m))
    (seq 0 (length coordinates)).

Fixpoint lanes_eqb (a b : list nat) : bool :=
  match a, b with
  | [], [] => true
  | x :: a, y :: b => if Nat.eqb x y then lanes_eqb a b else false
  | _, _ => false
  end.

Definition block_of (l : list block) (own : list nat) : option block := find (fun b => lanes_eqb (lanes b) own) l.

(** One block of the target: one of the source feeds its lanes, in their order or with the two exchanged. *)
Definition is_fed (turns_too : bool) (rung : nat) (permutation : list nat) (sources : list block) (b : block) : bool :=
  let image := map (fun lane => nth lane permutation 0%nat) (lanes b) in
  let fits found turn :=
    if same_turns turns_too (turns b) turn then
      if Nat.ltb 2 rung then true else number_eqb (magnitude b) (magnitude found)
    else false in
  match block_of sources image with
  | Some found => fits found (turns found)
  | None =>
      match block_of sources (rev image) with
      | Some found => fits found (map minus (turns found))
      | None => false
      end
  end.

Definition fed (coordinates : list nat) (rung : nat) (permutation : list nat) (s t : table) : bool :=
  match blocks coordinates s, blocks coordinates t with
  | Some sources, Some targets => forallb (is_fed (whole s) rung permutation sources) targets
  | _, _ => false
  end.

(** [_witness] whole: W_target_rows = W_source_rows[permutation]. *)
Definition witnesses (coordinates : list nat) (s t : table) (rung : nat) (permutation : list nat) : bool :=
  if each_once (width s) permutation then
    if (if Nat.ltb 1 rung then true else lanes_eqb permutation (seq 0 (width s))) then
      match rung with O => identical coordinates s t | _ => fed coordinates rung permutation s t end
    else false
  else false.

Lemma place_eqb_eq a b : place_eqb a b = true <-> a = b.
Proof.
  destruct a as [r c], b as [r' c']. unfold place_eqb. cbn [fst snd]. destruct (Nat.eqb_spec r r') as [->|differ].
  - rewrite Nat.eqb_eq. split; [intros ->; reflexivity|congruence].
  - split; [discriminate|congruence].
Qed.

Lemma lanes_eqb_eq a b : lanes_eqb a b = true -> a = b.
Proof.
  revert b. induction a as [|x a IH]; destruct b as [|y b]; simpl; try discriminate; [reflexivity|].
  destruct (Nat.eqb_spec x y) as [->|]; [|discriminate]. intros. f_equal. auto.
Qed.

(** What a list says: each lane has one place, so a function that goes back is there. *)
Lemma each_once_permutes n l : each_once n l = true -> exists g, permutes n (fun i => nth i l 0%nat) g.
Proof.
  intros once. apply each_once_spec in once as [size [once all]].
  assert (back : forall k, exists i, (k < n)%nat -> (i < n)%nat /\ nth i l 0%nat = k).
  { intros k. destruct (le_lt_dec n k) as [|below]; [exists 0%nat; lia|].
    apply all, (In_nth _ _ 0%nat) in below as [i [below equal]]. exists i. rewrite size in below. auto. }
  assert (choice : exists g, forall k, (k < n)%nat -> (g k < n)%nat /\ nth (g k) l 0%nat = k).
  { assert (upto : forall m, exists g, forall k, (k < m)%nat -> (k < n)%nat -> (g k < n)%nat /\ nth (g k) l 0%nat = k).
    { induction m as [|m [g chosen]]; [exists (fun _ => 0%nat); intros; lia|]. destruct (back m) as [i own].
      exists (fun k => if Nat.eqb k m then i else g k). intros k below inside.
      destruct (Nat.eqb_spec k m) as [->|]; [auto|]. apply chosen; lia. }
    destruct (upto n) as [g chosen]. exists g. auto. }
  destruct choice as [g chosen]. exists g. intros i below.
  assert (target : (nth i l 0%nat < n)%nat) by (apply all, nth_In; lia).
  destruct (chosen _ target) as [inside equal]. destruct (chosen i below) as [inside' equal'].
  repeat split; trivial. apply (NoDup_nth l 0%nat); trivial; lia.
Qed.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable factor : Z -> positive -> interval.
Variable each : encloses v factor.
Variable s t : table.
Variable fine_s : well_formed factor coordinates s = true.
Variable fine_t : well_formed factor coordinates t = true.
Variable alike_width : width t = width s.
Variable alike_whole : whole t = whole s.

Lemma possible_both x : possible coordinates s x -> possible coordinates t x.
Proof. unfold possible. rewrite alike_whole. trivial. Qed.

Lemma entries_at l u r c :
  NoDup (map place l) ->
  add_all (fun e => delta_of r (row e) * delta_of c (column e) * entry_value v e u) l =
  match entry_at l (r, c) with None => 0 | Some e => entry_value v e u end.
Proof.
  induction l as [|e l IH]; intros once; [reflexivity|]. inversion once as [|p l' out once']; subst.
  rewrite add_all_cons, IH by trivial. unfold entry_at. cbn [find]. fold (entry_at l (r, c)).
  destruct (place_eqb (place e) (r, c)) eqn:here.
  - apply place_eqb_eq in here. injection here as rows columns. rewrite rows, columns, !delta_self.
    destruct (entry_at l (r, c)) as [e'|] eqn:again; [|ring]. exfalso. apply out. unfold entry_at in again.
    apply find_some in again as [inside equal]. apply place_eqb_eq in equal. unfold place at 1.
    rewrite rows, columns, <- equal. apply in_map. trivial.
  - assert (zero : delta_of r (row e) * delta_of c (column e) = 0); [|rewrite zero; ring].
    destruct (Nat.eq_dec r (row e)) as [rows|]; [|rewrite (delta_other r) by trivial; ring].
    destruct (Nat.eq_dec c (column e)) as [columns|]; [|rewrite (delta_other c) by trivial; ring].
    exfalso. subst. assert (place_eqb (place e) (place e) = true) by (apply place_eqb_eq; reflexivity).
    unfold place at 2 in H. congruence.
Qed.

(** Identical kernels, entry by entry. *)
Theorem identical_is_sound : identical coordinates s t = true -> equal_kernels v coordinates s t.
Proof.
  unfold identical. intros all x r c at_x _ _. destruct x as [m u].
  rewrite (entries_kernel v pi coordinates factor s fine_s), (entries_kernel v pi coordinates factor t fine_t) by
    (trivial; apply possible_both; trivial).
  rewrite !entries_at by (apply (places_once coordinates factor); trivial).
  destruct at_x as [feed [_ at_u]]. cbn [fst snd] in *.
  rewrite forallb_forall in all. specialize (all m ltac:(apply in_seq; lia)). unfold same_entries in all.
  destruct (forallb _ (entries coordinates s m)) eqn:forth; [|discriminate]. rewrite forallb_forall in forth, all.
  assert (keys : forall l e q, entry_at l q = Some e -> In e l /\ place e = q).
  { intros l e q found. apply find_some in found as [inside equal]. apply place_eqb_eq in equal. auto. }
  destruct (entry_at (entries coordinates s m) (r, c)) as [e|] eqn:ours.
  - destruct (keys _ _ _ ours) as [inside at_place]. specialize (forth e inside). rewrite at_place in forth.
    destruct (entry_at (entries coordinates t m) (r, c)) as [e'|]; [|discriminate].
    destruct (number_eqb (amount e) (amount e')) eqn:sizes; [|discriminate]. unfold entry_value.
    rewrite (equal_forms v _ _ sizes). f_equal. apply (same_cosine_is_sound v (whole s) pi); trivial.
  - destruct (entry_at (entries coordinates t m) (r, c)) as [e'|] eqn:theirs; [|reflexivity].
    destruct (keys _ _ _ theirs) as [inside at_place]. specialize (all e' inside). rewrite at_place, ours in all. discriminate.
Qed.

(** The block of the source that feeds one of the target. *)
Lemma is_fed_spec rung permutation sources b :
  is_fed (whole s) rung permutation sources b = true ->
  exists found, In found sources /\ (Nat.ltb 2 rung = true \/ value v (magnitude b) = value v (magnitude found)) /\
    ((lanes found = map (fun lane => nth lane permutation 0%nat) (lanes b) /\
      same_turns (whole s) (turns b) (turns found) = true) \/
     (lanes found = rev (map (fun lane => nth lane permutation 0%nat) (lanes b)) /\
      same_turns (whole s) (turns b) (map minus (turns found)) = true)).
Proof.
  unfold is_fed. set (image := map _ _). intros accepted.
  destruct (block_of sources image) as [found|] eqn:straight.
  - apply find_some in straight as [inside equal]. apply lanes_eqb_eq in equal. exists found.
    destruct (same_turns _ _ _) eqn:turned; [|discriminate].
    split; [trivial|]. split; [|auto]. destruct (Nat.ltb 2 rung); [auto|right; apply equal_forms; trivial].
  - destruct (block_of sources (rev image)) as [found|] eqn:back; [|discriminate].
    apply find_some in back as [inside equal]. apply lanes_eqb_eq in equal. exists found.
    destruct (same_turns _ _ _) eqn:turned; [|discriminate].
    split; [trivial|]. split; [|auto]. destruct (Nat.ltb 2 rung); [auto|right; apply equal_forms; trivial].
Qed.

(** How much a lane of the target is scaled: the magnitude of what feeds it over its own. *)
Definition size_at (l : list block) (i : nat) : R :=
  match find (fun b => existsb (Nat.eqb i) (lanes b)) l with None => 1 | Some b => value v (magnitude b) end.

Lemma size_at_block own l b i :
  well_formed factor coordinates own = true -> blocks coordinates own = Some l -> In b l -> In i (lanes b) ->
  size_at l i = value v (magnitude b).
Proof.
  intros fine found inside here. unfold size_at.
  assert (once : NoDup (flat_map lanes l)).
  { rewrite (blocks_lanes coordinates own l found), reads_pieces. apply (columns_once _ _ _ fine). }
  destruct (find _ l) as [b'|] eqn:first.
  - apply find_some in first as [inside' here']. apply existsb_exists in here' as [k [here' equal]].
    apply Nat.eqb_eq in equal as <-. f_equal. f_equal. clear - once inside here inside' here'.
    induction l as [|e l IH]; [contradiction|]. cbn [flat_map] in once.
    destruct inside as [->|inside], inside' as [->|inside']; trivial.
    + exfalso. apply (NoDup_app_apart _ _ i once here), in_flat_map. eauto.
    + exfalso. apply (NoDup_app_apart _ _ i once here'), in_flat_map. eauto.
    + apply IH; trivial. apply NoDup_app_right in once. trivial.
  - exfalso. generalize (find_none _ _ first b inside). cbv beta.
    assert (existsb (Nat.eqb i) (lanes b) = true) by (apply existsb_exists; exists i; rewrite Nat.eqb_refl; auto). congruence.
Qed.

(** Blocks that are fed make the scores equal, up to the magnitudes. *)
Lemma fed_linked rung permutation :
  each_once (width s) permutation = true -> fed coordinates rung permutation s t = true ->
  exists scale, (forall i, (i < width s)%nat -> 0 < scale i) /\
    (Nat.ltb 2 rung = false -> forall i, (i < width s)%nat -> scale i = 1) /\
    scores_linked v coordinates s t (fun i => nth i permutation 0%nat) scale.
Proof.
  intros once all. set (f := fun i => nth i permutation 0%nat). unfold fed in all.
  destruct (each_once_permutes _ _ once) as [g order]. fold f in order.
  destruct (blocks coordinates s) as [sources|] eqn:ours; [|discriminate].
  destruct (blocks coordinates t) as [targets|] eqn:theirs; [|discriminate]. rewrite forallb_forall in all.
  assert (facts : forall i, (i < width s)%nat -> exists b found, In b targets /\ In i (lanes b) /\ In found sources /\
    In (f i) (lanes found) /\ 0 < value v (magnitude b) /\ 0 < value v (magnitude found) /\
    (Nat.ltb 2 rung = true \/ value v (magnitude b) = value v (magnitude found)) /\
    ((lanes found = map f (lanes b) /\ same_turns (whole s) (turns b) (turns found) = true) \/
     (lanes found = rev (map f (lanes b)) /\ same_turns (whole s) (turns b) (map minus (turns found)) = true))).
  { intros i below. destruct (lane_has_a_block coordinates factor t fine_t targets i theirs) as [b [inside here]];
      [rewrite alike_width; trivial|].
    destruct (is_fed_spec rung permutation sources b (all b inside)) as [found [inside' [sizes turned]]].
    exists b, found. destruct (block_shape v coordinates factor t fine_t targets b each theirs inside) as [_ [_ positive]].
    destruct (block_shape v coordinates factor s fine_s sources found each ours inside') as [_ [_ positive']].
    repeat split; trivial. fold f in turned.
    destruct turned as [[-> _]|[-> _]]; [|rewrite <- in_rev]; apply in_map; trivial. }
  exists (fun i => size_at sources (f i) / size_at targets i). split; [|split].
  - intros i below. destruct (facts i below) as [b [found [b_in [i_in [found_in [fi_in [positive [positive' _]]]]]]]].
    rewrite (size_at_block s sources found), (size_at_block t targets b) by trivial.
    apply Rdiv_lt_0_compat; trivial.
  - intros low i below.
    destruct (facts i below) as [b [found [b_in [i_in [found_in [fi_in [positive [positive' [[|equal] _]]]]]]]]]; [congruence|].
    rewrite (size_at_block s sources found), (size_at_block t targets b) by trivial. rewrite equal. field. lra.
  - intros x y i j at_x at_y below_i below_j. fold f.
    generalize (possible_both x at_x) (possible_both y at_y). intros at_x' at_y'.
    destruct (facts i below_i) as [b [found [b_in [i_in [found_in [fi_in [positive [positive' [_ turned]]]]]]]]].
    rewrite (blocks_score v pi coordinates factor t fine_t targets), (blocks_score v pi coordinates factor s fine_s sources)
      by trivial.
    rewrite (block_at v coordinates factor t fine_t targets b), (block_at v coordinates factor s fine_s sources found)
      by trivial.
    assert (size_j : delta_of j j = 1) by apply delta_self.
    (* f is one to one *)
    assert (lanes_below : forall a, In a (lanes b) -> (a < width s)%nat).
    { intros a own. rewrite <- alike_width. apply (block_lanes_below coordinates factor t fine_t targets b); trivial. }
    assert (moved : forall a c, (a < width s)%nat -> (c < width s)%nat -> delta_of (f a) (f c) = delta_of a c).
    { intros a c in_a in_c. destruct (Nat.eq_dec a c) as [->|differ]; [rewrite !delta_self; reflexivity|].
      rewrite !delta_other; trivial. intros equal. apply differ.
      destruct (order a in_a) as [_ [_ [<- _]]], (order c in_c) as [_ [_ [<- _]]]. congruence. }
    assert (feeds : length (turns b) = length coordinates)
      by apply (block_shape v coordinates factor t fine_t targets b each theirs b_in).
    set (dt := block_angle v b y - block_angle v b x). set (ds := block_angle v found y - block_angle v found x).
    assert (angles : (lanes found = map f (lanes b) /\ cos dt = cos ds /\ sin dt = sin ds) \/
                     (lanes found = rev (map f (lanes b)) /\ cos dt = cos ds /\ sin dt = - sin ds)).
    { destruct turned as [[own turned]|[own turned]]; [left|right]; (split; [exact own|]); unfold dt, ds;
        destruct (same_turns_sound v pi coordinates s _ _ x turned) as [cx sx]; trivial;
        try (rewrite feeds; apply at_x);
        destruct (same_turns_sound v pi coordinates s _ _ y turned) as [cy sy]; trivial;
        try (rewrite feeds; apply at_y);
        rewrite ?of_feed_minus in cx, sx, cy, sy; unfold block_angle;
        rewrite !cos_minus, !sin_minus, cx, sx, cy, sy, ?cos_neg, ?sin_neg; split; ring. }
    assert (scale_i : size_at sources (f i) / size_at targets i = value v (magnitude found) / value v (magnitude b)).
    { rewrite (size_at_block s sources found), (size_at_block t targets b) by trivial. reflexivity. }
    rewrite scale_i. clear scale_i.
    (* lane j in the same block, or both sides are 0 *)
    destruct (in_dec Nat.eq_dec j (lanes b)) as [j_in|j_out].
    + assert (fj_in : In (f j) (lanes found)).
      { destruct turned as [[-> _]|[-> _]]; [|rewrite <- in_rev]; apply in_map; trivial. }
      rewrite (size_at_block s sources found), (size_at_block t targets b) by trivial.
      unfold block_score. fold dt ds.
      destruct (block_shape v coordinates factor t fine_t targets b each theirs b_in) as [[[a one]|[a [c two]]] _].
      * rewrite one in *. assert (own : lanes found = [f a]) by (destruct angles as [[-> _]|[-> _]]; reflexivity).
        rewrite own. destruct angles as [[_ [-> _]]|[_ [-> _]]]; rewrite !moved by (trivial; apply lanes_below; simpl; auto);
          field; lra.
      * rewrite two in *. destruct angles as [[-> [-> ->]]|[-> [-> ->]]]; cbn [map rev app];
          rewrite !moved by (trivial; apply lanes_below; simpl; auto); field; lra.
    + assert (out_t : block_score v b x y i j = 0).
      { unfold block_score. fold dt.
        destruct (block_shape v coordinates factor t fine_t targets b each theirs b_in) as [[[a one]|[a [c two]]] _].
        - rewrite one in *. rewrite (delta_other j a) by (intros ->; simpl in j_out; tauto). ring.
        - rewrite two in *. rewrite (delta_other j a), (delta_other j c) by (intros ->; simpl in j_out; tauto). ring. }
      rewrite out_t. unfold block_score. fold ds.
      destruct (block_shape v coordinates factor t fine_t targets b each theirs b_in) as [[[a one]|[a [c two]]] _].
      * rewrite one in *. assert (own : lanes found = [f a]) by (destruct angles as [[-> _]|[-> _]]; reflexivity).
        rewrite own. rewrite !moved by (trivial; apply lanes_below; simpl; auto).
        rewrite (delta_other j a) by (intros ->; simpl in j_out; tauto). ring.
      * rewrite two in *. destruct angles as [[-> _]|[-> _]]; cbn [map rev app];
          rewrite !moved by (trivial; apply lanes_below; simpl; auto);
          rewrite (delta_other j a), (delta_other j c) by (intros ->; simpl in j_out; tauto); ring.
Qed.

(** What a witness states, with its own permutation. *)
Definition stated (rung : nat) (permutation : list nat) : Prop :=
  match rung with
  | O => equal_kernels v coordinates s t
  | S O => equal_scores v coordinates s t
  | S (S O) => permuted_by v coordinates s t (fun i => nth i permutation 0%nat)
  | _ => pair_mapped_by v coordinates s t (fun i => nth i permutation 0%nat)
  end.

(** An accepted witness is true at every position. *)
Theorem witness_is_sound rung permutation : witnesses coordinates s t rung permutation = true -> stated rung permutation.
Proof.
  unfold witnesses. destruct (each_once (width s) permutation) eqn:once; [|discriminate].
  destruct (if Nat.ltb 1 rung then _ else _) eqn:order; [|discriminate]. intros accepted.
  destruct rung as [|rung]; [apply identical_is_sound; trivial|].
  destruct (fed_linked _ _ once accepted) as [scale [positive [ones linked]]].
  assert (unit : Nat.ltb 2 (S rung) = false -> scores_linked v coordinates s t (fun i => nth i permutation 0%nat) (fun _ => 1)).
  { intros low x y i j at_x at_y below_i below_j. rewrite <- linked, !ones by trivial. reflexivity. }
  destruct rung as [|[|rung]]; cbn [stated].
  - cbn in order. apply lanes_eqb_eq in order. intros x y i j at_x at_y below_i below_j.
    rewrite (unit eq_refl x y i j) by trivial. rewrite order, !seq_nth by trivial. reflexivity.
  - split; [apply each_once_permutes; trivial|apply unit; reflexivity].
  - split; [apply each_once_permutes; trivial|]. exists scale. auto.
Qed.

End Meaning.
