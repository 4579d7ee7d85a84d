"""A stated example of a layout whose parameters have to be given: those at which its project's kernel was measured."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent / "tests"


@dataclass(frozen=True)
class Example:
    """A layout with all parameters that it needs, as a SPEC, and the measured table that it is known to equal."""

    spec: str
    table: str
    entry: str
    software: str

    @property
    def caption(self) -> str:
        """Which parameters were taken, and from where."""
        taken = ", ".join(f"`{each}`" for each in self.spec.split(":")[1:])
        return (f"Parameters of this layout have to be given. It is drawn with those at which a kernel of "
                f"{self.software} was measured (`{self.entry}` in `tests/measured/{self.table}`): {taken}.")


def measured_example(layout: dict[str, Any]) -> Example:
    """The first measured setting of a layout, as `show` gives it in JSON types. Raises LookupError if there is none."""
    tables = measured_specs()
    for found in layout["evidence"]["tables"]:
        for entry, spec in tables[Path(found["table"]).stem].items():
            if spec.partition(":")[0] == layout["name"]:
                return Example(spec, found["table"], entry, found["software"])
    raise LookupError(f"{layout['name']} was never measured, so no parameters are known to draw it with")


@cache
def measured_specs() -> dict[str, dict[str, str]]:
    """By table and entry, the spec that the tests hold against it."""
    known = runpy.run_path(str(TESTS / "measured_specs.py"))
    return {"ggml": known["GGML"], "transformers": known["TRANSFORMERS"], **known["KERNELS"]}
