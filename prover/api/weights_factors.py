"""Tensors of frequency factors: made for a target, or held against the config that they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prover.api.answers import Answer, Texts, several
from prover.api.arguments import DEFAULT_POSITIONS
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.reports.weights_factors_report import Written
    from prover.weights.factors.factor_tensors import Made


def make_factors(
    source: str, target: str, *, feeds: Texts = (), axes: str | None = None, allow: Texts = (),
    positions: int = DEFAULT_POSITIONS, out: str | None = None, into: str | None = None, partial: bool = False,
    track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Answer:
    """Which frequency factors make `target` compute `source`, and what must be changed as well?

    `allow`: what may be changed, as for `find_repair`; without it rows of the weights, and a parameter where they are
    not enough. `out`: a new .safetensors file with the tensor, or a new .gguf file, which is a copy of `into` with the
    tensor in it. `partial`: make such a copy even where the tensor alone is not enough. `track` goes around the names
    of the tensors that are copied. Raises ProverError.

    >>> make_factors("ggml/neox:base=160000", "ggml/neox:base=10000").headline
    'ENOUGH ALONE: with these 64 factors the target computes the source, but for their rounding to float32.'
    """
    from prover.claims.relation import EXIT_CODES, Outcome
    from prover.layouts.axes import axes_feeds
    from prover.repair.size import require_positions
    from prover.reports.repair_report import outcome_of
    from prover.reports.weights_factors_report import made_headline, made_json, made_text
    from prover.weights.factors import factor_tensors

    require_positions(positions)
    _require_names(out, into, partial)
    made = factor_tensors.make_factors(source, target, axes_feeds(axes, several(feeds)), several(allow), positions)
    outcome = outcome_of(made.repairs)
    if out is not None and made.repair is None:
        raise InputError(f"is not made. {made_headline(made, outcome).rstrip('.')}", where=out,
                         advice="Leave --out away to see what was found")
    written = None if out is None else _write(made, out, into, partial, track)
    if written is not None and not made.besides:
        outcome = Outcome.EQUIVALENT  # all that must be changed is in the file
    code = EXIT_CODES[outcome]
    root = made_json(made, outcome, code, written)
    found = made.repairs.found or made.repairs
    return Answer(
        code, lambda: dict(root), lambda path: made_text(root, path), outcome.value, root["headline"],
        found.verdict.certificate,
    )


def _require_names(out: str | None, into: str | None, partial: bool) -> None:
    if into is not None and out is None:
        raise InputError("needs a name for the copy", where="--into", advice="Give --out COPY.gguf")
    if partial and into is None:
        raise InputError("is about --into", where="--partial")
    suffix = ".safetensors" if into is None else ".gguf"
    if out is not None and not out.endswith(suffix):
        advice = "A copy of a GGUF file with the tensor in it is made with --into MODEL.gguf" if into is None else ""
        raise InputError(f"expected a name that ends with {suffix}", where=f"--out {out[:200]}", advice=advice)


def _write(
    made: Made, out: str, into: str | None, partial: bool, track: Callable[[Sequence[str]], Iterator[str]]
) -> Written:
    from prover.reports.weights_factors_report import Written, besides_text
    from prover.sources.gguf_file import read_gguf
    from prover.sources.llama.factors import FREQS
    from prover.weights.factors.factor_tensors import about, as_safetensors
    from prover.weights.factors.factors_in_gguf import require_fit
    from prover.weights.stored.gguf_writer import write_with_tensor
    from prover.weights.stored.new_file import require_new, write_new

    besides = besides_text(made)
    if into is None:
        write_new(Path(out), as_safetensors(made.values, about(made, besides)))
        return Written(out)
    require_new(Path(out), Path(into))
    parts = require_fit(read_gguf(Path(into)), made.target, made.values)
    if besides and not partial:
        raise InputError(
            f"is not made, since the tensor alone is not enough: the target must also have {besides}", where=out,
            advice="Change that first and name what comes of it as TARGET; --partial makes a copy that is still wrong",
        )
    copied = write_with_tensor(Path(into), Path(out), FREQS, made.values, track)
    return Written(out, into, copied.replaced, parts)


def check_factors(config: str, file: str, *, kind: str = "") -> Answer:
    """Are the factors in a GGUF file those that a config asks for? Number by number, in float32 steps.

    `kind`: what the config's model_type is taken for. The verdict is equivalent, different or undecided. Raises
    ProverError.
    """
    from prover.claims.relation import EXIT_CODES
    from prover.reports.weights_factors_report import held_headline, held_json, held_text
    from prover.sources.gguf import read_metadata
    from prover.sources.reading import read_model
    from prover.weights.factors.held_factors import hold_factors

    asked = read_model(config, "", kind)
    if not asked.engine.startswith("transformers"):
        raise InputError("is no config, which would say what the factors are to be", where=config[:200],
                         advice="Give the config.json first, then the GGUF file")
    found = hold_factors(asked, read_metadata(Path(file)))
    code = EXIT_CODES[found.outcome]
    return Answer(
        code, lambda: held_json(found, code), lambda _: held_text(found), found.outcome.value, held_headline(found),
        None,
    )
