"""Layouts beside real kernels: tables measured from them, and whether a layout is what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prover.api.answers import JSON, Measured, Report, Texts, several
from prover.api.arguments import spec_of
from prover.api.functions import Called, conform_function, ran
from prover.errors import EXIT_DIFFERENT, EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.measure.conform import Conformance

Track = Callable[[Sequence[str]], Iterator[str]]


def conform(
    spec: str, measured: str, entry: str | None = None, *, feed: str = "", every_difference: bool = False,
    call: str | None = None, init: str | None = None, head_dim: int | None = None, seconds: float | None = None,
    longest: int | None = None,
) -> Report:
    """Compare a layout with one entry of a file of measured tables; numeric only. Exit code 0: it conforms, 1: not.

    `measured`: the file's path, with `entry` where it has several; or a function such as "rope.py::apply_rope", which
    is run and measured (see `measure_function` for the rest). `feed`: what the measured kernel put on the layout's
    axes, by name or written (t=p,h=p,w=p), so that the table's axes are the token's coordinates; without it they are
    the layout's. Raises ProverError.
    """
    from prover.functions.reference import is_reference

    if is_reference(measured):
        _require_no_entry(measured, entry)
        return conform_function(
            spec, measured, feed=feed, call=call, init=init, head_dim=head_dim, seconds=seconds,
            longest=longest, every_difference=every_difference,
        )
    _require_nothing_called(measured, Called(call, init, head_dim, seconds, longest))
    from prover.layouts.feed import layout_under
    from prover.layouts.loading import load
    from prover.measure.conform import conform as compare
    from prover.measure.measured import read_entry
    from prover.repair.measured_cause import measured_causes
    from prover.reports.conform_report import conform_json, conform_text
    from prover.reports.documents.conform import conform_document

    loaded, table = load(spec_of(spec)), read_entry(measured, entry)
    found = compare(layout_under(feed, loaded.family, loaded.layout) if feed else loaded.layout, table)
    causes = measured_causes(loaded, table, feed)
    return Report(
        EXIT_OK if found.conforms else EXIT_DIFFERENT, lambda: conform_json(found, causes, feed),
        lambda _: conform_text(found, measured, every_difference, causes, feed),
        _document=lambda _: conform_document(conform_json(found, causes, feed), every_difference),
    )


def identify(
    measured: str, entry: str | None = None, *, feed: str = "", out: str | None = None, everything: bool = False,
    call: str | None = None, init: str | None = None, head_dim: int | None = None, seconds: float | None = None,
    longest: int | None = None,
) -> Report:
    """The layouts of the catalogue that a measured table, or a function, shows; numeric only.

    `measured`, `entry` and the last five: as for `conform`. `feed`: what the kernel put on its axes when the table
    was measured, by name or written; without it the table's axes are the layout's. `out`: write the table there as a
    layout file, which must not exist. Exit code 0: a layout conforms, 1: none does. Raises ProverError.
    """
    from prover.functions.reference import is_reference
    from prover.layouts.loading import load
    from prover.measure.conform import conform as compare
    from prover.measure.measured import read_entry, read_software
    from prover.recognition.identified import identify
    from prover.recognition.projects import project_of
    from prover.recognition.table_file import table_file
    from prover.reports.documents.identify import identify_document
    from prover.reports.identify_report import Origin, headline, identify_json, identify_text
    from prover.weights.stored.new_file import require_new, write_new

    called = Called(call, init, head_dim, seconds, longest)
    is_function = is_reference(measured)
    if out is not None:
        require_new(Path(out), Path(measured.partition("::")[0]))
        if not out.endswith(".toml"):
            raise InputError("is no name of a layout file", where=out, advice="Its name ends in .toml")
    if is_function:
        _require_no_entry(measured, entry)
        done = ran(measured, called)
        table, origin = done.table, Origin(measured, done.given, done.notes)
    else:
        _require_nothing_called(measured, called)
        table, software = read_entry(measured, entry), read_software(Path(measured))
        origin = Origin(measured, software=software, project=project_of(software))
    found = identify(table, origin.project, feed)
    written = None
    if out is not None:
        write_new(Path(out), table_file(table, f"measured: {headline(found, origin)}").encode())
        written = out, compare(load(out).layout, table).conforms
    return Report(
        EXIT_OK if found.groups else EXIT_DIFFERENT, lambda: identify_json(found, origin, written),
        lambda _: identify_text(found, origin, everything, written),
        _document=lambda _: identify_document(identify_json(found, origin, written), everything),
    )


def _require_no_entry(function: str, entry: str | None) -> None:
    if entry is not None:
        raise InputError("is a function, which has no entries", where=function[:200], advice="Leave --entry out")


def _require_nothing_called(file: str, called: Called) -> None:
    if called.is_said:
        raise InputError("is a file of tables: nothing is called", where=file[:200],
                         advice="Name a function as file.py::function")


def measure_ggml(specs: Texts, library: str | None = None, *, track: Track = iter) -> Measured:
    """Tables of ggml's CPU kernel at the parameters of specs such as "ggml/imrope:n_rot=64".

    `library`: libggml-cpu, whose code is run; without it the one of ROPE_PROVER_GGML, llama-cpp-python or xllamacpp.
    """
    from prover.measure.ggml import find_library, measure_ggml

    path, asked = find_library(library), several(specs)
    return _measured({spec: measure_ggml(spec, path) for spec in track(asked)}, dict(zip(asked, asked, strict=True)))


def measure_transformers(cases: Texts = (), *, track: Track = iter) -> Measured:
    """Tables of attention modules of the installed transformers; of all that `transformers_cases` names by default."""
    from prover.measure.transformers import measure_transformers
    from prover.measure.transformers_cases import CASES

    tables = {case: measure_transformers(case) for case in track(several(cases) or tuple(CASES))}
    return _measured(tables, {name: case.spec for name, case in CASES.items()})


def measure_software(name: str, specs: Texts = (), *, track: Track = iter) -> Measured:
    """Tables of the kernels of installed software at the parameters of SPECs; of its own list without any.

    `name`: as `software` has it, ggml and transformers apart. Raises ProverError.
    """
    from prover.measure.upstream.measuring import measure_upstream, software

    asked = several(specs) or software(name).specs
    tables = {spec: measure_upstream(name, spec) for spec in track(asked)}
    return _measured(tables, dict(zip(asked, asked, strict=True)))


def software_names() -> tuple[str, ...]:
    """What `measure_software` takes.

    >>> software_names()[:2]
    ('onnx', 'onnxruntime')
    """
    from prover.measure.upstream.names import MODULES

    return tuple(MODULES)


def software() -> Report:
    """What can be measured here: each software, with its version or what is missing."""
    from prover import __version__
    from prover.measure.found import found_software
    from prover.reports.conform_report import software_json, software_text
    from prover.requirements import read_requirements

    found = found_software(read_requirements(__version__))
    return Report(EXIT_OK, lambda: software_json(found), lambda _: software_text(found))


def transformers_cases() -> Report:
    """The cases that can be measured, and the layouts they are held against.

    >>> transformers_cases().to_json()["cases"]["llama2_default"]["spec"]
    'transformers/half'
    """
    from prover.measure.transformers_cases import CASES
    from prover.reports.conform_report import cases_json, cases_text

    return Report(EXIT_OK, lambda: cases_json(CASES), lambda _: cases_text(CASES))


def _measured(tables: dict[str, JSON], specs: Mapping[str, str]) -> Measured:
    from prover.measure.measured import merged, written

    whole = merged(list(tables.values()))
    return Measured(EXIT_OK, lambda: whole, lambda _: written(whole), lambda: _compared(tables, specs))


def _compared(tables: dict[str, JSON], specs: Mapping[str, str]) -> Report:
    from prover.layouts.loading import load
    from prover.measure.conform import conform as compare
    from prover.measure.measured import decode, sole_entry
    from prover.reports.conform_report import compared_json, compared_text

    found: dict[str, tuple[str, bool, Conformance]] = {}
    for name, table in tables.items():
        entry = sole_entry(table, name)
        layout = load(specs[name]).layout
        found[name] = specs[name], entry.get("is_rotation", True), compare(layout, decode(name, entry, name[:60]))
    good = all(each.conforms for _, _, each in found.values())
    return Report(EXIT_OK if good else EXIT_DIFFERENT, lambda: compared_json(found), lambda _: compared_text(found))
