(** Sums of frequencies: a layout that turns no faster at any pair, and slower at one, is no linear map of the other. *)

From Coq Require Import Arith Lia Bool Reals Lra List Permutation.
From Rope Require Import Sums Similarity Scores Cosines Decision Magnitudes Algebraic.
Import ListNotations.
Local Open Scope R_scope.

(** The sum of the absolute values on one axis. *)
Definition speed (a : nat) (l : list (nat -> R)) : R := fold_right (fun u rest => Rabs (u a) + rest) 0 l.

Lemma speed_permuted a u v : Permutation u v -> speed a u = speed a v.
Proof. induction 1; simpl; lra. Qed.

(** On axis a no two vectors that positions do not tell apart differ but in sign. *)
Definition tells axes (reached : (nat -> R) -> Prop) (a : nat) (us vs : list (nat -> R)) : Prop :=
  forall u v, In u us -> In v vs -> alike axes reached u v -> Rabs (u a) = Rabs (v a).

Lemma speed_of_partners axes reached a us vs :
  Forall2 (alike axes reached) us vs -> tells axes reached a us vs -> speed a us = speed a vs.
Proof.
  induction 1 as [|u v us vs same _ IH]; intros told; [reflexivity|]. simpl.
  rewrite (told u v) by (simpl; auto). rewrite IH; [reflexivity|]. intros x y inside inside'. apply told; simpl; auto.
Qed.

Lemma equal_multisets_have_one_speed axes reached a us vs :
  tells axes reached a us vs -> equal_multisets axes reached us vs -> speed a us = speed a vs.
Proof.
  intros told [order [moved same]]. rewrite (speed_permuted a vs order moved).
  apply (speed_of_partners axes reached); trivial. intros u v inside inside'. apply told; trivial.
  apply (Permutation_in v (Permutation_sym moved)). trivial.
Qed.

Lemma speed_no_greater a f g n m :
  (forall j, (m <= j < m + n)%nat -> Rabs (f j a) <= Rabs (g j a)) ->
  speed a (map f (seq m n)) <= speed a (map g (seq m n)).
Proof.
  revert m. induction n as [|n IH]; intros m each; simpl; [lra|].
  generalize (each m ltac:(lia)) (IH (S m) ltac:(intros; apply each; lia)). lra.
Qed.

Lemma speed_less a f g n m i :
  (forall j, (m <= j < m + n)%nat -> Rabs (f j a) <= Rabs (g j a)) -> (m <= i < m + n)%nat ->
  Rabs (f i a) < Rabs (g i a) -> speed a (map f (seq m n)) < speed a (map g (seq m n)).
Proof.
  revert m. induction n as [|n IH]; intros m each inside less; simpl; [lia|].
  destruct (Nat.eq_dec m i) as [->|other].
  - generalize (speed_no_greater a f g n (S i) ltac:(intros; apply each; lia)). lra.
  - generalize (each m ltac:(lia)) (IH (S m) ltac:(intros; apply each; lia) ltac:(lia) less). lra.
Qed.

(** No pair of one layout turns faster on axis a than the pair of its index in the other, and one turns slower. Pairs
    that one of the two lacks stand still. *)
Definition slower (a : nat) (s t : layout) : Prop :=
  (pairs s <= pairs t)%nat /\ (forall j, (j < pairs s)%nat -> Rabs (omega s j a) <= Rabs (omega t j a)) /\
  exists j, (j < pairs s)%nat /\ Rabs (omega s j a) < Rabs (omega t j a).

Lemma slower_has_less_speed d a s t :
  fits d t -> slower a s t -> speed a (frequencies d s) < speed a (frequencies d t).
Proof.
  intros [room _] [fewer [each [i [inside less]]]]. pose proof (halves d). unfold frequencies.
  assert (Nat.b2n (Nat.odd d) <= 1)%nat by (destruct (Nat.odd d); simpl; lia).
  apply (speed_less a _ _ _ 0 i); [|lia|].
  - intros j _. destruct (Nat.ltb_spec j (pairs s)), (Nat.ltb_spec j (pairs t)); try lia; auto; rewrite Rabs_R0;
      first [apply Rabs_pos | lra].
  - destruct (Nat.ltb_spec i (pairs s)), (Nat.ltb_spec i (pairs t)); lia || trivial.
Qed.

Lemma tells_in_turn axes reached a us vs : tells axes reached a us vs -> tells axes reached a vs us.
Proof. intros told u v inside inside' same. symmetry. apply told; trivial. intros p rp. symmetry. auto. Qed.

