"""The checker on its own: its imports, its arithmetic, and tables of accepted and rejected certificates.

Every certificate here is written by hand; of the search only its exact numbers take part, in the last test.
"""

from __future__ import annotations

import ast
import contextlib
import json
import random
import runpy
import subprocess
import sys
from collections.abc import Callable
from decimal import Context
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover import checker
from prover.errors import ProverError
from prover.exact.enclosure import compare
from prover.exact.number import PI, Exact, exact, log, power

SOURCE = Path(checker.__file__)
MAX_LINES = 500
ALLOWED = {"prover", "prover.checker"}
HEAVY = {"sympy", "z3", "numpy", "flint", "mpmath", "msgspec", "click", "rich"}
WATCHDOG = 60

Json = dict[str, Any]
exhaustive = settings(derandomize=True, deadline=None, max_examples=60)


def pair(read: list[int], angle: str | Json, **change: Any) -> Json:
    """A pair that writes where it reads, of magnitude 1; a text is the frequency of axis p."""
    own: Json = {
        "read": read,
        "write": read,
        "angle": {"p": angle} if isinstance(angle, str) else angle,
        "second_angle": None,
        "magnitude": "1",
    }
    return own | change


def layout(width: int, *pairs: Json, positions: str = "integer", **change: Any) -> Json:
    """A layout of these pairs; every other lane passes."""
    used = {lane for each in pairs for lane in each["read"]}
    own: Json = {
        "name": "by hand",
        "width": width,
        "axes": ["p"],
        "positions": positions,
        "pairs": list(pairs),
        "passes": [[lane, lane] for lane in range(width) if lane not in used],
    }
    return own | change


def feed(source: Json | None = None, target: Json | None = None, coordinates: Any = None) -> Json:
    """A feed that puts coordinate p on axis p unless told otherwise."""
    plain = {"p": {"p": "1"}}
    return {
        "name": "text",
        "coordinates": ["p"] if coordinates is None else coordinates,
        "source": source or plain,
        "target": target or source or plain,
    }


def finish(body: Json) -> str:
    """Canonical text with a fresh digest."""
    body = {key: value for key, value in body.items() if key != "digest"}
    return checker.canonical(body | {"digest": checker.digest(body)})


def state(source: Json, target: Json, *feeds: Json, holds: Json | None = None, fails: Json | None = None) -> Json:
    """A certificate's body."""
    return {
        "schema": checker.SCHEMA,
        "source": source,
        "target": target,
        "feeds": list(feeds) or [feed()],
        "holds": holds,
        "fails": fails,
    }


def witness(relation: str, *permutation: int) -> Json:
    return {"relation": relation, "permutation": list(permutation)}


def token(position: str, number: int = 0) -> Json:
    return {"feed": number, "position": {"p": position}}


def entry(lanes: list[int], at: Json, source: list[str], target: list[str], **change: Any) -> Json:
    own: Json = {"kind": "entry", "relation": "identical", "lanes": lanes, "tokens": [at]}
    return own | {"source": source, "target": target} | change


def score(lanes: list[int], tokens: list[Json], source: list[str], target: list[str], **change: Any) -> Json:
    own: Json = {"kind": "score", "relation": "equal-scores", "lanes": lanes, "tokens": tokens}
    return own | {"source": source, "target": target} | change


def trace(position: list[Json], source: list[str], target: list[str], **change: Any) -> Json:
    own: Json = {"kind": "trace", "relation": "linear", "power": -1, "position": position}
    return own | {"source": source, "target": target} | change


def twist(**change: Any) -> Json:
    """The score of lane 0 with itself, one step apart, on ROTATIONS[two angles 1 and 2]: cos 1, then -0.913."""
    own: Json = {"kind": "not-relative", "relation": "linear", "side": "source", "lanes": [0, 0]}
    own |= {"tokens": [token("0"), token("1"), token("1"), token("2")]}
    return own | {"first": ["0.54", "0.55"], "second": ["-0.92", "-0.91"]} | change


ONE = layout(2, pair([0, 1], "1"))
TWO = layout(2, pair([0, 1], "2"))
PASS = layout(2)
REAL = layout(2, pair([0, 1], "1"), positions="real")
REAL_TWO = layout(2, pair([0, 1], "2"), positions="real")
TWISTED = layout(2, pair([0, 1], "1", second_angle={"p": "2"}))
ADJACENT = layout(4, pair([0, 1], "1"), pair([2, 3], "1/100"))
HALF = layout(4, pair([0, 2], "1"), pair([1, 3], "1/100"))
LOUD = layout(2, pair([0, 1], "1", magnitude="2"))
SHIFTED = feed({"p": {"p": "1", "1": "5"}}, {"p": {"p": "1"}})
TURNED = feed({"p": {"p": "1", "1": "1"}}, {"p": {"p": "1"}})
COS_1, COS_2, MINUS_SIN_1, MINUS_SIN_2 = ["0.54", "0.541"], ["-0.417", "-0.416"], ["-0.85", "-0.84"], ["-0.91", "-0.9"]
TRACE_1, TRACE_2 = ["1.08", "1.081"], ["-0.833", "-0.832"]
ABOUT_1 = ["0.999", "1.001"]


def same(relation: str, one: Json, other: Json, *feeds: Json, permutation: list[int] | None = None) -> Json:
    lanes = list(range(one["width"])) if permutation is None else permutation
    return state(one, other, *feeds, holds=witness(relation, *lanes))


def real(*pairs: Json, width: int = 2) -> Json:
    return layout(width, *pairs, positions="real")


def four(alpha: Any, beta: Any, gamma: Any, delta: Any, read: list[int] | None = None, **change: Any) -> Json:
    """A pair with an angle of its own for each cosine and sine; a text is the frequency of axis p."""
    turns = [{"p": turn} if isinstance(turn, str) else turn for turn in (alpha, beta, gamma, delta)]
    sines = {"sine_angle": turns[1], "second_sine_angle": turns[2]}
    return pair(read or [0, 1], turns[0], second_angle=turns[3], **sines, **change)


