"""A theorem certificate's statement as a Coq file: definitions that a person can read, the theorem, and its proof.

The proof is case analysis with lia, nia, ring and field; nothing is admitted, so that where they fail the file does not
compile. Files are made of theorems whose pairs are matched one by one, always in any order or under a condition in
their own, and of those where a pair of one side is like none of the other, or the numbers of pairs differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from prover.language.expression import parse, parse_condition
from prover.language.term import TRUE, Term, constant, named
from prover.theorems import (
    coq_cases,
    coq_elsewhere,
    coq_joined,
    coq_kernels,
    coq_logarithms,
    coq_loop,
    coq_one_by_one,
    coq_ramps,
    coq_reals,
    coq_slower,
)
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side, numbers_of
from prover.theorems.coq_statement import listed, statement, unfolded_of
from prover.theorems.coq_tactics import ORDER, TAIL
from prover.theorems.coq_terms import Meaning, settled
from prover.theorems.coq_text import Printer, bare, on_lines, refused
from prover.theorems.coq_turns import Turns

JSON = dict[str, Any]
SCHEMA = "rope-prover/theorem-certificate/1"
MADE = "(* Made by rope-prover from the certificate "
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9']*")
RELATIONS = ("identical", "equal-scores", "permutation")

HEAD = r"""From Coq Require Import Bool ZArith Reals Lia Lra.
Open Scope bool_scope.
Open Scope Z_scope.

(* Quotients and remainders by their equations, then lia. *)
Ltac Zify.zify_post_hook ::= Z.to_euclidean_division_equations.

(* Every choice, innermost first. *)
Ltac cases := repeat match goal with
  | |- context [if ?b then _ else _] =>
      lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:? end
  | H : context [if ?b then _ else _] |- _ =>
      lazymatch b with context [if _ then _ else _] => fail | _ => destruct b eqn:? end
  end.
Ltac shown := intros; cases; first
  [reflexivity | lia | lra | ring | exfalso; lia | nia
  | repeat f_equal; first [ring | lia | field; apply not_0_IZR; lia]].
