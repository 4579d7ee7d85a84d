"""The command `weights permute`."""

from __future__ import annotations

from functools import partial

import click

from prover.commands.console import exit_help, tell_report
from prover.errors import EXIT_UNDECIDED, InputError


@click.command(epilog=exit_help(
    "done, or with --dry-run would be; or no row has to move",
    "refused: rows may not be moved so, or that is not enough",
    "what rows need is not decided, or interrupted",
))
@click.argument("model")
@click.option("--from", "source", multiple=True, metavar="SPEC", help="What the weights were made for, if not that.")
@click.option(
    "--to", "target", multiple=True, metavar="SPEC",
    help="What is to compute with them: a layout, a config.json or part of one, a folder, a GGUF file. What a layout "
    "does not say is taken from the model's own, and told. PART=SPEC, once for each part, where a model has several.",
)
@click.option("--engine", metavar="E", default="", help="In place of --to: the model's own config in this engine.")
@click.option("--out", metavar="DIR", default="", help="The folder to write, which must not be there.")
@click.option(
    "--base", metavar="CONFIG", default="",
    help="The config.json, or folder, of the model, where none is beside the weights: of an adapter, of ranks.",
)
@click.option(
    "--tensors", metavar="ROWS=NAME,...", multiple=True,
    help="Which tensors hold the rows, where the architecture is not known.",
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="How many files at once; else two.")
@click.option("--dry-run", is_flag=True, help="Write nothing; tell what would move and what would be refused.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def permute(
    model: str, source: tuple[str, ...], target: tuple[str, ...], engine: str, out: str, base: str,
    tensors: tuple[str, ...], jobs: int | None, dry_run: bool, as_json: bool,
) -> int:
    """Move rows of q and k to fit another kernel, as proved.

    All that goes with them moves too: biases, norm gains, scales, LoRA's B. Where the rotations of the two differ in
    what they multiply by, rows are multiplied too, and rounded once.

    The weights were made for what MODEL's own config says, or for --from, and are to fit --to or --engine. MODEL is the
    folder of a checkpoint, also of one in tensor-parallel ranks, a safetensors file, a GGUF file, or a PEFT adapter's
    folder. Everything in the folder is copied to DIR, with a manifest, rope-prover.json, and the certificates. DIR is
    there whole or not at all; the same command started again after an interruption keeps the files that are finished
    and whole. To undo a move, give the two layouts the other way round.

    A lane is a place in a head: row i of a head's weights makes its lane i. A SPEC is a name from `rope-prover list`.
    """
    from prover import api
    from prover.commands.progress import count_bytes, track

    if not out and not dry_run:
        raise InputError("is not given", where="--out", advice="Name the folder to write, or ask with --dry-run")
    try:
        found = api.permute_weights(
            model, source=source, target=target, engine=engine, out="" if dry_run else out, base=base,
            tensors=tensors, jobs=jobs, track=track, progress=partial(count_bytes, name=f"writing {out}"),
        )
    except KeyboardInterrupt:
        click.echo("interrupted: the same command goes on from what is finished; other files start anew", err=True)
        return EXIT_UNDECIDED
    return tell_report(found, as_json)
