"""The command `weights factors`."""

from __future__ import annotations

import click

from prover.commands.completion import SPEC
from prover.commands.console import POSITIONS, exit_help, tell
from prover.commands.repair import KINDS
from prover.errors import InputError


@click.command(epilog=exit_help(
    "the tensor was written and is enough alone; none is needed; with --check: the factors are as asked for",
    "no factors help (proved); with --check: the factors are wrong, missing or not asked for",
    "no factors were found; with --check: the factors are not seen; or interrupted",
    "there is a tensor, and it was not written, or more must be changed",
))
@click.argument("source", type=SPEC)
@click.argument("target", type=SPEC)
@click.option("--out", metavar="FILE", help="Write the tensor: a new .safetensors, or with --into a new .gguf file.")
@click.option("--into", metavar="MODEL.gguf", help="Make --out a copy of this GGUF file with the tensor in it.")
@click.option("--partial", is_flag=True, help="With --into: make the copy even where the tensor alone is not enough.")
@click.option("--check", is_flag=True, help="SOURCE is a config.json, TARGET a GGUF file: are its factors right?")
@click.option("--as", "kind", metavar="TYPE", default="", help="With --check: the model type a config is taken for.")
@click.option(
    "--allow", "allow", multiple=True, metavar="WHAT",
    help=f"What may be changed, as for repair: {', '.join(KINDS[:-1])}. Without it permutation and factors, and where "
    "they are not enough a parameter.",
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="What each axis gets, as for prove.")
@click.option("--axes", metavar="A=B,...", help="Which axis is which, as for prove.")
@POSITIONS
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def factors(
    source: str, target: str, out: str | None, into: str | None, partial: bool, check: bool, kind: str,
    allow: tuple[str, ...], feeds: tuple[str, ...], axes: str | None, positions: int | None, certificate: str | None,
    as_json: bool,
) -> int:
    """Frequency factors, as llama.cpp's rope_freqs.weight.

    They are those with which TARGET computes SOURCE. The first line says whether the tensor is enough alone: often rows
    of W_q and W_k must be moved as well. A copy of a GGUF file is made only if the model in it then computes what was
    proved, and its architecture takes the tensor at all. Nothing is overwritten.

    With --check SOURCE is a config.json and TARGET a GGUF file made of it: rope_freqs, and long and short factors, are
    held against the config's rule, number by number.
    """
    from prover import api
    from prover.api.arguments import DEFAULT_POSITIONS
    from prover.commands.progress import track
    from prover.commands.written import check_certificate_path

    style = "json" if as_json else "text"
    if check:
        if out or into or partial or allow or feeds or axes or positions or certificate:
            raise InputError("--check takes none of the other options but --as and --json")
        return tell(api.check_factors(source, target, kind=kind), style)
    if kind:
        raise InputError("--as needs --check", advice="Name the part of a model as SOURCE, such as config.json#text")
    if certificate is not None:
        check_certificate_path(certificate)
    words = [word.strip() for text in allow for word in text.split(",")]
    answer = api.make_factors(
        source, target, feeds=feeds, axes=axes, allow=words, positions=positions or DEFAULT_POSITIONS, out=out,
        into=into, partial=partial, track=track,
    )
    return tell(answer, style, certificate)
