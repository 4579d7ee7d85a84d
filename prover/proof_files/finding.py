"""Files of proofs by shipped name or path."""

from __future__ import annotations

import difflib
from pathlib import Path

from prover.errors import InputError
from prover.resources import shipped_proofs, shown_path


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
            raise _not_a_claim(name, tuple(known))
    return found


def _not_a_claim(name: str, known: tuple[str, ...]) -> InputError:
    """Why a name is neither a shipped proof nor a file of one."""
    path = Path(name)
    if path.is_dir():
        return InputError("is a folder, expected the name of a shipped proof or a .toml file", where=shown_path(path),
                          advice="Name the files in it, as a shell does with FOLDER/*.toml")
    if path.exists():
        return InputError("does not end in .toml, as files of claims do", where=shown_path(path),
                          advice="'rope-prover schema claim' prints what such a file holds")
    near = difflib.get_close_matches(name, known, n=3)
    return InputError(
        f"there is no proof '{name[:60]}'", advice=f"Did you mean {' or '.join(near)}?" if near else
        "'rope-prover list' names the shipped ones; the name of a file ends in .toml",
    )
