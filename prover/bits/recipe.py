"""A recipe: the floating-point operations by which a kernel comes to angle and magnitude and turns, in their order.

Read as exact arithmetic a recipe must give the layout's own angle and magnitude; `read_recipe` sees to it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.bits.rotation import read_rotation
from prover.errors import InputError, ProverError, UndecidedError
from prover.exact import enclosure
from prover.exact.number import ZERO
from prover.language.expression import AXES, RESERVED, Written, number, parse_written
from prover.layouts.expand import expand
from prover.layouts.family import Family, Given
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import Loaded

MAX_DIGITS = 4
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recipe:
    """`precision`: of every operation up to cos and sin. `table`: what these are then rounded to. `rotation`: of the
    products and sums that turn a pair. `head`: of the numbers read and written, rounded from and to that.

    `may_contract`: a compiler may fuse products with sums. `least`: numbers of the head, cosines and sines are 0 or no
    smaller. `rotated`: what is written to either lane, of x, y, cos and sin.
    `states`: value at pair 0 and step of what a loop carries. All else of the layout's names is exact.
    """

    precision: str
    table: str
    rotation: str
    head: str
    may_contract: bool
    least: Fraction
    rotated: tuple[Written, Written]
    lets: dict[str, Written]
    states: dict[str, tuple[Written, Written]]
    angle: Written
    magnitude: Written

    @property
    def has_fma(self) -> bool:
        """Whether a fused multiply-add is written somewhere."""
        parts = [*self.lets.values(), *(part for each in self.states.values() for part in each), *self.rotated]
        trees = [part.tree for part in (*parts, self.angle, self.magnitude)]
        return any(isinstance(node, ast.Name) and node.id == "fma" for tree in trees for node in ast.walk(tree))


def read_recipe(loaded: Loaded) -> Recipe:
    """The recipe of a layout. Raises InputError if it has none, or one that means another layout."""
    family, layout = loaded.family, loaded.layout
    text = family.recipe
    if text is None or len(family.blocks) != 1:
        raise InputError(
            f"{layout.name[:80]} has no recipe, so its bits are not known",
            advice="Add [recipe] to the layout file: models/README.md says how; or ask for --relation identical",
        )
    if layout.positions != "integer" or any(len(pair.distinct_angles) > 1 for pair in layout.pairs):
        raise InputError(f"{layout.name[:80]}: bits are compared for whole positions and one angle per pair")
    own = [*(name for name, _ in text.lets), *(name for name, *_ in text.states)]
    taken = {*(p.name for p in family.parameters), *(n for n, _ in family.lets), *(n for n, *_ in family.states)}
    for name in own:
        if not _NAME.match(name) or name in RESERVED or name in taken | {*family.axes, "j"} or own.count(name) > 1:
            raise InputError(f"recipe: '{name[:40]}' is taken or no name", advice="Choose another name")
    where = f"{layout.name[:80]}: recipe"
    lists = [p.name for p in family.parameters if p.is_list]
    names = [*(taken - set(lists)), *own, *family.axes]

    def read(field: str, formula: str) -> Written:
        try:
            return parse_written(formula, names, [*lists, AXES])
        except ProverError as fault:
            raise InputError(
                fault.message, where=f"{where}.{field}",
                advice="A recipe serves the rules that it was written for; for others write one, or ask for "
                "--relation identical",
            ) from None

    recipe = Recipe(
        text.precision,
        text.table,
        text.rotation,
        text.head,
        text.may_contract,
        _least(text.least, where),
        read_rotation(*text.rotated, where),
        {name: read(f"let.{name}", formula) for name, formula in text.lets},
        {name: (read(f"state.{name}", first), read(f"state.{name}", step)) for name, first, step in text.states},
        read("angle", text.angle),
        read("magnitude", text.magnitude),
    )
    _check_meaning(family, recipe, layout, dict(loaded.given))
    return recipe


def _least(text: str, where: str) -> Fraction:
    """A power of two written as a number or as 2**-n; 0 if there is no least size."""
    base, _, exponent = text.replace(" ", "").partition("**-")
    try:
        if len(base) > MAX_DIGITS or len(exponent) > MAX_DIGITS:
            raise ValueError(text)
        found = number(base) if not exponent else number(base) ** -int(exponent)
    except (ProverError, ValueError):
        found = Fraction(-1)
    if found and (found < 0 or found > 1 or found.numerator != 1 or found.denominator.bit_count() != 1):
        raise InputError(f"least: expected 0 or a power of two from 2**-9999 to 1, got '{text[:40]}'", where=where,
                         advice="Write it as 2**-60")
    return found


def _check_meaning(family: Family, recipe: Recipe, layout: Layout, given: dict[str, Given]) -> None:
    """Expand the layout with the recipe in place of angle and magnitude; every pair must come out the same."""
    block = replace(family.blocks[0], angle=recipe.angle.value, magnitude=recipe.magnitude.value)
    read = replace(
        family,
        lets=(*family.lets, *((name, w.value) for name, w in recipe.lets.items())),
        states=(*family.states, *((name, a.value, b.value) for name, (a, b) in recipe.states.items())),
        blocks=(block,),
    )
    where = f"{layout.name[:80]}: recipe"
    try:
        meant = expand(read, given, layout.name)
    except ProverError as fault:
        raise fault.inside(where) from None
    for index, (mine, pair) in enumerate(zip(meant.pairs, layout.pairs, strict=True)):
        same = _same(mine, pair)
        if same is None:
            raise UndecidedError(f"{where}: it is not known whether pair {index} turns as the layout says")
        if not same:
            raise InputError(
                f"{where}: pair {index} does not turn as the layout says, or has another magnitude",
                advice="In exact arithmetic recipe.angle and recipe.magnitude must be those of [pairs]",
            )


def _same(first: Pair, second: Pair) -> bool | None:
    """Whether two pairs have equal angles and magnitudes as numbers; None if that is not known."""
    sides = [dict(first.angle.frequencies), dict(second.angle.frequencies)]
    answers = [
        enclosure.equal(sides[0].get(axis, ZERO), sides[1].get(axis, ZERO)) for axis in {*sides[0], *sides[1]}
    ]
    answers.append(enclosure.equal(first.angle.phase, second.angle.phase))
    answers.append(enclosure.equal(first.magnitude, second.magnitude))
    return False if False in answers else None if None in answers else True
