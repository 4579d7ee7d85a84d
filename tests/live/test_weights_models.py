"""Permuted weights in transformers: the same logits by the other rotation, in float64, for model after model."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import other_rotation as other
import pytest
import small_models

from prover import permute_weights, verify_weights

pytestmark = pytest.mark.live

# Of the largest logit. Two orders of the same sums differ by rounding: some thousand operations in float64 a layer, and
# scores of some units, make 2**-53 less than 1e-12. What is wrong is off by more than a thousandth.
SAME, OTHER = 1e-11, 1e-3
Q_K = ("q_proj.weight", "k_proj.weight")
WEIGHTS = (*Q_K, "qkv.weight", "qkv_proj.weight", "query_key_value.weight", "q_b_proj.weight",
           "kv_a_proj_with_mqa.weight")
FORGOTTEN = {True: ("missing",), False: ("forgotten",)}  # a weight, and what has to go with one
BIASES = ("q_proj.bias", "k_proj.bias")
FUSED = ("query_key_value.weight", "query_key_value.bias")
LAYER_NORMS = ("q_layernorm.weight", "k_layernorm.weight", "q_layernorm.bias", "k_layernorm.bias")
NORMS = ("q_norm.weight", "k_norm.weight")


@dataclass(frozen=True)
class Case:
    """A model type, what it is made with, what is to compute with it, and which tensors have to move.

    `layers`: how often its layers turn, once for q and k together or once for each.
    """

    kind: str
    own: str
    moved: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)
    to: str = ""
    layers: int = 4

    @property
    def target(self) -> str:
        return self.to or f"transformers/{self.other}"

    @property
    def other(self) -> str:
        return {"half": "adjacent", "adjacent": "half"}[self.own]


def rope(**more: Any) -> dict[str, Any]:
    """RoPE parameters of a config."""
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, **more}}


LATENT = "transformers/latent:pairing=half"
CASES = {
    "llama": Case("llama", "half", Q_K, {"num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 8}),
    "llama with biases": Case("llama", "half", Q_K + BIASES, {"attention_bias": True}),
    "mistral": Case("mistral", "half", Q_K),
    "qwen2": Case("qwen2", "half", Q_K + BIASES),
    "qwen3": Case("qwen3", "half", Q_K + NORMS),
    "qwen3 moe": Case("qwen3_moe", "half", Q_K + NORMS),
    "gemma 2": Case("gemma2", "half", Q_K),
    "gemma 3": Case("gemma3_text", "half", Q_K + NORMS),
    "gpt-neox": Case("gpt_neox", "half", FUSED,
                     {"num_attention_heads": 4, **rope(partial_rotary_factor=0.5)}),
    "phi-3": Case("phi3", "half", ("qkv_proj.weight",)),
    "glm-4": Case("glm4", "adjacent", Q_K + BIASES, {"attention_bias": True}),
    "cohere": Case("cohere", "adjacent", Q_K + NORMS, {"use_qk_norm": True, "head_dim": 8}),
    "deepseek-v3": Case("deepseek_v3", "adjacent", ("q_b_proj.weight", "kv_a_proj_with_mqa.weight"),
                        {"num_key_value_heads": 8}, LATENT),
    "deepseek-v3 without a query latent": Case(
        "deepseek_v3", "adjacent", ("q_proj.weight", "kv_a_proj_with_mqa.weight", "kv_a_proj_with_mqa.bias"),
        {"q_lora_rank": None, "attention_bias": True, "num_key_value_heads": 8}, LATENT),
    "olmo 2": Case("olmo2", "half", Q_K + NORMS),
    "chameleon": Case("chameleon", "half", (*Q_K, *NORMS, "q_norm.bias", "k_norm.bias")),
    "falcon": Case("falcon", "half", FUSED[:1], {"new_decoder_architecture": True, "num_kv_heads": 2}),
    "falcon with one head of k": Case("falcon", "half", FUSED, {"bias": True}),
    "phi": Case("phi", "half", Q_K + BIASES + LAYER_NORMS, {"qk_layernorm": True, "num_key_value_heads": 8}),
    "persimmon": Case("persimmon", "half", FUSED + LAYER_NORMS),
    "stablelm": Case("stablelm", "half", (*Q_K, *BIASES, "q_layernorm.norms.N.weight", "k_layernorm.norms.N.weight"),
                     {"qk_layernorm": True, "use_qkv_bias": True, "num_attention_heads": 4,
                      **rope(partial_rotary_factor=0.5)}),
    "smollm3": Case("smollm3", "half", Q_K, layers=3),
    "ernie 4.5": Case("ernie4_5", "adjacent", Q_K),
    "cohere 2": Case("cohere2", "adjacent", Q_K, layers=3),
    "gpt-j": Case("gptj", "adjacent", Q_K, {"rotary_dim": 4}, layers=8),
    "codegen": Case("codegen", "adjacent", ("qkv_proj.weight",), {"rotary_dim": 4}, layers=8),
    "gemma 3n": Case("gemma3n_text", "half", Q_K + NORMS, layers=6),
    "gpt-oss": Case("gpt_oss", "half", Q_K + BIASES),
    "llama 4": Case("llama4_text", "adjacent", Q_K, layers=3),
    "deepseek-v2": Case("deepseek_v2", "adjacent", ("q_b_proj.weight", "kv_a_proj_with_mqa.weight"),
                        {"num_key_value_heads": 8}, LATENT),
    "minimax m2": Case("minimax_m2", "half", Q_K + NORMS),
    "nemotron": Case("nemotron", "half", Q_K, rope(partial_rotary_factor=0.5)),
    "phi-3.5 moe": Case("phimoe", "half", Q_K),
    "qwen3-next": Case("qwen3_next", "half", Q_K + NORMS, layers=2),
    "starcoder 2": Case("starcoder2", "half", Q_K + BIASES),
    "granite": Case("granite", "half", Q_K),
    "seed-oss": Case("seed_oss", "half", Q_K + BIASES),
    "glm": Case("glm", "adjacent", Q_K + BIASES),
    "llama with llama3's rule": Case("llama", "half", Q_K, {"rope_parameters": {
        "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16}}),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices as small as these are waited for longer than they are multiplied."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def build(folder: Path, kind: str, **more: Any) -> Any:
    """A random model in float64, gains and biases too, and its checkpoint in a folder."""
    import torch

    model = small_models.build(kind, **more).double()
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    small_models.save(model, folder)
    return other.load(folder)


def gap(found: Any, expected: Any) -> float:
    """The largest difference, of the largest number."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def kinds(names: set[str]) -> dict[str, list[str]]:
    """Names of tensors by what they are called in every layer."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        short = re.sub(r".*(self_attn|attention|self_attention|attn)\.", "", name)
        found.setdefault(re.sub(r"\.\d+\.", ".N.", short), []).append(name)
    return found


def text_inputs() -> dict[str, Any]:
    """Two sequences of tokens."""
    import torch

    generator = torch.Generator().manual_seed(3)
    return {"input_ids": torch.randint(10, 100, (2, 12), generator=generator)}


@pytest.mark.parametrize("name", CASES)
def test_the_same_logits_by_the_other_rotation(name: str, tmp_path: Path) -> None:
    """Weights that were permuted, turned by the other pairing; each tensor that was forgotten gives other logits."""
    case, inputs = CASES[name], text_inputs()
    model = build(tmp_path / "model", case.kind, **case.more)
    expected, _ = other.logits(model, inputs)
    assert gap(other.logits(model, inputs, case.own)[0], expected) < SAME
    told = permute_weights(str(tmp_path / "model"), target=case.target, out=str(tmp_path / "out"))
    assert str(tmp_path / "out") == told.written, told.headline
    found, count = other.logits(other.load(tmp_path / "out"), inputs, case.other)
    assert case.layers == count["text"]
    assert gap(found, expected) < SAME
    assert gap(other.logits(model, inputs, case.other)[0], expected) > OTHER
    before, after = other.read(tmp_path / "model"), other.read(tmp_path / "out")
    changed = kinds({each for each in before if not np.array_equal(before[each], after[each])})
    assert set(case.moved) == set(changed)
    assert "right" == verify_weights(str(tmp_path / "model"), str(tmp_path / "out"), meant_for=case.target).verdict
    for number, (called, names) in enumerate(changed.items()):
        forgotten = after | {each: before[each] for each in names}
        folder = other.write(tmp_path / f"without-{number}", tmp_path / "out", forgotten)
        assert gap(other.logits(other.load(folder), inputs, case.other)[0], expected) > OTHER
        answer = verify_weights(str(tmp_path / "model"), str(folder), meant_for=case.target)
        assert ("wrong", FORGOTTEN[called in WEIGHTS]) == (answer.verdict, answer.faults)
        assert names[0] in answer.headline


def test_a_config_that_says_the_pairing(tmp_path: Path) -> None:
    """DeepSeek-V3 made for adjacent lanes, moved for rope_interleave false: transformers runs it as its config says."""
    model = build(tmp_path / "model", "deepseek_v3", first_k_dense_replace=4, num_key_value_heads=8)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    meant = tmp_path / "meant.json"
    meant.write_text(json.dumps(config | {"rope_interleave": False}))
    permute_weights(str(tmp_path / "model"), target=str(meant), out=str(tmp_path / "out"))
    said = tmp_path / "out" / "config.json"
    assert json.loads(said.read_text())["rope_interleave"] is False
    expected, _ = other.logits(model, text_inputs())
    assert gap(other.logits(other.load(tmp_path / "out"), text_inputs())[0], expected) < SAME
    said.write_text(json.dumps(config | {"rope_interleave": True}))
    assert gap(other.logits(other.load(tmp_path / "out"), text_inputs())[0], expected) > OTHER


VISION = """
title = "two axes of an image, h then w, adjacent lanes"
like  = "transformers/vision-chunked"
rules = ["transformers/vision-head", "pairing/adjacent", "frequency/unscaled", "feeds/h-w"]
"""
IN_TURNS = """
title = "M-RoPE in turns, adjacent lanes"
like  = "transformers/mrope-stride3"
rules = ["transformers/head", "pairing/adjacent", "frequency/unscaled", "axes/stride3", "feeds/t-h-w"]
"""
START, IMAGE, END, VIDEO = 122, 120, 123, 121
TOKENS = {"image_token_id": IMAGE, "video_token_id": VIDEO, "vision_start_token_id": START, "vision_end_token_id": END}
TOWER = ("qkv.weight", "qkv.bias")
CHUNKED = "transformers/mrope-chunked:pairing="
WITH_IMAGES = {
    "qwen2-vl": Case("qwen2_vl", "half", Q_K + BIASES + TOWER, TOKENS, CHUNKED + "adjacent"),
    "qwen2.5-vl": Case("qwen2_5_vl", "half", Q_K + BIASES + TOWER, TOKENS, CHUNKED + "adjacent"),
    "qwen3-vl": Case("qwen3_vl", "half", Q_K + NORMS + TOWER, TOKENS, "in-turns.toml"),
    "glm-4v": Case("glm4v", "adjacent", Q_K + BIASES + TOWER[:1], {
        "image_token_id": IMAGE, "video_token_id": VIDEO, "image_start_token_id": START, "image_end_token_id": END,
    }, CHUNKED + "half"),
}


def image_inputs(config: Any) -> dict[str, Any]:
    """Text with two images, of 4 by 6 and of 2 by 4 patches, four of which are one token."""
    import torch

    generator = torch.Generator().manual_seed(5)
    tower = config.vision_config
    numbers = tower.in_channels * tower.patch_size**2 * tower.temporal_patch_size
    tokens = [5, 6, START, *[IMAGE] * 6, END, 7, 8, START, *[IMAGE] * 2, END, 9, 10, 11]
    ids = torch.tensor([tokens])
    return {
        "input_ids": ids, "image_grid_thw": torch.tensor([[1, 4, 6], [1, 2, 4]]),
        "pixel_values": torch.randn(32, numbers, generator=generator, dtype=torch.float64),
        "mm_token_type_ids": (ids == IMAGE).int(),
    }


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_the_same_logits_with_images(name: str, tmp_path: Path) -> None:
    """The text by M-RoPE's positions and the tower by rows and columns, both by the other pairing; and text alone."""
    case = WITH_IMAGES[name]
    (tmp_path / "vision.toml").write_text(VISION)
    (tmp_path / "in-turns.toml").write_text(IN_TURNS)
    text = str(tmp_path / case.to) if case.to.endswith(".toml") else case.to
    to = f"text={text}", f"vision={tmp_path / 'vision.toml'}"
    model = build(tmp_path / "model", case.kind, **case.more)
    told = permute_weights(str(tmp_path / "model"), target=to, out=str(tmp_path / "out"))
    assert str(tmp_path / "out") == told.written, told.headline
    moved = other.load(tmp_path / "out")
    inputs = image_inputs(model.config)
    expected, _ = other.logits(model, inputs)
    found, count = other.logits(moved, inputs, case.other, "adjacent")
    assert {"text": 4, "vision": 4} == count
    assert gap(found, expected) < SAME
    for pairings in (("", "adjacent"), (case.other, ""), ("", "")):
        assert gap(other.logits(moved, inputs, *pairings)[0], expected) > OTHER
    words = text_inputs()
    assert gap(other.logits(moved, words, case.other)[0], other.logits(model, words)[0]) < SAME
    before, after = other.read(tmp_path / "model"), other.read(tmp_path / "out")
    changed = kinds({each for each in before if not np.array_equal(before[each], after[each])})
    assert set(case.moved) == set(changed)
    assert "right" == verify_weights(str(tmp_path / "model"), str(tmp_path / "out"), meant_for=to).verdict
    for number, (called, names) in enumerate(changed.items()):
        folder = other.write(tmp_path / f"without-{number}", tmp_path / "out",
                             after | {each: before[each] for each in names})
        forgotten = other.load(folder)
        assert gap(other.logits(forgotten, inputs, case.other, "adjacent")[0], expected) > OTHER
        answer = verify_weights(str(tmp_path / "model"), str(folder), meant_for=to)
        assert ("wrong", FORGOTTEN[called in WEIGHTS]) == (answer.verdict, answer.faults)
        assert names[0] in answer.headline


