"""Tampering: every leaf, key and byte of real certificates, changed with and without a fresh digest.

A changed certificate must be rejected, or what it states must still be true. Truth is decided here, from the
certificate's text alone, by kernels in NumPy at random positions and by traces of their products.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import islice, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prover import checker
from prover.claims.claim import make_claim
from prover.layouts.loading import load
from prover.verdicts.verdict import prove
from sampling import few

Json = Any
Path = tuple[str | int, ...]
Matrix = npt.NDArray[np.float64]

CLAIMS: dict[str, tuple[str, str, tuple[str, ...], tuple[str | None, str | None]]] = {
    "identical": ("ggml/neox:head_dim=4", "transformers/half:head_dim=4", (), ("identical", None)),
    "identical, two angles": (
        "transformers/hunyuan-vl:head_dim=4:mrope_section=1,1,0,0",
        "transformers/hunyuan-vl:head_dim=4:mrope_section=1,1,0,0",
        ("image",),
        ("identical", None),
    ),
    "equal scores against an entry": (
        "transformers/adjacent:head_dim=4",
        "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=4",
        ("text",),
        ("equal-scores", "identical"),
    ),
    "permutation against a score": (
        "ggml/normal:head_dim=6:n_rot=4",
        "ggml/neox:head_dim=6:n_rot=4",
        (),
        ("permutation", "equal-scores"),
    ),
    "permutation, the other direction": (
        "transformers/nanochat:head_dim=4",
        "transformers/half:head_dim=4",
        (),
        ("permutation", "equal-scores"),
    ),
    "pair map against a weighted trace": (
        "ggml/normal:head_dim=4",
        "ggml/neox:head_dim=4:attn_factor=1.5",
        (),
        ("pair-map", "permutation"),
    ),
    "a trace over free axes": (
        "ggml/imrope:head_dim=6:sections=1,1,1,0",
        "ggml/mrope:head_dim=6:sections=2,1,0,0",
        (),
        (None, "linear"),
    ),
    "identical over two feeds": ("ggml/neox:head_dim=4", "ggml/neox:head_dim=4", ("p=q", "p=r"), ("identical", None)),
    "a trace over two feeds with an offset": (
        "ggml/neox:head_dim=4",
        "ggml/normal:head_dim=4:base=20000",
        ("p=q", "p=r+3"),
        (None, "linear"),
    ),
    "a trace against fewer turning pairs": (
        "transformers/half:head_dim=4",
        "transformers/proportional:head_dim=4:partial_rotary_factor=0.5",
        (),
        (None, "linear"),
    ),
    "not relative, four angles": (
        "diffusers/chronoedit:head_dim=10",
        "diffusers/wan:head_dim=10",
        (),
        (None, "linear"),
    ),
    "not relative": (
        "transformers/hunyuan-vl:head_dim=4:mrope_section=1,1,0,0",
        "transformers/half:head_dim=4",
        ("p=p,w=w,h=h,image=image",),
        (None, "linear"),
    ),
}

NAMES: dict[str, str] = {
    "source/name": "a label; the layout is restated in full",
    "target/name": "a label; the layout is restated in full",
    "feeds/*/name": "a label; the feed is restated in full",
}


@cache
def certificate(name: str) -> str:
    source, target, feeds, _ = CLAIMS[name]
    text = prove(make_claim(load(source), load(target), list(feeds))).certificate
    assert text is not None
    return text


def finish(root: Json) -> str:
    """Canonical text with a fresh digest."""
    body = {key: value for key, value in root.items() if key != "digest"}
    return checker.canonical(body | {"digest": checker.digest(body)})


def accepted(text: str) -> bool:
    try:
        checker.check(text)
    except checker.Rejected:
        return False
    return True


_POWER = re.compile(r"\^(-?\d+(?:/\d+)?)")


def number(text: str) -> float:
    """A certificate's number in float64."""
    return float(eval(_POWER.sub(r"**(\1)", text), {"__builtins__": {}}, {"log": math.log, "pi": math.pi}))


