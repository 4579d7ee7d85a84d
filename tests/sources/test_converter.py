"""What is said of llama.cpp's converter, beside what it wrote: converter_truth.json, which says how it was made."""

from __future__ import annotations

import copy
import json
import re
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.sources.converter import Conversion, Permutation, convert, table
from prover.sources.converting.before import BEFORE, EARLY
from prover.sources.converting.factors import EXTRAS
from prover.sources.converting.float32 import llama3_factors
from prover.sources.converting.values import VALUES
from prover.sources.keys import Keys

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "converter_truth.json").read_text())
TOP = ("architectures", "quantization_config")
CONFIGS, BASES, VARIANTS = TRUTH["configs"], TRUTH["bases"], TRUTH["variants"]


def converted(config: dict[str, Any]) -> Conversion:
    """What is said of a config; its decimals come exactly, as the reader of files gives them."""
    return convert(Keys(exactly(config), "config.json"))


def exactly(value: Any) -> Any:
    """A value of JSON with its decimals as fractions."""
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, dict):
        return {key: exactly(each) for key, each in value.items()}
    return [exactly(each) for each in value] if isinstance(value, list) else value


def laid(base: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    """A made-up config with one variant laid on it."""
    config = {"model_type": base["model_type"], "architectures": [base["architecture"]]}
    inner = copy.deepcopy(base["keys"])
    for key, value in variant.items():
        place = config if key in TOP else inner
        if value == "(absent)":
            place.pop(key, None)
        else:
            place[key] = copy.deepcopy(value)
    return {**config, "text_config": inner} if base["nested"] else {**inner, **config}


def row_of(base: dict[str, Any], name: str) -> dict[str, Any]:
    """The measured row of a variant in full."""
    nothing, row = base["nothing"], base["rows"].get(name, {"kv": {}})
    if "error" in row or "error" in nothing:
        return nothing if name == "nothing" or name in base["same"] else row
    if name not in TRUTH["rows_seen"]:
        nothing = {**nothing, "rows": {}}
    gone = row.get("gone", ())
    keys = {key: value for key, value in {**nothing["kv"], **row["kv"]}.items() if key not in gone}
    return {**nothing, **row, "kv": keys}


def told(config: dict[str, Any]) -> dict[str, Any] | None:
    """What is said of a config, in the form of a measured row; None where it is refused."""
    try:
        found = converted(config)
    except InputError:
        return None
    keys = {}
    for key, stored in found.metadata.keys.items():
        value: Any = list(stored.value) if isinstance(stored.value, tuple) else stored.value
        keys[key] = [stored.kind, float(value) if isinstance(value, Fraction) else value]
    tensors = {
        name: "".join(struct.pack("<f", float(each)).hex() for each in tensor.values or ())
        for name, tensor in (found.metadata.tensors or {}).items()
    }
    return {"kv": keys, "tensors": tensors, "permutes": found.permutes, "config": found.config}


def faults(truth: dict[str, Any], ours: dict[str, Any] | None) -> list[Any]:
    """Where what is said differs from what was measured."""
    if ours is None or "error" in truth:
        return [] if ours is None and "error" in truth else [("refused", ours is None, truth.get("error"))]
    tensors = {name: TRUTH["factors"][each] for name, each in truth.get("tensors", {}).items()}
    found: list[Any] = [
        (key, truth["kv"].get(key), ours["kv"].get(key))
        for key in truth["kv"].keys() | ours["kv"].keys() if truth["kv"].get(key) != ours["kv"].get(key)
    ]
    found += [(name, "differs") for name in tensors.keys() | ours["tensors"].keys()
              if tensors.get(name) != ours["tensors"].get(name)]
    for name, rows in truth.get("rows", {}).items():
        kind, _, width = rows.partition("/")
        head = int(width.rpartition(" of ")[2]) if width else 64
        expected = moved(kind, int(width.partition(" of ")[0] or 0), head)
        permutes: Permutation | None = ours["permutes"]
        if permutes is None or (name.endswith(".bias") and not permutes.biases):
            said = tuple(range(head))
        else:
            said = permutes.sources(head)
        if expected != said:
            found.append((name, rows, permutes))
    if (truth["config"] or "") != ours["config"].rpartition(" ")[2]:
        found.append(("config", truth["config"], ours["config"]))
    return found


def moved(kind: str, lanes: int, head: int) -> tuple[int, ...]:
    """Rows by their numbers in the checkpoint, written out from what the truth calls them."""
    if kind == "half->adjacent":
        return tuple(each for pair in zip(range(head // 2), range(head // 2, head), strict=True) for each in pair)
    if kind == "adjacent->half":
        return (*range(0, lanes, 2), *range(1, lanes, 2), *range(lanes, head))
    assert kind == "same"
    return tuple(range(head))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_published_config(name: str) -> None:
    """Keys as stored, factors bit for bit and rows are those that the converter writes; where it breaks off, we do."""
    assert [] == faults(CONFIGS[name], told(CONFIGS[name]["given"]))


@pytest.mark.parametrize("name", BASES)
def test_spellings_of_the_keys(name: str) -> None:
    """The same for every spelling of the RoPE keys, null and absent ones too, under every model type."""
    base = BASES[name]
    found = {
        variant: wrong for variant, patch in VARIANTS.items()
        if (wrong := faults(row_of(base, variant), told(laid(base, patch))))
    }
    assert {} == found


@pytest.mark.parametrize("name", TRUTH["beside"])
def test_keys_beside_the_text_part(name: str) -> None:
    """Keys at the top of a config whose text_config has others, and a text_config that is null, empty or of Llama."""
    patch, rows = TRUTH["beside"][name]["patch"], TRUTH["beside"][name]["rows"]
    found = {}
    for base, truth in rows.items():
        config = {**laid(BASES[base], {}), **patch}
        if name == "text typed":
            config["text_config"]["model_type"] = "llama"
        if wrong := faults(truth, told(config)):
            found[base] = wrong
    assert {} == found


@pytest.mark.parametrize(
    ("base", "patch", "message"),
    [
        ("llama LlamaForCausalLM", {"num_hidden_layers": 10**9}, "the number of layers is no whole number up to 10000"),
        ("qwen3_next Qwen3NextForCausalLM", {"mtp_num_hidden_layers": 10**9}, "more than 10000 layers"),
        ("glm4_moe Glm4MoeForCausalLM", {"num_nextn_predict_layers": 10**9}, "more than 10000 layers"),
        ("llama LlamaForCausalLM", {**VARIANTS["llama3"], "head_dim": 10**9}, "a head has no 1000000000 lanes"),
        ("gemma4_text Gemma4ForCausalLM", {"global_head_dim": 10**9}, "a head has no 1000000000 lanes"),
        ("xverse XverseForCausalLM", {"num_key_value_heads": 2}, "it moves rows of k across halves of heads"),
        ("llama LlamaForCausalLM", {"max_position_embeddings": True}, "has True for context_length, expected a whole"),
        ("qwen2 Qwen2ForCausalLM", {"rope_scaling": {"mrope_section": "8888"}}, "mrope_section is no list"),
    ],
)
def test_what_is_not_told(base: str, patch: dict[str, Any], message: str) -> None:
    """Sizes without bounds, and values of which the converter makes a file that means nothing."""
    with pytest.raises(InputError, match=re.escape(message)):
        converted(laid(BASES[base], patch))


def test_every_class_is_measured() -> None:
    """No class of the table is without a measured row."""
    measured = {each["architecture"] for each in BASES.values()} | {
        (each["given"].get("architectures") or [""])[0] for each in CONFIGS.values()}
    assert [] == [each.symbol for each in table().entries if not measured & set(each.architectures)]


def test_the_table_and_the_steps_name_each_other() -> None:
    """Every procedure that the table names is there, and none is there for nothing."""
    entries = table().entries
    values = {name for each in entries for line in each.writes for name in re.findall(r"@(\w+)", line)}
    before = {name for each in entries for name in each.before}
    assert (values, before) == (set(VALUES), set(BEFORE))
    assert {each.extra for each in entries} - {""} == set(EXTRAS)
    assert set(EARLY) <= before


def test_model_types_that_are_read() -> None:
    """At least sixty model types come out as a file."""
    types = {base["model_type"] for base in BASES.values() if "error" not in base["nothing"]}
    assert len(types) >= 60


def test_an_unknown_class_names_those_near() -> None:
    """A class that the converter has not is refused with the nearest that it has."""
    with pytest.raises(InputError, match=r"no class for 'LlamaForCausalML'.*Near it: LlamaForCausalLM"):
        converted({"model_type": "llama", "architectures": ["LlamaForCausalML"]})


def test_a_config_without_architectures() -> None:
    """The converter does not go by model_type, and breaks off without architectures."""
    with pytest.raises(InputError, match="architectures: is not in the file"):
        converted({"model_type": "llama"})


def test_a_type_whose_defaults_are_not_known() -> None:
    """A config class that fills in what is not known here is not passed over."""
    with pytest.raises(InputError, match=r"what transformers 4\.57\.6 fills in for model_type 'zamba2' is not"):
        converted({"model_type": "zamba2", "architectures": ["LlamaForCausalLM"]})


def test_a_lost_rule_is_told() -> None:
    """Qwen2's class makes no factors: llama3 does not reach the file."""
    base, patch = BASES["qwen2 Qwen2ForCausalLM"], VARIANTS["llama3"]
    found = converted(laid(base, patch))
    assert ("llama3 is lost on the way into the file: this class of the converter makes no factors",) == found.findings
    assert {} == found.metadata.tensors


def test_a_config_class_that_breaks_off_is_told() -> None:
    """Cohere's class takes no rope_scaling with type alone; the converter then reads the file bare, without theta."""
    patch = {**VARIANTS["linear by type"], "logit_scale": 0.1}
    found = converted(laid(BASES["cohere CohereForCausalLM"], patch))
    assert "" == found.config
    assert "CohereConfig of transformers 4.57.6 breaks off on this file" in found.findings[0]
    assert "command-r.rope.freq_base" not in found.metadata.keys


@pytest.mark.parametrize(
    ("base", "width", "original", "lane", "torch", "steps"),
    [
        (10000.0, 256, 32768, 111, "0x1.6d785e0000000p+1", 3),
        (500000.0, 96, 4096, 19, "0x1.2033be0000000p+0", 1),
        (500000.0, 96, 4096, 20, "0x1.928fbe0000000p+0", 0),
    ],
)
def test_factors_where_the_power_of_torch_is_not_the_nearest(
    base: float, width: int, original: int, lane: int, torch: str, steps: int
) -> None:
    """How far the factors of torch 2.13.0 (CPU, AVX2) are from ours in the known cases, in float32 steps."""
    ours = list(llama3_factors(base, width, 8.0, 1.0, 4.0, original))[lane]
    assert steps * 2.0**-23 == abs(ours - float.fromhex(torch)) / 2 ** (ours >= 2)


@pytest.mark.parametrize(
    ("moves", "width", "expected"),
    [
        (Permutation(True, None, True), 8, (0, 4, 1, 5, 2, 6, 3, 7)),
        (Permutation(False, 4, True), 8, (0, 2, 1, 3, 4, 5, 6, 7)),
    ],
)
def test_rows_by_hand(moves: Permutation, width: int, expected: tuple[int, ...]) -> None:
    """Rows of a head of eight, written out."""
    assert expected == moves.sources(width)
