"""Claim files: what a proof states and what it is expected to come to.

    title  = "..."
    source = "ggml/normal"
    target = "ggml/neox"
    feeds  = ["text"]            # optional
    relation = "permutation"     # optional: what may be done to the weights; left out: nothing may
    ulps     = 3                 # optional: how far numbers stored in f32(...) may be off; left out: by their rounding

    [expect]
    verdict  = "equivalent"      # or convertible, different, undecided
    relation = "permutation"     # the lowest that holds, or "none"
    pairs    = [61, 62]          # optional: the pairs that differ lane by lane, on both sides
    stored   = "choice"          # optional: the verdict is as stored; or none-exists, none-found

A side may also be a part of a model, such as "models/gpt-oss-20b.json#text", beside the claim file. The certificate
lies beside the file, with the ending .json.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from prover.claims.properties import about_under
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import EvidenceError, ProverError
from prover.exact.storing import MAX_ULPS
from prover.files import typed_toml
from prover.layouts.loading import load
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import check_stored
from prover.reports.report import JSON, report
from prover.reports.stored_report import stored_words
from prover.resources import shown_path
from prover.sources.named import resolve
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Found


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Literal["equivalent", "convertible", "different", "undecided"]
    relation: Literal[
        "identical", "equal-scores", "permutation", "pair-map", "linear", "none", "unknown"
    ]
    pairs: list[int] | None = None
    kind: str | None = None
    numpy: str | None = None
    not_rotation: Literal["source", "target"] | None = None
    stored: Literal["choice", "none-exists", "none-found"] | None = None


class ClaimFile(msgspec.Struct, forbid_unknown_fields=True):
    """One claim with its expectation."""

    title: str
    source: str
    target: str
    expect: _Expect
    note: str = ""
    feeds: list[str] = []
    relation: Literal["identical", "equal-scores", "permutation", "pair-map", "linear"] | None = None
    ulps: Annotated[int, msgspec.Meta(ge=0, le=MAX_ULPS)] = 0


def read_claim(path: Path) -> ClaimFile:
    """The claim in a file. Raises InputError with file, field and the fields there are."""
    return typed_toml(path, ClaimFile)


def run_claim(path: Path, update: bool, solver: Solver | None = None) -> ProofResult:
    """Prove a claim file, compare with its expectation, and check the stored certificate."""
    claim = read_claim(path)
    try:
        source, target = (load(resolve(spec, path.parent)) for spec in (claim.source, claim.target))
        limit = Relation(claim.relation) if claim.relation else None
        verdict = prove_loaded(source, target, claim.feeds, limit, solver, claim.ulps)
        about = about_under(source, verdict.claim, "source"), about_under(target, verdict.claim, "target")
        found = report(verdict, *about)
        problems = list(_unexpected(claim.expect, found))
        rejected = False
        try:
            problems += check_stored(path.with_suffix(".json"), verdict, update and not problems)
        except EvidenceError as fault:
            problems.append(f"{path.stem}.json: {fault}")
            rejected = True
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    word = f"{found['verdict']}, {found['relation'] or 'unknown'}"
    if verdict.as_stored is not None and verdict.as_stored.found is Found.CHOICE:
        word += f" {stored_words(verdict.as_stored)}"
    return ProofResult(path.stem, claim.title, word, found, tuple(problems), rejected)


def _unexpected(expect: _Expect, found: JSON) -> tuple[str, ...]:
    pairs, refutation = found["differing_pairs"], found["refutation"] or {}
    idiom = (found["witness"] or {}).get("idiom") or {}
    twisted = [side for side in ("source", "target") if found["not_rotations"][side]]
    return unexpected(
        [("verdict", expect.verdict, found["verdict"]), ("relation", expect.relation, found["relation"] or "unknown")],
        [
            *((f"{side} pairs", expect.pairs, pairs[side]) for side in ("source", "target")),
            ("kind of refutation", expect.kind, refutation.get("kind")),
            ("idiom", expect.numpy, idiom.get("numpy")),
            ("not a rotation", expect.not_rotation and [expect.not_rotation], twisted),
            ("as stored", expect.stored, (found["as_stored"] or {}).get("found")),
        ],
    )
