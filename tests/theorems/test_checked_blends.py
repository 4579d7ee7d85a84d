"""Blended frequencies of any number of pairs, as the checker of theorems has them, against 60 places."""

from __future__ import annotations

import json
import random

import pytest
from blend_statements import FALSE, TRUE, UNJUDGED, is_true, random_claim
from test_theorem_tampering import every_tampering
from theorem_statements import changed, is_shown, solve
from written_certificates import JSON, sealed

from prover.resources import PROOFS
from prover.theorem_checker import NotShown, Rejected, check


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    """Each of these is shown."""
    assert check(sealed(TRUE[name]()), solve).obligations


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    """None of these is shown."""
    with pytest.raises((Rejected, NotShown)):
        check(sealed(FALSE[name]()), solve)


@pytest.mark.parametrize("name", sorted(TRUE.keys() - UNJUDGED))
def test_the_true_ones_are(name: str) -> None:
    """At small parameters, in 60 places."""
    assert is_true(TRUE[name]())


@pytest.mark.parametrize("name", sorted(FALSE.keys() - UNJUDGED))
def test_the_false_ones_are(name: str) -> None:
    """Each fails at some small parameters, or has no value there."""
    assert not is_true(FALSE[name]())


@pytest.mark.parametrize("name", sorted(TRUE.keys() - UNJUDGED))
def test_tampered(name: str) -> None:
    """What is still shown once something is changed is true."""
    root = TRUE[name]()
    for path, new in random.Random(name).sample(every_tampering(root), 6):
        text = changed(root, path, new)
        assert not is_shown(text) or is_true(json.loads(text)), (path, new)


# Name of a shipped one: parameters, among them some that its hypotheses forbid.
SHIPPED = {
    "theorem-17-llama3-other-factor": {
        "head_dim": ("2", "4", "10", "64"), "rope_theta": ("3/2", "10000", "500000"),
        "factor": ("8", "1", "1/2", "8000001/1000000", "32"), "original_max_position_embeddings": ("1", "9", "8192"),
    },
    "theorem-18-yarn-on-ggml": {
        "n_rot": ("2", "4", "10", "64"), "base": ("2", "8", "150000", "1000000000"),
        "freq_scale": ("1", "1/2", "1/40"), "n_ctx_orig": ("1", "8", "201", "4096", "150000"),
    },
}


def stored(name: str) -> JSON:
    return json.loads((PROOFS / "theorems" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped(name: str) -> None:
    """They are accepted, and true in 60 places; not so without their hypotheses."""
    root = stored(name)
    assert is_shown(sealed(root))
    assert is_true(root, SHIPPED[name])
    assert not is_true({**root, "where": []}, SHIPPED[name])
    assert not is_shown(changed(root, "where", []))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tampered(name: str) -> None:
    """What is still shown once something is changed is true."""
    root = stored(name)
    places = [each for each in every_tampering(root) if not each[0].startswith("evidence.instances")]
    for path, new in random.Random(name).sample(places, 12):
        text = changed(root, path, new)
        assert not is_shown(text) or is_true(json.loads(text), SHIPPED[name]), (path, new)


def test_random() -> None:
    """So it is with statements by chance; some are shown, refuted and without condition, and some are not."""
    seen = set()
    for seed in range(40):
        root = random_claim(seed)
        shown = is_shown(sealed(root))
        assert not shown or is_true(root), seed
        seen.add((root["answer"]["scope"], shown))
    assert seen == {(scope, shown) for scope in ("always", "sometimes", "never") for shown in (True, False)}
