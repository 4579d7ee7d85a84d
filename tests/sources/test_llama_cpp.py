"""GGUF metadata as llama.cpp reads it: rules of single architectures, what is told, and what is refused.

Expected values are those of src/models, src/llama-model.cpp and src/llama-context.cpp of llama.cpp 0c1e57098, as read
there; what was run, of all architectures, is in test_llama_cpp_graphs.py.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from llama_truth import FACTORS, metadata_of, stored

from prover.errors import InputError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor
from prover.sources.model import Model

FILE = {"context_length": 4096, "embedding_length": 256, "block_count": 4, "attention.head_count": 4}
MLA = {"attention.key_length": 576, "attention.key_length_mla": 192, "rope.dimension_count": 64}
YARN = {"rope.scaling.type": "yarn", "rope.scaling.factor": 40.0, "rope.scaling.original_context_length": 4096}
SHORT, LONG = FACTORS[1:]
ALL = (0, 1, 2, 3)


def file_of(name: str, tensors: dict[str, int] | None = None, without: str = "", **more: Any) -> Metadata:
    """A file of four layers with four heads of 64 lanes, and keys besides."""
    keys = FILE | {key.replace("__", "."): value for key, value in more.items()}
    keys.pop(without, None)
    return metadata_of(name, {f"{name}.{key}": value for key, value in keys.items()}, tensors)


def read(name: str, keys: dict[str, Any], tensors: dict[str, int] | None = None, without: str = "") -> Model:
    """What is read of such a file."""
    return read_llama_cpp(file_of(name, {} if tensors is None else tensors, without, **keys))


def told(model: Model) -> list[tuple[str, str, tuple[int, ...] | None, str]]:
    """The parts, each with its values, whether stored or not, or what it has instead."""
    return [(part.name, part.layer_type, part.layers,
             re.sub(r"f32\((.*?)\)", r"\1", part.spec.partition(":")[2]) if part.spec else part.instead)
            for part in model.parts]


PLAIN = "head_dim=64:n_rot=64:base=10000"
# The architecture, its keys, and the parts: name, kind of layers, layers, values.
READ: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, tuple[int, ...] | None, str]]]] = {
    "defaults": ("qwen2", {}, [("text", "", ALL, f"arch=qwen2:{PLAIN}")]),
    "the old key of the factor": (
        "qwen2", {"rope.scale_linear": 4.0}, [("text", "", ALL, f"arch=qwen2:{PLAIN}:freq_scale=0.25")]),
    "the new key over the old one": (
        "qwen2", {"rope.scale_linear": 4.0, "rope.scaling.factor": 2.0},
        [("text", "", ALL, f"arch=qwen2:{PLAIN}:freq_scale=0.5")]),
    "a factor of 0 is none": ("qwen2", {"rope.scaling.factor": 0.0}, [("text", "", ALL, f"arch=qwen2:{PLAIN}")]),
    "a factor that no float32 is the reciprocal of": (
        "qwen2", {"rope.scaling.factor": 3.0}, [("text", "", ALL, f"arch=qwen2:{PLAIN}:freq_scale=1/3")]),
    "type none drops the scale of full layers alone": (
        "gemma2", {"rope.scaling.type": "none", "rope.scaling.factor": 8.0},
        [("text", "sliding_attention", (0, 2), f"arch=gemma2:{PLAIN}:freq_scale=0.125"),
         ("text", "full_attention", (1, 3), f"arch=gemma2:{PLAIN}:freq_scale=1")]),
    "32 lanes of 64 are half of a head": (
        "gptneox", {"rope.dimension_count": 32}, [("text", "", ALL, "arch=gptneox:head_dim=64:n_rot=32:base=10000")]),
    "a pattern's period of its own": (
        "gemma3", {"attention.sliding_window": 512, "attention.sliding_window_pattern": 2,
                   "rope.freq_base": 1000000.0},
        [("text", "sliding_attention", (0, 2), f"arch=gemma3:{PLAIN}"),
         ("text", "full_attention", (1, 3), "arch=gemma3:head_dim=64:n_rot=64:base=1000000")]),
    "a pattern shorter than the layers": (
        "gemma3", {"attention.sliding_window": 512, "attention.sliding_window_pattern": [True, True],
                   "rope.freq_base": 1000000.0},
        [("text", "sliding_attention", (0, 1), f"arch=gemma3:{PLAIN}"),
         ("text", "full_attention", (2, 3), "arch=gemma3:head_dim=64:n_rot=64:base=1000000")]),
    "without a window all layers are alike": (
        "gemma3", {"rope.freq_base_swa": 500000.0}, [("text", "", ALL, f"arch=gemma3:{PLAIN}")]),
    "llama4 without chunks": (
        "llama4", {"attention.sliding_window": 0},
        [("text", "", (0, 1, 2), f"arch=llama4:{PLAIN}"), ("text", "", (3,), "no position encoding")]),
    "exaone4 of 64 layers": (
        "exaone4", {"block_count": 64},
        [("text", "sliding_attention", tuple(n for n in range(64) if n % 4 != 3), f"arch=exaone4:{PLAIN}"),
         ("text", "full_attention", tuple(range(3, 64, 4)), "no position encoding")]),
    "exaone4 of other sizes": ("exaone4", {"attention.sliding_window": 4096},
                               [("text", "", ALL, f"arch=exaone4:{PLAIN}")]),
    "baichuan of 40 layers": (
        "baichuan", {"block_count": 40},
        [("text", "", tuple(range(40)), "ALiBi with 40 layers, nothing with another number")]),
    "granite that is not tuned": (
        "granite", {"rope.scaling.finetuned": False}, [("text", "", ALL, "no RoPE: rope.scaling.finetuned is false")]),
    "granite_swa by its own pattern": (
        "granite_swa", {"attention.sliding_window": 8, "attention.sliding_window_pattern": [True, False, True, False],
                        "attention.rope_pattern": [1, 1, 0, 1]},
        [("text", "", (0, 1, 3), f"arch=granite_swa:{PLAIN}"),
         ("text", "sliding_attention", (2,), "no position encoding")]),
    "layers without attention by their heads": (
        "lfm2", {"attention.head_count_kv": [0, 0, 2, 0]},
        [("text", "", (0, 1, 3), "no attention: recurrent or convolution layers"),
         ("text", "", (2,), f"arch=lfm2:{PLAIN}")]),
    "layers without attention by an interval": (
        "qwen3next", {"full_attention_interval": 2},
        [("text", "", (0, 2), "no attention: recurrent or convolution layers"),
         ("text", "", (1, 3), f"arch=qwen3next:{PLAIN}")]),
    "layers without attention by a list": (
        "qwen3next", {"attention.recurrent_layers": [0, 1, 1, 1]},
        [("text", "", (0,), f"arch=qwen3next:{PLAIN}"),
         ("text", "", (1, 2, 3), "no attention: recurrent or convolution layers")]),
    "layers that predict further tokens": (
        "qwen2", {"nextn_predict_layers": 1}, [("text", "", (0, 1, 2), f"arch=qwen2:{PLAIN}")]),
    "latent heads": (
        "deepseek2", MLA, [("text", "", ALL, "arch=deepseek2:head_dim=192:n_rot=64:offset=128:base=10000")]),
    "latent heads of an old file": (
        "deepseek2", {"attention.key_length": 192, "rope.dimension_count": 64},
        [("text", "", ALL, "arch=deepseek2:head_dim=192:n_rot=64:offset=128:base=10000")]),
    "minicpm3 turns the trailing lanes": (
        "minicpm3", {"attention.key_length": 96, "rope.dimension_count": 32},
        [("text", "", ALL, "arch=minicpm3:head_dim=96:n_rot=32:offset=64:base=10000")]),
    "alpha without sections": (
        "hunyuan-dense", {"rope.scaling.alpha": 1000.0},
        [("text", "", ALL, "head_dim=64:n_rot=64:freq_base=10000:alpha=1000")]),
    "alpha with sections": (
        "hunyuan_vl", {"rope.scaling.alpha": 1000.0, "rope.dimension_sections": [8, 8, 8, 8]},
        [("text", "", ALL, "head_dim=64:n_rot=64:freq_base=10000:alpha=1000:sections=8,8,8,8")]),
    "sections of which the second is 0 are none": (
        "glm4", {"rope.dimension_sections": [8, 0, 0, 0]}, [("text", "", ALL, f"arch=glm4:{PLAIN}")]),
    "sections": ("glm4", {"rope.dimension_sections": [8, 12, 12, 0]},
                 [("text", "", ALL, f"arch=glm4:{PLAIN}:sections=8,12,12,0")]),
    "grok without yarn": (
        "grok", {"rope.scaling.yarn_attn_factor": 0.5, "rope.scaling.yarn_ext_factor": -1.0},
        [("text", "", ALL, f"arch=grok:{PLAIN}:yarn_attn_factor=0.5")]),
    "grok with a ramp of its own": (
        "grok", {"rope.scaling.yarn_ext_factor": 0.5, "rope.scaling.factor": 2.0},
        [("text", "", ALL, f"arch=grok:{PLAIN}:freq_scale=0.5:ext_factor=0.5:n_ctx_orig=4096:beta_fast=8"
          ":beta_slow=1")]),
    "yarn": ("qwen2", YARN, [("text", "", ALL, f"arch=qwen2:{PLAIN}:freq_scale=0.025:ext_factor=1:n_ctx_orig=4096"
                              ":beta_fast=32:beta_slow=1")]),
    "an original context of 0 is the file's": (
        "qwen2", YARN | {"rope.scaling.original_context_length": 0, "context_length": 512},
        [("text", "", ALL, f"arch=qwen2:{PLAIN}:freq_scale=0.025:ext_factor=1:n_ctx_orig=512:beta_fast=32"
          ":beta_slow=1")]),
    "sliding layers that nothing scales": (
        "olmo2", YARN | {"attention.sliding_window": 8, "rope.scaling.attn_factor": 1.5},
        [("text", "sliding_attention", (0, 1, 2), f"arch=olmo2:{PLAIN}:freq_scale=1"),
         ("text", "full_attention", (3,), f"arch=olmo2:{PLAIN}:freq_scale=0.025:ext_factor=1:n_ctx_orig=4096"
          ":beta_fast=32:beta_slow=1:attn_factor=1.5")]),
    "sliding layers that keep a factor": (
        "gemma3", {"attention.sliding_window": 8, "rope.scaling.attn_factor": 1.5, "block_count": 6},
        [("text", "", tuple(range(6)), f"arch=gemma3:{PLAIN}:attn_factor=1.5")]),
    "layers beside sliding ones take the lanes of the first": (
        "laguna", {"attention.sliding_window": 8, "attention.sliding_window_pattern": [True, False, True, False],
                   "rope.dimension_count_swa": 32},
        [("text", "", ALL, "arch=laguna:head_dim=64:n_rot=32:base=10000")]),
    "lanes of their own": (
        "spark2_5", {"attention.sliding_window": 8, "attention.sliding_window_pattern": [True, False, True, False],
                     "rope.dimension_count_swa": 32},
        [("text", "sliding_attention", (0, 2), "arch=spark2_5:head_dim=64:n_rot=32:base=10000"),
         ("text", "full_attention", (1, 3), f"arch=spark2_5:{PLAIN}")]),
    "a drafter": ("eagle3", {}, [("text", "", ALL, f"arch=eagle3:{PLAIN}")]),
    "a drafter for DeepSeek-V4": (
        "dflash", {"hyper_connection.count": 4, "attention.sliding_window": 128, "rope.dimension_count": 32},
        [("text", "", ALL, "arch=deepseek4:head_dim=64:n_rot=32:offset=32:base=10000"),
         ("attention output", "", ALL, "head_dim=64:n_rot=32:offset=32:base=10000")]),
    "cogvlm reads nothing": (
        "cogvlm", {"rope.freq_base": 500000.0, "rope.scaling.factor": 2.0},
        [("text", "", ALL, "arch=cogvlm:head_dim=64")]),
    "indexers shared from a million tokens on": (
        "glm-dsa", MLA | {"attention.indexer.key_length": 128, "context_length": 1 << 20, "block_count": 12},
        [("text", "", tuple(range(12)), "arch=glm-dsa:head_dim=192:n_rot=64:offset=128:base=10000"),
         ("indexer", "", (0, 1, 2, 6, 10), "arch=glm-dsa:head_dim=128:n_rot=64:base=10000")]),
    "indexers that there are": (
        "hy_v4", MLA | {"attention.indexer.key_length": 128, "attention.indexer.top_k": 64,
                        "attention.indexer.types": [1, 0, 1, 0]},
        [("text", "", ALL, "arch=hy_v4:head_dim=192:n_rot=64:offset=128:base=10000"),
         ("indexer", "", (0, 2), "arch=hy_v4:head_dim=128:n_rot=64:base=10000")]),
    "no indexer": ("hy_v4", MLA, [("text", "", ALL, "arch=hy_v4:head_dim=192:n_rot=64:offset=128:base=10000")]),
}


TOWER = {"has_vision_encoder": True, "vision.embedding_length": 1152, "vision.attention.head_count": 16,
         "vision.block_count": 2}
HEAD = "head_dim=72:base=10000"
# By projector, the kernel of tools/mtmd/models of 72 lanes.
TOWERS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "four axes": ({"projector_type": "qwen3vl_merger"}, [("vision", "ggml/vision", f"{HEAD}:sections=18,18,18,18")]),
    "two axes": ({"vision.projector_type": "deepseek4v"}, [("vision", "ggml/vision", f"{HEAD}:sections=18,18,0,0")]),
    "rows first": ({"projector_type": "pixtral"},
                   [("vision", "llama-cpp/vision-2d:first=h", f"{HEAD}:interleave_freq=1")]),
    "columns first, with a head of its own": (
        {"projector_type": "kimivl", "vision.attention.head_dim": 64},
        [("vision", "llama-cpp/vision-2d:first=w", "head_dim=64:base=10000")]),
    "halves of each half": (
        {"vision.projector_type": "gemma4v"}, [("vision", "llama-cpp/vision-separate", "head_dim=72:base=100")]),
    "no RoPE": ({"projector_type": "gemma3"}, [("vision", "None", "")]),
    "an image and a sound": (
        {"projector_type": "qwen2.5o", "has_audio_encoder": True},
        [("vision", "ggml/vision", f"{HEAD}:sections=18,18,18,18"), ("audio", "None", "")]),
}


@pytest.mark.parametrize(("keys", "parts"), TOWERS.values(), ids=TOWERS)
def test_towers(keys: dict[str, Any], parts: list[tuple[str, str, str]]) -> None:
    """A file for --mmproj has the towers that it names, by their projector."""
    model = read("clip", TOWER | keys)
    assert parts == [(part.name, str(part.layout), ":".join(f"{value.name}={value.text}" for value in part.values))
                     for part in model.parts]
    assert (0, 1) == model.parts[0].layers
    assert "llama.cpp takes the file beside a model (--mmproj), not as a model of its own" in texts(model)


@pytest.mark.parametrize(("name", "keys", "parts"), READ.values(), ids=READ)
def test_what_is_read(name: str, keys: dict[str, Any], parts: list[Any]) -> None:
    """Parts, layers and values as llama.cpp's source has them."""
    assert parts == told(read(name, keys))


