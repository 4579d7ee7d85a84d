(** YaRN with the ends of its ramp rounded outwards (truncate) and not, for all bases, lengths, betas and factors. *)

From Coq Require Import ZArith Reals Lra Lia Psatz.
From Rope Require Import Sums Algebraic.
Local Open Scope R_scope.

Definition floor x := Int_part x.
Definition ceil x := (- Int_part (- x))%Z.

Lemma floor_bounds x : IZR (floor x) <= x < IZR (floor x) + 1.
Proof. unfold floor. generalize (base_Int_part x). lra. Qed.

Lemma ceil_bounds x : IZR (ceil x) - 1 < x <= IZR (ceil x).
Proof. unfold ceil. rewrite opp_IZR. generalize (base_Int_part (- x)). lra. Qed.

(** The ends, clipped to 0 and n - 1, and the ramp between them, as transformers has them. *)
Definition low_end (truncate : bool) fast := Rmax (if truncate then IZR (floor fast) else fast) 0.
Definition high_end (truncate : bool) (n : Z) slow := Rmin (if truncate then IZR (ceil slow) else slow) (IZR (n - 1)).

Definition clamp x := Rmin 1 (Rmax 0 x).
Definition ramp low high (j : Z) := clamp ((IZR j - low) / (if Req_EM_T low high then 1 / 1000 else high - low)).

Definition frequency base (n : Z) factor r (j : Z) := Rpower base (-2 * IZR j / IZR n) * (r / factor + (1 - r)).

Ltac clamped := unfold clamp, Rmin, Rmax; repeat destruct (Rle_dec _ _); try lra.

Lemma clamp_low x : x <= 0 -> clamp x = 0. Proof. intros. clamped. Qed.
Lemma clamp_high x : 1 <= x -> clamp x = 1. Proof. intros. clamped. Qed.
Lemma clamp_inside x : 0 <= x <= 1 -> clamp x = x. Proof. intros. clamped. Qed.