class Kernels:
    """Both kernels of a certificate, read from its JSON."""

    def __init__(self, root: Json) -> None:
        self.root = root
        self.width: int = root["source"]["width"]
        self.whole = root["source"]["positions"] == "integer"
        self.coordinates = [list(feed["coordinates"]) for feed in root["feeds"]]

    def matrix(self, side: str, feed: int, position: dict[str, float]) -> Matrix:
        """K at one token, of shape (width, width)."""
        layout = self.root[side]
        places = {
            axis: sum(float(Fraction(factor)) * (1.0 if c == "1" else position[c]) for c, factor in form.items())
            for axis, form in self.root["feeds"][feed][side].items()
        }
        places["1"] = 1.0
        found = np.zeros((self.width, self.width))
        for lane, to in layout["passes"]:
            found[to, lane] = 1.0
        for pair in layout["pairs"]:
            (a, b), (c, d), size = pair["read"], pair["write"], number(pair["magnitude"])
            second = pair["angle"] if pair["second_angle"] is None else pair["second_angle"]
            four = (pair["angle"], pair.get("sine_angle", pair["angle"]), pair.get("second_sine_angle", second), second)
            alpha, beta, gamma, delta = (sum(number(f) * places[x] for x, f in t.items()) for t in four)
            found[c, a], found[c, b] = size * math.cos(alpha), -size * math.sin(beta)
            found[d, a], found[d, b] = size * math.sin(gamma), size * math.cos(delta)
        return found

    def tokens(self, count: int) -> list[tuple[int, dict[str, float]]]:
        """Tokens of all feeds: the origins, then random ones near and far."""
        random = np.random.default_rng(20240607)
        found = [(feed, dict.fromkeys(names, 0.0)) for feed, names in enumerate(self.coordinates)]
        for reach in (3, 60, 2000):
            for feed, names in enumerate(self.coordinates):
                for _ in range(count):
                    values = random.integers(-reach, reach, len(names)) + (
                        0 if self.whole else random.random(len(names))
                    )
                    found.append((feed, dict(zip(names, map(float, values), strict=True))))
        return found

    def all(self, side: str) -> list[Matrix]:
        return [self.matrix(side, *token) for token in self.tokens(4)]

    def scores(self, side: str) -> list[Matrix]:
        """K(x)^T K(y) for many token pairs; the first is of one token with itself."""
        kernels = self.all(side)
        return [kernels[0].T @ kernels[0], *(x.T @ y for x, y in product(kernels[:5], kernels))]


def close(one: list[Matrix], two: list[Matrix]) -> bool:
    return all(np.allclose(a, b, rtol=1e-7, atol=1e-7) for a, b in zip(one, two, strict=True))


def words(scores: list[Matrix]) -> list[Matrix]:
    """Traces of single score matrices and of products of two: equal if a permutation or a similarity links them."""
    few = scores[1::7]
    return [np.array([np.trace(x) for x in scores]), np.array([np.trace(x @ y) for x, y in product(few, few)])]


def relative(scores: list[Matrix]) -> list[Matrix]:
    return [np.linalg.solve(scores[0], x) for x in scores]


def holds_is_true(kernels: Kernels, relation: str, permutation: list[int]) -> bool:
    """The witness does what the relation says, at every position tried."""
    if relation == "identical":
        return close(kernels.all("source"), kernels.all("target"))
    source, target = kernels.scores("source"), kernels.scores("target")
    source = [x[np.ix_(permutation, permutation)] for x in source]
    if relation in ("pair-map", "linear"):
        source, target = (
            [x / np.sqrt(np.outer(np.diag(side[0]), np.diag(side[0]))) for x in side] for side in (source, target)
        )
    return close(source, target)


def fails_is_true(kernels: Kernels, relation: str) -> bool:
    """The relation is refuted by numbers found here, not by those of the certificate."""
    if relation == "identical":
        return not close(kernels.all("source"), kernels.all("target"))
    source, target = kernels.scores("source"), kernels.scores("target")
    if relation == "equal-scores":
        return not close(source, target)
    if relation == "permutation":
        return not close(words(source), words(target))
    return not close(words(relative(source)), words(relative(target)))


