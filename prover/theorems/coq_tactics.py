"""Tactics of Coq files whose proofs are more than case analysis: quotients, remainders and choices, once each."""

ARITHMETIC = r"""
(* Quotients and remainders become numbers of which this is known; so lia has nothing to multiply. *)
Ltac Zify.zify_post_hook ::= idtac.
Ltac divided a b :=
  pose proof (Z.mod_pos_bound a b ltac:(lia));
  lazymatch b with
  | Zpos _ => pose proof (Z.div_mod a b ltac:(lia)); generalize dependent (a / b)
  | _ => try pose proof (Z.mod_le a b ltac:(lia) ltac:(lia))
  end; generalize dependent (a mod b); intros.
Ltac remainders := repeat match goal with
  | |- context [?a mod ?b] => divided a b | H : context [?a mod ?b] |- _ => divided a b
  | |- context [?a / ?b] => divided a b | H : context [?a / ?b] |- _ => divided a b
  end.

(* Stated so that lia passes over it. *)
Definition given (condition fact : Prop) : Prop := condition -> fact.

(* Bounds and cases one by one. *)
Ltac apart := repeat match goal with
  | both : _ /\ _ |- _ => destruct both
  | H : ?condition -> ?carried ?j = ?value |- _ => is_var j; change (given condition (carried j = value)) in H
  | least : Z.min ?a ?b >= ?c |- _ => assert (a >= c) by lia; assert (b >= c) by lia; clear least
  | least : Z.min ?a ?b > ?c |- _ => assert (a > c) by lia; assert (b > c) by lia; clear least
  end.
Ltac chosen b :=
  lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:?; try (exfalso; lia) end.
Ltac choices := repeat match goal with
  | |- context [if ?b then _ else _] => chosen b | H : context [if ?b then _ else _] |- _ => chosen b end.
Ltac same := first [lia | ring | progress f_equal; same].
"""
POWERS = r"""Ltac exponents := repeat first
  [rewrite plus_IZR | rewrite minus_IZR | rewrite mult_IZR | rewrite opp_IZR];
  field; repeat split; apply not_0_IZR; lia.
Ltac powers := unfold Rpower; rewrite ?Rmult_assoc, <- ?exp_plus; first
  [f_equal; exponents
  | do 2 f_equal; exponents
  | symmetry; match goal with |- exp ?x = _ => replace x with 0%R; [apply exp_0 | exponents] end].
"""
ORDER = ARITHMETIC + r"""
(* Products of powers by their exponents. *)
""" + POWERS + r"""
(* Choices by no remainder; then each remainder by a number below its divisor is the number. *)
Ltac quotients := repeat match goal with
  | |- context [?a / Zpos ?b] => divided a (Zpos b) | H : context [?a / Zpos ?b] |- _ => divided a (Zpos b) end.
Ltac plainly b := lazymatch b with context [_ mod _] => fail | _ => chosen b end.
Ltac plain_choices := repeat match goal with
  | |- context [if ?b then _ else _] => plainly b | H : context [if ?b then _ else _] |- _ => plainly b end.
Ltac below := repeat match goal with |- context [?a mod ?b] => rewrite (Z.mod_small a b) by lia end.
Ltac shown_in_order := intros; quotients; plain_choices; below; remainders; choices; first [same | powers | shown].
"""
TAIL = "\nLtac Zify.zify_post_hook ::= Z.to_euclidean_division_equations."
