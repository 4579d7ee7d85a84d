"""Theorems as Coq files: what is written, byte for byte as shipped, and what is refused. coq/check.sh compiles them."""

from __future__ import annotations

import json
from pathlib import Path

import blend_statements
import pytest
from theorem_statements import claim, small
from written_certificates import parameter, sealed, variable

from prover.commands.cli import run_command
from prover.errors import UndecidedError
from prover.language.expression import parse, parse_condition
from prover.resources import PROOFS
from prover.theorems.coq_file import coq_file
from prover.theorems.coq_names import Names
from prover.theorems.coq_terms import settled
from prover.theorems.coq_text import Printer, on_lines

Capture = pytest.CaptureFixture[str]
SHIPPED = sorted((PROOFS / "theorems").glob("*.json"))
WRITTEN = {
    "theorem_1_normal_to_neox", "theorem_1_normal_to_neox_offset", "theorem_10_cache_shift_imrope",
    "theorem_10_cache_shift_mrope", "theorem_2_imrope_mrope_text_all_axes", "theorem_9_front_and_back",
    "theorem_2_imrope_neox_text", "theorem_2_mrope_neox_text", "theorem_3_imrope_stride3",
    "theorem_5_stride_without_bounds", "theorem_5_stride_without_bounds_transformers", "theorem_6_partial_full",
    "theorem_7_linear_scaling", "theorem_7_wrong_base", "theorem_15_imrope_mrope_111",
    "rewrite_1_counter", "rewrite_2_running_product", "rewrite_3_vision_chain", "rewrite_3_vision_chain_plain",
    "rewrite_4_vision_products", "rewrite_4_vision_products_each", "theorem_15_imrope_mrope_factors",
    "theorem_4_imrope_mrope_free", "theorem_4_imrope_mrope_other_sections", "theorem_11_yarn_without_scale",
    "theorem_13_llama3_lost", "theorem_14_yarn_truncated", "theorem_16_llama3_pairings", "theorem_16_yarn_pairings",
    "theorem_12_yarn_ramp_lost", "theorem_17_yarn_as_linear", "theorem_8_wan_slices",
    "theorem_15_imrope_mrope_only_111", "theorem_17_llama3_other_factor", "theorem_18_yarn_on_ggml",
}
WHOLE, LISTS = {"n", "m"}, {"parts"}
ENTRIES = tuple(parse(text, WHOLE, ()) for text in ("n", "m", "3"))


def printer() -> Printer:
    """For whole n and m, and x that need not be whole."""
    return Printer(WHOLE.__contains__, str)


def read(text: str, is_condition: bool = False) -> object:
    """The term of a text in n, m, x and the list parts, which is n, m, 3."""
    make = parse_condition if is_condition else parse
    return settled(make(text, {*WHOLE, "x"}, LISTS, index=True),
                   lambda name: ENTRIES if name in LISTS else parse(name, {name}, ()))


def test_shipped_files_are_what_the_certificates_give() -> None:
    """Each file byte for byte; there is one for every theorem of which one can be made."""
    made = {}
    for path in SHIPPED:
        try:
            made[path.stem.replace("-", "_")] = coq_file(path.read_text())
        except UndecidedError:
            continue
    assert made.keys() == WRITTEN
    assert made == {
        path.stem: path.read_text() for path in (PROOFS / "coq" / "theorems").glob("*.v")
    }


def test_what_has_no_file_is_listed() -> None:
    """The table of reasons names every theorem and rewrite without a Coq file, and no other."""
    section = (PROOFS / "README.md").read_text().partition("These have none:")[2].partition("Refused besides")[0]
    listed = {
        name.strip() for row in section.splitlines() if row.startswith("| ") for name in row.split("|")[1].split(",")
    }
    everything = {path.stem for path in (PROOFS / "theorems").glob("*.toml")}
    assert everything - {name.replace("_", "-") for name in WRITTEN} == listed - {"shipped"}


