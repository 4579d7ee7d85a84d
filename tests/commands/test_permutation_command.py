"""The command check-permutation: exit codes, what is printed, and input that it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import prover
from markdown_reader import raw_html, shown_text, tokens
from prover.commands.cli import run_command
from prover.repair.permutation_text import read_permutation

Capture = pytest.CaptureFixture[str]
SIDES = ("transformers/half:head_dim=8", "ggml/normal:head_dim=8")
RIGHT, INVERSE = "0,4,1,5,2,6,3,7", "0,2,4,6,1,3,5,7"
NOT_EVEN = "ggml/normal:head_dim=8:base=500"


@pytest.mark.parametrize(
    ("arguments", "code", "starts"),
    [
        ([*SIDES, RIGHT], 0, f"RIGHT: with rows moved this way {SIDES[1]} computes what {SIDES[0]} does."),
        ([*SIDES, "llama.cpp/permute", "--heads", "4", "--kv-heads", "2"], 0, "RIGHT: with rows moved this way "),
        ([*SIDES, "w.view(n, 2, 4, cols).transpose(1, 2).reshape(w.shape)", "--let", "n=1"], 0, "RIGHT: "),
        ([*SIDES, INVERSE], 1, "WRONG: this is the inverse of a right one: "),
        ([SIDES[0], NOT_EVEN, RIGHT], 1, "WRONG: nothing that is done to the rows could be right. "),
        ([*SIDES, "torch.cat([x[..., ::2], x[..., 1::2]], dim=-1)"], 1,
         "WRONG over the lanes of each head, not the columns of a matrix: this is the inverse"),
        ([*SIDES, "w if n_heads == 1 else w.T", "--heads", "2"], 2, ""),
        ([*SIDES, "0,1,2"], 2, ""),
        ([*SIDES, RIGHT, "--heads", "0"], 2, ""),
        ([*SIDES, RIGHT, "--let", "n_heads"], 2, ""),
        ([*SIDES], 2, ""),
        (["ggml/nothing", SIDES[1], RIGHT], 2, ""),
    ],
)
def test_exit_codes(capsys: Capture, arguments: list[str], code: int, starts: str) -> None:
    """0 right, 1 wrong, 2 what cannot be used; the first line says which."""
    assert code == run_command(["check-permutation", *arguments])
    told = capsys.readouterr()
    assert told.out.startswith(starts)
    assert (code == 2) is bool(told.err)


def test_every_listed_converter_is_taken(capsys: Capture) -> None:
    """Every name that `list --converters` has, and every other name of it, is read as what it is."""
    assert 0 == run_command(["list", "--converters", "--json"])
    found = json.loads(capsys.readouterr().out)["converters"]
    assert 27 == len(found)
    for each in found:
        assert each["sources"]
        for name in (each["name"], *each["also"]):
            given = read_permutation(name).converter
            assert given is not None
            assert each["name"] == given.name


@pytest.mark.parametrize(("arguments", "told"), [
    (["nothing"], "no converter has the words 'nothing'"),
    (["--unsupported"], "are two lists"),
])
def test_a_list_of_converters_that_cannot_be(capsys: Capture, arguments: list[str], told: str) -> None:
    """Words that none has, and two lists at once, are refused."""
    assert 2 == run_command(["list", "--converters", *arguments])
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "markdown", "json"])
def test_the_command_prints_what_the_api_gives(capsys: Capture, style: str) -> None:
    """The same text, Markdown, JSON and exit code."""
    answer = prover.check_permutation(*SIDES, INVERSE, heads=4, kv_heads=2)
    given = {"text": answer.to_text(), "markdown": answer.to_markdown(),
             "json": json.dumps(answer.to_json(), indent=1) + "\n"}
    assert answer.exit_code == run_command(
        ["check-permutation", *SIDES, INVERSE, "--heads", "4", "--kv-heads", "2", "--format", style])
    assert given[style] == capsys.readouterr().out


def test_json_tells_everything(capsys: Capture) -> None:
    """The convention, what was given, each matrix, what is right, and the evidence; --json is --format json."""
    assert 1 == run_command(["check-permutation", *SIDES, INVERSE, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/permutation/1", "wrong", 1) == (found["schema"], found["verdict"], found["exit_code"])
    assert "row i of the result is row rows[i] of what was there" in found["convention"]
    (head,) = found["matrices"]
    assert ("head", 8, 6) == (head["matrix"], head["rows"], head["rows_unlike_needed"])
    assert [0, 2, 4, 6, 1, 3, 5, 7] == head["permutation"]
    assert {"row": 1, "is": 2, "needed": 4} == head["first_unlike"][0]
    assert ["inverse", "applied twice"] == [slip["kind"] for slip in head["slips"]]
    assert [0, 4, 1, 5, 2, 6, 3, 7] == found["needed"]["permutation"]
    assert "W.reshape(heads, 2, 4, -1).swapaxes(1, 2).reshape(W.shape)" == found["needed"]["expression"]
    assert ("checked certificate", "equal-scores") == (found["strength"], found["refuted"])
    assert found["certificate"].startswith("sha256:")


def test_the_certificate_is_one(capsys: Capture, tmp_path: Path) -> None:
    """It is written where it is asked for, accepted by `check`, and no other file is replaced by it."""
    path = tmp_path / "kept.json"
    assert 0 == run_command(["check-permutation", *SIDES, RIGHT, "--certificate", str(path)])
    assert f"written to {path}" in " ".join(capsys.readouterr().out.split())
    assert 0 == run_command(["check", str(path)])
    path.write_text("mine")
    assert 2 == run_command(["check-permutation", *SIDES, RIGHT, "--certificate", str(path)])
    assert "mine" == path.read_text()
    capsys.readouterr()


# Text that is hostile to whoever reads, prints or runs it.
HOSTILE = {
    "a call": "__import__('os').system('true')", "a lambda": "(lambda: 0)()", "a large number": "w.reshape(1e99)",
    "a power": "w.reshape(9**9**9)", "a large range": "[*range(999999999)]", "many arrays": "torch.cat([w]*9)",
    "deep brackets": "(" * 400, "deep negation": "1" + "-" * 4000 + "1", "deep attributes": "w" + ".T" * 4000,
    "escapes": "\x1b[31mw", "a newline and a bell": "w\n\x07", "letters that look alike": "\u0455.T",
    "a surrogate": "\udc80", "markup": "<script>|`*w", "a long name": "a" * 19000, "long text": "w+" * 100000,
    "long list": "1," * 100000, "long row": "9" * 100000, "negative step": "w[::-1]", "a directory": "/tmp/",
    "a device": "/dev/zero.txt", "binary": "model.safetensors", "a template": "{0.__class__}",
    "a format": "'%s' % w", "a comprehension": "[w for w in w]", "nothing": "", "NUL": "\x00",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_in_one_line(capsys: Capture, text: str) -> None:
    """Exit code 2, one printable line of bounded length, and nothing on standard output."""
    assert 2 == run_command(["check-permutation", *SIDES, text])
    told = capsys.readouterr()
    assert ("", 1) == (told.out, told.err.count("\n"))
    assert all(c.isprintable() for c in told.err.strip())
    assert len(told.err) < 1500
    assert "internal failure" not in told.err


def test_strangers_words_are_escaped(capsys: Capture) -> None:
    """What was given is shown, and starts no style, tag or cell of Markdown."""
    text = "w if 1 < 2 else w[[0|1]]"
    assert 2 == run_command(["check-permutation", *SIDES, text])
    capsys.readouterr()
    text = "w.reshape(w.shape) if 1 < 2 else w['<b>*_*</b>']"
    assert 1 == run_command(["check-permutation", *SIDES, text, "--format", "markdown"])
    told = capsys.readouterr().out
    assert "<b>*_*</b>" in shown_text(told)
    assert [] == raw_html(told)


def test_a_layout_file_of_a_stranger_is_named_safely(capsys: Capture, tmp_path: Path) -> None:
    """Its path stands in the first line too, and is no link there."""
    path = tmp_path / "[x](http:.toml"
    path.write_text('like = "ggml/normal"\ntitle = "*bold* <b>"\n')
    assert 0 == run_command(["check-permutation", str(path), "ggml/normal", "w[..., :]", "--format", "markdown"])
    told = capsys.readouterr().out
    assert "[x](http:.toml" in shown_text(told)
    assert {"link_open", "em_open"}.isdisjoint(token.type for token in tokens(told))
    assert [] == raw_html(told)
