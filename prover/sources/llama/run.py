"""What the command line of llama.cpp changes: RoPE's numbers above those of the file, and keys of the file.

Source: ggml-org/llama.cpp@0c1e57098 common/arg.cpp; src/llama-context.cpp llama_context::llama_context;
common/common.cpp string_parse_kv_override; src/llama-model-loader.cpp GGUFMeta::GKV.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.errors import InputError
from prover.sources.arguments import Arguments
from prover.sources.llama.header import Known
from prover.sources.metadata import Metadata, Stored
from prover.sources.printed import nearest, read_shortest

TYPES = ("none", "linear", "yarn")
PAD = 256
_WHOLE = re.compile(r"[0-9]{1,10}")
_KINDS = {"int": "u32", "float": "f32", "bool": "bool", "str": "str"}


@dataclass(frozen=True, slots=True)
class Run:
    """What the program is started with; None and "" are what is not given.

    `scale`: what the angle is multiplied by; `ramp`, `attention`: YaRN's ext_factor and attn_factor; `context`: of one
    sequence.
    """

    type: str = ""
    base: Known | None = None
    scale: Known | None = None
    original: Known | None = None
    ramp: Known | None = None
    attention: Known | None = None
    beta_fast: Known | None = None
    beta_slow: Known | None = None
    context: Known | None = None


def read_run(arguments: Arguments) -> Run:
    """The numbers of a command line. Raises InputError for what llama.cpp refuses, or is no number."""
    run = Run()
    for flag, value in arguments.flags:
        match flag:
            case "--rope-scaling":
                if value not in TYPES:
                    raise InputError(f"expected one of {', '.join(TYPES)}, got '{value[:40]}'", where=flag)
                run = replace(run, type=value)
            case "--rope-scale":
                factor = _number(flag, value)
                if factor is None:
                    raise InputError("0 divides by zero", where=flag)
                run = replace(run, scale=Known(1 / factor.number, f"1 / {flag}"))
            case "--rope-freq-scale":
                run = replace(run, scale=_number(flag, value))
            case "--rope-freq-base":
                run = replace(run, base=_number(flag, value))
            case "--yarn-orig-ctx":
                run = replace(run, original=_whole(flag, value))
            case "--yarn-ext-factor":
                run = replace(run, ramp=_number(flag, value, keeps_zero=True))
            case "--yarn-attn-factor":
                run = replace(run, attention=_number(flag, value, keeps_zero=True))
            case "--yarn-beta-fast":
                run = replace(run, beta_fast=_number(flag, value, keeps_zero=True))
            case "--yarn-beta-slow":
                run = replace(run, beta_slow=_number(flag, value, keeps_zero=True))
    return replace(run, context=_context(arguments))


def _context(arguments: Arguments) -> Known | None:
    """The context of one sequence, in blocks of 256; None without --ctx-size, or with one of 0, the file's own."""
    given = arguments.last("--ctx-size")
    size = None if given is None else _whole("--ctx-size", given)
    if size is None:
        return None
    slots = arguments.last("--parallel") or "1"
    sequences = None if slots == "-1" else _whole("--parallel", slots)  # -1: as many as there are, sharing the context
    origin = "--ctx-size"
    length = -(-size.whole // PAD) * PAD
    shares = [flag for flag, _ in arguments.flags if flag in ("--kv-unified", "--no-kv-unified")][-1:]
    if sequences is not None and sequences.whole > 1 and shares != ["--kv-unified"]:
        length, origin = -(-(length // sequences.whole) // PAD) * PAD, "--ctx-size / --parallel"
    return Known(Fraction(length), origin)


def _number(flag: str, value: str, keeps_zero: bool = False) -> Known | None:
    """The float32 that std::stof makes of a text; where a 0 or a negative number is "not given", None."""
    try:
        number = read_shortest(value, "f32").value
    except InputError as fault:
        raise fault.inside(flag) from None
    if not isinstance(number, Fraction):
        raise InputError(f"expected a finite number, got '{value[:40]}'", where=flag)
    if number < 0 and not keeps_zero:
        raise InputError(f"expected a number above 0, got {value[:40]}", where=flag)
    if number < 0 or (number == 0 and not keeps_zero):
        return None
    return Known(number, flag, is_stored=True)


def _whole(flag: str, value: str) -> Known | None:
    if not _WHOLE.fullmatch(value) or int(value) >= 1 << 31:
        raise InputError(f"expected a whole number, got '{value[:40]}'", where=flag)
    return Known(Fraction(int(value)), flag) if int(value) else None


def override_keys(metadata: Metadata, arguments: Arguments) -> Metadata:
    """Metadata with the keys of --override-kv put in, of several for one key the first.

    llama.cpp takes no override for a key that is an array, and none of another type than it asks for, which reading the
    key tells. Raises InputError.
    """
    given: dict[str, Stored] = {}
    for flag, value in arguments.flags:
        if flag == "--override-kv":
            for key, stored in _overrides(value):
                if key in metadata.keys and isinstance(metadata.keys[key].value, tuple):
                    raise InputError("is an array in the file, for which llama.cpp takes no override",
                                     where=f"{flag} {key[:80]}")
                given.setdefault(key, stored)
    return replace(metadata, keys={**metadata.keys, **given})


def _overrides(text: str) -> Iterator[tuple[str, Stored]]:
    for item in _fields(text):
        key, equals, typed = item.partition("=")
        kind, colon, value = typed.partition(":")
        where = f"--override-kv {item[:80]}"
        if not equals or not colon or kind not in _KINDS or not 0 < len(key) < 128:
            raise InputError("expected KEY=TYPE:VALUE with int, float, bool or str", where=where)
        yield key, _stored(_KINDS[kind], value, where)


def _fields(text: str) -> Iterator[str]:
    """What commas part, but for those in quotes that open a field; two quotes in quotes are one."""
    field, is_quoted, rest = "", False, iter(range(len(text)))
    for place in rest:
        letter = text[place]
        if is_quoted and letter == '"':
            is_quoted = text[place + 1 : place + 2] == '"'
            if is_quoted:
                field += '"'
                next(rest)
        elif letter == '"' and not field:
            is_quoted = True
        elif letter == "," and not is_quoted:
            yield field
            field = ""
        else:
            field += letter
    yield field


def _stored(kind: str, value: str, where: str) -> Stored:
    try:
        match kind:
            case "u32" if _WHOLE.fullmatch(value):
                return Stored(kind, int(value))
            case "f32":
                number = read_shortest(value, "f64").value  # atof, and then a cast
                return Stored(kind, nearest(number, kind) if isinstance(number, Fraction) else number)
            case "bool" if value in ("true", "false"):
                return Stored(kind, value == "true")
            case "str" if len(value) <= 127:
                return Stored(kind, value)
    except InputError as fault:
        raise fault.inside(where) from None
    raise InputError("the value is not of its type", where=where)
