"""A model's RoPE: its parts, the layout of each, and where every value comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter of a part's layout as a spec writes it, and the key or default that it was taken from."""

    name: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Part:
    """Layers that share a layout. `layers`: their indices; None if the file does not say how many there are.

    `name`: text, vision, audio or another part of the model; `layer_type`: which of its layers, where they differ.
    `layout`: the name in the catalogue with its choices; None for attention without RoPE, which has `instead`.
    """

    name: str
    layers: tuple[int, ...] | None
    layout: str | None
    values: tuple[Value, ...] = ()
    instead: str = ""
    layer_type: str = ""

    @property
    def spec(self) -> str | None:
        """The part's layout in full, as every command takes it."""
        if self.layout is None:
            return None
        return ":".join([self.layout, *(f"{value.name}={value.text}" for value in self.values)])


@dataclass(frozen=True, slots=True)
class Model:
    """What one engine makes of a file. `findings`: what is not read, contradicts, or lies outside a layout."""

    file: str
    kind: str
    engine: str
    source: str
    parts: tuple[Part, ...]
    findings: tuple[str, ...]
