"""Causes that no parameter says, as data: laws that make of one side's pairs what the other's would be.

A law is one entry of models/causes.toml, in the expression language of layout files. Here it is read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import msgspec

from prover.errors import ProverError
from prover.files import typed_toml
from prover.language.evaluation import names_in
from prover.language.expression import parse, parse_condition
from prover.language.term import Term
from prover.resources import MODELS

CAUSES = MODELS / "causes.toml"
CHANGED = ("frequency", "phase", "magnitude", "first", "turns", "takes", "rule")
FIXED = ("count", "width", "rotated", "low", "needed", "step", "first_frequency", "first_step", "c")
MOVING = frozenset({
    "frequency", "phase", "magnitude", "first", "second", "k", "per", "before",
    "needed_frequency", "needed_phase", "needed_magnitude",
})
Side = Literal["source", "target"]


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the file, whose head says what its fields are."""

    name: str
    fault: str
    change: str
    unread: str = ""
    on: Side = "target"
    frequency: str = ""
    phase: str = ""
    magnitude: str = ""
    first: str = ""
    second: str = ""
    turns: str = ""
    takes: str = ""
    second_takes: str = ""
    rule: Literal[
        "", "exchanged", "pattern", "several", "single", "scaled", "unbounded", "bounded", "beyond", "lanes", "rounded"
    ] = ""
    c: str = ""
    require: str = ""
    is_rational: bool = False
    joins: bool = False
    tells: tuple[tuple[str, str], ...] = ()
    yields_to: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """What of a pair it changes."""
        return frozenset(name for name in CHANGED if getattr(self, name))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    cause: list[Law]


@dataclass(frozen=True, slots=True)
class Applied:
    """A law with its values put in: `name`, and in words the fault and the change; `values`: numbers, as texts."""

    law: Law
    fault: str
    change: str
    values: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.law.name

    def yields(self, others: Collection[Applied]) -> bool:
        """Whether another one says the same better."""
        return any(each is not self and each.name in self.law.yields_to for each in others)


@cache
def laws() -> tuple[Law, ...]:
    """All of them, in the order of the file. Raises InputError for an expression that is none."""
    found = tuple(typed_toml(CAUSES, _File).cause)
    for law in found:
        try:
            expressions_of(law)
        except ProverError as fault:
            raise fault.inside(f"{CAUSES.name}, cause '{law.name}'") from None
    return found


@dataclass(frozen=True)
class Expressions:
    """A law's texts, read; what it does not say is None."""

    frequency: Term | None
    phase: Term | None
    magnitude: Term | None
    lanes: tuple[Term, ...]
    takes: tuple[Term, ...]
    turns: Term | None
    c: Term | None
    require: Term | None
    tells: tuple[tuple[str, Term], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """All that they use."""
        single = (self.frequency, self.phase, self.magnitude, self.turns, self.c, self.require)
        return frozenset().union(*(names_in(each) for each in (*single, *self.lanes, *self.takes) if each is not None))


@cache
def expressions_of(law: Law) -> Expressions:
    """The texts of a law. Raises ExpressionError."""
    names = {*FIXED, *MOVING}

    def read(text: str) -> Term | None:
        return parse(text, names, ()) if text else None

    return Expressions(
        read(law.frequency), read(law.phase), read(law.magnitude),
        tuple(parse(text, names, ()) for text in (law.first, law.second) if text),
        tuple(parse(text, names, ()) for text in (law.takes, law.second_takes) if text),
        parse_condition(law.turns, names, (), index=True) if law.turns else None, read(law.c),
        parse_condition(law.require, names, (), index=True) if law.require else None,
        tuple((name, parse(text, names, ())) for name, text in law.tells),
    )