@pytest.mark.parametrize("text", [path.read_text() for path in (PROOFS / "coq" / "theorems").glob("*.v")])
def test_nothing_is_admitted(text: str) -> None:
    """Every lemma, theorem and example has a finished proof."""
    stated = sum(text.count(f"\n{word} ") for word in ("Lemma", "Theorem", "Example"))
    assert 2 <= stated == text.count("\nProof.") == text.count("Qed.")
    assert not {"Admitted.", "admit", "Axiom", "Hypothesis", "Parameter"} & set(text.split())


@pytest.mark.parametrize(("text", "coq"), [
    ("n//2", "(n / 2)"), ("floor(1/2*n)", "(n / 2)"), ("floor(2/3*(n + m))", "(2 * (n + m) / 3)"),
    ("floor(-1/2*n)", "((- n) / 2)"), ("(n if m > 1 else 2) if n > 1 else 3",
                                       "(if n >? 1 then (if m >? 1 then n else 2) else 3)"),
    ("n//2*2", "(n / 2 * 2)"), ("n - (m - 1)", "(n - (m + (-1)))"), ("-n + m", "((- n) + m)"),
    ("(n + m) % 3", "((n + m) mod 3)"), ("n*(m + 1)", "(n * (m + 1))"), ("n//(2*m)", "(n / (2 * m))"),
    ("min(n, m, 1)", "(Z.min n (Z.min m 1))"), ("abs(n)", "(Z.abs n)"), ("n**2", "(n ^ 2)"), ("floor(n)", "n"),
    ("sum(parts)", "(n + m + 3)"), ("len(parts)", "3"), ("parts[2]", "3"), ("max(parts)", "(Z.max n (Z.max m 3))"),
    ("n if n > 0 and m != 1 else 0", "(if (n >? 0) && (negb (m =? 1)) then n else 0)"),
    ("n if 1 > 2 else m", "m"), ("n if len(parts) == 3 or n > 1 else m", "n"), ("-3", "(-3)"),
    ("floor(x)", "(Int_part x)"), ("floor(log(x)*3)", "(Int_part (ln x * 3))"), ("ceil(n/m)", "(- ((- n) / m))"),
    ("ceil(n/2)", "(- ((- n) / 2))"), ("x//2", "(Int_part (x / 2))"),
    ("ceil(n/2 - m//3)", "(- (((- n) + 2 * (m / 3)) / 2))"), ("floor(n/2 + m/3)", "((3 * n + 2 * m) / 6)"),
    ("ceil(x)", "(- (Int_part ((-1) * x)))"), ("n if x > 1 else 0", "(if is_less 1 x then n else 0)"),
    ("floor(n/x)", "(Int_part (IZR n / x))"),
    ("floor(n*log(x)/2)", "(Int_part (IZR n * ln x / 2))"),
    ("n if x >= m else 0", "(if negb (is_less x (IZR m)) then n else 0)"),
    ("n if x != 1 and x <= 2 else 0", "(if (negb (is_same x 1)) && (negb (is_less 2 x)) then n else 0)"),
    ("n - m*(n - 1)", "(n - m * (n + (-1)))"), ("(n - m) - 1", "(n - m + (-1))"), ("n - (m - n)", "(n - (m - n))"),
])
def test_whole_numbers(text: str, coq: str) -> None:
    """Text of the language and what it is in Z, written by hand."""
    assert coq == printer().integer(read(text))


