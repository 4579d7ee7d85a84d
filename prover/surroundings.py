"""What of the package is here, and what this machine gives; looked up, not imported."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from prover.extras import EXTRAS, Extra
from prover.layouts.spec import catalogue
from prover.requirements import Needs, Requirements, State, installed_version
from prover.resources import shipped_proofs

SOLVERS = ("z3-solver", "cvc5", "sympy", "python-flint", "numpy")
_RESTRICT = "import sys; from prover.functions.kernel import restrict; print(*restrict(sys.argv[1]))"
SECONDS = 20


@dataclass(frozen=True, slots=True)
class Survey:
    """`needed`: what every command may need. `extras`: each with what it needs.

    `layouts`, `proofs`: how many files of them the package has, proofs as `run` takes them.
    `programs`: path of each; None for one that is missing.
    `guards`: what of this system's kernel holds a person's own function, beside limits; empty where nothing does.
    """

    python: str
    system: str
    processors: int
    needed: Needs
    extras: tuple[tuple[Extra, Needs], ...]
    layouts: int
    proofs: int
    programs: tuple[tuple[str, str | None], ...]
    guards: tuple[str, ...]

    @property
    def is_whole(self) -> bool | None:
        """Whether all that is needed is there; None where it is not known what is needed."""
        if not self.layouts or not self.proofs:
            return False
        return None if self.needed.state is State.UNKNOWN else self.needed.state is State.OK


def survey(required: Requirements) -> Survey:
    """Look around. Starts one process, which tries what the kernel refuses."""
    return Survey(
        platform.python_version(), f"{platform.system()} {platform.machine()}", os.cpu_count() or 1,
        required.needs(), tuple((extra, required.needs(extra.name)) for extra in EXTRAS),
        len(catalogue()), len(shipped_proofs()),
        (("coqc", shutil.which("coqc")),), _guards(),
    )


def version_line() -> str:
    """Python and what decides, each with its version."""
    told = [f"{name} {installed_version(name) or 'not installed'}" for name in SOLVERS]
    return f"Python {platform.python_version()}, {', '.join(told)}"


def _guards() -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run([sys.executable, "-c", _RESTRICT, folder], capture_output=True, text=True,
                                  timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ()
    return tuple(done.stdout.split()) if done.returncode == 0 else ()
