"""Where the shipped layouts and proofs lie: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


MODELS = _shipped("models")
RULES = MODELS / "rules"
PROOFS = _shipped("proofs")


def shipped_claims() -> list[Path]:
    """The claims about given numbers that the package ships, by name."""
    return sorted(PROOFS.glob("*.toml"), key=lambda path: path.stem)


def shipped_bitwise() -> list[Path]:
    """The questions about bits that the package ships, by name."""
    return sorted((PROOFS / "bitwise").glob("*.toml"), key=lambda path: path.stem)


def shipped_theorems() -> list[Path]:
    """The statements for all sizes that the package ships, by name."""
    return sorted((PROOFS / "theorems").glob("*.toml"), key=lambda path: path.stem)


def shipped_proofs() -> list[Path]:
    """Everything that `run` proves when it is given no name, in its order."""
    return [*shipped_claims(), *shipped_bitwise(), *shipped_theorems()]
