"""What weights are to fit: a model, an engine's reading of the config, or layouts, filled up from the model's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prover.errors import InputError, ProverError
from prover.layouts.aliases import aliases
from prover.layouts.loading import load, outline
from prover.layouts.roles import role_names
from prover.layouts.spec import parse_spec
from prover.sources.beside import UNSAID
from prover.sources.calls import is_call
from prover.sources.model import Model, Part, Value
from prover.sources.reading import is_model, named_part, read_model, read_side, resolve

_PART = re.compile(r"([a-z][a-z_ ]*(?:/[a-z_]+)?)=(.+)", re.DOTALL)
GIVEN = "the SPEC"
LAYOUT = "a layout"  # what has the place of an engine where SPECs are given


@dataclass(frozen=True, slots=True)
class Target:
    """What is to compute with the weights. `filled`: parameters that were taken from the model's own, in words."""

    model: Model
    filled: tuple[str, ...] = ()


def read_target(own: Model, source: Model, config: str, to: Sequence[str], engine: str) -> Target:
    """The target of weights made for `source`: `to` has SPECs, each for the text part, for PART if it is PART=SPEC, or
    a model with all its parts; `engine` reads the model's own `config`. Raises InputError.
    """
    if engine:
        if to:
            raise InputError("is given beside --to", where="--engine", advice="Give one of the two")
        return Target(read_model(config, engine))
    if not to:
        raise InputError("is not given", where="--to", advice="Give a SPEC, a config.json or --engine")
    whole: list[tuple[str, str]] = []
    parts: list[tuple[str, str]] = []
    for text in to:
        address, spec = _addressed(text, source)
        (parts if address else whole).append((address, spec))
    if len(whole) > 1:
        raise InputError("is given twice", where="--to", advice="For several parts write --to PART=SPEC; parts are "
                         f"{', '.join(dict.fromkeys(part.address for part in source.parts))}")
    if whole and is_model(whole[0][1]) and "#" not in whole[0][1]:
        model = read_side(whole[0][1])
        if parts:
            raise InputError("is a model with all its parts, beside which no part is given", where="--to")
        return Target(model)
    filled: list[str] = []
    found: list[Part] = []
    for address, spec in (*parts, *whole):
        mine = [part for part in source.parts if part.spec is not None and _is_meant(part, address or "text")]
        if not mine:
            raise InputError(f"the model has no part '{address or 'text'}' that rotates", where="--to",
                             advice=_parts(own))
        for part in mine:
            if all(part is not each for each, _ in _met(found, source)):
                found.append(_fitted(part, spec, filled))
    names = ", ".join(to)
    return Target(Model(names, "", LAYOUT, "", tuple(found), ()), tuple(dict.fromkeys(filled)))


def _met(found: Sequence[Part], source: Model) -> Iterator[tuple[Part, Part]]:
    """Parts of the source for which something was said already."""
    for part in source.parts:
        yield from ((part, each) for each in found if (each.address, each.layers) == (part.address, part.layers))


def _parts(model: Model) -> str:
    names = dict.fromkeys(part.address for part in model.parts if part.spec)
    return f"Parts: {', '.join(names) or 'none that rotates'}"


def _addressed(text: str, source: Model) -> tuple[str, str]:
    """PART and SPEC of PART=SPEC; no part where none of the source has this name."""
    found = _PART.fullmatch(text)
    if found and any(_is_meant(part, found[1]) for part in source.parts):
        return found[1], found[2]
    if found and "=" not in found[2].partition(":")[0] and not is_model(text) and not is_call(text):
        raise InputError(f"there is no part '{found[1]}'", where=f"--to {text[:80]}", advice=_parts(source))
    return "", text


def _is_meant(part: Part, address: str) -> bool:
    return address in (part.name, part.address)


def _fitted(part: Part, spec: str, filled: list[str]) -> Part:
    """The source's part as the target computes it."""
    if is_model(spec.partition("#")[0]) and not is_call(spec):
        named = named_part(spec)
        assert named is not None
        layout, values = _split(resolve(spec))
        return replace(named[1], name=part.name, layers=part.layers, layer_type=part.layer_type, layout=layout,
                       values=values)
    text = resolve(spec)
    for name, value, origin in _fill(part, text):
        text = f"{text}:{name}={value}"
        filled.append(f"{part.address}: {name}={value}, the model's own ({origin})")
    try:
        load(text)
    except ProverError as fault:
        raise fault.inside("--to") from None
    layout, values = _split(text)
    return Part(part.name, part.layers, layout, values, layer_type=part.layer_type, beside=UNSAID)


def _split(spec: str) -> tuple[str, tuple[Value, ...]]:
    parsed = parse_spec(spec)
    return parsed.name, tuple(Value(name, value, GIVEN) for name, value in parsed.values)


def _fill(part: Part, spec: str) -> Iterator[tuple[str, str, str]]:
    """Choices and parameters that a SPEC does not give and the model's own part has, by the same or another name."""
    own = {value.name: value for value in part.values}
    words = []
    about = outline(spec)
    written = dict(about.spec.values)
    for choice in about.choices:
        value = own.get(choice.name)
        if value and choice.name not in written and value.text in {word.name for word in choice.words}:
            words.append((choice.name, value.text, value.origin))
    yield from words
    about = outline(":".join([spec, *(f"{name}={text}" for name, text, _ in words)]))
    layout, roles = load(str(part.spec)).layout, role_names()
    shape = {"width": (layout.width, "the width of its heads"),
             "rotary": (2 * len(layout.pairs), "the lanes that its heads turn")}
    for parameter in about.family.parameters:
        if parameter.name in dict(about.given):
            continue
        value = _own(own, parameter.name)
        if value is not None:
            yield parameter.name, value.text, value.origin
            continue
        for role, (number, origin) in shape.items():
            if parameter.name in roles[role]:
                yield parameter.name, str(number), origin


def _own(own: Mapping[str, Value], name: str) -> Value | None:
    """The value of this name, or the one that has another name of the same thing."""
    if name in own:
        return own[name]
    names = {other for alias in aliases() if name in alias.names for other in alias.names}
    found = [value for each, value in own.items() if each in names]
    return found[0] if len({value.text for value in found}) == 1 else None
