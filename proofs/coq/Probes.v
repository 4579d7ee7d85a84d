(** The numbers of a refutation: entries, scores and traces, enclosed; and what two disjoint intervals show. *)

From Coq Require Import Arith Reals Lra Lia List QArith Qreals Bool ZArith.
From Rope Require Import Sums Exact Angles Tables Entries Blocks Witness.
Import ListNotations.
Local Open Scope R_scope.

(** A token as it is written: its feed, and its coordinates. *)
Definition spot := (nat * list Q)%type.

Definition is_whole (q : Q) : bool := Z.eqb (Z.modulo (Qnum q) (QDen q)) 0.

(** [_point], but for its bound on the size of coordinates. *)
Definition fits (coordinates : list nat) (t : table) (at_spot : spot) : bool :=
  if Nat.ltb (fst at_spot) (length coordinates) then
    if Nat.eqb (length (snd at_spot)) (nth (fst at_spot) coordinates 0%nat) then
      if whole t then forallb is_whole (snd at_spot) else true
    else false
  else false.

(** What is computed elsewhere: enclosures of factors, and of the cosine of whatever lies in an interval. *)
Record enclosures := Enclosures { factor : Z -> positive -> interval; cosine : Z -> interval -> interval }.

Definition angle_at (f : angle) (u : list Q) : number := sum (combine f u).

Section Values.

Variable known : enclosures.
Variable digits : Z.

Definition cosine_at (f : angle) (u : list Q) : interval := cosine known digits (evaluate (factor known) digits (angle_at f u)).
Definition amount_at (n : number) : interval := evaluate (factor known) digits n.
Definition parts_of (e : entry) (u : list Q) : list interval := [cosine_at (turning e) (1%Q :: u); amount_at (amount e)].

(** [_Side.probe] of one token: the kernel's entry at (row, column). *)
Definition entry_probe (coordinates : list nat) (t : table) (at_place : nat * nat) (x : spot) : interval :=
  total_of (map (fun e => product digits (parts_of e (snd x)))
              (filter (fun e => place_eqb (place e) at_place) (entries coordinates t (fst x)))).

(** [_Side.probe] of two: the score of a one-hot query and key. *)
Definition score_probe (coordinates : list nat) (t : table) (lanes : nat * nat) (x y : spot) : interval :=
  let second := filter (fun e => Nat.eqb (column e) (snd lanes)) (entries coordinates t (fst y)) in
  total_of (flat_map (fun e => map (fun e' => product digits (parts_of e (snd x) ++ parts_of e' (snd y)))
                                 (filter (fun e' => Nat.eqb (row e) (row e')) second))
              (filter (fun e => Nat.eqb (column e) (fst lanes)) (entries coordinates t (fst x)))).

(** [_Side.trace]: of the squared magnitudes to a power, times D at an element of the group of positions. That has
    coordinates for each feed, and before them how often the change from the first feed to this one is made. *)
Definition trace_angle (turns : list angle) (where_ : list (Q * list Q)) : number :=
  sum (flat_map (fun part => combine (fst part) (fst (snd part) :: snd (snd part))) (combine turns where_)).

Definition trace_probe (found : list block) (power : nat) (where_ : list (Q * list Q)) : interval :=
  total_of (flat_map (fun b =>
    repeat (product digits (cosine known digits (evaluate (factor known) digits (trace_angle (turns b) where_))
                            :: repeat (amount_at (magnitude b)) (2 * power)))
      (length (lanes b))) found).

End Values.

