"""Certificates about bits with every field changed: what is accepted is true by the evaluator written apart."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bits_oracle
import pytest
from bits_statements import AS_WRITTEN, JSON, both, changed, differing, equal, kernel, sealed

from prover.bits_checker import FORMATS, WAYS, NotShown, Rejected, check, number
from prover.resources import shipped_bitwise
from sampling import few

UNCHECKED = {"name"}  # of kernels and feeds: what they are called is said in quotes and proves nothing
SHIPPED = {path.stem: path.with_suffix(".json") for path in shipped_bitwise()}
RICH = kernel(
    parameters=[["base", "10000"], ["list", ["3", "1/3"]], ["on", "1"]],
    exact_let=[["slot", "min(j, 1) // 1"], ["half", "1/2"]], exact_states=[["count", "0", "count + 1"]],
    let=[["f", "base**(-slot/2) if on and count >= 0 else list[1]"]], states=[["turn", "p*1", "turn*f + 0"]],
    angle="turn*f + list[0]*half", magnitude="max(1, half)",
    rotated=["fma(x, cos, -y*sin)", "x*sin + y*cos"], table="bfloat16", head="bfloat16", least="1/1024",
)
SMALL: dict[str, JSON] = {
    "equal": equal(RICH, json.loads(json.dumps(RICH))),
    "equal, contracted": equal(kernel(head="float16", table="float16"),
                               kernel(head="float16", table="float16", contract=True)),
    "different": differing(equal(RICH, kernel(head="bfloat16", table="bfloat16"))) or {},
    "different, contracted": differing(equal(kernel(), kernel(contract=True))) or {},
    "different, two feeds": differing({**equal(kernel(), kernel(angle="p*f*0.7")), "feeds": [
        {"name": name, "coordinates": ["p", "q"], "source": {"p": {"p": "1", "q": "2"}},
         "target": {"p": {"p": "1", "q": "2", "1": "-3"}}} for name in ("one", "two")]}) or {},
}


def leaves(at: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(at, (dict, list)) and at:
        for key, value in at.items() if isinstance(at, dict) else enumerate(at):
            yield from leaves(value, (*path, key))
    else:
        yield path, at


OTHER = {
    "<=": "<", ">=": ">", "==": "!=", "!=": "==", "**": "*", "*": "+", "//": "/", "%": "//", "<": "<=", ">": ">=",
    "+": "-", "-": "+", "and": "or", "or": "and", "x": "y", "cos": "sin", "sin": "cos", "min": "max", "max": "min",
    "/": "*", "fma": "max", "p": "j", "base": "2",
}


def tampered(value: Any) -> Iterator[Any]:
    """Other values in its place: texts with another number, sign, or name; bits with one that is flipped."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, True, str(value))
    elif not isinstance(value, str):
        yield from (["1"], {"p": 1}, None)
    elif value in FORMATS:
        yield from [kind for kind in FORMATS if kind != value]
    elif value in WAYS:
        yield from [way for way in WAYS if way != value]
    elif value.startswith("0x"):
        yield from (f"0x{int(value, 16) ^ 1 << bit:0{len(value) - 2}x}" for bit in (0, 4 * (len(value) - 2) - 1))
    else:
        for found in re.finditer(r"\d+|<=|>=|==|!=|\*\*|//|[-+*/%<>]|\b[a-z]+\b", value):
            new = OTHER.get(found[0]) or (str(int(found[0]) + 1) if found[0].isdigit() else "1")
            yield value[: found.start()] + new + value[found.end() :]
        yield from ("1", "", "p # 1", value + "\n#")


def true(root: JSON, tries: int) -> bool:
    """Whether the statement is so, as far as the oracle tells; of a difference all of it."""
    answer = root["answer"]
    if answer["bits"] == "equal":
        return differing(root, tries) is None
    kind = root["source"]["recipe"]["head"]
    head = [bits_oracle.from_bits(0, kind)] * root["source"]["width"]
    for lane, bits in answer["head"]:
        head[lane] = bits_oracle.from_bits(int(bits, 16), kind)
    found = both(root, answer["feed"], answer["position"], head, answer["compiled"])
    outputs = [side[answer["lane"]] for side in found]
    return outputs == answer["outputs"] and outputs[0] != outputs[1]


