"""Carrying out a plan: every file copied, rows moved on the way, into a folder that is there whole or not at all.

While it is written the folder lies beside its place under a hidden name, with a journal of the files that are finished.
The same run started again keeps these, if they are whole, and does what is left.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.moved.manifest import JSON, NAME, canonical, with_digests
from prover.weights.moved.places import check_place, check_space
from prover.weights.moved.plan import Move
from prover.weights.moved.rewriting import PART, Advance, Rewritten, digest_of, rewrite
from prover.weights.moved.spreading import spread
from prover.weights.stored.tensors import Checkpoint

JOURNAL, FILES = "journal", "files"


@dataclass(frozen=True, slots=True)
class Task:
    """One file of the copy: its name below the folder, where its bytes are, and what moves in it.

    `text`: what it holds instead. `size`, `changed`: of the source, by which it is known again.
    """

    name: str
    source: Path
    size: int
    changed: int
    moves: tuple[Move, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that is written. `beside`: texts of more files by name. `head`: the manifest without digests."""

    checkpoint: Checkpoint
    tasks: tuple[Task, ...]
    beside: Mapping[str, str]
    head: JSON

    @property
    def size(self) -> int:
        """Bytes of the files that are copied."""
        return sum(task.size for task in self.tasks)

    def digest(self) -> str:
        """By which a run knows whether unfinished work is its own."""
        rows = [[task.name, str(task.source), task.size, task.changed, task.text, [
            [move.tensor.name, move.tensor.offset, move.tensor.size,
             hashlib.sha256(move.gather().tobytes()).hexdigest(), *map(str, move.factors)] for move in task.moves
        ]] for task in self.tasks]
        return hashlib.sha256(canonical([rows, dict(self.beside), self.head]).encode()).hexdigest()


def task_of(name: str, source: Path, moves: Sequence[Move] = (), text: str | None = None) -> Task:
    """A task as its source is now. Raises InputError."""
    try:
        found = source.stat()
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(source)) from None
    return Task(name, source, found.st_size, found.st_mtime_ns, tuple(moves), text)


def unfinished(out: Path) -> Path:
    """Where the work lies until it is finished."""
    return out.with_name(f".{out.name}.unfinished")


def go_on(place: Path) -> str:
    """What to do after work broke off."""
    return (f"Finished files, if any, are kept in {shown_path(place)}: the same command goes on from there, and starts "
            "anew with a file that was cut off")


def carry_out(work: Work, out: Path, jobs: int = 1, advance: Advance = lambda count: None) -> JSON:
    """Write the folder `out` and give its manifest. `jobs`: how many files at once. `advance`: is told of bytes done.

    Files are written in threads, or where joblib's backend says; workers elsewhere must see the same disks. Raises
    InputError; then the source is untouched, `out` is not there, and nothing is at work any more.
    """
    check_place(work.checkpoint, out)
    place = unfinished(out)
    try:
        with _journal(place, work.digest()) as journal:
            files = place / FILES
            done = journal.kept(work.tasks, files, jobs, advance)
            left = [task for task in work.tasks if task.name not in done]
            check_space(place, sum(task.size for task in left))
            for folder in sorted({(files / task.name).parent for task in work.tasks}):
                folder.mkdir(parents=True, exist_ok=True)
            with closing(spread(partial(write_file, files), left, jobs, advance)) as rows:
                for task, row in rows:
                    journal.add(task.name, row)
                    done[task.name] = row
            manifest = with_digests(work.head, done, _write_beside(work.beside, files))
            _write(files / NAME, canonical(manifest))
            for folder in sorted({files, *(path.parent for path in files.rglob("*"))}):
                _sync_folder(folder)
            check_place(work.checkpoint, out)
            os.rename(files, out)
            _sync_folder(out.parent)
        shutil.rmtree(place)
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror or fault}", where=shown_path(Path(fault.filename or out)),
                         advice=go_on(place)) from None
    return manifest