def test_gemma4_assistant() -> None:
    """A drafter whose layers are those that predict, with heads and lanes of its own where they slide."""
    model = read("gemma4-assistant", {
        "attention.sliding_window": 512, "attention.sliding_window_pattern": [True, False, True, True],
        "nextn_predict_layers": 2, "attention.key_length": 128, "attention.key_length_swa": 64,
        "rope.dimension_count_swa": 64, "rope.freq_base": 1000000.0,
    }, {"rope_freqs.weight": 64})
    sliding, full = model.parts
    assert ((0,), f"llama-cpp/text:arch=gemma4-assistant:{PLAIN}") == (sliding.layers, sliding.spec)
    assert (1,) == full.layers
    assert ["head_dim", "n_rot", "base", "freq_factors"] == [value.name for value in full.values]


@pytest.mark.parametrize(("name", "factor"), [("deepseek2", 0.73052), ("mistral4", 0.79314)])
def test_the_logarithm_of_latent_attention(name: str, factor: float) -> None:
    """attn_factor of the operation, as it was run, times the kernel's own logarithm."""
    (part,) = read(name, MLA | YARN | {"rope.scaling.yarn_log_multiplier": 0.0707}).parts
    kernel = make_kernel(load(str(part.spec)).layout)
    assert math.isclose(factor * (1 + 0.1 * math.log(40)), kernel.magnitudes[0], rel_tol=1e-5)


