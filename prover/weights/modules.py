"""The tensors of one module of a checkpoint, by what stands behind its name: weight, bias, scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from prover.errors import InputError
from prover.weights.packing import names
from prover.weights.slots import Kind
from prover.weights.tensors import Tensor

# What has one entry or row for each row of the weight.
PER_ROW = {
    "weight": Kind.WEIGHT, "weight_packed": Kind.WEIGHT, "bias": Kind.BIAS, "weight_scale": Kind.SCALE,
    "SCB": Kind.SCALE, "weight_scale_inv": Kind.BLOCK_SCALE, "weight_zero_point": Kind.SCALE,
}
# What says nothing of single rows.
BESIDE = {"input_scale", "weight_shape", "weight_scale_2", "weight_global_scale", "input_global_scale", "weight_format",
          "k_scale", "v_scale", "q_scale", "output_scale", "input_zero_point"}
FLAT = "rows of q and k are quantised in blocks that run across rows"
STOPS = {
    "qweight": "the weight is packed with output features along its second axis (GPTQ, AWQ), several in one number",
    "weight.absmax": f"{FLAT}, a flattened weight (bitsandbytes, 4 bit)",
    "weight.quant_map": f"{FLAT}, a flattened weight (bitsandbytes, 4 bit)",
}


class Numbers(Protocol):
    """The numbers behind the names of a packing."""

    def number(self, name: str) -> int:
        """The number behind a name. Raises InputError if nothing says it."""

    def origin(self, name: str) -> str:
        """What a name is taken from, in words."""


@dataclass(frozen=True, slots=True)
class Modules:
    """The tensors of a checkpoint by module: for each what stands behind its name."""

    tensors: Mapping[str, Mapping[str, Tensor]]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Modules:
        """The modules of these tensors; a tensor belongs to each module that its name could be one of."""
        found: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            module, _, last = name.rpartition(".")
            found.setdefault(module, {})[last] = tensor
            outer, _, middle = module.rpartition(".")
            if middle in ("weight", "lora_A", "lora_B", "base_layer"):
                found.setdefault(outer, {})[f"{middle}.{last}"] = tensor
        return cls(found)

    def __contains__(self, module: str) -> bool:
        return module in self.tensors


def tensors_of(
    modules: Modules, module: str, rows: int, text: str, numbers: Numbers
) -> Iterator[tuple[Kind, Tensor, int]]:
    """What of a module has rows: kind, tensor, and how many rows share an entry. `rows`: 0 where none are asked for.

    Raises InputError for a shape that does not fit.
    """
    for last, tensor in sorted(modules.tensors.get(module, {}).items()):
        kind = PER_ROW.get(last)
        if kind is None or tensor.size == 0:
            continue
        if kind is Kind.SCALE and (not tensor.shape or tensor.shape[0] == 1 != rows):
            continue  # one for the whole tensor
        if kind is Kind.BLOCK_SCALE:
            yield kind, tensor, -(-rows // tensor.shape[0]) if tensor.shape and tensor.shape[0] else 1
            continue
        if rows and not tensor.leads(rows):
            raise does_not_fit(tensor, rows, text, numbers)
        yield kind, tensor, 1


def stops_of(modules: Modules, module: str) -> Iterator[tuple[str, str]]:
    """What keeps the rows of a module from being moved: the rung that is kept out, and why."""
    for last in modules.tensors.get(module, {}):
        if last in STOPS:
            yield "permutation", STOPS[last]


def does_not_fit(tensor: Tensor, rows: int, text: str, numbers: Numbers) -> InputError:
    """The error that a tensor's shape is not what the config says."""
    said = "; ".join(numbers.origin(name) for name in names(text.replace(" or ", " + ")))
    return InputError(f"expected {rows} rows, {text} ({said}), got the shape {list(tensor.shape)}",
                      where=f"{tensor.file}, {tensor.name}", advice="Does the config belong to these weights?")
