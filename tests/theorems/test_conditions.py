"""Conditions over lengths, head sizes with floors and lists of factors: held against brute force, worked out apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor
from pathlib import Path
from random import Random

import pytest

from prover import api
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import InputError
from prover.layouts.loading import load
from prover.reports.theorem_report import condition_text
from prover.theorems.for_all import Theorem, solve_for
from prover.theorems.theorem import Scope
from prover.verdicts.verdict import prove
from random_kernels import random_kernels
from sampling import few

WAN = ("diffusers/wan", "diffusers/wan:slices=thirds")
HALF = "transformers/half"
SHORT, LONG = "short_factor=1,1,1,1", "long_factor=1,2,3,4"
LONGROPE = f"{HALF}:rope_type=longrope:head_dim=8:original_max_position_embeddings=4096:max_position_embeddings=131072"
ONE_SIZE = f"{HALF}:rope_type=longrope:head_dim=8:factor=32:attention_factor=1"
MANY = f"short_factor={','.join('1' for _ in range(48))}:long_factor={','.join(str(n + 1) for n in range(48))}"
WIDE = LONGROPE.replace("head_dim=8", "head_dim=96")


def solved(source: str, target: str, names: str, where: Sequence[str] = (), identity: bool = False) -> Theorem:
    """The theorem that `solve` states, without a list of points."""
    return solve_for(source, target, names, where, (), Solver(), 0, identity=identity)


# Two layouts, what is solved for, whether identity is asked for, and the condition.
CONDITIONS = {
    "Wan's slices": (*WAN, "head_dim", True, "(head_dim % 6 == 0 or head_dim % 6 == 2)"),
    "Wan's slices, any base": (*WAN, "head_dim,theta", True, "(head_dim % 6 == 0 or head_dim % 6 == 2)"),
    "longrope over the length": (
        f"{LONGROPE}:{SHORT}:{LONG}", f"{LONGROPE}:{SHORT}:{LONG}:seq_len=1", "seq_len", False, "seq_len <= 4096",
    ),
    "longrope, some factors below the short ones": (
        f"{LONGROPE}:{SHORT}:long_factor=1,1/2,3,4", f"{LONGROPE}:{SHORT}:long_factor=1,1/2,3,4:seq_len=1", "seq_len",
        True, "seq_len <= 4096",
    ),
    "longrope of 48 pairs": (f"{WIDE}:{MANY}", f"{WIDE}:{MANY}:seq_len=1", "seq_len", False, "seq_len <= 4096"),
    "longrope, both lengths": (
        f"{ONE_SIZE}:{SHORT}:{LONG}", f"{HALF}:head_dim=8", "seq_len,original_max_position_embeddings", False,
        "seq_len <= original_max_position_embeddings",
    ),
    "dynamic over the length": (
        f"{HALF}:rope_type=dynamic:factor=2:head_dim=64", f"{HALF}:head_dim=64", "seq_len", False, "seq_len <= 2048",
    ),
    "dynamic over both lengths and the head": (
        f"{HALF}:rope_type=dynamic:factor=2", HALF, "seq_len,max_position_embeddings,head_dim", False,
        "max_position_embeddings >= seq_len",
    ),
    "YaRN over its factor": (
        f"{HALF}:rope_type=yarn:head_dim=16", f"{HALF}:head_dim=16", "factor", False, "factor == 1",
    ),
    "factors of a list": (
        f"{LONGROPE}:{SHORT}:attention_factor=1:seq_len=5000", f"{HALF}:head_dim=8", "long_factor[4]", True,
        "long_factor[0] == 1 and long_factor[1] == 1 and long_factor[2] == 1 and long_factor[3] == 1",
    ),
    "factors against none": (
        "ggml/neox:head_dim=8:n_rot=8", "ggml/neox:head_dim=8:n_rot=8:freq_factors=[]", "freq_factors[4]", True,
        "freq_factors[0] == 1 and freq_factors[1] == 1 and freq_factors[2] == 1 and freq_factors[3] == 1",
    ),
    "two lists of factors": (
        f"{LONGROPE}:{SHORT}:seq_len=5000", f"{LONGROPE}:{SHORT}:seq_len=1", "long_factor[4]", True,
        "long_factor[0] == 1 and long_factor[1] == 1 and long_factor[2] == 1 and long_factor[3] == 1",
    ),
}


@pytest.mark.parametrize(("source", "target", "names", "identity", "condition"), few(CONDITIONS, 3))
def test_condition(source: str, target: str, names: str, identity: bool, condition: str) -> None:
    """The condition in the words that a reader knows, proved both ways and tried on either side."""
    found = solved(source, target, names, identity=identity)
    assert (Scope.SOMETIMES, condition) == (found.answer.scope, condition_text(found))
    assert Relation.IDENTICAL is found.relation
    assert min(found.tried) > 0


def wan(head: int, at_thirds: bool) -> list[tuple[tuple[str, Fraction], tuple[str, Fraction]]]:
    """Of every pair the axis and exponent of its cosine and of its sine, by columns as upstream joins and cuts them."""
    space = 2 * (head // 6)
    third = head // 3 if at_thirds else space
    exponents = [Fraction(2 * (n // 2), width) for width in (head - 2 * space, space, space) for n in range(width)]
    axes = "t" * (head - 2 * third) + "h" * third + "w" * third
    columns = list(zip(axes, exponents, strict=True))
    return list(zip(columns[::2], columns[1::2], strict=True))


def test_wan_by_brute_force() -> None:
    """Whether the two cuts give every pair the same cosine and sine is what d % 6 in (0, 2) says, from 6 lanes on."""
    widths = range(6, 200, 2)
    expected = [d for d in widths if wan(d, at_thirds=False) == wan(d, at_thirds=True)]
    assert expected == [d for d in widths if d % 6 in (0, 2)]


@pytest.mark.parametrize("head", [6, 8, 10, 64, 80])
def test_wan_at_one_width(head: int) -> None:
    """The concrete engine says the same of a single width; so does the condition."""
    verdict = prove(make_claim(*(load(f"{spec}:head_dim={head}") for spec in WAN), ()), Relation.IDENTICAL)
    expected = wan(head, at_thirds=False) == wan(head, at_thirds=True)
    assert expected == (verdict.outcome is Outcome.EQUIVALENT)
    assert expected == (head % 6 in (0, 2))


@pytest.mark.parametrize("head", [0, 1, 2, 3, 4, 5])
def test_heads_that_the_layout_refuses(head: int) -> None:
    """Below six lanes, and at odd widths, there is no such layout, so nothing is said of it."""
    with pytest.raises(InputError):
        load(f"diffusers/wan:head_dim={head}")
    with pytest.raises(InputError, match="no parameters meet the hypotheses"):
        solved(*WAN, "head_dim", [f"head_dim == {head}"], identity=True)


@pytest.mark.parametrize(("length", "expected"), [(1, True), (4095, True), (4096, True), (4097, False)])
def test_about_the_length(length: int, expected: bool) -> None:
    """At the length itself the short factors are in use still; past it the long ones."""
    layouts = [load(f"{LONGROPE}:{SHORT}:{LONG}:seq_len={n}") for n in (length, 1)]
    assert expected == (prove(make_claim(*layouts, ()), Relation.IDENTICAL).outcome is Outcome.EQUIVALENT)


def test_several_angles_are_refused_where_weights_may_change() -> None:
    """Without identity asked for, a layout that need be no rotation is decided at points alone, and it is said why."""
    found = solved(*WAN, "head_dim")
    assert (Scope.OPEN, Outcome.UNDECIDED) == (found.answer.scope, found.outcome)
    assert "has several angles for a pair" in found.answer.reason


BAD = {
    "another relation": (lambda: api.solve(*WAN, "head_dim", relation="permutation"), "solve takes no relation"),  # type: ignore[arg-type]
    "entries of a number": (lambda: api.solve(*WAN, "head_dim[2]"), "is a number, not a list of 2"),
    "an unknown list": (lambda: api.solve(*WAN, "factors[2]"), "no layout has a parameter 'factors'"),
    "lists of unequal length": (
        lambda: api.solve(f"{LONGROPE}:short_factor=1,1,1:{LONG}", f"{HALF}:head_dim=8", "seq_len"),
        "no parameters meet the hypotheses",
    ),
    "too many entries for the head": (
        lambda: api.solve(f"{LONGROPE}:{SHORT}", f"{HALF}:head_dim=8", "long_factor[5]"),
        "no parameters meet the hypotheses",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(case: str) -> None:
    """What cannot be asked is refused with what is wrong."""
    ask, message = BAD[case]
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        ask()


def test_never_equal_is_never_identical() -> None:
    """Where no pair has the lanes of the other side, what is never equal is known not to be identical."""
    found = solved(f"{HALF}:partial_rotary_factor=1/4", HALF, "head_dim", identity=True)
    assert Scope.NEVER is found.answer.scope


def holds(found: Theorem, require: str, names: str) -> list[tuple[int, int]]:
    """Sizes at which a theorem about random kernels says that the two are the same."""
    text = {Scope.ALWAYS: "True", Scope.NEVER: "False"}.get(found.answer.scope, condition_text(found))
    return [
        (d, c) for d, c in sizes(require, names)
        if eval(text, {"d": d, "c": c, "floor": floor, "ceil": ceil, "min": min, "max": max})
    ]


def sizes(require: str, names: str) -> list[tuple[int, int]]:
    """All sizes up to 40 that are allowed."""
    return [(d, c) for d, c in product(range(1, 41), range(5) if "c" in names else [1]) if eval(require, {"d": d})]


@pytest.mark.parametrize("seed", few(range(30), 10))
@pytest.mark.parametrize("several", [True, False], ids=["identical", "equal"])
def test_random_kernels(seed: int, several: bool, tmp_path: Path) -> None:
    """Of random kernels, with several angles for a pair, what is said for all sizes is so at each up to 40.

    Identity lane by lane, or, of kernels with one angle, equality of frequencies each taken up to sign.
    """
    random = Random(seed)
    one, other = random_kernels(random, several)
    require = random.choice(["d >= 1", "d >= 2", "d >= 2 and d % 2 == 0", "d >= 6"])
    names = random.choice(["d", "d", "d,c"])
    specs = (one.write(tmp_path / "one.toml", require), other.write(tmp_path / "other.toml", require))
    found = solved(*specs, names, identity=several)
    if found.answer.scope is Scope.OPEN:
        return
    same: Callable[[int, int], bool] = (
        (lambda d, c: one.is_identical(other, d, c)) if several else (lambda d, c: one.is_equal(other, d, c))
    )
    assert [(d, c) for d, c in sizes(require, names) if same(d, c)] == holds(found, require, names)


PLAIN = 'angle = "t*2**(-j)"'
# The lines of two kernels of d lanes with c free, and where the two are the same matrix.
CORNERS = {
    "opposite sines": ('sine_angle = "t*2**(-j)"', 'sine_angle = "-t*2**(-j)"', "d == 1"),
    "opposite sines that are 0 at one size": (
        'sine_angle = "(d - 6)*t"', 'sine_angle = "(6 - d)*t"', "d == 6 or d == 1",
    ),
    "opposite cosines": (
        'second_angle = "t*j"\nsecond_sine_angle = "t"', 'second_angle = "-t*j"\nsecond_sine_angle = "t"', "True",
    ),
    "a factor that cancels, and is 0": ('sine_angle = "c*t"', 'sine_angle = "c*h"', "c == 0 or d == 1"),
    "another sine at pair 1 alone": ('sine_angle = "t if j == 1 else h"', 'sine_angle = "h"', "d <= 3"),
    "no pairs below c": ('sine_angle = "t if j < c else h"', 'sine_angle = "h"', "c == 0 or d == 1"),
    "a magnitude of its own": (
        'sine_angle = "h"\nmagnitude = "c + 1"', 'sine_angle = "h"\nmagnitude = "1"', "c == 0 or d == 1",
    ),
    "a sine from the next lane": (
        'sine_angle = "t if 2*j + 1 < d - 2*(d//3) else h"', 'sine_angle = "t if 2*j < d - 2*(d//3) else h"',
        "d % 2 == 0 or d == 1",
    ),
}


@pytest.mark.parametrize(("one", "other", "expected"), few(CORNERS, 1))
def test_corners(one: str, other: str, expected: str, tmp_path: Path) -> None:
    """Where sines are opposite, factors vanish, or there is no pair: what is said is so at every size."""
    specs = []
    for name, lines in (("one", one), ("other", other)):
        path = tmp_path / f"{name}.toml"
        more = "" if "magnitude" in lines else 'magnitude = "1"\n'
        path.write_text(
            'title = "corner"\naxes = ["t", "h"]\nwidth = "d"\n[parameters]\n'
            'd = { default = 12, whole = true, require = "d >= 1" }\n'
            'c = { default = 1, whole = true, require = "c >= 0" }\n'
            f'[pairs]\ncount = "d//2"\nfirst = "2*j"\nsecond = "2*j + 1"\n{PLAIN}\n{more}{lines}\n'
        )
        specs.append(str(path))
    found = solved(*specs, "d,c", identity=True)
    assert found.answer.scope is not Scope.OPEN
    every = [(d, c) for d, c in product(range(1, 41), range(5))]
    assert [(d, c) for d, c in every if eval(expected, {"d": d, "c": c})] == holds(found, "d >= 1", "d,c")


def test_factors_that_move_frequencies_to_another_pair() -> None:
    """With base 16, 1 and 1/4 divided by 4 and 1/4 are 1/4 and 1: past the length a permutation does it, no identity.

    So one pair is slower and another faster, and nothing is said of other maps than none.
    """
    spec = (f"{HALF}:rope_type=longrope:head_dim=4:rope_theta=16:short_factor=1,1:long_factor=4,1/4:"
            "original_max_position_embeddings=4096")
    layouts = [load(f"{spec}:seq_len={n}") for n in (5000, 1)]
    assert Relation.PERMUTATION is prove(make_claim(*layouts, ()), Relation.LINEAR).holds
    assert Scope.OPEN is solved(spec, f"{spec}:seq_len=1", "seq_len").answer.scope
    found = solved(spec, f"{spec}:seq_len=1", "seq_len", identity=True)
    assert "seq_len <= 4096" == condition_text(found)
    assert Outcome.DIFFERENT is found.outcome


def aliased(path: Path, factor: str) -> str:
    """A layout of 17 pairs, too many for one expression of a list, that turn by a multiple of pi at each position."""
    ones = ", ".join("1" for _ in range(17))
    path.write_text(
        'title = "half turns"\naxes = ["t"]\nwidth = "34"\n[parameters]\n'
        f"f = {{ default = [{ones}], list = true }}\n"
        'c = { default = 1, whole = true, require = "c >= 0" }\n'
        f'[pairs]\ncount = "17"\nfirst = "2*j"\nsecond = "2*j + 1"\nangle = "t*pi*f[j]*({factor})"\n'
    )
    return str(path)


@pytest.mark.parametrize("identity", [True, False], ids=["identical", "equal"])
def test_whole_turns_are_seen_at_single_pairs_too(identity: bool, tmp_path: Path) -> None:
    """Three half turns at each whole position are one: the two are the same for every c, so no condition is said."""
    specs = (aliased(tmp_path / "one.toml", "1 if c == 0 else 3"), aliased(tmp_path / "other.toml", "1"))
    at_two = prove(make_claim(load(f"{specs[0]}:c=2"), load(specs[1]), ()), Relation.IDENTICAL)
    assert Outcome.EQUIVALENT is at_two.outcome
    assert Scope.OPEN is solved(*specs, "c", identity=identity).answer.scope


@pytest.mark.parametrize(("name", "turn", "still"), [("c", "2**c - 1", 0), ("b", "b**b - 1", 1)])
def test_opposite_angles_that_may_be_none(name: str, turn: str, still: int, tmp_path: Path) -> None:
    """sin(-a) is sin(a) where a is 0, and no solver is asked where such a power is 1: nothing is said of identity."""
    specs = []
    for side, text in (("one", f"t*({turn})"), ("other", f"-t*({turn})")):
        path = tmp_path / f"{side}.toml"
        path.write_text(
            'title = "powers"\naxes = ["t"]\nwidth = "4"\n[parameters]\n'
            'c = { default = 1, whole = true, require = "c >= 0" }\nb = { default = 2, require = "b >= 1" }\n'
            f'[pairs]\ncount = "2"\nfirst = "2*j"\nsecond = "2*j + 1"\nangle = "{text}"\n'
        )
        specs.append(str(path))
    for value, outcome in ((still, Outcome.EQUIVALENT), (2, Outcome.DIFFERENT)):
        claim = make_claim(*(load(f"{spec}:{name}={value}") for spec in specs), ())
        assert outcome is prove(claim, Relation.IDENTICAL).outcome
    found = solved(*specs, name, identity=True)
    assert (Scope.OPEN, Outcome.UNDECIDED) == (found.answer.scope, found.outcome)


def test_a_value_that_a_pair_lacks_where_it_is_not_used(tmp_path: Path) -> None:
    """1/j stands in a branch that pair 0 does not take; that is no fault of the question."""
    specs = []
    for name, text in (("one", "t/j if j > 0 and c > 0 else t"), ("other", "t")):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            'title = "quotients"\naxes = ["t"]\nwidth = "8"\n[parameters]\n'
            'c = { default = 1, whole = true, require = "c >= 0" }\n'
            f'[pairs]\ncount = "4"\nfirst = "2*j"\nsecond = "2*j + 1"\nangle = "{text}"\n'
        )
        specs.append(str(path))
    for identity in (True, False):
        assert solved(*specs, "c", identity=identity).answer.scope in (Scope.SOMETIMES, Scope.OPEN)


@pytest.mark.parametrize(("feeds", "expected"), [
    (("t=p,h=0", "t=0,h=p"), Scope.ALWAYS), (("t=p,h=p",), Scope.SOMETIMES), ((), Scope.SOMETIMES),
])
def test_each_feed_has_its_own_sign(feeds: tuple[str, ...], expected: Scope, tmp_path: Path) -> None:
    """cos(t + h) and cos(t - h) are the same where t or h is 0; at both, or where neither is, they are not."""
    specs = []
    for name, text in (("one", "t + h"), ("other", "t - h")):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            'title = "cosines"\naxes = ["t", "h"]\nwidth = "d"\n[parameters]\n'
            'd = { default = 12, whole = true, require = "d >= 1" }\n[pairs]\ncount = "d//2"\nfirst = "2*j"\n'
            f'second = "2*j + 1"\nangle = "{text}"\nsecond_angle = "{text}"\n'
            'sine_angle = "t"\nsecond_sine_angle = "t"\n'
        )
        specs.append(str(path))
    verdict = prove(make_claim(*(load(f"{spec}:d=6") for spec in specs), feeds), Relation.IDENTICAL)
    assert (expected is Scope.ALWAYS) == (verdict.outcome is Outcome.EQUIVALENT)
    found = solve_for(*specs, "d", (), feeds, Solver(), 0, identity=True)
    assert (expected, "True" if expected is Scope.ALWAYS else "d == 1") == (found.answer.scope, condition_text(found))
