"""Writing certificates: a claim and its evidence as canonical JSON that the checker reads.

No time, no path, no machine: the same claim gives the same bytes on every run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from typing import Any

from prover.checker import SCHEMA, STORED_SCHEMA, canonical
from prover.claims.claim import Claim
from prover.claims.evidence import (
    Bounds,
    EntryRefutation,
    NotRelativeRefutation,
    Refutation,
    ScoreRefutation,
    Token,
    TraceRefutation,
    Witness,
)
from prover.claims.unit import OFFSET
from prover.exact.angle import Angle
from prover.exact.number import Exact
from prover.layouts.feed import AxisPositions, Feed
from prover.layouts.layout import Layout, Pair


def write_certificate(claim: Claim, holds: Witness | None, fails: Refutation | None) -> str:
    """The certificate's text."""
    return next(write_certificates([claim], holds, fails))


def write_certificates(claims: Sequence[Claim], holds: Witness | None, fails: Refutation | None) -> Iterator[str]:
    """The texts of certificates of claims that differ in nothing but the names of layouts."""
    body = _body(claims[0], holds, fails)
    for claim in claims:
        names = {side: body[side] | {"name": getattr(claim, side).name} for side in ("source", "target")}
        yield _finished(body | names)


@dataclass(frozen=True, slots=True)
class Put:
    """What a choice puts in: reals for stored numbers, and for numbers of the open claim what they then are, as texts.

    A stored number without a real of its own is the one that makes the one number with it what it is to be.
    """

    choice: Mapping[str, str]
    numbers: Mapping[str, str]


def write_stored(claim: Claim, holds: Witness | None, put: Put | None, fails: Refutation | None) -> str:
    """The text of a certificate of a claim whose stored numbers are open; `put` stands with `holds`."""
    body = _body(claim, holds, fails) | {"schema": STORED_SCHEMA}
    if put is not None:
        body["holds"] |= {"choice": dict(put.choice), "numbers": dict(put.numbers)}
    return _finished(body)


def _finished(body: dict[str, Any]) -> str:
    """The canonical text with its digest, the first of its fields by name, put before what it is the digest of."""
    rest = canonical(body)
    return f'{{"digest":"sha256:{sha256(rest.encode()).hexdigest()}",{rest[1:]}'


def digest_of(certificate: str) -> str:
    """The digest of a certificate that was written here."""
    return certificate.removeprefix('{"digest":"').partition('"')[0]


def _body(claim: Claim, holds: Witness | None, fails: Refutation | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "source": layout_json(claim.source),
        "target": layout_json(claim.target),
        "feeds": feeds_json(claim.feeds),
        "holds": holds
        and {"relation": holds.relation.value, "permutation": list(holds.permutation)},
        "fails": fails and _refutation_json(fails),
    }


def difference(root: dict[str, Any], claim: Claim) -> str | None:
    """The first thing in which a certificate is not about the layouts and feeds of a claim; names do not count."""
    wanted: dict[str, Any] = json.loads(canonical(_body(claim, None, None)))
    for side in ("source", "target"):
        mine, theirs = root[side], wanted[side]
        for key in ("width", "axes", "positions", "passes"):
            if mine[key] != theirs[key]:
                return f"its {side} has other {key} than --against: {str(mine[key])[:80]}, not {str(theirs[key])[:80]}"
        if len(mine["pairs"]) != len(theirs["pairs"]):
            return f"its {side} has {len(mine['pairs'])} pairs, --against {len(theirs['pairs'])}"
        for index, (one, two) in enumerate(zip(mine["pairs"], theirs["pairs"], strict=True)):
            fields = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
            if fields:
                key = fields[0]
                return (f"its {side} is not that of --against: pair {index} has {key} {str(one.get(key))[:80]}, not "
                        f"{str(two.get(key))[:80]}")
    mine, theirs = ([{k: v for k, v in f.items() if k != "name"} for f in each["feeds"]] for each in (root, wanted))
    if mine != theirs:
        called = ", ".join(f"'{feed['name'][:80]}'" for feed in root["feeds"])
        return f"its feeds are not those of --against; it calls them {called}: give them with --feed"
    return None


def feeds_json(feeds: Sequence[Feed]) -> list[dict[str, Any]]:
    """Feeds as certificates restate them."""
    return [
        {
            "name": feed.name, "coordinates": list(feed.coordinates),
            "source": _positions_json(feed.source), "target": _positions_json(feed.target),
        }
        for feed in feeds
    ]


def layout_json(layout: Layout) -> dict[str, Any]:
    """A layout as the certificate restates it."""
    return {
        "name": layout.name,
        "width": layout.width,
        "axes": list(layout.axes),
        "positions": layout.positions,
        "pairs": [_pair_json(pair) for pair in layout.pairs],
        "passes": [list(move) for move in layout.passes],
    }


def _pair_json(pair: Pair) -> dict[str, Any]:
    """One or two angles in `angle` and `second_angle`; a pair of four angles names two more."""
    found: dict[str, Any] = {
        "read": list(pair.read),
        "write": list(pair.write),
        "angle": _angle_json(pair.angle),
        "second_angle": pair.second_angle and _angle_json(pair.second_angle),
        "magnitude": _number(pair.magnitude),
    }
    if len(pair.distinct_angles) == 1 and pair.second_angle is None:
        return found
    alpha, beta, gamma, delta = pair.angles
    if alpha == beta and gamma == delta:
        return found
    sines = {"sine_angle": _angle_json(beta), "second_sine_angle": _angle_json(gamma)}
    return found | {"second_angle": _angle_json(delta)} | sines


def _angle_json(angle: Angle) -> dict[str, str]:
    found = {axis: _number(frequency) for axis, frequency in angle.frequencies}
    return found | {OFFSET: _number(angle.phase)} if angle.phase else found


@lru_cache(maxsize=1 << 18)
def _number(value: Exact) -> str:
    return str(value)


def _positions_json(positions: AxisPositions) -> dict[str, dict[str, str]]:
    return {axis: _angle_json(angle) for axis, angle in positions}


def _refutation_json(fails: Refutation) -> dict[str, Any]:
    head: dict[str, Any] = {"relation": fails.relation.value}
    if isinstance(fails, NotRelativeRefutation):
        return head | {
            "kind": "not-relative",
            "side": fails.side,
            "lanes": [fails.query_lane, fails.key_lane],
            "tokens": [_token_json(token) for token in fails.tokens],
            "first": bounds_json(fails.first),
            "second": bounds_json(fails.second),
        }
    head |= {"source": bounds_json(fails.source), "target": bounds_json(fails.target)}
    match fails:
        case EntryRefutation():
            return head | {
                "kind": "entry",
                "lanes": [fails.row, fails.column],
                "tokens": [_token_json(fails.token)],
            }
        case ScoreRefutation():
            return head | {
                "kind": "score",
                "lanes": [fails.query_lane, fails.key_lane],
                "tokens": [_token_json(fails.query), _token_json(fails.key)],
            }
        case TraceRefutation():
            return head | {
                "kind": "trace",
                "power": fails.power,
                "position": [{n: str(v) for n, v in part} for part in fails.position],
            }


def _token_json(token: Token) -> dict[str, Any]:
    return {"feed": token.feed, "position": {n: str(v) for n, v in token.position}}


def bounds_json(bounds: Bounds) -> list[str]:
    """Two decimals, exactly."""
    return [decimal(bounds[0]), decimal(bounds[1])]


def decimal(value: Fraction) -> str:
    """A rational whose denominator divides a power of ten, written as a decimal."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = int(value * 10**digits)
    sign, text = "-" if whole < 0 else "", str(abs(whole)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
