"""A config.json as llama.cpp's converter writes it into a GGUF file: keys, frequency factors, rows that move.

Which class does what stands in a table; what has to be computed, in the steps that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.converting.base import write_base
from prover.sources.converting.before import BEFORE, EARLY
from prover.sources.converting.factors import EXTRAS
from prover.sources.converting.hparams import FAULTS, MAX_LAYERS, fills_text, load_hparams, nest, plain
from prover.sources.converting.values import VALUES
from prover.sources.converting.work import CONVERTER, ConverterClass, Work
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata, Stored
from prover.sources.upstream import Upstream, nearest

TABLE = READINGS / "llama-cpp-converter.toml"
# Values of quantization_config.quant_method that the converter can undo.
QUANTIZED = (None, "bitnet", "fp8", "gptq", "compressed-tensors", "modelopt", "mxfp4")
# Models whose architecture is that of the whole, not of its text part.
WHOLE = ("Exaone4_5_ForConditionalGeneration", "StepVLForConditionalGeneration", "Step3p7ForConditionalGeneration",
         "Sarashina2VisionForCausalLM", "KimiK3ForConditionalGeneration")


@dataclass(frozen=True, slots=True)
class Permutation:
    """Rows of q and k that the converter moves within each head.

    `half to adjacent`: row j of a head goes to 2j, row j + width/2 to 2j + 1; otherwise the other way round.
    `lanes`: how many lanes of a head take part, the first; None is the whole head, as wide as the tensor has it.
    `biases`: whether their rows move too.
    """

    half_to_adjacent: bool
    lanes: int | None
    biases: bool

    def sources(self, width: int) -> tuple[int, ...]:
        """For each row of a head in the file, the row of the checkpoint that it was."""
        lanes = width if self.lanes is None else self.lanes
        adjacent = [lane // 2 + lane % 2 * (lanes // 2) for lane in range(lanes)]
        back = [*range(0, lanes, 2), *range(1, lanes, 2)]
        return (*(adjacent if self.half_to_adjacent else back), *range(lanes, width))


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted model. `config`: what filled in its keys, "" for the file alone; `source`: the converter class.

    `permutes` is None where no rows move. `findings`: what is lost, assumed or lies outside the file's keys.
    """

    metadata: Metadata
    permutes: Permutation | None
    config: str
    source: str
    findings: tuple[str, ...]


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """The classes of the converter, and the source that they follow."""

    entries: list[ConverterClass] = msgspec.field(name="class")


@cache
def table() -> Table:
    """The classes that are known here."""
    return typed_toml(TABLE, Table)


@cache
def _classes() -> Mapping[str, ConverterClass]:
    return {name: each for each in table().entries for name in each.architectures}


def rows_moved(arch: str) -> str:
    """How the converter moves rows of q and k when it makes a file of this architecture; empty if it does not."""
    rules = {entry.permutes for entry in table().entries if entry.arch == arch}
    return rules.pop() if len(rules) == 1 and rules != {"glm"} else ""


def convert(keys: Keys) -> Conversion:
    """What the converter writes for a config. Raises InputError where it breaks off, or where its class is not known.

    Weights are not looked at: what only a checkpoint says is assumed, and told.
    """
    kind = keys.text("model_type")
    given = plain(dict(keys.table))
    try:
        return _convert(given, kind, keys.where)
    except FAULTS as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"{CONVERTER} breaks off on this file: {str(fault)[:120]}", where=keys.where) from None


def _convert(given: dict[str, Any], kind: str, file: str) -> Conversion:
    bare = nest(given)
    if bare.get("text_config", {}) is None and fills_text(kind):
        bare = {**bare, "text_config": {}}
    architecture = _architecture(bare, file)
    entry = _find(architecture, file)
    loaded = load_hparams(given, "" if entry.plain else kind, file)
    hparams = loaded.hparams
    if isinstance(text := hparams.get("text_config"), dict):
        hparams = {**hparams, **text}
    blocks = next((hparams[key] for key in ("n_layers", "num_hidden_layers", "n_layer", "num_layers")
                   if key in hparams), None)
    if not isinstance(blocks, int) or not 0 < blocks <= MAX_LAYERS:
        raise InputError(f"the number of layers is no whole number up to {MAX_LAYERS}", where=file)
    work = Work(entry, file, architecture, given, hparams, _rope_parameters(hparams), entry.arch, blocks)
    if loaded.finding:
        work.findings.append(loaded.finding)
    _run(work, loaded.config)
    work.keys = {"general.architecture": Stored("str", work.arch), **work.keys}
    metadata = Metadata(file, work.keys, work.tensors, ())
    source = f"{table().repo}@{table().version} conversion/{entry.symbol}"
    return Conversion(metadata, _permutation(work), loaded.config, source, tuple(work.findings))


