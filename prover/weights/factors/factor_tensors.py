"""The tensor of frequency factors with which a target computes a source, and what must be done besides.

llama.cpp calls it rope_freqs.weight, and divides the angle of pair j by its number j (ggml-org/llama.cpp 0c1e57098,
ggml/src/ggml-cpu/ops.cpp `rope_yarn`'s callers; conversion/llama.py `LlamaModel.generate_extra_tensors`).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.checker import digest
from prover.errors import InputError
from prover.layouts.loading import Loaded, load
from prover.repair.find_repair import find_repair
from prover.repair.repairs import Kind, Repair, Repairs, allowed_kinds
from prover.sources.engine_llama_cpp import with_rows
from prover.sources.llama.factors import FREQS
from prover.sources.model import Finding
from prover.sources.named import named_part, resolve_told
from prover.sources.reading import read_model

# Factors and moved rows before a parameter is changed, so that a tensor is found where one is enough.
USUAL = ((Kind.PERMUTATION, Kind.FACTORS), (Kind.PERMUTATION, Kind.PARAMETER, Kind.FACTORS))


@dataclass(frozen=True, slots=True)
class Made:
    """What was found. `target`: as its kernel is.

    `has_rows`: the target is a GGUF file, whose rows are taken as llama.cpp's converter moves them for the source.
    `findings`: about the models that were named.
    """

    repairs: Repairs
    target: Loaded
    has_rows: bool
    findings: tuple[Finding, ...] = ()

    @property
    def repair(self) -> Repair | None:
        """The repair, if it has factors."""
        found = self.repairs.found
        return found if found is not None and found.factors else None

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The numbers of the tensor, each a float32; none where no factors are needed, or none help."""
        return tuple(factor.stored for factor in self.repair.factors) if self.repair is not None else ()

    @property
    def is_rounded(self) -> bool:
        """Whether some factor is no float32, and the tensor has the nearest."""
        return self.repair is not None and any(each.value.rational != each.stored for each in self.repair.factors)

    @property
    def besides(self) -> tuple[Kind, ...]:
        """What else must be changed."""
        return () if self.repair is None else tuple(kind for kind in self.repair.kinds if kind is not Kind.FACTORS)


def make_factors(
    source: str, target: str, feeds: Sequence[str] = (), allow: Sequence[str] = (), positions: int = 131072
) -> Made:
    """The factors that a target needs, by SPECs; `allow` as for `allowed_kinds`. Raises InputError.

    Rows of a GGUF file are taken as they are there if the source is a config that its converter makes such a file of.
    """
    (ours, told), (theirs, told_too) = resolve_told(source), resolve_told(target)
    plain, rows = load(theirs), _converted_rows(source, target)
    sides = load(ours), plain if rows is None else plain.moved(rows)
    if allow and Kind.FACTORS.value not in allow:
        raise InputError("leaves out factors, which are what is asked for", where="--allow", advice="Add factors")
    attempts = (allowed_kinds(allow, plain),) if allow else USUAL
    found = find_repair(*sides, feeds, attempts[0], positions)
    for kinds in attempts[1:]:
        if found.found is None:
            found = find_repair(*sides, feeds, kinds, positions)
    return Made(found, plain, rows is not None, tuple(dict.fromkeys((*told, *told_too))))


def _converted_rows(source: str, target: str) -> tuple[int, ...] | None:
    """Where the rows of a GGUF file were in the checkpoint; None where they are not moved, or it is not known."""
    ours, theirs = named_part(source), named_part(target)
    if ours is None or theirs is None or not ours[0].engine.startswith("transformers"):
        return None
    try:
        model = with_rows(theirs[0], read_model(ours[0].file, "llama.cpp"))
        return model.part(theirs[1].address).rows
    except InputError:
        return None


def about(made: Made, besides: str) -> dict[str, str]:
    """What a file of the tensor says of itself. `besides`: what must be changed as well, in words, if anything."""
    repair = made.repair
    assert repair is not None
    certificate = repair.verdict.certificate
    return {
        "made_by": "rope-prover weights factors",
        "meaning": "the angle of pair j is divided by number j",
        "source": repair.verdict.claim.source.name,
        "target": made.target.layout.name,
        "feeds": ", ".join(feed.name for feed in repair.verdict.claim.feeds),
        "enough_alone": "no" if besides else "yes",
        **({"must_change_as_well": besides} if besides else {}),
        **({"rows": "taken as llama.cpp's converter moves them for the source"} if made.has_rows else {}),
        "changed_target": repair.spec,
        **({"certificate": digest(json.loads(certificate))} if certificate else {}),
    }


def as_safetensors(values: Sequence[Fraction], told: Mapping[str, str], name: str = FREQS) -> bytes:
    """A safetensors file with one float32 tensor of one dimension."""
    data = struct.pack(f"<{len(values)}f", *map(float, values))
    head = {"__metadata__": dict(told),
            name: {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}}
    text = json.dumps(head, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data
