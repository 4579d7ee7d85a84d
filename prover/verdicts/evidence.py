"""What an answer beside the ladder rests on: a certificate that its own checker accepted, or less, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """The strength of what is said, in words. `certificate`: the one that was accepted; `reason`: why there is none."""

    strength: str
    certificate: str | None = None
    reason: str = ""

    @property
    def digest(self) -> str | None:
        """That of the certificate."""
        return None if self.certificate is None else str(json.loads(self.certificate)["digest"])
