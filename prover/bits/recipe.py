"""A recipe: the floating-point operations by which a kernel comes to angle and magnitude, in their order.

Read as exact arithmetic a recipe must give the layout's own angle and magnitude; `read_recipe` sees to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from prover.errors import InputError, ProverError, UndecidedError
from prover.exact import enclosure
from prover.exact.number import ZERO
from prover.language.expression import AXES, Written, parse_written
from prover.layouts.expand import expand
from prover.layouts.family import Family, Given
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import Loaded


@dataclass(frozen=True, slots=True)
class Recipe:
    """`precision`: of every operation up to cos and sin. `table`: what these are then rounded to.

    `states`: value at pair 0 and step of what a loop carries. All else of the layout's names is exact.
    """

    precision: str
    table: str
    lets: dict[str, Written]
    states: dict[str, tuple[Written, Written]]
    angle: Written
    magnitude: Written


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
        if not name.isidentifier() or name in taken | {*family.axes, "j"} or own.count(name) > 1:
            raise InputError(f"recipe: '{name[:40]}' is taken or no name", advice="Choose another name")
    lists = [p.name for p in family.parameters if p.is_list]
    names = [*(taken - set(lists)), *own, *family.axes]

    def read(field: str, formula: str) -> Written:
        try:
            return parse_written(formula, names, [*lists, AXES])
        except ProverError as fault:
            raise InputError(
                fault.message, where=f"{layout.name[:80]}: recipe.{field}",
                advice="A recipe serves the rules that it was written for; for others write one, or ask for "
                "--relation identical",
            ) from None

    recipe = Recipe(
        text.precision,
        text.table,
        {name: read(f"let.{name}", formula) for name, formula in text.lets},
        {name: (read(f"state.{name}", first), read(f"state.{name}", step)) for name, first, step in text.states},
        read("angle", text.angle),
        read("magnitude", text.magnitude),
    )
    _check_meaning(family, recipe, layout, dict(loaded.given))
    return recipe


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
