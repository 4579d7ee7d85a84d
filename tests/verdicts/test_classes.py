"""Classes of the catalogue: sorting by signature is what proving every pair would give."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from conftest import prove_specs, spec_of
from prover import checker
from prover.claims.claim import make_claim
from prover.claims.relation import LADDER, Outcome, Relation
from prover.claims.signature import signature
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.layouts.loading import load
from prover.verdicts.classes import catalogue_specs, certificates_of, sort_classes
from prover.verdicts.verdict import prove, prove_alike

ONE_AXIS = (
    "transformers/half:head_dim=16",
    "transformers/half:head_dim=16:rope_theta=100",
    "transformers/half:head_dim=16:partial_rotary_factor=0.5",
    "transformers/adjacent:head_dim=16",
    "transformers/nanochat:head_dim=16",
    "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=16",
    "transformers/proportional:head_dim=16:partial_rotary_factor=0.5",
    "ggml/neox:head_dim=16",
    "ggml/neox:head_dim=16:attn_factor=2",
    "ggml/normal:head_dim=16:attn_factor=2",
    "ggml/normal:head_dim=16:n_rot=8:offset=8",
    "generic/nope:head_dim=16",
    "generic/table:frequencies=0,0,0,0,0,0,0,0",
    "generic/table:frequencies=0,0,0,0,0,0,0,0:magnitude=2",
    "generic/table:frequencies=1,0,0,0,0,0,0,0",
    "tests/mixed-table:n_rot=16",
    "tests/turns:turns=1,1,1,1,1,1,1,1",
    "tests/turns:turns=1,-1,1,3,1,1,5,1",
)
THREE_AXES = (
    "transformers/mrope-chunked:head_dim=16:mrope_section=4,2,2",
    "transformers/mrope-stride3:head_dim=16:mrope_section=4,2,2",
    "transformers/mrope-stride3:head_dim=16:mrope_section=3,3,2",
    "transformers/mrope-stride3:head_dim=16:mrope_section=0,3,2",
    "transformers/mrope-ernie:head_dim=16:mrope_section=3,3,2",
    "transformers/mrope-chunked:pairing=adjacent:head_dim=16:mrope_section=4,2,2",
)


@pytest.mark.slow
@pytest.mark.parametrize("relation", LADDER, ids=lambda relation: relation.value)
@pytest.mark.parametrize(
    ("specs", "feeds"),
    [(ONE_AXIS, ()), (THREE_AXES, ()), (THREE_AXES, ("text",)), (THREE_AXES, ("text", "image"))],
    ids=["one axis", "three axes", "text", "text and image"],
)
def test_signatures_agree_with_proofs(specs: tuple[str, ...], feeds: tuple[str, ...], relation: Relation) -> None:
    """Two layouts have the same signature exactly where `prove` says equivalent within the relation."""
    signatures = {spec: signature(load(spec_of(spec)), feeds, relation) for spec in specs}
    by_signature = {(a, b): signatures[a] == signatures[b] for a, b in combinations(specs, 2)}
    proved = {
        (a, b): prove_specs(a, b, feeds, relation.value).outcome is Outcome.EQUIVALENT
        for a, b in combinations(specs, 2)
    }
    assert proved == by_signature


def test_members_carry_accepted_certificates() -> None:
    """Every member but the first has a certificate that the checker accepts for the relation asked."""
    found = sort_classes(ONE_AXIS[:4], Relation.PERMUTATION, ())
    assert [[m.spec for m in members] for members in found.classes] == [
        ["transformers/half:head_dim=16", "transformers/adjacent:head_dim=16"],
        ["transformers/half:head_dim=16:rope_theta=100"],
        ["transformers/half:head_dim=16:partial_rotary_factor=0.5"],
    ]
    verdict = found.classes[0][1].verdict
    assert verdict is not None
    assert verdict.certificate is not None
    assert checker.check(verdict.certificate) == ("permutation", "equal-scores")


def test_one_that_cannot_take_part_is_left_out_with_the_reason() -> None:
    """Another width, a feed that is not there or a bad parameter leave a layout out, and say so."""
    specs = ("ggml/neox:head_dim=16", "ggml/neox:head_dim=32", "ggml/neox:head_dim=15", "transformers/pixtral")
    found = sort_classes(specs, Relation.LINEAR, ("text",), width=16)
    assert [["ggml/neox:head_dim=16"]] == [[m.spec for m in members] for members in found.classes]
    reasons = {left.spec: left.reason for left in found.left_out}
    assert "32 lanes, not 16" == reasons["ggml/neox:head_dim=32"]
    assert "requirement" in reasons["ggml/neox:head_dim=15"]
    assert "64 lanes, not 16" == reasons["transformers/pixtral"]


def test_roles_reach_every_project_s_own_parameter_names() -> None:
    """A width and a base are given to head_dim and to base or rope_theta alike."""
    specs = catalogue_specs({"width": "32", "base": "100"})
    assert "ggml/neox:head_dim=32:base=100" in specs
    assert "transformers/half:head_dim=32:rope_theta=100" in specs
    assert "transformers/latent:pairing=adjacent:rope_theta=100" in specs


@pytest.mark.slow
def test_like_gives_its_width_and_base(capsys: pytest.CaptureFixture[str]) -> None:
    """`--like SPEC` puts SPEC first and the catalogue at its width and base."""
    assert 0 == run_command(["classes", "--like", "ggml/neox:head_dim=64:base=500000", "--json"])
    found = json.loads(capsys.readouterr().out)
    first = found["classes"][0]
    assert "ggml/neox:head_dim=64:base=500000" == first["representative"]
    members = {member["spec"]: member["relation"] for member in first["members"]}
    assert "identical" == members["transformers/half:head_dim=64:rope_theta=500000"]
    assert "permutation" == members["transformers/adjacent:head_dim=64:rope_theta=500000"]
    assert {64} == {group["width"] for group in found["classes"]}


@pytest.mark.slow
def test_certificates_are_written_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--certificates` leaves one file per member, and `check` accepts them all."""
    assert 0 == run_command(["classes", "--width", "64", "--feed", "text", "--certificates", str(tmp_path)])
    written = sorted(map(str, tmp_path.iterdir()))
    assert "transformers/half" in capsys.readouterr().out
    assert len(written) > 3
    assert 0 == run_command(["check", *written])


