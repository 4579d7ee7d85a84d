"""How wide a head is for llama.cpp, and how many of its lanes turn."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header, Known
from prover.sources.llama.layers import HEADS
from prover.sources.model import Value

WIDTH = "embedding_length"
LENGTH = "attention.key_length"
LANES = "rope.dimension_count"
# Keys without which llama.cpp refuses a file, in the order in which it asks for them.
REQUIRED = ("context_length", WIDTH, "block_count")


@dataclass(frozen=True, slots=True)
class Head:
    """The width of a head, its rotated lanes, and whether those are the trailing ones."""

    width: Known
    lanes: Known
    trails: bool

    def values(self) -> tuple[Value, ...]:
        """Both as a layout takes them."""
        found = (Value("head_dim", str(self.width.whole), self.width.origin),
                 Value("n_rot", str(self.lanes.whole), self.lanes.origin))
        if not self.trails or self.width.number == self.lanes.number:
            return found
        return (*found, Value("offset", str(self.width.whole - self.lanes.whole), "head_dim - n_rot"))


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of layers with full attention and of those that slide."""

    full: Head
    sliding: Head

    def of(self, slides: bool) -> Head:
        """Those of one of the two."""
        return self.sliding if slides else self.full


def read_heads(entry: Architecture, header: Header, first_slides: bool) -> Heads:
    """The heads: unless the graph asks layer by layer, the first layer's are those of all. Raises InputError."""
    own = _full_width(entry, header)
    lanes = header.whole(LANES, own)
    widths, rotated = {False: own, True: own}, {False: lanes, True: lanes}
    sliding = entry.sliding
    if sliding is not None:
        widths[True] = header.whole(f"{LENGTH}_swa", own)
        rotated[True] = header.whole(f"{LANES}_swa", lanes)
    if entry.halved:
        rotated[False] = Known(Fraction(lanes.whole // 2), f"{lanes.origin} // 2")
    if entry.head == "latent":
        widths[False] = _latent(header, f"{LENGTH}_mla", widths[False])
        is_split = sliding is not None and sliding.heads
        widths[True] = _latent(header, f"{LENGTH}_mla_swa", widths[True]) if is_split else widths[False]
    if sliding is None or not sliding.heads:
        widths = dict.fromkeys(widths, widths[first_slides])
    if sliding is None or sliding.lanes != "each":
        others = rotated[first_slides]
        rotated = {False: others, True: rotated[True] if sliding is not None and sliding.lanes else others}
    trails = entry.head in ("trailing", "latent")
    full, slid = (Head(widths[slides], rotated[slides], trails) for slides in (False, True))
    return Heads(full, slid)


def check_head(entry: Architecture, header: Header, head: Head, slides: bool) -> None:
    """Raises InputError for rotated lanes that the graph breaks off at, or that its kernel cannot turn."""
    width, lanes = head.width, head.lanes
    of = f"{width.whole}, the width of the head ({width.origin})"
    if entry.head == "whole" and lanes.number != width.number:
        expected = f"{of}: with {header.name} llama.cpp breaks off at another number"
    elif lanes.whole % 2 or not 0 < lanes.number <= width.number:
        expected = f"an even number from 2 to {of}"
    else:
        return
    own = slides and entry.sliding is not None and bool(entry.sliding.lanes)
    key = f"{LANES}_swa" if own or lanes.origin == f"{LANES}_swa" else LANES
    raise InputError(f"expected {expected}; got {lanes.whole} ({lanes.origin})", where=header.where(key))


def _full_width(entry: Architecture, header: Header) -> Known:
    """attention.key_length, or the embedding over the heads of the first layer; in a fragment what must be the same."""
    heads = header.per_layer(HEADS, None)
    first = heads[0] if isinstance(heads, tuple) and heads else heads
    if heads is not None and (not isinstance(first, int) or first < 1):
        raise header.wrong(HEADS, "a number of heads above 0 in the first layer")
    if LENGTH in header:
        return header.whole(LENGTH)
    absent = [key for key in (*REQUIRED, HEADS) if key not in header]
    if WIDTH in absent or HEADS in absent:
        if entry.head == "whole" and LANES in header:
            return Known(header.whole(LANES).number, f"{LANES}, which has to be the head")
        raise header.absent(*absent, advice="Is it a file with the vocabulary alone, or a part of a log?")
    assert isinstance(first, int)
    return Known(Fraction(header.whole(WIDTH, least=1).whole // first), f"{WIDTH} // {HEADS}")


def _latent(header: Header, key: str, own: Known) -> Known:
    """The width of a head of latent attention, where the file has one; a 0 is none."""
    found = header.whole(key, own)
    return found if found.number else own
