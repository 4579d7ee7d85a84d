"""Layout files: TOML text to a family.

A file states one layout; what several layouts share (frequency rules, scaling) stands in rule
files under `models/rules/` and is named by `rules` (always) or `choose` (by a parameter of the
spec, such as rope_type=yarn). A rule adds parameters and let names; nothing can be overridden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import sympy

from prover.errors import InputError, LimitError, ProverError
from prover.expression import RESERVED, number, parse, parse_condition
from prover.family import Block, Family, Parameter, Source
from prover.feed_text import read_position
from prover.files import read_toml
from prover.resources import RULES

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z", re.ASCII)
_FEED_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_RULE_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*\Z")
MAX_NAMES = 200
MAX_BLOCKS = 64
MAX_AXES = 8
MAX_WHOLE = 10**40

_Text = str | int


class _RawSource(msgspec.Struct, forbid_unknown_fields=True):
    repo: str
    path: str
    symbol: str
    version: str = ""
    commit: str = ""


class _RawParameter(msgspec.Struct, forbid_unknown_fields=True):
    default: str | int | bool | list[str | int] | None = None
    is_list: bool = msgspec.field(name="list", default=False)
    whole: bool = False
    require: str = ""
    meaning: str = ""


class _RawPairs(msgspec.Struct, forbid_unknown_fields=True):
    count: _Text
    first: _Text
    second: _Text
    angle: _Text
    second_angle: _Text | None = None
    magnitude: _Text = 1
    write_first: _Text | None = None
    write_second: _Text | None = None


class _RawChoice(msgspec.Struct, forbid_unknown_fields=True):
    default: str
    rules: dict[str, str] | str


class _RawChoices(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    rules: dict[str, str]


class _RawRule(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    note: str = ""
    source: list[_RawSource] = []
    parameters: dict[str, _RawParameter] = {}
    let: dict[str, _Text] = {}


class _RawLayout(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    axes: list[str]
    width: _Text
    pairs: _RawPairs | list[_RawPairs]
    note: str = ""
    source: list[_RawSource] = []
    positions: Literal["integer", "real"] = "integer"
    rules: list[str] = []
    choose: dict[str, _RawChoice] = {}
    parameters: dict[str, _RawParameter] = {}
    let: dict[str, _Text] = {}
    feeds: dict[str, dict[str, _Text]] = {}


_PARTS: dict[str, type[msgspec.Struct]] = {
    "source": _RawSource,
    "parameters": _RawParameter,
    "pairs": _RawPairs,
    "choose": _RawChoice,
}
_Raw = TypeVar("_Raw", _RawRule, _RawLayout, _RawChoices)


def load_family(path: Path, name: str, choices: Mapping[str, str]) -> Family:
    """The family in a layout file, with the rules that `choices` picks."""
    return _load(path, name, tuple(sorted(choices.items())), _stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does, so that a family is parsed once per state of its file."""
    if not path.is_file():
        return (0, 0)
    status = path.stat()
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _load(
    path: Path, name: str, choices: tuple[tuple[str, str], ...], stamp: tuple[int, int]
) -> Family:
    raw = _read(path, _RawLayout)
    try:
        return _assemble(raw, name, dict(choices))
    except ProverError as fault:
        raise fault.inside(str(path)) from None


def choice_names(path: Path) -> dict[str, tuple[str, ...]]:
    """The choices a layout file offers: parameter name to its allowed words."""
    return {name: tuple(_rules(c)) for name, c in _read(path, _RawLayout).choose.items()}


def _read(path: Path, kind: type[_Raw]) -> _Raw:
    tables = read_toml(path)
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


def _assemble(raw: _RawLayout, name: str, choices: Mapping[str, str]) -> Family:
    parameters = dict(raw.parameters)
    lets = dict(raw.let)
    sources = list(raw.source)
    for rule_name in [*raw.rules, *_chosen(raw, choices)]:
        rule = _read_rule(rule_name)
        for kind, mine, theirs in (
            ("parameter", parameters, rule.parameters),
            ("let name", lets, rule.let),
        ):
            clash = sorted(set(mine) & set(theirs))
            if clash:
                raise InputError(f"{kind} '{clash[0]}' is defined by rule '{rule_name}' too")
            mine.update(theirs)  # type: ignore[arg-type]
        sources += rule.source
    _check_names([*parameters, *lets, *raw.axes, *raw.choose], raw.axes)
    lists = [n for n, p in parameters.items() if p.is_list or isinstance(p.default, list)]
    names = [*(n for n in parameters if n not in lists), *lets]

    def fixed(field: str, text: _Text) -> sympy.Basic:
        return _at(field, lambda: parse(_text(text), names, lists, index=False))

    def value(field: str, text: _Text) -> sympy.Basic:
        return _at(field, lambda: parse(_text(text), names, lists))

    def angle(field: str, text: _Text) -> sympy.Basic:
        return _at(field, lambda: parse(_text(text), [*names, *raw.axes], lists))

    blocks = raw.pairs if isinstance(raw.pairs, list) else [raw.pairs]
    if len(blocks) > MAX_BLOCKS:
        raise LimitError(f"{len(blocks)} blocks of pairs; at most {MAX_BLOCKS}")
    return Family(
        name=name,
        title=raw.title,
        note=raw.note,
        sources=tuple(_source(s) for s in sources),
        axes=tuple(raw.axes),
        positions=raw.positions,
        width=fixed("width", raw.width),
        parameters=tuple(
            _parameter(n, p, names, lists) for n, p in parameters.items()
        ),
        lets=tuple((n, value(f"let.{n}", text)) for n, text in lets.items()),
        blocks=tuple(
            Block(
                count=fixed("pairs.count", b.count),
                first=value("pairs.first", b.first),
                second=value("pairs.second", b.second),
                write_first=value("pairs.write_first", _or(b.write_first, b.first)),
                write_second=value("pairs.write_second", _or(b.write_second, b.second)),
                angle=angle("pairs.angle", b.angle),
                second_angle=None
                if b.second_angle is None
                else angle("pairs.second_angle", b.second_angle),
                magnitude=value("pairs.magnitude", b.magnitude),
            )
            for b in blocks
        ),
        feeds=tuple((n, _feed(n, table, raw.axes)) for n, table in raw.feeds.items()),
    )


