"""Bits: what is proved by congruence, what NumPy refutes, what is left open, and what a recipe may say."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prover.bits import bitwise, floating
from prover.bits.bitwise import Bits, compare_bits
from prover.bits.formats import PRECISIONS, bits_of, round_to, rounded
from prover.bits.machine import Machine
from prover.bits.recipe import read_recipe
from prover.claims.solver import Solver
from prover.commands.cli import run_command
from prover.errors import EvidenceError, InputError
from prover.layouts.loading import load
from prover.layouts.spec import catalogue
from prover.proof_files.bitwise_file import run_bitwise
from prover.resources import PROOFS, shipped_bitwise
from sampling import few

Capture = pytest.CaptureFixture[str]

# Verdict, what exact arithmetic says, and the pairs whose operations differ (None: not stated).
SHIPPED = {
    "bitwise-1-imrope-mrope-text": ("equivalent", "identical", []),
    "bitwise-1-mrope-neox-text": ("equivalent", "identical", []),
    "bitwise-1-imrope-neox-text": ("different", "none", [61, 62]),
    "bitwise-1-imrope-neox-all-axes": ("equivalent", "identical", []),
    "bitwise-2-recurrence-power": ("different", "identical", None),
    "bitwise-3-reciprocal-power": ("different", "identical", None),
    "bitwise-4-rotate-half": ("equivalent", "identical", []),
    "bitwise-4-fused": ("different", "identical", list(range(64))),
    "bitwise-4-contracted": ("different", "identical", list(range(64))),
    "bitwise-5-bfloat16": ("different", "identical", list(range(64))),
    "bitwise-5-bfloat16-table": ("different", "identical", list(range(64))),
    "bitwise-5-bfloat16-contracted": ("equivalent", "identical", []),
    "bitwise-5-float16-contracted": ("equivalent", "identical", []),
    "bitwise-6-vision": ("equivalent", "identical", []),
    "bitwise-6-vision-power": ("different", "identical", None),
}

LAYOUT = """
title = "test"
axes  = ["p"]
width = "4"
[parameters]
base = { default = 10000 }
[pairs]
count  = "2"
first  = "j"
second = "j + 2"
angle  = "ANGLE"
[recipe]
"""


def layout(path: Path, recipe: str, angle: str = "p*base**(-j/2)") -> str:
    """A layout of two pairs with a recipe."""
    path.write_text(LAYOUT.replace("ANGLE", angle) + recipe)
    return str(path)


def bits(tmp_path: Path, first: str, second: str, angle: str = "p*base**(-j/2)") -> Bits:
    """Two recipes of one layout, compared."""
    sides = [layout(tmp_path / f"{name}.toml", recipe, angle) for name, recipe in (("a", first), ("b", second))]
    return compare_bits(*sides, [], Solver())


@pytest.mark.parametrize("path", few({path.stem: path for path in shipped_bitwise()}, 3))
def test_shipped(path: Path) -> None:
    """Each comes to what its file expects, and that is what is expected here."""
    result = run_bitwise(path, False, Solver())
    assert () == result.problems
    verdict, exact, pairs = SHIPPED[path.stem]
    assert (verdict, exact) == (result.report["verdict"], result.report["exact_relation"])
    assert pairs is None or pairs == result.report["pairs_not_congruent"]


def test_all_shipped_are_here() -> None:
    """No question about bits is shipped without an entry above."""
    assert sorted(SHIPPED) == [path.stem for path in shipped_bitwise()]


def test_the_differing_bits_are_those_of_a_plain_loop() -> None:
    """The reported angles are what a loop, and a power, written out in float32 give; a power is the nearest one."""
    found = compare_bits("ggml/neox", str(PROOFS / "recipes" / "neox-power.toml"), [], Solver())
    difference = found.difference
    assert difference is not None
    one = np.float32
    scale = one(10000.0 ** float(one(-2) / one(128)))
    position, pair = dict(difference.position)["p"], difference.pair
    assert pair is not None
    running = one(position)
    for _ in range(pair):
        running = one(running * scale)
    power = one(position) * one(10000.0 ** float(one(-2 * pair) / one(128)))
    shown = [f"(0x{int(bits_of(np.array([value]))[0]):08x})" for value in (running, power)]
    assert shown[0] != shown[1]
    assert difference.angles is not None
    assert shown == [text.split()[-1] for text in difference.angles]


RECIPES = [
    "ggml/normal", "ggml/neox", "ggml/mrope", "ggml/imrope", "ggml/vision", "llama-cpp/text", "llama-cpp/mrope",
    "llama-cpp/imrope", "llama-cpp/hunyuan-vl", "transformers/half", "transformers/hidden-states",
]


def test_who_has_a_recipe() -> None:
    """The layouts above, no other, and each recipe means its layout."""
    have = [name for name in catalogue() if load_quietly(name)]
    assert sorted(RECIPES) == have
    for name in RECIPES:
        read_recipe(load(name))


def load_quietly(name: str) -> bool:
    """Whether a shipped layout has a recipe at its defaults; some have parameters that must be given."""
    try:
        return load(name).family.recipe is not None
    except InputError:
        return False


SCALED = [
    "", ":freq_scale=0.25", ":ext_factor=1:n_ctx_orig=4096:freq_scale=0.25:attn_factor=1.5",
    ":n_rot=64:freq_factors=" + ",".join(f"{1 + i}.5" for i in range(32)),
]


@pytest.mark.parametrize("more", few(SCALED, 4))
def test_recipe_of_ggml_means_rope_yarn(more: str) -> None:
    """With scaling, factors and the YaRN ramp too, the operations come to the layout's angle and magnitude."""
    for name in ("ggml/neox", "ggml/imrope:sections=24,20,20,0"):
        found = compare_bits(name + more, name + more, ["text"] if "imrope" in name else [], Solver())
        assert ("equivalent", "identical") == (found.outcome.value, found.exact.holds and found.exact.holds.value)


