"""The base and the scaling that llama.cpp gives its kernel, for layers that slide and for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError
from prover.sources.llama.architectures import Architecture
from prover.sources.llama.header import Header, Known
from prover.sources.llama.run import Run
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
NO_RUN = Run()


@dataclass(frozen=True, slots=True)
class Scaling:
    """What the keys say, and what the program is started with.

    `base`, `scale`: those of the file, the scale being 1 over the factor whatever the type; `type`: that of the file;
    `full_base`, `full_scale`: of layers with full attention; `ramp`: how much of YaRN's ramp there is.
    """

    base: Known
    type: str
    scale: Known
    ramp: Known
    full_base: Known
    full_scale: Known
    run: Run = NO_RUN

    @property
    def is_scaled(self) -> bool:
        """Whether any layer may have a scale other than 1."""
        return self.scale.number != 1 or self.full_scale.number != 1


def read_scaling(entry: Architecture, header: Header, run: Run = NO_RUN) -> Scaling:
    """The keys of all layers, and above them the command line. Raises InputError."""
    base = Known(Fraction(10_000), "default")
    if entry.base != "unread":
        base = header.number(BASE, base)
    full_base = run.base or base
    if entry.plain:
        if run.scale or run.type or run.ramp:
            header.tell("RP204", f"{header.name} turns without scaling whatever the command line says")
        return Scaling(base, "none", ONE, Known(Fraction(0), "default"), full_base, ONE, run)
    kind = header.text(TYPE, "linear")
    if kind not in TYPES:
        raise InputError(f"'{kind[:40]}' is no type of llama.cpp, which breaks off", where=header.where(TYPE),
                         advice=f"Types: {', '.join(TYPES)}")
    key = FACTOR if FACTOR in header or OLD_FACTOR not in header else OLD_FACTOR
    factor = header.number(key, ONE)
    scale = Known(1 / factor.number, f"1 / {key}") if key in header and factor.number else ONE
    if scale.number != 1 and TYPE not in header:
        header.tell("RP109", f"{TYPE} is not in the file, so that {key} is taken as linear")
    running = run.type or kind
    ramp = Known(Fraction(running == "yarn"),
                 "--rope-scaling" if run.type else TYPE if TYPE in header else "default")
    if "ext_factor" in entry.yarn:
        given = header.number(f"{YARN}ext_factor", ramp)
        ramp = given if given.number >= 0 else ramp
    ramp = run.ramp or ramp
    full_scale = run.scale or scale
    if running == "none":
        full_scale = Known(Fraction(1), f"{'--rope-scaling' if run.type else TYPE} none")
    found = Scaling(base, kind, scale, ramp, full_base, full_scale, run)
    _tell(found, header)
    return found


def _tell(scaling: Scaling, header: Header) -> None:
    """What a command line asks for and does not get, or gets and can hardly have meant."""
    run, full = scaling.run, scaling.full_scale
    if run.scale is not None and full.number > 1:
        header.tell("RP203", f"positions count {float(full.number):g} times ({full.origin}): a longer context takes "
                             f"--rope-scale {float(full.number):g} or --rope-freq-scale {float(1 / full.number):g}")
    if run.scale is not None and full.number != run.scale.number:
        header.tell("RP204", f"{run.scale.origin.removeprefix('1 / ')} has no effect with {full.origin}")
    if not scaling.ramp.number:
        idle = [known.origin for known in (run.original, run.beta_fast, run.beta_slow) if known is not None]
        if idle:
            header.tell("RP204", f"{', '.join(idle)}: no effect without YaRN (--rope-scaling yarn)")
    elif run.attention is not None:
        header.tell("RP204", f"{run.attention.origin}: no effect, for with YaRN llama.cpp works it out from the scale")
    if run.type == "yarn" and full.number == 1:
        header.tell("RP204", "YaRN with a scale of 1 changes nothing: --rope-scale is how many times longer")
    changed = [(run.scale, scaling.scale, f"a factor of {float(1 / scaling.scale.number):g}"),
               (run.base, scaling.base, f"a base of {float(scaling.base.number):g}")]
    for given, own, what in changed:
        if given is not None and own.origin != "default" and own.number != given.number:
            header.tell("RP205", f"the file has {what} ({own.origin}); it is replaced, not multiplied")


def original_context(header: Header) -> Known:
    """The context before scaling that the file has: its key, or its context; a 0 is none. Raises InputError."""
    context = header.whole(CONTEXT) if CONTEXT in header or ORIGINAL not in header else None
    found = header.whole(ORIGINAL, context)
    if found.number == 0 and context is not None:
        return context
    return found


def scaling_values(entry: Architecture, header: Header, scaling: Scaling, slides: bool) -> list[Value]:
    """The base, the scale and YaRN of layers that slide or do not, as layouts take them. Raises InputError."""
    sliding = entry.sliding if slides else None
    base = scaling.full_base if sliding is None else _sliding_base(header, scaling, sliding.base)
    scale = scaling.full_scale
    if sliding is not None and sliding.scale != "full":
        scale = scaling.scale if sliding.scale == "copied" else ONE
    values = [_value("base", base)]
    if scaling.is_scaled:
        values.append(_value("freq_scale", scale))
    if sliding is not None and sliding.plain:
        return values
    if scaling.run.original is not None:
        header.taken.add(ORIGINAL)
    if scaling.ramp.number:
        if scale.number != scaling.full_scale.number and scaling.full_scale.number > 1:
            raise InputError("is below 1, and its logarithm stays in layers that are not scaled: no layout says that",
                             where=header.where(FACTOR))
        run = scaling.run
        values += [_value("ext_factor", scaling.ramp), _value("n_ctx_orig", run.original or original_context(header))]
        for name, default, flag in (("beta_fast", entry.beta_fast, run.beta_fast), ("beta_slow", 1, run.beta_slow)):
            given = Known(Fraction(default), "default")
            own = header.number(YARN + name, given) if name in entry.yarn else given
            values.append(_value(name, flag or own))
    elif scaling.run.attention is not None:
        values.append(_value("yarn_attn_factor", scaling.run.attention))
    elif "attn_factor" in entry.yarn and f"{YARN}attn_factor" in header:
        values.append(_value("yarn_attn_factor", header.number(f"{YARN}attn_factor")))
    if ATTENTION in header:
        values.append(_value("attn_factor", header.number(ATTENTION)))
    if entry.log_multiplier and MULTIPLIER in header and scaling.ramp.number:
        multiplier = header.number(MULTIPLIER)
        values.append(_value("yarn_log_multiplier", multiplier))
        if multiplier.number and entry.softmax:
            header.tell("RP110", f"{MULTIPLIER} goes into the scale of the softmax too, which no layout says")
    return values


def _sliding_base(header: Header, scaling: Scaling, kind: str) -> Known:
    """The base of sliding layers: unless it is that of the full ones, no command line reaches it."""
    key = f"{BASE}_swa"
    match kind:
        case "own":
            return header.number(key, Known(Fraction(10_000), "default"))
        case "copied":
            return header.number(key, scaling.base)
        case "required":
            return header.number(key)
    return scaling.full_base


def _value(name: str, known: Known) -> Value:
    return Value(name, known.text, known.origin)
