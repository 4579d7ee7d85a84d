"""What a person or a program reads: the report, its text and Markdown, the idioms and snippets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from conftest import prove_specs
from prover.exact.display import show_number, show_pairs
from prover.exact.number import PI, Exact, exact, log, power
from prover.layouts.loading import About
from prover.reports.differences import LANE_KINDS, PAIR_KINDS
from prover.reports.document_markdown import markdown
from prover.reports.documents.verdict import verdict_document
from prover.reports.explain import explanation
from prover.reports.idiom import find_idiom
from prover.reports.render import render_text
from prover.reports.report import JSON, report


def report_on(source: str, target: str, *feeds: str, limit: str | None = None) -> JSON:
    """The report on two specs."""
    return report(prove_specs(source, target, feeds, limit), About("first title"), About("second | title"))


NORMAL_TO_NEOX = ("ggml/normal:head_dim=16:n_rot=8", "ggml/neox:head_dim=16:n_rot=8")
IMROPE_TO_MROPE = ("ggml/imrope:n_rot=64:sections=11,11,10,0", "ggml/mrope:n_rot=64:sections=11,11,10,0")


def test_permutation_and_pair_moves() -> None:
    """W_target_rows = W_source_rows[permutation], with the pair and the map of every target pair."""
    witness = report_on(*NORMAL_TO_NEOX)["witness"]
    assert [0, 2, 4, 6, 1, 3, 5, 7, *range(8, 16)] == witness["permutation"]
    assert [{"target": j, "source": j, "map": "keep"} for j in range(4)] == witness["pairs"]


def test_swapped_pairs() -> None:
    """The other direction is told as a swap in every pair."""
    witness = report_on("transformers/nanochat:head_dim=8", "transformers/half:head_dim=8")["witness"]
    assert [{"target": j, "source": j, "map": "swap"} for j in range(4)] == witness["pairs"]


def test_scale_of_a_pair_map() -> None:
    """Under a pair map each row is multiplied by source magnitude over target magnitude: 1.5 / 0.5."""
    witness = report_on("ggml/neox:head_dim=4:attn_factor=1.5", "ggml/neox:head_dim=4:attn_factor=0.5")["witness"]
    factors = [{"rows": [[0, 3]], "exact": "3", "value": 3.0}]
    assert ("pair-map", factors) == (witness["relation"], witness["factors"])


PERMUTATIONS: dict[str, Sequence[int]] = {
    "riffle": [0, 2, 4, 6, 1, 3, 5, 7],
    "riffle of the front": [0, 2, 4, 1, 3, 5, 6, 7],
    "riffle of the back": [0, 1, 2, 4, 6, 3, 5, 7],
    "halves exchanged": [4, 5, 6, 7, 0, 1, 2, 3],
    "lanes of pairs exchanged": [1, 0, 3, 2, 5, 4, 7, 6],
    "two heads in one": [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15],
    "riffle with halves exchanged": [1, 3, 5, 7, 0, 2, 4, 6],
}


@pytest.mark.parametrize("rows", PERMUTATIONS.values(), ids=PERMUTATIONS)
def test_idiom_code_makes_the_permutation(rows: Sequence[int]) -> None:
    """The NumPy expression, run on numbered rows, gives the rows of the permutation."""
    idiom = find_idiom(rows)
    assert idiom is not None
    matrix = np.arange(2 * len(rows)).reshape(len(rows), 2)
    made = eval(idiom.code("numpy", len(rows)), {"np": np, "W": matrix})
    assert matrix[list(rows)].tolist() == made.tolist()


def test_no_idiom_is_made_up() -> None:
    """A permutation that no reshape makes has no idiom, and the identity needs none."""
    assert (None, None) == (find_idiom([0, 3, 1, 2, 5, 4, 7, 6]), find_idiom(list(range(8))))


@pytest.mark.parametrize(
    ("source", "target", "feeds"),
    [
        (*NORMAL_TO_NEOX, ()),
        (*IMROPE_TO_MROPE, ()),
        ("transformers/adjacent-to-half:qk_nope_head_dim=0", "transformers/adjacent:head_dim=64", ()),
        ("ggml/imrope", "ggml/neox", ("t=p,h=p,w=p,e=0", "t=p,h=p,w=p,e=p")),
        ("transformers/hunyuan-vl:rope_type=default", "ggml/mrope:sections=16,16,16,16", ("hunyuan-vl",)),
    ],
    ids=["permutation", "trace", "output", "two feeds", "two angles"],
)
def test_snippet_runs_by_itself(source: str, target: str, feeds: tuple[str, ...]) -> None:
    """The counterexample's snippet, pasted into a fresh Python, prints both values and passes its assertion."""
    shown = report_on(source, target, *feeds)["numeric"]["counterexample"]
    done = subprocess.run([sys.executable, "-c", shown["snippet"]], capture_output=True, text=True)
    values = [float(v) for v in re.findall(r"(?:source|target) (\S+)", done.stdout)]
    assert (0, "") == (done.returncode, done.stderr)
    assert values == pytest.approx([shown["source"]["value"], shown["target"]["value"]], rel=1e-5, abs=1e-6)