CROSSED = layout(2, four("1", "2", "2", "1"))
FREE = feed({"h": {"h": "1"}, "w": {"w": "1"}}, coordinates=["h", "w"])
WAN = layout(2, four({"h": "1"}, {"w": "1"}, {"w": "1"}, {"h": "1"}), axes=["h", "w"])
ROWS = layout(2, pair([0, 1], {"h": "1"}), axes=["h", "w"])
AT_H, AT_W = ({"feed": 0, "position": {"h": h, "w": w}} for h, w in ("10", "01"))
BACKWARDS = layout(2, four("1", "-1", "-1", "1"))
SUPPLEMENT = layout(2, four("1", {"p": "-1", "1": "1*pi"}, "1", "-1"))
QUARTERS = {"1": "1/2*pi"}
TWO_ANGLES = real(pair([0, 1], "1", second_angle={"p": "1*2^1/2", "1": "1*pi"}))
ACCEPTED: dict[str, tuple[Json, tuple[str | None, str | None]]] = {
    "identical: itself": (same("identical", ONE, ONE), ("identical", None)),
    "identical: only passes": (same("identical", PASS, PASS), ("identical", None)),
    "identical: lanes and sign both swapped": (
        same("identical", ONE, layout(2, pair([1, 0], "-1"))),
        ("identical", None),
    ),
    "identical: frequency zero is a pass": (same("identical", layout(2, pair([0, 1], "0")), PASS), ("identical", None)),
    "identical: no frequency at all is a pass": (
        same("identical", layout(2, pair([0, 1], {})), PASS),
        ("identical", None),
    ),
    "identical: a quarter turn that is only a move of lanes, up to sign": (
        same("identical", layout(2, pair([0, 1], {"1": "1/2*pi"})), layout(2, pair([0, 1], {"1": "-3/2*pi"}))),
        ("identical", None),
    ),
    "identical: 2 pi aliases at whole positions": (
        same("identical", ONE, layout(2, pair([0, 1], "1 + 2*pi"))),
        ("identical", None),
    ),
    "identical: pi is minus pi at whole positions": (
        same("identical", layout(2, pair([0, 1], "1*pi")), layout(2, pair([0, 1], "-1*pi"))),
        ("identical", None),
    ),
    "identical: a whole turn in a phase at real positions": (
        same("identical", REAL, real(pair([0, 1], {"p": "1", "1": "2*pi"}))),
        ("identical", None),
    ),
    "identical: two angles": (same("identical", TWO_ANGLES, TWO_ANGLES), ("identical", None)),
    "identical: two angles that differ by a whole turn": (
        same("identical", ONE, layout(2, pair([0, 1], "1", second_angle={"p": "1", "1": "2*pi"}))),
        ("identical", None),
    ),
    "identical: the offset is a whole turn at frequency 2 pi": (
        same("identical", real(pair([0, 1], "2*pi")), real(pair([0, 1], "2*pi")), feed(), TURNED),
        ("identical", None),
    ),
    "identical: two axes fed the same coordinate": (
        same(
            "identical",
            layout(2, pair([0, 1], {"t": "1", "h": "2"}), axes=["t", "h"]),
            layout(2, pair([0, 1], {"t": "3"}), axes=["t", "h"]),
            feed({"t": {"p": "1"}, "h": {"p": "1"}}),
        ),
        ("identical", None),
    ),
    "identical: half a step per coordinate": (
        same("identical", ONE, TWO, feed({"p": {"p": "1"}}, {"p": {"p": "1/2"}})),
        ("identical", None),
    ),
    "identical: four angles": (same("identical", CROSSED, CROSSED), ("identical", None)),
    "identical: four angles, lanes exchanged": (
        same("identical", layout(2, four("1", "2", "3", "5")), layout(2, four("5", "-3", "-2", "1", [1, 0]))),
        ("identical", None),
    ),
    "identical: four angles, the cosines' signs": (
        same("identical", CROSSED, layout(2, four("-1", "2", "2", "-1"))),
        ("identical", None),
    ),
    "identical: a sine of the supplement": (same("identical", SUPPLEMENT, ONE), ("identical", None)),
    "identical: cosines that vanish everywhere": (
        same(
            "identical",
            layout(2, four(QUARTERS, "1", "1", QUARTERS)),
            layout(2, four({"1": "-1/2*pi"}, "1", "1", QUARTERS)),
        ),
        ("identical", None),
    ),
    "equal-scores: four angles that are one rotation": (same("equal-scores", SUPPLEMENT, ONE), ("equal-scores", None)),
    "permutation: four angles that turn the other way": (
        same("permutation", BACKWARDS, ONE, permutation=[1, 0]),
        ("permutation", None),
    ),
    "entry: the sine of another axis": (
        state(WAN, ROWS, FREE, fails=entry([0, 1], AT_H, ["-0.001", "0.001"], MINUS_SIN_1)),
        (None, "identical"),
    ),
    "score: the sine of another axis": (
        state(WAN, ROWS, FREE, fails=score([0, 0], [AT_W, AT_W], ["1.7", "1.71"], ABOUT_1)),
        (None, "equal-scores"),
    ),
    "not-relative: four angles": (
        state(
            WAN, ROWS, FREE,
            fails=twist(tokens=[AT_W, AT_W, AT_H, AT_H], first=["1.7", "1.71"], second=["0.29", "0.292"]),
        ),
        (None, "linear"),
    ),
    "equal-scores: another phase": (
        same("equal-scores", REAL, real(pair([0, 1], {"p": "1", "1": "1/3"}))),
        ("equal-scores", None),
    ),
    "equal-scores: another write order": (
        same("equal-scores", ADJACENT, layout(4, pair([0, 1], "1", write=[0, 2]), pair([2, 3], "1/100", write=[1, 3]))),
        ("equal-scores", None),
    ),
    "equal-scores: passes written elsewhere": (
        same("equal-scores", PASS, layout(2, passes=[[0, 1], [1, 0]])),
        ("equal-scores", None),
    ),
    "equal-scores: pairs of frequency pi fall apart": (
        same(
            "equal-scores",
            layout(4, pair([0, 1], "1*pi"), pair([2, 3], "1*pi")),
            layout(4, pair([0, 2], "1*pi"), pair([1, 3], "1*pi")),
        ),
        ("equal-scores", None),
    ),
    "equal-scores: the same constant on both feeds": (
        same("equal-scores", real(pair([0, 1], "1")), real(pair([0, 1], {"p": "1", "1": "7"})), feed(), feed()),
        ("equal-scores", None),
    ),
    "permutation: adjacent to half": (
        same("permutation", ADJACENT, HALF, permutation=[0, 2, 1, 3]),
        ("permutation", None),
    ),
    "permutation: the other direction": (
        same("permutation", REAL, real(pair([0, 1], "-1")), permutation=[1, 0]),
        ("permutation", None),
    ),
    "permutation: a pass and a lane of frequency zero change places": (
        same("permutation", layout(3, pair([0, 1], "0")), layout(3, pair([1, 2], "0")), permutation=[2, 0, 1]),
        ("permutation", None),
    ),
    "permutation: magnitudes move along": (
        same(
            "permutation",
            layout(4, pair([0, 1], "1", magnitude="2"), pair([2, 3], "1")),
            layout(4, pair([0, 1], "1"), pair([2, 3], "1", magnitude="2")),
            permutation=[2, 3, 0, 1],
        ),
        ("permutation", None),
    ),
    "pair-map: another magnitude": (same("pair-map", LOUD, ONE), ("pair-map", None)),
    "linear: what a permutation does is linear": (
        same("linear", ADJACENT, HALF, permutation=[0, 2, 1, 3]),
        ("linear", None),
    ),
    "entry": (state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ABOUT_1)), (None, "identical")),
    "entry: an entry that is zero": (
        state(ONE, PASS, fails=entry([0, 1], token("1"), MINUS_SIN_1, ["-0.1", "0"])),
        (None, "identical"),
    ),
    "entry: passes written elsewhere": (
        state(PASS, layout(2, passes=[[0, 1], [1, 0]]), fails=entry([1, 0], token("0"), ["0", "0"], ABOUT_1)),
        (None, "identical"),
    ),
    "entry: a position that is no whole number": (
        state(REAL, layout(2, positions="real"), fails=entry([0, 0], token("1/2"), ["0.877", "0.878"], ABOUT_1)),
        (None, "identical"),
    ),
    "score": (
        state(ONE, TWO, fails=score([0, 1], [token("0"), token("1")], MINUS_SIN_1, MINUS_SIN_2)),
        (None, "equal-scores"),
    ),
    "score: refutes identity as well": (
        state(ONE, TWO, fails=score([0, 1], [token("0"), token("1")], MINUS_SIN_1, MINUS_SIN_2, relation="identical")),
        (None, "identical"),
    ),
    "score: tokens of two feeds": (
        state(ONE, ONE, feed(), SHIFTED, fails=score([0, 0], [token("0"), token("0", 1)], ["0.28", "0.29"], ABOUT_1)),
        (None, "equal-scores"),
    ),
    "trace": (state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2)), (None, "linear")),
    "trace: a negative position": (
        state(ONE, TWO, fails=trace([{"p": "-1"}], TRACE_1, TRACE_2)),
        (None, "linear"),
    ),
    "trace: a huge position": (
        state(
            layout(2, pair([0, 1], "1*2^1/2")),
            PASS,
            fails=trace([{"p": "1000000000000000"}], ["-1.989", "-1.988"], ["1.999", "2.001"]),
        ),
        (None, "linear"),
    ),
    "trace: refutes a lower rung as well": (
        state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2, relation="permutation")),
        (None, "permutation"),
    ),
    "trace: the offset between two feeds": (
        state(
            ONE,
            ONE,
            feed(),
            SHIFTED,
            fails=trace([{"p": "0"}, {"p": "0", "1": "1"}], ["0.567", "0.568"], ["1.999", "2.001"]),
        ),
        (None, "linear"),
    ),
    "trace: real positions see 2 pi": (
        state(
            real(pair([0, 1], "2*pi")),
            layout(2, positions="real"),
            fails=trace([{"p": "1/2"}], ["-2.001", "-1.999"], ["1.999", "2.001"]),
        ),
        (None, "linear"),
    ),
    "trace: weighted by the magnitudes": (
        state(
            LOUD, ONE, fails=trace([{"p": "0"}], ["7.999", "8.001"], ["1.9", "2.1"], power=0, relation="permutation")
        ),
        (None, "permutation"),
    ),
    "trace: weighted three times": (
        state(LOUD, ONE, fails=trace([{"p": "1"}], ["276.6", "276.7"], TRACE_1, power=3, relation="permutation")),
        (None, "permutation"),
    ),
    "not-relative": (state(TWISTED, ONE, fails=twist()), (None, "linear")),
    "not-relative: the target": (state(PASS, TWISTED, fails=twist(side="target")), (None, "linear")),
    "both ways: a permutation and no less": (
        state(
            ONE,
            layout(2, pair([0, 1], "-1")),
            holds=witness("permutation", 1, 0),
            fails=score([0, 1], [token("0"), token("1")], MINUS_SIN_1, ["0.84", "0.85"]),
        ),
        ("permutation", "equal-scores"),
    ),
}


