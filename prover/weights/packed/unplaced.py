"""Tensors that look as if they held rows of q or k, and that are in no slot: nothing may move without them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from math import prod

from prover.sources.model import Model
from prover.weights.packed.attention import PERMUTATION, Attention
from prover.weights.packed.modules import PREFIX
from prover.weights.packed.slots import Barrier, Slot
from prover.weights.stored.tensors import Checkpoint, Tensor

# Words that projections of q and k, their norms and their biases are called by, between underscores. Checkpoints call
# other things so too (`key` of a memory, `q` of a merger's norm): these count inside of an attention alone.
WORDS = frozenset({
    "q", "k", "qk", "kq", "kv", "qkv", "kqv", "wq", "wk", "wqk", "wkv", "wqkv", "query", "queries", "key", "keys",
})
FUSED = re.compile(r"(^|_)(c_attn|in_proj)(_|$)")
ATTENTION = re.compile(r"attn|attention")
# Names that are an attention's wherever they stand.
ALWAYS = re.compile(r"(q|k|qk|kv|qkv)_?(proj|norm|layernorm|bias)|w(q|k|qk|kv|qkv)|query_key_value|c_attn")
# What has such a word and no lanes that turn: what goes into a latent and its norm, lanes of k that are not rotated
# (llama.cpp's attn_k_b), and the numbers that DiffLlama weighs two attentions with.
NO_LANES = re.compile(r"(attn_)?q_a(_proj|_norm|_layernorm)?|(attn_)?kv_a_(norm|layernorm)|attn_k_b|lambda_[qk]\d*")
# What stands beside the attention of a part, by the words of its modules' names. A tensor is held against the slots of
# the same place alone: a tower of images says nothing of the text's. Attention to another sequence and to a recurrent
# state (linear) is not rotated.
ELSEWHERE = {
    "images": re.compile(r"vision|visual|image|vqmodel|(^|_)img|(^|_)vit(_|$)|siglip|(^|_)clip(_|$)|(^|_)sam(_|$)"),
    "sounds": re.compile(r"audio|speech|whisper|token2wav|code2wav|codec"),
    "speaker": re.compile(r"talker|code_predictor|depth_decoder"),
    "bridge": re.compile(r"q_?former|resampler|connector|projector|abstractor"),
    "crossing": re.compile(r"cross_?att|encoder_attn|encdecattention"),
    "linear": re.compile(r"linear_att"),
    "indexer": re.compile(r"indexer"),
}
FEW = 3


def unplaced(
    checkpoint: Checkpoint, model: Model, attentions: Sequence[Attention], slots: Sequence[Slot],
    barriers: Sequence[Barrier],
) -> list[Barrier]:
    """A barrier for each part beside whose slots there are such tensors, and where there are no slots; it names them.

    `barriers`: those that are known; tensors of layers whose rows may not move anyway are not told again.
    """
    found: list[Barrier] = []
    placed = {slot.tensor.name for slot in slots}
    for attention in attentions:
        placed.update(tensor.name for tensor in attention.tensors())
    left = [tensor for tensor in checkpoint.tensors.values() if tensor.name not in placed and looks_turned(tensor)]
    kept = {each.part for each in barriers if each.relation == PERMUTATION}
    turned = [each.name for each in model.parts if each.layout is not None and each.name not in kept]
    for part in dict.fromkeys((*(slot.part for slot in slots), *turned)) if left else ():
        own = [slot for slot in slots if slot.part == part]
        places = {_place(slot.tensor.name) for slot in own}
        heads = {_layer(slot.tensor.name)[0] for slot in own}
        still = {layer for each in model.parts if each.name == part and each.layout is None
                 for layer in each.layers or ()}
        still.update(layer for each in barriers if each.part == part and each.relation == PERMUTATION
                     for layer in each.layers)
        turning = {slot.layer for slot in own} - still
        names: list[str] = []
        layers: set[int] = set()
        is_everywhere = False
        for tensor in left:
            head, layer = _layer(tensor.name)
            if (own and _place(tensor.name) not in places) or (head in heads and layer in still):
                continue
            names.append(tensor.name)
            if head in heads and layer in turning:
                layers.add(layer)
            else:
                is_everywhere = True
        if names:
            found.append(Barrier(part, () if is_everywhere else tuple(sorted(layers)), PERMUTATION, _why(names),
                                 f"tensors of {checkpoint.root}", tuple(names)))
    return found


def looks_turned(tensor: Tensor) -> bool:
    """Whether a tensor's name is one of rows of q or k, and it has more than one number."""
    words = tensor.name.removeprefix(PREFIX).split(".")
    return prod(tensor.shape) != 1 and _has_word(words)


def _has_word(words: Collection[str]) -> bool:
    lower = [word.lower() for word in words]
    inside = any(ATTENTION.search(word) for word in lower)
    for word in lower:
        if NO_LANES.fullmatch(word):
            continue
        if ALWAYS.fullmatch(word):
            return True
        pieces = {piece.rstrip("0123456789") for piece in word.split("_")}
        if inside and (pieces & WORDS or FUSED.search(word)):
            return True
    return False


def _place(name: str) -> frozenset[str]:
    """What of ELSEWHERE a tensor is in."""
    words = name.lower().split(".")
    found = {place for place, words_of in ELSEWHERE.items() if any(words_of.search(word) for word in words)}
    if words[:2] in (["v", "blk"], ["a", "blk"]):  # towers in files of llama.cpp's mtmd
        found.add("images" if words[0] == "v" else "sounds")
    return frozenset(found)


def _layer(name: str) -> tuple[str, int]:
    """What stands in front of the first number of a name, and that number; -1 if it has none."""
    words = name.removeprefix(PREFIX).split(".")
    place = next((index for index, word in enumerate(words) if word.isascii() and word.isdigit()), None)
    return (name, -1) if place is None else (".".join(words[:place]), int(words[place][:9]))


def _why(names: Sequence[str]) -> str:
    said = ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
    return (f"by their names rows of q or k may be in {said}, and how these lie there is not known, so that they would "
            "be left behind (--tensors says what the part's own layers hold; what nothing reads can be taken out)")