def test_a_text_that_is_moved_alone_leaves_the_tower(tmp_path: Path) -> None:
    """--to for the text says nothing of the tower: it stays, and a tower that was moved is told."""
    case = WITH_IMAGES["qwen2-vl"]
    model = build(tmp_path / "model", case.kind, **case.more)
    permute_weights(str(tmp_path / "model"), target=case.to, out=str(tmp_path / "out"))
    inputs = image_inputs(model.config)
    found, _ = other.logits(other.load(tmp_path / "out"), inputs, case.other)
    assert gap(found, other.logits(model, inputs)[0]) < SAME
    assert "right" == verify_weights(str(tmp_path / "model"), str(tmp_path / "out"), meant_for=case.to).verdict
    (tmp_path / "vision.toml").write_text(VISION)
    both = f"text={case.to}", f"vision={tmp_path / 'vision.toml'}"
    permute_weights(str(tmp_path / "model"), target=both, out=str(tmp_path / "both"))
    answer = verify_weights(str(tmp_path / "model"), str(tmp_path / "both"), meant_for=case.to)
    assert ("wrong", ("not needed",)) == (answer.verdict, answer.faults)
    assert answer.headline.startswith("vision, layer 0, q ")


@dataclass(frozen=True)
class Adapter:
    """An adapter of a model's projections. Files and names as peft writes them."""

    case: str
    modules: tuple[str, ...]
    is_dora: bool = False