@pytest.mark.parametrize(("body", "expected"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepts(body: Json, expected: tuple[str | None, str | None]) -> None:
    """A true certificate is accepted, and the checker says what it proves."""
    assert expected == checker.check(finish(body))


EMPTY = layout(2, passes=[])
LANES = "not each lane occurs once"
MALFORMED = "a rational is malformed"
POSITION = "not a position"
DISJOINT = "the two intervals are not disjoint"
INTERVAL = "a stated interval does not contain the value"
FIELDS = "expected exactly the fields"
ANY = r"(?s)."
TWO_FEEDS_TRACE = trace([{"p": "0"}, {"p": "0", "1": "1"}], ["0.567", "0.568"], ["1.999", "2.001"])

FALSE_STATEMENTS: dict[str, tuple[Json, str]] = {
    "identical: the first sine of another frequency": (
        same("identical", ONE, layout(2, four("1", "2", "1", "1"))), "the kernels differ at row, column .0, 1"
    ),
    "identical: the second sine of another frequency": (
        same("identical", ONE, layout(2, four("1", "1", "2", "1"))), "the kernels differ at row, column .1, 0"
    ),
    "identical: the second cosine of another frequency": (
        same("identical", layout(2, four("1", "2", "2", "1")), layout(2, four("1", "2", "2", "3"))),
        "the kernels differ at row, column .1, 1",
    ),
    "identical: sines of opposite signs": (same("identical", CROSSED, layout(2, four("1", "-2", "-2", "1"))), "differ"),
    "equal-scores: four angles that are no rotation": (same("equal-scores", CROSSED, CROSSED), "no rotation"),
    "equal-scores: one sine of the other sign": (
        same("equal-scores", layout(2, four("1", "-1", "1", "1")), ONE), "no rotation"
    ),
    "equal-scores: a rotation in one feed only": (
        same(
            "equal-scores", layout(2, four("1", {"p": "1", "1": "2*pi"}, {"p": "2"}, "1")), ONE,
            feed({"p": {}}), feed(),
        ),
        "no rotation",
    ),
    "not-relative: the other side has four angles": (state(TWISTED, CROSSED, fails=twist()), "no rotation either"),
    "not-relative: another kind": (state(TWISTED, ONE, fails=twist(kind="relative")), "unknown kind"),
    "identical: another frequency": (same("identical", ONE, TWO), "the kernels differ"),
    "identical: another phase": (
        same("identical", ONE, layout(2, pair([0, 1], {"p": "1", "1": "1"}))),
        "the kernels differ",
    ),
    "identical: another write order": (
        same("identical", PASS, layout(2, passes=[[0, 1], [1, 0]])),
        "the kernels differ",
    ),
    "identical: a turn by 2 pi per step at real positions": (
        same("identical", REAL, real(pair([0, 1], "1 + 2*pi"))),
        "the kernels differ",
    ),
    "identical: half a turn": (same("identical", ONE, layout(2, pair([0, 1], "1 + 1*pi"))), "the kernels differ"),
    "identical: the other direction": (same("identical", ONE, layout(2, pair([0, 1], "-1"))), "the kernels differ"),
    "identical: another magnitude": (same("identical", ONE, LOUD), "the kernels differ"),
    "identical: magnitude 2 at frequency zero is no pass": (
        same("identical", layout(2, pair([0, 1], "0", magnitude="2")), PASS),
        "the kernels differ",
    ),
    "identical: another second angle": (same("identical", TWISTED, ONE), "the kernels differ"),
    "identical: differs on the second feed only": (same("identical", ONE, ONE, feed(), SHIFTED), "the kernels differ"),
    "identical: with a permutation": (same("identical", ONE, ONE, permutation=[1, 0]), "allows no permutation"),
    "equal-scores: with a permutation": (same("equal-scores", PASS, PASS, permutation=[1, 0]), "allows no permutation"),
    "equal-scores: the other direction": (same("equal-scores", ONE, layout(2, pair([0, 1], "-1"))), "turn unlike"),
    "equal-scores: another pairing": (same("equal-scores", ADJACENT, HALF), "not fed by one pair"),
    "equal-scores: a turning pair against passes": (same("equal-scores", ONE, PASS), "not fed by one pair"),
    "equal-scores: two angles": (same("equal-scores", TWISTED, TWISTED), "no rotation"),
    "equal-scores: an offset between feeds": (same("equal-scores", ONE, ONE, feed(), SHIFTED), "turn unlike"),
    "equal-scores: pairs of frequency pi at real positions": (
        same(
            "equal-scores",
            real(pair([0, 1], "1*pi"), pair([2, 3], "1*pi"), width=4),
            real(pair([0, 2], "1*pi"), pair([1, 3], "1*pi"), width=4),
        ),
        "not fed by one pair",
    ),
    "equal-scores: pairs of frequency pi/2 do not fall apart": (
        same(
            "equal-scores",
            layout(4, pair([0, 1], "1/2*pi"), pair([2, 3], "1/2*pi")),
            layout(4, pair([0, 2], "1/2*pi"), pair([1, 3], "1/2*pi")),
        ),
        "not fed by one pair",
    ),
    "permutation: lanes of one pair torn apart": (
        same("permutation", ADJACENT, HALF, permutation=[0, 1, 2, 3]),
        "not fed by one pair",
    ),
    "permutation: one pair swapped": (
        same("permutation", ADJACENT, HALF, permutation=[2, 0, 1, 3]),
        "not fed by one pair",
    ),
    "permutation: another magnitude": (same("permutation", LOUD, ONE), "magnitudes differ"),
    "permutation: a lane twice": (same("permutation", PASS, PASS, permutation=[0, 0]), LANES),
    "permutation: too short": (same("permutation", PASS, PASS, permutation=[0]), LANES),
    "permutation: booleans": (same("permutation", PASS, PASS, permutation=[False, True]), LANES),
    "permutation: text": (state(PASS, PASS, holds={"relation": "permutation", "permutation": "01"}), LANES),
    "permutation: a lane outside": (same("permutation", PASS, PASS, permutation=[0, 2]), LANES),
    "permutation: a negative lane": (same("permutation", PASS, PASS, permutation=[0, -1]), LANES),
    "pair-map: another frequency": (same("pair-map", ONE, TWO), "turn unlike"),
    "a relation that is none": (state(ONE, ONE, holds=witness("similar", 0, 1)), "not in tuple"),
    "nothing stated": (state(ONE, ONE), "nothing is stated"),
    "holds and fails at the same rung": (
        state(
            LOUD,
            ONE,
            holds=witness("pair-map", 0, 1),
            fails=trace([{"p": "0"}], ["7.9", "8.1"], ["1.9", "2.1"], power=0, relation="permutation"),
        )
        | {"holds": witness("pair-map", 0, 1), "fails": trace([{"p": "1"}], TRACE_1, TRACE_2)},
        INTERVAL,
    ),
    "entry: interval beside the value": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["0.541", "0.542"], ABOUT_1)),
        INTERVAL,
    ),
    "entry: intervals touch": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["0.5", "0.9"], ["0.9", "1.1"])),
        DISJOINT,
    ),
    "entry: interval reversed": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["0.541", "0.54"], ABOUT_1)),
        DISJOINT,
    ),
    "entry: one interval inside the other": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["0.54", "2"], ABOUT_1)),
        DISJOINT,
    ),
    "entry: a point cannot hold a rounded value": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ["1", "1"])),
        "does not contain the value|too narrow",
    ),
    "entry: refutes no scores": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ABOUT_1, relation="equal-scores")),
        "does not refute",
    ),
    "entry: with two tokens": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ABOUT_1, tokens=[token("0"), token("1")])),
        "does not refute",
    ),
    "entry: without a token": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ABOUT_1, tokens=[])),
        "does not refute",
    ),
    "entry: half a position on a layout of whole ones": (
        state(ONE, PASS, fails=entry([0, 0], token("1/2"), ["0.87", "0.88"], ABOUT_1)),
        POSITION,
    ),
    "entry: position beyond 2^63": (
        state(ONE, PASS, fails=entry([0, 0], token(str(1 << 63)), ["-2", "0.9"], ABOUT_1)),
        POSITION,
    ),
    "entry: a position that is a number, not text": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), COS_1, ABOUT_1, tokens=[{"feed": 0, "position": {"p": 1}}])),
        MALFORMED,
    ),
    "entry: a coordinate missing": (
        state(ONE, PASS, fails=entry([0, 0], {"feed": 0, "position": {}}, COS_1, ABOUT_1)),
        FIELDS,
    ),
    "entry: a coordinate too many": (
        state(ONE, PASS, fails=entry([0, 0], {"feed": 0, "position": {"p": "1", "q": "1"}}, COS_1, ABOUT_1)),
        FIELDS,
    ),
    "entry: the constant named as a coordinate": (
        state(ONE, PASS, fails=entry([0, 0], {"feed": 0, "position": {"p": "1", "1": "2"}}, COS_1, ABOUT_1)),
        FIELDS,
    ),
    "entry: a feed that is not there": (state(ONE, PASS, fails=entry([0, 0], token("1", 1), COS_1, ABOUT_1)), ANY),
    "entry: a negative feed": (state(ONE, PASS, fails=entry([0, 0], token("1", -1), COS_1, ABOUT_1)), ANY),
    "entry: a negative feed on lanes that pass": (
        state(PASS, layout(2, passes=[[0, 1], [1, 0]]), fails=entry([1, 0], token("0", -1), ["0", "0"], ABOUT_1)),
        ANY,
    ),
    "entry: a feed that is a boolean": (
        state(ONE, PASS, fails=entry([0, 0], token("1", False), COS_1, ABOUT_1)),
        ANY,
    ),
    "entry: three lanes": (state(ONE, PASS, fails=entry([0, 1, 0], token("1"), COS_1, ABOUT_1)), ANY),
    "entry: one lane": (state(ONE, PASS, fails=entry([0], token("1"), COS_1, ABOUT_1)), ANY),
    "entry: no lane": (state(ONE, PASS, fails=entry([], token("1"), COS_1, ABOUT_1)), ANY),
    "entry: lanes that are booleans": (state(ONE, PASS, fails=entry([False, False], token("1"), COS_1, ABOUT_1)), ANY),
    "entry: a bound as one text": (state(ONE, PASS, fails=entry([0, 0], token("1"), "01", "02")), ANY),
    "entry: two bounds as one text": (state(TWO, PASS, fails=entry([0, 0], token("1"), COS_2, "02")), ANY),
    "score: lanes the wrong way round": (
        state(ONE, TWO, fails=score([1, 0], [token("0"), token("1")], MINUS_SIN_1, MINUS_SIN_2)),
        INTERVAL,
    ),
    "score: three lanes": (
        state(ONE, TWO, fails=score([0, 0, 1], [token("0"), token("1")], MINUS_SIN_1, MINUS_SIN_2)),
        ANY,
    ),
    "score: refutes no permutation": (
        state(
            ONE, TWO, fails=score([0, 1], [token("0"), token("1")], MINUS_SIN_1, MINUS_SIN_2, relation="permutation")
        ),
        "does not refute",
    ),
    "score: one token": (
        state(ONE, TWO, fails=score([0, 1], [token("1")], MINUS_SIN_1, MINUS_SIN_2)),
        "does not refute",
    ),
    "score: a token of the wrong feed": (
        state(ONE, ONE, feed(), SHIFTED, fails=score([0, 0], [token("0"), token("0", 0)], ["0.28", "0.29"], ABOUT_1)),
        INTERVAL,
    ),
    "trace: power -2": (state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2, power=-2)), "power"),
    "trace: power 65": (state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2, power=65)), "power"),
    "trace: power that is a boolean": (
        state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2, power=False, relation="permutation")),
        "power",
    ),
    "trace: weighted, against pair maps": (
        state(LOUD, ONE, fails=trace([{"p": "0"}], ["7.9", "8.1"], ["1.9", "2.1"], power=0, relation="pair-map")),
        "does not refute pair maps",
    ),
    "trace: no position for a feed": (
        state(ONE, ONE, feed(), SHIFTED, fails=trace([{"p": "1"}], TRACE_1, TRACE_2)),
        ANY,
    ),
    "trace: an offset on the first feed": (
        state(ONE, TWO, fails=trace([{"p": "1", "1": "1"}], TRACE_1, TRACE_2)),
        FIELDS,
    ),
    "trace: no offset on the second feed": (
        state(ONE, ONE, feed(), SHIFTED, fails=TWO_FEEDS_TRACE | {"position": [{"p": "0"}, {"p": "0"}]}),
        FIELDS,
    ),
    "trace: half an offset": (
        state(
            ONE,
            ONE,
            feed(),
            SHIFTED,
            fails=TWO_FEEDS_TRACE | {"position": [{"p": "0"}, {"p": "0", "1": "1/2"}], "source": ["-1.61", "-1.6"]},
        ),
        POSITION,
    ),
    "trace: half an offset at real positions": (
        state(
            REAL,
            REAL,
            feed(),
            SHIFTED,
            fails=TWO_FEEDS_TRACE | {"position": [{"p": "0"}, {"p": "0", "1": "1/2"}], "source": ["-1.61", "-1.6"]},
        ),
        POSITION,
    ),
    "trace: half a position on a layout of whole ones": (
        state(ONE, TWO, fails=trace([{"p": "1/2"}], ["1.75", "1.76"], TRACE_1)),
        POSITION,
    ),
    "trace: of a side with two angles": (
        state(TWISTED, ONE, fails=trace([{"p": "1"}], TRACE_2, TRACE_1)),
        "no rotation",
    ),
    "trace: of equal sides": (state(ONE, ONE, fails=trace([{"p": "1"}], TRACE_1, TRACE_2)), INTERVAL),
    "not-relative: the other side has two angles too": (state(TWISTED, TWISTED, fails=twist()), "no rotation either"),
    "not-relative: the wrong side": (state(TWISTED, ONE, fails=twist(side="target")), "no rotation either"),
    "not-relative: a side that is none": (state(TWISTED, ONE, fails=twist(side="both")), ANY),
    "not-relative: of a rotation": (state(ONE, ONE, fails=twist()), INTERVAL),
    "not-relative: unequal steps": (
        state(TWISTED, ONE, fails=twist(tokens=[token("0"), token("1"), token("1"), token("3")])),
        "unequal steps",
    ),
    "not-relative: three tokens": (state(TWISTED, ONE, fails=twist(tokens=[token("0"), token("1"), token("1")])), ANY),
    "not-relative: tokens of two feeds": (
        state(TWISTED, ONE, feed(), feed(), fails=twist(tokens=[token("0"), token("1"), token("1", 1), token("2", 1)])),
        "mixed feeds",
    ),
    "not-relative: lanes too many": (state(TWISTED, ONE, fails=twist(lanes=[1, 0, 0])), ANY),
    "a kind that is none": (state(TWISTED, ONE, fails=twist(kind="norm")), "unknown kind"),
}

