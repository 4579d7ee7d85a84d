"""Many models under many engines: what each engine makes of each config, beside what it was trained with.

Models are read first, a handful for each worker, and then what is new of their questions is decided: equal ones once,
however the work is spread. joblib's backend says where it is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol, TypeVar

from prover.claims.relation import Outcome, Relation, worst_of
from prover.errors import InputError, ProverError, UndecidedError
from prover.resources import shown_path
from prover.sources.beside import Held, hold, together
from prover.sources.comparing import Meeting, Question, meetings, questions, unmet
from prover.sources.config_json import CONFIG
from prover.sources.model import Model
from prover.sources.named import STDIN
from prover.sources.reading import ENGINES, read_model
from prover.verdicts.verdict import Verdict

TRAINED = "transformers"
AT_ONCE = 8
# What is said of a verdict, or of why there is none: what came out and what differs, and the first that does.
Tell = Callable[[Verdict | None, str], tuple[str, str]]
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Options:
    """How parts are compared, see `Question`, and what is kept of it."""

    limit: Relation | None
    ulps: int | None
    tell: Tell
    has_certificates: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one model under one engine: a verdict word, or "" where the engine does not know it.

    `reasons`: why it is not equivalent, or empty, and what was not compared. `keys`: of the config, from which values
    of the trained layout come that are not the engine's. `certificates`: part and text of each. `is_broken`: a fault of
    ours was in the way.
    """

    engine: str
    verdict: str
    reasons: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Audited:
    """One model, and a cell for each engine; `fault` is why it cannot be read at all."""

    file: str
    kind: str
    cells: tuple[Cell, ...]
    fault: str = ""
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a part, nothing where neither side rotates; and what is beside the layouts."""

    part: str
    question: Question | None
    beside: tuple[Held, ...] = ()

    def __str__(self) -> str:
        return f"{self.part}-{self.question.feed}" if self.question and self.question.feed else self.part


@dataclass(frozen=True, slots=True)
class _Read:
    """A model, or a model under one engine, before anything is decided. `left`: what meets nothing."""

    name: str
    kind: str = ""
    cells: tuple[_Read, ...] = ()
    asked: tuple[_Asked, ...] = ()
    left: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fault: str = ""
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: Outcome
    holds: Relation | None = None
    said: str = ""
    first: str = ""
    certificate: str | None = None
    is_broken: bool = False


class _Spread(Protocol):
    """Does a piece of work with each of many arguments; what comes of it in their order."""

    def __call__(self, work: Callable[..., _Done], items: Iterable[tuple[Any, ...]]) -> Sequence[_Done]: ...


def audit(names: Sequence[str], engines: Sequence[str], jobs: int | None, options: Options) -> Iterator[Audited]:
    """Each model in turn, in the order of `names`.

    `jobs`: how many at once; as many as joblib's backend has workers if None. Raises InputError for an engine that is
    not known.
    """
    columns = tuple(engines)
    unknown = [engine for engine in columns if engine not in ENGINES]
    if unknown:
        names_known = ", ".join(ENGINES)
        raise InputError(f"there is no engine '{unknown[0][:40]}'", where="engines", advice=f"Engines: {names_known}")
    if jobs == 1 or len(names) == 1 or STDIN in names:
        yield from _audit(names, columns, options, 1, lambda work, items: [work(*item) for item in items])
        return
    import joblib

    # No backend is named here, so that it is that of joblib.parallel_config around the call.
    with joblib.Parallel(n_jobs=jobs or -1) as parallel:
        yield from _audit(
            names, columns, options, AT_ONCE * joblib.effective_n_jobs(jobs or -1),
            lambda work, items: parallel(joblib.delayed(work)(*item) for item in items),
        )


def _audit(
    names: Sequence[str], engines: tuple[str, ...], options: Options, at_once: int, spread: _Spread
) -> Iterator[Audited]:
    answers: dict[Question, _Answer] = {}
    for start in range(0, len(names), at_once):
        models = spread(_read, ((name, engines, options) for name in names[start : start + at_once]))
        asked = (each.question for model in models for cell in model.cells for each in cell.asked)
        new = [question for question in dict.fromkeys(asked) if question is not None and question not in answers]
        answers.update(zip(new, spread(_decide, ((question, options) for question in new)), strict=True))
        for model in models:
            cells = tuple(_cell(cell, answers) for cell in model.cells)
            yield Audited(model.name, model.kind, cells, model.fault, model.is_broken)


def _read(name: str, engines: tuple[str, ...], options: Options) -> _Read:
    """A model as it was trained and as engines read it; whatever is wrong with it is said and goes no further."""
    try:
        trained = read_model(name)
    except Exception as fault:
        return _Read(name, fault=_told(fault, name), is_broken=_is_ours(fault))
    if not trained.engine.startswith(TRAINED):
        return _Read(name, trained.kind, fault="is a GGUF file: what it was trained with is not in it")
    return _Read(name, trained.kind, tuple(_read_as(engine, name, trained, options) for engine in engines))


def _read_as(engine: str, name: str, trained: Model, options: Options) -> _Read:
    try:
        run = read_model(name, engine)
        met = tuple(meetings(trained, run))
        asked = tuple(each for meeting in met for each in _ask(meeting, options))
        keys = tuple(dict.fromkeys(key for meeting in met for key in _keys(meeting)))
        left = tuple(_left(unmet(trained, run)))
    except Exception as fault:
        return _Read(engine, fault=_told(fault, name), is_broken=_is_ours(fault))
    return _Read(engine, run.kind, asked=asked, left=left, keys=keys)


def _keys(meeting: Meeting) -> Iterator[str]:
    """Keys that the source has a value from, and the target none or another."""
    theirs = {value.origin: value.text for value in meeting.target.values}
    yield from (value.origin for value in meeting.source.values if theirs.get(value.origin) != value.text)


def _left(left: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Parts and layers that nothing meets, side by side."""
    for side, rows in groupby(left, lambda row: row[0]):
        yield f"only in the {side}, not compared: {'; '.join(what for _, what in rows)}"


