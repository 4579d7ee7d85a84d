"""Whose layouts a table is likely to be of, by what its file says that it was measured from."""

from __future__ import annotations

import re

from prover.layouts.spec import catalogue


def project_of(software: str) -> str:
    """The first project of the catalogue that is named, as in "vllm 0.33.0, forward_native"; "" if none is."""
    projects = {name.partition("/")[0] for name in catalogue()}
    return next((word for word in re.findall(r"[a-z0-9][a-z0-9-]*", software.lower()) if word in projects), "")