@pytest.mark.parametrize(("text", "coq", "needed"), [
    ("x**(-2*j/n)", "(Rpower x (IZR ((-2) * j) / IZR n))", ["(0 < x)%R", "0 < n"]),
    ("n/m", "(IZR n / IZR m)", ["0 < m"]), ("x/3", "(x / 3)", []), ("x*1/8", "(x / 8)", []),
    ("x**3*x", "(x ^ 3 * x)", []), ("min(x, n)", "(Rmin x (IZR n))", []), ("1/3", "(1 / 3)", []),
    ("x if n < 2 else pi", "(if (n <? 2)%Z then x else PI)", []), ("x - x/n", "(x - x / IZR n)", ["0 < n"]),
    ("x*(n//2)", "(x * IZR (n / 2))", []), ("x*(1/3)", "(x * (1 / 3))", []),
    ("n//m*x", "(IZR (n / m) * x)", ["0 < m"]), ("log(x)", "(ln x)", ["(0 < x)%R"]),
    ("log(n/3)", "(ln (IZR n / 3))", ["(0 < (IZR n / 3))%R"]),
    ("log(x)/n", "(ln x / IZR n)", ["(0 < x)%R", "0 < n"]),
    ("x/(x if x > 1 else n)", "(x / (if (is_less 1 x)%Z then x else IZR n))",
     ["((if (is_less 1 x)%Z then x else IZR n) <> 0)%R"]),
    ("x*parts[n]", "(x * IZR (if (n =? 0)%Z then n else if (n =? 1)%Z then m else 3))", ["0 <= n < 3"]),
])
def test_real_numbers(text: str, coq: str, needed: list[str]) -> None:
    """In R, with what has to be positive so that it has a value."""
    own = printer()
    assert (coq, needed) == (own.real(read(text)), list(own.needed))


@pytest.mark.parametrize(("text", "coq"), [
    ("n % 2 == 0", "(n mod 2 = 0)"), ("x > 1", "(x > 1)%R"), ("x >= n", "(x >= IZR n)%R"),
    ("n != 1 or not m < 2", "((n <> 1) \\/ (~ (m < 2)))"),
    (
        "0 < n <= m and x == x", "((0 < n) /\\ (n <= m) /\\ (x = x)%R)",
    ),
])
def test_hypotheses(text: str, coq: str) -> None:
    """As propositions."""
    assert coq == printer().proposition(read(text, True))


@pytest.mark.parametrize(("text", "reason"), [
    ("x", "has to be whole"), ("n/2", "has to be whole"), ("n//(-2)", "not positive"), ("n % 0", "not positive"),
    ("parts[7]", "no place in it"), ("parts[1/2]", "no place in it"), ("floor(log(-1))", "not positive"),
])
def test_what_has_no_form_is_refused(text: str, reason: str) -> None:
    """With the reason; nothing else is written in its place."""
    with pytest.raises(UndecidedError, match=reason):
        printer().integer(read(text))


def test_names() -> None:
    """Coq's words, and what is taken, get primes; a choice that is not the outermost stays on its line."""
    names = Names()
    assert ["forall'", "n", "n'", "x"] == [names.new(each) for each in ("forall", "n", "n", "x")]
    assert ["n''", "p", "p", "source_p'"] == [names.local(each) for each in ("n", "p", "p", "source_p")]
    assert "if a then b\n  else if (if c then d else e) then f\n  else g" == on_lines(
        "if a then b else if (if c then d else e) then f else g")


def refuting(rule: str, *indices: str) -> dict[str, object]:
    """What makes a certificate one that never holds, by a rule."""
    refutation = {"rule": rule, "witness": [["0 == 1", index] for index in indices]}
    return {"answer": {"scope": "never", "elsewhere": "linear"}, "evidence": {"refutation": refutation}}


@pytest.mark.parametrize(("change", "reason"), [
    ({"answer": {"scope": "sometimes"}}, "what fails elsewhere is not proved"),
    (refuting("lanes"), "what fails elsewhere is not proved"),
    ({**refuting("counts"), "feeds": [{"source": {"p": {"1": "3"}}, "target": {"p": {}}}]}, "positions that are moved"),
    ({**refuting("counts"), "feeds": [{}, {}]}, "more than one feed"),
    ({"answer": {"relation": "pair-map"}}, "its relation is pair-map"),
    ({"evidence": {"order": None}}, "numbers, decided one by one"),
    ({"evidence": {"sign": -1}}, "turn oppositely"),
    ({"evidence": {"permutation": None}}, "no closed form"),
    ({"schema": "rope-prover/certificate/1"}, "of given sizes"),
])
def test_kinds_that_are_refused(change: dict[str, object], reason: str) -> None:
    """By what a certificate states."""
    root = json.loads((PROOFS / "theorems" / "theorem-1-normal-to-neox.json").read_text())
    for key, value in change.items():
        root[key] = {**root[key], **value} if isinstance(value, dict) else value
    with pytest.raises(UndecidedError, match=reason):
        coq_file(json.dumps(root))


