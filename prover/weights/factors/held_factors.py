"""The factors in a GGUF file held against those that the config asks for, number by number, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from prover.claims.relation import Outcome, worst_of
from prover.errors import InputError
from prover.exact.storing import format_of
from prover.exact.text import rational_text
from prover.repair.factors import STORED
from prover.sources.llama.architectures import Architecture, find_architecture
from prover.sources.llama.factors import LONG, SHORT, TENSORS, taken_tensors
from prover.sources.llama.header import ARCHITECTURE
from prover.sources.llama_cpp import SECTIONS, read_llama_cpp
from prover.sources.metadata import Metadata
from prover.sources.model import Model
from prover.weights.factors.factor_rules import STEP, Llama3, Rule, Wanted, llama3_factor, rules_of

SCALING = "rope.scaling.type"
LENGTHS = tuple(1 << bits for bits in range(9, 21))


class State(Enum):
    """What one tensor is. Right and rounded ones, and those that do nothing, are as the config asks for."""

    RIGHT = "right"            # every number is the float32 nearest to the exact one
    ROUNDED = "rounded"        # every number is one that float32 arithmetic of the rule may end at
    WRONG = "wrong"
    LENGTH = "wrong length"
    MISSING = "missing"
    UNASKED = "not asked for"  # the config asks for none, and the graph takes it
    IDLE = "without effect"    # the config asks for none, and it changes nothing
    NOT_TAKEN = "not taken"    # the config asks for it, and the graph takes no such tensor
    UNSEEN = "not seen"


OUTCOMES = {
    State.RIGHT: Outcome.EQUIVALENT, State.ROUNDED: Outcome.EQUIVALENT, State.IDLE: Outcome.EQUIVALENT,
    State.UNSEEN: Outcome.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Held:
    """One tensor. `steps`: how many float32 numbers each is from the nearest to the exact one; empty if not compared.

    `wrong`: the places of numbers that no rounding explains. `told`: what is to be said, likely causes first.
    """

    name: str
    state: State
    wanted: tuple[Wanted, ...] = ()
    stored: tuple[Fraction, ...] = ()
    steps: tuple[int | None, ...] = ()
    wrong: tuple[int, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The word for its state."""
        return OUTCOMES.get(self.state, Outcome.DIFFERENT)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """All factors of one file. `rule`: what the config asks for, None where its parts ask for none.

    `unscaled`: parts of the config that turn and ask for none. `refused`: why llama.cpp refuses the file, if it does.
    """

    config: Model
    file: Metadata
    architecture: str
    rule: Rule | None
    unscaled: tuple[str, ...]
    tensors: tuple[Held, ...]
    refused: str = ""

    @property
    def outcome(self) -> Outcome:
        """The worst of its tensors; equivalent where the config asks for none and there are none."""
        return worst_of([Outcome.EQUIVALENT, *(each.outcome for each in self.tensors)])


def hold_factors(config: Model, file: Metadata) -> HeldFile:
    """Every tensor of factors that the config asks for or the file has. Raises InputError."""
    rules = rules_of(config)
    asked = [rule for rule in rules if rule.tensors]
    if len(asked) > 1:
        parts = ", ".join(rule.part for rule in asked)
        raise InputError(f"parts ask for factors of their own ({parts}), and a GGUF file holds those of one",
                         where=config.file)
    rule = asked[0] if asked else None
    name, entry = architecture_of(file)
    taken = taken_by(file)
    wanted = rule.tensors if rule is not None else {}
    refused = _refused(file)
    found = [_hold(tensor, rule, entry, tensor in taken, file, refused) for tensor in TENSORS
             if tensor in wanted or tensor in (file.tensors or {})]
    unscaled = tuple(each.part for each in rules if not each.tensors)
    return HeldFile(config, file, name, rule, unscaled, _exchanged(found, wanted), refused)


def _refused(file: Metadata) -> str:
    try:
        read_llama_cpp(file)
    except InputError as fault:
        return str(fault)
    return ""


def taken_by(file: Metadata) -> tuple[str, ...]:
    """The tensors of factors that llama.cpp's graph takes of a file. Raises InputError."""
    name, entry = architecture_of(file)
    scaling, sections = (file.keys.get(f"{name}.{key}") for key in (SCALING, SECTIONS))
    if entry.sectioned and sections is not None and isinstance(sections.value, tuple) and any(sections.value):
        return ()  # the graph of M-RoPE, which passes none
    return taken_tensors(entry, str(scaling.value) if scaling is not None else "")


