"""Work spread over processes, its results in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol, TypeVar

from prover.errors import EvidenceError
from prover.interrupts import interrupts_held_back, stay_until_told

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Spread(Protocol):
    """The results of a function for the items, in their order, each as soon as those before it are done."""

    def __call__(self, function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterable[_Result]: ...


@contextmanager
def spread(jobs: int, module: str) -> Iterator[Spread]:
    """Processes to spread work over; an interruption, like every fault, ends them.

    `jobs`: how many; 1 does all of it in this one, item by item as it is asked for. `module`: the module of the
    functions, which is imported once for all. Functions, items and results are pickled.
    Raises EvidenceError if a process dies.
    """
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, _context(module), _start, (gc.isenabled(),)) as pool:

        def results(function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterator[_Result]:
            with interrupts_held_back():
                futures = [pool.submit(function, item) for item in items]
            for future in futures:
                yield future.result()

        try:
            yield results
        except BrokenProcessPool:
            raise EvidenceError(
                "a process that proves was ended from outside, by lack of memory perhaps",
                advice="Run fewer at once: --jobs 1",
            ) from None
        except BaseException:
            # Nothing is cancelled: the pool marks what is left as broken, and trips over what is both.
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def prepare(module: str) -> None:
    """Let the process that others are forked from start, and import the module, while this one does something else."""
    context = _context(module)
    if context.get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        with interrupts_held_back():
            ensure_running()


def usual_jobs() -> int:
    """As many processes as there are cores that this one may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(collects: bool) -> None:
    """A process collects garbage only if the one that starts it does."""
    stay_until_told()
    if not collects:
        gc.disable()


def _context(module: str) -> multiprocessing.context.BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context
