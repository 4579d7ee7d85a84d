"""The numbers behind the names of a packing: head counts and widths, from the keys of a config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.keys import Keys

MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Widths:
    """Names of one layer. `head`: lanes of a head of q and k where the layer's layout says it.

    `rules`: for each name the alternatives, of which the first is taken whose keys are there: a number, a key, another
    name, or two of these with // or * between. `kv_heads`: what the config class has where the file has no such key.
    """

    keys: Keys
    rules: Mapping[str, Sequence[str]]
    head: int | None = None
    kv_heads: int | None = None

    def number(self, name: str) -> int:
        """The number behind a name. Raises InputError with the keys that it could come from."""
        found = self._named(name, 0)
        if found is None:
            raise InputError(f"has none of what '{name}' is taken from: {', '.join(self.rules.get(name, [name]))}",
                             where=self.keys.where, advice="Add the key; the value is not guessed")
        return found

    def origin(self, name: str) -> str:
        """What a name is taken from, in words."""
        if name in ("q", "k") and self.head is not None:
            return f"{name} = {self.head}, the layout's head"
        taken = next((each for each in self.rules.get(name, [name]) if self._value(each, 0) is not None), name)
        return f"{name} = {self.number(name)}, from {taken}" if taken != str(self.number(name)) else f"{name} = {taken}"

    def _named(self, name: str, depth: int) -> int | None:
        if depth > MAX_DEPTH:
            raise InputError(f"'{name}' is defined by itself", where=self.keys.where)
        if name in ("q", "k") and self.head is not None:
            return self.head
        if name not in self.rules:
            return self._key(name)
        for rule in self.rules[name]:
            found = self._value(rule, depth + 1)
            if found is not None:
                return found
        return None

    def _value(self, rule: str, depth: int) -> int | None:
        first, *rest = rule.split()
        found = self._operand(first, depth)
        while rest and found is not None:
            sign, word, *rest = rest
            other = self._operand(word, depth)
            if other is None:
                return None
            if sign == "//" and (other < 1 or found % other):
                raise InputError(f"expected {rule} to be whole, got {found} // {other}", where=self.keys.where)
            found = found // other if sign == "//" else found * other if sign == "*" else found + other
        return found

    def _operand(self, word: str, depth: int) -> int | None:
        if word.isdigit():
            return int(word)
        if word in self.rules:
            return self._named(word, depth)
        return self._key(word)

    def _key(self, key: str) -> int | None:
        if self.keys.is_given(key) or (key in self.keys.defaults and key not in self.keys):
            return self.keys.whole(key, 0)
        if key == "num_key_value_heads" and key not in self.keys:
            return self.kv_heads
        return None
