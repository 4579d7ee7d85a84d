"""From two names to what is held against each other: checkpoints, their models, slots and needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import InputError
from prover.repair.check_permutation import State
from prover.resources import shown_path
from prover.sources.comparing import unmet
from prover.sources.config_json import CONFIG
from prover.sources.model import Model
from prover.weights.audited.adapter_inputs import with_inputs
from prover.weights.audited.elsewhere import architectures, is_unrelated, with_origins
from prover.weights.audited.lanes import UNLIKE
from prover.weights.audited.mending import Mend, Named, find_mend
from prover.weights.audited.verified import Verified
from prover.weights.audited.verify import Job, Side, ranges, verify
from prover.weights.moved.fitting import completed, read_target
from prover.weights.moved.manifest import NAME
from prover.weights.moved.permuted import misfits, model_of, read_manifest
from prover.weights.moved.witness import Need, needs
from prover.weights.packed.absorbed import of_absorbed, with_absorbed
from prover.weights.packed.adapter import check_adapter_of
from prover.weights.packed.drafts import Drafts, find_drafts
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.given import is_about
from prover.weights.packed.new_type import Said, is_tensorrt_llm, own_model, told_of
from prover.weights.packed.rank_slots import check_copies, cut_slots
from prover.weights.packed.shared_numbers import of_shared, with_shared
from prover.weights.packed.slots import Kind, Slot, Slots
from prover.weights.stored.checkpoint import config_keys, open_checkpoint
from prover.weights.stored.lines import Lines, of_tensor
from prover.weights.stored.tensors import Checkpoint, Format

# Architectures to whose norms in front of the rotation llama.cpp's converter adds 1, since transformers' kernels do so
# (ggml-org/llama.cpp 0c1e57098, conversion/gemma.py `Gemma3Model.norm_shift`, qwen.py `Qwen3NextModel.modify_tensors`,
# minimax.py, step3.py, plamo.py, qwen4exp.py).
ADDS_ONE = frozenset({
    "gemma3", "gemma-embedding", "qwen3next", "qwen35", "qwen35moe", "qwen4exp", "minimax-m3", "step35", "plamo3",
})
Track = Callable[[Sequence[Job]], Iterable[Job]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. `made_for`, `meant_for`: in place of what the checkpoints' configs say, as `read_target`
    takes them.

    `engine`: what reads the target's config. `base`: the config of checkpoints that have none, as adapters.
    `given`: tensors by what they hold, where the packing is not known. `workers`: how many hold layers at once.
    """

    source: str
    target: str
    made_for: tuple[str, ...] = ()
    meant_for: tuple[str, ...] = ()
    engine: str = ""
    base: str = ""
    given: Mapping[str, str] | None = None
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """One checkpoint: what its own config says of it, its slots, and its layers that predict further tokens."""

    checkpoint: Checkpoint
    own: Model
    slots: Slots
    drafts: Drafts


