"""Opening a checkpoint: which files of a folder it is, and the tensors they hold; no weight is read.

Of a folder that holds safetensors and torch files the safetensors are taken, and one whole file before an index, as
transformers 5.24.0 does (modeling_utils.py `_get_resolved_checkpoint_files`). Where files could be meant that are not
of one checkpoint, nothing is guessed. Files of tensor-parallel ranks are taken where there is nothing usual.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.resources import shown_path
from prover.sources.config_json import CONFIG
from prover.sources.gguf import decode
from prover.sources.gguf_file import MAGIC, PART, read_gguf, read_magic
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.weights.stored.gguf_checkpoint import read_gguf_tensors
from prover.weights.stored.ranks import FOLDER, INSIDE, STAGES, check_mapping, one_rank, rank_files, read_ranks
from prover.weights.stored.safetensors_file import read_safetensors
from prover.weights.stored.shards import join, read_shards
from prover.weights.stored.tensors import Checkpoint, Format, Tensor
from prover.weights.stored.torch_file import read_torch

MAX_FILES = 1 << 16
ADAPTER_CONFIG = "adapter_config.json"
SAFETENSORS = ".safetensors"
INDEX = ".index.json"
GGUF = ".gguf"
TORCH = (".bin", ".pth", ".pt")
ADAPTERS = ("adapter_model.safetensors", "adapter_model.bin")
# What trainers leave beside the weights, under the suffixes of weights.
_NO_WEIGHTS = re.compile(r"(training_args|optimizer|scheduler|scaler|rng_state(_\d+)?)\.(bin|pt|pth)")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.(?:safetensors|bin)$")
READERS = {Format.SAFETENSORS: read_safetensors, Format.TORCH: read_torch}
KINDS = f"*{SAFETENSORS}, *{GGUF}, pytorch_model.bin, *.pth"


def open_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint that a folder or file is. Raises InputError with file, tensor, got, expected and advice."""
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot be read: {fault}", where=shown_path(path)) from None
    if is_folder:
        ranks = _ranks(path)
        return _of_ranks(path, ranks) if len(ranks) > 1 else _whole(path, ranks[0] if ranks else _meant(path))
    if path.name.endswith(INDEX):
        return _whole(path, path)
    count = one_rank(path)
    if count is not None:
        raise InputError(f"is that of one rank, of {count} or more", where=shown_path(path), advice="Give the folder, "
                         f"{shown_path(path.parent.parent if path.name == INSIDE else path.parent)}")
    shard = _SHARD.search(path.name)
    if shard is not None and int(shard[2]) > 1:
        raise InputError(f"is one of {int(shard[2])} files of a checkpoint", where=shown_path(path),
                         advice=f"Give the folder, {shown_path(path.parent)}")
    return _whole(path, path)


def adapter_config(checkpoint: Checkpoint) -> Path | None:
    """The adapter_config.json beside the tensors of a PEFT adapter; None where there is none."""
    if not checkpoint.files or checkpoint.files[0].name not in ADAPTERS:
        return None
    return _beside(checkpoint.files[0], ADAPTER_CONFIG)


def config_keys(config: Path) -> Keys | Metadata:
    """What a config.json or a GGUF file says of its model. Raises InputError."""
    if config.suffix != ".json":
        return read_gguf(config)
    return Keys(parse_json_object(decode(read_bytes(config, MAX_BYTES)), str(config)), str(config))


def other_weights(checkpoint: Checkpoint) -> tuple[Path, ...]:
    """Files of weights in the folder that was given which the checkpoint does not have: copies in other formats."""
    root = checkpoint.root
    if not root.is_dir():
        return ()
    own = {file.name for file in checkpoint.files}
    return tuple(root / name for name in _names(root)
                 if name.endswith((SAFETENSORS, GGUF, *TORCH)) and name not in own and not _NO_WEIGHTS.fullmatch(name))


def _whole(root: Path, file: Path) -> Checkpoint:
    """The checkpoint of the one file that says all of it: tensors, an index, or the first part."""
    kind = _format(file)
    tensors: dict[str, Tensor]
    files: tuple[Path, ...] = (file,)
    if kind is Format.GGUF:
        files, tensors = read_gguf_tensors(file)
    elif file.name.endswith(INDEX):
        files, tensors = read_shards(file, READERS[kind])
    else:
        tensors = join([(file, READERS[kind](file))])
    if not tensors:
        raise InputError("holds no tensors", where=shown_path(file), advice="Is it the right file?")
    config = file if kind is Format.GGUF else _beside(file, CONFIG)
    return Checkpoint(root, kind, files, dict(sorted(tensors.items())), config)


def _of_ranks(root: Path, files: tuple[Path, ...]) -> Checkpoint:
    """The checkpoint of several ranks."""
    kind = _format(files[0])
    ranks, tensors = read_ranks(files, READERS[kind])
    return Checkpoint(root, kind, files, dict(sorted(tensors.items())), _beside(root / CONFIG, CONFIG), ranks)


