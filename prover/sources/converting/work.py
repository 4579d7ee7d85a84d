"""The state of one conversion: keys that are read as the converter reads them, and what it has written so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from prover.errors import InputError
from prover.sources.converting.float32 import exact
from prover.sources.converting.hparams import Hparams
from prover.sources.metadata import Stored, Tensor

CONVERTER = "llama.cpp's converter"
# Keys that hold a float32, and those that may hold an array of i32 or bool; others hold an u32.
FLOATS = (
    "rope.freq_base", "rope.freq_base_swa", "rope.scaling.factor", "rope.scaling.attn_factor", "rope.scaling.alpha",
    "rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_ext_factor", "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "attention.temperature_scale",
    "attention.max_alibi_bias", "attention.compress_rope_freq_base",
)
ARRAYS = (
    "attention.head_count", "attention.head_count_kv", "attention.sliding_window_pattern", "attention.recurrent_layers",
    "attention.indexer.types", "attention.compress_ratios", "rope.dimension_sections",
)
MAX_LANES = 1 << 16


class ConverterClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one class of the converter goes about a model; the table says what each field means."""

    architectures: list[str]
    symbol: str
    arch: str
    base: bool = True
    plain: bool = False
    before: list[str] = []
    writes: list[str] = []
    needs: list[str] = []
    extra: str = ""
    permutes: str = ""
    stops: str = ""
    any_quantization: bool = False


@dataclass(slots=True)
class Work:
    """One conversion under way. `given`: the file's own keys; `rope`: the converter's rope_parameters."""

    entry: ConverterClass
    file: str
    architecture: str
    given: Hparams
    hparams: Hparams
    rope: dict[str, Any]
    arch: str
    blocks: int
    keys: dict[str, Stored] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    attention_layers: tuple[int, ...] = ()
    has_recurrent: bool = False
    head_width: Any = None

    def stop(self, why: str) -> InputError:
        """The error that the converter breaks off."""
        return InputError(f"{CONVERTER} ({self.entry.symbol}) breaks off: {why}", where=self.file)

    def refuse(self, why: str) -> InputError:
        """The error that the converter makes a file which cannot be told here."""
        return InputError(f"what {CONVERTER} ({self.entry.symbol}) makes cannot be told: {why}", where=self.file)

    def find(self, *names: str) -> Any:
        """The first of the keys that is there, be it null; None without any."""
        return next((self.hparams[name] for name in names if name in self.hparams), None)

    def must(self, *names: str) -> Any:
        """The first of the keys that is there. Raises InputError without any."""
        for name in names:
            table: Any = self.hparams
            *outer, last = name.split(".")
            for key in outer:
                table = table.get(key) if isinstance(table, Mapping) else None
            if isinstance(table, Mapping) and last in table:
                return table[last]
        raise InputError(
            f"is not in the file, and {CONVERTER} ({self.entry.symbol}) breaks off without it",
            where=f"{self.file}, {' or '.join(names)}",
        )

    def lanes(self, width: Any) -> int:
        """The lanes of a head that factors are made for. Raises InputError for more than there are anywhere."""
        if isinstance(width, bool) or not isinstance(width, int) or not 0 < width <= MAX_LANES:
            raise self.refuse(f"a head has no {str(width)[:20]} lanes")
        return width

    def full(self) -> dict[str, Any]:
        """The parameters of layers with full attention."""
        found = self.rope.get("full_attention", self.rope)
        if not isinstance(found, dict):
            raise TypeError("full_attention is no object")
        return found

    def head(self) -> Any:
        """head_dim; where it is absent or null the quotient."""
        width = self.hparams.get("head_dim")
        return self.quotient() if width is None else width

    def quotient(self) -> Any:
        return self.must("hidden_size") // self.must("num_attention_heads")

    def put(self, key: str, value: Any) -> None:
        """Write a key as the converter's writer does. Raises InputError for a value that it cannot pack."""
        if key in FLOATS:
            stored = Stored("f32", exact(self._real(key, value)))
        elif key == "rope.scaling.type":
            stored = Stored("str", value)
        elif key == "rope.scaling.finetuned":
            stored = Stored("bool", bool(value))
        elif isinstance(value, list) and key in ARRAYS:
            stored = self._array(key, value)
        else:
            stored = Stored("u32", self._whole(key, value, 0, 1 << 32))
        self.keys[f"{self.arch}.{key}"] = stored

    def put_factors(self, name: str, values: Sequence[float]) -> None:
        """A tensor of frequency factors in float32."""
        numbers = tuple(exact(self._real(name, value)) for value in values)
        self.tensors[name] = Tensor((len(numbers),), "f32", numbers)

    def _real(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._misfit(key, value, "a number")
        return float(value)

    def _whole(self, key: str, value: Any, least: int, end: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < end:
            raise self._misfit(key, value, f"a whole number from {least} to {end - 1}")
        return value

    def _array(self, key: str, values: list[Any]) -> Stored:
        if not values:
            raise self._misfit(key, values, "at least one element")
        if all(isinstance(value, bool) for value in values):
            return Stored("bool", tuple(values))
        return Stored("i32", tuple(self._whole(key, value, -(1 << 31), 1 << 31) for value in values))

    def _misfit(self, key: str, value: Any, expected: str) -> InputError:
        got = "null" if value is None else str(value)[:40]
        return InputError(f"{CONVERTER} has {got} for {key}, expected {expected}", where=self.file)
