"""A model type that no reading has: its layout is what a person says, and its tensors are those that a person names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.sources.as_layout import GIVEN, INSIDE, as_layout
from prover.sources.gguf import decode
from prover.sources.heads import load_head
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.sources.model import Model
from prover.sources.named import resolve
from prover.sources.reading import read_model
from prover.sources.readings import find_reading
from prover.weights.packed.attention import Attention
from prover.weights.packed.given import WHAT_TO_WRITE, WHERE
from prover.weights.packed.modules import PREFIX, Modules
from prover.weights.packed.packings import LAYER, Holding, packings
from prover.weights.packed.slots import Role
from prover.weights.packed.widths import Widths
from prover.weights.stored.tensors import Checkpoint, Tensor

TEXT = "text="
WITH_ROWS = ("weight", "weight_packed", "base_layer.weight", "lora_B.weight", "lora_B.default.weight")
OWNER = "rope-prover/"
TRT, TURNED_BY = "tensorrt-llm/rope", "position_embedding_type"
# The last word of modules that often hold rows of q, of k, or of all three.
_USUAL = {
    "q": re.compile(r"q|wq|(to_|attn_|w_)?q(uery)?(_proj|_lin|_b_proj)?"),
    "k": re.compile(r"k|wk|(to_|attn_|w_)?k(ey)?(_proj|_lin)?"),
    "": re.compile(r"(w|attn_|to_|c_)?qkv(_proj)?|query_key_value|c_attn|in_proj", re.IGNORECASE),
}
_NUMBER = re.compile(r"(?<=\.)\d{1,5}(?=\.)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """The layouts that a person gives for one side, by which option, and whether tensors are named."""

    specs: Sequence[str]
    option: str
    names_tensors: bool


def own_model(config: Path, checkpoint: Checkpoint, said: Said, instead: Model | None = None) -> Model:
    """What a config says of its model; of a type that is not known, one part with the layout that a person gives.

    `instead`: what stands for it where no layout is given. Raises InputError, for such a type with what to write.
    """
    try:
        return read_model(str(config))
    except InputError as fault:
        if config.suffix != ".json":
            raise
        keys = Keys(parse_json_object(decode(read_bytes(config, MAX_BYTES)), str(config)), str(config))
        if not is_unknown(keys):
            raise
        is_named = said.names_tensors or is_tensorrt_llm(keys)
        specs = [text.removeprefix(TEXT) for text in said.specs]
        if is_named and not specs and instead is not None:
            return instead
        if not said.names_tensors and is_tensorrt_llm(keys):
            _check_scaling(keys, said.option, specs)
        if not is_named or len(specs) != 1:
            raise InputError(fault.message, where=fault.where, advice=f"Give the layout that its heads are turned by "
                             f"and the tensors that hold their rows: {said.option} SPEC "
                             f"{likely(checkpoint.as_named)}") from None
        return as_layout(keys, resolve(specs[0]), said.option)


def is_tensorrt_llm(keys: Keys | Metadata) -> bool:
    """Whether a config is that of a checkpoint of TensorRT-LLM (modeling_utils.py `PretrainedConfig.to_dict`)."""
    return (isinstance(keys, Keys) and "model_type" not in keys
            and {"architecture", "mapping", TURNED_BY} <= keys.table.keys())


def _check_scaling(keys: Keys, option: str, specs: Sequence[str]) -> None:
    """Raise InputError where a config of TensorRT-LLM has a scaling that the layout, or none, does not name."""
    example = f"{option} {TRT}, which takes {TURNED_BY}, head_size, rotary_embedding_dim and rotary_base from it"
    if len(specs) != 1:
        raise InputError("is a config of TensorRT-LLM, out of which RoPE is not read by itself", where=keys.where,
                         advice=f"Give the layout that its heads are turned by: {example}")
    if specs[0].startswith(TRT) and keys.is_given("rotary_scaling") and "rotary_scaling_type=" not in specs[0]:
        raise InputError("is given, and the layout does not say which scaling it is",
                         where=f"{keys.where}, rotary_scaling",
                         advice=f"Say so: {option} {TRT}:rotary_scaling_type=...; 'rope-prover show {TRT}' lists them")


def told_of(own: Model) -> tuple[str, ...]:
    """What is told of a model whose type is not known; nothing of another."""
    return tuple(f"text: {each.text}" for each in own.findings) if own.engine == GIVEN else ()


def is_unknown(keys: Keys) -> bool:
    """Whether a config names no model type, or one that no reading has."""
    if "model_type" not in keys:
        return not str(keys.table.get("schema", "")).startswith(OWNER)
    try:
        find_reading(keys.text("model_type"))
    except InputError:
        return True
    return False


def _text_keys(keys: Keys) -> Keys:
    """The keys of the text part of a config whose model type is not known."""
    inner = next((found for name in INSIDE if (found := keys.object(name)) is not None), None)
    return keys if inner is None else Keys({**keys.table, **inner.table}, keys.where)


def likely(tensors: Iterable[str]) -> str:
    """What to write of tensors, with names that a checkpoint has where some look like those of q and k."""
    found: dict[str, str] = {}
    for name in tensors:
        template = _template(name.removesuffix(".weight")) if name.endswith(".weight") else None
        for role, usual in _USUAL.items() if template else ():
            if template and usual.fullmatch(template.rpartition(".")[2]):
                found.setdefault(role, f"{template}.weight")
    if "q" in found and "k" in found:
        return (f"--tensors 'q={found['q']},k={found['k']}', whose names look like it; v, o, q_norm and k_norm "
                "are named so too")
    if "" in found:
        return (f"--tensors 'heads*q + kv_heads*k + kv_heads*v={found['']}', whose name looks like it, if its rows "
                "stand so; heads*(q + k + v) and kv_heads*(group*q + k + v) are usual too")
    return f"--tensors q=...,k=... . {WHAT_TO_WRITE}"


def _template(module: str) -> str | None:
    """A module's name with {layer} in place of its only number."""
    text, count = _NUMBER.subn(LAYER, module.removeprefix(PREFIX))
    return text if count == 1 else None


