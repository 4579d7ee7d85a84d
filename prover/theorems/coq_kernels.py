"""That two kernels differ where a condition fails, or anywhere, in Coq: a sine or cosine at a whole position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prover.language.term import Term
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import refused
from prover.theorems.coq_turns import Turns

JSON = dict[str, Any]

HEAD = r"""
(* A power that is 1 at most is an angle whose sine is positive. *)
Lemma sine_of_power b n x : (1 < b)%R -> 0 < n -> x <= 0 -> (0 < sin (Rpower b (IZR x / IZR n)))%R.
Proof.
  intros above positive order. apply sin_gt_0; [apply exp_pos|].
  pose proof (power_order b n x 0 above positive order) as most. rewrite (power_zero b n 0) in most by reflexivity.
  pose proof PI2_3_2. lra.
Qed.

Ltac turned := left; rewrite ?Rmult_1_l, ?Rmult_0_l, ?sin_0; match goal with
  |- context [sin (Rpower ?b (IZR ?x / IZR ?n))] =>
    pose proof (sine_of_power b n x ltac:(lra) ltac:(lia) ltac:(lia)); lra end.
"""
ABOUT = """
(* A pair writes magnitude * (x first * cos angle - x second * sin sine_angle) to first, and to second
   magnitude * (x first * sin sine_angle + x second * cos angle); with an angle alone, both are that. *)"""


def kernels_differ(
    sides: Mapping[str, Side], names: Names, feed: JSON, fields: Mapping[str, Mapping[str, str]],
    clauses: Sequence[str], witness: Mapping[int, Sequence[str]], unfolded: str,
) -> list[str]:
    """Lines of the theorem. `clauses`: of the condition; `witness`: for each the indices of pairs.

    Raises UndecidedError where lanes or magnitudes are not the same definitions in both, or indices are several.
    """
    def read(side: str, key: str, index: str = "j") -> str:
        definition = sides[side].definitions[fields[side][key]]
        return f"{definition.name} {index}" if definition.of_pair else definition.name

    if any(len({_apart(made, made.terms[fields[side][key]]) for side, made in sides.items()}) > 1
           for key in ("first", "second", "magnitude")):
        raise refused("lanes or magnitudes differ, or may, and not only what pairs turn by")
    if any(len(indices) > 1 for indices in witness.values()):
        raise refused("which of several pairs differs, where kernels are compared")
    turns = Turns(sides, names, feed, fields)
    at = {each: f"(IZR {name})" for each, name in turns.coordinates.items()}

    def entry(side: str, function: str) -> str:
        key = {"sin": "sine_angle", "cos": "angle"}[function]
        return f"({read(side, 'magnitude')} * {function} ({turns.angle(side, 'j', at, key)}))%R"

    bound = " ".join(turns.coordinates.values())
    differ = [f"{entry('source', function)} <>\n      {entry('target', function)}" for function in ("sin", "cos")]
    same = [f"0 <= j < {fields[side]['count']}" for side in ("source", "target")]
    same += [f"{read('target', key)} = {read('source', key)}" for key in ("first", "second")]
    ones = [", ".join("1" if key == other else "0" for other in turns.coordinates) for key in turns.coordinates]
    tried = " | ".join(f"exists {each}; turned" for each in ones)
    indices = [index for _, (index,) in sorted(witness.items(), reverse=True)]
    premises, known = ("allowed -> ~ condition ->", "hypotheses fails") if clauses else ("allowed ->", "hypotheses")
    steps = [
        *(f"  destruct (classic {clause}); [" for clause in clauses),
        *(["  exfalso; apply fails; unfold condition; repeat apply conj; assumption" + "|]" * len(clauses) + "."]
          if clauses else []),
        f"  all: unfold {unfolded} in *; apart.", *(f"  - differs_at {index}." for index in indices),
    ]
    return [
        "", "(* At an index pairs have the same lanes, and turn by unlike positions. *)",
        "Ltac differs_at index :=",
        "  let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; exists i;",
        "  repeat apply conj; [either; remainders; lia .. |",
        f"    either; small; remainders; choices; first [{tried}]].",
        "", f"Theorem kernels_differ : {premises}",
        "  (* A pair has the same lanes in both, and at some whole position the sine or the cosine is another. *)",
        f"  exists j, {same[0]} /\\ {same[1]} /\\", *(f"    {each} /\\" for each in same[2:]),
        f"    exists {bound} : Z,", f"      {differ[0]} \\/", f"      {differ[1]}.",
        "Proof.", f"  intros {known}.", *steps, "Qed.",
    ]


def _apart(made: Side, term: Term) -> str:
    """A term with all definitions put in, as text."""
    if term.kind == "name" and term.value in made.terms:
        return _apart(made, made.terms[str(term.value)])
    return f"{term.kind} {term.value} ({', '.join(_apart(made, part) for part in term.args)})"
