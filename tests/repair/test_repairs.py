"""What repairs a difference: IMROPE on MROPE's kernel and the like, held against loops in NumPy written apart."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf, nstr

from plain_loops import mrope_axis
from prover import checker, prove_runtime
from prover import find_repair as repair
from prover.claims.relation import Outcome, Relation
from prover.errors import InputError
from prover.layouts.loading import load, outline
from prover.layouts.spec import catalogue
from prover.repair.factors import divides_angles, refuses_factors
from prover.repair.find_repair import find_repair
from prover.repair.repairs import Kind, Repairs
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


def test_no_pair_is_made_to_turn_by_whole_turns() -> None:
    """Partial rotation on a kernel that turns all lanes: only 2*pi would do, which floats do not hold."""
    found = _found("ggml/neox:n_rot=64", "ggml/neox", (), (Kind.PERMUTATION, Kind.FACTORS))
    assert (found.found, found.is_refuted) == (None, True)
    assert "left out" in found.closed[-1].why


USERS = """
title = "%s"
axes = ["t", "h"]
width = "2*n"
positions = "%s"
factors = "ff"

[parameters]
n = { default = 1, whole = true, require = "n > 0" }
ff = { default = [], require = "len(ff) == 0 or len(ff) >= n" }
a = { default = 1 }
b = { default = 0 }

[let]
f = "ff[j] if len(ff) > 0 else 1"

[pairs]
count = "n"
first = "2*j"
second = "2*j + 1"
angle = "%s"
"""


def test_a_factor_divides_a_frequency_as_it_is(tmp_path: Path) -> None:
    """A pair that turns by pi, or by more than a turn, at whole positions becomes any other one."""
    path = tmp_path / "turns.toml"
    path.write_text(USERS % ("turns", "integer", "t*(a + b*pi)/f"))
    for target in ("a=0:b=1", "a=0:b=2", "a=0:b=1/3", "a=0:b=7/3"):
        found = _found(f"{path}:a=1:b=0", f"{path}:{target}", (), (Kind.PERMUTATION, Kind.FACTORS))
        assert found.found is not None, target
        assert found.found.verdict.outcome is Outcome.EQUIVALENT


def test_factors_that_do_not_divide_angles_prove_nothing(tmp_path: Path) -> None:
    """A stranger's layout whose factors do something else is neither repaired by them nor refuted."""
    path = tmp_path / "part.toml"
    path.write_text(USERS % ("part", "real", "t*a/f + h"))
    found = _found(f"{path}:a=1/2", str(path), (), (Kind.PERMUTATION, Kind.FACTORS))
    assert (found.found, found.is_refuted) == (None, False)
    assert "do more than to divide" in found.closed[-1].why
    lists = tmp_path / "lists.toml"
    lists.write_text((USERS % ("lists", "integer", "t*a/f")).replace("len(ff) >= n", "len(ff) == 2*n"))
    kinds = (Kind.PERMUTATION, Kind.FACTORS)
    assert "does not take one factor" in _found(f"{lists}:a=2", str(lists), (), kinds).closed[-1].why


def test_what_float32_does_not_hold_is_said() -> None:
    """A factor of 1e-300 is none."""
    found = _found("ggml/neox:freq_scale=1e300", "ggml/neox", (), (Kind.PERMUTATION, Kind.FACTORS))
    assert "beyond what a float32 holds" in found.closed[-1].why


@pytest.mark.parametrize("name", sorted(
    name for name in catalogue() if refuses_factors(outline(name).family) is None and not outline(name).missing
))
def test_factors_of_shipped_layouts_divide_angles(name: str) -> None:
    """At numbers of their own for each pair, and with a ramp, every angle is divided and nothing else changes."""
    names = {parameter.name for parameter in load(name).family.parameters}
    given = ":ext_factor=1:n_ctx_orig=4096:freq_scale=1/4" if "ext_factor" in names else ""
    for spec in (name, f"{name}{given}"):
        assert divides_angles(load(spec))


def test_parameter_and_feed_together() -> None:
    """Qwen3-VL's base and its fourth axis at once."""
    found = _found("transformers/mrope-stride3:rope_theta=5000000", "llama-cpp/imrope", BOTH).found
    assert found is not None
    assert (set(found.kinds), found.fed and (found.fed.axis, found.fed.like)) == (
        {Kind.PARAMETER, Kind.FEED}, ("e", "t"))
    assert ["5000000"] == [each.needed for each in found.parameters]


def test_a_factor_of_the_context_is_a_scale_of_positions() -> None:
    """mlx's scale is one over the factor of others."""
    found = _found("transformers/half:rope_type=linear:factor=4", "mlx/rope").found
    assert found is not None
    assert [("scale", "0.25")] == [(each.name, each.needed) for each in found.parameters]


def test_factors_are_changed_only_where_they_may_be() -> None:
    """A list of factors that is given is no mere parameter."""
    kinds = (Kind.PERMUTATION, Kind.PARAMETER)
    factors = "freq_factors=2,2,2,2"
    assert _found("ggml/neox:head_dim=8", f"ggml/neox:head_dim=8:{factors}", (), kinds).found is None
    found = _found("ggml/neox:head_dim=8", f"ggml/neox:head_dim=8:{factors}").found
    assert found is not None
    assert Kind.FACTORS in found.kinds


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
     (Kind.PERMUTATION, Kind.PARAMETER)),
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
        repair("ggml/neox", "gpt-neox/rope", allow="factors")


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


def test_what_holds_only_as_stored_is_said_first() -> None:
    """HunYuan's base of a GGUF file is the rounded one of the model: nothing has to change, as stored in float32."""
    found = repair("ggml/neox:base=f32(11158840)", "vllm/rope:rope_type=dynamic_alpha:alpha=1000:base=10000")
    assert found.exit_code == 0
    assert found.headline.startswith("As stored in float32: nothing has to change")


def test_what_is_only_not_identical_is_not_refuted() -> None:
    """Outputs that differ do not show that scores do."""
    found = _found("ggml/neox", "ggml/normal", (), ())
    outputs = replace(found, verdict=replace(found.verdict, fails=Relation.IDENTICAL))
    assert (found.is_refuted, outputs.is_refuted) == (True, False)
