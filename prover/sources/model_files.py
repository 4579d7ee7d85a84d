"""Which files of the folders that people name are models."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from prover.errors import InputError
from prover.sources.config_json import CONFIG
from prover.sources.named import is_model

MAX_MODELS = 100_000
_SUFFIXES = (".json", ".gguf")
_GGUF = ".gguf"


def find_models(names: Sequence[str]) -> tuple[str, ...]:
    """The models that are named: files, folders with a config.json, and all below other folders.

    Of a folder below that has a config.json, other JSON files (a tokenizer's, an index of weights) are no models. A
    folder that cannot be listed is given as it is. Raises InputError.
    """
    found = tuple(dict.fromkeys(model for name in names for model in _below(name)))
    if not found:
        raise InputError("holds no model", where=", ".join(names)[:200], advice="Models are config.json and GGUF files")
    if len(found) > MAX_MODELS:
        raise InputError(f"{len(found)} models; at most {MAX_MODELS}")
    return found


def model_word(name: str) -> str:
    """A model's name in short: that of its file without the ending, or of its folder where the file is config.json.

    >>> model_word("models/gpt-oss.json"), model_word("models/qwen3/config.json"), model_word("config.json")
    ('gpt-oss', 'qwen3', 'config')
    """
    folder, file = os.path.split(os.path.normpath(name))
    if file == CONFIG:
        return os.path.basename(folder) or "config"
    return os.path.splitext(file)[0] if file.endswith(_SUFFIXES) else file


def _below(name: str) -> Iterator[str]:
    if not os.path.isdir(name) or os.path.exists(os.path.join(name, CONFIG)):
        if not is_model(name):
            there = "" if os.path.lexists(name) else ": there is no such file or folder"
            raise InputError(
                f"is no model{there}", where=name, advice="Models are config.json and GGUF files, and folders",
            )
        yield name
        return
    closed: list[str] = []
    for folder, folders, files in os.walk(name, onerror=lambda fault: closed.append(str(fault.filename))):
        folders.sort()
        ends = _GGUF if CONFIG in files else _SUFFIXES
        yield from (os.path.join(folder, file) for file in sorted(files) if file == CONFIG or file.endswith(ends))
    yield from closed