def test_a_bad_like_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A SPEC given with --like must load; it is not silently left out."""
    assert InputError.exit_code == run_command(["classes", "--like", "ggml/neox:head_dim=15"])
    assert "head_dim=15 does not meet its requirement" in capsys.readouterr().err


_TWO_BASES = """
title = "two axes of different bases"
axes  = ["{0}", "{1}"]
width = 16

[[pairs]]
count  = 4
first  = "j"
second = "j + 4"
angle  = "{0}*100**(-j/4)"

[[pairs]]
count  = 4
first  = "8 + j"
second = "12 + j"
angle  = "{1}*10000**(-j/4)"
"""


def test_like_finds_which_axis_is_which(tmp_path: Path) -> None:
    """Axes of other names are paired by what they do, whatever their names usually mean, and the pairing is told."""
    sets = (("row", "col"), ("x", "y"), ("col", "row"), ("p", "q"))
    paths = {axes: tmp_path / f"{'-'.join(axes)}.toml" for axes in sets}
    for axes, path in paths.items():
        path.write_text(_TWO_BASES.format(*axes))
    specs = [*map(str, paths.values())]
    found = sort_classes(specs, Relation.IDENTICAL, (), likes=specs[:1])
    (members, twin) = found.classes
    assert [(specs[0], ""), (specs[1], "x=row,y=col"), (specs[3], "p=row,q=col")] == [(m.spec, m.axes) for m in members]
    assert [specs[2]] == [m.spec for m in twin]
    for member in members[1:]:
        assert member.verdict is not None
        assert member.verdict.certificate is not None
        assert ("identical", None) == checker.check(member.verdict.certificate)
        (feed,) = json.loads(member.verdict.certificate)["feeds"]
        first, second = member.loaded.family.axes
        assert {first: {"row": "1"}, second: {"col": "1"}} == feed["source"]
        assert {"row": {"row": "1"}, "col": {"col": "1"}} == feed["target"]


def test_without_like_or_with_a_feed_nothing_is_tried(tmp_path: Path) -> None:
    """Only the classes of --like are tried, and only at free positions."""
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for path, axes in zip(paths, (("row", "col"), ("x", "y")), strict=True):
        path.write_text(_TWO_BASES.format(*axes))
    specs = [*map(str, paths)]
    assert [1, 1] == [len(members) for members in sort_classes(specs, Relation.IDENTICAL, ()).classes]
    with_feed = sort_classes(specs, Relation.IDENTICAL, ("row=p,col=q",), likes=specs[:1])
    assert ([specs[0]], [specs[1]]) == (
        [m.spec for members in with_feed.classes for m in members], [left.spec for left in with_feed.left_out])


def test_axes_for_all_layouts(tmp_path: Path) -> None:
    """`--axes` gives axes one name everywhere; the claims keep each layout's own."""
    paths = [tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "c.toml"]
    for path, axes in zip(paths, (("row", "col"), ("x", "y"), ("y", "x")), strict=True):
        path.write_text(_TWO_BASES.format(*axes))
    specs = [*map(str, paths)]
    found = sort_classes(specs, Relation.IDENTICAL, (), axes="row=y,col=x")
    assert [[(specs[0], ""), (specs[2], "y=row,x=col")], [(specs[1], "")]] == [
        [(m.spec, m.axes) for m in members] for members in found.classes]
    with pytest.raises(InputError, match="two answers to one question"):
        sort_classes(specs, Relation.IDENTICAL, ("text",), axes="row=y")


