"""Positions at which two kernels' bits differ: NumPy finds them, exact arithmetic has to confirm them.

What is told of a position is what rational numbers, each operation rounded by the definition, come to there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.bits.contraction import AS_WRITTEN, CHOICES, Contracting, Traced
from prover.bits.exactly import Exactly, Value
from prover.bits.floating import Numbers, Turn, V, outputs
from prover.bits.formats import CARRIERS, Array, bits_of
from prover.bits.machine import Machine
from prover.bits.recipe import Recipe
from prover.errors import EvidenceError, UndecidedError
from prover.exact.angle import Angle
from prover.layouts.feed import Feed
from prover.layouts.loading import Loaded

FIRST_POSITIONS = 1024
MORE_POSITIONS = 1024
LARGEST_POSITION = 1 << 17
MAX_CELLS = 1 << 22
MAX_CONFIRMED = 8
FEW = 16
SEED = 20


@dataclass(frozen=True, slots=True)
class BitDifference:
    """One position at which a lane of a head comes out with other bits, written in hexadecimal.

    `inputs`: the lanes that are read for it, and their values. `choices`: what a compiler makes of sums of products.
    `head_bits`, `output_bits`: the bits alone of `inputs` and of `values`.
    """

    feed: str
    head: str
    position: tuple[tuple[str, int], ...]
    lane: int
    pair: int | None
    inputs: tuple[tuple[int, str], ...]
    angles: tuple[str, str] | None
    values: tuple[str, str]
    choices: tuple[str, str]
    head_bits: tuple[tuple[int, str], ...]
    output_bits: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """A kernel and where the feed puts the axes."""

    loaded: Loaded
    recipe: Recipe
    places: Mapping[str, Angle]

    @property
    def choices(self) -> tuple[str, ...]:
        """What its compiler may do."""
        return tuple(CHOICES) if self.recipe.may_contract else (AS_WRITTEN,)

    def outputs(
        self, numbers: Numbers[V], choice: str = AS_WRITTEN, turns: list[Turn[Any]] | None = None
    ) -> tuple[list[V], list[V]]:
        """What is written to each lane, and the angle of each pair. `turns`: of the same choice, as for `outputs`."""
        if choice == AS_WRITTEN:
            return outputs(self.loaded, self.recipe, self.places, numbers, turns)
        at = CHOICES[choice]
        return self.contracted(numbers, lambda ways: ways[at] if len(ways) > 1 else ways[0], turns)

    def contracted(
        self, numbers: Numbers[V], choose: Callable[[Sequence[V]], V], turns: list[Turn[Any]] | None = None
    ) -> tuple[list[V], list[V]]:
        """The same, with sums of products worked out as `choose` says."""
        traced = Contracting(numbers, choose)
        found = outputs(self.loaded, self.recipe, self.places, traced, turns)
        return _values(found[0]), _values(found[1])

    @property
    def turns(self) -> bool:
        """Whether some pair turns with a coordinate under the feed."""
        return any(
            self.places[axis].frequencies for pair in self.loaded.layout.pairs for axis, _ in pair.angle.frequencies
        )

    def pair_of(self, lane: int) -> int | None:
        """The pair that writes a lane."""
        return next((i for i, pair in enumerate(self.loaded.layout.pairs) if lane in pair.write), None)


def _values(traced: Sequence[Traced[V]]) -> list[V]:
    return [each.value for each in traced]


def sides_of(feed: Feed, sides: tuple[Loaded, Loaded], recipes: tuple[Recipe, Recipe]) -> tuple[Side, Side]:
    """The two kernels under a feed."""
    return Side(sides[0], recipes[0], dict(feed.source)), Side(sides[1], recipes[1], dict(feed.target))


def find_difference(feed: Feed, source: Side, target: Side) -> tuple[int, BitDifference | None]:
    """Run both kernels in NumPy: heads of ones, of random numbers, of zeros. The count of positions, a difference.

    The control, the target one position on, must differ from the target; else the run proves nothing.
    """
    width = source.loaded.layout.width
    coordinates = _positions(feed.coordinates, max(1, MAX_CELLS // width))
    count = next(iter(coordinates.values())).size if coordinates else 1
    ones = np.ones((count, width))
    least = float(max(source.recipe.least, target.recipe.least))
    heads = {"ones": ones, "random numbers": _random(count, width, least), "zeros": 0 * ones[:FEW]}
    sides = (source, target)
    turns = defaultdict[tuple[int, int, str], list[Turn[Any]]](list)   # heads at the same positions have the same ones
    for name, head in heads.items():
        machine = Machine({name: values[:len(head)] for name, values in coordinates.items()}, head)
        run = [
            {choice: side.outputs(machine, choice, turns[len(head), k, choice])[0] for choice in side.choices}
            for k, side in enumerate(sides)
        ]
        for choices in product(*(side.choices for side in sides)):
            differ = np.stack([bits_of(a) != bits_of(b)
                               for a, b in zip(run[0][choices[0]], run[1][choices[1]], strict=True)])
            for at in np.flatnonzero(differ.any(axis=0))[:MAX_CONFIRMED].tolist():
                position = {name: int(values[at]) for name, values in coordinates.items()}
                found = _confirmed(position, head[at], sides, choices)
                if found is not None:
                    return count, _told(feed, name, position, head[at], sides, choices, *found)
    if target.turns:
        here = target.outputs(Machine(coordinates, ones), turns=turns[count, 1, AS_WRITTEN])[0]
        shifted = target.outputs(Machine({n: c + 1 for n, c in coordinates.items()}, ones))[0]
        if all((bits_of(a) == bits_of(b)).all() for a, b in zip(here, shifted, strict=True)):
            raise EvidenceError("the negative control, one position on, has the same bits")
    return count, None


def _random(count: int, width: int, least: float) -> npt.NDArray[np.float64]:
    """Numbers about 1 in size, and none of them too small."""
    found = np.random.default_rng(SEED).normal(size=(count, width))
    return np.where(np.abs(found) < 2 * least, 1.0, found)


def _positions(names: Sequence[str], most: int) -> dict[str, npt.NDArray[np.int64]]:
    """Whole positions: the first ones with all coordinates alike, then random ones, each for itself."""
    generator = np.random.default_rng(SEED)
    start = np.arange(min(FIRST_POSITIONS, most), dtype=np.int64)
    return {
        name: np.concatenate([start, generator.integers(0, LARGEST_POSITION, min(MORE_POSITIONS, most))])
        for name in names
    }


Run = tuple[list[Value], list[Value]]


def _confirmed(
    position: Mapping[str, int], head: npt.NDArray[np.float64], sides: tuple[Side, Side], choices: Sequence[str]
) -> tuple[int, Run, Run] | None:
    """The first lane that differs in exact arithmetic, and what both sides come to; None if no lane is seen to."""
    exact = Exactly(position, [Fraction(float(each)) for each in head])
    try:
        first, second = (side.outputs(exact, choice) for side, choice in zip(sides, choices, strict=True))
        lane = next((
            i for i, (a, b) in enumerate(zip(first[0], second[0], strict=True))
            if a != b and _meets_premise(sides, (first, second), i, exact)
        ), None)
    except UndecidedError:
        return None
    return None if lane is None else (lane, first, second)


def _meets_premise(sides: tuple[Side, Side], runs: tuple[Run, Run], lane: int, exact: Exactly) -> bool:
    """Whether cosines and sines that a lane is made of are 0 or not below the least size that is assumed."""
    least = max(side.recipe.least for side in sides)
    for side, (_, angles) in zip(sides, runs, strict=True):
        pair = side.pair_of(lane)
        if least and pair is not None:
            turned = [exact.apply(name, side.recipe.precision, angles[pair]) for name in ("cos", "sin")]
            if any(0 < abs(value.number) < least for value in turned):
                return False
    return True


def _told(
    feed: Feed, head_name: str, position: Mapping[str, int], head: npt.NDArray[np.float64], sides: tuple[Side, Side],
    choices: Sequence[str], lane: int, first: Run, second: Run,
) -> BitDifference:
    pairs = [side.pair_of(lane) for side in sides]
    angles = None
    if pairs[0] is not None and pairs[1] is not None:
        angles = (
            shown(first[1][pairs[0]], sides[0].recipe.precision), shown(second[1][pairs[1]], sides[1].recipe.precision)
        )
    lanes = sorted(set(_read(sides, lane, pairs)))
    kept = Exactly({}, [Fraction(float(each)) for each in head])
    kind = sides[0].recipe.head
    return BitDifference(
        feed.name, head_name, tuple(position.items()), lane, pairs[0],
        tuple((each, shown(kept.lane(each, kind), kind)) for each in lanes), angles,
        (shown(first[0][lane], kind), shown(second[0][lane], kind)), (choices[0], choices[1]),
        tuple((each, pattern(kept.lane(each, kind), kind)) for each in lanes),
        (pattern(first[0][lane], kind), pattern(second[0][lane], kind)),
    )


def _read(sides: tuple[Side, Side], lane: int, pairs: Sequence[int | None]) -> Iterator[int]:
    """The lanes that a lane is made of, on either side."""
    for side, pair in zip(sides, pairs, strict=True):
        yield from (lane,) if pair is None else side.loaded.layout.pairs[pair].read


def shown(value: Value, precision: str) -> str:
    """A floating-point number with its bits."""
    return f"{_kept(value, precision)[0]!s} ({pattern(value, precision)})"


def pattern(value: Value, precision: str) -> str:
    """The bits of a floating-point number, in hexadecimal."""
    kept = _kept(value, precision)
    digits = 4 if precision == "bfloat16" else 2 * kept.dtype.itemsize
    return f"0x{int(bits_of(kept, precision)[0]):0{digits}x}"


def _kept(value: Value, precision: str) -> Array:
    return np.array([value.float], dtype=CARRIERS[precision])