(** Scores have squares of magnitudes, so these may be below 0. *)
Definition nonzero (l : scaled) : Prop := forall j, (j < pairs (base l))%nat -> factor l j <> 0.
Definition upright (l : scaled) : scaled := Scaled (base l) (fun j => Rabs (factor l j)).

Lemma upright_positive l : nonzero l -> positive (upright l).
Proof. intros some j inside. apply Rabs_pos_lt, some. exact inside. Qed.

Lemma upright_seen axes l p p' i k : seen axes (upright l) p p' i k = seen axes l p p' i k.
Proof.
  unfold seen, lane_magnitude, magnitude, upright. simpl. f_equal. destruct (_ <? _)%nat; trivial.
  rewrite <- Rabs_mult. apply Rabs_right. generalize (Rle_0_sqr (factor l (Nat.div2 (place (base l) i)))). unfold Rsqr. lra.
Qed.

Lemma upright_linear axes reached d s t : linear axes reached d s t -> linear axes reached d (upright s) (upright t).
Proof.
  intros [a [b [b' [one_way [other_way equal]]]]]. exists a, b, b'. split; [|split]; trivial.
  intros p p' rp rp' i k below_i below_k. rewrite upright_seen, (equal p p' rp rp' i k below_i below_k). unfold mul.
  apply total_ext. intros x _. f_equal. apply total_ext. intros y _. rewrite upright_seen. reflexivity.
Qed.

(** So no fixed linear map makes one the other, whichever is the slower. *)
Theorem slower_is_not_linear axes reached d a s t :
  closed reached -> fits d (base s) -> fits d (base t) -> nonzero s -> nonzero t ->
  tells axes reached a (frequencies d (base s)) (frequencies d (base t)) ->
  slower a (base s) (base t) \/ slower a (base t) (base s) -> ~ linear axes reached d s t.
Proof.
  intros closure fits_s fits_t some_s some_t told either links.
  destruct (linear_exactly_if_pair_map axes reached d (upright s) (upright t)) as [_ exactly]; trivial;
    [apply upright_positive; trivial | apply upright_positive; trivial |].
  apply upright_linear, exactly in links. simpl in links.
  apply (equal_multisets_have_one_speed axes reached a) in links; trivial.
  destruct either as [less|less]; [apply (slower_has_less_speed d) in less | apply (slower_has_less_speed d) in less];
    trivial; lra.
Qed.

(** At real positions frequencies are told apart whatever they are. *)
Theorem slower_is_not_linear_at_real_positions axes d a s t :
  (a < axes)%nat -> fits d (base s) -> fits d (base t) -> nonzero s -> nonzero t ->
  slower a (base s) (base t) \/ slower a (base t) (base s) -> ~ linear axes (fun _ => True) d s t.
Proof.
  intros inside fits_s fits_t some_s some_t either. apply (slower_is_not_linear axes _ d a); trivial.
  - split; trivial.
  - intros u v _ _ same. apply alike_at_real_positions in same as [same|same]; rewrite same by trivial; trivial.
    apply Rabs_Ropp.
Qed.

(** At whole positions algebraic ones are, since pi is no algebraic number. *)
Theorem slower_is_not_linear_at_whole_positions (lindemann : ~ algebraic PI) axes reached d a s t :
  closed reached -> (forall p, natural p -> reached p) -> (forall p, reached p -> whole p) -> (a < axes)%nat ->
  fits d (base s) -> fits d (base t) -> nonzero s -> nonzero t ->
  (forall j b, (b < axes)%nat -> algebraic (omega (base s) j b) /\ algebraic (omega (base t) j b)) ->
  slower a (base s) (base t) \/ slower a (base t) (base s) -> ~ linear axes reached d s t.
Proof.
  intros closure all only inside fits_s fits_t some_s some_t numbers. apply slower_is_not_linear; trivial.
  assert (known : forall l u, (forall j b, (b < axes)%nat -> algebraic (omega l j b)) -> In u (frequencies d l) ->
    forall b, (b < axes)%nat -> algebraic (u b)).
  { intros l u own listed b below. apply in_map_iff in listed as [j [<- _]]. destruct (j <? pairs l); auto.
    apply algebraic_0. }
  intros u v in_u in_v same.
  apply (algebraic_frequencies_never_alias lindemann axes reached) in same as [same|same]; trivial.
  - rewrite same by trivial. trivial.
  - rewrite same by trivial. apply Rabs_Ropp.
  - intros b below. split; [apply (known (base s)) | apply (known (base t))]; trivial; intros; apply numbers; trivial.
Qed.
