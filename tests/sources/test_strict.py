"""Configs that transformers' own classes refuse are refused, and none that they take is refused as one of those.

transformers_refusals.json holds what AutoConfig of transformers did with a base config and one fault after another: a 1
for each fault with which it loads, by model type.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError, LimitError
from prover.sources.config_json import config_model
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.model import Model
from prover.sources.reading import read_model
from prover.sources.readings import Reading, find_reading
from prover.sources.strict import NAMES, UnloadableError, strict_table

Capture = pytest.CaptureFixture[str]
TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "transformers_refusals.json").read_text())


def model_of(config: dict[str, Any]) -> Model:
    """What transformers makes of a config."""
    return config_model(Keys(parse_json_object(json.dumps(config), "config.json"), "config.json"))


@pytest.mark.parametrize("kind", TRUTH["accepted"])
def test_what_transformers_refuses(kind: str) -> None:
    """Every fault that keeps a config from being loaded is an error, and no other is told as one that does."""
    base = {"model_type": kind, **TRUTH["base"]}
    model_of(base)
    for fault, loads in zip(TRUTH["faults"], TRUTH["accepted"][kind], strict=True):
        if loads == "0":
            with pytest.raises(InputError):
                model_of(base | fault)
            continue
        try:
            model_of(base | fault)
        except UnloadableError:
            pytest.fail(f"transformers loads {fault}")
        except InputError:
            pass  # which no reading is known for


LLAMA = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 2}
QWEN = {"model_type": "qwen3", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 2, "head_dim": 8}
MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "heads that do not divide, where the head is given": (
        LLAMA | {"hidden_size": 68, "head_dim": 8},
        "hidden_size: expected a multiple of num_attention_heads = 8, which the config class of llama demands, got 68"),
    "a whole number written as a decimal": (
        QWEN | {"hidden_size": 64.0}, "hidden_size: expected a whole number, got 64.0"),
    "a text": (QWEN | {"max_position_embeddings": "64"},
               "max_position_embeddings: expected a whole number, got the text '64'"),
    "null": (QWEN | {"num_attention_heads": None}, "num_attention_heads: expected a whole number, got null"),
    "true for what may be null": (QWEN | {"num_key_value_heads": True},
                                  "num_key_value_heads: expected a whole number or null, got true"),
    "texts that are none": (QWEN | {"layer_types": [1, 2]},
                            "layer_types: expected a list of texts or null, got a list that holds a whole number"),
    "too few layers": (QWEN | {"layer_types": ["full_attention"]},
                       "layer_types: expected as many as num_hidden_layers = 2, got 1"),
    "an unknown layer": (LLAMA | {"layer_types": ["full_attention", "bogus"]},
                         "layer_types: expected a known layer type for each layer, got the text 'bogus' for layer 1. "
                         "Known: attention, chunked_attention"),
    "an object for layers": (LLAMA | {"layer_types": {}}, "layer_types: expected as many as num_hidden_layers = 2"),
    "a number for layers": (LLAMA | {"layer_types": 1}, "layer_types: expected a list of texts, got 1"),
    "an unknown MLP": (QWEN | {"mlp_layer_types": ["moe", "dense"]},
                       "mlp_layer_types: expected a known layer type for each layer, got the text 'moe' for layer 0"),
    "a key that is computed": (
        {"model_type": "falcon", "hidden_size": 64, "num_attention_heads": 8, "head_dim": 8},
        "head_dim: expected no such key, since falcon computes it, got 8. Leave the key out"),
    "a tower": (
        {"model_type": "qwen3_vl", "text_config": {"model_type": "qwen3_vl_text"},
         "vision_config": {"model_type": "qwen3_vl", "hidden_size": "64"}},
        "vision_config, hidden_size: expected a whole number, got the text '64'"),
}


@pytest.mark.parametrize(("config", "message"), MESSAGES.values(), ids=MESSAGES)
def test_how_it_is_told(config: dict[str, Any], message: str, tmp_path: Path, capsys: Capture) -> None:
    """The file, the key, what the class takes and what it got; the whole model is refused."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    assert 2 == run_command(["show", str(path)])
    assert message in capsys.readouterr().err


def test_mistral_with_layer_types() -> None:
    """AutoConfig makes a ministral of it, which has another longest context by default; in a part it stays mistral."""
    config = {"model_type": "mistral", "num_hidden_layers": 1, "head_dim": 8, "rope_scaling": {
        "rope_type": "yarn", "factor": 4}}
    for more, length in (({}, 131072), ({"layer_types": ["full_attention"]}, 131072)):
        (part,) = model_of(config | more).parts
        assert f"original_max_position_embeddings={length}" in str(part.spec)
    with pytest.raises(InputError, match="ministral leaves head_dim null"):
        model_of({**config, "head_dim": None, "layer_types": ["full_attention"]})
    inner = {"model_type": "mistral3", "text_config": {**config, "head_dim": None, "layer_types": ["full_attention"]}}
    assert "head_dim=128" in str(model_of(inner).parts[0].spec)


def test_the_table_is_about_types_that_are_read() -> None:
    """Every type of the table is read, and every kind has a name."""
    table = strict_table()
    for kind, rows in table.kinds.items():
        assert isinstance(find_reading(kind), Reading)
        assert {each for kinds in rows for each in kinds.split("-")} <= NAMES.keys()
    listed = table.divides | table.fixed.keys() | table.unlisted | table.ends | table.mlp
    assert listed <= table.kinds.keys()


def test_many_keys(tmp_path: Path) -> None:
    """A file of 200,000 keys reads, and one of them twice is named."""
    keys = ", ".join(f'"k{index}": 0' for index in range(200_000))
    assert 200_000 == len(parse_json_object(f"{{{keys}}}", "config.json"))
    with pytest.raises(InputError, match="key 'k199999' stands twice"):
        parse_json_object(f'{{{keys}, "k199999": 1}}', "config.json")


DUMP = """llama_model_loader: - kv   0: general.architecture str = qwen2
llama_model_loader: - kv   1: qwen2.context_length u32 = 4096
llama_model_loader: - kv   2: qwen2.embedding_length u32 = 65536
llama_model_loader: - kv   3: qwen2.block_count u32 = 1
llama_model_loader: - kv   4: qwen2.attention.head_count u32 = 1
"""
WIDE = {
    "config.json": json.dumps({"model_type": "qwen2", "hidden_size": 65536, "num_attention_heads": 1}),
    "halved.json": json.dumps({"model_type": "kimi_k25_vision", "hidden_size": 65536, "num_attention_heads": 1}),
    "load.log": DUMP,
}


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_head(name: str, tmp_path: Path) -> None:
    """A head that no model has is refused before its pairs are worked out, in a config and in GGUF metadata."""
    path = tmp_path / name
    path.write_text(WIDE[name])
    with pytest.raises(LimitError, match="a head is 65536 lanes wide, expected at most 4096 in a model"):
        read_model(str(path))
    assert "head_dim=4096" in str(model_of(QWEN | {"head_dim": 4096}).parts[0].spec)
