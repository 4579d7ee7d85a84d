"""Loops that once led to a wrong answer, loops that have to be proved, and random ones against plain Python."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from plain_loops import Branch, Loop, first_difference
from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.commands.cli import run_command
from prover.errors import EvidenceError, InputError
from prover.layouts.loading import load
from prover.theorems import rewrite as rewriting
from prover.theorems.evidence import evidence_of
from prover.theorems.rewrite import Rewrite, check_rewrite
from sampling import few


def compare(old: Loop, new: Loop, folder: Path, names: str = "n,m", require: str = "m >= 0") -> Rewrite:
    """The rewrite of one loop into another."""
    specs = [loop.write(folder / f"{name}.toml", require) for name, loop in (("old", old), ("new", new))]
    return check_rewrite(specs[0], specs[1], names.split(","), [], Solver())


def turns(value: str, *states: Branch, powers: bool = False) -> Loop:
    """Every pair turns by t*(value), or t*2**(value)."""
    return Loop((("", "t", value),), states, powers)


def choice(condition: str, *states: Branch) -> Loop:
    """Pairs on t where the condition holds, else on h."""
    return Loop(((condition, "t", "1"), ("", "h", "1")), states)


COUNT = ("c", "0", "c + 1")
T = turns("1")
FLOORED = Loop((("floor(c) == c", "t", "1"), ("", "t", "2")), (("c", "0 if n < 100 else 1/2", "c + 1"),))

# Old, new, and the sizes below which there is no difference: n, or n and m.
DIFFERENT = {
    "a half from size 100 on": (FLOORED, T, "n", 100),
    "a bound far above small sizes": (choice("c < 700", COUNT), T, "n", 701),
    "a bound that is a parameter": (choice("c < 40 + m", COUNT), T, "n,m", 41),
    "a value that grows past a bound": (choice("c < 10**30", ("c", "1", "c*10")), T, "n", 31),
    "a product whose factor is carried": (
        turns("x", ("d", "2", "d + 1"), ("x", "1", "x*d")), turns("y**j", ("y", "2", "y + 1")), "n", 2),
    "a product of a carried factor against a power": (
        turns("x", ("d", "2", "d + 1"), ("x", "1", "x*d")), turns("2**j"), "n", 3),
    "steps are taken at once, not one after the other": (
        choice("a == 0", ("a", "0", "b"), ("b", "1", "a")), choice("j == 0"), "n", 3),
    "a remainder below 0": (choice("c == 2", ("c", "0", "(c - 1) % 3")), choice("j % 3 == 2"), "n", 2),
    "one step late": (turns("c", ("c", "0", "(c + 1) % m"), powers=True), turns("(j + 1) % m", powers=True), "n,m", 1),
    "halves against wholes": (choice("c < 3", ("c", "1/2", "c + 1")), choice("j < 2"), "n", 3),
    "a whole value that becomes half": (
        choice("floor(c) == c", ("c", "0", "c + 1 if j < 20 else c + 1/2")), T, "n", 22),
    "whole only while another is": (choice("floor(c) == c", ("d", "0", "d + 1/2"), ("c", "0", "c + d")), T, "n", 3),
}


@pytest.mark.parametrize(("old", "new", "names", "least"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_is_found(old: Loop, new: Loop, names: str, least: int, tmp_path: Path) -> None:
    """The pair that is named differs in a plain Python run of the two, and is the first that does."""
    found = compare(old, new, tmp_path, names)
    assert Outcome.DIFFERENT is found.outcome
    assert found.difference is not None
    n, m = (*map(int, re.findall(r"=(-?\d+)", found.difference.text)), 3)[:2]
    assert found.difference.pair == first_difference(old.run(n, m), new.run(n, m))
    assert n >= least
    assert None is first_difference(old.run(least - 1, m), new.run(least - 1, m))


# Old, new: equal at every pair, for all n and m at which both have a value.
EQUAL = {
    "modulo a parameter": (turns("c", ("c", "0", "(c + 1) % m"), powers=True), turns("j % m", powers=True)),
    "modulo a parameter, as a factor": (turns("c", ("c", "0", "(c + 1) % m")), turns("j % m")),
    "modulo a parameter, in a choice": (choice("c < 2", ("c", "0", "(c + 1) % m")), choice("j % m < 2")),
    "by threes": (turns("c", ("c", "0", "(c + 3) % m"), powers=True), turns("(3*j) % m", powers=True)),
    "from one on": (turns("c", ("c", "1 % m", "(c + 1) % m"), powers=True), turns("(j + 1) % m", powers=True)),
    "backwards": (choice("c == 0", ("c", "0", "(c - 1) % 3")), choice("j % 3 == 0")),
    "a reset in place of modulo": (
        turns("c", ("c", "0", "0 if (j + 1) % m == 0 else c + 1"), powers=True), turns("j % m", powers=True)),
    "halves": (turns("c", ("c", "1/2", "c + 1")), turns("j + 1/2")),
    "two that change places": (choice("a == 0", ("a", "0", "b"), ("b", "1", "a")), choice("j % 2 == 0")),
    "divided by what is carried": (choice("6 // c < 3", ("c", "1", "c + 1")), choice("6 // (j + 1) < 3")),
    "no step": (turns("c + m", ("c", "1", "c"), powers=True), turns("m + 1", powers=True)),
    "two loops": (
        turns("a", ("a", "0", "a + b"), ("b", "1/2", "b + 1")), turns("x", ("y", "1/2", "1 + y"), ("x", "0", "y + x"))),
}


@pytest.mark.parametrize(("old", "new"), EQUAL.values(), ids=EQUAL)
def test_a_rewrite_is_proved(old: Loop, new: Loop, tmp_path: Path) -> None:
    """By induction, and plain Python runs agree."""
    found = compare(old, new, tmp_path)
    assert Outcome.EQUIVALENT is found.outcome
    assert found.invariant
    assert found.tried > 9
    for n, m in ((1, 1), (7, 3), (20, 8)):
        assert old.run(n, m) == new.run(n, m)


def test_a_loop_is_proved_with_few_questions(tmp_path: Path) -> None:
    """The number of questions is bounded, whatever clock there is."""
    solver = Solver()
    old = turns("c", ("c", "0", "(c + 1) % m"), powers=True).write(tmp_path / "old.toml")
    check_rewrite(old, turns("j % m", powers=True).write(tmp_path / "new.toml"), ["n", "m"], [], solver)
    assert len(solver.asked) < 60


def test_a_divisor_that_may_be_0_is_an_assumption(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer says that it is about parameters at which there is a value."""
    old = turns("c", ("c", "0", "(c + 1) % m")).write(tmp_path / "old.toml")
    assert 0 == run_command(["rewrite", old, turns("j % m").write(tmp_path / "new.toml"), "--for-all", "n,m"])
    assert "m != 0" in capsys.readouterr().out


