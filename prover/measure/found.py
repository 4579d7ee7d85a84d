"""What of the software that can be measured is installed here."""

from __future__ import annotations

from dataclasses import dataclass

from prover.errors import InputError
from prover.measure.ggml import PACKAGES, TYPES, find_library
from prover.measure.transformers_cases import CASES
from prover.measure.upstream.measuring import installed, software
from prover.measure.upstream.names import MODULES


@dataclass(frozen=True, slots=True)
class Found:
    """`version`: what is installed, in words; "" if it cannot be measured here, and then `missing` says what to do.

    `kernels`: how many are measured where none is named.
    """

    name: str
    version: str
    missing: str
    kernels: int


def found_software() -> tuple[Found, ...]:
    """Each software in turn."""
    return (_ggml(), _from(("transformers", "torch"), "transformers", "pip install 'rope-prover[live]'", len(CASES)),
            *(_from(each.packages, name, each.missing(name), len(each.specs)) for name, each in
              ((name, software(name)) for name in MODULES)))


def _from(packages: tuple[str, ...], name: str, missing: str, kernels: int) -> Found:
    versions = installed(packages)
    lacking = [package for package, version in versions.items() if version is None]
    if lacking:
        return Found(name, "", f"{', '.join(lacking)}: {missing}", kernels)
    return Found(name, ", ".join(f"{package} {version}" for package, version in versions.items()), "", kernels)


def _ggml() -> Found:
    try:
        path = find_library(None)
    except InputError:
        return Found("ggml", "", "libggml-cpu: pip install 'rope-prover[ggml]', or name one with --library or "
                     "ROPE_PROVER_GGML", len(TYPES))
    versions = installed([package for package, module, _ in PACKAGES if module in path.parts])
    told = [f"{package} {version}" for package, version in versions.items() if version]
    return Found("ggml", ", ".join([path.name, *told]), "", len(TYPES))
