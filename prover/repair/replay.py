"""A repair run on ggml's own kernel: scores of the source in NumPy beside those of the changed target in ggml.

The tolerance is derived: ggml works in float32 and comes to a pair's frequency by one factor from pair to pair, so with
unit roundoff u an angle of the pair n is off by (n + 4) u of itself and more for the axes, and a score by twice that.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from prover.claims.claim import Claim
from prover.claims.evidence import Token, Witness
from prover.kernels.kernel import axis_positions, make_kernel
from prover.measure.ggml import rope_ggml
from prover.measure.probe import Array

SEED, SAMPLES = 20261127, 4
ROUNDOFF = 2.0**-24
PLACES = ((0, 1), (3, 2), (17, 5), (130, 127), (1000, 988))


@dataclass(frozen=True, slots=True)
class Replay:
    """What scores differ by, each with its tolerance: with the repair at its worst, without it where it shows most."""

    library: str
    scores: int
    error: float
    tolerance: float
    before: float
    before_tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the changed target computes the source."""
        return self.error <= self.tolerance

    @property
    def shows(self) -> bool:
        """Whether the target as it was is seen not to, so that the run could have failed."""
        return self.before > self.before_tolerance


def replay(before: Claim, claim: Claim, holds: Witness, changed: str, library: Path) -> Replay:
    """Scores of random q and k at small and large positions.

    `before`: the claim about the target as it is, a layout of ggml; `claim`: about the changed one, of which `changed`
    is the spec; `holds`: what is done to the rows.
    """
    kernel, other, rows = make_kernel(claim.source), make_kernel(claim.target), np.array(holds.permutation)
    sides = (claim, "source", claim.source), (claim, "target", claim.target), (before, "target", before.target)
    generator = np.random.default_rng(SEED)
    worst, control, count = (0.0, 1.0), (0.0, 1.0), 0
    for index, feed in enumerate(claim.feeds):
        for place in PLACES:
            # Steps differ from axis to axis: else it does not show which pair turns with which.
            names = tuple(enumerate(feed.coordinates))
            tokens = [Token(index, tuple((name, Fraction(n * (2 * axis + 1))) for axis, name in names)) for n in place]
            at = [
                [axis_positions(under, token, side, layout.axes) for token in tokens] for under, side, layout in sides
            ]
            q, k = generator.standard_normal((2, SAMPLES, kernel.width))
            where = [np.array([float(value) for value in row]) for row in at[0]]
            wanted = (kernel.apply(q, where[0]) * kernel.apply(k, where[1])).sum(axis=-1)
            fed, was = ([tuple(float(value) for value in row) for row in rows_at] for rows_at in at[1:])
            found, old = (
                (rope_ggml(spec, a, fed_at[0], library) * rope_ggml(spec, b, fed_at[1], library)).sum(axis=-1)
                for spec, fed_at, a, b in ((changed, fed, q[:, rows], k[:, rows]), (before.target.name, was, q, k))
            )
            turns = sum(other.largest_turn(np.array(row)) for row in fed)
            size = float(other.magnitudes.max(initial=1)) ** 2 * float(_norms(q, k).max())
            may = 4 * size * ROUNDOFF * ((len(other.read) + len(other.axes) + 4) * turns + kernel.width + 8)
            error, unchanged = (float(np.abs(scores - wanted).max()) for scores in (found, old))
            worst, control = (
                max(kept, (size, may), key=lambda each: each[0] / each[1])
                for kept, size in ((worst, error), (control, unchanged))
            )
            count += SAMPLES
    return Replay(library.name, count, *worst, *control)


def _norms(q: Array, k: Array) -> Array:
    return np.asarray(np.linalg.norm(q, axis=1) * np.linalg.norm(k, axis=1))
