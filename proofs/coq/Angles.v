(** Angles of a certificate: one exact number for each coordinate of a token, the constant before them. *)

From Coq Require Import Reals Lra Lia List QArith Qreals Bool ZArith.
From Rope Require Import Cosines Exact.
Import ListNotations.
Local Open Scope R_scope.

(** Of one feed. *)
Definition angle := list number.

Definition opposite (n : number) : number := sum [(n, (-1)%Q)].
Definition minus (f : angle) : angle := map opposite f.

(** [_Side._shifted]: the constant moved by a number, some times over. *)
Definition shifted (f : angle) (by_what : number) (q : Q) : angle :=
  match f with
  | [] => []
  | constant :: rest => sum [(constant, 1%Q); (by_what, q)] :: rest
  end.

(** [_Side.same]: equal angles; whole turns do not count where positions are whole, nor in a constant. *)
Definition same_number (turns : bool) (a b : number) : bool :=
  let rest := sum [(a, 1%Q); (b, (-1)%Q)] in
  match rest with [] => true | _ => if turns then is_whole_turns rest else false end.

Fixpoint same_numbers (turns : bool) (f g : angle) : bool :=
  match f, g with
  | [], [] => true
  | a :: f, b :: g => if same_number turns a b then same_numbers turns f g else false
  | _, _ => false
  end.

Definition same (whole : bool) (f g : angle) : bool :=
  match f, g with
  | a :: f, b :: g => if same_number true a b then same_numbers whole f g else false
  | _, _ => false
  end.

