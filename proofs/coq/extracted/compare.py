"""Runs prover/checker.py and the extracted checker on the same certificates: both accept, or both reject.

`compare.py EXTRACTED` takes every stored certificate, random ones, and each of these with every field changed. What the
model leaves out (see lines.py) is counted by its reason, and must be rejected by checker.py.
"""

from __future__ import annotations

import copy
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lines import Outside, line_of

from prover import checker

Json = Any
PROOFS = Path(__file__).parents[2]
FREQUENCIES = ["1", "1/2", "1*pi", "2*pi", "0", "-1", "1*2^1/2", "1 + 2*pi", "-1/2*pi", "1*log(2)"]
PHASES = ["0", "1", "1*pi", "1/2*pi", "-3/2*pi"]
SIZES = ["1", "1", "2", "1*2^1/2"]
SAME = {"1": "1 + 2*pi", "1 + 2*pi": "1", "1*pi": "-1*pi", "0": "2*pi", "2*pi": "0"}


def token(position: str) -> Json:
    return {"feed": 0, "position": {"p": position}}


ROTATION = {"name": "one angle", "width": 2, "axes": ["p"], "positions": "integer", "passes": [], "pairs": [
    {"read": [0, 1], "write": [0, 1], "angle": {"p": "1"}, "second_angle": None, "magnitude": "1"}]}
# The score of lane 0 with itself one step on, with angles 1 and 2: cos 1, then cos 1 cos 2 + sin 1 sin 2 of one and
# of two angles, -0.913.
NOT_RELATIVE = {
    "schema": checker.SCHEMA, "holds": None, "target": ROTATION,
    "source": ROTATION | {"pairs": [ROTATION["pairs"][0] | {"second_angle": {"p": "2"}}]},
    "feeds": [{"name": "", "coordinates": ["p"], "source": {"p": {"p": "1"}}, "target": {"p": {"p": "1"}}}],
    "fails": {"kind": "not-relative", "relation": "linear", "side": "source", "lanes": [0, 0],
              "tokens": [token("0"), token("1"), token("1"), token("2")],
              "first": ["0.54", "0.55"], "second": ["-0.92", "-0.91"]}}


