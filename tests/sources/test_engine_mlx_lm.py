"""Configs read as mlx-lm 0.32.2 reads them: frequencies, magnitude, lanes and layers beside models that it made.

mlx_lm_truth.json says how they were made. Every model file that is read stands there under more than a hundred
spellings of RoPE's keys, and so do the published configs that mlx-lm knows.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from prover.errors import InputError, ProverError
from prover.kernels.kernel import Kernel, make_kernel
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.sources import engine_mlx_lm
from prover.sources.mlx_lm_readings import Composite, Reading, entries, source, table
from prover.sources.model import Model, Part
from prover.sources.reading import read_model

HERE = Path(__file__).parent
TRUTH: dict[str, Any] = json.loads((HERE / "mlx_lm_truth.json").read_text())
PUBLISHED = {name: row["config"] for name, row in json.loads((HERE / "transformers_truth.json").read_text()).items()}
# A frequency is made in float32 by some sixty roundings: a power, its reciprocal, a ramp.
TOLERANCE = 64 * 2.0**-24
# What mlx-lm runs and is refused here: layers of a name that is not known, lists that differ within a layer type, nulls
# that it takes for something, and a proportional part of latent attention.
STRANGE = {"strange layer type", "linear first", "full layers null"}
NO_BASE = {"theta null", "parameters with theta null"}
IN_TYPES = {"all full", "all sliding", "full first", "layer_types null", "layer_types missing", "base of all layers"}
REFUSED: dict[str, set[str]] = {
    "afmoe": STRANGE, "exaone_moe": {"strange layer type"}, "gear": {*STRANGE, "attention and mamba"},
    "gemma3n": {"strange layer type"}, "laguna": STRANGE, "olmo3": {"strange layer type"},
    "olmo_hybrid": {
        "strange layer type", "full layers null", "attention and mamba", "all sliding", "full first", *NO_BASE,
    },
    "step3p5": {*STRANGE, *IN_TYPES, "attention and mamba"}, "muse_glimmer": NO_BASE, "minicpm3": {"scaling empty"},
    "deepseek": {"both types, one null"}, "nemotron": {"both types, one null", "both types, one empty"},
    **{kind: {"proportional scaling"} for kind in (
        "bailing_hybrid", "deepseek_v3", "deepseek_v32", "glm4_moe_lite", "joyai_llm_flash", "kimi_k2", "kimi_k25",
        "kimi_vl", "longcat_flash", "longcat_flash_ngram", "youtu_llm",
    )},
}
# What mlx-lm breaks off at for reasons that have nothing to do with RoPE.
UNRELATED = {
    "mbridge-gemma4-toy": "has fewer layers than num_kv_shared_layers, which is 20 by default",
}


expand = cache(load)  # spellings that say the same are many


@cache
def made(spec: str) -> tuple[Layout, Kernel]:
    """A part's layout and its kernel."""
    layout = expand(spec).layout
    return layout, make_kernel(layout)


def span(text: str, count: int) -> set[int]:
    """The layers of a text such as 0-2,5."""
    if text == "all":
        return set(range(count))
    ends = [each.partition("-") for each in text.split(",")]
    return {layer for first, _, last in ends for layer in range(int(first), int(last or first) + 1)}


def turns_as(part: Part, truth: list[Any]) -> None:
    """Assert that a part's layout turns the lanes that mlx-lm turns, as fast and as large."""
    _, _, width, first, offset, scale, index = truth
    layout, kernel = made(str(part.spec))
    read = layout.pairs[0].read
    # Latent attention hands its rotary module the part that turns, and GPT-J the same.
    cut = read[0] if part.layout == "mlx-lm/latent" else 0
    assert width in (layout.width - cut, 2 * len(layout.pairs))
    assert (first, offset) == (read[0] - cut, read[1] - read[0])
    expected = np.array(TRUTH["tables"][index])
    mine: npt.NDArray[np.floating] = kernel.frequencies[:, 0]
    assert np.all(mine[len(expected):] == 0)
    assert np.all(np.abs(mine[: len(expected)] - expected) <= TOLERANCE * np.abs(expected))
    assert np.allclose(kernel.magnitudes, scale, rtol=2e-6, atol=0)


