"""The dictionary of names: what each project's flag means, and where projects contradict each other."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import read_toml
from prover.layouts.spec import found_by_search
from prover.resources import MODELS, shown_path

NAMES = MODELS / "names.toml"
MEANINGS = {
    "half": "lanes (j, j + n/2)",
    "adjacent": "lanes (2j, 2j + 1)",
    "adjacent-to-half": "reads lanes (2j, 2j + 1), writes (j, j + n/2)",
    "chunks": "order of axes: t, then h, then w",
    "turns": "order of axes: t, h, w in turns",
}
EVIDENCE = {"source": "read in the source", "part": "single files read", "docs": "documentation only"}
# Words that name no layout without a project, each as it occurs in names of flags, values and functions.
BARE_WORDS = {
    "neox": "neox", "gpt-neox": "neox", "gpt_neox": "neox", "gptneox": "neox", "gptj": "gptj", "gpt-j": "gptj",
    "gpt_j": "gptj", "llama": "llama", "interleaved": "interleave", "interleave": "interleave",
    "traditional": "traditional", "rotate_half": "rotate_half", "rotate-half": "rotate_half",
    "rotate_every_two": "rotate_every_two", "consecutive": "consecutive", "alternate": "alternate",
    "half": "half", "adjacent": "adjacent",
}


class Use(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of one flag, or one function without a flag, and what it means."""

    api: str
    flag: str
    value: str
    means: str
    default: bool = False
    spec: str = ""

    @property
    def written(self) -> str:
        """FLAG=VALUE, or the function if there is no flag."""
        return f"{self.flag}={self.value}" if self.flag else self.value or self.api


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project's names, and how they are known."""

    key: str
    title: str
    evidence: str
    flags: tuple[Use, ...]
    also: tuple[str, ...] = ()

    def is_called(self, word: str) -> bool:
        """Whether the word is its key, one of the projects in its title, or another name of it."""
        names = (self.key, *self.title.partition("(")[0].split(","), *self.also)
        return _plain(word) in map(_plain, names)


class Contradiction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that do not mean the same everywhere."""

    words: tuple[str, ...]
    projects: tuple[str, ...]
    text: str
    where: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    project: list[Project]
    contradiction: list[Contradiction]


@dataclass(frozen=True, slots=True)
class Answer:
    """Uses by project, and the contradictions that they take part in."""

    projects: tuple[tuple[Project, tuple[Use, ...]], ...]
    contradictions: tuple[Contradiction, ...]


@cache
def _file() -> _File:
    try:
        return msgspec.convert(read_toml(NAMES), _File)
    except msgspec.ValidationError as fault:
        raise InputError(str(fault), where=shown_path(NAMES)) from None


def projects() -> tuple[Project, ...]:
    """All projects, by key."""
    return tuple(sorted(_file().project, key=lambda project: project.key))


def contradictions() -> tuple[Contradiction, ...]:
    """All contradictions."""
    return tuple(_file().contradiction)


def look_up(arguments: tuple[str, ...]) -> Answer:
    """What the arguments name: projects, and FLAG or FLAG=VALUE in all of them or in those named.

    Raises InputError with the nearest names.
    """
    named = {word: [project.key for project in projects() if project.is_called(word)] for word in arguments}
    keys = [key for found in named.values() for key in found]
    flags = [word for word in arguments if not named[word]]
    chosen = [project for project in projects() if not keys or project.key in keys]
    rows = []
    for project in chosen:
        uses = tuple(use for use in project.flags if not flags or any(_matches(use, flag) for flag in flags))
        if uses or not flags:
            rows.append((project, uses))
    if flags and not rows:
        _unknown(flags[0], chosen)
    return Answer(tuple(rows), _between(rows, keys, flags))


def _between(
    rows: list[tuple[Project, tuple[Use, ...]]], keys: list[str], flags: list[str]
) -> tuple[Contradiction, ...]:
    named = {key.lower() for key in keys}
    words = {flag.partition("=")[0].lower() for flag in flags}
    if not named and not words:
        return contradictions()
    return tuple(
        c for c in contradictions()
        if (words & set(c.words) if words else named & set(c.projects))
        and (len(named) < 2 or len(named & set(c.projects)) > 1 or words)
    )


def _matches(use: Use, flag: str) -> bool:
    name, equals, value = flag.partition("=")
    return use.flag.lower() == name.lower() and (not equals or use.value.lower() == value.lower())


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _unknown(word: str, chosen: list[Project]) -> None:
    known = {use.flag for project in chosen for use in project.flags if use.flag}
    keys = {project.key for project in projects()}
    name = word.partition("=")[0]
    near = difflib.get_close_matches(name, sorted(known | keys), n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    hint += found_by_search(word)
    what = "no project or flag" if len(chosen) != 1 else f"no flag of {chosen[0].title}"
    raise InputError(f"'{word[:60]}' is {what}", where="names", advice=f"{hint}'rope-prover names' shows all")


def refuse_bare_word(text: str) -> None:
    """Raise InputError if the text is a word or a flag that needs a project's name to mean anything."""
    name = text.partition(":")[0].lower()
    flag = name.partition("=")[0]
    uses = [
        (project, use) for project in projects() for use in project.flags
        if ("=" in name and _matches(use, name)) or ("=" not in name and flag and _speaks_of(use, project, flag))
    ]
    if not uses or ("=" not in name and flag not in BARE_WORDS):
        return
    groups: dict[str, list[str]] = {}
    for project, use in uses:
        groups.setdefault(use.means, []).append(f"{project.title} ({use.written}{f': {use.spec}' if use.spec else ''})")
    told = "; ".join(
        f"{means}, {MEANINGS[means]}, in {', '.join(found[:3])}{' and others' if len(found) > 3 else ''}"
        for means, found in groups.items()
    )
    clashes = [c for c in contradictions() if flag in c.words or BARE_WORDS.get(flag) in c.words]
    more = [c.text for c in sorted(clashes, key=lambda c: -len(c.projects))]
    raise InputError(
        f"'{text[:60]}' alone names no layout: it means {told}", where=f"spec '{text[:60]}'",
        advice=f"{more[0] + ' ' if more else ''}Name the layout of one project, such as those in brackets"
        + (f"; 'rope-prover names {text[:40]}' shows who means what" if "=" in name else ""),
    )


def _speaks_of(use: Use, project: Project, word: str) -> bool:
    """The word occurs in the function, the value, or the flag; a flag that is false denies its word."""
    stem = BARE_WORDS.get(word)
    if stem is None:
        return False
    if stem in ("half", "adjacent"):
        return use.means == stem and project.key in ("transformers", "ggml", "vllm")
    denied = use.value in ("false", "0")
    texts = [use.api, use.value, project.title if stem == "llama" else "", "" if denied else use.flag]
    return any(stem in re.sub(r"[ -]", "_", text.lower()) for text in texts)
