"""What was done, as it is written beside the weights: layouts, rows, tensors and digests, always in the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from prover.claims.factors import lanes_by_factor
from prover.claims.relation import Outcome
from prover.errors import InputError
from prover.exact.display import show_number
from prover.resources import shown_path
from prover.sources.model import Model
from prover.weights.moved.places import Listing
from prover.weights.moved.plan import Move, Plan
from prover.weights.moved.rewriting import Rewritten
from prover.weights.moved.witness import Need
from prover.weights.stored.ranks import unranked
from prover.weights.stored.tensors import Checkpoint

JSON = dict[str, Any]
NAME = "rope-prover.json"
SCHEMA = "rope-prover/weights-permute/1"
SCALED = "rope-prover/weights-permute/2"  # with numbers, factors of parts and multiplied of tensors
SCHEMAS = (SCHEMA, SCALED)
ROUNDED = "each was multiplied and rounded once, to nearest and even: undoing does not give the same bytes"
EXACT = ("each was multiplied by powers of two: undoing gives the same bytes, but for numbers that had not all of "
         "their type's bits (subnormal ones)")
CERTIFICATES = "rope-prover-certificates"
MAX_MANIFEST = 1 << 28


def canonical(value: object) -> str:
    """JSON in the one way that it is written here."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def certificate_names(needs: Sequence[Need]) -> dict[int, str]:
    """The file of each need's certificate, by the need's place; equal certificates are one file."""
    found: dict[int, str] = {}
    by_text: dict[str, str] = {}
    for number, need in enumerate(needs):
        if need.verdict is not None and need.verdict.certificate is not None:
            word = re.sub(r"[^A-Za-z0-9_-]+", "-", need.meeting.source.address)
            found[number] = by_text.setdefault(need.verdict.certificate, f"{CERTIFICATES}/{number}-{word}.json")
    return found


def certificates(needs: Sequence[Need]) -> dict[str, str]:
    """File names and texts of the certificates."""
    found: dict[str, str] = {}
    for number, name in certificate_names(needs).items():
        verdict = needs[number].verdict
        found.setdefault(name, verdict.certificate if verdict and verdict.certificate else "")
    return found


def head_of(
    tool: str, source: Model, target: Model, plan: Plan, config: str, filled: Sequence[str], left_out: Sequence[str],
    as_they_were: Sequence[str] = (),
) -> JSON:
    """The manifest without digests. `tool`: name and version. `config`: what is said of the config.

    `left_out`, `as_they_were`: as in `Listing`.
    """
    names = certificate_names(plan.needs)
    scaled = any(move.factors for move in plan.moves)
    return {
        "schema": SCALED if scaled else SCHEMA,
        **({"numbers": numbers_of(plan)} if scaled else {}),
        "tool": tool,
        "source": _side(source),
        "target": _side(target),
        "filled": list(filled),
        "parts": [_need(need, names.get(number), scaled) for number, need in enumerate(plan.needs)],
        "moved": [{**_move(move), **({"multiplied": bool(move.factors)} if scaled else {})} for move in plan.moves],
        "stays": list(plan.stays),
        "config": config,
        "left_out": list(left_out),
        "as_they_were": list(as_they_were),
    }


def with_digests(head: JSON, done: Mapping[str, Rewritten], texts: Mapping[str, str]) -> JSON:
    """The whole manifest. `texts`: the SHA-256 of what was written beside the copied files."""
    return {
        **head,
        "inputs": {name: row.before for name, row in sorted(done.items())},
        "outputs": {**{name: row.after for name, row in sorted(done.items())}, **texts},
    }


def _side(model: Model) -> JSON:
    return {"file": model.file, "model_type": model.kind or None, "engine": model.engine}


def numbers_of(plan: Plan) -> str:
    """What is done to the numbers of rows that are multiplied, and whether it can be undone, in words."""
    from prover.weights.moved.rounding import Product

    factors = {factor for move in plan.moves for factor in move.factors}
    return EXACT if all(Product("F64", factor).is_power for factor in factors) else ROUNDED


def _need(need: Need, certificate: str | None, scaled: bool) -> JSON:
    meeting = need.meeting
    factors = {"factors": [{"value": show_number(value), "rows": [list(run) for run in runs]}
                            for value, runs in lanes_by_factor(need.factors).items()]} if scaled else {}
    return {
        **factors,
        "part": meeting.source.address,
        "layers": None if meeting.layers is None else list(meeting.layers),
        "source": meeting.source.spec,
        "target": meeting.target.spec,
        "target_rows": None if meeting.target.rows is None else list(meeting.target.rows),
        "feeds": list(need.feeds),
        "verdict": need.outcome.value,
        "relation": need.relation.value if need.relation else None,
        "rows": list(need.rows) if need.rows is not None and need.outcome is not Outcome.DIFFERENT else None,
        "ulps": need.ulps,
        "certificate": certificate,
    }


def _move(move: Move) -> JSON:
    return {
        "tensor": unranked(move.tensor.name),
        "file": move.tensor.file.name,
        "dtype": move.tensor.dtype,
        "shape": list(move.tensor.shape),
        "kind": move.slot.kind.value,
        "part": move.slot.part,
        "layer": move.slot.layer,
        "rows": move.rows,
        "entries": None if move.entries is None else list(move.entries),
        "blocks": [[block.role.value, block.head, block.start, block.width, block.lane] for block in move.blocks],
        "packing": move.slot.source,
    }


def without_earlier(checkpoint: Checkpoint, listing: Listing) -> tuple[Listing, bool]:
    """The files of a folder without the manifest and certificates of an earlier run; and whether there were any.

    Raises InputError where these names are taken by something else.
    """
    by_name = {each.name: each for each in listing.files}
    old = by_name.get(NAME)
    if old is None:
        if any(name.startswith(f"{CERTIFICATES}/") for name in by_name):
            raise InputError("is a name that is written to, and no manifest of rope-prover is beside it",
                             where=shown_path(checkpoint.root / CERTIFICATES), advice="Move it away")
        return listing, False
    try:
        with old.path.open("rb") as stream:
            found = json.loads(stream.read(MAX_MANIFEST))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("schema") not in SCHEMAS:
        raise InputError("is a name that is written to, and no manifest of rope-prover", where=shown_path(old.path),
                         advice="Move it away")
    parts = found.get("parts")
    named = {row.get("certificate") for row in parts if isinstance(row, dict)} if isinstance(parts, list) else set()
    gone = {NAME, *(name for name in by_name if name in named and name.startswith(f"{CERTIFICATES}/"))}
    left = tuple(each for each in listing.files if each.name not in gone)
    if any(each.name.startswith(f"{CERTIFICATES}/") for each in left):
        raise InputError("holds files that the manifest beside it does not name",
                         where=shown_path(checkpoint.root / CERTIFICATES), advice="Move them away")
    return Listing(left, listing.left_out, listing.as_they_were), True