def test_other_lanes_written_are_refused() -> None:
    """What is said of lanes is said of those read."""
    root = json.loads((PROOFS / "theorems" / "theorem-1-normal-to-neox.json").read_text())
    root["target"]["pairs"]["write_first"] = "second_lane"
    with pytest.raises(UndecidedError, match="the target writes other lanes than it reads"):
        coq_file(json.dumps(root))


@pytest.mark.parametrize("key", ["magnitude", "count"])
def test_positions_in_other_fields_than_angles_are_refused(key: str) -> None:
    """A definition that needs a position stands for no number: two such are one where their functions are."""
    side = small(**{key: "1 + p" if key == "magnitude" else "n + floor(p)"})
    with pytest.raises(UndecidedError, match=f"{key} of the source depends on positions"):
        coq_file(sealed(claim(side, side)))


def test_both_are_layouts_is_stated_where_all_agree() -> None:
    """What a layout has to be, of each side: linear on each axis, beside a constant, and with positive magnitudes."""
    for angle, axes in (("p*base**(-j/n)", "p"), ("(p*j + 2)*base", "p"), ("5", "")):
        side = small(angle)
        text = coq_file(sealed(claim(side, side))).partition("Theorem layouts_agree")[2].partition("Proof.")[0]
        for name in ("source", "target"):
            assert f"  0 <= {name}_width /\\ 0 <= {name}_pairs /\\\n" in text
            assert f"  (forall j, 0 <= j < target_pairs -> (0 < {name}_magnitude)%R) /\\\n" in text
            assert bool(axes) == (
                f"  (forall j, 0 <= j < target_pairs -> forall p p' : R,\n    ({name}_angle j (p + p') + "
                f"{name}_angle j 0 = {name}_angle j p + {name}_angle j p')%R) /\\\n" in text)


def test_both_have_one_width_where_they_differ() -> None:
    """Linear maps are of heads of one width, which holds without the condition too."""
    for path in (PROOFS / "coq" / "theorems").glob("*.v"):
        text = path.read_text()
        assert text.count("source_width = target_width /\\") == 1 + ("~ condition ->" in text)


def test_a_condition_is_stated_both_ways() -> None:
    """What holds where it does, what fails where it does not, and parameters on either side of it."""
    text = (PROOFS / "coq" / "theorems" / "theorem_2_mrope_neox_text.v").read_text()
    assert (
        "Definition condition : Prop :=\n"
        "  ((sections_0 + sections_1 + sections_2 >= n_rot / 2) \\/ (sections_3 = 0)).\n"
    ) in text
    assert "Theorem layouts_agree : allowed -> condition ->\n" in text
    assert "Theorem nothing_linear : allowed -> ~ condition ->\n" in text
    assert "exists 2, 2, 0, 0, 1, 0, 2%R; unfold allowed, condition;" in text
    assert "exists 4, 4, 0, 0, 1, 1, 2%R; unfold allowed, condition;" in text


def test_which_pair_differs_goes_by_cases() -> None:
    """Where several may differ, pairs turn by numbered positions; where that has no form, it is refused."""
    path = PROOFS / "theorems" / "theorem-4-imrope-mrope-free.json"
    text = coq_file(path.read_text())
    assert "(* The position that a pair turns by: 1 for t, 2 for h, 3 for w, 4 for e, 0 for none. *)" in text
    assert (
        "Definition target_position (j : Z) : Z := if target_sector j <? sections_0 then 1\n"
        "  else if target_sector j <? target_start_w then 2\n  else if target_sector j <? target_start_e then 3\n"
        "  else 4.\n"
    ) in text
    for angle, positions, reason in (("t*frequency + h", {"t": "1"}, "no position times a frequency"),
                                     ("t*frequency", {"t": "2"}, "no single ones")):
        root = json.loads(path.read_text())
        root["source"]["pairs"]["angle"], root["feeds"][0]["source"]["t"] = angle, positions
        with pytest.raises(UndecidedError, match=reason):
            coq_file(json.dumps(root))


