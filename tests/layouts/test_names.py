"""The dictionary of names: every spec in it pairs lanes as its row says, and bare words are refused."""

from __future__ import annotations

import json

import pytest

from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.layouts.names import BARE_WORDS, EVIDENCE, MEANINGS, Project, Use, contradictions, look_up, projects

USES = [(project, use) for project in projects() for use in project.flags]
WITH_SPEC = [(project, use) for project, use in USES if use.spec]


@pytest.mark.parametrize(
    ("project", "use"), WITH_SPEC, ids=[f"{project.key} {use.written} {use.means}" for project, use in WITH_SPEC]
)
def test_spec_does_what_the_row_says(project: Project, use: Use) -> None:
    """The layout named reads and writes the lanes, or orders the axes, that the row claims."""
    layout = load(use.spec).layout
    pair = layout.pairs[1]
    start = layout.pairs[0].read[0]
    read = (pair.read[0] - start, pair.read[1] - start)
    moves = pair.read != pair.write
    axes = [axis for p in layout.pairs[:3] for axis, _ in p.angle.frequencies]
    if use.means in ("half", "adjacent", "adjacent-to-half"):
        half = read[0] == 1 and read[1] > 2
        expected = {"half": (True, False), "adjacent": (False, False), "adjacent-to-half": (False, True)}
        assert expected[use.means] == (half, moves)
    else:
        assert ["t", "h", "w"] == axes if use.means == "turns" else ["t", "t", "t"] == axes


def test_every_row_speaks_in_known_words() -> None:
    """Meanings, evidence and projects of contradictions are those of the tables."""
    keys = {project.key for project in projects()}
    assert {use.means for _, use in USES} <= set(MEANINGS)
    assert {project.evidence for project in projects()} <= set(EVIDENCE)
    assert set().union(*(c.projects for c in contradictions())) <= keys | {"torchscale"}
    assert len(keys) == len(projects())


def test_the_census_is_all_there() -> None:
    """Sixty systems less those without a flag of pairing, and the 22 contradictions."""
    assert 22 == len(contradictions())
    assert len(projects()) >= 55


# Defaults as the census has them, from the sources of each project.
DEFAULTS = {
    ("vllm", "is_neox_style"): "true", ("sglang", "is_neox_style"): "true", ("flashinfer", "is_neox"): "true",
    ("flashinfer", "interleave"): "false", ("flash-attention", "interleaved"): "false",
    ("flash-attention", "rotary_interleaved"): "true", ("xformers", "adjacents"): "true",
    ("transformer-engine", "interleaved"): "false",
    ("transformer-engine", "rotary_pos_emb_group_method"): "consecutive", ("megatron", "rotary_interleaved"): "false",
    ("fastertransformer", "neox_rotary_style"): "false", ("onnx", "interleaved"): "0", ("mlx", "traditional"): "false",
    ("ctranslate2", "rotary_interleave"): "true", ("litgpt", "rope_interleave"): "false",
    ("executorch", "use_hf_rope"): "false", ("maxtext", "rope_interleave"): "true", ("timm", "half"): "false",
    ("paddle", "use_neox_rotary_style"): "true", ("modular-max", "interleaved"): "true",
    ("coreai-torch", "interleaved"): "false", ("ascend", "rotary_mode"): "half", ("habana", "mode"): "0",
    ("mindspore", "mode"): "0",
}


def test_defaults() -> None:
    """The default of each flag is the project's."""
    found = {(project.key, use.flag): use.value for project, use in USES if use.default}
    assert DEFAULTS == {key: found.get(key) for key in DEFAULTS}


@pytest.mark.parametrize("key", sorted({p.key for p, u in WITH_SPEC if u.default and u.flag and ":" in u.spec}))
def test_a_default_is_the_layout_s_own(key: str) -> None:
    """Leaving a project's flag out gives the layout of the value marked as default."""
    for project, use in WITH_SPEC:
        if project.key != key or not use.default or f":{use.flag}={use.value}" not in use.spec:
            continue
        bare = use.spec.replace(f":{use.flag}={use.value}", "")
        assert load(use.spec).layout.pairs == load(bare).layout.pairs


def test_two_projects_show_what_they_disagree_about() -> None:
    """Paddle and vLLM contradict each other over neox, and over nothing else."""
    found = look_up(("paddle", "vllm"))
    assert ["paddle", "vllm"] == [project.key for project, _ in found.projects]
    assert ["neox is adjacent in Paddle"] == [c.text[:26] for c in found.contradictions]


def test_a_flag_is_found_in_every_project() -> None:
    """rotary_interleaved occurs in three projects, with two defaults."""
    found = look_up(("rotary_interleaved=true",))
    assert {("flash-attention", True), ("megatron", False), ("nemo", False)} == {
        (project.key, use.default) for project, uses in found.projects for use in uses
    }


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Text, JSON and the error with near names."""
    assert 0 == run_command(["names", "mlx"])
    told = capsys.readouterr().out
    assert "traditional=false*" in told
    assert "traditional in MLX is adjacent" in told
    assert 0 == run_command(["names", "mlx", "traditional=true", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [("mlx", [("true", "adjacent")])] == [
        (p["project"], [(f["value"], f["means"]) for f in p["flags"]]) for p in found["projects"]
    ]
    assert 2 == run_command(["names", "vlm"])
    assert "Did you mean vllm" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["neox", "gptj", "llama", "interleaved", "traditional", "rotate_half"])
def test_bare_words_are_refused_with_who_means_what(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`show` and `prove` refuse a word that means two things, and list what could be meant."""
    for command in (["show", word], ["prove", word, "ggml/neox"], ["prove", "ggml/neox", word]):
        assert 2 == run_command(command)
        told = capsys.readouterr().err
        assert f"'{word}' alone names no layout" in told
        assert "lanes (" in told
        assert ":" in told


def test_what_the_words_could_mean(capsys: pytest.CaptureFixture[str]) -> None:
    """neox is told with Paddle's reverse, interleaved as pairing and as an order of axes, llama as both pairings."""
    for word, meanings in (
        ("neox", ("half, lanes", "adjacent, lanes", "Paddle")),
        ("interleaved", ("adjacent, lanes", "adjacent-to-half, reads", "turns, order of axes")),
        ("llama", ("half, lanes", "adjacent, lanes")),
        ("rotate_half", ("half, lanes", "adjacent, lanes")),
        ("is_neox_style=true", ("half, lanes", "vllm/rope:is_neox_style=true")),
    ):
        run_command(["show", word])
        told = capsys.readouterr().err
        assert [] == [meaning for meaning in meanings if meaning not in told]


def test_every_bare_word_means_something(capsys: pytest.CaptureFixture[str]) -> None:
    """No word of the list falls through to the plain error of an unknown layout."""
    for word in BARE_WORDS:
        run_command(["show", word])
        assert "alone names no layout" in capsys.readouterr().err
