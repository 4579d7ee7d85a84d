"""What the config of moved weights has to say: a key changed where one says it, and the proof that it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.claims.relation import Outcome
from prover.errors import ProverError
from prover.sources.config_json import config_model
from prover.sources.gguf import decode
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.model import Model
from prover.weights.moved.plan import shown
from prover.weights.moved.witness import Need, needs

# Keys that say how the lanes of a head are paired, in configs that transformers reads.
PAIRING = ("rope_interleave",)


@dataclass(frozen=True, slots=True)
class Said:
    """What is done with the config, in words; `text`: what it holds afterwards, None where it stays as it is."""

    words: str
    text: str | None = None


def config_of_target(data: bytes, where: str, target: Model, moved: Sequence[Need], engine: str) -> Said:
    """The config for weights moved so that `target` computes with them. `data`: the config as it is.

    `moved`: the needs whose rows move. `engine`: where the target is another engine's reading of the same config, which
    says to that engine what it did before. A key is changed only where transformers then reads the target's layouts.
    """
    kernel = "; ".join(dict.fromkeys(f"{need.meeting.source.address}: {shown(need.meeting.target)}" for need in moved))
    if engine:
        return Said(f"stays: it says to {engine} what it did before. The weights are for {engine}'s kernel, without a "
                    f"converter in between, and no longer for what reads them as they were ({kernel})")
    text = decode(data)
    if _says(text, where, target, moved):
        return Said("stays: it says what the target computes")
    for key, changed in _candidates(text):
        if _says(changed, where, target, moved):
            return Said(f"{key}, which says that heads are turned as in the target", changed)
    if any(need.factors for need in moved):
        return Said("stays, and says what the weights were made for: no key is changed here that says by what the "
                    f"rotation multiplies. The weights are for this kernel alone: {kernel}")
    return Said(f"stays: no key of it says which lanes are paired. The weights are for this kernel alone: {kernel}")


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    """What may be said otherwise: a flag turned over, or put in front of the keys of an object."""
    for key in PAIRING:
        there = re.compile(rf'("{key}"\s*:\s*)(true|false)')
        if there.search(text):
            for word in ("true", "false"):
                yield f"{key} is {word}", there.sub(rf"\g<1>{word}", text)
            continue
        for brace in re.finditer(r'(?:\A\s*|"[a-z_]+_config"\s*:\s*)\{(\s*)', text):
            for word in ("true", "false"):
                entry = f'"{key}": {word},{brace[1] or " "}'
                yield f"{key} is {word}", text[: brace.end()] + entry + text[brace.end() :]


def _says(text: str, where: str, target: Model, moved: Sequence[Need]) -> bool:
    """Whether transformers reads a config as the target computes, in all parts whose rows move."""
    try:
        model = config_model(Keys(parse_json_object(text, where), where))
        parts = {need.meeting.source.address for need in moved}
        found = [need for need in needs(model, target) if need.meeting.source.address in parts]
    except ProverError:
        return False
    met = {need.meeting.source.address for need in found}
    return met == parts and all(need.outcome is Outcome.EQUIVALENT for need in found)
