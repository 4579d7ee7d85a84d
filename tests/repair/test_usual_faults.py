"""Faults that people make get the cause that they are, in kernels of many projects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from usual_faults import FAULTS, Fault

from conftest import spec_of
from prover.claims.relation import Relation
from prover.layouts.layout import build_layout
from prover.layouts.loading import Loaded, load
from prover.repair.cause import causes
from prover.reports.cause_report import causes_text
from prover.verdicts.as_stored import prove_loaded


def faulty(fault: Fault) -> Loaded:
    """The target with the fault in its pairs; its spec is still what is written."""
    target = load(spec_of(fault.target))
    if fault.change is None:
        return target
    old = target.layout
    pairs = tuple(new for j, pair in enumerate(old.pairs) if (new := fault.change(j, pair)) is not None)
    layout = build_layout("a kernel with a fault", old.width, old.axes, old.positions, pairs)
    return replace(target, layout=layout)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_usual_fault_gets_its_cause(fault: Fault) -> None:
    """The first cause that is told has the words of the fault, and at most three things."""
    source, target = load(spec_of(fault.source)), faulty(fault)
    limit = Relation(fault.limit) if fault.limit else None
    found = causes(source, target, prove_loaded(source, target, fault.feeds, limit), fault.feeds)
    first = causes_text(found)[0] if found else ""
    assert [] == [words for words in fault.words if words not in first], first
    assert all(len(cause.facts) + len(cause.laws) <= 3 for cause in found)
