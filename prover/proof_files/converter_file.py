"""Converter files: what known converters do to rows, and what it is expected to be where two layouts are given.

    title = "..."

    [[case]]
    name      = "llama-3"                       # of its certificates
    converter = "llama.cpp/permute"             # as models/converters.toml has it
    source    = "transformers/half:head_dim=128"
    target    = "ggml/normal:head_dim=128"
    heads     = 32                              # optional: of q; left out: the rows of one head
    kv_heads  = 8                               # optional: of k
    feeds     = ["image"]                       # optional
    verdict   = "right"                         # or wrong, undecided
    q         = "right"                         # optional, k too: each matrix by itself
    slips     = ["head count"]                  # optional: what a wrong one is, of all matrices
    smallest  = 4                               # optional: head_dim, for {head_dim} in the two specs

A side may be a part of a model, or a layout file, beside the converter file.

With `smallest` the function gives no rows, or right ones, at all sizes with fewer rows of q, and with as many rows and
fewer heads, where k has no more heads than q. The certificates lie beside the file, as FILE-NAME.json, or where q and k
rest on two, as FILE-NAME-q.json and FILE-NAME-k.json. Where rows come from another head none is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from prover.errors import EvidenceError, InputError, ProverError
from prover.files import read_toml, typed_toml
from prover.layouts.loading import Loaded, load
from prover.layouts.spec import beside
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import check_stored
from prover.repair.check_permutation import Held, State, check_permutation, matrices
from prover.repair.converters import find_converter, unknown_converter
from prover.repair.permutation_text import Given, move_of, read_permutation
from prover.reports.permutation_report import permutation_json
from prover.resources import shown_path
from prover.sources.named import resolve
from prover.verdicts.verdict import Verdict

Word = Literal["right", "wrong", "undecided"]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """One converter between two layouts, and what is expected of it."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")]
    converter: str
    source: str
    target: str
    verdict: Word
    heads: Count | None = None
    kv_heads: Count | None = None
    feeds: list[str] = []
    q: Word | None = None
    k: Word | None = None
    slips: list[str] | None = None
    smallest: Count | None = None


class ConverterFile(msgspec.Struct, forbid_unknown_fields=True):
    """Some of them."""

    title: str
    case: Annotated[list[Case], msgspec.Meta(min_length=1)]
    note: str = ""


def is_converter_file(path: Path) -> bool:
    """Whether a file states what converters are."""
    return "case" in read_toml(path)


def read_converter_file(path: Path) -> ConverterFile:
    """The cases of a file. Raises InputError with file, field and the fields there are."""
    return typed_toml(path, ConverterFile)


def run_converter_file(path: Path, update: bool) -> ProofResult:
    """Prove each case anew, compare it with what is expected, and check its stored certificates."""
    stated = read_converter_file(path)
    reports: list[dict[str, Any]] = []
    problems: list[str] = []
    rejected = False
    twice = [name for name, times in Counter(case.name for case in stated.case).items() if times > 1]
    if twice:
        raise InputError(f"two cases are called '{twice[0]}'", where=shown_path(path), advice="Give each its own name")
    for case in stated.case:
        try:
            held = _hold(case, path.parent, case.heads, case.kv_heads, case.smallest)
            found = [*_unexpected(case, held), *_smaller(case, path.parent)]
            reports.append({"name": case.name, **permutation_json(held)})
        except ProverError as fault:
            raise fault.inside(f"{shown_path(path)}, {case.name}") from None
        try:
            found += _stored(path, case, held, update and not found)
        except EvidenceError as fault:
            found.append(str(fault))
            rejected = True
        problems += [f"{case.name}: {problem}" for problem in found]
    words = Counter(report["verdict"] for report in reports)
    word = ", ".join(f"{words[state.value]} {state.value}" for state in State if words[state.value])
    found_all = {"schema": "rope-prover/converters/1", "cases": reports}
    return ProofResult(path.stem, stated.title, word, found_all, tuple(problems), rejected)


