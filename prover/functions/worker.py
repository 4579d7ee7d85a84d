"""The program of the other process: it loads one function and calls it on what it is sent, until it is ended.

Started by child.py with two pipes. Frames (frames.py) come in and go out; what the function prints goes elsewhere.
Nothing of the package that decides anything is imported here.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prover.functions.frames import START, Array, lengths, pack, unpack
from prover.functions.guard import Guard
from prover.functions.kernel import restrict
from prover.functions.limits import CLOSED, Limits, apply_limits

MAX_OUTPUTS = 8
MAX_RAISED = 300
MAX_LISTED = 40
MAX_REQUEST = 1 << 30
MAX_FRAMES = 20
# What no other argument would mend.
WHATEVER = (
    OSError, MemoryError, EOFError, ImportError, NameError, RecursionError, SyntaxError, SystemExit, KeyboardInterrupt,
)


class Refused(Exception):
    """The function cannot be had, or its result cannot be used: a sentence for the person."""


def main() -> None:
    """Read how to set up from the first frame, then answer each frame that follows with one."""
    receive, send = int(sys.argv[1]), int(sys.argv[2])
    setup, _ = _read(receive)
    apply_limits(Limits(**setup["limits"]))
    restrict(setup["folder"])
    guard = Guard(setup["folder"])
    guard.start()
    kept, names = {name: globals()[name] for name in _OWN}, globals()
    function, told = _load(setup)
    _answer(send, {"id": 0, **told}, guard)
    while function is not None:
        request, arrays = _read(receive)
        header, outputs = _call(function, request, arrays, setup["limits"]["reply"])
        if any(names.get(name) is not own for name, own in kept.items()):
            header, outputs = {"refusal": _TAMPERED, "whatever": True}, []
        _answer(send, {"id": request["id"], **header}, guard, outputs)


def _read(receive: int) -> tuple[dict[str, Any], list[Array]]:
    """The next frame; the end of this process where there is none."""
    def exactly(count: int) -> bytes:
        parts = []
        while count:
            part = os.read(receive, min(count, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    header, body = lengths(exactly(START.size), MAX_REQUEST)
    return unpack(exactly(header), exactly(body))


def _answer(send: int, header: dict[str, Any], guard: Guard, outputs: list[Array] | None = None) -> None:
    frame = memoryview(pack({**header, "refused": guard.refused}, outputs or []))
    while frame:
        try:
            frame = frame[os.write(send, frame):]
        except OSError:
            os._exit(CLOSED)


def _load(setup: Mapping[str, Any]) -> tuple[Callable[..., Any] | None, dict[str, Any]]:
    """Import the module, find the function, and say what it takes."""
    try:
        function = _made(_find(_module(setup), setup["names"]), setup)
        return function, {"parameters": _parameters(function), "libraries": _libraries()}
    except Refused as fault:
        return None, {"refusal": str(fault)}
    except BaseException as fault:
        return None, {"raised": _told(fault)}


def _module(setup: Mapping[str, Any]) -> Any:
    """The module, with the paths that Python itself would look in for it."""
    if setup["path"] is None:
        sys.path.insert(0, os.getcwd())
        return importlib.import_module(setup["module"])
    path = Path(setup["path"])
    package = path.parent
    while (package / "__init__.py").is_file():
        package = package.parent
    sys.path.insert(0, str(package))
    if package != path.parent:
        return importlib.import_module(".".join(path.relative_to(package).with_suffix("").parts))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Refused("the file is no Python source")
    module = importlib.util.module_from_spec(spec)
    # A module of that name which is loaded already, such as the standard library's, keeps its place.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _find(module: Any, names: list[str]) -> Any:
    thing, before = module, None
    for depth, name in enumerate(names):
        before = thing
        if not hasattr(thing, name):
            held = [each for each in vars(thing) if not each.startswith("_") and callable(getattr(thing, each))]
            there = ", ".join(sorted(held)[:MAX_LISTED]) or "none"
            raise Refused(f"has no '{'.'.join(names[: depth + 1])}'; what can be called in it: {there}")
        thing = getattr(thing, name)
    if inspect.isclass(before) and inspect.isfunction(inspect.getattr_static(before, names[-1])):
        return _Method(before, names[-1])
    return thing


class _Method:
    """A method that needs an object of its class first."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name


def _made(thing: Any, setup: Mapping[str, Any]) -> Callable[..., Any]:
    """The function itself; of a class, an object made with the arguments that were given."""
    owner = thing.owner if isinstance(thing, _Method) else thing
    if not inspect.isclass(owner):
        if setup["values"] is not None:
            raise Refused("is no class, so --init has nothing to make")
        if not callable(thing):
            raise Refused(f"is a {type(thing).__name__} and cannot be called")
        return thing  # type: ignore[no-any-return]
    name = owner.__name__
    try:
        made = owner(*(setup["values"] or ()), **dict(setup["named"]))
    except TypeError as fault:
        raise Refused(
            f"the class {name} cannot be made with what was given ({_text(fault)}): it takes {_signature(owner)}, as "
            f"in --init '{name}(head_dim=64)'"
        ) from None
    to_evaluation = getattr(made, "eval", None)
    if callable(to_evaluation) and callable(getattr(made, "forward", None)):
        to_evaluation()
    made = getattr(made, thing.name) if isinstance(thing, _Method) else made
    if not callable(made):
        raise Refused(f"is an object of {name} that cannot be called; name a method, as in {name}.rotate")
    return made  # type: ignore[no-any-return]


def _signature(thing: Any) -> str:
    try:
        return str(inspect.signature(thing))[:MAX_RAISED]
    except (TypeError, ValueError):
        return "unknown arguments"


