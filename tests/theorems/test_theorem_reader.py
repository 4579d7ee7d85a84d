"""How the checker of theorems reads expressions: values by hand, what has none, what is none, what is too large."""

from __future__ import annotations

import pytest
import written_certificates as written
from theorem_statements import IDENTICAL, solve
from written_certificates import layout, parameter, sealed, theorem, variable

from prover.theorem_checker import NotShown, Rejected, check


def never_asked(text: str) -> dict[str, str]:
    raise AssertionError("no solver is needed to find this out")


VALUES = {
    "007.50": "15/2",
    "1e6": "1000000",
    "25e-2": "1/4",
    ".5": "1/2",
    "0.1 + 0.2": "3/10",
    "2**3**2": "512",
    "-2**2": "-4",
    "(-2)**3": "-8",
    "2**-1": "1/2",
    "0**0": "1",
    "-7//2": "-4",
    "7//-2": "-4",
    "(-7) % 3": "2",
    "7 % -3": "-2",
    "7.5 % 2": "3/2",
    "b//1": "-2",
    "ceil(b)": "-1",
    "floor(-0.5)": "-1",
    "abs(b)": "3/2",
    "sqrt(1/4)": "1/2",
    "8**(2/3)": "4",
    "8**(-2/3)": "1/4",
    "min(3, 1, 2)": "1",
    "max(3, n, 2)": "8",
    "min(k)": "-2",
    "max(k)": "3",
    "sum(k)": "5/2",
    "len(k)": "4",
    "k[1 + 1]": "1/2",
    "k[n % 3 + 1]": "-2",
    "k[4/2]": "1/2",
    "1 if 3 < n < 9 else 2": "1",
    "1 if 3 < n < 8 else 2": "2",
    "1 if 1 < 2 > 1 == 1 else 2": "1",
    "1 if not n > 3 else 2": "2",
    "1 if n else 2": "1",
    "True + True": "2",
    "1 if n < 3 and n > 1 or n == 8 else 2": "1",
    "1 if n == 8 or n < 3 and n > 9 else 2": "1",
    "2 if n > 3 or 1/(n - 8) > 1 else 3": "2",
    "2 if n < 3 and k[9] > 1 else 3": "3",
    "k[9] if n < 3 else k[0]": "3",
    "1 if (1 if n > 3 else 2) > 1 else 3": "3",
    "-7 // 2 * -1": "4",
    "-n ** 2": "-64",
    "2 ** -n * 256": "1",
    "1 if n > 9 else 2 if n > 3 else 3": "2",
    "floor(7/(3/(2 if n > 3 else 5)))": "4",
    "7 - 2 - 1": "4",
    "8/4/2": "1",
}
AT = {"n": "8", "b": "-3/2", "k": ["3", "1", "1/2", "-2"]}


def only_where(*where: str) -> str:
    """A theorem whose only point has to meet these requirements."""
    plain = layout("plain", ["p"], [], {}, {"count": "1", "first": "0", "second": "1", "angle": "p"}, width="2")
    return sealed(
        theorem(
            [variable("n"), variable("b", False), variable("k", False, 4)],
            plain,
            plain,
            [written.free("p")],
            IDENTICAL,
            {"points": {"holds": AT, "fails": None}},
            where,
        )
    )


@pytest.mark.parametrize(("text", "expected"), VALUES.items(), ids=VALUES)
def test_values(text: str, expected: str) -> None:
    """At n = 8, b = -3/2, k = [3, 1, 1/2, -2] each text has the value that Python's fractions give it, and no other."""
    assert check(only_where(f"({text}) == {expected}"), solve).obligations
    with pytest.raises(Rejected, match=r"not so: evidence\.points\.holds"):
        check(only_where(f"({text}) == {expected} + 1/7"), never_asked)


NO_VALUE = [
    "1/0",
    "1//0",
    "1 % 0",
    "n/(n - 8)",
    "0**-1",
    "(n - 8)**-2",
    "k[4]",
    "k[-1]",
    "k[1/2]",
    "sqrt(-1)",
    "b**0.5",
    "log(0)",
    "log(b)",
]


