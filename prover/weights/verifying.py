"""From two names to what is held against each other: checkpoints, their models, slots and needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.resources import shown_path
from prover.sources.comparing import unmet
from prover.sources.config_json import CONFIG
from prover.sources.gguf import decode
from prover.sources.gguf_file import read_gguf
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.sources.model import Model
from prover.sources.reading import read_model, read_side
from prover.weights.checkpoint import open_checkpoint
from prover.weights.find_slots import find_slots
from prover.weights.lines import Lines, of_tensor
from prover.weights.slots import Kind, Slot, Slots
from prover.weights.tensors import Checkpoint
from prover.weights.verified import Verified
from prover.weights.verify import Job, Side, verify
from prover.weights.witness import Need, needs

Track = Callable[[Sequence[Job]], Iterable[Job]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. `made_for`, `meant_for`: SPECs or models in place of what the checkpoints' configs say.

    `engine`: what reads the target's config. `base`: the config of checkpoints that have none, as adapters.
    `given`: tensors by what they hold, where the packing is not known.
    """

    source: str
    target: str
    made_for: str = ""
    meant_for: str = ""
    engine: str = ""
    base: str = ""
    given: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """One checkpoint: what its own config says of it, and its slots."""

    checkpoint: Checkpoint
    own: Model
    slots: Slots


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer, and what it is about. `models`: what the weights were made for, and what is to compute with them."""

    source: Opened
    target: Opened
    models: tuple[Model, Model]
    verified: Verified


def compare_checkpoints(asked: Asked, track: Track = iter) -> Compared:
    """Hold the target's tensors against the source's. Raises InputError for what cannot be read or related."""
    source = open_side(asked.source, asked.base, asked.given)
    target = open_side(asked.target, asked.base, asked.given)
    made_for = read_side(asked.made_for) if asked.made_for else source.own
    if asked.meant_for and asked.engine:
        raise InputError("--to and --engine both say what the target is", where="--engine", advice="Give one of them")
    if asked.engine:
        meant_for = read_model(str(_config(target.checkpoint, asked.base)), asked.engine)
    else:
        meant_for = read_side(asked.meant_for) if asked.meant_for else target.own
    found: tuple[Need, ...] = tuple(needs(made_for, meant_for))
    left = [f"{what}: in the {side} only, not compared" for side, what in unmet(made_for, meant_for)]
    sides = Side(source.slots, read_slot), Side(target.slots, read_slot)
    return Compared(source, target, (made_for, meant_for), verify(*sides, found, left, track))


def open_side(name: str, base: str, given: Mapping[str, str] | None) -> Opened:
    """One checkpoint with its slots. Raises InputError."""
    checkpoint = open_checkpoint(Path(name))
    config = _config(checkpoint, base)
    own = read_model(str(config))
    return Opened(checkpoint, own, find_slots(checkpoint, _keys(config), own, given))


def read_slot(slot: Slot) -> Lines:
    """The rows of a slot's tensor; of a scale for several rows its entries."""
    return of_tensor(slot.tensor, slot.tensor.shape[0] if slot.kind is Kind.BLOCK_SCALE else slot.rows)


def _config(checkpoint: Checkpoint, base: str) -> Path:
    if checkpoint.config is not None:
        return checkpoint.config
    if base:
        path = Path(base)
        return path / CONFIG if path.is_dir() else path
    raise InputError(f"has no {CONFIG} beside it, which says how many heads there are",
                     where=shown_path(checkpoint.root), advice="Give that of the model, or its folder: --base CONFIG")


def _keys(config: Path) -> Keys | Metadata:
    if config.suffix != ".json":
        return read_gguf(config)
    return Keys(parse_json_object(decode(read_bytes(config, MAX_BYTES)), str(config)), str(config))


def layers_of(slots: Slots) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parts that have slots, and their layers."""
    parts: dict[str, set[int]] = {}
    for slot in slots.slots:
        parts.setdefault(slot.part, set()).add(slot.layer)
    yield from ((part, tuple(sorted(layers))) for part, layers in parts.items())
