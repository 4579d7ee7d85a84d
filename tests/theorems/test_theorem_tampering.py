"""Certificates with every field changed, and random statements: what is accepted is true at small sizes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import small_sizes
from theorem_statements import TRUE, changed, claim, refuted, small, solve
from written_certificates import JSON, WRITTEN, parameter, sealed, variable

from prover.theorem_checker import NotShown, Rejected, check

UNCHECKED = {"name"}  # of layouts and feeds: what they are called is said in quotes and proves nothing


def leaves(at: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(at, (dict, list)) and at:
        for key, value in at.items() if isinstance(at, dict) else enumerate(at):
            yield from leaves(value, (*path, key))
    else:
        yield path, at


def tampered(value: Any) -> Iterator[Any]:
    """Other values in its place: texts with another number, sign, or name."""
    if isinstance(value, bool) or value is None:
        yield from ([not value] if value is not None else ["1", []])
    elif isinstance(value, str):
        for found in re.finditer(
            r"\d+|<=|>=|==|!=|(?<![*/])[*](?![*])|//|%|[<>+-]|\b(?:and|or|first_lane|base|h|t)\b", value
        ):
            other = {
                "<=": "<",
                ">=": ">",
                "==": "!=",
                "!=": "==",
                "*": "+",
                "//": "/",
                "%": "//",
                "<": "<=",
                ">": ">=",
                "+": "-",
                "-": "+",
                "and": "or",
                "or": "and",
                "first_lane": "second_lane",
                "base": "2",
                "h": "w",
                "t": "h",
            }
            new = other.get(found[0]) or str(int(found[0]) + 1)
            yield value[: found.start()] + new + value[found.end() :]
        yield from (["1"] if value != "1" else ["0"])
    elif isinstance(value, int):
        yield from (value + 1, -value)
    else:
        yield from ([["0"]] if value == [] else [{"p": "1"}])


def every_tampering(root: JSON) -> list[tuple[str, Any]]:
    found = []
    for path, value in leaves(root):
        if path[-1] not in UNCHECKED or path[0] == "variables":
            found += [(".".join(map(str, path)), new) for new in tampered(value)]
    return found


def tamper(root: JSON, path: str, new: Any) -> str | None:
    """Nothing, or what was accepted although it is false."""
    text = changed(root, path, new)
    try:
        check(text, solve)
    except (Rejected, NotShown):
        return None
    try:
        at = small_sizes.false_at(json.loads(text), 20)
    except small_sizes.Unjudged:
        return None
    return at and f"{path} = {new!r}: accepted, and false at {at}"


@pytest.mark.parametrize("name", WRITTEN)
def test_tampered(name: str) -> None:
    """Whatever is changed in a certificate, it is not shown, or is another theorem that is true at small sizes."""
    root = WRITTEN[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 4):
        assert None is tamper(root, path, new)


@pytest.mark.parametrize("name", TRUE)
def test_tampered_small(name: str) -> None:
    """So it is with the small theorems."""
    root = TRUE[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 8):
        assert None is tamper(root, path, new)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUE)
def test_tampered_everywhere(name: str) -> None:
    """Every field of the small theorems, every change."""
    root = TRUE[name]()
    assert [] == [found for path, new in every_tampering(root) if (found := tamper(root, path, new))]


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_tampered_at_more_places(name: str) -> None:
    """A question of the large ones takes about a second: some changes, others on every name."""
    root = WRITTEN[name]()
    for path, new in random.Random(f"more {name}").sample(every_tampering(root), 20):
        assert None is tamper(root, path, new)


CONDITIONS = [
    "j < s",
    "j % 2 == 0",
    "j % 3 < s",
    "j//2 == s",
    "j < s and j % 2 == 1",
    "j >= n - s",
    "2*j < n",
    "j == 0 or j > s",
    "not j < s",
    "min(j, s) == j",
    "0 < j <= s",
    "j % n < s",
    "(j + s) % 2 == 0",
    "max(j - s, 0) == 0",
    "j % (s + 1) == 0",
]
EXPONENTS = [
    "j",
    "-j/n",
    "j//2",
    "j % 2",
    "j - s",
    "n - 1 - j",
    "j + 0*s",
    "2*j/(2*n)",
    "(0 - j)/n",
    "j % n",
    "j if j < n else s",
]
LANES = [
    ("j", "j + n"),
    ("2*j", "2*j + 1"),
    ("2*j + 1", "2*j"),
    ("n - 1 - j", "2*n - 1 - j"),
    ("j % n", "n + j"),
    ("j", "2*n - 1 - j"),
]
WHERE = ["s == 0", "s == n", "s >= n", "s < n", "n == 1", "n % 2 == 0", "s == 1 or n == 1", "2*s >= n", "n <= 2"]


def random_claim(seed: int) -> JSON:
    """Two layouts by chance, one often the other in other words, and an answer by chance."""
    chance = random.Random(seed)

    def angle(condition: str, exponent: str) -> str:
        if chance.random() < 0.3:
            return f"(h if not ({condition}) else t)*base**({exponent})"
        return f"(t if {condition} else h)*base**({exponent})"

    condition, exponent, lanes = chance.choice(CONDITIONS), chance.choice(EXPONENTS), chance.choice(LANES)
    sides = []
    for side in range(2):
        if side and chance.random() < 0.6:
            kind = chance.randrange(3)
            condition = chance.choice(CONDITIONS) if kind == 0 else condition
            exponent = chance.choice(EXPONENTS) if kind == 1 else exponent
            lanes = chance.choice(LANES) if kind == 2 else lanes
        sides.append(
            small(
                angle(condition, exponent),
                ("t", "h"),
                more=(parameter("s", "s >= 0", whole=True),),
                first=lanes[0],
                second=lanes[1],
            )
        )
    scope = chance.choice(["always", "always", "sometimes", "never"])
    clause = chance.choice(WHERE)
    points: JSON = {"holds": {"n": "2", "s": "1", "base": "2"}, "fails": {"n": "3", "s": "1", "base": "2"}}
    points = {
        key: at if scope in ("sometimes", {"holds": "always", "fails": "never"}[key]) else None
        for key, at in points.items()
    }
    answer = {
        "scope": scope,
        "condition": [clause] if scope == "sometimes" else [],
        "elsewhere": chance.choice(["linear", "identical"]),
        "relation": None if scope == "never" else chance.choice(["identical", "equal-scores", "pair-map"]),
    }
    rule = chance.choice(["own-index", "edge", "lanes", "counts"])
    row = (clause if scope == "sometimes" else "0 == 1", chance.choice(["0", "1", "s", "n - 1", "n//2"]))
    refutation = None if scope == "always" else refuted(rule, *([row] if rule in ("own-index", "lanes") else []))
    if scope == "sometimes":
        for n, s in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (4, 2), (3, 3), (2, 4)):
            key = "holds" if eval(clause, {"n": n, "s": s}) else "fails"
            points[key] = {"n": str(n), "s": str(s), "base": "2"}
    return claim(
        *sides, answer, points, variables=(variable("s"),), refutation=refutation, sign=chance.choice([1, 1, 0, -1])
    )


def random_fault(seed: int) -> tuple[bool, str | None]:
    """Whether the claim of this seed is accepted, and what is wrong with that."""
    root = random_claim(seed)
    try:
        check(sealed(root), solve)
    except (Rejected, NotShown):
        return False, None
    at = small_sizes.false_at(root, 60, {True: ["1", "2", "3", "0", "4"], False: ["2", "3"]})
    return True, at and f"seed {seed}: accepted, and false at {at}"


def test_random() -> None:
    """What is accepted of random statements is true at small sizes; some are accepted and some are not."""
    found = [random_fault(seed) for seed in range(40)]
    assert [] == [fault for _, fault in found if fault]
    assert 3 < sum(accepted for accepted, _ in found) < 37
