"""Engine arguments behind a model's name: which flags of a command line have to do with RoPE, and what they say.

Sources: ggml-org/llama.cpp@0c1e57098 common/arg.cpp common_params_parser_init; vllm-project/vllm 0.33.0
vllm/engine/arg_utils.py EngineArgs; sgl-project/sglang 0.5.23 python/sglang/srt/arg_groups/fields/model.py.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.errors import InputError

# The flags of each engine that are read, by all their names, and the name that stands for them.
FLAGS = {
    "llama.cpp": {
        "--rope-scaling": "--rope-scaling", "--rope-scale": "--rope-scale", "--rope-freq-base": "--rope-freq-base",
        "--rope-freq-scale": "--rope-freq-scale", "--yarn-orig-ctx": "--yarn-orig-ctx",
        "--yarn-ext-factor": "--yarn-ext-factor", "--yarn-attn-factor": "--yarn-attn-factor",
        "--yarn-beta-fast": "--yarn-beta-fast", "--yarn-beta-slow": "--yarn-beta-slow",
        "--override-kv": "--override-kv", "-c": "--ctx-size", "--ctx-size": "--ctx-size", "-np": "--parallel",
        "--parallel": "--parallel",
    },
    "vllm": {"--hf-overrides": "--hf-overrides", "--max-model-len": "--max-model-len"},
    "sglang": {"--json-model-override-args": "--json-model-override-args"},
}
# Flags of llama.cpp without a value that count.
SWITCHES = {
    "-kvu": "--kv-unified", "--kv-unified": "--kv-unified", "-no-kvu": "--no-kv-unified",
    "--no-kv-unified": "--no-kv-unified",
}
# argparse takes the beginning of a flag for the flag, as long as no other begins so; these are refused.
_BEGINNINGS = ("--hf-o", "--json-m", "--max-mo")
# Flags that vLLM had, or that trainers have, and what to write instead.
_ADVICE = {
    "--rope-theta": "vLLM 0.33 has no such flag: --hf-overrides '{\"rope_parameters\": {...}}' gives all parameters",
    "--position-embedding-type": "Megatron's flags are not read: 'rope-prover list megatron' has its layouts",
}
MOST_WORDS, MOST_TEXT = 1000, 1 << 17
_BEGIN = re.compile(r"(?<!\s)\s+(?=--?[A-Za-z])")
_ABOUT_ROPE = re.compile(r"rope|rotary|yarn|override-kv|model-override|position-embedding|kv-unified")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Flags that count, each with its value, in their order. `engine`: whose they are; "" for none."""

    engine: str = ""
    flags: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return shlex.join(word for flag in self.flags for word in flag if word)

    def last(self, flag: str) -> str | None:
        """The value of a flag, that of the last where it stands several times."""
        return dict(self.flags).get(flag)


NO_ARGUMENTS = Arguments()


def split_arguments(name: str) -> tuple[str, str]:
    """The name of a model, and the text of the arguments behind it, "" where there are none.

    Arguments begin at the first word with a dash in front, unless the whole is the name of a file.
    """
    found = _BEGIN.search(name) if len(name) <= MOST_TEXT else None
    if found is None or os.path.lexists(name):
        return name, ""
    return name[:found.start()], name[found.end():]


def read_arguments(text: str, engine: str = "") -> Arguments:
    """The flags of a text that have to do with RoPE; flags of other things are passed over.

    `engine`: whose flags they are, if that is told; else the one that has all of them. Raises InputError.
    """
    if not text:
        return NO_ARGUMENTS
    try:
        words = [word for word in shlex.split(text) if word not in ("-", "\\")]
    except ValueError as fault:
        raise InputError(f"cannot be split into words: {fault}", where="arguments", advice="Check the quotes") from None
    if len(words) > MOST_WORDS:
        raise InputError(f"are {len(words)} words; at most {MOST_WORDS}", where="arguments")
    found = tuple(_flags(words))
    if not found and not engine:
        raise InputError("hold no flag that has to do with RoPE, and no engine is told", where="arguments",
                         advice="Give --engine, or leave them out")
    if not found:
        return NO_ARGUMENTS
    known = {name: set(flags.values()) for name, flags in FLAGS.items()}
    known["llama.cpp"] |= set(SWITCHES.values())
    fitting = [name for name, flags in known.items() if all(flag.partition(".")[0] in flags for flag, _ in found)]
    names = ", ".join(dict.fromkeys(flag for flag, _ in found))
    if not fitting:
        raise InputError(f"{names} are flags of different engines", where="arguments")
    if engine and engine not in fitting:
        advice = f"{engine} has " + (", ".join(dict.fromkeys(FLAGS[engine].values())) if engine in FLAGS else
                                     "no flags that change RoPE, as far as is known here")
        raise InputError(f"{names} is no flag of {engine}", where="arguments", advice=advice)
    return Arguments(fitting[0], found)


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each flag that counts by its usual name, and its value. Raises InputError."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            continue
        written, equals, value = word.partition("=")
        stem, dot, inner = written.partition(".")
        stem = stem.replace("_", "-") if stem.startswith("--") else stem
        flag = stem + dot + inner
        known = SWITCHES.get(flag) or next((flags[stem] for flags in FLAGS.values() if stem in flags), None)
        if known is None:
            if _ABOUT_ROPE.search(flag) or flag.startswith(_BEGINNINGS):
                raise _unknown(flag)
            continue
        if equals and (flag in SWITCHES or known in FLAGS["llama.cpp"].values()):
            raise InputError("is refused by llama.cpp: the value stands behind a blank", where=word[:60])
        if known in FLAGS["sglang"].values() and written != known:
            raise InputError(f"is refused by SGLang, whose flag is {known}", where=word[:60])
        if flag in SWITCHES:
            yield known, ""
            continue
        if not equals:
            value = next(rest, "")
            if not value:
                raise InputError("has no value behind it", where=flag)
        if flag == "--rope-scaling" and value.lstrip().startswith("{"):
            raise InputError("is a flag that vLLM 0.33 and SGLang 0.5.23 have not", where=flag, advice=(
                f"--hf-overrides '{{\"rope_parameters\": {_renamed(value)}}}' replaces all parameters, the base too"))
        yield known + dot + inner, value


def _renamed(value: str) -> str:
    """An object as it stands today: the rule is called rope_type."""
    return value[:200] if '"rope_type"' in value else value[:200].replace('"type"', '"rope_type"')


def _unknown(flag: str) -> InputError:
    if flag.startswith(("--rope-scaling-", "--rotary-", "--use-rotary", "--use-rope")):
        return InputError("is a flag of Megatron, whose command lines are not read", where=flag[:60],
                          advice="'rope-prover list megatron' has its layouts, which take the same numbers")
    advice = _ADVICE.get(flag) or "; ".join(
        f"{name}: {', '.join(dict.fromkeys(flags.values()))}" for name, flags in FLAGS.items())
    return InputError("is not known here", where=flag[:60], advice=advice)
