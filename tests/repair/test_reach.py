"""For which sections a repair by moved rows and factors exists, against counts by a loop written apart."""

from __future__ import annotations

from itertools import product

import pytest

from plain_loops import mrope_axis
from prover import repair_for_all
from prover.errors import InputError

IMROPE, MROPE = "ggml/imrope:head_dim=n_rot", "ggml/mrope:head_dim=n_rot"
FULL = "sum(sections) == n_rot//2"
COUNTED = (
    "min(sections[0],(n_rot//2+2)//3)", "min(sections[1],(n_rot//2+1)//3)", "min(sections[2],n_rot//2//3)",
)


def _counts(kind: str, sections: tuple[int, ...], axes: int) -> list[int]:
    pairs = [mrope_axis(kind, list(sections), j) for j in range(sum(sections))]
    return [pairs.count(axis) for axis in range(axes)]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target", "feeds"), [
    (IMROPE, MROPE, ()), (MROPE, IMROPE, ()), (IMROPE, MROPE, ("text", "image")),
])
def test_the_seed_question_for_all_sizes(source: str, target: str, feeds: tuple[str, ...]) -> None:
    """The condition holds of exactly those sections, among all small ones, that have pairs enough of each axis."""
    found = repair_for_all(source, target, "n_rot,base,sections", where=FULL, feeds=feeds).to_json()
    assert (found["scope"], found["strength"]) == ("sometimes", "solver only")
    for sections in product(range(5), repeat=4):
        if max(sections[:3]) and sum(sections) <= 9:
            names = {"sections": list(sections), "n_rot": 2 * sum(sections), "min": min}
            said = all(eval(clause, {"__builtins__": {}}, names) for clause in found["condition"])
            axes = 3 if feeds else 4
            ours, theirs = (_counts(spec.split(":")[0][5:], sections, axes) for spec in (source, target))
            assert said is (ours == theirs), sections


@pytest.mark.slow
def test_with_sections_counted_it_is_always_possible() -> None:
    """MROPE with as many pairs of each axis as IMROPE has: for all sections, sizes and bases."""
    rest = "n_rot//2-" + "-".join(COUNTED)
    target = f"{MROPE}:sections={','.join(COUNTED)},{rest}"
    found = repair_for_all(IMROPE, target, "n_rot,base,sections", where=FULL)
    assert (found.to_json()["scope"], found.exit_code) == ("always", 5)


@pytest.mark.slow
def test_a_sum_that_nobody_assumed() -> None:
    """Without their sum it is open, and what may help is said; with it, rounded thirds of 64 are whole numbers."""
    asked = "ggml/imrope", "ggml/mrope", ("sections",)
    found = repair_for_all(*asked)
    assert 3 == found.exit_code
    assert '--where "sum(sections) == 64" may help' in " ".join(found.to_text().split())
    told = repair_for_all(*asked, where=("sum(sections) == 64",))
    assert "exactly where" in told.headline
    assert {"sections[0] <= 22", "sections[1] <= 21", "sections[2] <= 21"} == set(
        told.headline.partition("exactly where ")[2].removesuffix(".").split(" and "))
    assert "may help" not in told.to_text()


@pytest.mark.slow
def test_what_is_not_found_is_open() -> None:
    """Without a hypothesis on the sum of the sections they start over, and nothing is said."""
    found = repair_for_all(IMROPE, MROPE, "n_rot,base,sections")
    assert (found.exit_code, found.to_json()["scope"]) == (3, "open")


def test_a_target_without_factors_is_refused() -> None:
    """With the limit's source where one is known."""
    with pytest.raises(InputError, match=r"0c1e57098"):
        repair_for_all("ggml/imrope", "llama-cpp/mrope", "base")
    with pytest.raises(InputError, match="has no frequency factors"):
        repair_for_all("ggml/neox", "transformers/half", "base")
