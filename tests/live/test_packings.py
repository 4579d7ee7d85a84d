"""Every packing beside transformers: what is moved or cleared in the rows of a head's block is that in its q and k."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models

from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.config_json import config_model
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.model import Model
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.packings import by_type
from prover.weights.packed.slots import Kind, Role, Slot, Slots
from prover.weights.stored.tensors import Checkpoint, Format, Tensor

pytestmark = pytest.mark.live

TEXT = [
    "llama", "mistral", "mixtral", "ministral", "ministral3", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "qwen3_next",
    "gemma", "gemma2", "gemma3_text", "gemma3", "gemma3n_text", "gemma4_text", "phi", "phi3", "phimoe", "gpt_neox",
    "gptj", "codegen", "falcon", "stablelm", "starcoder2", "cohere", "cohere2", "glm", "glm4", "glm4_moe",
    "deepseek_v2", "deepseek_v3", "olmo", "olmo2", "olmo3", "olmoe", "chameleon", "persimmon", "fuyu", "granite",
    "granitemoe", "granitemoeshared", "nemotron", "bamba", "gpt_oss", "smollm3", "exaone", "exaone4",
    "hunyuan_v1_dense", "hunyuan_v1_moe", "ernie4_5", "ernie4_5_moe", "minimax", "minimax_m2", "llama4_text",
    "mllama", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "glm4v", "glm4v_moe", "internvl", "mistral3",
    "helium", "seed_oss", "arcee", "apertus", "bitnet", "nanochat", "cwm", "dots1", "doge", "diffllama", "flex_olmo",
    "gpt_neox_japanese", "qwen3_5_text", "qwen3_5_moe_text", "lfm2", "olmo_hybrid", "hy_v3", "afmoe", "exaone_moe",
    "laguna", "mellum", "flint", "iquestcoder", "hyperclovax", "vaultgemma", "jais2", "solar_open", "internlm3",
    "aria_text", "kolibri1", "lara_mini", "axk1", "youtu", "glm4_moe_lite", "sarvam_mla", "minicpm3", "mistral4",
    "granitemoehybrid", "eurobert", "openai_privacy_filter", "exaone4_5", "recurrent_gemma", "modernbert",
    "modernbert-decoder", "esm", "moshi", "phi4_multimodal", "beam", "gemma4", "nomic_bert", "gte",
    "qwen3_5", "qwen3_5_moe", "glm_ocr", "paddleocr_vl", "higgs_audio_v2", "gemma4_unified_text", "granite_swa",
    "granitemoe_swa", "ultrabert", "falcon_h1", "lfm3", "mimo_v2_flash", "molmo2_text", "sarvam_moe",
    "jina_embeddings_v3", "muse_glimmer_text", "esmc", "axk2", "deepseek_v32", "glm_moe_dsa",
]
# Models whose towers are held too: they are given one image of 4 by 4 patches, and no frequency.
TOWERS = [
    "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_5", "qwen3_5_moe", "glm4v", "glm4v_moe", "glm_ocr",
    "qwen2_5_omni_thinker", "qwen3_omni_moe_thinker", "dinov3_vit", "paddleocr_vl",
]
# Variants that a key of the config brings about.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "falcon with groups": ("falcon", {"new_decoder_architecture": True, "num_kv_heads": 2}),
    "falcon without multi-query": ("falcon", {"multi_query": False, "bias": True, "num_kv_heads": 8}),
    "cohere with norms": ("cohere", {"use_qk_norm": True, "head_dim": 8}),
    "stablelm with norms": ("stablelm", {"qk_layernorm": True, "use_qkv_bias": True}),
    "phi with norms": ("phi", {"qk_layernorm": True, "num_key_value_heads": 8}),
    "glm4_moe with norms": ("glm4_moe", {"use_qk_norm": True, "attention_bias": True}),
    "deepseek_v3 without a query latent": ("deepseek_v3", {"q_lora_rank": None, "attention_bias": True}),
    "llama with biases": ("llama", {"attention_bias": True}),
    "phi3 with its own head": ("phi3", {"num_key_value_heads": 8}),
}


def shuffled(seed: int, lanes: int) -> np.ndarray[Any, Any]:
    """A permutation that leaves no lane where it was, for more than one lane."""
    order = np.random.default_rng(seed).permutation(lanes)
    return np.roll(order, 1)[np.argsort(order)]


def read_slots(folder: Path) -> tuple[Slots, Model, dict[str, Any]]:
    """The slots of a checkpoint, its model, and its numbers."""
    from safetensors.numpy import load_file

    values: dict[str, Any] = {}
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        for name, each in load_file(path).items():
            values[name] = each
            tensors[name] = Tensor(name, str(each.dtype), each.shape, path, 0, each.nbytes)
    config = folder / "config.json"
    keys = Keys(parse_json_object(config.read_text(), str(config)), str(config))
    model = config_model(keys)
    files = tuple(sorted(folder.glob("*.safetensors")))
    return find_slots(Checkpoint(folder, Format.SAFETENSORS, files, tensors, config), keys, model, {}), model, values


# Model types that are seen at the function that turns: what they attend with has no interface, or a norm before it.
BY_ROTATION = ("falcon", "gpt_neox_japanese", "hunyuan_v1_dense", "hunyuan_v1_moe")
# Keys that are written with a number for each layer, and are not read; without them each layer is as these say.
PER_LAYER = ("rope_scaling_layers", "layer_rope_theta")
# Attentions whose indexer asks for a mask.
MASKED = ("axk2", "deepseek_v32", "glm_moe_dsa")
# Attentions that attend twice with the same q and k, and half of the lanes of v each time.
TWICE = ("diffllama",)


def save_without_layers(kind: str, folder: Path, more: Mapping[str, Any]) -> None:
    """A small model of a type in a folder, without the keys that have a number for each layer."""
    config = small_models.save(small_models.build(kind, **more), folder)
    (folder / "config.json").write_text(
        json.dumps({key: value for key, value in config.items() if key not in PER_LAYER}))


def look(model: Any) -> None:
    """Give a vision tower an image, with all patches at rest."""
    import torch

    for module in model.modules():
        for name, buffer in module.named_buffers(recurse=False):
            if "inv_freq" in name:
                buffer.zero_()
    random = torch.Generator().manual_seed(1)
    if model.config.model_type == "dinov3_vit":
        model(torch.rand(1, 3, 16, 16, generator=random))
        return
    tower = model.visual if hasattr(model, "visual") else model.model.visual
    if model.config.model_type == "paddleocr_vl":
        tower(torch.rand(1, 16, 3, 4, 4, generator=random), grid_thw=torch.tensor([[1, 4, 4]]))
        return
    size = tower.patch_embed.proj.weight[0].numel()
    tower(torch.rand(16, size, generator=random), grid_thw=torch.tensor([[1, 4, 4]]))


def attended(
    folder: Path, values: Mapping[str, Any], into: Path, kind: str, part: str = "text"
) -> list[tuple[Any, Any, Any]]:
    """q, k and v of each attention of one token at position 0, with these weights in the checkpoint's place.

    v is None where it is not seen.
    """
    import torch
    from safetensors.numpy import save_file
    from transformers import AutoConfig, AutoModel
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    into.mkdir()
    save_file({name: np.array(each, order="C") for name, each in values.items()}, into / "model.safetensors",
              {"format": "pt"})
    (into / "config.json").write_text((folder / "config.json").read_text())
    seen: list[tuple[Any, Any, Any]] = []

    def record(module: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> tuple[Any, None]:
        seen.append((query.numpy(), key.numpy(), value.numpy()))
        batch, heads, tokens, _width = query.shape
        return torch.zeros(batch, tokens, heads, value.shape[-1], dtype=query.dtype), None

    def watch(turn: Any) -> Any:
        def turned(query: Any, key: Any, *rest: Any, **named: Any) -> Any:
            seen.append((query.numpy().copy(), key.numpy().copy(), None))
            return turn(query, key, *rest, **named)
        return turned

    ALL_ATTENTION_FUNCTIONS.register("recorded", record)
    config = AutoConfig.from_pretrained(into)
    made = getattr(__import__("transformers"), config.architectures[0], AutoModel)
    by_rotation = kind in BY_ROTATION
    model, told = made.from_pretrained(into, output_loading_info=True,
                                       attn_implementation="eager" if by_rotation else "recorded")
    assert (set(), set()) == (set(told["missing_keys"]), set(told["unexpected_keys"]))
    module = sys.modules[type(model).__module__]
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        if by_rotation:
            patch.setattr(module, "apply_rotary_pos_emb", watch(module.apply_rotary_pos_emb))
        if part == "vision":
            look(model.eval())
        else:
            mask = {"attention_mask": torch.zeros(3, 1, 1, 1)} if kind in MASKED else {}
            model.eval()(input_ids=torch.tensor([[3], [5], [7]]), use_cache=False, **mask)
    return [(q, k, None) for q, k, _ in seen[::2]] if kind in TWICE else seen


def at_rest(seen: Any, spec: str | None) -> Any:
    """What was attended with before the rotation at position 0: scales and places of the write order are undone."""
    if spec is None:
        return seen
    kernel = make_kernel(load(spec).layout)
    still = kernel.apply(np.eye(kernel.width), np.zeros(len(kernel.axes)))
    return seen @ np.linalg.inv(still)


def moved(slots: list[Slot], values: Mapping[str, Any], order: Any) -> dict[str, Any]:
    """The weights with the lanes of each head in another order. `order`: by role, head and lanes."""
    changed = dict(values)
    for slot in slots:
        rows = np.arange(slot.rows)
        for block in slot.blocks:
            if block.role is not Role.O:
                own = order(block.role, block.head)
                inside = [lane for lane in own if block.lane <= lane < block.lane + block.width]
                rows[block.start:block.start + block.width] = block.start + np.array(inside) - block.lane
        if slot.blocks and slot.blocks[0].role is not Role.O:
            each = changed[slot.tensor.name]
            changed[slot.tensor.name] = each.reshape(slot.rows, -1)[rows].reshape(each.shape)
    return changed


def cleared(slots: list[Slot], values: Mapping[str, Any], role: Role, head: int) -> dict[str, Any]:
    """The weights without those of one head."""
    changed = dict(values)
    for slot in slots:
        for block in slot.blocks:
            if block.role is role and block.head in (head, *([] if slot.kind is Kind.GAIN else [None])):
                each = changed[slot.tensor.name].copy()
                each.reshape(slot.rows, -1)[block.start:block.start + block.width] = 0
                changed[slot.tensor.name] = each
    return changed


def heads_of(slots: list[Slot], layer: int, role: Role) -> int:
    """How many heads of a role a layer's slots have; those of the layer before that has some, where it takes them."""
    for each in range(layer, -1, -1):
        found = {block.head for slot in slots if slot.layer == each for block in slot.blocks if block.role is role}
        if found:
            return len(found - {None}) or 1
    raise AssertionError(f"no head of {role}")