def test_where_values_come_from() -> None:
    """Each value says its key, or that it is a default."""
    (part,) = read("mistral3", YARN | {"rope.scaling.yarn_beta_fast": 4.0, "rope.scaling.attn_factor": 1.5}).parts
    assert {
        "head_dim": "embedding_length // attention.head_count", "n_rot": "embedding_length // attention.head_count",
        "base": "default", "freq_scale": "1 / rope.scaling.factor", "ext_factor": "rope.scaling.type",
        "n_ctx_orig": "rope.scaling.original_context_length", "beta_fast": "rope.scaling.yarn_beta_fast",
        "beta_slow": "default", "attn_factor": "rope.scaling.attn_factor",
    } == {value.name: value.origin for value in part.values}


def texts(model: Model) -> tuple[str, ...]:
    """What is told of a model."""
    return tuple(finding.text for finding in model.findings)


# The architecture, its keys, its tensors of factors (None: not listed), and what is told.
FINDINGS: dict[str, tuple[str, dict[str, Any], dict[str, int] | None, str]] = {
    "keys that are not read": (
        "qwen3", YARN | {"rope.scaling.yarn_beta_fast": 1.0, "rope.freq_base_swa": 1.0}, {},
        "not read: qwen3.rope.scaling.yarn_beta_fast, qwen3.rope.freq_base_swa"),
    "keys of another model": ("qwen3", {}, {}, "not read: llama.rope.freq_base"),
    "a factor without a type": (
        "qwen3", {"rope.scaling.factor": 4.0}, {},
        "rope.scaling.type is not in the file, so that rope.scaling.factor is taken as linear"),
    "tensors that are not listed": (
        "llama", {}, None, "whether the file holds rope_freqs.weight cannot be told, for no tensors are listed: "
        "if it does, its factors are not in the layout"),
    "a tensor that is not used": (
        "llama", {"rope.scaling.type": "longrope"}, {"rope_freqs.weight": 32},
        "not used by this architecture's graph: rope_freqs.weight"),
    "two lists": (
        "phi3", {"rope.scaling.original_context_length": 2048}, {SHORT: 32, LONG: 32},
        "two lists of factors: rope_factors_long.weight where the program is started with more than 2048 tokens of "
        "context for each sequence (n_ctx of the layout), else the short one"),
    "a softmax that is scaled": (
        "deepseek2", MLA | YARN | {"rope.scaling.yarn_log_multiplier": 0.1}, {},
        "rope.scaling.yarn_log_multiplier goes into the scale of the softmax too, which no layout says"),
    "queries that are scaled": (
        "mistral3", {"attention.temperature_scale": 0.5}, {},
        "queries are scaled with their position besides (attention.temperature_scale)"),
    "layers that predict": (
        "qwen3", {"nextn_predict_layers": 1}, {}, "the last 1 of 4 layers predict further tokens, and are not listed"),
    "layers gone through twice": (
        "nanbeige", {"num_loops": 2}, {}, "the layers are gone through 2 times, at the same positions"),
}