@dataclass(frozen=True, slots=True)
class Meant:
    """What computes with the weights of one side. `filled`: what SPECs were filled up with, in words.

    `manifest`: the file that says so, if one beside the weights does, and `misfits`: what of them it is not about.
    """

    model: Model
    filled: tuple[str, ...] = ()
    manifest: str = ""
    misfits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer, and what it is about. `meant`: what the weights were made for, and what is to compute with them.

    `others`: the architectures of the sides, where they are not one and no layer is like another; else "". `mend`: the
    command that makes a right target, where the answer is that it is wrong and one is known.
    """

    source: Opened
    target: Opened
    meant: tuple[Meant, Meant]
    verified: Verified
    others: str = ""
    mend: Mend | None = None


def compare_checkpoints(asked: Asked, track: Track = iter) -> Compared:
    """Hold the target's tensors against the source's. Raises InputError for what cannot be read or related."""
    checkpoints = open_checkpoint(Path(asked.source)), open_checkpoint(Path(asked.target))
    given = _given_for(checkpoints, asked.given)
    source = _opened(checkpoints[0], asked.base, given[0], asked.made_for, "--from")
    target = _opened(checkpoints[1], asked.base, given[1], asked.meant_for, "--to")
    made_for = _meant(source, asked.made_for, "", asked.base, "--from")
    meant_for = _meant(target, asked.meant_for, asked.engine, asked.base, "--to")
    found: tuple[Need, ...] = tuple(needs(made_for.model, meant_for.model))
    left = [f"{what}: in the {side} only, not compared" for side, what in unmet(made_for.model, meant_for.model)]
    cut = _cut_alike(source, target, asked.target)
    ours, theirs = (Side(slots, read_slot, added_to(each)) for slots, each in zip(cut, (source, target), strict=True))
    names = architectures(source.slots.architecture, target.slots.architecture, (
        config_keys(_config(source.checkpoint, asked.base)), config_keys(_config(target.checkpoint, asked.base))))
    try:
        held = verify(ours, theirs, found, left, track, asked.workers)
    except InputError as fault:
        if fault.advice == UNLIKE and names.text:
            fault.advice = f"{UNLIKE} {names.text[0].upper()}{names.text[1:]}"
        raise
    other = names.text if names.text and is_unrelated(held) else ""
    both = dict(layers_of(source.slots)).keys() & dict(layers_of(target.slots)).keys()
    counts = [{part: layers for part, layers in layers_of(side.slots) if part in both} for side in (source, target)]
    if other and names.is_certain and counts[0] != counts[1]:
        told = ("; ".join(f"{part}, layers {ranges(layers)}" for part, layers in count.items()) for count in counts)
        raise InputError(f"is another model than the source: {other}. No layer's rows of q and k are those of the "
                         f"source, which has {next(told)}, and this one {next(told)}", where=asked.target[:200],
                         advice=UNLIKE)
    whole = with_inputs(with_origins(held, ours, theirs), (source.slots, target.slots),
                        (source.checkpoint, target.checkpoint))
    mend = _mend(asked, source, target, (made_for, meant_for), whole) if whole.state is State.WRONG else None
    return Compared(source, target, (made_for, meant_for), whole, other, mend)


def _mend(asked: Asked, source: Opened, target: Opened, meant: tuple[Meant, Meant], whole: Verified) -> Mend | None:
    """The command that mends the target, where it can say what was said of both sides."""
    if asked.engine or asked.given is not None or any(each.manifest for each in meant):
        return None
    sides = (source, asked.made_for), (target, asked.meant_for)
    return find_mend(whole, *(Named(side.checkpoint, tuple(said), asked.base) for side, said in sides))


def _cut_alike(source: Opened, target: Opened, where: str) -> tuple[Slots, Slots]:
    """The slots of both sides in the same ranks; those of a whole checkpoint are taken as the other side's ranks are.

    Raises InputError for other numbers of ranks, and for copies in the source that are not the same.
    """
    ours, theirs = len(source.checkpoint.ranks), len(target.checkpoint.ranks)
    check_copies(source.slots)
    if ours == theirs:
        return source.slots, target.slots
    if ours and theirs:
        raise InputError(f"has {theirs} ranks, and the source {ours}", where=where[:200],
                         advice="Give two checkpoints with as many ranks, or one of them whole")
    return (source.slots, cut_slots(target.slots, ours)) if ours else (cut_slots(source.slots, theirs), target.slots)


def _meant(side: Opened, said: Sequence[str], engine: str, base: str, option: str) -> Meant:
    """What computes with the weights of one side: what a person says, or a manifest, or else its own config."""
    if said and engine:
        raise InputError("--to and --engine both say what the target is", where="--engine", advice="Give one of them")
    if said or engine:
        given = read_target(side.own, side.own, str(_config(side.checkpoint, base)), said, engine, option)
        return Meant(side.drafts.into(completed(given, side.own)), (*given.filled, *told_of(side.own)))
    manifest = read_manifest(side.checkpoint)
    if manifest is None:
        return Meant(side.own)
    return Meant(model_of(manifest, side.checkpoint, side.own), manifest=NAME,
                 misfits=misfits(manifest, side.checkpoint))


def open_side(
    name: str, base: str, given: Mapping[str, str] | None, said: Sequence[str] = (), option: str = "--from"
) -> Opened:
    """One checkpoint with its slots. `said`, by `option`: its layout, where its model type is not known.

    Raises InputError.
    """
    return _opened(open_checkpoint(Path(name)), base, given, said, option)


def _given_for(
    checkpoints: tuple[Checkpoint, Checkpoint], given: Mapping[str, str] | None
) -> tuple[Mapping[str, str] | None, Mapping[str, str] | None]:
    """What is said of each side's tensors: nothing of one that has none of them, where the other has some."""
    if given is None:
        return None, None
    source, target = (is_about(given, each.as_named) for each in checkpoints)
    return (given if source or not target else None), (given if target or not source else None)


def _opened(
    checkpoint: Checkpoint, base: str, given: Mapping[str, str] | None, said: Sequence[str], option: str
) -> Opened:
    config = _config(checkpoint, base)
    is_named = given is not None or is_tensorrt_llm(config_keys(config))
    manifest = read_manifest(checkpoint) if is_named and not said else None
    instead = model_of(manifest, checkpoint, Model("", "", "", "", (), ())) if manifest is not None else None
    own = own_model(config, checkpoint, Said(said, option, given is not None), instead)
    keys = config_keys(config)
    drafts = find_drafts(keys, own, checkpoint, given)
    own = drafts.into(own)
    slots = find_slots(checkpoint, keys, own, given)
    check_adapter_of(checkpoint, slots)
    slots = with_shared(slots, checkpoint)
    return Opened(checkpoint, own, with_absorbed(slots, checkpoint) if given is None else slots, drafts)


def added_to(side: Opened) -> float:
    """What a checkpoint's gains have in them beyond those of transformers."""
    return 1.0 if side.checkpoint.format is Format.GGUF and side.own.kind in ADDS_ONE else 0.0


def read_slot(slot: Slot) -> Lines:
    """The rows of a slot's tensor; of a scale for several rows its entries."""
    if slot.is_turned:
        return of_absorbed(slot)
    if slot.kind is Kind.SHARED:
        return of_shared(slot.tensor)
    return of_tensor(slot.tensor, slot.tensor.shape[0] if slot.kind is Kind.BLOCK_SCALE else slot.rows)


def _config(checkpoint: Checkpoint, base: str) -> Path:
    if checkpoint.config is not None:
        return checkpoint.config
    if base:
        path = Path(base)
        return path / CONFIG if path.is_dir() else path
    raise InputError(f"has no {CONFIG} beside it, which says how many heads there are",
                     where=shown_path(checkpoint.root), advice="Give that of the model, or its folder: --base CONFIG")


def layers_of(slots: Slots) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parts that have slots, and their layers."""
    parts: dict[str, set[int]] = {}
    for slot in slots.slots:
        parts.setdefault(slot.part, set()).add(slot.layer)
    yield from ((part, tuple(sorted(layers))) for part, layers in parts.items())
