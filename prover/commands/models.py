"""Commands about models: diff."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from prover.commands.console import exit_help, tell_report
from prover.commands.proofs import RELATIONS
from prover.errors import InputError


@click.command(epilog=exit_help("equivalent: every part works as it is, or as --relation allows"))
@click.argument("source")
@click.argument("target", required=False, default="")
@click.option("--engine", metavar="E", default="", help="Which engine reads TARGET, or SOURCE again.")
@click.option("--as", "kind", metavar="TYPE", default="", help="What a config's model_type is taken for.")
@click.option("--relation", type=click.Choice(RELATIONS), help="What may be done to the weights, as for prove.")
@click.option("--exact", is_flag=True, help="Take stored numbers exactly, as for prove.")
@click.option("--ulps", type=click.IntRange(0, 9999), default=0, metavar="N", help="As for prove.")
@click.option("--certificate", "folder", metavar="DIR", help="Write the certificate of each part into this folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def diff(
    source: str, target: str, engine: str, kind: str, relation: str | None, exact: bool, ulps: int,
    folder: str | None, as_json: bool,
) -> int:
    """Compare two models: part by part, layer type by layer type, modality by modality.

    SOURCE is what the weights were made for, TARGET what is to run them: a config.json or the folder of one, a GGUF
    file, a gguf-dump or a loader's log, or a SPEC. With --engine alone, SOURCE is compared with itself under that
    engine. Layers of the same number are compared; the worst part makes the verdict.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.files import write_text

    if folder is not None and not Path(folder).is_dir():
        raise InputError("is no folder", where=folder, advice="Create it first")
    allowed = cast("api.RelationName | None", relation)
    found = api.diff(
        source, target, engine=engine, kind=kind, relation=allowed, exact=exact, ulps=ulps, track=track,
    )
    if folder is not None:
        for name, text in found.certificates:
            write_text(Path(folder) / name, text)
    return tell_report(found, as_json)
