"""The command `weights verify`."""

from __future__ import annotations

from pathlib import Path

import click

from prover.commands.console import exit_help, output_style, tell
from prover.commands.written import check_folder


@click.command(epilog=exit_help(
    "right: proved, for every layer", "wrong: some rows do not stand where the target needs them",
    "undecided, or interrupted",
))
@click.argument("source")
@click.argument("target", required=False, default="")
@click.option("--from", "made_for", metavar="SPEC", multiple=True,
              help="What the source's weights were made for, if not what its own config says.")
@click.option(
    "--to", "meant_for", metavar="SPEC", multiple=True,
    help="What is to compute with the target's, if not what its own config says. What a layout does not say is taken "
    "from that, and told. PART=SPEC, once for each part, where a model has several.",
)
@click.option("--engine", metavar="E", default="", help="Which engine reads the target's config.")
@click.option(
    "--base", metavar="CONFIG", default="",
    help="The config.json, or folder, of the model, where none is beside the weights: of adapters, of ranks.",
)
@click.option(
    "--tensors", metavar="ROLE=NAME,...", multiple=True,
    help="Which tensors hold the rows, where the architecture is not known.",
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", default=1, help="How many layers at once.")
@click.option("--certificate", "folder", metavar="DIR", help="Write the certificates into this folder.")
@output_style
def verify(
    source: str, target: str, made_for: tuple[str, ...], meant_for: tuple[str, ...], engine: str, base: str,
    tensors: tuple[str, ...], jobs: int, folder: str | None, style: str,
) -> int:
    """Audit a finished conversion: are TARGET's rows right?

    Do the rows of q and k in TARGET stand where its kernel needs them, given the same model in SOURCE? SOURCE and
    TARGET are checkpoints of one model: folders or files of safetensors, GGUF files, torch's files; either may be in
    tensor-parallel ranks. Which row of TARGET each row of SOURCE has become is found from the rows themselves, whatever
    their types; whether that is right is proved. v and o have to stay, and biases, norm gains, scales and adapters to
    go with their rows. What is wrong is told by name, the first layer first.

    Without TARGET it is told what can be told of one checkpoint alone.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.files import write_text

    check_folder(folder)
    found = api.verify_weights(
        source, target, made_for=made_for, meant_for=meant_for, engine=engine, base=base,
        tensors=tensors, jobs=jobs, track=track,
    )
    if folder is not None:
        for name, text in found.certificates:
            write_text(Path(folder) / name, text)
    return tell(found, style)
