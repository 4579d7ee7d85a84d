"""The command `check-permutation`."""

from __future__ import annotations

import click

from prover.commands.completion import SPEC
from prover.commands.console import Whole, exit_help, output_style, tell


@click.command("check-permutation", epilog=exit_help("right: proved", "wrong: refuted", "undecided, or interrupted"))
@click.argument("source", type=SPEC)
@click.argument("target", type=SPEC)
@click.argument("permutation")
@click.option("--heads", type=Whole(1, 65536), metavar="H", help="Heads of q; then whole matrices are meant, q and k.")
@click.option("--kv-heads", type=Whole(1, 65536), metavar="K", help="Heads of k; as many as of q without it.")
@click.option(
    "--let", "sizes", multiple=True, metavar="NAME=NUMBER",
    help="What a name in an expression stands for, for q and k alike. Without it n_heads, head_dim, dim1, cols and the "
    "like are what they are usually called for; the answer tells what each stands for.",
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="What each axis gets, as for prove.")
@click.option("--axes", metavar="A=B,...", help="Which axis of SOURCE is which of TARGET, as for prove.")
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@output_style
def check_permutation(
    source: str, target: str, permutation: str, heads: int | None, kv_heads: int | None, sizes: tuple[str, ...],
    feeds: tuple[str, ...], axes: str | None, certificate: str | None, style: str,
) -> int:
    """Hold a permutation of rows against what weights made for SOURCE need in a kernel that computes TARGET.

    PERMUTATION is a list of row numbers (0,64,1,65,... or a .json or .txt file of them), an expression over W such as
    "w.view(n_heads, 2, d//2, cols).transpose(1, 2).reshape(w.shape)", or what a known converter does, such as
    llama.cpp/permute ('rope-prover list --converters' names all). Row i of the result is row rows[i] of what was there,
    in W_q and W_k, which are (rows, columns). An expression is read, never run.

    Right is what is proved right, whatever another right one looks like. What is wrong is told: the inverse, applied
    twice, made for another number of heads, the whole head in place of its rotated part, rows between heads.
    """
    from prover import api
    from prover.commands.written import check_certificate_path

    if certificate is not None:
        check_certificate_path(certificate)
    answer = api.check_permutation(
        source, target, permutation, heads=heads, kv_heads=kv_heads, sizes=sizes, feeds=feeds, axes=axes
    )
    return tell(answer, style, certificate)
