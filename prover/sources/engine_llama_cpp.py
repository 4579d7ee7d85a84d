"""A config.json as llama.cpp ships it: what its loader reads of the files that its converter makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prover.errors import InputError
from prover.layouts.loading import load
from prover.sources.arguments import NO_ARGUMENTS, Arguments
from prover.sources.converter import Permutation, convert, rows_moved
from prover.sources.converting.mmproj import Mmproj, TowerRows, convert_towers
from prover.sources.keys import Keys
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.model import Finding, Model, Part

CONVERTED = ", by its converter"


def read_converted(keys: Keys, arguments: Arguments = NO_ARGUMENTS) -> Model:
    """The text model of one file, and the towers of the other, for --mmproj, started with `arguments`.

    Raises InputError for the text model.
    """
    done = convert(keys)
    model = read_llama_cpp(done.metadata, arguments)
    parts = [_moved(part, done.permutes) for part in model.parts]
    told = [Finding("RP201", text) for text in done.findings]
    if done.permutes is not None:
        way = "half to adjacent" if done.permutes.half_to_adjacent else "adjacent to half"
        told.append(Finding("RP202", f"the converter moves rows of q and k within each head, {way}"))
    source = f"{done.source}; {model.source}"
    try:
        towers = convert_towers(keys)
    except InputError as fault:
        towers = None
        told.append(Finding("RP207", str(fault)))
    if towers is not None:
        source = f"{source}; {towers.source}"
        parts += _towers(towers, told)
    return Model(keys.where, model.kind, f"{model.engine}{CONVERTED}", source, tuple(parts),
                 tuple(dict.fromkeys((*told, *model.findings))))


def tell_of_rows(file: Model) -> Model:
    """What a GGUF file holds, with a word about rows that the converter moves when it makes one."""
    rule = rows_moved(file.kind)
    if not rule:
        return file
    told = Finding("RP208", f"llama.cpp's converter moves rows of q and k, {rule}, when it makes a file of this "
                            "architecture: in the file they are moved already")
    return replace(file, findings=(*file.findings, told))


def with_rows(file: Model, made: Model) -> Model:
    """A GGUF file's model, its rows moved as in what the converter makes of the config that it is compared with.

    Nothing is moved where the two are of different architectures or a part is not of the same width.
    """
    if made.kind != file.kind:
        return file
    rows = {part.address: part.rows for part in made.parts if part.rows is not None}
    parts = tuple(
        replace(part, rows=rows[part.address])
        if part.spec and part.address in rows and load(part.spec).layout.width == len(rows[part.address]) else part
        for part in file.parts
    )
    return replace(file, parts=parts)


def _towers(towers: Mmproj, told: list[Finding]) -> Iterator[Part]:
    """A part for each tower that the config has keys of; why there is none, among what is told."""
    for name in towers.given:
        try:
            model = read_llama_cpp(towers.of(name))
            rows = towers.rows.get(name)
            yield from [_moved(part, rows) for part in model.parts]
        except InputError as fault:
            told.append(Finding("RP207", str(fault), name))
            continue
        told += model.findings
        if rows is not None:
            told.append(Finding("RP202", f"the converter moves rows of q and k within each head, {rows.rule}", name))


def _moved(part: Part, rows: Permutation | TowerRows | None) -> Part:
    """The part with where its rows came from. Raises InputError."""
    if part.spec is None or rows is None or part.name == "indexer":
        return part
    return replace(part, rows=rows.sources(load(part.spec).layout.width))
