"""The tensors that divide the frequencies of a GGUF file: rope_freqs, or two lists by the length of the context."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError
from prover.sources.keys import list_text
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header
from prover.sources.llama.heads import Heads
from prover.sources.llama.scaling import ORIGINAL, Scaling, original_context
from prover.sources.metadata import Tensor
from prover.sources.model import Value

FREQS = "rope_freqs.weight"
SHORT, LONG = "rope_factors_short.weight", "rope_factors_long.weight"
TENSORS = (FREQS, SHORT, LONG)
_KINDS = ("", "f32")


@dataclass(frozen=True, slots=True)
class Factors:
    """Values for a layout; `are_lists`: they are two lists, which a layout of its own takes.

    `unseen`: that there are factors whose numbers the source does not show.
    """

    values: tuple[Value, ...] = ()
    are_lists: bool = False
    unseen: str = ""


def taken_tensors(entry: Architecture, scaling: str) -> tuple[str, ...]:
    """The tensors that the graph takes, by rope.scaling.type; none where it takes no factors."""
    if not entry.factors:
        return ()
    takes_lists = entry.factors == "lists" or (entry.factors == "longrope" and scaling == "longrope")
    return (SHORT, LONG) if takes_lists else (FREQS,)


def find_factors(entry: Architecture, header: Header, heads: Heads, first_slides: bool, scaling: Scaling) -> Factors:
    """The factors that the graph takes. What the source does not show of them is told. Raises InputError."""
    if not entry.factors:
        _tell_unused(header, ())
        return Factors()
    wanted = taken_tensors(entry, scaling.type)
    takes_lists = wanted != (FREQS,)
    tensors = header.metadata.tensors
    if tensors is None:
        must = ", which llama.cpp asks for" if entry.factors_required else ""
        header.tell(
            "RP105", f"whether the file holds {' and '.join(wanted)}{must} cannot be told, for no tensors are listed: "
            "if it does, its factors are not in the layout")
        header.taken.update({ORIGINAL} if takes_lists else ())
        return Factors()
    _tell_unused(header, wanted)
    absent = [name for name in wanted if name not in tensors]
    if absent and not header.metadata.has_all_tensors:
        header.tell("RP105", f"{' and '.join(absent)}: not among the tensors that are told; if the file holds it, its "
                             "factors are not in the layout")
    elif entry.factors_required and absent:
        raise InputError("is not among the tensors, and llama.cpp refuses the file without it",
                         where=f"{header.metadata.file}, {FREQS}")
    count = _count(entry, heads, first_slides)
    found = {name: _numbers(header, name, tensors[name], count) for name in wanted if name in tensors}
    if any(numbers is None for numbers in found.values()):
        unseen = f"{' and '.join(found)}: in the file, but this source does not show the numbers"
        header.tell("RP105", f"{unseen}: they are not in the layout")
        return Factors(unseen=unseen)
    if not found:
        return Factors()
    if not takes_lists:
        return Factors((_listed("freq_factors", found[FREQS] or (), FREQS),))
    original = header.whole(ORIGINAL) if ORIGINAL in header else original_context(header)  # here a 0 is one
    if scaling.run.context is None:
        header.tell("RP106", f"two lists of factors: {LONG} where the program is started with more than "
                             f"{original.whole} tokens of context for each sequence (n_ctx of the layout), else the "
                             "short one")
    values = [_listed(parameter, found[name] or (), name)
              for parameter, name in (("short_factor", SHORT), ("long_factor", LONG)) if name in found]
    if scaling.run.context is not None:
        values.append(Value("n_ctx", scaling.run.context.text, scaling.run.context.origin))
    if not scaling.ramp.number:
        values.append(Value("n_ctx_orig", str(original.whole), original.origin))
    elif scaling.run.original is not None and scaling.run.original.number != original.number:
        raise InputError("is another length for YaRN than the file's, which rules the two lists of factors: no layout "
                         "says that", where=f"{header.metadata.file}, {scaling.run.original.origin}")
    return Factors(tuple(values), True)


def _count(entry: Architecture, heads: Heads, first_slides: bool) -> int:
    first = heads.of(first_slides)
    match entry.factors_of:
        case "head":
            return heads.full.width.whole // 2
        case "widest":
            return max(heads.full.lanes.whole, heads.sliding.lanes.whole) // 2
    return first.lanes.whole // 2


def _numbers(header: Header, name: str, tensor: Tensor, count: int) -> tuple[Fraction, ...] | None:
    where = f"{header.metadata.file}, {name}"
    if tensor.kind.lower() not in _KINDS:
        raise InputError(f"expected numbers of type f32, got {tensor.kind[:20]}", where=where)
    length = tensor.shape[0] if tensor.shape else 0
    if length != count or any(each != 1 for each in tensor.shape[1:]):
        raise InputError(f"expected {count} numbers, got shape {list(tensor.shape)[:4]}", where=where)
    if tensor.values is not None and len(tensor.values) != count:
        raise InputError(f"expected {count} numbers, got {len(tensor.values)}", where=where)
    return tensor.values


def _listed(name: str, numbers: tuple[Fraction, ...], origin: str) -> Value:
    if all(number > 0 for number in numbers):
        return Value(name, f"f32([{list_text(numbers)}])", origin)
    text = list_text(numbers)
    return Value(name, text if len(numbers) > 1 else f"[{text}]", origin)


def _tell_unused(header: Header, wanted: tuple[str, ...]) -> None:
    unused = [name for name in TENSORS if name in (header.metadata.tensors or {}) and name not in wanted]
    if unused:
        header.tell("RP107", f"not used by this architecture's graph: {', '.join(unused)}")


