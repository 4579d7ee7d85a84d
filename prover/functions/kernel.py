"""Refusals by the Linux kernel, where it has them: Landlock for writing, seccomp for processes and the network.

Numbers and structures from Linux 6.12, include/uapi/linux/landlock.h, seccomp.h, filter.h and the tables of system
calls of x86-64 and arm64. Both hold for this thread and all that it starts, and cannot be taken back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES, _PARENT_DEATH, _SECCOMP = 38, 1, 22
_KILL = 9
# Rights to change files by the ABI that brought them: 1 writing, removing and making, 2 moving, 3 truncating.
_WRITE_FILE = 1 << 1
_CHANGING = (sum(1 << n for n in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12)), 1 << 13, 1 << 14)
_TCP = 0b11
_SCOPES = 0b11  # abstract sockets and signals of processes outside

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_CLONE_THREAD, _UNIX = 0x10000, 1
# Architecture, clone, socket, clone3, and what is refused: fork, vfork, execve, execveat, kill, ptrace, io_uring; of
# other processes tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_open, pidfd_send_signal, pidfd_getfd, their memory
# (process_vm_readv, process_vm_writev), setpriority, ioprio_set.
_CALLS = {
    "x86_64": (0xC000003E, 56, 41, 435, (
        57, 58, 59, 322, 62, 101, 425, 200, 129, 297, 434, 424, 438, 310, 311, 141, 251,
    )),
    "aarch64": (0xC00000B7, 220, 198, 435, (221, 281, 129, 117, 425, 130, 138, 240, 434, 424, 438, 270, 271, 140, 30)),
}
# What has the process in front, of which only this one may be: tgkill, prlimit64, sched_setaffinity,
# sched_setscheduler, sched_setparam, sched_setattr.
_OF_ITSELF = {"x86_64": (234, 302, 203, 144, 142, 314), "aarch64": (131, 261, 122, 119, 118, 274)}
# fcntl and ioctl, with the commands that make the kernel send signals for them: F_SETOWN, F_SETOWN_EX; FIOSETOWN,
# SIOCSPGRP, and TIOCSTI, which types into a terminal.
_COMMANDS = {
    "x86_64": ((72, (8, 15)), (16, (0x8901, 0x8902, 0x5412))),
    "aarch64": ((25, (8, 15)), (29, (0x8901, 0x8902, 0x5412))),
}


def restrict(folder: str) -> list[str]:
    """Refuse what can be refused; the names of what took hold."""
    if platform.system() != "Linux":
        return []
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PARENT_DEATH, _KILL, 0, 0, 0)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return []
    held = ["Landlock"] if _landlock(library, folder) else []
    return [*held, *(["seccomp"] if _seccomp(library) else [])]


def _landlock(library: ctypes.CDLL, folder: str) -> bool:
    """Let files change in `folder` alone."""
    version = library.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    rights = sum(_CHANGING[:version])
    fields = [rights, *([_TCP] if version >= 4 else []), *([_SCOPES] if version >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = library.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path, allowed in ((folder, rights), (os.devnull, _WRITE_FILE)):
            place = os.open(path, os.O_PATH)
            try:
                if library.syscall(_ADD, rules, 1, struct.pack("=Qi", allowed, place), 0) != 0:
                    return False
            finally:
                os.close(place)
        return int(library.syscall(_RESTRICT, rules, 0)) == 0
    finally:
        os.close(rules)


def _seccomp(library: ctypes.CDLL) -> bool:
    """No new process, no other program, no socket but local ones; threads may be started."""
    if platform.machine() not in _CALLS:
        return False
    program = b"".join(struct.pack("=HBBI", *line) for line in _filter(platform.machine()))
    held = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    return int(library.prctl(_SECCOMP, 2, head, 0, 0)) == 0


def _filter(machine: str) -> Iterator[tuple[int, int, int, int]]:
    """Lines of the filter: operation, lines to skip if true, if false, number."""
    architecture, clone, socket, clone3, refused = _CALLS[machine]
    no = _ERRNO | errno.EPERM
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _ALLOW
    yield _LOAD, 0, 0, _NUMBER
    for number in refused:
        yield _EQUAL, 0, 1, number
        yield _RETURN, 0, 0, no
    # A library that finds no clone3 uses clone, whose flags can be seen.
    yield _EQUAL, 0, 1, clone3
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS
    for number in _OF_ITSELF[machine]:
        yield _EQUAL, 0, 5, number
        yield _LOAD, 0, 0, _FIRST
        yield _EQUAL, 2, 0, 0
        yield _EQUAL, 1, 0, os.getpid()
        yield _RETURN, 0, 0, no
        yield _RETURN, 0, 0, _ALLOW
    for number, commands in _COMMANDS[machine]:
        yield _EQUAL, 0, len(commands) + 3, number
        yield _LOAD, 0, 0, _SECOND
        for place, command in enumerate(commands):
            yield _EQUAL, len(commands) - place, 0, command
        yield _RETURN, 0, 0, _ALLOW
        yield _RETURN, 0, 0, no
    for number, test, value in ((clone, _ANY_BIT, _CLONE_THREAD), (socket, _EQUAL, _UNIX)):
        yield _EQUAL, 0, 4, number
        yield _LOAD, 0, 0, _FIRST
        yield test, 0, 1, value
        yield _RETURN, 0, 0, _ALLOW
        yield _RETURN, 0, 0, no
    yield _RETURN, 0, 0, _ALLOW
