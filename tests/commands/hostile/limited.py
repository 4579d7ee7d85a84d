"""Runs command lines one after another, each in a forked child under limits, and measures them.

Reads one JSON list of arguments a line from standard input and answers with one JSON object a line.
The modules are imported once before the first fork, so the CPU time is that of the command alone.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import traceback

import prover.checker
import prover.claims.claim
import prover.commands.cli
import prover.commands.progress
import prover.layouts.loading
import prover.proof_files.claim_file
import prover.reports.render
import prover.reports.report
import prover.reports.show
import prover.verdicts.verdict

CPU_SECONDS = 6
WALL_SECONDS = 12
ADDRESS_SPACE = 2 << 30
TRACEBACK = 70


def run_limited(arguments: list[str]) -> dict[str, object]:
    """Run one command line in a child; its outputs, exit code, CPU seconds and peak memory in bytes."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if not child:
            _run_child(arguments, stdout.fileno(), stderr.fileno())
        _, status, usage = os.wait4(child, 0)
        outputs = []
        for stream in (stdout, stderr):
            stream.seek(0)
            outputs.append(stream.read().decode("utf-8", "backslashreplace"))
    return {
        "code": os.waitstatus_to_exitcode(status),
        "stdout": outputs[0],
        "stderr": outputs[1],
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
    }


def _run_child(arguments: list[str], stdout: int, stderr: int) -> None:
    code = TRACEBACK
    try:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(WALL_SECONDS)
        code = prover.commands.cli.run_command(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer line by line until standard input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run_limited(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