@pytest.mark.parametrize(("name", "keys", "tensors", "finding"), FINDINGS.values(), ids=FINDINGS)
def test_what_is_told(name: str, keys: dict[str, Any], tensors: dict[str, int] | None, finding: str) -> None:
    """What is not read, contradicts, or lies outside a layout."""
    metadata = file_of(name, tensors, **keys)
    if finding.startswith("not read: llama"):
        metadata = Metadata(metadata.file, {**metadata.keys, "llama.rope.freq_base": stored(1.0)}, {})
    assert finding in texts(read_llama_cpp(metadata))


def test_nothing_to_tell() -> None:
    """A file with all keys and its tensors listed has no findings."""
    assert () == read("llama", {"rope.freq_base": 500000.0, "rope.dimension_count": 64}).findings


def test_a_cut_list() -> None:
    """Where a log cuts off which layers slide, both kinds are told and no layer is."""
    keys = dict(file_of("gemma4", {}, **{
        "attention.sliding_window": 512, "attention.key_length": 128, "attention.key_length_swa": 64,
        "rope.dimension_count_swa": 64}).keys)
    keys["gemma4.attention.sliding_window_pattern"] = Stored("bool", (True, True), cut=2)
    model = read_llama_cpp(Metadata("log", keys, None))
    assert [("sliding_attention", None), ("full_attention", None)] == [
        (part.layer_type, part.layers) for part in model.parts]
    assert "attention.sliding_window_pattern: cut off after 2 layers, so that which layers are which is not told" in (
        texts(model))


