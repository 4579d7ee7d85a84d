"""What people paste of a GGUF file: the loader's log, or a dump of gguf-py, found by the text itself."""

from __future__ import annotations

from typing import Any

from prover.errors import InputError
from prover.sources.gguf_dump import is_gguf_dump, read_gguf_dump
from prover.sources.gguf_json import is_dump_object, read_dump_object
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.loader_log import is_loader_log, read_loader_log
from prover.sources.metadata import Metadata

MAX_TEXT = 1 << 23
MAX_LINES = 1 << 18
EXPECTED = (
    "Expected lines 'llama_model_loader: - kv  12: llama.rope.freq_base f32 = 500000.000000' of llama.cpp's log, or "
    "what gguf-dump prints, with --json or --markdown or without"
)


def is_gguf_text(text: str) -> bool:
    """Whether a text is one that `read_gguf_text` takes, right or wrong in its values."""
    if _is_large(text):
        return False
    found, _ = _object(text, "")
    return (found is not None and is_dump_object(found)) or is_loader_log(text) or is_gguf_dump(text)


def read_gguf_text(text: str, where: str) -> Metadata:
    """The keys that a text tells of. Raises InputError with the line or key, or with what was expected."""
    if _is_large(text):
        raise InputError(f"has more than {MAX_TEXT} characters or {MAX_LINES} lines", where=where,
                         advice="Keep the lines about the model's keys")
    found, fault = _object(text, where)
    if found is not None and is_dump_object(found):
        return read_dump_object(found, where)
    is_log, is_dump = is_loader_log(text), is_gguf_dump(text)
    if is_log and is_dump:
        raise InputError("holds both a loader's log and a dump", where=where, advice="Keep one of them")
    if is_log:
        return read_loader_log(text, where)
    if is_dump:
        return read_gguf_dump(text, where)
    raise fault or InputError("is neither a GGUF file nor a text about one", where=where, advice=EXPECTED)


def _is_large(text: str) -> bool:
    return len(text) > MAX_TEXT or text.count("\n") > MAX_LINES


def _object(text: str, where: str) -> tuple[dict[str, Any] | None, InputError | None]:
    """The object of JSON that a text is, or why it is none though it begins like one."""
    if not text.lstrip().startswith("{"):
        return None, None
    if len(text) > MAX_BYTES:
        return None, InputError(f"is JSON of more than {MAX_BYTES} characters", where=where,
                                advice="Give the GGUF file itself")
    try:
        return parse_json_object(text, where), None
    except InputError as fault:
        return None, fault
