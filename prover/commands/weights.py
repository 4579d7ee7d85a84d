"""The group of commands about weights."""

from __future__ import annotations

import click

from prover.commands.weights_permute import permute
from prover.commands.weights_verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def weights() -> None:
    """Carry a proved permutation to the tensors of a checkpoint."""


for command in (permute, verify):
    weights.add_command(command)
