"""Commands about claims: prove, run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.commands.console import EXIT_HELP, print_json
from prover.commands.theorems import CVC5, SMTLIB, prove_all
from prover.errors import EXIT_DIFFERENT, EXIT_INTERNAL, EXIT_OK

if TYPE_CHECKING:
    from prover.claims.solver import Solver

RELATIONS = ("identical", "equal-scores", "permutation", "pair-map", "linear")
BITWISE = "bitwise"


@click.command(epilog=EXIT_HELP)
@click.argument("source")
@click.argument("target")
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What each axis gets: a feed both layouts name (text, image), or written, such as "
    '"t=p,h=p,w=p,e=0". Several make one sequence of several modalities. '
    "Without it, positions are free on all axes.",
)
@click.option(
    "--relation", "relation", type=click.Choice((*RELATIONS, BITWISE)), default="linear", metavar="R",
    help=f"Allow nothing above R to be done to the weights: {', '.join(RELATIONS)}. "
    "Without it the lowest that suffices is found. bitwise asks another question: do the two give the same bits?",
)
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@click.option(
    "--format", "style", type=click.Choice(("text", "markdown", "json")), default="text",
    help="How to print the answer; markdown fits a pull-request comment.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--for-all", "names", metavar="NAMES",
    help="Leave these parameters symbolic and prove it for all their values, e.g. n_rot,base,sections. Values in a "
    "spec may be expressions in them.",
)
@click.option("--where", multiple=True, metavar="CONDITION", help="What --for-all may assume of the parameters.")
@SMTLIB
@CVC5
def prove(
    source: str, target: str, feeds: tuple[str, ...], relation: str, certificate: str | None,
    style: str, as_json: bool, names: str | None, where: tuple[str, ...], smtlib: str | None, cvc5: bool,
) -> int:
    """Decide whether weights made for SOURCE work in a kernel that computes TARGET.

    The ladder is identical, equal-scores, permutation, pair-map, linear: each rung allows more
    to be done to W_q and W_k. The answer is the lowest rung that holds, with a witness, or a
    proof that none does. Exit code 0 means that one within the limit holds.
    """
    from prover.claims.claim import make_claim
    from prover.claims.properties import about_under
    from prover.claims.relation import Relation
    from prover.claims.solver import make_solver
    from prover.errors import InputError
    from prover.files import write_text
    from prover.layouts.loading import load
    from prover.reports.render import render_markdown, render_text
    from prover.reports.report import report
    from prover.verdicts.verdict import prove as decide_claim

    if certificate is not None:
        _check_certificate_path(certificate)
    if where and not names:
        raise InputError("--where needs --for-all", advice="Name the parameters that stay symbolic")
    style = "json" if as_json else style
    if relation == BITWISE:
        if names or certificate is not None:
            raise InputError("--relation bitwise takes neither --for-all nor --certificate",
                             advice="Bits are compared at given sizes, and their proof is a solver's")
        return _prove_bits(source, target, feeds, style, make_solver(smtlib, cvc5))
    if names:
        return prove_all(source, target, names, where, feeds, relation, certificate, style, smtlib, cvc5)
    first, second = load(source), load(target)
    solver = make_solver(smtlib, cvc5)
    verdict = decide_claim(make_claim(first, second, feeds), Relation(relation), solver)
    about = about_under(first, verdict.claim, "source"), about_under(second, verdict.claim, "target")
    found = report(verdict, *about) | {"second_opinion": solver.agreement or None}
    if certificate and verdict.certificate:
        write_text(Path(certificate), verdict.certificate)
    if style == "json":
        print_json(found)
    else:
        render = render_markdown if style == "markdown" else render_text
        click.echo(render(found, certificate if verdict.certificate else None), nl=False)
    return verdict.exit_code


def _prove_bits(source: str, target: str, feeds: tuple[str, ...], style: str, solver: Solver) -> int:
    """`prove --relation bitwise`: print what is known of the bits, give the exit code."""
    from prover.bits.bitwise import compare_bits
    from prover.claims.relation import EXIT_CODES
    from prover.reports.bitwise_report import bitwise_json, bitwise_markdown, bitwise_text

    found = compare_bits(source, target, feeds, solver)
    if style == "json":
        print_json(bitwise_json(found))
    else:
        click.echo((bitwise_markdown if style == "markdown" else bitwise_text)(found), nl=False)
    return EXIT_CODES[found.outcome]


def _check_certificate_path(name: str) -> None:
    """Refuse a path where a certificate would replace something else, before any work is done."""
    from prover.errors import InputError
    from prover.files import read_text

    path = Path(name)
    if not name:
        raise InputError("--certificate needs a file name")
    if os.path.lexists(path) and not read_text(path, 1 << 26).startswith('{"digest":"sha256:'):
        raise InputError(
            "exists and is no certificate", where=name, advice="Remove it first or name another file"
        )
    if not path.absolute().parent.is_dir():
        raise InputError("its folder does not exist", where=name, advice="Create the folder first")


@click.command(epilog=EXIT_HELP)
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--update", is_flag=True, help="Rewrite the stored certificates.")
@SMTLIB
@CVC5
@click.option(
    "--format", "style", type=click.Choice(("text", "markdown", "json")), default="text",
    help="How to print the summary.",
)
def run(claims: tuple[str, ...], update: bool, style: str, smtlib: str | None, cvc5: bool) -> int:
    """Run claim and theorem files, by default all shipped proofs, and re-check their certificates.

    CLAIM is the name of a shipped proof or the path of a file.
    """
    from prover.claims.solver import make_solver
    from prover.commands.progress import track
    from prover.proof_files.bitwise_file import is_bitwise, run_bitwise
    from prover.proof_files.claim_file import find_proofs, run_claim
    from prover.proof_files.rewrite_file import is_rewrite, run_rewrite
    from prover.proof_files.summary import render_run
    from prover.proof_files.theorem_file import is_theorem, run_theorem

    solver = make_solver(smtlib, cvc5)
    results = [
        run_rewrite(path, solver) if is_rewrite(path) else
        run_theorem(path, solver) if is_theorem(path) else
        run_bitwise(path, solver) if is_bitwise(path) else run_claim(path, update, solver)
        for path in track(find_proofs(claims))
    ]
    if style == "json":
        print_json({
            "schema": "rope-prover/run/1", "second_opinion": solver.agreement or None,
            "claims": [r.report | {"name": r.name, "title": r.title, "problems": list(r.problems)} for r in results],
        })
    else:
        click.echo(render_run(results, style == "markdown"), nl=False)
        if solver.agreement:
            click.echo(f"{solver.agreement}.")
    if any(result.rejected for result in results):
        return EXIT_INTERNAL
    return EXIT_DIFFERENT if any(result.problems for result in results) else EXIT_OK
