"""What the package and each of its extras require, and what of it is installed here; looked up, not imported.

In a checkout pyproject.toml has the requirements, which is as new as the code. Elsewhere what pip wrote down has them.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from prover.versions import version_order

NAME = "rope-prover"
PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_LINE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*\(?([^;()]*)\)?\s*(?:;(.*))?")
_BOUND = re.compile(r"\s*(>=|==)\s*([^\s+*]+)\s*")
_EXTRA = re.compile(r"""extra == ['"]([A-Za-z0-9._-]+)['"]""")
_SYSTEM = re.compile(r"""(sys_platform|platform_system) (==|!=) ['"](\w+)['"]""")


class State(Enum):
    """Whether what is installed is what is required; the word is what people are told."""

    OK = "ok"
    MISSING = "missing"
    TOO_OLD = "too old"
    OTHER = "other"
    UNKNOWN = "unknown"


_WORST_FIRST = (State.MISSING, State.TOO_OLD, State.OTHER, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Package:
    """`version`: what is installed; None for nothing. `least`, `exactly`: the version required, "" for any.

    `unread`: the requirement, where it says more than is understood here.
    """

    name: str
    version: str | None
    least: str = ""
    exactly: str = ""
    unread: str = ""

    @property
    def state(self) -> State:
        """Whether the version is the one required."""
        if self.unread:
            return State.UNKNOWN
        if self.version is None:
            return State.MISSING
        try:
            if self.exactly and version_order(self.version) != version_order(self.exactly):
                return State.OTHER
            if self.least and version_order(self.version) < version_order(self.least):
                return State.TOO_OLD
        except ValueError:
            return State.UNKNOWN
        return State.OK

    @property
    def wanted(self) -> str:
        """The version required, in words; "" for any."""
        if self.unread:
            return f"required is '{self.unread}', which is not understood"
        told = [f"expected {self.exactly}"] if self.exactly else []
        return ", ".join([*told, f"needed from {self.least} on"] if self.least else told)


@dataclass(frozen=True, slots=True)
class Needs:
    """Packages that go together. `unknown`: why it is not known which they are; "" where it is."""

    packages: tuple[Package, ...]
    unknown: str = ""

    @property
    def state(self) -> State:
        """The worst of any; unknown where the packages are."""
        if self.unknown:
            return State.UNKNOWN
        states = {package.state for package in self.packages}
        return next((state for state in _WORST_FIRST if state in states), State.OK)

    @property
    def shortfall(self) -> str:
        """What is not as it is required, with what is here and what is expected; "" where all is."""
        if self.unknown:
            return f"what it needs is not known: {self.unknown}"
        told = []
        if absent := [package.name for package in self.packages if package.state is State.MISSING]:
            told.append(f"not installed: {', '.join(absent)}")
        for state, words in ((State.TOO_OLD, "too old: "), (State.OTHER, "other version: "), (State.UNKNOWN, "")):
            told += [f"{words}{package.name} {package.version or 'is not installed'}, {package.wanted}"
                     for package in self.packages if package.state is state]
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class Requirements:
    """`lines`: what each extra requires, as it is written; what is always required under "". `unknown`: see Needs."""

    lines: Mapping[str, Sequence[str]]
    unknown: str = ""

    def needs(self, extra: str = "") -> Needs:
        """What an extra needs; "" for what is always needed."""
        if self.unknown:
            return Needs((), self.unknown)
        if extra not in self.lines:
            return Needs((), f"the {NAME} that is installed names no extra '{extra}', so it is not this one")
        return Needs(tuple(_packages(extra, self.lines)))


def read_requirements(version: str) -> Requirements:
    """`version`: that of this package; what is written down of another version says nothing of this one."""
    if PYPROJECT.is_file():
        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == NAME:
            return Requirements({"": project["dependencies"], **project["optional-dependencies"]})
    try:
        written = importlib.metadata.distribution(NAME)
    except importlib.metadata.PackageNotFoundError:
        return Requirements({}, f"{NAME} is not installed as a package here, so its requirements are not written down")
    if written.version != version:
        return Requirements({}, f"the {NAME} that is installed is {written.version}, and this one is {version}")
    lines: dict[str, list[str]] = {"": []}
    for line in written.requires or ():
        extra = _EXTRA.search(line.partition(";")[2])
        lines.setdefault(extra[1] if extra else "", []).append(line)
    return Requirements(lines)


def installed_version(name: str) -> str | None:
    """The version of a package; None for what is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _packages(extra: str, lines: Mapping[str, Sequence[str]]) -> Iterator[Package]:
    for line in lines.get(extra, ()):
        package, inner = _read(line)
        if package is None:
            continue
        if package.name == NAME:
            for each in inner:
                yield from _packages(each, lines)
        else:
            yield package
            yield from _brought(package.name, inner)


def _brought(name: str, extras: Sequence[str]) -> Iterator[Package]:
    """What extras of another package require, as that package has written down."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        extra = _EXTRA.search(line.partition(";")[2])
        package = _read(line)[0] if extra and extra[1] in extras else None
        if package:
            yield package


def _read(line: str) -> tuple[Package | None, tuple[str, ...]]:
    """The package that a requirement names, with its extras; None where it is for another system."""
    found = _LINE.fullmatch(line)
    if found is None:
        return Package(line.strip(), None, unread=line.strip()), ()
    name, extras, bounds, marker = found[1], found[2] or "", found[3].strip(), (found[4] or "").strip()
    bound: dict[str, str] = {}
    unread = ""
    for part in re.split(r"\s+and\s+", re.sub(r"[()]", "", marker)) if marker else ():
        if system := _SYSTEM.fullmatch(part.strip()):
            here = sys.platform if system[1] == "sys_platform" else platform.system()
            if (here == system[3]) != (system[2] == "=="):
                return None, ()
        elif not _EXTRA.fullmatch(part.strip()):
            unread = line.strip()
    for part in bounds.split(",") if bounds else ():
        if (one := _BOUND.fullmatch(part)) and one[1] not in bound:
            bound[one[1]] = one[2]
        else:
            unread = line.strip()
    package = Package(name, installed_version(name), bound.get(">=", ""), bound.get("==", ""), unread)
    return package, tuple(each.strip() for each in extras.split(",") if each.strip())
