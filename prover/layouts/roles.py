"""Roles of parameters: which names projects use for the width, the base, the sections."""

from __future__ import annotations

from prover.files import read_toml
from prover.resources import MODELS


def role_names() -> dict[str, tuple[str, ...]]:
    """What parameter names stand for: role (width, rotary, base, sections) to the names projects use."""
    return {role: tuple(names) for role, names in read_toml(MODELS / "roles.toml").items()}