def widest(slots: list[Slot], layer: int) -> int:
    """The lanes of a head of v."""
    return max(block.width for slot in slots if slot.layer == layer for block in slot.blocks if block.role is Role.V)


def cases() -> Iterator[Any]:
    """The model types, and their variants; types of a packing that another type has been held for are slow."""
    held: dict[tuple[str, ...], int] = {}
    for kind in TEXT:
        packing = tuple(entry.symbol for entry in by_type().get(kind, ())) or (kind,)
        held[packing] = held.get(packing, 0) + 1
        yield pytest.param(kind, "text", {}, id=kind, marks=[pytest.mark.slow] if held[packing] > 2 else [])
    for kind in TOWERS:
        yield pytest.param(kind, "vision", {}, id=f"{kind}-vision")
    for name, (kind, more) in VARIANTS.items():
        yield pytest.param(kind, "text", more, id=name)


@pytest.mark.parametrize(("kind", "part", "more"), [*cases()])
def test_rows_of_a_block_are_the_lanes_of_a_head(kind: str, part: str, more: dict[str, Any], tmp_path: Path) -> None:
    """Lanes that are moved in the blocks of slots are moved so in q, k and v; a cleared head is 0, and no other."""
    save_without_layers(kind, tmp_path / "saved", more)
    found, model, values = read_slots(tmp_path / "saved")
    layers = sorted({slot.layer for slot in found.slots if slot.part == part})
    slots = [slot for slot in found.slots if slot.part == part]
    specs = {layer: each.spec for each in model.parts if each.name == part for layer in each.layers or ()}
    before = attended(tmp_path / "saved", values, tmp_path / "before", kind, part)
    assert len(layers) == len(before)
    shared = any(block.head is None for slot in slots for block in slot.blocks)
    widths = {
        layer: [each.shape[-1] if each is not None else widest(slots, layer) for each in seen]
        for layer, seen in zip(layers, before, strict=True)
    }
    seen_roles = [role for role, each in zip((Role.Q, Role.K, Role.V), before[0], strict=True) if each is not None]
    split = [block.lane for slot in slots for block in slot.blocks if block.lane]

    def order_of(layer: int) -> Any:
        def order(role: Role, head: int | None) -> Any:
            width = widths[layer]["qkv".index(role.value)]
            if role not in seen_roles:
                return np.arange(width)
            seed = 0 if shared or head is None else head + 1 + 100 * (role is Role.K)
            if split and role is not Role.V:  # what stands in two tensors moves inside each
                return np.concatenate([shuffled(seed, split[0]), split[0] + shuffled(seed, width - split[0])])
            return shuffled(seed, width)
        return order

    changed = dict(values)
    for layer in layers:
        changed |= moved([slot for slot in slots if slot.layer == layer], changed, order_of(layer))
    after = attended(tmp_path / "saved", changed, tmp_path / "after", kind, part)
    for layer, old, new in zip(layers, before, after, strict=True):
        for role, was, now in zip((Role.Q, Role.K, Role.V), old, new, strict=True):
            if was is None:
                continue
            was, now = (at_rest(each, None if role is Role.V else specs[layer]) for each in (was, now))
            repeats = was.shape[1] // heads_of(slots, layer, role)
            for head in range(was.shape[1]):
                lanes = order_of(layer)(role, head // repeats)
                assert np.allclose(was[:, head][..., lanes], now[:, head], rtol=1e-3, atol=1e-4), (role, layer, head)
    changed = dict(values)
    for layer in layers:
        own = [slot for slot in slots if slot.layer == layer]
        for role in seen_roles:
            changed = cleared(own, changed, role, heads_of(slots, layer, role) - 1)
    without_heads = attended(tmp_path / "saved", changed, tmp_path / "without", kind, part)
    for layer, seen in zip(layers, without_heads, strict=True):
        for role, each in zip((Role.Q, Role.K, Role.V), seen, strict=True):
            if each is not None:
                heads = heads_of(slots, layer, role)
                repeats = each.shape[1] // heads
                without = {head // repeats for head in range(each.shape[1]) if not each[:, head].any()}
                assert {heads - 1} == without, (role, layer)
