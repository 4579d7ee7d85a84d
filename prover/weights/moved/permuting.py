"""From a checkpoint and two layouts to what is to be written: everything that `weights permute` decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.resources import shown_path
from prover.sources.comparing import Meeting, meetings
from prover.sources.config_json import CONFIG
from prover.sources.engine_llama_cpp import CONVERTED
from prover.sources.json_text import MAX_BYTES
from prover.sources.model import Model
from prover.sources.named import is_model
from prover.weights.moved.apply import Task, Work, task_of
from prover.weights.moved.config_text import Said, config_of_target
from prover.weights.moved.fitting import Target, read_target
from prover.weights.moved.losses import losses
from prover.weights.moved.manifest import certificates, head_of, without_earlier
from prover.weights.moved.places import Listing, list_files
from prover.weights.moved.plan import Move, Plan, plan, shown
from prover.weights.moved.witness import needs
from prover.weights.packed.adapter import check_adapter_of
from prover.weights.packed.drafts import find_drafts
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.new_type import TURNED_BY, is_tensorrt_llm, own_model, told_of
from prover.weights.packed.new_type import Said as Layouts
from prover.weights.packed.rank_slots import check_copies
from prover.weights.packed.slots import Slots
from prover.weights.stored.checkpoint import config_keys, open_checkpoint
from prover.weights.stored.tensors import Checkpoint, Format

EARLIER = "the manifest of an earlier run"
Track = Callable[[Sequence[Meeting]], Iterator[Meeting]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. `to`: SPECs or PART=SPEC. `base`: the config of the model that an adapter is for.

    `given`: tensors by what they hold, where the packing is not known.
    """

    model: Path
    source: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    engine: str = ""
    base: str = ""
    given: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it before anything is written. `said`: of the config. `filled`: what SPECs were filled up with."""

    checkpoint: Checkpoint
    source: Model
    target: Model
    slots: Slots
    plan: Plan
    said: Said
    filled: tuple[str, ...]
    is_adapter: bool = False


def prepare(asked: Asked, track: Track = iter) -> Prepared:
    """Decide what moves and what is refused. Raises InputError for what cannot be read."""
    checkpoint = open_checkpoint(asked.model)
    if checkpoint.format is Format.TORCH:
        raise InputError("holds its weights in pickles, which are not written here", where=shown_path(asked.model),
                         advice="Save the model as safetensors first: save_pretrained of transformers does for models "
                         "of its own; of ranks write each file with safetensors.torch.save_file(torch.load(FILE, "
                         "weights_only=True), NEW), as consolidated.00.safetensors, which keeps names and rows")
    config = _config(checkpoint, asked)
    own = own_model(config, checkpoint, Layouts(asked.source, "--from", asked.given is not None))
    keys = config_keys(config)
    drafts = find_drafts(keys, own, checkpoint, asked.given)
    own = drafts.into(own)
    given = read_target(own, own, str(config), asked.source, "", "--from") if asked.source else Target(own)
    source = drafts.into(given.model)
    target = _unconverted(read_target(own, source, str(config), asked.to, asked.engine))
    target = replace(target, model=drafts.into(target.model))
    found = tuple(needs(source, target.model, track=track))
    slots = find_slots(checkpoint, keys, own, asked.given)
    is_adapter = check_adapter_of(checkpoint, slots)
    check_copies(slots)
    done = plan(slots, found, tuple(_left(own, source, target.model)), is_adapter)
    if not done.refusals:
        done = replace(done, refusals=tuple(losses(done.moves)))
    moved = tuple(need for need in found if need.moves or need.factors)
    said = Said("stays")
    if done.moves and checkpoint.format is Format.GGUF:
        said = Said("stays: llama.cpp takes the kernel from the architecture, and no key says it. The file is for "
                    "another kernel: " + "; ".join(dict.fromkeys(shown(need.meeting.target) for need in moved)))
    elif is_adapter:
        said = Said("stays: that of an adapter says nothing of RoPE. The base model has to be moved alike")
    elif done.moves and not done.refusals and checkpoint.config is None:
        said = Said("stays: it is not beside the weights. These are for this kernel alone: "
                    + "; ".join(dict.fromkeys(shown(need.meeting.target) for need in moved)))
    elif done.moves and not done.refusals and is_tensorrt_llm(config_keys(config)):
        said = Said(f"stays: its {TURNED_BY} says how the heads of the weights as they were are turned. Set it to what "
                    "these are for: " + "; ".join(dict.fromkeys(shown(need.meeting.target) for need in moved)))
    elif done.moves and not done.refusals:
        said = config_of_target(read_bytes(config, MAX_BYTES), str(config), target.model, moved, asked.engine)
    filled = tuple(dict.fromkeys((*given.filled, *target.filled, *told_of(own))))
    return Prepared(checkpoint, source, target.model, slots, done, said, filled, is_adapter)


def work_of(prepared: Prepared, tool: str) -> Work:
    """What is to be written, by `tool`. Raises InputError for files that cannot be copied."""
    assert not prepared.plan.refusals, "what is refused is not written"
    checkpoint = prepared.checkpoint
    listing, had_manifest = without_earlier(checkpoint, list_files(checkpoint))
    by_file: dict[str, list[Move]] = {}
    for move in prepared.plan.moves:
        by_file.setdefault(os.path.abspath(move.tensor.file), []).append(move)
    tasks = tuple(_tasks(prepared, listing, by_file))
    missing = set(by_file) - {os.path.abspath(_root(checkpoint) / task.name) for task in tasks}
    assert not missing, f"no task for {missing}"
    left = (*listing.left_out, *([EARLIER] if had_manifest else []))
    head = head_of(tool, prepared.source, prepared.target, prepared.plan, prepared.said.words, prepared.filled, left,
                   listing.as_they_were)
    return Work(checkpoint, tasks, certificates(prepared.plan.needs), head)


def _tasks(prepared: Prepared, listing: Listing, by_file: Mapping[str, Sequence[Move]]) -> Iterator[Task]:
    root = _root(prepared.checkpoint)
    config = prepared.checkpoint.config
    for each in listing.files:
        full = os.path.abspath(root / each.name)
        is_config = config is not None and full == os.path.abspath(config) and prepared.said.text is not None
        yield task_of(each.name, each.path, by_file.get(full, ()), prepared.said.text if is_config else None)


def _root(checkpoint: Checkpoint) -> Path:
    return checkpoint.root if checkpoint.root.is_dir() else checkpoint.root.parent


def _config(checkpoint: Checkpoint, asked: Asked) -> Path:
    """The config of the model that the tensors are of. Raises InputError."""
    for name in (asked.base, *([] if checkpoint.config else asked.source)):
        if name and is_model(name) and "#" not in name:
            path = Path(name)
            return path / CONFIG if path.is_dir() else path
    if asked.base:
        raise InputError("is no config.json and no folder of one", where=f"--base {asked.base[:80]}")
    if checkpoint.config is None:
        raise InputError(f"has no {CONFIG} beside it, which says how many heads there are",
                         where=shown_path(asked.model), advice="Give that of the model, or its folder: --base CONFIG")
    return checkpoint.config


def _unconverted(target: Target) -> Target:
    """An engine whose converter does nothing to these weights, called so. Rows that loading moves stay with it."""
    if not target.model.engine.endswith(CONVERTED):
        return target
    engine = f"{target.model.engine.removesuffix(CONVERTED)}, without its converter"
    parts = tuple(replace(part, rows=None) for part in target.model.parts)
    return replace(target, model=replace(target.model, engine=engine, parts=parts))


def _left(own: Model, source: Model, target: Model) -> Iterator[str]:
    """Parts and layers that rotate and of which nothing was said."""
    met = tuple(meetings(source, target))
    for part in own.parts:
        if part.spec is None:
            continue
        reached = [each for each in met if each.source.address == part.address]
        layers = {layer for each in reached for layer in each.layers or ()}
        if not reached or (part.layers and all(each.layers for each in reached) and not set(part.layers) <= layers):
            yield part.address
