"""That nothing linear makes one layout the other where a condition fails, or anywhere: the statement and its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prover.claims.unit import OFFSET
from prover.theorems import coq_cases, coq_one_by_one
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_tactics import ARITHMETIC
from prover.theorems.coq_text import refused
from prover.theorems.coq_turns import Turns

JSON = dict[str, Any]

HEAD = ARITHMETIC + r"""
Lemma power_positive b x : (0 < Rpower b x)%R.
Proof. apply exp_pos. Qed.

(* A power of a base above 1 says what its exponent is. *)
Lemma one_exponent b n x y : (1 < b)%R -> 0 < n -> (Rpower b (IZR x / IZR n) = Rpower b (IZR y / IZR n))%R -> x = y.
Proof.
  intros above positive equal. apply exp_inv in equal. apply eq_IZR.
  assert (log : (0 < ln b)%R) by (rewrite <- ln_1; apply ln_increasing; lra).
  apply Rmult_eq_reg_r in equal; [|lra]. apply Rmult_eq_reg_r in equal; trivial.
  apply Rinv_neq_0_compat, not_0_IZR. lia.
Qed.

(* A larger exponent is a larger power; of negative exponents a larger base is a smaller one. *)
Lemma power_order b n x y :
  (1 < b)%R -> 0 < n -> x <= y -> (Rpower b (IZR x / IZR n) <= Rpower b (IZR y / IZR n))%R.
Proof.
  intros above positive order. apply Rle_Rpower; [lra|]. apply IZR_lt in positive. apply IZR_le in order.
  apply Rmult_le_compat_r; [|trivial]. apply Rlt_le, Rinv_0_lt_compat. lra.
Qed.
Lemma base_order b c n x y : (1 < b)%R -> (b < c)%R -> 0 < n -> y < 0 -> y <= x ->
  (Rpower c (IZR y / IZR n) < Rpower b (IZR x / IZR n))%R.
Proof.
  intros above larger positive negative order. apply Rlt_le_trans with (Rpower b (IZR y / IZR n)).
  - apply exp_increasing. assert (log : (ln b < ln c)%R) by (apply ln_increasing; lra).
    apply Ropp_lt_cancel. rewrite <- !Ropp_mult_distr_l_reverse. apply Rmult_lt_compat_l; [|trivial].
    apply IZR_lt in negative, positive. replace (- (IZR y / IZR n))%R with ((- IZR y) * / IZR n)%R by (field; lra).
    apply Rmult_lt_0_compat; [lra|]. apply Rinv_0_lt_compat. lra.
  - apply power_order; trivial.
Qed.

Lemma power_zero b n x : x = 0 -> Rpower b (IZR x / IZR n) = 1%R.
Proof. intros ->. unfold Rpower. replace (0 / IZR n * ln b)%R with 0%R by (unfold Rdiv; ring). apply exp_0. Qed.

Lemma called (a : Z) : exists b, b = a.
Proof. eauto. Qed.

Ltac either := repeat match goal with one : _ \/ _ |- _ => destruct one end; apart.
Ltac small := repeat match goal with
  | |- context [?a mod ?b] => rewrite (Z.mod_small a b) by lia
  | H : context [?a mod ?b] |- _ => rewrite (Z.mod_small a b) in H by lia end.
Ltac zeros := repeat match goal with
  |- context [Rpower ?b (IZR ?x / IZR ?n)] => rewrite (power_zero b n x) by lia end.
Ltac shown_there := intros; apart; either; small; remainders; choices; first [same | zeros; ring | shown].
Ltac positive := repeat match goal with H : context [Rpower ?b ?x] |- _ =>
  lazymatch goal with _ : (0 < Rpower b x)%R |- _ => fail | _ => pose proof (power_positive b x) end end.
Ltac order b x c y n := first
  [assert (Rpower b (IZR x / IZR n) <= Rpower c (IZR y / IZR n))%R by (apply power_order; [lra | lia | lia])
  | assert (Rpower b (IZR x / IZR n) < Rpower c (IZR y / IZR n))%R by (apply base_order; first [lra | lia])].
Ltac ordered := match goal with
  P : (0 < Rpower ?b (IZR ?x / IZR ?n))%R, Q : (0 < Rpower ?c (IZR ?y / IZR ?n))%R |- _ =>
    first [order b x c y n | order c y b x n]; nra end.
Ltac differ := exfalso; positive; first
  [lia | lra | match goal with P : (0 < Rpower ?b (IZR ?x / IZR ?n))%R, Q : (0 < Rpower ?b (IZR ?y / IZR ?n))%R |- _ =>
    destruct (Rtotal_order (Rpower b (IZR x / IZR n)) (Rpower b (IZR y / IZR n))) as [|[equal|]];
    [lra | apply one_exponent in equal; [lia | lra | lia] | lra] end | ordered | nra].
