"""What to do with all that hangs on the rows of W_q and W_k, by what a verdict needs: data, a sentence a part.

`convert` and `move` are the functions of the code that goes with it (weight_code): `move` puts rows in
their new order, `convert` multiplies them by their factors too. A permutation goes through a norm, since a sum
over lanes does not see it; a factor in front of a norm is divided out again, so it goes into the gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from prover.claims.relation import Relation


class Case(Enum):
    """What has to be done to the rows."""

    IDENTICAL = "nothing, and the rotated vectors are the same"
    SCORES = "nothing, but the rotated vectors differ"
    MOVED = "rows move"
    SCALED = "rows are multiplied by factors, and may move"


CASES = {
    Relation.IDENTICAL: Case.IDENTICAL,
    Relation.EQUAL_SCORES: Case.SCORES,
    Relation.PERMUTATION: Case.MOVED,
    Relation.PAIR_MAP: Case.SCALED,
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with one part of a checkpoint."""

    part: str
    text: str


_CACHE = Advice("key cache", "keys cached by the other kernel are of no use here; fill the cache anew")
_VALUES = Advice(
    "K as V", "change nothing where K doubles as V, or where V or the attention's output is rotated too: values would "
    "change"
)
_STORED = Advice(
    "stored", "the code takes W_q and W_k one by one, as (out, in): from a fused matrix cut their rows out first and "
    "put them back; one stored as (in, out), as GPT-2's and JAX's are, is changed as W.T"
)
_AFTER = "a norm after the rotation is another question, which this verdict does not answer"

ADVICE: dict[Case, tuple[Advice, ...]] = {
    Case.IDENTICAL: (Advice("rows", "leave W_q and W_k as they are, and all that belongs to them"),),
    Case.SCORES: (Advice("rows", "leave W_q and W_k as they are, and all that belongs to them"), _CACHE),
    Case.MOVED: (
        Advice("rows", "W_q = convert(W_q, heads) and W_k = convert(W_k, kv_heads): the same move in every head; "
               "W_v and W_o stay"),
        Advice("biases", "those of q and k move like their rows: convert"),
        Advice("norm gains", "gains of a q/k norm over whole heads before the rotation, and LayerNorm's biases, move "
               f"like the rows: convert; {_AFTER}"),
        Advice("LoRA", "of B A only the rows of B move: convert"),
        Advice("quantised", "a row takes its own scales and zero points with it: convert; where one scale spans "
               "several rows, dequantise, convert, quantise again"),
        _STORED,
        _VALUES,
        _CACHE,
    ),
    Case.SCALED: (
        Advice("rows", "without a norm between projection and rotation W_q = convert(W_q, heads) and W_k = "
               "convert(W_k, kv_heads); with RMSNorm or LayerNorm there they take no factor: move in place of convert, "
               "since the norm would divide it out again; W_v and W_o stay"),
        Advice("biases", "those of q and k like their rows: convert, with a norm move"),
        Advice("norm gains", "here the factors go if there is a norm before the rotation: convert its gains, and "
               "LayerNorm's biases; where 1 + w is the gain (Gemma), it is 1 + w that is converted; a norm without "
               "gains has no place for factors, unless all rows have the same one and the attention's scale takes "
               f"its square; {_AFTER}"),
        Advice("LoRA", "of B A the rows of B like those of W: convert, with a norm move"),
        Advice("quantised", "a row's own scales, and offsets that are added, like the row: convert, with a norm move; "
               "its whole numbers and zero points only move; where one scale spans several rows, dequantise first "
               "and quantise again"),
        _STORED,
        _VALUES,
        _CACHE,
    ),
}


def advice_for(relation: Relation) -> tuple[Advice, ...]:
    """The advice for what holds."""
    return ADVICE[CASES[relation]]
