"""Finding a layout by words: names, titles, notes, sources, and the models that have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from prover.layouts.layout_tables import raw_layout
from prover.layouts.models import model_layouts
from prover.layouts.spec import catalogue, read_title
from prover.layouts.unsupported import read_unsupported
from prover.resources import shipped_proofs

_PIECE = re.compile(r"[a-z]+|[0-9]+")
_LONGEST_RUN = 6
_PART = 0.5        # a word that only begins like the one asked for
_MISSING = 100.0


@dataclass(frozen=True, slots=True)
class Found:
    """A row that has the words. `kind`: model, layout, proof or unsupported; the last has no spec.

    `lacking`: one of the words is missing, since nothing has all.
    """

    kind: str
    spec: str
    what: str
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, the names in it, and the runs of its texts, those that tell most about it first."""

    found: Found
    names: tuple[str, ...]
    runs: tuple[tuple[frozenset[str], ...], ...]


def _row(found: Found, *texts: tuple[str, ...]) -> _Row:
    names = tuple("".join(_PIECE.findall(name.lower())) for name in texts[0])
    return _Row(found, names, tuple(tuple(map(_runs, some)) for some in texts))


def search(patterns: Sequence[str], models_only: bool = False) -> tuple[Found, ...]:
    """The rows that have all words, the nearest first; without any, those that lack one word of several.

    A word is found where it stands alone or together with what follows: qwen35, Qwen3.5 and qwen3_5 are one.
    """
    words = [word for pattern in patterns for word in pattern.lower().split()]
    wanted = [plain for word in words if (plain := "".join(_PIECE.findall(word)))]
    if not wanted:
        return ()
    scored = [(_score(row, wanted), place, row.found) for place, row in enumerate(_rows(models_only))]
    allowed = _MISSING if min(scored)[0] < _MISSING or len(wanted) == 1 else 2 * _MISSING
    found = [
        replace(row, lacking=score >= _MISSING)
        for score, _, row in sorted(scored, key=lambda item: item[:2]) if score < allowed
    ]
    return tuple({(row.spec, row.what.partition(":")[0]): row for row in reversed(found)}.values())[::-1]


@cache
def _rows(models_only: bool) -> tuple[_Row, ...]:
    return tuple(_read_rows(models_only))


def _read_rows(models_only: bool) -> Iterator[_Row]:
    for model in model_layouts():
        yield _row(Found("model", model.spec, str(model)), model.names, (model.spec, model.engine, model.what))
    if models_only:
        return
    for name, path in catalogue().items():
        raw = raw_layout(path)
        sources = tuple(f"{source.repo} {source.path} {source.symbol}" for source in raw.source)
        yield _row(Found("layout", name, raw.title), (name,), (raw.title,), (raw.note,), sources)
    for row in read_unsupported():
        yield _row(
            Found("unsupported", "", f"{row.name}: no layout; 'list --unsupported' says why"),
            (row.name,), (row.what,), (row.reason,), (row.source,),
        )
    for path in shipped_proofs():
        title = read_title(path)
        yield _row(Found("proof", path.stem, title), (), (path.stem,), (title,))


def _score(row: _Row, wanted: Sequence[str]) -> float:
    """How far a row is from the words: 0 for a name that is just them, 100 and more if one is missing."""
    score = 0.0
    for word in wanted:
        score += min(
            (level + cost for level, texts in enumerate(row.runs) for runs in texts if (cost := _cost(word, runs)) < 1),
            default=_MISSING,
        )
    whole = "".join(wanted)
    if whole in row.names:
        return score / 1000
    if any(whole in runs for runs in row.runs[0]):
        return 0.1 + score / 1000
    return 0.2 + score + (0.1 if row.found.kind != "model" else 0)


def _cost(word: str, runs: frozenset[str]) -> float:
    if word in runs:
        return 0
    return _PART if len(word) > 2 and any(run.startswith(word) for run in runs) else 1


def _runs(text: str) -> frozenset[str]:
    """Every run of pieces of a text, written together: gemma, gemma3 and 3 for 'Gemma 3'."""
    pieces = _PIECE.findall(text.lower())
    return frozenset(
        "".join(pieces[start:stop])
        for start in range(len(pieces)) for stop in range(start + 1, min(len(pieces), start + _LONGEST_RUN) + 1)
    )
