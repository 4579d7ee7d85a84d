"""The numbers of a packing in one rank of a tensor-parallel checkpoint.

Heads are cut into equal runs, rank by rank; KV heads that are fewer than ranks stand in several that follow one
another (NVIDIA/TensorRT-LLM 01ea6d79d, tensorrt_llm/models/convert_utils.py `dup_kv_weight`, `split`;
deepseek-ai/DeepSeek-V3 9b4e9788e, inference/convert.py `main`; Megatron-Core 0.14.0, core/transformer/attention.py
`Attention.__init__`, which does not copy KV heads).
"""

from __future__ import annotations

from dataclasses import dataclass

from prover.errors import InputError
from prover.weights.packed.modules import Numbers


@dataclass(frozen=True, slots=True)
class Cut:
    """The numbers of a packing in one of so many ranks. `whole`: those of all together."""

    whole: Numbers
    ranks: int

    def number(self, name: str) -> int:
        """The number behind a name, of one rank. Raises InputError for heads that cannot be shared equally."""
        if name == "group":
            return self.number("heads") // self.number("kv_heads")
        count = self.whole.number(name)
        if name == "heads" or (name == "kv_heads" and count >= self.ranks):
            return shared_equally(count, self.ranks, name)
        if name == "kv_heads":
            self.copies()
            return 1
        return count

    def copies(self) -> int:
        """How many ranks have each KV head. Raises InputError where that is not the same for all."""
        count = self.whole.number("kv_heads")
        return 1 if count >= self.ranks else shared_equally(self.ranks, count, "ranks")

    def origin(self, name: str) -> str:
        """What a name is taken from, in words."""
        text = self.whole.origin(name)
        return f"{text}, {self.number(name)} in each of {self.ranks} ranks" if name in ("heads", "kv_heads") else text


def shared_equally(count: int, among: int, name: str) -> int:
    """How many each gets. Raises InputError unless all get as many."""
    if among < 1 or count < 1 or count % among:
        what = f"{count} ranks and {among} KV heads" if name == "ranks" else f"{count} {name} and {among} ranks"
        raise InputError(f"there are {what}, which cannot be shared equally", where="ranks of the checkpoint",
                         advice="Does the config belong to these weights, and is a rank missing?")
    return count // among
