(** T5: at whole positions algebraic frequencies never alias, since pi is no algebraic number.

    That pi is none is Lindemann's theorem, and a premise here. *)

From Coq Require Import Arith Lia ZArith Reals Lra Classical.
From Rope Require Import Sums Scores Cosines Decision Fields.
Local Open Scope R_scope.

Definition rational (x : R) : Prop := exists a b : Z, b <> 0%Z /\ x = IZR a / IZR b.

(** A zero of a polynomial with rational coefficients that are not all 0. *)
Definition algebraic (x : R) : Prop :=
  exists n q, (forall k, (k < n)%nat -> rational (q k)) /\ (exists k, (k < n)%nat /\ q k <> 0) /\
    total n (fun k => q k * x ^ k) = 0.

Lemma rational_IZR k : rational (IZR k).
Proof. exists k, 1%Z. split; [lia|field]. Qed.

Lemma rational_0 : rational 0.
Proof. apply (rational_IZR 0). Qed.
Lemma rational_1 : rational 1.
Proof. apply (rational_IZR 1). Qed.

Lemma rational_plus x y : rational x -> rational y -> rational (x + y).
Proof.
  intros [a [b [some ->]]] [c [d [some' ->]]]. exists (a * d + c * b)%Z, (b * d)%Z. split; [lia|].
  rewrite plus_IZR, !mult_IZR. field. split; apply not_0_IZR; trivial.
Qed.

Lemma rational_mult x y : rational x -> rational y -> rational (x * y).
Proof.
  intros [a [b [some ->]]] [c [d [some' ->]]]. exists (a * c)%Z, (b * d)%Z. split; [lia|].
  rewrite !mult_IZR. field. split; apply not_0_IZR; trivial.
Qed.

Lemma rational_opp x : rational x -> rational (- x).
Proof. intros r. replace (- x) with (-1 * x) by ring. apply rational_mult; trivial. apply (rational_IZR (-1)). Qed.

Lemma rational_minus x y : rational x -> rational y -> rational (x - y).
Proof. intros. apply rational_plus; trivial. apply rational_opp. trivial. Qed.

Lemma rational_inv x : x <> 0 -> rational x -> rational (/ x).
Proof.
  intros some [a [b [some' ->]]]. assert (a <> 0%Z) by (intros ->; apply some; unfold Rdiv; ring).
  exists b, a. split; trivial. field. split; apply not_0_IZR; trivial.
Qed.

Lemma rational_total n f : (forall i, (i < n)%nat -> rational (f i)) -> rational (total n f).
Proof. induction n as [|n IH]; simpl; intros each; [apply rational_0|]. apply rational_plus; auto. Qed.

Lemma rational_pow x n : rational x -> rational (x ^ n).
Proof. intros r. induction n; simpl; [apply rational_1|apply rational_mult; trivial]. Qed.

Lemma rational_field : field rational.
Proof.
  repeat split; auto using rational_0, rational_1, rational_plus, rational_mult, rational_opp, rational_inv.
Qed.

(** Numbers whose rational combinations x carries into themselves make x algebraic. *)
Lemma stable_algebraic x n (v : nat -> R) (a : nat -> nat -> R) i0 :
  (forall i j, (i < n)%nat -> (j < n)%nat -> rational (a i j)) -> (i0 < n)%nat -> v i0 <> 0 ->
  (forall i, (i < n)%nat -> x * v i = total n (fun j => a i j * v j)) -> algebraic x.
Proof. exact (stable_over rational rational_field x n v a i0). Qed.

(** The next power of an algebraic number, in the n powers before. *)
Lemma algebraic_powers x :
  algebraic x -> exists n a, (0 < n)%nat /\ (forall i k, (i < n)%nat -> (k < n)%nat -> rational (a i k)) /\
    forall i, (i < n)%nat -> x * x ^ i = total n (fun k => a i k * x ^ k).
Proof. exact (powers_over rational rational_field x). Qed.

Lemma total_product n m f : total (n * m) f = total n (fun k => total m (fun l => f (k * m + l)%nat)).
Proof.
  induction n as [|n IH]; [reflexivity|]. replace (S n * m)%nat with (n * m + m)%nat by lia.
  rewrite total_append, IH. simpl. f_equal. apply total_ext. intros. f_equal. lia.
Qed.

Lemma algebraic_minus x y : algebraic x -> algebraic y -> algebraic (x - y).
Proof.
  intros ax ay. destruct (algebraic_powers x ax) as [n [a [some [ra powers_x]]]].
  destruct (algebraic_powers y ay) as [m [b [some' [rb powers_y]]]].
  assert (parts : forall i, (i < n * m)%nat -> (i / m < n)%nat /\ (i mod m < m)%nat).
  { intros i below. split; [apply Nat.div_lt_upper_bound; lia|apply Nat.mod_upper_bound; lia]. }
  apply (stable_algebraic (x - y) (n * m) (fun i => x ^ (i / m)%nat * y ^ (i mod m)%nat)
    (fun i j => a (i / m)%nat (j / m)%nat * (if Nat.eq_dec (j mod m)%nat (i mod m)%nat then 1 else 0)
                - (if Nat.eq_dec (j / m)%nat (i / m)%nat then 1 else 0) * b (i mod m)%nat (j mod m)%nat) 0%nat).
  - intros i j bi bj. destruct (parts i bi), (parts j bj). apply rational_minus; apply rational_mult; auto;
      destruct Nat.eq_dec; (apply rational_1 || apply rational_0).
  - nia.
  - rewrite Nat.div_0_l, Nat.mod_0_l by lia. simpl. lra.
  - intros i bi. destruct (parts i bi) as [low_x low_y].
    generalize dependent (i / m)%nat. generalize dependent (i mod m)%nat. intros iy low_y ix low_x. clear bi.
    rewrite total_product.
    rewrite (total_ext n _ (fun k => a ix k * x ^ k * y ^ iy
      - (if Nat.eq_dec k ix then 1 else 0) * x ^ k * (y * y ^ iy))).
    + unfold Rminus at 2. rewrite total_plus, total_scale_right, <- powers_x by trivial.
      rewrite (total_ext n _ (fun k => (if Nat.eq_dec k ix then 1 else 0) * (- (x ^ k * (y * y ^ iy)))))
        by (intros; ring).
      rewrite (total_single n ix) by (trivial || (intros l _ other; destruct (Nat.eq_dec l ix);
        [contradiction|ring])).
      destruct (Nat.eq_dec ix ix); [ring|contradiction].
    + intros k bk.
      rewrite (total_ext m _ (fun l => (if Nat.eq_dec l iy then 1 else 0) * (a ix k * x ^ k * y ^ l)
        + (- (if Nat.eq_dec k ix then 1 else 0) * x ^ k) * (b iy l * y ^ l))).
      * rewrite total_plus, total_scale, <- powers_y by trivial.
        rewrite (total_single m iy) by (trivial || (intros l _ other; destruct (Nat.eq_dec l iy);
          [contradiction|ring])).
        destruct (Nat.eq_dec iy iy); [ring|contradiction].
      * intros l bl. replace ((k * m + l) / m)%nat with k.
        2:{ rewrite Nat.div_add_l by lia. rewrite Nat.div_small by trivial. lia. }
        replace ((k * m + l) mod m) with l; [ring|].
        rewrite Nat.add_comm, Nat.mod_add, Nat.mod_small by lia. reflexivity.
Qed.

Lemma algebraic_0 : algebraic 0.
Proof.
  exists 2%nat, (fun k => INR k). split; [|split].
  - intros k _. rewrite INR_IZR_INZ. apply rational_IZR.
  - exists 1%nat. split; [lia|simpl; lra].
  - simpl. ring.
Qed.

Lemma algebraic_plus x y : algebraic x -> algebraic y -> algebraic (x + y).
Proof.
  intros ax ay. replace (x + y) with (x - (0 - y)) by ring. repeat apply algebraic_minus; trivial. apply algebraic_0.
Qed.

Lemma algebraic_of_multiple r x : rational r -> r <> 0 -> algebraic (r * x) -> algebraic x.
Proof.
  intros rr some [n [q [rq [[k [bk top]] zero]]]]. exists n, (fun k => q k * r ^ k). split; [|split].
  - intros i bi. apply rational_mult; auto. apply rational_pow. trivial.
  - exists k. split; trivial. apply Rmult_integral_contrapositive. split; trivial. apply pow_nonzero. trivial.
  - rewrite <- zero. apply total_ext. intros. rewrite Rpow_mult_distr. ring.
Qed.

(** An algebraic number plus a rational multiple of pi is a whole number of turns only if the first is 0 and the
  second
    an even multiple. *)
Theorem whole_turns (lindemann : ~ algebraic PI) a r :
  algebraic a -> rational r ->
  (exists k : Z, a + r * PI = IZR k * (2 * PI)) <-> a = 0 /\ exists k : Z, r = IZR k * 2.
Proof.
  intros algebraic_a rational_r. split.
  - intros [k equal].
    destruct (Req_dec (IZR k * 2 - r) 0) as [zero|some].
    + assert (even : r = IZR k * 2) by lra. split; [|exists k; exact even]. rewrite even in equal. lra.
    + exfalso. apply lindemann, (algebraic_of_multiple (IZR k * 2 - r)); trivial.
      * apply rational_minus; trivial. apply rational_mult; [apply rational_IZR|apply (rational_IZR 2)].
      * replace ((IZR k * 2 - r) * PI) with a by lra. exact algebraic_a.
  - intros [-> [k ->]]. exists k. ring.
Qed.

(** T5 for frequencies x + r pi and y + s pi, with x and y algebraic, r and s rational: at whole positions they are
    alike exactly if x = y and r = s modulo 2 on every axis, or both with the opposite sign. *)
Theorem aliases (lindemann : ~ algebraic PI) axes (reached : (nat -> R) -> Prop) x y r s :
  (forall p, natural p -> reached p) -> (forall p, reached p -> whole p) ->
  (forall a, (a < axes)%nat -> algebraic (x a) /\ algebraic (y a) /\ rational (r a) /\ rational (s a)) ->
  alike axes reached (fun a => x a + r a * PI) (fun a => y a + s a * PI) <->
  (forall a, (a < axes)%nat -> x a = y a /\ exists k : Z, r a - s a = IZR k * 2) \/
  (forall a, (a < axes)%nat -> x a = - y a /\ exists k : Z, r a + s a = IZR k * 2).
Proof.
  intros all only numbers. rewrite alike_at_whole_positions by trivial.
  assert (minus : forall a, (a < axes)%nat ->
    (exists k : Z, x a + r a * PI - (y a + s a * PI) = IZR k * (2 * PI)) <->
    x a = y a /\ exists k : Z, r a - s a = IZR k * 2).
  { intros a below. destruct (numbers a below) as [ax [ay [rr rs]]].
    replace (x a + r a * PI - (y a + s a * PI)) with (x a - y a + (r a - s a) * PI) by ring.
    rewrite (whole_turns lindemann (x a - y a) (r a - s a)); [|apply algebraic_minus|apply rational_minus]; trivial.
    split; intros [equal even]; split; trivial; lra. }
  assert (plus : forall a, (a < axes)%nat ->
    (exists k : Z, x a + r a * PI + (y a + s a * PI) = IZR k * (2 * PI)) <->
    x a = - y a /\ exists k : Z, r a + s a = IZR k * 2).
  { intros a below. destruct (numbers a below) as [ax [ay [rr rs]]].
    replace (x a + r a * PI + (y a + s a * PI)) with (x a + y a + (r a + s a) * PI) by ring.
    rewrite (whole_turns lindemann (x a + y a) (r a + s a)); [|apply algebraic_plus|apply rational_plus]; trivial.
    split; intros [equal even]; split; trivial; lra. }
  split; (intros [each|each]; [left|right]; intros a below; generalize (each a below); [apply minus|apply plus];
    trivial).
Qed.

(** Algebraic frequencies never alias. *)
Theorem algebraic_frequencies_never_alias (lindemann : ~ algebraic PI) axes (reached : (nat -> R) -> Prop) u v :
  (forall p, natural p -> reached p) -> (forall p, reached p -> whole p) ->
  (forall a, (a < axes)%nat -> algebraic (u a) /\ algebraic (v a)) ->
  alike axes reached u v <->
  (forall a, (a < axes)%nat -> u a = v a) \/ (forall a, (a < axes)%nat -> u a = - v a).
Proof.
  intros all only numbers. split.
  - intros same. assert (turns : alike axes reached (fun a => u a + 0 * PI) (fun a => v a + 0 * PI)).
    { intros p rp. generalize (same p rp). unfold dot.
      rewrite (total_ext axes (fun a => (u a + 0 * PI) * p a) (fun a => u a * p a)) by (intros; ring).
      rewrite (total_ext axes (fun a => (v a + 0 * PI) * p a) (fun a => v a * p a)) by (intros; ring). trivial. }
    apply (aliases lindemann axes reached u v (fun _ => 0) (fun _ => 0)) in turns; trivial.
    + destruct turns as [each|each]; [left|right]; intros a below; apply (each a below).
    + intros a below. destruct (numbers a below). repeat split; trivial; apply rational_0.
  - intros equal p _. apply (proj2 (alike_at_real_positions axes u v) equal p I).
Qed.

(** A frequency that is 0 or pi, modulo 2 pi, on every axis turns by 1 or -1 only, at whole positions. *)
Theorem own_opposite axes u p :
  (forall a, (a < axes)%nat -> exists k : Z, u a = IZR k * PI) -> whole p ->
  sin (dot axes u p) = 0 /\ (cos (dot axes u p) = 1 \/ cos (dot axes u p) = -1).
Proof.
  intros halves wp. assert (zero : sin (dot axes u p) = 0).
  { apply sin_eq_0_1. unfold dot. induction axes as [|axes IH]; simpl; [exists 0%Z; ring|].
    destruct IH as [k ->]; [auto|]. destruct (halves axes ltac:(lia)) as [l ->], (wp axes) as [m ->].
    exists (k + l * m)%Z. rewrite plus_IZR, mult_IZR. ring. }
  split; [exact zero|]. generalize (sin2_cos2 (dot axes u p)). unfold Rsqr. rewrite zero. intros unit.
  assert (product : (cos (dot axes u p) - 1) * (cos (dot axes u p) + 1) = 0) by lra.
  apply Rmult_integral in product as [|]; [left|right]; lra.
Qed.
