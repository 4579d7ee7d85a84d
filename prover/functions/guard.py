"""Acts that a person's function is refused, in the process it runs in: by Python's audit events, and by the kernel.

The audit hook gives a clear message and a list of what was refused; Landlock and seccomp (kernel.py) hold where
compiled code goes past it. Together they bound accidents. They are no sandbox against malice.
"""

from __future__ import annotations

import os
import sys
from typing import Any

MAX_TOLD = 8
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMLESS = ("/dev/null", "/dev/zero", "/dev/full")
# Folders and files in which people keep keys and passwords.
SECRETS = frozenset((".ssh", ".gnupg", ".aws", ".azure", ".kube", ".netrc", ".pgpass", ".git-credentials"))
# Events with the path or paths that they change in front.
CHANGES = {
    "os.remove": 1, "os.rename": 2, "os.rmdir": 1, "os.mkdir": 1, "os.link": 2, "os.symlink": 2, "os.truncate": 1,
    "os.chmod": 1, "os.chown": 1, "os.utime": 1, "os.setxattr": 1, "os.removexattr": 1, "os.chflags": 1,
    "sqlite3.connect": 1,
}
PROCESSES = (
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile",
    "pty.spawn", "os.kill", "os.killpg",
)
NETWORK = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
    "socket.getnameinfo", "socket.sendto", "socket.sendmsg",
)


class Guard:
    """The audit hook; `refused` is what it refused, in words, each once and no more than a few."""

    def __init__(self, folder: str) -> None:
        self.refused: list[str] = []
        self._folder = os.path.realpath(folder) + os.sep

    def start(self) -> None:
        """Watch this process from now on; it cannot be ended."""
        import _posixsubprocess

        # multiprocessing starts processes by this, without an audit event.
        _posixsubprocess.fork_exec = self._fork_exec  # type: ignore[assignment]
        sys.addaudithook(self._seen)

    def _fork_exec(self, *rest: Any, **more: Any) -> None:
        self._refuse("starting a process")

    def _seen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = flags & WRITING if isinstance(flags, int) else isinstance(mode, str) and set(mode) & set("wax+")
            if writes and not isinstance(path, int) and not self._is_own(path):
                self._refuse(f"writing to {_shown(path)}")
            if not isinstance(path, int) and self._is_secret(path):
                self._refuse(f"reading {_shown(path)}")
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                if path != ":memory:" and not isinstance(path, int) and not self._is_own(path):
                    self._refuse(f"{event} of {_shown(path)}")
        elif event == "resource.prlimit" and arguments[0] not in (0, os.getpid()):
            self._refuse("limits of another process")
        elif event in PROCESSES:
            self._refuse(f"starting or ending a process ({event})")
        elif event in NETWORK:
            self._refuse(f"the network ({event})")

    def _is_own(self, path: Any) -> bool:
        try:
            found = os.path.realpath(os.fsdecode(path))
        except (TypeError, ValueError, OSError):
            return False
        return found.startswith(self._folder) or found + os.sep == self._folder or found in HARMLESS

    def _is_secret(self, path: Any) -> bool:
        """Whether a path leads to where people keep keys."""
        try:
            return not SECRETS.isdisjoint(os.path.realpath(os.fsdecode(path)).split(os.sep))
        except (TypeError, ValueError, OSError):
            return False

    def _refuse(self, what: str) -> None:
        if what not in self.refused and len(self.refused) < MAX_TOLD:
            self.refused.append(what)
        raise PermissionError(f"rope-prover does not let a function do this: {what}")


def _shown(path: Any) -> str:
    try:
        text = os.fsdecode(path)
    except TypeError:
        text = type(path).__name__
    return text[-100:]
