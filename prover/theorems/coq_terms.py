"""What the names of a theorem certificate stand for: terms in which settled choices are gone and lists are entries."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from prover.language.term import FALSE, TRUE, Kind, Term, constant, product_of, sum_of
from prover.theorems.coq_text import refused

Meaning: TypeAlias = "Term | tuple[Term, ...]"
_DECIDED: Mapping[Kind, Callable[[Fraction, Fraction], bool]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}


def settled(term: Term, meaning: Callable[[str], Meaning]) -> Term:
    """The term with each name replaced by its meaning, and with what that decides decided. Raises UndecidedError.

    An entry at an index that is no number becomes an `item` of the index and all entries.
    """
    def entries(of: Term) -> tuple[Term, ...]:
        found = meaning(str(of.value))
        assert isinstance(found, tuple)
        return found

    match term.kind:
        case "name":
            found = meaning(str(term.value))
            assert isinstance(found, Term)
            return found
        case "length":
            return constant(len(entries(term.args[0])))
        case "item":
            index, listed = settled(term.args[1], meaning), entries(term.args[0])
            if index.number is None and listed:
                return Term("item", (index, *listed))
            if index.whole is None or not 0 <= index.whole < len(listed):
                raise refused("an entry of a list whose index is no place in it")
            return listed[index.whole]
        case "total":
            total = constant(0)
            for entry in entries(term.args[0]):
                total = _sum(total, entry)
            return total
        case "lowest" | "highest":
            listed = entries(term.args[0])
            if not listed:
                raise refused("the least or greatest entry of an empty list")
            return listed[0] if len(listed) == 1 else Term("smallest" if term.kind == "lowest" else "largest", listed)
        case "choice":
            test = settled(term.args[0], meaning)
            if test in (TRUE, FALSE):
                return settled(term.args[1 if test == TRUE else 2], meaning)
            return Term("choice", (test, settled(term.args[1], meaning), settled(term.args[2], meaning)))
        case "and" | "or":
            return _joined(term, meaning)
        case _ if not term.args:
            return term
    return _worked_out(term.kind, tuple(settled(part, meaning) for part in term.args))


def _joined(term: Term, meaning: Callable[[str], Meaning]) -> Term:
    """and, or: a part that decides ends it, as the language has it."""
    deciding, neutral = (FALSE, TRUE) if term.kind == "and" else (TRUE, FALSE)
    kept: list[Term] = []
    for part in term.args:
        found = settled(part, meaning)
        if found == deciding:
            kept.append(found)
            break
        if found != neutral:
            kept += found.args if found.kind == term.kind else [found]
    if kept[-1:] == [deciding] and len(kept) == 1:
        return deciding
    return neutral if not kept else kept[0] if len(kept) == 1 else Term(term.kind, tuple(kept))


def _worked_out(kind: Kind, parts: Sequence[Term]) -> Term:
    numbers = [part.number for part in parts]
    match kind, parts:
        case ("add", (a, b)):
            return _sum(a, b)
        case ("mul", (a, b)):
            return b if a.number == 1 else a if b.number == 1 else product_of(a, b)
        case ("pow", (base, exponent)) if base.number == 1 or exponent.number == 1:
            return base
        case ("mod", _) if None not in numbers and numbers[1]:
            return constant(_number(parts[0]) % _number(parts[1]))
        case ("not", (a,)) if a in (TRUE, FALSE):
            return FALSE if a == TRUE else TRUE
        case (_, (a, b)) if kind in _DECIDED and None not in numbers:
            return TRUE if _DECIDED[kind](_number(a), _number(b)) else FALSE
    return Term(kind, tuple(parts))


def _number(term: Term) -> Fraction:
    assert term.number is not None
    return term.number


def _sum(a: Term, b: Term) -> Term:
    return b if a.number == 0 else a if b.number == 0 else sum_of(a, b)
