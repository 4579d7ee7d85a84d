"""Which layouts take a rule, or are like a layout, that cites another project's source, and why they may.

A rule of another project brings its parameters, defaults and special cases along, so each such pair has a
reason here, given by someone who read both sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prover.resources import MODELS, RULES

# Projects whose own rules these are, and layouts without an upstream.
OWN = ("ggml", "transformers", "generic")
# An exponential of the base and a division of it by a number: nothing in them differs between projects.
PLAIN = ("frequency/unscaled", "frequency/linear")

SAME: dict[str, tuple[str, ...]] = {
    # The table of cos and sin is made by the model class of transformers.
    "frequency/dynamic": ("liger/qwen2vl-mrope", "mlx-lm/latent", "mlx-lm/rope"),
    "frequency/longrope": ("liger/qwen2vl-mrope",),
    "frequency/yarn": ("liger/qwen2vl-mrope",),
    "frequency/yarn-ramp": ("liger/qwen2vl-mrope",),
    # Divided below the low end first, and with the same blend.
    "frequency/llama3": ("liger/qwen2vl-mrope", "torchtitan/llama"),
    # base*alpha**(n/(n - 2)).
    "frequency/ntk-alpha": ("liger/qwen2vl-mrope", "mlx-lm/alpha", "sglang/latent", "sglang/rope", "vllm/latent",
                            "vllm/rope", "vllm/xdrope"),
    # Lanes that pass and lanes that turn, no frequencies.
    "transformers/head": ("onnxruntime-genai/mrope",),
    "transformers/latent-head": ("mlc-llm/deepseek", "mlx-lm/latent", "sglang/deepseek-npu", "sglang/latent",
                                "vllm/latent"),
    "transformers/vision-head": ("vllm/moonvit", "vllm/pixtral"),
    # llama.cpp is built on ggml, ik_llama.cpp is a fork, and ONNX Runtime implements the ONNX operator.
    "ggml/imrope": ("llama-cpp/imrope",),
    "ggml/mrope": ("llama-cpp/hunyuan-vl", "llama-cpp/mrope"),
    "ggml/normal": ("llama-cpp/output-back",),
    "ggml/vision": ("ik-llama-cpp/vision",),
    "onnx/rotary-embedding": ("onnxruntime/rotary-embedding",),
    # Read lane by lane, with every parameter that they have.
    "timm/rope-mixed": ("rope-vit/mixed",),
    "transformers/hunyuan-vl": ("mnn/hunyuan-vl",),
    "transformers/vision-adjacent": ("sglang/llama4-vision", "vllm/llama4-vision"),
    "transformers/vision-chunked": ("sglang/vision", "vllm/vision"),
    "transformers/vision-three-axes": ("vllm/minimax-m3-vision",),
    "vllm/llama4-vision": ("maxtext/llama-vision", "torchtune/vision"),
    "vllm/moonvit": ("megatron/kimi-vision",),
}
# Held against tables measured from the project's own kernel.
MEASURED: dict[str, tuple[str, ...]] = {
    "dinov3/periods": ("timm/dinov3",),
    "mlx-lm/proportional": ("mlx-vlm/proportional",),
    "mlx/llama3": ("mlx-vlm/rope",),
    "mlx/yarn": ("mlx-vlm/rope",),
    "transformers/vision-chunked": ("mlx-vlm/vision",),
    "vllm/llava-onevision2": ("mlx-vlm/mage-vl",),
    "vllm/xdrope": ("mlx-vlm/hunyuan-vl",),
}


def read(path: Path) -> dict[str, Any]:
    """A layout or rule file."""
    return tomllib.loads(path.read_text())


def rule(name: str) -> dict[str, Any]:
    """A rule or choice file by name."""
    return read(RULES / f"{name}.toml")


def repositories(tables: dict[str, Any]) -> set[str]:
    """The repositories that a file cites."""
    return {source["repo"] for source in tables.get("source", [])}


def chosen(choice: dict[str, Any]) -> Iterable[str]:
    """The rules that a choice can pick."""
    rules = choice.get("rules", {})
    found = rule(rules)["rules"] if isinstance(rules, str) else rules
    return list(found.values())


def reached(names: Iterable[str]) -> set[str]:
    """The rules named and those that they name."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += rule(name).get("rules", [])
    return found


def borrowed(path: Path) -> set[str]:
    """What a layout file takes from another project than its own: rules that cite one, and a layout it is like."""
    layout, project = read(path), path.parent.name
    own = repositories(layout)
    rules = reached([*layout.get("rules", []), *(n for c in layout.get("choose", {}).values() for n in chosen(c))])
    found = {name for name in rules if repositories(rule(name)) - own and not name.startswith(f"{project}/")}
    like = layout.get("like", "")
    return {name for name in {*found, like} - {"", *PLAIN} if not name.startswith(f"{project}/")}


def test_no_layout_borrows_a_rule_without_a_reason() -> None:
    """A rule that cites another project's source serves only the layouts whose source was found to do the same."""
    files = [path for path in sorted(MODELS.glob("*/*.toml")) if path.parent != RULES and path.parent.name not in OWN]
    found = {(name, f"{path.parent.name}/{path.stem}") for path in files if repositories(read(path))
             for name in borrowed(path)}
    assert found == {(name, layout) for table in (SAME, MEASURED) for name in table for layout in table[name]}