def _hold(case: Case, folder: Path, heads: int | None, kv_heads: int | None, width: int | None) -> Held:
    source, target = _sides(case, folder, width)
    shapes = matrices(source, target, heads, kv_heads)
    return check_permutation(source, target, _given(case), shapes, {}, case.feeds)


def _sides(case: Case, folder: Path, width: int | None) -> tuple[Loaded, Loaded]:
    """The two layouts. One beside the file has the name that it has there, wherever the folder lies."""
    first, second = (
        spec if width is None else spec.replace("{head_dim}", str(width)) for spec in (case.source, case.target)
    )
    return _side(first, folder), _side(second, folder)


def _side(spec: str, folder: Path) -> Loaded:
    if ".toml" not in spec:
        return load(resolve(spec, folder))
    found = load(beside(folder / "here", spec))
    return replace(found, layout=replace(found.layout, name=spec))


def _given(case: Case) -> Given:
    if find_converter(case.converter) is None:
        raise unknown_converter(case.converter)
    return read_permutation(case.converter)


def _unexpected(case: Case, held: Held) -> tuple[str, ...]:
    words = {part.move.matrix.name: part.state.value for part in held.parts}
    slips = list(dict.fromkeys(slip.kind.value for part in held.parts for slip in part.slips))
    return unexpected([("verdict", case.verdict, held.state.value)],
                      [("q", case.q, words.get("q")), ("k", case.k, words.get("k")), ("slips", case.slips, slips)])


def _smaller(case: Case, folder: Path) -> Iterator[str]:
    """Sizes at which the verdict would be the same, though they are smaller."""
    if case.smallest is None:
        return
    if case.heads is None or case.kv_heads is None or not all("{head_dim}" in s for s in (case.source, case.target)):
        raise InputError("'smallest' needs heads, kv_heads, and {head_dim} in both specs")
    for heads, kv_heads, width in smaller_sizes(case.heads, case.kv_heads, case.smallest):
        source, target = _sides(case, folder, width)
        shapes = matrices(source, target, heads, kv_heads)
        try:
            for shape in shapes:
                move_of(_given(case), shape, {})
        except InputError:
            continue  # the function does not run at these sizes
        word = check_permutation(source, target, _given(case), shapes, {}, case.feeds).state.value
        if word != State.RIGHT.value:
            yield f"it is {word} at heads={heads}, kv_heads={kv_heads}, head_dim={width} already"


def smaller_sizes(heads: int, kv_heads: int, width: int) -> Iterator[tuple[int, int, int]]:
    """All (heads, kv_heads, head_dim) with fewer rows of q, or as many and fewer heads of q or then of k."""
    for rows in range(2, heads * width + 1):
        for count in range(1, rows // 2 + 1):
            if rows % count or rows // count % 2:
                continue
            for shared in range(1, count + 1):
                if count % shared == 0 and (rows, count, shared) < (heads * width, heads, kv_heads):
                    yield count, shared, rows // count


def _certified(held: Held) -> dict[str, Verdict]:
    """The verdicts to be stored, by the ending of their names."""
    parts = {part.move.matrix.name: part.verdict for part in held.parts}
    if held.hopeless or None in parts.values() or len({id(verdict) for verdict in parts.values()}) == 1:
        return {} if held.verdict is None else {"": held.verdict}
    return {f"-{name}": verdict for name, verdict in parts.items() if verdict is not None}


def _stored(path: Path, case: Case, held: Held, update: bool) -> list[str]:
    """Check the stored certificates. Raises EvidenceError if one is rejected or of another claim."""
    found: list[str] = []
    for ending, verdict in _certified(held).items():
        beside = path.with_name(f"{path.stem}-{case.name}{ending}.json")
        try:
            found += check_stored(beside, verdict, update)
        except EvidenceError as fault:
            raise fault.inside(beside.name) from None
    return found
