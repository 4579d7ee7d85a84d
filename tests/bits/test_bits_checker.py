"""The checker of bits: which laws it admits, and what it rejects, against an evaluator written apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import bits_oracle
import pytest
from bits_statements import AS_WRITTEN, JSON, changed, differing, equal, feed, kernel, sealed

from prover import bits_checker
from prover.bits_checker import NotShown, Rejected, check

CONTRACTED: JSON = {"contract": True}
NARROW: JSON = {"head": "float16", "table": "float16"}
BRAIN: JSON = {"head": "bfloat16", "table": "bfloat16"}
ROTATED = ["x*cos - y*sin", "x*sin + y*cos"]

EQUAL: dict[str, tuple[JSON, JSON]] = {
    "the same": ({}, {}),
    "sums commute": ({}, {"rotated": ["-(y*sin) + x*cos", "y*cos + x*sin"]}),
    "products commute": ({}, {"rotated": ["cos*x - sin*y", "sin*x + cos*y"]}),
    "a minus out of a product": ({}, {"rotated": ["x*cos + -y*sin", "-x*-sin + y*cos"]}),
    "a - b is a + (-b)": ({}, {"rotated": ["x*cos + y*-sin", "x*sin - -y*cos"]}),
    "a minus out of a quotient": ({"angle": "p/base"}, {"angle": "-p/-base"}),
    "two minuses": ({}, {"angle": "--p*-(-f)"}),
    "times 1": ({}, {"rotated": ["1*x*cos - y*sin", "x*sin*1 + y*cos"], "angle": "p*1*f"}),
    "divided by 1": ({}, {"angle": "p*f/1"}),
    "fused with a product by 1": ({"rotated": ["fma(1, x, 0)*cos - y*sin", ROTATED[1]]},
                                  {"rotated": ["(x + 0)*cos - y*sin", ROTATED[1]]}),
    "factors of a fused product": ({"rotated": ["fma(x, cos, -y*sin)", "fma(x, sin, y*cos)"]},
                                   {"rotated": ["fma(-cos, -x, y*-sin)", "fma(sin, x, cos*y)"]}),
    "a minus in a fused product": ({"rotated": ["fma(-y, sin, x*cos)", ROTATED[1]]},
                                   {"rotated": ["fma(y, -sin, x*cos)", ROTATED[1]]}),
    "fused where the product is exact": (NARROW, {**NARROW, "rotated": ["fma(x, cos, -y*sin)", "fma(y, cos, x*sin)"]}),
    "contracted where products are exact": (NARROW, {**NARROW, **CONTRACTED}),
    "both contracted where products are exact": ({**NARROW, **CONTRACTED}, {**NARROW, **CONTRACTED}),
    "a least size that makes products exact": ({**BRAIN, "least": "1/1152921504606846976"}, {**BRAIN, **CONTRACTED}),
    "contraction with no product in a sum": ({"angle": "p + base", **NARROW},
                                             {"angle": "p + base", **NARROW, **CONTRACTED}),
    "a name written out": ({}, {"angle": "p*base**(-slot/2)", "let": []}),
    "a parameter as a number": ({}, {"angle": "p*10000**(-slot/2)"}),
    "another way of saying an index": ({}, {"let": [["f", "base**(-(2*j - j)/2)"]]}),
    "a choice made": ({}, {"angle": "p*f if j < base/2 and not slot == 5 else 7*p"}),
    "an entry, a sum, a length": ({"angle": "p*3"}, {"angle": "p*list[0] if sum(list) > 3 else p*len(list)"}),
    "exact arithmetic of the layout": ({"angle": "p*0.5"}, {"angle": "p*half", "exact_let": [
        ["slot", "j % 2"], ["half", "max(1/4, min(1/2, 7), floor(-0.5)) + abs(0*len(list)) + ceil(-1/3)"]]}),
    "exact powers and choices of the layout": ({"angle": "p*0.125"}, {"angle": "p*part", "exact_let": [
        ["slot", "j % 2"], ["part", "2**(-3) if slot < 2 and list[0] == 3 else 0**0"]]}),
    "a name as a condition": ({}, {"angle": "7*p if slot < 0 or False else p*f if base and True else p"}),
    "exact extremes": ({"angle": "p*3"}, {"angle": "p*max(list[1], abs(-3), min(list))*1 if max(list) == 3 else p"}),
    "a running product": (
        {"states": [["turn", "p", "turn*f"]], "angle": "turn", "let": [["f", "base**(-1/2)"]]},
        {"angle": "p if j == 0 else p*f", "let": [["f", "base**(-1/2)"]]}),
    "what is carried exactly": ({"exact_states": [["slot", "0", "slot + 1"]], "exact_let": []}, {}),
    "numbers that round alike": ({"angle": "p*0.1"}, {"angle": "p*0.1000000001"}),
    "lanes that pass": ({"lanes": [[0, 2, 2, 0]]},
                        {"lanes": [[0, 2, 2, 0]], "rotated": ["-y*sin + x*cos", ROTATED[1]]}),
}

UNLIKE: dict[str, tuple[JSON, JSON]] = {
    "products do not associate": ({"angle": "p*f*0.3"}, {"angle": "p*(f*0.3)"}),
    "sums do not associate": ({"angle": "p + f + 0.3"}, {"angle": "p + (f + 0.3)"}),
    "products do not distribute": ({"angle": "p*(f + 0.3)"}, {"angle": "p*f + p*0.3"}),
    "a quotient is no product": ({"angle": "p/base"}, {"angle": "p*(1/base)"}),
    "quotients do not commute": ({"angle": "p/base"}, {"angle": "base/p if j < 0 else base/(p + 1)"}),
    "differences do not commute": ({}, {"rotated": ["y*sin - x*cos", ROTATED[1]]}),
    "a minus stays in a sum": ({}, {"rotated": [ROTATED[0], "-(-(x*sin) - y*cos)"]}),
    "a minus stays in an angle": ({}, {"angle": "-p*f"}),
    "minus of zero": ({}, {"rotated": [ROTATED[0], "0 + (x*sin + y*cos)"]}),
    "fused and not": ({}, {"rotated": ["fma(x, cos, -y*sin)", ROTATED[1]]}),
    "the other product fused": ({"rotated": ["fma(x, cos, -y*sin)", ROTATED[1]]},
                                {"rotated": ["fma(-y, sin, x*cos)", ROTATED[1]]}),
    "a minus in front of a fused sum": ({"rotated": ["fma(-y, sin, x*cos)", ROTATED[1]]},
                                        {"rotated": ["-fma(y, sin, x*cos)", ROTATED[1]]}),
    "contracted in float32": ({}, CONTRACTED),
    "contracted in angles": ({"angle": "p*f + 0.3*p", **NARROW}, {"angle": "p*f + 0.3*p", **NARROW, **CONTRACTED}),
    "both contracted in float32": (CONTRACTED, CONTRACTED),
    "another constant": ({"angle": "p*0.1"}, {"angle": "p*0.1000001"}),
    "another parameter": ({}, {"parameters": [["base", "10001"]]}),
    "another pair's lanes": ({}, {"lanes": [[0, 2, 0, 2], [3, 1, 3, 1]]}),
    "written elsewhere": ({}, {"lanes": [[0, 2, 1, 3], [1, 3, 0, 2]]}),
    "a pair that passes": ({}, {"lanes": [[0, 2, 0, 2]]}),
    "another format of angles": ({}, {"precision": "float64"}),
    "another format of the table": ({}, {"table": "bfloat16"}),
    "another format of the rotation": ({}, {"rotation": "float64"}),
    "another magnitude": ({}, {"magnitude": "1.5"}),
    "a step of the wrong pair": (
        {"states": [["turn", "p", "turn*f"]], "angle": "turn"}, {"angle": "p if j == 0 else p*f"}),
    "the other case": ({}, {"angle": "p*f if slot < 1 else p*f*f"}),
    "another entry": ({"angle": "p*list[0]"}, {"angle": "p*list[1]"}),
    "rounded twice and once": ({"angle": "p*(1/10 + 1/7)"}, {"angle": "p*third",
                                                            "exact_let": [["slot", "j % 2"], ["third", "17/70"]]}),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_the_same_is_accepted(name: str) -> None:
    """Each is so by one law; the evaluator written apart finds no position where bits differ."""
    root = equal(*(kernel(**changes) for changes in EQUAL[name]))
    assert "equal" == check(sealed(root)).bits
    assert None is differing(root, 12)


@pytest.mark.parametrize("name", UNLIKE)
def test_what_is_not_the_same_is_rejected(name: str) -> None:
    """Each differs somewhere by the evaluator written apart, and there the checker comes to the same bits."""
    root = equal(*(kernel(**changes) for changes in UNLIKE[name]))
    with pytest.raises(Rejected, match="the operations for lane"):
        check(sealed(root))
    found = differing(root)
    assert found is not None
    assert "different" == check(sealed(found)).bits
    for which in (0, 1):
        bits = found["answer"]["outputs"][which]
        other = f"0x{int(bits, 16) ^ 1:0{len(bits) - 2}x}"
        with pytest.raises(Rejected, match="comes out as"):
            check(sealed(changed(found, ["answer", "outputs", which], other)))


TRUE_BUT_NOT_SEEN: dict[str, tuple[JSON, JSON]] = {
    "a quotient of two numbers": ({"angle": "p*(1/2)"}, {"angle": "p*0.5"}),
    "twice is a sum": ({"angle": "p*2"}, {"angle": "p + p"}),
}


@pytest.mark.parametrize("name", TRUE_BUT_NOT_SEEN)
def test_what_is_true_by_other_laws_is_not_accepted(name: str) -> None:
    """Only the laws that are listed are used."""
    with pytest.raises(Rejected, match="the operations for lane"):
        check(sealed(equal(*(kernel(**changes) for changes in TRUE_BUT_NOT_SEEN[name]))))


def refusals() -> dict[str, tuple[JSON, str]]:
    """What is wrong with a certificate whose digest fits, and what the checker says."""
    good = equal(kernel(), kernel())
    different = differing(equal(kernel(), kernel(angle="p*f*f*3")))
    assert different is not None

    def of(path: list[Any], value: Any, root: JSON = good) -> JSON:
        return changed(root, path, value)

    recipe: list[Any] = ["target", "recipe"]
    return {
        "another schema": (of(["schema"], "rope-prover/certificate/1"), "its schema"),
        "a field more": ({**good, "more": 1}, "exactly the fields"),
        "no answer of two": (of(["answer", "bits"], "unlike"), "equal or different"),
        "no feeds": ({**good, "feeds": [], "answer": {"bits": "equal", "points": []}}, "feeds: expected some"),
        "no position for a feed": (of(["answer", "points"], []), "list of 1"),
        "a position of another coordinate": (of(["answer", "points", 0], {"q": 1}), "other coordinates"),
        "a position that is not whole": (of(["answer", "points", 0], {"p": True}), "whole number"),
        "a negative position": (of(["answer", "points", 0], {"p": -1}), "whole number"),
        "heads of unlike width": (of(["target", "width"], 5), "unlike width"),
        "heads of unlike formats": (of([*recipe, "head"], "float16"), "unlike formats"),
        "an unknown format": (of([*recipe, "table"], "float8"), "unknown format"),
        "contract as a word": (of([*recipe, "contract"], "allowed"), "true or false"),
        "a least size that is no power of two": (of([*recipe, "least"], "1/3"), "power of two"),
        "a least size above 1": (of([*recipe, "least"], "2"), "power of two"),
        "a lane outside": (of(["target", "lanes", 0, 0], 4), "whole number"),
        "a lane twice": (of(["target", "lanes", 0, 0], 1), "belongs to two pairs"),
        "a lane written twice": (of(["target", "lanes", 0, 2], 1), "belongs to two pairs"),
        "a parameter called like an axis": (of(["target", "parameters", 0, 0], "p"), "two things of one name"),
        "a parameter called like a let": (of(["target", "parameters", 0, 0], "f"), "two things of one name"),
        "a parameter called like a function": (of(["target", "parameters", 0, 0], "max"), "two things of one name"),
        "a parameter called j": (of(["target", "parameters", 0, 0], "j"), "two things of one name"),
        "a let called like a layout's": (of([*recipe, "let", 0, 0], "slot"), "two things of one name"),
        "an axis called like a word": (of(["target", "axes"], ["if"]), "of other axes|two things of one name"),
        "a name that is none": (of(["target", "parameters", 1, 0], "a b"), "two things of one name"),
        "a name twice": (of(["target", "parameters", 1, 0], "base"), "a name twice"),
        "a number not in lowest terms": (of(["target", "parameters", 0, 1], "20000/2"), "lowest terms"),
        "a decimal as a parameter": (of(["target", "parameters", 0, 1], "1e4"), "lowest terms"),
        "no number": (of(["target", "parameters", 0, 1], "nan"), "lowest terms"),
        "an unknown name": (of([*recipe, "angle"], "p*g"), "unknown name"),
        "an unknown name in a case not taken": (of([*recipe, "angle"], "p*f if 1 < 2 else g"), "unknown name"),
        "an axis in a condition": (of([*recipe, "angle"], "p*f if p < 2 else p*f"), "no value here without rounding"),
        "a rounded let in a condition": (of([*recipe, "angle"], "p*f if f < 2 else p*f"), "without rounding"),
        "an axis in a layout's let": (of(["target", "let", 0, 1], "p"), "no value here without rounding"),
        "a rounded let in a layout's": (of(["target", "let", 0, 1], "f"), "unknown name"),
        "an axis by its place": (of([*recipe, "angle"], "axes[0]"), "no such entry"),
        "a list as a number": (of([*recipe, "angle"], "p*list"), "a list"),
        "an entry that there is not": (of([*recipe, "angle"], "p*list[2]"), "no such entry"),
        "an entry before the first": (of([*recipe, "angle"], "p*list[-1]"), "no such entry"),
        "an index that is not whole": (of([*recipe, "angle"], "p*list[1/2]"), "no such entry"),
        "a condition as a number": (of([*recipe, "angle"], "p*(1 < 2)"), "condition"),
        "a number as a condition": (of([*recipe, "angle"], "p if 2*3 else p"), "condition is expected"),
        "a remainder of what is rounded": (of([*recipe, "angle"], "p % 2"), "not of whole numbers|is not of whole"),
        "a rotation by the angle": (of([*recipe, "rotated", 0], "x*cos - y*sin*p"), "unknown name"),
        "a rotation with a quotient": (of([*recipe, "rotated", 0], "x*cos - y*sin/1"), "a rotation has only"),
        "a rotation with a choice": (of([*recipe, "rotated", 0], "x if 1 < 2 else y"), "a rotation has only"),
        "cos in an angle": (of([*recipe, "angle"], "cos(p)"), "no function cos"),
        "a comment": (of([*recipe, "angle"], "p*f # *2"), "no expression"),
        "a comment on a line of its own": (of([*recipe, "angle"], "p*f\n# *2"), "no expression"),
        "a line joined": (of([*recipe, "angle"], "p*\\\nf"), "no expression"),
        "letters that look alike": (of([*recipe, "angle"], "\u0440*f"), "no expression"),
        "digits of another script": (of([*recipe, "angle"], "p*\u0663"), "no expression"),
        "a number run into a name": (of([*recipe, "angle"], "2p"), "no expression"),
        "a hexadecimal number": (of([*recipe, "angle"], "p*0x10"), "no expression"),
        "an empty text": (of([*recipe, "angle"], ""), "no expression"),
        "two texts": (of([*recipe, "angle"], "p, p"), "no expression"),
        "a parenthesis open": (of([*recipe, "angle"], "(p"), "is missing"),
        "an attribute": (of([*recipe, "angle"], "p.real"), "no expression"),
        "a walrus": (of([*recipe, "angle"], "(q := p)"), "no expression"),
        "a keyword argument": (of([*recipe, "angle"], "max(p, b=1)"), "no expression"),
        "pi where nothing is rounded": (of([*recipe, "angle"], "p*pi"), "pi in exact arithmetic"),
        "a root where nothing is rounded": (of(["target", "let", 0, 1], "sqrt(4)"), "sqrt in exact arithmetic"),
        "a power that is not rational": (of(["target", "let", 0, 1], "2**(1/2)"), "a power in exact arithmetic"),
        "0 to the -1 where nothing is rounded": (of(["target", "let", 0, 1], "0**(-1)"), "divided by 0"),
        "a large power": (of(["target", "let", 0, 1], "base**400"), "a number of this size"),
        "a let in a circle": (of([*recipe, "let"], [["f", "f"]]), "nested so deeply"),
        "a state before the first pair": (of([*recipe, "states"], [["s", "s", "s"]]), "without rounding"),
        "divided by 0": (equal(kernel(angle="p/(1 - 1)"), kernel(angle="p/(1 - 1)")), "divided by 0"),
        "index arithmetic by 0": (equal(kernel(angle="p*(7//0)"), kernel(angle="p*(7//0)")), "divided by 0"),
        "larger than float32 has": (equal(kernel(angle="p*1e39"), kernel(angle="p*1e39")), "too large for float32"),
        "a logarithm of 0": (equal(kernel(angle="p*log(0)"), kernel(angle="p*log(0)")), "gives no number"),
        "a root of -1": (equal(kernel(angle="p*sqrt(-1)"), kernel(angle="p*sqrt(-1)")), "gives no number"),
        "0 to the -1": (equal(kernel(angle="p*0**(-1)"), kernel(angle="p*0**(-1)")), "gives no number"),
        "-8 to a third": (equal(kernel(angle="p*(-8)**(1/3)"), kernel(angle="p*(-8)**(1/3)")), "gives no number"),
        "a feed of another axis": (of(["feeds", 0, "source"], {"q": {"p": "1"}}), "other axes"),
        "a feed of an unknown coordinate": (of(["feeds", 0, "source"], {"p": {"q": "1"}}), "unknown coordinates"),
        "half a position": (of(["feeds", 0, "source"], {"p": {"p": "1/2"}}), "not whole"),
        "no position at all": (of(["feeds", 0, "source"], {"p": {"p": "0"}}), "a factor is 0"),
        "a large factor": (of(["feeds", 0, "source"], {"p": {"p": "1048577"}}), "large"),
        "another feed": (of(["feeds", 0, "target"], {"p": {"p": "2"}}), "the operations for lane"),
        "a token on": (of(["feeds", 0, "target"], {"p": {"p": "1", "1": "1"}}), "the operations for lane"),
        "a lane that is not read": (
            of(["answer", "head"], [*different["answer"]["head"], [3, "0x00000000"]], different),
            "lanes that are read"),
        "a lane missing": (of(["answer", "head"], different["answer"]["head"][:1], different), "lanes that are read"),
        "infinity": (of(["answer", "head", 0, 1], "0x7f800000", different), "no finite number"),
        "not a number": (of(["answer", "head", 0, 1], "0xffc00000", different), "no finite number"),
        "bits of a wider format": (of(["answer", "head", 0, 1], "0x3ff0000000000000", different), "no finite number"),
        "bits of a narrower format": (of(["answer", "head", 0, 1], "0x3c00", different), "not the bits of"),
        "bits in capitals": (of(["answer", "head", 0, 1], "0x3F800000", different), "hexadecimal"),
        "a way that is none": (of(["answer", "compiled", 0], "fast", different), "not compiled so"),
        "fused where nothing is": (of(["answer", "compiled", 0], "first products fused", different), "not compiled so"),
        "the same bits": ({**good, "answer": {
            "bits": "different", "feed": 0, "position": {"p": 0}, "lane": 0, "compiled": [AS_WRITTEN] * 2,
            "head": [[0, "0x3f800000"], [2, "0x00000000"]], "outputs": ["0x3f800000"] * 2}}, "patterns are the same"),
        "a feed that there is not": (of(["answer", "feed"], 1, different), "whole number"),
    }


REFUSALS = refusals()


@pytest.mark.parametrize("name", REFUSALS)
def test_a_certificate_that_is_wrong_is_refused(name: str) -> None:
    """With the reason; a limit of the checker is no rejection."""
    root, reason = REFUSALS[name]
    with pytest.raises((Rejected, NotShown), match=reason):
        check(sealed(root))


@pytest.mark.parametrize(("path", "new", "told"), [
    (["schema"], "rope-prover/certificate/1", "its schema is not .*, but 'rope-prover/certificate/1'"),
    (["source"], {}, "source: expected exactly the fields .*; name is missing"),
    (["source", "lanes"], [[0, 2]], r"source.lanes: expected a list of 4, got \[0, 2\]"),
    (["target", "let"], "j", "target.let: expected a list, got 'j'"),
    (["target", "recipe", "head"], ["float32"], r"target.recipe: unknown format \[\['float32'\]\]; known are float16"),
    (["feeds", 0], None, "feeds.0: expected an object with the fields name"),
    (["answer"], None, "answer: expected an object"),
    (["answer", "bits"], ["equal"], r"answer: bits: expected equal or different, got \['equal'\]"),
    (["answer", "points"], [{}], "answer.points: a position has other coordinates"),
])
def test_what_is_malformed_is_told_with_its_place(path: list[str | int], new: object, told: str) -> None:
    """Where, what was expected there, and what was found."""
    root = json.loads(json.dumps(equal(kernel(), kernel())))
    place = root
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    with pytest.raises(Rejected, match=told):
        check(sealed(root))


def test_an_axis_may_get_the_same_number_always() -> None:
    """Fed a constant, an axis is that constant; fed nothing, it is 0."""
    fixed = {"name": "fixed", "coordinates": [], "source": {"p": {"1": "3"}}, "target": {"p": {}}}
    root = {**equal(kernel(), kernel(angle="(p + 0)*3*f")), "feeds": [fixed],
            "answer": {"bits": "equal", "points": [{}]}}
    with pytest.raises(Rejected, match="the operations for lane"):
        check(sealed(root))
    root["target"] = kernel(angle="3*f")
    assert "equal" == check(sealed(root)).bits
    found = differing({**root, "target": kernel()})
    assert found is not None
    assert "different" == check(sealed(found)).bits


def test_which_contraction_is_stated_counts() -> None:
    """The bits of one way are not those of another; each way's are accepted under its own name."""
    root = equal(kernel(), kernel(**CONTRACTED))
    found = differing(root)
    assert found is not None
    ways = {"first products fused", "last products fused"}
    own = found["answer"]["compiled"][1]
    accepted = {way for way in {*ways, AS_WRITTEN} if _is_accepted(changed(found, ["answer", "compiled", 1], way))}
    assert own in accepted
    assert AS_WRITTEN not in accepted
    with pytest.raises(Rejected, match="not compiled so"):
        check(sealed(changed(found, ["answer", "compiled", 0], own)))


