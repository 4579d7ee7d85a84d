"""The search: which unit of the source feeds which unit of the target, and with which 2x2 map.

Units are counted by class (frequency vector up to sign, and magnitude where it must agree). Z3
gets one linear question over the counts: how many pairs of each class are kept as they are and
how many have their two lanes swapped. Counts instead of distinct indices keep the question linear
and its size near the number of classes. The question is SMT-LIB 2 text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prover.claims.solver import Question, Solver
from prover.claims.unit import Key, Unit, Vector, canonical_vector
from prover.errors import UndecidedError
from prover.exact.number import Exact

_COUNT = re.compile(r"\(define-fun (\w+) \(\) Int\s+(\d+)\)")
_CLASS = re.compile(r"class_(\d+)")
_MOVES = (("keep", True, True), ("swap", True, False), ("swap", False, True), ("keep", False, False))


@dataclass(frozen=True, slots=True)
class UnitClass:
    """Units of one kind: number of lanes, vector up to sign, magnitude (None: any)."""

    lanes: int
    vector: Vector
    magnitude: Exact | None


@dataclass(slots=True)
class _Members:
    """Unit numbers of one class, by side and by whether the vector is the class's own."""

    source: dict[bool, list[int]]
    target: dict[bool, list[int]]

    def count(self, side: str) -> int:
        members = self.source if side == "source" else self.target
        return len(members[True]) + len(members[False])

    @property
    def is_one_of_each(self) -> bool:
        """Whether only one move joins the two sides."""
        return self.count("source") == self.count("target") == 1


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A class that occurs unequally often, with the unit numbers left without a partner."""

    unit_class: UnitClass
    source_count: int
    target_count: int
    source_left: tuple[int, ...]
    target_left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """For each target unit its source unit, and whether its two lanes are swapped."""

    source_of: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """No assignment exists. `core` are the classes that Z3 names; `all` every unequal class."""

    core: tuple[Imbalance, ...]
    all: tuple[Imbalance, ...]


def match_units(
    source: Sequence[Unit],
    target: Sequence[Unit],
    keys: tuple[Key, ...],
    whole: bool,
    by_magnitude: bool,
    solver: Solver,
) -> Match | Mismatch:
    """The assignment; Z3 is asked where it is not forced, or where its questions are recorded.

    Raises UndecidedError if its work budget runs out.
    """
    classes = _classes(source, target, keys, whole, by_magnitude)
    members = list(classes.values())
    if not solver.is_recorded and (counts := _forced(members)) is not None:
        return _assign(members, counts, source, target)
    asked = question(members)
    answer = solver.ask(asked)
    if answer.word == "sat":
        return _assign(members, {n: int(c) for n, c in _COUNT.findall(answer.detail)}, source, target)
    if answer.word == "unsat":
        kinds = list(classes)
        named = {kinds[int(number)] for number in _CLASS.findall(answer.detail)}
        every = tuple(
            _imbalance(kind, group, source, target)
            for kind, group in classes.items()
            if group.count("source") != group.count("target")
        )
        return Mismatch(tuple(i for i in every if i.unit_class in named), every)
    raise UndecidedError(
        f"Z3 gave up on the assignment: {answer.detail}", advice=f"The question is saved in {solver.save(asked)}"
    )


def _forced(members: Sequence[_Members]) -> dict[str, int] | None:
    """The counts where each class leaves one move, which all its pairs make; None where there is more to find.

    A class of one unit on each side needs none.
    """
    counts = {}
    for i, group in enumerate(members):
        if group.is_one_of_each:
            continue
        moves = [(move, a, b) for move, a, b in _MOVES if group.source[a] and group.target[b]]
        if len(moves) != 1 or group.count("source") != group.count("target"):
            return None
        ((move, a, b),) = moves
        counts[_name(move, i, a, b)] = group.count("source")
    return counts


def _name(move: str, number: int, is_own: bool, is_targets_own: bool) -> str:
    """The constant that counts a move of a class."""
    return f"{move}_{number}_{int(is_own)}{int(is_targets_own)}"


def question(members: Sequence[_Members]) -> Question:
    """One count per class and possible move; class_i says that class i balances."""
    lines = []
    for i, group in enumerate(members):
        moves = [
            (_name(move, i, a, b), a, b)
            for move, a, b in _MOVES
            if group.source[a] and group.target[b]
        ]
        lines += [f"(declare-const class_{i} Bool)"]
        for name, _, _ in moves:
            lines += [f"(declare-const {name} Int)", f"(assert (>= {name} 0))"]
        balance = []
        for side, column in (("source", 1), ("target", 2)):
            for own in (True, False):
                size = len(getattr(group, side)[own])
                names = [move[0] for move in moves if move[column] is own]
                if size or names:
                    balance.append(f"(= {_sum(names)} {size})")
        swaps = [name for name, a, b in moves if a is not b]
        if len(swaps) == 2:
            balance.append(f"(or (= {swaps[0]} 0) (= {swaps[1]} 0))")
        lines.append(f"(assert (=> class_{i} (and true {' '.join(balance)})))")
    lines.append(f"(check-sat-assuming ({' '.join(f'class_{i}' for i in range(len(members)))}))")
    return Question(
        "assignment",
        "Can the pairs of the two layouts be assigned to each other, class by class? keep_ and swap_ count the "
        "pairs of a class that keep their two lanes and that swap them.",
        "sat under all class_i: an assignment exists, and the counts give it. unsat: none does, and the core names "
        "classes that cannot balance.",
        "\n".join(lines),
    )


def _sum(names: list[str]) -> str:
    return "0" if not names else names[0] if len(names) == 1 else f"(+ {' '.join(names)})"


def _classes(
    source: Sequence[Unit],
    target: Sequence[Unit],
    keys: tuple[Key, ...],
    whole: bool,
    by_magnitude: bool,
) -> dict[UnitClass, _Members]:
    found: dict[tuple[int, Vector, Exact | None], _Members] = {}
    for side, units in (("source", source), ("target", target)):
        for number, unit in enumerate(units):
            vector, own = canonical_vector(unit.vector, keys, whole)
            kind = len(unit.lanes), vector, unit.magnitude if by_magnitude else None
            group = found.get(kind)
            if group is None:
                group = found[kind] = _Members({True: [], False: []}, {True: [], False: []})
            members = group.source if side == "source" else group.target
            members[own or len(unit.lanes) == 1].append(number)
    return {UnitClass(*kind): group for kind, group in found.items()}


def _assign(
    members: Sequence[_Members],
    counts: dict[str, int],
    source: Sequence[Unit],
    target: Sequence[Unit],
) -> Match:
    """Turn counts into an assignment, keeping lanes and order where the counts allow it."""
    chosen: dict[int, tuple[int, bool]] = {}
    for i, group in enumerate(members):
        if group.is_one_of_each:
            (s,), (t,) = (each[True] or each[False] for each in (group.source, group.target))
            chosen[t] = s, bool(group.source[True]) is not bool(group.target[True])
            continue
        left = {side: {own: list(getattr(group, side)[own]) for own in (True, False)}
                for side in ("source", "target")}
        for move, a, b in _MOVES:
            if not left["source"][a] or not left["target"][b]:
                continue
            wanted = counts.get(_name(move, i, a, b), 0)
            pairs = _pair_up(left["source"][a], left["target"][b], wanted, source, target)
            chosen |= {t: (s, move == "swap") for s, t in pairs}
            taken = {s for s, _ in pairs}
            left["source"][a] = [s for s in left["source"][a] if s not in taken]
            left["target"][b] = [t for t in left["target"][b] if t not in chosen]
    return Match(tuple(chosen[t] for t in range(len(target))))


def _pair_up(
    sources: list[int], targets: list[int], wanted: int, source: Sequence[Unit], target: Sequence[Unit]
) -> list[tuple[int, int]]:
    """`wanted` pairs: first those that stay on the same lanes, the rest in order."""
    if not wanted:
        return []
    at = {source[s].lanes: s for s in sources}
    pairs = [(at[target[t].lanes], t) for t in targets if target[t].lanes in at][:wanted]
    used_s, used_t = {s for s, _ in pairs}, {t for _, t in pairs}
    rest = zip(
        [s for s in sources if s not in used_s], [t for t in targets if t not in used_t], strict=False
    )
    return [*pairs, *rest][:wanted]


def _imbalance(
    kind: UnitClass, group: _Members, source: Sequence[Unit], target: Sequence[Unit]
) -> Imbalance:
    sources = sorted(group.source[True] + group.source[False])
    targets = sorted(group.target[True] + group.target[False])
    pairs = _pair_up(sources, targets, min(len(sources), len(targets)), source, target)
    used_s, used_t = {s for s, _ in pairs}, {t for _, t in pairs}
    return Imbalance(
        kind,
        len(sources),
        len(targets),
        tuple(s for s in sources if s not in used_s),
        tuple(t for t in targets if t not in used_t),
    )