def stated_numbers(kernels: Kernels, fails: Json) -> tuple[float, float]:
    """The two numbers that a refutation puts into intervals."""

    def token(value: Json) -> tuple[int, dict[str, float]]:
        return value["feed"], {name: float(Fraction(text)) for name, text in value["position"].items()}

    def score(side: str, one: Json, two: Json) -> float:
        a, b = fails["lanes"]
        return float((kernels.matrix(side, *token(one)).T @ kernels.matrix(side, *token(two)))[a, b])

    def trace(side: str) -> float:
        origin = (0, dict.fromkeys(kernels.coordinates[0], 0.0))
        start = kernels.matrix(side, *origin)
        weight = np.linalg.matrix_power(start.T @ start, fails["power"] + 1)
        for feed, part in enumerate(fails["position"]):
            values = {name: float(Fraction(text)) for name, text in part.items()}
            offset = int(values.pop("1", 0))
            own = kernels.matrix(side, feed, dict.fromkeys(values, 0.0))
            moved = kernels.matrix(side, feed, values)
            weight = weight @ np.linalg.matrix_power(np.linalg.solve(start.T @ start, start.T @ own), offset)
            weight = weight @ np.linalg.solve(own.T @ own, own.T @ moved)
        return float(np.trace(weight))

    match fails["kind"]:
        case "entry":
            row, column = fails["lanes"]
            at = token(fails["tokens"][0])
            return kernels.matrix("source", *at)[row, column], kernels.matrix("target", *at)[row, column]
        case "score":
            return score("source", *fails["tokens"]), score("target", *fails["tokens"])
        case "not-relative":
            q1, k1, q2, k2 = fails["tokens"]
            return score(fails["side"], q1, k1), score(fails["side"], q2, k2)
    return trace("source"), trace("target")


def is_true(root: Json) -> bool:
    """Everything that a certificate states is true, as far as float64 can tell."""
    kernels = Kernels(root)
    holds, fails = root["holds"], root["fails"]
    if holds is not None and not holds_is_true(kernels, holds["relation"], holds["permutation"]):
        return False
    if fails is None:
        return True
    names = ("first", "second") if fails["kind"] == "not-relative" else ("source", "target")
    within = all(
        float(Fraction(low)) - 1e-6 <= value <= float(Fraction(high)) + 1e-6
        for (low, high), value in zip((fails[n] for n in names), stated_numbers(kernels, fails), strict=True)
    )
    return within and fails_is_true(kernels, fails["relation"])


