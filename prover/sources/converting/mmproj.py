"""A config's towers for images and sound as llama.cpp's converter writes them (--mmproj): a file beside the model's.

Which class does what stands in a table; what has to be computed, in the steps that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.converting.hparams import FAULTS, Hparams, load_hparams, plain
from prover.sources.converting.mmproj_steps import BLOCKS, PROCEDURES, Step
from prover.sources.converting.work import CONVERTER
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata, Stored
from prover.sources.upstream import Upstream

TABLE = READINGS / "llama-cpp-mmproj.toml"
TOWER_KEYS = ("vision_config", "audio_config", "thinker_config", "vision_n_layers")
ALL_NEED = {
    "vision": (("embedding_length", ("hidden_size", "width", "vt_hidden_size")),
               ("block_count", BLOCKS),
               ("attention.head_count", ("num_attention_heads", "num_heads", "heads", "vt_num_attention_heads")),
               ("", ("image_size",)), ("", ("patch_size",)), ("", ("intermediate_size", "vt_intermediate_size"))),
    "audio": (("embedding_length", ("hidden_size",)), ("block_count", BLOCKS),
              ("attention.head_count", ("num_attention_heads",)), ("", ("intermediate_size",))),
}


class TowerClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a class writes one tower; the table says what each field means."""

    at: str | None = None
    projector: str = ""
    by_type: dict[str, str] = {}
    sets: list[str] = []
    needs: list[str] = []
    optional: bool = False
    rows: Literal["", "half to adjacent", "every other pair"] = ""


class MmprojClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one class of the converter writes towers; the table says what each field means."""

    architectures: list[str]
    symbol: str
    vision: TowerClass | None = None
    audio: TowerClass | None = None
    stops: str = ""

    @property
    def towers(self) -> dict[str, TowerClass]:
        """The towers by name."""
        return {name: tower for name, tower in (("vision", self.vision), ("audio", self.audio)) if tower is not None}


class TowerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a config class of transformers fills in inside; the table says what each field means."""

    types: list[str]
    key: str
    symbol: str
    kind: str = ""
    otherwise: str = ""
    defaults: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    copied: dict[str, str] = {}


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """The classes of the converter for towers, and what transformers fills in before."""

    entries: list[MmprojClass] = msgspec.field(name="class")
    config: list[TowerConfig]


