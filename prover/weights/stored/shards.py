"""A checkpoint in several files: what the index says, and that the files hold just that.

The index is that of transformers 5.24.0, utils/hub.py `get_checkpoint_shard_files`: {"weight_map": {tensor: file}}.
Its files lie beside it: a name that leads elsewhere is refused. A file may be a symlink to anywhere, since that is how
caches of Hugging Face hold every file of a folder; it was put there by who made the folder, and is only read.
That index and files must name the same tensors is what llama.cpp's converter demands as well (ggml-org/llama.cpp
0c1e57098, conversion/base.py `ModelBase.index_tensors`); engines would load what the index leaves out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from prover.errors import InputError
from prover.files import read_bytes
from prover.resources import shown_path
from prover.weights.stored.json_members import Members, shown
from prover.weights.stored.safetensors_file import MAX_TENSORS
from prover.weights.stored.tensors import Tensor

MAX_INDEX = 1 << 26
MAX_SHARDS = 1 << 14
MAX_NAMES = 1 << 10
WEIGHT_MAP = "weight_map"


def read_index(path: Path) -> dict[str, str]:
    """Tensors and the names of their files. Raises InputError with the index and the tensor."""
    data = read_bytes(path, MAX_INDEX)
    where = shown_path(path)
    _require_json(data, where)
    members = Members(data, where)
    found: dict[str, str] | None = None
    for name in members.names(MAX_NAMES, "the index"):
        if name != WEIGHT_MAP:
            members.skip()
            continue
        found = {}
        for tensor in members.names(MAX_TENSORS, WEIGHT_MAP):
            found[tensor] = _plain(members.text(), members, tensor)
    members.end()
    if not found:
        raise members.fault("is not there, expected {tensor: file}" if found is None else "names no tensors",
                            WEIGHT_MAP, "Is it the index of a checkpoint?")
    if len(set(found.values())) > MAX_SHARDS:
        raise members.fault(f"names more than {MAX_SHARDS} files", WEIGHT_MAP)
    return found


def read_shards(index: Path, read: Callable[[Path], Iterable[Tensor]]) -> tuple[tuple[Path, ...], dict[str, Tensor]]:
    """The files that an index names, and their tensors. Raises InputError."""
    told = read_index(index)
    files = tuple(index.parent / name for name in sorted(set(told.values())))
    for file in files:
        if not os.path.exists(file):
            what = "is a link to a file that is not there" if file.is_symlink() else "is not there"
            raise InputError(f"{what}, and {index.name} names it", where=shown_path(file), advice="Fetch the file")
    tensors = join((file, read(file)) for file in files)
    _compare(index, told, tensors)
    return files, tensors


def join(files: Iterable[tuple[Path, Iterable[Tensor]]]) -> dict[str, Tensor]:
    """The tensors of several files by name. Raises InputError if one stands in two, or they are too many."""
    tensors: dict[str, Tensor] = {}
    for file, found in files:
        for tensor in found:
            if tensor.name in tensors:
                raise InputError(f"stands in {shown(tensors[tensor.name].file.name)} as well",
                                 where=f"{shown_path(file)}, {shown(tensor.name)}", advice="Which of the two is meant?")
            tensors[tensor.name] = tensor
        if len(tensors) > MAX_TENSORS:
            raise InputError(f"brings the checkpoint to more than {MAX_TENSORS} tensors", where=shown_path(file))
    return tensors


def _compare(index: Path, told: Mapping[str, str], tensors: Mapping[str, Tensor]) -> None:
    for name, file in told.items():
        if name not in tensors:
            raise InputError(f"is said to be in {shown(file)}, which does not hold it",
                             where=f"{shown_path(index)}, {shown(name)}", advice="Fetch index and files again")
        if tensors[name].file.name != file:
            raise InputError(f"is said to be in {shown(file)}, and is in {shown(tensors[name].file.name)}",
                             where=f"{shown_path(index)}, {shown(name)}", advice="Fetch index and files again")
    extra = next((tensor for name, tensor in tensors.items() if name not in told), None)
    if extra is not None:
        raise InputError(f"is in the file, and {index.name} does not name it",
                         where=f"{shown_path(extra.file)}, {shown(extra.name)}",
                         advice="Add it to the index, or fetch index and files again")


def _plain(file: str, members: Members, tensor: str) -> str:
    """The name of a file beside the index. Raises InputError for what may lead elsewhere."""
    if file in ("", ".", "..") or any(each in file for each in "/\\:\0") or len(file) > 255:
        raise members.fault(f"is said to be in '{shown(file)}', expected the name of a file beside the index",
                            shown(tensor), "Nothing outside of the checkpoint's folder is read")
    return file


class _Nothing(msgspec.Struct):
    """Any object: what is in it is looked at and not kept."""


def _require_json(data: bytes, where: str) -> None:
    if data.startswith(b"version https://git-lfs"):
        raise InputError("is a Git LFS pointer, not the file", where=where, advice="Run git lfs pull")
    try:
        msgspec.json.decode(data, type=_Nothing)
    except RecursionError:
        raise InputError("is nested too deeply", where=where) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise InputError(f"is no JSON object: {str(fault).replace('`', '')[:200]}", where=where,
                         advice="Is the file cut off? Fetch it again") from None
