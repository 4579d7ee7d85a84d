"""What of the software that can be measured is installed here."""

from __future__ import annotations

from dataclasses import dataclass

from prover.errors import InputError
from prover.measure.ggml import PACKAGES, TYPES, find_library
from prover.measure.transformers_cases import CASES
from prover.measure.upstream.measuring import installed, software
from prover.measure.upstream.names import MODULES
from prover.measure.upstream.software import Software
from prover.requirements import Needs, Package, Requirements, State, installed_version


@dataclass(frozen=True, slots=True)
class Found:
    """`version`: what is installed, in words; "" if it cannot be measured here.

    `missing`: what is not as it is required, and what to do; "" where `state` is ok. `kernels`: how many are measured
    where none is named.
    """

    name: str
    version: str
    missing: str
    kernels: int
    state: State

    @property
    def told(self) -> str:
        """What is here, and what is not as it should be."""
        return "; ".join(filter(None, (self.version, self.missing)))


def found_software(required: Requirements) -> tuple[Found, ...]:
    """Each software in turn."""
    return (_ggml(required.needs("ggml")), _transformers(required.needs("live")),
            *(_upstream(name, software(name), required) for name in MODULES))


def _transformers(asked: Needs) -> Found:
    names = ("transformers", "torch")
    own = Needs(tuple(each for each in asked.packages if each.name in names), asked.unknown)
    return _from("transformers", names, own, "pip install 'rope-prover[live]'", len(CASES))


def _upstream(name: str, known: Software, required: Requirements) -> Found:
    asked = required.needs(name) if known.has_extra and not known.bare else Needs(())
    return _from(name, known.packages, asked, known.missing(name), len(known.specs))


def _from(name: str, packages: tuple[str, ...], asked: Needs, advice: str, kernels: int) -> Found:
    """`packages`: whose versions are told. `asked`: which of them, and what else, the extra requires."""
    listed = {each.name for each in asked.packages}
    versions = installed(packages)
    others = tuple(Package(each, version) for each, version in versions.items() if each not in listed)
    absent = Needs(others if asked.unknown else (*others, *asked.packages))
    found = absent if absent.state is State.MISSING else Needs(absent.packages, asked.unknown)
    told = "" if found.state is State.MISSING else ", ".join(f"{each} {version}" for each, version in versions.items())
    return Found(name, told, _amiss(found, advice), kernels, found.state)


def _ggml(asked: Needs) -> Found:
    try:
        path = find_library(None)
    except InputError as fault:
        return Found("ggml", "", str(fault), len(TYPES), State.MISSING)
    brought = [package for package, module, _ in PACKAGES if module in path.parts and installed_version(package)]
    found = Needs(tuple(each for each in asked.packages if each.name in brought), asked.unknown if brought else "")
    told = ", ".join([path.name, *(f"{package} {installed_version(package)}" for package in brought)])
    return Found("ggml", told, _amiss(found, "pip install 'rope-prover[ggml]'"), len(TYPES), found.state)


def _amiss(found: Needs, advice: str) -> str:
    """What is not as it is required, with the advice where that is known."""
    return f"{found.shortfall}; {advice}" if found.state not in (State.OK, State.UNKNOWN) else found.shortfall
