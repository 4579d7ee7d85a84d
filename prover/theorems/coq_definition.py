"""A definition of a Coq file."""

from __future__ import annotations

from dataclasses import dataclass

from prover.theorems.coq_text import bare, on_lines


@dataclass(frozen=True, slots=True)
class Definition:
    """`name` is a number, of the pair and of the positions on axes if it needs them.

    `loop`: for what a loop carries, the functions of the number of steps, with which this one is defined.
    """

    name: str
    is_whole: bool
    of_pair: bool
    axes: tuple[str, ...]
    text: str
    loop: str = ""

    @property
    def call(self) -> str:
        """The name with its arguments."""
        arguments = ["j"] * self.of_pair + list(self.axes)
        return f"({' '.join([self.name, *arguments])})" if arguments else self.name

    @property
    def stated(self) -> str:
        """The sentence that defines it."""
        pair = " (j : Z)" if self.of_pair else ""
        axes = f" ({' '.join(self.axes)} : R)" if self.axes else ""
        kind, text = ("Z", bare(self.text)) if self.is_whole else ("R", f"{self.text}%R")
        return f"{self.loop}Definition {self.name}{pair}{axes} : {kind} := {on_lines(text)}."