MALFORMED_STATEMENTS: dict[str, tuple[Json, str]] = {
    "four angles where two say it": (same("identical", *[layout(2, four("1", "1", "2", "2"))] * 2), "two say the same"),
    "four angles where one says it": (same("identical", *[layout(2, four(*"1111"))] * 2), "two say the same"),
    "a sine angle alone": (same("identical", *[layout(2, pair([0, 1], "1", sine_angle={"p": "2"}))] * 2), FIELDS),
    "a second sine angle alone": (
        same("identical", *[layout(2, pair([0, 1], "1", second_sine_angle={"p": "2"}))] * 2), FIELDS
    ),
    "sine angles without a second angle": (
        same("identical", *[layout(2, four("1", "2", "2", "1") | {"second_angle": None})] * 2), ANY
    ),
    "a sine angle that is null": (
        same("identical", *[layout(2, four("1", "2", "2", "1") | {"sine_angle": None})] * 2), ANY
    ),
    "a bound with a digit too many": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["0.540", "0.541"], ABOUT_1)), "a bound is malformed"
    ),
    "a bound of minus zero": (
        state(ONE, PASS, fails=entry([0, 1], token("1"), MINUS_SIN_1, ["-0", "0.1"])), "a bound is malformed"
    ),
    "a bound that is a fraction": (
        state(ONE, PASS, fails=entry([0, 0], token("1"), ["1/2", "0.541"], ABOUT_1)), "a bound is malformed"
    ),
    "a target without lanes has equal scores with a rotation": (same("equal-scores", ONE, EMPTY), LANES),
    "a target without lanes is a permutation of a rotation": (same("permutation", ONE, EMPTY), LANES),
    "a source without lanes is identical to passes": (same("identical", EMPTY, PASS), LANES),
    "both sides without lanes": (same("identical", EMPTY, EMPTY), LANES),
    "a side without lanes has another trace": (
        state(EMPTY, PASS, fails=trace([{"p": "0"}], ["0", "0"], ["1.9", "2.1"])),
        LANES,
    ),
    "pairs of one lane": (
        same("equal-scores", layout(2, pair([0], "1"), pair([1], "1")), layout(2, pair([0], "1"), pair([1], "1"))),
        ANY,
    ),
    "pairs of three lanes": (
        same("equal-scores", layout(3, pair([0, 1, 2], "1")), layout(3, pair([0, 1, 2], "1"))),
        ANY,
    ),
    "pairs of no lane": (same("equal-scores", layout(2, pair([], "1")), layout(2, pair([], "1"))), ANY),
    "one lane's trace": (
        state(layout(1, pair([0], "1")), layout(1), fails=trace([{"p": "1"}], COS_1, ABOUT_1)),
        ANY,
    ),
    "a lane in two pairs": (
        same("identical", layout(3, pair([0, 1], "1"), pair([1, 2], "1"), passes=[]), ONE | {"width": 3}),
        LANES,
    ),
    "a lane read twice": (same("identical", layout(2, pair([0, 0], "1"), passes=[]), ONE), LANES),
    "a lane written twice": (same("identical", layout(2, pair([0, 1], "1", write=[0, 0])), ONE), LANES),
    "a lane of no pair that does not pass": (
        same("identical", layout(4, pair([0, 1], "1"), passes=[]), ONE | {"width": 4}),
        LANES,
    ),
    "a lane outside the head": (same("identical", layout(2, pair([0, 2], "1"), passes=[]), ONE), LANES),
    "lanes that are booleans": (same("identical", layout(2, pair([False, True], "1"), passes=[]), ONE), LANES),
    "read and write of different length": (same("identical", layout(2, pair([0, 1], "1", write=[0])), ONE), ANY),
    "a pass of three lanes": (same("identical", layout(2, passes=[[0, 0, 0], [1, 1, 1]]), PASS), ANY),
    "width zero": (same("identical", layout(0), layout(0)), "malformed head"),
    "width that is a boolean": (
        same("identical", layout(1) | {"width": True}, layout(1) | {"width": True}),
        "malformed head",
    ),
    "width that is too large": (
        state(layout(1) | {"width": 1 << 18}, layout(1) | {"width": 1 << 18}, holds=witness("identical", 0)),
        "malformed head",
    ),
    "widths that differ": (
        state(ONE, layout(3, pair([0, 1], "1")), holds=witness("identical", 0, 1)),
        "unlike heads",
    ),
    "kinds of position that differ": (same("identical", ONE, REAL), "unlike heads"),
    "a kind of position that is none": (
        same("identical", ONE | {"positions": "whole"}, ONE | {"positions": "whole"}),
        "malformed head",
    ),
    "magnitude zero": (
        same("identical", layout(2, pair([0, 1], "1", magnitude="0")), ONE),
        "magnitude is not positive",
    ),
    "magnitude below zero": (
        same("pair-map", ONE, layout(2, pair([0, 1], "1", magnitude="-1"))),
        "magnitude is not positive",
    ),
    "magnitude that cancels": (
        same("pair-map", ONE, layout(2, pair([0, 1], "1", magnitude="3 + -1*pi + -1*log(2)"))),
        "magnitude is not positive",
    ),
    "a pair without magnitude": (
        same("identical", layout(2, {k: v for k, v in pair([0, 1], "1").items() if k != "magnitude"}), ONE),
        FIELDS,
    ),
    "a field too many in a pair": (same("identical", layout(2, pair([0, 1], "1", note="")), ONE), FIELDS),
    "no feed": (state(ONE, ONE, holds=witness("identical", 0, 1)) | {"feeds": []}, "malformed head"),
    "17 feeds": (state(ONE, ONE, *[feed()] * 17, holds=witness("identical", 0, 1)), "malformed head"),
    "a feed without the axis": (same("identical", ONE, ONE, feed({"q": {"p": "1"}})), ANY),
    "a feed of an unknown coordinate": (same("identical", ONE, ONE, feed({"p": {"q": "1"}})), "unknown coordinate"),
    "a coordinate twice": (same("identical", ONE, ONE, feed(coordinates=["p", "p"])), "not a few distinct names"),
    "a coordinate named 1": (same("identical", ONE, ONE, feed(coordinates=["p", "1"])), "not a few distinct names"),
    "coordinates that are one text": (same("identical", ONE, ONE, feed(coordinates="p")), ANY),
    "coordinates that are a table": (same("identical", ONE, ONE, feed(coordinates={"p": 1})), ANY),
    "coordinates that are no texts": (same("identical", ONE, ONE, feed(coordinates=["p", 7, None])), ANY),
    "a feed with a factor that is no rational": (same("identical", ONE, ONE, feed({"p": {"p": "1*pi"}})), MALFORMED),
    "axis 1 fed like an axis": (
        same(
            "identical",
            layout(2, pair([0, 1], {"1": "1"})),
            layout(2, pair([0, 1], {"1": "2"})),
            feed({"1": {"1": "2"}}, {"1": {"1": "1"}}),
        ),
        "a feed must give every axis",
    ),
    "another schema": (same("identical", ONE, ONE) | {"schema": "rope-prover/certificate/3"}, "schema"),
    "a field too many": (same("identical", ONE, ONE) | {"note": ""}, FIELDS),
    "no field fails": ({k: v for k, v in same("identical", ONE, ONE).items() if k != "fails"}, FIELDS),
    "holds false": (same("identical", ONE, ONE) | {"holds": False}, FIELDS),
    "a layout that is a list": (same("identical", ONE, ONE) | {"source": []}, ANY),
}


