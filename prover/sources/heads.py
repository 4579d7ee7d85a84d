"""Heads of models: their layouts are worked out only where a model may have a head so wide."""

from __future__ import annotations

from prover.errors import LimitError, ProverError
from prover.layouts.loading import Loaded, load, width_of

# Eight times the widest head of a known model.
MAX_HEAD = 4096


def load_head(spec: str, where: str) -> Loaded:
    """The layout of a part of the model in the file `where`.

    Raises InputError where no command takes the SPEC, and LimitError for a head of more than MAX_HEAD lanes.
    """
    try:
        if (width := width_of(spec)) > MAX_HEAD:
            raise LimitError(f"a head is {width} lanes wide, expected at most {MAX_HEAD} in a model",
                             advice="Are the width of the model and the number of its heads right?")
        return load(spec)
    except ProverError as fault:
        raise fault.inside(where) from None
