"""Facts: what one side of a question has otherwise than the other, by what things are called in each project.

A fact is one parameter or choice with the value that it would have if the side were like the other. Nothing here is
proved, and nothing here has to be right: `prover.repair.cause` asks of each what becomes of the side with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations

from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.exact.number import ONE, ZERO, Exact
from prover.exact.text import rational_text
from prover.language.evaluation import Value
from prover.layouts.aliases import Alias, aliases
from prover.layouts.choices import Choice, Word
from prover.layouts.expand import parameter_values
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded, Outline, load, outline

SCALING, LANES = "how the frequencies are scaled", "which lanes are a pair"
PLAIN = "rope_type default"  # the title of the rule that scales nothing
YARN, RAMP = "yarn", "ext_factor"  # the same kind of scaling, as a word and as the strength of its ramp
NOT_GIVEN = ("0", "[]")  # defaults that stand for what is worked out, which no file can say
MAX_AXES = 4
FEW, MAX_WORDS = 2, 8  # of a choice of which every word is tried: of any, and of one that is no scaling
NUMBERS_OF_A_SCALING = ("how many times longer the context becomes", "the context length before scaling")
ENDS_OF_A_BAND = ("low_freq_factor", "high_freq_factor")
RECIPROCALS = (("factor", "freq_scale"), ("freq_scale", "factor"), ("factor", "scale"), ("scale", "factor"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a side has otherwise: what it is, its names and values there as they are, and as needed.

    Values are texts as a spec has them, empty where it is left out. `is_default`: as it is, nobody gave it. `lanes`:
    where it is about how many are rotated, that number and the share of the head. `is_back`: it is needed as if nobody
    had given it.
    """

    thing: str
    was: tuple[tuple[str, str | None], ...]
    needed: tuple[tuple[str, str], ...]
    is_choice: bool = False
    is_default: bool = False
    lanes: tuple[str, str] | None = None
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """A layout with what its spec says: every parameter's value, and the word of every choice."""

    loaded: Loaded
    outline: Outline
    values: dict[str, Value]
    words: dict[str, str]

    def text(self, name: str) -> str | None:
        """A parameter's value as a spec has it, if it is written in one."""
        if name in dict(self.outline.given):
            return dict(self.outline.given)[name]
        return _text(self.values[name]) if name in self.values else None


def described(loaded: Loaded) -> Described:
    """The layout with what its spec says. Raises InputError if it has none."""
    told = outline(loaded.layout.name.removesuffix(" (rows moved)"))
    return Described(loaded, told, parameter_values(told.family, dict(loaded.given)), dict(told.words))


def spec_with(target: Described, facts: Sequence[Fact]) -> str:
    """The side's spec with these facts; what a choice brought that is not chosen now is left out, and what is empty."""
    changed = {name: value for fact in facts for name, value in fact.needed}
    written = dict(target.outline.spec.values) | changed
    known = {choice.name: choice for choice in target.outline.choices}
    for name in set(changed) & set(known):
        was, now = (next((w for w in known[name].words if w.name == word), None)
                    for word in (target.words.get(name, ""), changed[name]))
        gone = set(was.parameters if was else ()) - set(now.parameters if now else ()) - set(changed)
        written = {key: value for key, value in written.items() if key not in gone}
    return ":".join([target.outline.spec.name, *(f"{name}={value}" for name, value in written.items() if value)])


def brought_by(side: Described, fact: Fact) -> set[str]:
    """Parameters that come with the word that a choice has, or would have: they are details of the choice.

    What every word brings, such as the base, is none.
    """
    return {
        parameter for choice in side.outline.choices for word in choice.words for parameter in word.parameters
        if (choice.name, word.name) in (*fact.was, *fact.needed)
        and not all(parameter in each.parameters for each in choice.words)
    }


def unique_facts(like: Described, side: Described) -> tuple[Fact, ...]:
    """What a side may have otherwise to be like the other, each once."""
    every = [_without_marks(fact, side, like) for fact in _facts(like, side)]
    found = {fact.needed: _as_given(side, fact) for fact in reversed(every)}
    return tuple(found.values())[::-1]


def _as_given(side: Described, fact: Fact) -> Fact:
    return replace(fact, is_default=fact.was[0][0] not in {name for name, _ in side.outline.spec.values})