(** The stated intervals, in decimal numbers, and the computed ones: [_refutation]'s last lines. *)
Definition bounds := (Q * Q)%type.
Definition below (digits : Z) (q : Q) (x : Z) : bool := Z.leb (Qnum q * unit_of digits) (x * QDen q).
Definition above (digits : Z) (x : Z) (q : Q) : bool := Z.leb (x * QDen q) (Qnum q * unit_of digits).
Definition contains (digits : Z) (stated : bounds) (x : interval) : bool :=
  if below digits (fst stated) (fst x) then above digits (snd x) (snd stated) else false.
Definition meets (digits : Z) (stated : bounds) (x : interval) : bool :=
  if below digits (fst stated) (snd x) then above digits (fst x) (snd stated) else false.

Definition precisions : list Z := [40; 160; 640]%Z.

Fixpoint kept (one two : bounds) (first second : Z -> interval) (tried : list Z) : bool :=
  match tried with
  | [] => false
  | digits :: finer =>
      let x := first digits in
      let y := second digits in
      if (if contains digits one x then contains digits two y else false) then true
      else if (if meets digits one x then meets digits two y else false) then kept one two first second finer
      else false
  end.

Definition less (a b : Q) : bool := negb (Qle_bool b a).
Definition disjoint (one two : bounds) : bool :=
  let ordered a b c d := if Qle_bool a b then if less b c then Qle_bool c d else false else false in
  if ordered (fst one) (snd one) (fst two) (snd two) then true else ordered (fst two) (snd two) (fst one) (snd one).

Definition apart (one two : bounds) (first second : Z -> interval) : bool :=
  if disjoint one two then kept one two first second precisions else false.

(** What is taken of the cosine: it lies in its enclosure if its argument lies in its own. *)
Definition encloses_cosines (cosine : Z -> interval -> interval) : Prop :=
  forall digits x r, (0 <= digits)%Z -> inside digits x r -> inside digits (cosine digits x) (cos r).

Lemma contains_spec digits stated x r :
  (0 <= digits)%Z -> contains digits stated x = true -> inside digits x r -> Q2R (fst stated) <= r <= Q2R (snd stated).
Proof.
  intros enough. unfold contains, below, above. destruct stated as [a b], x as [low high]. cbn [fst snd].
  destruct (Z.leb_spec (Qnum a * unit_of digits) (low * QDen a)) as [first|]; [|discriminate].
  intros second. apply Z.leb_le in second. unfold inside. cbn [fst snd]. intros [lower upper].
  apply IZR_le in first, second. rewrite !mult_IZR in first, second.
  assert (0 < IZR (unit_of digits)) by (apply IZR_lt, unit_positive; trivial).
  assert (0 < IZR (QDen a) /\ 0 < IZR (QDen b)) as [pa pb] by (split; apply IZR_lt; reflexivity).
  unfold Q2R. split; apply (Rmult_le_reg_r (IZR (unit_of digits))); trivial.
  - apply (Rmult_le_reg_r (IZR (QDen a))); trivial.
    replace (IZR (Qnum a) * / IZR (QDen a) * IZR (unit_of digits) * IZR (QDen a))
      with (IZR (Qnum a) * IZR (unit_of digits)) by (field; lra). nra.
  - apply (Rmult_le_reg_r (IZR (QDen b))); trivial.
    replace (IZR (Qnum b) * / IZR (QDen b) * IZR (unit_of digits) * IZR (QDen b))
      with (IZR (Qnum b) * IZR (unit_of digits)) by (field; lra). nra.
Qed.

Lemma kept_spec one two first second tried r r' :
  (forall digits, In digits tried -> (0 <= digits)%Z) ->
  (forall digits, (0 <= digits)%Z -> inside digits (first digits) r /\ inside digits (second digits) r') ->
  kept one two first second tried = true ->
  Q2R (fst one) <= r <= Q2R (snd one) /\ Q2R (fst two) <= r' <= Q2R (snd two).
Proof.
  intros enough each. induction tried as [|digits finer IH]; cbn [kept]; [discriminate|].
  assert (positive : (0 <= digits)%Z) by (apply enough; simpl; auto). destruct (each digits positive) as [in1 in2].
  destruct (contains digits one (first digits)) eqn:c1; [destruct (contains digits two (second digits)) eqn:c2|].
  - intros _. split; eapply contains_spec; eauto.
  - destruct (if meets _ _ _ then _ else _); [|discriminate]. apply IH. intros; apply enough; simpl; auto.
  - destruct (if meets _ _ _ then _ else _); [|discriminate]. apply IH. intros; apply enough; simpl; auto.
Qed.

(** Two numbers whose enclosures are in two disjoint intervals differ. *)
Theorem apart_differ one two first second r r' :
  (forall digits, (0 <= digits)%Z -> inside digits (first digits) r /\ inside digits (second digits) r') ->
  apart one two first second = true -> r <> r'.
Proof.
  intros each. unfold apart. destruct (disjoint one two) eqn:gap; [|discriminate]. intros accepted.
  destruct (kept_spec one two first second precisions r r') as [in1 in2]; trivial.
  { intros digits which. simpl in which. lia. }
  assert (strict : forall a b, less a b = true -> Q2R a < Q2R b).
  { intros a b lower. unfold less in lower. apply negb_true_iff in lower. apply Qlt_Rlt.
    apply Qnot_le_lt. intros le. apply Qle_bool_iff in le. congruence. }
  unfold disjoint in gap. cbv zeta in gap.
  destruct (Qle_bool (fst one) (snd one)), (less (snd one) (fst two)) eqn:l1, (Qle_bool (fst two) (snd two));
    try (apply strict in l1; lra);
    destruct (less (snd two) (fst one)) eqn:l2; try discriminate; apply strict in l2; lra.
Qed.

Section Meaning.

Variable v : positive -> R.
Variable pi : names_pi v.
Variable coordinates : list nat.
Variable known : enclosures.
Variable each : encloses v (factor known).
Variable cosines : encloses_cosines (cosine known).

(** The token that is meant. *)
Definition token_of (x : spot) : token := (fst x, map Q2R (snd x)).

Lemma is_whole_value q : is_whole q = true -> exists k : Z, Q2R q = IZR k.
Proof.
  unfold is_whole. intros even. apply Z.eqb_eq, Z.mod_divide in even; [|discriminate]. destruct even as [k equal].
  exists k. unfold Q2R. rewrite equal, mult_IZR. assert (IZR (QDen q) <> 0) by (apply not_0_IZR; discriminate). field. trivial.
Qed.

Lemma fits_possible t x : fits coordinates t x = true -> possible coordinates t (token_of x).
Proof.
  unfold fits, possible, token_of, reached. cbn [fst snd]. rewrite map_length.
  destruct (Nat.ltb_spec (fst x) (length coordinates)); [|discriminate].
  destruct (Nat.eqb_spec (length (snd x)) (nth (fst x) coordinates 0%nat)); [|discriminate].
  intros numbers. repeat split; trivial. intros is. rewrite is in numbers.
  rewrite Forall_map, Forall_forall. rewrite forallb_forall in numbers. auto using is_whole_value.
Qed.

Lemma angle_at_value f u : value v (angle_at f u) = turn v f (map Q2R u).
Proof.
  unfold angle_at. rewrite sum_value. revert u. induction f as [|a f IH]; destruct u as [|q u]; cbn [combine fold_right map turn fst snd];
    try reflexivity. rewrite IH. ring.
Qed.

Lemma one_map u : map Q2R (1%Q :: u) = 1 :: map Q2R u.
Proof. cbn [map]. rewrite Q2R_1. reflexivity. Qed.

Lemma inside_cosine digits f u : (0 <= digits)%Z -> inside digits (cosine_at known digits f u) (cos (turn v f (map Q2R u))).
Proof. intros enough. apply cosines; trivial. rewrite <- angle_at_value. apply number_is_inside; trivial. Qed.

Lemma inside_amount digits n : (0 <= digits)%Z -> inside digits (amount_at known digits n) (value v n).
Proof. intros. apply number_is_inside; trivial. Qed.

Lemma add_all_filter {A} (f : A -> R) test l :
  add_all f (filter test l) = add_all (fun a => if test a then f a else 0) l.
Proof.
  induction l as [|a l IH]; [reflexivity|]. cbn [filter]. rewrite add_all_cons, <- IH.
  destruct (test a); [reflexivity|]. ring.
Qed.

Section OfTable.

Variable t : table.
Variable fine : well_formed (factor known) coordinates t = true.

(** The enclosure of an entry holds the kernel's entry. *)
Theorem entry_probe_is_sound digits r c x :
  fits coordinates t x = true -> (0 <= digits)%Z ->
  inside digits (entry_probe known digits coordinates t (r, c) x) (kernel v coordinates t (token_of x) r c).
Proof.
  intros possible_x enough. apply fits_possible in possible_x. destruct x as [m u]. unfold token_of in *. cbn [fst snd] in *.
  rewrite (entries_kernel v pi coordinates (factor known) t fine) by trivial. unfold entry_probe. cbn [fst snd].
  rewrite (add_all_ext _ (fun e => if place_eqb (place e) (r, c) then entry_value v e (map Q2R u) else 0)).
  - rewrite <- add_all_filter. apply (inside_total digits _ _ (fun e => entry_value v e (map Q2R u))). intros e _.
    unfold entry_value, parts_of. rewrite Rmult_comm, <- one_map.
    replace (cos _ * value v (amount e)) with (fold_right Rmult 1 [cos (turn v (turning e) (map Q2R (1%Q :: u))); value v (amount e)])
      by (cbn [fold_right]; ring).
    apply inside_product; trivial. constructor; [apply inside_cosine; trivial|].
    constructor; [apply inside_amount; trivial|constructor].
  - intros e _. unfold place_eqb, place. cbn [fst snd]. unfold delta_of. rewrite (Nat.eqb_sym r), (Nat.eqb_sym c).
    destruct (Nat.eqb (row e) r), (Nat.eqb (column e) c); ring.
Qed.

Lemma total_of_app a b : total_of (a ++ b) = plus (total_of a) (total_of b).
Proof.
  induction a as [|x a IH]; simpl.
  - destruct (total_of b) as [low high]. reflexivity.
  - fold (total_of (a ++ b)) (total_of a). rewrite IH. unfold plus. cbn [fst snd]. f_equal; ring.
Qed.

Lemma total_of_flat_map {A} digits (f : A -> list interval) (g : A -> R) l :
  (forall a, In a l -> inside digits (total_of (f a)) (g a)) -> inside digits (total_of (flat_map f l)) (add_all g l).
Proof.
  induction l as [|a l IH]; intros all; [unfold inside; simpl; lra|].
  cbn [flat_map]. rewrite total_of_app, add_all_cons. apply inside_plus; auto with datatypes.
Qed.

Lemma entries_rows m e : In e (entries coordinates t m) -> (row e < width t)%nat.
Proof.
  intros inside. unfold entries in inside. apply in_flat_map in inside as [p [at_p own]].
  destruct (piece_places coordinates (factor known) t fine m p at_p) as [_ rows]. destruct (rows e own) as [here _].
  destruct (fine_parts _ _ _ fine) as [_ [_ [_ [_ [_ [_ out]]]]]]. apply each_once_spec in out as [_ [_ out]].
  apply out. rewrite writes_pieces. apply in_flat_map. eauto.
Qed.

(** A score is a sum over the entries of two columns that share a row. *)
Lemma score_of_entries m u m' u' i j :
  possible coordinates t (m, u) -> possible coordinates t (m', u') ->
  score v coordinates t (m, u) (m', u') i j =
  add_all (fun e => add_all (fun e' => entry_value v e u * entry_value v e' u')
                      (filter (fun e' => Nat.eqb (row e) (row e'))
                         (filter (fun e' => Nat.eqb (column e') j) (entries coordinates t m'))))
    (filter (fun e => Nat.eqb (column e) i) (entries coordinates t m)).
Proof.
  intros at_x at_y. unfold score.
  rewrite (total_ext _ _ (fun r =>
    add_all (fun e => delta_of r (row e) * delta_of i (column e) * entry_value v e u) (entries coordinates t m) *
    add_all (fun e => delta_of r (row e) * delta_of j (column e) * entry_value v e u') (entries coordinates t m')))
    by (intros r _; rewrite !(entries_kernel v pi coordinates (factor known) t fine) by trivial; reflexivity).
  generalize (fun e => entries_rows m e). generalize (entries coordinates t m') as second.
  intros second. induction (entries coordinates t m) as [|e first IH]; intros rows.
  - rewrite (total_ext _ _ (fun _ => 0)) by (intros; simpl; ring). apply total_zero.
  - rewrite (total_ext _ _ (fun r =>
      delta_of r (row e) * delta_of i (column e) * entry_value v e u *
        add_all (fun e => delta_of r (row e) * delta_of j (column e) * entry_value v e u') second +
      add_all (fun e => delta_of r (row e) * delta_of i (column e) * entry_value v e u) first *
        add_all (fun e => delta_of r (row e) * delta_of j (column e) * entry_value v e u') second))
      by (intros; rewrite add_all_cons; ring).
    rewrite total_plus, IH by (intros; apply rows; simpl; auto). cbn [filter].
    rewrite (total_single _ (row e)); [|apply rows; simpl; auto|].
    + rewrite delta_self. rewrite !add_all_filter. unfold delta_of at 1. rewrite (Nat.eqb_sym i).
      destruct (Nat.eqb (column e) i); [|rewrite !add_all_filter; ring]. rewrite add_all_cons, !add_all_filter.
      f_equal. rewrite Rmult_1_l, Rmult_1_l, <- add_all_scale. apply add_all_ext. intros e' _.
      unfold delta_of. rewrite (Nat.eqb_sym j). destruct (Nat.eqb (row e) (row e')), (Nat.eqb (column e') j); ring.
    + intros r _ other. rewrite delta_other by trivial. ring.
Qed.

(** The enclosure of a score holds the score. *)
Theorem score_probe_is_sound digits i j x y :
  fits coordinates t x = true -> fits coordinates t y = true -> (0 <= digits)%Z ->
  inside digits (score_probe known digits coordinates t (i, j) x y) (score v coordinates t (token_of x) (token_of y) i j).
Proof.
  intros possible_x possible_y enough. apply fits_possible in possible_x, possible_y.
  destruct x as [m u], y as [m' u']. unfold token_of in *. cbn [fst snd] in *. rewrite score_of_entries by trivial.
  unfold score_probe. cbn [fst snd]. apply total_of_flat_map. intros e _.
  apply (inside_total digits _ _ (fun e' => entry_value v e (map Q2R u) * entry_value v e' (map Q2R u'))). intros e' _.
  unfold entry_value, parts_of. rewrite <- !one_map.
  set (cu := cos (turn v (turning e) _)). set (cu' := cos (turn v (turning e') _)).
  replace (value v (amount e) * cu * (value v (amount e') * cu'))
    with (fold_right Rmult 1 [cu; value v (amount e); cu'; value v (amount e')]) by (cbn [fold_right]; ring).
  apply inside_product; trivial.
  constructor; [apply inside_cosine; trivial|]. constructor; [apply inside_amount; trivial|].
  constructor; [apply inside_cosine; trivial|]. constructor; [apply inside_amount; trivial|]. constructor.
Qed.

(** What a trace is of: for each block its lanes, times its squared magnitude to a power, times a cosine. *)
Definition spun (b : block) (where_ : list (R * list R)) : R :=
  add_all (fun part => turn v (fst part) (fst (snd part) :: snd (snd part))) (combine (turns b) where_).

Definition weighted_trace (found : list block) (power : nat) (where_ : list (R * list R)) : R :=
  add_all (fun b => INR (length (lanes b)) * ((value v (magnitude b) * value v (magnitude b)) ^ power * cos (spun b where_)))
    found.

Definition reals_of (where_ : list (Q * list Q)) : list (R * list R) :=
  map (fun part => (Q2R (fst part), map Q2R (snd part))) where_.

Lemma trace_angle_value b where_ : value v (trace_angle (turns b) where_) = spun b (reals_of where_).
Proof.
  unfold trace_angle, spun, reals_of. generalize (turns b) as l. intros l. rewrite sum_value.
  revert where_. induction l as [|f l IH]; destruct where_ as [|[q u] w]; try reflexivity.
  cbn [combine flat_map map]. rewrite add_all_cons, <- IH. cbn [fst snd].
  rewrite fold_right_app. fold (@add_all (number * Q)).
  change (Q2R q :: map Q2R u) with (map Q2R (q :: u)). rewrite <- angle_at_value. unfold angle_at. rewrite sum_value.
  generalize (fold_right (fun (part : number * Q) (rest : R) => Q2R (snd part) * value v (fst part) + rest) 0
    (flat_map (fun part : angle * (Q * list Q) => combine (fst part) (fst (snd part) :: snd (snd part))) (combine l w))).
  intros rest. induction (combine f (q :: u)) as [|[n x] parts IH']; cbn [fold_right fst snd]; [ring|]. rewrite IH'. ring.
Qed.

(** The enclosure of a trace holds the sum over blocks. *)
Theorem trace_probe_is_sound digits found power where_ :
  (0 <= digits)%Z ->
  inside digits (trace_probe known digits found power where_) (weighted_trace found power (reals_of where_)).
Proof.
  intros enough. apply total_of_flat_map. intros b _.
  set (size := value v (magnitude b)).
  assert (one_lane : inside digits
    (product digits (cosine known digits (evaluate (factor known) digits (trace_angle (turns b) where_))
                     :: repeat (amount_at known digits (magnitude b)) (2 * power)))
    ((size * size) ^ power * cos (spun b (reals_of where_)))).
  { replace ((size * size) ^ power * cos (spun b (reals_of where_)))
      with (fold_right Rmult 1 (cos (spun b (reals_of where_)) :: repeat size (2 * power))).
    - apply inside_product; trivial. constructor.
      + apply cosines; trivial. rewrite <- trace_angle_value. apply number_is_inside; trivial.
      + generalize (inside_amount digits (magnitude b) enough). intros each_size.
        induction (2 * power)%nat; simpl; constructor; trivial.
    - cbn [fold_right]. rewrite Rmult_comm. f_equal. induction power as [|power IH]; [reflexivity|].
      replace (2 * S power)%nat with (S (S (2 * power))) by lia. cbn [repeat fold_right]. rewrite IH. simpl. ring. }
  induction (length (lanes b)) as [|n IH]; [unfold inside; simpl; lra|].
  rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, Rplus_comm. cbn [repeat]. simpl total_of. apply inside_plus; trivial.
Qed.

End OfTable.

End Meaning.
