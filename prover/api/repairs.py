"""What a difference is repaired by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prover.api.answers import Answer, Layout, Texts, several
from prover.api.arguments import DEFAULT_POSITIONS, side_of, spec_of
from prover.errors import EXIT_INTERNAL, InputError

if TYPE_CHECKING:
    from prover.repair.repairs import Repairs
    from prover.repair.replay import Replay

def find_repair(
    source: str | Layout, target: str | Layout = "", *, feeds: Texts = (), axes: str | None = None, allow: Texts = (),
    positions: int = DEFAULT_POSITIONS, library: str | None = None, engine: str = "",
) -> Answer:
    """What must change at `target` so that it computes `source`?

    In this order: nothing, rows of the weights moved, rows scaled, another parameter, another feed, frequency factors.
    `allow`: which of permutation, magnitude, parameter, feed, factors may be used, all if empty; or nothing.
    `positions`: up to which distance it is told what factors lose as float32. `library`: a libggml-cpu to run the
    repair on where the target is a layout of ggml; without it the one that is found, if one is. `engine`: which one
    reads the target, a part of a model; without a target it is the same part. What acts on the scores of a model beside
    its layout, a scale of queries or a factor of the softmax, is compared too, and of two models also the layers of the
    part that have no RoPE. Raises ProverError.

    >>> find_repair("ggml/imrope", "ggml/mrope").headline
    'The target computes the source with rows of W_q and W_k moved, sections=22,20,20,2 and 64 frequency factors.'
    """
    if not target and not engine:
        raise InputError("has one side only", where="repair", advice="Give a TARGET, or --engine")
    return _answer(source, target or source, feeds, axes, several(allow), positions, library, engine)


def repair_for_all(
    source: str, target: str, names: Texts, *, where: Texts = (), feeds: Texts = (), axes: str | None = None,
    smtlib: str | None = None, cvc5: bool = False,
) -> Answer:
    """For which values of the parameters `names` do moved rows and frequency factors do it? `where`: what is assumed.

    >>> repair_for_all("ggml/normal", "ggml/neox", "head_dim,n_rot,base").verdict
    'convertible'
    """
    from prover.claims.relation import EXIT_CODES
    from prover.claims.solver import make_solver
    from prover.layouts.axes import axes_feeds
    from prover.repair.reach import reach_for_all
    from prover.reports.reach_report import reach_document, reach_headline, reach_json, reach_outcome, reach_text

    found = reach_for_all(
        spec_of(source), spec_of(target), ",".join(several(names)), several(where), axes_feeds(axes, several(feeds)),
        make_solver(smtlib, cvc5),
    )
    outcome = reach_outcome(found)
    return Answer(
        EXIT_CODES[outcome], lambda: reach_json(found), lambda _: reach_text(found), outcome.value,
        reach_headline(found), None, _document=lambda _: reach_document(found),
    )


def prove_runtime(
    source: str | Layout, target: str | Layout, *, feeds: Texts = (), axes: str | None = None,
    positions: int = DEFAULT_POSITIONS, library: str | None = None,
) -> Answer:
    """Does a permutation do, plus what the target's kernel accepts at run time: parameters, positions, factors?"""
    return _answer(source, target, feeds, axes, None, positions, library)


def _answer(
    source: str | Layout, target: str | Layout, feeds: Texts, axes: str | None, allow: tuple[str, ...] | None,
    positions: int, library: str | None, engine: str = "",
) -> Answer:
    """`allow`: None for what the relation runtime allows."""
    from prover.claims.relation import EXIT_CODES
    from prover.layouts.axes import axes_feeds
    from prover.repair.find_repair import find_repair
    from prover.repair.repairs import RUNTIME, allowed_kinds
    from prover.repair.size import require_positions
    from prover.reports.documents.repair import repair_document
    from prover.reports.repair_report import (
        outcome_of,
        repair_json,
        repair_text,
        runtime_outcome,
    )
    from prover.sources.other_layers import hold_others

    require_positions(positions)
    (first, beside), (second, other) = side_of(source), side_of(target, engine)
    kinds = RUNTIME if allow is None else allowed_kinds(allow, second)
    others = hold_others(source, target, engine) if isinstance(source, str) and isinstance(target, str) else ()
    found = find_repair(first, second, axes_feeds(axes, several(feeds)), kinds, positions, (beside, other), others)
    outcome = outcome_of(found) if allow is not None else runtime_outcome(found)
    replayed = _replayed(found, library)
    failed = not isinstance(replayed, str) and not replayed.passed
    code = EXIT_INTERNAL if failed else EXIT_CODES[outcome]
    root = repair_json(found, outcome, code, replayed)
    return Answer(
        code, lambda: dict(root), lambda path: repair_text(root, path), outcome.value, root["headline"],
        found.final.certificate, _document=lambda path: repair_document(root, path),
    )


def _replayed(found: Repairs, library: str | None) -> Replay | str:
    """The repair run on ggml, where the target is one of its layouts and a library is there; else why it is not run.

    Nothing is said where no library was asked for.
    """
    from prover.claims.relation import Relation
    from prover.measure.ggml import TYPES, find_library
    from prover.repair.replay import replay

    made, name = found.found, found.verdict.claim.target.name.partition(":")[0]
    holds = made.verdict.decision.holds if made is not None and made.kinds else None
    if not name.startswith("ggml/") or name.removeprefix("ggml/") not in TYPES:
        reason = f"{name} is not one of ggml's own layouts"
    elif made is None or holds is None:
        reason = "there is no repair to run"
    elif holds.relation is Relation.PAIR_MAP:
        reason = "scaled rows are not run on it"
    else:
        try:
            return replay(found.verdict.claim, made.verdict.claim, holds, made.spec, find_library(library))
        except InputError:
            if library is not None:
                raise
            return ""
    return reason if library is not None else ""
