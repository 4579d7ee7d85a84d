"""Which files a copy of a checkpoint has, and where it may be written."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.errors import InputError
from prover.files import refuse_dangling, require_writable
from prover.resources import shown_path
from prover.sources.config_json import CONFIG
from prover.weights.stored.tensors import Checkpoint, Format

MAX_FILES = 1 << 16
SPARE = 16 << 20
WEIGHTS = (".safetensors", ".bin", ".pth", ".pt", ".gguf", ".h5", ".msgpack", ".onnx", ".ckpt", ".npz")
INDEX = ".index.json"
# What trainers leave under the suffixes of weights and has no rows; an optimizer's state has.
ROWLESS = re.compile(r"(training_args|scheduler|scaler|rng_state(_\d+)?)\.(bin|pt|pth)")


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the copy: its name below the folder, and the regular file that has its bytes."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a copy, by name. `left_out`: other weights beside those that are moved, which would not fit them,
    and either under other names.

    `as_they_were`: weights deeper in the folder, which are copied and in which nothing moves.
    """

    files: tuple[Listed, ...]
    left_out: tuple[str, ...]
    as_they_were: tuple[str, ...] = ()


def list_files(checkpoint: Checkpoint) -> Listing:
    """What is copied of a checkpoint: its folder, or the files of the one that was named with its config.

    Raises InputError for links that lead elsewhere, and for what is no file.
    """
    root = checkpoint.root
    if not root.is_dir():
        beside = {file.name: file for file in checkpoint.files}
        if checkpoint.config is not None:
            beside.setdefault(checkpoint.config.name, checkpoint.config)
        if root.name.endswith(INDEX):
            beside.setdefault(root.name, root)
        return Listing(tuple(Listed(name, _real(path, path.parent)) for name, path in sorted(beside.items())), ())
    files, left, deeper = [], [], []
    own = {os.path.abspath(file) for file in checkpoint.files}
    places = {os.path.dirname(path) for path in own}
    found = [(path, os.path.abspath(path)) for path in _below(root)]
    others = {full for path, full in found
              if full not in own and os.path.dirname(full) in places and _is_other(path.name, checkpoint)}
    weights = {key for full in (*own, *others) if (key := _key(full)) is not None and full.endswith(WEIGHTS)}
    for path, full in found:
        name = path.relative_to(root).as_posix()
        if full in others or (full not in own and _key(full) in weights):
            left.append(name)
            continue
        if full not in own and path.name.endswith(WEIGHTS) and not ROWLESS.fullmatch(path.name):
            deeper.append(name)
        files.append(Listed(name, _real(path, root)))
        if len(files) > MAX_FILES:
            raise InputError(f"holds more than {MAX_FILES} files", where=shown_path(root))
    missing = own - {os.path.abspath(root / each.name) for each in files}
    if missing:
        raise InputError("lies outside of the folder", where=sorted(missing)[0][:200])
    return Listing(tuple(sorted(files, key=lambda each: each.name)), tuple(sorted(left)), tuple(sorted(deeper)))


def _key(path: str) -> tuple[int, int] | None:
    """What all names of one file have in common, links among them; None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_other(name: str, checkpoint: Checkpoint) -> bool:
    """Whether a file beside the checkpoint's own holds the model's weights a second time, or goes with those."""
    if ROWLESS.fullmatch(name):
        return False
    if name.endswith(INDEX):
        stem = name.removesuffix(INDEX).rpartition(".")[0]
        return not any(file.name.startswith(stem) for file in checkpoint.files)
    return name.endswith(WEIGHTS)


def _below(folder: Path) -> Iterator[Path]:
    """All files below a folder, links among them; hidden ones too."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(folder)) from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))
        else:
            yield Path(entry.path)


def _real(path: Path, root: Path) -> Path:
    """The regular file behind a name. Raises InputError for one that is none, and where a link leads elsewhere."""
    where = shown_path(path)
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError) as fault:
        raise InputError(f"cannot be read: {getattr(fault, 'strerror', None) or fault}", where=where,
                         advice="A link that leads nowhere is not copied: remove it") from None
    if stat.S_ISDIR(mode):
        raise InputError("is a link to a folder, which is not copied", where=where,
                         advice="Put the folder itself in its place, or remove the link")
    if not stat.S_ISREG(mode):
        raise InputError("is no regular file", where=where, advice="Remove it, or copy the folder without it first")
    if path.is_symlink() and not any(real.is_relative_to(place) for place in _homes(root)):
        raise InputError(f"is a link to {shown_path(real)}, outside of the folder", where=where,
                         advice="Put the file itself in its place")
    return real


def _homes(root: Path) -> Iterator[Path]:
    """Where links may lead: into the folder, and of a snapshot in a cache of huggingface_hub to its blobs."""
    own = root.resolve()
    yield own
    for snapshot in (own, *own.parents):
        if snapshot.parent.name == "snapshots":
            yield snapshot.parent.parent / "blobs"


def check_place(checkpoint: Checkpoint, out: Path) -> None:
    """Refuse a place that exists, cannot be written to, or is within the source or around it. Raises InputError."""
    where = shown_path(out)
    root = checkpoint.root.resolve()
    place = out.parent.resolve() / out.name
    if not out.name or out.name in (".", ".."):
        raise InputError("names no new folder", where=where or ".", advice="Name a folder that is not there yet")
    if root == place or root.is_relative_to(place):
        raise InputError("holds the source", where=where, advice="Name a new folder beside it")
    if root.is_dir() and place.is_relative_to(root):
        raise InputError("lies inside the source", where=where, advice="Name a new folder beside the source")
    refuse_dangling(out, "Name a new folder, or remove the link")
    if os.path.lexists(out):
        raise InputError("exists, and nothing is written over", where=where, advice="Name a new folder, or remove it")
    if not out.parent.is_dir():
        raise InputError("is in no folder that exists", where=where, advice="Create the folder around it first")
    require_writable(out.parent)


def check_space(folder: Path, size: int) -> None:
    """Raise InputError where a file system has not this many bytes left."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise InputError(f"{size + SPARE:,} bytes are needed, {free:,} are free", where=shown_path(folder),
                         advice="Make room, or write to another disk")


def is_beside(checkpoint: Checkpoint) -> bool:
    """Whether a config.json goes with the tensors, and not a GGUF file's own keys."""
    return checkpoint.format is not Format.GGUF and checkpoint.config is not None and (
        checkpoint.config.name == CONFIG)
