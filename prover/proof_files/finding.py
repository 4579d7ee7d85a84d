"""Files of proofs by shipped name or path."""

from __future__ import annotations

from pathlib import Path

from prover.errors import InputError
from prover.resources import shipped_proofs


def find_proofs(names: tuple[str, ...]) -> list[Path]:
    """Claim and theorem files by shipped name or path; all shipped ones with no name."""
    shipped = shipped_proofs()
    if not names:
        return shipped
    known = {path.stem: path for path in shipped}
    found = []
    for name in names:
        if name in known:
            found.append(known[name])
        elif name.endswith(".toml"):
            found.append(Path(name))
        else:
            raise InputError(
                f"there is no proof '{name[:60]}'", advice=f"Proofs: {', '.join(known)}; or a .toml file"
            )
    return found
