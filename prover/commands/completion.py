"""The command `completion`, and what it completes: commands, options, and the catalogue's names as SPECs."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from prover.commands.console import exit_help

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ROPE_PROVER_COMPLETE"


@click.command(epilog=exit_help("printed"))
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the completion of commands, options and the catalogue's names for a shell.

    \b
      bash: rope-prover completion bash >> ~/.bash_completion
      zsh:  rope-prover completion zsh > "${fpath[1]}/_rope-prover"
      fish: rope-prover completion fish > ~/.config/fish/completions/rope-prover.fish
    """
    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(root, {}, "rope-prover", VARIABLE).source())
    return 0


class SpecType(click.ParamType[str]):
    """A SPEC: a text like any other, completed by the names of the catalogue, or by files."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str,
    ) -> list[CompletionItem]:
        """Names that begin so; files where none does."""
        from prover import api

        named = [CompletionItem(name) for name in api.layout_names() if name.startswith(incomplete)]
        return named or [CompletionItem(incomplete, type="file")]


SPEC = SpecType()