HEADLINES: dict[str, tuple[tuple[str, str], str | None, str]] = {
    "flag swapped": (NORMAL_TO_NEOX, None, "CONVERTIBLE: The attention scores are equal, only after the rows of W_q "
                     "and W_k are permuted."),
    "and allowed": (NORMAL_TO_NEOX, "permutation", "EQUIVALENT: The attention scores are equal, only after the rows of "
                    "W_q and W_k are permuted, which --relation permutation allows."),
    "and refused": (NORMAL_TO_NEOX, "equal-scores", "DIFFERENT: The two are not equal in their scores; the lowest "
                    "relation that holds is 'permutation'."),
    "scale": (("ggml/neox:head_dim=4:attn_factor=2", "ggml/neox:head_dim=4"), None,
              "CONVERTIBLE: The attention scores are equal, only after the rows of W_q and W_k are scaled."),
    "scale and move": (("ggml/neox:head_dim=8:attn_factor=2", "ggml/normal:head_dim=8"), None, "CONVERTIBLE: The "
                       "attention scores are equal, only after the rows of W_q and W_k are permuted and scaled."),
    "identical": (("ggml/neox", "transformers/half"), None,
                  "EQUIVALENT: The two kernels are identical, lane by lane, at every position."),
}


@pytest.mark.parametrize(("specs", "limit", "first"), HEADLINES.values(), ids=HEADLINES)
def test_the_first_word_says_it(specs: tuple[str, str], limit: str | None, first: str) -> None:
    """The first line says in its first word whether the kernels can be exchanged as they are."""
    found = report_on(*specs, limit=limit)
    assert first == render_text(found, None).splitlines()[0]
    allowed = f"--relation {limit} was allowed"
    assert (limit, bool(limit)) == (found["limit"], allowed in render_text(found, None))


# Two layouts; what differs lane by lane, by kind; and the pairs left over after the best regrouping.
DIFFER: dict[str, tuple[str, str, dict[str, list[int]], list[int] | None, list[int] | None]] = {
    "32 of 80 lanes and all of them": (
        "transformers/half:head_dim=80:partial_rotary_factor=0.4", "transformers/half:head_dim=80",
        {"frequency": [*range(1, 16)], "lanes": [*range(16)], "only_target": [*range(16, 40)],
         "start_to_turn": [*range(32, 80)]},
        [*range(1, 16, 2)], [j for j in range(40) if j % 5],
    ),
    "64 of 128 lanes and all of them": (
        "transformers/half:head_dim=128:partial_rotary_factor=0.5:rope_theta=5e6",
        "transformers/half:head_dim=128:rope_theta=5e6",
        {"frequency": [*range(1, 32)], "lanes": [*range(32)], "only_target": [*range(32, 64)],
         "start_to_turn": [*range(64, 128)]},
        [], [*range(1, 64, 2)],
    ),
    "YaRN in part of the pairs": (
        "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000",
        "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000:rope_type=deepseek_yarn:factor=16"
        ":original_max_position_embeddings=65536",
        {"frequency": [*range(21, 32)]}, [*range(21, 32)], [*range(21, 32)],
    ),
    "direction": ("transformers/nanochat:head_dim=8", "transformers/half:head_dim=8:rope_theta=100000",
                  {"frequency": [1, 2, 3], "direction": [0]}, None, None),
    "magnitude": ("ggml/neox:head_dim=8:n_rot=4:attn_factor=2", "ggml/neox:head_dim=8:n_rot=4", {"magnitude": [0, 1]},
                  [0, 1], [0, 1]),
    "two pairs that stand still": ("generic/table:frequencies=1,0,0,1/4", "generic/table:frequencies=1,1/2,0,0",
                                   {"turns_in_source": [3], "turns_in_target": [1]}, [3], [1]),
    "other lanes": (*NORMAL_TO_NEOX, {"lanes": [0, 1, 2, 3]}, [], []),
    "other axes": (*IMROPE_TO_MROPE, {"axis": [j for j in range(1, 32) if j not in (3, 6, 9, 13, 16, 19, 23, 26, 29)]},
                   [j for j in range(1, 32) if j not in (3, 6, 9, 13, 16, 19, 23, 26, 29)],
                   [j for j in range(1, 32) if j not in (3, 6, 9, 13, 16, 19, 23, 26, 29)]),
}


