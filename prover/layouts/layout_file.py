"""Layout files: TOML text to one table of texts, with everything it takes from elsewhere put in.

A file states one layout. What several layouts share stands in rule files under `models/rules/`,
named by `rules` (always) or `choose` (by a word in the spec, such as rope_type=yarn), and a layout
that differs from a shipped one by little says `like` and states the difference, which stands over what
the rules of that one bring. Otherwise the parameters that rules bring can be renamed, given another
default, or fixed; nothing else in a rule can be overridden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from prover.errors import InputError, LimitError, ProverError
from prover.layouts.layout_tables import (
    Feeds,
    RawLayout,
    RawLimit,
    RawPairs,
    RawParameter,
    RawRecipe,
    RawRequirement,
    RawRule,
    RawSource,
    RawState,
    RawWarning,
    Text,
    choice_rules,
    laid_over,
    raw_layout,
    read_rule,
)
from prover.resources import shown_path

MAX_RULES = 32


@dataclass(frozen=True, slots=True)
class LayoutText:
    """A layout as text, complete: nothing in it refers to another file."""

    title: str
    note: str
    sources: tuple[RawSource, ...]
    axes: tuple[str, ...]
    positions: Literal["integer", "real"]
    width: Text
    parameters: dict[str, RawParameter]
    lets: dict[str, Text]
    states: dict[str, RawState]
    blocks: tuple[RawPairs, ...]
    recipe: RawRecipe | None
    requirements: tuple[RawRequirement, ...]
    warnings: tuple[RawWarning, ...]
    feeds: Feeds
    factors: str | list[str]
    limits: tuple[RawLimit, ...]
    choices: dict[str, tuple[str, ...]]


def read_layout(path: Path, choices: Mapping[str, str]) -> LayoutText:
    """The text of a layout file, with the rules that `choices` picks."""
    raw = raw_layout(path)
    try:
        parts = _collect(raw, choices, laid_over(path))
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None
    return LayoutText(
        title=raw.title,
        note=raw.note,
        sources=tuple(parts.sources),
        axes=tuple(raw.axes),
        positions=raw.positions,
        width=raw.width,
        parameters=parts.parameters,
        lets=parts.lets,
        states=parts.states,
        blocks=tuple(parts.blocks),
        recipe=parts.recipe,
        requirements=tuple(parts.requirements),
        warnings=tuple(parts.warnings),
        feeds=parts.feeds,
        factors=parts.factors,
        limits=tuple(parts.limits),
        choices=_choices(raw),
    )


def _collect(raw: RawLayout, choices: Mapping[str, str], over: frozenset[str]) -> _Parts:
    parts = _Parts(raw, over)
    for name in [*raw.rules, *_chosen(raw, choices)]:
        parts.take(name, raw.rename)
    parts.check_blocks()
    if any(limit.unless for limit in parts.limits if limit not in raw.limits):
        raise InputError("a rule knows no choices of the layouts that take it", where="limits.unless",
                         advice="Write the limit in the layout file")
    parts.limits = [limit for limit in parts.limits if not _is_lifted(raw, limit, choices)]
    for field, names in (("rename", raw.rename.values()), ("defaults", raw.defaults), ("fixed", raw.fixed)):
        for name in names:
            if not parts.of_a_rule(name) and name not in _elsewhere(raw):
                raise InputError(
                    f"no rule has a parameter '{_old_name(raw, name)[:40]}'", where=field,
                    advice=f"Parameters of the rules: {', '.join(sorted(_elsewhere(raw))) or 'none'}",
                )
    parts.set_defaults(raw.defaults)
    parts.fix(raw.fixed)
    return parts


def _is_lifted(raw: RawLayout, limit: RawLimit, choices: Mapping[str, str]) -> bool:
    """Whether a limit is none under the words that are chosen."""
    for name, words in limit.unless.items():
        known = choice_rules(raw.choose[name]) if name in raw.choose else {}
        for word in words:
            if word not in known:
                raise InputError(f"there is no choice {name}={word}"[:80], where="limits.unless",
                                 advice=f"Choices: {', '.join(known or raw.choose) or 'none'}")
        if choices.get(name, raw.choose[name].default) in words:
            return True
    return False


def _old_name(raw: RawLayout, name: str) -> str:
    return next((old for old, new in raw.rename.items() if new == name), name)


def _elsewhere(raw: RawLayout) -> set[str]:
    """The parameters that the rules bring, whatever is chosen."""
    chosen = (rule for choice in raw.choose.values() for rule in choice_rules(choice).values())
    return rule_parameters(raw, [*raw.rules, *chosen])


def rule_parameters(raw: RawLayout, rules: Iterable[str]) -> set[str]:
    """The parameters that these rules, and those that they name, bring to a layout, under its names for them."""
    found: set[str] = set()
    pending = list(rules)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            rule = read_rule(name)
            found |= {raw.rename.get(parameter, parameter) for parameter in rule.parameters}
            pending += rule.rules
    return found


def choice_names(path: Path) -> dict[str, tuple[str, ...]]:
    """The choices a layout file offers: parameter name to its words, the default first."""
    return _choices(raw_layout(path))


def _choices(raw: RawLayout) -> dict[str, tuple[str, ...]]:
    return {
        name: (choice.default, *(word for word in choice_rules(choice) if word != choice.default))
        for name, choice in raw.choose.items()
    }


class _Parts:
    """What a layout and its rules define together; a name is defined once, but for those in `over`."""

    def __init__(self, raw: RawLayout, over: frozenset[str]) -> None:
        self.over = over
        self.sources = list(raw.source)
        self.parameters = dict(raw.parameters)
        self.lets = dict(raw.let)
        self.states = dict(raw.state)
        self.has_own_blocks = raw.pairs is not None
        self.blocks = raw.pairs if isinstance(raw.pairs, list) else [raw.pairs] if raw.pairs else []
        self.recipe = raw.recipe
        self.requirements = list(raw.requirements)
        self.taken: list[str] = []
        self.warnings = list(raw.warnings)
        self.feeds = dict(raw.feeds)
        self.factors = raw.factors
        self.limits = list(raw.limits)
        self.own = {*raw.parameters, *raw.let, *raw.state, *raw.axes, *raw.choose}

    def take(self, name: str, rename: Mapping[str, str]) -> None:
        """Take in a rule and the rules that it names, each once."""
        if name in self.taken:
            return
        self.taken.append(name)
        if len(self.taken) > MAX_RULES:
            raise LimitError(f"more than {MAX_RULES} rules")
        rule = _renamed(read_rule(name), rename)
        for other in rule.rules:
            self.take(other, rename)
        if rule.pairs and not self.has_own_blocks:
            self.blocks = [*self.blocks, rule.pairs]
        for kind, mine, theirs in (
            ("parameter", self.parameters, rule.parameters),
            ("let name", self.lets, rule.let),
            ("state", self.states, rule.state),
        ):
            clash = sorted((set(mine) & set(theirs)) - self.over)
            if clash:
                raise InputError(f"{kind} '{clash[0]}' is defined by rule '{name}' too")
            mine.update({key: _over(mine.get(key), value) for key, value in theirs.items()})
        self.recipe = _completed(self.recipe, rule.recipe)
        self.sources += rule.source
        self.requirements += rule.requirements
        self.warnings += rule.warnings
        self.feeds = {**rule.feeds, **self.feeds}
        self.factors = self.factors or rule.factors
        self.limits += rule.limits

    def check_blocks(self) -> None:
        if not self.blocks:
            raise InputError("it has no pairs", advice="Write [pairs], or name a rule that has them")
        if len(self.blocks) > 1 and not self.has_own_blocks:
            raise InputError("several rules bring pairs", advice="Write [pairs] in the layout")

    def set_defaults(self, defaults: Mapping[str, Any]) -> None:
        for name, value in defaults.items():
            if self.of_a_rule(name):
                self.parameters[name] = msgspec.structs.replace(self.parameters[name], default=value)

    def fix(self, fixed: Mapping[str, Text | bool]) -> None:
        for name, value in fixed.items():
            if not self.of_a_rule(name):
                continue
            known = self.parameters[name]
            if known.is_list or isinstance(known.default, list):
                raise InputError(f"'{name}' is a list; only a number can be fixed", where=f"fixed.{name}")
            del self.parameters[name]
            self.lets[name] = int(value) if isinstance(value, bool) else value

    def of_a_rule(self, name: str) -> bool:
        """Whether a rule taken in has brought this parameter."""
        return name in self.parameters and name not in self.own


def _over(mine: Any, theirs: Any) -> Any:
    """What a layout states over what a rule has: field by field for a parameter, whole for anything else."""
    if mine is None or not isinstance(theirs, RawParameter):
        return theirs if mine is None else mine
    plain = RawParameter()
    own = {name: value for name in mine.__struct_fields__ if (value := getattr(mine, name)) != getattr(plain, name)}
    return msgspec.structs.replace(theirs, **own)


def _completed(mine: RawRecipe | None, theirs: RawRecipe | None) -> RawRecipe | None:
    """A recipe with what it leaves out taken from another."""
    if mine is None or theirs is None:
        return mine or theirs
    own = {name: value for name in mine.__struct_fields__ if (value := getattr(mine, name)) is not None}
    own |= {"let": {**theirs.let, **mine.let}, "state": {**theirs.state, **mine.state}}
    return msgspec.structs.replace(theirs, **own)


def _renamed(rule: RawRule, rename: Mapping[str, str]) -> RawRule:
    """The rule with parameters renamed, in every text of it too."""
    names = {old: new for old, new in rename.items() if old in rule.parameters or old in _words(rule)}
    if not names:
        return rule
    defined = [names.get(name, name) for name in (*rule.parameters, *rule.let, *rule.state)]
    if twice := sorted({name for name in defined if defined.count(name) > 1}):
        raise InputError(f"two names of rule '{rule.title}' would be '{twice[0][:40]}'", where="rename")
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b", re.ASCII)

    def renew(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: names[found[0]], value)
        if isinstance(value, dict):
            return {names.get(key, key): renew(part) for key, part in value.items()}
        return [renew(part) for part in value] if isinstance(value, list) else value

    tables = msgspec.to_builtins(rule)
    for key in ("parameters", "let", "state", "pairs", "recipe", "requirements", "warnings", "feeds", "factors"):
        tables[key] = renew(tables[key])
    return msgspec.convert(tables, RawRule)


def _words(rule: RawRule) -> set[str]:
    parts = (rule.let, rule.state, rule.pairs, rule.recipe, rule.parameters, rule.requirements, rule.warnings)
    texts = " ".join(map(str, parts))
    return set(re.findall(r"[A-Za-z_]\w*", texts, re.ASCII))


def _chosen(raw: RawLayout, choices: Mapping[str, str]) -> list[str]:
    rules = []
    for name, choice in raw.choose.items():
        word, known = choices.get(name, choice.default), choice_rules(choice)
        if word not in known:
            raise InputError(
                f"{name}={word[:40]} is not known", advice=f"Choose one of {', '.join(known)}"
            )
        rules.append(known[word])
    return rules
