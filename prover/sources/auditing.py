"""Many models under many engines: what each engine makes of each config, beside what it was trained with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.claims.relation import Outcome, Relation, worst_of
from prover.errors import InputError, ProverError
from prover.sources.comparing import Decided, Question, compare, unmet
from prover.sources.model import Model
from prover.sources.reading import ENGINES, is_model, read_model

TRAINED = "transformers"
MAX_MODELS, MAX_KNOWN = 100_000, 2_000
# Equal questions are asked once in a process: all layouts are of the catalogue, which does not change.
_KNOWN: dict[Question, Decided] = {}
_SUFFIXES = (".json", ".gguf")


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one model under one engine: a verdict word, or "" and why there is none.

    `certificates`: part and text of each.
    """

    engine: str
    verdict: str
    reason: str
    certificates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Audited:
    """One model, and a cell for each engine; `fault` is why it cannot be read at all."""

    file: str
    kind: str
    cells: tuple[Cell, ...]
    fault: str = ""


def find_models(names: Sequence[str]) -> tuple[str, ...]:
    """The models that are named: files, folders with a config.json, and all below other folders. Raises InputError."""
    found = tuple(dict.fromkeys(model for name in names for model in _below(name)))
    if not found:
        raise InputError("holds no model", where=", ".join(names)[:200], advice="Models are config.json and GGUF files")
    if len(found) > MAX_MODELS:
        raise InputError(f"{len(found)} models; at most {MAX_MODELS}")
    return found


def _below(name: str) -> Iterator[str]:
    if not os.path.isdir(name) or (Path(name) / "config.json").exists():
        if not is_model(name):
            raise InputError("is no model", where=name, advice="Models are config.json and GGUF files, and folders")
        yield name
        return
    for folder, folders, files in os.walk(name):
        folders.sort()
        yield from (os.path.join(folder, file) for file in sorted(files) if file.endswith(_SUFFIXES))


def audit_model(
    name: str, engines: Sequence[str], limit: Relation | None, ulps: int | None, has_certificates: bool,
) -> Audited:
    """One model under each engine, against transformers' reading of it; what cannot be read is a row that says why."""
    try:
        trained = read_model(name)
    except ProverError as fault:
        return Audited(name, "", (), str(fault))
    if not trained.engine.startswith(TRAINED):
        return Audited(name, trained.kind, (), "is a GGUF file: what it was trained with is not in it")
    cells = tuple(_cell(trained, engine, limit, ulps, has_certificates) for engine in engines)
    return Audited(name, trained.kind, cells)


def _cell(trained: Model, engine: str, limit: Relation | None, ulps: int | None, has_certificates: bool) -> Cell:
    try:
        run = read_model(trained.file, engine)
    except ProverError as fault:
        return Cell(engine, "", str(fault))
    if len(_KNOWN) > MAX_KNOWN:
        _KNOWN.clear()
    rows = tuple(compare(trained, run, limit, ulps, known=_KNOWN))
    word = worst_of([row.outcome for row in rows]).value
    told = [f"{row.meeting}{f' as {row.feed}' if row.feed else ''}: {row.outcome.value}"
            f"{f' ({row.fault})' if row.fault else ''}" for row in rows if row.outcome is not Outcome.EQUIVALENT]
    left = [f"{what} only in the {side}" for side, what in unmet(trained, run) if side == "source" and what == "text"]
    certificates = tuple(
        (f"{row.meeting}{f'-{row.feed}' if row.feed else ''}", row.verdict.certificate)
        for row in rows if has_certificates and row.verdict is not None and row.verdict.certificate is not None
    )
    return Cell(engine, word, "; ".join([*told, *left]), certificates)


def audit(
    names: Sequence[str], engines: Sequence[str], limit: Relation | None, ulps: int | None, jobs: int | None,
    has_certificates: bool = False,
) -> Iterator[Audited]:
    """Each model in turn, in the order of `names`; joblib's backend says where they are worked on.

    `jobs`: how many at once; as many as there are cores if None. Raises InputError for an engine that is not known.
    """
    import joblib

    unknown = [engine for engine in engines if engine not in ENGINES]
    if unknown:
        names_known = ", ".join(ENGINES)
        raise InputError(f"there is no engine '{unknown[0][:40]}'", where="engines", advice=f"Engines: {names_known}")
    tasks = (joblib.delayed(audit_model)(name, tuple(engines), limit, ulps, has_certificates) for name in names)
    if jobs == 1 or len(names) == 1:
        yield from (function(*arguments) for function, arguments, _ in tasks)
        return
    yield from joblib.Parallel(n_jobs=jobs or -1, return_as="generator", batch_size="auto")(tasks)
