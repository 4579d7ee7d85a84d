"""Commands about the catalogue: what is there and what it says."""

from __future__ import annotations

import click

from prover.commands.completion import SPEC
from prover.commands.console import output_style, tell, tell_report
from prover.commands.engine_arguments import EngineArgumentsCommand, with_arguments


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--unsupported", is_flag=True, help="What the catalogue cannot hold, and why.")
@click.option(
    "--evidence", is_flag=True, help="What the layouts rest on: measured kernels, source or documentation, counted.",
)
@click.option("--converters", is_flag=True, help="The converters' functions that check-permutation takes by name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_layouts(
    patterns: tuple[str, ...], unsupported: bool, evidence: bool, converters: bool, as_json: bool
) -> int:
    """List the shipped layouts and proofs, or find those of a model, an engine or a word.

    PATTERN is searched in names, titles, notes, sources and the names of models, the nearest first:
    'gemma 3', gpt-oss, qwen35, 'phi-3 longrope'.
    """
    from prover import api
    from prover.errors import InputError

    lists = {"--converters": converters, "--evidence": evidence, "--unsupported": unsupported}
    asked = [name for name, is_asked in lists.items() if is_asked]
    if len(asked) > 1:
        raise InputError(f"{asked[0]} and {asked[1]} are two lists", where="list", advice="Ask for one of them")
    if converters:
        return tell_report(api.converters(patterns), as_json)
    if evidence:
        return tell_report(api.evidence(patterns), as_json)
    return tell_report(api.unsupported() if unsupported else api.find(patterns), as_json)


@click.command(cls=EngineArgumentsCommand)
@click.argument("spec", type=SPEC)
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="Tell the properties under this feed, as for prove; several make one sequence of several modalities.",
)
@click.option("--all", "every_row", is_flag=True, help="Show every pair, however many.")
@click.option(
    "--engine", metavar="E", default="", help="Who reads a config.json: transformers, llama.cpp, vllm, sglang, mlx-lm.",
)
@click.option("--as", "kind", metavar="TYPE|SPEC", default="", help="The model type or layout a config is taken for.")
@output_style
def show(spec: str, feeds: tuple[str, ...], every_row: bool, engine: str, kind: str, style: str) -> int:
    """Show a layout: its formula, its parameters, its pairs and its properties; or the layouts of a model.

    Parameters that must be given need not be: then pairs and properties are left out. Of a config.json, a model's
    folder, a GGUF file, a gguf-dump or a loader's log (- is standard input), show each part's SPEC, and the key or
    default behind every value. Behind -- may stand what the engine is started with, such as
    '-- llama-server --rope-scaling yarn --rope-scale 4'.
    """
    from prover import api

    spec, engine = with_arguments(spec, engine)
    return tell(api.show(spec, feeds, every_row, engine=engine, kind=kind), style)
