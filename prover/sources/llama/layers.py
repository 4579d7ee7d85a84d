"""Which layers of a GGUF file slide, which turn with RoPE and which do not, as llama.cpp decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header

MAX_LAYERS = 512  # LLAMA_MAX_LAYERS
MTP = "nextn_predict_layers"
WINDOW = "attention.sliding_window"
PATTERN = "attention.sliding_window_pattern"
KV_HEADS = "attention.head_count_kv"
HEADS = "attention.head_count"
RECURRENT = "attention.recurrent_layers"
INTERVAL = "full_attention_interval"
ROPE_PATTERN = "attention.rope_pattern"
NO_POSITIONS = "no position encoding"
NO_ATTENTION = "no attention: recurrent or convolution layers"


@dataclass(frozen=True, slots=True)
class Kind:
    """Layers that are alike. `layers`: None where the source does not tell which; `instead`: what has no RoPE has."""

    slides: bool
    layers: tuple[int, ...] | None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The kinds of a model's layers, and whether its first layer slides, which rules more than that layer."""

    kinds: tuple[Kind, ...]
    first_slides: bool


def count_layers(entry: Architecture, header: Header) -> int | None:
    """The layers of the main graph; None if the file does not say. Raises InputError."""
    if "block_count" not in header:
        return None
    count = header.whole("block_count", least=1).whole
    if count > MAX_LAYERS:
        raise header.wrong("block_count", f"at most {MAX_LAYERS}")
    ahead = header.whole(MTP).whole if MTP in header else 0
    if ahead > count:
        raise header.wrong(MTP, f"at most block_count = {count}")
    tensors = header.metadata.tensors
    if entry.compressed and tensors is not None and f"blk.{count - ahead}.nextn.eh_proj.weight" not in tensors:
        return count
    if entry.drafts:
        return ahead or None
    if ahead:
        header.tell("RP108", f"the last {ahead} of {count} layers predict further tokens, and are not listed")
    return count - ahead


