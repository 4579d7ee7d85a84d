"""An expression of NumPy, torch or einops about a weight matrix: its text, read, and which name in it is the matrix.

The text is parsed with `ast` and walked by `array_values` alone; nothing of it is ever run as Python. What is outside
the white list is refused where it stands.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

from prover.errors import ExpressionError, LimitError
from prover.language.tokens import place

MAX_LENGTH = 20_000
MAX_NODES = 20_000
MAX_DEPTH = 80
MODULES = {"np": "numpy", "numpy": "numpy", "jnp": "numpy", "mx": "numpy", "torch": "torch", "einops": "einops"}
KNOWN = (
    "view reshape transpose swapaxes permute moveaxis flatten unflatten squeeze unsqueeze flip chunk split unbind "
    "index_select T shape, np./torch. concatenate cat stack take arange array, einops.rearrange, w[..., ::2], w[list], "
    "whole numbers, + - * // %"
)
_CHARACTER = re.compile(r"[A-Za-z0-9_ \t\r\n.,:()\[\]+\-*/%<>=!'\"]", re.ASCII)
_LINES = str.maketrans("\t\r\n", "   ")


@dataclass(frozen=True, slots=True)
class ArrayExpression:
    """A text that was read: its tree, the name of its array (None: a list of numbers), and the names of its sizes.

    `library`: whose rules it follows, where a name in it says so.
    """

    text: str
    tree: ast.expr
    lead: int
    array: str | None
    sizes: tuple[str, ...]
    library: str | None

    def fail(self, node: ast.AST, message: str, advice: str = "") -> ExpressionError:
        """A fault with the column of a part of the text."""
        at = getattr(node, "col_offset", 0)
        named = node.func if isinstance(node, ast.Call) else node
        if isinstance(named, ast.Attribute):
            at = (named.end_col_offset or at) - len(named.attr)  # the name behind the dot, not where the chain begins
        where = place(self.text, self.lead + at)
        return ExpressionError(f"{where}: {message}", advice=advice)

    def source(self, node: ast.AST) -> str:
        """A part of the text, cut where it is long."""
        flat = self.text.translate(_LINES).strip()
        return (ast.get_source_segment(flat, node) or "")[:60]


def read_expression(text: str) -> ArrayExpression:
    """Read an expression without working it out. Raises ExpressionError with the column."""
    if len(text) > MAX_LENGTH:
        raise LimitError(f"an expression of {len(text)} characters; at most {MAX_LENGTH}")
    for at, character in enumerate(text):
        if not _CHARACTER.match(character):
            shown = repr(character) if character.isprintable() and character.isascii() else f"U+{ord(character):04X}"
            raise ExpressionError(f"{place(text, at)}: {shown} is not allowed", advice=f"Known: {KNOWN}")
    flat = text.translate(_LINES)
    lead = len(flat) - len(flat.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(flat.strip(), mode="eval").body
    except SyntaxError as fault:
        raise ExpressionError(
            f"{place(text, lead + (fault.offset or 1) - 1)}: not an expression: {fault.msg}",
            advice="Write one expression without 'return' or '=', such as W.reshape(heads, 2, d // 2, -1)"
            ".swapaxes(1, 2).reshape(W.shape)",
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("the expression is nested too deeply or malformed") from None
    level: list[ast.AST] = [tree]
    depth = nodes = 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise LimitError(f"the expression is too large: at most {MAX_NODES} parts, nested {MAX_DEPTH} deep")
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return _named(text, tree, lead)


def _named(text: str, tree: ast.expr, lead: int) -> ArrayExpression:
    """Which name is the array: the one that has methods, is indexed, or is given to a function."""
    arrays: dict[str, ast.expr] = {}
    names: dict[str, None] = {}
    libraries: set[str] = set()
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name in MODULES:
                libraries.add(MODULES[name])
            case ast.Attribute(value=ast.Name(id=name) as base) | ast.Subscript(value=ast.Name(id=name) as base):
                arrays.setdefault(name, base)
            case ast.Call(func=func, args=[first, *_]) if not isinstance(func, ast.Name) or func.id == "rearrange":
                module = func.value.id if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else ""
                inner = first.elts if isinstance(first, (ast.List, ast.Tuple)) else [first]
                if module in MODULES or isinstance(func, ast.Name):
                    called = func.attr if isinstance(func, ast.Attribute) else ""
                    if called not in ("arange", "array", "tensor"):
                        arrays |= {each.id: each for each in inner if isinstance(each, ast.Name)}
        if isinstance(node, ast.Name) and node.id not in MODULES and id(node) not in functions:
            names.setdefault(node.id)
        if isinstance(node, ast.Attribute) and node.attr in ("view", "permute", "unsqueeze", "contiguous"):
            libraries.add("torch")
        if isinstance(node, ast.keyword) and node.arg in ("dim", "dims", "axis", "axes"):
            libraries.add("torch" if node.arg in ("dim", "dims") else "numpy")
    found = ArrayExpression(
        text, tree, lead, next(iter(arrays), None), tuple(name for name in names if name not in arrays),
        next(iter(libraries - {"einops"})) if len(libraries - {"einops"}) == 1 else None,
    )
    if len(arrays) > 1:
        one, other = list(arrays)[:2]
        raise found.fail(
            arrays[other], f"'{other[:40]}' is used as an array, as '{one[:40]}' is",
            "There is one array, the weight matrix; sizes are whole numbers",
        )
    return found
