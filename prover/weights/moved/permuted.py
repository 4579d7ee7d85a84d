"""What a manifest beside weights says that they are meant for: a question to be proved, from whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec

from prover.errors import InputError, ProverError
from prover.files import read_bytes
from prover.layouts.loading import load
from prover.layouts.spec import catalogue, parse_spec
from prover.resources import shown_path
from prover.sources.beside import UNSAID
from prover.sources.model import Model, Part, Value
from prover.weights.moved.manifest import MAX_MANIFEST, NAME, SCHEMAS
from prover.weights.moved.rewriting import digest_of
from prover.weights.stored.tensors import Checkpoint

MAX_PARTS = 1 << 12
MAX_NUMBERS = 1 << 16
ORIGIN = "the manifest"
_ADDRESS = re.compile(r"([a-z][a-z_ ]{0,60})(?:/([a-z_]{1,60}))?")
_Numbers = Annotated[list[Annotated[int, msgspec.Meta(ge=0, lt=MAX_NUMBERS)]], msgspec.Meta(max_length=MAX_NUMBERS)]


class _Row(msgspec.Struct, frozen=True):
    part: str
    layers: _Numbers | None
    target: str | None
    target_rows: _Numbers | None


class Manifest(msgspec.Struct, frozen=True):
    """What is used of a manifest; the rest of it is not looked at."""

    schema: str
    parts: Annotated[list[_Row], msgspec.Meta(max_length=MAX_PARTS)]
    outputs: dict[str, str]


def read_manifest(checkpoint: Checkpoint) -> Manifest | None:
    """The manifest beside a checkpoint, if there is one about it. Raises InputError for what is none."""
    path = _folder(checkpoint) / NAME
    if not path.is_file():
        return None
    data = read_bytes(path, MAX_MANIFEST)
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        raise _wrong(path, f"is no manifest of weights permute: {str(fault)[:200]}") from None
    if found.schema not in SCHEMAS:
        raise _wrong(path, f"expected the schema {' or '.join(SCHEMAS)}, got '{found.schema[:60]}'")
    is_about = checkpoint.root.is_dir() or checkpoint.root.name in found.outputs
    return found if is_about else None


def model_of(manifest: Manifest, checkpoint: Checkpoint, own: Model) -> Model:
    """What it says the weights are meant for; layers of which it says nothing as their own config has them.

    Raises InputError for what is no layout of the catalogue.
    """
    path = _folder(checkpoint) / NAME
    said = list(dict.fromkeys(_parts(manifest, path)))
    return Model(NAME, "", f"{ORIGIN} beside it", "", (*said, *_left(said, own)), ())


def misfits(manifest: Manifest, checkpoint: Checkpoint) -> tuple[str, ...]:
    """The files of a checkpoint that are not those that a manifest was written about, in words."""
    folder = _folder(checkpoint)
    files = {*checkpoint.files, *([checkpoint.config] if checkpoint.config is not None else [])}
    named = {path.relative_to(folder).as_posix(): path for path in files if path.is_relative_to(folder)}
    return tuple(_misfits(manifest, named))


def _misfits(manifest: Manifest, named: dict[str, Path]) -> Iterator[str]:
    for name, path in sorted(named.items()):
        expected = manifest.outputs.get(name)
        if expected is None:
            yield f"{name} is not among the files that it names"
        elif digest_of(path) != expected:
            yield f"{name} is not the file that was written: its SHA-256 is another"


def _parts(manifest: Manifest, path: Path) -> Iterator[Part]:
    for row in manifest.parts:
        address = _ADDRESS.fullmatch(row.part)
        if address is None:
            raise _wrong(path, f"'{row.part[:60]}' is no part of a model")
        layers = None if row.layers is None else tuple(row.layers)
        made = Part(address[1], layers, None, layer_type=address[2] or "", beside=UNSAID)
        yield made if row.target is None else _turning(made, row.target, row.target_rows, path)


def _turning(part: Part, spec: str, rows: Sequence[int] | None, path: Path) -> Part:
    """The part with its layout. One of a file is not read: a stranger would say which."""
    try:
        parsed = parse_spec(spec)
        if parsed.name not in catalogue():
            raise InputError("is no layout of the catalogue", where=f"spec '{spec[:80]}'")
        width = load(spec).layout.width
    except ProverError as fault:
        raise _wrong(path, str(fault)) from None
    if rows is not None and sorted(rows) != list(range(width)):
        raise _wrong(path, f"expected the {width} rows of a head in target_rows, each once")
    values = tuple(Value(name, value, ORIGIN) for name, value in parsed.values)
    return replace(part, layout=parsed.name, values=values, rows=None if rows is None else tuple(rows))


def _left(said: Sequence[Part], own: Model) -> Iterator[Part]:
    """Parts and layers of a model of which nothing was said."""
    for part in own.parts:
        mine = [each for each in said if each.name == part.name]
        if part.layers is None or any(each.layers is None for each in mine):
            if all(each.address != part.address for each in mine):
                yield part
            continue
        layers = set(part.layers).difference(*(each.layers or () for each in mine))
        if layers:
            yield replace(part, layers=tuple(sorted(layers)))


def _folder(checkpoint: Checkpoint) -> Path:
    return checkpoint.root if checkpoint.root.is_dir() else checkpoint.root.parent


def _wrong(path: Path, message: str) -> InputError:
    return InputError(message, where=shown_path(path), advice="Say with --to, of the source with --from, what the "
                      "weights are meant for: a SPEC, or the folder itself for what its config says")
