"""Products that a loop sets back: kernels' loops run by plain Python, and what is proved of them for all sizes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
import sympy

from plain_loops import Loop, first_difference
from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.language.symbols import Carried, carried_symbol, parameter_symbol
from prover.layouts.loading import load
from prover.reports.rewrite_report import invariant_text
from prover.resources import PROOFS
from prover.theorems.evidence import evidence_of
from prover.theorems.induction import Invariant
from prover.theorems.products import Counted, told
from prover.theorems.rewrite import Rewrite, check_rewrite
from sampling import few

Pairs = list[tuple[int, int]]
Sizes = tuple[int, tuple[int, ...]]
ONCE = ("next == 0", "next == start_h", "next == start_w", "next == start_e")


@dataclass(frozen=True)
class Kernel:
    """A loop of four products: where each is set back and to which power of the factor, and at which each begins.

    `chained`: the first test that holds keeps those behind it from being looked at. `late`: the tests are of the pair
    before.
    """

    tests: tuple[str, ...] = ONCE
    chained: bool = False
    back: int = 0
    begin: int = 0
    late: bool = False

    def write(self, path: Path) -> str:
        """The layout file of it."""
        text = 'title = "products"\nlike = "ggml/vision"\n[let]\nscale = "base**(-2/n_rot)"\n'
        text += f'next = "{"j" if self.late else "(j + 1)"} % sum(sections)"\n'
        for k, axis in enumerate("thwe"):
            before = [f"not ({test})" for test in self.tests[:k]] if self.chained else []
            test = " and ".join([*before, f"({self.tests[k]})"])
            text += f'[state.power_{axis}]\ninitial = "scale**{self.begin}"\n'
            text += f'step = "scale**{self.back} if {test} else power_{axis}*scale"\n'
        text += '[pairs]\nangle = "t*power_t if sector < start_h else h*power_h if sector < start_w else '
        path.write_text(text + 'w*power_w if sector < start_e else e*power_e"\n')
        return str(path)

    def run(self, head_dim: int, sections: tuple[int, ...]) -> Pairs:
        """Axis and exponent of every pair, as the kernel's loop goes."""
        a, b, c, d = sections
        names = {"start_h": a, "start_w": a + b, "start_e": a + b + c}
        powers = [self.begin] * 4
        found: Pairs = []
        for j in range(head_dim // 2):
            sector = j % (a + b + c + d)
            # ggml tests before a pair is turned, but at the first there is nothing to set back.
            at = (j - 1) % (a + b + c + d) if self.late else sector
            for k, test in enumerate(self.tests if j else ()):
                if eval(test, {"next": at, **names}):
                    powers[k] = self.back
                    if self.chained:
                        break
            axis = 0 if sector < a else 1 if sector < a + b else 2 if sector < a + b + c else 3
            found.append((axis, powers[axis]))
            powers = [power + 1 for power in powers]
        return found


def from_start(head_dim: int, sections: tuple[int, ...]) -> Pairs:
    """The same where exponents count from the start of each section."""
    cells = [(axis, k) for axis, size in enumerate(sections) for k in range(size)]
    return [cells[j % len(cells)] for j in range(head_dim // 2)]


def cpu(head_dim: int, sections: tuple[int, ...]) -> Pairs:
    """ggml_mrope_cache_init with indep_sects, in whole exponents."""
    theta, found = [0, 0, 0, 0], []
    sec_w, sec_e = sections[0] + sections[1], sections[0] + sections[1] + sections[2]
    for i0 in range(0, head_dim, 2):
        sector = (i0 // 2) % sum(sections)
        if sector == 0:
            theta[0] = 0
        elif sector == sections[0]:
            theta[1] = 0
        elif sector == sec_w:
            theta[2] = 0
        elif sector == sec_e:
            theta[3] = 0
        axis = 0
        if sections[0] <= sector < sec_w:
            axis = 1
        elif sec_w <= sector < sec_w + sections[2]:
            axis = 2
        elif sector >= sec_w + sections[2]:
            axis = 3
        found.append((axis, theta[axis]))
        theta = [power + 1 for power in theta]
    return found


def sizes(least: int) -> Iterator[Sizes]:
    """All small heads and sections: also empty ones, and such as are larger than the head has pairs."""
    for head_dim in (4, 8, 12, 16):
        for sections in product(range(least, 5), repeat=4):  # ggml asserts the last
            if max(sections[:3]) > 0 and sum(sections) <= head_dim:
                yield head_dim, sections


PLAIN, CPU = str(PROOFS / "rewrites" / "vision-plain.toml"), "ggml/vision"
FILLED = "min(sections) > 0"
# The loop, what it is held against, and a hypothesis.
VISION: dict[str, tuple[Kernel, str, str]] = {
    "the kernel's chain": (Kernel(chained=True), CPU, ""),
    "every test by itself": (Kernel(), PLAIN, ""),
    "the kernel's chain, no section empty": (Kernel(chained=True), PLAIN, FILLED),
    "every test by itself, no section empty": (Kernel(), CPU, FILLED),
    "set back at 0 as well": (Kernel((ONCE[0], *(f"{t} or next == 0" for t in ONCE[1:]))), CPU, FILLED),
    "w at two starts": (Kernel((*ONCE[:2], "next == start_h or next == start_w", ONCE[3])), PLAIN, FILLED),
    "every test by itself against the chain": (Kernel(), CPU, ""),
    "the kernel's chain against counting": (Kernel(chained=True), PLAIN, ""),
    "one pair late": (Kernel(chained=True, late=True), CPU, ""),
    "one pair late, no section empty": (Kernel(late=True), PLAIN, FILLED),
    "h one pair after its start": (Kernel((ONCE[0], "next == start_h + 1", *ONCE[2:])), PLAIN, FILLED),
    "h one pair before its start": (Kernel((ONCE[0], "next == start_h - 1", *ONCE[2:])), PLAIN, FILLED),
    "w where e starts": (Kernel((*ONCE[:2], "next == start_e", ONCE[3])), CPU, FILLED),
    "multiplied once after it is set back": (Kernel(chained=True, back=1), CPU, FILLED),
    "multiplied once before the first": (Kernel(chained=True, begin=1), CPU, FILLED),
    "never reached": (Kernel((*ONCE[:3], "next == -1")), PLAIN, FILLED),
    "never set back": (Kernel(("next < 0",) * 4), CPU, FILLED),
}


@pytest.mark.parametrize(("kernel", "other", "where"), VISION.values(), ids=VISION)
def test_products_of_a_vision_kernel(kernel: Kernel, other: str, where: str, tmp_path: Path) -> None:
    """What is said is what plain Python runs give at all small sizes; the pair that is named is the first to differ."""
    new: Callable[[int, tuple[int, ...]], Pairs] = from_start if other == PLAIN else cpu
    found = check_rewrite(kernel.write(tmp_path / "old.toml"), other, [], [where] if where else [], Solver())
    apart = [size for size in sizes(1 if where else 0) if kernel.run(*size) != new(*size)]
    assert (Outcome.DIFFERENT if apart else Outcome.EQUIVALENT) is found.outcome
    if not apart:
        assert evidence_of(found, Solver()).strength.startswith("checked")
        return
    assert found.difference is not None
    named = re.fullmatch(r"head_dim=(\d+), sections=(\d+),(\d+),(\d+),(\d+), base=10000", found.difference.text)
    assert named
    at = int(named[1]), tuple(map(int, named.groups()[1:]))
    pairs = list(zip(kernel.run(*at), new(*at), strict=True))
    assert found.difference.pair == next(j for j, (a, b) in enumerate(pairs) if a != b)


def compare(old: Loop, new: Loop, folder: Path) -> Rewrite:
    """The rewrite of one loop into another for all n and m."""
    specs = [loop.write(folder / f"{name}.toml") for name, loop in (("old", old), ("new", new))]
    return check_rewrite(specs[0], specs[1], ["n", "m"], [], Solver())


def loop(step: str, initial: str = "1", *more: tuple[str, str, str]) -> Loop:
    """Every pair turns by a product x."""
    return Loop((("", "t", "x"),), (("x", initial, step), *more))


def power(exponent: str, *before: tuple[str, str]) -> Loop:
    """Every pair turns by 2**exponent; `before`: conditions and the exponents where they hold."""
    return Loop((*((condition, "t", f"2**({e})") for condition, e in before), ("", "t", f"2**({exponent})")))


# Step and value at pair 0 of a product of halves, and what it is: true at all sizes.
TRUE = {
    "every m pairs": (loop("1 if (j + 1) % m == 0 else x/2"), power("-(j % m)"), "x of old = 2**(-(j % m))"),
    "once": (loop("1 if j + 1 == m else x/2"), power("m - j", ("j < m", "-j")),
             "x of old = 2**(-j) where j < m; x of old = 2**(-j + m) where j >= m"),
    "once, one factor late": (loop("1/2 if j + 1 == m else x/2", "1/2"), power("m - j - 1", ("j < m", "-j - 1")),
                              "x of old = 2**(-j - 1) where j < m; x of old = 2**(-j + m - 1) where j >= m"),
    "no longer multiplied": (loop("x/2 if j < m else x"), power("-m", ("j < m", "-j")),
                             "x of old = 2**(-j) where j < m; x of old = 2**(-m) where j >= m"),
    "set back to what it began with": (loop("4 if (j + 1) % m == 0 else x/2", "4"), power("2 - j % m"),
                                       "x of old = 2**(2 - (j % m))"),
    "what it begins with is no power": (
        loop("3 if (j + 1) % m == 0 else x/2", "3"), Loop((("", "t", "3/2**(j % m)"),)), "x of old = 3/2**((j % m))"),
    "a choice between factors": (loop("x*(1/2 if (j + 1) % 4 != 0 else 8)"), power("-(j % 4)"),
                                 "x of old = 2**(-(j % 4))"),
    "squared": (Loop((("", "t", "x*x"),), (("x", "1", "1 if (j + 1) % m == 0 else x/2"),)), power("-2*(j % m)"),
                "x of old = 2**(-(j % m))"),
    "set back by a counter": (loop("1 if c == m else x/2", "1", ("c", "0", "0 if c == m else c + 1")),
                              power("-(j % (m + 1))"), "x of old = 2**(-(j % (m + 1)))"),
}


@pytest.mark.parametrize(("old", "new", "invariant"), TRUE.values(), ids=TRUE)
def test_a_product_that_is_set_back_is_proved(old: Loop, new: Loop, invariant: str, tmp_path: Path) -> None:
    """By induction, with a certificate; plain Python runs agree."""
    for n, m in ((1, 0), (1, 1), (7, 3), (9, 1), (20, 8), (4, 9)):
        if m or "% m" not in str((old, new)):
            assert old.run(n, m) == new.run(n, m)
    found = compare(old, new, tmp_path)
    assert Outcome.EQUIVALENT is found.outcome
    assert invariant in "; ".join(invariant_text(found, each) for each in found.invariant)
    assert evidence_of(found, Solver()).strength.startswith("checked")


def test_no_pair_at_all(tmp_path: Path) -> None:
    """Without a pair nothing is ever multiplied or set back, and the proof holds there too."""
    specs = []
    for name, one in (("old", loop("1 if (j + 1) % (m + 1) == 0 else x/2")), ("new", power("-(j % (m + 1))"))):
        path = Path(one.write(tmp_path / f"{name}.toml"))
        path.write_text(path.read_text().replace('"n >= 1"', '"n >= 0"').replace('"2*n"', '"2*n + 1"'))
        specs.append(str(path))
    assert [(), ()] == [load(f"{spec}:n=0:m=0").layout.pairs for spec in specs]
    for where in ([], ["n == 0"]):
        found = check_rewrite(*specs, ["n", "m"], where, Solver())
        assert (Outcome.EQUIVALENT, "checked") == (found.outcome, evidence_of(found, Solver()).strength[:7])


FALSE = {
    "one pair late": (loop("1 if j % m == 0 else x/2"), power("-(j % m)")),
    "another pair": (loop("1 if (j + 1) % m == 1 else x/2"), power("-(j % m)")),
    "to another power": (loop("1/2 if (j + 1) % m == 0 else x/2"), power("-(j % m)")),
    "begun at another power": (loop("1 if (j + 1) % m == 0 else x/2", "1/2"), power("-(j % m)")),
    "another factor": (loop("1 if (j + 1) % m == 0 else x/4"), power("-(j % m)")),
    "never": (loop("1 if j + 1 == 0 else x/2"), power("m - j", ("j < m", "-j"))),
    "only once": (loop("1 if j + 1 == m else x/2"), power("-(j % m)")),
    "from size 40 on": (loop("1 if j + 1 == m + 39 else x/2"), power("-j")),
}


@pytest.mark.parametrize(("old", "new"), FALSE.values(), ids=FALSE)
def test_a_product_that_is_set_back_elsewhere_is_refuted(old: Loop, new: Loop, tmp_path: Path) -> None:
    """The pair that is named is the first that differs in plain Python runs."""
    found = compare(old, new, tmp_path)
    assert Outcome.DIFFERENT is found.outcome
    assert found.difference is not None
    n, m = map(int, re.findall(r"=(-?\d+)", found.difference.text))
    assert found.difference.pair == first_difference(old.run(n, m), new.run(n, m))


STEPS = ("x/2", "x/2", "x/2", "x/4", "x", "2*x", "1", "1/2", "x*m", "3", "4", "x/2 if j % 2 == 0 else x")
TESTS = ("(j + 1) % 3 == 0", "(j + 1) % m == 0", "j + 1 == m", "j == 5", "j < m", "j % m == 0", "j + 1 == 2*m",
         "j == n - 2")
CLOSED = (
    "2**(-(j % 3))", "2**(-(j % m))", "2**(-j)", "2**(1 - j)", "4**(-j)", "1/2", "2**(-(j % m) - 1)", "2**(-min(j, m))",
    "2**(-j if j < m else m - j)", "2**(-j if j <= 5 else 6 - j)", "2**(-(3*j)//2)", "3/2**(j % 3)",
    "2**(j - 2*(j % 3))",
)


def random_product(choose: random.Random, name: str) -> tuple[str, str, str]:
    """A carried product: half of them set back somewhere."""
    step = choose.choice(STEPS[:5]) if choose.random() < 0.8 else choose.choice(STEPS)
    for _ in range(choose.choice((0, 1, 1, 2))):
        step = f"({choose.choice(STEPS)}) if {choose.choice(TESTS)} else ({step})"
    return name, choose.choice(("1", "1", "1/2", "4", "3")), step.replace("x", name)


@pytest.mark.parametrize("seed", few(range(60), 6))
def test_random_products(seed: int, tmp_path: Path) -> None:
    """What is said of random products is what plain Python runs of them show; a small difference is never missed."""
    choose = random.Random(seed)
    state = random_product(choose, "x")
    old = Loop((("", "t", "x"),), (state,))
    if choose.random() < 0.7:
        # The same with the tests in another form: it may well be equal.
        other = state[2].replace("(j + 1) % m == 0", "(1 + j) % m < 1").replace("j + 1 == m", "j == m - 1")
        other = other if choose.random() < 0.5 else random_product(choose, "x")[2]
        new = Loop((("", "t", "y"),), (("y", state[1], other.replace("x", "y")),))
    else:
        new = Loop((("", "t", choose.choice(CLOSED)),))
    found = compare(old, new, tmp_path)
    apart = {}
    for n, m in product((*range(1, 12), 25), range(6)):
        with suppress(ZeroDivisionError):
            apart[n, m] = first_difference(old.run(n, m), new.run(n, m))
    if found.outcome is Outcome.DIFFERENT:
        assert found.difference is not None
        n, m = map(int, re.findall(r"=(-?\d+)", found.difference.text))
        assert first_difference(old.run(n, m), new.run(n, m)) == found.difference.pair
        assert evidence_of(found, Solver()).certificate
    elif found.outcome is Outcome.EQUIVALENT or not found.reason:
        assert {None} == set(apart.values())
    if found.outcome is Outcome.EQUIVALENT:
        evidence_of(found, Solver())


def test_an_exponent_that_is_told_by_another() -> None:
    """Powers of the same factor are told by each other; of another factor, by their exponents, which no layout has."""
    x, y = carried_symbol("x", "old", False), carried_symbol("y", "new", False)
    base = parameter_symbol("base", False)
    ours, theirs = (Carried(f"exponent of {s.name}", integer=True) for s in (x, y))
    one, same = (Counted(s, sympy.Integer(1), base, g) for s, g in ((x, ours), (y, theirs)))
    found = [Invariant(ours, (), theirs + 2)]
    assert [Invariant(x, (), y*base**2)] == told([one, same], found)
    other = Counted(y, sympy.Integer(1), base**2, theirs)
    assert [Invariant(x, (), base**ours), Invariant(y, (), base**(2*theirs)), *found] == told([one, other], found)
