"""Commands about certificates: check, explain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from prover.commands.console import exit_help, print_json, safe
from prover.errors import EXIT_INTERNAL, EXIT_OK, EXIT_USAGE, InputError

JSON = dict[str, Any]


@click.command(epilog=exit_help("accepted: all prove what they state, of the layouts of --against if given"))
@click.argument("certificates", nargs=-1, required=True, metavar="CERTIFICATE...")
@click.option(
    "--against", nargs=2, metavar="SOURCE TARGET",
    help="Expand these two SPECs and demand that the certificate's tables and feeds are theirs.",
)
@click.option("--feed", "feeds", multiple=True, metavar="F", help="With --against: the feeds, as 'prove' takes them.")
@click.option("--axes", metavar="A=B,...", help="With --against: which axis is which, as 'prove' takes it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(
    certificates: tuple[str, ...], against: tuple[str, str] | None, feeds: tuple[str, ...], axes: str | None,
    as_json: bool,
) -> int:
    """Check certificates with the small independent checker alone.

    What is proved is of the tables of pairs in a certificate. The names in it are its maker's: they are not checked
    unless --against says which layouts they should be.
    """
    if (feeds or axes) and not against:
        raise InputError(
            f"{'--feed' if feeds else '--axes'} needs --against", advice="A certificate restates its own feeds"
        )
    wanted = _expanded(against, feeds, axes) if against else None
    rows = [_row(name, wanted) for name in certificates]
    if as_json:
        print_json({"schema": "rope-prover/check/1", "certificates": rows})
    else:
        for row in rows:
            click.echo(_line(row, against), err=not row["accepted"])
    return max(int(row["exit_code"]) for row in rows)


@click.command(epilog=exit_help("accepted: the certificate proves what it states"))
@click.argument("certificate")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def explain(certificate: str, as_json: bool) -> int:
    """Tell what a certificate proves, from the certificate alone: its tables, what holds, what fails and why."""
    from prover.reports.certificate_report import story
    from prover.reports.text import labelled_text

    row = _row(certificate, None)
    if not row["accepted"]:
        click.echo(_line(row, None), err=True)
        return int(row["exit_code"])
    root = json.loads(_read(certificate))
    told = story(root, row["holds"], row["fails"])
    if as_json:
        print_json({
            "schema": "rope-prover/explain/1", "file": certificate, "names_checked": False,
            "story": [{"about": label, "text": text} for label, text in told],
        })
    else:
        click.echo(labelled_text(f"accepted {safe(certificate)}", told), nl=False)
    return EXIT_OK


def _read(name: str) -> str:
    from prover import checker
    from prover.files import read_text

    return read_text(Path(name), checker.MAX_BYTES)


def _row(name: str, wanted: JSON | None) -> JSON:
    """What is known of one file, and the exit code that it alone would give."""
    from prover import checker

    row: JSON = {"file": name, "accepted": False}
    try:
        text = _read(name)
    except InputError as fault:
        return row | {"reason": str(fault), "exit_code": EXIT_USAGE}
    try:
        holds, fails = checker.check(text)
    except checker.Rejected as fault:
        return row | {"reason": str(fault), "exit_code": EXIT_INTERNAL}
    root = json.loads(text)
    difference = _difference(root, wanted) if wanted else None
    if difference:
        return row | {"reason": difference, "exit_code": EXIT_INTERNAL}
    return row | {
        "accepted": True, "exit_code": EXIT_OK, "holds": holds, "fails": fails, "digest": root["digest"],
        "tables": _tables(root), "source": root["source"]["name"], "target": root["target"]["name"],
        "feeds": [feed["name"] for feed in root["feeds"]], "names_checked": wanted is not None,
    }


def _tables(root: JSON) -> str:
    """Both tables in a few words."""
    counts = [len(root[side]["pairs"]) for side in ("source", "target")]
    width = root["source"]["width"]
    return f"two tables of {width} lanes, {counts[0]} pairs in the source and {counts[1]} in the target"


def _line(row: JSON, against: tuple[str, str] | None) -> str:
    if not row["accepted"]:
        if row["exit_code"] == EXIT_USAGE:
            return f"error: {safe(row['reason'])[:400]}"
        return f"REJECTED {safe(row['file'])}: {safe(row['reason'])[:400]}"
    parts = [f"'{row['holds']}' holds"] if row["holds"] else []
    parts += [f"'{row['fails']}' fails"] if row["fails"] else []
    called = f"'{row['source'][:200]}' -> '{row['target'][:200]}' under feed {', '.join(row['feeds'])}"
    names = f"the tables and feeds are those of {against[0][:200]} -> {against[1][:200]}" if against else (
        f"the certificate calls this {called}, names that are not checked"
    )
    return safe(f"accepted {row['file']}: {' and '.join(parts)} for {row['tables']}; {names} ({row['digest']})")


def _expanded(against: tuple[str, str], feeds: tuple[str, ...], axes: str | None) -> JSON:
    """The certificate, without evidence, that these specs under these feeds would have."""
    from prover.claims.claim import make_claim
    from prover.layouts.axes import axes_feeds
    from prover.layouts.loading import load
    from prover.verdicts.certificate import write_certificate

    claim = make_claim(load(against[0]), load(against[1]), axes_feeds(axes, feeds))
    root: JSON = json.loads(write_certificate(claim, None, None))
    return root


def _difference(root: JSON, wanted: JSON) -> str | None:
    """The first thing in which a certificate is not about the layouts and feeds wanted; names do not count."""
    for side in ("source", "target"):
        mine, theirs = root[side], wanted[side]
        for key in ("width", "axes", "positions", "passes"):
            if mine[key] != theirs[key]:
                return f"its {side} has other {key} than --against: {str(mine[key])[:80]}, not {str(theirs[key])[:80]}"
        if len(mine["pairs"]) != len(theirs["pairs"]):
            return f"its {side} has {len(mine['pairs'])} pairs, --against {len(theirs['pairs'])}"
        for index, (one, two) in enumerate(zip(mine["pairs"], theirs["pairs"], strict=True)):
            fields = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
            if fields:
                key = fields[0]
                return (f"its {side} is not that of --against: pair {index} has {key} {str(one.get(key))[:80]}, not "
                        f"{str(two.get(key))[:80]}")
    mine, theirs = ([{k: v for k, v in f.items() if k != "name"} for f in each["feeds"]] for each in (root, wanted))
    if mine != theirs:
        called = ", ".join(f"'{feed['name'][:80]}'" for feed in root["feeds"])
        return f"its feeds are not those of --against; it calls them {called}: give them with --feed"
    return None
