"""A config.json as an engine with rotary classes of its own reads it: the walk over parts and layers, the same for all.

The config is loaded by transformers' classes, so which keys count and what stands for those that are absent is the
reading of transformers; what an engine's attention class makes of them is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from prover.errors import InputError
from prover.sources.beside import NOTHING, Law
from prover.sources.config_json import MAX_NESTING, QUERY_SCALE, ROPE_KEYS, config_model, model_parts
from prover.sources.engine_table import Engine, engine_table, find_engine_entry, inner_kind
from prover.sources.heads import load_head
from prover.sources.keys import Keys
from prover.sources.layer_types import Layers, group_layers, indexed_by_pattern
from prover.sources.model import Finding, Model, Part, Value
from prover.sources.overriding import loaded_keys, put_parameters
from prover.sources.readings import Composite, Inner, Reading, Without, defaults, find_reading
from prover.sources.rope_keys import ORIGINAL, PART
from prover.sources.scaled_queries import beside_still, beside_turning
from prover.sources.standard import Standard, standard

TRANSFORMERS = "borrowed"
TEXT = "text"
NO_WINDOW = "no positions, since layers slide and there is no window"
TRANSFORMERS_FUNCTIONS = "transformers"


class GetRope(Protocol):
    """What an engine's get_rope makes of the parameters: a layout with its choices, and values."""

    def __call__(
        self, entry: Engine, rope: Standard, head: Value, keys: Keys, findings: list[Finding],
    ) -> tuple[str, list[Value]]: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """An engine by the name of its table, its get_rope, and old names of rules that it replaces.

    `has_length_at_top`: all its classes read the original length at the top, and not only those whose entry says so.
    `lost_theta`: the base where an override has none, "" where that is not known. `reaches_parts`: an override inside
    of a part's config is what that part's class reads, and one around it is not.
    """

    name: str
    get_rope: GetRope
    renamed: Mapping[str, str] = field(default_factory=dict)
    has_length_at_top: bool = True
    lost_theta: str = ""
    reaches_parts: bool = False


def read_engine(keys: Keys, reader: Reader) -> Model:
    """The parts of the model that a config is about. Raises InputError."""
    kind = keys.text("model_type")
    table = engine_table(reader.name)
    findings: list[Finding] = []
    if "auto_map" in keys:
        findings.append(Finding("RP001", "auto_map names code of the model's own, which is not read"))
    parts = tuple(_parts(keys, kind, "", findings, reader, 0))
    return Model(keys.where, kind, table.name, table.source, parts, tuple(dict.fromkeys(findings)))


def _parts(
    keys: Keys, kind: str, name: str, findings: list[Finding], reader: Reader, depth: int,
) -> Iterator[Part]:
    kind = engine_table(reader.name).renamed.get(kind, kind)
    try:
        entry = find_engine_entry(reader.name, kind)
    except InputError as fault:
        raise fault.inside(keys.where) from None
    if isinstance(entry, Composite):
        if depth >= MAX_NESTING:
            raise InputError(f"is nested deeper than {MAX_NESTING}", where=keys.where)
        if not reader.reaches_parts:
            _refuse_override(keys, "changes the config of the whole or of a part, and which of them the engine's "
                                   "classes read is not known here")
        _tell_outer(keys, findings)
        for inner in entry.parts:
            yield from _inner(keys, inner, findings, reader, depth)
    elif isinstance(entry, Without):
        yield Part(name or "text", None, None, instead=entry.has)
    elif entry == TRANSFORMERS:
        yield from _borrowed(keys, kind, name, findings)
    else:
        assert isinstance(entry, Engine)
        if entry.inner and not depth:
            raise InputError(f"'{kind}' is known of {engine_table(reader.name).name} only as a part of another model",
                             where=keys.where, advice="Name the config of the whole")
        if entry.kernel == TRANSFORMERS_FUNCTIONS:
            _refuse_override(keys, "is not known here to have an effect on transformers' rope functions")
            _check_flattened(keys, entry)
            yield from model_parts(keys, kind, name or entry.part, findings, depth)
            return
        yield from _leaf(keys, kind, entry, name or entry.part, findings, reader)


def _tell_outer(keys: Keys, findings: list[Finding]) -> None:
    """Overrides of RoPE at the top of a model whose parts have configs of their own."""
    override = keys.override
    if override is None:
        return
    idle = [key for key in override.flat if key in ROPE_KEYS]
    idle += ["rope_parameters"] if override.rope is not None else []
    if idle:
        findings.append(Finding("RP204", f"{override.flag} {', '.join(idle)}: put on the outer config, which no part "
                                         "reads: give them inside of text_config"))


