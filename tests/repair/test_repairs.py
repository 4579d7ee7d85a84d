"""What repairs a difference: IMROPE on MROPE's kernel and the like, held against loops in NumPy written apart."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import islice, product

import numpy as np
import pytest
from mpmath import mp, mpf, nstr

from plain_loops import mrope_axis
from prover import checker, prove_runtime
from prover import find_repair as repair
from prover.claims.relation import Outcome
from prover.errors import InputError
from prover.layouts.loading import load
from prover.repair.repairs import Kind, Repairs, find_repair
from prover.verdicts.as_stored import prove_loaded

mp.dps = 50
N = 128
BOTH = ("text", "image")


def _scores(kind, sections, factors, q, k, at, other, n=N, base=10000.0):
    """The score of q at one place and k at another, by a loop over the pairs."""
    total = 0.0
    for j in range(n // 2):
        axis = mrope_axis(kind, sections, j)
        turn = base ** (-2 * j / n) / factors[j] * (at[axis] - other[axis])
        a, b, c, d = q[j], q[j + n // 2], k[j], k[j + n // 2]
        total += (a * c + b * d) * np.cos(turn) + (b * c - a * d) * np.sin(turn)
    return total


def _found(source: str, target: str, feeds: tuple[str, ...] = (), kinds: tuple[Kind, ...] = tuple(Kind)) -> Repairs:
    return find_repair(load(source), load(target), feeds, kinds)


@pytest.mark.parametrize(("sections", "needed"), [
    ("24,20,20,0", [22, 20, 20, 2]), ("22,20,20,2", None), ("16,24,24,0", None), ("20,20,20,4", None),
])
def test_imrope_on_the_kernel_of_mrope(sections: str, needed: list[int] | None) -> None:
    """Moved rows and factors, with other sections where the turns do not keep them, make the scores equal."""
    source, target = f"ggml/imrope:sections={sections}", f"ggml/mrope:sections={sections}"
    found = repair(source, target).to_json()
    own = [int(n) for n in sections.split(",")]
    counts = [sum(mrope_axis("imrope", own, j) == axis for j in range(64)) for axis in range(4)]
    changed = own if counts == own else counts
    assert (found["exit_code"], found["verdict"]) == (5, "convertible")
    told = [each["needed"] for each in found["repair"]["parameters"]]
    assert told == ([] if changed == own else [",".join(map(str, changed))])
    assert needed is None or changed == needed
    rows = np.array(found["repair"]["permutation"])
    factors = [factor["value"] for factor in found["repair"]["factors"]]
    generator = np.random.default_rng(5)
    for _ in range(6):
        q, k = generator.standard_normal((2, N))
        at, other = generator.integers(0, 300, (2, 4))
        wanted = _scores("imrope", own, [1.0] * 64, q, k, at, other)
        assert np.isclose(_scores("mrope", changed, factors, q[rows], k[rows], at, other), wanted, atol=1e-9)
        if changed != own or any(factor != 1 for factor in factors):
            assert not np.isclose(_scores("mrope", changed, [1.0] * 64, q, k, at, other), wanted, atol=1e-3)


def test_every_factor_is_the_quotient_of_two_frequencies() -> None:
    """With sections 11, 11, 10 the t pairs are those at 0, 3, 6 and so on: the factor of pair k is 10000**(4k/64)."""
    found = repair("ggml/imrope:sections=11,11,10,0:n_rot=64", "ggml/mrope:sections=11,11,10,0:n_rot=64").to_json()
    factors = found["repair"]["factors"]
    for k in range(11):
        assert nstr(mpf(10000) ** (mpf(4 * k) / 64), 15) == nstr(mpf(factors[k]["value"]), 15)
        exactly = mpf(Fraction(factors[k]["float32"]).numerator) / Fraction(factors[k]["float32"]).denominator
        assert exactly == mpf(float(np.float32(factors[k]["value"])))


@pytest.mark.parametrize("feeds", [(), ("image",), BOTH])
def test_the_certificate_is_of_the_changed_target(feeds: tuple[str, ...]) -> None:
    """The checker accepts it, and says that a permutation holds."""
    answer = repair("ggml/imrope", "ggml/mrope", feeds=feeds)
    assert answer.certificate is not None
    assert checker.check(answer.certificate)[0] == "permutation"
    root = json.loads(answer.certificate)
    assert root["source"]["pairs"] != root["target"]["pairs"]


def test_the_spec_with_stored_factors_is_the_repair_as_stored() -> None:
    """The printed spec, loaded anew, is the source as stored in float32, rows moved."""
    found = _found("ggml/imrope:n_rot=32:sections=6,5,5,0", "ggml/mrope:n_rot=32:sections=6,5,5,0")
    assert found.found is not None
    again = prove_loaded(load("ggml/imrope:n_rot=32:sections=6,5,5,0"), load(found.found.spec))
    assert again.as_stored is not None
    assert (again.outcome, again.holds and again.holds.value) == (Outcome.CONVERTIBLE, "permutation")


def test_what_float32_loses_is_bounded() -> None:
    """The largest angle that rounded factors leave, up to a distance, is the bound that is told, to its digits."""
    found = repair("ggml/imrope", "ggml/mrope", positions=262144).to_json()["repair"]
    most = mpf(0)
    for j, factor in enumerate(found["factors"]):
        exactly = mpf(10000) ** (mpf(-2 * j) / 128)
        source = exactly / mpf(factor["value"])
        # The exact factor is a power of ten by sixteenths.
        steps = round(float(mp.log10(mpf(factor["value"])) * 16))
        source = exactly / mpf(10) ** (mpf(steps) / 16)
        stored = Fraction(factor["float32"])
        most = max(most, abs(exactly * stored.denominator / stored.numerator - source) * 262144)
    low, high = map(mpf, found["float32_leaves"]["angle"]["radians"])
    assert low * (1 - mpf(10) ** -5) <= most <= high * (1 + mpf(10) ** -5)


def test_factors_reach_exactly_the_sections_with_as_many_pairs_of_eachmrope_axis() -> None:
    """Over all small sections: with moved rows and factors alone there is a repair, or a proof that there is none."""
    seen = set()
    for sections in islice((s for s in product(range(5), repeat=4) if sum(s) == 6 and max(s[:3])), 0, None, 5):
        counts = [
            [sum(mrope_axis(kind, list(sections), j) == axis for j in range(6)) for axis in range(4)]
            for kind in ("imrope", "mrope")
        ]
        text = ",".join(map(str, sections))
        found = _found(f"ggml/imrope:head_dim=12:sections={text}", f"ggml/mrope:head_dim=12:sections={text}", (),
                       (Kind.PERMUTATION, Kind.FACTORS))
        possible = counts[0] == counts[1]
        assert ((found.found is not None), found.is_refuted) == (possible, not possible), sections
        seen.add(possible)
    assert seen == {True, False}


def test_pairs_that_are_too_many_turn_by_whole_turns() -> None:
    """Where e is fed 0, pairs that fall to it stand still; those that the target has too many of can be made to."""
    seen = set()
    for sections in ((2, 2, 2, 0), (4, 1, 1, 0), (3, 1, 1, 1), (1, 1, 4, 0), (2, 3, 1, 0)):
        text, n = ",".join(map(str, sections)), 6
        counts = [
            [sum(mrope_axis(kind, list(sections), j) == axis for j in range(n)) for axis in range(3)]
            for kind in ("mrope", "imrope")
        ]
        found = _found(f"ggml/mrope:head_dim=12:sections={text}", f"ggml/imrope:head_dim=12:sections={text}",
                       ("image",), (Kind.PERMUTATION, Kind.FACTORS))
        possible = all(ours <= theirs for ours, theirs in zip(*counts, strict=True))
        assert (found.found is not None, found.is_refuted) == (possible, not possible), sections
        back = _found(f"ggml/imrope:head_dim=12:sections={text}", f"ggml/mrope:head_dim=12:sections={text}",
                      ("image",), (Kind.PERMUTATION, Kind.FACTORS))
        assert back.found is not None
        assert len(back.found.stilled) == sum(counts[0]) - sum(counts[1])
        seen |= {possible, bool(back.found.stilled)}
    assert seen == {True, False}


def test_stilled_pairs_stand_still_in_a_kernel_written_apart() -> None:
    """Partial rotation on a kernel that turns all lanes; what float32 leaves of the whole turns is bounded."""
    found = repair("ggml/neox:n_rot=8:head_dim=16", "ggml/neox:head_dim=16", allow=("permutation", "factors"),
                   positions=1000).to_json()["repair"]
    assert found["stilled"] == [4, 5, 6, 7]
    rows, factors = np.array(found["permutation"]), [factor["value"] for factor in found["factors"]]
    q, k = np.random.default_rng(3).standard_normal((2, 16))
    for at in (0, 1, 7, 50):
        wanted = sum(q[j] * k[j] for j in range(8, 16))
        for j in range(4):
            turn = 10000.0 ** (-2 * j / 8) * at
            wanted += (q[j] * k[j] + q[j + 4] * k[j + 4]) * np.cos(turn)
            wanted += (q[j + 4] * k[j] - q[j] * k[j + 4]) * np.sin(turn)
        got = 0.0
        a, b = q[rows], k[rows]
        for j in range(8):
            turn = 10000.0 ** (-2 * j / 16) / factors[j] * at
            got += (a[j] * b[j] + a[j + 8] * b[j + 8]) * np.cos(turn)
            got += (a[j + 8] * b[j] - a[j] * b[j + 8]) * np.sin(turn)
        assert np.isclose(wanted, got, atol=1e-9)
    bound = mpf(found["float32_leaves"]["angle"]["radians"][1])
    worst = max(
        abs(mpf(10000) ** (mpf(-2 * j) / 16) / mpf(float(np.float32(factors[j]))) - 2 * mp.pi) * 1000
        for j in range(4, 8)
    )
    assert worst <= bound <= 8 * worst


def test_qwen3_vl_needs_the_position_on_the_fourthmrope_axis() -> None:
    """Pairs whose turn is past their section get t in transformers and e in ggml, which is fed 0."""
    found = _found("transformers/mrope-stride3:mrope_section=24,20,20", "ggml/imrope", BOTH)
    assert found.found is not None
    assert (found.found.kinds, found.found.fed and (found.found.fed.axis, found.found.fed.like)) == (
        (Kind.FEED,), ("e", "t"))
    assert found.found.verdict.outcome is Outcome.EQUIVALENT


@pytest.mark.parametrize(("source", "target", "kinds"), [
    ("ggml/neox", "ggml/neox", ()),
    ("ggml/normal", "ggml/neox", (Kind.PERMUTATION,)),
    ("ggml/neox", "ggml/neox:attn_factor=1.5", (Kind.MAGNITUDE,)),
    ("ggml/normal", "ggml/neox:attn_factor=1.5", (Kind.PERMUTATION, Kind.MAGNITUDE)),
    ("transformers/half:rope_theta=1e6", "ggml/neox", (Kind.PARAMETER,)),
    ("ggml/neox:n_rot=64", "ggml/neox", (Kind.PARAMETER,)),
    ("transformers/half:rope_type=yarn:factor=16:original_max_position_embeddings=16384", "vllm/rope",
     (Kind.PARAMETER,)),
    ("transformers/half:rope_type=llama3:factor=8:original_max_position_embeddings=8192:low_freq_factor=1:"
     "high_freq_factor=4", "ggml/neox", (Kind.FACTORS,)),
    ("transformers/half:rope_type=llama3:factor=8:original_max_position_embeddings=8192:low_freq_factor=1:"
     "high_freq_factor=4", "ggml/normal", (Kind.PERMUTATION, Kind.FACTORS)),
    ("transformers/half:rope_type=yarn:factor=4:original_max_position_embeddings=4096", "ggml/normal",
     (Kind.PERMUTATION, Kind.MAGNITUDE, Kind.FACTORS)),
])
def test_the_least_change_is_told(source: str, target: str, kinds: tuple[Kind, ...]) -> None:
    """In the order nothing, rows, magnitude, parameter, feed, factors."""
    found = _found(source, target).found
    assert found is not None
    assert kinds == found.kinds


def test_one_scale_for_all_rows_may_go_into_the_softmax() -> None:
    """A factor 3/2 on cos and sin multiplies scores by 9/4; with lanes that pass it cannot go there."""
    assert repair("ggml/neox", "ggml/neox:attn_factor=1.5").to_json()["repair"]["softmax_scale"]["exact"] == "4/9"
    partial = repair("ggml/neox:n_rot=64", "ggml/neox:n_rot=64:attn_factor=1.5").to_json()["repair"]
    assert partial["softmax_scale"] is None


def test_nothing_found_is_not_a_proof() -> None:
    """Where parameters and feeds may be changed, that none is found is undecided; where only weights may, refuted."""
    assert repair("ggml/mrope", "ggml/normal", feeds="t=t,h=h,w=w,e=e,p=t").exit_code == 3
    assert repair("ggml/imrope", "ggml/mrope", allow=("permutation", "magnitude")).exit_code == 1
    assert repair("ggml/neox", "ggml/normal", allow="nothing").exit_code == 1


def test_a_kernel_that_is_given_no_factors() -> None:
    """Qwen2-VL's graph in llama.cpp passes none: that is said with its source, and refused where it is asked for."""
    told = repair("ggml/imrope", "llama-cpp/mrope").to_json()["not_possible"][-1]
    assert (told["what"], "ggml-org/llama.cpp@0c1e57098" in told["why"]) == ("factors", True)
    with pytest.raises(InputError, match="takes no frequency factors"):
        repair("ggml/imrope", "llama-cpp/mrope", allow="factors")
    with pytest.raises(InputError, match="has no frequency factors"):
        repair("ggml/neox", "vllm/rope", allow="factors")


