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
from prover.sources.model import Finding, Model, Part, Value
from prover.sources.named import is_model, named_part, resolve_told
from prover.sources.reading import read_model, read_side

_PART = re.compile(r"([a-z][a-z_ ]*(?:/[a-z_]+)?)=(.+)", re.DOTALL)
_VALUES = re.compile(r"\.(?:json|gguf):\w+=")   # values on top of a model's only part
GIVEN = "the SPEC"
LAYOUT = "a layout"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to compute with the weights. `filled`: parameters that were taken from the model's own, in words."""

    model: Model
    filled: tuple[str, ...] = ()


def read_target(
    own: Model, source: Model, config: str, to: Sequence[str], engine: str, option: str = "--to"
) -> Target:
    """The target of weights made for `source`: `to` has SPECs, each for the text part, for PART if it is PART=SPEC, or
    a model with all its parts; `engine` reads the model's own `config`. `option`: what `to` was given by.
    Raises InputError.
    """
    if engine:
        if to:
            raise InputError(f"is given beside {option}", where="--engine", advice="Give one of the two")
        return Target(read_model(config, engine))
    if not to:
        raise InputError("is not given", where=option, advice="Give a SPEC, a config.json or --engine")
    whole: list[tuple[str, str]] = []
    parts: list[tuple[str, str]] = []
    for text in to:
        address, spec = _addressed(text, source, option)
        (parts if address else whole).append((address, spec))
    if len(whole) > 1:
        raise InputError("is given twice", where=option, advice=f"For several parts write {option} PART=SPEC; "
                         f"parts are {', '.join(dict.fromkeys(part.address for part in source.parts))}")
    if whole and is_model(whole[0][1]) and "#" not in whole[0][1] and not _VALUES.search(whole[0][1]):
        model = read_side(whole[0][1])
        if parts:
            raise InputError("is a model with all its parts, beside which no part is given", where=option)
        return Target(model)
    filled: list[str] = []
    told: list[Finding] = []
    found: list[Part] = []
    said: list[tuple[Part, str]] = []
    for address, spec in (*parts, *whole):
        mine = [part for part in source.parts if part.spec is not None and _is_meant(part, address or "text")]
        if not mine:
            raise InputError(f"the model has no part '{address or 'text'}' that rotates", where=option,
                             advice=_parts(own))
        for part in mine:
            earlier = next((name for each, name in said if each is part), None)
            if earlier is not None and address:
                raise InputError(f"says twice what {part.address} is to be" + (
                    f", as {earlier} and as {address}" if earlier != address else ""), where=option,
                    advice="Give each part one SPEC")
            if earlier is None:
                said.append((part, address))
                found.append(_fitted(part, spec, filled, told, option))
    names = ", ".join(to)
    return Target(Model(names, "", LAYOUT, "", tuple(found), tuple(dict.fromkeys(told))),
                  tuple(dict.fromkeys(filled)))


def completed(target: Target, own: Model) -> Model:
    """The target with what nothing was said of as the model's own config has it; a whole model is as it is."""
    if target.model.engine != LAYOUT:
        return target.model
    said = {(part.address, part.layers) for part in target.model.parts}
    left = tuple(part for part in own.parts if (part.address, part.layers) not in said)
    return replace(target.model, parts=(*target.model.parts, *left))


def _parts(model: Model) -> str:
    names = dict.fromkeys(part.address for part in model.parts if part.spec)
    return f"Parts: {', '.join(names) or 'none that rotates'}"


def _addressed(text: str, source: Model, option: str) -> tuple[str, str]:
    """PART and SPEC of PART=SPEC; no part where none of the source has this name."""
    found = _PART.fullmatch(text)
    if found and any(_is_meant(part, found[1]) for part in source.parts):
        return found[1], found[2]
    if found and "=" not in found[2].partition(":")[0] and not is_model(text) and not is_call(text):
        raise InputError(f"there is no part '{found[1]}'", where=f"{option} {text[:80]}", advice=_parts(source))
    return "", text


def _is_meant(part: Part, address: str) -> bool:
    return address in (part.name, part.address)


