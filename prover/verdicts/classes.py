"""The catalogue sorted into equivalence classes under one relation.

Members are sorted by their exact signatures, one each, instead of pair by pair; each is then proved
against its class's representative, and the certificate is checked. Members that are the same table under
several names need one search.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice

from prover.claims.claim import Claim, make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.signature import signature
from prover.errors import InputError, ProverError
from prover.layouts.axes import MAX_TRIED, axes_feeds, axis_maps, read_pairs, with_axes
from prover.layouts.expand import parameter_values
from prover.layouts.layout_file import read_layout
from prover.layouts.loading import Loaded, load
from prover.layouts.roles import role_names
from prover.layouts.spec import catalogue
from prover.processes import spread
from prover.verdicts.verdict import Verdict, nameless, prove_alike

Roles = Mapping[str, str]
Track = Callable[[Sequence[str]], Iterator[str]]
MAX_WORDS = 4
BATCH = 16   # specs that one process reads at a time; neighbours have files and numbers in common


@dataclass(frozen=True, slots=True)
class Member:
    """A layout of a class, and the checked verdict against the representative (None for itself).

    `axes`: which of its axes is which of the representative's, where names differ.
    """

    spec: str
    loaded: Loaded
    verdict: Verdict | None
    axes: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A layout that cannot take part, and why."""

    spec: str
    reason: str


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes in order of their first member, which represents them. `axes`: one name for what is called otherwise."""

    relation: Relation
    feeds: tuple[str, ...]
    axes: str
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


def sort_catalogue(
    likes: Sequence[str], relation: Relation, feeds: Sequence[str], axes: str, given: Roles,
    track: Track = iter, jobs: int = 1,
) -> Classes:
    """Sort the catalogue and `likes`, the first of which gives all layouts its roles; those `given` come before."""
    roles = (roles_of(load(likes[0])) if likes else {}) | dict(given)
    width = int(roles["width"]) if "width" in roles else None
    specs = list(dict.fromkeys([*likes, *catalogue_specs(roles)]))
    return sort_classes(specs, relation, feeds, width, track, axes, likes, jobs)


def certificates_of(found: Classes) -> Iterator[tuple[str, str]]:
    """The certificate of each member but the first of its class, and a name for its file."""
    for index, members in enumerate(found.classes, 1):
        for number, member in enumerate(members):
            if member.verdict and member.verdict.certificate:
                yield f"class-{index}-member-{number}.json", member.verdict.certificate


def sort_classes(
    specs: Sequence[str],
    relation: Relation,
    feeds: Sequence[str],
    width: int | None = None,
    track: Track = iter,
    axes: str = "",
    likes: Sequence[str] = (),
    jobs: int = 1,
) -> Classes:
    """Sort the layouts of these specs; those of another width or without the feeds are left out.

    `axes`: pairs "row=h"; an axis called as on the left is taken for the one on the right in every layout. Without
    feeds, a layout whose axes have other names than those of a class of `likes` is tried there under every pairing
    of as many axes. `track` goes around the specs that are read, then around those that are proved. `jobs`: in how
    many processes. Raises EvidenceError if a proof fails where signatures agree.
    """
    if axes and feeds:
        raise InputError("--axes and --feed are two answers to one question", advice="Give one of them")
    names = dict(read_pairs(axes)) if axes else {}
    groups: dict[Hashable, list[Member]] = {}
    tried: dict[Hashable, tuple[str, ...]] = {}
    left_out: list[LeftOut] = []
    pending: dict[Claim, list[tuple[list[Member], int, Claim]]] = {}
    with spread(jobs, __name__) as each:
        batches = [specs[start : start + BATCH] for start in range(0, len(specs), BATCH)]
        read = each(partial(_read_all, width=width, names=names, feeds=feeds, relation=relation), batches)
        for spec, found in zip(track(specs), chain.from_iterable(read), strict=True):
            try:
                if isinstance(found, LeftOut):
                    left_out.append(found)
                    continue
                key, named = found.key, found.named
                if key not in groups and not feeds:
                    key, named = _paired(named, key, tried, relation)
                if spec in likes:
                    tried.setdefault(key, named.family.axes)
            except ProverError as fault:
                left_out.append(LeftOut(spec, fault.message))
                continue
            members = groups.setdefault(key, [])
            if members:
                first = members[0].loaded
                called = _axes(found.loaded, named, first, with_axes(first, names))
                claim = make_claim(found.loaded, first, axes_feeds(called, feeds))
                pending.setdefault(nameless(claim), []).append((members, len(members), claim))
                members.append(Member(spec, found.loaded, None, called))
            else:
                members.append(Member(spec, found.loaded, None))
        alike = list(pending.values())
        proved = each(partial(prove_alike, limit=relation), [[claim for *_, claim in places] for places in alike])
        shown = [places[0][0][places[0][1]].spec for places in alike]
        for places, (_, verdicts) in zip(alike, zip(track(shown), proved, strict=True), strict=True):
            for (members, number, claim), verdict in zip(places, verdicts, strict=True):
                assert verdict.outcome is Outcome.EQUIVALENT, "equal signatures are equal layouts"
                members[number] = replace(members[number], verdict=replace(verdict, claim=claim))
    return Classes(relation, tuple(feeds), axes, tuple(map(tuple, groups.values())), tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Read:
    """A layout, the same with axes called as was asked, and the signature of that."""

    loaded: Loaded
    named: Loaded
    key: Hashable


def _read_all(
    specs: Sequence[str], width: int | None, names: Mapping[str, str], feeds: Sequence[str], relation: Relation
) -> list[_Read | LeftOut]:
    return [_read(spec, width, names, feeds, relation) for spec in specs]


def _read(
    spec: str, width: int | None, names: Mapping[str, str], feeds: Sequence[str], relation: Relation
) -> _Read | LeftOut:
    try:
        loaded = load(spec)
        if width is not None and loaded.layout.width != width:
            raise InputError(f"{loaded.layout.width} lanes, not {width}")
        named = with_axes(loaded, names)
        return _Read(loaded, named, signature(named, feeds, relation))
    except ProverError as fault:
        return LeftOut(spec, fault.message)


def _paired(
    loaded: Loaded, key: Hashable, tried: Mapping[Hashable, tuple[str, ...]], relation: Relation
) -> tuple[Hashable, Loaded]:
    """The class that the layout falls into under some pairing of axes, and the layout with that class's names."""
    for wanted, axes in tried.items():
        if len(axes) != len(loaded.family.axes):
            continue
        for text in islice(axis_maps(loaded.family.axes, axes), MAX_TRIED):
            named = with_axes(loaded, dict(read_pairs(text)))
            if signature(named, (), relation) == wanted:
                return wanted, named
    return key, loaded


def _axes(loaded: Loaded, named: Loaded, first: Loaded, named_first: Loaded) -> str:
    """Which axes of a layout are which of its class's first, "row=h,..." where the names differ."""
    called = dict(zip(named.family.axes, loaded.family.axes, strict=True))
    pairs = zip(named_first.family.axes, first.family.axes, strict=True)
    own = [(called[name], other) for name, other in pairs if name in called]
    return ",".join(f"{a}={b}" for a, b in own if a != b)
