"""A witness as a short function in the manner of the project that the target belongs to. It moves and scales all heads.

`weight_code` writes the whole of it, for text and JSON; this is for a comment, where a few lines are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

JSON = dict[str, Any]
MAX_LISTED = 512
MAX_SPANS = 3
_REPORT = 'json.loads(Path("report.json").read_text())["witness"]'


class Style(Enum):
    """In which manner code is written; the value is what people call it."""

    TORCH = "PyTorch"
    NUMPY = "NumPy"
    MLX = "MLX"


_MLX = ("mlx", "mlx-lm", "mlx-vlm")
_NUMPY = (
    "axlearn", "flaxformer", "gemma", "generic", "keras-hub", "litert", "maxtext", "mesh-transformer-jax", "onnx",
    "onnxruntime", "onnxruntime-genai", "openvino", "tensorflow",
)


def style_of(spec: str) -> Style:
    """The manner of the project that a spec names; NumPy for files and for projects that are not PyTorch's.

    ggml's weights are converted in PyTorch: convert_hf_to_gguf.py of llama.cpp.
    """
    project, slash, rest = spec.partition("/")
    if project in _MLX:
        return Style.MLX
    is_name = bool(slash) and project.replace("-", "").replace(".", "").isalnum() and ".toml" not in rest
    return Style.TORCH if is_name and project not in _NUMPY else Style.NUMPY


def is_plain(witness: JSON) -> bool:
    """Whether one reshape and one swap of two axes over whole heads make the move, without factors."""
    idiom = witness["idiom"]
    return bool(
        idiom and not witness["factors"] and idiom["rows"] == [0, len(witness["permutation"])]
        and not idiom["flip"] and idiom["transpose"] == [1, 0]
    )


def row_code(witness: JSON, style: Style) -> str | None:
    """A function over a matrix, a bias or a gain of all heads; None where a factor is no float."""
    width = len(witness["permutation"])
    if is_plain(witness):
        first, second = witness["idiom"]["reshape"]
        return (
            "def convert(W, heads):  # rows of W_q; of W_k with its number of heads\n"
            f"    return W.reshape(heads, {first}, {second}, *W.shape[1:]).swapaxes(1, 2).reshape(W.shape)\n"
        )
    factors = witness["factors"] or []
    if any(each["value"] is None for each in factors):
        return None
    library = "torch" if style is Style.TORCH else "numpy"
    rows = _rows(witness, library, width)
    scaled = _factors(factors, library, width)
    index = "mx.array(rows)" if style is Style.MLX else "rows"
    extra = ", scaled=True" if scaled else ""
    heads = f"W.reshape(heads, {width}, -1)"
    lines = [
        f"def convert(W, heads{extra}):  # rows of W_q; of W_k with its number of heads",
        *(f"    {line}" for line in (*rows, *scaled)),
        f"    W_new = {heads}[:, {index}]" if rows else f"    W_new = {heads}",
    ]
    if scaled:
        lines.append(f"    W_new = W_new * {_cast(style)} if scaled else W_new  # scaled=False: a norm follows")
    lines.append("    return W_new.reshape(W.shape)")
    return "\n".join([*_imports(style, library, lines), *lines]) + "\n"


def _imports(style: Style, library: str, lines: Sequence[str]) -> list[str]:
    """What the lines need, and an empty line."""
    text = "\n".join(lines)
    names = [("np", "import numpy as np"), ("torch", "import torch"), ("mx", "import mlx.core as mx")]
    found = [line for name, line in names if f"{name}." in text]
    if _REPORT in text:
        found[:0] = ["import json", "from pathlib import Path"]
    return [*found, ""] if found else []


def _cast(style: Style) -> str:
    if style is Style.MLX:
        return "mx.array(factor).astype(W.dtype)[:, None]"
    return "factor[:, None].to(W)" if style is Style.TORCH else "factor[:, None].astype(W.dtype)"


def _rows(witness: JSON, library: str, width: int) -> list[str]:
    """Lines that make `rows`; none where no row moves."""
    permutation, idiom = witness["permutation"], witness["idiom"]
    if permutation == list(range(width)):
        return []
    if idiom is None:
        if width <= MAX_LISTED:
            return [f"rows = {permutation}"]
        return [f'rows = {_REPORT}["permutation"]  # the file that --json prints']
    start, stop = idiom["rows"]
    where = "" if (start, stop) == (0, width) else f"[{start}:{stop}]"
    text = f"rows{where}.reshape({', '.join(map(str, idiom['reshape']))})"
    flipped, order = idiom["flip"], idiom["transpose"]
    if flipped and library == "torch":
        text += f".flip({', '.join(map(str, flipped))})"
    elif flipped:
        text = f"np.flip({text}, {tuple(flipped)})"
    if order != sorted(order):
        text += f".{'permute' if library == 'torch' else 'transpose'}({', '.join(map(str, order))})"
    return [f"rows = {'torch' if library == 'torch' else 'np'}.arange({width})", f"rows{where} = {text}.reshape(-1)"]


def _factors(factors: Sequence[JSON], library: str, width: int) -> list[str]:
    """Lines that make `factor`, what row i is multiplied by after the move; none where all is 1."""
    parts = [(span, each["value"]) for each in factors if each["exact"] != "1" for span in each["rows"]]
    if not parts:
        return []
    name, kind = ("torch", ", dtype=torch.float64") if library == "torch" else ("np", "")
    lines = [f"factor = {name}.ones({width}{kind})"]
    if len(parts) <= MAX_SPANS:
        return lines + [f"factor[{first}:{last + 1}] = {value!r}" for (first, last), value in parts]
    if width <= MAX_LISTED:
        values = {lane: value for (first, last), value in parts for lane in range(first, last + 1)}
        make = "torch.tensor" if library == "torch" else "np.array"
        return [f"factor = {make}({[values.get(lane, 1.0) for lane in range(width)]}{kind})"]
    return [
        *lines, f'for entry in {_REPORT}["factors"]:  # the file that --json prints',
        '    for first, last in entry["rows"]:', '        factor[first : last + 1] = entry["value"]',
    ]
