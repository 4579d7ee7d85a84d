"""Where an instance meets a JSON Schema, and how it can be broken there: keys removed, words changed, keys added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from prover.reports.schemas import read_schema

JSON = dict[str, Any]
NO_WORD, NO_KEY = "no such word", "no_such_key"


def validator(name: str) -> Draft202012Validator:
    """The validator of a shipped schema."""
    return Draft202012Validator(read_schema(name))


def faults(name: str, instance: object) -> list[str]:
    """What a schema finds wrong, with its place; the first few."""
    found = validator(name).iter_errors(instance)
    return [f"{fault.json_path}: {fault.message[:200]}" for fault in found][:5]


@dataclass(frozen=True)
class Meeting:
    """A part of a schema, by its place there, and the value that it is about, with what sets another value instead."""

    place: str
    schema: JSON
    value: Any
    put: Callable[[Any], None]


def meetings(root: JSON, instance: JSON) -> Iterator[Meeting]:
    """All of them, of the alternatives the ones that the value fulfils."""
    yield from _meet(root, "", root, instance, lambda _: None)


def _meet(root: JSON, place: str, schema: JSON, value: Any, put: Callable[[Any], None]) -> Iterator[Meeting]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _meet(root, f"/$defs/{name}", root["$defs"][name], value, put)
    yield Meeting(place, schema, value, put)
    for word in ("anyOf", "oneOf"):
        for number, branch in enumerate(schema.get(word, ())):
            if Draft202012Validator({**branch, "$defs": root.get("$defs", {})}).is_valid(value):
                yield from _meet(root, f"{place}/{word}/{number}", branch, value, put)
    if "if" in schema and not Draft202012Validator(schema["if"]).is_valid(value):
        yield from _meet(root, f"{place}/else", schema["else"], value, put)
    if isinstance(value, dict):
        own = schema.get("properties", {})
        rest = schema.get("additionalProperties")
        for key in list(value):
            inner = own.get(key, rest)
            if isinstance(inner, dict):
                where = f"{place}/properties/{key}" if key in own else f"{place}/additionalProperties"
                yield from _meet(root, where, inner, value[key], _setter(value, key))
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            yield from _meet(root, f"{place}/items", schema["items"], each, _setter(value, index))


def _setter(holder: Any, key: Any) -> Callable[[Any], None]:
    return lambda new: holder.__setitem__(key, new)


@dataclass(frozen=True)
class Break:
    """One way to break an instance: where in the schema, how, what does it and what undoes it."""

    place: str
    do: Callable[[], None]
    undo: Callable[[], None]


def breaks(root: JSON, instance: JSON) -> Iterator[Break]:
    """Each required key removed, each word changed, a key added to each object whose keys are fixed."""
    for met in meetings(root, instance):
        value, schema, put = met.value, met.schema, met.put
        if isinstance(value, dict):
            for key in schema.get("required", ()):
                left = {name: each for name, each in value.items() if name != key}
                yield Break(f"{met.place} without {key}", *_exchange(value, left))
            if schema.get("additionalProperties") is False:
                yield Break(f"{met.place} with another key", *_exchange(value, {**value, NO_KEY: 1}))
        if "enum" in schema or "const" in schema:
            yield Break(f"{met.place} another word", lambda put=put: put(NO_WORD), lambda put=put, v=value: put(v))


def _exchange(holder: JSON, other: JSON) -> tuple[Callable[[], None], Callable[[], None]]:
    """What fills a dictionary with another's content, and what puts back its own, in its order."""
    own = dict(holder)

    def fill(content: JSON) -> None:
        holder.clear()
        holder.update(content)

    return lambda: fill(other), lambda: fill(own)


def possible_breaks(root: JSON) -> set[str]:
    """The places of all breaks that a schema offers, whether or not a sample reaches them."""
    found: set[str] = set()

    def look(place: str, schema: JSON) -> None:
        found.update(f"{place} without {key}" for key in schema.get("required", ()))
        if schema.get("additionalProperties") is False:
            found.add(f"{place} with another key")
        if "enum" in schema or "const" in schema:
            found.add(f"{place} another word")
        for word in ("anyOf", "oneOf"):
            for number, branch in enumerate(schema.get(word, ())):
                look(f"{place}/{word}/{number}", branch)
        for key, inner in schema.get("properties", {}).items():
            look(f"{place}/properties/{key}", inner)
        for word in ("additionalProperties", "items", "else"):
            if isinstance(schema.get(word), dict):
                look(f"{place}/{word}", schema[word])

    look("", root)
    for name, schema in root.get("$defs", {}).items():
        look(f"/$defs/{name}", schema)
    return found


def properties_of(root: JSON) -> set[str]:
    """The places of all properties that a schema names."""
    found: set[str] = set()

    def look(place: str, schema: Any) -> None:
        if isinstance(schema, dict):
            for word, inner in schema.items():
                if word == "properties":
                    for key, each in inner.items():
                        found.add(f"{place}/properties/{key}")
                        look(f"{place}/properties/{key}", each)
                elif word == "$defs":
                    for name, each in inner.items():
                        look(f"/$defs/{name}", each)
                elif word in ("items", "additionalProperties"):
                    look(f"{place}/{word}", inner)
                elif word in ("anyOf", "oneOf"):
                    for number, each in enumerate(inner):
                        look(f"{place}/{word}/{number}", each)

    look("", root)
    return found
