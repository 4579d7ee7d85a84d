"""`python -m prover` is the command `rope-prover`."""

from prover.cli import main

main()
