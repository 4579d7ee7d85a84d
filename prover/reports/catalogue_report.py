"""What is shipped, as JSON types and text: layouts and proofs, rows found by words, and what cannot be held."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prover.errors import InputError
from prover.reports.text import columns, counted, plain

if TYPE_CHECKING:
    from prover.layouts.evidence import Evidence
    from prover.layouts.search import Found
    from prover.layouts.unsupported import Unsupported
    from prover.repair.converters import Converter

JSON = dict[str, Any]
_WIDEST_SPEC = 60


def catalogue_json(layouts: Mapping[str, str], proofs: Mapping[str, str]) -> JSON:
    """Names and titles."""
    return {"schema": "rope-prover/list/1", "layouts": dict(layouts), "proofs": dict(proofs)}


def catalogue_text(layouts: Mapping[str, str], proofs: Mapping[str, str]) -> str:
    """A name and its title a line."""
    width = max(map(len, [*layouts, *proofs]), default=0)
    lines = []
    for head, table in (("Layouts", layouts), ("Proofs", proofs)):
        lines += [f"{head}:", *(f"  {name:<{width}}  {plain(title)}" for name, title in table.items())]
    return "\n".join(lines) + "\n"


def found_json(patterns: Sequence[str], found: Sequence[Found]) -> JSON:
    """Rows found by words, the nearest first."""
    rows = [{"kind": r.kind, "spec": r.spec or None, "what": r.what, "lacks_a_word": r.lacking} for r in found]
    return {"schema": "rope-prover/found/1", "patterns": list(patterns), "found": rows}


def found_text(patterns: Sequence[str], found: Sequence[Found]) -> str:
    """A spec and what it is a line. Raises InputError if nothing was found."""
    words = plain(" ".join(patterns), 80)
    if not found:
        raise InputError(
            f"nothing has the words '{words}'", where="list",
            advice="Try fewer of them, or the project's name; 'rope-prover list' without words names all",
        )
    lines = [f"Nothing has all the words '{words}'. All but one of them:"] if found[0].lacking else []
    width = min(max(len(row.spec) for row in found), _WIDEST_SPEC)
    lines += [f"  {plain(row.spec) or '-':<{width}}  {plain(row.what)}" for row in found]
    return "\n".join(lines) + "\n"


def converters_json(rows: Sequence[Converter]) -> JSON:
    """What functions do to rows, and where they stand."""
    return {"schema": "rope-prover/known-converters/1", "converters": [{
        "name": each.name, "also": list(each.also), "what": each.what, "q": each.text("q"), "k": each.text("k"),
        "head": each.head, "one_head": each.one_head, "sources": [str(source) for source in each.source],
    } for each in rows]}


def converters_text(patterns: Sequence[str], rows: Sequence[Converter]) -> str:
    """A name and what the function does a line, other names below it. Raises InputError if there is none."""
    if not rows:
        raise InputError(f"no converter has the words '{plain(' '.join(patterns), 80)}'", where="list",
                         advice="'rope-prover list --converters' names all")
    lines = []
    for each in rows:
        lines.append(textwrap.fill(f"{each.name}: {each.what}", columns(), subsequent_indent="    ",
                                   break_long_words=False, break_on_hyphens=False))
        if each.also:
            lines.append(textwrap.fill(f"also {', '.join(each.also)}", columns(), initial_indent="    ",
                                       subsequent_indent="    ", break_long_words=False, break_on_hyphens=False))
    return "\n".join(lines) + "\n"


def evidence_json(found: Mapping[str, Evidence]) -> JSON:
    """How many layouts rest on what, and each of them."""
    return {"schema": "rope-prover/evidence/1", "counts": _counted(found),
            "layouts": {name: each.as_json() for name, each in found.items()}}


def evidence_text(patterns: Sequence[str], found: Mapping[str, Evidence]) -> str:
    """The counts, then the layouts that were not measured. Raises InputError if there is none."""
    from prover.layouts.evidence import Kind

    if not found:
        raise InputError(f"no layout's name has the words '{plain(' '.join(patterns), 80)}'", where="list",
                         advice="'rope-prover list' names all")
    lines = [f"What {counted(len(found), 'layout')} rest{'s' * (len(found) == 1)} on ('show' tells which tables):"]
    for kind, number in _counted(found).items():
        lines += textwrap.wrap(f"{number:>4} {kind}: {Kind(kind).meaning}", columns(), initial_indent="  ",
                               subsequent_indent=" " * 7, break_on_hyphens=False)
    for kind in (each for each in Kind if each is not Kind.MEASURED):
        names = [name for name, each in found.items() if each.kind is kind]
        lines += ["", f"{kind.capitalize()}:", *(f"  {name}" for name in names)] if names else []
    return "\n".join(lines) + "\n"


def _counted(found: Mapping[str, Evidence]) -> dict[str, int]:
    from prover.layouts.evidence import Kind

    return {str(kind): sum(each.kind is kind for each in found.values()) for kind in Kind}


def unsupported_json(rows: Sequence[Unsupported]) -> JSON:
    """Systems that are no layout."""
    return {"schema": "rope-prover/unsupported/1", "unsupported": [row.as_json() for row in rows]}


def unsupported_text(rows: Sequence[Unsupported]) -> str:
    """A system, why no layout says it, and where it stands."""
    lines = []
    for row in rows:
        lines.append(textwrap.fill(plain(f"{row.name}: {row.what}", 4000), columns(100), subsequent_indent="    "))
        for text in (row.reason, row.source):
            lines.append(textwrap.fill(
                plain(text, 4000), columns(100), initial_indent="    ", subsequent_indent="    "
            ))
    return "\n".join(lines) + "\n"