@pytest.mark.parametrize(("body", "reason"), FALSE_STATEMENTS.values(), ids=FALSE_STATEMENTS.keys())
def test_rejects_what_is_not_proved(body: Json, reason: str) -> None:
    """A certificate whose evidence does not prove its statement is rejected for that reason."""
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(finish(body))


@pytest.mark.parametrize(("body", "reason"), MALFORMED_STATEMENTS.values(), ids=MALFORMED_STATEMENTS.keys())
def test_rejects_what_states_nothing(body: Json, reason: str) -> None:
    """A certificate about something that is no layout, feed or relation is rejected for that reason."""
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(finish(body))


NO_NUMBERS = (
    "2^^3",
    "1*2^^3",
    "log()",
    "()",
    "1*log()",
    "pi",
    "pi^1/0",
    "1*pi^1/0",
    "-2^1/2",
    "1*-2^1/2",
    "0^-1",
    "1*0^-1",
    "1*0^0",
    "(0)^-1",
    "1*(0)^-1",
    "1*(1*pi + -1*pi)^-1",
    "log(-1*pi)",
    "1*log(-1*pi)",
    "1*log(0)",
    "1*2^999999999",
    "1*2^-999999999",
    "1*2^999999999/2",
    "1*2^1/0",
    "1/0",
    "1.",
    ".5",
    "1e5",
    "+1",
    "0x10",
    "1_000",
    "\u0661",
    "nan",
    "inf",
    "1*sin(1)",
    "1*(2)(3)",
    "1*(",
    "1*)",
    "1*)(",
    "1*(2",
    "1*2)",
    "**",
    "*",
    "1*^2",
    "1*^",
    "1*pi^",
    "1*pi^2^2",
    "1*pi^-",
    "1*x",
    " 1",
    "1 ",
    "1 +2",
    "1+2",
    "1*pi\n",
    "9" * 4001,
    "1/" + "9" * 4001,
    "1*" + "(" * 400 + "1" + ")" * 400,
    "1" + "*1" * 9000,
    "",
    " + ",
    "1 + ",
    "1**2",
    "1*()",
    # what exists but is not how the search writes it
    "01",
    "-0",
    "--1",
    "2/4",
    "4/1",
    "0/3",
    "1/-2",
    "0.5",
    "1*-2^2",
    "1*2^2",
    "1*2^1",
    "1*2^0",
    "1*2^-1/2",
    "1*2^3/2",
    "1*1^1/2",
    "1*02^1/2",
    "1*pi^1",
    "1*pi^0",
    "1*pi^2/4",
    "0*pi",
    "0 + 1*pi",
    "3*pi + 1",
    "1 + 1",
    "1*pi + 1*pi",
    "1*pi*2^1/2",
    "1*3^1/2*2^1/2",
    "1*2^1/2*2^1/3",
    "1*(1 + 1*pi)",
    "1*(1 + 1*pi)^2",
    "1*(1*pi + 1)^-1",
    "1*log(2)^1",
    "1*Log(2)",
    "1*xlog(2)",
    "1*log(1 + -1*pi)",
    "1*(1 + -1*pi)^1/2",
)


