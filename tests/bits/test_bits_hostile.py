"""Certificates made to keep the checker of bits busy: each ends soon, and none is accepted for what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bits_statements import JSON, equal, kernel, sealed

from prover import bits_checker
from prover.bits_checker import MAX_BYTES, NotShown, Rejected, check

SECONDS = 5.0  # of processor time


def wide(pairs: int, **changes: Any) -> JSON:
    """Many pairs, the second in the first half of the head, the other in the other."""
    return kernel(width=2 * pairs, lanes=[[i, pairs + i, i, pairs + i] for i in range(pairs)],
                  parameters=[["base", "10000"]], exact_let=[["slot", "j"]], **changes)


def chain(count: int, step: str, first: str = "3/7") -> list[list[str]]:
    """Names of which each is made of the one before."""
    return [["a0", first], *([f"a{i}", step.replace("@", f"a{i - 1}")] for i in range(1, count))]


LONG = "+".join(["p*f"] * 59)
HOSTILE: dict[str, JSON] = {
    "much text": kernel(let=[[f"a{i}", "p" + "*p" * 40 + "+(p)" * 50] for i in range(190)]),
    "long texts": kernel(let=[[f"a{i}", "(p" + "*p" * 50 + ")+(p" + "*p" * 50 + ")"] for i in range(190)],
                         states=[[f"s{i}", "+".join(["p"] * 59), "p*" * 59 + "p"] for i in range(190)]),
    "a very wide head": wide(8192),
    "every pair long": wide(4096, angle=LONG),
    "many functions": wide(2048, precision="float64", angle="sqrt(p)*log(p + 3)**1.5"),
    "float64 of large sizes": wide(512, precision="float64", table="float64", rotation="float64",
                                   angle="p*1e100*1e100*1e100*(0.1*j + 0.3)"),
    "powers of large sizes": wide(1024, precision="float64", angle="(p + 1e-100)**(0.7*j + 0.1)"),
    "squares of squares": kernel(let=[], exact_let=chain(150, "@*@"), angle="p*a149"),
    "powers of powers": kernel(let=[], exact_let=chain(40, "@**9"), angle="p*a39"),
    "whole powers of small numbers": wide(2048, precision="float64", angle="(p*1e-100*1e-100)**(64 - j//1000) + p"),
    "a power of a large number": kernel(angle="p*big", exact_let=[["slot", "j"], ["big", "7**400**2"]]),
    "floats squared": kernel(let=chain(150, "@*@*1.5", "p + 0.3"), angle="a149"),
    "names of names": kernel(let=chain(199, "@ + @", "p"), exact_let=[], angle="a198", parameters=[]),
    "names in names": kernel(let=[], exact_let=chain(199, "abs(((((((((@)))))))))", "1"), angle="p*a198",
                             parameters=[]),
    "a long list summed": wide(64, let=[["f", "+".join(["sum(list)"] * 40)]]) | {
        "parameters": [["base", "1"], ["list", ["1/3"] * 100_000]]},
    "large fractions": kernel(parameters=[["base", "7" * 100 + "/" + "3" * 99 + "1"], ["list", ["1"]]],
                              let=[], exact_let=chain(150, "@*base + base"), angle="p*a149"),
    "many values carried": wide(512, states=[[f"s{i}", "p", f"s{i}*base + s{(i + 1) % 150}"] for i in range(150)],
                                angle="s0", let=[]),
    "sines beside multiples of pi": wide(1024, precision="float64", table="float64",
                                         angle="p*6381956970095103*2.0**797"),
    "fused with everything": wide(1024, contract=True, angle=LONG),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_is_bounded(name: str, tmp_path: Path) -> None:
    """Rejected, or beyond the checker, within seconds; it runs alone, where nothing counts its lines."""
    path = tmp_path / "certificate.json"
    path.write_text(sealed(equal(HOSTILE[name], HOSTILE[name])))
    before = os.times()
    done = subprocess.run([sys.executable, "-S", bits_checker.__file__, str(path)], capture_output=True, text=True)
    after = os.times()
    assert (4, "") == (done.returncode, done.stderr)
    assert done.stdout.splitlines()[1].lstrip().startswith(("NOT SHOWN: ", "REJECTED: "))
    assert after.children_user + after.children_system - before.children_user - before.children_system < SECONDS


TEXTS: dict[str, str] = {
    "too many bytes": "[" + "0," * (MAX_BYTES // 2) + "0]",
    "as many lists as fit": "[" * 2_000_000,
    "as many objects as fit": '{"a":' * 1_000_000,
    "a number of a million digits": '{"digest":' + "9" * 1_000_000 + "}",
    "many feeds": sealed({**equal(kernel(), kernel()), "feeds": [{}] * 300_000}),
    "many lanes": sealed(equal(wide(8192) | {"lanes": [[0, 0, 0, 0]] * 400_000}, wide(8192))),
    "many names": sealed(equal(kernel(parameters=[[f"a{i}", "1"] for i in range(200_000)]), kernel())),
    "a large position": sealed({**equal(kernel(), kernel()), "answer": {"bits": "equal", "points": [{"p": 10**4000}]}}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_large_texts_are_refused_soon(name: str) -> None:
    """Whatever they are."""
    start = time.process_time()
    with pytest.raises((Rejected, NotShown)):
        check(TEXTS[name])
    assert time.process_time() - start < SECONDS


def test_what_is_as_large_as_real_heads_is_accepted() -> None:
    """Heads of 512 lanes with a power for each pair are checked, well within the time."""
    root = equal(wide(256), wide(256, rotated=["cos*x - sin*y", "y*cos + x*sin"]))
    start = time.process_time()
    assert "equal" == check(sealed(root)).bits
    assert time.process_time() - start < SECONDS
