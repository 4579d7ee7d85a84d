(** T2's multisets: a finite sum of cosines has its frequencies, each up to sign, and no others.

    Positions are any set of vectors that has 0 and sums: real ones, whole ones, stacked feeds. *)

From Coq Require Import Arith Lia Reals Lra List Permutation Classical.
From Rope Require Import Sums Scores.
Import ListNotations.
Local Open Scope R_scope.

Definition closed (reached : (nat -> R) -> Prop) : Prop :=
  reached (fun _ => 0) /\ forall p q, reached p -> reached q -> reached (fun a => p a + q a).

(** Frequency vectors that no position tells apart, up to sign. The theorems [alike_...] say which these are. *)
Definition alike axes (reached : (nat -> R) -> Prop) (u v : nat -> R) : Prop :=
  forall p, reached p -> cos (dot axes u p) = cos (dot axes v p).

(** The sum of cos (omega . p) over a list of frequency vectors. *)
Definition cosines axes (omegas : list (nat -> R)) (p : nat -> R) : R :=
  fold_right (fun omega rest => cos (dot axes omega p) + rest) 0 omegas.

(** The two multisets are equal, each vector taken up to sign: one is the other in some order, each alike its
    partner. *)
Definition equal_multisets axes (reached : (nat -> R) -> Prop) (u v : list (nat -> R)) : Prop :=
  exists order, Permutation v order /\ Forall2 (alike axes reached) u order.

Lemma dot_plus axes u p q : dot axes u (fun a => p a + q a) = dot axes u p + dot axes u q.
Proof. unfold dot. rewrite <- total_plus. apply total_ext. intros. ring. Qed.

Lemma dot_zero axes u : dot axes u (fun _ => 0) = 0.
Proof.
  unfold dot. rewrite (total_ext axes _ (fun _ => 0)) by (intros; ring). apply total_zero.
Qed.

Lemma dot_zero_left axes p : dot axes (fun _ => 0) p = 0.
Proof.
  unfold dot. rewrite (total_ext axes _ (fun _ => 0)) by (intros; ring). apply total_zero.
Qed.

(** Weighted cosines, moved by q. *)
Definition weighted axes (l : list (R * (nat -> R))) (q p : nat -> R) : R :=
  fold_right (fun w rest => fst w * cos (dot axes (snd w) p + dot axes (snd w) q) + rest) 0 l.

Lemma weighted_app axes l l' q p : weighted axes (l ++ l') q p = weighted axes l q p + weighted axes l' q p.
Proof. induction l as [|w l IH]; simpl; [|rewrite IH]; lra. Qed.

(** An operator that takes a cosine to a multiple of itself, moved by h; the factor is 0 for frequency c. *)
Lemma weighted_steps axes l c k h q p :
  weighted axes (map (fun w => (fst w * (2 * cos (dot axes (snd w) h) - 2 * cos (dot axes c h)) * k, snd w)) l)
    (fun a => q a + h a) p
  = (weighted axes l q (fun a => p a + (h a + h a)) + weighted axes l q p
     - 2 * cos (dot axes c h) * weighted axes l q (fun a => p a + h a)) * k.
Proof.
  induction l as [|[x w] l IH]; simpl; [ring|].
  rewrite IH, !dot_plus. generalize (dot axes w p) (dot axes w q) (dot axes w h). intros pw qw hw.
  replace (pw + (hw + hw) + qw) with ((pw + qw + hw) + hw) by ring.
  replace (pw + (qw + hw)) with (pw + qw + hw) by ring. replace (pw + hw + qw) with (pw + qw + hw) by ring.
  replace (cos (pw + qw)) with (cos ((pw + qw + hw) - hw)) by (f_equal; ring).
  generalize (pw + qw + hw). intros at_h. rewrite cos_plus, cos_minus. ring.
Qed.

Lemma some_cosine_is_not_zero axes reached c q :
  closed reached -> reached q -> exists p, reached p /\ cos (dot axes c p + dot axes c q) <> 0.
