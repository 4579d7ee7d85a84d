"""The rotary modules of vLLM and SGLang at their pinned versions, fetched from the package index.

Neither is installed, and nothing of theirs is kept beside this file: an archive is downloaded once to a cache, checked
against its SHA-256 whenever it is read, and of it only the modules that are run are unpacked.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urljoin

INDEX = os.environ.get("PIP_INDEX_URL")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rope-prover"
SECONDS = 120  # for an answer of the index
LARGEST = 1 << 20  # bytes of a file that is unpacked


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of the index. `wanted`: the folders and files that are unpacked, below `top` if all lies in one folder."""

    project: str
    file: str
    sha256: str
    wanted: tuple[str, ...]
    top: str = ""


ARCHIVES = {
    "vllm": Archive(
        "vllm", "vllm-0.33.0.tar.gz", "f4c33c2503d52bb411146afa9618a4f48bed68912f617e6803ac8d76e4c74112",
        ("vllm/model_executor/layers/rotary_embedding", "vllm.egg-info/PKG-INFO"), "vllm-0.33.0/",
    ),
    "sglang": Archive(  # its Python is the same on every platform
        "sglang", "sglang-0.5.23-cp312-cp312-manylinux_2_34_x86_64.whl",
        "8d257a319395b322bb1be327d05e5528859358153c8563b04c0a4a3c8af164b6",
        ("sglang/srt/layers/rotary_embedding", "sglang/srt/models/mllama4.py", "sglang/srt/models/qwen2_vl.py",
         "sglang-0.5.23.dist-info/METADATA"),
    ),
}


class SourceError(Exception):
    """A source that cannot be had, or is not what it has to be."""


def unpacked(name: str, folder: Path) -> Path:
    """The modules of an engine, in a folder that is given. Raises SourceError."""
    archive = ARCHIVES[name]
    with fetched(archive).open("rb") as file:
        for path, content in _members(archive, file):
            place = folder / inside(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    missing = [wanted for wanted in archive.wanted if not (folder / wanted).exists()]
    if missing:
        raise SourceError(f"{archive.file} has no {', '.join(missing)}")
    return folder


def fetched(archive: Archive) -> Path:
    """The archive in the cache, downloaded if it is not there. Raises SourceError."""
    place = CACHE / archive.file
    if not place.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=CACHE, prefix=archive.file, delete=False) as file:
            part = Path(file.name)
            try:
                _download(archive, file)
                file.close()
                _require_digest(archive, part)
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)
    _require_digest(archive, place)
    return place


def index() -> str:
    """The package index's address: PIP_INDEX_URL, or what pip itself takes where nothing else is said.

    Asked of another process: where pip is imported, setuptools, and what imports it, cannot be any more.
    """
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    found = INDEX or subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout
    return found.strip().rstrip("/")


def _download(archive: Archive, file: BinaryIO) -> None:
    page = f"{index()}/{archive.project}/"
    try:
        asked = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            rows = {row["filename"]: row["url"] for row in json.load(answer)["files"]}
            address = urljoin(answer.url, rows[archive.file])
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            shutil.copyfileobj(answer, file)
    except (OSError, ValueError, LookupError) as fault:
        raise SourceError(f"{archive.file} cannot be fetched from {page}: {type(fault).__name__}: {fault}") from fault


def _require_digest(archive: Archive, path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != archive.sha256:
        raise SourceError(f"{path} has SHA-256 {found}, expected {archive.sha256}: remove it")


def _members(archive: Archive, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The wanted files with their content; neither links nor anything else."""
    if archive.file.endswith(".whl"):
        with zipfile.ZipFile(file) as wheel:
            for entry in wheel.infolist():
                if _is_wanted(archive, entry.filename) and not entry.is_dir():
                    yield entry.filename, _small(entry.filename, entry.file_size, wheel.read(entry))
        return
    with tarfile.open(fileobj=file, mode="r:gz") as source:
        for member in source:
            path = member.name.removeprefix(archive.top)
            if member.isreg() and _is_wanted(archive, path):
                content = source.extractfile(member)
                assert content is not None
                yield path, _small(path, member.size, content.read(LARGEST + 1))


def _is_wanted(archive: Archive, path: str) -> bool:
    return any(path == wanted or path.startswith(f"{wanted}/") for wanted in archive.wanted)


def _small(path: str, size: int, content: bytes) -> bytes:
    if size > LARGEST or len(content) != size:
        raise SourceError(f"{path} has {size} bytes, of which {len(content)} were read; at most {LARGEST}")
    return content


def inside(path: str) -> PurePosixPath:
    """A path that stays below the folder it is put in. Raises SourceError."""
    found = PurePosixPath(path)
    if found.is_absolute() or ".." in found.parts or "\\" in path or ":" in path:
        raise SourceError(f"'{path}' leads out of the folder")
    return found
