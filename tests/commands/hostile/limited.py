"""Runs command lines one after another, each in a forked child under limits, and measures them.

Reads one JSON list of arguments a line from standard input and answers with one JSON object a line.
The modules are imported once before the first fork, so what is counted is the command's work alone. Work is the
number of function calls, the same on every machine; the clock only ends what hangs.
"""

from __future__ import annotations

import cProfile
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from importlib import import_module

from prover.commands.cli import run_command

IMPORTED = (
    "numpy.random", "prover.api", "prover.checker", "prover.commands.progress", "prover.layouts.search",
    "prover.proof_files.kinds", "prover.proof_files.summary", "prover.reports.certificate_report",
    "prover.reports.render", "prover.reports.report", "prover.reports.show", "prover.verdicts.verdict", "tomllib",
)
HANG_SECONDS = 60
ADDRESS_SPACE = 2 << 30
TRACEBACK = 70


def run_limited(arguments: list[str]) -> dict[str, object]:
    """Run one command line in a child; its outputs, exit code, function calls and peak memory in bytes."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, tempfile.TemporaryFile() as work:
        child = os.fork()
        if not child:
            _run_child(arguments, stdout.fileno(), stderr.fileno(), work.fileno())
        _, status, usage = os.wait4(child, 0)
        outputs = []
        for stream in (stdout, stderr, work):
            stream.seek(0)
            outputs.append(stream.read().decode("utf-8", "backslashreplace"))
    return {
        "code": os.waitstatus_to_exitcode(status),
        "stdout": outputs[0],
        "stderr": outputs[1],
        "calls": int(outputs[2] or 0),
        "memory": usage.ru_maxrss * 1024,
    }


def _run_child(arguments: list[str], stdout: int, stderr: int, work: int) -> None:
    code = TRACEBACK
    profile = cProfile.Profile()
    try:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(HANG_SECONDS)
        profile.enable()
        code = run_command(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        profile.disable()
        os.write(work, str(sum(entry.callcount for entry in profile.getstats())).encode())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer line by line until standard input ends."""
    for name in IMPORTED:
        import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run_limited(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
