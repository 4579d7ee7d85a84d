"""The checker of theorems: powers of numbers that are not positive, and names that solvers keep for themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from one_by_one_statements import each, few
from theorem_statements import IDENTICAL, claim, relation, small, solve
from written_certificates import JSON, sealed

from prover.theorem_checker import NotShown, Rejected, check

SAME = relation("identical")
ROOT = "(1 - 1)**(1/2)"
TRUE: dict[str, Callable[[], JSON]] = {
    "a negative base": lambda: claim(small("p*(0 - 2)**j"), small("p*(0 - 2)**j")),
    "0 to a pair's index": lambda: claim(small("p*0**j"), small("p*0**j")),
    "0 to a power that is not reached": lambda: each(few(f"p*({ROOT} if k < 0 else 1)"), few("p"), SAME),
    "a root of what is negative, not reached": lambda: each(few("p*((0 - 2)**(1/2) if k < 0 else 1)"), few("p"), SAME),
    "a negative base, not reached": lambda: each(few("p*((0 - 2)**k if k < 0 else 1)"), few("p"), SAME),
}
# 1, -2, 4, ... and 1, 2, 4, ...: pair 1 turns the other way. A root of 0 or of -2 has no value.
FALSE: dict[str, Callable[[], JSON]] = {
    "a base and its opposite": lambda: claim(small("p*(0 - 2)**j"), small("p*2**j")),
    "0 to a power, and 0": lambda: claim(small("p*0**j"), small("0*p")),
    "a negative power of 0": lambda: claim(small("p*0**(-j)"), small("p*0**(-j)")),
    "a root of 0": lambda: each(few(f"p*{ROOT}"), few(f"p*{ROOT}"), SAME),
    "a root of what is negative": lambda: each(few("p*(0 - 2)**k"), few("p*(0 - 2)**k"), SAME),
}


@pytest.mark.parametrize("name", TRUE)
def test_shown(name: str) -> None:
    """Each of these is true, and shown."""
    assert check(sealed(TRUE[name]()), solve).obligations


@pytest.mark.parametrize("name", FALSE)
def test_not_shown(name: str) -> None:
    """None of these is true, or about any layouts."""
    with pytest.raises((Rejected, NotShown)):
        check(sealed(FALSE[name]()), solve)


@pytest.mark.parametrize("name", ["_", "true", "false", "xor", "distinct", "let", "to_real", "j_", "parameter"])
def test_words_of_solvers(name: str) -> None:
    """A parameter may have any name: another name changes nothing that is shown, and nothing that is not."""
    def named(text: str) -> str:
        return re.sub(r"\bbase\b", name, text)

    def renamed(root: JSON) -> JSON:
        if isinstance(root, dict):
            return {named(key): renamed(value) for key, value in root.items()}
        return [renamed(each) for each in root] if isinstance(root, list) else (
            named(root) if isinstance(root, str) else root
        )

    assert check(sealed(renamed(claim(small(), small(), IDENTICAL))), solve).obligations
    with pytest.raises(Rejected, match="not so"):
        check(sealed(renamed(claim(small(), small("p*base**(-j/n)*2")))), solve)
