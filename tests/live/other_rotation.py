"""Models of transformers that turn by the other pairing: the rotation as it is defined, lane by lane, in float64."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# What a modeling file calls the functions that turn q and k.
TEXT = ("apply_rotary_pos_emb", "apply_rotary_pos_emb_interleave", "apply_rotary_emb")
VISION = ("apply_rotary_pos_emb_vision",)


def in_doubles() -> Any:
    """What transformers does in float32 on purpose is done in float64: norms, tables, softmax, vision towers."""
    import torch
    from torch.overrides import TorchFunctionMode

    def double(each: Any) -> Any:
        return torch.float64 if each is torch.float32 else each

    class InDoubles(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is torch.Tensor.float:
                return args[0].double()
            return func(*map(double, args), **{key: double(each) for key, each in (kwargs or {}).items()})

    return InDoubles()


def lanes(pairing: str, pairs: int) -> tuple[list[int], list[int]]:
    """The first and the second lane of each pair."""
    if pairing == "adjacent":
        return [2 * j for j in range(pairs)], [2 * j + 1 for j in range(pairs)]
    assert pairing == "half"
    return list(range(pairs)), [j + pairs for j in range(pairs)]


def per_pair(table: Any) -> Any:
    """A number for each pair; a table may have it twice, in both halves or one after the other."""
    half = table.shape[-1] // 2
    if (table[..., :half] == table[..., half:]).all():
        return table[..., :half]
    return table[..., ::2] if (table[..., ::2] == table[..., 1::2]).all() else table


def turned(x: Any, cos: Any, sin: Any, pairing: str) -> Any:
    """Pair j turned by the angle whose cosine and sine are given; lanes behind the pairs pass."""
    first, second = lanes(pairing, cos.shape[-1])
    found = x.clone()
    found[..., first] = x[..., first] * cos - x[..., second] * sin
    found[..., second] = x[..., first] * sin + x[..., second] * cos
    return found


def in_place_of(own: Callable[..., Any], pairing: str, axis: int, tell: Callable[[], None]) -> Callable[..., Any]:
    """A function in the place of a modeling file's own, which is called alike.

    `axis`: where its tables get a dimension for the heads, if it is not told.
    """
    def turn(x: Any, cos: Any, sin: Any, axis: int) -> Any:
        return turned(x, *(per_pair(table).unsqueeze(axis).to(x.dtype) for table in (cos, sin)), pairing)

    def both(q: Any, k: Any, cos: Any, sin: Any, *_: Any, unsqueeze_dim: int = axis, **__: Any) -> Any:
        tell()
        return turn(q, cos, sin, unsqueeze_dim), turn(k, cos, sin, unsqueeze_dim)

    def one(x: Any, cos: Any, sin: Any, unsqueeze_dim: int = axis) -> Any:
        tell()
        return turn(x, cos, sin, unsqueeze_dim)

    def sine_first(tensor: Any, sin: Any, cos: Any) -> Any:
        return one(tensor, cos, sin, 2)

    def complex_(q: Any, k: Any, freqs_cis: Any) -> Any:
        heads_last = q.shape[1] == freqs_cis.shape[1]
        return both(q, k, freqs_cis.real, freqs_cis.imag, unsqueeze_dim=2 if heads_last else 1)

    first = tuple(inspect.signature(own).parameters)[:3]
    return {("q", "k", "cos"): both, ("x", "cos", "sin"): one, ("tensor", "sin", "cos"): sine_first,
            ("xq", "xk", "freqs_cis"): complex_}[first]


@contextmanager
def rotation(model: Any, text: str = "", vision: str = "") -> Iterator[Counter[str]]:
    """Turn with these pairings in place of the model's own where one is named; how often that was done."""
    count: Counter[str] = Counter()
    modules = {type(each).__module__ for each in model.modules()}
    with pytest.MonkeyPatch.context() as patch:
        for part, names, pairing, axis in (("text", TEXT, text, 1), ("vision", VISION, vision, -2)):
            for module in sorted(modules) if pairing else ():
                for name in names:
                    if hasattr(sys.modules[module], name):
                        tell = lambda part=part: count.update([part])  # noqa: E731 - one for each part
                        own = getattr(sys.modules[module], name)
                        patch.setattr(sys.modules[module], name, in_place_of(own, pairing, axis, tell))
        yield count


def logits(model: Any, inputs: dict[str, Any], text: str = "", vision: str = "") -> tuple[Any, Counter[str]]:
    """What a model answers, and how often it was turned by what is named."""
    import torch

    with torch.no_grad(), in_doubles(), rotation(model, text, vision) as count:
        found = model.eval()(**inputs, use_cache=False).logits
    assert torch.float64 == found.dtype
    return found.numpy(), count


def load(folder: Path) -> Any:
    """The model in a folder, every tensor of it from there."""
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    made = getattr(transformers, config.architectures[0])
    model, told = made.from_pretrained(folder, dtype=torch.float64, output_loading_info=True,
                                       attn_implementation="eager", experts_implementation="eager")
    assert (set(), set()) == (set(told["missing_keys"]), set(told["unexpected_keys"]))
    return model


def read(folder: Path) -> dict[str, Any]:
    """All tensors of a folder."""
    from safetensors.numpy import load_file

    return {name: each for path in sorted(folder.glob("*.safetensors")) for name, each in load_file(path).items()}


def write(folder: Path, like: Path, tensors: dict[str, Any]) -> Path:
    """A folder with these tensors and the config of another."""
    from safetensors.numpy import save_file

    folder.mkdir()
    save_file({name: np.array(each, order="C") for name, each in tensors.items()}, folder / "model.safetensors",
              {"format": "pt"})
    (folder / "config.json").write_text((like / "config.json").read_text())
    return folder
