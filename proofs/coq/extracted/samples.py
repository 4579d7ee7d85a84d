"""Certificates of every rule: small random ones whose evidence is about right, and some by hand."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from changes import decimal

from prover import checker

Json = Any
FREQUENCIES = ["1", "1/2", "1*pi", "2*pi", "0", "-1", "1*2^1/2", "1 + 2*pi", "-1/2*pi", "1*log(2)"]
PHASES = ["0", "1", "1*pi", "1/2*pi", "-3/2*pi"]
SIZES = ["1", "1", "2", "1*2^1/2"]
SAME = {"1": "1 + 2*pi", "1 + 2*pi": "1", "1*pi": "-1*pi", "0": "2*pi", "2*pi": "0"}
EVIDENCE = ("entry", "score", "trace", "weighted trace", "not-relative")


def token(position: str) -> Json:
    return {"feed": 0, "position": {"p": position}}


ROTATION = {"name": "one angle", "width": 2, "axes": ["p"], "positions": "integer", "passes": [], "pairs": [
    {"read": [0, 1], "write": [0, 1], "angle": {"p": "1"}, "second_angle": None, "magnitude": "1"}]}
ONE_FEED = [{"name": "", "coordinates": ["p"], "source": {"p": {"p": "1"}}, "target": {"p": {"p": "1"}}}]


def turning(frequency: str, size: str = "1") -> Json:
    return ROTATION | {"pairs": [ROTATION["pairs"][0] | {"angle": {"p": frequency}, "magnitude": size}]}


# The score of lane 0 with itself one step on, with angles 1 and 2: cos 1, then cos 1 cos 2 + sin 1 sin 2 of one and
# of two angles, -0.913.
NOT_RELATIVE = {
    "schema": checker.SCHEMA, "holds": None, "target": ROTATION, "feeds": ONE_FEED,
    "source": ROTATION | {"pairs": [ROTATION["pairs"][0] | {"second_angle": {"p": "2"}}]},
    "fails": {"kind": "not-relative", "relation": "linear", "side": "source", "lanes": [0, 0],
              "tokens": [token("0"), token("1"), token("1"), token("2")],
              "first": ["0.54", "0.55"], "second": ["-0.92", "-0.91"]}}
# A frequency that is stored as 1 in float32: it may be 1, and is not 2, at which 2 cos 2 = -0.832, and 2 cos 1 = 1.081.
STORED = "1*{float32:1:0:source.base}"
AS_STORED = {
    "schema": checker.STORED_SCHEMA, "feeds": ONE_FEED, "source": turning(STORED), "target": turning("1"),
    "holds": {"relation": "permutation", "permutation": [0, 1], "choice": {STORED[2:]: "1"}, "numbers": {STORED: "1"}},
    "fails": None}
NOT_AS_STORED = AS_STORED | {
    "target": turning("2"), "holds": None,
    "fails": {"kind": "trace", "relation": "linear", "power": -1, "position": [{"p": "1"}],
              "source": ["1.07", "1.09"], "target": ["-0.84", "-0.82"]}}


def weighted(power: int, sizes: tuple[str, str], bounds: tuple[list[str], list[str]]) -> Json:
    """The lanes of the pair have 2 s**(2 power + 2) cos 1 at step 1, the one that passes has 1; D is the same."""
    sides = [turning("1", size) | {"width": 3, "passes": [[2, 2]]} for size in sizes]
    return {"schema": checker.SCHEMA, "feeds": ONE_FEED, "source": sides[0], "target": sides[1],
            "holds": {"relation": "pair-map", "permutation": [0, 1, 2]},
            "fails": {"kind": "trace", "relation": "permutation", "power": power, "position": [{"p": "1"}],
                      "source": bounds[0], "target": bounds[1]}}


def turned(angles: list[Json], target: Json) -> Json:
    """A pair of four angles, alpha, beta, gamma and delta, that is a rotation by one angle."""
    names = ("angle", "sine_angle", "second_sine_angle", "second_angle")
    pair = ROTATION["pairs"][0] | dict(zip(names, angles, strict=True))
    return {"schema": checker.SCHEMA, "feeds": ONE_FEED, "fails": None, "source": ROTATION | {"pairs": [pair]},
            "target": ROTATION | {"pairs": [ROTATION["pairs"][0] | {"angle": target}]},
            "holds": {"relation": "equal-scores", "permutation": [0, 1]}}


PAST_HALF, HALF = {"p": "1", "1": "1*pi"}, {"p": "1*pi", "1": "1/2*pi"}
BY_HAND = {
    "not-relative": NOT_RELATIVE, "as stored": AS_STORED, "not as stored": NOT_AS_STORED,
    # 8 cos 1 + 1 and 18 cos 1 + 1
    "weighted": weighted(0, ("2", "3"), (["5.3", "5.4"], ["10.7", "10.8"])),
    "highest power": weighted(8, ("1", "2"), (["2.08", "2.09"], ["283275.01", "283275.02"])),
    # sin(p + pi) = -sin p, so by -p, which is pi - beta
    "turned by -alpha": turned([{"p": "1"}, PAST_HALF, PAST_HALF, {"p": "1"}], {"p": "-1"}),
    # cos(pi/2) = cos(pi p + pi/2) = 0 at whole p, and sin(pi p + pi/2) is 1 and -1 by turns
    "turned by beta": turned([{"1": "1/2*pi"}, HALF, HALF, {"1": "1/2*pi"}], HALF)}
FALSE = {
    "power too high": weighted(9, ("1", "2"), (["2.08", "2.09"], ["1133097.06", "1133097.07"])),
    # cos 1 and cos 2: the kernels differ, which says nothing of scores
    "entry against scores": NOT_AS_STORED | {
        "schema": checker.SCHEMA, "source": turning("1"),
        "fails": {"kind": "entry", "relation": "equal-scores", "lanes": [0, 0], "tokens": [token("1")],
                  "source": ["0.54", "0.55"], "target": ["-0.42", "-0.41"]}},
    # half a change of feed: 2 cos 1.5 and 2 cos 3 would be right
    "change in part": NOT_AS_STORED | {
        "schema": checker.SCHEMA, "source": turning("1") | {"positions": "real"},
        "target": turning("2") | {"positions": "real"},
        "feeds": [*ONE_FEED, ONE_FEED[0] | {side: {"p": {"p": "1", "1": "1"}} for side in ("source", "target")}],
        "fails": NOT_AS_STORED["fails"] | {"position": [{"p": "1"}, {"p": "0", "1": "1/2"}],
                                           "source": ["0.14", "0.15"], "target": ["-1.98", "-1.97"]}},
    "intervals that touch": NOT_AS_STORED | {
        "schema": checker.SCHEMA, "source": turning("1"),
        "fails": NOT_AS_STORED["fails"] | {"source": ["0.1", "1.09"], "target": ["-0.84", "0.1"]}}}


def random_layout(rand: random.Random, positions: str, axes: list[str], twisted: float = 0.15) -> Json:
    """Four lanes: pairs anywhere, of one angle, two or four, and lanes that pass."""
    lanes = rand.sample(range(4), 4)
    written = lanes if rand.random() < 0.6 else rand.sample(lanes, 4)

    def angle() -> Json:
        found = {axis: rand.choice(FREQUENCIES) for axis in axes if rand.random() < 0.8}
        return found | ({"1": rand.choice(PHASES)} if rand.random() < 0.3 else {})

    pairs = []
    for place in (0, 2)[: rand.choice([1, 2, 2])]:
        alpha = angle()
        pair = {"read": lanes[place : place + 2], "write": written[place : place + 2], "angle": alpha,
                "second_angle": None, "magnitude": rand.choice(SIZES)}
        if rand.random() < twisted:
            pair["second_angle"] = angle()
        if rand.random() < 0.2:
            sines = rand.choice([(angle(), angle()), ({k: SAME.get(v, v) for k, v in alpha.items()}, alpha)])
            pair |= {"sine_angle": sines[0], "second_sine_angle": sines[1],
                     "second_angle": alpha if rand.random() < 0.7 else angle()}
        pairs.append(pair)
    passes = [[a, b] for a, b in zip(lanes[2 * len(pairs):], written[2 * len(pairs):], strict=True)]
    return {"name": "random", "width": 4, "axes": axes, "positions": positions, "pairs": pairs, "passes": passes}


def variant(rand: random.Random, layout: Json, order: list[int]) -> Json:
    """Lanes moved by an order, read in the other order with the other sign, whole turns and phases changed."""
    found = copy.deepcopy(layout)
    for pair in found["pairs"]:
        pair["read"], pair["write"] = [order[x] for x in pair["read"]], [order[x] for x in pair["write"]]
        if rand.random() < 0.3:
            pair["angle"] = {k: SAME.get(v, v) for k, v in pair["angle"].items()}
        if rand.random() < 0.15:
            pair["angle"]["1"] = rand.choice(PHASES)
        if rand.random() < 0.1:
            pair["magnitude"] = rand.choice(SIZES)
        if rand.random() < 0.1:
            pair["angle"][layout["axes"][0]] = rand.choice(FREQUENCIES)
        if rand.random() < 0.2:
            pair["read"], pair["write"] = pair["read"][::-1], pair["write"][::-1]
    found["passes"] = [[order[a], order[b]] for a, b in found["passes"]]
    return found


def bounds(rand: random.Random, interval: tuple[int, int], digits: int) -> list[str]:
    """An interval of thousandths around a value, now and then beside it; no end is a likely value."""
    low, high = (end * 1000 // 10**digits for end in interval)
    off = rand.choice([0] * 8 + [1, -2])
    return [decimal((low + off - 1) * 10 + 3, 4), decimal((high + off + 1) * 10 + 7, 4)]


def evidence(rand: random.Random, body: Json, kind: str) -> Json:
    """A refutation whose intervals are about right; raises where there is none for these layouts."""
    numbers = checker._Numbers()
    s, t = (checker._Side(body[side], body["feeds"], side, numbers) for side in ("source", "target"))
    names = [feed["coordinates"] for feed in body["feeds"]]
    lanes = [rand.randrange(4), rand.randrange(4)]

    def token(feed: int) -> Json:
        return {"feed": feed, "position": {c: str(rand.randint(-3, 3)) for c in names[feed]}}

    def read(tokens: list[Json]) -> list[checker.Token]:
        return [checker._token(each, names, s.whole) for each in tokens]

    if kind in ("entry", "score"):
        tokens = [token(rand.randrange(len(names))) for _ in range(1 if kind == "entry" else 2)]
        one, two = (bounds(rand, side.probe(lanes, read(tokens), 40), 40) for side in (s, t))
        relation = rand.choice(["identical", "equal-scores"]) if kind == "score" else "identical"
        return {"kind": kind, "relation": relation, "lanes": lanes, "tokens": tokens, "source": one, "target": two}
    if kind != "not-relative":
        power = -1 if kind == "trace" else rand.choice([0, 0, 1, 2])
        position = [{c: str(rand.randint(-3, 3)) for c in own + ["1"] * (m > 0)} for m, own in enumerate(names)]
        where: checker.Point = {}
        for m, (part, own) in enumerate(zip(position, names, strict=True)):
            where |= checker._point(m, part, own + ["1"] * (m > 0), s.whole)
        one, two = (bounds(rand, side.trace(power, where, 40), 40) for side in (s, t))
        rungs = ["permutation", "linear"] if power < 0 else ["permutation", "permutation", "equal-scores", "pair-map"]
        return {"kind": "trace", "relation": rand.choice(rungs), "power": power, "position": position,
                "source": one, "target": two}
    which, m = rand.choice(["source", "target"]), rand.randrange(len(names))
    tokens = [token(m) for _ in range(3)]
    last = {c: str(int(tokens[2]["position"][c]) + int(tokens[1]["position"][c]) - int(tokens[0]["position"][c]))
            for c in names[m]}
    tokens.append({"feed": m, "position": last})
    side = {"source": s, "target": t}[which]
    one, two = (bounds(rand, side.probe(lanes, read(pair), 40), 40) for pair in (tokens[:2], tokens[2:]))
    return {"kind": kind, "relation": "linear", "side": which, "lanes": lanes, "tokens": tokens,
            "first": one, "second": two}


def random_body(rand: random.Random, rule: str | None = None) -> Json:
    """With a witness, or a refutation, or both; of the rule that is named."""
    positions, axes = rand.choice(["integer", "integer", "real"]), rand.choice([["p"], ["p"], ["t", "h"]])
    order = rand.choice([[0, 1, 2, 3], rand.sample(range(4), 4)])
    twisted = 0.6 if rule == "not-relative" else 0.15
    source = random_layout(rand, positions, axes, twisted)
    target = variant(rand, source, order) if rand.random() < 0.8 else random_layout(rand, positions, axes, twisted)
    coordinates = rand.choice([["p"], ["p", "q"]])

    def form() -> Json:
        return {axis: {c: rand.choice(["1", "1", "2", "1/2"]) for c in coordinates if rand.random() < 0.8}
                | ({"1": rand.choice(["1", "-2"])} if rand.random() < 0.2 else {}) for axis in axes}

    feeds = []
    for _ in range(rand.choice([1, 1, 2])):
        ours = form()
        feeds.append({"name": "", "coordinates": coordinates, "source": ours,
                      "target": ours if rand.random() < 0.8 else form()})
    body = {"schema": checker.SCHEMA, "source": source, "target": target, "feeds": feeds, "holds": None, "fails": None}
    if rule in checker.RUNGS or (rule is None and rand.random() < 0.5):
        back = [order.index(lane) for lane in range(4)]
        body["holds"] = {"relation": rule or rand.choice(checker.RUNGS),
                         "permutation": rand.choice([back, order, [0, 1, 2, 3]])}
    if rule in EVIDENCE or (rule is None and (body["holds"] is None or rand.random() < 0.3)):
        try:
            body["fails"] = evidence(rand, body, rule or rand.choice(EVIDENCE))
        except checker.Rejected:
            body["fails"] = None
    return body


def rules_of(body: Json) -> Iterator[str]:
    """What a certificate states, as the rules that it needs."""
    holds, fails = body["holds"], body["fails"]
    if holds is not None:
        yield f"witness of {holds['relation']}"
    if fails is not None:
        yield f"{fails['kind']} against {fails['relation']}" + " weighted" * (fails.get("power", -1) != -1)