def test_a_list_without_a_count() -> None:
    """Of a fragment without block_count a list tells which kinds of layers there are, and no more."""
    model = read("lfm2", {"attention.head_count_kv": [2, 2]}, {}, "block_count")
    assert [("text", "", None, f"arch=lfm2:{PLAIN}")] == told(model)


def test_a_list_that_is_cut_off_whole() -> None:
    """Of a list of which nothing is shown no layer is known."""
    keys = dict(file_of("maple", {}, **{"attention.sliding_window": 512}).keys)
    keys["maple.attention.sliding_window_pattern"] = Stored("bool", (), cut=4)
    with pytest.raises(InputError, match="sliding_window_pattern: the source cuts off the whole of a list"):
        read_llama_cpp(Metadata("log", keys, {}))


def test_a_rounded_number() -> None:
    """A number that was printed with few digits is told, once."""
    keys = dict(file_of("gemma2", {}).keys) | {"gemma2.rope.freq_base": Stored("f32", Fraction(12345), is_rounded=True)}
    assert ("rope.freq_base was printed with few digits: the file may hold another number",) == texts(
        read_llama_cpp(Metadata("log", keys, {})))


def test_factors() -> None:
    """rope_freqs.weight as it is, and lists under the layout that has both; one of them alone is one."""
    (part,) = read("llama", {}, {"rope_freqs.weight": 32}).parts
    factors = load(str(part.spec)).given
    assert Fraction(17, 16) == dict(factors)["freq_factors"][1]  # type: ignore[index]
    (part,) = read("phi3", {}, {SHORT: 32}).parts
    assert "llama-cpp/longrope:arch=phi3" == part.layout
    assert ["head_dim", "n_rot", "base", "short_factor", "n_ctx_orig"] == [value.name for value in part.values]
    metadata = file_of("llama", {})
    shown = Metadata(metadata.file, metadata.keys, {"rope_freqs.weight": Tensor((32,), "F32")})
    assert texts(read_llama_cpp(shown)) == (
        "rope_freqs.weight: in the file, but this source does not show the numbers: they are not in the layout",)


