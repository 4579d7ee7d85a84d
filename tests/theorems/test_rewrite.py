"""Rewrites of kernels' loops: the shipped ones, a person's own, and what cannot be proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.commands.cli import run_command
from prover.proof_files.rewrite_file import run_rewrite
from prover.reports.rewrite_report import invariant_text
from prover.resources import PROOFS
from prover.theorems.rewrite import check_rewrite
from sampling import few

Capture = pytest.CaptureFixture[str]

# Verdict, and the first pair that differs.
EXPECTED = {
    "rewrite-1-counter": ("equivalent", None),
    "rewrite-1-counter-without-reset": ("different", 1),
    "rewrite-2-running-product": ("equivalent", None),
    "rewrite-3-vision-chain": ("equivalent", None),
    "rewrite-3-vision-chain-plain": ("equivalent", None),
    "rewrite-3-vision-chain-empty": ("different", 1),
    "rewrite-4-vision-products": ("equivalent", None),
    "rewrite-4-vision-products-each": ("equivalent", None),
    "rewrite-4-vision-products-late": ("different", 1),
}

LOOP = """
title = "loop"
axes  = ["p"]
width = "n_rot"

[parameters]
n_rot = {{ default = 8, require = "n_rot % 2 == 0 and n_rot > 0" }}
base  = {{ default = 10000, require = "base > 1" }}

{state}

