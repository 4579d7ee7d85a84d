"""Specs: how a person names a layout on the command line.

    ggml/imrope:n_rot=64:sections=11,11,10,0
    ./mine.toml:head_dim=64

The part before the first colon is a catalogue name or the path of a layout file; the rest gives
parameters. Numbers are decimals or fractions and are taken exactly; lists use commas, in brackets or not.
`f32(11158840)` says that the number is stored as a float32, so that it may stand for another that was rounded; f16,
bf16 and f64 likewise, around an entry or a whole list.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from prover.errors import InputError
from prover.files import MAX_TOML_BYTES, read_text, read_toml
from prover.resources import MODELS, NO_LAYOUTS

if TYPE_CHECKING:
    from prover.exact.storing import Format

MAX_SPEC = 1 << 20
MAX_PARAMETERS = 64
MAX_LIST = 1 << 15
_STORED = re.compile(r"(b?f\d+)\((.*)\)", re.DOTALL | re.ASCII)
_TITLE = re.compile(r'title[ \t]*=[ \t]*"([^"\\\x00-\x1f]*)"[ \t]*\n')
_CATALOGUE_NAME = re.compile(r"[a-z0-9_-]+/[a-z0-9_-]+\Z")


@dataclass(frozen=True, slots=True)
class Spec:
    """A layout's name or path and its parameters, still as text."""

    text: str
    name: str
    path: Path
    values: tuple[tuple[str, str], ...]


@cache
def catalogue() -> Mapping[str, Path]:
    """Name to file of every shipped layout, sorted by name."""
    folders = [folder for folder in MODELS.iterdir() if folder.is_dir() and folder not in NO_LAYOUTS]
    found = {f"{path.parent.name}/{path.stem}": path for folder in folders for path in folder.glob("*.toml")}
    return MappingProxyType(dict(sorted(found.items())))


def read_title(path: Path) -> str:
    """The title of a layout or claim file; where it is the first line, as in what is shipped, no more is read."""
    if found := _TITLE.match(read_text(path, MAX_TOML_BYTES)):
        return found[1]
    title = read_toml(path).get("title", "")
    return title if isinstance(title, str) else ""


def parse_spec(text: str) -> Spec:
    """Split a spec and find its file. Raises InputError with the nearest names."""
    if len(text) > MAX_SPEC:
        raise InputError(f"a spec of {len(text)} characters; at most {MAX_SPEC}")
    head, tail = _split_path(text)
    values: dict[str, str] = {}
    if tail.count(":") >= MAX_PARAMETERS:
        raise InputError(
            f"more than {MAX_PARAMETERS} parameters", where=f"spec '{text[:80]}'"
        )
    for part in tail.split(":") if tail else []:
        key, equals, value = part.partition("=")
        if not equals or not key or not value:
            raise InputError(
                f"'{part[:60]}' is not a parameter", where=f"spec '{text[:80]}'",
                advice="Write NAME=VALUE, such as n_rot=64 or sections=11,11,10,0",
            )
        if key in values:
            raise InputError(f"parameter '{key}' is given twice", where=f"spec '{text[:80]}'")
        values[key] = value
    return Spec(text, head, _find(head, text), tuple(values.items()))


def beside(path: Path, spec: str) -> str:
    """A spec whose path is taken from the folder of the file that names it."""
    return str(path.parent / spec) if ".toml" in spec else spec


def _split_path(text: str) -> tuple[str, str]:
    match = re.search(r"\.toml(?::|\Z)", text)
    if match:
        return text[: match.start() + 5], text[match.end() :]
    head, _, tail = text.partition(":")
    return head, tail


