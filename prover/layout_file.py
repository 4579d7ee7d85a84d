"""Layout files: TOML text to one table of texts, with everything it takes from elsewhere put in.

A file states one layout. What several layouts share stands in rule files under `models/rules/`,
named by `rules` (always) or `choose` (by a word in the spec, such as rope_type=yarn), and a layout
that differs from a shipped one by little says `like` and states the difference. The parameters that
rules bring can be renamed, given another default, or fixed; nothing else in a rule can be overridden.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from prover.errors import InputError, LimitError, ProverError
from prover.files import read_toml
from prover.resources import RULES
from prover.spec import catalogue

_RULE_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*\Z")
MAX_LIKE = 4
MAX_RULES = 32

Text = str | int
Feeds = dict[str, dict[str, Text]]


class RawSource(msgspec.Struct, forbid_unknown_fields=True):
    """Where upstream code stands."""

    repo: str
    path: str
    symbol: str
    version: str = ""
    commit: str = ""


class RawParameter(msgspec.Struct, forbid_unknown_fields=True):
    """A parameter as written."""

    default: str | int | bool | list[str | int] | None = None
    is_list: bool = msgspec.field(name="list", default=False)
    whole: bool = False
    require: str = ""
    meaning: str = ""


class RawPairs(msgspec.Struct, forbid_unknown_fields=True):
    """One block of pairs as written."""

    count: Text
    first: Text
    second: Text
    angle: Text
    second_angle: Text | None = None
    magnitude: Text = 1
    write_first: Text | None = None
    write_second: Text | None = None


class RawState(msgspec.Struct, forbid_unknown_fields=True):
    """A value carried from pair to pair, as a kernel's loop does: at pair 0, and from one to the next."""

    initial: Text
    step: Text


class RawWarning(msgspec.Struct, forbid_unknown_fields=True):
    """What the real kernel silently does, and when."""

    when: str
    text: str


class RawRequirement(msgspec.Struct, forbid_unknown_fields=True):
    """What must hold of the parameters together, and the text that says why the kernel refuses."""

    holds: str
    text: str


class _RawChoice(msgspec.Struct, forbid_unknown_fields=True):
    default: str
    rules: dict[str, str] | str


