"""Theorems for all sizes: the shipped ones, conditions against brute force, and what is no theorem."""

from __future__ import annotations

import json
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import sympy

from conftest import symbolic_file
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver, make_solver
from prover.commands.cli import run_command
from prover.language.formula import formula
from prover.language.substitution import Inliner
from prover.layouts.loading import load
from prover.proof_files.theorem_file import read_theorem, run_theorem
from prover.resources import PROOFS, shipped_theorems
from prover.theorems.for_all import Theorem, state_theorem
from prover.theorems.study import LANE
from prover.verdicts.verdict import prove

Capture = pytest.CaptureFixture[str]
SECTIONS = "mrope_section=sections[0],sections[1],sections[2]"

# What each theorem has to come to, by the mathematics: scope, relation, and what its condition says.
EXPECTED = {
    "theorem-1-normal-to-neox": ("always", "permutation"),
    "theorem-1-normal-to-neox-offset": ("always", "permutation"),
    "theorem-2-imrope-mrope-text-all-axes": ("always", "identical"),
    "theorem-2-imrope-neox-text": ("sometimes", "identical"),
    "theorem-2-mrope-neox-text": ("sometimes", "identical"),
    "theorem-3-imrope-stride3": ("sometimes", "identical"),
    "theorem-4-imrope-mrope-free": ("sometimes", "identical"),
    "theorem-4-imrope-mrope-other-sections": ("never", None),
    "theorem-5-stride-without-bounds": ("sometimes", "identical"),
    "theorem-5-stride-without-bounds-transformers": ("sometimes", "identical"),
    "theorem-6-partial-full": ("never", None),
    "theorem-7-linear-scaling": ("never", None),
    "theorem-7-wrong-base": ("sometimes", "identical"),
    "theorem-8-wan-slices": ("sometimes", "identical"),
    "theorem-9-front-and-back": ("always", "permutation"),
    "theorem-10-cache-shift-imrope": ("always", "identical"),
    "theorem-10-cache-shift-mrope": ("always", "identical"),
    "theorem-11-yarn-without-scale": ("always", "identical"),
    "theorem-12-yarn-ramp-lost": ("sometimes", "identical"),
    "theorem-13-llama3-lost": ("sometimes", "identical"),
    "theorem-14-yarn-truncated": ("sometimes", "identical"),
    "theorem-15-imrope-mrope-111": ("sometimes", "identical"),
    "theorem-15-imrope-mrope-factors": ("always", "permutation"),
    "theorem-15-imrope-mrope-only-111": ("never", None),
    "theorem-16-llama3-pairings": ("always", "permutation"),
    "theorem-16-yarn-pairings": ("always", "permutation"),
    "theorem-17-llama3-other-factor": ("sometimes", "identical"),
    "theorem-17-yarn-as-linear": ("sometimes", "identical"),
    "theorem-18-yarn-on-ggml": ("always", "identical"),
}


def theorem(source: str, target: str, names: str, *where: str, feeds: tuple[str, ...] = ()) -> Theorem:
    """The theorem about two specs, nothing above a linear map allowed."""
    return state_theorem(source, target, names, where, feeds, Relation.LINEAR, Solver())


def test_all_shipped_theorems_are_here() -> None:
    """No theorem is shipped without an entry above."""
    shipped = [path.stem for path in shipped_theorems()]
    assert sorted(EXPECTED) == [name for name in shipped if name.startswith("theorem-")]


@pytest.mark.parametrize("name", EXPECTED)
def test_theorem_file_states_the_table(name: str) -> None:
    """A theorem file expects what the table says; that it is proved, `run` holds where the README shows it."""
    expect = read_theorem(PROOFS / "theorems" / f"{name}.toml").expect
    assert EXPECTED[name] == (expect.scope, expect.relation)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_shipped_theorem(name: str) -> None:
    """It is proved anew, and comes to what its file and the table expect."""
    result = run_theorem(PROOFS / "theorems" / f"{name}.toml", False, Solver())
    assert () == result.problems
    assert EXPECTED[name] == (result.report["scope"], result.report["relation"])


