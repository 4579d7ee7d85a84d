"""Reading torch's checkpoints."""

from __future__ import annotations

from pathlib import Path

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.tensors import Tensor


def read_torch(path: Path) -> tuple[Tensor, ...]:
    """The tensors of a file that torch.save wrote. Raises InputError."""
    raise InputError("torch's files are not read yet", where=shown_path(path),
                     advice="Convert it to safetensors: transformers' save_pretrained writes them")