def _find(name: str, text: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    shipped = catalogue()
    if _CATALOGUE_NAME.match(name) and name in shipped:
        return shipped[name]
    if name.endswith(".json"):
        raise InputError(
            "is no layout", where=f"spec '{text[:80]}'",
            advice="Of a model's config.json, a part is named as config.json#text; 'rope-prover show' lists the parts. "
            "'rope-prover check' takes certificates",
        )
    from prover.layouts.names import refuse_bare_word

    refuse_bare_word(text)
    near = difflib.get_close_matches(name, shipped, n=3, cutoff=0.5) if "/" in name else [
        each for each in shipped if each.partition("/")[2] == name
    ][:3]
    head = re.split(r"[,;?=\s]", name)[0]
    if head != name and ("=" in name or head in shipped or head.endswith(".toml")):
        raise InputError(
            f"there is no layout '{name[:60]}'", where=f"spec '{text[:80]}'",
            advice=f"{found_by_search(name)}Parameters stand behind colons, such as ggml/neox:n_rot=64:base=1e6",
        )
    if name.startswith(("/", "./", "../", "~")):
        raise InputError(f"there is no layout '{name[:60]}', and no such file or folder", where=f"spec '{text[:80]}'",
                         advice="Check the path; a layout file's name ends in .toml")
    hint = f"Did you mean {' or '.join(near)}? " if near else found_by_search(name)
    raise InputError(
        f"there is no layout '{name[:60]}'", where=f"spec '{text[:80]}'",
        advice=f"{hint}'rope-prover list' names all; a file's name ends in .toml",
    )


def found_by_search(words: str) -> str:
    """A sentence on the models that `list` finds for words that name no layout; empty if there are none."""
    from prover.layouts.search import search

    specs = [row.spec for row in search((words[:60],), models_only=True)]
    return f"'rope-prover list {words[:60]}' finds {', '.join(dict.fromkeys(specs[:3]))}. " if specs else ""


def parse_value(text: str) -> Fraction | tuple[Fraction, ...]:
    """A parameter's value: a number, true, false, or a list with commas, in brackets or not."""
    return parse_stored(text)[0]


def parse_stored(text: str) -> tuple[Fraction | tuple[Fraction, ...], tuple[Format | None, ...]]:
    """A parameter's value, and the format that it, or each entry, is stored in; None where it is the number itself."""
    if text in ("true", "false", "True", "False"):
        return Fraction(text.lower() == "true"), (None,)
    if text.lower() in ("null", "none"):
        raise InputError(
            f"'{text}' is no value", advice="A config's null means 'not given': leave the parameter out, or give "
            "what the model's code puts in its place, such as hidden_size/num_attention_heads for head_dim",
        )
    whole = _STORED.fullmatch(text)
    if whole and whole[2].startswith("[") and "(" not in whole[2]:
        text, format_ = whole[2], _format(whole[1])
    else:
        format_ = None
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else None
    if "," in text or inside is not None:
        text = text if inside is None else inside
        if text.count(",") > MAX_LIST:
            raise InputError(f"a list of more than {MAX_LIST} entries")
        entries = text.removesuffix(",").split(",") if text.strip() else []
        found = [_entry(entry.strip(), format_) for entry in entries]
        return tuple(value for value, _ in found), tuple(stored for _, stored in found)
    value, stored = _entry(text, format_)
    return value, (stored,)


def _entry(text: str, format_: Format | None) -> tuple[Fraction, Format | None]:
    """One number and the format it is stored in. Raises InputError for one that its format does not have."""
    from prover.language.expression import number

    if found := _STORED.fullmatch(text):
        text, format_ = found[2], _format(found[1])
    value = number(text)
    if format_ is not None and value and format_.place(abs(value)) is None:
        near = format_.nearest(value)
        raise InputError(
            f"{text[:60]} is no {format_.name}, so it cannot be what is stored",
            advice=f"The nearest is {format_.written(near)}; or give the number without {format_.word}(...)",
        )
    return value, format_


def _format(word: str) -> Format:
    from prover.exact.storing import FORMATS

    for format_ in FORMATS:
        if format_.word == word:
            return format_
    raise InputError(
        f"'{word[:40]}' is no format of stored numbers", advice=f"Formats: {', '.join(f.word for f in FORMATS)}"
    )
