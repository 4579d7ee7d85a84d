"""Which frequency factors a config asks for: exact numbers by its rule, and what float32 arithmetic makes of them.

llama3 is the rule of huggingface/transformers 5.24.0, src/transformers/modeling_rope_utils.py
`_compute_llama3_parameters`, as a divisor of each frequency; ggml-org/llama.cpp 0c1e57098, conversion/llama.py
`LlamaModel.generate_extra_tensors` writes the same. Long and short factors stand in the config. Pairs that Gemma 4's
proportional rule leaves still are divided by 1e30 there (conversion/gemma.py `Gemma4Model.generate_extra_tensors`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from prover.errors import InputError
from prover.exact.enclosure import bounds, compare, enclose
from prover.exact.number import ONE, PI, Exact, exact, power
from prover.exact.storing import format_of
from prover.language.evaluation import Value
from prover.layouts.expand import parameter_values
from prover.layouts.loading import load
from prover.repair.factors import PRECISION, STORED
from prover.sources.llama.factors import FREQS, LONG, SHORT
from prover.sources.model import Model, Part

TEXT = "text"
STILL = exact(10**30)
DOUBLE = format_of("float64")
STEP = Fraction(1, 2**23)  # no two float32 numbers that follow one another are farther apart, relative to the first
SMALLEST, LARGEST = Fraction(1, 10**12), Fraction(10**12)
Span = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One factor: the exact number, the float32 nearest to it, and between which numbers rounding may end."""

    value: Exact
    nearest: Fraction
    spans: tuple[Span, ...]

    def fits(self, number: Fraction) -> bool:
        """Whether a number is the nearest one, or one that rounding may make of it."""
        return number == self.nearest or any(low <= number <= high for low, high in self.spans)


@dataclass(frozen=True, slots=True)
class Llama3:
    """The numbers of a llama3 rule; `lanes` of a head turn."""

    base: Fraction
    factor: Fraction
    low: Fraction
    high: Fraction
    original: Fraction
    lanes: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What one config asks for: the numbers of each tensor; none where no factors are asked for.

    `pairs`, `lanes`: how many pairs turn, and how wide the head is. `llama3`: the rule's numbers, where it is that one.
    """

    name: str
    part: str
    pairs: int
    lanes: int
    tensors: dict[str, tuple[Wanted, ...]]
    llama3: Llama3 | None = None


def rules_of(model: Model) -> tuple[Rule, ...]:
    """The rules of a config's text parts that turn, each once; those of layers alike in this are one."""
    found: dict[object, Rule] = {}
    for part in model.parts:
        if part.name == TEXT and part.spec is not None:
            rule = _rule(part)
            found.setdefault((rule.name, rule.pairs, tuple(rule.tensors.items())), rule)
    return tuple(found.values())


def _rule(part: Part) -> Rule:
    loaded = load(str(part.spec))
    pairs, lanes = len(loaded.layout.pairs), loaded.layout.width
    numbers = parameter_values(loaded.family, dict(loaded.given))
    kind = next((value.text for value in part.values if value.name == "rope_type"), "default")
    tensors: dict[str, tuple[Wanted, ...]] = {}
    llama3 = None
    if str(part.layout).partition(":")[0] == "transformers/proportional":
        kind = "proportional"
        tensors = {FREQS: _proportional(_number(numbers, "partial_rotary_factor"), _number(numbers, "factor"), pairs)}
    elif kind == "llama3":
        base, factor, low, high, original = (_number(numbers, name) for name in (
            "rope_theta", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings",
        ))
        if not all(SMALLEST <= number <= LARGEST for number in (base, factor, low, high, original)):
            raise InputError(f"has numbers that are not from {float(SMALLEST):.0e} to {float(LARGEST):.0e}, with which "
                             "float32 arithmetic would fail", where=f"{part.address}, rope_type llama3")
        llama3 = Llama3(base, factor, low, high, original, 2 * pairs)
        tensors = {FREQS: llama3_factors(llama3)}
    elif "long_factor" in numbers and "short_factor" in numbers:
        tensors = {SHORT: listed(_list(numbers, "short_factor")), LONG: listed(_list(numbers, "long_factor"))}
    return Rule(kind, part.address, pairs, lanes, tensors, llama3)


def _number(numbers: Mapping[str, Value], name: str) -> Fraction:
    value = numbers[name]
    assert isinstance(value, Exact)
    assert value.rational is not None, "a config holds decimals"
    return value.rational


def _list(numbers: Mapping[str, Value], name: str) -> list[Fraction]:
    values = numbers[name]
    assert isinstance(values, tuple)
    return [value.rational for value in values if isinstance(value, Exact) and value.rational is not None]