"""


def coq_file(certificate: str) -> str:
    """The file for an accepted certificate. Raises UndecidedError for a theorem of a kind that it has no proof for."""
    root = json.loads(certificate)
    if root["schema"] != SCHEMA:
        raise refused("its certificate is of given sizes, and only what holds for all is written")
    answer, evidence = root["answer"], root["evidence"]
    if answer["scope"] == "not-always":
        raise refused("it says that the two differ at given sizes, and only what holds for all is written")
    if evidence["order"] is None:
        coq_one_by_one.check_kind(root)
    elif answer["scope"] != "always":
        coq_elsewhere.check_kind(root)
    if answer["scope"] != "never" and answer["relation"] not in RELATIONS:
        raise refused(f"its relation is {answer['relation']}, and {', '.join(RELATIONS)} are written")
    if evidence["sign"] != 1:
        raise refused("its pairs turn oppositely")
    if answer["relation"] == "permutation" and evidence["permutation"] is None:
        raise refused("it has no closed form of the permutation")
    return _Writer(root).text()


class _Writer:
    """One walk over one certificate."""

    def __init__(self, root: JSON) -> None:
        self.root, names = root, Names()
        self.is_of_numbers = root["evidence"]["order"] is None
        self.variables: dict[str, Meaning] = {}
        self.kinds: dict[str, str] = {}   # Coq names of all variables, in order: Z or R
        for each in root["variables"]:
            count = each["entries"]
            wanted = [each["name"]] if count is None else [f"{each['name']}_{i}" for i in range(count)]
            coq = [names.new(name) for name in wanted]
            self.kinds |= dict.fromkeys(coq, "Z" if each["whole"] else "R")
            self.variables[each["name"]] = named(coq[0]) if count is None else tuple(map(named, coq))
        whole = {name for name, kind in self.kinds.items() if kind == "Z"}
        self.sides = {side: Side(side, root[side], self.variables, whole, names) for side in ("source", "target")}
        self.names = names
        self.printer = Printer(lambda name: any(made.is_whole(name) for made in self.sides.values()), self._call,
                               self.sides["source"].printer.needed)   # of what stands outside the layouts

    def text(self) -> str:
        """The whole file."""
        for side, made in self.sides.items():
            pairs = made.layout["pairs"]
            if any(pairs[f"write_{each}"] != pairs[each] and made.term(pairs[f"write_{each}"]) != made.term(pairs[each])
                   for each in ("first", "second")):
                raise refused(f"the {side} writes other lanes than it reads")
        hypotheses = self._hypotheses()
        fields = {side: made.fields() for side, made in self.sides.items()}
        self._check_logarithms()
        assumed = coq_logarithms.assumed(self.sides, fields) if self._is_slower else []
        hypotheses += assumed
        of_reals = coq_reals.has_reals(self.sides.values())
        if of_reals:
            for side, made in self.sides.items():
                made.where_needed = coq_reals.where_needed(made, fields[side].values())
        permutation, scope = self._permutation(), self.root["answer"]["scope"]
        order = self._order()
        loops, clauses = self._loops(fields), self._condition()
        if scope != "always" and any(made.loop for made in self.sides.values()):
            raise refused("a loop that is another one under a condition or never")
        if order and (loops or scope == "sometimes"):
            raise refused("its pairs are matched in another order, and under a condition or with a loop")
        if of_reals and (order or loops or (scope == "never" and not self._is_slower)):
            raise refused("logarithms, rounded real numbers or choices by them, in another order or with a loop")
        witness = self._witness()
        several = any(len(indices) > 1 for indices in witness.values())
        theorem = statement(self.sides, self.names, self.root["feeds"], fields, bool(permutation), scope, bool(order),
                            several, of_reals, self.is_of_numbers, self._with_ramps)
        unfolded = listed(["allowed", *unfolded_of(self.sides)])
        if self._rule == "lanes":
            theorem += coq_kernels.kernels_differ(self.sides, self.names, self.root["feeds"][0], fields, clauses,
                                                  witness, unfolded)
        elif self._is_slower:
            theorem += coq_slower.slower(self.sides, self.names, self.root["feeds"][0], fields, clauses, unfolded)
        elif scope != "always":
            of_numbers = (coq_one_by_one.proof(self.sides, self.names, fields["source"]["count"], self.root)
                          if self.is_of_numbers else None)
            theorem += coq_elsewhere.elsewhere(self.sides, self.names, self.root["feeds"][0], fields, clauses,
                                               self._rule, witness, unfolded, of_numbers)
        if coq_joined.is_joined(self.root):
            theorem += coq_joined.joined(
                self.sides, Turns(self.sides, self.names, self.root["feeds"][0], fields), fields, self._rule,
                hypotheses, "allowed -> ~ condition ->" if clauses else "allowed ->", unfolded, several,
                [name for name, kind in self.kinds.items() if kind == "R"])
        lines = [self._title(), self._head(bool(loops), bool(order), of_reals), "Section ForAll.", "",
                 "(* The theorem is for all of these. *)"]
        for kind in ("Z", "R"):
            own = [name for name, each in self.kinds.items() if each == kind]
            lines += [f"Variables {' '.join(own)} : {kind}."] if own else []
        for side, made in self.sides.items():
            about = ("weights are made for", "kernel computes")[side == "target"]
            lines += ["", f"(* The layout that the {about}. Pair j reads and writes the lanes first and second. *)",
                      *(each.stated for each in made.definitions.values())]
        if any(made.has_own_sine for made in self.sides.values()):
            if self.root["answer"]["relation"] != "identical":
                raise refused("a sine has an angle of its own, and the relation is not identical")
            lines.append(coq_kernels.ABOUT)
        also = " A magnitude may not be 0." if assumed else ""
        lines += ["", f"(* What the layouts require, and what is assumed.{also} *)",
                  f"Definition allowed : Prop :=\n  {_conjunction(hypotheses)}."]
        if clauses:
            lines += ["", "(* Where the relation holds; elsewhere it does not. *)",
                      f"Definition condition : Prop :=\n  {_conjunction(clauses)}."]
        if order:
            lines += ["", "(* Pair j of the target is pair order j of the source. *)",
                      f"Definition order (j : Z) : Z :=\n  {on_lines(bare(order))}."]
        if permutation:
            lines += ["", "(* Row lane of the target's weights is row permutation lane of the source's. *)",
                      f"Definition permutation (lane : Z) : Z :=\n  {on_lines(bare(permutation))}."]
        lines += [*loops, "", *theorem, "", "End ForAll.", *[TAIL] * (bool(loops) or bool(order) or scope != "always"),
                  *self._example(hypotheses, clauses)]
        return "\n".join(lines) + "\n"

    def _head(self, is_loop: bool, is_ordered: bool, of_reals: bool) -> str:
        if self.is_of_numbers:
            return (HEAD.replace("Lia Lra.", "Lia Lra Machin Classical.") + coq_elsewhere.HEAD + coq_reals.HEAD
                    + coq_one_by_one.HEAD)
        if self.root["answer"]["scope"] != "always":
            several = any(len(indices) > 1 for indices in self._witness().values())
            required = coq_joined.REQUIRED if coq_joined.is_joined(self.root) else ""
            return required + HEAD.replace("Lia Lra.", "Lia Lra Classical.") + coq_elsewhere.HEAD + (
                coq_cases.HEAD * several + coq_reals.HEAD * (of_reals or self._is_slower) + self._more())
        return HEAD + (coq_loop.HEAD if is_loop else ORDER if is_ordered else "") + coq_reals.HEAD * of_reals + (
            coq_ramps.HEAD * self._with_ramps)

    def _more(self) -> str:
        """What the rule needs besides."""
        if self._is_slower:
            return coq_logarithms.HEAD + coq_slower.head(self.sides.values())
        return coq_kernels.HEAD * (self._rule == "lanes")

    @property
    def _rule(self) -> str:
        """How it is refuted elsewhere; "" if it always holds."""
        refutation = self.root["evidence"]["refutation"]
        return "" if refutation is None else str(refutation["rule"])

    @property
    def _is_slower(self) -> bool:
        return self._rule == "dominated" and not self.is_of_numbers

    @property
    def _with_ramps(self) -> bool:
        return self.root["answer"]["scope"] == "always" and coq_ramps.in_two_ways(self.sides.values())

    def _check_logarithms(self) -> None:
        if (self._rule and not self._is_slower and not self.is_of_numbers
                and coq_reals.has_reals(self.sides.values())):
            raise refused("logarithms or choices by real numbers, where no side turns slower pair by pair")

    def _condition(self) -> list[str]:
        """The clauses of the condition."""
        numbers, lists = self._shared()
        terms = [settled(parse_condition(text, numbers, lists), self._meaning)
                 for text in self.root["answer"]["condition"]]
        return [self.printer.proposition(term) for term in terms]

    def _witness(self) -> dict[int, list[str]]:
        """For each clause indices of pairs, one of which differs where it fails; for "never", one clause."""
        refutation, found = self.root["evidence"]["refutation"], dict[int, list[str]]()
        numbers, lists = self._shared()
        for clause, text in refutation["witness"] if refutation else []:
            term = settled(parse(text, numbers, lists, index=False), self._meaning)
            place = self.root["answer"]["condition"].index(clause) if self.root["answer"]["condition"] else 0
            found.setdefault(place, []).append(self.printer.integer(term))
        return found

    def _title(self) -> str:
        source, target = (_comment(self.root[side]["name"]) for side in ("source", "target"))
        return (f"{MADE}{self.root['digest']}.\n   {source} -> {target}: "
                f"{self._kind()}, for all sizes. *)\n")

    def _kind(self) -> str:
        answer = self.root["answer"]
        if answer["scope"] == "never":
            return "never linear"
        return str(answer["relation"]) + ", exactly under a condition" * bool(answer["scope"] == "sometimes")

    def _meaning(self, name: str) -> Meaning:
        if name in self.variables:
            return self.variables[name]
        side = next(made for made in self.sides.values() if name in made.parameters)
        return side.meaning(name)

    def _shared(self) -> tuple[set[str], set[str]]:
        """Names of numbers and of lists that expressions outside the layouts may have."""
        lists = set(self.variables) - numbers_of(self.variables)
        parameters = {name for made in self.sides.values() for name in made.parameters}
        lists |= {name for made in self.sides.values() for name in made.lists & parameters}
        return (set(self.variables) | parameters) - lists, lists

    def _hypotheses(self) -> list[str]:
        found: dict[str, None] = {}
        numbers, lists = self._shared()
        terms = [(self.printer, settled(parse_condition(text, numbers, lists), self._meaning))
                 for text in self.root["where"]]
        for made in self.sides.values():
            required = [p["require"] for p in made.layout["parameters"] if p["require"]]
            terms += [(made.printer, made.condition(text)) for text in required + made.layout["require"]]
        for printer, term in terms:
            for part in term.args if term.kind == "and" else () if term == TRUE else (term,):
                found[printer.proposition(part)] = None
        return list(found)

    def _loops(self, fields: Mapping[str, Mapping[str, str]]) -> list[str]:
        """The closed forms of what the sides carry."""
        numbers, lists = self._shared()
        rows: dict[str, list[tuple[str, Term, Term]]] = {}
        for row in self.root["evidence"]["invariant"]:
            when = settled(parse_condition(row["when"], numbers, lists, index=True), self._meaning)
            value = settled(parse(row["value"], numbers, lists), self._meaning)
            rows.setdefault(row["side"], []).append((row["state"], when, value))
        for side in rows:
            self.sides[side].carried()
        unfolded = listed(["allowed", *unfolded_of(self.sides)])
        return [line for side, made in self.sides.items() if made.loop
                for line in coq_loop.closed_forms(made.loop, rows.get(side, []), made.printer, fields[side]["count"],
                                                  unfolded)]

    def _permutation(self) -> str:
        is_permutation = self.root["answer"]["relation"] == "permutation"
        return self._whole_numbers("permutation", "lane") if is_permutation else ""

    def _order(self) -> str:
        """Which pair of the source a pair of the target is; "" for that of its index."""
        return self._whole_numbers("order", "j") if self.root["evidence"]["order"] not in (None, "j") else ""

    def _whole_numbers(self, key: str, argument: str) -> str:
        """What the evidence says of lanes, or of pairs."""
        numbers, lists = self._shared()
        read = parse(self.root["evidence"][key], numbers | ({argument} - {"j"}), lists, index=argument == "j")
        term = settled(read,
                       lambda name: named(name) if name == argument else self._meaning(name))
        sides = self.sides.values()
        printer = Printer(lambda name: name == argument or any(made.is_whole(name) for made in sides), self._call)
        printed = printer.integer(term)
        if printer.needed:
            raise refused(f"the {key} divides by what is no number")
        return printed

    def _call(self, name: str) -> str:
        return next((d.call for made in self.sides.values() for d in [made.definitions.get(name)] if d), name)

    def _example(self, hypotheses: list[str], clauses: list[str]) -> list[str]:
        """That some parameters are allowed, on either side of a condition, so that the theorem says something."""
        found: list[str] = []
        for place, said in (("holds", "condition"), ("fails", "~ condition")):
            point = self.root["evidence"]["points"][place]
            if point is not None:
                name = "some_are_allowed" if self.root["answer"]["scope"] != "sometimes" else f"condition_{place}"
                found += self._example_at(name, point, hypotheses, clauses, said if clauses else "")
        return found

    def _example_at(
        self, title: str, point: JSON, hypotheses: list[str], clauses: list[str], condition: str
    ) -> list[str]:
        values: dict[str, Term] = {}
        for each in self.root["variables"]:
            found, own = self.variables[each["name"]], point[each["name"]]
            pairs = zip(found, own, strict=True) if isinstance(found, tuple) else [(found, own)]
            values |= {str(term.value): constant(Fraction(text)) for term, text in pairs}
        printer = self.sides["source"].printer
        used, also = self._used(" ".join(hypotheses)), self._used(" ".join(clauses))
        every = self._used(" ".join([*hypotheses, *clauses]))
        arguments = [printer.real(values[name]) + "%R" if self.kinds[name] == "R" else printer.integer(values[name])
                     for name in every]
        given = f"exists {', '.join(arguments)}; " if every else ""
        said = " ".join(["allowed", *used]) + (f" /\\ {' '.join([condition, *also])}" if condition else "")
        unfolded = ["allowed", *["condition"] * bool(condition), *(
            d.name for made in self.sides.values() for d in reversed(made.definitions.values())
            if d.name in self._reached(" ".join([*hypotheses, *clauses])))]
        tactics = ["lia", "lra", *["not_0"] * self._is_slower,
                   *["few_turns"] * (self._is_slower and coq_slower.has_choices(self.sides.values()))]
        comment = {"": "are allowed", "condition": "are allowed and meet the condition"}
        return ["", f"(* Some parameters {comment.get(condition, 'are allowed and do not meet the condition')}. *)",
                f"Example {title} : " + (f"exists {' '.join(every)}, " if every else "") + f"{said}.",
                "Proof.", f"  {given}unfold {listed(unfolded)}; "
                f"repeat apply conj; first [{' | '.join(tactics)}].", "Qed."]

    def _used(self, text: str) -> list[str]:
        """The variables that a text needs, whole numbers first: in the section's order they are its arguments."""
        found = self._reached(text)
        return [name for kind in ("Z", "R") for name, own in self.kinds.items() if own == kind and name in found]

    def _reached(self, text: str) -> set[str]:
        """The names in a text, and in the definitions that it calls."""
        definitions = {d.name: d.text for made in self.sides.values() for d in made.definitions.values()}
        found, todo = set[str](), [text]
        while todo:
            words = set(_WORD.findall(todo.pop())) - found
            found |= words
            todo += [definitions[word] for word in words if word in definitions]
        return found


def _conjunction(parts: list[str]) -> str:
    return " /\\\n  ".join(parts) if parts else "True"


def _comment(text: str) -> str:
    """Text that ends no comment and opens none."""
    return text.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