RANK, ALPHA = 4, 8
ADAPTERS = {
    "llama": Adapter("llama", ("q_proj", "k_proj", "v_proj", "o_proj")),
    "llama, q and v": Adapter("llama", ("q_proj", "v_proj")),
    "llama with magnitudes": Adapter("llama", ("q_proj", "k_proj", "v_proj"), is_dora=True),
    "phi-3": Adapter("phi-3", ("qkv_proj",)),
    "falcon": Adapter("falcon", ("query_key_value",)),
    "deepseek-v3": Adapter("deepseek-v3", ("q_b_proj", "kv_a_proj_with_mqa")),
    "deepseek-v3, v too": Adapter("deepseek-v3", ("q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj")),
}


def save_adapter(folder: Path, base: dict[str, Any], about: Adapter) -> Path:
    """A random adapter in float64."""
    from safetensors.numpy import save_file

    random, arrays = np.random.default_rng(2), {}
    for name, weight in sorted(base.items()):
        module = name.removesuffix(".weight")
        if module == name or module.split(".")[-1] not in about.modules:
            continue
        arrays[f"base_model.model.{module}.lora_A.weight"] = random.normal(0, 0.3, (RANK, weight.shape[1]))
        arrays[f"base_model.model.{module}.lora_B.weight"] = random.normal(0, 0.3, (len(weight), RANK))
        if about.is_dora:
            arrays[f"base_model.model.{module}.lora_magnitude_vector"] = random.uniform(0.5, 2, len(weight))
    folder.mkdir()
    save_file(arrays, folder / "adapter_model.safetensors", {"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": ALPHA, "use_rslora": False,
        "use_dora": about.is_dora, "target_modules": list(about.modules), "bias": "none", "fan_in_fan_out": False,
        "base_model_name_or_path": "model"}))
    return folder


