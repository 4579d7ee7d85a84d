"""Claim files: what a proof states and what it is expected to come to.

    title  = "..."
    source = "ggml/normal"
    target = "ggml/neox"
    feeds  = ["text"]            # optional
    relation = "permutation"     # optional: nothing above it may be done to the weights

    [expect]
    verdict  = "equivalent"
    relation = "permutation"     # the lowest that holds, or "none"
    pairs    = [61, 62]          # optional: the pairs that differ, on both sides

The certificate lies beside the file, with the ending .json.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from prover.checker import MAX_BYTES
from prover.claim import make_claim
from prover.errors import EvidenceError, InputError, ProverError
from prover.files import read_text, typed_toml, write_text
from prover.loading import load
from prover.properties import about_under
from prover.relation import Relation
from prover.report import JSON, report
from prover.resources import shipped_proofs
from prover.solver import Solver
from prover.verdict import Verdict, check_text, prove


class _Expect(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Literal["equivalent", "different", "undecided"]
    relation: Literal[
        "identical", "equal-scores", "permutation", "pair-map", "linear", "none", "unknown"
    ]
    pairs: list[int] | None = None
    kind: str | None = None
    numpy: str | None = None
    not_rotation: Literal["source", "target"] | None = None


class ClaimFile(msgspec.Struct, forbid_unknown_fields=True):
    """One claim with its expectation."""

    title: str
    source: str
    target: str
    expect: _Expect
    note: str = ""
    feeds: list[str] = []
    relation: Literal["identical", "equal-scores", "permutation", "pair-map", "linear"] = "linear"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one claim file. `problems` is empty if all is as expected.

    `rejected`: the stored certificate proves nothing, or something else.
    """

    name: str
    claim: ClaimFile
    verdict: Verdict
    report: JSON
    problems: tuple[str, ...]
    rejected: bool

    @property
    def title(self) -> str:
        return self.claim.title

    @property
    def word(self) -> str:
        """The answer in short."""
        return f"{self.report['verdict']}, {self.report['relation'] or 'unknown'}"


def find_proofs(names: tuple[str, ...]) -> list[Path]:
    """Claim and theorem files by shipped name or path; all shipped ones with no name."""
    shipped = shipped_proofs()
    if not names:
        return shipped
    known = {path.stem: path for path in shipped}
    found = []
    for name in names:
        if name in known:
            found.append(known[name])
        elif name.endswith(".toml"):
            found.append(Path(name))
        else:
            raise InputError(
                f"there is no proof '{name[:60]}'", advice=f"Proofs: {', '.join(known)}; or a .toml file"
            )
    return found


def read_claim(path: Path) -> ClaimFile:
    """The claim in a file. Raises InputError with file, field and the fields there are."""
    return typed_toml(path, ClaimFile)


def run_claim(path: Path, update: bool, solver: Solver | None = None) -> Result:
    """Prove a claim file, compare with its expectation, and check the stored certificate."""
    claim = read_claim(path)
    try:
        source, target = load(claim.source), load(claim.target)
        verdict = prove(make_claim(source, target, claim.feeds), Relation(claim.relation), solver)
        about = about_under(source, verdict.claim, "source"), about_under(target, verdict.claim, "target")
        found = report(verdict, *about)
        problems = _unexpected(claim.expect, found)
        rejected = False
        try:
            problems += _stored(path.with_suffix(".json"), verdict, update and not problems)
        except EvidenceError as fault:
            problems.append(f"{path.stem}.json: {fault}")
            rejected = True
    except ProverError as fault:
        raise fault.inside(str(path)) from None
    return Result(path.stem, claim, verdict, found, tuple(problems), rejected)


def _unexpected(expect: _Expect, found: JSON) -> list[str]:
    problems = []
    pairs = found["differing_pairs"]
    witness, refutation = found["witness"] or {}, found["refutation"] or {}
    twisted = [side for side in ("source", "target") if found["not_rotations"][side]]
    wanted: list[tuple[str, object, object]] = [
        ("verdict", expect.verdict, found["verdict"]),
        ("relation", expect.relation, found["relation"] or "unknown"),
    ]
    if expect.pairs is not None:
        wanted += [(f"{s} pairs", expect.pairs, pairs[s]) for s in ("source", "target")]
    if expect.kind is not None:
        wanted.append(("kind of refutation", expect.kind, refutation.get("kind")))
    if expect.numpy is not None:
        wanted.append(("idiom", expect.numpy, (witness.get("idiom") or {}).get("numpy")))
    if expect.not_rotation is not None:
        wanted.append(("not a rotation", [expect.not_rotation], twisted))
    for what, want, got in wanted:
        if want != got:
            problems.append(f"{what}: expected {want}, got {got}")
    return problems


def _stored(path: Path, verdict: Verdict, update: bool) -> list[str]:
    """Check the stored certificate. Raises EvidenceError if it is rejected or of another claim."""
    if verdict.certificate is None:
        return ["there is no evidence to store"]
    if update:
        write_text(path, verdict.certificate)
    if not path.is_file():
        return [f"{path.name} is missing; 'rope-prover run --update' writes it"]
    text = read_text(path, MAX_BYTES)
    check_text(text)
    if text != verdict.certificate:
        raise EvidenceError(
            "it is a certificate of something else", advice="'rope-prover run --update' rewrites it"
        )
    return []
