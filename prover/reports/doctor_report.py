"""The package's surroundings, as text and as JSON types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.extras import Extra
from prover.measure.found import Found
from prover.reports.text import plain
from prover.surroundings import Package, Survey

PROGRAMS = {"coqc": ("compiles the Coq proofs of a checkout: proofs/coq/check.sh", "Debian: apt install coq")}


def doctor_json(version: str, found: Survey, software: Sequence[Found]) -> dict[str, Any]:
    """Everything that was looked up."""
    return {
        "schema": "rope-prover/doctor/1", "version": version, "python": found.python, "system": found.system,
        "processors": found.processors, "is_whole": found.is_whole, "layouts": found.layouts, "proofs": found.proofs,
        "needed": [_package(each) for each in found.needed],
        "extras": [
            {"name": extra.name, "is_there": _all_there(packages), "enables": extra.enables or f"measure {extra.name}",
             "megabytes": extra.megabytes, "packages": [_package(each) for each in packages]}
            for extra, packages in found.extras
        ],
        "software": [{"name": each.name, "version": each.version or None, "missing": each.missing or None}
                     for each in software],
        "programs": [{"name": name, "path": path, "enables": PROGRAMS[name][0]} for name, path in found.programs],
        "guards": list(found.guards),
    }


def doctor_text(version: str, found: Survey, software: Sequence[Found]) -> str:
    """A line for each thing, what is missing with what it costs and what it would enable."""
    lines = [
        f"rope-prover {version}, Python {found.python}, {plain(found.system)}, {found.processors} processors",
        f"{found.layouts} layouts and {found.proofs} files of proofs are shipped" + ("" if found.is_whole else
        "; something that is needed is missing: install the package anew, pip install --force-reinstall rope-prover"),
        "", "Needed by every proof:",
        *(_row(each.is_enough, each.name, _version(each)) for each in found.needed),
    ]
    if not found.needed:
        lines.append("  unknown: rope-prover is not installed as a package here, so what it needs is not written down")
    named = [(extra, packages) for extra, packages in found.extras if extra.enables]
    lines += ["", "Extras:", *(line for each in named for line in _extra(*each))]
    sizes = {extra.name: extra.megabytes for extra, _ in found.extras if not extra.enables}
    lines += ["", "Software whose kernels can be measured:"]
    for each in software:
        size = f", about {sizes[each.name]} MB" if each.name in sizes and not each.version else ""
        lines.append(_row(bool(each.version), each.name, plain(each.version or each.missing) + size))
    lines.append("Sizes are with a torch for the CPU; one for CUDA takes gigabytes.")
    lines += ["", "Programs:"]
    for name, path in found.programs:
        enables, how = PROGRAMS[name]
        lines.append(_row(bool(path), name, f"{enables} ({plain(path) if path else how})"))
    held = " and ".join((*found.guards, "an audit hook of Python"))
    lines += ["", "A function of your own runs in a process with limits on time, memory and output.",
              f"Its writing, processes and network are held by {held}."]
    return "\n".join(lines) + "\n"


def _extra(extra: Extra, packages: Sequence[Package]) -> list[str]:
    there = _all_there(packages)
    lines = [_row(there, extra.name, extra.enables)]
    if not there:
        lines.append(_row(None, "", f"pip install 'rope-prover[{extra.name}]', about {extra.megabytes} MB"))
    return lines


def _row(there: bool | None, name: str, told: str) -> str:
    word = "" if there is None else "ok" if there else "missing"
    return f"  {word:<7} {name:<22} {told}"


def _version(package: Package) -> str:
    least = f", from {package.least} on" if package.least else ""
    if package.version is None:
        return f"not installed{least}"
    return package.version + ("" if package.is_enough else f", too old{least}")


def _package(package: Package) -> dict[str, Any]:
    return {"name": package.name, "version": package.version, "from": package.least, "is_enough": package.is_enough}


def _all_there(packages: Sequence[Package]) -> bool:
    return bool(packages) and all(each.is_enough for each in packages)
