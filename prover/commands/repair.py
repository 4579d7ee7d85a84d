"""The command `repair`."""

from __future__ import annotations

import click

from prover.commands.completion import SPEC
from prover.commands.console import POSITIONS, exit_help, output_style, tell
from prover.commands.engine_arguments import EngineArgumentsCommand, with_arguments
from prover.errors import InputError

KINDS = ("permutation", "magnitude", "parameter", "feed", "factors", "nothing")


@click.command(cls=EngineArgumentsCommand, epilog=exit_help(
    "nothing has to change", "nothing that may be changed helps (proved); with --for-all: not for all parameters",
    "no repair was found; or interrupted", "a repair was found; with --for-all: for all parameters",
))
@click.argument("source", type=SPEC)
@click.argument("target", required=False, default="", type=SPEC)
@click.option("--engine", metavar="E", default="", help="Which engine reads TARGET, MODEL#PART, or SOURCE again.")
@click.option(
    "--allow", "allow", multiple=True, metavar="WHAT",
    help=f"What may be changed, several with commas or several times: {', '.join(KINDS)}. All without it.",
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="What each axis gets, as for prove.")
@click.option("--axes", metavar="A=B,...", help="Which axis is which, as for prove.")
@POSITIONS
@click.option(
    "--for-all", "names", metavar="NAMES",
    help="Leave these parameters symbolic and tell for which of their values moved rows and frequency factors do it.",
)
@click.option("--where", multiple=True, metavar="CONDITION", help="What --for-all may assume of the parameters.")
@click.option("--library", metavar="PATH", help="A libggml-cpu.so or .dylib to run the repair on, where TARGET is a "
              "ggml layout. Loading it runs its code. Without it: ROPE_PROVER_GGML, or an installed llama-cpp-python "
              "or xllamacpp.")
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@output_style
def repair(
    source: str, target: str, engine: str, allow: tuple[str, ...], feeds: tuple[str, ...], axes: str | None,
    positions: int | None, library: str | None, certificate: str | None, style: str, names: str | None,
    where: tuple[str, ...],
) -> int:
    """What must change at TARGET so that it computes SOURCE?

    In this order: nothing; rows of W_q and W_k moved; rows scaled; another parameter of TARGET; another position fed
    to an axis; frequency factors, such as rope_freqs.weight, with or without moved rows. The first that is found is
    proved, and its certificate accepted by the checker.

    With --engine alone, SOURCE is to be run by that engine; behind -- may stand what it is started with, as for diff.
    What a model has beside its layout, a scale of queries or a factor of the softmax, is compared too, and so are the
    layers without RoPE where both sides are models.
    """
    from prover import api
    from prover.api.arguments import DEFAULT_POSITIONS
    from prover.commands.written import check_certificate_path

    if where and names is None:
        raise InputError("--where needs --for-all", advice="Name the parameters that stay symbolic")
    if names is not None:
        if allow or positions or library or certificate:
            raise InputError("--for-all takes none of --allow, --positions, --library, --certificate",
                             advice="It is about moved rows and frequency factors, and its proof is a solver's")
        if engine or not target:
            raise InputError("--for-all takes two SPECs, and no --engine")
        return tell(api.repair_for_all(source, target, names, where=where, feeds=feeds, axes=axes), style)
    if certificate is not None:
        check_certificate_path(certificate)
    given, engine = with_arguments(target or source, engine)
    words = [word.strip() for text in allow for word in text.split(",")]
    answer = api.find_repair(
        source, given if engine or given != source else target, feeds=feeds, axes=axes, allow=words,
        positions=positions or DEFAULT_POSITIONS, library=library, engine=engine,
    )
    return tell(answer, style, certificate)
