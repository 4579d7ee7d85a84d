"""The base and the scaling that llama.cpp gives its kernel, for layers that slide and for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header, Known
from prover.sources.model import Value

BASE = "rope.freq_base"
TYPE = "rope.scaling.type"
FACTOR = "rope.scaling.factor"
OLD_FACTOR = "rope.scale_linear"
ORIGINAL = "rope.scaling.original_context_length"
CONTEXT = "context_length"
ATTENTION = "rope.scaling.attn_factor"
YARN = "rope.scaling.yarn_"
MULTIPLIER = f"{YARN}log_multiplier"
TYPES = ("none", "linear", "yarn", "longrope")
ONE = Known(Fraction(1), "default")


@dataclass(frozen=True, slots=True)
class Scaling:
    """What the keys say. `scale`: 1 over the factor, whatever the type; `ramp`: how much of YaRN's ramp there is."""

    base: Known
    type: str
    scale: Known
    ramp: Known

    @property
    def full_scale(self) -> Known:
        """The scale of layers with full attention."""
        return Known(Fraction(1), f"{TYPE} none") if self.type == "none" else self.scale


def read_scaling(entry: Architecture, header: Header) -> Scaling:
    """The keys of all layers. Raises InputError."""
    base = Known(Fraction(10_000), "default")
    if entry.base != "unread":
        base = header.number(BASE, base)
    if entry.plain:
        return Scaling(base, "none", ONE, Known(Fraction(0), "default"))
    kind = header.text(TYPE, "linear")
    if kind not in TYPES:
        raise InputError(f"'{kind[:40]}' is no type of llama.cpp, which breaks off", where=header.where(TYPE),
                         advice=f"Types: {', '.join(TYPES)}")
    key = FACTOR if FACTOR in header or OLD_FACTOR not in header else OLD_FACTOR
    factor = header.number(key, ONE)
    scale = Known(1 / factor.number, f"1 / {key}") if key in header and factor.number else ONE
    if scale.number != 1 and TYPE not in header:
        header.tell("RP109", f"{TYPE} is not in the file, so that {key} is taken as linear")
    yarn = kind == "yarn"
    ramp = Known(Fraction(yarn), TYPE if TYPE in header else "default")
    if "ext_factor" in entry.yarn:
        given = header.number(f"{YARN}ext_factor", ramp)
        ramp = given if given.number >= 0 else ramp
    return Scaling(base, kind, scale, ramp)


def original_context(header: Header) -> Known:
    """The context before scaling: its key, or the file's context; a 0 is none. Raises InputError."""
    context = header.whole(CONTEXT) if CONTEXT in header or ORIGINAL not in header else None
    found = header.whole(ORIGINAL, context)
    if found.number == 0 and context is not None:
        return context
    return found


def scaling_values(entry: Architecture, header: Header, scaling: Scaling, slides: bool) -> list[Value]:
    """The base, the scale and YaRN of layers that slide or do not, as layouts take them. Raises InputError."""
    sliding = entry.sliding if slides else None
    base = scaling.base if sliding is None else _sliding_base(header, scaling.base, sliding.base)
    scale = scaling.full_scale
    if sliding is not None and sliding.scale != "full":
        scale = scaling.scale if sliding.scale == "copied" else ONE
    values = [_value("base", base)]
    if scaling.scale.number != 1:
        values.append(_value("freq_scale", scale))
    if sliding is not None and sliding.plain:
        return values
    if scaling.ramp.number:
        if scale.number != scaling.full_scale.number and scaling.full_scale.number > 1:
            raise InputError("is below 1, and its logarithm stays in layers that are not scaled: no layout says that",
                             where=header.where(FACTOR))
        values += [_value("ext_factor", scaling.ramp), _value("n_ctx_orig", original_context(header))]
        for name, default in (("beta_fast", entry.beta_fast), ("beta_slow", 1)):
            given = Known(Fraction(default), "default")
            values.append(_value(name, header.number(YARN + name, given) if name in entry.yarn else given))
    elif "attn_factor" in entry.yarn and f"{YARN}attn_factor" in header:
        values.append(_value("yarn_attn_factor", header.number(f"{YARN}attn_factor")))
    if ATTENTION in header:
        values.append(_value("attn_factor", header.number(ATTENTION)))
    if entry.log_multiplier and MULTIPLIER in header and scaling.ramp.number:
        multiplier = header.number(MULTIPLIER)
        values.append(_value("yarn_log_multiplier", multiplier))
        if multiplier.number:
            header.tell("RP110", f"{MULTIPLIER} goes into the scale of the softmax too, which no layout says")
    return values


def _sliding_base(header: Header, full: Known, kind: str) -> Known:
    key = f"{BASE}_swa"
    match kind:
        case "own":
            return header.number(key, Known(Fraction(10_000), "default"))
        case "copied":
            return header.number(key, full)
        case "required":
            return header.number(key)
    return full


def _value(name: str, known: Known) -> Value:
    return Value(name, known.text, known.origin)