def plan_layers(entry: Architecture, header: Header, count: int | None) -> Plan:
    """The kinds of layers. Raises InputError for a pattern that is missing, of another type or of another length."""
    no_attention = _recurrent_layers(entry, header)
    active = _is_sliding(entry, header, count)
    sliding = _sliding_layers(entry, header, no_attention) if active else _NEVER
    still = _still_layers(entry, header, active, sliding, count)
    cut = [rule for rule in (no_attention, sliding, still) if rule.known is not None]
    told = min((rule.known for rule in cut if rule.known is not None), default=MAX_LAYERS)
    if not told:
        raise InputError("the source cuts off the whole of a list by layers, so that no layer is known",
                         where=header.where(next(rule.key for rule in cut if not rule.known)))
    known = count is not None and told >= count
    if cut and not known:
        keys = ", ".join(rule.key for rule in cut)
        header.tell("RP101", f"{keys}: cut off after {told} layers, so that which layers are which is not told")
    listed = min((rule.size for rule in (no_attention, sliding, still) if rule.size), default=2 * 64)
    length = min(told, listed if count is None else count)
    found: dict[tuple[bool, str], list[int]] = {}
    for layer in range(length):
        absent = NO_ATTENTION if no_attention.holds(layer) else still.text if still.holds(layer) else ""
        slides = sliding.holds(layer) and not no_attention.holds(layer)
        found.setdefault((slides, absent), []).append(layer)
    if not known and sliding.known is not None:
        full = still.text if entry.still == "full" else ""
        for key in ((True, ""), (False, full)):
            found.setdefault(key, [])
    kinds = tuple(Kind(slides, tuple(layers) if known else None, absent) for (slides, absent), layers in found.items())
    return Plan(kinds, sliding.holds(0) and not no_attention.holds(0))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What holds of a layer, by its index.

    `size`: how much of a list the source shows. `known`: the same, where it cuts the list off.
    """

    holds: Callable[[int], bool]
    key: str = ""
    known: int | None = None
    size: int = 0
    text: str = ""


_NEVER = _Rule(lambda layer: False)


def _listed(header: Header, key: str, beyond: int = 0) -> _Rule:
    values = header.array(key)
    cut = header.cut(key)
    return _Rule(lambda layer: (values[layer] if layer < len(values) else beyond) != 0, key,
                 len(values) if cut else None, len(values))


def _recurrent_layers(entry: Architecture, header: Header) -> _Rule:
    if entry.recurrent == "":
        return _NEVER
    count = header.whole("block_count").whole if "block_count" in header else None
    if entry.recurrent == "head_count":
        given = [(key, header.per_layer(key, count)) for key in (KV_HEADS, HEADS)]
        lists = [(key, values) for key, values in given if isinstance(values, tuple)]
        none_at_all = any(values == 0 for _, values in given)
        known = [len(values) for key, values in lists if header.cut(key)]
        return _Rule(lambda layer: none_at_all or any(values[layer] == 0 for _, values in lists if layer < len(values)),
                     KV_HEADS, min(known) if known else None, min((len(values) for _, values in lists), default=0))
    if RECURRENT in header:
        header.taken.add(RECURRENT)
        if header.is_array(RECURRENT):
            header.per_layer(RECURRENT, count)
            return _listed(header, RECURRENT)
        every = header.whole(RECURRENT).whole
        return _Rule(lambda layer: every != 0)
    interval = header.whole(INTERVAL, least=1).whole if INTERVAL in header else int(entry.recurrent)
    return _Rule(lambda layer: (layer + 1) % interval != 0)


def _is_sliding(entry: Architecture, header: Header, count: int | None) -> bool:
    if entry.sliding is None:
        return False
    window = header.whole(WINDOW).whole if WINDOW in header else None
    match entry.sliding.window:
        case "positive":
            return bool(window)
        case "unless 0":
            return window != 0
        case "64 layers":
            if count is None:
                raise InputError("the key is not in the file, and with 64 layers there is another attention",
                                 where=header.where("block_count"))
            return count == 64
        case "required" if window is None:
            header.tell("RP102", f"llama.cpp refuses the file as it is: {WINDOW} is not in it")
    return True


def _sliding_layers(entry: Architecture, header: Header, no_attention: _Rule) -> _Rule:
    sliding = entry.sliding
    assert sliding is not None
    if sliding.attention:
        return _Rule(lambda layer: not no_attention.holds(layer))
    if not sliding.every or header.is_array(PATTERN):
        return _listed(header, PATTERN)
    every = header.whole(PATTERN).whole if PATTERN in header else sliding.every
    if every == 0:
        return _Rule(lambda layer: True)
    dense = 0 if sliding.dense_first else every - 1
    return _Rule(lambda layer: layer % every != dense)


def _still_layers(entry: Architecture, header: Header, active: bool, sliding: _Rule, count: int | None) -> _Rule:
    if entry.finetuned and not header.flag("rope.scaling.finetuned", True):
        return _Rule(lambda layer: True, text="no RoPE: rope.scaling.finetuned is false")
    if entry.rotates_at:
        if count is None:
            raise InputError(f"the key is not in the file, and there is RoPE with {entry.rotates_at} layers only",
                             where=header.where("block_count"))
        return _Rule(lambda layer: count != entry.rotates_at, text=entry.otherwise)
    if entry.still == "pattern" and ROPE_PATTERN in header:
        listed = _listed(header, ROPE_PATTERN, beyond=1)
        return _Rule(lambda layer: not listed.holds(layer), ROPE_PATTERN, listed.known, text=NO_POSITIONS)
    step = 4
    if entry.sliding is not None and entry.sliding.window == "unless 0" and not active:
        step = count or MAX_LAYERS + 1
    lead = header.whole("leading_dense_block_count").whole if entry.dense_lead and (
        "leading_dense_block_count" in header) else 0

    def holds(layer: int) -> bool:
        match entry.still:
            case "full":
                return active and not sliding.holds(layer) and layer >= lead
            case "last":
                return (layer + 1) % step == 0
            case "first":
                return active and layer % step == 0
        return False

    return _Rule(holds, text=NO_POSITIONS)
