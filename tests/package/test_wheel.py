"""A built wheel carries the layouts and proofs and works from an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRESS = re.compile(r"(^|: )\d+ of \d+, \d+ %")  # on a slow machine


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content unpacked into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run_installed(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command of the unpacked wheel, in `folder`, with the checkout out of reach."""
    code = (
        "import sys, prover, prover.commands.cli; "
        f"assert prover.__file__.startswith({str(site)!r}), prover.__file__; "
        "sys.exit(prover.commands.cli.run_command(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("list",), "ggml/imrope"),
        (("show", "ggml/imrope:n_rot=8:sections=2,1,1,0"), "Axes by pair: thwt"),
        (("prove", "ggml/normal", "ggml/neox", "--relation", "permutation"), "EQUIVALENT"),
        (("check-permutation", "ggml/neox", "ggml/normal", "llama.cpp/permute"), "RIGHT"),
        (("prove", "ggml/neox", "ggml/neox", "--format", "html"), "prefers-color-scheme"),
        (("schema", "certificate-1"), "urn:rope-prover:certificate:1"),
        (("run", "01-normal-to-neox", "02-imrope-to-mrope"), "2 of 2 claims are as expected."),
    ],
    ids=["list", "show", "prove", "check-permutation", "page", "schema", "run"],
)
def test_wheel(installed: Path, empty_folder: Path, arguments: tuple[str, ...], shown: str) -> None:
    """Each command works with nothing but the wheel."""
    done = run_installed(installed, empty_folder, *arguments)
    assert (0, True) == (done.returncode, shown in done.stdout), done.stderr
    assert not [line for line in done.stderr.splitlines() if not PROGRESS.search(line)]