def given_attentions(
    keys: Keys, model: Model, modules: Modules, said: Holding | None, checkpoint: Checkpoint, ranks: int = 1,
    source: str = WHERE,
) -> Iterator[tuple[Attention, int, tuple[Role, ...]]]:
    """The attentions whose tensors a person named, with the lanes and roles that each must have. Raises InputError.

    `ranks`: of how many the checkpoint is one; the numbers are those of all together. `source`: what names them.
    """
    if said is None:
        return
    text = _text_keys(keys)
    for part in model.parts:
        if part.spec is None:
            continue
        head = load_head(part.spec, keys.where).layout.width
        for layer in part.layers if part.layers is not None else _layers(said, modules, checkpoint):
            numbers = _widths(text, head, said, checkpoint.tensors, modules.is_adapter, layer, ranks)
            yield Attention(part, layer, said, modules, numbers, partial(_place, layer), lambda _: False, source,
                            source), 0, (Role.Q, Role.K)


def _place(layer: int, name: str) -> str:
    return name.replace(LAYER, str(layer))


def _layers(said: Holding, modules: Modules, checkpoint: Checkpoint) -> tuple[int, ...]:
    """The layers that have one of the named tensors.

    Raises InputError if there are none, or another layer has tensors that look like them.
    """
    numbers = {int(each) for module in modules.tensors for each in re.findall(r"\d{1,5}", module, re.ASCII)}
    places = {number: {_place(number, name) for name in said.rows} for number in numbers}
    found = tuple(sorted(number for number, names in places.items() if any(name in modules for name in names)))
    if not found:
        raise InputError(f"the checkpoint has no tensor called {next(iter(said.rows), '')}.weight", where="--tensors",
                         advice=f"Write {likely(checkpoint.tensors)}")
    fronts = {name.partition(LAYER)[0] for name in said.rows}
    for module in modules.tensors:
        front = next((each for each in fronts if module.startswith(each)), None)
        number = re.match(r"\d{1,5}(?=\.)", module[len(front):], re.ASCII) if front is not None else None
        last = module.rpartition(".")[2]
        if number and int(number[0]) not in found and any(usual.fullmatch(last) for usual in _USUAL.values()):
            raise InputError(f"does not name {module}, which looks as if it had rows of q or k in layer {number[0]}",
                             where="--tensors", advice="Name it too; rows in place of a role say what it has, such as "
                             f"'heads*q={_template(module) or module}.weight'")
    return found


def _widths(
    keys: Keys, head: int, said: Holding, tensors: Mapping[str, Tensor], is_adapter: bool, layer: int, ranks: int
) -> Widths:
    """The numbers of one layer: from the config where it has them, and else from the shapes of the tensors.

    Raises InputError where the shapes are no heads of this width, or the config says another one.
    """
    if keys.is_given("head_dim") and keys.whole("head_dim") != head:
        raise keys.wrong("head_dim", f"{head}, the lanes of a head that the layout has")
    rules: dict[str, Sequence[str]] = dict(packings().widths)
    counts: dict[str, int] = {}
    for name, key in (("heads", "num_attention_heads"), ("kv_heads", "num_key_value_heads")):
        text = f"{name}*{'q' if name == 'heads' else 'k'}"
        rows = _rows(said, text, tensors, layer)
        missing = next((module for module, each in said.rows.items() if each == text), None)
        if rows is None and missing is not None and not is_adapter:
            raise InputError(f"the checkpoint has no tensor called {_place(layer, missing)}.weight",
                             where=f"--tensors, layer {layer}", advice="Is a shard missing?")
        if keys.is_given(key):
            counts[name] = keys.whole(key)
        elif rows is not None:
            if rows % head or not rows:
                raise InputError(f"expected whole heads of {head} lanes, as the layout has them, got {rows} rows",
                                 where=f"--tensors, layer {layer}", advice="Give head_dim, or the layout's name for it")
            counts[name] = rows // head * ranks
            rules[name] = [str(counts[name])]
    if len(counts) == 2 and (not counts["kv_heads"] or counts["heads"] % counts["kv_heads"]):
        raise InputError(f"q has {counts['heads']} heads of {head} lanes and k {counts['kv_heads']}, which cannot be "
                         "shared equally", where=f"--tensors, layer {layer}", advice="Is the width of a head another?")
    values = _rows(said, "kv_heads*v", tensors, layer)
    own = max(1, counts.get("kv_heads", 0) // ranks)
    if values and counts.get("kv_heads") and values % own == 0 and not keys.is_given("v_head_dim"):
        rules["v"] = [str(values // own)]
    return Widths(keys, rules, head)


def _rows(said: Holding, text: str, tensors: Mapping[str, Tensor], layer: int) -> int | None:
    """How many rows the weight, or an adapter's B, of the module has that a person says to hold these and no others."""
    for module in (_place(layer, name) for name, rows in said.rows.items() if rows == text):
        for name in (f"{front}{module}.{last}" for front in ("", PREFIX) for last in WITH_ROWS):
            if name in tensors and tensors[name].shape:
                return tensors[name].shape[0]
    return None