def test_like_tells_the_pairing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In text and JSON, as names usually mean it where both pairings hold."""
    towers = [f"transformers/vision-{name}:head_dim=16" for name in ("separate", "chunked")]
    monkeypatch.setattr("prover.verdicts.classes.catalogue_specs", lambda roles: towers)
    path = tmp_path / "mine.toml"
    path.write_text(_TWO_BASES.format("row", "col").replace("100**(-j/4)", "10000**(-j/4)"))
    assert 0 == run_command(["classes", "--like", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    members = {m["spec"]: (m["relation"], m["axes"]) for m in found["classes"][0]["members"]}
    assert dict(zip(towers, [("permutation", "y=row,x=col"), ("permutation", "h=row,w=col")], strict=True)) == members
    assert 0 == run_command(["classes", "--like", str(path)])
    assert {"y=row,x=col", "h=row,w=col"} == {
        line.partition("  with ")[2] for line in capsys.readouterr().out.splitlines() if "  with " in line}


def test_members_have_the_certificates_of_single_proofs() -> None:
    """A search that members with one table share gives each the certificate that it gets alone, in any process."""
    specs = [spec_of(spec) for spec in ONE_AXIS]
    one, two = (sort_classes(specs, Relation.PERMUTATION, (), jobs=jobs) for jobs in (1, 2))
    assert one.left_out == two.left_out
    told = [[[(m.spec, m.axes, m.verdict and m.verdict.certificate) for m in c] for c in f.classes] for f in (one, two)]
    assert told[0] == told[1]
    assert [name for name, _ in certificates_of(one)] == [name for name, _ in certificates_of(two)]
    for first, *others in one.classes:
        for member in others:
            alone = prove(make_claim(load(member.spec), load(first.spec), ()), Relation.PERMUTATION)
            assert member.verdict is not None
            assert alone.certificate == member.verdict.certificate
            assert member.verdict.claim.source.name == member.spec
            assert alone.holds is member.verdict.holds


def test_different_claims_share_no_search() -> None:
    """What differs in more than names is not proved as one."""
    half, adjacent, other = (load(f"ggml/{name}:head_dim=16") for name in ("neox", "normal", "neox:base=500"))
    with pytest.raises(AssertionError, match="one search"):
        prove_alike([make_claim(half, adjacent, ()), make_claim(half, other, ())])
