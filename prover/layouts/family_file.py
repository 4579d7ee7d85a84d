"""From the text of a layout file to a family: every expression parsed, every name known."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from prover.errors import InputError, LimitError, ProverError
from prover.language.expression import AXES, RESERVED, number, parse, parse_condition
from prover.language.term import Term
from prover.layouts.expand import places
from prover.layouts.family import (
    MORE_ANGLES,
    PAIRS_PER_AXIS,
    Block,
    Family,
    KernelWarning,
    Limit,
    Parameter,
    RecipeText,
    Source,
)
from prover.layouts.feed_text import coordinate_names, read_position
from prover.layouts.layout_file import LayoutText, read_layout
from prover.layouts.layout_tables import RawPairs, RawParameter, RawRecipe, RawSource, Text
from prover.resources import shown_path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z", re.ASCII)
_FEED_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
MAX_NAMES = 200
MAX_BLOCKS = 64
MAX_AXES = 8
MAX_WHOLE = 10**40


def load_family(path: Path, name: str, choices: Mapping[str, str]) -> Family:
    """The family in a layout file, with the rules that `choices` picks."""
    return _load(path, name, tuple(sorted(choices.items())), _stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does, so that a family is parsed once per state of its file."""
    if not path.is_file():
        return (0, 0)
    status = path.stat()
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _load(
    path: Path, name: str, choices: tuple[tuple[str, str], ...], stamp: tuple[int, int]
) -> Family:
    raw = read_layout(path, dict(choices))
    try:
        return _assemble(raw, name)
    except ProverError as fault:
        raise fault.inside(shown_path(path)) from None


def _assemble(raw: LayoutText, name: str) -> Family:
    parameters, lets = raw.parameters, raw.lets
    _check_names([*parameters, *lets, *raw.states, *raw.axes, *raw.choices], raw.axes)
    lists = [n for n, p in parameters.items() if p.is_list or isinstance(p.default, list)]
    names = [*(n for n in parameters if n not in lists), *lets, *raw.states]

    def fixed(field: str, text: Text) -> Term:
        return _at(field, lambda: parse(_text(text), names, lists, index=False))

    def value(field: str, text: Text) -> Term:
        return _at(field, lambda: parse(_text(text), names, lists))

    def angle(field: str, text: Text) -> Term:
        return _at(field, lambda: parse(_text(text), [*names, *raw.axes], [*lists, AXES]))

    def remark(field: str, condition: str, text: str) -> KernelWarning:
        for place in _at(field, lambda: places(text)):
            if place not in (*names, *lists, PAIRS_PER_AXIS):
                raise InputError(f"there is no value '{place[:40]}' for its place in the text", where=field)
        return KernelWarning(_at(field, lambda: parse_condition(condition, names, lists)), text)

    blocks = raw.blocks
    if len(blocks) > MAX_BLOCKS:
        raise LimitError(f"{len(blocks)} blocks of pairs; at most {MAX_BLOCKS}")
    return Family(
        name=name,
        title=raw.title,
        note=raw.note,
        sources=tuple(_source(s) for s in raw.sources),
        axes=raw.axes,
        positions=raw.positions,
        width=fixed("width", raw.width),
        parameters=tuple(
            _parameter(n, p, names, lists) for n, p in parameters.items()
        ),
        lets=tuple((n, value(f"let.{n}", text)) for n, text in lets.items()),
        states=tuple(
            (n, fixed(f"state.{n}.initial", s.initial), value(f"state.{n}.step", s.step))
            for n, s in raw.states.items()
        ),
        blocks=tuple(
            Block(
                count=fixed("pairs.count", b.count),
                first=value("pairs.first", b.first),
                second=value("pairs.second", b.second),
                write_first=value("pairs.write_first", _or(b.write_first, b.first)),
                write_second=value("pairs.write_second", _or(b.write_second, b.second)),
                angle=angle("pairs.angle", b.angle),
                **_more_angles(b, angle),
                magnitude=value("pairs.magnitude", b.magnitude),
            )
            for b in blocks
        ),
        recipe=_recipe(raw.recipe),
        requirements=tuple(remark("requirements.holds", r.holds, r.text) for r in raw.requirements),
        warnings=tuple(remark("warnings.when", w.when, w.text) for w in raw.warnings),
        feeds=tuple((n, _feed(n, table, raw.axes, parameters)) for n, table in raw.feeds.items()),
        factors=_factors(raw.factors, lists),
        limits=tuple(Limit(each.of, each.text, _source(each.source), each.refuses) for each in raw.limits),
    )


def _more_angles(raw: RawPairs, read: Callable[[str, Text], Term]) -> dict[str, Any]:
    """The angles beside `angle`; how the fourth follows from the others is never guessed."""
    if raw.sine_angle is not None and raw.second_angle is not None and raw.second_sine_angle is None:
        raise InputError(
            "is missing, where sine_angle and second_angle are given", where="pairs.second_sine_angle",
            advice="Write the angle of the second lane's sine: that of sine_angle or of second_angle",
        )
    given = {name: getattr(raw, name) for name in MORE_ANGLES}
    return {name: None if text is None else read(f"pairs.{name}", text) for name, text in given.items()}


def _recipe(raw: RawRecipe | None) -> RecipeText | None:
    """The recipe, if one is complete; it is read when bits are asked for."""
    if raw is None or raw.angle is None:
        return None
    precision = raw.precision or "float32"
    table = raw.table or precision
    rotation = raw.rotation or table
    rotated = [None if text is None else _text(text) for text in (raw.rotated_first, raw.rotated_second)]
    return RecipeText(
        precision,
        table,
        rotation,
        raw.head or rotation,
        raw.contract == "allowed",
        _text(_or(raw.least, 0)),
        (rotated[0], rotated[1]),
        _text(raw.angle),
        _text(_or(raw.magnitude, 1)),
        tuple((name, _text(text)) for name, text in raw.let.items()),
        tuple((name, _text(state.initial), _text(state.step)) for name, state in raw.state.items()),
    )


def _feed(
    name: str, table: dict[str, Text], axes: Sequence[str], parameters: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """The positions of a feed's axes as text.

    They are read once, so that a fault is found with its file; those with parameters have no value yet.
    """
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
        field = f"{where}.{axis}"
        used = _at(field, partial(coordinate_names, text))
        if set(used) & set(parameters):
            _at(field, partial(parse, text, used, [], index=False))
        else:
            _at(field, partial(read_position, text))
    return positions


def _factors(written: str | list[str], lists: Collection[str]) -> tuple[str, ...]:
    names = (written,) if isinstance(written, str) else tuple(written)
    for name in names:
        if (name and name not in lists) or names.count(name) > 1:
            raise InputError(f"there is no list parameter '{name[:40]}'" if name not in lists else
                             f"'{name[:40]}' is named twice", where="factors")
    return tuple(filter(None, names))


def _text(value: Text | bool) -> str:
    """A TOML value as expression text; tomllib reads hexadecimal numbers of any length."""
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise LimitError("a number of more than 40 digits")
    return str(value)


def _or(text: Text | None, default: Text) -> Text:
    return default if text is None else text


def _check_names(names: list[str], axes: Sequence[str]) -> None:
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
    name: str, raw: RawParameter, names: list[str], lists: list[str]
) -> Parameter:
    field = f"parameters.{name}"
    default: Term | tuple[Fraction, ...] | None = None
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


def _source(raw: RawSource) -> Source:
    return Source(raw.repo, raw.commit or raw.version, raw.path, raw.symbol)
