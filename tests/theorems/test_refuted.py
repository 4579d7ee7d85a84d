"""Certificates that two kernels are not the same: parameters and a pair, held against kernels worked out apart."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_sizes
from refuted_statements import APART, FALSE, TRUE, apart, differs, random_apart
from test_theorem_tampering import every_tampering, tamper
from theorem_statements import changed, refuted, small
from written_certificates import JSON, sealed

from prover.resources import PROOFS
from prover.theorem_checker import NotShown, Rejected, check

ALGEBRAIC = sorted(TRUE.keys() - {"numbers below half a turn", "over pi"})  # the others are unlike as they stand
Turn = list[tuple[str, int]]  # pair by pair: axis, and how often the scale is multiplied in


def nobody(text: str) -> dict[str, str]:
    raise AssertionError("no solver is asked about one point")


def is_shown(text: str) -> bool:
    try:
        return {"evaluated"} == {each.discharged for each in check(text, nobody).obligations}
    except (Rejected, NotShown):
        return False


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    """Shown by evaluation alone; and the kernels differ there, entry by entry, where numbers are powers."""
    root = TRUE[name]()
    assert is_shown(sealed(root))
    if name in ALGEBRAIC:
        assert differs(root)
        assert None is small_sizes.false_at(root)


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    """None of these is shown."""
    assert not is_shown(sealed(FALSE[name]()))


@pytest.mark.parametrize(("name", "reason"), [
    ("the same", "pair 1: the same on both sides"),
    ("another pair differs", "pair 1: the same on both sides"),
    ("an index behind the last", "no pair of this index"),
    ("an index that is not whole", "no index of a pair"),
    ("an index below 0", "no index of a pair"),
    ("an index that is a formula", "expected a rational number"),
    ("a head with no pairs", "no pair of this index"),
    ("a point that is not allowed", "evidence.points.fails: allowed"),
    ("a point outside the hypotheses", "evidence.points.fails: allowed"),
    ("no magnitude at another pair", "source: magnitudes are not 0"),
    ("a lane twice", "no lane is read or written twice"),
    ("a lane outside the head", "lanes inside the head"),
    ("a point with half a pair", "number of pairs and lanes are whole"),
    ("a divisor that is 0 at another pair", "source: every expression has a value"),
    ("a loop that has no value at another pair", "source: every expression has a value"),
    ("unlike widths", "both heads have the same width"),
])
def test_what_is_false_is_rejected(name: str, reason: str) -> None:
    """Not only not shown: the certificate is wrong, and is told why."""
    with pytest.raises(Rejected, match=reason):
        check(sealed(FALSE[name]()), nobody)


@pytest.mark.parametrize("name", ["whole turns hide it", "half a turn and one and a half"])
def test_what_whole_turns_may_hide_is_not_shown(name: str) -> None:
    """A frequency above half a turn that is no algebraic number may be another with whole turns more."""
    with pytest.raises(NotShown, match="frequencies are algebraic, or all within half a turn"):
        check(sealed(FALSE[name]()), nobody)


def test_what_is_beyond_the_checker_is_not_called_wrong() -> None:
    """Kernels that do differ: by a constant, by the sign of a magnitude, at lanes that are all unlike; or too large."""
    for root in (
        apart(small(), small("p*base**(-2*j/(2*n)) + 1"), "0"), apart(small(), small(magnitude="-1"), "0"),
        apart(small(), small(first="2*j", second="2*j + 1"), "1"),
        apart(small(), small("2*p"), "0", {"n": "129", "base": "2"}),
        apart(small("p if sqrt(2) + sqrt(3) == sqrt(5 + 2*sqrt(6)) else 2*p"), small("3*p"), "0"),
    ):
        with pytest.raises(NotShown):
            check(sealed(root), nobody)


@pytest.mark.parametrize(("path", "new"), [
    ("answer.scope", "never"), ("answer.scope", "sometimes"), ("answer.elsewhere", "linear"),
    ("answer.relation", "identical"), ("answer.condition", ["n > 1"]), ("evidence.order", "j"), ("evidence.sign", 0),
    ("evidence.permutation", "lane"), ("evidence.refutation", None),
    ("evidence.refutation", refuted("lanes", ("0 == 1", "0"))),
    ("evidence.refutation", refuted("point")), ("evidence.refutation.witness.0.0", "n == 1"),
    ("evidence.refutation.witness.0.1", 0), ("evidence.refutation.witness", [["0 == 1", "0"], ["0 == 1", "0"]]),
    ("evidence.points.fails", None), ("evidence.points.holds", {"n": "3", "base": "2"}),
    ("evidence.invariant", [{"side": "source", "state": "k", "when": "0 == 0", "value": "j"}]),
])
def test_malformed(path: str, new: Any) -> None:
    """Another scope with this rule, another rule with this scope, and what neither of them has."""
    root = apart(small("p*k", states=(("k", "1", "2*k"),)), small("p*3"), "0")
    assert is_shown(sealed(root))
    with pytest.raises(Rejected):
        check(changed(root, path, new), nobody)


def test_a_point_proves_nothing_for_all() -> None:
    """The rule belongs to this scope alone."""
    root = apart(small(), small("2*p"), "0")
    for scope, condition, points in (
        ("never", [], root["evidence"]["points"]),
        ("sometimes", ["n == 1"], {"holds": {"n": "1", "base": "2"}, "fails": {"n": "3", "base": "2"}}),
    ):
        wrong = json.loads(changed(root, "evidence.points", points))
        wrong["answer"] = {**APART, "scope": scope, "condition": condition,
                           "relation": "identical" if condition else None}
        wrong["evidence"]["refutation"]["witness"] = [[condition[0] if condition else "0 == 1", "0"]]
        with pytest.raises(Rejected, match=r"evidence.refutation.rule: expected dominated or ordered or lanes"):
            check(sealed(wrong), nobody)


def test_words() -> None:
    """Not for all; where it fails, and at which pair."""
    root = apart(small(), small("2*p"), "1", where=("n > 2",))
    said = check(sealed(root), nobody).statement
    assert "not for all whole n, rational base with n > 2 that both sides allow" == said[0]
    assert said[-1] == ("identical fails at base = 2, n = 3, where pair 1 differs: it is not so that the two kernels "
                        "are equal, lane by lane, at every position")


@pytest.mark.parametrize("name", ALGEBRAIC)
def test_tampered(name: str) -> None:
    """Whatever is changed, nothing is shown that is false."""
    root = TRUE[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 5):
        assert None is tampered(root, path, new)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALGEBRAIC)
def test_tampered_everywhere(name: str) -> None:
    """Every field, every change."""
    root = TRUE[name]()
    assert [] == [found for path, new in every_tampering(root) if (found := tampered(root, path, new))]


def tampered(root: JSON, path: str, new: Any) -> str | None:
    """What was accepted although it is false: the kernels are the same there, or are so at the pair's lanes."""
    text = changed(root, path, new)
    try:
        wrong = is_shown(text) and not differs(json.loads(text))
    except small_sizes.Unjudged:
        return None
    return f"{path} = {new!r}: accepted, and nothing differs there" if wrong else tamper(root, path, new)


