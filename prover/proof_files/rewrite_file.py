"""Rewrite files: an old and a new kernel, and what comparing them is expected to come to.

    title   = "..."
    old     = "../rewrites/imrope-counter.toml"   # a spec; a path is taken from this file's folder
    new     = "ggml/imrope"
    for_all = ["head_dim", "n_rot", "base", "sections"]
    where   = []                                  # optional

    [expect]
    verdict   = "equivalent"                      # or different
    invariant = ["..."]                           # what is carried, for equivalent
    smallest  = "n_rot=4, ..."                    # where they differ first, for different
    pair      = 1

The certificate, where the checker of theorems accepts one, lies beside the file, with the ending .json.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.files import read_toml, typed_toml
from prover.layouts.spec import beside
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import stored_before, with_stored_evidence
from prover.reports.rewrite_report import rewrite_json
from prover.resources import shown_path
from prover.theorems.evidence import checked, evidence_of
from prover.theorems.rewrite import check_rewrite


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Literal["equivalent", "different", "undecided"]
    invariant: list[str] | None = None
    smallest: str | None = None
    pair: int | None = None


class RewriteFile(msgspec.Struct, forbid_unknown_fields=True):
    """One rewrite with its expectation."""

    title: str
    old: str
    new: str
    for_all: list[str]
    expect: _Expect
    note: str = ""
    where: list[str] = []


def is_rewrite(path: Path) -> bool:
    """Whether a file states a rewrite."""
    return "old" in read_toml(path)


def run_rewrite(path: Path, update: bool, solver: Solver) -> ProofResult:
    """Prove a rewrite file anew, compare with its expectation, and check the stored certificate."""
    stated = typed_toml(path, RewriteFile)
    old, new = (beside(path, spec) for spec in (stated.old, stated.new))
    try:
        rewrite = check_rewrite(old, new, stated.for_all, stated.where, solver)
        evidence = evidence_of(rewrite, solver, (stated.old, stated.new), stored_before(path, update))
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    found = rewrite_json(rewrite, evidence)
    first = found["first_difference"] or {}
    how = "by induction" if found["verdict"] == "equivalent" else f"pair {first['pair']}" if first else "open"
    expect = stated.expect
    problems = unexpected(
        [("verdict", expect.verdict, found["verdict"])],
        [
            ("invariant", expect.invariant, found["invariant"]),
            ("smallest sizes", expect.smallest, first.get("parameters")),
            ("pair", expect.pair, first.get("pair")),
        ],
    )
    problems, rejected = with_stored_evidence(path, problems, evidence, update, partial(checked, solver=solver))
    return ProofResult(path.stem, stated.title, f"{found['verdict']}, {how}", found, problems, rejected)