@pytest.mark.parametrize("text", NO_NUMBERS, ids=[repr(text)[:40] for text in NO_NUMBERS])
def test_rejects_what_is_no_number(text: str) -> None:
    """A text that is no number is rejected, even where both sides agree on it."""
    own = layout(2, pair([0, 1], text))
    with pytest.raises(checker.Rejected):
        checker.check(finish(same("identical", own, own)))


def _twice(text: str) -> str:
    return text.replace('"holds":{', '"holds":null,"holds":{', 1)


TEXTS: dict[str, tuple[Callable[[str], str], str]] = {
    "nothing": (lambda text: "", ANY),
    "no JSON": (lambda text: "certificate", ANY),
    "a number": (lambda text: "1\n", FIELDS),
    "null": (lambda text: "null\n", FIELDS),
    "a list": (lambda text: "[]\n", FIELDS),
    "no line end": (lambda text: text[:-1], "not in canonical form"),
    "two line ends": (lambda text: text + "\n", "not in canonical form"),
    "a space": (lambda text: text.replace(",", ", ", 1), "not in canonical form"),
    "a key twice": (_twice, "not in canonical form"),
    "an inexact number": (lambda text: text.replace('"width":2', '"width":2.0', 1), "not in canonical form"),
    "not a number": (lambda text: text.replace('"width":2', '"width":NaN', 1), "not in canonical form"),
    "an escaped letter": (lambda text: text.replace('"by hand"', '"b\\u0079 hand"', 1), "not in canonical form"),
    "another name": (lambda text: text.replace('"by hand"', '"by foot"', 1), "digest"),
    "a digest in capitals": (lambda text: text.replace("sha256:", "SHA256:"), "digest"),
    "deep lists": (lambda text: "[" * 100_000, ANY),
    "a huge whole number": (lambda text: text.replace('"width":2', '"width":' + "9" * 5000, 1), ANY),
}


@pytest.mark.parametrize(("change", "reason"), TEXTS.values(), ids=TEXTS.keys())
def test_rejects_other_text(change: Callable[[str], str], reason: str) -> None:
    """Text that is not the canonical form of a certificate is rejected for that reason."""
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(change(finish(same("identical", ONE, ONE))))


def _nested_power(levels: int) -> str:
    text = "1*2^64"
    for _ in range(levels):
        text = f"1*({text})^64"
    return text


def _wrapped(text: str, levels: int) -> str:
    for _ in range(levels):
        text = f"1*({text})"
    return text


def _many_coordinates() -> Json:
    wide = layout(2000, *(pair([2 * i, 2 * i + 1], "1") for i in range(1000)))
    return same("equal-scores", wide, wide, feed(coordinates=["p", *(f"c{i}" for i in range(8000))]))


def _many_angles(number: str, count: int = 1) -> Json:
    many = layout(2 * count, *(pair([2 * i, 2 * i + 1], number.replace("#", str(10**i))) for i in range(count)))
    lanes = [0, 0]
    return state(many, many, fails=entry(lanes, token("1"), ["5", "5"], ["7", "7"]))


def _loud_trace() -> Json:
    loud = layout(40, *(pair([2 * i, 2 * i + 1], "1", magnitude="1*(1*2^64)^50") for i in range(20)))
    return state(loud, loud, fails=trace([{"p": "1"}], ["5", "5"], ["7", "7"], power=64, relation="permutation"))


def _long_fractions() -> Json:
    axes = {f"a{i}": {"p": f"1/{10**3999 + 2 * i + 1}"} for i in range(60)}
    own = layout(10, *(pair([2 * i, 2 * i + 1], dict.fromkeys(axes, "1")) for i in range(5)))
    return same("equal-scores", own, own, feed(axes))


COSTLY: dict[str, Callable[[], Json]] = {
    "powers of powers": lambda: same("identical", *[layout(2, pair([0, 1], _nested_power(5)))] * 2),
    "many factors inside many parentheses": lambda: same(
        "identical", *[layout(2, pair([0, 1], _wrapped("1" + "*2" * 7000, 90)))] * 2
    ),
    "many coordinates on many pairs": _many_coordinates,
    "an angle of 3900 digits": lambda: _many_angles("9" * 3900),
    "high powers of large magnitudes": _loud_trace,
    "sums of long fractions": _long_fractions,
}


@pytest.mark.parametrize("build", COSTLY.values(), ids=COSTLY.keys())
def test_work_is_bounded(build: Callable[[], Json], work: list[int]) -> None:
    """A crafted certificate below half a megabyte takes a small part of the work that is allowed, or is rejected."""
    text = finish(build())
    assert len(text) < 1 << 19
    with contextlib.suppress(checker.Rejected):
        checker.check(text)
    assert work[-1] <= checker.MAX_WORK // 4


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The work that every check has spent so far."""
    spent: list[int] = []

    class Counted(checker._Numbers):
        def __init__(self, stored: bool = False) -> None:
            super().__init__(stored)
            spent.append(0)

        def spend(self, units: int) -> None:
            spent[-1] += units
            super().spend(units)

    monkeypatch.setattr(checker, "_Numbers", Counted)
    return spent


def _logarithms(pairs: int, each: int, first: int = 1000) -> Json:
    """Frequencies of many logarithms, no two of which are equal."""
    numbers = iter(range(first, first + pairs * each))

    def number() -> str:
        return " + ".join(f"1*log({next(numbers)})" for _ in range(each))

    own = layout(2 * pairs, *(pair([2 * i, 2 * i + 1], number()) for i in range(pairs)))
    return same("identical", own, own)


def test_work_grows_with_what_is_evaluated(work: list[int]) -> None:
    """A logarithm costs the same wherever it stands: twice the distinct logarithms are twice the work."""
    for pairs in (10, 20):
        checker.check(finish(_logarithms(pairs, 180)))
    assert 1.9 * work[0] < work[1] < 2.1 * work[0]


def test_more_work_than_any_certificate_needs_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would exceed the budget is rejected when the budget is spent, however long it would have gone on."""
    monkeypatch.setattr(checker, "MAX_WORK", 100_000)
    with pytest.raises(checker.Rejected, match="more work"):
        checker.check(finish(_logarithms(40, 180)))


