"""Moving the rows of a checkpoint's heads from one layout to another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover import __version__
from prover.api.answers import JSON, Report, Texts, several
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.sources.comparing import Meeting

AT_ONCE = 2   # files, by default: digests keep up with copying then, and a disk that seeks does not suffer
Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True, repr=False)
class PermutedWeights(Report):
    """What was moved in a checkpoint, or would be. `headline`: the answer in a sentence.

    `written`: the folder, None if nothing was. `moved`: names of the tensors whose rows move. `refused`: why nothing
    may be, empty if all may. `certificates`: file name and text of each.
    """

    headline: str
    written: str | None
    moved: tuple[str, ...]
    refused: tuple[str, ...]
    certificates: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"<{self.headline}>"


def permute_weights(
    model: str, *, source: Texts = (), target: Texts = (), engine: str = "", out: str = "", base: str = "",
    tensors: Texts = (), jobs: int | None = None, track: Callable[[Sequence[Meeting]], Iterator[Meeting]] = iter,
    progress: Progress | None = None,
) -> PermutedWeights:
    """Move the rows of a checkpoint's q and k as weights made for `source` need them where `target` is computed.

    `model`: a folder or a file. `source`: the model's own layout if not given. `target`: a SPEC, PART=SPEC for each
    part of a model with several, or a model; or `engine`, which reads the model's own config. `out`: the new folder;
    without it nothing is written, and the answer says what would be. `base`: of an adapter, its model's config.
    `tensors`: which hold what, "q=NAME,k=NAME", where that is not known. `jobs`: how many files are written at once,
    two if None (on one core one); in threads, or where joblib.parallel_config says. `track` goes around what is
    decided, `progress` gets the bytes to be written and gives what is told of each that is, from one thread at a time.
    Raises ProverError; then `out` is not there.
    """
    from pathlib import Path

    from prover.reports.weights_permute_report import headline, permute_code, permute_json, permute_text
    from prover.weights.moved.apply import carry_out
    from prover.weights.moved.manifest import certificates
    from prover.weights.moved.permuting import Asked, prepare, work_of
    from prover.weights.moved.places import check_place
    from prover.weights.packed.given import read_given

    if jobs is None:
        jobs = min(AT_ONCE, os.cpu_count() or 1)
    elif not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"expected a whole number from 1 on, got {str(jobs)[:40]}", where="jobs")
    given = {rows: name for text in several(tensors) for rows, name in read_given(text).items()}
    found = prepare(Asked(Path(model), several(source), several(target), engine, base, given or None), track)
    manifest: JSON | None = None
    left_out: tuple[str, ...] = ()
    as_they_were: tuple[str, ...] = ()
    if out:
        check_place(found.checkpoint, Path(out))
    if not found.plan.refusals and found.plan.moves:
        work = work_of(found, f"rope-prover {__version__}")
        left_out, as_they_were = tuple(work.head["left_out"]), tuple(work.head["as_they_were"])
        if out and progress is not None:
            with progress(work.size) as advance:
                manifest = carry_out(work, Path(out), jobs, advance)
        elif out:
            manifest = carry_out(work, Path(out), jobs)
    written = out if manifest is not None else ""
    return PermutedWeights(
        permute_code(found), lambda: permute_json(found, manifest, written, left_out, as_they_were),
        lambda _: permute_text(found, written, left_out, as_they_were), headline(found, written), written or None,
        tuple(move.tensor.name for move in found.plan.moves),
        tuple(dict.fromkeys(each.why for each in found.plan.refusals)),
        tuple(certificates(found.plan.needs).items()),
    )
