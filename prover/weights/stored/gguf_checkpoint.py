"""The tensors of a GGUF file, or of all parts of a split one, with their places."""

from __future__ import annotations

from pathlib import Path

from prover.errors import InputError
from prover.resources import shown_path
from prover.sources.gguf_bytes import FETCH
from prover.sources.gguf_file import part_paths, read_gguf
from prover.weights.stored.json_members import shown
from prover.weights.stored.tensors import Tensor

IMPORTANCE = "quantize.imatrix.file"


def read_gguf_tensors(path: Path) -> tuple[tuple[Path, ...], dict[str, Tensor]]:
    """The files and their tensors. Raises InputError if parts are missing, or a file ends before its tensors do."""
    metadata = read_gguf(path)
    if not metadata.has_all_tensors:
        told = next((finding for finding in reversed(metadata.findings)), "parts of it are missing")
        raise InputError(told, where=shown_path(path), advice="Put all parts beside the first one, as they were named")
    files = part_paths(path, metadata)
    sizes = {file: file.stat().st_size for file in files}
    tensors = {}
    for name, told_tensor in (metadata.tensors or {}).items():
        place = told_tensor.place
        assert place is not None, f"{name} of a file has no place"
        where = f"{shown_path(place.file)}, {shown(name)}"
        if place.size is None:
            raise InputError(f"is of {told_tensor.kind}, which llama.cpp does not read", where=where,
                             advice="Convert the model again with a current llama.cpp")
        if place.offset + place.size > sizes[place.file]:
            raise InputError(f"ends at byte {place.offset + place.size}, and the file at byte {sizes[place.file]}",
                             where=where, advice=FETCH)
        tensors[name] = Tensor(name, told_tensor.kind.upper(), told_tensor.shape[::-1], place.file, place.offset,
                               place.size)
    return files, tensors


def by_importance(file: Path) -> bool:
    """Whether a GGUF file says that it was quantised with an importance matrix.

    ggml-org/llama.cpp 0c1e57098, tools/quantize/quantize.cpp `LLM_KV_QUANTIZE_IMATRIX_FILE`. A file by another program
    need not say it.
    """
    return IMPORTANCE in read_gguf(file).keys