Proof.
  intros [origin _] rq. destruct (Req_dec (cos (dot axes c q)) 0) as [zero|some].
  - exists q. split; trivial. rewrite cos_plus, zero.
    generalize (sin2_cos2 (dot axes c q)). unfold Rsqr. rewrite zero. lra.
  - exists (fun _ => 0). split; trivial. rewrite dot_zero, Rplus_0_l. exact some.
Qed.

(** What is alike c0 has weights that do not cancel: the sum is not 0 everywhere. *)
Lemma weights_do_not_cancel axes reached c0 a0 n :
  closed reached -> 0 < a0 -> forall l q,
  length l = n -> reached q -> (forall w, In w l -> alike axes reached c0 (snd w) -> 0 <= fst w) ->
  ~ forall p, reached p -> weighted axes ((a0, c0) :: l) q p = 0.
Proof.
  intros closure positive. induction n as [|n IH]; intros l q size rq signs vanishes.
  - destruct l; [|discriminate]. destruct (some_cosine_is_not_zero axes reached c0 q closure rq) as [p [rp some]].
    generalize (vanishes p rp). simpl. rewrite Rplus_0_r. intros product.
    apply Rmult_integral in product as [|]; [lra|contradiction].
  - destruct (classic (exists w, In w l /\ ~ alike axes reached c0 (snd w))) as [[w [inside other]]|all].
    + apply not_all_ex_not in other as [h other]. apply imply_to_and in other as [rh apart].
      destruct w as [a c]. simpl in apart. apply in_split in inside as [l1 [l2 ->]].
      set (gap := 2 * cos (dot axes c0 h) - 2 * cos (dot axes c h)).
      assert (gap <> 0) by (unfold gap; lra).
      pose (step := fun w : R * (nat -> R) =>
        (fst w * (2 * cos (dot axes (snd w) h) - 2 * cos (dot axes c h)) * / gap, snd w)).
      apply (IH (map step (l1 ++ l2)) (fun b => q b + h b)).
      * rewrite map_length. rewrite app_length in *. simpl in size. lia.
      * apply closure; trivial.
      * intros w inside same. apply in_map_iff in inside as [v [<- inside]]. simpl in *.
        rewrite <- (same h rh). fold gap. rewrite Rmult_assoc, Rinv_r, Rmult_1_r by trivial.
        apply signs; trivial. apply in_app_or in inside. apply in_or_app. simpl. tauto.
      * intros p rp.
        assert (whole : weighted axes (map step ((a0, c0) :: l1 ++ (a, c) :: l2)) (fun b => q b + h b) p = 0).
        { destruct closure as [_ sums]. unfold step. rewrite weighted_steps, !vanishes by auto. ring. }
        rewrite <- whole. rewrite map_cons, !map_app, map_cons. unfold weighted at 2. simpl fold_right.
        fold (weighted axes (map step l1 ++ step (a, c) :: map step l2) (fun b => q b + h b) p).
        unfold weighted at 1. simpl fold_right.
        fold (weighted axes (map step l1 ++ map step l2) (fun b => q b + h b) p).
        rewrite !weighted_app. simpl. fold gap. field. trivial.
    + assert (same : forall w, In w l -> alike axes reached c0 (snd w)).
      { intros w inside. apply NNPP. intros other. apply all. eauto. }
      clear all. destruct (some_cosine_is_not_zero axes reached c0 q closure rq) as [p [rp some]].
      assert (sum : exists s, 0 <= s /\ weighted axes l q p = s * cos (dot axes c0 p + dot axes c0 q)).
      { clear size vanishes IH. induction l as [|w l IH].
        - exists 0. simpl. split; [lra|ring].
        - destruct IH as [s [nonneg IH]]; [intros; apply signs; simpl; auto|intros; apply same; simpl; auto|].
          exists (fst w + s). split.
          + generalize (signs w ltac:(simpl; auto) (same w ltac:(simpl; auto))). lra.
          + simpl. rewrite IH. rewrite <- !(dot_plus axes _ p q).
            rewrite <- (same w ltac:(simpl; auto) (fun a => p a + q a)); [ring|apply closure; trivial]. }
      destruct sum as [s [nonneg sum]]. generalize (vanishes p rp). simpl. fold (weighted axes l q p). rewrite sum.
      intros product. apply some. apply (Rmult_eq_reg_l (a0 + s)); lra.
