"""Engine arguments on the command line: what stands behind -- is a command line of the engine, as people paste it."""

from __future__ import annotations

import re
import shlex

import click

_KEY = "rope-prover.engine_arguments"
# Words of a command line by which an engine is known.
_PROGRAMS = {
    "llama.cpp": re.compile(r"(?:.*/)?(?:llama-[a-z-]+|main|server)(?:\.exe)?"),
    "vllm": re.compile(r"vllm(?:\..*)?"), "sglang": re.compile(r"sglang(?:\..*)?"),
    "mlx-lm": re.compile(r"mlx_lm(?:\..*)?"),
}


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


def with_arguments(name: str, engine: str) -> tuple[str, str]:
    """A model's name with the words behind -- as its engine's arguments, and the engine, told or named in them.

    Raises UsageError where nothing in them is read, or they are another engine's.
    """
    words: list[str] = click.get_current_context().meta.get(_KEY, [])
    if not words:
        return name, engine
    flags = [place for place, word in enumerate(words) if word.startswith("-") and word not in ("-", "-m")]
    named = next((each for word in words[: flags[0] if flags else None] for each, program in _PROGRAMS.items()
                  if program.fullmatch(word)), "")
    if named and engine not in ("", named):
        raise click.UsageError(f"the command line behind -- is one of {named}, and --engine says {engine}")
    if not named and not flags:
        raise click.UsageError("behind -- stands neither a flag nor the name of an engine's program")
    return " ".join([name, *map(shlex.quote, words[flags[0]:] if flags else [])]), engine or named
