"""`python -m prover` is the command `rope-prover`."""

from prover.commands.cli import main

main()