def is_as(model: Model, outcome: list[Any]) -> None:
    """Assert that all parts of a model are those of mlx-lm's, each with its layers, and no more."""
    count, truths = outcome
    seen: dict[int, set[int]] = {}
    for truth in truths:
        layers = span(truth[1], count)
        met: set[int] = set()
        for index, part in enumerate(model.parts):
            own = set(range(count)) if part.layers is None else set(part.layers)
            if part.name == truth[0] and part.spec is not None and own & layers:
                turns_as(part, truth)
                met |= own & layers
                seen.setdefault(index, set()).update(own & layers)
        assert met == layers
    for index, part in enumerate(model.parts):
        if part.spec is not None:
            assert seen.get(index) == (set(range(count)) if part.layers is None else set(part.layers))


def spelt(config: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A config with a spelling put over it."""
    found: dict[str, Any] = json.loads(json.dumps(config))
    inner = found.get("text_config", found)
    inner.update(patch)
    for key in [key for key, value in patch.items() if value == "DROP"]:
        del inner[key]
    return found


def read(config: dict[str, Any], folder: Path) -> Model:
    """What mlx-lm makes of a config."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return read_model(str(path), "mlx-lm")


@pytest.mark.parametrize("kind", TRUTH["cases"])
def test_spellings(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What mlx-lm runs is read as that, or is one of the few that are refused; what it breaks off at is refused."""
    monkeypatch.setattr(engine_mlx_lm, "load_head", lambda spec, _: expand(spec))
    refused: set[str] = set()
    for (name, patch), number in zip(TRUTH["spellings"].items(), TRUTH["cases"][kind], strict=True):
        try:
            model = read({"model_type": kind, **spelt(TRUTH["configs"][kind], patch)}, tmp_path)
        except ProverError:
            if number is not None:
                refused.add(name)
            continue
        assert number is not None, name
        is_as(model, TRUTH["outcomes"][number])
    assert REFUSED.get(kind, set()) == refused


@pytest.mark.parametrize("name", TRUTH["published"])
def test_a_published_config(name: str, tmp_path: Path) -> None:
    """A config as published is read as the model that mlx-lm makes of it, and refused where it makes none."""
    row = TRUTH["published"][name]
    config = row["config"] if "config" in row else PUBLISHED[name]
    if row["outcome"] is None:
        if name not in UNRELATED:
            with pytest.raises(InputError):
                read(config, tmp_path)
    else:
        is_as(read(config, tmp_path), TRUTH["outcomes"][row["outcome"]])


def test_every_file_that_rotates_was_measured() -> None:
    """Each model file that is read has been run, but for one that no config here is of."""
    remapped = table().remapped
    run = {remapped.get(kind, kind) for kind in TRUTH["cases"]}
    known = {name for name, entry in entries().items() if isinstance(entry, Reading | Composite) and " " not in name}
    assert {"bailing_moe_v3"} == known - run


def test_each_file_is_of_one_entry_and_has_a_source() -> None:
    """No file stands in two entries, all but a text inside are mlx-lm's, and each says where it is read."""
    names = [name for entry in (*table().reading, *table().composite, *table().without) for name in entry.types]
    assert sorted(set(names)) == sorted(names)
    assert set() == {name for name in names if " " not in name} - set(table().files)
    assert set() == {entry.type for entry in table().composite} - set(names)
    assert "ml-explore/mlx-lm@0.32.2 mlx_lm/models/glm4_moe.py ModelArgs, Attention" == source("solar_open")


def test_model_types_that_are_not_read(tmp_path: Path) -> None:
    """A type that mlx-lm has not, one that is not known here, and a model with code of its own are refused as that."""
    with pytest.raises(InputError, match=r"mlx-lm 0\.32\.2 has no model_type 'lfm2_vl'"):
        read({"model_type": "lfm2_vl"}, tmp_path)
    with pytest.raises(InputError, match=r"how mlx-lm 0\.32\.2 reads model_type 'muse_spark' is not known here"):
        read({"model_type": "muse_spark"}, tmp_path)
    with pytest.raises(InputError, match="model_file"):
        read({"model_type": "llama", "model_file": "own.py"}, tmp_path)
    with pytest.raises(InputError, match="has no model_type 'qwen3_5 text'"):
        read({"model_type": "qwen3_5 text"}, tmp_path)


LLAMA = TRUTH["configs"]["llama"]


@pytest.mark.parametrize(("kind", "patch", "code", "text"), [
    ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, "RP002", "rope_parameters"),
    ("llama", {"rope_scaling": {"type": "linear", "rope_type": "yarn", "factor": 2.0}}, "RP005", "type linear"),
    ("llama", {"rope_scaling": {"rope_type": "yarn", "factor": 2.0, "truncate": False}}, "RP003", "truncate"),
    ("llama", {"partial_rotary_factor": 0.5}, "RP002", "partial_rotary_factor"),
    ("llama", {"auto_map": {"AutoModel": "own.Model"}}, "RP001", "auto_map"),
    ("qwen3", {"rope_parameters": {"rope_theta": 5e5}}, "RP006", "at the top"),
    ("qwen3_moe", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "RP002", "rope_scaling"),
    ("qwen2_moe", {"rope_scaling": {"type": "linear", "factor": 4.0}}, "RP002", "not applied"),
    ("phi3", {"rope_scaling": {"type": "yarn", "long_factor": [1.0], "factor": 4.0}}, "RP002", "yarn"),
    ("deepseek_v2", {"rope_scaling": {"type": "linear", "factor": 4.0}}, "RP010", "takes yarn"),
    ("deepseek_v3", {"rope_interleave": False}, "RP010", "rope_interleave"),
    ("gemma3_text", {"layer_types": ["full_attention"] * 4}, "RP010", "layer_types"),
    ("llama4", {}, "RP007", "queries"),
])
def test_what_is_not_read_is_told(kind: str, patch: dict[str, Any], code: str, text: str, tmp_path: Path) -> None:
    """A key that the model file takes no notice of, or takes otherwise than it says, is a finding."""
    model = read({"model_type": kind, **spelt(TRUTH["configs"][kind], patch)}, tmp_path)
    assert [code] == [each.code for each in model.findings if text in each.text]


def test_nothing_is_told_of_a_config_that_is_read_whole(tmp_path: Path) -> None:
    """A file whose keys are all read has no findings, and each value says where it is from."""
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 8192}
    model = read({"model_type": "llama", **LLAMA, "rope_theta": 500000.0, "rope_scaling": scaling}, tmp_path)
    assert () == model.findings
    assert ("mlx-lm 0.32.2", "ml-explore/mlx-lm@0.32.2 mlx_lm/models/llama.py ModelArgs, Attention") == (
        model.engine, model.source)
    assert [
        ("head_dim", "64", "hidden_size // num_attention_heads"), ("base", "500000", "rope_theta"),
        ("rope_type", "llama3", "rope_scaling.rope_type"), ("factor", "8", "rope_scaling.factor"),
        ("low_freq_factor", "1", "rope_scaling.low_freq_factor"),
        ("high_freq_factor", "4", "rope_scaling.high_freq_factor"),
        ("original_max_position_embeddings", "8192", "rope_scaling.original_max_position_embeddings"),
    ] == [(value.name, value.text, value.origin) for value in model.parts[0].values]


def test_the_architecture_may_choose_the_file(tmp_path: Path) -> None:
    """Bailing's third version has the model type of the hybrid one."""
    config = {"model_type": "bailing_hybrid", "architectures": ["BailingMoeV3ForCausalLM"], "layer_group_size": 4,
              "num_hidden_layers": 8}
    first, second = read(config, tmp_path).parts
    assert ("mlx-lm/latent:qk_nope_head_dim=128:qk_rope_head_dim=64:base=6000000", (3, 7)) == (first.spec, first.layers)
    assert ((0, 1, 2, 4, 5, 6), None) == (second.layers, second.spec)