def test_sines_of_their_own() -> None:
    """Cosines and sines are compared apart, and what else may differ is refused."""
    path = PROOFS / "theorems" / "theorem-8-wan-slices.json"
    text = coq_file(path.read_text())
    assert "(source_angle j t h w = target_sine_angle j t h w)%R" in text
    assert (
        "      (source_magnitude * sin (source_angle j (IZR t) (IZR h) (IZR w)))%R <>\n"
        "      (target_magnitude * sin (target_sine_angle j (IZR t) (IZR h) (IZR w)))%R \\/\n"
    ) in text
    for change, reason in (
        (lambda root: root["target"]["pairs"].update(magnitude="2"), "lanes or magnitudes differ"),
        (lambda root: root["source"]["pairs"].update(first="second_lane", write_first="second_lane"), "differ"),
        (lambda root: root["answer"].update(relation="equal-scores"), "the relation is not identical"),
        (lambda root: root["evidence"]["refutation"]["witness"].append([root["answer"]["condition"][0], "0"]),
         "which of several pairs differs"),
    ):
        root = json.loads(path.read_text())
        change(root)
        with pytest.raises(UndecidedError, match=reason):
            coq_file(json.dumps(root))


def test_what_a_condition_needs_is_needed_before_it() -> None:
    """Of a choice by a logarithm and a quotient: what its test needs always, and what it chooses where it does."""
    side = small("p*(1/(x - 1) if log(x)/x > 1/9 else 2)", more=(parameter("x", "x > 0"),))
    points = {"holds": {"n": "3", "base": "2", "x": "2"}, "fails": None}
    text = coq_file(sealed(claim(side, side, points=points, variables=(variable("x", False),))))
    assert "-> (0 < x)%R /\\ ((ln x / x > 1 / 9)%R -> (0 < (x + (-1)))%R)) /\\\n" in text


def test_a_hypothesis_about_a_parameter_of_the_target() -> None:
    """It is a whole number there, so that it is compared in Z."""
    root = claim(small(), small(more=(parameter("m", whole=True, value="n + 1"),)))
    root["where"] = ["m > 2"]
    assert "Definition allowed : Prop :=\n  (target_m > 2) /\\\n" in coq_file(sealed(root))


def test_tactics_are_there_where_no_logarithm_is() -> None:
    """A ramp over the pairs alone is compared with what stands for logarithms elsewhere."""
    text = coq_file(sealed(blend_statements.TRUE["a ramp over the pairs"]()))
    assert 0 <= text.find("Ltac above_zero := ") < text.find("Ltac at_least_0 := ")


def test_logarithms_that_are_refused() -> None:
    """Where no side turns slower by the sum of its pairs, and in magnitudes that pairs do not share."""
    for change, reason in (
        (lambda root: root["evidence"]["refutation"].update(rule="edge"), "where no side turns slower"),
        (lambda root: root["source"]["pairs"].update(magnitude="magnitude + j"), "that are not all one"),
    ):
        root = json.loads((PROOFS / "theorems" / "theorem-12-yarn-ramp-lost.json").read_text())
        change(root)
        with pytest.raises(UndecidedError, match=reason):
            coq_file(json.dumps(root))


@pytest.mark.parametrize(("frequency", "said"), [
    ("frequency", "as they are where all parameters are rational (T5)"),
    ("frequency*pi", "which their form does not show (T5)"),
    ("frequency*log(2)", "which their form does not show (T5)"),
    ("frequency*2**(freq_scale/3)", "as they are where all parameters are rational (T5)"),
    ("frequency*2**(2**(1/2))", "which their form does not show (T5)"),
])
def test_algebraic_frequencies(frequency: str, said: str) -> None:
    """A rounded logarithm is a whole number; pi and logarithms themselves are not algebraic, nor is 2**sqrt(2)."""
    root = json.loads((PROOFS / "theorems" / "theorem-12-yarn-ramp-lost.json").read_text())
    root["source"]["pairs"]["angle"] = f"p*{frequency}"
    assert f"   {said}. *)" in coq_file(json.dumps(root))