def _without_marks(fact: Fact, side: Described, like: Described) -> Fact:
    """A value that stands for 'not given' is left out: what a choice brings is as it stands for it at the other."""
    needed = tuple(
        (name, "" if _is_unset(side if name in side.values else like, name, text) else text)
        for name, text in fact.needed
    )
    head, *details = needed
    was = tuple((name, "" if text and _is_unset(side, name, text) else text) for name, text in fact.was)
    return replace(fact, was=was, needed=(head, *(each for each in details if each[1])))


def _is_unset(side: Described, name: str, text: str) -> bool:
    found = next((each for each in side.outline.family.parameters if each.name == name), None)
    return found is not None and found.stands_for_unset(text)


def compatible(first: Sequence[Fact], more: Sequence[Fact]) -> tuple[Fact, ...]:
    """These facts, and of the others all that are about other names, one for each."""
    chosen, taken = [*first], {name for fact in first for name, _ in fact.needed}
    for fact in more:
        if not taken & {name for name, _ in fact.needed}:
            chosen.append(fact)
            taken |= {name for name, _ in fact.needed}
    return tuple(chosen)


def _facts(source: Described, target: Described) -> Iterator[Fact]:
    yield from _rotary_facts(source, target)
    yield from _parameter_facts(source, target)
    yield from _ramp_facts(source, target)
    yield from _back_facts(source, target)
    for choice in target.outline.choices:
        words = [word for word in choice.words if _comes_into_question(source, choice, word)]
        yield from _choice_facts(source, target, choice, words)
    yield from _flag_facts(source, target)


def exchanged_kinds(source: Described, target: Described) -> Iterator[Fact]:
    """Kinds of scaling that the other side has no word for, with the numbers that it has for its own."""
    for choice in target.outline.choices:
        if _is_scaling(choice):
            words = [word for word in choice.words if not _comes_into_question(source, choice, word)]
            yield from (_as_given(target, fact) for fact in _choice_facts(source, target, choice, words))


def _parameter_facts(source: Described, target: Described) -> Iterator[Fact]:
    """Parameters of one thing whose values are not the same."""
    for name in target.values:
        thing = _thing(name)
        names = (name, *(thing.names if thing else ()))
        for other in dict.fromkeys(names):
            if other in source.values and source.values[other] != target.values[name]:
                text = _carried(source, other, target, name)
                mark = source.text(other)
                is_mark = mark is not None and other != name and _is_unset(source, other, mark)  # another's, no value
                if text is not None and text != target.text(name) and not is_mark:
                    yield Fact(thing.thing if thing else name, ((name, target.text(name)),), ((name, text),))
        for mine, other in RECIPROCALS:
            value = source.values.get(other)
            if name == mine and isinstance(value, Exact) and value.rational and other not in target.values:
                text = rational_text(1 / value.rational)
                if text != target.text(name):
                    yield Fact(_thing_words(name), ((name, target.text(name)),), ((name, text),))


def _ramp_facts(source: Described, target: Described) -> Iterator[Fact]:
    """YaRN's ramp, which ggml switches on by a number, where the other side chooses YaRN by a word."""
    text = target.text(RAMP)
    if RAMP in target.values and RAMP not in source.values and YARN in source.words.values() and text != "1":
        yield Fact(SCALING, ((RAMP, text),), ((RAMP, "1"),))


def _carried(source: Described, other: str, target: Described, name: str) -> str | None:
    """The source's value as the target takes it.

    Of numbers of pairs per axis a kernel with one axis more has a 0 at the end, and one with one axis less has none.
    """
    theirs, own, thing = source.values[other], target.values[name], _thing(name)
    if thing is None or thing.role != "sections" or not isinstance(theirs, tuple) or not isinstance(own, tuple):
        return source.text(other)
    more = len(own) - len(theirs)
    if not more:
        return source.text(other)
    carried = (*theirs, ZERO) if more == 1 else theirs[:-1] if more == -1 and theirs[-1] == ZERO else own
    text = _text(carried) if carried != own else None
    return None if text is None else text.strip("[]")