def test_work_of_a_certificate_does_not_depend_on_what_was_checked_before(work: list[int]) -> None:
    """The same certificate takes the same work each time, so whether it is accepted does not change."""
    text = finish(_logarithms(4, 100))
    for _ in range(2):
        checker.check(text)
    assert work[0] == work[1] > 0


@pytest.mark.parametrize("feeds", [1, 2])
@pytest.mark.parametrize("frequencies", [("1", "1/2", "1*pi"), ("1*2^1/2", "1/10", "1/100")])
def test_equal_pairs_in_one_place_take_the_work_of_others(
    work: list[int], frequencies: tuple[str, ...], feeds: int
) -> None:
    """Whether the pairs of the two sides stand in the same order is no matter for the work that they take."""
    pairs = [pair([2 * i, 2 * i + 1], number) for i, number in enumerate(frequencies)]
    for other in (pairs, pairs[::-1], [pairs[1], pairs[0], pairs[2]]):
        root = same("identical", layout(6, *pairs), layout(6, *other))
        root["feeds"] = [root["feeds"][0] | {"name": f"feed {number}"} for number in range(feeds)]
        checker.check(finish(root))
    assert work[0] == work[1] == work[2] > 0


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("change", [{"angle": {"p": "1/3"}}, {"magnitude": "2"}, {"second_angle": {"p": "1/7"}}])
def test_one_pair_that_differs_among_equal_ones_is_seen(index: int, change: dict[str, Any]) -> None:
    """A side that is another in a single field of a single pair is not the same kernel."""
    pairs = [pair([2 * i, 2 * i + 1], f"1/{i + 2}*2^1/2") for i in range(3)]
    other = [each | change if i == index else each for i, each in enumerate(pairs)]
    checker.check(finish(same("identical", layout(6, *pairs), layout(6, *pairs))))
    with pytest.raises(checker.Rejected, match="the kernels differ"):
        checker.check(finish(same("identical", layout(6, *pairs), layout(6, *other))))


def test_the_largest_heads_stay_well_within_the_work(work: list[int]) -> None:
    """16,384 pairs of YaRN with a trace take less than a quarter of the work; a 64th part of them a 256th."""
    size = 1 << 8

    def yarn(base: int) -> Json:
        def number(j: int) -> str:
            if j == 0:
                return "1"
            return f"1/{30 + base}*2^{Fraction(j, 1 << 14)}*3^{Fraction(j, 1 << 14)}*5^{Fraction(2 * j, 1 << 14)}"

        pairs = (pair([i, i + size], number(i), magnitude="1 + 1/2*log(2)") for i in range(size))
        return layout(2 * size, *pairs)

    with pytest.raises(checker.Rejected, match="does not contain"):
        checker.check(finish(state(yarn(0), yarn(1), fails=trace([{"p": "1"}], ["1", "2"], ["3", "4"]))))
    assert 64 * work[-1] < checker.MAX_WORK // 4


PROGRAM = [sys.executable, "-I", "checker.py"]


def run_copy(folder: Path, *names: str) -> tuple[int, str]:
    """The checker copied out and run where nothing of the package can be imported."""
    (folder / "checker.py").write_bytes(SOURCE.read_bytes())
    done = subprocess.run(
        [*PROGRAM, *names], cwd=folder, capture_output=True, text=True, timeout=WATCHDOG, check=False, env={}
    )
    assert "" == done.stderr
    return done.returncode, done.stdout


def test_is_a_program_of_its_own(tmp_path: Path) -> None:
    """A copied-out checker says in words what a certificate proves, and exits with 0."""
    proved = same("permutation", ADJACENT, HALF, permutation=[0, 2, 1, 3])
    (tmp_path / "good.json").write_text(finish(proved))
    code, said = run_copy(tmp_path, "good.json")
    expected = """"good.json"
  accepted
  of two layouts of 4 lanes, 2 and 2 pairs, at integer positions:
  'permutation' holds: one permutation of the rows of W_q and W_k makes the scores equal
  called "by hand" and "by hand", fed "text"; names are not checked, only tables are
"""
    assert (0, expected) == (code, said)


def test_says_of_each_file_what_it_proves(tmp_path: Path) -> None:
    """Good, wrong, missing and unreadable files are each reported, and the exit code is 4."""
    good = finish(state(ONE, TWO, fails=trace([{"p": "1"}], TRACE_1, TRACE_2)))
    (tmp_path / "good.json").write_text(good)
    (tmp_path / "wrong.json").write_text(good.replace("1.08", "1.07"))
    (tmp_path / "letters.json").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    code, said = run_copy(tmp_path, "missing.json", "good.json", "wrong.json", "letters.json", "folder")
    assert 4 == code
    assert ["missing.json", "good.json", "wrong.json", "letters.json", "folder"] == [
        line.strip('"') for line in said.splitlines() if not line.startswith(" ")
    ]
    assert 4 == said.count("REJECTED")
    assert "'linear' fails: it is not so that some fixed linear maps" in said


def test_without_a_file_nothing_is_proved(tmp_path: Path) -> None:
    """No file named is no proof, and the usage is told; --help, which proves nothing either, tells it too."""
    usage = "usage: python3 checker.py CERTIFICATE...\n"
    assert (4, usage) == run_copy(tmp_path)
    code, said = run_copy(tmp_path, "--help")
    assert (4, True) == (code, said.startswith(usage))


@pytest.mark.parametrize("text", ["", "axes = [\"p\"]", '{"digest":"sha'])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    """A layout file, or a certificate that was cut off, is rejected as no JSON."""
    with pytest.raises(checker.Rejected, match=r"^not JSON: "):
        checker.check(text)


def test_main_in_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program's entry point reports each file and gives the worst code."""
    (tmp_path / "good.json").write_text(finish(same("identical", ONE, ONE)))
    monkeypatch.setattr(sys, "argv", ["checker.py", str(tmp_path / "good.json")])
    with pytest.raises(SystemExit, match=r"\A0\Z"):
        runpy.run_path(str(SOURCE), run_name="__main__")
    assert 0 == checker.main([str(tmp_path / "good.json")])
    assert 4 == checker.main([str(tmp_path / "good.json"), str(tmp_path)])
    assert 4 == checker.main([])
    assert 1 == capsys.readouterr().out.count("REJECTED: no such file")


def test_is_short() -> None:
    """The checker can be read in one sitting."""
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_names_only_the_standard_library() -> None:
    """Every import in the checker's text is of the standard library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module).split(".")[0])
    assert set() == names - sys.stdlib_module_names


def test_loads_nothing_of_the_search() -> None:
    """Importing the checker loads no other module of the package and none of its dependencies."""
    program = "import sys, json, prover.checker; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert ALLOWED == {name for name in loaded if name.split(".")[0] == "prover"}
    assert set() == {name.split(".")[0] for name in loaded} & HEAVY


def test_calls_nothing_that_runs_text() -> None:
    """The checker neither evaluates text, nor reads files, nor uses floating point."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    constants = {type(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set() == names & {"eval", "exec", "compile", "open", "float", "__import__", "assert"}
    assert float not in constants
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))


DIGITS = (40, 160)
NUMBERS = checker._Numbers()
NUMBERS.left = 10**12
PLACES = 220


