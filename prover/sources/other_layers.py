"""Layers of a model that a SPEC of one of its parts is silent about: those of the part's name that have no RoPE.

Two models whose layers with RoPE are alike are the same only if these are too: both without RoPE, and with the same
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from prover.claims.relation import Outcome
from prover.sources.beside import Held
from prover.sources.comparing import Compared, Meeting, compare, meetings
from prover.sources.model import Model, Part
from prover.sources.named import named_part, names_layer_type

OTHERS = "layers without RoPE"


def hold_others(source: str, target: str, engine: str = "", folder: Path | None = None) -> tuple[Held, ...]:
    """The layers without RoPE of the two parts that SPECs name, held against what they meet on the other side.

    Nothing where a SPEC names no model, and where both name one type of layers in full. `engine`, `folder`: which one
    reads the target, and where a model's path starts. Raises InputError.
    """
    if names_layer_type(source) and names_layer_type(target):
        return ()
    first, second = named_part(source, folder=folder), named_part(target, engine, folder)
    if first is None or second is None or first[1].name != second[1].name:
        return ()
    sides = _only(first[0], first[1].name), _only(second[0], second[1].name)
    met = tuple(meeting for meeting in meetings(*sides) if _has_still(meeting))
    rows = compare(*sides, None, track=lambda every: filter(_has_still, every))
    return (*dict.fromkeys(held for row in rows for held in _held(row)), *_unmet(sides, met))


def _only(model: Model, name: str) -> Model:
    return replace(model, parts=tuple(part for part in model.parts if part.name == name))


def _still(model: Model) -> list[Part]:
    return [part for part in model.parts if part.spec is None]


def _has_still(meeting: Meeting) -> bool:
    return meeting.source.spec is None or meeting.target.spec is None


def _held(row: Compared) -> Iterator[Held]:
    """What is beside the layouts in layers without RoPE, and that only one side has none in them."""
    where = _layers(row.meeting.layers)
    for held in row.beside:
        yield replace(held, text=f"{where} without RoPE: {held.text}")
    if row.is_same_without:
        return
    without, turning = ("source", "target") if row.meeting.source.spec is None else ("target", "source")
    # A kernel that turns may be given parameters with which it does not; one that is not there is given none.
    may_change = row.alone is not Outcome.EQUIVALENT and turning == "target"
    yield Held(OTHERS, Outcome.UNDECIDED if may_change else row.alone,
               f"{where}: without RoPE in the {without}, turned in the {turning}")


def _unmet(sides: tuple[Model, Model], met: tuple[Meeting, ...]) -> Iterator[Held]:
    for name, side in zip(("source", "target"), sides, strict=True):
        for part in _still(side):
            if not any(part in (meeting.source, meeting.target) for meeting in met):
                yield Held(OTHERS, Outcome.UNDECIDED, f"those of the {name} meet none of the other side that are known")


def _layers(layers: tuple[int, ...] | None) -> str:
    if layers is None:
        return "layers"
    shown = ", ".join(map(str, layers[:3]))
    return f"{'layer' if len(layers) == 1 else 'layers'} {shown}{f', … {layers[-1]}' if len(layers) > 3 else ''}"