@pytest.mark.parametrize("has_all", [True, False])
def test_factors_that_another_part_may_hold(has_all: bool) -> None:
    """What the tensors that are told do not have, others may, unless these are all."""
    metadata = file_of("llama", {}, rope__freq_base=500000.0)
    tensors = {"token_embd.weight": Tensor((64, 8), "F16")}
    found = ("rope_freqs.weight: not among the tensors that are told; if the file holds it, its factors are not in the "
             "layout")
    model = read_llama_cpp(Metadata(metadata.file, metadata.keys, tensors, has_all_tensors=has_all))
    assert (() if has_all else (found,)) == texts(model)


def test_defaults_of_a_text_that_may_lack_keys() -> None:
    """Where a text does not tell all keys, a default is told as one."""
    metadata = file_of("llama", {})
    model = read_llama_cpp(Metadata(metadata.file, metadata.keys, {}, has_all_keys=False))
    assert "rope.freq_base is not in the text, which does not tell all keys: the default is taken" in texts(model)


def test_a_list_of_unknown_length() -> None:
    """Of a list whose length a text does not tell, no layer is known."""
    keys = dict(file_of("gemma4", {}, **{
        "attention.sliding_window": 512, "attention.key_length": 128, "attention.key_length_swa": 64,
        "rope.dimension_count_swa": 64}).keys)
    keys["gemma4.attention.sliding_window_pattern"] = Stored("bool", (True, True), cut=UNTOLD)
    model = read_llama_cpp(Metadata("log", keys, None))
    assert [("sliding_attention", None), ("full_attention", None)] == [
        (part.layer_type, part.layers) for part in model.parts]


