(** The layouts of a certificate as tables, and the kernels that they are: what checker.py calls a side. *)

From Coq Require Import Arith Reals Lra Lia List QArith Bool ZArith.
From Rope Require Import Sums Exact Angles.
Import ListNotations.
Local Open Scope R_scope.

(** An angle as it is written: frequencies by axis. Axis 0 is the constant, the others count from 1. *)
Definition written_angle := list (nat * number).

(** A pair reads lanes (a, b) and writes lanes (c, d): y[c] = s (x[a] cos alpha - x[b] sin beta),
    y[d] = s (x[a] sin gamma + x[b] cos delta). *)
Record pair := Pair {
  read : nat * nat; write : nat * nat;
  alpha : written_angle; beta : written_angle; gamma : written_angle; delta : written_angle; size : number }.

(** [forms] has for each feed and each axis its form in the token's coordinates, the constant first. *)
Record table := Table {
  width : nat; whole : bool; passes : list (nat * nat); pairs : list pair; forms : list (list (list Q)) }.

Definition both (two : nat * nat) : list nat := [fst two; snd two].
Definition reads (t : table) : list nat := map fst (passes t) ++ flat_map (fun p => both (read p)) (pairs t).
Definition writes (t : table) : list nat := map snd (passes t) ++ flat_map (fun p => both (write p)) (pairs t).

Fixpoint distinct (l : list nat) : bool :=
  match l with
  | [] => true
  | a :: l => if existsb (Nat.eqb a) l then false else distinct l
  end.

(** [_lanes] with its last argument: each lane below the width once. *)
Definition each_once (n : nat) (l : list nat) : bool :=
  if Nat.eqb (length l) n then if forallb (fun a => Nat.ltb a n) l then distinct l else false else false.

(** [coordinates] says how many each feed has. *)
Definition form_of (coordinates : list nat) (t : table) (m axis : nat) : list Q :=
  match axis with
  | O => 1%Q :: repeat 0%Q (nth m coordinates 0%nat)
  | S a => nth a (nth m (forms t) []) []
  end.

Definition still (coordinates : list nat) (m : nat) : angle := repeat [] (S (nth m coordinates 0%nat)).

Definition pulled (coordinates : list nat) (t : table) (m : nat) (w : written_angle) : angle :=
  fold_right (fun term => added (snd term) (form_of coordinates t m (fst term))) (still coordinates m) w.

Definition angles_of (p : pair) : list written_angle := [alpha p; beta p; gamma p; delta p].

Definition digits_for_sizes : list Z := [40; 160]%Z.

(** What [_Side.__init__] demands: forms for every axis and coordinate of every feed, angles of known axes, magnitudes
    that are surely positive, and each lane read once and written once. *)
Definition well_fed (coordinates : list nat) (t : table) : bool :=
  if Nat.eqb (length (forms t)) (length coordinates) then
    forallb (fun m => forallb (fun form => Nat.eqb (length form) (S (nth m coordinates 0%nat))) (nth m (forms t) []))
      (seq 0 (length coordinates))
  else false.

Definition known_axes (coordinates : list nat) (t : table) : bool :=
  forallb (fun m => forallb (fun p => forallb (forallb (fun term => Nat.leb (fst term) (length (nth m (forms t) []))))
                                        (angles_of p)) (pairs t))
    (seq 0 (length coordinates)).

(** A number like that of the pair before is not worked out again. *)
Fixpoint positive_from (factor : Z -> positive -> interval) (last : number) (l : list pair) : bool :=
  match l with
  | [] => true
  | p :: l =>
      if number_eqb (size p) last then positive_from factor last l
      else if existsb (fun digits => Z.ltb 0 (fst (evaluate factor digits (size p)))) digits_for_sizes
           then positive_from factor (size p) l else false
  end.

Definition positive_sizes (factor : Z -> positive -> interval) (t : table) : bool :=
  positive_from factor one_number (pairs t).

Definition well_formed (factor : Z -> positive -> interval) (coordinates : list nat) (t : table) : bool :=
  if Nat.ltb 0 (width t) then if Nat.ltb 0 (length coordinates) then
  if well_fed coordinates t then if known_axes coordinates t then
  if positive_sizes factor t then
  if each_once (width t) (reads t) then each_once (width t) (writes t)
  else false else false else false else false else false else false.

(** What moves lanes on their own. *)
Inductive piece := Pass (lanes : nat * nat) | Turned (p : pair).
Definition pieces (t : table) : list piece := map Pass (passes t) ++ map Turned (pairs t).
Definition rows_of (p : piece) : list nat := match p with Pass rw => [snd rw] | Turned p => both (write p) end.
Definition columns_of (p : piece) : list nat := match p with Pass rw => [fst rw] | Turned p => both (read p) end.

Definition add_all {A} (f : A -> R) (l : list A) : R := fold_right (fun a rest => f a + rest) 0 l.

Lemma add_all_cons {A} (f : A -> R) a l : add_all f (a :: l) = f a + add_all f l.
Proof. reflexivity. Qed.

Lemma add_all_ext {A} (f g : A -> R) l : (forall a, In a l -> f a = g a) -> add_all f l = add_all g l.
Proof. induction l as [|a l IH]; simpl; intros equal; [reflexivity|]. rewrite equal, IH; auto. Qed.

Lemma add_all_app {A} (f : A -> R) l l' : add_all f (l ++ l') = add_all f l + add_all f l'.
Proof. induction l as [|a l IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma add_all_map {A B} (f : B -> R) (g : A -> B) l : add_all f (map g l) = add_all (fun a => f (g a)) l.
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite IH. reflexivity. Qed.

Lemma add_all_flat_map {A B} (f : B -> R) (g : A -> list B) l :
  add_all f (flat_map g l) = add_all (fun a => add_all f (g a)) l.
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. rewrite add_all_app, IH. reflexivity. Qed.

Lemma add_all_zero {A} (f : A -> R) l : (forall a, In a l -> f a = 0) -> add_all f l = 0.
Proof. induction l as [|a l IH]; simpl; intros zero; [reflexivity|]. rewrite zero, IH; auto. ring. Qed.

Lemma add_all_scale {A} (f : A -> R) c l : add_all (fun a => c * f a) l = c * add_all f l.
Proof. induction l as [|a l IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma distinct_NoDup l : distinct l = true -> NoDup l.
Proof.
  induction l as [|a l IH]; simpl; [constructor|]. destruct (existsb (Nat.eqb a) l) eqn:again; [discriminate|].
  intros rest. constructor; [|auto]. intros inside.
  assert (existsb (Nat.eqb a) l = true) by (apply existsb_exists; exists a; rewrite Nat.eqb_refl; auto). congruence.
Qed.

Lemma each_once_spec n l :
  each_once n l = true -> length l = n /\ NoDup l /\ forall a, In a l <-> (a < n)%nat.
Proof.
  unfold each_once. destruct (Nat.eqb_spec (length l) n) as [size|]; [|discriminate].
  destruct (forallb _ l) eqn:below; [|discriminate]. intros once. apply distinct_NoDup in once.
  rewrite forallb_forall in below.
  assert (sub : incl l (seq 0 n)) by (intros a inside; apply in_seq; specialize (below a inside); apply Nat.ltb_lt in below; lia).
  repeat split; trivial.
  - intros inside. apply Nat.ltb_lt, below, inside.
  - intros small. apply (NoDup_length_incl once) in sub; [apply sub, in_seq; lia|]. rewrite seq_length. lia.
Qed.

Lemma NoDup_app_left {A} (l l' : list A) : NoDup (l ++ l') -> NoDup l.
Proof. induction l; simpl; intros once; constructor; inversion once; subst; [intros inside; apply H1, in_or_app|]; auto. Qed.

Lemma NoDup_app_right {A} (l l' : list A) : NoDup (l ++ l') -> NoDup l'.
Proof. induction l; simpl; trivial. inversion 1; auto. Qed.

Lemma NoDup_app_apart {A} (l l' : list A) a : NoDup (l ++ l') -> In a l -> ~ In a l'.
Proof.
  induction l as [|b l IH]; simpl; [tauto|]. inversion 1; subst. intros [->|inside]; [|auto].
  intros other. apply H2, in_or_app. auto.
Qed.

Section Meaning.

Variable v : positive -> R.
Variable coordinates : list nat.

(** A token: its feed, and its coordinates. *)
Definition token := (nat * list R)%type.
Definition possible (t : table) (x : token) : Prop :=
  (fst x < length coordinates)%nat /\ length (snd x) = nth (fst x) coordinates 0%nat /\ reached (whole t) (snd x).

(** The position that an axis gets, and the angle of a pair at a token. *)
Definition position (t : table) (x : token) (axis : nat) : R := form_at (form_of coordinates t (fst x) axis) (1 :: snd x).
Definition theta (t : table) (w : written_angle) (x : token) : R :=
  add_all (fun term => value v (snd term) * position t x (fst term)) w.

(** What a piece puts at (row, column) of the kernel. *)
Definition delta_of (a b : nat) : R := if Nat.eqb a b then 1 else 0.
Definition piece_kernel (t : table) (p : piece) (x : token) (r c : nat) : R :=
  match p with
  | Pass rw => delta_of r (snd rw) * delta_of c (fst rw)
  | Turned p =>
      value v (size p) *
      (delta_of r (fst (write p)) *
         (delta_of c (fst (read p)) * cos (theta t (alpha p) x) - delta_of c (snd (read p)) * sin (theta t (beta p) x))
       + delta_of r (snd (write p)) *
         (delta_of c (fst (read p)) * sin (theta t (gamma p) x) + delta_of c (snd (read p)) * cos (theta t (delta p) x)))
  end.

(** The kernel: y = K(x) applied to a head, lane by lane. *)
Definition kernel (t : table) (x : token) (r c : nat) : R := add_all (fun p => piece_kernel t p x r c) (pieces t).

(** What attention sees: M(x, y) = K(x)^T K(y). *)
Definition score (t : table) (x y : token) (i j : nat) : R := total (width t) (fun r => kernel t x r i * kernel t y r j).

Lemma axis_0_is_1 t x : position t x 0 = 1.
Proof.
  unfold position, form_of. cbn [form_at]. rewrite Q2R_1. generalize (nth (fst x) coordinates 0%nat) (snd x).
  intros n. induction n as [|n IH]; destruct l as [|y l]; cbn [repeat form_at]; try ring.
  transitivity (1 * 1 + form_at (repeat 0%Q n) l); [|apply IH].
  replace (Q2R 0) with 0 by (unfold Q2R; simpl; ring). ring.
Qed.

Section WellFormed.

Variable factor : Z -> positive -> interval.
Variable t : table.
Variable fine : well_formed factor coordinates t = true.

Lemma fine_parts :
  (0 < width t)%nat /\ (0 < length coordinates)%nat /\ well_fed coordinates t = true /\ known_axes coordinates t = true /\
  positive_sizes factor t = true /\ each_once (width t) (reads t) = true /\ each_once (width t) (writes t) = true.
Proof.
  unfold well_formed in fine. destruct (Nat.ltb_spec 0 (width t)), (Nat.ltb_spec 0 (length coordinates)),
    (well_fed coordinates t), (known_axes coordinates t), (positive_sizes factor t), (each_once (width t) (reads t));
    try discriminate; repeat split; trivial.
Qed.

Lemma form_length m axis :
  (m < length coordinates)%nat -> (axis <= length (nth m (forms t) []))%nat ->
  length (form_of coordinates t m axis) = S (nth m coordinates 0%nat).
Proof.
  intros feed known. destruct axis as [|a]; cbn [form_of length]; [rewrite repeat_length; reflexivity|].
  destruct fine_parts as [_ [_ [fed _]]]. unfold well_fed in fed.
  destruct (Nat.eqb (length (forms t)) (length coordinates)); [|discriminate].
  rewrite forallb_forall in fed. specialize (fed m ltac:(apply in_seq; lia)).
  rewrite forallb_forall in fed. apply Nat.eqb_eq, fed, nth_In. lia.
Qed.

Definition known (m : nat) (w : written_angle) : Prop :=
  forall term, In term w -> (fst term <= length (nth m (forms t) []))%nat.

Lemma angles_known m p w :
  (m < length coordinates)%nat -> In p (pairs t) -> In w (angles_of p) -> known m w.
Proof.
  intros feed inside own term here. destruct fine_parts as [_ [_ [_ [axes _]]]]. unfold known_axes in axes.
  rewrite forallb_forall in axes. specialize (axes m ltac:(apply in_seq; lia)).
  rewrite forallb_forall in axes. specialize (axes p inside).
  rewrite forallb_forall in axes. specialize (axes w own).
  rewrite forallb_forall in axes. apply Nat.leb_le, axes, here.
Qed.

Lemma still_length m : length (still coordinates m) = S (nth m coordinates 0%nat).
Proof. apply repeat_length. Qed.

Lemma still_turn m u : turn v (still coordinates m) u = 0.
Proof.
  unfold still. generalize (S (nth m coordinates 0%nat)). intros n. revert u.
  induction n as [|n IH]; destruct u; simpl; trivial. rewrite IH. unfold value. simpl. ring.
Qed.

Lemma pulled_length m w :
  (m < length coordinates)%nat -> known m w -> length (pulled coordinates t m w) = S (nth m coordinates 0%nat).
Proof.
  intros feed. induction w as [|term w IH]; intros axes; [apply still_length|]. cbn [pulled fold_right].
  fold (pulled coordinates t m w). rewrite added_length.
  - apply IH. intros each here. apply axes. right. trivial.
  - rewrite form_length, IH; trivial; [intros each here|]; apply axes; simpl; auto.
Qed.

(** The angle that the checker works with is that of the table. *)
Lemma pulled_turn m w u :
  (m < length coordinates)%nat -> known m w ->
  turn v (pulled coordinates t m w) (1 :: u) = theta t w (m, u).
Proof.
  intros feed. induction w as [|term w IH]; intros axes; [apply still_turn|]. cbn [pulled fold_right].
  fold (pulled coordinates t m w).
  assert (rest : known m w) by (intros each here; apply axes; right; trivial).
  rewrite added_turn, IH; trivial.
  rewrite form_length, pulled_length; trivial. apply axes. left. reflexivity.
Qed.

Lemma reads_pieces : reads t = flat_map columns_of (pieces t).
Proof.
  unfold reads, pieces. rewrite flat_map_app. f_equal.
  - induction (passes t); simpl; [reflexivity|f_equal; trivial].
  - induction (pairs t); simpl; [reflexivity|]. rewrite IHl. reflexivity.
Qed.

Lemma writes_pieces : writes t = flat_map rows_of (pieces t).
Proof.
  unfold writes, pieces. rewrite flat_map_app. f_equal.
  - induction (passes t); simpl; [reflexivity|f_equal; trivial].
  - induction (pairs t); simpl; [reflexivity|]. rewrite IHl. reflexivity.
Qed.

End WellFormed.

Lemma delta_self a : delta_of a a = 1.
Proof. unfold delta_of. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma delta_other a b : a <> b -> delta_of a b = 0.
Proof. unfold delta_of. intros differ. apply Nat.eqb_neq in differ. rewrite differ. reflexivity. Qed.

Lemma piece_rows t p x r c : ~ In r (rows_of p) -> piece_kernel t p x r c = 0.
Proof.
  destruct p as [[a w]|p]; simpl; intros out.
  - rewrite (delta_other r) by (intros ->; tauto). ring.
  - rewrite (delta_other r (fst (write p))), (delta_other r (snd (write p))) by (intros ->; tauto). ring.
Qed.

Lemma piece_columns t p x r c : ~ In c (columns_of p) -> piece_kernel t p x r c = 0.
Proof.
  destruct p as [[a w]|p]; simpl; intros out.
  - rewrite (delta_other c) by (intros ->; tauto). ring.
  - rewrite (delta_other c (fst (read p))), (delta_other c (snd (read p))) by (intros ->; tauto). ring.
Qed.

(** Pieces write lanes of their own, so M is a sum over pieces. *)
Definition piece_score (t : table) (p : piece) (x y : token) (i j : nat) : R :=
  total (width t) (fun r => piece_kernel t p x r i * piece_kernel t p y r j).

Lemma score_of_pieces t x y i j :
  NoDup (flat_map rows_of (pieces t)) -> score t x y i j = add_all (fun p => piece_score t p x y i j) (pieces t).
Proof.
  unfold score, kernel, piece_score. generalize (width t). intros n. induction (pieces t) as [|p l IH]; intros once.
  - simpl. rewrite (total_ext n _ (fun _ => 0)) by (intros; ring). apply total_zero.
  - cbn [flat_map] in once. rewrite add_all_cons, <- (IH (NoDup_app_right _ _ once)), <- total_plus.
    apply total_ext. intros r _. rewrite !add_all_cons.
    destruct (in_dec Nat.eq_dec r (rows_of p)) as [own|other].
    + assert (rest : forall z c, add_all (fun p => piece_kernel t p z r c) l = 0).
      { intros z c. apply add_all_zero. intros q inside. apply piece_rows. intros again.
        apply (NoDup_app_apart _ _ r once own), in_flat_map. eauto. }
      rewrite !rest. ring.
    + rewrite !(piece_rows t p _ r) by trivial. ring.
Qed.

Lemma total_two n c d f :
  (c < n)%nat -> (d < n)%nat -> c <> d -> (forall r, r <> c -> r <> d -> f r = 0) -> total n f = f c + f d.
Proof.
  intros first second apart others.
  rewrite (total_ext n f (fun r => (if Nat.eqb r c then f c else 0) + (if Nat.eqb r d then f d else 0))).
  - rewrite total_plus, (total_single n c), (total_single n d), !Nat.eqb_refl; trivial;
      intros r _ differ; apply Nat.eqb_neq in differ; rewrite differ; reflexivity.
  - intros r _. destruct (Nat.eqb_spec r c), (Nat.eqb_spec r d); subst; try lra; [contradiction|].
    rewrite others; trivial. ring.
Qed.

End Meaning.
