"""Numbers of a packing that are found together with what says them."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Sourced(ABC):
    """The numbers behind the names of a packing, as `Numbers` has them."""

    __slots__ = ()

    @abstractmethod
    def found(self, name: str) -> tuple[int, str]:
        """The number behind a name, and what says it. Raises InputError if nothing does."""

    def number(self, name: str) -> int:
        """The number behind a name. Raises InputError."""
        return self.found(name)[0]

    def origin(self, name: str) -> str:
        """What a name is taken from, in words."""
        number, source = self.found(name)
        return f"{name} = {number}, from {source}"
