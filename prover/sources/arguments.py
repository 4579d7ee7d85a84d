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
# Flags without a value that count.
SWITCHES = {"-kvu": "--kv-unified", "--kv-unified": "--kv-unified"}
# Flags that vLLM had, or that trainers have, and what to write instead.
_ADVICE = {
    "--rope-theta": "vLLM 0.33 has no such flag: --hf-overrides '{\"rope_parameters\": {...}}' gives all parameters",
    "--rotary-base": "Megatron's flags are not read: 'rope-prover list megatron' has the layout that they describe",
    "--position-embedding-type": "Megatron's flags are not read: 'rope-prover list megatron' has its layouts",
}
MOST_WORDS = 1000
_BEGIN = re.compile(r"\s+(?=--?[A-Za-z])")
_ABOUT_ROPE = re.compile(r"rope|rotary|yarn|override-kv|hf-overrides|model-override|position-embedding")


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
    found = _BEGIN.search(name)
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
    if not found:
        return NO_ARGUMENTS
    fitting = [name for name, known in FLAGS.items()
               if all(flag.partition(".")[0] in {*known.values(), *SWITCHES.values()} for flag, _ in found)]
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
        flag, equals, value = word.partition("=")
        stem, dot, inner = flag.partition(".")
        stem = stem.replace("_", "-") if stem.startswith("--") else stem
        flag = stem + dot + inner
        if flag in SWITCHES:
            yield SWITCHES[flag], ""
            continue
        known = next((flags[stem] for flags in FLAGS.values() if stem in flags), None)
        if known is None:
            if _ABOUT_ROPE.search(flag):
                raise _unknown(flag)
            continue
        if equals and known in FLAGS["llama.cpp"].values():
            raise InputError("is refused by llama.cpp: the value stands behind a blank", where=word[:60])
        if not equals:
            value = next(rest, "")
            if not value:
                raise InputError("has no value behind it", where=flag)
        if flag == "--rope-scaling" and value.lstrip().startswith("{"):
            raise InputError("is a flag that vLLM 0.33 and SGLang 0.5.23 have not", where=flag, advice=(
                f"--hf-overrides '{{\"rope_parameters\": {value[:200]}}}' replaces all parameters, the base too; the "
                "rule is called rope_type"))
        yield known + dot + inner, value


def _unknown(flag: str) -> InputError:
    advice = _ADVICE.get(flag) or "; ".join(
        f"{name}: {', '.join(dict.fromkeys(flags.values()))}" for name, flags in FLAGS.items())
    return InputError("is not known here", where=flag[:60], advice=advice)
