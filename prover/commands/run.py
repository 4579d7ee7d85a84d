"""The command `run`: files of proofs, proved anew and compared with what they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from prover.commands.console import exit_help, output_styles, print_json, safe, write_report
from prover.commands.theorems import CVC5, SMTLIB
from prover.errors import EXIT_UNDECIDED

if TYPE_CHECKING:
    from prover.api import ProofResult


@click.command(epilog=exit_help("all as expected, whatever the verdicts are", "not as expected"))
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--update", is_flag=True, help="Rewrite the stored certificates of what is run.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N",
    help="How many files are proved at once, each in a process of its own; as many as there are cores if not said.",
)
@SMTLIB
@CVC5
@output_styles("sarif", "junit")
def run(claims: tuple[str, ...], update: bool, jobs: int | None, style: str, smtlib: str | None, cvc5: bool) -> int:
    """Run claim and theorem files, by default all shipped proofs, and re-check their certificates.

    CLAIM is the name of a shipped proof or the path of a .toml file.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.interrupts import interrupts_held_back

    proofs = api.run(claims, update=update, jobs=jobs, smtlib=smtlib, cvc5=cvc5)
    done: list[ProofResult] = []
    interrupted = False
    try:
        results = iter(proofs)
        for name in track(proofs.names):
            result = next(results)
            assert name == result.name
            with interrupts_held_back():
                done.append(result)
                if result.fault:
                    click.echo(f"error: {safe(result.problems[0])}", err=True)
                elif style == "text":
                    click.echo(proofs.result_text(result, bool(claims)))
    except KeyboardInterrupt:
        interrupted = True
    if style == "json":
        print_json(proofs.to_json(done, interrupted))
    elif style == "markdown":
        click.echo(proofs.to_markdown(done, bool(claims), interrupted), nl=False)
    elif style == "sarif":
        print_json(proofs.to_sarif(done))
    elif style == "junit":
        click.echo(proofs.to_junit(done), nl=False)
    elif style == "html":
        click.echo(proofs.to_html(done, bool(claims), interrupted), nl=False)
    elif told := proofs.to_text(done):
        click.echo(f"\n{told}", nl=False)
    write_report(lambda: proofs.to_html(done, bool(claims), interrupted))
    if interrupted:
        asked = len(proofs.names)
        click.echo(f"interrupted: {len(done)} of {asked} were finished; of the others nothing was decided", err=True)
        return EXIT_UNDECIDED
    return max((result.exit_code for result in done), default=0)