def _is_accepted(root: JSON) -> bool:
    try:
        return bool(check(sealed(root)))
    except Rejected:
        return False


def test_the_least_size_is_demanded_of_heads_cosines_and_sines() -> None:
    """A position at which one is smaller shows nothing."""
    small = kernel(least="1/2", angle="p*f*f*3")
    found = differing(equal(kernel(least="1/2"), small), 2000)
    assert found is not None
    shown = [_is_accepted(found)]
    root = changed(changed(found, ["source", "recipe", "least"], "0"), ["target", "recipe", "least"], "0")
    assert _is_accepted(root)
    tiny = changed(root, ["answer", "head", 0, 1], "0x00000001")
    assert [False] == [_is_accepted(changed(tiny, ["source", "recipe", "least"], "1/2"))]
    cosines = [bits_oracle.operation(name, "float32", bits_oracle.np.float32(found["answer"]["position"]["p"]))
               for name in ("cos", "sin")]
    if any(abs(float(each)) < 0.5 for each in cosines) and found["answer"]["lane"] in (0, 2):
        assert [False] == shown
    with pytest.raises(NotShown, match="smaller than numbers are said to be"):
        check(sealed(equal(kernel(least="1/2"), kernel(least="1/2"))))  # sin(1/100) at position 1
    assert "equal" == check(sealed(changed(
        equal(kernel(least="1/2"), kernel()), ["answer", "points", 0, "p"], 0))).bits


