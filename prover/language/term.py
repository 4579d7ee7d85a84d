"""What an expression of the language says, as a tree: nothing of it is worked out, and nothing is rearranged."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

Kind = Literal[
    "number", "pi", "index", "name",
    "add", "mul", "pow", "mod", "floor", "ceil", "abs", "log", "smallest", "largest",
    "item", "total", "length", "lowest", "highest", "choice",
    "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "true", "false",
]


class Term:
    """A node. `value`: of a number, or what a name is called; `args`: what an operation is of, in the order written.

    Frozen; equal trees are equal and hash alike. `names`: those in it, the pair index as "j".
    """

    __slots__ = ("_hash", "args", "kind", "names", "value")
    kind: Kind
    args: tuple[Term, ...]
    value: Fraction | str | None
    names: frozenset[str]
    _hash: int

    def __init__(self, kind: Kind, args: tuple[Term, ...] = (), value: Fraction | str | None = None) -> None:
        if kind == "index":
            own = frozenset(("j",))
        elif isinstance(value, str):
            own = frozenset((value,))
        else:
            own = frozenset()
        found = own.union(*(part.names for part in args)) if args else own
        for name, content in zip(
            self.__slots__, (hash((kind, args, value)), args, kind, found, value), strict=True
        ):
            object.__setattr__(self, name, content)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Term is frozen: {name} stays as it is")

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Term) and self._hash == other._hash and self.kind == other.kind
            and self.value == other.value and self.args == other.args
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        parts = self.args if self.value is None else (self.value,)
        return f"{self.kind}({', '.join(map(str, parts))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Term, (self.kind, self.args, self.value)  # hashes of texts are another process's own

    @property
    def whole_tree(self) -> Iterator[Term]:
        """This node and all below it, a part as often as it occurs."""
        yield self
        for part in self.args:
            yield from part.whole_tree

    @property
    def number(self) -> Fraction | None:
        """The value of a node that is a number."""
        return self.value if isinstance(self.value, Fraction) else None

    @property
    def whole(self) -> int | None:
        """The value of a node that is a whole number."""
        return int(self.value) if isinstance(self.value, Fraction) and self.value.denominator == 1 else None


PI, INDEX = Term("pi"), Term("index")
TRUE, FALSE = Term("true"), Term("false")


def constant(value: Fraction | int) -> Term:
    """The node of a number."""
    return Term("number", (), Fraction(value))


def named(name: str) -> Term:
    """The node of a parameter, let name, axis or list; the pair index if it is called j."""
    return INDEX if name == "j" else Term("name", (), name)


def sum_of(left: Term, right: Term) -> Term:
    """left + right; of two numbers, their sum."""
    a, b = left.number, right.number
    return constant(a + b) if a is not None and b is not None else Term("add", (left, right))


def product_of(left: Term, right: Term) -> Term:
    """left * right; of two numbers, their product."""
    a, b = left.number, right.number
    return constant(a * b) if a is not None and b is not None else Term("mul", (left, right))


def quotient_of(left: Term, right: Term) -> Term:
    """left / right, as left * right**-1; of two numbers, their quotient."""
    a, b = left.number, right.number
    if a is not None and b:
        return constant(a / b)
    return Term("mul", (left, Term("pow", (right, constant(-1)))))


def opposite_of(operand: Term) -> Term:
    """-operand, as -1 * operand."""
    return product_of(constant(-1), operand)
