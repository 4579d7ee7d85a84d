"""A checkpoint's tensors: what they are called, their type and shape, and where their bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import prod
from pathlib import Path


class Format(Enum):
    """What kind of files hold the tensors."""

    SAFETENSORS = "safetensors"
    GGUF = "gguf"
    TORCH = "torch"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor. `shape`: rows first, as NumPy has it; that of a GGUF file is turned round from what the file says.

    `dtype`: as the file calls it, in capitals: F32, BF16, F8_E4M3, I8, Q8_0, Q4_K. `offset`, `size`: in bytes, from the
    file's start; a row's bytes follow one another, and rows do.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: Path
    offset: int
    size: int

    def row_bytes(self, rows: int) -> int:
        """Bytes of one row, where the leading dimensions together are this many rows."""
        assert self.leads(rows), f"{self.name} of shape {self.shape} has no {rows} rows"
        return self.size // rows

    def leads(self, rows: int) -> bool:
        """Whether some of the leading dimensions together are this many rows."""
        return any(prod(self.shape[:count]) == rows for count in range(1, len(self.shape) + 1))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's weights as they lie on disk, read as far as names, types and places.

    `root`: the folder or file that was named. `files`: those that hold tensors, in the order of their names.
    `config`: the config.json beside them, or the GGUF file itself; what `read_model` takes. None: there is none.
    `ranks`: of a tensor-parallel checkpoint the tensors of each rank by the names that its file has; `tensors` has them
    all, each with its rank in front of its name (`ranks.py`). Empty where every name stands once.
    """

    root: Path
    format: Format
    files: tuple[Path, ...]
    tensors: Mapping[str, Tensor]
    config: Path | None
    ranks: tuple[Mapping[str, Tensor], ...] = ()

    @property
    def as_named(self) -> Mapping[str, Tensor]:
        """The tensors by the names that a file has; of several ranks those of the first."""
        return self.ranks[0] if self.ranks else self.tensors
