"""Published configs read as transformers 5.24.0 reads them: frequencies, magnitude, lanes, layers.

transformers_truth.json holds configs as published, and what the attention of a model that transformers makes of each
was seen to do: the buffer inv_freq, the factor on rotated queries, which lanes turn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.config_json import read_config
from prover.sources.readings import table

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "transformers_truth.json").read_text())
# A frequency is made in float32 by some sixty roundings: a power, its reciprocal, a ramp.
TOLERANCE = 64 * 2.0**-24


@pytest.mark.parametrize("name", TRUTH)
def test_a_published_config(name: str, tmp_path: Path) -> None:
    """The layout that is read turns the lanes that the model turns, as fast and as large."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TRUTH[name]["config"]))
    (part,) = read_config(str(path)).parts
    truth, *others = [each for each in TRUTH[name]["parts"] if each["rope"]] or [None]
    assert [] == others
    if truth is None:
        assert part.spec is None
        return
    assert part.spec is not None
    layout = load(part.spec).layout
    kernel = make_kernel(layout)
    expected = np.array(truth["inv_freq"])
    assert expected.shape == kernel.frequencies[:, 0].shape
    assert np.all(np.abs(kernel.frequencies[:, 0] - expected) <= TOLERANCE * expected)
    assert np.allclose(kernel.magnitudes, truth["scale"], rtol=1e-6, atol=0)
    first = layout.pairs[0].read
    assert (truth["head_dim"], truth["first_lane"], truth["pair_offset"]) == (
        layout.width, first[0], first[1] - first[0])
    assert ("all", tuple(range(truth["num_layers"]))) == (truth["layers"], part.layers)


def test_most_model_types_have_a_published_config() -> None:
    """Of the types that are read, those without one are few, and named."""
    seen = {row["config"]["model_type"] for row in TRUTH.values()}
    known = {name for each in (*table().reading, *table().without) for name in each.types}
    assert seen <= known
    assert {
        "arcee", "bitnet", "diffllama", "doge", "dots1", "ernie4_5_moe", "flex_olmo", "gemma2", "glm", "glm4",
        "glm4_moe", "gpt2", "granitemoe", "granitemoeshared", "helium", "hyperclovax", "jais2", "olmo", "olmo2",
        "olmoe", "phi", "seed_oss", "stablelm", "starcoder2", "vaultgemma",
    } == known - seen
