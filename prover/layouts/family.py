"""A family: a layout that is symbolic in its parameters, held as terms.

`prover.layouts.expand` puts concrete values in and gives the exact layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.language.term import Term, named
from prover.layouts.layout import Positions

PAIRS_PER_AXIS = "pairs per axis"
MORE_ANGLES = ("sine_angle", "second_sine_angle", "second_angle")

Given = Fraction | tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named input of a family, with its default, its requirement and what it means.

    Without a default it must be given. `is_whole`: the number, or every entry, is a whole number.
    """

    name: str
    is_list: bool
    is_whole: bool
    default: Term | tuple[Fraction, ...] | None
    requirement: Term | None
    requirement_text: str
    meaning: str

    def stands_for_unset(self, text: str) -> bool:
        """Whether a value, as a spec has it, is the default that is the mark for 'not given', and no number to be set.

        Its meaning says so.
        """
        return any(part.startswith(f"{text} is 'not given'") for part in self.meaning.split("; "))

    @property
    def asks_for_whole(self) -> bool:
        """Whether only whole numbers are taken: said so, or its requirement has a remainder of it."""
        if self.is_whole or self.requirement is None:
            return self.is_whole
        parts = self.requirement.args if self.requirement.kind == "and" else (self.requirement,)
        return any(part.kind == "eq" and self._is_remainder(*part.args) for part in parts)

    def _is_remainder(self, left: Term, right: Term) -> bool:
        """Whether the left is the remainder of it by a whole number, and the right a whole number."""
        return (
            left.kind == "mod" and left.args[0] == named(self.name)
            and left.args[1].whole is not None and right.whole is not None
        )

    @property
    def kind(self) -> str:
        """What it takes, in words."""
        if self.is_list:
            return "list of whole numbers" if self.asks_for_whole else "list"
        return "whole number" if self.asks_for_whole else "number"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of `count` pairs; every field is an expression in j and the parameters."""

    count: Term
    first: Term
    second: Term
    write_first: Term
    write_second: Term
    angle: Term
    second_angle: Term | None
    magnitude: Term
    sine_angle: Term | None = None
    second_sine_angle: Term | None = None

    @property
    def more_angles(self) -> dict[str, Term]:
        """The angles beside `angle` that are given, by field; any of them may make it no rotation."""
        return {name: e for name in MORE_ANGLES if (e := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class KernelWarning:
    """What is told where `condition` holds (a warning) or does not hold (a requirement).

    In `text`, {name} stands for a value and {pairs per axis} for the pairs that each axis drives.
    """

    condition: Term
    text: str


@dataclass(frozen=True, slots=True)
class RecipeText:
    """How a kernel computes a pair's angle and magnitude in floating point, and turns the pair, as written.

    `precision`: of every operation up to cos and sin. `table`: what cos and sin are then rounded to. `rotation`: of the
    products and sums. `head`: of the numbers read and written. `rotated`: what is written to the two lanes; None: as
    is usual. `states`: name, value at pair 0, and step.
    """

    precision: str
    table: str
    rotation: str
    head: str
    may_contract: bool
    least: str
    rotated: tuple[str | None, str | None]
    angle: str
    magnitude: str
    lets: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a layout is implemented upstream."""

    repo: str
    version: str
    path: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.version} {self.path} {self.symbol}"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a real kernel does not take, or takes only in one way. `of`: factors or feed; `refuses`: it takes none."""

    of: str
    text: str
    source: Source
    refuses: bool


@dataclass(frozen=True, slots=True)
class Family:
    """A layout family as read from one file and the rules it names.

    `states` are values carried from pair to pair: name, value at pair 0, and step from a pair to
    the next. `factors`: the list parameters whose entry j divides the angle of pair j; of several the kernel
    reads one or another. It has none where there are none.
    """

    name: str
    title: str
    note: str
    sources: tuple[Source, ...]
    axes: tuple[str, ...]
    positions: Positions
    width: Term
    parameters: tuple[Parameter, ...]
    lets: tuple[tuple[str, Term], ...]
    states: tuple[tuple[str, Term, Term], ...]
    blocks: tuple[Block, ...]
    recipe: RecipeText | None
    requirements: tuple[KernelWarning, ...]
    warnings: tuple[KernelWarning, ...]
    feeds: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    factors: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