def architecture_of(file: Metadata) -> tuple[str, Architecture]:
    """What a file's model is called, and how it is read. Raises InputError."""
    where = f"{file.file}, {ARCHITECTURE}"
    stored = file.keys.get(ARCHITECTURE)
    if stored is None or not isinstance(stored.value, str):
        raise InputError("the key is not in the file", where=where)
    try:
        return stored.value, find_architecture(stored.value)
    except InputError as fault:
        raise fault.inside(where) from None


def _hold(
    name: str, rule: Rule | None, entry: Architecture, is_taken: bool, file: Metadata, refused: str
) -> Held:
    tensor = (file.tensors or {}).get(name)
    wanted = rule.tensors.get(name, ()) if rule is not None else ()
    stored = (tensor.values if tensor is not None else None) or ()
    if wanted and not is_taken:
        why = "takes no factors" if not entry.factors else "takes other tensors of factors"
        return Held(name, State.NOT_TAKEN, wanted, stored, told=(f"llama.cpp's graph of this architecture {why}",))
    if tensor is None:
        is_known = file.tensors is not None and file.has_all_tensors
        return Held(name, State.MISSING if is_known else State.UNSEEN, wanted,
                    told=() if is_known else ("not all tensors of the file are known",))
    if not is_taken:
        return Held(name, State.IDLE, stored=stored, told=("llama.cpp's graph of this architecture does not take it",))
    if not stored:
        why = next((each for each in file.findings if name in each), "its numbers are not in what was given")
        return Held(name, State.UNSEEN, wanted, told=(why,))
    if rule is None or not wanted:
        is_idle = all(number == 1 for number in stored)
        told = "all of its numbers are 1" if is_idle else _unasked(rule)
        return Held(name, State.IDLE if is_idle else State.UNASKED, stored=stored, told=(told,))
    is_longer = bool(entry.factors_of) and not refused and len(stored) > len(wanted)
    if len(stored) != len(wanted) and not is_longer:
        return Held(name, State.LENGTH, wanted, stored, told=tuple(_length_causes(rule, stored)))
    return _compared(Held(name, State.RIGHT, wanted, stored), rule, file)


def _unasked(rule: Rule | None) -> str:
    return f"the config's rule is {rule.name}, which has no such tensor" if rule else "the config asks for no factors"


def _compared(held: Held, rule: Rule, file: Metadata) -> Held:
    """Numbers beyond the last pair that turns are never looked at by the kernel, and not here."""
    pairs = list(zip(held.wanted, held.stored, strict=False))
    steps = tuple(_steps(want, number) for want, number in pairs)
    wrong = tuple(place for place, (want, number) in enumerate(pairs) if not want.fits(number))
    if wrong:
        told = tuple(_causes(held.wanted, held.stored[: len(held.wanted)], rule, file))
        return replace(held, state=State.WRONG, steps=steps, wrong=wrong, told=told)
    return replace(held, state=State.ROUNDED if any(steps) else State.RIGHT, steps=steps)


def _steps(want: Wanted, number: Fraction) -> int | None:
    """How many float32 numbers on from the nearest to the exact one; None for one that is not above 0."""
    place, nearest = STORED.place(number), STORED.place(want.nearest)
    return None if place is None or nearest is None else place - nearest


def _fit(wanted: Sequence[Wanted], stored: Sequence[Fraction]) -> bool:
    return len(wanted) == len(stored) and all(map(Wanted.fits, wanted, stored))


def _fit_rule(rule: Llama3, stored: Sequence[Fraction]) -> bool:
    """Whether all numbers fit a rule; those that tell rules apart are looked at first."""
    ends = {Fraction(1), max(stored)}
    pairs = sorted(range(len(stored)), key=lambda pair: stored[pair] in ends)
    return 2 * len(stored) == rule.lanes and all(llama3_factor(rule, pair).fits(stored[pair]) for pair in pairs)


