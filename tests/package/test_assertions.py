"""The assertions for other projects' tests, and claim files as tests."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from prover.api import run
from prover.errors import InputError
from prover.testing import assert_conforms, assert_converted, assert_equivalent, name_of
from tests.conftest import TESTS

ROPE = '''
import functools
import numpy as np

def half(x, positions):
    """Lanes j and j + d/2 of x [tokens, heads, d], base 10000."""
    half = x.shape[-1] // 2
    angles = positions[:, None, None] * 10000.0 ** (-np.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], -1)

def logged(function):
    @functools.wraps(function)
    def inner(*values):
        return function(*values)
    return inner

@logged
def decorated(x, positions):
    return half(x, positions)

class Rotary:
    def rotate(self, x, positions):
        return half(x, positions)
'''
SPEC = "transformers/half:head_dim=8"


@pytest.fixture
def rope(tmp_path: Path) -> ModuleType:
    """A module of an engine, imported as its tests import it."""
    path = tmp_path / "engine_rope.py"
    path.write_text(ROPE)
    spec = importlib.util.spec_from_file_location("engine_rope", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["engine_rope"] = module
    spec.loader.exec_module(module)
    return module


def test_equal_layouts_pass_and_give_the_proof() -> None:
    """What the ladder allows decides, as on the command line."""
    assert "identical" == assert_equivalent(SPEC, SPEC).relation
    proof = assert_equivalent("ggml/normal:head_dim=8", "ggml/neox:head_dim=8", relation="permutation")
    assert (0, 2, 4, 6, 1, 3, 5, 7) == proof.permutation
    assert proof.certificate is not None


@pytest.mark.parametrize(("a", "b", "told"), [
    ("ggml/normal:head_dim=8", "ggml/neox:head_dim=8", "CONVERTIBLE"),
    ("ggml/neox:head_dim=8", "ggml/neox:head_dim=8:base=500000", "DIFFERENT"),
])
def test_unequal_layouts_fail_with_the_answer(a: str, b: str, told: str) -> None:
    """A change of the weights that is not allowed fails too; the message is what `prove` prints."""
    with pytest.raises(AssertionError, match=f"^\n{told}: ") as caught:
        assert_equivalent(a, b)
    assert "lane by lane" in str(caught.value)


def test_feeds_are_taken() -> None:
    """The same two layouts are equal for text and not for free positions."""
    a, b = "ggml/imrope:n_rot=8:sections=2,1,1,0", "ggml/mrope:n_rot=8:sections=2,1,1,0"
    assert_equivalent(a, b, feed="text")
    with pytest.raises(AssertionError, match="DIFFERENT"):
        assert_equivalent(a, b)


def test_an_unknown_layout_is_no_failed_assertion() -> None:
    """A question that cannot be asked is told as that."""
    with pytest.raises(InputError, match="no/such"):
        assert_equivalent("no/such", SPEC)


def test_functions_conform(rope: ModuleType) -> None:
    """A function, a decorated one and a method, by what they are or by name."""
    assert_conforms(rope.half, SPEC)
    assert_conforms(rope.decorated, SPEC)
    assert_conforms(rope.Rotary.rotate, SPEC, init="Rotary()")
    assert_conforms(f"{rope.__file__}::half", SPEC)


def test_a_function_that_does_not_conform(rope: ModuleType) -> None:
    """The message is what `conform` prints, the change that would conform among it."""
    with pytest.raises(AssertionError, match="ggml/normal:head_dim=8"):
        assert_conforms(rope.half, "ggml/normal:head_dim=8")


@pytest.mark.parametrize("make", [
    lambda rope: lambda x, p: rope.half(x, p), lambda rope: functools.partial(rope.half),
    lambda rope: rope.Rotary().rotate, lambda rope: len, lambda rope: 3,
], ids=["lambda", "partial", "bound", "builtin", "number"])
def test_what_no_other_process_can_import_is_refused(rope: ModuleType, make: Callable[[ModuleType], Any]) -> None:
    """Another function may stand under its name; nothing is run."""
    with pytest.raises(InputError, match="no other process can import it"):
        name_of(make(rope))


def test_a_name_that_was_taken_over(rope: ModuleType) -> None:
    """A function whose name in its module is another one now is refused."""
    first = rope.half
    rope.half = rope.decorated
    with pytest.raises(InputError, match="stands in no module under its own name"):
        name_of(first)


def test_a_checkpoint_needs_a_target(tmp_path: Path) -> None:
    """One checkpoint alone is never right, so it is no assertion; what is no checkpoint is told."""
    with pytest.raises(InputError, match="held against its source"):
        assert_converted(tmp_path, "")
    with pytest.raises(InputError, match=tmp_path.name):
        assert_converted(tmp_path, tmp_path)


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Pytest in a folder of its own, with this package's plugin and none of this suite's settings."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments],
        cwd=folder, capture_output=True, text=True, env={"PATH": "", "PYTHONPATH": str(TESTS.parent)},
    )


CLAIM = """
title = "t"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"
[expect]
verdict = "{}"
relation = "permutation"
"""


def test_claim_files_are_tests(tmp_path: Path) -> None:
    """Those that a pattern names are proved; the message of one that fails says what came of it."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nrope_prover_claims = claims/*.toml\n")
    claims = tmp_path / "claims"
    claims.mkdir()
    (claims / "good.toml").write_text(CLAIM.format("convertible"))
    (claims / "bad.toml").write_text(CLAIM.format("equivalent"))
    assert [0, 1] == [each.exit_code for name in ("good", "bad")
                      for each in run(str(claims / f"{name}.toml"), update=True)]   # certificates beside them
    (claims / "broken.toml").write_text("title = ")
    (tmp_path / "other.toml").write_text(CLAIM.format("equivalent"))
    done = run_pytest(tmp_path)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "2 failed, 1 passed" in done.stdout
    assert "verdict: expected equivalent, got convertible" in done.stdout
    assert "Traceback" not in done.stdout
    assert "other" not in done.stdout


def test_without_patterns_nothing_is_imported(tmp_path: Path) -> None:
    """The plugin costs nothing where it is not used."""
    (tmp_path / "claim.toml").write_text(CLAIM.format("equivalent"))
    (tmp_path / "test_light.py").write_text(
        "import sys\n\ndef test_light(request):\n"
        "    assert request.config.pluginmanager.has_plugin('rope-prover')\n"
        "    assert ['prover.pytest_plugin'] == [name for name in sys.modules if name.startswith('prover.')]\n"
    )
    done = run_pytest(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
