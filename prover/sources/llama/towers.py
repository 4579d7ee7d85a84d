"""Towers for images and sound: files for --mmproj, which llama.cpp takes beside a model."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from prover.errors import InputError
from prover.sources.llama.architectures import find_tower
from prover.sources.llama.header import Header, Known
from prover.sources.model import Part, Value

TOWERS = "clip"
PROJECTOR = "projector_type"
MAX_BLOCKS = 10_000
NO_ROPE = "no RoPE: learned, fixed or relative positions"
BESIDE = "llama.cpp takes the file beside a model (--mmproj), not as a model of its own"


def tower_parts(header: Header) -> Iterator[Part]:
    """The towers that the file has. Raises InputError for one that has no layout here."""
    header.tell("RP113", BESIDE)
    found = [name for name in ("vision", "audio") if header.flag(f"has_{name}_encoder", False)]
    if not found:
        raise header.absent("has_vision_encoder", "has_audio_encoder")
    for name in found:
        yield _tower(header, name)


def _tower(header: Header, name: str) -> Part:
    key = PROJECTOR if header.text(PROJECTOR, "") else f"{name}.{PROJECTOR}"
    projector = header.text(key, "")
    if not projector:
        raise header.absent(key)
    try:
        tower = find_tower(projector)
    except InputError as fault:
        raise fault.inside(header.where(key)) from None
    count = f"{name}.block_count"
    if count in header and header.whole(count).whole > MAX_BLOCKS:
        raise header.wrong(count, f"at most {MAX_BLOCKS}")
    layers = tuple(range(header.whole(count).whole)) if count in header else None
    if (projector == "qwen2.5o" and name == "audio") or not (tower.layout or tower.untold):
        return Part(name, layers, None, instead=NO_ROPE)
    if tower.untold:
        raise InputError(f"no layout of '{projector}' is here: {tower.untold}", where=header.where(key))
    width = _width(header, name)
    values = [Value("head_dim", str(width.whole), width.origin), Value("base", str(tower.base), "default")]
    if tower.sections:
        sections = [str(width.whole // 4) if place < tower.sections else "0" for place in range(4)]
        values.append(Value("sections", ",".join(sections), "head_dim // 4"))
    if tower.interleaves:
        values.append(Value("interleave_freq", "1", "default"))
    return Part(name, layers, tower.layout, tuple(values))


def _width(header: Header, name: str) -> Known:
    own = f"{name}.attention.head_dim"
    if own in header and header.whole(own).number:
        return header.whole(own)
    whole, heads = f"{name}.embedding_length", f"{name}.attention.head_count"
    lanes = header.whole(whole, least=1).whole // header.whole(heads, least=1).whole
    return Known(Fraction(lanes), f"{whole} // {heads}")
