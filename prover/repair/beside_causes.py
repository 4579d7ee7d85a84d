"""Causes held against what acts on scores beside the layouts: a parameter that is a cause may move that as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.claims.relation import Outcome
from prover.repair.asked import Cause
from prover.sources.beside import Beside, hold
from prover.sources.changed_beside import beside_changed


def causes_of_all(
    causes: Sequence[Cause], specs: tuple[str | None, str | None], besides: tuple[Beside, Beside], ulps: int | None,
) -> tuple[Cause, ...]:
    """The causes that do not make unlike what is beside the layouts, or leave it unknown.

    `specs`, `besides`: of the source and of the target as they are. Of a cause that leaves as unlike as it is what is
    beside the layouts it is said that it is one of the layouts alone.
    """
    return tuple(_held(causes, specs, besides, ulps))


def _held(
    causes: Sequence[Cause], specs: tuple[str | None, str | None], besides: tuple[Beside, Beside], ulps: int | None,
) -> Iterator[Cause]:
    for cause in causes:
        before = specs[0] if cause.is_lost else specs[1]
        source, target = besides
        changed = source if cause.is_lost else target
        if cause.facts and cause.laws:
            # Facts and laws together have no SPEC from which it could be told what is beside.
            yield replace(cause, is_alone=True)
            continue
        if cause.spec is not None and before is not None:
            changed = beside_changed(changed, before, cause.spec)
        after = (changed, target) if cause.is_lost else (source, changed)
        if all(held.outcome is Outcome.EQUIVALENT for held in hold(*after, None, ulps)):
            yield cause
        elif after == besides:
            yield replace(cause, is_alone=True)