def _fitted(part: Part, spec: str, filled: list[str], findings: list[Finding], option: str) -> Part:
    """The source's part as the target computes it. `filled`, `findings`: what is told of it is put there."""
    text, found = resolve_told(spec)
    findings += found
    if is_model(spec.partition("#")[0]) and not is_call(spec):
        named = named_part(spec)
        assert named is not None
        layout, values = _split(text)
        return replace(named[1], name=part.name, layers=part.layers, layer_type=part.layer_type, layout=layout,
                       values=values)
    told = []
    given = {name for name, _ in parse_spec(text).values}
    taken = (*_words(part, text), *_parameters(part, text))
    for name, value, origin in taken:
        text = f"{text}:{name}={value}"
        told.append(f"{name}={value}, the model's own ({origin})")
    lanes = 2 * len(load(str(part.spec)).layout.pairs)
    for name in _lacking(text, "rotary") if _turned(text) != lanes else ():
        text = f"{text}:{name}={lanes}"
        told.append(f"{name}={lanes}, the model's own (the lanes that its heads turn)")
    try:
        load(text)
    except ProverError as fault:
        if told:
            fault.advice = f"{fault.advice}. Give what should be otherwise; taken was {'; '.join(told)}".lstrip(". ")
        raise fault.inside(option) from None
    used = {origin for _, _, origin in taken}
    left = [f"{value.name}={value.text}" for value in part.values
            if value.origin not in used and value.name not in given and not _other_names(value.name) & given]
    if left:
        told.append(f"not taken over, since the SPEC has no such parameter: {', '.join(left)}; --engine E takes "
                    "the config as it is")
    filled += [f"{part.address}: {each}" for each in told]
    layout, values = _split(text)
    return Part(part.name, part.layers, layout, values, layer_type=part.layer_type, beside=UNSAID)


def _split(spec: str) -> tuple[str, tuple[Value, ...]]:
    parsed = parse_spec(spec)
    return parsed.name, tuple(Value(name, value, GIVEN) for name, value in parsed.values)


def _words(part: Part, spec: str) -> Iterator[tuple[str, str, str]]:
    """Choices that a SPEC does not make and the model's own part makes by the same name."""
    own = {value.name: value for value in part.values}
    about = outline(spec)
    for choice in about.choices:
        value = own.get(choice.name)
        if value and choice.name not in dict(about.spec.values) and value.text in {word.name for word in choice.words}:
            yield choice.name, value.text, value.origin


def _parameters(part: Part, spec: str) -> Iterator[tuple[str, str, str]]:
    """Parameters that a SPEC does not give and the model's own part has, by the same or another name, or its width."""
    own = {value.name: value for value in part.values}
    chosen = ":".join([spec, *(f"{name}={text}" for name, text, _ in _words(part, spec))])
    about, widths = outline(chosen), _lacking(chosen, "width")
    for parameter in about.family.parameters:
        value = None if parameter.name in dict(about.given) else _own(own, parameter.name)
        if value is not None:
            yield parameter.name, value.text, value.origin
        elif parameter.name in widths:
            yield parameter.name, str(load(str(part.spec)).layout.width), "the width of its heads"


def _lacking(spec: str, role: str) -> tuple[str, ...]:
    """Parameters of a role that a SPEC does not give."""
    about = outline(spec)
    return tuple(each.name for each in about.family.parameters
                 if each.name in role_names()[role] and each.name not in dict(about.given))


def _turned(spec: str) -> int | None:
    """How many lanes turn; None where the SPEC lacks something or is none."""
    try:
        return 2 * len(load(spec).layout.pairs)
    except ProverError:
        return None


def _own(own: Mapping[str, Value], name: str) -> Value | None:
    """The value of this name, or the one that has another name of the same thing."""
    if name in own:
        return own[name]
    names = _other_names(name)
    found = [value for each, value in own.items() if each in names]
    return found[0] if len({value.text for value in found}) == 1 else None


def _other_names(name: str) -> set[str]:
    """What else the thing of this name is called."""
    return {other for alias in aliases() if name in alias.names for other in alias.names}
