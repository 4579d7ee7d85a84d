"""The command `weights`: what is done to checkpoints."""

from __future__ import annotations

import click

from prover.commands.weights_factors import factors
from prover.commands.weights_permute import permute
from prover.commands.weights_verify import verify


@click.group()
def weights() -> None:
    """Carry what is proved to the tensors of a checkpoint, and audit a finished one."""


for command in (permute, verify, factors):
    weights.add_command(command)