class _RawChoices(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    rules: dict[str, str]


class _RawRule(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    note: str = ""
    source: list[RawSource] = []
    rules: list[str] = []
    parameters: dict[str, RawParameter] = {}
    let: dict[str, Text] = {}
    state: dict[str, RawState] = {}
    pairs: RawPairs | None = None
    requirements: list[RawRequirement] = []
    warnings: list[RawWarning] = []
    feeds: Feeds = {}


class _RawLayout(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    axes: list[str]
    width: Text
    pairs: RawPairs | list[RawPairs] | None = None
    note: str = ""
    source: list[RawSource] = []
    positions: Literal["integer", "real"] = "integer"
    like: str = ""
    rules: list[str] = []
    choose: dict[str, _RawChoice] = {}
    rename: dict[str, str] = {}
    defaults: dict[str, str | int | bool | list[str | int]] = {}
    fixed: dict[str, Text | bool] = {}
    parameters: dict[str, RawParameter] = {}
    let: dict[str, Text] = {}
    state: dict[str, RawState] = {}
    requirements: list[RawRequirement] = []
    warnings: list[RawWarning] = []
    feeds: Feeds = {}


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
    requirements: tuple[RawRequirement, ...]
    warnings: tuple[RawWarning, ...]
    feeds: Feeds
    choices: dict[str, tuple[str, ...]]


_PARTS: dict[str, type[msgspec.Struct]] = {
    "source": RawSource,
    "parameters": RawParameter,
    "pairs": RawPairs,
    "choose": _RawChoice,
    "state": RawState,
    "requirements": RawRequirement,
    "warnings": RawWarning,
}
_Raw = TypeVar("_Raw", _RawRule, _RawLayout, _RawChoices)


def read_layout(path: Path, choices: Mapping[str, str]) -> LayoutText:
    """The text of a layout file, with the rules that `choices` picks."""
    raw = _raw_layout(path)
    try:
        parts = _collect(raw, choices)
    except ProverError as fault:
        raise fault.inside(str(path)) from None
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
        requirements=tuple(parts.requirements),
        warnings=tuple(parts.warnings),
        feeds=parts.feeds,
        choices=_choices(raw),
    )


def _collect(raw: _RawLayout, choices: Mapping[str, str]) -> _Parts:
    parts = _Parts(raw)
    for name in [*raw.rules, *_chosen(raw, choices)]:
        parts.take(name, raw.rename)
    parts.check_blocks()
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


def _old_name(raw: _RawLayout, name: str) -> str:
    return next((old for old, new in raw.rename.items() if new == name), name)


def _elsewhere(raw: _RawLayout) -> set[str]:
    """The parameters that the rules bring, whatever is chosen."""
    found: set[str] = set()
    pending = [*raw.rules, *(rule for choice in raw.choose.values() for rule in _rules(choice).values())]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            rule = _read_rule(name)
            found |= {raw.rename.get(parameter, parameter) for parameter in rule.parameters}
            pending += rule.rules
    return found


def choice_names(path: Path) -> dict[str, tuple[str, ...]]:
    """The choices a layout file offers: parameter name to its words, the default first."""
    return _choices(_raw_layout(path))


def _choices(raw: _RawLayout) -> dict[str, tuple[str, ...]]:
    return {
        name: (choice.default, *(word for word in _rules(choice) if word != choice.default))
        for name, choice in raw.choose.items()
    }


class _Parts:
    """What a layout and its rules define together; a name is defined once."""

    def __init__(self, raw: _RawLayout) -> None:
        self.sources = list(raw.source)
        self.parameters = dict(raw.parameters)
        self.lets = dict(raw.let)
        self.states = dict(raw.state)
        self.has_own_blocks = raw.pairs is not None
        self.blocks = raw.pairs if isinstance(raw.pairs, list) else [raw.pairs] if raw.pairs else []
        self.requirements = list(raw.requirements)
        self.taken: list[str] = []
        self.warnings = list(raw.warnings)
        self.feeds = dict(raw.feeds)
        self.own = {*raw.parameters, *raw.let, *raw.state, *raw.axes, *raw.choose}

    def take(self, name: str, rename: Mapping[str, str]) -> None:
        """Take in a rule and the rules that it names, each once."""
        if name in self.taken:
            return
        self.taken.append(name)
        if len(self.taken) > MAX_RULES:
            raise LimitError(f"more than {MAX_RULES} rules")
        rule = _renamed(_read_rule(name), rename)
        for other in rule.rules:
            self.take(other, rename)
        if rule.pairs and not self.has_own_blocks:
            self.blocks = [*self.blocks, rule.pairs]
        for kind, mine, theirs in (
            ("parameter", self.parameters, rule.parameters),
            ("let name", self.lets, rule.let),
            ("state", self.states, rule.state),
        ):
            clash = sorted(set(mine) & set(theirs))
            if clash:
                raise InputError(f"{kind} '{clash[0]}' is defined by rule '{name}' too")
            mine.update(theirs)  # type: ignore[arg-type]
        self.sources += rule.source
        self.requirements += rule.requirements
        self.warnings += rule.warnings
        self.feeds = {**rule.feeds, **self.feeds}

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


def _renamed(rule: _RawRule, rename: Mapping[str, str]) -> _RawRule:
    """The rule with parameters renamed, in every text of it too."""
    names = {old: new for old, new in rename.items() if old in rule.parameters or old in _words(rule)}
    if not names:
        return rule
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b", re.ASCII)

    def renew(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: names[found[0]], value)
        if isinstance(value, dict):
            return {names.get(key, key): renew(part) for key, part in value.items()}
        return [renew(part) for part in value] if isinstance(value, list) else value

    tables = msgspec.to_builtins(rule)
    for key in ("parameters", "let", "state", "pairs", "requirements", "warnings", "feeds"):
        tables[key] = renew(tables[key])
    return msgspec.convert(tables, _RawRule)


def _words(rule: _RawRule) -> set[str]:
    parts = (rule.let, rule.state, rule.pairs, rule.parameters, rule.requirements, rule.warnings)
    texts = " ".join(map(str, parts))
    return set(re.findall(r"[A-Za-z_]\w*", texts, re.ASCII))


def _raw_layout(path: Path) -> _RawLayout:
    return _convert(path, _inherited(path, ()), _RawLayout)


def _inherited(path: Path, above: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a file laid over those of the layout that it is like."""
    tables = read_toml(path)
    name = tables.get("like", "")
    if not name:
        return tables
    shipped = catalogue()
    if not isinstance(name, str) or name not in shipped:
        raise InputError(f"there is no layout '{str(name)[:60]}'", where=f"{path}, like",
                         advice="'rope-prover list' names all")
    if name in above or len(above) >= MAX_LIKE:
        raise LimitError(f"more than {MAX_LIKE} layouts are like one another", where=str(path))
    base = _inherited(shipped[name], (*above, name))
    if isinstance(tables.get("pairs"), list) or isinstance(base.get("pairs"), list):
        base.pop("pairs", None)
    if "axes" in tables:
        base.pop("feeds", None)
    return _laid_over(base, tables)


def _laid_over(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        merged[key] = _laid_over(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _convert(path: Path, tables: dict[str, Any], kind: type[_Raw]) -> _Raw:
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as fault:
        message, _, field = str(fault).partition(" - at ")
        field = field.strip("`$.") or "top level"
        part = _PARTS.get(field.partition(".")[0].partition("[")[0], kind)
        allowed = ", ".join(f.encode_name for f in msgspec.structs.fields(part))
        raise InputError(
            message.replace("`", "'"), where=f"{path}, {field}",
            advice=f"Fields here: {allowed}",
        ) from None


def _chosen(raw: _RawLayout, choices: Mapping[str, str]) -> list[str]:
    rules = []
    for name, choice in raw.choose.items():
        word, known = choices.get(name, choice.default), _rules(choice)
        if word not in known:
            raise InputError(
                f"{name}={word[:40]} is not known", advice=f"Choose one of {', '.join(known)}"
            )
        rules.append(known[word])
    return rules


def _rules(choice: _RawChoice) -> dict[str, str]:
    """Word to rule; a choice that several layouts offer stands in a file of its own."""
    if isinstance(choice.rules, dict):
        return choice.rules
    return _convert(*_rule_tables(choice.rules), _RawChoices).rules


def _read_rule(name: str) -> _RawRule:
    return _convert(*_rule_tables(name), _RawRule)


@cache
def _rule_tables(name: str) -> tuple[Path, dict[str, Any]]:
    path = _rule_path(name)
    return path, read_toml(path)


def _rule_path(name: str) -> Path:
    if not _RULE_NAME.match(name):
        raise InputError(f"'{name[:60]}' is not the name of a rule")
    path = RULES / f"{name}.toml"
    if not path.is_file():
        known = sorted(str(p.relative_to(RULES).with_suffix("")) for p in RULES.rglob("*.toml"))
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise InputError(f"there is no rule '{name[:60]}'", advice=f"{hint}models/rules has all")
    return path
