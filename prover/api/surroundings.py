"""What is installed, what is missing, what that costs and what it would enable."""

from __future__ import annotations

from prover.api.answers import Report
from prover.errors import EXIT_DIFFERENT, EXIT_OK, EXIT_UNDECIDED

_CODES = {True: EXIT_OK, False: EXIT_DIFFERENT, None: EXIT_UNDECIDED}


def doctor() -> Report:
    """The package's surroundings: libraries, solvers, extras, software to measure, limits for functions.

    Exit code 0: all that is needed is there, 1: something is missing or too old, 3: it is not known what is needed.
    """
    from prover import __version__
    from prover.measure.found import found_software
    from prover.reports.doctor_report import doctor_json, doctor_text
    from prover.requirements import read_requirements
    from prover.surroundings import survey

    required = read_requirements(__version__)
    found, software = survey(required), found_software(required)
    return Report(
        _CODES[found.is_whole], lambda: doctor_json(__version__, found, software),
        lambda _: doctor_text(__version__, found, software),
    )


def version_line() -> str:
    """Python and what decides, each with its version."""
    from prover.surroundings import version_line

    return version_line()
