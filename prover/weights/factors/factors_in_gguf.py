"""Whether a GGUF file computes what a repair says once a tensor of factors is in it: read as llama.cpp reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from prover.claims.relation import Outcome
from prover.errors import InputError, UndecidedError
from prover.exact.number import exact
from prover.layouts.loading import Loaded, load
from prover.repair.factors import refuses_factors, with_factors
from prover.sources.llama.factors import FREQS
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.metadata import Metadata, Tensor
from prover.sources.model import Model
from prover.verdicts.as_stored import prove_loaded
from prover.weights.factors.held_factors import architecture_of, taken_by

PARAMETER = "freq_factors"


def require_fit(file: Metadata, target: Loaded, values: Sequence[Fraction]) -> tuple[str, ...]:
    """The parts of a model that the tensor reaches, each of which then computes the target with these factors (proved).

    Raises InputError where llama.cpp takes no such tensor of this file, or one of these parts computes something else.
    """
    if FREQS not in taken_by(file):
        why = _refusal(file) or f"llama.cpp's graph of '{architecture_of(file)[0]}' takes no {FREQS}"
        raise InputError(f"{why}: it would do nothing in the file", where=file.file,
                         advice="The tensor alone can be written: --out FILE.safetensors")
    tensors = {**(file.tensors or {}), FREQS: Tensor((len(values),), "f32", tuple(values))}
    model = read_llama_cpp(replace(file, tensors=tensors))
    reached = [part for part in model.parts if any(value.name == PARAMETER for value in part.values)]
    if not reached:
        raise InputError(f"no part of the model takes {FREQS}", where=file.file)
    expected = with_factors(target, [exact(value) for value in values], target.layout.name)
    for part in reached:
        where = f"{file.file}#{part.address}"
        try:
            verdict = prove_loaded(expected, load(str(part.spec)))
        except (InputError, UndecidedError) as fault:
            raise InputError(f"cannot be held against the target: {fault}", where=where) from None
        if verdict.outcome is not Outcome.EQUIVALENT:
            raise InputError(f"with the tensor it is {verdict.outcome.value}, as against TARGET with these factors",
                             where=where, advice=f"Name the part of the file itself as TARGET: {where}")
    return tuple(part.address for part in reached)


def _refusal(file: Metadata) -> str:
    """Why the kernels of this model take no factors, with where that is seen."""
    try:
        model: Model = read_llama_cpp(file)
    except InputError:
        return ""
    specs = [part.spec for part in model.parts if part.spec is not None]
    return next(filter(None, (refuses_factors(load(spec).family) for spec in specs)), "")