# The architecture, its keys, its tensors, the key that is left out, and words of the error.
REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, int], str, tuple[str, ...]]] = {
    "an unknown architecture": ("qwen22", {}, {}, "", ("'qwen22'", "Near it: qwen2")),
    "a tower of very many blocks": (
        "clip", {"has_vision_encoder": True, "projector_type": "gemma3", "vision.block_count": 2_000_000_000}, {}, "",
        ("clip.vision.block_count: expected at most 10000",)),
    "a tower of nothing": ("clip", {}, {}, "", ("clip.has_vision_encoder: the key is not in the file",)),
    "a tower without a width": (
        "clip", {"has_vision_encoder": True, "projector_type": "pixtral"}, {}, "", ("clip.vision.embedding_length",)),
    "an unknown projector": (
        "clip", {"has_vision_encoder": True, "projector_type": "qwen4vl_merger"}, {}, "",
        ("projector_type: ", "'qwen4vl_merger'", "Near it: qwen3vl_merger")),
    "a tower without a layout": (
        "clip", {"has_audio_encoder": True, "audio.projector_type": "mimo_audio"}, {}, "",
        ("no layout of 'mimo_audio'",)),
    "no model class": ("gptj", {}, {}, "", ("it has a name and no model class",)),
    "no width": ("qwen2", {}, {}, "embedding_length", (", qwen2.embedding_length: the key is not in the file",)),
    "no heads": ("qwen2", {}, {}, "attention.head_count", (", qwen2.attention.head_count: the key is not in the",)),
    "0 heads": ("qwen2", {"attention.head_count": 0}, {}, "", ("a number of heads above 0", "got u32 0")),
    "heads of too few layers": (
        "lfm2", {"attention.head_count_kv": [0, 2]}, {}, "", ("has 2 entries, expected one for each of the 4 layers",)),
    "too many layers": ("qwen2", {"block_count": 513}, {}, "", ("expected at most 512, got u32 513",)),
    "0 layers": ("qwen2", {"block_count": 0}, {}, "", ("a whole number from 1 on",)),
    "more predicted layers than layers": ("qwen2", {"nextn_predict_layers": 5}, {}, "", ("at most block_count = 4",)),
    "an odd number of lanes": (
        "gptneox", {"rope.dimension_count": 33}, {}, "", ("rope.dimension_count: expected an even number", "got 33")),
    "0 lanes": ("gptneox", {"rope.dimension_count": 0}, {}, "", ("from 2 to 64", "got 0")),
    "more lanes than the head has": ("gptneox", {"rope.dimension_count": 66}, {}, "", ("from 2 to 64", "got 66")),
    "a part of the head": (
        "qwen2", {"rope.dimension_count": 32}, {}, "", ("expected 64, the width of the head", "breaks off", "got 32")),
    "a text for a number": ("qwen2", {"rope.freq_base": "10000"}, {}, "", ("expected f32", "got str 10000")),
    "a whole number for a float": ("qwen2", {"rope.freq_base": 10000}, {}, "", ("expected f32", "got u32 10000")),
    "a float for a whole number": ("gptneox", {"rope.dimension_count": 32.0}, {}, "", ("expected u32", "got f32 32")),
    "an array for a number": ("qwen2", {"rope.freq_base": [1, 2]}, {}, "", ("expected f32", "an array of 2 i32")),
    "a base of 1": ("qwen2", {"rope.freq_base": 1.0}, {}, "", ("base=1 does not meet its requirement",)),
    "a negative factor": ("qwen2", {"rope.scaling.factor": -2.0}, {}, "", ("freq_scale=-0.5 does not meet",)),
    "an unknown type": ("qwen2", {"rope.scaling.type": "llama3"}, {}, "", ("'llama3' is no type", "linear, yarn")),
    "sections that must be": ("qwen35", {}, {}, "", ("rope.dimension_sections: the key is not in the file",)),
    "three sections": ("qwen35", {"rope.dimension_sections": [11, 11, 10]}, {}, "", ("expected 4 numbers",)),
    "sections that are 0": ("qwen35", {"rope.dimension_sections": [0, 0, 0, 0]}, {}, "", ("sections=0,0,0,0",)),
    "a pattern that must be": ("maple", {"attention.sliding_window": 8}, {}, "", ("the array key is not in the file",)),
    "an interval of 0": ("qwen3next", {"full_attention_interval": 0}, {}, "", ("a whole number from 1 on",)),
    "factors of another length": ("llama", {}, {"rope_freqs.weight": 16}, "", ("expected 32 numbers, got shape [16]",)),
    "no factors where they must be": (
        "gemma4", {"attention.sliding_window": 8, "attention.sliding_window_pattern": [True, False]}, {}, "",
        ("rope_freqs.weight: is not among the tensors",)),
    "yarn below 1 on a part of the layers": (
        "gemma3", YARN | {"rope.scaling.factor": 0.5, "attention.sliding_window": 8}, {}, "", ("is below 1",)),
    "yarn without a context": (
        "qwen2", {"rope.scaling.type": "yarn", "rope.scaling.factor": 2.0}, {}, "context_length",
        ("qwen2.context_length: the key is not in the file",)),
}


