"""Kernels of installed software at the parameters of SPECs of the catalogue, as tables; all on the CPU."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from prover.errors import InputError
from prover.layouts.expand import parameter_values
from prover.layouts.loading import load, outline
from prover.measure.probe import NotALayout, probe
from prover.measure.upstream.names import MODULES
from prover.measure.upstream.software import Software, Values
from prover.requirements import installed_version


def software(name: str) -> Software:
    """The software of that name. Raises InputError for an unknown one."""
    if name not in MODULES:
        raise InputError(f"there is no software '{name[:60]}'", where="measure", advice=f"One of {', '.join(MODULES)}")
    found: Software = importlib.import_module(f"prover.measure.upstream.{MODULES[name]}").SOFTWARE
    return found


def installed(packages: Sequence[str]) -> dict[str, str | None]:
    """The version of each package; None for what is not installed."""
    return {package: installed_version(package) for package in packages}


def measure_upstream(name: str, spec: str) -> dict[str, Any]:
    """The table of a kernel at the parameters of a SPEC, in the transformers format.

    Raises InputError for another's layout, for what is not installed, and for what the software refuses.
    """
    known = software(name)
    found = installed(known.packages)
    missing = [package for package, version in found.items() if version is None]
    if missing:
        raise InputError(f"not installed: {', '.join(missing)}", where=f"measure {name}",
                         advice=known.missing(name))
    loaded = load(spec)
    build = known.builds.get(loaded.family.name)
    if build is None:
        raise InputError(f"'{loaded.family.name[:60]}' is no layout of {name} that is measured",
                         where=f"spec '{spec[:80]}'", advice=f"Write {', '.join(known.builds)}, with parameters")
    values = Values(dict(outline(spec).words), parameter_values(loaded.family, dict(loaded.given)))
    axes, step_at = loaded.family.axes, known.steps.get(loaded.family.name)
    try:
        step = step_at(values) if step_at else 1.0
        done = probe(build(values), loaded.layout.width, axes, [step] * len(axes))
    except NotALayout:
        raise
    except Exception as fault:  # whatever another version, or a size that it does not take, makes upstream raise
        told = f"{type(fault).__name__}: {fault}"
        raise InputError(f"{name} does not compute it: {told[:400]}", where=f"spec '{spec[:80]}'") from None
    return {"software": found, "cases": [{"id": spec, **done.case, "checks": {"mixed_position_error": done.residual}}]}
