"""The command `run`: files of proofs, proved anew and compared with what they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from prover.commands.console import exit_help, print_json, safe
from prover.commands.theorems import CVC5, SMTLIB
from prover.errors import EXIT_UNDECIDED

if TYPE_CHECKING:
    from prover.proof_files.result import ProofResult


@click.command(epilog=exit_help("all as expected, whatever the verdicts are", "not as expected"))
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--update", is_flag=True, help="Rewrite the stored certificates.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N",
    help="How many files are proved at once, each in a process of its own; as many as there are cores if not said.",
)
@SMTLIB
@CVC5
@click.option(
    "--format", "style", type=click.Choice(("text", "markdown", "json")), default="text",
    help="How to print the summary.",
)
def run(claims: tuple[str, ...], update: bool, jobs: int | None, style: str, smtlib: str | None, cvc5: bool) -> int:
    """Run claim and theorem files, by default all shipped proofs, and re-check their certificates.

    CLAIM is the name of a shipped proof or the path of a file.
    """
    from prover.claims.solver import make_solver
    from prover.commands.progress import track
    from prover.proof_files.finding import find_proofs
    from prover.proof_files.running import Way, interrupts_held_back, run_files, usual_jobs
    from prover.proof_files.summary import result_lines

    paths = find_proofs(claims)
    make_solver(smtlib, cvc5)  # a folder or a solver that is not to be had is one error, not one a file
    width = max((len(path.stem) for path in paths), default=0)
    done: list[ProofResult] = []
    interrupted = False
    try:
        results = run_files(paths, Way(update, smtlib, cvc5), jobs or usual_jobs())
        for path in track(paths):
            result = next(results)
            assert path.stem == result.name
            with interrupts_held_back():
                done.append(result)
                if result.fault:
                    click.echo(f"error: {safe(result.problems[0])}", err=True)
                elif style == "text":
                    click.echo("\n".join(result_lines(result, width, bool(claims))))
    except KeyboardInterrupt:
        interrupted = True
    _tell(done, len(paths), interrupted, style, bool(claims))
    if interrupted:
        return EXIT_UNDECIDED
    return max((result.exit_code for result in done), default=0)


def _tell(done: list[ProofResult], asked: int, interrupted: bool, style: str, specs: bool) -> None:
    from prover.claims.solver import agreement_text
    from prover.proof_files.summary import count_line, results_markdown

    done = [result for result in done if not result.fault]
    same, questions = (sum(result.opinions[i] for result in done) for i in (0, 1))
    opinion = agreement_text(same, questions)
    if style == "json":
        print_json({
            "schema": "rope-prover/run/1", "second_opinion": opinion or None, "interrupted": interrupted,
            "claims": [r.report | {"name": r.name, "title": r.title, "problems": list(r.problems)} for r in done],
        })
        return
    if not done and not interrupted:
        return
    click.echo(results_markdown(done, specs) if style == "markdown" else f"\n{count_line(done)}\n", nl=False)
    if opinion:
        click.echo(f"{opinion}.")
    if interrupted:
        click.echo(f"interrupted: {len(done)} of {asked} were finished; of the others nothing was decided", err=True)