class Extracted:
    """The extracted checker, one process for all certificates."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def verdict(self, text: str) -> str:
        """`accepted`, `rejected`, `refused` where an enclosure is past a limit, or `slow`; raises Outside.

        Coq's own numbers are lists of bits. At 640 digits they take seconds each, so what is not settled at 160 is left.
        """
        slow = False
        line, answer = line_of(text)
        send, receive = self.process.stdin, self.process.stdout
        assert send is not None and receive is not None
        send.write(line + "\n")
        while (said := receive.readline().rstrip("\n")).startswith("? "):
            slow = slow or said.split(" ")[2] == f"{checker.PRECISIONS[-1]:b}"
            send.write(("none" if slow else answer(said[2:])) + "\n")
        return "slow" if slow else said.removeprefix("= ")


class Tally:
    def __init__(self, program: str) -> None:
        self.extracted, self.agreed, self.outside = Extracted(program), Counter[str](), Counter[str]()

    def compare(self, text: str, what: str) -> bool:
        """Whether both accept; ends the run where they differ."""
        try:
            checker.check(text)
            ours = "accepted"
        except checker.Rejected as fault:
            ours = f"rejected: {fault}"
        try:
            theirs = self.extracted.verdict(text)
        except Outside as reason:
            theirs = "outside"
            self.outside[re.sub(r"[^a-z ].*", "", str(reason).removeprefix("read as: "))[:60]] += 1
        if theirs == "refused":
            self.outside["an enclosure past a limit"] += 1
        accepted = ours == "accepted"
        if theirs != "slow" and (accepted != (theirs == "accepted") or theirs == ""):
            sys.exit(f"{what}: checker.py says {ours}, the extracted checker {theirs}\n{text[:20000]}")
        self.agreed[theirs] += 1
        return accepted


def finish(body: Json) -> str:
    body = {key: value for key, value in body.items() if key != "digest"}
    return checker.canonical(body | {"digest": checker.digest(body)})


def random_layout(rand: random.Random, positions: str, axes: list[str]) -> Json:
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
        if rand.random() < 0.15:
            pair["second_angle"] = angle()
        if rand.random() < 0.2:
            negative = {k: v for k, v in SAME.items()}
            sines = rand.choice([(angle(), angle()), ({k: negative.get(v, v) for k, v in alpha.items()}, alpha)])
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


def decimal(value: int) -> str:
    return f"{'-' * (value < 0)}{abs(value) // 1000}.{abs(value) % 1000:03}"


def bounds(rand: random.Random, interval: tuple[int, int], digits: int) -> list[str]:
    """An interval of thousandths around a value, now and then beside it; no end is a likely value."""
    low, high = (end * 1000 // 10**digits for end in interval)
    off = rand.choice([0] * 8 + [1, -2])
    return [decimal(low + off - 1) + "3", decimal(high + off + 1) + "7"]


def evidence(rand: random.Random, body: Json) -> Json:
    """A refutation whose intervals are about right; raises where there is none for these layouts."""
    numbers = checker._Numbers()
    s, t = (checker._Side(body[side], body["feeds"], side, numbers) for side in ("source", "target"))
    names = [feed["coordinates"] for feed in body["feeds"]]
    lanes = [rand.randrange(4), rand.randrange(4)]

    def token(feed: int) -> Json:
        return {"feed": feed, "position": {c: str(rand.randint(-3, 3)) for c in names[feed]}}

    def read(tokens: list[Json]) -> list[checker.Token]:
        return [checker._token(each, names, s.whole) for each in tokens]

    kind = rand.choice(["entry", "score", "trace", "not-relative"])
    if kind in ("entry", "score"):
        tokens = [token(rand.randrange(len(names))) for _ in range(1 if kind == "entry" else 2)]
        one, two = (bounds(rand, side.probe(lanes, read(tokens), 40), 40) for side in (s, t))
        relation = rand.choice(["identical", "equal-scores"]) if kind == "score" else "identical"
        return {"kind": kind, "relation": relation, "lanes": lanes, "tokens": tokens, "source": one, "target": two}
    if kind == "trace":
        power = rand.choice([-1, -1, 0, 1])
        position = [{c: str(rand.randint(-3, 3)) for c in own + ["1"] * (m > 0)} for m, own in enumerate(names)]
        where: checker.Point = {}
        for m, (part, own) in enumerate(zip(position, names, strict=True)):
            where |= checker._point(m, part, own + ["1"] * (m > 0), s.whole)
        one, two = (bounds(rand, side.trace(power, where, 40), 40) for side in (s, t))
        relation = rand.choice(["permutation", "linear"])
        return {"kind": kind, "relation": relation, "power": power, "position": position, "source": one, "target": two}
    which, m = rand.choice(["source", "target"]), rand.randrange(len(names))
    tokens = [token(m) for _ in range(3)]
    last = {c: str(int(tokens[2]["position"][c]) + int(tokens[1]["position"][c]) - int(tokens[0]["position"][c]))
            for c in names[m]}
    tokens.append({"feed": m, "position": last})
    side = {"source": s, "target": t}[which]
    one, two = (bounds(rand, side.probe(lanes, read(pair), 40), 40) for pair in (tokens[:2], tokens[2:]))
    return {"kind": kind, "relation": "linear", "side": which, "lanes": lanes, "tokens": tokens, "first": one, "second": two}


def random_body(rand: random.Random) -> Json:
    positions, axes = rand.choice(["integer", "integer", "real"]), rand.choice([["p"], ["p"], ["t", "h"]])
    order = rand.choice([[0, 1, 2, 3], rand.sample(range(4), 4)])
    source = random_layout(rand, positions, axes)
    target = variant(rand, source, order) if rand.random() < 0.8 else random_layout(rand, positions, axes)
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
    if rand.random() < 0.5:
        back = [order.index(lane) for lane in range(4)]
        body["holds"] = {"relation": rand.choice(checker.RUNGS), "permutation": rand.choice([back, order, [0, 1, 2, 3]])}
    if body["holds"] is None or rand.random() < 0.3:
        try:
            body["fails"] = evidence(rand, body)
        except checker.Rejected:
            body["fails"] = None
    return body


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in children:
        yield from places(each, (*path, key))


def other_values(value: Json) -> list[Json]:
    if value is None:
        return [{}, [], "0"]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, bool(value), str(value), None, 10**9]
    if isinstance(value, str):
        last = re.sub(r"\d(?=\D*\Z)", lambda digit: str((int(digit[0]) + 1) % 10), value)
        return ["", "-" + value, value + "0", "1" + value, last, value[1:], value + " + 1/7", value + " + 2*pi", "0", "1", "2*pi",
                "linear", None, [value], 1]
    if isinstance(value, list):
        return [value[:-1], value[1:], value[::-1], [*value, *value[-1:]], [], {}, None]
    without = [{k: v for k, v in value.items() if k != key} for key in value]
    return [*without, value | {"zz": "1"}, value | {"1": "1"}, {}, [], None]


def changes(rand: random.Random, root: Json) -> Iterator[str]:
    """Every field, three other values each."""
    for path in places(root):
        own = root
        for step in path:
            own = own[step]
        others = [value for value in other_values(own) if json.dumps(value) != json.dumps(own)]
        for value in rand.sample(others, min(3, len(others))):
            if path != ("digest",):
                found = copy.deepcopy(root)
                inner = found
                for step in path[:-1]:
                    inner = inner[step]
                inner[path[-1]] = value
                yield finish(found)
    yield from (finish(root | {"zz": None}), json.dumps(root), checker.canonical(root | {"digest": "sha256:0"}))


def main(program: str) -> None:
    tally, rand = Tally(program), random.Random(20240607)
    stored = sorted([*PROOFS.glob("*.json"), *PROOFS.glob("runtime/*.json"), *PROOFS.glob("converters/*.json")])
    for path in stored:
        if not tally.compare(path.read_text(), path.name):
            sys.exit(f"{path.name} is rejected")
    print(f"{len(stored)} stored certificates: accepted by both")
    kinds: dict[str, list[Json]] = {}
    for number in range(300):
        body = random_body(rand)
        if tally.compare(finish(body), f"random {number}"):
            for part in ("holds", "fails"):
                if body[part] is not None:
                    kinds.setdefault(str((body[part].get("kind", "witness"), body[part]["relation"])), []).append(body)
    print(f"random certificates: {dict(tally.agreed)}; accepted by kind: { {k: len(v) for k, v in sorted(kinds.items())} }")
    if {kind.split("'")[1] for kind in kinds} | {"not-relative"} != {"witness", "entry", "score", "trace", "not-relative"}:
        sys.exit("not every rule has a certificate that is accepted")
    bodies = [each[0] for each in kinds.values()] + [NOT_RELATIVE]
    if not tally.compare(finish(NOT_RELATIVE), "not relative"):
        sys.exit("the certificate of two angles is rejected")
    for body in bodies:
        for text in changes(rand, json.loads(finish(body))):
            tally.compare(text, "changed")
    print(f"with each field of {len(bodies)} changed, all together: {dict(tally.agreed)}")
    print("outside the model, all rejected by checker.py:", *(f"{n} {why}" for why, n in tally.outside.most_common()), sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1])