Lemma divided_is_low x d : 0 < d -> x <= 0 -> x / d <= 0.
Proof.
  intros some below. apply (Rmult_le_reg_r d); [exact some|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma divided_is_high x d : 0 < d -> d <= x -> 1 <= x / d.
Proof.
  intros some above. apply (Rmult_le_reg_r d); [exact some|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma ramp_before low high j : low <= high -> IZR j <= low -> ramp low high j = 0.
Proof.
  intros order before. unfold ramp. apply clamp_low. destruct (Req_EM_T low high); apply divided_is_low; lra.
Qed.

Lemma ramp_after low high j : low < high -> high <= IZR j -> ramp low high j = 1.
Proof.
  intros order after. unfold ramp. apply clamp_high. destruct (Req_EM_T low high); [lra|]. apply divided_is_high; lra.
Qed.

Lemma ramp_inside low high j : low < high -> low <= IZR j <= high -> ramp low high j = (IZR j - low) / (high - low).
Proof.
  intros order [after before]. unfold ramp. destruct (Req_EM_T low high); [lra|]. apply clamp_inside. split.
  - apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra.
  - apply (Rmult_le_reg_r (high - low)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma whole_above x z j : x < IZR z + 1 -> (z < j)%Z -> x < IZR j.
Proof. intros near above. assert (IZR z + 1 <= IZR j) by (rewrite <- plus_IZR; apply IZR_le; lia). lra. Qed.

Lemma whole_below x z j : IZR z - 1 < x -> (j < z)%Z -> IZR j < x.
Proof. intros near below. assert (IZR j <= IZR z - 1) by (rewrite <- minus_IZR; apply IZR_le; lia). lra. Qed.

(** One pair between the rounded ends agrees exactly if both ramps are at the same height there. *)
Lemma agrees_inside low high l h j :
  low < high -> IZR l <= low < IZR l + 1 -> IZR h - 1 < high <= IZR h -> (l < j < h)%Z ->
  ramp low high j = ramp (IZR l) (IZR h) j
  <-> (IZR j - low) * (IZR h - IZR l) = (IZR j - IZR l) * (high - low).
Proof.
  intros order [l_below l_near] [h_near h_above] [after before].
  assert (low < IZR j) by (apply (whole_above low l); assumption).
  assert (IZR j < high) by (apply (whole_below high h); assumption).
  assert (IZR l < IZR j < IZR h) by (split; apply IZR_lt; assumption).
  rewrite !ramp_inside by lra. split; intros same.
  - apply (f_equal (fun x => x * (high - low) * (IZR h - IZR l))) in same. field_simplify in same; lra.
  - apply (Rmult_eq_reg_r ((high - low) * (IZR h - IZR l))); [field_simplify; lra|]. nra.
Qed.

Lemma agrees_outside low high l h j :
  low < high -> IZR l <= low < IZR l + 1 -> IZR h - 1 < high <= IZR h -> (j <= l \/ h <= j)%Z ->
  ramp low high j = ramp (IZR l) (IZR h) j.
Proof.
  intros order [l_below l_near] [h_near h_above] [before|after].
  - assert (IZR j <= IZR l) by (apply IZR_le; exact before). rewrite !ramp_before; lra.
  - assert (IZR h <= IZR j) by (apply IZR_le; exact after). rewrite !ramp_after; lra.
Qed.

(** The ramps agree at all m pairs exactly if no end moves, or no pair is strictly between the rounded ends, or a single
    one is and both ramps are at the same height there. *)
Theorem ramps_agree_exactly low high l h m :
  low < high -> IZR l <= low < IZR l + 1 -> IZR h - 1 < high <= IZR h -> (0 <= l)%Z ->
  (forall j, (0 <= j < m)%Z -> ramp low high j = ramp (IZR l) (IZR h) j) <->
  (low = IZR l /\ high = IZR h) \/ (m <= l + 1 \/ h <= l + 1)%Z \/
  ((m = l + 2 \/ h = l + 2)%Z /\ (IZR l + 1 - low) * (IZR h - IZR l) = high - low).
Proof.
  intros order at_l at_h first. split.
  - intros agree.
    destruct (Z_le_gt_dec m (l + 1)) as [few|some]; [auto|]. destruct (Z_le_gt_dec h (l + 1)) as [near|wide]; [auto|].
    assert (one : (IZR (l + 1) - low) * (IZR h - IZR l) = (IZR (l + 1) - IZR l) * (high - low)).
    { apply (agrees_inside low high l h (l + 1)); try assumption; try lia. apply agree. lia. }
    rewrite plus_IZR in one.
    destruct (Z.eq_dec m (l + 2)) as [last|more]; [right; right; split; [auto|lra]|].
    destruct (Z.eq_dec h (l + 2)) as [end_|further]; [right; right; split; [auto|lra]|].
    assert (two : (IZR (l + 2) - low) * (IZR h - IZR l) = (IZR (l + 2) - IZR l) * (high - low)).
    { apply (agrees_inside low high l h (l + 2)); try assumption; try lia. apply agree. lia. }
    rewrite plus_IZR in two. assert (wide_ : IZR h - IZR l = high - low) by lra.
    assert (IZR l < IZR h) by (apply IZR_lt; lia).
    left. assert (low = IZR l).
    { apply (Rmult_eq_reg_r (IZR h - IZR l)); lra. }
    lra.
  - intros [[-> ->]|[few|[single same]]] j [nonnegative below]; [reflexivity| |].
    + apply agrees_outside; try assumption. lia.
    + destruct (Z.eq_dec j (l + 1)) as [->|other].
      * destruct (Z_le_gt_dec h (l + 1)) as [near|wide]; [apply agrees_outside; auto|].
        apply agrees_inside; try assumption; try lia. rewrite plus_IZR. lra.
      * apply agrees_outside; try assumption. lia.
Qed.

(** Both ends in one place, which is no whole number: the ramp is a thousandth long, and rounded it is a step between
    two pairs. They agree exactly if the next pair is at least that far, or there is none. *)
Theorem ramps_agree_in_one_place low l m :
  IZR l < low < IZR l + 1 -> (0 <= l)%Z ->
  (forall j, (0 <= j < m)%Z -> ramp low low j = ramp (IZR l) (IZR (l + 1)) j) <->
  (m <= l + 1)%Z \/ 1 / 1000 <= IZR l + 1 - low.
Proof.
  intros inside first. assert (step : IZR (l + 1) = IZR l + 1) by (rewrite plus_IZR; lra).
  assert (before : forall j, (j <= l)%Z -> ramp low low j = ramp (IZR l) (IZR (l + 1)) j).
  { intros j near. assert (IZR j <= IZR l) by (apply IZR_le; exact near). rewrite !ramp_before; lra. }
  assert (at_end : ramp (IZR l) (IZR (l + 1)) (l + 1) = 1) by (apply ramp_after; lra).
  split.
  - intros agree. destruct (Z_le_gt_dec m (l + 1)) as [few|some]; [auto|]. right.
    specialize (agree (l + 1)%Z ltac:(lia)). rewrite at_end in agree. unfold ramp in agree.
    destruct (Req_EM_T low low); [|lra]. rewrite step in agree.
    destruct (Rle_dec (1 / 1000) (IZR l + 1 - low)) as [far|near]; [exact far|exfalso].
    rewrite clamp_inside in agree by lra. lra.
  - intros either j [nonnegative below]. destruct (Z_le_gt_dec j l) as [near|far]; [apply before; exact near|].
    assert (l + 1 <= j)%Z by lia. assert (IZR (l + 1) <= IZR j) by (apply IZR_le; assumption).
    rewrite (ramp_after (IZR l)) by lra. unfold ramp. destruct (Req_EM_T low low); [|lra].
    apply clamp_high. destruct either as [few|apart]; [lia|]. lra.
Qed.

(** A pair turns alike with two ramps exactly if the factor is 1 or the ramps agree there. *)
Theorem frequencies_agree_exactly base n factor r r' j :
  factor <> 0 -> frequency base n factor r j = frequency base n factor r' j <-> factor = 1 \/ r = r'.
Proof.
  intros some. unfold frequency. assert (0 < Rpower base (-2 * IZR j / IZR n)) by apply exp_pos. split.
  - intros same. apply Rmult_eq_reg_l in same; [|lra].
    assert (scaled : r * (1 - factor) = r' * (1 - factor)).
    { replace (r * (1 - factor)) with ((r / factor + (1 - r) - 1) * factor) by (field; exact some).
      rewrite same. field. exact some. }
    destruct (Req_dec factor 1) as [one|other]; [auto|right].
    apply (Rmult_eq_reg_r (1 - factor)); [exact scaled|lra].
  - intros [->| ->]; [|reflexivity]. f_equal. field.
Qed.

(** For factors from 1 on pairs turn slower and slower. *)
Lemma ramp_rises low high j k : low <= high -> (j <= k)%Z -> ramp low high j <= ramp low high k.
Proof.
  intros order next. assert (IZR j <= IZR k) by (apply IZR_le; exact next). unfold ramp.
  assert (up : (IZR j - low) / (if Req_EM_T low high then 1 / 1000 else high - low)
               <= (IZR k - low) / (if Req_EM_T low high then 1 / 1000 else high - low)).
  { apply Rmult_le_compat_r; [|lra]. destruct (Req_EM_T low high); left; apply Rinv_0_lt_compat; lra. }
  unfold clamp. apply Rle_min_compat_l, Rle_max_compat_l. exact up.
Qed.

Lemma ramp_between low high j : 0 <= ramp low high j <= 1.
Proof.
  unfold ramp. generalize ((IZR j - low) / (if Req_EM_T low high then 1 / 1000 else high - low)). intros. clamped.
Qed.

Theorem frequencies_fall base n factor low high j k :
  1 < base -> (0 < n)%Z -> 1 <= factor -> low <= high -> (j < k)%Z ->
  frequency base n factor (ramp low high k) k < frequency base n factor (ramp low high j) j.
Proof.
  intros large some above order next. unfold frequency.
  generalize (ramp_rises low high j k order ltac:(lia)) (ramp_between low high j) (ramp_between low high k).
  generalize (ramp low high j) (ramp low high k). intros r s rises [r0 r1] [s0 s1].
  assert (0 < IZR n) by (apply IZR_lt; exact some). assert (IZR j < IZR k) by (apply IZR_lt; exact next).
  assert (slower : Rpower base (-2 * IZR k / IZR n) < Rpower base (-2 * IZR j / IZR n)).
  { apply Rpower_lt; [exact large|]. apply Rmult_lt_compat_r; [apply Rinv_0_lt_compat; assumption|lra]. }
  assert (0 < Rpower base (-2 * IZR k / IZR n)) by apply exp_pos.
  assert (inverse : 0 < / factor <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  unfold Rdiv. apply Rlt_le_trans with (Rpower base (-2 * IZR j * / IZR n) * (s * / factor + (1 - s))).
  - apply Rmult_lt_compat_r; [nra|exact slower].
  - apply Rmult_le_compat_l; [|nra]. left. apply exp_pos.
Qed.

(** Two sequences that fall, each of whose numbers is one of the other, are the same sequence. *)
Theorem falling_sequences (m : nat) (u v : nat -> R) :
  (forall i k, (i < k < m)%nat -> u k < u i) -> (forall i k, (i < k < m)%nat -> v k < v i) ->
  (forall i, (i < m)%nat -> exists k, (k < m)%nat /\ u i = v k) ->
  (forall i, (i < m)%nat -> exists k, (k < m)%nat /\ v i = u k) ->
  forall i, (i < m)%nat -> u i = v i.
Proof.
  intros u_falls v_falls u_in_v v_in_u i. induction i as [i IH] using lt_wf_ind. intros below.
  destruct (u_in_v i below) as [k [k_below same_u]]. destruct (v_in_u i below) as [l [l_below same_v]].
  destruct (lt_eq_lt_dec k i) as [[less|equal]|more].
  - rewrite <- (IH k less k_below) in same_u. generalize (u_falls k i ltac:(lia)). lra.
  - subst k. exact same_u.
  - destruct (lt_eq_lt_dec l i) as [[less'|equal']|more'].
    + rewrite (IH l less' l_below) in same_v. generalize (v_falls l i ltac:(lia)). lra.
    + subst l. symmetry. exact same_v.
    + generalize (v_falls i k ltac:(lia)) (u_falls i l ltac:(lia)). lra.
Qed.

(** The frequency of pair j with ends that are rounded, or not. *)
Definition yarn truncate base n factor fast slow j :=
  frequency base n factor (ramp (low_end truncate fast) (high_end truncate n slow) j) j.

(** The rounded ends, clipped: whole numbers. *)
Definition low_slot fast := Z.max (floor fast) 0.
Definition high_slot n slow := Z.min (ceil slow) (n - 1).

Lemma low_end_rounded fast :
  low_end true fast = IZR (low_slot fast) /\ IZR (low_slot fast) <= low_end false fast < IZR (low_slot fast) + 1.
Proof.
  generalize (floor_bounds fast). unfold low_end, low_slot, Rmax. intros [below above].
  destruct (Z.max_spec (floor fast) 0) as [[order ->]|[order ->]].
  - assert (IZR (floor fast) < 0) by (apply (IZR_lt _ 0); exact order).
    assert (IZR (floor fast) + 1 <= 0) by (rewrite <- plus_IZR; apply (IZR_le _ 0); lia).
    repeat destruct (Rle_dec _ _); lra.
  - assert (0 <= IZR (floor fast)) by (apply (IZR_le 0); exact order). repeat destruct (Rle_dec _ _); lra.
Qed.

Lemma high_end_rounded n slow :
  high_end true n slow = IZR (high_slot n slow) /\
  IZR (high_slot n slow) - 1 < high_end false n slow <= IZR (high_slot n slow).
Proof.
  generalize (ceil_bounds slow). unfold high_end, high_slot, Rmin. intros [below above].
  destruct (Z.min_spec (ceil slow) (n - 1)) as [[order ->]|[order ->]].
  - assert (IZR (ceil slow) < IZR (n - 1)) by (apply IZR_lt; exact order). repeat destruct (Rle_dec _ _); lra.
  - assert (IZR (n - 1) <= IZR (ceil slow)) by (apply IZR_le; exact order).
    destruct (Z.eq_dec (n - 1) (ceil slow)) as [same|other].
    + rewrite <- same in *. repeat destruct (Rle_dec _ _); lra.
    + assert (IZR (n - 1) <= IZR (ceil slow) - 1) by (rewrite <- minus_IZR; apply IZR_le; lia).
      repeat destruct (Rle_dec _ _); lra.
Qed.

Definition no_end_moves n fast slow :=
  low_end false fast = IZR (low_slot fast) /\ high_end false n slow = IZR (high_slot n slow).
Definition no_pair_between n fast slow m := (m <= low_slot fast + 1 \/ high_slot n slow <= low_slot fast + 1)%Z.
Definition one_pair_between_alike n fast slow m :=
  (m = low_slot fast + 2 \/ high_slot n slow = low_slot fast + 2)%Z /\
  (IZR (low_slot fast) + 1 - low_end false fast) * (IZR (high_slot n slow) - IZR (low_slot fast))
  = high_end false n slow - low_end false fast.

(** Rounded and not, all m pairs turn alike exactly if the factor is 1 or the ramps agree at all of them. *)
Theorem truncate_exactly base n factor fast slow m :
  factor <> 0 -> low_end false fast < high_end false n slow ->
  (forall j, (0 <= j < m)%Z -> yarn false base n factor fast slow j = yarn true base n factor fast slow j) <->
  factor = 1 \/ no_end_moves n fast slow \/ no_pair_between n fast slow m \/ one_pair_between_alike n fast slow m.
Proof.
  intros some order. destruct (low_end_rounded fast) as [low_is at_l], (high_end_rounded n slow) as [high_is at_h].
  unfold no_end_moves, no_pair_between, one_pair_between_alike.
  rewrite <- (ramps_agree_exactly _ _ _ _ m order at_l at_h (Z.le_max_r _ _)).
  unfold yarn. rewrite low_is, high_is. split.
  - intros alike. destruct (Req_dec factor 1) as [one|other]; [auto|right]. intros j inside.
    destruct (proj1 (frequencies_agree_exactly base n factor _ _ j some) (alike j inside)); [contradiction|assumption].
  - intros either j inside. apply frequencies_agree_exactly; [exact some|].
    destruct either as [one|agree]; [auto|right; apply agree; exact inside].
Qed.

(** And where they do not, no pair of another index makes up for it: for factors from 1 on the frequencies of m pairs
    are the same numbers, in whatever order, under the same condition. *)
Theorem truncate_in_any_order_exactly base n factor fast slow (m : nat) :
  1 < base -> (0 < n)%Z -> 1 <= factor -> low_end false fast < high_end false n slow ->
  let u i := yarn false base n factor fast slow (Z.of_nat i) in
  let v i := yarn true base n factor fast slow (Z.of_nat i) in
  ((forall i, (i < m)%nat -> exists k, (k < m)%nat /\ u i = v k) /\
   (forall i, (i < m)%nat -> exists k, (k < m)%nat /\ v i = u k)) <->
  factor = 1 \/ no_end_moves n fast slow \/ no_pair_between n fast slow (Z.of_nat m) \/
  one_pair_between_alike n fast slow (Z.of_nat m).
Proof.
  intros large some above order u v. rewrite <- (truncate_exactly base n factor fast slow (Z.of_nat m)) by lra.
  destruct (low_end_rounded fast) as [low_is at_l], (high_end_rounded n slow) as [high_is at_h]. split.
  - intros [u_in_v v_in_u] j inside. replace j with (Z.of_nat (Z.to_nat j)) by lia.
    apply (falling_sequences m u v); try assumption; [| |lia]; intros i k next;
      apply frequencies_fall; try assumption; try lia.
    + lra.
    + rewrite low_is, high_is. lra.
  - intros alike. split; intros i below; exists i; split; try exact below; [|symmetry]; apply alike; lia.
Qed.

(** Where YaRN's ramp begins and ends: the pair that turns [beta] times in [length] positions. *)
Definition turns_at base (n : Z) length beta := IZR n * ln (length / (beta * 2 * PI)) / (2 * ln base).

Lemma rational_powerRZ x k : x <> 0 -> rational x -> rational (powerRZ x k).
Proof.
  intros some r. destruct k as [|p|p]; simpl; [apply rational_1|apply rational_pow, r|].
  apply rational_inv; [apply pow_nonzero, some|apply rational_pow, r].
Qed.

Lemma root_is_algebraic x e r : (0 < e)%nat -> rational r -> x ^ e = r -> algebraic x.
Proof.
  intros some r_rational power.
  exists (S e), (fun k => if Nat.eq_dec k e then 1 else if Nat.eq_dec k 0 then - r else 0). repeat split.
  - intros k _. destruct (Nat.eq_dec k e); [apply rational_1|].
    destruct (Nat.eq_dec k 0); [apply rational_opp, r_rational|apply rational_0].
  - exists e. split; [lia|]. destruct (Nat.eq_dec e e); [lra|contradiction].
  - simpl. destruct (Nat.eq_dec e e); [|contradiction]. rewrite power.
    rewrite (total_single e 0); [|exact some|].
    2:{ intros k below other. destruct (Nat.eq_dec k e); [lia|]. destruct (Nat.eq_dec k 0); [contradiction|ring]. }
    destruct (Nat.eq_dec 0 e); [lia|]. simpl. ring.
Qed.

Lemma log_of_power x k : 0 < x -> ln (x ^ k) = INR k * ln x.
Proof. intros some. rewrite <- Rpower_pow by exact some. unfold Rpower. apply ln_exp. Qed.

Lemma log_of_whole_power x k : 0 < x -> ln (powerRZ x k) = IZR k * ln x.
Proof. intros some. rewrite powerRZ_Rpower by exact some. unfold Rpower. apply ln_exp. Qed.

(** No whole combination of the two is a whole number for rational bases, lengths and betas: pi would be algebraic. *)
Lemma ends_are_not_whole base n length fast slow (a b : nat) K :
  ~ algebraic PI -> rational base -> rational length -> rational fast -> rational slow ->
  1 < base -> (0 < n)%Z -> 0 < length -> 0 < fast -> 0 < slow -> (0 < a + b)%nat ->
  INR a * turns_at base n length fast + INR b * turns_at base n length slow <> IZR K.
Proof.
  intros no base_r length_r fast_r slow_r large some length_p fast_p slow_p both same. apply no.
  assert (pi_p : 0 < PI) by apply PI_RGT_0.
  assert (log_p : 0 < ln base) by (rewrite <- ln_1; apply ln_increasing; lra).
  pose (x := length / (fast * 2)). pose (y := length / (slow * 2)).
  assert (halved : forall beta, 0 < beta -> 0 < length / (beta * 2)).
  { intros. apply Rmult_lt_0_compat; [assumption|]. apply Rinv_0_lt_compat. lra. }
  assert (x_p : 0 < x) by (apply halved, fast_p). assert (y_p : 0 < y) by (apply halved, slow_p).
  assert (two : rational 2) by apply (rational_IZR 2).
  assert (x_r : rational x)
    by (apply rational_mult; [exact length_r|]; apply rational_inv; [lra|]; apply rational_mult; assumption).
  assert (y_r : rational y)
    by (apply rational_mult; [exact length_r|]; apply rational_inv; [lra|]; apply rational_mult; assumption).
  assert (log_of : forall beta, 0 < beta -> ln (length / (beta * 2 * PI)) = ln (length / (beta * 2)) - ln PI).
  { intros beta beta_p. replace (length / (beta * 2 * PI)) with (length / (beta * 2) * / PI) by (field; lra).
    rewrite ln_mult, ln_Rinv; [lra|exact pi_p|apply halved, beta_p|apply Rinv_0_lt_compat, pi_p]. }
  unfold turns_at in same. rewrite !log_of in same by assumption. fold x y in same.
  pose (e := Z.to_nat n).
  assert (is_e : IZR n = INR e) by (unfold e; rewrite INR_IZR_INZ, Z2Nat.id by lia; reflexivity).
  assert (logs : INR (e * (a + b)) * ln PI = INR (e * a) * ln x + INR (e * b) * ln y + IZR (- 2 * K) * ln base).
  { rewrite !mult_INR, plus_INR, mult_IZR, <- is_e, <- same. field. lra. }
  apply (root_is_algebraic PI (e * (a + b)) (x ^ (e * a) * y ^ (e * b) * powerRZ base (- 2 * K))).
  - unfold e. nia.
  - apply rational_mult; [apply rational_mult; apply rational_pow; assumption|].
    apply rational_powerRZ; [lra|exact base_r].
  - assert (positive : 0 < x ^ (e * a) * y ^ (e * b) * powerRZ base (- 2 * K))
      by (repeat apply Rmult_lt_0_compat; try apply pow_lt; try apply powerRZ_lt; lra).
    apply ln_inv; [apply pow_lt, pi_p|exact positive|].
    rewrite !ln_mult; try (apply pow_lt; assumption); try (apply powerRZ_lt; lra);
      [|apply Rmult_lt_0_compat; apply pow_lt; assumption].
    rewrite !log_of_power, log_of_whole_power by (assumption || lra). exact logs.
Qed.

(** So for rational numbers only ends that are clipped do not move, and no single pair is at one height by chance. *)
Theorem truncate_exactly_of_rationals base n length beta_fast beta_slow factor m :
  ~ algebraic PI -> rational base -> rational length -> rational beta_fast -> rational beta_slow ->
  1 < base -> (0 < n)%Z -> 0 < length -> 0 < beta_fast -> 0 < beta_slow -> factor <> 0 ->
  let fast := turns_at base n length beta_fast in
  let slow := turns_at base n length beta_slow in
  low_end false fast < high_end false n slow ->
  (forall j, (0 <= j < m)%Z -> yarn false base n factor fast slow j = yarn true base n factor fast slow j) <->
  factor = 1 \/ (fast <= 0 /\ IZR (n - 1) <= slow) \/ no_pair_between n fast slow m.
Proof.
  intros no base_r length_r fast_r slow_r large some length_p fast_p slow_p some_factor fast slow order.
  assert (never : forall a b K, (0 < a + b)%nat -> INR a * fast + INR b * slow <> IZR K)
    by (intros; apply ends_are_not_whole; assumption).
  assert (fast_never : forall K, fast <> IZR K).
  { intros K same. apply (never 1%nat 0%nat K); [lia|]. simpl. lra. }
  assert (slow_never : forall K, slow <> IZR K).
  { intros K same. apply (never 0%nat 1%nat K); [lia|]. simpl. lra. }
  rewrite (truncate_exactly base n factor fast slow m some_factor order).
  destruct (low_end_rounded fast) as [low_is at_l], (high_end_rounded n slow) as [high_is at_h].
  assert (low_case : fast <= 0 /\ low_end false fast = 0 /\ low_slot fast = 0%Z \/
                     0 < fast /\ low_end false fast = fast).
  { unfold low_end, Rmax. destruct (Rle_dec fast 0) as [below|above]; [left|right].
    - repeat split; [exact below|]. unfold low_slot. apply Z.max_r. generalize (floor_bounds fast). intros bounds.
      apply le_IZR. lra.
    - split; [lra|reflexivity]. }
  assert (high_case : IZR (n - 1) <= slow /\ high_end false n slow = IZR (n - 1) /\ high_slot n slow = (n - 1)%Z \/
                      slow < IZR (n - 1) /\ high_end false n slow = slow).
  { unfold high_end, Rmin. destruct (Rle_dec slow (IZR (n - 1))) as [below|above].
    - right. split; [|reflexivity]. generalize (slow_never (n - 1)%Z). lra.
    - left. repeat split; [lra|]. unfold high_slot. apply Z.min_r. generalize (ceil_bounds slow). intros bounds.
      apply le_IZR. lra. }
  split.
  - intros [one|[still|[none|[single same]]]]; [auto| |auto|].
    + right. left. destruct still as [low_still high_still].
      destruct low_case as [[below _]|[_ low_fast]]; [|exfalso; apply (fast_never (low_slot fast)); lra].
      destruct high_case as [[above _]|[_ high_slow]]; [|exfalso; apply (slow_never (high_slot n slow)); lra].
      auto.
    + destruct (Z_le_gt_dec (high_slot n slow) (low_slot fast + 1)) as [near|wide]; [unfold no_pair_between; auto|].
      set (l := low_slot fast) in *. set (h := high_slot n slow) in *.
      destruct low_case as [[below [low_zero l_zero]]|[above low_fast]],
               high_case as [[above' [high_last h_last]]|[below' high_slow]].
      * right. left. auto.
      * exfalso. apply (slow_never h). rewrite low_zero, high_slow, l_zero in same. lra.
      * exfalso. apply (never (Z.to_nat (h - l - 1)) 0%nat ((l + 1) * (h - l) - h)%Z); [lia|].
        rewrite INR_IZR_INZ, Z2Nat.id by lia. rewrite low_fast, high_last, <- h_last in same.
        rewrite !minus_IZR, mult_IZR, plus_IZR, minus_IZR. simpl. lra.
      * exfalso. apply (never (Z.to_nat (h - l - 1)) 1%nat ((l + 1) * (h - l))%Z); [lia|].
        rewrite INR_IZR_INZ, Z2Nat.id by lia. rewrite low_fast, high_slow in same.
        rewrite !minus_IZR, mult_IZR, plus_IZR, minus_IZR. simpl. lra.
  - intros [one|[[below above]|none]]; [auto| |auto].
    right. left. unfold no_end_moves.
    destruct low_case as [[_ [-> ->]]|[? _]]; [|lra]. destruct high_case as [[_ [-> ->]]|[? _]]; [|lra]. auto.
Qed.
