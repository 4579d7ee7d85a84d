"""What working precision does to a layout."""

from __future__ import annotations

import re
from fractions import Fraction

from prover.api.answers import Report, Texts, several
from prover.api.arguments import loaded_of
from prover.errors import EXIT_OK, InputError

_DECIMAL = re.compile(r"[0-9]{0,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?\Z")


def precision(
    spec: str, positions: int = 131072, *, radian: str | float = "0.1", formats: Texts = (), kernels: Texts = "table",
    every_pair: bool = False,
) -> Report:
    """How far angles and scores are off where a kernel works in float32, bfloat16 or float16, at positions 0 to N.

    Proved bounds, what a run shows, and from which position an angle is off by more than `radian`. `formats`: all three
    by default. `kernels`: how frequencies come about: "table" (stored), "power" (base**(-2j/n) in the format for each
    pair), "recurrence" (a factor from pair to pair). `every_pair`: the text tells them too. Raises ProverError.

    >>> frequencies = precision("ggml/neox:head_dim=128", 2048, formats="bfloat16").to_json()["variants"][1]
    >>> round(frequencies["worst"]["angle"]["bound"], 3), frequencies["worst"]["exceeds"]
    (2.505, {'bound': 82, 'measured': 82})
    """
    from prover.bits.precision import FORMATS, measure_precision
    from prover.reports.precision_report import precision_json, precision_text

    found = measure_precision(
        loaded_of(spec), positions, _radian(radian), several(formats) or FORMATS, several(kernels)
    )
    return Report(EXIT_OK, lambda: precision_json(found), lambda _: precision_text(found, every_pair))


def _radian(given: str | float) -> Fraction:
    text = str(given).strip()
    if not any(c.isdigit() for c in text.lower().partition("e")[0]) or not _DECIMAL.match(text):
        raise InputError(
            f"is '{text[:40]}', expected a positive number of radians", where="radian", advice="Such as 0.1"
        )
    return Fraction(text)
