"""One layout of a theorem certificate as Coq definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prover.language.expression import AXES, parse, parse_condition
from prover.language.term import Term, named
from prover.theorems.coq_definition import Definition
from prover.theorems.coq_loop import Loop, loop
from prover.theorems.coq_names import Names
from prover.theorems.coq_terms import Meaning, settled
from prover.theorems.coq_text import Printer, refused

JSON = dict[str, Any]


class Side:
    """The definitions of one layout, made as they are asked for. Raises UndecidedError for what they cannot say."""

    def __init__(
        self, side: str, layout: JSON, variables: Mapping[str, Meaning], whole: set[str], names: Names
    ) -> None:
        self.side, self.layout, self.variables, self.names = side, layout, variables, names
        self.axes = {axis: names.local(axis) for axis in layout["axes"]}
        self.lets = dict(layout["let"])
        self.parameters = {p["name"]: p for p in layout["parameters"]}
        self.lists = {name for name, p in self.parameters.items() if p["entries"] is not None} | {AXES}
        self.states = {name for name, _, _ in layout["states"]}
        self.numbers = {*self.axes, *self.lets, *self.parameters, *self.states} - self.lists
        self.loop: Loop | None = None
        self.whole = whole
        self.meanings: dict[str, Meaning] = {AXES: tuple(named(name) for name in self.axes.values())}
        self.meanings |= {axis: named(name) for axis, name in self.axes.items()}
        self.definitions: dict[str, Definition] = {}
        self.terms: dict[str, Term] = {}   # what they stand for
        self.printer = Printer(self.is_whole, self.call)
        self.where_needed: list[str] | None = None   # if not what the printer met

    def is_whole(self, name: str) -> bool:
        """Whether a name of the Coq file is a whole number."""
        return self.definitions[name].is_whole if name in self.definitions else name in self.whole

    def call(self, name: str) -> str:
        """A name of the Coq file with what it is applied to."""
        return self.definitions[name].call if name in self.definitions else name

    def meaning(self, name: str) -> Meaning:
        """What a name in an expression of this layout stands for."""
        if name in self.states:
            return named(self.carried().called[name])
        if name not in self.meanings:
            self.meanings[name] = (
                self._defined(name, settled(parse(self.lets[name], self.numbers, self.lists), self.meaning))
                if name in self.lets else self._parameter(self.parameters[name])
            )
        return self.meanings[name]

    def carried(self) -> Loop:
        """The values carried from pair to pair, defined when first asked for."""
        if self.loop is None:
            self.loop = loop(self.side, self.layout, self.names, self.printer, self.definitions.get, self.numbers,
                             self.lists, self.meaning, set(self.axes.values()))
            self.definitions |= {each.name: each for each in self.loop.definitions}
        return self.loop

    @property
    def needed(self) -> list[str]:
        """What has to hold so that its definitions have values."""
        return [*self.printer.needed] if self.where_needed is None else self.where_needed

    @property
    def unfolded(self) -> list[str]:
        """What a proof unfolds, later definitions first: all but what a loop carries."""
        kept = set(self.loop.called.values()) if self.loop else set()
        return [name for name in reversed(self.definitions) if name not in kept]

    def _parameter(self, parameter: JSON) -> Meaning:
        name, value = parameter["name"], parameter["value"]
        if value is None:
            return self.variables[name]
        if isinstance(value, list):
            return tuple(self._value(text) for text in value)
        term = self._value(value)
        if parameter["whole"] and not self.printer.whole(term):
            raise refused(f"'{name}' of the {self.side} has to be whole, which its form does not show")
        return self._defined(name, term)

    def _value(self, text: str) -> Term:
        lists = {name for name, found in self.variables.items() if isinstance(found, tuple)}
        names = self.numbers | (set(self.variables) - lists)
        term = parse(text, names, lists | self.lists, index=False)
        return settled(term, lambda name: self.variables[name] if name in self.variables else self.meaning(name))

    def _defined(self, name: str, term: Term) -> Term:
        """A name for a term; a number, an axis or a variable is its own."""
        return term if term.number is not None or term.kind in ("name", "index", "pi") else self.define(name, term)

    def define(self, name: str, term: Term, is_real: bool = False) -> Term:
        """A definition of `term`, which may be called by the name given back."""
        parts = [self.definitions[each] for each in term.names if each in self.definitions]
        used = {*term.names, *(axis for part in parts for axis in part.axes)}
        is_whole = not is_real and self.printer.whole(term)
        found = Definition(
            self.names.new(f"{self.side}_{name}"), is_whole, "j" in term.names or any(part.of_pair for part in parts),
            tuple(axis for axis in self.axes.values() if axis in used),
            (self.printer.integer if is_whole else self.printer.real)(term),
        )
        self.definitions[found.name], self.terms[found.name] = found, term
        return Term("name", (), found.name)

    def term(self, text: str) -> Term:
        """An expression of the layout."""
        return settled(parse(text, self.numbers, self.lists), self.meaning)

    def condition(self, text: str) -> Term:
        """A requirement of the layout."""
        return settled(parse_condition(text, self.numbers, self.lists), self.meaning)

    def fields(self) -> dict[str, str]:
        """The Coq names of its width and of the fields of its pairs; sines have the angle of cosines or their own."""
        keys = ("width", "count", "first", "second", "angle", "magnitude", *["sine_angle"] * self.has_own_sine)
        found = {key: self.field(key) for key in keys}
        return {"sine_angle": found["angle"], **found}

    @property
    def has_own_sine(self) -> bool:
        """Whether the sines of pairs are of another angle than their cosines."""
        return "sine_angle" in self.layout["pairs"]

    def field(self, key: str) -> str:
        """The Coq name of one of the fields of its pairs, or of its width."""
        text = self.layout["width"] if key == "width" else self.layout["pairs"][key]
        is_lane = key in ("width", "first", "second", "count")
        term = self.term(text)
        if is_lane and not self.printer.whole(term):
            raise refused(f"{key} of the {self.side} has to be whole, which its form does not show")
        called = str(self.define("pairs" if key == "count" else key, term,
                                 key in ("angle", "sine_angle", "magnitude")).value)
        if self.definitions[called].axes and key not in ("angle", "sine_angle"):
            raise refused(f"{key} of the {self.side} depends on positions")
        return called


def numbers_of(values: Mapping[str, Meaning]) -> set[str]:
    """Those that are no lists."""
    return {name for name, found in values.items() if not isinstance(found, tuple)}