def _causes(wanted: tuple[Wanted, ...], stored: tuple[Fraction, ...], rule: Rule, file: Metadata) -> Iterator[str]:
    """What makes all the numbers right, or rounded, where it is undone."""
    if all(number == 1 for number in stored):
        yield "all numbers are 1: nothing is scaled"
        return
    if all(_is_inverse(want, number) for want, number in zip(wanted, stored, strict=True)):
        yield "inverted: each number is 1 over the factor, and llama.cpp divides angles by the factor"
    if _fit(wanted, stored[::-1]):
        yield "in reverse order"
    for name in ("float16", "bfloat16"):
        kind = format_of(name)
        if all(number == kind.nearest(want.nearest) for want, number in zip(wanted, stored, strict=True)):
            yield f"rounded to {name} on their way"
    if rule.llama3 is not None:
        yield from _llama3_causes(rule, stored, file)


def _is_inverse(want: Wanted, number: Fraction) -> bool:
    """Whether a number is 1 over a factor, rounded once more."""
    spans = (*want.spans, (want.nearest, want.nearest))
    return any((1 - STEP) / high <= number <= (1 + STEP) / low for low, high in spans)


def _llama3_causes(rule: Rule, stored: Sequence[Fraction], file: Metadata) -> Iterator[str]:
    """One number of the rule that is another: each that is likely is tried."""
    own = rule.llama3
    assert own is not None
    lengths = [length for length in LENGTHS if length != own.original
               and _fit_rule(replace(own, original=Fraction(length)), stored)]
    if lengths:
        yield (f"made for original_max_position_embeddings {' or '.join(map(str, lengths))}, where the config says "
               f"{rational_text(own.original)}")
    for factor in dict.fromkeys((max(stored), Fraction(8))):
        if factor != own.factor and factor > 1 and _fit_rule(replace(own, factor=factor), stored):
            yield f"made for factor {rational_text(factor)}, where the config says {rational_text(own.factor)}"
    for base in dict.fromkeys((*_bases(file), Fraction(10000), Fraction(500000))):
        if base != own.base and base > 1 and _fit_rule(replace(own, base=base), stored):
            yield f"made for rope_theta {rational_text(base)}, where the config says {rational_text(own.base)}"
    for low, high in ((own.high, own.low), (Fraction(1), Fraction(4))):
        if (low, high) != (own.low, own.high) and _fit_rule(replace(own, low=low, high=high), stored):
            yield (f"made for low_freq_factor {rational_text(low)} and high_freq_factor {rational_text(high)}, where "
                   f"the config says {rational_text(own.low)} and {rational_text(own.high)}")


def _bases(file: Metadata) -> Iterator[Fraction]:
    for key, stored in file.keys.items():
        if key.endswith(".rope.freq_base") and isinstance(stored.value, Fraction):
            yield stored.value


def _length_causes(rule: Rule, stored: tuple[Fraction, ...]) -> Iterator[str]:
    if len(stored) == rule.lanes // 2:
        yield f"one for every two of the head's {rule.lanes} lanes, of which {2 * rule.pairs} turn"
    elif len(stored) == 2 * rule.pairs:
        yield "one for each lane that turns, and one for each pair is needed"
    own = rule.llama3
    if own is not None and len(stored) > 1 and _fit_rule(replace(own, lanes=2 * len(stored)), stored):
        yield f"the numbers are those of a head of which {2 * len(stored)} lanes turn"


def _exchanged(found: list[Held], wanted: dict[str, tuple[Wanted, ...]]) -> tuple[Held, ...]:
    """Long and short factors each in the other's place are told first."""
    by_name = {held.name: held for held in found}
    if LONG not in wanted or SHORT not in wanted or not {LONG, SHORT} <= by_name.keys():
        return tuple(found)
    long, short = by_name[LONG], by_name[SHORT]
    if State.WRONG not in (long.state, short.state):
        return tuple(found)
    is_other = {LONG: _fit(wanted[SHORT], long.stored), SHORT: _fit(wanted[LONG], short.stored)}
    told = ""
    if all(is_other.values()):
        told = "the long and the short factors are exchanged"
    elif is_other[LONG]:
        told = "the short factors stand here too"
    elif is_other[SHORT]:
        told = "the long factors stand here too"
    return tuple(
        replace(held, told=(told, *held.told)) if is_other.get(held.name) and held.state is State.WRONG else held
        for held in found
    )