def _architecture(hparams: Mapping[str, Any], file: str) -> str:
    """get_model_architecture: the first of the text part's architectures, or of the whole."""
    names = hparams.get("architectures")
    found = names[0] if names else None
    text = hparams.get("text_config", {})
    if found not in WHOLE and text.get("architectures") is not None:
        found = text["architectures"][0]
    if not isinstance(found, str):
        raise InputError(f"is not in the file, and {CONVERTER} breaks off without it", where=f"{file}, architectures",
                         advice="Give the name of the model's class, such as LlamaForCausalLM")
    return found


def _find(architecture: str, file: str) -> ConverterClass:
    if architecture in _classes():
        return _classes()[architecture]
    hint = nearest(architecture, _classes())
    raise InputError(
        f"{CONVERTER} has no class for '{architecture[:60]}', or none that is known here",
        where=f"{file}, architectures", advice=f"{hint}Known: {', '.join(sorted(_classes()))}",
    )


def _rope_parameters(hparams: Mapping[str, Any]) -> dict[str, Any]:
    """TextModel's rope_parameters: the file's, with keys from beside it where there is one set for all layers."""
    rope = hparams.get("rope_parameters", hparams.get("rope_scaling")) or {}

    def first(*names: str) -> Any:
        return next((hparams[name] for name in names if name in hparams), None)

    if "full_attention" in rope or "sliding_attention" in rope:
        return dict(rope) if not isinstance(rope, dict) else rope
    local = first("local_rope_theta", "rope_local_theta", "rope_theta_local", "swa_rope_theta", "rope_local_base_freq")
    if local is not None:
        rope["sliding_attention"] = {"rope_theta": local}
    for key, value in (
        ("rope_theta", first("global_rope_theta", "rope_global_theta", "rope_theta_global", "rope_theta",
                             "rotary_emb_base")),
        ("rope_type", rope.get("type")),
        ("partial_rotary_factor", first("partial_rotary_factor", "rope_pct", "rope_percent")),
        ("original_max_position_embeddings", first("original_max_position_embeddings")),
    ):
        if key not in rope and value is not None:
            rope[key] = value
    return rope


def _run(work: Work, config: str) -> None:
    """The steps in the converter's order: the model is made, then tensors, then keys."""
    entry = work.entry
    if entry.stops:
        raise work.stop(entry.stops)
    quantized = (work.hparams.get("quantization_config") or {}).get("quant_method")
    if quantized not in QUANTIZED and not entry.any_quantization:
        raise work.stop(f"it cannot undo quant_method {quantized!r}"[:80])
    if not config:
        for names in entry.needs:
            work.must(*names.split("|"))
    for name in entry.before:
        if name in EARLY:
            BEFORE[name](work)
    if work.blocks > MAX_LAYERS:
        raise work.refuse(f"more than {MAX_LAYERS} layers")
    if entry.extra:
        EXTRAS[entry.extra](work)
    for name in entry.before:
        if name not in EARLY:
            BEFORE[name](work)
    if entry.base:
        write_base(work)
    for line in entry.writes:
        _write(work, line)


def _write(work: Work, line: str) -> None:
    key, _, source = line.partition(" = ")
    if not source:
        VALUES[key.removeprefix("@")](work)
        return
    value = _value(work, source)
    if value is not None:
        work.put(key, value)
    elif not source.startswith("@") and not source.endswith("?"):
        raise work.stop(f"{source} is null")


def _value(work: Work, source: str) -> Any:
    if source.startswith("'"):
        return source.strip("'")
    if source[0].isdigit():
        return _literal(source)
    source, _, default = source.partition(":")
    if source.startswith("@"):
        return VALUES[source[1:]](work, *([_literal(default)] if default else []))
    if source.endswith("?"):
        return work.hparams.get(source[:-1])
    if default:
        return work.hparams.get(source, _literal(default))
    return work.must(*source.split("|"))


def _literal(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _permutation(work: Work) -> Permutation | None:
    rule = work.entry.permutes
    if rule == "glm":  # for M-RoPE alone, whose pairs llama.cpp has half a head apart
        if "mrope_section" not in work.rope:
            return None
        work.must("num_key_value_heads")
        lanes = int(work.head() * work.rope.get("partial_rotary_factor", 0.5))
        if lanes % 2:
            raise work.stop("the rotated lanes are odd")
        return Permutation(False, lanes, True)
    return Permutation(True, None, not rule.endswith("of weights")) if rule else None