Ltac sides := repeat match goal with H : (?a <> ?b)%R |- _ => destruct (Rdichotomy a b H); clear H end.
"""
_KINDS = {*((rule, "linear") for rule in ("own-index", "counts", "edge", "dominated")), ("lanes", "identical")}


def check_kind(root: JSON) -> None:
    """Raises UndecidedError for a refutation that has no proof here."""
    refutation, feeds = root["evidence"]["refutation"] or {"rule": ""}, root["feeds"]
    if (refutation["rule"], root["answer"]["elsewhere"]) not in _KINDS:
        raise refused("what fails elsewhere is not proved in Coq so far")
    if len(feeds) > 1 or any(OFFSET in given for side in ("source", "target") for given in feeds[0][side].values()):
        raise refused("something differs, at more than one feed or at positions that are moved")


def elsewhere(
    sides: Mapping[str, Side], names: Names, feed: JSON, fields: Mapping[str, Mapping[str, str]],
    clauses: Sequence[str], rule: str, witness: Mapping[int, Sequence[str]], unfolded: str,
    of_numbers: coq_one_by_one.Proof | None = None,
) -> list[str]:
    """Lines of the theorem. `clauses`: of the condition; `witness`: for each the indices of pairs, by own-index;
    `of_numbers`: its proof where pairs are decided one by one.

    Raises UndecidedError where one of several pairs differs and pairs do not turn by single positions.
    """
    source, target = (fields[side]["count"] for side in ("source", "target"))
    turns = Turns(sides, names, feed, fields)

    def turning(side: str, index: str) -> str:
        return f"~ ({turns.everywhere}({turns.angle(side, index)} = 0)%R)"

    def alone(one: str, other: str) -> str:
        a, b = turns.angle(one, "j"), turns.angle(other, "k")
        return (f"{turning(one, 'j')} /\\\n"
                f"    forall k, 0 <= k < {fields[other]['count']} ->\n"
                f"    ~ ({turns.everywhere}({a} = {b})%R) /\\\n    ~ ({turns.everywhere}({a} = - {b})%R)")

    def unmatched(one: str, other: str) -> str:
        return f"(exists j, 0 <= j < {fields[one]['count']} /\\ {alone(one, other)})"

    several = any(len(indices) > 1 for indices in witness.values())
    by_cases = coq_cases.Cases(sides, names, feed) if several else None
    if rule != "counts":
        said = ["  (* A pair of one side turns, and no pair of the other turns as it does, nor oppositely. *)",
                f"  {unmatched('source', 'target')} \\/", f"  {unmatched('target', 'source')}."]
    else:
        said = ["  (* Each pair of both sides turns, and they are not as many. *)",
                f"  {source} <> {target} /\\", *(
                    f"  (forall j, 0 <= j < {fields[side]['count']} -> {turning(side, 'j')}){end}"
                    for side, end in (("source", " /\\"), ("target", ".")))]
    goes, ends = "opened." if by_cases else f"unfold {unfolded} in *; apart.", ""
    if by_cases:
        proved = [by_cases.tried(witness[clause]) for clause in sorted(witness, reverse=True)]
    elif rule == "edge":
        tried = " | ".join(f"{way}; there {at}" for way, last in (("left", "i"), ("right", "k")) for at in ("0", last))
        ends = f"destruct (called ({source} - 1)) as [i]; destruct (called ({target} - 1)) as [k];\n  "
        proved = [f"sides; first [{tried}]."]
    elif witness:
        indices = [index for _, (index,) in sorted(witness.items(), reverse=True)]
        proved = [f"first [left; there {index} | right; there {index}]." for index in indices]
    else:
        proved = ["split; [remainders; either; lia | split; intros j inside; turns]."]
    if clauses:
        steps = [
            *(f"  destruct (classic {clause}); [" for clause in clauses),
            "  exfalso; apply fails; unfold condition; repeat apply conj; assumption" + "|]" * len(clauses) + ".",
            f"  all: {ends}{goes}", *([f"  - {each}" for each in proved] if witness else [f"  all: {proved[0]}"]),
        ]
    else:
        steps = [f"  {ends}{goes}", f"  {proved[0]}"]
    lemmas, (premises, known) = [], ("allowed -> ~ condition -> ", "hypotheses fails") if clauses else (
        "allowed -> ", "hypotheses")
    if by_cases:
        lemmas = by_cases.lemmas(source, f"  ({alone('source', 'target')}) \\/\n  ({alone('target', 'source')})",
                                 premises, known, unfolded, steps)
        steps = [
            f"  destruct (some_pair_differs {known}) as [j [inside differ]].",
            "  destruct (alone hypotheses j inside differ); [left | right]; exists j; (split; [|assumption]);",
            "    opened; lia.",
        ]
    said_before = ["(* What linear maps leave as it is, the frequencies, differs. *)"]
    if of_numbers:
        steps = [*steps[:len(clauses) + 1], f"  all: {goes}", *of_numbers.steps]
        said_before = [
            "(* No fixed linear map makes one layout the other then, at real positions: alike_at_real_positions",
            "   (Cosines.v), linear_exactly_if_pair_map (Magnitudes.v). At whole ones there is more to show: that",
            "   frequencies are algebraic over powers of pi, or that no pair turns half a turn. *)",
        ]
    tactics = ["", "(* Angles at the positions that are 1 on one axis and 0 on the others. *)",
               *turns.tactics(by_cases is None)]
    return [
        *(by_cases.definitions() if by_cases else []),
        *(of_numbers.lemmas if of_numbers else tactics),
        *lemmas,
        "", *said_before,
        f"Theorem nothing_linear : {premises.strip()}", *said, "Proof.",
        f"  intros {known}.", *steps, "Qed.",
    ]