@pytest.mark.parametrize("name", DIFFER)
def test_what_differs_lane_by_lane_and_after_regrouping(name: str) -> None:
    """Both counts, each with its name; the fields of JSON agree, and text says both."""
    source, target, kinds, ours, theirs = DIFFER[name]
    found = report_on(source, target)
    assert kinds == {kind: rows for kind, rows in found["lane_by_lane"].items()
                     if kind in (*PAIR_KINDS, *LANE_KINDS) and rows}
    pairs = {index for kind, rows in kinds.items() if kind in PAIR_KINDS for index in rows}
    both = {*found["differing_pairs"]["source"], *found["differing_pairs"]["target"]}
    assert (pairs, sorted(pairs)) == (both, [row["pair"] for row in found["differences"]])
    if ours is not None:
        assert {"source": ours, "target": theirs} == found["unmatched_pairs"]
    text = render_text(found, None)
    assert ("differ    lane by lane: " in text, "differ    after the best regrouping: " in text) == (True, True)


def test_lanes_that_start_to_turn_are_told() -> None:
    """Lanes that pass on one side and turn on the other have their own words, either way round."""
    part, whole = "transformers/half:head_dim=128:partial_rotary_factor=0.5", "transformers/half:head_dim=128"
    there = " ".join(render_text(report_on(part, whole), None).split())
    back = " ".join(render_text(report_on(whole, part), None).split())
    assert "31 pairs turn by another frequency: 1-31; " in there
    assert "64 lanes pass in the source and turn in the target: 64-127" in there
    assert "64 lanes turn in the source and pass in the target: 64-127" in back


def test_an_axis_that_gets_nothing_stops_its_pairs() -> None:
    """With e at 0 the pairs that fall to it stand still, and are told by their numbers."""
    found = report_on("ggml/imrope", "ggml/neox", "t=p,h=p,w=p,e=0")
    assert "2 pairs turn in the target alone: 61-62" == found["lane_by_lane"]["text"]


def test_counterexample_is_small_and_one_hot() -> None:
    """The smallest position is one step on the axis that tells, with each side's angle and value."""
    shown = report_on("ggml/neox:head_dim=4", "ggml/neox:head_dim=4:base=100")["numeric"]["counterexample"]
    assert [{"feed": 0, "position": {"p": 0}}, {"feed": 0, "position": {"p": 1}}] == shown["tokens"]
    assert ([1, 3], 0.01, 0.1) == (shown["lanes"], shown["source"]["angle"], shown["target"]["angle"])
    assert [-0.009999833, -0.09983342] == pytest.approx([shown[s]["value"] for s in ("source", "target")])


def test_explanation_names_class_pairs_and_partner() -> None:
    """The unsatisfiable core becomes a sentence: class, counts, pairs, would-be partner and why it is none."""
    text = explanation(prove_specs(*IMROPE_TO_MROPE))
    assert (
        "Of pairs that turn by 10**(-1/8) (about 0.749894) per step of h, the source has 1 (pair 1) and the "
        "target has none. In its place the target has pair 1: it turns with t instead of h."
    ) in text


def test_explanation_names_magnitude() -> None:
    """Where only the magnitude keeps a partner away, the sentence says so."""
    text = explanation(prove_specs("ggml/neox:head_dim=4:attn_factor=2", "ggml/neox:head_dim=4"))
    assert "with magnitude 2" in text
    assert "the same turn, but magnitude 1" in text


def test_explanation_says_what_the_feed_puts() -> None:
    """A pair that another axis drives is told with what the feed puts on both axes."""
    text = explanation(prove_specs("ggml/imrope", "transformers/mrope-stride3", ["text"]))
    assert "feed text puts e = 0, t = p." in text


