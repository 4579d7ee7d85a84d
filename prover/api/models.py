"""Questions about models: what is in them, and two of them side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from prover.api.answers import Audit, Difference, Report, Texts, several
from prover.api.arguments import DEFAULT_POSITIONS, RelationName, allowed
from prover.errors import EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.sources.comparing import Meeting


def diff(
    source: str, target: str = "", *, engine: str = "", kind: str = "", relation: RelationName | None = None,
    exact: bool = False, ulps: int = 0, positions: int = DEFAULT_POSITIONS,
    track: Callable[[Sequence[Meeting]], Iterator[Meeting]] = iter,
) -> Difference:
    """Do weights made for one model work where another is expected? Part by part and layer by layer.

    `source`, `target`: files or folders, as for `show`, or SPECs; without a target it is the same model. `engine`: the
    engine that reads the target, if it is a config. `kind`: what a config's model_type is taken for. `relation`: what
    may be done to the weights; `exact`, `ulps`: how stored numbers are taken, as for `prove`.
    `positions`: up to which distance between two tokens it is told by how much parts differ.
    `track` goes around what is compared, for progress. Raises ProverError.
    """
    from prover.repair.beside_causes import causes_of_all
    from prover.repair.cause import causes
    from prover.repair.size import require_positions
    from prover.reports.diff_report import certificates_of, diff_json, diff_text, exit_code, worst
    from prover.reports.documents.diff import diff_document
    from prover.sources.comparing import compare, unmet
    from prover.sources.reading import read_sides

    if not target and not engine:
        raise InputError("has one side only", where="diff", advice="Give a second model, or --engine")
    require_positions(positions)
    a, b = read_sides(source, target or source, engine, kind)
    rows = tuple(compare(a, b, allowed(relation), None if exact else ulps, track))
    left = unmet(a, b)
    known = {
        id(row.verdict): causes(*row.sides, row.verdict, [row.feed] if row.feed else [], None if exact else ulps)
        for row in rows if row.verdict and row.sides
    }
    facts = tuple(
        causes_of_all(
            known.get(id(row.verdict), ()), (row.meeting.source.spec, row.meeting.target.spec),
            (row.meeting.source.beside, row.meeting.target.beside), None if exact else ulps,
        ) for row in rows
    )
    return Difference(
        exit_code(rows), lambda: diff_json(a, b, rows, left, facts, positions),
        lambda _: diff_text(a, b, rows, left, facts, positions),
        worst(rows), certificates_of(rows),
        _document=lambda _: diff_document(diff_json(a, b, rows, left, facts, positions)),
    )


def audit(
    models: Texts, *, engines: Texts = ("llama.cpp", "vllm", "sglang", "mlx-lm"), relation: RelationName | None = None,
    exact: bool = False, ulps: int = 0, jobs: int | None = None, certificates: bool = False,
    track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Audit:
    """What engines make of models, each against what it was trained with: transformers' reading of its config.

    `models`: configs and folders, one or several; all below a folder that has no config itself. `relation`, `exact`,
    `ulps`: as for `prove`. `jobs`: how many are worked on at once; as many as there are cores, or workers, if None.
    `track` goes around the names, for progress. A model that cannot be read is a row that says why. Raises ProverError.

    joblib spreads the work, and the answer is the same wherever it is done. For Dask, its client being connected:

        with joblib.parallel_config("dask"):
            prover.audit("models")
    """
    from prover import __version__
    from prover.reports.audit_report import audit_code, audit_json, audit_sarif, audit_text
    from prover.reports.documents.audit import audit_document
    from prover.reports.reason import reason
    from prover.sources.auditing import Options
    from prover.sources.auditing import audit as audited
    from prover.sources.model_files import find_models, model_word

    names, columns = find_models(several(models)), tuple(dict.fromkeys(several(engines)))
    options = Options(allowed(relation), None if exact else ulps, reason, certificates)
    results = audited(names, columns, jobs, options)
    rows = tuple(next(results) for _ in track(names))
    found = tuple(
        (f"{number}-{_file_word(model_word(names[number]))}-{cell.engine}-{_file_word(part)}.json", text)
        for number, row in enumerate(rows) for cell in row.cells for part, text in cell.certificates
    )
    return Audit(
        audit_code(rows), lambda: audit_json(rows, columns), lambda _: audit_text(rows, columns), found,
        lambda: audit_sarif(rows, __version__), _document=lambda _: audit_document(audit_json(rows, columns)),
        has_certificates=certificates,
    )


def _file_word(text: str) -> str:
    """What may stand in a file's name on every system, at most 60 characters."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:60]


def explain_finding(code: str) -> Report:
    """What the code of a finding means, or all codes where it is empty.

    >>> print(explain_finding("RP005").to_text().splitlines()[0])
    RP005  type and rope_type differ
    """
    from prover.reports.model_report import explanation_json, explanation_text
    from prover.sources.findings import explain, explanations

    rows = (explain(code),) if code else explanations()
    return Report(
        EXIT_OK, lambda: {"schema": "rope-prover/findings/1", "findings": [explanation_json(row) for row in rows]},
        lambda _: explanation_text(rows),
    )
