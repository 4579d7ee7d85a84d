"""Every row of the truth table under every tester."""

from __future__ import annotations

import json

import pytest

from conftest import prove_specs
from prover import checker
from prover.claims.claim import Claim
from prover.claims.relation import Relation
from prover.layouts.feed import Feed
from prover.layouts.loading import About
from prover.reports.report import relation_word, report
from prover.verdicts.verdict import Verdict, prove
from sampling import few
from truth_table import ROWS, Row

IDS = [row.name for row in ROWS]
PROVED: dict[str, Verdict] = {}


def verdict_of(row: Row) -> Verdict:
    """The verdict of a row, proved once for all testers."""
    if row.name not in PROVED:
        PROVED[row.name] = prove_specs(row.source, row.target, row.feeds, row.limit)
    return PROVED[row.name]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_decide(row: Row) -> None:
    """The verdict and the lowest relation are those of the table."""
    verdict = verdict_of(row)
    assert (row.verdict, row.relation) == (verdict.outcome.value, relation_word(verdict))


@pytest.mark.parametrize("row", [row for row in ROWS if row.pairs is not None], ids=lambda row: row.name)
def test_differing_pairs(row: Row) -> None:
    """Exactly the pairs of the table differ lane by lane, on both sides."""
    assert (row.pairs, row.pairs) == verdict_of(row).decision.differing


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_check(row: Row) -> None:
    """The checker alone reads the same relation out of the certificate."""
    verdict = verdict_of(row)
    assert verdict.certificate is not None
    ladder = [*checker.RUNGS, "none"]
    below = ladder.index(row.relation) - 1
    expected = (None if row.relation == "none" else row.relation, ladder[below] if below >= 0 else None)
    assert expected == checker.check(verdict.certificate)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_reversed(row: Row) -> None:
    """Source and target exchanged give the same relation, since every map is invertible."""
    claim = verdict_of(row).claim
    feeds = tuple(Feed(f.name, f.coordinates, f.target, f.source) for f in claim.feeds)
    verdict = prove(Claim(claim.target, claim.source, feeds))
    assert row.relation == relation_word(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_self(row: Row) -> None:
    """Either layout is identical to itself under the row's feeds."""
    claim = verdict_of(row).claim
    sides = (
        (claim.source, tuple(Feed(f.name, f.coordinates, f.source, f.source) for f in claim.feeds)),
        (claim.target, tuple(Feed(f.name, f.coordinates, f.target, f.target) for f in claim.feeds)),
    )
    found = [prove(Claim(layout, layout, feeds)).holds for layout, feeds in sides]
    assert [Relation.IDENTICAL, Relation.IDENTICAL] == found


@pytest.mark.parametrize("row", few(dict(zip(IDS, ROWS, strict=True)), 4))
def test_tamper(row: Row) -> None:
    """A certificate whose statement is moved one rung is rejected, even with a fresh digest."""
    text = verdict_of(row).certificate
    assert text is not None
    body = json.loads(text)
    if body["holds"]:
        rung = checker.RUNGS.index(body["holds"]["relation"])
        if rung == 0:
            body["source"]["pairs"][0]["magnitude"] = "7"
        else:
            body["holds"]["relation"] = checker.RUNGS[rung - 1]
    else:
        body["fails"]["source" if "source" in body["fails"] else "first"] = ["90000", "90001"]
    body["digest"] = checker.digest(body)
    with pytest.raises(checker.Rejected):
        checker.check(checker.canonical(body))


# A turn of 1e-32 rad a step is there, but no float64 at a sane position shows it.
BEYOND_FLOAT64 = {"gemma4 proportional by freq_factors"}


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_numeric(row: Row) -> None:
    """The kernels confirm the proof in both precisions, and the negative control fails."""
    comparisons = verdict_of(row).confirmation.comparisons
    controls = [c for c in comparisons if c.what.startswith("negative control")]
    assert {"float64", "float32"} == {c.precision for c in comparisons}
    assert (row.name not in BEYOND_FLOAT64) == bool(controls)
    assert all(c.error > c.tolerance for c in controls)
    assert all(c.passed for c in comparisons)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_json_round_trip(row: Row) -> None:
    """The report survives JSON and says what the table says."""
    verdict = verdict_of(row)
    found = report(verdict, About("a"), About("b"))
    again = json.loads(json.dumps(found, allow_nan=False))
    sides = zip(("source", "target"), verdict.decision.differing, strict=True)
    differing = {side: list(pairs) for side, pairs in sides}
    assert (differing, verdict.exit_code) == (again["differing_pairs"], again["exit_code"])
    assert (found, row.verdict, row.relation) == (again, again["verdict"], again["relation"])