def test_one_side_without_a_value_is_left_open(tmp_path: Path) -> None:
    """Where only one of the two is a layout, they are not called equal."""
    found = compare(turns("1 + c*(m - 5)/(m - 5)", ("c", "0", "c + 1")), turns("1 + j"), tmp_path)
    assert Outcome.UNDECIDED is found.outcome
    assert "only one of the two is a layout at n=1, m=5" in found.reason


def test_numbers_that_contradict_a_proof_are_an_internal_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is proved is still tried with numbers where something turns."""
    monkeypatch.setattr(rewriting, "_proof", lambda study, trial: ((), ()))
    with pytest.raises(EvidenceError, match="at n=100 pair 0 differs, against what was proved for all sizes"):
        compare(FLOORED, T, tmp_path, "n")


def test_nothing_is_said_where_nothing_can_be_tried(tmp_path: Path) -> None:
    """Lanes outside the head at every size leave nothing to be compared."""
    specs = []
    for name in ("old", "new"):
        path = tmp_path / f"{name}.toml"
        T.write(path)
        path.write_text(path.read_text().replace('"2*j"', '"2*j + 2*n"'))
        specs.append(str(path))
    found = check_rewrite(specs[0], specs[1], ["n"], [], Solver())
    assert Outcome.UNDECIDED is found.outcome
    assert "no size could be tried with numbers" in found.reason


def test_a_value_at_pair_0_is_made_of_none_that_is_carried(tmp_path: Path) -> None:
    """There is nothing carried before pair 0."""
    loop = turns("c", ("d", "0", "d"), ("c", "d", "c + 1"))
    with pytest.raises(InputError, match="'c' at pair 0 is made of a value that is carried"):
        compare(loop, turns("j"), tmp_path)


def test_every_block_of_pairs_begins_its_loop_anew(tmp_path: Path) -> None:
    """The second block's pair 0 has j = 0 and nothing carried from the first."""
    path = tmp_path / "blocks.toml"
    path.write_text(
        'title = "two blocks"\naxes = ["t"]\nwidth = "8"\n[let]\nk = "j + 5"\n'
        '[state.c]\ninitial = "k"\nstep = "c + 1"\n'
        + "".join(f'[[pairs]]\ncount = "2"\nfirst = "2*j + {at}"\nsecond = "2*j + {at + 1}"\nangle = "t*c"\n'
                  for at in (0, 4))
    )
    layout = load(str(path)).layout
    assert ["5", "6", "5", "6"] == [str(pair.angle.frequencies[0][1]) for pair in layout.pairs]


