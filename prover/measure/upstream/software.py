"""What can be measured of one piece of software, and what its kernels are built with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prover.kernels.kernel import to_float
from prover.measure.probe import Kernel

if TYPE_CHECKING:
    from prover.language.evaluation import Value


@dataclass(frozen=True, slots=True)
class Values:
    """The words that a SPEC chooses, and every parameter's value, defaults worked out."""

    words: Mapping[str, str]
    values: Mapping[str, Value]

    def word(self, name: str) -> str:
        """The word of a choice."""
        return self.words[name]

    def flag(self, name: str) -> bool:
        """A choice between true and false."""
        return {"true": True, "false": False}[self.words[name]]

    def number(self, name: str) -> float:
        """A parameter that is one number."""
        return to_float(self.values[name])

    def whole(self, name: str) -> int:
        """A parameter that is a whole number. Raises ValueError for another."""
        found = self.number(name)
        if found != int(found):
            raise ValueError(f"{name} is {found}, no whole number")
        return int(found)

    def numbers(self, name: str) -> list[float]:
        """A parameter that is a list."""
        return [to_float(each) for each in self.values[name]]  # type: ignore[union-attr]


Build = Callable[[Values], Kernel]


@dataclass(frozen=True, slots=True)
class Software:
    """One piece of software.

    `packages`: whose versions are told, that with the kernels first. `builds`: its layouts in the catalogue, and how a
    kernel of each is made; what it measures is imported there. `specs`: what is measured where nothing is named.
    `steps`: the step on every axis at which a layout is read, for those with another than 1. `bare`: the packages whose
    own requirements need not be installed. `has_extra`: whether it can be named behind this package to be installed.
    """

    packages: tuple[str, ...]
    builds: Mapping[str, Build]
    specs: tuple[str, ...]
    steps: Mapping[str, Callable[[Values], float]] = field(default_factory=dict)
    bare: tuple[str, ...] = ()
    has_extra: bool = True

    def missing(self, name: str) -> str:
        """What to type where something is not installed; `name` is the software's own, and that of its extra."""
        if not self.bare:
            return f"pip install 'rope-prover[{name}]'" if self.has_extra else f"pip install {name}"
        others = " ".join(package for package in self.packages if package not in self.bare)
        return f"pip install --no-deps {' '.join(self.bare)} && pip install {others}"