def _ask(meeting: Meeting, options: Options) -> Iterator[_Asked]:
    asked = questions(meeting, options.limit, options.ulps)
    beside = hold(meeting.source.beside, meeting.target.beside, options.limit, options.ulps)
    yield from (_Asked(str(meeting), question, beside) for question in asked or (None,))


def _decide(question: Question, options: Options) -> _Answer:
    try:
        verdict, fault = question.decide()
        said = options.tell(verdict, fault)
    except Exception as broken:
        return _Answer(Outcome.UNDECIDED, None, _told(broken, ""), is_broken=_is_ours(broken))
    if verdict is None:
        return _Answer(Outcome.UNDECIDED, None, *said)
    return _Answer(verdict.outcome, verdict.holds, *said, verdict.certificate if options.has_certificates else None)


def _told(fault: Exception, name: str) -> str:
    """A fault in words, without the file in front, which stands beside it anyway."""
    if isinstance(fault, OSError):
        return f"cannot be read: {fault.strerror or fault}"
    if not isinstance(fault, ProverError):
        return f"internal failure: {type(fault).__name__}: {str(fault)[:200]}. Please report it with the file"
    text = str(fault)
    for where in (os.path.join(name, CONFIG), name, shown_path(Path(name))) if name else ():
        if text.startswith((f"{where}: ", f"{where}, ")):
            return text[len(where) + 2 :]
    return text


def _is_ours(fault: Exception) -> bool:
    return not isinstance(fault, InputError | UndecidedError | OSError)


def _cell(cell: _Read, answers: Mapping[Question, _Answer]) -> Cell:
    if cell.fault:
        return Cell(cell.name, "", (cell.fault,), is_broken=cell.is_broken)
    found = [(each, answers[each.question]) for each in cell.asked if each.question is not None]
    outcomes = [*(together(answer.outcome, answer.holds, each.beside, each.question.sides if each.question else None)
                  for each, answer in found),
                *(together(Outcome.EQUIVALENT, None, each.beside) for each in cell.asked if each.question is None)]
    certificates = tuple(
        (f"{number}-{each}", answer.certificate) for number, (each, answer) in enumerate(found) if answer.certificate
    )
    return Cell(
        cell.name, worst_of(outcomes).value, (*_reasons(found), *_beside(cell.asked), *cell.left), cell.keys,
        certificates, any(answer.is_broken for _, answer in found),
    )


def _beside(asked: Sequence[_Asked]) -> Iterator[str]:
    """What is beside the layouts and not alike, once for each part."""
    yield from dict.fromkeys(f"{each.part}, {held.name}: {held.outcome.value}. {held.text}"
                             for each in asked for held in each.beside if held.outcome is not Outcome.EQUIVALENT)


def _reasons(found: Sequence[tuple[_Asked, _Answer]]) -> Iterator[str]:
    """What is said of each part, once for the modalities of which it is said alike."""
    for (part, said), alike in groupby(found, lambda each: (each[0].part, each[1].said)):
        rows = list(alike)
        feeds = [each.question.feed for each, _ in rows if each.question and each.question.feed]
        if said:
            fed = f", fed as {' and as '.join(feeds)}" if feeds else ""
            yield " ".join(filter(None, (f"{part}{fed}: {rows[0][1].outcome.value}.", said, rows[0][1].first)))