def test_another_order_under_a_condition_is_refused() -> None:
    """Pairs in another order are written where all pairs agree."""
    root = json.loads((PROOFS / "theorems" / "theorem-4-imrope-mrope-free.json").read_text())
    root["evidence"]["order"] = "n_rot//2 - 1 - j"
    with pytest.raises(UndecidedError, match="in another order, and under a condition"):
        coq_file(json.dumps(root))


COUNTED = (("up", "0", "up + 1 if odd == 1 else up"), ("odd", "0", "(1 - odd)*seen"))
ADDED = {"angle": "p*(up + odd)"}


def looping(states: tuple[tuple[str, str, str], ...], angle: str = ADDED["angle"]) -> str:
    """A certificate of two layouts that are one, with a loop."""
    side = small(angle, states=states, more=(parameter("seen", whole=True, value="1"),))
    return sealed(claim(side, side))


def test_values_that_step_at_once_are_one_function_of_the_steps() -> None:
    """A value that another one reads comes with it; a choice reads both as they were."""
    text = coq_file(looping(COUNTED))
    assert (
        "Fixpoint source_odd_at (steps : nat) : Z :=\n  match steps with\n  | O => 0\n"
        "  | S before =>\n    1 - source_odd_at before\n  end.\n"
    ) in text
    assert "if source_odd_at before =? 1 then source_up_at before + 1\n  else source_up_at before\n" in text
    both = coq_file(looping((("up", "0", "odd + 1"), ("odd", "0", "up + j"))))
    assert "| S before =>\n    source_odd_at before + 1\n  end\nwith source_odd_at (steps : nat) : Z :=" in both
    assert "| S before => let j := Z.of_nat before in\n    source_up_at before + j\n  end.\n" in both


@pytest.mark.parametrize(("state", "reason"), [
    (("up", "j", "up + 1"), "begins its loop with a value of the pair"),
    (("up", "0", "up + p"), "depend on positions"),
    (("up", "1", "base/up"), "divides by what its loop carries"),
])
def test_loops_that_are_refused(state: tuple[str, str, str], reason: str) -> None:
    """Each with the reason."""
    with pytest.raises(UndecidedError, match=reason):
        coq_file(looping((state,), "p*up"))


def test_the_commands(tmp_path: Path, capsys: Capture) -> None:
    """`prove` and `check` write the same file; what is no such file is not replaced, and nothing is left if refused."""
    specs = ["ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot"]
    proved, checked, stored = (tmp_path / name for name in ("proved.v", "checked.v", "stored.json"))
    asked = ["prove", *specs, "--for-all", "n_rot,base", "--certificate", str(stored), "--coq", str(proved)]
    assert 5 == run_command(asked)
    assert 0 == run_command(["check", str(stored), "--coq", str(checked)])
    assert proved.read_text() == checked.read_text()
    assert "Variables n_rot : Z.\nVariables base : R." in proved.read_text()
    assert 2 == run_command(["prove", *specs, "--coq", str(proved)])
    assert "--coq needs --for-all" in capsys.readouterr().err
    assert 2 == run_command([*asked[:-1], str(tmp_path / "." / "new.v"), "--certificate", str(tmp_path / "new.v")])
    assert "name the same file" in capsys.readouterr().err
    assert 2 == run_command(["check", str(stored), str(stored), "--coq", str(checked)])
    assert 2 == run_command(["check", str(stored), "--coq", str(stored)])
    assert "exists and is no Coq file of rope-prover" in capsys.readouterr().err
    one = str(next(PROOFS.glob("01-*.json")))
    assert 3 == run_command(["check", one, "--coq", str(tmp_path / "never.v")])
    assert "no Coq file is made of it" in capsys.readouterr().err
    assert not (tmp_path / "never.v").exists()
