"""What the machine has to give before a command starts: somewhere to print, and memory for what it imports."""

from __future__ import annotations

import sys

from prover.errors import InputError, ProverError

NEEDED_BYTES = 400 << 20
"""Address space that SymPy, Z3 and NumPy take with a small proof, and some more: below 300 MB they end the process."""


class NoMemoryError(ProverError, MemoryError):
    """Too little memory is allowed to import what a proof needs."""


def require_output() -> None:
    """Raise InputError if standard output is closed: the next file that is opened would take its place.

    Where it takes less than Unicode, such as a pipe on Windows, what it does not take is written as an escape.
    """
    if sys.stdout is None:
        raise InputError("standard output is closed", advice="Redirect it to a file or to /dev/null")
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower()
    if not encoding.startswith("utf") and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def require_memory() -> None:
    """Raise NoMemoryError if a limit on this process is too low; import the one library that takes no refusal."""
    try:
        import resource
    except ImportError:  # not on this platform
        return
    limits = [resource.getrlimit(which)[0] for which in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    allowed = min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)
    if allowed is None:
        return
    if allowed < NEEDED_BYTES:
        raise NoMemoryError(
            f"this process may take {allowed >> 20} MB of memory, and a proof needs {NEEDED_BYTES >> 20} MB to start",
            advice="Nothing was decided. Raise the limit (ulimit -v)",
        )
    # OpenBLAS takes its buffer at the first product, and ends the process with exit code 1 if it gets none.
    import numpy as np

    np.ones((64, 64)) @ np.ones((64, 64))
