"""Where one of several pairs differs, and which one goes by cases: the positions that pairs turn by, in Coq.

Powers of a base above 1 are as different as their exponents, so that two pairs of one index that turn by different
positions are like no pair. That is one lemma; which index it is takes whole numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from textwrap import fill
from typing import Any

from prover.language.term import Term, constant
from prover.theorems.coq_definition import Definition
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import bare, refused

JSON = dict[str, Any]

HEAD = r"""
(* A number that is given, modulo one that is not: as often as it is gone through. *)
Lemma whole_turns a m : 0 <= a -> 0 < m -> exists q, 0 <= q <= a /\ a mod m = a - m * q.
Proof.
  intros above positive. exists (a / m). pose proof (Z.div_mod a m ltac:(lia)).
  pose proof (Z.mod_pos_bound a m positive). pose proof (Z.div_pos a m above positive). nia.
Qed.
Ltac wrapped a m :=
  let q := fresh in let bounds := fresh in let equal := fresh in
  destruct (whole_turns a m ltac:(lia) ltac:(lia)) as [q [bounds equal]]; rewrite equal in *;
  pose proof (Z.mod_pos_bound a m ltac:(lia)); rewrite equal in *; clear equal;
  assert (q = 0 \/ q = 1 \/ q = 2 \/ q = 3) as [ | [ | [ | ] ] ] by lia; subst q; try (exfalso; lia).
Ltac wraps := repeat match goal with
  | _ : context [Zpos ?a mod ?m] |- _ => lazymatch m with Zpos _ => fail | _ => wrapped (Zpos a) m end end.
Ltac either_way := repeat match goal with
  | H : context [if ?b then _ else _] |- _ => chosen b; try discriminate H end.

(* What is a choice of several is held back until nothing else is to be found. *)
Definition held (fact : Prop) : Prop := fact.
Ltac hold := repeat match goal with
  | H : Z.max ?a ?b > ?c |- _ => change (held (Z.max a b > c)) in H
  | H : ?one \/ ?other |- _ => change (held (one \/ other)) in H
  end.
Ltac both_parts := repeat match goal with both : _ /\ _ |- _ => destruct both end.
Ltac least_parts := repeat match goal with
  | least : Z.min ?a ?b >= ?c |- _ =>
      assert (a >= c) by (clear - least; lia); assert (b >= c) by (clear - least; lia); clear least
  | least : Z.min ?a ?b > ?c |- _ =>
      assert (a > c) by (clear - least; lia); assert (b > c) by (clear - least; lia); clear least end.
Ltac apart_but_held := both_parts; hold; least_parts; apart.
Ltac shown_with_held := first [solve [unfold held in *; lia] | shown_there].
Ltac sides_of_numbers := repeat match goal with
  | H : ?a <> ?b |- _ => assert (a < b \/ b < a) as [|] by lia; clear H
  | H : held (Z.max ?a ?b > Zpos ?c) |- _ =>
      assert (a > Zpos c \/ b > Zpos c) as [|] by (unfold held in H; lia); clear H
  | H : Z.max ?a ?b > Zpos ?c |- _ => assert (a > Zpos c \/ b > Zpos c) as [|] by lia; clear H end.
Ltac ones := repeat match goal with H : context [if ?b then 1%R else 1%R] |- _ =>
  replace (if b then 1%R else 1%R) with 1%R in H by (destruct b; reflexivity) end.
Ltac tests_alone := positive; repeat match goal with H : ?fact |- _ =>
  lazymatch fact with context [if _ then _ else _] => fail | (0 < Rpower _ _)%R => fail | _ => clear H end end.

(* What lia needs of quotients by numbers, and of sums of which an entry is above 0. *)
Ltac known := repeat match goal with
  | _ : context [?a / Zpos ?b] |- _ => lazymatch goal with
      | _ : a = Zpos b * (a / Zpos b) + a mod Zpos b |- _ => fail
      | _ => pose proof (Z.div_mod a (Zpos b) ltac:(lia)); pose proof (Z.mod_pos_bound a (Zpos b) ltac:(lia)) end
  | H : held (Z.max ?a (Z.max ?b ?c) > 0) |- _ => lazymatch goal with
      | _ : a + b + c > 0 |- _ => fail | _ => assert (a + b + c > 0) by (unfold held in H; lia) end end.