@pytest.mark.parametrize(("name", "keys", "tensors", "without", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    name: str, keys: dict[str, Any], tensors: dict[str, int], without: str, words: tuple[str, ...]
) -> None:
    """What llama.cpp refuses or breaks off at, and what no layout says, with file, key, expected and got."""
    with pytest.raises(InputError) as caught:
        read(name, keys, tensors, without)
    assert [] == [word for word in ("model.gguf", *words) if word not in str(caught.value)]


def test_no_architecture() -> None:
    """A file without a name for its keys, and one whose name is a number."""
    for keys in ({}, {"general.architecture": Stored("u32", 7)}, {"llama.block_count": Stored("u32", 1),
                                                                  "qwen2.block_count": Stored("u32", 1)}):
        with pytest.raises(InputError, match=r"x\.gguf, general\.architecture"):
            read_llama_cpp(Metadata("x.gguf", keys, {}))


def test_the_width_of_a_fragment() -> None:
    """What RoPE does not need may lack: it is told that llama.cpp refuses the file."""
    model = read("qwen2", {"attention.key_length": 128}, {}, "embedding_length")
    assert [("text", "", ALL, "arch=qwen2:head_dim=128:n_rot=128:base=10000")] == told(model)
    assert ("llama.cpp refuses the file as it is: embedding_length not in it",) == texts(model)


def test_layers_that_are_alike_keep_that_their_factors_are_not_seen() -> None:
    """DFlash turns all layers alike, with a window or without, so nothing is decided of either without the factors."""
    window = {"attention.sliding_window": 128, "attention.sliding_window_pattern": [True, False, True, False]}
    whole = file_of("dflash", **window)
    (part,) = read_llama_cpp(Metadata(whole.file, whole.keys, {FACTORS[0]: Tensor((32,), "f32")})).parts
    assert (ALL, True) == (part.layers, bool(part.unseen))