def test_text_marks_the_differing_axes() -> None:
    """Below the two strips of axes a mark stands under every pair that differs."""
    lines = render_text(report_on("ggml/imrope", "ggml/neox", "t=p,h=p,w=p,e=0"), None).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("axes"))
    assert [71, 72] == [i for i, letter in enumerate(lines[start + 2]) if letter == "^"]


NUMBERS: dict[str, tuple[Exact, str]] = {
    "whole": (exact(7), "7"),
    "decimal": (exact(1) / exact(8), "0.125"),
    "fraction": (exact(1) / exact(3), "1/3"),
    "power of a base": (power(exact(500000), -exact(1).rational / 64), "500000**(-1/64) (about 0.814617)"),  # type: ignore[operator]
    "pi": (PI, "pi (about 3.14159)"),
    "logarithm": (log(exact(2)), "log(2) (about 0.693147)"),
}


@pytest.mark.parametrize(("value", "text"), NUMBERS.values(), ids=NUMBERS)
def test_show_number(value: Exact, text: str) -> None:
    """Numbers are shown in their shortest exact form, with a decimal where that helps."""
    assert text == show_number(value)


def test_show_pairs_shortens_runs() -> None:
    """Runs of pair numbers are drawn together."""
    assert "0, 2-5, 9" == show_pairs([0, 2, 3, 4, 5, 9])


SIGNS = {"p*(sqrt(2) - 1)": "sqrt(2) - 1 (about 0.414214)", "p*(1 - sqrt(2))": "1 - sqrt(2) (about -0.414214)",
         "p*(3 - sqrt(3))": "3 - sqrt(3) (about 1.26795)"}


@pytest.mark.parametrize(("angle", "told"), SIGNS.items(), ids=SIGNS)
def test_a_frequency_is_told_with_the_sign_of_its_pair(angle: str, told: str, tmp_path: Path) -> None:
    """A class is one up to sign; what is told is the frequency of the pair that is named."""
    specs = []
    for name, text in (("source", angle), ("target", "p*5")):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f'title = "{name}"\naxes = ["p"]\nwidth = 2\n[pairs]\ncount = 1\nfirst = 0\nsecond = 1\nangle = "{text}"\n'
        )
        specs.append(str(path))
    assert f"pairs that turn by {told} per step of p, the source has 1 (pair 0)" in report_on(*specs)["explanation"]


def test_a_rotation_in_four_angles_is_told_as_it_is(tmp_path: Path) -> None:
    """cos -p = cos p, so with sines of p the pair turns by p: a rotation, not one by -p."""
    specs, four = [], '-p"\nsine_angle = "p"\nsecond_sine_angle = "p"\nsecond_angle = "-p'
    for name, angle in (("four", four), ("one", "2*p")):
        path = tmp_path / f"{name}.toml"
        path.write_text(f'title = "{name}"\naxes = ["p"]\nwidth = "2"\n[pairs]\ncount = "1"\nfirst = "0"\n'
                        f'second = "1"\nangle = "{angle}"\n')
        specs.append(str(path))
    verdict = prove_specs(specs[0], specs[1], ["p=3*q"])
    found = report(verdict, About("four", ()), About("one", ()))
    assert ([], True) == (found["not_rotations"]["source"], found["differences"][0]["source"]["is_rotation"])
    assert "no rotation" not in markdown(verdict_document(found, None))
    assert "lanes 0 and 1 by cos p * -1, sin p | sin p, cos p * -1 in the source" in explanation(verdict)


def test_a_turn_in_four_angles_is_the_same_turn(tmp_path: Path) -> None:
    """cos -p is cos p: beside a plain rotation by p it has another magnitude and nothing else."""
    specs, four = [], 'p"\nsine_angle = "p"\nsecond_sine_angle = "p"\nsecond_angle = "-p'
    for name, rest in (("four", four), ("one", 'p"\nmagnitude = "2')):
        path = tmp_path / f"{name}.toml"
        path.write_text(f'title = "{name}"\naxes = ["p"]\nwidth = "2"\n[pairs]\ncount = "1"\nfirst = "0"\n'
                        f'second = "1"\nangle = "{rest}"\n')
        specs.append(str(path))
    found = report(prove_specs(specs[0], specs[1]), About("four", ()), About("one", ()))["lane_by_lane"]
    assert ("pair 0 has another magnitude", []) == (found["text"], found["turned_otherwise"])
