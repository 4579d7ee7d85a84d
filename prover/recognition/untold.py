"""Which parameters of a layout that conforms the measurement does not tell: with other values it would conform too."""

from __future__ import annotations

from fractions import Fraction

from prover.errors import ProverError
from prover.exact.number import Exact
from prover.layouts.expand import parameter_values
from prover.recognition.facts import Facts
from prover.recognition.filling import STRUCTURE
from prover.recognition.fitting import Fit
from prover.recognition.matching import match
from prover.recognition.things import things

CHANGES = (Fraction(3, 2), Fraction(11, 10))


def untold(fit: Fit, facts: Facts) -> tuple[str, ...]:
    """Names of single numbers that may be half as large again, or larger by a tenth, and change nothing measured.

    A parameter that is read nowhere under the words that are chosen is among them only if it is given.
    """
    named = things()
    try:
        known = parameter_values(fit.family, fit.given)
    except ProverError:
        return ()
    found = []
    for parameter in fit.family.parameters:
        value = known[parameter.name]
        thing = named.get(parameter.name, "")
        if thing in STRUCTURE or not (parameter.name in fit.given or thing == "base"):
            continue
        if isinstance(value, Exact) and value.rational and any(
            (changed := match(fit.family, fit.given | {parameter.name: value.rational * by}, facts)) is not None
            and changed.fits and changed.off <= facts.measured.magnitude_tolerance for by in CHANGES
        ):
            found.append(parameter.name)
    return tuple(found)