def _inner(keys: Keys, inner: Inner, findings: list[Finding], reader: Reader, depth: int) -> Iterator[Part]:
    found = keys.object(inner.key)
    if found is None and inner.flat:
        _refuse_override(keys, "is put on the outer config of a part whose keys stand at the top of the file, and "
                               "whether it reaches that part is not known here")
        found = replace(keys, names={}, defaults={})
    if found is None:
        if inner.name == "text":
            raise InputError("is not in the file, and a model of defaults is not this one",
                             where=f"{keys.where}, {inner.key}")
        findings.append(Finding("RP008", f"{inner.key} is not in the file, nothing is said about it", inner.name))
        return
    own = found.text("model_type") if "model_type" in found and not inner.type else ""
    try:
        yield from _parts(found, inner_kind(inner, own), inner.name, findings, reader, depth + 1)
    except InputError as fault:
        if inner.name == "text":
            raise
        findings.append(Finding("RP009", str(fault), inner.name))


def _borrowed(keys: Keys, kind: str, name: str, findings: list[Finding]) -> Iterator[Part]:
    """What transformers' own class computes: in a model of its own, or in a tower."""
    if name == TEXT:
        raise InputError(f"'{kind}' is run by transformers' own class, which is read only where it is the whole",
                         where=keys.where)
    _refuse_override(keys, f"does to '{kind}', which is run by transformers' own class, what is not known here")
    model = config_model(Keys({**keys.table, "model_type": kind}, keys.where) if name else keys)
    findings += [replace(each, part=name or each.part) for each in model.findings]
    yield from (replace(part, name=name or part.name) for part in model.parts)


def _leaf(
    keys: Keys, kind: str, engine: Engine, name: str, findings: list[Finding], reader: Reader,
) -> Iterator[Part]:
    """A part for each layer type; what has no RoPE stays as transformers has it, unless the engine turns all."""
    kind = engine_table(reader.name).configs.get(kind, kind)
    entry = find_reading(kind)
    assert isinstance(entry, Reading)
    own = defaults()[kind]
    keys = replace(keys, names=own.names, defaults=own.numbers)
    running = loaded_keys(keys)
    _refuse(keys, engine)
    for key in engine.demands:
        several = key.split(" or ")
        is_there = any(map(keys.is_given, several)) if several[1:] else key in keys
        if not is_there and (engine.own_config or key not in keys.defaults):
            raise InputError(f"is not in the file, and {engine.symbol} breaks off without it",
                             where=f"{keys.where}, {key}", advice="Add the key")
    for key in engine.given:
        if not keys.is_given(key):
            raise InputError("is not in the file, and what the engine's own config class has for it is not known here",
                             where=f"{keys.where}, {key}", advice="Add the key")
    if engine.own_config:
        _check_own_config(keys, engine)
    told = [Finding(*engine.note)] if engine.note else []
    for layers in _groups(keys, entry, engine):
        if layers.instead:
            yield Part(name, layers.indices, None, instead=layers.instead, layer_type=layers.type,
                       beside=beside_still(keys, engine.query))
            continue
        beside = NOTHING
        if engine.layout:
            layout, values = engine.layout, list(_tower(keys, entry, engine))
            if engine.reads_theta:
                theta = standard(keys, entry, layers.type, told, reader.renamed).theta
                values.append(Value("rope_theta", theta.text, theta.origin))
        else:
            rope = standard(keys, entry, layers.type, told, reader.renamed,
                            reader.has_length_at_top or engine.length_at_top)
            _check_override(keys, entry, engine)
            lost = reader.lost_theta if engine.lost_theta is None else engine.lost_theta
            rope = put_parameters(rope, keys, layers.type if layers.type in entry.by_type else "", lost, told)
            rope = rope.of_base_alone() if layers.type in engine.plain else rope
            layout, values = reader.get_rope(engine, rope, _head(keys, entry, engine, layers.type), running, told)
            is_scaled = _scales_softmax(engine, rope)
            beside = replace(beside_turning(keys, engine.query, rope.keys, is_scaled),
                             law=Law.ALL_DIM if is_scaled else Law.UNTOLD if engine.softmax else Law.NONE)
        if engine.kernel == "latent":
            values.insert(0, Value("qk_nope_head_dim", str(keys.whole("qk_nope_head_dim", 0)),
                                   keys.origin("qk_nope_head_dim")))
        part = Part(name, layers.indices, layout, tuple(values), layer_type=layers.type, beside=beside)
        width = _check(part, keys)
        yield replace(part, rows=(*range(0, width, 2), *range(1, width, 2))) if engine.halves_rows else part
        if engine.indexer_interleaves:
            indexer = _indexer(keys, engine, part, reader)
            _check(indexer, keys)
            yield indexer
    if engine.query is not None and any(
        scope is not None and scope.is_given(QUERY_SCALE)
        for scope in (keys.object("rope_parameters"), keys.object("rope_scaling"))
    ):
        usual = f"queries are scaled with their position besides ({QUERY_SCALE})"
        told.append(Finding("RP007", engine.query.elsewhere or usual))
    findings += [Finding(each.code, each.text, name) for each in dict.fromkeys(told)]