def _feed(name: str, table: dict[str, _Text], axes: list[str]) -> tuple[tuple[str, str], ...]:
    """The positions of a feed's axes as text, read once so that a fault is found with its file."""
    where = f"feeds.{name}"
    if not _FEED_NAME.match(name):
        raise InputError(
            f"'{name[:60]}' cannot be the name of a feed", advice="Use letters, digits, - and _"
        )
    unknown = sorted(set(table) - set(axes))
    if unknown:
        raise InputError(
            f"there is no axis '{unknown[0][:40]}'", where=where, advice=f"Axes: {', '.join(axes)}"
        )
    positions = tuple((axis, _text(text)) for axis, text in table.items())
    for axis, text in positions:
        _at(f"{where}.{axis}", partial(read_position, text))
    return positions


def _text(value: _Text | bool) -> str:
    """A TOML value as expression text; tomllib reads hexadecimal numbers of any length."""
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise LimitError("a number of more than 40 digits")
    return str(value)


def _or(text: _Text | None, default: _Text) -> _Text:
    return default if text is None else text


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
    return _read(_rule_path(choice.rules), _RawChoices).rules


def _read_rule(name: str) -> _RawRule:
    return _read(_rule_path(name), _RawRule)


def _rule_path(name: str) -> Path:
    if not _RULE_NAME.match(name):
        raise InputError(f"'{name[:60]}' is not the name of a rule")
    path = RULES / f"{name}.toml"
    if not path.is_file():
        known = sorted(str(p.relative_to(RULES).with_suffix("")) for p in RULES.rglob("*.toml"))
        raise InputError(f"there is no rule '{name[:60]}'", advice=f"Rules: {', '.join(known)}")
    return path


def _check_names(names: list[str], axes: list[str]) -> None:
    if len(names) > MAX_NAMES:
        raise InputError(f"{len(names)} names are defined; at most {MAX_NAMES}")
    if not axes or len(axes) > MAX_AXES:
        raise InputError(f"{len(axes)} axes; expected 1 to {MAX_AXES}")
    for name in names:
        if not _NAME.match(name) or name in RESERVED:
            raise InputError(
                f"'{name[:60]}' cannot be a name",
                advice="Names are letters, digits and _, no word of the language or of Python",
            )
        if names.count(name) > 1:
            raise InputError(f"the name '{name}' is defined twice")


def _parameter(
    name: str, raw: _RawParameter, names: list[str], lists: list[str]
) -> Parameter:
    field = f"parameters.{name}"
    default: sympy.Basic | tuple[Fraction, ...] | None = None
    if raw.is_list and isinstance(raw.default, str | int):
        raise InputError("the default of a list is a list", where=f"{field}.default")
    if isinstance(raw.default, list):
        entries = raw.default
        default = _at(f"{field}.default", lambda: tuple(number(_text(e)) for e in entries))
    elif raw.default is not None:
        plain = raw.default
        text = _at(f"{field}.default", lambda: _truth(_text(plain)))
        default = _at(f"{field}.default", lambda: parse(text, names, lists, index=False))
    requirement = (
        _at(f"{field}.require", lambda: parse_condition(raw.require, names, lists))
        if raw.require
        else None
    )
    return Parameter(
        name, name in lists, raw.whole, default, requirement, raw.require, raw.meaning
    )


def _truth(text: str) -> str:
    return {"True": "1", "False": "0"}.get(text, text)


_Result = TypeVar("_Result")


def _at(field: str, compute: Callable[[], _Result]) -> _Result:
    try:
        return compute()
    except InputError as fault:
        raise fault.inside(field) from None


def _source(raw: _RawSource) -> Source:
    return Source(raw.repo, raw.commit or raw.version, raw.path, raw.symbol)