def other_orders(source: Described, target: Described) -> Iterator[Fact]:
    """The source's numbers of pairs per axis in another order of its axes."""
    for name, own in target.values.items():
        thing = _thing(name)
        if thing is None or thing.role != "sections" or not isinstance(own, tuple):
            continue
        theirs = next((source.values[each] for each in thing.names if each in source.values), ())
        if not isinstance(theirs, tuple) or not 1 < len(theirs) <= MAX_AXES:
            continue
        last = max((place + 1 for place, each in enumerate(theirs) if each != ZERO), default=0)
        for order in dict.fromkeys(permutations(theirs[:last])):
            text = _text((*order, *[ZERO] * (len(own) - last)))
            if text is not None and last <= len(own) and order != theirs[:last] and text != _text(own):
                yield _as_given(target, Fact(thing.thing, ((name, target.text(name)),), ((name, text.strip("[]")),)))


def _flag_facts(source: Described, target: Described) -> Iterator[Fact]:
    """What the target alone turns on and off: each the other way."""
    for parameter in target.outline.family.parameters:
        name, thing = parameter.name, _thing(parameter.name)
        names = {name, *(thing.names if thing else ())}
        is_flag = parameter.requirement_text == f"{name} == 0 or {name} == 1"
        if is_flag and name in target.values and names.isdisjoint(source.values):
            flipped = "0" if target.values[name] == ONE else "1"
            yield Fact(_thing_words(name), ((name, target.text(name)),), ((name, flipped),), is_choice=True)


def _back_facts(source: Described, target: Described) -> Iterator[Fact]:
    """Parameters that are given on the one side and not on the other: they may be as if they were not.

    The other's default under the same name may be no default here, such as 0 for a factor that is worked out.
    """
    for name, text in target.outline.given:
        if name in target.values and not _is_written(source, name):
            try:
                left = {key: value for key, value in target.loaded.given if key != name}
                default = _text(parameter_values(target.outline.family, left)[name])
            except ProverError:
                continue
            if default is not None and default != text:
                needed = "" if default in NOT_GIVEN else default
                yield Fact(_thing_words(name), ((name, text),), ((name, needed),), is_back=True)


def exchanged_lists(target: Described) -> Iterator[Fact]:
    """Each of two lists in the place of the other, where one is for long contexts and one for short."""
    for name in target.values:
        other = name.replace("long", "short") if "long" in name else name.replace("short", "long")
        text = target.text(other) if other != name and other in target.values else None
        if text is not None and text not in (target.text(name), "[]"):
            thing = f"long against short factors, as if {other} stood for {name}"
            yield Fact(thing, ((name, target.text(name)),), ((name, text),))


def _rotary_facts(source: Described, target: Described) -> Iterator[Fact]:
    """How many lanes are rotated, under whichever name the target has for it."""
    width, lanes = source.loaded.layout.width, 2 * len(source.loaded.layout.pairs)
    for alias in aliases():
        share = alias.thing == "the share of the head that is rotated"
        if not share and alias.role != "rotary":
            continue
        for name in alias.names:
            if name in target.values:
                text = rational_text(Fraction(lanes, width)) if share else str(lanes)
                if text != target.text(name):
                    both = str(lanes), rational_text(Fraction(lanes, width))
                    thing = f"the number of rotated lanes{_twice(lanes, 2 * len(target.loaded.layout.pairs), width)}"
                    yield Fact(thing, ((name, target.text(name)),), ((name, text),), lanes=both)


def _twice(needed: int, lanes: int, width: int) -> str:
    """What is told where one side rotates a share of the share that the other rotates."""
    once = needed if lanes * width == needed * needed else lanes if needed * width == lanes * lanes else width
    if once == width or not once:
        return ""
    share = rational_text(Fraction(once, width))
    return f", as if the partial factor {share} were {'applied twice' if once == needed else 'to be applied twice'}"


def _choice_facts(source: Described, target: Described, choice: Choice, words: Sequence[Word]) -> Iterator[Fact]:
    """Another word of a choice, with what it brings taken from the source."""
    was = target.words[choice.name]
    found = _thing(choice.name)
    thing = found.thing if found else choice.meaning or choice.name
    for word in words:
        if word.name == was:
            continue
        brought = tuple(
            (name, text) for name in word.parameters
            if name not in target.values and (text := _same(source, name)) is not None
        )
        written = tuple((name, text) for name, text in brought if _is_written(source, name))
        asked_for = tuple((name, text) for name, text in brought if (name, text) in written or is_asked_for(name))
        # Files have to say what is asked for; a default may stand for something else on the other side.
        for details in dict.fromkeys((asked_for, written, brought)):
            yield Fact(thing, ((choice.name, was),), ((choice.name, word.name), *details), is_choice=True)