Qed.

Lemma cosines_app axes l l' p : cosines axes (l ++ l') p = cosines axes l p + cosines axes l' p.
Proof. induction l as [|w l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma cosines_weighted axes k l p :
  weighted axes (map (fun w => (k, w)) l) (fun _ => 0) p = k * cosines axes l p.
Proof.
  induction l as [|w l IH]; simpl; [ring|]. fold (cosines axes l p).
  rewrite IH, dot_zero, Rplus_0_r. ring.
Qed.

Lemma has_a_partner axes reached omega l l' :
  closed reached -> (forall p, reached p -> cosines axes (omega :: l) p = cosines axes l' p) ->
  exists omega', In omega' l' /\ alike axes reached omega omega'.
Proof.
  intros closure equal. apply NNPP. intros none.
  apply (weights_do_not_cancel axes reached omega 1 _ closure Rlt_0_1
           (map (fun w => (1, w)) l ++ map (fun w => (-1, w)) l') (fun _ => 0) eq_refl).
  - apply closure.
  - intros w inside same. apply in_app_or in inside as [inside|inside];
      apply in_map_iff in inside as [v [<- inside]]; simpl in *; [lra|].
    exfalso. apply none. eauto.
  - intros p rp. simpl. fold (weighted axes (map (fun w => (1, w)) l ++ map (fun w => (-1, w)) l') (fun _ => 0) p).
    rewrite weighted_app, !cosines_weighted, dot_zero, Rplus_0_r, <- equal by trivial. simpl.
    fold (cosines axes l p). ring.
Qed.

(** Two sums of cosines agree at every position exactly if the multisets of their frequencies are equal. *)
Theorem cosines_have_their_frequencies axes reached omegas omegas' :
  closed reached ->
  (forall p, reached p -> cosines axes omegas p = cosines axes omegas' p) <->
  equal_multisets axes reached omegas omegas'.
Proof.
  intros closure. split.
  - revert omegas'. induction omegas as [|omega l IH]; intros l' equal.
    + destruct l' as [|omega' l']; [exists []; auto|]. exfalso.
      destruct (has_a_partner axes reached omega' l' [] closure) as [? [[] _]].
      intros p rp. symmetry. auto.
    + destruct (has_a_partner axes reached omega l l' closure equal) as [omega' [inside same]].
      apply in_split in inside as [l1 [l2 ->]].
      destruct (IH (l1 ++ l2)) as [order [moved matched]].
      * intros p rp. generalize (equal p rp) (same p rp). rewrite !cosines_app. simpl.
        fold (cosines axes l p) (cosines axes l2 p). lra.
      * exists (omega' :: order). split; [|constructor; trivial].
        rewrite <- Permutation_middle. constructor. exact moved.
  - intros [order [moved matched]] p rp. transitivity (cosines axes order p).
    + induction matched as [|u v l l' same matched IH] in omegas', moved |- *; [reflexivity|]. simpl.
      rewrite same by trivial. f_equal. apply (IH l'). reflexivity.
    + clear matched. symmetry. unfold cosines. induction moved; simpl; lra.
Qed.

(** A vector alike another turns like it at every position, or like its opposite at every position. *)
Lemma alike_one_sign axes reached u v :
  closed reached -> alike axes reached u v ->
  (forall p, reached p -> sin (dot axes u p) = sin (dot axes v p)) \/
  (forall p, reached p -> sin (dot axes u p) = - sin (dot axes v p)).
Proof.
  intros [_ sums] same. apply NNPP. intros neither. apply not_or_and in neither as [first second].
  apply not_all_ex_not in first as [p first]. apply imply_to_and in first as [rp first].
  apply not_all_ex_not in second as [q second]. apply imply_to_and in second as [rq second].
  generalize (same _ (sums p q rp rq)). rewrite !dot_plus, !cos_plus, (same p rp), (same q rq).
  assert (sign : forall r, reached r ->
    sin (dot axes u r) = sin (dot axes v r) \/ sin (dot axes u r) = - sin (dot axes v r)).
  { intros r rr. apply Rsqr_eq. generalize (sin2_cos2 (dot axes u r)) (sin2_cos2 (dot axes v r)).
    rewrite (same r rr). lra. }
  destruct (sign p rp) as [|minus]; [contradiction|]. destruct (sign q rq) as [plus|]; [|contradiction].
  rewrite minus, plus in *. intros products.
  assert (product : sin (dot axes v p) * sin (dot axes v q) = 0) by lra.
  apply Rmult_integral in product as [zero|zero]; rewrite zero in *; lra.
Qed.

Lemma cos_1_whole_turns x : cos x = 1 -> exists k : Z, x = IZR k * (2 * PI).
Proof.
  intros full. replace x with (2 * (x / 2)) in full by field. rewrite cos_2a_sin in full.
  assert (zero : sin (x / 2) * sin (x / 2) = 0) by lra.
  assert (half : sin (x / 2) = 0) by (apply Rmult_integral in zero; tauto).
  destruct (sin_eq_0_0 _ half) as [k turned]. exists k. lra.
Qed.

Definition axis (a : nat) (t : R) : nat -> R := fun b => if Nat.eq_dec b a then t else 0.

Lemma dot_axis axes u a t : (a < axes)%nat -> dot axes u (axis a t) = u a * t.
Proof.
  intros below. unfold dot, axis. rewrite (total_single axes a); trivial.
  - destruct (Nat.eq_dec a a); [reflexivity|contradiction].
  - intros b _ other. destruct (Nat.eq_dec b a); [contradiction|ring].
Qed.

Lemma dot_opp axes u v p : (forall a, (a < axes)%nat -> u a = - v a) -> dot axes u p = - dot axes v p.
Proof.
  intros opposite. unfold dot. rewrite (total_ext axes _ (fun a => (-1) * (v a * p a))).
  - rewrite total_scale. ring.
  - intros a below. rewrite opposite by trivial. ring.
Qed.

(** What follows for one axis where a vector turns like another, or like its opposite. *)
Lemma axis_turns axes (reached : (nat -> R) -> Prop) u v :
  closed reached -> alike axes reached u v ->
  (forall a t, (a < axes)%nat -> reached (axis a t) -> cos ((u a - v a) * t) = 1) \/
  (forall a t, (a < axes)%nat -> reached (axis a t) -> cos ((u a + v a) * t) = 1).
Proof.
  intros closure same. destruct (alike_one_sign axes reached u v closure same) as [sign|sign]; [left|right];
    intros a t below inside; generalize (same _ inside) (sign _ inside) (sin2_cos2 (v a * t)); unfold Rsqr;
    rewrite !dot_axis by trivial; intros c s.
  - rewrite Rmult_minus_distr_r, cos_minus, c, s. lra.
  - rewrite Rmult_plus_distr_r, cos_plus, c, s. lra.
Qed.

(** Real positions tell all vectors apart, up to sign. *)
Theorem alike_at_real_positions axes u v :
  alike axes (fun _ => True) u v <->
  (forall a, (a < axes)%nat -> u a = v a) \/ (forall a, (a < axes)%nat -> u a = - v a).
Proof.
  assert (never : forall d, (forall t, cos (d * t) = 1) -> d = 0).
  { intros d full. destruct (Req_dec d 0) as [|some]; [trivial|exfalso]. generalize (full (PI / d)).
    replace (d * (PI / d)) with PI by (field; trivial). rewrite cos_PI. lra. }
  split.
  - intros same. destruct (axis_turns axes (fun _ => True) u v) as [full|full]; trivial.
    + split; trivial.
    + left. intros a below. generalize (never (u a - v a) (fun t => full a t below I)). lra.
    + right. intros a below. generalize (never (u a + v a) (fun t => full a t below I)). lra.
  - intros [equal|opposite] p _.
    + f_equal. apply total_ext. intros. rewrite equal; trivial.
    + rewrite (dot_opp axes u v p opposite). apply cos_neg.
Qed.

Definition natural (p : nat -> R) : Prop := forall a, exists n : nat, p a = INR n.
Definition whole (p : nat -> R) : Prop := forall a, exists k : Z, p a = IZR k.

Lemma natural_closed : closed natural.
Proof.
  split.
  - intros a. exists 0%nat. reflexivity.
  - intros p q np nq a. destruct (np a) as [n ->], (nq a) as [m ->]. exists (n + m)%nat. symmetry. apply plus_INR.
Qed.

Lemma whole_closed : closed whole.
Proof.
  split.
  - intros a. exists 0%Z. reflexivity.
  - intros p q np nq a. destruct (np a) as [n ->], (nq a) as [m ->]. exists (n + m)%Z. symmetry. apply plus_IZR.
Qed.

Lemma dot_whole_turns axes u p :
  whole p -> (forall a, (a < axes)%nat -> exists k : Z, u a = IZR k * (2 * PI)) ->
  exists k : Z, dot axes u p = IZR k * (2 * PI).
Proof.
  intros wp turns. unfold dot. induction axes as [|axes IH]; simpl.
  - exists 0%Z. ring.
  - destruct IH as [k ->]; [auto|]. destruct (turns axes ltac:(lia)) as [l ->], (wp axes) as [m ->].
    exists (k + l * m)%Z. rewrite plus_IZR, mult_IZR. ring.
Qed.

Lemma cos_whole_turns x k : cos (x + IZR k * (2 * PI)) = cos x.
Proof.
  assert (c : cos (IZR k * (2 * PI)) = 1).
  { replace (IZR k * (2 * PI)) with (2 * (IZR k * PI)) by ring. rewrite cos_2a_sin.
    rewrite (sin_eq_0_1 (IZR k * PI)) by (exists k; reflexivity). ring. }
  assert (s : sin (IZR k * (2 * PI)) = 0).
  { apply sin_eq_0_1. exists (k * 2)%Z. rewrite mult_IZR. ring. }
  rewrite cos_plus, c, s. ring.
Qed.

(** At whole positions, be they all or only those from 0 on, each axis counts modulo 2 pi, all with one sign. *)
Theorem alike_at_whole_positions axes (reached : (nat -> R) -> Prop) u v :
  (forall p, natural p -> reached p) -> (forall p, reached p -> whole p) ->
  alike axes reached u v <->
  (forall a, (a < axes)%nat -> exists k : Z, u a - v a = IZR k * (2 * PI)) \/
  (forall a, (a < axes)%nat -> exists k : Z, u a + v a = IZR k * (2 * PI)).
Proof.
  intros all only. split.
  - intros same. destruct (axis_turns axes natural u v natural_closed) as [full|full].
    + intros p np. auto.
    + left. intros a below. apply cos_1_whole_turns. rewrite <- (full a 1 below); [f_equal; ring|].
      intros b. unfold axis. destruct (Nat.eq_dec b a); [exists 1%nat|exists 0%nat]; reflexivity.
    + right. intros a below. apply cos_1_whole_turns. rewrite <- (full a 1 below); [f_equal; ring|].
      intros b. unfold axis. destruct (Nat.eq_dec b a); [exists 1%nat|exists 0%nat]; reflexivity.
  - intros [turns|turns] p rp; destruct (dot_whole_turns axes _ p (only p rp) turns) as [k equal].
    + rewrite <- (cos_whole_turns (dot axes v p) k), <- equal. f_equal. unfold dot.
      rewrite <- total_plus. apply total_ext. intros. ring.
    + rewrite <- (cos_neg (dot axes v p)), <- (cos_whole_turns (- dot axes v p) k), <- equal. f_equal. unfold dot.
      replace (- total axes (fun a => v a * p a)) with (total axes (fun a => (-1) * (v a * p a)))
        by (rewrite total_scale; ring).
      rewrite <- total_plus. apply total_ext. intros. ring.
Qed.
