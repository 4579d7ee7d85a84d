"""The advice for weights, followed in NumPy on attention written by hand: scores stay, and do not where it is not."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from conftest import prove_specs
from prover.claims.relation import Relation
from prover.commands.cli import run_command
from prover.layouts.loading import About
from prover.reports.advice import ADVICE, CASES, Case
from prover.reports.document_markdown import markdown
from prover.reports.documents.verdict import verdict_document
from prover.reports.idiom import find_idiom
from prover.reports.render import render_text
from prover.reports.report import JSON, report
from prover.reports.weight_code import weight_code

Array = npt.NDArray[np.float64]
HEADS, KV_HEADS, WIDTH, COLUMNS, TOKENS, RANK = 8, 2, 16, 24, 5, 3


@dataclass(frozen=True)
class Kernel:
    """A rotation by hand: lanes of each pair, its frequency, and the magnitude of lanes that turn."""

    pairs: tuple[tuple[int, int], ...]
    magnitude: float = 1.0
    sign: int = 1

    def turn(self, x: Array) -> Array:
        """Heads (tokens, heads, WIDTH) rotated, token i standing at position i."""
        y, n = x.copy(), len(self.pairs)
        for j, (a, b) in enumerate(self.pairs):
            angle = (self.sign * np.arange(len(x)) * 10000.0 ** (-j / n))[:, None]
            y[..., a] = self.magnitude * (x[..., a] * np.cos(angle) - x[..., b] * np.sin(angle))
            y[..., b] = self.magnitude * (x[..., a] * np.sin(angle) + x[..., b] * np.cos(angle))
        return y


ADJACENT = tuple((2 * j, 2 * j + 1) for j in range(4))
HALF = tuple((j, j + 4) for j in range(4))
WHOLE = tuple((j, j + 8) for j in range(8))

# The two specs, the same two kernels by hand, and the relation that holds.
CASES_RUN: dict[str, tuple[str, Kernel, str, Kernel, Relation]] = {
    "identical": ("ggml/neox:head_dim=16:n_rot=8", Kernel(HALF),
                  "transformers/half:head_dim=16:partial_rotary_factor=0.5", Kernel(HALF), Relation.IDENTICAL),
    "permutation": ("ggml/normal:head_dim=16:n_rot=8", Kernel(ADJACENT), "ggml/neox:head_dim=16:n_rot=8", Kernel(HALF),
                    Relation.PERMUTATION),
    "lanes of pairs swapped": ("transformers/nanochat:head_dim=16:rope_theta=10000", Kernel(WHOLE, sign=-1),
                               "ggml/neox:head_dim=16", Kernel(WHOLE), Relation.PERMUTATION),
    "scale": ("ggml/neox:head_dim=16:n_rot=8:attn_factor=1.5", Kernel(HALF, 1.5),
              "ggml/neox:head_dim=16:n_rot=8:attn_factor=0.5", Kernel(HALF, 0.5), Relation.PAIR_MAP),
    "scale and move": ("ggml/normal:head_dim=16:n_rot=8:attn_factor=1.5", Kernel(ADJACENT, 1.5),
                       "ggml/neox:head_dim=16:n_rot=8", Kernel(HALF), Relation.PAIR_MAP),
}
NORMS = ("none", "RMSNorm", "LayerNorm", "RMSNorm over all heads", "RMSNorm with 1 + w")


def weights(norm: str) -> dict[str, Array]:
    """Random weights, biases, LoRA, scales of rows and gains, none of them special."""
    draw = np.random.default_rng(7)
    found: dict[str, Array] = {}
    for side, heads in (("q", HEADS), ("k", KV_HEADS)):
        rows = heads * WIDTH
        found[f"W_{side}"] = np.round(8 * draw.normal(size=(rows, COLUMNS)))
        found[f"bias_{side}"] = draw.normal(size=rows)
        found[f"B_{side}"], found[f"A_{side}"] = draw.normal(size=(rows, RANK)), draw.normal(size=(RANK, COLUMNS))
        found[f"scales_{side}"] = draw.uniform(0.5, 2, size=rows) / 8
        size = rows if norm == "RMSNorm over all heads" else WIDTH
        found[f"gain_{side}"], found[f"beta_{side}"] = draw.uniform(0.5, 2, size=size), draw.normal(size=size)
    return found


def scores(kernel: Kernel, made: dict[str, Array], norm: str) -> Array:
    """(heads, tokens, tokens): quantised rows, LoRA and bias, then the norm, then the rotation, then q . k."""
    x = np.random.default_rng(8).normal(size=(TOKENS, COLUMNS))
    sides = []
    for side, heads in (("q", HEADS), ("k", KV_HEADS)):
        full = made[f"W_{side}"] * made[f"scales_{side}"][:, None] + made[f"B_{side}"] @ made[f"A_{side}"]
        y = (x @ full.T + made[f"bias_{side}"]).reshape(TOKENS, heads, WIDTH)
        gain, beta = made[f"gain_{side}"], made[f"beta_{side}"]
        if norm == "RMSNorm over all heads":
            flat = y.reshape(TOKENS, -1)
            y = (gain * flat / np.sqrt((flat**2).mean(-1, keepdims=True))).reshape(y.shape)
        elif norm.startswith("RMSNorm"):
            y = gain * y / np.sqrt((y**2).mean(-1, keepdims=True))
        elif norm == "LayerNorm":
            y = gain * (y - y.mean(-1, keepdims=True)) / y.std(-1, keepdims=True) + beta
        sides.append(kernel.turn(y))
    q, k = sides[0], np.repeat(sides[1], HEADS // KV_HEADS, axis=1)
    return np.einsum("phd,qhd->hpq", q, k)


@lru_cache
def reported(source: str, target: str) -> JSON:
    """The report on two specs."""
    return report(prove_specs(source, target), About(""), About(""))


def followed(found: JSON, made: dict[str, Array], norm: str, code: str | None = None) -> dict[str, Array]:
    """The weights after the printed code: what is commented is run too, and what the advice adds to it is done."""
    code = code or found["witness"]["code"]["numpy"]
    text = re.sub(r"^# (\w+_q, \w+_k = )", r"\1", code, flags=re.MULTILINE)
    scaled = found["relation"] == "pair-map"
    assert scaled == ("normed = False" in text)
    if norm != "none":
        text = text.replace("normed = False", "normed = True")
    space: dict[str, Any] = {**made, "heads": HEADS, "kv_heads": KV_HEADS}
    # A quantised row: its whole numbers only move, its scales take the factor.
    text = text.replace("W_q, W_k = change(W_q, heads), change(W_k, kv_heads)",
                        "W_q, W_k = move(W_q, heads), move(W_k, kv_heads)")
    if norm == "RMSNorm with 1 + w":
        text = text.replace("gain_q, gain_k = convert(gain_q, len(gain_q)//d), convert(gain_k, len(gain_k)//d)",
                            "gain_q, gain_k = convert((gain_q - 1) + 1, 1), convert((gain_k - 1) + 1, 1)")
    exec(text, space)
    convert: Callable[[Array, int], Array] = space["convert"]
    new = {name: space[name] for name in made}
    return new | {f"beta_{side}": convert(made[f"beta_{side}"], len(made[f"beta_{side}"]) // WIDTH) for side in "qk"}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", CASES_RUN)
def test_scores_stay_where_the_advice_is_followed(name: str, norm: str) -> None:
    """Eight heads on two kv heads: weights of the source, changed as printed, score the same in the target."""
    source, first, target, second, relation = CASES_RUN[name]
    found, made = reported(source, target), weights(norm)
    assert relation.value == found["relation"]
    before = scores(first, made, norm)
    after = scores(second, followed(found, made, norm) if found["witness"]["code"] else made, norm)
    assert np.abs(after - before).max() < 1e-11 * np.abs(before).max()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", [name for name in CASES_RUN if name != "identical"])
def test_scores_do_not_stay_where_nothing_is_done(name: str, norm: str) -> None:
    """The control: with the weights as they are the scores are others."""
    _, first, _, second, _ = CASES_RUN[name]
    before, after = scores(first, weights(norm), norm), scores(second, weights(norm), norm)
    assert np.abs(after - before).max() > 0.01 * np.abs(before).max()


# A part, what is done to it against the advice, and the norms and cases under which that must show.
WRONG: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "gains left as they are": ("gain", NORMS[1:], ("permutation", "scale", "scale and move")),
    "LayerNorm's biases left": ("beta", ("LayerNorm",), ("permutation", "scale", "scale and move")),
    "biases left": ("bias", NORMS, ("permutation", "scale and move")),
    "B of the LoRA left": ("B", NORMS, ("permutation", "scale and move")),
    "scales of rows left": ("scales", NORMS, ("permutation", "scale and move")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_scores_do_not_stay_where_one_part_is_left_out(wrong: str) -> None:
    """Each piece of the advice is needed: the rest followed, that part left, and scores are others."""
    part, norms, names = WRONG[wrong]
    for name in names:
        source, first, target, second, _ = CASES_RUN[name]
        for norm in norms:
            made = weights(norm)
            new = followed(reported(source, target), made, norm)
            left = new | {f"{part}_{side}": made[f"{part}_{side}"] for side in "qk"}
            before = scores(first, made, norm)
            assert np.abs(scores(second, left, norm) - before).max() > 0.01 * np.abs(before).max(), (name, norm)


@pytest.mark.parametrize("norm", ["RMSNorm", "LayerNorm"])
def test_scaled_rows_in_front_of_a_norm_are_wrong(norm: str) -> None:
    """Rows, biases and gains all taken alike, as one might think: a partial head is scaled twice over or not at all."""
    source, first, target, second, _ = CASES_RUN["scale"]
    found, made = reported(source, target), weights(norm)
    code = found["witness"]["code"]["numpy"].replace("move if normed else convert", "convert")
    alike = followed(found, made, norm, code)
    before = scores(first, made, norm)
    assert np.abs(scores(second, alike, norm) - before).max() > 0.01 * np.abs(before).max()


def test_every_relation_with_a_witness_has_advice_on_every_part() -> None:
    """No rung is without advice; where weights change every part of a checkpoint is spoken of."""
    assert set(CASES) == set(Relation) - {Relation.LINEAR}
    parts = ["rows", "biases", "norm gains", "LoRA", "quantised", "stored", "K as V", "key cache"]
    assert [parts, parts] == [[a.part for a in ADVICE[case]] for case in (Case.MOVED, Case.SCALED)]


@pytest.mark.parametrize("name", CASES_RUN)
def test_text_and_markdown_give_advice_and_code(name: str) -> None:
    """What a person reads has every part of the advice, and text the code that the tests above run."""
    found = reported(CASES_RUN[name][0], CASES_RUN[name][2])
    text, comment = render_text(found, None), markdown(verdict_document(found, None))
    for advice in found["witness"]["advice"]:
        assert f"weights   {advice['part']}: " in text
        part = f"**{advice['part'][0].upper()}{advice['part'][1:]}:** "
        assert found["relation"] == "identical" or part in comment
    code = found["witness"]["code"]
    assert code is None or code["numpy"] in text


def test_factors_name_their_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """With a partial head the rows that a factor belongs to are named, as ranges, exactly and as a float."""
    specs = ("ggml/neox:head_dim=128:n_rot=64:attn_factor=3", "ggml/neox:head_dim=128:n_rot=64:attn_factor=4")
    assert 5 == run_command(["prove", *specs, "--json"])
    assert [
        {"rows": [[0, 63]], "exact": "0.75", "value": 0.75}, {"rows": [[64, 127]], "exact": "1", "value": 1.0},
    ] == json.loads(capsys.readouterr().out)["witness"]["factors"]
    run_command(["prove", *specs])
    assert "factors: rows 0 to 63: multiply by 0.75; rows 64 to 127 stay\n" in capsys.readouterr().out


def test_whole_numbers_take_no_factor() -> None:
    """A factor of 0.75 would make zeros of quantised rows; the code refuses, and `move` takes them."""
    found = reported("ggml/neox:head_dim=16:n_rot=8:attn_factor=3", "ggml/neox:head_dim=16:n_rot=8:attn_factor=4")
    W = np.ones((HEADS * WIDTH, 2), dtype=np.int8)
    space: dict[str, Any] = {"W_q": W, "W_k": W[: KV_HEADS * WIDTH], "heads": HEADS, "kv_heads": KV_HEADS}
    with pytest.raises(AssertionError, match="only move"):
        exec(found["witness"]["code"]["numpy"], space)
    assert W.tolist() == space["move"](W, HEADS).tolist()


def test_factor_of_a_sum_under_the_line(tmp_path: Path) -> None:
    """Magnitude 1 + log(2) against none: the rows are divided by it, 0.5906161 and not 1.6931472."""
    path = tmp_path / "one.toml"
    path.write_text('title = "one pair"\naxes = ["p"]\nwidth = "2"\n[parameters]\nlogs = { default = 1 }\n[pairs]\n'
                    'count = "1"\nfirst = "0"\nsecond = "1"\nangle = "p"\nmagnitude = "1 + logs*log(2)"\n')
    found = reported(f"{path}:logs=0", str(path))
    factors = found["witness"]["factors"]
    assert ("pair-map", [[0, 1]], 0.5906161) == (found["relation"], factors[0]["rows"], round(factors[0]["value"], 7))
    assert "factor[0:2] = 0.59061610914" in found["witness"]["code"]["numpy"]


MANY = {
    "a permutation that no reshape makes": [0, 3, 1, 2, 5, 4, 7, 6],
    "riffle of the front": [0, 2, 4, 1, 3, 5, 6, 7],
    "lanes of pairs exchanged": [1, 0, 3, 2, 5, 4, 7, 6],
    "riffle with halves exchanged": [1, 3, 5, 7, 0, 2, 4, 6],
}


@pytest.mark.parametrize("rows", MANY.values(), ids=MANY)
def test_code_of_a_permutation(rows: list[int]) -> None:
    """The code moves the rows of every head, of matrices and of vectors."""
    W = np.arange(6 * 8 * 3, dtype=np.float64).reshape(6 * 8, 3)
    wanted = W.reshape(6, 8, 3)[:, rows].reshape(48, 3)
    space: dict[str, Any] = {"W_q": W, "W_k": W[:16], "heads": 6, "kv_heads": 2}
    exec(weight_code("numpy", rows, find_idiom(rows), ()), space)
    assert (wanted.tolist(), wanted[:16].tolist()) == (space["W_q"].tolist(), space["W_k"].tolist())
    assert wanted[:, 0].tolist() == space["convert"](W[:, 0], 6).tolist()


@pytest.mark.parametrize("name", [name for name in CASES_RUN if name != "identical"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_code_refuses_rows_of_other_heads(name: str, library: str) -> None:
    """W_k with the count of query heads, as under GQA, or heads of another width, would be changed without a word."""
    source, _, target, _, _ = CASES_RUN[name]
    code = reported(source, target)["witness"]["code"][library]
    made: dict[str, Any] = dict(weights("none"))
    if library == "torch":
        torch = pytest.importorskip("torch")
        made = {part: torch.from_numpy(value) for part, value in made.items()}
    with pytest.raises(AssertionError, match=r"^32 rows are not 8 heads of 16 lanes$"):
        exec(code, {**made, "heads": HEADS, "kv_heads": HEADS})
    with pytest.raises(AssertionError, match=r"^128 rows are not 4 heads of 16 lanes$"):
        exec(code, {**made, "heads": HEADS // 2, "kv_heads": KV_HEADS})


@pytest.mark.parametrize("name", [name for name in CASES_RUN if name != "identical"])
def test_torch_code_reads_as_python(name: str) -> None:
    """The torch code is Python, and nothing of NumPy is left in it."""
    source, _, target, _, _ = CASES_RUN[name]
    code = reported(source, target)["witness"]["code"]
    ast.parse(code["torch"])
    assert "np." not in code["torch"]


@pytest.mark.parametrize("name", [name for name in CASES_RUN if name != "identical"])
def test_torch_code_runs(name: str) -> None:
    """Where torch is installed its code makes what the NumPy code makes."""
    torch = pytest.importorskip("torch")
    source, _, target, _, _ = CASES_RUN[name]
    code = reported(source, target)["witness"]["code"]
    made = weights("none")
    first: dict[str, Any] = {**made, "heads": HEADS, "kv_heads": KV_HEADS}
    second = first | {name: torch.from_numpy(value) for name, value in made.items()}
    exec(code["numpy"], first)
    exec(code["torch"], second)
    for part in ("W_q", "W_k"):
        assert first[part] == pytest.approx(second[part].numpy(), rel=1e-12)


def test_large_heads_read_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a permutation is too long to be written, the code reads it from what --json printed."""
    rows = [*range(2, 600), 1, 0]
    assert find_idiom(rows) is None
    monkeypatch.chdir(tmp_path)
    Path("report.json").write_text(json.dumps({"witness": {"permutation": rows}}))
    W = np.arange(600.0)
    space: dict[str, Any] = {"W_q": W, "W_k": W, "heads": 1, "kv_heads": 1}
    exec(weight_code("numpy", rows, None, ()), space)
    assert W[rows].tolist() == space["W_q"].tolist()
