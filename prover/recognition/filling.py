"""Values for the parameters of a layout: from the facts of a table, and from what its frequencies may be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

from prover.language.term import constant
from prover.language.tokens import words
from prover.layouts.family import Family, Given, Parameter
from prover.recognition.facts import Facts, period, runs
from prover.recognition.fed import axes_of, images
from prover.recognition.human import plainest
from prover.recognition.hypothesis import Hypothesis, Kind
from prover.recognition.suppositions import blocks_of
from prover.recognition.things import things

Values = dict[str, Given]

MAX_STRUCTURES = 32
MOST_DIVIDED = 1e100
WIDTHS = ("head_dim", "head_size", "qk_head_dim", "size_per_head", "kv_channels", "dim_head", "attention_head_dim")
STRUCTURE = ("head_dim", "n_rot", "sections", "partial_rotary_factor", "offset")
STRIDES = tuple(map(Fraction, range(2, 9)))  # of a feed
WHOLES = (1, 2, 0)  # for a whole number that a rule asks for and nothing tells
LENGTH = 4096  # where a rule asks for one that no frequency tells


def structures(family: Family, facts: Facts) -> Iterator[Values]:
    """Widths, offsets, shares and sections that the lanes and axes can come from; the likeliest first."""
    width, named = facts.measured.width, things()
    mine = [(parameter, named.get(parameter.name, "")) for parameter in family.parameters]
    widths = [parameter.name for parameter, thing in mine if thing == "head_dim"]
    main = min(widths, key=lambda name: WIDTHS.index(name) if name in WIDTHS else len(WIDTHS), default="")
    # Where a width of the head stands beside another one, the other is that of the rotated part.
    rotary = [n for n in widths if n != main] + [p.name for p, thing in mine if thing == "n_rot"]
    share = [p for p, thing in mine if thing == "partial_rotary_factor"]
    offset = [p.name for p, thing in mine if thing == "offset"]
    spans: list[int | None] = [None]
    if rotary or share:
        spans = list(dict.fromkeys([None if facts.span == width else facts.span, facts.lanes, None, width // 2]))
        if len(facts.axes) > 1:
            spans.append(facts.lanes // len(facts.axes))
    fixed: Values = {main: Fraction(width)} if main else {}
    lists = [_lists(parameter, family, facts) for parameter, thing in mine if _is_sections(parameter, thing)]
    switches: list[Values] = [{}]
    switches += [{p.name: value} for p in family.parameters if (value := _other_state(p)) is not None]
    switches += [{name: value} for name in _strides(family, facts.feed) for value in STRIDES]
    tables = list(itertools.product(*lists, switches))
    heads = next((p.name for p, thing in mine if thing == "num_attention_heads"), None)
    distance = facts.turning[0].read[1] - facts.turning[0].read[0]
    if heads:
        fixed[heads] = Fraction(max(1, width // (2 * distance)))
    found = 0
    for span in spans:
        given = fixed | ({} if span is None else {name: Fraction(span) for name in rotary})
        if facts.start:
            given |= {name: Fraction(facts.start) for name in offset}
        elif "qk_nope_head_dim" in offset and "qk_rope_head_dim" in rotary:
            given["qk_nope_head_dim"] = Fraction(width - (span or width))
            given["qk_rope_head_dim"] = Fraction(span or width)
        for part in _shares(span, width) if share and span else (None,):
            shared = given | ({} if part is None else {p.name: part for p in share})
            for chosen in tables:
                yield shared | {name: value for each in chosen for name, value in each.items()}
                found += 1
                if found >= MAX_STRUCTURES:
                    return


def _strides(family: Family, feed: str) -> list[str]:
    """Whole parameters that a feed multiplies by."""
    read = {word for _, text in dict(family.feeds).get(feed, ()) for word in words(text)}
    return [parameter.name for parameter in family.parameters if parameter.name in read and parameter.asks_for_whole]


def _other_state(parameter: Parameter) -> Fraction | None:
    """Of a parameter that is 0 or 1, and no end of a ramp, the state that is not its default."""
    text = parameter.requirement_text.replace(" ", "")
    name = parameter.name
    if name == "truncate" or text not in (f"{name}==0or{name}==1", f"{name}==1or{name}==0"):
        return None
    if isinstance(parameter.default, tuple) or parameter.default is None or parameter.default.names:
        return None
    return Fraction(0 if parameter.default == constant(1) else 1)


def _shares(span: int, width: int) -> tuple[Fraction, ...]:
    if span == width:
        return (Fraction(1),)
    written = plainest(span / width, (span + 1.9) / width)
    return tuple(dict.fromkeys([*([written] if written else []), Fraction(span, width)]))


def _is_sections(parameter: Parameter, thing: str) -> bool:
    return parameter.is_list and thing == "sections"


def _lists(parameter: Parameter, family: Family, facts: Facts) -> list[Values]:
    """Pairs of each axis, lanes of each axis, those of one round of the axes, and what stands without being given."""
    if facts.is_mixed and not facts.feed:
        return [{}]
    letters = _letters(family, facts) if facts.feed else facts.axis_of_pairs
    size = len(parameter.default) if isinstance(parameter.default, tuple) else len(family.axes)

    def counted(some: Sequence[str]) -> list[int]:
        return [sum(letter == axis for letter in some) for axis in family.axes]

    once = runs(letters[: period(letters)])
    order = [dict(once[: len(family.axes)]).get(axis, 0) for axis in family.axes]
    counts = counted(letters)
    found = [counts, [2 * each for each in counts], counted(letters[: period(letters)]), order]
    if len(counts) == 4 and counts[3]:
        # ggml's fourth axis has what the first three leave out; people give three.
        found.insert(0, [counts[0] + counts[3], *counts[1:3], 0])
    found.append(counted(facts.axis_of_lanes))
    if len(set(filter(None, counts))) == 1:
        found.append([max(counts)] * size)
    if facts.feed and not all(letters):
        # Which axis turns a pair cannot be told: the blocks that begin again, all on one axis, and equal shares.
        blocks = [len(block) for block in blocks_of(facts)]
        share = [len(letters) // 3] * 3
        share[0] += len(letters) - sum(share)
        found = [each for some in (blocks, [len(letters)], share) for each in (some, [2 * n for n in some])]
    lists: list[Values] = [
        {parameter.name: tuple(Fraction(each) for each in (*numbers, *[0] * size)[:size])}
        for numbers in found if not any(numbers[size:])
    ]
    lists = [each for place, each in enumerate(lists) if each not in lists[:place]]
    return lists if parameter.default is None else [*lists, {}]


def _letters(family: Family, facts: Facts) -> tuple[str, ...]:
    """The axis of each turning pair under the feed; empty where several can be."""
    on = images(facts.feed, family, {}) or {}
    found = [axes_of(dict(pair.turn), on) for pair in facts.turning]
    return tuple(axes[0] if len(axes) == 1 else "" for axes in found)


def numbers(family: Family, kind: Kind | None, hypothesis: Hypothesis | None, facts: Facts) -> Iterator[Values]:
    """What the parameters are under a hypothesis; where a rule asks for what it does not tell, what lets it be solved.

    None if the layout asks for something that nothing here tells.
    """
    given: Values = {}
    wholes: list[str] = []
    told = hypothesis.numbers if hypothesis else {}
    named = things()
    for parameter in family.parameters:
        thing = named.get(parameter.name, "")
        value = _value(thing, hypothesis)
        if parameter.name in family.factors and thing not in ("short_factor", "long_factor"):
            value = _divisors(hypothesis, facts)
        if value is None and parameter.default is None and parameter.asks_for_whole and not thing:
            wholes.append(parameter.name)
            continue
        if value is None and parameter.default is None and thing not in STRUCTURE:
            value = _asked(thing, kind, facts)
            if value is None:
                return
        if value is not None and isinstance(value, tuple) == parameter.is_list:
            given[parameter.name] = value
    names = {named.get(p.name, ""): p.name for p in family.parameters}
    length = names.get("max_position_embeddings")
    if kind == "ntk" and (length or "seq_len" in {p.name for p in family.parameters}):
        yield given | _grown(family, names)
    for whole in WHOLES if wholes else ():
        yield given | {name: Fraction(whole) for name in wholes}
    if wholes:
        return
    yield given
    if length and {"factor", "original_max_position_embeddings"} <= told.keys():
        yield given | {length: told["factor"] * told["original_max_position_embeddings"]}


def _value(thing: str, hypothesis: Hypothesis | None) -> Given | None:
    if hypothesis is None:
        return None
    told = hypothesis.numbers
    if thing == "freq_scale":
        return 1 / told["factor"] if hypothesis.kind in ("linear", "yarn") else None
    if thing == "ext_factor" and hypothesis.kind == "yarn":
        return Fraction(1)
    if thing in ("short_factor", "long_factor") and hypothesis.divisors:
        return hypothesis.divisors
    return told.get(thing)


def _divisors(hypothesis: Hypothesis | None, facts: Facts) -> Given | None:
    """Frequency factors: divisors of the plain frequencies, rounded within what the table can tell."""
    if hypothesis is None or hypothesis.kind not in ("llama3", "longrope") or len(facts.axes) != 1:
        return None
    if hypothesis.each:
        return None
    if hypothesis.divisors:
        return hypothesis.divisors
    found = []
    for turning in facts.turning:
        plain = float(hypothesis.base) ** (-2 * turning.index / hypothesis.count)
        value = plain / turning.size
        if not 0 < value < MOST_DIVIDED:
            return None
        error = turning.tolerance / 2
        found.append(plainest(value * (1 - error), value * (1 + error)) or Fraction(f"{value:.9g}"))
    return tuple(found)


def _asked(thing: str, kind: Kind | None, facts: Facts) -> Given | None:
    if thing == "factor":
        return Fraction(2 if kind == "ntk" else 1)
    if thing == "original_max_position_embeddings":
        return Fraction(LENGTH)
    if thing == "base":
        return Fraction(10000)
    return None


def _grown(family: Family, names: dict[str, str]) -> Values:
    """Lengths at which a dynamic scaling has grown: twice the one before scaling."""
    given: Values = {}
    if "max_position_embeddings" in names and "original_max_position_embeddings" in names:
        given[names["original_max_position_embeddings"]] = Fraction(LENGTH)
        given[names["max_position_embeddings"]] = Fraction(2 * LENGTH)
        return given
    if "max_position_embeddings" in names:
        given[names["max_position_embeddings"]] = Fraction(LENGTH)
    if "seq_len" in {p.name for p in family.parameters}:
        given["seq_len"] = Fraction(2 * LENGTH)
    return given
