"""What classes of llama.cpp's converter do to the keys of a tower before they write it, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from prover.sources.converting.hparams import Hparams

# Where the number of layers stands: the first of these that is there.
BLOCKS = ("n_layers", "num_hidden_layers", "n_layer", "num_layers", "depth", "layers", "encoder_layers",
          "vt_num_hidden_layers")


@dataclass(slots=True)
class Step:
    """A tower under way: the config as a whole, and the tower's own keys, which are changed on the way."""

    whole: Hparams
    keys: Hparams


def _embed_dim(step: Step) -> None:
    """Qwen2-VL's names: hidden_size is what comes out of the merger."""
    if "embed_dim" in step.keys:
        step.keys["intermediate_size"] = step.keys.get("hidden_size")
        step.keys["hidden_size"] = step.keys["embed_dim"]


def _windows(step: Step) -> None:
    """Layers with attention over the whole image have to come at a period's end."""
    layers = step.keys.get("fullatt_block_indexes")
    if layers and any(b - a != layers[0] + 1 for a, b in pairwise(layers)):
        raise ValueError(f"fullatt_block_indexes {layers} have no period"[:100])


def _windows_of_type(step: Step) -> None:
    if step.whole["model_type"] in ("qwen2_5_vl", "qwen2_5_omni"):
        if not step.keys.get("fullatt_block_indexes"):
            raise KeyError("fullatt_block_indexes are not there")
        _windows(step)


def _square(step: Step) -> None:
    if "image_size" not in step.keys:
        count, patch = step.keys.get("num_position_embeddings", 2304), step.keys.get("patch_size", 16)
        step.keys["image_size"] = int(count**0.5 * patch)


def _deepstack(step: Step) -> None:
    count = int(step.keys["num_hidden_layers"] or 0)
    if not all(-count <= layer < count for layer in step.keys.get("deepstack_visual_indexes", [])):
        raise IndexError("deepstack_visual_indexes names a layer that is not there")


def _merge_size(step: Step) -> None:
    size = step.keys.get("spatial_merge_size")
    if size is not None:
        int(size)


def _whisper(step: Step) -> None:
    if "hidden_size" not in step.keys and "intermediate_size" not in step.keys:
        for key, source in (("hidden_size", "d_model"), ("intermediate_size", "encoder_ffn_dim"),
                            ("num_attention_heads", "encoder_attention_heads")):
            step.keys[key] = step.keys[source]


def _four_times(step: Step) -> None:
    if "hidden_size" in step.keys:
        step.keys["intermediate_size"] = step.keys["hidden_size"] * 4


def _kimi(step: Step) -> None:
    step.keys["image_size"] = step.keys.get("init_pos_emb_height", 64) * step.keys.get("patch_size", 14)


def _llama4(step: Step) -> None:
    int(1.0 / step.keys["pixel_shuffle_ratio"])
    if step.keys["hidden_act"] != "gelu":
        raise ValueError("hidden_act is not gelu")


def _pixtral(step: Step) -> None:
    if step.keys.get("model_type") != "pixtral":
        raise ValueError("model_type of vision_config is not pixtral")
    if step.keys["hidden_act"] not in ("silu", "gelu"):
        raise ValueError("hidden_act is neither silu nor gelu")


def _youtu(step: Step) -> None:
    act = str(step.keys.get("hidden_act", "gelu_pytorch_tanh")).lower()
    if act not in ("gelu", "gelu_pytorch_tanh", "gelu_fast", "gelu_new", "gelu_accurate", "silu"):
        raise ValueError(f"hidden_act is {act}"[:60])
    if step.keys.get("fullatt_block_indexes") is None:
        raise KeyError("fullatt_block_indexes are not there")


def _deepseek4(step: Step) -> None:
    """The tower's keys at the top, under names of their own."""
    top = step.keys
    if not top.get("vision_n_layers"):
        raise ValueError("vision_n_layers is 0")
    if top["vision_max_n_token"] != 384 or top["vision_max_wh_ratio"] != 8:
        raise ValueError("vision_max_n_token is not 384, or vision_max_wh_ratio not 8")
    _ = top["vision_min_pixels"]
    step.keys = {
        "num_hidden_layers": top["vision_n_layers"], "hidden_size": top["vision_dim"],
        "num_attention_heads": top["vision_n_heads"], "intermediate_size": top["vision_inter_dim"],
        "patch_size": top["vision_patch_size"],
        "image_size": top["vision_patch_size"] * top["vision_downsample_ratio"] * 16,
    }


def _intern(step: Step) -> None:
    for key in ("image_size", "patch_size"):
        if isinstance(step.keys[key], list):
            step.keys[key] = step.keys[key][0]
    if step.keys["hidden_act"] not in ("silu", "gelu"):
        raise ValueError("hidden_act is neither silu nor gelu")
    int(1.0 / step.whole["downsample_ratio"])


def _feature_layer(step: Step) -> None:
    """Layers after the one that features are taken from are left out."""
    name = next((key for key in BLOCKS if key in step.keys), "")
    step.keys[name] += step.whole.get("vision_feature_layer", -1) + 1


def _but_one(step: Step) -> None:
    """The last layer is left out."""
    name = next((key for key in BLOCKS if key in step.keys), "")
    if int(step.keys[name]) < 2:
        raise ValueError("fewer than 2 layers")
    step.keys[name] -= 1


PROCEDURES: Mapping[str, Callable[[Step], None]] = {
    "embed_dim": _embed_dim,
    "windows": _windows,
    "windows_of_type": _windows_of_type,
    "square": _square,
    "deepstack": _deepstack,
    "merge_size": _merge_size,
    "whisper": _whisper,
    "four_times": _four_times,
    "kimi": _kimi,
    "llama4": _llama4,
    "pixtral": _pixtral,
    "youtu": _youtu,
    "deepseek4": _deepseek4,
    "intern": _intern,
    "feature_layer": _feature_layer,
    "but_one": _but_one,
}