INITIAL = ("0", "0", "1", "m", "-1", "1/2", "0 if n < 7 else 1/2", "2", "n", "m//2")
STEPS = (
    "{a} + 1", "{a} + 1", "{a} + m", "{a} - 1", "({a} + 1) % 3", "({a} + 1) % m", "0 if (j+1) % 3 == 0 else {a} + 1",
    "0 if {a} == 2 else {a} + 1", "{b}", "{a} + {b}", "{a}//2", "-{a}", "{a}*2", "2 - {a}", "0", "{a}",
    "{a} if j % 2 == 0 else {a} + 1", "({a} - 1) % 4", "{a} + 1/2", "m if {a} == 0 else {a} - 1", "max({a} - 1, 0)",
    "({a} + {b}) % 2", "0 if (j+1) % m == 0 else {a} + 1", "min({a} + 1, m)", "{a} + j",
)
CONDITIONS = ("j < m", "j % 2 == 0", "{a} < 3", "{a} == {b}", "{a} > m", "{a} % 2 == 0", "n > 5", "floor({a}) == {a}")
VALUES = ("{a}", "{a}", "{b}", "{a} + {b}", "{a} % 3", "{a}//2", "2*{a}", "-{a}", "{a} - {b}")
CLOSED = ("j", "j % 3", "j % m", "j//2", "j + 1", "m - j", "n - 1 - j", "j*m", "0", "(3*j) % m", "j + 1/2", "m")


def random_step(choose: random.Random, mine: str, other: str, depth: int = 0) -> str:
    """A step, now and then a choice between steps."""
    if depth < 2 and choose.random() < 0.2:
        inner = [random_step(choose, mine, other, depth + 1) for _ in range(2)]
        return f"({inner[0]}) if {choose.choice(CONDITIONS).format(a=mine, b=other)} else ({inner[1]})"
    return choose.choice(STEPS).format(a=mine, b=other)


def random_loop(choose: random.Random) -> Loop:
    """One or two carried values and up to two choices."""
    mine, other = choose.choice((("a", "a"), ("a", "b")))
    states = [(mine, choose.choice(INITIAL), random_step(choose, mine, other))]
    if mine != other:
        states.append((other, choose.choice(INITIAL), random_step(choose, other, mine)))
    conditions = [choose.choice(CONDITIONS) for _ in range(choose.choice((0, 0, 1, 1, 2)))]
    branches = tuple(
        tuple(part.format(a=mine, b=other) for part in (condition, axis, choose.choice(VALUES)))
        for condition, axis in [*((c, choose.choice("th")) for c in conditions), ("", "t")]
    )
    return Loop(branches, tuple(states), choose.random() < 0.7)  # type: ignore[arg-type]


def relative(choose: random.Random, loop: Loop) -> Loop:
    """The loop under other names and slightly changed, or with expressions in place of what it carries."""
    words = {"a": "x", "b": "y"}
    states = loop.states
    if choose.random() < 0.5:
        words = {name: f"({choose.choice(CLOSED)})" for name in words}
        states = ()

    def renamed(row: Branch) -> Branch:
        return tuple(re.sub(r"\b[ab]\b", lambda m: words[m[0]], part) for part in row)  # type: ignore[return-value]

    found = [renamed(row) for row in states]
    if found and choose.random() < 0.5:
        (name, first, step), *rest = found
        other = rest[0][0] if rest else name
        changed = (name, choose.choice(INITIAL), step) if choose.random() < 0.5 else (
            name, first, random_step(choose, name, other))
        found = [*rest, changed]
    return replace(loop, branches=tuple(map(renamed, loop.branches)), states=tuple(found))


@pytest.mark.parametrize("seed", few(range(30), 3))
def test_random_loops(seed: int, tmp_path: Path) -> None:
    """What is said of two loops is what plain Python runs of them show; a small difference is never missed."""
    choose = random.Random(seed)
    old = random_loop(choose)
    new = relative(choose, old)
    require, least = choose.choice((("m >= 0", 0), ("m >= -3", -3)))
    found = compare(old, new, tmp_path, require=require)
    apart = {}
    for n, m in [(n, m) for m in range(least, 6) for n in (*range(1, 12), 25)]:
        try:
            apart[n, m] = first_difference(old.run(n, m), new.run(n, m))
        except ZeroDivisionError:
            continue
    if found.outcome is Outcome.DIFFERENT:
        assert found.difference is not None
        n, m = map(int, re.findall(r"=(-?\d+)", found.difference.text))
        assert first_difference(old.run(n, m), new.run(n, m)) == found.difference.pair
        assert evidence_of(found, Solver()).certificate
    elif found.outcome is Outcome.EQUIVALENT or not found.reason:
        assert {None} == set(apart.values())
