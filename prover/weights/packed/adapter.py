"""Adapters of PEFT: what an adapter_config.json says, held against the tensors beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.weights.packed.modules import PREFIX
from prover.weights.packed.slots import Kind, Slot, Slots
from prover.weights.stored.checkpoint import adapter_config, config_keys
from prover.weights.stored.tensors import Checkpoint

SOURCE = "huggingface/peft@0.21.2 src/peft/tuners/lora/config.py LoraConfig"
_PLAIN = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)


def check_adapter_of(checkpoint: Checkpoint, slots: Slots) -> bool:
    """Whether a checkpoint is an adapter that says so in a file beside it. Raises InputError as `check_adapter`."""
    path = adapter_config(checkpoint)
    if path is None:
        return False
    config = config_keys(path)
    assert isinstance(config, Keys), "its name ends in .json"
    check_adapter(slots, config)
    return True


def check_adapter(slots: Slots, config: Keys) -> None:
    """Raises InputError unless each B has as many columns as the adapter's config says ranks, and a whole row for each
    row of its module, in the layer of its name.

    Ranks that stand under a pattern, and not under a module's name, are not looked at. What LoRA adds is B*A, and rows
    of q and k are rows of B alone, whatever A, alpha, fan_in_fan_out and rsLoRA are; so are DoRA's magnitudes.
    """
    if config.text("peft_type") != "LORA":
        raise config.wrong("peft_type", "'LORA', since of others it is not known which rows are those of q and k")
    if config.table.get("layer_replication"):
        raise InputError("gives the layers other numbers, by which it is not known here whose rows these are",
                         where=f"{config.where}, layer_replication",
                         advice="Merge the adapter into its model")
    modules = sorted({_module(slot) for slot in slots.slots if slot.kind is Kind.LORA_B})
    for name in config.texts("target_parameters") if config.is_given("target_parameters") else ():
        of = name.rpartition(".")[0]
        if any(module == of or module.endswith(f".{of}") for module in modules):
            raise InputError(f"names {name[:120]}, and how B of a parameter lies has not been read",
                             where=f"{config.where}, target_parameters", advice="Name the module in target_modules")
    _check_blocks(modules, config)
    rank = config.whole("r")
    found = config.object("rank_pattern")
    ranks: Mapping[str, object] = {} if found is None else found.table
    if any(not _PLAIN.fullmatch(name) for name in ranks):
        return
    for slot in slots.slots:
        if slot.kind is not Kind.LORA_B or len(slot.tensor.shape) != 2:
            continue
        module = _module(slot)
        own = next((name for name in ranks if module == name or module.endswith(f".{name}")), None)
        expected = rank if own is None or found is None else found.whole(own)
        if slot.tensor.shape[1] != expected:
            raise InputError(f"expected {expected} columns ({'r' if own is None else f'rank_pattern, {own}'}), got "
                             f"{slot.tensor.shape[1]}", where=f"{slot.tensor.file}, {slot.tensor.name}",
                             advice="Does adapter_config.json belong to these tensors?")


def _module(slot: Slot) -> str:
    return slot.tensor.name.removeprefix(PREFIX).partition(".lora_B")[0]


def _check_blocks(modules: Sequence[str], config: Keys) -> None:
    """Raise InputError where B has blocks along its diagonal: its rows do not all take the same columns of A's output.

    huggingface/peft 0.21.2, src/peft/tuners/lora/variants.py `BdLoraLinearVariant`, `BlockDiagonalLinear`.
    """
    blocks = config.object("use_bdlora") if config.is_given("use_bdlora") else None
    if blocks is None or not blocks.is_given("target_modules_bd_b"):
        return
    for module in modules:
        if any(each in module.rpartition(".")[2] for each in blocks.texts("target_modules_bd_b")):
            raise InputError(f"gives B of {module[:120]} blocks along its diagonal, between which rows may not move",
                             where=f"{blocks.where}, target_modules_bd_b", advice="Merge the adapter into its model")
