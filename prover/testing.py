"""Assertions for an engine's own test suite, so that its rotary code stays what its layout says.

    from prover.testing import assert_conforms, assert_equivalent

    def test_rotary_layout() -> None:
        assert_conforms(apply_rotary, "transformers/half:head_dim=128:rope_theta=500000")

What fails raises AssertionError with the answer that the command of the same question prints. What cannot be decided
fails too. A question that cannot be asked, such as an unknown layout, raises ProverError.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover import api
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.api.answers import Texts


def assert_equivalent(
    a: str | api.Layout, b: str | api.Layout, *, feed: Texts = (), relation: api.RelationName | None = None,
    axes: str | None = None,
) -> api.Proof:
    """Weights made for layout `a` work in a kernel that computes `b`, as they are or by what `relation` allows.

    `feed`, `axes`: what the axes get, as for `prove`. The proof is returned; its certificate can be kept. Raises
    AssertionError with what differs and why, ProverError for what is no question.
    """
    __tracebackhide__ = True
    answer = api.prove(a, b, feeds=feed, axes=axes, relation=relation)
    _require(answer)
    return answer


def assert_conforms(
    function: Callable[..., Any] | str, spec: str, *, feed: str = "", call: str | None = None,
    init: str | None = None, head_dim: int | None = None, seconds: float | None = None,
) -> api.Report:
    """A rotary function, or a table measured from one, does what a layout says; numeric only.

    `function`: a function of a module, a method as Class.method with `init`, or their name as "rope.py::apply_rope".
    It is imported anew and run in a process of its own, under limits; `call`, `head_dim`, `seconds` as for
    `measure_function`. Raises AssertionError with the pairs that differ and what would conform.
    """
    __tracebackhide__ = True
    name = function if isinstance(function, str) else name_of(function)
    report = api.conform(spec, name, feed=feed, call=call, init=init, head_dim=head_dim, seconds=seconds)
    _require(report)
    return report


def assert_converted(source: str | Path, target: str | Path, **asked: Any) -> api.VerifiedWeights:
    """The rows of q and k in the checkpoint `target` stand where its kernel needs them, given the model in `source`.

    `asked`: as for `verify_weights`: made_for, meant_for, engine, base, tensors, jobs. Raises AssertionError with the
    first layer that is wrong, and what would mend it.
    """
    __tracebackhide__ = True
    if not str(target):
        raise InputError("names no checkpoint", where="target", advice="A converted model is held against its source")
    found = api.verify_weights(str(source), str(target), **asked)
    _require(found)
    return found


def name_of(function: Callable[..., Any]) -> str:
    """The file and the name by which another process finds a function or a class. Raises InputError for none."""
    name, module = getattr(function, "__qualname__", ""), sys.modules.get(getattr(function, "__module__", None) or "")
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    path = getattr(module, "__file__", None) or ""
    if found is None or found is not function or not path.endswith(".py"):
        told = f"'{name[:80]}'" if name else f"a {type(function).__name__}"
        raise InputError(
            "stands in no module under its own name, so that no other process can import it", where=f"function {told}",
            advice="Pass a function of a module, or its name as 'rope.py::apply_rope'; a method is "
            "'rope.py::Rotary.rotate' with init",
        )
    return f"{path}::{name}"


def _require(report: api.Report) -> None:
    __tracebackhide__ = True
    if report.exit_code:
        raise AssertionError(f"\n{report.to_text()}")
