"""What engines do beside the rotation by a config's keys: scales of queries, the factor of the softmax.

Source: huggingface/transformers v5.24.0 models/ministral3/modeling_ministral3.py get_llama_4_attn_scale, as mistral4;
models/llama4/modeling_llama4.py Llama4TextAttention.forward; models/deepseek_v3/modeling_deepseek_v3.py
yarn_apply_mscale, as the other latent attentions. The tables of the other engines name their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from prover.sources.beside import NOTHING, Beside, Given, QueryScale, SoftmaxFactor, Unknown
from prover.sources.keys import Keys
from prover.sources.model import Value

ALL_DIM = "mscale_all_dim"
FACTOR = "factor"
ROPE = "rope"


class QueryScaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a scale that queries get with their position; what they are where the file has none, if anything.

    `rise_in`, `length_in`: the object that they stand in, "rope" for the parameters of RoPE, "" for the top.
    `optional`: without the key of the rise there is no scale. `unless`: a key that turns it off when it is false.
    `still`: only layers without RoPE have it. `other`: why it is not known. `formula`: it is another, which is compared
    with nothing but itself. `elsewhere`: what is to be said where a file has the usual key among the parameters of RoPE
    and the engine takes the scale from another place.
    """

    rise: str = ""
    length: str = ""
    offset: int = 0
    rise_absent: str = ""
    length_absent: int = 0
    rise_in: str = ""
    length_in: str = ""
    optional: bool = False
    unless: str = ""
    still: bool = False
    other: str = ""
    formula: str = ""
    elsewhere: str = ""


def beside_still(keys: Keys, row: QueryScaling | None) -> Beside:
    """What is done in layers without RoPE. Raises InputError."""
    return Beside(_query(keys, row, None, None)) if row is not None and row.still else NOTHING


def beside_turning(
    keys: Keys, row: QueryScaling | None, rope: Keys | None, is_scaled: bool, values: Sequence[Value] = (),
) -> Beside:
    """What is done in layers that turn by these parameters. Raises InputError.

    `is_scaled`: whether mscale_all_dim goes into the scale of the softmax. `values`: of the layout; one of the length's
    name stands above what the parameters have.
    """
    query = None
    if row is not None and not row.still:
        given = next((Fraction(value.text) for value in values
                      if row.length_in == ROPE and value.name == row.length), None)
        query = _query(keys, row, rope, given)
    return Beside(query, _softmax(rope) if is_scaled and rope is not None else None)


def _query(
    keys: Keys, row: QueryScaling, rope: Keys | None, length: Fraction | None,
) -> QueryScale | Unknown | None:
    if row.other or row.formula:
        return Unknown(row.other, True, row.formula)
    if row.unless and row.unless in keys and not keys.table[keys.name(row.unless)]:
        return None
    rise = _number(_place(keys, row.rise_in, rope), row.rise, row.rise_absent)
    if rise is None and row.optional:
        return None
    if length is None:
        length = _number(_place(keys, row.length_in, rope), row.length, row.length_absent or "")
    if rise is None or length is None:
        return Unknown(f"the engine breaks off without {row.rise if rise is None else row.length}", is_there=True)
    if rise == 0:
        return None
    if rise < 0 or length.denominator != 1 or length <= row.offset:
        return Unknown(f"{row.rise} {float(rise):g} with {row.length} {float(length):g} is not compared", is_there=True)
    return QueryScale(Given(rise), int(length), row.offset)


def _place(keys: Keys, name: str, rope: Keys | None) -> Keys | None:
    return keys if not name else rope if name == ROPE else keys.object(name)


def _number(place: Keys | None, key: str, absent: str | int) -> Fraction | None:
    """The number under a key, or what it is where there is no such key; None for null, or where it is nothing."""
    if place is not None and key in place:
        return place.number(key) if place.is_given(key) else None
    return Fraction(absent) if absent else None


def _softmax(rope: Keys) -> SoftmaxFactor | Unknown | None:
    if not rope.is_given(ALL_DIM) or not rope.number(ALL_DIM):
        return None
    if not rope.is_given(FACTOR):
        return Unknown(f"{ALL_DIM} is there and {FACTOR} is not", is_there=True)
    weight, factor = rope.number(ALL_DIM) / 10, rope.number(FACTOR)
    if factor <= 1:
        return None
    if weight < 0:
        return Unknown(f"{ALL_DIM} is below 0, which is not compared", is_there=True)
    return SoftmaxFactor((Given(weight),), Given(factor))
