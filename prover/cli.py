"""The command line. Only this module prints, reads arguments and exits."""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from prover import __version__
from prover.errors import EXIT_DIFFERENT, EXIT_INTERNAL, EXIT_OK, EXIT_UNDECIDED, EXIT_USAGE, ProverError

EXIT_HELP = """\b
Exit codes:
  0  equivalent (or: all as expected)
  1  different (or: not as expected)
  2  bad usage or unreadable input
  3  undecided, or interrupted
  4  internal failure, rejected evidence included
"""

RELATIONS = ("identical", "equal-scores", "permutation", "pair-map", "linear")


def main() -> None:
    """Run the command and exit with one of the codes above, whatever happens."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    # A command makes millions of small values without cycles; collecting them costs a quarter more.
    gc.disable()
    try:
        code = cli.main(arguments, prog_name="rope-prover", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as fault:
        hint = fault.ctx.get_usage() + "\n" if isinstance(fault, click.UsageError) and fault.ctx else ""
        click.echo(f"{hint}error: {_safe(fault.format_message())}", err=True)
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: nothing was decided", err=True)
        return EXIT_UNDECIDED
    except ProverError as fault:
        click.echo(f"error: {_safe(str(fault))}", err=True)
        return fault.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERNAL
    except Exception as fault:
        click.echo(
            f"internal failure: {type(fault).__name__}: {_safe(str(fault))[:400]}. Nothing was "
            "decided. Please report the command line; ROPE_PROVER_DEBUG=1 shows where",
            err=True,
        )
        if os.environ.get("ROPE_PROVER_DEBUG"):
            raise
        return EXIT_INTERNAL


def _safe(text: str, most: int = 1400) -> str:
    """One line without control characters, cut in the middle where it is very long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


