"""Parts of sparse attention in llama.cpp: indexers, and DeepSeek-V4's compressed layers."""

from __future__ import annotations

from collections.abc import Iterator

from prover.errors import InputError
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header
from prover.sources.llama.heads import Head
from prover.sources.llama.scaling import CONTEXT, Scaling, scaling_values
from prover.sources.model import Part, Value

INDEXER_TYPES = "attention.indexer.types"
INDEXER_LENGTH = "attention.indexer.key_length"
INDEXER_TOP = "attention.indexer.top_k"
RATIOS = "attention.compress_ratios"
COMPRESSED_BASE = "attention.compress_rope_freq_base"
STREAMS = "hyper_connection.count"
DEEPSEEK4 = "llama-cpp/text:arch=deepseek4"
OUTPUT_BACK = "llama-cpp/output-back"
UNUSED = ("base", "attn_factor", "yarn_attn_factor")  # compressed layers have a base and a magnitude of their own
GLM_CONTEXT = 1 << 20  # from this context on glm-dsa shares indexers where the file has no types
GLM_SHARED = 78


def indexer_parts(entry: Architecture, header: Header, lanes: Value, scaling: Scaling,
                  count: int | None) -> Iterator[Part]:
    """The indexer, which turns otherwise than the attention, and the layers that have one. Raises InputError."""
    if entry.indexer == "top_k" and not (INDEXER_TOP in header and header.whole(INDEXER_TOP).number):
        return
    size = header.whole(INDEXER_LENGTH, least=2)
    values = (Value("head_dim", str(size.whole), size.origin), lanes, *scaling_values(entry, header, scaling, False))
    yield Part("indexer", _indexed(entry, header, count), f"llama-cpp/indexer:arch={header.name}", values)


def _indexed(entry: Architecture, header: Header, count: int | None) -> tuple[int, ...] | None:
    if entry.indexer != "all" and (entry.indexer == "required" or INDEXER_TYPES in header):
        types = header.per_layer(INDEXER_TYPES, None if entry.indexer == "required" else count)
        if types is None or (entry.indexer == "required" and not isinstance(types, tuple)):
            raise header.absent(INDEXER_TYPES, kind="array ")
        if isinstance(types, tuple):
            if count is None or (header.cut(INDEXER_TYPES) and len(types) < count):
                header.tell("RP101", f"{INDEXER_TYPES}: which layers have an indexer is not told")
                return None
            return tuple(layer for layer in range(count) if layer < len(types) and types[layer] != 0)
        if types == 0:
            return ()
    if count is None:
        return None
    if entry.indexer == "types" and CONTEXT in header and header.whole(CONTEXT).whole >= GLM_CONTEXT:
        return tuple(layer for layer in range(min(count, GLM_SHARED)) if layer < 2 or layer % 4 == 2)
    return tuple(range(count))


def is_streamed(entry: Architecture, header: Header) -> bool:
    """Whether a drafter is one for DeepSeek-V4, which is read as that."""
    return entry.streams and STREAMS in header and header.whole(STREAMS).number > 0


def compressed_parts(entry: Architecture, header: Header, head: Head, scaling: Scaling,
                     count: int | None) -> Iterator[Part]:
    """DeepSeek-V4: layers without compression have the plain base, the others one of their own and the scaling.

    The attention output is turned back in both. Raises InputError.
    """
    base = Value("base", scaling.full_base.text, scaling.full_base.origin)
    plain = (*head.values(), base)
    if not entry.compressed:
        layers = None if count is None else tuple(range(count))
        yield Part("text", layers, DEEPSEEK4, plain)
        yield Part("attention output", layers, OUTPUT_BACK, plain)
        return
    ratios = header.array(RATIOS)
    if count is not None and len(ratios) + header.cut(RATIOS) < count:
        raise InputError(f"has {len(ratios)} entries, expected at least {count}", where=header.where(RATIOS))
    own = header.number(COMPRESSED_BASE)
    rest = [each for each in scaling_values(entry, header, scaling, False) if each.name not in UNUSED]
    scaled = (*head.values(), Value("base", own.text, own.origin), *rest)
    known = count is not None and len(ratios) >= count
    if not known:
        header.tell("RP101", f"{RATIOS}: which layers are which is not told")
    shown = ratios if count is None else ratios[:count]

    def those(*wanted: int) -> tuple[int, ...] | None:
        return tuple(layer for layer, ratio in enumerate(shown) if ratio in wanted) if known else None

    ratios_there = sorted(set(shown) - {0})
    for name, wanted, values in (("sliding_attention", [0], plain), ("compressed_attention", ratios_there, scaled)):
        if set(wanted) & set(shown):
            yield Part("text", those(*wanted), DEEPSEEK4, values, layer_type=name)
            yield Part("attention output", those(*wanted), OUTPUT_BACK, values, layer_type=name)
    if 4 in shown:
        size = header.whole(INDEXER_LENGTH, least=2)
        values = (Value("head_dim", str(size.whole), size.origin), plain[1], *scaled[len(head.values()):])
        yield Part("indexer", those(4), "llama-cpp/indexer:arch=deepseek4", values)
    if ratios_there:
        header.tell("RP111", "compressed keys are rotated too, at the positions of their blocks")