[pairs]
count  = "n_rot//2"
first  = "{first}"
second = "{second}"
angle  = "{angle}"
"""


def file(path: Path, angle: str, state: str = "", first: str = "j", second: str = "j + n_rot//2") -> str:
    """A layout file with this angle and state."""
    path.write_text(LOOP.format(state=state, first=first, second=second, angle=angle))
    return str(path)


def state(name: str, initial: str, step: str) -> str:
    """One carried value as a layout file says it."""
    return f'[state.{name}]\ninitial = "{initial}"\nstep = "{step}"\n'


@pytest.mark.parametrize("name", few(EXPECTED.keys(), 3))
def test_shipped_rewrite(name: str) -> None:
    """It comes to what its file expects, and that is what is expected here."""
    result = run_rewrite(PROOFS / "theorems" / f"{name}.toml", False, Solver())
    assert () == result.problems
    first = result.report["first_difference"]
    assert EXPECTED[name] == (result.report["verdict"], first and first["pair"])


def test_all_shipped_rewrites_are_here() -> None:
    """No rewrite is shipped without an entry above."""
    assert sorted(EXPECTED) == sorted(path.stem for path in (PROOFS / "theorems").glob("rewrite-*.toml"))


# Old angle and state, new angle and state, the verdict, and the invariant or the first pair that differs.
OWN = {
    "two steps at once": (
        ("p*base**(-2*slow/n_rot)", state("slow", "0", "slow + 1 if j % 2 == 1 else slow")),
        ("p*base**(-2*(j//2)/n_rot)", ""), "equivalent", "slow of old = j//2",
    ),
    "counted down": (
        ("p*base**(-2*(n_rot//2 - left)/n_rot)", state("left", "n_rot//2", "left - 1")),
        ("p*base**(-2*j/n_rot)", ""), "equivalent", "left of old = -j + (n_rot//2)",
    ),
    "counted by twos": (
        ("p*base**(-lane/n_rot)", state("lane", "0", "lane + 2")),
        ("p*base**(-(2*j)/n_rot)", ""), "equivalent", "lane of old = 2*j",
    ),
    "a value that stays": (
        ("p*base**(-2*(j + same - 1)/n_rot)", state("same", "1", "2 - same")),
        ("p*base**(-2*j/n_rot)", ""), "equivalent", "same of old = 1",
    ),
    "two loops": (
        ("p*base**(-2*mine/n_rot)", state("mine", "0", "mine + 1")),
        ("p*base**(-2*yours/n_rot)", state("yours", "0", "1 + yours")), "equivalent", "mine of old = yours of new",
    ),
    "two running products": (
        ("p*mine", state("mine", "1", "mine*base**(-2/n_rot)")),
        ("p*yours", state("yours", "1", "yours/base**(2/n_rot)")), "equivalent",
        "mine of old = yours of new; yours of new = base**(-2*j/n_rot)",
    ),
    "off by one": (
        ("p*base**(-2*count/n_rot)", state("count", "1", "count + 1")), ("p*base**(-2*j/n_rot)", ""), "different", 0,
    ),
    "a product with the wrong step": (
        ("p*power", state("power", "1", "power*base**(-1/n_rot)")), ("p*base**(-2*j/n_rot)", ""), "different", 1,
    ),
    "a counter stuck at 3": (
        ("p*base**(-2*count/n_rot)", state("count", "0", "count + 1 if count < 3 else 3")),
        ("p*base**(-2*j/n_rot)", ""), "different", 4,
    ),
    "the other direction": (("-p*base**(-2*j/n_rot)", ""), ("p*base**(-2*j/n_rot)", ""), "different", 0),
    "no loop at all": (("p*base**(-2*j/n_rot)", ""), ("p/base**(2*j/n_rot)", ""), "equivalent", None),
}


@pytest.mark.parametrize(("old", "new", "verdict", "what"), OWN.values(), ids=OWN)
def test_a_rewrite_of_ones_own(
    tmp_path: Path, old: tuple[str, str], new: tuple[str, str], verdict: str, what: str | int | None
) -> None:
    """Two files are compared for all sizes; the invariant or the first pair that differs is the right one."""
    specs = [file(tmp_path / f"{name}.toml", *parts) for name, parts in (("old", old), ("new", new))]
    found = check_rewrite(*specs, [], [], Solver())
    assert verdict == found.outcome.value
    if isinstance(what, str):
        assert what == "; ".join(invariant_text(found, i) for i in found.invariant)
    elif verdict == "different":
        assert found.difference is not None
        assert what == found.difference.pair


def test_other_lanes_are_a_difference(tmp_path: Path) -> None:
    """The same angles on other lanes are no rewrite."""
    old = file(tmp_path / "old.toml", "p*base**(-2*j/n_rot)")
    new = file(tmp_path / "new.toml", "p*base**(-2*j/n_rot)", first="2*j", second="2*j + 1")
    found = check_rewrite(old, new, [], [], Solver())
    assert (Outcome.DIFFERENT, "n_rot=4, base=10000") == (found.outcome, found.difference and found.difference.text)


def test_pairs_in_another_order_are_not_called_different(tmp_path: Path) -> None:
    """The same kernel with its pairs listed backwards is left open, since pairs are compared by index."""
    old = file(tmp_path / "old.toml", "p*base**(-2*j/n_rot)")
    new = file(tmp_path / "new.toml", "p*base**(-2*(n_rot//2 - 1 - j)/n_rot)", first="n_rot//2 - 1 - j",
               second="n_rot - 1 - j")
    assert Outcome.UNDECIDED is check_rewrite(old, new, [], [], Solver()).outcome


def test_command(tmp_path: Path, capsys: Capture) -> None:
    """Text and JSON say the same, and the exit code is that of the verdict."""
    old = file(tmp_path / "old.toml", "p*base**(-2*count/n_rot)", state("count", "0", "count + 1"))
    new = file(tmp_path / "new.toml", "p*base**(-2*j/n_rot)")
    assert 0 == run_command(["rewrite", old, new])
    text = capsys.readouterr().out
    assert "invariant count of old = j" in text
    assert "base      the invariant holds at pair 0" in text
    assert 0 == run_command(["rewrite", old, new, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/rewrite-answer/1", ["count of old = j"]) == (found["schema"], found["invariant"])


def test_vacuous_hypotheses_are_an_error(capsys: Capture) -> None:
    """Nothing is proved of sizes that there are not."""
    loop = str(PROOFS / "rewrites" / "running-product.toml")
    assert 2 == run_command(["rewrite", loop, "ggml/neox", "--where", "n_rot < 2"])
    assert "no parameters meet the hypotheses" in capsys.readouterr().err


def test_parameters_that_stay_as_they_are_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scale that only one of the two uses is 1 by default: equal there, and the answer says that it is about 1."""
    angle = "p*base**(-2*j/head_dim)"
    specs = []
    for name, text in (("old", f"{angle}/scale"), ("new", angle)):
        path = tmp_path / f"{name}.toml"
        path.write_text(f"""
title = "{name}"
axes = ["p"]
width = "head_dim"
[parameters]
head_dim = {{ default = 8, require = "head_dim % 2 == 0 and head_dim > 0" }}
base = {{ default = 10000, require = "base > 1" }}
scale = {{ default = 1 }}
[pairs]
count = "head_dim//2"
first = "j"
second = "j + head_dim//2"
angle = "{text}"
""")
        specs.append(str(path))
    for command in (["rewrite", *specs], ["prove", *specs, "--for-all", "head_dim,base"]):
        assert 0 == run_command(command)
        (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("at ")]
        assert ["at", "scale=1", "in", "the", "old" if command[0] == "rewrite" else "source"] == told.split()
    assert 1 == run_command(["rewrite", f"{specs[0]}:scale=2", specs[1]])
