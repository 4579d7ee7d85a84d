"""Files that ask about bits, and what the answer is expected to be.

    title    = "..."
    relation = "bitwise"
    source   = "ggml/neox"                     # a spec; a path is taken from this file's folder
    target   = "../recipes/neox-power.toml"
    feeds    = []                              # optional

    [expect]
    verdict = "different"                      # or equivalent, undecided
    exact   = "identical"                      # the lowest relation that holds in exact arithmetic, or none
    pairs   = [61, 62]                         # optional: the pairs whose operations are not the same
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from prover.bits.bitwise import compare_bits
from prover.bits.certificate import accepted, evidence_of, is_same
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.files import read_toml, typed_toml
from prover.layouts.spec import beside
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import with_stored_evidence
from prover.reports.bitwise_report import bitwise_json
from prover.resources import shown_path


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Literal["equivalent", "different", "undecided"]
    exact: str
    pairs: list[int] | None = None


class BitwiseFile(msgspec.Struct, forbid_unknown_fields=True):
    """One question about bits with its expectation."""

    title: str
    relation: Literal["bitwise"]
    source: str
    target: str
    expect: _Expect
    note: str = ""
    feeds: list[str] = []


def is_bitwise(path: Path) -> bool:
    """Whether a file asks about bits."""
    return read_toml(path).get("relation") == "bitwise"


def run_bitwise(path: Path, update: bool, solver: Solver) -> ProofResult:
    """Decide anew, compare with the expectation, and check the stored certificate."""
    stated = typed_toml(path, BitwiseFile)
    try:
        bits = compare_bits(beside(path, stated.source), beside(path, stated.target), stated.feeds, solver)
        evidence = evidence_of(bits, (stated.source, stated.target))
        found = bitwise_json(bits, evidence)
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    expect = stated.expect
    problems = unexpected(
        [("verdict", expect.verdict, found["verdict"]), ("exact relation", expect.exact, found["exact_relation"])],
        [("pairs", expect.pairs, found["pairs_not_congruent"])],
    )
    problems, rejected = with_stored_evidence(path, problems, evidence, update, accepted, is_same)
    return ProofResult(path.stem, stated.title, f"{found['verdict']}, bitwise", found, problems, rejected)
