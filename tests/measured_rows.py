"""Every measured table with the spec that it is known to equal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from measured_specs import GGML, KERNELS, MEASURED, TRANSFORMERS
from prover.measure.measured import Measured, read_measured


@dataclass(frozen=True)
class Row:
    """An entry of a file, and the spec that it equals."""

    file: str
    entry: str
    spec: str

    @property
    def measured(self) -> Measured:
        """The table."""
        return _read(self.file)[self.entry]


@cache
def _read(file: str) -> dict[str, Measured]:
    here = MEASURED / f"{file}.json"
    return read_measured(here if here.is_file() else MEASURED / "kernels" / f"{file}.json")


def rows() -> list[Row]:
    """All of them, by file."""
    tables = {"ggml": GGML, "transformers": TRANSFORMERS, **KERNELS}
    return [Row(file, entry, spec) for file, entries in tables.items() for entry, spec in entries.items()]
