"""Keys of a config, read with their kinds: what is missing, null or of another kind is told with file and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from prover.errors import InputError
from prover.sources.json_text import kind_of

MAX_LIST = 1 << 15


@dataclass(frozen=True, slots=True)
class Override:
    """What a command line puts onto a loaded config.

    `flag`: what gave it; `flat`: single keys; `rope`: parameters of RoPE, which it `merges` into those that are there
    or puts in their place; `patches`: single keys are moved into the parameters afterwards; `inner`: for the configs
    inside; `length`: the context that the engine is started with.
    """

    flag: str
    flat: Mapping[str, Any]
    rope: Mapping[str, Any] | None
    merges: bool
    patches: bool
    inner: Mapping[str, Override]
    length: int | None


@dataclass(frozen=True, slots=True)
class Keys:
    """One object of a config. `where`: its file, and its own place in it.

    `names`: what the config class calls a key, by its usual name; the file may use either. `defaults`: what the class
    has for a key that is not in the file. `override`: what is to be put onto it when it is loaded.
    """

    table: Mapping[str, Any]
    where: str
    names: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, int] = field(default_factory=dict)
    override: Override | None = None

    def __contains__(self, key: str) -> bool:
        return key in self.table or self.names.get(key) in self.table

    def is_given(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.table.get(self.name(key)) is not None

    def name(self, key: str) -> str:
        """What the key is called in the file, or would be."""
        own = self.names.get(key)
        return key if own is None or (key in self.table and own not in self.table) else own

    def origin(self, key: str) -> str:
        """Where its value comes from: the key, or the default."""
        name = self.name(key)
        if self.override is not None and name in self.override.flat:
            return f"{self.override.flag} {name}"
        return name if key in self else "default"

    def number(self, key: str) -> Fraction:
        """A number, which must be there. Raises InputError."""
        value = self._there(key)
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise self.wrong(key, "a number")
        return Fraction(value)

    def whole(self, key: str, least: int = 1) -> int:
        """A whole number of at least `least`, which must be there. Raises InputError."""
        value = self.number(key)
        if value.denominator != 1 or not least <= value < 1 << 31:
            raise self.wrong(key, f"a whole number from {least} on")
        return int(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false; null is false, as Python takes it. Raises InputError."""
        value = self.table.get(self.name(key), default)
        if not isinstance(value, bool) and value is not None:
            raise self.wrong(key, "true or false")
        return bool(value)

    def text(self, key: str) -> str:
        """A text, which must be there. Raises InputError."""
        value = self._there(key)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def numbers(self, key: str) -> tuple[Fraction, ...]:
        """A list of numbers, which must be there. Raises InputError."""
        value = self._there(key)
        if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST:
            raise self.wrong(key, f"a list of 1 to {MAX_LIST} numbers")
        if not all(isinstance(each, int | Fraction) and not isinstance(each, bool) for each in value):
            raise self.wrong(key, "a list of numbers")
        return tuple(map(Fraction, value))

    def object(self, key: str) -> Keys | None:
        """The keys of an object inside; None if it is absent, null or empty. Raises InputError."""
        value = self.table.get(self.name(key))
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        inner = self.override.inner.get(key) if self.override else None
        return Keys(value, f"{self.where}, {key}", override=inner) if value else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, which must be there. Raises InputError."""
        value = self._there(key)
        if not isinstance(value, list) or len(value) > MAX_LIST or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

    def wrong(self, key: str, expected: str) -> InputError:
        """The error that a key is not what was expected."""
        value = self.table.get(self.name(key))
        is_number = isinstance(value, int | Fraction) and not isinstance(value, bool)
        got = f"the text '{value[:40]}'" if isinstance(value, str) else str(value)[:40] if is_number else kind_of(value)
        return InputError(f"expected {expected}, got {got if key in self else 'nothing'}",
                          where=f"{self.where}, {self.name(key)}")

    def _there(self, key: str) -> Any:
        name = self.names.get(key, key)
        if name != key and {name, key} <= self.table.keys() and self.table[name] != self.table[key]:
            raise InputError(f"stands twice, as {name} and as {key}, with two values", where=self.where,
                             advice="Which of the two is meant?")
        name = self.name(key)
        if name in self.table:
            if self.table[name] is None:
                raise InputError("is null, for which nothing is defined", where=f"{self.where}, {name}")
            return self.table[name]
        if key in self.defaults:
            return self.defaults[key]
        raise InputError("is not in the file, and its value is not guessed", where=f"{self.where}, {name}",
                         advice="Add the key, or give the layout itself: 'rope-prover list' finds it")


def number_text(value: Fraction) -> str:
    """An exact number as a spec writes it: whole, a decimal where it ends, else a fraction."""
    twos = fives = 0
    rest = value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return str(value)
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def list_text(values: Sequence[Fraction]) -> str:
    """Numbers as a spec writes a list."""
    return ",".join(map(number_text, values))
