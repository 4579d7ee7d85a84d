"""Small certificates about bits, written by hand."""

from __future__ import annotations

import copy
import json
import random
from itertools import product
from typing import Any

import bits_oracle
import numpy as np

from prover.bits_checker import WAYS, canonical, digest

JSON = dict[str, Any]
AS_WRITTEN = "each operation rounded"


def kernel(**changes: Any) -> JSON:
    """Two pairs of four lanes in float32; fields of the recipe are changed, others, and `exact_let` of the layout."""
    found: JSON = {
        "name": "k", "axes": ["p"], "width": 4, "lanes": [[0, 2, 0, 2], [1, 3, 1, 3]],
        "parameters": [["base", "10000"], ["list", ["3", "1/3"]]], "let": [["slot", "j % 2"]], "states": [],
        "recipe": {
            "precision": "float32", "table": "float32", "rotation": "float32", "head": "float32", "contract": False,
            "least": "0", "let": [["f", "base**(-slot/2)"]], "states": [], "angle": "p*f", "magnitude": "1",
            "rotated": ["x*cos - y*sin", "x*sin + y*cos"],
        },
    }
    for name, value in changes.items():
        (found["recipe"] if name in found["recipe"] else found)[name.removeprefix("exact_")] = value
    return found


def feed() -> JSON:
    return {"name": "free", "coordinates": ["p"], "source": {"p": {"p": "1"}}, "target": {"p": {"p": "1"}}}


def equal(source: JSON, target: JSON, **changes: Any) -> JSON:
    """The statement that all bits are the same."""
    return {"schema": "rope-prover/bitwise-certificate/1", "feeds": [feed()], "source": source, "target": target,
            "answer": {"bits": "equal", "points": [{"p": 1}]}, **changes}


def sealed(root: JSON) -> str:
    """The canonical text with the digest that fits it."""
    return canonical({**root, "digest": digest(root)})


def differing(root: JSON, tries: int = 300) -> JSON | None:
    """The same two kernels with a position at which bits differ, by the oracle; None if none was found."""
    kind, width = root["source"]["recipe"]["head"], root["source"]["width"]
    choices = list(product(*(
        list(WAYS) if root[side]["recipe"]["contract"] else [AS_WRITTEN] for side in ("source", "target")
    )))
    draw = random.Random(5)
    for at in range(tries):
        number = draw.randrange(len(root["feeds"]))
        position = {name: draw.choice([0, 1, 2, 3, draw.randrange(1 << 17)])
                    for name in root["feeds"][number]["coordinates"]}
        sizes = [draw.choice([0.0, -0.0, 1.0, -1.0, draw.gauss(0, 1), draw.gauss(0, 1)]) for _ in range(width)]
        head = [bits_oracle.nearest(bits_oracle.Fraction(v), kind, v, bool(np.signbit(v))) for v in sizes]
        ways = list(choices[at % len(choices)])
        found = both(root, number, position, head, ways)
        lane = next((i for i in range(width) if found[0][i] != found[1][i]), None)
        if lane is not None:
            return stated(root, number, position, head, ways, lane, (found[0][lane], found[1][lane]))
    return None


def both(root: JSON, number: int, position: dict[str, int], head: list[Any], ways: list[str]) -> list[list[str]]:
    """What the oracle gives for the lanes of either side."""
    kind = root["source"]["recipe"]["head"]
    return [
        [bits_oracle.hexadecimal(value, kind) for value in bits_oracle.outputs(
            root[side], root["feeds"][number], side, position, head, lambda n, at=WAYS[way]: at if n > 1 else 0)]
        for side, way in zip(("source", "target"), ways, strict=True)
    ]


def stated(
    root: JSON, number: int, position: dict[str, int], head: list[Any], ways: list[str], lane: int,
    outputs: tuple[str, str],
) -> JSON:
    """The statement that bits of a lane differ."""
    kind, lanes = root["source"]["recipe"]["head"], set()
    for side in ("source", "target"):
        own = [row for row in root[side]["lanes"] if lane in row[2:]]
        lanes |= set(own[0][:2]) if own else {lane}
    return {**copy.deepcopy({k: v for k, v in root.items() if k != "digest"}), "answer": {
        "bits": "different", "feed": number, "position": position, "lane": lane, "compiled": ways,
        "head": [[each, bits_oracle.hexadecimal(head[each], kind)] for each in sorted(lanes)],
        "outputs": list(outputs)}}


def changed(root: JSON, path: list[Any], value: Any) -> JSON:
    """A copy with another value at a path."""
    found = json.loads(json.dumps(root))
    at = found
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return found
