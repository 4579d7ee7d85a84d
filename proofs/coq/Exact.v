(** The exact numbers of a certificate, as prover/checker.py compares them: a sum of rationals times products of factors.

    A factor is a name for one real, whatever real that is; of one alone, pi, it is known which. Equal names are equal
    reals, and that is all that equality of numbers rests on here. An enclosure of each factor is given; those of
    numbers are worked out from them. *)

From Coq Require Import Reals Lra Lia List QArith Qreals Bool ZArith.
Import ListNotations.
Local Open Scope R_scope.

Definition monomial := list positive.
Definition number := list (monomial * Q).
Definition pi_factor : positive := 1%positive.
Definition one_number : number := [([], 1%Q)].
Definition pi_times (q : Q) : number := [([pi_factor], q)].

Fixpoint monomial_compare (a b : monomial) : comparison :=
  match a, b with
  | [], [] => Eq
  | [], _ => Lt
  | _, [] => Gt
  | x :: a, y :: b => match Pos.compare x y with Eq => monomial_compare a b | other => other end
  end.

Definition monomial_eqb a b := match monomial_compare a b with Eq => true | _ => false end.

(** A number with one more term; terms rise, in lowest terms, and none is 0. *)
Fixpoint add_term (m : monomial) (c : Q) (n : number) : number :=
  match n with
  | [] => if Qeq_bool c 0 then [] else [(m, Qred c)]
  | (m', c') :: rest =>
      match monomial_compare m m' with
      | Lt => if Qeq_bool c 0 then n else (m, Qred c) :: n
      | Eq => let total := Qred (c + c') in if Qeq_bool total 0 then rest else (m, total) :: rest
      | Gt => (m', c') :: add_term m c rest
      end
  end.

Definition add_times (n : number) (q : Q) (total : number) : number :=
  fold_right (fun term => add_term (fst term) (q * snd term)) total n.

(** [_Numbers.sum]: numbers times rationals. *)
Definition sum (parts : list (number * Q)) : number := fold_right (fun part => add_times (fst part) (snd part)) [] parts.

Fixpoint number_eqb (a b : number) : bool :=
  match a, b with
  | [], [] => true
  | (m, c) :: a, (m', c') :: b => if monomial_eqb m m' then if Qeq_bool c c' then number_eqb a b else false else false
  | _, _ => false
  end.

(** An even multiple of pi, and any multiple of it. *)
Definition is_whole_turns (n : number) : bool :=
  match n with
  | [(m, q)] => if monomial_eqb m [pi_factor] then Z.eqb (Z.modulo (Qnum q) (2 * QDen q)) 0 else false
  | _ => false
  end.

Definition is_of_pi (n : number) : bool := forallb (fun term => monomial_eqb (fst term) [pi_factor]) n.

Definition interval := (Z * Z)%type.
Definition unit_of (digits : Z) : Z := Z.pow 10 digits.
Definition ceil_div (a b : Z) : Z := - Z.div (- a) b.
Definition ratio (digits : Z) (q : Q) : interval :=
  (Z.div (Qnum q * unit_of digits) (QDen q), ceil_div (Qnum q * unit_of digits) (QDen q)).

Definition times (digits : Z) (x y : interval) : interval :=
  let p := (fst x * fst y)%Z in let q := (fst x * snd y)%Z in let r := (snd x * fst y)%Z in let s := (snd x * snd y)%Z in
  (Z.div (Z.min (Z.min p q) (Z.min r s)) (unit_of digits), ceil_div (Z.max (Z.max p q) (Z.max r s)) (unit_of digits)).

Definition product (digits : Z) (parts : list interval) : interval :=
  fold_left (times digits) parts (unit_of digits, unit_of digits).

Definition plus (x y : interval) : interval := (fst x + fst y, snd x + snd y)%Z.
Definition total_of (parts : list interval) : interval := fold_right plus (0, 0)%Z parts.

(** [_Numbers.evaluate], from the enclosures of the factors. *)
Definition evaluate (factor : Z -> positive -> interval) (digits : Z) (n : number) : interval :=
  total_of (map (fun term => product digits (ratio digits (snd term) :: map (factor digits) (fst term))) n).

Lemma monomial_compare_eq a b : monomial_compare a b = Eq -> a = b.
Proof.
  revert b. induction a as [|x a IH]; destruct b as [|y b]; simpl; try discriminate; [reflexivity|].
  destruct (Pos.compare_spec x y) as [->| |]; try discriminate. intros. f_equal. auto.
Qed.

Lemma monomial_eqb_eq a b : monomial_eqb a b = true -> a = b.
Proof. unfold monomial_eqb. destruct monomial_compare eqn:equal; try discriminate. auto using monomial_compare_eq. Qed.

Lemma Q2R_red q : Q2R (Qred q) = Q2R q.
Proof. apply Qeq_eqR, Qred_correct. Qed.

Lemma Q2R_zero q : Qeq_bool q 0 = true -> Q2R q = 0.
Proof. intros zero. apply Qeq_bool_eq, Qeq_eqR in zero. rewrite zero. apply RMicromega.Q2R_0. Qed.

Lemma Q2R_1 : Q2R 1 = 1. Proof. unfold Q2R; simpl; field. Qed.
Lemma Q2R_opp_1 : Q2R (-1) = -1. Proof. unfold Q2R; simpl; field. Qed.

Section Meaning.

(** The real that each factor names. *)
Variable v : positive -> R.

Definition monomial_value (m : monomial) : R := fold_right (fun f rest => v f * rest) 1 m.
Definition value (n : number) : R := fold_right (fun term rest => Q2R (snd term) * monomial_value (fst term) + rest) 0 n.

Lemma add_term_value m c n : value (add_term m c n) = Q2R c * monomial_value m + value n.
Proof.
  induction n as [|[m' c'] n IH]; cbn [add_term value fold_right fst snd].
  - destruct (Qeq_bool c 0) eqn:zero; cbn [value fold_right fst snd]; rewrite ?Q2R_red, ?(Q2R_zero c) by trivial; ring.
  - fold (value n). destruct (monomial_compare m m') eqn:order.
    + apply monomial_compare_eq in order as ->.
      assert (together : Q2R (Qred (c + c')) = Q2R c + Q2R c') by (rewrite Q2R_red; apply Q2R_plus).
      destruct (Qeq_bool (Qred (c + c')) 0) eqn:zero; cbn [value fold_right fst snd]; fold (value n).
      * apply Q2R_zero in zero. rewrite zero in together. replace (Q2R c) with (- Q2R c') by lra. ring.
      * rewrite together. ring.
    + destruct (Qeq_bool c 0) eqn:zero; cbn [value fold_right fst snd]; fold (value n);
        rewrite ?Q2R_red, ?(Q2R_zero c) by trivial; ring.
    + cbn [value fold_right fst snd]. fold (value (add_term m c n)). rewrite IH. ring.
Qed.

Lemma add_times_value n q total : value (add_times n q total) = Q2R q * value n + value total.
Proof.
  unfold add_times. induction n as [|[m c] n IH]; [simpl; ring|]. cbn [fold_right fst snd].
  rewrite add_term_value, IH, Q2R_mult. change (value ((m, c) :: n)) with (Q2R c * monomial_value m + value n). ring.
Qed.

Lemma sum_value parts : value (sum parts) = fold_right (fun part rest => Q2R (snd part) * value (fst part) + rest) 0 parts.
Proof. unfold sum. induction parts as [|part parts IH]; simpl; [reflexivity|]. rewrite add_times_value, IH. reflexivity. Qed.

(** Equal forms are equal reals. *)
Theorem equal_forms a b : number_eqb a b = true -> value a = value b.
Proof.
  revert b. induction a as [|[m c] a IH]; destruct b as [|[m' c'] b]; simpl; try discriminate; [reflexivity|].
  destruct (monomial_eqb m m') eqn:same; [|discriminate]. apply monomial_eqb_eq in same as ->.
  destruct (Qeq_bool c c') eqn:equal; [|discriminate]. apply Qeq_bool_eq, Qeq_eqR in equal. rewrite equal.
  fold (value a) (value b). intros rest. rewrite (IH _ rest). reflexivity.
Qed.

Lemma one_number_value : value one_number = 1.
Proof. unfold one_number. simpl. rewrite Q2R_1. ring. Qed.

(** Names of factors are true if pi is pi. *)
Definition names_pi : Prop := v pi_factor = PI.

Lemma pi_times_value q : names_pi -> value (pi_times q) = Q2R q * PI.
Proof. intros pi. unfold pi_times, names_pi in *. simpl. rewrite pi. ring. Qed.

Lemma whole_turns_value n : names_pi -> is_whole_turns n = true -> exists k : Z, value n = IZR k * (2 * PI).
Proof.
  intros pi. destruct n as [|[m q] [|]]; cbn [is_whole_turns]; try discriminate.
  destruct (monomial_eqb m [pi_factor]) eqn:only; [|discriminate]. apply monomial_eqb_eq in only as ->.
  intros even. apply Z.eqb_eq, Z.mod_divide in even; [|discriminate]. destruct even as [k numerator]. exists k.
  cbn [value monomial_value fold_right fst snd]. unfold names_pi in pi. rewrite pi. unfold Q2R. rewrite numerator.
  rewrite mult_IZR, (mult_IZR 2). assert (IZR (QDen q) <> 0) by (apply not_0_IZR; discriminate). field. trivial.
Qed.

(** A real within an enclosure, which is in units of 10^-digits. *)
Definition inside (digits : Z) (x : interval) (r : R) : Prop := IZR (fst x) <= r * IZR (unit_of digits) <= IZR (snd x).

(** What is taken of the factors: each lies in its enclosure. *)
Definition encloses (factor : Z -> positive -> interval) : Prop :=
  forall digits f, (0 <= digits)%Z -> inside digits (factor digits f) (v f).

Lemma unit_positive digits : (0 <= digits)%Z -> (0 < unit_of digits)%Z.
Proof. intros. apply Z.pow_pos_nonneg; lia. Qed.

Lemma floor_below a b : (0 < b)%Z -> IZR (Z.div a b) * IZR b <= IZR a.
Proof. intros. rewrite <- mult_IZR. apply IZR_le. generalize (Z.mul_div_le a b). lia. Qed.

Lemma ceil_above a b : (0 < b)%Z -> IZR a <= IZR (ceil_div a b) * IZR b.
Proof. intros. rewrite <- mult_IZR. apply IZR_le. unfold ceil_div. generalize (Z.mul_div_le (- a) b). lia. Qed.

Lemma inside_ratio digits q : (0 <= digits)%Z -> inside digits (ratio digits q) (Q2R q).
Proof.
  intros. unfold inside, ratio, Q2R. cbn [fst snd].
  assert (0 < IZR (QDen q)) by (apply IZR_lt; reflexivity).
  split; apply (Rmult_le_reg_r (IZR (QDen q))); trivial.
  - replace (IZR (Qnum q) * / IZR (QDen q) * IZR (unit_of digits) * IZR (QDen q))
      with (IZR (Qnum q) * IZR (unit_of digits)) by (field; lra).
    rewrite <- (mult_IZR (Qnum q)). apply floor_below. reflexivity.
  - replace (IZR (Qnum q) * / IZR (QDen q) * IZR (unit_of digits) * IZR (QDen q))
      with (IZR (Qnum q) * IZR (unit_of digits)) by (field; lra).
    rewrite <- (mult_IZR (Qnum q)). apply ceil_above. reflexivity.
Qed.

Lemma between a b x y : a <= x <= b -> a * y <= x * y <= b * y \/ b * y <= x * y <= a * y.
Proof. intros. destruct (Rle_or_lt 0 y); [left|right]; nra. Qed.

Lemma inside_times digits x y r s :
  (0 <= digits)%Z -> inside digits x r -> inside digits y s -> inside digits (times digits x y) (r * s).
Proof.
  intros enough. unfold inside, times. destruct x as [a b], y as [c e]. cbn [fst snd]. intros first second.
  generalize (unit_positive digits enough). intros positive. set (u := unit_of digits) in *.
  assert (real : 0 < IZR u) by (apply IZR_lt; trivial).
  set (low := Z.min (Z.min (a * c) (a * e)) (Z.min (b * c) (b * e))).
  set (high := Z.max (Z.max (a * c) (a * e)) (Z.max (b * c) (b * e))).
  assert (below : (low <= a * c /\ low <= a * e /\ low <= b * c /\ low <= b * e)%Z) by lia.
  assert (above : (a * c <= high /\ a * e <= high /\ b * c <= high /\ b * e <= high)%Z) by lia.
  destruct below as [l1 [l2 [l3 l4]]], above as [h1 [h2 [h3 h4]]].
  apply IZR_le in l1, l2, l3, l4, h1, h2, h3, h4. rewrite mult_IZR in l1, l2, l3, l4, h1, h2, h3, h4.
  assert (bounds : IZR low <= (r * IZR u) * (s * IZR u) <= IZR high).
  { generalize (between (IZR c) (IZR e) (s * IZR u) (IZR a) second) (between (IZR c) (IZR e) (s * IZR u) (IZR b) second)
      (between (IZR a) (IZR b) (r * IZR u) (s * IZR u) first). intros p q t.
    rewrite (Rmult_comm (IZR c)), (Rmult_comm (IZR e)), (Rmult_comm (s * IZR u)) in p, q.
    destruct p, q, t; lra. }
  clearbody low high. clear - bounds positive real.
  generalize (floor_below low u positive) (ceil_above high u positive). intros lower upper.
  split; apply (Rmult_le_reg_r (IZR u)); trivial; lra.
Qed.

Lemma inside_unit digits : inside digits (unit_of digits, unit_of digits) 1.
Proof. unfold inside. simpl. lra. Qed.

Lemma inside_plus digits x y r s : inside digits x r -> inside digits y s -> inside digits (plus x y) (r + s).
Proof. unfold inside, plus. cbn [fst snd]. rewrite !plus_IZR. lra. Qed.

Lemma inside_total digits A (x : A -> interval) (r : A -> R) l :
  (forall a, In a l -> inside digits (x a) (r a)) ->
  inside digits (total_of (map x l)) (fold_right (fun a rest => r a + rest) 0 l).
Proof.
  induction l as [|a l IH]; intros each; simpl.
  - unfold inside. simpl. lra.
  - apply inside_plus; [|apply IH]; auto with datatypes.
Qed.

Lemma inside_product digits parts reals :
  (0 <= digits)%Z -> Forall2 (inside digits) parts reals -> inside digits (product digits parts) (fold_right Rmult 1 reals).
Proof.
  intros enough all. unfold product. rewrite <- (Rmult_1_l (fold_right _ _ _)).
  assert (from : forall start s, inside digits start s ->
    inside digits (fold_left (times digits) parts start) (s * fold_right Rmult 1 reals)); [|apply from, inside_unit].
  induction all as [|x r parts reals first all IH]; intros start s begun; simpl; [rewrite Rmult_1_r; trivial|].
  rewrite <- Rmult_assoc. apply IH, inside_times; trivial.
Qed.

(** A number lies in the enclosure that is worked out for it. *)
Theorem number_is_inside factor digits n :
  encloses factor -> (0 <= digits)%Z -> inside digits (evaluate factor digits n) (value n).
Proof.
  intros each enough. apply inside_total. intros [m c] _. cbn [fst snd].
  change (Q2R c * monomial_value m) with (fold_right Rmult (monomial_value m) [Q2R c]).
  replace (fold_right Rmult (monomial_value m) [Q2R c]) with (fold_right Rmult 1 (Q2R c :: map v m)).
  - apply inside_product; trivial. constructor; [apply inside_ratio; trivial|].
    induction m; simpl; constructor; auto.
  - simpl. f_equal. induction m as [|f m IH]; simpl; [|rewrite IH]; reflexivity.
Qed.

End Meaning.
