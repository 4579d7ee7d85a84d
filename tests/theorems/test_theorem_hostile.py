"""What a certificate may cost: texts that grow when they are read are given up on, and soon."""

from __future__ import annotations

import time

import pytest
from theorem_statements import IDENTICAL
from written_certificates import JSON, free, layout, parameter, sealed, theorem, variable

from prover.theorem_checker import NotShown, check

WIDTH = 40
SECONDS = 5


def own(angle: str, let: dict[str, str] | None = None) -> JSON:
    """Something compared with itself, over 40 rational variables x0, x1, ... and a list of as many."""
    names = [f"x{k}" for k in range(WIDTH)]
    parameters = [parameter("n", "n > 0", whole=True), *map(parameter, names), parameter("xs", entries=WIDTH)]
    kernel = layout(
        "own", ["p"], parameters, let or {}, {"count": "n", "first": "j", "second": "j + n", "angle": angle},
        width="2*n",
    )  # fmt: skip
    at = {"n": "1", **dict.fromkeys(names, "1"), "xs": ["1"] * WIDTH}
    variables = [variable("n"), *(variable(name, False) for name in names), variable("xs", False, WIDTH)]
    return theorem(variables, kernel, kernel, [free("p")], IDENTICAL, {"points": {"holds": at, "fails": None}})


def choices(levels: int) -> dict[str, str]:
    """Each compares the one before, so that the conditions written out double with every level."""
    values = {
        f"v{k + 1}": f"x{k % 38 + 1} + {k // 38} if v{k} < x{k % 38 + 2} + j + {k // 38} else x{(k + 5) % 38} + j"
        for k in range(levels)
    }
    return {"v0": "x0", **values}


HOSTILE = {
    "a choice within a choice": lambda: own("p*v12", choices(12)),
    "a choice within sixty choices": lambda: own("p*v60", choices(60)),
    "the sign of a long product": lambda: own(f"p*(1 if {'*'.join(f'x{k}' for k in range(WIDTH))} < 0 else 2)"),
    "a chain over entries of a list": lambda: own(f"p*(1 if {' < '.join(['xs[j]'] * 30)} else 2)"),
    "a sum over entries of a list": lambda: own(f"p*({' + '.join(['xs[j]'] * 30)})"),
    "a sum to a power": lambda: own("p*sum(xs)**5"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_given_up_in_time(name: str) -> None:
    """With a solver that grants everything at once, the checker still gives up, within seconds of the processor."""
    text = sealed(HOSTILE[name]())
    before = time.process_time()
    with pytest.raises(NotShown, match=r"more work|so many cases|too large"):
        check(text, lambda question: {"z3": "unsat"})
    assert time.process_time() - before < SECONDS