@pytest.mark.parametrize("text", NO_VALUE)
def test_no_value(text: str) -> None:
    """A requirement without a value is met by nothing."""
    with pytest.raises((Rejected, NotShown)):
        check(only_where(f"({text}) == ({text})"), never_asked)


NO_EXPRESSION = [
    "__import__('os').system('x') == 0",
    "eval(n) == 1",
    "n.real == 1",
    "(lambda: 1)() == 1",
    "[1, 2] == 1",
    "(n := 1) == 1",
    "max(*k) == 3",
    "max(n, key=n) == 8",
    "n and 5",
    "5",
    "n + 1",
    "n > 1 if b > 0 else n > 2",
    "n == 1_000",
    "n == 0x10",
    "n == 3j",
    "n == '8'",
    "n == None",
    "n == ...",
    "n is 8",
    "n in k",
    "n & 1 == 0",
    "~n == 1",
    "n == 1 # x",
    "k == 3",
    "n[0] == 8",
    "k[0][0] == 1",
    "k[0:1] == 1",
    "min(n) == 8",
    "min() == 1",
    "sum(n) == 8",
    "len(n) == 1",
    "floor(n, 2) == 8",
    "sin(n) == 1",
    "n == m",
    "n == j",
    "n == lane",
    "1 + (n > 1) == 2",
    "n > 3) and (b < 1",
    "n > 1,",
    "",
    "n == 1e401",
    "n =< 9",
    "n\u00a0> 1",
    "n\n> 1\nb > 0",
    "(yield n) == 1",
    "n == e",
    "n > 1 and bogus > 1",
    "f'{n}' == 1",
    "abs(k) == 1",
]


@pytest.mark.parametrize("text", NO_EXPRESSION)
def test_no_expression(text: str) -> None:
    """What is no condition of the language is refused before anything is computed."""
    with pytest.raises(Rejected):
        check(only_where(text), never_asked)


HUGE = {
    "nested": "abs(" * 150 + "n" + ")" * 150 + " > 1",
    "minus": "-" * 3900 + "n < 1",
    "not": "not " * 900 + "n > 1",
    "nodes": "n" + "+n" * 1900 + " > 1",
    "long": "n + " * 4000 + "n > 1",
    "digits": "n < " + "9" * 61,
    "power": "2**2000000 > n",
    "tower": "n**n**n**n > 1",
    "square": "((((((((10**99)**16)**16)**16)**16)**16)**16)**16)**16 > 1",
    "terms": "*".join(["(n + b + k[0] + k[1] + k[2] + k[3] + 1)"] * 60) + " > 1",
    "cases": " + ".join(f"(1 if n > {k} else 2)" for k in range(60)) + " > 1",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge(name: str) -> None:
    """What would take long is refused within a bounded amount of work."""
    with pytest.raises((Rejected, NotShown)):
        check(only_where(HUGE[name].replace("n", "b*n") if name == "terms" else HUGE[name]), solve)


def test_names_that_need_each_other() -> None:
    """Lets and parameters that are defined by themselves have no value."""
    for let, more in (
        ({"a": "b2", "b2": "a"}, ()),
        ({"a": "a"}, ()),
        ({}, (parameter("a", None, "c"), parameter("c", None, "a"))),
    ):
        own = layout(
            "loop", ["p"], list(more), let, {"count": "1", "first": "0", "second": "1", "angle": "p*a"}, width="2"
        )
        root = theorem([], own, own, [written.free("p")], IDENTICAL, {"points": {"holds": {}, "fails": None}})
        with pytest.raises((Rejected, NotShown)):
            check(sealed(root), solve)


def test_doubling() -> None:
    """Lets that each use the one before twice do not take twice as long each."""
    let = {"a0": "1"} | {f"a{k}": f"a{k - 1} + a{k - 1}" for k in range(1, 60)}
    own = layout("doubling", ["p"], [], let, {"count": "1", "first": "0", "second": "1", "angle": "p*a59"}, width="2")
    root = theorem([], own, own, [written.free("p")], IDENTICAL, {"points": {"holds": {}, "fails": None}})
    assert check(sealed(root), solve).obligations
