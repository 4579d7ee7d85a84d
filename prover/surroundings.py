"""What of the package's requirements is installed here, and what this machine gives; looked up, not imported."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from prover.extras import EXTRAS, Extra
from prover.layouts.spec import catalogue
from prover.resources import PROOFS

SOLVERS = ("z3-solver", "cvc5", "sympy", "python-flint", "numpy")
_NAME = re.compile(r"([A-Za-z0-9._-]+)(?:\[([A-Za-z0-9,._-]+)\])?")
_EXTRA = re.compile(r"""extra == ['"]([A-Za-z0-9._-]+)['"]""")
_OTHER_SYSTEM = re.compile(r"""sys_platform (==|!=) ['"](\w+)['"]""")
_RESTRICT = "import sys; from prover.functions.kernel import restrict; print(*restrict(sys.argv[1]))"
SECONDS = 20


@dataclass(frozen=True, slots=True)
class Package:
    """`version`: what is installed; None for nothing. `least`: what is required, "" if any will do."""

    name: str
    version: str | None
    least: str

    @property
    def is_enough(self) -> bool:
        """Whether it is there, and no older than it has to be."""
        return self.version is not None and _numbers(self.version) >= _numbers(self.least)


@dataclass(frozen=True, slots=True)
class Survey:
    """`needed`: what every command may need. `extras`: each with its packages; those of none are unknown here.

    `layouts`, `proofs`: how many files the package has. `programs`: path of each; None for one that is missing.
    `guards`: what of this system's kernel holds a person's own function, beside limits; empty where nothing does.
    """

    python: str
    system: str
    processors: int
    needed: tuple[Package, ...]
    extras: tuple[tuple[Extra, tuple[Package, ...]], ...]
    layouts: int
    proofs: int
    programs: tuple[tuple[str, str | None], ...]
    guards: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all that is needed is there."""
        return all(package.is_enough for package in self.needed) and self.layouts > 0 and self.proofs > 0


def survey() -> Survey:
    """Look around. Starts one process, which tries what the kernel refuses."""
    required = _required()
    return Survey(
        platform.python_version(), f"{platform.system()} {platform.machine()}", os.cpu_count() or 1,
        required.get("", ()), tuple((extra, required.get(extra.name, ())) for extra in EXTRAS),
        len(catalogue()), sum(1 for _ in PROOFS.rglob("*.toml")),
        (("coqc", shutil.which("coqc")),), _guards(),
    )


def version_line() -> str:
    """Python and what decides, each with its version."""
    told = [f"{name} {_version(name) or 'not installed'}" for name in SOLVERS]
    return f"Python {platform.python_version()}, {', '.join(told)}"


def _required() -> dict[str, tuple[Package, ...]]:
    """The packages by extra, those that are always needed under "". Empty if this is no installed package."""
    try:
        lines = importlib.metadata.requires("rope-prover") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    listed: dict[str, list[tuple[str, tuple[str, ...], str]]] = {}
    for line in lines:
        head, _, marker = line.partition(";")
        if (other := _OTHER_SYSTEM.search(marker)) and (sys.platform == other[2]) != (other[1] == "=="):
            continue
        extra, name = _EXTRA.search(marker), _NAME.match(head)
        if name:
            bound = re.search(r"[=>]=\s*([0-9.]+)", head)
            inner = tuple(name[2].split(",")) if name[2] else ()
            listed.setdefault(extra[1] if extra else "", []).append((name[1], inner, bound[1] if bound else ""))
    return {extra: tuple(_packages(extra, listed)) for extra in listed}


def _packages(extra: str, listed: dict[str, list[tuple[str, tuple[str, ...], str]]]) -> list[Package]:
    found = []
    for name, inner, least in listed.get(extra, ()):
        if name == "rope-prover":
            found += [package for each in inner if each != extra for package in _packages(each, listed)]
        else:
            found.append(Package(name, _version(name), least))
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The release of a version: 2.13.0+cpu is 2, 13, 0."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, release[0].split("."))) if release else ()


def _guards() -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run([sys.executable, "-c", _RESTRICT, folder], capture_output=True, text=True,
                                  timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ()
    return tuple(done.stdout.split()) if done.returncode == 0 else ()
