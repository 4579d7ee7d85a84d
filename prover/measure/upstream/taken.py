"""Functions and classes out of an installed package's files, run as they stand there without the rest of the package.

A package whose other parts need what is not installed, or another version of it, need not be importable for that.
"""

from __future__ import annotations
import __future__ as future

import ast
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Values

# Whose imports in such a file are carried out: what computes, and what the standard library lends to it.
CARRIED_OUT = frozenset({"collections", "dataclasses", "functools", "keras", "math", "numpy", "spmd_types", "torch",
                         "typing"})


def taken(path: str, *names: str, **given: Any) -> SimpleNamespace:
    """What is defined under these names in a file of an installed package, `package/folder/file.py`.

    Beside them stand what the file imports of CARRIED_OUT, and `given`; whatever else they use is a NameError when they
    use it. Raises ImportError where the file, or a name in it, is not there.
    """
    package, _, rest = path.partition("/")
    found = importlib.util.find_spec(package)
    folders = list(found.submodule_search_locations or ()) if found else []
    file = next((each for each in (Path(folder, rest) for folder in folders) if each.is_file()), None)
    if file is None:
        raise ImportError(f"there is no {path}")
    body = ast.parse(file.read_text(encoding="utf-8"), str(file)).body
    kept = [each for node in body for each in _carried_out(node)]
    kept += [node for node in body if _defined(node) & set(names)]
    missing = set(names) - {name for node in kept for name in _defined(node)}
    if missing:
        raise ImportError(f"{path} defines no {', '.join(sorted(missing))}")
    # Names in annotations are not looked up. Dataclasses look their module up.
    code = compile(ast.Module(kept, []), str(file), "exec", future.annotations.compiler_flag, dont_inherit=True)
    room = {"__name__": __name__, **given}
    exec(code, room)
    return SimpleNamespace(**{name: room[name] for name in names})


def _carried_out(node: ast.stmt) -> list[ast.stmt]:
    """What of an import is carried out."""
    if isinstance(node, ast.Import):
        return [ast.copy_location(ast.Import([each]), node) for each in node.names if _computes(each.name)]
    return [node] if isinstance(node, ast.ImportFrom) and not node.level and _computes(node.module or "") else []


def _computes(module: str) -> bool:
    return module.partition(".")[0] in CARRIED_OUT


def _defined(node: ast.stmt) -> set[str]:
    """What a function, a class or an assignment defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def in_torch(turn: Callable[[Any, tuple[int, ...]], Any]) -> Kernel:
    """A kernel from what turns x of [batch, tokens, heads, lanes] at a place: each vector is a head of one token."""
    import torch

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        with torch.no_grad():
            x = torch.tensor(vectors, dtype=torch.float32)[None, None]
            return np.asarray(turn(x, tuple(int(each) for each in position))[0, 0].double())

    return kernel


def whole_head(values: Values) -> int:
    """The lanes of a head, for kernels that rotate all of them. Raises ValueError for fewer."""
    if values.whole("n_rot") != values.whole("head_dim"):
        raise ValueError("the kernel rotates whole heads")
    return values.whole("head_dim")