def _ranks(folder: Path) -> tuple[Path, ...]:
    """The files of tensor-parallel ranks in a folder without a usual checkpoint; empty where there are none.

    Raises InputError for ranks that are not all there, and for other weights beside them.
    """
    names = _names(folder)
    if any(name in ("model.safetensors", "pytorch_model.bin") or name.endswith(INDEX) for name in names):
        return ()
    folders = [hit for name in names if (hit := FOLDER.fullmatch(name)) and (folder / name / INSIDE).is_file()]
    if any(hit[2] for hit in folders):
        raise InputError(f"holds {next(hit[0] for hit in folders if hit[2])}, a stage of a pipeline or ranks of "
                         "experts", where=shown_path(folder), advice=STAGES[0].upper() + STAGES[1:])
    found = rank_files([*names, *(f"{hit[0]}/{INSIDE}" for hit in folders)], shown_path(folder))
    others = [name for name in names if name.endswith((SAFETENSORS, GGUF, *TORCH)) and name not in found
              and not _NO_WEIGHTS.fullmatch(name)]
    if len(found) > 1 and others:
        raise _unclear(folder, "files of ranks and other weights", [found[0], *others])
    config = _beside(folder / CONFIG, CONFIG)
    if found and config is not None:
        check_mapping(config, len(found))
    return tuple(folder / name for name in found) if len(found) > 1 or not others else ()


def _format(file: Path) -> Format:
    name = file.name.removesuffix(INDEX)
    if name.endswith(SAFETENSORS):
        return Format.SAFETENSORS
    if name.endswith(TORCH):
        return Format.TORCH
    if name.endswith(GGUF) or read_magic(file) == MAGIC:
        return Format.GGUF
    raise InputError("is no file of weights that is known by its name", where=shown_path(file),
                     advice=f"Known are folders, {KINDS}")


def _meant(folder: Path) -> Path:
    """The file of a folder that says which tensors the checkpoint has. Raises InputError where it is not plain."""
    names = _names(folder)
    weights = [name for name in names if name.endswith(SAFETENSORS)]
    pickles = [name for name in names if name.endswith(TORCH) and not _NO_WEIGHTS.fullmatch(name)]
    return folder / (
        _of_kind(folder, names, weights, "model.safetensors", SAFETENSORS)
        or _of_kind(folder, names, pickles, "pytorch_model.bin", ".bin")
        or _of_gguf(folder, [name for name in names if name.endswith(GGUF)])
    )


def _of_kind(folder: Path, names: list[str], weights: list[str], usual: str, suffix: str) -> str:
    """The one file, or the index of several; empty if there are none of this kind."""
    adapters = [name for name in weights if name in ADAPTERS]
    weights = [name for name in weights if name not in ADAPTERS]
    indexes = [name for name in names if name.endswith(suffix + INDEX)]
    if adapters and (weights or indexes):
        raise _unclear(folder, "a model and an adapter", [*adapters, *(indexes or weights)])
    if adapters:
        return adapters[0]
    if usual in weights:
        return usual
    if usual + INDEX in indexes:
        return usual + INDEX
    if len(indexes) > 1:
        raise _unclear(folder, "several indexes", indexes)
    if indexes:
        return indexes[0]
    if len(weights) > 1:
        raise InputError(f"holds {len(weights)} files of weights, such as {weights[0][:80]}, and no {usual}{INDEX}",
                         where=shown_path(folder), advice="Fetch the index, or give the one file that is meant")
    if weights and (shard := _SHARD.search(weights[0])) is not None and int(shard[2]) > 1:
        raise InputError(f"holds {weights[0][:80]} alone, one of {int(shard[2])} files, and no {usual}{INDEX}",
                         where=shown_path(folder), advice="Fetch the index and the other files")
    return weights[0] if weights else ""


def _of_gguf(folder: Path, names: list[str]) -> str:
    """The one GGUF file, or the first part of the one that is split."""
    parts = {name: PART.fullmatch(name) for name in names}
    firsts = [name for name, part in parts.items() if part is None or int(part[2]) == 1]
    if len(firsts) > 1:
        raise _unclear(folder, f"{len(firsts)} GGUF files", firsts)
    if not firsts and names:
        raise InputError(f"holds {names[0][:80]}, and not the first part of it", where=shown_path(folder),
                         advice="Fetch the other parts")
    if not firsts:
        raise InputError("holds no weights", where=shown_path(folder), advice=f"Known are {KINDS}")
    return firsts[0]


def _unclear(folder: Path, what: str, names: list[str]) -> InputError:
    return InputError(f"holds {what}: {', '.join(name[:60] for name in names[:4])}", where=shown_path(folder),
                      advice="Give the one file that is meant")


def _names(folder: Path) -> list[str]:
    """What the folder holds, in order; what begins with a dot is hidden and none of it."""
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(found) == MAX_FILES:
                    raise InputError(f"holds more than {MAX_FILES} files", where=shown_path(folder))
                if not entry.name.startswith("."):
                    found.append(entry.name)
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(folder)) from None
    return sorted(found)


def _beside(file: Path, name: str) -> Path | None:
    path = file.with_name(name)
    return path if os.path.lexists(path) else None
