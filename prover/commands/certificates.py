"""Commands about certificates: check, explain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from prover.commands.console import exit_help, print_json, safe, tell_report
from prover.commands.theorems import COQ, CVC5
from prover.errors import EXIT_UNDECIDED, EXIT_USAGE, InputError

JSON = dict[str, Any]
_CODE = re.compile(r"RP\d*", re.IGNORECASE)


@click.command(epilog=exit_help("accepted: all prove what they state, of the layouts of --against if given"))
@click.argument("certificates", nargs=-1, required=True, metavar="CERTIFICATE...")
@click.option(
    "--against", nargs=2, metavar="SOURCE TARGET",
    help="Expand these two SPECs and demand that the certificate's tables and feeds are theirs.",
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="With --against: the feeds, as 'prove' takes them.")
@click.option("--axes", metavar="A=B,...", help="With --against: which axis is which, as 'prove' takes it.")
@COQ
@CVC5
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(
    certificates: tuple[str, ...], against: tuple[str, str] | None, feeds: tuple[str, ...], axes: str | None,
    coq: str | None, cvc5: bool, as_json: bool,
) -> int:
    """Check certificates with the small independent checker alone.

    What is proved is of the tables of pairs in a certificate. The names in it are its maker's: they are not checked
    unless --against says which layouts they should be. A certificate of a theorem, for all sizes, goes to a checker of
    its own, which reads the layouts in it and asks Z3 what it cannot show by itself; one about bits goes to a checker
    that reads the recipes in it and does their operations.
    """
    from prover.commands.written import check_coq_path, write_coq

    if (feeds or axes) and not against:
        raise InputError(
            f"{'--feed' if feeds else '--axes'} needs --against", advice="A certificate restates its own feeds"
        )
    if coq is not None:
        if len(certificates) != 1:
            raise InputError(f"--coq takes one certificate, got {len(certificates)}", advice="Write one file at a time")
        check_coq_path(coq)
    rows = [_row(name, against, feeds, axes, cvc5) for name in certificates]
    if as_json:
        print_json({"schema": "rope-prover/check/1", "certificates": rows})
    else:
        for row in rows:
            click.echo(_line(row, against), err=not row["accepted"])
    if coq is not None and rows[0]["accepted"]:
        write_coq(coq, _read(certificates[0]))
    return max(int(row["exit_code"]) for row in rows)


@click.command(epilog=exit_help("accepted: the certificate proves what it states"))
@click.argument("certificate", metavar="CERTIFICATE|CODE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def explain(certificate: str, as_json: bool) -> int:
    """Tell what a certificate proves, from the certificate alone: its tables, what holds, what fails and why.

    With the code of a finding, such as RP002, tell what it means; with RP, list them all.
    """
    from prover import api

    if _CODE.fullmatch(certificate):
        return tell_report(api.explain_finding(certificate if len(certificate) > 2 else ""), as_json)
    checked = api.check(_read(certificate))
    if not checked.accepted:
        click.echo(_line({"file": certificate} | checked.to_json(), None), err=True)
        return checked.exit_code
    return tell_report(checked.explain(certificate), as_json)


def _read(name: str) -> str:
    from prover.checker import MAX_BYTES
    from prover.files import read_text

    return read_text(Path(name), MAX_BYTES)


def _row(
    name: str, against: tuple[str, str] | None, feeds: tuple[str, ...], axes: str | None, cvc5: bool
) -> JSON:
    """What is known of one file, and the exit code that it alone would give."""
    from prover import api

    try:
        text = _read(name)
    except InputError as fault:
        return {"file": name, "accepted": False, "reason": str(fault), "exit_code": EXIT_USAGE}
    return {"file": name} | api.check(text, against=against, feeds=feeds, axes=axes, cvc5=cvc5).to_json()


def _line(row: JSON, against: tuple[str, str] | None) -> str:
    if not row["accepted"]:
        if row["exit_code"] == EXIT_USAGE:
            return f"error: {safe(row['reason'])[:400]}"
        if row["exit_code"] == EXIT_UNDECIDED:
            return f"NOT SHOWN {safe(row['file'])}: {safe(row['reason'])[:400]}"
        return f"REJECTED {safe(row['file'])}: {safe(row['reason'])[:400]}"
    parts = [f"'{row['holds']}' holds"] if row["holds"] else []
    parts += [f"'{row['fails']}' fails"] if row["fails"] else []
    called = f"'{safe(row['source'], 200)}' -> '{safe(row['target'], 200)}' under feed {', '.join(row['feeds'])}"
    what = "layouts" if "for_all" in row else "recipes" if "bits" in row else "tables"
    names = f"the {what} and feeds are those of {safe(against[0], 200)} -> {safe(against[1], 200)}" if against else (
        f"the certificate calls this {called}, names that are not checked"
    )
    if "for_all" in row:
        not_all = "not " * (row["scope"] == "not-always")
        allowed = f"{not_all}for all {', '.join(row['for_all'])} that its layouts allow"
        proved = f"{allowed}{': ' if not_all else ', '}{row['proved']} ({row['strength']})"
    elif "bits" in row:
        proved = row["proved"]
    else:
        proved = f"{' and '.join(parts)} for {row['tables']}"
    return safe(f"accepted {row['file']}: {proved}; {names} ({row['digest']})")
