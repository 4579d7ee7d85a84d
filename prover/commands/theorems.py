"""Commands about all sizes: solve, and what prove --for-all does."""

from __future__ import annotations

from typing import Literal

import click

from prover.commands.completion import SPEC
from prover.commands.console import exit_help, output_style, tell

SMTLIB = click.option(
    "--smtlib", metavar="DIR", help="Write every question to the solver into DIR, as SMT-LIB 2 text."
)
CERTIFICATE = click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
COQ = click.option(
    "--coq", metavar="FILE",
    help="Write a theorem for all sizes, with its proof, to FILE for Coq (coqc checks it)."
)
CVC5 = click.option("--cvc5", is_flag=True, help="Put every question to cvc5 too (the extra cvc5).")


@click.command(epilog=exit_help(
    "equivalent: for all parameters, with the weights as they are", "different: for some parameters, or for none",
    "undecided: no condition was found; or interrupted", "convertible: for all, only after the weights are changed",
))
@click.argument("source", type=SPEC)
@click.argument("target", type=SPEC)
@click.option("--over", required=True, metavar="NAMES", help="The parameters to solve for, with commas between.")
@click.option(
    "--where", multiple=True, metavar="CONDITION", help='What may be assumed, e.g. "sum(sections) == n_rot//2".'
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="What each axis gets, as for prove.")
@click.option("--axes", metavar="A=B,...", help="Which axis is which, as for prove.")
@click.option(
    "--relation", type=click.Choice(("identical",)), metavar="identical",
    help="Ask where the two are the same kernel, lane by lane; layouts with several angles for a pair are taken too.",
)
@click.option(
    "--up-to", type=click.IntRange(1, 64), default=6, show_default=True, metavar="N",
    help="Where no condition is found, list the parameters from 0 to N at which they are equal.",
)
@CERTIFICATE
@COQ
@output_style
@SMTLIB
@CVC5
def solve(
    source: str, target: str, over: str, where: tuple[str, ...], feeds: tuple[str, ...], axes: str | None,
    relation: Literal["identical"] | None, up_to: int, certificate: str | None, coq: str | None, style: str,
    smtlib: str | None, cvc5: bool,
) -> int:
    """For which parameters are SOURCE and TARGET equal?

    The condition is proved both ways: equal where it holds, different where it does not. Values in a
    spec may be expressions in the parameters, such as mrope_section=sections[0],sections[1],sections[2].
    Without --relation, equal is up to any fixed linear change of weights, and different is what none makes up for.
    A list without a default is solved for by its number of entries: --over "long_factor[4]".
    Exit code 0: equal for all parameters with the weights as they are; 5: for all, once the weights are
    changed; 1: for some (the condition says which) or for none; 3: no condition was found.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.commands.written import check_certificate_path, check_coq_path, write_coq

    if certificate is not None:
        check_certificate_path(certificate)
    if coq is not None:
        check_coq_path(coq, certificate)
    answer = api.solve(source, target, over, where=where, feeds=feeds, axes=axes, up_to=up_to, relation=relation,
                       smtlib=smtlib, cvc5=cvc5, track=track)
    code = tell(answer, style, certificate)
    if coq is not None:
        write_coq(coq, answer.certificate)
    return code


@click.command(epilog=exit_help("equivalent: the same at every pair", "different", "undecided, or interrupted"))
@click.argument("old", type=SPEC)
@click.argument("new", type=SPEC)
@click.option(
    "--for-all", "names", default="", metavar="NAMES",
    help="The parameters that stay symbolic; without it every whole-number parameter and base that both files have.",
)
@click.option("--where", multiple=True, metavar="CONDITION", help="What may be assumed of them.")
@CERTIFICATE
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@SMTLIB
@CVC5
def rewrite(
    old: str, new: str, names: str, where: tuple[str, ...], certificate: str | None, as_json: bool,
    smtlib: str | None, cvc5: bool,
) -> int:
    """Is NEW the same kernel as OLD at every pair, for all sizes?

    Either may carry values from pair to pair ([state.NAME]), as a kernel's loop does. The proof is by
    induction; what the loop carries is looked for among the other file's expressions. Exit code 0: the
    same; 1: different, with sizes and the first pair that differs; 3: neither was found.
    """
    from prover import api
    from prover.commands.written import check_certificate_path

    if certificate is not None:
        check_certificate_path(certificate)
    named = [name.strip() for name in names.split(",")] if names else []
    answer = api.rewrite(old, new, named, where=where, smtlib=smtlib, cvc5=cvc5)
    return tell(answer, "json" if as_json else "text", certificate)
