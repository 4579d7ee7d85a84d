"""Which tensors of a projection are multiplied where its rows have to be, and what keeps them from it (theorem T8).

A row's output is the weight's row, plus the bias, plus B's row times A. So weight, bias and B take the factor; where
rows are quantised with a scale each, the scale takes it in place of the weight's own numbers. With DoRA the output is
m * (W + B*A) / |W + B*A|: W and B take the factor, which the row's norm takes out again since it is positive, and so
does the magnitude m. A never takes it. In front of a norm a factor would be lost, so nothing is multiplied there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.claims.relation import Outcome
from prover.exact.number import ONE, Exact
from prover.sources.beside import SOFTMAX, hold
from prover.weights.moved.rounding import FORMATS, is_positive
from prover.weights.moved.witness import Need
from prover.weights.packed.slots import Kind, Slot
from prover.weights.stored.dtypes import BLOCKS

SCALES = (Kind.SCALE, Kind.BLOCK_SCALE)
NORMS = (Kind.GAIN, Kind.NORM_BIAS)
TAKES = (Kind.WEIGHT, Kind.BIAS, Kind.LORA_B, Kind.MAGNITUDE, *SCALES)


def takes_factors(slot: Slot, layer: Sequence[Slot]) -> bool:
    """Whether a tensor's numbers are multiplied. `layer`: slots, those of its layer among them."""
    return slot.kind in TAKES and not (slot.kind is Kind.WEIGHT and _scales_of(slot, layer))


def _scales_of(slot: Slot, layer: Sequence[Slot]) -> list[Slot]:
    """The scales of the rows of a weight: they have the same heads in the same rows."""
    place = slot.part, slot.layer, slot.rank, slot.blocks
    return [each for each in layer if each.kind in SCALES and (each.part, each.layer, each.rank, each.blocks) == place]


def keeps_still(slot: Slot, layer: Sequence[Slot]) -> str:
    """Why a tensor cannot be multiplied though it would have to be, in words; "" if it can."""
    if slot.kind in NORMS:
        return "is of a norm in front of the rotation, behind which a factor of the rows is lost"
    if slot.kind is Kind.WEIGHT and len(_scales_of(slot, layer)) > 1:
        return "has two kinds of scales, of which one alone may be multiplied"
    if not takes_factors(slot, layer) or slot.tensor.dtype in FORMATS:
        return ""
    if slot.tensor.dtype in BLOCKS:
        return (f"is quantised in blocks along its rows ({slot.tensor.dtype}), which take no factor. Dequantise it to "
                "F32 first, and quantise again afterwards")
    what = "scales" if slot.kind in SCALES else "numbers"
    return (f"has {what} of type {slot.tensor.dtype}, which is not rounded to here. Dequantise first: "
            f"{', '.join(FORMATS)} are multiplied, and scales of rows in place of quantised rows")


def unfit(need: Need, factors: Sequence[Exact]) -> Iterator[tuple[Outcome, str]]:
    """What the factors of a need leave open or do not make up for: whether it is certain, and why."""
    if not all(factor == ONE or is_positive(factor) for factor in factors):
        yield Outcome.UNDECIDED, ("what rows would have to be multiplied by is no single positive number; a stored "
                                  "number stands for all that round to it")
    for held in hold(need.meeting.source.beside, need.meeting.target.beside, None, 0):
        if held.name == SOFTMAX and held.outcome is not Outcome.EQUIVALENT:
            yield held.outcome, (f"{held.name}: {held.text}; rows are not multiplied where the scores' own factor may "
                                 "be what differs")
