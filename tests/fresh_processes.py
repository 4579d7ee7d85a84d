"""Whole commands in processes of their own, and what they are held against."""

from __future__ import annotations

import os
import subprocess
import sys

LIBRARIES = "import sympy, z3, numpy"


def python(*arguments: str) -> int:
    """The exit code of a fresh Python, which looks for no model elsewhere; what it prints is dropped."""
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, env=surroundings).returncode


def command(*arguments: str) -> int:
    """The exit code of a whole command in a fresh process."""
    return python("-m", "prover", *arguments)
