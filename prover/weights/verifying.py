"""From two names to what is held against each other: checkpoints, their models, slots and needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from prover.sources.reading import read_model
from prover.weights.checkpoint import open_checkpoint
from prover.weights.find_slots import find_slots
from prover.weights.fitting import LAYOUT, Target, read_target
from prover.weights.lines import Lines, of_tensor
from prover.weights.slots import Kind, Slot, Slots
from prover.weights.tensors import Checkpoint, Format
from prover.weights.verified import Verified
from prover.weights.verify import Job, Side, ranges, verify
from prover.weights.witness import Need, needs

# Architectures to whose norms in front of the rotation llama.cpp's converter adds 1, since transformers' kernels do so
# (ggml-org/llama.cpp 0c1e57098, conversion/gemma.py `Gemma3Model.norm_shift`, qwen.py `Qwen3NextModel.modify_tensors`,
# minimax.py, step3.py, plamo.py, qwen4exp.py).
ADDS_ONE = frozenset({
    "gemma3", "gemma-embedding", "qwen3next", "qwen35", "qwen35moe", "qwen4exp", "minimax-m3", "step35", "plamo3",
})
Track = Callable[[Sequence[Job]], Iterable[Job]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. `made_for`, `meant_for`: SPECs, PART=SPEC or a model, as `weights permute` takes them, in
    place of what the checkpoints' configs say.

    `engine`: what reads the target's config. `base`: the config of checkpoints that have none, as adapters.
    `given`: tensors by what they hold, where the packing is not known.
    """

    source: str
    target: str
    made_for: tuple[str, ...] = ()
    meant_for: tuple[str, ...] = ()
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
    """The answer, and what it is about. `models`: what the weights were made for, and what is to compute with them.

    `filled`: what SPECs were filled up with.
    """

    source: Opened
    target: Opened
    models: tuple[Model, Model]
    verified: Verified
    filled: tuple[str, ...] = ()


def compare_checkpoints(asked: Asked, track: Track = iter) -> Compared:
    """Hold the target's tensors against the source's. Raises InputError for what cannot be read or related."""
    source = open_side(asked.source, asked.base, asked.given)
    target = open_side(asked.target, asked.base, asked.given)
    if asked.meant_for and asked.engine:
        raise InputError("--to and --engine both say what the target is", where="--engine", advice="Give one of them")
    made_for, meant_for = Target(source.own), Target(target.own)
    if asked.made_for:
        config = str(_config(source.checkpoint, asked.base))
        made_for = read_target(source.own, source.own, config, asked.made_for, "")
        made_for = _with_rest(made_for, source.own)
    if asked.meant_for or asked.engine:
        config = str(_config(target.checkpoint, asked.base))
        meant_for = read_target(source.own, made_for.model, config, asked.meant_for, asked.engine)
        meant_for = _with_rest(meant_for, made_for.model)
    found: tuple[Need, ...] = tuple(needs(made_for.model, meant_for.model))
    left = [f"{what}: in the {side} only, not compared" for side, what in unmet(made_for.model, meant_for.model)]
    ours, theirs = (Side(each.slots, read_slot, added_to(each)) for each in (source, target))
    filled = tuple(dict.fromkeys((*made_for.filled, *meant_for.filled)))
    models = made_for.model, meant_for.model
    return Compared(source, target, models, verify(ours, theirs, found, left, track), filled)


def _with_rest(target: Target, source: Model) -> Target:
    """Of parts and layers that SPECs say nothing about, what the source computes: `weights permute` leaves them."""
    if target.model.engine != LAYOUT:
        return target
    said = {(part.address, part.layers) for part in target.model.parts}
    rest = [part for part in source.parts if (part.address, part.layers) not in said]
    told = [f"{part.address}{f', layers {ranges(part.layers)}' if part.layers else ''}: as the source has it, since "
            "nothing else is said" for part in rest if part.spec is not None]
    return Target(replace(target.model, parts=(*target.model.parts, *rest)), (*target.filled, *dict.fromkeys(told)))


def open_side(name: str, base: str, given: Mapping[str, str] | None) -> Opened:
    """One checkpoint with its slots. Raises InputError."""
    checkpoint = open_checkpoint(Path(name))
    config = _config(checkpoint, base)
    own = read_model(str(config))
    return Opened(checkpoint, own, find_slots(checkpoint, _keys(config), own, given))


def added_to(side: Opened) -> float:
    """What a checkpoint's gains have in them beyond those of transformers."""
    return 1.0 if side.checkpoint.format is Format.GGUF and side.own.kind in ADDS_ONE else 0.0


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
