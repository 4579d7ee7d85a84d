"""Many files at once: in threads, or where joblib's backend says; told of bytes done from wherever that can be."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from prover.weights.moved.rewriting import Advance

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stopped(Exception):
    """Raised in a thread that is to leave off."""


class Told:
    """Tells of bytes done, one call at a time, from any thread of this process; and stops those that do.

    A copy in another process tells nothing: what is done there is told when it has come back.
    """

    def __init__(self, advance: Advance | None) -> None:
        self.advance = advance
        self.is_stopped = False
        self.working = 0
        self.changed = threading.Condition()

    def __reduce__(self) -> tuple[Any, ...]:
        return Told, (None,)

    def __call__(self, count: int) -> None:
        """Raises Stopped."""
        with self.changed:
            if self.is_stopped:
                raise Stopped
            if self.advance is not None and count:
                self.advance(count)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Around what is waited for when all is stopped. Raises Stopped."""
        with self.changed:
            if self.is_stopped:
                raise Stopped
            self.working += 1
        try:
            yield
        finally:
            with self.changed:
                self.working -= 1
                self.changed.notify_all()

    def stop(self) -> None:
        """No thread is at work when this is over."""
        with self.changed:
            self.is_stopped = True
            self.changed.wait_for(lambda: not self.working)


def spread(
    work: Callable[[Item, Advance], Result], items: Sequence[Item], jobs: int, advance: Advance,
) -> Generator[tuple[Item, Result], None, None]:
    """Each item and what came of it, as soon as it is done. `work` is told where to tell of the bytes that it did.

    Where joblib.parallel_config names no backend, these are threads: reading, writing and digests let each other run.
    Close it if it is not used up: then nothing is at work any more.
    """
    if jobs == 1 or len(items) < 2:
        yield from ((item, work(item, advance)) for item in items)
        return
    told = Told(advance)
    rows = _rows([(work, number, item, told) for number, item in enumerate(items)], jobs)
    try:
        for number, result, untold in rows:
            told(untold)
            yield items[number], result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)   # that tasks are cancelled, which is what is wanted
            rows.close()
        told.stop()


def _rows(calls: Sequence[tuple[Any, ...]], jobs: int) -> Generator[tuple[int, Any, int], None, None]:
    import joblib

    try:
        parallel = joblib.Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")
    except ValueError:   # a backend that gives nothing before all of it is there: Ray's, multiprocessing
        for start in range(0, len(calls), jobs):
            yield from joblib.Parallel(n_jobs=jobs)(joblib.delayed(_one)(*call) for call in calls[start : start + jobs])
        return
    yield from parallel(joblib.delayed(_one)(*call) for call in calls)


def _one(work: Callable[[Any, Advance], Any], number: int, item: Any, told: Told) -> tuple[int, Any, int]:
    """The item's number, what came of it, and bytes done that were not told of."""
    count = 0

    def tell(more: int) -> None:
        nonlocal count
        count += more
        told(more)

    with told.work():
        result = work(item, tell)
    return number, result, count if told.advance is None else 0