def _parameters(function: Any) -> list[dict[str, Any]] | None:
    """Names, and what else is known; None where Python cannot tell."""
    told = getattr(function, "forward", function) if not inspect.isroutine(function) else function
    try:
        found = inspect.signature(told).parameters.values()
    except (TypeError, ValueError):
        return None
    return [
        {"name": p.name, "kind": p.kind.name, "required": p.default is p.empty and "VAR" not in p.kind.name,
         "annotation": "" if p.annotation is p.empty else str(p.annotation)[:200]}
        for p in list(found)[:MAX_LISTED]
    ]


def _libraries() -> dict[str, Any]:
    versions = {"python": ".".join(map(str, sys.version_info[:3])), "numpy": np.__version__}
    for name in ("torch", "jax", "mlx"):
        if name in sys.modules:
            versions[name] = str(getattr(sys.modules[name], "__version__", "unknown"))[:40]
    return versions


def _call(
    function: Callable[..., Any], request: Mapping[str, Any], arrays: list[Array], most: int
) -> tuple[dict[str, Any], list[Array]]:
    """Call on copies; numbers of what came back, or how it failed."""
    torch: Any = None
    try:
        if request["library"] == "torch":
            torch = importlib.import_module("torch")
        made = [_argument(argument, arrays, request["bits"], torch) for argument in request["arguments"]]
        given = [v for argument, v in zip(request["arguments"], made, strict=True) if argument.get("vectors")]
        before = list(map(_numbers, given))
        values = [value for argument, value in zip(request["arguments"], made, strict=True) if not argument["keyword"]]
        named = {a["keyword"]: value for a, value in zip(request["arguments"], made, strict=True) if a["keyword"]}
        if torch is None:
            result = function(*values, **named)
        else:
            with torch.no_grad():
                result = function(*values, **named)
        changed = any(not _array_equal(_numbers(v), b) for v, b in zip(given, before, strict=True))
        outputs = list(map(_numbers, given if result is None else _several(result)))
        if sum(output.nbytes for output in outputs) > most:
            raise Refused(f"returns more than {most >> 20} MB")
        return {"changed": changed, "nothing": result is None, "libraries": _libraries()}, outputs
    except Refused as fault:
        return {"refusal": str(fault)}, []
    except BaseException as fault:
        return {"raised": _told(fault)}, []


def _argument(argument: Mapping[str, Any], arrays: list[Array], bits: int, torch: Any) -> Any:
    if "array" not in argument:
        return argument["value"]
    array: Any = arrays[argument["array"]]
    kind = argument["kind"]
    if kind == "int":
        array = array.astype(np.int64)
    elif kind == "complex":
        array = np.ascontiguousarray(array).view(np.complex128)[..., 0].astype(np.complex64 if bits == 32 else complex)
    else:
        array = array.astype(np.float32 if bits == 32 else np.float64)
    array = np.array(array)
    if argument.get("scalar"):
        return array.item()
    return torch.from_numpy(array) if torch is not None else array


def _several(result: Any) -> list[Any]:
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        found = [each for each in result if each is not None][:MAX_OUTPUTS]
        if found and all(np.isscalar(each) for each in found):
            return [np.array(result)]
        return found
    return [result]


def _numbers(value: Any) -> Array:
    """Any library's array as float64."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.resolve_conj().resolve_neg() if value.is_complex() else value.double()
    try:
        found = _asarray(value)
    except (TypeError, ValueError) as fault:
        raise Refused(f"returns a {type(value).__name__} that is no array ({_text(fault)})") from None
    if found.dtype.kind not in "fiub" and "float" not in found.dtype.name:
        raise Refused(f"returns a {type(value).__name__} of {found.dtype.name[:40]}, expected real numbers")
    return found.astype(np.float64)


def _told(fault: BaseException) -> dict[str, Any]:
    """An exception in words, and the line of the person's code where it came from; whatever its class does."""
    try:
        return _read_out(fault)
    except BaseException:
        return {"type": "an exception", "text": "of a class that cannot be read", "at": "", "whatever": True}


def _read_out(fault: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(fault.__traceback__, -MAX_FRAMES)
    other = [frame for frame in frames if not frame.filename.startswith((_HERE, "<frozen", *_IMPORTING))]
    own = [frame for frame in other if not frame.filename.startswith(_LIBRARIES)] or other
    at = f"{os.path.basename(own[-1].filename)}, line {own[-1].lineno}" if own else ""
    if isinstance(fault, SyntaxError) and fault.filename:
        at = f"{os.path.basename(str(fault.filename))}, line {fault.lineno}"
    kind, whatever = type(fault).__name__[:80], isinstance(fault, WHATEVER)
    return {"type": kind, "text": _text(fault), "at": at[:200], "whatever": whatever}


def _text(fault: BaseException) -> str:
    try:
        return " ".join((fault.msg if isinstance(fault, SyntaxError) else str(fault)).split())[:MAX_RAISED]
    except BaseException:
        return "with a text that cannot be read"


# What the numbers go through: taken before the function is loaded, so that replacing it in NumPy changes nothing here.
_asarray, _array_equal = np.asarray, np.array_equal
_OWN = ("_read", "_call", "_argument", "_several", "_numbers", "_answer", "_asarray", "_array_equal", "pack", "unpack")
_TAMPERED = "replaces parts of the program that measures it, so that no number of it can be believed"
_HERE = os.path.dirname(os.path.abspath(__file__))
_LIBRARIES = tuple(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))
_IMPORTING = tuple(os.path.dirname(found) for found in [importlib.__file__] if found)

if __name__ == "__main__":
    main()
