"""A model's RoPE: its parts, the layout of each, and where every value comes from."""

from __future__ import annotations

from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.beside import NOTHING, Beside


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter of a part's layout as a spec writes it, and the key or default that it was taken from."""

    name: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not read, contradicts, or lies outside a layout. `code`: as the table of findings explains it."""

    code: str
    text: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Layers that share a layout. `layers`: their indices; None if the file does not say how many there are.

    `name`: text, vision, audio or another part of the model; `layer_type`: which of its layers, where they differ.
    `layout`: the name in the catalogue with its choices; None for attention without RoPE, which has `instead`.
    `rows`: where the weights are moved on their way into the engine, for each row of a head the one that it was before.
    `unseen`: what is in the file and not shown, without which the layout is not the model's; then nothing is decided.
    `beside`: what acts on scores besides.
    """

    name: str
    layers: tuple[int, ...] | None
    layout: str | None
    values: tuple[Value, ...] = ()
    instead: str = ""
    layer_type: str = ""
    rows: tuple[int, ...] | None = None
    unseen: str = ""
    beside: Beside = NOTHING

    @property
    def address(self) -> str:
        """What the part is called behind a #."""
        return f"{self.name}/{self.layer_type}" if self.layer_type else self.name

    @property
    def spec(self) -> str | None:
        """The part's layout in full, as every command takes it."""
        if self.layout is None:
            return None
        return ":".join([self.layout, *(f"{value.name}={value.text}" for value in self.values)])


@dataclass(frozen=True, slots=True)
class Model:
    """What one engine makes of a file."""

    file: str
    kind: str
    engine: str
    source: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]

    def part(self, address: str) -> Part:
        """The part with RoPE of this address, or of one that begins so, if only one does. Raises InputError."""
        turning = [part for part in self.parts if part.spec is not None]
        exact = [part for part in turning if address == part.address]
        found = exact or [part for part in turning if part.address.startswith(address)]
        if len(found) == 1:
            return found[0]
        without = [part for part in self.parts if part.spec is None and part.address.startswith(address)]
        if not found and without:
            raise InputError(f"has no RoPE: {without[0].instead}", where=f"{self.file}#{without[0].address}")
        names = ", ".join(f"#{part.address}" for part in turning) or "none that rotates"
        raise InputError(
            f"has no part '{address[:60]}'" if not found else f"has {len(found)} parts that this may mean",
            where=self.file, advice=f"Parts: {names}",
        )
