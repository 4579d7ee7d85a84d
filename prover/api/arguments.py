"""What callers give, made what the rooms below take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from prover.api.answers import Layout
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.claims.relation import Relation
    from prover.layouts.loading import Loaded
    from prover.sources.beside import Beside
    from prover.sources.model import Finding

DEFAULT_POSITIONS = 131072
RelationName = Literal["identical", "equal-scores", "permutation", "pair-map", "linear"]


def relation_of(name: RelationName) -> Relation:
    """The relation of that name."""
    from prover.claims.relation import Relation

    names = [relation.value for relation in Relation]
    if name not in names:
        raise InputError(
            f"there is no relation '{str(name)[:60]}'", where="relation",
            advice=f"Relations: {', '.join(names)}. For bits there is prove_bits, for what a kernel accepts at "
            "run time prove_runtime",
        )
    return Relation(name)


def allowed(name: RelationName | None) -> Relation | None:
    """The relation that may be used, None if nothing may be done to the weights."""
    return None if name is None else relation_of(name)


def is_identical(name: Literal["identical"] | None) -> bool:
    """Whether the relation to solve for is identity, the one that may be named."""
    if name not in (None, "identical"):
        raise InputError(
            f"solve takes no relation '{str(name)[:60]}'", where="relation",
            advice="Name 'identical', or none: then equal is up to any fixed linear change of weights",
        )
    return name is not None


def loaded_of(side: str | Layout) -> Loaded:
    """A layout, or that of a spec, as it was loaded."""
    return loaded_told(side)[0]


def loaded_told(side: str | Layout) -> tuple[Loaded, tuple[Finding, ...]]:
    """A layout, or that of a spec, as it was loaded, and what was found of the model whose part the spec names."""
    from prover.layouts.loading import load
    from prover.sources.named import resolve_told

    if isinstance(side, Layout):
        return side._loaded, ()
    spec, told = resolve_told(side)
    return load(spec), told


def side_of(side: str | Layout, engine: str = "") -> tuple[Loaded, Beside]:
    """A layout as the weights see it before they are moved, and what acts on scores beside it.

    `engine`: which one reads the model whose part the spec names.
    """
    from prover.layouts.loading import load
    from prover.sources.beside import UNSAID
    from prover.sources.named import resolve_part

    if isinstance(side, Layout):
        if engine:
            raise InputError("a layout is no model that an engine reads", where="engine")
        return side._loaded, UNSAID
    part = resolve_part(side, engine=engine)
    loaded = load(part.spec)
    return loaded if part.rows is None else loaded.moved(part.rows), part.beside


def spec_of(spec: str) -> str:
    """A SPEC without models in it: the layout of the part that it names."""
    from prover.sources.named import resolve

    return resolve(spec)
