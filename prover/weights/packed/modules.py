"""The tensors of one module of a checkpoint, by what stands behind its name: weight, bias, scales, adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Protocol

from prover.errors import InputError
from prover.weights.packed.packing import names
from prover.weights.packed.slots import Kind
from prover.weights.stored.tensors import Tensor

BLOCK = "weight_scale_inv"
# What has one entry or row for each row of the weight.
PER_ROW = {
    "weight": Kind.WEIGHT, "weight_packed": Kind.WEIGHT, "base_layer.weight": Kind.WEIGHT,
    "bias": Kind.BIAS, "base_layer.bias": Kind.BIAS, "lora_B.bias": Kind.BIAS,
    "weight_scale": Kind.SCALE, "SCB": Kind.SCALE, "weight.SCB": Kind.SCALE, BLOCK: Kind.BLOCK_SCALE,
    "lora_B.weight": Kind.LORA_B, "weight.lora_b": Kind.LORA_B,
    "lora_magnitude_vector": Kind.MAGNITUDE, "lora_magnitude_vector.weight": Kind.MAGNITUDE,
}
# What says nothing of single rows: of columns, of the whole tensor, of what goes in or comes out. layer_norm_*: a norm
# of what goes in (NVIDIA/TransformerEngine 0004dbd02, pytorch/module/layernorm_linear.py `LayerNormLinear.forward`).
BESIDE = {
    "lora_A.weight", "weight.lora_a", "input_scale", "output_scale", "k_scale", "v_scale", "q_scale", "weight_shape",
    "weight_scale_2", "weight_global_scale", "input_global_scale", "input_zero_point", "weight_g_idx", "weight_format",
    "scale", "rotary_emb.inv_freq", "layer_norm_weight", "layer_norm_bias",
}
# Of these, what would have rows if it were more than one number.
OF_OUTPUT = {"output_scale", "k_scale", "v_scale", "q_scale", "scale", "weight_scale_2", "weight_global_scale"}
OUTER = ("weight", "base_layer", "lora_A", "lora_B", "lora_magnitude_vector")
PREFIX = "base_model.model."
PACKED = "output features run along the weight's second axis and are packed, several in one number"
FLAT = "the weight is quantised as one flat run, in blocks that cross rows"
STOPS = {
    "qweight": f"{PACKED} (GPTQ, AWQ)", "weight.absmax": f"{FLAT} (bitsandbytes, 4 bit)",
    "weight.quant_map": f"{FLAT} (bitsandbytes, 4 bit)",
}


class Numbers(Protocol):
    """The numbers behind the names of a packing."""

    def number(self, name: str) -> int:
        """The number behind a name. Raises InputError if nothing says it."""

    def origin(self, name: str) -> str:
        """What a name is taken from, in words."""


@dataclass(frozen=True, slots=True)
class Modules:
    """The tensors of a checkpoint by module: for each what stands behind its name.

    Several tensors may be one thing of one module: those of adapters with names of their own, and of a second copy.
    `is_adapter`: they are those of an adapter. `block`: how many rows share a scale where they are quantised in blocks.
    """

    tensors: Mapping[str, Mapping[str, tuple[Tensor, ...]]]
    is_adapter: bool
    block: int | None = None

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], block: int | None = None) -> Modules:
        """The modules of these tensors; a tensor belongs to each module that its name could be one of."""
        found: dict[str, dict[str, tuple[Tensor, ...]]] = {}
        is_adapter = False
        for name, tensor in tensors.items():
            words = name.removeprefix(PREFIX).split(".")
            of = [(words[:-1], words[-1])]
            if len(words) > 2 and words[-2] in OUTER:
                of.append((words[:-2], ".".join(words[-2:])))
            elif len(words) > 3 and words[-3] in OUTER:  # the adapter's own name stands between
                of.append((words[:-3], f"{words[-3]}.{words[-1]}"))
            for module, last in of:
                behind = found.setdefault(".".join(module), {})
                behind[last] = (*behind.get(last, ()), tensor)
            is_adapter |= "lora_B" in words or words[-1] == "lora_b"
        return cls(found, is_adapter, block)

    def with_scale(self, name: str) -> Modules:
        """The same where tensors with this name are scales of blocks of rows."""
        return replace(self, tensors={module: {BLOCK if last == name else last: found for last, found in behind.items()}
                                      for module, behind in self.tensors.items()})

    def __contains__(self, module: str) -> bool:
        return module in self.tensors


def tensors_of(
    modules: Modules, module: str, rows: int, text: str, numbers: Numbers
) -> Iterator[tuple[Kind, Tensor, int]]:
    """What of a module has rows: kind, tensor, and how many rows share an entry. Raises InputError for other shapes."""
    behind = modules.tensors.get(module, {})
    if behind.keys() & STOPS.keys():
        return
    for last, tensor in _each(behind):
        kind = PER_ROW.get(last)
        if kind is None or (kind is Kind.SCALE and _is_one(tensor, rows)):
            continue
        if kind is Kind.BLOCK_SCALE:
            if _fits_blocks(tensor, rows, modules.block):
                yield kind, tensor, modules.block or 1
            continue
        if not tensor.leads(rows):
            raise does_not_fit(tensor, rows, text, numbers)
        yield kind, tensor, 1


def stops_of(modules: Modules, module: str, rows: int) -> Iterator[str]:
    """What keeps the rows of a module from being moved, in words."""
    behind = modules.tensors.get(module, {})
    for last, tensor in _each(behind):
        if last in STOPS:
            yield STOPS[last]
        elif behind.keys() & STOPS.keys():
            continue
        elif last == "weight_zero_point" and not _is_one(tensor, rows):
            yield "zero points are packed, those of several rows in one number (compressed-tensors)"
        elif last == BLOCK and not _fits_blocks(tensor, rows, modules.block):
            yield "how many rows share a scale is not what quantization_config.weight_block_size says"
        elif last not in PER_ROW and last not in BESIDE and last != "weight_zero_point":
            yield f"what the tensors called {last} beside a weight hold is not known"
        elif last in OF_OUTPUT and not _is_one(tensor, rows):
            yield f"whether the tensors called {last} beside a weight, with several numbers, go with rows is not known"


def _each(behind: Mapping[str, tuple[Tensor, ...]]) -> Iterator[tuple[str, Tensor]]:
    """All tensors of a module with what stands behind its name, in order of that."""
    return ((last, tensor) for last, tensors in sorted(behind.items(), key=itemgetter(0)) for tensor in tensors)


def does_not_fit(tensor: Tensor, rows: int, text: str, numbers: Numbers) -> InputError:
    """The error that a tensor's shape is not what the config says."""
    said = "; ".join(numbers.origin(name) for name in names(text.replace(" or ", " + ")))
    return InputError(f"expected {rows} rows, {text} ({said}), got the shape {list(tensor.shape)}",
                      where=f"{tensor.file}, {tensor.name}", advice="Does the config belong to these weights?")


def _fits_blocks(tensor: Tensor, rows: int, block: int | None) -> bool:
    return block is not None and bool(tensor.shape) and tensor.shape[0] == -(-rows // block)


def _is_one(tensor: Tensor, rows: int) -> bool:
    """Whether it is one number for the whole tensor."""
    return all(each == 1 for each in tensor.shape) and rows != 1
