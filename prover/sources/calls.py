"""Calls of get_rope, as code of vLLM and SGLang has them: ENGINE:argument=value, for the layout that they make.

Sources: vllm-project/vllm 0.33.0 vllm/model_executor/layers/rotary_embedding/__init__.py get_rope; sgl-project/sglang
0.5.23 python/sglang/srt/layers/rotary_embedding/factory.py get_rope. Keys of rope_parameters and rope_scaling stand
beside the other arguments.
"""

from __future__ import annotations

from prover.errors import InputError
from prover.language.expression import number
from prover.layouts.loading import outline

PART, SECTIONS, LENGTH, DTYPE = "partial_rotary_factor", "mrope_section", "max_position", "dtype"
ENGINES = ("vllm", "sglang")
RENAMED = {"rope_theta": "base", "rope_dim": "rotary_dim"}
LONGEST = "max_position_embeddings"


def is_call(spec: str) -> bool:
    """Whether a SPEC is a call of an engine's get_rope."""
    return spec.partition(":")[0] in ENGINES and ":" in spec


def call_spec(spec: str) -> str:
    """The layout that a call makes, in full. Raises InputError."""
    engine, _, text = spec.partition(":")
    given: dict[str, str] = {}
    for each in text.split(":"):
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise InputError(f"'{each[:60]}' is no argument", where=f"spec '{spec[:80]}'", advice="Write NAME=VALUE")
        name = RENAMED.get(name, name)
        if name in given:
            raise InputError(f"'{name[:40]}' is given twice", where=f"spec '{spec[:80]}'")
        given[name] = value
    given.pop(DTYPE, None)
    rule = given.get("rope_type", "default")
    name = f"{engine}/{'longrope' if rule == 'longrope' else 'mrope' if SECTIONS in given else 'rope'}"
    if rule == "longrope":
        given.pop("rope_type")
    if PART in given and "head_size" in given:
        part, whole = number(given.pop(PART)), given["head_size"]
        if engine == "sglang":
            whole = given.pop("rotary_dim", whole)
        lanes = number(whole)
        if not 0 < part <= 1 or lanes.denominator != 1 or not 0 < lanes < 1 << 31:
            raise InputError("expected a part above 0 and up to 1 of a whole number of lanes",
                             where=f"spec '{spec[:80]}', {PART}")
        given.setdefault("rotary_dim", str(int(int(lanes) * float(part))))
    length = given.pop(LENGTH, None)
    chosen = ":".join([name, *(f"{key}={value}" for key, value in given.items())])
    if length is not None and LONGEST not in given and any(
        parameter.name == LONGEST for parameter in outline(chosen).family.parameters
    ):
        chosen += f":{LONGEST}={length}"
    return chosen
