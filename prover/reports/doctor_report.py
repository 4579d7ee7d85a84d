"""The package's surroundings, as text and as JSON types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.extras import Extra
from prover.measure.found import Found
from prover.reports.text import plain
from prover.requirements import Needs, Package, State
from prover.surroundings import Survey

_WHOLE = {
    True: "", None: "; whether all that is needed is there is not known",
    False: "; something that is needed is missing: install the package anew, "
           "pip install --force-reinstall rope-prover",
}
PROGRAMS = {"coqc": ("compiles the Coq proofs of a checkout: proofs/coq/check.sh", "Debian: apt install coq")}


def doctor_json(version: str, found: Survey, software: Sequence[Found]) -> dict[str, Any]:
    """Everything that was looked up."""
    return {
        "schema": "rope-prover/doctor/1", "version": version, "python": found.python, "system": found.system,
        "processors": found.processors, "is_whole": found.is_whole, "layouts": found.layouts, "proofs": found.proofs,
        "needed": [_package(each) for each in found.needed.packages], "unknown": found.needed.unknown or None,
        "extras": [
            {"name": extra.name, "is_there": _is_met(needs.state), "state": needs.state.value,
             "enables": extra.enables or f"measure {extra.name}", "megabytes": extra.megabytes,
             "packages": [_package(each) for each in needs.packages], "unknown": needs.unknown or None}
            for extra, needs in found.extras
        ],
        "software": [{"name": each.name, "version": each.version or None, "missing": each.missing or None,
                      "state": each.state.value} for each in software],
        "programs": [{"name": name, "path": path, "enables": PROGRAMS[name][0]} for name, path in found.programs],
        "guards": list(found.guards),
    }


def doctor_text(version: str, found: Survey, software: Sequence[Found]) -> str:
    """A line for each thing, what is missing with what it costs and what it would enable."""
    lines = [
        f"rope-prover {version}, Python {found.python}, {plain(found.system)}, {found.processors} processors",
        f"{found.layouts} layouts and {found.proofs} files of proofs are shipped{_WHOLE[found.is_whole]}",
        "", "Needed by every proof:",
        *(_row(each.state.value, each.name, _version(each)) for each in found.needed.packages),
    ]
    if found.needed.unknown:
        lines.append(f"  unknown: {plain(found.needed.unknown)}")
    named = [(extra, needs) for extra, needs in found.extras if extra.enables]
    lines += ["", "Extras:", *(line for each in named for line in _extra(*each))]
    sizes = {extra.name: extra.megabytes for extra, _ in found.extras if not extra.enables}
    lines += ["", "Software whose kernels can be measured:"]
    for each in software:
        size = f", about {sizes[each.name]} MB" if each.name in sizes and not each.version else ""
        lines.append(_row(each.state.value, each.name, plain(each.told) + size))
    lines.append("Sizes are with a torch for the CPU; one for CUDA takes gigabytes.")
    lines += ["", "Programs:"]
    for name, path in found.programs:
        enables, how = PROGRAMS[name]
        state = State.OK if path else State.MISSING
        lines.append(_row(state.value, name, f"{enables} ({plain(path) if path else how})"))
    held = " and ".join((*found.guards, "an audit hook of Python"))
    lines += ["", "A function of your own runs in a process with limits on time, memory and output.",
              f"Its writing, processes and network are held by {held}."]
    return "\n".join(lines) + "\n"


def _extra(extra: Extra, needs: Needs) -> list[str]:
    lines = [_row(needs.state.value, extra.name, extra.enables)]
    if needs.shortfall:
        lines.append(_row("", "", plain(needs.shortfall)))
    if needs.state not in (State.OK, State.UNKNOWN):
        lines.append(_row("", "", f"pip install 'rope-prover[{extra.name}]', about {extra.megabytes} MB"))
    return lines


def _row(word: str, name: str, told: str) -> str:
    return f"  {word:<7} {name:<22} {told}"


def _version(package: Package) -> str:
    version = package.version or "not installed"
    return version if package.state is State.OK or not package.wanted else f"{version}, {package.wanted}"


def _package(package: Package) -> dict[str, Any]:
    return {"name": package.name, "version": package.version, "from": package.least, "exactly": package.exactly,
            "is_enough": _is_met(package.state), "state": package.state.value}


def _is_met(state: State) -> bool | None:
    return None if state is State.UNKNOWN else state is State.OK
