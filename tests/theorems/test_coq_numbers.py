"""Coq files with logarithms and choices by real numbers: where each has a value, and bounds that Coq is to prove."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest
from theorem_statements import claim, small
from written_certificates import parameter, sealed

from prover.errors import UndecidedError
from prover.resources import PROOFS
from prover.theorems.coq_file import coq_file

# pi between two fractions of Archimedes' kind, by Adriaan Anthonisz: 333/106 < pi < 355/113.
PI = Fraction(333, 106), Fraction(355, 113)


def shipped(name: str) -> str:
    """The file of a shipped theorem."""
    return coq_file((PROOFS / "theorems" / f"{name}.json").read_text())


def test_what_has_a_value_is_said_where_choices_lead() -> None:
    """ggml's ramp is worked out only with a strength other than 0: its logarithm is of a positive number there."""
    text = shipped("theorem-11-yarn-without-scale")
    said = next(line for line in text.splitlines() if "ln base" in line and line.startswith("  (forall j"))
    there, elsewhere = said.partition("((ext_factor <> 0)%R -> ")[2].split("((ext_factor = 0)%R -> ")
    assert "(0 < (n_ctx_orig / (beta_fast * 2 * PI)))%R" in there
    assert "(0 < (2 * ln base))%R" in there
    assert elsewhere.startswith("(0 < base)%R /\\ 0 < n_rot))")


def test_bounds_are_true() -> None:
    """gpt-oss's ends of the ramp, 32*ln(64/pi)/ln(150000) and 32*ln(2048/pi)/ln(150000), by powers of fractions."""
    text = shipped("theorem-14-yarn-truncated")
    found = re.findall(r"Lemma end_\d : \((\d+) / (\d+) < .* < (\d+) / (\d+)\)%R\.", text)
    assert len(found) == 2
    for over_pi, (low, low_part, high, high_part) in zip((64, 2048), found, strict=True):
        below, above = Fraction(int(low), 32 * int(low_part)), Fraction(int(high), 32 * int(high_part))
        assert 150000**below.numerator < (over_pi / PI[1]) ** below.denominator
        assert (over_pi / PI[0]) ** above.denominator < 150000**above.numerator
    assert ["= 8.", "= -18."] == re.findall(r"Lemma rounded_\d : .* (= -?\d+\.)", text)


def test_a_power_is_bounded() -> None:
    """500000**(-62/64) is below the fraction that is written, and above 1/100 less of it."""
    found = re.search(r"Rpower 500000 \(-62 / 64\) < (\d+) / (\d+)\)", shipped("theorem-13-llama3-lost"))
    assert found
    above = Fraction(int(found[1]), int(found[2]))
    assert (above * 99 / 100) ** 64 < Fraction(1, 500000**62) < above**64


@pytest.mark.parametrize(("change", "reason"), [
    ({"answer": {"scope": "never"}}, "whether one linear map is left"),
    ({"evidence": {"refutation": {"rule": "counts", "witness": []}}}, "at one feed or by their order"),
    ({"variables": [{}, {}]}, "several variables"),
])
def test_kinds_of_numbers_that_are_refused(change: dict[str, object], reason: str) -> None:
    """By what a certificate states."""
    root = json.loads((PROOFS / "theorems" / "theorem-13-llama3-lost.json").read_text())
    for key, value in change.items():
        root[key] = {**root[key], **value} if isinstance(value, dict) else value
    with pytest.raises(UndecidedError, match=reason):
        coq_file(json.dumps(root))


def test_logarithms_with_loops_are_refused() -> None:
    """Such proofs are not written."""
    side = small("p*up*log(base)", states=(("up", "0", "up + 1"),), more=(parameter("seen", whole=True, value="1"),))
    with pytest.raises(UndecidedError, match="logarithms, rounded real numbers or choices"):
        coq_file(sealed(claim(side, side)))
