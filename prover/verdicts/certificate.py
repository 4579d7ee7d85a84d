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

SIDES = ("source", "target")


def write_certificate(claim: Claim, holds: Witness | None, fails: Refutation | None) -> str:
    """The certificate's text."""
    return next(write_certificates([claim], holds, fails))


def write_certificates(claims: Sequence[Claim], holds: Witness | None, fails: Refutation | None) -> Iterator[str]:
    """The texts of certificates of claims that differ in nothing but the names of layouts."""
    fields = _fields(claims[0], holds, fails)
    tables = {side: _table(getattr(claims[0], side)) for side in SIDES}
    for claim in claims:
        yield _finished(fields | {side: _layout_text(getattr(claim, side), tables[side]) for side in SIDES})


@dataclass(frozen=True, slots=True)
class Put:
    """What a choice puts in: reals for stored numbers, and for numbers of the open claim what they then are, as texts.

    A stored number without a real of its own is the one that makes the one number with it what it is to be.
    """

    choice: Mapping[str, str]
    numbers: Mapping[str, str]


def write_stored(claim: Claim, holds: Witness | None, put: Put | None, fails: Refutation | None) -> str:
    """The text of a certificate of a claim whose stored numbers are open; `put` stands with `holds`."""
    fields = _fields(claim, holds, fails) | {"schema": _text(STORED_SCHEMA)}
    if holds is not None and put is not None:
        fields["holds"] = _text(_witness_json(holds) | {"choice": dict(put.choice), "numbers": dict(put.numbers)})
    return _finished(fields | {side: _layout_text(layout, _table(layout)) for side, layout in _sides(claim)})


def _finished(fields: Mapping[str, str]) -> str:
    """The canonical text with its digest, the first of its fields by name, put before what it is the digest of."""
    rest = _object(fields) + "\n"
    return f'{{"digest":"sha256:{sha256(rest.encode()).hexdigest()}",{rest[1:]}'


def digest_of(certificate: str) -> str:
    """The digest of a certificate that was written here."""
    return certificate.removeprefix('{"digest":"').partition('"')[0]


def _fields(claim: Claim, holds: Witness | None, fails: Refutation | None) -> dict[str, str]:
    """All but the layouts, as texts."""
    found = {
        "schema": SCHEMA,
        "feeds": feeds_json(claim.feeds),
        "holds": holds and _witness_json(holds),
        "fails": fails and _refutation_json(fails),
    }
    return {name: _text(value) for name, value in found.items()}


def difference(root: dict[str, Any], claim: Claim) -> str | None:
    """The first thing in which a certificate is not about the layouts and feeds of a claim; names do not count."""
    wanted: dict[str, Any] = {side: json.loads(_layout_text(layout, _table(layout))) for side, layout in _sides(claim)}
    wanted["feeds"] = feeds_json(claim.feeds)
    for side in SIDES:
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


def _sides(claim: Claim) -> list[tuple[str, Layout]]:
    return [("source", claim.source), ("target", claim.target)]


def _layout_text(layout: Layout, table: str) -> str:
    """A layout as the certificate restates it, with the text of its pairs."""
    rest = {"name": layout.name, "width": layout.width, "axes": layout.axes, "positions": layout.positions,
            "passes": layout.passes}
    return _object({name: _text(value) for name, value in rest.items()} | {"pairs": table})


def _table(layout: Layout) -> str:
    return f"[{','.join(map(_pair_text, layout.pairs))}]"


def _pair_text(pair: Pair) -> str:
    """One or two angles in `angle` and `second_angle`; a pair of four angles names two more.

    There are many pairs, so that each is written as it stands. What is not canonical the checker rejects.
    """
    second = "null" if pair.second_angle is None else _angle_text(pair.second_angle)
    sines = ""
    if len(pair.distinct_angles) > 1 or pair.second_angle is not None:
        alpha, beta, gamma, delta = pair.angles
        if alpha != beta or gamma != delta:
            second = _angle_text(delta)
            sines = f',"second_sine_angle":{_angle_text(gamma)},"sine_angle":{_angle_text(beta)}'
    (a, b), (c, d) = pair.read, pair.write
    return (f'{{"angle":{_angle_text(pair.angle)},"magnitude":{_number(pair.magnitude)},"read":[{a},{b}],'
            f'"second_angle":{second}{sines},"write":[{c},{d}]}}')


def _angle_text(angle: Angle) -> str:
    if len(angle.frequencies) == 1 and not angle.phase:
        ((axis, frequency),) = angle.frequencies
        return f"{{{_name(axis)}:{_number(frequency)}}}"
    return _text(_angle_json(angle))


def _angle_json(angle: Angle) -> dict[str, str]:
    found = {axis: str(frequency) for axis, frequency in angle.frequencies}
    return found | {OFFSET: str(angle.phase)} if angle.phase else found


@lru_cache(maxsize=1 << 18)
def _number(value: Exact) -> str:
    """The text of a number, in which nothing has to be escaped."""
    return f'"{value}"'


def _text(value: Any) -> str:
    """Canonical JSON without the end of the line."""
    return canonical(value).removesuffix("\n")


_name = lru_cache(maxsize=64)(_text)


def _object(fields: Mapping[str, str]) -> str:
    """Canonical JSON of fields that are texts of it, with names that need no escapes."""
    return "{" + ",".join(f'"{name}":{fields[name]}' for name in sorted(fields)) + "}"


def _positions_json(positions: AxisPositions) -> dict[str, dict[str, str]]:
    return {axis: _angle_json(angle) for axis, angle in positions}


def _witness_json(holds: Witness) -> dict[str, Any]:
    return {"relation": holds.relation.value, "permutation": holds.permutation}


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