def _comes_into_question(source: Described, choice: Choice, word: Word) -> bool:
    """Words that are few; of scalings the source's own, whatever it is called, or none, and of models' names none."""
    if choice.kind in ("pairing", "axes", "heads") or (len(choice.words) <= FEW and choice.name != "arch"):
        return True
    if not _is_scaling(choice) and len(choice.words) <= MAX_WORDS and choice.name != "arch":
        return True
    if word.name in source.words.values() or word.name in ("default", "none"):
        return True
    theirs = {each.title for other in source.outline.choices for each in other.words
              if each.name == source.words[other.name]}
    return _is_scaling(choice) and word.title in {*theirs, PLAIN}


def _is_scaling(choice: Choice) -> bool:
    return choice.kind == "frequency" or _thing_words(choice.name) == SCALING


def named_by_lanes(facts: Sequence[Fact], was: Layout, now: Layout) -> tuple[Fact, ...]:
    """The facts; one word that stands for several things is called a pairing where nothing but lanes comes of it."""
    if len(facts) > 1 or not facts[0].is_choice or len(was.pairs) != len(now.pairs):
        return tuple(facts)
    both = list(zip(was.pairs, now.pairs, strict=True))
    if any(a.angles != b.angles or a.magnitude != b.magnitude for a, b in both):
        return tuple(facts)
    lanes = [{lane for pair in layout.pairs for lane in pair.read} for layout in (was, now)]
    moved = any(set(a.read) != set(b.read) for a, b in both)
    return (replace(facts[0], thing=LANES),) if moved and lanes[0] == lanes[1] else tuple(facts)


def named_by_lists(facts: Sequence[Fact], side: Described, changed: Loaded) -> tuple[Fact, ...]:
    """The facts; one after which the other of two lists is read, for long contexts or for short, says so."""
    if len(facts) > 1 or not any(exchanged_lists(side)):
        return tuple(facts)
    was, now = _read_list(side), _read_list(described(changed))
    if was is None or now is None or was == now:
        return tuple(facts)
    return (replace(facts[0], thing=f"{was} factors in place of the {now} ones, by {facts[0].thing}"),)


def _read_list(side: Described) -> str | None:
    """Which of the two lists is read, if it is one alone: with the other changed nothing is."""
    pairs = load(spec_with(side, ())).layout.pairs
    unread = {
        name for fact in exchanged_lists(side) for name, _ in fact.needed
        if load(spec_with(side, [fact])).layout.pairs == pairs
    }
    found = {"short" if "long" in name else "long" for name in unread}
    return found.pop() if len(found) == 1 else None


def _same(source: Described, name: str) -> str | None:
    """The source's value of what the target calls by this name."""
    thing = _thing(name)
    texts = map(source.text, (name, *(thing.names if thing else ())))
    return next((text for text in texts if text is not None), None)


def is_asked_for(name: str) -> bool:
    """Whether readers of files refuse a scaling without this number."""
    return name in ENDS_OF_A_BAND or _thing_words(name) in NUMBERS_OF_A_SCALING


def _is_written(side: Described, name: str) -> bool:
    thing = _thing(name)
    return not {name, *(thing.names if thing else ())}.isdisjoint(dict(side.outline.given))


def _thing(name: str) -> Alias | None:
    return next((alias for alias in aliases() if name in alias.names), None)


def _thing_words(name: str) -> str:
    found = _thing(name)
    return found.thing if found else name


def _text(value: Value) -> str | None:
    if isinstance(value, Angle):
        return None
    entries = value if isinstance(value, tuple) else (value,)
    numbers = [each.rational for each in entries if isinstance(each, Exact)]
    if len(numbers) != len(entries) or any(number is None for number in numbers):
        return None
    text = ",".join(rational_text(number) for number in numbers if number is not None)
    return f"[{text}]" if isinstance(value, tuple) else text
