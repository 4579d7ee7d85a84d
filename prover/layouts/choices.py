"""What a layout file offers to choose: parameters whose word picks a rule, and what each word brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prover.layouts.layout_file import rule_parameters
from prover.layouts.layout_tables import RawLayout, choice_rules, choice_title, raw_layout, read_rule
from prover.layouts.spec import catalogue

_KINDS = {
    "pairing": "which lanes are a pair",
    "frequency": "how the frequencies are scaled",
    "axes": "which axis turns which pair",
    "heads": "which lanes of the head are turned",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word that can be chosen: the title of its rule, and the parameters that come with it."""

    name: str
    title: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter that takes a word; the default stands first among its words.

    `kind`: the folder of its rules, if they lie in one.
    """

    name: str
    kind: str
    meaning: str
    words: tuple[Word, ...]

    @property
    def default(self) -> str:
        return self.words[0].name


def choices_of(path: Path) -> tuple[Choice, ...]:
    """The choices of a layout file, in its order."""
    raw = raw_layout(path)
    return tuple(_choice(raw, name) for name in raw.choose)


def _choice(raw: RawLayout, name: str) -> Choice:
    choice = raw.choose[name]
    rules = choice_rules(choice)
    found = {
        rule: (read_rule(rule).title, tuple(sorted(rule_parameters(raw, [rule]) - raw.fixed.keys())))
        for rule in dict.fromkeys(rules.values())
    }
    words = tuple(Word(word, *found[rules[word]]) for word in sorted(rules, key=lambda word: word != choice.default))
    kinds = {rule.partition("/")[0] for rule in rules.values()}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return Choice(name, kind, choice_title(choice) or _KINDS.get(kind, ""), words)


def elsewhere(path: Path, choice: str, word: str) -> tuple[str, ...]:
    """Specs of other shipped layouts whose file has this choice with the word; the same project's come first."""
    found = []
    for name, other in catalogue().items():
        if other == path or f"[choose.{choice}]" not in other.read_text("utf-8"):
            continue
        offered = raw_layout(other).choose
        if choice in offered and word in choice_rules(offered[choice]):
            found.append(f"{name}:{choice}={word}")
    return tuple(sorted(found, key=lambda spec: not spec.startswith(f"{path.parent.name}/")))
