"""One class per kind of mistake; each carries the exit code it leads to.

Exit codes: 0 equivalent (or: all as expected), 1 different, 2 bad usage or
unreadable input, 3 undecided, 4 internal failure or rejected evidence, 5 convertible.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_DIFFERENT = 1
EXIT_USAGE = 2
EXIT_UNDECIDED = 3
EXIT_INTERNAL = 4
EXIT_CONVERTIBLE = 5


class ProverError(Exception):
    """A fault that is told to the person in one message.

    The message states the fact; `where` is added by outer layers that know the file or field.
    """

    exit_code = EXIT_INTERNAL

    def __init__(self, message: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.advice}" if self.advice else text

    def inside(self, where: str) -> ProverError:
        """The same fault, told from one level further out; a place that is named already is not named again."""
        if self.where == where or self.where.startswith(f"{where}, "):
            return self
        self.where = f"{where}, {self.where}" if self.where else where
        return self


class InputError(ProverError, ValueError):
    """Something a person wrote cannot be used: a spec, a file, a feed, a parameter."""

    exit_code = EXIT_USAGE


class ExpressionError(InputError):
    """An expression is outside the language or has no value."""


class LimitError(InputError):
    """An input is larger than the stated bounds."""


class UndecidedError(ProverError):
    """An exact comparison that neither normal forms nor enclosures could settle."""

    exit_code = EXIT_UNDECIDED


class EvidenceError(ProverError):
    """The checker rejected a piece of evidence."""

    exit_code = EXIT_INTERNAL
