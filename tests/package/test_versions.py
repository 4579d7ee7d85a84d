"""The order of versions is that of PyPA's own library, which pytest brings."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from prover.requirements import Package, State
from prover.versions import version_order

VERSIONS = (
    "0", "0.9.1", "0.14", "0.14.0", "1", "1.0", "1.0.0", "v1.0", "1.0.dev1", "1.0a1", "1.0a1.dev2", "1.0alpha1", "1.0b",
    "1.0-beta.2", "1.0rc1", "1.0c2", "1.0rc1.post2", "1.0rc1.post2.dev3", "1.0.post1", "1.0-1", "1.0.post1.dev1",
    "1.0.rev3", "1.0.1", "1.2", "1.10", "1.20", "1!0.1", "1!0", "2.13.0", "2.13.0+cpu", "2.13.0+cu126", "2.13.0rc1",
    "2.13.0a0+git123", "2.14.0", "2020.1", "2026.10.11549", "2026.9.30", "5.4.1.0", "4.13.0.0",
)
NONE = ("", "one", "1.", ".1", "1..2", "1.0+", "1.0-", "1.0x", "1 2", "1.0.*", "unknown", "\u0663")


def public(text: str) -> Version:
    """As that library reads it, without what follows a +."""
    return Version(Version(text).public)


def test_every_two_versions() -> None:
    """Less, equal or more, as there; what follows a + is left out."""
    for one, other in product(VERSIONS, repeat=2):
        ours, theirs = (version_order(one), version_order(other)), (public(one), public(other))
        assert (theirs[0] < theirs[1], theirs[0] == theirs[1]) == (ours[0] < ours[1], ours[0] == ours[1]), (one, other)


def test_the_order_of_the_docstring() -> None:
    """As PEP 440 writes it down."""
    told = ["1.0.dev1", "1.0a1", "1.0b1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1!0"]
    assert all(version_order(one) < version_order(other) for one, other in pairwise(told))
    assert version_order("1") == version_order("1.0") == version_order("1.0+cpu")


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_version(text: str) -> None:
    """What is refused there is refused."""
    with pytest.raises(InvalidVersion):
        Version(text)
    with pytest.raises(ValueError, match="is no version"):
        version_order(text)


@pytest.mark.parametrize("bound", ["0.14", "1.0", "1.20", "2.13", "2.13.0", "2026.10.11549"])
def test_bounds(bound: str) -> None:
    """A least and an exact version hold for what they hold for there."""
    for version in VERSIONS:
        least, exactly = Package("x", version, least=bound), Package("x", version, exactly=bound)
        assert SpecifierSet(f">={bound}").contains(version, prereleases=True) == (least.state is State.OK), version
        assert SpecifierSet(f"=={bound}").contains(version, prereleases=True) == (exactly.state is State.OK), version
        assert least.state in (State.OK, State.TOO_OLD)
        assert exactly.state in (State.OK, State.OTHER)
