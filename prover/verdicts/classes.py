"""The catalogue sorted into equivalence classes under one relation.

Members are sorted by their exact signatures, one each, instead of pair by pair; each is then proved
against its class's representative, and the certificate is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.signature import signature
from prover.errors import InputError, ProverError
from prover.layouts.expand import parameter_values
from prover.layouts.layout_file import read_layout
from prover.layouts.loading import Loaded, load
from prover.layouts.roles import role_names
from prover.layouts.spec import catalogue
from prover.verdicts.verdict import Verdict, prove

Roles = Mapping[str, str]
MAX_WORDS = 4


@dataclass(frozen=True, slots=True)
class Member:
    """A layout of a class, and the checked verdict against the representative (None for itself)."""

    spec: str
    loaded: Loaded
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A layout that cannot take part, and why."""

    spec: str
    reason: str


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes in order of their first member, which represents them."""

    relation: Relation
    feeds: tuple[str, ...]
    classes: tuple[tuple[Member, ...], ...]
    left_out: tuple[LeftOut, ...]


def catalogue_specs(roles: Roles) -> list[str]:
    """Every shipped layout, and its variants by small choices such as a pairing flag.

    Each role's value is given to the parameter that has the role.
    """
    names = role_names()
    specs = []
    for name, path in catalogue().items():
        text = read_layout(path, {})
        given = [
            f"{parameter}={value}"
            for role, value in roles.items()
            for parameter in names[role]
            if parameter in text.parameters
        ]
        specs.append(":".join([name, *given]))
        specs += [
            ":".join([name, f"{choice}={word}", *given])
            for choice, words in text.choices.items()
            if len(words) <= MAX_WORDS
            for word in words[1:]
        ]
    return specs


def roles_of(loaded: Loaded) -> dict[str, str]:
    """The values that a layout has for the roles, as the text of a spec."""
    values = parameter_values(loaded.family, dict(loaded.given))
    found = {}
    for role, names in role_names().items():
        for name in names:
            if name in values:
                value = values[name]
                found[role] = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
                break
    found["width"] = str(loaded.layout.width)
    if found.get("rotary") == found["width"]:
        del found["rotary"]
    return found


def sort_classes(
    specs: Sequence[str],
    relation: Relation,
    feeds: Sequence[str],
    width: int | None = None,
    track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Classes:
    """Sort the layouts of these specs; those of another width or without the feeds are left out.

    Raises EvidenceError if a proof fails where signatures agree.
    """
    groups: dict[Hashable, list[Member]] = {}
    left_out: list[LeftOut] = []
    for spec in track(specs):
        try:
            loaded = load(spec)
            if width is not None and loaded.layout.width != width:
                raise InputError(f"{loaded.layout.width} lanes, not {width}")
            key = signature(loaded, feeds, relation)
        except ProverError as fault:
            left_out.append(LeftOut(spec, fault.message))
            continue
        group = groups.setdefault(key, [])
        group.append(Member(spec, loaded, _proved(loaded, group[0].loaded, feeds, relation) if group else None))
    return Classes(relation, tuple(feeds), tuple(map(tuple, groups.values())), tuple(left_out))


def _proved(member: Loaded, representative: Loaded, feeds: Sequence[str], relation: Relation) -> Verdict:
    verdict = prove(make_claim(member, representative, feeds), relation)
    assert verdict.outcome is Outcome.EQUIVALENT, "equal signatures are equal layouts"
    return verdict