def test_an_unknown_order_of_zeros_is_not_guessed() -> None:
    """Which of 0 and -0 is the least is not said by IEEE 754's older editions, and machines differ."""
    root = equal(kernel(angle="min(p - p, -(p - p))*f"), kernel(angle="min(p - p, -(p - p))*f"))
    with pytest.raises(NotShown, match="0 and -0"):
        check(sealed(root))


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "1", '"x"', "{}", "\ufeff{}", "[" * 100_000, '{"a":' * 50_000, "1" * 10_000, "NaN",
])
def test_what_is_no_certificate_is_rejected(text: str) -> None:
    """Foreign, empty and truncated texts."""
    with pytest.raises((Rejected, NotShown)):
        check(text)


def test_only_the_canonical_text_is_read() -> None:
    """Another order, a space, a key twice, a digit of the digest, a float, a cut."""
    text = sealed(equal(kernel(), kernel()))
    assert check(text)
    for other in (
        text.replace(",", ", "), text[:-1], text + "\n", text[:-2], text.replace('"width":4', '"width":4,"width":4'),
        text.replace('"width":4', '"width":4.0'), text.replace("sha256:", "sha256:0"), text.replace("k", "\\u006b", 1),
        '{"answer":{"bits":"different"},' + text[1:], text.replace('"bits":"equal"', '"bits":"equal","bits":"equal"'),
    ):
        assert other != text
        with pytest.raises(Rejected):
            check(other)
    root = equal(kernel(), kernel())
    with pytest.raises(Rejected, match="exactly the fields"):
        check(bits_checker.canonical(root))


