"""Runs prover/checker.py and the extracted checker on the same certificates: both accept, or both reject.

`compare.py EXTRACTED` takes every stored certificate, random ones of every rule, and what becomes of these where a
field is changed (changes.py). What the model leaves out (lines.py) is counted by its reason, and must be rejected by
checker.py.
Then the comparison is put to the test itself: each faulty checker (loosened.py), and each certificate of which the
extracted checker is given another one, must be found out. Too few certificates of a kind are a failure.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from changes import changes, finish, near, places, put, some_changes
from lines import Outside, line_of
from loosened import FAULTS, faulty
from samples import BY_HAND, EVIDENCE, FALSE, random_body, rules_of

from prover import checker

Json = Any
PROOFS = Path(__file__).parents[2]
SMALL = 2000  # characters of a certificate of which every field is changed
RANDOM, TAMPERED = 90, 200  # random certificates of each rule; certificates that are exchanged
RULES = [*(f"witness of {rung}" for rung in checker.RUNGS), "entry against identical", "score against identical",
         "score against equal-scores", "trace against permutation", "trace against linear",
         "trace against permutation weighted", "not-relative against linear"]
LEAST = {"accepted": 1500, "rejected": 6000, "outside": 3000}  # of all certificates
LEAST_OF_A_RULE = {"accepted": 20, "rejected": 60}


class Extracted:
    """The extracted checker, one process for all certificates."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def verdict(self, text: str) -> str:
        """`accepted`, `rejected`, `refused` where an enclosure is past a limit, or `slow`; raises Outside.

        Coq's own numbers are lists of bits. At 640 digits they take seconds each, so what is not settled at 160 is
        left.
        """
        slow = False
        line, answer = line_of(text)
        send, receive = self.process.stdin, self.process.stdout
        assert send is not None and receive is not None
        send.write(line + "\n")
        while (said := receive.readline().rstrip("\n")).startswith("? "):
            slow = slow or said.split(" ")[2] == f"{checker.PRECISIONS[-1]:b}"
            send.write(("none" if slow else answer(said[2:])) + "\n")
        return "slow" if slow else said.removeprefix("= ")


def verdict(own: ModuleType, text: str) -> str:
    try:
        own.check(text)
    except own.Rejected as fault:
        return f"rejected: {fault}"
    return "accepted"


@dataclass(frozen=True)
class Judged:
    """What both say of a certificate, and why it is none of the model's, if it is none."""

    ours: str
    theirs: str
    outside: str = ""

    @property
    def agree(self) -> bool:
        return self.theirs == "slow" or (self.theirs != "" and (self.ours == "accepted") == (self.theirs == "accepted"))


class Both:
    """Both checkers, with as many extracted ones side by side as there are processors."""

    def __init__(self, program: str) -> None:
        self.program, self.own = program, threading.local()
        self.pool = ThreadPoolExecutor(os.cpu_count())

    def judge(self, text: str, instead: str | None = None) -> Judged:
        """The extracted checker is given `instead`, if there is one."""
        if not hasattr(self.own, "extracted"):
            self.own.extracted = Extracted(self.program)
        ours = verdict(checker, text)
        try:
            theirs = self.own.extracted.verdict(instead or text)
        except Outside as reason:
            return Judged(ours, "outside", re.sub(r"[^a-z ].*", "", str(reason).removeprefix("read as: "))[:60])
        return Judged(ours, theirs, "an enclosure past a limit" if theirs == "refused" else "")


class Tally:
    """What was compared so far, by its text, and how often which answer was given."""

    def __init__(self, both: Both) -> None:
        self.both, self.seen = both, dict[str, str]()
        self.agreed, self.outside, self.by_rule = Counter[str](), Counter[str](), Counter[tuple[str, str]]()

    def compare(self, texts: Iterable[str], what: str) -> list[bool]:
        """Of each whether both accept; ends the run where they differ."""
        asked = list(texts)
        new = [text for text in dict.fromkeys(asked) if text not in self.seen]
        for text, judged in zip(new, self.both.pool.map(self.both.judge, new), strict=True):
            if not judged.agree:
                said = f"checker.py says {judged.ours}, the extracted checker {judged.theirs}"
                sys.exit(f"{what}: {said}\n{text[:20000]}")
            self.seen[text] = judged.theirs
            self.agreed[judged.theirs] += 1
            if judged.outside:
                self.outside[judged.outside] += 1
            if judged.theirs in ("accepted", "rejected"):
                self.by_rule.update((rule, judged.theirs) for rule in rules_of(json.loads(text)))
        return [self.seen[text] == "accepted" for text in asked]


def stored_certificates() -> dict[str, Json]:
    """Those of verdicts, and those at single sizes within the certificates of theorems."""
    files = sorted([*PROOFS.glob("*.json"), *PROOFS.glob("runtime/*.json"), *PROOFS.glob("converters/*.json")])
    found = {path.name: json.loads(path.read_text()) for path in files}
    for path in sorted(PROOFS.glob("theorems/*.json")):
        instances = json.loads(path.read_text())["evidence"]["instances"]
        found |= {f"{path.name}, instance {i}": each for i, each in enumerate(instances)}
    return found


