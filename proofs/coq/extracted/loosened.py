"""Checkers that are wrong on purpose: checker.py with one rule changed. The comparison has to find each of them out."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from prover import checker

# Each: what is wrong, a text that occurs once in checker.py, and what it is replaced by.
FAULTS = [
    ("identical kernels may move rows", "rung > 1 or permutation == sorted(permutation)", "True"),
    ("identical kernels may have other magnitudes", "_require(a == b != {} and s.same_cosine(x, y)",
     "_require(s.same_cosine(x, y)"),
    ("identical kernels may turn otherwise", "a == b != {} and s.same_cosine(x, y)", "a == b != {}"),
    ("entries of one side alone do not count", "for place in ours.keys() | theirs.keys()",
     "for place in ours.keys() & theirs.keys()"),
    ("exchanged lanes turn the same way", "(s.minus(sources[key][0]), sources[key][1])", "sources[key]"),
    ("no lanes may be exchanged", "key = image if image in sources else image[::-1]", "key = image"),
    ("rows may turn otherwise", "_require(s.same(turn, fed)", "_require(True"),
    ("a permutation may change magnitudes", "size == its or rung > 2", "size == its or rung > 1"),
    ("a pair map may not change magnitudes", "size == its or rung > 2", "size == its"),
    ("a lane may be fed twice", "rung, _ = RUNGS.index(relation), _lanes(permutation, s.width, s.width, distinct=True)",
     "rung, _ = RUNGS.index(relation), _lanes(permutation, s.width, s.width)"),
    ("an entry refutes equal scores", "rung < len(at) == (1 if kind", "rung < 2 >= len(at) == (1 if kind"),
    ("a score refutes a permutation", "rung < len(at) == (1 if kind", "rung <= len(at) == (1 if kind"),
    ("a score refutes no identity", "rung < len(at) == (1 if kind", "len(at) - 2 < rung < len(at) == (1 if kind"),
    ("a weighted trace refutes pair maps", "power == -1 or rung < 3", "power == -1 or rung < 4"),
    ("a trace refutes no more than permutations", "power == -1 or rung < 3", "rung < 3"),
    ("powers from -2", "-1 <= power <= MAX_POWER", "-2 <= power <= MAX_POWER"),
    ("powers up to 9", "-1 <= power <= MAX_POWER", "-1 <= power <= MAX_POWER + 1"),
    ("one more power in a trace", "2 * power + 2", "2 * power + 3"),
    ("a trace counts a pair once", "_total(value for own, value in units for _ in own)",
     "_total(value for _, value in units)"),
    ("the feeds' constants do not turn", "names + [\"1\"] * (m > 0)", "names"),
    ("nothing has to be a rotation", "all(plain.rotation(pair) is not None for pair in plain.pairs)", "True"),
    ("steps may differ", "all(k1[key] - q1[key] == k2[key] - q2[key] for key in q1)", "True"),
    ("both sides may change", "partial(twisted.probe, lanes, two)", "partial(plain.probe, lanes, two)"),
    ("intervals may touch", "a <= b < c <= d or c <= d < a <= b", "a <= b <= c <= d or c <= d <= a <= b"),
    ("intervals have to rise", "a <= b < c <= d or c <= d < a <= b", "a <= b < c <= d"),
    ("the first end is free", "if a <= x and y <= b and", "if y <= b and"),
    ("the last end is free", "and c <= z and w <= d:", "and c <= z:"),
    ("the second interval is free", "and c <= z and w <= d:", "and True:"),
    ("positions need not be whole", "value.denominator == 1 or not (whole or name == \"1\")",
     "value.denominator == 1 or name != \"1\""),
    ("positions are always whole", "value.denominator == 1 or not (whole or name == \"1\")", "value.denominator == 1"),
    ("a feed may be changed to in part", "value.denominator == 1 or not (whole or name == \"1\")",
     "value.denominator == 1 or not whole"),
    ("whole turns count at real positions", "(self.whole or key[1] == \"1\") and rest.keys()", "rest.keys()"),
    ("whole turns never count", "(self.whole or key[1] == \"1\") and rest.keys()", "False and rest.keys()"),
    ("whole turns of a constant never count", "(self.whole or key[1] == \"1\") and rest.keys()",
     "self.whole and key[1] != \"1\" and rest.keys()"),
    ("half turns count as whole ones", "(rest[\"pi\"] / 2).denominator == 1", "rest[\"pi\"].denominator == 1"),
    ("a cosine tells the sign", "self.same(a, b) or self.same(a, self.minus(b)) or", "self.same(a, b) or"),
    ("a quarter turn is like no other", " or (self._vanishes(a) and self._vanishes(b))", ""),
    ("no rotation turns by -alpha", "in (alpha, self.minus(alpha), beta, self._shifted(self.minus(beta), PI, 1)):",
     "in (alpha, beta):"),
    ("no rotation turns by beta", "in (alpha, self.minus(alpha), beta, self._shifted(self.minus(beta), PI, 1)):",
     "in (alpha, self.minus(alpha)):"),
    ("sines need not be right", "if all(same) and all(self.same_cosine(sine, own) for own in sines):", "if all(same):"),
    ("half turns are no lanes alone", "alone = _is_of_pi(turn) and self.same(turn, self.minus(turn))", "alone = False"),
    ("constants count", "self._shifted(first or {}, (first or {})[0, \"1\"], -1)",
     "self._shifted(first or {}, {}, -1)"),
    ("magnitudes may have any sign", "_require(above, \"a magnitude", "_require(True, \"a magnitude"),
    ("lanes may be read twice", "_lanes([move[end] for move in moves], self.width, self.width, distinct=True)",
     "_lanes([move[end] for move in moves], self.width, self.width)"),
    ("only reads count", "for end in (0, 1):", "for end in (0,):"),
    ("heads may be unlike", "source[\"width\"] == target[\"width\"] and source[\"positions\"] == target[\"positions\"]",
     "True"),
    ("nothing has to be stated", "(low, high) != (-1, len(RUNGS)) and low < high", "low < high"),
]


def faulty(old: str, new: str) -> ModuleType:
    """checker.py with one text replaced; a text that does not occur once ends the run."""
    text = Path(checker.__file__).read_text()
    if text.count(old) != 1:
        sys.exit(f"checker.py has {text.count(old)} times: {old}")
    module = ModuleType("faulty")
    exec(compile(text.replace(old, new), "faulty checker.py", "exec", dont_inherit=True), module.__dict__)
    return module
