"""Engine arguments on the command line: what stands behind -- is a command line of the engine, as people paste it."""

from __future__ import annotations

import shlex

import click

_KEY = "rope-prover.engine_arguments"


class EngineArgumentsCommand(click.Command):
    """A command that takes the words behind -- for arguments of the engine, and leaves them to `with_arguments`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Everything before -- as usual."""
        if "--" in args:
            first = args.index("--")
            args, ctx.meta[_KEY] = args[:first], args[first + 1:]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usual pieces, and -- with what may follow."""
        return [*super().collect_usage_pieces(ctx), "[-- ENGINE ARGUMENTS]"]


def with_arguments(name: str) -> str:
    """A model's name with the words behind -- as its engine's arguments, from the first flag on."""
    words: list[str] = click.get_current_context().meta.get(_KEY, [])
    first = next((place for place, word in enumerate(words) if word.startswith("-") and word != "-"), len(words))
    return " ".join([name, *map(shlex.quote, words[first:])])