def _scales_softmax(engine: Engine, rope: Standard) -> bool:
    """Whether mscale_all_dim goes into the scale of the softmax; a key that the entry names stops it where it is 1."""
    stop = engine.softmax.removeprefix("unless ")
    return bool(engine.softmax) and rope.rule != "default" and all(
        rope.keys.flag(flag, True) for flag in engine.softmax_flags
    ) and not (rope.has(stop) and rope.keys.number(stop) == 1)


def _check(part: Part, keys: Keys) -> int:
    """The width of a part's head. Raises InputError where no command takes the SPEC."""
    return load_head(str(part.spec), keys.where).layout.width


def _check_flattened(keys: Keys, engine: Engine) -> None:
    """Raise InputError for what rope functions make otherwise of parameters that are lifted out of a layer type."""
    _refuse(keys, engine)
    if PART in keys and not keys.is_given(PART):
        raise keys.wrong(PART, "a number")
    for key in ("rope_scaling", "rope_parameters"):
        for table in (keys.object(key), *_inner_objects(keys.object(key))):
            if table is not None and "truncate" in table:
                raise InputError(f"is read by {engine.symbol}, and what it does is not known here",
                                 where=f"{table.where}, truncate", advice="Leave it out")


def _inner_objects(table: Keys | None) -> list[Keys | None]:
    return [] if table is None else [table.object(key) for key, value in table.table.items() if isinstance(value, dict)]


def _refuse_override(keys: Keys, why: str) -> None:
    """Raise InputError for parameters of RoPE on the command line."""
    if keys.override is not None and (keys.override.flat or keys.override.rope is not None or keys.override.inner):
        raise InputError(why, where=f"{keys.override.flag}, rope_parameters", advice="Write it into config.json")


def _check_override(keys: Keys, entry: Reading, engine: Engine) -> None:
    """Raise InputError for parameters of RoPE on the command line that an attention class does not take as they are."""
    given = keys.override.rope if keys.override is not None else None
    if engine.theta_in or {"rope_theta", "rope_scaling", "rope_parameters"} & set(engine.refuses):
        _refuse_override(keys, f"is not read as it is by {engine.symbol}")
    if given is None:
        return
    if engine.own_config and "rope_type" not in given:
        _refuse_override(keys, f"has no rope_type, and what the config class of {engine.symbol} has is not known here")
    if engine.length_at_top and ORIGINAL in given and (ORIGINAL in keys or entry.original is not None):
        _refuse_override(keys, f"has an {ORIGINAL}, and {engine.symbol} takes that at the top of the config")


def _refuse(keys: Keys, engine: Engine) -> None:
    for key in engine.refuses:
        if keys.is_given(key):
            raise InputError(f"is read by {engine.symbol}, and what it does is not known here",
                             where=f"{keys.where}, {key}")


def _check_own_config(keys: Keys, engine: Engine) -> None:
    """Raise InputError where a config class of the engine's own leaves parameters that its attention breaks off at."""
    given = [key for key in ("rope_scaling", "rope_parameters") if key in keys]
    for key in given:
        if keys.object(key) is None and not (key == "rope_scaling" and not keys.is_given(key)):
            raise InputError(f"is null or empty, which {engine.symbol} breaks off at", where=f"{keys.where}, {key}",
                             advice="Leave the key out")
    if len(given) == 2 and keys.is_given("rope_scaling") and keys.table[given[0]] != keys.table[given[1]]:
        raise InputError("differs from rope_parameters, and which of the two counts is not known here",
                         where=f"{keys.where}, rope_scaling", advice="Give one of them")


def _groups(keys: Keys, entry: Reading, engine: Engine) -> tuple[Layers, ...]:
    groups = group_layers(keys, entry)
    if engine.needs_window and _has_no_window(keys) and not (
        keys.is_given("layer_types") and "sliding_attention" not in keys.texts("layer_types")
    ):
        raise InputError(f"is null, and {engine.symbol} breaks off on layers that slide",
                         where=f"{keys.where}, sliding_window")
    is_counted = all(each.indices is not None for each in groups)
    if engine.passes_every and is_counted and not (_has_no_window(keys) and entry.window):
        return _groups_by_number(keys, entry, engine, sorted(i for each in groups for i in each.indices or ()))
    if not engine.one_for_all:
        return groups
    if _has_no_window(keys) and not engine.window_counts:
        raise InputError(f"is null, and what {engine.symbol} does then is not known here",
                         where=f"{keys.where}, sliding_window", advice="Leave the key out")
    if _has_no_window(keys):
        slides = keys.is_given("layer_types") and "sliding_attention" in keys.texts("layer_types")
        return tuple(Layers(each.type, each.indices, NO_WINDOW if slides else "") for each in groups)
    if groups and all(each.instead for each in groups):
        return tuple(Layers(each.type, each.indices) for each in groups)
    return groups