def write_file(files: Path, task: Task, advance: Advance = lambda count: None) -> Rewritten:
    """One file of the copy, whole and on disk. Raises InputError."""
    target = files / task.name
    try:
        if task.text is not None:
            _write(target, task.text)
            data = task.text.encode()
            row = Rewritten(len(data), digest_of(task.source), hashlib.sha256(data).hexdigest())
            advance(task.size)
        else:
            row = rewrite(task.source, target, task.moves, advance)
        found = task.source.stat()
    except OSError as fault:
        raise InputError(f"cannot be copied: {fault.strerror or fault}", where=shown_path(task.source),
                         advice=go_on(files.parent)) from None
    except InputError as fault:
        fault.advice = fault.advice or go_on(files.parent)
        raise
    if (found.st_size, found.st_mtime_ns) != (task.size, task.changed):
        target.unlink(missing_ok=True)
        raise InputError("was changed while it was read", where=shown_path(task.source), advice="Start again")
    return row


@dataclass(slots=True)
class _Journal:
    """The files that are finished; a line each, of which one that was cut off says nothing."""

    path: Path
    rows: dict[str, Rewritten]

    def add(self, name: str, row: Rewritten) -> None:
        line = json.dumps([name, row.size, row.before, row.after]) + "\n"
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self.rows[name] = row

    def kept(self, tasks: Sequence[Task], files: Path, jobs: int, advance: Advance) -> dict[str, Rewritten]:
        """Finished files that are whole, and whose sources are what they were."""
        there = [(task, self.rows[task.name]) for task in tasks if task.name in self.rows]
        with closing(spread(partial(_is_whole, files), there, jobs, advance)) as rows:
            return {task.name: row for (task, row), is_whole in rows if is_whole}


def _is_whole(files: Path, kept: tuple[Task, Rewritten], advance: Advance) -> bool:
    task, row = kept
    path = files / task.name
    if not path.is_file() or path.stat().st_size != row.size:
        return False
    told = 0

    def tell(count: int) -> None:
        nonlocal told
        told += count
        advance(count)

    with ThreadPoolExecutor(1) as beside:
        after = beside.submit(digest_of, path)
        is_whole = digest_of(task.source, tell) == row.before and after.result() == row.after
    if not is_whole:
        advance(-told)
    return is_whole


@contextmanager
def _journal(place: Path, digest: str) -> Iterator[_Journal]:
    """The journal of this work, held so that no other run writes there. Raises InputError for that of other work.

    Where nothing was finished nothing is left behind.
    """
    first = json.dumps(digest) + "\n"
    if not os.path.lexists(place):
        place.mkdir()
    if place.is_symlink() or not place.is_dir() or set(os.listdir(place)) - {JOURNAL, FILES, JOURNAL + PART}:
        raise InputError("is in the way", where=shown_path(place), advice="Remove it")
    if not (place / JOURNAL).exists() and not (place / FILES).exists():
        _write(place / JOURNAL, first)
    with (place / JOURNAL).open("r+", encoding="utf-8") as stream:
        _hold(stream, place)
        text = stream.read()
        whole = text[: text.rfind("\n") + 1]
        if not whole.startswith(first):
            raise InputError("holds the unfinished work of another run", where=shown_path(place),
                             advice="The source, the layouts or the version were others then: remove it, or name "
                             "another folder")
        stream.truncate(len(whole.encode()))
        journal = _Journal(place / JOURNAL, dict(_rows(whole.removeprefix(first))))
        try:
            yield journal
        except BaseException:
            if not journal.rows:
                shutil.rmtree(place, ignore_errors=True)
            raise


def _rows(text: str) -> Iterator[tuple[str, Rewritten]]:
    for line in text.splitlines():
        name, size, before, after = json.loads(line)
        yield name, Rewritten(size, before, after)


def _hold(stream: Any, place: Path) -> None:
    try:
        import fcntl
    except ImportError:  # where there is none, two runs at once are the caller's to keep apart
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InputError("is being written to by another run", where=shown_path(place), advice="Wait for it") from None


def _write_beside(beside: Mapping[str, str], files: Path) -> dict[str, str]:
    found = {}
    for name, text in sorted(beside.items()):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        _write(files / name, text)
        found[name] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _write(path: Path, text: str) -> None:
    """A whole text on disk, or none."""
    part = path.with_name(path.name + PART)
    with part.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, path)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