def _contains(found: tuple[int, int], value: Any, digits: int, width: int) -> bool:
    scaled = value * mpmath.mpf(10) ** digits
    return bool(found[0] <= scaled <= found[1]) and found[1] - found[0] <= width


ANGLES = (
    "0",
    "1",
    "-1",
    "1/2",
    "3",
    "22/7",
    "355/113",
    "100",
    "-100",
    "65536",
    "1000000000000000000",
    "-9223372036854775807",
    "1/1000000000000000000000000000000",
    "3141592653589793238462643383279502884197/1" + "0" * 39,
    "1570796326794896619231321691639751442099/1" + "0" * 39,
)


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("text", ANGLES)
def test_cos_contains_the_value(text: str, digits: int) -> None:
    """The interval of cos contains mpmath's value and is a few units wide."""
    with mpmath.workdps(PLACES):
        exact = Fraction(text)
        value = mpmath.cos(mpmath.mpf(exact.numerator) / exact.denominator)
        assert _contains(NUMBERS.cos(checker._ratio(exact, digits), digits), value, digits, 12)


@exhaustive
@given(st.integers(-(10**60), 10**60), st.integers(1, 10**30), st.integers(0, 10**6))
def test_cos_of_an_interval_contains_both_ends(top: int, bottom: int, radius: int) -> None:
    """The interval of cos of a wide interval contains the values at its ends and in its middle."""
    digits = 40
    low, high = top // bottom, top // bottom + radius
    found = NUMBERS.cos((low, high), digits)
    with mpmath.workdps(PLACES):
        for end in (low, (low + high) // 2, high):
            assert _contains(found, mpmath.cos(mpmath.mpf(end) / mpmath.mpf(10) ** digits), digits, radius + 12)


VALUES: dict[str, Callable[[], Any]] = {
    "0": lambda: 0,
    "7/3": lambda: mpmath.mpf(7) / 3,
    "1*pi": lambda: mpmath.pi,
    "-3/7*pi^2": lambda: -3 * mpmath.pi**2 / 7,
    "1*pi^-1": lambda: 1 / mpmath.pi,
    "1*pi^1/2": lambda: mpmath.sqrt(mpmath.pi),
    "1*2^1/2": lambda: mpmath.sqrt(2),
    "1*278971^63/64": lambda: mpmath.mpf(278971) ** (mpmath.mpf(63) / 64),
    "1/150000*2^1/3*3^1/3*5^2/3": lambda: mpmath.mpf(2 * 3 * 25) ** (mpmath.mpf(1) / 3) / 150000,
    "1*1000003^1/2": lambda: mpmath.sqrt(1000003),
    "1*log(2)": lambda: mpmath.log(2),
    "1*log(1/2)": lambda: -mpmath.log(2),
    "1*log(1000003)^2": lambda: mpmath.log(1000003) ** 2,
    "1*log(1*pi)^-1": lambda: 1 / mpmath.log(mpmath.pi),
    "1*log(1/2)^-3": lambda: (-mpmath.log(2)) ** -3,
    "1*log(4096)^1/2": lambda: mpmath.sqrt(mpmath.log(4096)),
    "1 + -1*pi + 2*2^1/2*pi": lambda: 1 - mpmath.pi + 2 * mpmath.sqrt(2) * mpmath.pi,
    "1*(1*log(2) + -1*log(3))^-1": lambda: 1 / (mpmath.log(2) - mpmath.log(3)),
    "1*(1*2^1/2 + 1*3^1/2)^-5": lambda: (mpmath.sqrt(2) + mpmath.sqrt(3)) ** -5,
    "1*(1 + 1*(1 + 1*2^1/2)^1/2)^-1/2": lambda: (mpmath.sqrt(mpmath.sqrt(2) + 1) + 1) ** mpmath.mpf(-0.5),
    "1*(5 + -1*pi)^-1": lambda: 1 / (5 - mpmath.pi),
    "2*log(2*log(3 + 1*pi))": lambda: 2 * mpmath.log(2 * mpmath.log(3 + mpmath.pi)),
}


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("text", VALUES)
def test_number_contains_the_value(text: str, digits: int) -> None:
    """The interval of a written number contains mpmath's value and is narrow."""
    with mpmath.workdps(PLACES):
        value = VALUES[text]()
        width = 1000 + int(1000 * abs(value))
        assert _contains(NUMBERS.evaluate(NUMBERS.read(text), digits), value, digits, width)


@exhaustive
@given(st.fractions(Fraction(1, 10**12), 10**12, max_denominator=10**12))
def test_ln_contains_the_value(argument: Fraction) -> None:
    """The interval of a logarithm contains mpmath's value."""
    digits = 40
    found = NUMBERS.monotone(Context.ln, checker._ratio(argument, digits), digits)
    with mpmath.workdps(PLACES):
        value = mpmath.log(mpmath.mpf(argument.numerator) / argument.denominator)
        assert _contains(found, value, digits, 10 + int(2 / argument))


@exhaustive
@given(st.fractions(-80, 400, max_denominator=10**9))
def test_exp_contains_the_value(argument: Fraction) -> None:
    """The interval of an exponential contains mpmath's value, relative to its size."""
    digits = 40
    found = NUMBERS.monotone(Context.exp, checker._ratio(argument, digits), digits)
    with mpmath.workdps(PLACES + 200):
        value = mpmath.exp(mpmath.mpf(argument.numerator) / argument.denominator)
        assert _contains(found, value, digits, 10 + int(3 * value))


@exhaustive
@given(st.integers(2, 10**9), st.fractions(Fraction(1, 512), Fraction(511, 512), max_denominator=512))
def test_root_contains_the_value(base: int, exponent: Fraction) -> None:
    """The interval of base^exponent contains mpmath's value, relative to its size."""
    digits = 40
    found = NUMBERS.power(f"{base}^{exponent}", digits)
    with mpmath.workdps(PLACES):
        value = mpmath.mpf(base) ** (mpmath.mpf(exponent.numerator) / exponent.denominator)
        assert _contains(found, value, digits, 100 + int(1000 * value))


@exhaustive
@given(st.lists(st.fractions(-50, 50, max_denominator=10**6), min_size=1, max_size=6))
def test_products_and_sums_round_outwards(values: list[Fraction]) -> None:
    """Products and sums of enclosures contain the exact product and sum."""
    digits, product = 12, Fraction(1)
    for value in values:
        product *= value
    parts = [checker._ratio(value, digits) for value in values]
    low, high = NUMBERS.product(parts, digits)
    assert low <= product * 10**digits <= high
    low, high = checker._total(parts)
    assert low <= sum(values) * 10**digits <= high


@pytest.mark.parametrize("digits", [*DIGITS, 640])
def test_pi_is_near(digits: int) -> None:
    """Machin's pi is within the error that the checker allows for."""
    with mpmath.workdps(digits + 20):
        assert abs(checker._pi(digits) - mpmath.pi * mpmath.mpf(10) ** digits) < 9


def test_reads_every_number_that_the_search_writes() -> None:
    """Sums, products, quotients, powers and logarithms of random exact numbers, as text, are numbers of the checker."""
    generator, read = random.Random(20250101), 0
    for _ in range(1500):
        text = str(_exact_number(generator, 4))
        if len(text) <= checker.MAX_TEXT:
            checker._Numbers().read(text)
            read += 1
    assert read > 1400


def _exact_number(generator: random.Random, depth: int) -> Exact:
    """A random exact number; roots and logarithms are taken of positive numbers only, as expressions do."""
    kind = generator.randrange(7) if depth else generator.randrange(2)
    if kind < 2:
        return PI if kind else exact(Fraction(generator.randint(-20, 20), generator.randint(1, 12)))
    one = _exact_number(generator, depth - 1)
    two = _exact_number(generator, depth - 1)
    try:
        positive = compare(one, exact(0)) > 0
        if kind == 2:
            return one + two
        if kind == 3:
            return one * two
        if kind == 4:
            return one / two
        if not positive:
            return one
        if kind == 5:
            return log(one)
        return power(one, Fraction(generator.choice((-3, -2, -1, 1, 2, 3)), generator.choice((1, 2, 3, 5))))
    except ProverError:
        return one