def places(value: Json, path: Path = ()) -> Iterator[Path]:
    """The paths of all values below the root, branches included."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))


def get(root: Json, path: Path) -> Json:
    for step in path:
        root = root[step]
    return root


def put(root: Json, path: Path, value: Json) -> Json:
    found = copy.deepcopy(root)
    get(found, path[:-1])[path[-1]] = value
    return found


def other_values(value: Json) -> list[Json]:
    """What a value is changed to: its own kind first, then other kinds."""
    if value is None:
        return [{}, [], False, "0"]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, bool(value), str(value), None, 10**9]
    if isinstance(value, str):
        last = re.sub(r"\d(?=\D*\Z)", lambda digit: str((int(digit[0]) + 1) % 10), value)
        return [
            "",
            "?",
            "-" + value,
            value + "0",
            "1" + value,
            last,
            value[1:],
            value + " + 1/7",
            "0",
            None,
            [value],
            1,
        ]
    if isinstance(value, list):
        return [value[:-1], value[1:], value[::-1], [*value, *value[-1:]], [], {}, None]
    without = [{k: v for k, v in value.items() if k != key} for key in value]
    renamed = [{("zz" if k == key else k): v for k, v in value.items()} for key in value]
    return [*without, *renamed, value | {"zz": "1"}, value | {"1": "1"}, {}, [], None]


def differs(one: Json, two: Json) -> bool:
    return json.dumps(one, sort_keys=True) != json.dumps(two, sort_keys=True)


def changes(root: Json) -> Iterator[tuple[Path, Json]]:
    for path in places(root):
        if path == ("digest",):
            continue
        for value in other_values(get(root, path)):
            if differs(value, get(root, path)):
                yield path, put(root, path, value)
    for key in root:
        yield (key,), {k: v for k, v in root.items() if k != key}
    yield (), root | {"zz": None}


def fault_in(changed: Json) -> str:
    """Why a changed certificate under a fresh digest is neither rejected nor true; empty if it is."""
    try:
        if not accepted(finish(changed)):
            return ""
    except Exception as fault:
        return f"the checker breaks off: {fault!r}"
    try:
        return "" if is_true(changed) else "accepted and false"
    except (ArithmeticError, LookupError, NameError, SyntaxError, TypeError, ValueError, AttributeError) as fault:
        return f"accepted and malformed: {fault!r}"


def pattern(path: Path) -> str:
    return "/".join("*" if isinstance(step, int) else step for step in path)


names = pytest.mark.parametrize("name", CLAIMS)


@names
def test_is_accepted_and_true(name: str) -> None:
    """The untouched certificate is accepted with the expected rungs, and brute force agrees."""
    text = certificate(name)
    assert CLAIMS[name][3] == checker.check(text)
    assert is_true(json.loads(text))


@names
def test_a_change_under_the_old_digest_is_rejected(name: str) -> None:
    """Whatever is changed, the old digest does not cover it."""
    root = json.loads(certificate(name))
    survivors = [path for path, changed in changes(root) if accepted(checker.canonical(changed))]
    assert [] == survivors


@names
@pytest.mark.parametrize("part", few(range(4), 4))
def test_a_change_under_a_fresh_digest_is_rejected_or_true(name: str, part: int) -> None:
    """With the digest computed afresh, what is still accepted is still true. Each part is every fourth change."""
    root = json.loads(certificate(name))
    some = islice(changes(root), part, None, 4)
    assert set() == {(pattern(path), fault) for path, changed in some if (fault := fault_in(changed))}


@names
def test_only_names_carry_no_meaning(name: str) -> None:
    """The fields that take any text are those of the table, and no others."""
    root = json.loads(certificate(name))
    leaves = [p for p in places(root) if not isinstance(get(root, p), (dict, list)) and p != ("digest",)]
    free = {pattern(path) for path in leaves if accepted(finish(put(root, path, "?")))}
    assert set(NAMES) == free


@names
def test_a_statement_made_stronger_is_rejected_or_true(name: str) -> None:
    """Another relation in the witness or in the refutation is accepted only where it is true."""
    root = json.loads(certificate(name))
    for part, relation in product(("holds", "fails"), checker.RUNGS):
        if root[part] is not None:
            changed = put(root, (part, "relation"), relation)
            assert not accepted(finish(changed)) or is_true(changed)


@names
def test_a_key_written_twice_is_rejected(name: str) -> None:
    """A second value for a key, in front of the one that a reader would take, is rejected."""
    text = certificate(name)
    for found in re.finditer(r'"[^"]+":', text):
        changed = text[: found.start()] + found[0] + "null," + text[found.start() :]
        assert json.loads(text) == json.loads(changed)
        assert not accepted(changed)


@names
def test_a_truncated_certificate_is_rejected(name: str) -> None:
    """No beginning of a certificate is a certificate."""
    text = certificate(name)
    survivors = [end for end in (*range(0, len(text), 5), len(text) - 1) if accepted(text[:end])]
    assert [] == survivors


@names
def test_a_changed_byte_is_rejected(name: str) -> None:
    """No character of a certificate can be replaced, doubled or dropped."""
    text = certificate(name)
    for index in range(0, len(text), 7):
        letter = "1" if text[index] != "1" else "2"
        for changed in (letter, text[index] * 2, ""):
            assert not accepted(text[:index] + changed + text[index + 1 :])


@names
def test_sides_exchanged(name: str) -> None:
    """Source and target exchanged, with or without their feeds and intervals, is rejected or true."""
    root = json.loads(certificate(name))
    swapped = root | {"source": root["target"], "target": root["source"]}
    feeds = [f | {"source": f["target"], "target": f["source"]} for f in root["feeds"]]
    candidates = [swapped, root | {"feeds": feeds}, swapped | {"feeds": feeds}]
    if root["fails"] is not None:
        one, two = ("first", "second") if root["fails"]["kind"] == "not-relative" else ("source", "target")
        fails = root["fails"] | {one: root["fails"][two], two: root["fails"][one]}
        candidates += [each | {"fails": fails} for each in (root, *candidates)]
    for changed in candidates:
        assert not accepted(finish(changed)) or is_true(changed)


@pytest.mark.parametrize(("one", "two"), [(a, b) for a in CLAIMS for b in CLAIMS if a != b])
def test_evidence_of_another_claim(one: str, two: str) -> None:
    """The evidence of one certificate under the layouts of another is rejected or true."""
    root, other = json.loads(certificate(one)), json.loads(certificate(two))
    changed = root | {"holds": other["holds"], "fails": other["fails"]}
    assert not accepted(finish(changed)) or is_true(changed)


def test_the_truth_test_can_fail() -> None:
    """The brute force calls false what is false, for every relation."""
    root = json.loads(certificate("permutation against a score"))
    for relation in checker.RUNGS[:2]:
        wrong = root | {"holds": {"relation": relation, "permutation": list(range(6))}, "fails": None}
        assert not is_true(wrong)
    torn = root["holds"] | {"permutation": [1, 0, 2, 3, 4, 5]}
    for relation in checker.RUNGS[2:]:
        assert not is_true(root | {"holds": torn | {"relation": relation}, "fails": None})
        assert not fails_is_true(Kernels(root), relation)


FREQUENCIES = ("0", "1", "-1", "1*pi", "-1*pi", "2*pi", "1/2*pi", "-1/2*pi", "1 + 2*pi", "1*2^1/2")
TURNED = {
    "0": "2*pi", "1": "1 + 2*pi", "-1": "-1 + 2*pi", "1*pi": "3*pi", "-1*pi": "1*pi", "2*pi": "4*pi",
    "1/2*pi": "5/2*pi", "-1/2*pi": "3/2*pi", "1 + 2*pi": "1 + 4*pi", "1*2^1/2": "2*pi + 1*2^1/2",
}
SINES = ("second_angle", "sine_angle", "second_sine_angle")
PHASES = ("0", "1/2*pi", "-1/2*pi", "1*pi", "2*pi", "1")


def random_layout(random: np.random.Generator, positions: str) -> Json:
    """A head of four lanes: pairs, passes, phases, second angles and moved writes at random."""
    read, write = (list(map(int, random.permutation(4))) for _ in range(2))
    write = read if random.random() < 0.6 else write
    count = int(random.integers(0, 3))

    def angle() -> Json:
        found = {"p": str(random.choice(FREQUENCIES))}
        return found | ({"1": str(random.choice(PHASES))} if random.random() < 0.4 else {})

    pairs = [
        {
            "read": read[2 * i : 2 * i + 2],
            "write": write[2 * i : 2 * i + 2],
            "angle": angle(),
            "second_angle": angle() if random.random() < 0.15 else None,
            "magnitude": "2" if random.random() < 0.2 else "1",
        }
        | ({name: angle() for name in SINES} if random.random() < 0.15 else {})
        for i in range(count)
    ]
    passes = [list(move) for move in zip(read[2 * count :], write[2 * count :], strict=True)]
    return {"name": "", "width": 4, "axes": ["p"], "positions": positions, "pairs": pairs, "passes": passes}


def variant(random: np.random.Generator, layout: Json) -> Json:
    """A layout that is often equivalent: lanes relabelled, directions, whole turns and phases changed."""
    found = copy.deepcopy(layout)
    relabel = list(map(int, random.permutation(4))) if random.random() < 0.5 else [0, 1, 2, 3]
    for pair in found["pairs"]:
        pair["read"], pair["write"] = [relabel[x] for x in pair["read"]], [relabel[x] for x in pair["write"]]
        if random.random() < 0.3:
            pair["read"], pair["write"] = pair["read"][::-1], pair["write"][::-1]
        if random.random() < 0.3:
            pair["angle"]["1"] = str(random.choice(PHASES))
        if random.random() < 0.3:
            pair["angle"]["p"] = TURNED[pair["angle"]["p"]]
        if random.random() < 0.1:
            pair["angle"]["p"] = str(random.choice(FREQUENCIES))
    found["passes"] = [[relabel[a], relabel[b]] for a, b in found["passes"]]
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.slow
def test_random_witnesses_are_rejected_or_true(seed: int) -> None:
    """Of random layouts, relations and permutations the checker accepts only what brute force confirms."""
    random = np.random.default_rng(seed)
    confirmed = 0
    for _ in range(40):
        positions = str(random.choice(["integer", "real"]))
        source = random_layout(random, positions)
        target = variant(random, source) if random.random() < 0.8 else random_layout(random, positions)
        forms = [{"p": {"p": "1"} | ({"1": "1"} if random.random() < 0.3 else {})} for _ in range(4)]
        feeds = [
            {"name": "", "coordinates": ["p"], "source": forms[2 * i], "target": forms[2 * i + 1]}
            for i in range(int(random.integers(1, 3)))
        ]
        body = {"schema": checker.SCHEMA, "source": source, "target": target, "feeds": feeds, "fails": None}
        for relation, lanes in product(checker.RUNGS, [[0, 1, 2, 3], *(list(map(int, random.permutation(4))),) * 2]):
            claim = body | {"holds": {"relation": relation, "permutation": lanes}}
            fault = fault_in(claim)
            assert "" == fault, claim
            confirmed += accepted(finish(claim))
    assert confirmed > 5
