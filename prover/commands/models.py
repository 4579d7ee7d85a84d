"""Commands about models: diff, audit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import click

from prover.commands.completion import SPEC
from prover.commands.console import (
    POSITIONS,
    exit_help,
    output_style,
    output_styles,
    print_json,
    tell,
    wants_page,
    write_report,
)
from prover.commands.draw import require_picture, write_picture
from prover.commands.engine_arguments import EngineArgumentsCommand, with_arguments
from prover.commands.proofs import RELATIONS, RUNTIME
from prover.commands.written import check_folder


class _Rung(click.Choice[str]):
    """What may be done to weights; not what the target's kernel may be given."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One of the choices. Raises BadParameter."""
        if value == RUNTIME:
            self.fail(f"'{RUNTIME}' is no change of weights. Ask for one part at a time with rope-prover repair, or "
                      f"prove --relation {RUNTIME}: both take MODEL#PART.", param, ctx)
        return super().convert(value, param, ctx)


def comparison(command: Callable[..., int]) -> Callable[..., int]:
    """The options of how parts are compared."""
    for option in (
        click.option("--ulps", type=click.IntRange(0, 9999), default=0, metavar="N", help="As for prove."),
        click.option("--exact", is_flag=True, help="Take stored numbers exactly, as for prove."),
        click.option("--relation", type=_Rung(RELATIONS), help="What may be done to the weights, as for prove."),
    ):
        command = option(command)
    return command


@click.command(cls=EngineArgumentsCommand, epilog=exit_help(
    "equivalent: every part works as it is, or as --relation allows", "a part is different",
    "a part is undecided, or interrupted", "a part is convertible, and none is worse",
))
@click.argument("source", type=SPEC)
@click.argument("target", required=False, default="", type=SPEC)
@click.option("--engine", metavar="E", default="", help="Which engine reads TARGET, or SOURCE again.")
@click.option("--as", "kind", metavar="TYPE|SPEC", default="", help="The model type or layout a config is taken for.")
@comparison
@POSITIONS
@click.option("--certificate", "folder", metavar="DIR", help="Write the certificate of each part into this folder.")
@output_style
def diff(
    source: str, target: str, engine: str, kind: str, relation: str | None, exact: bool, ulps: int,
    positions: int | None, folder: str | None, style: str,
) -> int:
    """Compare two models: part by part, layer type by layer type, modality by modality.

    SOURCE is what the weights were made for, TARGET what is to run them: a config.json or the folder of one, a GGUF
    file, a gguf-dump or a loader's log, or a SPEC. With --engine alone, SOURCE is compared with itself under that
    engine. Layers of the same number are compared; the worst part makes the verdict.

    Behind -- may stand what the engine is started with, the whole command line or its flags: it holds for TARGET, or
    for SOURCE run so. A name may have its own behind it: 'model.gguf --rope-scale 4'.
    """
    from prover import api
    from prover.api.arguments import DEFAULT_POSITIONS
    from prover.commands.progress import track
    from prover.files import write_text

    check_folder(folder)
    allowed = cast("api.RelationName | None", relation)
    given, engine = with_arguments(target or source, engine)
    found = api.diff(
        source, given if given != source else target, engine=engine, kind=kind, relation=allowed, exact=exact,
        ulps=ulps, track=track, positions=positions or DEFAULT_POSITIONS,
    )
    if folder is not None:
        for name, text in found.certificates:
            write_text(Path(folder) / name, text)
    return tell(found, style)


@click.command(epilog=exit_help(
    "every cell is equivalent, or as --relation allows, or empty", "a cell is different",
    "a cell is undecided, or interrupted", "a cell is convertible, and none is worse",
))
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--engines", default="llama.cpp,vllm,sglang,mlx-lm", show_default=True, metavar="E,E",
    help="The columns of the table.",
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="How many models at once; else all cores.")
@comparison
@click.option("--certificate", "folder", metavar="DIR", help="Write the certificates of each cell into this folder.")
@click.option("--picture", metavar="FILE", help="Draw the table to FILE, .svg or .png; needs rope-prover[draw].")
@output_styles("sarif")
def audit(
    models: tuple[str, ...], engines: str, jobs: int | None, relation: str | None, exact: bool, ulps: int,
    folder: str | None, picture: str | None, style: str,
) -> int:
    """Hold models under many engines against what they were trained with, transformers' reading of their config.

    MODEL is a config.json, the folder of one, or a folder of many. A dash is an engine that does not know the model;
    below the table stands why a cell is not equivalent or is empty.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.files import write_text

    check_folder(folder)
    if picture is not None:
        require_picture(picture)
    found = api.audit(
        models, engines=tuple(engines.split(",")), relation=cast("api.RelationName | None", relation), exact=exact,
        ulps=ulps, jobs=jobs,
        certificates=folder is not None or wants_page(style), track=track,
    )
    if folder is not None:
        for name, text in found.certificates:
            write_text(Path(folder) / name, text)
    if picture is not None:
        write_picture(found, picture)
    if style == "sarif":
        print_json(found.to_sarif())
        write_report(found.to_html)
        return found.exit_code
    return tell(found, style)
