"""How modules of transformers are called, so that what they rotate is caught: a function for each kind of case."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prover.measure.transformers_case import Case


class Caught(Exception):
    """The attention function was reached; carries q and k."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a call of one module needs."""

    torch: Any
    module: Any
    attention: Any
    rotary: Any
    case: Case


def _whole(position: tuple[float, ...]) -> list[int]:
    return [int(value) for value in position]


def _text(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    places = parts.torch.tensor(_whole(position)).reshape(-1, 1, 1)
    places = places[0] if len(position) == 1 else places
    hidden = x[:, None, :]
    more = {"layer_type": parts.case.layer_type} if parts.case.layer_type else {}
    embeddings = parts.rotary(hidden, places, **more)
    known = inspect.signature(parts.attention.forward).parameters
    # A sparse attention that chooses no tokens is handed those that a layer before it chose.
    given: dict[str, Any] = {"shared_kv_states": {}, "prev_topk_indices": places.new_zeros(len(x), 1, 1)}
    extra = {name: value for name, value in given.items() if name in known}
    parts.attention(hidden_states=hidden, position_embeddings=embeddings, attention_mask=None, **extra)


def _vision(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    embeddings = parts.rotary(x, parts.torch.tensor([_whole(position)] * len(x)))
    ends = parts.torch.tensor([0, len(x)], dtype=parts.torch.int32)
    parts.attention(hidden_states=x, cu_seqlens=ends, position_embeddings=embeddings)


def _patches(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    embeddings = parts.rotary(x, parts.torch.tensor([_whole(position)] * len(x)))
    parts.attention(hidden_states=x[None], attention_mask=None, position_embeddings=embeddings)


def _grid(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    """DINOv3 works its coordinates out from the image; here they are given instead."""
    original = parts.module.get_patches_center_coordinates
    coordinates = parts.torch.tensor([position] * len(x), dtype=parts.torch.float32)
    parts.module.get_patches_center_coordinates = lambda *rest, **more: coordinates
    try:
        embeddings = parts.rotary(parts.torch.zeros(1, 3, 16, 16))
    finally:
        parts.module.get_patches_center_coordinates = original
    parts.attention(hidden_states=x[None], attention_mask=None, position_embeddings=embeddings)


def _video(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    frame, row, column = _whole(position)
    number = (frame * parts.attention.grid_size + row) * parts.attention.grid_size + column
    parts.attention(hidden_states=x[:, None, :], position_mask=parts.torch.full((len(x), 1), number))


def _indexer(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    """The first product of matrices is that of its queries and its keys."""
    torch, hidden = parts.torch, x[:, None, :]

    class Scores(torch.overrides.TorchFunctionMode):  # type: ignore[misc, name-defined]
        def __torch_function__(self, function: Any, kinds: Any, given: Any = (), named: Any = None) -> Any:
            if function is torch.matmul:
                queries, keys = given
                raise Caught(queries, keys.transpose(-1, -2))
            return function(*given, **(named or {}))

    places = torch.tensor(_whole(position))[None]
    if "mrope_section" in parts.case.values["rope_parameters"]:
        places = places[None]
    embeddings = parts.rotary(hidden, places)
    with Scores():
        parts.attention(hidden, hidden, embeddings, None, places)


def _output(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    """The attention function returns x; caught is what the first projection behind it gets."""
    hidden, places = x[:, None, :], parts.torch.tensor(_whole(position))[None]
    embeddings = {parts.case.layer_type: parts.rotary(hidden, places, layer_type=parts.case.layer_type)}

    class Catch(parts.torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, heads: Any) -> None:
            raise Caught(heads, heads)

    parts.attention.o_a_proj = Catch()
    parts.attention(hidden, embeddings, places, None, returned=hidden[:, :, None])


def _timed(parts: Parts, x: Any, position: tuple[float, ...]) -> None:
    """A token whose timestamp times its window and times its place are the positions.

    The window of the model's rotary module is the first token's timestamp over its length, to the nearest number.
    """
    window, place = _whole(position)
    tokens = place + 1 if place else max(window, 1)
    times = parts.torch.zeros(len(x), tokens)
    # One frame of the encoder is a second. At place 0 the token is the first: window 1 starts at its own length.
    times[:, 0] = window * tokens if place else window
    times[:, place] = 1.0 if place else window
    states = x[:, None, :].expand(-1, tokens, -1)
    turned = parts.attention(states, *parts.rotary(times, tokens))[:, place]
    raise Caught(turned, turned)


CALLS: dict[str, Callable[..., None]] = {
    "text": _text, "vision": _vision, "patches": _patches, "grid": _grid, "video": _video, "indexer": _indexer,
    "output": _output, "timed": _timed,
}