def lies(root: JSON, path: tuple[Any, ...], value: Any, tries: int) -> str | None:
    """What was accepted although it is false, or nothing."""
    other = changed(root, list(path), value)
    try:
        check(sealed(other))
    except (Rejected, NotShown):
        return None
    return None if true(other, tries) else f"{path}: {value!r}"


@pytest.mark.parametrize("name", SMALL)
def test_every_field_of_small_certificates(name: str) -> None:
    """With a digest that fits: it is refused, or what it states now is true."""
    root = SMALL[name]
    assert check(sealed(root))
    asked = [(path, value) for path, own in leaves(root) if path[-1] not in UNCHECKED for value in tampered(own)]
    assert len(asked) > 150
    found = [lies(root, path, value, 6) for path, value in asked]
    assert [] == [each for each in found if each]


@pytest.mark.parametrize("name", SMALL)
def test_most_changes_of_the_answer_are_refused(name: str) -> None:
    """Of what is stated, not of the recipes: only another position at which the same is so can pass."""
    root = SMALL[name]
    kept = []
    for path, own in leaves(root["answer"]):
        for value in tampered(own):
            other = changed(root, ["answer", *path], value)
            try:
                check(sealed(other))
            except (Rejected, NotShown):
                continue
            kept.append(path)
            assert true(other, 12)
    assert {path[0] for path in kept} <= {"points", "position", "head", "lane", "feed", "compiled"}
    assert not {("bits",), ("outputs", 0), ("outputs", 1)} & set(kept)


@pytest.mark.parametrize("name", SMALL)
def test_fields_that_are_left_out_or_too_many_are_refused(name: str) -> None:
    """At every depth."""
    root = SMALL[name]

    def objects(at: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        if isinstance(at, dict):
            yield path
        for key, value in at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ():
            yield from objects(value, (*path, key))

    for path in objects(root):
        for spoil in (lambda at: at.pop(next(iter(at)), None), lambda at: at.update(more="1")):
            other = json.loads(json.dumps(root))
            at = other
            for key in path:
                at = at[key]
            spoil(at)
            text = sealed(other)
            if "feeds" not in path:
                with pytest.raises((Rejected, NotShown)):
                    check(text)
                continue
            try:
                check(text)
            except (Rejected, NotShown):
                continue
            # What an axis gets is another thing now, and so is what is stated.
            assert path[2] in ("source", "target")
            assert true(other, 12)


@pytest.mark.parametrize("path", few(SHIPPED, 8))
def test_every_kind_of_field_of_shipped_certificates(path: Path) -> None:
    """One of each kind, as lists of lanes are long: refused, or true at a few positions."""
    root = json.loads(path.read_text())
    draw, kinds = random.Random(9), dict[str, tuple[tuple[Any, ...], Any]]()
    found = list(leaves(root))
    draw.shuffle(found)
    for where, own in found:
        if where[-1] not in UNCHECKED:
            kinds.setdefault("/".join("*" if isinstance(key, int) else key for key in where), (where, own))
    spoiled = []
    for where, own in kinds.values():
        values = list(tampered(own))
        spoiled += [lies(root, where, value, 2) for value in draw.sample(values, min(1, len(values)))]
    assert [] == [each for each in spoiled if each]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_change_without_a_fresh_digest_is_rejected(name: str) -> None:
    """Every byte that is a digit or a letter, sampled; a text cut anywhere."""
    text = SHIPPED[name].read_text()
    assert check(text)
    draw = random.Random(3)
    for _ in range(200):
        at = draw.randrange(len(text))
        other = text[:at] + chr((ord(text[at]) - 31) % 95 + 32) + text[at + 1 :]
        for spoiled in (other, text[:at]):
            with pytest.raises((Rejected, NotShown)):
                check(spoiled)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_certificates_are_true(name: str) -> None:
    """By the evaluator written apart: the stated bits are what it comes to; equal bits are equal at a few positions."""
    root = json.loads(SHIPPED[name].read_text())
    assert true(root, 3)
    assert {"equal": "equal", "different": "different"}[root["answer"]["bits"]] == check(sealed(root)).bits
    if root["answer"]["bits"] == "different":
        kind = root["source"]["recipe"]["head"]
        assert len({number(bits, kind) for bits in root["answer"]["outputs"]}) == 2
        if not any(root[side]["recipe"]["contract"] for side in ("source", "target")):
            assert [AS_WRITTEN] * 2 == root["answer"]["compiled"]
