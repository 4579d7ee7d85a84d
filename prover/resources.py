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
