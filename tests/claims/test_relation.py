"""Words and exit codes: one place makes them of what holds, what fails and what was allowed."""

from __future__ import annotations

from itertools import product

import pytest

from prover.claims.relation import EXIT_CODES, LADDER, UNTOUCHED, Outcome, Relation, outcome

S, E, P, M, L = LADDER  # same, equal scores, permutation, pair map, linear

# What holds, what fails, what the asker allowed (None: not said), and the word.
WORDS: list[tuple[Relation | None, Relation | None, Relation | None, str]] = [
    (S, None, None, "equivalent"),
    (E, S, None, "equivalent"),
    (P, E, None, "convertible"),
    (M, P, None, "convertible"),
    (M, E, None, "convertible"),
    (None, L, None, "different"),
    (None, E, None, "undecided"),
    (None, P, None, "undecided"),
    (None, None, None, "undecided"),
    (P, None, None, "undecided"),
    (P, S, None, "undecided"),
    (P, E, P, "equivalent"),
    (P, None, P, "equivalent"),
    (P, E, L, "equivalent"),
    (M, P, P, "different"),
    (P, E, E, "different"),
    (P, E, S, "different"),
    (E, S, S, "different"),
    (P, S, E, "undecided"),
    (None, L, P, "different"),
    (None, E, L, "undecided"),
]


@pytest.mark.parametrize(("holds", "fails", "limit", "word"), WORDS)
def test_word(holds: Relation | None, fails: Relation | None, limit: Relation | None, word: str) -> None:
    """Convertible: a change of weights is enough and needed, and nobody said that it may be made."""
    assert word == outcome(holds, fails, limit).value


def test_codes() -> None:
    """Each word has its own exit code."""
    assert {"equivalent": 0, "convertible": 5, "different": 1, "undecided": 3} == {
        word.value: code for word, code in EXIT_CODES.items()
    }


def test_nothing_is_ever_said_without_evidence() -> None:
    """Over all that can be known: equivalent has a rung within what may be done, and the others what refutes it."""
    rungs = (None, *LADDER)
    for holds, fails, limit in product(rungs, rungs, rungs):
        if holds and fails and fails.rung >= holds.rung:
            continue
        word, most = outcome(holds, fails, limit), limit or UNTOUCHED
        if word is Outcome.EQUIVALENT:
            assert holds is not None
            assert holds.rung <= most.rung
        if word in (Outcome.DIFFERENT, Outcome.CONVERTIBLE):
            assert fails is not None
            assert fails.rung >= most.rung
        if word is Outcome.CONVERTIBLE:
            assert (limit, holds is not None) == (None, True)
        if word is Outcome.DIFFERENT and limit is None:
            assert fails is L