@dataclass(frozen=True, slots=True)
class TowerRows:
    """Rows of q and k, and of their biases, that the converter moves within each head of a tower."""

    rule: Literal["half to adjacent", "every other pair"]

    def sources(self, width: int) -> tuple[int, ...]:
        """For each row of a head in the file, the row of the checkpoint that it was. Raises InputError."""
        if self.rule == "half to adjacent":
            return tuple(lane // 2 + lane % 2 * (width // 2) for lane in range(width))
        if width % 4:
            raise InputError(f"the converter breaks off on a head of {width} lanes, whose pairs cannot be halved")
        return tuple(4 * pair + 2 * odd + lane for odd in range(2) for pair in range(width // 4) for lane in range(2))


@dataclass(frozen=True, slots=True)
class Mmproj:
    """The file beside the model, and which rows of its towers' q and k were moved.

    `given`: the towers that the config itself has keys of; others are of defaults. `source`: the converter class.
    """

    metadata: Metadata
    rows: Mapping[str, TowerRows]
    given: tuple[str, ...]
    source: str

    def of(self, name: str) -> Metadata:
        """The file as if it held one tower alone."""
        others = [f"clip.has_{each}_encoder" for each in ALL_NEED if each != name]
        keys = {key: value for key, value in self.metadata.keys.items() if key not in others}
        return replace(self.metadata, keys=keys)


@cache
def table() -> Table:
    """The classes that are known here."""
    return typed_toml(TABLE, Table)


@cache
def _classes() -> Mapping[str, MmprojClass]:
    return {name: each for each in table().entries for name in each.architectures}


def convert_towers(keys: Keys) -> Mmproj | None:
    """What the converter writes with --mmproj; None for a config without towers, or of a class that has none.

    Raises InputError where it breaks off. preprocessor_config.json and a tokenizer are taken to be there, as published.
    """
    given = plain(dict(keys.table))
    try:
        return _convert(given, keys.text("model_type"), keys.where)
    except FAULTS as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"{CONVERTER} breaks off on the towers of this file: {str(fault)[:120]}",
                         where=keys.where) from None


def _convert(given: Hparams, kind: str, file: str) -> Mmproj | None:
    if all(given.get(key) is None for key in TOWER_KEYS):
        return None
    loaded = load_hparams(given, kind, file)
    whole = loaded.hparams
    vision = whole.get("vision_config", {})
    architectures = vision.get("architectures") if isinstance(vision, dict) else None
    name = (architectures or whole.get("architectures") or [""])[0]
    entry = _classes().get(name)
    if entry is None:
        raise InputError(f"what {CONVERTER} makes of the towers of '{str(name)[:60]}' is not known here", where=file)
    if not entry.stops and not any(_is_given(given, each, tower) for each, tower in entry.towers.items()):
        return None
    if entry.stops:
        raise _stop(entry, entry.stops, file)
    if vision is None and "vision_config" in whole and not loaded.config:
        raise _stop(entry, "vision_config is null", file)
    text = whole.get("text_config", {})
    if not {**whole, **text}.get("hidden_size", {**whole, **text}.get("n_embd", 0)) > 0:
        raise _stop(entry, "the text part has no hidden_size", file)
    stored: dict[str, Stored] = {"general.architecture": Stored("str", "clip")}
    rows: dict[str, TowerRows] = {}
    towers = {each: (tower, _inner(whole, bool(loaded.config), kind, each, tower, file))
              for each, tower in entry.towers.items()}
    towers = {each: found for each, found in towers.items() if found[1] or not found[0].optional}
    for each, (tower, inner) in towers.items():
        if inner is None:
            raise _stop(entry, f"{each}_config is not there", file)
        step = Step(whole, inner)
        for line in tower.sets:
            _set(step, line)
        stored |= _write(entry, step, each, file)
        if tower.rows:
            rows[each] = _rows(entry, step, tower, stored, file)
    metadata = Metadata(file, stored, {}, ())
    own = tuple(each for each in towers if _is_given(given, each, entry.towers[each]))
    return Mmproj(metadata, rows, own, f"{table().repo}@{table().version} conversion/{entry.symbol}")


def _stop(entry: MmprojClass, why: str, file: str) -> InputError:
    return InputError(f"{CONVERTER} ({entry.symbol}) breaks off: {why}", where=file)


def _path(name: str, tower: TowerClass) -> list[str]:
    at = f"{name}_config" if tower.at is None else tower.at
    return at.split(".") if at else []


def _is_given(given: Hparams, name: str, tower: TowerClass) -> bool:
    """Whether the file itself has keys of the tower."""
    if not _path(name, tower):
        return "vision_n_layers" in given
    found: Any = given
    for key in _path(name, tower):
        found = found.get(key) if isinstance(found, dict) else None
    return found is not None


def _inner(whole: Hparams, filled: bool, kind: str, name: str, tower: TowerClass, file: str) -> Hparams | None:
    """The tower's own keys, with what a config class fills in."""
    found: Any = whole
    for key in _path(name, tower):
        found = found.get(key) if len(_path(name, tower)) == 1 else found[key]
    entries = [entry for entry in table().config
               if filled and kind in entry.types and [entry.key] == _path(name, tower)]
    if found is None and not entries:
        return None
    given = dict(found or {})
    for entry in entries:
        if entry.kind and (own := given.get("model_type", entry.otherwise)) != entry.kind:
            raise InputError(f"{CONVERTER} takes no tower of model_type {str(own)[:40]!r}, or what is filled in for it "
                             "is not known here", where=f"{file}, {entry.key}")
        defaults = {key: float(value) if isinstance(value, str) and value[:1].isdigit() else value
                    for key, value in entry.defaults.items()}
        given = {**defaults, **{entry.renamed.get(key, key): value for key, value in given.items()}}
        given |= {key: given[other] for key, other in entry.copied.items()}
        given["model_type"] = entry.kind or given.get("model_type")
    return given


def _set(step: Step, line: str) -> None:
    key, _, source = line.partition(" = ")
    if not source:
        PROCEDURES[key.removeprefix("@")](step)
    elif source.isdigit():
        step.keys[key] = int(source)
    elif source.endswith("?"):
        step.keys[key] = step.keys.get(source[:-1])
    else:
        name, _, default = source.partition(":")
        step.keys[key] = step.keys.get(name, int(default)) if default else step.keys[name]


def _write(entry: MmprojClass, step: Step, name: str, file: str) -> dict[str, Stored]:
    tower = entry.towers[name]
    stored = {f"clip.has_{name}_encoder": Stored("bool", True)}
    for key, names in ALL_NEED[name]:
        found = next((each for each in names if each in step.keys), None)
        if found is None:
            raise _stop(entry, f"{name} has none of {', '.join(names)}", file)
        value = step.keys[found]
        if isinstance(value, bool):
            value = int(value)  # as it is packed
        if not isinstance(value, int) or not 0 <= value < 1 << 32:
            raise _stop(entry, f"{found} of {name} is {str(value)[:40]}", file)
        if key:
            stored[f"clip.{name}.{key}"] = Stored("u32", value)
    for each in tower.needs:
        if step.keys.get(each) is None:
            raise _stop(entry, f"{name} has no {each}", file)
    projector = tower.projector or tower.by_type.get(str(step.whole.get("model_type")), "")
    if not projector:
        raise _stop(entry, "of what kind the tower is is not known by model_type", file)
    place = f"clip.{name}.projector_type" if len(entry.towers) > 1 or tower.at == "thinker_config.audio_config" else ""
    stored[place or "clip.projector_type"] = Stored("str", projector)
    return stored


def _rows(
    entry: MmprojClass, step: Step, tower: TowerClass, stored: Mapping[str, Stored], file: str,
) -> TowerRows:
    assert tower.rows
    if tower.rows == "every other pair":
        heads = step.keys.get("num_attention_heads", 16)
        if heads != stored["clip.vision.attention.head_count"].value:
            raise InputError(f"what {CONVERTER} ({entry.symbol}) makes cannot be told: it moves rows as those of "
                             f"{str(heads)[:20]} heads", where=file)
    return TowerRows(tower.rows)


