"""What the rotary modules of vLLM and SGLang have in common: vectors of one head for each token, and dictionaries of
numbers as configs have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Values

ROWS = 4096  # of a table whose length changes nothing
WHOLE = ("original_max_position_embeddings", "max_position_embeddings")  # lengths
OPTIONAL = ("attention_factor", "mscale", "mscale_all_dim", "short_mscale", "long_mscale")  # empty: left out
ARGUMENTS = ("head_size", "rotary_dim", "base")  # no entries of a config's RoPE dictionary


def kernel_of(module: Any, forward: Callable[..., Any], headed: bool = False) -> Kernel:
    """`forward` takes positions, [tokens] or [axes, tokens], queries and keys, and returns queries and keys; of
    several queries for a token, the first counts. `headed`: vectors are [tokens, heads, lanes], not [tokens, lanes].
    Raises ValueError where keys are turned otherwise than queries.
    """
    import torch

    device = next(module.buffers()).device

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        tokens, width = vectors.shape
        x = torch.tensor(vectors, dtype=torch.float32, device=device).reshape(tokens, *([1] * headed), width)
        places = torch.tensor([[int(place)] * tokens for place in position], device=device)
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            query, key = (each.reshape(tokens, -1)[:, :width].cpu() for each in
                          forward(places if len(position) > 1 else places[0], x, x.clone()))
        if not torch.equal(query, key):
            raise ValueError("keys are turned otherwise than queries")
        return np.asarray(query.double())

    return kernel


def entries(values: Values, *apart: str) -> dict[str, Any]:
    """The parameters of a layout as entries of a config, but for ARGUMENTS and those `apart`."""
    found: dict[str, Any] = {}
    for name, value in values.values.items():
        if name in ARGUMENTS or name in apart:
            continue
        if isinstance(value, tuple):
            numbers: list[Any] = values.numbers(name)
            if name not in OPTIONAL:
                found[name] = [int(number) for number in numbers] if name == "mrope_section" else numbers
            elif numbers:
                found[name] = numbers[0]
        elif name == "truncate":
            found[name] = bool(values.whole(name))
        else:
            found[name] = values.whole(name) if name in WHOLE else values.number(name)
    return found