def llama3_factors(rule: Llama3) -> tuple[Wanted, ...]:
    """The factor of each pair, in their order."""
    return tuple(llama3_factor(rule, pair) for pair in range(rule.lanes // 2))


def listed(values: Sequence[Fraction]) -> tuple[Wanted, ...]:
    """Numbers that stand in a config: they are decimals, which pass through float64 on their way to float32."""
    found = []
    for value in values:
        nearest, twice = STORED.nearest(value), STORED.nearest(DOUBLE.nearest(value))
        found.append(Wanted(exact(value), nearest, ((nearest, nearest), (twice, twice))))
    return tuple(found)


def _proportional(part: Fraction, factor: Fraction, pairs: int) -> tuple[Wanted, ...]:
    turned = part * 2 * pairs // 2
    return tuple(_rounded(exact(factor) if pair < turned else STILL) for pair in range(pairs))


def _rounded(value: Exact) -> Wanted:
    return Wanted(value, _nearest(value), ())


def llama3_factor(rule: Llama3, pair: int) -> Wanted:
    """The factor of one pair, which is never at an end: how often it turns within the original length is irrational."""
    low, high, factor = exact(rule.low), exact(rule.high), exact(rule.factor)
    frequency = ONE / power(exact(rule.base), Fraction(2 * pair, rule.lanes))
    turns = exact(rule.original) * frequency / (exact(2) * PI)
    if compare(turns, low) < 0:
        value = factor
    elif compare(turns, high) > 0:
        value = ONE
    else:
        smooth = (turns - low) / (high - low)
        value = ONE / ((ONE - smooth) / factor + smooth)
    return Wanted(value, _nearest(value), tuple(_llama3_spans(rule, pair)))


def _nearest(value: Exact) -> Fraction:
    """The float32 nearest to a positive number."""
    if value.rational is not None:
        return STORED.nearest(value.rational)
    low, high = bounds(enclose(value, PRECISION))
    assert STORED.nearest(low) == STORED.nearest(high), "256 bits tell on which side of a middle a factor lies"
    return STORED.nearest(low)


def _llama3_spans(rule: Llama3, pair: int) -> Iterator[Span]:
    """Between which numbers float32 arithmetic ends, if each operation of it is off by at most one step.

    In the converter's order. Where it is not certain on which side of an end a pair falls, there is one for each side.
    """
    low, high, factor, original = map(_constant, (rule.low, rule.high, rule.factor, rule.original))
    exponent = STORED.nearest(Fraction(2 * pair, rule.lanes))
    base = _constant(rule.base)
    powers = [bounds(enclose(power(exact(end), exponent), PRECISION)) for end in base]
    scale = _off((min(one for one, _ in powers), max(two for _, two in powers)))
    wave = _off(_times(_off(_over((_ONE, _ONE), _off(_over((_ONE, _ONE), scale)))), _constant(_two_pi())))
    turns = _off(_times(_off(_over((_ONE, _ONE), wave)), original))
    if turns[0] <= low[1]:
        yield factor
    if turns[1] < low[0]:
        return
    if turns[1] >= high[0]:
        yield _ONE, _ONE
    if turns[0] <= high[1] and high[0] > low[1]:
        smooth = _off(_over(_off(_minus(turns, low)), _off(_minus(high, low))))
        rest = _off(_over(_off(_minus((_ONE, _ONE), smooth)), factor))
        least, most = _off((rest[0] + smooth[0], rest[1] + smooth[1]))
        if most > 0:
            greatest = 1 / least if least > 0 else STORED.number(STORED.last)
            yield _off((1 / most, greatest))


_ONE = Fraction(1)


@cache
def _two_pi() -> Fraction:
    return DOUBLE.nearest(bounds(enclose(exact(2) * PI, PRECISION))[0])


@lru_cache(maxsize=1024)
def _constant(value: Fraction) -> Span:
    """A number as it stands, and as a float32, be it by way of float64."""
    ends = value, STORED.nearest(value), STORED.nearest(DOUBLE.nearest(value))
    return min(ends), max(ends)


def _off(span: Span) -> Span:
    """The span, wider by one step on each side."""
    return span[0] - abs(span[0]) * STEP, span[1] + abs(span[1]) * STEP


def _times(one: Span, other: Span) -> Span:
    """Of positive numbers."""
    return one[0] * other[0], one[1] * other[1]


def _over(one: Span, other: Span) -> Span:
    """By positive numbers."""
    assert other[0] > 0
    return min(one[0] / other[0], one[0] / other[1]), max(one[1] / other[0], one[1] / other[1])


def _minus(one: Span, other: Span) -> Span:
    return one[0] - other[1], one[1] - other[0]
