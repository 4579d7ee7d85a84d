"""GGUF metadata as llama.cpp reads it: which layout its graph computes in which layers.

What differs between architectures stands in the table of readings; here is how what the keys say becomes parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prover.errors import InputError
from prover.sources.arguments import NO_ARGUMENTS, Arguments
from prover.sources.beside import NOTHING
from prover.sources.heads import load_head
from prover.sources.llama.architectures import Architecture, architectures, find_architecture
from prover.sources.llama.besides import read_beside
from prover.sources.llama.factors import Factors, find_factors
from prover.sources.llama.header import ARCHITECTURE, Header, open_header
from prover.sources.llama.heads import REQUIRED, Head, check_head, read_heads
from prover.sources.llama.layers import NO_ATTENTION, Kind, Plan, count_layers, plan_layers
from prover.sources.llama.run import Run, override_keys, read_run
from prover.sources.llama.scaling import Scaling, read_scaling, scaling_values
from prover.sources.llama.sparse import compressed_parts, indexer_parts, is_streamed
from prover.sources.llama.towers import TOWERS, tower_parts
from prover.sources.metadata import Metadata
from prover.sources.model import Finding, Model, Part, Value

TEXT = "text"
SECTIONS = "rope.dimension_sections"
ALPHA = "rope.scaling.alpha"
TEMPERATURE = "attention.temperature_scale"
LOOPS = "num_loops"
LONGROPE = "llama-cpp/longrope"
STRETCHED, STRETCHED_SECTIONS = "llama-cpp/hunyuan", "llama-cpp/hunyuan-vl"


def read_llama_cpp(metadata: Metadata, arguments: Arguments = NO_ARGUMENTS) -> Model:
    """The parts of the model that GGUF metadata is about, each with the layout that llama.cpp computes in it.

    `arguments`: what it is started with. Raises InputError with file, key, got and expected, for what llama.cpp refuses
    and for what no layout can say.
    """
    table = architectures()
    run = read_run(arguments)
    header = open_header(override_keys(metadata, arguments), table.architecture)
    try:
        entry = find_architecture(header.name)
    except InputError as fault:
        raise fault.inside(f"{metadata.file}, {ARCHITECTURE}") from None
    if entry.refused:
        raise InputError(f"{table.engine} refuses '{header.name}': {entry.refused}",
                         where=f"{metadata.file}, {ARCHITECTURE}", advice="Give the layout itself: 'rope-prover list'")
    parts = tuple(_merged(list(_parts(entry, header, run))))
    for spec in dict.fromkeys(part.spec for part in parts):
        load_head(spec or "generic/nope", metadata.file)  # a SPEC that no command takes is none
    told = (Finding("RP101", text) for text in metadata.findings)
    findings = (*told, *header.findings, *_told(entry, header))
    engine = f"{table.engine} {arguments}".strip()
    return Model(metadata.file, header.name, engine, table.source(header.name), parts, findings)


def _told(entry: Architecture, header: Header) -> Iterator[Finding]:
    """What is to be said of the file as a whole, and of keys that nothing took."""
    absent = [key for key in REQUIRED if key not in header]
    if absent and header.name != TOWERS:
        yield Finding("RP102", f"llama.cpp refuses the file as it is: {', '.join(absent)} not in it")
    if entry.told:
        yield Finding("RP111", entry.told)
    if entry.query is not None and TEMPERATURE in header and header.number(TEMPERATURE).number:
        yield Finding("RP007", f"queries are scaled with their position besides ({TEMPERATURE})")
    if entry.query is not None and entry.query.still:
        yield Finding("RP007", "queries of the layers without RoPE are scaled with their position besides")
    if entry.loops and LOOPS in header and header.whole(LOOPS).number > 1:
        yield Finding("RP112", f"the layers are gone through {header.whole(LOOPS).whole} times, at the same positions")
    yield from header.unread()


def _parts(entry: Architecture, header: Header, run: Run) -> Iterator[Part]:
    if header.name == TOWERS:
        yield from tower_parts(header)
        return
    count = count_layers(entry, header)
    if entry.without:
        yield Part(TEXT, None if count is None else tuple(range(count)), None, instead=entry.without)
        return
    scaling = read_scaling(entry, header, run)
    if entry.compressed or is_streamed(entry, header):
        head = replace(read_heads(entry, header, first_slides=True).full, trails=True)
        check_head(entry, header, head, slides=True)
        yield from compressed_parts(entry, header, head, scaling, count)
        return
    plan = plan_layers(entry, header, count)
    heads = read_heads(entry, header, plan.first_slides)
    sections = _sections(entry, header)
    turns = any(not kind.instead for kind in plan.kinds)
    factors = find_factors(entry, header, heads, plan.first_slides, scaling) if turns and not sections else Factors()
    for kind in plan.kinds:
        if kind.instead:
            still = NOTHING if kind.instead == NO_ATTENTION else read_beside(entry, header, scaling, turns=False)
            yield Part(TEXT, kind.layers, None, instead=kind.instead, layer_type=_type(kind, plan), beside=still)
            continue
        head = heads.of(kind.slides)
        check_head(entry, header, head, kind.slides)
        own = Factors() if kind.slides and entry.full_only else factors
        layout, values = _layout(entry, header, head, scaling, kind.slides, sections, own)
        yield Part(TEXT, kind.layers, layout, values, layer_type=_type(kind, plan), unseen=own.unseen,
                   beside=read_beside(entry, header, scaling, turns=True))
    if entry.indexer:
        yield from indexer_parts(entry, header, heads.full.values()[1], scaling, count)


def _type(kind: Kind, plan: Plan) -> str:
    """sliding_attention or full_attention, where a model has both."""
    if kind.instead == NO_ATTENTION or len({each.slides for each in plan.kinds if each.instead != NO_ATTENTION}) < 2:
        return ""
    return "sliding_attention" if kind.slides else "full_attention"


def _layout(entry: Architecture, header: Header, head: Head, scaling: Scaling, slides: bool,
            sections: tuple[Value, ...], factors: Factors) -> tuple[str, tuple[Value, ...]]:
    """The layout of one kind of layers, and its values."""
    if entry.plain:
        base = () if entry.base else (Value("base", scaling.full_base.text, scaling.full_base.origin),)
        return f"{entry.layout}:arch={header.name}", (head.values()[0], *base)
    scaled = scaling_values(entry, header, scaling, slides)
    layout = entry.sectioned if sections and entry.sectioned else entry.layout
    stretch = header.number(ALPHA) if entry.alpha and ALPHA in header else None
    if scaling.run.base is not None:
        stretch = None  # a base of the command line stands above the stretched one
    if not sections and stretch is not None and stretch.number > 0:
        layout = STRETCHED
    if layout in (STRETCHED, STRETCHED_SECTIONS):
        scaled = [Value("freq_base", each.text, each.origin) if each.name == "base" else each for each in scaled]
        if stretch is not None and stretch.number > 0:
            scaled.append(Value("alpha", stretch.text, ALPHA))
        return layout, (*head.values(), *scaled, *sections)
    if factors.are_lists:
        layout = LONGROPE
    return f"{layout}:arch={header.name}", (*head.values(), *scaled, *factors.values, *sections)


def _sections(entry: Architecture, header: Header) -> tuple[Value, ...]:
    """rope.dimension_sections, where the architecture rotates by them. Raises InputError."""
    if not entry.sections or (entry.sections != "required" and SECTIONS not in header):
        return ()
    if SECTIONS not in header:
        raise header.absent(SECTIONS, advice="llama.cpp reads it under this name alone; another program's may differ")
    values = header.array(SECTIONS)
    if len(values) != 4 or header.cut(SECTIONS):
        raise header.wrong(SECTIONS, "4 numbers")
    if (entry.sections == "pair" and min(values[:2]) <= 0) or (entry.sections == "any" and not any(values)):
        return ()
    return (Value("sections", ",".join(map(str, values)), SECTIONS),)


def _merged(parts: list[Part]) -> Iterator[Part]:
    """The parts, those whose layers do not differ being one."""

    def alike(part: Part) -> tuple[object, ...]:
        values = tuple((value.name, value.text) for value in part.values)
        return part.name, part.layout, part.instead, values, part.unseen, part.beside

    for key in dict.fromkeys(map(alike, parts)):
        first, *others = [part for part in parts if alike(part) == key]
        if not others:
            yield first
            continue
        layers = [layer for part in (first, *others) for layer in part.layers or ()]
        is_known = all(part.layers is not None for part in (first, *others))
        yield replace(first, layers=tuple(sorted(layers)) if is_known else None, layer_type="")
