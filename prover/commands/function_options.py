"""Options of the commands that run a person's own function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--call", metavar="CALL", help='What a function is called with, where its parameters do not say: '
                 '"f(x, p)", "f(q, k, cos, sin)", with axes "f(x[b,h,t,d], cos[t,d], sin[t,d])", with positions on '
                 'several axes "f(x, h, w)" or "f(x, p(t, h, w)[3, t])".'),
    click.option("--init", metavar="CALL", help="Of a class, or a method of one: 'Class(head_dim=64)'."),
    click.option("--head-dim", type=click.IntRange(2), metavar="N", help="Lanes of a head; several are tried without."),
    click.option("--seconds", type=float, metavar="N", help="Time for the whole run of a function; 120 without it."),
    click.option("--longest", type=int, metavar="N", help="Measure a function up to position N, and in calls of up to "
                 "N + 1 tokens; 65536 and 8193 without it."),
)


def function_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Put the options on a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