Ltac impossible := exfalso; unfold held in *; lia.
"""


class Cases:
    """The lemmas for one certificate. Raises UndecidedError for pairs that do not turn by single positions."""

    def __init__(self, sides: Mapping[str, Side], names: Names, feed: JSON) -> None:
        self.numbers = {"0": 0} | {each: place for place, each in enumerate(feed["coordinates"], 1)}
        self.sides, self.feed = sides, feed
        self.terms = {side: self._position(side, made.term(made.layout["pairs"]["angle"]))
                      for side, made in sides.items()}
        self.positions = [
            Definition(names.new(f"{side}_position"), True, True, (), sides[side].printer.integer(term))
            for side, term in self.terms.items()
        ]

    def definitions(self) -> list[str]:
        """The positions that pairs turn by, as numbers."""
        said = ", ".join(f"{number} for {name}" for name, number in self.numbers.items() if number)
        return ["", f"(* The position that a pair turns by: {said}, 0 for none. *)",
                *(each.stated for each in self.positions)]

    def lemmas(
        self, count: str, alone: str, premises: str, names: str, unfolded: str, steps: Sequence[str]
    ) -> list[str]:
        """That a pair which turns by another position is like none, and that there is one.

        `alone`: what is said of pair j; `premises`: of the lemma on which pair it is, called `names`; `steps`: its
        proof.
        """
        source, target = (each.name for each in self.positions)
        other = f"0 <= j < {count} ->{{}}{source} j <> {target} j"
        return [
            "", f"Ltac opened := unfold {unfolded} in *; apart_but_held.",
            "", "(* Pair j of one side is like none of the other where the two turn by different positions. *)",
            f"Lemma alone : allowed -> forall j, {other.format(' ')} ->", f"{alone}.",
            "Proof.",
            "  intros hypotheses j inside differ;",
            f"    destruct (Z.eq_dec ({source} j) 0) as [none | some]; [right | left; clear some];",
            f"    unfold {source}, {target} in *; opened; (split; [turns|]);",
            "    intros k inside_k;",
            "    (destruct (Z.eq_dec k j); [subst k; split; at_tests | clear differ; split; turns]).",
            "Qed.",
            "", "(* At an index the two differ, or it is known that they do not, or that it is outside. *)",
            "Ltac at_pair i :=",
            "  let same := fresh in let differ := fresh in",
            f"  destruct (Z_lt_le_dec i ({count})); [",
            f"    destruct (Z.eq_dec ({source} i) ({target} i)) as [same|differ];",
            f"    [unfold {source}, {target} in same | exists i; split; [opened; remainders; lia | exact differ]]",
            "  |]; opened; small; wraps; remainders; either_way; try impossible.",
            "Ltac at_index index := lazymatch index with 0 => at_pair 0 | Zpos _ => at_pair index",
            "  | _ => let i := fresh in let at_i := fresh in destruct (called index) as [i at_i]; at_pair i end.",
            "", "(* There is such a pair: one of these. *)",
            f"Lemma some_pair_differs : {premises}exists j, {other.format(' ').replace(' ->', ' /' + chr(92))}.",
            "Proof.", f"  intros {names}.", *steps, "Qed.",
        ]

    def tried(self, indices: Sequence[str]) -> str:
        """Tactics that try indices: numbers alone; a bound that choices have and one behind; all, one by one."""
        numbers = [each for each in indices if each.isdecimal()]
        bounds = [[text, f"({bare(text)} + 1)"] for text in dict.fromkeys(self._bounds())]
        every = dict.fromkeys([*numbers, *chain(*bounds), *indices])
        ways = [f"solve [{way}]" for way in [f"known; {_each(numbers)}"] * bool(numbers) + [*map(_each, bounds)]]
        ways.append(_each(every))
        return "sides_of_numbers; first\n    [" + "\n    | ".join(ways) + "]."

    def _bounds(self) -> Iterator[str]:
        """Where choices by the index itself end."""
        for side, made in self.sides.items():
            for bound in _bounds(self.terms[side]):
                yield made.printer.integer(bound)

    def _position(self, side: str, term: Term) -> Term:
        """The number of the position that stands as a factor in a term."""
        made = self.sides[side]
        axes = {name: axis for axis, name in made.axes.items()}

        def turns(of: Term) -> bool:
            return any(name in axes or (name in made.terms and turns(made.terms[name])) for name in of.names)

        match term.kind:
            case "name" if term.value in axes:
                given = self.feed[side][axes[str(term.value)]]
                if list(given.values()) not in ([], ["1"]):
                    raise refused("which of several pairs differs, where positions are no single ones")
                return constant(self.numbers[next(iter(given), "0")])
            case "name" if term.value in made.terms:
                return self._position(side, made.terms[str(term.value)])
            case "choice":
                test, then, other = term.args
                return Term("choice", (test, self._position(side, then), self._position(side, other)))
            case "item":
                return Term("item", (term.args[0], *(self._position(side, each) for each in term.args[1:])))
            case "mul" if sum(map(turns, term.args)) == 1:
                return self._position(side, next(filter(turns, term.args)))
        raise refused("which of several pairs differs, where angles are no position times a frequency")


def _each(indices: Iterable[str]) -> str:
    return fill("; ".join(f"at_index {each}" for each in indices), 110, subsequent_indent="      ")


def _bounds(term: Term) -> Iterator[Term]:
    """The right sides of the comparisons that decide choices alone, first ones first."""
    if term.kind == "choice":
        test, then, other = term.args
        if test.kind == "lt":
            yield test.args[1]
        yield from _bounds(then)
        yield from _bounds(other)