Definition half_turn : number := pi_times 1.
Definition quarter : number := pi_times (1 # 2).

(** [_Side._vanishes]: the angle is half a turn less itself. *)
Definition vanishes (whole : bool) (f : angle) : bool :=
  if forallb is_of_pi f then same whole f (shifted (minus f) half_turn 1) else false.

Definition same_cosine (whole : bool) (f g : angle) : bool :=
  if same whole f g then true else if same whole f (minus g) then true
  else if vanishes whole f then vanishes whole g else false.

(** [_Side._pulled]: a frequency times the form that its axis has in the coordinates, added. *)
Fixpoint added (n : number) (form : list Q) (f : angle) : angle :=
  match form, f with
  | q :: form, a :: f => sum [(n, q); (a, 1%Q)] :: added n form f
  | _, _ => []
  end.

Section Meaning.

Variable v : positive -> R.
Notation value := (value v).

(** The angle at a token with these coordinates, 1 before them. *)
Fixpoint turn (f : angle) (u : list R) : R :=
  match f, u with
  | a :: f, x :: u => value a * x + turn f u
  | _, _ => 0
  end.

Fixpoint form_at (form : list Q) (u : list R) : R :=
  match form, u with
  | q :: form, x :: u => Q2R q * x + form_at form u
  | _, _ => 0
  end.

Lemma sum_of_two a p b q : value (sum [(a, p); (b, q)]) = Q2R p * value a + Q2R q * value b.
Proof. rewrite sum_value. simpl. ring. Qed.

Lemma opposite_value n : value (opposite n) = - value n.
Proof. unfold opposite. rewrite sum_value. cbn [fold_right fst snd]. rewrite Q2R_opp_1. ring. Qed.

Lemma minus_turn f u : turn (minus f) u = - turn f u.
Proof.
  revert u. induction f as [|a f IH]; destruct u as [|x u]; cbn [minus map turn]; try ring.
  fold (minus f). rewrite opposite_value, IH. ring.
Qed.

Lemma minus_length f : length (minus f) = length f.
Proof. apply map_length. Qed.

Lemma shifted_length f n q : length (shifted f n q) = length f.
Proof. destruct f; reflexivity. Qed.

Lemma shifted_turn f n q u : f <> [] -> turn (shifted f n q) (1 :: u) = turn f (1 :: u) + Q2R q * value n.
Proof.
  destruct f as [|a f]; [contradiction|]. intros _. cbn [shifted turn]. rewrite sum_of_two, Q2R_1. ring.
Qed.

Lemma added_turn n form f u :
  length form = length f -> turn (added n form f) u = value n * form_at form u + turn f u.
Proof.
  revert f u. induction form as [|q form IH]; destruct f as [|a f]; try discriminate; intros u sizes;
    destruct u as [|x u]; cbn [added turn form_at]; try ring.
  rewrite sum_of_two, IH, Q2R_1 by (simpl in sizes; congruence). ring.
Qed.

Lemma added_length n form f : length form = length f -> length (added n form f) = length f.
Proof. revert f. induction form; destruct f; simpl; intros; try discriminate; auto. Qed.

(** Where positions are whole, so is every coordinate. *)
Definition reached (whole : bool) (u : list R) : Prop := whole = true -> Forall (fun x => exists k : Z, x = IZR k) u.

Section Positions.

Variable whole : bool.
Variable pi : names_pi v.

Definition whole_turns (x : R) : Prop := exists k : Z, x = IZR k * (2 * PI).

Lemma whole_turns_plus x y : whole_turns x -> whole_turns y -> whole_turns (x + y).
Proof. intros [k ->] [l ->]. exists (k + l)%Z. rewrite plus_IZR. ring. Qed.

Lemma same_number_value turns a b x :
  same_number turns a b = true -> (turns = true -> exists k : Z, x = IZR k) -> whole_turns (value a * x - value b * x).
Proof.
  unfold same_number. set (rest := sum _). intros equal at_whole.
  assert (gap : value rest = value a - value b).
  { unfold rest. rewrite sum_of_two, Q2R_1, Q2R_opp_1. ring. }
  replace (value a * x - value b * x) with (value rest * x) by (rewrite gap; ring).
  destruct rest as [|term others] eqn:found.
  - exists 0%Z. simpl. ring.
  - rewrite <- found in *. destruct turns; [|discriminate].
    destruct (whole_turns_value v rest pi equal) as [k ->], (at_whole eq_refl) as [l ->].
    exists (k * l)%Z. rewrite mult_IZR. ring.
Qed.

Lemma same_numbers_turn f g u :
  same_numbers whole f g = true -> reached whole u -> whole_turns (turn f u - turn g u).
Proof.
  revert g u. induction f as [|a f IH]; destruct g as [|b g]; simpl; try discriminate; intros u equal at_u.
  - exists 0%Z. ring.
  - destruct (same_number whole a b) eqn:first; [|discriminate]. destruct u as [|x u]; [exists 0%Z; ring|].
    replace (value a * x + turn f u - (value b * x + turn g u))
      with (value a * x - value b * x + (turn f u - turn g u)) by ring.
    apply whole_turns_plus.
    + apply same_number_value with whole; trivial. intros is. specialize (at_u is). inversion at_u; auto.
    + apply IH; trivial. intros is. specialize (at_u is). inversion at_u; auto.
Qed.

Lemma same_turn f g u : same whole f g = true -> reached whole u -> whole_turns (turn f (1 :: u) - turn g (1 :: u)).
Proof.
  destruct f as [|a f], g as [|b g]; simpl; try discriminate. intros equal at_u.
  destruct (same_number true a b) eqn:first; [|discriminate].
  replace (value a * 1 + turn f u - (value b * 1 + turn g u))
    with (value a * 1 - value b * 1 + (turn f u - turn g u)) by ring.
  apply whole_turns_plus; [|apply same_numbers_turn; trivial].
  apply same_number_value with true; trivial. intros _. exists 1%Z. reflexivity.
Qed.

Lemma whole_turns_cos x y : whole_turns (x - y) -> cos x = cos y.
Proof. intros [k equal]. rewrite <- (cos_whole_turns y k), <- equal. f_equal. ring. Qed.

Lemma whole_turns_sin x y : whole_turns (x - y) -> sin x = sin y.
Proof.
  intros gap. rewrite <- !cos_shift. symmetry. apply whole_turns_cos. replace (PI / 2 - y - (PI / 2 - x)) with (x - y) by ring.
  trivial.
Qed.

Lemma half_turn_value : value half_turn = PI.
Proof. unfold half_turn. rewrite pi_times_value, Q2R_1 by trivial. ring. Qed.

Lemma quarter_value : value quarter = PI / 2.
Proof. unfold quarter. rewrite pi_times_value by trivial. unfold Q2R. simpl. field. Qed.

(** What the checker calls equal is equal at every position. *)
Theorem same_is_sound f g u :
  same whole f g = true -> reached whole u ->
  cos (turn f (1 :: u)) = cos (turn g (1 :: u)) /\ sin (turn f (1 :: u)) = sin (turn g (1 :: u)).
Proof. intros equal at_u. split; [apply whole_turns_cos|apply whole_turns_sin]; apply same_turn; trivial. Qed.

(** A cosine that is said to vanish everywhere does. *)
Theorem vanishes_is_sound f u : vanishes whole f = true -> reached whole u -> cos (turn f (1 :: u)) = 0.
Proof.
  unfold vanishes. destruct (forallb is_of_pi f); [|discriminate]. intros equal at_u.
  assert (some : minus f <> []) by (destruct f; discriminate).
  apply same_is_sound with (u := u) in equal as [equal _]; trivial.
  rewrite shifted_turn, minus_turn, half_turn_value, Q2R_1, Rmult_1_l, neg_cos, cos_neg in equal by trivial. lra.
Qed.

(** Cosines that are said to be equal are. *)
Theorem same_cosine_is_sound f g u :
  same_cosine whole f g = true -> reached whole u -> cos (turn f (1 :: u)) = cos (turn g (1 :: u)).
Proof.
  unfold same_cosine. intros equal at_u. destruct (same whole f g) eqn:plain; [apply same_is_sound; trivial|].
  destruct (same whole f (minus g)) eqn:negative.
  - destruct (same_is_sound _ _ u negative at_u) as [-> _]. rewrite minus_turn. apply cos_neg.
  - destruct (vanishes whole f) eqn:zero; [|discriminate]. rewrite !vanishes_is_sound; trivial.
Qed.

End Positions.

End Meaning.
