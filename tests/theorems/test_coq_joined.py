"""What Coq files say of linear maps: where, and under which premises. coq/check.sh has them proved."""

from __future__ import annotations

import json

import pytest

from prover.resources import PROOFS
from prover.theorems.coq_file import coq_file

TEXTS = {path.stem: path.read_text() for path in (PROOFS / "coq" / "theorems").glob("*.v")}
# Those by sums of frequencies go by Slower.v, which is not joined to them; nor are those of numbers with pi.
DIFFER = {name for name, text in TEXTS.items()
          if "Theorem nothing_linear" in text and "(Slower.v)" not in text and "pi_between" not in text}
SLOW = "~ Joined.linear reached source_head target_head."
REAL = "~ Joined.linear (fun _ => True) source_head target_head."


def theorem(text: str, name: str) -> str:
    """The statement of a theorem, on one line."""
    return " ".join(text.partition(f"\nTheorem {name} : ")[2].partition("\nProof.")[0].split())


def test_every_file_in_which_something_differs_has_it() -> None:
    """Twelve shipped files; the others need no file but themselves."""
    assert len(DIFFER) == 12
    for name, text in TEXTS.items():
        parts = ("From Rope Require Joined.\n", "Theorem no_linear_maps : ", "Definition source_head : Joined.head :=")
        assert [part in text for part in parts] == [name in DIFFER] * 3, name


@pytest.mark.parametrize("name", sorted(DIFFER - {"theorem_7_linear_scaling"}))
def test_at_whole_positions_without_a_premise(name: str) -> None:
    """All frequencies are powers of a base above 1 with exponents up to 0."""
    premises = theorem(TEXTS[name], "nothing_linear").partition("(*")[0].strip()
    assert premises in ("allowed ->", "allowed -> ~ condition ->")
    assert theorem(TEXTS[name], "no_linear_maps") == (
        f"{premises} forall reached : (nat -> R) -> Prop, (forall x, Cosines.natural x -> reached x) -> {SLOW}")
    assert "PI" not in TEXTS[name].partition("Definition source_head")[2]


def test_a_factor_may_make_frequencies_fast() -> None:
    """At whole positions with Lindemann's theorem and rational parameters, at real ones without."""
    text = TEXTS["theorem_7_linear_scaling"]
    assert theorem(text, "no_linear_maps") == f"allowed -> {REAL}"
    assert theorem(text, "no_linear_maps_at_whole_positions") == (
        "allowed -> ~ Algebraic.algebraic PI -> Algebraic.rational base -> Algebraic.rational freq_scale -> "
        f"forall reached : (nat -> R) -> Prop, (forall x, Cosines.natural x -> reached x) -> {SLOW}")


def test_a_position_has_a_number_for_each_coordinate() -> None:
    """On text one, of which IMROPE's e gets none; on free positions four."""
    assert "source_angle j (x 0%nat) (x 0%nat) (x 0%nat) 0)%R (fun j => source_magnitude)." in TEXTS[
        "theorem_2_imrope_neox_text"]
    text = TEXTS["theorem_4_imrope_mrope_free"]
    assert "(* Both layouts as Joined.v has them. Position x has x 0 for t, x 1 for h, x 2 for w, x 3 for e. *)" in text
    assert "(fun j x => target_angle j (x 0%nat) (x 1%nat) (x 2%nat) (x 3%nat))%R" in text


@pytest.mark.parametrize(("source", "target", "premise"), [
    ("extrapolated", "freq_scale**2*extrapolated", "algebraic"),
    ("extrapolated", "freq_scale + extrapolated", "algebraic"),
    ("freq_scale*extrapolated", "freq_scale*extrapolated", "rational"), ("extrapolated", "extrapolated", ""),
    ("extrapolated", "base**(2*j/n_rot)", "algebraic"), ("extrapolated", "freq_scale**(-2*j/n_rot)", "algebraic"),
])
def test_premises_follow_the_form_of_frequencies(source: str, target: str, premise: str) -> None:
    """Other frequencies in the place of those of linear scaling: where they may be above 3, or of another kind."""
    root = json.loads((PROOFS / "theorems" / "theorem-7-linear-scaling.json").read_text())
    for side, frequency in (("source", source), ("target", target)):
        root[side]["let"] = [[name, frequency if name == "frequency" else text] for name, text in root[side]["let"]]
        root[side]["parameters"] = root["target"]["parameters"]
    text = coq_file(json.dumps(root))
    at_whole = theorem(text, "no_linear_maps_at_whole_positions")
    assert {
        "": at_whole == "" and "Cosines.natural" in theorem(text, "no_linear_maps"),
        "rational": "Algebraic.rational freq_scale -> forall" in at_whole,
        "algebraic": "Joined.algebraic_frequencies 1 target_head -> forall" in at_whole,
    }[premise], text


def test_what_joined_does_not_have_stays_as_it_is() -> None:
    """No positions, no frequencies: the file says of pairs what it says, and needs nothing of proofs/coq."""
    root = json.loads((PROOFS / "theorems" / "theorem-6-partial-full.json").read_text())
    root["feeds"] = [{**root["feeds"][0], "coordinates": [], "source": {"p": {}}, "target": {"p": {}}}]
    text = coq_file(json.dumps(root))
    assert "Theorem nothing_linear" in text
    assert "Joined" not in text
