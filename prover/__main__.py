"""The command `rope-prover`, also `python -m prover`: whatever happens, it ends with one of the documented codes.

The codes stand here as numbers because importing their names may be what fails.
"""

import gc
import os
import sys


def main() -> None:
    """Run the command line of this process and exit."""
    # One thread: with more, OpenBLAS asks for memory that a small machine lacks, and ends the process with exit code 1.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from prover.commands.cli import run_command

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = _last_words("interrupted: nothing was decided", 3)
    except Exception as fault:
        if os.environ.get("ROPE_PROVER_DEBUG"):
            raise
        code = _last_words(f"internal failure: {type(fault).__name__} before anything was decided", 4)
    # What is left is never used again: Python would look through all of it once more for cycles.
    gc.freeze()
    sys.exit(code)


def _last_words(text: str, code: int) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
    return code


if __name__ == "__main__":
    main()