@pytest.mark.parametrize(("allow", "said"), [
    (("nothing", "factors"), "contradicts"), (("factors", "factors"), "given twice"),
    (("fctors",), "nothing that can be"), (("",), "nothing that can be"),
])
def test_what_may_be_changed_is_named_well(allow: tuple[str, ...], said: str) -> None:
    """A word that is none, twice the same, and a contradiction are refused."""
    with pytest.raises(InputError, match=said):
        repair("ggml/neox", "ggml/normal", allow=allow)


@pytest.mark.parametrize("positions", [0, -1, 10**30])
def test_a_distance_that_is_none(positions: int) -> None:
    """It is refused as for prove."""
    with pytest.raises(InputError, match="positions"):
        repair("ggml/neox", "ggml/normal", positions=positions)


def test_runtime_is_a_relation_that_holds() -> None:
    """What a kernel accepts at run time and a permutation make it equivalent; a magnitude does not belong to it."""
    assert prove_runtime("ggml/imrope", "ggml/mrope").exit_code == 0
    assert prove_runtime("ggml/neox", "transformers/half:rope_theta=1e6").exit_code == 0


def test_a_head_whose_rows_were_moved_before() -> None:
    """A target as weights see it whose rows are moved keeps them moved through the repair."""
    rows = tuple(range(0, 8, 2)) + tuple(range(1, 8, 2))
    target = load("ggml/mrope:head_dim=8:sections=1,1,1,1").moved(rows)
    source = load("ggml/imrope:head_dim=8:sections=1,1,1,1:base=500")
    found = find_repair(source, target, (), (Kind.PERMUTATION, Kind.FACTORS))
    assert found.found is not None
    assert found.found.verdict.claim.target.pairs[0].read == (rows[0], rows[4])
