"""Configs as vLLM 0.33.0 reads them, held against its own rotary classes as its model classes make them.

vllm_truth.json says how it was made: for each model type and spelling of the keys, the rotary class of each layer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import InputError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.engine_table import Engine, engine_table
from prover.sources.reading import read_model
from prover.sources.readings import Composite, Without, defaults
from prover.sources.readings import table as transformers_table

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "vllm_truth.json").read_text())
# The class computes tables in float32 and they are read back from cos and sin at position 1.
TOLERANCE = 2e-5
# What vLLM runs and this reading refuses: an odd number of rotated lanes, and kernels that no layout says.
REFUSED = {"part of floats", "sections of type mrope", "part", "part with parameters", "part under its legacy name"}

# More of these: keys that the reading of transformers refuses too, though the class does not look at them.
BY_TYPE = {
    "by layer type", "by layer type, one missing", "by layer type, not rounded", "by layer type, no base",
    "proportional", "yarn by layer type",
}
KNOWN: dict[str, set[str]] = {
    "dbrx": BY_TYPE | {"theta null"},
    "ernie4_5": {"head_dim null"},
    "gemma4_text": {"parameters", "parameters and theta", "parameters empty", "scaling null", "scaling empty"},
}


def config(kind: str, spelling: str) -> dict[str, Any]:
    """The config of a row."""
    layers = {"layer_types": TRUTH["layers"][kind]} if kind in TRUTH["layers"] else {}
    return {
        "model_type": kind, **TRUTH["base"], **TRUTH["extra"].get(kind, {}), **layers, **TRUTH["spellings"][spelling],
    }


def turns_as(spec: str, rotary: list[Any]) -> None:
    """Assert that a layout turns as fast, as large and as paired as the rotary object."""
    kind, head, lanes, is_neox, magnitude, frequencies, sections, _ = rotary
    layout = load(spec).layout
    kernel = make_kernel(layout)
    mine, theirs = np.abs(kernel.frequencies).max(axis=1), np.array(frequencies)
    assert np.all(theirs[len(mine):] == 0)
    assert np.allclose(mine, theirs[:len(mine)], rtol=TOLERANCE, atol=0)
    assert np.allclose(kernel.magnitudes, magnitude, rtol=2e-6, atol=0)
    first = layout.pairs[0].read
    whole = kind == "Gemma4RotaryEmbedding"
    assert first[1] - first[0] == ((head if whole else lanes) // 2 if is_neox else 1)
    assert layout.width == head or spec.startswith("vllm/latent")
    assert bool(sections) == spec.startswith("vllm/mrope")


@pytest.mark.parametrize("kind", TRUTH["rows"])
def test_a_model_type_under_every_spelling(kind: str, tmp_path: Path) -> None:
    """Each layer that rotates has the rotary object that vLLM makes for it."""
    path = tmp_path / "config.json"
    refused = set()
    for spelling, layers in TRUTH["rows"][kind].items():
        path.write_text(json.dumps(config(kind, spelling)))
        try:
            parts = read_model(str(path), "vllm").parts
        except InputError:
            refused.add(spelling)
            continue
        for part in parts:
            for layer in part.layers or () if part.spec is not None else ():
                turns_as(str(part.spec), TRUTH["rotary"][layers[str(layer)]])
    assert refused <= REFUSED | KNOWN.get(kind, set())


def refusal(tmp_path: Path, **keys: Any) -> str:
    """What a config is refused with."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TRUTH["base"], **keys}))
    with pytest.raises(InputError) as fault:
        read_model(str(path), "vllm")
    return str(fault.value)


def test_a_type_that_vllm_lacks_and_one_not_known(tmp_path: Path) -> None:
    """The first is said to be missing in this version, the second not to be known here."""
    assert "vLLM 0.33.0 has no model of its own for model_type 'helium'" in refusal(tmp_path, model_type="helium")
    assert "how vLLM 0.33.0 reads model_type 'nobody' is not known" in refusal(tmp_path, model_type="nobody")


def test_linear_with_a_whole_factor(tmp_path: Path) -> None:
    """4 without a point is taken for a list by LinearScalingRotaryEmbedding, which breaks off; 4.0 is not."""
    said = refusal(tmp_path, model_type="llama", rope_scaling={"type": "linear", "factor": 4})
    assert "written without a point" in said


def test_types_that_differ(tmp_path: Path) -> None:
    """vLLM refuses what transformers only warns of."""
    said = refusal(tmp_path, model_type="llama", rope_scaling={"type": "yarn", "rope_type": "linear", "factor": 4.0})
    assert "differ, which is refused" in said


def test_each_type_stands_once_and_its_config_class_is_known() -> None:
    """No type is in two entries, and each that calls get_rope has the defaults of its config class."""
    found = engine_table("vllm")
    rows: list[Engine | Composite | Without] = [*found.reading, *found.composite, *found.without]
    names = [*(kind for row in rows for kind in row.types), *found.borrowed, *found.missing]
    assert sorted(set(names)) == sorted(names)
    assert {kind for row in found.reading for kind in row.types} <= set(defaults())
    read = {kind for row in transformers_table().reading for kind in row.types}
    assert set(found.borrowed) <= read


def test_a_scaled_query_is_told_and_not_said_to_be_unread(tmp_path: Path) -> None:
    """MistralAttention reads llama_4_scaling_beta itself, so only the scaling of queries is told."""
    yarn = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512, "llama_4_scaling_beta": 0.1}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TRUTH["base"], "model_type": "mistral", "rope_scaling": yarn}))
    assert ["RP007"] == [finding.code for finding in read_model(str(path), "vllm").findings]