def merged(base: dict[str, Any], adapter: dict[str, Any]) -> dict[str, Any]:
    """The weights with the adapter in them: W + alpha/r B A; for DoRA each row of it has the length that is said."""
    found = dict(base)
    for name, b in adapter.items():
        if name.endswith(".lora_B.weight"):
            module = name.removesuffix(".lora_B.weight")
            weight = module.removeprefix("base_model.model.") + ".weight"
            found[weight] = base[weight] + ALPHA / RANK * b @ adapter[f"{module}.lora_A.weight"]
            length = adapter.get(f"{module}.lora_magnitude_vector")
            if length is not None:
                found[weight] *= (length / np.linalg.norm(found[weight], axis=1))[:, None]
    return found


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_same_logits_with_an_adapter(name: str, tmp_path: Path) -> None:
    """Model and adapter are permuted each for itself, and merged by hand; B or magnitudes forgotten are told."""
    from safetensors.numpy import save_file

    about, inputs = ADAPTERS[name], text_inputs()
    case = CASES[about.case]
    build(tmp_path / "model", case.kind, **case.more)
    base = other.read(tmp_path / "model")
    save_adapter(tmp_path / "adapter", base, about)
    adapter = other.read(tmp_path / "adapter")
    for each in ("model", "adapter"):
        told = permute_weights(str(tmp_path / each), target=case.target, out=str(tmp_path / f"{each}-out"),
                               base=str(tmp_path / "model") if each == "adapter" else "")
        assert str(tmp_path / f"{each}-out") == told.written, told.headline
    base_out, adapter_out = other.read(tmp_path / "model-out"), other.read(tmp_path / "adapter-out")

    def answer(number: int, weights: dict[str, Any], pairing: str = case.other) -> Any:
        folder = other.write(tmp_path / str(number), tmp_path / "model", weights)
        return other.logits(other.load(folder), inputs, pairing)[0]

    expected = answer(0, merged(base, adapter), "")
    assert gap(answer(1, base, ""), expected) > OTHER
    assert gap(answer(2, merged(base_out, adapter_out)), expected) < SAME
    changed = kinds({each for each in adapter if not np.array_equal(adapter[each], adapter_out[each])})
    turned = [module for module in about.modules if module not in ("v_proj", "o_proj", "kv_b_proj")]
    endings = ["lora_B.weight", *["lora_magnitude_vector"] * about.is_dora]
    assert {f"{module}.{ending}" for module in turned for ending in endings} == set(changed)

    def verified(folder: Path) -> Any:
        return verify_weights(str(tmp_path / "adapter"), str(folder), meant_for=case.target,
                              base=str(tmp_path / "model"))

    assert "right" == verified(tmp_path / "adapter-out").verdict
    for number, (called, names) in enumerate(changed.items(), 3):
        forgotten = adapter_out | {each: adapter[each] for each in names}
        assert gap(answer(number, merged(base_out, forgotten)), expected) > OTHER
        folder = tmp_path / f"adapter-{number}"
        shutil.copytree(tmp_path / "adapter", folder)
        save_file(forgotten, folder / "adapter_model.safetensors", {"format": "pt"})
        found = verified(folder)
        assert ("wrong", ("forgotten",) if "magnitude" in called else ("missing",)) == (found.verdict, found.faults)
        assert names[0] in found.headline
