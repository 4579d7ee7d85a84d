"""A person's own rotary function beside a layout, and as a table. It is run, in a process of its own, under limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prover.api.answers import JSON, Measured, Report
from prover.api.arguments import spec_of
from prover.errors import EXIT_DIFFERENT, EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.layouts.loading import Loaded


def measure_function(
    function: str, spec: str | None = None, *, call: str | None = None, init: str | None = None,
    head_dim: int | None = None, seconds: float | None = None,
) -> Measured:
    """The table of a function such as "rope.py::apply_rope", which is run; `compare` holds it against `spec`.

    `call`: what it is called with, such as "f(x, cos(p), sin(p))", where its parameters do not say. `init`: of a class,
    "Class(head_dim=64)". `seconds`: for the whole run; 120 without it. Raises ProverError.
    """
    from prover.measure.measured import written

    loaded = None if spec is None else _comparable(spec)
    table = _table(function, loaded, call, init, head_dim, seconds)

    def compare() -> Report:
        if loaded is None:
            raise InputError("there is no layout to compare with", where=function[:200], advice="Give a spec")
        return compared(loaded, table, every_difference=False)

    return Measured(EXIT_OK, lambda: table, lambda _: written(table), compare)


def conform_function(
    spec: str, function: str, *, call: str | None = None, init: str | None = None, head_dim: int | None = None,
    seconds: float | None = None, every_difference: bool = False,
) -> Report:
    """Compare a layout with a function, which is run. Exit code 0: it conforms, 1: not."""
    loaded = _comparable(spec)
    table = _table(function, loaded, call, init, head_dim, seconds)
    return compared(loaded, table, every_difference)


def compared(loaded: Loaded, table: JSON, every_difference: bool) -> Report:
    """A layout beside the table of a function."""
    from prover.measure.conform import conform
    from prover.measure.measured import decode
    from prover.repair.measured_cause import measured_causes
    from prover.reports.conform_report import conform_json, conform_text

    entry = table["cases"][0]
    measured = decode(entry["id"], {**entry, "axes": list(loaded.layout.axes)}, entry["id"])
    found = conform(loaded.layout, measured)
    causes = measured_causes(loaded, measured)
    notes = (f"it was called as {entry['called']}", *entry["notes"])
    return Report(
        EXIT_OK if found.conforms else EXIT_DIFFERENT, lambda: conform_json(found, causes, notes),
        lambda _: conform_text(found, "", every_difference, causes, notes),
    )


def _comparable(spec: str) -> Loaded:
    """A layout with one axis, as a function has one position."""
    from prover.layouts.loading import load

    loaded = load(spec_of(spec))
    if len(loaded.layout.axes) != 1:
        raise InputError(
            f"has the axes {', '.join(loaded.layout.axes)}, and functions are measured with one position for a token",
            where=loaded.layout.name, advice="Compare with a layout of one axis",
        )
    return loaded


def _table(
    function: str, loaded: Loaded | None, call: str | None, init: str | None, head_dim: int | None,
    seconds: float | None,
) -> JSON:
    from prover.functions.limits import make_limits
    from prover.functions.measuring import measure_function
    from prover.functions.plan import given_by
    from prover.functions.reference import parse_reference

    given = None if loaded is None else given_by(loaded.layout)
    width = head_dim if head_dim is not None or loaded is None else loaded.layout.width
    return measure_function(parse_reference(function, init), make_limits(seconds), call, width, given)
