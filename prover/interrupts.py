"""Ctrl-C, held back where it would leave something half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Ctrl-C waits until this is left; processes started in here never see it, not even while they start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stay_until_told() -> None:
    """Ctrl-C reaches every process of a terminal; only the one that talks to the person acts on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