@click.group(epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rope-prover")
def cli() -> None:
    """Decide whether two RoPE layouts are the same, and what makes up for it if not.

    A layout is named by a SPEC: a name from 'rope-prover list' or the path of a .toml file, with
    parameters after colons, such as ggml/imrope:n_rot=64:sections=11,11,10,0.
    """


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_layouts(as_json: bool) -> int:
    """List the shipped layouts and proofs."""
    from prover.resources import PROOFS
    from prover.spec import catalogue, read_title

    layouts = {name: read_title(path) for name, path in catalogue().items()}
    proofs = {path.stem: read_title(path) for path in sorted(PROOFS.glob("*.toml"), key=lambda p: p.stem)}
    if as_json:
        _print_json({"schema": "rope-prover/list/1", "layouts": layouts, "proofs": proofs})
        return EXIT_OK
    width = max(map(len, [*layouts, *proofs]), default=0)
    for head, table in (("Layouts", layouts), ("Proofs", proofs)):
        click.echo(f"{head}:")
        for name, title in table.items():
            click.echo(f"  {name:<{width}}  {_safe(title)}")
    return EXIT_OK


@cli.command()
@click.argument("spec")
@click.option("--all", "every_row", is_flag=True, help="Show every pair, however many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def show(spec: str, every_row: bool, as_json: bool) -> int:
    """Show a layout: its formula, its pairs and its properties."""
    from prover.loading import load
    from prover.show import show_json, show_text

    loaded = load(spec)
    if as_json:
        _print_json(show_json(loaded))
    else:
        click.echo(show_text(loaded, every_row), nl=False)
    return EXIT_OK


@cli.command(epilog=EXIT_HELP)
@click.argument("source")
@click.argument("target")
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What each axis gets: a feed both layouts name (text, image), or written, such as "
    '"t=p,h=p,w=p,e=0". Several make one sequence of several modalities. '
    "Without it, positions are free on all axes.",
)
@click.option(
    "--relation", "relation", type=click.Choice(RELATIONS), default="linear", metavar="R",
    help=f"Allow nothing above R to be done to the weights: {', '.join(RELATIONS)}. "
    "Without it the lowest that suffices is found.",
)
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@click.option(
    "--format", "style", type=click.Choice(("text", "markdown", "json")), default="text",
    help="How to print the answer; markdown fits a pull-request comment.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def prove(
    source: str, target: str, feeds: tuple[str, ...], relation: str, certificate: str | None,
    style: str, as_json: bool,
) -> int:
    """Decide whether weights made for SOURCE work in a kernel that computes TARGET.

    The ladder is identical, equal-scores, permutation, pair-map, linear: each rung allows more
    to be done to W_q and W_k. The answer is the lowest rung that holds, with a witness, or a
    proof that none does. Exit code 0 means that one within the limit holds.
    """
    from prover.claim import make_claim
    from prover.files import write_text
    from prover.loading import load
    from prover.relation import Relation
    from prover.render import render_markdown, render_text
    from prover.report import report
    from prover.verdict import prove as decide_claim

    if certificate is not None:
        _check_certificate_path(certificate)
    first, second = load(source), load(target)
    verdict = decide_claim(make_claim(first, second, feeds), Relation(relation))
    found = report(verdict, (first.family.title, second.family.title))
    if certificate and verdict.certificate:
        write_text(Path(certificate), verdict.certificate)
    if as_json or style == "json":
        _print_json(found)
    else:
        render = render_markdown if style == "markdown" else render_text
        click.echo(render(found, certificate if verdict.certificate else None), nl=False)
    return verdict.exit_code


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


@cli.command(epilog=EXIT_HELP)
@click.argument("certificates", nargs=-1, required=True, metavar="CERTIFICATE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(certificates: tuple[str, ...], as_json: bool) -> int:
    """Check certificates with the small independent checker alone."""
    from prover import checker
    from prover.files import read_text

    rows: list[dict[str, Any]] = []
    texts = [(name, read_text(Path(name), checker.MAX_BYTES)) for name in certificates]
    for name, text in texts:
        row: dict[str, Any] = {"file": name, "accepted": False}
        try:
            holds, fails = checker.check(text)
        except checker.Rejected as fault:
            row["reason"] = str(fault)
        else:
            body = json.loads(text)
            row |= {
                "accepted": True, "holds": holds, "fails": fails, "digest": body["digest"],
                "source": body["source"]["name"], "target": body["target"]["name"],
                "feeds": [feed["name"] for feed in body["feeds"]],
            }
        rows.append(row)
        if not as_json:
            click.echo(_check_line(row), err=not row["accepted"])
    if as_json:
        _print_json({"schema": "rope-prover/check/1", "certificates": rows})
    return EXIT_OK if all(row["accepted"] for row in rows) else EXIT_INTERNAL


def _check_line(row: dict[str, Any]) -> str:
    if not row["accepted"]:
        return f"REJECTED {_safe(row['file'])}: {_safe(row['reason'])[:400]}"
    parts = [f"'{row['holds']}' holds"] if row["holds"] else []
    parts += [f"'{row['fails']}' fails"] if row["fails"] else []
    feeds = ", ".join(row["feeds"])
    return _safe(
        f"accepted {row['file']}: {' and '.join(parts)} for {row['source'][:200]} -> "
        f"{row['target'][:200]} under feed {feeds} ({row['digest']})"
    )


@cli.command(epilog=EXIT_HELP)
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--update", is_flag=True, help="Rewrite the stored certificates.")
@click.option(
    "--format", "style", type=click.Choice(("text", "markdown", "json")), default="text",
    help="How to print the summary.",
)
def run(claims: tuple[str, ...], update: bool, style: str) -> int:
    """Run claim files, by default all shipped proofs, and re-check their certificates.

    CLAIM is the name of a shipped proof or the path of a claim file.
    """
    from prover.claim_file import find_claims, run_claim
    from prover.progress import track
    from prover.render import render_run

    paths = find_claims(claims)
    results = [run_claim(path, update) for path in track(paths)]
    if style == "json":
        _print_json({"schema": "rope-prover/run/1", "claims": [r.report | {
            "name": r.name, "title": r.claim.title, "problems": list(r.problems)} for r in results]})
    else:
        click.echo(render_run(results, style == "markdown"), nl=False)
    if any(result.rejected for result in results):
        return EXIT_INTERNAL
    return EXIT_DIFFERENT if any(result.problems for result in results) else EXIT_OK


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False))


if __name__ == "__main__":
    main()
