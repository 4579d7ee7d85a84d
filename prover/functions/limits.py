"""What a person's function may use of the machine, and the limits of the kernel that hold it to that.

They bound accidents: an endless loop, a huge array, a storm of prints. They are no sandbox against malice.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from prover.errors import InputError

SECONDS = 120  # importing torch takes up to half a minute
MAX_SECONDS = 3600
CLOSED = 77
"""The exit status of the process where the pipe of its answers was closed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds by the clock and of a processor for the whole run; bytes of everything else.

    `memory` is address space, of which torch alone takes some gigabytes; `printed` is standard output and error
    together, `file` one file in the folder of its own, `reply` one answer.
    """

    seconds: float = SECONDS
    memory: int = 16 << 30
    printed: int = 8 << 20
    file: int = 64 << 20
    reply: int = 256 << 20

    def to_json(self) -> dict[str, Any]:
        """The limits as JSON types, for the other process."""
        return asdict(self)


def make_limits(seconds: float | None) -> Limits:
    """Limits with another time than the default's. Raises InputError."""
    if seconds is None:
        return Limits()
    if not 0 < seconds <= MAX_SECONDS:
        raise InputError(f"expected more than 0 and at most {MAX_SECONDS}, got {seconds:g}", where="--seconds")
    return Limits(seconds=seconds)


def apply_limits(limits: Limits) -> None:
    """Put this process, and all it may start, under the limits."""
    import resource

    cpu = int(limits.seconds) + 2
    wanted = {
        resource.RLIMIT_AS: limits.memory, resource.RLIMIT_CPU: cpu, resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in wanted.items():
        _, hard = resource.getrlimit(which)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (value, value))
    try:
        # Where memory runs out all the same, this process is the first to go.
        handle = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(handle, b"1000")
    except OSError:
        pass
    finally:
        os.close(handle)