def test_it_runs_alone(tmp_path: Path) -> None:
    """Copied out of the package: exit code 0 and what is stated in words; 4 and why not."""
    alone = tmp_path / "bits_checker.py"
    alone.write_bytes(Path(bits_checker.__file__).read_bytes())
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(sealed(equal(kernel(), kernel())))
    bad.write_text(sealed(equal(kernel(), kernel(angle="p*f*f"))))

    def run(*names: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-I", "-S", str(alone), *names], capture_output=True, text=True,
                              check=False, cwd=tmp_path)
        assert not done.stderr
        return done.returncode, done.stdout

    code, said = run("good.json")
    assert 0 == code
    assert "equal: the two give the same bits in every lane" in said
    assert "rounded: f = base**(-slot/2)" in said
    code, said = run("good.json", "bad.json", "none.json")
    assert 4 == code
    assert "REJECTED: the operations for lane 0 are not the same" in said
    assert "REJECTED: there is no such file" in said
    assert 4 == run()[0]
    assert "usage: " in run("--help")[1]


def test_what_is_said_is_what_is_in_it() -> None:
    """A difference in words: position, bits of the head, what the compilers do, and the premise."""
    found = differing(equal(kernel(least="1/1024"), kernel(**CONTRACTED)))
    assert found is not None
    said = "\n".join(check(sealed(found)).statement)
    answer = found["answer"]
    assert f"at p = {answer['position']['p']}, with lane" in said
    assert all(bits in said for bits in (*answer["outputs"], *(bits for _, bits in answer["head"])))
    assert f"from the target ({answer['compiled'][1]})" in said
    assert "0 or not below 2**-10" in said
    assert "its compiler may fuse" in said
    assert f"fed \"{feed()['name']}\"" in said
