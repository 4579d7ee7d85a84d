"""Configs of model types that nothing knows, read as a layout that is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.sources.model import Model
from prover.sources.reading import read_model

YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
CONFIG = {"model_type": "nobody", "hidden_size": 1024, "num_attention_heads": 8, "rope_theta": 500000.0}


def read(tmp_path: Path, spec: str, **keys: Any) -> Model:
    """A config taken for a layout."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG | keys))
    return read_model(str(path), kind=spec)


GIVEN = {
    "the head is the quotient": ("transformers/half", {}, "transformers/half:head_dim=128:rope_theta=500000"),
    "a key over the quotient": ("transformers/half", {"head_dim": 64},
                                "transformers/half:head_dim=64:rope_theta=500000"),
    "the SPEC over the key": ("transformers/half:rope_theta=7", {"head_dim": 64},
                              "transformers/half:rope_theta=7:head_dim=64"),
    "names of the layout": ("vllm/rope", {}, "vllm/rope:head_size=128:base=500000"),
    "inside of text_config": ("transformers/half", {"text_config": {"head_dim": 32, "rope_theta": 3}},
                              "transformers/half:head_dim=32:rope_theta=3"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_parameters_from_keys_of_the_same_name(case: str, tmp_path: Path) -> None:
    """The SPEC's own values stand above the config's."""
    spec, keys, expected = GIVEN[case]
    model = read(tmp_path, spec, **keys)
    assert [expected] == [part.spec for part in model.parts]
    assert "RP015" == model.findings[0].code


def test_the_rule_of_the_config_is_chosen(tmp_path: Path) -> None:
    """rope_scaling's type and numbers, where the layout has them."""
    part = read(tmp_path, "transformers/half", rope_scaling=YARN).parts[0]
    values = {value.name: value.text for value in part.values}
    assert {"rope_type": "yarn", "factor": "4", "original_max_position_embeddings": "32768", "head_dim": "128",
            "rope_theta": "500000"} == values


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    """A base of another name is not taken, and said to be left."""
    model = read(tmp_path, "transformers/half", rope_theta=None, rotary_emb_base=9)
    assert ["RP015", "RP002"] == [finding.code for finding in model.findings]
    assert "rope_theta: as the layout has it by default" in model.findings[0].text
    assert "rotary_emb_base" in model.findings[1].text


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "a rule that the layout lacks": ("ggml/neox", {"rope_scaling": YARN}, "a rule that this layout has not"),
    "no head": ("transformers/half", {"hidden_size": None}, "head_dim is neither"),
    "no layout": ("transformers/nobody", {}, "no layout"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    """Nothing is guessed where the layout needs it."""
    spec, keys, said = WRONG[case]
    with pytest.raises(InputError, match=said):
        read(tmp_path, spec, **keys)


def test_an_engine_beside_a_layout(tmp_path: Path) -> None:
    """A layout is no reading of an engine."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))
    with pytest.raises(InputError, match="no engine reads a config as"):
        read_model(str(path), "vllm", "transformers/half")