def compare_all(tally: Tally, rand: random.Random) -> list[Json]:
    """All that is compared; the certificates that are true, before any change."""
    stored = stored_certificates()
    true = stored | BY_HAND
    for name, accepted in zip(true, tally.compare(map(finish, true.values()), "before any change"), strict=True):
        if not accepted:
            sys.exit(f"{name} is rejected")
    if any(tally.compare(map(finish, FALSE.values()), "false by hand")):
        sys.exit("a false certificate by hand is accepted by both")
    print(f"{len(stored)} stored certificates, {len(BY_HAND)} by hand: accepted by both; {len(FALSE)} by hand rejected")
    drawn = [random_body(rand, rule) for _ in range(RANDOM) for rule in (None, *checker.RUNGS, *EVIDENCE)]
    kinds: dict[str, list[Json]] = {}
    for body, accepted in zip(drawn, tally.compare(map(finish, drawn), "random"), strict=True):
        for rule in rules_of(body) if accepted else ():
            kinds.setdefault(rule, []).append(body)
    print(f"with random ones: {dict(tally.agreed)}")
    small = [body for body in stored.values() if len(finish(body)) < SMALL]
    firsts = [min(each, key=lambda body: len(finish(body))) for each in kinds.values()]
    by_hand = [*BY_HAND.values()]
    for what, few, far, bodies in (("by hand", 4, 2, by_hand), ("random", 2, 1, firsts), ("stored", 2, 1, small)):
        changed = (text for body in bodies for text in changes(seeded(body), json.loads(finish(body)), few, far))
        tally.compare(changed, f"{what}, changed")
        print(f"each field of {len(bodies)} {what} changed, {few} near values and {far} wild: {dict(tally.agreed)}")
    some = [(body, 8) for each in kinds.values() for body in each[:9]]
    some += [(body, 2 if kind_of(body) == "trace" else 10) for body in stored.values() if body not in small]
    changed = (text for body, n in some for text in some_changes(seeded(body), json.loads(finish(body)), n))
    tally.compare(changed, "changed a little")
    print(f"with some fields of {len(some)} others changed, all together: {dict(tally.agreed)}")
    return [*true.values(), *(body for each in kinds.values() for body in each)]


def seeded(body: Json) -> random.Random:
    """The same changes of a certificate, whichever others there are."""
    return random.Random(finish(body))


def kind_of(body: Json) -> str:
    return "" if body["fails"] is None else body["fails"]["kind"]


def demand_counts(tally: Tally) -> None:
    reasons = (f"{n} {why}" for why, n in tally.outside.most_common())
    print("outside the model, all rejected by checker.py:", *reasons, sep="\n  ")
    found = {(rule, word): tally.by_rule[rule, word] for rule in RULES for word in LEAST_OF_A_RULE}
    print("by what is stated:", *(f"{rule}: {n} {word}" for (rule, word), n in found.items()), sep="\n  ")
    few = [f"{word}: {tally.agreed[word]} of {least}" for word, least in LEAST.items() if tally.agreed[word] < least]
    few += [f"{rule} {word}: {n}" for (rule, word), n in found.items() if n < LEAST_OF_A_RULE[word]]
    if few:
        sys.exit("too few certificates were compared: " + "; ".join(few))


def demand_faults(tally: Tally) -> None:
    """Each faulty checker says otherwise than the extracted one of some certificate."""
    compared = [text for text, word in tally.seen.items() if word in ("accepted", "rejected")]
    words = {text: tally.seen[text] for text in sorted(compared, key=len)}
    missed = []
    for what, old, new in FAULTS:
        own = faulty(old, new)
        if all(Judged(verdict(own, text), word).agree for text, word in words.items()):
            missed.append(what)
    if missed:
        sys.exit(f"faulty checkers were not found out: {'; '.join(missed)}")
    print(f"{len(FAULTS)} faulty checkers: each found out")


def demand_tampering(tally: Tally, bodies: list[Json]) -> None:
    """Where the extracted checker is given a false certificate in place of a true one, that is a disagreement."""
    pairs = []
    for text in sorted(map(finish, bodies), key=len):
        root = json.loads(text)
        for path in places(root):
            if path[0] in ("holds", "fails") and path[-1] in ("permutation", "source", "target", "lanes"):
                others = [finish(put(root, path, value)) for value in near(root, path)[:1]]
                pairs += [(text, other) for other in others if verdict(checker, other) != "accepted"]
    pairs = pairs[:TAMPERED]
    if len(pairs) < TAMPERED:
        sys.exit(f"only {len(pairs)} certificates were tampered with")
    for (_, other), judged in zip(pairs, tally.both.pool.map(tally.both.judge, *zip(*pairs, strict=True)), strict=True):
        if judged.agree and judged.theirs != "slow":
            sys.exit(f"what was tampered with was not found out:\n{other}")
    print(f"{len(pairs)} certificates tampered with on the way to the extracted checker: each found out")


def main(program: str) -> None:
    tally = Tally(Both(program))
    bodies = compare_all(tally, random.Random(20240607))
    demand_counts(tally)
    demand_faults(tally)
    demand_tampering(tally, bodies)


if __name__ == "__main__":
    main(sys.argv[1])
