"""Adapters of PEFT: what an adapter_config.json says, held against the tensors beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.weights.modules import PREFIX
from prover.weights.slots import Kind, Slots

SOURCE = "huggingface/peft@0.21.2 src/peft/tuners/lora/config.py LoraConfig"
_PLAIN = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)


def check_adapter(slots: Slots, config: Keys) -> None:
    """Raises InputError unless each B has as many columns as the adapter's config says ranks, and it is one of LoRA.

    Ranks that stand under a pattern, and not under a module's name, are not looked at. What LoRA adds is B*A, and rows
    of q and k are rows of B alone, whatever A, alpha, fan_in_fan_out and rsLoRA are; so are DoRA's magnitudes.
    """
    kind = config.text("peft_type") if "peft_type" in config else "LORA"
    if kind != "LORA":
        raise InputError(f"is {kind[:40]}, and only adapters of LoRA are known to have rows of q and k in B alone",
                         where=f"{config.where}, peft_type")
    if config.is_given("target_parameters") and config.texts("target_parameters"):
        raise InputError("names parameters that are no modules, whose adapters are not read",
                         where=f"{config.where}, target_parameters")
    rank = config.whole("r")
    found = config.object("rank_pattern")
    ranks: Mapping[str, object] = {} if found is None else found.table
    if any(not _PLAIN.fullmatch(name) for name in ranks):
        return
    for slot in slots.slots:
        if slot.kind is not Kind.LORA_B or len(slot.tensor.shape) != 2:
            continue
        module = slot.tensor.name.removeprefix(PREFIX).partition(".lora_B")[0]
        own = next((name for name in ranks if module == name or module.endswith(f".{name}")), None)
        expected = rank if own is None or found is None else found.whole(own)
        if slot.tensor.shape[1] != expected:
            raise InputError(f"expected {expected} columns ({'r' if own is None else f'rank_pattern, {own}'}), got "
                             f"{slot.tensor.shape[1]}", where=f"{slot.tensor.file}, {slot.tensor.name}",
                             advice="Does adapter_config.json belong to these tensors?")