def _groups_by_number(keys: Keys, entry: Reading, engine: Engine, layers: list[int]) -> tuple[Layers, ...]:
    """Each so many layers pass, whatever layer_types says; as many as a text has letters where the entry names one."""
    by = engine.passes_every
    every = int(by) if by.isdigit() else len(keys.text(by))
    if not every:
        raise keys.wrong(by, "a text that is not empty")
    other, passing = ("sliding_attention", "full_attention") if entry.passes else ("", "")
    turning = tuple(index for index in layers if (index + 1) % every)
    rest = tuple(index for index in layers if not (index + 1) % every)
    return (*([Layers(other, turning)] if turning else []),
            *([Layers(passing, rest, entry.passes.get(passing, entry.otherwise))] if rest else []))


def _has_no_window(keys: Keys) -> bool:
    return "sliding_window" in keys and not keys.is_given("sliding_window")


def _head(keys: Keys, entry: Reading, engine: Engine, kind: str) -> Value:
    """The width of a head as the engine's attention class takes it. Raises InputError."""
    row = entry.by_type.get(kind)
    if row is not None and row.head_key:
        given = keys.whole(row.head_key) if row.head_key in keys else row.head
        return Value("head_dim", str(given), keys.origin(row.head_key))
    if engine.kernel == "latent":
        key = "qk_rope_head_dim"
        width = keys.whole(key, 2)
        if keys.names.get("head_dim") == key and keys.table.get("head_dim", width) != width:
            raise InputError(f"is another name of {key} = {width} in this config class, expected the same or none",
                             where=f"{keys.where}, head_dim")
        return Value(key, str(width), keys.origin(key))
    if engine.head == "if there" and "head_dim" in keys and not keys.is_given("head_dim"):
        raise keys.wrong("head_dim", "a number or no such key")
    known = keys.is_given("head_dim") or "head_dim" in keys.defaults
    if engine.head != "ratio" and known:
        return Value("head_dim", str(keys.whole("head_dim")), keys.origin("head_dim"))
    hidden, heads = keys.whole(entry.width_key), keys.whole("num_attention_heads")
    names = f"{keys.name(entry.width_key)} // {keys.name('num_attention_heads')}"
    both = [keys.origin(entry.width_key), keys.origin("num_attention_heads")]
    return Value("head_dim", str(hidden // heads), names if "default" not in both else f"{names}, by default")


def _tower(keys: Keys, entry: Reading, engine: Engine) -> Iterator[Value]:
    """A vision tower's head and base; the engine has the base as a number of its own where the entry says so."""
    head = _head(keys, entry, engine, "")
    yield head
    if engine.theta_in:
        yield Value("rope_theta", engine.theta_in, "fixed")


def _indexer(keys: Keys, engine: Engine, part: Part, reader: Reader) -> Part:
    """The indexer's own head, whose leading lanes turn as fast as the attention's."""
    neox = not keys.flag(engine.indexer_interleaves, False)
    width = Value("head_size", str(keys.whole("index_head_dim")), keys.origin("index_head_dim"))
    rotated = next(value for value in part.values if value.name == "qk_rope_head_dim")
    rest = [Value("base" if value.name == "rope_theta" else value.name, value.text, value.origin)
            for value in part.values if value.name not in ("qk_nope_head_dim", "qk_rope_head_dim")]
    layout = f"{reader.name}/rope:is_neox_style={str(neox).lower()}"
    return Part("indexer", indexed_by_pattern(keys, part.layers), layout,
                (width, Value("rotary_dim", rotated.text, rotated.origin), *rest))


def rotated_lanes(rope: Standard, engine: Engine, head: Value, keys: Keys) -> Value | None:
    """int(head * partial_rotary_factor), as floats give it; None for the whole head. Raises InputError."""
    if PART not in rope.keys and engine.lanes_key:
        part, source = Fraction(keys.whole(engine.lanes_key), int(head.text)), engine.lanes_key
    elif not rope.has(PART):
        if PART in rope.keys:
            raise rope.keys.wrong(PART, "a number")
        part, source = Fraction(engine.partial or 1), "default"
    else:
        part, source = rope.keys.number(PART), rope.origin(PART)
    if not 0 < part <= 1:
        raise InputError("expected a part above 0 and up to 1", where=f"{rope.keys.where}, {PART}")
    lanes = int(int(head.text) * float(part))
    return None if lanes == int(head.text) else Value("rotary_dim", str(lanes), source)
