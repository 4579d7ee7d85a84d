"""Files that ask for a repair at run time: a permutation, and what the target's kernel accepts when it is called.

    title    = "..."
    relation = "runtime"
    source   = "ggml/imrope"
    target   = "ggml/mrope"
    feeds    = ["image"]                       # optional

    [expect]
    verdict    = "equivalent"                  # or different, undecided
    changes    = ["permutation", "parameter", "factors"]   # in this order; [] if nothing has to change
    relation   = "permutation"                 # optional: the lowest that holds once the target is changed
    parameters = { sections = "22,20,20,2" }   # optional: what parameters of the target have to be
    feed       = { e = "t" }                   # optional: the axis that gets what another one gets
    factors    = 64                            # optional: how many frequency factors the kernel is given

A side may also be a part of a model, such as "models/gpt-oss-20b.json#text", beside the file. The certificate beside
the file, with the ending .json, is about the source and the target as it is changed, like that of any other claim: the
checker knows no relation "runtime". Where no repair was found it is about the two as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from prover.claims.relation import EXIT_CODES
from prover.errors import EvidenceError, ProverError
from prover.files import read_toml, typed_toml
from prover.layouts.loading import load
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import check_stored
from prover.repair.find_repair import find_repair
from prover.repair.repairs import RUNTIME
from prover.reports.repair_report import JSON, repair_json, runtime_outcome
from prover.resources import shown_path
from prover.sources.named import resolve_part
from prover.sources.other_layers import hold_others


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Literal["equivalent", "different", "undecided"]
    changes: list[Literal["permutation", "parameter", "feed", "factors"]] | None = None
    relation: Literal["identical", "equal-scores", "permutation"] | None = None
    parameters: dict[str, str] | None = None
    feed: dict[str, str] | None = None
    factors: int | None = None


class RuntimeFile(msgspec.Struct, forbid_unknown_fields=True):
    """One question about a repair with its expectation."""

    title: str
    relation: Literal["runtime"]
    source: str
    target: str
    expect: _Expect
    note: str = ""
    feeds: list[str] = []


def is_runtime(path: Path) -> bool:
    """Whether a file asks for a repair at run time."""
    return read_toml(path).get("relation") == "runtime"


def run_runtime(path: Path, update: bool) -> ProofResult:
    """Look for the repair anew, compare with the expectation, and check the stored certificate."""
    stated = typed_toml(path, RuntimeFile)
    try:
        parts = [resolve_part(spec, path.parent) for spec in (stated.source, stated.target)]
        source, target = (
            load(part.spec) if part.rows is None else load(part.spec).moved(part.rows) for part in parts
        )
        repairs = find_repair(
            source, target, stated.feeds, RUNTIME, besides=(parts[0].beside, parts[1].beside),
            others=hold_others(stated.source, stated.target, folder=path.parent),
        )
        outcome = runtime_outcome(repairs)
        found = repair_json(repairs, outcome, EXIT_CODES[outcome], "")
        problems, rejected = _unexpected(stated.expect, found), False
        try:
            problems += check_stored(path.with_suffix(".json"), repairs.final, update and not problems)
        except EvidenceError as fault:
            problems += (f"{path.stem}.json: {fault}",)
            rejected = True
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    return ProofResult(path.stem, stated.title, f"{found['verdict']}, runtime", found, problems, rejected)


def _unexpected(expect: _Expect, found: JSON) -> tuple[str, ...]:
    repair = found["repair"] or {}
    fed, factors = repair.get("feed"), repair.get("factors")
    return unexpected(
        [("verdict", expect.verdict, found["verdict"])],
        [
            ("changes", expect.changes, repair.get("changes", [])),
            ("relation", expect.relation, repair.get("relation")),
            ("parameters", expect.parameters,
             {each["name"]: each["needed"] for each in repair.get("parameters", ())}),
            ("feed", expect.feed, {fed["axis"]: fed["gets_what"]} if fed else {}),
            ("factors", expect.factors, len(factors) if factors else 0),
        ],
    )