# Two layouts, feeds, the variables with the values to go through, and a hypothesis.
BRUTE = {
    "imrope and mrope, free": (
        "ggml/imrope:head_dim=n_rot", "ggml/mrope:head_dim=n_rot", (), {"n_rot": range(2, 9, 2), "sections": range(4)},
        "sum(sections) == n_rot//2",
    ),
    "imrope and neox on text, any sum": (
        "ggml/imrope:head_dim=12:n_rot=12", "ggml/neox:head_dim=12:n_rot=12", ("text",), {"sections": range(4)}, "",
    ),
    "mrope and neox on text, any sum": (
        "ggml/mrope:head_dim=12:n_rot=12", "ggml/neox:head_dim=12:n_rot=12", ("text",), {"sections": range(4)}, "",
    ),
    "imrope and stride 3": (
        "ggml/imrope:head_dim=12", f"transformers/mrope-stride3:head_dim=12:{SECTIONS}", ("image",),
        {"sections": range(7)}, "sum(sections) == 6",
    ),
    "stride 3 and chunks": (
        "transformers/mrope-stride3:head_dim=12", "transformers/mrope-chunked:head_dim=12", ("image",),
        {"mrope_section": range(7)}, "sum(mrope_section) == 6",
    ),
    "one base and another": (
        "transformers/half:head_dim=8", "ggml/neox:head_dim=8", (), {"base": range(2, 10001, 4999)}, "",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("source", "target", "feeds", "values", "where"), BRUTE.values(), ids=BRUTE)
def test_the_condition_is_what_the_concrete_engine_says(
    source: str, target: str, feeds: tuple[str, ...], values: dict[str, range], where: str
) -> None:
    """At every point of a grid the condition holds exactly where the concrete engine finds the two equal."""
    found = theorem(source, target, ",".join(values), *([where] if where else []), feeds=feeds)
    symbols = [s for v in found.statement.variables for s in v.symbols]
    grid = product(*(values[v.name] for v in found.statement.variables for _ in v.symbols))
    seen = set()
    for point in grid:
        known = Inliner(dict(zip((s.name for s in symbols), map(sympy.Integer, point), strict=True)), {})
        if any(known.condition(h) != sympy.true for h in found.statement.hypotheses):
            continue
        expected = found.answer.scope.value != "never" and all(
            known.condition(c) == sympy.true for c in found.answer.condition
        )
        named = dict(zip(symbols, point, strict=True))
        specs = [_numbers(spec, found, named) for spec in (source, target)]
        verdict = prove(make_claim(load(specs[0]), load(specs[1]), feeds))
        assert expected == (verdict.holds is not None), specs
        seen.add(expected)
    assert (seen == {True, False}) == (found.answer.scope.value == "sometimes")


def _numbers(spec: str, found: Theorem, named: dict[sympy.Symbol, int]) -> str:
    """The spec with numbers written in by plain text, without the code under test."""
    for variable in found.statement.variables:
        entries = [str(named[s]) for s in variable.symbols]
        for place, entry in enumerate(entries):
            spec = spec.replace(f"{variable.name}[{place}]", entry)
        spec = spec.replace(f"={variable.name}", f"={entries[0]}")
        owns = variable.name in {p.name for p in load(spec.partition(":")[0]).family.parameters}
        if owns and f":{variable.name}=" not in spec:
            spec += f":{variable.name}={','.join(entries)}"
    return spec


@cache
def between_pairings(source: str, target: str) -> Theorem:
    """The theorem about two pairings at every size, stated once."""
    return theorem(source, target, "head_dim,n_rot,base")


@pytest.mark.parametrize(("source", "target"), [("ggml/normal", "ggml/neox"), ("ggml/neox", "ggml/normal")])
@pytest.mark.parametrize("n", [2, 4, 6, 8, 10])
def test_the_closed_form_and_the_reshape_are_one_permutation(source: str, target: str, n: int) -> None:
    """At every size the expression, the NumPy code and the concrete witness name the same rows."""
    found = between_pairings(source, target)
    assert found.form is not None
    width = n + 2
    values = {"n_rot": sympy.Integer(n), "head_dim": sympy.Integer(width)}
    rows = [int(Inliner({**values, LANE.name: sympy.Integer(lane)}, {}).value(found.form.source_lane))
            for lane in range(width)]
    reshaped = eval(found.form.reshape, {"R": np.arange(n).reshape(n, 1), "n": n})
    assert [*reshaped.ravel().tolist(), n, n + 1] == rows
    verdict = prove(make_claim(*(load(f"{spec}:head_dim={width}:n_rot={n}") for spec in (source, target)), []))
    assert verdict.decision.holds is not None
    if n > 2:
        assert list(verdict.decision.holds.permutation) == rows
    twice = [rows[rows[lane]] for lane in range(width)]
    assert (twice == list(range(width))) == (n in (2, 4))


def test_turned_the_other_way() -> None:
    """nanochat turns by minus the angle: a permutation that swaps the lanes of each pair, for all sizes."""
    found = theorem("ggml/neox:head_dim=n_rot", "transformers/nanochat:head_dim=n_rot:rope_theta=base", "n_rot,base")
    assert (Outcome.EQUIVALENT, Relation.PERMUTATION, -1) == (found.outcome, found.relation, found.answer.sign)
    assert found.form is not None


def test_a_rung_is_refuted_by_the_smallest_case() -> None:
    """Asked for `identical`, NORMAL and NEOX part at four rotated lanes, with a certificate."""
    found = state_theorem(
        "ggml/normal", "ggml/neox", "head_dim,n_rot,base", [], [], Relation.IDENTICAL, Solver()
    )
    assert found.outcome is Outcome.DIFFERENT
    assert found.smallest is not None
    assert "head_dim=4, n_rot=4, base=10000" == found.smallest.text
    assert found.smallest.verdict.certificate is not None


def test_shared_frequencies_need_no_closed_form() -> None:
    """YaRN on both sides cancels, whatever it is: for all bases and windows, with its logarithms inside."""
    rule = "ext_factor=1:freq_scale=0.25:n_ctx_orig=4096"
    found = theorem(f"ggml/normal:{rule}", f"ggml/neox:{rule}", "head_dim,n_rot")
    assert (Outcome.EQUIVALENT, Relation.PERMUTATION) == (found.outcome, found.relation)


def test_pairs_of_opposite_cases_may_be_partners(tmp_path: Path) -> None:
    """Even pairs of one file are the odd pairs of the other: no pair is like that of its index; rows move."""
    specs = []
    for name, angle in (
        ("old", "t*base**(-2*j/n_rot) if j % 2 == 0 else h*base**(-2*j/n_rot)"),
        ("new", "h*base**(-2*(j+1)/n_rot) if j % 2 == 0 else t*base**(-2*(j-1)/n_rot)"),
    ):
        specs.append(symbolic_file(tmp_path / f"{name}.toml", angle, "j", "j + n_rot//2"))
    found = theorem(*specs, "n_rot,base")
    assert ("always", Relation.PERMUTATION) == (found.answer.scope.value, found.relation)
    for pairs in range(2, 13, 2):
        ours = [("h" if j % 2 else "t", j) for j in range(pairs)]
        theirs = [("t", j - 1) if j % 2 else ("h", j + 1) for j in range(pairs)]
        assert sorted(ours) == sorted(theirs)
        at = [load(f"{spec}:n_rot={2 * pairs}") for spec in specs]
        assert Relation.PERMUTATION is prove(make_claim(at[0], at[1], [])).holds


@pytest.mark.parametrize(("limit", "is_least"), [(Relation.EQUAL_SCORES, True), (Relation.IDENTICAL, False)])
def test_least_is_said_only_where_it_is_known(limit: Relation, is_least: bool) -> None:
    """Where equal-scores fails first is found; identical, two rungs below, may fail before."""
    found = state_theorem("ggml/normal", "ggml/neox", "n_rot", [], [], limit, Solver())
    assert (Outcome.DIFFERENT, is_least) == (found.outcome, found.is_least)


def test_no_parameters_are_the_least_where_smaller_ones_below_zero_differ_too(tmp_path: Path) -> None:
    """Pairs 0 and 1 change places, scaled by the first section: for which parameters they differ is left open."""
    specs = []
    for name, angle in (
        ("old", "sections[0]*t*base**(-j) if j % 2 == 0 else t*base**(-j)"),
        ("new", "sections[0]*t*base**(-(j+1)) if j % 2 == 0 else 2*t*base**(-(j-1))"),
    ):
        path = Path(symbolic_file(tmp_path / f"{name}.toml", angle, "j", "j + n_rot//2"))
        path.write_text(path.read_text().replace("min(sections) >= 0 and ", ""))
        specs.append(str(path))
    found = theorem(*specs, "n_rot,sections")
    assert ("open", Outcome.DIFFERENT, False) == (found.answer.scope.value, found.outcome, found.is_least)


def test_which_feed_turns_a_pair_counts(tmp_path: Path) -> None:
    """One kernel turns with one feed, the other with the other: every pair differs, and the trial agrees."""
    specs = [symbolic_file(tmp_path / f"{axis}.toml", axis, "j", "j + n_rot//2") for axis in ("t", "h")]
    found = theorem(*specs, "n_rot", feeds=("t=p,h=0", "t=0,h=p"))
    assert ("never", "every pair differs") == (found.answer.scope.value, found.answer.differ)


def test_points_that_a_layout_refuses_are_left_out_of_the_list(tmp_path: Path) -> None:
    """A sum of two powers has no condition here; from a section of 3 on lanes lie outside the head."""
    specs = []
    for name, angle in (("old", "t*base**(-j) + t*base**(-sections[0])"), ("new", "t*base**(-j) + t*base**(-2)")):
        specs.append(symbolic_file(tmp_path / f"{name}.toml", angle, "j if sections[0] < 3 else 8*j", "j + n_rot//2"))
    found = state_theorem(*specs, "sections", ["sections[1] == 0"], [], Relation.LINEAR, Solver(), bound=4)
    assert ("open", ("sections=2,0",), ()) == (found.answer.scope.value, found.listed, found.undecided)


def test_a_hypothesis_that_is_not_needed_is_mentioned() -> None:
    """Of two hypotheses the one that changes nothing is named, the other is not."""
    found = theorem("ggml/neox:freq_scale=1", "ggml/neox", "n_rot,freq_scale,base", "freq_scale != 1", "n_rot > 2")
    assert ("n_rot > 2",) == found.unneeded


def test_points_are_listed_where_no_condition_is_found() -> None:
    """Sections beside a remainder by their sum: the exact list within a bound, said to be that."""
    found = state_theorem(
        "ggml/vision:head_dim=8", "ggml/vision-cuda:head_dim=8", "sections",
        ["sections[2] == 0", "sections[3] == 0"], [], Relation.LINEAR, Solver(), 2,
    )
    assert "open" == found.answer.scope.value
    assert 2 == found.bound
    equal = {(a, b) for a, b in product(range(3), repeat=2) if a + b and _same_vision(a, b)}
    assert {f"sections={a},{b},0,0" for a, b in equal} == set(found.listed)


def test_points_that_a_remainder_tells_apart(capsys: Capture) -> None:
    """Wan's tables for sixths of the head, cut at thirds: harmless where head_dim % 6 is 0 or 2, as far as tried."""
    specs = ["diffusers/wan:slices=thirds", "diffusers/wan"]
    assert 3 == run_command(["solve", *specs, "--over", "head_dim", "--up-to", "24"])
    told = " ".join(capsys.readouterr().out.split())
    assert "of these, exactly where head_dim % 6 == 0 or head_dim % 6 == 2; beyond 24 nothing is proved" in told
    assert 3 == run_command(["solve", *specs, "--over", "head_dim", "--up-to", "14"])
    assert "exactly where" not in capsys.readouterr().out


def _same_vision(a: int, b: int) -> bool:
    specs = [f"{name}:head_dim=8:sections={a},{b},0,0" for name in ("ggml/vision", "ggml/vision-cuda")]
    return prove(make_claim(load(specs[0]), load(specs[1]), [])).holds is not None


REFUSED = {
    "vacuous": (("ggml/neox", "ggml/neox", "n_rot", "--where", "n_rot < 2"), 2, "no parameters meet the hypotheses"),
    "unknown variable": (("ggml/neox", "ggml/neox", "rotary"), 2, "no layout has a parameter 'rotary'"),
    "undeclared symbol": (("ggml/neox", "ggml/neox", "n_rot", "--where", "n_rot < m"), 2, "unknown name 'm'"),
    "no condition": (("ggml/neox", "ggml/neox", "n_rot", "--where", "n_rot + 1"), 2, "is not a condition"),
    "outside the language": (("ggml/neox", "ggml/neox", "n_rot", "--where", "print(1) < n_rot"), 2, "'print'"),
    "different widths": (("ggml/neox", "ggml/neox:head_dim=64", "n_rot"), 2, "the same width"),
    "non-linear": (("ggml/neox", "ggml/neox:n_rot=n_rot*n_rot", "n_rot"), 3, "'n_rot**2' cannot be put"),
    "twice": (("ggml/neox", "ggml/neox", "n_rot,n_rot"), 2, "named twice"),
    "two values": (("ggml/neox:n_rot=8", "ggml/neox", "base", "--where", "n_rot < 9"), 2, "'n_rot' is 8 in one layout"),
    "a number that is not so": (("ggml/neox", "ggml/neox", "base", "--where", "n_rot < 9"), 2, "no parameters meet"),
    "two angles": (("transformers/hunyuan-vl", "transformers/hunyuan-vl", "head_dim"), 3, "no rotation"),
    "a list of any length": (("ggml/neox", "ggml/neox", "freq_factors"), 3, "no fixed number of entries"),
}


@pytest.mark.parametrize(("arguments", "code", "part"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_theorem(arguments: tuple[str, ...], code: int, part: str, capsys: Capture) -> None:
    """Each is refused in one line that says what is at fault."""
    source, target, names, *more = arguments
    assert code == run_command(["prove", source, target, "--for-all", names, *more])
    captured = capsys.readouterr()
    assert part in captured.err + captured.out


def test_where_needs_variables(capsys: Capture) -> None:
    """`--where` alone is bad usage."""
    assert 2 == run_command(["prove", "ggml/neox", "ggml/neox", "--where", "n_rot > 2"])
    assert "--for-all" in capsys.readouterr().err


@pytest.mark.slow
def test_where_may_name_what_has_a_number() -> None:
    """A parameter with one value in both layouts is that value in a condition."""
    layouts = ("ggml/imrope:head_dim=8:n_rot=8", "ggml/neox:head_dim=8:n_rot=8")
    by_name, by_number = (
        theorem(*layouts, "sections", where, feeds=("text",))
        for where in ("sum(sections) == n_rot//2", "sum(sections) == 4")
    )
    assert by_name.answer == by_number.answer
    assert "sometimes" == by_name.answer.scope.value


def test_solve_codes_and_json(capsys: Capture) -> None:
    """Equal somewhere or nowhere is 1, and JSON has the condition and the smallest difference."""
    arguments = ["ggml/imrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--over", "n_rot,base,sections",
                 "--where", "sum(sections) == n_rot//2", "--feed", "text", "--json"]
    assert 1 == run_command(["solve", *arguments])
    found = json.loads(capsys.readouterr().out)
    assert ("different", "sometimes", 1) == (found["verdict"], found["scope"], found["exit_code"])
    assert found["headline"].startswith("EQUIVALENT EXACTLY WHERE ")
    assert "3*sections[1] + 1 >= n_rot//2" in found["condition"]
    assert found["smallest_difference"]["verdict"] == "different"
    assert 1 == run_command(["solve", "ggml/neox:n_rot=head_dim", "ggml/neox", "--over", "head_dim,n_rot",
                             "--where", "n_rot < head_dim"])
    assert capsys.readouterr().out.startswith("DIFFERENT: For no parameters")


ALL = {
    "as they are": (("ggml/neox", "transformers/half:rope_theta=base:partial_rotary_factor=n_rot/128", "n_rot,base"), 0,
                    "EQUIVALENT: For all parameters"),
    "rows move": (("ggml/normal", "ggml/neox", "n_rot"), 5, "CONVERTIBLE: For all parameters"),
    "some": (("ggml/neox", "ggml/neox:base=500000", "base"), 1,
             "EQUIVALENT EXACTLY WHERE base == 500000; different for all other parameters."),
    "some, and rows move": (("ggml/normal", "ggml/neox:base=500000", "base"), 1,
                            "CONVERTIBLE EXACTLY WHERE base == 500000, once the rows of W_q and W_k are permuted;"),
    "none": (("ggml/neox:freq_scale=0.5", "ggml/neox", "base"), 1, "DIFFERENT: For no parameters"),
    "open": (("ggml/vision:head_dim=8", "ggml/vision-cuda:head_dim=8", "sections", "--where", "sections[2] == 0",
              "--where", "sections[3] == 0", "--up-to", "1"), 3, "UNDECIDED: No condition was found"),
}


@pytest.mark.parametrize(("arguments", "code", "first"), ALL.values(), ids=ALL)
def test_solve_says_the_condition_first(arguments: tuple[str, ...], code: int, first: str, capsys: Capture) -> None:
    """0 only for all parameters and weights as they are, 5 once rows are changed, 1 for some or none, 3 if open."""
    source, target, names, *more = arguments
    assert code == run_command(["solve", source, target, "--over", names, *more])
    assert capsys.readouterr().out.startswith(first)


WORDS = {
    "not said": ([], 5, "CONVERTIBLE: For all parameters that the hypotheses allow the scores are equal, only after"),
    "allowed": (["--relation", "permutation"], 0, "EQUIVALENT: For all"),
    "not allowed": (["--relation", "equal-scores"], 1, "DIFFERENT: Not for all"),
}


@pytest.mark.parametrize(("more", "code", "first"), WORDS.values(), ids=WORDS)
def test_words_for_all_sizes(more: list[str], code: int, first: str, capsys: Capture) -> None:
    """A permutation for all sizes is convertible, and equivalent only where the asker allowed it."""
    assert code == run_command(["prove", "ggml/normal", "ggml/neox", "--for-all", "n_rot", *more])
    text = capsys.readouterr().out
    assert text.startswith(first)
    assert bool(more) == ("relation  permutation; --relation" in text)


def test_real_numbers_have_no_smallest(capsys: Capture) -> None:
    """Over a base alone a difference is one case, and x >= a and x <= a is x == a; beside sizes the base is given."""
    run_command(["solve", "transformers/half", "transformers/half:rope_theta=1e6", "--over", "rope_theta"])
    text = capsys.readouterr().out
    assert "equal if  rope_theta == 1000000\n" in text
    assert ("one case  different at " in text, "smallest" in text) == (True, False)
    run_command(["solve", "ggml/neox:head_dim=n_rot", "ggml/neox:head_dim=n_rot:base=500000", "--over", "n_rot,base",
                 "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (True, "base=10000") == (found["is_smallest"], found["smallest_for"])
    assert ["(base == 500000 or n_rot//2 == 1)"] == found["condition"]


def test_several_angles_are_decided_point_by_point(capsys: Capture) -> None:
    """Tables cut elsewhere than made fit where head_dim % 6 is 0 or 2; of more than points nothing is said."""
    specs = ["diffusers/wan:slices=thirds", "diffusers/wan"]
    assert 3 == run_command(["solve", *specs, "--over", "head_dim", "--up-to", "32", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [f"head_dim={d}" for d in range(6, 33, 2) if d % 6 in (0, 2)] == found["equal_up_to_bound"]["points"]
    assert 1 == run_command(["prove", *specs, "--for-all", "head_dim"])
    text = capsys.readouterr().out
    assert text.startswith("DIFFERENT: Not for all parameters; for which is left open.")
    assert "different at head_dim=10; pair " in text


@pytest.mark.parametrize("base", ["10000000", "1000000000000000000000000000000", "2000001/2"])
def test_large_bases_are_tried(base: str, capsys: Capture) -> None:
    """A base is tried as it is written, however large: two families of two bases are equal where the bases are."""
    run_command(["solve", "transformers/half", f"transformers/half:rope_theta={base}", "--over", "rope_theta"])
    assert f"EQUIVALENT EXACTLY WHERE rope_theta == {base};" in capsys.readouterr().out


@pytest.mark.parametrize(("turns", "label"), [("m <= 5", "smallest  different at m=6"), ("m >= 5", "one case  ")])
def test_numbers_without_end_have_no_smallest(tmp_path: Path, turns: str, label: str, capsys: Capture) -> None:
    """Where a whole number may be below 0 and they differ there too, none is called the smallest."""
    path = tmp_path / "any.toml"
    path.write_text('title = "any m"\naxes = ["t"]\nwidth = "2"\n[parameters]\nm = { default = 6, whole = true }\n'
                    'on = { default = 1 }\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\n'
                    f'angle = "t if {turns} or on == 1 else 2*t"\n')
    assert 1 == run_command(["solve", f"{path}:on=0", str(path), "--over", "m"])
    text = capsys.readouterr().out
    assert text.startswith(f"EQUIVALENT EXACTLY WHERE {turns};")
    assert label in text


def test_the_certificate_of_the_counterexample_is_written(tmp_path: Path, capsys: Capture) -> None:
    """`--certificate` keeps the evidence of the smallest difference, and the checker takes it."""
    path = str(tmp_path / "smallest.json")
    specs = ["ggml/neox", "ggml/neox:freq_scale=0.5"]
    assert 1 == run_command(["prove", *specs, "--for-all", "base", "--certificate", path])
    assert 0 == run_command(["check", path])


def test_questions_are_written_as_text(tmp_path: Path, capsys: Capture) -> None:
    """Every question lies in the folder, those of the checker too, with its comment, a budget, and one check."""
    folder = tmp_path / "questions"
    assert 5 == run_command(["prove", "ggml/normal", "ggml/neox", "--for-all", "n_rot", "--smtlib", str(folder)])
    count = int(capsys.readouterr().out.split(" questions to Z3")[0].split()[-1])
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    obligations = list(folder.glob("*-obligation.smt2"))
    assert obligations
    assert count + len(obligations) == len(texts)
    for text in texts:
        assert text.startswith("; ")
        assert (1, 1) == (text.count("(check-sat"), text.count(":reproducible-resource-limit"))


def test_a_wrong_answer_of_the_solver_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that denies every difference is contradicted by the concrete engine, and nothing is claimed."""
    from prover.errors import EvidenceError
    from prover.theorems import study as module

    real = module.Study.answer

    def lying(self, name, asks, *conditions, values=()):  # type: ignore[no-untyped-def]
        return ("unsat", {}) if name == "differ" else real(self, name, asks, *conditions, values=values)

    monkeypatch.setattr(module.Study, "answer", lying)
    with pytest.raises(EvidenceError, match="the concrete engine says"):
        theorem("ggml/imrope:head_dim=n_rot", "ggml/mrope:head_dim=n_rot", "n_rot,sections")


def test_make_solver_refuses_a_file(tmp_path: Path) -> None:
    """The folder for questions is no file."""
    from prover.errors import InputError

    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(InputError, match="is no folder"):
        make_solver(str(path), False)


def test_conditions_are_in_the_layout_language() -> None:
    """What is printed can be given back as --where, and then holds always."""
    found = theorem("ggml/mrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,sections", feeds=("text",))
    again = theorem(
        "ggml/mrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,sections",
        *(formula(c) for c in found.answer.condition), feeds=("text",),
    )
    assert "always" == again.answer.scope.value
