"""By how much two layouts differ, as people and programs read it."""

from __future__ import annotations

import json

import pytest

from prover.commands.cli import run_command

DEEPSEEK = "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000"
YARN = f"{DEEPSEEK}:rope_type=deepseek_yarn:factor=16:original_max_position_embeddings=65536"
PLAIN, SCALED = "transformers/half:head_dim=8", "transformers/half:head_dim=8:rope_type=linear:factor=4"
PARTIAL = "transformers/half:head_dim=8:partial_rotary_factor=0.5"
MAGNIFIED = "ggml/neox:head_dim=8:attn_factor=1.5"


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    run_command(list(arguments))
    return capsys.readouterr().out


def _lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The lines on size, as one text."""
    lines = _printed(capsys, "prove", *arguments).splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("size"))
    last = max(place for place, line in enumerate(lines) if line.startswith("size"))
    while lines[last + 1].startswith(" "):
        last += 1
    return " ".join(" ".join(lines[first : last + 1]).split())


def test_lines_of_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    """Angle with its degrees and place, score, ratios, and from which distance on: 2.116 degrees within 128."""
    assert (
        "size up to distance 128, lane by lane: an angle differs by at most 0.0369283 rad (2.11584 degrees), in pair "
        "23 at distance p=128 size one score of q and k of length 1 differs by at most 0.0369262, in pair 23 at "
        "distance p=128 size frequency of the source over the target: 4.8372093 in pair 31, the slowest pair that "
        "differs; 1.0777202 in pair 21, the fastest that differs; an angle differs by more than 0.001 rad from 4 "
        "on, never up to that distance by more than 0.1 rad"
    ) == _lines(capsys, DEEPSEEK, YARN, "--positions", "128")


def test_json_of_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs: bounds as decimals, pairs, distances; the default is 131072."""
    found = json.loads(_printed(capsys, "prove", PLAIN, SCALED, "--positions", "1", "--json"))["size"]
    assert (1, "lane by lane", 4, None) == (found["positions"], found["held"], found["pairs"], found["reason"])
    assert {
        "radians": ["0.75", "0.75"], "degrees": ["42.9718", "42.9719"], "passes_half_turn": False,
        "exceeds": [{"radians": "0.001", "from": 1}, {"radians": "0.1", "from": 1}, {"radians": "1", "from": None}],
        "below_float32_step": False, "source_pair": 0, "target_pair": 0, "feed": "free", "distance": {"p": 1},
    } == found["angle"]
    # 2 sin(3/8) = 0.7325450...
    assert ["0.732545", "0.732546"] == found["score"]["bounds"]
    assert 131072 == json.loads(_printed(capsys, "prove", PLAIN, SCALED, "--json"))["size"]["positions"]


def test_half_turns_and_float32(capsys: pytest.CaptureFixture[str]) -> None:
    """Past pi it is said so; where every pair differs by less than a step of float32, that."""
    assert "is past pi, where turns come round again" in _lines(capsys, PLAIN, SCALED)
    near = _lines(capsys, "transformers/half:rope_theta=11158840", "transformers/half:rope_theta=11158839.9")
    assert "in every pair less than one float32 step of its angle there" in near


def test_one_side_that_does_not_turn(capsys: pytest.CaptureFixture[str]) -> None:
    """A pair that only one side turns is told as such."""
    plain = "ggml/normal:head_dim=8:n_rot=4"
    told = _lines(capsys, plain, f"{plain}:base=100", "--positions", "4")
    assert "in pair 1 at distance p=4" in told
    told = _lines(capsys, PARTIAL, PLAIN, "--positions", "4")
    assert "of the target against lanes that pass" in told


def test_magnitudes(capsys: pytest.CaptureFixture[str]) -> None:
    """Where magnitudes alone differ: the ratio of scores, 1.5**2, and their largest difference, 1.25."""
    told = _lines(capsys, "ggml/neox:head_dim=8", MAGNIFIED)
    assert "differs by at most 1.25, in pair 0 at distance p=0; scores of the target over the source" in told
    assert told.endswith("where magnitudes differ: 2.25")


@pytest.mark.parametrize("target", [PLAIN, "ggml/normal:head_dim=8"])
def test_no_lines(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is equal as it is, or once rows are moved, has no size."""
    found = json.loads(_printed(capsys, "prove", PLAIN, target, "--json"))
    assert (None, False) == (found["size"], "\nsize " in _printed(capsys, "prove", PLAIN, target))


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    """A review gets the same lines."""
    told = _printed(capsys, "prove", PLAIN, SCALED, "--positions", "1", "--format", "markdown")
    assert "Up to distance 1, lane by lane: an angle differs by at most 0.75 rad (42.9719 degrees)" in told


def test_rows_of_diff(capsys: pytest.CaptureFixture[str]) -> None:
    """A row of diff has the same, in text and in JSON."""
    told = _printed(capsys, "diff", PLAIN, SCALED, "--positions", "1")
    assert "  size     up to distance 1, lane by lane: an angle differs by at most 0.75 rad (42.9719 degrees)" in told
    rows = json.loads(_printed(capsys, "diff", PLAIN, SCALED, "--positions", "1", "--json"))["rows"]
    assert [["0.75", "0.75"]] == [row["size"]["angle"]["radians"] for row in rows]


def test_rows_of_diff_by_modality(capsys: pytest.CaptureFixture[str]) -> None:
    """Modalities that differ by different sizes are told apart; those that differ alike are told once."""
    told = _printed(capsys, "diff", "ggml/mrope", "ggml/mrope:base=1e6")
    assert (1, 1) == (told.count("up to distance 131072, "), told.count("size     coordinates as in text, up to"))
    told = _printed(capsys, "diff", "ggml/mrope", "ggml/imrope")
    assert 2 == told.count("up to distance 131072, ")


@pytest.mark.parametrize("command", ["prove", "diff"])
@pytest.mark.parametrize(("given", "told"), [
    ("0", "0 is not in the range 1<=x<=1000000000000"), ("-1", "-1 is not in the range 1<=x<=1000000000000"),
    ("1" + "0" * 30, "0 is not in the range 1<=x<=1000000000000"), ("many", "'many' is not a valid whole number"),
    ("1.5", "'1.5' is not a valid whole number"), ("1e6", "'1e6' is not a valid whole number"),
])
def test_positions_refused(command: str, given: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A distance is a whole number from 1 to 10**12; else exit 2 with what was given."""
    code = run_command([command, PLAIN, SCALED, "--positions", given])
    assert (2, True) == (code, told in capsys.readouterr().err)


@pytest.mark.parametrize("more", [["--for-all", "base"], ["--relation", "bitwise"]])
def test_positions_without_sizes(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Where no numbers are given, or bits are compared, no size is told: refused."""
    code = run_command(["prove", PLAIN, SCALED, "--positions", "5", *more])
    told = capsys.readouterr().err
    assert (2, True) == (code, "--positions goes with neither --for-all nor --relation bitwise" in told)
