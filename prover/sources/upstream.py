"""What tables of readings have in common: where their facts stand upstream, and the names that they know."""

from __future__ import annotations

import difflib
from collections.abc import Collection

import msgspec

from prover.errors import InputError


class Upstream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project at a version, and the place in it that a table follows."""

    title: str
    version: str
    repo: str
    path: str
    symbol: str

    @property
    def name(self) -> str:
        """The project with its version."""
        return f"{self.title} {self.version}"

    @property
    def source(self) -> str:
        """Where it stands."""
        return f"{self.repo}@{self.version} {self.path} {self.symbol}"


def nearest(name: str, known: Collection[str]) -> str:
    """The names nearest to one that is not known, as a sentence with a space behind it; nothing if none is near."""
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.6)
    return f"Near it: {', '.join(near)}. " if near else ""


def unknown_type(engine: str, kind: str, known: Collection[str]) -> InputError:
    """The error that how an engine reads a model type is not known here."""
    hint = (f"{nearest(kind, known)}'rope-prover list {kind[:40]}' may name its layout, for --as SPEC; "
            f"{len(known)} types are known")
    return InputError(f"how {engine} reads model_type '{kind[:60]}' is not known here", advice=hint)
