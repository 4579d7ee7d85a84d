"""A plugin of pytest: files that state claims are tests.

    [tool.pytest.ini_options]
    rope_prover_claims = ["claims/*.toml"]

Each file that a pattern names, beneath the root of the tests, is proved anew and fails where it is not as it expects.
Without patterns nothing is looked at and nothing of the prover is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

INI = "rope_prover_claims"


class UnexpectedError(Exception):
    """A claim is not as its file expects; the text says what came of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The patterns of claim files."""
    parser.addini(INI, "patterns of files that state what is to be proved about RoPE layouts", type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A claim file that a pattern names."""
    if file_path.suffix != ".toml" or not (patterns := parent.config.getini(INI)):
        return None
    root = parent.config.rootpath
    named = file_path.is_relative_to(root) and any(file_path in root.glob(pattern) for pattern in patterns)
    return ClaimFile.from_parent(parent, path=file_path) if named else None


class ClaimFile(pytest.File):
    """A file with one claim."""

    def collect(self) -> Iterator[pytest.Item]:
        """The claim, as a test."""
        yield ClaimItem.from_parent(self, name=self.path.stem)


class ClaimItem(pytest.Item):
    """A claim that is proved as a test."""

    def runtest(self) -> None:
        """Prove it. Raises UnexpectedError where it is not as expected."""
        from prover import api

        proofs = api.run(str(self.path))
        for result in proofs:
            if result.exit_code:
                raise UnexpectedError(proofs.result_text(result, specs=True))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What came of it, without a traceback through the prover."""
        from prover.errors import ProverError

        if isinstance(excinfo.value, UnexpectedError | ProverError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        return self.path, None, f"claim {self.name}"
