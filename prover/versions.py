"""The order of package versions, as PEP 440 has it; what follows a + is of who built the package, and no part of it."""

from __future__ import annotations

import re

Order = tuple[int, tuple[int, ...], tuple[int, int], int, tuple[int, int]]

_PRE = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<word>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre>\d*))?"
    r"(?P<later>-(?P<bare>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post>\d*))?"
    r"(?P<early>[-_.]?dev[-_.]?(?P<dev>\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?",
    re.ASCII,
)


def version_order(version: str) -> Order:
    """What sorts as the version does: 1.0.dev1 < 1.0rc1 < 1 = 1.0 = 1.0+cpu < 1.0.post1 < 1.1.

    Raises ValueError for what PEP 440 does not take.
    """
    found = _VERSION.fullmatch(version.strip().lower())
    if found is None:
        raise ValueError(f"'{version[:60]}' is no version")
    release = [int(part) for part in found["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    later = -1 if found["later"] is None else int(found["bare"] or found["post"] or 0)
    early = (1, 0) if found["early"] is None else (0, int(found["dev"] or 0))
    if found["word"]:
        pre = (_PRE[found["word"]], int(found["pre"] or 0))
    else:
        pre = (-1, 0) if found["early"] is not None and found["later"] is None else (3, 0)
    return int(found["epoch"] or 0), tuple(release), pre, later, early
