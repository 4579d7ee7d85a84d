"""Theorem files: a statement for all sizes and what it is expected to come to.

    title   = "..."
    source  = "ggml/normal"
    target  = "ggml/neox"
    for_all = ["head_dim", "n_rot", "base"]
    where   = ["n_rot > 2"]      # optional
    feeds   = ["text"]           # optional
    relation = "permutation"     # optional: what may be done to the weights; left out: nothing may

    [expect]
    scope     = "always"         # or sometimes, never, open
    verdict   = "convertible"    # for always, optional: or equivalent, different, undecided
    relation  = "permutation"    # the lowest rung where the two are equal; left out if they never are
    condition = ["..."]          # for sometimes: holds exactly where they are equal

The certificate, where the checker of theorems accepts one, lies beside the file, with the ending .json.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.files import read_toml, typed_toml
from prover.layouts.spec import beside
from prover.proof_files.result import ProofResult, unexpected
from prover.proof_files.stored import stored_before, with_stored_evidence
from prover.reports.theorem_report import JSON, theorem_json
from prover.resources import shown_path
from prover.theorems.evidence import checked, evidence_of
from prover.theorems.for_all import state_theorem


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    scope: Literal["always", "sometimes", "never", "open"]
    verdict: Literal["equivalent", "convertible", "different", "undecided"] | None = None
    relation: Literal["identical", "equal-scores", "permutation", "pair-map"] | None = None
    condition: list[str] = []
    differ: str | None = None
    smallest: str | None = None
    pair: int | None = None
    below: str | None = None
    own_inverse: str | None = None
    reshape: str | None = None
    not_needed: list[str] = []


class TheoremFile(msgspec.Struct, forbid_unknown_fields=True):
    """One statement with its expectation."""

    title: str
    source: str
    target: str
    for_all: list[str]
    expect: _Expect
    note: str = ""
    feeds: list[str] = []
    where: list[str] = []
    relation: Literal["identical", "equal-scores", "permutation", "pair-map", "linear"] | None = None


def is_theorem(path: Path) -> bool:
    """Whether a file states a theorem, and no claim about given numbers."""
    return "for_all" in read_toml(path)


def read_theorem(path: Path) -> TheoremFile:
    """The statement in a file. Raises InputError with file, field and the fields there are."""
    return typed_toml(path, TheoremFile)


def run_theorem(path: Path, update: bool, solver: Solver) -> ProofResult:
    """Prove a theorem file anew, compare with its expectation, and check the stored certificate."""
    stated = read_theorem(path)
    source, target = (beside(path, spec) for spec in (stated.source, stated.target))
    try:
        theorem = state_theorem(
            source, target, ",".join(stated.for_all), stated.where, stated.feeds,
            Relation(stated.relation) if stated.relation else None, solver,
        )
        evidence = evidence_of(theorem, solver, (stated.source, stated.target), stored_before(path, update))
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    found = theorem_json(theorem, evidence)
    problems = _unexpected(stated.expect, found)
    problems, rejected = with_stored_evidence(path, problems, evidence, update, partial(checked, solver=solver))
    # Of all sizes the verdict says it; where the sizes matter, their scope does.
    short = found["verdict"] if found["scope"] == "always" else found["scope"]
    word = f"{short}, {found['relation'] or 'none'}"
    return ProofResult(path.stem, stated.title, word, found, problems, rejected)


def _unexpected(expect: _Expect, found: JSON) -> tuple[str, ...]:
    witness, smallest, below = (found[key] or {} for key in ("witness", "smallest_difference", "rung_below_fails_at"))
    return unexpected(
        [
            ("scope", expect.scope, found["scope"]),
            ("relation", expect.relation, found["relation"]),
            ("condition", sorted(expect.condition), sorted(found["condition"])),
            ("hypotheses not needed", expect.not_needed, found["not_needed"]),
        ],
        [
            ("verdict", expect.verdict, found["verdict"]),
            ("differing pairs", expect.differ, found["differ"]),
            ("smallest difference", expect.smallest, smallest.get("parameters")),
            ("pair", expect.pair, smallest.get("pair")),
            ("rung below", expect.below, below.get("parameters")),
            ("own inverse", expect.own_inverse, witness.get("own_inverse_at")),
            ("reshape", expect.reshape, witness.get("reshape")),
        ],
    )