SAME = {
    "factors exchanged": ('angle = "p*base**(-j/2)"', 'angle = "base**(-j/2)*p"'),
    "a difference as a sum": ('angle = "p*base**(0 - j/2)"', 'angle = "p*base**(-(j/2) + 0)"'),
    "a sign in front": ('angle = "p*base**(-j/2)"', 'angle = "-((-p)*base**(-j/2))"'),
    "times one": ('angle = "p*base**(-j/2)"', 'angle = "1*p*base**(-j/2)/1"'),
    "index arithmetic": ('angle = "p*base**(-j/2)"', 'angle = "p*base**(-(3*j - 2*j)/(1 + 1))"'),
    "a let name": ('angle = "p*base**(-j/2)"', '[recipe.let]\nx = "base**(-j/2)"\n', ),
}
OTHER = {
    "a reciprocal": ('angle = "p*base**(-j/2)"', 'angle = "p/base**(j/2)"'),
    "a power of -1 is no division": ('angle = "p/base**(j/2)"', 'angle = "p*(base**(j/2))**-1"'),
    "another order": ('angle = "3*p*base**(-j/2)/3"', 'angle = "p*base**(-j/2)"'),
    "a root": ('angle = "p*base**(-j/2)"', 'angle = "p/sqrt(base)**j"'),
    "another precision": (
        'angle = "p*base**(-j/2)"', 'precision = "float64"\ntable = "float32"\nangle = "p*base**(-j/2)"'
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_same_operations(tmp_path: Path, pair: tuple[str, str]) -> None:
    """What IEEE arithmetic cannot tell apart is the same."""
    first, second = pair
    second = f'angle = "p*x"\n{second}' if "let" in second else second
    assert "equivalent" == bits(tmp_path, first, second).outcome.value


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_other_operations(tmp_path: Path, pair: tuple[str, str]) -> None:
    """Other operations are not called the same, though in exact arithmetic they are."""
    found = bits(tmp_path, *pair)
    assert found.outcome.value in ("different", "undecided")
    assert found.exact.holds is not None
    assert "identical" == found.exact.holds.value


def test_undecided(tmp_path: Path) -> None:
    """Halving and dividing by two agree in every bit; nothing here knows why, so it is left open: exit code 3."""
    found = bits(tmp_path, 'angle = "0.5*p"', 'angle = "p/2"', "p/2")
    assert ("undecided", "none", None) == (found.outcome.value, found.strength.value, found.difference)
    arguments = [str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--relation", "bitwise"]
    assert 3 == run_command(["prove", *arguments])


def test_ones_do_not_show_everything(tmp_path: Path) -> None:
    """Lanes read the other way round give a head of ones the same bits; one of random numbers tells them apart."""
    source = layout(tmp_path / "a.toml", 'angle = "p*base**(-j/2)"')
    target = layout(tmp_path / "b.toml", 'angle = "p*base**(-j/2)"')
    text = Path(target).read_text()
    lanes = 'first  = "j + 2"\nsecond = "j"\nwrite_first = "j"\nwrite_second = "j + 2"'
    Path(target).write_text(text.replace('first  = "j"\nsecond = "j + 2"', lanes))
    found = compare_bits(source, target, [], Solver())
    assert "different" == found.outcome.value
    assert found.difference is not None
    assert "random numbers" == found.difference.head


REFUSED = {
    "another angle": ('angle = "p*base**(-j/3)"', "does not turn as the layout says"),
    "another magnitude": ('angle = "p*base**(-j/2)"\nmagnitude = "2"', "another magnitude"),
    "a circle": ('angle = "p*x"\n[recipe.let]\nx = "y"\ny = "x"', "is defined by itself"),
    "an unknown name": ('angle = "p*z"', "unknown name 'z'"),
    "a taken name": ('angle = "p*base"\n[recipe.let]\nbase = "1"', "'base' is taken"),
    "a float decides": ('angle = "p*x if x > 0 else p"\n[recipe.let]\nx = "base**(-j/2)"', "decided without rounding"),
    "pi": ('angle = "p*base**(-j/2)*pi/pi"', "'pi' is no rational number"),
    "no fitting number": (
        'precision = "float16"\ntable = "float32"\nangle = "p*base**(-j/2)*1e9/1e9"', "does not fit into float16"
    ),
}


@pytest.mark.parametrize(("recipe", "part"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, recipe: str, part: str) -> None:
    """A recipe that means another layout, or does not say how it rounds, is an error that says so."""
    with pytest.raises(InputError, match=part):
        bits(tmp_path, recipe, 'angle = "p*base**(-j/2)"')


@pytest.mark.parametrize(("arguments", "part"), [
    (["ggml/vision-cuda", "ggml/vision"], "has no recipe"),
    (["ggml/imrope-openvino", "ggml/imrope"], "has no recipe"),
    (["ggml/neox", "transformers/half:rope_type=yarn"], "unknown name 'inv_freq'"),
    (["ggml/neox", "ggml/neox", "--for-all", "n_rot"], "does not take --for-all"),
    (["ggml/neox", "ggml/neox", "--feed", "p=p/2"], "whole positions"),
])
def test_bad_usage(arguments: list[str], part: str, capsys: Capture) -> None:
    """Each is exit code 2 and one line."""
    assert 2 == run_command(["prove", *arguments, "--relation", "bitwise"])
    assert part in capsys.readouterr().err


def test_command(capsys: Capture) -> None:
    """Text, Markdown and JSON agree, and the exit code is the verdict's."""
    arguments = ["prove", "ggml/imrope:sections=24,20,20,0", "ggml/neox", "--feed", "text", "--relation", "bitwise"]
    assert 1 == run_command(arguments)
    assert "operations differ at pairs 61-62" in capsys.readouterr().out
    assert 1 == run_command([*arguments, "--format", "markdown"])
    assert "| strength | checked |" in capsys.readouterr().out
    assert 1 == run_command([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/bitwise-answer/1", [61, 62], {"p": 1}) == (
        found["schema"], found["pairs_not_congruent"], found["first_difference"]["position"])


def test_numpy_contradicts_a_wrong_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """If congruence held where the kernels differ, that would be an internal failure and no verdict."""
    monkeypatch.setattr(bitwise, "_open_lanes", lambda *_: [])
    with pytest.raises(EvidenceError, match="NumPy's kernels differ"):
        compare_bits("ggml/neox", "transformers/half", [], Solver())


def test_a_wrong_walk_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations that do not come to the exact angles are an internal failure."""
    import ast

    monkeypatch.setitem(floating._OPERATORS, ast.Div, "mul")
    with pytest.raises(EvidenceError, match="do not come to the layout's angles"):
        compare_bits("ggml/neox", "ggml/neox", [], Solver())


def test_the_solver_is_asked(tmp_path: Path) -> None:
    """The question is one text with sorts, symbols and both kernels; Z3 must agree with what was found."""
    solver = Solver(tmp_path)
    compare_bits("ggml/normal:n_rot=4:head_dim=4", "ggml/normal:n_rot=4:head_dim=4", [], solver)
    (path,) = tmp_path.iterdir()
    assert [("bits", "unsat", "")] == solver.asked
    assert "(declare-fun |cos_float32| (Float) Float)" in path.read_text()


NEAREST = [
    (Fraction(1, 3), "float32", 0x3EAAAAAB),
    (Fraction(1, 10), "float32", 0x3DCCCCCD),
    (Fraction(1, 10), "float64", 0x3FB999999999999A),
    (Fraction(1, 3), "float16", 0x3555),
    # Just above the middle of two neighbours: by way of float64 it would be rounded down.
    (1 + Fraction(1, 1 << 24) + Fraction(1, 1 << 60), "float32", 0x3F800001),
    (1 + Fraction(1, 1 << 24), "float32", 0x3F800000),
    (1 + Fraction(3, 1 << 24), "float32", 0x3F800002),
    (Fraction(-2), "float32", 0xC0000000),
    (Fraction(1, 3), "bfloat16", 0x3EAB),
    (Fraction(10000), "bfloat16", 0x461C),  # 9984
    # Just above the middle of two neighbours: by way of float32 it would be rounded to even, down.
    (1 + Fraction(1, 1 << 8) + Fraction(1, 1 << 40), "bfloat16", 0x3F81),
    (1 + Fraction(1, 1 << 8), "bfloat16", 0x3F80),
    (1 + Fraction(3, 1 << 8), "bfloat16", 0x3F82),
    (Fraction(1, 1 << 133), "bfloat16", 0x0001),
    (Fraction(1, 1 << 134), "bfloat16", 0x0000),
    (Fraction(3, 1 << 134), "bfloat16", 0x0002),
    (Fraction(0), "float32", 0),
]


@pytest.mark.parametrize(("value", "precision", "wanted"), NEAREST)
def test_rounded(value: Fraction, precision: str, wanted: int) -> None:
    """The nearest number, to even in a tie, rounded once."""
    assert wanted == int(bits_of(np.array([rounded(value, precision)]), precision)[0])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_facts_about_arithmetic(precision: str) -> None:
    """What `Terms` takes for granted of IEEE arithmetic holds in every bit, zeros and large numbers included."""
    generator = np.random.default_rng(1)
    values = round_to(generator.normal(size=4000) * 10.0 ** generator.integers(-8, 4, size=4000), precision)
    values[:200] = 0
    a, b = np.concatenate([values, -values]), np.concatenate([generator.permutation(values), values[::-1]])
    machine = Machine({}, np.zeros((a.size, 1)))

    def done(operation: str, *arguments: np.ndarray) -> np.ndarray:
        return machine.apply(operation, precision, *arguments)

    one = machine.constant(Fraction(1), precision)
    pairs = [
        (done("add", a, b), done("add", b, a)), (done("mul", a, b), done("mul", b, a)),
        (done("sub", a, b), done("add", a, done("neg", b))),
        (done("mul", -a, b), done("neg", done("mul", a, b))), (done("mul", a, one), a), (done("div", a, one), a),
    ]
    keep = b != 0
    pairs.append((done("div", -a, b)[keep], done("neg", done("div", a, b))[keep]))
    for left, right in pairs:
        assert (bits_of(left) == bits_of(right)).all()


def test_recipes_in_bfloat16(tmp_path: Path) -> None:
    """The same operations in bfloat16 have the same bits; float32's have others, and are shown with their own bits."""
    angle = 'angle = "p*base**(-j/2)"'
    narrow = f'precision = "bfloat16"\ntable = "float32"\n{angle}'
    assert "equivalent" == bits(tmp_path, narrow, narrow).outcome.value
    difference = bits(tmp_path, narrow, angle).difference
    assert difference is not None
    assert difference.angles is not None
    # Equal angles of pair 0 at position 1, but the cosine of one is rounded to bfloat16: 0.5390625 for 0.54030231.
    assert (0, 1, 0) == (difference.pair, dict(difference.position)["p"], difference.lane)
    assert ("1.0 (0x3f80)", "1.0 (0x3f800000)") == difference.angles


def test_a_table_in_bfloat16(tmp_path: Path) -> None:
    """Cosines rounded to bfloat16 after angles in float32, against angles in float64: other bits somewhere, of 16."""
    sides = [f'precision = "{p}"\ntable = "bfloat16"\nangle = "p*base**(-j/2)"' for p in ("bfloat16", "float32")]
    difference = bits(tmp_path, *sides).difference
    assert difference is not None
    assert [6, 6] == [len(text.split("(")[1].rstrip(")")) for text in difference.values]


def test_an_unknown_precision_is_told_of_the_known(tmp_path: Path) -> None:
    """A precision that is none is refused by file and field."""
    with pytest.raises(InputError, match="precision") as caught:
        bits(tmp_path, 'precision = "bf16"\nangle = "p*base**(-j/2)"', 'angle = "p*base**(-j/2)"')
    assert all(name in str(caught.value) for name in ("float16", "bfloat16", "float32", "float64"))
