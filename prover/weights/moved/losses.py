"""Numbers that a factor would make infinite, or hold with less bits than before: looked for before writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from prover.errors import UndecidedError
from prover.exact.display import show_number
from prover.weights.moved.plan import Move, Reason, Refusal
from prover.weights.moved.rounding import Loss, Product
from prover.weights.stored.dtypes import BITS
from prover.weights.stored.values import open_rows

AT_ONCE = 8 << 20  # bytes that are read together
WIDER = {"F16": "F32", "BF16": "F64", "F32": "F64"}  # by their exponents: F32 has no more than BF16
WORDS = {
    Loss.INFINITE: "is too large for its type and would be infinite",
    Loss.SMALL: "would be too small to be held with all its bits",
    Loss.ZERO: "would be 0",
}


def losses(moves: Sequence[Move]) -> Iterator[Refusal]:
    """The first number of each tensor that may not be multiplied so. Raises InputError for what cannot be read."""
    for move in moves:
        found = next(_of_tensor(move), None)
        if found is not None:
            yield found


def _of_tensor(move: Move) -> Iterator[Refusal]:
    tensor, where = move.tensor, move.slot
    if not move.factors or not tensor.size:
        return
    data, before = open_rows(tensor, move.rows), move.gather()
    step = max(1, AT_ONCE // data.shape[1])
    for factor, rows in move.multiplied().items():
        product = Product(tensor.dtype, factor)
        size = BITS[tensor.dtype] // 8
        sources = np.sort(before[rows])
        for start in range(0, len(sources), step):
            some = sources[start : start + step]
            try:
                lost = product.first_loss(data[some])
            except UndecidedError as fault:
                yield Refusal(where.part, (where.layer,), Reason.UNDECIDED, f"{tensor.name}: {fault}")
                return
            if lost is not None:
                columns = data.shape[1] // size
                row, column = int(some[lost[0] // columns]), lost[0] % columns
                value = product.value(data[row, column * size : (column + 1) * size])
                wider = f". Convert the tensor to {WIDER[tensor.dtype]} first" if tensor.dtype in WIDER else ""
                yield Refusal(
                    where.part, (where.layer,), Reason.SCALE, f"{tensor.name}, row {row}, column {column}: {value!r} "
                    f"times {show_number(factor)} {WORDS[lost[1]]} in {tensor.dtype}{wider}", where.source)
                return
