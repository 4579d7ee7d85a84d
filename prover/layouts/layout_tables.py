"""The tables of layout and rule files as written, read strictly; one that is like another, laid over it."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import msgspec

from prover.errors import InputError, LimitError
from prover.files import read_toml
from prover.layouts.spec import catalogue
from prover.resources import RULES, shown_path

_RULE_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*\Z")
MAX_LIKE = 4

Text = str | int
Feeds = dict[str, dict[str, Text]]
Positions = Literal["integer", "real"]
Precision = Literal["float16", "bfloat16", "float32", "float64"]
Contract = Literal["never", "allowed"]
LimitOf = Literal["factors", "feed"]


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
    sine_angle: Text | None = None
    second_sine_angle: Text | None = None
    magnitude: Text = 1
    write_first: Text | None = None
    write_second: Text | None = None


class RawState(msgspec.Struct, forbid_unknown_fields=True):
    """A value carried from pair to pair, as a kernel's loop does: at pair 0, and from one to the next."""

    initial: Text
    step: Text


class RawRecipe(msgspec.Struct, forbid_unknown_fields=True):
    """How a kernel computes and turns in floating point; what a rule leaves out, another part states."""

    precision: Precision | None = None
    table: Precision | None = None
    rotation: Precision | None = None
    head: Precision | None = None
    contract: Contract | None = None
    least: Text | None = None
    rotated_first: Text | None = None
    rotated_second: Text | None = None
    angle: Text | None = None
    magnitude: Text | None = None
    let: dict[str, Text] = {}
    state: dict[str, RawState] = {}


class RawWarning(msgspec.Struct, forbid_unknown_fields=True):
    """What the real kernel silently does, and when."""

    when: str
    text: str


class RawRequirement(msgspec.Struct, forbid_unknown_fields=True):
    """What must hold of the parameters together, and the text that says why the kernel refuses."""

    holds: str
    text: str


class RawLimit(msgspec.Struct, forbid_unknown_fields=True):
    """What a real kernel does not take, or takes only in one way, and where that is seen.

    `unless`: words of the layout's choices under which it does, by choice.
    """

    of: LimitOf
    text: str
    source: RawSource
    refuses: bool = False
    unless: dict[str, list[str]] = {}


class RawChoice(msgspec.Struct, forbid_unknown_fields=True):
    """A parameter whose word picks a rule."""

    default: str
    rules: dict[str, str] | str


class RawChoices(msgspec.Struct, forbid_unknown_fields=True):
    """A file of words and rules that several layouts offer."""

    title: str
    rules: dict[str, str]


class RawRule(msgspec.Struct, forbid_unknown_fields=True):
    """A rule file."""

    title: str
    note: str = ""
    source: list[RawSource] = []
    rules: list[str] = []
    parameters: dict[str, RawParameter] = {}
    let: dict[str, Text] = {}
    state: dict[str, RawState] = {}
    pairs: RawPairs | None = None
    recipe: RawRecipe | None = None
    requirements: list[RawRequirement] = []
    warnings: list[RawWarning] = []
    feeds: Feeds = {}
    factors: str | list[str] = ""
    limits: list[RawLimit] = []


class RawLayout(msgspec.Struct, forbid_unknown_fields=True):
    """A layout file, with what it is like laid under it."""

    title: str
    axes: list[str]
    width: Text
    pairs: RawPairs | list[RawPairs] | None = None
    note: str = ""
    source: list[RawSource] = []
    positions: Positions = "integer"
    like: str = ""
    rules: list[str] = []
    choose: dict[str, RawChoice] = {}
    rename: dict[str, str] = {}
    defaults: dict[str, str | int | bool | list[str | int]] = {}
    fixed: dict[str, Text | bool] = {}
    parameters: dict[str, RawParameter] = {}
    let: dict[str, Text] = {}
    state: dict[str, RawState] = {}
    recipe: RawRecipe | None = None
    requirements: list[RawRequirement] = []
    warnings: list[RawWarning] = []
    feeds: Feeds = {}
    factors: str | list[str] = ""
    limits: list[RawLimit] = []


_PARTS: dict[str, type[msgspec.Struct]] = {
    "source": RawSource,
    "parameters": RawParameter,
    "pairs": RawPairs,
    "choose": RawChoice,
    "state": RawState,
    "recipe": RawRecipe,
    "requirements": RawRequirement,
    "warnings": RawWarning,
    "limits": RawLimit,
}
_WORDS = {
    "positions": Positions, "limits[...].of": LimitOf, "recipe.contract": Contract,
    **{f"recipe.{name}": Precision for name in ("precision", "table", "rotation", "head")},
}
_Raw = TypeVar("_Raw", RawRule, RawLayout, RawChoices)


def raw_layout(path: Path) -> RawLayout:
    """The tables of a layout file. Raises InputError with file, field and the fields there are."""
    return _convert(path, _inherited(path, ()), RawLayout)


def laid_over(path: Path) -> frozenset[str]:
    """The names of parameters, `let` and states that a file which is like another states itself.

    They stand over those of the same name that the rules of the other bring.
    """
    names: set[str] = set()
    tables = read_toml(path)
    for _ in range(MAX_LIKE):
        if not (below := tables.get("like")):
            break
        names |= {name for field in ("parameters", "let", "state") for name in tables.get(field, {})}
        tables = read_toml(catalogue()[below])
    return frozenset(names)


def _inherited(path: Path, above: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a file laid over those of the layout that it is like."""
    tables = read_toml(path)
    name = tables.get("like", "")
    if not name:
        return tables
    shipped = catalogue()
    if not isinstance(name, str) or name not in shipped:
        raise InputError(f"there is no layout '{str(name)[:60]}'", where=f"{shown_path(path)}, like",
                         advice="'rope-prover list' names all")
    if name in above or len(above) >= MAX_LIKE:
        raise LimitError(f"more than {MAX_LIKE} layouts are like one another", where=shown_path(path))
    base = _inherited(shipped[name], (*above, name))
    if isinstance(tables.get("pairs"), list) or isinstance(base.get("pairs"), list):
        base.pop("pairs", None)
    if "axes" in tables:
        base.pop("feeds", None)
    if "pairs" in tables or "let" in tables:
        base.pop("recipe", None)   # it was for other angles
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
        words = get_args(_WORDS.get(field))
        raise InputError(
            message.replace("`", "'"), where=f"{shown_path(path)}, {field}",
            advice=f"It is one of: {', '.join(words)}" if words else f"Fields here: {allowed}",
        ) from None


def choice_rules(choice: RawChoice) -> dict[str, str]:
    """Word to rule; a choice that several layouts offer stands in a file of its own."""
    if isinstance(choice.rules, dict):
        return choice.rules
    return _convert(*_rule_tables(choice.rules), RawChoices).rules


def choice_title(choice: RawChoice) -> str:
    """What a choice that stands in a file of its own is about; empty for one that does not."""
    return "" if isinstance(choice.rules, dict) else _convert(*_rule_tables(choice.rules), RawChoices).title


def read_rule(name: str) -> RawRule:
    """A rule file by name. Raises InputError with the nearest names."""
    return _convert(*_rule_tables(name), RawRule)


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