def test_random() -> None:
    """What is shown of loops by chance is so, entry by entry; where all lanes are shared what is so is shown."""
    shown, same = 0, 0
    for seed in range(120):
        root = random_apart(seed)
        told = is_shown(sealed(root))
        pair, n = int(root["evidence"]["refutation"]["witness"][0][1]), int(root["evidence"]["points"]["fails"]["n"])
        is_so = pair < n and differs(root)
        assert is_so or not told, f"seed {seed}"
        if all(root["source"]["pairs"][key] == root["target"]["pairs"][key] for key in ("first", "second", "count")):
            assert told == is_so, f"seed {seed}"
        shown, same = shown + told, same + (not is_so)
    assert shown > 20
    assert same > 20


# ---- the shipped ones, each loop run by hand


def counters(point: JSON) -> tuple[Turn, Turn]:
    """IMROPE: a counter that goes 0, 1, 2, 0, ... on and on; and sector % 3."""
    sections, found = [int(x) for x in point["sections"]], (Turn(), Turn())
    turn = 0
    for j in range(int(point["n_rot"]) // 2):
        sector = j % sum(sections)
        for own, third in zip(found, (turn, sector % 3), strict=True):
            near = [("t", 0), ("h", 1), ("w", 2)]
            axis = next((a for a, k in near if third == k and sector < 3 * sections[k]), "e")
            own.append((axis, j))
        turn = (turn + 1) % 3
    return found


def vision(point: JSON) -> tuple[int, list[int], list[int]]:
    sections = [int(x) for x in point["sections"]]
    return int(point["head_dim"]) // 2, sections, [0, *(sum(sections[:k]) for k in (1, 2, 3))]


def axis_of(sector: int, starts: list[int]) -> int:
    return next((k for k in range(3) if sector < starts[k + 1]), 3)


def chain(point: JSON, late: int = 0) -> Turn:
    """The kernel's loop: where a section starts its counter is set back; the first start to match hides the others."""
    count, sections, starts = vision(point)
    counts, found = [0, 0, 0, 0], Turn()
    for j in range(count):
        sector = j % sum(sections)
        if j > 0:
            counts = [own + 1 for own in counts]
            before = (j - late) % sum(sections)
            if before in starts:
                counts[starts.index(before)] = 0
        axis = axis_of(sector, starts)
        found.append(("thwe"[axis], counts[axis]))
    return found


def plain(point: JSON) -> Turn:
    """Each section counted from its start."""
    count, sections, starts = vision(point)
    sectors = [j % sum(sections) for j in range(count)]
    return [("thwe"[axis_of(s, starts)], s - starts[axis_of(s, starts)]) for s in sectors]


BY_HAND: dict[str, Callable[[JSON], tuple[Turn, Turn]]] = {
    "rewrite-1-counter-without-reset": counters,
    "rewrite-3-vision-chain-empty": lambda point: (chain(point), plain(point)),
    "rewrite-4-vision-products-late": lambda point: (chain(point, 1), chain(point)),
}


def stored(name: str) -> Path:
    return PROOFS / "theorems" / f"{name}.json"


@pytest.mark.parametrize("name", BY_HAND)
def test_shipped(name: str) -> None:
    """The pair that the certificate names is the first at which the loops, run by hand, turn unlike."""
    root = json.loads(stored(name).read_text())
    assert is_shown(stored(name).read_text())
    assert differs(root)
    old, new = BY_HAND[name](root["evidence"]["points"]["fails"])
    assert len(old) == len(new)
    pair = int(root["evidence"]["refutation"]["witness"][0][1])
    assert pair == next(j for j, (ours, theirs) in enumerate(zip(old, new, strict=True)) if ours != theirs)


@pytest.mark.parametrize("name", BY_HAND)
def test_shipped_at_other_points(name: str) -> None:
    """At other sizes and pairs the certificate is shown exactly where the loops run by hand turn unlike."""
    root, seen = json.loads(stored(name).read_text()), set()
    for seed in range(40):
        chance = random.Random(seed)
        at = {**root["evidence"]["points"]["fails"]}
        at["sections"] = [str(chance.choice([0, 1, 2, 3])) for _ in range(4)]
        at |= {key: str(chance.choice([8, 12, 16])) for key in ("n_rot", "head_dim") if key in at}
        size = int(at.get("head_dim", at.get("n_rot", "0")))
        pair = chance.randrange(size // 2)
        if not any(map(int, at["sections"][:3])) or sum(map(int, at["sections"])) > size:
            continue
        old, new = BY_HAND[name](at)
        wrong = json.loads(changed(root, "evidence.points.fails", at))
        shown = is_shown(changed(wrong, "evidence.refutation.witness.0.1", str(pair)))
        assert shown == (old[pair] != new[pair]), f"seed {seed}"
        seen.add(shown)
    assert {True, False} == seen


@pytest.mark.parametrize("name", BY_HAND)
def test_shipped_tampered(name: str) -> None:
    """With another field, nothing false is shown."""
    root = json.loads(stored(name).read_text())
    for path, new in random.Random(name).sample(every_tampering(root), 10):
        assert None is tampered(root, path, new)
